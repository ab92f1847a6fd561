"""From an address to the destination that it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards.batch import results
from candidate_cards.batch.outputs import Folder, StoreFolder
from candidate_cards.batch.storage import is_url
from candidate_cards.errors import ExportError, MissingDependencyError

if TYPE_CHECKING:
    from candidate_cards.batch.outputs import Outputs

_PARQUET: Final = ".parquet"


def open_destination(address: str) -> Outputs:
    """Return the destination of an address: a folder, or a file of results by its extension.

    Args:
        address: A path, or the URL of a folder.

    Raises:
        ExportError: It is the URL of a file: a store can put nothing at the end of one.
        MissingDependencyError: What the URL or the kind of file needs is not there.
    """
    if not address.lower().endswith((*results.EXTENSIONS, _PARQUET)):
        return StoreFolder(address) if is_url(address) else Folder(address)
    if is_url(address):
        message = "a file of results is written on this machine; name a path, and copy it"
        raise ExportError(message)
    if not address.lower().endswith(_PARQUET):
        return results.Results(address)
    try:
        from candidate_cards.batch.parquet import ParquetResults  # noqa: PLC0415  may be missing
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        message = "Parquet needs pyarrow: pip install 'candidate-cards[parquet]'"
        raise MissingDependencyError(message) from None
    return ParquetResults(address)
