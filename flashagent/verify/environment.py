"""Find the environment that a project's checks run in, by reading files and known folders; nothing of it is run.

Never flashagent's own: its prefix comes in as a parameter and is left out everywhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.verify import interpreters, managers

PASSED_VARIABLES = (
    "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "JAVA_HOME", "GOPATH", "GOROOT", "GOMODCACHE", "GOFLAGS", "CARGO_HOME",
    "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "NODE_PATH", "NVM_DIR", "PYTHONPATH", "PYENV_ROOT", "GEM_HOME", "GEM_PATH",
)  # fmt: skip
_SYSTEM = tuple(
    Path(name) for name in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix", "/proc")
)


@dataclass(frozen=True, slots=True)
class ProjectEnvironment:
    """Where a project's commands run.

    `kind` is 'virtualenv', 'poetry', 'hatch', 'pipenv', 'conda' or 'path'. `python` is the interpreter, None when there
    is none. `path` are the PATH entries, first wins. `binds` must be visible read-only in the sandbox; `keep` names
    dependency folders inside the root (POSIX, relative to it) that a candidate tree takes from the original.
    """

    kind: str
    python: Path | None
    path: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    binds: tuple[Path, ...] = ()
    keep: tuple[str, ...] = ()
    why: str = ""

    def keeping(self, root: Path, folders: Iterable[str]) -> ProjectEnvironment:
        """The same with further folders of the root (POSIX, relative), such as submodules, that come from the original.
        What is no folder, or is reached through a link, is left out."""
        real = root.resolve()
        there = (
            name
            for name in sorted(folders)
            if (real / name).is_dir() and (real / name).resolve() == real / name
        )
        return replace(self, keep=tuple(dict.fromkeys([*self.keep, *there])))


def find_environment(
    root: Path, cwd: Path, env: Mapping[str, str], own_prefix: Path | None
) -> ProjectEnvironment:
    """The environment of the project at `root` for a command in `cwd`.

    In this order: VIRTUAL_ENV, .venv or venv from `cwd` up to the root, UV_PROJECT_ENVIRONMENT, poetry, hatch, pipenv,
    CONDA_PREFIX, then the user's PATH. `env` is the user's environment; never raises for what is missing.
    """
    root, cwd = root.resolve(), cwd.resolve()
    home = Path(env.get("HOME") or "/nonexistent")
    folders = tuple(_up(cwd, root))
    user_path = _user_path(env, own_prefix)
    kind, prefix, why = _choose(root, folders, env, home, own_prefix)
    python = interpreters.python_in(prefix) if prefix else _python_on(user_path, env, home, root)
    if prefix is None:
        why = f"no environment of the project was found; {python or 'no python'} is the first on the PATH"
    bins = [
        str(folder / "node_modules" / ".bin")
        for folder in folders
        if (folder / "node_modules" / ".bin").is_dir()
    ]
    lead = [str(prefix / "bin")] if prefix else [str(python.parent)] if python else []
    real = (
        entry for folder in user_path for entry in interpreters.behind_shims(Path(folder), env, home, root)
    )
    path = tuple(dict.fromkeys([*bins, *lead, *real]))
    keep = _kept(root, folders, prefix)
    found = ProjectEnvironment(kind, python, path, _variables(env, kind, prefix, own_prefix), (), keep, why)
    return _with_binds(found, root, env, home, own_prefix)


def _choose(
    root: Path, folders: tuple[Path, ...], env: Mapping[str, str], home: Path, own_prefix: Path | None
) -> tuple[str, Path | None, str]:
    """Kind, prefix and reason of the first environment that has an interpreter and is not flashagent's own."""
    for kind, prefix, why in _candidates(root, folders, env, home):
        if interpreters.python_in(prefix) is not None and not is_own(prefix, own_prefix):
            return kind, prefix, why
    return "path", None, ""


def _candidates(
    root: Path, folders: tuple[Path, ...], env: Mapping[str, str], home: Path
) -> Iterator[tuple[str, Path, str]]:
    if active := env.get("VIRTUAL_ENV"):
        yield "virtualenv", Path(active), f"VIRTUAL_ENV is {active}"
    for folder in folders:
        for name in (".venv", "venv"):
            if (folder / name / "pyvenv.cfg").is_file():
                yield "virtualenv", folder / name, f"{folder / name} is a virtual environment of the project"
    if uv := env.get("UV_PROJECT_ENVIRONMENT"):
        yield "virtualenv", root / uv, f"UV_PROJECT_ENVIRONMENT is {uv}"
    for folder in folders:
        yield from managers.environments(folder, env, home)
    if conda := env.get("CONDA_PREFIX"):
        yield "conda", Path(conda), f"CONDA_PREFIX is {conda}"


def is_own(path: Path, own_prefix: Path | None) -> bool:
    """Whether `path` is flashagent's own prefix, however it is spelt."""
    return own_prefix is not None and path.resolve() == own_prefix.resolve()


def _up(cwd: Path, root: Path) -> Iterator[Path]:
    """`cwd` and its parents up to the root; the root alone when `cwd` lies elsewhere."""
    if root != cwd and root not in cwd.parents:
        yield root
        return
    for folder in (cwd, *cwd.parents):
        yield folder
        if folder == root:
            return


def _user_path(env: Mapping[str, str], own_prefix: Path | None) -> tuple[str, ...]:
    """The user's PATH without relative entries and without flashagent's own."""
    entries = env.get("PATH", os.defpath).split(os.pathsep)
    folders = (Path(entry) for entry in entries)
    return tuple(
        str(folder) for folder in folders if folder.is_absolute() and not _is_own_bin(folder, own_prefix)
    )


def _is_own_bin(entry: Path, own_prefix: Path | None) -> bool:
    if own_prefix is None or not any((own_prefix / mark).exists() for mark in ("pyvenv.cfg", "conda-meta")):
        return False  # installed for the whole system: its bin folder is everybody's
    return own_prefix.resolve() in (entry.resolve(), *entry.resolve().parents)


def _python_on(user_path: tuple[str, ...], env: Mapping[str, str], home: Path, root: Path) -> Path | None:
    real = [
        entry for folder in user_path for entry in interpreters.behind_shims(Path(folder), env, home, root)
    ]
    for name in ("python", "python3"):
        if found := shutil.which(name, path=os.pathsep.join(real)):
            return Path(found)
    return None


def _variables(
    env: Mapping[str, str], kind: str, prefix: Path | None, own_prefix: Path | None
) -> dict[str, str]:
    """What is passed on of the user's variables, with VIRTUAL_ENV and CONDA_PREFIX naming the chosen environment."""
    variables = {name: env[name] for name in PASSED_VARIABLES if env.get(name)}
    variables.pop("VIRTUAL_ENV", None)
    if prefix is not None and kind == "conda":
        variables["CONDA_PREFIX"] = str(prefix)
    elif prefix is not None:
        variables["VIRTUAL_ENV"] = str(prefix)
    if is_own(Path(variables.get("CONDA_PREFIX", "/nonexistent")), own_prefix):
        del variables["CONDA_PREFIX"]
    return variables


def _kept(root: Path, folders: tuple[Path, ...], prefix: Path | None) -> tuple[str, ...]:
    """Dependency folders inside the root: environments, node_modules (workspaces too), metadata of editable installs."""
    found = [
        folder / name for folder in folders for name in (".venv", "venv") if _is_environment(folder / name)
    ]
    if prefix is not None and root in prefix.parents:
        found.append(prefix)
    found += [folder / "node_modules" for folder in folders]
    for pattern in ("*/node_modules", "*/*/node_modules", "*.egg-info", "src/*.egg-info"):
        found += sorted(path for path in root.glob(pattern) if "node_modules" not in path.parent.parts)
    real = (path for path in found if path.is_dir() and not path.is_symlink())
    return tuple(dict.fromkeys(path.relative_to(root).as_posix() for path in real))


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file()


def _with_binds(
    found: ProjectEnvironment, root: Path, env: Mapping[str, str], home: Path, own_prefix: Path | None
) -> ProjectEnvironment:
    wanted: list[Path] = []
    if found.python is not None:
        wanted += interpreters.binds(found.python, home)
        wanted += interpreters.editable_folders(found.python)
    wanted += interpreters.tool_folders(found.path, found.variables, env, home)
    outside = (
        path
        for path in dict.fromkeys(wanted)
        if path.exists()
        and not interpreters.too_broad(path, home)
        and path != root
        and root not in path.parents
        and path not in root.parents
        and not any(path == system or system in path.parents for system in _SYSTEM)
        and not is_own(path, own_prefix)
    )
    return ProjectEnvironment(
        found.kind, found.python, found.path, found.variables, tuple(outside), found.keep, found.why
    )
