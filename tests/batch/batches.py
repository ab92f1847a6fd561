"""Inputs of batches, batches as processes, and what is to be true of what they leave."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from candidate_cards import parse_shortlist, render_card
from candidate_cards.batch.work import Job, Origin, Results, render_lines
from command_line import candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from candidate_cards.batch.reading import Line

COMMAND = (sys.executable, "-m", "candidate_cards", "batch")


def person(number: int, **fields: object) -> dict[str, Any]:
    """Return a record that is like no other."""
    return candidate(
        f"prof_{number}",
        matchScore=number % 101,
        skills=[f"Skill {number % 7}", "Rust"],
        rationale=(f"Has done {number} things that few have done. " * 3).strip(),
        **fields,
    )


def write_people(path: Path, count: int) -> Path:
    """Write records as JSON Lines."""
    path.write_text("".join(f"{json.dumps(person(number))}\n" for number in range(count)), "utf-8")
    return path


def run(
    *arguments: object,
    **options: Any,  # noqa: ANN401  those of `subprocess.run`
) -> subprocess.CompletedProcess[str]:
    """Run a batch to its end."""
    words = [*COMMAND, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def finished(*arguments: object) -> dict[str, Any]:
    """Run a batch that has to do everything, and return what it told at the end."""
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    event: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert event["event"] == "done"
    return event


def entries(manifest: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a manifest but for those about plans."""
    if not manifest.exists():
        return []
    whole = manifest.read_bytes().rpartition(b"\n")[0]
    values = [json.loads(line) for line in whole.splitlines()]
    return [value for value in values if "kind" not in value]


def files_in(folder: Path) -> dict[str, Path]:
    """Return the documents in a destination, by their path in it."""
    return {
        path.relative_to(folder).as_posix(): path for path in folder.glob("?/?/*") if path.is_file()
    }


def digest(path: Path) -> str:
    """Return the hash of a file."""
    return sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Expected:
    """What a batch of people is to leave: the digest of each fragment, by profile id."""

    digests: dict[str, str]

    @classmethod
    def of(cls, people: Iterable[dict[str, Any]]) -> Expected:
        """Render what is expected in a plain loop."""
        digests = {}
        for record in people:
            (read,) = parse_shortlist(json.dumps(record)).candidates
            card = render_card(read, format="fragment")
            digests[record["profileId"]] = sha256(card.encode()).hexdigest()
        return cls(digests)

    def assert_true_so_far(self, folder: Path) -> dict[str, tuple[int, int]]:
        """Check that all that is said and all that is there is whole.

        Returns:
            Inode and time of change of each file that the manifest vouches for, by path.
        """
        there = files_in(folder)
        right = set(self.digests.values())
        for path in there.values():
            assert digest(path) in right, path
        vouched = {}
        said = [entry for entry in entries(folder / "manifest.jsonl") if entry["id"] is not None]
        ids = [entry["id"] for entry in said]
        assert len(ids) == len(set(ids)), "rendered twice"
        for entry in said:
            (output,) = entry["outputs"]
            path = there[output["path"]]
            status = path.stat()
            assert output["sha256"] == digest(path) == self.digests[entry["id"]]
            assert output["size"] == status.st_size
            vouched[output["path"]] = (status.st_ino, status.st_mtime_ns)
        return vouched

    def assert_complete(self, folder: Path) -> None:
        """Check that everything is there, and nothing else."""
        vouched = self.assert_true_so_far(folder)
        assert len(vouched) == len(self.digests)
        assert files_in(folder).keys() == vouched.keys()
        names = {path.name for path in folder.iterdir()} - {*"0123456789abcdef"}
        assert names == {"manifest.jsonl"}


def workers_of(process: subprocess.Popen[Any]) -> list[int]:
    """Return the processes that a batch has started to render."""
    found = []
    for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
        try:
            children = task.read_text("ascii").split()
        except OSError:
            continue
        found += [int(child) for child in children if b"spawn_main" in _command_line(child)]
    return found


def _command_line(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def is_running(process: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return False


def started(arguments: Sequence[object]) -> subprocess.Popen[str]:
    """Start a batch."""
    words = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def grown(manifest: Path, size: int) -> Callable[[], bool]:
    """Return what tells whether a manifest has so many bytes."""

    def is_grown() -> bool:
        try:
            return manifest.stat().st_size >= size
        except OSError:
            return False

    return is_grown


class Here:
    """A crew of this process alone: what it makes is what others make."""

    workers = 1
    shares_disk = True
    generation = 0

    def submit(self, job: Job, origin: Origin, lines: Sequence[Line]) -> Future[Results]:
        """Work on lines at once."""
        future: Future[Results] = Future()
        future.set_result(render_lines(job, origin, lines))
        return future

    def take(self, answer: Results) -> Results:
        """Return what the future had."""
        return answer

    def is_loss(self, error: BaseException) -> bool:
        """Nothing is lost."""
        del error
        return False

    def renew(self) -> None:
        """Nothing is lost."""

    def close(self) -> None:
        """Nothing is held."""
