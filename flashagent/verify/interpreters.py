"""What belongs to an interpreter or tool chain on disk: its link chain, prefixes, site-packages, editable installs, shims.

Reads links and files only. Everything found is a host path that may be bound read-only into a sandbox, so a path that
would show more than the tool (a home folder, its parents) is never given.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

_MAX_LINKS = 40
_MAPPING = re.compile(r"^MAPPING\b[^=]*=\s*(\{.*?\})\s*$", re.MULTILINE | re.DOTALL)
# What a dependency manager keeps below its home that is safe to show: no credentials lie there.
_CARGO_PARTS = ("bin", "registry", "git")
_GO_PARTS = ("bin", "pkg")


def python_in(prefix: Path) -> Path | None:
    """The interpreter of a virtual or conda environment, as the link in its bin folder."""
    for name in ("python", "python3"):
        candidate = prefix / "bin" / name
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def link_chain(path: Path) -> tuple[Path, ...]:
    """Each path on the way from `path` to the real file: links in any of its components are followed one at a time."""
    chain, current = [path], path
    for _ in range(_MAX_LINKS):
        link = next((part for part in (*reversed(current.parents), current) if part.is_symlink()), None)
        if link is None:
            break
        target = Path(os.path.normpath(link.parent / link.readlink()))
        current = target / current.relative_to(link)
        chain.append(current)
    return tuple(dict.fromkeys(chain))


def binds(python: Path, home: Path) -> tuple[Path, ...]:
    """All that the interpreter needs to start: its link chain, each prefix in it, and the base that pyvenv.cfg names."""
    found: list[Path] = []
    for step in (python, *_base_pythons(python)):
        for link in link_chain(step):
            found += _of_program(link, home)
    return tuple(dict.fromkeys(found))


def _base_pythons(python: Path) -> Iterator[Path]:
    config = pyvenv_config(python.parent.parent)
    if config.get("home"):
        for name in (python.name, "python3", "python"):
            if (Path(config["home"]) / name).exists():
                yield Path(config["home"]) / name
                return
    if config.get("executable"):
        yield Path(config["executable"])


def pyvenv_config(prefix: Path) -> dict[str, str]:
    """The keys of pyvenv.cfg, lower case; empty when there is none."""
    try:
        text = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _of_program(program: Path, home: Path) -> list[Path]:
    """The prefix of a program in `PREFIX/bin`, or, where that would show too much, the program and its libraries."""
    prefix = program.parent.parent
    libraries = sorted(prefix.glob("lib*/python3*"))
    is_prefix = bool(libraries) or (prefix / "pyvenv.cfg").is_file() or (prefix / "conda-meta").is_dir()
    if is_prefix and not too_broad(prefix, home):
        return [prefix]
    return [program, *libraries]


def too_broad(path: Path, home: Path) -> bool:
    """Whether showing `path` would show a home folder, a parent of it, or the private parts below it."""
    real, home_real = path.resolve(), home.resolve()
    private = (home_real, *home_real.parents, home_real / ".local", home_real / ".local/share", home_real / ".config",
               home_real / ".cache", Path("/home"), Path("/root"), Path("/tmp"), Path("/var"))  # fmt: skip
    return real in private


def site_packages(python: Path) -> tuple[Path, ...]:
    """The folders that this interpreter imports installed packages from, as far as its files tell, without home's."""
    prefix = python.parent.parent
    config = pyvenv_config(prefix)
    prefixes = [prefix]
    if not config:
        prefixes = [link.parent.parent for link in link_chain(python)]
    elif config.get("include-system-site-packages", "").lower() == "true":
        prefixes += [link.parent.parent for base in _base_pythons(python) for link in link_chain(base)]
    patterns = (
        "lib*/python3*/site-packages",
        "lib*/python3*/dist-packages",
        "local/lib/python3*/dist-packages",
    )
    found = (path for base in prefixes for pattern in patterns for path in sorted(base.glob(pattern)))
    return tuple(dict.fromkeys(path for path in found if path.is_dir()))


def has_module(python: Path | None, name: str) -> bool:
    """Whether a top-level module is installed for the interpreter, told from its folders."""
    folders = site_packages(python) if python is not None else ()
    return any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for folder in folders)


def editable_folders(python: Path) -> tuple[Path, ...]:
    """Source folders of editable installs: from .pth files, generated finders and direct_url.json."""
    found: list[Path] = []
    for folder in site_packages(python):
        if str(folder).startswith("/usr/"):
            continue
        for file in sorted(folder.glob("*.pth")):
            found += _pth_folders(file)
        for file in sorted(folder.glob("__editable__*_finder.py")):
            found += _finder_folders(file)
        for file in sorted(folder.glob("*.dist-info/direct_url.json")):
            found += _direct_url_folder(file)
    return tuple(dict.fromkeys(path for path in found if path.is_absolute() and path.is_dir()))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _pth_folders(file: Path) -> list[Path]:
    lines = (line.strip() for line in _text(file).splitlines())
    return [Path(line) for line in lines if line.startswith("/")]


def _finder_folders(file: Path) -> list[Path]:
    match = _MAPPING.search(_text(file))
    try:
        mapping = ast.literal_eval(match.group(1)) if match else {}
    except (ValueError, SyntaxError):
        return []
    # The mapping names packages or single modules; the folder around them is the root of the imports.
    return [Path(target).parent for target in mapping.values() if isinstance(target, str)]


def _direct_url_folder(file: Path) -> list[Path]:
    try:
        data = json.loads(_text(file))
        editable = data["dir_info"]["editable"] is True
        url = urlsplit(data["url"])
    except (ValueError, KeyError, TypeError):
        return []
    return [Path(unquote(url.path))] if editable and url.scheme == "file" else []


def behind_shims(folder: Path, env: Mapping[str, str], home: Path, root: Path) -> tuple[str, ...]:
    """The real bin folders behind a pyenv, asdf or mise shims folder; any other folder as it is.

    Shims are scripts that look for their own home, which the sandbox hides.
    """
    if folder.name != "shims":
        return (str(folder),)
    if (folder.parent / "versions").is_dir():
        bins = _pyenv_bins(folder.parent, env, root)
    elif (folder.parent / "installs").is_dir():
        bins = _asdf_bins(folder.parent / "installs", home, root)
    else:
        return (str(folder),)
    return tuple(str(path) for path in bins if path.is_dir())


def _pyenv_bins(pyenv: Path, env: Mapping[str, str], root: Path) -> list[Path]:
    names = env.get("PYENV_VERSION", "").replace(":", " ").split()
    for file in (root / ".python-version", pyenv / "version"):
        names = names or [line for line in _text(file).split() if not line.startswith("#")]
    bins = []
    for name in names:
        exact = pyenv / "versions" / name
        matching = sorted((pyenv / "versions").glob(f"{glob_escape(name)}.*"), key=_version_key)
        chosen = exact if exact.is_dir() else matching[-1] if matching else None
        if chosen is not None:
            bins.append(chosen / "bin")
    return bins


def _asdf_bins(installs: Path, home: Path, root: Path) -> list[Path]:
    versions: dict[str, list[str]] = {}
    for file in (home / ".tool-versions", root / ".tool-versions"):
        lines = (line.partition("#")[0].split() for line in _text(file).splitlines())
        versions.update({words[0]: words[1:] for words in lines if len(words) > 1})
    return [installs / tool / name / "bin" for tool, names in versions.items() for name in names]


def glob_escape(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


def _version_key(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))


def tool_folders(
    path: tuple[str, ...], variables: Mapping[str, str], env: Mapping[str, str], home: Path
) -> list[Path]:
    """Folders of tool chains that lie in a home folder: behind PATH entries, Rust's, Go's and Java's own."""
    found: list[Path] = []
    for entry in map(Path, path):
        if not _is_below(entry, home):
            continue
        for link in link_chain(entry):
            prefix = link.parent
            whole = any((prefix / part).is_dir() for part in ("lib/node_modules", "share", "include"))
            found.append(prefix if whole and not too_broad(prefix, home) else link)
    cargo = Path(variables.get("CARGO_HOME") or home / ".cargo")
    found += [cargo / part for part in _CARGO_PARTS]
    found.append(Path(variables.get("RUSTUP_HOME") or home / ".rustup"))
    for go in (variables.get("GOPATH") or str(home / "go")).split(os.pathsep):
        found += [Path(go) / part for part in _GO_PARTS]
    names = ("JAVA_HOME", "GOROOT", "GOMODCACHE", "NODE_PATH", "PYTHONPATH")
    for name in names:
        found += [Path(entry) for entry in env.get(name, "").split(os.pathsep) if Path(entry).is_absolute()]
    return found


def _is_below(path: Path, home: Path) -> bool:
    return home in path.parents
