"""`flashagent undo`: take back the last change that flashagent made."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="flashagent undo", description="Take back the last change that flashagent made."
    )


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    build_parser().parse_args(argv)
    from flashagent.frontends.history import undo
    from flashagent.untrusted import sanitize

    print(sanitize(undo(Path.cwd(), environ)))
    return 0
