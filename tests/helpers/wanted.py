"""Tools that a test is glad of but no machine has to have."""

from __future__ import annotations

import os


def wanted_tools() -> str:
    """A folder of programs for the tests that want them, outside PATH so that nothing else starts them; '' without one."""
    return os.environ.get("WANTED_TOOLS", "")
