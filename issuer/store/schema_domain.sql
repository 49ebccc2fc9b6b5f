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
  mlps       INTEGER NOT NULL,
  note       TEXT NOT NULL,        -- such as why the kind contradicts the code (domain.md 3.4)
  override   TEXT NOT NULL         -- why the code is taken although its check character fails (R35)
) STRICT;
CREATE INDEX organisation_finance ON organisation(finance);
CREATE TABLE division (            -- 行政区划, GB/T 2260; a table that is loaded replaces names
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;
-- those of the pilot (domain.md 3.3)
INSERT INTO division (code, name) VALUES ('100000', '中央'), ('110000', '北京市'), ('130000', '河北省'), ('210200', '大连市'),
  ('220000', '吉林省'), ('310000', '上海市'), ('320000', '江苏省'), ('330000', '浙江省'), ('340000', '安徽省'), ('350000', '福建省'),
  ('370000', '山东省'), ('420000', '湖北省'), ('430000', '湖南省'), ('440300', '深圳市'), ('450000', '广西壮族自治区'),
  ('520000', '贵州省'), ('530000', '云南省');

CREATE TABLE ledger (              -- 台账
  id          TEXT PRIMARY KEY,
  holder      TEXT NOT NULL,
  ledger_no   TEXT NOT NULL,       -- the holder's own number
  catalog_ref TEXT NOT NULL,       -- 数据资源目录编号
  name        TEXT NOT NULL,
  summary     TEXT NOT NULL,
  formed_by   TEXT NOT NULL,
  shared_from TEXT NOT NULL,       -- "" unless obtained by government sharing
  industry    TEXT NOT NULL,       -- GB/T 4754: letter and two digits, "" not stated
  class_scheme TEXT NOT NULL,
  class_code  TEXT NOT NULL,
  more        TEXT NOT NULL,       -- what else the catalogue says: canonical JSON of fields of domain.md 4.3
  no_key      TEXT NOT NULL,       -- ledger_no in NFKC
  same_key    TEXT NOT NULL,       -- catalog_ref and name in NFKC
  import      TEXT NOT NULL,       -- the import that brought it, "" none
  state       TEXT NOT NULL,       -- LEDGERED, RECOGNISED (decided), CONFIRMED
  result      TEXT NOT NULL,       -- "", ASSET, MEMO, NOT
  tests       TEXT NOT NULL,       -- 确认条件 held, benefit, measurable: y, n or - (not stated) each
  decision    TEXT NOT NULL,       -- reference of the collective decision
  person      TEXT NOT NULL,       -- who recognised
  carded      INTEGER NOT NULL DEFAULT 0, -- 1: it has an asset card
  seq         INTEGER NOT NULL,
  UNIQUE (holder, no_key)
) STRICT;
CREATE INDEX ledger_same ON ledger(holder, same_key);
CREATE TABLE ledger_import (       -- imports that entered something
  id      TEXT PRIMARY KEY,        -- follows from holder and file
  holder  TEXT NOT NULL,
  sha256  TEXT NOT NULL,           -- of the file, hex
  rows    INTEGER NOT NULL,        -- rows of the file
  good    INTEGER NOT NULL,        -- of those, to be entered or changed
  entered INTEGER NOT NULL,        -- of those, entered or changed
  state   TEXT NOT NULL,           -- RUNNING (or broken off: the same file again goes on), DONE
  actor   TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_map (          -- what the headings of a holder's own tables mean
  holder  TEXT NOT NULL,
  heading TEXT NOT NULL,           -- as a key (sheet_heading)
  field   TEXT NOT NULL,
  PRIMARY KEY (holder, heading)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset (               -- 数据资产
  asset_no    TEXT PRIMARY KEY,
  ledger      TEXT NOT NULL UNIQUE,
  holder      TEXT NOT NULL,
  name        TEXT NOT NULL,
  state       TEXT NOT NULL,       -- AWAITING_NUMBER CARDED APPLIED ACCEPTED REVIEWED NOTICED REGISTERED CERTIFICATED FROZEN; final: CANCELLED TRANSFERRED DESTROYED
  former      TEXT NOT NULL DEFAULT '', -- state before FROZEN
  frozen_by   TEXT NOT NULL DEFAULT '', -- USCC of who froze it
  held        TEXT NOT NULL DEFAULT '', -- certificate that freezing suspended
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
CREATE INDEX asset_holder ON asset(holder, asset_no);
CREATE TRIGGER ledger_carded AFTER INSERT ON asset BEGIN UPDATE ledger SET carded = 1 WHERE id = NEW.ledger; END;

CREATE TABLE collateral (          -- 担保申请和权利负担 (R04, R05)
  id        TEXT PRIMARY KEY,
  asset_no  TEXT NOT NULL,
  creditor  TEXT NOT NULL,
  kind      TEXT NOT NULL,         -- PLEDGE MORTGAGE GUARANTEE CREDIT TRUST OTHER
  basis     TEXT NOT NULL,         -- asset certificate authorisation product receivable
  number    TEXT NOT NULL,         -- of what was named
  asked_by  TEXT NOT NULL,         -- USCC
  state     TEXT NOT NULL,         -- REGISTERED RELEASED REFUSED
  rule      TEXT NOT NULL,         -- that refused it, "" none
  override  TEXT NOT NULL,         -- that let it through, "" none
  at        INTEGER NOT NULL,
  seq       INTEGER NOT NULL
) STRICT;
CREATE INDEX collateral_asset ON collateral(asset_no, id);
CREATE TABLE rule_override (       -- rules of kind O let through by two finance officers
  id        TEXT PRIMARY KEY,
  rule      TEXT NOT NULL,
  object    TEXT NOT NULL,
  reason    TEXT NOT NULL,
  finance   TEXT NOT NULL,         -- whose officers they are
  applicant TEXT NOT NULL,         -- logins
  approver  TEXT NOT NULL,
  approval  TEXT NOT NULL,
  at        INTEGER NOT NULL,
  state     TEXT NOT NULL,         -- OPEN USED
  used_by   TEXT NOT NULL          -- id of what it let through
) STRICT;
CREATE INDEX rule_override_object ON rule_override(object, rule, state);

CREATE TABLE registration (        -- 登记申请
  id        TEXT PRIMARY KEY,
  asset_no  TEXT NOT NULL,
  holder    TEXT NOT NULL,
  version   INTEGER NOT NULL,      -- of the card
  type      TEXT NOT NULL,         -- INITIAL CHANGE CORRECTION RENEWAL TRANSFER CANCEL DESTROY
  path      TEXT NOT NULL,         -- 26, SHORT
  state     TEXT NOT NULL,         -- SUBMITTED APPLIED ACCEPTED REVIEWED NOTICED REGISTERED; ended: REFUSED RETURNED TERMINATED RECALLED WITHDRAWN
  applicant TEXT NOT NULL,         -- natural persons
  endorser  TEXT NOT NULL DEFAULT '',
  acceptor  TEXT NOT NULL DEFAULT '',
  reviewer  TEXT NOT NULL DEFAULT '',
  decider   TEXT NOT NULL DEFAULT '',
  receiver  TEXT NOT NULL,         -- of a transfer: USCC
  new_no    TEXT NOT NULL,         -- its number for the asset
  received  TEXT NOT NULL DEFAULT '', -- person who agreed for it
  disposal  TEXT NOT NULL,         -- documents of a disposal
  missing   TEXT NOT NULL DEFAULT '', -- JSON list: the one notice of what is missing
  note      TEXT NOT NULL,         -- last reason
  at        INTEGER NOT NULL,
  due       INTEGER NOT NULL,      -- end of the term of the present state, 0 none
  notice_from INTEGER NOT NULL DEFAULT 0,
  notice_to INTEGER NOT NULL DEFAULT 0,
  notice_address TEXT NOT NULL DEFAULT '',
  certificate TEXT NOT NULL DEFAULT '', -- issued on it
  seq       INTEGER NOT NULL
) STRICT;
CREATE INDEX registration_asset ON registration(asset_no, at);
CREATE INDEX registration_due ON registration(due) WHERE due > 0;
CREATE INDEX registration_noticed ON registration(id) WHERE state = 'NOTICED';

CREATE TABLE objection (           -- 异议
  id           TEXT PRIMARY KEY,
  registration TEXT NOT NULL,      -- "" against the registered asset
  asset_no     TEXT NOT NULL,
  person       TEXT NOT NULL,      -- who entered it; name, contact and evidence are an opening
  state        TEXT NOT NULL,      -- OPEN UPHELD DISMISSED; of the public's: TO_CONFIRM DECLINED
  reason       TEXT NOT NULL,
  at           INTEGER NOT NULL,
  due          INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  secret       TEXT NOT NULL DEFAULT '' -- of the public's: hash of number and secret of the receipt
) STRICT;
CREATE INDEX objection_of ON objection(registration, state);
CREATE INDEX objection_waiting ON objection(asset_no) WHERE state = 'TO_CONFIRM';

CREATE TABLE material (            -- 登记材料; the files lie under materials/
  id       TEXT PRIMARY KEY,
  holder   TEXT NOT NULL,
  asset_no TEXT NOT NULL,          -- "" of the unit
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  size     INTEGER NOT NULL,       -- octets
  at       INTEGER NOT NULL
) STRICT;
CREATE INDEX material_of ON material(holder, asset_no, kind);

CREATE TABLE certificate (         -- 数据资产证书
  number      TEXT PRIMARY KEY,
  serial      TEXT NOT NULL UNIQUE,
  asset_no    TEXT NOT NULL,
  version     INTEGER NOT NULL,    -- of the card
  asset_name  TEXT NOT NULL,
  holder      TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  state       TEXT NOT NULL,       -- PENDING ACTIVE SUSPENDED REVOKING EXPIRED WITHDRAWN CANCELLED SUPERSEDED ABANDONED
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
  spki        TEXT NOT NULL,       -- SHA-256 of the SubjectPublicKeyInfo, hex
  succeeds    TEXT NOT NULL,       -- number of the certificate that it follows, "" none
  registration TEXT NOT NULL       -- on which it was issued
) STRICT;
CREATE INDEX certificate_end ON certificate(not_after) WHERE state IN ('ACTIVE', 'SUSPENDED');
CREATE INDEX certificate_key ON certificate(spki);
CREATE INDEX certificate_seq ON certificate(seq);
CREATE INDEX certificate_asset ON certificate(asset_no);

CREATE TABLE twin (                -- signed once more under the SM2 hierarchy (sm2.c)
  kind   INTEGER NOT NULL,         -- enum pipe_kind
  number TEXT NOT NULL,            -- of the certificate, id of the token
  object TEXT NOT NULL,            -- under which its intent and its bytes are
  state  TEXT NOT NULL,            -- PENDING ISSUED ABANDONED
  serial TEXT UNIQUE,              -- certificates: its own
  first  TEXT,                     -- and that of the certificate
  shard  INTEGER NOT NULL,         -- of the CRL, below 0
  seq    INTEGER NOT NULL,
  PRIMARY KEY (kind, number)
) STRICT;
CREATE INDEX twin_first ON twin(first);
CREATE INDEX twin_seq ON twin(seq);

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
  suspended_by TEXT NOT NULL DEFAULT '', -- FINANCE IMPLEMENTER; "" not suspended
  credential  TEXT NOT NULL,       -- under which its newest version is stored
  first_due   INTEGER NOT NULL     -- end of the term for 26号's first registration (art. 9(一)), 0 none
) STRICT;
CREATE INDEX authorisation_holder ON authorisation(holder);
CREATE INDEX authorisation_credential ON authorisation(credential);
CREATE TABLE rebind (              -- authorisations whose certificate has a successor: a new version is to be made
  number   TEXT PRIMARY KEY,
  approval TEXT NOT NULL           -- of the successor
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
  state         TEXT NOT NULL,     -- PENDING ACTIVE SUSPENDED EXHAUSTED REVOKED ABANDONED
  not_before    INTEGER NOT NULL,
  not_after     INTEGER NOT NULL,
  list          INTEGER NOT NULL,
  idx           INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  suspended_by  TEXT NOT NULL DEFAULT '', -- FINANCE IMPLEMENTER OPERATOR; "" not suspended
  job           TEXT NOT NULL,     -- the job that issued it, "" none
  line          INTEGER NOT NULL,  -- its row in the job's list
  quota         INTEGER NOT NULL,  -- calls or rows; -1 none
  fee_fen       INTEGER NOT NULL,  -- per unit of what is charged for, when it was issued; 0 free, -1 no registered product says
  charge_basis  TEXT NOT NULL,     -- ITEMS SERVICES TIME CALLS; "" unless a fee is known and above 0
  used          INTEGER NOT NULL DEFAULT 0, -- by the newest totals of all days
  spent         INTEGER NOT NULL DEFAULT 0 -- 1: it was used up, and its operator has not opened it again
) STRICT;
CREATE INDEX token_of ON token(authorisation, id);
CREATE INDEX token_product ON token(product, authorisation);
CREATE UNIQUE INDEX token_job_row ON token(job, line) WHERE job <> ''; -- nobody gets two

CREATE TABLE token_request (       -- 许可申请 (domain.md 7.4)
  id            TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  operator      TEXT NOT NULL,
  product       TEXT NOT NULL,
  user          TEXT NOT NULL,     -- USCC
  user_name     TEXT NOT NULL,
  asked_by      TEXT NOT NULL,     -- USCC: the user, or the operator for one without accounts
  person        TEXT NOT NULL,     -- who entered it
  document      TEXT NOT NULL,     -- the application on paper, "" asked by the user itself
  request       TEXT NOT NULL,     -- canonical JSON, as token.issue takes it
  state         TEXT NOT NULL,     -- REQUESTED REVIEWED REFUSED
  reason        TEXT NOT NULL DEFAULT '',
  reviewer      TEXT NOT NULL DEFAULT '', -- person
  token         TEXT NOT NULL DEFAULT '', -- that follows from it
  at            INTEGER NOT NULL,
  seq           INTEGER NOT NULL
) STRICT;

CREATE TABLE token_job (           -- 批量签发: one approval, up to 10,000 tokens
  id            TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  operator      TEXT NOT NULL,
  product       TEXT NOT NULL,
  request       TEXT NOT NULL,     -- canonical JSON, without the users
  sha256        TEXT NOT NULL,     -- of the rows, which lie under materials/
  digest        TEXT NOT NULL,     -- over request and rows: what was approved
  approval      TEXT NOT NULL,
  applicant     TEXT NOT NULL,     -- login
  total         INTEGER NOT NULL,  -- rows
  taken         INTEGER NOT NULL DEFAULT 0, -- of those, intended or left out: the next step goes on after them
  left_out      INTEGER NOT NULL DEFAULT 0,
  state         TEXT NOT NULL,     -- RUNNING HELD DONE STOPPED
  reason        TEXT NOT NULL DEFAULT '', -- JSON {"rule","en","zh"}: why it is held or was stopped
  at            INTEGER NOT NULL,
  done_at       INTEGER NOT NULL DEFAULT 0,
  list_sha256   TEXT NOT NULL DEFAULT '', -- of the covering list, once done
  seq           INTEGER NOT NULL
) STRICT;
CREATE INDEX token_job_open ON token_job(id) WHERE state IN ('RUNNING', 'HELD');
CREATE INDEX token_job_digest ON token_job(digest);
CREATE INDEX token_job_operator ON token_job(operator);
CREATE TABLE token_job_aside (     -- users of a job who got no token
  job    TEXT NOT NULL,
  line   INTEGER NOT NULL,
  user   TEXT NOT NULL,
  name   TEXT NOT NULL,
  rule   TEXT NOT NULL,
  reason TEXT NOT NULL,            -- JSON {"en","zh"}
  PRIMARY KEY (job, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_day (           -- 用量: daily totals, every correction kept
  token   TEXT NOT NULL,
  day     TEXT NOT NULL,           -- ISO date, +08:00
  rev     INTEGER NOT NULL,        -- from 1
  count   INTEGER NOT NULL,
  state   TEXT NOT NULL,           -- REPORTED COUNTERSIGNED DISPUTED
  by      TEXT NOT NULL,           -- login
  reason  TEXT NOT NULL DEFAULT '', -- of a dispute
  claimed INTEGER NOT NULL DEFAULT -1, -- total that the user claims, -1 none
  at      INTEGER NOT NULL,
  said_at INTEGER NOT NULL DEFAULT 0,
  newest  INTEGER NOT NULL,        -- 1: the total that counts
  seq     INTEGER NOT NULL,
  user    TEXT NOT NULL,           -- the token's: whose it is to countersign
  PRIMARY KEY (token, day, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE product (             -- 产品和服务: what may be sold under an authorisation
  key           TEXT PRIMARY KEY,  -- authorisation/id
  authorisation TEXT NOT NULL,
  id            TEXT NOT NULL,     -- the seller's choice
  version       TEXT NOT NULL,
  name          TEXT NOT NULL,
  purpose       TEXT NOT NULL,     -- PUBGOV WELFARE INDUSTRY SECTOR
  delivery      TEXT NOT NULL,     -- API DATASET MODEL VERIFY REPORT VISUAL INDEX APP
  level         TEXT NOT NULL,     -- OPERATOR REDEVELOPED
  price_form    TEXT NOT NULL,     -- FREE GUIDED MARKET
  charge_basis  TEXT NOT NULL,     -- ITEMS SERVICES TIME CALLS, "" of what is free
  state         TEXT NOT NULL,     -- ON_SALE WITHDRAWN
  seller        TEXT NOT NULL,
  seller_name   TEXT NOT NULL,     -- as of its last version
  cap_fen       INTEGER NOT NULL,  -- of the price in force; -1 none
  fee_fen       INTEGER NOT NULL,  -- actual
  doc           TEXT NOT NULL,     -- all that the version says, canonical JSON
  at            INTEGER NOT NULL,
  seq           INTEGER NOT NULL
) STRICT;
CREATE INDEX product_of ON product(authorisation, id);
CREATE INDEX product_id ON product(id);
CREATE INDEX product_seq ON product(seq);
CREATE TABLE product_version (     -- every version kept
  key     TEXT NOT NULL,
  n       INTEGER NOT NULL,        -- from 1
  version TEXT NOT NULL,
  doc     TEXT NOT NULL,
  actor   TEXT NOT NULL,
  note    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (key, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE price_decision (      -- 核定价格 (65号): recorded from the document that approved it
  id            TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  state         TEXT NOT NULL,     -- IN_FORCE REPLACED
  maximum_fen   INTEGER NOT NULL,  -- 最高准许收入 of a year, as approved
  carried_fen   INTEGER NOT NULL,  -- excess of the price before, taken off
  excess_fen    INTEGER NOT NULL,  -- above the maximum so far: carried down into the next
  from_at       INTEGER NOT NULL,
  to_at         INTEGER NOT NULL,  -- end of the day by which it is reviewed
  doc           TEXT NOT NULL,     -- canonical JSON: amounts, caps, document
  confirmer     TEXT NOT NULL,     -- login
  at            INTEGER NOT NULL,
  seq           INTEGER NOT NULL
) STRICT;
CREATE INDEX price_decision_of ON price_decision(authorisation, state);
CREATE TABLE price_cap (           -- 上限收费标准
  decision TEXT NOT NULL,
  product  TEXT NOT NULL,          -- its id, registered or not yet
  cap_fen  INTEGER NOT NULL,
  volume   INTEGER NOT NULL,       -- expected of a year
  PRIMARY KEY (decision, product)
) STRICT, WITHOUT ROWID;
CREATE TABLE price_review (        -- a year's revenue against the maximum
  authorisation TEXT NOT NULL,
  year          INTEGER NOT NULL,
  decision      TEXT NOT NULL,
  limit_fen     INTEGER NOT NULL,
  actual_fen    INTEGER NOT NULL,  -- gross; what is compared
  booked_fen    INTEGER NOT NULL,  -- of it, booked here when it was compared
  deviation_bp  INTEGER NOT NULL,
  adjust        TEXT NOT NULL,     -- NONE FEE CAP
  excess_fen    INTEGER NOT NULL,
  note          TEXT NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (authorisation, year)
) STRICT, WITHOUT ROWID;
CREATE INDEX price_review_of ON price_review(decision, year);

CREATE TABLE offline (             -- 线下: acts on paper (domain.md decision 10)
  id        TEXT PRIMARY KEY,
  finance   TEXT NOT NULL,         -- whose two officers recorded it
  body      TEXT NOT NULL,         -- who acted
  usci      TEXT NOT NULL,         -- "" a body without code
  doc_no    TEXT NOT NULL,
  doc_date  TEXT NOT NULL,         -- of the document; `at` is the day of entry
  act       TEXT NOT NULL,         -- canonical JSON
  material  TEXT NOT NULL,         -- the scan
  sha256    TEXT NOT NULL,
  recorder  TEXT NOT NULL,         -- logins
  confirmer TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;

CREATE TABLE legacy (              -- 历史补录: what was registered before the appliance (decision 11)
  asset_no     TEXT PRIMARY KEY,
  registration TEXT NOT NULL,
  holder       TEXT NOT NULL,
  registered_on TEXT NOT NULL,     -- real dates; `at` is the day of entry
  doc_no       TEXT NOT NULL,
  doc_date     TEXT NOT NULL,      -- "" not said
  scan         TEXT NOT NULL,      -- SHA-256, hex
  old_number   TEXT NOT NULL,      -- former certificate, "" none
  old_from     TEXT NOT NULL,
  old_to       TEXT NOT NULL,
  file         TEXT NOT NULL,      -- SHA-256 of the file that brought it
  digest       TEXT NOT NULL,      -- of its row
  recorder     TEXT NOT NULL,      -- logins
  confirmer    TEXT NOT NULL,
  line         INTEGER NOT NULL,   -- of the file
  at           INTEGER NOT NULL
) STRICT;
CREATE INDEX legacy_period ON legacy(registered_on);

CREATE TABLE asset_number (        -- provisional numbers that were replaced
  provisional TEXT PRIMARY KEY,
  asset_no    TEXT NOT NULL UNIQUE,
  file        TEXT NOT NULL,       -- exchange file that brought the number
  at          INTEGER NOT NULL
) STRICT;
CREATE TABLE exchange_map (        -- 预算管理一体化: our fields in their columns
  finance TEXT NOT NULL,
  version INTEGER NOT NULL,
  doc     TEXT NOT NULL,           -- canonical JSON
  at      INTEGER NOT NULL,
  PRIMARY KEY (finance, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE exchange_file (
  id        TEXT PRIMARY KEY,      -- follows from direction, department and content
  direction TEXT NOT NULL,         -- OUT IN
  finance   TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  format    TEXT NOT NULL,
  rows      INTEGER NOT NULL,
  done      INTEGER NOT NULL,      -- records told, or receipts taken
  mapping   INTEGER NOT NULL,      -- version
  through   INTEGER NOT NULL,      -- last event before it
  faults    TEXT NOT NULL,         -- JSON list
  actor     TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE TABLE exchange_receipt (
  asset_no TEXT NOT NULL,
  file     TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  reason   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  seq      INTEGER PRIMARY KEY
) STRICT;
CREATE INDEX exchange_receipt_of ON exchange_receipt(asset_no, seq);

-- supervision
CREATE TABLE auth_adjustment (     -- 调整: an authorisation made narrower
  authorisation TEXT NOT NULL,
  version  INTEGER NOT NULL,       -- of the credential that has the narrowed scope
  state    TEXT NOT NULL,          -- PENDING (confirmed, being made) ISSUED ABANDONED
  grant    TEXT NOT NULL,          -- canonical JSON
  exp      INTEGER NOT NULL,
  was      TEXT NOT NULL,          -- the grant before
  was_exp  INTEGER NOT NULL,
  reason   TEXT NOT NULL,
  revoked  INTEGER NOT NULL,       -- tokens that no longer fitted
  at       INTEGER NOT NULL,
  PRIMARY KEY (authorisation, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE evaluation (          -- 运营成效评价
  id         TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  org        TEXT NOT NULL,        -- who evaluated
  role       TEXT NOT NULL,        -- ASSESSOR IMPLEMENTER
  from_day   TEXT NOT NULL,
  to_day     TEXT NOT NULL,
  indicators TEXT NOT NULL,        -- canonical JSON
  score_bp   INTEGER NOT NULL,     -- of full marks, rounded down
  conclusion TEXT NOT NULL,        -- KEEP ADJUST RECLAIM
  material   TEXT NOT NULL,        -- the report
  sha256     TEXT NOT NULL,
  note       TEXT NOT NULL,
  person     TEXT NOT NULL,
  at         INTEGER NOT NULL,
  seq        INTEGER NOT NULL
) STRICT;
CREATE INDEX evaluation_of ON evaluation(authorisation, id);
CREATE TABLE evaluation_due (      -- one row for each authorisation
  authorisation TEXT PRIMARY KEY,
  months     INTEGER NOT NULL,     -- of a period
  since      INTEGER NOT NULL,     -- first day that is not evaluated
  due        INTEGER NOT NULL,     -- last second of the period that is to be evaluated
  conclusion TEXT NOT NULL         -- of the last evaluation, "" none
) STRICT, WITHOUT ROWID;
CREATE TABLE supervision_order (   -- 监管指令
  id       TEXT PRIMARY KEY,
  kind     TEXT NOT NULL,          -- TALK GUIDE CORRECT SUSPEND RECLAIM DISQUALIFY
  authorisation TEXT NOT NULL,     -- "" about none
  issuer   TEXT NOT NULL,          -- USCC
  role     TEXT NOT NULL,          -- in which it was given
  org      TEXT NOT NULL,          -- addressee
  text     TEXT NOT NULL,
  state    TEXT NOT NULL,          -- ISSUED ANSWERED CLOSED
  due      INTEGER NOT NULL,
  answer   TEXT NOT NULL,
  material TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  reason   TEXT NOT NULL,          -- why it was sent back or closed
  at       INTEGER NOT NULL,
  seq      INTEGER NOT NULL
) STRICT;
CREATE INDEX supervision_order_of ON supervision_order(authorisation, id);
CREATE INDEX supervision_order_to ON supervision_order(org, kind);
CREATE TABLE incident (            -- 安全事件
  id        TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,     -- one of these two
  asset_no  TEXT NOT NULL,
  kind      TEXT NOT NULL,
  severity  TEXT NOT NULL,
  occurred  INTEGER NOT NULL,
  text      TEXT NOT NULL,
  suspended TEXT NOT NULL,         -- what the report suspended, "" nothing
  org       TEXT NOT NULL,         -- who reported
  state     TEXT NOT NULL,         -- REPORTED CLOSED
  measures  TEXT NOT NULL,
  at        INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,      -- 0: not closed
  seq       INTEGER NOT NULL
) STRICT;
CREATE INDEX incident_of ON incident(authorisation, id);
CREATE TABLE complaint (           -- 投诉; name and contact are an opening
  id        TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  product   TEXT NOT NULL,
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  items     TEXT NOT NULL,         -- what was charged: canonical JSON
  charged_fen INTEGER NOT NULL,
  org       TEXT NOT NULL,         -- whose officer entered it
  person    TEXT NOT NULL,
  state     TEXT NOT NULL,         -- FILED ANSWERED JUSTIFIED UNJUSTIFIED
  due       INTEGER NOT NULL,
  answer    TEXT NOT NULL,
  cost      TEXT NOT NULL,         -- what the charge is made of: canonical JSON
  cost_fen  INTEGER NOT NULL,
  refunded_fen INTEGER NOT NULL,   -- paid back with the answer
  reason    TEXT NOT NULL,
  answerer  TEXT NOT NULL,         -- persons
  at        INTEGER NOT NULL,
  seq       INTEGER NOT NULL
) STRICT;
CREATE INDEX complaint_of ON complaint(authorisation, id);
CREATE INDEX complaint_by ON complaint(org, at);
CREATE TABLE auth_exit (           -- 退出
  number   TEXT PRIMARY KEY,       -- of the authorisation
  operator TEXT NOT NULL,
  implementer TEXT NOT NULL,
  how      TEXT NOT NULL,          -- RECLAIMED TERMINATED
  state    TEXT NOT NULL,          -- RUNNING DONE
  due      INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  seq      INTEGER NOT NULL
) STRICT;
CREATE TABLE auth_exit_matter (
  number   TEXT NOT NULL,
  matter   TEXT NOT NULL,          -- DATA_RETURNED DELETION REFUND DELISTED USERS_TOLD
  place    INTEGER NOT NULL,
  state    TEXT NOT NULL,          -- MISSING TICKED CONFIRMED
  text     TEXT NOT NULL,
  material TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  amount_fen INTEGER NOT NULL,
  note     TEXT NOT NULL,          -- why it was sent back
  person   TEXT NOT NULL,          -- who ticked it
  at       INTEGER NOT NULL,
  PRIMARY KEY (number, matter)
) STRICT, WITHOUT ROWID;
CREATE TABLE plan (                -- 授权运营实施方案 (27号 arts. 9 to 14), from the proposal to the authorisation
  id          TEXT PRIMARY KEY,    -- PR-…
  course      TEXT NOT NULL,       -- FULL, SHORT
  state       TEXT NOT NULL,       -- domain.md 7.3; ended: ACTIVE REFUSED WITHDRAWN
  holder      TEXT NOT NULL,
  implementer TEXT NOT NULL,
  operator    TEXT NOT NULL,       -- "" until it is selected
  person      TEXT NOT NULL,       -- who proposed
  doc         TEXT NOT NULL,       -- canonical JSON: proposal, study, items, deliberation, selection, agreement, filing, disclosure
  approval    TEXT NOT NULL,       -- by which it was approved (plan.approve), "" none
  authorisation TEXT NOT NULL,     -- that came of it, "" none
  due         INTEGER NOT NULL,    -- end of the term in which it is to be filed; 0: none runs
  at          INTEGER NOT NULL,
  seq         INTEGER NOT NULL
) STRICT;
CREATE INDEX plan_due ON plan(due) WHERE due > 0;
CREATE INDEX plan_implementer ON plan(implementer);
CREATE INDEX plan_authorisation ON plan(authorisation) WHERE authorisation <> '';
CREATE TABLE revenue (             -- 收益 (domain.md 4.11); what counts is BOOKED, COUNTERED and COUNTER together
  id          TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,     -- "" none named (held), or a disposal
  asset_no    TEXT NOT NULL,       -- of a disposal, else ""
  product     TEXT NOT NULL,       -- "" none
  payer       TEXT NOT NULL,       -- USCC
  payer_name  TEXT NOT NULL,
  kind        TEXT NOT NULL,       -- USE_FEE DISPOSAL OPERATOR_SALE REDEV_SALE
  gross_fen   INTEGER NOT NULL,    -- below 0: a counter-entry
  tax_fen     INTEGER NOT NULL,
  net_fen     INTEGER NOT NULL,
  period_from TEXT NOT NULL,       -- ISO days
  period_to   TEXT NOT NULL,
  paid_on     TEXT NOT NULL,
  budget_year INTEGER NOT NULL,    -- of paid_on
  funded_by   TEXT NOT NULL,       -- the payer's money: OWN FISCAL DEBT
  gov_platform INTEGER NOT NULL,    -- the booker says that the payer is a platform of the government
  state       TEXT NOT NULL,       -- HELD BOOKED REFUSED COUNTERED; COUNTER: negates another one
  reasons     TEXT NOT NULL,       -- JSON list of the codes by which it was held
  evidence    TEXT NOT NULL,       -- canonical JSON
  invoice     TEXT NOT NULL,       -- its number, "" none
  trade       TEXT NOT NULL,       -- of an exchange, that the evidence names; "" none
  holder      TEXT NOT NULL,
  implementer TEXT NOT NULL,
  operator    TEXT NOT NULL,
  finance     TEXT NOT NULL,       -- of the holder
  booked_by   TEXT NOT NULL,       -- USCC
  person      TEXT NOT NULL,       -- natural persons behind the booking
  counters    TEXT NOT NULL,       -- revenue that this one negates, "" none
  countered_by TEXT NOT NULL DEFAULT '',
  note        TEXT NOT NULL,       -- last reason
  at          INTEGER NOT NULL,
  seq         INTEGER NOT NULL
) STRICT;
CREATE INDEX revenue_of ON revenue(authorisation, id);
CREATE INDEX revenue_booked ON revenue(booked_by);
CREATE INDEX revenue_payer ON revenue(payer, paid_on);
CREATE INDEX revenue_amount ON revenue(gross_fen, paid_on);
CREATE UNIQUE INDEX revenue_trade ON revenue(trade) WHERE trade <> '' AND state IN ('HELD','BOOKED'); -- booked once
CREATE TABLE revenue_share (       -- who gets what of net; rows of zero are left out
  revenue TEXT NOT NULL,
  n       INTEGER NOT NULL,        -- of the agreement, from 0
  party   TEXT NOT NULL,
  name    TEXT NOT NULL,
  role    TEXT NOT NULL,
  kind    TEXT NOT NULL,           -- of the party, then
  bp      INTEGER NOT NULL,
  amount_fen INTEGER NOT NULL,
  fund    TEXT NOT NULL,           -- NONTAX UNIT CAPITAL OWN
  PRIMARY KEY (revenue, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX revenue_share_party ON revenue_share(party, revenue);
CREATE TABLE revenue_entry (       -- double entry: debit above 0, credit below; an event's rows sum to 0
  seq     INTEGER NOT NULL,        -- of the event
  n       INTEGER NOT NULL,
  revenue TEXT NOT NULL,
  account TEXT NOT NULL,           -- RECEIVED TAX SHARE REMIT PAID
  party   TEXT NOT NULL,
  amount_fen INTEGER NOT NULL,
  PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX revenue_entry_of ON revenue_entry(revenue, seq, n);
CREATE TABLE remittance (          -- 应缴 (R28); its state follows from these and the clock
  id        TEXT PRIMARY KEY,
  revenue   TEXT NOT NULL,
  n         INTEGER NOT NULL,      -- of the share
  party     TEXT NOT NULL,         -- who owes
  finance   TEXT NOT NULL,         -- to whom
  fund      TEXT NOT NULL,         -- NONTAX CAPITAL
  kind      TEXT NOT NULL,         -- of the revenue
  amount_fen INTEGER NOT NULL,
  paid_fen  INTEGER NOT NULL,
  due       INTEGER NOT NULL,
  paid_at   INTEGER NOT NULL,      -- day of the last payment, 0 none
  countered INTEGER NOT NULL,      -- the revenue was countered: nothing is due, what was paid is to be refunded
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX remittance_revenue ON remittance(revenue);
CREATE INDEX remittance_party ON remittance(party, id);
CREATE TABLE remittance_payment (
  seq        INTEGER PRIMARY KEY,
  remittance TEXT NOT NULL,
  amount_fen INTEGER NOT NULL,
  slip       TEXT NOT NULL,        -- 缴款书号
  subject    TEXT NOT NULL,        -- budget subject code
  paid_on    TEXT NOT NULL,
  receipt    TEXT NOT NULL,        -- of the treasury, "" not yet
  row        TEXT NOT NULL,        -- of the statement that brought it, "" entered by hand
  UNIQUE (remittance, slip)
) STRICT;
CREATE INDEX remittance_payment_slip ON remittance_payment(slip);
CREATE TABLE statement_file (      -- 对账文件: bank statements, invoice lists, 缴款书
  id      TEXT PRIMARY KEY,        -- follows from kind, owner and content
  kind    TEXT NOT NULL,           -- BANK INVOICE SLIP
  owner   TEXT NOT NULL,           -- USCC
  sha256  TEXT NOT NULL,
  format  TEXT NOT NULL,
  rows    INTEGER NOT NULL,
  entered INTEGER NOT NULL,
  faults  TEXT NOT NULL,           -- JSON list
  actor   TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE TABLE statement_row (
  id        TEXT PRIMARY KEY,      -- follows from kind, owner and what the row says
  file      TEXT NOT NULL,
  line      INTEGER NOT NULL,
  kind      TEXT NOT NULL,
  owner     TEXT NOT NULL,
  day       TEXT NOT NULL,
  direction TEXT NOT NULL,         -- IN OUT
  amount_fen INTEGER NOT NULL,
  tax_fen   INTEGER NOT NULL,      -- of an invoice; -1 not said
  counterparty TEXT NOT NULL,      -- USCC, "" not said
  counterparty_name TEXT NOT NULL,
  number    TEXT NOT NULL,         -- of the row, invoice or 缴款书
  subject   TEXT NOT NULL,
  receipt   TEXT NOT NULL,
  reference TEXT NOT NULL,
  matched   TEXT NOT NULL DEFAULT '', -- revenue or remittance, "" none
  how       TEXT NOT NULL DEFAULT '', -- NUMBER PAYER HAND CIRCULAR
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX statement_row_open ON statement_row(owner, id) WHERE matched = '';
-- banks write names in narrow brackets
CREATE INDEX organisation_named ON organisation(replace(replace(name, '（', '('), '）', ')'));
CREATE INDEX statement_row_matched ON statement_row(matched) WHERE matched <> '';
CREATE INDEX statement_row_to ON statement_row(counterparty, day) WHERE direction = 'OUT';

CREATE TABLE listing (             -- 场内挂牌: a product at a data exchange (domain.md 4.13)
  id            TEXT PRIMARY KEY,
  authorisation TEXT NOT NULL,
  product       TEXT NOT NULL,
  name          TEXT NOT NULL,     -- of the product
  exchange      TEXT NOT NULL,     -- USCC
  seller        TEXT NOT NULL,     -- operator, or who re-develops
  state         TEXT NOT NULL,     -- PREPARED LISTED DELISTED; HALTED and DELISTING follow from what it rests on
  listing_no    TEXT NOT NULL,     -- the exchange's, "" not yet
  listed_on     TEXT NOT NULL,     -- days, "" not yet
  ended_on      TEXT NOT NULL,
  reason        TEXT NOT NULL,     -- of its end
  version       INTEGER NOT NULL,  -- of the pack made last
  signed        INTEGER NOT NULL,  -- of the pack signed last, 0 none
  manifest      TEXT NOT NULL,     -- SHA-256 of that pack's manifest.json, hex
  files         TEXT NOT NULL,     -- its list of files; the octets lie under materials/
  at            INTEGER NOT NULL,  -- when it was made
  seq           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX listing_number ON listing(exchange, listing_no) WHERE listing_no <> '';
CREATE INDEX listing_of ON listing(authorisation, product, exchange);
CREATE TABLE trade_map (           -- an exchange's columns in its files of trades
  exchange TEXT NOT NULL,
  version  INTEGER NOT NULL,
  doc      TEXT NOT NULL,          -- canonical JSON
  at       INTEGER NOT NULL,
  PRIMARY KEY (exchange, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE trade (               -- 场内交易
  id            TEXT PRIMARY KEY,  -- follows from exchange and trade_no
  exchange      TEXT NOT NULL,
  trade_no      TEXT NOT NULL,     -- the exchange's
  listing       TEXT NOT NULL,
  authorisation TEXT NOT NULL,
  product       TEXT NOT NULL,
  traded_on     TEXT NOT NULL,     -- ISO day
  buyer         TEXT NOT NULL,
  buyer_usci    TEXT NOT NULL,
  quantity      INTEGER NOT NULL,
  amount_fen    INTEGER NOT NULL,
  marks         TEXT NOT NULL,     -- JSON list of what is to be said about it
  file          TEXT NOT NULL,     -- SHA-256 of the file that brought it, hex
  at            INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  UNIQUE (exchange, trade_no)
) STRICT;
CREATE INDEX trade_of ON trade(listing, traded_on);
CREATE TABLE pilot (               -- 试点单位 of 167·二(一), by their names
  name TEXT PRIMARY KEY
) STRICT;
INSERT INTO pilot (name) VALUES ('水利部'), ('农业农村部'), ('文化和旅游部'), ('国家卫生健康委员会'), ('中国科学院'), ('中国气象局'),
  ('中国科学技术协会'), ('中国电子信息产业集团有限公司'), ('中国移动通信集团有限公司'), ('中国东方航空集团有限公司'), ('国家开发投资集团有限公司'), ('中国南方电网有限责任公司'),
  ('中国交通建设集团有限公司'), ('北京市财政局'), ('河北省财政厅'), ('大连市财政局'), ('吉林省财政厅'), ('上海市财政局'), ('江苏省财政厅'), ('浙江省财政厅'),
  ('安徽省财政厅'), ('福建省财政厅'), ('山东省财政厅'), ('湖北省财政厅'), ('湖南省财政厅'), ('深圳市财政局'), ('广西壮族自治区财政厅'), ('贵州省财政厅'),
  ('云南省财政厅');
CREATE TABLE report (              -- 报告 that were submitted; a draft is no row
  id        TEXT PRIMARY KEY,      -- RP-HY-2026H1-<USCC>, a later version with its number behind
  kind      TEXT NOT NULL,         -- half-year state-asset implementer-disclosure operator-disclosure operator-year
  period    TEXT NOT NULL,         -- 2026H1, 2026
  unit      TEXT NOT NULL,         -- USCC
  version   INTEGER NOT NULL,
  state     TEXT NOT NULL,         -- SUBMITTED FIXED REOPENED
  doc       TEXT NOT NULL,         -- canonical JSON: figures, lists, texts, returns, difference
  sha256    TEXT NOT NULL,         -- of doc, hex
  previous  TEXT NOT NULL,         -- report that it is compared with, "" none
  submitted_at INTEGER NOT NULL,
  fixed_at  INTEGER NOT NULL,      -- 0 not yet
  approval  TEXT NOT NULL,         -- under which it was fixed, "" not yet
  seq       INTEGER NOT NULL
) STRICT;
CREATE INDEX report_of ON report(kind, unit, period, version);
CREATE TABLE report_text (         -- what people write around the figures
  kind    TEXT NOT NULL,
  period  TEXT NOT NULL,
  unit    TEXT NOT NULL,
  section TEXT NOT NULL,
  text    TEXT NOT NULL,           -- JSON list of paragraphs
  actor   TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (kind, period, unit, section)
) STRICT, WITHOUT ROWID;
CREATE TABLE report_return (       -- figures of units that keep their own register
  kind    TEXT NOT NULL,
  period  TEXT NOT NULL,
  unit    TEXT NOT NULL,           -- whose report takes them in
  source  TEXT NOT NULL,           -- whose they are: USCC
  name    TEXT NOT NULL,
  format  TEXT NOT NULL,           -- json, sheet, signed
  sha256  TEXT NOT NULL,           -- of the file, hex
  figures TEXT NOT NULL,           -- canonical JSON {key: value}
  signer  TEXT NOT NULL,           -- canonical JSON {peer,name,root,iss,kid,report,signed_at}; "" it was not signed
  actor   TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (kind, period, unit, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE peer (                -- 互信登记系统: other registers whose signed reports are taken in
  id     TEXT PRIMARY KEY,         -- PE-…
  org    TEXT NOT NULL,            -- who takes them in
  name   TEXT NOT NULL,
  root   TEXT NOT NULL,            -- its root certificate, base64 DER
  sha256 TEXT NOT NULL,            -- of the root, hex
  units  TEXT NOT NULL,            -- JSON list of USCCs whose reports it signs
  state  TEXT NOT NULL,            -- TRUSTED REMOVED
  at     INTEGER NOT NULL,
  seq    INTEGER NOT NULL
) STRICT;
CREATE INDEX peer_of ON peer(org, state, sha256);
-- keys that were reported compromised (compromise.c)
CREATE TABLE key_report (
  id       TEXT PRIMARY KEY,       -- KC-…
  spki     TEXT NOT NULL,          -- SHA-256 of the SubjectPublicKeyInfo, hex
  org      TEXT NOT NULL,          -- the finance department that reported it
  state    TEXT NOT NULL,          -- OPEN CONFIRMED REFUSED
  reason   TEXT NOT NULL,
  approval TEXT NOT NULL,
  at       INTEGER NOT NULL,
  seq      INTEGER NOT NULL
) STRICT;
CREATE INDEX key_report_key ON key_report(spki, org);
CREATE TABLE key_thumb (           -- certificates of a reported key that are known
  x5t  TEXT PRIMARY KEY,           -- SHA-256 of the certificate, hex
  spki TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_thumb_key ON key_thumb(spki);
CREATE TABLE key_hit (             -- what stood on a key when it was reported
  report  TEXT NOT NULL,
  kind    TEXT NOT NULL,           -- certificate token user
  object  TEXT NOT NULL,           -- number, id, login
  finance TEXT NOT NULL,           -- whose it is to stop
  own     INTEGER NOT NULL,        -- 1: the reporter's
  stopped INTEGER NOT NULL,        -- 1: by this report, and so brought back if that is refused
  PRIMARY KEY (report, kind, object)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_hit_finance ON key_hit(finance, report) WHERE own = 0;
CREATE TABLE bound_key (           -- whose key by its hash; a certificate's first key stands in its row, a user's in user_key
  key    TEXT NOT NULL,            -- SHA-256 of the SubjectPublicKeyInfo, or of a gateway's certificate, hex
  kind   TEXT NOT NULL,            -- certificate token
  object TEXT NOT NULL,
  PRIMARY KEY (key, kind, object)
) STRICT, WITHOUT ROWID;
CREATE TABLE copy (                -- 纸质件: numbered copies of certificates, authorisations, license tokens
  id        TEXT PRIMARY KEY,      -- CP-number-nn
  number    TEXT NOT NULL,         -- of the credential
  n         INTEGER NOT NULL,      -- 份号, from 1; rises only
  kind      TEXT NOT NULL,         -- certificate authorisation token
  holder    TEXT NOT NULL,         -- USCC of the asset's holder
  finance   TEXT NOT NULL,         -- USCC of the department that keeps it
  state     TEXT NOT NULL,         -- READY COLLECTED VOID
  at        INTEGER NOT NULL,      -- made out
  seq       INTEGER NOT NULL,
  pdf       TEXT NOT NULL,         -- SHA-256 of its files, hex; the files lie under materials/
  ofd       TEXT NOT NULL,
  replaces  TEXT NOT NULL,         -- copy that it was made out instead of, "" none
  reason    TEXT NOT NULL,         -- why it is void, "" it is not
  sealed_pdf TEXT NOT NULL,        -- SHA-256 of what came back sealed, "" nothing yet
  sealed_ofd TEXT NOT NULL,
  document  TEXT NOT NULL,         -- identity document of who collected it: ID_CARD PASSPORT WORK_CARD LETTER OTHER
  collected_at INTEGER NOT NULL,   -- 0 not yet
  checked_by TEXT NOT NULL,        -- officer who compared the person with the document
  note      TEXT NOT NULL,         -- about its being void
  void_at   INTEGER NOT NULL,      -- 0 it is not
  replaced_by TEXT NOT NULL,       -- copy that was made out instead, "" none
  UNIQUE (number, n)
) STRICT;
CREATE INDEX copy_seq ON copy(seq);
