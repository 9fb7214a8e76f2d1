"""A model that was trained elsewhere becomes a deployment that answers just as it did, or is refused with a reason."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from easy_mlops.config.full import Config
from easy_mlops.deployment import load_directory
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.verified import verify_directory
from easy_mlops.inference.loading import load
from easy_mlops.pipeline import MLOpsPipeline
from easy_mlops.pipeline.importing.publish import Published, publish
from easy_mlops.pipeline.tracker import StepTracker
from easy_mlops.preprocessing import DataError
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROWS = 120


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    size = rng.normal(0, 1, ROWS).round(3)
    kind = rng.choice(["a", "b", "c"], ROWS)
    return pd.DataFrame({"size": size, "kind": kind, "rooms": rng.integers(1, 9, ROWS), "y": size > 0})


def mixed(table: pd.DataFrame) -> Any:
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["kind"]), (StandardScaler(), ["size"]))
    return make_pipeline(columns, LogisticRegression()).fit(table[["size", "kind"]], np.where(table["y"], "big", "no"))


def published(model: Any, sample: pd.DataFrame, config: dict[str, Any] | None = None, **options: Any) -> Published:
    joblib.dump(model, "model.joblib")
    sample.to_parquet("sample.parquet")
    return publish(Config.parse(config or {}), "model.joblib", "sample.parquet", StepTracker(), **options)


def test_a_pipeline_that_takes_a_table_is_served_as_it_is(table: pd.DataFrame) -> None:
    model = mixed(table)
    done = published(model, table, output_dir="houses")
    assert Path(done.directory).parent == Path("houses").absolute()
    assert verify_directory(done.directory) == done.digest
    assert [(column["name"], column["type"]) for column in done.columns] == [("size", "number"), ("kind", "text")]
    served = load(done.directory, digest=done.digest, name="model")
    outputs = served.engine.predict([(1.5, "a"), (-1.5, None)])
    assert outputs.predictions == ["big", "no"]
    assert [reference.name for reference in served.references] == ["size", "kind"]


def test_it_predicts_from_a_file_with_more_columns_and_its_config_judges_it(table: pd.DataFrame) -> None:
    model = mixed(table)
    rules = {"observability": {"rules": {"row_count": {"op": "<", "value": 1000}}}, "deployment": {"version": "7.0"}}
    done = published(model, table, rules)
    table.to_csv("rows.csv", index=False)
    pipeline = MLOpsPipeline()
    assert pipeline.predict("rows.csv", done.directory) == model.predict(table[["size", "kind"]]).tolist()
    status = pipeline.get_status(done.directory)
    assert (status["model_type"], status["metadata"]["version"]) == ("LogisticRegression", "7.0")
    assert [item["state"] for item in status["monitoring"]["evaluations"]] == ["Firing"]
    assert "| kind | text | no | a, b, c |" in pipeline.handoff(done.directory)


def test_a_model_of_a_matrix_takes_the_samples_columns_in_their_order_and_missing_values_as_they_are(
    table: pd.DataFrame,
) -> None:
    numbers = table[["rooms", "size"]]
    model = HistGradientBoostingRegressor(max_iter=20).fit(numbers.to_numpy(), table["size"])
    done = published(model, numbers)
    engine = load(done.directory, digest=None, name="model").engine
    assert engine.predict([(3.0, None)]).predictions == model.predict(np.array([[3.0, np.nan]])).tolist()
    with pytest.raises(DataError, match="a matrix of 2 columns, the sample has 3"):
        published(model, table[["rooms", "size", "kind"]])
    with pytest.raises(DataError, match=r"the model cannot score the rows of sample\.parquet: ValueError"):
        published(model, table[["rooms", "kind"]])


def test_a_row_that_the_model_refuses_keeps_its_place_and_has_a_reason(table: pd.DataFrame) -> None:
    done = published(mixed(table), table)
    Path("rows.csv").write_text("size,kind\n1.5,a\n,a\n-1.5,b\n")
    scored = MLOpsPipeline().score("rows.csv", done.directory)
    assert scored.predictions == ["big", None, "no"]
    assert re.search("NaN", scored.errors[1])
    Path("rows.csv").write_text("sizes,kind\n1.5,a\n")
    with pytest.raises(DataError, match="column 'size' is missing; did you mean 'sizes'"):
        MLOpsPipeline().score("rows.csv", done.directory)


def test_nothing_is_unpickled_that_has_another_digest(table: pd.DataFrame) -> None:
    Path("trap.joblib").write_bytes(pickle.dumps(Trap()))
    table.to_csv("sample.csv", index=False)
    with pytest.raises(IntegrityError, match="expected is 000") as caught:
        publish(Config(), "trap.joblib", "sample.csv", StepTracker(), sha256="0" * 64)
    assert caught.value.reason == "DigestMismatch"
    assert not Path("sprung").exists()
    good = mixed(table)
    joblib.dump(good, "model.joblib")
    digest = hashlib.sha256(Path("model.joblib").read_bytes()).hexdigest()
    assert published(good, table, sha256=digest.upper()).rows == ROWS


class Trap:
    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (Path("sprung"),)


def test_what_is_no_fitted_model_is_reported(table: pd.DataFrame) -> None:
    for content, words in (
        ({"a": 1}, "holds a dict, which has no predict"),
        (LogisticRegression(), "the model has not been fitted"),
    ):
        with pytest.raises(DataError, match=words):
            published(content, table)
    Path("model.joblib").write_bytes(b"a text")
    with pytest.raises(DataError, match="is not a model that joblib or pickle wrote"):
        publish(Config(), "model.joblib", "sample.parquet", StepTracker())


def test_a_module_that_the_model_needs_is_named(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("elsewhere")
    exec("class Model:\n    def predict(self, rows): return [1] * len(rows)", module.__dict__)
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    joblib.dump(module.__dict__["Model"](), "model.joblib")
    monkeypatch.delitem(sys.modules, "elsewhere")
    table.to_parquet("sample.parquet")
    with pytest.raises(DataError, match="needs the module 'elsewhere'; --plugin elsewhere brings one of your own"):
        publish(Config(), "model.joblib", "sample.parquet", StepTracker())


def test_a_column_that_the_sample_lacks_is_named_with_the_nearest(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="column 'size' is missing; did you mean 'sizes'"):
        published(mixed(table), table.rename(columns={"size": "sizes"}))


class Fickle(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Answers by how often it was loaded."""

    def fit(self, features: pd.DataFrame, target: Any) -> Fickle:
        self.feature_names_in_ = np.array(features.columns, dtype=object)
        self.classes_, self.loaded_ = np.unique(target), 0
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, loaded_=state["loaded_"] + 1)

    def predict(self, rows: pd.DataFrame) -> Any:
        return np.full(len(rows), self.classes_[self.loaded_ % 2])


def test_a_model_that_answers_otherwise_once_it_is_loaded_is_not_published(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="a service would give other predictions: row 0 of the sample"):
        published(Fickle().fit(table[["size"]], table["y"]), table)
    assert not [path for path in Path("models").iterdir() if not path.name.startswith(".")]


def test_the_metadata_says_where_the_model_came_from(table: pd.DataFrame) -> None:
    done = published(mixed(table), table)
    metadata = json.loads((Path(done.directory) / "metadata.json").read_text())
    digest = hashlib.sha256(Path("model.joblib").read_bytes()).hexdigest()
    assert metadata["training_results"]["source"] == {"file": "model.joblib", "sha256": digest}
    assert metadata["reference"]["rows"] == ROWS
    assert load_directory(done.directory).text_columns == ["kind"]
