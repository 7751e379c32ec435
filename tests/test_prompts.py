"""Prompts are found in order and filled strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashagent import prompts
from flashagent.errors import SettingsError
from flashagent.prompts import Prompt


def test_a_given_folder_goes_before_the_bundled_prompts(tmp_path: Path) -> None:
    (tmp_path / "system.md").write_text("Be {{mood}}.\n", encoding="utf-8")
    found = prompts.load("system", [tmp_path / "absent", tmp_path])
    assert found == Prompt("system", "Be {{mood}}.", str(tmp_path / "system.md"))
    assert found.fill(mood="brief") == "Be brief."


def test_every_bundled_prompt_loads() -> None:
    assert "system" in prompts.names()
    assert [name for name in prompts.names() if not prompts.load(name).text.strip()] == []


def test_a_value_that_looks_like_a_slot_stays() -> None:
    prompt = Prompt("x", "{{a}} and {{b}}", "x.md")
    assert prompt.fill(a="{{b}}", b=r"\1") == r"{{b}} and \1"


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ({}, "got nothing for a"),
        ({"a": " "}, "got an empty text for a"),
        ({"a": "1", "b": "2"}, "has no slot b"),
    ],
)
def test_slots_are_strict(slots: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Prompt("x", "{{a}}", "x.md").fill(**slots)


@pytest.mark.parametrize("text", ["{{ a }}", "{{A}}", "open {{a", "close a}}"])
def test_a_broken_slot_is_found_when_loading(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.md").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="broken slot"):
        prompts.load("x", [tmp_path])


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "a//b", "nothing_like_it"])
def test_a_name_cannot_leave_the_folders(name: str) -> None:
    with pytest.raises(SettingsError):
        prompts.load(name)
