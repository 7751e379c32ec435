"""What patches that pass the tests do on the calls that the tests make, and on calls near those.

The functions that the patches change are wrapped so that they write their calls down, once, in the program as it is; then each
patch answers the same calls. Nothing here judges: an answer is a text, and a patch without answers is compared with none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

from flashagent.dataclass import dataclass
from flashagent.repair.javascript.lanes import Job, Lanes
from flashagent.repair.javascript.mutate import patched
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.javascript.source import FUNCTIONS, JsSource
from flashagent.repair.mutate import Mutation
from flashagent.syntax.trees import Piece

MAX_CALLS, MAX_FUNCTIONS, UNREACHED = 10, 4, "is not reached"
_LEFT_OUT = frozenset({"generator_function_declaration", "generator_function"})


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by the place of a patch, and those of the program as it is; empty where nothing could be compared."""

    base: tuple[str, ...] = ()
    of: Mapping[int, tuple[str, ...]] | None = None

    def get(self, place: int) -> tuple[str, ...]:
        return (self.of or {}).get(place, ())


async def compared(project: JsProject, lanes: Lanes, commands: tuple[tuple[str, ...], ...],
                   patches: Mapping[int, Mutation]) -> Answers:  # fmt: skip
    """The answers of all patches of the file in which the first of them lies."""
    path = next(iter(patches.values())).path if patches else ""
    source = project.javascript(path) if path else None
    if source is None:
        return Answers()
    patches = {place: one for place, one in patches.items() if one.path == path}
    watched = _watched(source, patches.values())
    if not watched:
        return Answers()
    noted = await _seen(lanes, commands, path, {0: watched_text(source, watched, None)})
    calls = _calls(noted[0])
    if not calls:
        return Answers()
    texts = {-1: watched_text(source, watched, calls)}
    for place, one in patches.items():
        other = _source(path, patched(source, one))
        if other is not None:
            texts[place] = watched_text(other, watched, calls)
    told = {place: _answers(lines) for place, lines in (await _seen(lanes, commands, path, texts)).items()}
    shown = {key: words for one in reversed(told.values()) for key, (words, _) in one.items()}
    # Two ways of changing a call may give the same call: it is asked for once.
    keys = sorted({words: key for key, words in sorted(shown.items(), reverse=True)}.values())
    lines = {
        place: tuple(f"{shown[key]}\t{one.get(key, ('', UNREACHED))[1]}" for key in keys)
        for place, one in told.items()
    }
    return Answers(lines.pop(-1), lines)


async def _seen(
    lanes: Lanes, commands: tuple[tuple[str, ...], ...], path: str, texts: Mapping[int, str]
) -> dict[int, list[list[str]]]:
    """What the wrapped functions wrote, by the place of the text."""
    order = list(texts)
    jobs = [Job(n, commands, ((path, texts[place]),), seen=True, all_=True) for n, place in enumerate(order)]
    told = await lanes.all(jobs, 2)
    return {place: _lines(one.seen) for place, one in zip(order, told, strict=True)}


def _lines(seen: str) -> list[list[str]]:
    found = []
    for line in seen.splitlines():
        try:
            words = json.loads(line)
        except ValueError:
            continue  # cut when its process was ended
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            found.append(words)
    return found


def _calls(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    """Some calls of each function, those that were first."""
    by_function: dict[str, dict[str, None]] = {}
    for words in lines:
        if len(words) == 2:
            by_function.setdefault(words[0], {})[words[1]] = None
    return [[name, kept] for name, found in by_function.items() for kept in list(found)[:MAX_CALLS]]


def _answers(lines: Sequence[Sequence[str]]) -> dict[str, tuple[str, str]]:
    """The call in words and what became of it, by its key; the last word counts."""
    return {words[0]: (words[1], words[2]) for words in lines if len(words) == 3}


def _source(path: str, text: str) -> JsSource | None:
    try:
        return JsSource(path, text)
    except ValueError:
        return None


def outermost(source: JsSource) -> list[Piece]:
    """Functions and methods that stand in no other, in the order of the text; each can be called with written-down values."""
    return [
        piece for piece in source.pieces
        if piece.kind in FUNCTIONS and piece.kind not in _LEFT_OUT and source.function(piece) is None and _name(source, piece) != "constructor"
        and not any(source.of(part) == "*" for part in piece.parts)
    ]  # fmt: skip


def _name(source: JsSource, piece: Piece) -> str:
    name = piece.part("name") or (piece.parent.part("name") if piece.parent is not None else None)
    return source.of(name) if name is not None else "function"


def _watched(source: JsSource, patches: Iterable[Mutation]) -> list[int]:
    """The numbers of the functions that patches change."""
    every = outermost(source)
    found: dict[int, None] = {}
    for one in patches:
        for number, piece in enumerate(every):
            if any(piece.start <= edit.start <= piece.end for edit in one.edits):
                found[number] = None
    return list(found)[:MAX_FUNCTIONS]


def watched_text(source: JsSource, watched: Sequence[int], calls: Sequence[Sequence[str]] | None) -> str:
    """The file with these functions watched: noting their calls, or answering the calls."""
    text = source.text
    every = outermost(source)
    for number in sorted(watched, reverse=True):
        if number < len(every):
            piece = every[number]
            text = text[: piece.start] + _wrap(source, piece, number) + text[piece.end :]
    helper = resources.files("flashagent.repair.javascript").joinpath("probe.js").read_text("utf-8")
    types = "// @ts-nocheck\n" if source.path.endswith(("ts", "tsx")) else ""
    return (
        types + text + helper.replace("FLASHAGENT_NOTED", json.dumps(calls) if calls is not None else "null")
    )


def _wrap(source: JsSource, piece: Piece, number: int) -> str:
    body, label = piece.part("body"), json.dumps(f"{number} {_name(source, piece)}")
    parameters = piece.part("parameters") or piece.part("parameter")
    if body is None or parameters is None:
        return source.of(piece)
    given = source.of(parameters)
    if piece.kind == "arrow_function":
        head = source.text[piece.start : parameters.start]
        return f"{head}(...flashagentGiven) => flashagentWatched({label}, undefined, flashagentGiven, {source.of(piece)})"
    before = source.text[piece.start : body.start]
    begins = "async " if any(source.of(part) == "async" for part in piece.parts) else ""
    inner = source.of(body)
    # `super` is known to arrow functions alone.
    held = f"{begins}{given} => {inner}" if "super" in inner else f"{begins}function {given} {inner}"
    return f"{before}{{ return flashagentWatched({label}, this, arguments, {held}); }}"
