# ruff: noqa: TID251, UP031
"""Answers the engine's requests, about one collected session or with a fresh import for each candidate."""

from __future__ import annotations

import functools
import gc
import importlib
import os
import random
import socket
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flashagent_worker.behaviour import Behaviour
from flashagent_worker.children import Children
from flashagent_worker.counting import Rounds
from flashagent_worker.lasting import Lasting
from flashagent_worker.limits import OWN_FOLDER, OutOfTime, Timer, is_project
from flashagent_worker.livecode import ChangedSource, LiveCode
from flashagent_worker.sessions import preload_pytest, session_for
from flashagent_worker.states import States
from flashagent_worker.talking import Channel
from flashagent_worker.tracing import Starts, Tracer

BRIEFLY_S = 0.05  # CPU time for a test that loops, to see the calls it makes before it does
IMPORT_CPU_S, IMPORT_S = 20.0, 60.0  # of one module that tests import late

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


class Server:
    """Answers the engine's requests about one collected session."""

    def __init__(self, channel: Channel, setup: Json, children: Children | None = None) -> None:
        """`children` are those among which this server itself is one."""
        self.channel = channel
        self.setup = setup
        self.root: str = setup["root"]
        self.session = session_for(setup)
        self.children = children or Children(channel)
        self.timer = Timer(self.root)
        self.rounds = Rounds()
        self.live: LiveCode | None = None
        self.lasting: Lasting | None = None

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

    def outcome(self, test: str, cpu: float, rounds: int | None = None, wall: float = 0.0) -> Json:
        """`cut` = a changed function was cut after that many rounds, which leaves the process as fit as any exception, unless
        the rounds filled what lasts; `last` = the process is not fit for another candidate."""
        random.seed(self.setup["seed"])
        self.rounds.allow(rounds)
        self.children.beat()
        started, clock = time.process_time(), time.monotonic()
        try:
            word = self.timer(cpu, lambda: self.session.run(test), wall)
        except OutOfTime:
            word = "failed: OutOfTime"
        except BaseException as error:  # SystemExit, KeyboardInterrupt, pytest's exit
            word = "failed: " + type(error).__name__
            return {"outcome": word, "cpu": 0.0, "wall": 0.0, "last": True}
        finally:
            sys.settrace(None)
        cut = self.rounds.cut
        if self.timer.fired or cut:
            word = "failed: OutOfTime"
        answer: Json = {
            "outcome": word,
            "cpu": time.process_time() - started,
            "wall": time.monotonic() - clock,
        }
        if cut:
            answer["cut"] = True
            if self.lasting is not None and self.lasting.changed():
                answer["last"] = True
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
        """Run tests under the tracer: the lines of each, and the stack at which a hanging one was cut. One that only waits is
        cut while somebody still listens, so that its lines are known too."""
        tracer, starts = Tracer(self.root), Starts()
        wall = 0.7 * request["wall"]

        def work(test: str) -> Json:
            starts.forget()
            before = set(sys.modules)
            answer: Json = tracer.run(lambda: self.outcome(test, request["cpu"], wall=wall))
            answer["lines"] = tracer.plain()
            answer["elsewhere"] = starts.seen
            new = [sys.modules[name] for name in set(sys.modules) - before if name in sys.modules]
            answer["modules"] = sorted(
                m.__name__ for m in new if is_project(getattr(m, "__file__", None) or "", self.root)
            )
            return answer

        answers, _ = self.children.run(request["tests"], work, lambda _: request["wall"], 50)
        return {"results": answers}

    def do_states(self, request: Json) -> Json:
        """Run tests as they are: what the variables of the units hold at their lines."""
        states = States(request["units"])

        def work(test: str) -> Json:
            answer: Json = states.run(lambda: self.outcome(test, request["cpu"]))
            return {"states": states.found, "last": bool(answer.get("last"))}

        answers, _ = self.children.run(request["tests"], work, lambda _: request["wall"], 50)
        return {"results": answers}

    def do_prepare(self, request: Json) -> Json:
        """Import what tests import late, then take stock of the live functions."""
        for name in request["modules"]:
            try:
                self.timer(IMPORT_CPU_S, functools.partial(importlib.import_module, name), IMPORT_S)
            except BaseException:  # it failed in the test as well, or is a program that ends when it is done
                continue
        gc.collect()
        self.live = LiveCode(self.root)
        self.lasting = Lasting(self.root)
        gc.freeze()
        return {"functions": len(self.live.functions)}

    def do_count(self, request: Json) -> Json:
        """Run tests on the base: how many rounds of each unit (by its number) each of them makes."""

        def work(test: str) -> Json:
            assert self.live is not None
            if not self.rounds.seen:  # the first test of this child
                for part in request["units"]:
                    self.live.put_in(part)
                self.rounds.observe()
            self.rounds.seen = {-1: 0}
            answer = self.outcome(test, request["cpu"])
            answer["rounds"] = [[unit, count] for unit, count in self.rounds.seen.items() if count]
            return answer

        answers, _ = self.children.run(request["tests"], work, lambda _: request["wall"], 200)
        return {"results": answers}

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
        rounds = request.get("rounds", {}).get(candidate["cover"])
        for number, test in enumerate(request["failing"]):
            result = self.outcome(test["id"], test["cpu"], rounds)
            if result["outcome"] != "passed":
                return {
                    "verdict": "failed",
                    "fixed": number,
                    "why": result["outcome"],
                    "last": bool(result.get("last")),
                    "cut": bool(result.get("cut")),
                }
        for test in request["cover"].get(candidate["cover"], ()):
            result = self.outcome(test["id"], test["cpu"], test.get("rounds", rounds))
            if result["outcome"] != "passed":
                return {
                    "verdict": "regressed",
                    "fixed": len(request["failing"]),
                    "last": bool(result.get("last")),
                    "cut": bool(result.get("cut")),
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
                limit = BRIEFLY_S if test.get("brief") else test["cpu"] * 3 + 0.2
                behaviour.watch(lambda test=test, limit=limit: self.outcome(test["id"], limit))  # type: ignore[misc]
            if candidate and self.live.apply(candidate):
                return {"answers": []}
            return {"answers": behaviour.answers(self.timer)}

        answers, _ = self.children.run(request["candidates"], work, lambda _: request["wall"], 1)
        return {"results": answers}


def serve_cold(channel: Channel, setup: Json) -> None:
    """Each candidate in a process that imports the project anew."""
    if setup["framework"] == "pytest":
        preload_pytest(setup["root"])
    children = Children(channel)
    channel.send({"tests": [], "test_root": "", "error": "", "version": list(sys.version_info[:3])})
    while True:
        request = channel.receive()
        if request is None:
            os._exit(0)
        answers, _ = children.run(
            request["candidates"],
            lambda candidate, request=request: cold_verdict(channel, setup, request, candidate, children),  # type: ignore[misc]
            lambda _, request=request: request["wall"],  # type: ignore[misc]
            1,
        )
        channel.send({"results": answers, "clean": True})


def cold_verdict(channel: Channel, setup: Json, request: Json, candidate: Json, children: Children) -> Json:
    verdict: Json = {"verdict": "failed", "fixed": 0}
    if candidate.get("text") is not None:
        ChangedSource(candidate["path"], candidate["text"])
    enter_project(setup)
    chosen = dict(setup, arguments=request["arguments"])
    server = Server(channel, chosen, children)

    tracer = Tracer(server.root)

    def judge() -> None:
        if request.get("trace"):
            verdict.update(verdict="traced", lines=tracer.plain())
        else:
            verdict.update(server.judge(candidate, request))
        children.finish(verdict)

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
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != OWN_FOLDER]
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
