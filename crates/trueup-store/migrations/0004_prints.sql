-- The prints of a link's bases stand in one blob beside its fields: for each field in turn that of the canonical side
-- and that of the mirror, 16 bytes each. As numbers in the JSON they were most of the file and of the time to read it.

ALTER TABLE base ADD COLUMN prints BLOB NOT NULL DEFAULT x'';
UPDATE base SET
    prints = (SELECT coalesce(unhex(group_concat(printf('%02x', byte.value), '' ORDER BY field.key, side.key, byte.key)), x'')
              FROM json_each(base.fields) AS field,
                   json_each(json_array(json(field.value -> 2), json(field.value -> 3))) AS side,
                   json_each(side.value) AS byte),
    fields = (SELECT json_group_array(json_array(json(value -> 0), json(value -> 1), json(value -> 4), json(value -> 5))
                                      ORDER BY key)
              FROM json_each(base.fields));
