-- schema_home.sql - what the home page reads: counts that are kept, and indexes of what is open.
-- All of it can be rebuilt from the events.

CREATE TABLE tally (               -- how many, and how much
  whose TEXT NOT NULL,             -- A everybody's, F of a finance department's holders, D of a superior's units, H of a holder,
                                   -- I implementer, O operator, U user of tokens, T of an authorisation's tokens
  scope TEXT NOT NULL,             -- USCC, '' of everybody; number of an authorisation
  what  TEXT NOT NULL,             -- store/tally.def
  code  TEXT NOT NULL,             -- state, class, month...
  n     INTEGER NOT NULL,          -- rows, or fen
  PRIMARY KEY (whose, scope, what, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally_pending (       -- of this transaction, added up when it commits (sto_settle): a batch of one holder is one row
  what        TEXT NOT NULL,
  code        TEXT NOT NULL,
  holder      TEXT NOT NULL,
  finance     TEXT NOT NULL,       -- '' the holder's
  implementer TEXT NOT NULL,
  operator    TEXT NOT NULL,
  user        TEXT NOT NULL,
  via         TEXT NOT NULL,       -- authorisation that names holder and implementer, '' none
  n           INTEGER NOT NULL,
  PRIMARY KEY (what, code, holder, finance, implementer, operator, user, via)
) STRICT, WITHOUT ROWID;
-- A holder that comes under another finance or superior department takes its counts along; money stays
-- where it was booked.  (A top department is its own superior.)
CREATE TRIGGER tally_moved_finance AFTER UPDATE OF finance ON organisation WHEN NEW.finance <> OLD.finance BEGIN
  INSERT INTO tally (whose, scope, what, code, n) SELECT 'F', OLD.finance, what, code, -n FROM tally WHERE whose = 'H' AND scope = NEW.usci AND what NOT IN ('shared', 'remitted')
    AND OLD.finance <> '' ON CONFLICT DO UPDATE SET n = n + excluded.n;
  INSERT INTO tally (whose, scope, what, code, n) SELECT 'F', NEW.finance, what, code, n FROM tally WHERE whose = 'H' AND scope = NEW.usci AND what NOT IN ('shared', 'remitted')
    AND NEW.finance <> '' ON CONFLICT DO UPDATE SET n = n + excluded.n;
END;
CREATE TRIGGER tally_moved_dept AFTER UPDATE OF dept ON organisation WHEN NEW.dept <> OLD.dept BEGIN
  INSERT INTO tally (whose, scope, what, code, n) SELECT 'D', iif(OLD.dept = '', OLD.usci, OLD.dept), what, code, -n FROM tally WHERE whose = 'H' AND scope = NEW.usci AND n <> 0
    ON CONFLICT DO UPDATE SET n = n + excluded.n;
  INSERT INTO tally (whose, scope, what, code, n) SELECT 'D', iif(NEW.dept = '', NEW.usci, NEW.dept), what, code, n FROM tally WHERE whose = 'H' AND scope = NEW.usci AND n <> 0
    ON CONFLICT DO UPDATE SET n = n + excluded.n;
END;
-- An authorisation that leaves ACTIVE stops its tokens, and back: all of them at once, by what is counted of
-- it (and waits to be added up), however many they are.
CREATE TRIGGER tally_stopped AFTER UPDATE OF state ON authorisation WHEN (OLD.state = 'ACTIVE') <> (NEW.state = 'ACTIVE') BEGIN
  INSERT INTO tally_pending (what, code, holder, finance, implementer, operator, user, via, n)
    SELECT what, iif(NEW.state = 'ACTIVE', 'ACTIVE ', 'STOPPED ') || substr(code, -10), holder, finance, implementer, operator, user, via, n FROM tally_pending
      WHERE what = 'token' AND via = NEW.number AND code GLOB iif(OLD.state = 'ACTIVE', 'ACTIVE *', 'STOPPED *') ON CONFLICT DO UPDATE SET n = n + excluded.n;
  UPDATE tally_pending SET n = 0 WHERE what = 'token' AND via = NEW.number AND code GLOB iif(OLD.state = 'ACTIVE', 'ACTIVE *', 'STOPPED *');
  INSERT INTO tally_pending (what, code, holder, finance, implementer, operator, user, via, n)
    SELECT 'token', code, '', '', '', NEW.operator, '', NEW.number, -n FROM tally
      WHERE whose = 'T' AND scope = NEW.number AND what = 'token' AND n <> 0 AND code GLOB iif(OLD.state = 'ACTIVE', 'ACTIVE *', 'STOPPED *') ON CONFLICT DO UPDATE SET n = n + excluded.n;
  INSERT INTO tally_pending (what, code, holder, finance, implementer, operator, user, via, n)
    SELECT 'token', iif(NEW.state = 'ACTIVE', 'ACTIVE ', 'STOPPED ') || substr(code, -10), '', '', '', NEW.operator, '', NEW.number, n FROM tally
      WHERE whose = 'T' AND scope = NEW.number AND what = 'token' AND n <> 0 AND code GLOB iif(OLD.state = 'ACTIVE', 'ACTIVE *', 'STOPPED *') ON CONFLICT DO UPDATE SET n = n + excluded.n;
END;

CREATE TABLE outcome (             -- decisions on what an office had asked for (issuer/outcome.c)
  org TEXT NOT NULL,               -- USCC
  seq INTEGER NOT NULL,            -- the event
  PRIMARY KEY (org, seq)
) STRICT, WITHOUT ROWID;

-- terms that run, of a finance department's holders and of one holder
CREATE INDEX find_due_finance ON find_row(finance, expires) WHERE noun = 4 AND expires > 0;
CREATE INDEX find_due_holder ON find_row(holder, expires) WHERE noun = 4 AND expires > 0;
CREATE INDEX find_noticed ON find_row(finance, expires) WHERE noun = 4 AND state = 'NOTICED';
-- what is open, by its term or by who has to act
CREATE INDEX objection_open ON objection(due) WHERE state = 'OPEN';
CREATE INDEX supervision_order_open ON supervision_order(due) WHERE state = 'ISSUED';
CREATE INDEX supervision_order_told ON supervision_order(org) WHERE state = 'ISSUED';
CREATE INDEX supervision_order_answered ON supervision_order(issuer) WHERE state = 'ANSWERED';
CREATE INDEX complaint_lodged ON complaint(due) WHERE state = 'LODGED';
CREATE INDEX complaint_answered ON complaint(due) WHERE state = 'ANSWERED';
CREATE INDEX auth_exit_open ON auth_exit(due) WHERE state = 'RUNNING';
CREATE INDEX auth_exit_matter_ticked ON auth_exit_matter(number) WHERE state = 'TICKED';
CREATE INDEX token_request_open ON token_request(operator) WHERE state = 'REQUESTED';
CREATE INDEX token_request_asked ON token_request(asked_by, seq);
CREATE INDEX usage_reported ON usage_day(user) WHERE state = 'REPORTED' AND newest = 1;
CREATE INDEX revenue_held ON revenue(finance) WHERE state = 'HELD';
CREATE INDEX remittance_open ON remittance(due) WHERE countered = 0 AND paid_fen < amount_fen;
CREATE INDEX remittance_owed ON remittance(party) WHERE countered = 0 AND paid_fen < amount_fen;
CREATE INDEX price_decision_due ON price_decision(to_at) WHERE state = 'IN_FORCE';
CREATE INDEX evaluation_due_at ON evaluation_due(due);
CREATE INDEX authorisation_first ON authorisation(first_due) WHERE first_due > 0;
CREATE INDEX registration_receiver ON registration(receiver, id) WHERE receiver <> '' AND received = '';
CREATE INDEX ledger_uncarded ON ledger(holder, id) WHERE state = 'CONFIRMED' AND result = 'ASSET' AND carded = 0;
CREATE INDEX asset_unregistered ON asset(holder, asset_no) WHERE state = 'CARDED' AND registration = '';
