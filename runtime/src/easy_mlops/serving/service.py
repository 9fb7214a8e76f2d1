"""A loaded model with everything needed to serve it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import count

from easy_mlops.inference.answer import ModelInfo
from easy_mlops.inference.batching import Batcher
from easy_mlops.inference.engine import Engine
from easy_mlops.inference.rows import RowReader
from easy_mlops.inference.schema import Schema
from easy_mlops.monitoring.bins import ColumnReference
from easy_mlops.monitoring.drift_counter import DriftCounter
from easy_mlops.monitoring.request_counter import RequestCounter
from easy_mlops.monitoring.summary import Summary
from easy_mlops.monitoring.summary_limit import limit_columns
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.metrics import Metrics
from easy_mlops.serving.prediction_log import PredictionLog


class Service:
    """One served model. Used on the event loop only."""

    def __init__(
        self,
        model: ModelInfo,
        schema: Schema,
        engine: Engine,
        log: PredictionLog,
        metrics: Metrics,
        limits: Limits,
        references: Sequence[ColumnReference] = (),
    ) -> None:
        self.model = model
        self.schema = schema
        self.reader = RowReader(schema)
        self.log = log
        self.metrics = metrics
        self.limits = limits
        self.live = RequestCounter(schema.names)
        self.drift = DriftCounter(schema.names, references)
        self.batcher = Batcher(engine, batch_rows=limits.batch, queue_limit=limits.queue, on_batch=metrics.batches.add)
        self._boot = secrets.token_hex(8)
        self._count = count(1)

    def next_id(self) -> str:
        """An id for the predictions of one request, unique across processes."""
        return f"{self._boot}-{next(self._count):x}"

    def summary(self) -> Summary:
        """The summary that the operator collects."""
        windows = self.live.windows()
        for name, counts in self.drift.windows().items():
            windows[name].drift = counts
        return limit_columns(
            Summary(
                digest=self.model.digest,
                model_version=self.model.version,
                windows=windows,
                logged=self.log.logged,
                dropped=self.log.dropped,
                reference=self.drift.reference,
                failing=self.live.failing,
            )
        )
