"""Batches for people and machines: what one would do, how one stands, and what came of each item."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from contextlib import closing
from typing import Any

from flashagent.compose import batch_state, batching
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import open_house
from flashagent.compose.place import Place, new_session_id, open_place
from flashagent.diffs import unified_diffs
from flashagent.errors import ExitCode, UsageError
from flashagent.frontends import words
from flashagent.frontends.batch_apply import apply_to_files
from flashagent.frontends.batch_call import Call, nobody
from flashagent.frontends.batch_reports.writing import write_report
from flashagent.jobs.batch.spec import BatchSpec
from flashagent.jobs.batch.store import BatchStore

_TITLE = 70


def plan(call: Call, spec: BatchSpec) -> int:
    """Show the items with their size and the estimated cost; nothing of a model or a rule runs."""
    call = call.asking(spec.model)
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        found = asyncio.run(_planned(call, place, spec))
    if call.json:
        items = [{**dataclasses.asdict(item), "paths": item.paths} for item in found.items]
        call.out.write(json.dumps({"items": items, "tokens": found.tokens, "cost": found.cost}) + "\n")
        return ExitCode.OK
    sizes = [sum(found.sizes.get(path, 0) for path in item.paths) for item in found.items]
    places = [words.count(len(item.targets), "place") for item in found.items]
    width = min(_TITLE, max((len(item.title) for item in found.items), default=0))
    for item, size, where in zip(found.items, sizes, places, strict=True):
        title = words.one_line(item.title, _TITLE)
        call.out.write(f"{item.id}  {title:<{width}}  {where:>10}  {size:>9,} bytes\n")
    call.out.write(f"{words.count(len(found.items), 'item')}, {sum(sizes):,} bytes{_estimate(spec, found)}\n")
    if not found.items:
        call.out.write("  The selectors find nothing that the commits hold.\n")
    return ExitCode.OK


def _estimate(spec: BatchSpec, found: batching.Plan) -> str:
    if not found.tokens:
        return "; no model is asked" if not spec.instruction else ""
    cost = words.money(found.cost)
    return f"; about {found.tokens:,} tokens, {f'about {cost}' if cost else 'the price of the model is not known'}"


async def _planned(call: Call, place: Place, spec: BatchSpec) -> batching.Plan:
    house = open_house(place, call.wishes, nobody, new_session_id(SystemClock()))
    try:
        return await batching.Batching(place, house, spec).plan()
    finally:
        await house.close()


def status(call: Call, batch: str) -> int:
    """All batches in a line each, or one with its items."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        names = [batch_state.chosen(place, batch)] if batch else batch_state.known(place)
        found = []
        for name in names:
            with batch_state.reading(place, name) as store:
                found.append(_summary(store))
    if call.json:
        call.out.write(json.dumps(found[0] if batch else found) + "\n")
        return ExitCode.OK
    if not found:
        call.out.write("There is no batch in this repository yet.\n")
    for one in found:
        states = ", ".join(f"{number} {state}" for state, number in one["states"].items())
        spent = f"{one['tokens']:,} tokens {words.money(one['cost'])}".rstrip()
        call.out.write(f"{one['id']}  {words.one_line(one['name'], 60)}: {states}; {spent}\n")
        facts = [f"branch {one['branch']} at {one['commit'][:12]}"] if one["commit"] else []
        if facts := [*facts, *(["given up"] if one["aborted"] else [])]:
            call.out.write(f"  {'; '.join(facts)}\n")
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
        "aborted": "aborted" in meta, "states": states, "tokens": spent.usage.total_tokens, "cost": spent.cost, "items": items,
    }  # fmt: skip


def show(call: Call, batch: str, item: str) -> int:
    """One item: its places, its attempts, its patch."""
    with (
        closing(open_place(call.cwd, call.environ, call.wishes)) as place,
        batch_state.reading(place, batch_state.chosen(place, batch)) as store,
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
        batch = batch_state.chosen(place, batch)
        with batch_state.held(place, batch) as store:
            store.set_meta(aborted="yes")
            meta = store.meta()
    stays = f" Its branch {meta['branch']} stays." if meta.get("tip") else ""
    call.out.write(f"The batch {batch} is given up.{stays}\n")
    return ExitCode.OK


def apply(call: Call, batch: str) -> int:
    """Bring the branch's changes into the user's own tree, as one patch that `undo` takes back."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        apply_to_files(place, batch_state.chosen(place, batch), call)
    return ExitCode.OK


def report(call: Call, batch: str) -> int:
    """Write the reports of a batch as it stands."""
    with closing(open_place(call.cwd, call.environ, call.wishes)) as place:
        for file in call.reports:
            write_report(place, batch_state.chosen(place, batch), file)
            call.talk.write(f"Written: {words.one_line(file)}.\n")
    return ExitCode.OK
