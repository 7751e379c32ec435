"""The commands of the terminal app about files and checks: each is one function from an argument to an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flashagent.compose.facts import FactFile
from flashagent.compose.mapping import open_map
from flashagent.errors import UsageError
from flashagent.frontends import app_talk, words
from flashagent.frontends.app_asked import NOTHING, Asked, Handler, note
from flashagent.frontends.app_kept import apply_kept
from flashagent.frontends.history import first_since, remember_redo, remember_undo, sentence, when
from flashagent.frontends.tui.blocks import Block, capped
from flashagent.frontends.tui.controller import Answer
from flashagent.jobs.observing import run_apart
from flashagent.jobs.workbench import guard_for
from flashagent.repomap.render import outline, token_count
from flashagent.secrecy import Secrets
from flashagent.values import FileChange, FocusQuery
from flashagent.workspace import files

if TYPE_CHECKING:
    from flashagent.jobs.house import House
    from flashagent.workspace.timeline import Checkpoint

MOST_DIFF_LINES = 2_000
_MAP_TOKENS = 800
_MAP_SYMBOLS = 200


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
        return note("The check passes." if len(reports) == 1 else "All checks pass.", mark="good")
    # What could be counted is in the transcript already, failure by failure; else the output is all there is.
    silent = [house.mask(report.output) for report in red if not report.failures]
    said = f"{len(red)} of {len(reports)} checks fail" if len(reports) > 1 else "The check fails"
    return note(f"{said}. /fix works until it passes.", "\n".join(silent)[-4_000:], "bad")


async def _diff(asked: Asked) -> Answer:
    checkpoints, wanted = asked.opened.house.checkpoints, asked.argument
    if wanted not in ("", "last"):
        raise UsageError(
            f"There is no diff {words.one_line(wanted)}.",
            hint="/diff is the session's, /diff last the last one's.",
        )
    session = "" if wanted else asked.opened.session

    def look() -> tuple[Checkpoint | None, str]:
        since = first_since(checkpoints, session) if session else checkpoints.latest()
        return since, "" if since is None else checkpoints.diff(since.id)

    since, diff = await asyncio.to_thread(look)
    if since is None:
        return note("Nothing has been changed.")
    start = words.one_line(f"since '{since.label}' of {when(since.time)}", words.MAX_SENTENCE)
    if not diff:
        return note(f"Nothing differs {start}.")
    return Answer(Block("diff", f"changes {start}", capped(diff, MOST_DIFF_LINES), "good"))


async def _undo(asked: Asked) -> Answer:
    if asked.argument:
        return await _go_back(asked)
    checkpoints = asked.opened.house.checkpoints
    if asked.confirmed:
        done = await asyncio.to_thread(checkpoints.undo)
        remember_undo(checkpoints, done, _facts(asked))
        return note(f"Undone. {sentence(done)} /redo brings it back.", mark="good")
    would = await asyncio.to_thread(checkpoints.preview_undo)
    title = words.one_line(f"/undo goes {_lowered(sentence(would))}", words.MAX_SENTENCE)
    return Answer(Block("diff", title, capped(would.diff, MOST_DIFF_LINES), "warning"), "Undo this?")


async def _go_back(asked: Asked) -> Answer:
    """All files as they were before a turn, counted from the last one."""
    checkpoints, number = asked.opened.house.checkpoints, asked.argument
    known = await asyncio.to_thread(checkpoints.list)
    if not number.isdecimal() or not 1 <= int(number) <= len(known):
        raise UsageError(
            f"There is no turn {words.one_line(number)} to go back to.",
            hint=f"1 is the last change, {len(known)} the first one known. A list opens as you type.",
        )
    target = known[-int(number)]
    if asked.confirmed:
        done = await asyncio.to_thread(checkpoints.restore, target.id)
        return note(f"{sentence(done)} /undo goes back to before.", mark="good")
    would = await asyncio.to_thread(checkpoints.preview, target.id)
    title = words.one_line(f"/undo {number} goes {_lowered(sentence(would))}", words.MAX_SENTENCE)
    return Answer(Block("diff", title, capped(would.diff, MOST_DIFF_LINES), "warning"), "Go back to this?")


async def _redo(asked: Asked) -> Answer:
    checkpoints = asked.opened.house.checkpoints
    done = await asyncio.to_thread(checkpoints.redo)
    remember_redo(checkpoints, done, _facts(asked))
    return note(f"Done again. {sentence(done)} /undo takes it back.", mark="good")


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
    return note(f"Committed as {made[:9]}: {subject}", mark="good")


async def _describe(asked: Asked) -> Answer:
    from flashagent.frontends.describing import Wanted, change_at, described

    opened = asked.opened
    words_given = asked.argument.split()
    pull_request = "pr" in words_given
    ends = [word for word in words_given if word != "pr"]
    if len(ends) > 1:
        raise UsageError("/describe wants one range of commits.", hint="Like this: /describe pr main..HEAD")
    wanted = Wanted(ends[0] if ends else "", pull_request=pull_request)
    change = await asyncio.to_thread(change_at, opened.place, wanted)
    text, why = await described(change, opened.place, opened.house.models, pull_request=pull_request)
    subject, _, rest = text.partition("\n")
    told = f"{rest.strip()}\n\n(by rules: {why})" if why else rest.strip()
    return note(subject, told, "good")


async def _findings(asked: Asked) -> Answer:
    """All of them, numbered; with a number, the agent is asked to repair that one."""
    from flashagent.frontends.watching import line_of, look
    from flashagent.jobs.watching import counts

    found, wanted = await look(asked.opened.place), asked.argument
    if not wanted:
        lines = "\n".join(f"{number:>3}  {line_of(one)}" for number, one in enumerate(found, 1))
        hint = "\n\n/findings NUMBER has one repaired." if found else ""
        return note(f"changed files: {counts(found)}", lines + hint, "warning" if found else "good")
    if not wanted.isdecimal() or not 1 <= int(wanted) <= len(found):
        raise UsageError(
            f"There is no finding {words.one_line(wanted)}.",
            hint=f"/findings lists them: {counts(found)}.",
        )
    await asked.opened.turn(found[int(wanted) - 1].request)
    return NOTHING


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
            note("in the model's view with each prompt", "\n".join(pins))
            if pins
            else note("No file is added.")
        )
    house = asked.opened.house
    if guard_for(house, "").is_secret(path):
        raise UsageError(
            f"{path} holds secrets by its name.", hint="Name it in a prompt if the model has to see it."
        )
    text = await asyncio.to_thread(house.workspace.read, path)
    if path not in pins:
        pins.append(path)
    return note(f"{path} goes along with the next prompt, about {token_count(text):,} tokens.", mark="good")


async def _drop(asked: Asked) -> Answer:
    pins, path = asked.opened.pins, asked.argument.removeprefix("@").removeprefix("./")
    if path not in pins:
        hint = f"Added are: {', '.join(pins)}." if pins else "No file is added."
        raise UsageError(f"{path or 'Nothing'} is not among the added files.", hint=hint)
    pins.remove(path)
    return note(f"{path} no longer goes along. What the model has seen of it stays in the conversation.")


async def _sandbox(asked: Asked) -> Answer:
    house, settings = asked.opened.house, asked.opened.place.settings
    if not house.runner.protects:
        return note(
            "NO SANDBOX: commands run unprotected.", "Start without --no-sandbox to be safe.", "warning"
        )
    lines = [
        f"profile        {settings.sandbox.profile}",
        f".env files     {'readable' if settings.sandbox.env_files else 'hidden'}",
        f"approvals      {house.mode}",
        "`flashagent sandbox explain` shows all of it, `flashagent sandbox probe` tries it.",
    ]
    return note(f"Commands run in: {house.runner.description}", "\n".join(lines), "good")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


HANDLERS: Mapping[str, Handler] = {
    "/check": _check, "/diff": _diff, "/undo": _undo, "/redo": _redo, "/commit": _commit, "/map": _map, "/add": _add,
    "/apply": apply_kept, "/describe": _describe, "/findings": _findings, "/drop": _drop, "/sandbox": _sandbox, **app_talk.HANDLERS,
}  # fmt: skip
