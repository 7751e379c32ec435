"""Files that do not parse, one character or word away from one that does.

Every such repair with a meaning of its own is given: only when there is one, or the check lets one through, is it certain.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Hashable, Iterator

from flashagent.dataclass import dataclass
from flashagent.repair.project import Project
from flashagent.repair.quick import indents, relics, slips
from flashagent.repair.quick.proposal import Proposal, near
from flashagent.values import Failure, FileChange

_STATEMENT = re.compile(r"[^\W\d]|@")
_FUNCTION = re.compile(r"\s*(?:async\s+)?def\b")
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")
_LOOKALIKES = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "−": "-", "×": "*", "÷": "/", "，": ",",
    "（": "(", "）": ")", "：": ":", "；": ";", "≠": "!=", "≤": "<=", "≥": ">=", "\u00a0": " ", "\u2002": " ", "\u2003": " ",
    "\u2009": " ", "\u202f": " ", "\u3000": " ", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip
MAX_MEANINGS, MAX_LINES, AROUND = 12, 400, 12


def broken(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """Every one-place repair of the file in which the failure's syntax error lies, after which it parses."""
    if "SyntaxError" not in text and "IndentationError" not in text and "TabError" not in text:
        return
    paths = [f.path for f in reversed(failure.frames) if f.in_project]
    paths += [p for p in re.findall(r'File "([^"]+)", line \d+', text) if p]
    for path in dict.fromkeys(project.relative(p) or p for p in paths):
        whole = project.text(path) if path.endswith(".py") and not project.is_test(path) else None
        error = problem(whole) if whole is not None else None
        if whole is None or error is None:
            continue
        reason = f"{path} does not parse: {error.msg}"
        single = list(repairs(whole, error))
        for changed, how in single:
            yield Proposal(FileChange(path, whole, changed), how, reason)
        older = relics.modern(whole, problem) if not single else None
        if older is not None:
            yield Proposal(FileChange(path, whole, older), "forms of Python 2 written as in Python 3", reason)
        return


def problem(text: str) -> SyntaxError | None:
    try:
        _parsed(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error))
    return None


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def repairs(text: str, error: SyntaxError) -> Iterator[tuple[str, str]]:
    """Texts that parse with one thing changed near the error, and what was changed; one for each meaning."""
    spelled = [(one, how) for one, how in _spelled_out(text, error) if problem(one) is None]
    if spelled:
        yield spelled[0]
        return
    for part in _Part.around(text, error):
        found = [(one, how) for one, how in part.repairs() if problem(one) is None]
        if found:
            yield from found
            return


def _spelled_out(text: str, error: SyntaxError) -> Iterator[tuple[str, str]]:
    """What the parser's own words leave no choice about."""
    message = str(error.msg)
    if "invalid character" in message or "non-printable character" in message:
        yield _plain(text), "characters that only look like those of the language written as those"
    lines = text.splitlines(keepends=True)
    at = (error.lineno or 0) - 1
    if not 0 <= at < len(lines):
        return
    body = lines[at].rstrip("\r\n")
    if "after line continuation" in message and re.search(r"\\\s+$", body):
        yield _with_line(lines, at, body.rstrip()), f"space behind the backslash of line {at + 1} taken away"
    if "print" in message and (call := re.match(r"^(\s*)print\s+(?!>>|\()(.*[^,\s\\])\s*$", _code(body)[0])):
        yield _with_line(lines, at, f"{call[1]}print({call[2]}){_code(body)[1]}"), f"parentheses of print added in line {at + 1}"  # fmt: skip
    code, comment = _code(body)
    for older, told in relics.of_line(code):
        yield _with_line(lines, at, older + comment), f"{told} in line {at + 1}"


def _plain(text: str) -> str:
    """The text with each look-alike written plainly in the lines where the parser stumbles over one."""
    for _ in range(text.count("\n") + 1):
        error = problem(text)
        match = re.search(r"invalid (?:non-printable )?character (?:'.' \()?U\+([0-9A-F]+)", str(error.msg)) if error else None  # fmt: skip
        sign = chr(int(match[1], 16)) if match is not None else ""
        lines = text.splitlines(keepends=True)
        at = ((error.lineno if error else 0) or 0) - 1
        if sign not in _LOOKALIKES or not 0 <= at < len(lines) or not sign:
            return text
        alike = _LOOKALIKES[sign]
        for one, plain in _LOOKALIKES.items():
            if plain == alike:  # quotes come in pairs
                lines[at] = lines[at].replace(one, plain)
        text = "".join(lines)
    return text


@dataclass(frozen=True, slots=True)
class _Part:
    """The lines from `first` up to `last` of a text, which hold the fault and parse by themselves without it, below a line
    with a colon when they stand indented."""

    text: str
    error: SyntaxError
    first: int
    last: int

    @classmethod
    def around(cls, text: str, error: SyntaxError) -> Iterator[_Part]:
        """The function around the error, then the statements of the module's level around it."""
        lines = text.splitlines()
        at = min(max(0, (error.lineno or 1) - 1), len(lines) - 1)
        end = max(at, (error.end_lineno or 1) - 1)
        inner = next((n for n in range(at - 1, -1, -1) if _FUNCTION.match(lines[n])), None)
        if inner is not None and (width := indents.width(lines[inner])):
            lower = (
                n
                for n in range(end + 1, len(lines))
                if indents.is_code(lines[n]) and indents.width(lines[n]) <= width
            )
            yield cls(
                text,
                error,
                inner,
                next((n for n in lower if _STATEMENT.match(lines[n].lstrip())), len(lines)),
            )
        starts = [n for n, line in enumerate(lines) if _STATEMENT.match(line) and not _CONTINUES.match(line)]
        before = [n for n in starts if n <= at][-2:] or [0]
        behind = [n for n in starts if n > end]
        # A block without indentation looks like statements of the module's level.
        more = indents.MAX_BLOCK if "indented block" in str(error.msg) else 0
        yield cls(text, error, before[0], behind[more] if len(behind) > more else len(lines))
        yield cls(text, error, 0, len(lines))

    def repairs(self) -> list[tuple[str, str]]:
        """Candidates that parse, one for each meaning."""
        if self.last - self.first > MAX_LINES:
            return []
        lines = self.text.splitlines(keepends=True)
        head, tail = "".join(lines[: self.first]), "".join(lines[self.last :])
        above = "if 1:\n" if lines[self.first][:1].isspace() else ""
        near_ = range((self.error.lineno or 1) - self.first - 1, (self.error.end_lineno or self.error.lineno or 1) - self.first + 3)  # fmt: skip

        def meaning(candidate: str) -> Hashable | None:
            try:
                tree = _parsed(above + candidate[len(head) : len(candidate) - len(tail)])
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
            return None if odd(tree, near_) else ast.dump(tree)

        return slips.distinct(self._candidates(len(head), len(self.text) - len(tail)), meaning, MAX_MEANINGS)

    def _candidates(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        lines = self.text.splitlines(keepends=True)
        at = min((self.error.lineno or 1) - 1, len(lines) - 1)
        message = str(self.error.msg)
        if indents.concerns(self.error, lines[at]):
            yield from indents.repairs(self.text, self.error)
        body = lines[at].rstrip("\r\n")
        for changed, how in _of_other_languages(*_code(body)):
            yield _with_line(lines, at, changed), f"{how} in line {at + 1}"
        window = self._window(start, end, at)
        yield from slips.words(window, _keyword)
        yield from slips.split(window)
        for one in re.finditer(r"(?<![=!<>:+*/%&|^-])=(?!=)", body):
            yield (
                _with_line(lines, at, f"{body[: one.start()]}=={body[one.end() :]}"),
                f"'=' becomes '==' in line {at + 1}",
            )
        if "unmatched" in message:
            yield from slips.taken(window, ")]}")
        yield from slips.added(window, [":"])
        yield from slips.added(window, [*")]}", *"([{", ",", '"', "'"])
        yield from slips.taken(window, "()[]{},:'\"")
        yield from slips.exchanged(window, "()[]{}")
        yield from slips.exchanged(window, ",:.")
        yield from slips.exchanged(window, "\"'")

    def _window(self, start: int, end: int, at: int) -> slips.Window:
        """A few lines around the complaint; of a bracket that is never closed, all that may be inside."""
        lines = self.text.splitlines(keepends=True)
        first = max(self.first, at - AROUND)
        reach = AROUND if "never closed" in str(self.error.msg) else 2
        last = min(self.last, max(at, (self.error.end_lineno or 1) - 1) + reach)
        before = sum(map(len, lines[:at]))
        error = before + max(0, (self.error.offset or 1) - 1)
        return slips.Window(
            self.text,
            max(start, sum(map(len, lines[:first]))),
            min(end, sum(map(len, lines[:last]))),
            min(error, before + len(lines[at])),
        )


def _keyword(word: str) -> str | None:
    return near(word, keyword.kwlist) if word not in keyword.kwlist else None


_DROPPED = (ast.Tuple, ast.Compare, ast.BinOp, ast.BoolOp, ast.Name, ast.Attribute, ast.Subscript, ast.Set, ast.List, ast.Dict, ast.Lambda)  # fmt: skip
_NEVER_CALLED = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.BinOp, ast.BoolOp, ast.Compare, ast.JoinedStr, ast.Call, ast.ListComp, ast.GeneratorExp)  # fmt: skip


def odd(tree: ast.Module, lines: range) -> bool:
    """Does one of the lines do what is hardly ever meant: compute something and drop it, call a number or what a call gave,
    ask a number for an item, annotate with what is no type?"""
    for node in ast.walk(tree):
        if getattr(node, "lineno", -1) not in lines:
            continue
        if isinstance(node, ast.Expr):
            number = isinstance(node.value, ast.Constant) and isinstance(
                node.value.value, int | float | complex
            )
            if isinstance(node.value, _DROPPED) or number:
                return True
        elif (
            (isinstance(node, ast.Call) and isinstance(node.func, _NEVER_CALLED))
            or (
                isinstance(node, ast.Subscript)
                and isinstance(node.value, ast.Constant | ast.BinOp | ast.Compare | ast.Set)
            )
            or (isinstance(node, ast.AnnAssign) and _no_type(node.annotation))
        ):
            return True
    return False


def _no_type(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Constant):
        return not isinstance(annotation.value, str) and annotation.value is not None
    return isinstance(annotation, ast.Tuple | ast.BoolOp | ast.Compare | ast.Dict | ast.Call | ast.List)


def _of_other_languages(code: str, comment: str) -> Iterator[tuple[str, str]]:
    if re.search(r"&&|\|\||!(?!=)|\belse if\b|\+\+", code):
        other = re.sub(r"\s*&&\s*", " and ", code)
        other = re.sub(r"\s*\|\|\s*", " or ", other)
        other = re.sub(r"!(?!=)\s*", "not ", other)
        other = re.sub(r"\belse if\b", "elif", other)
        other = re.sub(r"(\w+)\+\+$", r"\1 += 1", other)
        yield f"{other}{comment}", "operators of another language replaced"


def _with_line(lines: list[str], at: int, body: str) -> str:
    """The lines with another text in one of them, its line end kept."""
    end = lines[at][len(lines[at].rstrip("\r\n")) :]
    return "".join([*lines[:at], body + end, *lines[at + 1 :]])


def _code(body: str) -> tuple[str, str]:
    """Code and trailing comment with the space before it; a '#' in quotes is not looked into."""
    match = re.match(r"^((?:[^#'\"]|'[^']*'|\"[^\"]*\")*?)(\s*#.*)$", body)
    return (match[1], match[2]) if match else (body.rstrip(), body[len(body.rstrip()) :])
