"""The preprocessor: mixed columns, learnt from the training split, one output row for each input row."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from easy_mlops.config import ConfigError
from easy_mlops.preprocessing import DataError, DataPreprocessor


def mixed(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows).astype(float),
            "income": rng.normal(3000, 800, rows),
            "city": rng.choice(["Bern", "Basel", "Genf"], rows),
            "member": rng.choice([True, False], rows),
            "label": rng.choice(["yes", "no"], rows),
        }
    )
    frame.loc[3, "age"] = np.nan
    frame.loc[5, "city"] = None
    return frame


def fitted(config: dict[str, Any] | None = None, frame: pd.DataFrame | None = None) -> DataPreprocessor:
    preprocessor = DataPreprocessor(config)
    preprocessor.prepare_data(mixed() if frame is None else frame, "label")
    return preprocessor


def test_drop_leaves_rows_out_of_training_and_none_out_of_prediction() -> None:
    frame = mixed()
    preprocessor = DataPreprocessor({"handle_missing": "drop"})
    features, target = preprocessor.prepare_data(frame, "label")
    assert target is not None
    assert features.shape[0] == len(target) == 58
    assert preprocessor.transform(frame).shape[0] == 60
    assert np.isfinite(preprocessor.transform(frame)).all()


@pytest.mark.parametrize("strategy", ["mean", "median", "mode", "constant"])
def test_the_other_strategies_keep_every_row(strategy: str) -> None:
    features, _ = DataPreprocessor({"handle_missing": strategy}).prepare_data(mixed(), "label")
    assert features.shape[0] == 60
    assert np.isfinite(features).all()


def test_a_missing_number_becomes_what_training_saw() -> None:
    preprocessor = fitted({"handle_missing": "mean", "scale_features": False})
    place = preprocessor.feature_names_out_.index("age")
    assert preprocessor.transform(mixed())[3, place] == pytest.approx(mixed()["age"].mean())


def test_a_constant_fills_numbers_with_0_and_texts_with_missing_unless_told() -> None:
    frame = mixed()
    by_default = fitted({"handle_missing": "constant", "scale_features": False}, frame)
    assert by_default.transform(frame)[3, by_default.feature_names_out_.index("age")] == 0
    assert "city_missing" in by_default.feature_names_out_
    told = fitted({"handle_missing": "constant", "fill_value": "unknown"}, frame)
    assert "city_unknown" in told.feature_names_out_


def test_only_the_rows_that_are_fitted_on_are_learnt() -> None:
    frame = mixed()
    preprocessor = DataPreprocessor({"handle_missing": "mean", "scale_features": False})
    preprocessor.prepare_data(frame.iloc[:30], "label")
    place = preprocessor.feature_names_out_.index("age")
    gone = frame.assign(age=np.nan)
    assert preprocessor.transform(gone)[0, place] == pytest.approx(frame["age"].iloc[:30].mean())


def test_an_unseen_category_is_counted_and_scored() -> None:
    preprocessor = fitted()
    rows = mixed().head(3).assign(city=pd.Series(["Bern", "Paris", None], dtype=object))
    report = preprocessor.inspect(rows)
    assert report.unseen == {"city": 1}
    assert report.missing == {"city": 1}
    assert report.errors == {}
    assert preprocessor.transform(rows).shape[0] == 3


def test_an_unseen_category_can_be_an_error_of_its_row() -> None:
    encoder = {"type": "categorical_encoder", "params": {"handle_unknown": "error"}}
    preprocessor = fitted({"steps": ["missing_values", encoder]})
    rows = mixed().head(2).assign(city=["Bern", "Paris"])
    assert list(preprocessor.inspect(rows).errors) == [1]
    with pytest.raises(DataError, match=r"row 1: column 'city'.*'Paris'"):
        preprocessor.transform(rows)


def test_a_value_of_the_wrong_kind_is_an_error_of_its_row() -> None:
    preprocessor = fitted()
    rows = mixed().head(3).astype({"age": object})
    rows.loc[1, "age"] = "old"
    assert preprocessor.inspect(rows).errors == {1: "column 'age' takes a finite number, got 'old'"}
    with pytest.raises(DataError, match=r"row 1: column 'age'"):
        preprocessor.transform(rows)


def test_a_missing_column_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"column 'income' is missing; did you mean 'incom'\?"):
        fitted().transform(mixed().rename(columns={"income": "incom"}))


def test_further_columns_and_another_order_change_nothing() -> None:
    preprocessor = fitted()
    frame = mixed().head(4)
    shuffled = frame[["label", "member", "city", "income", "age"]].assign(more=1)
    assert np.array_equal(preprocessor.transform(frame), preprocessor.transform(shuffled))


def test_columns_of_texts_that_nothing_encodes_are_left_out_and_named() -> None:
    preprocessor = fitted({"encode_categorical": False})
    assert preprocessor.left_out_ == ("city",)
    assert "city" not in [column["name"] for column in preprocessor.schema_["columns"]]


def test_steps_choose_columns_and_methods() -> None:
    steps = [
        "missing_values",
        {"type": "categorical_encoder", "params": {"columns": ["city"], "method": "ordinal"}},
        {"type": "feature_scaler", "params": {"columns": ["age"], "method": "minmax"}},
    ]
    preprocessor = fitted({"handle_missing": "median", "steps": steps})
    matrix = preprocessor.transform(mixed())
    by_name = dict(zip(preprocessor.feature_names_out_, matrix.T, strict=True))
    assert set(by_name["city"]) == {0.0, 1.0, 2.0}
    assert (by_name["age"].min(), by_name["age"].max()) == (0.0, 1.0)
    assert np.array_equal(by_name["income"], mixed()["income"])


def test_numbers_can_be_encoded_as_categories() -> None:
    frame = mixed().assign(age=[1.0, 2.0, 3.0] * 20)
    steps = ["missing_values", {"type": "categorical_encoder", "params": {"columns": ["age"]}}]
    preprocessor = fitted({"steps": steps}, frame)
    assert [name for name in preprocessor.feature_names_out_ if name.startswith("age")] == [
        "age_1.0",
        "age_2.0",
        "age_3.0",
    ]


def test_a_column_that_is_not_in_the_table_is_reported_with_its_place() -> None:
    steps = ["missing_values", {"type": "feature_scaler", "params": {"columns": ["agee"]}}]
    with pytest.raises(DataError, match=r"'agee'.*did you mean 'age'") as caught:
        fitted({"steps": steps})
    assert caught.value.location == "preprocessing.steps[1]"


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.Series([None] * 60, dtype=object), "has no value in any of 60 rows"),
        (pd.Series([np.inf, *range(59)]), "infinite"),
        (pd.to_datetime(pd.Series(["2024-01-01"] * 60)), "make them numbers or texts"),
        (pd.Series([[1]] * 60), "make them numbers or texts"),
        (pd.Series(["a", 1] * 30), "make them numbers or texts"),
    ],
)
def test_a_column_that_no_model_can_use_is_named(column: pd.Series[Any], words: str) -> None:
    with pytest.raises(DataError, match="column 'odd'") as caught:
        fitted(frame=mixed().assign(odd=column))
    assert words in str(caught.value)


def test_every_row_missing_something_is_reported_when_rows_are_dropped() -> None:
    frame = mixed()
    frame.loc[::2, "age"] = np.nan
    frame.loc[1::2, "income"] = np.nan
    with pytest.raises(DataError, match="drop leaves none of 60 rows") as caught:
        fitted({"handle_missing": "drop"}, frame)
    assert caught.value.location == "preprocessing.handle_missing"


def test_an_unknown_target_is_reported_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"no column 'labl'.*did you mean 'label'") as caught:
        DataPreprocessor().prepare_data(mixed(), "labl")
    assert caught.value.location == "data.target"


def test_a_table_with_another_separator_is_recognized() -> None:
    with pytest.raises(DataError, match="separated by something else"):
        DataPreprocessor().prepare_data(pd.DataFrame({"a;label": ["1;x"]}), "label")


def test_a_bad_section_is_refused_before_any_data() -> None:
    with pytest.raises(ConfigError, match="unknown step 'scaler'"):
        DataPreprocessor({"steps": ["scaler"]})
    with pytest.raises(TypeError):
        DataPreprocessor({"steps": [1]})


def test_transforming_before_fitting_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="has not been fitted"):
        DataPreprocessor().transform(mixed())


def test_the_schema_tells_names_types_nulls_categories_and_ranges() -> None:
    frame = mixed()
    schema = fitted(frame=frame).schema_
    columns = {column["name"]: column for column in schema["columns"]}
    assert {name: (c["type"], c["nullable"]) for name, c in columns.items()} == {
        "age": ("integer", True),
        "income": ("number", False),
        "city": ("text", True),
        "member": ("boolean", False),
    }
    assert columns["city"]["categories"] == ["Basel", "Bern", "Genf"]
    assert (columns["age"]["min"], columns["age"]["max"]) == (frame["age"].min(), frame["age"].max())
    assert schema["target"] == "label"
    assert len(schema["hash"]) == 64
    json.dumps(schema, allow_nan=False)


def test_the_schemas_hash_depends_on_names_types_and_nulls_only() -> None:
    frame = mixed()
    same = fitted(frame=frame.assign(income=frame["income"] * 2)).schema_["hash"]
    assert same == fitted(frame=frame).schema_["hash"]
    assert same != fitted(frame=frame.assign(income=frame["income"].round().astype(int))).schema_["hash"]
    assert same != fitted(frame=frame.rename(columns={"income": "pay"})).schema_["hash"]


def test_the_reference_profile_describes_the_training_split() -> None:
    frame = mixed()
    reference = fitted(frame=frame).reference_
    assert reference["rows"] == 60
    age = reference["columns"]["age"]
    assert age["null_rate"] == pytest.approx(1 / 60)
    assert age["mean"] == pytest.approx(frame["age"].mean())
    assert sum(age["counts"]) == 59
    assert len(age["counts"]) == len(age["edges"]) + 1
    assert reference["columns"]["city"]["categories"] == frame["city"].value_counts().to_dict()
    json.dumps(reference, allow_nan=False)


def test_a_pickled_preprocessor_gives_the_same_bits() -> None:
    preprocessor = fitted()
    stream = io.BytesIO()
    joblib.dump(preprocessor, stream)
    stream.seek(0)
    assert np.array_equal(joblib.load(stream).transform(mixed()), preprocessor.transform(mixed()))


def test_an_identifier_as_a_category_does_not_blow_the_matrix_up() -> None:
    frame = pd.concat([mixed()] * 10, ignore_index=True).assign(id=[f"id{i}" for i in range(600)])
    preprocessor = fitted(frame=frame)
    assert preprocessor.transform(frame).shape[1] < 300


def test_a_fitted_preprocessor_reads_its_texts_as_texts(tmp_path: Any) -> None:
    frame = mixed().assign(city=["001", "002", "x"] * 20)
    preprocessor = fitted(frame=frame)
    frame.head(2).to_csv(tmp_path / "rows.csv", index=False)
    assert preprocessor.inspect(preprocessor.load_data(tmp_path / "rows.csv")).unseen == {}


def test_a_row_given_as_cells_is_much_cheaper_than_as_a_frame() -> None:
    preprocessor = fitted()
    frame = mixed().head(1)
    cells = [tuple(frame.iloc[0][preprocessor.feature_names_in_])]
    assert np.array_equal(preprocessor.transform_rows(cells), preprocessor.transform(frame))
    assert _seconds(lambda: preprocessor.transform_rows(cells)) * 3 < _seconds(lambda: preprocessor.transform(frame))


def _seconds(call: Any) -> float:
    durations = []
    for _ in range(30):
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return min(durations)
