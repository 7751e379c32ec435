"""Run a check in the project's environment, inside the sandbox, and tell what it did.

The text that a check prints decides nothing here: results come from our own reporter over a channel with a secret.
"""

from __future__ import annotations

import codecs
import copy
import re
import secrets
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from flashagent.errors import RunnerMissing
from flashagent.events import CheckFinished, CheckOutput, CheckStarted, Emit
from flashagent.ports import Command, CommandResult, CommandRunner
from flashagent.values import CheckReport
from flashagent.verify import launch, machine, report
from flashagent.verify.buildcache import BuildCache, Lent
from flashagent.verify.channel import Listener
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.failures import read
from flashagent.verify.frameworks.reported import Reported
from flashagent.verify.patience import FIRST_S, Patience
from flashagent.verify.places import Places

_PROBE = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
_NO_MODULE = re.compile(r"No module named '?(pytest|unittest)'?")
_NOT_FOUND = (126, 127)


class Verifier:
    """Runs the checks of one project. Remembers which interpreters can import which runner, and how long tests took."""

    def __init__(
        self,
        runner: CommandRunner,
        environment: ProjectEnvironment,
        root: Path,
        emit: Emit,
        *,
        timeout_s: float = 600.0,
        build_cache: BuildCache | None = None,
        test_limit_s: float = FIRST_S,
        load_limit_s: float = FIRST_S,
    ) -> None:
        """`timeout_s` is for a whole run, `test_limit_s` for one test on its first run (0: no such limit, nor the next one),
        `load_limit_s` for what is imported before the tests, file by file."""
        self._load_limit_s = load_limit_s
        self._runner = runner
        self._environment = environment
        self._root = root.resolve()
        self._emit = emit
        self._timeout_s = timeout_s
        self._build_cache = build_cache
        self._patience = Patience(test_limit_s)
        self._importable: set[tuple[str, str]] = set()

    def telling(self, emit: Emit) -> Verifier:
        """The same verifier with another listener: work that goes on beside other work is told apart."""
        other = copy.copy(self)
        other._emit = emit
        return other

    async def run(
        self,
        check: Check,
        *,
        tests: Sequence[str] = (),
        tree: Path | None = None,
        timeout_s: float | None = None,
        quiet: bool = False,
        original: bool = False,
        bare: bool = False,
    ) -> CheckReport:
        """Run the check, or only these `tests` of it (ids as a report gives them), in the project or in `tree`.
        `original` says that `tree` is the project as it is: what compilers build of it is kept for later runs.
        `bare` runs the user's own command word for word, without our reporter and options: nothing is counted, there are no
        results, and the exit status tells. `tests` cannot be chosen then, and a runner may leave its cache in the tree.

        Emits CheckStarted, CheckOutput and exactly one CheckFinished, also when cancelled; nothing when `quiet`.
        Raises RunnerMissing, before anything is emitted, when the interpreter cannot import the runner.
        """
        if bare and tests:
            raise ValueError("a bare run is of the whole check")
        if bare:
            prepared = launch.bare(check, self._environment, self._root)
        else:
            prepared = launch.prepare(check, self._environment, self._root, tests, tree)
        await self._require_module(prepared)
        emit: Emit = (lambda event: None) if quiet else self._emit
        emit(CheckStarted(launch.rerun(check, tests, self._root) if tests else check.argv, check.why))
        began = time.monotonic()
        finished: CheckReport | None = None
        try:
            original = original or tree is None
            async with self._lent(check, original=original) as lent:
                ask = None if bare else self._asked(check, tree)
                finished = await self._carry_out(
                    check, prepared, lent, tree, timeout_s, emit, original=original, ask=ask
                )
        finally:
            if finished is not None and bare:
                finished = replace(finished, results=())
            emit(_finished_event(finished, time.monotonic() - began))
        return finished

    def recalled(self, check: Check, report: CheckReport) -> CheckReport:
        """Tell of a report that is known from an earlier run of the same state, as if it were run now."""
        self._patience.learn(check, report)
        self._emit(CheckStarted(check.argv, check.why))
        self._emit(replace(_finished_event(report, report.seconds), cached=True))
        return report

    def built(self) -> Lent:
        """What was built by checks so far, for commands that only look."""
        return self._build_cache.to_read() if self._build_cache is not None else Lent()

    def _asked(self, check: Check, tree: Path | None) -> machine.Ask | None:
        """The machine output that a runner without our reporter can be asked for."""
        return (
            machine.asked(check, (tree or self._root) / check.cwd) if check.framework == "generic" else None
        )

    def _lent(self, check: Check, *, original: bool) -> AbstractAsyncContextManager[Lent]:
        if self._build_cache is None:
            return nullcontext(Lent())
        return self._build_cache.lent(check, original=original)

    async def _carry_out(
        self,
        check: Check,
        prepared: launch.Launch,
        lent: Lent,
        tree: Path | None,
        timeout_s: float | None,
        emit: Emit,
        *,
        original: bool,
        ask: machine.Ask | None,
    ) -> CheckReport:
        mark = secrets.token_hex(16)
        shown = machine.Shown(mark)
        if ask is not None:
            prepared = replace(prepared, argv=machine.command(ask, prepared.argv, mark))
        listener = Listener(
            secrets.token_hex(16),
            prepared.select,
            limit_s=self._patience.first_s,
            limits=self._patience.limits(check),
            load_s=self._load_limit_s,
        )
        decoder = codecs.getincrementaldecoder("utf-8")("replace")

        def on_output(chunk: bytes) -> None:
            if text := shown.feed(decoder.decode(chunk)):
                emit(CheckOutput(text))

        result = await self._runner.run(
            self._command(check, prepared, lent, tree, self._timeout_s if timeout_s is None else timeout_s),
            on_output=on_output,
            channel=listener if prepared.reports else None,
        )
        if original and not listener.started:
            self._refuse_missing(check, prepared, result)
        if text := shown.rest():
            emit(CheckOutput(text))
        places = self._places(check, tree)
        result, reported = _reported(ask, result, mark, places)
        told = read(listener.records, places, lambda names: launch.rerun(check, names, self._root))
        built = report.build(
            check,
            result,
            told,
            places,
            forged=listener.forged,
            expects_reporter=prepared.expects_reporter,
            reported=reported,
        )
        if told.started:
            self._patience.learn(check, built)
        return built

    def _command(
        self, check: Check, prepared: launch.Launch, lent: Lent, tree: Path | None, timeout_s: float
    ) -> Command:
        return Command(
            argv=prepared.argv,
            cwd=self._root / check.cwd,
            env={**lent.env, **prepared.env},
            path=self._environment.path,
            timeout_s=timeout_s,
            tree=tree,
            keep=self._environment.keep,
            binds=(*prepared.binds, *lent.binds),
            writable=lent.writable,
        )

    def _places(self, check: Check, tree: Path | None) -> Places:
        trees = (str(tree), str(tree.resolve())) if tree is not None else ()
        roots = tuple(dict.fromkeys((*trees, str(self._root))))
        here = tree or self._root
        return Places(
            roots, self._environment.keep, launch.folder_of(check), lambda path: (here / path).is_file()
        )

    async def _require_module(self, prepared: launch.Launch) -> None:
        """Ask the interpreter itself, once, where its folders do not already show the runner."""
        python, module = prepared.python, prepared.module
        if not python or not module or (python, module) in self._importable:
            return
        if not launch.surely_has(python, module):
            argv = (python, "-c", _PROBE, module)
            env = {"PYTHONDONTWRITEBYTECODE": "1", **self._environment.variables}
            # `-c` puts the current folder on the import path; the interpreter's own folder holds no module.
            result = await self._runner.run(
                Command(
                    argv, self._root, env, self._environment.path, 60.0, binds=prepared.binds, read_only=True
                )
            )
            if result.exit_code != 0:
                raise launch.missing_module(python, module)
        self._importable.add((python, module))

    def _refuse_missing(self, check: Check, prepared: launch.Launch, result: CommandResult) -> None:
        """A runner that turns out to be absent is no red check."""
        text = result.output.decode("utf-8", "replace").strip()
        if result.exit_code in _NOT_FOUND:
            if install := launch.missing_packages(self._root, check):
                raise RunnerMissing(
                    f"{text.splitlines()[-1] if text else prepared.argv[0]} (exit status {result.exit_code}; "
                    "node_modules is missing).",
                    hint=f"Run `{install}` first, or name another command with --check.",
                )
            raise RunnerMissing(
                f"{text.splitlines()[-1] if text else prepared.argv[0]} (exit status {result.exit_code}; PATH of the "
                f"project: {self._environment.why or self._environment.kind}).",
                hint="Install what the check needs, or name another command with --check.",
            )
        if result.exit_code != 0 and prepared.reports and (match := _NO_MODULE.search(text)):
            raise launch.missing_module(prepared.argv[0], match[1])


def _reported(
    ask: machine.Ask | None, result: CommandResult, mark: str, places: Places
) -> tuple[CommandResult, Reported]:
    """The run without the documents in its output, and what they told; nothing where none came."""
    if ask is None:
        return result, Reported()
    parts = machine.split(result.output.decode("utf-8", "replace"), mark)
    told = machine.read(ask, parts.documents, places) or Reported()
    return replace(result, output=parts.output.encode("utf-8")), told


def _finished_event(finished: CheckReport | None, seconds: float) -> CheckFinished:
    if finished is None:
        return CheckFinished(0, 0, (), seconds, 130, False, cut=True)
    return CheckFinished(
        finished.passed,
        finished.failed,
        finished.failures,
        finished.seconds,
        finished.exit_code,
        finished.counted,
    )
