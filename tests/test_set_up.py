"""What `make` says on a machine that lacks something, before anything is installed."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make_demo(folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`make demo` in a fresh copy of what it needs; the machine's own make and bash."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    return subprocess.run(
        ["make", "demo"],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("compiler", ["CC", "CXX"])
def test_a_missing_compiler_is_told_with_the_package_to_install(
    tmp_path: Path, compiler: str
) -> None:
    done = make_demo(tmp_path, {compiler: "no-such-compiler"})
    assert done.returncode != 0
    assert "sudo apt install build-essential" in done.stderr
    assert "xcode-select --install" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make_demo(tmp_path, {"PYTHON": str(old)})
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_every_direct_dependency_is_pinned_by_the_constraints() -> None:
    def name_of(requirement: str) -> str:
        return re.split(r"[\[=<>~]", requirement)[0].lower().replace("_", "-")

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {name_of(line) for line in lines if "==" in line}
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {name_of(requirement) for requirement in wanted} <= pinned
    assert not [line for line in lines if "+" in line or line.startswith("nvidia")]
