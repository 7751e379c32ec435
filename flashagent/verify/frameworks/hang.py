"""Where a Python test stood when the watchdog ended it: faulthandler's dump of all threads. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure, Frame
from flashagent.verify.places import Places, is_machinery

_HEADER = re.compile(
    r"Timeout \((?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+)(?P<part>\.\d+)?\)!$", re.MULTILINE
)
_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\):.*$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(?P<path>[^"\n]+)", line (?P<line>\d+) in (?P<function>.+)$', re.MULTILINE)


def parse(text: str, test_id: str, places: Places, *, loading: str = "") -> Failure | None:
    """The failure of the test that ran (of the file in `loading`, or of the import as a whole, where none did), with the
    frames of the main thread, outermost first; None without a dump."""
    headers = list(_HEADER.finditer(text))
    if not headers:
        return None
    last = headers[-1]
    seconds = 3600 * int(last["hours"]) + 60 * int(last["minutes"]) + int(last["seconds"])
    limit = f"{seconds + float(last['part'] or 0):g}"
    frames = _main_thread(text[last.end() :], places)
    inner = next((f" It stood in {one.function}." for one in reversed(frames) if one.function), "")
    what = "The test" if test_id else f"The import of {loading}" if loading else "The import of the tests"
    message = f"{what} did not end within {limit} s and was cut off; tests after it did not run.{inner}"
    return Failure(test_id or loading, "timeout", message, "Timeout", frames)


def _main_thread(dump: str, places: Places) -> tuple[Frame, ...]:
    """The dump tells the newest thread first, so that the main thread, in which tests run, is the last."""
    block = _THREAD.split(dump)[-1]
    frames = [
        places.frame(match["path"], int(match["line"]), match["function"])
        for match in _FRAME.finditer(block)
        if not is_machinery(match["path"]) and not _is_ours(match["path"])
    ]
    own = [frame for frame in frames if frame.in_project]
    return tuple(reversed(own or frames))


def _is_ours(path: str) -> bool:
    return path.rpartition("/")[2].startswith("flashagent_")
