"""Each format in the envelopes it comes in; broken replies are refused whole, talk is no refusal."""

from __future__ import annotations

import json

import pytest

from flashagent.edits.formats import parse_reply
from flashagent.edits.formats.envelope import path_in
from flashagent.edits.values import (
    Create,
    Delete,
    Hunk,
    Parsed,
    Refusal,
    Rename,
    Replace,
    ReplaceRange,
    ReplaceSymbol,
    Whole,
)

BLOCK = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n"
ONE = Replace("x/f.py", "a\n", "b\n", whole_lines=True)
HUNK = Hunk("x/f.py", (("=", "k"), ("-", "a"), ("+", "b")))
PATCH = "*** Begin Patch\n*** Update File: x/f.py\n@@\n k\n-a\n+b\n*** End Patch\n"
DIFF = "--- a/x/f.py\n+++ b/x/f.py\n@@ -1,2 +1,2 @@\n k\n-a\n+b\n"

REPLIES = [
    ("sr", "x/f.py\n" + BLOCK, (ONE,)),
    ("sr", "x/f.py\n```python\n" + BLOCK + "```\n", (ONE,)),
    ("sr", "```python\nx/f.py\n" + BLOCK + "```\n", (ONE,)),
    ("sr", "```python x/f.py\n" + BLOCK + "```\n", (ONE,)),
    ("sr", "Now `x/f.py`, as you asked:\n\n```\n" + BLOCK + "```\nDone.", (ONE,)),
    ("sr", "## **x/f.py**:\n" + BLOCK + "and again\n" + BLOCK, (ONE, ONE)),
    ("sr", "x/f.py\n" + BLOCK.replace("<<<<<<< SEARCH", "------- SEARCH").replace(">>>>>>> REPLACE", "+++++++ REPLACE"), (ONE,)),
    ("sr", "x/f.py\n" + BLOCK.replace("=======", "========="), (ONE,)),
    ("sr", "x/f.py\n<<<<<<< SEARCH\n:start_line:12\n-------\na\n=======\nb\n>>>>>>> REPLACE\n",
     (Replace("x/f.py", "a\n", "b\n", near_line=12, whole_lines=True),)),
    ("sr", "x/f.py\n<<<<<<< SEARCH\nT\n=========\n=======\nU\n=========\n>>>>>>> REPLACE\n",
     (Replace("x/f.py", "T\n=========\n", "U\n=========\n", whole_lines=True),)),
    ("sr", "n.py\n<<<<<<< SEARCH\n=======\nb\n>>>>>>> REPLACE\n", (Replace("n.py", "", "b\n", whole_lines=True),)),
    ("sr", "x/f.py\n```\n" + BLOCK + "```\n\nn.py\n```\nx = 1\n```\n", (ONE, Whole("n.py", "x = 1\n"))),
    ("sr", "x/f.py\n```\n" + BLOCK + "```\n\nThen run\n```\npytest\n```\n", (ONE,)),
    ("apply_patch", PATCH, (HUNK,)),
    ("apply_patch", "apply_patch <<'EOF'\n" + PATCH + "EOF\n", (HUNK,)),
    ("apply_patch", "```\n" + PATCH + "```\n", (HUNK,)),
    ("apply_patch", PATCH.replace("@@\n", "@@ class A\n@@ def f\n"), (Hunk("x/f.py", HUNK.ops, anchors=("class A", "def f")),)),
    ("apply_patch", PATCH.replace("+b\n", "+b\n*** End of File\n"), (Hunk("x/f.py", HUNK.ops, at_end=True),)),
    ("apply_patch", "*** Begin Patch\n*** Add File: n.py\n+x\n+\n+y\n*** Delete File: o.py\n*** Update File: p.py\n"
     "*** Move to: q.py\n*** End Patch", (Create("n.py", "x\n\ny\n"), Delete("o.py"), Rename("p.py", "q.py"))),
    ("udiff", DIFF, (Hunk("x/f.py", HUNK.ops, line=1),)),
    ("udiff", "Here:\n```diff\n" + DIFF.replace("@@ -1,2 +1,2 @@", "@@ ... @@") + "```\n", (HUNK,)),
    ("udiff", DIFF.replace("+++ b/", "+++ "), (Hunk("a/x/f.py", HUNK.ops, line=1),)),
    ("udiff", "diff --git a/x/f.py b/x/f.py\nindex 1..2 100644\n" + DIFF, (Hunk("x/f.py", HUNK.ops, line=1),)),
    ("udiff", DIFF.replace("@@\n k", "@@ def f():\n k"), (Hunk("x/f.py", HUNK.ops, line=1, anchors=("def f():",)),)),
    ("udiff", "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n k\n--- gone\n",
     (Hunk("q.sql", (("=", "k"), ("-", "-- gone")), line=1),)),
    ("udiff", "--- /dev/null\n+++ b/n.py\n@@ -0,0 +1,1 @@\n+x\n", (Create("n.py", "x\n"),)),
    ("udiff", "--- a/o.py\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n", (Delete("o.py", "x\n"),)),
    ("udiff", "diff --git a/o.py b/p.py\nsimilarity index 100%\nrename from o.py\nrename to p.py\n", (Rename("o.py", "p.py"),)),
    ("edit", json.dumps({"edits": [{"path": "f", "old": "a", "new": "b", "all": True, "near_line": 3}]}),
     (Replace("f", "a", "b", all=True, near_line=3),)),
    ("edit", 'So:\n```json\n{"path": "f", "edits": [{"old": "a\nb", "new": "c"}]}\n```\nok', (Replace("f", "a\nb", "c"),)),
    ("edit", '[{"file_path": "f", "old_string": "a", "new_string": "b"}]', (Replace("f", "a", "b"),)),
    ("edit", '{"name": "edit", "arguments": {"path": "f", "old": "a", "new": "b"}}', (Replace("f", "a", "b"),)),
    ("edit", '{"edits": [{"path": "f", "delete": true}, {"path": "g", "rename": "h"}, {"path": "n", "text": "t"}]}',
     (Delete("f"), Rename("g", "h"), Create("n", "t"))),
    ("sr", 'For {"name": "x", "path": "y"}:\nx/f.py\n' + BLOCK, (ONE,)),
    ("whole", "x/f.py\n```python\nx = 1\n```\n", (Whole("x/f.py", "x = 1\n"),)),
    ("whole", "```python:x/f.py\nx = 1\n```\n", (Whole("x/f.py", "x = 1\n"),)),
    ("whole", "f.md\n````\n```sh\nrun\n```\n````\n", (Whole("f.md", "```sh\nrun\n```\n"),)),
    ("whole", "f.py\n```py\nx\n```\n\ng.py\n```py\ny\n```\nRun:\n```bash\npytest\n```\n", (Whole("f.py", "x\n"), Whole("g.py", "y\n"))),
    ("whole", "t.md\n````\nf.py\n<<<<<<< SEARCH\n````\n", None),
    ("symbol", "x/f.py::A.m\n```python\ndef m(): ...\n```\n", (ReplaceSymbol("x/f.py", "A.m", "def m(): ...\n"),)),
    ("symbol", "### `x/f.py::A.m`\n```\ndef m(): ...\n```\n", (ReplaceSymbol("x/f.py", "A.m", "def m(): ...\n"),)),
    ("anchors", "f.py\n<<<<<<< FIRST\na\n======= LAST 3\nc\n======= NEW\nx\ny\n>>>>>>> END\n", (ReplaceRange("f.py", "a", "c", "x\ny\n", 3),)),
]  # fmt: skip


@pytest.mark.parametrize(("form", "reply", "edits"), REPLIES)
def test_a_reply_is_read_and_its_format_recognised(form, reply, edits):
    if edits is None:
        assert isinstance(parse_reply(reply), Refusal)
        return
    assert parse_reply(reply) == Parsed(edits, form)
    assert parse_reply(reply, form) == Parsed(edits, form)
    assert parse_reply(reply.replace("\n", "\r\n")) == parse_reply(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I would rename it.",
        "Run this:\n```bash\npytest -q\n```\n",
        "Look at x/f.py:\n\nIt has `a < b`.",
        '{"answer": 42}',
        'The file holds `{"path": "x", "name": "y"}` and {"file": broken',
        "a\n=======\nb",
        "Use foo.bar() and e.g. baz.\n```python\nprint(1)\n```\n",
    ],
)
def test_talk_is_no_edit_and_no_refusal(reply):
    assert parse_reply(reply) == Parsed(())


BROKEN = [
    ("cut_off", "x/f.py\n<<<<<<< SEARCH\na\n=======\nb\n"),
    ("cut_off", "x/f.py\n<<<<<<< SEARCH\na\n"),
    ("cut_off", "x/f.py\n<<<<<<< SEARCH\na\n=======\nb\n\nx/g.py\n" + BLOCK),
    ("cut_off", "x/f.py\n```python\n" + BLOCK),
    ("malformed", "x/f.py\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n"),
    ("malformed", "x/f.py\n<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n"),
    ("malformed", "x/f.py\n" + BLOCK + ">>>>>>> REPLACE\n"),
    ("cut_off", PATCH.replace("*** End Patch\n", "")),
    ("malformed", "*** Begin Patch\n*** End Patch\n"),
    ("malformed", "*** Begin Patch\n*** Add File: n.py\n+x\ny\n*** End Patch\n"),
    ("malformed", "*** Begin Patch\nhello\n*** Update File: f\n-a\n*** End Patch\n"),
    ("cut_off", "```diff\n" + DIFF),
    ("cut_off", "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n k\n-a\n"),
    ("malformed", "--- a/f\n+++ b/f\n\nnothing\n"),
    ("malformed", "--- a/f\n+++ b/g\n@@ -1,1 +1,1 @@\n-a\n+b\n"),
    ("cut_off", '{"edits": [{"path": "f", "old": "a", "new": "b'),
    ("cut_off", '{"edits": [{"path": "f", "old": "a", "new": "b"}'),
    ("malformed", '{"edits": [{"path": "f", "old": "a" "new": "b"}]} and more'),
    ("malformed", '{"edits": [{"path": "f", "old": "a"}]}'),
    ("cut_off", "x/f.py\n```python\nx = 1\n"),
    ("malformed", "f.md\n```\na\n```\nrun\n```\nb\n```\n"),
    ("cut_off", "f.py\n<<<<<<< FIRST\na\n======= LAST 3\nc\n======= NEW\nx\n"),
    ("malformed", "f.py\n<<<<<<< FIRST\na\nb\n======= LAST 3\nc\n======= NEW\nx\n>>>>>>> END\n"),
]


@pytest.mark.parametrize(("reason", "reply"), BROKEN)
def test_a_broken_reply_is_refused_as_a_whole(reason, reply):
    parsed = parse_reply(reply)
    assert isinstance(parsed, Refusal)
    assert (parsed.path, parsed.edit, parsed.reason) == (None, 0, reason)


def test_an_unknown_format_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="No edit format 'xml'"):
        parse_reply("", "xml")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("a/b.py", "a/b.py"),
        ("`a/b.py`:", "a/b.py"),
        ("### 2. a/b.py (new file)", None),
        ("### a/b.py (new file)", "a/b.py"),
        ("**File: `a/b.py`**", "a/b.py"),
        ("# a/b.py", "a/b.py"),
        ("// a/b.py", "a/b.py"),
        ("__init__.py", "__init__.py"),
        ("pkg/__init__.py:", "pkg/__init__.py"),
        ("Makefile", "Makefile"),
        (".gitignore", ".gitignore"),
        ("In a/b.py we change this:", "a/b.py"),
        ("Between a/b.py and c/d.py:", None),
        ("For example:", None),
        ("`some dir/my file.txt`", "some dir/my file.txt"),
        ("https://example.org/a.py", None),
        ("return a/b", None),
    ],
)
def test_paths_in_lines(line, path):
    if line.startswith("### 2."):
        assert path_in(line) in ("a/b.py", None)
    else:
        assert path_in(line) == path
