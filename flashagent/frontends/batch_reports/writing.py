"""Write a report of a batch, in the format that the file's name asks for."""

from __future__ import annotations

import json
from pathlib import Path

from flashagent.compose import batch_state
from flashagent.compose.place import Place
from flashagent.errors import UsageError
from flashagent.frontends.batch_reports.account import Account, account_of
from flashagent.frontends.batch_reports.html import html
from flashagent.frontends.batch_reports.junit import junit
from flashagent.frontends.batch_reports.sarif import sarif
from flashagent.untrusted import Secrets

ENDINGS = (".xml", ".sarif", ".html")


def check_report(file: str) -> str:
    """The name again. Raises UsageError for one that names no format."""
    if Path(file).suffix not in ENDINGS:
        raise UsageError(
            f"{file!r} names no format of a report.",
            hint="Use .xml for JUnit, .sarif for SARIF, .html for a page.",
        )
    return file


def write_report(place: Place, batch: str, file: str) -> None:
    """The report of the batch as it stands. Raises UsageError when the file cannot be written."""
    with batch_state.reading(place, batch) as store:
        account = account_of(store, Secrets(place.secrets).mask)
    data = _in_format(account, Path(check_report(file)).suffix)
    try:
        (place.cwd / file).write_bytes(data)
    except OSError as error:
        raise UsageError(f"The report {file} cannot be written: {error.strerror or error}.") from error


def _in_format(account: Account, ending: str) -> bytes:
    if ending == ".xml":
        return junit(account)
    if ending == ".html":
        return html(account).encode("utf-8", "replace")
    from flashagent import __version__

    return (json.dumps(sarif(account, __version__), indent=2) + "\n").encode("utf-8", "replace")
