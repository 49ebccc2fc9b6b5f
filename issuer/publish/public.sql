-- public.db: what the public verifier may know, written by the publisher only.
-- Rollback journal: its readers never write, and a write-ahead log would need them to.
-- No name of a person, no amount, no contract, no user of a license.
CREATE TABLE certificate (
  serial      TEXT PRIMARY KEY,  -- hex
  number      TEXT NOT NULL UNIQUE,
  asset_no    TEXT NOT NULL,
  asset_name  TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  holder_usci TEXT NOT NULL,
  not_before  INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  state       TEXT NOT NULL,     -- ACTIVE, SUSPENDED, EXPIRED, WITHDRAWN, CANCELLED, SUPERSEDED
  revoked_at  INTEGER,           -- also for a suspension
  reason      INTEGER NOT NULL,  -- RFC 5280 5.3.1, 0: none
  shard       INTEGER NOT NULL,
  der         BLOB NOT NULL
) STRICT;
CREATE TABLE twin (              -- a certificate's other signature, under the SM2 hierarchy; its state is the certificate's
  serial      TEXT PRIMARY KEY,  -- hex
  number      TEXT NOT NULL UNIQUE,
  der         BLOB NOT NULL
) STRICT;
CREATE TABLE authorisation (
  number        TEXT PRIMARY KEY,
  version       INTEGER NOT NULL,
  holder_name   TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  state         TEXT NOT NULL,
  not_before    INTEGER NOT NULL,
  not_after     INTEGER NOT NULL,
  since         INTEGER          -- not in force since; NULL: in force
) STRICT;
CREATE TABLE named (             -- certificates that the newest version of an authorisation names
  authorisation TEXT NOT NULL,
  certificate   TEXT NOT NULL,
  PRIMARY KEY (authorisation, certificate)
) STRICT;
CREATE TABLE product (
  authorisation TEXT NOT NULL,
  id            TEXT NOT NULL,   -- the seller's choice: others may have the same
  version       TEXT NOT NULL,
  name          TEXT NOT NULL,
  purpose       TEXT NOT NULL,   -- PUBGOV WELFARE INDUSTRY SECTOR
  delivery      TEXT NOT NULL,   -- API DATASET MODEL VERIFY REPORT VISUAL INDEX APP
  level         TEXT NOT NULL,   -- OPERATOR REDEVELOPED
  state         TEXT NOT NULL,   -- ON_SALE WITHDRAWN
  seller_name   TEXT NOT NULL,
  seller_usci   TEXT NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (authorisation, id)
) STRICT;
CREATE INDEX product_id ON product(id);
CREATE TABLE change (            -- states that a certificate, authorisation or product came to; for the feeds
  id            INTEGER PRIMARY KEY,
  at            INTEGER NOT NULL,
  kind          TEXT NOT NULL,   -- certificate, authorisation, product
  number        TEXT NOT NULL,   -- of a product: its id
  authorisation TEXT NOT NULL,   -- of a product, and of an authorisation itself; "" of a certificate
  version       TEXT NOT NULL,
  state         TEXT NOT NULL,
  holder        TEXT NOT NULL,   -- USCC, of a product its seller's
  implementer   TEXT NOT NULL,   -- USCC, "" none
  operator      TEXT NOT NULL    -- USCC, "" none
) STRICT;
CREATE INDEX change_of ON change(number, authorisation, id);
CREATE INDEX change_authorisation ON change(authorisation, id) WHERE authorisation <> '';
CREATE INDEX change_holder ON change(holder, id);
CREATE INDEX change_implementer ON change(implementer, id) WHERE implementer <> '';
CREATE INDEX change_operator ON change(operator, id) WHERE operator <> '';
CREATE TABLE copy (              -- numbered copies on paper; of a license token the entries that decide it, and neither user nor product
  number        TEXT NOT NULL,   -- DAC-…, DAU-…, LT-…
  n             INTEGER NOT NULL,
  state         TEXT NOT NULL,   -- VALID VOID
  at            INTEGER NOT NULL,
  sha256        TEXT NOT NULL,   -- of a license token as issued, hex; "" of what is published itself, and so for the rest
  own_list      INTEGER NOT NULL,
  own_idx       INTEGER NOT NULL,
  asset_list    INTEGER NOT NULL,
  asset_idx     INTEGER NOT NULL,
  line_list     INTEGER NOT NULL,
  line_idx      INTEGER NOT NULL,
  authorisation TEXT NOT NULL,
  not_before    INTEGER NOT NULL,
  not_after     INTEGER NOT NULL,
  PRIMARY KEY (number, n)
) STRICT;
CREATE TABLE delegated (         -- certificates of the appliance's own keys, for OCSP
  serial TEXT PRIMARY KEY,
  what   TEXT NOT NULL,
  der    BLOB NOT NULL
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
