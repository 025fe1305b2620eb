"""The tables of phrases are whole in every language, and a table that is not is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cxrforge.errors import TableError, UsageError
from cxrforge.labels import lexicon
from cxrforge.records import OBSERVATIONS, Assertion
from cxrforge.tables import label_rules, observations
from cxrforge.tables.files import read_toml


def tables(language: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        read_toml(f"lexicon/{language}/labels_mentions.toml"),
        read_toml(f"lexicon/{language}/labels_assertions.toml"),
    )


@pytest.mark.parametrize("language", label_rules.LANGUAGES)
def test_nothing_is_missing_in(language: str) -> None:
    rules = label_rules.load_language(language)
    assert set(rules.mentions) == set(OBSERVATIONS) - {"No Finding"}
    assert not set(label_rules.CUES) - set(rules.cues)
    assert set(observations.load().subjects) | {"other"} == set(rules.subjects)


@pytest.mark.parametrize("language", label_rules.LANGUAGES)
def test_every_phrase_compiles_to_a_word(language: str) -> None:
    for rule in lexicon.all_rules(label_rules.load_language(language)):
        assert any(e.strip("*?|") for e in rule.phrase.split() if not e.startswith("~")), rule


@pytest.mark.parametrize("language", label_rules.LANGUAGES)
@pytest.mark.parametrize("part", ["mentions", "subjects", "predicates", "macros", "spelling", "ignored"])
def test_a_missing_part_of_the_mentions_is_refused(language: str, part: str) -> None:
    mentions, cues = tables(language)
    with pytest.raises(TableError):
        label_rules.parse(language, {k: v for k, v in mentions.items() if k != part}, cues)


@pytest.mark.parametrize("kind", label_rules.CUES)
def test_an_empty_kind_of_cue_is_refused(kind: str) -> None:
    mentions, cues = tables("en")
    with pytest.raises(TableError, match=kind):
        label_rules.parse("en", mentions, {**cues, "cues": {**cues["cues"], kind: []}})


def test_an_observation_without_phrases_is_refused() -> None:
    mentions, cues = tables("en")
    named = {k: v for k, v in mentions["mentions"].items() if k != "Edema"}
    with pytest.raises(TableError, match="Edema"):
        label_rules.parse("en", {**mentions, "mentions": named}, cues)


def test_a_language_without_tables_is_refused() -> None:
    with pytest.raises(UsageError):
        label_rules.load_language("xx")


def test_the_policy_follows_the_guideline() -> None:
    policy = observations.load()
    assert policy.sections == ("addendum", "impression", "findings")
    assert policy.assertions == (Assertion.PRESENT, Assertion.UNCERTAIN, Assertion.ABSENT)
    assert policy.blocks_no_finding == set(OBSERVATIONS) - {"No Finding", "Support Devices"}
