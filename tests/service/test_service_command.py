"""The command: what it prints, what it is told by its environment, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from command_line import invoke
from environments import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND: Final = (sys.executable, "-W", "error", "-m", "candidate_cards")
PREFIX: Final = "CANDIDATE_CARDS_SERVE_"
PATH: Final = "/sourcing/render-html"
_CONNECTIONS: Final = 64


@contextmanager
def serving(
    folder: Path, *options: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command with a database in a folder; yield it and its base URL."""
    environment = {**os.environ, **variables}
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["baseUrl"]
        finally:
            process.kill()


def key_in(folder: Path, **options: int) -> str:
    """Add a key to the database of a folder."""
    numbers = [
        word
        for name, number in options.items()
        for word in (f"--{name.replace('_', '-')}", str(number))
    ]
    command = [*COMMAND, "keys", "add", "--company", "acme", "--json", *numbers]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    key: str = json.loads(told.stdout)["key"]
    return key


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(stop: signal.Signals, tmp_path: Path) -> None:
    """It prints one JSON object, answers with the keys of its store, and ends well."""
    with serving(tmp_path) as (process, url):
        key = key_in(tmp_path)
        answer = httpx.post(
            f"{url}{PATH}",
            json={"profileIds": ["a"]},
            headers={"Authorization": f"Bearer {key}", "X-Request-ID": "told-in-the-log"},
        )
        assert answer.status_code == 200
        process.send_signal(stop)
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == ""
        told = process.stderr.read()
    *lines, last = told.splitlines()
    assert (last == "Stopped.") == (stop == signal.SIGINT)
    records = [json.loads(line) for line in (lines if stop == signal.SIGINT else [*lines, last])]
    (answered,) = [record for record in records if record["message"] == "answered"]
    assert (answered["requestId"], answered["status"]) == ("told-in-the-log", 200)
    assert key not in told
    assert "acme" not in told


def test_it_says_what_to_type_next(tmp_path: Path) -> None:
    """Base URL, mode, store, how to make a key, and a curl line."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--store", "sqlite:///my cards.sqlite3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline())
        url = lines[0].split()[-1]
        assert httpx.get(f"{url}/healthz").status_code == 200
        process.terminate()
        assert process.wait(30) == 0
    text = "".join(lines)
    assert re.match(r"Base URL   http://127\.0\.0\.1:\d+\n", text)
    assert "Mode       local: cards of the candidates in the store\n" in text
    assert "Store      sqlite:///my cards.sqlite3\n" in text
    assert f"curl -X POST {url}{PATH}" in text
    option = "--store 'sqlite:///my cards.sqlite3'"
    assert f"candidate-cards keys add --company acme {option}\n" in text
    assert f"candidate-cards store import results.json --company acme {option}\n" in text


def _told(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "serve", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **variables},
    )


def test_check_prints_every_setting_and_no_secret(tmp_path: Path) -> None:
    """What it prints can be put into `.env` again, apart from the secrets."""
    companies = {"acme": {"vendor_key": "sk_live_canary", "frame_ancestors": ["https://a.example"]}}
    secret = "canary signs embeds with this long text"  # noqa: S105  of a test
    variables = {
        f"{PREFIX}COMPANIES": json.dumps(companies),
        f"{PREFIX}EMBED_SECRETS": json.dumps([secret]),
        f"{PREFIX}BLIND_SECRET": secret,
        f"{PREFIX}PROFILES": str(tmp_path),
        f"{PREFIX}STORE": "postgresql://cards:canary@db.example/cards",
        f"{PREFIX}MAX_BODY": "2048",
    }
    done = _told("--check", folder=tmp_path, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert "canary" not in done.stdout
    lines = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert len(lines) > 20
    assert lines[f"{PREFIX}MODE"] == "local"
    assert lines[f"{PREFIX}MAX_BODY"] == "2048"
    assert "https://a.example" in lines[f"{PREFIX}COMPANIES"]
    as_json = _told("--check", "--json", "--mode", "proxy", folder=tmp_path, **variables)
    values = json.loads(as_json.stdout)
    assert values.keys() == lines.keys()
    assert (values[f"{PREFIX}MODE"], values[f"{PREFIX}MAX_BODY"]) == ("proxy", 2048)
    harmless = [
        f"{name}={value}" for name, value in lines.items() if "*" not in value and value != "''"
    ]
    (tmp_path / ".env").write_text("\n".join(harmless))
    assert _told("--check", folder=tmp_path).returncode == 0
    assert not list(tmp_path.glob("*.sqlite3"))


def test_the_command_line_counts_for_more(tmp_path: Path) -> None:
    """Then the environment, then `.env`, then the folder of secrets, then the default."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("STORE", "MODE", "MAX_BODY", "LOG_LEVEL"):
        values = {"STORE": "sqlite:///d", "MODE": "proxy", "MAX_BODY": "4000", "LOG_LEVEL": "error"}
        (folder / f"{PREFIX.lower()}{name.lower()}").write_text(values[name] + "\n")
    (tmp_path / ".env").write_text(
        f"{PREFIX}STORE=sqlite:///c\n{PREFIX}MODE=fallback\n{PREFIX}MAX_BODY=3000\n"
        f"{PREFIX}SECRETS_DIR={folder}\nPOSTGRES_PASSWORD=of-somebody-else\n"
    )
    variables = {f"{PREFIX}STORE": "sqlite:///b", f"{PREFIX}MODE": "proxy"}
    done = _told("--check", "--json", "--store", "sqlite:///a", folder=tmp_path, **variables)
    told = json.loads(done.stdout)
    names = ("STORE", "MODE", "MAX_BODY", "LOG_LEVEL", "MAX_REQUESTS")
    assert [told[f"{PREFIX}{name}"] for name in names] == [
        "sqlite:///a",
        "proxy",
        3000,
        "error",
        200,
    ]


def test_the_store_of_other_commands_is_the_services_too(tmp_path: Path) -> None:
    """One variable is enough for all commands; the service's own counts for more."""
    other = {"CANDIDATE_CARDS_STORE": "sqlite:///shared.sqlite3"}
    told = json.loads(_told("--check", "--json", folder=tmp_path, **other).stdout)
    assert told[f"{PREFIX}STORE"] == "sqlite:///shared.sqlite3"
    own = {**other, f"{PREFIX}STORE": "sqlite:///own.sqlite3"}
    told = json.loads(_told("--check", "--json", folder=tmp_path, **own).stdout)
    assert told[f"{PREFIX}STORE"] == "sqlite:///own.sqlite3"


WRONG: Final = {
    "MODE": "canary",
    "MAX_BODY": "canary",
    "MAX_REQUESTS": "0",
    "BODY_SECONDS": "-1",
    "COMPANIES": '{"acme": {"vendor_key": "canary canary"}}',
    "EMBED_SECRETS": '["canary"]',
    "VENDOR_URL": "http://canary.example",
    "LOG_LEVEL": "canary",
    "PROFILE_LIMIT": "101",
    "PROFILE": "canary",
    "PROFILES": "canary/folder",
    "LANG": "canary",
    "BLIND_SECRET": "canary",
    "CONTACT": "canary" * 60,
}


@pytest.mark.parametrize("name", [*WRONG, "COMPANIES of no JSON", "COMPANIES of another shape"])
def test_a_wrong_value_is_named_and_not_repeated(name: str, tmp_path: Path) -> None:
    """The variable is named, the value never shown: it may be a secret in the wrong place."""
    field, _, how = name.partition(" of ")
    value = {"no JSON": '{"acme": canary', "another shape": '{"acme": {"canary": 1}}'}.get(how)
    variables = {f"{PREFIX}{field}": value or WRONG[field]}
    done = _told("--check", folder=tmp_path, **variables)
    assert done.returncode == 1
    assert f"{PREFIX}{field}" in done.stderr
    assert how == "another shape" or "canary" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("where", ["environment", ".env", "secrets"])
def test_a_misspelt_setting_is_told_with_those_there_are(where: str, tmp_path: Path) -> None:
    """It would be the default in silence."""
    variables = {}
    name = f"{PREFIX}MAX_BODDY"
    if where == "environment":
        variables[name] = "canary"
    elif where == ".env":
        (tmp_path / ".env").write_text(f"{name}=canary\n")
    else:
        folder = tmp_path / "secrets"
        folder.mkdir()
        (folder / name.lower()).write_text("canary")
        variables[f"{PREFIX}SECRETS_DIR"] = str(folder)
    done = _told("--check", folder=tmp_path, **variables)
    assert done.returncode == 1
    assert name in done.stderr.upper()
    assert f"{PREFIX}MAX_BODY," in done.stderr
    assert "canary" not in done.stderr


def test_a_folder_of_secrets_that_is_none(tmp_path: Path) -> None:
    """It is told, since nothing would be read from it."""
    done = _told("--check", folder=tmp_path, **{f"{PREFIX}SECRETS_DIR": str(tmp_path / "none")})
    assert done.returncode == 1
    assert f"{PREFIX}SECRETS_DIR: must name a folder" in done.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A system's refusal is one line and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _told("--port", str(taken.getsockname()[1]), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_a_store_that_cannot_be_is_told(tmp_path: Path) -> None:
    """It names the store and leaves it alone."""
    (tmp_path / "notes.txt").write_text("mine")
    done = _told("--port", "0", "--store", "sqlite:///notes.txt", folder=tmp_path)
    assert done.returncode == 1
    assert "sqlite:///notes.txt" in done.stderr
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_without_the_extra_it_says_what_to_install() -> None:
    """A missing FastAPI is no traceback."""
    for missing in ("fastapi", "pydantic_settings", "sqlalchemy"):
        code = (
            f"import sys; sys.modules['{missing}'] = None; sys.argv[1:] = ['serve', '--port', '0'];"
            "import candidate_cards.cli as c; c.main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "pip install 'candidate-cards[" in done.stderr
        assert "Traceback" not in done.stderr


def test_help_and_the_names_of_the_package_load_no_server() -> None:
    """The help costs neither a web framework nor a database library."""
    heavy = {"fastapi", "uvicorn", "httpx", "pydantic", "sqlalchemy", "prometheus_client"}
    code = (
        "import sys; sys.argv[1:] = ['serve', '--help']; import candidate_cards.service, atexit;"
        f"atexit.register(lambda: print(sorted({heavy} & set(sys.modules))));"
        "import candidate_cards.cli as c; c.main()"
    )
    assert run(sys.executable, "-c", code).splitlines()[-1] == "[]"


def test_the_help_names_what_else_can_be_set() -> None:
    """Whoever looks for a setting finds where it is."""
    result = invoke("serve", "--help")
    assert result.exit_code == 0
    assert PREFIX in result.stdout
    assert "--check" in result.stdout


class _Caller(threading.Thread):
    """Asks over one connection after another until nobody answers; remembers half answers."""

    def __init__(self, url: str, request: bytes) -> None:
        super().__init__()
        self._address = (httpx.URL(url).host, httpx.URL(url).port or 0)
        self._request = request
        self.answers = 0
        self.halves: list[bytes] = []

    def run(self) -> None:
        """Go on until the port is closed."""
        while True:
            try:
                with socket.create_connection(self._address, timeout=30) as connection:
                    while self._ask(connection):
                        pass
            except ConnectionRefusedError:
                return
            except OSError:
                continue

    def _ask(self, connection: socket.socket) -> bool:
        received = b""
        whole = -1
        try:
            connection.sendall(self._request)
            while whole < 0 or len(received) < whole:
                piece = connection.recv(65_536)
                if not piece:
                    break
                received += piece
                head, found, _ = received.partition(b"\r\n\r\n")
                if found and whole < 0:
                    told = re.search(rb"content-length: (\d+)", head.lower())
                    assert told is not None
                    whole = len(head) + 4 + int(told[1])
        except OSError:
            pass
        if len(received) == whole:
            self.answers += 1
            return b"connection: close" not in received.lower()
        if received:
            self.halves.append(received)
        return False


def test_requests_under_way_are_answered_before_the_end(tmp_path: Path) -> None:
    """SIGTERM amid 64 connections: not ready first, no half answer, and a good end."""
    variables = {
        f"{PREFIX}RENDER_PER_MINUTE": "1000000",
        f"{PREFIX}DRAIN_SECONDS": "1.5",
        f"{PREFIX}LOG_LEVEL": "error",
    }
    with serving(tmp_path, **variables) as (process, url):
        key = key_in(tmp_path, per_minute=1_000_000, per_hour=1_000_000)
        _import_people(tmp_path)
        body = json.dumps({"profileIds": [f"prof_{number}" for number in range(10)]}).encode()
        request = (
            f"POST {PATH} HTTP/1.1\r\nHost: cards\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        callers = [_Caller(url, request) for _ in range(_CONNECTIONS)]
        for caller in callers:
            caller.start()
        while sum(caller.answers for caller in callers) < _CONNECTIONS * 2:
            time.sleep(0.01)
        before = sum(caller.answers for caller in callers)
        process.terminate()
        ready = _first_refusal(url)
        for caller in callers:
            caller.join()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert ready == {"status": "stopping"}
    assert [caller.halves for caller in callers] == [[]] * _CONNECTIONS
    assert sum(caller.answers for caller in callers) > before


def test_a_body_that_is_still_coming_is_waited_for(tmp_path: Path) -> None:
    """What has begun before SIGTERM is finished after it."""
    with serving(tmp_path, **{f"{PREFIX}DRAIN_SECONDS": "0"}) as (process, url):
        key = key_in(tmp_path)
        body = b'{"profileIds": ["a"]}'
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: cards\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)) as connection:
            connection.sendall(head + body[:10])
            time.sleep(0.2)
            process.terminate()
            while _takes_connections(url):
                time.sleep(0.01)
            connection.sendall(body[10:])
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
        assert process.wait(30) == 0
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["renderedCount"] == 0


def _takes_connections(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)).close()
    except ConnectionRefusedError:
        return False
    return True


def _first_refusal(url: str) -> Any:  # noqa: ANN401  JSON
    """Return what /readyz says when it first says no."""
    for _ in range(1_000):
        answer = httpx.get(f"{url}/readyz", timeout=30, trust_env=False)
        if answer.status_code != 200:
            return answer.json()
    return None


def _import_people(folder: Path) -> None:
    people = [{"profileId": f"prof_{number}", "name": f"P {number}"} for number in range(10)]
    (folder / "people.json").write_text(json.dumps(people))
    command = [*COMMAND, "store", "import", "people.json", "--company", "acme"]
    subprocess.run(command, capture_output=True, check=True, cwd=folder)
