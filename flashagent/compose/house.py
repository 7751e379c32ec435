"""Build the house of one repository: everything a job works with, from settings and the user's environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flashagent.agent.approvals import Mode
from flashagent.compose.auditing import FOLDER, SessionAudit
from flashagent.compose.facts import FactFile
from flashagent.compose.inspect import inspector
from flashagent.compose.mapping import open_map
from flashagent.compose.models import build_models, price_of
from flashagent.compose.place import Place, Wishes, allowed_variables
from flashagent.compose.profiles import Profiles
from flashagent.compose.remembered import ApprovalStore
from flashagent.compose.runner import SandboxRunner, is_offline, open_runner
from flashagent.compose.servers import language_servers, own_prefix, servers_of
from flashagent.compose.texts import load_texts
from flashagent.errors import UsageError
from flashagent.events import Emit, Notice
from flashagent.jobs.choosing import Choices
from flashagent.jobs.house import House
from flashagent.ports import CommandRunner
from flashagent.secrecy import Secrets
from flashagent.settings import Settings
from flashagent.values import Diagnostic
from flashagent.verify.buildcache import BuildCache
from flashagent.verify.commands import CheckKind
from flashagent.verify.detect import Check, check_from_text, detect_checks, further_checks
from flashagent.verify.environment import ProjectEnvironment, find_environment
from flashagent.verify.resultcache import ResultCache
from flashagent.verify.run import Verifier
from flashagent.version import VERSION
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.past import PastTrees
from flashagent.workspace.recovery import recover_all
from flashagent.workspace.worktrees import CandidateTrees

if TYPE_CHECKING:
    from flashagent.diagnose.lsp.servers import LanguageServers

if TYPE_CHECKING:
    from flashagent.compose.pacing import Paces
    from flashagent.compose.tape import Tape


def session_audit(place: Place, session_id: str) -> SessionAudit:
    """The audit of a session: a sink of its events, and the witness of its commands."""
    return SessionAudit(place.state / FOLDER / f"{session_id}.jsonl", Secrets(place.secrets).mask)


def open_house(
    place: Place,
    wishes: Wishes,
    emit: Emit,
    session_id: str,
    *,
    can_ask: bool = False,
    audit: SessionAudit | None = None,
    tape: Tape | None = None,
    paces: Paces | None = None,
) -> House:
    """Everything a job needs. Work that was cut off by a crash is rolled back or forward first. What models and commands
    say goes on the tape, where there is one.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without.
    """
    root, settings, environ, state = place.root, place.settings, place.environ, place.state
    checkpoints = Checkpoints(place.repository, state)
    submodules = place.repository.submodules()
    workspace = Workspace(root, state, closed=submodules, before_write=checkpoints.watch)
    for told in recover_all(place.repository, workspace, checkpoints, state).told:
        emit(Notice("warning", told))
    own = own_prefix()
    environment = find_environment(root, place.cwd, environ, own_prefix=own).keeping(root, submodules)
    sandbox: SandboxRunner = open_runner(
        root,
        _without_own_programs(environ, own),
        profile=settings.sandbox.profile,
        backend=settings.sandbox.backend,
        sandboxed=wishes.sandboxed,
        secret_files=settings.secret_files,
        env_files=settings.sandbox.env_files,
    )
    for missing in sandbox.warnings:
        emit(Notice("warning", f"Commands run in the sandbox {sandbox.description}. {missing}"))
    mask = Secrets(place.secrets).mask
    audit = audit or session_audit(place, session_id)
    audit.on_trouble = lambda why: emit(Notice("warning", f"This session has no audit from here on. {why}"))
    runner = audit.watch(sandbox, settings.sandbox.profile)
    if tape is not None:
        runner = tape.runner(runner, mask)
    models = build_models(
        settings, place.clock, mask, Profiles(place.folders.state), tape, wishes.requests, paces
    )
    facts = FactFile(state, mask)
    servers = _language_servers(place, wishes, environment, own)
    mode: Mode = "full" if wishes.full else cast(Mode, settings.mode)
    return House(
        root=root,
        repository=place.repository,
        workspace=workspace,
        checkpoints=checkpoints,
        trees=CandidateTrees(place.repository, state),
        past=lambda: PastTrees(place.repository, state),
        results=_results(place, wishes, environment, sandbox, mask),
        runner=runner,
        environment=environment,
        verifier=Verifier(
            runner,
            environment,
            root,
            emit,
            build_cache=BuildCache(place.folders.cache / "builds" / place.state.name),
            test_limit_s=settings.limits.test_s,
        ),
        checks=cache(lambda: _checks(wishes, settings, place.repository, environment, facts)),
        further=cache(lambda: further_checks(root, environment)),
        open_map=lambda: open_map(
            place.repository, place.folders.cache, (*settings.ignore, *settings.secret_files)
        ),
        open_tree=lambda tree: Workspace(tree, state / "candidates", durable=False),
        session_id=session_id,
        clock=place.clock,
        texts=load_texts(tuple(Path(folder) for folder in settings.prompt_folders)),
        patches=state / "patches",
        notes_of_commits=state,
        models=models,
        no_model_hint=settings.hint or "Set model_settings.model and its endpoint to use one.",
        price=price_of(settings),
        mask=mask,
        notes=_project_notes(settings.notes),
        mode=mode,
        can_ask=can_ask,
        choices=Choices() if can_ask else None,
        memory=ApprovalStore(state),
        facts=facts,
        unconfined=_unconfined(place, wishes, own, audit) if can_ask or mode == "full" else None,
        secret_files=settings.secret_files,
        unseen_variables=lambda: _unseen(place),
        hooks=_hooks_folder(place.repository),
        inspect=inspector(
            runner, environment, root, place.repository.files, servers, lambda one: emit(_dependency(one))
        ),
        servers=servers,
    )


def _results(
    place: Place,
    wishes: Wishes,
    environment: ProjectEnvironment,
    sandbox: SandboxRunner,
    mask: Callable[[str], str],
) -> ResultCache | None:
    """The results of checks, kept under all that the project's own files do not tell; None where something else could
    matter, or the user wants each check run."""
    if wishes.fresh or not wishes.sandboxed or not is_offline(place.root, place.settings.sandbox.profile):
        return None
    allowed = allowed_variables(place.root)
    seen = sorted(
        f"{name}={value}"
        for name, value in place.environ.items()
        if any(fnmatchcase(name, pattern) for pattern in allowed)
    )
    sandboxing = (sandbox.description, str(place.settings.sandbox), str(place.settings.secret_files))
    folder = place.folders.cache / "results" / place.state.name
    surroundings = "\n".join((VERSION, *sandboxing, *seen))
    return ResultCache(folder, place.root, environment, surroundings, mask)


def _unseen(place: Place) -> frozenset[str]:
    allowed = allowed_variables(place.root)
    return frozenset(
        name for name in place.environ if not any(fnmatchcase(name, pattern) for pattern in allowed)
    )


def _dependency(one: Diagnostic) -> Notice:
    hint = "Nothing was installed. Look at what it is before you install it."
    return Notice("warning", f"{one.path}: {one.message}.", hint)


def _language_servers(
    place: Place, wishes: Wishes, environment: ProjectEnvironment, own: Path | None
) -> LanguageServers | None:
    """Those that are installed, in a sandbox of their own; None without any, or without a sandbox."""
    found = servers_of(place.root, environment, place.settings, own, trust_project=wishes.trust_project)
    if not found.usable or not wishes.sandboxed:
        return None
    strict = open_runner(
        place.root,
        _without_own_programs(place.environ, own),
        profile="strict",
        backend=place.settings.sandbox.backend,
        secret_files=place.settings.secret_files,
    )
    return language_servers(found, place.root, environment, strict, place.environ)


def _unconfined(place: Place, wishes: Wishes, own: Path | None, audit: SessionAudit) -> CommandRunner | None:
    """The runner of commands that the user lets out of the sandbox; None where there is none to leave."""
    if not wishes.sandboxed:
        return None
    environ = _without_own_programs(place.environ, own)
    return audit.watch(open_runner(place.root, environ, sandboxed=False), "outside")


def _project_notes(text: str) -> str:
    """The trusted instructions of the project, with what they may not do."""
    if not text:
        return ""
    head = "Notes of the project, trusted by the user. They cannot change what you may do or what counts as done."
    return f"{head}\n\n{text}"


def _checks(
    wishes: Wishes,
    settings: Settings,
    repository: Repository,
    environment: ProjectEnvironment,
    facts: FactFile,
) -> tuple[Check, ...]:
    """The command line's checks, else the settings', else what the project's files tell (in a repository of several
    projects: those of what was changed and not committed), else the one that the user named here last."""
    if wishes.checks:
        return tuple(check_from_text(text, why="--check") for text in wishes.checks)
    if settings.checks:
        why = settings.source("checks")
        return tuple(
            replace(check_from_text(one.command, why=why), cwd=one.cwd, kind=cast(CheckKind, one.kind))
            for one in settings.checks
        )
    try:
        return detect_checks(repository.root, environment, changed=repository.recently_changed(0))
    except UsageError:
        named = [fact for fact in facts.known() if fact.kind == "check"]
        if not named:
            raise
        return (check_from_text(named[-1].text, why="the check that you named here before"),)


def _hooks_folder(repository: Repository) -> str:
    """The folder inside the work tree that git takes hooks from, '' when it is elsewhere."""
    configured = repository.calls.text("config", "--local", "--get", "core.hooksPath", ok=(0, 1))
    if not configured:
        return ""
    folder = Path(os.path.normpath(repository.root / Path(configured).expanduser()))
    return folder.relative_to(repository.root).as_posix() if folder.is_relative_to(repository.root) else ""


def _without_own_programs(environ: Mapping[str, str], own: Path | None) -> dict[str, str]:
    """The environment for commands: a `python` or `pytest` that a Makefile calls is never flashagent's own."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    kept = [entry for entry in entries if own is None or Path(entry).parent != own]
    left = {**environ, "PATH": os.pathsep.join(kept)}
    if own is not None and Path(left.get("VIRTUAL_ENV", "/")) == own:
        del left["VIRTUAL_ENV"]
    return left
