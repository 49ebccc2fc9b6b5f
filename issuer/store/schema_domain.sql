-- schema_domain.sql - what the events mean; all of it can be rebuilt from them.

CREATE TABLE organisation (        -- 单位
  usci       TEXT PRIMARY KEY,     -- 统一社会信用代码, GB 32100
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL,        -- ADMIN INST MASS SOE UTIL ENT
  level      TEXT NOT NULL,        -- 财政级次
  div6       TEXT NOT NULL,        -- GB/T 2260
  dept       TEXT NOT NULL,        -- 主管部门, "" none
  finance    TEXT NOT NULL,        -- 本级财政部门
  roles      INTEGER NOT NULL,
  affiliates TEXT NOT NULL,        -- JSON list of USCCs (27号 art. 6)
  dishonest  INTEGER NOT NULL,
  mlps       INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger (              -- 台账
  id          TEXT PRIMARY KEY,
  holder      TEXT NOT NULL,
  ledger_no   TEXT NOT NULL,       -- the holder's own number
  catalog_ref TEXT NOT NULL,       -- 数据资源目录编号
  name        TEXT NOT NULL,
  summary     TEXT NOT NULL,
  formed_by   TEXT NOT NULL,
  shared_from TEXT NOT NULL,       -- "" unless obtained by government sharing
  state       TEXT NOT NULL,       -- LEDGERED, RECOGNISED (decided), CONFIRMED
  result      TEXT NOT NULL,       -- "", ASSET, MEMO, NOT
  person      TEXT NOT NULL,       -- who recognised
  seq         INTEGER NOT NULL,
  UNIQUE (holder, ledger_no)
) STRICT;

CREATE TABLE asset (               -- 数据资产
  asset_no    TEXT PRIMARY KEY,
  ledger      TEXT NOT NULL UNIQUE,
  holder      TEXT NOT NULL,
  name        TEXT NOT NULL,
  state       TEXT NOT NULL,       -- CARDED APPLIED ACCEPTED REVIEWED NOTICED REGISTERED CERTIFICATED FROZEN; final: CANCELLED TRANSFERRED DESTROYED
  former      TEXT NOT NULL DEFAULT '', -- state before FROZEN
  frozen_by   TEXT NOT NULL DEFAULT '', -- USCC of who froze it
  version     INTEGER NOT NULL,    -- card in force: the newest one, or with a certificate the one that it was issued on
  newest      INTEGER NOT NULL,    -- newest card: above `version` while a change is prepared
  origin      TEXT NOT NULL,       -- holder's kind when it was carded first: the collateral ban follows it (decision 2)
  registration TEXT NOT NULL DEFAULT '', -- the open registration, "" none
  came_from   TEXT NOT NULL DEFAULT '',  -- asset number before a transfer
  certificate TEXT NOT NULL,       -- newest certificate's number, "" none
  status_list INTEGER NOT NULL,    -- the asset's own status entry; -1 none
  status_idx  INTEGER NOT NULL,
  seq         INTEGER NOT NULL
) STRICT;
CREATE TABLE card (                -- 资产卡片, every version kept
  asset_no TEXT NOT NULL,
  version  INTEGER NOT NULL,
  hash     TEXT NOT NULL,          -- SHA-256 of the canonical card, hex
  card     TEXT NOT NULL,
  PRIMARY KEY (asset_no, version)
) STRICT;

CREATE TABLE registration (        -- 登记申请
  id        TEXT PRIMARY KEY,
  asset_no  TEXT NOT NULL,
  version   INTEGER NOT NULL,
  state     TEXT NOT NULL,         -- SUBMITTED REVIEWED ACCEPTED REGISTERED REFUSED
  applicant TEXT NOT NULL,         -- natural persons
  reviewer  TEXT NOT NULL,
  acceptor  TEXT NOT NULL,
  decider   TEXT NOT NULL,
  note      TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX registration_asset ON registration(asset_no);

CREATE TABLE certificate (         -- 数据资产证书
  number      TEXT PRIMARY KEY,
  serial      TEXT NOT NULL UNIQUE,
  asset_no    TEXT NOT NULL,
  version     INTEGER NOT NULL,    -- of the card
  asset_name  TEXT NOT NULL,
  holder      TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  state       TEXT NOT NULL,       -- PENDING ACTIVE SUSPENDED REVOKING WITHDRAWN CANCELLED SUPERSEDED ABANDONED
  former      TEXT NOT NULL,       -- state before REVOKING
  not_before  INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  revoked_at  INTEGER,             -- also of a suspension
  reason      INTEGER NOT NULL,
  shard       INTEGER NOT NULL,
  list        INTEGER NOT NULL,    -- own status entry
  idx         INTEGER NOT NULL,
  restrictions INTEGER NOT NULL,
  sha256      TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  spki        TEXT NOT NULL        -- SHA-256 of the SubjectPublicKeyInfo, hex
) STRICT;
CREATE INDEX certificate_key ON certificate(spki);
CREATE INDEX certificate_seq ON certificate(seq);
CREATE INDEX certificate_asset ON certificate(asset_no);

CREATE TABLE authorisation (       -- 授权
  number      TEXT PRIMARY KEY,
  state       TEXT NOT NULL,       -- PENDING ACTIVE SUSPENDED ENDING RECLAIMED TERMINATED ABANDONED
  former      TEXT NOT NULL,
  holder      TEXT NOT NULL,
  implementer TEXT NOT NULL,
  operator    TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  operator_name TEXT NOT NULL,
  not_before  INTEGER NOT NULL,
  not_after   INTEGER NOT NULL,
  body        TEXT NOT NULL,       -- the credential's payload
  line_list   INTEGER NOT NULL,    -- entry of the line, kept across versions
  line_idx    INTEGER NOT NULL,
  own_list    INTEGER NOT NULL,    -- entry of this version
  own_idx     INTEGER NOT NULL,
  sha256      TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  suspended_by TEXT NOT NULL DEFAULT '' -- FINANCE IMPLEMENTER; "" not suspended
) STRICT;
CREATE INDEX authorisation_seq ON authorisation(seq);

CREATE TABLE token (               -- 许可令牌
  id            TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  operator      TEXT NOT NULL,
  asset_no      TEXT NOT NULL,
  user          TEXT NOT NULL,
  user_name     TEXT NOT NULL,
  product       TEXT NOT NULL,
  state         TEXT NOT NULL,     -- PENDING ACTIVE SUSPENDED REVOKED ABANDONED
  not_before    INTEGER NOT NULL,
  not_after     INTEGER NOT NULL,
  list          INTEGER NOT NULL,
  idx           INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  suspended_by  TEXT NOT NULL DEFAULT '' -- FINANCE IMPLEMENTER OPERATOR; "" not suspended
) STRICT;
CREATE INDEX token_of ON token(authorisation, id);
