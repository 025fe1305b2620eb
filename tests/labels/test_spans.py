"""What a text asserts of spans that somebody else found."""

from __future__ import annotations

from cxrforge.labels.spans import assert_spans
from cxrforge.records import Assertion


def test_a_span_gets_the_assertion_of_its_sentence() -> None:
    text = "He denies chest pain. Possible fever. Cough."
    spans = [(10, 20), (31, 36), (38, 43)]
    assert [v.assertion for v in assert_spans(text, "en", spans)] == [
        Assertion.ABSENT,
        Assertion.UNCERTAIN,
        Assertion.PRESENT,
    ]


def test_caution_decides_on_consistent_with_and_on_no_definite() -> None:
    text = "Imagen compatible con absceso."
    span = [(text.index("absceso"), len(text) - 1)]
    assert assert_spans(text, "es", span)[0].assertion is Assertion.PRESENT
    assert assert_spans(text, "es", span, cautious=True)[0].assertion is Assertion.UNCERTAIN
