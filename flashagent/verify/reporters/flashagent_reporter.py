# ruff: noqa: PTH100, PTH118, PTH120, TID251, UP006, UP031, UP035, UP045
# (Python 3.8, few imports, overrides of unittest, and a process whose environment is not flashagent's.)
"""Tells flashagent test by test what a pytest or unittest session did, from inside the project's interpreter.

Loaded by name as a pytest plugin; `flashagent_unittest.py` beside it takes the place of `-m unittest`. Standard library
only, Python 3.8+, nothing else of flashagent: the project's environment knows nothing of it. It speaks over the socket whose descriptor number is in
FLASHAGENT_CHANNEL: one line comes in (`SECRET JSON`), and each line that goes out carries that secret, so that code under
test which finds the descriptor cannot speak in our name. Only the last line, 'end', makes a session count.

Code in the same process can in principle read our memory; this file makes it hard, the tamper guard and the original
tests do the rest.
"""

from __future__ import annotations

import json
import linecache
import os
import re
import stat
import sys
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Tuple

CHANNEL_VARIABLE = "FLASHAGENT_CHANNEL"
MODULE = "flashagent_reporter"
MAX_TEXT = 4000
MAX_VALUE = 1000
HEAD_FRAMES, TAIL_FRAMES = 15, 30
IDS_PER_LINE = 1000

Send = Callable[..., None]
Record = Dict[str, Any]


def connect() -> Tuple[Optional[Send], Record]:
    """The way to speak and what we were told, or (None, {}) when nobody listens.

    The variable is gone afterwards and the descriptor is not inherited, so no test and no child process finds them.
    """
    number = os.environ.pop(CHANNEL_VARIABLE, "")
    try:
        descriptor = int(number)
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None, {}
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, True)
        line = b""
        while not line.endswith(b"\n"):
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return None, {}
            line += chunk
    except (ValueError, OSError):
        return None, {}
    secret, _, told = line.partition(b" ")
    return _sender(descriptor, secret), json.loads(told.decode("utf-8"))


def _sender(descriptor: int, secret: bytes) -> Send:
    """A function that sends one record. All it calls is bound here, before any code of the project has run."""
    write, encode, get_pid, owner = os.write, json.JSONEncoder(default=str).encode, os.getpid, os.getpid()

    def send(**record: Any) -> None:
        if get_pid() != owner:
            return  # a forked child of a test
        line = secret + b" " + encode(record).encode("utf-8", "backslashreplace") + b"\n"
        try:
            while line:
                line = line[write(descriptor, line) :]
        except OSError:
            return  # the listener is gone, and with it the use of any record

    return send


def leave_no_trace() -> None:
    """Take ourselves out of the variables and the import path, so that inner test sessions run as if we were not."""
    folder = os.path.dirname(os.path.abspath(__file__))
    environ = os.environ
    for name, own, separator in (("PYTEST_PLUGINS", MODULE, ","), ("PYTHONPATH", folder, os.pathsep)):
        rest = [part for part in environ.get(name, "").split(separator) if part and part != own]
        if rest:
            environ[name] = separator.join(rest)
        else:
            environ.pop(name, None)
    sys.path[:] = [entry for entry in sys.path if entry != folder]


# What an exception says -------------------------------------------------------------------------------------------


def cut(text: object, limit: int = MAX_TEXT) -> str:
    """The text's head and tail when it is longer than the limit. Never raises, whatever `str` of the object does."""
    try:
        whole = text if type(text) is str else str(text)
    except BaseException as error:
        whole = "<no text: %s>" % type(error).__name__
    if len(whole) <= limit:
        return whole
    return whole[: limit // 2] + "\n[...]\n" + whole[-limit // 2 :]


def value_text(value: object) -> str:
    try:
        return cut(repr(value), MAX_VALUE)
    except BaseException as error:
        return "<no repr: %s>" % type(error).__name__


def frames_of(trace: Optional[TracebackType]) -> List[List[Any]]:
    """[path, line, function, source line] of each frame, outermost first, without the runner's own."""
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        hidden = (
            trace.tb_frame.f_locals.get("__tracebackhide__") is True
            or "__unittest" in trace.tb_frame.f_globals
        )
        if not hidden and not is_runner(code.co_filename):
            found.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    if len(found) > HEAD_FRAMES + TAIL_FRAMES:
        found = found[:HEAD_FRAMES] + found[-TAIL_FRAMES:]
    return [
        [
            os.path.abspath(path) if not path.startswith("<") else path,
            line,
            name,
            linecache.getline(path, line).strip(),
        ]
        for path, line, name in found
    ]


def is_runner(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    if path.startswith("<frozen ") or path.endswith("/importlib/__init__.py"):
        return True
    return path == __file__ or any(part in ("_pytest", "pluggy", "xdist", "execnet") for part in parts)


def failure_of(error: BaseException, trace: Optional[TracebackType]) -> Record:
    """Type, message and frames of the exception; the frames of what caused it come last, being the deepest."""
    frames, seen, current = frames_of(trace), {id(error)}, error
    causes: List[str] = []
    while True:
        cause = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if cause is None or id(cause) in seen or len(causes) >= 5:
            break
        seen.add(id(cause))
        causes.append("%s: %s" % (type(cause).__name__, cut(cause, 300)))
        if current.__cause__ is not None:
            frames += frames_of(cause.__traceback__)
        current = cause
    syntax = _syntax_frame(error)
    return {
        "type": type(error).__name__,
        "message": cut(error),
        "frames": frames + syntax,
        "causes": causes,
    }


def _syntax_frame(error: BaseException) -> List[List[Any]]:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return [[os.path.abspath(error.filename), error.lineno, "", (error.text or "").strip()]]
    return []


# pytest ------------------------------------------------------------------------------------------------------------


def build_plugin(send: Send, watchdog: Any, own_limit_of: Callable[[Any], float]) -> object:
    """The object with the hooks. Every hook only looks; it changes neither order nor outcome of anything."""
    import pytest

    class Reporter:
        def __init__(self) -> None:
            self.session: Any = None
            self.distributed = self.pytest_watches = False
            self.broken = self.stopped = ""
            self.raised: Dict[Tuple[str, str], Record] = {}
            self.compared: Optional[Tuple[str, str]] = None
            self.files: Dict[str, str] = {}
            self.set_up: Dict[str, float] = {}
            self.collected = False
            self.originals = list(guarded_functions(type(self)))

        # Ids are relative to the folder of the call, so that they can be given back to pytest as they are.
        def id_of(self, nodeid: str) -> str:
            file, separator, rest = nodeid.partition("::")
            if file not in self.files:
                config = self.session.config
                base = str(getattr(config, "rootpath", None) or config.rootdir)
                path = os.path.relpath(os.path.join(base, file), str(config.invocation_params.dir))
                self.files[file] = path.replace(os.sep, "/")
            return self.files[file] + separator + rest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionstart(self, session: Any) -> None:
            self.session = session
            self.pytest_watches = watched_by_pytest(session.config)
            # With xdist the tests are collected and run in other processes, which know nothing of us.
            self.distributed = session.config.pluginmanager.hasplugin("dsession")
            if self.distributed:
                watchdog.arm_loading()
            else:
                watchdog.disarm()

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_make_collect_report(self, collector: Any) -> Any:
            send(e="loading", id=self.id_of(collector.nodeid))
            watchdog.arm_loading()
            outcome = yield
            watchdog.disarm()
            report = outcome.get_result()
            info = getattr(getattr(report, "call", None), "excinfo", None)
            if info is not None and not report.passed:
                error = info.value
                if type(error).__name__ == "CollectError" and error.__cause__ is not None:
                    error = error.__cause__
                self.raised[(report.nodeid, "collect")] = failure_of(error, error.__traceback__)

        def pytest_collectreport(self, report: Any) -> None:
            if report.passed:
                return
            failure = self.raised.pop((report.nodeid, "collect"), None) or from_repr(report.longrepr)
            send(e="unit", id=self.id_of(report.nodeid), outcome=report.outcome, failure=failure)

        @pytest.hookimpl(trylast=True)
        def pytest_collection_finish(self, session: Any) -> None:
            if not self.collected and session.items:
                self.tell_collected([item.nodeid for item in session.items])

        @pytest.hookimpl(optionalhook=True)
        def pytest_xdist_node_collection_finished(self, node: Any, ids: List[str]) -> None:
            if not self.collected:
                self.tell_collected(list(ids))

        def tell_collected(self, nodeids: List[str]) -> None:
            self.collected = True
            if self.distributed:
                watchdog.disarm()
            ids = [self.id_of(nodeid) for nodeid in nodeids]
            for start in range(0, len(ids), IDS_PER_LINE):
                send(e="collected", ids=ids[start : start + IDS_PER_LINE])

        def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
            send(e="start", id=self.id_of(nodeid))
            if self.distributed:
                watchdog.began_elsewhere(self.id_of(nodeid))

        def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
            if self.distributed:
                watchdog.ended_elsewhere(self.id_of(nodeid))

        # Each phase has the limit anew. Where the project has pytest watch each test, pytest takes ours away as well.
        def watched(self, item: Any) -> Any:
            watchdog.arm(self.id_of(item.nodeid), own_limit_of(item))
            outcome = yield
            if (
                outcome.excinfo is not None or self.pytest_watches
            ):  # pytest takes a watchdog away when a test raises
                watchdog.disarm()

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(self, session: Any) -> None:
            if not self.distributed:
                watchdog.disarm()

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_setup(self, item: Any) -> Any:
            yield from self.watched(item)

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_call(self, item: Any) -> Any:
            yield from self.watched(item)

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_teardown(self, item: Any) -> Any:
            yield from self.watched(item)

        @pytest.hookimpl(tryfirst=True)
        def pytest_assertrepr_compare(self, config: Any, op: str, left: object, right: object) -> None:
            self.compared = (value_text(left), value_text(right)) if op == "==" else None

        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
            if call.excinfo is not None:
                failure = failure_of(call.excinfo.value, call.excinfo.tb)
                if self.compared is not None and isinstance(call.excinfo.value, AssertionError):
                    failure["actual"], failure["expected"] = self.compared
                self.raised[(item.nodeid, call.when)] = failure
            self.compared = None
            yield

        def pytest_runtest_logreport(self, report: Any) -> None:
            failure = self.raised.pop((report.nodeid, report.when), None)
            seconds = getattr(report, "duration", 0.0)
            if report.when != "call" and report.passed and failure is None:
                if report.when == "setup":
                    self.set_up[report.nodeid] = seconds
                return
            record: Record = {
                "e": "report",
                "id": self.id_of(report.nodeid),
                "when": report.when,
                "outcome": report.outcome,
                "seconds": seconds + self.set_up.pop(report.nodeid, 0.0),
                "xfail": hasattr(report, "wasxfail"),
                "raised": failure is not None,
            }
            context = getattr(report, "context", None)
            if context is not None:
                record["sub"] = sub_name(context)
            if report.failed or (failure is not None and report.passed):
                record["failure"] = failure or from_repr(report.longrepr)
                record["output"] = "".join(
                    "%s:\n%s\n" % (name, cut(text, 1000))
                    for name, text in report.sections
                    if "Captured" in name
                )
            send(**record)

        def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
            if excinfo.typename == "Interrupted":
                self.stopped = cut(excinfo.value, 200)  # pytest's own: collection errors, a limit of failures
                return
            self.broken = "interrupted by %s: %s" % (excinfo.typename, cut(excinfo.value, 200))

        def pytest_internalerror(self, excrepr: Any) -> None:
            self.broken = "internal error of pytest: %s" % cut(excrepr, 1000)

        @pytest.hookimpl(trylast=True)
        def pytest_unconfigure(self, config: Any) -> None:
            if self.session is None:
                return
            session, stopped = self.session, self.stopped
            for name in ("shouldfail", "shouldstop"):
                stopped = stopped or (str(getattr(session, name)) if getattr(session, name, False) else "")
            send(
                e="end",
                status=int(session.exitstatus),
                broken=self.broken,
                stopped=stopped,
                replaced=replaced_functions(self.originals),
            )

    send(e="hello", runner="pytest", version=pytest.__version__)
    watchdog.arm_loading()  # for plugins and conftest files, until the session starts
    return Reporter()


def watched_by_pytest(config: Any) -> bool:
    """Whether pytest's own setting has a watchdog for each test: there is only one in a process."""
    try:
        return float(config.getini("faulthandler_timeout") or 0) > 0
    except (KeyError, ValueError, TypeError):
        return False  # pytest's plugin is switched off


def sub_name(context: Any) -> str:
    message = "[%s] " % context.msg if context.msg is not None else ""
    values = ", ".join("%s=%s" % (key, value) for key, value in context.kwargs.items())
    return (message + ("(%s)" % values if values else "")).strip() or "(<subtest>)"


def from_repr(longrepr: Any) -> Record:
    """What a report that came from another process still says of its exception."""
    frames: List[List[Any]] = []
    for entry in getattr(getattr(longrepr, "reprtraceback", None), "reprentries", []):
        place = getattr(entry, "reprfileloc", None)
        if place is not None and not is_runner(place.path):
            path = os.path.abspath(place.path)
            frames.append([path, place.lineno, "", linecache.getline(path, place.lineno).strip()])
    crash = getattr(longrepr, "reprcrash", None)
    message = str(getattr(crash, "message", None) or longrepr or "")
    if crash is None:  # a collection error that is text only
        errors = [line[1:].strip() for line in message.splitlines() if line.startswith("E  ")]
        for path, line, name in re.findall(r"^(\S+):(\d+): in (.+)$", message, re.MULTILINE):
            path = os.path.abspath(path)
            if not is_runner(path):
                frames.append([path, int(line), name, linecache.getline(path, int(line)).strip()])
        message = errors[-1] if errors else message
    name, colon, rest = message.partition(": ")
    known = bool(colon) and name.replace(".", "").replace("_", "").isalnum()
    if message.startswith("assert "):
        name, rest, known = "AssertionError", message, True
    return {
        "type": name.rsplit(".", 1)[-1] if known else "",
        "message": cut(rest if known else message),
        "frames": frames,
        "causes": [],
    }


# What nothing decides by and projects do change for their output.
HARMLESS = ("shortDescription", "_removeTestAtIndex")


def guarded_functions(*own: type) -> Any:
    """(holder, name, function, state) of what makes a runner a runner, our `own` classes included."""
    import unittest
    from unittest import case

    classes: List[Any] = [unittest.TestCase, unittest.TestSuite, *own]
    for private in ("_Outcome", "_AssertRaisesContext"):
        classes += [getattr(case, private)] if hasattr(case, private) else []
    # A dict keeps the order, and takes each class once.
    for holder in {base: None for one in classes for base in one.__mro__ if base is not object}:
        for name, raw in list(vars(holder).items()):
            function = getattr(raw, "__func__", raw)
            if callable(function) and not isinstance(function, type) and name not in HARMLESS:
                yield holder, name, function, state_of(function)
    for module, wanted in (
        (
            "_pytest.runner",
            ("runtestprotocol", "call_and_report", "pytest_runtest_makereport", "pytest_runtest_call"),
        ),
        ("_pytest.python", ("pytest_pyfunc_call",)),
        ("_pytest.main", ("wrap_session", "pytest_runtestloop")),
    ):
        loaded = sys.modules.get(module)
        for name in wanted:
            if hasattr(loaded, name):
                function = getattr(loaded, name)
                yield loaded, name, function, state_of(function)


def state_of(function: Any) -> List[Any]:
    """What can be changed in a function that stays the same object: its code, its defaults, its closure."""
    found: List[Any] = []
    while function is not None and len(found) < 40:
        defaults = getattr(function, "__defaults__", None) or ()
        named = getattr(function, "__kwdefaults__", None) or {}
        found += [getattr(function, "__code__", None), *defaults, *named.values()]
        for cell in getattr(function, "__closure__", None) or ():
            try:
                found.append(cell.cell_contents)
            except ValueError:
                found.append(None)  # empty
        function = getattr(function, "__wrapped__", None)
    return found


def replaced_functions(originals: List[Tuple[Any, str, Any, List[Any]]]) -> List[List[str]]:
    """[name, file] of each guarded function that is another one now; the file is that of the replacement, '' for code
    that was put into the runner's own function or has no file."""
    found = []
    for holder, name, original, state in originals:
        current = vars(holder).get(name)
        current = getattr(current, "__func__", current)
        now = state_of(current)
        if current is original and [id(part) for part in now] == [id(part) for part in state]:
            continue
        path = str(getattr(getattr(current, "__code__", None), "co_filename", ""))
        is_own = current is original or path == getattr(state[0], "co_filename", None)
        found.append(["%s.%s" % (holder.__name__, name), "" if is_own else path])
    return found


# Being loaded as a plugin is the one moment before any code of the project runs: connecting happens here. -------

_plugin: Optional[object] = None
if CHANNEL_VARIABLE in os.environ and MODULE in os.environ.get("PYTEST_PLUGINS", ""):
    from flashagent_watchdog import Watchdog, own_limit_of  # type: ignore[import-not-found]

    _send, _told = connect()
    leave_no_trace()
    if _send is not None:
        _plugin = build_plugin(_send, Watchdog(_told), own_limit_of)
    del _send, _told, Watchdog, own_limit_of


def pytest_configure(config: Any) -> None:
    global _plugin
    if _plugin is not None:
        config.pluginmanager.register(_plugin)
        _plugin = None  # an inner session in this process is not ours to tell of
