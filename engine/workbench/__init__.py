"""An editor's work on pairs by the hundred: find them, act on many, see where they come from.

Front ends call these. Each that takes a data directory may be called from any thread and makes at
most one change, which undo takes back. A front end that shows a list keeps a `PairIndex`.
"""

from engine.workbench.acts import VERBS, Acted, Verb, act
from engine.workbench.evidence import Quoted, RestsOn, evidence_of
from engine.workbench.grammar import decimal, parse_query, query_text
from engine.workbench.history import Entry, FieldChange, PairChange, pair_journal
from engine.workbench.index import Counts, PairIndex, Rows, load_index, refreshed
from engine.workbench.pages import page, without_a_pair
from engine.workbench.query import (
    SORT_KEYS,
    SORT_WORDS,
    STATUS_WORDS,
    STATUSES,
    PairQuery,
    SortKey,
    Status,
    is_narrower,
)
from engine.workbench.rewriting import SIDES, Side, keep_rewritten, rewritten
from engine.workbench.search import Search, found, next_page
from engine.workbench.similar import Similar, similar

__all__ = [
    "SIDES",
    "SORT_KEYS",
    "SORT_WORDS",
    "STATUSES",
    "STATUS_WORDS",
    "VERBS",
    "Acted",
    "Counts",
    "Entry",
    "FieldChange",
    "PairChange",
    "PairIndex",
    "PairQuery",
    "Quoted",
    "RestsOn",
    "Rows",
    "Search",
    "Side",
    "Similar",
    "SortKey",
    "Status",
    "Verb",
    "act",
    "decimal",
    "evidence_of",
    "found",
    "is_narrower",
    "keep_rewritten",
    "load_index",
    "next_page",
    "page",
    "pair_journal",
    "parse_query",
    "query_text",
    "refreshed",
    "rewritten",
    "similar",
    "without_a_pair",
]
