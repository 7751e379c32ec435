"""The recorded sessions of one project: which there are, and what stands in them. Every text is masked and safe to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from flashagent.agent.recorder import read_record
from flashagent.compose.place import Wishes, open_place
from flashagent.errors import UsageError
from flashagent.frontends.session_index import opened
from flashagent.frontends.session_values import Hit, Recorded, Summary, hits_in
from flashagent.secrecy import Secrets
from flashagent.untrusted import sanitize

FOLDER = "sessions"
MOST_HITS = 200


def find_session(folder: Path, name: str) -> Path:
    """The file of the session whose id begins so; the last one for ''. Raises UsageError for none or several."""
    known = sorted(folder.glob("*.jsonl"))
    found = [path for path in known if path.stem.startswith(name)]
    if not found:
        what = f"There is no session {name}." if name else "There is no session of this project yet."
        raise UsageError(what, hint=f"They lie in {folder}.")
    if name and len(found) > 1 and found[0].stem != name:
        raise UsageError(f"{len(found)} sessions begin with {name}.", hint=f"The first is {found[0].stem}.")
    return found[0] if name else found[-1]


@contextmanager
def archive_at(cwd: Path, environ: Mapping[str, str]) -> Iterator[Archive]:
    """The sessions of the project around the folder."""
    with closing(open_place(cwd, environ, Wishes({}))) as place:
        yield Archive(place.state / FOLDER, Secrets(place.secrets))


class Archive:
    """Reads when asked; a session that is being written is read as far as it is."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self._folder = folder
        self._secrets = secrets

    def summaries(self) -> list[Summary]:
        """The newest first."""
        with opened(self._folder, self._clean) as index:
            return [replace(one, title=self._clean(one.title)) for one in index.summaries()]

    def read(self, name: str) -> Recorded:
        """Raises UsageError as `find_session` does."""
        return self._read(find_session(self._folder, name))

    def search(self, text: str) -> list[Hit]:
        """The first event texts that hold it, newest session first; case does not count."""
        with opened(self._folder, self._clean) as index:
            found = index.holding(text)
        told = (self._read(self._folder / f"{id_}.jsonl") for id_ in found)
        return list(islice((hit for one in told for hit in hits_in(one, text)), MOST_HITS))

    def _read(self, path: Path) -> Recorded:
        return Recorded(path.stem, tuple(self._clean(line) for line in read_record(path)))

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return sanitize(self._secrets.mask(value))
        if isinstance(value, dict):
            return {key: self._clean(item) for key, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value
