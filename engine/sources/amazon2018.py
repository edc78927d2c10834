"""Amazon Review Data 2018 and 2014 (McAuley Lab): one JSON object on a line.

Fields: reviewerID, reviewerName, asin, overall, reviewText, summary, unixReviewTime (seconds). A
rating without text is taken as a review with an empty text. The file names no titles: the asin
stands in until the books are imported.
"""

from engine.domain import Book, Reader
from engine.sources.records import Record, required_label, text_of
from engine.sources.rows import Row, made_row, moment_of, required_rating, title_line

FORMAT = "amazon2018"
READER_FIELD = "reviewerID"


def row(_: str, record: Record) -> Row:
    """The review on a line of the file."""
    reader_id = required_label(record, READER_FIELD)
    asin = required_label(record, "asin")
    return made_row(
        record.line,
        Reader(reader_id, title_line(text_of(record, "reviewerName")) or reader_id, FORMAT),
        Book(asin, asin),
        text_of(record, "reviewText"),
        title=text_of(record, "summary"),
        rating=required_rating(record, "overall"),
        written_at=moment_of(record, "unixReviewTime", units_per_s=1),
    )
