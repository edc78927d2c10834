"""The tables of story P: personas, their checks, and what models replied on the way to them."""

PERSONAS = """
create table persona (
    example_id text not null references example(id) on delete cascade,
    side text not null, text text not null, origin text not null,
    provider text not null, model_name text not null, prompt_sha256 text not null,
    made_at text not null, failure text not null, raw text not null,
    primary key (example_id, side)
);
create table persona_check (
    example_id text not null, side text not null, text text not null,
    intended_first integer, intended_second integer,
    judge text not null, prompt_sha256 text not null, made_at text not null,
    primary key (example_id, side),
    foreign key (example_id, side) references persona on delete cascade
);
create table persona_answer (
    example_id text not null references example(id) on delete cascade,
    asked text not null, model text not null, reply text not null, is_read integer not null,
    unread text not null, calls integer not null,
    prompt_tokens integer not null, completion_tokens integer not null,
    primary key (example_id, asked, model)
)
"""
"""`persona_answer` is a cache of what a chat model replied, as `judge_answer` is. A check is of the
wording that it holds: an edited persona is unchecked, and checked again as the edit is undone."""
