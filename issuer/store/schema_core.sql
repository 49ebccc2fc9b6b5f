-- schema_core.sql - the register's mechanism.  STRICT tables; times are seconds
-- since 1970 (UTC); hashes are SHA-256.
--
-- First half: the permanent record.  Triggers refuse changes; they guard against
-- mistakes, not against whoever owns the file.

CREATE TABLE event (              -- every accepted act, chained
  seq      INTEGER PRIMARY KEY,   -- from 1, without gaps
  at       INTEGER NOT NULL,
  actor    TEXT NOT NULL,         -- login, or "system"
  org      TEXT NOT NULL,         -- USCC acted for, "" for the system
  kind     TEXT NOT NULL,         -- "certificate.revoked"
  object   TEXT NOT NULL,         -- public id of what it is about
  approval TEXT NOT NULL,         -- approval that was executed or task that was done, "" if none
  policy   TEXT NOT NULL,         -- hash of the policy profile by which it was judged, hex
  body     TEXT NOT NULL,         -- canonical JSON
  hash     BLOB NOT NULL          -- over the previous hash and this row
) STRICT;
CREATE INDEX event_object ON event(object, seq);
CREATE INDEX event_at ON event(at);
-- who could do what: read in one go by the access review
CREATE INDEX event_people ON event(seq) WHERE kind IN ('organisation.added', 'organisation.changed', 'user.added', 'user.changed', 'user.moved', 'user.reset', 'user.handed-over', 'user.key-bound', 'user.key-ended', 'delegation.made', 'delegation.ended');
CREATE TRIGGER event_fixed BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are permanent'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are permanent'); END;

CREATE TABLE credential (         -- signed bytes as released
  kind   INTEGER NOT NULL,        -- enum pipe_kind
  object TEXT NOT NULL,           -- number or token id
  sha256 BLOB NOT NULL,
  bytes  BLOB NOT NULL,           -- DER certificate, or compact form with "~"
  PRIMARY KEY (kind, object)
) STRICT;
CREATE TRIGGER credential_fixed BEFORE UPDATE ON credential BEGIN SELECT RAISE(ABORT, 'credentials are permanent'); END;
CREATE TRIGGER credential_kept BEFORE DELETE ON credential BEGIN SELECT RAISE(ABORT, 'credentials are permanent'); END;

CREATE TABLE keyring (            -- certificates of the appliance's own keys
  what TEXT PRIMARY KEY,          -- root, issuing, token, status, ocsp, root.crl, log; of the SM2 hierarchy with -sm2
  der  BLOB NOT NULL
) STRICT;
CREATE TABLE past_key (           -- certificates of keys that were rolled over (formats.md 26); what they signed is still verified by them
  what       TEXT NOT NULL,       -- as in the keyring
  generation INTEGER NOT NULL,
  der        BLOB NOT NULL,
  until      INTEGER NOT NULL,    -- what an event before this one intended is signed by this key
  ended      INTEGER NOT NULL,    -- when the key was destroyed; 0: the signer still has it
  PRIMARY KEY (what, generation)
) STRICT;
CREATE TABLE setting (            -- of init: arc, operator, demo, base, keeper, sm2; revoking.<serial>: when the revocation of a CA was asked for, and why;
                                -- made.<key>: SPKI of a newer issuing key; shard.<key>.N: where the CRLs of its N-th generation begin;
                                -- backup: who opens backups
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Beside the record: secrets and sessions, which never enter an event.
CREATE TABLE user_secret (
  login     TEXT PRIMARY KEY,
  password  TEXT NOT NULL,        -- argon2id string; "" before enrolment
  totp      BLOB NOT NULL,        -- RFC 6238 secret; empty: none
  step      INTEGER NOT NULL,     -- last time step used: a code works once
  failures  INTEGER NOT NULL DEFAULT 0, -- tries since the last success
  failed_at INTEGER NOT NULL DEFAULT 0, -- the last of them
  code      BLOB NOT NULL,        -- hash of the one-time enrolment code; empty: none
  code_end  INTEGER NOT NULL,
  set_at    INTEGER NOT NULL DEFAULT 0,  -- when the password was set
  must      TEXT NOT NULL DEFAULT '',    -- why it has to be changed before anything else: OFFICER, LEAKED; "" it has not
  pending   BLOB NOT NULL DEFAULT x'',   -- an RFC 6238 secret that its owner has not confirmed yet
  pending_end INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE session (
  hash    BLOB PRIMARY KEY,       -- of the token
  id      TEXT NOT NULL UNIQUE,   -- by which people name it
  login   TEXT NOT NULL,
  csrf    TEXT NOT NULL,
  made    INTEGER NOT NULL,
  used    INTEGER NOT NULL,
  door    TEXT NOT NULL,          -- portal, api
  address TEXT NOT NULL,          -- whence it was begun
  agent   TEXT NOT NULL,          -- what the browser called itself, cut
  factor  TEXT NOT NULL,          -- totp, certificate, recovery
  spki    TEXT NOT NULL           -- begun with this key (SHA-256, hex), it takes this key on; "" none
) STRICT;
CREATE INDEX session_login ON session(login, used);
CREATE TABLE recovery_code (      -- each stands once for a factor
  login TEXT NOT NULL,
  hash  BLOB NOT NULL,            -- SHA-256 of login and code, which has 60 random bits
  used  INTEGER NOT NULL,         -- when; 0: not yet
  PRIMARY KEY (login, hash)
) STRICT;
CREATE TABLE signin_slot (        -- whoever has signed in before counts failures of his own
  login     TEXT NOT NULL,
  hash      BLOB NOT NULL,        -- of a browser's cookie, or of a bound key
  failures  INTEGER NOT NULL,
  failed_at INTEGER NOT NULL,
  used      INTEGER NOT NULL,
  PRIMARY KEY (login, hash)
) STRICT;
CREATE TABLE signin (             -- tries to sign in and what changed in accounts; kept for a bounded time
  n       INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  last    INTEGER NOT NULL,       -- of several alike
  times   INTEGER NOT NULL,
  login   TEXT NOT NULL,          -- "" where there is none such: it may be a password in the wrong field
  what    TEXT NOT NULL,          -- IN, WRONG, WAIT, ...
  door    TEXT NOT NULL,          -- portal, api, local
  address TEXT NOT NULL,
  agent   TEXT NOT NULL,
  factor  TEXT NOT NULL,
  by      TEXT NOT NULL           -- who did it, where that is another; the number of a session or token
) STRICT;
CREATE INDEX signin_login ON signin(login, n);
CREATE INDEX signin_last ON signin(last);
CREATE TABLE api_token (
  id      TEXT PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  login   TEXT NOT NULL,
  name    TEXT NOT NULL,
  scope   TEXT NOT NULL,          -- "asset:read certificate.suspend"
  made    INTEGER NOT NULL,
  until   INTEGER NOT NULL,
  used    INTEGER NOT NULL,       -- 0: never
  address TEXT NOT NULL,          -- whence it was used last
  ended   INTEGER NOT NULL        -- 0: not
) STRICT;
CREATE INDEX api_token_login ON api_token(login, id);
CREATE TABLE draft (              -- forms that somebody began to fill in
  id      TEXT PRIMARY KEY,
  login   TEXT NOT NULL,          -- whose: nobody else reads it
  org     TEXT NOT NULL,          -- USCC that he acted for: who moves leaves them behind
  command TEXT NOT NULL,
  about   TEXT NOT NULL,          -- number that it is about, "" none
  fields  TEXT NOT NULL,          -- SHA-256 over the command's fields as they were, hex
  fill    TEXT NOT NULL,          -- JSON: texts by field; no file, no password
  saved   INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_login ON draft(login, saved);
CREATE INDEX draft_saved ON draft(saved);
CREATE TABLE opening (            -- what personal fields of events say: the events hold commitments to it
  object TEXT PRIMARY KEY,
  salt   BLOB NOT NULL,           -- 16 octets
  text   TEXT NOT NULL            -- canonical JSON; the event has SHA-256(salt, text); can be erased
) STRICT;
CREATE TABLE pubstate (           -- what was published last
  what TEXT PRIMARY KEY,          -- "list/0", "crl/1", "rows", "generation"; "backup": it was restored from one and waits for two officers; number: of when
  number INTEGER NOT NULL,        -- CRL number, generation
  at   INTEGER NOT NULL,
  seq  INTEGER NOT NULL           -- events up to here are in it
) STRICT;

-- Second half: what can be rebuilt by replaying the events.

CREATE TABLE intent (             -- credentials to be made, made or given up
  id       BLOB PRIMARY KEY,      -- 16 octets, the signer's memory knows them
  kind     INTEGER NOT NULL,
  object   TEXT NOT NULL,
  serial   TEXT,                  -- certificates: hex
  state    TEXT NOT NULL,         -- PENDING, ISSUED, ABANDONED
  body     TEXT NOT NULL,
  approval TEXT NOT NULL,
  actor    TEXT NOT NULL,
  reason   TEXT NOT NULL,         -- why it was abandoned
  seq      INTEGER NOT NULL,
  UNIQUE (kind, object),
  UNIQUE (serial)
) STRICT;
CREATE INDEX intent_pending ON intent(seq) WHERE state = 'PENDING';
CREATE INDEX intent_seq ON intent(seq);

CREATE TABLE leaf (               -- of the public log, docs/formats.md 19
  n      INTEGER PRIMARY KEY,     -- its index, from 0, without gaps
  seq    INTEGER NOT NULL,        -- event that it follows from
  kind   INTEGER NOT NULL,        -- enum pipe_kind; 0: a list or CRL
  object TEXT NOT NULL,           -- what credential.object is; a list's URI
  event  TEXT NOT NULL,
  data   TEXT NOT NULL,           -- canonical JSON
  salt   BLOB NOT NULL            -- of a token that was issued: 16 octets; empty otherwise
) STRICT;
CREATE UNIQUE INDEX leaf_issued ON leaf(kind, object) WHERE event = 'issued';
CREATE TRIGGER leaf_fixed BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT, 'leaves are permanent'); END;
CREATE TRIGGER leaf_kept BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'leaves are permanent'); END;

CREATE TABLE approval (
  id        TEXT PRIMARY KEY,
  kind      TEXT NOT NULL,
  object    TEXT NOT NULL,
  org       TEXT NOT NULL,        -- whose officers decide; "" any with the role
  payload   TEXT NOT NULL,        -- canonical JSON
  digest    BLOB NOT NULL,        -- of the payload
  applicant TEXT NOT NULL,        -- login
  person    TEXT NOT NULL,
  role      TEXT NOT NULL,
  at        INTEGER NOT NULL,
  state     TEXT NOT NULL,        -- OPEN, APPROVED, REFUSED
  chain     TEXT NOT NULL,        -- JSON: the levels as resolved when it was requested
  level     INTEGER NOT NULL DEFAULT 1, -- whose turn it is
  turn_org  TEXT NOT NULL DEFAULT '',   -- of that level: organisation, role bits
  turn_roles INTEGER NOT NULL DEFAULT 0,
  behalf    TEXT NOT NULL,        -- the applicant's principal, "" none
  owner     TEXT NOT NULL         -- login of who answers for it now
) STRICT;
CREATE INDEX approval_turn ON approval(turn_org, id) WHERE state = 'OPEN';
CREATE INDEX approval_owner ON approval(owner) WHERE state = 'OPEN';
CREATE INDEX approval_open ON approval(kind, object) WHERE state = 'OPEN';
CREATE TABLE decision (
  approval TEXT NOT NULL,
  officer  TEXT NOT NULL,
  person   TEXT NOT NULL,
  role     TEXT NOT NULL,
  verdict  TEXT NOT NULL,         -- approve, reject
  note     TEXT NOT NULL,
  at       INTEGER NOT NULL,
  level    INTEGER NOT NULL,      -- 0: its ground was gone
  behalf   TEXT NOT NULL,         -- principal of a deputy, "" none
  PRIMARY KEY (approval, person)
) STRICT;

CREATE TABLE series (
  name TEXT PRIMARY KEY,          -- "DAC-420000-202604"; "floor-202604": all of that month go on above it, since a backup was restored
  n    INTEGER NOT NULL           -- last number given
) STRICT;

CREATE TABLE list_block (         -- 4096 entries of a status list, given to one purpose
  list  INTEGER NOT NULL,
  base  INTEGER NOT NULL,
  block TEXT NOT NULL,            -- "register", or an authorisation's number
  used  INTEGER NOT NULL,
  PRIMARY KEY (list, base)
) STRICT;
CREATE INDEX list_block_of ON list_block(block, used);
CREATE TABLE list_entry (
  list     INTEGER NOT NULL,
  idx      INTEGER NOT NULL,
  value    INTEGER NOT NULL,      -- 0 valid, 1 invalid, 2 suspended, 3 superseded
  seq      INTEGER NOT NULL,      -- event of the last change
  approval TEXT NOT NULL,         -- approval under which it changed
  PRIMARY KEY (list, idx)
) STRICT, WITHOUT ROWID;
-- entries that were ever set: a fresh one changes no list
CREATE INDEX list_entry_set ON list_entry(list, seq, value) WHERE value <> 0 OR approval <> '';

CREATE TABLE crl_entry (
  serial   TEXT PRIMARY KEY,
  shard    INTEGER NOT NULL,      -- below 0: of the SM2 hierarchy
  at       INTEGER NOT NULL,
  reason   INTEGER NOT NULL,      -- RFC 5280 5.3.1
  lifted   INTEGER NOT NULL,      -- 1: a hold that was lifted; it has left the CRL
  seq      INTEGER NOT NULL,
  approval TEXT NOT NULL
) STRICT;
CREATE INDEX crl_entry_shard ON crl_entry(shard, at);
CREATE INDEX crl_entry_seq ON crl_entry(shard, seq);

CREATE TABLE user (
  login  TEXT PRIMARY KEY,
  person TEXT NOT NULL,           -- one natural person is one officer
  name   TEXT NOT NULL,
  org    TEXT NOT NULL,           -- USCC
  roles  INTEGER NOT NULL,
  state  TEXT NOT NULL            -- INVITED, ACTIVE, DISABLED
) STRICT;
CREATE INDEX user_org ON user(org);
CREATE INDEX user_person ON user(person);
CREATE TABLE user_key (           -- keys of client certificates by which a user signs in
  login TEXT NOT NULL,
  spki  TEXT NOT NULL,            -- SHA-256 of the SubjectPublicKeyInfo, hex
  label TEXT NOT NULL,
  until INTEGER NOT NULL,         -- end of the certificate that was shown; 0: not said
  at    INTEGER NOT NULL,
  ended INTEGER NOT NULL,         -- 0: bound
  PRIMARY KEY (login, spki)
) STRICT;
CREATE INDEX user_key_spki ON user_key(spki) WHERE ended = 0;

CREATE TABLE delegation (         -- deputies
  id        TEXT PRIMARY KEY,
  principal TEXT NOT NULL,        -- logins
  deputy    TEXT NOT NULL,
  from_at   INTEGER NOT NULL,     -- 00:00 +08:00 of the first day
  to_at     INTEGER NOT NULL,     -- 00:00 +08:00 after the last day
  ended     INTEGER NOT NULL DEFAULT 0 -- when it was ended early
) STRICT;
CREATE INDEX delegation_deputy ON delegation(deputy);
CREATE INDEX delegation_principal ON delegation(principal);

CREATE TABLE profile (            -- policy profiles of finance departments (issuer/profile.def)
  finance TEXT NOT NULL,          -- USCC
  version INTEGER NOT NULL,       -- from 1; 0 are the defaults
  hash    TEXT NOT NULL,          -- SHA-256 of the canonical document, hex
  doc     TEXT NOT NULL,          -- canonical JSON: what differs from the defaults
  at      INTEGER NOT NULL,
  PRIMARY KEY (finance, version)
) STRICT;
CREATE TABLE task (               -- acts over a selection
  id        TEXT PRIMARY KEY,
  command   TEXT NOT NULL,
  digest    TEXT NOT NULL,        -- SHA-256 over the lines of what was done, hex
  done      INTEGER NOT NULL,
  items     TEXT NOT NULL,        -- JSON list
  set_aside TEXT NOT NULL,        -- JSON list: item, rule, detail
  actor     TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE TABLE upgrade (            -- which programs wrote the register (store/migrate.c)
  seq          INTEGER PRIMARY KEY, -- the event
  at           INTEGER NOT NULL,
  from_version INTEGER NOT NULL,  -- of the register; 0: it was made
  to_version   INTEGER NOT NULL,
  program      TEXT NOT NULL      -- version of the program that did it
) STRICT;
