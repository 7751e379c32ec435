"""The tests in a Rust file, which often stand beside the code that they test. Pure."""

from __future__ import annotations

import re

# `#[test]`, `#[tokio::test(...)]`, `#[rstest]`: the attribute that makes a function a test.
_TEST = re.compile(r"#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|proptest)\b[^\]]*\]")
_FUNCTION = re.compile(r"\bfn\s+(?P<name>\w+)")
_ATTRIBUTES = re.compile(r"(?:#\[[^\]]*\]\s*)+$")
# What may hold a brace that opens nothing.
_TEXTS = re.compile(
    r'r(?P<hashes>#*)".*?"(?P=hashes)|"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.[^\']*)\'|//[^\n]*|/\*.*?\*/',
    re.DOTALL,
)


def rust_tests(text: str) -> dict[str, str]:
    """Each test's name (numbered where it occurs again) and its code with all its attributes, blanks evened out."""
    bare = _TEXTS.sub(lambda match: " " * len(match[0]), text)
    found: dict[str, str] = {}
    for mark in _TEST.finditer(bare):
        function = _FUNCTION.search(bare, mark.end())
        if function is None or _TEST.search(bare, mark.end(), function.start()):
            continue  # the next attribute belongs to the same test
        begin = mark.start()
        if before := _ATTRIBUTES.search(bare, 0, begin):
            begin = before.start()
        name, number = function["name"], 2
        while name in found:
            name, number = f"{function['name']}#{number}", number + 1
        found[name] = " ".join(text[begin : _end_of_body(bare, function.end())].split())
    return found


def _end_of_body(bare: str, begin: int) -> int:
    depth = 0
    for match in re.compile(r"[{}]").finditer(bare, begin):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return len(bare)
