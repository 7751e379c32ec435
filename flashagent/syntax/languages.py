"""Which language a file is written in, told by its name alone. Touches no disk and loads no grammar."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal[
    "python", "javascript", "typescript", "tsx", "go", "rust", "java", "c", "cpp", "ruby", "csharp", "php", "kotlin",
]  # fmt: skip
LANGUAGES: tuple[Language, ...] = get_args(Language)

_BY_SUFFIX: dict[str, Language] = {
    "py": "python", "pyi": "python", "pyw": "python",
    "js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript",
    "ts": "typescript", "mts": "typescript", "cts": "typescript", "tsx": "tsx",
    "go": "go", "rs": "rust", "java": "java",
    "c": "c",
    # Most C++ projects name their headers .h, and the C++ grammar reads nearly all C headers.
    "h": "cpp", "cpp": "cpp", "cc": "cpp", "cxx": "cpp", "c++": "cpp", "hpp": "cpp", "hh": "cpp", "hxx": "cpp",
    "h++": "cpp", "ipp": "cpp", "inl": "cpp", "cu": "cpp", "cuh": "cpp",
    "rb": "ruby", "rake": "ruby", "gemspec": "ruby", "cs": "csharp", "php": "php",
    "kt": "kotlin", "kts": "kotlin",
}  # fmt: skip


def language_for(path: str) -> Language | None:
    """The language of a file by its suffix, None when there is no grammar for it. `path` may use either slash."""
    name = path.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return _BY_SUFFIX.get(suffix.lower()) if dot and stem else None
