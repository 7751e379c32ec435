"""From the places that were found to items of work, in an order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from flashagent.jobs.batch.spec import BatchSpec, Item, OrderKind, Target

Imports = Callable[[Sequence[str]], Mapping[str, Iterable[str]]]


def items_of(
    spec: BatchSpec, targets: Sequence[Target], sizes: Mapping[str, int], imports: Imports
) -> list[Item]:
    """Group the targets (duplicates and excluded paths dropped) and put the items in the order that the batch asks for.

    `sizes` are bytes per path, `imports` tells which of the given paths each of them imports (asked for the order
    'dependency' alone).
    """
    kept = [
        target
        for target in dict.fromkeys(targets)
        if not any(fnmatchcase(target.path, pattern) for pattern in spec.exclude)
    ]
    groups: dict[str, list[Target]] = {}
    for number, target in enumerate(kept):
        groups.setdefault(_key(spec.group, target, number), []).append(target)
    ordered = _ordered(spec.order, groups, sizes, imports)
    width = max(4, len(str(len(ordered))))
    return [
        Item(
            f"{number:0{width}}",
            _title(spec.group, key, groups[key]),
            tuple(groups[key]),
            _own_check(groups[key]),
        )
        for number, key in enumerate(ordered, start=1)
    ]


def _key(group: str, target: Target, number: int) -> str:
    match group:
        case "symbol":
            return f"{target.path}::{target.symbol}" if target.symbol else f"{target.path}:{target.line}"
        case "folder":
            return target.path.rpartition("/")[0] or "."
        case "package":
            return target.path.partition("/")[0] if "/" in target.path else "."
        case "all":
            return "all"
        case _ if group.isdigit():
            return f"part {number // int(group) + 1}"
        case _:
            return target.path or target.symbol


def _title(group: str, key: str, targets: Sequence[Target]) -> str:
    if group in ("all",) or group.isdigit():
        return f"{key}: {targets[0].path or targets[0].symbol}" + (
            f" and {len(targets) - 1} more" if targets[1:] else ""
        )
    return key


def _own_check(targets: Sequence[Target]) -> str:
    """The check that all targets of an item share, '' when there is none."""
    found = {target.check for target in targets}
    return found.pop() if len(found) == 1 else ""


def _ordered(
    order: OrderKind, groups: Mapping[str, Sequence[Target]], sizes: Mapping[str, int], imports: Imports
) -> list[str]:
    """The keys by path, the largest first, or so that what others import comes before them."""
    keys = sorted(groups)
    if order == "path":
        return keys
    if order == "size":
        weight = {key: sum(sizes.get(path, 0) for path in {t.path for t in groups[key]}) for key in keys}
        return sorted(keys, key=lambda key: (-weight[key], key))
    return _leaves_first(keys, _dependencies(groups, imports))


def _dependencies(groups: Mapping[str, Sequence[Target]], imports: Imports) -> dict[str, set[str]]:
    owner: dict[str, set[str]] = {}
    for key, targets in groups.items():
        for target in targets:
            owner.setdefault(target.path, set()).add(key)
    found: dict[str, set[str]] = {key: set() for key in groups}
    for path, imported in imports(sorted(path for path in owner if path)).items():
        for key in owner.get(path, ()):
            for other in imported:
                found[key] |= owner.get(other, set()) - {key}
    return found


def _leaves_first(keys: Sequence[str], before: dict[str, set[str]]) -> list[str]:
    """A topological order, ties by name. Edges that close a circle are taken out of `before`: there a path order is as
    good as any."""
    while True:
        sorter = TopologicalSorter({key: before[key] for key in keys})
        try:
            sorter.prepare()
        except CycleError as error:
            circle = error.args[1]
            _cut(circle, before)
            continue
        done: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            done += ready
            sorter.done(*ready)
        return done


def _cut(circle: Sequence[str], before: dict[str, set[str]]) -> None:
    """`circle` lists each key before one that needs it; the last edge back to the first in name order is dropped."""
    pairs = list(pairwise(circle))
    first, then = min(pairs, key=lambda pair: pair[1])
    before[then].discard(first)
