-- public.db: what the public verifier may know, written by the publisher only.
-- Rollback journal: its readers never write, and a write-ahead log would need them to.
CREATE TABLE certificate (
  serial      TEXT PRIMARY KEY,  -- hex
  number      TEXT NOT NULL UNIQUE,
  asset_no    TEXT NOT NULL,
  asset_name  TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  holder_usci TEXT NOT NULL,
  not_before  INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  state       TEXT NOT NULL,     -- ACTIVE, SUSPENDED, WITHDRAWN, CANCELLED, SUPERSEDED
  revoked_at  INTEGER,           -- also for a suspension
  reason      INTEGER NOT NULL,  -- RFC 5280 5.3.1, 0: none
  shard       INTEGER NOT NULL,
  der         BLOB NOT NULL
) STRICT;
CREATE TABLE authorisation (
  number        TEXT PRIMARY KEY,
  version       INTEGER NOT NULL,
  holder_name   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  state         TEXT NOT NULL,
  not_before    INTEGER NOT NULL,
  not_after     INTEGER NOT NULL
) STRICT;
CREATE TABLE delegated (         -- certificates of the appliance's own keys, for OCSP
  serial TEXT PRIMARY KEY,
  what   TEXT NOT NULL,
  der    BLOB NOT NULL
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
