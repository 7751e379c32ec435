"""Before work on a terminal: show what of the project needs trust, and ask, once for each content."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from flashagent.cli.config import project_root
from flashagent.cli.trust import difference
from flashagent.folders import Folders
from flashagent.settings import TrustStore, load
from flashagent.settings.documents import read_bytes
from flashagent.settings.instructions import UNTRUSTED
from flashagent.settings.trust import PROJECT_FILES, content_hash, trusted_part
from flashagent.untrusted import sanitize

QUESTION = "Trust this content? [y/N] "


def offer_trust(cwd: Path, environ: Mapping[str, str]) -> None:
    """Asks on stderr and reads stdin; does nothing where either is no terminal. A no is remembered for this content.

    Raises SettingsError for settings that are wrong.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    root, store = project_root(cwd), TrustStore(Folders.of(environ).config)
    for path, part in waiting(root, environ, store).items():
        _say(f"{path.name} of this project would be used if you trust it:")
        _say(difference(store, path, part).rstrip("\n"))
        sys.stderr.write(QUESTION)
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            store.record(path, part)
            _say(f"{path.name} is trusted, until it changes.")
        else:
            store.decline(path, part)
            _say(f"{path.name} is not used. `flashagent trust` asks again.")


def waiting(root: Path, environ: Mapping[str, str], store: TrustStore) -> dict[Path, bytes]:
    """The files of the project from which something is left out for want of trust, without those that the user has
    declined in this content."""
    user_dir = Folders.of(environ).config
    left_out = [
        one.where for one in load({}, environ, root, user_dir, store).ignored if one.reason == UNTRUSTED
    ]
    found: dict[Path, bytes] = {}
    for name in PROJECT_FILES:
        if not any(name in where for where in left_out):
            continue
        path = root / name
        content = read_bytes(path, follow=False)
        part = trusted_part(path, content) if content else b""
        if part and not store.is_declined(path, content_hash(part)):
            found[path] = part
    return found


def _say(text: str) -> None:
    print(sanitize(text), file=sys.stderr)
