"""Broken, deep, foreign and strange texts; positions in characters; what loads when."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flashagent.syntax.parse import (
    MAX_PROBLEMS,
    SyntaxProblem,
    definitions,
    imports,
    language_for,
    references,
    scan,
    syntax_errors,
)


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"), ("x/y.PYI", "python"), ("a.jsx", "javascript"), ("a.mjs", "javascript"), ("a.ts", "typescript"),
        ("a.d.ts", "typescript"), ("a.tsx", "tsx"), ("a.go", "go"), ("a.rs", "rust"), ("A.java", "java"), ("a.c", "c"),
        ("a.h", "cpp"), ("a.cc", "cpp"), ("dir\\a.hpp", "cpp"), ("README", None), ("py", None), (".py", None),
        ("a.py/readme", None), ("a.lua", None), ("", None),
    ],
)  # fmt: skip
def test_language_is_told_by_the_suffix(path: str, language: str | None) -> None:
    assert language_for(path) == language


def test_a_missing_token_is_named_at_its_place() -> None:
    assert syntax_errors("int f() { return 1 }\n", "c") == (SyntaxProblem(1, 19, "missing ';'"),)


def test_columns_count_characters_not_bytes() -> None:
    line = 'char *g = "größe😀"; int f() { return 1 }'
    assert syntax_errors(line, "c") == (SyntaxProblem(1, line.index("1 }") + 2, "missing ';'"),)


def test_problems_come_in_order_and_are_capped() -> None:
    text = "def f(:\n" * 200
    found = syntax_errors(text, "python")
    assert 0 < len(found) <= MAX_PROBLEMS
    assert [(p.line, p.column) for p in found] == sorted({(p.line, p.column) for p in found})
    assert len(syntax_errors(text, "python", limit=1)) == 1


@pytest.mark.parametrize(
    "language", ["python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp"]
)
def test_nonsense_is_a_problem_in_every_language(language: str) -> None:
    assert syntax_errors("@@@ ((( }}} \\ <<<", language) != ()  # type: ignore[arg-type]
    assert syntax_errors("", language) == ()  # type: ignore[arg-type]


def test_a_broken_file_gives_what_is_readable() -> None:
    text = "import os\n\ndef good():\n    return 1\n\ndef bad(:\n\nclass Also:\n    def fine(self): pass\n"
    assert syntax_errors(text, "python")
    assert {"good", "Also", "Also.fine"} <= {s.qualified for s in definitions(text, "a.py")}
    assert [one.module for one in imports(text, "a.py")] == ["os"]
    assert scan(text, "a.py", "python").broken


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = " + "(" * 10_000 + ")" * 10_000 + "\ndef f(): pass\n"),
        ("a.js", "[" * 10_000 + "]" * 10_000 + ";\nfunction f() {}\n"),
        ("a.c", "int x = " + "(" * 10_000 + "1" + ")" * 10_000 + ";\nint f(void) { return 1; }\n"),
        (
            "a.py",
            "".join(" " * depth + f"if x{depth}:\n" for depth in range(900)) + " " * 900 + "def f(): pass\n",
        ),
    ],
)
def test_deep_nesting_costs_no_stack(path: str, text: str) -> None:
    assert [s.name for s in definitions(text, path) if s.kind == "function"] == ["f"]
    references(text, path)
    syntax_errors(text, "python")


def test_a_thousand_nested_definitions_are_qualified() -> None:
    depth = 400
    text = "".join(" " * level + f"def f{level}():\n" for level in range(depth)) + " " * depth + "pass\n"
    found = definitions(text, "a.py")
    assert len(found) == depth
    assert found[-1].qualified == ".".join(f"f{level}" for level in range(depth))


@pytest.mark.parametrize(
    "text", ["\0def f(): pass\n", "\ufeffdef f(): pass\n", "def f(): return '\udc80'\n", "\r\r\r", "\t"]
)
def test_strange_characters_are_read(text: str) -> None:
    assert isinstance(definitions(text, "a.py"), tuple)
    assert isinstance(references(text, "a.py"), tuple)


def test_an_unknown_language_gives_nothing() -> None:
    assert (
        definitions("def f(): pass", "a.txt"),
        references("f", "a.txt"),
        imports("import x", "a.txt"),
    ) == ((), (), ())


def test_signatures_are_one_line_and_capped() -> None:
    text = "def f(\n" + "".join(f"    argument_{n}: int,\n" for n in range(200)) + ") -> int:\n    return 1\n"
    (found,) = definitions(text, "a.py")
    assert "\n" not in found.signature
    assert len(found.signature) == 240 and found.signature.endswith("…")


def test_importing_loads_no_grammar() -> None:
    code = "import sys, flashagent.syntax.parse, flashagent.repomap; print([m for m in sys.modules if m.startswith('tree_sitter')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("line", "qualified"),
    [
        ("SHOP_INLINE Box<int> make_box(int n) noexcept { return {n}; }", "make_box"),
        ("SHOP_INLINE std::vector<int> shop::make_row(int n) { return {n}; }", "shop.make_row"),
        ("SHOP_INLINE Box<Row<int>> make_many<int>(int n) { return {n}; }", "make_many"),
        ("struct A { explicit SHOP_INLINE A(int n) : n_(n) {} };", "A.A"),
        (
            "template <typename T> SHOP_INLINE Box<T>::operator const T*() const { return p_; }",
            "Box.operator const T*",
        ),
    ],
)
def test_macros_that_cannot_be_expanded_leave_the_name_alone(line: str, qualified: str) -> None:
    assert definitions(line + "\n", "a.cpp")[-1].qualified == qualified


def test_a_grammar_that_refuses_valid_texts_is_no_judge() -> None:
    text = "interface Pricer { fun price(name: String): Int }\n"
    assert syntax_errors(text, "kotlin") == ()
    assert [one.qualified for one in definitions(text, "a.kt")] == ["Pricer", "Pricer.price"]
