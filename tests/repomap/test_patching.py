"""A graph that follows the edits of a tree says what one built anew says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from flashagent.repomap import RepoMap

NAMES = ["total", "discount", "receipt", "price", "Store", "Item", "load"]
FILES = [
    "shop/__init__.py",
    "shop/prices.py",
    "shop/mail.py",
    "shop/store.py",
    "tests/test_mail.py",
    "web/app.py",
]


def source(chooser: random.Random) -> str:
    lines = [
        f"from shop.{chooser.choice(['prices', 'mail', 'store'])} import {chooser.choice(NAMES)}"
        for _ in range(chooser.randint(0, 2))
    ]
    for name in chooser.sample(NAMES, chooser.randint(0, 4)):
        if name[0].isupper():
            lines.append(f"class {name}({chooser.choice(['Store', 'Item', 'object'])}):")
            lines.append(f"    def {chooser.choice(NAMES).lower()}(self): return {chooser.choice(NAMES)}()")
        else:
            lines.append(f"def {name}(): return {chooser.choice(NAMES)}() + {chooser.choice(NAMES)}()")
    return "\n".join([*lines, ""])


def told(tree: RepoMap) -> list[object]:
    names = [*FILES, *(f"{path}:{one.qualified}" for path in FILES for one in tree.symbols(path))]
    return [
        tree.dependencies(),
        [(name, tree.dependents(name, limit=10_000)) for name in names],
        [(path, tree.importers(path), tree.imports(path)) for path in FILES],
        # Of several ways of one length either may be told.
        [(chain.links[0], chain.distance) for chain in tree.impact({"shop/prices.py": []})],
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_patched_graph_equals_one_built_anew(tmp_path: Path, seed: int) -> None:
    chooser = random.Random(seed)
    for path in FILES:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(source(chooser))
    with RepoMap.open(tmp_path, FILES, None) as tree:
        tree.refresh()
        told(tree)
        for turn in range(12):
            edited = chooser.sample(FILES, chooser.randint(1, 2))
            for path in edited:
                (tmp_path / path).write_text(source(chooser))
            if turn == 6:
                (tmp_path / edited[0]).unlink()
            tree.refresh(only=edited)
            with RepoMap.open(tmp_path, FILES, None) as anew:
                anew.refresh()
                assert told(tree) == told(anew)
