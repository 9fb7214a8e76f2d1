"""The runbook: who handles an alert, what to do, and when alerts are expected."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from easy_mlops.config.base import Section
from easy_mlops.config.suppression import SuppressionWindow

Line = Annotated[str, Field(min_length=1, max_length=200)]
"""One line of text."""


class RunbookSection(Section):
    """Who maintains the model, and how. Shown with alerts, in reports and in the handoff page."""

    url: str = Field(
        default="",
        max_length=200,
        description="URL of the runbook, for rules that name none; an anchor such as #mae in a rule's runbook "
        "refers to this page.",
    )
    owner: str = Field(default="", max_length=100, description="Owner of the model; shown with each alert.")
    contacts: list[Line] = Field(
        default_factory=list, max_length=16, description="Who is on call, and how to reach them."
    )
    escalation: str = Field(default="", max_length=200, description="Whom to contact when nobody responds.")
    remediation: list[Line] = Field(
        default_factory=list, max_length=16, description="What to do, step by step; shown in reports."
    )
    suppression_windows: list[SuppressionWindow] = Field(
        default_factory=list,
        max_length=32,
        description="Times in which alerts are expected: an alert is shown as suppressed and notifies nobody until the "
        "window closes. That an alert has ended is always reported.",
    )

    def link(self, own: str) -> str:
        """The URL to read for a rule whose own runbook is `own`."""
        return f"{self.url}{own}" if not own or own.startswith("#") else own
