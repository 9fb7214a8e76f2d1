"""The load of the rollout test sees every failure: a proof that cannot fail would be none."""

from __future__ import annotations

import signal

from churn import ROW, Trained
from load import Load
from scoring_service import ServerProcess


def test_answers_are_counted_by_version_and_an_outage_is_seen(models: dict[str, Trained]) -> None:
    with ServerProcess(models["binary"].directory, {"EASY_MLOPS_DRAIN_SECONDS": "2"}) as process:
        url = f"http://127.0.0.1:{process.port()}/predict"
        process.event("ready")
        with Load(url, ROW, clients=2, rate=200) as load:
            load.wait(lambda: load.answered >= 50, 20)
            assert load.failures == []
            with load.phase("outage") as outage:
                process.signal(signal.SIGTERM)
                load.wait(lambda: any("refused" in failure.lower() for failure in outage.failures), 20)
    before, during = load.phases
    assert before.versions.total() == before.answered
    assert during.answered > 0, "it drains before it goes"
    assert load.failures[0].startswith("outage: ")
