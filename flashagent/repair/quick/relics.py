"""Relics: names, modules, methods and forms of earlier Pythons, each with the one replacement that its documentation gives.

Only what means the same in all uses stands here: where the replacement behaves otherwise (`inspect.getargspec`, `imp`), or where
the documentation leaves a choice (`time.clock`), nothing is certain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from flashagent.repair.project import Project
from flashagent.repair.quick.imports import insertion
from flashagent.repair.quick.names import places
from flashagent.repair.quick.proposal import Proposal, proposal
from flashagent.repair.source import Edit, Source
from flashagent.values import Failure

# Builtins of Python 2: the new text, and the import that it needs.
_BUILTINS: Mapping[str, tuple[str, str]] = {
    "xrange": ("range", ""), "unicode": ("str", ""), "unichr": ("chr", ""), "raw_input": ("input", ""), "basestring": ("str", ""),
    "long": ("int", ""), "reduce": ("reduce", "from functools import reduce"), "intern": ("intern", "from sys import intern"),
    "reload": ("reload", "from importlib import reload"), "izip": ("zip", ""), "imap": ("map", ""), "ifilter": ("filter", ""),
}  # fmt: skip
_MODULES: Mapping[str, str] = {
    "ConfigParser": "configparser", "Queue": "queue", "cPickle": "pickle", "StringIO": "io", "cStringIO": "io", "urlparse": "urllib.parse",
    "HTMLParser": "html.parser", "__builtin__": "builtins", "copy_reg": "copyreg", "httplib": "http.client", "Cookie": "http.cookies",
    "cookielib": "http.cookiejar", "xml.etree.cElementTree": "xml.etree.ElementTree", "dummy_threading": "threading", "thread": "_thread",
    "BaseHTTPServer": "http.server", "SimpleHTTPServer": "http.server", "CGIHTTPServer": "http.server", "htmlentitydefs": "html.entities",
    "Tkinter": "tkinter", "tkMessageBox": "tkinter.messagebox", "tkFileDialog": "tkinter.filedialog", "ttk": "tkinter.ttk", "repr": "reprlib",
    "anydbm": "dbm", "dumbdbm": "dbm.dumb", "typing.io": "typing", "typing.re": "typing", "SocketServer": "socketserver", "xmlrpclib": "xmlrpc.client", "robotparser": "urllib.robotparser",
}  # fmt: skip
_ABSTRACT = frozenset({
    "Callable", "Container", "Generator", "Hashable", "ItemsView", "Iterable", "Iterator", "KeysView", "Mapping", "MappingView",
    "MutableMapping", "MutableSequence", "MutableSet", "Sequence", "Set", "Sized", "ValuesView", "ByteString",
})  # fmt: skip
# Of a module: the new text of the whole `module.name`, and the import that it needs.
_OF_MODULE: Mapping[tuple[str, str], tuple[str, str]] = {
    ("fractions", "gcd"): ("math.gcd", "import math"), ("string", "letters"): ("string.ascii_letters", ""),
    ("string", "lowercase"): ("string.ascii_lowercase", ""), ("string", "uppercase"): ("string.ascii_uppercase", ""),
    ("string", "maketrans"): ("str.maketrans", ""), ("os", "getcwdu"): ("os.getcwd", ""), ("os", "errno"): ("errno", "import errno"),
    ("sys", "maxint"): ("sys.maxsize", ""), ("itertools", "izip"): ("zip", ""), ("itertools", "imap"): ("map", ""),
    ("itertools", "ifilter"): ("filter", ""), ("itertools", "izip_longest"): ("itertools.zip_longest", ""),
    ("itertools", "ifilterfalse"): ("itertools.filterfalse", ""), ("base64", "encodestring"): ("base64.encodebytes", ""),
    ("base64", "decodestring"): ("base64.decodebytes", ""),
    ("urllib", "quote"): ("urllib.parse.quote", "import urllib.parse"),
    ("urllib", "unquote"): ("urllib.parse.unquote", "import urllib.parse"), ("urllib", "urlencode"): ("urllib.parse.urlencode", "import urllib.parse"),
    ("types", "StringType"): ("str", ""), ("types", "ListType"): ("list", ""), ("types", "DictType"): ("dict", ""),
    ("types", "IntType"): ("int", ""), ("types", "NoneType"): ("type(None)", ""),
    ("locale", "format"): ("locale.format_string", ""),
    ("array", "ArrayType"): ("array.array", ""), ("types", "UnicodeType"): ("str", ""), ("types", "FloatType"): ("float", ""),
    ("types", "TupleType"): ("tuple", ""), ("types", "BooleanType"): ("bool", ""), ("types", "LongType"): ("int", ""),
    ("types", "DictionaryType"): ("dict", ""), ("tarfile", "filemode"): ("stat.filemode", "import stat"),
    ("cgi", "parse_qs"): ("urllib.parse.parse_qs", "import urllib.parse"), ("cgi", "parse_qsl"): ("urllib.parse.parse_qsl", "import urllib.parse"),
    ("urllib", "urlopen"): ("urllib.request.urlopen", "import urllib.request"), ("urllib", "urlretrieve"): ("urllib.request.urlretrieve", "import urllib.request"),
    ("urllib", "quote_plus"): ("urllib.parse.quote_plus", "import urllib.parse"), ("urllib", "unquote_plus"): ("urllib.parse.unquote_plus", "import urllib.parse"),
    ("configparser", "SafeConfigParser"): ("configparser.ConfigParser", ""), ("unittest", "makeSuite"): ("unittest.defaultTestLoader.loadTestsFromTestCase", ""),
}  # fmt: skip
# Of an object of a built-in or standard type.
_METHODS: Mapping[tuple[str, str], str] = {
    ("dict", "iteritems"): "items", ("dict", "itervalues"): "values", ("dict", "iterkeys"): "keys", ("dict", "viewitems"): "items",
    ("dict", "viewkeys"): "keys", ("dict", "viewvalues"): "values", ("OrderedDict", "iteritems"): "items", ("defaultdict", "iteritems"): "items",
    ("Counter", "iteritems"): "items", ("Thread", "isAlive"): "is_alive", ("array.array", "tostring"): "tobytes",
    ("array.array", "fromstring"): "frombytes", ("Element", "getiterator"): "iter", ("xml.etree.ElementTree.Element", "getiterator"): "iter",
    ("ConfigParser", "readfp"): "read_file", ("RawConfigParser", "readfp"): "read_file", ("ElementTree", "getiterator"): "iter", ("Logger", "warn"): "warning",
}  # fmt: skip


def names(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """NameError for a builtin that Python 2 had."""
    match = re.search(r"NameError: (?:global )?name '(\w+)' is not defined", text)
    if match is None or match[1] not in _BUILTINS:
        return
    name, (other, needed) = match[1], _BUILTINS[match[1]]
    for frame, source in places(project, failure):
        uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == name]
        if not uses or any(not isinstance(n.ctx, ast.Load) for n in uses):
            continue
        edits = [source.replace(n, other) for n in uses if other != name]
        edits += [insertion(source, needed)] if needed else []
        yield proposal(
            frame.path, source.text, edits, f"{name} becomes {other}", f"{name} was a builtin of Python 2"
        )
        return


def modules(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ModuleNotFoundError for a module under its name in Python 2; imported as what it was called, so that its uses stand."""
    match = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", text)
    if match is None or match[1] not in _MODULES:
        return
    old, new = match[1], _MODULES[match[1]]
    for frame, source in places(project, failure):
        edits = []
        for node in ast.walk(source.tree):
            start, end = source.span(node) if isinstance(node, ast.Import | ast.ImportFrom) else (0, 0)
            if isinstance(node, ast.Import) and [(a.name, a.asname) for a in node.names] == [(old, None)]:
                if "." not in old:
                    edits.append(Edit(start, end, f"import {new} as {old}"))
            elif (isinstance(node, ast.Import) and len(node.names) == 1 and node.names[0].name == old) or (
                isinstance(node, ast.ImportFrom) and node.module == old and node.level == 0
            ):
                place = source.text.index(old, start)
                edits.append(Edit(place, place + len(old), new))
        if edits:
            yield proposal(
                frame.path,
                source.text,
                edits,
                f"module {old} becomes {new}",
                f"{old} is called {new} since Python 3",
            )
            return


def of_modules(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError or ImportError for what a standard module has under another name, or no more."""
    match = re.search(r"AttributeError: module '(\w+)' has no attribute '(\w+)'", text)
    taken = re.search(r"ImportError: cannot import name '(\w+)' from 'collections'", text)
    for frame, source in places(project, failure) if match or taken else ():
        edits = list(
            _taken(source, taken[1]) if taken else _attributes(source, match[1], match[2]) if match else ()
        )
        if edits:
            told = f"{match[1]}.{match[2]}" if match else f"collections.{taken[1]}" if taken else ""
            new = next(edit.text for edit in edits if edit.text.strip())
            yield proposal(
                frame.path,
                source.text,
                edits,
                f"{told} becomes {new.strip()}",
                f"{told} is gone; its documentation names {new.strip()}",
            )
            return


def _taken(source: Source, name: str) -> Iterator[Edit]:
    """`from collections import Mapping`: the whole statement when all its names moved."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "collections" and node.level == 0:
            given = {alias.name for alias in node.names}
            if name in given and given <= _ABSTRACT:
                place = source.text.index("collections", source.span(node)[0])
                yield Edit(place, place + len("collections"), "collections.abc")


def _attributes(source: Source, module: str, name: str) -> Iterator[Edit]:
    if module == "collections" and name in _ABSTRACT:
        new, needed = f"collections.abc.{name}", "import collections.abc"
    elif (module, name) in _OF_MODULE:
        new, needed = _OF_MODULE[module, name]
    else:
        return
    uses = [
        n for n in ast.walk(source.tree)
        if isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.value, ast.Name) and n.value.id == module
    ]  # fmt: skip
    for node in uses:
        yield source.replace(node, new)
    if uses and needed and not re.search(rf"^{re.escape(needed)}\b(?!\.)", source.text, re.MULTILINE):
        yield insertion(source, needed)


def methods(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError for a method that its type has under another name."""
    match = re.search(r"AttributeError: '([\w.]+)' object has no attribute '(\w+)'", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        kind, name = match[1], match[2]
        here = [n for n in ast.walk(source.tree) if isinstance(n, ast.Attribute) and n.attr == name
                and n.lineno <= frame.line <= (n.end_lineno or n.lineno)]  # fmt: skip
        edits = []
        for node in here:
            end = source.span(node)[1]
            if (kind, name) in _METHODS:
                edits.append(Edit(end - len(name), end, _METHODS[kind, name]))
            elif name == "has_key" and kind in ("dict", "OrderedDict", "defaultdict", "Counter"):
                call = source.parents.get(node)
                if (
                    isinstance(call, ast.Call)
                    and call.func is node
                    and len(call.args) == 1
                    and not call.keywords
                ):
                    key, owner = _operand(source, call.args[0]), _operand(source, node.value)
                    edits.append(source.replace(call, f"({key} in {owner})"))
        if edits:
            yield proposal(
                frame.path,
                source.text,
                edits,
                f".{name} becomes {edits[0].text}",
                f"{kind} has {edits[0].text} in the place of {name}",
            )
            return


_WEAKER_THAN_IN = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.UnaryOp)


def _operand(source: Source, node: ast.expr) -> str:
    """The expression as it can stand beside `in`: brackets around it are no part of its text."""
    text = source.text_of(node)
    return f"({text})" if isinstance(node, _WEAKER_THAN_IN) else text


def printed(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """TypeError for `print >>file, text`, which Python 3 takes for a shift."""
    matches = re.search(
        r"TypeError: unsupported operand type\(s\) for >>: 'builtin_function_or_method'", text
    )
    for frame, source in places(project, failure) if matches else ():
        lines = source.text.splitlines(keepends=True)
        body = lines[frame.line - 1].rstrip("\r\n") if frame.line <= len(lines) else ""
        changed = _TO_FILE.sub(r"\1print(\3, file=\2)", body)
        if changed != body:
            start = sum(map(len, lines[: frame.line - 1]))
            edit = Edit(start, start + len(body), changed)
            yield proposal(
                frame.path,
                source.text,
                [edit],
                "print to a file written as in Python 3",
                "`print >>` is Python 2",
            )
            return


_TO_FILE = re.compile(r"^(\s*)print\s*>>\s*([\w.]+)\s*,\s*(.*[^,\s])\s*$")
FORMS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("except as", re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([\w.,\s]+\))\s*,\s*(\w+)\s*:"), r"\1 as \2:"),
    ("raise", re.compile(r"^(\s*raise\s+[\w.]+)\s*,\s*(?!.*,)(.+?)\s*$"), r"\1(\2)"),
    ("print", re.compile(r"^(\s*)print\s*$"), r"\1print()"),
    ("!=", re.compile(r"<>"), "!="),
    ("octal number", re.compile(r"(?<![\w.])0([0-7]{2,})(?![\w.])"), r"0o\1"),
    ("text literal", re.compile(r"(?<![\w'\"])[uU][rR](?=['\"])"), "r"),
    ("long number", re.compile(r"(?<![\w.])(\d+)[lL](?!\w)"), r"\1"),
    ("exec", re.compile(r"^(\s*)exec\s+([^(\s].*?)\s*$"), r"\1exec(\2)"),
    ("repr", re.compile(r"`([^`]+)`"), r"repr(\1)"),
)  # fmt: skip
# Its end with a comma kept the line open in a way that no argument of print() gives.
PRINT = ("print", re.compile(r"^(\s*)print\s+(?!>>|\()(.*[^,\s])\s*$"), r"\1print(\2)")


def of_line(line: str) -> Iterator[tuple[str, str]]:
    """A line of Python 2 as it is written since, each form by itself, and what was changed. No line end comes in."""
    for what, old, new in FORMS:
        changed = old.sub(new, line)
        if changed != line:
            yield changed, f"Python 2's {what} written as in Python 3"


def modern(text: str, problem: Callable[[str], SyntaxError | None]) -> str | None:
    """A whole file of Python 2 line by line as Python 3 writes it, each line where the parser next complains; None when a
    complaint is not about one of these forms. `problem` parses."""
    lines = text.splitlines(keepends=True)
    last = -1
    for _ in range(len(lines) + 1):
        error = problem("".join(lines))
        if error is None:
            return "".join(lines) if last >= 0 else None
        at = (error.lineno or 0) - 1
        if not last < at < len(lines):
            return None  # the last change did not help
        body = lines[at].rstrip("\r\n")
        changed = body
        for _what, old, new in (*FORMS, PRINT):
            changed = old.sub(new, changed)
        if changed == body:
            return None
        lines[at], last = changed + lines[at][len(body) :], at
    return None
