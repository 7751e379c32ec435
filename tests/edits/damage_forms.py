"""Kinds of damage that belong to one format: whole files, new, deleted and renamed ones, anchors, symbols."""

from __future__ import annotations

import json

from edits.damage_indent import indent
from edits.damage_job import Job, Quoted, kind, language, need, pick, text_of, written
from edits.real_edits import patched

from flashagent.edits.elision import is_elision

# --- whole files, symbols, anchors, creations ---------------------------------------------------------------------


@kind("whole file", "must", "whole")
def _whole(job: Job) -> None:
    need(len(job.edit.lines) < 400 and "```" not in job.edit.text)
    need(sum(h.end - h.start for h in job.edit.hunks) < len(job.edit.lines) / 5)
    job.reply = _whole_reply(job, job.edit.after)


def _whole_reply(job: Job, text: str) -> str:
    path = job.path
    head = pick(
        job,
        "whole head",
        f"{path}\n",
        f"### {path}\n\n",
        f"**{path}**\n",
        f"`{path}`:\n\n",
        f"File: `{path}`\n",
    )
    return f"Here is the whole file.\n\n{head}```{language(path)}\n{text}```\n"


@kind("whole file cut off", "reject", "whole")
def _whole_cut(job: Job) -> None:
    need(30 < len(job.edit.lines) < 400 and "```" not in job.edit.text)
    lines = job.edit.after.split("\n")
    shut = "```\n" if job.choose.random() < 0.5 else ""
    job.reply = _whole_reply(job, text_of(lines[: len(lines) * 6 // 10])).removesuffix("```\n") + shut
    job.expected = None


@kind("whole file elided", "reject", "whole")
def _whole_gap(job: Job) -> None:
    need(len(job.edit.lines) > 20 and "```" not in job.edit.text)
    mark = "#" if language(job.path) in ("python", "markdown") else "//"
    words = job.choose.choice(
        ("... existing code ...", "... rest of the file unchanged", "rest of the code remains the same")
    )
    lines = job.edit.after.split("\n")
    job.reply = _whole_reply(job, text_of([*lines[:8], f"{mark} {words}", *lines[-6:]]))
    job.expected = None


@kind("new file", "must", "udiff", "apply_patch", "sr", "edit")
def _new_file(job: Job) -> None:
    text = job.edit.after
    need(len(job.edit.lines) < 300 and "```" not in text and not any(map(is_elision, job.edit.lines)))
    job.path = "made/" + job.path
    job.expected = {job.path: text}
    q = Quoted(tuple(("+", line) for line in text.split("\n")[:-1]), 0)
    if job.form == "udiff":
        lines = [
            "--- /dev/null",
            f"+++ b/{job.path}",
            f"@@ -0,0 +1,{len(q.new)} @@",
            *("+" + line for line in q.new),
        ]
        job.reply = f"```diff\n{text_of(lines)}```\n"
    elif job.form == "apply_patch":
        lines = [
            "*** Begin Patch",
            f"*** Add File: {job.path}",
            *("+" + line for line in q.new),
            "*** End Patch",
        ]
        job.reply = text_of(lines)
    elif job.form == "sr":
        job.reply = f"{job.path}\n```\n<<<<<<< SEARCH\n=======\n{text}>>>>>>> REPLACE\n```\n"
    else:
        job.reply = json.dumps({"edits": [{"path": job.path, "old": "", "new": text}]})


@kind("file deleted", "must", "apply_patch", "udiff")
def _deleted(job: Job) -> None:
    need(len(job.edit.lines) < 300)
    job.expected = {job.edit.path: None}
    if job.form == "apply_patch":
        job.reply = f"*** Begin Patch\n*** Delete File: {job.path}\n*** End Patch\n"
        return
    body = text_of(["-" + line for line in job.edit.lines])
    need("\n```" not in body)
    job.reply = (
        f"diff --git a/{job.path} b/{job.path}\ndeleted file mode 100644\n--- a/{job.path}\n+++ /dev/null\n"
        f"@@ -1,{len(job.edit.lines)} +0,0 @@\n{body}"
    )


@kind("file renamed and changed", "must", "apply_patch", "udiff")
def _renamed(job: Job) -> None:
    target = job.edit.path + ".moved"
    job.expected = {job.edit.path: None, target: job.edit.after}
    if job.form == "apply_patch":
        job.reply = written(job).replace(
            f"Update File: {job.path}\n", f"Update File: {job.path}\n*** Move to: {target}\n"
        )
        return
    job.style["head"] = "bare"
    old, new = f"--- {job.path}\n+++ {job.path}\n", (
        f"diff --git a/{job.path} b/{target}\nsimilarity index 90%\nrename from {job.path}\nrename to {target}\n"
        f"--- a/{job.path}\n+++ b/{target}\n"
    )  # fmt: skip
    job.reply = written(job).replace(old, new)


@kind("anchors", "must", "anchors")
def _anchors(job: Job) -> None:
    need(all(job.edit.lines.count(q.old[0]) == 1 for q in job.quoted))
    job.reply = _anchored(job, 0)


def _anchored(job: Job, off: int) -> str:
    parts = []
    for q in job.quoted:
        need(len(q.old) > 1 and q.old[0].strip() and q.old[-1].strip())
        parts.append(
            f"{job.path}\n<<<<<<< FIRST\n{q.old[0]}\n======= LAST {len(q.old) + off}\n{q.old[-1]}\n======= NEW\n"
            f"{text_of(q.new)}>>>>>>> END\n"
        )
    return "\n".join(parts)


@kind("anchors with a wrong count", "reject", "anchors")
def _anchors_off(job: Job) -> None:
    lines = job.edit.lines
    need(all(lines.count(q.old[0]) == lines.count(q.old[-1]) == 1 for q in job.quoted))
    job.reply, job.expected = _anchored(job, 2), None


@kind("symbol", "must", "symbol")
def _symbol(job: Job) -> None:
    name, start, end = _definition(job)
    hunk = job.edit.hunks[0]
    body = patched(job.edit.lines, job.edit.hunks)[start : end + len(hunk.new) - (hunk.end - hunk.start)]
    if job.choose.random() < 0.4:
        cut = len(indent(body[0]))
        need(all(not line.strip() or indent(line).startswith(indent(body[0])) for line in body))
        body = [line[cut:] for line in body]
    job.reply = f"{job.path}::{name}\n```{language(job.path)}\n{text_of(body)}```\n"


def _definition(job: Job) -> tuple[str, int, int]:
    """The one definition around the only hunk, whose name the change leaves alone."""
    from flashagent.syntax.parse import definitions

    need(len(job.edit.hunks) == 1 and "\n```" not in job.edit.text)
    hunk = job.edit.hunks[0]
    before, after = definitions(job.edit.text, job.edit.path), definitions(job.edit.after, job.edit.path)
    around = [s for s in before if s.start_line - 1 < hunk.start and hunk.end < s.end_line]
    need(around)
    inner = min(around, key=lambda s: s.end_line - s.start_line)
    need(
        sum(s.qualified == inner.qualified for s in before)
        == 1
        == sum(s.qualified == inner.qualified for s in after)
    )
    need(sum(s.qualified.endswith("." + inner.qualified) for s in before) == 0)
    need(not job.edit.lines[inner.start_line - 1].lstrip().startswith(("@", "#", "//", "/*")))
    return inner.qualified, inner.start_line - 1, inner.end_line
