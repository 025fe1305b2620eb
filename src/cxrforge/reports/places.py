"""Hospitals, wards, streets, postcodes and towns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from cxrforge.identity.dates import find_dates
from cxrforge.records import Category, Span
from cxrforge.reports.names import Word, is_eponym, is_ordinary, lexicon
from cxrforge.reports.patterns import words_pattern
from cxrforge.tables import gazetteers, name_words, report_identifiers
from cxrforge.tables.report_words import plain

_CAP = r"(?:[A-ZÀ-ÖØ-ÞĀ-ŽŁŚŻŹ][\w'’.\-]*)"


def find_places(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield institutions and addresses."""
    yield from _institutions(words, text, low, language)
    yield from _streets(text, low, language)
    yield from _postcodes(text, low, language)
    yield from _towns(words, text, low, language)
    yield from _announced(words, text, low, language)
    yield from _address_fields(low)


_GENERIC = name_words.load().generic_institutions


@cache
def _institution_pattern(language: str) -> re.Pattern[str]:
    """Return a pattern for the language's institution words, and the unmistakable ones of every language."""
    tables = report_identifiers.load()
    words = [*tables[language].institution_words]
    words += [
        w for table in tables.values() for w in table.institution_words if len(w) > 5 and plain(w) not in _GENERIC
    ]
    return re.compile(rf"(?<![\w-])(?:{words_pattern(words)})(?![\w])\.?")


@cache
def _tails(language: str) -> frozenset[str]:
    return frozenset(plain(w) for w in report_identifiers.load()[language].institution_tails)


_LOWER_WORDS = frozenset(
    (
        "de",
        "del",
        "la",
        "di",
        "du",
        "des",
        "van",
        "der",
        "den",
        "of",
        "the",
        "and",
        "y",
        "e",
        "et",
        "da",
        "do",
        "dos",
        "das",
        "im",
        "am",
        "in",
        "w",
    )
)


def _institutions(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield institution words with the proper name before or after them."""
    starts = {w.start: i for i, w in enumerate(words)}
    ends = {w.end: i for i, w in enumerate(words)}
    for match in _institution_pattern(language).finditer(low):
        first = starts.get(match.start())
        last = ends.get(match.end()) if match.end() in ends else ends.get(match.end() - 1)
        if first is None or last is None:
            continue
        generic = match[0].strip(".") in _GENERIC
        left = _leftward(words, first, text, language) if language in ("en", "de", "nl") else first
        right = _rightward(words, last, text, low, language, strict=generic)
        named = left < first or right > last
        if named and (words[first].capital or left < first or language in ("pl", "fr", "es", "it", "pt", "nl")):
            if generic and not words[first].capital and (left < first or language not in ("fr", "nl")):
                continue
            yield Span(words[left].start, words[right].end, Category.HOSPITAL, "institution")


def _leftward(words: Sequence[Word], first: int, text: str, language: str) -> int:
    """Return the index of the first capitalised word of a proper name before an institution word."""
    k = first
    while k > 0:
        before = words[k - 1]
        gap = text[before.end : words[k].start]
        if not re.fullmatch(r"[ ]|\. |[-’']|['’]s |, ", gap) or gap == ", " or first - k > 4:
            break
        if before.word in ("of", "and", "s", "st") and k > 1 and words[k - 2].capital and before.word != "and":
            k -= 1
            continue
        if not before.capital or (len(before.word) == 1 and gap == ". "):
            break
        if before.word in lexicon(language).function or before.word in lexicon(language).doctor_titles:
            break
        if language == "de" and is_ordinary(before.word, language) and gap != "-":
            break
        k -= 1
    while k < first and words[k].word in ("of", "and", "s", "the"):
        k += 1
    proper = [
        w
        for w in words[k:first]
        if not is_ordinary(w.word, language)
        or w.word in ("royal", "st", "general", "memorial", "north", "south", "east", "west", "good", "mercy", "grace")
    ]
    return k if proper else first


def _rightward(words: Sequence[Word], last: int, text: str, low: str, language: str, strict: bool) -> int:
    """Return the index of the last word of a proper name after an institution word."""
    tails = _tails(language)
    k, best, proper = last, last, 0
    while k + 1 < len(words) and k - last < 9:
        after = words[k + 1]
        gap = text[words[k].end : after.start]
        if not re.fullmatch(r"[ ]{1,2}|\. ?|[-’']|['’]|, (?=Navan)|[ ][«\"„]", gap):
            break
        if gap.startswith(".") and len(words[k].word) > 3:
            break
        if after.word in tails and not (after.capital and after.shout and len(after.word) > 3):
            k += 1
            continue
        if not after.capital:
            break
        if after.word in lexicon(language).doctor_titles or (
            after.word in lexicon(language).titles and after.word not in ("d",)
        ):
            break
        k += 1
        best = k
        proper += (
            not is_ordinary(after.word, language)
            and not is_eponym(after.word)
            and after.word not in lexicon(language).function
        )
    if proper == 0 and best - last < 2:
        return last
    if proper == 0:
        return last
    number = (
        re.match(r"[ ](?:nr[ ]|n[°º][ ])?\d{1,3}(?!\d|[.,/]\d)", low[words[best].end :])
        if language in ("de", "pl")
        else None
    )
    if number and strict:
        return best
    return best


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
        if language == "fr":
            end = _street_end(text, match.start("name"), match.end("name"))
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
        and (words[0][0].isupper() or plain(words[0]) in _LOWER_WORDS or words[0] in ("los", "las", "el", "a", "o"))
    )


@cache
def _postcode_pattern(language: str) -> re.Pattern[str]:
    town = rf"(?P<town>[ ]{{1,2}}{_CAP}(?:[ \-](?:{_CAP}|de|la|del|am|an|der|im|sur|s/|les|le|di|a|du|en|upon)(?![\w])){{0,4}})?"  # noqa: E501 (a pattern reads better whole)
    shapes = {
        "de": r"(?:[DA]-)?\d{4,5}", "fr": r"(?:F-)?\d{5}|B-\d{4}", "es": r"\d{5}", "it": r"\d{5}",
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
        if not rests:
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
def _address_pattern() -> re.Pattern[str]:
    labels = words_pattern(name_words.load().address_labels)
    return re.compile(
        rf"(?:^|\n|[ ]{{3}})[ \t]*(?:{labels})[ ]?:[ \t]{{0,3}}(?P<v>[^\n:]{{3,120}}?)[ .]*(?=\n|$|[ ]{{3}})"
    )


def _address_fields(low: str) -> Iterator[Span]:
    """Yield what stands behind an address label on its line."""
    for match in _address_pattern().finditer(low):
        yield Span(match.start("v"), match.end("v"), Category.LOCATION, "address field")


_SAINT = re.compile(
    r"(?<![\w.])(?:St\.?|Saint|Sainte|Ste|Sint|San|Santa|Santo|São|Sankt|Św\.|Sant['’])[ \-]?(?P<n>[A-ZÀ-ÖØ-ÞŁŚŻ][^\W\d_]{2,}(?:['’]s)?)"  # noqa: E501 (a pattern reads better whole)
)
_AFTER_DATE = re.compile(
    r"(?:(?:19|20)\d\d|['’/.-]\d\d)\)?[ ]?(?:[,][ ]|[(])(?P<n>[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’\-]{3,}(?:[ ](?:(?:de|del|della|van|der|la|du|of)[ ])?[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’\-]+){0,3})\)"  # noqa: E501 (a pattern reads better whole)
)
_AT = {
    "en": r"(?:(?:seen|treated|admitted|evaluated|managed|followed|diagnosed|presented|presenting|visited|performed|referred|transferred|discharged|tx'd|hospitalized|consulted|residing|stayed|operated|biopsy|film|tests|conducted|appointment|visit|care|surgery|notes|compare|compared)[ ](?:(?:up|back|in|last|also)[ ])?(?:at|@|to|from|by|in)|compared? with|(?<=[ ])(?:at|@)|lives in|near|resident of|patient from|(?<=[a-z.] )from)[ ](?:the[ ]|our[ ])?",  # noqa: E501 (a pattern reads better whole)
    "de": r"(?:wohnhaft in|klinik in|wohnt in)[ ]",
    "fr": r"(?:\ba|aux|clinique|hopital|suivi(?:e)? (?:a|au)|clinique de|region de|maire de|de la ville de|vers|suivi a)[ ]",  # noqa: E501 (a pattern reads better whole)
    "es": r"(?:residente en|natural de|vecin[oa] de|procedente de|vive en)[ ]",
    "it": r"(?:residente (?:a|in)|nat[oa] a|presso(?: il| la| l')?|tc al|eseguit[oa] a|ricoverat[oa] a)[ ']",
    "nl": r"(?:(?<![a-z])te|foto van|opname|uit|ct|(?<=,)|azc|verpleeghuis|ziekenhuis)[ ]",
    "pt": r"(?:residente em|natural de|reside em|mora em|transferid[oa] d[oe])[ ]",
    "pl": r"(?:zam\. w|mieszka w|zamieszka\w+ w|szpital\w* w|ur\. w)[ ]",
}
"""Words that announce a place, over folded text; the capitalised words behind them are its name."""
_NO_PLACE = re.compile(
    r"^(?:[A-Z]{1,3}\d*|ICU|CICU|ER|ED|MRI|EAP|NYHA|TNM|CTR|LSD|LID|LSI|LII|CDC|FDA|ACC|AHA|ADA|WHO|NHS|UTI|UCI)$"
)


@cache
def _at_pattern(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_AT[language]}")


def _announced(words: Sequence[Word], text: str, low: str, language: str) -> Iterator[Span]:
    """Yield places by what announces them: `seen at Cedar Sinai`, `St Asaph`, `Juli 2021, Charité)`."""
    starts = {w.start: i for i, w in enumerate(words)}
    for match in _SAINT.finditer(text):
        name = low[match.start("n") : match.end("n")]
        if not is_ordinary(name.removesuffix("'s"), language):
            yield Span(match.start(), match.end(), Category.HOSPITAL, "saint")
    for match in _AFTER_DATE.finditer(text):
        first = low[match.start("n") : match.end("n")].split()[0]
        if not is_ordinary(first, language):
            yield Span(match.start("n"), match.end("n"), Category.HOSPITAL, "behind a date")
    for match in _at_pattern(language).finditer(low):
        at = starts.get(match.end())
        if at is None or not words[at].capital:
            continue
        k = at
        while k < len(words) and k - at < 5 and _goes_on(words, text, at, k, language):
            k += 1
        while k > at and words[k - 1].word in _LOWER_WORDS:
            k -= 1
        proper = [w for w in words[at:k] if not is_ordinary(w.word, language) or w.word in _PROPER]
        raw = text[words[at].start : words[k - 1].end] if k > at else ""
        if proper and not _NO_PLACE.match(raw) and len(raw) > 2:
            category = Category.HOSPITAL if language == "en" else Category.LOCATION
            yield Span(words[at].start, words[k - 1].end, category, "announced place")


_PROPER = frozenset(
    (
        "general",
        "memorial",
        "central",
        "cedar",
        "royal",
        "mercy",
        "north",
        "south",
        "east",
        "west",
        "national",
        "boston",
        "grand",
        "elm",
    )
)


def _goes_on(words: Sequence[Word], text: str, at: int, k: int, language: str) -> bool:
    """Tell whether a place's name goes on with word `k`."""
    word = words[k]
    lex = lexicon(language)
    gap = text[words[k - 1].end : word.start] if k > at else ""
    if k > at and not re.fullmatch(r"[ ]|\. |-|['’]", gap):
        return False
    if (gap == ". " and len(words[k - 1].word) > 2) or len(set(word.word)) == 1:
        return False
    if k > at and word.word in _LOWER_WORDS and k + 1 < len(words) and words[k + 1].capital:
        return True
    if not word.capital or word.word in lex.titles or word.word in lex.doctor_titles or word.word in lex.calendar:
        return False
    return word.word not in lex.function or k > at
