"""Whole replies in the manners of many models: prose, several blocks, drafts, tool calls as text, elisions.

All speak of `FILES`. `changed` holds (path, old, new) replacements that must come out; None means refused, for `reason`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

FILES = {
    "src/shop/cart.py": '''"""A basket of things."""

from __future__ import annotations


class Cart:
    def __init__(self) -> None:
        self.items: list[tuple[str, int]] = []

    def add(self, name: str, count: int) -> None:
        # one more of the same
        self.items.append((name, count))

    def total(self, prices: dict[str, float]) -> float:
        result = 0.0
        for name, count in self.items:
            result += prices[name]
        return result


def discount(amount: float, percent: int) -> float:
    return amount - percent / 100
''',
    "web/list.js": """import { api } from './api.js'

export async function load(page) {
  const answer = await api.get(`/items?page=${page}`)
  if (answer.ok) {
    return answer.items
  }
  return null
}

export const last = (items) => items[items.length]
""",
    "cmd/main.go": """package main

import "fmt"

func main() {
\tfor i := 0; i <= 3; i++ {
\t\tfmt.Println(i)
\t}
}
""",
}
CART, LIST, MAIN = FILES
TOTAL = (CART, "result += prices[name]\n", "result += prices[name] * count\n")
DISCOUNT = (CART, "amount - percent / 100", "amount * (1 - percent / 100)")
LAST = (LIST, "items[items.length]", "items[items.length - 1]")
LOOP = (MAIN, "i <= 3", "i < 3")


@dataclass(frozen=True)
class Reply:
    name: str
    text: str
    changed: tuple[tuple[str, str, str], ...] | None
    reason: str = ""


def sr(old: str, new: str) -> str:
    return f"<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


OLD, NEW = "            result += prices[name]\n", "            result += prices[name] * count\n"
BLOCK = sr(OLD, NEW)
DIFF = """@@ -15,5 +15,5 @@ class Cart:
         result = 0.0
         for name, count in self.items:
-            result += prices[name]
+            result += prices[name] * count
         return result
"""
PATCH = """*** Begin Patch
*** Update File: src/shop/cart.py
@@ class Cart:
@@     def total(self, prices: dict[str, float]) -> float:
-            result += prices[name]
+            result += prices[name] * count
*** End Patch
"""
CALL = '{"path": "web/list.js", "old_str": "items[items.length]", "new_str": "items[items.length - 1]"}'
LIST_DIFF = f"""--- a/{LIST}
+++ b/{LIST}
@@ -10 +10 @@
-export const last = (items) => items[items.length]
+export const last = (items) => items[items.length - 1]
"""
WHOLE = FILES[MAIN].replace("i <= 3", "i < 3")

LANDING = (
    Reply("path above, fence", f"The count was ignored.\n\n{CART}\n```python\n{BLOCK}```\n", (TOTAL,)),
    Reply("path in the fence", f"```python\n{CART}\n{BLOCK}```\n", (TOTAL,)),
    Reply("heading", f"## Fix\n\n### `{CART}`\n\n```python\n{BLOCK}```\n\nNow it multiplies.\n", (TOTAL,)),
    Reply("bold and colon", f"**{CART}:**\n\n```\n{BLOCK}```\n", (TOTAL,)),
    Reply("numbered list", f"1. In `{CART}`, multiply by the count:\n\n```python\n{BLOCK}```\n", (TOTAL,)),
    Reply("path on the fence", f"```python:{CART}\n{BLOCK}```\n", (TOTAL,)),
    Reply("path on the marker", f"<<<<<<< SEARCH {CART}\n{BLOCK[15:]}", (TOTAL,)),
    Reply("only the name", f"cart.py\n```python\n{BLOCK}```\n", (TOTAL,)),
    Reply("no fence", f"{CART}\n{BLOCK}", (TOTAL,)),
    Reply("thoughts with a draft", f"<think>\n{CART}\n{sr(OLD, OLD)}Hmm, wrong.\n</think>\n\n{CART}\n{BLOCK}", (TOTAL,)),
    Reply("thoughts without their opening", f"The loop skips count.\n</think>\n\n{CART}\n{BLOCK}", (TOTAL,)),
    Reply("two files", f"{CART}\n{BLOCK}\n{LIST}\n{sr('export const last = (items) => items[items.length]' + chr(10), 'export const last = (items) => items[items.length - 1]' + chr(10))}", (TOTAL, LAST)),
    Reply("two blocks, one name", f"{CART}\n```python\n{BLOCK}```\n\nand\n\n```python\n{sr('    return amount - percent / 100' + chr(10), '    return amount * (1 - percent / 100)' + chr(10))}```\n", (TOTAL, DISCOUNT)),
    Reply("dedented", f"{CART}\n{sr(OLD.lstrip(), NEW.lstrip())}", (TOTAL,)),
    Reply("other comment kept", f"{CART}\n{sr('        result = 0.0' + chr(10) + '        for name, number in self.items:' + chr(10) + OLD + '        return result' + chr(10), '        result = 0.0' + chr(10) + '        for name, number in self.items:' + chr(10) + NEW + '        return result' + chr(10))}", (TOTAL,)),
    Reply("diff in a fence", f"Here's the patch:\n\n```diff\n--- a/{CART}\n+++ b/{CART}\n{DIFF}```\n", (TOTAL,)),
    Reply("diff of git", f"diff --git a/{CART} b/{CART}\nindex 83db48f..bf2a0c1 100644\n--- a/{CART}\n+++ b/{CART}\n{DIFF}", (TOTAL,)),
    Reply("diff and then words", f"--- a/{CART}\n+++ b/{CART}\n{DIFF}\nThat should do it.\n", (TOTAL,)),
    Reply("diff without numbers", f"```diff\n--- {CART}\n+++ {CART}\n@@ ... @@\n         for name, count in self.items:\n-{OLD}+{NEW}```\n", (TOTAL,)),
    Reply("diff with tabs", f"```diff\n--- a/{MAIN}\n+++ b/{MAIN}\n@@ -5,3 +5,3 @@ func main() {{\n func main() {{\n-\tfor i := 0; i <= 3; i++ {{\n+\tfor i := 0; i < 3; i++ {{\n \t\tfmt.Println(i)\n```\n", (LOOP,)),
    Reply("patch", PATCH, (TOTAL,)),
    Reply("patch in a shell call", f"```bash\napply_patch <<'EOF'\n{PATCH}EOF\n```\n", (TOTAL,)),
    Reply("patch in a fence", f"```diff\n{PATCH}```\n", (TOTAL,)),
    Reply("edit call", '{"edits": [{"path": "web/list.js", "old": "items[items.length]", "new": "items[items.length - 1]"}]}', (LAST,)),
    Reply("call with a name", '```json\n{"name": "edit", "arguments": {"edits": [{"path": "web/list.js", "old": "items[items.length]", "new": "items[items.length - 1]"}]}}\n```', (LAST,)),
    Reply("old_string", '{"file_path": "web/list.js", "old_string": "items[items.length]", "new_string": "items[items.length - 1]"}', (LAST,)),
    Reply("last comma", '{"edits": [{"path": "web/list.js", "old": "items[items.length]", "new": "items[items.length - 1]",},]}', (LAST,)),
    Reply("whole file", f"{MAIN}\n```go\n{WHOLE}```\n", (LOOP,)),
    Reply("whole file, prose around", f"The loop runs once too often. Full file:\n\n**{MAIN}**\n```go\n{WHOLE}```\n\nDone.\n", (LOOP,)),
    Reply("symbol", f"{CART}::discount\n```python\ndef discount(amount: float, percent: int) -> float:\n    return amount * (1 - percent / 100)\n```\n", (DISCOUNT,)),
    Reply("anchors", f"{CART}\n<<<<<<< FIRST\n{OLD}======= LAST 1\n{OLD}======= NEW\n{NEW}>>>>>>> END\n", (TOTAL,)),
    Reply("call in tags", f'I will fix it.\n<function_calls>\n{{"name": "edit", "arguments": {CALL}}}\n</function_calls>', (LAST,)),
    Reply("tool_call tag", f'<tool_call>\n{{"name": "str_replace_editor", "arguments": {CALL}}}\n</tool_call>', (LAST,)),
    Reply("call after a token", f'<|python_tag|>{{"name": "edit", "parameters": {CALL}}}<|eom_id|>', (LAST,)),
    Reply("list of calls", f'[TOOL_CALLS][{{"name": "edit", "arguments": {CALL}}}]', (LAST,)),
    Reply("arguments in a string", json.dumps({"name": "edit", "arguments": CALL}), (LAST,)),
    Reply("calls of an API", f'{{"tool_calls": [{{"type": "function", "function": {{"name": "edit", "arguments": {CALL}}}}}]}}', (LAST,)),
    Reply("patch between channel tokens", f"<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>final<|message|>{PATCH}<|return|>", (TOTAL,)),
    Reply("path in a tag", f"<replace_in_file>\n<path>{CART}</path>\n<diff>\n------- SEARCH\n{OLD}=======\n{NEW}+++++++ REPLACE\n</diff>\n</replace_in_file>", (TOTAL,)),
    Reply("block in an answer tag", f"<answer>\n{CART}\n{BLOCK}</answer>", (TOTAL,)),
    Reply("two diffs with prose", f"Two bugs.\n\n```diff\n--- a/{CART}\n+++ b/{CART}\n{DIFF}```\n\nand in the list:\n\n```diff\n{LIST_DIFF}```\nBoth are small.\n", (TOTAL, LAST)),
    Reply("patch of two files", PATCH.replace("*** End Patch\n", f"*** Update File: {LIST}\n@@\n{LIST_DIFF.split('@@')[2][1:]}*** End Patch\n"), (TOTAL, LAST)),
    Reply("two whole files", f"**{MAIN}**\n```go\n{WHOLE}```\n\n**{LIST}**\n```js\n{FILES[LIST].replace(LAST[1], LAST[2])}```\n", (LOOP, LAST)),
    Reply("fence in a fence", f"````markdown\n{CART}\n```python\n{BLOCK}```\n````\n", (TOTAL,)),
    Reply("diff in thoughts and after", f"<thinking>use a diff\n```diff\n-x\n```\n</thinking>\n```diff\n--- a/{CART}\n+++ b/{CART}\n{DIFF}```", (TOTAL,)),
    Reply("heading and a table", f"#### 1. `{CART}` (modified)\n\n```python\n{BLOCK}```\n\n#### Summary\n\n| file | change |\n|---|---|\n| {CART} | count |\n", (TOTAL,)),
    Reply("CRLF", f"{CART}\r\n" + BLOCK.replace("\n", "\r\n"), (TOTAL,)),
)  # fmt: skip
REFUSED = (
    Reply("only talk", "The bug is that `total` ignores count. Shall I fix it?", None, "no_edits"),
    Reply("thoughts that never end", f"<think>\n{CART}\n{BLOCK}", None, "no_edits"),
    Reply("cut off in a block", f"{CART}\n{BLOCK[:60]}", None, "cut_off"),
    Reply("cut off at a marker", f"{CART}\n{BLOCK}\n{LIST}\n<<<<<<< SEA", None, "cut_off"),
    Reply("cut off patch", PATCH.replace("*** End Patch\n", ""), None, "cut_off"),
    Reply("cut off call", '{"edits": [{"path": "web/list.js", "old": "items[items.len', None, "cut_off"),
    Reply("cut off file", f"{CART}\n```python\n{FILES[CART][:200]}", None, "cut_off"),
    Reply("half a file", f"{CART}\n```python\n{FILES[CART][:330]}\n```\n", None, "cut_off"),
    Reply("rest of the code", f"{CART}\n```python\nclass Cart:\n    # ... rest of the code unchanged ...\n```\n", None, "elision"),
    Reply("existing code", f"{CART}\n{sr(OLD, NEW + '        # ... existing code ...' + chr(10))}", None, "elision"),
    Reply("invented text", f"{CART}\n{sr('        return self.cache.fetch(name)' + chr(10), NEW)}", None, "not_found"),
    Reply("applied already", f"{CART}\n{sr('class Basket:' + chr(10), 'class Cart:' + chr(10) + '    def __init__(self) -> None:' + chr(10))}", None, "already_applied"),
    Reply("no such file", f"src/shop/basket.py\n{BLOCK}", None, "unknown_path"),
    Reply("outside", f"../{CART}\n{BLOCK}", None, "forbidden_path"),
    Reply("broken syntax", f"{CART}\n{sr(OLD, '            result += (prices[name]' + chr(10))}", None, "syntax"),
    Reply("ambiguous", '{"edits": [{"path": "src/shop/cart.py", "old": "count", "new": "number"}]}', None, "ambiguous"),
)  # fmt: skip
