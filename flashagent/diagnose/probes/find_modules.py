"""Run by the project's interpreter: which modules can be found, without importing any of them. Python 3.8+."""

from __future__ import annotations

import sys

sys.path[:1] = []  # the current folder: local modules are looked up by who asks, and may shadow the library

import difflib  # noqa: E402
import json  # noqa: E402
import pkgutil  # noqa: E402
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder  # noqa: E402
from typing import Any  # noqa: E402


def search(name: str, path: Any) -> Any:
    """The spec of one name on one path; finders that editable installs add are asked too."""
    finders: list[Any] = [BuiltinImporter, FrozenImporter, *sys.meta_path, PathFinder]
    for finder in finders:
        try:
            spec = finder.find_spec(name, path)
        except Exception:
            spec = None
        if spec is not None:
            return spec
    return None


def missing_part(name: str) -> Any:
    """The first dotted prefix that cannot be found and the folders it was looked for in, or None."""
    path = None
    parts = name.split(".")
    for index in range(len(parts)):
        prefix = ".".join(parts[: index + 1])
        spec = search(prefix, path)
        if spec is None:
            # A module that is no package may still make its submodules itself, as os does with os.path.
            if index and prefix in sys.modules:
                continue
            return prefix, path
        path = spec.submodule_search_locations
        if path is None and index + 1 < len(parts):
            dotted = name if name in sys.modules else None
            return None if dotted or spec.origin == "built-in" else (".".join(parts[: index + 2]), [])
    return None


def nearest(prefix: str, path: Any) -> list[str]:
    """Real names like the missing one, most alike first."""
    parent, _, last = prefix.rpartition(".")
    names = {info.name for info in pkgutil.iter_modules(path)}
    if not parent:
        names.update(sys.builtin_module_names)
        names.update(getattr(sys, "stdlib_module_names", ()))
    close = difflib.get_close_matches(
        last, sorted(n for n in names if not n.startswith("_")), n=3, cutoff=0.7
    )
    return [parent + "." + one if parent else one for one in close]


question = json.load(sys.stdin)
answer = {}
for asked in question["modules"]:
    found = missing_part(asked)
    if found is not None:
        answer[asked] = {"missing": found[0], "nearest": nearest(*found)}
print("\nflashagent-answer:" + json.dumps({"missing": answer}))
