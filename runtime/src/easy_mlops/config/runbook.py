"""The runbook: whom an alert concerns, what there is to do, and when it is expected."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from easy_mlops.config.base import Section
from easy_mlops.config.suppression import SuppressionWindow

Words = Annotated[str, Field(min_length=1, max_length=200)]
"""A line for people."""


class RunbookSection(Section):
    """Who looks after the model, and how. It is told with alerts, in reports and in the handoff page."""

    url: str = Field(
        default="",
        max_length=200,
        description="Page to read when a rule fires that names none; an anchor such as #mae in a rule's runbook is "
        "one of this page.",
    )
    owner: str = Field(default="", max_length=100, description="Who answers for the model; told with each alert.")
    contacts: list[Words] = Field(default_factory=list, max_length=16, description="On call, and how to reach them.")
    escalation: str = Field(default="", max_length=200, description="Whom to call when nobody answers.")
    remediation: list[Words] = Field(
        default_factory=list, max_length=16, description="What to do, step by step; shown in reports."
    )
    suppression_windows: list[SuppressionWindow] = Field(
        default_factory=list,
        max_length=32,
        description="Times in which an alert is expected: it is shown as suppressed and calls nobody until the window "
        "closes; that it has ended is always told.",
    )

    def link(self, own: str) -> str:
        """What to read for a rule whose own runbook is `own`."""
        return f"{self.url}{own}" if not own or own.startswith("#") else own
