"""Go: what the compiler and vet refuse and what leaves one answer: unused imports and variables, missing imports of the
standard library, names one slip away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flashagent.repair.quick import gopls
from flashagent.repair.quick.foreign import Finding, Seen, line_span, offset, together, word_at
from flashagent.repair.quick.proposal import Proposal, near
from flashagent.repair.source import Edit
from flashagent.syntax.parse import definitions, references

_ERROR = re.compile(r"^(?:vet: )?(?P<path>[^\s:]+\.go):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)$", re.MULTILINE)  # fmt: skip
_IMPORTED = re.compile(r'^"(?P<path>[^"]+)" imported(?: as (?P<name>\w+))? and not used$')
_UNUSED = re.compile(r"^declared and not used: (?P<name>\w+)$|^(?P<old>\w+) declared (?:and|but) not used$")
_MEMBER = re.compile(r"undefined \(type .*? has no field or method (?P<name>\w+), but does have (?:field |method )?(?P<other>\w+)\)$")  # fmt: skip
_NO_MEMBER = re.compile(r"undefined \(type (?P<type>[*\w.]+) has no field or method (?P<name>\w+)\)$")
_QUALIFIED = re.compile(r"^undefined: (?P<package>\w+)\.(?P<name>\w+)$")
_UNDEFINED = re.compile(r"^undefined: (?P<name>\w+)$")
# What a reader would miss if it were thrown away without a look.
_TELLING = re.compile(r"^(?:e|err|error|ok|found|exists)$|[eE]rr(?:or)?$")
# What gopls has no sure answer for either.
_UNSERVED = re.compile(
    r"^undefined: |imported and not used|^declared and not used|expected |cannot find package|no required module"
)
MOST_ASKED = 3
_EFFECT = re.compile(r"[(\[]|<-")


async def proposals(seen: Seen) -> list[Proposal]:
    errors = list(_errors(seen))
    wrong = [m["name"] for *_, message in errors if (m := _UNDEFINED.match(message))]
    standard: list[str] | None = None
    asked = 0
    groups: list[Sequence[Finding]] = []
    for path, text, place, message in errors:
        if (match := _UNDEFINED.match(message)) and text[place + len(match["name"]) :].startswith("."):
            standard = standard if standard is not None else await _standard(seen)
            if found := _missing_imports(path, text, match["name"], standard):
                groups.append(found)
                continue
        if match := _QUALIFIED.match(message):
            groups.append(await _of_package(seen, path, text, place, match["package"], match["name"]))
            continue
        found_here = list(_answers(seen, path, text, place, message, wrong))
        if not found_here and not _UNSERVED.search(message) and asked < MOST_ASKED:
            asked += 1
            found_here = await gopls.fixes(seen, path, text, place, message)
        groups.append(found_here)
    return together(seen, groups)


def _errors(seen: Seen) -> Iterator[tuple[str, str, int, str]]:
    """Path, text, place and message of each error in a file that may be changed, each once."""
    known: set[tuple[str, int, str]] = set()
    for match in _ERROR.finditer(seen.report.output):
        path = seen.place(match["path"])
        text = seen.text(path) if path is not None else None
        if path is None or text is None:
            continue
        place = offset(text, int(match["line"]), int(match["column"]))
        message = match["message"].strip()
        if place is not None and (path, place, message) not in known:
            known.add((path, place, message))
            yield path, text, place, message


def _answers(
    seen: Seen, path: str, text: str, place: int, message: str, wrong: Sequence[str]
) -> Iterator[Finding]:
    if match := _IMPORTED.match(message):
        yield from _unused_import(path, text, place, match["path"], [match["name"] or match["path"]], wrong)
    elif match := _UNUSED.match(message):
        yield from _unused_variable(path, text, place, match["name"] or match["old"], wrong)
    elif match := _MEMBER.search(message):
        yield from _renamed(text, path, place, match["name"], match["other"], "the compiler names it")
    elif match := _NO_MEMBER.search(message):
        other = near(match["name"], _members(seen, match["type"].strip("*").rpartition(".")[2]))
        if other is not None:
            yield from _renamed(text, path, place, match["name"], other, f"the one member of {match['type']} near it")  # fmt: skip
    elif match := _UNDEFINED.match(message):
        other = near(match["name"], _names(seen, path, text, match["name"], place))
        if other is not None:
            yield from _renamed(text, path, place, match["name"], other, "the one name in scope near it")
    elif message.startswith("no new variables on left side of :=") and text[place : place + 2] == ":=":
        yield Finding(path, (Edit(place, place + 2, "="),), "':=' becomes '='", "all its variables exist already")  # fmt: skip
    elif "possibly missing comma" in message:
        start = len(text[: line_span(text, place)[1]].rstrip("\r\n"))
        yield Finding(path, (Edit(start, start, ","),), "',' added", "the compiler asks for a comma at the line's end")  # fmt: skip


def _unused_import(
    path: str, text: str, place: int, imported: str, names: Sequence[str], wrong: Sequence[str]
) -> Iterator[Finding]:
    name = names[0].rpartition("/")[2]
    if near(name, wrong) is not None:
        return  # it is used under a misspelt name
    start, end = line_span(text, place)
    line = text[start:end].strip()
    if not re.fullmatch(rf'(?:import\s+)?(?:[\w.]+\s+)?"{re.escape(imported)}"(?:\s*//.*)?', line):
        return
    yield Finding(path, (Edit(start, end, ""),), f"import {imported} taken away", f"{imported} is imported and not used")  # fmt: skip


def _unused_variable(path: str, text: str, place: int, name: str, wrong: Sequence[str]) -> Iterator[Finding]:
    if _TELLING.search(name) or near(name, wrong) is not None or word_at(text, place) != name:
        return
    start, end = line_span(text, place)
    line = text[start:end].rstrip("\r\n")
    reason = f"{name} is declared and not used"
    if re.fullmatch(rf"\s*var\s+{name}\s+[\w.*\[\]]+", line):
        yield Finding(path, (Edit(start, end, ""),), f"variable {name} taken away", reason)
        return
    head = re.match(r"\s*(?P<for>for\s+)?(?P<names>\w+(?:\s*,\s*\w+)*)\s*(?P<sign>:=)\s*(?P<value>.+)$", line)
    if head is None or name not in re.split(r"\s*,\s*", head["names"]):
        return
    others = [n for n in re.split(r"\s*,\s*", head["names"]) if n not in (name, "_")]
    blank = Edit(place, place + len(name), "_")
    sign = Edit(start + head.start("sign"), start + head.end("sign"), "=")
    if others:
        yield Finding(path, (blank,), f"{name} becomes _", reason)
    elif head["for"]:
        if re.match(r"range\b", head["value"]):
            span = Edit(start + head.start("names"), start + head.start("value"), "")
            yield Finding(path, (span,), f"loop variable {name} taken away", reason)
    elif _EFFECT.search(head["value"]) or head["value"].endswith("{"):
        yield Finding(path, (blank, sign), f"{name} becomes _", reason)
    else:
        yield Finding(path, (Edit(start, end, ""),), f"variable {name} taken away", reason)


def _renamed(text: str, path: str, place: int, name: str, other: str, why: str) -> Iterator[Finding]:
    """The name at the place or, for `x.name`, after the next dot of the expression there."""
    at = place
    if word_at(text, at) != name:
        found = re.compile(rf"\.{re.escape(name)}\b").search(text, place, line_span(text, place)[1])
        if found is None:
            return
        at = found.start() + 1
    edit = Edit(at, at + len(name), other)
    yield Finding(path, (edit,), f"{name} becomes {other}", f"there is no {name}; {other} is {why}")


def _names(seen: Seen, path: str, text: str, wrong: str, place: int) -> set[str]:
    """Names of the enclosing function and of the package's files, the wrong one left out."""
    folder = path.rpartition("/")[0]
    found: set[str] = set()
    line = text.count("\n", 0, place) + 1
    for symbol in definitions(text, path):
        if symbol.start_line <= line <= symbol.end_line:
            inside = (
                r.name for r in references(text, path) if symbol.start_line <= r.line <= symbol.end_line
            )
            found.update(inside)
    for other in seen.files(".go"):
        if other.rpartition("/")[0] == folder and not other.endswith("_test.go"):
            found.update(one.name for one in definitions(seen.project.text(other) or "", other))
    return found - {wrong}


def _members(seen: Seen, owner: str) -> set[str]:
    """Fields and methods of a type of the project, by the text of its declaration."""
    found: set[str] = set()
    for path in seen.files(".go"):
        text = seen.project.text(path) or ""
        found.update(re.findall(rf"^func \(\w* ?\*?{re.escape(owner)}(?:\[[^\]]*\])?\) (\w+)\(", text, re.MULTILINE))  # fmt: skip
        for body in re.findall(rf"^type {re.escape(owner)} struct ?\{{(.*?)\}}", text, re.MULTILINE | re.DOTALL):  # fmt: skip
            found.update(re.findall(r"(?:^|;|,|\{)\s*(\w+)(?=[ ,])", body, re.MULTILINE))
    return found


async def _standard(seen: Seen) -> list[str]:
    """Import paths of the standard library that a program may import, as the installed Go lists them."""
    listed = (await seen.ask(("go", "list", "std"), {})).split()
    return [p for p in listed if not {"internal", "vendor", "cmd"}.intersection(p.split("/"))]


def _missing_imports(path: str, text: str, name: str, standard: Sequence[str]) -> list[Finding]:
    """One import for each package of the standard library with that name."""
    ends = [p for p in standard if p.rpartition("/")[2] == name and not re.search(r"/v\d+$", p)]
    return [
        Finding(path, (edit,), f'import "{one}" added', f"{name} is a package of the standard library and is not imported")
        for one in ends
        if (edit := _import_edit(text, one)) is not None
    ]  # fmt: skip


def _import_edit(text: str, imported: str) -> Edit | None:
    if match := re.search(r"^import \(\n", text, re.MULTILINE):
        block = text[match.end() : text.index(")", match.end())]
        paths = [(m[1], match.end() + m.start()) for m in re.finditer(r'^\s*"([^"]+)"', block, re.MULTILINE)]
        after = next((at for other, at in paths if other > imported), None)
        place = match.end() if after is None and not paths else after
        if place is None:
            place = line_span(text, paths[-1][1])[1]
        return Edit(place, place, f'\t"{imported}"\n')
    if match := re.search(r'^import (?:\w+ )?"[^"]+"\n', text, re.MULTILINE):
        return Edit(match.end(), match.end(), f'import "{imported}"\n')
    if match := re.search(r"^package \w+.*\n", text, re.MULTILINE):
        return Edit(match.end(), match.end(), f'\nimport "{imported}"\n')
    return None


async def _of_package(
    seen: Seen, path: str, text: str, place: int, package: str, wrong: str
) -> list[Finding]:
    """The one exported name of a package near a wrong one, by `go doc`."""
    imported = next((p for p in re.findall(r'^(?:import\s+|\s+)"([^"]+)"', text, re.MULTILINE) if p.rpartition("/")[2] == package), "")  # fmt: skip
    if not imported:
        return []
    listed = await seen.ask(("go", "doc", "-short", imported), {})
    names = re.findall(r"^\s*(?:func|type|const|var) (\w+)", listed, re.MULTILINE)
    other = near(wrong, names)
    if other is None:
        return []
    return list(_renamed(text, path, place, wrong, other, f"the one name of {imported} near it"))
