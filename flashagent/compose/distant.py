"""Items of a batch on another machine: the base unpacked once, one house per batch and process, one try after another.

Settings, keys and the sandbox are this machine's own; the task brings none.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flashagent.agent.limits import Budget
from flashagent.agent.recorder import NOT_RECORDED
from flashagent.compose import pacing
from flashagent.compose.batch_state import loaded
from flashagent.compose.batching import Batching, standing
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import open_house
from flashagent.compose.pacing import Paces
from flashagent.compose.place import Place, Wishes, open_place
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, UsageError
from flashagent.events import Emit, Event, to_line, with_texts
from flashagent.folders import Folders
from flashagent.jobs.batch.travelling import Task, Told
from flashagent.jobs.batch.working import Worked, Workshop
from flashagent.models.pace import Note
from flashagent.untrusted import Secrets
from flashagent.workspace.bundles import unbundled

MODEL = "model_settings.model"
_TOLD_AFTER_S = 0.02  # what happens meanwhile is told with it


@dataclass
class _Bench:
    """One batch on this machine, open for as long as the process lives."""

    place: Place
    shop: Workshop
    stack: contextlib.AsyncExitStack

    async def work(self, task: Task) -> Told:
        lines: list[str] = []
        mask = Secrets(self.place.secrets).mask

        def note(event: Event) -> None:
            if not isinstance(event, NOT_RECORDED):
                clock = self.place.clock
                session = f"{task.item.id}-{task.attempt}"
                masked = with_texts(event, mask)
                lines.append(to_line(masked, seq=len(lines) + 1, time=clock.now(), session=session))

        @contextlib.contextmanager
        def record(item: str, attempt: int) -> Iterator[Emit]:
            yield note

        budget = Budget(task.limits, self.place.clock, self.shop.house.price)
        worked = await replace(self.shop, record=record).work(task.item, task.attempt, budget, task.below)
        return Told(worked, budget.usage, budget.cost, budget.requests, tuple(lines))


class Benches:
    """All batches that this process works on. `work` may be called from many threads; the items share one event loop, in
    which they run side by side."""

    def __init__(
        self, environ: Mapping[str, str], *, sandboxed: bool = True, tell: Callable[[str], None] | None = None
    ) -> None:
        """`tell` hears, in batches, how the endpoints answered here: `hear` takes the same of other processes. It is called
        from a thread of ours."""
        self._environ = dict(environ)
        self.tell = tell
        self._paces = Paces(SystemClock(), tell=self._note)
        self._notes: list[tuple[str, Note]] = []
        self._sandboxed = sandboxed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flashagent", daemon=True)
        self._thread.start()
        self._benches: dict[tuple[str, str], asyncio.Task[_Bench]] = {}

    def hear(self, notes: str) -> None:
        """May be called from any thread."""
        for name, note in pacing.loaded(notes):
            self._loop.call_soon_threadsafe(self._paces.hear, name, note)

    def _note(self, name: str, note: Note) -> None:
        if not self._notes:
            self._loop.call_later(_TOLD_AFTER_S, self._tell_notes)
        self._notes.append((name, note))

    def _tell_notes(self) -> None:
        notes, self._notes = self._notes, []
        if self.tell is not None:
            self.tell(pacing.dumped(notes))

    def work(self, task: Task, bundle: Callable[[], Sequence[bytes]]) -> Told:
        """One try. Trouble of this machine (no model, a red check, no sandbox) is told as `unfit`."""
        told: Told = self._run(self._work(task, bundle))
        return told

    def close(self) -> None:
        """Give back the folders and connections of all batches."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _work(self, task: Task, bundle: Callable[[], Sequence[bytes]]) -> Told:
        key = (task.batch, task.tree)
        if key not in self._benches:
            self._benches[key] = asyncio.create_task(self._opened(task, bundle))
        opening = self._benches[key]
        try:
            bench = await asyncio.shield(opening)
        except Exception as error:
            if self._benches.get(key) is opening:  # whoever comes next tries anew
                del self._benches[key]
            if not isinstance(error, FlashagentError | OSError):
                raise
            return Told(Worked("failed", "", (), ""), unfit=str(error) or type(error).__name__)
        return await bench.work(task)

    async def _opened(self, task: Task, bundle: Callable[[], Sequence[bytes]]) -> _Bench:
        spec = loaded(task.spec)
        wishes = Wishes({MODEL: spec.model or None}, (), self._sandboxed)
        folder = Folders.of(self._environ).cache / "bases"
        root = await asyncio.to_thread(lambda: unbundled(bundle(), task.tree, folder, self._environ))
        async with contextlib.AsyncExitStack() as stack:
            place = open_place(root, self._environ, wishes)
            stack.callback(place.close)
            house = open_house(place, wishes, _nobody, task.batch, paces=self._paces)
            if spec.instruction and house.models is None:
                raise UsageError("No model is configured on this worker.", hint=house.no_model_hint)
            stack.push_async_callback(house.close)
            _, still = await asyncio.to_thread(stack.enter_context, standing(place, house))
            work = Batching(place, still, spec)
            shop = work.shop(await work.ground(), _no_record, task.rule_code)
            return _Bench(place, shop, stack.pop_all())
        raise AssertionError("the stack swallows nothing")

    async def _close(self) -> None:
        for bench in self._benches.values():
            with contextlib.suppress(FlashagentError, OSError):
                await (await bench).stack.aclose()


@contextlib.contextmanager
def _no_record(item: str, attempt: int) -> Iterator[Emit]:
    yield _nobody


def _nobody(event: Event) -> None:
    """What happens outside of a try is told to nobody."""
