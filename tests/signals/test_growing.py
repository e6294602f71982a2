"""Lines that are only ever added to a file: read once each, whole, and anew where the file was begun anew."""

from tl_core.signals.growing import Growing


def lines_of(kept=2):
    taken = []

    def take(found, path, lines):
        for begin, line in lines:
            taken.append((path.name, begin))
            found.append(line.decode().strip())

    return Growing(list, take, kept), taken


def test_each_line_is_read_once_and_an_unfinished_one_waits(tmp_path):
    growing, taken = lines_of()
    path = tmp_path / "a"
    assert growing.of(path, list) == []
    path.write_bytes(b"one\ntw")
    assert growing.of(path, list) == ["one"]
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert growing.of(path, list) == growing.of(path, list) == ["one", "two", "three"]
    assert taken == [("a", 0), ("a", 4), ("a", 8)]


def test_a_file_that_was_begun_anew_is_read_anew(tmp_path):
    growing, _ = lines_of()
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"one\n")
    assert growing.of(path, list) == ["one"]
    other.write_bytes(b"another\n")
    other.replace(path)
    assert growing.of(path, list) == ["another"]


def test_only_the_last_few_files_are_remembered_and_a_copy_stays_as_it_is(tmp_path):
    growing, taken = lines_of(kept=1)
    for name in ("a", "b", "a"):
        (tmp_path / name).write_bytes(b"one\n")
        first = growing.of(tmp_path / name, list)
    assert [name for name, _ in taken] == ["a", "b", "a"]
    with (tmp_path / "a").open("ab") as file:
        file.write(b"two\n")
    assert first == ["one"] and growing.of(tmp_path / "a", list) == ["one", "two"]
