"""ONIX for Books 3, the publishing trade's own format, with reference names or short tags.

Of each product: the ISBN-13 (or GTIN-13) as id, the title with its subtitle, authors (role A01)
before other contributors, publication date, BISAC, Thema and keyword subjects with a heading as
categories, and the description (text type 03, else 02, else 01). Reference names, short tags and
codes (lists 5, 15, 17, 27, 153 and 163) are as publishers' feeds and shops' guides for them have
them. A deleted product (notification 05) is left out. ONIX 2 names its parts differently: refused.

The file is not trusted: no entity of its own is resolved, no DTD or network address is read, and
libxml2's limits on depth and size stay on. One product is in memory at a time.
"""

import re
from collections.abc import Iterator

from lxml import etree

from engine.domain import Book, Skipped
from engine.sources.dates import year_in
from engine.sources.isbn import isbn13
from engine.sources.opening import InputFile, opened_bytes
from engine.sources.records import MAX_TEXT_CHARS, BadRow, storable
from engine.sources.rows import title_line, without_html
from models.errors import BadInput

FORMAT = "onix"
START_SIZE = 64 * 1024

SHORT = {
    "ONIXmessage": "ONIXMessage",
    "product": "Product",
    "a001": "RecordReference",
    "a002": "NotificationType",
    "productidentifier": "ProductIdentifier",
    "b221": "ProductIDType",
    "b244": "IDValue",
    "descriptivedetail": "DescriptiveDetail",
    "titledetail": "TitleDetail",
    "b202": "TitleType",
    "titleelement": "TitleElement",
    "x409": "TitleElementLevel",
    "b203": "TitleText",
    "b030": "TitlePrefix",
    "b031": "TitleWithoutPrefix",
    "b029": "Subtitle",
    "contributor": "Contributor",
    "b034": "SequenceNumber",
    "b035": "ContributorRole",
    "b036": "PersonName",
    "b037": "PersonNameInverted",
    "b039": "NamesBeforeKey",
    "b040": "KeyNames",
    "b047": "CorporateName",
    "subject": "Subject",
    "b067": "SubjectSchemeIdentifier",
    "b070": "SubjectHeadingText",
    "collateraldetail": "CollateralDetail",
    "textcontent": "TextContent",
    "x426": "TextType",
    "x427": "ContentAudience",
    "d104": "Text",
    "publishingdetail": "PublishingDetail",
    "publishingdate": "PublishingDate",
    "x448": "PublishingDateRole",
    "b306": "Date",
}
"""Short tags to reference names."""
_ID_TYPES = ("15", "03")
_DELETED = "05"
_DISTINCTIVE_TITLE = "01"
_PRODUCT_LEVEL = "01"
_AUTHOR = "A01"
_PUBLICATION_DATES = ("01", "11", "19")
"""Of this product; first publication; publication of the print counterpart."""
_BISAC, _KEYWORDS = "10", "20"
_THEMA = tuple(map(str, range(93, 100)))
DESCRIPTIONS = ("03", "02", "01")
_IS_ONIX = re.compile(rb"<(?:\w+:)?ONIX[Mm]essage\b([^>]*)>?")
_RELEASE = re.compile(rb"""\brelease\s*=\s*["'](\d)""")
_TAG = re.compile(r"<[^<>]*>")
_BLOCK_END = re.compile(r"</(?:p|li|div|h[1-6]|ul|ol)>|<br\s*/?>", re.IGNORECASE)


def is_onix(file: InputFile) -> bool:
    """Whether a file begins as an ONIX message."""
    return _IS_ONIX.search(_start_of(file)) is not None


def books(file: InputFile) -> Iterator[Book | Skipped]:
    """The products of a message that are not deleted, one at a time.

    Raises:
        BadInput: not ONIX 3, not well-formed, or it declares entities.
    """
    return (entry for entry in products(file) if entry is not None)


def products(file: InputFile) -> Iterator[Book | Skipped | None]:
    """Every product of a message in its place; None for one that is deleted.

    Raises:
        BadInput: as `books`.
    """
    _refuse_what_is_not_ours(file)
    parser = etree.XMLPullParser(
        events=("end",),
        tag=("{*}Product", "{*}product"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    with opened_bytes(file) as (chunks, _):
        try:
            for chunk in chunks:
                parser.feed(chunk)
                yield from _products(parser)
            parser.close()
        except etree.XMLSyntaxError as error:
            raise BadInput(
                f"{file.name} is not well-formed XML: {error.msg}.", "Ask its sender for it again."
            ) from error


def _products(parser: etree.XMLPullParser) -> Iterator[Book | Skipped | None]:
    for _, product in parser.read_events():
        assert isinstance(product, etree._Element)
        try:
            book = _book(product)
        except BadRow as bad:
            line = product.sourceline
            yield Skipped(line if isinstance(line, int) else 0, str(bad))
        else:
            yield book
        _let_go(product)


def _let_go(element: etree._Element) -> None:
    """Free a product that was read, and all before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _refuse_what_is_not_ours(file: InputFile) -> None:
    start = _start_of(file)
    found = _IS_ONIX.search(start)
    if found is None:
        raise BadInput(
            f"{file.name} does not begin as an ONIX message.",
            "Name its format: --format, or “as” in the window.",
        )
    release = _RELEASE.search(found[1])
    if release and release[1] != b"3":
        raise BadInput(
            f"{file.name} is ONIX {release[1].decode()}, and only release 3 can be read.",
            "Ask its sender for ONIX 3.",
        )
    if b"<!ENTITY" in start:
        raise BadInput(
            f"{file.name} declares XML entities of its own, which could stand for anything.",
            "Ask its sender for a file without them; ONIX needs none.",
        )


def _start_of(file: InputFile) -> bytes:
    with opened_bytes(file) as (chunks, _):
        start = next(chunks, b"")[:START_SIZE]
    # In UTF-16 every other byte of a tag's name is NUL.
    return start.replace(b"\0", b"")


def _book(product: etree._Element) -> Book | None:
    if _text(product, "NotificationType") == _DELETED:
        return None
    detail = _child(product, "DescriptiveDetail")
    if detail is None:
        raise BadRow("The product has no descriptive detail.")
    return Book(
        id=_id(product),
        title=_title(detail),
        author=", ".join(_authors(detail)),
        year=_year(product),
        categories=tuple(dict.fromkeys(_subjects(detail))),
        description=_description(product),
    )


def _id(product: etree._Element) -> str:
    values = {
        _text(identifier, "ProductIDType"): _text(identifier, "IDValue")
        for identifier in _children(product, "ProductIdentifier")
    }
    numbers = (isbn13(values.get(id_type, "")) for id_type in (*_ID_TYPES, "02"))
    found = next(filter(None, numbers), "") or _text(product, "RecordReference")
    if not found:
        raise BadRow("The product has neither an ISBN nor a record reference.")
    return found


def _title(detail: etree._Element) -> str:
    titles = _children(detail, "TitleDetail")
    titles.sort(key=lambda title: _text(title, "TitleType") != _DISTINCTIVE_TITLE)
    elements = [element for title in titles for element in _children(title, "TitleElement")]
    elements.sort(key=lambda element: _text(element, "TitleElementLevel") != _PRODUCT_LEVEL)
    for element in elements:
        parted = f"{_text(element, 'TitlePrefix')} {_text(element, 'TitleWithoutPrefix')}".strip()
        if title := _text(element, "TitleText") or parted:
            subtitle = _text(element, "Subtitle")
            return f"{title}: {subtitle}" if subtitle else title
    raise BadRow("The product has no title.")


def _authors(detail: etree._Element) -> list[str]:
    """The authors; where there are none, whoever else contributed, such as an editor."""
    people = _children(detail, "Contributor")
    people.sort(key=_place)
    authors = [
        person
        for person in people
        if _AUTHOR in map(_content, _children(person, "ContributorRole"))
    ]
    return list(dict.fromkeys(filter(None, map(_person, authors or people))))


def _place(contributor: etree._Element) -> int:
    number = _text(contributor, "SequenceNumber")
    return int(number) if number.isdecimal() else 10_000


def _person(contributor: etree._Element) -> str:
    parts = (_text(contributor, "NamesBeforeKey"), _text(contributor, "KeyNames"))
    last, comma, first = _text(contributor, "PersonNameInverted").partition(", ")
    return (
        _text(contributor, "PersonName")
        or " ".join(filter(None, parts))
        or (f"{first} {last}" if comma else last)
        or _text(contributor, "CorporateName")
    )


def _year(product: etree._Element) -> int | None:
    detail = _child(product, "PublishingDetail")
    dates = [] if detail is None else _children(detail, "PublishingDate")
    by_role = {_text(date, "PublishingDateRole"): _text(date, "Date") for date in dates}
    first = next((by_role[role] for role in _PUBLICATION_DATES if role in by_role), "")
    return year_in(first[:4])


def _subjects(detail: etree._Element) -> Iterator[str]:
    for subject in _children(detail, "Subject"):
        scheme, heading = (
            _text(subject, "SubjectSchemeIdentifier"),
            _text(subject, "SubjectHeadingText"),
        )
        if scheme == _KEYWORDS:
            yield from filter(None, (word.strip() for word in re.split("[;,]", heading)))
        elif heading and (scheme == _BISAC or scheme in _THEMA):
            yield heading


def _description(product: etree._Element) -> str:
    detail = _child(product, "CollateralDetail")
    contents = [] if detail is None else _children(detail, "TextContent")
    for wanted in DESCRIPTIONS:
        for content in contents:
            text = _child(content, "Text")
            if text is not None and _text(content, "TextType") == wanted:
                return _prose(text)
    return ""


def _prose(text: etree._Element) -> str:
    """A text that may be XHTML, HTML inside CDATA, or plain."""
    marked_up = etree.tostring(text, encoding="unicode", with_tail=False) if len(text) else ""
    return prose(marked_up or text.text or "")


def prose(marked_up: str) -> str:
    """A description in plain words, a line for each of its paragraphs.

    Raises:
        BadRow: it is over a million characters long.
    """
    plain = _TAG.sub("", _BLOCK_END.sub("\n", marked_up))
    if len(plain) > MAX_TEXT_CHARS:
        raise BadRow(f"The description is over {MAX_TEXT_CHARS:,} characters long.")
    lines = (" ".join(line.split()) for line in without_html(storable(plain)).splitlines())
    return "\n".join(filter(None, lines))


def _name(element: etree._Element) -> str:
    local = etree.QName(element).localname
    return SHORT.get(local, local)


def _children(parent: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in parent if isinstance(child.tag, str) and _name(child) == name]


def _child(parent: etree._Element, name: str) -> etree._Element | None:
    return next(iter(_children(parent, name)), None)


def _text(parent: etree._Element, name: str) -> str:
    child = _child(parent, name)
    return "" if child is None else _content(child)


def _content(element: etree._Element) -> str:
    return title_line(storable("".join(map(str, element.itertext()))))
