"""What asking and chatting share: the tools on a candidate tree, and a session with a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from flashagent import untrusted
from flashagent.agent.calls import Approver
from flashagent.agent.effort import choose
from flashagent.agent.limits import Budget
from flashagent.agent.loop import Thread
from flashagent.agent.session import Session
from flashagent.events import Emit
from flashagent.jobs.house import House, Models
from flashagent.messages import SystemMessage
from flashagent.ports import Command, MapQuery
from flashagent.repomap.render import skeleton
from flashagent.syntax.parse import definitions
from flashagent.tools.base import Tool
from flashagent.tools.edit import EditTool
from flashagent.tools.guarded import Guard, named_in
from flashagent.tools.landing import Landing
from flashagent.tools.read import ReadTool, neighbours, symbol_finder
from flashagent.tools.registry import Toolbox
from flashagent.tools.search import SearchTool
from flashagent.tools.shell import CheckTool, RunTool

RunCheckForModel = Callable[[str | None], Awaitable[tuple[bool, str]]]


def guard_for(house: House, goal: str, paths: Sequence[str] = ()) -> Guard:
    """What a model may not touch, but for what the user named."""
    return Guard(named_in(goal, paths), house.hooks)


def landing_in(house: House, tree: Path, emit: Emit, guard: Guard) -> Landing:
    # The user's files are listed once: what the model creates is in the candidate tree, never among them.
    listing = cache(house.repository.files)
    return Landing(house.open_tree(tree), listing, emit, house.inspect, guard=guard, announce=False)


def new_session(house: House, models: Models, budget: Budget, emit: Emit) -> Session:
    """A session without tools yet (`toolbox`); its prefix stays the same for as long as it lives."""
    system = house.texts.system.fill()
    if not models.tools:
        system = f"{system}\n{house.texts.text_edits.fill()}"
    if house.notes:
        system = f"{system}\n\n{house.notes}"
    thread = Thread(
        models.router.flash,
        Toolbox.of((), {}),
        budget,
        Approver(house.mode, house.runner.protects),
        house.clock,
        choose((), failing=0, has_architect=False),
        [SystemMessage(system)],
        models.temperature,
        models.reply_cap,
    )
    return Session(house.session_id, thread, (emit,), can_ask=house.can_ask)


def toolbox(
    house: House, landing: Landing, tree: Path, repo_map: MapQuery, check: RunCheckForModel, guard: Guard
) -> Toolbox:
    """The tools of a model that works in `tree`."""
    looking = _command(house, tree)
    tools: tuple[Tool, ...] = (
        EditTool(landing),
        ReadTool(
            landing,
            skeleton,
            symbol_finder(definitions),
            neighbours(house.repository.files),
            house.mask,
            guard.is_secret,
        ),
        SearchTool(house.runner, looking, repo_map, house.mask),
        RunTool(house.runner, looking, house.mask),
        CheckTool(check),
    )
    return Toolbox.of(tools, house.texts.tools)


def clean(house: House, text: str) -> str:
    """Foreign text on its way to the model."""
    return house.mask(untrusted.plain(text))


def _command(house: House, tree: Path) -> Command:
    """A command in the candidate tree that may look and run but not write: only edits change files, so that the patch
    is all there is."""
    environment, built = house.environment, house.verifier.built()
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
