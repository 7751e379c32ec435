"""Faults for `repair_quick.py`: each takes a file and a source of chance, and gives the file with one slip and the failure that Python
would print for it; None where the drawn place does not break the file, or where the slip gives another program that also works."""

from __future__ import annotations

import ast
import builtins
import io
import random
import re
import sys
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Planted:
    path: str
    text: str
    line: int
    exception: str
    message: str
    details: str


Plant = Callable[[str, str, random.Random], Planted | None]


def broken(path: str, text: str) -> Planted | None:
    """The planted file with Python's complaint, when it is one."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        name = type(error).__name__
        details = f'  File "{path}", line {error.lineno}\n{name}: {error.msg}'
        return Planted(path, text, error.lineno or 1, name, str(error.msg), details)
    return None


def raised(path: str, text: str, line: int, exception: str, message: str) -> Planted:
    return Planted(
        path, text, line, exception, message, f'  File "{path}", line {line}, in f\n{exception}: {message}'
    )


def tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def place(text: str, row: int, column: int) -> int:
    return sum(len(line) for line in text.splitlines(keepends=True)[: row - 1]) + column


def without(sign: str) -> Plant:
    def plant(path: str, text: str, chance: random.Random) -> Planted | None:
        one = chance.choice([t for t in tokens(text) if t.type == tokenize.OP and t.string in sign] or [None])
        if one is None:
            return None
        at = place(text, *one.start)
        return broken(path, text[:at] + text[at + 1 :])

    return plant


def doubled(sign: str) -> Plant:
    def plant(path: str, text: str, chance: random.Random) -> Planted | None:
        one = chance.choice([t for t in tokens(text) if t.type == tokenize.OP and t.string in sign] or [None])
        if one is None:
            return None
        at = place(text, *one.end)
        return broken(path, text[:at] + one.string + text[at:])

    return plant


def wrong_bracket(path: str, text: str, chance: random.Random) -> Planted | None:
    one = chance.choice([t for t in tokens(text) if t.type == tokenize.OP and t.string in ")]}"] or [None])
    if one is None:
        return None
    at = place(text, *one.start)
    other = chance.choice([sign for sign in ")]}" if sign != one.string])
    return broken(path, text[:at] + other + text[at + 1 :])


def colon(path: str, text: str, chance: random.Random) -> Planted | None:
    rows = [n for n, line in enumerate(text.splitlines()) if re.match(r"\s*(?:if|for|def|class|while|else|elif|try|except|with)\b.*:$", line)]  # fmt: skip
    lines = text.splitlines(keepends=True)
    if not rows:
        return None
    row = chance.choice(rows)
    lines[row] = lines[row].rstrip("\r\n")[:-1] + "\n"
    return broken(path, "".join(lines))


def quote(path: str, text: str, chance: random.Random) -> Planted | None:
    found = [t for t in tokens(text) if t.type == tokenize.STRING and t.start[0] == t.end[0] and t.string[-1] in "'\"" and t.string[:3] not in ('"""', "'''")]  # fmt: skip
    one = chance.choice(found or [None])
    if one is None:
        return None
    end = place(text, *one.end) - 1
    start = place(text, *one.start) + len(re.match(r"\w*", one.string)[0])
    at = chance.choice([start, end])
    return broken(path, text[:at] + text[at + 1 :])


def indented(by: tuple[int, ...]) -> Plant:
    def plant(path: str, text: str, chance: random.Random) -> Planted | None:
        lines = text.splitlines(keepends=True)
        rows = sorted({t.start[0] - 1 for t in ast_statements(text)})
        row = chance.choice(rows)
        width = len(lines[row]) - len(lines[row].lstrip())
        wanted = width + chance.choice(by)
        if wanted < 0:
            return None
        lines[row] = " " * wanted + lines[row].lstrip()
        return broken(path, "".join(lines))

    return plant


@dataclass(frozen=True, slots=True)
class Start:
    start: tuple[int, int]


def ast_statements(text: str) -> list[Start]:
    """Where statements of one line begin."""
    return [
        Start((n.lineno, n.col_offset))
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.stmt) and n.lineno == n.end_lineno
    ]


def tab(path: str, text: str, chance: random.Random) -> Planted | None:
    lines = text.splitlines(keepends=True)
    rows = [one.start[0] - 1 for one in ast_statements(text) if one.start[1] >= 4]
    row = chance.choice(rows or [0])
    if not lines[row].startswith("    "):
        return None
    lines[row] = lines[row].replace("    ", "\t", 1) if chance.random() < 0.5 else "\t" * ((len(lines[row]) - len(lines[row].lstrip())) // 4) + lines[row].lstrip()  # fmt: skip
    return broken(path, "".join(lines))


def keyword_slip(path: str, text: str, chance: random.Random) -> Planted | None:
    import keyword

    one = chance.choice([t for t in tokens(text) if t.type == tokenize.NAME and keyword.iskeyword(t.string) and len(t.string) > 2 and t.string[0].islower()] or [None])  # fmt: skip
    if one is None:
        return None
    at = place(text, *one.start)
    return broken(path, text[:at] + slipped(one.string, chance) + text[at + len(one.string) :])


def assigned(path: str, text: str, chance: random.Random) -> Planted | None:
    one = chance.choice([t for t in tokens(text) if t.string == "=="] or [None])
    if one is None:
        return None
    at = place(text, *one.start)
    return broken(path, text[:at] + "=" + text[at + 2 :])


def lookalike(path: str, text: str, chance: random.Random) -> Planted | None:
    found = [t for t in tokens(text) if t.type == tokenize.STRING and t.start[0] == t.end[0] and t.string[0] == t.string[-1] == '"' and t.string[:3] != '"""']  # fmt: skip
    if chance.random() < 0.5 and found:
        one = chance.choice(found)
        start, end = place(text, *one.start), place(text, *one.end)
        return broken(path, f"{text[:start]}“{text[start + 1 : end - 1]}”{text[end:]}")
    one = chance.choice([t for t in tokens(text) if t.string == "="] or [None])
    at = place(text, *one.start) if one is not None else 0
    return broken(path, text[: at - 1] + "\u00a0" + text[at:]) if text[at - 1 : at] == " " else None


def slipped(name: str, chance: random.Random) -> str:
    """A letter more, less or other, or two exchanged; not the first."""
    at = chance.randrange(1, len(name))
    kind = chance.choice(["more", "less", "other", "exchanged"])
    if kind == "more":
        return name[:at] + chance.choice(LETTERS) + name[at:]
    if kind == "less" and len(name) > 3:
        return name[:at] + name[at + 1 :]
    if kind == "other":
        return name[:at] + chance.choice(LETTERS) + name[at + 1 :]
    at = min(at, len(name) - 2)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def node_place(text: str, node: ast.expr | ast.stmt | ast.keyword) -> int:
    line = text.splitlines(keepends=True)[node.lineno - 1]
    return place(text, node.lineno, len(line.encode()[: node.col_offset].decode()))


def variable(path: str, text: str, chance: random.Random) -> Planted | None:
    tree = ast.parse(text)
    nodes = [
        n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and len(n.id) > 2
    ]
    node = chance.choice(nodes or [None])
    if node is None:
        return None
    wrong = slipped(node.id, chance)
    every = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | set(vars(builtins)) | {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}  # fmt: skip
    if wrong in every or not wrong.isidentifier():
        return None
    at = node_place(text, node)
    return raised(path, text[:at] + wrong + text[at + len(node.id) :], node.lineno, "NameError", f"name '{wrong}' is not defined")  # fmt: skip


def own_member(path: str, text: str, chance: random.Random) -> Planted | None:
    """A method or attribute of self under a wrong name."""
    tree = ast.parse(text)
    found = [(owner, n) for owner in ast.walk(tree) if isinstance(owner, ast.ClassDef) for n in ast.walk(owner)
             if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) and isinstance(n.value, ast.Name) and n.value.id == "self" and len(n.attr) > 3]  # fmt: skip
    if not found:
        return None
    owner, node = chance.choice(found)
    wrong = slipped(node.attr, chance)
    if re.search(rf"\b{wrong}\b", text):
        return None
    at = node_place(text, node) + len("self.")
    return raised(path, text[:at] + wrong + text[at + len(node.attr) :], node.lineno, "AttributeError", f"'{owner.name}' object has no attribute '{wrong}'")  # fmt: skip


def import_lost(path: str, text: str, chance: random.Random) -> Planted | None:
    """`import x` of a standard module taken out."""
    tree = ast.parse(text)
    nodes = [n for n in tree.body if isinstance(n, ast.Import) and len(n.names) == 1 and n.names[0].asname is None and n.names[0].name in sys.stdlib_module_names and n.lineno == n.end_lineno]  # fmt: skip
    node = chance.choice(nodes or [None])
    name = node.names[0].name if node is not None else ""
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
    if node is None or not uses:
        return None
    lines = text.splitlines(keepends=True)
    lines[node.lineno - 1] = ""
    return raised(path, "".join(lines), uses[0].lineno - 1, "NameError", f"name '{name}' is not defined")


def module_slip(path: str, text: str, chance: random.Random) -> Planted | None:
    tree = ast.parse(text)
    nodes = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) and _module(n) in sys.stdlib_module_names and len(_module(n)) > 2 and "." not in _module(n)]  # fmt: skip
    node = chance.choice(nodes or [None])
    if node is None:
        return None
    name = _module(node)
    wrong = slipped(name, chance)
    start = text.index(name, node_place(text, node))
    if wrong in sys.stdlib_module_names or wrong == name:
        return None
    return raised(path, text[:start] + wrong + text[start + len(name) :], node.lineno, "ModuleNotFoundError", f"No module named '{wrong}'")  # fmt: skip


def _module(node: ast.stmt) -> str:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "") if not node.level else ""
    return node.names[0].name if isinstance(node, ast.Import) and len(node.names) == 1 else ""


def keyword_argument(path: str, text: str, chance: random.Random) -> Planted | None:
    """A keyword of a call to a function of the same file."""
    tree = ast.parse(text)
    known = {n.name: {a.arg for a in (*n.args.args, *n.args.kwonlyargs)} for n in tree.body if isinstance(n, ast.FunctionDef) and not n.args.kwarg}  # fmt: skip
    found = [(n.func.id, k) for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in known
             for k in n.keywords if k.arg in known[n.func.id] and len(k.arg) > 2]  # fmt: skip
    if not found:
        return None
    function, node = chance.choice(found)
    wrong = slipped(node.arg or "", chance)
    if wrong in known[function] or wrong == node.arg:
        return None
    at = node_place(text, node)
    return raised(path, text[:at] + wrong + text[at + len(node.arg or "") :], node.lineno, "TypeError", f"{function}() got an unexpected keyword argument '{wrong}'")  # fmt: skip


def self_forgotten(path: str, text: str, chance: random.Random) -> Planted | None:
    """`self.x` read as `x`."""
    tree = ast.parse(text)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)} | set(vars(builtins))  # fmt: skip
    names |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) and isinstance(n.value, ast.Name) and n.value.id == "self" and n.attr not in names]  # fmt: skip
    node = chance.choice(nodes or [None])
    if node is None:
        return None
    at = node_place(text, node)
    return raised(path, text[:at] + text[at + len("self.") :], node.lineno, "NameError", f"name '{node.attr}' is not defined")  # fmt: skip


KINDS: Mapping[str, Plant] = {
    "closing bracket forgotten": without(")]}"),
    "opening bracket forgotten": without("([{"),
    "bracket twice": doubled(")]}"),
    "another closing bracket": wrong_bracket,
    "comma forgotten": without(","),
    "colon of a block forgotten": colon,
    "colon forgotten": without(":"),
    "quote forgotten": quote,
    "line a column off": indented((-1, 1)),
    "line a level off": indented((-4, 4)),
    "tab in a line": tab,
    "keyword misspelt": keyword_slip,
    "= for ==": assigned,
    "look-alike characters": lookalike,
    "variable misspelt": variable,
    "member of self misspelt": own_member,
    "import lost": import_lost,
    "module misspelt": module_slip,
    "keyword argument misspelt": keyword_argument,
    "self forgotten": self_forgotten,
}
