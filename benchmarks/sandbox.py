"""What starting a command in the sandbox costs: `python benchmarks/sandbox.py [--rounds 30] [--json]`.

All variants run `true`, one after the other in each round, so that a busy machine slows all of them alike. 'bare' is a
plain process, 'bwrap' the bubblewrap line people write by hand, the others are `flashagent_sandbox.run` from this
running process, with the work tree of `--folder` (a fresh small repository when not given), and the whole
`sandbox run` command. Reported: median, minimum, and the median's difference and ratio to bare and to plain bubblewrap.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from flashagent_sandbox import NoSandbox, Request, choose_backend, load_profile, run

TRUE = "/bin/true"
PLAIN_BWRAP = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--unshare-all",
               "--die-with-parent", "--new-session")  # fmt: skip
Variant = Callable[[], Awaitable[None]]


def variants(root: Path) -> dict[str, Variant]:
    found: dict[str, Variant] = {"bare": _process(TRUE)}
    if bwrap := shutil.which("bwrap"):
        found["bwrap"] = _process(bwrap, *PLAIN_BWRAP, "--bind", str(root), str(root), TRUE)
    policy = load_profile(root=root, environ=dict(os.environ))
    for name in ("bwrap", "userns", "landlock", "none"):
        try:
            backend = choose_backend(name)
        except NoSandbox as error:
            print(f"left out: {error}", file=sys.stderr)
            continue

        async def ours(backend: object = backend) -> None:
            completed = await run(Request((TRUE,), root), policy, backend)  # type: ignore[arg-type]
            if completed.exit_code:
                raise RuntimeError(f"ended with {completed.exit_code}: {completed.output!r}")

        found[f"run() {name}"] = ours
    found["sandbox run command"] = _process(
        sys.executable, "-m", "flashagent_sandbox", "run", "--", TRUE, cwd=root
    )
    return found


def _process(*argv: str, cwd: Path | None = None) -> Variant:
    async def start() -> None:
        # The same way in which run() starts its launcher, so that only what it adds is seen.
        subprocess.run(argv, cwd=cwd, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: ASYNC221

    return start


async def measure(rounds: int, root: Path) -> dict[str, list[float]]:
    found = variants(root)
    samples: dict[str, list[float]] = {name: [] for name in found}
    for turn in range(rounds + 2):
        for name, variant in found.items():
            started = time.perf_counter()
            await variant()
            if turn >= 2:  # the first rounds warm caches
                samples[name].append((time.perf_counter() - started) * 1000)
    return samples


def summary(samples: dict[str, list[float]]) -> list[dict[str, float | str]]:
    medians = {name: statistics.median(values) for name, values in samples.items()}
    rows: list[dict[str, float | str]] = []
    for name, values in samples.items():
        row: dict[str, float | str] = {"name": name, "median_ms": medians[name], "min_ms": min(values)}
        for other in ("bare", "bwrap"):
            if other in medians:
                row[f"over_{other}_ms"] = medians[name] - medians[other]
                row[f"times_{other}"] = medians[name] / medians[other]
        rows.append(row)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = (options.folder or Path(scratch) / "project").resolve()
        if options.folder is None:
            root.mkdir()
            subprocess.run(["git", "init", "-q", str(root)], check=True)
        rows = summary(asyncio.run(measure(options.rounds, root)))
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'':24}{'median ms':>11}{'min ms':>9}{'over bare':>11}{'over bwrap':>12}")
    for row in rows:
        over = row.get("over_bwrap_ms")
        beyond = f"{over:12.1f}" if isinstance(over, float) else f"{'-':>12}"
        print(
            f"{row['name']:24}{row['median_ms']:11.1f}{row['min_ms']:9.1f}{row['over_bare_ms']:11.1f}{beyond}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
