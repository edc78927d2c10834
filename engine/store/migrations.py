"""The tables, as numbered steps that each run once, and the triggers that write the journal.

Every row table is journalled by triggers: while a change is open, each insert, update and delete
leaves the row before and after in `journal_row`, cascades included. Undo and redo replay those.
"""

from collections.abc import Mapping

from sqlite_utils import Database, Migrations

from engine.store.description_tables import CATALOGUES, DESCRIPTIONS, JUDGE_ANSWERS, VOTES
from engine.store.persona_tables import PERSONAS

migrations = Migrations("persona-studio")

JOURNALLED = ("reader", "book", "review", "profile", "trait", "override", "pair", "example")
JOURNALLED_SINCE_003 = (
    "finding",
    "genre_guess",
    "reading",
    "questionnaire",
    "pick",
    "suggestion",
    "card",
)


TABLES = """
create table reader (
    id text primary key, name text not null, source text not null,
    sensitive integer not null default 0
);
create table book (
    id text primary key, title text not null, author text not null, year integer,
    categories text not null, description text not null, genre text
);
create table review (
    id text primary key,
    reader_id text not null references reader(id) on delete cascade,
    book_id text not null references book(id),
    text text not null, title text not null, rating real, written_at text
);
create index review_reader on review(reader_id);
create table profile (
    reader_id text primary key references reader(id) on delete cascade,
    provider text not null, provider_note text not null, built_at text not null
);
create table trait (
    id text not null,
    reader_id text not null references profile(reader_id) on delete cascade,
    framework text not null, score real not null, confidence real not null,
    status text not null, value text, note text not null, evidence text not null,
    position integer not null,
    primary key (reader_id, id)
);
create table override (
    trait_id text not null,
    reader_id text not null references reader(id) on delete cascade,
    score real not null, reason text not null, made_at text not null,
    primary key (reader_id, trait_id)
);
create table pair (
    id text primary key,
    reader_id text not null references reader(id) on delete cascade,
    track text not null, trait_id text not null, topic text not null,
    prompt text not null, chosen text not null, rejected text not null,
    origin text not null, held_out integer not null, dropped integer not null,
    edited integer not null, position integer not null
);
create index pair_reader on pair(reader_id, position);
create table example (
    id text primary key, dataset_id text not null,
    prompt text not null, chosen text not null, rejected text not null
);
create index example_dataset on example(dataset_id);
create table run (
    id text primary key, kind text not null, subject text not null, title text not null,
    created_at text not null, recorded integer not null default 0
);
create table journal (
    id integer primary key autoincrement, title text not null, made_at text not null,
    undone integer not null default 0
);
create table journal_row (
    id integer primary key autoincrement,
    change_id integer not null references journal(id) on delete cascade,
    kind text not null, before text, after text
);
create index journal_row_change on journal_row(change_id);
create table journal_open (change_id integer not null);
"""


@migrations()
def m001_tables(db: Database) -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            db.execute(statement)


PROFILE_TABLES = """
alter table trait add column share real;
alter table trait add column interval_low real;
alter table trait add column interval_high real;
alter table trait add column books text not null default '[]';
alter table override add column kind text not null default 'set';
alter table override add column value text;
create table finding (
    reader_id text not null references profile(reader_id) on delete cascade,
    trait_id text not null,
    review_id text not null references review(id) on delete cascade,
    start integer not null, end integer not null, quote text not null, stance real not null,
    primary key (reader_id, trait_id, review_id, start)
);
create index finding_review on finding(review_id);
create table genre_guess (
    reader_id text not null references profile(reader_id) on delete cascade,
    book_id text not null references book(id) on delete cascade,
    genre text not null,
    primary key (reader_id, book_id)
);
create table reading (
    reader_id text not null references reader(id) on delete cascade,
    trait_id text not null, source text not null,
    score real not null, confidence real not null, note text not null, made_at text not null,
    primary key (reader_id, trait_id, source)
);
create table questionnaire (
    reader_id text primary key references reader(id) on delete cascade,
    answers text not null, sex text not null, age integer, made_at text not null
);
create table pick (
    reader_id text not null references reader(id) on delete cascade,
    pick_id text not null, choice text not null,
    primary key (reader_id, pick_id)
);
create table suggestion (
    reader_id text not null references reader(id) on delete cascade,
    trait_id text not null, model text not null, value text not null,
    probability real not null, accuracy text not null, made_at text not null,
    primary key (reader_id, trait_id, model)
);
create table card (
    reader_id text primary key references reader(id) on delete cascade,
    text text not null, made_from text not null, made_at text not null
);
create table judgement (
    review_id text not null references review(id) on delete cascade,
    provider text not null, sheet text not null, findings text not null,
    malformed integer not null, not_found integer not null,
    prompt_tokens integer not null, completion_tokens integer not null,
    primary key (review_id, provider, sheet)
);
create table forgotten_review (id text primary key)
"""
"""`judgement` is a cache of what a chat model said of one review; `card` is an edited profile card
with the hash of the card it was made from; `forgotten_review` keeps an import from bringing a
review back, by its id alone."""


PAIR_COLUMNS = """
alter table pair add column accepted integer not null default 0;
alter table pair add column flagged integer not null default 0;
alter table pair add column stance real not null default 0;
alter table pair add column evidence text not null default '[]';
alter table pair add column made text not null default 'bank';
create index journal_row_pair on journal_row(json_extract(coalesce(after, before), '$.id'))
    where kind = 'pair';
create index pair_used on pair(reader_id, dropped)
"""
"""The indexes are for the journal of one pair (0.2 ms instead of 600 among 200,000 rows) and for
counting the pairs in use, which a window does every few seconds (3 ms of 100,000, not 41)."""


BANK_DECISION = """
create table bank_decision (
    candidate_id text primary key, accepted integer not null, made_at text not null
)
"""
"""The candidates themselves are files of their own: `engine.bank_extend.files`."""


PAIR_CHOICE = """
create table pair_choice (
    reader_id text primary key references reader(id) on delete cascade,
    tracks text not null, answers integer not null
)
"""
"""What the pairs of a reader were built of last."""


AUTHORS = """
alter table journal add column who text;
alter table journal add column road text
"""
"""Null of changes that were made before there were these columns: nobody knows."""


@migrations()
def m002_journal_triggers(db: Database) -> None:
    for table in JOURNALLED:
        _journal(db, table)


@migrations()
def m003_findings_and_other_sources(db: Database) -> None:
    for statement in PROFILE_TABLES.split(";"):
        db.execute(statement)
    for table in (*JOURNALLED, *JOURNALLED_SINCE_003):
        _journal(db, table)


@migrations()
def m004_what_pairs_rest_on(db: Database) -> None:
    for statement in PAIR_COLUMNS.split(";"):
        db.execute(statement)
    _journal(db, "pair")


@migrations()
def m005_decisions_on_the_bank(db: Database) -> None:
    db.execute(BANK_DECISION)
    _journal(db, "bank_decision")


@migrations()
def m006_what_pairs_were_built_of(db: Database) -> None:
    db.execute(PAIR_CHOICE)
    _journal(db, "pair_choice")


@migrations()
def m007_who_changed_what(db: Database) -> None:
    for statement in AUTHORS.split(";"):
        db.execute(statement)


@migrations()
def m009_descriptions(db: Database) -> None:
    for statement in DESCRIPTIONS.split(";"):
        db.execute(statement)
    _journal(db, "descriptions")


@migrations()
def m010_blind_votes(db: Database) -> None:
    for statement in VOTES.split(";"):
        db.execute(statement)
    for table in ("vote_round", "vote_text", "ballot", "vote"):
        _journal(db, table)


@migrations()
def m011_what_judges_said(db: Database) -> None:
    for statement in JUDGE_ANSWERS.split(";"):
        db.execute(statement)


@migrations()
def m013_catalogues(db: Database) -> None:
    for statement in CATALOGUES.split(";"):
        db.execute(statement)
    for table in ("catalogue", "catalogue_row", "vote", "pair"):
        _journal(db, table)


@migrations()
def m014_personas(db: Database) -> None:
    for statement in PERSONAS.split(";"):
        db.execute(statement)
    for table in ("persona", "persona_check"):
        _journal(db, table)


def _journal(db: Database, table: str) -> None:
    """(Re)make the triggers of a table, which name its columns one by one."""
    columns = {column.name: column.type for column in db.table(table).columns}
    old, new = (_row_json(side, columns) for side in ("old", "new"))
    for event, before, after in (
        ("insert", "null", new),
        ("update", old, new),
        ("delete", old, "null"),
    ):
        db.execute(f"drop trigger if exists journal_{table}_{event}")
        db.execute(
            f"create trigger journal_{table}_{event} after {event} on [{table}] "
            "when exists (select 1 from journal_open) begin "
            "insert into journal_row(change_id, kind, before, after) "
            f"values ((select change_id from journal_open), '{table}', {before}, {after}); end"
        )


def _row_json(side: str, columns: Mapping[str, str]) -> str:
    parts = (f"'{name}', {_exactly(f'{side}.[{name}]', columns[name])}" for name in columns)
    return f"json_object({', '.join(parts)})"


def _exactly(value: str, column_type: str) -> str:
    """A number with all its digits, as text that the column turns back: JSON keeps only fifteen."""
    if column_type.upper() not in ("REAL", "FLOAT"):
        return value
    return f"case when {value} is null then null else printf('%!.17g', {value}) end"
