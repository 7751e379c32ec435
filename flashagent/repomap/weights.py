"""How much each kind of evidence counts: what `benchmarks/repomap_fit.py fit` prints for the development cases. Every
feature lies between 0 and 1, and only `test` counts against a file. Set by hand, and kept by the fit: what the cases do
not hold (frames, failing tests, covered and called lines, what the user gives), what a path or a name that the text
mentions is worth, and the factor of each kind of definition."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILE: Mapping[str, float] = MappingProxyType({
    "functions": 1.39,
    "function": 1.44,
    "text": 1.57,
    "code": 0.69,
    "again": 0.77,
    "names": 0.52,
    "defines": 0.56,
    "mention": 2.0,
    "path": 0.99,
    "frame": 12.0,
    "covered": 1.5,
    "tests": 0.49,
    "failing_test": 2.5,
    "imported": 0.26,
    "folder": 0.76,
    "recent": 0.59,
    "together": 0.2,
    "similar": 1.53,
    "given": 2.0,
    "test": -6.0,
})  # fmt: skip

SYMBOL: Mapping[str, float] = MappingProxyType({
    "words": 1.53,
    "code": 0.81,
    "cover": 1.31,
    "file": 1.46,
    "place": 1.74,
    "order": 0.78,
    "mention": 1.36,
    "name": 0.99,
    "size": 0.7,
    "span": 1.06,
    "using": 0.41,
    "told": 1.18,
    "late": 0.77,
    "frame": 8.0,
    "covered": 0.8,
    "called": 1.0,
})  # fmt: skip

KIND: Mapping[str, float] = MappingProxyType({
    "function": 1.0, "method": 1.0, "class": 0.75, "struct": 0.7, "trait": 0.7, "interface": 0.65, "macro": 0.8,
    "enum": 0.6, "type": 0.5, "constant": 0.45, "variable": 0.45, "module": 0.3,
})  # fmt: skip
