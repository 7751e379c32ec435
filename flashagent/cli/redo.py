"""`flashagent redo`: bring back what undo took away."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog="flashagent redo", description="Bring back what undo took away.")


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    build_parser().parse_args(argv)
    from flashagent.frontends.history import redo
    from flashagent.untrusted import sanitize

    print(sanitize(redo(Path.cwd(), environ)))
    return 0
