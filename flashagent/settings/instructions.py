"""The project's own instructions to a model (AGENTS.md, CLAUDE.md): read only from the root, and only when trusted.

A file of that name deeper in the tree, or in a dependency, is a file like any other and never an instruction.
"""

from __future__ import annotations

from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import INSTRUCTION_FILES, Trust, content_hash
from flashagent.settings.values import Ignored
from flashagent.untrusted import plain

MOST_CHARACTERS = 8_000  # of all files together, about 2,000 tokens: they are in every request
KEY = "instructions to the model"
UNTRUSTED = "the file is not trusted in this content; `flashagent trust` shows it and asks"


@dataclass(frozen=True, slots=True)
class Instructions:
    """`text` is what goes into the prefix of every request, '' for nothing; `ignored` is what was found and not used."""

    text: str = ""
    ignored: tuple[Ignored, ...] = ()


def read_instructions(root: Path, trust: Trust | None, *, trust_project: bool = False) -> Instructions:
    """The trusted instruction files of the root, in plain text and cut to MOST_CHARACTERS together. Never raises: what
    cannot be read is not used, and said."""
    parts: list[str] = []
    ignored: list[Ignored] = []
    seen: set[bytes] = set()
    left = MOST_CHARACTERS
    for name in INSTRUCTION_FILES:
        content, why = _content(root / name, trust, trust_project=trust_project)
        if why:
            ignored.append(Ignored(KEY, name, why))
        if not content or content in seen:
            continue
        seen.add(content)
        text = plain(content.decode("utf-8-sig", "replace")).strip()
        if len(text) > left:
            ignored.append(Ignored(KEY, name, f"only its first {left:,} characters are used; it is too long"))
        if text[:left]:
            parts.append(f"{name}:\n{text[:left]}")
        left = max(0, left - len(text))
    return Instructions("\n\n".join(parts), tuple(ignored))


def _content(path: Path, trust: Trust | None, *, trust_project: bool) -> tuple[bytes, str]:
    """The bytes when they may be used, else why not ('' when there is nothing)."""
    try:
        content = read_bytes(path, follow=False)
    except SettingsError as error:
        return b"", error.message.rstrip(".")
    if not content or not content.strip():
        return b"", ""
    if trust_project or (trust is not None and trust.is_trusted(path, content_hash(content))):
        return content, ""
    return b"", UNTRUSTED
