"""Which test runner of JavaScript a check is, and how single files and tests are run with it. Reads package.json, nothing else."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import WorkspaceError
from flashagent.verify.commands import Check
from flashagent.workspace.files import read_text

_MANAGERS = frozenset({"npm", "yarn", "pnpm"})
_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "node": ("--test-reporter=tap",),
    "jest": ("--ci", "--silent", "--watchman=false", "--runTestsByPath"),
    "vitest": ("run",),
    "mocha": (),
}
_VALUED = frozenset({
    "-r", "--require", "--import", "--loader", "--experimental-loader", "--conditions", "-C", "--config", "-c", "--root", "--rootDir",
    "--dir", "--cacheDirectory", "--cache-directory", "--testEnvironment", "--maxWorkers", "--max-workers", "--env", "--environment", "--project", "--selectProjects", "--mode", "--ui", "-u", "--timeout", "--testTimeout",
    "--pool", "--preset", "--transform", "--setupFilesAfterEnv", "--extension", "--file", "--env-file",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class JsRunner:
    """`head` is the program with the options that it always gets; `name` is 'node', 'mocha', 'jest' or 'vitest'; `variables` stand
    before it in the script that names it, as NAME=value."""

    name: str
    head: tuple[str, ...]
    variables: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """Those of the check."""
        return self.head[1 + len(_ALWAYS.get(self.name, ())) :]

    def file(self, path: str, test: str = "") -> list[str]:
        """The command for one test file (relative to the check's folder), or for one test of it, named by its suites and
        itself with ' > ' between."""
        name = test.rpartition(" > ")[2] if self.name == "node" else test.replace(" > ", " ")
        bare = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", name)
        head = ("env", *self.variables, *self.head) if self.variables else self.head
        if self.name == "node":
            return [
                *head,
                *(["--test-name-pattern", f"/^{bare}$/"] if test else []),
                path if "/" in path else f"./{path}",
            ]
        chosen = {"mocha": "-g", "jest": "-t", "vitest": "-t"}[self.name]
        return [*head, *([chosen, f"{bare}$"] if test else []), path]


def runner_of(check: Check, root: Path) -> JsRunner | None:
    """The runner behind a check's command, looked up in package.json for a package manager's `test`; None when it is none of
    those known here."""
    return _runner(list(check.argv), root, check.cwd, 3)


def _runner(words: list[str], root: Path, folder: str, depth: int) -> JsRunner | None:
    if (words and words[0] in ("npx", "bunx")) or words[:2] in (["pnpm", "exec"], ["yarn", "exec"]):
        words = [
            word
            for word in words[1 if words[0] in ("npx", "bunx") else 2 :]
            if word not in ("--no-install", "--no", "--")
        ]
    variables = tuple(itertools.takewhile(lambda word: re.fullmatch(r"[A-Za-z_]\w*=\S*", word), words))
    words = words[len(variables) :]
    if words[:1] in (["cross-env"], ["env"]):
        return _runner(words[1:], root, folder, depth)
    if not words or depth == 0:
        return None
    program = words[0].rpartition("/")[2]
    if program in _MANAGERS:
        script = _script(words, root, folder)
        return _runner(shlex.split(script), root, folder, depth - 1) if script else None
    if program == "node" and "--test" in words:
        # A test file by itself is one process; below `--test` it is two.
        return JsRunner("node", (words[0], "--test-reporter=tap", *_options(words[1:])), variables)
    if program in _ALWAYS and program != "node":
        rest = words[2:] if words[1:2] in (["run"], ["watch"]) else words[1:]
        return JsRunner(program, (words[0], *_ALWAYS[program], *_options(rest)), variables)
    return None


def _options(words: Sequence[str]) -> list[str]:
    """Options that change how modules load; what chooses and reports tests is left out."""
    kept: list[str] = []
    for number, word in enumerate(words):
        if word.startswith("-") and not re.match(
            r"--(?:test(?!Timeout|Environment)|watch|run$|coverage|reporter|experimental-test)|-t$|-g$|-w$",
            word,
        ):
            kept.append(word)
            if word in _VALUED and number + 1 < len(words):
                kept.append(words[number + 1])
    return kept


def _script(words: Sequence[str], root: Path, folder: str) -> str:
    """The text of the script that a package manager is asked for; '' when that needs a shell."""
    names = [word for word in words[1:] if not word.startswith("-") and word != "run"]
    name = {"t": "test", "tst": "test"}.get(names[0], names[0]) if names else ""
    try:
        text = read_text(root, f"{folder}/package.json" if folder != "." else "package.json").text
        script = json.loads(text).get("scripts", {}).get(name, "")
    except (WorkspaceError, ValueError, AttributeError):
        return ""
    return script if isinstance(script, str) and not re.search(r"[|&;<>$`]", script) else ""
