-- What pipelines remember between cycles. One file may serve several pipelines.
-- Times are RFC 3339 with nine digits of a second, so that they sort as text.

CREATE TABLE meta (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    lineage   TEXT NOT NULL,
    print_key BLOB NOT NULL CHECK (length(print_key) = 32),
    -- How often the serial of any pipeline moved; mirrored to a side file, where a rollback shows.
    serial    INTEGER NOT NULL,
    -- The later serial that the side file told of, until a person has accepted the rollback.
    rolled_back_from INTEGER
) STRICT;

CREATE TABLE pipeline (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    serial          INTEGER NOT NULL DEFAULT 0,
    config_hash     TEXT,
    canonical_count INTEGER,
    -- What the columns of the canonical side were named when a run was last let through.
    layout          TEXT,
    -- Where the journal ends: entries cut off its end would leave a chain that still verifies.
    journal_length  INTEGER NOT NULL DEFAULT 0,
    journal_head    TEXT NOT NULL
) STRICT;

CREATE TABLE tenant (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    account  TEXT NOT NULL,
    PRIMARY KEY (pipeline, system)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
    id       INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    remote   TEXT NOT NULL,
    how      TEXT NOT NULL,
    state    TEXT NOT NULL,
    gone     INTEGER NOT NULL CHECK (gone IN (0, 1)),
    aliases  TEXT NOT NULL,
    version  TEXT,
    UNIQUE (pipeline, system, entity)
) STRICT;
CREATE INDEX link_by_remote ON link (pipeline, system, remote) WHERE gone = 0;

-- All bases of one link in one row: a cycle reads all of them or none.
CREATE TABLE base (
    link   INTEGER PRIMARY KEY REFERENCES link (id),
    fields TEXT NOT NULL
) STRICT;

-- A settled intent keeps its row without its body: what it wrote stands in the journal, where it can be
-- erased. Kept plans, open findings, conflicts and the bases of two-way fields hold values of their own.
CREATE TABLE intent (
    seq      INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    id       TEXT NOT NULL,
    run      TEXT NOT NULL,
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    epoch    INTEGER NOT NULL,
    verb     TEXT NOT NULL,
    watermark TEXT,
    sent     TEXT,
    settled  TEXT,
    body     TEXT,
    CHECK ((settled IS NULL) = (body IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX intent_open_once ON intent (pipeline, system, entity) WHERE settled IS NULL;
CREATE UNIQUE INDEX intent_open_id ON intent (pipeline, id) WHERE settled IS NULL;

CREATE TABLE journal (
    pipeline            INTEGER NOT NULL REFERENCES pipeline (id),
    seq                 INTEGER NOT NULL,
    prev                TEXT NOT NULL,
    hash                TEXT NOT NULL,
    run                 TEXT NOT NULL,
    at                  TEXT NOT NULL,
    intent              TEXT,
    system              TEXT NOT NULL,
    entity              TEXT NOT NULL,
    remote              TEXT,
    field               TEXT,
    "column"            TEXT,
    class               TEXT,
    event               TEXT NOT NULL,
    evidence            TEXT NOT NULL,
    before_commitment    TEXT NOT NULL,
    after_commitment     TEXT NOT NULL,
    canonical_commitment TEXT NOT NULL,
    PRIMARY KEY (pipeline, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_by_entity ON journal (pipeline, entity);
CREATE INDEX journal_by_run ON journal (pipeline, run);

-- The values behind the commitments. Erased ones leave a row without salt and values: a missing row
-- is damage, not an erasure.
CREATE TABLE journal_value (
    pipeline  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    salt      BLOB,
    before    TEXT,
    after     TEXT,
    canonical TEXT,
    PRIMARY KEY (pipeline, seq),
    FOREIGN KEY (pipeline, seq) REFERENCES journal (pipeline, seq),
    CHECK ((salt IS NULL) = (before IS NULL)),
    CHECK ((salt IS NULL) = (after IS NULL)),
    CHECK ((salt IS NULL) = (canonical IS NULL)),
    CHECK (salt IS NULL OR length(salt) = 16)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER journal_keeps_its_entries BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'a journal entry is never deleted'); END;
CREATE TRIGGER journal_keeps_its_words BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'a journal entry is never changed'); END;

CREATE TABLE finding (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    class    TEXT NOT NULL,
    system   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    since    TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, class, system, subject)
) STRICT, WITHOUT ROWID;

-- The newest row of a field is the one that counts; a closed one stays below it.
CREATE TABLE conflict (
    id       INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    field    TEXT NOT NULL,
    claims   TEXT NOT NULL,
    why      TEXT NOT NULL,
    opened   TEXT NOT NULL,
    closed   TEXT
) STRICT;
CREATE UNIQUE INDEX conflict_open_once ON conflict (pipeline, system, entity, field) WHERE closed IS NULL;
CREATE INDEX conflict_by_field ON conflict (pipeline, system, entity, field);

CREATE TRIGGER conflict_is_closed_not_deleted BEFORE DELETE ON conflict
BEGIN SELECT RAISE(ABORT, 'a conflict is never deleted'); END;

CREATE TABLE parked (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    field    TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, system, entity, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    field    TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, system, entity, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    class    TEXT NOT NULL,
    system   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, class, system, subject)
) STRICT, WITHOUT ROWID;

-- What each channel was told last: one that could not be reached is told again, the others are not.
CREATE TABLE alarm (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    channel  TEXT NOT NULL,
    what     TEXT NOT NULL,
    since    TEXT NOT NULL,
    PRIMARY KEY (pipeline, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
    seq      INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    id       TEXT NOT NULL,
    body     TEXT NOT NULL,
    UNIQUE (pipeline, id)
) STRICT;

CREATE TABLE heartbeat (
    seq      INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    run      TEXT NOT NULL,
    plan     TEXT,
    body     TEXT NOT NULL,
    UNIQUE (pipeline, run)
) STRICT;

CREATE TABLE approval (
    seq      INTEGER PRIMARY KEY,
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    plan     TEXT NOT NULL,
    body     TEXT NOT NULL
) STRICT;
CREATE INDEX approval_by_plan ON approval (pipeline, plan);

CREATE TABLE lease (
    pipeline   INTEGER PRIMARY KEY REFERENCES pipeline (id),
    epoch      INTEGER NOT NULL,
    -- NULL after it was given back; the row stays, so that no epoch is ever given twice.
    holder     TEXT,
    until      TEXT NOT NULL,
    buried     INTEGER NOT NULL CHECK (buried IN (0, 1)),
    taken_over INTEGER NOT NULL CHECK (taken_over IN (0, 1))
) STRICT;
