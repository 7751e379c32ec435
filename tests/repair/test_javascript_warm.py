"""Test runners that are kept warm for many candidates: the real jest and vitest, in the sandbox."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from helpers.repair_sandbox import CopiedTrees, bubblewrap
from helpers.verify_projects import write
from helpers.wanted import wanted_tools

from flashagent.repair.hunt import Found
from flashagent.repair.javascript.entry import hunt_for
from flashagent.repair.javascript.hunt import JsHunt
from flashagent.repair.javascript.lanes import Job, Lanes, Told, Warm
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.project import Project
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

BROKEN = "export function clamp(n, low, high) {\n  if (n < low) return low;\n  if (n > high) return low;\n  return n;\n}\n"
RIGHT = BROKEN.replace("(n > high) return low", "(n > high) return high")
CASES = (
    "describe('clamp', () => {\n  test('low', () => expect(clamp(1, 2, 3)).toBe(2));\n  test('high', () => expect(clamp(9, 2, 3)).toBe(3));\n"
    "  test('higher', () => expect(clamp(9, 2, 8)).toBe(8));\n});\ntest('inside', () => expect(clamp(4, 2, 8)).toBe(4));\n"
)
VITEST = {
    "package.json": '{"type": "module", "scripts": {"test": "MODE=fast vitest run --config vitest.config.mjs"}}',
    "vitest.config.mjs": "export default { cacheDir: '/tmp/vitest-cache' };\n",
    "src/m.ts": BROKEN.replace("(n, low, high)", "(n: number, low: number, high: number): number"),
    "test/m.test.ts": f"import {{ describe, expect, test }} from 'vitest';\nimport {{ clamp }} from '../src/m';\n{CASES}",
}
JEST = {
    "package.json": '{"scripts": {"test": "jest --cacheDirectory /tmp/jest-cache"}}',
    "src/m.js": BROKEN.replace("export ", "") + "module.exports = { clamp };\n",
    "test/m.test.js": f"const {{ clamp }} = require('../src/m');\n{CASES}",
}
PROJECTS = {"vitest": VITEST, "jest": JEST}


def environment(root: Path, name: str) -> ProjectEnvironment:
    """The wanted packages as the project's, read-only."""
    path = [one for one in (wanted_tools(), *os.environ["PATH"].split(os.pathsep)) if one.startswith("/")]
    packages = next(Path(one) / name for one in path if (Path(one) / name).exists()).parent.parent
    (root / "node_modules").mkdir()  # runners write beside the packages
    for one in packages.iterdir():
        if one.name[0] != "." or one.name == ".bin":
            (root / "node_modules" / one.name).symlink_to(one)
    return ProjectEnvironment("path", None, (str(packages / ".bin"), *path), binds=(packages,), why="the tests' own")  # fmt: skip


async def hunt(root: Path, name: str) -> JsHunt:
    write(root, PROJECTS[name])
    tools = environment(root, name)
    runner, check = bubblewrap(root), check_from_text("npm test")
    baseline = await Verifier(runner, tools, root, lambda event: None, timeout_s=120.0).run(check)
    assert [one.outcome for one in baseline.results] == ["passed", "failed", "failed", "passed"], (
        baseline.output
    )
    found = hunt_for(Project.open(root, check), check, baseline, tools, runner, CopiedTrees(root), 2)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.needs("node", "npm", "bwrap")
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.wants(name)) for name in PROJECTS])
async def test_a_search_with_one_start_for_many_candidates(tmp_path: Path, name: str) -> None:
    search = await hunt(tmp_path, name)
    found = await search.run(time.monotonic() + 240.0)
    assert isinstance(found, Found)
    assert search.warm == name
    best = search.project.change(found.ranked[0].patch.mutation)
    path = next(path for path in PROJECTS[name] if path.startswith("src/"))
    assert (best.path, best.after) == (path, PROJECTS[name][path].replace("(n > high) return low", "(n > high) return high"))  # fmt: skip


HOSTILE = {
    "right": RIGHT,
    "loops": RIGHT.replace("return n;", "for (;;) n += 1;"),
    "ends the process": RIGHT.replace("return n;", "process.exit(0);"),
    "ends it when read": RIGHT + "process.exit(0);\n",
    "speaks for the runner": RIGHT.replace("return n;", "process.send?.({ ready: true, green: true, tests: [] });\n  return -1;"),
    "does not parse": RIGHT.replace("return n;", "return ("),
    "right again": RIGHT,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs("node", "npm", "bwrap")
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.wants(name)) for name in PROJECTS])
async def test_a_candidate_harms_only_itself(tmp_path: Path, name: str) -> None:
    files = PROJECTS[name]
    write(tmp_path, files)
    check = check_from_text("npm test")
    lanes = Lanes(JsProject(Project.open(tmp_path, check)), check, environment(tmp_path, name), bubblewrap(tmp_path), CopiedTrees(tmp_path), 1)  # fmt: skip
    path, test = (next(one for one in files if one.startswith(f"{folder}/")) for folder in ("src", "test"))
    mode = {"vitest": "vmThreads", "jest": ""}[name]
    lanes.cpu_s = 6.0
    lanes.warm = Warm(name, (test,), mode=mode, cpu_s=2.0)
    end = "" if name == "vitest" else "module.exports = { clamp };\n"
    texts = [(text if not end else text.replace("export ", "")) + end for text in HOSTILE.values()]
    jobs = [Job(place, ((name, "never run"),), ((path, text),), text="all", warm=True) for place, text in enumerate(texts)]  # fmt: skip
    told: list[Told] = []
    await lanes.each([jobs], told.append, lambda job: True, math.inf)
    green = {name: one.passed for name, one in zip(HOSTILE, told, strict=True)}
    assert green == {name: name.startswith("right") for name in HOSTILE}
    assert all(one.warm for one in told)


async def test_jobs_are_not_begun_when_the_time_is_over(tmp_path: Path) -> None:
    write(tmp_path, JEST)
    check = check_from_text("npm test")
    tools = ProjectEnvironment("path", None, (), why="none")
    lanes = Lanes(JsProject(Project.open(tmp_path, check)), check, tools, bubblewrap(tmp_path), CopiedTrees(tmp_path), 1)  # fmt: skip
    told: list[Told] = []
    await lanes.each([[Job(1, (("node", "-v"),))]], told.append, lambda job: True, time.monotonic())
    assert told == []
