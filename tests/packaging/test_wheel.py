"""What is published is the tree, and it works wherever it is put."""

from __future__ import annotations

import os
import sys
import sysconfig
from email.parser import HeaderParser
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

import candidate_cards
from environments import TREE, Environment, build, run

if TYPE_CHECKING:
    from pathlib import Path

_SAMPLE = "examples/payloads/sourcing-completed.json"
_PAYLOAD = '{"profileId": "p1", "name": "Ada Example", "matchScore": 91}'
_RENDER = """
import candidate_cards as c
candidate, = c.parse_shortlist('{payload}').candidates
choices = {(theme.name, "page") for theme in c.list_themes()}
choices |= {("dark", format) for format in c.list_formats()}
for theme, format in sorted(choices):
    assert "Ada Example" in c.render_card(candidate, theme=theme, format=format), (theme, format)
    print(theme, format)
assert {"ar", "de"} < set(c.list_languages())
assert all(c.load_labels(name).lang == name for name in c.list_languages())
print(c.__file__)
""".replace("{payload}", _PAYLOAD)


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


def _files(folder: str) -> dict[str, bytes]:
    root = TREE / folder
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _home_of_rendering_package(printed: str) -> str:
    *rendered, home = printed.splitlines()
    assert len(rendered) >= 5, "fewer than three themes and three formats"
    return home


def test_wheel_holds_every_file_of_the_tree_and_no_other(wheel: Path) -> None:
    """The wheel's files are those of src, templates and themes, byte for byte, and the sample."""
    expected = {"candidate_cards/examples/payloads/sourcing-completed.json": _SAMPLE}
    contents = {name: (TREE / path).read_bytes() for name, path in expected.items()}
    for folder, prefix in (
        ("src/candidate_cards", "candidate_cards"),
        ("templates", "candidate_cards/templates"),
        ("themes", "candidate_cards/themes"),
    ):
        files = _files(folder)
        assert files, f"{folder} is empty"
        contents |= {f"{prefix}/{name}": content for name, content in files.items()}
    with ZipFile(wheel) as archive:
        packed = {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.split("/")[0].endswith(".dist-info")
        }
    assert sorted(packed) == sorted(contents)
    assert packed == contents


def test_data_folders_hold_no_symbolic_link() -> None:
    """No packaged file is a link: a checkout that cannot make links builds a broken wheel."""
    folders = [TREE / name for name in ("src", "templates", "themes")]
    paths = [path for folder in folders for path in folder.rglob("*")]
    assert paths
    assert [path for path in paths if path.is_symlink()] == []


def test_wheel_describes_itself(wheel: Path) -> None:
    """The metadata has the package's own version, its licence, its README and its command."""
    with ZipFile(wheel) as archive:
        folder = next(name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name)
        metadata = HeaderParser().parsestr(archive.read(f"{folder}/METADATA").decode())
        commands = archive.read(f"{folder}/entry_points.txt").decode()
        licence = archive.read(f"{folder}/licenses/LICENSE").decode()
    assert metadata["Version"] == candidate_cards.__version__
    assert metadata["License-Expression"] == "MIT AND OFL-1.1"
    assert metadata.get_payload() == (TREE / "README.md").read_text("utf-8")
    assert "candidate-cards = candidate_cards.cli:main" in commands
    assert licence == (TREE / "LICENSE").read_text("utf-8")


def test_zipped_wheel_renders(wheel: Path, environment: Environment) -> None:
    """A wheel that is on the path as it was downloaded renders every theme and format."""
    code = f"import sys; sys.path.insert(0, sys.argv[1])\n{_RENDER}"
    printed = run(environment.script("python"), "-c", code, str(wheel))
    assert _home_of_rendering_package(printed).startswith(str(wheel))


def test_clean_install_renders(wheel: Path, environment: Environment, tmp_path: Path) -> None:
    """The wheel in an empty environment renders every theme and format, away from the tree."""
    environment.install(wheel)
    printed = run(environment.script("python"), "-c", _RENDER, cwd=tmp_path)
    assert _home_of_rendering_package(printed).startswith(str(environment.folder))


def test_clean_install_has_a_working_command(
    wheel: Path, environment: Environment, tmp_path: Path
) -> None:
    """The installed command tells its version, renders stdin and finds its sample data."""
    environment.install(wheel)
    command = environment.script("candidate-cards")
    assert candidate_cards.__version__ in run(command, "--version", cwd=tmp_path)
    page = run(command, "render", "-", "-o", "-", stdin=_PAYLOAD, cwd=tmp_path)
    assert page.lower().startswith("<!doctype html>")
    assert "Ada Example" in page
    run(command, "demo", cwd=tmp_path)
    assert (tmp_path / "candidate-cards-demo" / "shortlist-dark.html").is_file()
    module = run(environment.script("python"), "-m", "candidate_cards", "--version", cwd=tmp_path)
    assert candidate_cards.__version__ in module


def test_editable_install_renders_from_the_tree(
    editable_wheel: Path, environment: Environment, tmp_path: Path
) -> None:
    """An editable install uses the tree's own modules, templates and themes."""
    environment.install(editable_wheel)
    printed = run(environment.script("python"), "-c", _RENDER, cwd=tmp_path)
    assert _home_of_rendering_package(printed).startswith(str(TREE / "src"))


def test_environment_lacks_the_package_until_it_is_installed(environment: Environment) -> None:
    """The environments of these tests do not see this package's own install."""
    code = "from importlib.util import find_spec as f; print(f('candidate_cards'), f('jinja2'))"
    printed = run(environment.script("python"), "-c", code, cwd=TREE / "tests")
    assert printed.startswith("None ModuleSpec(name='jinja2'")
