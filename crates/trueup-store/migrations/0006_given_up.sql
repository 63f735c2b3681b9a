-- The write to a record that was gone before anybody saw what became of it, as JSON; NULL where there is none.

ALTER TABLE link ADD COLUMN given_up TEXT;
