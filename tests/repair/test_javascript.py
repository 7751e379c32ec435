"""The search in JavaScript: templates and runners as values, and whole repairs with node itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest
from helpers.repair_projects import repaired, snapshot
from helpers.repair_sandbox import CopiedTrees, TrustingRunner, bubblewrap
from helpers.verify_projects import write

from flashagent.events import Event, SearchProgress
from flashagent.ports import Channel, Command, CommandResult, OnOutput
from flashagent.repair.engine import RepairRequest, repair
from flashagent.repair.javascript.compare import outermost, watched_text
from flashagent.repair.javascript.mutate import mutations, ordered, patched
from flashagent.repair.javascript.runners import JsRunner, runner_of
from flashagent.repair.javascript.source import JsSource
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier


def made(text: str, line: int) -> list[str]:
    """Every candidate text for one line, best first."""
    source = JsSource("m.js", text)
    return [patched(source, one) for one in ordered(list(mutations(source, {line: 1.0})), 10_000)]


REPAIRS = {
    "boundary": ("if (a < b) x();", "if (a <= b) x();"),
    "comparison": ("if (a === b) x();", "if (a !== b) x();"),
    "arithmetic": ("x = a - b;", "x = a + b;"),
    "logic": ("if (a && b) x();", "if (a || b) x();"),
    "default of what may be null": ("const x = a || b;", "const x = a ?? b;"),
    "operands turned": ("x = a - b;", "x = b - a;"),
    "grouping": ("x = a + b / c;", "x = (a + b) / c;"),
    "assignment": ("x = 0; x += a;", "x = 0; x -= a;"),
    "update": ("i++;", "i--;"),
    "negation taken away": ("if (!a) x();", "if (a) x();"),
    "negation added": ("if (a) x();", "if (!a) x();"),
    "number": ("x = y[0];", "x = y[1];"),
    "index off by one": ("x = y[i];", "x = y[i - 1];"),
    "truth": ("x = true;", "x = false;"),
    "family": ("y.push(a);", "y.unshift(a);"),
    "arguments exchanged": ("f(a, b);", "f(b, a);"),
    "names exchanged": ("x.get(a).add(b);", "x.get(b).add(a);"),
    "items in another order": ("x = y[a][b];", "x = y[b][a];"),
    "flag of a pattern": ("x = y.replace(/a+/, b);", "x = y.replace(/a+/g, b);"),
    "larger of old and new": ("x = a;", "x = Math.max(x, a);"),
    "return at the end": ("f(a);", "f(a);\nreturn a;"),
    "numeric sort": ("y.sort();", "y.sort((a, b) => a - b);"),
    "copy before a change": ("x = y.sort(f);", "x = [...y].sort(f);"),
    "optional": ("x = a.b.c;", "x = a.b?.c;"),
    "branches": ("x = a ? b : c;", "x = a ? c : b;"),
    "return of a call": ("f(a);", "return f(a);"),
    "break": ("for (;;) { break; }", "for (;;) { continue; }"),
    "of": ("for (const a in b) x();", "for (const a of b) x();"),
    "exchange": ("{ f(); g(); }", "{ g(); f(); }"),
    "deletion": ("f();", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", REPAIRS)
def test_templates(name: str) -> None:
    before, after = REPAIRS[name]
    head, tail = "function m(a, b, c, f, g, x, y, i) {\n", "\n}\n"
    wanted = f"{head}{after}{tail}" if after else f"{head}}}\n"
    assert wanted in made(f"{head}{before}{tail}", 2)


def test_templates_know_scope_and_asynchronous_functions() -> None:
    text = "async function m(first, second) {\n  const sum = await f(first);\n  const other = f(sum);\n  return first;\n}\n"
    assert text.replace("return first", "return sum") in made(text, 4)
    assert text.replace("other = f(", "other = await f(") in made(text, 3)
    assert not any("return hidden" in one for one in made("function a() { const hidden = 1; }\n" + text, 5))


def test_places_count_characters_and_candidates_parse_apart() -> None:
    text = "// größe 😀\nfunction m(ä) {\n  return ä < 1;\n}\n"
    assert text.replace("<", "<=") in made(text, 3)
    assert made(text, 3) == made(text, 3)
    assert text not in made(text, 3)


def test_files_of_other_languages_and_broken_ones_have_no_source() -> None:
    with pytest.raises(ValueError, match=r"m\.py is no JavaScript"):
        JsSource("m.py", "x = 1\n")
    with pytest.raises(ValueError, match=r"m\.js does not parse"):
        JsSource("m.js", "function (\n")


@pytest.mark.parametrize(
    ("command", "script", "head"),
    [
        ("node --test", "", ("node", "node", "--test-reporter=tap")),
        ("node --import tsx --test --test-reporter=tap test/", "", ("node", "node", "--test-reporter=tap", "--import", "tsx")),
        ("npm test", "node --test", ("node", "node", "--test-reporter=tap")),
        ("yarn run test", "mocha --require ./setup.js 'test/**'", ("mocha", "mocha", "--require", "./setup.js")),
        ("npm test", "vitest watch --config vite.ci.ts --globals src", ("vitest", "vitest", "run", "--config", "vite.ci.ts", "--globals")),
        ("npx jest --coverage", "", ("jest", "jest", "--ci", "--silent", "--watchman=false", "--runTestsByPath")),
        ("npm test", "vitest", ("vitest", "vitest", "run")),
        ("npm test", "tsc && node --test", None),
        ("npm test", "npm test", None),
        ("make test", "", None),
        ("node test.js", "", None),
    ],
)  # fmt: skip
def test_runners(tmp_path: Path, command: str, script: str, head: tuple[str, ...] | None) -> None:
    write(tmp_path, {"package.json": json.dumps({"scripts": {"test": script}})})
    expected = JsRunner(head[0], head[1:]) if head is not None else None
    assert runner_of(check_from_text(command), tmp_path) == expected


def test_variables_of_a_script_go_with_its_runner(tmp_path: Path) -> None:
    script = "cross-env NODE_OPTIONS=--experimental-vm-modules TZ=UTC jest --testTimeout 900 --testPathPattern unit"
    write(tmp_path, {"package.json": json.dumps({"scripts": {"test": script}})})
    found = runner_of(check_from_text("npm test"), tmp_path)
    always = ("jest", "--ci", "--silent", "--watchman=false", "--runTestsByPath")
    variables = ("NODE_OPTIONS=--experimental-vm-modules", "TZ=UTC")
    assert found == JsRunner("jest", (*always, "--testTimeout", "900"), variables)
    assert found.options == ("--testTimeout", "900")
    assert found.file("t.js") == ["env", *variables, *always, "--testTimeout", "900", "t.js"]


def test_commands_of_runners() -> None:
    assert JsRunner("node", ("node",)).file("t.js", "a (b)") == [
        "node",
        "--test-name-pattern",
        "/^a \\(b\\)$/",
        "./t.js",
    ]
    assert JsRunner("jest", ("jest",)).file("t.js", "a") == ["jest", "-t", "a$", "t.js"]
    assert JsRunner("mocha", ("mocha",)).file("t.js") == ["mocha", "t.js"]


CART = {
    "cart.js": "class Cart {\n  constructor() {\n    this.lines = [];\n  }\n\n  add(price, count) {\n    this.lines.push({ price, count });\n    return this;\n  }\n\n"
    "  total() {\n    let sum = 0;\n    for (const line of this.lines) {\n      sum += line.price + line.count; // each line\n    }\n    return sum;\n  }\n}\n\nmodule.exports = { Cart };\n",
    "test/cart.test.js": "const test = require('node:test');\nconst assert = require('node:assert');\nconst { Cart } = require('../cart.js');\n\n"
    "test('empty', () => assert.strictEqual(new Cart().total(), 0));\ntest('one', () => assert.strictEqual(new Cart().add(5, 1).total(), 5));\n"
    "test('many', () => assert.strictEqual(new Cart().add(5, 3).add(2, 2).total(), 19));\n",
}  # fmt: skip


def tools() -> ProjectEnvironment:
    path = tuple(entry for entry in os.environ["PATH"].split(os.pathsep) if entry.startswith("/"))
    return ProjectEnvironment("path", None, path, why="the tests' own")


@pytest.mark.needs("node")
async def test_repairs_a_method(tmp_path: Path) -> None:
    events: list[Event] = []
    result = await repaired(
        tmp_path,
        CART,
        "node --test",
        TrustingRunner(tmp_path),
        events,
        search_time_s=60.0,
        environment=tools(),
    )
    best = result.patches[0]
    assert [(c.path, c.before) for c in best.changes] == [("cart.js", CART["cart.js"])]
    assert best.changes[0].after == CART["cart.js"].replace("price + line", "price * line")
    assert best.confidence in ("likely", "possible")
    assert "cart.js:14" in best.how
    assert ("cart.js", 14) in [(one.path, one.line) for one in result.suspicious]
    told = [event for event in events if isinstance(event, SearchProgress)]
    assert told[-1].tried == result.tried > 0


@pytest.mark.slow
@pytest.mark.needs("node", "bwrap")
async def test_repairs_a_loop_in_the_sandbox_for_modules(tmp_path: Path) -> None:
    files = {
        "package.json": '{"type": "module", "scripts": {"test": "node --test"}}',
        "src/count.js": "export function count(n) {\n  let steps = 0;\n  while (n > 0) {\n    n -= 0;\n    steps += 1;\n  }\n  return steps;\n}\n",
        "test/count.test.js": "import test from 'node:test';\nimport assert from 'node:assert';\nimport { count } from '../src/count.js';\n\n"
        "test('none', () => assert.strictEqual(count(0), 0));\ntest('two', () => assert.strictEqual(count(2), 2));\ntest('five', () => assert.strictEqual(count(5), 5));\n",
    }  # fmt: skip
    result = await repaired(
        tmp_path,
        files,
        "npm test",
        bubblewrap(tmp_path),
        search_time_s=90.0,
        check_timeout_s=6.0,
        environment=tools(),
    )
    assert [c.after for c in result.patches[0].changes] == [files["src/count.js"].replace("n -= 0", "n -= 1")]


@pytest.mark.needs("node", "bwrap")
async def test_a_candidate_that_deletes_files_harms_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("kept")
    files = {
        "m.js": "const fs = require('node:fs');\nfunction f(name, other) {\n  if (name === '') fs.rmSync(other);\n  return name + 1;\n}\nmodule.exports = { f };\n",
        "test/m.test.js": "const test = require('node:test');\nconst assert = require('node:assert');\nconst { f } = require('../m.js');\n\n"
        f"test('one', () => assert.strictEqual(f('a', '{outside}'), 'a2'));\n",
    }  # fmt: skip
    root = tmp_path / "project"
    root.mkdir()
    await repaired(root, files, "node --test", bubblewrap(root), search_time_s=15.0, environment=tools())
    assert outside.read_text() == "kept"
    assert sorted(snapshot(root)) == ["m.js", "test/m.test.js"]


HEAD = "const test = require('node:test');\nconst assert = require('node:assert');\nconst { f } = require('../m.js');\n\n"
RANGE = {
    "m.js": "function f(items) {\n  const kept = items.filter((item) => item % 2 === 1);\n  return kept.reduce((sum, item) => sum + item, 0);\n}\nmodule.exports = { f };\n",
    "test/m.test.js": HEAD
    + "test('some', () => assert.strictEqual(f([1, 2, 3, 4]), 6));\ntest('odd', () => assert.strictEqual(f([1]), 0));\n"
    + "test('none', () => assert.strictEqual(f([]), 0));\ntest('even', () => assert.strictEqual(f([2]), 2));\n",
}  # fmt: skip


@pytest.mark.needs("node")
async def test_patches_that_pass_are_compared_by_what_they_do(tmp_path: Path) -> None:
    result = await repaired(
        tmp_path, RANGE, "node --test", TrustingRunner(tmp_path), search_time_s=60.0, environment=tools()
    )
    best = result.patches[0]
    assert best.changes[0].after == RANGE["m.js"].replace("===", "!==")
    assert best.confidence == "likely"
    assert re.match(r"\d+ patches make the tests pass, and all do the same on \d+ calls", best.reasons[0])


@pytest.mark.slow
@pytest.mark.needs("node")
async def test_one_lane_and_four_give_the_same(tmp_path: Path) -> None:
    told = []
    for lanes in (1, 4):
        root = tmp_path / str(lanes)
        root.mkdir()
        result = await repaired(
            root,
            RANGE,
            "node --test",
            TrustingRunner(root),
            search_time_s=120.0,
            jobs=lanes,
            environment=tools(),
        )
        told.append([(patch.diff, patch.confidence, patch.reasons) for patch in result.patches])
    assert told[0] == told[1] != []


@pytest.mark.needs("node")
async def test_ending_a_search_early_leaves_no_process_and_no_tree(tmp_path: Path) -> None:
    write(tmp_path, RANGE)
    runner = Counted(tmp_path)
    verifier = Verifier(runner, tools(), tmp_path, lambda event: None, timeout_s=30.0)
    check = check_from_text("node --test")
    baseline = await verifier.run(check)
    trees = CopiedTrees(tmp_path)
    request = RepairRequest(tmp_path, check, baseline, tools(), 60.0, 2, quick_fixes=False)
    search = asyncio.create_task(repair(request, runner, verifier, trees, lambda event: None))
    await runner.deep.wait()
    search.cancel()
    await asyncio.wait([search])
    assert search.cancelled()
    assert (trees.open, runner.running) == (0, 0)
    assert snapshot(tmp_path) == {path: text.encode() for path, text in RANGE.items()}


class Counted(TrustingRunner):
    """Counts the commands that run, and tells when the search is well under way."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.running = self.begun = 0
        self.deep = asyncio.Event()

    async def run(self, command: Command, *, on_output: OnOutput | None = None, channel: Channel | None = None) -> CommandResult:  # fmt: skip
        self.running += 1
        self.begun += 1
        if self.begun > 5:
            self.deep.set()
        try:
            return await super().run(command, on_output=on_output, channel=channel)
        finally:
            self.running -= 1


# Each is what a line may do instead of being repaired.
HOSTILE = {
    "ends with status 0": "process.exit(0)",
    "forges the results": "console.log('TAP version 13\\nok 1 - one\\nok 2 - two\\n1..2\\n# pass 2\\n# fail 0'), process.exit(0)",
    "hangs": "(() => { for (;;) {} })()",
    "deletes the tests": "require('node:fs').rmSync(require('node:path').join(__dirname, 'test'), { recursive: true })",
    "starts processes that stay": "require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref()",
    "writes over the driver's words": "require('node:fs').writeSync(1, '\\n{\"place\":0,\"results\":[{\"status\":0}]}\\n')",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("node", "bwrap")
@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_candidate_is_a_failed_one(tmp_path: Path, name: str) -> None:
    """The harm lies behind a comparison that one of the first candidates turns round."""
    files = {
        "m.js": f"function f(a, b) {{\n  if (a > 1000) {HOSTILE[name]};\n  return a - b;\n}}\nmodule.exports = {{ f }};\n",
        "test/m.test.js": HEAD
        + "test('one', () => assert.strictEqual(f(1, 2), 3));\ntest('two', () => assert.strictEqual(f(3, 0), 3));\n",
    }  # fmt: skip
    root = tmp_path / "project"
    root.mkdir()
    result = await repaired(
        root,
        files,
        "node --test",
        bubblewrap(root),
        search_time_s=60.0,
        check_timeout_s=10.0,
        environment=tools(),
    )
    assert [c.after for c in result.patches[0].changes] == [files["m.js"].replace("a - b", "a + b")]
    assert not any(HOSTILE[name] in line for patch in result.patches for line in patch.diff.splitlines() if line.startswith("+"))  # fmt: skip
    assert sorted(snapshot(root)) == ["m.js", "test/m.test.js"]


@pytest.mark.slow
@pytest.mark.needs("node")
async def test_two_places(tmp_path: Path) -> None:
    files = {
        "m.js": "function f(low, high) {\n  const found = [];\n  for (let i = low; i < high; i++) {\n    found.push(i * 3);\n  }\n  return found;\n}\nmodule.exports = { f };\n",
        "test/m.test.js": HEAD
        + "test('none', () => assert.deepStrictEqual(f(2, 1), []));\ntest('zero', () => assert.deepStrictEqual(f(0, 0), [0]));\n"
        + "test('two', () => assert.deepStrictEqual(f(1, 2), [2, 4]));\ntest('three', () => assert.deepStrictEqual(f(4, 6), [8, 10, 12]));\n",
    }  # fmt: skip
    result = await repaired(
        tmp_path, files, "node --test", TrustingRunner(tmp_path), search_time_s=180.0, environment=tools()
    )
    best = result.patches[0]
    wanted = files["m.js"].replace("i < high", "i <= high").replace("i * 3", "i * 2")
    assert best.changes[0].after == wanted
    assert best.confidence != "certain"


def test_wrapped_functions_parse_and_keep_their_parameters() -> None:
    text = (
        "export class A extends B {\n  constructor(x) { super(x); }\n  async load(a, b = 1) { return super.load(a, b); }\n  get size() { return 1; }\n"
        "  *all() { yield 1; }\n}\nexport const sum = (a, ...rest) => a + rest.length;\nexport default function main({ a }, [b]) { return () => a + b; }\n"
    )
    source = JsSource("m.mjs", text)
    names = [text[one.start : one.start + 12].split("\n")[0] for one in outermost(source)]
    assert names == ["async load(a", "get size() {", "(a, ...rest)", "function mai"]
    wrapped = JsSource("m.mjs", watched_text(source, [0, 1, 2, 3], [["2 sum", "x"]]))
    assert (
        'async load(a, b = 1) { return flashagentWatched("0 load", this, arguments, async (a, b = 1) =>'
        in wrapped.text
    )
    assert (
        'get size() { return flashagentWatched("1 size", this, arguments, function () { return 1; }); }'
        in wrapped.text
    )
    assert (
        '(...flashagentGiven) => flashagentWatched("2 sum", undefined, flashagentGiven, (a, ...rest) => a + rest.length)'
        in wrapped.text
    )
    assert 'var FLASHAGENT_CALLS = [["2 sum", "x"]];' in wrapped.text
