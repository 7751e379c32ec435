"""Profiles, roots, environments, protected names and mount plans: decisions made before anything starts."""

from __future__ import annotations

import asyncio
import os
from dataclasses import fields, replace
from pathlib import Path

import pytest
from flashagent_sandbox.backends.bwrap import Bubblewrap
from flashagent_sandbox.environment import check_command, command_environment
from flashagent_sandbox.mounts import EMPTY_FILE, Mount, plan_mounts
from flashagent_sandbox.output import Output
from flashagent_sandbox.policy import GIB, MIB, CommandNotFound, Limits, PolicyError, Request
from flashagent_sandbox.profiles import NAMES, load_profile
from flashagent_sandbox.protect import Guard, Scan
from flashagent_sandbox.root import check_root, find_root
from flashagent_sandbox.supervisor import run

NOTHING = Scan((), (), (), True)


def test_the_default_profile_has_the_promised_limits(tmp_path: Path) -> None:
    assert load_profile(root=tmp_path, environ={"HOME": "/home/u"}).limits == Limits(
        600, 1200, 2 * GIB, 256, 1 * GIB, 1536 * MIB, 512 * MIB, 10 * MIB
    )


def test_strict_is_nowhere_looser_than_default(tmp_path: Path) -> None:
    default, strict = (
        load_profile(name, root=tmp_path, environ={"HOME": "/home/u"}) for name in ("default", "strict")
    )
    for name in ("protected", "read_deny", "hidden", "secrets"):
        assert set(getattr(default, name)) <= set(getattr(strict, name))
    for name in ("tool_chains", "env_allow", "binds", "writable"):
        assert set(getattr(strict, name)) <= set(getattr(default, name))
    for limit in fields(Limits):
        assert getattr(strict.limits, limit.name) <= getattr(default.limits, limit.name)
    assert strict.network == "off"


def test_only_the_off_profile_names_no_protection(tmp_path: Path) -> None:
    backends = {
        name: load_profile(name, root=tmp_path, environ={"HOME": "/home/u"}).backend for name in NAMES
    }
    assert backends == {"strict": "", "default": "", "network-allowlist": "", "off": "none"}


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no sandbox profile"):
        load_profile("../evil", root=tmp_path)


def test_the_root_is_the_nearest_repository_or_the_folder_itself(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep) == deep
    (tmp_path / "repo" / ".git").write_text("gitdir: elsewhere\n")
    assert find_root(deep) == tmp_path / "repo"
    (tmp_path / "link").symlink_to(deep)
    assert find_root(tmp_path / "link") == tmp_path / "repo"


@pytest.mark.parametrize("root", ["/", "/usr", "/tmp", "/home", "/home/u", "/etc"])
def test_roots_that_would_open_the_system_or_the_home_are_refused(root: str) -> None:
    with pytest.raises(PolicyError):
        check_root(Path(root), Path("/home/u"))
    check_root(Path("/home/u-evil"), Path("/home/u"))


def test_environment_names_match_whole_and_by_case(tmp_path: Path) -> None:
    environ = {"HOME": "/home/u", "PATH": "", "path": "x", "LC_TIME": "C", "XLC_TIME": "C", "PATHS": "x"}
    seen = command_environment(load_profile(root=tmp_path, environ=environ), Request(("true",), tmp_path))
    assert set(seen) == {
        "HOME",
        "PATH",
        "LC_TIME",
        "PIP_NO_INPUT",
        "GIT_TERMINAL_PROMPT",
        "GIT_OPTIONAL_LOCKS",
    }
    assert seen["PATH"] == "/usr/local/bin:/usr/bin:/bin"


def test_deeper_mounts_come_later_and_a_bind_inside_a_mask_is_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    root = home / "project"
    (root / ".git").mkdir(parents=True)
    (home / ".pyenv").mkdir()
    policy = load_profile(root=root, environ={"HOME": str(home)})
    scan = Guard(root, policy.protected, policy.read_deny).scan()
    mounts = plan_mounts(policy, Request(("true",), root), scan, as_root=False).mounts
    depths = [mount.target.count("/") for mount in mounts]
    assert depths == sorted(depths)
    own = [mount for mount in mounts if mount.target.startswith(str(home))]
    size = policy.limits.tmpfs_bytes
    assert own == [
        Mount("tmpfs", str(home), size=size, mode=0o700),
        Mount("write", str(root), str(root)),
        Mount("read", str(home / ".pyenv"), str(home / ".pyenv")),
        Mount("read", str(root / ".git"), str(root / ".git")),
    ]


def test_tool_variables_of_the_user_come_back_but_not_a_home_or_a_secret(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("project", "conda", ".ssh"):
        (home / name).mkdir(parents=True)
    environ = {
        "HOME": str(home),
        "CONDA_PREFIX": str(home / "conda"),
        "GOPATH": f"{home}:{home}/.ssh",
        "JAVA_HOME": "x",
    }
    policy = load_profile(root=home / "project", environ=environ)
    mounts = plan_mounts(policy, Request(("true",), policy.root), NOTHING, as_root=False).mounts
    assert [mount.target for mount in mounts if mount.kind == "read" and mount.source == mount.target] == [
        str(home / "conda")
    ]


def test_a_root_user_cannot_reach_kernel_settings(tmp_path: Path) -> None:
    policy = load_profile(root=tmp_path, environ={"HOME": "/home/u"})
    mounts = plan_mounts(policy, Request(("true",), tmp_path), NOTHING, as_root=True).mounts
    assert Mount("read", "/proc/sys", "/proc/sys") in mounts


def test_kept_folders_stay_inside(tmp_path: Path) -> None:
    policy = load_profile(root=tmp_path, environ={"HOME": "/home/u"})
    for name in ("../x", "/etc", "a/../../x"):
        with pytest.raises(PolicyError):
            plan_mounts(
                policy, Request(("true",), tmp_path, tree=tmp_path, keep=(name,)), NOTHING, as_root=False
            )


# ---- protected names


def test_names_are_found_at_any_depth_and_in_any_case_and_links_are_not_followed(tmp_path: Path) -> None:
    for name in (".git/objects", "a/b/.GIT", "node_modules/x/.git", "a/.vscode"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "claude.md").write_text("x")
    (tmp_path / "a" / ".env.local").write_text("x")
    (tmp_path / "loop").symlink_to(".")
    found = Guard(tmp_path, (".git", ".vscode", "CLAUDE.md", ".env.*"), ()).scan()
    assert sorted(entry.path for entry in found.protected) == [
        ".git", "a/.env.local", "a/.vscode", "a/b/.GIT", "a/claude.md",
    ]  # fmt: skip
    assert found.complete


def test_a_second_scan_sees_what_changed_in_between(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    guard = Guard(tmp_path, (".git",), ())
    assert guard.scan().protected == ()
    before = guard.scan()
    (tmp_path / "a" / "b" / ".git").mkdir()
    times = os.stat(tmp_path / "a").st_mtime_ns
    os.utime(tmp_path / "a" / "b", ns=(times, times))  # a faked time does not hide it
    assert guard.check(before, None).paths == ("a/b/.git",)
    assert not (tmp_path / "a" / "b" / ".git").exists()


def test_a_git_file_that_points_at_sources_does_not_make_them_vanish(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("x")
    guard = Guard(tmp_path, (".git",), ())
    before = guard.scan()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".git").write_text("gitdir: ../src\n")
    assert guard.check(before, None).paths == ("sub/.git",)
    assert (tmp_path / "src" / "main.py").read_text() == "x"


def test_a_fifo_with_a_protected_name_does_not_hold_the_scan(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".git")
    assert [entry.path for entry in Guard(tmp_path, (".git",), ()).scan().protected] == [".git"]


def test_secret_names_are_files_and_have_exceptions(tmp_path: Path) -> None:
    secret = [".env", ".env.local", ".ENV.Prod", "a/.netrc", "a/.npmrc", "a/.pypirc", "a/.git-credentials", "id_rsa",
              "id_dsa", "id_ecdsa", "id_ed25519", "credentials.json"]  # fmt: skip
    plain = [".env.example", ".env.sample", ".env.template", "id_rsa.pub", "ca.pem", "server.key", "deploy_rsa", "keys.py", "a.env",
             "venv/.env/python", "my_rsa/code.py"]  # fmt: skip
    for name in (*secret, *plain):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    for profile in ("default", "strict"):
        policy = load_profile(profile, root=tmp_path, environ={"HOME": "/home/u"})
        found = {entry.path for entry in Guard(tmp_path, policy.protected, policy.read_deny).scan().denied}
        only_strict = {"ca.pem", "server.key", "deploy_rsa"}
        assert found == {*secret} | (only_strict if profile == "strict" else set())


def test_the_registry_keys_of_a_cargo_home_elsewhere_read_as_empty(tmp_path: Path) -> None:
    cargo = tmp_path / "opt" / "cargo"
    cargo.mkdir(parents=True)
    (tmp_path / "vault").write_text("SECRET")
    (cargo / "credentials.toml").write_text("SECRET")
    (cargo / "credentials").symlink_to(tmp_path / "vault")
    (tmp_path / "project").mkdir()
    environ = {"HOME": "/home/u", "CARGO_HOME": str(cargo)}
    policy = replace(load_profile(root=tmp_path / "project", environ=environ), binds=(tmp_path / "opt",))
    mounts = plan_mounts(policy, Request(("true",), policy.root), NOTHING, as_root=False).mounts
    assert Mount("read", str(cargo / "credentials.toml"), EMPTY_FILE) in mounts
    with pytest.raises(PolicyError, match="secrets"):
        plan_mounts(
            replace(policy, binds=(tmp_path / "vault",)),
            Request(("true",), policy.root),
            NOTHING,
            as_root=False,
        )


def test_a_quarantine_that_commands_could_write_is_refused(tmp_path: Path) -> None:
    policy = load_profile(root=tmp_path / "project", environ={"HOME": str(tmp_path)})
    (tmp_path / "project").mkdir()
    (tmp_path / ".cache").symlink_to("project")
    with pytest.raises(PolicyError, match="quarantine"):
        asyncio.run(run(Request(("true",), policy.root), policy, Bubblewrap()))


# ---- output


def test_output_keeps_head_and_tail() -> None:
    output = Output(10)
    parts = [output.feed(b"abcd"), output.feed(b"efgh"), output.feed(b"ijkl"), output.feed(b"mnop")]
    assert (parts, output.kept(), output.over, output.total) == (
        [b"abcd", b"efgh", b"ij", b""],
        b"abcdelmnop",
        True,
        16,
    )


def test_output_within_the_cap_is_whole() -> None:
    output = Output(7)
    for byte in b"abcdefg":
        output.feed(bytes([byte]))
    assert (output.kept(), output.over) == (b"abcdefg", False)


def test_a_closed_folder_of_the_path_holds_no_candidate(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    check_command(("sh",), tmp_path, f"{closed}:/usr/bin:/bin")
    with pytest.raises(CommandNotFound) as missing:
        check_command(("no-such-program-here",), tmp_path, str(closed))
    assert missing.value.exit_code == 127
