"""`flashagent sandbox run|explain|probe|audit`: hands everything to the sandbox's own command."""

from __future__ import annotations

import argparse
from collections.abc import Mapping


def build_parser() -> argparse.ArgumentParser:
    from flashagent_sandbox.command import build_parser

    return build_parser()


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    """The exit status as `flashagent_sandbox.command.main` gives it: 125 when flashagent refused or failed."""
    from flashagent_sandbox.command import main

    return main(argv, environ)
