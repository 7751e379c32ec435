"""Small fixes in the histories of real projects: which commits they are, their trees, and which lines they change.

Reads git repositories of a folder (`<owner>+<name>/repo`, or `<owner>/<name>`); writes nothing into them.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_FIX = re.compile(
    r"\b(?:fix(?:e[sd])?|bug|issue|wrong|incorrect|correct(?:ly)?|error|crash|fail|regression|handl|raise|prevent|avoid"
    r"|don't|do not|should|properly|ensure|broken|support|allow|missing|closes?|resolves?)|#\d+",
    re.IGNORECASE,
)
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit that changes one source file together with tests. `tests` are the changed test modules, `data` other
    changed files beside tests; `size` is the larger of the lines added and taken away."""

    repository: str
    commit: str
    source: str
    tests: tuple[str, ...]
    data: tuple[str, ...]
    size: int
    subject: str

    @property
    def name(self) -> str:
        return f"{self.repository} {self.commit[:12]}"


def repository_folder(mirror: Path, repository: str) -> Path:
    """Where a mirror keeps `<owner>/<name>`."""
    places = (mirror / repository.replace("/", "+") / "repo", mirror / repository)
    return next((p for p in places if p.is_dir()), places[0])


class History:
    """One repository, read only."""

    def __init__(self, mirror: Path, repository: str) -> None:
        self.repository = repository
        self._folder = repository_folder(mirror, repository)

    def git(self, *words: str) -> bytes:
        """What a reading git command prints. Raises CalledProcessError."""
        command = ["git", "-c", "safe.directory=*", "-C", str(self._folder), *words]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def fixes(self, most: int) -> Iterator[Fix]:
        """Commits with at most `most` changed source lines, newest first."""
        printed = self.git(
            "log", "--no-merges", "--numstat", "--no-renames", "--format=%x00%H%x01%s%x01%b%x02"
        )
        for entry in printed.decode(errors="replace").split("\0")[1:]:
            head, _, numbers = entry.partition("\x02")
            commit, subject, body = head.split("\x01", 2)
            if _FIX.search(subject) or re.search(r"#\d+|\bfix", body, re.IGNORECASE):
                fix = self._fix(commit, subject, numbers.split("\n"), most)
                if fix is not None:
                    yield fix

    def _fix(self, commit: str, subject: str, numbers: list[str], most: int) -> Fix | None:
        sources: list[tuple[str, int]] = []
        tests: list[str] = []
        data: list[str] = []
        for line in numbers:
            added, _, rest = line.partition("\t")
            removed, _, path = rest.partition("\t")
            if not path:
                continue
            size = max(int(added), int(removed)) if added.isdigit() and removed.isdigit() else 0
            if is_test(path):
                (tests if path.endswith(".py") and _is_module(path) else data).append(path)
            elif path.endswith(".py"):
                sources.append((path, size))
        code = [s for s in sources if not is_furniture(s[0])]
        if len(code) != 1 or len(sources) > 2 or not tests or not 0 < code[0][1] <= most:
            return None
        return Fix(self.repository, commit, code[0][0], tuple(tests), tuple(data), code[0][1], subject)

    def unpack(self, commit: str, target: Path) -> None:
        """The commit's tree into a new folder; links and special files are left out."""
        target.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(self.git("archive", commit))) as tar:
            tar.extractall(target, members=[m for m in tar if _is_plain(m)])

    def text(self, commit: str, path: str) -> str | None:
        """A file of a commit; None when it is not there."""
        try:
            return self.git("show", f"{commit}:{path}").decode(errors="replace")
        except subprocess.CalledProcessError:
            return None

    def faulty(self, fix: Fix, target: Path) -> None:
        """The commit's tree with the source file as it was before."""
        self.unpack(fix.commit, target)
        before = self.git("show", f"{fix.commit}^:{fix.source}")
        (target / fix.source).write_bytes(before)

    def changed(self, fix: Fix) -> frozenset[int]:
        """Lines of the old source that the commit changes; of lines that it only adds, both neighbours."""
        return changed_lines(
            self.git("diff", "-U0", f"{fix.commit}^", fix.commit, "--", fix.source).decode(errors="replace")
        )

    def diff(self, fix: Fix) -> str:
        return self.git("diff", "-U4", f"{fix.commit}^", fix.commit, "--", fix.source).decode(
            errors="replace"
        )


def changed_lines(diff: str) -> frozenset[int]:
    """Old line numbers that a unified diff without context touches; an insertion's are the lines around it."""
    found: set[int] = set()
    for match in _HUNK.finditer(diff):
        start, count = int(match.group(1)), int(match.group(2) or 1)
        found |= set(range(start, start + count)) if count else {start, start + 1}
    return frozenset(found)


def is_test(path: str) -> bool:
    pure = PurePosixPath(path)
    folders = {p.lower() for p in pure.parts[:-1]}
    return bool(folders & {"test", "tests", "testing"}) or (pure.suffix == ".py" and _is_module(path))


def _is_module(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith("test") or name.endswith(("_test.py", "_tests.py")) or name == "tests.py"


def is_furniture(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in (
        "setup.py",
        "__about__.py",
        "_version.py",
        "version.py",
        "conf.py",
        "__version__.py",
    ) or path.startswith(("docs/", "doc/", "examples/", "bench", "tools/", "scripts/"))


def _is_plain(member: tarfile.TarInfo) -> bool:
    return (
        (member.isfile() or member.isdir())
        and not member.name.startswith("/")
        and ".." not in Path(member.name).parts
    )
