from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from helpers.workspace_state import fingerprint, git, make_repository

from flashagent.errors import NotARepository, RunnerMissing
from flashagent.values import FileChange
from flashagent.workspace.git import Repository


def test_opens_from_a_subfolder_and_a_file(root: Path, environment: dict[str, str]) -> None:
    for start in (root, root / "src", root / "src/util.py"):
        with Repository.open(start, environ=environment) as repository:
            assert (repository.root, repository.branch(), repository.operation()) == (root, "main", None)
            assert repository.head() == git(root, "rev-parse", "HEAD").strip()


def test_unborn_branch(tmp_path: Path) -> None:
    environment = make_repository(tmp_path / "new")
    (tmp_path / "new" / "a.py").write_text("a\n")
    with Repository.open(tmp_path / "new", environ=environment) as repository:
        assert (repository.branch(), repository.head(), repository.files()) == ("main", None, ("a.py",))
        assert repository.recent_messages(5) == ()
        assert repository.recently_changed(5) == ("a.py",)
        assert "+a" in repository.diff()


def test_detached_head_and_linked_work_tree(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    git(root, "checkout", "-q", "--detach")
    with Repository.open(root, environ=environment) as repository:
        assert repository.branch() is None
        assert repository.head() is not None
    with Repository.open(tmp_path / "linked" / "src", environ=environment) as linked:
        assert (linked.root, linked.branch()) == (tmp_path / "linked", "side")
        assert linked.files() == ("app.py", "docs/a.txt", "src/util.py")


def test_everything_that_is_no_work_tree_is_told_in_a_sentence(root: Path, tmp_path: Path) -> None:
    environment = make_repository(tmp_path / "other")
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "bare.git"), env=environment)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / ".git").write_text("gitdir: /nowhere\n")
    git(tmp_path / "other", "config", "core.bare", "true", env=environment)
    for path in ("", "bare.git", "bare.git/refs", "broken", "other", "missing", "project/.git/refs"):
        with pytest.raises(NotARepository) as caught:
            Repository.open(tmp_path / path, environ=environment)
        assert caught.value.message.count("\n") == 0 and caught.value.hint


def test_git_is_not_taken_from_the_work_tree(root: Path, environment: dict[str, str]) -> None:
    fake = root / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\ntouch pwned\n")
    fake.chmod(0o755)
    with pytest.raises(RunnerMissing):
        Repository.open(root, environ={**environment, "PATH": f"{root}/bin:bin:."})
    with Repository.open(
        root, environ={**environment, "PATH": f"{root}/bin:{environment['PATH']}"}
    ) as repository:
        assert repository.head()
    assert not (root / "pwned").exists()


def test_nothing_of_the_repository_runs(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = tmp_path / "evil"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\ncat\n')
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout"):
        (hooks / hook).symlink_to(script)
    for key in (
        "core.fsmonitor", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean",
        "filter.x.smudge", "filter.x.process", "filter.a=b.clean", "core.sshCommand", "core.editor", "gpg.program",
        "core.askPass", "credential.helper",
    ):  # fmt: skip
        git(root, "config", key, str(script), env=environment)
    git(root, "config", "core.hooksPath", str(hooks), env=environment)
    git(root, "config", "core.worktree", str(tmp_path), env=environment)
    git(root, "config", "log.showSignature", "true", env=environment)
    (root / ".gitattributes").write_text("*.py diff=x filter=x\n*.txt filter=a=b\n")
    (root / "app.py").write_text("changed\n")
    (root / "docs/a.txt").write_text("changed\n")
    (root / "new.py").write_text("new\n")
    hostile = {
        **environment,
        "GIT_EXTERNAL_DIFF": str(script),
        "GIT_DIR": "/nowhere",
        "GIT_INDEX_FILE": "/nowhere",
    }
    with Repository.open(root, environ=hostile) as repository:
        assert repository.files() == (".gitattributes", "app.py", "docs/a.txt", "new.py", "src/util.py")
        assert "+changed" in repository.diff()
        assert "new.py" in repository.recently_changed(3)
        assert repository.recent_messages(3) == ("Start",)
        assert repository.is_ignored(["app.py"]) == frozenset()
        assert repository.read_object("HEAD:src/util.py") == b"X = 1\n"
    assert not mark.exists()


def test_files_leaves_out_links_modules_nested_deleted_and_ignored(
    root: Path, repository: Repository
) -> None:
    make_repository(root / "nested", {"inner.py": "x\n"}, home=root.parent / "home")
    make_repository(root / "module", {"inner.py": "x\n"}, home=root.parent / "home")
    git(
        root,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "./module",
        "module",
        check=False,
    )
    (root / "link").symlink_to("app.py")
    git(root, "add", "link", "module")
    (root / "src/util.py").unlink()
    (root / ".gitignore").write_text("*.log\n")
    (root / "x.log").write_text("x")
    strange = "a\nb \"q\" 'é'.py"
    (root / strange).write_text("x")
    (root / "-rf").write_text("x")
    (root / "docs/a.txt").unlink()
    (root / "docs/a.txt").symlink_to("../app.py")
    expected = sorted([".gitignore", "app.py", strange, "-rf"])
    assert [path for path in repository.files() if path != ".gitmodules"] == expected
    assert repository.submodules() == {"module"}
    assert repository.is_ignored(["x.log", "app.py", "y.log", strange]) == {"x.log", "y.log"}


def test_diff_shows_staged_unstaged_and_new_and_leaves_the_index(root: Path, repository: Repository) -> None:
    (root / "app.py").write_text("staged\n")
    git(root, "add", "app.py")
    (root / "app.py").write_text("unstaged\n")
    (root / "new.py").write_text("new\n")
    (root / "src/util.py").unlink()
    before = fingerprint(root)
    text = repository.diff()
    assert "+unstaged" in text and "staged\n" not in text.replace("unstaged", "")
    assert "+new" in text and "-X = 1" in text
    assert repository.diff(["new.py"]).count("diff --git") == 1
    assert fingerprint(root) == before


def test_messages_and_recent_files(root: Path, repository: Repository) -> None:
    (root / "src/util.py").write_text("X = 2\n")
    git(root, "commit", "-qam", "Second\n\nWith a body.")
    (root / "docs/a.txt").write_text("dirty\n")
    assert repository.recent_messages(2) == ("Second\n\nWith a body.", "Start")
    assert repository.recently_changed(1) == ("docs/a.txt", "src/util.py")


def test_operations_in_progress(root: Path, repository: Repository) -> None:
    git(root, "checkout", "-q", "-b", "side")
    (root / "app.py").write_text("side\n")
    git(root, "commit", "-qam", "Side")
    git(root, "checkout", "-q", "main")
    (root / "app.py").write_text("main\n")
    git(root, "commit", "-qam", "Main")
    seen = []
    for start, stop in (("merge", "merge"), ("rebase", "rebase"), ("cherry-pick", "cherry-pick")):
        git(root, start, "side", check=False)
        seen.append(repository.operation())
        git(root, stop, "--abort")
    git(root, "bisect", "start")
    seen.append(repository.operation())
    git(root, "bisect", "reset")
    assert (*seen, repository.operation()) == ("merge", "rebase", "cherry-pick", "bisect", None)


def test_shallow_clone(root: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "Second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow", env=environment)
    with Repository.open(tmp_path / "shallow", environ=environment) as repository:
        assert repository.recent_messages(5) == ("Second",)


def readers() -> list[str]:
    children = psutil.Process().children()
    return [child.name() for child in children if "cat-file" in child.cmdline() and child.is_running()]


def test_one_kept_process_and_close_ends_it(root: Path, environment: dict[str, str]) -> None:
    before = len(readers())
    repository = Repository.open(root, environ=environment)
    assert repository.read_object("HEAD:app.py").startswith(b"def add")
    assert repository.read_object("HEAD:src/util.py") == b"X = 1\n"
    assert len(readers()) == before + 1
    repository.close()
    assert len(readers()) == before
    assert repository.read_object("HEAD:src/util.py") == b"X = 1\n"
    repository.close()
    assert len(readers()) == before


def test_importing_the_room_does_not_import_gitpython() -> None:
    code = (
        "import sys, flashagent.workspace.checkpoints, flashagent.workspace.worktrees, flashagent.workspace.journal\n"
        "print([name for name in ('git', 'gitdb', 'psutil') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_call_and_no_hook_gets_a_secret(root: Path, environment: dict[str, str]) -> None:
    secret = {
        "MODEL_API_KEY": "k",
        "MAI_REGION": "k",
        "OPENAI_ORG": "k",
        "GITHUB_TOKEN": "k",
        "DB_PASSWORD": "k",
    }
    plain = {"SSH_AUTH_SOCK": "/run/agent", "EDITOR": "vi", "GIT_AUTHOR_NAME": "Test Person"}
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nenv > seen.txt\n")
    hook.chmod(0o755)
    with Repository.open(root, environ={**environment, **secret, **plain}) as repository:
        for trusted in (True, False):
            names = repository.calls.environment(trusted=trusted)
            assert secret.keys().isdisjoint(names) and plain.keys() <= names.keys()
        text = (root / "app.py").read_text()
        (root / "app.py").write_text("new\n")
        repository.commit([FileChange("app.py", text, "new\n")], "Change")
    seen = {line.partition("=")[0] for line in (root / "seen.txt").read_text().splitlines()}
    assert secret.keys().isdisjoint(seen) and plain.keys() <= seen
