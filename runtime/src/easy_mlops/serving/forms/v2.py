"""Open Inference Protocol (V2), JSON form.

Inputs are either one tensor per column, named like the column, or a single two-dimensional tensor with the columns in
the model's order. Outputs are named as in MLServer's scikit-learn runtime: `predict`, and `predict_proba` when
the request asks for it. Specification: https://github.com/kserve/open-inference-protocol
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from easy_mlops.config.errors import did_you_mean
from easy_mlops.inference.answer import Answer, ModelInfo
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.rows import RowReader, Rows
from easy_mlops.inference.schema import ModelColumn, Schema
from easy_mlops.serving.forms.form import keeps_errors
from easy_mlops.serving.forms.rows import ON_ERROR

_FLOATS: Final = frozenset({"FP16", "FP32", "FP64", "BF16"})
_INTEGERS: Final = frozenset(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    **dict.fromkeys(_FLOATS, frozenset({int, float, type(None)})),
    **dict.fromkeys(_INTEGERS, frozenset({int, type(None)})),
    "BOOL": frozenset({bool, type(None)}),
    "BYTES": frozenset({str, type(None)}),
}
PREDICT: Final = "predict"
PROBABILITIES: Final = "predict_proba"


class V2Form:
    """One request in the V2 format."""

    def __init__(self, model: ModelInfo) -> None:
        self.keep_errors = False
        self._id: str | None = None
        self._outputs: list[str] = [PREDICT]
        self._known = [PREDICT, PROBABILITIES] if model.probabilistic else [PREDICT]

    def read(self, document: Any, reader: RowReader, *, exact: bool) -> Rows:
        """The rows of a body. Raises `RequestError` and `DoubtfulNumberError`."""
        if not isinstance(document, dict):
            raise RequestError(Fault.MALFORMED, "the body must be an object with inputs")
        self._id = _optional_text(document, "id")
        parameters = _mapping(document.get("parameters"), "parameters")
        if ON_ERROR in parameters:
            self.keep_errors = keeps_errors(parameters[ON_ERROR])
        self._outputs = self._wanted(document.get("outputs"))
        inputs = document.get("inputs")
        if not isinstance(inputs, list) or not inputs:
            raise RequestError(Fault.MALFORMED, "inputs must be a list of tensors", field="inputs")
        tensors = [_Tensor(raw, position) for position, raw in enumerate(inputs)]
        if len(tensors) == 1 and tensors[0].is_matrix(reader.schema):
            return _matrix(tensors[0], reader, exact, self.keep_errors)
        return _columns(tensors, reader, exact, self.keep_errors)

    def write(self, answer: Answer) -> bytes:
        """The JSON of an answer."""
        body: dict[str, Any] = {
            "model_name": answer.model.name,
            "model_version": answer.model.version,
            "id": self._id if self._id is not None else answer.id,
            "outputs": [self._output(name, answer) for name in self._outputs],
        }
        if self.keep_errors:
            body["parameters"] = {"errors": answer.listed_errors()}
        return orjson.dumps(body)

    def _wanted(self, raw: Any) -> list[str]:
        if raw is None or raw == []:
            return [PREDICT]
        if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
            raise RequestError(Fault.MALFORMED, "outputs must be a list of objects with a name", field="outputs")
        names = [item.get("name") for item in raw]
        for name in names:
            if name not in self._known:
                text = str(name)[:100]
                raise RequestError(
                    Fault.MALFORMED, f"unknown output {text!r}; {did_you_mean(text, self._known)}", field="outputs"
                )
        return names

    def _output(self, name: str, answer: Answer) -> dict[str, Any]:
        rows = len(answer.predictions)
        if name == PREDICT:
            width = next((len(p) for p in answer.predictions if isinstance(p, list)), 1)
            data = answer.predictions if width == 1 else _flat(answer.predictions, width)
            datatype = answer.model.datatype
        else:
            width = len(answer.model.classes or ())
            data = _flat(answer.probabilities or [], width)
            datatype = "FP64"
        shape = [rows, width]
        return {"name": name, "shape": shape, "datatype": datatype, "parameters": {"content_type": "np"}, "data": data}


class _Tensor:
    """A checked tensor of a request; `data` is flat."""

    def __init__(self, raw: Any, position: int) -> None:
        where = f"inputs[{position}]"
        if not isinstance(raw, dict):
            raise RequestError(
                Fault.MALFORMED, f"{where} must be a tensor: name, shape, datatype and data", field=where
            )
        name, shape, datatype, data = (raw.get(key) for key in ("name", "shape", "datatype", "data"))
        if not isinstance(name, str):
            raise RequestError(Fault.MALFORMED, f"{where} has no name", field=where)
        if not isinstance(shape, list) or not 1 <= len(shape) <= 2 or not all(map(_is_size, shape)):
            raise RequestError(Fault.MALFORMED, f"{where}: the shape must be one or two sizes", field=name[:200])
        if not isinstance(datatype, str) or datatype not in _TYPES:
            raise RequestError(
                Fault.MALFORMED, f"{where}: {did_you_mean(str(datatype)[:40], _TYPES)}", field=name[:200]
            )
        if "binary_data_size" in _mapping(raw.get("parameters"), where):
            raise RequestError(
                Fault.MALFORMED, f"{where}: binary tensors are not taken, send the data as JSON", field=name[:200]
            )
        if not isinstance(data, list):
            raise RequestError(Fault.MALFORMED, f"{where}: data must be a list", field=name[:200])
        if any(type(item) is list for item in data):
            data = _unnested(data, shape, where, name)
        if len(data) != math.prod(shape):
            message = f"{where}: the shape {shape} has {math.prod(shape)} values, data has {len(data)}"
            raise RequestError(Fault.MALFORMED, message, field=name[:200])
        takes = _TYPES[datatype]
        if not set(map(type, data)) <= takes:
            row = next(i for i, item in enumerate(data) if type(item) not in takes) // (
                shape[1] if len(shape) == 2 else 1
            )
            raise RequestError(Fault.MALFORMED, f"{where}: a value is no {datatype}", field=name[:200], row=row)
        self.name: str = name
        self.shape: list[int] = shape
        self.data: list[Any] = data

    @property
    def rows(self) -> int:
        return self.shape[0]

    def is_matrix(self, schema: Schema) -> bool:
        """Whether this is a matrix of all columns rather than a single column."""
        return len(self.shape) == 2 and (self.shape[1] != 1 or self.name not in schema.names)


def _matrix(tensor: _Tensor, reader: RowReader, exact: bool, keep_errors: bool) -> Rows:
    width = tensor.shape[1]
    columns = reader.schema.columns
    if width != len(columns):
        message = f"the tensor has {width} columns, the model takes {len(columns)}: {', '.join(reader.schema.names)}"
        raise RequestError(Fault.UNSUITABLE, message[:1000], field=tensor.name[:200])
    data = [tensor.data[start : start + width] for start in range(0, len(tensor.data), width)]
    booleans = [place for place, column in enumerate(columns) if column.type == "boolean"]
    for place in booleans:  # a tensor has one type for all columns, so booleans arrive as 0 and 1
        for row in data:
            row[place] = {0: False, 1: True}.get(row[place], row[place])
    return reader.table(list(reader.schema.names), data, exact=exact, keep_errors=keep_errors)


def _columns(tensors: Sequence[_Tensor], reader: RowReader, exact: bool, keep_errors: bool) -> Rows:
    names = [tensor.name for tensor in tensors]
    reader.order(names)
    rows = tensors[0].rows
    for tensor in tensors:
        if len(tensor.shape) == 2 and tensor.shape[1] != 1:
            message = f"column {tensor.name!r} must have the shape [rows] or [rows, 1], got {tensor.shape}"
            raise RequestError(Fault.MALFORMED, message, field=tensor.name)
        if tensor.rows != rows:
            message = f"column {tensor.name!r} has {tensor.rows} rows, {tensors[0].name!r} has {rows}"
            raise RequestError(Fault.MALFORMED, message, field=tensor.name)
    data = [list(row) for row in zip(*(tensor.data for tensor in tensors), strict=True)]
    return reader.table(names, data, exact=exact, keep_errors=keep_errors)


def server_metadata(version: str) -> bytes:
    """The answer of `GET /v2`."""
    return orjson.dumps({"name": "make-mlops-easy", "version": version, "extensions": []})


def model_metadata(model: ModelInfo, schema: Schema) -> bytes:
    """The answer of `GET /v2/models/{name}`."""
    outputs = [{"name": PREDICT, "datatype": model.datatype, "shape": [-1, 1]}]
    if model.probabilistic:
        outputs.append({"name": PROBABILITIES, "datatype": "FP64", "shape": [-1, len(model.classes or ())]})
    body = {
        "name": model.name,
        "versions": [model.version],
        "platform": "sklearn",
        "inputs": [{"name": c.name, "datatype": _datatype(c), "shape": [-1, 1]} for c in schema.columns],
        "outputs": outputs,
        "parameters": {"tier": model.tier, "digest": model.digest},
    }
    return orjson.dumps(body)


def _datatype(column: ModelColumn) -> str:
    if column.type == "integer" and not column.nullable:
        return "INT64"
    return {"boolean": "BOOL", "text": "BYTES"}.get(column.type, "FP64")


def _unnested(data: list[Any], shape: Sequence[int], where: str, name: str) -> list[Any]:
    """Nested rows as one flat list."""
    width = shape[1] if len(shape) == 2 else 0
    if any(type(row) is not list or len(row) != width for row in data):
        raise RequestError(Fault.MALFORMED, f"{where}: nested data must have the shape {list(shape)}", field=name[:200])
    return [item for row in data for item in row]


def _flat(rows: Sequence[Any], width: int) -> list[Any]:
    return [value for row in rows for value in (row if row is not None else [None] * width)]


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**31


def _optional_text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise RequestError(Fault.MALFORMED, f"{key} must be a text", field=key)
    return value


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestError(Fault.MALFORMED, f"{where}: parameters must be an object", field=where)
    return value
