"""The slash commands: what they are called, who carries them out, and what the help says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal


@dataclass(frozen=True, slots=True)
class Command:
    """`by` says who carries it out: the `app` itself, at any moment, or the `controller`, which does one thing at a time."""

    summary: str
    usage: str = ""
    by: Literal["app", "controller"] = "controller"


COMMANDS: Mapping[str, Command] = {
    "/fix": Command("repair the repository until its check passes", "[GOAL]"),
    "/check": Command("run the checks and show what fails"),
    "/diff": Command("show what flashagent has changed"),
    "/undo": Command("take back the last change, after a look at it"),
    "/redo": Command("bring back what /undo took away"),
    "/commit": Command("commit what flashagent changed, after a look at it", "[MESSAGE]"),
    "/map": Command("files and symbols that matter, for a text or at all", "[QUERY]"),
    "/add": Command("keep a file in the model's view; without PATH, list them", "[PATH]"),
    "/drop": Command("let go of a file that was added", "PATH"),
    "/model": Command("show the model, or ask another one from now on", "[NAME]"),
    "/budget": Command("tokens, money and time, used and allowed"),
    "/sandbox": Command("what protects you from commands that run"),
    "/export": Command("write the transcript to a new file, as Markdown", "FILE", "app"),
    "/clear": Command("empty the screen; the conversation goes on", by="app"),
    "/theme": Command("show the themes, or use another one", "[NAME]", "app"),
    "/keys": Command("show the keys", by="app"),
    "/help": Command("show this, or say more about one command", "[COMMAND]", "app"),
    "/quit": Command("leave", by="app"),
}
KEYS: Mapping[str, str] = {
    "Enter": "send; while something runs, the text steers it",
    "Escape": "interrupt what runs; else close a list, clear the prompt",
    "Alt+Enter": "a new line in the prompt",
    "Up Down": "earlier prompts, also of earlier sessions",
    "Ctrl+R": "search the earlier prompts for what is written",
    "@": "complete a file or a symbol; Tab or Enter takes it",
    "/": "complete a command",
    "!": "run the rest in the sandbox; the model does not see it",
    "F2 Ctrl+T": "side panel: what the model is shown, diffs, checks, closed",
    "PgUp PgDn": "scroll, as the mouse wheel does; Ctrl+Home, Ctrl+End: the ends",
    "Ctrl+C": "interrupt, clear, or leave",
}
_MORE: Mapping[str, str] = {
    "/fix": "Works in a copy of your tree, with or without a model, and writes your files once, at the end, when the check "
    "passes. Not fixed: your files are as they were.",
    "/undo": "Only files that flashagent wrote are touched. If one of them was changed since, nothing is done.",
    "/commit": "Commits the files that flashagent has written since the last commit, with your identity and your hooks. What "
    "else you have staged stays staged. Without MESSAGE it is named after the files.",
    "/add": "The file goes to the model whole with your next prompt, and again when it has changed.",
    "/model": "The name goes to the endpoint of your settings. It lasts until you leave; `flashagent config set "
    "model_settings.model NAME` keeps it.",
    "/clear": "The model still knows what was said. /export first keeps the transcript.",
    "/check": "Runs in the sandbox on a copy of your tree. F2 shows the results beside the transcript.",
}


def split(text: str) -> tuple[str, str]:
    """The command and its argument."""
    name, _, argument = text.partition(" ")
    return name.lower(), argument.strip()


def unknown(name: str) -> str:
    """One sentence about a command that does not exist."""
    near = get_close_matches(name, COMMANDS, n=1)
    return f"There is no {name}." + (f" Did you mean {near[0]}?" if near else " /help lists the commands.")


def help_text() -> str:
    """All commands, a line each."""
    lines = _table({f"{name} {one.usage}".strip(): one.summary for name, one in COMMANDS.items()})
    return f"{lines}\n\n!CMD runs a command, @ completes names. All else is said to the model."


def keys_text() -> str:
    return _table(KEYS)


def more_about(name: str) -> str:
    """What there is to say about one command; its name may come without the slash."""
    name = "/" + name.lstrip("/").lower()
    if name not in COMMANDS:
        return unknown(name)
    one = COMMANDS[name]
    said = f"{name} {one.usage}".strip() + f": {one.summary}."
    return f"{said}\n{_MORE[name]}" if name in _MORE else said


def _table(rows: Mapping[str, str]) -> str:
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {said}" for name, said in rows.items())
