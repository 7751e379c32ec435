"""Small programs in JavaScript with one fault each, for `repair_js.py`: exercises of the classic kind, written for this benchmark.

`faulty` stands once in `source` in the place of `right`; `asserts` are tests by name; `inputs` are argument lists (JavaScript) on
which a repaired program is compared with the right one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    source: str
    right: str
    faulty: str
    asserts: tuple[str, ...]
    inputs: str

    @property
    def broken(self) -> str:
        assert self.source.count(self.right) == 1, self.name
        return self.source.replace(self.right, self.faulty)


PROGRAMS = (
    Program("binary search", """function f(items, wanted) {
  let low = 0;
  let high = items.length - 1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    if (items[middle] === wanted) return middle;
    if (items[middle] < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
""", "low <= high", "low < high", ("f([1, 3, 5], 5), 2", "f([1, 3, 5], 1), 0", "f([], 1), -1", "f([4], 4), 0", "f([1, 3, 5], 4), -1"),
        "[[[1,2,3,4,5],5],[[1,2],2],[[2],3],[[1,4,6,9],9],[[1,4,6,9],1]]"),
    Program("greatest common divisor", """function f(a, b) {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
""", "b = rest;", "b = a;", ("f(12, 8), 4", "f(7, 3), 1", "f(5, 0), 5", "f(9, 3), 3"), "[[100,75],[17,5],[0,4],[36,24]]"),
    Program("factorial", """function f(n) {
  let product = 1;
  for (let i = 2; i <= n; i++) {
    product *= i;
  }
  return product;
}
""", "i <= n", "i < n", ("f(0), 1", "f(1), 1", "f(3), 6", "f(5), 120"), "[[2],[4],[6],[7]]"),
    Program("largest", """function f(items) {
  let best = -Infinity;
  for (const item of items) {
    if (item > best) {
      best = item;
    }
  }
  return best;
}
""", "item > best", "item < best", ("f([1, 5, 2]), 5", "f([-3, -1]), -1", "f([7]), 7", "f([2, 2]), 2"), "[[[3,9,1]],[[-5,-9]],[[0]],[[4,4,5]]]"),
    Program("palindrome", """function f(text) {
  const plain = text.toLowerCase().replace(/[^a-z]/g, '');
  for (let i = 0; i < plain.length / 2; i++) {
    if (plain[i] !== plain[plain.length - 1 - i]) return false;
  }
  return true;
}
""", "plain.length - 1 - i", "plain.length - i", ("f('anna'), true", "f('Otto'), true", "f('ab'), false", "f('a b a'), true"), "[['racecar'],['ab'],['a'],[''],['Never odd or even'],['abcb']]"),
    Program("count words", """function f(text) {
  const counts = new Map();
  for (const word of text.split(' ')) {
    counts.set(word, (counts.get(word) || 0) + 1);
  }
  return [...counts.entries()].sort((a, b) => b[1] - a[1])[0][0];
}
""", "b[1] - a[1]", "a[1] - b[1]", ("f('a b a'), 'a'", "f('x'), 'x'", "f('b a a'), 'a'", "f('c c d'), 'c'"), "[['a b b'],['q q r r r'],['m'],['z y z']]"),
    Program("sum of evens", """function f(items) {
  return items.filter((item) => item % 2 === 0).reduce((sum, item) => sum + item, 0);
}
""", "item % 2 === 0", "item % 2 === 1", ("f([1, 2, 3, 4]), 6", "f([1]), 0", "f([]), 0", "f([2]), 2"), "[[[5,6,7,8]],[[0]],[[3,3]],[[10,20]]]"),
    Program("fibonacci", """function f(n) {
  let first = 0;
  let second = 1;
  for (let i = 0; i < n; i++) {
    [first, second] = [second, first + second];
  }
  return first;
}
""", "[second, first + second]", "[second, first - second]", ("f(0), 0", "f(1), 1", "f(4), 3", "f(7), 13"), "[[2],[3],[8],[10]]"),
    Program("numeric sort", """function f(items) {
  const sorted = [...items].sort((a, b) => a - b);
  return sorted[0] + ',' + sorted[sorted.length - 1];
}
""", "sort((a, b) => a - b)", "sort()", ("f([10, 9, 2]), '2,10'", "f([1, 2]), '1,2'", "f([5]), '5,5'", "f([100, 20, 3]), '3,100'"), "[[[11,2]],[[3,2,1]],[[30,4,200]]]"),
    Program("running maximum", """function f(items) {
  const result = [];
  let best = -Infinity;
  for (const item of items) {
    best = Math.max(best, item);
    result.push(best);
  }
  return result.join(',');
}
""", "Math.max(best, item)", "Math.min(best, item)", ("f([1, 3, 2]), '1,3,3'", "f([]), ''", "f([5, 4]), '5,5'", "f([1, 2]), '1,2'"), "[[[2,1,5]],[[0]],[[9,10,1]]]"),
    Program("clamp", """function f(value, low, high) {
  if (value < low) return low;
  if (value > high) return high;
  return value;
}
""", "return high;", "return low;", ("f(5, 0, 3), 3", "f(-1, 0, 3), 0", "f(2, 0, 3), 2", "f(9, 1, 4), 4"), "[[1,2,3],[7,2,3],[2,2,3],[3,2,3]]"),
    Program("leap year", """function f(year) {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
""", "&& year % 100", "|| year % 100", ("f(2000), true", "f(1900), false", "f(2024), true", "f(2023), false"), "[[2100],[2400],[1996],[2001],[1700]]"),
    Program("is sorted", """function f(items) {
  for (let i = 1; i < items.length; i++) {
    if (items[i - 1] > items[i]) return false;
  }
  return true;
}
""", "items[i - 1] > items[i]", "items[i - 1] >= items[i]", ("f([1, 1, 2]), true", "f([2, 1]), false", "f([]), true", "f([1, 2, 3]), true"), "[[[3,3]],[[1,2,2]],[[5,4]],[[1]]]"),
    Program("transpose", """function f(rows) {
  const result = [];
  for (let x = 0; x < rows[0].length; x++) {
    const line = [];
    for (let y = 0; y < rows.length; y++) {
      line.push(rows[y][x]);
    }
    result.push(line);
  }
  return JSON.stringify(result);
}
""", "y < rows.length", "y < rows[0].length", ("f([[1, 2, 3], [4, 5, 6]]), '[[1,4],[2,5],[3,6]]'", "f([[1]]), '[[1]]'", "f([[1, 2], [3, 4]]), '[[1,3],[2,4]]'", "f([[1], [2]]), '[[1,2]]'"), "[[[[1,2]]],[[[1],[2],[3]]],[[[1,2],[3,4],[5,6]]]]"),
    Program("initials", """function f(name) {
  return name
    .split(' ')
    .map((part) => part[0].toUpperCase())
    .join('');
}
""", "toUpperCase", "toLowerCase", ("f('ada byron'), 'AB'", "f('grace'), 'G'", "f('x y z'), 'XYZ'"), "[['alan turing'],['Bob'],['c d']]"),
    Program("average", """function f(items) {
  if (items.length === 0) return 0;
  let sum = 0;
  for (const item of items) sum += item;
  return sum / items.length;
}
""", "sum / items.length", "sum / (items.length - 1)", ("f([2, 4]), 3", "f([]), 0", "f([5]), 5", "f([1, 2, 3]), 2"), "[[[1,1,4]],[[10]],[[3,5]]]"),
    Program("deep total", """function f(tree) {
  if (!tree) return 0;
  return tree.value + f(tree.left) + f(tree.right);
}
""", "f(tree.right)", "f(tree.left)", ("f({ value: 1, right: { value: 2 } }), 3", "f(null), 0", "f({ value: 4 }), 4", "f({ value: 1, left: { value: 2 }, right: { value: 3 } }), 6"), "[[{value:5,left:{value:1}}],[{value:1,right:{value:9,left:{value:3}}}],[null]]"),
    Program("unique", """function f(items) {
  const seen = new Set();
  const result = [];
  for (const item of items) {
    if (!seen.has(item)) {
      seen.add(item);
      result.push(item);
    }
  }
  return result.join(',');
}
""", "!seen.has(item)", "seen.has(item)", ("f([1, 1, 2]), '1,2'", "f([]), ''", "f([3]), '3'", "f([1, 2, 1]), '1,2'"), "[[[5,5,5]],[[1,2,3]],[[4,3,4,3]]]"),
    Program("cart", """class Cart {
  constructor() {
    this.lines = [];
  }

  add(name, price, count = 1) {
    this.lines.push({ name, price, count });
    return this;
  }

  total(discount = 0) {
    let sum = 0;
    for (const line of this.lines) {
      sum += line.price * line.count;
    }
    return sum - (sum * discount) / 100;
  }
}

function f(lines, discount) {
  const cart = new Cart();
  for (const [name, price, count] of lines) cart.add(name, price, count);
  return cart.total(discount);
}
""", "line.price * line.count", "line.price + line.count", ("f([['a', 10, 3]], 0), 30", "f([], 0), 0", "f([['a', 10, 2], ['b', 5, 1]], 10), 22.5", "f([['a', 7, 1]], 0), 7"), "[[[['a',4,5]],0],[[['a',2,2],['b',3,3]],50],[[],10]]"),
    Program("roman", """const SIGNS = [[10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']];

function f(n) {
  let text = '';
  for (const [value, sign] of SIGNS) {
    while (n >= value) {
      text += sign;
      n -= value;
    }
  }
  return text;
}
""", "n >= value", "n > value", ("f(1), 'I'", "f(4), 'IV'", "f(9), 'IX'", "f(23), 'XXIII'"), "[[2],[10],[14],[39],[5]]"),
    Program("chunks", """function f(items, size) {
  const result = [];
  for (let i = 0; i < items.length; i += size) {
    result.push(items.slice(i, i + size));
  }
  return JSON.stringify(result);
}
""", "items.slice(i, i + size)", "items.slice(i, size)", ("f([1, 2, 3, 4], 2), '[[1,2],[3,4]]'", "f([1, 2, 3], 2), '[[1,2],[3]]'", "f([], 2), '[]'", "f([1], 3), '[[1]]'"), "[[[1,2,3,4,5,6],3],[[1,2,3],1],[[1,2,3,4,5],2]]"),
    Program("brackets", """const PAIRS = { ')': '(', ']': '[' };

function f(text) {
  const open = [];
  for (const sign of text) {
    if (sign === '(' || sign === '[') {
      open.push(sign);
    } else if (open.pop() !== PAIRS[sign]) {
      return false;
    }
  }
  return open.length === 0;
}
""", "return open.length === 0;", "return true;", ("f('()'), true", "f('('), false", "f('([)]'), false", "f(''), true", "f('[['), false"), "[['(()'],['[]()'],[']'],['(('],['[()]']]"),
    Program("optional city", """function f(users) {
  return users.map((user) => user.address?.city ?? 'none').join(',');
}
""", "user.address?.city", "user.address.city", ("f([{ address: { city: 'Rome' } }]), 'Rome'", "f([{}]), 'none'", "f([]), ''", "f([{}, { address: { city: 'Oslo' } }]), 'none,Oslo'"), "[[[{address:{}}]],[[{},{}]],[[{address:{city:'x'}},{}]]]"),
    Program("awaited", """const load = async (n) => n * 2;

async function f(items) {
  let sum = 0;
  for (const item of items) {
    sum += await load(item);
  }
  return sum;
}
""", "await load(item)", "load(item)", ("await f([1, 2]), 6", "await f([]), 0", "await f([5]), 10"), "[[[3]],[[1,1,1]],[[0]]]"),
    Program("no side effect", """function f(items) {
  const last = [...items].reverse();
  return last[0] + '|' + items[0];
}
""", "[...items].reverse()", "items.reverse()", ("f(['a', 'b']), 'b|a'", "f(['x']), 'x|x'", "f(['a', 'b', 'c']), 'c|a'"), "[[['q','r']],[['m']],[['1','2','3']]]"),
    Program("power", """function f(base, exponent) {
  if (exponent === 0) return 1;
  const half = f(base, Math.floor(exponent / 2));
  return exponent % 2 === 0 ? half * half : half * half * base;
}
""", "? half * half : half * half * base", "? half * half * base : half * half", ("f(2, 0), 1", "f(2, 3), 8", "f(3, 2), 9", "f(2, 5), 32"), "[[2,4],[5,1],[3,3],[1,9]]"),
)  # fmt: skip
