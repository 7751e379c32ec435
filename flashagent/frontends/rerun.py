"""Do a recorded run once more: the same job on the files as they are now, with the recorded replies. Nothing is written to them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TextIO

from flashagent.compose.clock import SystemClock
from flashagent.compose.place import new_session_id
from flashagent.compose.tape import Tape
from flashagent.errors import ExitCode, UsageError
from flashagent.events import Emit
from flashagent.frontends.headless import run_headless
from flashagent.frontends.jsonl import JsonLines
from flashagent.frontends.oneshot import OneShot, job_at
from flashagent.frontends.outlet import Outlets
from flashagent.frontends.replay import Recording, read_recording
from flashagent.frontends.replay_diff import difference
from flashagent.frontends.text import TextAccount
from flashagent.frontends.ticking import ticking
from flashagent.untrusted import sanitize
from flashagent.version import VERSION


def run_again(
    path: Path,
    cwd: Path,
    environ: Mapping[str, str],
    out: TextIO,
    talk: TextIO,
    *,
    as_json: bool,
    verbosity: int,
) -> int:
    """0 where the run did the same as the recorded one, else 1 with the steps in which it went another way (on `talk`).

    Raises UsageError for a file that is no record, or one of a version that did not keep the job.
    """
    recording = read_recording(path)
    job = _job_of(path, recording)
    wish = _wish(path, job["wish"])
    clock = SystemClock()
    session = new_session_id(clock)
    with tempfile.TemporaryDirectory(prefix="flashagent-") as folder:
        with closing(Tape(Path(folder) / "again", clock, session, VERSION)) as tape:
            outlets = Outlets(out, talk)
            shown, said = outlets.streams
            account = TextAccount(shown, said, clock, progress=talk.isatty(), verbosity=verbosity)
            sink: Emit = JsonLines(shown, clock, session) if as_json else account
            played = job["models"], recording.entries
            run_headless(
                lambda: ticking(job_at(wish, cwd, environ, sink, session, tape, played=played), account),
                outlets,
            )
        again = read_recording(Path(folder) / "again")
    lines = difference((recording.head, *recording.entries), (again.head, *again.entries))
    talk.writelines(f"{sanitize(line)}\n" for line in lines or ["The run did the same as the recorded one."])
    return ExitCode.NOT_FIXED if lines else ExitCode.OK


def _job_of(path: Path, recording: Recording) -> Mapping[str, Any]:
    found = next((entry for entry in recording.entries if entry["k"] == "job"), None)
    if found is None:
        raise UsageError(
            f"{path} does not tell which job it was.",
            hint="Without --run the record can be played all the same.",
        )
    return found


def _wish(path: Path, plain: Mapping[str, Any]) -> OneShot:
    """The job as it was asked for, but that nothing is written."""
    known = {field.name for field in fields(OneShot)}
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()
    }
    if not given.keys() <= known:
        raise UsageError(
            f"{path} is of another version.", hint="Without --run it can be played all the same."
        )
    return replace(OneShot(**given), dry_run=True)
