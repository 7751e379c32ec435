"""Python tracebacks in text: of plain scripts, of crashed runners, inside messages. Pure."""

from __future__ import annotations

import re

from flashagent.dataclass import dataclass

_HEADER = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+?))?\s*$')
_ERROR = re.compile(r"^(?:E\s+)?(?P<name>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
_NOISE = re.compile(r"^[\s^~]*$")


@dataclass(frozen=True, slots=True)
class TextFrame:
    path: str
    line: int
    function: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class TextTraceback:
    """One traceback as printed: frames outermost first, the exception's last name part, its whole message."""

    frames: tuple[TextFrame, ...]
    exception: str
    message: str


def last(text: str) -> TextTraceback | None:
    """The last traceback in the text, which is the one that ended the program; None without any."""
    start = text.rfind(_HEADER)
    lines = text[start + len(_HEADER) :].splitlines() if start >= 0 else text.splitlines()
    frames: list[TextFrame] = []
    for index, line in enumerate(lines):
        if match := _FRAME.match(line):
            source = (
                lines[index + 1].strip()
                if index + 1 < len(lines) and not _FRAME.match(lines[index + 1])
                else ""
            )
            frames.append(TextFrame(match["path"], int(match["line"]), match["function"] or "", source))
        elif frames and line and not line[0].isspace() and (error := _ERROR.match(line)):
            rest = _following(lines[index + 1 :])
            message = "\n".join([error["message"] or "", *rest]).strip()
            return TextTraceback(tuple(frames), error["name"].rsplit(".", 1)[-1], message)
        elif frames and line and not line[0].isspace() and not _NOISE.match(line):
            frames = [] if start < 0 else frames
    return None


def _following(lines: list[str]) -> list[str]:
    """Further lines of a message: up to a blank line, few."""
    found: list[str] = []
    for line in lines[:5]:
        if not line.strip() or _FRAME.match(line):
            break
        found.append(line)
    return found
