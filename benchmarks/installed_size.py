"""How much space flashagent takes once installed: itself and each package it needs, in MB on disk.

    python benchmarks/installed_size.py [--json]

Only what the running interpreter has installed counts, development tools left out. Caches (`__pycache__`) are not
counted, since they depend on what has been run.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

QUICK = ()
ROOT = Path(__file__).resolve().parent.parent


def needed(name: str) -> dict[str, Distribution]:
    """The distribution and everything it needs here, by normal name; extras and other platforms left out."""
    found: dict[str, Distribution] = {}
    todo = [name]
    while todo:
        current = todo.pop().lower().replace("_", "-")
        if current in found:
            continue
        try:
            found[current] = distribution(current)
        except PackageNotFoundError:
            print(f"not installed: {current}", file=sys.stderr)
            continue
        for text in found[current].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return found


def size_of(package: Distribution) -> int:
    """Bytes of the files that the distribution installed, caches left out."""
    paths = [
        Path(str(package.locate_file(file)))
        for file in package.files or ()
        if "__pycache__" not in file.parts
    ]
    return sum(path.stat().st_size for path in paths if path.is_file())


def own_size() -> int:
    """Bytes of our two packages and the prompts, wherever an editable install left them."""
    folders = (ROOT / "flashagent", ROOT / "sandbox" / "flashagent_sandbox", ROOT / "prompts")
    files = [path for folder in folders for path in folder.rglob("*")]
    return sum(path.stat().st_size for path in files if path.is_file() and "__pycache__" not in path.parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    sizes = {name: size_of(package) for name, package in needed("flashagent").items()}
    sizes["flashagent"] = own_size()
    ordered = dict(sorted(sizes.items(), key=lambda item: -item[1]))
    if args.json:
        print(json.dumps({"bytes": ordered, "total": sum(ordered.values())}))
        return 0
    for name, size in ordered.items():
        print(f"{size / 1e6:8.2f} MB  {name}")
    print(f"{sum(ordered.values()) / 1e6:8.2f} MB  in all, {len(ordered)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
