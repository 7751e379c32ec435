"""The tabs of the side panel as rows: a tree of what the model is shown, diffs by hunk, checks with what failed, the plan. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flashagent.dataclass import dataclass
from flashagent.frontends import words
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.controller import Found
from flashagent.frontends.tui.diffing import side_by_side, unified
from flashagent.frontends.tui.markup import Laid, fitted, source_lines, wrap
from flashagent.frontends.tui.markup_values import Line, StyleName
from flashagent.frontends.tui.story import CheckRun, FileDiff, Story, place_of
from flashagent.frontends.tui.typeset import Typeset

TABS = ("Focus", "Diff", "Checks", "Plan", "Findings")
NARROWEST_SIDE_BY_SIDE = 48
_EMPTY = {
    "Focus": "Nothing was shown to a model yet.",
    "Diff": "No file was changed in this session.",
    "Checks": "No check has run in this session. /check runs them.",
    "Plan": "There is no plan. /plan GOAL makes one.",
    "Findings": "Nothing was found in changed files.",
}
# The most wanted first: what has no room is left out, and the first three have it beside a transcript of 80 cells.
_HELP = {
    "Focus": ("↑ ↓ move",),
    "Diff": ("a keep", "x take back", "v wide"),
    "Checks": ("Enter code",),
    "Plan": ("Enter starts it",),
    "Findings": ("Enter code", "f fix"),
}
_HELP_OF_ALL = ("← → tabs", "Escape back")


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be chosen: a hunk of a file, a failure of a check, a place in the focus, the plan, a finding (`number`
    is its line then, `text` what was found)."""

    kind: str
    path: str = ""
    number: int = 0
    check: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class TabRow:
    """One row and the item that it belongs to, None for a row that cannot be chosen."""

    line: Line
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How the tab is looked at: its width, in two columns or one, and which failures are open."""

    width: int
    columns: bool = False
    opened: frozenset[Item] = frozenset()


def tabs_line(tab: str, width: int) -> Line:
    """The titles of the tabs, this one marked; where not all have room, it and those beside it."""
    first, last = 0, len(TABS)
    at = TABS.index(tab) if tab in TABS else 0
    while sum(len(name) + 2 for name in TABS[first:last]) + (first > 0) + (last < len(TABS)) > width:
        if last - first == 1:
            return ((fitted(tab, width), "bold"),)
        if at - first >= last - 1 - at:
            first += 1
        else:
            last -= 1
    names: list[tuple[str, StyleName]] = [
        (f" {name} ", "picked" if name == tab else "dim") for name in TABS[first:last]
    ]
    before: Line = (("‹", "dim"),) if first else ()
    return (*before, *names, ("›", "dim")) if last < len(TABS) else (*before, *names)


def help_line(tab: str, width: int) -> str:
    """What keys do in this tab, as much of it as has room."""
    said = ""
    for part in (*_HELP[tab], *_HELP_OF_ALL):
        longer = f"{said} · {part}" if said else part
        if len(longer) > width:
            break
        said = longer
    return said


def tab_rows(story: Story, tab: str, look: Look) -> list[TabRow]:
    why = (tab == "Findings" and story.watched) or _EMPTY[tab]
    return list(_TABS[tab](story, look)) or [
        TabRow(line) for line in wrap(Laid(((words.one_line(why, words.MAX_SENTENCE), "dim"),)), look.width)
    ]


def _focus(story: Story, look: Look) -> Iterator[TabRow]:
    """Files, and in each the symbols with the reasons they were chosen for."""
    focus = story.focus
    if focus is None:
        return
    about = f"about {focus.tokens:,} tokens, {words.one_line(focus.why)}"
    yield from _plain(about, look, "dim")
    paths = list(dict.fromkeys(one.symbol.path for one in focus.symbols))
    for path in paths:
        yield TabRow(((words.one_line(path, look.width), "heading"),))
        for number, one in enumerate(focus.symbols):
            if one.symbol.path != path:
                continue
            item = Item("symbol", path, number)
            told = f"├ {words.one_line(one.symbol.qualified)}:{one.symbol.start_line}"
            for line in wrap(Laid(((told, ""),), hang=2), look.width):
                yield TabRow(line, item)
            for line in wrap(Laid(((words.one_line("; ".join(one.why)), "dim"),)), look.width, "│   "):
                yield TabRow(line, item)


def _diff(story: Story, look: Look) -> Iterator[TabRow]:
    for file in story.files:
        yield from _file(file, look)


def _file(file: FileDiff, look: Look) -> Iterator[TabRow]:
    head = f"{file.kind} {words.one_line(file.path)}  {words.diff_size(file.diff)}"
    yield from _plain(head, look, "heading")
    columns = look.columns and look.width >= NARROWEST_SIDE_BY_SIDE
    for number, hunk in enumerate(file.hunks):
        item = Item("hunk", file.path, number)
        kept = number in file.accepted
        mark = "✓ kept" if kept else f"{number + 1} of {len(file.hunks)}"
        where = f"@ {hunk.new_start} {words.one_line(hunk.where, 40)}".rstrip()
        for line in wrap(Laid(((f"{where}  ", "hunk"), (mark, "good" if kept else "dim"))), look.width):
            yield TabRow(line, item)
        for line in side_by_side(hunk, look.width) if columns else unified(hunk, look.width):
            yield TabRow(line, item)
    yield TabRow(())


def _checks(story: Story, look: Look) -> Iterator[TabRow]:
    for place, run in enumerate(story.checks):
        for line in Typeset(look.width).rows(_run_block(run)):
            yield TabRow(line)
        for number, failure in enumerate(run.failures):
            item = Item("failure", number=number, check=place)
            first, *rest = words.failure_lines(failure)
            opened = item in look.opened
            lines = [f"{'▾' if opened else '▸'} {first}", *rest]
            for text in lines:
                for row in wrap(Laid(((text, ""),), hang=4), look.width, "  "):
                    yield TabRow(row, item)
            if opened and (where := place_of(failure)):
                yield from _code(story, where, item, look)


def _code(story: Story, where: tuple[str, int], item: Item, look: Look) -> Iterator[TabRow]:
    """The lines around a place, as soon as they were read."""
    for text in source_lines(story.excerpts.get(where, "… reading")):
        for row in wrap(Laid(((text, "code"),), by_word=False), look.width, "    "):
            yield TabRow(row, item)


def _run_block(run: CheckRun) -> Block:
    title = words.check_started(run.started)
    if run.finished is None:
        return Block("check", title, mark="running")
    return Block(
        "check",
        f"{title} · {words.check_finished(run.finished)}",
        mark=words.check_mark(run.finished),
        done=True,
    )


def _plan(story: Story, look: Look) -> Iterator[TabRow]:
    if not story.plan:
        return
    for line in Typeset(look.width).rows(Block("text", text=story.plan, done=True)):
        yield TabRow(line, Item("plan"))


def _findings(story: Story, look: Look) -> Iterator[TabRow]:
    for one in story.findings:
        item = item_of(one)
        opened = item in look.opened
        head = f"{'▾' if opened else '▸'} {words.one_line(one.path)}:{one.line} "
        for line in wrap(Laid(((head, ""), (one.kind, "warning")), hang=2), look.width):
            yield TabRow(line, item)
        for line in wrap(Laid(((words.one_line(one.message, words.MAX_SENTENCE), "dim"),)), look.width, "  "):
            yield TabRow(line, item)
        if opened:
            yield from _code(story, (one.path, one.line), item, look)


def item_of(one: Found) -> Item:
    """What is chosen when this finding is."""
    return Item("finding", one.path, one.line, text=f"{one.kind}: {one.message}")


def _plain(text: str, look: Look, style: StyleName) -> Iterator[TabRow]:
    for line in wrap(Laid(((text, style),)), look.width):
        yield TabRow(line)


_TABS: Mapping[str, Callable[[Story, Look], Iterator[TabRow]]] = {
    "Focus": _focus,
    "Diff": _diff,
    "Checks": _checks,
    "Plan": _plan,
    "Findings": _findings,
}
