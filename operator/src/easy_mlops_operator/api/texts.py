"""Strings of bounded length for the status, so that text from a pod cannot make the API server refuse a status."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

ELLIPSIS: Final = "…"


def clip(text: str, limit: int) -> str:
    """`text` truncated to `limit` characters, with an ellipsis at the end if it is longer."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def _clipped(limit: int) -> BeforeValidator:
    def validate(value: Any) -> Any:
        return clip(value, limit) if isinstance(value, str) else value

    return BeforeValidator(validate)


Word = Annotated[str, _clipped(64), Field(max_length=64)]
"""A name, a reason, a version or a digest."""
Line = Annotated[str, _clipped(256), Field(max_length=256)]
Place = Annotated[str, _clipped(512), Field(max_length=512)]
"""A path, an image or a selector."""
Paragraph = Annotated[str, _clipped(1024), Field(max_length=1024)]
Page = Annotated[str, _clipped(2048), Field(max_length=2048)]
