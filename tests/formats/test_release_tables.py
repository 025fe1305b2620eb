from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from cxrforge.errors import ReleaseRefusedError
from cxrforge.formats.coco import coco_instances
from cxrforge.formats.release_content import ReleaseContent
from cxrforge.formats.release_tables import TABLES, table_bytes
from cxrforge.records import OBSERVATIONS

MakeContent = Callable[..., ReleaseContent]


def test_every_column_says_what_it_holds() -> None:
    for table in TABLES.values():
        assert table.description
        for column in table.schema:
            assert column.metadata[b"description"].endswith(b".")


def test_labels_are_words_in_one_column_per_observation(make_content: MakeContent) -> None:
    table = pq.read_table(io.BytesIO(table_bytes(TABLES["labels"], make_content().labels)))
    assert table.column_names[4:18] == list(OBSERVATIONS)
    first = table.to_pylist()[0]
    assert [first[name] for name in ("Pleural Effusion", "Pneumothorax", "Edema", "Fracture")] == [
        "positive",
        "negative",
        "uncertain",
        "not mentioned",
    ]


def test_an_empty_table_keeps_its_columns() -> None:
    for table in TABLES.values():
        assert pq.read_table(io.BytesIO(table_bytes(table, []))).schema.names == [c.name for c in table.columns]


def test_two_rows_with_one_key_are_refused(make_content: MakeContent) -> None:
    studies = make_content().studies
    with pytest.raises(ReleaseRefusedError):
        table_bytes(TABLES["studies"], [*studies, studies[0]])


def test_no_row_carries_a_date_a_year_or_a_device() -> None:
    names = {column.name for table in TABLES.values() for column in table.columns}
    assert not {
        n for n in names if any(word in n for word in ("date", "year", "time", "manufacturer", "model", "serial"))
    }


def test_only_confirmed_boxes_become_annotations(make_content: MakeContent) -> None:
    content = make_content()
    told = coco_instances("demo", "1", [f.row for f in content.images], content.boxes)
    assert [a["bbox"] for a in told["annotations"]] == [[1, 2, 3, 4]]
    assert told["annotations"][0]["category_id"] == 2
    assert len(told["images"]) == len(content.images)
