"""What usually causes an error, in a sentence, by its name and message. Rules of thumb: they say where to look first. Pure."""

from __future__ import annotations

import re

from flashagent.values import Failure

# Exception (whole name) and message (anywhere) to the cause; `\1` is the first group of the message. First match wins.
_RULES: tuple[tuple[str, str, str], ...] = (
    (r"AttributeError", r"'NoneType' object has no attribute '(\w+)'", r"A value that is None was used as an object: look at where the thing before `.\1` comes from; a call that returns nothing is the usual source."),
    (r"AttributeError", r"module '([\w.]+)' has no attribute '(\w+)'", r"`\2` is not in the module `\1` that was imported: the name is wrong, the installed version differs, or a file of the project hides the library."),
    (r"AttributeError", r"'(\w+)' object has no attribute '(\w+)'", r"`\1` has no `\2`: the name is wrong, it is set only on some paths, or the object is of another type than expected."),
    (r"TypeError", r"'NoneType' object is not (subscriptable|iterable|callable)", r"A value that is None was used as if it were \1: a call that returns nothing is the usual source."),
    (r"TypeError", r"(\w+)\(\) (?:missing|takes|got an unexpected|got multiple)", r"The call of `\1` and its signature do not agree: one of them was changed without the other."),
    (r"TypeError", r"unsupported operand|can only concatenate|must be str", r"Two values of different types are combined: one was not converted, or is None."),
    (r"NameError|ReferenceError", r"'?(\w+)'? is not defined", r"`\1` is used but never defined here: an import is missing, or the name was changed in one place only."),
    (r"UnboundLocalError", r"'(\w+)'", r"`\1` is assigned on some paths only, and this one reads it before."),
    (r"ModuleNotFoundError|ImportError", r"No module named '([\w.]+)'", r"`\1` is not installed in the interpreter that ran, or the folder that holds it is not on its path."),
    (r"ImportError", r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'", r"`\2` has no `\1`: it was moved or renamed, the installed version differs, or two modules import each other."),
    (r"KeyError", r"(.+)", r"The key \1 is not in the mapping: it was never put there, or under another spelling or type."),
    (r"IndexError|ArrayIndexOutOfBoundsException|panic", r"out of (?:range|bounds)", r"An index lies outside of its sequence: an empty sequence or a bound that is off by one is the usual source."),
    (r"ZeroDivisionError|ArithmeticException", r"zero", r"Something is divided by zero: an empty collection's length is the usual source."),
    (r"RecursionError|StackOverflowError|RangeError", r"recursion|call stack|", r"A function calls itself without end: the case that stops it is missing or is never reached."),
    (r"FileNotFoundError", r"'([^']+)'", r"`\1` was not there: a relative path is meant from the folder in which the program was started."),
    (r"PermissionError", r"", r"The program may not do this with the file: its owner, its mode or a sandbox forbids it."),
    (r"UnicodeDecodeError|UnicodeEncodeError", r"", r"Bytes and text do not agree on an encoding: say it where the file is opened."),
    (r"JSONDecodeError", r"", r"The text is no JSON: an empty answer or an error page is the usual source."),
    (r"ConnectionRefusedError|ConnectionError", r"", r"Nothing listens at the address: a service was not started, or address or port differ."),
    (r"TypeError", r"Cannot read propert(?:y|ies) of (undefined|null)(?: \(reading '(\w+)'\))?", r"A value that is \1 was used as an object: look at where it comes from."),
    (r"TypeError", r"(\S+) is not a function", r"`\1` is no function: the name is wrong, or the import gave something else."),
    (r"NullPointerException", r"", r"A reference that is null was used: look at where it comes from."),
    (r"ClassCastException", r"", r"An object is of another class than the cast says."),
    (r"panic", r"nil pointer dereference", r"A nil pointer was used: a result was taken without looking at its error, or a field was never set."),
    (r"panic", r"nil map", r"A map was written to before `make` made it."),
    (r"panic", r"unwrap\(\)|expect", r"`unwrap` met a None or an Err: the case without a value is not handled."),
    (r"fatal error", r"deadlock", r"Every goroutine waits for another: a channel is never written to or never closed."),
    (r"fatal error", r"concurrent map", r"A map is used by several goroutines without a lock."),
    (r"\w*Sanitizer", r"heap-use-after-free", r"Memory is used after it was freed: the owner is gone before the last use."),
    (r"\w*Sanitizer", r"overflow", r"Memory beyond a buffer's end is touched: a size or a bound is wrong."),
)  # fmt: skip
_KINDS = {
    "assertion": "Two values differ from what was promised: either the code computes the wrong one or the expectation is old.",
    "syntax": "The file cannot be parsed: look at the line and the one before it.",
    "compile": "The compiler refuses this line; later errors often follow from the first.",
    "memory": "The process needed more memory than there was: something grows without end, or the input is larger than expected.",
    "timeout": "It did not come to its end: it waits for something that never happens, or a loop never stops.",
}


def likely_cause(failure: Failure) -> str:
    """One sentence, '' where no rule knows the error."""
    for exception, message, cause in _RULES:
        if re.fullmatch(exception, failure.exception) and (
            match := re.search(message, failure.message, re.IGNORECASE)
        ):
            return match.expand(cause)
    return _KINDS.get(failure.kind, "")
