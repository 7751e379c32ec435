"""Does every package that a change imports exist for the project? For JavaScript and TypeScript, Go, Rust and Java, told from
manifests and installed packages; nothing is run. What cannot be told for certain is not told."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from flashagent.diagnose.dependencies import Dependencies, ProjectText, look_alike
from flashagent.diagnose.imports import CODE
from flashagent.diagnose.manifests import Ecosystem
from flashagent.syntax.languages import language_for
from flashagent.syntax.parse import Import, imports
from flashagent.values import Diagnostic, FileChange

# fmt: off
NODE = frozenset((
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
    "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os",
    "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys",
    "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
))
# fmt: on
_LANGUAGES: Mapping[str, Ecosystem] = {
    "javascript": "node",
    "typescript": "node",
    "tsx": "node",
    "go": "go",
    "rust": "rust",
    "java": "java",
}  # fmt: skip
_RUST_OWN = frozenset({"std", "core", "alloc", "crate", "self", "super", "proc_macro", "test"})


def unknown_packages(
    changes: Sequence[FileChange], project: ProjectText, go_root: Path | None = None
) -> tuple[Diagnostic, ...]:
    """The imports that the changes add and whose package the project does not have. `go_root` holds Go's own library."""
    found: list[Diagnostic] = []
    known: Dependencies | None = None
    for change in changes:
        ecosystem = _LANGUAGES.get(language_for(change.path) or "")
        if change.after is None or ecosystem is None:
            continue
        before = {one.module for one in imports(change.before or "", change.path)}
        fresh = [one for one in imports(change.after, change.path) if one.module not in before]
        known = known or Dependencies.of(project)
        check = _Check(project, known, change, go_root)
        found += (said for one in fresh if (said := check.problem(ecosystem, one)) is not None)
    return tuple(found)


class _Check:
    def __init__(
        self, project: ProjectText, known: Dependencies, change: FileChange, go_root: Path | None
    ) -> None:
        self._project, self._known, self._change, self._go_root = project, known, change, go_root
        parents = [parent.as_posix() for parent in PurePosixPath(change.path).parents]
        self._folders = ["" if parent == "." else f"{parent}/" for parent in parents]

    def problem(self, ecosystem: Ecosystem, one: Import) -> Diagnostic | None:
        asked: dict[Ecosystem, Callable[[str], str]] = {
            "node": self._node, "go": self._go, "rust": self._rust, "java": self._java,
        }  # fmt: skip
        if not (why := asked[ecosystem](one.module)):
            return None
        return Diagnostic(self._change.path, one.line, 1, CODE, why, "error", "imports")

    # ---- JavaScript and TypeScript

    def _node(self, module: str) -> str:
        if re.match(r"[./#~@]/|\.|#|[a-z]+:|/", module) or not re.match(r"@?[\w.-]+(/|$)", module):
            return ""
        parts = module.split("/")
        name = "/".join(parts[:2]) if module.startswith("@") else parts[0]
        if name in NODE or self._is_alias(module) or self._is_workspace(name):
            return ""
        if any(self._project.exists(f"{folder}node_modules/{name}") for folder in self._folders):
            return ""
        types = "@types/" + name.lstrip("@").replace("/", "__")
        if {name, types} & self._known.names("node") or not self._has_manifest("package.json"):
            return ""
        return self._unknown("node", name, f"{name} is in no package.json and not installed")

    def _is_alias(self, module: str) -> bool:
        """Whether a setting of the compiler or bundler may map the name: then it is not ours to judge."""
        first = module.split("/")[0]
        for folder in self._folders:
            for name in ("tsconfig.json", "jsconfig.json", "tsconfig.base.json", "tsconfig.app.json"):
                text = self._project.read(f"{folder}{name}") or ""
                if re.search(rf'"{re.escape(first)}(/\*|/[^"]*|\*)?"\s*:', text):
                    return True
                if '"baseUrl"' in text and self._at_base(folder, text, first):
                    return True
            # An import map of a bundler cannot be read without running it.
            configs = (
                f"{folder}{stem}.config.{end}"
                for stem in ("vite", "webpack", "rollup")
                for end in ("js", "ts", "mjs")
            )
            if any("alias" in (self._project.read(config) or "") for config in configs):
                return True
        return False

    def _at_base(self, folder: str, text: str, first: str) -> bool:
        found = re.search(r'"baseUrl"\s*:\s*"([^"]*)"', text)
        base = PurePosixPath(folder, found[1] if found else ".").as_posix()
        base = "" if base == "." else f"{base}/"
        ends = ("", ".ts", ".tsx", ".js", ".jsx", ".d.ts")
        return any(self._project.exists(f"{base}{first}{end}") for end in ends)

    def _is_workspace(self, name: str) -> bool:
        manifests = (path for path in self._project.files if PurePosixPath(path).name == "package.json")
        return any(_package_name(self._project.read(path)) == name for path in manifests)

    # ---- Go

    def _go(self, module: str) -> str:
        if module.startswith(".") or module == "C":
            return ""
        if "." not in module.split("/")[0]:
            return self._go_library(module)
        text = "\n".join(self._project.read(f"{folder}go.mod") or "" for folder in self._folders)
        own = re.findall(r"^module\s+(\S+)", text, re.M)
        if not own or self._project.exists("go.work") or self._project.exists("vendor"):
            return ""
        known = {*own, *self._known.names("go")}
        if any(module == one or module.startswith(f"{one}/") for one in known):
            return ""
        return self._unknown("go", module, f"no module that go.mod requires provides {module}")

    def _go_library(self, module: str) -> str:
        if self._go_root is None or not (self._go_root / "src" / "fmt").is_dir():
            return ""
        own = any(
            (self._project.read(f"{f}go.mod") or "").startswith(f"module {module.split('/')[0]}")
            for f in self._folders
        )
        if own or (self._go_root / "src" / module).is_dir():
            return ""
        folder = (self._go_root / "src" / module).parent
        names = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
        close = difflib.get_close_matches(module.rpartition("/")[2], names, n=3)
        near = f"; names like it: {', '.join(close)}" if close else ""
        return f"{module} is not in Go's own library{near}"

    # ---- Rust and Java

    def _rust(self, module: str) -> str:
        first = module.removeprefix("::").split("::")[0].strip()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", first) or first in _RUST_OWN:
            return ""
        if not self._has_manifest("Cargo.toml"):
            return ""
        text = self._change.after or ""
        local = re.search(rf"\b(mod|as|use|fn|crate)\s+(\w+::)*{first}\b(?!\s*::)|[{{,]\s*{first}\b", text)
        stems = {PurePosixPath(path).stem for path in self._project.files if path.endswith(".rs")}
        names = {re.sub("-", "_", name) for name in (*self._known.names("rust"), *self._crates())}
        if (
            local
            or first in stems
            or first in names
            or first in {PurePosixPath(one).name for one in self._project.folders}
        ):
            return ""
        return self._unknown("rust", first, f"{first} is in no Cargo.toml")

    def _crates(self) -> list[str]:
        manifests = (path for path in self._project.files if PurePosixPath(path).name == "Cargo.toml")
        texts = (self._project.read(path) or "" for path in manifests)
        return [name for text in texts for name in re.findall(r'^name\s*=\s*"([^"]+)"', text, re.M)]

    def _java(self, module: str) -> str:
        parts = module.split(".")
        family = ".".join(parts[:2])
        if (
            len(parts) < 3
            or parts[0] in ("java", "javax", "jdk", "sun", "jakarta")
            or not self._known.names("java")
        ):
            return ""
        folder = "/".join(parts[:2])
        if any(one.endswith(f"/{folder}") or one == folder for one in self._project.folders):
            return ""
        if any(name.startswith(family) or family.startswith(name) for name in self._known.names("java")):
            return ""
        near = look_alike(
            family, frozenset(".".join(one.split(".")[:2]) for one in self._known.names("java"))
        )
        return f"{module} comes from no dependency of the build; it looks like {near}" if near else ""

    # ---- shared

    def _has_manifest(self, name: str) -> bool:
        return any(f"{folder}{name}" in self._project.files for folder in self._folders)

    def _unknown(self, ecosystem: Ecosystem, name: str, why: str) -> str:
        names = self._known.names(ecosystem)
        if twin := look_alike(name, names):
            return f"{why}; it looks like {twin}, which the project uses"
        close = difflib.get_close_matches(name, sorted(names), n=3, cutoff=0.6)
        return f"{why}; names like it: {', '.join(close)}" if close else why


def _package_name(text: str | None) -> str:
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return ""
    return str(data.get("name", "")) if isinstance(data, dict) else ""
