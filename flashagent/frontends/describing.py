"""Describe a change for a commit or a pull request: with the model where one is configured, else by rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import field
from pathlib import Path
from typing import TextIO

from flashagent.agent.limits import Budget
from flashagent.compose.limits import limits_of
from flashagent.compose.models import build_models, price_of
from flashagent.compose.place import Place, Wishes, open_place
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, UsageError
from flashagent.frontends import words
from flashagent.jobs.describing import Change, by_model, by_rules
from flashagent.jobs.house import Models
from flashagent.prompts import load
from flashagent.secrecy import Secrets
from flashagent.tools.guarded import Guard
from flashagent.workspace.compared import Compared, of_index, of_range, of_work_tree

RECENT = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """`range` is as for `compared.of_range`; '' means what is staged, and the work tree where nothing is."""

    range: str = ""
    staged: bool = False
    pull_request: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)
    trust_project: bool = False


def run_describe(wanted: Wanted, cwd: Path, environ: Mapping[str, str], out: TextIO, talk: TextIO) -> int:
    """0. Raises UsageError when nothing changed. A model that gives no answer is replaced by the rules, and that is said."""
    wishes = Wishes(wanted.settings, trust_project=wanted.trust_project)
    with closing(open_place(cwd, environ, wishes)) as place:
        change = change_at(place, wanted)
        models = build_models(place.settings, place.clock, Secrets(place.secrets).mask)
        text, why = asyncio.run(_described_and_closed(change, place, models, wanted.pull_request))
    if why:
        talk.write(f"Told by rules: {words.one_line(why, words.MAX_SENTENCE)}\n")
    out.write(words.clean(text))
    return 0


def change_at(place: Place, wanted: Wanted) -> Change:
    """What is described. Raises UsageError when nothing changed, or a commit is not there."""
    repository = place.repository
    found = _compared(place, wanted)
    if not found.changes and not found.unread:
        raise UsageError("Nothing has changed.", hint="Name two commits: `flashagent describe main..HEAD`.")
    guard = Guard(secret=place.settings.secret_files)
    return Change(found.changes, found.unread, repository.recent_messages(RECENT), guard.is_secret)


def _compared(place: Place, wanted: Wanted) -> Compared:
    repository = place.repository
    if wanted.range:
        return of_range(repository, wanted.range)
    staged = of_index(repository)
    if wanted.staged or staged.changes or staged.unread:
        return staged
    return of_work_tree(repository, repository.head() or repository.empty_tree())


async def described(
    change: Change, place: Place, models: Models | None, *, pull_request: bool
) -> tuple[str, str]:
    """The text, masked, and why it comes from rules ('' where it does not)."""
    mask = Secrets(place.secrets).mask
    rules = mask(by_rules(change, pull_request=pull_request))
    if models is None:
        return rules, ""
    folders = tuple(Path(folder) for folder in place.settings.prompt_folders)
    budget = Budget(limits_of(place.settings), place.clock, price_of(place.settings))
    try:
        said = await by_model(
            change, models, load("describe", folders), budget, mask, pull_request=pull_request
        )
    except FlashagentError as error:
        return rules, error.message
    return (said, "") if said else (rules, "the model said nothing of use.")


async def _described_and_closed(
    change: Change, place: Place, models: Models | None, pull_request: bool
) -> tuple[str, str]:
    try:
        return await described(change, place, models, pull_request=pull_request)
    finally:
        if models is not None:
            await models.router.aclose()
