"""The wheel holds our two packages with all their data, and works without the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked, as an installer lays it out."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_only_our_two_packages_are_on_top(wheel: Path) -> None:
    tops = {PurePosixPath(name).parts[0] for name in names_in(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"flashagent", "flashagent_sandbox"}


def test_every_data_file_ships(wheel: Path) -> None:
    """All that git would track beside code: queries, profiles, prompts, prices, the demonstration."""
    expected = {
        path.relative_to(base).as_posix()
        for base, package in ((ROOT, "flashagent"), (ROOT / "sandbox", "flashagent_sandbox"))
        for path in (base / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {
        f"flashagent/_prompts/{path.relative_to(ROOT / 'prompts').as_posix()}"
        for path in (ROOT / "prompts").rglob("*.md")
    }
    kinds = {PurePosixPath(name).suffix for name in expected}
    assert {".py", ".md", ".scm", ".toml", ".txt", ".typed"} <= kinds
    assert expected - names_in(wheel) == set()


def test_no_foreign_file_ships(wheel: Path) -> None:
    kinds = {PurePosixPath(name).suffix for name in names_in(wheel)}
    assert kinds & {".pyc", ".env", ".log", ".orig", ".rej"} == set()


def run_installed(installed: Path, program: str) -> str:
    """A program that sees the unpacked wheel and our dependencies, and not the checkout."""
    site = Path(pytest.__file__).resolve().parent.parent
    start = (
        "import sys\n"
        # No site module: the checkout's editable install would otherwise be found first.
        f"sys.path[:] = [{str(installed)!r}] + [p for p in sys.path if p] + [{str(site)!r}]\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + program],
        capture_output=True,
        text=True,
        check=False,
        cwd=installed,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_runs_from_the_wheel_alone(installed: Path) -> None:
    out = run_installed(
        installed,
        "import flashagent, flashagent_sandbox, runpy\n"
        f"for m in (flashagent, flashagent_sandbox): assert m.__file__.startswith({str(installed)!r}), m.__file__\n"
        "sys.argv = ['flashagent', '--version']\n"
        "runpy.run_module('flashagent', run_name='__main__')\n",
    )
    assert out == f"flashagent {version()}\n"


def test_prompts_queries_profiles_and_the_demonstration_are_found(installed: Path, tmp_path: Path) -> None:
    out = run_installed(
        installed,
        "from pathlib import Path\n"
        "from flashagent import prompts\n"
        "from flashagent.demo_project import write_files\n"
        "from flashagent.syntax.parse import definitions\n"
        "import flashagent_sandbox\n"
        "assert prompts.load('system').where.endswith('flashagent/_prompts/system.md')\n"
        "print([s.name for s in definitions('def f(): pass', 'a.py')])\n"
        f"print(len(write_files(Path({str(tmp_path)!r}))))\n"
        "from flashagent_sandbox import load_profile\n"
        f"load_profile('default', root=Path({str(tmp_path)!r}))\n",
    )
    assert out == "['f']\n13\n"


def test_the_versions_agree(wheel: Path) -> None:
    assert wheel.name == f"flashagent-{version()}-py3-none-any.whl"


def version() -> str:
    import flashagent

    return flashagent.__version__
