"""What the app keeps in the user's settings; a key never gets into a file that git tracks, or would."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from helpers.workspace_state import git_environment

from flashagent.errors import FlashagentError, UsageError
from flashagent.frontends.app_settings import keep, set_up
from flashagent.settings import load
from flashagent.settings.values import AppSettings

KEY = "sk-live-0123456789abcdefghij"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=git_environment(folder.parent / "home"),
        check=True,
        capture_output=True,
    )


def test_theme_and_keys_are_kept_beside_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("# mine\ncommit: true\n")
    keep(tmp_path, {}, "theme", "dark")
    keep(tmp_path, {}, "palette", "ctrl+k")
    keep(tmp_path, {"palette": "ctrl+k"}, "copy", "f5,f6")
    settings = load({}, {}, None, tmp_path)
    assert settings.app == AppSettings("dark", {"palette": "ctrl+k", "copy": "f5,f6"}, 10.0)
    assert settings.commit and (tmp_path / "config.yaml").read_text().startswith("# mine\ncommit: true\n")
    with pytest.raises(FlashagentError, match="must be one of terminal"):
        keep(tmp_path, {}, "theme", "pink")


def test_a_project_sets_no_keys_and_no_theme(tmp_path: Path) -> None:
    (tmp_path / "flashagent.yaml").write_text("app:\n  theme: light\n  keys: {leave: y}\n  bell_after: 0\n")
    settings = load({}, {}, tmp_path, tmp_path / "config", trust_project=True)
    assert settings.app == AppSettings()
    assert {one.key for one in settings.ignored} == {"app.theme", "app.keys", "app.bell_after"}


def test_an_endpoint_is_kept_and_used(tmp_path: Path) -> None:
    config = tmp_path / "config"
    said = set_up(config, "http://127.0.0.1:1/v1", KEY, "mini")
    assert said == f"It is kept in {config / 'config.yaml'}, which only you can read."
    assert stat.S_IMODE((config / "config.yaml").stat().st_mode) == 0o600
    flash = load({}, {}, None, config).flash
    assert flash is not None and (flash.model, flash.base_url, flash.api_key) == (
        "mini",
        "http://127.0.0.1:1/v1",
        KEY,
    )
    set_up(config, "ollama", "", "other")
    flash = load({}, {}, None, config).flash
    assert flash is not None and flash.model == "other"


@pytest.mark.parametrize("address", ["nowhere", "ftp://x", "http://"])
def test_a_wrong_address_writes_nothing(tmp_path: Path, address: str) -> None:
    with pytest.raises(FlashagentError):
        set_up(tmp_path, address, KEY, "mini")
    assert list(tmp_path.iterdir()) == []


def test_a_key_never_gets_into_a_repository(tmp_path: Path) -> None:
    """A folder of dotfiles under git: neither a tracked nor an untracked file takes a key, an ignored one does."""
    config = tmp_path / "dotfiles" / "flashagent"
    config.mkdir(parents=True)
    git(tmp_path / "dotfiles", "init", "-q")
    with pytest.raises(UsageError, match="git does not ignore it"):
        set_up(config, "http://127.0.0.1:1/v1", KEY, "mini")
    assert list(config.iterdir()) == []

    (config / "config.yaml").write_text("commit: true\n")
    git(tmp_path / "dotfiles", "add", ".")
    git(tmp_path / "dotfiles", "commit", "-q", "-m", "dotfiles")
    (tmp_path / "dotfiles" / ".gitignore").write_text("*.yaml\n")
    with pytest.raises(UsageError, match="git tracks it"):
        set_up(config, "http://127.0.0.1:1/v1", KEY, "mini")
    assert (config / "config.yaml").read_text() == "commit: true\n"
    set_up(config, "http://127.0.0.1:1/v1", "", "mini")  # without a key there is nothing to hide

    git(tmp_path / "dotfiles", "rm", "-q", "--cached", "flashagent/config.yaml")
    set_up(config, "http://127.0.0.1:1/v1", KEY, "mini")
    assert KEY in (config / "config.yaml").read_text()


def test_a_link_into_a_repository_is_seen_through(tmp_path: Path) -> None:
    config, dotfiles = tmp_path / "config", tmp_path / "dotfiles"
    config.mkdir()
    dotfiles.mkdir()
    git(dotfiles, "init", "-q")
    (dotfiles / "flashagent.yaml").write_text("commit: true\n")
    (config / "config.yaml").symlink_to(dotfiles / "flashagent.yaml")
    with pytest.raises(UsageError, match="git does not ignore it"):
        set_up(config, "http://127.0.0.1:1/v1", KEY, "mini")
    assert KEY not in (dotfiles / "flashagent.yaml").read_text()
