from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flashagent_sandbox.backends import make_backend
from helpers.sandbox_project import Project, make_project


@pytest.fixture(
    params=[
        pytest.param("bwrap", marks=pytest.mark.needs("bwrap")),
        pytest.param("userns", marks=pytest.mark.needs("userns")),
    ]
)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project under each back-end that keeps all promises."""
    return _project(request.param, tmp_path)


@pytest.fixture
def weak_project(tmp_path: Path) -> Callable[[str], Project]:
    """A project under a named back-end; skipped when the machine cannot."""
    return lambda name: _project(name, tmp_path)


def _project(name: str, folder: Path) -> Project:
    backend = make_backend(name)
    if missing := backend.missing():
        pytest.skip(f"{name}: {missing}")
    return make_project(folder, backend)
