"""Imports point one way, importing does nothing, and the core does not pay for libraries that it does not use."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = (
    "flashagent",
    "flashagent.events",
    "flashagent.messages",
    "flashagent.ports",
    "flashagent.errors",
    "flashagent.untrusted",
    "flashagent.settings",
    "flashagent.prompts",
    "flashagent.agent",
    "flashagent.agent.loop",
    "flashagent.agent.session",
    "flashagent.jobs",
    "flashagent.edits",
    "flashagent.models",
    "flashagent.cli.main",
    "flashagent.cli.commands",
)
HEAVY = ("textual", "openai", "git", "tree_sitter", "pexpect", "flashagent_sandbox")
LIGHT_START = (*HEAVY, "pydantic", "asyncio", "argparse", "yaml")

WATCH = """
import json, os, sys
watched, done = json.loads(sys.argv[1]), []
class Watching(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] in ("os", "_collections_abc"):
            frame = frame.f_back
        # Libraries may look for their own variables; we do not when we are only imported.
        if frame.f_globals["__name__"].partition(".")[0] in ("flashagent", "flashagent_sandbox", "guilty"):
            done.append(f"read {name}")
        return super().__getitem__(name)
for name in ("HOME", "XDG_CONFIG_HOME", "MODEL_API_KEY", "OPENAI_API_KEY"):
    assert name in os.environ, name
os.environ.__class__ = Watching
def audit(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        done.append(f"opened {args[0]} for writing")
    if event in ("os.mkdir", "os.remove", "os.rename", "subprocess.Popen", "socket.connect"):
        done.append(f"{event} {args[:1]}")
sys.addaudithook(audit)
sys.dont_write_bytecode = True
for name in watched:
    __import__(name)
print(json.dumps({"done": done, "modules": sorted(sys.modules)}))
"""


def look(modules: tuple[str, ...], folder: Path) -> dict[str, list[str]]:
    """What a fresh interpreter did and loaded when it imported the modules."""
    keys = ("HOME", "XDG_CONFIG_HOME", "MODEL_API_KEY", "OPENAI_API_KEY")
    environ = {"PATH": "", **dict.fromkeys(keys, str(folder))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, json.dumps(modules)],
        capture_output=True, text=True, check=False, cwd=folder, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_core_loads_no_heavy_library(tmp_path: Path) -> None:
    loaded = set(look(CORE, tmp_path)["modules"])
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_does_nothing(tmp_path: Path) -> None:
    assert look(CORE, tmp_path)["done"] == []
    assert list(tmp_path.iterdir()) == []


def test_the_watcher_sees_what_it_should(tmp_path: Path) -> None:
    (tmp_path / "guilty.py").write_text(
        "import os\nos.environ['HOME']\nopen('made', 'w').close()\nos.mkdir('folder')\n", encoding="utf-8"
    )
    assert look(("guilty",), tmp_path)["done"] == [
        "read HOME",
        "opened made for writing",
        "os.mkdir ('folder',)",
    ]


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_start_light(argument: str) -> None:
    program = (
        "import sys, runpy, json, atexit\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        f"sys.argv = ['flashagent', {argument!r}]\n"
        "runpy.run_module('flashagent', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr))
    assert "flashagent" in loaded
    assert [name for name in LIGHT_START if name in loaded] == []
    assert done.stdout.startswith(("flashagent 0", "usage: flashagent"))


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_classes_are_defined_at_no_cost() -> None:
    """The standard library's `dataclass` takes half a millisecond for each of hundreds of classes."""
    # What runs in the project's interpreter or the sandbox knows nothing of ours.
    elsewhere = ("repair/worker/", "verify/reporters/", "diagnose/probes/", "demo_project/")
    top = ROOT / "flashagent"
    guilty = [
        path.relative_to(top).as_posix()
        for path in sorted(top.rglob("*.py"))
        if re.search(r"^from dataclasses import .*\bdataclass\b", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert [one for one in guilty if not one.startswith(elsewhere) and one != "dataclass.py"] == []
