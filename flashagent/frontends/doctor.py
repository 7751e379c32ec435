"""The doctor's findings for people and for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from flashagent.compose.doctor import examine
from flashagent.errors import ExitCode
from flashagent.models.probe import Finding
from flashagent.untrusted import sanitize

MARKS = {"ok": "ok", "note": "note", "wrong": "WRONG"}


def run_doctor(
    cwd: Path, environ: Mapping[str, str], given: Mapping[str, object], out: TextIO, *, as_json: bool
) -> ExitCode:
    """0 when everything works (notes count as working), else 1."""
    found = asyncio.run(examine(cwd, environ, given))
    out.write(_as_json(found) if as_json else _as_text(found))
    return ExitCode.NOT_FIXED if any(one.verdict == "wrong" for one in found) else ExitCode.OK


def _as_json(found: Sequence[Finding]) -> str:
    healthy = all(one.verdict != "wrong" for one in found)
    return json.dumps({"ok": healthy, "findings": [asdict(one) for one in found]}, indent=2) + "\n"


def _as_text(found: Sequence[Finding]) -> str:
    width = max(len(one.subject) for one in found)
    lines = []
    for one in found:
        said = " ".join(sanitize(one.text).split())
        todo = f"  → {' '.join(sanitize(one.hint).split())}" if one.hint and one.verdict != "ok" else ""
        lines.append(f"{one.subject:<{width}}  {MARKS[one.verdict]:<5}  {said}{todo}\n")
    return "".join(lines)
