"""Where the state of one repository lies: a folder of its own in the user's state, never in the repository."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flashagent.errors import WorkspaceError


def state_folder(home: Path, root: Path) -> Path:
    """The folder for the work tree at `root` under flashagent's state folder `home`: its name, and a hash of its real
    path, so that equal names do not meet. It is not made here.

    Raises WorkspaceError when it would lie inside the work tree.
    """
    real = root.resolve()
    if home.resolve().is_relative_to(real):
        raise WorkspaceError(
            f"The state folder {home} lies inside the repository.",
            hint="Choose a state folder outside of it (FLASHAGENT_HOME).",
        )
    digest = hashlib.sha256(str(real).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return home / "repositories" / f"{real.name or 'root'}-{digest}"
