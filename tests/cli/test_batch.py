"""`flashagent batch` from the command line: real repositories, real checks, a model on loopback."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers import batch_project
from helpers.batch_project import CHECK, asked_about, edit, module, renaming
from helpers.e2e_program import Ran, command, flashagent, with_model
from helpers.model_server import Reply, serving
from helpers.workspace_state import git, work_tree_state

pytestmark = pytest.mark.needs("bwrap")

RENAME = ("--instruction", "Rename old to plus in <<{{path}}>>", "--glob", "pkg/m*.py", "--check", CHECK)


def batch(project: tuple[Path, dict[str, str]], *arguments: str, stdin: str = "") -> Ran:
    return flashagent(project[0], project[1], "batch", *arguments, stdin=stdin)


def states(project: tuple[Path, dict[str, str]]) -> dict[str, str]:
    told = json.loads(batch(project, "status", "--json").out)[-1]
    return {item["title"]: item["state"] for item in told["items"]}


def on_branch(root: Path, path: str) -> str:
    branch = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/flashagent").split()[-1]
    return git(root, "show", f"{branch}:{path}")


def store_of(environ: dict[str, str]) -> sqlite3.Connection:
    (path,) = Path(environ["FLASHAGENT_HOME"]).glob("state/**/batch.sqlite")
    return sqlite3.connect(path)


def test_a_rule_makes_a_branch_and_leaves_the_files_alone_until_they_are_applied(tmp_path: Path) -> None:
    project = root, environ = batch_project.make(tmp_path)
    before, fixed = work_tree_state(root), module(3).replace("import sys\n", "")
    ran = batch(project, "run", "--glob", "pkg/m*.py", "--rule", "ruff=F401", "--check", CHECK)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "Done: 4 merged.")
    assert " 0 tokens " in ran.out
    assert work_tree_state(root) == before
    assert on_branch(root, "pkg/m3.py") == fixed
    assert git(root, "log", "--format=%s", "--all", "--no-merges").count("batch: pkg/m") == 4
    shown = batch(project, "show", "3").out
    assert "0003  merged  pkg/m3.py" in shown and "\n-import sys\n" in shown
    assert batch(project, "apply").code == 0
    assert (root / "pkg/m3.py").read_text() == fixed
    assert flashagent(root, environ, "undo").code == 0
    assert work_tree_state(root) == before


def test_a_model_does_each_item_and_the_events_tell_it(tmp_path: Path) -> None:
    project = root, _ = batch_project.make(tmp_path)
    with serving(renaming) as server:
        here = (root, with_model(project[1], server.base_url))
        ran = batch(here, "run", "--json", "--squash", *RENAME)
    assert ran.code == 0, ran.err
    first, *_, last = ran.lines
    assert (first["type"], first["items"], last["type"]) == ("BatchStarted", 4, "BatchFinished")
    assert (last["outcome"], last["merged"], last["check"]) == ("done", 4, CHECK)
    kinds = Counter(line["type"] for line in ran.lines)
    assert (kinds["ItemStarted"], kinds["ItemFinished"], kinds["ItemMerged"]) == (4, 4, 4)
    used = sum(line["usage"]["total_tokens"] if "total_tokens" in line["usage"] else
               line["usage"]["prompt_tokens"] + line["usage"]["completion_tokens"]
               for line in ran.lines if line["type"] == "ItemFinished")  # fmt: skip
    assert used == last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"] > 0
    assert git(root, "rev-list", "--count", f"main..{last['branch']}").strip() == "1"
    assert "return plus(x, 4)" in on_branch(root, "pkg/m4.py")
    prefixes = {json.dumps([body["tools"], body["messages"][0]]) for body in server.bodies}
    assert len(prefixes) == 1  # what a provider caches for one item serves all others


JOB = """\
select: [{glob: 'pkg/m*.py'}, {grep: 'def old'}]
exclude: '*.yaml'
group: file
rule: {python: 'tools/rule.py:plus'}
check: {item: '', final: 'python3 -m unittest'}
commit: {message: 'Rename in {{path}}', branch: renamed}
"""


def test_a_function_of_the_users_own_runs_over_all_files_of_a_job_file(tmp_path: Path) -> None:
    rule = "def plus(text, path):\n    return text.replace('old(', 'plus(')\n"
    project = root, _ = batch_project.make(tmp_path, more={"tools/rule.py": rule, "job.yaml": JOB})
    assert batch(project, "plan", "job.yaml").out.splitlines()[-1] == "4 items, 312 bytes; no model is asked"
    assert batch(project, "run", "job.yaml").code == 0
    assert sorted(git(root, "log", "--format=%s", "main..renamed").split("\n")[:-1]) == [
        f"Rename in pkg/m{number}.py" for number in (1, 2, 3, 4)
    ]
    assert "def plus(a, b)" in git(root, "show", "renamed:pkg/m2.py")
    again = batch(project, "run", "job.yaml")
    assert again.code == 2 and "The branch renamed exists already." in again.err


def test_a_rule_may_not_write(tmp_path: Path) -> None:
    rule = f"def bad(text, path):\n    open({str(tmp_path / 'escaped')!r}, 'w').write('x')\n    return text\n"
    project = batch_project.make(tmp_path, modules=2, more={"rule.py": rule})
    ran = batch(project, "run", "--glob", "pkg/m*.py", "--rule", "python=rule.py:bad", "--check", CHECK)
    assert ran.out.splitlines()[0] in ("Failed: 2 failed.", "Nothing: 2 unchanged.")
    assert not (tmp_path / "escaped").exists()


def test_a_rule_that_breaks_what_it_touches_is_a_failure_of_the_batch(tmp_path: Path) -> None:
    project = batch_project.make(tmp_path, modules=2)
    ran = batch(
        project, "run", "--glob", "pkg/m*.py", "--rule", "regex=\\Z", "--replace", "gone(", "--check", CHECK
    )
    assert (ran.code, ran.out.splitlines()[0]) == (1, "Failed: 2 failed.")


def test_a_pattern_rewrites_code_whatever_its_layout(tmp_path: Path) -> None:
    project = root, _ = batch_project.make(
        tmp_path, more={"pkg/m1.py": module(1).replace("x, 1", "x,\n        1")}
    )
    ran = batch(
        project, "run", "--glob", "pkg/m*.py", "--rule", "pattern=old($A, $B)", "--replace", "old($B, $A)",
        "--check", CHECK,
    )  # fmt: skip
    assert ran.code == 0, ran.out + ran.err
    assert "return old(1, x)" in on_branch(root, "pkg/m1.py")


def test_changed_files_and_a_red_check_are_refused(tmp_path: Path) -> None:
    project = root, _ = batch_project.make(tmp_path, modules=2)
    rule = ("--glob", "pkg/m*.py", "--rule", "regex=sys", "--replace", "os")
    red = batch(project, "run", *rule, "--check", "false")
    assert red.code == 2 and "The check `false` fails before the batch began." in red.err
    (root / "pkg/m1.py").write_text("changed = True\n")
    dirty = batch(project, "run", *rule, "--check", CHECK)
    assert dirty.code == 2 and "files are changed that no commit holds" in dirty.err
    assert git(root, "branch", "--list", "flashagent/*") == ""
    assert (root / "pkg/m1.py").read_text() == "changed = True\n"


def test_items_that_break_the_final_check_are_found_and_left_out(tmp_path: Path) -> None:
    job = "select: 'pkg/m*.py'\nrule: {regex: 'a \\+ b', replace: 'a - b'}\ncheck: {item: '', final: 'python3 -m unittest'}\n"
    project = root, _ = batch_project.make(tmp_path, modules=6)
    ran = batch(project, "run", "-", stdin=job)
    assert ran.code == 1
    assert states(project) == {
        "pkg/m1.py": "broke", "pkg/m2.py": "broke", **{f"pkg/m{number}.py": "merged" for number in (3, 4, 5, 6)},
    }  # fmt: skip
    assert on_branch(root, "pkg/m1.py") == module(1)
    assert "a - b" in on_branch(root, "pkg/m6.py")


SHARED = "LIMIT = 1\n\n\ndef first():\n    return LIMIT\n\n\ndef second():\n    return LIMIT\n"


def _limits(body: dict[str, Any]) -> Reply:
    """Both items raise the same line; the one that comes later does it on top of the other."""
    name, said = asked_about(body), str(body["messages"])
    if body["messages"][-1]["role"] == "tool" and "LIMIT" not in str(body["messages"][-1]["content"]):
        return Reply("Raised.")
    if "LIMIT = 1" in said:
        done = sum(message["role"] == "assistant" for message in body["messages"])
        more = {"first": "10", "second": "100"}[name]
        return Reply("Raised.") if done else edit("pkg/shared.py", "LIMIT = 1", f"LIMIT = 1 + {more}")
    return Reply("Nothing to do.")


def test_two_items_that_change_the_same_line_end_as_one_of_them_on_top_of_the_other(tmp_path: Path) -> None:
    project = root, _ = batch_project.make(tmp_path, more={"pkg/shared.py": SHARED})
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> Reply:
        asked.append(asked_about(body))
        return _limits(body)

    with serving(answer) as server:
        here = (root, with_model(project[1], server.base_url))
        ran = batch(
            here, "run", "--instruction", "Raise the limit for <<{{symbol}}>>", "--symbol", "first",
            "--symbol", "second", "--group", "symbol", "--check", CHECK,
        )  # fmt: skip
    assert "1 item is done again on top of the others" in ran.err
    assert ran.out.startswith("Done: 2 merged.")
    assert on_branch(root, "pkg/shared.py").splitlines()[0] == "LIMIT = 1 + 100 + 10"
    assert "LIMIT = 1 + 10" in str(server.bodies[-2]["messages"][1])


def test_killed_at_any_moment_it_goes_on_and_asks_nothing_twice_for_a_finished_item(tmp_path: Path) -> None:
    contents = set()
    for moment in (2, 5, 9):
        folder = tmp_path / str(moment)
        folder.mkdir()
        contents.add(_killed_and_resumed(folder, moment))
    assert len(contents) == 1


def _killed_and_resumed(folder: Path, moment: int) -> str:
    root, environ = batch_project.make(folder, modules=6)
    asked: list[str] = []
    running: list[subprocess.Popen[str]] = []
    started = threading.Event()

    def answer(body: dict[str, Any]) -> Reply:
        asked.append(asked_about(body))
        if len(asked) == moment:
            started.wait()
            running[0].kill()
            running[0].wait()
        return renaming(body)

    with serving(answer) as server:
        here = (root, with_model(environ, server.base_url))
        program = command("batch", "run", "--jobs", "2", *RENAME)
        running.append(
            subprocess.Popen(
                program,
                cwd=root,
                env=here[1],
                text=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        started.set()
        assert running[0].wait() == -signal.SIGKILL
        with store_of(environ) as found:
            finished = {
                title for title, state in found.execute("SELECT title, state FROM items") if state == "done"
            }
        before = len(asked)
        assert batch(here, "resume").code == 0
    assert not finished & set(asked[before:])
    assert set(states(here).values()) == {"merged"}
    branch = git(root, "for-each-ref", "--format=%(refname)", "refs/heads/flashagent").strip()
    return git(root, "rev-parse", f"{branch}^{{tree}}")


def test_ctrl_c_ends_in_order_and_the_batch_goes_on_later(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=4)
    running: list[subprocess.Popen[str]] = []
    started = threading.Event()

    def answer(body: dict[str, Any]) -> Reply:
        if asked_about(body) == "pkg/m3.py" and running[0].poll() is None and not stopped:
            started.wait()
            stopped.append(True)
            running[0].send_signal(signal.SIGINT)
            return Reply(fault="silent")
        return renaming(body)

    stopped: list[bool] = []
    with serving(answer) as server:
        here = (root, with_model(environ, server.base_url))
        program = command("batch", "run", "--json", "--jobs", "1", *RENAME)
        running.append(subprocess.Popen(program, cwd=root, env=here[1], text=True, stdout=subprocess.PIPE))
        started.set()
        out, _ = running[0].communicate()
        last = json.loads(out.splitlines()[-1])
        assert (running[0].returncode, last["outcome"], last["left"]) == (130, "interrupted", 2)
        assert batch(here, "resume").out.startswith("Done: 4 merged.")


def test_what_the_user_saves_during_a_batch_is_in_no_item(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=3)

    def answer(body: dict[str, Any]) -> Reply:
        (root / "pkg/m1.py").write_text("def f(x):\n    return 0\n")  # the check would be red with it
        (root / "pkg/m3.py").write_text("saved = True\n")
        return renaming(body)

    with serving(answer) as server:
        here = (root, with_model(environ, server.base_url))
        ran = batch(here, "run", "--jobs", "2", *RENAME)
    assert ran.out.startswith("Done: 3 merged."), ran.out + ran.err
    assert on_branch(root, "pkg/m3.py") == module(3).replace("old", "plus")
    assert (root / "pkg/m3.py").read_text() == "saved = True\n"


def test_a_batch_that_runs_is_not_given_up_under_it(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    aborted: list[Ran] = []

    def answer(body: dict[str, Any]) -> Reply:
        if not aborted:
            aborted.append(flashagent(root, environ, "batch", "abort"))
        return renaming(body)

    with serving(answer) as server:
        here = (root, with_model(environ, server.base_url))
        assert batch(here, "run", *RENAME).code == 0
    assert aborted[0].code == 2 and "works in the batch" in aborted[0].err
    assert batch(here, "abort").code == 0
    assert "was aborted" in batch(here, "resume").err


def test_the_schema_is_printed_and_a_mistake_in_a_job_file_names_line_and_key(tmp_path: Path) -> None:
    project = batch_project.make(tmp_path, modules=2)
    assert json.loads(batch(project, "schema").out)["title"] == "flashagent batch job"
    ran = batch(project, "plan", "-", stdin="select: '*.py'\ninstrution: x\n")
    assert ran.code == 2
    assert "line 2: there is no key 'instrution'" in ran.err and "Did you mean `instruction`?" in ran.err
