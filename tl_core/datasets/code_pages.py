"""What code page bytes were written in, told from short names: by what decodes cleanly and reads as words.

Names of an archive are a few characters each, far too short one by one and often for a general
detector even together. So all of them are judged at once, only pages that computers have written
file names in are tried, and each is asked how probable the text is that it makes of the bytes.
`letters` tells how probable each letter is in a language.
"""

import codecs
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tl_core.base.errors import UserError
from tl_core.base.said import Said
from tl_core.datasets.letters import is_letter, likelihood, script

UTF8 = "utf_8"
JUDGED = 400
"""How many different texts are judged; more cost time and say nothing new."""
OTHERS = 6
"""How many other readings are offered."""

_PLAIN = "".join(map(chr, range(32, 127)))
"""Signs that every code page has in the same places."""
TABLE_BYTES = 64 * 1024
"""A table is judged by so much of it."""
FAR, FAR_A_BYTE = 12.0, 2.5
"""A reading this much less likely than the best, in all and for each byte, is nobody's names."""
_BETWEEN_FIELDS = re.compile(rb'[\r\n\t,;"]+')
"""None of these is the second byte of a character in any page."""

_IN_A_WORD = math.log(0.05)
_ODD = math.log(1e-3)
_BACKSLASH = math.log(1e-5)
"""No file on Windows has one in its name; it is the second byte of many a Japanese character."""
_MIXED = math.log(0.01)
_ONLY_LAST = frozenset("ςךםןףץ")
"""Forms that Greek and Hebrew letters take at the end of a word."""
_JAPANESE = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}
_WRITTEN_WIDE = {*_JAPANESE, "HANGUL"}
_BESIDE_ASCII = math.log(0.05)
_UTF8_CHARACTER = math.log(1e-2)
"""What a character of valid UTF-8 costs: chance makes no valid sequences, so all scripts are equal."""


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code page: Python's name for it, what people call it, and what is written in it.

    `rarity` is how much rarer file names in it are than in the common ones, as a logarithm.
    """

    codec: str
    title: str
    languages: tuple[str, ...]
    rarity: float = 0.0


_WESTERN = (
    *("German", "French", "Spanish", "Portuguese", "Italian", "Dutch"),
    *("Swedish", "Danish", "Norwegian", "Finnish"),
)
_CENTRAL = ("Polish", "Czech", "Hungarian", "Slovak", "Slovene", "Croatian", "Romanian")
_SLAVIC = ("Russian", "Ukrainian", "Bulgarian")

PAGES = (
    CodePage(UTF8, Said("UTF-8"), ()),
    CodePage("gb18030", Said("GBK (Chinese, simplified)"), ("simplified",)),
    CodePage("cp950", Said("Big5 (Chinese, traditional)"), ("traditional",)),
    CodePage("cp932", Said("Shift-JIS (Japanese)"), ("japanese",)),
    CodePage("cp949", Said("EUC-KR (Korean)"), ("korean",)),
    CodePage("euc_jp", Said("EUC-JP (Japanese)"), ("japanese",), 3),
    CodePage("cp1252", Said("Windows-1252 (Western European)"), _WESTERN),
    CodePage("cp437", Said("cp437 (United States, DOS)"), _WESTERN, 0.5),
    CodePage("cp850", Said("cp850 (Western European, DOS)"), _WESTERN, 0.5),
    CodePage("cp1250", Said("Windows-1250 (Central European)"), _CENTRAL, 1),
    CodePage("cp852", Said("cp852 (Central European, DOS)"), _CENTRAL, 2),
    CodePage("cp1251", Said("Windows-1251 (Cyrillic)"), _SLAVIC),
    CodePage("cp866", Said("cp866 (Cyrillic, DOS)"), _SLAVIC, 0.5),
    CodePage("koi8_r", Said("KOI8-R (Russian)"), ("Russian",), 4),
    CodePage("cp1253", Said("Windows-1253 (Greek)"), ("Greek",), 2),
    CodePage("cp737", Said("cp737 (Greek, DOS)"), ("Greek",), 3),
    CodePage("cp1254", Said("Windows-1254 (Turkish)"), ("Turkish",), 1),
    CodePage("cp857", Said("cp857 (Turkish, DOS)"), ("Turkish",), 2),
    CodePage("cp1255", Said("Windows-1255 (Hebrew)"), ("Hebrew",), 2),
    CodePage("cp862", Said("cp862 (Hebrew, DOS)"), ("Hebrew",), 3),
    CodePage("cp1256", Said("Windows-1256 (Arabic)"), ("Arabic", "Farsi"), 2),
    CodePage("cp720", Said("cp720 (Arabic, DOS)"), ("Arabic",), 4),
    CodePage("cp874", Said("Windows-874 (Thai)"), ("Thai",), 3),
    CodePage("cp1257", Said("Windows-1257 (Baltic)"), ("Lithuanian", "Estonian"), 4),
    CodePage("cp1258", Said("Windows-1258 (Vietnamese)"), ("Vietnamese",), 4),
)
"""What is tried, the more common first: of equally good readings the first is taken."""

_ALSO_CALLED = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "cp950",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859_1": "cp1252",
    "ascii": UTF8,
}
"""Other encodings, with the page that holds all of them and more; by Python's names for them."""

_CALLED = {
    UTF8: "utf-8",
    "gb18030": "gbk",
    "cp950": "big5",
    "cp932": "shift_jis",
    "cp949": "euc_kr",
}
"""What people call a page, where Python's name for it says less."""


def named(text: str) -> str:
    """Return the codec of an encoding as a person wrote it, "" for none.

    Raises:
        UserError: "encoding" when there is none of that name, or it is no code page of text.
    """
    if not text.strip():
        return ""
    try:
        found = codecs.lookup(text.strip())
        is_text = _PLAIN.encode("ascii").decode(found.name) == _PLAIN
    except (LookupError, UnicodeError, ValueError):
        is_text, found = False, None
    if found is None or not is_text:
        raise UserError(
            "encoding",
            "There is no encoding called “{name}”.",
            "Write for example gbk, big5, shift_jis, euc_kr, cp1252, cp437 or utf-8.",
            name=text[:40],
        )
    name = found.name.replace("-", "_")
    return _ALSO_CALLED.get(name, name)


def called(codec: str) -> str:
    """Return the name to write for an encoding; `named` understands it."""
    return _CALLED.get(codec, codec)


def title(codec: str) -> str:
    """Return what people call an encoding."""
    return next((page.title for page in PAGES if page.codec == codec), codec)


def of_table(data: bytes) -> tuple[str, ...]:
    """Return the codecs that read the text of a table, the likeliest first; see `plausible`.

    It is judged by its beginning, so that a look at that tells the same as the whole.
    """
    start = data[:TABLE_BYTES]
    if len(start) == TABLE_BYTES and b"\n" in start:
        start = start[: start.rindex(b"\n") + 1]
    texts = _BETWEEN_FIELDS.split(data if start.isascii() else start)
    return plausible(texts)


def plausible(texts: Iterable[bytes]) -> tuple[str, ...]:
    """Return the codecs that read all of `texts` cleanly, what reads most like words first.

    Readings that come out the same are named once. Empty where no page reads all of them.

    Args:
        texts: names, or fields of a table, all from one hand; plain ASCII ones say nothing.
    """
    telling = [text for text in dict.fromkeys(texts) if not text.isascii()]
    ranked: list[tuple[float, str]] = []
    seen: set[tuple[str, ...]] = set()
    for page in PAGES:
        read = _read(telling, page.codec)
        if read is None or (shown := tuple(read[:JUDGED])) in seen:
            continue
        seen.add(shown)
        ranked.append((_likelihood(shown, page), page.codec))
    ranked.sort(key=lambda entry: -entry[0])
    bare = sum(len(text) - sum(byte < 128 for byte in text) for text in telling[:JUDGED])
    margin = FAR + FAR_A_BYTE * bare
    near = [codec for value, codec in ranked if value >= ranked[0][0] - margin]
    return tuple(near[: OTHERS + 1])


def _read(texts: Sequence[bytes], codec: str) -> list[str] | None:
    """Return all texts read in `codec`, None when one is not clean in it."""
    try:
        read = [text.decode(codec) for text in texts]
    except UnicodeDecodeError:
        return None
    return read if all(map(_is_clean, read)) else None


def _is_clean(text: str) -> bool:
    """Tell text without controls and characters that nobody has defined."""
    return text.isprintable() or not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") and sign not in "\t\r\n"
        for sign in text
    )


def _likelihood(texts: Sequence[str], page: CodePage) -> float:
    """Return the log probability of `texts` under the best of the page's languages."""
    if page.codec == UTF8:
        return sum(_utf8_likelihood(text) for text in texts)
    models = [likelihood(language) for language in page.languages]
    # The best language of each name: labels in two languages are no rarity.
    each = (max(_text_likelihood(text, model) for model in models) for text in texts)
    return sum(each) - page.rarity


def _utf8_likelihood(text: str) -> float:
    """Judge text by the marks of valid UTF-8: letters of any script, more so the longer they are."""
    total = 0.0
    before = ""
    for sign in text:
        if sign.isascii():
            total += _ascii(sign)
        elif is_letter(sign):
            total += _UTF8_CHARACTER + _beside(before, sign)
        else:
            total += _UTF8_CHARACTER + math.log(0.1)
        before = sign
    # One accented letter that stands alone is what two bytes of a Chinese name look like.
    letters = [sign for sign in text if sign.isalpha()]
    is_lone = len(letters) == 1 and len(letters[0].encode()) == 2
    return total + (math.log(1e-3) if is_lone else 0.0)


def _text_likelihood(text: str, model: Callable[[str], float]) -> float:
    total = 0.0
    before = ""
    for sign in text:
        total += _ascii(sign) if sign.isascii() else model(sign)
        total += _beside(before, sign)
        before = sign
    return total


def _ascii(sign: str) -> float:
    if sign.isalnum() or sign in " _-./":
        return _IN_A_WORD
    return _BACKSLASH if sign == "\\" else _ODD


def _beside(before: str, sign: str) -> float:
    """Return what it costs that `sign` follows `before`: words mix neither scripts nor cases."""
    if not is_letter(before) or not is_letter(sign) or (before.isascii() and sign.isascii()):
        return 0.0
    one, other = script(before), script(sign)
    if one != other:
        if {one, other} <= _JAPANESE:
            return 0.0
        return _BESIDE_ASCII if {one, other} & _WRITTEN_WIDE else _MIXED
    is_torn = before in _ONLY_LAST or (before.islower() and sign.isupper())
    return _MIXED if is_torn else 0.0
