"""Run by the project's interpreter in the sandbox: what a dotted name is. It imports the module. Python 3.8+."""

from __future__ import annotations

import sys

sys.path[:1] = []

import difflib  # noqa: E402
import importlib  # noqa: E402
import inspect  # noqa: E402
import json  # noqa: E402
import pkgutil  # noqa: E402
from typing import Any  # noqa: E402

MAX_DOC_LINES = 12


def load(name: str) -> Any:
    """The object, how much of the name was a module, and the last object that was found with what is missing."""
    parts = name.split(".")
    error = None
    for count in range(len(parts), 0, -1):
        module = ".".join(parts[:count])
        try:
            found = importlib.import_module(module)
        except ImportError as problem:
            error = error or problem
            continue
        for index, part in enumerate(parts[count:]):
            if not hasattr(found, part):
                return None, module, (found, ".".join(parts[: count + index]), part)
            found = getattr(found, part)
        return found, module, None
    return None, "", (None, "", str(error))


def signature_of(thing: Any, name: str) -> str:
    try:
        return name.rsplit(".", 1)[-1] + str(inspect.signature(thing))
    except (TypeError, ValueError):
        return ""


def kind_of(thing: Any) -> str:
    if inspect.ismodule(thing):
        return "module"
    if inspect.isclass(thing):
        return "class"
    if callable(thing):
        return "function"
    return type(thing).__name__


def version_of(module: str) -> str:
    top = module.partition(".")[0]
    try:
        from importlib import metadata

        list_all: Any = getattr(metadata, "packages_distributions", dict)  # Python 3.10+
        name = str(list_all().get(top, [top])[0])
        return name + " " + metadata.version(name)
    except Exception:
        listed = top in getattr(sys, "stdlib_module_names", ()) or top in sys.builtin_module_names
        return "Python " + sys.version.split()[0] if listed else ""


def place_of(thing: Any) -> tuple[str, int]:
    try:
        file = inspect.getsourcefile(thing) or ""
        line = 1 if inspect.ismodule(thing) else inspect.getsourcelines(thing)[1]
    except (TypeError, OSError):
        return "", 0
    return file, line


def modules() -> list[str]:
    """The top-level modules that can be imported, by name alone: none of them is imported."""
    found = set(getattr(sys, "stdlib_module_names", sys.builtin_module_names))
    found.update(one.name for one in pkgutil.iter_modules())
    return sorted(one for one in found if not one.startswith("_"))


def nearest_modules(name: str) -> list[str]:
    """Names like the wanted one with another first part; those that go on as wanted first. Only these are imported."""
    top, _, rest = name.partition(".")
    close = difflib.get_close_matches(top, modules(), n=5, cutoff=0.6)
    if not rest:
        return close
    whole = [one + "." + rest for one in close if load(one + "." + rest)[2] is None]
    return whole or close


question = json.load(sys.stdin)
wanted = question["name"]
thing, module, missing = load(wanted)
if missing is not None:
    holder, where, part = missing
    names = [one for one in dir(holder) if not one.startswith("_")] if holder is not None else []
    close = difflib.get_close_matches(part, names, n=5, cutoff=0.5)
    nearest = [where + "." + one for one in close] if holder is not None else nearest_modules(wanted)
    answer = {"missing": part, "in": where, "nearest": nearest}
else:
    file, line = place_of(thing)
    doc = inspect.getdoc(thing) if kind_of(thing) in ("module", "class", "function") else ""
    members = (
        [one for one in dir(thing) if not one.startswith("_")]
        if kind_of(thing) in ("module", "class")
        else []
    )
    answer = {
        "name": wanted,
        "kind": kind_of(thing),
        "signature": signature_of(thing, wanted) if callable(thing) else "",
        "doc": "\n".join((doc or "").splitlines()[:MAX_DOC_LINES]),
        "version": version_of(module),
        "file": file,
        "line": line,
        "members": members[:80],
    }
print("\nflashagent-answer:" + json.dumps(answer))
