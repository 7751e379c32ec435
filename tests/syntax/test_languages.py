"""What each grammar's queries find in a small file: definitions, their nesting and heads, imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashagent.syntax.parse import definitions, imports, language_for, references, syntax_errors

FIXTURES = Path(__file__).parent / "fixtures"

# kind, qualified name, first line, last line, signature, first line of what it says about itself
EXPECTED = {
    "sample.c": [
        ("constant", "LIMIT", 4, 4, "#define LIMIT 10", ""),
        ("macro", "SQUARE", 5, 5, "#define SQUARE(x)", ""),
        ("type", "node_t", 8, 8, "typedef struct node { int value; struct node *next; } node_t;", "A node."),
        ("struct", "node", 8, 8, "struct node", "A node."),
        ("enum", "state", 10, 10, "enum state", ""),
        ("function", "add", 17, 21, "static node_t *add(node_t *head, int value)", "Adds a node."),
        ("function", "main", 23, 23, "int main(void)", ""),
    ],
    "sample.cpp": [
        ("class", "shop.Store", 8, 17, "class Store : public Base", "Keeps goods."),
        ("method", "shop.Store.Store", 11, 11, "explicit Store(int n) : n_(n)", ""),
        ("method", "shop.Store.~Store", 12, 12, "~Store()", ""),
        ("method", "shop.Store.operator==", 13, 13, "bool operator==(const Store& other) const", ""),
        ("method", "shop.Store.price", 19, 19, "int Store<int>::price() const", ""),
        ("enum", "shop.State", 21, 21, "enum class State", ""),
        ("type", "shop.Name", 22, 22, "using Name = std::string;", ""),
        ("method", "shop.detail.counter", 25, 25, "static int &shop::detail::counter()", ""),
        ("struct", "Open", 27, 27, "struct Open", ""),
        ("method", "Open.operator bool", 27, 27, "explicit operator bool() const", ""),
        ("method", "Open.operator<", 28, 28, "bool Open::operator<(const Open& other) const", ""),
        ("function", "my_operator_table", 29, 29, "int my_operator_table()", ""),
    ],
    "sample.go": [
        ("struct", "Store", 9, 11, "type Store struct", "Store keeps goods."),
        ("interface", "Pricer", 15, 17, "type Pricer interface", "Pricer tells prices."),
        ("method", "Pricer.Price", 16, 16, "Price(name string) (int, error)", ""),
        ("type", "Name", 18, 18, "type Name string", ""),
        ("constant", "Limit", 21, 21, "Limit, Other = 10, 20", ""),
        ("variable", "ErrEmpty", 23, 23, 'ErrEmpty = fmt.Errorf("empty")', ""),
        ("method", "Store.Add", 26, 28, "func (s *Store) Add(name string, n int) error", "Add puts one in."),
        ("function", "New", 30, 30, "func New[T any](x T) *Store", ""),
    ],
    "sample.java": [
        ("class", "Store", 8, 23, "public class Store<T> extends Base implements Pricer", "Keeps goods."),
        ("method", "Store.Store", 12, 12, "public Store(List<T> items)", ""),
        ("method", "Store.price", 17, 18, "public int price(String name) throws Exception", "What it costs."),
        ("interface", "Store.Inner", 20, 20, "interface Inner", ""),
        ("method", "Store.Inner.call", 20, 20, "void call();", ""),
        ("enum", "Store.State", 21, 21, "enum State", ""),
        ("method", "Store.State.on", 21, 21, "boolean on()", ""),
        ("class", "Store.Pair", 22, 22, "record Pair(int a, int b)", ""),
    ],
    "sample.js": [
        ("constant", "path", 3, 3, 'const path = require("path");', ""),
        ("function", "sum", 9, 11, "function sum(a, b)", "Adds things up."),
        ("function", "twice", 14, 14, "twice = (x)", "Doubles."),
        ("class", "Größe", 16, 21, "class Größe extends Base", ""),
        ("method", "Größe.width", 18, 18, "get width()", ""),
        ("method", "Größe.onClick", 19, 19, "onClick = async ()", ""),
        ("method", "Größe.#hidden", 20, 20, "#hidden()", ""),
        (
            "constant",
            "api",
            23,
            23,
            'const api = { fetch: function (url) { return url; }, "quoted": () => 1 };',
            "",
        ),
        ("function", "api.fetch", 23, 23, "fetch: function (url)", ""),
        ("function", "api.quoted", 23, 23, '"quoted": ()', ""),
        ("function", "handle", 24, 24, "Router.prototype.handle = function handle(req)", ""),
    ],
    "sample.cs": [
        ("class", "Store", 9, 26, "public class Store<T> : Base, IPricer", "Keeps goods."),
        ("constant", "Store.Limit", 12, 12, "const int Limit = 10;", ""),
        ("method", "Store.Store", 14, 14, "public Store(int size) : base(size)", ""),
        ("method", "Store.Price", 17, 17, "public int Price(string name)", "What it costs."),
        ("method", "Store.Size", 19, 19, "public int Size", ""),
        ("method", "Store.LoadAsync", 21, 25, "public async Task<int> LoadAsync()", ""),
        ("function", "Store.LoadAsync.Inner", 23, 23, "int Inner(int z)", ""),
        ("interface", "IPricer", 28, 28, "interface IPricer", ""),
        ("method", "IPricer.Price", 28, 28, "int Price(string name);", ""),
        ("struct", "Pair", 30, 30, "struct Pair", ""),
        ("enum", "State", 32, 32, "enum State", ""),
        ("class", "Point", 34, 34, "record Point(int X, int Y);", ""),
        ("type", "Done", 36, 36, "delegate void Done(int x);", ""),
    ],
    "sample.kt": [
        ("constant", "LIMIT", 8, 8, "const val LIMIT = 10", "What things cost."),
        ("type", "Prices", 10, 10, "typealias Prices = Map<String, Price>", ""),
        (
            "class",
            "Store",
            15,
            32,
            "open class Store<T>(private val items: JList<T>) : Base(items), Pricer",
            "Keeps goods.",
        ),
        ("method", "Store.constructor", 19, 19, "constructor(one: T) : this(listOf(one))", ""),
        ("method", "Store.price", 22, 25, "override fun price(name: String): Price?", "What it costs."),
        ("function", "Store.price.rounded", 23, 23, "fun rounded(value: Double)", ""),
        ("method", "Store.empty", 28, 28, "fun empty(): Store<Int>", ""),
        ("enum", "Store.State", 31, 31, "enum class State", ""),
        ("interface", "Pricer", 34, 34, "interface Pricer", ""),
        ("method", "Pricer.price", 34, 34, "fun price(name: String): Price?", ""),
        ("class", "Pair", 36, 36, "data class Pair(val a: Int, val b: Int)", ""),
        ("class", "Registry", 38, 41, "object Registry", ""),
        ("method", "Registry.load", 39, 40, "suspend fun load(path: String)", ""),
        ("function", "shout", 43, 43, "fun String.shout(): String", ""),
    ],
    "sample.php": [
        ("class", "Store", 9, 18, "class Store extends Base implements Pricer", "Keeps goods."),
        ("constant", "Store.LIMIT", 11, 11, "const LIMIT = 1;", ""),
        ("method", "Store.price", 14, 17, "public function price(string $name): int", "What it costs."),
        ("interface", "Pricer", 20, 20, "interface Pricer", ""),
        ("method", "Pricer.price", 20, 20, "function price(string $name);", ""),
        ("trait", "Loud", 22, 22, "trait Loud", ""),
        ("method", "Loud.say", 22, 22, "function say()", ""),
        ("enum", "State", 24, 24, "enum State: string", ""),
        ("function", "größe", 26, 26, "function größe($x)", ""),
    ],
    "sample.rb": [
        ("module", "Shop", 4, 23, "module Shop", ""),
        ("class", "Shop.Store", 6, 22, "class Store < Base", "Keeps goods."),
        ("constant", "Shop.Store.LIMIT", 7, 7, "LIMIT = 10", ""),
        ("method", "Shop.Store.items", 8, 8, "attr_reader :items", ""),
        ("method", "Shop.Store.open", 11, 13, "def self.open(path, mode: 1)", "Opens one."),
        ("method", "Shop.Store.build", 16, 16, "def build", ""),
        ("method", "Shop.Store.price", 19, 19, "def price(name)", ""),
        ("method", "Shop.Store.quick", 21, 21, "define_method(:quick)", ""),
        ("class", "Point", 25, 27, "Point = Struct.new(:x)", ""),
        ("method", "Point.near?", 26, 26, "def near?", ""),
        ("function", "Größe", 29, 31, "def Größe(x)", ""),
    ],
    "sample.py": [
        ("constant", "LIMIT", 7, 7, "LIMIT = 10", ""),
        ("class", "Größe", 10, 29, "class Größe(Base)", "Sizes of things."),
        (
            "method",
            "Größe.in_metres",
            19,
            29,
            "async def in_metres(self, digits: int = 2, exact: bool = False) -> float",
            "In metres.",
        ),
        ("function", "Größe.in_metres.rounded", 26, 27, "def rounded(value)", ""),
        ("function", "total", 32, 32, "def total(items)", ""),
    ],
    "sample.rs": [
        ("struct", "Store", 6, 6, "pub struct Store<T>", "Keeps goods."),
        ("trait", "Pricer", 8, 8, "pub trait Pricer", ""),
        ("method", "Pricer.price", 8, 8, "fn price(&self) -> u32;", ""),
        ("method", "Pricer.free", 8, 8, "fn free(&self) -> bool", ""),
        ("method", "Store.price", 12, 12, "fn price(&self) -> u32", "What it costs."),
        ("module", "inner", 15, 18, "pub mod inner", ""),
        ("constant", "inner.LIMIT", 16, 16, "pub const LIMIT: usize = 10;", ""),
        (
            "function",
            "inner.load",
            17,
            17,
            "pub async fn load<'a>(path: &'a str) -> Result<(), ()> where &'a str: Sized",
            "",
        ),
        ("macro", "square", 20, 20, "macro_rules! square { ($x:expr) => { $x * $x }; }", ""),
        ("enum", "State", 22, 22, "enum State", ""),
    ],
    "sample.ts": [
        ("interface", "Shape", 4, 4, "interface Shape", ""),
        ("method", "Shape.area", 4, 4, "area(): number", ""),
        ("type", "Id", 5, 5, "type Id = string | number;", ""),
        ("enum", "Color", 6, 6, "enum Color", ""),
        ("function", "external", 7, 7, "function external(x: number): void;", ""),
        ("class", "Runner", 10, 15, "abstract class Runner<T> implements Shape", "Runs it."),
        ("method", "Runner.handler", 11, 11, "private handler = (e: Event): void", ""),
        ("method", "Runner.constructor", 12, 12, "constructor(private readonly id: Id)", ""),
        ("method", "Runner.run", 13, 13, "async run<U>(input: Map<string, U>): Promise<U>", ""),
        ("method", "Runner.stop", 14, 14, "abstract stop(): void", ""),
        ("module", "Inner", 16, 16, "namespace Inner", ""),
        ("function", "Inner.make", 16, 16, "make = <T>(x: T): T", ""),
        ("constant", "defaults", 17, 17, "export const defaults = { a: 1 };", ""),
    ],
    "sample.tsx": [
        ("function", "Card", 3, 6, "Card = ({ title }: Props)", ""),
        ("function", "Card.close", 4, 4, "function close()", ""),
    ],
}

IMPORTS = {
    "sample.c": [("<stdio.h>", 1, ()), ("store.h", 2, ())],
    "sample.cpp": [("<vector>", 1, ()), ("shop/store.hpp", 2, ())],
    "sample.go": [("fmt", 4, ()), ("example.com/shop/prices", 5, ())],
    "sample.java": [("java.util.List", 3, ()), ("shop.Prices.of", 4, ()), ("shop.util", 5, ("*",))],
    "sample.js": [("react", 1, ()), ("./util.js", 2, ()), ("path", 3, ())],
    "sample.py": [("os.path", 3, ()), (".prices", 4, ("price_of", "TAX")), ("shop", 5, ("*",))],
    "sample.cs": [("System", 1, ()), ("Shop.Util", 2, ())],
    "sample.kt": [("shop.prices.Price", 3, ()), ("shop.util", 4, ("*",)), ("java.util.List", 5, ())],
    "sample.php": [("App\\Util", 4, ("Prices", "Taxes")), ("App\\Base", 5, ()), ("/helpers.php", 6, ())],
    "sample.rb": [("json", 1, ("require",)), ("../util/prices", 2, ("require_relative",))],
    "sample.rs": [("crate::prices::{self, Price}", 1, ()), ("util", 2, ("mod",))],
    "sample.ts": [("./a", 1, ()), ("fs", 2, ())],
    "sample.tsx": [("@ui/box", 1, ())],
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_definitions(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    found = [
        (s.kind, s.qualified, s.start_line, s.end_line, s.signature, s.doc) for s in definitions(text, name)
    ]
    assert found == EXPECTED[name]
    assert {s.path for s in definitions(text, name)} == {name}


@pytest.mark.parametrize("name", sorted(IMPORTS))
def test_imports(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    assert [(one.module, one.line, one.names) for one in imports(text, name)] == IMPORTS[name]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_whole_files_have_no_problems(name: str) -> None:
    language = language_for(name)
    assert language is not None
    assert syntax_errors((FIXTURES / name).read_text(encoding="utf-8"), language) == ()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_definition_is_found_in_a_file_with_windows_line_ends(name: str) -> None:
    text = (FIXTURES / name).read_text(encoding="utf-8")
    windows = definitions(text.replace("\n", "\r\n"), name)
    assert [(s.qualified, s.start_line, s.end_line) for s in windows] == [one[1:4] for one in EXPECTED[name]]


def test_references_are_names_in_code_not_in_strings_or_comments() -> None:
    text = "# price\ndef f(price):\n    return 'price' + price.net\n"
    found = [(one.name, one.line) for one in references(text, "a.py")]
    assert found == [("f", 2), ("price", 2), ("price", 3), ("net", 3)]


def test_references_know_types_fields_and_properties() -> None:
    assert [r.name for r in references("func (s *Store) Add() { s.items.Len() }\n", "a.go")] == [
        "s", "Store", "Add", "s", "items", "Len",
    ]  # fmt: skip
    assert [r.name for r in references("const { a, b: c } = x.y;\n", "a.js")] == ["a", "b", "c", "x", "y"]


def test_a_rust_module_may_name_its_file() -> None:
    found = [
        (one.module, one.names)
        for one in imports('#[path = "x/y.rs"]\n#[cfg(x)]\nmod a;\nmod o { mod i; }\nuse a::b;\n', "a.rs")
    ]
    assert found == [("x/y.rs", ("path",)), ("a", ("mod",)), ("i", ("o", "mod")), ("a::b", ())]


def test_rust_modules_inside_a_macro() -> None:
    text = 'cfg_net! {\n    pub mod tcp;\n    #[path = "x/y.rs"]\n    mod other;\n    mod inline { fn f() {} }\n}\n'
    found = [(one.module, one.line, one.names) for one in imports(text, "a.rs")]
    assert found == [("tcp", 2, ("mod",)), ("x/y.rs", 3, ("path",)), ("other", 4, ("mod",))]
