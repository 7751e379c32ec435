"""`flashagent ask`: the answer to a question on stdout, or what a model would be shown for it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import field, replace
from pathlib import Path
from typing import TextIO

from flashagent.agent.recorder import Recorder, read_record
from flashagent.agent.resumed import history_of
from flashagent.compose.clock import SystemClock
from flashagent.compose.house import open_house, session_audit
from flashagent.compose.limits import limits_of
from flashagent.compose.mapping import open_map
from flashagent.compose.place import Place, Wishes, new_session_id, open_place
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode, FlashagentError, UsageError
from flashagent.events import Emit, Notice
from flashagent.frontends.masking import masked
from flashagent.frontends.opening import NO_SANDBOX, ignored_notices
from flashagent.frontends.sessions import FOLDER, find_session
from flashagent.frontends.text import TextAccount
from flashagent.jobs.answering import RECENT_FILES, Answer, Shown, answer, view_of
from flashagent.jobs.house import House
from flashagent.messages import Message
from flashagent.prompts import load
from flashagent.secrecy import Secrets
from flashagent.untrusted import sanitize
from flashagent.workspace.journal import Workspace


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks for. `resume` names the session to go on with: its id or the start of it, 'last', or ''
    for a new one. `settings` maps setting names to values, None for not given."""

    text: str
    resume: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    sandboxed: bool = True
    trust_project: bool = False
    verbosity: int = 0

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.settings, (), self.sandboxed, self.trust_project)


def run_ask(question: Question, cwd: Path, environ: Mapping[str, str], out: TextIO, talk: TextIO) -> int:
    """The exit code. Raises UsageError without a model, SandboxUnavailable when nothing protects."""
    account = TextAccount(out, talk, SystemClock(), verbosity=question.verbosity)
    with closing(open_place(cwd, environ, question.wishes)) as place:
        session, history = _begun(place, question.resume)
        path = place.state / FOLDER / f"{session}.jsonl"
        with closing(Recorder(path, session, place.clock, _unrecorded(account))) as recorder:
            audit = session_audit(place, session)
            emit = masked(Secrets(place.secrets), recorder, audit, account)
            for notice in ignored_notices(place.settings.ignored):
                emit(notice)
            house = open_house(place, question.wishes, emit, session, audit=audit)
            told = asyncio.run(_turn(question, house, place, history, emit))
    account.close()
    text = Secrets(place.secrets).mask(told.text).strip()
    if text:
        out.write(sanitize(text) + "\n")
    if told.error is not None:
        raise told.error
    return ExitCode.OK


def show_context(question: Question, cwd: Path, environ: Mapping[str, str], out: TextIO) -> int:
    """Print what a model would be shown for the question and why. Asks nobody and runs nothing."""
    with closing(open_place(cwd, environ, question.wishes)) as place:
        settings = place.settings
        hidden = (*settings.ignore, *settings.secret_files)
        repo_map, stats = open_map(place.repository, place.folders.cache, hidden)
        workspace = Workspace(place.root, place.state)
        changed = place.repository.recently_changed(RECENT_FILES)
        shown = view_of(question.text, repo_map, lambda path: _read(workspace, path), changed)
        mask = Secrets(place.secrets).mask
    head = (
        f"{stats.files} files, {stats.symbols} symbols in the map; {shown.focus.tokens} tokens are shown.\n"
    )
    out.write(sanitize(mask(head + "".join(_reasons(shown)) + f"\n{shown.focus.text or 'Nothing.'}\n")))
    return ExitCode.OK


async def _turn(question: Question, house: House, place: Place, history: list[Message], emit: Emit) -> Answer:
    if not house.runner.protects:
        emit(NO_SANDBOX)
    try:
        if house.models is None:
            hint = f"{house.no_model_hint} --show-context works without one."
            raise UsageError("No model is there to ask.", hint=hint)
        folders = tuple(Path(folder) for folder in place.settings.prompt_folders)
        house = replace(house, texts=replace(house.texts, system=load("ask", folders)))
        limits = limits_of(place.settings)
        prompt = load("chat", folders)
        assert house.models is not None
        return await answer(question.text, house, house.models, prompt, limits, emit, history)
    finally:
        await house.close()


def _begun(place: Place, resume: str) -> tuple[str, list[Message]]:
    """The session to write to, and what was said in it."""
    if not resume:
        return new_session_id(place.clock), []
    path = find_session(place.state / FOLDER, "" if resume == "last" else resume)
    history = history_of(read_record(path))
    if not history:
        raise UsageError(f"Session {path.stem} holds no reply of a model: there is nothing to go on with.")
    return path.stem, history


def _read(workspace: Workspace, path: str) -> str | None:
    try:
        return workspace.read(path)
    except FlashagentError:
        return None


def _reasons(shown: Shown) -> Iterator[str]:
    """A line for each symbol: how it is shown, its place, and why it was chosen."""
    full = {one.symbol for one in shown.focus.shown}
    for one in shown.ranked:
        symbol = one.symbol
        place = f"{symbol.path}:{symbol.start_line}"
        named = re.search(rf"(?<!\w){re.escape(place)}(?!\d)", shown.focus.text)
        how = "full" if symbol in full else "line" if named else "name"
        why = ", ".join(one.why) or f"score {one.score:.2f}"
        yield f"  {how:<4}  {place} {symbol.qualified}  ({why})\n"


def _unrecorded(account: Emit) -> Callable[[OSError], None]:
    def tell(error: OSError) -> None:
        account(
            Notice("warning", f"This run is not recorded: {error.strerror or error}.", "Is the disk full?")
        )

    return tell
