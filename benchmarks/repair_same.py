"""Do two texts of a file behave alike? Run as a program inside the sandbox, with the project's own tests as the source of inputs.

    python repair_same.py FILE FIRST SECOND TEST-PATH ...

FILE is the module as the tests import it. Every call of a function that differs between the texts FIRST and SECOND is
recorded while the tests run; then both versions are asked the recorded calls and calls near them, and the answers are
compared. Prints one JSON object: how many inputs were asked, and the first on which they differ.
"""

from __future__ import annotations

import ast
import copy
import gc
import json
import os
import re
import signal
import sys
import types
from pathlib import Path
from typing import Any

CALLS, NEAR = 60, 400


class TooLong(BaseException):
    """An answer took more than a tenth of a second of CPU time."""


def codes(text: str, filename: str) -> dict[tuple[str, ...], types.CodeType]:
    """All functions of a text by qualified name."""
    found: dict[tuple[str, ...], types.CodeType] = {}

    def walk(code: types.CodeType, names: tuple[str, ...]) -> None:
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                found.setdefault((*names, constant.co_name), constant)
                walk(constant, (*names, constant.co_name))

    walk(compile(text, filename, "exec"), ())
    return found


def differing(first: str, second: str) -> set[str]:
    """Names of the outermost functions whose trees differ."""

    def dumps(text: str) -> dict[str, str]:
        tree = ast.parse(text)
        nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        return {f"{n.name}#{i}": ast.dump(n) for i, n in enumerate(nodes)}

    one, two = dumps(first), dumps(second)
    return {name.partition("#")[0] for name in one if one[name] != two.get(name)}


def near(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, 1, -value, value * 3]
    if isinstance(value, float):
        return [value / 2, -value, 0.0, value + 1]
    if isinstance(value, str):
        return ["", value[1:], value[:-1], value * 2, value.upper(), value + " x1"]
    if isinstance(value, list | tuple):
        return [value[:0], value[1:], value[:1], value[::-1], value * 2]
    if isinstance(value, dict):
        return [{}, dict(list(value.items())[1:])]
    return [None]


def shown(value: Any) -> str:
    if isinstance(value, types.GeneratorType):
        value = [item for item, _ in zip(value, range(60), strict=False)]
    if getattr(type(value), "__repr__", None) is object.__repr__ and hasattr(value, "__dict__"):
        value = (type(value).__name__, sorted(vars(value).items(), key=lambda pair: pair[0]))
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))[:2000]


def answer(function: types.FunctionType, given: list[Any]) -> str:
    try:
        values = copy.deepcopy(given)
    except Exception:
        return "not copyable"
    signal.setitimer(signal.ITIMER_PROF, 0.1, 0.05)
    try:
        return shown(function(*values)) + shown(values)
    except TooLong:
        return "too long"
    except BaseException as error:
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> int:
    path, first, second, *tests = sys.argv[1:]
    import pytest

    texts = Path(first).read_text(), Path(second).read_text()
    names, real = differing(*texts), os.path.realpath(path)
    seen: dict[str, tuple[types.CodeType, list[Any]]] = {}

    def enter(frame: types.FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if (
            event != "call"
            or len(seen) >= CALLS
            or code.co_name not in names
            or os.path.realpath(code.co_filename) != real
            or code.co_flags & 0x0C
        ):
            return
        try:
            count = code.co_argcount + code.co_kwonlyargcount
            values = [copy.deepcopy(frame.f_locals[name]) for name in code.co_varnames[:count]]
            if len(seen) < CALLS and not code.co_kwonlyargcount:
                seen.setdefault(code.co_name + shown(values), (code, values))
        except Exception:
            return

    def too_long(*_: Any) -> None:
        raise TooLong

    quiet = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.setprofile(enter)
    pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests])
    sys.setprofile(None)
    os.dup2(quiet, 1)
    signal.signal(signal.SIGPROF, too_long)
    inputs = list(seen.values())
    for code, values in list(inputs):
        for position, value in enumerate(values):
            inputs += [(code, [*values[:position], other, *values[position + 1 :]]) for other in near(value)]
    live: dict[types.CodeType, list[types.FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_name in names:
            live.setdefault(thing.__code__, []).append(thing)
    other = codes(texts[1], path)
    own = {code.co_firstlineno: key for key, code in codes(texts[0], path).items()}
    asked, difference = 0, ""
    for code, values in inputs[:NEAR]:
        key = own.get(code.co_firstlineno)
        if code not in live or key not in other or difference:
            continue
        function = live[code][0]
        before = answer(function, values)
        try:
            for one in live[code]:
                one.__code__ = other[key]
            after = answer(function, values)
        except ValueError:
            continue
        finally:
            for one in live[code]:
                one.__code__ = code
        asked += 1
        if before != after:
            difference = f"{code.co_name}{shown(values)[:200]}: {before[:200]} | {after[:200]}"
    print(json.dumps({"asked": asked, "difference": difference}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
