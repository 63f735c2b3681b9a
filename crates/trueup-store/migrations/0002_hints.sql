-- What chooses where to look first: cursors of systems, records that may have changed, and events that told so.

CREATE TABLE cursor (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (pipeline, system)
) STRICT, WITHOUT ROWID;

-- An empty remote means that anything of the system may have changed.
CREATE TABLE touch (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    system   TEXT NOT NULL,
    remote   TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, system, remote)
) STRICT, WITHOUT ROWID;

-- The ids of events alone: what they said is never kept, since it is never believed.
CREATE TABLE event (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    id       TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (pipeline, id)
) STRICT, WITHOUT ROWID;
