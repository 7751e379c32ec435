"""Which module a new file would be imported in the place of: a test runner, what a runner imports, or the project's own.

Pure, by paths alone.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import PurePosixPath

_RUNNERS = frozenset({
    "pytest", "_pytest", "unittest", "pluggy", "flashagent_reporter", "flashagent_unittest", "flashagent_watchdog", "sitecustomize",
    "usercustomize",
})  # fmt: skip
_BENEATH = frozenset({"iniconfig", "packaging", "pygments", "xdist", "execnet", "exceptiongroup"})
TEST_FOLDERS = frozenset({"test", "tests", "testing", "__tests__", "spec", "specs"})
# Folders that are no packages but stand on the import path.
_ROOTS = TEST_FOLDERS | {"src", "lib"}


def shadowed(path: str, existing: Collection[str] = ()) -> str:
    """The top-level name that the new file `path` takes from another module, '' for none.

    `existing` are the paths of the project's files before the change; without them the project's own names are unknown.
    """
    if not path.endswith(".py"):
        return ""
    root, name = _top_level(path)
    if name in _RUNNERS:
        return name
    is_module = path in (f"{root}{name}.py", f"{root}{name}/__init__.py")
    if is_module and (name in _BENEATH or name in sys.stdlib_module_names):
        return name
    own = {_top_level(one) for one in existing if one.endswith(".py")}
    taken = {other for other_root, other in own if other_root != root}
    return name if name in taken and (root, name) not in own else ""


def _top_level(path: str) -> tuple[str, str]:
    """The folder on the import path ('' or 'src/', ...) and the top-level name that the file belongs to."""
    parts = PurePosixPath(path).parts
    count = 0
    while count < len(parts) - 1 and parts[count].lower() in _ROOTS:
        count += 1
    root = "".join(f"{part}/" for part in parts[:count])
    inner = parts[count:]
    return root, inner[0] if len(inner) > 1 else PurePosixPath(inner[0]).stem
