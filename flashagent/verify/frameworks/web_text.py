"""What jest, vitest and mocha print for people, for runs that left no JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashagent.values import Failure, TestResult
from flashagent.verify.frameworks.reported import exact, shortened, sides, test_id, thrown
from flashagent.verify.places import Places

_JEST_FILE = re.compile(r"^(?:FAIL|PASS) +(?P<path>\S+\.[cm]?[jt]sx?)(?: \(.*\))?$", re.MULTILINE)
_JEST = re.compile(r"^  ● (?P<name>.+)\n\n(?P<said>(?:(?:    .*)?\n)+)", re.MULTILINE)
_VITEST = re.compile(
    r"^ FAIL  (?:\|[^|\n]+\| )?(?P<path>\S+\.[cm]?[jt]sx?)(?: > (?P<name>.+)| \[ .* \])\n(?P<said>(?:(?!⎯| FAIL ).*\n)+)",
    re.MULTILINE,
)
_MOCHA_SIGN = re.compile(r"^  \d+ failing$", re.MULTILINE)
_MOCHA = re.compile(
    r"^  \d+\) (?P<title>.+)\n(?P<titles>(?:       .*\n)*?)(?P<said>(?:(?!  \d+\) ).*\n?)*)", re.MULTILINE
)
_CODE_FRAME = re.compile(r"^\s*>?\s*\d*\s*\|.*\n?", re.MULTILINE)
_VITEST_FRAME = re.compile(r"^ ❯ (?:(?P<function>\S+) )?(?P<place>\S+:\d+:\d+)$", re.MULTILINE)


def results(text: str) -> tuple[TestResult, ...]:
    """The tests that failed: the others are not all named."""
    return tuple(TestResult(one.test_id, "failed") for one in parse(text, Places(())))


def parse(text: str, places: Places) -> tuple[Failure, ...]:
    """One failure per failed test or file."""
    found = {
        one.test_id: one for one in (*_jest(text, places), *_vitest(text, places), *_mocha(text, places))
    }
    return tuple(found.values())


def _jest(text: str, places: Places) -> Iterator[Failure]:
    files = list(_JEST_FILE.finditer(text))
    for match in _JEST.finditer(text):
        before = [one for one in files if one.end() <= match.start()]
        if not before:
            return
        path = places.frame(before[-1]["path"], 1).path
        titles = () if match["name"] == "Test suite failed to run" else tuple(match["name"].split(" › "))
        said = "\n".join(line.removeprefix("    ") for line in match["said"].splitlines())
        yield _failure(path, titles, _CODE_FRAME.sub("", said), places, ("npx", "jest"))


def _vitest(text: str, places: Places) -> Iterator[Failure]:
    for match in _VITEST.finditer(text):
        path = places.frame(match["path"], 1).path
        titles = tuple((match["name"] or "").split(" > ")) if match["name"] else ()
        stack = "".join(
            f"\n    at {one['function'] or '<anonymous>'} ({one['place']})"
            for one in _VITEST_FRAME.finditer(match["said"])
        )
        said = _VITEST_FRAME.split(_CODE_FRAME.sub("", match["said"]))[0].strip()
        yield _failure(path, titles, said + stack, places, ("npx", "vitest", "run"))


def _mocha(text: str, places: Places) -> Iterator[Failure]:
    sign = _MOCHA_SIGN.search(text)
    for match in _MOCHA.finditer(text, sign.end()) if sign is not None else ():
        titles = [
            match["title"].strip(),
            *(line.strip() for line in match["titles"].splitlines() if line.strip()),
        ]
        said = match["said"]
        if not titles[-1].endswith(":"):
            more, _, said = said.partition(":\n")
            titles += [line.strip() for line in more.splitlines() if line.strip()]
        name = " ".join(titles).removesuffix(":")
        message = said.partition("\n      + expected - actual")[0]
        stack = re.search(r"^\s+at .*", said, re.MULTILINE | re.DOTALL)
        error = thrown(
            message.strip() + ("\n" + stack[0] if stack and stack[0] not in message else ""), places
        )
        path = error.frames[0].path if error.frames and error.frames[0].in_project else ""
        only = (places.from_folder(path),) if path else ()
        yield Failure(
            test_id(path, (name,)), error.kind, error.message, error.exception, error.frames, *sides(error.message),
            ("npx", "mocha", *only, "--grep", exact(name)),
        )  # fmt: skip


def _failure(path: str, titles: tuple[str, ...], said: str, places: Places, head: tuple[str, ...]) -> Failure:
    error = thrown(said, places)
    only = ("-t", exact(" ".join(titles))) if titles else ()
    frames = error.frames if any(frame.in_project for frame in error.frames) else (places.frame(path, 1),)
    expected, actual = sides(error.message)
    message = shortened(error.message) if expected or actual else error.message
    kind = error.kind if titles or error.kind != "error" else "import"
    return Failure(
        test_id(path, titles), kind, message, error.exception, frames, expected, actual,
        (*head, places.from_folder(path), *only),
    )  # fmt: skip
