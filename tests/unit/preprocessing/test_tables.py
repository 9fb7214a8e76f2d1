"""Tables from files: what cannot be read is reported by name, and nothing is lost silently."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from easy_mlops.preprocessing import TableError, read_table


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"\n\n", "is empty"),
        ("t.csv", b"a,b\n", "has columns but no rows"),
        ("t.csv", b"a,b,a\n1,2,3\n", "has the column 'a' twice"),
        ("t.csv", b",b\n0,1\n", "column 1 has no name"),
        ("t.csv", b"a,b\n1,2\n3,4,5\n", "line 3"),
        ("t.csv", b"a,b\n1,2,3\n4,5,6\n", "more fields than the header"),
        ("t.csv", b'a,b\n1,"x\n', "is not a CSV file that can be read"),
        ("t.csv", "a\né\n".encode("latin-1"), "is not a CSV file in UTF-8"),
        ("t.parquet", b"", "is not a Parquet file that can be read"),
        ("t.parquet", b"PAR1" + b"\0" * 64, "is not a Parquet file that can be read"),
        ("t.parquet", b"a,b\n1,2\n", "is not a Parquet file that can be read"),
    ],
)
def test_a_broken_file_is_reported_by_its_name(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_table(tmp_path / name)
    assert name in str(caught.value)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_reported_by_the_name_that_the_user_gave(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"^configmap://tables/x\.csv is not there$"):
        read_table(tmp_path / "x.csv", name="configmap://tables/x.csv")


def test_a_directory_is_no_csv(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is a directory"):
        read_table(tmp_path, "csv")


def test_csv_and_parquet_give_the_same_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, None]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.csv").to_json() == read_table(tmp_path / "t.parquet").to_json()


def test_the_format_that_is_given_outranks_the_ending(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t.csv")
    assert list(read_table(tmp_path / "t.csv", "parquet")["a"]) == [1]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("\ufeffa,b\n1,2\n".encode())
    assert list(read_table(tmp_path / "t.csv").columns) == ["a", "b"]


def test_columns_of_texts_are_not_treated_as_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("code,n\n007,1\n,2\n")
    frame = read_table(tmp_path / "t.csv", text_columns=["code", "elsewhere"])
    assert frame["code"].iloc[0] == "007"
    assert pd.isna(frame["code"].iloc[1])
