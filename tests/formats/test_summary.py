from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cxrforge.coverage import Measures, evaluate
from cxrforge.formats.marked_text import marked_segments
from cxrforge.formats.summary import (
    Example,
    ExampleImage,
    Headline,
    Score,
    StageTiming,
    SummaryContent,
    WaitingImage,
    summary_html,
    write_summary,
)
from cxrforge.records import OBSERVATIONS, Assertion, Box, Mention
from cxrforge.tables import criteria, issue_codes

TEXT = "Seen by [DOCTOR]. Effusion & <b>no</b> pneumothorax."
MENTIONS = (
    Mention("Pleural Effusion", Assertion.PRESENT, 18, 26, "findings"),
    Mention("Pneumothorax", Assertion.ABSENT, TEXT.index("pneumothorax"), len(TEXT) - 1, "findings"),
)
CONTENT = SummaryContent(
    title="Demo <consortium>",
    release="demo-0.1.0",
    draft=True,
    headlines=(Headline(value="12", label="studies"),),
    criteria=evaluate(Measures(), criteria.resolve_thresholds()),
    labels=((OBSERVATIONS[0], {"positive": 3, "uncertain": 1, "negative": 2, "silent": 0}),),
    demographics={"sex": {"north": {"F": 3, "M": 40}, "south": {"F": 40, "M": 50}}},
    examples=(
        Example(
            study="S1",
            site="north",
            images=(ExampleImage(png=b"png", view="PA", rows=2500, columns=2048, redacted=(Box(5, 6, 70, 80),)),),
            text=TEXT,
            mentions=MENTIONS,
            labels={"Pleural Effusion": Assertion.PRESENT},
        ),
    ),
    found=10,
    taken=8,
    turned_away={"dicom-truncated": 2},
    timings=(StageTiming(stage="header", items=8, seconds=4.0),),
    scores=(
        Score(name="micro F1", value=0.91, target=0.9),
        Score(name="left", value=1, target=0, unit="left", at_most=True),
    ),
)


class Tags(HTMLParser):
    """Collects every tag and every attribute's value."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for _, value in attrs]


def page(content: SummaryContent = CONTENT) -> tuple[str, Tags]:
    html = summary_html(content)
    tags = Tags()
    tags.feed(html)
    return html, tags


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    html, tags = page()
    assert not {"script", "link", "iframe", "object"} & set(tags.tags)
    names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "http://" not in names and "https://" not in names
    assert "url(" not in names


def test_text_is_escaped() -> None:
    html, tags = page()
    assert "Demo &lt;consortium&gt;" in html
    assert "b" not in tags.tags


def test_every_criterion_and_reason_has_its_row() -> None:
    html, _ = page()
    assert all(row.title in html for row in criteria.load().values())
    code = issue_codes.load()["dicom-truncated"]
    assert code.meaning in html and code.next_step in html
    assert "10 files found = 8 taken + 2 turned away." in html


def test_mentions_tags_and_redactions_are_marked() -> None:
    html, _ = page()
    assert '<mark class="positive" title="Pleural Effusion: positive">Effusion</mark>' in html
    assert '<mark class="negative" title="Pneumothorax: negative">pneumothorax</mark>' in html
    assert '<mark class="removed" title="an identifier was removed here">[DOCTOR]</mark>' in html
    assert '<rect x="5" y="6" width="70" height="80"/>' in html
    assert 'viewBox="0 0 2048 2500"' in html


def test_small_cells_are_withheld_on_the_page_too() -> None:
    html, _ = page()
    assert "are withheld" in html


def test_scores_say_whether_they_are_reached() -> None:
    assert CONTENT.scores[0].reached is True
    assert CONTENT.scores[1].reached is False
    assert Score(name="x", value=None, target=1).reached is None


def test_images_that_wait_for_a_person_are_shown_with_their_reasons() -> None:
    image = ExampleImage(png=b"\x89PNG", view="PA", rows=10, columns=10)
    kept = WaitingImage(image=image, site="north", reasons=("rotation", "motion"))
    html, _ = page(SummaryContent(title="t", release="r", draft=True, waiting={"x": 1}, waiting_images=(kept,)))
    assert "north, PA: rotation; motion" in html
    assert image.source in html


def test_an_empty_page_still_stands() -> None:
    html, _ = page(SummaryContent(title="t", release="r", draft=False))
    assert "draft" not in html.split("</style>")[1]


def test_the_same_content_gives_the_same_page(tmp_path: Path) -> None:
    write_summary(tmp_path / "a.html", CONTENT)
    write_summary(tmp_path / "b.html", CONTENT)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70), st.sampled_from(Assertion)), max_size=5),
)
def test_marking_keeps_the_text_whole(text: str, spans: list[tuple[int, int, Assertion]]) -> None:
    mentions = [Mention("Edema", said, min(a, b), max(a, b), "findings") for a, b, said in spans]
    assert "".join(segment.text for segment in marked_segments(text, mentions)) == text
