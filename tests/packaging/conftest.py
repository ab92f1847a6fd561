"""Fixtures of the packaging tests: the wheel as it would be published, and empty environments."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest
from environments import Environment, build, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this tree."""
    return build("build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def editable_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that an editable install of this tree unpacks."""
    return build("build_editable", tmp_path_factory.mktemp("editable"))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Return a new environment."""
    made = Environment(tmp_path / "environment")
    run(sys.executable, "-m", "venv", "--without-pip", os.fspath(made.folder))
    # A folder named in a .pth file is searched, but .pth files in it are not read: this package's
    # own editable install stays out.
    host = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (made.site_packages() / "host.pth").write_text("\n".join(sorted(host)), "utf-8")
    return made
