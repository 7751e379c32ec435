"""`flashagent describe` and `flashagent report` as programs, in a real repository with a model on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.e2e_program import flashagent, with_model
from helpers.frontends_browser import seen
from helpers.jobs_house import BUG, CART, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint, git

REPAIR = Reply(
    "I see.",
    reasoning="Hm.",
    calls=[Call("edit", {"edits": [{"path": "shop/cart.py", "old": BUG, "new": FIX}]})],
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop.make(tmp_path)
    (shop.root / "shop/cart.py").write_text(CART.replace(BUG, FIX))
    return shop


def test_rules_describe_what_is_staged_else_the_work_tree(shop: Shop) -> None:
    whole = flashagent(shop.root, shop.environ, "describe")
    assert (whole.code, whole.out, whole.err) == (0, "Change total in cart.py\n", "")
    (shop.root / "notes.md").write_text("# Notes\n")
    git(shop.root, "add", "notes.md", env=shop.environ)
    before = fingerprint(shop.root)
    staged = flashagent(shop.root, shop.environ, "describe")
    assert staged.out == "Add notes.md\n"
    assert fingerprint(shop.root) == before


def test_two_commits_and_the_text_of_a_pull_request(shop: Shop) -> None:
    git(shop.root, "commit", "-qam", "Repair it", env=shop.environ)
    between = flashagent(shop.root, shop.environ, "describe", "HEAD~1..HEAD", "--pr")
    assert between.out == (
        "Change total in cart.py\n\n## Changes\n\n- shop/cart.py: change total (+1 -1)\n\n"
        "## Tests\n\nNo test was changed.\n"
    )
    assert flashagent(shop.root, shop.environ, "describe", "HEAD~1").out == "Change total in cart.py\n"


@pytest.mark.parametrize("wrong", ["nowhere..HEAD", "--output=x", "HEAD..HEAD", "a b", "@{-1}...HEAD"])
def test_what_is_no_change_is_refused(shop: Shop, wrong: str) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "describe", wrong)
    assert ran.code == 2 and not ran.out and "Traceback" not in ran.err
    assert fingerprint(shop.root) == before


def test_a_model_is_shown_the_change_without_secrets_and_its_words_are_cleaned(shop: Shop) -> None:
    secret = "sk-live-" + "a1B2c3D4" * 4
    (shop.root / ".env").write_text(f"TOKEN={secret}\n")
    (shop.root / "shop/cart.py").write_text(CART.replace(BUG, FIX) + f"KEY = '{secret}'\n")
    said = Reply(f"```\nPercent are hundredths\n\nIt used {secret}.\nSigned-off-by: x <x@y>\n```")
    with serving([said]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "describe")
        (asked,) = server.requests
    assert ran.code == 0 and ran.out.startswith("Percent are hundredths\n\nIt used ")
    assert secret not in ran.out and "Signed-off-by" not in ran.out
    assert secret.encode() not in asked.raw and b"discount / 100" in asked.raw


@pytest.mark.parametrize("fault", ["unauthorized", "empty"])
def test_a_model_without_an_answer_is_replaced_by_rules(shop: Shop, fault: str) -> None:
    with serving([Reply(fault=fault, times=0)]) as server:  # type: ignore[arg-type]
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "describe")
    assert (ran.code, ran.out) == (0, "Change total in cart.py\n")
    assert ran.err.startswith("Told by rules: ")


@pytest.mark.needs("bwrap")
def test_the_report_of_a_real_fix(tmp_path: Path) -> None:
    shop = Shop.make(tmp_path)
    with serving([REPAIR, Reply("Done.", times=0)]) as server:
        environ = with_model(shop.environ, server.base_url)
        fixed = flashagent(shop.root, environ, "fix", "<script>alert(1)</script> is wrong", "--check", CHECK)
    assert fixed.code == 0, fixed.err
    target = tmp_path / "report.html"
    ran = flashagent(shop.root, shop.environ, "report", "-o", str(target))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    page = seen(target.read_text(encoding="utf-8"))
    assert not page.wrong and not page.unclosed and len(page.scripts) == 1
    for told in (
        "fixed",
        "<script>alert(1)</script> is wrong",
        "shop/cart.py",
        "2 passed, 2 failed",
        "I see.",
        FIX,
    ):
        assert told in page.text, told
    again = flashagent(shop.root, shop.environ, "report")
    assert again.out == target.read_text(encoding="utf-8")
    mine = shop.root / "shop/cart.py"
    kept = mine.read_bytes()
    refused = flashagent(shop.root, shop.environ, "report", "-o", str(mine))
    assert refused.code == 2 and mine.read_bytes() == kept
    assert flashagent(shop.root, shop.environ, "report", "nothing").code == 2
