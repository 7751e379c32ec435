"""What a model is told of a failure: `python benchmarks/feedback.py SOURCE... --python ENV/bin/python [--failures 100] [--json]`.

Each SOURCE is an unpacked source distribution of a library whose tests pytest runs. Faults are put into its code one at a time
(an operator, comparison, constant or condition turned round), its suite is run in the sandbox, and each kind of failure that
comes of it is told as a model is told of it. Counted: tokens (estimated), and whether the telling has the culprit line: the line
of the innermost frame in the project's own code. Where that frame is of a test (a wrong value came back, nothing broke), it is
the line of the test that says so. Everything runs in the sandbox; the sources are copied first.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashagent.compose.runner import open_runner
from flashagent.models.tokens import estimate
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.feedback import culprit, describe_group, group
from flashagent.verify.run import Verifier
from flashagent.verify.tamper import is_test_file

MEDIAN, P95, SHARE = 150, 400, 0.95
MOST_OF_ONE = 3  # kinds of failure that one fault may give
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    tokens: int
    has_culprit: bool
    text: str
    project: str


def faults(text: str) -> Iterator[str]:
    """The module with one thing turned round, each place once."""
    for number in range(len(list(_places(ast.parse(text))))):
        tree = ast.parse(text)
        holder, name, index = list(_places(tree))[number]
        value = getattr(holder, name) if index is None else getattr(holder, name)[index]
        turned: ast.AST
        if isinstance(value, ast.Constant):
            turned = ast.Constant(value.value + 1)
        elif isinstance(value, ast.Attribute):
            turned = ast.Attribute(value.value, f"{value.attr}_", value.ctx)
        else:
            turned = SWAPS[type(value)]()
        if index is None:
            setattr(holder, name, turned)
        else:
            getattr(holder, name)[index] = turned
        yield ast.unparse(ast.fix_missing_locations(tree))


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if _turns(value):
                yield node, name, None
            elif isinstance(value, list):
                yield from ((node, name, index) for index, one in enumerate(value) if _turns(one))


def _turns(value: object) -> bool:
    if isinstance(value, ast.Constant):
        return type(value.value) is int
    if isinstance(value, ast.Attribute):
        return isinstance(value.ctx, ast.Load) and value.attr.islower()
    return type(value) in SWAPS


async def tell(source: Path, python: Path, wanted: int, seed: int) -> list[Told]:
    """The tellings of at least `wanted` failures, as far as the faults of the project give them."""
    with tempfile.TemporaryDirectory(prefix="flashagent-feedback-") as scratch:
        root = Path(scratch) / source.name
        shutil.copytree(source, root)
        modules = [
            path
            for path in sorted(root.rglob("*.py"))
            if not is_test_file(path.relative_to(root).as_posix())
            and path.name not in ("setup.py", "conftest.py", "__main__.py")
            and not {"docs", "doc", "examples", "benchmarks"} & set(path.relative_to(root).parts)
        ]
        environment = ProjectEnvironment(
            "virtualenv", python, (str(python.parent), "/usr/bin", "/bin"), {"PYTHONPATH": _import_path(root)},
            (python.parent.parent,),
        )  # fmt: skip
        runner = open_runner(root, {**os.environ, "HOME": scratch})
        verifier = Verifier(runner, environment, root, lambda event: None, timeout_s=60.0)
        check = check_from_text("pytest -q --maxfail=40")
        if not (await verifier.run(check)).counted:
            print(f"{source.name}: its tests cannot be run", file=sys.stderr)
            return []
        chosen = [(path, text) for path in modules for text in _of(path)]
        random.Random(seed).shuffle(chosen)
        found: list[Told] = []
        for path, text in chosen:
            if len(found) >= wanted:
                break
            before = path.read_text(encoding="utf-8")
            path.write_text(text, encoding="utf-8")
            try:
                report = await verifier.run(check)
            finally:
                path.write_text(before, encoding="utf-8")
            groups = group(report.failures)
            found += [_told(one, root, text, path, source.name) for one in groups[:MOST_OF_ONE]]
        return found


def _of(path: Path) -> list[str]:
    try:
        return list(faults(path.read_text(encoding="utf-8")))[:200]
    except (SyntaxError, UnicodeDecodeError):
        return []


def _import_path(root: Path) -> str:
    return os.pathsep.join(str(folder) for folder in (root / "src", root) if folder.is_dir())


def _told(one: object, root: Path, text: str, path: Path, project: str) -> Told:
    from flashagent.verify.feedback import Group

    assert isinstance(one, Group)

    def read(name: str) -> str | None:
        place = root / name
        return text if place == path else place.read_text("utf-8") if place.is_file() else None

    told = describe_group(one, read)
    frame = culprit(one.first)
    has = frame is None or f"{frame.path}:{frame.line}" in told
    return Told(estimate(told), has, told, project)


async def all_of(sources: Sequence[Path], python: Path, failures: int, seed: int) -> list[Told]:
    each = -(-failures // max(1, len(sources)))
    found: list[Told] = []
    for source in sources:
        found += await tell(source, python, each, seed)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--python", type=Path, default=Path(sys.executable))
    parser.add_argument("--failures", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--show", action="store_true", help="print the longest tellings and those without the line"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sources = [path.resolve() for path in options.sources]
    told = asyncio.run(all_of(sources, options.python.absolute(), options.failures, options.seed))
    if not told:
        print("No failure came of it.", file=sys.stderr)
        return 1
    tokens = sorted(one.tokens for one in told)
    figures = {
        "failures": len(told),
        "projects": len({one.project for one in told}),
        "median tokens": statistics.median(tokens),
        "p95 tokens": tokens[min(len(tokens) - 1, int(len(tokens) * 0.95))],
        "most": tokens[-1],
        "culprit line present": round(sum(one.has_culprit for one in told) / len(told), 3),
        "most lines": max(one.text.count("\n") + 1 for one in told),
    }
    print(json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))
    if options.show:
        missing = [one for one in told if not one.has_culprit]
        for one in [*sorted(told, key=lambda one: -one.tokens)[:4], *missing[:4]]:
            print(f"--- {one.project}, {one.tokens} tokens\n{one.text}")
    good = figures["median tokens"] <= MEDIAN and figures["p95 tokens"] <= P95
    return 0 if good and figures["culprit line present"] >= SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
