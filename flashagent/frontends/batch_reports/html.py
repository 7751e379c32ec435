"""A batch as one HTML page that needs nothing else: no script, no network. Pure; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from flashagent.diffs import unified_diffs
from flashagent.frontends import words
from flashagent.frontends.batch_reports.account import BAD, Account
from flashagent.frontends.batch_reports.timeline import lines_changed, spread, timeline
from flashagent.frontends.page import page
from flashagent.frontends.page import text as page_text
from flashagent.jobs.batch.store import Row

_COLOURS = {
    "merged": "#2e7d32", "done": "#66a86a", "unchanged": "#9e9e9e", "waiting": "#c9b458", "failed": "#c62828",
    "conflict": "#ef6c00", "broke": "#8e24aa",
}  # fmt: skip
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #e4e4e4;vertical-align:top}
td.n{text-align:right;white-space:nowrap}pre{overflow:auto;background:#f6f6f6;padding:.6rem;font-size:12px}
.add{color:#1b5e20}.del{color:#b71c1c}.at{color:#5e35b1}.state{padding:0 .4rem;border-radius:.3rem;color:#fff}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#222}td,th{border-color:#333}
.add{color:#81c784}.del{color:#e57373}.at{color:#b39ddb}}
""" + "".join(f".state.{state}{{background:{colour}}}" for state, colour in _COLOURS.items())
_SHOWN_DIFF = 20_000
_BARS = 40


def html(account: Account) -> str:
    meta = account.meta
    name = _text(account, meta["name"])
    parts = [
        f"<h1>Batch {name}</h1>",
        _summary(account),
        "<h2>How the items ended</h2>" + _share_chart(account),
        _causes(account),
        _timeline(account),
        "<h2>Time and tokens by item</h2>" + _bars(account),
        "<h2>Items</h2>" + "".join(_item(account, row) for row in account.rows),
    ]
    return page(f"Batch {account.clean(meta['name'])}", "\n".join(parts), _STYLE)


def _text(account: Account, text: str) -> str:
    return page_text(account.clean(text))


def _summary(account: Account) -> str:
    meta, spent = account.meta, account.spent
    files, added, removed = lines_changed(account)
    took = [account.seconds(row) for row in account.rows if account.attempts[row.item.id]]
    facts = {
        "Batch": meta["id"], "Begun": meta.get("created", ""), "Base": meta["base"][:12],
        "Branch": f"{meta['branch']} at {meta['tip'][:12]}" if meta.get("tip") else "none yet",
        "Items": ", ".join(f"{number} {state}" for state, number in account.states.items()),
        "On the branch": f"{words.count(files, 'file')}, +{added:,} −{removed:,} lines",
        "Tokens": f"{spent.usage.total_tokens:,} ({spent.usage.cached_tokens:,} from the provider's cache)",
        "Cost": words.money(spent.cost) or "not known", "Time of all tries": words.seconds(spent.seconds),
        "Time of an item": spread(took) or "none was begun",
    }  # fmt: skip
    rows = "".join(f"<tr><th>{escape(key)}<td>{_text(account, value)}" for key, value in facts.items())
    return f"<table>{rows}</table>"


def _timeline(account: Account) -> str:
    picture = timeline(account, _COLOURS, lambda value: _text(account, value))
    return f"<h2>When each try ran</h2>{picture}" if picture else ""


def _share_chart(account: Account) -> str:
    every, at, parts = max(1, len(account.rows)), 0.0, []
    for state, number in account.states.items():
        width = 1000 * number / every
        parts.append(
            f'<rect x="{at:.1f}" y="0" width="{width:.1f}" height="26" fill="{_COLOURS[state]}">'
            f"<title>{number} {state}</title></rect>"
        )
        at += width
    bar = f'<svg viewBox="0 0 1000 26" width="100%" height="26" role="img">{"".join(parts)}</svg>'
    return bar + "<p>" + " ".join(f"{_badge(state)} {n}" for state, n in account.states.items()) + "</p>"


def _badge(state: str) -> str:
    return f'<span class="state {state}">{state}</span>'


def _causes(account: Account) -> str:
    found = account.causes()
    if not found:
        return ""
    rows = "".join(
        f"<tr><td class=n>{len(rows)}<td>{_text(account, message[:400])}<td>{_links(rows)}"
        for message, rows in found
    )
    return f"<h2>Failures by cause</h2><table><tr><th>Items<th>First of them<th>Which{rows}</table>"


def _links(rows: Iterable[Row]) -> str:
    return " ".join(f'<a href="#i{escape(row.item.id)}">{escape(row.item.id)}</a>' for row in rows)


def _bars(account: Account) -> str:
    """The items that took longest, each with its time and its tokens as bars."""
    ordered = sorted(account.rows, key=lambda row: -account.seconds(row))[:_BARS]
    most_s = max((account.seconds(row) for row in ordered), default=0.0) or 1.0
    most_t = max((account.tokens(row) for row in ordered), default=0) or 1
    lines = []
    for number, row in enumerate(ordered):
        y, took, tokens = number * 18, account.seconds(row), account.tokens(row)
        lines.append(
            f'<text x="0" y="{y + 12}" font-size="11" fill="currentColor">{_text(account, row.item.title[-38:])}</text>'
            f'<rect x="260" y="{y + 1}" width="{500 * took / most_s:.1f}" height="7" fill="#3f6fb5"/>'
            f'<rect x="260" y="{y + 8}" width="{500 * tokens / most_t:.1f}" height="5" fill="#b58a3f"/>'
            f'<text x="780" y="{y + 12}" font-size="11" fill="currentColor">{took:.1f} s, {tokens:,} tokens</text>'
        )
    height = max(18, 18 * len(ordered))
    return f'<svg viewBox="0 0 1000 {height}" width="100%" role="img">{"".join(lines)}</svg>'


def _item(account: Account, row: Row) -> str:
    tries = "".join(
        f"<tr><td class=n>{one.number}<td>{escape(one.state)}<td>{escape(one.how)}<td class=n>"
        f"{one.usage.total_tokens:,}<td class=n>{one.seconds:.1f} s<td>{_text(account, one.message)}"
        for one in account.attempts[row.item.id]
    )
    head = f"{_badge(row.state)} {escape(row.item.id)} {_text(account, row.item.title)}"
    commit = f"<p>Commit {escape(row.commit[:12])}</p>" if row.commit else ""
    why = f"<p>{_text(account, row.message)}</p>" if row.message else ""
    table = f"<table><tr><th>Try<th>State<th>By<th>Tokens<th>Time<th>Said{tries}</table>" if tries else ""
    opened = " open" if row.state in BAD else ""
    return f'<details id="i{escape(row.item.id)}"{opened}><summary>{head}</summary>{commit}{why}{table}{_diff(account, row)}</details>'


def _diff(account: Account, row: Row) -> str:
    if not row.patch:
        return ""
    text = unified_diffs(row.patch)
    lines = []
    for line in text[:_SHOWN_DIFF].split("\n"):
        kind = {"+": "add", "-": "del", "@": "at"}.get(line[:1], "")
        shown = _text(account, line)
        lines.append(f"<span class={kind}>{shown}</span>" if kind else shown)
    more = "\n…" if len(text) > _SHOWN_DIFF else ""
    return f"<pre>{chr(10).join(lines)}{more}</pre>"
