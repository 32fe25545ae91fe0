"""What can be wrong with a store."""

from __future__ import annotations

from ktpel_capture import KtpelError


class StoreError(KtpelError):
    """The store cannot be used."""

    code = "store.unusable"


class StoreBusy(StoreError):
    """Another program has the store open."""

    code = "store.busy"


class StoreDamaged(StoreError):
    """What is read is not what was written: tampered with, or a failing disk."""

    code = "store.damaged"

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="Keep the folder as it is and restore the last backup into a new one.")
