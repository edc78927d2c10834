"""The tables, as numbered steps that each run once, and the triggers that write the journal.

Every row table is journalled by triggers: while a change is open, each insert, update and delete
leaves the row before and after in `journal_row`, cascades included. Undo and redo replay those.
"""

from collections.abc import Mapping

from sqlite_utils import Database, Migrations

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


DESCRIPTIONS = """
create table descriptions (
    id integer primary key autoincrement,
    reader_id text not null references reader(id) on delete cascade,
    book_id text not null, pane_id text not null,
    model_name text not null, model_sha256 text not null, run_id text,
    with_card integer not null, card_of text references reader(id) on delete cascade,
    near text not null, sampling text not null, prompt_sha256 text not null,
    text text not null, made_at text not null, stopped text not null,
    edited_text text, accepted_at text
);
create index descriptions_reader on descriptions(reader_id, book_id);
create index descriptions_card on descriptions(card_of)
"""
"""What is written from a reader's card goes with that reader. Books may be the bank's, which are in
no table, and runs may be deleted."""


VOTES = """
create table vote_round (
    id text primary key,
    reader_id text not null references reader(id) on delete cascade,
    seed integer not null, made_at text not null
);
create index vote_round_reader on vote_round(reader_id);
create table vote_text (
    round_id text not null references vote_round(id) on delete cascade,
    book_id text not null, contestant text not null, text text not null, description_id integer,
    model_name text not null, model_sha256 text not null, base_name text not null, run_id text,
    with_card integer not null, card_of text references reader(id) on delete cascade,
    position integer not null,
    primary key (round_id, book_id, contestant)
);
create index vote_text_card on vote_text(card_of);
create table ballot (
    code text primary key,
    round_id text not null references vote_round(id) on delete cascade,
    position integer not null,
    book_id text not null, title text not null, author text not null, genre text, fiction integer,
    left_side text not null, right_side text not null,
    foreign key (round_id, book_id, left_side) references vote_text on delete cascade,
    foreign key (round_id, book_id, right_side) references vote_text on delete cascade
);
create index ballot_round on ballot(round_id, position);
create index ballot_left on ballot(round_id, book_id, left_side);
create index ballot_right on ballot(round_id, book_id, right_side);
create table vote (
    code text not null references ballot(code) on delete cascade,
    voter text not null, choice text not null, tags text not null, made_at text not null,
    primary key (code, voter)
);
create table vote_reveal (round_id text primary key, made_at text not null)
"""
"""A text written from another reader's card goes with that reader, and its ballots go with it.
`vote_reveal` is no part of the journal: what somebody has seen cannot be taken back."""


JUDGE_ANSWERS = """
create table judge_answer (
    round_id text not null, book_id text not null, one text not null, other text not null,
    judge text not null, aspect text not null, asked text not null,
    answer integer, confidence integer, reason text not null, unread text not null,
    calls integer not null, prompt_tokens integer not null, completion_tokens integer not null,
    primary key (round_id, book_id, one, other, judge, aspect),
    foreign key (round_id, book_id, one) references vote_text on delete cascade,
    foreign key (round_id, book_id, other) references vote_text on delete cascade
);
create index judge_answer_other on judge_answer(round_id, book_id, other)
"""
"""What a chat model said of two texts in one order, or of one text beside itself: a cache, as
`judgement` is. `asked` is the hash of what it was asked: another wording or another card is asked
again."""


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
