"""The profiles that the doctor made of endpoints, in the user's own state folder."""

from __future__ import annotations

import json
from pathlib import Path

from flashagent.models.endpoint import Endpoint
from flashagent.models.profile import Profile, read_profile
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import write_private

NAME = "endpoints.json"


class Profiles:
    """One for each address, API and model. Holds no key. A damaged file counts as empty."""

    def __init__(self, state: Path) -> None:
        self._file = state / NAME

    def of(self, endpoint: Endpoint) -> Profile | None:
        return read_profile(self._all().get(_key(endpoint)))

    def keep(self, endpoint: Endpoint, profile: Profile) -> None:
        """Raises OSError when it cannot be written."""
        kept = {**self._all(), _key(endpoint): profile.plain()}
        write_private(self._file, json.dumps(kept, indent=2, sort_keys=True) + "\n")

    def _all(self) -> dict[str, object]:
        try:
            found = json.loads(read_bytes(self._file, follow=False) or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.shown} {endpoint.api} {endpoint.model}"
