"""The model's own tests.  python3 test_model.py [-v]; MOVES=n changes the length of the property run."""
import collections
import datetime as dt
import json
import os
import unittest

import model
from model import MATERIALS, Calendar, Generator, World, demo_config, not_after

D = dt.date.fromisoformat
GOOD = {"blocks": {"basic": True, "rights": True, "use": True, "management": True}, "level": "GENERAL",
        "risk_assessment": True, "dispute": False, "consent": False, "personal": "none",
        "legal_basis": False, "sj_number": False, "sec_policy": True, "emergency_plan": True,
        "public_data": True, "value_basis": "COST", "given": list(MATERIALS[1:-1])}


class Case(unittest.TestCase):
    """INST1 (superior DEPT, finance FIN1) on 26's path unless a test says otherwise."""
    H, S, A, R, D_, I1, I2 = "INST1.1", "DEPT.1", "FIN1.1", "FIN1.2", "FIN1.3", "FIN1.4", "FIN1.5"

    def setUp(self):
        self.w = World(demo_config())

    def ok(self, act, by, obj=None, **params):
        r, changes = self.w.try_move(dict({"act": act, "by": by, "object": obj}, **params))
        self.assertEqual("ok", r, (act, by, obj, changes))
        return changes

    def no(self, tags, act, by, obj=None, **params):
        before = self.w.to_json()
        r, got = self.w.try_move(dict({"act": act, "by": by, "object": obj}, **params))
        self.assertEqual("refused", r, (act, by, obj, got))
        self.assertEqual(sorted(tags.split()), got)
        self.assertEqual(before, self.w.to_json())

    def st(self, obj):
        return self.w.state(obj)["state"]

    def ledger(self, by=None, shared=False):
        return self.ok("ledger_enter", by or self.H, catalog_ref="CAT-1", shared=shared)["created"][0]

    def recognised(self, h=None, confirm=None, shared=False):
        led = self.ledger(h, shared)
        self.ok("recognise", h or self.H, led, result="ASSET")
        self.ok("confirm", confirm or self.S, led)
        return led

    def carded(self, h=None, confirm=None, shared=False, **card):
        led = self.recognised(h, confirm, shared)
        return self.ok("card", h or self.H, led, **dict(GOOD, **card))["created"][0]

    def submit(self, asset, type="INITIAL", h=None, **params):
        return self.ok("submit", h or self.H, asset, type=type, **params)["created"][0]

    def noticed(self, asset, type="INITIAL", **params):
        reg = self.submit(asset, type, **params)
        self.ok("endorse", self.S, reg)
        self.ok("accept", self.A, reg)
        self.ok("review", self.R, reg)
        self.ok("notice", self.A, reg, place="board", address="https://x.example/")
        return reg

    def register(self, asset, type="INITIAL", **params):
        reg = self.noticed(asset, type, **params)
        days = (D(self.w.state(reg)["notice_to"]) - self.w.today).days
        self.ok("tick", self.D_, days=days + 1)
        self.ok("decide", self.D_, reg, yes=True)
        return reg

    def issue(self, asset):
        draft = self.ok("issue_request", self.I1, asset)["created"][0]
        self.ok("issue_approve", self.I2, draft)
        return draft

    def certified(self, **card):
        asset = self.carded(**card)
        self.register(asset)
        return asset, self.issue(asset)

    def enterprise(self, **card):
        """ENT1: no superior, short path, non-public data."""
        asset = self.carded("ENT1.1", "FIN1.1", **dict({"public_data": False}, **card))
        reg = self.submit(asset, h="ENT1.1")
        self.ok("decide", "FIN1.1", reg, yes=True)
        draft = self.ok("issue_request", "FIN1.2", asset)["created"][0]
        self.ok("issue_approve", "FIN1.3", draft)
        return asset, draft


class Days(Case):
    def test_vectors(self):
        c = Calendar(["2026-04-06"])
        self.assertEqual(D("2026-03-05"), c.end(D("2026-03-02"), 3))
        self.assertEqual(D("2026-03-30"), c.end(D("2026-03-02"), 20))
        self.assertEqual(D("2026-04-15"), c.end(D("2026-03-31"), 10))
        self.assertEqual(D("2026-04-08"), c.end(D("2026-03-31"), 5))

    def test_worked_weekend_and_first_day(self):
        self.assertEqual(D("2026-05-09"), Calendar([], ["2026-05-09"]).end(D("2026-05-08"), 1))
        self.assertEqual(D("2026-05-11"), Calendar().end(D("2026-05-08"), 1))
        self.assertEqual(D("2026-03-04"), Calendar(count_first=True).end(D("2026-03-02"), 3))

    def test_validity(self):
        self.assertEqual(D("2029-03-15"), not_after(D("2026-03-16"), 3))
        self.assertEqual(D("2031-03-15"), not_after(D("2026-03-16"), 5))
        self.assertEqual(D("2031-02-28"), not_after(D("2028-02-29"), 3))

    def test_in_the_machine(self):
        asset = self.carded()
        reg = self.submit(asset)
        self.ok("endorse", self.S, reg)
        self.assertEqual("2026-03-05", self.w.state(reg)["accept_due"])
        self.ok("accept", self.A, reg)
        self.assertEqual("2026-03-30", self.w.state(reg)["review_due"])
        self.ok("tick", self.A, days=29)
        self.assertTrue(self.w.state(reg)["overdue"])
        self.ok("review", self.A, reg)
        self.ok("notice", self.A, reg, place="board", address="x")
        self.assertEqual("2026-04-15", self.w.state(reg)["notice_to"])
        self.ok("tick", self.A, days=15)
        self.no("R20 state", "decide", self.D_, reg, yes=True)
        self.ok("tick", self.A, days=1)
        self.no("R20 R21 state", "object", "SOE1.1", reg, real_name=True, evidence=True)
        self.ok("decide", self.D_, reg, yes=True)
        self.assertEqual("REGISTERED", self.st(asset))


class Walks(Case):
    def test_ledger_not(self):
        led = self.ledger()
        self.ok("recognise", self.H, led, result="NOT")
        self.assertEqual("LEDGERED", self.st(led))
        self.ok("confirm", self.S, led)
        self.assertEqual("NOT", self.st(led))
        self.no("state", "recognise", self.H, led, result="ASSET")
        self.no("R03 state", "card", self.H, led, **GOOD)

    def test_memo_recognised_later(self):
        led = self.ledger()
        self.ok("recognise", self.H, led, result="MEMO")
        self.ok("confirm", self.S, led)
        self.no("R03 state", "card", self.H, led, **GOOD)
        self.no("R03 state", "issue_request", self.I1, led)
        self.ok("recognise", self.H, led, result="ASSET")
        self.ok("confirm", self.S, led)
        self.ok("card", self.H, led, **GOOD)

    def execute(self, reg):
        """the one who decided has no part in it"""
        self.no("R22", "execute_request", self.D_, reg)
        self.ok("execute_request", self.I1, reg)
        self.no("R22", "execute_approve", self.I1, reg)
        return self.ok("execute_approve", self.I2, reg)

    def test_transferred(self):
        asset, cert = self.certified()
        reg = self.noticed(asset, "TRANSFER", receiver="ENT1", disposal_approval=True)
        self.ok("tick", self.A, days=30)
        self.no("state", "decide", self.D_, reg, yes=True)
        self.no("role", "receive", "SOE1.1", reg)
        self.ok("receive", "ENT1.1", reg)
        self.no("state", "receive", "ENT1.2", reg)
        self.ok("decide", self.D_, reg, yes=True)
        self.assertEqual("CERTIFICATED", self.st(asset))
        self.no("state", "card", self.H, asset, **GOOD)
        new = next(i for i in self.execute(reg)["created"] if i[0] == "A")
        self.assertEqual(["TRANSFERRED", "CANCELLED", "REGISTERED"], [self.st(i) for i in (asset, cert, reg)])
        self.assertEqual("affiliationChanged", self.w.state(cert)["reason"])
        # the receiver's stands registered; the ban follows the asset's origin
        self.assertEqual(["REGISTERED", "ENT1"], [self.w.state(new)[k] for k in ("state", "holder")])
        self.no("R04", "collateral", "ENT1.1", new)
        self.no("R22", "issue_request", self.D_, new)
        self.issue(new)

    def test_cancelled_on_application(self):
        asset, cert = self.certified()
        reg = self.submit(asset, "CANCEL")
        self.ok("endorse", self.S, reg)
        self.no("state", "accept", self.A, reg)
        self.ok("decide", self.D_, reg, yes=True)
        self.assertEqual(["CERTIFICATED", "ACTIVE"], [self.st(asset), self.st(cert)])
        self.execute(reg)
        self.assertEqual(["CANCELLED", "CANCELLED"], [self.st(asset), self.st(cert)])
        self.no("R23 state", "freeze", self.A, asset, reason="order")

    def test_destroyed(self):
        asset, cert = self.certified()
        self.no("R29 input", "submit", self.H, asset, type="DESTROY")
        reg = self.submit(asset, "DESTROY", disposal_approval=True)
        self.ok("endorse", self.S, reg)
        self.ok("decide", self.D_, reg, yes=True)
        self.execute(reg)
        self.assertEqual(["DESTROYED", "CANCELLED"], [self.st(asset), self.st(cert)])

    def test_revocations(self):
        for reason, (cs, as_) in model.REVOCATIONS.items():
            with self.subTest(reason):
                self.setUp()
                asset, cert = self.certified()
                self.ok("revoke_request", self.A, cert, reason=reason)
                self.assertEqual("REVOKING", self.st(cert))
                self.no("R22", "revoke_approve", self.A, cert)
                self.ok("revoke_approve", self.R, cert)
                self.assertEqual([cs, as_], [self.st(cert), self.st(asset)])
                if reason == "privilegeWithdrawn":
                    self.no("R23 state", "submit", self.H, asset, type="INITIAL")
                    self.no("R23 state", "resume_request", self.A, cert)
                    self.ok("card", self.H, asset, **GOOD)
                    self.register(asset)
                    self.issue(asset)
                elif as_ == "REGISTERED":
                    self.issue(asset)

    def test_revocation_rejected(self):
        asset, cert = self.certified()
        self.ok("suspend", self.A, cert, reason="incident")
        self.ok("revoke_request", self.A, cert, reason="keyCompromise")
        self.no("R22", "revoke_reject", self.A, cert)
        self.ok("revoke_reject", self.R, cert)
        self.no("R22", "revoke_reject", self.R, cert)
        self.no("R22", "revoke_approve", self.R, cert)
        self.assertEqual("REVOKING", self.st(cert))
        self.ok("revoke_reject", self.D_, cert)
        self.assertEqual("SUSPENDED", self.st(cert))

    def test_expired(self):
        asset, cert = self.certified()
        last = D(self.w.state(cert)["not_after"])
        self.ok("tick", self.A, days=(last - self.w.today).days)
        self.assertEqual("ACTIVE", self.st(cert))
        reg = self.submit(asset, "RENEWAL")
        self.ok("tick", self.A, days=1)
        self.assertEqual(["EXPIRED", "CARDED", "TERMINATED"], [self.st(i) for i in (cert, asset, reg)])
        self.register(asset)
        cert = self.issue(asset)
        # a pending revocation does not lapse; refused after the end, the certificate expires
        self.ok("revoke_request", self.A, cert, reason="privilegeWithdrawn")
        self.ok("tick", self.A, days=2000)
        self.assertEqual("REVOKING", self.st(cert))
        self.ok("revoke_reject", self.R, cert)
        self.ok("revoke_reject", self.D_, cert)
        self.assertEqual(["EXPIRED", "CARDED"], [self.st(cert), self.st(asset)])

    def test_renewal(self):
        asset, cert = self.certified()
        last = D(self.w.state(cert)["not_after"])
        self.ok("tick", self.A, days=(last - self.w.today).days - 61)
        self.no("R20 state", "submit", self.H, asset, type="RENEWAL")
        self.ok("tick", self.A, days=1)
        self.register(asset, "RENEWAL")
        self.assertEqual(["CERTIFICATED", "ACTIVE"], [self.st(asset), self.st(cert)])
        new = self.issue(asset)
        self.assertEqual(["SUPERSEDED", "ACTIVE"], [self.st(cert), self.st(new)])
        self.assertEqual(cert, self.w.state(new)["predecessor"])

    def test_renewal_decided_but_not_issued_in_time(self):
        asset, cert = self.certified()
        last = D(self.w.state(cert)["not_after"])
        self.ok("tick", self.A, days=(last - self.w.today).days - 50)
        self.register(asset, "RENEWAL")
        draft = self.ok("issue_request", self.I1, asset)["created"][0]
        self.ok("tick", self.A, days=60)
        self.assertEqual(["EXPIRED", "REGISTERED"], [self.st(cert), self.st(asset)])
        self.ok("issue_approve", self.I2, draft)

    def test_change(self):
        asset, cert = self.certified()
        self.no("input state", "submit", self.H, asset, type="CHANGE")
        self.ok("card", self.H, asset, **GOOD)
        self.no("state", "issue_request", self.I1, asset)
        reg = self.noticed(asset, "CHANGE")
        self.no("state", "card", self.H, asset, **GOOD)
        self.no("state", "submit", self.H, asset, type="CORRECTION")
        self.assertEqual("CERTIFICATED", self.st(asset))
        self.ok("tick", self.A, days=30)
        self.ok("decide", self.D_, reg, yes=True)
        self.issue(asset)
        self.assertEqual("SUPERSEDED", self.st(cert))

    def test_returned_and_refused(self):
        asset = self.carded()
        reg = self.submit(asset)
        self.assertEqual("CARDED", self.st(asset))
        self.no("input", "endorse_refuse", self.S, reg)
        self.ok("endorse_refuse", self.S, reg, reason="x")
        self.assertEqual(["REFUSED", "CARDED"], [self.st(reg), self.st(asset)])
        reg = self.submit(asset)
        self.ok("endorse", self.S, reg)
        self.no("input", "return_", self.A, reg, missing=[])
        self.ok("return_", self.A, reg, missing=["scenes"])
        self.assertEqual(["RETURNED", "CARDED"], [self.st(reg), self.st(asset)])
        reg = self.submit(asset)
        self.ok("endorse", self.S, reg)
        self.no("input", "return_", self.A, reg, missing=["products"])      # told once
        self.ok("accept", self.A, reg)
        self.no("input", "review_refuse", self.A, reg)
        self.ok("review_refuse", self.A, reg, reason="x")
        self.assertEqual(["REFUSED", "CARDED"], [self.st(reg), self.st(asset)])
        reg = self.noticed(asset)
        self.no("input", "decide", self.D_, reg, yes=False)
        self.ok("decide", self.D_, reg, yes=False, reason="x")
        self.assertEqual(["REFUSED", "CARDED"], [self.st(reg), self.st(asset)])

    def test_return_leaves_a_certificated_asset(self):
        asset, cert = self.certified()
        self.ok("card", self.H, asset, **GOOD)
        reg = self.submit(asset, "CHANGE")
        self.ok("endorse", self.S, reg)
        self.ok("return_", self.A, reg, missing=["scenes"])
        self.assertEqual(["CERTIFICATED", "ACTIVE"], [self.st(asset), self.st(cert)])

    def test_objections(self):
        asset = self.carded()
        reg = self.noticed(asset)
        self.no("R21 input", "object", "SOE1.1", reg, real_name=False, evidence=True)
        self.no("R21 input", "object", "SOE1.1", reg, real_name=True, evidence=False)
        one = self.ok("object", "SOE1.1", reg, real_name=True, evidence=True)["objection"]
        two = self.ok("object", self.R, reg, real_name=True, evidence=True)["objection"]
        self.no("R22", "decide_objection", self.R, reg, upheld=True, objection=two)
        self.ok("tick", self.A, days=30)
        self.no("R19 R21 state", "decide", self.D_, reg, yes=True)
        self.ok("decide_objection", self.A, reg, upheld=False, objection=one)
        self.ok("decide_objection", self.A, reg, upheld=True, objection=two)
        self.assertEqual(["TERMINATED", "CARDED"], [self.st(reg), self.st(asset)])
        self.no("R19 R21 R23 state", "decide", self.D_, reg, yes=True)
        self.no("R19", "submit", self.H, asset, type="INITIAL")
        self.ok("card", self.H, asset, **GOOD)
        self.submit(asset)

    def test_draft_dropped(self):
        asset = self.carded()
        self.register(asset)
        draft = self.ok("issue_request", self.I1, asset)["created"][0]
        reg = self.submit(asset, "CANCEL")
        self.ok("endorse", self.S, reg)
        self.ok("decide", self.D_, reg, yes=True)
        self.no("state", "issue_approve", self.I2, draft)
        self.no("state", "issue_request", self.I1, asset)
        self.ok("execute_request", self.I1, reg)
        self.ok("execute_approve", self.I2, reg)
        self.assertEqual(["DROPPED", "CANCELLED"], [self.st(draft), self.st(asset)])


class Rules(Case):
    M = "DEPT.7"      # the implementing institution's officer

    def test_r01_r16_r37_authorise(self):
        asset = self.carded(shared=True, personal="raw")
        self.no("R01 R16 R37 state", "authorise", self.M, asset)
        self.register(asset)
        self.issue(asset)
        self.no("R16 R37", "authorise", self.M, asset)
        self.no("R16 R37 role", "authorise", self.H, asset)
        asset, cert = self.certified(shared=True, consent=True, personal="raw", legal_basis=True)
        self.ok("authorise", self.M, asset)
        self.ok("authorise", self.M, asset)
        self.assertEqual("IN_OPERATION", self.st(asset))
        self.no("state", "submit", self.H, asset, type="CANCEL")
        self.no("state", "submit", self.H, asset, type="TRANSFER", receiver="ENT1", disposal_approval=True)
        self.no("state", "revoke_request", self.A, cert, reason="cessationOfOperation")
        self.ok("suspend", self.A, cert, reason="incident")
        self.assertEqual("SUSPENDED", self.w.state(asset)["authorisation"])
        self.ok("end_authorisation", self.M, asset)
        self.assertEqual("IN_OPERATION", self.st(asset))
        self.ok("end_authorisation", self.M, asset)
        self.assertEqual("CERTIFICATED", self.st(asset))
        self.no("R01 state", "authorise", self.M, asset)

    def test_live_authorisation_stops_the_ending(self):
        asset, _ = self.certified()
        reg = self.submit(asset, "CANCEL")
        self.ok("authorise", self.M, asset)
        self.ok("endorse", self.S, reg)
        self.ok("decide", self.D_, reg, yes=True)
        self.no("state", "execute_request", self.I1, reg)
        self.ok("end_authorisation", self.M, asset)
        self.ok("execute_request", self.I1, reg)

    def test_r02_r03(self):
        self.no("R02 input", "ledger_enter", self.H)
        led = self.ledger()
        self.no("R02 state", "card", self.H, led, **GOOD)
        self.no("R02 state", "submit", self.H, led, type="INITIAL")

    def test_r04_r05(self):
        asset, _ = self.certified()
        self.no("R04", "collateral", self.H, asset)
        self.no("R04", "card", self.H, asset, **dict(GOOD, encumbrance=True))
        asset, cert = self.enterprise()
        self.no("R05", "collateral", "ENT1.1", asset)
        self.ok("card", "ENT1.1", asset, **dict(GOOD, public_data=False, encumbrance=True))
        self.no("R05", "collateral", "ENT1.1", asset)
        reg = self.submit(asset, "CHANGE", h="ENT1.1")
        self.ok("decide", "FIN1.1", reg, yes=True)
        self.no("R05", "collateral", "ENT1.1", asset)
        self.issue(asset)
        self.ok("collateral", "ENT1.1", asset)
        self.no("role", "collateral", self.A, asset)

    def test_card(self):
        led = self.recognised()
        self.no("R17", "card", self.H, led, **dict(GOOD, level="CORE"))
        self.no("R17 input", "card", self.H, led, **dict(GOOD, level="IMPORTANT", risk_assessment=False))
        self.no("R36 input", "card", self.H, led, **dict(GOOD, value_basis="APPRAISAL"))
        self.no("input", "card", self.H, led, **dict(GOOD, blocks={"basic": True}))
        self.no("role", "card", "MASS1.1", led, **GOOD)
        self.ok("card", self.H, led, **dict(GOOD, level="IMPORTANT", risk_assessment=True, sj_number=True))
        led = self.recognised("DEPT.4", "FIN1.1")
        self.no("R33", "card", "DEPT.4", led, **dict(GOOD, sj_number=True))

    def test_submit(self):
        asset = self.carded(dispute=True)
        self.no("R19", "submit", self.H, asset, type="INITIAL")
        self.no("R19 state", "submit", self.H, asset, type="CHANGE")
        asset, _ = self.certified()
        self.no("R29 input", "submit", self.H, asset, type="TRANSFER", receiver="ENT1")
        self.no("input", "submit", self.H, asset, type="TRANSFER", receiver="INST1", disposal_approval=True)

    def test_materials(self):
        asset = self.carded(given=["legality"], risk_assessment=False)
        reg = self.submit(asset)
        self.ok("endorse", self.S, reg)
        self.no("input", "accept", self.A, reg)
        for kind in ("resource", "evidence", "products", "scenes", "risk"):
            self.no("role", "material", self.A, asset, kind=kind)
            self.ok("material", self.H, asset, kind=kind)
        self.ok("accept", self.A, reg)

    def test_r22_in_the_course(self):
        # ADM2: its superior is its finance department
        asset = self.carded("ADM2.1", "FIN2.7")
        reg = self.submit(asset, h="ADM2.1")
        self.ok("endorse", "FIN2.7", reg)
        self.no("R22", "accept", "FIN2.7", reg)
        self.ok("accept", "FIN2.1", reg)
        self.ok("review", "FIN2.1", reg)
        self.no("R22", "notice", "FIN2.7", reg, place="b", address="a")
        self.ok("notice", "FIN2.2", reg, place="b", address="a")
        self.ok("tick", "FIN2.1", days=30)
        self.no("R22", "decide", "FIN2.7", reg, yes=True)
        self.ok("decide", "FIN2.1", reg, yes=True)
        for p in ("FIN2.1", "FIN2.7"):
            self.no("R22", "issue_request", p, asset)
        self.no("R40 role", "issue_request", "FIN1.1", asset)
        draft = self.ok("issue_request", "FIN2.2", asset)["created"][0]
        self.no("state", "issue_request", "FIN2.3", asset)
        for p in ("FIN2.1", "FIN2.2", "FIN2.7"):
            self.no("R22", "issue_approve", p, draft)
        self.ok("issue_approve", "FIN2.3", draft)
        # FIN1 holds an asset of its own
        led = self.ledger("FIN1.10")
        self.ok("recognise", "FIN1.10", led, result="ASSET")
        self.no("R22", "confirm", "FIN1.10", led)
        self.ok("confirm", "FIN1.1", led)
        asset = self.ok("card", "FIN1.10", led, **GOOD)["created"][0]
        reg = self.submit(asset, h="FIN1.10")
        self.assertEqual("APPLIED", self.st(reg))
        self.no("R22", "accept", "FIN1.10", reg)
        self.ok("accept", "FIN1.11", reg)

    def test_r24(self):
        asset = self.carded()
        reg = self.submit(asset)
        self.ok("endorse", self.S, reg)
        self.w.suspend_role("FIN1.7")
        self.no("R24 role", "accept", "FIN1.7", reg)
        self.w.suspend_role("FIN1.7", False)
        self.ok("accept", "FIN1.7", reg)

    def test_short_path(self):
        asset = self.carded("ENT1.1", "FIN1.1", public_data=False)
        reg = self.ok("submit", "ENT1.1", asset, type="INITIAL")["created"][0]
        self.assertEqual("APPLIED", self.st(asset))
        self.no("role state", "endorse", self.S, reg)
        for act, params in (("accept", {}), ("return_", {"missing": ["x"]}), ("review", {}),
                            ("notice", {"place": "b", "address": "a"})):
            self.no("state", act, self.A, reg, **params)
        self.ok("decide", self.A, reg, yes=True)

    def test_plan_before_certificate(self):
        asset = self.carded(emergency_plan=False)
        self.register(asset)
        self.no("R30 input", "issue_request", self.I1, asset)
        self.ok("card", self.H, asset, **GOOD)
        self.no("R30 input", "issue_request", self.I1, asset)
        self.register(asset, "CORRECTION")
        self.assertEqual("REGISTERED", self.st(asset))
        self.issue(asset)

    def test_freeze(self):
        asset, cert = self.certified()
        self.no("role", "freeze", self.H, asset, reason="order")
        self.no("R40 role", "freeze", "FIN2.1", asset, reason="order")
        self.no("input", "freeze", self.S, asset)
        self.ok("freeze", self.S, asset, reason="order")
        self.assertEqual(["FROZEN", "SUSPENDED"], [self.st(asset), self.st(cert)])
        self.no("R19 state", "card", self.H, asset, **GOOD)
        self.no("R01 R19 state", "authorise", "DEPT.7", asset)
        self.no("R19 state", "submit", self.H, asset, type="CANCEL")
        self.ok("suspend", self.A, cert, reason="incident")
        self.no("R19 state", "resume_request", self.A, cert)
        self.ok("unfreeze_request", self.S, asset)
        self.no("R22", "unfreeze_approve", self.S, asset)
        self.no("role", "unfreeze_approve", self.A, asset)
        self.ok("unfreeze_approve", "DEPT.2", asset)
        self.assertEqual(["CERTIFICATED", "SUSPENDED"], [self.st(asset), self.st(cert)])
        self.ok("resume_request", self.A, cert)
        self.no("R22", "resume_approve", self.A, cert)
        self.ok("resume_approve", self.R, cert)
        self.assertEqual("ACTIVE", self.st(cert))
        self.ok("freeze", self.A, asset, reason="order")
        self.no("role", "unfreeze_request", self.S, asset)
        self.ok("revoke_request", self.A, cert, reason="privilegeWithdrawn")
        self.ok("revoke_approve", self.R, cert)
        self.assertEqual(["FROZEN", "WITHDRAWN"], [self.st(asset), self.st(cert)])
        self.ok("unfreeze_request", self.A, asset)
        self.ok("unfreeze_approve", self.R, asset)
        self.assertEqual("CARDED", self.st(asset))

    def test_successor_waits_while_suspended(self):
        asset, cert = self.certified()
        self.ok("card", self.H, asset, **GOOD)
        self.register(asset, "CHANGE")
        self.ok("suspend", self.A, cert, reason="incident")
        self.no("state", "issue_request", self.I1, asset)

    def test_unknown(self):
        self.no("input", "fly", self.H)
        self.no("input", "accept", self.A, "REG9")
        self.no("input", "accept", "nobody", "REG9")
        self.no("input", "tick", self.A, days=0)


class Property(unittest.TestCase):
    MOVES = int(os.environ.get("MOVES", 20000))

    def test_generator_repeats(self):
        runs = []
        for _ in range(2):
            w = World(demo_config())
            g = Generator(w, 11)
            runs.append([])
            for _ in range(300):
                m = g.next()
                w.try_move(m)
                runs[-1].append(m)
        self.assertEqual(*runs)

    def invariants(self, w):
        d = w.d
        live = collections.Counter(c["asset"] for c in d["certificates"].values() if c["base"] == "LIVE")
        opened = collections.Counter(r["asset"] for r in d["registrations"].values() if r["state"] in model.OPEN)
        for a in d["assets"].values():
            i = a["id"]
            self.assertLessEqual(opened[i], 1)
            if a["open"] is None or d["registrations"][a["open"]]["state"] != "REGISTERED":      # an ending decided
                self.assertEqual(opened[i] == 1, a["open"] is not None)
            self.assertEqual(1 if a["base"] == "CERTIFICATED" else 0, live[i], i)
            self.assertEqual("RECOGNISED", d["ledgers"][a["ledger"]]["state"])
            self.assertNotIn("CORE", [c["level"] for c in a["cards"]])
            if a["cert"]:
                c = d["certificates"][a["cert"]]
                self.assertTrue(c["not_after"] >= d["today"] or c["revoking"])
                card = a["cards"][c["ver"] - 1]
                self.assertTrue(all(card[k] or k in a["files"] for k in model.DOCUMENTS) and not card["dispute"])
                self.assertFalse(a["frozen"] and w._cert_state(c) == "ACTIVE")
            if a["base"] in model.FINAL["asset"]:
                self.assertFalse(a["authorised"] or a["open"] or a["draft"])
            if a["collateral"]:
                self.assertFalse(a["no_collateral"])
        for r in d["registrations"].values():
            fin = [r[k] for k in ("acceptor", "reviewer", "decider") if r[k]]
            self.assertNotIn(r["applicant"], fin + [r["endorser"]])
            self.assertNotIn(r["endorser"], fin)

    def test_run(self):
        w = World(demo_config())
        g = Generator(w, 2026)
        outcomes, states, tags = collections.Counter(), collections.defaultdict(collections.Counter), collections.Counter()
        kinds, final, said_lawful = collections.Counter(), {}, 0
        for n in range(self.MOVES):
            move = g.next()
            kinds[g.kind] += 1
            look = n % 50 == 0
            before = w.to_json() if look else None
            if look:
                twin = World.from_json(before)
                self.assertEqual(w.check(move), twin.check(move))
                self.assertEqual(before, w.to_json())
            json.dumps(move)
            result, what = w.try_move(move)
            outcomes[move["act"], result] += 1
            said_lawful += result == "ok"
            if result == "refused":
                self.assertTrue(what)
                tags.update(what)
                if look:
                    self.assertEqual(before, w.to_json())
            else:
                json.dumps(what)
                for i, s in what.items():
                    if isinstance(s, str) and (i in w.d["ledgers"] or i in w.d["assets"] or
                                               i in w.d["registrations"] or i in w.d["certificates"]):
                        kind = w.state(i)["kind"]
                        states[kind][s] += 1
                        self.assertNotIn(i, final, (move, what))
                        if s in model.FINAL[kind] and not (s == "REGISTERED" and kind == "registration" and
                                                           w.state(i)["type"] in model.ENDINGS):
                            final[i] = s
            if n % 500 == 0:
                self.invariants(w)
        self.invariants(w)
        for i, s in final.items():
            self.assertEqual(s, w.state(i)["state"])

        print("\n%d moves, %.1f%% lawful, clock %s to %s; %d assets, %d certificates" % (
            self.MOVES, 100 * said_lawful / self.MOVES, w.d["config"]["start"], w.d["today"],
            len(w.d["assets"]), len(w.d["certificates"])))
        print("%-20s %8s %8s" % ("act", "ok", "refused"))
        for act in model.ACTS:
            print("%-20s %8d %8d" % (act, outcomes[act, "ok"], outcomes[act, "refused"]))
        for kind, names in model.STATES.items():
            print(kind + ": " + ", ".join("%s %d" % (s, states[kind][s]) for s in names))
        print("reasons: " + ", ".join("%s %d" % t for t in sorted(tags.items())))
        print("kinds of move: " + ", ".join("%s %d" % t for t in kinds.most_common()))
        if self.MOVES < 20000:
            return                              # too short to have seen everything
        for act in model.ACTS:
            for result in ("ok", "refused"):
                self.assertTrue(outcomes[act, result], (act, result))
        for kind, names in model.STATES.items():
            self.assertEqual(set(names), set(states[kind]), kind)
        self.assertTrue(.55 <= said_lawful / self.MOVES <= .65)
        want = set("R01 R02 R03 R04 R05 R16 R17 R19 R20 R21 R22 R23 R29 R33 R36 R37 R40 role state input".split())
        self.assertEqual(set(), want - set(tags))
        self.assertEqual(set(), set(Generator.UNLAWFUL) - set(kinds))

    def test_other_profiles(self):
        for public, other in (("short", "26"), ("26", "26"), ("short", "short")):
            w = World(demo_config(public, other))
            g = Generator(w, 5)
            for _ in range(1500):
                w.try_move(g.next())
            self.invariants(w)


if __name__ == "__main__":
    unittest.main(verbosity=1)
