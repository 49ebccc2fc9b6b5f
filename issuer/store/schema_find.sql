-- schema_find.sql - what lists and search read; all of it can be rebuilt from the events.
--
-- One row for each object of every list (but license tokens, whose own table has what their
-- lists need), with the facts that offices filter by, and one text for those that are searched.
-- Triggers note which rows an event touched; when the event is applied, issuer/find.c looks at
-- them anew: whoever changes a table need not know that it is searched.

CREATE TABLE find_row (
  id       INTEGER PRIMARY KEY,
  noun     INTEGER NOT NULL,       -- enum fnd_noun
  key      TEXT NOT NULL,          -- public id: the order of lists
  state    TEXT NOT NULL,
  holder   TEXT NOT NULL,          -- USCC; of an organisation its superior, of a user the organisation
  finance  TEXT NOT NULL,          -- the holder's finance department
  div6     TEXT NOT NULL,          -- the holder's division
  class    TEXT NOT NULL,          -- class code; organisation: kind, ledger: result, authorisation: mode, plan: course, product: kind
  industry TEXT NOT NULL,          -- of an authorisation or plan its implementer, of a product its seller
  parent   TEXT NOT NULL,          -- of an asset its ledger entry, of registration and certificate the asset, of an authorisation
                                   -- the operator, of a ledger entry the class code, of a plan the operator, of a product the authorisation
  created  INTEGER NOT NULL,       -- time of the event that made it
  expires  INTEGER NOT NULL        -- last second; 0: does not expire; of a registration the end of its term
) STRICT;
CREATE UNIQUE INDEX find_key ON find_row(noun, key);
CREATE INDEX find_state ON find_row(noun, state, key);
CREATE INDEX find_holder ON find_row(noun, holder, key);
CREATE INDEX find_holder_state ON find_row(noun, holder, state, key);
CREATE INDEX find_finance ON find_row(noun, finance, key);
CREATE INDEX find_finance_state ON find_row(noun, finance, state, key);
CREATE INDEX find_class ON find_row(noun, class, key) WHERE class <> '';
CREATE INDEX find_industry ON find_row(noun, industry, key) WHERE industry <> '';
CREATE INDEX find_parent ON find_row(noun, parent, key) WHERE parent <> '';
CREATE INDEX find_division ON find_row(noun, div6, key);
CREATE INDEX find_created ON find_row(noun, created, key);
CREATE INDEX find_expires ON find_row(noun, expires, key);
CREATE INDEX find_top ON find_row(finance) WHERE noun = 1 AND holder = ''; -- departments without a superior

-- rowid is find_row.id.  body: Han characters in pairs, so that a word of two is one token and a
-- longer one a phrase (issuer/search.c)
CREATE VIRTUAL TABLE find_text USING fts5(noun, body, title UNINDEXED, tokenize = 'unicode61', columnsize = 0);

CREATE TABLE find_link (           -- what belongs to the history of an asset or certificate though neither names it
  object TEXT NOT NULL,            -- asset or certificate
  other  TEXT NOT NULL,            -- authorisation that covers it; approval that was asked for it with others
  PRIMARY KEY (object, other)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER find_approval_add AFTER INSERT ON approval BEGIN
  INSERT OR IGNORE INTO find_link SELECT j.value, NEW.id FROM json_tree(NEW.payload) j
    WHERE j.type = 'text' AND (j.path IN ('$.assets', '$.numbers', '$.certificates') OR (j.key IN ('asset_no', 'number') AND j.path LIKE '$.%[%'));
END;

-- Texts of this transaction, indexed together when it commits (sto_settle): FTS5 writes a segment
-- at every savepoint, and a statement with triggers is one.
CREATE TABLE find_pending (
  id    INTEGER PRIMARY KEY,
  noun  TEXT NOT NULL,
  body  TEXT NOT NULL,
  title TEXT NOT NULL
) STRICT;

CREATE TABLE find_touched (        -- by the event that is being applied; empty otherwise
  noun INTEGER NOT NULL,
  key  TEXT NOT NULL,
  PRIMARY KEY (noun, key)
) STRICT, WITHOUT ROWID;
-- what touches a row of its own: find_touch.def.  (OR IGNORE would not hold below an upsert)
CREATE TRIGGER find_organisation_held AFTER UPDATE ON organisation
  WHEN NEW.name <> OLD.name OR NEW.finance <> OLD.finance OR NEW.div6 <> OLD.div6
  BEGIN INSERT INTO find_touched SELECT noun, key FROM find_row WHERE noun > 1 AND holder = NEW.usci EXCEPT SELECT noun, key FROM find_touched; END;
-- a provisional number gives way to the one of the budget system: the same asset
CREATE TRIGGER find_asset_number AFTER UPDATE OF asset_no ON asset WHEN NEW.asset_no <> OLD.asset_no BEGIN
  UPDATE find_row SET key = NEW.asset_no WHERE noun = 3 AND key = OLD.asset_no;
  UPDATE find_link SET object = NEW.asset_no WHERE object = OLD.asset_no;
END;

-- license tokens' lists (beside token_of)
CREATE INDEX token_user ON token(user, id);
CREATE INDEX token_operator ON token(operator, id);
CREATE INDEX token_user_newest ON token(user); -- as they were issued, by rowid
CREATE INDEX token_operator_newest ON token(operator);
CREATE INDEX token_asset ON token(asset_no, id);
CREATE INDEX token_expires ON token(not_after, id);

-- history of an object
CREATE INDEX approval_object ON approval(object);
CREATE INDEX objection_asset ON objection(asset_no);
-- supervision belongs to the authorisation's history
CREATE TRIGGER find_evaluation_add AFTER INSERT ON evaluation BEGIN INSERT OR IGNORE INTO find_link VALUES (NEW.authorisation, NEW.id); END;
CREATE TRIGGER find_order_add AFTER INSERT ON supervision_order WHEN NEW.authorisation <> '' BEGIN INSERT OR IGNORE INTO find_link VALUES (NEW.authorisation, NEW.id); END;
CREATE TRIGGER find_incident_add AFTER INSERT ON incident BEGIN INSERT OR IGNORE INTO find_link VALUES (iif(NEW.authorisation <> '', NEW.authorisation, NEW.asset_no), NEW.id); END;
CREATE TRIGGER find_complaint_add AFTER INSERT ON complaint BEGIN INSERT OR IGNORE INTO find_link VALUES (NEW.authorisation, NEW.id); END;
-- what came before it, and what is offered under it
CREATE TRIGGER find_plan_granted AFTER UPDATE OF authorisation ON plan WHEN NEW.authorisation <> '' AND NEW.authorisation <> OLD.authorisation
  BEGIN INSERT OR IGNORE INTO find_link VALUES (NEW.authorisation, NEW.id); END;
CREATE TRIGGER find_product_of AFTER INSERT ON product
  BEGIN INSERT INTO find_link SELECT NEW.authorisation, NEW.key WHERE NOT EXISTS (SELECT 1 FROM find_link WHERE object = NEW.authorisation AND other = NEW.key); END;
CREATE TRIGGER find_listing_add AFTER INSERT ON listing BEGIN INSERT OR IGNORE INTO find_link VALUES (NEW.authorisation, NEW.id); END;
