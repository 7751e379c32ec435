"""The answers of `flashagent map` about relations: callers, the focus of a symbol, impact, pictures. Values in, text out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.repomap.graph import WORDS, Chain
from flashagent.repomap.impact import changed_lines
from flashagent.repomap.render import outline
from flashagent.repomap.repo_map import RepoMap
from flashagent.values import RankedFile, RankedSymbol, Symbol

_LINES = re.compile(r"(?P<path>.+?):(?P<lines>\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")
_MOST = 2000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Related:
    """An answer in three forms: for people, and as files and symbols and details for `--json`."""

    text: str
    files: Sequence[RankedFile]
    symbols: Sequence[RankedSymbol]
    details: Mapping[str, object]


def nearest_of(name: str, known: Sequence[str]) -> str:
    """A hint with the nearest of the known names."""
    from rapidfuzz import process

    found = process.extractOne(name, known, score_cutoff=60)
    return f"Did you mean {found[0]}?" if found else "`flashagent map --query TEXT` finds names by words."


def callers(tree: RepoMap, name: str) -> Related:
    targets = _known(tree, name)
    uses = tree.callers(name)
    lines = [f"{_where(one)} is used in:" for one in targets]
    for one in uses[:_MOST]:
        guess = "" if one.kind == "call" else "  (by name only)"
        lines.append(f"  {one.path}:{one.line} {one.caller.qualified if one.caller else ''}".rstrip() + guess)
    if not uses:
        lines.append("  nothing here")
    symbols = dict.fromkeys(one.caller for one in uses if one.caller is not None)
    details = [
        {
            "path": u.path,
            "line": u.line,
            "name": u.caller.qualified if u.caller else "",
            "sure": u.kind == "call",
        }
        for u in uses
    ]
    paths = dict.fromkeys(one.path for one in uses)
    return Related("\n".join(lines) + "\n", _files(list(paths)), _ranked(list(symbols)), {"callers": details})


def focus(tree: RepoMap, name: str, tokens: int) -> Related:
    """The symbol, what uses it, what it uses, the tests that reach it, then all that a change of it can reach."""
    targets = _known(tree, name)
    used = [one.symbol for one in tree.callees(name)]
    users = [one.caller for one in tree.callers(name) if one.caller is not None]
    tests = tree.tests_reaching(name, limit=_SHOWN)
    far = [place for place, _ in tree.dependents(name, limit=_MOST)]
    symbols = list(dict.fromkeys([*targets, *users, *used, *(one.symbol for one in far if one.symbol)]))
    paths = list(dict.fromkeys([*(one.path for one in symbols), *(one.path for one in far)]))
    text = outline(symbols, tokens=tokens)
    if tests:
        text += "\nTests that reach it:\n" + "".join(f"  {_way(one)}\n" for one in tests)
    return Related(text, _files(paths), _ranked(symbols), {})


def way(tree: RepoMap, user: str, used: str) -> Related:
    """The shortest way by which one symbol or file uses another one."""
    for name in (user, used):
        if not tree.has_file(name):
            _known(tree, name)
    chain = tree.path_between(user, used)
    links = chain.links if chain else ()
    text = "\n  ".join(
        f"{link.place.name} {WORDS[link.kind]}" if link.kind else link.place.name for link in links
    )
    return Related(
        f"{text}\n" if links else f"Nothing here leads from {user} to {used}.\n",
        _files(list(dict.fromkeys(link.place.path for link in links))),
        _ranked([link.place.symbol for link in links if link.place.symbol is not None]),
        {
            "path": [{"place": link.place.name, "edge": link.kind} for link in links],
            "distance": chain.distance if chain else None,
        },
    )


def importers(tree: RepoMap, path: str) -> Related:
    """The files that import a file, and those that it imports."""
    users, used = tree.importers(path), tree.imports(path)
    lines = [f"{path} is imported by:", *(f"  {one}" for one in users or ["nothing here"])]
    lines += [f"{path} imports:", *(f"  {one}" for one in used or ["nothing here"])]
    return Related("\n".join(lines) + "\n", _files(users), (), {"importers": users, "imports": used})


def dependents(tree: RepoMap, name: str) -> Related:
    """All that a change of a symbol or file can reach, nearest first."""
    if not tree.has_file(name):
        _known(tree, name)
    found = tree.dependents(name, limit=_MOST)
    text = "".join(f"{place.name}  {distance:g}\n" for place, distance in found)
    return Related(
        text or f"Nothing here is known to depend on {name}.\n",
        _files(list(dict.fromkeys(place.path for place, _ in found))),
        _ranked([place.symbol for place, _ in found if place.symbol is not None]),
        {"dependents": [{"place": place.name, "distance": distance} for place, distance in found]},
    )


def impact(tree: RepoMap, changes: Mapping[str, Sequence[tuple[int, int]]], limit: int = _MOST) -> Related:
    """The tests to run for the changes, each with the way by which the change reaches it."""
    chains = tree.impact(changes, limit=limit)
    places = [chain.links[0].place for chain in chains]
    text = "".join(f"{place.name}\n  {_way(chain)}\n" for place, chain in zip(places, chains, strict=True))
    details = [
        {
            "path": place.path,
            "name": place.symbol.qualified if place.symbol else "",
            "distance": chain.distance,
            "why": [{"place": link.place.name, "edge": link.kind} for link in chain.links],
        }
        for place, chain in zip(places, chains, strict=True)
    ]
    symbols = [place.symbol for place in places if place.symbol is not None]
    paths = list(dict.fromkeys(place.path for place in places))
    return Related(
        text or "No test here is known to reach the change.\n",
        _files(paths),
        _ranked(symbols),
        {"tests": details},
    )


def changes_of(
    argument: str, diff: Callable[[], str], inside: Callable[[str], str]
) -> dict[str, list[tuple[int, int]]]:
    """What `--impact` names: PATH, PATH:LINES (12, 12-20, 12,30-40), or with nothing the changes that git sees."""
    if not argument:
        return changed_lines(diff())
    found = _LINES.fullmatch(argument)
    if found is None:
        return {inside(argument): []}
    return {inside(found["path"]): [_range(part) for part in found["lines"].split(",")]}


def _range(part: str) -> tuple[int, int]:
    first, _, last = part.partition("-")
    start, end = int(first[:9]), int((last or first)[:9])
    if not 0 < start <= end:
        raise UsageError(f"{part} is no range of lines.", hint="Write them as 12, 12-20 or 12,30-40.")
    return start, end


def draw(tree: RepoMap, svg: str, dot: str, chosen: Callable[[str], bool]) -> None:
    """Write the picture of which files use which. Raises UsageError where a file cannot be written."""
    from flashagent.repomap.pictures import as_dot, as_svg, picture

    shown = picture([pair for pair in tree.dependencies() if chosen(pair[0]) and chosen(pair[1])])
    for target, text in ((svg, as_svg), (dot, as_dot)):
        if target:
            try:
                Path(target).write_text(text(shown), encoding="utf-8")
            except (OSError, ValueError) as problem:
                raise UsageError(
                    f"{target} cannot be written: {problem}.", hint="Name another file."
                ) from problem


def _known(tree: RepoMap, name: str) -> list[Symbol]:
    found = tree.definitions(name)
    if not found:
        plain = name.replace("::", ".").rpartition(":")[2].rpartition(".")[2]
        raise UsageError(f"Nothing here is called {name}.", hint=nearest_of(plain, tree.names()))
    return found


def _where(symbol: Symbol) -> str:
    return f"{symbol.path}:{symbol.start_line} {symbol.qualified}"


def _way(chain: Chain) -> str:
    return str(chain) if len(chain.links) > 1 else f"{chain.links[0].place.name} is part of the change"


def _files(paths: Sequence[str]) -> list[RankedFile]:
    return [RankedFile(path, round(1 / rank, 6)) for rank, path in enumerate(paths, 1)]


def _ranked(symbols: Sequence[Symbol]) -> list[RankedSymbol]:
    return [RankedSymbol(symbol, round(1 / rank, 6)) for rank, symbol in enumerate(symbols, 1)]
