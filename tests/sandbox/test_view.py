"""What a command can see and write, with real commands under each back-end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from flashagent_sandbox.policy import PolicyError
from helpers.sandbox_project import Project, git, snapshot


async def test_the_work_tree_can_be_written_and_the_rest_cannot(project: Project) -> None:
    before = snapshot(project.outside), snapshot(project.home / ".ssh")
    script = f"""
        echo new > new.txt
        for place in {project.outside}/x {project.home}/.bashrc /etc/x /usr/x /x; do echo x >> $place; done
        rm -rf {project.outside}/canary.txt; chmod 777 {project.home}/.ssh; true
    """
    completed = await project.shell(script)
    assert completed.exit_code == 0
    assert (project.root / "new.txt").read_text() == "new\n"
    assert (snapshot(project.outside), snapshot(project.home / ".ssh")) == before
    assert (project.home / ".bashrc").read_text() == "# rc\n"
    assert not Path("/x").exists()


async def test_home_keeps_its_path_and_is_empty_and_writable(project: Project) -> None:
    completed = await project.shell(
        "echo $HOME; ls -A ~; mkdir ~/.cache && echo kept > ~/.cache/x && cat ~/.cache/x"
    )
    assert completed.output.decode().splitlines() == [str(project.home), "src", "kept"]
    assert not (project.home / ".cache").exists()


async def test_run_folders_and_temporary_folders_are_private(project: Project) -> None:
    code = """
import os, tempfile
print([os.listdir(folder) for folder in ("/run", "/mnt", "/media", "/srv", "/dev/shm", "/var/tmp") if os.path.isdir(folder)])
for folder in ("/tmp", "/var/tmp", "/dev/shm"):
    open(folder + "/flashagent-private", "w").write("x")
"""
    completed = await project.python(code, policy=project.policy(binds=(), tool_chains=()))
    assert completed.exit_code == 0, completed.output
    assert not any(Path(folder, "flashagent-private").exists() for folder in ("/tmp", "/var/tmp", "/dev/shm"))


async def test_devices_are_the_harmless_ones(project: Project) -> None:
    completed = await project.python(
        "import os; print(sorted(os.listdir('/dev'))); open('/dev/null','w').write('x'); open('/dev/urandom','rb').read(4)\n"
        "import pty; pty.openpty()\n"
        "try: open('/dev/x', 'w')\nexcept OSError as error: print(type(error).__name__, error.errno)"
    )
    assert completed.exit_code == 0, completed.output
    listed, refused = completed.output.decode().splitlines()
    assert set(json.loads(listed.replace("'", '"'))) <= {
        "console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    }  # fmt: skip
    assert refused == "OSError 30"


PROTECTED = (".flashagent/settings.json", "flashagent.yaml", "flashagent.yml", ".env", ".env.local", "AGENTS.md", "CLAUDE.md",
             ".vscode/tasks.json", ".envrc", ".mcp.json", ".husky/pre-commit", ".git/config", "deep/er/.git/config",
             "deep/AGENTS.md")  # fmt: skip


async def test_protected_names_that_exist_cannot_be_changed(project: Project) -> None:
    for name in PROTECTED:
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("theirs\n")
    before = {name: (project.root / name).read_bytes() for name in PROTECTED}
    code = """
import os, sys
for name in sys.argv[1:]:
    for attempt in (lambda: open(name, "a").write("x"), lambda: os.unlink(name), lambda: os.rename(name, name + ".old"),
                    lambda: os.truncate(name, 0), lambda: os.replace("main.py", name), lambda: os.chmod(name, 0o777)):
        try:
            attempt()
            print("changed", name)
        except OSError:
            pass
"""
    completed = await project.python(code, *PROTECTED)
    assert (completed.exit_code, completed.output) == (0, b"")
    assert {name: (project.root / name).read_bytes() for name in PROTECTED} == before


async def test_protected_names_that_a_command_makes_are_taken_away_and_told(project: Project) -> None:
    names = ["deep/.git/hooks", ".vscode"]
    script = "mkdir -p deep/.git/hooks .vscode; echo x > deep/.git/hooks/post-checkout; echo x > CLAUDE.md;"
    script += "echo x > sub/.ENVRC; ln -s /etc/passwd .mcp.json; mkdir -p .husky/a; chmod 0 .husky/a .husky; echo kept > kept.txt"
    completed = await project.shell(script)
    assert completed.exit_code == 0, completed.output
    assert completed.removed == (".husky", ".mcp.json", ".vscode", "CLAUDE.md", "deep/.git", "sub/.ENVRC")
    assert not any(os.path.lexists(project.root / name) for name in (*completed.removed, *names))
    assert (project.root / "kept.txt").read_text() == "kept\n"
    assert len(completed.notes) == 6


async def test_a_nested_repository_cannot_be_moved_away_with_its_folders(project: Project) -> None:
    nested = project.root / "vendor" / "lib"
    nested.mkdir(parents=True)
    git(nested, "init", "-q")
    (project.root / "link").mkdir()
    (project.root / "link" / ".git").write_text(f"gitdir: {nested}/.git\n")
    theirs = snapshot(project.root)
    completed = await project.shell(
        "mv vendor moved; mv vendor/lib vendor/moved; mv link moved; mv -T sub vendor; rm -rf vendor link;"
        "echo work > vendor/lib/a && mv vendor/lib/a vendor/lib/b && rm vendor/lib/b"
    )
    assert (completed.exit_code, completed.removed) == (0, ())
    assert snapshot(project.root) == theirs


async def test_a_folder_that_brings_protected_names_along_is_kept(project: Project) -> None:
    (project.root / "vendor").mkdir()
    (project.root / "vendor" / "AGENTS.md").write_text("own")
    completed = await project.shell("mv vendor moved; mkdir vendor; echo evil > vendor/AGENTS.md")
    assert completed.removed == ("vendor/AGENTS.md",)
    assert (project.root / "moved" / "AGENTS.md").read_text() == "own"


async def test_planted_bare_repositories_are_taken_away_and_own_ones_are_protected(project: Project) -> None:
    git(project.root, "init", "-q", "--bare", "own.git")
    (project.root / "HEAD").write_text("a file of that name is nothing\n")
    script = """
        mkdir -p plain/objects plain/refs planted/objects planted/refs pointed
        echo 'ref: refs/heads/main' > planted/HEAD; cp planted/HEAD pointed/HEAD; echo ../planted > pointed/commondir
        echo x >> own.git/config
    """
    completed = await project.shell(script)
    assert b"Read-only file system" in completed.output
    assert completed.removed == ("planted", "pointed")
    assert sorted(path.name for path in project.root.iterdir()) == [
        ".git", "HEAD", "main.py", "own.git", "plain", "sub",
    ]  # fmt: skip


async def test_a_protected_link_comes_back(project: Project) -> None:
    (project.root / "shared").mkdir()
    (project.root / ".vscode").symlink_to("shared")
    await project.shell("rm .vscode; mkdir .vscode; echo x > .vscode/tasks.json")
    assert os.readlink(project.root / ".vscode") == "shared"


async def test_worktree_pointers_and_renamed_git_folders_are_protected(project: Project) -> None:
    git(project.root, "worktree", "add", "-q", str(project.root / "wt"))
    other = project.root / "other"
    other.mkdir()
    git(other, "init", "-q", "--separate-git-dir", str(other / "metadata"))
    completed = await project.shell(
        "echo x >> wt/.git; echo x >> other/.git; echo x >> other/metadata/config; echo x > other/metadata/hooks/x; git -C wt log --oneline"
    )
    assert b"first" in completed.output
    assert completed.output.count(b"Read-only file system") == 4
    assert completed.exit_code == 0


async def test_git_can_be_read_in_a_linked_work_tree_whose_metadata_lies_in_the_home(
    project: Project,
) -> None:
    linked = project.outside / "linked"
    git(project.root, "worktree", "add", "-q", str(linked))
    project.root = linked
    completed = await project.shell(f"git log --format=%s; echo x >> {project.home}/src/project/.git/config")
    assert completed.output.splitlines()[0] == b"first"
    assert b"Read-only file system" in completed.output


async def test_read_only_requests_cannot_write_at_all(project: Project) -> None:
    completed = await project.shell("cat main.py; echo x > main.py; echo x > new.txt", read_only=True)
    assert completed.output.splitlines()[0] == b"print(1)"
    assert completed.exit_code != 0
    assert sorted(path.name for path in project.root.iterdir()) == [".git", "main.py", "sub"]


async def test_another_tree_stands_at_the_projects_path_with_kept_folders_from_the_original(
    project: Project, tmp_path: Path
) -> None:
    (project.root / "node_modules" / "dep").mkdir(parents=True)
    (project.root / "node_modules" / "dep" / "index.js").write_text("original\n")
    tree = tmp_path / "candidate"
    (tree / "sub").mkdir(parents=True)
    (tree / "main.py").write_text("print('candidate')\n")
    completed = await project.shell(
        "pwd; cat main.py node_modules/dep/index.js; echo x > node_modules/dep/y; echo made > made.txt; ls sub",
        tree=tree, keep=("node_modules", "missing"), cwd=project.root,
    )  # fmt: skip
    lines = completed.output.decode().splitlines()
    assert lines[:3] == [str(project.root), "print('candidate')", "original"]
    assert "Read-only file system" in lines[3]
    assert (tree / "made.txt").read_text() == "made\n"
    assert not (project.root / "made.txt").exists()
    assert (project.root / "main.py").read_text() == "print(1)\n"


async def test_tool_chains_come_back_read_only_through_chains_of_links(project: Project) -> None:
    real = project.home / "elsewhere" / "python-1.2" / "bin"
    real.mkdir(parents=True)
    (real / "tool").write_text("#!/bin/sh\necho tool runs\n")
    (real / "tool").chmod(0o755)
    (project.home / ".pyenv").mkdir()
    (project.home / ".pyenv" / "inside.txt").write_text("pyenv\n")
    (project.home / "current").symlink_to("links/one")
    (project.home / "links").mkdir()
    (project.home / "links" / "one").symlink_to("../elsewhere/python-1.2")
    script = "cat ~/.pyenv/inside.txt; ~/current/bin/tool; echo x > ~/.pyenv/y; ls -A ~/elsewhere; cat ~/.ssh/id_ed25519"
    completed = await project.shell(script, binds=(project.home / "current",))
    lines = completed.output.decode().splitlines()
    assert lines[:2] == ["pyenv", "tool runs"]
    assert "Read-only file system" in lines[2]
    assert lines[3] == "python-1.2"
    assert "SECRET" not in completed.output.decode()


@pytest.mark.parametrize("name", ["", ".ssh", ".ssh/id_ed25519", "..", "link-to-ssh"])
async def test_binds_that_hold_secrets_are_refused(project: Project, name: str) -> None:
    (project.home / "link-to-ssh").symlink_to(".ssh")
    with pytest.raises(PolicyError):
        await project.shell("true", binds=(project.home / name,))


async def test_secrets_inside_a_bound_folder_read_as_empty(project: Project) -> None:
    (project.home / ".cargo").mkdir()
    (project.home / ".cargo" / "credentials.toml").write_text("SECRET-cargo\n")
    (project.home / ".cargo" / "config.toml").write_text("config\n")
    completed = await project.shell(
        "cat ~/.cargo/config.toml ~/.cargo/credentials.toml", binds=(project.home / ".cargo",)
    )
    assert completed.output == b"config\n"


async def test_the_strict_profile_hides_dotenv_and_unknown_top_folders(project: Project) -> None:
    project.profile = "strict"
    (project.root / ".env").write_text("TOKEN=SECRET-env\n")
    (project.root / "sub" / "server.key").write_text("SECRET-key\n")
    completed = await project.shell("cat .env sub/server.key main.py")
    assert completed.output == b"print(1)\n"


async def test_secret_files_read_as_empty_in_the_work_tree_and_in_another_tree(
    project: Project, tmp_path: Path
) -> None:
    tree = tmp_path / "candidate"
    for folder in (project.root, tree):
        (folder / "deep").mkdir(parents=True)
        for name in (".env", ".env.local", "deep/.npmrc", "deep/id_rsa"):
            (folder / name).write_text("SECRET\n")
        (folder / ".env.example").write_text("example\n")
    script = (
        "cat .env .env.local .env.example deep/* deep/.npmrc; mv deep moved; cat moved/.npmrc; mv moved deep"
    )
    for other in (None, tree):
        completed = await project.shell(script, tree=other)
        assert (completed.exit_code, completed.output) == (0, b"example\n")
    assert (project.root / "deep" / "id_rsa").read_text() == "SECRET\n"


async def test_a_command_outside_of_the_root_is_refused(project: Project) -> None:
    with pytest.raises(PolicyError, match="outside"):
        await project.shell("true", cwd=project.outside)
    (project.root / "out").symlink_to(project.outside)
    with pytest.raises(PolicyError, match="outside"):
        await project.shell("true", cwd=project.root / "out")
