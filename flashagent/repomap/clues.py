"""What a query points at outright: names, stack frames, covered lines, failing tests. Reads the index, opens no file."""

from __future__ import annotations

import math

from flashagent.repomap.evidence import Evidence
from flashagent.repomap.lexical import Lexical
from flashagent.repomap.lookup import Lookup
from flashagent.repomap.paths import frame_files
from flashagent.repomap.rank import scaled
from flashagent.values import FocusQuery

_MAX_DEFINERS = 12
_SURE_NAME = 0.7
_BESIDE_FRAMES = 0.4
_MAX_COVERED = 5000
_TOLD_NAMES = 4


class Clues:
    """Each method adds a feature to `files` (feature -> path -> 0..1) and what it says of documents to the other tables;
    `details` receives what exactly was found."""

    def __init__(
        self, lookup: Lookup, query: FocusQuery, evidence: Evidence, details: dict[tuple[str, str], str]
    ) -> None:
        self._at = lookup
        self._query = query
        self._evidence = evidence
        self._details = details
        self.files: dict[str, dict[str, float]] = {}
        self.mentioned: dict[int, float] = {}
        self.framed: dict[int, float] = {}
        self.called: dict[int, float] = {}
        self.covered: dict[int, float] = {}

    def names(self, lexical: Lexical) -> None:
        """Files and documents that define, or use, what the query writes as code."""
        defines: dict[str, float] = {}
        uses: dict[int, float] = {}
        told: dict[str, list[str]] = {}
        for name, weight in self._evidence.names.items():
            found = [(d, c) for d, c in self._at.defining(name) if self._at.path(c) not in self._at.tests]
            for document, content in found[:_MAX_DEFINERS]:
                share = weight / len(found) ** 0.5
                self.mentioned[document] = self.mentioned.get(document, 0.0) + share
                for path in self._at.every_path(content):
                    defines[path] = defines.get(path, 0.0) + share
                    told.setdefault(path, []).append(name)
            whole = name.lower()
            if weight >= _SURE_NAME and (rarity := lexical.idf.get(whole)) is not None:
                for content in lexical.users[whole].files():
                    uses[content] = uses.get(content, 0.0) + weight * rarity
        for path, names in told.items():
            self._details["defines", path] = ", ".join(dict.fromkeys(names[:_TOLD_NAMES]))
        self.files["defines"] = {path: value / (value + 1.0) for path, value in defines.items()}
        self.files["names"] = scaled({p: s for c, s in uses.items() for p in self._at.every_path(c)})

    def frames(self) -> None:
        files: dict[str, float] = {}
        for frame, weight in self._evidence.frames:
            for path in frame_files(self._at.paths, frame):
                if weight > files.get(path, 0.0):
                    files[path] = weight
                    within = f" in {frame.function}" if frame.function else ""
                    self._details["frame", path] = f"line {frame.line}{within}"
                document = self._at.document_at(path, frame.line, frame.function)
                if document is not None:
                    self.framed[document] = max(self.framed.get(document, 0.0), weight)
        self.files["frame"] = files

    def covered_lines(self) -> None:
        files: dict[str, float] = {}
        for path, line in self._query.covered[:_MAX_COVERED]:
            if path in self._at.paths.all and path not in self._at.tests:
                files[path] = files.get(path, 0.0) + 1.0
                if (document := self._at.document_at(path, line)) is not None:
                    self.covered[document] = 1.0
        self.files["covered"] = {path: math.sqrt(value) for path, value in scaled(files).items()}

    def failing_tests(self) -> None:
        """From the failing test to what it imports, what its frames' functions call and what its name says."""
        files: dict[str, float] = {}
        for test in self._evidence.tests:
            for path, weight in self._at.about(test).items():
                if weight > files.get(path, 0.0):
                    files[path] = weight
                    self._details["failing_test", path] = test
        for frame, _ in self._evidence.frames:
            if frame.path in self._at.tests:
                self._calls_of(self._at.document_at(frame.path, frame.line, frame.function), files)
        # Frames outside the test say more than the test's name and imports do.
        outside = any(path not in self._at.tests for path in self.files["frame"])
        share = _BESIDE_FRAMES if outside else 1.0
        self.files["failing_test"] = {path: share * value for path, value in files.items()}
        self.called = {document: share * value for document, value in self.called.items()}

    def _calls_of(self, document: int | None, files: dict[str, float]) -> None:
        if document is None:
            return
        for callee, content, share in self._at.used_by(document):
            self.called[callee] = max(self.called.get(callee, 0.0), share)
            path = self._at.path(content)
            files[path] = max(files.get(path, 0.0), 0.5 + 0.5 * share)
