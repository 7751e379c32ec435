"""What an earlier job came to, for one that goes on with it: read from its record, told to a model as data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flashagent.agent.recorder import read_record
from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.frontends.sessions import find_session

DONE = ("fixed", "already_green", "changed_unverified")


@dataclass(frozen=True, slots=True)
class Earlier:
    """`session` is its id; `account` says how the job ended, what was tried, and the best patch of it, which is not in the files."""

    goal: str
    account: str
    session: str = ""


def earlier_work(folder: Path, name: str, own: str = "") -> Earlier:
    """The work of the job whose session id begins with `name`, 'last' for the last job of all but the session `own`.

    Raises UsageError when there is none, when it had reached its goal, or when its record breaks off before it ended.
    """
    path = _last_job(folder, own) if name == "last" else find_session(folder, name)
    ended = _ended(path)
    if ended is None:
        raise UsageError(
            f"Session {path.stem} holds no finished job: there is nothing to go on with.",
            hint="`flashagent sessions list` shows the sessions; run again without --resume.",
        )
    outcome = str(ended.get("outcome", ""))
    if outcome in DONE:
        raise UsageError(f"Session {path.stem} ended with '{outcome}': there is nothing left to do.")
    report = ended.get("report")
    return Earlier(*_account(outcome, ended, report if isinstance(report, Mapping) else {}), path.stem)


def _last_job(folder: Path, own: str) -> Path:
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        if path.stem != own and _ended(path) is not None:
            return path
    raise UsageError("There is no job of this project yet to go on with.", hint=f"They lie in {folder}.")


def _ended(path: Path) -> Mapping[str, Any] | None:
    return next(
        (line for line in reversed(list(read_record(path))) if line.get("type") == "JobFinished"), None
    )


def _account(outcome: str, ended: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[str, str]:
    failing = [str(test) for test in report.get("still_failing") or ()]
    parts = [f"An earlier run on this ended with '{outcome}'. {report.get('message', '')}".strip()]
    parts += [f"- {reason}" for reason in report.get("reasons") or ()]
    if failing:
        parts.append(f"Still failing then: {', '.join(failing[:12])}")
    if patch := str(ended.get("patch", "")):
        parts.append(f"Its best patch, which is NOT in the files:\n{patch}")
    return str(report.get("goal", "")), "\n".join(parts)
