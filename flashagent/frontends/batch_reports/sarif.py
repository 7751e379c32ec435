"""A batch whose items came from findings as SARIF 2.1.0: what is left is a result, what was done is marked as gone. Pure."""

from __future__ import annotations

from urllib.parse import quote

from flashagent.frontends.batch_reports.account import BAD, GOOD, Account
from flashagent.jobs.batch.spec import Target
from flashagent.jobs.batch.store import Row

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(account: Account, version: str) -> dict[str, object]:
    """One result for each place that has a message of its own, or whose item did not end well."""
    results = [
        _result(row, target, account)
        for row in account.rows
        for target in row.item.targets
        if target.path and (target.message or row.state in BAD)
    ]
    rules = sorted({str(one["ruleId"]) for one in results})
    driver = {"name": "flashagent", "version": version, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": account.clean(f"batch/{account.meta['name']}/{account.meta['id']}")},
        "invocations": [{"executionSuccessful": not any(row.state in BAD for row in account.rows)}],
        "results": results,
    }  # fmt: skip
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(row: Row, target: Target, account: Account) -> dict[str, object]:
    code, _, rest = target.message.partition(" ")
    is_code = bool(rest) and code.isalnum() and any(letter.isdigit() for letter in code)
    said = target.message or "not done"
    why = f" ({row.state}: {row.message})" if row.state in BAD else ""
    place: dict[str, object] = {"artifactLocation": {"uri": quote(account.clean(target.path))}}
    if target.line:
        place["region"] = {"startLine": target.line}
    return {
        "ruleId": account.clean(code if is_code else f"batch/{account.meta['name']}"),
        "level": "error" if row.state in BAD else "note" if row.state in GOOD else "warning",
        "baselineState": "absent" if row.state in GOOD else "unchanged",
        "message": {"text": account.clean(said + why)},
        "locations": [{"physicalLocation": place}],
    }
