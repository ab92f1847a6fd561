"""From an address to the destination that it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candidate_cards.batch import results
from candidate_cards.batch.outputs import Folder, StoreFolder
from candidate_cards.batch.storage import is_url
from candidate_cards.errors import ExportError

if TYPE_CHECKING:
    from candidate_cards.batch.outputs import Outputs


def open_destination(address: str) -> Outputs:
    """Return the destination of an address: a folder, or a file of results by its extension.

    Args:
        address: A path, or the URL of a folder.

    Raises:
        ExportError: It is the URL of a file: a store can put nothing at the end of one.
        MissingDependencyError: What the URL needs is not there.
    """
    if address.lower().endswith(results.EXTENSIONS):
        if is_url(address):
            message = "a file of results is written on this machine; name a path, and copy it"
            raise ExportError(message)
        return results.Results(address)
    return StoreFolder(address) if is_url(address) else Folder(address)
