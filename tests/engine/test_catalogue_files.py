"""Files of catalogues: what is read of them, and that nothing but descriptions ever changes."""

import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.catalogues import file as files
from engine.catalogues.entry import Entry
from engine.catalogues.onix_file import Splicer
from engine.domain import Book
from engine.sources.opening import InputFile
from models.errors import BadInput
from tests.engine.catalogue_texts import CSV, JSONL, SHORT, reference

ALL = {
    "csv": CSV.encode(),
    "csv-utf16": CSV.removeprefix("\ufeff").encode("utf-16"),
    "csv-gz": gzip.compress(CSV.encode()),
    "jsonl": JSONL.encode(),
    "onix": reference("utf-8"),
    "onix-latin": reference("iso-8859-1"),
    "onix-windows": reference("windows-1252"),
    "onix-utf16": reference("utf-16"),
    "onix-short": SHORT.encode(),
}


def given(folder: Path, data: bytes) -> InputFile:
    path = folder / "catalogue"
    path.write_bytes(data)
    return InputFile(path, "catalogue", "catalogue")


def entries(folder: Path, data: bytes) -> list[Entry]:
    file = given(folder, data)
    source_format = files.format_of(file)
    return list(files.entries(file, source_format, files.columns(file, source_format, {})))


def book_of(entry: Entry) -> Book:
    assert entry.book is not None
    return entry.book


def rewritten(folder: Path, data: bytes, texts: Mapping[int, str]) -> bytes:
    file = given(folder, data)
    source_format = files.format_of(file)
    out = io.BytesIO()
    named = files.columns(file, source_format, {})
    files.write(file, source_format, named, texts, out)
    return out.getvalue()


@pytest.mark.parametrize("name", ALL)
def test_without_new_texts_a_file_comes_out_as_it_came_in(tmp_path: Path, name: str) -> None:
    out = rewritten(tmp_path, ALL[name], {})
    if name.endswith("-gz"):
        assert out[:2] == b"\x1f\x8b"
        assert gzip.decompress(out) == gzip.decompress(ALL[name])
    else:
        assert out == ALL[name]


def test_every_row_of_a_table_has_its_place_good_or_bad(tmp_path: Path) -> None:
    found = entries(tmp_path, ALL["csv"])
    assert [entry.place for entry in found] == list(range(6))
    assert [entry.line for entry in found] == [2, 5, 6, 7, 8, 9]
    first, field, again, bread = (book_of(found[place]) for place in (0, 1, 4, 5))
    assert (first.id, first.description) == ("9780141026169", 'A "true" story\nof two smiths.')
    assert field.id.startswith("the-long-field-")
    assert again.id == first.id
    assert bread.description == "Flour & water; no more."
    assert "The row is not CSV" in found[2].trouble
    assert found[3].trouble == "The row has no description to write from."


def test_of_a_row_with_a_new_text_one_cell_changes_and_keeps_its_manner(tmp_path: Path) -> None:
    """Quoted as before, or where it has to be; HTML where there was some."""
    texts = {0: 'New "one"', 1: "New; two", 5: "A & B\nsecond"}
    expected = (
        CSV.replace('"A ""true"" story\r\nof two smiths."', '"New ""one"""')
        .replace("A farm in winter.", '"New; two"')
        .replace("<p>Flour &amp; water; no more.</p>", "<p>A &amp; B</p><p>second</p>")
    )
    assert rewritten(tmp_path, ALL["csv"], texts).decode() == expected
    wide = rewritten(tmp_path, ALL["csv-utf16"], texts)
    assert wide == expected.removeprefix("\ufeff").encode("utf-16")


def test_of_an_object_with_a_new_text_one_value_changes(tmp_path: Path) -> None:
    """Escaped to ASCII where the line was ASCII."""
    out = rewritten(tmp_path, ALL["jsonl"], {0: 'Né "q"', 2: "Zwei"}).decode()
    assert out == JSONL.replace('"old"', '"N\\u00e9 \\"q\\""').replace("A farm.", "Zwei")


def test_keys_of_json_may_be_numbers_and_bad_lines_keep_their_place(tmp_path: Path) -> None:
    found = entries(tmp_path, ALL["jsonl"])
    assert [entry.book.id if entry.book else "" for entry in found][1:] == ["", "9780141026169"]
    assert [entry.line for entry in found] == [1, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_an_onix_text_is_replaced_in_the_manner_and_encoding_of_the_message(
    tmp_path: Path, encoding: str
) -> None:
    """XHTML stays XHTML, a sign that the encoding lacks becomes a reference."""
    out = rewritten(tmp_path, reference(encoding), {0: "Nö <& ☃\nP2"})
    snowman = "&#9731;" if encoding == "iso-8859-1" else "☃"
    old = reference(encoding).decode(encoding)
    new = old.replace("<p>Old <b>words</b></p>", f"<p>Nö &lt;&amp; {snowman}</p><p>P2</p>")
    assert out.decode(encoding) == new


def test_a_product_without_a_description_is_given_one_for_the_same_audience(
    tmp_path: Path,
) -> None:
    out = rewritten(tmp_path, reference("utf-8"), {2: "Third & last"}).decode()
    behind = "<Text>A farm &gt; in winter.</Text></TextContent>"
    added = (
        "\n   <TextContent><TextType>03</TextType><ContentAudience>03</ContentAudience>"
        "<Text>Third &amp; last</Text></TextContent>"
    )
    assert out == reference("utf-8").decode().replace(behind, behind + added)


def test_short_tags_prefixes_and_cdata_are_kept(tmp_path: Path) -> None:
    out = rewritten(tmp_path, SHORT.encode(), {0: "A & B ]]> C", 1: "New"}).decode()
    assert "<![CDATA[<p>A &amp; B ]]&gt; C</p>]]>" in out
    assert (
        "<o:textcontent><o:x426>03</o:x426><o:x427>00</o:x427><o:d104>New</o:d104></o:textcontent>"
        in out
    )
    again = entries(tmp_path, out.encode())
    assert [entry.book.description if entry.book else "" for entry in again] == [
        "A & B ]]> C",
        "New",
    ]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_where_the_pieces_of_a_message_end_does_not_matter(tmp_path: Path, size: int) -> None:
    whole = rewritten(tmp_path, reference("utf-8"), {0: "New", 2: "Third"})
    splicer = Splicer("catalogue", {0: "New", 2: "Third"}, None)
    data = reference("utf-8")
    parts = [splicer.feed(data[at : at + size]) for at in range(0, len(data), size)]
    assert b"".join([*parts, splicer.close()]) == whole


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<ONIXMessage release="3.0"><Product><RecordReference>&b;</RecordReference></Product>
</ONIXMessage>"""
OUTSIDE = BOMB.replace(b'<!ENTITY a "aaaa">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')


@pytest.mark.parametrize("data", [BOMB, OUTSIDE])
def test_a_message_that_declares_entities_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput, match="declares XML entities of its own"):
        entries(tmp_path, data)
    with pytest.raises(BadInput, match="declares XML entities of its own"):
        rewritten(tmp_path, data, {})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "catalogue is empty"),
        (b"[1, 2]", "no catalogue that can be read"),
        (b"<html></html>", "no catalogue that can be read"),
        (b"a,b\n1,2\n", "no column that is called as a book's title"),
        (b"title,b\n1,2\n", "no column that is called as a book's description"),
        (b"PK\x03\x04", "a zip archive"),
        (b'<ONIXMessage release="2.1"/>', "ONIX 2"),
        (b'<ONIXMessage release="3.0"><Product>', "not well-formed"),
        (b"title,description\nCaf\xe9,x\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_in_a_sentence(
    tmp_path: Path, data: bytes, told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        entries(tmp_path, data)


def test_columns_can_be_named(tmp_path: Path) -> None:
    file = given(tmp_path, b"Titel,Klappentext\nSalz,Zwei Schmiede.\n")
    with pytest.raises(BadInput, match="Columns: 'Titel', 'Klappentext'"):
        files.columns(file, "csv", {})
    named = files.columns(file, "csv", {"title": "Titel", "description": "Klappentext"})
    (entry,) = files.entries(file, "csv", named)
    assert book_of(entry).description == "Zwei Schmiede."
    with pytest.raises(BadInput, match="no column 'Text'"):
        files.columns(file, "csv", {"title": "Text"})
    with pytest.raises(BadInput, match="A catalogue has no 'price'"):
        files.columns(file, "csv", {"price": "Titel"})


def test_of_two_columns_of_one_name_the_one_that_is_read_is_replaced(tmp_path: Path) -> None:
    data = b"title,description,description\nSalt,first,second\n"
    (entry,) = entries(tmp_path, data)
    assert book_of(entry).description == "second"
    assert rewritten(tmp_path, data, {0: "New"}).splitlines()[1] == b"Salt,first,New"
