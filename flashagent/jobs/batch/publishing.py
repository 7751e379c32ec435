"""The branch of a batch: a commit per item, or one for all; branch and store move together, or can be made again."""

from __future__ import annotations

from collections.abc import Sequence

from flashagent.errors import WorkspaceError
from flashagent.jobs.batch.integrating import Integration, Part
from flashagent.jobs.batch.spec import BatchSpec, Item, filled
from flashagent.jobs.batch.store import BatchStore
from flashagent.workspace.branches import BranchWriter
from flashagent.workspace.git import Repository

_LONGEST_SUBJECT = 100


def publish(
    found: Integration, spec: BatchSpec, store: BatchStore, repository: Repository
) -> list[tuple[str, str]]:
    """(item, commit) of what is on the branch now. Raises WorkspaceError when somebody else moved the branch."""
    meta = store.meta()
    branch = meta["branch"]
    old = repository.calls.text("rev-parse", "-q", "--verify", f"refs/heads/{branch}", ok=(0, 1))
    if old and old not in (meta.get("tip"), meta.get("publishing")):
        raise WorkspaceError(
            f"The branch {branch} was moved by someone else.", hint="Rename it, then resume the batch."
        )
    merged = {row.item.id: row.commit for row in store.rows() if row.state == "merged"}
    if old and old == meta.get("tip") and merged.keys() == {row.item.id for row, _ in found.parts}:
        return list(
            merged.items()
        )  # all of it is there: commits that somebody may have merged keep their ids
    with BranchWriter(repository, branch, meta["base"]) as writer:
        writer.learn(found.changes)
        if spec.squash:
            made = writer.commit(found.changes, _message_of_all(spec, found.parts))
            commits = [(row.item.id, made) for row, _ in found.parts]
        else:
            commits = [
                (row.item.id, writer.commit(patch, _message_of(spec, row.item)) if patch else writer.tip)
                for row, patch in found.parts
            ]
        store.set_meta(publishing=writer.tip)
        writer.publish(old)
        store.merged(commits, tip=writer.tip)
    return commits


def _message_of(spec: BatchSpec, item: Item) -> str:
    subject = filled(spec.message, item.slots()) if spec.message else f"{spec.name}: {item.title}"
    head, _, rest = subject.partition("\n")
    return f"{head[:_LONGEST_SUBJECT]}\n{rest}".strip() + "\n"


def _message_of_all(spec: BatchSpec, parts: Sequence[Part]) -> str:
    names = "\n".join(f"- {row.item.title}" for row, patch in parts if patch)
    return f"{spec.message or spec.name}\n\n{names}\n"
