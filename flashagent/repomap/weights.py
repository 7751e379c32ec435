"""How much each kind of evidence counts. Fitted by benchmarks/repomap_fit.py on development cases; every feature
lies between 0 and 1, and only `test` counts against a file. Kinds weigh what they do by hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILE: Mapping[str, float] = MappingProxyType({
    "functions": 3.13,
    "function": 1.02,
    "text": 1.77,
    "title": 0.62,
    "names": 0.88,
    "defines": 1.51,
    "mention": 2.6,
    "path": 1.39,
    "frame": 8.0,
    "covered": 1.5,
    "tests": 0.76,
    "failing_test": 2.5,
    "neighbour": 0.18,
    "recent": 0.3,
    "together": 0.8,
    "similar": 0.8,
    "given": 2.0,
    "test": -6.0,
})  # fmt: skip

SYMBOL: Mapping[str, float] = MappingProxyType({
    "words": 3.94,
    "title": 0.4,
    "file": 2.16,
    "mention": 2.0,
    "name": 0.52,
    "frame": 6.0,
    "covered": 0.8,
    "called": 1.0,
})  # fmt: skip

KIND: Mapping[str, float] = MappingProxyType({
    "function": 1.0, "method": 1.0, "class": 0.75, "struct": 0.7, "trait": 0.7, "interface": 0.65, "macro": 0.8,
    "enum": 0.6, "type": 0.5, "constant": 0.45, "variable": 0.45, "module": 0.3,
})  # fmt: skip
