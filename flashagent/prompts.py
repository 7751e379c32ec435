"""Prompts are files; this finds one and fills its blanks strictly. No prompt text is ever written in code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError

_SLOT = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_NAME = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text with slots, written `{{name}}`. `where` is the file it came from."""

    name: str
    text: str
    where: str

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(_SLOT.findall(self.text))

    def fill(self, **slots: str) -> str:
        """The text with every slot filled, in one pass: a value that looks like a slot stays as it is.

        Raises SettingsError when a slot is missing, empty or not one of the prompt's.
        """
        extra, missing = slots.keys() - self.slots, self.slots - slots.keys()
        empty = {name for name, value in slots.items() if not value.strip()}
        for what, names in (
            ("has no slot", extra),
            ("got nothing for", missing),
            ("got an empty text for", empty),
        ):
            if names:
                raise SettingsError(f"The prompt {self.where} {what} {', '.join(sorted(names))}.", hint=_HINT)
        return _SLOT.sub(lambda slot: slots[slot[1]], self.text)


_HINT = "A prompt of your own needs exactly the slots of the bundled one."


def load(name: str, folders: Iterable[Path] = ()) -> Prompt:
    """The prompt of this name ('system', 'tools/read') from the first folder that has it, else the bundled one.

    The last newline of the file does not count. Raises SettingsError when there is none, or it has a broken slot.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no name of a prompt.", hint="Names are like 'system' or 'tools/read'."
        )
    for folder in (*folders, *_bundled()):
        path = folder / f"{name}.md"
        if path.is_file():
            return _checked(Prompt(name, path.read_text(encoding="utf-8").removesuffix("\n"), str(path)))
    raise SettingsError(f"There is no prompt {name!r}.", hint="Is flashagent installed completely?")


def names() -> tuple[str, ...]:
    """The names of all bundled prompts, in order."""
    found = {
        path.relative_to(folder).with_suffix("").as_posix()
        for folder in _bundled()
        for path in folder.rglob("*.md")
    }
    return tuple(sorted(found))


def bundled(folder: str, ending: str) -> dict[str, str]:
    """The bundled files of a folder that are no prompts (ready-made jobs), name → text."""
    found = (path for base in _bundled() for path in sorted((base / folder).glob(f"*{ending}")))
    return {path.name.removesuffix(ending): path.read_text(encoding="utf-8") for path in found}


def _bundled() -> tuple[Path, ...]:
    """The package's own data, or the checkout's folder when flashagent runs from one."""
    package = Path(__file__).resolve().parent
    return tuple(folder for folder in (package / "_prompts", package.parent / "prompts") if folder.is_dir())


def _checked(prompt: Prompt) -> Prompt:
    rest = _SLOT.sub("", prompt.text)
    broken = re.search(r"\{\{.{0,20}|.{0,20}\}\}", rest)
    if broken:
        raise SettingsError(
            f"The prompt {prompt.where} has a broken slot: {broken.group()!r}.", hint="Write {{name}}."
        )
    return prompt
