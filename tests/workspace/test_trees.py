from __future__ import annotations

import random
from pathlib import Path

from helpers.workspace_state import git

from flashagent.workspace.git import Repository
from flashagent.workspace.trees import NOTHING, changed_tree

NAMES = ["a", "a.b", "a-b", "b", "new\nline", "é"]


def test_random_edits_give_the_tree_that_git_gives(
    root: Path, repository: Repository, tmp_path: Path
) -> None:
    pick = random.Random(3)
    blobs = [git(root, "rev-parse", f"HEAD:{path}").strip() for path in ("app.py", "src/util.py")]
    env = {"GIT_INDEX_FILE": str(tmp_path / "index")}
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    files: dict[str, tuple[str, str]] = {}
    for path in ("app.py", "src/util.py", "docs/a.txt"):
        files[path] = ("100644", git(root, "rev-parse", f"HEAD:{path}").strip())
    for _ in range(40):
        entries = []
        for _ in range(pick.randint(1, 6)):
            path = "/".join(pick.choices(NAMES, k=pick.randint(1, 3)))
            if pick.random() < 0.4 and files:
                path = pick.choice(sorted(files))
                entries.append((NOTHING, "", path))
                del files[path]
                continue
            around = [
                other for other in files if other.startswith(f"{path}/") or path.startswith(f"{other}/")
            ]
            entries += [(NOTHING, "", other) for other in around if other not in {e[2] for e in entries}]
            for other in around:
                del files[other]
            files[path] = (pick.choice(["100644", "100755", "120000"]), pick.choice(blobs))
            entries = [entry for entry in entries if entry[2] != path]
            entries.append((*files[path], path))
        last = {entry[2]: entry for entry in entries}
        final = [(*files[path], path) if path in files else (NOTHING, "", path) for path in last]
        tree = changed_tree(repository.calls, tree, final, "sha1")
        repository.calls.run("read-tree", "--empty", env=env)
        lines = b"".join(f"{mode} {name}\t{path}\0".encode() for path, (mode, name) in files.items())
        repository.calls.run("update-index", "-z", "--index-info", stdin=lines, env=env)
        assert repository.calls.run("write-tree", env=env).decode().strip() == tree
    assert repository.calls.run("fsck", "--strict", "--no-dangling") == b""


def test_everything_removed_is_the_empty_tree(root: Path, repository: Repository) -> None:
    tree = git(root, "rev-parse", "HEAD^{tree}").strip()
    gone = [(NOTHING, "", path) for path in ("app.py", "src/util.py", "docs/a.txt")]
    assert changed_tree(repository.calls, tree, gone, "sha1") == repository.empty_tree()
