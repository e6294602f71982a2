"""Encodings told from short names: right for names that the lists of characters were not made from."""

import random

import pytest

from tl_core.base.errors import UserError
from tl_core.datasets import code_pages

NAMES = {
    "gb18030": "螺丝 螺母 垫片 轴承 齿轮 松鼠 刺猬 乌鸦 麻雀 喜鹊 香菇 木耳 菠菜 芹菜 韭菜 稻瘟病 炭疽病 划伤 凹坑 气泡 未命名",
    "cp950": "螺絲 螺帽 墊片 軸承 齒輪 松鼠 刺蝟 烏鴉 麻雀 喜鵲 香菇 木耳 菠菜 芹菜 韭菜 炭疽病 刮傷 凹洞 氣泡 未命名",
    "cp932": "ねじ ナット ワッシャー 歯車 軸受 りす はりねずみ からす すずめ しいたけ ほうれん草 セロリ 打痕 気泡 名称未設定 紫陽花 朝顔",
    "cp949": "나사 너트 와셔 베어링 톱니 다람쥐 고슴도치 까마귀 참새 까치 표고버섯 시금치 셀러리 찍힘 기포 이름없음 수국 나팔꽃",
    "cp1252": "Schlüssel Löffel Schraubenschlüssel Kätzchen tête œuf forêt pingüino montaña limão avião höna blåbär",
    "cp850": "Schlüssel Löffel Schraubenschlüssel Kätzchen tête forêt pingüino montaña limão avião höna blåbär",
    "cp437": "Schlüssel Löffel Schraubenschlüssel Kätzchen tête forêt pingüino montaña höna blåbär",
    "cp1251": "гайка болт шайба подшипник белка ёжик ворона воробей шампиньон шпинат царапины пузырь Безымянный",
    "cp866": "гайка болт шайба подшипник белка ёжик ворона воробей шампиньон шпинат царапины пузырь",
    "utf_8": "螺丝 松鼠 ねじ 다람쥐 гайка Schlüssel τροχός",
}


def reads(codec: str, names: list[str]) -> bool:
    raw = [name.encode(codec) for name in names]
    found = code_pages.plausible(raw)
    return [text.decode(found[0]) for text in raw] == names


@pytest.mark.parametrize("codec", NAMES)
def test_two_names_nearly_always_tell_what_they_are_written_in_and_four_always(codec: str) -> None:
    generator = random.Random(0)
    words = NAMES[codec].split()
    shares = {}
    for count in (2, 4):
        drawn = [generator.sample(words, count) for _ in range(150)]
        shares[count] = sum(reads(codec, names) for names in drawn) / len(drawn)
    assert shares[2] >= 0.95, shares
    assert shares[4] >= 0.99, shares


@pytest.mark.parametrize("codec", NAMES)
def test_whatever_is_taken_the_truth_is_among_what_is_offered(codec: str) -> None:
    for name in NAMES[codec].split():
        raw = name.encode(codec)
        if raw.isascii():
            continue
        assert name in [raw.decode(found) for found in code_pages.plausible([raw])], name


def test_what_decodes_cleanly_nowhere_is_offered_nowhere() -> None:
    assert code_pages.plausible([b"\x01\x02\xff\xfe\x00"]) == ()


def test_chinese_names_that_happen_to_be_valid_utf8_are_read_by_what_stands_beside_them() -> None:
    raw = [name.encode("gb18030") for name in ("猫", "牛", "羊", "狗")]
    assert raw[0].decode("utf-8") == "è"
    assert code_pages.plausible(raw)[0] == "gb18030"


def test_many_names_are_judged_in_well_under_a_second_each_thousand() -> None:
    import time

    raw = [f"数据{number}".encode("gb18030") for number in range(20_000)]
    started = time.perf_counter()
    assert code_pages.plausible(raw)[0] == "gb18030"
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    ("written", "codec"),
    [
        ("GBK", "gb18030"),
        ("big5", "cp950"),
        ("Shift-JIS", "cp932"),
        ("euc-kr", "cp949"),
        ("utf8", "utf_8"),
        ("latin1", "cp1252"),
        ("koi8-r", "koi8_r"),
        ("", ""),
    ],
)
def test_an_encoding_is_found_by_the_names_people_know(written: str, codec: str) -> None:
    assert code_pages.named(written) == codec
    assert code_pages.named(code_pages.called(codec)) == codec


@pytest.mark.parametrize("written", ["klingon", "hex", "rot13", "utf-16", "utf-7", "zlib", "../x"])
def test_what_is_no_code_page_is_refused(written: str) -> None:
    with pytest.raises(UserError) as caught:
        code_pages.named(written)
    assert caught.value.code == "encoding"
