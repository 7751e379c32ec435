"""Quick fixes of a scripted server: what may be taken, and that the server sees the true files again."""

from __future__ import annotations

from pathlib import Path

from helpers.diagnose_toy import Toy, toy

from flashagent.diagnose.lsp.actions import Fix


async def offered(project: Toy, text: str) -> list[tuple[str, list[Fix]]]:
    """The errors of the file with their fixes."""
    (project.root / "a.toy").write_text(text)
    told = await project.servers.quick_fixes(project.text, "a.toy", wait_s=30.0)
    return [(one.error.message, list(one.fixes)) for one in told]


def fixed(title: str, before: str, after: str, *, preferred: bool = False) -> Fix:
    return Fix(title, preferred, (("a.toy", before, after),))


async def test_each_error_comes_with_the_fixes_that_answer_it(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        text = "ok\n\U0001f40d x_bad\nlazy_bad\n"
        assert await offered(project, text) == [
            (
                "bad word in \U0001f40d x_bad",
                [
                    fixed("Spell x_good", text, "ok\n\U0001f40d x_good\nlazy_bad\n", preferred=True),
                    fixed("Ignore x_bad", text, "ok\n\U0001f40d \nlazy_bad\n"),
                ],
            ),
            (
                "bad word in lazy_bad",
                [
                    fixed("Spell lazy_good", text, "ok\n\U0001f40d x_bad\nlazy_good\n", preferred=True),
                    fixed("Ignore lazy_bad", text, "ok\n\U0001f40d x_bad\n\n"),
                ],
            ),
        ]
        assert await project.problems("", text) == ["2:3 bad word in \U0001f40d x_bad", "3:1 bad word in lazy_bad"]  # fmt: skip
        assert (project.root / "a.toy").read_text() == text


async def test_what_is_more_than_an_answer_is_left_out(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        for kind in ("worse", "other", "moving", "outside", "command"):
            text = f"{kind}_bad\n"
            told = await offered(project, text)
            assert [fix.title for _, fixes in told for fix in fixes] == [f"Ignore {kind}_bad"]


async def test_no_server_and_a_silent_one(tmp_path: Path) -> None:
    async with toy(tmp_path) as project:
        assert await project.servers.quick_fixes(project.text, "a.other", wait_s=30.0) == ()
        assert await project.servers.quick_fixes(project.text, "missing.toy", wait_s=30.0) == []
        await project.warm()
        project.mark("slow")
        (project.root / "a.toy").write_text("x_bad\n")
        assert await project.servers.quick_fixes(project.text, "a.toy", wait_s=0.05) == []
        (project.marks / "slow").unlink()
        assert len(await offered(project, "x_bad\n")) == 1
