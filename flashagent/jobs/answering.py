"""Answer a question about the repository: one turn of a model that can look at everything and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from flashagent.agent.compaction import Memory
from flashagent.agent.context import Focus, choose_focus
from flashagent.agent.limits import Budget, Limits
from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError
from flashagent.events import Emit, FocusChosen, MapReady
from flashagent.jobs.house import House, Models
from flashagent.jobs.trees import candidate
from flashagent.jobs.workbench import (
    clean,
    compactor_for,
    guard_for,
    landing_in,
    new_session,
    reading_toolbox,
)
from flashagent.messages import Message
from flashagent.ports import MapQuery
from flashagent.prompts import Prompt
from flashagent.values import FocusQuery, RankedSymbol

FOCUS_SYMBOLS = 16
FOCUS_TOKENS = 2_400  # a question is answered in one request when what it is about is in view
RECENT_FILES = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """What a question brings into view: the text with its size, and all that was ranked, best first."""

    focus: Focus
    ranked: Sequence[RankedSymbol]


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what the model said last, also where `error` ended the turn early."""

    text: str
    error: FlashagentError | None = None


def view_of(
    question: str, repo_map: MapQuery, read: Callable[[str], str | None], changed: Sequence[str]
) -> Shown:
    """The view for a question, from the files as `read` gives them; `changed` are files changed of late."""
    ranked = repo_map.rank(FocusQuery(text=question, changed=tuple(changed)), limit=FOCUS_SYMBOLS)
    return Shown(choose_focus(ranked, read, FOCUS_TOKENS), ranked)


async def answer(
    question: str,
    house: House,
    models: Models,
    prompt: Prompt,
    limits: Limits,
    emit: Emit,
    history: Sequence[Message] = (),
) -> Answer:
    """One turn. `history` is what was said before (after the system text). `house.texts.system` is the system text."""
    repo_map, stats = await asyncio.to_thread(house.open_map)
    emit(MapReady(stats.files, stats.symbols, stats.seconds, stats.from_cache))
    session = new_session(house, models, Budget(limits, house.clock, house.price), emit)
    session.thread.history += history
    session.thread.compactor = compactor_for(house, models, lambda: Memory(question))
    async with candidate(house) as tree:
        guard = guard_for(house, question)
        landing = landing_in(house, tree, emit, guard)
        changed = house.repository.recently_changed(RECENT_FILES)
        shown = await asyncio.to_thread(view_of, question, repo_map, landing.readable, changed)
        emit(FocusChosen(shown.focus.shown, shown.focus.tokens, "ranked for this question"))
        outputs = session.thread.outputs
        session.thread.equip(reading_toolbox(house, landing, tree, repo_map, guard, outputs))
        text = clean(house, shown.focus.text)
        await session.turn(prompt.fill(prompt=question, focus=text) if text else question)
    return Answer(session.last_text, session.error)
