"""`flashagent sandbox run|probe`: hands everything to the sandbox's own command."""

from __future__ import annotations

from collections.abc import Mapping


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    """The exit status as `flashagent_sandbox.command.main` gives it: 125 when flashagent refused or failed."""
    from flashagent_sandbox.command import main

    return main(argv, environ)
