"""What all sections of the Kubernetes part of a spec have in common: camelCase keys, names of objects."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from easy_mlops.config.base import Section
from easy_mlops.config.patterns import OBJECT_NAME

DnsName = Annotated[str, Field(pattern=OBJECT_NAME, max_length=253)]


class KubernetesSection(Section):
    """A section of the Kubernetes part; its keys are camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, serialize_by_alias=True)
