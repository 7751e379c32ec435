"""The user's own commands: Markdown files with slots, in the user's folder or, once trusted, in the project's.

A heading in the first line says what the command does; the rest is the prompt. `{{slot}}` takes a word of what is written
after the command, the last slot all that is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import FlashagentError, UsageError
from flashagent.frontends.tui.controller import OwnCommand
from flashagent.frontends.words import one_line
from flashagent.prompts import Prompt
from flashagent.settings import TrustStore
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import content_hash
from flashagent.untrusted import plain

FOLDER = "commands"
PROJECT_FOLDER = Path(".flashagent") / FOLDER
MOST_COMMANDS = 100
_MOST_BYTES = 50_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
_SLOTS = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")


@dataclass(frozen=True, slots=True)
class CommandFile:
    """One file as it was read. `mine` is false for the project's, which counts only while `trusted`."""

    path: Path
    content: bytes
    mine: bool
    trusted: bool

    @property
    def text(self) -> str:
        return plain(self.content.decode("utf-8-sig", "replace"))

    @property
    def summary(self) -> str:
        first = self.text.strip().partition("\n")[0]
        return one_line(first.removeprefix("#"), 80) if first.startswith("#") else f"from {self.path.name}"

    @property
    def prompt(self) -> str:
        text = self.text.strip()
        return text.partition("\n")[2].strip() if text.startswith("#") else text

    @property
    def slots(self) -> tuple[str, ...]:
        """In the order in which they first stand there."""
        return tuple(dict.fromkeys(_SLOTS.findall(self.prompt)))


class OwnCommandFiles:
    """Read once, when the app is opened. The user's commands win over the project's of the same name."""

    def __init__(self, config: Path, root: Path, trust: TrustStore) -> None:
        self._trust = trust
        project = _read(root / PROJECT_FOLDER, mine=False, trust=trust)
        self._files = {**project, **_read(config / FOLDER, mine=True, trust=trust)}

    def listed(self) -> Mapping[str, OwnCommand]:
        return {
            name: OwnCommand(
                file.summary + ("" if file.trusted else " (of the project, not trusted yet)"),
                " ".join(slot.upper() for slot in file.slots),
            )
            for name, file in self._files.items()
        }

    def find(self, name: str) -> CommandFile | None:
        return self._files.get(name)

    def trust(self, name: str) -> CommandFile:
        """The user has read it and said yes to exactly this content."""
        file = self._files[name]
        self._trust.record(file.path, file.content)
        self._files[name] = CommandFile(file.path, file.content, file.mine, True)
        return self._files[name]


def filled(name: str, file: CommandFile, argument: str) -> str:
    """The prompt with its slots filled. Raises UsageError when there is too little to fill them with, or too much."""
    slots = file.slots
    words = argument.split(None, len(slots) - 1) if slots else [argument] if argument else []
    if len(words) != len(slots):
        usage = " ".join([name, *(slot.upper() for slot in slots)])
        raise UsageError(f"{name} wants {len(slots) or 'nothing'} after it.", hint=f"Like this: {usage}")
    return Prompt(name, file.prompt, str(file.path)).fill(**dict(zip(slots, words, strict=True)))


def _read(folder: Path, *, mine: bool, trust: TrustStore) -> dict[str, CommandFile]:
    found: dict[str, CommandFile] = {}
    if folder.is_symlink() and not mine:
        return found
    for path in sorted(folder.glob("*.md"))[:MOST_COMMANDS]:
        name = path.stem.lower()
        try:
            content = read_bytes(path, follow=mine)
        except FlashagentError:
            continue  # what cannot be read is no command
        if content and len(content) <= _MOST_BYTES and _NAME.fullmatch(name):
            trusted = mine or trust.is_trusted(path, content_hash(content))
            found[f"/{name}"] = CommandFile(path, content, mine, trusted)
    return found
