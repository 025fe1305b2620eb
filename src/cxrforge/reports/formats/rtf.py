"""RTF (Microsoft, Rich Text Format Specification 1.9.1) to text: groups, code pages, Unicode, headers and tables."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from cxrforge.records import Issue
from cxrforge.reports.formats.limits import MAX_TEXT

_TOKEN = re.compile(
    rb"\\(?:'(?P<hex>[0-9a-fA-F]{2})|(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})?[ ]?|(?P<symbol>[^a-zA-Z']))"
    rb"|(?P<open>\{)|(?P<close>\})|(?P<plain>[^\\{}\r\n]+)|(?P<other>[\r\n\\])"
)
_BREAKS = {**dict.fromkeys(("par", "line", "sect", "page", "column", "row"), "\n"), "tab": "\t", "cell": "   "}
_CHARACTERS = {
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–", "emdash": "—",
    "emspace": " ", "enspace": " ",
}  # fmt: skip
_SYMBOLS = {"~": " ", "_": "-", "-": "", "\\": "\\", "{": "{", "}": "}", "\n": "\n", "\r": "\n"}
_ASIDE = frozenset(
    ("fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "listtable", "listoverridetable", "revtbl",
     "rsidtbl", "generator", "themedata", "colorschememapping", "latentstyles", "datastore", "xmlnstbl", "fldinst",
     "filetbl", "bkmkstart", "bkmkend", "atnid", "atnauthor", "annotation", "nonshppict", "deleted", "pn", "pntext")
)  # fmt: skip
_MARGINS = frozenset(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"))
_CHARSETS = {0: 1252, 77: 10000, 128: 932, 161: 1253, 162: 1254, 163: 1258, 186: 1257, 204: 1251, 238: 1250}
"""`\\fcharset` to Windows code page."""
_MAX_DEPTH = 200


@dataclass(slots=True)
class _State:
    """What a group inherits: where its text goes, how many bytes stand in for a Unicode character, its code page."""

    target: str = "body"  # body | margin | aside
    skip: int = 1
    codec: str = "cp1252"
    hidden: bool = False


@dataclass(slots=True)
class _Output:
    body: list[str] = field(default_factory=list)
    margin: list[str] = field(default_factory=list)


def is_rtf(head: bytes) -> bool:
    """Tell whether the file starts as RTF does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf")


def rtf_text(data: bytes) -> str | Issue:
    """Return headers and footers, then the body."""
    reader = _Reader()
    match = _TOKEN.search(data)
    while match:
        problem = reader.take(match)
        if problem:
            return problem
        match = _TOKEN.search(data, match.end() + reader.binary)
        reader.binary = 0
    margin, body = _joined(reader.out.margin), _joined(reader.out.body)
    text = f"{margin.strip()}\n{body}" if margin.strip() else body
    return text if text.strip() else Issue("report-no-text", "RTF")


class _Reader:
    """Reads tokens in order; `pending` holds bytes of the code page until something else follows."""

    def __init__(self) -> None:
        self.out = _Output()
        self.state = _State()
        self.stack: list[_State] = []
        self.pending = bytearray()
        self.default = "cp1252"
        self.fonts: dict[int, str] = {}
        self.font = 0
        self.to_skip = 0
        self.written = 0
        self.starred = False
        self.binary = 0  # bytes of raw data that follow

    def take(self, match: re.Match[bytes]) -> Issue | None:
        kind = match.lastgroup
        if kind == "number":
            kind = "word"
        if kind == "hex":
            self._bytes(bytes.fromhex(match["hex"].decode()))
        elif kind == "plain":
            self._bytes(match["plain"])
        elif kind == "open":
            self._flush()
            if len(self.stack) >= _MAX_DEPTH:
                return Issue("report-malformed", "RTF nested too deeply")
            self.stack.append(self.state)
            self.state = _State(self.state.target, self.state.skip, self.state.codec, self.state.hidden)
        elif kind == "close":
            self._flush()
            self.state = self.stack.pop() if self.stack else _State(target="aside")
            self.to_skip, self.starred = 0, False
        elif kind == "word":
            self._word(match["word"].decode(), int(match["number"]) if match["number"] else None)
        elif kind == "symbol":
            self._symbol(match["symbol"].decode("latin-1"))
        return Issue("report-too-long", "RTF") if self.written > MAX_TEXT else None

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.starred = True
        elif self.to_skip:
            self.to_skip -= 1
        elif symbol in _SYMBOLS:
            self._write(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None:
            self._write(_character(number))
            self.to_skip = self.state.skip
            return
        self._flush()
        self.to_skip = 0
        if word in _ASIDE or (self.starred and word not in ("shppict", "shpinst")):
            if word == "fonttbl":
                self.state.target = "fonts"
            else:
                self.state.target = "aside"
        elif word in _MARGINS and self.state.target == "body":
            self.state.target = "margin"
        elif word == "uc" and number is not None:
            self.state.skip = min(max(number, 0), 10)
        elif word == "ansicpg" and number:
            self.default = self.state.codec = _codec(number, self.default)
        elif word in ("f", "deff") and number is not None:
            self.font = number
            if self.state.target != "fonts":
                self.state.codec = self.fonts.get(number, self.default)
        elif word == "fcharset" and number is not None and self.state.target == "fonts":
            if number in _CHARSETS and number:
                self.fonts[self.font] = _codec(_CHARSETS[number], self.default)
        elif word == "bin" and number is not None:
            self.binary = max(number, 0)
        elif word == "v":
            self.state.hidden = number != 0
        elif word == "plain":
            self.state.codec, self.state.hidden = self.default, False
        elif word in _BREAKS or word in _CHARACTERS:
            self._write(_BREAKS.get(word) or _CHARACTERS[word])
        self.starred = False

    def _bytes(self, raw: bytes) -> None:
        if self.to_skip:
            taken = min(self.to_skip, len(raw))
            self.to_skip -= taken
            raw = raw[taken:]
        self.pending += raw

    def _flush(self) -> None:
        if self.pending:
            raw, self.pending = bytes(self.pending), bytearray()
            self._write(raw.decode(self.state.codec, "replace"))

    def _write(self, text: str) -> None:
        if self.pending:
            self._flush()
        if self.state.hidden or self.state.target not in ("body", "margin"):
            return
        self.written += len(text)
        (self.out.body if self.state.target == "body" else self.out.margin).append(text)


def _codec(page: int, default: str) -> str:
    name = {10000: "mac-roman", 65001: "utf-8"}.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return default
    return name


def _character(number: int) -> str:
    """Return a `\\u` character, a signed 16-bit number; it may be half of a surrogate pair."""
    code = number & 0xFFFF if number < 0 else number
    return chr(code) if code < 0x110000 else "�"


def _joined(parts: list[str]) -> str:
    """Return the text with surrogate pairs as the characters they stand for."""
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
