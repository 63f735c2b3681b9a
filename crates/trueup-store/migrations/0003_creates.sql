-- Records that an app makes in its own database and in a mirror, in both or in neither. The decision is part of
-- the body; what is open is a column, since every commit that opens an intent asks for it.

CREATE TABLE "create" (
    pipeline INTEGER NOT NULL REFERENCES pipeline (id),
    key      TEXT NOT NULL,
    system   TEXT NOT NULL,
    entity   TEXT NOT NULL,
    open     INTEGER NOT NULL CHECK (open IN (0, 1)),
    body     TEXT NOT NULL,
    PRIMARY KEY (pipeline, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX create_open_once ON "create" (pipeline, system, entity) WHERE open = 1;

-- A create has a lease of its own: whoever waits for it does not wait for a cycle.
CREATE TABLE create_lease (
    pipeline   INTEGER NOT NULL REFERENCES pipeline (id),
    key        TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    holder     TEXT,
    until      TEXT NOT NULL,
    buried     INTEGER NOT NULL CHECK (buried IN (0, 1)),
    taken_over INTEGER NOT NULL CHECK (taken_over IN (0, 1)),
    PRIMARY KEY (pipeline, key)
) STRICT, WITHOUT ROWID;
