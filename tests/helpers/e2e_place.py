"""A repository in which a user works, and what must not be lost of it, whatever the program is given."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.e2e_program import Ran, command, flashagent
from helpers.jobs_house import BUG, FILES, FIX
from helpers.workspace_state import fingerprint, git, make_repository, state_of

SEARCH = "{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
CARTS = "shop/cart.py"
GOOD = SEARCH.format(
    path=CARTS, old=f"    return amount - amount * {BUG}", new=f"    return amount - amount * {FIX}"
)


@dataclass
class Place:
    """A repository with a bug in it, and the program in an environment of its own."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    def call(self, *arguments: str, stdin: str = "") -> Ran:
        return flashagent(self.root, self.environ, *arguments, stdin=stdin)

    def limited(self, limits: Mapping[int, int], *arguments: str, stdin: str = "") -> Ran:
        """With limits of the operating system (`resource`)."""

        def limit() -> None:
            for number, value in limits.items():
                resource.setrlimit(number, (value, value))

        done = subprocess.run(
            command(*arguments), cwd=self.root, env=self.environ, input=stdin, capture_output=True, text=True,
            check=False, preexec_fn=limit,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def apply(self, path: str, old: str, new: str) -> Ran:
        return self.call("apply", stdin=SEARCH.format(path=path, old=old, new=new))

    def state(self) -> dict[str, str]:
        return state_of(self.root)

    @contextlib.contextmanager
    def nothing_lost(self, *changed: str) -> Iterator[None]:
        """Files, index, refs and stash are the same afterwards, but for the files named."""
        before = fingerprint(self.root) if not changed else ""
        start = self.state()
        yield
        now = self.state()
        differing = {name for name in now.keys() | start.keys() if now.get(name) != start.get(name)}
        assert differing == {f"file {path}" for path in changed}
        assert not before or fingerprint(self.root) == before


def make(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Place:
    root = folder / "repo"
    environ = make_repository(root, FILES if files is None else files, home=folder / "home")
    git(root, "config", "user.name", "Test Person")
    return Place(root, {**environ, "FLASHAGENT_HOME": str(folder / "fa")})


def busy_place(tmp_path: Path) -> Place:
    """With a stash, something staged, something not, and something untracked."""
    made = make(tmp_path)
    notes = made.root / "notes.txt"
    notes.write_text("one\n")
    git(made.root, "add", "notes.txt")
    git(made.root, "commit", "-qm", "Notes")
    notes.write_text("stashed\n")
    git(made.root, "stash", "-q")
    notes.write_text("staged\n")
    git(made.root, "add", "notes.txt")
    notes.write_text("staged\nunstaged\n")
    (made.root / "untracked.txt").write_text("mine\n")
    return made


def refused(ran: Ran) -> str:
    """The words of a refusal: an exit status that says so, and no traceback."""
    assert ran.code in (1, 2), (ran.code, ran.out, ran.err)
    assert "Traceback" not in ran.out + ran.err
    return ran.out + ran.err
