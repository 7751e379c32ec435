"""What a job works with: the real things of one repository, built by `compose.py`. No settings reach a job."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent import untrusted
from flashagent.agent.approvals import Mode
from flashagent.agent.approver import Forgetful, Memory, Questions
from flashagent.agent.facts import Facts, NoFacts
from flashagent.agent.limits import PriceOf
from flashagent.dataclass import dataclass
from flashagent.edits.choose import Asking, ask
from flashagent.edits.values import Format
from flashagent.ports import Clock, CommandRunner, MapQuery
from flashagent.prompts import Prompt
from flashagent.tools.tree import Inspect, Tree, no_inspection
from flashagent.values import Contrast, FileChange
from flashagent.verify.detect import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.resultcache import ResultCache
from flashagent.verify.run import Verifier

if TYPE_CHECKING:
    from flashagent.diagnose.lsp.servers import LanguageServers
    from flashagent.jobs.choosing import Choices
    from flashagent.jobs.kept import Offer
    from flashagent.models.router import Router
    from flashagent.repomap.index import MapStats
    from flashagent.workspace.checkpoints import Checkpoints
    from flashagent.workspace.git import Repository
    from flashagent.workspace.journal import Workspace
    from flashagent.workspace.past import PastTrees
    from flashagent.workspace.worktrees import CandidateTrees, Trees


def idle_cores() -> int:
    """Cores that nothing has used in the last minute, less one that the model's edits need."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(0, cores - 1 - round(os.getloadavg()[0]))


@dataclass(frozen=True)
class Models:
    """The configured models. `tools` is false for models that only get the plain-text protocol; `reply_cap` is the
    longest reply in tokens, whatever the effort; `window` the context in tokens, 0 while unknown; `edit_formats` the
    user's own table of edit formats by model name."""

    router: Router
    tools: bool = True
    reply_cap: int = 16_000
    temperature: float | None = None
    window: int = 0
    edit_formats: Mapping[str, Format] = field(default_factory=dict)

    @property
    def asking(self) -> Asking:
        """The format of edits that a conversation with these models begins with."""
        return ask(self.router.flash.name, tools=self.tools, extra=self.edit_formats)


@dataclass(frozen=True)
class Texts:
    """The prompts of a job, loaded. `formats` tells how to write edits in each format."""

    system: Prompt
    fix: Prompt
    do: Prompt
    feedback: Prompt
    text_edits: Prompt
    compact: Prompt
    sum_up: Prompt
    review: Prompt
    plan: Prompt
    tools: Mapping[str, str]
    formats: Mapping[Format, str]


@dataclass(frozen=True)
class House:
    """One repository and everything that may be done with it."""

    root: Path
    repository: Repository
    workspace: Workspace
    checkpoints: Checkpoints
    trees: CandidateTrees
    runner: CommandRunner
    environment: ProjectEnvironment
    verifier: Verifier
    checks: Callable[[], Sequence[Check]]
    open_map: Callable[[], tuple[MapQuery, MapStats]]
    open_tree: Callable[[Path], Tree]
    session_id: str
    clock: Clock
    texts: Texts
    patches: Path
    models: Models | None = None
    no_model_hint: str = ""
    price: PriceOf = lambda model, usage: None
    mask: Callable[[str], str] = lambda text: text
    inspect: Inspect = no_inspection
    servers: LanguageServers | None = None
    hooks: str = ""
    notes: str = ""
    mode: Mode = "auto"
    can_ask: bool = False
    questions: Questions = field(default_factory=Questions)
    choices: Choices | None = None  # None where nobody is there to choose a patch
    memory: Memory = field(default_factory=Forgetful)
    facts: Facts = field(default_factory=NoFacts)
    unconfined: CommandRunner | None = None
    secret_files: tuple[str, ...] = ()
    unseen_variables: Callable[[], frozenset[str]] = (
        frozenset  # names of the user's variables that commands do not see
    )
    focus_tokens: int = 900
    notes_of_commits: Path | None = None
    past: Callable[[], PastTrees] | None = None
    results: ResultCache | None = None
    editable: Trees | None = (
        None  # trees for models to edit, where they are others than those that checks run in
    )
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    places: asyncio.Semaphore | None = None  # for candidate trees: many at once slow each other down
    further: Callable[[], Sequence[Check]] = (
        tuple  # types, style and build: told on request, never needed for a repair
    )
    idle: Callable[[], int] = idle_cores

    def read(self, path: str) -> str | None:
        """The text of a file of the user's tree, None when it is not there or may not be read."""
        from flashagent.errors import FlashagentError

        try:
            return self.workspace.read(path)
        except FlashagentError:
            return None

    async def close(self) -> None:
        """Give back candidate trees and connections, and end what still runs."""
        if self.servers is not None:
            await self.servers.close()
        await asyncio.to_thread(self.trees.close)
        if self.models is not None:
            await self.models.router.aclose()

    def checkpoint(self, label: str) -> None:
        self.checkpoints.take(label)

    def commit(self, changes: Sequence[FileChange], message: str, *, timeout_s: float = 120.0) -> str:
        return self.repository.commit(changes, message, timeout_s=timeout_s, notes=self.notes_of_commits)

    def commit_message(
        self, goal: str, how: str, changes: Sequence[FileChange], fixed: Sequence[str] = ()
    ) -> str:
        """A subject in the repository's own style (with a `type:` prefix where most recent ones have one)."""
        recent = self.repository.recent_messages(20)
        conventional = sum(1 for message in recent if is_conventional(message)) * 2 > len(recent)
        goal, how = untrusted.plain(goal), without_trailers(untrusted.plain(how))
        subject = goal.strip().partition("\n")[0] or _subject(changes, fixed)
        if conventional:
            subject = f"fix: {subject[0].lower()}{subject[1:]}"
        return f"{subject[:72]}\n\n{how}".strip() + "\n"

    def keep(self, offers: Sequence[Offer], check: str, contrasts: Sequence[Contrast] = ()) -> str:
        """Keep patches that were not applied in the user's state folder; returns the path of the file."""
        from flashagent.jobs.kept import Kept, keep

        return str(keep(self.patches, Kept(tuple(offers), self.clock.now(), check, tuple(contrasts))))


def _subject(changes: Sequence[FileChange], fixed: Sequence[str]) -> str:
    """'Fix loans.py: test_a_book_is_not_overdue', or the files alone where no test is known."""
    files = ", ".join(Path(change.path).name for change in changes[:3])
    if not fixed:
        return f"Fix {files}"
    test = re.split(r"::|\.(?=\w+$)", fixed[0])[-1]
    return f"Fix {files}: {test}" + (f" and {len(fixed) - 1} more" if len(fixed) > 1 else "")


def without_trailers(text: str) -> str:
    """The text without lines that git would read as somebody's word: a model may not sign for a person."""
    return "\n".join(
        line for line in text.splitlines() if not re.match(r"\s*[\w-]+-by\s*:", line, re.IGNORECASE)
    )


def is_conventional(message: str) -> bool:
    """Whether the message begins with a type, as in 'fix: ...' or 'feat(map)!: ...'."""
    kind, colon, _ = message.partition(":")
    return bool(colon) and kind.split("(")[0].rstrip("!").isalpha() and " " not in kind and kind.islower()
