"""Build the house of one repository: everything a job works with, from settings and the user's environment."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from flashagent.compose.clock import SystemClock
from flashagent.compose.inspect import inspector
from flashagent.compose.mapping import open_map
from flashagent.compose.models import build_models, price_of
from flashagent.compose.runner import SandboxRunner, open_runner
from flashagent.compose.texts import load_texts
from flashagent.events import Emit, Notice
from flashagent.folders import Folders
from flashagent.jobs.house import House
from flashagent.ports import Clock
from flashagent.settings import Settings, TrustStore, load
from flashagent.untrusted import Secrets
from flashagent.verify.buildcache import BuildCache
from flashagent.verify.commands import CheckKind
from flashagent.verify.detect import Check, check_from_text, detect_checks
from flashagent.verify.environment import ProjectEnvironment, find_environment
from flashagent.verify.run import Verifier
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.git import Repository
from flashagent.workspace.journal import Workspace
from flashagent.workspace.worktrees import CandidateTrees

SHORTEST_SECRET = 12


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says beside settings. `settings` maps setting names to values, None for not given."""

    settings: Mapping[str, object]
    checks: tuple[str, ...] = ()
    sandboxed: bool = True
    trust_project: bool = False


@dataclass(frozen=True)
class Place:
    """Where a command was called: the repository around it, its settings, and the folders that outlive the run."""

    cwd: Path
    environ: Mapping[str, str]
    folders: Folders
    repository: Repository
    settings: Settings
    clock: Clock

    @property
    def root(self) -> Path:
        return self.repository.root

    @property
    def state(self) -> Path:
        return self.folders.of_repository(self.root)

    @property
    def secrets(self) -> frozenset[str]:
        """All secret values known: of the settings and of the project's own `.env` files."""
        return self.settings.secrets | dotenv_secrets(self.root)

    def close(self) -> None:
        self.repository.close()


def open_place(cwd: Path, environ: Mapping[str, str], wishes: Wishes) -> Place:
    """Raises NotARepository outside of one, SettingsError for a wrong setting."""
    folders = Folders.of(environ)
    repository = Repository.open(cwd, environ=environ)
    trust = TrustStore(folders.config)
    settings = load(
        wishes.settings, environ, repository.root, folders.config, trust, trust_project=wishes.trust_project
    )
    return Place(cwd, environ, folders, repository, settings, SystemClock())


def new_session_id(clock: Clock) -> str:
    """Sortable by time, unique by chance: '20260131T101500-3f9a2c'."""
    stamp = clock.now()[:19].replace("-", "").replace(":", "")
    return f"{stamp}-{secrets.token_hex(3)}"


def open_house(place: Place, wishes: Wishes, emit: Emit, session_id: str, *, can_ask: bool = False) -> House:
    """Everything a job needs. Work that was cut off by a crash is rolled back or forward first.

    Raises SandboxUnavailable when nothing protects and the user did not say to go without.
    """
    root, settings, environ, state = place.root, place.settings, place.environ, place.state
    checkpoints = Checkpoints(place.repository, state)
    workspace = Workspace(root, state, closed=place.repository.submodules(), before_write=checkpoints.watch)
    _recover(workspace, checkpoints, emit)
    own = _own_prefix()
    environment = find_environment(root, place.cwd, environ, own_prefix=own)
    runner: SandboxRunner = open_runner(
        root,
        _without_own_programs(environ, own),
        profile=settings.sandbox.profile,
        backend=settings.sandbox.backend,
        sandboxed=wishes.sandboxed,
    )
    models = build_models(settings, place.clock)
    return House(
        root=root,
        repository=place.repository,
        workspace=workspace,
        checkpoints=checkpoints,
        trees=CandidateTrees(place.repository, state),
        runner=runner,
        environment=environment,
        verifier=Verifier(
            runner,
            environment,
            root,
            emit,
            build_cache=BuildCache(place.folders.cache / "builds" / place.state.name),
        ),
        checks=lambda: _checks(wishes, settings, root, environment),
        open_map=lambda: open_map(place.repository, place.folders.cache, settings.ignore),
        open_tree=lambda tree: Workspace(tree, state / "candidates"),
        session_id=session_id,
        clock=place.clock,
        texts=load_texts(tuple(Path(folder) for folder in settings.prompt_folders)),
        patches=state / "patches",
        models=models,
        no_model_hint=settings.hint or "Set model_settings.model and its endpoint to use one.",
        price=price_of(settings),
        mask=Secrets(place.secrets).mask,
        can_ask=can_ask,
        hooks=_hooks_folder(place.repository),
        inspect=inspector(runner, environment, root, place.repository.files),
    )


def _checks(
    wishes: Wishes, settings: Settings, root: Path, environment: ProjectEnvironment
) -> tuple[Check, ...]:
    """The command line's checks, else the settings', else what the project's files tell."""
    if wishes.checks:
        return tuple(check_from_text(text, why="--check") for text in wishes.checks)
    if settings.checks:
        why = settings.source("checks")
        return tuple(
            replace(check_from_text(one.command, why=why), cwd=one.cwd, kind=cast(CheckKind, one.kind))
            for one in settings.checks
        )
    return detect_checks(root, environment)


def _recover(workspace: Workspace, checkpoints: Checkpoints, emit: Emit) -> None:
    """Finish or take back what a crash left half done, and say so."""
    recovered = workspace.recover()
    for paths, what in ((recovered.finished, "finished"), (recovered.undone, "taken back")):
        if paths:
            emit(Notice("warning", f"A patch that was cut off is {what}: {', '.join(paths)}."))
    if recovered.kept:
        kept = ", ".join(recovered.kept)
        emit(Notice("warning", f"Files changed since a patch was cut off, left as they are: {kept}."))
    if label := checkpoints.recover():
        emit(Notice("warning", f"A restore that was cut off is finished: '{label}'."))


def _hooks_folder(repository: Repository) -> str:
    """The folder inside the work tree that git takes hooks from, '' when it is elsewhere."""
    configured = repository.calls.text("config", "--local", "--get", "core.hooksPath", ok=(0, 1))
    if not configured:
        return ""
    folder = Path(os.path.normpath(repository.root / Path(configured).expanduser()))
    return folder.relative_to(repository.root).as_posix() if folder.is_relative_to(repository.root) else ""


def dotenv_secrets(root: Path) -> frozenset[str]:
    """The values in the project's own `.env` files that look like secrets."""
    from dotenv import dotenv_values

    files = [path for path in root.glob(".env*") if path.is_file() and not path.is_symlink()]
    found = (value for path in files for value in dotenv_values(path, interpolate=False).values())
    return frozenset(value for value in found if value and _looks_secret(value))


def _looks_secret(value: str) -> bool:
    """Long, one word, letters and digits mixed: 'production' and 'localhost' are no secrets and stand in the code too."""
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    return len(value) >= SHORTEST_SECRET and mixed and not any(sign.isspace() for sign in value)


def _own_prefix() -> Path | None:
    """flashagent's own environment, whose programs must never run a project's checks; None outside of one."""
    return Path(sys.prefix) if sys.prefix != sys.base_prefix else None


def _without_own_programs(environ: Mapping[str, str], own: Path | None) -> dict[str, str]:
    """The environment for commands: a `python` or `pytest` that a Makefile calls is never flashagent's own."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    kept = [entry for entry in entries if own is None or Path(entry).parent != own]
    left = {**environ, "PATH": os.pathsep.join(kept)}
    if own is not None and Path(left.get("VIRTUAL_ENV", "/")) == own:
        del left["VIRTUAL_ENV"]
    return left
