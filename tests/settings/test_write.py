"""Setting one value leaves every other line of the user's file as it was."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from flashagent.errors import SettingsError
from flashagent.settings import load
from flashagent.settings.write import set_value


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("", "limits.tokens", "5", "limits:\n  tokens: 5\n"),
        ("# mine\n", "commit", "true", "# mine\ncommit: true\n"),
        ("commit: true # why\n", "commit", "false", "commit: false # why\n"),
        ("limits:\n  # few\n  tokens: 5 # small\n", "limits.tokens", "6", "limits:\n  # few\n  tokens: 6 # small\n"),
        ("limits:\n    tokens: 5\ncommit: true", "limits.attempts", "2", "limits:\n    attempts: 2\n    tokens: 5\ncommit: true\n"),
        ("limits: {tokens: 5}\n", "limits.attempts", "2", "limits: {attempts: 2, tokens: 5}\n"),
        ("check: pytest\n", "checks", "[a, b]", "check: [a, b]\n"),
        ("model: old\n", "model", "new", "model: new\n"),
        ("ignore:\n- a\n- b\n# last\ncommit: true\n", "ignore", "[c]", "ignore: [c]\n# last\ncommit: true\n"),
        ("commit: true\n", "roles.architect.model", "deep", "commit: true\nroles:\n  architect:\n    model: deep\n"),
        ("roles: {}\n", "roles.architect.model", "deep", "roles: {architect: {model: deep}}\n"),
        ("model_settings:\n  model: a\n", "model_settings.base_url", "http://127.0.0.1:9/v1", "model_settings:\n  base_url: 'http://127.0.0.1:9/v1'\n  model: a\n"),
    ],
)  # fmt: skip
def test_one_value_changes(tmp_path: Path, before: str, key: str, value: str, after: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(before, encoding="utf-8")
    assert set_value(tmp_path, key, value) == path
    assert path.read_text(encoding="utf-8") == after
    assert load({}, {}, None, tmp_path).source(key).startswith("user file: ")


def test_a_block_list_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("ignore:\n  - a\n  - b\ncommit: true\n", encoding="utf-8")
    set_value(tmp_path, "ignore", "[c]")
    found = load({}, {}, None, tmp_path)
    assert (found.ignore, found.commit) == (("c",), True)


def test_the_file_is_private_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "user").mkdir()
    target = tmp_path / "dotfiles" / "flashagent.yaml"
    target.write_text("commit: true\n", encoding="utf-8")
    (tmp_path / "user" / "config.yaml").symlink_to(target)
    set_value(tmp_path / "user", "offline", "true")
    assert (tmp_path / "user" / "config.yaml").is_symlink()
    assert target.read_text(encoding="utf-8") == "commit: true\noffline: true\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in target.parent.iterdir()) == ["flashagent.yaml"]


@pytest.mark.parametrize(
    ("before", "key", "value", "said"),
    [
        ("", "limits.tokns", "5", "no setting 'limits.tokns'"),
        ("", "limits.tokens", "few", "must be a whole number"),
        ("", "commit", "true\nother: 1", "on one line"),
        ("xyzzy: 1\n", "commit", "true", "no setting 'xyzzy'"),
    ],
)
def test_what_is_wrong_is_not_written(tmp_path: Path, before: str, key: str, value: str, said: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(before, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        set_value(tmp_path, key, value)
    assert path.read_text(encoding="utf-8") == before
