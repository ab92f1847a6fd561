"""What is paid for is not lost and not paid for twice; the key stays secret; progress is told."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from clients import CANARY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leftovers import no_pauses_between_attempts, nothing_is_left  # noqa: F401
from vendor_server import (
    ACCEPTED,
    CLOSE,
    PERSON,
    RUN,
    STALL,
    TRUNCATED,
    Act,
    Asked,
    VendorServer,
    reply,
    run,
)

from candidate_cards import load_shortlist
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.cli.report import visible
from command_line import invoke
from vendor_command_line import (  # noqa: F401
    COMMAND,
    NOT_FOUND,
    PROCESSING,
    QUICK,
    SEARCH,
    answering,
    ask,
    asked_for,
    continuation,
    described,
    enriching,
    lines,
    only_the_key_is_set,
)

if TYPE_CHECKING:
    from pathlib import Path


def interrupt(server: VendorServer, *arguments: str, after: int) -> tuple[int, str, str]:
    """Run a process of its own, and press Ctrl-C when the server has read some requests.

    Returns:
        Its exit code, and what was on its stdout and stderr.
    """
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "INSTAVIEW_BASE_URL": server.url},
        encoding="utf-8",
    ) as process:
        while len(server.asked) < after:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    return process.returncode, output, errors


# Nothing that is paid for is lost, or paid for twice


def test_a_deadline_says_how_to_go_on() -> None:
    """The run goes on; the printed command gets its results from the same vendor."""
    acts = [reply(202, ACCEPTED), *[PROCESSING] * 10_000]
    with VendorServer(acts=acts) as server:
        result = ask(server, *SEARCH, "--timeout", "0.3", "--interval", "0.1")
        assert result.exit_code == ExitCode.FAILURE
        assert result.stdout == ""
        assert result.stderr.splitlines()[0] == f"Started {RUN}"
        assert f"Error: the run {RUN} has not ended within" in result.stderr
        server._acts.clear()
        gone_on = invoke(*continuation(result.stderr))
    assert gone_on.exit_code == 0, gone_on.stderr
    assert lines(gone_on.stdout)[0]["candidates"] == [PERSON]
    assert asked_for(server).count("POST /sourcing") == 1


def test_a_deadline_leaves_what_has_ended(tmp_path: Path) -> None:
    """One of three runs ends in time: it is written, the other two are named."""
    started: dict[str, list[str]] = {}

    def answer(asked: Asked) -> Act:
        is_first = asked.method == "POST" or "enr_1" in asked.path
        return enriching(asked, started, frozenset()) if is_first else PROCESSING

    out = tmp_path / "out.jsonl"
    ids = [f"p{number}" for number in range(30)]
    with VendorServer(answer) as server:
        result = ask(
            server, "enrich", *ids, "--timeout", "4", "--interval", "0.5", "-o", out, "--json"
        )
    assert result.exit_code == ExitCode.PARTIAL
    assert [body["requestId"] for body in lines(out.read_text("utf-8"))] == ["enr_1"]
    report = json.loads(result.stdout)
    assert report["unfinished"] == ["enr_2", "enr_3"]
    assert continuation(result.stderr)[:3] == ["results", "enr_2", "enr_3"]
    assert shlex.split(report["continuation"])[1:] == continuation(result.stderr)


@pytest.mark.parametrize("name", ["source", "enrich", "results"])
def test_ctrl_c_says_how_to_go_on(name: str, tmp_path: Path) -> None:
    """An interrupted wait exits with 130, and its last line is the command that goes on with it."""
    arguments = {
        "source": ("--title", "x", "--description-file", described(tmp_path)),
        "enrich": ("p1",),
        "results": (RUN,),
    }[name]
    first = PROCESSING if name == "results" else reply(202, ACCEPTED)
    with VendorServer(acts=[first, STALL]) as server:
        code, output, errors = interrupt(server, name, *arguments, *QUICK, after=2)
    assert code == ExitCode.INTERRUPTED, errors
    assert output == ""
    # The vendor is told by the environment, and will be again.
    assert continuation(errors) == ["results", RUN]
    if name != "results":
        assert errors.splitlines()[0] == f"Started {RUN}"


def test_ctrl_c_during_a_start_says_that_nobody_knows() -> None:
    """No answer yet, so there may be a run; it is not repeated, and runs before it are named."""
    acts = [reply(202, {**ACCEPTED, "requestId": "enr_1"}), STALL]
    ids = [f"p{number}" for number in range(11)]
    with VendorServer(acts=acts) as server:
        code, output, errors = interrupt(server, "enrich", *ids, after=2)
    assert code == ExitCode.INTERRUPTED, errors
    assert output == ""
    assert "may have started all the same" in errors
    assert continuation(errors) == ["results", "enr_1"]
    assert len(server.asked) == 2


@pytest.mark.parametrize("act", [CLOSE, TRUNCATED, reply(500, {}), reply(202, {})], ids=repr)
@pytest.mark.parametrize(
    "arguments", [SEARCH, ("refine", RUN, "--limit", "1"), ("enrich", "p1")], ids=lambda a: a[0]
)
def test_a_start_of_unknown_outcome_says_so_and_is_not_repeated(
    arguments: tuple[str, ...], act: Act
) -> None:
    """One call, one line, exit code 1: somebody has to look before it is made again."""
    with VendorServer(acts=[act]) as server:
        result = ask(server, *arguments)
    assert result.exit_code == ExitCode.FAILURE
    assert len(server.requests) == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "it may have taken effect all the same" in line
    assert "it could be paid for twice" in line


def test_one_odd_field_costs_no_search_that_was_paid_for(tmp_path: Path) -> None:
    """What breaks the contract is left out and told; everybody is written, and the code is 3."""
    out = tmp_path / "out.json"
    people = [{**PERSON, "skills": 5}, {"profileId": "p2", "name": "Ben"}, {"name": "Xylophone"}]
    body = run("completed", candidates=people)
    with VendorServer(answering({f"GET /sourcing/{RUN}/results": reply(200, body)})) as server:
        for arguments in (SEARCH, ("results", RUN)):
            result = ask(server, *arguments, "-o", out, "--force", "--json")
            assert result.exit_code == ExitCode.PARTIAL, result.stderr
            shortlist = load_shortlist(out)
            assert [person.name for person in shortlist.candidates] == ["Ada Novak", "Ben"]
            fields = {problem["field"] for problem in json.loads(result.stdout)["problems"]}
            assert fields >= {"candidates[0].skills", "candidates[2].profileId"}
            assert "candidates[0].skills" in result.stderr
            assert "Go on with" not in result.stderr
            assert "Xylophone" not in result.output


def test_one_odd_field_costs_no_preview(tmp_path: Path) -> None:
    """As of a search, so of a quick one."""
    out = tmp_path / "out.json"
    people = [{"profileId": "p1", "fullName": "Ada", "title": 7}, {"profileId": "p2"}, "nobody"]
    body = run("completed", candidates=people)
    answers = {
        f"GET /sourcing/preview/{RUN}/results": reply(200, body),
        f"GET /sourcing/{RUN}/results": NOT_FOUND,
        f"GET /sourcing/enrich/{RUN}/results": NOT_FOUND,
    }
    with VendorServer(answering(answers)) as server:
        for arguments in ((*SEARCH, "--preview"), ("results", RUN), ("results", RUN, "--no-wait")):
            result = ask(server, *arguments, "-o", out, "--force", "--json")
            assert result.exit_code == ExitCode.PARTIAL, result.stderr
            found = load_shortlist(out).candidates
            assert [person.profile_id for person in found] == ["p1", "p2"]
            fields = {problem["field"] for problem in json.loads(result.stdout)["problems"]}
            assert fields == {"candidates[0].title", "candidates[2]"}
            assert "Go on with" not in result.stderr


def test_one_odd_field_costs_no_enrichment_that_was_paid_for(tmp_path: Path) -> None:
    """Who failed and who cannot be read is told; of the others everything is written."""
    out = tmp_path / "out.json"
    items = [
        {"profileId": "p1", "success": True, "candidate": {"emails": "a@example.test"}},
        {"profileId": "p2", "success": True, "candidate": {"emails": ["b@example.test"]}},
        {"profileId": "p3", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
        {"profileId": "p4", "success": True, "candidate": ["Xylophone"]},
    ]
    body = run("completed", data=items)
    answers = {
        f"GET /sourcing/enrich/{RUN}/results": reply(200, body),
        f"GET /sourcing/{RUN}/results": NOT_FOUND,
        f"GET /sourcing/preview/{RUN}/results": NOT_FOUND,
    }
    everybody = ["p1", "p2", "p3", "p4", "p5"]
    with VendorServer(answering(answers)) as server:
        for arguments, missing in (
            (("enrich", *everybody), ["p3", "p4", "p5"]),
            (("results", RUN), ["p3"]),
        ):
            result = ask(server, *arguments, "-o", out, "--force", "--json")
            assert result.exit_code == ExitCode.PARTIAL, result.stderr
            found = {person.profile_id: person for person in load_shortlist(out).candidates}
            assert found.keys() == {"p1", "p2"}
            assert (found["p1"].emails, found["p2"].emails) == ((), ("b@example.test",))
            report = json.loads(result.stdout)
            assert [failed["profileId"] for failed in report["failed"]] == missing
            told = {problem["field"] for problem in report["problems"]}
            assert told == {"data[0].candidate.emails", "data[3].candidate"}
            assert "failed: p3: PROFILE_NOT_FOUND" in result.stderr
            assert "Go on with" not in result.stderr
            assert "Xylophone" not in result.output


def test_nobody_can_be_read_is_a_failure(tmp_path: Path) -> None:
    """And the run can be looked at again, since it may be the vendor's passing mistake."""
    body = run("completed", data=[{"success": True}])
    with VendorServer(
        answering({f"GET /sourcing/enrich/{RUN}/results": reply(200, body)})
    ) as server:
        result = ask(server, "enrich", "p1", "-o", tmp_path / "out.json")
    assert result.exit_code == ExitCode.FAILURE
    assert continuation(result.stderr) == ["results", RUN, "--base-url", server.url]


def test_a_result_that_cannot_be_written_can_be_had_again(tmp_path: Path) -> None:
    """What the system refuses after the run has ended does not lose it."""
    (tmp_path / "file").write_text("", "utf-8")
    with VendorServer() as server:
        result = ask(server, *SEARCH, "-o", tmp_path / "file" / "below.json")
    assert result.exit_code == ExitCode.FAILURE
    assert f"Go on with: candidate-cards results {RUN} " in result.stderr
    assert "Error: " in result.stderr


def test_a_reader_that_is_gone_does_not_lose_a_result(tmp_path: Path) -> None:
    """The next command of a pipe may have ended over a typing mistake, long before this one."""
    ours, its = os.pipe()
    os.close(ours)
    with VendorServer() as server:
        done = subprocess.run(
            [*COMMAND, "source", "--title", "x", "--description-file", described(tmp_path), *QUICK],
            check=False,
            stdout=its,
            stderr=subprocess.PIPE,
            env={**os.environ, "INSTAVIEW_BASE_URL": server.url},
            encoding="utf-8",
        )
    os.close(its)
    assert done.returncode == ExitCode.FAILURE
    assert continuation(done.stderr) == ["results", RUN]
    assert "Traceback" not in done.stderr


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_an_id_cannot_steer_the_terminal_or_the_shell(request_id: str) -> None:
    """Whatever the vendor calls a run, it is one word of one printable line."""
    acts = [reply(202, {**ACCEPTED, "requestId": request_id})]
    with VendorServer(acts=acts) as server:
        result = ask(server, "enrich", "p1", "--no-wait")
    assert result.exit_code == 0, result.stderr
    first, second, *rest = result.stderr.splitlines()
    assert rest == []
    assert first.isprintable()
    assert second.isprintable()
    words = continuation(result.stderr)
    assert (words[0], len(words)) == ("results", 4)
    assert words[1] == visible(request_id)


def test_the_command_to_go_on_with_names_what_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options are repeated, quoted; variables are not, and the key is in a file or a variable."""
    key = tmp_path / "the key"
    key.write_text(CANARY, "utf-8")
    key.chmod(0o600)
    with VendorServer() as server:
        monkeypatch.setenv("INSTAVIEW_BASE_URL", server.url)
        result = invoke("enrich", "p1", "--no-wait", "--api-key-file", key)
    assert continuation(result.stderr) == ["results", RUN, "--api-key-file", str(key)]
    assert CANARY not in result.output


# The key


def _key_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_file_goes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may end in a line break and begin with a byte order mark, as editors write them."""
    monkeypatch.setenv("INSTAVIEW_API_KEY", "sk_other")
    key = _key_file(tmp_path, b"\xef\xbb\xbf" + CANARY.encode() + b"\r\n")
    with VendorServer() as server:
        result = ask(server, "results", RUN, "--api-key-file", key)
    assert result.exit_code == 0, result.stderr
    assert server.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    assert "warning" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")
@given(mode=st.integers(0, 0o777).map(lambda bits: bits | stat.S_IRUSR))
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_key_that_others_can_read_is_a_warning(tmp_path: Path, mode: int) -> None:
    """Not an error: containers mount secrets like that. The line names the file and not the key."""
    key = _key_file(tmp_path, CANARY.encode(), mode)
    try:
        result = invoke("results", "..", "--api-key-file", key)
    finally:
        key.unlink()
    assert ("warning: " in result.stderr) == bool(mode & stat.S_IROTH)
    assert CANARY not in result.output


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"\xff", b"k\xc3\xa9y"])
def test_what_is_no_key_is_refused_without_showing_it(content: bytes, tmp_path: Path) -> None:
    """A file that holds something else is named, and nothing is sent."""
    with VendorServer() as server:
        result = ask(server, "enrich", "p1", "--api-key-file", _key_file(tmp_path, content))
    assert result.exit_code in {ExitCode.USAGE, ExitCode.FAILURE}
    assert "key" in result.stderr
    assert "two words" not in result.stderr
    assert server.requests == []


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_key_is_a_usage_error(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says both places where a key can be."""
    monkeypatch.delenv("INSTAVIEW_API_KEY")
    if value is not None:
        monkeypatch.setenv("INSTAVIEW_API_KEY", value)
    result = invoke("results", RUN)
    assert result.exit_code == ExitCode.USAGE
    assert "INSTAVIEW_API_KEY" in result.stderr
    assert "--api-key-file" in result.stderr


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize(
    "arguments",
    [SEARCH, ("refine", RUN, "--limit", "1"), ("enrich", "p1"), ("results", RUN)],
    ids=lambda arguments: arguments[0],
)
def test_an_error_is_one_line_with_advice_and_without_the_key(
    arguments: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the vendor answers, and even if it repeats the key."""
    body = {"error": {"code": f"NO_{CANARY}", "message": f"bad key {CANARY}\n\x1b[31m{CANARY}"}}
    refusal = reply(status, body, {"Retry-After": "120"} if status == 429 else None)
    with VendorServer(lambda _: refusal) as server:
        result = ask(server, *arguments, "--timeout", "5")
    assert result.exit_code == ExitCode.FAILURE
    errors = [line for line in result.stderr.splitlines() if not line.startswith("Go on with")]
    (line,) = errors
    assert line.startswith("Error: ")
    assert f": {status} " in line
    assert "; " in line  # what was wrong; what to do
    assert line.isprintable()
    assert CANARY not in result.output
    assert capsys.readouterr() == ("", "")


# Progress


def test_a_terminal_sees_the_counters_and_a_pipe_does_not(tmp_path: Path) -> None:
    """The line is overwritten and gone in the end; in a pipe there are only the lasting lines."""
    acts = [reply(202, ACCEPTED), PROCESSING, PROCESSING]
    arguments = (
        "source",
        "--title",
        "x",
        "--description-file",
        described(tmp_path),
        "--limit",
        "7",
    )
    with VendorServer(acts=acts) as server:
        shown = _on_a_terminal(server, *arguments, *QUICK)
    with VendorServer(acts=acts) as server:
        piped = ask(server, *arguments).stderr
    assert "\rsourcing, 3 of 7 candidates so far (0:0" in shown
    assert "\x1b" not in shown
    assert "so far" not in piped
    assert "\r" not in piped
    lasting = [line.rpartition("\r")[2] for line in shown.replace("\r\n", "\n").split("\n")]
    assert lasting == piped.split("\n")


def _on_a_terminal(server: VendorServer, *arguments: str) -> str:
    """Return what a command has sent to the terminal that its stderr is."""
    pty = pytest.importorskip("pty", reason="no terminals on this system")
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=its,
        env={**os.environ, "INSTAVIEW_BASE_URL": server.url},
    ):
        os.close(its)
        shown = b""
        # Linux tells of the end by an error, others by nothing.
        with suppress(OSError):
            while piece := os.read(ours, 1024):
                shown += piece
        os.close(ours)
    return shown.decode()
