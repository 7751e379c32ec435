"""The graph of a small shop: callers, callees, importers, dependents in order, tests that reach a symbol, shortest ways."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashagent.repomap import RepoMap
from flashagent.repomap.edges import pack_edges, unpack_edges
from flashagent.repomap.graph import Chain, EdgeKind
from flashagent.repomap.impact import changed_lines
from flashagent.repomap.scopes import bases_of

FILES = {
    "shop/__init__.py": "from .prices import total\n",
    "shop/prices.py": (
        "TAX = 2\n\n\ndef taxed(price):\n    return price * TAX\n\n\n"
        "def total(items):\n    # discount(items) is only a comment\n    return sum(taxed(one) for one in items)\n"
    ),
    "shop/base.py": "class Base:\n    def send(self):\n        raise NotImplementedError\n",
    "shop/mail.py": (
        "from shop import total\nfrom shop.base import Base\n\n\nclass Mail(Base):\n    def send(self):\n"
        "        return self.receipt()\n\n    def receipt(self):\n        return total([])\n"
    ),
    "shop/other.py": "def total():\n    return 'another total'\n\n\nprint(total())\n",
    "tests/test_prices.py": "from shop.prices import taxed\n\n\ndef test_taxed():\n    assert taxed(1) == 2\n",
    "tests/test_mail.py": "from shop.mail import Mail\n\n\ndef test_receipt():\n    assert Mail().receipt() == 0\n",
    "tests/test_other.py": "def test_nothing():\n    assert True\n",
    "web/app.ts": "import { draw } from './view';\nexport function main() { draw(); }\n",
    "web/view.ts": "export function draw() { return 1; }\n",
    "web/app.test.ts": "import { main } from './app';\nit('runs', () => main());\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[RepoMap]:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with RepoMap.open(tmp_path, list(FILES), None, processes=1) as found:
        found.refresh()
        yield found


def test_callers_are_uses_of_that_very_definition(tree: RepoMap) -> None:
    found = [
        (use.path, use.line, use.caller and use.caller.qualified, use.kind) for use in tree.callers("taxed")
    ]
    assert found == [
        ("shop/prices.py", 10, "total", "call"),
        ("tests/test_prices.py", 1, None, "call"),
        ("tests/test_prices.py", 5, "test_taxed", "call"),
    ]
    mine = [(use.path, use.line) for use in tree.callers("shop/prices.py:total")]
    assert mine == [("shop/__init__.py", 1), ("shop/mail.py", 1), ("shop/mail.py", 10)]
    assert [(use.path, use.line) for use in tree.callers("shop/other.py:total")] == [("shop/other.py", 5)]
    assert tree.callers("nothing") == []


def test_callees_in_the_order_of_their_lines(tree: RepoMap) -> None:
    assert [(one.symbol.qualified, one.line) for one in tree.callees("shop/prices.py:total")] == [
        ("taxed", 10)
    ]
    assert [(one.symbol.qualified, one.line) for one in tree.callees("taxed")] == [("TAX", 5)]
    assert [one.symbol.qualified for one in tree.callees("Mail.send")] == ["Mail.receipt"]
    assert tree.callees("nothing") == []


def test_imports_and_importers(tree: RepoMap) -> None:
    assert tree.imports("shop/mail.py") == ["shop/__init__.py", "shop/base.py"]
    assert tree.importers("shop/prices.py") == ["shop/__init__.py", "tests/test_prices.py"]
    assert tree.importers("web/view.ts") == ["web/app.ts"]
    assert (tree.importers("gone.py"), tree.imports("gone.py")) == ([], [])


def test_dependents_are_in_order(tree: RepoMap) -> None:
    found = [(place.name, distance) for place, distance in tree.dependents("taxed", limit=4)]
    assert found == [
        ("tests/test_prices.py", 1.0), ("shop/prices.py:total", 1.0), ("tests/test_prices.py:test_taxed", 1.0),
        ("shop/__init__.py", 2.0),
    ]  # fmt: skip
    assert "web/app.ts" not in {place.path for place, _ in tree.dependents("taxed")}
    assert [place.name for place, _ in tree.dependents("web/view.ts")] == ["web/app.ts", "web/app.test.ts"]


def told(chains: list[Chain]) -> list[str]:
    return [str(chain) for chain in chains]


def test_tests_that_reach_a_symbol_say_by_which_way(tree: RepoMap) -> None:
    assert told(tree.tests_reaching("taxed")) == [
        "tests/test_prices.py:test_taxed uses shop/prices.py:taxed",
        "tests/test_mail.py:test_receipt uses shop/mail.py:Mail.receipt uses shop/prices.py:total uses shop/prices.py:taxed",
    ]
    assert told(tree.tests_reaching("draw")) == ["web/app.test.ts uses web/app.ts:main uses web/view.ts:draw"]
    assert told(tree.tests_reaching("shop/other.py")) == ["tests/test_other.py is named after shop/other.py"]
    assert tree.tests_reaching("nothing") == []


def test_the_shortest_way_between_two(tree: RepoMap) -> None:
    way = tree.path_between("Mail.send", "taxed")
    assert way is not None
    assert (str(way), way.distance) == (
        "shop/mail.py:Mail.send uses shop/mail.py:Mail.receipt uses shop/prices.py:total uses shop/prices.py:taxed",
        3.0,
    )
    assert tree.path_between("taxed", "Mail.send") is None
    files = tree.path_between("shop/mail.py", "shop/base.py")
    assert files is not None
    assert str(files) == "shop/mail.py imports shop/base.py"
    assert tree.path_between("nothing", "taxed") is None


def test_inheritance_is_an_edge(tree: RepoMap) -> None:
    way = tree.path_between("Mail", "Base")
    assert way is not None
    assert str(way) == "shop/mail.py:Mail extends shop/base.py:Base"


def test_impact_of_lines(tree: RepoMap) -> None:
    assert told(tree.impact({"shop/prices.py": [(8, 10)]})) == [
        "tests/test_mail.py:test_receipt uses shop/mail.py:Mail.receipt uses shop/prices.py:total",
        "tests/test_prices.py is named after shop/prices.py holds shop/prices.py:total",
    ]
    changed_test = tree.impact({"tests/test_prices.py": [(5, 5)]})
    assert told(changed_test) == ["tests/test_prices.py:test_taxed"]
    assert tree.impact({"gone.py": []}) == []
    whole = told(tree.impact({"shop/prices.py": []}))
    assert whole[0] == "tests/test_prices.py:test_taxed uses shop/prices.py:taxed"
    assert tree.impact({"shop/prices.py": []}, limit=1) == tree.impact({"shop/prices.py": []})[:1]


def test_files_that_change_together_are_the_farthest_reason(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def alpha(): pass\n")
    (tmp_path / "test_b.py").write_text("def test_b(): pass\n")
    commits = [("change", ["a.py", "test_b.py"])] * 3
    with RepoMap.open(tmp_path, ["a.py", "test_b.py"], None, history=commits, processes=1) as tree:
        tree.refresh()
        assert told(tree.impact({"a.py": []})) == ["test_b.py changes together with a.py"]


def test_the_graph_follows_a_refresh(tree: RepoMap, tmp_path: Path) -> None:
    assert len(tree.importers("shop/base.py")) == 1
    (tmp_path / "shop/mail.py").write_text("x = 1\n")
    tree.refresh()
    assert tree.importers("shop/base.py") == []


@pytest.mark.parametrize(
    ("signature", "bases"),
    [
        ("class Mail(Base, mixins.Loud, metaclass=Meta)", ["Base", "Loud", "Meta"]),
        ("class Mail", []),
        ("class Mail(Generic[T])", ["Generic"]),
        (
            "public class Store<T> extends Base<T> implements Pricer, java.io.Closeable",
            ["Base", "Pricer", "Closeable"],
        ),
        ("class Store : public Base, private ns::Other", ["Base", "Other"]),
        ("public class Store<T> : Base, IPricer", ["Base", "IPricer"]),
        ("class Store < Shop::Base", ["Base"]),
        ("abstract class Runner<T> implements Shape", ["Shape"]),
    ],
)
def test_bases_by_the_signature(signature: str, bases: list[str]) -> None:
    assert bases_of(signature, "Store") == bases


def test_changed_lines_of_a_diff() -> None:
    diff = (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2b\n three\n"
        "@@ -10,2 +11,1 @@ def f\n ten\n-eleven\n"
        "diff --git a/gone.py b/gone.py\ndeleted file mode 100644\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        'diff --git "a/caf\\303\\251.py" "b/caf\\303\\251.py"\n--- /dev/null\n+++ "b/caf\\303\\251.py"\n@@ -0,0 +1 @@\n+++ x\n'
    )
    assert changed_lines(diff) == {"a.py": [(2, 3), (12, 12)], "café.py": [(1, 1)]}
    assert changed_lines("") == {}


def test_the_edges_are_kept_for_exactly_one_state_of_the_tree(tmp_path: Path) -> None:
    root, cache = tmp_path / "tree", tmp_path / "cache"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    def asked() -> tuple[list[str], list[Chain], bytes]:
        with RepoMap.open(root, list(FILES), cache, processes=1) as tree:
            tree.refresh()
            answer = tree.importers("shop/prices.py"), tree.impact({"shop/prices.py": []})
        with contextlib.closing(sqlite3.connect(next(cache.glob("map-*.sqlite")))) as store:
            ((kept,),) = store.execute("SELECT state FROM graph").fetchall()
        return *answer, kept

    first = asked()
    assert first[0] == ["shop/__init__.py", "tests/test_prices.py"]
    assert asked() == first
    (root / "shop/other.py").write_text("from shop.prices import taxed\n")
    importers, _, state = asked()
    assert importers == ["shop/__init__.py", "shop/other.py", "tests/test_prices.py"]
    assert state != first[2]


def test_packed_edges_are_the_same_edges() -> None:
    edges: list[tuple[int, int, EdgeKind]] = [(0, 3, "import"), (70_000, 1, "call"), (2, 2, "together")]
    assert list(unpack_edges(pack_edges(edges))) == edges
    assert list(unpack_edges(pack_edges([]))) == []


def test_edges_of_many_blocks_keep_their_order() -> None:
    edges: list[tuple[int, int, EdgeKind]] = [(number, number + 1, "holds") for number in range(250_001)]
    assert list(unpack_edges(pack_edges(edges))) == edges


def test_a_name_that_many_imported_files_define_means_none_of_them_but_the_own_one(tmp_path: Path) -> None:
    many = [f"parts/part{number}.py" for number in range(12)]
    texts = dict.fromkeys(many, "def probe():\n    return 1\n")
    imports = "".join(f"import parts.part{number}\n" for number in range(12))
    texts["user.py"] = f"{imports}\n\ndef use():\n    return probe()\n"
    texts["owner.py"] = f"{imports}\n\ndef probe():\n    return 2\n\n\ndef use_own():\n    return probe()\n"
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    with RepoMap.open(tmp_path, list(texts), None, processes=1) as tree:
        tree.refresh()
        assert tree.path_between("use", "parts/part3.py:probe") is None
        way = tree.path_between("use_own", "owner.py:probe")
        assert str(way) == "owner.py:use_own uses owner.py:probe"
