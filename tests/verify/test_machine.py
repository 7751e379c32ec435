"""Which runner a check ends up in, what it is asked for, and how its documents come back through a real shell."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.events import CheckOutput, Event
from flashagent.verify import machine
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.frameworks import jest
from flashagent.verify.places import Places
from flashagent.verify.run import Verifier

SCRIPTS = {
    "test": "cross-env NODE_ENV=test jest --ci test",
    "unit": "tsc --noEmit && vitest",
    "mocha": "nyc mocha --require ./setup.js test/",
    "around": "npm run unit",
    "piped": "jest | tee log",
    "watch": "jest --watch",
    "loop": "npm run loop",
    "plain": "node --test",
}
PACKAGE = {"package.json": json.dumps({"scripts": SCRIPTS}), "test/a.js": "", "setup.js": ""}


@pytest.mark.parametrize(
    ("text", "runner", "head"),
    [
        ("npm test", "jest", "npx jest --ci"),
        ("npm run unit", "vitest", "npx vitest run"),
        ("yarn around", "vitest", "npx vitest run"),
        ("pnpm run mocha", "mocha", "npx mocha --require ./setup.js"),
        ("npx jest test/a.js", "jest", "npx jest"),
        ("npm run build && npx vitest run --dir test", "vitest", "npx vitest run --dir test"),
        ("mvn -B test", "maven", "mvn -B test"),
        ("cd sub && ./mvnw verify", "maven", "./mvnw verify"),
        ("./gradlew test", "gradle", "./gradlew test"),
        ("vendor/bin/phpunit", "phpunit", "vendor/bin/phpunit"),
    ],
)
def test_runners_are_found_behind_scripts(tmp_path: Path, text: str, runner: str, head: str) -> None:
    ask = machine.asked(check_from_text(text), write(tmp_path, PACKAGE))
    assert ask is not None
    assert (ask.runner, " ".join(ask.head)) == (runner, head)


@pytest.mark.parametrize(
    "text",
    ["npm run piped", "npm run watch", "npm run loop", "npm run plain", "npm run missing", "make test", "jest | cat", "jest || true", "echo 'jest'"],
)  # fmt: skip
def test_what_cannot_be_asked_is_left_alone(tmp_path: Path, text: str) -> None:
    assert machine.asked(check_from_text(text), write(tmp_path, PACKAGE)) is None


def test_a_broken_package_is_no_obstacle(tmp_path: Path) -> None:
    assert machine.asked(check_from_text("npm test"), write(tmp_path, {"package.json": "{"})) is None


@pytest.mark.parametrize(
    ("argv", "ending"),
    [
        (("npm", "test"), ("npm", "test", "--", "--json")),
        (("pnpm", "test"), ("pnpm", "test", "--json")),
        (("/bin/sh", "-c", "tsc && jest"), ("/bin/sh", "-c", "tsc && jest --json")),
    ],
)
def test_options_reach_the_runner(argv: tuple[str, ...], ending: tuple[str, ...]) -> None:
    ask = machine.Ask("jest", jest.read, ("npx", "jest"), ("--json",))
    assert machine.command(ask, argv, "00ff")[4:] == ending


def test_the_status_and_the_documents_come_back(tmp_path: Path) -> None:
    ask = machine.Ask("jest", jest.read, (), ("{folder}/one.json",))
    program = ("/bin/sh", "-c", 'echo said; printf "{}" > "$0"; exit 7')
    argv = machine.command(ask, ("env", *program), "00ff")
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, machine.split(done.stdout, "00ff")) == (7, machine.Split("said\n", ("{}",)))
    assert not Path("/tmp/flashagent-00ff").exists()


def test_only_reports_of_this_run_are_told(tmp_path: Path) -> None:
    root = write(tmp_path, {"target/surefire-reports/TEST-old.xml": "<testsuite/>\n"})
    os.utime(root / "target/surefire-reports/TEST-old.xml", (1, 1))
    ask = machine.asked(Check("mvn", ("mvn", "test")), root)
    assert ask is not None
    report = "target/surefire-reports/TEST-new.xml"
    script = f"""printf '<testsuite>\\n  <property name="x"/>\\n</testsuite>' > {report}; touch -t 209901010000 {report}"""
    argv = machine.command(ask, ("/bin/sh", "-c", script), "00fe")
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=root)
    (document,) = machine.split(done.stdout, "00fe").documents
    assert document == "<testsuite>\n</testsuite>"


def test_what_follows_the_mark_is_never_shown() -> None:
    shown = machine.Shown("00ff")
    pieces = ["all ", "well\n0", "0 no mark\n00", "ff", "\n{}", "more"]
    assert [shown.feed(piece) for piece in pieces] == ["all ", "well", "\n00 no mark", "", "", ""]
    assert shown.rest() == ""
    other = machine.Shown("00ff")
    assert (other.feed("end\n00f"), other.rest()) == ("end", "\n00f")


def test_a_document_that_cannot_be_read_tells_nothing() -> None:
    ask = machine.Ask("jest", jest.read, ())
    assert (
        machine.read(
            ask, ["{", '{"testResults": [1]}', '{"testResults": [{"assertionResults": 3}]}'], Places(())
        )
        is None
    )


FAKE_JEST = """
    import json, os, sys
    target = next(word for word in sys.argv if word.startswith("--outputFile=")).partition("=")[2]
    test = {"ancestorTitles": [], "title": "adds", "status": "failed", "failureMessages": ["Error: expect(1)\\n    at a.test.js:3:1"]}
    suite = {"name": os.getcwd() + "/a.test.js", "status": "failed", "assertionResults": [test]}
    json.dump({"testResults": [suite]}, open(target, "w"))
    print("1 failed, in words for people")
    sys.exit(1)
    """


async def test_a_run_asks_and_shows_only_words_for_people(tmp_path: Path) -> None:
    root = write(tmp_path, {"jest": FAKE_JEST, "a.test.js": ""})
    events: list[Event] = []
    environment = this_environment()
    jest_program = Check("jest", ("./jest",))
    (root / "jest").write_text(f"#!{environment.python}\n{(root / 'jest').read_text()}")
    (root / "jest").chmod(0o755)
    report = await Verifier(PlainRunner(root), environment, root, events.append).run(jest_program)
    (failure,) = report.failures
    assert (failure.test_id, failure.kind, failure.rerun) == (
        "a.test.js > adds", "assertion", ("npx", "jest", "a.test.js", "-t", "^adds$"),
    )  # fmt: skip
    assert [(frame.path, frame.line) for frame in failure.frames] == [("a.test.js", 3)]
    assert (report.exit_code, report.counted, report.failed) == (1, False, 1)
    assert report.output.strip() == "1 failed, in words for people"
    assert (
        "".join(event.text for event in events if isinstance(event, CheckOutput)).strip()
        == report.output.strip()
    )
