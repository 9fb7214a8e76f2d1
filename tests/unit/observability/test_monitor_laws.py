"""No sequence of calls loses or doubles an entry."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from easy_mlops.observability import ModelMonitor
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

EXPORT_LIMIT = 4
CONFIG = {"steps": [{"type": "predictions_logger", "params": {"export_limit": EXPORT_LIMIT}}]}
monitors, directories = st.integers(0, 1), st.sampled_from(["a", "b"])


class Logs(RuleBasedStateMachine):
    """Two monitors and two directories; the model knows which entries each must hold."""

    @initialize()
    def start(self) -> None:
        self.root = TemporaryDirectory()
        self.monitors = [ModelMonitor(CONFIG), ModelMonitor(CONFIG)]
        self.logged: list[set[int]] = [set(), set()]
        self.shown: list[set[int]] = [set(), set()]
        self.saved_by: dict[tuple[int, str], set[int]] = {}
        self.stored: dict[str, set[int]] = {"a": set(), "b": set()}
        self.next = 0

    def teardown(self) -> None:
        self.root.cleanup()

    def path(self, directory: str) -> Path:
        return Path(self.root.name) / directory

    @rule(who=monitors)
    def log(self, who: int) -> None:
        self.monitors[who].log_prediction({}, self.next)
        self.logged[who].add(self.next)
        self.shown[who].add(self.next)
        self.next += 1

    @rule(who=monitors, directory=directories)
    def save(self, who: int, directory: str) -> None:
        self.monitors[who].save_logs(self.path(directory))
        self.stored[directory] |= self.shown[who]
        self.saved_by[who, directory] = set(self.logged[who])
        export = [
            entry["prediction"] for entry in json.loads((self.path(directory) / "predictions_log.json").read_text())
        ]
        assert len(export) == min(EXPORT_LIMIT, len(self.stored[directory]))
        assert set(export) <= self.stored[directory]

    @rule(who=monitors, directory=directories)
    def load(self, who: int, directory: str) -> None:
        self.monitors[who].load_logs(self.path(directory))
        self.shown[who] = self.stored[directory] | (self.logged[who] - self.saved_by.get((who, directory), set()))

    @rule(who=monitors)
    def replace(self, who: int) -> None:
        """The process ends; what it had not saved goes with it."""
        self.monitors[who] = ModelMonitor(CONFIG)
        self.logged[who], self.shown[who] = set(), set()
        self.saved_by = {key: value for key, value in self.saved_by.items() if key[0] != who}

    @invariant()
    def monitors_show_their_entries_once(self) -> None:
        for monitor, shown in zip(self.monitors, self.shown, strict=True):
            found = [entry["prediction"] for entry in monitor.predictions_log]
            assert Counter(found) == Counter(shown)
            assert monitor.get_predictions_summary().get("total_predictions", 0) == len(shown)

    @invariant()
    def directories_hold_their_entries_once(self) -> None:
        for directory, stored in self.stored.items():
            monitor = ModelMonitor(CONFIG)
            monitor.load_logs(self.path(directory))
            assert Counter(entry["prediction"] for entry in monitor.predictions_log) == Counter(stored)


TestLogs = Logs.TestCase
TestLogs.settings = settings(max_examples=100, stateful_step_count=15)
