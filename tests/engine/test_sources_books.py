"""Books with metadata: Amazon's and Goodreads' data sets, and ONIX 3 of the trade."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.domain import Book
from engine.sources.importing import ImportedBooks, read_books, read_reviews
from models.errors import BadInput

HEADER = "<Header><Sender><SenderName>A Press</SenderName></Sender></Header>"
PRODUCT = """
<Product>
  <RecordReference>press.1</RecordReference><NotificationType>03</NotificationType>
  <ProductIdentifier><ProductIDType>15</ProductIDType><IDValue>9780140328721</IDValue>
  </ProductIdentifier>
  <DescriptiveDetail>
    <TitleDetail><TitleType>01</TitleType><TitleElement><TitleElementLevel>01</TitleElementLevel>
      <TitlePrefix>The</TitlePrefix><TitleWithoutPrefix>Witches &amp; Us</TitleWithoutPrefix>
      <Subtitle>A Story</Subtitle></TitleElement></TitleDetail>
    <Contributor><SequenceNumber>2</SequenceNumber><ContributorRole>A12</ContributorRole>
      <PersonName>Ines Paint</PersonName></Contributor>
    <Contributor><SequenceNumber>3</SequenceNumber><ContributorRole>A01</ContributorRole>
      <PersonNameInverted>Okafor, Chidi</PersonNameInverted></Contributor>
    <Contributor><SequenceNumber>1</SequenceNumber><ContributorRole>A01</ContributorRole>
      <NamesBeforeKey>Mei</NamesBeforeKey><KeyNames>Lin</KeyNames></Contributor>
    <Subject><SubjectSchemeIdentifier>10</SubjectSchemeIdentifier>
      <SubjectHeadingText>FICTION / Fantasy</SubjectHeadingText></Subject>
    <Subject><SubjectSchemeIdentifier>93</SubjectSchemeIdentifier><SubjectCode>FM</SubjectCode>
      <SubjectHeadingText>Fantasy</SubjectHeadingText></Subject>
    <Subject><SubjectSchemeIdentifier>20</SubjectSchemeIdentifier>
      <SubjectHeadingText>witches; school</SubjectHeadingText></Subject>
    <Subject><SubjectSchemeIdentifier>12</SubjectSchemeIdentifier>
      <SubjectHeadingText>BIC heading</SubjectHeadingText></Subject>
  </DescriptiveDetail>
  <CollateralDetail>
    <TextContent><TextType>02</TextType><Text>Short.</Text></TextContent>
    <TextContent><TextType>03</TextType>
      <Text textformat="05"><p>One <em>brave</em> class.</p><p>Then &amp; now.</p></Text>
    </TextContent>
  </CollateralDetail>
  <PublishingDetail><PublishingDate><PublishingDateRole>01</PublishingDateRole>
    <Date dateformat="00">20190917</Date></PublishingDate></PublishingDetail>
</Product>
"""
BOOK = Book(
    "9780140328721",
    "The Witches & Us: A Story",
    "Mei Lin, Chidi Okafor",
    2019,
    ("FICTION / Fantasy", "Fantasy", "witches", "school"),
    "One brave class.\nThen & now.",
)
SHORT = """<product><a001>press.2</a001><a002>03</a002>
<productidentifier><b221>02</b221><b244>0140328726</b244></productidentifier>
<descriptivedetail><titledetail><b202>01</b202><titleelement><x409>01</x409><b203>Momo</b203>
</titleelement></titledetail><contributor><b034>1</b034><b035>B01</b035><b047>A Collective</b047>
</contributor><subject><b067>20</b067><b070>time</b070></subject></descriptivedetail>
<collateraldetail><textcontent><x426>01</x426><d104 textformat="02"><![CDATA[<p>Grey &eacute;tat.
</p><p>Men.</p>]]></d104></textcontent></collateraldetail>
<publishingdetail><publishingdate><x448>11</x448><b306>1973</b306></publishingdate>
</publishingdetail></product>"""


def message(*products: str, short: bool = False, before: str = "", release: str = "3.0") -> str:
    root = "ONIXmessage" if short else "ONIXMessage"
    kind = "short" if short else "reference"
    namespace = f"http://ns.editeur.org/onix/3.0/{kind}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        f'<{root} release="{release}" xmlns="{namespace}">{HEADER}{"".join(products)}</{root}>'
    )


def imported(path: Path, content: str | bytes) -> ImportedBooks:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_books(path)


def test_onix_with_reference_names_becomes_a_book(tmp_path: Path) -> None:
    read = imported(tmp_path / "feed.xml", message(PRODUCT))
    assert (read.format, read.books, read.skipped) == ("onix", (BOOK,), ())


def test_onix_with_short_tags_becomes_a_book(tmp_path: Path) -> None:
    """0140328726 is 9780140328721; without an author whoever contributed is named."""
    read = imported(tmp_path / "feed.xml", message(SHORT, short=True))
    assert read.books == (
        Book("9780140328721", "Momo", "A Collective", 1973, ("time",), "Grey état.\nMen."),
    )


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_onix_is_read_in_the_encoding_it_names_and_zipped(tmp_path: Path, encoding: str) -> None:
    text = message(PRODUCT.replace("Mei", "Zoë")).replace("UTF-8", encoding)
    read = imported(tmp_path / "feed.xml.gz", gzip.compress(text.encode(encoding)))
    assert read.books[0].author == "Zoë Lin, Chidi Okafor"


def test_bad_onix_product_is_skipped_and_a_deleted_one_left_out(tmp_path: Path) -> None:
    nameless = PRODUCT.replace("9780140328721", "9780441013593").replace("TitleDetail", "Title")
    deleted = PRODUCT.replace("<NotificationType>03", "<NotificationType>05")
    read = imported(tmp_path / "feed.xml", message(nameless, deleted, SHORT, PRODUCT))
    assert read.books == (
        Book("9780140328721", "Momo", "A Collective", 1973, ("time",), "Grey état.\nMen."),
    )
    assert [(row.line, row.reason) for row in read.skipped] == [(2, "The product has no title.")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (message(PRODUCT)[:-30], "is not well-formed XML"),
        (message(PRODUCT, release="2.1"), "is ONIX 2, and only release 3 can be read."),
        (
            message(PRODUCT, before='<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
            "declares XML entities of its own",
        ),
        (message("<Product><Q/></Product>"), "The product has no descriptive detail."),
    ],
)
def test_onix_that_cannot_be_trusted_or_read_is_refused(
    tmp_path: Path, content: str, told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        imported(tmp_path / "feed.xml", content)
    assert told in refused.value.message


def test_entities_are_not_resolved_wherever_they_are_declared(tmp_path: Path) -> None:
    """The declaration hides behind a comment that is longer than the look at the start."""
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    hidden = (
        f"<!-- <ONIXMessage release='3.0'> {'x' * 200_000} -->"
        f'<!DOCTYPE ONIXMessage [<!ENTITY a SYSTEM "{secret.as_uri()}"><!ENTITY b "boom">]>'
    )
    product = PRODUCT.replace("One <em>", "One &a;&b;<em>")
    (book,) = imported(tmp_path / "feed.xml", message(product, before=hidden)).books
    assert "hunter2" not in book.description
    assert "boom" not in book.description


STATUS = Path("/proc/self/status")
GROWTH = """
import re, sys
from pathlib import Path
from engine.sources.importing import open_books

def peak_kb():
    # Not getrusage: what it tells of a child begins with its parent's peak.
    return int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])

before = peak_kb()
with open_books(Path(sys.argv[1])) as source:
    count = sum(1 for _ in source.books)
print(count, peak_kb() - before)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells a process's own peak")
def test_memory_stays_flat_over_a_long_onix_file(tmp_path: Path) -> None:
    """10,000 products are 22 MB of XML, and well over 100 MB as a tree."""
    path = tmp_path / "feed.xml"
    own_number = PRODUCT.replace("15</ProductIDType>", "01</ProductIDType>")
    path.write_text(
        message(*(own_number.replace("press.1", f"press.{number}") for number in range(10_000)))
    )
    child = subprocess.run(
        [sys.executable, "-c", GROWTH, str(path)], capture_output=True, text=True, check=True
    )
    books, growth_kb = map(int, child.stdout.split())
    assert books == 10_000
    assert growth_kb < 20_000


def jsonl(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_amazon_metadata_of_2018_becomes_books(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "category": ["Books", "Literature &amp; Fiction"],
        "description": ["<br />A house.", "", "Its ghosts."],
        "title": "The House",
        "also_buy": [],
        "brand": "Visit Amazon's Isabel Allende Page",
        "rank": "1,000 in Books (",
        "main_cat": "Books",
        "asin": "0553383809",
    }
    read = imported(tmp_path / "meta.json", jsonl(row))
    assert read.format == "amazon2018_meta"
    assert read.books == (
        Book(
            "0553383809",
            "The House",
            "Isabel Allende",
            categories=("Books", "Literature & Fiction"),
            description="A house.\n\nIts ghosts.",
        ),
    )


@pytest.mark.parametrize(
    "author", [{"name": "Peter Ackroyd", "about": []}, '{"name": "Peter Ackroyd"}', None]
)
def test_amazon_metadata_of_2023_becomes_books(tmp_path: Path, author: object) -> None:
    row: dict[str, object] = {
        "main_category": "Books",
        "title": "Chaucer",
        "subtitle": "Hardcover, January 1, 2004",
        "author": author,
        "average_rating": 4.5,
        "features": ["A life."],
        "description": [],
        "store": "Peter Ackroyd (Author)",
        "categories": ["Books", "Biography"],
        "parent_asin": "0701169850",
    }
    read = imported(tmp_path / "meta.jsonl", jsonl(row))
    assert read.format == "amazon2023_meta"
    assert read.books == (
        Book("0701169850", "Chaucer", "Peter Ackroyd", 2004, ("Books", "Biography"), "A life."),
    )


def test_goodreads_data_set_gives_reviews_and_their_books_the_same_id(tmp_path: Path) -> None:
    book: dict[str, object] = {
        "book_id": "402128",
        "title": "Old Possum (Cats, #1)",
        "title_without_series": "Old Possum",
        "authors": [{"author_id": "18540", "role": ""}],
        "publication_year": "1982",
        "popular_shelves": [
            {"count": "9", "name": "to-read"},
            {"count": "5", "name": "poetry"},
        ],
        "description": "Cats.",
    }
    review: dict[str, object] = {
        "user_id": "80d52f5e",
        "book_id": "402128",
        "review_id": "fbd6",
        "rating": 4,
        "review_text": "Purrs.",
        "date_added": "Sun Jul 30 07:44:10 -0700 2017",
        "read_at": "",
    }
    unread = {**review, "rating": 0, "review_text": "", "book_id": "1"}
    unrated = {**review, "rating": 0, "book_id": "2"}
    read = imported(tmp_path / "books.json", jsonl(book))
    assert read.format == "goodreads_json"
    assert read.books == (Book("gr:402128", "Old Possum", "", 1982, ("poetry",), "Cats."),)
    path = tmp_path / "reviews.json"
    path.write_text(jsonl(review, unread, unrated))
    reviews = read_reviews(path)
    assert reviews.format == "goodreads_json"
    assert [(one.book_id, one.rating) for one in reviews.reviews] == [
        ("gr:402128", 4.0),
        ("gr:2", None),
    ]
    assert reviews.skipped == ()
