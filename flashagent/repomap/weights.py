"""How much each kind of evidence counts: what `benchmarks/repomap_fit.py fit` prints for the development cases. Every
feature lies between 0 and 1, and only `test` counts against a file. Set by hand, and kept by the fit: what the cases do
not hold (frames, failing tests, covered and called lines, what the user gives), what a path or a name that the text
mentions is worth, and the factor of each kind of definition."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILE: Mapping[str, float] = MappingProxyType({
    "functions": 1.3,
    "function": 1.64,
    "text": 1.84,
    "code": 0.63,
    "again": 0.69,
    "names": 0.45,
    "defines": 0.64,
    "mention": 2.0,
    "path": 1.07,
    "frame": 12.0,
    "covered": 1.5,
    "tests": 0.47,
    "failing_test": 2.5,
    "imported": 0.31,
    "folder": 0.94,
    "recent": 0.73,
    "together": 0.0,
    "similar": 1.62,
    "given": 2.0,
    "test": -6.0,
})  # fmt: skip

SYMBOL: Mapping[str, float] = MappingProxyType({
    "words": 1.42,
    "code": 0.73,
    "cover": 1.98,
    "file": 1.7,
    "place": 1.79,
    "order": 0.78,
    "mention": 1.36,
    "name": 1.06,
    "size": 0.49,
    "span": 1.44,
    "using": 0.31,
    "told": 1.17,
    "late": 0.84,
    "frame": 8.0,
    "covered": 0.8,
    "called": 1.0,
})  # fmt: skip

KIND: Mapping[str, float] = MappingProxyType({
    "function": 1.0, "method": 1.0, "class": 0.75, "struct": 0.7, "trait": 0.7, "interface": 0.65, "macro": 0.8,
    "enum": 0.6, "type": 0.5, "constant": 0.45, "variable": 0.45, "module": 0.3,
})  # fmt: skip
