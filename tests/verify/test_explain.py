"""Traces and logs from elsewhere, tied to the files of a repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.verify_projects import write

from flashagent.values import Failure
from flashagent.verify.causes import likely_cause
from flashagent.verify.explain import Explained, explain

FILES = {
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n\n\ndef pay(prices):\n    return total(prices) / len(prices)\n",
    "shop/util.py": "x = 1\n",
    "web/util.py": "y = 2\n",
    "cmd/main.go": "package main\n\nfunc main() {\n\tvar p *int\n\tprintln(*p)\n}\n",
    "src/main.rs": "fn main() {\n    let v: Option<i32> = None;\n    v.unwrap();\n}\n",
    "src/app.js": "function go(a) {\n  return a.name;\n}\ngo();\n",
}


def explained(text: str, root: str = "/here") -> tuple[Explained, ...]:
    return explain(text, root, tuple(FILES), FILES.get)


def places(one: Explained) -> list[str]:
    return [f"{spot.frame.path}:{spot.frame.line}" for spot in one.spots]


def trace(path: str, line: int, error: str) -> str:
    return f'Traceback (most recent call last):\n  File "{path}", line {line}, in f\n    x\n{error}\n'


def test_a_log_is_told_from_its_end() -> None:
    log = (
        trace("/app/shop/cart.py", 2, "KeyError: 'a'")
        + "INFO later\n"
        + trace("/app/shop/cart.py", 6, "ZeroDivisionError: division by zero")
    )
    found = explained(log)
    assert [(one.failure.exception, places(one)) for one in found] == [
        ("ZeroDivisionError", ["shop/cart.py:6"]),
        ("KeyError", ["shop/cart.py:2"]),
    ]
    assert found[0].cause.startswith("Something is divided by zero")
    assert found[0].spots[0].code.splitlines()[-1] == "> 6 |     return total(prices) / len(prices)"
    assert found[0].spots[0].moved  # the trace's own line reads otherwise


def test_lines_with_the_prefix_of_a_container() -> None:
    log = "".join(
        f"web-1  | {line}\n" for line in trace("/app/shop/cart.py", 2, "KeyError: 'a'").splitlines()
    )
    assert places(explained(log)[0]) == ["shop/cart.py:2"]


def test_a_name_that_several_files_have_needs_its_folder() -> None:
    assert places(explained(trace("/app/web/util.py", 1, "ValueError: x"))[0]) == ["web/util.py:1"]
    assert places(explained(trace("/app/other/util.py", 1, "ValueError: x"))[0]) == []
    assert (
        places(explained(trace("/usr/lib/python3.11/site-packages/shop/cart.py", 2, "ValueError: x"))[0])
        == []
    )


def test_other_languages() -> None:
    go = (
        "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV]\n\n"
        "goroutine 1 [running]:\nmain.main()\n\t/build/cmd/main.go:5 +0x4\nexit status 2\n"
    )
    rust = "thread 'main' panicked at src/main.rs:3:7:\ncalled `Option::unwrap()` on a `None` value\nnote: run with\n"
    js = "TypeError: Cannot read properties of undefined (reading 'name')\n    at go (/srv/src/app.js:2:12)\n    at node:internal/x:1:1\n"
    for text, place, cause in (
        (go, "cmd/main.go:5", "A nil pointer"),
        (rust, "src/main.rs:3", "`unwrap` met"),
        (js, "src/app.js:2", "A value that is undefined"),
        ("12:00 ERROR could not parse in shop/cart.py:2 today\n", "shop/cart.py:2", ""),
    ):
        (one,) = explained(text)
        assert places(one) == [place]
        assert one.cause.startswith(cause)


def test_text_without_a_place() -> None:
    assert explained("all is well\nversion 1.2:3\n") == ()


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("None.strip()", "A value that is None was used as an object"),
        ("import json; json.nope", "`nope` is not in the module `json`"),
        ("int.nope", ""),
        ("import no_such_module_here", "`no_such_module_here` is not installed"),
        ("from json import nope", "`json` has no `nope`"),
        ("nope", "`nope` is used but never defined"),
        ("def f(a): pass\nf()", "The call of `f` and its signature do not agree"),
        ("1 + 'a'", "Two values of different types"),
        ("{}['k']", "The key 'k' is not in the mapping"),
        ("[][0]", "An index lies outside"),
        ("def f(): return f()\nf()", "A function calls itself without end"),
        ("open('no/such/file')", "`no/such/file` was not there"),
        ("import json; json.loads('<')", "The text is no JSON"),
        ("def f():\n    print(x)\n    x = 1\nf()", "`x` is assigned on some paths only"),
        ("assert 1 == 2", "Two values differ"),
    ],
)
def test_causes_of_errors_that_this_python_really_raises(tmp_path: Path, code: str, cause: str) -> None:
    write(tmp_path, {"program.py": code})
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (one,) = explain(done.stderr, str(tmp_path), ("program.py",), lambda path: code)
    assert one.cause.startswith(cause) and bool(one.cause) == bool(cause)
    assert "program.py" in places(one)[0]


def test_no_rule_no_cause() -> None:
    assert likely_cause(Failure("", "error", "x", "Unheard")) == ""


def test_a_form_feed_is_no_line() -> None:
    text = "import os\n\f\ndef f():\n    x\n"
    (one,) = explain(
        trace("/app/a.py", 4, "NameError: name 'x' is not defined"), "/here", ("a.py",), {"a.py": text}.get
    )
    assert one.spots[0].code.splitlines()[-1] == "> 4 |     x"
