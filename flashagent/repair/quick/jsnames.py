"""Names of a JavaScript file by its text: what is in scope, what is exported, what can be called, where imports go. Pure."""

from __future__ import annotations

import posixpath
import re
from functools import cache

from flashagent.dataclass import dataclass
from flashagent.repair.quick.foreign import Seen
from flashagent.syntax.languages import language_for
from flashagent.syntax.parse import definitions
from flashagent.syntax.trees import Leaf, leaves

NODE_MODULES = frozenset({
    "assert", "buffer", "child_process", "cluster", "crypto", "dgram", "dns", "events", "fs", "http", "http2", "https", "net",
    "os", "path", "querystring", "readline", "stream", "timers", "tls", "tty", "url", "util", "v8", "vm", "zlib",
})  # fmt: skip
# What arrays, texts, maps, sets, promises, numbers and the global objects can be asked.
MEMBERS = frozenset({
    "at", "charAt", "charCodeAt", "codePointAt", "concat", "copyWithin", "endsWith", "entries", "every", "fill",
    "filter", "find", "findIndex", "findLast", "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf",
    "join", "keys", "lastIndexOf", "localeCompare", "map", "match", "matchAll", "normalize", "padEnd", "padStart",
    "pop", "push", "reduce", "reduceRight", "repeat", "replace", "replaceAll", "reverse", "search", "shift", "slice",
    "some", "sort", "splice", "split", "startsWith", "substring", "toFixed", "toLocaleString", "toLowerCase",
    "toPrecision", "toString", "toUpperCase", "trim", "trimEnd", "trimStart", "unshift", "values", "valueOf", "add",
    "clear", "delete", "get", "has", "set", "then", "catch", "finally", "apply", "bind", "call", "exec", "test",
    "parse", "stringify", "assign", "create", "freeze", "fromEntries", "isArray", "isInteger", "isNaN", "parseFloat",
    "parseInt", "floor", "ceil", "round", "abs", "max", "min", "pow", "sqrt", "trunc", "sign", "random", "log",
    "log2", "log10", "exp", "from", "of", "getTime", "toISOString", "toJSON", "hasOwnProperty", "isFinite", "all",
    "allSettled", "race", "any", "resolve", "reject", "next", "return", "throw",
})  # fmt: skip
_GLOBALS = frozenset({
    "Array", "Boolean", "Buffer", "Date", "Error", "Infinity", "Intl", "JSON", "Map", "Math", "NaN", "Number",
    "Object", "Promise", "Proxy", "RangeError", "Reflect", "RegExp", "Set", "String", "Symbol", "TypeError", "URL",
    "WeakMap", "WeakSet", "clearInterval", "clearTimeout", "console", "decodeURIComponent", "encodeURIComponent",
    "exports", "isFinite", "isNaN", "module", "parseFloat", "parseInt", "process", "require", "setInterval",
    "setTimeout", "structuredClone", "undefined",
})  # fmt: skip
_IDENTIFIERS = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)
_NAMES = _IDENTIFIERS | {"property_identifier"}


@dataclass(frozen=True, slots=True)
class Exports:
    """`names` as they are imported; `default` whether there is a default export."""

    names: frozenset[str]
    default: bool


@cache
def _leaves(text: str, path: str) -> tuple[Leaf, ...]:
    language = language_for(path)
    return leaves(text, language) if language is not None else ()


def uses(text: str, path: str, name: str) -> list[int]:
    """Where the name is written as an identifier, comments and texts left out."""
    return [
        leaf.start
        for leaf in _leaves(text, path)
        if leaf.kind in _NAMES and text[leaf.start : leaf.end] == name
    ]


def in_scope(text: str, path: str, line: int) -> set[str]:
    """Names that may be used in a line: those of the definitions around it, those of the module's level, and node's own."""
    around = list(definitions(text, path))
    found: set[str] = set(_GLOBALS)
    inner = [(s.start_line, s.end_line) for s in around if s.kind not in ("class",)]
    for leaf in _leaves(text, path):
        if leaf.kind in _IDENTIFIERS:
            owners = [span for span in inner if span[0] <= leaf.line <= span[1]]
            own_name = any(span[0] == leaf.line for span in owners) and len(owners) == 1
            if not owners or own_name or all(span[0] <= line <= span[1] for span in owners):
                found.add(text[leaf.start : leaf.end])
    return found


def is_module(text: str, path: str) -> bool:
    """Whether the file uses `import` and `export`, by its name or its text."""
    if path.endswith((".cjs", ".cts")):
        return False
    return path.endswith((".mjs", ".mts")) or bool(re.search(r"^(?:import|export)\b", text, re.MULTILINE))


def exports(text: str, path: str) -> Exports:
    """What a module gives out, by the forms that are usual."""
    found = set(
        re.findall(
            r"^export\s+(?:async\s+)?(?:function\*?|class|const|let|var)\s+([\w$]+)", text, re.MULTILINE
        )
    )
    for block in re.findall(r"^export\s*\{([^}]*)\}", text, re.MULTILINE):
        found |= {part.split(" as ")[-1].strip() for part in block.split(",") if part.strip()}
    for block in re.findall(r"module\.exports\s*=\s*\{([^}]*)\}", text):
        found |= set(re.findall(r"(?:^|,)\s*([\w$]+)\s*(?=,|:|$|\()", block.strip()))
    found |= set(re.findall(r"(?:module\.)?\bexports\.([\w$]+)\s*=", text))
    default = bool(re.search(r"^export\s+default\b", text, re.MULTILINE)) or "default" in found
    return Exports(frozenset(found - {"default"}), default)


def callables(text: str, path: str) -> set[str]:
    """Functions and methods that a file defines."""
    found = {symbol.name for symbol in definitions(text, path) if symbol.kind in ("function", "method")}
    return found | set(
        re.findall(r"([\w$]+)\s*[:=]\s*(?:async\s*)?(?:function\b|\([^()]*\)\s*=>|[\w$]+\s*=>)", text)
    )


def bound_from(text: str, name: str) -> str:
    """The module from which `{ name }` is taken, '' when it is not."""
    for form in (r"import\s*(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from\s*['\"]([^'\"]+)['\"]",
                 r"(?:const|let|var)\s*\{([^}]*)\}\s*=\s*require\(\s*['\"]([^'\"]+)['\"]\s*\)"):  # fmt: skip
        for block, module in re.findall(form, text):
            if name in [part.strip() for part in block.split(",")]:
                return str(module)
    return ""


def resolved(seen: Seen, path: str, module: str) -> str | None:
    """The project's file that a relative specifier names."""
    if not module.startswith("."):
        return None
    base = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
    for suffix in ("", ".js", ".cjs", ".mjs", ".ts", ".tsx", ".jsx", "/index.js", "/index.ts"):
        if seen.project.text(base + suffix) is not None:
            return base + suffix
    return None


def relative(path: str, other: str, text: str) -> str:
    """`other` as `path` would import it: with its extension where the file's other imports have one, or are modules."""
    place = posixpath.relpath(other, posixpath.dirname(path) or ".")
    place = place if place.startswith(".") else f"./{place}"
    bare = re.search(r"""(?:from|require\()\s*['"]\.[^'"]*/[^'"/.]+['"]""", text)
    return (
        posixpath.splitext(place)[0]
        if bare or (not is_module(text, path) and "require('./" not in text)
        else place
    )


def import_place(text: str) -> int:
    """After the last import of the file's head; else after 'use strict', a `#!` line and the first comment."""
    last = 0
    for match in re.finditer(r"^(?:import\b[^;]*?['\"][^'\"]+['\"]|(?:const|let|var)\b[^;\n]*=\s*require\([^)]*\)).*\n", text, re.MULTILINE):  # fmt: skip
        last = match.end()
    if last:
        return last
    head = re.match(
        r"(?:#!.*\n)?(?:\s*(?://.*\n|/\*(?:.|\n)*?\*/\s*\n))*(?:\s*['\"]use strict['\"];?\n)?", text
    )
    return head.end() if head is not None else 0
