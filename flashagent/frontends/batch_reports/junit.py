"""A batch as JUnit XML: a case for each item. Pure."""

from __future__ import annotations

from xml.etree import ElementTree

from flashagent.frontends.batch_reports.account import BAD, Account
from flashagent.jobs.batch.store import Row

_SHOWN = 4_000


def junit(account: Account) -> bytes:
    """One suite. An item that failed, conflicted or broke the final check is a failure, one that waits is skipped."""
    rows, clean = account.rows, account.clean
    suite = ElementTree.Element(
        "testsuite", name=clean(f"flashagent batch {account.meta['name']}"), tests=str(len(rows)),
        failures=str(sum(row.state in BAD for row in rows)), errors="0",
        skipped=str(sum(row.state == "waiting" for row in rows)), time=f"{account.spent.seconds:.3f}",
    )  # fmt: skip
    for row in rows:
        _case(suite, row, account)
    top = ElementTree.Element(
        "testsuites", {key: suite.get(key, "0") for key in ("tests", "failures", "errors")}
    )
    top.append(suite)
    ElementTree.indent(top)
    return bytes(ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ElementTree.Element, row: Row, account: Account) -> None:
    clean = account.clean
    case = ElementTree.SubElement(
        suite, "testcase", classname=clean(account.meta["name"]), name=clean(f"{row.item.id} {row.item.title}"),
        time=f"{account.seconds(row):.3f}",
    )  # fmt: skip
    if row.state == "waiting":
        ElementTree.SubElement(case, "skipped")
    elif row.state in BAD:
        said = ElementTree.SubElement(case, "failure", type=row.state, message=clean(row.message[:_SHOWN]))
        tries = [f"try {one.number}: {one.message}" for one in account.attempts[row.item.id]]
        said.text = clean("\n".join(tries)[:_SHOWN])
