"""What is wrong with a deployment directory."""

from __future__ import annotations

from easy_mlops.contract import LoadReason


class IntegrityError(RuntimeError):
    """A deployment directory that must not be loaded. `reason` says of which kind the trouble is."""

    def __init__(self, reason: LoadReason, message: str) -> None:
        self.reason: LoadReason = reason
        super().__init__(message)
