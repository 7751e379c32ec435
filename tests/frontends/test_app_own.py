"""Commands of the user's own: Markdown files with slots; the project's count only in the content that was trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashagent.errors import UsageError
from flashagent.frontends.app_own import MOST_COMMANDS, OwnCommandFiles, filled
from flashagent.frontends.tui.controller import OwnCommand
from flashagent.settings import TrustStore

TIDY = "# Tidy a file\n\nTidy {{path}} as {{how}} says; {{path}} only.\n"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    config, root = tmp_path / "config", tmp_path / "root"
    (config / "commands").mkdir(parents=True)
    (root / ".flashagent" / "commands").mkdir(parents=True)
    return config, root


def files(folders: tuple[Path, Path]) -> OwnCommandFiles:
    config, root = folders
    return OwnCommandFiles(config, root, TrustStore(config))


def test_the_users_commands(folders: tuple[Path, Path]) -> None:
    mine = folders[0] / "commands"
    (mine / "tidy.md").write_text(TIDY)
    (mine / "plain.md").write_text("Look around.")
    (mine / "No Name.md").write_text("x")
    (mine / "empty.md").write_text("")
    (mine / "notes.txt").write_text("x")
    own = files(folders)
    assert own.listed() == {
        "/plain": OwnCommand("from plain.md", ""),
        "/tidy": OwnCommand("Tidy a file", "PATH HOW"),
    }
    tidy, plain = own.find("/tidy"), own.find("/plain")
    assert tidy is not None and plain is not None and tidy.trusted
    assert filled("/tidy", tidy, "a.py the style guide") == "Tidy a.py as the style guide says; a.py only."
    assert filled("/tidy", tidy, "{{how}} x") == "Tidy {{how}} as x says; {{how}} only."
    assert filled("/plain", plain, "") == "Look around."
    for file, name, argument in ((tidy, "/tidy", "a.py"), (plain, "/plain", "more"), (tidy, "/tidy", "")):
        with pytest.raises(UsageError, match=f"{name} wants"):
            filled(name, file, argument)


def test_the_projects_commands_want_trust_in_exactly_their_content(folders: tuple[Path, Path]) -> None:
    theirs = folders[1] / ".flashagent" / "commands" / "ship.md"
    theirs.write_text("# Ship it\nPush.")
    own = files(folders)
    assert own.listed() == {"/ship": OwnCommand("Ship it (of the project, not trusted yet)", "")}
    assert not own.find("/ship").trusted  # type: ignore[union-attr]
    assert own.trust("/ship").trusted and files(folders).find("/ship").trusted  # type: ignore[union-attr]
    theirs.write_text("# Ship it\nPush, and more.")
    assert not files(folders).find("/ship").trusted  # type: ignore[union-attr]


def test_the_users_command_wins_and_links_of_a_project_are_none(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    theirs = folders[1] / ".flashagent" / "commands"
    (folders[0] / "commands" / "ship.md").write_text("Mine.")
    (theirs / "ship.md").write_text("Theirs.")
    (tmp_path / "secret").write_text("s3cret")
    (theirs / "link.md").symlink_to(tmp_path / "secret")
    (theirs / "large.md").write_text("x" * 60_000)
    own = files(folders)
    assert list(own.listed()) == ["/ship"] and own.find("/ship").prompt == "Mine."  # type: ignore[union-attr]


def test_a_flood_of_files_is_bounded(folders: tuple[Path, Path]) -> None:
    for number in range(MOST_COMMANDS + 20):
        (folders[0] / "commands" / f"c{number:03}.md").write_text("x")
    assert len(files(folders).listed()) == MOST_COMMANDS
