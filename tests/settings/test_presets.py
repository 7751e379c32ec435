"""Presets fill in what nobody has set, and a key goes to its own endpoint only."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flashagent.cli import config
from flashagent.errors import SettingsError
from flashagent.settings import Settings, load
from flashagent.settings.presets import preset_names, presets

KEY = "own-key-0123456789"


def settings(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return load({}, environ, None, tmp_path)


def test_the_file_and_the_names_agree() -> None:
    assert tuple(presets()) == preset_names()


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_is_whole(name: str) -> None:
    preset = presets()[name]
    address = urlsplit(preset.base_url)
    local = address.hostname == "127.0.0.1"
    assert bool(preset.base_url) != bool(preset.url_variable)
    assert address.scheme == ("http" if local else "https" if preset.base_url else "")
    assert bool(preset.key_variable) != local
    assert bool(preset.source) == bool(preset.checked)
    assert not preset.source or (preset.source.startswith("https://") and date.fromisoformat(preset.checked))
    assert preset.title


def test_a_preset_fills_in_address_and_key(tmp_path: Path) -> None:
    found = settings(tmp_path, "model_settings:\n  preset: deepseek\n  model: m\n", DEEPSEEK_API_KEY=KEY)
    assert found.flash is not None
    assert (found.flash.base_url, found.flash.api_key) == ("https://api.deepseek.com", KEY)
    assert found.flash.returns_reasoning
    assert KEY in found.secrets
    assert found.source("model_settings.base_url").endswith("config.yaml, line 2")


def test_a_preset_with_one_model_knows_its_window(tmp_path: Path) -> None:
    found = settings(tmp_path, FLASHAGENT_PRESET="mai", MAI_ENDPOINT="http://127.0.0.1:9/v1", MAI_API_KEY=KEY)
    assert found.flash is not None
    assert (found.flash.model, found.flash.context, found.flash.api_key) == ("mai-code-1-flash", 256_000, KEY)
    assert found.source("model_settings.model") == "default: preset mai"


def test_an_address_of_ones_own_with_the_presets_path(tmp_path: Path) -> None:
    environ = {"AZURE_OPENAI_ENDPOINT": "https://x.example/", "AZURE_OPENAI_API_KEY": KEY}
    found = settings(tmp_path, "model_settings:\n  preset: azure\n  model: mine\n", **environ)
    assert found.flash is not None
    assert (found.flash.base_url, found.flash.api_key) == ("https://x.example/openai/v1", KEY)


def test_without_its_variable_the_hint_names_it(tmp_path: Path) -> None:
    found = settings(tmp_path, "model_settings:\n  preset: azure\n  model: mine\n")
    assert (found.flash, found.hint) == (
        None,
        "Preset azure has no address of its own: set AZURE_OPENAI_ENDPOINT.",
    )


@pytest.mark.parametrize("by_hand", ["variables", "file"])
def test_what_is_configured_by_hand_wins(tmp_path: Path, by_hand: str) -> None:
    text = "model_settings:\n  preset: mistral\n  model: m\n"
    environ = {"MISTRAL_API_KEY": KEY}
    if by_hand == "file":
        text += "  base_url: http://127.0.0.1:7/v1\n"
    else:
        environ |= {"MODEL_BASE_URL": "http://127.0.0.1:7/v1"}
    found = settings(tmp_path, text, **environ)
    assert found.flash is not None
    assert (found.flash.base_url, found.flash.api_key) == ("http://127.0.0.1:7/v1", "")


def test_an_unknown_preset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="model_settings.preset"):
        settings(tmp_path, "model_settings:\n  preset: nobody\n")


def test_an_untrusted_project_chooses_no_preset(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "flashagent.yaml").write_text(
        "model_settings:\n  preset: mistral\n  model: m\n", encoding="utf-8"
    )
    found = load({}, {"MISTRAL_API_KEY": KEY}, project, tmp_path / "user")
    assert found.flash is None


def test_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"FLASHAGENT_HOME": str(tmp_path)}
    assert config.run(["presets", "--json"], environ) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == list(preset_names())
    assert config.run(["presets"], environ) == 0
    out = capsys.readouterr().out
    assert "https://openrouter.ai/api/v1" in out
    assert "AZURE_OPENAI_ENDPOINT/openai/v1" in out


def test_the_api_is_a_setting_of_the_endpoint(tmp_path: Path) -> None:
    base = {"MODEL_BASE_URL": "http://127.0.0.1:9/v1", "FLASHAGENT_MODEL": "m"}
    plain, told = (
        settings(tmp_path, **base),
        settings(tmp_path, "model_settings:\n  api: responses\n", **base),
    )
    assert plain.flash is not None
    assert told.flash is not None
    assert (plain.flash.api, told.flash.api) == ("chat", "responses")
    with pytest.raises(SettingsError, match="chat, responses"):
        settings(tmp_path, "model_settings:\n  api: response\n", **base)
