"""The container's files, as far as they can be tested where no container engine runs.

The Dockerfile is linted by hadolint, the compose file by the compose specification's own schema, as
check-jsonschema carries it. What both name is looked up here, or run.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

import pytest
import yaml
from click.testing import CliRunner
from docker.utils import exclude_paths
from dockerfile_parse import DockerfileParser

from candidate_cards.cli.commands import application
from candidate_cards.service.settings import SECRETS_DIR, STORE, Settings, variable
from databases import PASSWORD, postgresql_server
from environments import TREE, build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FOLDER: Final = TREE / "examples" / "container"
DOCKERFILE: Final = FOLDER / "Dockerfile"
COMPOSE: Final = FOLDER / "compose.yaml"

_SCRIPTS: Final = Path(sysconfig.get_path("scripts"))
_COMMAND: Final = "candidate-cards"
_PREFIX: Final = "CANDIDATE_CARDS_"


def _instructions(name: str) -> list[str]:
    """Return what stands after each instruction of a name, lines joined."""
    parser = DockerfileParser(fileobj=io.BytesIO(DOCKERFILE.read_bytes()))
    found = [part["value"] for part in parser.structure if part["instruction"] == name]
    assert found, name
    return found


def _words(name: str) -> list[str]:
    """Return the one instruction of a name that is written as a list."""
    (value,) = _instructions(name)
    words: list[str] = json.loads(value[value.index("[") :])
    return words


def _variables() -> dict[str, str]:
    """Return what the image sets."""
    (text,) = _instructions("ENV")
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', text)}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return content


def _ours(compose: Mapping[str, Any]) -> dict[str, Any]:
    """Return the services of our image."""
    services = compose["services"]
    found = {name: service for name, service in services.items() if "build" in service}
    assert sorted(found) == ["cards", "upgrade"]
    return found


def _linted(*command: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which(command[0], path=_SCRIPTS)
    if program is None:
        reason = f"MISSING PART: {command[0]}; run: pip install --group test"
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    """The Dockerfile has no lint, and the linter finds some where there is some."""
    done = _linted("hadolint", os.fspath(DOCKERFILE))
    assert done.returncode == 0, done.stdout
    other = tmp_path / "Dockerfile"
    other.write_text(DOCKERFILE.read_text("utf-8").replace("--no-install-recommends", ""), "utf-8")
    assert "DL3015" in _linted("hadolint", os.fspath(other)).stdout


def test_compose_file_keeps_to_the_specification(tmp_path: Path) -> None:
    """The compose file is valid by the specification's schema, which refuses a misspelt one."""
    schema = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = _linted(*schema, os.fspath(COMPOSE))
    assert done.returncode == 0, done.stdout
    other = tmp_path / "compose.yaml"
    other.write_text(COMPOSE.read_text("utf-8").replace("read_only:", "readonly:"), "utf-8")
    assert _linted(*schema, os.fspath(other)).returncode == 1


# What is copied ------------------------------------------------------------------------------


def _sources() -> list[str]:
    """Return what the image is built from."""
    copied = [value.split() for value in _instructions("COPY")]
    return [source for words in copied if "--from=build" not in words for source in words[:-1]]


def _context() -> list[str]:
    """Return the files that .dockerignore lets into a build, by Docker's own reading of it."""
    lines = (TREE / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    paths = exclude_paths(os.fspath(TREE), patterns)
    return sorted(path for path in paths if (TREE / path).is_file())


def test_build_context_is_what_is_copied_and_no_more() -> None:
    """Each file that is copied reaches the build, and nothing else does."""
    copied = set()
    for source in _sources():
        path = TREE / source
        assert path.exists(), source
        files = path.rglob("*") if path.is_dir() else [path]
        copied |= {file.relative_to(TREE).as_posix() for file in files if file.is_file()}
    copied = {path for path in copied if "__pycache__" not in path}
    assert len(copied) > 100
    # Docker sends these two in any case, and a build sees neither.
    assert set(_context()) - {".dockerignore", "examples/container/Dockerfile"} == copied


def test_what_is_copied_builds_the_same_wheel(tmp_path: Path) -> None:
    """The package that is installed in the image holds every file that the tree's holds."""
    for path in _context():
        target = tmp_path / "context" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / path, target)
    (tmp_path / "wheel").mkdir()
    code = "import hatchling.build, sys; hatchling.build.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", code, os.fspath(tmp_path / "wheel")]
    subprocess.run(command, cwd=tmp_path / "context", check=True, capture_output=True)
    (made,) = (tmp_path / "wheel").iterdir()
    (tmp_path / "tree").mkdir()
    expected = build("build_wheel", tmp_path / "tree")
    with ZipFile(made) as one, ZipFile(expected) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_source_distribution_holds_what_is_copied(tmp_path: Path) -> None:
    """An image can be built from the source distribution, and no secret gets into that."""
    folder = FOLDER / "secrets"
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    planted = folder / "planted"
    planted.write_text("a secret", "utf-8")
    try:
        with tarfile.open(build("build_sdist", tmp_path)) as archive:
            names = {PurePosixPath(*PurePosixPath(name).parts[1:]) for name in archive.getnames()}
    finally:
        planted.unlink()
        if is_new:
            folder.rmdir()
    assert {PurePosixPath(path) for path in _context()} - names <= {PurePosixPath(".dockerignore")}
    assert PurePosixPath("examples/container/compose.yaml") in names
    assert not any("secrets" in name.parts for name in names)


def test_debian_packages_are_those_of_the_tests() -> None:
    """The image installs what .ci/run installs for PDF, and every font that README.md names."""
    (line,) = (value for value in _instructions("RUN") if "apt-get install" in value)
    installed = set(re.findall(r"\b(?:fontconfig|fonts-\S+|lib\S+)", line.split("&&")[1]))
    tested = (TREE / ".ci" / "run").read_text("utf-8")
    assert len(installed) == 7
    assert [name for name in installed if not re.search(rf"\s{re.escape(name)}\s", tested)] == []
    named = set(re.findall(r"`(fonts-[\w-]+)`", (TREE / "README.md").read_text("utf-8")))
    assert named
    assert named <= installed
    assert set(re.findall(r"\blib(?:pango|harfbuzz)[\w.-]*", tested)) <= installed


# What is run ---------------------------------------------------------------------------------


def _check_command(words: Sequence[str]) -> None:
    """Check that the command line takes these words."""
    # Help is printed once the words before have been understood.
    result = CliRunner().invoke(application, [*words, "--help"])
    assert result.exit_code == 0, result.output
    assert words[0] in application.commands


def test_commands_exist(compose: dict[str, Any]) -> None:
    """The commands of both files, those in their comments included, are the package's."""
    assert _words("ENTRYPOINT") == [_COMMAND]
    _check_command(_words("CMD"))
    for service in _ours(compose).values():
        if "command" in service:
            _check_command(service["command"])
    text = DOCKERFILE.read_text("utf-8") + COMPOSE.read_text("utf-8")
    shown = re.findall(rf"(?:exec .*cards |--rm ){_COMMAND} ([a-z -]+[a-z])(?=[ `\n]*)", text)
    assert len(shown) == 4
    for words in shown:
        _check_command(words.split())


def test_variables_exist(compose: dict[str, Any]) -> None:
    """Each variable and each secret by a variable's name is a setting."""
    known = {STORE, SECRETS_DIR, *map(variable, Settings.model_fields)}
    named = set(_variables())
    for service in _ours(compose).values():
        named |= set(service.get("environment", {}))
        named |= {secret["target"] for secret in service["secrets"] if isinstance(secret, dict)}
    ours = {name for name in named if name.startswith(_PREFIX)}
    assert len(ours) >= 5
    assert ours <= known


def test_ports_agree(compose: dict[str, Any]) -> None:
    """What is served, exposed, asked for its health and published is one port."""
    port = _words("CMD")[_words("CMD").index("--port") + 1]
    assert _instructions("EXPOSE") == [port]
    assert f"'127.0.0.1', {port}," in _words("HEALTHCHECK")[-1]
    (published,) = compose["services"]["cards"]["ports"]
    assert published == f"127.0.0.1:{port}:{port}"
    assert f"-p {published}" in DOCKERFILE.read_text("utf-8")


@contextmanager
def _service(folder: Path) -> Iterator[int]:
    """Serve as the image does, but to this machine alone, and return the port."""
    words = _words("CMD")
    for option, value in (("--host", "127.0.0.1"), ("--port", "0")):
        words[words.index(option) + 1] = value
    environment = {**os.environ, STORE: f"sqlite:///{folder / 'cards.sqlite3'}"}
    with subprocess.Popen(
        [sys.executable, "-m", "candidate_cards", *words, "--json"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield int(json.loads(process.stdout.readline())["baseUrl"].rpartition(":")[2])
        finally:
            process.terminate()


def test_health_check_knows_a_service_from_none(tmp_path: Path) -> None:
    """The image's health check succeeds while the service answers, and fails after its end."""
    program, *words = _words("HEALTHCHECK")
    assert program == "python"
    (published,) = _instructions("EXPOSE")

    def is_healthy(port: int) -> bool:
        asked = [word.replace(f" {published},", f" {port},") for word in words]
        assert asked != words
        done = subprocess.run([sys.executable, *asked], capture_output=True, check=False)
        return done.returncode == 0

    with _service(tmp_path) as port:
        assert is_healthy(port)
    assert not is_healthy(port)


# Secrets and the database --------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder of secrets that secrets.sh makes."""
    shutil.copy(FOLDER / "secrets.sh", tmp_path)
    subprocess.run(["sh", tmp_path / "secrets.sh"], check=True)
    return tmp_path / "secrets"


def test_secrets_are_made_once(made: Path, compose: dict[str, Any]) -> None:
    """Every secret of the compose file is made, nobody else can enter, and none is made twice."""
    files = {secret["file"] for secret in compose["secrets"].values()}
    assert files == {f"secrets/{path.name}" for path in made.iterdir()}
    assert made.stat().st_mode & 0o077 == 0
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    password = before["database_password"].decode()
    assert re.fullmatch(r"[0-9a-f]{64}", password)
    assert f"password={password}\n" in before["database"].decode()
    subprocess.run(["sh", made.parent / "secrets.sh"], check=True)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


def _mounted(compose: Mapping[str, Any], service: str, made: Path, folder: Path) -> Path:
    """Return a folder that holds what a service finds in /run/secrets."""
    folder.mkdir()
    for secret in compose["services"][service]["secrets"]:
        source = secret if isinstance(secret, str) else secret["source"]
        target = secret if isinstance(secret, str) else secret["target"]
        file = PurePosixPath(compose["secrets"][source]["file"])
        shutil.copy(made / file.name, folder / target)
    return folder


def _run_as(
    service: Mapping[str, Any], words: Sequence[str], secrets: Path
) -> subprocess.CompletedProcess[str]:
    """Run a command with what the compose file sets for a service."""
    environment = {
        name: value.replace("/run/secrets", os.fspath(secrets))
        for name, value in service["environment"].items()
    }
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith((_PREFIX, "PG"))
    }
    return subprocess.run(
        [sys.executable, "-m", "candidate_cards", *words],
        cwd=secrets,
        env={**inherited, **environment, SECRETS_DIR: os.fspath(secrets)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_of_the_compose_file_are_accepted(
    made: Path, compose: dict[str, Any], tmp_path: Path
) -> None:
    """The service takes its variables and secrets, and shows no secret of them."""
    (made / "companies.json").write_text(
        '{"acme": {"frame_ancestors": ["https://ats.example"], "vendor_key": "sk_test_planted"}}'
    )
    secrets = _mounted(compose, "cards", made, tmp_path / "mounted")
    done = _run_as(compose["services"]["cards"], ["serve", "--check", "--json"], secrets)
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)
    assert len(settings[variable("embed_secrets")]) == 1
    assert list(settings[variable("companies")]) == ["acme"]
    assert settings[variable("blind_secret")]
    (secret,) = json.loads((made / "embed_secrets").read_text("utf-8"))
    for kept in (secret, (made / "blind_secret").read_text("utf-8")):
        assert kept not in done.stdout + done.stderr
    assert "planted" not in done.stdout + done.stderr


def test_upgrade_reaches_the_database_by_the_secret(
    made: Path, compose: dict[str, Any], tmp_path: Path
) -> None:
    """In PostgreSQL the one-shot service makes the tables, and the others' commands find them."""
    password = (made / "database_password").read_text("utf-8")
    with postgresql_server() as server, server.place() as place:
        ((name,),) = place.execute("SELECT current_database()")
        text = (made / "database").read_text("utf-8")
        for old, new in (
            ("host=database", f"host={server.folder}"),
            ("dbname=cards", f"dbname={name}"),
            (f"password={password}", f"password={PASSWORD}"),
        ):
            assert old in text
            text = text.replace(old, new)
        (made / "database").write_text(text, "utf-8")

        upgrade, cards = (compose["services"][each] for each in ("upgrade", "cards"))
        secrets = _mounted(compose, "upgrade", made, tmp_path / "upgrade")
        for _ in range(2):  # it runs at each start
            done = _run_as(upgrade, upgrade["command"], secrets)
            assert done.returncode == 0, done.stderr
        secrets = _mounted(compose, "cards", made, tmp_path / "cards")
        for words in (["add", "--company", "acme"], ["list", "--company", "acme"]):
            done = _run_as(cards, ["keys", *words], secrets)
            assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 1
        assert place.execute("SELECT count(*) FROM cards_keys") == [(1,)]


def test_nothing_is_more_open_than_it_has_to_be(compose: dict[str, Any]) -> None:
    """No root, no writable root folder, no published database, no secret in a variable or layer."""
    assert int(_instructions("USER")[-1]) > 0
    assert "ARG" not in DOCKERFILE.read_text("utf-8")
    for service in _ours(compose).values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    services = compose["services"]
    for service in services.values():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.get("privileged")
    assert "ports" not in services["database"]
    assert services["database"]["networks"] == services["upgrade"]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}
    values = chain.from_iterable(
        service.get("environment", {}).items() for service in services.values()
    )
    for name, value in (*values, *_variables().items()):
        assert not re.search(r"PASSWORD$|SECRET|TOKEN|KEY", name), name
        assert not re.search(r"//[^/]*:[^/]*@", value), name


def test_services_wait_for_each_other(compose: dict[str, Any]) -> None:
    """The service starts on a database that answers and has its tables; names are all defined."""
    services = compose["services"]
    waits = {
        name: {other: rule["condition"] for other, rule in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    assert waits == {
        "cards": {"database": "service_healthy", "upgrade": "service_completed_successfully"},
        "upgrade": {"database": "service_healthy"},
        "database": {},
    }
    assert services["database"]["healthcheck"]["test"][1] == "pg_isready"
    assert services["upgrade"]["healthcheck"] == {"disable": True}
    assert services["upgrade"]["restart"] == "no"
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in services.values()
        for secret in service["secrets"]
    }
    assert used == set(compose["secrets"])
    for service in services.values():
        assert set(service["networks"]) <= set(compose["networks"])
    (data,) = services["database"]["volumes"]
    assert data.partition(":")[0] in compose["volumes"]
