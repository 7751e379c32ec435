"""Which files the map reads, and which it leaves out and counts: generated, vendored, minified, huge, binary. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Reading = Literal["ok", "vendored", "generated", "minified", "huge", "binary", "foreign", "unreadable"]
MAX_BYTES = 1_500_000

# Languages without a grammar here are still found by their words, as one document a file.
_PLAIN_SUFFIXES = """rb cs php swift scala vue svelte lua ex exs erl hs ml mli clj cljs dart pl pm r jl m mm sh
bash zig nim groovy fs v sv vhd proto graphql sql pyx pxd cmake f90 asm s tcl el vim"""
_PLAIN = frozenset(_PLAIN_SUFFIXES.split())
_VENDORED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|vendor|vendored|_vendor|third[-_]party|3rdparty|site-packages|\.venv|venv|"
    r"__pycache__|\.git|\.tox|\.nox|\.mypy_cache|\.eggs)/"
)
_MINIFIED_NAME = re.compile(r"[.-](?:min|bundle|prod)\.(?:js|mjs|cjs|css)$", re.I)
_GENERATED_NAME = re.compile(
    r"(?:_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h)|\.g\.dart|\.designer\.cs|_generated\.\w+|zz_generated[^/]*)$"
)
_GENERATED_MARK = re.compile(
    rb"(?:Code generated .{0,80}DO NOT EDIT|@generated\b|DO NOT EDIT.{0,40}(?:generated|automatically)|"
    rb"(?:auto|automatically)[- ]generated (?:by|from|file)|This file (?:is|was) (?:auto(?:matically)?[- ]?)?generated)",
    re.I,
)
# The same test that the benchmark of this map uses for "a place that holds tests, not what they test".
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|specs?|testdata|fixtures?|e2e|benches|benchmarks?|examples?|mocks?|jstests|"
    r"test-suite|testsuite|(?:integration|smoke|unit)-?tests?)(?:/|$)|src/test/|[^/]*-tests?/|"
    r"(?:^|/)(?:test_[^/]*|conftest\.py|runtests\.py|[^/]*(?:_tests?|_spec|\.test|\.spec|-test)\.[^/]+|[^/]*Tests?\.(?:java|kt))$",
    re.I,
)


def is_source(path: str) -> bool:
    """True for a file whose text the map indexes without a grammar."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return bool(dot and stem) and suffix.lower() in _PLAIN


@lru_cache(maxsize=100_000)
def is_test(path: str) -> bool:
    """True for a test, fixture, benchmark or example by its path: a witness of a problem, seldom its cause."""
    return _TEST.search(path) is not None


def judge_path(path: str, size: int) -> Reading:
    """What the name and size alone say."""
    if _VENDORED.search(path):
        return "vendored"
    if _MINIFIED_NAME.search(path):
        return "minified"
    if _GENERATED_NAME.search(path):
        return "generated"
    return "huge" if size > MAX_BYTES else "ok"


def judge_content(source: bytes) -> Reading:
    """What the bytes say: NULs, a generator's mark in the first lines, or lines that no person writes."""
    if b"\0" in source[:8192]:
        return "binary"
    head = source[:1200]
    lower = head.lower()
    # The pattern is dear, and each of its forms has one of these.
    if (b"generated" in lower or b"do not edit" in lower) and _GENERATED_MARK.search(head):
        return "generated"
    lines = source.count(b"\n") + 1
    if len(source) / lines <= 400:
        return "ok"
    longest = max(map(len, source[:200_000].split(b"\n")), default=0)
    return "minified" if longest > 5000 else "ok"
