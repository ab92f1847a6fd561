"""The command: what it prints, whom it lets in, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from candidate_cards.errors import InputError
from candidate_cards.sandbox import READY_MADE, Settings
from command_line import invoke
from environments import run

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-W", "error", "-m", "candidate_cards", "sandbox")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(stop: signal.Signals) -> None:
    """It prints one JSON object, answers with its keys, and Ctrl-C is no failure."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = json.loads(process.stdout.readline())
        assert set(told) == {"baseUrl", "data", "keys"}
        key = told["keys"]["acme"]["apiKey"]
        answer = httpx.get(
            f"{told['baseUrl']}/webhooks", headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
        process.send_signal(stop)
        process.wait()
        assert process.returncode == (0 if stop == signal.SIGINT else -signal.SIGTERM)
        assert process.stdout.read() == ""
        assert process.stderr.read() == ("Stopped.\n" if stop == signal.SIGINT else "")


def test_it_says_what_to_type_next() -> None:
    """Base URL, every ready-made key and a curl line; what it is comes first."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline())
        _wait_until_it_answers(lines)
        process.send_signal(signal.SIGINT)
    assert "for development only" in lines[0]
    text = "".join(lines)
    for key in READY_MADE:
        assert f"{key.api_key}  {key.name}: " in text
    assert "Base URL   http://127.0.0.1:" in text
    assert "curl -X POST http://127.0.0.1:" in text


def _wait_until_it_answers(lines: list[str]) -> None:
    """Its socket takes a request earlier, but only a server that runs ends in good order."""
    (url,) = [line.split()[-1] for line in lines if line.startswith("Base URL")]
    assert httpx.get(f"{url}/openapi.json").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  refused
def test_it_stays_on_this_machine(host: str) -> None:
    """Other hosts than loopback need to be allowed, since the keys are public."""
    result = invoke("sandbox", "--host", host, "--port", 0)
    assert result.exit_code == 1
    assert "--allow-network" in result.stderr


def test_a_taken_port_and_an_unknown_host_are_told() -> None:
    """A system's refusal is one line and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = invoke("sandbox", "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "use" in result.stderr


def test_a_wrong_data_file_is_told(tmp_path: Path) -> None:
    """It names the file and leaves it alone."""
    data = tmp_path / "notes.txt"
    data.write_text("mine")
    result = invoke("sandbox", "--port", 0, "--data", data)
    assert result.exit_code == 1
    assert "notes.txt: is not the data of a sandbox" in result.stderr
    assert data.read_text() == "mine"


def test_without_the_extra_it_says_what_to_install() -> None:
    """A missing FastAPI is no traceback."""
    code = (
        "import sys; sys.modules['fastapi'] = None; sys.argv[1:] = ['sandbox', '--port', '0'];"
        "import candidate_cards.cli as c; c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: the sandbox needs: pip install 'candidate-cards[sandbox]'\n"


def test_help_and_settings_load_no_server() -> None:
    """The help, and the names of the package, cost no web framework."""
    code = (
        "import sys; sys.argv[1:] = ['sandbox', '--help']; import candidate_cards.sandbox, atexit;"
        "atexit.register(lambda: print(sorted({'fastapi', 'uvicorn', 'httpx', 'pydantic'}"
        " & set(sys.modules)))); import candidate_cards.cli as c; c.main()"
    )
    assert run(sys.executable, "-c", code).splitlines()[-1] == "[]"


def test_who_opens_it_to_others_is_warned() -> None:
    """With `--allow-network` it listens anywhere, answers any host, and says what that means."""
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--json", "--host", "0.0.0.0", "--allow-network"],  # noqa: S104
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        port = httpx.URL(json.loads(process.stdout.readline())["baseUrl"]).port
        answer = httpx.get(f"http://127.0.0.1:{port}/sandbox", headers={"Host": "sandbox.example"})
        process.send_signal(signal.SIGINT)
        assert "everybody knows the keys" in process.stderr.read()
    assert answer.status_code == 200


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_is_a_number_above_nothing(speed: float) -> None:
    """Anything else is told before it is used."""
    with pytest.raises(InputError, match="speed: should be a number above 0"):
        Settings(speed=speed)
