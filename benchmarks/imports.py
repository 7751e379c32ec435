"""How many imports the map resolves as the language's own tools do: Python's import system, TypeScript, go list, rustc.

    imports.py python|go|rust|typescript TREE [--typescript FOLDER] [--show N] [--json]

An edge is one import (Python, TypeScript), one imported package of a package's folder (Go), or one module file (Rust,
against the dep-info of every target that `cargo metadata` names). rustc tells the modules of one configuration; where the
map has more of them, it is asked again with the conditions that the manifests declare, and a module of any one of these
configurations counts. Only edges to files of the tree count; an edge is right when both sides say the same file, and wrong
when one side alone has it. Nothing of the tree is executed: Python's finder is asked level by level without importing, and
no dependency is fetched. `--typescript` is a folder whose node_modules holds TypeScript.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from flashagent.repomap.imports import Imports, Project, is_config
from flashagent.repomap.paths import Paths
from flashagent.syntax.parse import Import, imports, language_for
from flashagent.workspace.files import walk

Edges = set[tuple[str, str, str]]
_DECLARED = re.compile(r"[\"']cfg\((\w+)\)[\"']")
_SCRIPT = """
const ts = require('typescript'), fs = require('fs'), path = require('path');
const [root, list] = process.argv.slice(2);
const configs = new Map();
const optionsOf = (folder) => {
  if (!configs.has(folder)) {
    const file = ts.findConfigFile(folder, ts.sys.fileExists);
    let options = {};
    if (file && file.startsWith(root)) {
      const read = ts.readConfigFile(file, ts.sys.readFile);
      options = ts.parseJsonConfigFileContent(read.config || {}, { ...ts.sys, readDirectory: () => [] }, path.dirname(file)).options;
    }
    configs.set(folder, { moduleResolution: ts.ModuleResolutionKind.NodeNext, module: ts.ModuleKind.NodeNext, ...options, allowJs: true, resolveJsonModule: false });
  }
  return configs.get(folder);
};
for (const name of JSON.parse(fs.readFileSync(list, 'utf8'))) {
  const file = path.join(root, name), text = fs.readFileSync(file, 'utf8'), options = optionsOf(path.dirname(file));
  for (const one of ts.preProcessFile(text, true, true).importedFiles) {
    const found = ts.resolveModuleName(one.fileName, file, options, ts.sys).resolvedModule;
    const target = found && path.relative(root, ts.sys.realpath(found.resolvedFileName));
    console.log(JSON.stringify([name, one.fileName, target && !target.startsWith('..') && !target.includes('node_modules') ? target : '']));
  }
}
"""


def ours(root: Path, files: list[str]) -> tuple[Imports, dict[str, tuple[Import, ...]]]:
    sources = [path for path in files if language_for(path)]
    configs = [path for path in files if is_config(path) and "node_modules/" not in path]
    resolver = Imports(
        Project(Paths(sources), configs, lambda path: (root / path).read_text("utf-8", "replace"))
    )
    return resolver, {p: imports((root / p).read_bytes().decode("utf-8", "replace"), p) for p in sources}


def python(root: Path, files: list[str]) -> tuple[Edges, Edges]:
    resolver, found = ours(root, files)
    known = set(files)
    truth: Edges = set()
    mine: Edges = set()
    for path, written in found.items():
        if not path.endswith(".py"):
            continue
        for one in written:
            names = tuple(name for name in one.names if name != "*")
            mine |= {(path, one.module, hit) for hit in resolver.targets(path, one.module, names)}
            truth |= {
                (path, one.module, hit)
                for hit in _python_truth(root, path, one.module, names)
                if hit in known and hit != path
            }
    return truth, mine


def _python_truth(root: Path, path: str, module: str, names: tuple[str, ...]) -> list[str]:
    """What the path finder finds, from the folder that pytest would put on the path, the projects around, their src and lib."""
    folder = (root / path).parent
    own = folder
    while (own / "__init__.py").exists() and own != root:
        own = own.parent
    dots = len(module) - len(module.lstrip("."))
    parts = [part for part in module[dots:].split(".") if part]
    if dots:
        for _ in range(dots - 1):
            folder = folder.parent
        where, hits = [str(folder)], ([] if parts else [str(folder / "__init__.py")])
    else:
        projects = [
            one
            for one in (root / path).parents
            if (one / "pyproject.toml").exists() or (one / "setup.py").exists()
        ]
        where = [str(one) for one in (own, *projects, root)] + [
            str(one / sub) for one in (*projects, root) for sub in ("src", "lib")
        ]
        hits = []
    for number, part in enumerate(parts):
        spec = PathFinder.find_spec(part, where)
        if spec is None:
            return []
        where = list(spec.submodule_search_locations or [])
        if number == len(parts) - 1 and spec.origin:
            hits.append(spec.origin)
    for name in names:
        spec = PathFinder.find_spec(name, where) if where else None
        if spec is not None and spec.origin:
            hits.append(spec.origin)
    return [os.path.relpath(hit, root) for hit in hits if os.path.exists(hit)]


def go(root: Path, files: list[str]) -> tuple[Edges, Edges]:
    resolver, found = ours(root, files)
    environ = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    truth: Edges = set()
    mine: Edges = set()
    for config in [path for path in files if path.rpartition("/")[2] == "go.mod"]:
        folder = root / config.rpartition("/")[0]
        packages = _packages(folder, environ, ["./..."])
        wanted = {name for one in packages for name in _wanted(one)} - {one["ImportPath"] for one in packages}
        # The pattern passes over testdata, which tests import all the same.
        held = [name for name in sorted(wanted) if name.startswith(_module_of(folder) + "/")]
        packages += _packages(folder, environ, held) if held else []
        places = {one["ImportPath"]: os.path.relpath(one["Dir"], root) for one in packages if "Dir" in one}
        for one in packages:
            if one["ImportPath"] not in places:
                continue
            here = places[one["ImportPath"]]
            truth |= {(here, name, places[name]) for name in _wanted(one) if name in places}
            for key in ("GoFiles", "CgoFiles", "TestGoFiles", "XTestGoFiles"):
                for file in one.get(key) or ():
                    path = os.path.normpath(os.path.join(here, file))
                    for written in found.get(path, ()):
                        hits = {os.path.dirname(hit) or "." for hit in resolver.targets(path, written.module)}
                        mine |= {(here, written.module, hit) for hit in hits}
    return truth, mine


def _packages(folder: Path, environ: dict[str, str], patterns: list[str]) -> list[dict[str, Any]]:
    """Raises SystemExit with the tool's own words when it cannot read the module at all."""
    done = subprocess.run(
        ["go", "list", "-e", "-json", *patterns], cwd=folder, env=environ, capture_output=True, text=True
    )
    if not done.stdout and done.returncode:
        raise SystemExit(f"go list cannot read {folder}: {done.stderr.strip()}")
    return list(_objects(done.stdout))


def _wanted(package: dict[str, Any]) -> set[str]:
    return {name for key in ("Imports", "TestImports", "XTestImports") for name in package.get(key) or ()}


def _module_of(folder: Path) -> str:
    lines = (folder / "go.mod").read_text("utf-8").splitlines()
    return next((line.split()[1].strip('"') for line in lines if line.startswith("module ")), "")


def _objects(text: str) -> list[dict[str, Any]]:
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        one, end = decoder.raw_decode(text[at:].lstrip())
        at = len(text) - len(text[at:].lstrip()) + end
        found.append(one)
    return found


def rust(root: Path, files: list[str]) -> tuple[Edges, Edges]:
    resolver, found = ours(root, files)
    truth: Edges = set()
    mine: Edges = set()
    compiler, conditions = _compiler(), _conditions(root, files)
    for start, edition, features in _targets(root, files):
        reached = _modules(resolver, found, start)
        flags = [part for name in features for part in ("--cfg", f'feature="{name}"')]
        held = _dep_info(compiler, root, start, edition, flags)
        for more in conditions:
            if reached <= held:
                break
            held |= _dep_info(compiler, root, start, edition, flags + more)
        truth |= {(start, "mod", path) for path in held if path in found and path != start}
        mine |= {(start, "mod", path) for path in reached}
    return truth, mine


def _targets(root: Path, files: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(root file, edition, features) of each target; a workspace is asked once for all of its packages."""
    environ = {**os.environ, "CARGO_NET_OFFLINE": "true"}
    asked: set[str] = set()
    told: set[str] = set()
    for config in sorted(
        (p for p in files if p.rpartition("/")[2] == "Cargo.toml"), key=lambda p: p.count("/")
    ):
        if config in asked:
            continue
        command = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", config]
        done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True)
        for package in json.loads(done.stdout or '{"packages": []}')["packages"]:
            asked.add(os.path.relpath(package["manifest_path"], root))
            for target in package["targets"]:
                start = os.path.relpath(target["src_path"], root)
                if start not in told and not start.startswith(".."):
                    told.add(start)
                    yield start, target["edition"], list(package["features"])


def _compiler() -> str:
    """The compiler itself: a launcher in front of it would take longer than reading a target does."""
    home = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True)
    return str(Path(home.stdout.strip(), "bin", "rustc"))


def _conditions(root: Path, files: list[str]) -> list[list[str]]:
    """Flags for the conditions that the tree's manifests declare (`check-cfg`) and the platform: all, all but each, each alone."""
    names = {"windows", "docsrs"}
    for config in (path for path in files if path.rpartition("/")[2] == "Cargo.toml"):
        names.update(_DECLARED.findall((root / config).read_text("utf-8", "replace")))
    ordered = sorted(names)
    every = [[one for one in ordered if one != without] for without in ordered]
    chosen = (ordered, *every, *([one] for one in ordered))
    return [[part for name in some for part in ("--cfg", name)] for some in chosen]


def _dep_info(compiler: str, root: Path, start: str, edition: str, flags: list[str]) -> set[str]:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "deps")
        # A condition that the platform sets, such as windows, may be set by hand: only modules are read here.
        command = [compiler, "--edition", edition, f"--emit=dep-info={target}", "--test"]
        command += ["-A", "explicit_builtin_cfgs_in_flags", *flags, start]
        subprocess.run(command, cwd=root, capture_output=True)
        text = target.read_text() if target.exists() else ""
    return {path for path in text.partition("\n")[0].partition(": ")[2].split(" ") if path.endswith(".rs")}


def _modules(resolver: Imports, found: dict[str, tuple[Import, ...]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        for one in found.get(path, ()):
            if one.names and {"mod", "path"} & set(one.names):
                for hit in resolver.targets(path, one.module, one.names):
                    if hit not in reached:
                        reached.add(hit)
                        waiting.append(hit)
    return reached


def typescript(root: Path, files: list[str], modules: Path) -> tuple[Edges, Edges]:
    resolver, found = ours(root, files)
    known = set(found)
    scripts = [path for path in found if language_for(path) in ("typescript", "tsx", "javascript")]
    with tempfile.TemporaryDirectory() as scratch:
        names, program = Path(scratch, "names.json"), Path(scratch, "resolve.js")
        names.write_text(json.dumps(scripts))
        program.write_text(_SCRIPT)
        done = subprocess.run(
            ["node", str(program), str(root), str(names)], capture_output=True, text=True, check=True,
            env={**os.environ, "NODE_PATH": str(modules.resolve() / "node_modules")},
        )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    truth = {(path, module, hit) for path, module, hit in rows if hit in known and hit != path}
    # A package of the workspace that is not built is no file to TypeScript, whatever its source is.
    asked = {(path, module) for path, module, hit in rows if hit or module.startswith((".", "#"))}
    mine = {
        (path, one.module, hit)
        for path in scripts
        for one in found[path]
        if (path, one.module) in asked
        for hit in resolver.targets(path, one.module)
    }
    return truth, mine


def report(truth: Edges, mine: Edges, show: int) -> dict[str, object]:
    right = truth & mine
    for label, edges in (("missed", truth - mine), ("not so", mine - truth)):
        for edge in sorted(edges)[:show]:
            print(f"  {label}: {' -> '.join(edge)}")
    total = len(truth | mine)
    return {
        "edges": len(truth), "right": len(right), "missed": len(truth - mine), "not so": len(mine - truth),
        "right %": round(100 * len(right) / max(1, total), 2), "found %": round(100 * len(right) / max(1, len(truth)), 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("language", choices=("python", "go", "rust", "typescript"))
    parser.add_argument("tree", type=Path)
    parser.add_argument("--typescript", type=Path, default=Path())
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    root = args.tree.resolve()
    files = [path for path in walk(root, skip=("node_modules",)) if isinstance(path, str)]
    by_name: dict[str, Callable[[Path, list[str]], tuple[Edges, Edges]]] = {
        "python": python,
        "go": go,
        "rust": rust,
    }
    if args.language == "typescript":
        truth, mine = typescript(root, files, args.typescript)
    else:
        truth, mine = by_name[args.language](root, files)
    found = report(truth, mine, args.show)
    print(json.dumps(found) if args.json else "  ".join(f"{key} {value}" for key, value in found.items()))


if __name__ == "__main__":
    main()
