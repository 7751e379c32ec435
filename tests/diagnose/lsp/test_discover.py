from __future__ import annotations

from pathlib import Path

from flashagent.diagnose.lsp.discover import FoundServer, discover


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def names(found: tuple[FoundServer, ...]) -> list[tuple[str, Path]]:
    return [(one.kind.name, one.program) for one in found]


def test_the_first_on_the_path_and_the_better_name_win(tmp_path: Path) -> None:
    root, one, two = tmp_path / "root", tmp_path / "one", tmp_path / "two"
    root.mkdir()
    program(one / "pyright-langserver")
    best = program(two / "basedpyright-langserver")
    (one / "gopls").mkdir()
    found = discover(root, [str(one), str(two), "relative"], trusted=False)
    assert names(found.usable) == [("pyright", best)]
    assert found.untrusted == ()


def test_servers_that_need_a_file_of_the_project(tmp_path: Path) -> None:
    for name in ("gopls", "rust-analyzer", "clangd", "typescript-language-server"):
        program(tmp_path / "bin" / name)
    root = tmp_path / "root"
    (root / "build").mkdir(parents=True)
    path = [str(tmp_path / "bin")]
    assert discover(root, path, trusted=False).usable == ()
    for name in ("go.mod", "Cargo.toml", "build/compile_commands.json", "package.json"):
        (root / name).touch()
    kinds = {one.kind.name for one in discover(root, path, trusted=False).usable}
    assert kinds == {"gopls", "rust-analyzer", "clangd", "typescript-language-server"}


def test_code_of_the_project_is_started_only_when_trusted(tmp_path: Path) -> None:
    root = tmp_path / "root"
    own = program(root / "node_modules" / ".bin" / "pyright-langserver")
    linked = tmp_path / "bin" / "basedpyright-langserver"
    linked.parent.mkdir()
    linked.symlink_to(program(root / "evil"))
    found = discover(root, [str(linked.parent)], trusted=False)
    assert (found.usable, names(found.untrusted)) == ((), [("pyright", linked)])
    assert names(discover(root, [str(linked.parent)], trusted=True).usable) == [("pyright", linked)]
    assert names(discover(root, [], trusted=True).usable) == [("pyright", own)]
