"""Failures of the machine, as a user meets them (rows 23 to 25 of the threat model): nothing is lost."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.e2e_place import CARTS, GOOD, SEARCH, Place, busy_place, refused
from helpers.jobs_house import CART, CHECK
from helpers.workspace_state import git


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return busy_place(tmp_path)


def test_row_23_a_disk_that_is_full(place: Place) -> None:
    (place.root / "big.py").write_text("a = 1\n" + "# filler\n" * 20_000)
    full = {resource.RLIMIT_FSIZE: 100_000}
    with place.nothing_lost():
        ran = place.limited(full, "apply", stdin=SEARCH.format(path="big.py", old="a = 1", new="a = 2"))
        refused(ran)
    assert not list(place.root.rglob(".flashagent-tmp-*"))
    assert place.apply("big.py", "a = 1", "a = 2").code == 0
    written = (place.root / "big.py").read_bytes()
    assert place.limited(full, "undo").code != 0
    assert (place.root / "big.py").read_bytes() == written
    assert place.call("undo").code == 0
    assert (place.root / "big.py").read_text().startswith("a = 1\n")


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("obstacle", ["lock", "hook", "signing"])
def test_row_24_a_commit_that_cannot_be_made(place: Place, tmp_path: Path, obstacle: str) -> None:
    if obstacle == "lock":
        (place.root / ".git" / "index.lock").write_text("")
    elif obstacle == "hook":
        hook = place.root / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho refused by the hook >&2\nread answer </dev/tty\nexit 1\n")
        hook.chmod(0o755)
    else:
        asking = tmp_path / "gpg"
        asking.write_text(
            "#!/bin/sh\nread passphrase </dev/tty && exit 0\necho no terminal to ask on >&2\nexit 2\n"
        )
        asking.chmod(0o755)
        git(place.root, "config", "commit.gpgSign", "true")
        git(place.root, "config", "gpg.program", str(asking))
    start = place.state()
    ran = place.call("fix", "--offline", "--commit", "--check", CHECK)
    told = ran.out + ran.err
    assert "not committed" in told, told
    assert {"lock": "index.lock", "hook": "refused by the hook", "signing": "sign"}[obstacle] in told
    now = place.state()
    assert {name for name in now if now[name] != start.get(name)} == {f"file {CARTS}"}
    if obstacle == "lock":
        (place.root / ".git" / "index.lock").unlink()
    assert place.call("undo").code == 0
    assert place.state() == start


HOLD = """
import sys
from pathlib import Path
from flashagent.workspace.journal import Workspace
with Workspace(Path(sys.argv[1]), Path(sys.argv[2])).session():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_row_25_a_kill_and_two_at_once(place: Place) -> None:
    from flashagent.workspace.state import state_folder

    state = state_folder(Path(place.environ["FLASHAGENT_HOME"]) / "state", place.root)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place.root), str(state)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with place.nothing_lost():
        assert f"process {holder.pid}" in refused(place.call("apply", stdin=GOOD))
        holder.kill()
        holder.communicate()
    assert holder.returncode == -signal.SIGKILL
    with place.nothing_lost(CARTS):
        assert place.call("apply", stdin=GOOD).code == 0
    assert place.call("undo").code == 0
    assert (place.root / CARTS).read_text() == CART
