"""A model that takes its time, in a module that another process can import to unpickle it."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd


class SleepyModel:
    """Needs half a second for any batch; predicts the column `a`."""

    def predict(self, frame: pd.DataFrame) -> Any:
        time.sleep(0.5)
        return frame["a"].to_numpy()
