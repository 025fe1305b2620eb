"""Writing the answers of the labeler: JSON Lines, CheXpert's CSV or Parquet, by the suffix of the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cxrforge.errors import UsageError
from cxrforge.formats.chexpert import VALUES
from cxrforge.labels.lines import VALUES as NUMBERS
from cxrforge.records import OBSERVATIONS
from cxrforge.tables.label_attributes import ATTRIBUTES

Answer = Mapping[str, Any]

_SHOWN = {NUMBERS[assertion]: shown for assertion, shown in VALUES.items()}
_COLUMNS = ("id", "lang", *OBSERVATIONS, "issue")


def writer_for(path: Path) -> Callable[[Iterable[Answer], Path], None]:
    """Return what writes answers to a file with the suffix of `path`; refuse any other suffix."""
    found = WRITERS.get(path.suffix.lower())
    if found is None:
        raise UsageError(
            "labels cannot be written in this format",
            expected=f"a file name that ends in {', '.join(WRITERS)}",
            found=path.suffix or "no suffix",
        )
    return found


def write_jsonl(answers: Iterable[Answer], path: Path) -> None:
    """Write one object a line, mentions and all."""
    with path.open("w", encoding="utf-8") as sink:
        sink.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)


def write_csv(answers: Iterable[Answer], path: Path) -> None:
    """Write CheXpert's columns and values (1.0, 0.0, -1.0, blank) beside id, language and issue; no mentions."""
    with path.open("w", encoding="utf-8", newline="") as sink:
        rows = csv.writer(sink, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for answer in answers:
            labels = answer.get("labels", {})
            shown = (_SHOWN[labels.get(name)] for name in OBSERVATIONS)
            rows.writerow([answer["id"], answer.get("lang", ""), *shown, answer.get("issue", "")])


def write_parquet(answers: Iterable[Answer], path: Path) -> None:
    """Write the labels as nullable 8-bit integers and the mentions as a list of structs."""
    import pyarrow as pa  # heavy; the other formats do without
    import pyarrow.parquet as pq

    texts = ("observation", "assertion", "section", "rule", *ATTRIBUTES)
    mention = pa.struct([*((name, pa.string()) for name in texts), ("start", pa.int32()), ("end", pa.int32())])
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("lang", pa.string()),
            *((name, pa.int8()) for name in OBSERVATIONS),
            ("issue", pa.string()),
            ("mentions", pa.list_(mention)),
        ]
    )
    rows = [
        {
            "id": None if answer["id"] is None else str(answer["id"]),
            "lang": answer.get("lang"),
            **answer.get("labels", dict.fromkeys(OBSERVATIONS)),
            "issue": answer.get("issue"),
            "mentions": answer.get("mentions", []),
        }
        for answer in answers
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


WRITERS: Mapping[str, Callable[[Iterable[Answer], Path], None]] = MappingProxyType(
    {".jsonl": write_jsonl, ".csv": write_csv, ".parquet": write_parquet}
)
