"""Open a batch in one repository: its items from the selectors, its ground from a run of the checks, its state on disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.agent.limits import Budget
from flashagent.agent.recorder import NOT_RECORDED, Recorder
from flashagent.compose.batch_state import dumped, folder_of, held, reading
from flashagent.compose.inspect import inspector
from flashagent.compose.place import Place
from flashagent.compose.selecting import Finder
from flashagent.dataclass import dataclass
from flashagent.errors import UsageError
from flashagent.events import Emit, Event, with_texts
from flashagent.jobs.batch.batch import Batch
from flashagent.jobs.batch.checking import MergedChecks
from flashagent.jobs.batch.events import EmitBatch
from flashagent.jobs.batch.grouping import items_of
from flashagent.jobs.batch.looking import LookingRunner
from flashagent.jobs.batch.rules import Rewriter
from flashagent.jobs.batch.running import WorkOn
from flashagent.jobs.batch.spec import BatchSpec, Item
from flashagent.jobs.batch.travelling import Task, Told
from flashagent.jobs.batch.unchecked import NOTHING, PASSED
from flashagent.jobs.batch.working import Ground, Worked, Workshop
from flashagent.jobs.house import House
from flashagent.jobs.trees import candidate
from flashagent.ports import MapQuery
from flashagent.untrusted import Secrets
from flashagent.values import CheckReport, FileChange, FocusQuery, Usage
from flashagent.verify.commands import Check, check_from_text
from flashagent.workspace.branches import check_new_branch
from flashagent.workspace.differing import DifferingTrees
from flashagent.workspace.disk import write_durably
from flashagent.workspace.journal import Workspace
from flashagent.workspace.still import LookingTrees, still

if TYPE_CHECKING:
    from flashagent.repomap.index import MapStats

_CHECKS_PER_CORE = 2  # some wait for a disk or a clock
# What an item of a model costs beside the code it is shown: system, tools and goal; and its reply.
_FRAME_TOKENS, _REPLY_TOKENS, _REQUESTS = 1_400, 500, 1.5


@dataclass(frozen=True)
class Plan:
    """What a batch would do. Tokens are estimates: bytes of the items' files over four, capped by the focus, per request."""

    items: tuple[Item, ...]
    sizes: Mapping[str, int]
    tokens: int
    cost: float | None


@contextlib.contextmanager
def standing(place: Place, house: House) -> Iterator[tuple[str, House]]:
    """The commit that a batch starts from, and a house whose files and trees are that commit's, whatever the user saves
    meanwhile. Raises UsageError without a commit, or with changes that no commit holds."""
    base = _clean_head(place)
    with still(house.repository, folder_of(place)) as (ground, repository, trees):
        if _clean_head(place) != base:
            raise UsageError("HEAD moved while the batch was starting.", hint="Start it again.")
        workspace = Workspace(ground, place.state / "candidates")
        inspect = inspector(house.runner, house.environment, place.root, repository.files)
        here = replace(house, repository=repository, trees=trees, workspace=workspace, inspect=inspect)
        if not house.runner.protects:  # a command could write to any tree: each agent gets one of its own
            yield base, here
            return
        looks = LookingTrees(house.repository, folder_of(place) / "looks", ground)
        with looks:
            yield base, _editing_differences(here, ground, looks)


def _editing_differences(house: House, ground: Path, looks: LookingTrees) -> House:
    """The house with trees for models that take no time to make."""
    differing = DifferingTrees(ground, looks, looks.folder())
    return replace(
        house,
        editable=differing,
        open_tree=lambda place: differing.find(place) or house.open_tree(place),
        runner=LookingRunner(house.runner, differing),
    )


def _clean_head(place: Place) -> str:
    calls = place.repository.calls
    head = place.repository.head()
    if head is None:
        raise UsageError("A batch starts from a commit, and there is none yet.", hint="Commit first.")
    differs = ("diff-index", "--quiet", "--ignore-submodules=all", "HEAD", "--")
    if calls.finish(*differs)[0] != 0:
        calls.finish("update-index", "-q", "--refresh")
        if calls.finish(*differs)[0] != 0:
            raise UsageError(
                "A batch starts from a commit, and files are changed that no commit holds.",
                hint="Commit or stash your changes first.",
            )
    return head


class Batching:
    """The work of one batch in an open house."""

    def __init__(self, place: Place, house: House, spec: BatchSpec) -> None:
        self.place = place
        self.house = house
        self.spec = spec
        self._reports: dict[tuple[str, str], CheckReport] = {}
        self._map: asyncio.Task[tuple[MapQuery, MapStats]] | None = None

    async def warm(self) -> None:
        """What would hold up the first items: the model's client, the loop's own modules, and the history of the map."""
        models = self.house.models
        if not self._asks() or models is None:
            return
        repo_map, query = await self._repo_map(), FocusQuery(text=self.spec.instruction)
        await asyncio.gather(
            models.router.flash.warm(),
            asyncio.to_thread(import_module, "flashagent.jobs.asking"),
            asyncio.to_thread(repo_map.rank, query, limit=1),
        )

    async def _repo_map(self) -> MapQuery:
        """The map, read once: items are found and worked on by the same one."""
        if self._map is None:
            self._map = asyncio.create_task(asyncio.to_thread(self.house.open_map))
        return (await asyncio.shield(self._map))[0]

    async def plan(self) -> Plan:
        """The items, with what they would cost. Runs the check only when the batch is about failing tests."""
        repo_map = await self._repo_map()
        files = await asyncio.to_thread(self._tracked)
        failing = any(selector.kind == "failing" for selector in self.spec.select)
        reports = [await self._report(check) for check in self.house.checks()] if failing else []
        finder = Finder(self.house, repo_map, files, reports)
        targets = await finder.targets(self.spec.select)
        sizes = {path: _size(self.place.root / path) for path in {target.path for target in targets} if path}

        def imports(paths: Sequence[str]) -> dict[str, Sequence[str]]:
            return {path: repo_map.imports(path) for path in paths}

        items = await asyncio.to_thread(items_of, self.spec, targets, sizes, imports)
        tokens = sum(self._tokens(item, sizes) for item in items) if self._asks() else 0
        return Plan(tuple(items), sizes, tokens, self._cost(tokens))

    def _tracked(self) -> list[str]:
        """What the commits hold: a file that git does not know yet is in no item's tree."""
        listed = self.house.repository.calls.run("ls-files", "-z")
        known = frozenset(os.fsdecode(listed).split("\0"))
        return [path for path in self.house.repository.files() if path in known]

    async def ground(self) -> Ground:
        """The checks of single items, run on the base. Raises UsageError when one of them is red before the batch."""
        repo_map = await self._repo_map()
        checks = self._checks(self.spec.item_check, default=() if not self._asks() else None)
        if self._asks() and not checks:  # a model's loop ends with a check
            return Ground((NOTHING,), (PASSED,), repo_map)
        return Ground(checks, tuple([await self._green(check) for check in checks]), repo_map)

    async def finals(self) -> tuple[tuple[Check, CheckReport], ...]:
        """The checks that decide about the branch, run on the base."""
        return tuple(
            [(check, await self._green(check)) for check in self._checks(self.spec.final_check, default=None)]
        )

    def new(self, batch: str, base: str, items: Sequence[Item], *, elsewhere: bool = False) -> None:
        """Write the batch down; `elsewhere` says that others do the work, with models of their own. Raises UsageError when
        there is nothing to do, WorkspaceError when its branch could not be made at the end."""
        if not items:
            raise UsageError(
                "The selectors find nothing, so there is nothing to do.",
                hint="`flashagent batch plan` shows what they find.",
            )
        if self._asks() and not elsewhere and self.house.models is None and self.spec.rule is None:
            raise UsageError("This batch needs a model.", hint=self.house.no_model_hint)
        branch = self.spec.branch or f"flashagent/{batch}"
        check_new_branch(self.place.repository, branch)
        meta = {
            "id": batch, "name": self.spec.name, "spec": dumped(self.spec), "base": base,
            "branch": branch, "created": self.place.clock.now(),
        }  # fmt: skip
        with reading(self.place, batch) as store:
            store.begin(meta, items)

    @contextlib.contextmanager
    def opened(
        self,
        batch: str,
        ground: Ground,
        finals: Sequence[tuple[Check, CheckReport]],
        emit: EmitBatch,
        work: WorkOn,
    ) -> Iterator[Batch]:
        """The batch, ready to run, held by this process alone. Raises WorkspaceError when another one has it."""
        names = ", ".join(check.name for check, _ in finals)
        with held(self.place, batch) as store:
            checks = MergedChecks(self.house, ground, finals, store)
            yield Batch(batch, self.spec, store, self.house, work, checks, emit, self.place.clock, names)

    def work_here(self, batch: str, ground: Ground) -> WorkOn:
        """The work of this machine, each try on record in the batch's folder."""
        folder = folder_of(self.place) / batch / "items"
        return self.shop(ground, lambda item, attempt: self._record(folder, item, attempt)).work

    def work_there(self, batch: str, tree: str, send: Callable[[Task], Awaitable[Told]]) -> WorkOn:
        """The work of other machines, which have the base as `tree`. What they record comes into the batch's folder."""
        folder = folder_of(self.place) / batch / "items"
        spec, code = dumped(self.spec), self.rule_code()

        places = asyncio.Semaphore(self.spec.jobs)  # whoever has an item there may ask the model

        async def work(item: Item, attempt: int, budget: Budget, below: Sequence[FileChange] = ()) -> Worked:
            async with places:
                told = await send(Task(batch, tree, spec, item, attempt, budget.limits, tuple(below), code))
            budget.spent_elsewhere(told.usage, told.cost, told.requests)
            record = "".join(f"{line}\n" for line in told.events)
            place = folder / f"{item.id}-{attempt}.jsonl"
            await asyncio.to_thread(write_durably, place, record.encode("utf-8", "surrogateescape"))
            return told.worked

        return work

    def shop(
        self,
        ground: Ground,
        record: Callable[[str, int], contextlib.AbstractContextManager[Emit]],
        rule_code: str | None = None,
    ) -> Workshop:
        """`rule_code` is the text of a rule's own file, None to read it here."""
        models = self.house.models if self._asks() else None
        places = asyncio.Semaphore(_CHECKS_PER_CORE * (os.cpu_count() or 1))
        house = replace(self.house, places=places)
        return Workshop(self.spec, house, ground, models, self._rewriter(rule_code), record)

    def _asks(self) -> bool:
        return bool(self.spec.instruction)

    def _checks(self, text: str | None, default: Sequence[Check] | None) -> tuple[Check, ...]:
        if text is not None:
            return (check_from_text(text, why="the job file"),) if text.strip() else ()
        found = tuple(self.house.checks() if default is None else default)
        if not found and default is None:
            raise UsageError(
                "No check was found.",
                hint="Say which command must pass: --check 'CMD', or `check:` in the job file.",
            )
        return found

    async def _green(self, check: Check) -> CheckReport:
        report = await self._report(check)
        if not report.green and not any(selector.kind == "failing" for selector in self.spec.select):
            raise UsageError(
                f"The check `{check.name}` fails before the batch began.",
                hint="Repair it first (`flashagent fix`), or choose another with --check.",
            )
        return report

    async def _report(self, check: Check) -> CheckReport:
        key = (check.cwd, check.name)
        if key not in self._reports:
            async with candidate(self.house) as tree:
                self._reports[key] = await self.house.verifier.run(check, tree=tree, original=True)
        return self._reports[key]

    def rule_code(self) -> str:
        """The text of the file that the rule names, '' where it names none. Raises UsageError when it cannot be read."""
        if self.spec.rule is None or self.spec.rule.kind != "python":
            return ""
        path = Path(self.spec.rule.find.rpartition(":")[0])
        try:
            return (self.place.cwd / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The rule's file {path} cannot be read: {getattr(error, 'strerror', None) or error}."
            ) from error

    def _rewriter(self, code: str | None) -> Rewriter | None:
        rule = self.spec.rule
        if rule is None:
            return None
        python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or sys.executable
        return Rewriter(
            rule, self.house.runner, self.place.root, python, self.rule_code() if code is None else code
        )

    @contextlib.contextmanager
    def _record(self, folder: Path, item: str, attempt: int) -> Iterator[Emit]:
        name = f"{item}-{attempt}"
        mask = Secrets(self.place.secrets).mask
        with contextlib.closing(
            Recorder(folder / f"{name}.jsonl", name, self.place.clock, synced=False)
        ) as recorder:

            def emit(event: Event) -> None:
                if not isinstance(event, NOT_RECORDED):
                    recorder(with_texts(event, mask))

            yield emit

    def _tokens(self, item: Item, sizes: Mapping[str, int]) -> int:
        shown = min(self.house.focus_tokens, sum(sizes.get(path, 0) for path in item.paths) // 4)
        return int(_REQUESTS * (_FRAME_TOKENS + shown) + _REPLY_TOKENS)

    def _cost(self, tokens: int) -> float | None:
        if self.house.models is None or not tokens:
            return 0.0 if not tokens else None
        replies = tokens * _REPLY_TOKENS // (_REPLY_TOKENS + _FRAME_TOKENS)
        return self.house.price(self.house.models.router.flash.name, Usage(tokens - replies, 0, replies))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
