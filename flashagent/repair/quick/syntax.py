"""Files that do not parse, one character or word away from one that does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.project import Project
from flashagent.repair.quick import relics
from flashagent.repair.quick.proposal import Proposal
from flashagent.values import Failure, FileChange

_BLOCK = re.compile(r"^\s*(?:if|elif|else|for|while|def|class|try|except|finally|with|async|match|case)\b")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def broken(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """Every one-place repair of the file in which the failure's syntax error lies, after which it parses."""
    if "SyntaxError" not in text and "IndentationError" not in text and "TabError" not in text:
        return
    paths = [f.path for f in reversed(failure.frames) if f.in_project]
    paths += [p for p in re.findall(r'File "([^"]+)", line \d+', text) if p]
    for path in dict.fromkeys(project.relative(p) or p for p in paths):
        whole = project.text(path) if path.endswith(".py") and not project.is_test(path) else None
        if whole is None:
            continue
        error = problem(whole)
        if error is None:
            continue
        reason = f"{path} does not parse: {error.msg}"
        single = {text: how for text, how in repairs(whole, error) if problem(text) is None}
        for changed, how in single.items():
            yield Proposal(FileChange(path, whole, changed), how, reason)
        older = relics.modern(whole, problem) if not single else None
        if older is not None:
            yield Proposal(FileChange(path, whole, older), "forms of Python 2 written as in Python 3", reason)
        return


def problem(text: str) -> SyntaxError | None:
    try:
        compile(text, "text", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return error
    except ValueError as error:
        return SyntaxError(str(error))
    return None


def repairs(text: str, error: SyntaxError) -> Iterator[tuple[str, str]]:
    """Texts with one thing changed near the error, and what was changed."""
    lines = text.splitlines(keepends=True)
    at = (error.lineno or 1) - 1
    for index in (at, at - 1):
        if 0 <= index < len(lines):
            for changed, how in _line_repairs(lines[index], error, index == at):
                yield "".join([*lines[:index], changed, *lines[index + 1 :]]), f"{how} in line {index + 1}"


def _line_repairs(line: str, error: SyntaxError, at_error: bool) -> Iterator[tuple[str, str]]:
    body = line.rstrip("\r\n")
    end = line[len(body) :]
    code, comment = _split_comment(body)
    message = str(error.msg)
    if _BLOCK.match(code) and not code.endswith(":"):
        yield f"{code}:{comment}{end}", "':' added"
    for opening, closing in _CLOSING.items():
        if code.count(opening) > code.count(closing):
            yield f"{code}{closing}{comment}{end}", f"{closing!r} added"
            if code.endswith(":"):
                yield f"{code[:-1]}{closing}:{comment}{end}", f"{closing!r} added"
        elif code.count(opening) < code.count(closing):
            place = code.rindex(closing)
            yield f"{code[:place]}{code[place + 1 :]}{comment}{end}", f"{closing!r} taken away"
    if not at_error:
        return
    for older, told in relics.of_line(code):
        yield f"{older}{comment}{end}", told
    if "comma" in message and error.offset and error.end_offset:
        for match in re.finditer(r"(?<=[\w\"'\])}])\s+(?=[\w\"'\[({])", code):
            yield f"{code[: match.start()]},{code[match.start() :]}{comment}{end}", "',' added"
    if "==" in message:
        for match in re.finditer(r"(?<![=!<>:])=(?!=)", code):
            yield f"{code[: match.start()]}=={code[match.end() :]}{comment}{end}", "'=' becomes '=='"
    if "print" in message and (call := re.match(r"^(\s*)print\s+(?!>>)(.*[^,\s])$", code)):
        yield f"{call[1]}print({call[2]}){comment}{end}", "parentheses of print added"
    if "unterminated string" in message:
        for quote in "\"'":
            if code.count(quote) % 2:
                yield f"{body}{quote}{end}", "quote added"
                for closing in (")", "]", "):", "]:", ":", ","):
                    if body.endswith(closing):
                        yield f"{body[: -len(closing)]}{quote}{closing}{end}", "quote added"
    if "unexpected indent" in message or "unindent" in message or "expected an indented block" in message:
        stripped = code.lstrip()
        width = len(code) - len(stripped)
        for other in {width - 4, width + 4, width // 4 * 4, width // 4 * 4 + 4} - {width}:
            if other >= 0:
                yield f"{' ' * other}{stripped}{comment}{end}", "indentation changed"
    if re.search(r"&&|\|\||!(?!=)|\belse if\b|\+\+", code):
        other_text = re.sub(r"\s*&&\s*", " and ", code)
        other_text = re.sub(r"\s*\|\|\s*", " or ", other_text)
        other_text = re.sub(r"!(?!=)\s*", "not ", other_text)
        other_text = re.sub(r"\belse if\b", "elif", other_text)
        other_text = re.sub(r"(\w+)\+\+$", r"\1 += 1", other_text)
        yield f"{other_text}{comment}{end}", "operators of another language replaced"


def _split_comment(body: str) -> tuple[str, str]:
    """Code and trailing comment with the space before it; a '#' in quotes is not looked into."""
    match = re.match(r"^((?:[^#'\"]|'[^']*'|\"[^\"]*\")*?)(\s*#.*)$", body)
    return (match[1], match[2]) if match else (body.rstrip(), body[len(body.rstrip()) :])
