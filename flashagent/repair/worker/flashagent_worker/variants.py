# ruff: noqa: B905
"""Values near one seen at run time."""

from __future__ import annotations

import copy
import random
import types
from typing import Any


def variants(value: Any, chooser: random.Random) -> list[Any]:
    """Values near one seen at run time, boundaries first; the last ones are made of the value's own parts at random."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, -value, value * 2 + 3, 1, chooser.randrange(2, 30), value * 10]
    if isinstance(value, float):
        return [value + 0.5, -value, 0.0, value * 3]
    if isinstance(value, str):
        mixed = ["".join(remixed(value, chooser)) for _ in range(4)]
        return ["", value[1:], value[:-1], value + value, value[::-1], value[:1], *mixed]
    if isinstance(value, (list, tuple)):
        sequence: Any = value
        kind: Any = type(value) if type(value) in (list, tuple) else list
        mixed_lists = [kind(remixed(sequence, chooser)) for _ in range(6)]
        near = [kind(part) for part in changed_elements(list(sequence), chooser)]
        cut = [sequence[:0], sequence[1:], sequence[:-1], sequence[::-1], sequence + sequence]
        return cut + near[:6] + mixed_lists
    if isinstance(value, dict):
        pairs = list(value.items())
        return [{}, dict(pairs[1:]), dict(pairs[:1]), *changed_values(value, chooser)]
    if isinstance(value, (set, frozenset)):
        return [type(value)(), type(value)(sorted(value, key=repr)[1:])]
    return changed_attributes(value, chooser)


def changed_attributes(value: Any, chooser: random.Random) -> list[Any]:
    """An object of a plain class with one attribute changed, in the manner of `variants` for the attribute itself."""
    found: list[Any] = []
    attributes = getattr(value, "__dict__", None)
    if not isinstance(attributes, dict) or isinstance(value, (type, types.ModuleType)):
        return found
    for name, held in sorted(attributes.items())[:6]:
        if not isinstance(held, (bool, int, float, str, list, tuple, dict, set)):
            continue
        for other in variants(held, chooser)[:4]:
            try:
                twin = copy.deepcopy(value)
                object.__setattr__(twin, name, other)
            except Exception:  # a class of its own mind: no such input
                return found
            found.append(twin)
    return found


def changed_values(table: dict[Any, Any], chooser: random.Random) -> list[Any]:
    """The dictionary with its values exchanged, with one value changed, and with values made of the parts of all: the edges
    of a graph between the same nodes, drawn anew."""
    keys, values = list(table), list(table.values())
    turned = [values[1:] + values[:1], values[::-1]] if len(values) > 1 else []
    near = [dict(zip(keys, others)) for others in turned + changed_elements(values, chooser)[:6]]
    if not values or not all(isinstance(value, (list, tuple, str)) for value in values):
        return near
    parts = [part for value in values for part in value]
    for _ in range(6 if parts else 0):
        redrawn = [remixed(parts, chooser)[: chooser.randrange(len(value) + 2)] for value in values]
        near.append({key: _like(value, new) for key, value, new in zip(keys, values, redrawn)})
    return near


def _like(value: Any, parts: list[Any]) -> Any:
    """The parts as a text, list or tuple, as the value is one."""
    return "".join(parts) if isinstance(value, str) else type(value)(parts)


def remixed(parts: Any, chooser: random.Random) -> list[Any]:
    """About as many parts, drawn from the same ones with repetition."""
    if not len(parts):
        return []
    return [
        parts[chooser.randrange(len(parts))] for _ in range(max(1, len(parts) + chooser.randrange(-1, 3)))
    ]


def changed_elements(values: list[Any], chooser: random.Random) -> list[list[Any]]:
    """The sequence with one element changed, in the manner of `variants` for the element itself."""
    found: list[list[Any]] = []
    for position in range(min(len(values), 6)):
        element = values[position]
        if isinstance(element, (bool, int, float, str)):
            found.extend(
                [*values[:position], other, *values[position + 1 :]]
                for other in variants(element, chooser)[:3]
            )
        elif isinstance(element, (list, tuple)) and element:
            found.extend(
                [*values[:position], other, *values[position + 1 :]]
                for other in variants(element, chooser)[5:7]
            )
    chooser.shuffle(found)
    return found
