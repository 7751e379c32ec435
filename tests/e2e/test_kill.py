"""kill -9 at any moment of a fix: the tree is as before or as the finished fix, and undo restores the start."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from helpers.e2e_program import command, flashagent, with_model
from helpers.jobs_house import BUG, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import git, state_of

pytestmark = pytest.mark.needs("bwrap")
WRONG = Reply(
    calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": "discount / 1000"}]})]
)
RIGHT = Reply(
    calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": "discount / 1000", "new": FIX}]})]
)
# The moments: after which event of which number the program is killed.
MOMENTS = [
    ("CheckStarted", 1),
    ("CheckFinished", 1),
    ("MapReady", 1),
    ("StepStarted", 1),
    ("ToolStarted", 1),
    ("ToolFinished", 1),
    ("CheckStarted", 2),
    ("StepStarted", 2),
    ("ToolFinished", 2),
    ("CheckStarted", 4),
    ("CheckFinished", 4),
    ("AttemptFinished", 1),
    ("FileChanged", 1),
]


def dirty(tmp_path: Path) -> Shop:
    shop = Shop.make(tmp_path)
    (shop.root / "shop" / "__init__.py").write_text("# staged\n")
    git(shop.root, "add", "-A")
    (shop.root / "shop" / "__init__.py").write_text("# staged\n# not staged\n")
    (shop.root / "notes.txt").write_text("untracked\n")
    return shop


def kill_at(process: subprocess.Popen[str], kind: str, number: int) -> list[str]:
    """Read events until the moment has come, kill, and return the kinds that were seen."""
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        seen.append(json.loads(line)["type"])
        if seen.count(kind) == number:
            break
    process.kill()
    process.communicate()
    return seen


@pytest.mark.parametrize(("kind", "number"), MOMENTS)
def test_a_kill_leaves_the_start_or_the_finished_fix(tmp_path: Path, kind: str, number: int) -> None:
    shop = dirty(tmp_path)
    start = state_of(shop.root)
    fixed = {**start}
    with serving([WRONG, RIGHT]) as server:
        process = subprocess.Popen(
            command("fix", "--json", "--check", CHECK),
            cwd=shop.root,
            env=with_model(shop.environ, server.base_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        seen = kill_at(process, kind, number)
    assert seen.count(kind) == number, f"the moment never came: {seen}"
    now = state_of(shop.root)
    changed = {name for name in now.keys() | fixed.keys() if now.get(name) != start.get(name)}
    assert changed in (set(), {"file shop/cart.py"})
    if changed:
        assert FIX in shop.read()
    undone = flashagent(shop.root, shop.environ, "undo")
    assert undone.code == (0 if changed else 2), undone.err
    assert state_of(shop.root) == start


def test_the_next_run_after_a_kill_repairs(tmp_path: Path) -> None:
    shop = dirty(tmp_path)
    with serving([WRONG, RIGHT]) as server:
        process = subprocess.Popen(
            command("fix", "--json", "--check", CHECK),
            cwd=shop.root,
            env=with_model(shop.environ, server.base_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        kill_at(process, "ToolFinished", 1)
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--check", CHECK)
    assert ran.code == 0, ran.err
    assert subprocess.run(CHECK.split(), cwd=shop.root, capture_output=True, check=False).returncode == 0
    trees = list(Path(shop.environ["FLASHAGENT_HOME"]).glob("state/repositories/*/trees/*/*"))
    assert trees == [], "the candidate trees of the killed run are gone"
