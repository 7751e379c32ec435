"""Rewrites that need no model: ruff's fixes, ast-grep patterns, regular expressions, and a function of the user's own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flashagent.diagnose.lint import safe_fixes
from flashagent.errors import RunnerMissing, UsageError, WorkspaceError
from flashagent.jobs.batch.spec import Rule
from flashagent.ports import Command, CommandRunner
from flashagent.values import FileChange

_CALL_TIMEOUT_S = 60.0
_REGEX_TIMEOUT_S = 20.0
LANGUAGES = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".tsx": "tsx", ".go": "go", ".rs": "rust", ".java": "java", ".c": "c", ".h": "c",
    ".cc": "cpp", ".cpp": "cpp", ".hpp": "cpp", ".rb": "ruby", ".cs": "csharp", ".php": "php", ".kt": "kotlin",
}  # fmt: skip

# Reads {"code", "function", "files": {path: text}} and prints {path: text} after `function(text, path)`.
_PYTHON_CALL = """
import json, sys
asked = json.load(sys.stdin)
space = {"__name__": "rule", "__file__": asked["file"]}
stdout, sys.stdout = sys.stdout, sys.stderr
exec(compile(asked["code"], asked["file"], "exec"), space)
function = space[asked["function"]]
found = {}
for path, text in asked["files"].items():
    after = function(text, path)
    if not isinstance(after, str):
        sys.exit(f"{asked['function']} returned {type(after).__name__} for {path}, not a text")
    found[path] = after
json.dump(found, stdout)
"""
_REGEX_CALL = """
import json, re, sys
asked = json.load(sys.stdin)
pattern = re.compile(asked["find"], re.MULTILINE)
json.dump({path: pattern.sub(asked["replace"], text) for path, text in asked["files"].items()}, sys.stdout)
"""


class Rewriter:
    """Carries out one rule on texts. Code of the user (a function, a regular expression that may not end) runs in the
    sandbox, which can write nothing and is cut off after a minute."""

    def __init__(self, rule: Rule, runner: CommandRunner, root: Path, python: str, code: str = "") -> None:
        """`python` is an interpreter that the sandbox can see; `code` the text of the file that a `python` rule names."""
        self._rule = rule
        self._runner = runner
        self._root = root
        self._python = python
        self._code = code

    async def changes(self, texts: dict[str, str]) -> tuple[FileChange, ...]:
        """What the rule makes of the texts, unchanged ones left out.

        Raises UsageError when the rule itself is wrong, WorkspaceError when it fails on these texts.
        """
        match self._rule.kind:
            case "ruff":
                codes = tuple(self._rule.find.replace(",", " ").split())
                after = {path: await safe_fixes(path, text, select=codes) for path, text in texts.items()}
            case "pattern":
                after = {path: rewritten(self._rule, path, text) for path, text in texts.items()}
            case "regex":
                asked = {"find": self._rule.find, "replace": self._rule.replace, "files": texts}
                after = await self._called(_REGEX_CALL, asked, _REGEX_TIMEOUT_S)
            case "python":
                file, _, function = self._rule.find.rpartition(":")
                asked = {"file": file, "function": function, "code": self._code, "files": texts}
                after = await self._called(_PYTHON_CALL, asked, _CALL_TIMEOUT_S)
        return tuple(
            FileChange(path, text, after[path])
            for path, text in texts.items()
            if after.get(path, text) != text
        )

    async def _called(self, program: str, asked: dict[str, Any], timeout_s: float) -> dict[str, str]:
        command = Command(
            (self._python, "-I", "-B", "-c", program),
            self._root,
            timeout_s=timeout_s,
            stdin=json.dumps(asked).encode(),
            read_only=True,
            output_bytes=64_000_000,
        )
        result = await self._runner.run(command)
        said = result.output.decode("utf-8", "replace").strip()
        if result.exit_code != 0 or result.limit:
            last = said.splitlines()[-1] if said else f"exit status {result.exit_code}"
            why = "it did not end in time" if result.limit == "time" else last
            raise WorkspaceError(
                f"The rule {self._rule.find!r} failed: {why}.", hint="Try it on one file first."
            )
        try:
            found = json.loads(said[said.rindex("\n{") + 1 :] if not said.startswith("{") else said)
        except ValueError as error:
            raise WorkspaceError(f"The rule {self._rule.find!r} printed what it should not.") from error
        return {str(path): str(text) for path, text in found.items()}


def language_of(path: str, given: str = "") -> str:
    """ast-grep's name of the language of a file, '' when it has none."""
    return given or LANGUAGES.get(Path(path).suffix.lower(), "")


def matches(pattern: str, language: str, text: str) -> list[tuple[int, str]]:
    """Line (from 1) and text of each place where an ast-grep pattern matches."""
    return [
        (node.range().start.line + 1, node.text()) for node in _root(language, text).find_all(pattern=pattern)
    ]


def rewritten(rule: Rule, path: str, text: str) -> str:
    """The text with every outermost match of the pattern replaced; `$A` and `$$$A` in the rewrite are what matched."""
    language = language_of(path, rule.language)
    if not language:
        return text
    root = _root(language, text)
    edits, last = [], -1
    for node in root.find_all(pattern=rule.find):
        start, end = node.range().start.index, node.range().end.index
        if start >= last:  # a match inside of another is taken with the outer one
            edits.append(node.replace(_filled(rule.replace, node, text)))
            last = end
    return str(root.commit_edits(edits)) if edits else text


def _filled(template: str, node: Any, text: str) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1]:
            several = node.get_multiple_matches(found[2])
            if not several:
                return ""
            return text[several[0].range().start.index : several[-1].range().end.index]
        one = node.get_match(found[2])
        return one.text() if one is not None else found[0]

    return re.sub(r"(\$\$)?\$([A-Z_][A-Z0-9_]*)", value, template)


def _root(language: str, text: str) -> Any:
    try:
        from ast_grep_py import SgRoot
    except ImportError as error:
        raise RunnerMissing(
            "Patterns need the package ast-grep-py.",
            hint="Install flashagent with its extra: flashagent[batch].",
        ) from error
    if language not in LANGUAGES.values():  # the package itself would panic
        known = ", ".join(sorted(set(LANGUAGES.values())))
        raise UsageError(f"No patterns for the language {language!r}.", hint=f"There are: {known}.")
    return SgRoot(text, language).root()
