"""One digest for all that a copy of the work tree would hold: names, modes and bytes, whatever git knows of them."""

from __future__ import annotations

import hashlib
import os
import stat

from flashagent.workspace.git import Repository, index_entries, raw_entries
from flashagent.workspace.gitcalls import split_nul
from flashagent.workspace.ignored import left_to_the_original, needed

MOST_BYTES = 64 << 20  # that are read for a digest: beyond it, running the check is no dearer


def content_digest(repository: Repository) -> str | None:
    """Equal digests mean equal trees as `CandidateTrees` gives them. None where the content cannot be told for sure or at
    little cost: with submodules, outside of git, or with very much that git does not know by its content."""
    if repository.plain:
        return None
    tracked, changed, untracked, ignored = repository.calls.together(
        ("ls-files", "-s", "-z"),
        ("diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"),
        ("ls-files", "-o", "-z", "--exclude-standard"),
        ("ls-files", "-o", "-i", "-z", "--exclude-standard", "--directory"),
    )
    root = str(repository.root)
    known = {path: f"{mode} {name}" for mode, name, path in index_entries(tracked)}
    if any(value.startswith("160000") for value in known.values()):
        return None
    looked_at = [entry.path for entry in raw_entries(changed)]
    looked_at += [
        path
        for path in split_nul(untracked)
        if not path.endswith("/") and not left_to_the_original(repository.root, path)
    ]
    looked_at += needed(repository.root, split_nul(ignored))
    algorithm = "sha256" if any(len(value) > 60 for value in known.values()) else "sha1"
    room = MOST_BYTES
    for path in looked_at:
        size, text = _state(f"{root}/{path}", room, algorithm)
        room -= size
        if room < 0:
            return None
        known[path] = text
    whole = hashlib.sha256()
    for path, text in sorted(known.items()):
        whole.update(f"{path}\0{text}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def _state(place: str, room: int, algorithm: str) -> tuple[int, str]:
    """Bytes read, and what stands for the file: its kind and mode with the id that git would give its bytes."""
    try:
        status = os.lstat(place)
        if stat.S_ISLNK(status.st_mode):
            return 0, f"link {os.readlink(place)}"  # noqa: PTH115 - a plain string, as everywhere here
        if not stat.S_ISREG(status.st_mode):
            return 0, "other"
        if status.st_size > room:
            return status.st_size, ""
        with open(place, "rb") as stream:  # noqa: PTH123
            content = stream.read(room + 1)
    except FileNotFoundError:
        return 0, "gone"
    # In git's own words, so that a file that is as it was committed counts as the same, whenever it was written.
    mode = "100755" if status.st_mode & stat.S_IXUSR else "100644"
    head = f"blob {len(content)}\0".encode()
    return len(content), f"{mode} {hashlib.new(algorithm, head + content).hexdigest()}"
