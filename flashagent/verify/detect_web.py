"""The checks of a JavaScript or TypeScript project: the scripts of package.json with its own package manager, else the runner
that its files name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from flashagent.verify import detect_files as files
from flashagent.verify.commands import Check, CheckKind
from flashagent.verify.environment import ProjectEnvironment

_LOCKS = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("package-lock.json", "npm"))
_NODE_TEST = re.compile(r"(?:.*[._-])?test\.[cm]?[jt]s|test-.*\.[cm]?js")
_NO_TEST_SCRIPT = "no test specified"
_SCRIPTS: tuple[tuple[CheckKind, tuple[str, ...]], ...] = (
    ("types", ("typecheck", "type-check", "check-types", "types:check", "tsc", "check:types")),
    ("lint", ("lint", "eslint")),
    ("build", ("build",)),
)
# Runners that are known by a file of theirs, or as a dependency.
_RUNNERS = (
    ("vitest", re.compile(r"vitest\.config\.[cm]?[jt]s"), ("npx", "vitest", "run")),
    ("jest", re.compile(r"jest\.config\.(?:[cm]?[jt]s|json)"), ("npx", "jest")),
    ("mocha", re.compile(r"\.mocharc\.(?:[cm]?js|json|jsonc|ya?ml)"), ("npx", "mocha")),
)


def checks(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    """Tests first, then types, style and build."""
    package = files.package_json(root)
    if package is None:
        return
    scripts = package.get("scripts")
    scripts = (
        {name: text for name, text in scripts.items() if isinstance(text, str)}
        if isinstance(scripts, dict)
        else {}
    )
    manager = _manager(root, package)
    if (tests := _tests(root, package, scripts, manager)) is not None:
        yield tests
    found: set[CheckKind] = set()
    for kind, names in _SCRIPTS:
        if name := next((name for name in names if scripts.get(name, "").strip()), ""):
            found.add(kind)
            yield Check(
                f"{manager} run {name}",
                (manager, "run", name),
                kind=kind,
                why=f"package.json has the script {name}: {scripts[name].strip()}",
            )
    if (
        "types" not in found
        and (root / "tsconfig.json").is_file()
        and (root / "node_modules/.bin/tsc").exists()
    ):
        yield Check(
            "tsc", ("npx", "tsc", "--noEmit"), kind="types", why="tsconfig.json, and tsc is installed"
        )


def _manager(root: Path, package: Mapping[str, object]) -> str:
    """The manager that the package names, else the one whose lock file is there, in a workspace above as well."""
    named = str(package.get("packageManager", "")).partition("@")[0]
    if named in ("npm", "pnpm", "yarn"):
        return named
    for folder in (root, *root.parents[:3]):
        for lock, tool in _LOCKS:
            if (folder / lock).is_file():
                return tool
        if (folder / ".git").exists():
            break
    return "npm"


def _tests(
    root: Path, package: Mapping[str, object], scripts: Mapping[str, str], manager: str
) -> Check | None:
    script = scripts.get("test", "").strip()
    if script and _NO_TEST_SCRIPT not in script:
        return Check(
            f"{manager} test", (manager, "test"), "generic", why=f"package.json has a test script: {script}"
        )
    for name in ("test:unit", "tests", "unit", "test:node"):
        if scripts.get(name, "").strip():
            return Check(
                f"{manager} run {name}",
                (manager, "run", name),
                why=f"package.json has the script {name}: {scripts[name].strip()}",
            )
    return _by_runner(root, package) or _node_check(root)


def _by_runner(root: Path, package: Mapping[str, object]) -> Check | None:
    names = [entry.name for entry in root.iterdir()]
    dependencies = {
        str(one)
        for key in ("devDependencies", "dependencies")
        if isinstance(got := package.get(key), dict)
        for one in got
    }
    for runner, configuration, argv in _RUNNERS:
        named = next((name for name in names if configuration.fullmatch(name)), "")
        if named or runner in package or runner in dependencies:
            why = named or f"package.json names {runner}"
            return Check(" ".join(argv[1:]), argv, why=f"{why}, and there is no test script")
    return None


def _node_check(root: Path) -> Check | None:
    """Node's own runner, where the package names no other and a test imports it."""
    for path in files.files_named(root, _NODE_TEST):
        if "node:test" in files.read(path):
            why = f"{files.relative(path, root)} uses node:test and package.json has no test script"
            return Check("node --test", ("node", "--test"), "generic", why=why)
    return None


def has_dependencies(root: Path) -> bool:
    """Whether package.json names any package that must be installed."""
    package = files.package_json(root) or {}
    return any(package.get(key) for key in ("dependencies", "devDependencies"))
