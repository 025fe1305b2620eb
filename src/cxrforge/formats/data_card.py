"""The texts of a release that people read: data card, consortium page, change log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cxrforge.formats.charts import Chart
from cxrforge.formats.release_content import Contributor, ReleaseContent
from cxrforge.formats.release_tables import TABLES
from cxrforge.formats.splits import DEFAULT_SET
from cxrforge.formats.statistics import Suppressed
from cxrforge.formats.words import category_word, number, percent, size, state_value
from cxrforge.records import OBSERVATIONS, Assertion
from cxrforge.tables import criteria, governance, issue_codes
from cxrforge.tables.licences import Licence

SHIFTED = "retain-longitudinal-modified-dates"


def markdown(template: str, **values: Any) -> str:
    """Return a Markdown template filled in, without trailing blanks and with one final newline."""
    environment = Environment(
        loader=PackageLoader("cxrforge.formats"),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "cell": _cell, "row": _in_row, "size": size}
    environment.globals["category_word"] = category_word
    text = environment.get_template(template).render(**values)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def data_card(
    content: ReleaseContent,
    demographics: Mapping[str, Suppressed],
    coverage: Mapping[str, Suppressed],
    licence: Licence,
    charts: Sequence[Chart],
) -> str:
    """Return README.md; `charts` lie under `charts/`."""
    codes, roles = issue_codes.load(), governance.load().roles
    return markdown(
        "data_card.md.j2",
        content=content,
        licence=licence,
        size=sum(f.row.size_bytes for f in content.images),
        patients=len({study.patient for study in content.studies}),
        waiting=sum(bool(study.waiting) for study in content.studies),
        laterals=sum(study.has_lateral for study in content.studies),
        languages=sorted({r.language for r in content.reports}),
        states=[(state, *state_value(state)) for state in content.criteria],
        waivers=[(w, criteria.load()[w.criterion].title, roles[w.granted_by]) for w in content.waivers],
        key_rule=governance.load().key_rules.get(content.key_rule),
        definitions={row.id: row.definition for row in criteria.load().values()},
        labels=label_counts(content),
        splits=_split_counts(content),
        loso=sorted({row.set for row in content.splits} - {DEFAULT_SET}),
        demographics=demographics,
        coverage=coverage,
        row_level=any(study.sex or study.age_band for study in content.studies),
        shifted=SHIFTED in content.provenance.options,
        charts=charts,
        tables=TABLES.values(),
        turned_away=[(codes[c].meaning if c in codes else c, n) for c, n in sorted(content.turned_away.items())],
    )


def consortium(content: ReleaseContent, licence: Licence) -> str:
    """Return CONSORTIUM.md: who contributed what, and how to cite."""
    rule = governance.load().key_rules.get(content.key_rule)
    return markdown(
        "consortium.md.j2",
        content=content,
        rows=_contributions(content),
        licence=licence,
        key_rule=f"Key: {rule}" if rule else "",
        governed=sorted(site for site, states in content.governance.items() if states),
        required=list(dict.fromkeys(title for states in content.governance.values() for title in states)),
        citation=default_citation(content),
    )


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one site gave to a release."""

    title: str
    country: str
    acknowledgement: str
    languages: tuple[str, ...]
    studies: int
    share: str
    images: int
    laterals: int


def _contributions(content: ReleaseContent) -> list[Contribution]:
    named = {c.site: c for c in content.contributors}
    images = Counter(f.row.site for f in content.images)
    rows = []
    for site in content.sites:
        of_site = [study for study in content.studies if study.site == site]
        who = named.get(site, Contributor(site=site))
        rows.append(
            Contribution(
                title=f"{who.title} ({site})" if who.title else site,
                country=who.country,
                acknowledgement=who.acknowledgement,
                languages=tuple(sorted({study.language for study in of_site if study.language})),
                studies=len(of_site),
                share=percent(len(of_site) / len(content.studies)),
                images=images[site],
                laterals=sum(study.has_lateral for study in of_site),
            )
        )
    return rows


def default_citation(content: ReleaseContent) -> str:
    """Return how to cite a release whose consortium has not said so itself."""
    year = f" ({content.published[:4]})" if content.published else ""
    names = "; ".join(c.title for c in content.contributors if c.title) or f"The {content.title} consortium"
    address = f" {content.url}" if content.url else ""
    return f"{names}{year}. {content.title}, version {content.version} [dataset].{address}"


def datasheet(content: ReleaseContent, licence: Licence) -> str:
    """Return DATASHEET.md, after the questions of Gebru et al. 2021 (Communications of the ACM 64:12)."""
    return markdown(
        "datasheet.md.j2",
        content=content,
        licence=licence,
        patients=len({study.patient for study in content.studies}),
        paediatric=any(study.paediatric for study in content.studies),
        short=[state for state in content.criteria if not state.met],
        shifted=SHIFTED in content.provenance.options,
        languages=sorted({r.language for r in content.reports}),
    )


def changelog(content: ReleaseContent) -> str:
    """Return CHANGELOG.md."""
    return markdown("changelog.md.j2", content=content)


def label_counts(content: ReleaseContent) -> list[tuple[str, dict[str, int]]]:
    """Return per observation how many studies are positive, negative, uncertain, silent."""
    by_study = {row.study: row.labels for row in content.labels}
    words = {
        Assertion.PRESENT: "positive",
        Assertion.ABSENT: "negative",
        Assertion.UNCERTAIN: "uncertain",
        None: "silent",
    }
    counts = []
    for name in OBSERVATIONS:
        seen = Counter(words[labels[name]] for labels in by_study.values())
        counts.append((name, {word: seen[word] for word in words.values()}))
    return counts


def _split_counts(content: ReleaseContent) -> list[tuple[str, int, int, int]]:
    """Return per default split how many patients, studies and images it has."""
    split = {row.patient: row.split for row in content.splits if row.set == DEFAULT_SET}
    patients = Counter(split.values())
    studies = Counter(split[study.patient] for study in content.studies)
    images = Counter(split[f.row.patient] for f in content.images)
    return [(name, patients[name], studies[name], images[name]) for name in ("train", "valid", "test")]


def _cell(value: int | None) -> str:
    return "withheld" if value is None else number(value)


def _in_row(text: object) -> str:
    """Return text that fits a cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
