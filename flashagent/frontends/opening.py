"""What is said before work begins: which settings are not used and why, and that nothing protects."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.events import Notice
from flashagent.settings import Ignored

MOST_NAMED = 6
NO_SANDBOX = Notice(
    "warning",
    "NO SANDBOX: checks run unprotected.",
    "Where you can be asked, each command and edit asks first. Leave out --no-sandbox to be safe.",
)


def ignored_notices(ignored: Sequence[Ignored]) -> list[Notice]:
    """One notice for each reason, naming what it is about."""
    by_reason: dict[str, list[str]] = {}
    for one in ignored:
        by_reason.setdefault(one.reason, []).append(f"{one.key} ({one.where})")
    return [_notice(reason, found) for reason, found in by_reason.items()]


def _notice(reason: str, found: Sequence[str]) -> Notice:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    verb = "is" if len(found) == 1 else "are"
    why, _, hint = reason.partition("; ")
    return Notice("warning", f"{', '.join(found[:MOST_NAMED])}{more} {verb} not used: {why}.", hint)
