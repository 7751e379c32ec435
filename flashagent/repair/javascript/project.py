"""The project as the search in JavaScript sees it: parsed sources, and patches in words."""

from __future__ import annotations

from flashagent.repair.javascript.mutate import patched
from flashagent.repair.javascript.source import JsSource
from flashagent.repair.mutate import Mutation
from flashagent.repair.project import SHOWN, Project
from flashagent.values import FileChange
from flashagent.verify.tamper import is_test_file

MAX_CHARACTERS = 200_000


class JsProject(Project):
    """Texts are read once; a file that does not parse has no source."""

    def __init__(self, base: Project) -> None:
        super().__init__(base.root, base.check)
        self._parsed: dict[str, JsSource | None] = {}

    def is_test(self, path: str) -> bool:
        return path in self.collected or is_test_file(path)

    def javascript(self, path: str) -> JsSource | None:
        if path not in self._parsed:
            text = self.text(path)
            self._parsed[path] = (
                _parsed(path, text) if text is not None and len(text) < MAX_CHARACTERS else None
            )
        return self._parsed[path]

    def change(self, mutation: Mutation) -> FileChange:
        source = self._sure(mutation)
        return FileChange(mutation.path, source.text, patched(source, mutation))

    def describe(self, mutation: Mutation) -> str:
        """The texts when they are short, and the place."""
        source, told = self._sure(mutation), []
        for edit in mutation.edits:
            old, new = source.text[edit.start : edit.end].strip(), edit.text.strip()
            if max(len(old), len(new)) > SHOWN or "\n" in old + new:
                return f"{mutation.template} at {mutation.path}:{mutation.line}"
            told.append(
                f"`{old}` becomes `{new}`"
                if old and new
                else f"`{new}` added"
                if new
                else f"`{old}` taken away"
            )
        return f"{' and '.join(told)} at {mutation.path}:{mutation.line} ({mutation.template})"

    def pointless(self, mutation: Mutation) -> bool:
        """Does the patch make more expressions that combine a thing with itself, or with what changes nothing?"""
        source = self._sure(mutation)
        changed = _parsed(mutation.path, patched(source, mutation))
        return changed is not None and _self_made(changed) > _self_made(source)

    def _sure(self, mutation: Mutation) -> JsSource:
        source = self.javascript(mutation.path)
        assert source is not None
        return source


def _parsed(path: str, text: str) -> JsSource | None:
    try:
        return JsSource(path, text)
    except ValueError:
        return None


def _self_made(source: JsSource) -> int:
    """How often a file combines something with itself (`a === a`, `a && a`, `a = a`), or with a number that changes nothing."""
    count = 0
    for piece in source.pieces:
        if piece.kind not in ("binary_expression", "assignment_expression"):
            continue
        left, right, sign = piece.part("left"), piece.part("right"), piece.part("operator")
        if left is None or right is None:
            continue
        said = source.of(sign) if sign is not None else "="
        idle = (said in "+-" and source.of(right) == "0") or (said in "*/" and source.of(right) == "1")
        count += idle or (said not in "+*" and source.of(left) == source.of(right))
    return count
