"""Where flashagent keeps what outlives a run. Decided from a given environment, never at import; makes no folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.workspace.state import state_folder


@dataclass(frozen=True, slots=True)
class Folders:
    """`config` holds settings and trust, `state` sessions, checkpoints' side files, journals and kept patches, `cache`
    what can be made again."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Folders:
        """FLASHAGENT_HOME puts all three under one folder; else the platform's own places, XDG variables honoured."""
        if home := environ.get("FLASHAGENT_HOME"):
            base = Path(home).expanduser().absolute()
            return cls(base / "config", base / "state", base / "cache")
        import platformdirs

        def xdg(variable: str, fallback: Path) -> Path:
            value = environ.get(variable, "")
            return Path(value) / "flashagent" if value.startswith("/") else fallback

        return cls(
            xdg("XDG_CONFIG_HOME", platformdirs.user_config_path("flashagent")),
            xdg("XDG_STATE_HOME", platformdirs.user_state_path("flashagent")),
            xdg("XDG_CACHE_HOME", platformdirs.user_cache_path("flashagent")),
        )

    def of_repository(self, root: Path) -> Path:
        """The state folder of one repository."""
        return state_folder(self.state, root)
