"""More one-fault programs in JavaScript for `repair_js.py`, in the style of small libraries: classes, closures, asynchronous code,
texts and tables. `HELD` were run only after the engine was done with `MORE`."""

from __future__ import annotations

from repair_js_programs import Program

MORE = (
    Program("least recently used", """class Cache {
  constructor(limit) {
    this.limit = limit;
    this.entries = new Map();
  }
  get(key) {
    if (!this.entries.has(key)) return undefined;
    const value = this.entries.get(key);
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }
  set(key, value) {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) {
      this.entries.delete(this.entries.keys().next().value);
    }
  }
}
function f(limit, steps) {
  const cache = new Cache(limit);
  const seen = [];
  for (const [key, value] of steps) {
    if (value === undefined) seen.push(cache.get(key) ?? null);
    else cache.set(key, value);
  }
  return [seen, [...cache.entries.keys()]];
}
""", "this.entries.size > this.limit", "this.entries.size >= this.limit",
        ("f(2, [['a', 1], ['b', 2]]), [[], ['a', 'b']]", "f(1, [['a', 1], ['a']]), [[1], ['a']]", "f(2, [['a', 1], ['b', 2], ['a'], ['c', 3]]), [[1], ['a', 'c']]", "f(3, []), [[], []]"),
        "[[2,[['x',1],['y',2],['z',3],['x']]],[1,[['x',1],['y',2]]],[3,[['x',1],['x',2],['x']]]]"),
    Program("slug", """function f(title) {
  return title
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
""", "replace(/[^a-z0-9]+/g, '-')", "replace(/[^a-z0-9]+/, '-')", ("f('Hello'), 'hello'", "f('Hello big World'), 'hello-big-world'", "f(' a b '), 'a-b'", "f('x'), 'x'"),
        "[['One Two Three'],['--a--'],['A  B'],['9 to 5!']]"),
    Program("parse query", """function f(query) {
  const result = {};
  for (const part of query.replace(/^\\?/, '').split('&')) {
    if (!part) continue;
    const [key, value = ''] = part.split('=');
    const name = decodeURIComponent(key);
    if (name in result) result[name] = [].concat(result[name], value);
    else result[name] = decodeURIComponent(value);
  }
  return result;
}
""", "if (!part) continue;", "if (!part) break;", ("f('a=1&b=2'), { a: '1', b: '2' }", "f(''), {}", "f('a=1&&b=2'), { a: '1', b: '2' }", "f('?x'), { x: '' }", "f('a=1&a=2'), { a: ['1', '2'] }"),
        "[['p=1&&q=2&&r=3'],['?m=%20'],['a&a&a'],['&z=1']]"),
    Program("debounced log", """function makeCounter(step = 1) {
  let count = 0;
  return {
    up: () => (count += step),
    down: () => (count -= step),
    value: () => count,
  };
}
function f(step, moves) {
  const counter = makeCounter(step);
  for (const move of moves) counter[move]();
  return counter.value();
}
""", "makeCounter(step);", "makeCounter();", ("f(1, ['up', 'up']), 2", "f(2, ['up', 'up']), 4", "f(3, ['up', 'down', 'down']), -3", "f(5, []), 0"), "[[4,['up']],[1,['down']],[10,['up','up','down']]]"),
    Program("group by", """function f(items, key) {
  return items.reduce((groups, item) => {
    const name = item[key];
    if (!groups[name]) groups[name] = [];
    groups[name].push(item.id);
    return groups;
  }, {});
}
""", "    return groups;\n", "", ("f([], 'kind'), {}", "f([{ id: 1, kind: 'a' }, { id: 2, kind: 'b' }], 'kind'), { a: [1], b: [2] }", "f([{ id: 1, kind: 'a' }, { id: 2, kind: 'a' }], 'kind'), { a: [1, 2] }"),
        "[[[{id:1,c:'x'},{id:2,c:'y'},{id:3,c:'x'}],'c'],[[],'c']]"),
    Program("retry", """async function f(fails, limit) {
  let attempts = 0;
  const work = async () => {
    attempts++;
    if (attempts <= fails) throw new Error('failed ' + attempts);
    return attempts;
  };
  let last;
  for (let i = 0; i < limit; i++) {
    try {
      return await work();
    } catch (error) {
      last = error;
    }
  }
  return last.message;
}
""", "return await work();", "return work();", ("await f(0, 3), 1", "await f(2, 3), 3", "await f(3, 2), 'failed 2'", "await f(1, 5), 2"), "[[4,5],[5,4],[0,1],[2,2]]"),
    Program("flatten keys", """function f(object, prefix = '') {
  const result = {};
  for (const [key, value] of Object.entries(object)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (value && typeof value === 'object' && !Array.isArray(value)) {
      Object.assign(result, f(value, path));
    } else {
      result[path] = value;
    }
  }
  return result;
}
""", "f(value, path)", "f(value, key)", ("f({ a: 1 }), { a: 1 }", "f({ a: { b: 1 } }), { 'a.b': 1 }", "f({ a: { b: { c: 2 } }, d: [1] }), { 'a.b.c': 2, d: [1] }", "f({ x: null }), { x: null }"),
        "[[{a:{b:{c:{d:1}}}}],[{m:{n:[2]}}],[{p:{q:{}}}]]"),
    Program("merge intervals", """function f(ranges) {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged = [];
  for (const [start, end] of sorted) {
    const last = merged[merged.length - 1];
    if (last && start <= last[1]) {
      last[1] = Math.max(last[1], end);
    } else {
      merged.push([start, end]);
    }
  }
  return merged;
}
""", "last[1] = Math.max(last[1], end);", "last[1] = end;", ("f([[1, 3], [2, 4]]), [[1, 4]]", "f([[1, 10], [2, 4]]), [[1, 10]]", "f([]), []", "f([[5, 6], [1, 2]]), [[1, 2], [5, 6]]"),
        "[[[[1,9],[2,3],[4,5]]],[[[3,4],[1,3]]],[[[1,2],[2,2]]]]"),
    Program("money", """function f(cents, currency = '$') {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, '0');
  return `${sign}${currency}${whole}.${rest}`;
}
""", ".padStart(2, '0')", ".padEnd(2, '0')", ("f(1234), '$12.34'", "f(5), '$0.05'", "f(-250, 'E'), '-E2.50'", "f(100), '$1.00'"), "[[7],[709],[-3],[99]]"),
    Program("caesar", """function f(text, shift) {
  return [...text].map((letter) => {
    const code = letter.charCodeAt(0);
    if (code >= 97 && code <= 122) return String.fromCharCode(((code - 97 + shift + 26) % 26) + 97);
    if (code >= 65 && code <= 90) return String.fromCharCode(((code - 65 + shift + 26) % 26) + 65);
    return letter;
  }).join('');
}
""", "code - 65 + shift + 26", "code - 97 + shift + 26", ("f('abc', 1), 'bcd'", "f('XYZ', 3), 'ABC'", "f('a-Z', 1), 'b-A'", "f('b', -1), 'a'"), "[['Hello',5],['zZ',1],['QQ',0],['A',-1]]"),
    Program("event emitter", """class Emitter {
  constructor() {
    this.handlers = {};
  }
  on(name, handler) {
    (this.handlers[name] ||= []).push(handler);
    return () => this.off(name, handler);
  }
  off(name, handler) {
    this.handlers[name] = (this.handlers[name] || []).filter((one) => one !== handler);
  }
  emit(name, ...args) {
    for (const handler of this.handlers[name] || []) handler(...args);
  }
}
function f(names) {
  const emitter = new Emitter();
  const seen = [];
  const stop = emitter.on('a', (value) => seen.push('first ' + value));
  emitter.on('a', (value) => seen.push('second ' + value));
  names.forEach((name, index) => emitter.emit(name, index));
  stop();
  emitter.emit('a', 'last');
  return seen;
}
""", "one !== handler", "one === handler", ("f([]), ['second last']", "f(['a']), ['first 0', 'second 0', 'second last']", "f(['b']), ['second last']"), "[[['a','a']],[['b','a']],[['c']]]"),
    Program("range", """function f(start, end, step = 1) {
  const result = [];
  if (step > 0) {
    for (let i = start; i < end; i += step) result.push(i);
  } else if (step < 0) {
    for (let i = start; i > end; i += step) result.push(i);
  }
  return result;
}
""", "i > end; i += step", "i < end; i += step", ("f(0, 3), [0, 1, 2]", "f(3, 0, -1), [3, 2, 1]", "f(1, 1), []", "f(5, 0, -2), [5, 3, 1]"), "[[2,-2,-1],[0,10,5],[1,2,0],[3,3,-1]]"),
    Program("histogram", """function f(values, size) {
  const low = Math.min(...values);
  const counts = [];
  for (const value of values) {
    const bin = Math.floor((value - low) / size);
    counts[bin] = (counts[bin] || 0) + 1;
  }
  return Array.from(counts, (count) => count || 0);
}
""", "Math.floor((value - low) / size)", "Math.round((value - low) / size)", ("f([0, 1, 2], 1), [1, 1, 1]", "f([0, 3], 2), [1, 1]", "f([1, 5, 9], 5), [2, 1]", "f([4], 3), [1]"), "[[[0,7,8],4],[[2,3,4,5],2],[[1,1],1]]"),
    Program("matrix product", """function f(a, b) {
  return a.map((row) =>
    b[0].map((_, column) => row.reduce((sum, value, index) => sum + value * b[index][column], 0)),
  );
}
""", "b[index][column]", "b[column][index]", ("f([[1]], [[2]]), [[2]]", "f([[1, 2]], [[3], [4]]), [[11]]", "f([[1, 0], [0, 1]], [[5, 6], [7, 8]]), [[5, 6], [7, 8]]"), "[[[[1,2],[3,4]],[[5,6],[7,8]]],[[[2]],[[3]]],[[[1,1,1]],[[1],[2],[3]]]]"),
    Program("deep equal", """function f(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => f(one[key], other[key]));
}
""", "keys.every(", "keys.some(", ("f({ a: 1 }, { a: 1 }), true", "f({ a: 1, b: 2 }, { a: 1, b: 3 }), false", "f([], []), true", "f({ a: { b: 1 } }, { a: { b: 1 } }), true", "f(null, {}), false"),
        "[[{x:1,y:1},{x:1,y:2}],[[1,2],[1,2]],[{},{}],[[1],[2]]]"),
    Program("tokens", """function f(text) {
  const tokens = [];
  let at = 0;
  while (at < text.length) {
    const letter = text[at];
    if (letter === ' ') {
      at++;
    } else if (letter >= '0' && letter <= '9') {
      let end = at;
      while (end < text.length && text[end] >= '0' && text[end] <= '9') end++;
      tokens.push(Number(text.slice(at, end)));
      at = end;
    } else {
      tokens.push(letter);
      at++;
    }
  }
  return tokens;
}
""", "text.slice(at, end)", "text.slice(at, end - 1)", ("f('1+2'), [1, '+', 2]", "f('12 * 3'), [12, '*', 3]", "f(''), []", "f('(45)'), ['(', 45, ')']"), "[['100-7'],['9'],['a1'],['3 4']]"),
    Program("promise pool", """async function f(delays, limit) {
  const order = [];
  let running = 0;
  let most = 0;
  const queue = delays.map((delay, index) => async () => {
    running++;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, delay));
    running--;
    order.push(index);
  });
  const worker = async () => {
    while (queue.length > 0) await queue.shift()();
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return [order.length, most];
}
""", "Array.from({ length: limit }, worker)", "Array.from({ length: delays.length }, worker)", ("await f([1, 1, 1], 1), [3, 1]", "await f([1, 1, 1, 1], 2), [4, 2]", "await f([], 2), [0, 0]"), "[[[2,2,2,2],3],[[1],1],[[1,1],1]]"),
    Program("template fill", """function f(text, values) {
  return text.replace(/\\{(\\w+)\\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
""", "String(values[name]) : whole", "String(values[name]) : name", ("f('a {x} b', { x: 1 }), 'a 1 b'", "f('{y}', {}), '{y}'", "f('', {}), ''", "f('{a}{b}', { a: 1 }), '1{b}'"), "[['{p} {q}',{q:0}],['no',{}],['{z}',{z:null}]]"),
)  # fmt: skip

HELD = (
    Program("priority queue", """class Queue {
  constructor() {
    this.heap = [];
  }
  push(item) {
    this.heap.push(item);
    let at = this.heap.length - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.heap[up] <= this.heap[at]) break;
      [this.heap[up], this.heap[at]] = [this.heap[at], this.heap[up]];
      at = up;
    }
  }
  pop() {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (this.heap.length === 0) return top;
    this.heap[0] = last;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) return top;
      if (child + 1 < this.heap.length && this.heap[child + 1] < this.heap[child]) child++;
      if (this.heap[at] <= this.heap[child]) return top;
      [this.heap[at], this.heap[child]] = [this.heap[child], this.heap[at]];
      at = child;
    }
  }
}
function f(items) {
  const queue = new Queue();
  for (const item of items) queue.push(item);
  return items.map(() => queue.pop());
}
""", "this.heap[child + 1] < this.heap[child]", "this.heap[child + 1] > this.heap[child]", ("f([1]), [1]", "f([3, 1, 2]), [1, 2, 3]", "f([5, 4, 3, 2, 1]), [1, 2, 3, 4, 5]", "f([2, 2, 1]), [1, 2, 2]"), "[[[9,8,7,6]],[[1,2,3]],[[4,1]],[[7,3,9,1,5,8]]]"),
    Program("title case", """function f(text) {
  const small = new Set(['a', 'of', 'the', 'and']);
  return text
    .split(' ')
    .map((word, index) => (index > 0 && small.has(word) ? word : word[0].toUpperCase() + word.slice(1)))
    .join(' ');
}
""", "index > 0 && small", "index > 0 || small", ("f('the lord of rings'), 'The Lord of Rings'", "f('tale'), 'Tale'", "f('a and b'), 'A and B'", "f('big red dog'), 'Big Red Dog'"), "[['the the'],['cat of a hat'],['of mice and men']]"),
    Program("compose", """function f(value, names) {
  const known = { double: (n) => n * 2, next: (n) => n + 1, square: (n) => n * n };
  const steps = names.map((name) => known[name]);
  return steps.reduceRight((result, step) => step(result), value);
}
""", "steps.reduceRight(", "steps.reduce(", ("f(3, []), 3", "f(3, ['double']), 6", "f(3, ['double', 'next']), 8", "f(2, ['square', 'next', 'double']), 25"), "[[1,['next','double']],[5,['square','next']],[2,['double','double']]]"),
    Program("bank", """class Account {
  #balance = 0;
  deposit(amount) {
    if (amount <= 0) throw new RangeError('amount must be positive');
    this.#balance += amount;
  }
  withdraw(amount) {
    if (amount > this.#balance) throw new Error('insufficient funds');
    this.#balance -= amount;
  }
  get balance() {
    return this.#balance;
  }
}
function f(steps) {
  const account = new Account();
  const errors = [];
  for (const step of steps) {
    try {
      if (step >= 0) account.deposit(step);
      else account.withdraw(-step);
    } catch (error) {
      errors.push(error.message);
    }
  }
  return [account.balance, errors];
}
""", "if (amount > this.#balance)", "if (amount >= this.#balance)", ("f([5, -3]), [2, []]", "f([5, -5]), [0, []]", "f([-1]), [0, ['insufficient funds']]", "f([0]), [0, ['amount must be positive']]"), "[[[10,-10]],[[1,-2]],[[3,-1,-2]],[[0,0]]]"),
    Program("levenshtein", """function f(one, other) {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const current = [i];
    for (let j = 1; j <= other.length; j++) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost);
    }
    previous = current;
  }
  return previous[other.length];
}
""", "? 0 : 1;", "? 1 : 0;", ("f('', ''), 0", "f('a', 'a'), 0", "f('cat', 'cut'), 1", "f('abc', ''), 3", "f('kitten', 'sitting'), 3"), "[['flaw','lawn'],['a','b'],['same','same'],['ab','ba']]"),
    Program("pick", """function f(object, ...names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}
""", "filter(([name]) =>", "filter(([, name]) =>", ("f({ a: 1, b: 2 }, 'a'), { a: 1 }", "f({}, 'a'), {}", "f({ a: 1 }), {}", "f({ a: 1, b: 2 }, 'b', 'a'), { a: 1, b: 2 }"), "[[{x:'y',y:'x'},'x'],[{p:1,q:2,r:3},'p','r'],[{m:1},'n']]"),
    Program("run length", """function f(text) {
  let result = '';
  let count = 1;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === text[i + 1]) {
      count++;
    } else {
      result += (count > 1 ? count : '') + text[i];
      count = 1;
    }
  }
  return result;
}
""", "      count = 1;\n", "      count = 0;\n", ("f('a'), 'a'", "f('aab'), '2ab'", "f('aabb'), '2a2b'", "f(''), ''", "f('abcc'), 'ab2c'"), "[['xxyyzz'],['aaabccd'],['zz'],['abab']]"),
    Program("paginate", """function f(items, page, size = 2) {
  const pages = Math.ceil(items.length / size);
  const current = Math.min(Math.max(page, 1), Math.max(pages, 1));
  const start = (current - 1) * size;
  return { items: items.slice(start, start + size), page: current, pages };
}
""", "(current - 1) * size;", "current * size;", ("f([1, 2, 3], 1), { items: [1, 2], page: 1, pages: 2 }", "f([1, 2, 3], 2), { items: [3], page: 2, pages: 2 }", "f([], 1), { items: [], page: 1, pages: 0 }", "f([1, 2, 3], 9), { items: [3], page: 2, pages: 2 }"), "[[[1,2,3,4,5],2],[[1,2,3,4,5],3],[[1,2,3,4],1,3],[[1],0]]"),
    Program("zip longest", """function f(...lists) {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.map((list) => list[index] ?? null));
}
""", "list[index] ?? null", "list[index] || null", ("f([1], [2]), [[1, 2]]", "f([0], [1]), [[0, 1]]", "f(), []", "f([1, 2], [3]), [[1, 3], [2, null]]", "f([''], [1]), [['', 1]]"), "[[[0,0],[1]],[[false],[true]],[[1,2,3],[]]]"),
    Program("topological order", """function f(edges) {
  const waiting = new Map();
  for (const [before, after] of edges) {
    if (!waiting.has(before)) waiting.set(before, new Set());
    if (!waiting.has(after)) waiting.set(after, new Set());
    waiting.get(after).add(before);
  }
  const order = [];
  while (waiting.size > 0) {
    const ready = [...waiting.keys()].filter((name) => waiting.get(name).size === 0).sort();
    if (ready.length === 0) return null;
    for (const name of ready) {
      order.push(name);
      waiting.delete(name);
      for (const others of waiting.values()) others.delete(name);
    }
  }
  return order;
}
""", "waiting.get(after).add(before);", "waiting.get(before).add(after);", ("f([]), []", "f([['a', 'b']]), ['a', 'b']", "f([['b', 'a'], ['a', 'c']]), ['b', 'a', 'c']", "f([['a', 'b'], ['b', 'a']]), null"), "[[[['x','y'],['x','z']]],[[['m','n'],['n','o']]],[[['q','p'],['r','p']]]]"),
    Program("clock time", """function f(minutes) {
  const hours = Math.floor(minutes / 60) % 24;
  const rest = minutes % 60;
  const half = hours < 12 ? 'am' : 'pm';
  const shown = hours % 12 || 12;
  return `${shown}:${String(rest).padStart(2, '0')}${half}`;
}
""", "hours % 12 || 12", "hours % 12", ("f(0), '12:00am'", "f(61), '1:01am'", "f(720), '12:00pm'", "f(805), '1:25pm'"), "[[725],[1439],[30],[600]]"),
    Program("memo", """function memo(work) {
  const known = new Map();
  return (...given) => {
    const key = JSON.stringify(given);
    if (!known.has(key)) known.set(key, work(...given));
    return known.get(key);
  };
}
function f(pairs) {
  let calls = 0;
  const add = memo((a, b) => {
    calls += 1;
    return a + b;
  });
  return [pairs.map(([a, b]) => add(a, b)), calls];
}
""", "JSON.stringify(given)", "JSON.stringify(given[0])", ("f([]), [[], 0]", "f([[1, 2], [1, 2]]), [[3, 3], 1]", "f([[1, 2], [1, 3]]), [[3, 4], 2]", "f([[1, 2], [2, 1]]), [[3, 3], 2]"), "[[[[5,5],[5,6]]],[[[0,1],[0,2],[0,1]]],[[[1,1]]]]"),
)  # fmt: skip
