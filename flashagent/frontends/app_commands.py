"""The commands of the terminal app that ask the house: each is one function from an argument to an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flashagent.compose.facts import FactFile
from flashagent.compose.limits import limits_of
from flashagent.compose.mapping import open_map
from flashagent.compose.models import build_models, price_of
from flashagent.errors import UsageError
from flashagent.frontends import words
from flashagent.frontends.history import changes_since_last, remember_redo, remember_undo, sentence
from flashagent.frontends.tui.blocks import Block, Mark, capped
from flashagent.frontends.tui.controller import Answer
from flashagent.jobs.observing import run_apart
from flashagent.jobs.workbench import guard_for
from flashagent.repomap.render import outline, token_count
from flashagent.secrecy import Secrets
from flashagent.values import FileChange, FocusQuery
from flashagent.workspace import files

if TYPE_CHECKING:
    from flashagent.compose.house import Place
    from flashagent.jobs.chat import Chat
    from flashagent.jobs.house import House

MOST_DIFF_LINES = 2_000
_MAP_TOKENS = 800
_MAP_SYMBOLS = 200


@dataclass
class Opened:
    """What the app has open. `/model` replaces place and house; `chat` is there from the first prompt on."""

    place: Place
    house: House
    chat: Chat | None = None
    pins: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with what it needs to know."""

    opened: Opened
    argument: str
    confirmed: bool


def _note(title: str, text: str = "", mark: Mark = "") -> Answer:
    return Answer(Block("note", words.one_line(title, words.MAX_SENTENCE), text, mark))


async def _check(asked: Asked) -> Answer:
    house = asked.opened.house
    checks = house.checks()
    if not checks:
        raise UsageError(
            "No check was found.", hint="Start with --check 'CMD', or put `checks` in your settings."
        )
    reports = [await run_apart(check, house) for check in checks]
    red = [report for report in reports if not report.green]
    if not red:
        return _note("The check passes." if len(reports) == 1 else "All checks pass.", mark="good")
    # What could be counted is in the transcript already, failure by failure; else the output is all there is.
    silent = [house.mask(report.output) for report in red if not report.failures]
    said = f"{len(red)} of {len(reports)} checks fail" if len(reports) > 1 else "The check fails"
    return _note(f"{said}. /fix works until it passes.", "\n".join(silent)[-4_000:], "bad")


async def _diff(asked: Asked) -> Answer:
    diff = await asyncio.to_thread(changes_since_last, asked.opened.house.checkpoints)
    if not diff:
        return _note("Nothing has been changed.")
    return Answer(Block("diff", "changes", capped(diff, MOST_DIFF_LINES), "good"))


async def _undo(asked: Asked) -> Answer:
    checkpoints = asked.opened.house.checkpoints
    if asked.confirmed:
        undone = await asyncio.to_thread(checkpoints.undo)
        remember_undo(checkpoints, undone, _facts(asked))
        return _note(f"Undone. {sentence(undone)} /redo brings it back.", mark="good")
    would = await asyncio.to_thread(checkpoints.preview_undo)
    title = words.one_line(f"/undo goes {_lowered(sentence(would))}", words.MAX_SENTENCE)
    return Answer(Block("diff", title, capped(would.diff, MOST_DIFF_LINES), "warning"), "Undo this?")


async def _redo(asked: Asked) -> Answer:
    checkpoints = asked.opened.house.checkpoints
    done = await asyncio.to_thread(checkpoints.redo)
    remember_redo(checkpoints, done, _facts(asked))
    return _note(f"Done again. {sentence(done)} /undo takes it back.", mark="good")


def _facts(asked: Asked) -> FactFile:
    place = asked.opened.place
    return FactFile(place.state, Secrets(place.secrets).mask)


async def _commit(asked: Asked) -> Answer:
    house = asked.opened.house
    changes = await asyncio.to_thread(uncommitted, house)
    if not changes:
        raise UsageError(
            "There is nothing to commit.", hint="flashagent has written nothing since the last commit."
        )
    message = house.commit_message(asked.argument, "", changes)
    subject = words.one_line(message.partition("\n")[0])
    if not asked.confirmed:
        from flashagent.diffs import unified_diffs

        diff = capped(house.mask(unified_diffs(changes)), MOST_DIFF_LINES)
        return Answer(Block("diff", f"/commit: {subject}", diff, "warning"), "Commit this?")
    made = await asyncio.to_thread(house.commit, changes, message)
    return _note(f"Committed as {made[:9]}: {subject}", mark="good")


def uncommitted(house: House) -> tuple[FileChange, ...]:
    """What flashagent's files hold now against what they held before it first wrote them on the present HEAD. Files that
    are as they were then are left out."""
    head = house.repository.head()
    first: dict[str, str] = {}
    for checkpoint in house.checkpoints.list():
        if checkpoint.state.head == head:
            for path in checkpoint.written or ():
                first.setdefault(path, checkpoint.state.tree)
    changes = (
        FileChange(path, _text_in(house, tree, path), house.read(path))
        for path, tree in sorted(first.items())
    )
    return tuple(change for change in changes if change.before != change.after)


def _text_in(house: House, tree: str, path: str) -> str | None:
    """A file's text in a tree of the repository's objects, None when it is not in it."""
    entry = house.repository.calls.text("ls-tree", "-z", tree, "--", path)
    return files.decode(house.repository.read_object(entry.split("\t")[0].split()[2])).text if entry else None


async def _map(asked: Asked) -> Answer:
    def look() -> str:
        place = asked.opened.place
        repo_map, _ = open_map(
            place.repository, place.folders.cache, (*place.settings.ignore, *place.settings.secret_files)
        )
        with repo_map:
            query = asked.argument
            found = (
                repo_map.rank(FocusQuery(text=query), limit=_MAP_SYMBOLS)
                if query
                else repo_map.overview(limit=_MAP_SYMBOLS)[1]
            )
            return outline(found, tokens=_MAP_TOKENS)

    text = await asyncio.to_thread(look)
    title = f"map for: {asked.argument}" if asked.argument else "map"
    return Answer(Block("focus", words.one_line(title), text or "Nothing here fits."))


async def _add(asked: Asked) -> Answer:
    pins, path = asked.opened.pins, asked.argument.removeprefix("@").removeprefix("./")
    if not path:
        return (
            _note("in the model's view with each prompt", "\n".join(pins))
            if pins
            else _note("No file is added.")
        )
    house = asked.opened.house
    if guard_for(house, "").is_secret(path):
        raise UsageError(
            f"{path} holds secrets by its name.", hint="Name it in a prompt if the model has to see it."
        )
    text = await asyncio.to_thread(house.workspace.read, path)
    if path not in pins:
        pins.append(path)
    return _note(f"{path} goes along with the next prompt, about {token_count(text):,} tokens.", mark="good")


async def _drop(asked: Asked) -> Answer:
    pins, path = asked.opened.pins, asked.argument.removeprefix("@").removeprefix("./")
    if path not in pins:
        hint = f"Added are: {', '.join(pins)}." if pins else "No file is added."
        raise UsageError(f"{path or 'Nothing'} is not among the added files.", hint=hint)
    pins.remove(path)
    return _note(f"{path} no longer goes along. What the model has seen of it stays in the conversation.")


async def _model(asked: Asked) -> Answer:
    opened, name = asked.opened, asked.argument
    settings = opened.place.settings
    if settings.flash is None or opened.house.models is None:
        raise UsageError("No model is configured.", hint=opened.house.no_model_hint)
    if not name:
        lines = [f"endpoint: {settings.flash.base_url}"]
        if settings.architect is not None:
            lines.append(f"architect: {settings.architect.model}")
        return _note(
            f"model: {settings.flash.model}", "\n".join([*lines, "/model NAME asks another one from now on."])
        )
    changed = replace(settings, flash=replace(settings.flash, model=name))
    old, place = opened.house.models, replace(opened.place, settings=changed)
    models = build_models(changed, place.clock, Secrets(place.secrets).mask)
    assert models is not None
    opened.place, opened.house = place, replace(opened.house, models=models, price=price_of(changed))
    if opened.chat is not None:
        opened.chat.use(opened.house, models)
    await old.router.aclose()
    return _note(f"From now on {name} is asked.", mark="good")


async def _budget(asked: Asked) -> Answer:
    limits, chat = limits_of(asked.opened.place.settings), asked.opened.chat
    cost = "no limit" if limits.cost is None else f"at most ${limits.cost:g}"
    lines = [
        f"tokens    {chat.usage.total_tokens if chat else 0:,}; a turn at most {limits.tokens:,}",
        f"requests  a turn at most {limits.requests}",
        f"money     {_spent(chat.cost if chat else 0.0)}; {cost}",
        f"time      a turn at most {words.seconds(limits.seconds)}",
    ]
    return _note("this conversation has used", "\n".join([*lines, "Each /fix has these limits for itself."]))


def _spent(cost: float | None) -> str:
    return "an unknown sum" if cost is None else words.money(cost) or "$0"


async def _sandbox(asked: Asked) -> Answer:
    house, settings = asked.opened.house, asked.opened.place.settings
    if not house.runner.protects:
        return _note(
            "NO SANDBOX: commands run unprotected.", "Start without --no-sandbox to be safe.", "warning"
        )
    lines = [
        f"profile        {settings.sandbox.profile}",
        f".env files     {'readable' if settings.sandbox.env_files else 'hidden'}",
        f"approvals      {house.mode}",
        "`flashagent sandbox explain` shows all of it, `flashagent sandbox probe` tries it.",
    ]
    return _note(f"Commands run in: {house.runner.description}", "\n".join(lines), "good")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


HANDLERS: Mapping[str, Callable[[Asked], Coroutine[Any, Any, Answer]]] = {
    "/check": _check, "/diff": _diff, "/undo": _undo, "/redo": _redo, "/commit": _commit, "/map": _map, "/add": _add,
    "/drop": _drop, "/model": _model, "/budget": _budget, "/sandbox": _sandbox,
}  # fmt: skip
