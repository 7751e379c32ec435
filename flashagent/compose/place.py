"""Where a command was called: the repository around it, its settings, its folders. What needs no more than that, such as
undo, waits for no part of a job to be imported."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from flashagent.compose.clock import SystemClock
from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.folders import Folders
from flashagent.ports import Clock
from flashagent.secrecy import looks_secret, stripped_values
from flashagent.settings import Settings, TrustStore, load
from flashagent.settings.documents import read_bytes
from flashagent.settings.envfile import variables_in
from flashagent.workspace.git import Repository
from flashagent.workspace.plain import open_work_tree


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says beside settings. `settings` maps setting names to values, None for not given. `full` is
    the approval mode that only a flag can choose; `fresh` runs checks also where their result is known; `requests` is how
    many each model may be asked at once, None for any number."""

    settings: Mapping[str, object]
    checks: tuple[str, ...] = ()
    sandboxed: bool = True
    trust_project: bool = False
    full: bool = False
    fresh: bool = False
    requests: int | None = None


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
        """All secret values known: of the settings, of variables that commands never see, and of the project's own
        `.env` files as they are now."""
        allowed = allowed_variables(self.root)
        return self.settings.secrets | dotenv_secrets(self.root) | stripped_values(self.environ, allowed)

    def close(self) -> None:
        self.repository.close()


def open_place(cwd: Path, environ: Mapping[str, str], wishes: Wishes) -> Place:
    """The repository around `cwd`, or the folder itself outside of one. Raises NotARepository where neither can be
    worked in, SettingsError for a wrong setting."""
    folders = Folders.of(environ)
    repository = open_work_tree(cwd, folders.state, environ)
    trust = TrustStore(folders.config)
    settings = load(
        wishes.settings, environ, repository.root, folders.config, trust, trust_project=wishes.trust_project
    )
    return Place(cwd, environ, folders, repository, settings, SystemClock())


def new_session_id(clock: Clock) -> str:
    """Sortable by time, unique by chance: '20260131T101500-3f9a2c'."""
    stamp = clock.now()[:19].replace("-", "").replace(":", "")
    return f"{stamp}-{secrets.token_hex(3)}"


def allowed_variables(root: Path) -> tuple[str, ...]:
    """The names (patterns) of the variables that commands see."""
    from flashagent_sandbox import load_profile

    return load_profile(root=root).env_allow


def dotenv_secrets(root: Path) -> frozenset[str]:
    """The values in the project's own `.env` files that look like secrets; none of links, of what cannot be read, and of
    what is no text (`.env.gpg`)."""
    texts = [text for path in root.glob(".env*") if (text := _text_of(path))]
    found = (value for text in texts for value in variables_in(text).values())
    return frozenset(value for value in found if value and looks_secret(value))


def _text_of(path: Path) -> str:
    try:
        content = read_bytes(path, follow=False) or b""
    except SettingsError:
        return ""
    return "" if b"\0" in content else content.decode("utf-8-sig", "replace")
