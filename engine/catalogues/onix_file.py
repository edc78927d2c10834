"""A catalogue as an ONIX 3 message: of a product with a new text its description alone is replaced.

The message is copied byte for byte, but for the text of each product's first TextContent of type 03
(a description). A product that has none is given one behind the TextContent that its facts were
read from, for the same audience. Expat tells where things stand, as far into the message as has
been copied; one product is in memory at a time. Entities that a message declares are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pyexpat import ExpatError, XMLParserType
from xml.parsers import expat
from xml.sax.saxutils import escape

from engine.catalogues.entry import Entry, Texts, paragraphs
from engine.domain import Skipped
from engine.sources.onix import DESCRIPTIONS, SHORT, products
from engine.sources.opening import InputFile, mark_and_encoding, opened_bytes, utf8_chunks
from models.errors import BadInput

_START_TAG = re.compile(rb"""<[^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*>""")
_SPACE_BEFORE = re.compile(rb"\s*\Z")
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XHTML, _HTML = "05", "02"
"""Of list 34, what a text is written in."""
_NEW_TAGS = {
    True: ("x426", "x427", "d104"),
    False: ("TextType", "ContentAudience", "Text"),
}
"""By whether the message has short tags."""


def entries(file: InputFile) -> Iterator[Entry]:
    """The products of a message; one that is deleted has nothing to write.

    Raises:
        BadInput: as `engine.sources.onix.products`.
    """
    for place, one in enumerate(products(file)):
        if one is None:
            yield Entry(place, 0, None, "The product is deleted.")
        elif isinstance(one, Skipped):
            yield Entry(place, one.line, None, one.reason)
        elif not one.description:
            yield Entry(place, 0, None, "The product has no description to write from.")
        else:
            yield Entry(place, 0, one)


def rewritten(file: InputFile, texts: Texts) -> Iterator[bytes]:
    """The whole message in its own encoding, with new descriptions.

    Raises:
        BadInput: the file cannot be read, is not well-formed, or declares entities.
    """
    mark, encoding = mark_and_encoding(file)
    with opened_bytes(file) as (chunks, _):
        yield mark
        bare, _ = utf8_chunks(chunks, file.name)
        is_recoded = encoding != "utf-8"
        splicer = Splicer(file.name, texts, "utf-8" if is_recoded else None)
        for chunk in bare:
            yield _in(encoding, splicer.feed(chunk), is_recoded)
        yield _in(encoding, splicer.close(), is_recoded)


def _in(encoding: str, data: bytes, is_recoded: bool) -> bytes:
    return data.decode().encode(encoding) if is_recoded else data


@dataclass
class _Text:
    """A Text element, by offsets into the message."""

    start: int
    content: int
    """Behind its start tag."""
    markup: str
    """The attribute `textformat`; empty where there is none."""
    end: int = 0
    """Where its end tag begins."""


@dataclass
class _Content:
    """A TextContent element on its way."""

    tag: str
    start: int
    type: str = ""
    audiences: list[str] = field(default_factory=list)
    text: _Text | None = None
    end: int = 0
    """Behind its end tag."""


class Splicer:
    """Takes a message in pieces and gives it out in pieces, with new texts in their places."""

    def __init__(self, name: str, texts: Texts, encoding: str | None) -> None:
        """
        Args:
            encoding: in the place of what the message declares; None believes it.
        """
        self._name = name
        self._texts = texts
        self._encoding = encoding or "utf-8"
        self._is_fixed = encoding is not None
        self._parser: XMLParserType = expat.ParserCreate(encoding)
        self._parser.ordered_attributes = False
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declared
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._said
        self._held = bytearray()
        self._base = 0
        """The offset of the first byte that is held."""
        self._seen = 0
        self._place = 0
        self._product: int | None = None
        """The offset of the product that is being read."""
        self._path: list[str] = []
        self._contents: list[_Content] = []
        self._words: list[str] = []
        self._edits: list[tuple[int, int, bytes]] = []

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; what is ready of the message comes back.

        Raises:
            BadInput: it is not well-formed, or declares entities.
        """
        self._held += data
        self._parse(data, False)
        return self._up_to(self._seen if self._product is None else self._product)

    def close(self) -> bytes:
        """The rest of the message.

        Raises:
            BadInput: it breaks off.
        """
        self._parse(b"", True)
        return self._up_to(self._base + len(self._held))

    def _parse(self, data: bytes, is_last: bool) -> None:
        try:
            self._parser.Parse(data, is_last)
        except ExpatError as error:
            raise BadInput(
                f"{self._name} is not well-formed XML: {error}.", "Ask its sender for it again."
            ) from error

    def _up_to(self, offset: int) -> bytes:
        """Let go of what is held before an offset, edited."""
        if offset <= self._base:
            return b""
        parts, at = [], self._base
        for start, end, new in self._edits:
            parts += [self._bytes(at, start), new]
            at = end
        parts.append(self._bytes(at, offset))
        self._edits.clear()
        del self._held[: offset - self._base]
        self._base = offset
        return b"".join(parts)

    def _bytes(self, start: int, end: int) -> bytes:
        return bytes(self._held[start - self._base : end - self._base])

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        if encoding and not self._is_fixed:
            self._encoding = encoding

    def _refuse_entity(self, *_: object) -> None:
        raise BadInput(
            f"{self._name} declares XML entities of its own, which could stand for anything.",
            "Ask its sender for a file without them; ONIX needs none.",
        )

    def _started(self, tag: str, attributes: dict[str, str]) -> None:
        at = self._seen = self._parser.CurrentByteIndex
        name = _reference(tag)
        self._path.append(name)
        self._words = []
        if name == "Product" and self._product is None:
            self._product = at
            self._contents = []
        elif self._is_at("CollateralDetail", "TextContent"):
            self._contents.append(_Content(tag, at))
        elif self._is_at("TextContent", "Text") and self._contents[-1].text is None:
            self._contents[-1].text = _Text(
                at, self._behind_tag(at), attributes.get("textformat", "")
            )

    def _ended(self, tag: str) -> None:
        at = self._seen = self._parser.CurrentByteIndex
        self._end(at, "".join(self._words).strip())
        self._path.pop()

    def _end(self, at: int, words: str) -> None:
        content = self._contents[-1] if self._contents else None
        if content is not None:
            if self._is_at("TextContent", "TextType"):
                content.type = words
            elif self._is_at("TextContent", "ContentAudience"):
                content.audiences.append(words)
            elif self._is_at("TextContent", "Text") and content.text and not content.text.end:
                content.text.end = at
            elif self._is_at("CollateralDetail", "TextContent"):
                content.end = self._behind_tag(at)
        if self._path[-1] == "Product" and "Product" not in self._path[:-1]:
            self._rewrite()
            self._product = None
            self._place += 1

    def _said(self, words: str) -> None:
        if self._product is not None:
            self._words.append(words)

    def _is_at(self, *names: str) -> bool:
        return self._product is not None and self._path[-len(names) :] == [*names]

    def _behind_tag(self, at: int) -> int:
        tag = _START_TAG.match(self._held, at - self._base)
        assert tag is not None, "expat has read the tag"
        return self._base + tag.end()

    def _rewrite(self) -> None:
        """Note what becomes of the product that has just been read."""
        text = self._texts.get(self._place)
        with_text = [content for content in self._contents if content.text is not None]
        if text is None or not with_text:
            return
        for wanted in DESCRIPTIONS:
            for content in with_text:
                if content.type == wanted:
                    self._put(content, _NOT_XML.sub("", text), is_new=wanted != DESCRIPTIONS[0])
                    return

    def _put(self, content: _Content, text: str, is_new: bool) -> None:
        if is_new:
            space = _SPACE_BEFORE.search(self._bytes(self._base, content.start))
            added = (space[0] if space else b"") + self._encoded(_new_content(content, text))
            self._edits.append((content.end, content.end, added))
            return
        old = content.text
        assert old is not None, "only a TextContent with a Text is asked for"
        start_tag, written = self._bytes(old.start, old.content), self._bytes(old.content, old.end)
        # The end of an empty element is where its only tag begins.
        is_empty = start_tag.endswith(b"/>")
        tag = start_tag[1:].split(None, 1)[0].rstrip(b"/>").decode()
        new = self._encoded(_marked_up(old.markup, text, tag, written.lstrip()[:9]))
        if is_empty:
            whole = start_tag[:-2].rstrip() + b">" + new + f"</{tag}>".encode()
            self._edits.append((old.start, old.content, whole))
        else:
            self._edits.append((old.content, old.end, new))

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._encoding, "xmlcharrefreplace")


def _reference(tag: str) -> str:
    local = tag.rpartition(":")[2]
    return SHORT.get(local, local)


def _marked_up(markup: str, text: str, tag: str, begins: bytes) -> str:
    """A text as the content of an element that says what it is written in.

    Args:
        tag: of the element, whose prefix XHTML takes too.
        begins: the first bytes of what stood there.
    """
    escaped = escape(text)
    if markup == _XHTML:
        prefix = tag.rpartition(":")[0]
        return paragraphs(escaped, f"{prefix}:p" if prefix else "p")
    if markup == _HTML:
        escaped = paragraphs(escaped)
        return f"<![CDATA[{escaped}]]>" if begins == b"<![CDATA[" else escape(escaped)
    return escaped


def _new_content(source: _Content, text: str) -> str:
    """A TextContent of type 03 for the audience of another, in the same kind of tags."""
    prefix, colon, local = source.tag.rpartition(":")
    kind, audience, words = (f"{prefix}{colon}{name}" for name in _NEW_TAGS[local.islower()])
    audiences = "".join(f"<{audience}>{escape(one)}</{audience}>" for one in source.audiences)
    return (
        f"<{source.tag}><{kind}>{DESCRIPTIONS[0]}</{kind}>{audiences}"
        f"<{words}>{escape(text)}</{words}></{source.tag}>"
    )
