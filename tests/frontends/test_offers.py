from __future__ import annotations

import pytest

from flashagent.diffs import unified_diffs
from flashagent.frontends import offers
from flashagent.values import Contrast, FileChange, PatchOption

DIFF = unified_diffs([FileChange("a.py", "x = 1\ny = 2\n", "x = 1\ny = 3\n")])
BOTH = unified_diffs(
    [FileChange("a.py", "x = 1\n", "x = 2\n"), FileChange("b.py", "- one\n", "++ two\n")],
)


def option(how: str, diff: str = DIFF) -> PatchOption:
    return PatchOption(how, "weak", ("why",), diff)


def test_several_patches_are_numbered_and_told_apart() -> None:
    told = offers.option_lines(
        [option("one"), option("two"), option("three")], [Contrast("f(1)", "0", ("1", "raises E", "1"))]
    )
    assert told == [
        "1  one  [weak]", "     -y = 2", "     +y = 3",
        "2  two  [weak]", "     -y = 2", "     +y = 3",
        "3  three  [weak]", "     -y = 2", "     +y = 3",
        "They differ here; a test of one of these calls would decide:",
        "     f(1)",
        "       now           0",
        "       with 1 and 3  1",
        "       with 2        raises E",
    ]  # fmt: skip


def test_one_patch_needs_no_number() -> None:
    assert offers.option_lines([option("one")], ()) == ["one  [weak]", "     -y = 2", "     +y = 3"]
    assert offers.introduction([option("one")]).startswith("This patch makes the check pass.")
    assert offers.introduction([option("one")] * 2).startswith("These 2 patches")


def test_what_a_diff_changes_without_its_headers() -> None:
    assert offers.changed_lines(BOTH) == ["-x = 1", "+x = 2", "b.py:", "-- one", "+++ two"]
    long = unified_diffs([FileChange("a", "".join(f"{n}\n" for n in range(20)), "")])
    assert offers.changed_lines(long)[-1] == "… 8 more lines"
    assert offers.changed_lines("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-\x1b[31mred\n+ok\n") == ["-red", "+ok"]


def test_what_is_foreign_cannot_break_a_line() -> None:
    told = offers.contrast_lines(Contrast("f('a\nb')\x1b[2J", "", ("1", "2")))
    assert told == ["f('a b')\\x1b[2J", "  with 1  1", "  with 2  2"]


@pytest.mark.parametrize(
    ("line", "count", "number"),
    [("1", 3, 1), (" 3\n", 3, 3), ("4", 3, None), ("n", 3, 0), ("None", 3, 0), ("0", 3, 0), ("y", 3, None),
     ("", 3, None), ("y", 1, 1), ("YES", 1, 1), ("1", 1, 1), ("no", 1, 0), ("²", 3, None), ("-1", 3, None)],
)  # fmt: skip
def test_answers(line: str, count: int, number: int | None) -> None:
    assert offers.chosen(line, count) == number


def test_keys_and_questions() -> None:
    assert offers.choice_keys(1) == "yn"
    assert offers.choice_keys(3) == "123n"
    assert offers.choice_keys(12) == "123456789n"
    assert offers.question(1, "") == "Apply this patch? y yes · n no"
    assert offers.question(3) == "Apply which one? 1 to 3 · d whole diff · n none"
