"""What a block of the transcript says, in lines that make sense when they are heard. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from flashagent.frontends.tui.blocks import Block, Mark
from flashagent.frontends.tui.view import ANSWERS
from flashagent.frontends.words import clean

ANSWER_WORDS = "Answer yes (this once), session, project, or no and why."
_MARKS: dict[Mark, str] = {"good": "", "": "", "running": "", "warning": "Warning: ", "bad": "Error: "}
_ENDS: dict[Mark, str] = {"good": "done: ", "bad": "failed: ", "warning": "", "running": "", "": ""}
_NAMES = {"tool": "Tool ", "check": "", "result": "Result: ", "diff": "Changed: ", "output": "Command: "}


def lines_of(block: Block) -> Iterator[str]:
    """Each line safe for a terminal; what belongs to the first one is indented by two."""
    text = clean(block.text).strip("\n")
    match block.kind:
        case "user":
            yield from _named("You: ", text)
        case "text":
            yield from _named("Model: ", text)
        case "thought":
            yield f"(The model thought for {len(text.split()):,} words.)"
        case "question" if block.done:
            yield f"Answer: {text.removeprefix('answered: ')}"
        case "question":
            asked = "\n".join(line for line in text.split("\n") if line != ANSWERS)
            yield f"Question: {clean(block.title)}"
            yield from _indented(asked)
        case "note":
            yield f"{_MARKS[block.mark]}{clean(block.title)}"
            yield from _indented(text)
        case "focus":
            yield f"{clean(block.title).capitalize()}:"
            yield from _indented(text)
        case "check":
            yield f"{_check_end(block.mark)}{clean(block.title)}"
            yield from _indented(text)
        case "tool" | "diff" | "result" | "output":
            end = _ENDS[block.mark] if block.kind == "tool" else ""
            yield f"{_NAMES[block.kind]}{end}{clean(block.title)}"
            yield from _indented(text)


def _check_end(mark: Mark) -> str:
    return {"good": "Passed: ", "bad": "Failed: "}.get(mark, "")


def _named(name: str, text: str) -> Iterator[str]:
    first, *rest = text.split("\n")
    yield name + first
    yield from rest


def _indented(text: str) -> Iterator[str]:
    yield from (f"  {line}".rstrip() for line in text.split("\n") if text)


def decision_of(line: str) -> tuple[str, str]:
    """The decision that typed words stand for, and the reason: whatever is no word of consent is a no, and the reason."""
    word, _, rest = line.strip().partition(" ")
    known = {"yes": "once", "y": "once", "once": "once", "session": "session", "project": "project"}
    found = known.get(word.lower().rstrip(",."))
    if found and not rest.strip():
        return found, ""
    refused = word.lower().rstrip(",.") in ("no", "n", "deny")
    return "deny", rest.strip() if refused else line.strip()
