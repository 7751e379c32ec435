"""Every setting there is: its name, kind, default, and what an untrusted project may do with it."""

from __future__ import annotations

from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.settings import coerce
from flashagent.settings.coerce import Coerce
from flashagent.settings.presets import preset_names

# "yours only": not even a trusted file of the project may set it.
Safety = Literal["needs trust", "safe", "tighter only", "yours only"]
PROFILES = ("strict", "default", "network-allowlist")
BACKENDS = ("bwrap", "userns", "landlock")
EDIT_FORMATS = ("edit", "sr", "apply_patch", "udiff", "whole", "symbol", "anchors")
APIS = ("chat", "responses")
THEMES = ("terminal", "dark", "light", "contrast")
MODES = ("read-only", "ask", "auto")  # `full` is a word of the command line alone


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `variables` are environment variables, first found wins; `option` is its command-line option."""

    name: str
    coerce: Coerce
    default: object
    summary: str
    safety: Safety = "needs trust"
    variables: tuple[str, ...] = ()
    option: str = ""
    secret: bool = False


def _role(
    prefix: str,
    who: str,
    model_variables: tuple[str, ...],
    option: str,
    preset_variables: tuple[str, ...] = (),
) -> tuple[Key, ...]:
    return (
        Key(
            f"{prefix}.model",
            coerce.text,
            None,
            f"the model of {who}",
            variables=model_variables,
            option=option,
        ),
        Key(
            f"{prefix}.preset",
            coerce.choice(*preset_names()),
            None,
            "a known endpoint: `flashagent config presets` lists them",
            variables=preset_variables,
        ),
        Key(f"{prefix}.base_url", coerce.url, None, "its endpoint"),
        Key(f"{prefix}.api_key", coerce.text, None, "its key, for this endpoint only", secret=True),
        Key(f"{prefix}.api_key_env", coerce.text, None, "the variable that holds its key"),
        Key(f"{prefix}.max_tokens", coerce.whole(16), 8192, "the longest reply, in tokens"),
        Key(f"{prefix}.temperature", coerce.number(0, 2), None, "the endpoint's own when not set"),
        Key(f"{prefix}.timeout", coerce.number(0, above=True), 120.0, "seconds to the first token"),
        Key(
            f"{prefix}.context", coerce.whole(2048), None, "its context window in tokens; known or found out"
        ),
        Key(f"{prefix}.tools", coerce.flag, None, "whether it takes tool calls; known or found out"),
        Key(
            f"{prefix}.api",
            coerce.choice(*APIS),
            None,
            "chat (completions) or responses; chat when neither this nor a preset tells",
        ),
        Key(
            f"{prefix}.ca_file",
            coerce.text,
            "",
            "a PEM file of the authorities that vouch for its endpoint; the system's when not set",
            variables=("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        ),
        Key(
            f"{prefix}.fallbacks",
            coerce.texts,
            (),
            "models asked in its place, in order, at the same endpoint",
        ),
    )


def _limit(name: str, kind: Coerce, default: object, summary: str, option: str, variable: str) -> Key:
    return Key(f"limits.{name}", kind, default, summary, "tighter only", (f"FLASHAGENT_{variable}",), option)


_ABOVE_ZERO = coerce.number(0, above=True)
KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        *_role(
            "model_settings",
            "every step",
            ("FLASHAGENT_MODEL", "MODEL_NAME"),
            "--model",
            ("FLASHAGENT_PRESET",),
        ),
        *_role("roles.architect", "hard goals", ("FLASHAGENT_ARCHITECT_MODEL",), ""),
        Key(
            "checks",
            coerce.checks,
            (),
            "the commands that must pass",
            "safe",
            ("FLASHAGENT_CHECK",),
            "--check",
        ),
        _limit("attempts", coerce.whole(1), 3, "attempts of the model", "--max-attempts", "MAX_ATTEMPTS"),
        _limit("requests", coerce.whole(1), 30, "requests to the model", "--max-requests", "MAX_REQUESTS"),
        _limit(
            "tokens", coerce.whole(1), 200_000, "tokens of one job, both ways", "--max-tokens", "MAX_TOKENS"
        ),
        _limit("minutes", _ABOVE_ZERO, 15.0, "minutes of one job", "--timeout", "MAX_MINUTES"),
        _limit(
            "search_seconds",
            _ABOVE_ZERO,
            60.0,
            "seconds of the offline search",
            "--search-time",
            "SEARCH_SECONDS",
        ),
        _limit(
            "test_seconds",
            _ABOVE_ZERO,
            120.0,
            "seconds of one test on its first run",
            "--test-timeout",
            "TEST_SECONDS",
        ),
        _limit("max_cost", coerce.number(0), None, "US dollars of one job", "--max-cost", "MAX_COST"),
        Key("ignore", coerce.texts, (), "globs of files that are left out; lists add up", "safe"),
        Key(
            "edit_formats",
            coerce.table(*EDIT_FORMATS),
            {},
            "the format of edits to ask for, by model name (`gpt-*: udiff`)",
        ),
        Key("prices", coerce.prices, {}, "US dollars per million tokens, by model"),
        Key("prompts", coerce.texts, (), "folders with prompts that replace the bundled ones"),
        Key(
            "mode",
            coerce.choice(*MODES),
            "auto",
            "what happens without a question",
            variables=("FLASHAGENT_APPROVAL_MODE",),
            option="--mode",
        ),
        Key("secret_files", coerce.texts, (), "globs of files that no model is shown; lists add up", "safe"),
        Key(
            "language_servers",
            coerce.flag,
            True,
            "let installed language servers check edits and answer for names",
            variables=("FLASHAGENT_LANGUAGE_SERVERS",),
        ),
        Key("sandbox.env_files", coerce.flag, False, "let commands read .env files", "yours only"),
        Key("sandbox.profile", coerce.choice(*PROFILES), "default", "the policy for commands"),
        Key("sandbox.backend", coerce.choice(*BACKENDS), "", "chosen by the probe when not set"),
        Key(
            "offline",
            coerce.flag,
            False,
            "ask no model",
            variables=("FLASHAGENT_OFFLINE",),
            option="--offline",
        ),
        Key("commit", coerce.flag, False, "commit a fix", option="--commit"),
        Key("app.theme", coerce.choice(*THEMES), "terminal", "the colours of the terminal app", "yours only"),
        Key("app.keys", coerce.names, {}, "keys of the terminal app by their ids (`/keys`)", "yours only"),
        Key(
            "app.comments",
            coerce.flag,
            False,
            "list comments that begin with `flashagent:` among the findings",
            "yours only",
        ),
        Key(
            "app.watch",
            coerce.flag,
            True,
            "let the terminal app look at changed files in the background, for no tokens",
            "yours only",
        ),
        Key(
            "app.bell_after",
            coerce.number(0),
            10.0,
            "seconds of work after which the terminal app rings, 0 never",
            "yours only",
        ),
    )
}
ALIASES = {"check": "checks", "model": "model_settings.model", "roles.flash": "model_settings"}
GROUPS = frozenset(name.rpartition(".")[0] for name in KEYS) - {""} | {"roles"}
# Variables that begin like ours and mean something else than a setting.
OTHER_VARIABLES = frozenset({"FLASHAGENT_HOME", "FLASHAGENT_CHANNEL", "FLASHAGENT_REQUIRE_TOOLS"})


def full_name(name: str) -> str:
    """The name with its short forms written out: `model` is `model_settings.model`."""
    for short, full in ALIASES.items():
        if name == short or name.startswith(f"{short}."):
            return full + name[len(short) :]
    return name


def find_key(name: str, where: str) -> Key:
    """The setting of this name, short forms included. Raises SettingsError naming the nearest known key."""
    key = KEYS.get(full_name(name))
    if key is None:
        raise unknown_key(name, where)
    return key


def unknown_key(name: str, where: str) -> SettingsError:
    near = nearest(name, [*KEYS, *GROUPS, *ALIASES])
    hint = f"Did you mean {near!r}?" if near else "`flashagent config show` lists all settings."
    return SettingsError(f"{where}: there is no setting {name!r}.", hint=hint)


def nearest(name: str, known: list[str]) -> str:
    """The known name that is most alike, or '' when none is near."""
    from rapidfuzz import fuzz, process

    # Misspelt names mostly differ in a letter; a name without its group ("tokens") is found by its last part.
    by_tail = [full for full in known if full.rpartition(".")[2] == name.rpartition(".")[2]]
    if len(by_tail) == 1:
        return by_tail[0]
    found = process.extractOne(name, known, scorer=fuzz.ratio, score_cutoff=70)
    if found is None:
        tails = {full.rpartition(".")[2]: full for full in known}
        tail = process.extractOne(name.rpartition(".")[2], list(tails), scorer=fuzz.ratio, score_cutoff=75)
        return tails[tail[0]] if tail else ""
    return str(found[0])
