"""The program in repositories that are not as most are: with submodules, and in the middle of a merge."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.e2e_program import flashagent
from helpers.jobs_house import BUG, CHECK, FILES, FIX, Shop
from helpers.workspace_state import fingerprint, git, make_repository

from flashagent.agent.limits import Limits
from flashagent.events import Notice
from flashagent.jobs.job import FixJob
from flashagent.models.scripted import ScriptedReply

INNER_TEST = "import unittest\n\nfrom lib.rate import RATE\n\n\nclass T(unittest.TestCase):\n    def test_rate(self):\n        self.assertEqual(RATE, 2)\n"
OPEN = "with conflicts that are not resolved in shop/cart.py."


def with_submodule(tmp_path: Path) -> Shop:
    here = Shop.make(tmp_path, {**FILES, "tests/test_rate.py": INNER_TEST})
    make_repository(tmp_path / "inner", {"__init__.py": "", "rate.py": "RATE = 2\n"}, home=tmp_path / "home")
    git(
        here.root,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        str(tmp_path / "inner"),
        "lib",
    )
    git(here.root, "commit", "-qm", "Inner")
    return here


def in_a_merge(tmp_path: Path) -> Shop:
    here = Shop.make(tmp_path)
    cart = here.root / "shop" / "cart.py"
    plain = cart.read_text()
    git(here.root, "checkout", "-qb", "side")
    cart.write_text(plain.replace(BUG, FIX))
    git(here.root, "commit", "-qam", "Side")
    git(here.root, "checkout", "-q", "main")
    cart.write_text(plain.replace(BUG, "discount / 1000"))
    git(here.root, "commit", "-qam", "Main")
    git(here.root, "merge", "-q", "side", check=False)
    return here


@pytest.mark.needs("bwrap")
def test_checks_see_the_files_of_submodules(tmp_path: Path) -> None:
    here = with_submodule(tmp_path)
    ran = flashagent(here.root, here.environ, "check", "--check", f"{CHECK} tests.test_rate")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "green"), ran.out + ran.err


@pytest.mark.needs("bwrap")
async def test_a_submodule_is_not_written_by_the_check_of_a_tree(tmp_path: Path) -> None:
    here = with_submodule(tmp_path)
    before = fingerprint(here.root / "lib")
    write = "import pathlib; pathlib.Path('lib/new').write_text('x')"
    ran = flashagent(here.root, here.environ, "check", "--check", f'python3 -c "{write}"')
    assert ran.code == 1
    assert "Read-only file system" in ran.out
    assert fingerprint(here.root / "lib") == before


@pytest.mark.parametrize("link", ["lib", "outer/lib"])
def test_a_submodule_behind_a_link_is_not_shown_to_checks(tmp_path: Path, link: str) -> None:
    from flashagent.verify.environment import ProjectEnvironment

    (tmp_path / "elsewhere" / "lib").mkdir(parents=True)
    root = tmp_path / "root"
    root.mkdir()
    target = tmp_path / "elsewhere" / ("" if "/" in link else "lib")
    (root / link.partition("/")[0]).symlink_to(target)
    (root / "real").mkdir()
    found = ProjectEnvironment("path", None, keep=(".venv",)).keeping(root, {link, "real", "gone"})
    assert found.keep == (".venv", "real")


@pytest.mark.needs("bwrap")
async def test_open_conflicts_are_said_before_what_they_cause(tmp_path: Path) -> None:
    here = in_a_merge(tmp_path)
    await here.run([ScriptedReply("I cannot.")], FixJob(limits=Limits(attempts=1)))
    told = [event for event in here.events if isinstance(event, Notice) and OPEN in event.text]
    assert told == [
        Notice(
            "warning",
            f"A merge is in progress, {OPEN}",
            "Resolve them, or abort the merge, then run this again.",
        )
    ]


def test_what_is_staged_in_a_merge_is_not_described(tmp_path: Path) -> None:
    here = in_a_merge(tmp_path)
    ran = flashagent(here.root, here.environ, "describe")
    assert ran.code == 2
    assert "shop/cart.py has conflicts that are not resolved" in ran.err
    assert flashagent(here.root, here.environ, "describe", "HEAD").out.startswith("Change")
