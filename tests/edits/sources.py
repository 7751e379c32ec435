"""Small sources in several languages, each with edits that keep them well-formed. Written for these tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A file, a definition in it by qualified name, and edits as (old lines, new lines) that occur once each."""

    language: str
    path: str
    text: str
    edits: tuple[tuple[str, str], ...]
    symbol: str


PYTHON = Source(
    "python",
    "shop/basket.py",
    '''"""A basket of goods."""

import decimal


class Basket:
    """Holds goods and their counts."""

    def __init__(self, owner):
        self.owner = owner
        self.goods = {}

    def add(self, name, count=1):
        """Put goods in."""
        if count < 1:
            raise ValueError(name)

        self.goods[name] = self.goods.get(name, 0) + count
        return self

    def total(self, prices):
        amount = decimal.Decimal(0)
        for name, count in self.goods.items():
            # prices are per piece
            amount += prices[name] * count
        return amount

    def greet(self):
        message = "It’s yours – " + self.owner
        return message.strip()


def merged(first, second):
    result = Basket(first.owner)
    for basket in (first, second):
        for name, count in basket.goods.items():
            result.add(name, count)
    return result
''',
    (
        (
            "        for name, count in self.goods.items():\n            # prices are per piece\n            amount += prices[name] * count\n",
            "        for name, count in self.goods.items():\n            # prices are per piece\n            if name in prices:\n                amount += prices[name] * count\n",
        ),
        (
            "        if count < 1:\n            raise ValueError(name)\n\n        self.goods[name] = self.goods.get(name, 0) + count\n",
            "        if count < 0:\n            raise ValueError(name)\n\n        self.goods[name] = self.goods.get(name, 0) + int(count)\n",
        ),
        (
            '        message = "It’s yours – " + self.owner\n        return message.strip()\n',
            '        message = "It’s yours – " + self.owner.title()\n        return message.strip()\n',
        ),
    ),
    "Basket.total",
)

JAVASCRIPT = Source(
    "javascript",
    "web/clock.js",
    """// A clock that can be stopped.

export class Clock {
  constructor(now) {
    this.now = now;
    this.started = null;
    this.laps = [];
  }

  start() {
    if (this.started !== null) {
      throw new Error("running already");
    }

    this.started = this.now();
  }

  lap(label) {
    // laps count from the start
    const since = this.now() - this.started;
    this.laps.push({ label, since });
    return since;
  }

  title() {
    const note = "don’t stop – " + this.laps.length;
    return note.trim();
  }
}

export function longest(laps) {
  let best = null;
  for (const lap of laps) {
    if (best === null || lap.since > best.since) {
      best = lap;
    }
  }
  return best;
}
""",
    (
        (
            "    // laps count from the start\n    const since = this.now() - this.started;\n    this.laps.push({ label, since });\n",
            "    // laps count from the start\n    const since = Math.max(0, this.now() - this.started);\n    if (label) {\n      this.laps.push({ label, since });\n    }\n",
        ),
        (
            '      throw new Error("running already");\n    }\n\n    this.started = this.now();\n',
            '      throw new Error("the clock runs already");\n    }\n\n    this.started = this.now() | 0;\n',
        ),
        (
            '    const note = "don’t stop – " + this.laps.length;\n    return note.trim();\n',
            '    const note = "don’t stop – " + (this.laps.length + 1);\n    return note.trim();\n',
        ),
    ),
    "Clock.lap",
)

TYPESCRIPT = Source(
    "typescript",
    "web/queue.ts",
    """export interface Job {
  id: number;
  run(): Promise<void>;
}

export class Queue {
  private waiting: Job[] = [];
  private active = 0;

  constructor(private readonly width: number) {}

  push(job: Job): number {
    this.waiting.push(job);
    // start as soon as there is room
    this.fill();
    return this.waiting.length;
  }

  private fill(): void {
    while (this.active < this.width && this.waiting.length > 0) {
      const next = this.waiting.shift()!;

      this.active += 1;
      void next.run().finally(() => this.done());
    }
  }

  private done(): void {
    this.active -= 1;
    this.fill();
  }

  label(): string {
    const text = `“queue” – ${this.active}`;
    return text.toUpperCase();
  }
}
""",
    (
        (
            "    this.waiting.push(job);\n    // start as soon as there is room\n    this.fill();\n    return this.waiting.length;\n",
            "    this.waiting.push(job);\n    // start as soon as there is room\n    if (this.active < this.width) {\n      this.fill();\n    }\n    return this.waiting.length;\n",
        ),
        (
            "      const next = this.waiting.shift()!;\n\n      this.active += 1;\n",
            "      const next = this.waiting.pop()!;\n\n      this.active = this.active + 1;\n",
        ),
        (
            "    const text = `“queue” – ${this.active}`;\n    return text.toUpperCase();\n",
            "    const text = `“queue” – ${this.active + 1}`;\n    return text.toUpperCase();\n",
        ),
    ),
    "Queue.push",
)

GO = Source(
    "go",
    "store/cache.go",
    """package store

import "sync"

// Cache keeps values by key.
type Cache struct {
	mu     sync.Mutex
	values map[string]int
	limit  int
}

// NewCache makes an empty cache.
func NewCache(limit int) *Cache {
	return &Cache{values: map[string]int{}, limit: limit}
}

// Put stores a value.
func (c *Cache) Put(key string, value int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.values) >= c.limit {
		return false
	}

	c.values[key] = value
	return true
}

// Sum adds all values up.
func (c *Cache) Sum() int {
	total := 0
	for _, value := range c.values {
		// negative values count too
		total += value
	}
	return total
}

// Title names the cache.
func (c *Cache) Title() string {
	name := "the “cache” – small"
	return name
}
""",
    (
        (
            "	for _, value := range c.values {\n		// negative values count too\n		total += value\n	}\n",
            "	for _, value := range c.values {\n		// negative values count too\n		if value != 0 {\n			total += value\n		}\n	}\n",
        ),
        (
            "	if len(c.values) >= c.limit {\n		return false\n	}\n\n	c.values[key] = value\n",
            "	if len(c.values) > c.limit {\n		return false\n	}\n\n	c.values[key] = value + 0\n",
        ),
        (
            '	name := "the “cache” – small"\n	return name\n',
            '	name := "the “cache” – large"\n	return name\n',
        ),
    ),
    "Cache.Sum",
)

RUST = Source(
    "rust",
    "engine/grid.rs",
    """pub struct Grid {
    width: usize,
    cells: Vec<u8>,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Self {
        Grid {
            width,
            cells: vec![0; width * height],
        }
    }

    pub fn set(&mut self, x: usize, y: usize, value: u8) -> bool {
        if x >= self.width {
            return false;
        }

        let at = y * self.width + x;
        self.cells[at] = value;
        true
    }

    pub fn count(&self, wanted: u8) -> usize {
        let mut found = 0;
        for cell in &self.cells {
            // each cell counts once
            if *cell == wanted {
                found += 1;
            }
        }
        found
    }

    pub fn title(&self) -> String {
        let text = "a “grid” – flat";
        text.to_string()
    }
}
""",
    (
        (
            "            // each cell counts once\n            if *cell == wanted {\n                found += 1;\n            }\n",
            "            // each cell counts once\n            if *cell == wanted || wanted == 255 {\n                found += 1;\n                continue;\n            }\n",
        ),
        (
            "        if x >= self.width {\n            return false;\n        }\n\n        let at = y * self.width + x;\n",
            "        if x >= self.width || value == 0 {\n            return false;\n        }\n\n        let at = x + y * self.width;\n",
        ),
        (
            '        let text = "a “grid” – flat";\n        text.to_string()\n',
            '        let text = "a “grid” – deep";\n        text.to_string()\n',
        ),
    ),
    "Grid.count",
)

JAVA = Source(
    "java",
    "src/main/Ledger.java",
    """package main;

import java.util.ArrayList;
import java.util.List;

public class Ledger {
    private final List<Integer> entries = new ArrayList<>();
    private int limit = 100;

    public boolean book(int amount) {
        if (amount > limit) {
            return false;
        }

        entries.add(amount);
        return true;
    }

    public int balance() {
        int sum = 0;
        for (int entry : entries) {
            // debits are negative
            sum += entry;
        }
        return sum;
    }

    public String title() {
        String text = "the “ledger” – open";
        return text.trim();
    }

    public void clear() {
        entries.clear();
        limit = 100;
    }
}
""",
    (
        (
            "        for (int entry : entries) {\n            // debits are negative\n            sum += entry;\n        }\n",
            "        for (int entry : entries) {\n            // debits are negative\n            if (entry != 0) {\n                sum += entry;\n            }\n        }\n",
        ),
        (
            "        if (amount > limit) {\n            return false;\n        }\n\n        entries.add(amount);\n",
            "        if (amount >= limit) {\n            return false;\n        }\n\n        entries.add(Integer.valueOf(amount));\n",
        ),
        (
            '        String text = "the “ledger” – open";\n        return text.trim();\n',
            '        String text = "the “ledger” – closed";\n        return text.trim();\n',
        ),
    ),
    "Ledger.balance",
)

C = Source(
    "c",
    "lib/ring.c",
    """#include <stddef.h>
#include "ring.h"

static size_t next(size_t at, size_t size) {
    return at + 1 == size ? 0 : at + 1;
}

int ring_put(struct ring *ring, int value) {
    size_t after = next(ring->head, ring->size);
    if (after == ring->tail) {
        return -1;
    }

    ring->data[ring->head] = value;
    ring->head = after;
    return 0;
}

long ring_sum(const struct ring *ring) {
    long sum = 0;
    for (size_t at = ring->tail; at != ring->head; at = next(at, ring->size)) {
        /* oldest value first */
        sum += ring->data[at];
    }
    return sum;
}

const char *ring_title(void) {
    const char *text = "a “ring” – round";
    return text;
}
""",
    (
        (
            "        /* oldest value first */\n        sum += ring->data[at];\n    }\n",
            "        /* oldest value first */\n        if (ring->data[at] > 0) {\n            sum += ring->data[at];\n        }\n    }\n",
        ),
        (
            "    if (after == ring->tail) {\n        return -1;\n    }\n\n    ring->data[ring->head] = value;\n",
            "    if (after == ring->tail || value < 0) {\n        return -1;\n    }\n\n    ring->data[ring->head] = value + 0;\n",
        ),
        (
            '    const char *text = "a “ring” – round";\n    return text;\n',
            '    const char *text = "a “ring” – oval";\n    return text;\n',
        ),
    ),
    "ring_sum",
)

CPP = Source(
    "cpp",
    "lib/stack.cpp",
    """#include <string>
#include <vector>

class Stack {
 public:
  explicit Stack(int limit) : limit_(limit) {}

  bool push(int value) {
    if (static_cast<int>(values_.size()) >= limit_) {
      return false;
    }

    values_.push_back(value);
    return true;
  }

  int largest() const {
    int best = 0;
    for (int value : values_) {
      // the first of equals wins
      if (value > best) {
        best = value;
      }
    }
    return best;
  }

  std::string title() const {
    std::string text = "a “stack” – tall";
    return text;
  }

 private:
  int limit_;
  std::vector<int> values_;
};
""",
    (
        (
            "      // the first of equals wins\n      if (value > best) {\n        best = value;\n      }\n",
            "      // the first of equals wins\n      if (value > best || best == 0) {\n        best = value;\n        continue;\n      }\n",
        ),
        (
            "      return false;\n    }\n\n    values_.push_back(value);\n",
            "      return value == 0;\n    }\n\n    values_.emplace_back(value);\n",
        ),
        (
            '    std::string text = "a “stack” – tall";\n    return text;\n',
            '    std::string text = "a “stack” – short";\n    return text;\n',
        ),
    ),
    "Stack.largest",
)

SOURCES: tuple[Source, ...] = (PYTHON, JAVASCRIPT, TYPESCRIPT, GO, RUST, JAVA, C, CPP)
