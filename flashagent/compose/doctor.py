"""Look at everything that a run needs, in order: git, the sandbox, the settings, and each model that is configured."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flashagent.compose.clock import SystemClock
from flashagent.compose.models import endpoint_of
from flashagent.compose.profiles import Profiles
from flashagent.compose.runner import open_runner
from flashagent.compose.servers import own_prefix, servers_of
from flashagent.errors import FlashagentError, NotARepository, SettingsError, UsageError
from flashagent.folders import Folders
from flashagent.models.probe import Finding, probe
from flashagent.secrecy import Secrets
from flashagent.settings import ModelSettings, Settings, TrustStore, load
from flashagent.verify.environment import find_environment
from flashagent.workspace.discovery import locate

LONGEST_WAIT_S = 60.0
HOW_TO_CONFIGURE = (
    "`flashagent config presets` lists endpoints that are known: set model_settings.preset and model_settings.model,"
    " and the key's variable. Without a model, fix and localize work offline."
)

HOW_TO_GET_SERVERS = (
    "Optional: with basedpyright, typescript-language-server, gopls, rust-analyzer or clangd on PATH, types are checked"
    " as edits land, and names can be looked up and renamed."
)


async def examine(cwd: Path, environ: Mapping[str, str], given: Mapping[str, object]) -> list[Finding]:
    """All findings, without any secret in them. `given` are settings of the command line."""
    found = [_git(cwd, environ)]
    try:
        settings = _settings(cwd, environ, given)
    except SettingsError as error:
        return [*found, Finding("settings", "wrong", error.message, error.hint)]
    found += [
        _sandbox(cwd, environ, settings),
        *_servers(cwd, environ, settings),
        _settings_finding(settings),
        *await _models(settings, Profiles(Folders.of(environ).state)),
    ]
    mask = Secrets(settings.secrets).mask
    return [replace(one, text=mask(one.text), hint=mask(one.hint)) for one in found]


def _git(cwd: Path, environ: Mapping[str, str]) -> Finding:
    program = shutil.which("git", path=environ.get("PATH"))
    if program is None:
        return Finding("git", "wrong", "git is not on PATH", "Install git: checkpoints and undo need it.")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    said = version.stdout.strip() or program
    try:
        return Finding("git", "ok", f"{said}, repository {locate(cwd).root}")
    except NotARepository:
        hint = "It works here; a repository (`git init`) also gives history and commits."
        return Finding("git", "note", f"{said}, but {cwd} is not in a repository", hint)


def _root(cwd: Path) -> Path:
    try:
        return locate(cwd).root
    except NotARepository:
        return cwd


def _settings(cwd: Path, environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    user_dir = Folders.of(environ).config
    return load(given, environ, _root(cwd), user_dir, TrustStore(user_dir))


def _sandbox(cwd: Path, environ: Mapping[str, str], settings: Settings) -> Finding:
    asked = settings.sandbox
    try:
        runner = open_runner(_root(cwd), environ, profile=asked.profile, backend=asked.backend)
    except FlashagentError as error:
        return Finding(
            "sandbox", "wrong", error.message, error.hint or "`flashagent sandbox probe` tells more."
        )
    return Finding("sandbox", "ok", f"{runner.description}, profile {asked.profile}")


def _servers(cwd: Path, environ: Mapping[str, str], settings: Settings) -> list[Finding]:
    """The language servers that are there, one finding each; how to get some when there is none."""
    subject = "language server"
    if not settings.language_servers:
        where = settings.source("language_servers")
        return [Finding(subject, "note", f"switched off: language_servers ({where})")]
    root, own = _root(cwd), own_prefix()
    environment = find_environment(root, cwd, environ, own_prefix=own)
    found = servers_of(root, environment, settings, own)
    hint = "Its code lies in the project: `flashagent trust` first."
    return [
        *(Finding(subject, "ok", f"{one.kind.name}: {one.program}") for one in found.usable),
        *(
            Finding(subject, "note", f"{one.kind.name}: {one.program} is not started", hint)
            for one in found.untrusted
        ),
    ] or [Finding(subject, "note", "none for the files here", HOW_TO_GET_SERVERS)]


def _settings_finding(settings: Settings) -> Finding:
    if not settings.ignored:
        return Finding("settings", "ok", "all that were found are used")
    names = ", ".join(str(one) for one in settings.ignored[:3])
    more = f" and {len(settings.ignored) - 3} more" if len(settings.ignored) > 3 else ""
    return Finding("settings", "note", f"{names}{more}", "`flashagent trust` looks at the project's files.")


async def _models(settings: Settings, profiles: Profiles) -> list[Finding]:
    if settings.flash is None:
        return [Finding("model", "note", f"none is configured. {settings.hint}".strip(), HOW_TO_CONFIGURE)]
    if settings.offline:
        where = settings.source("offline")
        return [Finding("model", "note", f"not asked: offline is set ({where})", "Take it away to ask one.")]
    found = await _model(settings.flash, profiles)
    architect = settings.architect
    if architect is None or (architect.model, architect.base_url) == (
        settings.flash.model,
        settings.flash.base_url,
    ):
        return found
    theirs = await _model(architect, profiles)
    return [*found, *(replace(one, subject=f"architect's {one.subject}") for one in theirs)]


async def _model(role: ModelSettings, profiles: Profiles) -> list[Finding]:
    """What was found, kept as the profile that later runs begin with."""
    from flashagent.models.endpoint import Timeouts
    from flashagent.models.openai_compatible import OpenAICompatibleModel
    from flashagent.models.retries import RetryPolicy

    endpoint, clock = endpoint_of(role), SystemClock()
    wait_s = min(role.timeout_s, LONGEST_WAIT_S)
    model = OpenAICompatibleModel(
        endpoint, clock, timeouts=Timeouts(first_token_s=wait_s), retries=RetryPolicy(tries=1)
    )
    try:
        found, profile = await probe(model, endpoint.shown, clock.now(), profiles.of(endpoint))
    except UsageError as error:  # the file of certificates
        return [Finding("endpoint", "wrong", error.message, error.hint)]
    finally:
        await model.aclose()
    if profile is not None:
        try:
            profiles.keep(endpoint, profile)
        except OSError as error:
            said = f"what was found is not kept: {error.strerror}"
            found.append(Finding("profile", "note", said, "Is the disk full, or the state folder read-only?"))
    return found
