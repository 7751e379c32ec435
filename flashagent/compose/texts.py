"""The prompts of a job, the user's own before the bundled ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from flashagent.edits.values import Format
from flashagent.jobs.house import Texts
from flashagent.prompts import load

TOOLS = ("edit", "read", "search", "run", "check", "docs", "ask_user", "definition", "references", "rename")
FORMATS: Mapping[Format, str] = {
    "edit": "tool_edits",
    "sr": "block_edits",
    "apply_patch": "patch_edits",
    "udiff": "diff_edits",
    "whole": "whole_files",
    "symbol": "symbol_edits",
    "anchors": "anchor_edits",
}
"""The prompt that tells how to write edits, by format."""


def load_texts(folders: Sequence[Path] = ()) -> Texts:
    """Raises an error naming the prompt that is missing."""
    return Texts(
        system=load("system", folders),
        fix=load("fix", folders),
        do=load("do", folders),
        feedback=load("feedback", folders),
        text_edits=load("text_edits", folders),
        compact=load("compact", folders),
        sum_up=load("sum_up", folders),
        review=load("review", folders),
        plan=load("plan", folders),
        tools={name: load(f"tools/{name}", folders).fill() for name in TOOLS},
        formats={form: load(name, folders).fill() for form, name in FORMATS.items()},
    )
