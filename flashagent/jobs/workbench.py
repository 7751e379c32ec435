"""What asking and chatting share: the tools on a candidate tree, and a session with a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from flashagent import untrusted
from flashagent.agent.approvals import Action
from flashagent.agent.approver import Approver
from flashagent.agent.compaction import Compactor, Memory
from flashagent.agent.effort import Situation, choose
from flashagent.agent.limits import Budget
from flashagent.agent.session import Session
from flashagent.agent.thread import Thread
from flashagent.edits.choose import format_for
from flashagent.events import Emit
from flashagent.jobs.house import House, Models
from flashagent.messages import SystemMessage
from flashagent.ports import Command, MapQuery
from flashagent.repomap.render import skeleton
from flashagent.syntax.parse import definitions
from flashagent.tools.ask_user import AskUserTool
from flashagent.tools.base import Tool
from flashagent.tools.docs import DocsTool, LookUp
from flashagent.tools.edit import EditTool
from flashagent.tools.guarded import Guard, named_in
from flashagent.tools.landing import Landing, PermitText
from flashagent.tools.outputs import Outputs
from flashagent.tools.read import ReadTool, neighbours, symbol_finder
from flashagent.tools.registry import Toolbox
from flashagent.tools.search import SearchTool
from flashagent.tools.shell import CheckTool, Outside, RunTool

RunCheckForModel = Callable[[str | None], Awaitable[tuple[bool, str]]]


def guard_for(house: House, goal: str, paths: Sequence[str] = ()) -> Guard:
    """What a model may not touch, but for what the user named."""
    return Guard(named_in(goal, paths), house.hooks, house.secret_files)


def landing_in(
    house: House, tree: Path, emit: Emit, guard: Guard, files: Callable[[], Sequence[str]] | None = None
) -> Landing:
    """`files` are the user's, listed once: what the model creates is in the candidate tree, never among them."""
    listing = files or cache(house.repository.files)
    return Landing(house.open_tree(tree), listing, emit, house.inspect, guard=guard, announce=False)


def new_session(house: House, models: Models, budget: Budget, emit: Emit) -> Session:
    """A session without tools yet (`toolbox`); its prefix stays the same for as long as it lives."""
    system = house.texts.system.fill()
    if not models.tools:
        system = f"{system}\n{house.texts.text_edits.fill()}"
    asked = models.asking.format
    if asked != format_for("", tools=models.tools):  # the form that the system text or the tools tell already
        system = f"{system}\n\n{house.texts.formats[asked]}"
    if house.notes:
        system = f"{system}\n\n{house.notes}"
    thread = Thread(
        models.router.flash,
        Toolbox.of((), {}),
        budget,
        approver_for(house),
        house.clock,
        choose((), Situation(), has_architect=False),
        [SystemMessage(system)],
        models.temperature,
        models.reply_cap,
    )
    thread.outputs = Outputs(house.patches.parent / "outputs" / house.session_id)
    thread.text_protocol = house.texts.text_edits.fill()
    thread.text_only = not models.tools
    return Session(house.session_id, thread, (emit,))


def compactor_for(
    house: House, models: Models, memory: Callable[[], Memory], *, by_model: bool = False
) -> Compactor:
    """What keeps a session inside the model's window."""
    return Compactor(models.window, house.texts.compact, memory, by_model)


def approver_for(house: House) -> Approver:
    """The approvals of one session; questions of all sessions of a house are answered in one place."""
    ask = house.questions.ask if house.can_ask else None
    return Approver(house.mode, house.runner.protects, ask, memory=house.memory)


def permit_text(session: Session, emit: Emit) -> PermitText:
    """Edits written as plain text ask for the same approval as those of a tool call."""

    async def permit(paths: Sequence[str]) -> str:
        action = Action("edit", ", ".join(paths))
        return await session.thread.approver.permit("reply", action, emit)

    return permit


def toolbox(
    house: House,
    landing: Landing,
    tree: Path,
    repo_map: MapQuery,
    check: RunCheckForModel,
    guard: Guard,
    outputs: Outputs,
    emit: Emit,
) -> Toolbox:
    """The tools of a model that works in `tree`."""
    looking = _command(house, tree)
    tools: tuple[Tool, ...] = (
        EditTool(landing),
        *_looking_tools(house, landing, looking, repo_map, guard, outputs),
        RunTool(house.runner, looking, house.mask, outside=_outside(house), outputs=outputs),
        CheckTool(check),
    )
    names = _name_tools(house, landing, guard)
    return Toolbox.of((*tools, *_further_tools(house, emit), *names), house.texts.tools)


def reading_toolbox(
    house: House, landing: Landing, tree: Path, repo_map: MapQuery, guard: Guard, outputs: Outputs
) -> Toolbox:
    """The tools of a model that only looks at `tree`: nothing of it is changed, and nothing of the project runs."""
    tools = _looking_tools(house, landing, _command(house, tree), repo_map, guard, outputs)
    docs = (DocsTool(_look_up(house), house.mask),) if _has_docs(house) else ()
    return Toolbox.of((*tools, *docs), house.texts.tools)


def _looking_tools(
    house: House, landing: Landing, looking: Command, repo_map: MapQuery, guard: Guard, outputs: Outputs
) -> tuple[Tool, ...]:
    near = neighbours(house.repository.files)
    find = symbol_finder(definitions)
    return (
        ReadTool(landing, skeleton, find, near, house.mask, guard.is_secret, outputs),
        SearchTool(house.runner, looking, repo_map, house.mask, guard.is_secret),
    )


def _further_tools(house: House, emit: Emit) -> Iterator[Tool]:
    """What is offered only where it can work: documentation needs what is installed for the project, a question a person."""
    if _has_docs(house):
        yield DocsTool(_look_up(house), house.mask)
    if house.can_ask:
        yield AskUserTool(house.questions.ask, emit)


def _name_tools(house: House, landing: Landing, guard: Guard) -> tuple[Tool, ...]:
    """What a language server answers, only while one stands ready. Asked for once a conversation is under way, so that
    the servers of the repository's languages are started here."""
    if house.servers is None:
        return ()
    house.servers.warm_up(house.repository.files())
    if not house.servers.warm:
        return ()
    from flashagent.tools.names import name_tools

    return name_tools(house.servers, landing, house.mask, guard.is_secret)


def _has_docs(house: House) -> bool:
    from flashagent.diagnose.docs import can_describe

    return can_describe(house.root, house.environment)


def _look_up(house: House) -> LookUp:
    async def look_up(name: str) -> tuple[bool, str]:
        from flashagent.diagnose.docs import describe_name

        found = await describe_name(name, house.environment, house.runner, house.root)
        return found.exists, found.text()

    return look_up


def clean(house: House, text: str) -> str:
    """Foreign text on its way to the model."""
    return house.mask(untrusted.plain(text))


def _outside(house: House) -> Outside | None:
    """The way out of the sandbox, only where a person can be asked or the user asked for it all by a flag."""
    if house.unconfined is None or not house.runner.protects:
        return None
    environment = house.environment
    template = Command(("true",), house.root, env=dict(environment.variables), path=environment.path)
    return Outside(house.unconfined, template)


def _make_places(keep: Sequence[str], tree: Path) -> None:
    """Empty folders where the original's dependency folders are mounted: nothing can be made in a read-only tree."""
    for name in keep:
        place = tree / name
        if not place.is_symlink() and place.parent.resolve().is_relative_to(tree.resolve()):
            place.mkdir(parents=True, exist_ok=True)


def _command(house: House, tree: Path) -> Command:
    """A command in the candidate tree that may look and run but not write: only edits change files, so that the patch
    is all there is."""
    environment, built = house.environment, house.verifier.built()
    _make_places(environment.keep, tree)
    return Command(
        ("true",),
        house.root,
        env={**built.env, **environment.variables},
        path=environment.path,
        tree=tree,
        keep=environment.keep,
        binds=(*environment.binds, *built.binds),
        read_only=True,
    )
