from __future__ import annotations

import pytest

from flashagent.secrecy import MASK
from flashagent.tools.guarded import Guard, named_in


@pytest.mark.parametrize(
    "path",
    [
        ".envrc", "sub/.vscode/settings.json", ".husky/pre-commit", "AGENTS.md", "docs/Claude.md", ".github/workflows/x.yml",
        ".gitattributes", "flashagent.yaml", ".env", "app/.env.local", "id_rsa", "deploy.KEY", ".VSCODE/tasks.json",
        ".e\u200bnvrc", "hooks/pre-commit", ".pre-commit-config.yaml",
    ],
)  # fmt: skip
def test_what_acts_outside_or_is_secret_is_left_to_the_user(path: str) -> None:
    assert Guard(hooks="hooks").acts_outside(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/app.py",
        "environment.py",
        ".env.example",
        "hooks.py",
        "github/workflows.py",
        "keys.py",
        "tests/x.py",
    ],
)
def test_ordinary_files_are_not_guarded(path: str) -> None:
    guard = Guard(hooks="hooks")
    assert not guard.acts_outside(path)
    assert not guard.is_secret(path)


def test_the_users_own_list_holds_secrets_too() -> None:
    guard = Guard(secret=("prod.ini", "deploy/*.txt"))
    assert (
        guard.is_secret("config/prod.ini")
        and guard.is_secret("deploy/a.txt")
        and guard.is_secret("DEPLOY/A.TXT")
    )
    assert not guard.is_secret("src/a.txt")


def test_a_mask_is_not_written_where_a_secret_stood() -> None:
    guard = Guard()
    assert guard.would_write_mask("key = 'real'\n", f"key = '{MASK}'\n")
    assert guard.would_write_mask(None, f"{MASK}\n")
    assert not guard.would_write_mask(f"text of {MASK}\n", f"new text of {MASK}\n")
    assert not guard.would_write_mask(f"{MASK}\n", None)


def test_the_user_allows_a_path_by_naming_it() -> None:
    guard = Guard(named_in("Add a job to .github/workflows/ci.yml, please", ("AGENTS.md",)))
    assert not guard.acts_outside(".github/workflows/ci.yml")
    assert not guard.acts_outside("AGENTS.md")
    assert guard.acts_outside(".github/workflows/ci.yml.bak")
    assert guard.acts_outside("sub/AGENTS.md")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Load the settings as .env.example says.", False),
        ("Load the settings from .env.", True),
        ("Read .env, then start", True),
        ("It is .env...", True),
        (".env-old and my.env", False),
    ],
)
def test_a_longer_name_does_not_name_the_shorter(said: str, named: bool) -> None:
    assert named_in(said, ())(".env") is named


def test_where_the_links_of_a_path_lead_counts_too() -> None:
    guard = Guard(named_in("see link.txt", ()))
    assert guard.is_secret("conf.txt", ".env") and guard.acts_outside("ci/x.yml", ".github/workflows/x.yml")
    assert not guard.is_secret("link.txt", ".env")


@pytest.mark.parametrize("path", [".env/", ".env/.", "./.env", "app//.env//", ".ENV. "])
def test_other_ways_to_write_a_path_of_secrets(path: str) -> None:
    assert Guard().is_secret(path)
