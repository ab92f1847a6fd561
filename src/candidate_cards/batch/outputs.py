"""Where what was made goes: a folder, a folder of a store, or one file of results.

Each has files or lines, and a manifest. What is to stay is written first, the manifest about it
after: whatever ends a run, its manifest names nothing that is not there.
"""

from __future__ import annotations

import re
import secrets
from abc import ABC, abstractmethod
from contextlib import suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.batch.manifest import Kept, ManifestFile
from candidate_cards.batch.placing import clear_unfinished, discard, make_unfinished, place, settle
from candidate_cards.batch.storage import asking, open_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fsspec import AbstractFileSystem

    from candidate_cards.batch.manifest import Known
    from candidate_cards.batch.plan import Plan
    from candidate_cards.batch.work import Made, Results

MANIFEST: Final = "manifest.jsonl"
_PART: Final = re.compile(r"([0-9]{8,})(?:-[0-9a-f]{16})?\.jsonl")


class Outputs(ABC):
    """A destination in use: :meth:`open`, any number of :meth:`commit`, :meth:`close`.

    Attributes:
        address: As it was given.
        inline: Whether documents go into lines of results.
    """

    inline = False

    def __init__(self, address: str) -> None:
        self.address = address

    @property
    def folder(self) -> str | None:
        """Where a worker that shares this machine's disk writes files itself."""
        return None

    @abstractmethod
    def open(self, plan: Plan) -> None:
        """Make ready, and keep other runs away if that is possible.

        Args:
            plan: What is made of each record.

        Raises:
            InputError: Another run is using it, or what is there is somebody else's.
            OSError: The system refused.
        """

    @abstractmethod
    def look(self, plan: Plan) -> None:
        """Make ready only to be asked what is there; nothing is made or locked.

        Args:
            plan: What would be made of each record.

        Raises:
            InputError: What is there is somebody else's.
            OSError: The system refused.
        """

    @abstractmethod
    def manifest_lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest."""

    @abstractmethod
    def holds(self, record: bytes, known: Known, *, hashed: bool) -> bool:
        """Tell whether the outputs of a candidate are there, of their sizes, and of their hashes.

        Args:
            record: The hash of its record.
            known: What the manifest says.
            hashed: Whether to read them for their hashes.
        """

    @abstractmethod
    def write(
        self,
        sequence: Sequence[Made | Kept],
        left_out: Sequence[Made],
        pieces: Sequence[Results],
    ) -> None:
        """Put the documents of candidates into their places, and remove what is of others.

        Args:
            sequence: Of whom there are to be documents, in the order of the input.
            left_out: Of whom not.
            pieces: All that was made, as workers returned it.

        Raises:
            OSError: The system refused.
        """

    @abstractmethod
    def append(self, lines: bytes) -> None:
        """Add lines to the manifest, for good."""

    def finish(self) -> None:  # noqa: B027  the same
        """Complete what has its name only at the end: the input was read to its end."""

    @abstractmethod
    def close(self) -> None:
        """Let others use it."""


class Folder(Outputs):
    """A folder of this machine."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._root = Path(address)
        self._manifest = ManifestFile(self._root / MANIFEST)
        self._is_open = False

    @property
    def folder(self) -> str | None:
        """Where a worker that shares this disk writes files itself."""
        return str(self._root.absolute())

    def open(self, plan: Plan) -> None:
        """Lock the manifest, and make ready."""
        del plan
        self._manifest.open()
        self._is_open = True
        make_unfinished(self._root)

    def look(self, plan: Plan) -> None:
        """Open the manifest for reading."""
        del plan
        self._manifest.look()

    def manifest_lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest."""
        return self._manifest.lines()

    def holds(self, record: bytes, known: Known, *, hashed: bool) -> bool:
        """Tell whether the outputs of a candidate are there."""
        del record
        return all(self._holds(output, hashed) for output in known.outputs)

    def _holds(self, output: Mapping[str, Any], hashed: bool) -> bool:  # noqa: FBT001  as above
        path = self._root / output["path"]
        try:
            if path.stat().st_size != output["size"]:
                return False
            if hashed:
                with path.open("rb") as file:
                    return bool(file_digest(file, "sha256").hexdigest() == output["sha256"])
        except OSError:
            return False
        return True

    def write(
        self,
        sequence: Sequence[Made | Kept],
        left_out: Sequence[Made],
        pieces: Sequence[Results],
    ) -> None:
        """Put the documents of candidates into their places."""
        del pieces
        for each in sequence:
            for file in () if isinstance(each, Kept) else each.files:
                placed = file.placed or place(self._root, file.path, file.data)
                if placed.held:
                    settle(self._root, file.path, placed)
        for each in left_out:
            for file in each.files:
                if file.placed is not None:
                    discard(self._root, file.placed)

    def append(self, lines: bytes) -> None:
        """Add lines to the manifest, for good."""
        self._manifest.append(lines)

    def close(self) -> None:
        """Let others use it."""
        if self._is_open:  # else what is unfinished may be another run's
            # A worker may still be at it; then the next run clears the rest.
            with suppress(OSError):
                clear_unfinished(self._root)
        self._manifest.close()


class StoreFolder(Outputs):
    """A folder of a store. It cannot append, so its manifest is a folder of numbered parts.

    Nor can it be locked: stores have no lock that goes with the process that has it. A part has
    the name of its run in its own, so none is ever written over, and of two runs at once nothing
    that one says is lost. Those of different options should have different folders all the same:
    whichever writes a candidate's files last has them.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._system: AbstractFileSystem
        self._system, self._root = open_url(address.rstrip("/"))
        self._root = self._root.rstrip("/")
        self._part = 0
        self._run = secrets.token_hex(8)
        self._sizes: dict[str, dict[str, int]] = {}

    def open(self, plan: Plan) -> None:
        """Make ready."""
        del plan
        self._make_folder(f"{self._root}/manifest")

    def look(self, plan: Plan) -> None:
        """Nothing is held."""

    def _make_folder(self, path: str) -> None:
        """Make a folder where there are any. A store of objects has none, and makes a bucket."""
        if not self._system.async_impl:
            asking(self._system.makedirs, path, exist_ok=True)

    def manifest_lines(self) -> Iterator[bytes]:
        """Yield the lines of the manifest."""
        self._system.invalidate_cache()
        try:
            names = asking(self._system.ls, f"{self._root}/manifest", detail=False)
        except FileNotFoundError:
            return
        for name in sorted(names):
            if part := _PART.fullmatch(name.rpartition("/")[2]):
                self._part = max(self._part, int(part[1]) + 1)
                lines = bytes(asking(self._system.cat_file, name)).splitlines(keepends=True)
                # One that is cut was being written when its run was ended: a disk has halves.
                yield from (line for line in lines if line.endswith(b"\n"))

    def holds(self, record: bytes, known: Known, *, hashed: bool) -> bool:
        """Tell whether the outputs of a candidate are there."""
        del record
        return all(self._holds(output, hashed) for output in known.outputs)

    def _holds(self, output: Mapping[str, Any], hashed: bool) -> bool:  # noqa: FBT001  as above
        path = str(output["path"])
        if self._sizes_in(path.rpartition("/")[0]).get(path) != output["size"]:
            return False
        if not hashed:
            return True
        data = asking(self._system.cat_file, f"{self._root}/{path}")
        return bool(sha256(data).hexdigest() == output["sha256"])

    def _sizes_in(self, folder: str) -> dict[str, int]:
        """Return the sizes of a folder's files; a request each would take a hundred times longer.

        Two hundred folders are listed at most, and of each only names and sizes are kept.
        """
        if folder not in self._sizes:
            try:
                found = asking(self._system.ls, f"{self._root}/{folder}", detail=True)
            except FileNotFoundError:
                found = []
            self._sizes[folder] = {
                f"{folder}/{info['name'].rpartition('/')[2]}": info["size"] for info in found
            }
        return self._sizes[folder]

    def write(
        self,
        sequence: Sequence[Made | Kept],
        left_out: Sequence[Made],
        pieces: Sequence[Results],
    ) -> None:
        """Put the documents of candidates into their places."""
        del left_out, pieces  # nothing of them was written
        files: dict[str, bytes] = {
            f"{self._root}/{file.path}": file.data
            for each in sequence
            if not isinstance(each, Kept)
            for file in each.files
        }
        if not files:
            return
        for folder in {path.rpartition("/")[0] for path in files}:
            self._make_folder(folder)
        # Stores that can do so write several at a time.
        asking(self._system.pipe, files)

    def append(self, lines: bytes) -> None:
        """Add lines to the manifest, for good."""
        name = f"{self._root}/manifest/{self._part:08}-{self._run}.jsonl"
        asking(self._system.pipe_file, name, lines)
        self._part += 1

    def close(self) -> None:
        """Nothing is held."""
