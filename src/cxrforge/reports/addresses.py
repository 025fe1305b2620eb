"""Streets, postcodes, towns and address fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.identity.dates import find_dates
from cxrforge.identity.text import digits_in, vocabulary
from cxrforge.records import Category, Span
from cxrforge.reports.alternatives import words_pattern
from cxrforge.reports.names import Word, is_eponym, is_ordinary, lexicon
from cxrforge.tables import gazetteers, name_words, report_identifiers
from cxrforge.tables.report_words import plain

_CAP = r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽŁŚŻŹ][\w'’.\-]*)"


_NO_TOWN = r"(?:E-?[Mm]ail|[Tt]el|[Tt]fno|[Tt]lf|Fax|Correo|CHU|Phone|Mail|España|France)"
_SMALL_WORDS = name_words.load().place_particles


def find_addresses(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield streets with house numbers, postcodes with towns, towns, and what stands behind an address label."""
    digits = digits_in(low)
    if digits or "s/n" in low:
        yield from _streets(text, low, language)
    if len(digits) > 2:
        yield from _postcodes(text, low, language)
        if language in ("de", "fr", "es", "it"):
            yield from _postcodes_beside_towns(words, text, low)
    yield from _towns(words, text, low, language)
    if ":" in low and _label_words() & vocabulary(low):
        yield from _address_fields(low)


@cache
def _street_pattern(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    streets = words_pattern(list(words.street_words))
    number = r"\d{1,4}(?:[ ]?[-/][ ]?\d{1,4}){0,2}[ ]?[a-z]?(?![\w])"
    if language in ("de", "nl"):
        tail = rf"[\w.\-]{{2,30}}(?:{streets})\.?|(?:[\w\-]{{3,20}}[ ]){{1,2}}(?:{streets})|(?:am|im|an der|in der|auf der|zum|zur|aan de|op de)[ ][\w\-]{{3,25}}"  # noqa: E501 (a pattern reads better whole)
        return re.compile(rf"(?<![\w])(?P<name>{tail})[ ](?P<no>{number})(?:[ ]?bus[ ]?\d+)?")
    if language == "en":
        house = words_pattern(list(words.house_words))
        return re.compile(
            rf"(?<![\w])(?:(?:{house})[ ]\w{{1,5}},?[ ])?(?P<no>\d{{1,5}}[a-z]?)[ ,]{{1,2}}(?P<name>(?:[\w'.\-]{{2,20}}[ ]){{1,3}}(?:{streets}))(?!\w)\.?(?:,?[ ](?=[a-z]{{3,20}},?[ ][a-z]{{1,2}}\d)[a-z]{{3,20}},?)?"  # noqa: E501 (a pattern reads better whole)
        )
    house = words_pattern(list(words.house_words))
    if language == "fr":
        return re.compile(
            rf"(?<![\w])(?P<no>\d{{1,4}}(?:[ ]?[-/][ ]?\d{{1,4}})?(?:[ ]?(?:bis|ter))?)[ ,]{{1,3}}(?P<name>(?:{streets})\.?[ ](?:[\w'’.\-]+[ ]?){{1,6}})"  # noqa: E501 (a pattern reads better whole)
        )
    return re.compile(
        rf"(?<![\w])(?P<name>(?:{streets})(?![a-z])\.?[ ](?:[\w'’.\-]+[ ]?){{1,6}}?)[ ,]{{0,3}}(?P<no>(?:n[.°oº]{{1,2}}[ ]?)?{number}|s/n)(?P<more>(?:,?[ ]{{0,2}}(?:\d{{1,3}}[.ºª°]{{0,2}}[ ]?[a-z]{{0,4}}|{house})\.?(?![\w])){{0,4}})"  # noqa: E501 (a pattern reads better whole)
    )


def _streets(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield street addresses: a street word, a capitalised name and a house number, in the order of the language."""
    for match in _street_pattern(language).finditer(low):
        start, end = match.span()
        name = text[match.start("name") : match.end("name")]
        if not any(c.isupper() for c in name) or "\n" in text[start:end]:
            continue
        if language in ("de", "nl"):
            first = re.search(_CAP, name)
            if not first:
                continue
            tail = low[match.start("name") : match.end("name")]
            if re.match(
                r"\s?(?:mm|cm|ml|mg|h\b|uhr|%|x\b|tag|jahr|woch|monat|std|dagen|jaar|wk|\.\d)", low[end:]
            ) or re.search(r"(?:befund|zeitpunkt|verlauf)", tail):
                continue
            if is_ordinary(re.split(r"[ ]", tail)[-1], language):
                continue
            if not re.match(r"(?:am|im|an der|in der|auf der|zum|zur|aan de|op de)[ ]", tail):
                start = match.start("name") + first.start()
            elif not re.match(r"[ ,]{1,3}\d{4,5}|[ ]?,", low[end:]):
                continue
        if language == "en" and not name[0].isupper() and not name[0].isdigit():
            continue
        if language == "fr":
            end = _street_end(text, match.start("name"), match.end("name"))
            if " " not in text[match.start("name") : end].strip():
                continue
        if language in ("es", "it", "pt", "pl") and not _real_street(text, match):
            continue
        yield Span(start, end, Category.LOCATION, "street")


def _street_end(text: str, start: int, end: int) -> int:
    """Return where a French street name ends: its words are capitalised or small particles."""
    last = start
    for k, match in enumerate(re.finditer(r"[\w'’.\-]+", text[start:end])):
        word = match[0]
        particle = plain(word) in (
            "de",
            "du",
            "des",
            "la",
            "le",
            "les",
            "l",
            "d",
            "et",
            "sur",
            "aux",
            "au",
            "en",
            "s",
        ) or plain(word).startswith(("d'", "l'", "d’", "l’"))
        if k == 0 or word[0].isupper():
            last = start + match.end()
        elif not particle:
            break
    return last


def _real_street(text: str, match: re.Match[str]) -> bool:
    """Tell whether the word after a street word is a name: `via aérea` and `r 2` are none."""
    after = re.sub(r"^\S+\s*", "", text[match.start("name") : match.end("name")])
    words = re.findall(r"[^\W\d_]+", after)
    return (
        bool(words)
        and any(w[0].isupper() and len(w) > 1 for w in words)
        and all(len(w) < 25 for w in words)
        and (words[0][0].isupper() or plain(words[0]) in _SMALL_WORDS or words[0] in ("los", "las", "el", "a", "o"))
    )


@cache
def _postcode_pattern(language: str) -> re.Pattern[str]:
    town = rf"(?P<town>[ ]{{1,2}}(?!{_NO_TOWN}){_CAP}(?:(?<![a-zà-ÿ]{{4}}\.)[ \-](?!{_NO_TOWN})(?:{_CAP}|de|la|del|am|an|der|im|sur|s/|les|le|di|a|du|en|upon)(?![\w])){{0,4}})?"  # noqa: E501 (a pattern reads better whole)
    shapes = {
        "de": r"(?:[DA]-)?\d{4,5}", "fr": r"(?:F-)?\d{5}|B-\d{4}", "es": r"(?:E-)?\d{5}", "it": r"\d{5}",
        "nl": r"[1-9]\d{3}[ ]?[A-Z]{2}(?![A-Za-z])", "pt": r"\d{4}-\d{3}|\d{5}-\d{3}", "pl": r"\d{2}-\d{3}",
        "en": r"[A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}|[A-Z]{2}[ ]\d{5}(?:-\d{4})?",
    }  # fmt: skip
    return re.compile(rf"(?<![\w,.+/\-])(?P<code>{shapes[language]})(?![\w/]|[.,]\d){town}")


_POSTCODE_LABEL = re.compile(
    r"(?:cp|c\.p|plz|codigo postal|cod\. postal|zip|postcode|code postal|cap|kod pocztowy|cep)[.:]?\s{0,2}$"
)
_UNIT_AFTER = re.compile(
    r"\s?(?:mm|cm|ml|mg|kg|g/|/|%|ui\b|u/|iu|cells|celulas|leuco|plaq|mg|mcg|mmol|copias|x\b|pg|ng|mil\b|leu)"
)


def _postcodes(text: str, low: str, language: str) -> Iterator[Span]:
    """Yield postcodes with their town; a bare number needs a town or a label."""
    for match in _postcode_pattern(language).finditer(text):
        code, town = match["code"], match["town"]
        labelled = _POSTCODE_LABEL.search(low[max(0, match.start() - 16) : match.start()])
        lettered = language in ("en", "nl", "pt", "pl")
        if not labelled and not lettered and not town:
            continue
        if _UNIT_AFTER.match(low, match.end("code")):
            continue
        if town and not labelled:
            first = plain(town.split()[0].strip(".,-"))
            if is_ordinary(first, language) or first in lexicon(language).stop:
                if not lettered:
                    continue
                town = None
        if (
            language == "de"
            and len(code.split("-")[-1]) == 4
            and plain((town or "x").split()[0]) not in gazetteers.load().towns
        ):
            continue
        end = match.end() if town else match.end("code")
        town_tail = re.match(r"[ ](?:cedex(?:[ ]\d{1,2})?|\([A-Z]{2}\))", low[end:]) or re.match(
            r"[ ]\([A-Z]{2}\)", text[end:]
        )
        yield Span(match.start(), end + (town_tail.end() if town_tail else 0), Category.LOCATION, "postcode")


_FIVE = re.compile(r"(?<![\w.,/+])(?<!\d-)(?:E-)?\d{5}(?![\w/]|[.,-]\d)")


def _postcodes_beside_towns(words: Sequence[Word], text: str, low: str) -> Iterator[Span]:
    """Yield five figures beside a known town, and the town: `28040, Madrid`, `Marseille, 13006`."""
    towns = gazetteers.load().towns
    for match in _FIVE.finditer(text):
        if _UNIT_AFTER.match(low, match.end()):
            continue
        for i, word in enumerate(words):
            if word.start > match.end() + 3:
                break
            if word.end < match.start() - 30 or not word.capital or word.word not in towns:
                continue
            length = _town_length(words, i, text, towns[word.word])
            if length is None or len(word.word) < 4:
                continue
            end = words[i + length - 1].end
            if re.fullmatch(r"[,.]?[ ]{1,2}", text[match.end() : word.start]) or re.fullmatch(
                r"[,.]?[ ]{1,2}(?:E-)?", text[end : match.start()]
            ):
                yield Span(
                    min(match.start(), word.start), max(match.end(), end), Category.LOCATION, "postcode and town"
                )


@cache
def _place_pattern(language: str) -> re.Pattern[str]:
    words = report_identifiers.load()[language]
    return re.compile(
        rf"(?<![\w])(?:{words_pattern([*words.place_before, *words.place_admitted])})(?:[ ]|:[ ]{{1,2}}|(?<=')|(?<=’))$"
    )


_DATELINE = re.compile(r",[ ]{1,2}(?:(?:le|li|den|am|dnia|dn\.|a|el|op|em|on)[ ]{1,2})?(?=\d{1,2}[. ]|\d{4}-)")


def _towns(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield towns: known ones behind a preposition or label, any capitalised word at the head of a date line."""
    towns = gazetteers.load().towns
    place = _place_pattern(language)
    for i, word in enumerate(words):
        if not word.capital:
            continue
        line_start = word.start == 0 or text[: word.start].rsplit("\n", 1)[-1].strip(" \t") == ""
        if line_start and not is_ordinary(word.word, language):
            dateline = _DATELINE.match(low, word.end)
            if dateline and any(d.start == dateline.end() for d in find_dates(text)):
                yield Span(word.start, word.end, Category.LOCATION, "date line")
                continue
        rests = towns.get(word.word)
        if not rests or is_eponym(word.word):
            continue
        length = _town_length(words, i, text, rests)
        if length is None or (length == 1 and (is_ordinary(word.word, language) or len(word.word) < 3)):
            continue
        if length == 1 and word.word in lexicon(language).stop:
            continue
        before = low[max(0, word.start - 30) : word.start]
        headed = re.search(r"(?:\s-\s|,\s)$", before) and re.match(r"\s*(?:\n|$)", text[words[i + length - 1].end :])
        announced = headed is not None or place.search(before) is not None
        long_name = length > 1 or len(word.word) > 5
        ends = re.match(r"\s?[,.;)?\n/(]|\s*$", text[words[i + length - 1].end :]) is not None
        if announced or (
            long_name
            and ends
            and not line_start
            and not word.shout
            and language != "de"
            and word.word not in gazetteers.load().given
        ):
            end = words[i + length - 1].end
            state = re.match(r", [A-Z]{2}(?![\w])", text[end:]) if language == "en" else None
            yield Span(word.start, end + (state.end() if state else 0), Category.LOCATION, "town")


def _town_length(words: Sequence[Word], i: int, text: str, rests: Sequence[tuple[str, ...]]) -> int | None:
    """Return how many words the longest town name that starts at word `i` has."""
    for rest in rests:
        if i + len(rest) >= len(words) + 0 and rest:
            continue
        if all(words[i + 1 + k].word == w for k, w in enumerate(rest)) and all(
            words[i + 1 + k].start - words[i + k].end <= 2 for k in range(len(rest))
        ):
            return 1 + len(rest)
    return None


@cache
def _label_words() -> frozenset[str]:
    """Return the words of address labels."""
    return frozenset(w for x in name_words.load().address_labels for w in re.findall(r"[^\W\d_]+", x))


@cache
def _address_pattern() -> re.Pattern[str]:
    labels = words_pattern(name_words.load().address_labels)
    return re.compile(
        rf"(?:^|\n|[ ]{{3}})[ \t]*(?:{labels})[ ]?:[ \t]{{0,3}}(?P<v>[^\n:]{{3,120}}?)[ .]*(?=\n|$|[ ]{{3}})"
    )


def _address_fields(low: str) -> Iterator[Span]:
    """Yield what stands behind an address label on its line."""
    for match in _address_pattern().finditer(low):
        yield Span(match.start("v"), match.end("v"), Category.LOCATION, "address field")
