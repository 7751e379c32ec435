"""The keys of the app by id: what each does, how it is called, and what the user made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flashagent.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """`keys` are Textual's names, several with commas; `action` is the app's method."""

    id: str
    keys: str
    action: str
    summary: str


KEYS: tuple[Key, ...] = (
    Key("stop", "escape", "stop", "interrupt what runs; else close a list, clear the prompt"),
    Key("stop-or-leave", "ctrl+c", "stop_or_leave", "interrupt, or clear the prompt; twice in an empty one: leave"),
    Key("leave", "ctrl+q", "leave", "leave; Ctrl+D does it in an empty prompt"),
    Key("help", "f1", "help", "show the commands"),
    Key("palette", "ctrl+p", "palette", "find a command or a key by its name"),
    Key("panel", "f2,ctrl+t", "panel", "side panel: the next tab, and after the last closed"),
    Key("panel-focus", "f3,ctrl+g", "panel_focus", "into the panel and back: arrows, Enter; its last row tells its keys"),
    Key("mode", "shift+tab", "mode", "next mode: read-only, ask, auto"),
    Key("pick-up", "alt+up", "pick(-1)", "pick the block above, to copy or to open it"),
    Key("pick-down", "alt+down", "pick(1)", "pick the block below"),
    Key("open", "ctrl+o", "open_block", "open or close the picked block: reasoning, results of tools"),
    Key("copy", "ctrl+y", "copy", "copy the picked block whole, else the last answer"),
    Key("page-up", "pageup", "page(-1)", "scroll up, as the mouse wheel does"),
    Key("page-down", "pagedown", "page(1)", "scroll down"),
    Key("start", "ctrl+home", "to_start", "to the beginning"),
    Key("end", "ctrl+end", "to_end", "to the end"),
)  # fmt: skip
PROMPT_KEYS: Mapping[str, str] = {
    "Enter": "send; while something runs, the text steers it",
    "Tab": "while something runs: send when it has ended",
    "Alt+Enter": "a new line in the prompt; Shift+Enter and Ctrl+J too",
    "Up Down": "earlier prompts, also of earlier sessions",
    "Ctrl+R": "search the earlier prompts for what is written",
    "@": "complete a file or a symbol; Tab or Enter takes it",
    "/": "complete a command and what it can be given",
    "!": "run the rest in the sandbox; the model does not see it",
}
_SHOWN = {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Escape"}


def shown(keys: str) -> str:
    """Textual's names as people write them: 'f2,ctrl+t' is 'F2 Ctrl+T'."""
    return " ".join("+".join(map(_part, one.strip().split("+"))) for one in keys.split(","))


def _part(name: str) -> str:
    return _SHOWN.get(name) or (name.upper() if len(name) == 1 else name.capitalize())


def bound(mine: Mapping[str, str]) -> tuple[Key, ...]:
    """All keys, those of the user in place of the usual ones; ids that do not exist are passed over."""
    return tuple(Key(one.id, mine.get(one.id, one.keys), one.action, one.summary) for one in KEYS)


def unknown(mine: Iterable[str]) -> list[str]:
    """The ids that no key has."""
    ids = {one.id for one in KEYS}
    return sorted(name for name in mine if name not in ids)


def rows(mine: Mapping[str, str]) -> dict[str, str]:
    """What a person reads of all keys: the key, then what it does."""
    own = {shown(one.keys): one.summary for one in bound(mine)}
    return {**PROMPT_KEYS, **own}


def ids(mine: Mapping[str, str]) -> dict[str, str]:
    """The id of each key that can be changed, and the key it has."""
    return {one.id: one.keys for one in bound(mine)}


def taken(mine: Mapping[str, str], name: str, key: str) -> str:
    """Which other id has one of these keys already, '' when none has."""
    wanted = set(key.split(","))
    others = (one.id for one in bound(mine) if one.id != name and wanted.intersection(one.keys.split(",")))
    return next(others, "")
