"""Errors of deployment directories."""

from __future__ import annotations

from easy_mlops.contract import LoadReason


class IntegrityError(RuntimeError):
    """A deployment directory that must not be loaded.

    Parameters
    ----------
    reason : {"DigestMismatch", "VersionMismatch", "LoadFailed"}
        The kind of failure.
    message : str
        The error message.

    Examples
    --------
    >>> from easy_mlops.deployment import IntegrityError, load_directory
    >>> try:
    ...     load_directory("no-such-directory")
    ... except IntegrityError as error:
    ...     print(error.reason)
    LoadFailed
    """

    def __init__(self, reason: LoadReason, message: str) -> None:
        self.reason: LoadReason = reason
        super().__init__(message)
