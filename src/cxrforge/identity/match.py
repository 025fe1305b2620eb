"""Known identifiers found again in text, in whatever form they are written.

Names: accents folded (ö, oe, ß, ø), any order and case, initials with a surname, joined and hyphenated, inflected
(genitive, Polish cases), nicknames, small typos in long names. A name that is an everyday or clinical word (Small,
Lobo, Guz) needs a cue: a title, an initial or another name beside it, a sign-off line, or its capital inside a
sentence. Identifiers: separators dropped or added. Dates: every rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from cxrforge.identity.index import Index, index_of
from cxrforge.identity.text import Token, folded, key_of, tokens
from cxrforge.identity.values import find_emails, find_ids, find_initials, find_known_dates
from cxrforge.identity.variants import PARTICLES, deletes, typo_distance
from cxrforge.records import Category, KnownIdentifiers, Span
from cxrforge.tables import eponyms, ordinary_words, report_identifiers
from cxrforge.tables.report_words import plain

__all__ = ["find_known", "fold"]

_GAP = re.compile(r"[ \t\n,\-'’/]{0,3}|\.[ \-]?")


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics; of the same length."""
    return folded(text)


def find_known(text: str, known: KnownIdentifiers, language: str | None = None) -> list[Span]:
    """Return spans of `text` that hold a known identifier, sorted, not overlapping."""
    if not known or not text:
        return []
    index = index_of(known, language)
    low = folded(text)
    words = tokens(text, low)
    spans = [
        *_phrases(words, text, index),
        *_names(words, text, index, language),
        *find_initials(words, text, index),
        *find_ids(words, text, index),
        *find_emails(text, index),
        *find_known_dates(text, low, index),
    ]
    return merge(spans)


def merge(spans: Sequence[Span]) -> list[Span]:
    """Return spans sorted and without overlap; where two overlap, one span covers both and the longer one names it."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            main = last if last.end - last.start >= span.end - span.start else span
            merged[-1] = Span(last.start, max(last.end, span.end), main.category, main.evidence)
        else:
            merged.append(span)
    return merged


@cache
def title_words(language: str | None) -> frozenset[str]:
    """Return titles, plain, that announce a name: of the language and English, or of all; units are left out."""
    found: set[str] = set()
    tables = report_identifiers.load()
    for code in {language, "en"} if language else set(tables):
        for group in (tables[code].person_titles, tables[code].doctor_titles):
            found.update(re.sub(r"[\W_]", "", plain(w)) for w in group if " " not in w)
    return frozenset(found - {"mm", "m", "h", "d", "r", "due", "seu", "ca", "aa", "don", "kind", "arts"})


def _phrases(words: Sequence[Token], text: str, index: Index) -> list[Span]:
    spans: list[Span] = []
    if not index.phrases:
        return spans
    for i, token in enumerate(words):
        for keys, category in index.phrases.get(token.key, ()):
            if tuple(t.key for t in words[i : i + len(keys)]) != keys or not _close(words, i, len(keys)):
                continue
            if len(keys) == 1 and not text[token.start].isupper():
                continue
            if len(keys) == 1 and _is_eponym(words, i, text):
                continue
            spans.append(Span(token.start, words[i + len(keys) - 1].end, category, "known"))
            break
    return spans


def _close(words: Sequence[Token], at: int, count: int) -> bool:
    return all(words[k + 1].start - words[k].end <= 4 for k in range(at, at + count - 1))


def _names(words: Sequence[Token], text: str, index: Index, language: str | None) -> list[Span]:
    """Return person names: hits first, then weighed, then grown over initials and particles."""
    if not index.names:
        return []
    hits: dict[int, tuple[Category, str]] = {}
    for i, token in enumerate(words):
        hit = _lookup(token, text, index)
        if hit:
            hits[i] = hit
        elif i + 1 < len(words) and token.word.isalpha():
            both = key_of(token.word + words[i + 1].word)
            if both not in index.joins and both not in index.names:
                continue
            gap = text[token.end : words[i + 1].start]
            broken = gap in ("-\n", "-", "", "'", "’", " ", "- ", "\n", "-\r\n")
            category = index.joins.get(both) or (index.names.get(both) if gap.strip(" ") or len(both) > 5 else None)
            if broken and category and words[i + 1].word.isalpha():
                hits[i] = hits[i + 1] = (category, "known-joined" if "-" in gap or "\n" in gap else "known")
    spans = []
    kept = {i: hit for i, hit in hits.items() if _accept(i, hit, hits, words, text, language)}
    for i in [*kept]:
        for k, hit in _beside(i, words, text, index):
            kept.setdefault(k, hit)
    for i, (category, evidence) in kept.items():
        start, end = _grow(i, category, words, text, index)
        spans.append(Span(start, end, category, evidence))
    return _join_names(spans, text)


def _lookup(token: Token, text: str, index: Index) -> tuple[Category, str] | None:
    """Return what a token is: a known name, a form of one, or one with a typo."""
    if not token.word.isalpha():
        return None
    category = index.names.get(token.key)
    if category:
        return category, "known"
    category = index.joins.get(token.key)
    if category:
        return category, "known-joined"
    category = index.forms.get(token.key)
    if category:
        return category, "known-form"
    length = len(token.key)
    if length < 4 or (length < 8 and not text[token.start].isupper()) or _is_usual(token.word):
        return None
    return _misspelt(token, index, short=False)


def _misspelt(token: Token, index: Index, *, short: bool) -> tuple[Category, str] | None:
    """Return the name that a token is with a slip of the keys; `short` takes names of three letters too."""
    for written in (token.key, token.word) if token.key != token.word else (token.key,):
        length = len(written)
        for shorter in deletes(written, 1 if length < 9 else 2):
            for form in index.typos.get(shorter, ()):
                longest = max(len(form), length)
                allowed = typo_distance(longest) or int(short and longest > 2)
                if abs(len(form) - length) <= allowed and OSA.distance(form, written, score_cutoff=allowed) <= allowed:
                    return index.names.get(form) or index.names[key_of(form)], "known-typo"
    return None


def _beside(i: int, words: Sequence[Token], text: str, index: Index) -> Iterator[tuple[int, tuple[Category, str]]]:
    """Yield the words on either side of a found name that are another known name with a slip of the keys."""
    token = words[i]
    for k in (i - 1, i + 1):
        if not 0 <= k < len(words):
            continue
        other = words[k]
        gap = text[min(token.end, other.end) : max(token.start, other.start)]
        if gap not in (" ", "\n", ", ", "-", ",", "-\n", "'", "’") or not other.word.isalpha() or len(other.word) < 3:
            continue
        capital = text[other.start].isupper()
        if capital != text[token.start].isupper() and gap not in ("-", "'", "’"):
            continue
        if _is_usual(other.word) and (not capital or gap == "\n" or text[other.start : other.end].isupper()):
            continue
        hit = _misspelt(other, index, short=True)
        if hit:
            yield k, hit


@lru_cache(maxsize=50_000)
def _is_usual(word: str) -> bool:
    """Tell whether a plain word is an everyday or clinical word of any language, so that no typo makes a name of it."""
    return ordinary_words.load().is_ordinary(word)


def _accept(
    i: int,
    hit: tuple[Category, str],
    hits: dict[int, tuple[Category, str]],
    words: Sequence[Token],
    text: str,
    language: str | None,
) -> bool:
    """Weigh a hit: what is also an everyday or clinical word, short, inflected or misspelt needs a cue."""
    token, evidence = words[i], hit[1]
    if evidence == "known-joined":
        return True
    ordinary = ordinary_words.load()
    capital = text[token.start].isupper()
    cue = _has_cue(i, hits, words, text, language)
    if _is_eponym(words, i, text) and not cue:
        return False
    if cue == "title":
        return capital or evidence == "known" or not ordinary.is_ordinary(token.word)
    common = ordinary.is_ordinary(token.word, language) or (
        language != "en" and token.word in ordinary.by_language["en"] and not capital
    )
    if evidence == "known-typo":
        if common or ordinary.is_ordinary(token.word):
            return False
        return bool(cue) or (capital and len(token.word) > 4) or len(token.word) > 7
    if evidence == "known-form":
        if common or len(token.word) < 4:
            return bool(cue) and capital
        return capital or bool(cue)
    if len(token.word) < 3:
        return bool(cue) and capital
    if not common:
        return True
    if not capital:
        if cue == "neighbour":
            beside = [words[k].word for k in (i - 1, i + 1) if k in hits]
            return any(not ordinary.is_ordinary(w, language) for w in beside)
        return cue in ("sign-off", "attached")
    if cue:
        return True
    return language != "de" and not _starts_sentence(i, words, text) and not _shouting_around(i, words, text)


def _has_cue(
    i: int, hits: dict[int, tuple[Category, str]], words: Sequence[Token], text: str, language: str | None
) -> str:
    """Return what beside a token says that it is a name: a title, a neighbour, an initial, a sign-off line."""
    token = words[i]
    if i:
        before = words[i - 1]
        gap = text[before.end : token.start]
        if before.word in title_words(language) and len(gap) <= 3 and "\n" not in gap:
            return "title"
        if i > 1 and before.word in PARTICLES and words[i - 2].word in title_words(language):
            return "title"
        if len(before.word) == 1 and before.word.isalpha() and gap == ".":
            return "attached"
        if len(before.word) == 1 and before.word.isalpha() and text[before.start].isupper() and gap in (". ", ".", " "):
            return "initial"
        if i - 1 in hits and _GAP.fullmatch(gap):
            return "neighbour"
        k = i - 1
        while k >= max(0, i - 4) and (words[k].word in PARTICLES or words[k].word in ("v", "d")):
            k -= 1
        if 0 <= k < i - 1 and k in hits and text[words[k].end : words[k + 1].start] in (" ", ", "):
            return "neighbour"
    k = i + 1
    while k < min(i + 4, len(words)) and (words[k].word in PARTICLES or words[k].word in ("v", "d")):
        k += 1
    if i + 1 < k < len(words) and k in hits and text[words[k - 1].end : words[k].start] in (" ", ". ", ".", "-"):
        return "neighbour"
    if i + 1 < len(words):
        after = words[i + 1]
        gap = text[token.end : after.start]
        if i + 1 in hits and _GAP.fullmatch(gap):
            return "neighbour"
        initial = len(after.word) == 1 and text[after.start].isupper() and text[after.end : after.end + 1] == "."
        if initial and gap in (" ", ", "):
            return "initial"
    return "sign-off" if _in_signature(token, text) else ""


def _in_signature(token: Token, text: str) -> bool:
    """Tell whether a token stands in a short last line of the text, where readers sign."""
    if len(text) - token.end > 120:
        return False
    start = text.rfind("\n", 0, token.start) + 1
    end = text.find("\n", token.end)
    line = text[start : end if end >= 0 else len(text)]
    lower = sum(w[0].islower() for w in re.findall(r"[^\W\d_]{3,}", line))
    return start > 0 and lower <= 1 and len(line) <= 80


def _is_eponym(words: Sequence[Token], i: int, text: str) -> bool:
    """Tell whether a name here is a sign, disease or device (`Foley catheter`, `linee di Kerley`)."""
    table = eponyms.load()
    if i + 1 < len(words) and table.makes_eponym(words[i + 1].word):
        gap = text[words[i].end : words[i + 1].start]
        if gap in (" ", "-", "'s ", "’s ", "- ", " B-", "-B-"):
            return True
    if (
        i > 1
        and words[i - 1].word in ("di", "de", "d", "van", "da", "do", "of", "du", "a")
        and table.makes_eponym(words[i - 2].word)
    ):
        return True
    return bool(i and words[i - 1].word in ("morbus", "m", "mb", "maladie") and words[i].word in table.names)


def _starts_sentence(i: int, words: Sequence[Token], text: str) -> bool:
    if i == 0:
        return True
    gap = text[words[i - 1].end : words[i].start]
    return any(c in gap for c in '.!?:\n•*;-–¿¡"')


def _shouting_around(i: int, words: Sequence[Token], text: str) -> bool:
    """Tell whether the words around are in capitals, so that a capital says nothing."""
    around = [w for w in words[max(0, i - 2) : i + 3] if len(w.word) > 2]
    return bool(around) and all(text[w.start : w.end].isupper() for w in around)


def _grow(i: int, category: Category, words: Sequence[Token], text: str, index: Index) -> tuple[int, int]:
    """Return a name's span grown over its initials (`J.`, `Th.`), particles (`v.d.`) and a genitive `'s`."""
    start, end = words[i].start, words[i].end
    letters = index.first_letters.get(category, set())
    k = i - 1
    while k >= 0:
        token, gap = words[k], text[words[k].end : start]
        if not re.fullmatch(r"\.?[ \-]?|\. ?|'|’", gap):
            break
        dotted = gap.startswith(".")
        initial = (
            len(token.word) == 1
            and text[token.start].isupper()
            and (token.word in letters or (dotted and token.word not in ("d", "p", "m")))
        )
        short = (
            dotted
            and token.word in index.abbreviations
            and text[token.start].isupper()
            and token.word not in title_words(None)
        )
        particle = token.word in index.particles or (token.word in ("v", "d") and not text[token.start].isupper())
        attached = len(token.word) == 1 and gap == "." and token.word in letters  # f.bosse
        if not (initial or attached or short or particle):
            break
        start, k = token.start, k - 1
    k = i + 1
    while k < len(words):
        token, gap = words[k], text[end : words[k].start]
        if not re.fullmatch(r"\.?,?[ \-]", gap):
            break
        alone = (
            text[token.end : token.end + 1] in (".", "")
            or not text[token.end : token.end + 2].strip()
            or text[token.end] in ",;)\n/"
        )
        if not (len(token.word) == 1 and text[token.start].isupper() and token.word in letters and alone):
            break
        end, k = token.end, k + 1
        if text[end : end + 1] == ".":
            end += 1
    return start, end


def _join_names(spans: list[Span], text: str) -> list[Span]:
    """Join name spans of one category that only a blank, comma or hyphen parts."""
    joined_spans: list[Span] = []
    for span in sorted(spans):
        last = joined_spans[-1] if joined_spans else None
        if last and span.start <= last.end:
            joined_spans[-1] = Span(last.start, max(last.end, span.end), last.category, last.evidence)
        elif (
            last
            and last.category == span.category
            and re.fullmatch(r",?[ \-\n]{1,2}|\.[ -]?", text[last.end : span.start])
        ):
            joined_spans[-1] = Span(last.start, span.end, last.category, last.evidence)
        else:
            joined_spans.append(span)
    return joined_spans
