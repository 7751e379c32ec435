"""Small made-up repositories: what comes first, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashagent.repomap import PastCommit, RepoMap
from flashagent.values import Failure, FocusQuery, Frame

SHOP = {
    "shop/__init__.py": "",
    "shop/prices.py": '''
"""Prices."""

from shop.money import to_cents


def discount(price, percent):
    """Take a share off."""
    return price - price * percent / 100


def total_price(items):
    return sum(to_cents(item.price) for item in items)
''',
    "shop/money.py": """
def to_cents(amount):
    return int(amount * 100)


def exchange_rate(currency):
    return RATES[currency]
""",
    "shop/cart.py": '''
from shop.prices import total_price


class Cart:
    """What a customer has chosen."""

    def checkout(self, payment):
        return payment.charge(total_price(self.items))

    def add_item(self, item):
        self.items.append(item)
''',
    "shop/mail.py": """
def send_receipt(customer, text):
    connection.send(customer.address, text)
""",
    "tests/test_cart.py": """
from shop.cart import Cart


def test_checkout_charges_the_total():
    cart = Cart()
    cart.add_item(Item(price=3))
    assert cart.checkout(payment) == 300
""",
    "tests/test_prices.py": """
from shop.prices import discount


def test_discount():
    assert discount(200, 10) == 180
""",
}


def build(tmp_path: Path, files: dict[str, str], history: list[PastCommit] | None = None) -> RepoMap:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    tree = RepoMap.open(tmp_path, sorted(files), None, history=history or ())
    tree.refresh()
    return tree


def best(tree: RepoMap, query: FocusQuery) -> tuple[str, str]:
    file, symbol = tree.rank_files(query, limit=1)[0], tree.rank(query, limit=1)[0]
    return file.path, f"{symbol.symbol.path}:{symbol.symbol.qualified}"


@pytest.mark.parametrize(
    ("text", "path", "symbol"),
    [
        ("Taking a discount off a price gives the wrong share", "shop/prices.py", "discount"),
        ("The receipt is sent to the wrong address", "shop/mail.py", "send_receipt"),
        ("`Cart.add_item` loses items", "shop/cart.py", "Cart.add_item"),
        ("look at shop/money.py: exchange", "shop/money.py", "exchange_rate"),
        ("shop.money.to_cents is off by one", "shop/money.py", "to_cents"),
    ],
)
def test_words_names_and_paths_lead_to_the_place(tmp_path: Path, text: str, path: str, symbol: str) -> None:
    assert best(build(tmp_path, SHOP), FocusQuery(text=text)) == (path, f"{path}:{symbol}")


def test_every_choice_says_why(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    first = tree.rank_files(FocusQuery(text="`to_cents` in shop/money.py rounds down"), limit=1)[0]
    assert first.path == "shop/money.py"
    assert "the query names it: shop/money.py" in first.why
    assert "it defines names from the query: to_cents" in first.why


def test_the_innermost_project_frame_wins(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    failure = Failure(
        "tests/test_cart.py::test_checkout_charges_the_total", "error", "unsupported operand",
        frames=(
            Frame("tests/test_cart.py", 8), Frame("shop/cart.py", 9, "checkout"), Frame("shop/prices.py", 13, "total_price"),
            Frame("shop/money.py", 3, "to_cents"), Frame("/usr/lib/python3/decimal.py", 10, in_project=False),
        ),
    )  # fmt: skip
    ranked = tree.rank_files(FocusQuery(failures=(failure,)))
    assert ranked[0].path == "shop/money.py"
    assert {one.path for one in ranked[:3]} == {"shop/money.py", "shop/prices.py", "shop/cart.py"}
    assert "it is in the stack trace: line 3 in to_cents" in ranked[0].why
    symbols = tree.rank(FocusQuery(failures=(failure,)), limit=3)
    assert symbols[0].symbol.qualified == "to_cents"
    assert {one.symbol.name for one in symbols} == {"to_cents", "total_price", "checkout"}


def test_a_test_that_fails_in_itself_points_to_what_it_calls_and_imports(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    failure = Failure(
        "tests/test_prices.py::test_discount",
        "assertion",
        "assert 190 == 180",
        frames=(Frame("tests/test_prices.py", 6),),
    )
    query = FocusQuery(failures=(failure,))
    assert best(tree, query) == ("shop/prices.py", "shop/prices.py:discount")
    assert "the failing test is about it: tests/test_prices.py" in tree.rank_files(query, limit=1)[0].why
    assert "the failing test calls it" in tree.rank(query, limit=1)[0].why


def test_a_traceback_in_the_text_counts_as_frames(tmp_path: Path) -> None:
    text = """It breaks:
    Traceback (most recent call last):
      File "/home/someone/work/shop/cart.py", line 9, in checkout
      File "/home/someone/work/shop/prices.py", line 13, in total_price
    TypeError: bad"""
    assert best(build(tmp_path, SHOP), FocusQuery(text=text)) == (
        "shop/prices.py",
        "shop/prices.py:total_price",
    )


def test_covered_lines_lift_what_the_failing_test_runs(tmp_path: Path) -> None:
    files = {f"{name}.py": "def handle(value):\n    return value\n" for name in ("one", "two", "three")}
    files |= {"two.py": files["two.py"] + "# second\n"}
    tree = build(tmp_path, files)
    query = FocusQuery(text="handle gives a wrong value", covered=(("two.py", 2),))
    assert best(tree, query) == ("two.py", "two.py:handle")
    assert "the failing test runs it" in tree.rank_files(query, limit=1)[0].why


def test_tests_are_not_where_to_edit(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    ranked = tree.rank_files(FocusQuery(text="checkout charges the total of the cart"))
    assert ranked[0].path == "shop/cart.py"
    test = next(one for one in ranked if one.path == "tests/test_cart.py")
    assert "it is a test" in test.why


def test_past_commits_tell_what_belongs_together(tmp_path: Path) -> None:
    files = {
        "core.py": "def work(job):\n    return job\n",
        "table.py": "STATES = []\n",
        "other.py": "THINGS = []\n",
    }
    history = [PastCommit(("core.py", "table.py"), f"Change {n}") for n in range(5)] + [
        PastCommit(("other.py",), "Other")
    ]
    tree = build(tmp_path, files, history)
    ranked = {one.path: one for one in tree.rank_files(FocusQuery(text="work on a job fails"))}
    assert (
        ranked["table.py"].score > ranked.get("other.py", ranked["table.py"]).score
        or "other.py" not in ranked
    )
    assert "it changes together with files that fit" in ranked["table.py"].why


def test_similar_messages_of_the_past_point_to_their_files(tmp_path: Path) -> None:
    files = {"a.py": "X = 1\n", "b.py": "Y = 1\n"}
    history = [
        PastCommit(("b.py",), "Fix flickering cursor in the terminal"),
        PastCommit(("a.py",), "Speed up sorting"),
    ]
    ranked = build(tmp_path, files, history).rank_files(
        FocusQuery(text="The cursor flickers in some terminals")
    )
    assert ranked[0].path == "b.py"
    assert "commits with similar messages changed it" in ranked[0].why


def test_files_given_by_the_user_rise(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    plain = [one.path for one in tree.rank_files(FocusQuery(text="wrong"))]
    given = tree.rank_files(FocusQuery(text="wrong", paths=("shop/mail.py",)))
    assert given[0].path == "shop/mail.py" and plain[:1] != ["shop/mail.py"]


def test_overloads_do_not_fill_the_list(tmp_path: Path) -> None:
    overloads = "".join(f"void write_value(T{n} value) {{ buffer.write(value); }}\n" for n in range(12))
    tree = build(tmp_path, {"io.cpp": overloads + "void flush_buffer() { buffer.write(rest); }\n"})
    names = [one.symbol.name for one in tree.rank(FocusQuery(text="writing a value to the buffer"), limit=6)]
    assert "flush_buffer" in names


def test_an_empty_tree_and_an_empty_query_give_nothing(tmp_path: Path) -> None:
    tree = build(tmp_path, {})
    assert (tree.rank(FocusQuery(text="x")), tree.rank_files(FocusQuery())) == ([], [])
    assert build(tmp_path, SHOP).rank(FocusQuery()) == []


def test_the_order_is_the_same_every_time(tmp_path: Path) -> None:
    query = FocusQuery(text="price total items of the cart in `shop.prices`")
    one, two = build(tmp_path / "one", SHOP), build(tmp_path / "two", SHOP)
    assert one.rank(query) == two.rank(query)
    assert one.rank_files(query) == two.rank_files(query)


def test_hostile_queries_end(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    for text in (
        "a/" * 40_000,
        "`" * 50_000,
        "." * 60_000,
        "x(" * 30_000,
        "\\" * 50_000,
        'File "' * 9000,
        "\0\udc80 é" * 99,
        "a.b" * 20_000,
    ):
        tree.rank(FocusQuery(text=text))


def test_overview_shows_what_the_rest_uses(tmp_path: Path) -> None:
    tree = build(tmp_path, SHOP)
    files, symbols = tree.overview()
    assert {one.symbol.qualified for one in symbols[:2]} == {"to_cents", "total_price"}
    tests = [one.path.startswith("tests/") for one in files]
    assert tests == sorted(tests) and any(tests)
    tests = [one.symbol.path.startswith("tests/") for one in symbols]
    assert tests == sorted(tests) and any(tests)


def test_an_overview_passes_over_names_that_everybody_says(tmp_path: Path) -> None:
    files = {
        "shop/store.py": "class Store:\n    def get(self):\n        return 1\n\ndef open_store():\n    return Store()\n",
        "shop/_inner.py": "def helper():\n    return 1\n",
        **{
            f"app/use{n}.py": "from shop.store import open_store\nfrom shop._inner import helper\n\ndef run(table):\n"
            f"    helper()\n    return {n}, open_store(), table.get('x')\n"
            for n in range(6)
        },
        **{f"lib/other{n}.py": f"def work{n}(table):\n    return table.get({n})\n" for n in range(9)},
    }
    _, symbols = build(tmp_path, files).overview()
    assert (symbols[0].symbol.qualified, symbols[0].why) == ("open_store", ("6 other files use it",))
    order = [one.symbol.qualified for one in symbols]
    assert order.index("helper") > order.index("open_store")
    assert order.index("Store.get") > order.index("Store")


def test_an_overview_prefers_what_changes(tmp_path: Path) -> None:
    files = {"a.py": "def alpha():\n    return 1\n", "b.py": "def beta():\n    return 1\n"}
    files["c.py"] = "import a\nimport b\n\ndef use():\n    return a.alpha(), b.beta()\n"
    history = [PastCommit(("b.py",), "again")] * 9
    _, symbols = build(tmp_path, files, history).overview()
    assert [one.symbol.name for one in symbols[:2]] == ["beta", "alpha"]
    assert symbols[0].why == ("1 other file uses it", "its file changes often of late")
