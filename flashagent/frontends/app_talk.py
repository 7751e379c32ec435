"""The commands of the terminal app about the conversation: what is asked of a model, how, of whom, within which limits, and
in which session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from flashagent.agent.approvals import MODES
from flashagent.agent.effort import REPLY_TOKENS
from flashagent.agent.facts import new_fact
from flashagent.compose.doctor import examine
from flashagent.compose.models import build_models, price_of
from flashagent.compose.place import new_session_id
from flashagent.errors import UsageError
from flashagent.frontends import app_sessions, words
from flashagent.frontends.app_asked import NOTHING, Asked, Handler, note
from flashagent.frontends.app_opened import Opened
from flashagent.frontends.sessions import FOLDER, find_session
from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.tui.controller import Answer
from flashagent.prompts import load
from flashagent.secrecy import Secrets
from flashagent.values import Usage

CYCLE = ("read-only", "ask", "auto")
_MODES = {
    "read-only": "nothing is changed and nothing runs",
    "ask": "you are asked before every change and command",
    "auto": "what stays in the sandbox needs no question",
    "full": "nothing needs a question, not even what leaves the sandbox",
}
LIMITS = ("tokens", "requests", "money", "minutes")


async def _ask(asked: Asked) -> Answer:
    await asked.opened.reading_turn(_wanted(asked, "/ask", "a question"))
    return NOTHING


async def _plan(asked: Asked) -> Answer:
    goal = _wanted(asked, "/plan", "a goal")
    said = await asked.opened.reading_turn(load("plan_here").fill(goal=goal))
    return Answer(Block("note"), plan=said)


async def _explain(asked: Asked) -> Answer:
    log = _wanted(asked, "/explain", "a stack trace or a log")
    await asked.opened.reading_turn(load("explain_here").fill(log=log))
    return NOTHING


def choose_mode(opened: Opened, wanted: str) -> Block:
    """Show the modes, or use another one: its name, or 'next'. Raises UsageError for one that is not to be chosen here."""
    house = opened.house
    if wanted == "next":
        wanted = CYCLE[(CYCLE.index(house.mode) + 1) % len(CYCLE)] if house.mode in CYCLE else CYCLE[0]
    if not wanted:
        lines = "\n".join(f"{mode:<10} {_MODES[mode]}" for mode in MODES)
        return note(f"mode: {house.mode}", lines).block
    if wanted not in CYCLE:
        hint = "Start with --mode full: only a flag can choose it." if wanted == "full" else ", ".join(CYCLE)
        raise UsageError(f"There is no mode {words.one_line(wanted)} to choose here.", hint=hint)
    opened.choose_mode(next(mode for mode in MODES if mode == wanted))
    return note(f"mode: {wanted}, {_MODES[wanted]}", mark="good").block


async def _effort(asked: Asked) -> Answer:
    opened, wanted = asked.opened, asked.argument
    if not wanted:
        return note(f"effort: {opened.effort or 'auto'}", "/effort low, medium, high or auto")
    if wanted != "auto" and wanted not in REPLY_TOKENS:
        raise UsageError(f"There is no effort {words.one_line(wanted)}.", hint="low, medium, high or auto")
    opened.choose_effort(next((level for level in REPLY_TOKENS if level == wanted), None))
    return note(f"effort: {wanted}, in this conversation and for /fix", mark="good")


async def _model(asked: Asked) -> Answer:
    opened, name = asked.opened, asked.argument
    settings = opened.place.settings
    if settings.flash is None or opened.house.models is None:
        raise UsageError("No model is configured.", hint=f"{opened.house.no_model_hint} /setup asks for one.")
    if not name:
        lines = [f"endpoint: {settings.flash.base_url}"]
        if settings.architect is not None:
            lines.append(f"architect: {settings.architect.model}")
        return note(
            f"model: {settings.flash.model}", "\n".join([*lines, "/model NAME asks another one from now on."])
        )
    changed = replace(settings, flash=replace(settings.flash, model=name))
    old, place = opened.house.models, replace(opened.place, settings=changed)
    models = build_models(changed, place.clock, Secrets(place.secrets).mask)
    assert models is not None
    opened.place = place
    opened.use(replace(opened.house, models=models, price=price_of(changed)))
    await old.router.aclose()
    return note(f"From now on {name} is asked.", mark="good")


async def _budget(asked: Asked) -> Answer:
    opened = asked.opened
    if asked.argument:
        _set_limit(asked)
    limits, chat = opened.limits, opened.chat
    cost = "no limit" if limits.cost is None else f"at most ${limits.cost:g}"
    lines = [
        f"tokens    {chat.usage.total_tokens if chat else 0:,}; a turn at most {limits.tokens:,}",
        f"requests  a turn at most {limits.requests}",
        f"money     {_spent(chat.cost if chat else 0.0)}; {cost}",
        f"minutes   a turn at most {limits.seconds / 60:g}",
    ]
    return note("this conversation has used", "\n".join([*lines, "Each /fix has these limits for itself."]))


def _set_limit(asked: Asked) -> None:
    name, _, text = asked.argument.partition(" ")
    try:
        value = float(text.strip().replace(",", "").removeprefix("$"))
    except ValueError:
        value = 0.0
    if name not in LIMITS or not 0 < value < float("inf"):
        raise UsageError("/budget wants a limit and a number.", hint=f"Like this: /budget tokens 500000; limits are {', '.join(LIMITS)}.")  # fmt: skip
    limits = asked.opened.limits
    match name:
        case "tokens":
            limits = replace(limits, tokens=max(1, int(value)))
        case "requests":
            limits = replace(limits, requests=max(1, int(value)))
        case "money":
            _check_price(asked)
            limits = replace(limits, cost=value)
        case _:
            limits = replace(limits, seconds=value * 60)
    asked.opened.use_limits(limits)


def _check_price(asked: Asked) -> None:
    """A limit on money holds only where a price is known; better said now than by the next turn."""
    flash = asked.opened.place.settings.flash
    if flash is not None and asked.opened.house.price(flash.model, Usage(1, 0, 1)) is None:
        raise UsageError(
            f"No price of {flash.model} is known, so that no limit on money could be kept.",
            hint="Add it under `prices:` in your settings, or use /budget tokens.",
        )


def _spent(cost: float | None) -> str:
    return "an unknown sum" if cost is None else words.money(cost) or "$0"


async def _compact(asked: Asked) -> Answer:
    chat = asked.opened.chat
    if chat is None or not await chat.compact():
        return note("There is nothing to shorten yet.")
    return note("The model goes on with a summary.", mark="good")


async def _memory(asked: Asked) -> Answer:
    house, settings = asked.opened.house, asked.opened.place.settings
    if asked.argument:
        house.facts.learn(new_fact("note", asked.argument, time=house.clock.now()))
        asked.opened.untold.append(f"Remember: {asked.argument}")
        return note("Remembered, for later sessions too. `flashagent memory` lists and forgets.", mark="good")
    lines = [f"{fact.id}  {fact.kind:<8} {words.one_line(fact.text, 100)}" for fact in house.facts.known()]
    notes = [f"Instructions of the project: {len(settings.notes):,} characters."] if settings.notes else []
    return note("memory", "\n".join([*notes, *lines]) or "Nothing is remembered. /memory TEXT keeps a note.")


async def _doctor(asked: Asked) -> Answer:
    place = asked.opened.place
    found = await examine(place.cwd, place.environ, asked.opened.wishes.settings)
    width = max(len(one.subject) for one in found)
    lines = []
    for one in found:
        todo = f"  → {words.one_line(one.hint)}" if one.hint and one.verdict != "ok" else ""
        lines.append(f"{one.subject:<{width}}  {one.verdict:<5}  {words.one_line(one.text)}{todo}")
    wrong = sum(one.verdict == "wrong" for one in found)
    title = f"{words.count(wrong, 'thing')} to put right" if wrong else "All is well."
    return note(title, "\n".join(lines), "bad" if wrong else "good")


async def _resume(asked: Asked) -> Answer:
    opened, folder = asked.opened, asked.opened.place.state / FOLDER
    if not asked.argument:
        found = await asyncio.to_thread(app_sessions.recent, opened.archive, opened.session)
        lines = "\n".join(f"{one.value}  {one.said}" for one in found)
        return note("earlier sessions", lines or "There are none of this project yet.")
    path = find_session(folder, asked.argument)
    if path.stem == opened.session:
        return note("That is this session.")
    lines_of = await asyncio.to_thread(app_sessions.read_lines, path)
    return await _switched(
        asked, path.stem, lines_of, f"session {path.stem} goes on; your files are as they are now"
    )


async def _fork(asked: Asked) -> Answer:
    opened = asked.opened
    record = opened.record_of(opened.session)
    lines = await asyncio.to_thread(app_sessions.read_lines, record) if record.exists() else []
    turns = app_sessions.turns_of(lines)
    if not asked.argument:
        listed = "\n".join(f"{one.value:>3}  {one.said}" for one in turns)
        return note("turns of this session; /fork NUMBER goes on from one", listed or "None yet.")
    if not asked.argument.isdecimal():
        raise UsageError("/fork wants the number of a turn.", hint=f"This session has {len(turns)}.")
    session = new_session_id(opened.place.clock)
    path = opened.record_of(session)
    kept = await asyncio.to_thread(app_sessions.fork, lines, int(asked.argument), session, path)
    return await _switched(
        asked, session, kept, f"forked after turn {asked.argument} as session {session}; your files are as they are now"
    )  # fmt: skip


async def _switched(asked: Asked, session: str, lines: list[dict[str, object]], said: str) -> Answer:
    opened = asked.opened
    blocks = await asyncio.to_thread(app_sessions.transcript_of, lines, opened.added)
    await opened.switch(session, lines)
    return Answer(Block("note", said, mark="good"), transcript=blocks)


async def _compare(asked: Asked) -> Answer:
    opened = asked.opened
    names = asked.argument.split()
    if not 1 <= len(names) <= 2:
        raise UsageError("/compare wants one or two sessions.", hint="A list opens as you type.")
    archive = opened.archive
    one, other = (names[0], opened.session) if len(names) == 1 else names
    first, second = await asyncio.to_thread(lambda: (archive.read(one), archive.read(other)))
    return Answer(app_sessions.compared(first, second))


def _wanted(asked: Asked, name: str, what: str) -> str:
    if not asked.argument:
        raise UsageError(f"{name} wants {what}.", hint=f"Like this: {name} ...")
    return asked.argument


HANDLERS: Mapping[str, Handler] = {
    "/ask": _ask, "/plan": _plan, "/explain": _explain, "/effort": _effort, "/model": _model,
    "/budget": _budget, "/compact": _compact, "/memory": _memory, "/doctor": _doctor, "/resume": _resume, "/fork": _fork,
    "/compare": _compare,
}  # fmt: skip
