"""Long pastes folded into a chip: a few words in the prompt stand for many lines until it is sent. Pure."""

from __future__ import annotations

import re

from flashagent.frontends.tui.editing import Line

FOLDED_FROM_LINES = 6
_CHIP = re.compile(r"\[paste \d+: [\d,]+ lines\]")


class Chips:
    """The pastes of one prompt."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def folded(self, text: str) -> str:
        """What stands in the prompt for the pasted text: a chip, or a short text itself."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.count("\n") + 1
        if lines < FOLDED_FROM_LINES:
            return text
        chip = f"[paste {len(self._texts) + 1}: {lines:,} lines]"
        self._texts[chip] = Line().insert(text).text
        return chip

    def unfolded(self, text: str) -> str:
        """The text with what its chips stand for. A chip that the user typed or that was pasted stands for itself."""
        return _CHIP.sub(lambda match: self._texts.get(match.group(), match.group()), text)

    def start_before(self, line: Line) -> int | None:
        """Where the chip starts that ends at the cursor, None where there is none."""
        for match in _CHIP.finditer(line.text):
            if match.end() == line.cursor and match.group() in self._texts:
                return match.start()
        return None
