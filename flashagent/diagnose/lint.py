"""What ruff says of Python texts, and its safe fixes. ruff runs on stdin with no configuration of the project."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flashagent.errors import FlashagentError, RunnerMissing
from flashagent.values import Diagnostic

# Syntax errors, comparisons and formats that cannot be meant, statements in the wrong place, undefined names.
ERRORS = ("E9", "F63", "F7", "F82")
FIXABLE = ("F50", "F63", "F7", "F82")
_TARGET = "py313"  # the newest grammar: a newer file must not look wrong
TIMEOUT_S = 20.0
_FILES_AT_ONCE = 400  # far below any limit of the length of a command line


class Unanswered(FlashagentError):
    """The linter did not come to its end in time."""


async def diagnostics(path: str, text: str, *, select: Sequence[str] = ERRORS) -> tuple[Diagnostic, ...]:
    """The messages for one text, in its order. `path` only names it; nothing is read from the disk.

    Raises RunnerMissing when ruff is not installed with flashagent, Unanswered when it takes too long.
    """
    _, output = await _ruff(("--output-format", "json", "--select", ",".join(select)), path, text)
    try:
        found = json.loads(output or "[]")
    except ValueError:
        return ()
    return tuple(_diagnostic(path, one) for one in found)


async def of_files(
    root: Path, paths: Sequence[str], *, select: Sequence[str] = ERRORS
) -> tuple[Diagnostic, ...]:
    """The messages for the Python files among `paths` (relative to `root`) as they are on the disk, by path and line.

    One process for hundreds of files. Links are left out. Raises RunnerMissing when ruff is not installed with flashagent.
    """
    own = sorted(path for path in paths if is_python(path) and not (root / path).is_symlink())
    found: list[Diagnostic] = []
    for start in range(0, len(own), _FILES_AT_ONCE):
        found += await _of_some(root, own[start : start + _FILES_AT_ONCE], select)
    return tuple(sorted(found, key=lambda one: (one.path, one.line, one.column)))


async def _of_some(root: Path, paths: Sequence[str], select: Sequence[str]) -> list[Diagnostic]:
    options = ("--output-format", "json", "--select", ",".join(select), "--no-respect-gitignore")
    _, output = await _run((*options, "--", *paths), b"", root)
    try:
        answer = json.loads(output or "[]")
    except ValueError:
        return []
    top = root.resolve()
    return [
        _diagnostic(path.relative_to(top).as_posix(), one)
        for one in answer
        if (path := Path(str(one.get("filename", "")))).is_relative_to(top)
    ]


async def undefined_names(
    texts: Mapping[str, str], *, select: Sequence[str] = ERRORS
) -> tuple[Diagnostic, ...]:
    """Syntax errors and undefined names (or what `select` names) of several Python texts, by path."""
    found = await asyncio.gather(
        *(diagnostics(path, text, select=select) for path, text in texts.items() if is_python(path))
    )
    return tuple(one for several in found for one in several)


async def caused(
    before: Mapping[str, str | None], after: Mapping[str, str | None], *, select: Sequence[str] = ERRORS
) -> tuple[Diagnostic, ...]:
    """Only what a change brought: messages of `after` that `before` did not have as often. None = no such file."""
    new = await undefined_names(
        {path: text for path, text in after.items() if text is not None}, select=select
    )
    wrong = {one.path for one in new}  # mostly none: then the texts before need not be looked at
    old = await undefined_names(
        {path: text for path, text in before.items() if text is not None and path in wrong}, select=select
    )
    known = Counter((one.path, one.code, one.message) for one in old)
    fresh = []
    for one in new:
        key = (one.path, one.code, one.message)
        if known[key] > 0:
            known[key] -= 1
        else:
            fresh.append(one)
    return tuple(fresh)


async def safe_fixes(path: str, text: str, *, select: Sequence[str] = FIXABLE) -> str:
    """The text with the fixes that ruff calls safe; the same text when there is none."""
    if not is_python(path):
        return text
    try:
        code, output = await _ruff(("--fix-only", "--quiet", "--select", ",".join(select)), path, text)
    except Unanswered:
        return text
    return output if code == 0 and output else text


def is_python(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


async def _ruff(arguments: Sequence[str], path: str, text: str) -> tuple[int, str]:
    """Exit code and stdout of `ruff check` on a text. Texts pass as bytes, so that line ends stay."""
    return await _run((*arguments, "--stdin-filename", path, "-"), text.encode("utf-8", "surrogatepass"))


async def _run(
    arguments: Sequence[str], stdin: bytes, folder: Path | None = None, timeout_s: float = TIMEOUT_S
) -> tuple[int, str]:
    """Raises Unanswered."""
    process = await asyncio.create_subprocess_exec(
        _binary(), "check", "--isolated", "--no-cache", "--target-version", _TARGET, *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=folder.resolve() if folder is not None else None,
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate(stdin)
    except TimeoutError as error:
        raise Unanswered(
            f"The linter gave no answer within {timeout_s:g} s.", hint="Is the machine overloaded?"
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode("utf-8", "replace")


@cache
def _binary() -> str:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        return str(find_ruff_bin())
    except (ImportError, FileNotFoundError) as error:
        raise RunnerMissing("ruff is not installed with flashagent.", hint="Reinstall flashagent.") from error


def _diagnostic(path: str, one: Mapping[str, Any]) -> Diagnostic:
    place = one.get("location") or {}
    return Diagnostic(
        path,
        int(place.get("row") or 1),
        int(place.get("column") or 1),
        str(one.get("code") or "syntax"),
        str(one.get("message", "")),
        "error",
        "ruff",
    )
