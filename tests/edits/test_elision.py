"""Lines that stand for left-out text are told from comments and code that only look like it."""

from __future__ import annotations

import pytest

from flashagent.edits.elision import first_elision, is_elision

LEFT_OUT = [
    "# ...", "    // ...", "...", "/* ... */", "<!-- ... -->", "-- ...", "# ... existing code ...", "// ... rest of the code ...",
    "// rest of the file remains unchanged", "# existing code here", "# Rest of the function...", "// [rest of the file]",
    "/* ... unchanged ... */", "# … rest of class …", "    # ... (other methods remain the same)", "// existing code",
    "# remaining methods unchanged", "{/* ... existing code ... */}", "[... rest of the file ...]",
]  # fmt: skip
CODE = [
    "x = [...]", "def f(*args): ...", "# the rest of the arguments go to the parser", "print('...')", "// wait for the other side",
    "return {...state, a}", "f(...args);", "# Loading the content...", "# remaining time in seconds", "func f(xs ...int) {",
    "# handles existing users", "int f(const char *, ...);", "# other cases", "Tuple[int, ...]", "..", "", "# previous value",
    "    case (x, ...):", "let [a, ...rest] = xs;",
]  # fmt: skip


@pytest.mark.parametrize("line", LEFT_OUT)
def test_a_gap_is_seen(line):
    assert is_elision(line)


@pytest.mark.parametrize("line", CODE)
def test_code_is_no_gap(line):
    assert not is_elision(line)


def test_an_empty_body_and_a_line_of_the_old_text_are_no_gaps():
    assert first_elision(["def f():", "    ..."], []) is None
    assert first_elision(["class A:", '    """Doc."""', "    ..."], []) is None
    assert first_elision(["# ..."], ["    # ..."]) is None
    assert first_elision(["a = 1", "    ...", "b = 2"], []) == 1
