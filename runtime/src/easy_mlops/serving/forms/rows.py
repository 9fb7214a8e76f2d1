"""The body of `POST /predict`, and its answer.

In: a row object, a list of row objects, or `{"columns": […], "data": [[…], …]}`. Out: `predictions`, and
`probabilities` and `classes` of a classifier that has them, in the order of the rows.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from easy_mlops.config.errors import did_you_mean
from easy_mlops.inference.answer import Answer
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.rows import RowReader, Rows
from easy_mlops.serving.forms.form import keeps_errors

ON_ERROR: Final = "onError"
_TABLE_KEYS: Final = frozenset({"columns", "data", ON_ERROR})


class RowsForm:
    """One request in the native format. `query` is the part of the path after `?`."""

    def __init__(self, query: bytes = b"") -> None:
        self.keep_errors = False
        if query:
            for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
                if key != ON_ERROR:
                    raise RequestError(
                        Fault.MALFORMED, f"unknown parameter {key[:100]!r}; {did_you_mean(key[:100], [ON_ERROR])}"
                    )
                self.keep_errors = keeps_errors(value)

    def read(self, document: Any, reader: RowReader, *, exact: bool) -> Rows:
        """The rows of a body. Raises `RequestError` and `DoubtfulNumberError`."""
        if isinstance(document, list):
            return reader.records(document, exact=exact, keep_errors=self.keep_errors)
        if not isinstance(document, dict):
            raise RequestError(
                Fault.MALFORMED, "the body must be a row object, a list of row objects, or {columns, data}"
            )
        if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
            for key in document:
                if key not in _TABLE_KEYS:
                    raise RequestError(
                        Fault.MALFORMED,
                        f"unknown key {key[:200]!r}; {did_you_mean(key[:200], _TABLE_KEYS)}",
                        field=key,
                    )
            if ON_ERROR in document:
                self.keep_errors = keeps_errors(document[ON_ERROR])
            return reader.table(document["columns"], document["data"], exact=exact, keep_errors=self.keep_errors)
        return reader.records([document], exact=exact, keep_errors=self.keep_errors)

    def write(self, answer: Answer) -> bytes:
        """The JSON of an answer."""
        body: dict[str, Any] = {"predictions": answer.predictions}
        if answer.probabilities is not None:
            body["probabilities"] = answer.probabilities
            body["classes"] = answer.model.classes
        if self.keep_errors:
            body["errors"] = answer.listed_errors()
        body["id"] = answer.id
        body["model_name"] = answer.model.name
        body["model_version"] = answer.model.version
        return orjson.dumps(body)
