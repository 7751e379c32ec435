"""What settings are once decided: frozen values that know where they came from. Secrets never show in a repr."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from flashagent.dataclass import dataclass

OriginKind = Literal["default", "user file", "project file", ".env", "environment", "command line"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from. `where` is a file, a variable or an option; `line` is 1-based, None when unknown."""

    kind: OriginKind
    where: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}, line {self.line}"
        return f"{self.kind}: {place}" if place else self.kind


DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A setting that was found and not used, with the reason in words."""

    key: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key} ({self.where}) is not used: {self.reason}"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One model role that is ready to be asked. `api_key` '' means that the endpoint wants none. `timeout_s` is the time
    to the first token. `max_tokens` caps one reply. `temperature` None leaves it to the endpoint. `context` is the window
    in tokens and `tools` whether it takes tool calls, None for what its name tells. `fallbacks` are models in order.
    `returns_reasoning`: the endpoint wants the model's earlier reasoning back. `api` is how it is asked.
    `ca_file` holds the authorities that vouch for the endpoint, '' for the system's."""

    model: str
    base_url: str
    api_key: str = field(default="", repr=False)
    max_tokens: int = 8192
    temperature: float | None = None
    timeout_s: float = 120.0
    context: int | None = None
    tools: bool | None = None
    fallbacks: tuple[str, ...] = ()
    returns_reasoning: bool = False
    api: Literal["chat", "responses"] = "chat"
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class CheckSetting:
    """A check as the user wrote it. `command` is one line; `cwd` is relative to the repository root."""

    command: str
    name: str = ""
    cwd: str = "."
    kind: str = "tests"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one job may use. `max_cost` is in US dollars, None for no limit of its own."""

    attempts: int = 3
    requests: int = 30
    tokens: int = 200_000
    minutes: float = 15.0
    search_s: float = 60.0
    max_cost: float | None = None
    test_s: float = 120.0


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """`backend` '' lets the probe choose; `env_files` lets commands read `.env` files. No setting can turn the sandbox off; only a flag can."""

    profile: str = "default"
    backend: str = ""
    env_files: bool = False


@dataclass(frozen=True, slots=True)
class AppSettings:
    """How the terminal app looks and answers. `keys` maps ids of keys to keys; `bell_after_s` 0 never rings.
    `comments`: comments in changed files that begin with `flashagent:` are listed as wishes. `watch`:
    changed files are looked at in the background."""

    theme: str = "terminal"
    keys: Mapping[str, str] = field(default_factory=dict)
    bell_after_s: float = 10.0
    comments: bool = False
    watch: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `flashagent config show`; a secret value is already masked."""

    key: str
    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one run. `flash` is None when no model is configured, and `hint` then says what is missing.

    `project_trusted` tells whether the project's file, if any, was trusted in exactly this content: it may then be
    followed outside the sandbox too. `notes` are the trusted instructions of the project. `secrets` are all secret values seen, for masking.
    """

    flash: ModelSettings | None = None
    architect: ModelSettings | None = None
    checks: tuple[CheckSetting, ...] = ()
    limits: LimitSettings = LimitSettings()
    ignore: tuple[str, ...] = ()
    secret_files: tuple[str, ...] = ()
    mode: str = "auto"
    notes: str = ""
    prices: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    edit_formats: Mapping[str, str] = field(default_factory=dict)
    prompt_folders: tuple[str, ...] = ()
    sandbox: SandboxSettings = SandboxSettings()
    app: AppSettings = AppSettings()
    offline: bool = False
    commit: bool = False
    language_servers: bool = True
    project_trusted: bool = False
    ignored: tuple[Ignored, ...] = ()
    hint: str = ""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    rows: tuple[Row, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=lambda: types.MappingProxyType({}), repr=False)

    def source(self, key: str) -> str:
        """Where the value came from, in words: 'project file: flashagent.yaml, line 4'. Short names (`model`) count.

        Raises SettingsError for a key that does not exist.
        """
        from flashagent.settings.schema import find_key

        return str(self.origins.get(find_key(key, "settings").name, DEFAULT))
