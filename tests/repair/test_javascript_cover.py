"""Counters in JavaScript: the program does what it did, and each test's lines are told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flashagent.repair.javascript.cover import Counted, counted, lines_by_test, of_test
from flashagent.repair.javascript.source import JsSource

PROGRAM = """'use strict';
const seen = [];
const twice = (n) => n * 2;
const pick = (n) =>
  n > 0
    ? ({ n })
    : null;
class Box {
  size = twice(1);

  grow(by) { if (by > 9) return this; else if (by < 0) throw new Error('less')
    else this.size += by
    for (const one of [1, 2]) seen.push(one)
    return this
  }
}
function never() {
  return 0;
}
function walk(items) {
  let count = 0
  do count += 1; while (count < items.length)
  switch (count) {
    case 1: seen.push('one'); break;
    default:
      seen.push(
        'many',
      );
  }
  outer: for (;;) { break outer }
  return items.map((one) => one + 1)
    .filter(Boolean)
}
"""
CALLS = """
globalThis.expect = { getState: () => ({ currentTestName: name }) };
let name = 'box grows';
const told = [new Box().grow(1).size];
name = 'walk';
told.push(walk([1]), pick(1), pick(0));
console.log(JSON.stringify([told, seen]));
"""


def run(text: str, seen: Path) -> str:
    done = subprocess.run(
        ["node", "-"], input=text, env={"PATH": os.environ["PATH"], "FLASHAGENT_SEEN": str(seen)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.needs("node")
def test_the_lines_of_each_test_while_the_program_does_what_it_did(tmp_path: Path) -> None:
    file = counted(JsSource("m.js", PROGRAM), 0)
    assert file.text.count("\n", 0, file.text.index("walk(items)")) == PROGRAM.count("\n", 0, PROGRAM.index("walk(items)"))  # fmt: skip
    assert run(file.text + CALLS, tmp_path / "seen") == run(PROGRAM + CALLS, tmp_path / "none")
    found = lines_by_test((tmp_path / "seen").read_text(), [file])
    assert {test: sorted(lines["m.js"]) for test, lines in found.items()} == {
        "": [2],
        "box grows": [3, 9, 11, 12, 13, 14],
        "walk": [4, 5, 6, 7, 20, 21, 22, 23, 24, 25, 29, 30, 31, 32],
    }
    assert of_test(found, "box > grows") == {"m.js": frozenset({2, 3, 9, 11, 12, 13, 14})}
    assert of_test(found, "unknown") == {"m.js": frozenset({2})}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("m.ts", "declare const a: number;\nexport enum E { A }\nexport interface I { n: number }\nabstract class C { abstract f(): void; g(): void { if (a) return; } }\n"),
        ("m.ts", "import { a } from './a';\nexport default function f(n?: number): string;\nexport default function f(n = 1) { for (const x of [n]) a(x); return ''; }\nexport { a };\n"),
        ("m.tsx", "export const View = ({ n }: { n: number }) => <b>{n > 1 ? [n].map((x) => <i key={x}>{x}</i>) : null}</b>;\n"),
        ("m.mjs", "#!/usr/bin/env node\nimport a from 'a';\nlabel: while (a) if (a.b) continue label; else break;\nexport const f = async () => { await a; };\nexport * from 'b';\n"),
    ],
)  # fmt: skip
def test_counted_files_parse(path: str, text: str) -> None:
    made = counted(JsSource(path, text), 3)
    assert JsSource(path, made.text).tree.kind == "program"
    assert len(made.lines) == made.text.count("flashagentRan(") - made.text.count("function flashagentRan(")
    assert "3 ${n}" in made.text


def test_what_a_test_wrote_over_is_left_out() -> None:
    file = Counted("m.js", "", (frozenset({4}),))
    seen = '[0,"a"]\n0 0 0\n0 0 7\n0 9 0\nx\n[1\n1 0 0 0\n5 0'
    assert lines_by_test(seen, [file]) == {"a": {"m.js": frozenset({4})}}
