"""Which source wins, what is remembered about it, and what an untrusted project may say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from flashagent.edits.values import FORMATS
from flashagent.errors import SettingsError
from flashagent.settings import (
    CheckSetting,
    Ignored,
    LimitSettings,
    ModelSettings,
    Settings,
    TrustStore,
    load,
)
from flashagent.settings.schema import EDIT_FORMATS

LOCAL = "http://127.0.0.1:9/v1"
OTHER = "http://127.0.0.1:8/v1"


@dataclass(frozen=True)
class House:
    """A project folder and a user's folder, both empty at first."""

    root: Path
    user: Path

    def project(self, text: str, name: str = "flashagent.yaml") -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def own(self, text: str) -> None:
        (self.user / "config.yaml").write_text(text, encoding="utf-8")

    def load(self, *, trust_project: bool = True, **given: object) -> Settings:
        environ = given.pop("environ", {})
        options = {name.replace("__", "."): value for name, value in given.items()}
        return load(
            options,
            environ,  # type: ignore[arg-type]
            self.root,
            self.user,
            TrustStore(self.user),
            trust_project=trust_project,
        )


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "root").mkdir()
    (tmp_path / "user").mkdir()
    return House(tmp_path / "root", tmp_path / "user")


def test_nothing_set_gives_the_defaults(house: House) -> None:
    found = house.load()
    assert (found.flash, found.architect, found.checks, found.limits) == (None, None, (), LimitSettings())
    assert found.source("limits.tokens") == "default"
    assert found.hint == "To use a model, set MODEL_BASE_URL, MODEL_API_KEY and --model NAME."


def test_no_project_is_fine(tmp_path: Path) -> None:
    assert load({}, {}, None, tmp_path).limits == LimitSettings()


def test_each_source_beats_the_next(house: House) -> None:
    house.own("model: from-user\n")
    expected = [("from-user", f"user file: {house.user}/config.yaml, line 1")]
    house.project("# project\nmodel_settings:\n  model: from-project\n")
    expected.append(("from-project", "project file: flashagent.yaml, line 3"))
    seen = [("from-user", load({}, {}, None, house.user).source("model"))]
    seen.append((value_of(house.load(), "model_settings.model"), house.load().source("model")))
    house.project("FLASHAGENT_MODEL=from-dotenv\n", ".env")
    seen.append((value_of(house.load(), "model_settings.model"), house.load().source("model")))
    environ = {"FLASHAGENT_MODEL": "from-environ"}
    found = house.load(environ=environ)
    seen.append((value_of(found, "model_settings.model"), found.source("model")))
    found = house.load(environ=environ, model="from-option")
    seen.append((value_of(found, "model_settings.model"), found.source("model_settings.model")))
    assert seen == [
        *expected,
        ("from-dotenv", ".env: FLASHAGENT_MODEL"),
        ("from-environ", "environment: FLASHAGENT_MODEL"),
        ("from-option", "command line: --model"),
    ]


def value_of(settings: Settings, key: str) -> object:
    return next(row.value for row in settings.rows if row.key == key)


def test_a_whole_file(house: House) -> None:
    house.own(
        """
model_settings:
  model: quick
  base_url: http://127.0.0.1:9/v1/
  api_key_env: WORK_KEY
  max_tokens: 4000
  temperature: 0.5
  timeout: 90
roles:
  architect: {model: deep}
checks:
  - pytest -q
  - {command: [npm, test, a b], name: front end, cwd: web}
limits: {attempts: 5, requests: 9, tokens: 1000, minutes: 2.5, search_seconds: 7, max_cost: 0.25, test_seconds: 3}
ignore: ["*.min.js", vendor/]
prices:
  quick: {input: 0.1, output: 0.4, date: 2026-01-02}
prompts: [own-prompts]
sandbox: {profile: strict, backend: userns}
offline: false
commit: true
"""
    )
    found = house.load(environ={"WORK_KEY": "work-key-value"})
    assert found.flash == ModelSettings("quick", LOCAL, "work-key-value", 4000, 0.5, 90.0)
    assert found.architect == ModelSettings("deep", LOCAL, "work-key-value")
    assert found.checks == (
        CheckSetting("pytest -q"),
        CheckSetting("npm test 'a b'", name="front end", cwd="web"),
    )
    assert found.limits == LimitSettings(5, 9, 1000, 2.5, 7.0, 0.25, 3.0)
    assert found.ignore == ("*.min.js", "vendor/")
    assert found.prices == {
        "quick": {"source": "your settings", "date": "2026-01-02", "input": 0.1, "output": 0.4}
    }
    assert (found.prompt_folders, found.commit, found.offline) == (("own-prompts",), True, False)
    assert (found.sandbox.profile, found.sandbox.backend) == ("strict", "userns")
    assert found.ignored == ()


def test_pyproject_table_with_lines(house: House) -> None:
    house.project(
        '[project]\nname = "x"\n\n[tool.flashagent]\ncheck = "pytest"\nlimits.tokens = 500\n'
        '[tool.flashagent.model_settings]\n# a note\nmodel = "m"\n',
        "pyproject.toml",
    )
    found = house.load()
    assert (found.checks, found.limits.tokens) == ((CheckSetting("pytest"),), 500)
    assert [found.source(key) for key in ("check", "limits.tokens", "model")] == [
        "project file: pyproject.toml, line 5",
        "project file: pyproject.toml, line 6",
        "project file: pyproject.toml, line 9",
    ]


def test_flashagent_yaml_replaces_the_pyproject_table(house: House) -> None:
    house.project('[tool.flashagent]\ncheck = "a"\n', "pyproject.toml")
    house.project("commit: true\n")
    assert house.load().checks == ()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("limits:\n  tokens: many\n", "flashagent.yaml, line 2: limits.tokens must be a whole number of at least 1, not 'many'.", "limits.tokens: tokens of one job, both ways."),
        ("modle_settings:\n  model: x\n", "flashagent.yaml, line 1: there is no setting 'modle_settings'.", "Did you mean 'model_settings'?"),
        ("model_settings:\n  max_token: 5\n", "flashagent.yaml, line 2: there is no setting 'model_settings.max_token'.", "Did you mean 'model_settings.max_tokens'?"),
        ("attempts: 3\n", "flashagent.yaml, line 1: there is no setting 'attempts'.", "Did you mean 'limits.attempts'?"),
        ("xyzzy: 3\n", "flashagent.yaml, line 1: there is no setting 'xyzzy'.", "`flashagent config show` lists all settings."),
        ("check: a\nchecks: [b]\n", "flashagent.yaml, line 2: 'checks' is given twice.", "'checks' may also be written 'check'."),
        ("commit: true\ncommit: false\n", "flashagent.yaml, line 2: 'commit' is given twice.", ""),
        ("checks:\n- a\n- {name: b}\n", "flashagent.yaml, line 3: checks needs a command for each check.", "checks: the commands that must pass."),
        ("checks:\n- {command: a, cwd: ../..}\n", "flashagent.yaml, line 2: checks must have its cwd inside the repository.", "checks: the commands that must pass."),
        ("check: \"echo 'open\"\n", "flashagent.yaml, line 1: checks must be a command (no closing quotation), not \"echo 'open\".", "checks: the commands that must pass."),
        ("sandbox:\n  profile: 'off'\n", "flashagent.yaml, line 2: sandbox.profile must be one of strict, default, network-allowlist, not 'off'.", "sandbox.profile: the policy for commands."),
        ("limits: 5\n", "flashagent.yaml, line 1: 'limits' needs settings under it, not a value.", ""),
        ("- a\n", "flashagent.yaml, line 1: settings are 'key: value' lines.", ""),
        ("a: [\n", "flashagent.yaml, line 2: this is not YAML: ", ""),
        ("a: !!python/object:os.system x\n", "flashagent.yaml, line 1: this is not YAML: could not determine a constructor", ""),
        ("model_settings:\n  api_key: [secret-value]\n", "flashagent.yaml, line 2: model_settings.api_key must be a text.", ""),
        ("model_settings:\n  base_url: ftp://x\n", "flashagent.yaml, line 2: model_settings.base_url must be an address that starts with http:// or https://, not 'ftp://x'.", ""),
        ("prices:\n  m: {input: 1}\n", "flashagent.yaml, line 2: prices needs output;", ""),
    ],
)  # fmt: skip
def test_a_wrong_value_names_its_place(house: House, text: str, message: str, hint: str) -> None:
    house.project(text)
    with pytest.raises(SettingsError) as raised:
        house.load()
    assert raised.value.message.removeprefix("project file: ").startswith(message)
    assert raised.value.hint.startswith(hint)


def test_wrong_variables_and_options_are_named(house: House) -> None:
    with pytest.raises(
        SettingsError, match="environment: FLASHAGENT_MAX_TOKENS: limits.tokens must be a whole"
    ):
        house.load(environ={"FLASHAGENT_MAX_TOKENS": "x"})
    with pytest.raises(SettingsError, match="command line: --max-cost: limits.max_cost must be a number"):
        house.load(limits__max_cost="nan")
    with pytest.raises(SettingsError, match="command line: there is no setting 'limits.tokns'"):
        house.load(limits__tokns=1)


def test_a_misspelt_variable_is_told(house: House) -> None:
    found = house.load(environ={"FLASHAGENT_MODLE": "x", "FLASHAGENT_HOME": "/x", "EMPTY": ""})
    assert found.ignored == (
        Ignored("FLASHAGENT_MODLE", "environment", "no setting has this name; FLASHAGENT_MODEL is near"),
    )


def test_yaml_bombs_are_refused(house: House) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    house.project("\n".join(lines))
    with pytest.raises(SettingsError, match="nested too deep or too large"):
        house.load()
    house.project("ignore: &i [*i]\n")
    with pytest.raises(SettingsError):
        house.load()


class TestEndpoints:
    """A key goes only to the endpoint that stands beside it."""

    def flash(self, house: House, environ: dict[str, str], **options: object) -> ModelSettings | None:
        return house.load(environ=environ, model="m", **options).flash

    def test_the_first_complete_pair_wins(self, house: House) -> None:
        environ = {
            "MODEL_API_KEY": "bare-model-key",
            "MAI_API_KEY": "mai-key-value",
            "MAI_ENDPOINT": LOCAL,
            "OPENAI_API_KEY": "openai-key-value",
            "OPENAI_BASE_URL": OTHER,
        }
        assert self.flash(house, environ) == ModelSettings("m", LOCAL, "mai-key-value")

    def test_a_bare_key_is_only_a_hint(self, house: House) -> None:
        found = house.load(environ={"MODEL_API_KEY": "bare-model-key"})
        assert found.flash is None
        assert "MODEL_API_KEY" in found.hint
        assert "bare-model-key" not in found.hint
        assert self.flash(house, {"MODEL_API_KEY": "bare-model-key"}) is None

    def test_openai_has_an_endpoint_of_its_own(self, house: House) -> None:
        found = self.flash(house, {"OPENAI_API_KEY": "openai-key-value"})
        assert found == ModelSettings("m", "https://api.openai.com/v1", "openai-key-value")

    def test_a_written_endpoint_beats_the_default_one_and_gets_no_foreign_key(self, house: House) -> None:
        house.own(f"model_settings: {{base_url: '{LOCAL}'}}\n")
        assert self.flash(house, {"OPENAI_API_KEY": "openai-key-value"}) == ModelSettings("m", LOCAL)

    def test_an_endpoint_without_a_key_is_enough(self, house: House) -> None:
        assert self.flash(house, {"MODEL_BASE_URL": LOCAL}) == ModelSettings("m", LOCAL)

    def test_the_command_line_endpoint_gets_only_its_own_key(self, house: House) -> None:
        environ = {"MODEL_API_KEY": "model-key-value", "MODEL_BASE_URL": LOCAL}
        assert self.flash(house, environ, model_settings__base_url=LOCAL + "/") == ModelSettings(
            "m", LOCAL, "model-key-value"
        )
        assert self.flash(house, environ, model_settings__base_url=OTHER) == ModelSettings("m", OTHER)

    def test_dotenv_gives_a_pair_when_trusted(self, house: House) -> None:
        house.project(f'MODEL_API_KEY="dotenv-key-value"\nMODEL_BASE_URL={LOCAL}\n', ".env")
        assert self.flash(house, {}) == ModelSettings("m", LOCAL, "dotenv-key-value")

    def test_a_hint_names_the_missing_half(self, house: House) -> None:
        assert "no endpoint" in house.load(model="m").hint
        assert "no model" in house.load(environ={"MODEL_BASE_URL": LOCAL}).hint


def test_an_untrusted_project_gives_only_what_is_safe(house: House) -> None:
    house.own("limits: {tokens: 1000, requests: 5}\nignore: [secrets/]\n")
    house.project(
        f"check: make test\nignore: [dist/]\nmodel_settings: {{base_url: '{OTHER}', model: m}}\n"
        "limits:\n  tokens: 900\n  requests: 6\n  max_cost: 1\ncommit: true\n"
    )
    house.project(f"MODEL_API_KEY=dotenv-key-value\nMODEL_BASE_URL={OTHER}\n", ".env")
    found = house.load(trust_project=False)
    assert (found.flash, found.commit, found.project_trusted) == (None, False, False)
    assert found.checks == (CheckSetting("make test"),)
    assert found.ignore == ("secrets/", "dist/")
    assert found.limits == LimitSettings(tokens=900, requests=5, max_cost=1.0)
    trust = "the file is not trusted in this content; `flashagent trust` shows it and asks"
    assert found.ignored == (
        Ignored("model_settings.base_url", "project file: flashagent.yaml, line 3", trust),
        Ignored("model_settings.model", "project file: flashagent.yaml, line 3", trust),
        Ignored(
            "limits.requests",
            "project file: flashagent.yaml, line 6",
            "an untrusted file may only tighten a limit (5 holds)",
        ),
        Ignored("commit", "project file: flashagent.yaml, line 8", trust),
        Ignored("MODEL_API_KEY", ".env", trust),
        Ignored("MODEL_BASE_URL", ".env", trust),
    )
    assert found.secrets == {"dotenv-key-value"}


def test_trust_is_for_exactly_this_content(house: House) -> None:
    store = TrustStore(house.user)
    house.project("commit: true\n")
    store.record(house.root / "flashagent.yaml", b"commit: true\n")
    assert house.load(trust_project=False).commit is True
    house.project("commit: true \n")
    assert house.load(trust_project=False).commit is False


def test_a_link_is_no_project_file(house: House, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("commit: true\n", encoding="utf-8")
    (house.root / "flashagent.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(SettingsError, match="is a link"):
        house.load()
    (house.root / ".env").symlink_to(tmp_path / "elsewhere.yaml")
    (house.root / "flashagent.yaml").unlink()
    assert house.load().ignored == ()


def test_secrets_never_show(house: House) -> None:
    house.own(f"model_settings: {{model: m, base_url: '{LOCAL}', api_key: own-key-value}}\n")
    found = house.load(environ={"GITHUB_TOKEN": "github-token-value"})
    assert found.secrets == {"own-key-value", "github-token-value"}
    assert found.flash is not None
    assert found.flash.api_key == "own-key-value"
    for text in (repr(found), str(found), repr(found.rows), repr(found.flash)):
        assert "own-key-value" not in text
        assert "github-token-value" not in text
    assert value_of(found, "model_settings.api_key") == "[secret]"


def test_loading_leaves_the_process_environment_alone(house: House) -> None:
    import os

    before = dict(os.environ)
    house.project("MODEL_API_KEY=dotenv-key-value\n", ".env")
    house.load()
    assert dict(os.environ) == before


def test_the_format_of_edits_by_model(tmp_path: Path) -> None:
    user = tmp_path / "user"
    user.mkdir()
    (user / "config.yaml").write_text('edit_formats:\n  "gpt-*": udiff\n')
    assert load({}, {}, None, user).edit_formats == {"gpt-*": "udiff"}
    (user / "config.yaml").write_text('edit_formats:\n  "gpt-*": xml\n')
    with pytest.raises(SettingsError, match="edit_formats must be one of edit, sr"):
        load({}, {}, None, user)
    assert EDIT_FORMATS == FORMATS


def test_the_format_of_edits_in_a_project_file_needs_trust(tmp_path: Path) -> None:
    (tmp_path / "flashagent.yaml").write_text('edit_formats:\n  "*": udiff\n')
    untrusted = load({}, {}, tmp_path, tmp_path / "user")
    assert (untrusted.edit_formats, [one.key for one in untrusted.ignored]) == ({}, ["edit_formats"])
    trusted = load({}, {}, tmp_path, tmp_path / "user", trust_project=True)
    assert trusted.edit_formats == {"*": "udiff"}
