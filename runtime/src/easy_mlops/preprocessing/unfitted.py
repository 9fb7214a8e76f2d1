"""The error of a preprocessor that has not been fitted; apart from the others, which are used without scikit-learn."""

from __future__ import annotations

from sklearn.exceptions import NotFittedError


class UnfittedError(NotFittedError, RuntimeError):  # type: ignore[misc]
    """The preprocessor has not been fitted yet."""
