"""What a check reports."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A place and what to do about it; printed as compilers print an error, so that editors can jump there."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"
