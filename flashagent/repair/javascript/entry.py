"""What the engine asks: is this check one of JavaScript, and if so, the search for it."""

from __future__ import annotations

from flashagent.ports import CommandRunner
from flashagent.repair.javascript.hunt import JsHunt
from flashagent.repair.javascript.lanes import Lanes
from flashagent.repair.javascript.project import JsProject
from flashagent.repair.javascript.runners import runner_of
from flashagent.repair.project import Project
from flashagent.values import CheckReport
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment
from flashagent.workspace.worktrees import Trees


def hunt_for(
    project: Project, check: Check, baseline: CheckReport, environment: ProjectEnvironment, runner: CommandRunner,
    trees: Trees, jobs: int,
) -> JsHunt | None:  # fmt: skip
    """The search for a check whose runner is known here; None for all others."""
    known = runner_of(check, project.root)
    if known is None:
        return None
    scripts = JsProject(project)
    lanes = Lanes(scripts, check, environment, runner, trees, jobs)
    return JsHunt(scripts, known, baseline, lanes, check.cwd)
