"""Every package that an installed flashagent brings along has a licence that goes with Apache-2.0."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

# Permissive licences, and weak copyleft that binds only changes to the package itself (MPL-2.0).
COMPATIBLE = frozenset(
    {
        "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "PSF-2.0", "Python-2.0",
        "Unlicense", "Zlib", "MPL-2.0", "CC0-1.0", "BSL-1.0",
    }
)  # fmt: skip
CLASSIFIERS = {
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
}
FREE_TEXT = {
    "mit": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "apache 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc": "ISC",
    "isc license": "ISC",
    "psf-2.0": "PSF-2.0",
    "mpl-2.0": "MPL-2.0",
}


def runtime_packages(name: str) -> dict[str, Distribution]:
    """The package and everything it needs here; extras left out."""
    found: dict[str, Distribution] = {}
    todo = [name]
    while todo:
        current = todo.pop().lower().replace("_", "-")
        if current in found:
            continue
        found[current] = distribution(current)
        for text in found[current].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name)
    return found


def licence_of(package: Distribution) -> str:
    """An SPDX expression, from the newest kind of metadata that the package has; '' when it says nothing clear."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    for classifier in metadata.get_all("Classifier") or ():
        if classifier in CLASSIFIERS:
            return CLASSIFIERS[classifier]
    return FREE_TEXT.get((metadata.get("License") or "").strip().lower(), "")


def is_compatible(expression: str) -> bool:
    """Of `A OR B` one must fit, of `A AND B` both; an exception (`WITH`) only ever allows more."""
    plain = re.sub(r"\s+WITH\s+[\w.-]+", "", expression.replace("(", " ").replace(")", " "))
    choices = re.split(r"\s+OR\s+", plain)
    return any(all(part.strip() in COMPATIBLE for part in re.split(r"\s+AND\s+", one)) for one in choices)


def test_every_dependency_goes_with_our_licence() -> None:
    try:
        packages = runtime_packages("flashagent")
    except PackageNotFoundError as error:
        pytest.fail(f"{error} is not installed, so its licence cannot be read")
    licences = {name: licence_of(package) for name, package in packages.items()}
    assert {name: found for name, found in licences.items() if not is_compatible(found)} == {}
    assert licences["flashagent"] == "Apache-2.0"


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("(Apache-2.0 WITH LLVM-exception)", True),
        ("GPL-2.0-or-later", False),
        ("", False),
    ],
)
def test_expressions(expression: str, fits: bool) -> None:
    assert is_compatible(expression) is fits
