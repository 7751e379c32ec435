"""Run every benchmark that has a quick mode.

A benchmark takes part by a top-level `QUICK = ("--argument", ...)`: the arguments with which it ends within some
seconds. It is read, not imported, so that a benchmark pays only for itself.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def quick_arguments(path: Path) -> tuple[str, ...] | None:
    """The value of QUICK, or None when the file has none."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "QUICK" for t in node.targets
        ):
            return tuple(map(str, ast.literal_eval(node.value)))
    return None


def main() -> int:
    worst = 0
    for path in sorted(HERE.glob("*.py")):
        arguments = quick_arguments(path)
        if arguments is None:
            continue
        print(f"\n== {path.stem}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(path), *arguments], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
