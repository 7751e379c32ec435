"""The language servers that are known: which files each one reads, how it is started, and what it is told. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from flashagent.dataclass import dataclass

Settings = Callable[[str], Mapping[str, Any]]


def _nothing(python: str) -> Mapping[str, Any]:
    return {}


def _pyright(python: str) -> Mapping[str, Any]:
    analysis = {
        "diagnosticMode": "openFilesOnly",
        "typeCheckingMode": "standard",
        "autoSearchPaths": True,
        "useLibraryCodeForTypes": True,
    }
    return {
        "python": {"pythonPath": python, "analysis": analysis} if python else {"analysis": analysis},
        "basedpyright": {"analysis": analysis},
    }


@dataclass(frozen=True, slots=True)
class ServerKind:
    """One kind of server.

    `languages` maps a file's ending to the protocol's name of its language. `programs` are names of the program, best
    first. `needs` are files of which the root must have one, since without them the server only guesses. `options` go
    with the first request; `settings` are made from the path of the project's Python ('' for none).
    """

    name: str
    languages: Mapping[str, str]
    programs: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    sees_all: bool = True
    settings: Settings = _nothing


_GOPLS = {"pullDiagnostics": True, "diagnosticsDelay": "10ms", "diagnosticsTrigger": "Edit"}
_RUST = {
    "checkOnSave": False,
    "cargo": {"buildScripts": {"enable": False}},
    "procMacro": {"enable": False},
    "cachePriming": {"enable": False},
}
KINDS = (
    ServerKind(
        "pyright",
        {".py": "python", ".pyi": "python"},
        ("basedpyright-langserver", "pyright-langserver"),
        ("--stdio",),
        settings=_pyright,
    ),
    ServerKind(
        "typescript-language-server",
        {
            ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescriptreact",
            ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascriptreact",
        },
        ("typescript-language-server",),
        ("--stdio",),
        needs=("tsconfig.json", "jsconfig.json", "package.json"),
        # Types are never fetched: there is no network, and the environment is the project's own.
        options={
            "disableAutomaticTypingAcquisition": True,
            "maxTsServerMemory": 1536,
            "preferences": {"providePrefixAndSuffixTextForRename": False},
        },
    ),
    ServerKind(
        "gopls",
        {".go": "go"},
        ("gopls",),
        needs=("go.mod", "go.work"),
        env={"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOTELEMETRY": "off"},
        options=_GOPLS,
        settings=lambda python: {"gopls": _GOPLS},
    ),
    ServerKind(
        "rust-analyzer",
        {".rs": "rust"},
        ("rust-analyzer",),
        needs=("Cargo.toml",),
        env={"CARGO_NET_OFFLINE": "true"},
        options=_RUST,
        settings=lambda python: {"rust-analyzer": _RUST},
    ),
    ServerKind(
        "clangd",
        dict.fromkeys((".c", ".h"), "c") | dict.fromkeys((".cc", ".cpp", ".cxx", ".hpp", ".hh"), "cpp"),
        ("clangd",),
        ("--background-index=false", "--pch-storage=memory"),
        needs=("compile_commands.json", "build/compile_commands.json", "compile_flags.txt"),
        sees_all=False,  # its index of the whole project would be written into the work tree
    ),
)  # fmt: skip
