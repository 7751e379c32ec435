"""Settings: one merge of all sources into one frozen object in which each value remembers where it came from.

Everything comes in as a parameter; nothing here reads the process environment or makes a folder.
"""

from __future__ import annotations

from flashagent.settings.merge import load
from flashagent.settings.trust import Trust, TrustStore
from flashagent.settings.values import (
    CheckSetting,
    Ignored,
    LimitSettings,
    ModelSettings,
    Origin,
    Row,
    SandboxSettings,
    Settings,
)

__all__ = [
    "CheckSetting",
    "Ignored",
    "LimitSettings",
    "ModelSettings",
    "Origin",
    "Row",
    "SandboxSettings",
    "Settings",
    "Trust",
    "TrustStore",
    "load",
]
