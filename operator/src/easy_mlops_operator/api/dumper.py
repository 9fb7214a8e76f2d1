"""YAML without anchors: kubectl and people read repeated values more easily than references to them."""

from __future__ import annotations

from typing import Any

import yaml


class AnchorFreeDumper(yaml.SafeDumper):
    """Writes a value that occurs twice in full both times."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
