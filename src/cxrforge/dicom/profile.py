"""The profile at work: every element of an object, at any depth, meets its row of Table E.1-1 or a rule of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from pydicom._dicom_dict import DicomDictionary

from cxrforge.dicom.charsets import Charset, charset_of
from cxrforge.dicom.cleaning import Strictness, clean_text, code_mentions
from cxrforge.dicom.elements import PIXEL_DATA, TEXT_VRS, Element, Extent, Source
from cxrforge.dicom.header import FULL_DATES, MODIFIED_DATES, Policy, Rule, Rules, rules_for
from cxrforge.dicom.telling import telling_words
from cxrforge.dicom.values import DUMMIES, WIDTHS, map_uids, shift_value, well_formed
from cxrforge.pseudonym import Pseudonymizer
from cxrforge.records import ElementAction, KnownIdentifiers
from cxrforge.tables import codes, profile_additions, safe_private
from cxrforge.tables.iods import Iod, Node

CHARACTER_SET = 0x00080005
PATIENT_NAME, PATIENT_ID, ISSUER_OF_PATIENT_ID, PATIENT_AGE = 0x00100010, 0x00100020, 0x00100021, 0x00101010
CODE_VALUE, SCHEME, MEANING = 0x00080100, 0x00080102, 0x00080104
CODE_VALUES = frozenset({CODE_VALUE, 0x00080119, 0x00080120, SCHEME, 0x00080103})

FREE_TEXT = frozenset({"LO", "SH", "ST", "LT", "UT", "UC"})
MULTIPLE_TEXT = frozenset({"LO", "SH", "UC"})
TIMES = frozenset({"DA", "DT", "TM"})
SHAPED = frozenset({"CS", "DS", "IS", "AS"})
LONGEST_TEXT = 1 << 22
BULK = PIXEL_DATA | {
    0x00283006,
    *range(0x00281201, 0x00281204),
    *range(0x00281221, 0x00281224),
    0x7FE00001,
    0x7FE00002,
}
"""Bulk data with a rule to stay: pixel data, its offset tables, lookup tables."""

CLEAN_TERMS = {0x04000565: (b"COERCE", b"CORRECT")}
"""Defined terms of coded strings that a row wants cleaned: Reason for the Attribute Modification (PS3.3 C.12.1)."""

OUR_OWN = frozenset({CHARACTER_SET, 0x00120062, 0x00120063, 0x00120064, 0x00280303})
"""Attributes of the output that are written anew: its character set and what it says of its de-identification."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where elements stand: the path to them, what the IOD puts there, and the character set in force."""

    path: str
    node: Node | None
    charset: Charset
    standard_code: bool = False


@dataclass(slots=True)
class Walk:
    """One pass over one object; collects what was done to each element."""

    policy: Policy
    iod: Iod
    pseudonyms: Pseudonymizer
    patient: str
    patient_id: str  # the original one
    known: KnownIdentifiers
    data: Source
    actions: list[ElementAction] = field(default_factory=list)
    rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = rules_for(self.policy)

    def top(self, elements: list[Element], charset: Charset) -> list[Element]:
        """Return the cleaned data set, in the order of its tags."""
        return self._dataset(elements, Place("", self.iod.root, charset))

    @property
    def _shift(self) -> timedelta:
        return self.pseudonyms.date_shift(self.patient)

    def _dataset(self, elements: list[Element], place: Place) -> list[Element]:
        out: dict[int, Element] = {}
        meaning = _standard_meaning(elements)
        if meaning is not None:
            place = Place(place.path, place.node, place.charset, True)
        for element in elements:
            if element.tag >> 16 & 1:
                continue
            kept = self._element(element, place)
            if kept is not None:
                out.setdefault(kept.tag, kept)
        for kept in self._private([e for e in elements if e.tag >> 16 & 1], place):
            out.setdefault(kept.tag, kept)
        if meaning is not None and MEANING in out:
            out[MEANING] = Element(MEANING, "LO", b"", meaning, True)
        return [out[tag] for tag in sorted(out)]

    def _items(self, element: Element, children: Node | None, place: Place) -> Element:
        items = []
        for number, item in enumerate(element.value if isinstance(element.value, list) else []):
            own = [e.value for e in item if e.tag == CHARACTER_SET and isinstance(e.value, bytes)]
            charset = charset_of(own[0]) if own else place.charset
            path = f"{place.path}{tag_text(element.tag)}[{number}]."
            items.append(self._dataset(item, Place(path, children, charset)))
        return Element(element.tag, "SQ", items)

    def _log(self, tag: int, place: Place, action: str, rule: str) -> Element | None:
        """Note what is done to an element; return None, which is what is left of one that is removed."""
        self.actions.append(ElementAction(place.path + tag_text(tag), action, rule))
        return None

    def _element(self, element: Element, place: Place) -> Element | None:
        tag = element.tag
        group = tag >> 16
        rules = self.rules
        if not tag & 0xFFFF:
            return self._log(tag, place, "remove", "group length")
        if tag in OUR_OWN:
            return None
        if group < 8 and group != 4:
            return self._log(tag, place, "X", "no data set holds commands or file meta information")
        if group >> 8 == 0x50:
            return self._log(tag, place, "X", rules.patterns["curve"].source)
        if group >> 8 == 0x60:
            return self._log(tag, place, "X", rules.patterns["overlay-data"].source)
        kind, children = place.node.get(tag, ("", None)) if place.node else ("", None)
        vr = _expected_vr(element)
        rule = rules.by_tag.get(tag)
        if rule is None:
            return self._by_rule(element, vr, kind, children, place)
        return self._by_row(element, vr, rule, kind, children, place)

    def _private(self, elements: list[Element], place: Place) -> list[Element]:
        """Return the safe private elements and their creators, where the policy retains them."""
        rule = self.rules.patterns["private"]
        creators = {
            (e.tag >> 16, e.tag & 0xFF): e.value.decode("latin-1").strip(" \0")
            for e in elements
            if 0x10 <= e.tag & 0xFFFF <= 0xFF and isinstance(e.value, bytes)
        }
        kept: dict[int, Element] = {}
        for element in elements if rule.action == "C" else ():
            block = (element.tag >> 16, element.tag >> 8 & 0xFF)
            safe = self._safe_private(element, creators.get(block, ""))
            if safe is not None:
                creator = block[0] << 16 | block[1]
                kept[element.tag] = safe
                kept[creator] = Element(creator, "LO", creators[block].encode())
        for element in elements:
            stays = element.tag in kept
            self._log(element.tag, place, "C" if stays else "X", rule.source if stays else "E.1-1 (private)")
        return list(kept.values())

    def _safe_private(self, element: Element, creator: str) -> Element | None:
        """Return an element that the table of safe private attributes names, with a value of the shape it promises."""
        vr = safe_private.load().get((creator, element.tag >> 16, element.tag & 0xFF))
        if vr is None or element.vr not in (vr, "UN") or not isinstance(element.value, bytes):
            return None
        value = element.value
        if vr in WIDTHS:
            return Element(element.tag, vr, value) if len(value) == WIDTHS[vr] else None
        shaped = well_formed(vr, value) and not self._tells(vr, value)
        return Element(element.tag, vr, value) if shaped and element.tag & 0xFF00 else None

    # rows of Table E.1-1

    def _by_row(
        self, element: Element, vr: str, rule: Rule, kind: str, children: Node | None, place: Place
    ) -> Element | None:
        if rule.action == "K":
            kept = self._keep(element, vr, kind, children, place)
        elif rule.action == "C":
            kept = self._clean(element, vr, kind, children, place)
        else:
            kept = self._basic(element, vr, rule.action, rule.source, kind, children, place)
            return kept
        if kept is None:
            fallback = "Z" if kind.startswith("2") else "D" if kind.startswith("1") else "X"
            return self._basic(element, vr, fallback, f"{rule.source}: not a value to keep", kind, children, place)
        self._log(element.tag, place, rule.action, rule.source)
        return kept

    def _basic(
        self, element: Element, vr: str, action: str, source: str, kind: str, children: Node | None, place: Place
    ) -> Element | None:
        letter = resolve(action, kind)
        self._log(element.tag, place, letter, source)
        if letter == "X":
            return None
        if letter == "U":
            if vr == "SQ":
                return self._items(element, children, place)
            value = self._bytes(element)
            return Element(element.tag, vr, map_uids(value or b"", self.pseudonyms.uid), ours=True)
        if element.tag in (PATIENT_NAME, PATIENT_ID) and (not place.path or element.tag == PATIENT_ID):
            return Element(element.tag, vr, self._patient(element, place).encode(), ours=True)
        if letter == "Z" and not kind.startswith("1"):
            return Element(element.tag, vr, [] if vr == "SQ" else b"")
        return self._dummy(element, vr, children)

    def _patient(self, element: Element, place: Place) -> str:
        if not place.path:
            return self.patient
        original = place.charset.decode(self._bytes(element) or b"").strip(" \0")
        if original == self.patient_id or not original:
            return self.patient if original else ""
        return self.pseudonyms.patient(original, "", self.policy.site)

    def _dummy(self, element: Element, vr: str, children: Node | None) -> Element:
        """Return a value that is valid for the VR and says nothing."""
        if vr == "UI":
            value = self._bytes(element) or b"0"
            return Element(element.tag, vr, map_uids(value, self.pseudonyms.uid), ours=True)
        if vr != "SQ":
            return Element(element.tag, vr, DUMMIES.get(vr, b""), ours=True)
        if _keyword(element.tag).endswith("CodeSequence"):
            return Element(element.tag, "SQ", [_dummy_code()])
        required = [
            self._dummy(Element(tag, _dictionary(tag), b""), _dictionary(tag), below)
            for tag, (kind, below) in sorted((children or {}).items())
            if kind == "1"
        ]
        return Element(element.tag, "SQ", [required])

    def _keep(self, element: Element, vr: str, kind: str, children: Node | None, place: Place) -> Element | None:
        """Return the element as it is where its value is what its VR promises; sequences are kept cleaned."""
        if vr == "SQ":
            return self._items(element, children, place)
        value = self._bytes(element)
        if value is None or not well_formed(vr, value):
            return None
        if element.tag == PATIENT_AGE and value[:3] > b"090" and value.rstrip(b" \0").endswith(b"Y"):
            value = b"090Y"  # ages of 90 and more are one class (GUIDELINE, 45 CFR 164.514(b)(2)(i)(C))
        if vr in FREE_TEXT:
            return self._text(element, vr, value, kind, place, Strictness.KNOWN)
        return Element(element.tag, vr, value)

    def _clean(self, element: Element, vr: str, kind: str, children: Node | None, place: Place) -> Element | None:
        """Return the element with a value of similar meaning that identifies nobody, or None where there is none."""
        if vr == "SQ":
            return self._items(element, children, place)
        value = self._bytes(element)
        if value is None:
            return None
        if vr in TIMES:
            moved = shift_value(vr, value, self._shift)
            return None if moved is None else Element(element.tag, vr, moved, ours=True)
        if vr in FREE_TEXT:
            return self._text(element, vr, value, kind, place, Strictness.VOCABULARY)
        if vr == "AE":
            return Element(element.tag, vr, self._application_entities(value), ours=True)
        if vr == "CS" and value.strip(b" \0") in CLEAN_TERMS.get(element.tag, ()):
            return Element(element.tag, vr, value)
        return None

    def _application_entities(self, value: bytes) -> bytes:
        """Return a pseudonym for each title, so that devices can be told apart and none can be addressed."""
        titles = [part.strip(b" \0").decode("latin-1") for part in value.split(b"\\")]
        return b"\\".join(f"AE{self.pseudonyms.identifier('ae', t, 12)}".upper().encode() for t in titles if t)

    # attributes that no row names

    def _by_rule(self, element: Element, vr: str, kind: str, children: Node | None, place: Place) -> Element | None:
        tag = element.tag
        reason = profile_additions.load().get(tag)
        if reason is not None:
            return self._refuse(element, vr, kind, children, place, f"identifies although no row names it: {reason}")
        if vr == "SQ":
            if tag not in DicomDictionary:
                return self._log(tag, place, "remove", "no sequence of the standard")
            self._log(tag, place, "keep", "sequence with cleaned items")
            return self._items(element, children, place)
        if not kind and not (place.path and tag in self.iod.anywhere):
            return self._log(tag, place, "remove", f"no rule keeps it: not in the {self.iod.name} IOD")
        if tag in BULK:
            self._log(tag, place, "keep", "bulk data of the image")
            return element
        kept = self._by_value(element, vr, kind, place)
        if kept is None:
            return self._refuse(element, vr, kind, children, place, f"no {vr} value that may be kept")
        changed = kept.value != element.value or kept.text is not None
        self._log(tag, place, "clean" if changed else "keep", f"attribute of the {self.iod.name} IOD")
        return kept

    def _refuse(
        self, element: Element, vr: str, kind: str, children: Node | None, place: Place, rule: str
    ) -> Element | None:
        self._log(element.tag, place, "remove", rule)
        if kind.startswith("1") and vr != "SQ":
            return self._dummy(element, vr, children)
        if kind.startswith("2"):
            return Element(element.tag, vr, [] if vr == "SQ" else b"")
        return None

    def _by_value(self, element: Element, vr: str, kind: str, place: Place) -> Element | None:
        if vr in WIDTHS:
            if isinstance(element.value, list) or element.vr in TEXT_VRS:
                return None
            size = element.value.length if isinstance(element.value, Extent) else len(element.value)
            return Element(element.tag, vr, element.value) if size % WIDTHS[vr] == 0 else None
        value = self._bytes(element)
        if value is None:
            return None
        if vr == "UI":
            mapped = value if self.policy.has("retain-uids") else map_uids(value, self.pseudonyms.uid)
            return Element(element.tag, vr, mapped, ours=mapped != value) if well_formed("UI", mapped) else None
        if vr in TIMES:
            return self._time(element, vr, value)
        if vr in FREE_TEXT:
            strictness = Strictness.KNOWN if element.tag in CODE_VALUES else Strictness.SHAPES
            return self._text(element, vr, value, kind, place, strictness)
        if vr in SHAPED and well_formed(vr, value) and not self._tells(vr, value):
            return Element(element.tag, vr, value)
        return None

    def _tells(self, vr: str, value: bytes) -> bool:
        text = value.decode("ascii", "replace")
        if vr in ("DS", "IS"):
            return any(telling_words(self.known).in_number(part) for part in text.split("\\"))
        return code_mentions(text, self.known)

    def _time(self, element: Element, vr: str, value: bytes) -> Element | None:
        if self.policy.has(FULL_DATES) and well_formed(vr, value):
            return Element(element.tag, vr, value)
        moved = shift_value(vr, value, self._shift) if self.policy.has(MODIFIED_DATES) else None
        return None if moved is None else Element(element.tag, vr, moved, ours=True)

    # values

    def _text(
        self, element: Element, vr: str, value: bytes, kind: str, place: Place, strictness: Strictness
    ) -> Element | None:
        if place.standard_code and element.tag in CODE_VALUES:
            return Element(element.tag, vr, value, ours=True)
        text = place.charset.decode(value).rstrip(" \0")
        parts = text.split("\\") if vr in MULTIPLE_TEXT else [text]
        cleaned = "\\".join(clean_text(part, self.known, strictness) for part in parts)
        if cleaned == text:
            return Element(element.tag, vr, value, None if place.charset.honest(value) else text)
        if not cleaned.strip("\\ "):
            return self._dummy(element, vr, None) if kind.startswith("1") else Element(element.tag, vr, b"")
        return Element(element.tag, vr, b"", cleaned)

    def _bytes(self, element: Element) -> bytes | None:
        value = element.value
        if isinstance(value, Extent):
            whole = value.length <= LONGEST_TEXT and not value.fragments
            return self.data.read(value.offset, value.length) if whole else None
        return value if isinstance(value, bytes) else None


@lru_cache(maxsize=4096)
def resolve(action: str, kind: str) -> str:
    """Return the one letter of a conditional action for an attribute of type `kind` (empty: not in the IOD).

    D where the IOD wants a value (types 1 and 1C), Z where it wants the attribute (2 and 2C), X elsewhere; where the
    action does not offer what the type asks for, the next stronger one is taken (PS3.15 E.1.1).
    """
    choices = action.replace("*", "").split("/")
    if len(choices) == 1:
        return action
    wanted = "DUZX" if kind.startswith("1") else "ZDUX" if kind.startswith("2") else "XZDU"
    return next(letter for letter in wanted if letter in choices)


@lru_cache(maxsize=16384)
def tag_text(tag: int) -> str:
    """Return a tag as `(gggg,eeee)`."""
    return f"({tag >> 16:04x},{tag & 0xFFFF:04x})"


def _keyword(tag: int) -> str:
    return DicomDictionary[tag][4] if tag in DicomDictionary else ""


def _dictionary(tag: int) -> str:
    return DicomDictionary[tag][0][:2] if tag in DicomDictionary else "UN"


def _expected_vr(element: Element) -> str:
    """Return the VR under which the value is judged: the dictionary's, or the declared one where both allow it."""
    allowed = _allowed_vrs(element.tag)
    return element.vr if not allowed or element.vr in allowed else allowed[0]


@lru_cache(maxsize=16384)
def _allowed_vrs(tag: int) -> tuple[str, ...]:
    entry = DicomDictionary.get(tag)
    return tuple(entry[0].split(" or ")) if entry else ()


def _standard_meaning(elements: list[Element]) -> str | None:
    """Return the meaning of a code item whose code a standard scheme defines."""
    found: dict[int, str] = {
        e.tag: e.value.decode("latin-1").strip(" \0")
        for e in elements
        if e.tag in (CODE_VALUE, SCHEME) and isinstance(e.value, bytes)
    }
    if len(found) < 2:
        return None
    return codes.load().get((found[SCHEME], found[CODE_VALUE]))


def _dummy_code() -> list[Element]:
    return [
        Element(CODE_VALUE, "SH", b"REMOVED", ours=True),
        Element(SCHEME, "SH", b"99CXRFORGE", ours=True),
        Element(MEANING, "LO", b"Removed", ours=True),
    ]
