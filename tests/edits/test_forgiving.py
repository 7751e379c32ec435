"""The last rungs: one kept line may be wrong or missing, and what is removed may not."""

from __future__ import annotations

import json

import pytest

from flashagent.edits.reply import ReplyResult, apply_reply

TEXT = """def load(name, default):
    path = folder / name
    if not path.exists():
        return default
    data = path.read_text(encoding="utf-8")
    return parse(data, strict=True)


def save(name, data):
    path = folder / name
    path.write_text(data)
    return None
"""


def applied(old: str, new: str, text: str = TEXT, shown: str | None = None) -> ReplyResult:
    reply = f"a.py\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"
    return apply_reply({"a.py": text}, reply, shown=None if shown is None else {"a.py": shown})


KEPT = '    if not path.exists():\n        return default\n    data = path.read_text(encoding="utf-8")\n'
GONE = "    return parse(data, strict=True)\n"
NEW = "    return parse(data)\n"


@pytest.mark.parametrize(
    "kept",
    [
        KEPT.replace("exists", "is_file"),
        KEPT.replace("        return default\n", ""),
        KEPT.replace('"', "'"),
    ],
)
def test_one_kept_line_may_be_wrong_or_missing_and_the_files_own_stays(kept):
    result = applied(kept + GONE, kept + NEW)
    assert dict(result.files) == {"a.py": TEXT.replace(GONE, NEW)}


def test_blanks_beside_signs_count_for_nothing_outside_strings():
    assert dict(applied("    return parse(data,strict = True)\n", NEW).files) == {
        "a.py": TEXT.replace(GONE, NEW)
    }
    spaced = TEXT.replace('"utf-8"', '"utf - 8"')
    assert not applied(KEPT.split("\n")[2] + "\n", "    data = read(path)\n", spaced).ok


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (KEPT + GONE.replace("True", "False"), KEPT + NEW),  # what is removed differs
        (KEPT.replace("not path", "path").replace("default", "None") + GONE, KEPT + NEW),  # two lines differ
        (
            KEPT.replace("utf-8", "latin-1"),
            KEPT.replace("utf-8", "latin-1") + "    log(data)\n",
        ),  # beside the new line
        (
            "    path = file\n    path.write_text(data)\n",
            "    path = file\n    write(data)\n",
        ),  # too little agrees
    ],
)
def test_more_than_that_is_refused_with_the_nearest_lines(old, new):
    result = applied(old, new)
    assert [refusal.reason for refusal in result.refusals] == ["not_found"]
    assert result.refusals[0].nearest is not None


def test_a_look_alike_place_is_not_taken_for_one_that_changed():
    twin = TEXT.split("\n\n\n")[0].replace("def load", "def reload").replace("path.exists", "path.is_dir")
    changed = TEXT.replace("strict=True", "strict=None")
    assert not applied(KEPT + GONE, KEPT + NEW, changed + "\n\n" + twin + "\n").ok


def test_what_the_model_saw_before_decides_that_it_is_stale():
    old = KEPT + GONE
    result = applied(old, KEPT + NEW, TEXT.replace("path.exists", "path.is_file"), shown=TEXT)
    assert [refusal.reason for refusal in result.refusals] == ["stale"]


def test_texts_that_came_escaped_are_read_as_meant():
    text = "if len(path) < 2 and ok {\n    go()\n}\n"
    block = "<<<<<<< SEARCH\nif len(path) &lt; 2 and ok {\n=======\nif len(path) &lt;= 2 &amp;&amp; ok {\n>>>>>>> REPLACE\n"
    result = apply_reply({"a.txt": text}, f"a.txt\n{block}")
    assert dict(result.files) == {"a.txt": text.replace("< 2 and", "<= 2 &&")}
    edit = {
        "path": "a.py",
        "old": "path.write_text(data)\\n    return None",
        "new": "path.write_text(data)\\n    return 1",
    }
    result = apply_reply({"a.py": TEXT}, json.dumps({"edits": [edit]}))
    assert dict(result.files) == {"a.py": TEXT.replace("return None", "return 1")}


def test_one_escaped_edit_shows_that_all_of_its_reply_came_escaped() -> None:
    files = {"a.py": "x = 1\ny = 2\nz = 3\n"}
    reply = json.dumps(
        {
            "edits": [
                {"path": "a.py", "old": "x = 1\\ny = 2", "new": "x = 1\\ny = 5"},
                {"path": "a.py", "old": "z = 3", "new": "z = 3\\nw = 4"},
            ]
        }
    )
    assert apply_reply(files, reply, format="edit").files == {"a.py": "x = 1\ny = 5\nz = 3\nw = 4\n"}


def test_a_line_end_written_in_a_string_stays_where_nothing_came_escaped() -> None:
    files = {"a.py": "x = 1\nz = 3\n"}
    reply = json.dumps({"edits": [{"path": "a.py", "old": "z = 3", "new": "z = '\\n'"}]})
    assert apply_reply(files, reply, format="edit").files == {"a.py": "x = 1\nz = '\\n'\n"}
