"""Batches for people and machines: plan, run, resume, status, and what came of each item."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from flashagent.compose import batching
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import Place, Wishes, new_session_id, open_house, open_place
from flashagent.diffs import unified_diffs
from flashagent.errors import ExitCode, UsageError
from flashagent.events import Event
from flashagent.frontends import words
from flashagent.frontends.batch_text import BatchText
from flashagent.jobs.batch.events import BatchEvent, BatchFinished, EmitBatch, ItemState, to_line
from flashagent.jobs.batch.spec import BatchSpec
from flashagent.jobs.batch.store import BatchStore
from flashagent.values import FileChange

EXIT_CODES = {
    "done": ExitCode.OK, "nothing": ExitCode.OK, "partly": ExitCode.NOT_FIXED, "failed": ExitCode.NOT_FIXED,
    "interrupted": ExitCode.INTERRUPTED,
}  # fmt: skip
MODEL = "model_settings.model"
AGAIN: tuple[ItemState, ...] = ("failed", "conflict", "broke")


@dataclass(frozen=True)
class Call:
    """How a batch command was called. `settings` maps setting names to values, None for not given."""

    cwd: Path
    environ: Mapping[str, str]
    out: TextIO
    talk: TextIO
    settings: Mapping[str, object] = field(default_factory=dict)
    sandboxed: bool = True
    trust_project: bool = False
    json: bool = False
    apply: bool = False

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.settings, (), self.sandboxed, self.trust_project)

    def asking(self, model: str) -> Call:
        """The same call, with the job's own model where the command line names none."""
        if not model or self.settings.get(MODEL):
            return self
        return dataclasses.replace(self, settings={**self.settings, MODEL: model})


def plan(call: Call, spec: BatchSpec) -> int:
    """Show the items with their size and the estimated cost; nothing of a model or a rule runs."""
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        found = asyncio.run(_planned(call, place, spec))
    if call.json:
        items = [{**dataclasses.asdict(item), "paths": item.paths} for item in found.items]
        call.out.write(json.dumps({"items": items, "tokens": found.tokens, "cost": found.cost}) + "\n")
        return ExitCode.OK
    for item in found.items:
        size = sum(found.sizes.get(path, 0) for path in item.paths)
        call.out.write(
            f"{item.id}  {words.one_line(item.title, 70)}  {words.count(len(item.targets), 'place')}, {size:,} bytes\n"
        )
    cost = "" if not found.tokens else f", about {found.tokens:,} tokens {words.money(found.cost)}"
    call.out.write(f"{words.count(len(found.items), 'item')}{cost}\n")
    return ExitCode.OK


async def _planned(call: Call, place: Place, spec: BatchSpec) -> batching.Plan:
    house = open_house(place, call.wishes, _nobody, new_session_id(SystemClock()))
    try:
        return await batching.Batching(place, house, spec).plan()
    finally:
        await house.close()


def start(call: Call, spec: BatchSpec) -> int:
    """Begin a batch and run it to its end."""
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        spec = batching.with_settings(spec, place)
        return _headless(lambda: _run(call, place, spec, new_session_id(SystemClock()), fresh=True))


def resume(call: Call, batch: str, *, retry: bool = False) -> int:
    """Go on with a batch; `retry` also tries failed items again."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        batch = batching.chosen(place, batch)
        with batching.held(place, batch) as store:
            meta = store.meta()
            if meta.get("aborted"):
                raise UsageError(f"The batch {batch} was aborted.", hint="Start it again.")
            if retry:
                store.reset(AGAIN)
    spec = batching.loaded(meta["spec"])
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        return _headless(lambda: _run(call, place, spec, batch, fresh=False))


async def _run(call: Call, place: Place, spec: BatchSpec, batch: str, *, fresh: bool) -> BatchFinished:
    house = open_house(place, call.wishes, _nobody, batch)
    try:
        with batching.standing(place, house) as (base, still):
            work = batching.Batching(place, still, spec)
            finished = await _through(call, work, batch, base, fresh=fresh)
        if call.apply and finished.commit:
            _apply(place, batch, call)
        return finished
    finally:
        await house.close()


async def _through(
    call: Call, work: batching.Batching, batch: str, base: str, *, fresh: bool
) -> BatchFinished:
    if fresh:
        found = await work.plan()
        ground, finals = await work.ground(), await work.finals()
        work.new(batch, base, found.items)
    else:
        _same_base(work.place, batch, base)
        ground, finals = await work.ground(), await work.finals()
    emit, close = _sink(call, batch)
    try:
        with work.opened(batch, ground, finals, emit) as running:
            return await running.run()
    finally:
        close()


def _same_base(place: Place, batch: str, head: str) -> None:
    with batching.reading(place, batch) as store:
        base = store.meta()["base"]
    if base != head:
        raise UsageError(
            f"The batch started from {base[:12]}, and HEAD is {head[:12]} now.",
            hint=f"`git switch --detach {base[:12]}` first.",
        )


def status(call: Call, batch: str) -> int:
    """All batches in a line each, or one with its items."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        names = [batching.chosen(place, batch)] if batch else batching.known(place)
        found = []
        for name in names:
            with batching.reading(place, name) as store:
                found.append(_summary(store))
    if call.json:
        call.out.write(json.dumps(found[0] if batch else found) + "\n")
        return ExitCode.OK
    if not found:
        call.out.write("There is no batch in this repository yet.\n")
    for one in found:
        states = ", ".join(f"{number} {state}" for state, number in one["states"].items())
        call.out.write(
            f"{one['id']}  {one['name']}: {states}; {one['tokens']:,} tokens {words.money(one['cost'])}\n"
        )
        for row in one["items"] if batch else ():
            call.out.write(
                f"  {row['id']}  {row['state']:<9} {words.one_line(row['title'], 60)}  {words.one_line(row['message'], 80)}\n"
            )
    return ExitCode.OK


def _summary(store: BatchStore) -> dict[str, Any]:
    meta, rows, spent = store.meta(), store.rows(), store.spent()
    states: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + 1
    items = [
        {"id": row.item.id, "title": row.item.title, "state": row.state, "message": row.message}
        for row in rows
    ]
    return {
        "id": meta["id"], "name": meta["name"], "branch": meta["branch"], "commit": meta.get("tip", ""),
        "states": states, "tokens": spent.usage.total_tokens, "cost": spent.cost, "items": items,
    }  # fmt: skip


def show(call: Call, batch: str, item: str) -> int:
    """One item: its places, its attempts, its patch."""
    with (
        closing(open_place(call.cwd, call.environ, call.wishes)) as place,
        batching.reading(place, batching.chosen(place, batch)) as store,
    ):
        row = next((row for row in store.rows() if item in (row.item.id, row.item.id.lstrip("0"))), None)
        if row is None:
            raise UsageError(
                f"There is no item {item!r} in this batch.", hint="`flashagent batch status ID` lists them."
            )
        attempts = store.attempts(row.item.id)
    call.out.write(f"{row.item.id}  {row.state}  {words.one_line(row.item.title)}\n")
    for attempt in attempts:
        call.out.write(
            f"  try {attempt.number} by {attempt.how or 'nobody'}: {attempt.state}, {attempt.usage.total_tokens:,} tokens, "
            f"{words.seconds(attempt.seconds)}: {words.one_line(attempt.message, words.MAX_SENTENCE)}\n"
        )
    call.out.write(words.clean(unified_diffs(row.patch)))
    return ExitCode.OK


def abort(call: Call, batch: str) -> int:
    """Give a batch up: it cannot be resumed any more. Its branch, if there is one, stays."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        batch = batching.chosen(place, batch)
        with batching.held(place, batch) as store:
            store.set_meta(aborted="yes")
    call.out.write(f"The batch {batch} is given up.\n")
    return ExitCode.OK


def apply(call: Call, batch: str) -> int:
    """Bring the branch's changes into the user's own tree, as one patch that `undo` takes back."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        _apply(place, batching.chosen(place, batch), call)
    return ExitCode.OK


def _apply(place: Place, batch: str, call: Call) -> None:
    from flashagent.jobs.batch.integrating import lay

    with batching.reading(place, batch) as store:
        changes = lay([row for row in store.rows() if row.state == "merged"]).changes
    if not changes:
        raise UsageError(f"The batch {batch} has brought nothing that could be applied.")
    house = open_house(place, call.wishes, _nobody, batch)
    house.checkpoint(f"before the batch {batch}")
    house.workspace.apply(changes)
    call.talk.write(f"{_files(changes)} written to your files; `flashagent undo` takes it back.\n")


def _files(changes: tuple[FileChange, ...]) -> str:
    return words.count(len(changes), "file")


def _sink(call: Call, batch: str) -> tuple[EmitBatch, Callable[[], None]]:
    clock = SystemClock()
    if not call.json:
        text = BatchText(
            call.out, call.talk, clock, live=call.talk.isatty() and call.environ.get("TERM") != "dumb"
        )
        return text, text.close
    numbers = iter(range(1, 1 << 62))

    def emit(event: BatchEvent) -> None:
        call.out.write(to_line(event, seq=next(numbers), time=clock.now(), batch=batch) + "\n")
        call.out.flush()

    return emit, lambda: None


def _headless(job: Callable[[], Coroutine[Any, Any, BatchFinished]]) -> int:
    """Ctrl-C cancels once; the batch then tells its end as interrupted."""

    async def run() -> int:
        task = asyncio.create_task(job())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            return EXIT_CODES[(await task).outcome]
        except asyncio.CancelledError:
            return ExitCode.INTERRUPTED
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    return asyncio.run(run())


def _nobody(event: Event) -> None:
    """The checks of a batch tell nobody; each item's own events are on record."""
