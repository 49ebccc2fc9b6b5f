"""Executable model of the registration part of domain.md: ledger, asset, registration, certificate.

Every act is judged by `_a_<act>`, which returns (grounds for refusal, effect).  All grounds that hold
at once are collected, so that any of them is an acceptable reason.  Numbers such as [381] are lines
of domain.md; the choices that domain.md leaves open are listed in README.md.
"""
import copy
import datetime as dt
import json
import random

PUBLIC_KINDS = ("ADMIN", "INST", "MASS")
REG_TYPES = ("INITIAL", "CHANGE", "CORRECTION", "RENEWAL", "TRANSFER", "CANCEL", "DESTROY")
ENDINGS = {"TRANSFER": ("TRANSFERRED", "affiliationChanged"), "CANCEL": ("CANCELLED", "cessationOfOperation"),
           "DESTROY": ("DESTROYED", "cessationOfOperation")}
ALWAYS_SHORT = ("CANCEL", "DESTROY")
SUCCESSOR_TYPES = ("CHANGE", "CORRECTION", "RENEWAL")
MATERIALS = ("subject", "legality", "resource", "evidence", "products", "scenes", "risk")     # [230]
DOCUMENTS = ("sec_policy", "emergency_plan")                                                  # [217]
BLOCKS = ("basic", "rights", "use", "management")
LEVELS = ("GENERAL", "IMPORTANT", "CORE")
PERSONAL = ("none", "deidentified", "anonymised", "raw")
VALUE_BASES = ("COST", "NOMINAL", "UNBOOKED", "APPRAISAL")                                    # [188]
REVOCATIONS = {            # reason -> (certificate's final state, asset's next state)         [316]
    "privilegeWithdrawn": ("WITHDRAWN", "CARDED"),
    "superseded": ("SUPERSEDED", "REGISTERED"),
    "keyCompromise": ("WITHDRAWN", "REGISTERED"),
    "cessationOfOperation": ("CANCELLED", "CANCELLED"),
    "affiliationChanged": ("CANCELLED", "TRANSFERRED"),
}
OPEN = ("SUBMITTED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED")
STATES = {
    "ledger": ("LEDGERED", "RECOGNISED", "MEMO", "NOT"),
    "asset": ("CARDED", "APPLIED", "ACCEPTED", "REVIEWED", "NOTICED", "REGISTERED", "CERTIFICATED",
              "IN_OPERATION", "FROZEN", "TRANSFERRED", "CANCELLED", "DESTROYED"),
    "registration": OPEN + ("REGISTERED", "RETURNED", "REFUSED", "TERMINATED"),
    "certificate": ("DRAFT", "ACTIVE", "SUSPENDED", "REVOKING", "EXPIRED", "SUPERSEDED", "CANCELLED",
                    "WITHDRAWN", "DROPPED"),
}
FINAL = {"ledger": ("NOT",), "asset": ("TRANSFERRED", "CANCELLED", "DESTROYED"),
         "registration": ("REGISTERED", "RETURNED", "REFUSED", "TERMINATED"),
         "certificate": ("EXPIRED", "SUPERSEDED", "CANCELLED", "WITHDRAWN", "DROPPED")}

_T = {"type": "text", "required": True}
_B = {"type": "bool", "required": False}
_BR = {"type": "bool", "required": True}


def _enum(values, required=True):
    return {"type": "enum", "required": required, "values": list(values)}


_CARD = {
    "blocks": {"type": "object of bool", "required": True, "keys": list(BLOCKS)},
    "level": _enum(LEVELS), "risk_assessment": _B, "dispute": _B, "consent": _B,
    "personal": _enum(PERSONAL, False), "legal_basis": _B, "sj_number": _B, "sec_policy": _B,
    "emergency_plan": _B, "public_data": _BR, "value_basis": _enum(VALUE_BASES, False), "encumbrance": _B,
    "given": {"type": "list", "required": False, "values": list(MATERIALS[1:-1])},
}
_DISPOSAL = {"receiver": {"type": "organisation id", "required": "TRANSFER"},
             "disposal_approval": {"type": "bool", "required": "TRANSFER, DESTROY"}}

ACTS = {   # act: (kind of object, who, parameters)
    "ledger_enter": (None, "HOLDER", {"catalog_ref": _T, "shared": _B}),
    "recognise": ("ledger", "HOLDER", {"result": _enum(("ASSET", "MEMO", "NOT"))}),
    "confirm": ("ledger", "CONFIRMER", {}),
    "card": ("ledger or asset", "HOLDER", _CARD),
    "submit": ("asset", "HOLDER", dict({"type": _enum(REG_TYPES, False)}, **_DISPOSAL)),
    "material": ("asset", "HOLDER", {"kind": _enum(MATERIALS + DOCUMENTS)}),
    "endorse": ("registration", "SUPERIOR", {}),
    "endorse_refuse": ("registration", "SUPERIOR", {"reason": _T}),
    "accept": ("registration", "FINANCE", {}),
    "return_": ("registration", "FINANCE", {"missing": {"type": "list", "required": "nothing else is missing"}}),
    "review": ("registration", "FINANCE", {}),
    "review_refuse": ("registration", "FINANCE", {"reason": _T}),
    "notice": ("registration", "FINANCE", {"place": _T, "address": _T}),
    "object": ("registration", "ANYONE", {"real_name": _BR, "evidence": _BR}),
    "decide_objection": ("registration", "FINANCE",
                         {"upheld": _BR, "objection": {"type": "objection id", "required": True}}),
    "decide": ("registration", "FINANCE", {"yes": _BR, "reason": {"type": "text", "required": "no"}}),
    "receive": ("registration", "RECEIVER", {}),
    "execute_request": ("registration", "FINANCE", {}),
    "execute_approve": ("registration", "FINANCE", {}),
    "issue_request": ("asset", "FINANCE", {}),
    "issue_approve": ("certificate", "FINANCE", {}),
    "suspend": ("certificate", "FINANCE", {"reason": _T}),
    "resume_request": ("certificate", "FINANCE", {}),
    "resume_approve": ("certificate", "FINANCE", {}),
    "revoke_request": ("certificate", "FINANCE", {"reason": _enum(REVOCATIONS)}),
    "revoke_approve": ("certificate", "FINANCE", {}),
    "revoke_reject": ("certificate", "FINANCE", {}),
    "freeze": ("asset", "FREEZER", {"reason": _T}),
    "unfreeze_request": ("asset", "UNFREEZER", {}),
    "unfreeze_approve": ("asset", "UNFREEZER", {}),
    "collateral": ("asset", "ASKER", {}),
    "authorise": ("asset", "IMPLEMENTER", {}),
    "end_authorisation": ("asset", "ENDER", {}),
    "tick": (None, "ANYONE", {"days": {"type": "int >= 1", "required": True}}),
}


class Calendar:
    def __init__(self, holidays=(), workdays=(), count_first=False):
        self.holidays, self.workdays, self.count_first = set(holidays), set(workdays), count_first

    def is_working(self, day):
        iso = day.isoformat()
        if iso in self.workdays:
            return True
        return day.weekday() < 5 and iso not in self.holidays

    def end(self, start, n):
        """Last of n working days counted from start; the first day does not count [335]."""
        day = start
        if self.count_first and self.is_working(day):
            n -= 1
        while n > 0:
            day += dt.timedelta(days=1)
            if self.is_working(day):
                n -= 1
        return day


def not_after(start, years):
    """The day before the anniversary; a missing 29 February counts as 1 March [321]."""
    try:
        anniversary = start.replace(year=start.year + years)
    except ValueError:
        anniversary = dt.date(start.year + years, 3, 1)
    return anniversary - dt.timedelta(days=1)


class World:
    def __init__(self, config):
        config = copy.deepcopy(config)
        self.d = {"config": config, "today": config["start"], "next": {}, "ledgers": {}, "assets": {},
                  "registrations": {}, "certificates": {},
                  "suspended": [p["id"] for p in config["people"] if p.get("suspended")]}
        self._index()

    # ---- plumbing -------------------------------------------------------------------------------
    def _index(self):
        c = self.d["config"]
        self.orgs = {o["id"]: o for o in c["orgs"]}
        self.people = {p["id"]: p for p in c["people"]}
        self.holders = {p["org"] for p in c["people"] if "HOLDER" in p["roles"]}
        self.calendar = Calendar(c.get("holidays", ()), c.get("workdays", ()), c.get("count_first", False))
        self.years = c.get("years", 3)
        self.days = dict({"accept": 3, "review": 20, "notice": 10, "objection": 10, "cancel": 10,
                          "renewal": 60}, **c.get("days", {}))

    def to_json(self):
        return json.dumps(self.d, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text):
        w = cls.__new__(cls)
        w.d = json.loads(text)
        w._index()
        return w

    @property
    def today(self):
        return dt.date.fromisoformat(self.d["today"])

    def _wd(self, n):
        return self.calendar.end(self.today, n).isoformat()

    def _new(self, kind, prefix, record):
        n = self.d["next"].get(prefix, 0) + 1
        self.d["next"][prefix] = n
        record["id"] = prefix + str(n)
        self.d[kind][record["id"]] = record
        return record

    def moves(self):
        return {act: {"object": o, "who": who, "params": copy.deepcopy(params)}
                for act, (o, who, params) in ACTS.items()}

    def suspend_role(self, person, suspended=True):
        """R24: the consequence of a registrar's misconduct; not a move of this interface."""
        s = self.d["suspended"]
        if suspended and person not in s:
            s.append(person)
        if not suspended and person in s:
            s.remove(person)

    # ---- views ----------------------------------------------------------------------------------
    def _cert_state(self, c):
        if c["base"] != "LIVE":
            return c["base"]
        if c["revoking"]:
            return "REVOKING"
        return "SUSPENDED" if c["holds"] else "ACTIVE"

    def _asset_state(self, a):
        if a["frozen"]:
            return "FROZEN"
        if a["base"] == "CERTIFICATED" and a["authorised"]:      # one authorisation or more
            return "IN_OPERATION"
        return a["base"]

    def _live(self, a):
        return self.d["certificates"].get(a["cert"]) if a else None

    def state(self, object_id):
        d = self.d
        if object_id in d["ledgers"]:
            e = d["ledgers"][object_id]
            return {"kind": "ledger", "state": e["state"], "holder": e["holder"], "asset": e["asset"],
                    "pending_result": e["pending"]["result"] if e["pending"] else None}
        if object_id in d["assets"]:
            a = d["assets"][object_id]
            cert = self._live(a)
            auth = None
            if a["authorised"]:
                auth = "ACTIVE" if cert and self._cert_state(cert) == "ACTIVE" else "SUSPENDED"
            return {"kind": "asset", "state": self._asset_state(a), "holder": a["holder"],
                    "under_freeze": a["base"] if a["frozen"] else None,
                    "frozen_by": a["frozen"]["side"] if a["frozen"] else None,
                    "card_ver": len(a["cards"]), "registered_ver": a["reg_ver"],
                    "open_registration": a["open"], "certificate": a["cert"], "draft": a["draft"],
                    "live_authorisation": bool(a["authorised"]), "authorisation": auth,
                    "no_collateral": a["no_collateral"], "collateral": a["collateral"],
                    "successor_due": a["successor_due"], "correction_due": a["correct_from"] is not None}
        if object_id in d["registrations"]:
            r = d["registrations"][object_id]
            due = {"APPLIED": r["accept_due"], "ACCEPTED": r["review_due"]}.get(r["state"])
            out = {"kind": "registration", "state": r["state"], "type": r["type"], "path": r["path"],
                   "asset": r["asset"], "card_ver": r["ver"], "accept_due": r["accept_due"],
                   "review_due": r["review_due"], "notice_from": r["notice_from"],
                   "notice_to": r["notice_to"], "cancel_due": r["cancel_due"],
                   "objections": {o["id"]: o["state"] for o in r["objections"]},
                   "overdue": bool(due and due < d["today"])}
            if r["state"] in OPEN and r["cancel_due"] and r["cancel_due"] < d["today"]:
                out["overdue"] = True
            return out
        if object_id in d["certificates"]:
            c = d["certificates"][object_id]
            return {"kind": "certificate", "state": self._cert_state(c), "asset": c["asset"],
                    "card_ver": c["ver"], "not_before": c["not_before"], "not_after": c["not_after"],
                    "reason": c["reason"], "predecessor": c["predecessor"],
                    "no_collateral": c["no_collateral"]}
        raise KeyError(object_id)

    def _bundle(self, a, ledger=None):
        if a is None:
            return {ledger["id"]: ledger["state"]} if ledger else {}
        out = {a["ledger"]: self.d["ledgers"][a["ledger"]]["state"], a["id"]: self._asset_state(a)}
        for r in (a["open"], a["last"]):
            if r:
                out[r] = self.d["registrations"][r]["state"]
        for c in (a["cert"], a["draft"]):
            if c:
                out[c] = self._cert_state(self.d["certificates"][c])
        return out

    # ---- moves ----------------------------------------------------------------------------------
    def check(self, move):
        """The grounds for refusal, as a set; empty where the move is lawful."""
        return self._judge(move)[0]

    def try_move(self, move):
        tags, effect, scope = self._judge(move)
        if tags:
            return "refused", sorted(tags)
        before = {}
        for a, ledger in scope:
            before.update(self._bundle(a, ledger))
        counters = dict(self.d["next"])
        extra = effect() or {}
        after = {}
        for a, ledger in scope:
            after.update(self._bundle(a, ledger))
        created = [p + str(i) for p in self.d["next"]
                   for i in range(counters.get(p, 0) + 1, self.d["next"][p] + 1)]
        for i in list(before) + created:
            after[i] = self.state(i)["state"]
        changes = {i: s for i, s in after.items() if before.get(i) != s}
        changes.update(extra)
        if created:
            changes["created"] = created
        return "ok", changes

    def _judge(self, move):
        act = move.get("act")
        if act not in ACTS:
            return {"input"}, None, ()
        person = self.people.get(move.get("by"))
        if act == "tick":
            n = move.get("days")
            if isinstance(n, bool) or not isinstance(n, int) or n < 1:
                return {"input"}, None, ()
            scope = [(a, None) for a in self.d["assets"].values() if a["cert"]]
            return set(), lambda: self.advance(n), scope
        if person is None:
            return {"input"}, None, ()
        if act == "ledger_enter":
            tags, effect = self._a_ledger_enter(move, person)
            return tags, effect, ()
        ctx = self._resolve(move.get("object"))
        if ctx is None:
            return {"input"}, None, ()
        tags, effect = self._one(act, move, person, ctx)
        return tags, effect, [(ctx["asset"], ctx["ledger"])]

    def _resolve(self, i):
        d = self.d
        if i in d["ledgers"]:
            e = d["ledgers"][i]
            return self._context(e, d["assets"].get(e["asset"]))
        if i in d["assets"]:
            a = d["assets"][i]
            return self._context(d["ledgers"][a["ledger"]], a)
        if i in d["registrations"]:
            r = d["registrations"][i]
            a = d["assets"][r["asset"]]
            return dict(self._context(d["ledgers"][a["ledger"]], a), reg=r)
        if i in d["certificates"]:
            c = d["certificates"][i]
            a = d["assets"][c["asset"]]
            return dict(self._context(d["ledgers"][a["ledger"]], a), cert=c, draft=c)
        return None

    def _context(self, ledger, a):
        d = self.d
        reg = d["registrations"].get(a["open"] or a["last"]) if a else None
        return {"ledger": ledger, "asset": a, "reg": reg, "cert": self._live(a),
                "draft": d["certificates"].get(a["draft"]) if a else None,
                "holder": self.orgs[a["holder"] if a else ledger["holder"]]}

    NEEDS = {"recognise": "ledger", "confirm": "ledger", "card": "ledger"}
    WHILE_FROZEN = ("object", "material", "receive", "unfreeze_request", "unfreeze_approve", "suspend", "revoke_request",
                    "revoke_approve", "revoke_reject", "end_authorisation")

    def _one(self, act, move, person, ctx):
        tags = self._role(act, person, ctx)
        a = ctx["asset"]
        need = self.NEEDS.get(act)
        if need is None and a is None:
            e = ctx["ledger"]
            tags |= {"state", "R03"} if e["state"] in ("MEMO", "NOT") else {"state", "R02"}
            if act == "authorise":
                tags.add("R01")
            return tags, None
        if act in self.REG_ACTS and ctx["reg"] is None:
            return tags | {"state"}, None
        if act in self.CERT_ACTS and ctx["cert"] is None:
            return tags | {"state"}, None
        answered = act == "decide_objection" and ctx["reg"]["state"] not in OPEN
        if a and a["frozen"] and act not in self.WHILE_FROZEN and not answered:
            tags |= {"R19", "state"}
        t, effect = getattr(self, "_a_" + act)(move, person, ctx)
        tags |= t
        if "state" in tags and ((a and a["base"] in FINAL["asset"]) or
                                (act in self.REG_ACTS and ctx["reg"]["state"] == "TERMINATED")):
            tags.add("R23")                         # what is at its end does not come back
        return tags, effect

    # ---- who ------------------------------------------------------------------------------------
    REG_ACTS = ("receive", "execute_request", "execute_approve", "endorse", "endorse_refuse", "accept", "return_", "review", "review_refuse", "notice",
                "object", "decide_objection", "decide")
    CERT_ACTS = ("suspend", "resume_request", "resume_approve", "revoke_request", "revoke_approve",
                 "revoke_reject")

    def side(self, person, holder):
        """The hats this person wears towards this holder."""
        roles, org, out = person["roles"], person["org"], set()
        if "HOLDER" in roles and org == holder["id"]:
            out.add("HOLDER")
        if "SUPERIOR" in roles and holder.get("superior") and org == holder["superior"]:
            out.add("SUPERIOR")
        if "FINANCE" in roles and org == holder.get("finance") and person["id"] not in self.d["suspended"]:
            out.add("FINANCE")
        return out

    def may(self, act, person, ctx):
        who, hats = ACTS[act][1], self.side(person, ctx["holder"])
        if who == "ANYONE":
            return "AUDITOR" not in person["roles"]
        if who == "RECEIVER":
            return "HOLDER" in person["roles"] and bool(ctx["reg"]) and ctx["reg"]["receiver"] == person["org"]
        if who == "IMPLEMENTER":
            return "IMPLEMENTER" in person["roles"]
        if who == "CONFIRMER":
            return ("SUPERIOR" if ctx["holder"].get("superior") else "FINANCE") in hats
        if who == "FREEZER":
            return bool(hats & {"FINANCE", "SUPERIOR"})
        if who == "UNFREEZER":
            frozen = ctx["asset"] and ctx["asset"]["frozen"]
            if act == "unfreeze_approve" and frozen and frozen["unfreeze"]:
                return bool(hats & {"FINANCE", "SUPERIOR"}) and \
                    person["org"] == self.people[frozen["unfreeze"]]["org"]
            return "FINANCE" in hats or bool(frozen and frozen["side"] == "SUPERIOR" and "SUPERIOR" in hats)
        if who == "ASKER":
            live = ctx["asset"]["authorised"] if ctx["asset"] else []
            return "HOLDER" in hats or ("IMPLEMENTER" in person["roles"] and person["org"] in [u["org"] for u in live])
        if who == "ENDER":
            live = ctx["asset"]["authorised"] if ctx["asset"] else []
            return "IMPLEMENTER" in person["roles"] and bool(not live or live[0]["org"] == person["org"])
        return who in hats

    def _role(self, act, person, ctx):
        if self.may(act, person, ctx):
            return set()
        tags = {"role"}
        if ACTS[act][1] in ("FINANCE", "FREEZER", "UNFREEZER", "CONFIRMER") and "FINANCE" in person["roles"]:
            if person["org"] != ctx["holder"].get("finance"):
                tags.add("R40")
            elif person["id"] in self.d["suspended"]:
                tags.add("R24")
        return tags

    @staticmethod
    def _text(move, *names):
        ok = all(isinstance(move.get(n), str) and move[n].strip() for n in names)
        return set() if ok else {"input"}

    @staticmethod
    def _bools(move, *names):
        return set() if all(isinstance(move.get(n), bool) for n in names) else {"input"}

    # ---- ledger ---------------------------------------------------------------------------------
    def _a_ledger_enter(self, m, p):
        tags = set() if "HOLDER" in p["roles"] else {"role"}
        if self._text(m, "catalog_ref"):
            tags |= {"R02", "input"}

        def effect():
            self._new("ledgers", "L", {"state": "LEDGERED", "holder": p["org"], "pending": None, "by": None, "asset": None,
                                       "catalog_ref": m["catalog_ref"], "shared": bool(m.get("shared"))})
        return tags, effect

    def _a_recognise(self, m, p, x):
        e, tags = x["ledger"], set()
        if m.get("result") not in ("ASSET", "MEMO", "NOT"):
            tags.add("input")
        if e["state"] not in ("LEDGERED", "MEMO"):
            tags.add("state")

        def effect():
            e["pending"], e["by"] = {"result": m["result"]}, p["id"]
            return {"pending": m["result"]}
        return tags, effect

    def _a_confirm(self, m, p, x):
        e, tags = x["ledger"], set()
        if not e["pending"]:
            tags.add("state")
        if e["by"] == p["id"]:
            tags.add("R22")

        def effect():
            e["state"] = {"ASSET": "RECOGNISED"}.get(e["pending"]["result"], e["pending"]["result"])
            e["pending"] = None
        return tags, effect

    # ---- card -----------------------------------------------------------------------------------
    def _a_card(self, m, p, x):
        e, a, holder, tags = x["ledger"], x["asset"], x["holder"], set()
        if a is None:
            if e["state"] in ("MEMO", "NOT"):
                tags |= {"R03", "state"}
            if e["state"] != "RECOGNISED" and (e["state"] == "LEDGERED" or e["pending"]):
                tags |= {"R02", "state"}
        elif a["open"] or a["base"] not in ("CARDED", "REGISTERED", "CERTIFICATED"):
            tags.add("state")
        blocks = m.get("blocks")
        if not isinstance(blocks, dict) or any(blocks.get(b) is not True for b in BLOCKS):
            tags.add("input")
        if m.get("level") not in LEVELS or m.get("personal", "none") not in PERSONAL:
            tags.add("input")
        if m.get("value_basis", "UNBOOKED") not in VALUE_BASES:
            tags.add("input")
        tags |= self._bools(m, "public_data")
        if m.get("level") == "CORE":
            tags.add("R17")
        if m.get("level") == "IMPORTANT" and not m.get("risk_assessment"):
            tags |= {"R17", "input"}
        if m.get("sj_number") and "ADMIN" in (holder["kind"], a and a["origin"]):      # duty data stays it [199]
            tags.add("R33")
        if m.get("encumbrance") and (holder["kind"] in PUBLIC_KINDS or a and a["no_collateral"]):      # a pledge secures [R04]
            tags.add("R04")
        if m.get("value_basis") == "APPRAISAL":
            tags |= {"R36", "input"}
        card = {k: m.get(k) or False for k in _CARD if k != "blocks"}
        card["given"] = list(m.get("given") or ())

        def effect():
            if a is not None:
                a["cards"].append(card)
                if a["correct_from"] is not None:
                    a["correct_from"] = None
                return {"card_ver": len(a["cards"])}
            self._asset(e, card, "CARDED", holder["kind"] in PUBLIC_KINDS, holder["kind"])
            return {"card_ver": 1}
        return tags, effect

    def _asset(self, e, card, base, no_collateral, origin):
        a = self._new("assets", "A", {
            "ledger": e["id"], "holder": e["holder"], "base": base, "cards": [card], "reg_ver": None,
            "open": None, "last": None, "basis": None, "successor_due": False, "cert": None, "draft": None,
            "frozen": None, "authorised": [], "collateral": False, "correct_from": None, "upheld": [],
            "files": [], "told": {}, "receiver": None, "origin": origin, "no_collateral": no_collateral})
        e["asset"] = a["id"]
        return a

    def _a_material(self, m, p, x):
        a, kind = x["asset"], m.get("kind")

        def effect():
            if kind not in a["files"]:
                a["files"].append(kind)
        return (set() if kind in MATERIALS + DOCUMENTS else {"input"}), effect

    # ---- registration ---------------------------------------------------------------------------
    def _a_submit(self, m, p, x):
        a, holder, tags = x["asset"], x["holder"], set()
        kind = m.get("type", "INITIAL")
        if kind not in REG_TYPES:
            return {"input"}, None
        latest = a["cards"][-1]
        renew = kind == "RENEWAL" or kind in ENDINGS
        ver = a["reg_ver"] if renew and a["reg_ver"] else len(a["cards"])
        card = a["cards"][ver - 1]
        path = self.d["config"]["path_public" if card["public_data"] else "path_other"]
        path = "short" if kind in ALWAYS_SHORT else path
        cert = self._live(a)
        if a["open"]:
            tags.add("state")
        if kind == "INITIAL":
            if a["base"] != "CARDED":
                tags.add("state")
            if a["correct_from"] is not None:
                tags |= {"R23", "state"}
        else:
            bases = {"RENEWAL": ("CERTIFICATED",), "TRANSFER": ("CERTIFICATED",), "DESTROY": ("CERTIFICATED",)}
            if a["base"] not in bases.get(kind, ("REGISTERED", "CERTIFICATED")):
                tags.add("state")
            if cert and self._cert_state(cert) == "REVOKING":
                tags.add("state")
        if kind in ("CHANGE", "CORRECTION") and a["reg_ver"] is not None and ver <= a["reg_ver"]:
            tags |= {"state", "input"}
        if kind == "RENEWAL" and cert:
            left = (dt.date.fromisoformat(cert["not_after"]) - self.today).days
            if left > self.days["renewal"]:
                tags |= {"R20", "state"}
        if kind in ENDINGS and a["authorised"]:
            tags.add("state")
        if kind == "TRANSFER" and (m.get("receiver") not in self.holders or m["receiver"] == holder["id"]):
            tags.add("input")
        if kind in ("TRANSFER", "DESTROY") and m.get("disposal_approval") is not True:
            tags |= {"R29", "input"}
        if kind != "CANCEL" and (latest["dispute"] or ver in a["upheld"]):
            tags.add("R19")

        def effect():
            r = self._new("registrations", "REG", {
                "asset": a["id"], "type": kind, "path": path, "ver": ver, "state": "SUBMITTED",
                "applicant": p["id"], "endorser": None, "acceptor": None, "reviewer": None, "decider": None,
                "accept_due": None, "review_due": None, "notice_from": None, "notice_to": None,
                "cancel_due": None, "objections": [], "receiver": m.get("receiver"), "reason": None,
                "received": None, "execute": None})
            a["open"] = a["last"] = r["id"]
            if not holder.get("superior"):
                self._applied(a, r)
        return tags, effect

    def _step(self, a, r, state):
        r["state"] = state
        if r["type"] == "INITIAL":
            a["base"] = state if state in OPEN[1:] + ("REGISTERED",) else "CARDED"
        if state not in OPEN and not (state == "REGISTERED" and r["type"] in ENDINGS):
            a["open"] = None                        # an ending is open until it is carried out
        if state in ("REGISTERED", "REFUSED", "TERMINATED"):
            a["told"].pop(r["type"], None)

    def _applied(self, a, r):
        self._step(a, r, "APPLIED")
        if r["path"] == "26":
            r["accept_due"] = self._wd(self.days["accept"])
        if r["type"] in ALWAYS_SHORT:
            r["cancel_due"] = self._wd(self.days["cancel"])

    def _at(self, r, p, *states, path=None):
        """Grounds common to every later step: its state, its path, and the separation of persons."""
        tags = set()
        if r["state"] not in states or (path and r["path"] != path):
            tags.add("state")
        if p["id"] in (r["applicant"], r["received"]):
            tags.add("R22")
        return tags

    def _fin(self, r, p, *states, path=None):
        tags = self._at(r, p, *states, path=path)
        if p["id"] == r["endorser"]:
            tags.add("R22")
        return tags

    def _a_endorse(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["endorser"] = p["id"]
            self._applied(a, r)
        return self._at(r, p, "SUBMITTED"), effect

    def _a_endorse_refuse(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["endorser"], r["reason"] = p["id"], m["reason"]
            self._step(a, r, "REFUSED")
        return self._at(r, p, "SUBMITTED") | self._text(m, "reason"), effect

    def _a_accept(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["acceptor"] = p["id"]
            r["review_due"] = self._wd(self.days["review"])
            self._step(a, r, "ACCEPTED")
        tags = self._fin(r, p, "APPLIED", path="26")
        return tags | ({"input"} if self._missing(a, r) else set()), effect

    def _missing(self, a, r):
        """The items of [230] that neither the card nor a file gives; the organisation's record is the first."""
        if r["type"] != "INITIAL" or r["path"] != "26":
            return set()
        card = a["cards"][r["ver"] - 1]
        given = {"subject"} | set(card["given"]) | ({"risk"} if card["risk_assessment"] else set())
        return set(MATERIALS) - given - set(a["files"])

    def _a_return_(self, m, p, x):
        a, r = x["asset"], x["reg"]
        tags = self._fin(r, p, "APPLIED", path="26")
        named = m.get("missing")
        missing = self._missing(a, r) | set(named if isinstance(named, list) else ())
        if not missing:
            tags.add("input")
        if r["type"] in a["told"] and not missing <= set(a["told"][r["type"]]):
            tags.add("input")                       # told once, with the whole list [231]

        def effect():
            r["reason"] = sorted(missing)
            a["told"].setdefault(r["type"], sorted(missing))
            self._step(a, r, "RETURNED")
        return tags, effect

    def _a_review(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["reviewer"] = p["id"]
            self._step(a, r, "REVIEWED")
        return self._fin(r, p, "ACCEPTED", path="26"), effect

    def _a_review_refuse(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["reviewer"], r["reason"] = p["id"], m["reason"]
            self._step(a, r, "REFUSED")
        return self._fin(r, p, "ACCEPTED", path="26") | self._text(m, "reason"), effect

    def _a_notice(self, m, p, x):
        a, r = x["asset"], x["reg"]

        def effect():
            r["notice_from"] = self.d["today"]
            r["notice_to"] = self._wd(self.days["notice"])
            self._step(a, r, "NOTICED")
        return self._fin(r, p, "REVIEWED", path="26") | self._text(m, "place", "address"), effect

    def _a_object(self, m, p, x):
        r, tags = x["reg"], set()
        if r["state"] != "NOTICED":
            tags.add("state")
        elif self.d["today"] > r["notice_to"]:
            tags |= {"state", "R20", "R21"}
        if m.get("real_name") is not True or m.get("evidence") is not True:
            tags |= {"R21", "input"}

        def effect():
            o = {"id": "%s/O%d" % (r["id"], len(r["objections"]) + 1), "by": p["id"], "state": "OPEN",
                 "due": self._wd(self.days["objection"])}
            r["objections"].append(o)
            return {"objection": o["id"]}
        return tags, effect

    def _a_decide_objection(self, m, p, x):
        a, r = x["asset"], x["reg"]
        tags = self._bools(m, "upheld")
        if p["id"] in (r["applicant"], r["endorser"], r["received"]):
            tags.add("R22")
        o = next((o for o in r["objections"] if o["id"] == m.get("objection")), None)
        if o is None:
            tags.add("input")
        else:
            if o["state"] != "OPEN":
                tags.add("state")
            if o["by"] == p["id"]:
                tags.add("R22")

        def effect():
            o["state"] = "UPHELD" if m["upheld"] else "DISMISSED"
            if m["upheld"]:
                a["upheld"].append(r["ver"])
                if r["state"] in OPEN:
                    self._step(a, r, "TERMINATED")
            return {"objection": o["id"], "objection_state": o["state"]}
        return tags, effect

    def _a_decide(self, m, p, x):
        a, r = x["asset"], x["reg"]
        tags = self._fin(r, p, "NOTICED" if r["path"] == "26" else "APPLIED") | self._bools(m, "yes")
        if m.get("yes") is False:
            tags |= self._text(m, "reason")
        states = [o["state"] for o in r["objections"]]
        if m.get("yes") is True:
            cert = self._live(a)
            if "UPHELD" in states or (r["state"] == "NOTICED" and "OPEN" in states):
                tags |= {"R19", "R21", "state"}
            if r["state"] == "NOTICED" and self.d["today"] <= r["notice_to"]:
                tags |= {"R20", "state"}
            if r["type"] == "TRANSFER" and not r["received"]:
                tags.add("state")
            if cert and self._cert_state(cert) == "REVOKING":
                tags.add("state")

        def effect():
            r["decider"], r["reason"] = p["id"], m.get("reason")
            if not m["yes"]:
                self._step(a, r, "REFUSED")
                return
            self._step(a, r, "REGISTERED")
            if r["type"] in ENDINGS:
                a["successor_due"] = False
                return
            self._drop_draft(a)
            a["reg_ver"], a["basis"] = r["ver"], r["id"]
            a["successor_due"] = a["base"] == "CERTIFICATED"
        return tags, effect

    # ---- transfer, cancellation and destruction are carried out by two officers --------------------
    def _a_receive(self, m, p, x):
        r, tags = x["reg"], set()
        if r["type"] != "TRANSFER" or r["state"] not in OPEN or r["received"]:
            tags.add("state")
        if p["id"] in [r[k] for k in self.STEPS]:
            tags.add("R22")

        def effect():
            r["received"] = p["id"]
        return tags, effect

    def _executable(self, a, r, p):
        tags, cert = set(), self._live(a)
        if r["type"] not in ENDINGS or r["state"] != "REGISTERED" or a["open"] != r["id"] or a["authorised"]:
            tags.add("state")
        if p["id"] in [r[k] for k in self.STEPS]:
            tags.add("R22")                         # decision and execution apart [168]
        return tags

    def _a_execute_request(self, m, p, x):
        a, r = x["asset"], x["reg"]
        tags = self._executable(a, r, p)
        if r["execute"]:
            tags.add("state")

        def effect():
            r["execute"] = p["id"]
            return {"pending": "execute"}
        return tags, effect

    def _a_execute_approve(self, m, p, x):
        a, r, cert = x["asset"], x["reg"], x["cert"]
        tags = self._executable(a, r, p)
        if not r["execute"] or (cert and self._cert_state(cert) == "REVOKING"):
            tags.add("state")
        if r["execute"] == p["id"]:
            tags.add("R22")

        def effect():
            final, reason = ENDINGS[r["type"]]
            a["base"], a["open"] = final, None
            self._drop_draft(a)
            if a["cert"]:
                self._end_cert(a, "CANCELLED", reason)
            if r["type"] == "TRANSFER":
                self._hand_over(a, r)
        return tags, effect

    def _hand_over(self, a, r):
        """The receiver's asset: the registered card under a new number, registered [379]; the ban follows [25]."""
        old = self.d["ledgers"][a["ledger"]]
        e = self._new("ledgers", "L", {"state": "RECOGNISED", "holder": r["receiver"], "pending": None, "by": old["by"],
                                       "asset": None, "catalog_ref": old["catalog_ref"], "shared": old["shared"]})
        banned = a["no_collateral"] or self.orgs[r["receiver"]]["kind"] in PUBLIC_KINDS
        mine = self.orgs[a["holder"]]["kind"]
        origin = mine if mine in PUBLIC_KINDS and a["origin"] not in PUBLIC_KINDS else a["origin"]
        new = self._asset(e, copy.deepcopy(a["cards"][r["ver"] - 1]), "REGISTERED", banned, origin)
        new["reg_ver"], new["basis"] = 1, r["id"]
        a["receiver"] = r["receiver"]

    # ---- certificate ----------------------------------------------------------------------------
    def _drop_draft(self, a):
        if a["draft"]:
            self.d["certificates"][a["draft"]]["base"] = "DROPPED"
            a["draft"] = None

    def _end_cert(self, a, state, reason):
        c = self._live(a)
        c["base"], c["reason"], c["revoking"], c["holds"], c["resume"] = state, reason, None, [], None
        a["cert"] = None

    def _stop_open(self, a):
        if a["open"]:
            self._step(a, self.d["registrations"][a["open"]], "TERMINATED")

    def _issuable(self, a):
        """Grounds against a certificate for this asset now."""
        tags, cert = set(), self._live(a)
        if a["base"] == "CERTIFICATED":
            if not a["successor_due"] or self._cert_state(cert) != "ACTIVE":
                tags.add("state")
        elif a["base"] != "REGISTERED":
            tags.add("state")
        if a["open"] and self.d["registrations"][a["open"]]["state"] == "REGISTERED":
            tags.add("state")                       # its ending is decided
        card = a["cards"][(a["reg_ver"] or len(a["cards"])) - 1]
        if any(not card[k] and k not in a["files"] for k in DOCUMENTS):
            tags |= {"R30", "input"}
        return tags

    STEPS = ("applicant", "endorser", "acceptor", "reviewer", "decider", "received")

    def _apart(self, a, p):
        r = self.d["registrations"].get(a["basis"])
        return {"R22"} if r and p["id"] in [r[s] for s in self.STEPS] else set()

    def _a_issue_request(self, m, p, x):
        a = x["asset"]
        tags = self._issuable(a) | self._apart(a, p)
        # a request that something else has overtaken does not stand in the way of the next
        if a["draft"] and self.d["certificates"][a["draft"]]["said"] == self._content(a):
            tags.add("state")

        def effect():
            self._drop_draft(a)
            a["draft"] = self._new("certificates", "C", {
                "asset": a["id"], "base": "DRAFT", "by": p["id"], "ver": a["reg_ver"], "holds": [],
                "revoking": None, "resume": None, "not_before": None, "not_after": None, "reason": None,
                "predecessor": None, "no_collateral": a["no_collateral"], "said": self._content(a)})["id"]
        return tags, effect

    def _content(self, a):
        """What a certificate would say, as far as it can change while its request waits: an approval is
        of what was shown (R22; issue 8: exactly what will be signed)."""
        renewal = a["basis"] and self.d["registrations"][a["basis"]]["type"] == "RENEWAL" # has an end of its own
        return [a["basis"], a["reg_ver"], None if renewal else a["cert"]]

    def _a_issue_approve(self, m, p, x):
        a, c = x["asset"], x["draft"]
        tags = self._issuable(a) | self._apart(a, p)
        if c and c["by"] == p["id"]:
            tags.add("R22")
        if c is None or c["base"] != "DRAFT":
            return tags | {"state"}, None
        if c["said"] != self._content(a):
            tags.add("R22")

        def effect():
            end = not_after(self.today, self.years).isoformat()
            if a["cert"]:
                old = self._live(a)
                if self.d["registrations"][a["basis"]]["type"] != "RENEWAL":
                    end = old["not_after"]
                c["predecessor"] = a["cert"]
                self._end_cert(a, "SUPERSEDED", "superseded")
            c["base"], c["not_before"], c["not_after"] = "LIVE", self.d["today"], end
            a["cert"], a["draft"], a["successor_due"], a["base"] = c["id"], None, False, "CERTIFICATED"
        return tags, effect

    def _cert_at(self, c, *states):
        s = self._cert_state(c)
        if s in states:
            return set()
        return {"state", "R23"} if s in FINAL["certificate"] else {"state"}

    def _a_suspend(self, m, p, x):
        c = x["cert"]
        tags = self._cert_at(c, "ACTIVE", "SUSPENDED") | self._text(m, "reason")
        if "suspend" in c["holds"]:
            tags.add("state")

        def effect():
            c["holds"].append("suspend")
        return tags, effect

    def _a_resume_request(self, m, p, x):
        c = x["cert"]
        tags = self._cert_at(c, "SUSPENDED")
        if "suspend" not in c["holds"] or c["resume"]:
            tags.add("state")

        def effect():
            c["resume"] = p["id"]
            return {"pending": "resume"}
        return tags, effect

    def _a_resume_approve(self, m, p, x):
        c = x["cert"]
        tags = self._cert_at(c, "SUSPENDED")
        if not c["resume"]:
            tags.add("state")
        elif c["resume"] == p["id"]:
            tags.add("R22")

        def effect():
            c["holds"].remove("suspend")
            c["resume"] = None
        return tags, effect

    def _a_revoke_request(self, m, p, x):
        a, c = x["asset"], x["cert"]
        tags = self._cert_at(c, "ACTIVE", "SUSPENDED")
        if m.get("reason") not in REVOCATIONS:
            tags.add("input")
        if m.get("reason") in ("cessationOfOperation", "affiliationChanged") and a["authorised"]:
            tags.add("state")

        def effect():
            c["revoking"] = {"by": p["id"], "reason": m["reason"], "rejected": [], "frozen": "freeze" in c["holds"]}
            c["resume"] = None
        return tags, effect

    def _a_revoke_approve(self, m, p, x):
        a, c = x["asset"], x["cert"]
        tags = self._cert_at(c, "REVOKING")
        v = c["revoking"]
        if v and p["id"] in [v["by"]] + v["rejected"]:
            tags.add("R22")

        def effect():
            cert_state, asset_state = REVOCATIONS[v["reason"]]
            self._stop_open(a)
            if asset_state != "REGISTERED":
                self._drop_draft(a)                 # else what was decided is still certified
            self._end_cert(a, cert_state, v["reason"])
            a["base"], a["successor_due"] = asset_state, False
            if v["reason"] == "privilegeWithdrawn":
                a["correct_from"] = len(a["cards"])
        return tags, effect

    def _a_revoke_reject(self, m, p, x):
        c = x["cert"]
        tags = self._cert_at(c, "REVOKING")
        v = c["revoking"]
        if v and p["id"] in [v["by"]] + v["rejected"]:
            tags.add("R22")

        def effect():
            v["rejected"].append(p["id"])
            if len(v["rejected"]) < 2:
                return {"pending": "revoke_reject"}
            c["revoking"] = None
            self._expire()                          # its end may have passed meanwhile
        return tags, effect

    # ---- freezing -------------------------------------------------------------------------------
    def _a_freeze(self, m, p, x):
        a, tags = x["asset"], self._text(m, "reason")
        if a["base"] in FINAL["asset"]:
            tags.add("state")

        def effect():
            hats = self.side(p, x["holder"])
            a["frozen"] = {"side": "FINANCE" if "FINANCE" in hats else "SUPERIOR", "by": p["id"],
                           "unfreeze": None}
            c = self._live(a)
            if c:
                c["holds"].append("freeze")
        return tags, effect

    def _a_unfreeze_request(self, m, p, x):
        a, tags = x["asset"], set()
        if not a["frozen"] or a["frozen"]["unfreeze"]:
            tags.add("state")

        def effect():
            a["frozen"]["unfreeze"] = p["id"]
            return {"pending": "unfreeze"}
        return tags, effect

    def _a_unfreeze_approve(self, m, p, x):
        a, tags = x["asset"], set()
        if not a["frozen"] or not a["frozen"]["unfreeze"]:
            tags.add("state")
        elif a["frozen"]["unfreeze"] == p["id"]:
            tags.add("R22")

        def effect():
            a["frozen"] = None
            c = self._live(a)
            if c and "freeze" in c["holds"]:
                c["holds"].remove("freeze")
                # it comes back with finance's officers only [389]; a revocation that waits gives back, when
                # refused, the state before it [32]
                stays = c["revoking"]["frozen"] if c["revoking"] else "FINANCE" not in self.side(p, x["holder"])
                if stays and "suspend" not in c["holds"]:
                    c["holds"].append("suspend")
        return tags, effect

    # ---- use ------------------------------------------------------------------------------------
    def _a_collateral(self, m, p, x):
        a, cert, tags = x["asset"], self._live(x["asset"]), set()
        if a["base"] in FINAL["asset"]:
            tags.add("state")
        if a["no_collateral"]:
            tags.add("R04")
        elif not (cert and self._cert_state(cert) == "ACTIVE" and a["cards"][cert["ver"] - 1]["encumbrance"]):
            tags.add("R05")

        def effect():
            a["collateral"] = True
            return {"collateral": True}
        return tags, effect

    def _a_authorise(self, m, p, x):
        a, cert, tags = x["asset"], self._live(x["asset"]), set()
        card = a["cards"][(cert["ver"] if cert else len(a["cards"])) - 1]
        if a["base"] != "CERTIFICATED" or self._cert_state(cert) != "ACTIVE":
            tags |= {"R01", "state"}
        if self.d["ledgers"][a["ledger"]]["shared"] and not card["consent"]:
            tags.add("R16")
        if card["personal"] == "raw" and not card["legal_basis"]:
            tags.add("R37")

        def effect():
            a["authorised"].append({"org": p["org"], "by": p["id"], "to": cert["not_after"]})
        return tags, effect

    def _a_end_authorisation(self, m, p, x):
        a = x["asset"]

        def effect():
            a["authorised"].pop(0)
        return (set() if a["authorised"] else {"state"}), effect

    # ---- clock ----------------------------------------------------------------------------------
    def advance(self, days):
        self.d["today"] = (self.today + dt.timedelta(days=days)).isoformat()
        for a in self.d["assets"].values():
            a["authorised"] = [u for u in a["authorised"] if u["to"] >= self.d["today"]]
        self._expire()
        return {"today": self.d["today"]}

    def _expire(self):
        """Certificates past their end; a pending revocation does not lapse with it."""
        for a in self.d["assets"].values():
            c = self._live(a)
            if c and c["not_after"] < self.d["today"] and not c["revoking"]:
                self._stop_open(a)
                self._end_cert(a, "EXPIRED", None)
                if a["successor_due"]:
                    a["base"], a["successor_due"] = "REGISTERED", False
                else:
                    a["base"] = "CARDED"
                    self._drop_draft(a)


# ---- random moves -----------------------------------------------------------------------------------
WEIGHTS = {"ledger_enter": 6, "recognise": 8, "confirm": 8, "card": 3, "submit": 5, "endorse": 8,
           "endorse_refuse": 1, "accept": 8, "return_": 1, "review": 8, "review_refuse": 1, "notice": 8,
           "object": 1, "decide_objection": 4, "decide": 9, "issue_request": 8, "issue_approve": 8,
           "suspend": 1, "resume_request": 3, "resume_approve": 4, "revoke_request": 1, "revoke_approve": 3,
           "revoke_reject": 3, "freeze": .2, "unfreeze_request": 3, "unfreeze_approve": 4, "material": .5,
           "receive": 8, "execute_request": 8, "execute_approve": 8, "collateral": 2.5, "authorise": 2, "end_authorisation": 1, "tick": 5}


class Generator:
    UNLAWFUL = ("wrong_person", "wrong_person", "wrong_org", "wrong_state", "wrong_state", "same_person",
                "same_person", "missing_param", "frozen", "dispute", "withdrawn", "core", "memo", "early_renewal",
                "notice_not_over", "second_certificate", "anonymous", "sj_number", "appraisal", "collateral",
                "no_authorise", "live_authorisation", "no_plan", "open_objection", "bad_tick", "no_catalogue",
                "short_path", "no_approval", "no_new_card", "late_objection")

    def __init__(self, world, seed, lawful=0.6, active=24, ticks=.045, jumps=.12, until=None):
        """active: assets in hand at once; ticks: share of moves that let days pass; jumps: share of these
        that lead to near the end of a certificate; until: the last day of this world"""
        self.w, self.rnd, self.lawful, self.active = world, random.Random(seed), lawful, active
        self.ticks, self.jumps, self.until = ticks, jumps, until or "9999-12-31"
        self.kind = None
        self.done = set()        # assets at their end, looked at once

    # a well-formed move
    def _card(self, holder):
        r = self.rnd
        level = r.choice(("GENERAL",) * 4 + ("IMPORTANT",))
        return {"blocks": {b: True for b in BLOCKS}, "level": level,
                "risk_assessment": level == "IMPORTANT" or r.random() < .9,
                "dispute": r.random() < .06,
                "consent": r.random() < .7, "personal": (pi := r.choice(PERSONAL)),
                "legal_basis": pi == "raw" and r.random() < .6,
                "sj_number": holder["kind"] != "ADMIN" and r.random() < .1,
                "sec_policy": r.random() < .93, "emergency_plan": r.random() < .93,
                "public_data": r.random() < (.85 if holder["kind"] in PUBLIC_KINDS else .3),
                "value_basis": r.choice(VALUE_BASES[:3]), "encumbrance": r.random() < (.02 if holder["kind"] in PUBLIC_KINDS else .4),
                "given": [k for k in MATERIALS[1:-1] if r.random() < .97]}

    def _params(self, act, ctx):
        r, holder = self.rnd, ctx["holder"] if ctx else None
        other = [o for o in self.w.orgs if not holder or o != holder["id"]]
        if act == "ledger_enter":
            return {"catalog_ref": "CAT-%05d" % r.randrange(100000), "shared": r.random() < .25}
        if act == "recognise":
            return {"result": r.choice(("ASSET",) * 6 + ("MEMO", "NOT"))}
        if act == "card":
            return self._card(holder)
        if act == "submit":
            a = ctx["asset"]
            kind = "INITIAL" if a and a["base"] == "CARDED" else r.choice(REG_TYPES[1:])
            out = {"type": kind}
            if kind == "TRANSFER":
                out.update(receiver=r.choice([o for o in other if o in self.w.holders]))
            if kind in ("TRANSFER", "DESTROY"):
                out.update(disposal_approval=True)
            return out
        if act == "material":
            a, r_ = ctx["asset"], ctx["reg"]
            if a is None:
                return {"kind": r.choice(MATERIALS)}
            missing = sorted(self.w._missing(a, r_)) if r_ and r_["state"] in OPEN else []
            missing += [k for k in DOCUMENTS if not a["cards"][-1][k] and k not in a["files"]]
            return {"kind": r.choice(missing or MATERIALS + DOCUMENTS)}
        if act == "return_":
            return {"missing": r.sample(MATERIALS, r.randint(1, 3))}
        if act in ("endorse_refuse", "review_refuse", "suspend", "freeze"):
            return {"reason": r.choice(("incident", "dispute", "order"))}
        if act == "notice":
            return {"place": "notice board", "address": "https://notice.example/%d" % r.randrange(10000)}
        if act == "object":
            return {"real_name": True, "evidence": True}
        if act == "decide_objection":
            return {"upheld": r.random() < .35, "objection": next(
                (o["id"] for o in ctx["reg"]["objections"] if o["state"] == "OPEN"), ctx["reg"]["id"] + "/O1") if ctx["reg"] else ""}
        if act == "decide":
            return {"yes": True} if r.random() < .85 else {"yes": False, "reason": "source not lawful"}
        if act == "revoke_request":
            return {"reason": r.choice(list(REVOCATIONS))}
        if act == "tick":
            return {"days": self._days()}
        return {}

    def _days(self):
        left = (dt.date.fromisoformat(self.until) - self.w.today).days
        return max(1, min(left, self._some_days()))

    def _some_days(self):
        r, w = self.rnd, self.w
        if r.random() < self.jumps:
            live = [w.d["certificates"][a["cert"]] for a in w.d["assets"].values() if a["cert"]]
            c = r.choice(live) if live else {"not_after": w.d["today"]}
            n = (dt.date.fromisoformat(c["not_after"]) - w.today).days - r.randint(-2, 59)
            if n >= 1:
                return n
        return r.choice((1, 1, 2, 3, 5, 8, 16, 20) if self.ticks > .03 else (1, 1, 1, 1, 2, 2, 3, 5))

    def _move(self, act, obj, person, ctx):
        m = {"act": act, "by": person, "object": obj}
        m.update(self._params(act, ctx))
        return m

    def _objects(self):
        """Ids worth moving: ledger entries in hand and assets that are not at their end."""
        w, out = self.w, []
        for e in w.d["ledgers"].values():
            if e["id"] in self.done:
                continue
            if e["asset"] is not None or (e["state"] == "NOT" and not e["pending"]):
                self.done.add(e["id"])
            elif (e["pending"] or e["state"] in ("LEDGERED", "RECOGNISED") or
                                       (e["state"] == "MEMO" and self.rnd.random() < .02)):
                out.append(e["id"])
        assets = []
        for a in w.d["assets"].values():
            if a["id"] in self.done:
                continue
            if a["base"] in FINAL["asset"] and not a["frozen"]:
                self.done.add(a["id"])
            else:
                assets.append(a["id"])
        return out, assets

    def _object_for(self, act, ctx, given):
        """The id that the act takes, in the form the interface documents."""
        kind = ACTS[act][0]
        if kind == "registration" and ctx["reg"]:
            return ctx["reg"]["id"]
        if kind == "certificate":
            c = ctx["draft"] if act == "issue_approve" else ctx["cert"]
            return c["id"] if c else given
        if kind == "ledger":
            return ctx["ledger"]["id"]
        return given

    def _able(self, act, ctx):
        w = self.w
        if act == "ledger_enter":
            return [p["id"] for p in w.people.values() if "HOLDER" in p["roles"]]
        if ctx is None:
            return list(w.people)
        return [p["id"] for p in w.people.values() if w.may(act, p, ctx)]

    def _lawful_on(self, obj, acts=None):
        """A lawful move on this object, the acts by their weights; None: there is none."""
        w, r, ctx = self.w, self.rnd, self.w._resolve(obj)
        order = sorted((a for a in acts or WEIGHTS if ACTS[a][0] is not None),
                       key=lambda a: r.random() ** (1 / WEIGHTS[a]), reverse=True)
        for act in order:
            if (ctx["asset"] is None) != (w.NEEDS.get(act) == "ledger") and act != "card":
                continue
            able = self._able(act, ctx)
            for person in r.sample(able, min(3, len(able))):
                m = self._move(act, self._object_for(act, ctx, obj), person, ctx)
                if not w.check(m):
                    return m
        return None

    def _lawful(self):
        r = self.rnd
        ledgers, assets = self._objects()
        for _ in range(60):
            if r.random() < self.ticks and self.w.d["today"] < self.until:
                return self._move("tick", None, r.choice(list(self.w.people)), None)
            if len(assets) < self.active and len(ledgers) < 5 + self.active // 20 and r.random() < .15:
                return self._move("ledger_enter", None, r.choice(self._able("ledger_enter", None)), None)
            pool = ledgers if ledgers and (r.random() < .3 or not assets) else assets
            if not pool:
                continue
            m = self._lawful_on(r.choice(pool))
            if m:
                return m
        return self._move("tick", None, r.choice(list(self.w.people)), None)

    def _pick(self, test):
        found = [a for a in self.w.d["assets"].values() if test(a)]
        return self.rnd.choice(found) if found else None

    def _well(self, act, a, **params):
        """A well-formed move by an able officer on an asset."""
        ctx = self.w._resolve(a["id"])
        able = self._able(act, ctx)
        if not able:
            return None
        m = self._move(act, self._object_for(act, ctx, a["id"]), self.rnd.choice(able), ctx)
        m.update(params)
        return m

    def _unlawful(self, kind):
        w, r = self.w, self.rnd
        ledgers, assets = self._objects()
        reg = lambda a: w.d["registrations"].get(a["open"])
        if kind in ("wrong_person", "wrong_org", "same_person", "missing_param"):
            m = self._lawful()
            if m["act"] in ("tick",):
                return None
            m = copy.deepcopy(m)
            if kind == "wrong_person":
                m["by"] = r.choice(list(w.people))
            elif kind == "wrong_org":
                me = w.people[m["by"]]
                m["by"] = r.choice([p["id"] for p in w.people.values()
                                    if p["org"] != me["org"] and set(p["roles"]) & set(me["roles"])] or [me["id"]])
            elif kind == "missing_param":
                names = [k for k in m if k not in ("act", "by", "object")]
                if not names:
                    return None
                name = r.choice(names)
                if isinstance(m[name], list) and m[name] and r.random() < .5:
                    m[name].pop()
                elif isinstance(m[name], dict):
                    m[name][r.choice(list(m[name]))] = False
                else:
                    del m[name]
            else:
                ctx = w._resolve(m["object"]) if m["object"] else None
                if not ctx or not ctx["asset"]:
                    return None
                a, c, names = ctx["asset"], ctx["cert"], []
                for x in (ctx["reg"], w.d["registrations"].get(a["basis"])):
                    names += [x[k] for k in World.STEPS + ("execute",)] if x else []
                if ctx["draft"]:
                    names.append(ctx["draft"].get("by"))
                if c:
                    names += [c["resume"]] + ([c["revoking"]["by"]] + c["revoking"]["rejected"] if c["revoking"] else [])
                names.append(a["frozen"]["unfreeze"] if a["frozen"] else None)
                names = [n for n in names if n]
                if not names:
                    return None
                m["by"] = r.choice(names)
            return m
        if kind == "wrong_state":
            act = r.choice([x for x in ACTS if ACTS[x][0]])
            pool = (ledgers + list(w.d["ledgers"])[-10:]) if act in w.NEEDS else list(w.d["assets"])[-60:]
            if not pool:
                return None
            obj = r.choice(pool)
            ctx = w._resolve(obj)
            able = self._able(act, ctx)
            if not able:
                return None
            obj = self._object_for(act, ctx, obj)
            if ACTS[act][0] == "certificate" and r.random() < .4 and ctx["asset"]:
                old = [c["id"] for c in w.d["certificates"].values() if c["asset"] == ctx["asset"]["id"]]
                obj = r.choice(old) if old else obj
            return self._move(act, obj, r.choice(able), ctx)
        if kind == "frozen":
            a = self._pick(lambda a: a["frozen"])
            return a and self._well(r.choice([x for x in ACTS if ACTS[x][0] and x not in w.NEEDS
                                              and x not in w.WHILE_FROZEN] + ["card"]), a)
        if kind == "dispute":
            a = self._pick(lambda a: a["cards"][-1]["dispute"] and not a["open"])
            return a and self._well("submit", a)
        if kind == "withdrawn":
            a = self._pick(lambda a: a["correct_from"] is not None)
            if a and r.random() < .5:
                c = [c for c in w.d["certificates"].values() if c["asset"] == a["id"] and c["base"] == "WITHDRAWN"]
                return self._well(r.choice(("resume_request", "revoke_request", "suspend")), a, object=c[-1]["id"])
            return a and self._well("submit", a)
        if kind in ("core", "sj_number", "appraisal"):
            m = next((m for m in (self._lawful_on(i, ("card",)) for i in r.sample(
                ledgers + assets, min(8, len(ledgers + assets)))) if m), None)
            if m:
                m.update({"core": {"level": "CORE"}, "sj_number": {"sj_number": True},
                          "appraisal": {"value_basis": "APPRAISAL"}}[kind])
            return m
        if kind == "memo":
            pool = [e for e in w.d["ledgers"].values() if e["state"] in ("MEMO", "NOT", "LEDGERED") and not e["asset"]]
            if not pool:
                return None
            e, act = r.choice(pool), "card"
            ctx = w._resolve(e["id"])
            able = self._able(act, ctx)
            return self._move(act, e["id"], r.choice(able), ctx) if able else None
        if kind == "early_renewal":
            a = self._pick(lambda a: a["cert"] and not a["open"])
            return a and self._well("submit", a, type="RENEWAL")
        if kind in ("notice_not_over", "open_objection"):
            a = self._pick(lambda a: reg(a) and reg(a)["state"] == "NOTICED" and
                           (kind == "notice_not_over" or any(o["state"] == "OPEN" for o in reg(a)["objections"])))
            return a and self._well("decide", a, yes=True)
        if kind in ("anonymous", "late_objection"):
            a = self._pick(lambda a: reg(a) and reg(a)["state"] == "NOTICED")
            return a and self._well("object", a, **({r.choice(("real_name", "evidence")): False}
                                                    if kind == "anonymous" else {}))
        if kind == "second_certificate":
            a = self._pick(lambda a: a["cert"] or a["draft"])
            return a and self._well("issue_request", a)
        if kind == "no_plan":
            a = self._pick(lambda a: a["base"] == "REGISTERED" and
                           not (a["cards"][a["reg_ver"] - 1]["sec_policy"] and a["cards"][a["reg_ver"] - 1]["emergency_plan"]))
            return a and self._well("issue_request", a)
        if kind == "collateral":
            a = self._pick(lambda a: a["base"] not in FINAL["asset"])
            return a and self._well("collateral", a)
        if kind == "no_authorise":
            a = self._pick(lambda a: a["base"] not in FINAL["asset"] and not a["authorised"])
            return a and self._well("authorise", a)
        if kind == "live_authorisation":
            a = self._pick(lambda a: a["authorised"])
            if a and r.random() < .3:
                return self._well("revoke_request", a, reason=r.choice(("cessationOfOperation", "affiliationChanged")))
            return a and self._well("submit", a, type=r.choice(list(ENDINGS)), disposal_approval=True,
                                    receiver=r.choice(sorted(w.holders)))
        if kind == "short_path":
            a = self._pick(lambda a: reg(a) and reg(a)["path"] == "short" and reg(a)["state"] == "APPLIED")
            return a and self._well(r.choice(("accept", "return_", "review", "notice")), a)
        if kind == "no_approval":
            a = self._pick(lambda a: a["base"] == "CERTIFICATED" and not a["open"])
            return a and self._well("submit", a, type=r.choice(("TRANSFER", "DESTROY")), disposal_approval=False,
                                    receiver=r.choice(sorted(w.holders)))
        if kind == "no_new_card":
            a = self._pick(lambda a: a["cert"] and not a["open"] and len(a["cards"]) == a["reg_ver"])
            return a and self._well("submit", a, type=r.choice(("CHANGE", "CORRECTION")))
        if kind == "bad_tick":
            return {"act": "tick", "by": r.choice(list(w.people)), "object": None, "days": r.choice((0, -1, -30, None))}
        if kind == "no_catalogue":
            m = self._move("ledger_enter", None, r.choice(self._able("ledger_enter", None)), None)
            m["catalog_ref"] = None
            return m

    def next(self):
        if self.rnd.random() < self.lawful:
            self.kind = "lawful"
            return self._lawful()
        for _ in range(40):
            kind = self.rnd.choice(self.UNLAWFUL)
            if kind in ("bad_tick", "no_catalogue", "core", "sj_number", "appraisal", "collateral",
                        "no_authorise") and self.rnd.random() < .6:
                continue
            m = self._unlawful(kind)
            if m and self.w.check(m):
                self.kind = kind
                return m
        self.kind = "lawful"
        return self._lawful()


def demo_config(path_public="26", path_other="short", start="2026-03-02", years=3):
    """A small country: two finance departments, departments with and without superiors."""
    def org(i, kind, finance, superior=None):
        return {"id": i, "kind": kind, "finance": finance, "superior": superior}
    orgs = [org("FIN1", "ADMIN", "FIN1"), org("FIN2", "ADMIN", "FIN2"), org("DEPT", "ADMIN", "FIN1"),
            org("INST1", "INST", "FIN1", "DEPT"), org("MASS1", "MASS", "FIN1", "DEPT"),
            org("ENT1", "ENT", "FIN1"), org("SOE1", "SOE", "FIN2"), org("UTIL1", "UTIL", "FIN1", "FIN1"),
            org("ADM2", "ADMIN", "FIN2", "FIN2")]
    people = []

    def add(o, n, *roles):
        for _ in range(n):
            people.append({"id": "%s.%d" % (o, sum(p["org"] == o for p in people) + 1), "org": o,
                           "roles": list(roles)})
    add("FIN1", 7, "FINANCE")
    add("FIN1", 2, "FINANCE", "SUPERIOR")
    add("FIN1", 2, "FINANCE", "HOLDER")
    add("FIN2", 6, "FINANCE")
    add("FIN2", 2, "FINANCE", "SUPERIOR")
    add("DEPT", 3, "SUPERIOR")
    add("DEPT", 2, "HOLDER")
    add("DEPT", 1, "SUPERIOR", "HOLDER")
    for o in ("INST1", "MASS1", "ENT1", "SOE1", "UTIL1", "ADM2"):
        add(o, 2, "HOLDER")
    add("DEPT", 1, "IMPLEMENTER")
    add("DEPT", 1, "AUDITOR")
    return {"orgs": orgs, "people": people, "path_public": path_public, "path_other": path_other,
            "start": start, "years": years, "workdays": ["2026-05-09", "2026-09-20", "2026-10-10"],
            "holidays": ["2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25",
                         "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"]}
