"""Ask a runner for its machine output without touching the user's configuration: which runner a check ends up in, what is added
to its command, and how the documents it writes come back.

The documents go into a private folder while the check runs and are printed behind a secret line when it has ended, so that they
come over the same pipe as all other output from wherever the check ran. They are the project's word: they are never counted.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flashagent.dataclass import dataclass
from flashagent.values import Failure, TestResult
from flashagent.verify.commands import Check
from flashagent.verify.frameworks.registry import MAX_FAILURES
from flashagent.verify.frameworks.reported import Reported
from flashagent.verify.places import Places

if TYPE_CHECKING:
    from flashagent.verify.frameworks import junit_xml

Read = Callable[[str, Places, tuple[str, ...]], Reported]
_MAX_SCRIPTS = 4
_BEHIND_SHELL = re.compile(r"[|<>`$()\n]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=\S*")
# What stands before a runner in a script and only changes its surroundings.
_PREFIXES = ("npx", "cross-env", "nyc", "c8", "dotenv", "env", "bunx", "time", "exec")
_MANAGERS = ("npm", "yarn", "pnpm")
# Documents that a build tool writes below the project: only those of this run, without the properties of the machine.
_BUILD_REPORTS = r"\( -path '*/surefire-reports/TEST-*.xml' -o -path '*/failsafe-reports/TEST-*.xml' -o -path '*/build/test-results/*/TEST-*.xml' \)"
_TELL = (
    "-exec printf '\\n%s\\n' \"$mark\" \\; -exec sed -e '/^ *<property /d' {} \\;"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a runner. `added` goes to the end of its command ('{folder}' is the private folder), `env` is set;
    `head` is the command that a failure's own is made from; `builds` says that the documents lie below the project."""

    runner: str
    read: Read
    head: tuple[str, ...]
    added: tuple[str, ...] = ()
    builds: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """Output without the documents, and the documents."""

    output: str
    documents: tuple[str, ...]


def asked(check: Check, folder: Path) -> Ask | None:
    """What can be asked of the runner that `check` ends up in, None for others. Reads package.json in `folder`."""
    words, _ = _last_command(check.argv)
    if words and (found := _build_tool(words)):
        return found
    words = _resolved(words, folder)
    runner = words[0].rpartition("/")[2] if words else ""
    kept = _without_paths(words[1:], folder)
    more: tuple[str, ...]
    match runner:
        case "jest" | "react-scripts":
            from flashagent.verify.frameworks import (
                jest,  # each where its runner is: together they take 15 ms
            )

            if not {"--json", "--watch", "--watchAll"} & set(words):
                test = () if runner == "jest" else ("test",)
                options = (word for word in kept if word != "test")
                head = ("npx", runner, *test, *options)
                return Ask("jest", jest.read, head, ("--json", "--outputFile={folder}/jest.json"))
        case "vitest":
            from flashagent.verify.frameworks import jest

            if not any(word.startswith(("--outputFile", "--watch")) for word in words) and words[1:2] != [
                "bench"
            ]:
                run = ("npx", "vitest", "run")
                head = (*run, *(word for word in kept if word not in ("run", "--run")))
                more = ("--reporter=default", "--reporter=json", "--outputFile.json={folder}/vitest.json")
                return Ask("vitest", jest.read, head, more)
        case "mocha" | "_mocha":
            from flashagent.verify.frameworks import mocha

            if "--watch" not in words and "-w" not in words:
                more = ("--reporter", "json", "--reporter-option", "output={folder}/mocha.json")
                return Ask("mocha", mocha.read, ("npx", "mocha", *kept), more)
        case "phpunit":
            from flashagent.verify.frameworks import junit_xml

            return Ask(
                "phpunit", _junit(junit_xml.phpunit), check.argv, ("--log-junit", "{folder}/phpunit.xml")
            )
    return None


def command(ask: Ask, argv: Sequence[str], mark: str) -> tuple[str, ...]:
    """The command that runs `argv`, tells the documents behind `mark`, and ends with the status of `argv`."""
    folder = f"/tmp/flashagent-{mark}"
    added = tuple(word.replace("{folder}", folder) for word in ask.added)
    place = (
        f". -newer {folder}/began -type f {_BUILD_REPORTS}"
        if ask.builds
        else f"{folder} -type f ! -name began"
    )
    script = (
        f'mark={mark}; mkdir -m 700 {folder} && : > {folder}/began; "$@"; status=$?; '
        f"find {place} {_TELL} 2>/dev/null; rm -rf {folder}; exit $status"
    )
    return ("/bin/sh", "-c", script, "sh", *_with(tuple(argv), added))


def split(output: str, mark: str) -> Split:
    """Take what `command` told apart."""
    first, *documents = output.split(f"\n{mark}\n")
    return Split(first, tuple(documents))


def read(ask: Ask, documents: Iterable[str], places: Places) -> Reported | None:
    """What the documents tell together; None where there is none that can be read (cut off, of another version)."""
    results: dict[str, TestResult] = {}
    failures: list[Failure] = []
    found = False
    for document in documents:
        try:
            told = ask.read(document.strip(), places, ask.head)
        except (ValueError, TypeError, AttributeError, KeyError):
            continue  # what a test may have written there instead; the text of the run is still read
        found = True
        results |= {one.test_id: one for one in told.results}
        failures += told.failures
    return Reported(tuple(results.values()), tuple(failures[:MAX_FAILURES])) if found else None


def alone(rerun: tuple[str, ...], check: Check) -> tuple[str, ...]:
    """The command of one test put into the check's own: what has to be built before it is built."""
    words, before = _last_command(check.argv)
    if rerun[:1] != ("ctest",) or words[:1] != ["ctest"] or not before:
        return rerun
    chosen = rerun[rerun.index("-R") : rerun.index("-R") + 2]
    options = "" if "--output-on-failure" in words else " --output-on-failure"
    return (*check.argv[:-1], f"{check.argv[-1]} {shlex.join(chosen)}{options}")


class Shown:
    """What of the output is shown while it comes: all before the mark."""

    def __init__(self, mark: str) -> None:
        self._mark = f"\n{mark}\n"
        self._held = ""
        self._over = False

    def feed(self, text: str) -> str:
        """The text that may be shown now; a part that may be the beginning of the mark is held back."""
        if self._over:
            return ""
        text = self._held + text
        before, mark, _ = text.partition(self._mark)
        if mark:
            self._over, self._held = True, ""
            return before
        keep = next((n for n in range(len(self._mark) - 1, 0, -1) if text.endswith(self._mark[:n])), 0)
        self._held = text[len(text) - keep :] if keep else ""
        return text[: len(text) - keep]

    def rest(self) -> str:
        """What was held back when nothing more comes."""
        held, self._held = self._held, ""
        return held


def _junit(alone_of: junit_xml.Alone) -> Read:
    from flashagent.verify.frameworks import junit_xml

    return lambda document, places, head: junit_xml.read(document, places, head, alone_of)


def _build_tool(words: Sequence[str]) -> Ask | None:
    name = words[0].rpartition("/")[2]
    if name not in ("mvn", "mvnw", "gradle", "gradlew"):
        return None
    from flashagent.verify.frameworks import junit_xml

    if name in ("mvn", "mvnw"):
        return Ask("maven", _junit(junit_xml.maven), tuple(words), builds=True)
    return Ask("gradle", _junit(junit_xml.gradle), tuple(words), builds=True)


def _last_command(argv: Sequence[str]) -> tuple[list[str], bool]:
    """The words of the last command of a check, and whether others stand before it; no words where a shell does more."""
    if tuple(argv[:2]) != ("/bin/sh", "-c"):
        return list(argv), False
    return _last_of(argv[2]) if len(argv) == 3 else ([], False)


def _last_of(text: str) -> tuple[list[str], bool]:
    last = re.split(r"&&|;", text)[-1].strip()
    if _BEHIND_SHELL.search(re.sub(r"'[^']*'", "", last)) or "||" in last:
        return [], False
    try:
        words = shlex.split(last)
    except ValueError:
        return [], False
    return _without_prefixes(words), last != text.strip()


def _without_prefixes(words: list[str]) -> list[str]:
    while words and (words[0].rpartition("/")[2] in _PREFIXES or _ASSIGNMENT.fullmatch(words[0])):
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[1:]
    return words


def _resolved(words: Sequence[str], folder: Path) -> list[str]:
    """The runner that a script of package.json calls in the end; the words themselves where they are no script."""
    found = _without_prefixes(list(words))
    for _ in range(_MAX_SCRIPTS):
        name, more = _script_of(found)
        if not name:
            break
        script = _scripts(folder).get(name)
        if script is None:
            # `yarn jest` and `pnpm vitest` run a program of the project.
            return [name, *more] if found[0] in ("yarn", "pnpm") else found
        inner, _ = _last_of(script)
        found = [*inner, *more]
    return found


def _script_of(words: Sequence[str]) -> tuple[str, list[str]]:
    if not words or words[0] not in _MANAGERS:
        return "", []
    rest = [word for word in words[1:] if word not in ("--silent", "-s", "--", "exec")]
    if rest[:1] == ["run"] or rest[:1] == ["run-script"]:
        rest = rest[1:]
    if rest[:1] == ["t"]:
        rest[0] = "test"
    return (rest[0], rest[1:]) if rest and not rest[0].startswith("-") else ("", [])


def _scripts(folder: Path) -> Mapping[str, str]:
    try:
        data = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    scripts = data.get("scripts") if isinstance(data, dict) else None
    return (
        {name: text for name, text in scripts.items() if isinstance(text, str)}
        if isinstance(scripts, dict)
        else {}
    )


def _without_paths(words: Sequence[str], folder: Path) -> list[str]:
    """The options of a command with their values; files and folders that it names are left out."""
    return [
        word
        for index, word in enumerate(words)
        if word.startswith("-")
        or (index > 0 and words[index - 1].startswith("-") and "=" not in words[index - 1])
        or not ((folder / word).exists() or "*" in word)
    ]


def _with(argv: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    """The words added to the end of a command, through a script of package.json or a shell where there is one."""
    if not added:
        return argv
    if argv[:2] == ("/bin/sh", "-c"):
        return (*argv[:-1], f"{argv[-1]} {shlex.join(added)}")
    through = argv[0].rpartition("/")[2] == "npm" and "exec" not in argv and "--" not in argv
    return (*argv, *(("--",) if through else ()), *added)
