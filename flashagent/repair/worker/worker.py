"""Tries candidate patches inside the project's own interpreter.

One self-contained file: standard library only, Python 3.8 and later, nothing of flashagent. It runs in the sandbox, takes
requests on the socket whose number is in FLASHAGENT_CHANNEL and answers each with one message (a 4-byte length, then
JSON). The process that reads the requests never runs a candidate: each batch runs in a forked child that reports over a
pipe with a word it cannot have seen before, so that a candidate which ends its process, hangs or prints is one failed
candidate and nothing more.

Two modes. 'warm': the tests are collected once; a candidate's function is compiled and its `__code__` swapped in the live
functions. 'cold': nothing of the project is imported; each candidate's child imports everything anew with the changed
source in place of the file.
"""
# ruff: noqa: TID251, B905, SIM105, PTH120, PTH123, UP031, RUF012

from __future__ import annotations

import ast
import copy
import gc
import importlib
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import types
import unittest
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it

FOREIGN = ("/site-packages/", "/dist-packages/", "/.venv/", "/venv/", "/.tox/", "/.nox/", "/node_modules/")
OWN_FILE = os.path.realpath(__file__)


# ---------------------------------------------------------------- talking


def pack(message: Json) -> bytes:
    body = json.dumps(message, ensure_ascii=True).encode("ascii")
    return struct.pack(">I", len(body)) + body


class Channel:
    """Messages to and from the engine."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def receive(self) -> Json | None:
        head = self._exactly(4)
        if head is None:
            return None
        body = self._exactly(struct.unpack(">I", head)[0])
        return None if body is None else json.loads(body)

    def send(self, message: Json) -> None:
        self.connection.sendall(pack(message))

    def _exactly(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            part = self.connection.recv(size - len(data))
            if not part:
                return None
            data += part
        return data


# ---------------------------------------------------------------- limits


class OutOfTime(BaseException):
    """Raised inside a test that used more than its CPU time."""


class Timer:
    """A CPU time limit for one test; `fired` tells whether it was reached, `stack` where."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.fired = 0
        self.stack: list[tuple[str, int]] = []

    def _reached(self, _number: int, frame: Any) -> None:
        self.fired += 1
        if self.fired == 1:
            self.stack = project_stack(frame, self.root)
        if self.fired > 5:  # the code under test swallows the exception
            os._exit(3)
        raise OutOfTime

    def __call__(self, seconds: float, run: Callable[[], Any]) -> Any:
        self.fired, self.stack = 0, []
        signal.signal(signal.SIGPROF, self._reached)
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
        try:
            return run()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def project_stack(frame: Any, root: str) -> list[tuple[str, int]]:
    """Path and line of the project's frames, innermost first."""
    stack = []
    while frame is not None:
        if is_project(frame.f_code.co_filename, root):
            stack.append((os.path.realpath(frame.f_code.co_filename), frame.f_lineno or 0))
        frame = frame.f_back
    return stack


_known: dict[str, bool] = {}


def is_project(filename: str, root: str) -> bool:
    answer = _known.get(filename)
    if answer is None:
        real = os.path.realpath(filename) if filename[:1] != "<" else ""
        inside = real.startswith(root + os.sep) and real != OWN_FILE
        answer = _known[filename] = inside and not any(part in real[len(root) :] for part in FOREIGN)
    return answer


def limit_memory(extra: int) -> None:
    """At most `extra` bytes more of address space than now."""
    try:
        import resource

        with open("/proc/self/statm", "rb") as pages:
            now = int(pages.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = now + extra
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # no such limit on this system; the sandbox has its own


# ---------------------------------------------------------------- children


DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36  # numbers of prctl(2)
CLEARING_S = 1.0


def process_control() -> Callable[[int, int], None]:
    """prctl(2) with two numbers (Linux), else a call that does nothing."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        return lambda option, value: prctl(option, value) and None
    except (ImportError, OSError, AttributeError):
        return lambda option, value: None


def own_children() -> set[int]:
    """The processes whose parent is this one; none where the system does not tell."""
    own = os.getpid()
    found: set[int] = set()
    try:
        with os.scandir("/proc") as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
    except OSError:
        return found
    for name in names:
        try:
            with open("/proc/%s/stat" % name, "rb") as stat:
                parent = int(stat.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it ended while we looked
        if parent == own:
            found.add(int(name))
    return found


def kill_quietly(pid: int, *, group: bool = False) -> None:
    try:
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Children:
    """Runs a list of tasks in forked children and says of each what came back, or that its child died."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.control = process_control()
        self.control(ADOPT_ORPHANS, 1)

    def run(self, tasks: list[Any], work: Callable[[Any], Json], wall: Callable[[Any], float], batch: int,
            after: Callable[[], Json] | None = None) -> tuple[list[Json], list[Json]]:  # fmt: skip
        """The answer to each task, in order, and what `after` said at the end of each batch.

        A task that ends or stalls its child (no answer in `wall` seconds) is answered {'died': reason}.
        """
        answers: list[Json] = []
        closing: list[Json] = []
        while len(answers) < len(tasks):
            part = tasks[len(answers) : len(answers) + batch]
            got, end = self._batch(part, work, wall, after)
            answers.extend(got)
            closing.append(end)
        return answers, closing

    def _batch(self, tasks: list[Any], work: Callable[[Any], Json], wall: Callable[[Any], float],
               after: Callable[[], Json] | None) -> tuple[list[Json], Json]:  # fmt: skip
        word = os.urandom(12).hex()
        reading, writing = os.pipe()
        known = own_children()  # a server that the project's session started goes on
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._child(tasks, work, after, writing, word)
        os.close(writing)
        answers: list[Json] = []
        stream = Pipe(reading, word)
        end: Json = {}
        try:
            for task in tasks:
                answer = stream.next(wall(task))
                answers.append(answer)
                if "died" in answer or answer.get("last"):
                    break
            else:
                end = stream.next(20.0) if after is not None else {}
        finally:
            os.close(reading)
            kill_quietly(pid, group=True)
            kill_quietly(pid)
            os.waitpid(pid, 0)
            self._clear(known)
        return answers, end

    def _clear(self, known: set[int]) -> None:
        """End what a candidate left behind in sessions of its own: orphans come to this process, again and again until
        there are none. Raises RuntimeError when they multiply faster; the sandbox then ends them with this process."""
        deadline = time.monotonic() + CLEARING_S
        while True:
            left = own_children() - known
            if not left:
                return
            if time.monotonic() > deadline:
                raise RuntimeError("a candidate left processes behind that multiply")
            for pid in left:
                kill_quietly(pid)
            for pid in left:
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:
                    pass

    def _child(self, tasks: list[Any], work: Callable[[Any], Json], after: Callable[[], Json] | None,
               writing: int, word: str) -> None:  # fmt: skip
        try:
            self.control(DIE_WITH_PARENT, signal.SIGKILL)
            os.setpgid(0, 0)
            self.channel.connection.close()
            silence()
            limit_memory(2 << 30)
            for task in tasks:
                answer = work(task)
                os.write(writing, pack({"word": word, "answer": answer}))
                if answer.get("last"):
                    break
            else:
                if after is not None:
                    os.write(writing, pack({"word": word, "answer": after()}))
        finally:
            os._exit(0)


class Pipe:
    """The parent's end of a child's pipe: believes only messages that carry the word."""

    def __init__(self, descriptor: int, word: str) -> None:
        self.descriptor = descriptor
        self.word = word
        self.data = b""

    def next(self, wall: float) -> Json:
        deadline = time.monotonic() + wall
        while True:
            if len(self.data) >= 4:
                size = struct.unpack(">I", self.data[:4])[0]
                if len(self.data) >= 4 + size:
                    body, self.data = self.data[4 : 4 + size], self.data[4 + size :]
                    return self._open(body)
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                return {"died": "no answer in time"}
            part = os.read(self.descriptor, 1 << 16)
            if not part:
                return {"died": "the process ended"}
            self.data += part

    def _open(self, body: bytes) -> Json:
        try:
            message = json.loads(body)
            if message["word"] == self.word and isinstance(message["answer"], dict):
                return dict(message["answer"])
        except (ValueError, KeyError, TypeError):
            pass
        return {"died": "a forged answer"}


def silence() -> None:
    """Standard input empty, standard output and error thrown away."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


# ---------------------------------------------------------------- test frameworks


class PytestSession:
    """The tests as pytest collects them, run one at a time by its own protocol."""

    def __init__(self, setup: Json) -> None:
        self.arguments: list[str] = list(setup["arguments"])
        self.items: dict[str, Any] = {}
        self.broken: dict[str, str] = {}
        self.failed_inside = ""
        self.root = ""
        self.error = ""

    def collect(self, then: Callable[[], None]) -> None:
        """Collect, call `then` while the session is open, and end."""
        import pytest

        code = pytest.main([*self.arguments, *self._switches()], plugins=[_PytestDoor(self, then)])
        if not self.items and not self.broken:
            self.error = "pytest ended with status %d before any test was collected" % int(code)

    def _switches(self) -> list[str]:
        switches = ["-s", "--assert=plain"]
        if importlib.util.find_spec("xdist") is not None:
            switches.append("-n0")
        if importlib.util.find_spec("pytest_cov") is not None:
            switches.append("--no-cov")
        if not any(word.startswith("--randomly") for word in self.arguments):
            switches.append("-pno:randomly")
        return switches

    def accept(self, items: Iterable[Any], root: str) -> None:
        self.root = root
        for item in items:
            self.items.setdefault(item.nodeid, item)
            item.repr_failure = item._repr_failure_py = _short_failure
            params = getattr(getattr(item, "callspec", None), "params", None)
            item._flashagent_params = None if params is None else _deep_values(params)

    def tests(self) -> list[Json]:
        listed: list[Json] = [
            {
                "id": name,
                "path": os.path.realpath(str(item.fspath)),
                "doctest": type(item).__name__ == "DoctestItem",
            }
            for name, item in self.items.items()
        ]
        return listed + [
            {"id": name, "path": os.path.realpath(path), "broken": True} for name, path in self.broken.items()
        ]

    def run(self, test: str) -> str:
        """'passed', 'skipped', or 'failed: <exception>' of one test; of all below it when it is a file."""
        if test in self.broken:
            return "failed: collection"
        if test not in self.items:
            below = [name for name in self.items if name.startswith(test + "::")]
            results = [self.run(name) for name in below]
            return next(
                (r for r in results if r not in ("passed", "skipped")), "passed" if below else "missing"
            )
        from _pytest.runner import runtestprotocol

        item = self.items[test]
        if item._flashagent_params is not None:
            item.callspec.params.clear()
            item.callspec.params.update(_deep_values(item._flashagent_params))
        word, self.failed_inside = "skipped", ""
        for report in runtestprotocol(item, log=False, nextitem=None):
            if report.failed:
                return "failed: " + str(report.longrepr)[:160]
            if report.when == "call" and (report.passed or hasattr(report, "wasxfail")):
                word = "passed"
        return "failed: " + self.failed_inside if self.failed_inside else word


def _short_failure(excinfo: Any, style: Any = None) -> str:
    return str(excinfo.typename)


def _deep_values(params: Json) -> Json:
    """A new dictionary always: the one of the test item is emptied before each run."""
    return {name: _deep(value) for name, value in params.items()}


def _deep(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # not copyable: run it with the shared one
        return value


class _PytestDoor:
    """The plugin that takes over after collection."""

    def __init__(self, session: PytestSession, then: Callable[[], None]) -> None:
        self.session = session
        self.then = then

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.session.broken[report.nodeid] = str(getattr(report, "fspath", "") or report.nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Only subtests come here: tests themselves are run without logging."""
        if report.failed:
            self.session.failed_inside = str(report.longrepr)[:160] or "subtest"

    def pytest_runtestloop(self, session: Any) -> bool:
        self.session.accept(session.items, str(session.config.rootpath))
        self.then()
        return True

    pytest_runtestloop.pytest_impl = {"tryfirst": True}  # type: ignore[attr-defined]


class UnittestSession:
    """The tests as `python -m unittest` loads them."""

    FAILED = "unittest.loader._FailedTest."

    def __init__(self, setup: Json) -> None:
        self.arguments: list[str] = list(setup["arguments"])
        self.items: dict[str, unittest.TestCase] = {}
        self.root = ""
        self.error = ""

    def collect(self, then: Callable[[], None]) -> None:
        session = self

        class Door:
            def __init__(self, *_: Any, **__: Any) -> None:
                pass

            def run(self, suite: unittest.TestSuite) -> unittest.TestResult:
                for case in session._flat(suite):
                    session.items.setdefault(case.id(), case)
                then()
                return unittest.TestResult()

        door: Any = Door
        unittest.main(module=None, argv=["unittest", *self.arguments], testRunner=door, exit=False)
        if not self.items:
            self.error = "unittest found no test"

    def _flat(self, suite: Any) -> Iterable[unittest.TestCase]:
        for case in suite:
            if isinstance(case, unittest.TestSuite):
                yield from self._flat(case)
            else:
                yield case

    def tests(self) -> list[Json]:
        listed = []
        for name, case in self.items.items():
            module = sys.modules.get(type(case).__module__)
            path = os.path.realpath(getattr(module, "__file__", None) or "")
            broken = name.startswith(self.FAILED)
            doctest = type(case).__name__ == "DocTestCase"
            listed.append({"id": name, "path": "" if broken else path, "broken": broken, "doctest": doctest})
        return listed

    def run(self, test: str) -> str:
        if test not in self.items:
            prefix = (test[len(self.FAILED) :] if test.startswith(self.FAILED) else test) + "."
            results = [self.run(name) for name in self.items if name.startswith(prefix)]
            return next(
                (r for r in results if r not in ("passed", "skipped")), "passed" if results else "missing"
            )
        result = _FirstProblem()
        unittest.TestSuite([self.items[test]]).run(result)
        if result.problem:
            return "failed: " + result.problem
        return "skipped" if result.skipped else "passed"


class _FirstProblem(unittest.TestResult):
    """Keeps the first problem's exception name and formats nothing."""

    problem = ""

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        self.problem = self.problem or err[0].__name__

    addFailure = addError  # noqa: N815

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        if err is not None:
            self.problem = self.problem or err[0].__name__

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        self.problem = self.problem or "UnexpectedSuccess"


# ---------------------------------------------------------------- tracing


class Tracer:
    """The project's lines that one call runs, by file."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.lines: dict[str, set[int]] = {}

    def run(self, call: Callable[[], Any]) -> Any:
        self.lines = {}
        monitoring = getattr(sys, "monitoring", None)
        return self._monitored(monitoring, call) if monitoring is not None else self._traced(call)

    def _monitored(self, monitoring: Any, call: Callable[[], Any]) -> Any:
        tool = next((number for number in (4, 3, 2, 1) if monitoring.get_tool(number) is None), None)
        if tool is None:
            return self._traced(call)
        monitoring.use_tool_id(tool, "flashagent")

        def line(code: Any, number: int) -> Any:
            if is_project(code.co_filename, self.root):
                self.lines.setdefault(code.co_filename, set()).add(number)
            return monitoring.DISABLE

        monitoring.register_callback(tool, monitoring.events.LINE, line)
        monitoring.set_events(tool, monitoring.events.LINE)
        monitoring.restart_events()
        try:
            return call()
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)

    def _traced(self, call: Callable[[], Any]) -> Any:
        lines, root = self.lines, self.root

        def enter(frame: Any, _event: str, _argument: Any) -> Any:
            filename = frame.f_code.co_filename
            if not is_project(filename, root):
                return None
            seen = lines.setdefault(filename, set())

            def local(frame: Any, event: str, _argument: Any) -> Any:
                if event == "line":
                    seen.add(frame.f_lineno)
                return local

            return local

        threading.settrace(enter)
        sys.settrace(enter)
        try:
            return call()
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def plain(self) -> Json:
        merged: dict[str, set[int]] = {}
        for filename, lines in self.lines.items():
            merged.setdefault(os.path.realpath(filename), set()).update(lines)
        return {path: sorted(lines) for path, lines in merged.items()}


# ---------------------------------------------------------------- swapping code


class LiveCode:
    """The project's function objects, and their code replaced and put back."""

    def __init__(self, root: str) -> None:
        self.functions: dict[types.CodeType, list[types.FunctionType]] = {}
        self.units: dict[tuple[str, int, str], list[types.CodeType]] = {}
        self.caches: list[Any] = []
        self.swapped: list[tuple[types.FunctionType, types.CodeType]] = []
        self.data = LiveData()
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType and is_project(thing.__code__.co_filename, root):
                self._add(thing)
            elif type(thing).__name__ == "_lru_cache_wrapper":
                self.caches.append(thing)

    def _add(self, function: types.FunctionType) -> None:
        code = function.__code__
        known = self.functions.setdefault(code, [])
        known.append(function)
        if len(known) == 1:
            key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
            self.units.setdefault(key, []).append(code)

    def apply(self, candidate: Json) -> str:
        """Swap the candidate's functions in. '' or why not: 'invalid' (does not compile) or 'unreachable'."""
        for part in candidate["parts"]:
            why = (
                self._defaults(part)
                if part.get("data") == "defaults"
                else (self.data.put_in(part) if part.get("data") else self._part(part))
            )
            if why:
                self.revert()
                return why
        for cache in self.caches:
            cache.cache_clear()
        return ""

    def _part(self, part: Json) -> str:
        old_codes = self.units.get((part["path"], part["line"], part["name"]))
        if not old_codes:
            return "unreachable"
        for old in old_codes:
            try:
                new = compile_unit(part, old)
            except (SyntaxError, ValueError, RecursionError, OverflowError, MemoryError):
                return "invalid"
            if new is None or not self._swap(old, new):
                return "unreachable"
        return ""

    def _defaults(self, part: Json) -> str:
        """Give the live functions the defaults that the changed definition has."""
        old_codes = self.units.get((part["path"], part["line"], part["name"]))
        module = next(iter(modules_of(part["path"])), None)
        if not old_codes or module is None:
            return "unreachable"
        values = definition(part, module)
        made = values.get(part["name"]) if values is not None else None
        if type(made) is not types.FunctionType:
            return "invalid"
        for old in old_codes:
            for function in self.functions.get(old, ()):
                self.data.undo.append((function, "__defaults__", function.__defaults__))
                self.data.undo.append((function, "__kwdefaults__", function.__kwdefaults__))
                function.__defaults__ = made.__defaults__
                function.__kwdefaults__ = made.__kwdefaults__
        return ""

    def _swap(self, old: types.CodeType, new: types.CodeType) -> bool:
        for before, after in paired(old, new):
            for function in self.functions.get(before, ()):
                try:
                    function.__code__ = after
                except ValueError:  # another number of free variables
                    return False
                self.swapped.append((function, before))
        return True

    def revert(self) -> None:
        for function, code in reversed(self.swapped):
            function.__code__ = code
        self.swapped = []
        self.data.revert()


def modules_of(path: str) -> list[types.ModuleType]:
    """The loaded modules of a file."""
    found = []
    for module in list(sys.modules.values()):
        if (
            type(module) is types.ModuleType
            and os.path.realpath(getattr(module, "__file__", None) or "") == path
        ):
            found.append(module)
    return found


def definition(part: Json, module: types.ModuleType, names: dict[str, Any] | None = None) -> Json | None:
    """What a statement of the module binds when it runs again; None when it cannot."""
    local: Json = dict(names or {})
    try:
        tree = ast.parse(part["code"])
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.decorator_list = []
        exec(compile(tree, part["path"], "exec", dont_inherit=True), dict(vars(module)), local)
    except Exception:  # whatever an import would have raised
        return None
    return local


class LiveData:
    """Variables of loaded modules and classes, given other values and put back."""

    CONTAINERS = (list, dict, set)

    def __init__(self) -> None:
        self.undo: list[tuple[Any, str, Any]] = []
        self.emptied: list[tuple[Any, Any]] = []

    def put_in(self, part: Json) -> str:
        """Run the changed statement and give its values to everybody who holds the old ones. '' or why not."""
        modules = modules_of(part["path"])
        if not modules:
            return "unreachable"
        for module in modules:
            home: Any = module
            for name in part["classes"]:
                home = vars(home).get(name)
                if not isinstance(home, type):
                    return "unreachable"
            values = definition(part, module, dict(vars(home)) if home is not module else None)
            if values is None:
                return "invalid"
            for name in part["names"]:
                if name not in vars(home) or name not in values:
                    return "unreachable"
                try:
                    self._put(home, name, values[name])
                except (AttributeError, TypeError):  # a class that keeps its values, such as an enumeration
                    return "unreachable"
        return ""

    def _put(self, home: Any, name: str, new: Any) -> None:
        old = vars(home)[name]
        if type(old) is type(new) and type(old) in self.CONTAINERS:
            self.emptied.append((old, copy.copy(old)))
            refill(old, new)
            return
        self.undo.append((home, name, old))
        setattr(home, name, new)
        for module in list(sys.modules.values()):  # who imported it by name
            if (
                type(module) is types.ModuleType
                and module is not home
                and vars(module).get(name, home) is old
            ):
                self.undo.append((module, name, old))
                setattr(module, name, new)

    def revert(self) -> None:
        for home, name, value in reversed(self.undo):
            setattr(home, name, value)
        for container, before in reversed(self.emptied):
            refill(container, before)
        self.undo, self.emptied = [], []


def refill(container: Any, values: Any) -> None:
    container.clear()
    if type(container) is list:
        container.extend(values)
    else:
        container.update(values)


def compile_unit(candidate: Json, old: types.CodeType) -> types.CodeType | None:
    """The code of the function named in the candidate, compiled with the flags of the old one."""
    tree = ast.parse(candidate["code"])
    ast.increment_lineno(tree, candidate["offset"])
    flags = old.co_flags & 0xFFFF0000
    module = compile(tree, old.co_filename, "exec", flags=flags, dont_inherit=True)
    pending = [module]
    while pending:
        for constant in pending.pop().co_consts:
            if isinstance(constant, types.CodeType):
                if constant.co_firstlineno == candidate["line"] and constant.co_name == candidate["name"]:
                    return constant
                pending.append(constant)
    return None


def paired(old: types.CodeType, new: types.CodeType) -> Iterable[tuple[types.CodeType, types.CodeType]]:
    """Old and new code objects that stand for the same function, outermost first."""
    yield old, new
    inner: dict[str, list[types.CodeType]] = {}
    for constant in new.co_consts:
        if isinstance(constant, types.CodeType):
            inner.setdefault(constant.co_name, []).append(constant)
    for constant in old.co_consts:
        if isinstance(constant, types.CodeType) and inner.get(constant.co_name):
            yield from paired(constant, inner[constant.co_name].pop(0))


class ChangedSource:
    """Makes every later import of one file see another text."""

    def __init__(self, path: str, text: str) -> None:
        original = importlib.machinery.SourceFileLoader.get_code

        def get_code(loader: Any, fullname: str) -> Any:
            filename = loader.get_filename(fullname)
            if os.path.realpath(filename) == path:
                return compile(text, filename, "exec", dont_inherit=True)
            return original(loader, fullname)

        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


# ---------------------------------------------------------------- behaviour


class Behaviour:
    """The calls that tests make into the project, and what a candidate answers to them and to near ones."""

    CALLS, INPUTS = 40, 400

    def __init__(self, live: LiveCode, root: str, test_files: set[str]) -> None:
        self.live = live
        self.root = root
        self.test_files = test_files
        self.calls: list[tuple[types.FunctionType, list[Any]]] = []
        self.seen: set[str] = set()

    def watch(self, run: Callable[[], Any]) -> None:
        """Record the direct calls of the test files while `run` runs."""

        def enter(frame: Any, _event: str, _argument: Any) -> None:
            caller = frame.f_back
            code = frame.f_code
            if caller is not None and len(self.calls) < self.CALLS and code in self.live.functions:
                here, there = os.path.realpath(code.co_filename), os.path.realpath(caller.f_code.co_filename)
                if there in self.test_files and here not in self.test_files:
                    self._record(code, frame.f_locals)

        sys.settrace(enter)
        try:
            run()
        finally:
            sys.settrace(None)

    def _record(self, code: types.CodeType, variables: dict[str, Any]) -> None:
        if (
            code.co_flags & 0x0C or code.co_kwonlyargcount
        ):  # *args, **kwargs and keyword-only ones are left out
            return
        if code.co_flags & 0x280:  # coroutines need a loop
            return
        try:
            values = [copy.deepcopy(variables[name]) for name in code.co_varnames[: code.co_argcount]]
        except Exception:  # not copyable: not a usable input
            return
        key = code.co_name + plain_repr(values)
        if key not in self.seen:
            self.seen.add(key)
            self.calls.append((self.live.functions[code][0], values))

    def inputs(self) -> list[tuple[types.FunctionType, list[Any]]]:
        """The recorded calls, then calls near them: one argument changed, then arguments of two calls mixed."""
        found = list(self.calls)
        chooser = random.Random(0)

        def offer(function: types.FunctionType, values: list[Any]) -> None:
            key = function.__name__ + plain_repr(values)
            if key not in self.seen and len(found) < self.INPUTS:
                self.seen.add(key)
                found.append((function, values))

        near = [
            [
                (function, [*values[:position], other, *values[position + 1 :]])
                for position, value in enumerate(values)
                for other in variants(value, chooser)
            ]
            for function, values in self.calls
        ]
        for number in range(max(map(len, near), default=0)):  # a few of every call before many of one
            for some in near:
                if number < len(some):
                    offer(*some[number])
        for function, values in self.calls:
            others = [given for same, given in self.calls if same is function and len(given) > 1]
            for other in others[:6]:
                for position in range(len(values)):
                    if position < len(other):
                        offer(function, [*values[:position], other[position], *values[position + 1 :]])
        return found

    def answers(self, timer: Timer) -> list[str]:
        """One line for each input: the arguments, and the result, the exception or 'hangs'."""
        told, slow = [], 0
        for function, values in self.inputs():
            try:
                given = copy.deepcopy(values)
            except Exception:  # a default that cannot be copied
                continue
            shown = "%s(%s)" % (function.__name__, ", ".join(plain_repr(value) for value in values))
            outcome = "hangs"
            if slow < 8:
                outcome = self._call(timer, function, given)
                slow += timer.fired > 0
            after = plain_repr(given)
            changed = "" if after == plain_repr(values) else " leaving " + after
            told.append(shown[:200] + "\t" + outcome + changed)
        return told

    def _call(self, timer: Timer, function: types.FunctionType, given: list[Any]) -> str:
        try:
            return str(timer(0.05, lambda: plain_repr(consumed(function(*given)))))
        except OutOfTime:
            return "hangs"
        except RecursionError:
            return "raises RecursionError"
        except BaseException as error:
            return "raises " + type(error).__name__


def consumed(result: Any) -> Any:
    if isinstance(result, types.GeneratorType):
        return [value for value, _ in zip(result, range(50))]
    return result


def plain_repr(value: Any) -> str:
    """A repr without addresses, at most 300 characters; an object without one is shown by its attributes."""
    try:
        if getattr(type(value), "__repr__", None) is object.__repr__ and hasattr(value, "__dict__"):
            return (type(value).__name__ + repr(sorted(vars(value).items(), key=lambda pair: pair[0])))[:300]
        return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))[:300]
    except Exception as error:  # a repr of the project that fails is an answer too
        return "repr raises " + type(error).__name__


def variants(value: Any, chooser: random.Random) -> list[Any]:
    """Values near one seen at run time, boundaries first; the last ones are made of the value's own parts at random."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, -value, value * 2 + 3, 1, chooser.randrange(2, 30), value * 10]
    if isinstance(value, float):
        return [value + 0.5, -value, 0.0, value * 3]
    if isinstance(value, str):
        mixed = ["".join(remixed(value, chooser)) for _ in range(4)]
        return ["", value[1:], value[:-1], value + value, value[::-1], value[:1], *mixed]
    if isinstance(value, (list, tuple)):
        sequence: Any = value
        kind: Any = type(value) if type(value) in (list, tuple) else list
        mixed_lists = [kind(remixed(sequence, chooser)) for _ in range(6)]
        near = [kind(part) for part in changed_elements(list(sequence), chooser)]
        cut = [sequence[:0], sequence[1:], sequence[:-1], sequence[::-1], sequence + sequence]
        return cut + near[:6] + mixed_lists
    if isinstance(value, dict):
        return [{}, dict(list(value.items())[1:]), dict(list(value.items())[:1])]
    if isinstance(value, (set, frozenset)):
        return [type(value)(), type(value)(sorted(value, key=repr)[1:])]
    return changed_attributes(value, chooser)


def changed_attributes(value: Any, chooser: random.Random) -> list[Any]:
    """An object of a plain class with one attribute changed, in the manner of `variants` for the attribute itself."""
    found: list[Any] = []
    attributes = getattr(value, "__dict__", None)
    if not isinstance(attributes, dict) or isinstance(value, (type, types.ModuleType)):
        return found
    for name, held in sorted(attributes.items())[:6]:
        if not isinstance(held, (bool, int, float, str, list, tuple, dict, set)):
            continue
        for other in variants(held, chooser)[:4]:
            try:
                twin = copy.deepcopy(value)
                object.__setattr__(twin, name, other)
            except Exception:  # a class of its own mind: no such input
                return found
            found.append(twin)
    return found


def remixed(parts: Any, chooser: random.Random) -> list[Any]:
    """About as many parts, drawn from the same ones with repetition."""
    if not len(parts):
        return []
    return [
        parts[chooser.randrange(len(parts))] for _ in range(max(1, len(parts) + chooser.randrange(-1, 3)))
    ]


def changed_elements(values: list[Any], chooser: random.Random) -> list[list[Any]]:
    """The sequence with one element changed, in the manner of `variants` for the element itself."""
    found: list[list[Any]] = []
    for position in range(min(len(values), 6)):
        element = values[position]
        if isinstance(element, (bool, int, float, str)):
            found.extend(
                [*values[:position], other, *values[position + 1 :]]
                for other in variants(element, chooser)[:3]
            )
        elif isinstance(element, (list, tuple)) and element:
            found.extend(
                [*values[:position], other, *values[position + 1 :]]
                for other in variants(element, chooser)[5:7]
            )
    chooser.shuffle(found)
    return found


# ---------------------------------------------------------------- serving


class Server:
    """Answers the engine's requests about one collected session."""

    def __init__(self, channel: Channel, setup: Json) -> None:
        self.channel = channel
        self.setup = setup
        self.root: str = setup["root"]
        self.session = session_for(setup)
        self.children = Children(channel)
        self.timer = Timer(self.root)
        self.live: LiveCode | None = None

    def serve(self) -> None:
        tests = self.session.tests()
        self.channel.send(
            {
                "tests": tests,
                "test_root": self.session.root,
                "error": "",
                "version": list(sys.version_info[:3]),
            }
        )
        while True:
            request = self.channel.receive()
            if request is None:
                os._exit(0)
            self.channel.send(getattr(self, "do_" + request["do"])(request))

    # one test, in a child

    def outcome(self, test: str, cpu: float) -> Json:
        random.seed(self.setup["seed"])
        started, clock = time.process_time(), time.monotonic()
        try:
            word = self.timer(cpu, lambda: self.session.run(test))
        except OutOfTime:
            word = "failed: OutOfTime"
        except BaseException as error:  # SystemExit, KeyboardInterrupt, pytest's exit
            word = "failed: " + type(error).__name__
            return {"outcome": word, "cpu": 0.0, "wall": 0.0, "last": True}
        finally:
            sys.settrace(None)
        if self.timer.fired:
            word = "failed: OutOfTime"
        answer: Json = {
            "outcome": word,
            "cpu": time.process_time() - started,
            "wall": time.monotonic() - clock,
        }
        if self.timer.fired:
            answer.update(last=True, stack=self.timer.stack)
        return answer

    # requests

    def do_plain(self, request: Json) -> Json:
        """Run tests as they are: outcome, CPU and wall seconds of each."""
        answers, _ = self.children.run(
            request["tests"], lambda test: self.outcome(test, request["cpu"]), lambda _: request["wall"], 200
        )
        return {"results": answers}

    def do_trace(self, request: Json) -> Json:
        """Run tests under the tracer: the lines of each, and the stack at which a hanging one was cut."""
        tracer = Tracer(self.root)

        def work(test: str) -> Json:
            before = set(sys.modules)
            answer: Json = tracer.run(lambda: self.outcome(test, request["cpu"]))
            answer["lines"] = tracer.plain()
            new = [sys.modules[name] for name in set(sys.modules) - before if name in sys.modules]
            answer["modules"] = sorted(
                m.__name__ for m in new if is_project(getattr(m, "__file__", None) or "", self.root)
            )
            return answer

        answers, _ = self.children.run(request["tests"], work, lambda _: request["wall"], 50)
        return {"results": answers}

    def do_prepare(self, request: Json) -> Json:
        """Import what tests import late, then take stock of the live functions."""
        for name in request["modules"]:
            try:
                importlib.import_module(name)
            except Exception:  # it failed in the test as well
                continue
        gc.collect()
        self.live = LiveCode(self.root)
        gc.freeze()
        return {"functions": len(self.live.functions)}

    def do_try(self, request: Json) -> Json:
        """The verdict on each candidate of a batch, and whether the base behaved as before at its end."""

        def work(candidate: Json) -> Json:
            assert self.live is not None
            try:
                why = self.timer(1.0, lambda: self.live.apply(candidate))  # type: ignore[union-attr]
            except OutOfTime:
                return {"verdict": "failed", "fixed": 0, "why": "OutOfTime", "last": True}
            if why:
                return {"verdict": why}
            try:
                return self.judge(candidate, request)
            finally:
                self.live.revert()

        answers, ends = self.children.run(
            request["candidates"],
            work,
            lambda c: request["wall"],
            request["batch"],
            lambda: self.control(request),
        )
        clean = all(end.get("clean", True) for end in ends)
        return {"results": answers, "clean": clean}

    def judge(self, candidate: Json, request: Json) -> Json:
        """Failing tests first, then the passing ones that run the changed lines; stops at the first failure."""
        for number, test in enumerate(request["failing"]):
            result = self.outcome(test["id"], test["cpu"])
            if result["outcome"] != "passed":
                return {
                    "verdict": "failed",
                    "fixed": number,
                    "why": result["outcome"],
                    "last": bool(result.get("last")),
                }
        for test in request["cover"].get(candidate["cover"], ()):
            result = self.outcome(test["id"], test["cpu"])
            if result["outcome"] != "passed":
                return {
                    "verdict": "regressed",
                    "fixed": len(request["failing"]),
                    "last": bool(result.get("last")),
                }
        return {"verdict": "plausible", "fixed": len(request["failing"])}

    def control(self, request: Json) -> Json:
        """Is the base after a batch what it was before it?"""
        for test in request["control"]:
            if self.outcome(test["id"], test["cpu"])["outcome"] != test["outcome"]:
                return {"clean": False}
        return {"clean": True}

    def do_behave(self, request: Json) -> Json:
        """What each candidate answers to the calls that the tests make and to calls near those."""
        files = set(request["test_files"])

        def work(candidate: Json) -> Json:
            assert self.live is not None
            behaviour = Behaviour(self.live, self.root, files)
            for test in request["behave_tests"]:
                behaviour.watch(lambda test=test: self.outcome(test["id"], test["cpu"] * 3 + 0.2))  # type: ignore[misc]
            if candidate and self.live.apply(candidate):
                return {"answers": []}
            return {"answers": behaviour.answers(self.timer)}

        answers, _ = self.children.run(request["candidates"], work, lambda _: request["wall"], 1)
        return {"results": answers}


def session_for(setup: Json) -> Any:
    return PytestSession(setup) if setup["framework"] == "pytest" else UnittestSession(setup)


def serve_cold(channel: Channel, setup: Json) -> None:
    """Each candidate in a process that imports the project anew."""
    if setup["framework"] == "pytest":
        import pytest  # noqa: F401
    children = Children(channel)
    channel.send({"tests": [], "test_root": "", "error": "", "version": list(sys.version_info[:3])})
    while True:
        request = channel.receive()
        if request is None:
            os._exit(0)
        answers, _ = children.run(
            request["candidates"],
            lambda candidate, request=request: cold_verdict(channel, setup, request, candidate),  # type: ignore[misc]
            lambda _, request=request: request["wall"],  # type: ignore[misc]
            1,
        )
        channel.send({"results": answers, "clean": True})


def preload_pytest(root: str) -> None:
    """Import pytest and the plugins that are installed, but none that belongs to the project, so that forks need not."""
    from importlib import metadata

    import _pytest.config
    import _pytest.runner

    _pytest.config.get_config()
    entries: Any = metadata.entry_points()
    chosen = entries.select(group="pytest11") if hasattr(entries, "select") else entries.get("pytest11", [])
    for entry in chosen:
        try:
            spec = importlib.util.find_spec(entry.value.partition(":")[0].partition(".")[0])
            if spec is not None and spec.origin and not is_project(spec.origin, root):
                entry.load()
        except Exception:  # a broken plugin is pytest's to report
            continue


def cold_verdict(channel: Channel, setup: Json, request: Json, candidate: Json) -> Json:
    verdict: Json = {"verdict": "failed", "fixed": 0}
    if candidate.get("text") is not None:
        ChangedSource(candidate["path"], candidate["text"])
    enter_project(setup)
    chosen = dict(setup, arguments=request["arguments"])
    server = Server(channel, chosen)

    def judge() -> None:
        if request.get("trace"):
            verdict.update(verdict="traced")
        else:
            verdict.update(server.judge(candidate, request))

    tracer = Tracer(server.root)
    collect: Callable[[], Any] = lambda: server.session.collect(judge)  # noqa: E731
    try:
        server.timer(
            request["import_cpu"], (lambda: tracer.run(collect)) if request.get("trace") else collect
        )
    except BaseException as error:  # whatever the import of a candidate raises is its failure
        verdict.setdefault("why", type(error).__name__)
    if request.get("trace"):
        verdict["lines"] = tracer.plain()
    return verdict


def enter_project(setup: Json) -> None:
    for folder in reversed(setup["sys_path"]):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def main() -> None:
    descriptor = int(os.environ.pop("FLASHAGENT_CHANNEL"))
    os.set_inheritable(descriptor, False)
    channel = Channel(socket.socket(fileno=descriptor))
    own_folder = os.path.dirname(OWN_FILE)
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != own_folder]
    sys.dont_write_bytecode = True
    setup = channel.receive()
    if setup is None:
        return
    if setup["mode"] == "cold":
        serve_cold(channel, setup)
        return
    enter_project(setup)
    server = Server(channel, setup)
    try:
        server.session.collect(server.serve)
        problem = server.session.error
    except BaseException as error:
        problem = "%s: %s" % (type(error).__name__, error)
    channel.send({"tests": [], "test_root": "", "error": problem or "collection failed"})


if __name__ == "__main__":
    main()
