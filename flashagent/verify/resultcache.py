"""What a check came to on a state of the project, so that the same is not run twice. In the user's cache folder, private.

Only counted reports are kept (our own reporter sat in a Python runner, in the sandbox), for a day at most, and none of a
check that was ever seen to be flaky. The key holds the bytes of everything that a copy of the tree has in it, the command,
the interpreter and what is installed for it, the variables, and how the sandbox is set. Ignored files that a copy leaves out
cannot matter, since the check does not see them; an editable install from outside of the project can, so then nothing is kept.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flashagent.values import CheckReport, Failure, Frame, TestResult
from flashagent.verify import interpreters
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment

OLDEST_S = 24 * 3600.0
FLAKY_S = 30 * 24 * 3600.0
MOST_ENTRIES = 60
MOST_BYTES = 4 << 20  # of one entry
OUTPUT_CHARACTERS = 16_000
_FORMAT = "1"


class ResultCache:
    """The results of one repository, in `folder`, which is made when first needed. `surroundings` says in a text what else
    decides (sandbox, variables, version of this program); `mask` is the one for secrets: what holds any is not kept."""

    def __init__(
        self,
        folder: Path,
        root: Path,
        environment: ProjectEnvironment,
        surroundings: str,
        mask: Callable[[str], str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._root = root.resolve()
        self._environment = environment
        self._surroundings = surroundings
        self._mask = mask
        self._now = now

    def key(self, check: Check, content: str | None) -> str | None:
        """The key of the check on that content (`content_digest`); None where its result must not be kept."""
        if content is None or check.framework == "generic" or self._is_distrusted(check):
            return None
        installed = _installed(self._environment, self._root)
        if installed is None:
            return None
        parts = (_FORMAT, content, _of_check(check), installed, self._surroundings)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    def recall(self, key: str | None) -> CheckReport | None:
        """The report under the key, None when there is none, it is too old, or it cannot be read."""
        if key is None:
            return None
        place = self._folder / f"{key}.json"
        try:
            if self._now() - place.stat().st_mtime > OLDEST_S:
                return None
            return _report(json.loads(place.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None  # nothing there, or a file that somebody damaged: the check is run

    def keep(self, key: str | None, report: CheckReport) -> None:
        """Keep what can be believed again: a counted report, not cut by any limit."""
        if key is None or not report.counted or report.limit or not report.results:
            return
        if any(one.kind in ("timeout", "crash", "memory", "output") for one in report.failures):
            return
        text = json.dumps(
            dataclasses.asdict(dataclasses.replace(report, output=report.output[-OUTPUT_CHARACTERS:]))
        )
        if len(text) > MOST_BYTES or self._mask(text) != text:
            return
        with contextlib.suppress(OSError):  # a full disk costs a second run, nothing else
            self._write(self._folder / f"{key}.json", text)
            self._shrink()

    def distrust(self, check: Check) -> None:
        """The check was seen to be flaky: none of its results is believed for a month, those that are kept neither."""
        with contextlib.suppress(OSError):
            self._write(self._mark(check), "flaky\n")

    def _is_distrusted(self, check: Check) -> bool:
        try:
            return self._now() - self._mark(check).stat().st_mtime <= FLAKY_S
        except OSError:
            return False

    def _mark(self, check: Check) -> Path:
        return self._folder / f"{hashlib.sha256(_of_check(check).encode()).hexdigest()[:32]}.flaky"

    def _write(self, place: Path, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = place.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        temporary.replace(place)

    def _shrink(self) -> None:
        """The oldest go first."""
        entries = sorted(self._folder.glob("*.json"), key=lambda place: place.stat().st_mtime)
        for place in entries[:-MOST_ENTRIES]:
            place.unlink(missing_ok=True)


def _of_check(check: Check) -> str:
    return json.dumps([check.argv, check.framework, check.cwd, check.env])


def _installed(environment: ProjectEnvironment, root: Path) -> str | None:
    """The interpreter and what is installed for it; None where code from elsewhere is imported."""
    python = environment.python
    if python is None:
        return None
    if any(not folder.is_relative_to(root) for folder in interpreters.editable_folders(python)):
        return None
    said = [str(python), *environment.path, *(f"{k}={v}" for k, v in sorted(environment.variables.items()))]
    try:
        said += [_stamp(python.resolve())]
        for folder in interpreters.site_packages(python):
            said += [_stamp(folder), *_packages(folder)]
        said += [_stamp(root / name) for name in environment.keep]
    except OSError:
        return None
    return "\n".join(said)


def _packages(folder: Path) -> Iterator[str]:
    """Each installed thing and when it was last written; a package's own files are rewritten by an installer only."""
    with os.scandir(folder) as found:
        for entry in sorted(found, key=lambda entry: entry.name):
            if entry.name != "__pycache__":
                yield f"{entry.name} {entry.stat(follow_symlinks=False).st_mtime_ns}"


def _stamp(place: Path) -> str:
    status = place.stat()
    return f"{place} {status.st_size} {status.st_mtime_ns} {status.st_ino}"


def _report(plain: Any) -> CheckReport:
    return CheckReport(
        **{
            **plain,
            "command": tuple(plain["command"]),
            "results": tuple(TestResult(**one) for one in plain["results"]),
            "failures": tuple(_failure(one) for one in plain["failures"]),
        }
    )


def _failure(plain: Any) -> Failure:
    frames = tuple(Frame(**one) for one in plain["frames"])
    return Failure(**{**plain, "frames": frames, "rerun": tuple(plain["rerun"])})
