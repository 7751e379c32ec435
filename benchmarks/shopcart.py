"""The task of the cost benchmark: a package of six modules and thirteen tests; one fails by a one-line bug."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

BUGGY = "pricing.py"
OLD = "    return round_money(amount - percent / 100)"
NEW = "    return round_money(amount * (1 - percent / 100))"
FAILING = "tests.test_pricing.PricingTest.test_apply_discount"

FILES = {
    "shopcart/__init__.py": '''"""Items, a cart, prices, tax, stock and a text receipt."""

from .cart import Cart
from .items import Item

__all__ = ["Cart", "Item"]
''',
    "shopcart/items.py": '''"""Things that can be bought."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    sku: str
    name: str
    unit_price: float
    category: str = "general"

    def __post_init__(self):
        if self.unit_price < 0:
            raise ValueError("unit_price must not be negative")
        if not self.sku:
            raise ValueError("sku must not be empty")


def same_category(items):
    """True when all items share one category."""
    return len({item.category for item in items}) <= 1
''',
    "shopcart/pricing.py": f'''"""Price arithmetic: line totals, discounts and rounding."""


def round_money(amount):
    """Round to cents, half away from zero."""
    cents = int(abs(amount) * 100 + 0.5)
    return (cents / 100) if amount >= 0 else -(cents / 100)


def line_total(item, quantity):
    """Price of a quantity of one item."""
    if quantity < 1:
        raise ValueError("quantity must be at least 1")
    return round_money(item.unit_price * quantity)


def apply_discount(amount, percent):
    """Take percent (0..100) off the amount."""
    if not 0 <= percent <= 100:
        raise ValueError("percent must be between 0 and 100")
{OLD}


def bulk_discount(quantity):
    """Percent off for a quantity of one item."""
    if quantity >= 100:
        return 15
    if quantity >= 10:
        return 5
    return 0
''',
    "shopcart/tax.py": '''"""Sales tax by category."""

from .pricing import round_money

RATES = {"general": 0.20, "food": 0.05, "books": 0.0}


def tax_rate(category):
    """Rate for a category, the general rate where it is unknown."""
    return RATES.get(category, RATES["general"])


def tax_for(amount, category="general"):
    return round_money(amount * tax_rate(category))
''',
    "shopcart/inventory.py": '''"""Stock levels."""


class OutOfStock(Exception):
    pass


class Inventory:
    def __init__(self, levels=None):
        self._levels = dict(levels or {})

    def level(self, sku):
        return self._levels.get(sku, 0)

    def add(self, sku, quantity):
        if quantity < 0:
            raise ValueError("quantity must not be negative")
        self._levels[sku] = self.level(sku) + quantity

    def take(self, sku, quantity):
        if self.level(sku) < quantity:
            raise OutOfStock(sku)
        self._levels[sku] -= quantity
''',
    "shopcart/cart.py": '''"""The cart: lines of items and their total."""

from .pricing import apply_discount, bulk_discount, line_total, round_money
from .tax import tax_for


class Cart:
    def __init__(self, inventory=None):
        self._lines = {}
        self._inventory = inventory

    def add(self, item, quantity=1):
        if self._inventory is not None:
            self._inventory.take(item.sku, quantity)
        old = self._lines.get(item.sku, (item, 0))[1]
        self._lines[item.sku] = (item, old + quantity)

    def remove(self, sku):
        item, quantity = self._lines.pop(sku)
        if self._inventory is not None:
            self._inventory.add(sku, quantity)

    def lines(self):
        return list(self._lines.values())

    def subtotal(self):
        total = 0.0
        for item, quantity in self.lines():
            gross = line_total(item, quantity)
            percent = bulk_discount(quantity)
            total += apply_discount(gross, percent) if percent else gross
        return round_money(total)

    def tax(self):
        return round_money(sum(tax_for(line_total(i, q), i.category) for i, q in self.lines()))

    def total(self):
        return round_money(self.subtotal() + self.tax())
''',
    "shopcart/receipt.py": '''"""A receipt as text."""

from .pricing import line_total


def format_line(item, quantity):
    return f"{quantity:>3} x {item.name:<20} {line_total(item, quantity):>8.2f}"


def receipt(cart):
    rows = [format_line(item, quantity) for item, quantity in cart.lines()]
    rows.append("-" * 34)
    rows.append(f"{'total':<25} {cart.total():>8.2f}")
    return "\\n".join(rows)
''',
    "tests/__init__.py": "",
    "tests/test_items.py": """import unittest

from shopcart.items import Item, same_category


class ItemsTest(unittest.TestCase):
    def test_negative_price(self):
        with self.assertRaises(ValueError):
            Item("a", "A", -1)

    def test_empty_sku(self):
        with self.assertRaises(ValueError):
            Item("", "A", 1)

    def test_same_category(self):
        self.assertTrue(same_category([Item("a", "A", 1, "food"), Item("b", "B", 1, "food")]))
        self.assertFalse(same_category([Item("a", "A", 1, "food"), Item("b", "B", 1, "books")]))
""",
    "tests/test_pricing.py": """import unittest

from shopcart.items import Item
from shopcart.pricing import apply_discount, bulk_discount, line_total, round_money


class PricingTest(unittest.TestCase):
    def test_round_money(self):
        self.assertEqual(round_money(1.006), 1.01)
        self.assertEqual(round_money(-1.006), -1.01)

    def test_line_total(self):
        self.assertEqual(line_total(Item("a", "A", 2.5), 4), 10.0)

    def test_line_total_bad_quantity(self):
        with self.assertRaises(ValueError):
            line_total(Item("a", "A", 2.5), 0)

    def test_apply_discount(self):
        self.assertEqual(apply_discount(200.0, 10), 180.0)

    def test_discount_range(self):
        with self.assertRaises(ValueError):
            apply_discount(1.0, 101)

    def test_bulk_discount(self):
        self.assertEqual([bulk_discount(n) for n in (1, 10, 100)], [0, 5, 15])
""",
    "tests/test_cart.py": """import unittest

from shopcart import Cart, Item
from shopcart.inventory import Inventory, OutOfStock
from shopcart.receipt import receipt
from shopcart.tax import tax_for

PEN = Item("pen", "Pen", 2.0)


class CartTest(unittest.TestCase):
    def test_total_small(self):
        cart = Cart()
        cart.add(PEN, 2)
        self.assertEqual(cart.total(), 4.8)

    def test_out_of_stock(self):
        cart = Cart(Inventory({"pen": 1}))
        with self.assertRaises(OutOfStock):
            cart.add(PEN, 2)

    def test_tax_books(self):
        self.assertEqual(tax_for(10.0, "books"), 0.0)

    def test_receipt(self):
        cart = Cart()
        cart.add(PEN, 1)
        self.assertTrue(receipt(cart).splitlines()[-1].endswith("2.40"))
""",
    ".gitignore": "__pycache__/\n",
}


def make(folder: Path, *, green: bool = False, more: Mapping[str, str] | None = None) -> None:
    """Write the task into a new git repository at `folder`, with the bug unless `green`, and `more` files beside it."""
    for path, text in {**FILES, **(more or {})}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(OLD, NEW) if green else text, encoding="utf-8")
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "A cart"]):
        subprocess.run([*git, *arguments], check=True)
