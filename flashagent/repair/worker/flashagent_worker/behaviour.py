# ruff: noqa: B905, UP031
"""What a candidate answers to the calls that tests make and to calls near those."""

from __future__ import annotations

import copy
import os
import random
import re
import sys
import types
from collections.abc import Callable
from typing import Any

from flashagent_worker.limits import OutOfTime, Timer
from flashagent_worker.livecode import LiveCode
from flashagent_worker.variants import variants


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
            if caller is not None and len(self.calls) < self.CALLS and id(code) in self.live.functions:
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
            self.calls.append((self.live.functions[id(code)][0], values))

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
                for other in safe_variants(value, chooser)
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
            changed = (
                "" if outcome == "hangs" else self._left(values, given)
            )  # what a cut leaves is for the clock to say
            told.append(shown[:200] + "\t" + outcome + changed)
        return told

    def _left(self, values: list[Any], given: list[Any]) -> str:
        """What the call made of its arguments, in words; '' when they are as they were."""
        after = plain_repr(given)
        return "" if after == plain_repr(values) else " leaving " + after

    def _call(self, timer: Timer, function: types.FunctionType, given: list[Any]) -> str:
        try:
            return str(timer(0.05, lambda: plain_repr(consumed(function(*given)))))
        except OutOfTime:
            return "hangs"
        except RecursionError:
            return "raises RecursionError"
        except BaseException as error:
            return "raises " + type(error).__name__


def safe_variants(value: Any, chooser: random.Random) -> list[Any]:
    try:
        return variants(value, chooser)
    except Exception:  # a container or number of the project that cannot be cut, added to or negated
        return []


def consumed(result: Any) -> Any:
    if isinstance(result, types.GeneratorType):
        return [value for value, _ in zip(result, range(50))]
    return result


def plain_repr(value: Any) -> str:
    """A repr without addresses, at most 300 characters; an object without one is shown by its attributes."""
    try:
        return re.sub(r" at 0x[0-9a-fA-F]+", "", _shown(value, 2))[:300]
    except Exception as error:  # a repr of the project that fails is an answer too
        return "repr raises " + type(error).__name__


def _shown(value: Any, depth: int) -> str:
    """With the attributes of an object that no class shows, and those of the objects that it holds."""
    if not depth or getattr(type(value), "__repr__", None) is not object.__repr__:
        return repr(value)
    if not hasattr(value, "__dict__"):
        return repr(value)
    held = sorted(vars(value).items(), key=lambda pair: pair[0])
    told = ["(%r, %s)" % (name, _shown(part, depth - 1)[:160]) for name, part in held]
    return type(value).__name__ + "[" + ", ".join(told) + "]"
