"""How probable each character is in names of a language.

Letter frequencies of alphabets come from charset-normalizer; those of Chinese, Japanese and
Korean from `common_characters`, as names hold other words than running text does.
"""

import math
import unicodedata
from collections.abc import Callable
from functools import cache

from charset_normalizer import constant as known

from tl_core.datasets import common_characters

_ALIEN = math.log(1e-6)
_SIGN = math.log(1e-7)
_DRAWING = math.log(1e-9)
_MORE_LETTERS = {
    "German": "ß",
    "French": "êçâîôûùëïœ",
    "Spanish": "ñúü",
    "Portuguese": "êâõôúàü",
    "Italian": "ìù",
    "Dutch": "ïöü",
    "Swedish": "é",
    "Polish": "śżźćńó",
    "Czech": "žýáíéůúňťďó",
    "Slovak": "ľšťžúäôňďóŕĺ",
    "Hungarian": "őíúüű",
    "Croatian": "đš",
    "Romanian": "țşţ",
    "Turkish": "çşğöİ",
    "Lithuanian": "ęįųū",
    "Estonian": "šž",
    "Russian": "шюэщёфъ",
    "Ukrainian": "шюєщґфї",
    "Bulgarian": "шюф",
    "Greek": "βξφψύώϊ",
}
"""Letters of a language beyond the 26 most frequent ones."""


def is_letter(sign: str) -> bool:
    """Say whether a character is a letter, or a mark that belongs to one."""
    return sign.isalpha() or (sign != "" and unicodedata.category(sign)[0] == "M")


@cache
def script(sign: str) -> str:
    """Return the script of a character, as Unicode names it: "LATIN", "GREEK", "?" for none."""
    return unicodedata.name(sign, "?").split(" ")[0]


@cache
def likelihood(language: str) -> Callable[[str], float]:
    """Return the log probability of each character, not ASCII, in names of a language."""
    if language in _WIDE:
        return _WIDE[language]
    order = "".join(known.FREQUENCIES[language]) + _MORE_LETTERS.get(language, "")
    # Zipf's law over letters by rank, for want of counts.
    weights = {sign: 1.0 / (rank + 2) for rank, sign in enumerate(dict.fromkeys(order))}
    whole = sum(weights.values())
    scripts = frozenset(script(letter) for letter in weights)
    return cache(lambda sign: _letter(sign, weights, whole, scripts))


def _letter(sign: str, weights: dict[str, float], whole: float, scripts: frozenset[str]) -> float:
    lower = sign.lower()
    case = math.log(0.2) if sign != lower else 0.0
    if lower in weights:
        return math.log(weights[lower] / whole) + case
    if is_letter(sign) and script(sign) in scripts:
        # Thai and Arabic list fewer letters than they have; Latin letters of others are rare.
        return math.log(3e-4 if "LATIN" in scripts else 5e-3) + case
    return _other(sign)


def _other(sign: str) -> float:
    if sign.isalpha():
        return _ALIEN
    if "\u2500" <= sign <= "\u259f":
        return _DRAWING
    return _SIGN


def _bytes_in(sign: str, codec: str) -> bytes:
    return sign.encode(codec, "ignore")


@cache
def _simplified(sign: str) -> float:
    if sign in common_characters.SIMPLIFIED:
        return math.log(0.75 / len(common_characters.SIMPLIFIED))
    written = _bytes_in(sign, "gb2312")
    if len(written) == 2 and written[0] >= 0xB0:
        is_first_level = written[0] <= 0xD7  # GB 2312 lists the common ones first
        return math.log(0.2 / 3200) if is_first_level else math.log(0.02 / 3008)
    return _wide_other(sign)


@cache
def _traditional(sign: str) -> float:
    if sign in common_characters.TRADITIONAL:
        return math.log(0.75 / len(common_characters.TRADITIONAL))
    written = _bytes_in(sign, "big5")
    if len(written) == 2 and written[0] >= 0xA4:
        is_first_level = written[0] <= 0xC6  # so does Big5
        return math.log(0.2 / 4800) if is_first_level else math.log(0.02 / 7652)
    return _wide_other(sign)


@cache
def _japanese(sign: str) -> float:
    if "\u3041" <= sign <= "\u3096":
        return math.log(0.3 / 83)
    if "\u30a1" <= sign <= "\u30fc":
        return math.log(0.3 / 88)
    if sign in common_characters.KANJI:
        return math.log(0.3 / len(common_characters.KANJI))
    written = _bytes_in(sign, "shift_jis")
    if len(written) == 2 and written[0] >= 0x88:
        is_first_level = written < b"\x98\x9f"  # and JIS X 0208
        return math.log(0.08 / 2500) if is_first_level else math.log(0.005 / 3390)
    return _wide_other(sign)


@cache
def _korean(sign: str) -> float:
    if sign in common_characters.SYLLABLES:
        return math.log(0.85 / len(common_characters.SYLLABLES))
    if "\uac00" <= sign <= "\ud7a3":
        is_ordinary = len(_bytes_in(sign, "euc_kr")) == 2
        return math.log(0.12 / 2100) if is_ordinary else math.log(0.003 / 8822)
    return _wide_other(sign)


def _wide_other(sign: str) -> float:
    """Judge what is rare in all four: signs, letters at full width, characters of dictionaries."""
    if "\uff61" <= sign <= "\uffdc":
        return math.log(1e-6)
    if "\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uff60":
        return math.log(1e-4)
    if "\u4e00" <= sign <= "\u9fff":
        return math.log(3e-7)
    return _other(sign)


_WIDE = {
    "simplified": _simplified,
    "traditional": _traditional,
    "japanese": _japanese,
    "korean": _korean,
}
