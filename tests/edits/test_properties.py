"""What holds for any file and any edit: exact edits land, doubtful ones do not, and nothing else changes."""

from __future__ import annotations

import json

from edits.profiles import PROFILE
from hypothesis import assume, given
from hypothesis import strategies as st

from flashagent.edits.elision import is_elision
from flashagent.edits.formats import parse_reply
from flashagent.edits.reply import apply_reply
from flashagent.edits.values import FORMATS, Parsed, Refusal

LINE = st.text(alphabet=st.sampled_from("abcxyz019 =(){}\t.#'\"“é"), max_size=12).map(
    lambda s: s.rstrip(" \t")
)
LINE = LINE.filter(lambda line: not is_elision(line))
LINES = st.lists(LINE, min_size=1, max_size=14)
WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
MARKS = st.sampled_from(
    ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```py", "a.txt", "a.txt::f", "*** Begin Patch", "*** End Patch",
     "*** Update File: a.txt", "*** Add File: b.txt", "@@", "@@ -1,2 +1,2 @@", "--- a/a.txt", "+++ b/a.txt", "+x", "-x", " x",
     '{"edits":[', '{"path":"a.txt","old":"x","new":"y"}', "]}", "<<<<<<< FIRST", "======= LAST 2", "======= NEW", ">>>>>>> END",
     "diff --git a/a.txt b/a.txt", "\\ No newline at end of file", "...", "# ... existing code ..."]
)  # fmt: skip
REPLIES = st.lists(WORDS | MARKS, max_size=20).map("\n".join)


def edit(old: str, new: str, **more: object) -> str:
    return json.dumps({"edits": [{"path": "a.txt", "old": old, "new": new, **more}]})


def sr(old: list[str], new: list[str]) -> str:
    def text(lines: list[str]) -> str:
        return "".join(line + "\n" for line in lines)

    return f"a.txt\n<<<<<<< SEARCH\n{text(old)}=======\n{text(new)}>>>>>>> REPLACE\n"


def parts(draw: st.DrawFn) -> tuple[list[str], list[str], list[str], list[str]]:
    return draw(LINES), draw(LINES), draw(LINES), draw(LINES)


def count_runs(lines: list[str], block: list[str]) -> int:
    return sum(lines[at : at + len(block)] == block for at in range(len(lines) - len(block) + 1))


def joined(lines: list[str], end: str = "\n") -> str:
    return "".join(line + end for line in lines)


@PROFILE
@given(LINES, LINES, LINES, LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_an_exact_unique_edit_lands_exactly(before, old, after, new, end, bom):
    lines = [*before, *old, *after]
    assume(
        joined(lines).count(joined(old)) == 1
        and count_runs(lines, old) == 1
        and old != new
        and any(map(str.strip, old))
    )
    mark = "\ufeff" if bom else ""
    files = {"a.txt": mark + joined(lines, end)}
    result = apply_reply(files, edit(joined(old), joined(new)))
    wanted = mark + joined([*before, *new, *after], end)
    if result.ok:
        assert result.files == {"a.txt": wanted}
    else:
        assert [refusal.reason for refusal in result.refusals] in (["already_applied"], ["no_change"])
        # Only where the inserted text is there already, next to the place, may an exact edit be refused.
        assert wanted == files["a.txt"] or joined(new) in joined(lines)


@PROFILE
@given(LINES, LINES, LINES, LINES)
def test_an_exact_unique_block_lands_exactly(before, old, after, new):
    lines = [*before, *old, *after]
    assume(count_runs(lines, old) == 1 and old != new and any(map(str.strip, old)))
    result = apply_reply({"a.txt": joined(lines)}, sr(old, new))
    if result.ok:
        assert result.files == {"a.txt": joined([*before, *new, *after])}
    else:
        assert [refusal.reason for refusal in result.refusals] == ["already_applied"]
        assert joined(new) in joined(lines)


@PROFILE
@given(LINES, LINES, LINES, LINES, LINES, st.sampled_from(["edit", "sr"]))
def test_a_doubled_target_is_refused(before, old, between, after, new, form):
    assume(any(map(str.strip, old)))
    lines = [*before, *old, *between, *old, *after]
    reply = edit(joined(old), joined(new)) if form == "edit" else sr(old, new)
    result = apply_reply({"a.txt": joined(lines)}, reply)
    assert not result.ok and result.files == {}
    assert result.refusals[0].nearest is not None


@PROFILE
@given(LINES, LINES, st.integers(0, 13), WORDS)
def test_a_patch_is_all_or_nothing(lines, other, at, text):
    at %= len(lines)
    good = {"path": "b.txt", "old": joined(other), "new": joined([*other, "added " + text])}
    bad = {"path": "a.txt", "old": "no such line in there\n", "new": "x\n"}
    files = {"a.txt": joined(lines), "b.txt": joined(other)}
    for edits in ([good, bad], [bad, good]):
        result = apply_reply(files, json.dumps({"edits": edits}))
        assert not result.ok and result.files == {}


@PROFILE
@given(
    LINES,
    st.integers(0, 13),
    WORDS,
    st.lists(st.sampled_from(["\n", "\r\n"]), min_size=14, max_size=14),
    st.booleans(),
)
def test_line_ends_and_other_lines_never_change(lines, at, new, ends, final):
    at %= len(lines)
    new = new.strip() + "!"
    assume(lines[at].strip() and joined(lines).count(lines[at]) == 1 and not new.startswith("."))
    pieces = [line + end for line, end in zip(lines, ends, strict=False)]
    if not final:
        pieces[-1] = lines[-1]
    assume("".join(pieces) and (final or lines[-1]))
    result = apply_reply({"a.txt": "".join(pieces)}, edit(lines[at], new))
    assume(result.ok)
    end = pieces[at][len(lines[at]) :]
    wanted = [*pieces[:at], new + end, *pieces[at + 1 :]]
    got = result.files["a.txt"]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" \t"))]
    assert got in ("".join(wanted), "".join([*pieces[:at], indent + new + end, *pieces[at + 1 :]]))


@PROFILE
@given(REPLIES, st.sampled_from(["auto", *FORMATS]))
def test_parsing_any_text_never_raises(reply, form):
    parsed = parse_reply(reply, form)
    assert isinstance(parsed, (Parsed, Refusal))


@PROFILE
@given(REPLIES, LINES, st.sampled_from(["auto", *FORMATS]))
def test_applying_any_text_never_raises_and_never_writes_when_it_refuses(reply, lines, form):
    files = {"a.txt": joined(lines), "src/b.txt": "one\ntwo\n"}
    result = apply_reply(files, reply, form)
    assert result.ok == (not result.refusals)
    assert result.ok or not result.files
    assert all(files.get(path) != text for path, text in result.files.items())


@PROFILE
@given(LINES, st.integers(1, 6), LINES)
def test_one_shift_of_indentation_is_carried_over(body, width, new):
    body = [line for line in body if line.strip()]
    new = [line for line in new if line.strip()]
    # A single line without indentation may also have lost it alone, which then decides for the lines after it.
    assume(len(body) > 1 and new and body != new)
    least = min(len(line) - len(line.lstrip(" \t")) for line in [*body, *new])
    assume(least == 0 and not any(line.startswith("\t") for line in [*body, *new]))
    shifted = [" " * width + line for line in body]
    assume(
        min(len(line) - len(line.lstrip()) for line in new)
        == 0
        == min(len(line) - len(line.lstrip()) for line in body)
    )
    lines = ["head", *shifted, "tail"]
    assume(
        sum(
            [x.strip() for x in lines][i : i + len(body)] == [x.strip() for x in body]
            for i in range(len(lines))
        )
        == 1
    )
    result = apply_reply({"a.txt": joined(lines)}, sr(body, new))
    if result.ok:
        assert result.files == {"a.txt": joined(["head", *(" " * width + line for line in new), "tail"])}
    else:
        assert result.refusals[0].reason in ("already_applied", "elision", "ambiguous")
