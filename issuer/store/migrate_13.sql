-- migrate_13.sql - from version 12, of the first release: which programs wrote the register.

CREATE TABLE upgrade (
  seq          INTEGER PRIMARY KEY, -- the event
  at           INTEGER NOT NULL,
  from_version INTEGER NOT NULL,    -- of the register; 0: it was made
  to_version   INTEGER NOT NULL,
  program      TEXT NOT NULL        -- version of the program that did it
) STRICT;
