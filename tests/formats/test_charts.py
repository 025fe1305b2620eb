from __future__ import annotations

import re

from cxrforge.formats.charts import label_chart, release_charts
from cxrforge.formats.statistics import suppress
from cxrforge.formats.words import category_order, category_word, percent
from cxrforge.records import Assertion


def test_labels_are_counted_by_assertion_or_by_word() -> None:
    by_word = label_chart([("Edema", {"positive": 3, "uncertain": 1, "negative": 2, "silent": 9})])
    by_assertion = label_chart([("Edema", {Assertion.PRESENT: 3, "uncertain": 1, "absent": 2, "not mentioned": 9})])
    assert by_word.svg == by_assertion.svg


def test_decades_stand_in_their_order_and_read_as_decades() -> None:
    decades = suppress({"north": {"100": 20, "20": 30, "0": 40, "unknown": 50}}, 10)
    assert list(decades.totals) == ["0", "20", "100", "unknown", "total"]
    svg = release_charts([], {"age_decade": decades}, {})[0].svg
    places = [svg.index(f">{word}<") for word in ("0–9", "20–29", "100–109", "unknown")]
    assert places == sorted(places)


def test_a_withheld_count_is_named_and_has_no_bar() -> None:
    shown = suppress({"north": {"2019": 3, "2020": 43, "2021": 70, "2022": 80}}, 10)
    assert shown.totals == {"2019": None, "2020": None, "2021": 70, "2022": 80, "total": 196}
    chart = release_charts([], {}, {"year": shown})[0]
    assert "withheld" in chart.svg and "withheld" in chart.caption
    assert ">80<" in chart.svg
    assert not re.search(r">(3|43)<", chart.svg)


def test_an_aggregate_that_is_withheld_whole_has_no_chart() -> None:
    assert release_charts([], {"sex": suppress({"north": {"F": 3}}, 10)}, {}) == []


def test_words_and_orders() -> None:
    assert category_word("sex", "F") == "female"
    assert category_word("manufacturer", "F") == "F"
    assert sorted(["unknown", "100", "20"], key=category_order) == ["20", "100", "unknown"]
    assert percent(0.99999) != percent(1.0)
