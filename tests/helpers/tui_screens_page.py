"""The page of docs/ that shows every kept picture of the app. `python -m helpers.tui_screens_page` in the tests folder writes it."""

from __future__ import annotations

from pathlib import Path

from helpers.tui_pictures import KEPT, PICTURES, SCREENS, name_of

PAGE = Path(__file__).parents[2] / "docs" / "screens.md"
_FOLDER = "../tests/tui/pictures"
_SAID = {
    "first": "After the start",
    "answer": "An answer",
    "fix": "A finished fix",
    "diff": "The panel: what was changed, hunk by hunk",
    "checks": "The panel: checks, with a failure opened",
    "findings": "The panel: what was found in changed files",
    "question": "A question before something runs",
    "palette": "The palette",
}


def page() -> str:
    """A section for each screen, a picture for each theme and size."""
    parts = [
        "# What the app looks like",
        "Drawn by the app itself; the tests compare every picture with what it draws now. `make pictures` draws them anew.",
    ]
    for screen in SCREENS:
        parts.append(f"## {_SAID.get(screen, screen.capitalize())}")
        for picture in PICTURES:
            if picture[0] == screen:
                _, theme, (columns, rows) = picture
                told = f"{theme}, {columns} × {rows}"
                parts.append(f"![{screen}, {told}]({_FOLDER}/{name_of(*picture)})\n\n*{told}*")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    assert KEPT.is_dir()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
