"""The tables of descriptions, what people and judges said of them, and catalogues of them."""

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


CATALOGUES = """
create table catalogue (
    id text primary key,
    reader_id text not null references reader(id) on delete cascade,
    pane_id text not null, name text not null, format text not null, columns text not null,
    sampling text not null, made_at text not null
);
create index catalogue_reader on catalogue(reader_id);
create table catalogue_row (
    catalogue_id text not null references catalogue(id) on delete cascade,
    place integer not null, line integer not null,
    book_id text, title text not null, trouble text not null, same_as integer,
    skipped integer not null default 0,
    description_id integer references descriptions(id) on delete set null,
    flags integer not null default 0,
    primary key (catalogue_id, place)
);
create index catalogue_row_written on catalogue_row(catalogue_id, description_id);
create index catalogue_row_description on catalogue_row(description_id);
alter table vote add column rated_left integer;
alter table vote add column rated_right integer;
alter table pair add column near text not null default '[]'
"""
"""A row for each row of the file, in its order; `same_as` is the place of an earlier row with the
same book, whose description it shares. The file itself is kept in the data directory."""
