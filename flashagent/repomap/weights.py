"""How much each kind of evidence counts. Fitted by benchmarks/repomap_fit.py on development cases; every feature
lies between 0 and 1, and only `test` counts against a file. What the cases do not hold (frames, failing tests, covered
lines, what the user gives) and how sure a path in the text is were set by hand, and so were the kinds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILE: Mapping[str, float] = MappingProxyType({
    "functions": 2.35,
    "function": 0.87,
    "text": 1.84,
    "code": 0.41,
    "again": 0.66,
    "names": 0.61,
    "defines": 1.03,
    "mention": 2.0,
    "path": 1.08,
    "frame": 12.0,
    "covered": 1.5,
    "tests": 0.42,
    "failing_test": 2.5,
    "imported": 0.25,
    "folder": 0.97,
    "recent": 0.7,
    "together": 0.2,
    "similar": 1.64,
    "given": 2.0,
    "test": -6.0,
})  # fmt: skip

SYMBOL: Mapping[str, float] = MappingProxyType({
    "words": 1.47,
    "code": 0.94,
    "cover": 1.78,
    "file": 2.25,
    "place": 1.69,
    "order": 0.93,
    "mention": 1.36,
    "name": 0.93,
    "size": 2.03,
    "span": 1.1,
    "using": 0.27,
    "told": 1.05,
    "late": 0.68,
    "frame": 8.0,
    "covered": 0.8,
    "called": 1.0,
})  # fmt: skip

KIND: Mapping[str, float] = MappingProxyType({
    "function": 1.0, "method": 1.0, "class": 0.75, "struct": 0.7, "trait": 0.7, "interface": 0.65, "macro": 0.8,
    "enum": 0.6, "type": 0.5, "constant": 0.45, "variable": 0.45, "module": 0.3,
})  # fmt: skip
