"""Generator(seed): world() and case(world) for the model in verdict.py.  Deterministic by seed.

world() has the keys of the brief and besides:
  "base"    BASE; "now" the moment on which the traps are set to the second; "tokens" [{"payload","signer"}…];
  "presentable" {"authorisations": [{"payload","signer"}…], "certificates": [{"x509"}…]}: in hand or not;
  "keys"    {x of a cnf.jwk: private scalar}, so that Key Binding JWTs can be signed for real;
  "notes"   what each trap signer, list URI and CRL URI is.
Hashes (sha256, certificate_sha256, parent.sha256, previous) are unique placeholders in the right form: a harness that signs for real
replaces them bottom up.  case(world) never changes the world; case.faults of the last case are in `self.faults`, empty for a plain
permitted case; names starting with "open:" touch a question of OPEN.md (Generator(seed, open=False) leaves them out),
names ending in "ok" are boundaries that stay permitted.
"""
import base64
import functools
import hashlib
import random
import time as _time

from verdict import MODES, RESTRICTED, contains, verdict

BASE, OTHER = "https://fujie.example", "https://other.example"
DAY, HOUR, TTL = 86400, 3600, 48 * 3600
PURPOSES = ["INDUSTRY", "PUBGOV", "SECTOR", "WELFARE"]
ACTIONS = ["DOWNLOAD_PRODUCT", "MODEL_CALL", "QUERY", "REDEVELOP", "VERIFY"]
DOMAINS = ["agri-weather", "finance", "flood", "health", "hydrology"]
SCENARIOS = ["crop-insurance", "dispatch", "flood-warning", "inclusive-credit", "yield"]
ENVIRONMENTS = ["sandbox-1", "sandbox-2", "tee-a", "tee-b"]
DIVISIONS = {"100000": ["110000", "310000", "420000", "420100", "520000", "440300"], "420000": ["420100", "420106", "420500", "421300"],
             "520000": ["520100", "520102", "520300"], "450000": ["450100", "450103", "450200"], "440000": ["440100", "440300"], "440300": ["440305"]}
AUDIENCES = ["https://gw-1.example", "https://gw-2.example", "https://gw-3.example"]

# ---------------------------------------------------------------- numbers and keys

ALPHA31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ALPHA36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def uscc(first2, div6, n):
    """domain.md 3.4, with the invented body of 12."""
    body = "DEMA%04d" % n
    r = 11 - sum(ALPHA36.index(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    s = first2 + div6 + body + ("X" if r == 10 else "0" if r == 11 else str(r))
    return s + ALPHA31[-sum(ALPHA31.index(c) * pow(3, i, 31) for i, c in enumerate(s)) % 31]


def number(prefix, div6, month, n):
    """domain.md 5.1: ISO 7064 MOD 37,36 over the prefix and the digits."""
    p = 36
    for ch in prefix + div6 + month + "%06d" % n:
        s = (p + ALPHA36.index(ch)) % 36 or 36
        p = s * 2 % 37
    return "%s-%s-%s-%06d-%s" % (prefix, div6, month, n, ALPHA36[(37 - p) % 36])


def fresh(v):
    """a copy of dicts, lists and tuples"""
    if isinstance(v, dict):
        return {k: fresh(x) for k, x in v.items()}
    return type(v)(map(fresh, v)) if isinstance(v, (list, tuple)) else v


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def fake_hash(*label):
    return b64(hashlib.sha256(repr(label).encode()).digest())


P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        m = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        m = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (m * m - a[0] - b[0]) % P
    return x, (m * (a[0] - x) - a[1]) % P


def point(d):
    r, q = None, G
    while d:
        r, q, d = add(r, q) if d & 1 else r, add(q, q), d >> 1
    return r


@functools.lru_cache(None)
def jwk(d):
    x, y = point(d)
    return {"kty": "EC", "crv": "P-256", "x": b64(x.to_bytes(32, "big")), "y": b64(y.to_bytes(32, "big"))}


def rfc3339(t):
    return _time.strftime("%Y-%m-%dT%H:%M:%SZ", _time.gmtime(t))


def mode_fits(da, mode):
    return not da["modes"] or MODES[mode] <= max(MODES[m.upper()] for m in da["modes"])


class Case:
    def __init__(self, credential, use, now, proof):
        self.credential, self.use, self.now, self.proof = credential, use, now, proof
        self.kind, self.p, self.x = credential["kind"], credential.get("payload"), credential.get("x509")

    def tuple(self):
        return self.credential, self.use, self.now, self.proof


class Generator:
    def __init__(self, seed, open=True):
        self.r = random.Random(seed)
        self.keys = [int.from_bytes(hashlib.sha256(b"holder %d" % i).digest(), "big") >> 6 | 1 for i in range(4)]   # everybody's, so that they are made once
        self.jwks = [jwk(d) for d in self.keys]
        self.open, self.faults, self.count = open, [], 0

    def some(self, items, low=1):
        items = list(items)
        return sorted(self.r.sample(items, self.r.randint(min(low, len(items)), len(items))))

    def span(self, start):
        return {"from": start, "to": start + TTL}           # formats.md 5.3: exp = iat + 48 h

    # ------------------------------------------------------------ world

    def world(self):
        r = self.r
        self.count += 1
        now = r.randint(1780000000, 1810000000)
        w = {"base": BASE, "now": now, "cas": {
             "root": {"from": now - 2000 * DAY, "to": now + 5000 * DAY, "serial": 1 << 100},
             "issuing": {"from": now - 1500 * DAY, "to": now + 2500 * DAY, "serial": r.getrandbits(127) | 1, "crldp": BASE + "/crl/root.crl"}}, "crls": {}, "lists": {}, "signers": {}, "authorisations": {},
             "certificates": {}, "all certificates": [], "all lines": [], "tokens": [], "presentable": {"authorisations": [], "certificates": []},
             "keys": {j["x"]: d for j, d in zip(self.jwks, self.keys)}, "notes": {}}
        if r.random() < .06:                                # chain dates to the second, inclusive
            ca, end, d = r.choice(["root", "issuing"]), *r.choice([("to", -1), ("to", 0), ("from", 0), ("from", 1)])
            w["cas"][ca][end] = now + d
        self.free = {n: r.sample(range(1000, 800000), 80) for n in (0, 1, 2)}      # entries to draw from, 0 unless set
        self.main = {n: "%s/status/%d" % (BASE, n) for n in (0, 1, 2)}
        self._crls(w, now)
        self._signers(w, now)
        self._lists(w, now)
        self._orgs()
        certs = [self._certificate(w, now, i) for i in range(r.randint(3, 6))]
        lines = [self._authorisation(w, now, i, certs) for i in range(r.randint(3, 6))]
        while len(w["tokens"]) < 10:
            w["tokens"].append(self._token(w, now, r.choice(lines), len(w["tokens"])))
        w["gen"] = {k: getattr(self, k) for k in ("main", "crl", "serials", "crl_traps", "list_traps", "marks", "orgs")}    # for case()
        return w

    def _crls(self, w, now):
        """The main shard in one to three versions (and a later one), traps beside it (standards.md Status)."""
        r, start = self.r, now - self.r.randint(1, 20) * HOUR - self.r.randint(0, 3599)
        root = {"number": 3, "from": now - r.randint(10, 300) * DAY, "to": now + r.randint(10, 100) * DAY, "revoked": {}}
        trouble = r.choice(["revoked", "stale", "end ok", "another revoked ok"]) if r.random() < .05 else ""
        if trouble in ("stale", "end ok"):
            root["to"] = now - (trouble == "stale")
        elif trouble:
            root["revoked"] = {w["cas"]["issuing"]["serial"] + (trouble != "revoked"): {"reason": r.choice([1, 4, 5]), "at": now - DAY}}
        w["crls"][w["cas"]["issuing"]["crldp"]] = [root]
        self.serials = s = {k: r.getrandbits(127) | 1 for k in
                            [1, 3, 4, 5, 6, 9, "lifted", "old", "found", "backdated", "later", "stale"]}
        rev = {s[k]: {"reason": k, "at": start - r.randint(0, 30) * DAY} for k in (1, 3, 4, 5, 6, 9)}
        versions, t = [{"number": 40, **self.span(start), "revoked": rev}], start
        for i in range(r.randint(0, 2)):
            t -= r.randint(6, 24) * HOUR
            old = {k: v for k, v in rev.items() if v["at"] <= t}
            old[s["lifted"]] = {"reason": 6, "at": t - DAY}
            versions.insert(0, {"number": 39 - i, **self.span(t), "revoked": old})
        later = dict(rev)
        later[s["found"]] = {"reason": 1, "at": now + HOUR}         # key compromise found later revokes at any time
        later[s["later"]] = {"reason": 9, "at": now + HOUR}         # another reason does not
        versions.append({"number": 41, **self.span(now + 2 * HOUR), "revoked": later})
        if self.open:
            later[s["backdated"]] = {"reason": 9, "at": now - HOUR}
        self.crl = BASE + "/crl/0.crl"
        w["crls"][self.crl] = versions
        bad = {s["stale"]: {"reason": 9, "at": now - 40 * DAY}, s[6]: {"reason": 6, "at": now - 40 * DAY}}
        self.crl_traps = {"missing": None, "stale": now - 1 - TTL, "end ok": now - TTL, "future": now + 61, "start ok": now + 60}
        for i, (name, t) in enumerate(self.crl_traps.items()):
            self.crl_traps[name] = uri = "%s/crl/%d.crl" % (BASE, 90 + i)
            if t is not None:
                w["crls"][uri] = [{"number": 7, **self.span(t), "revoked": dict(bad)}]
            w["notes"][uri] = name

    def _signers(self, w, now):
        r, s, t = self.r, self.serials, self.crl_traps

        def add(name, eku="token", iss=BASE, serial=None, crldp=self.crl, start=now - 700 * DAY, to=now + 700 * DAY):
            w["signers"][name] = {"eku": eku, "iss": iss, "from": start, "to": to, "serial": serial or r.getrandbits(127) | 1, "crldp": crldp}
        for eku in ("token", "status"):
            add(eku + "-1", eku)
            add(eku + "-2", eku)
            for k in (1, 3, 4, 5, 6, 9):
                add("%s-revoked-%d" % (eku, k), eku, serial=s[k])
            add(eku + "-lifted-ok", eku, serial=s["lifted"])
            add(eku + "-found", eku, serial=s["found"])
            add(eku + "-later-ok", eku, serial=s["later"])
            for name, uri in t.items():
                add("%s-crl-%s" % (eku, name.replace(" ", "-")), eku, crldp=uri)
            add(eku + "-stale-revoked", eku, serial=s["stale"], crldp=t["stale"])
            add(eku + "-ended", eku, to=now - 1)
            add(eku + "-ends-ok", eku, to=now)
            add(eku + "-begins", eku, start=now + 1)
            add(eku + "-begins-ok", eku, start=now)
            add(eku + "-foreign", eku, iss=OTHER)
        add("ocsp-1", "ocsp")
        add("holder-1", "data-asset")
        add("none-1", None)

    def _lists(self, w, now):
        r = self.r
        self.marks = {1: 900001, 2: 900002, 3: 900003, "turned": 900011, "lifted": 900012}
        for n, uri in self.main.items():
            start = now - r.randint(1, 20) * HOUR - r.randint(0, 3599)
            noise = {r.randint(910000, 1000000): r.randint(1, 3) for _ in range(20)}
            versions = [{"iss": BASE, **self.span(start), "signer": r.choice(["status-1", "status-2"]),
                         "values": {**noise, 900001: 1, 900002: 2, 900003: 3, 900011: r.randint(1, 3)}}]
            for _ in range(r.randint(0, 2)):
                start -= r.randint(6, 24) * HOUR
                versions.insert(0, {"iss": BASE, **self.span(start), "signer": r.choice(["status-1", "status-2"]),
                                    "values": {**noise, 900001: 1, 900012: 2}})
            w["lists"][uri] = versions
        # Traps: (name, beginning, iss, signer)
        traps = [("missing", None, BASE, ""), ("stale", now - 1 - TTL, BASE, "status-1"), ("end ok", now - TTL, BASE, "status-1"),
                 ("future", now + 61, BASE, "status-1"), ("start ok", now + 60, BASE, "status-1"), ("foreign", now - HOUR, OTHER, "status-foreign"),
                 ("foreign iss", now - HOUR, OTHER, "status-1")]
        traps += [("by " + n, now - HOUR, BASE, n) for n in
                  ["status-foreign", "token-1", "ocsp-1", "holder-1", "none-1", "status-revoked-1", "status-revoked-6", "status-revoked-9", "status-found",
                   "status-lifted-ok", "status-later-ok", "status-crl-missing", "status-crl-stale", "status-crl-future", "status-crl-start-ok",
                   "status-ended", "status-ends-ok", "status-begins", "status-begins-ok"]]
        self.list_traps = {}
        for i, (name, start, iss, signer) in enumerate(traps):
            uri = self.list_traps[name] = "%s/status/%d" % (BASE, 90 + i)
            w["notes"][uri] = name
            if start is not None:
                w["lists"][uri] = [{"iss": iss, **self.span(start), "signer": signer, "values": {900001: 1, 900002: 2, 900003: 3}}]

    def _orgs(self):
        r, n = self.r, 100 * (self.count % 90)
        self.orgs = {}
        for role, first2, k in (("holder", "12", 3), ("implementer", "11", 2), ("operator", "91", 3), ("user", "91", 5)):
            self.orgs[role] = []
            for _ in range(k):
                n += 1
                self.orgs[role].append({"usci": uscc(first2, r.choice(["100000", "420000", "520000", "450000"]), n), "name": "%s %d" % (role, n)})

    def _entry(self, n):
        return {"idx": self.free[n].pop(), "uri": self.main[n]}

    def _troubled(self, n, p):
        """An entry of an asset or a line, in a few cases not good: with a value, or on a trap list."""
        r = self.r
        if r.random() > p:
            return self._entry(n)
        if r.random() < .6:
            return {"idx": self.marks[r.choice([1, 2, 3])], "uri": self.main[n]}
        return {"idx": r.randint(1, 800000), "uri": self.list_traps[r.choice(["missing", "stale", "future", "foreign"])]}

    def _certificate(self, w, now, i):
        r = self.r
        region = r.choice(["100000", "100000", "420000", "520000", "450000", "440000", "440300"])
        start = now - r.randint(200, 600) * DAY - r.randint(0, DAY)
        kind = r.choice(["admin", "inst", "inst", "mass", "soe", "util", "ent"])
        restrictions = self.some([v for k, v in RESTRICTED.items() if k != "PLEDGE"], 0)
        if kind in ("admin", "inst", "mass") or r.random() < .3:
            restrictions = sorted(restrictions + ["noCollateral"])
        num = number("DAC", region, _time.strftime("%Y%m", _time.gmtime(start + 8 * HOUR)), i + 1)
        org, e, asset = r.choice(self.orgs["holder"]), self._entry(1), "ZC%s%06d" % (region, r.randint(0, 999999))
        x = {"serial": r.getrandbits(127) | 1 << 126, "notBefore": start, "notAfter": start + r.randint(2, 3) * 365 * DAY + 365 * DAY - 1,
             "eku": "data-asset", "crldp": self.crl,
             "subject": {"C": "CN", "O": org["name"], "organizationIdentifier": "NTRCN-" + org["usci"], "serialNumber": num, "CN": "asset %d" % i},
             "dataAsset": {"version": 1, "certificateNumber": num, "assetNumber": asset, "assetName": "asset %d" % i, "cardVersion": r.randint(1, 4),
                           "cardHash": hashlib.sha256(num.encode()).hexdigest(), "classScheme": "LOCAL", "classCode": "A01", "holderKind": kind,
                           "rights": r.choice([["hold", "oper", "use"], ["hold", "oper", "use"], ["hold", "use"], ["oper", "use"]]),
                           "modes": r.choice([["domain", "scene", "whole"], ["domain", "scene", "whole"], ["domain", "scene"], ["scene"], ["domain"], ["whole"], []]),
                           "restrictions": restrictions, "region": region, "keyOrigin": r.choice(["none", "none", "holder"]),
                           "statusIndex": e["idx"], "statusUri": e["uri"]}}
        cert = {"sha256": fake_hash("certificate", num, now), "x509": x}
        if r.random() < .8:                                 # in hand or not
            w["certificates"][num] = cert
        w["all certificates"].append(cert)
        w["presentable"]["certificates"].append({"x509": x})
        return {**cert, "number": num, "asset": asset, "holder": org, "status": self._troubled(1, .08)}

    def _successor(self, w, now, entry, start):
        """The asset's entry under a new certificate that begins with the version (formats.md 5.2)."""
        x = fresh(next(c["x509"] for c in w["all certificates"] if c["x509"]["dataAsset"]["certificateNumber"] == entry["certificate"]))
        num, e = number("DAC", x["dataAsset"]["region"], "202611", len(w["all certificates"]) + 1), self._entry(1)
        x.update(serial=self.r.getrandbits(127) | 1 << 126, notBefore=start, notAfter=x["notAfter"] + 100 * DAY)
        x["subject"]["serialNumber"] = num
        x["dataAsset"].update(certificateNumber=num, statusIndex=e["idx"])
        cert = {"sha256": fake_hash("certificate", num, now), "x509": x}
        if self.r.random() < .8:
            w["certificates"][num] = cert
        w["all certificates"].append(cert)
        w["presentable"]["certificates"].append({"x509": x})
        return {**entry, "certificate": num, "certificate_sha256": cert["sha256"]}

    def _grant(self, cert):
        r, da = self.r, cert["x509"]["dataAsset"]
        mode = r.choice([m for m in MODES if mode_fits(da, m)])
        domains = [] if mode == "WHOLE" else self.some(DOMAINS) if mode == "DOMAIN" or r.random() < .5 else []
        return {"mode": mode, "domains": domains, "scenarios": self.some(SCENARIOS) if mode == "SCENE" or mode == "DOMAIN" and r.random() < .3 else [],
                "rights": self.some([x.upper() for x in da["rights"] if x != "hold"]), "purposes": self.some(PURPOSES), "actions": self.some(ACTIONS, 2),
                "territory": self.some(DIVISIONS[da["region"]] or [da["region"]]) if r.random() < .5 else [da["region"]],
                "environment": r.choice([[], self.some(ENVIRONMENTS)]),
                "quota": r.choice([None, {"unit": r.choice(["CALLS", "ROWS"]), "limit": r.randint(1000, 100000)}]),
                "depth": r.choice([0, 0, 1]) if "noSubLicence" not in da["restrictions"] else 0}

    def narrow(self, g, token=True):
        """A grant within g (formats.md 5.1)."""
        r, n = self.r, fresh(g)
        if n["mode"] == "WHOLE" and r.random() < .3:
            n["mode"], n["domains"] = "DOMAIN", self.some(DOMAINS)
        elif n["domains"] and r.random() < .5:
            n["domains"] = self.some(n["domains"])
        if n["mode"] == "DOMAIN" and r.random() < .3:
            n["mode"], n["scenarios"] = "SCENE", self.some(n["scenarios"] or SCENARIOS)
        elif n["scenarios"] and r.random() < .5:
            n["scenarios"] = self.some(n["scenarios"])
        for k in ("rights", "purposes", "actions", "territory"):
            if r.random() < .6:
                n[k] = self.some(n[k])
        wide = n["territory"][0]
        inner = [d for d in DIVISIONS.get(wide, [])]
        if inner and r.random() < .4:
            n["territory"] = [r.choice(inner)]
        if r.random() < .5:
            n["environment"] = self.some(n["environment"] or ENVIRONMENTS)
        if r.random() < .4:
            q = n["quota"] or {"unit": "CALLS", "limit": 50000}
            n["quota"] = {"unit": q["unit"], "limit": r.randint(1, q["limit"])}
        n["depth"] = 0 if token else min(n["depth"], r.choice([0, 1]))
        return n

    def _authorisation(self, w, now, i, certs):
        r, cert = self.r, self.r.choice(certs)
        mine = [cert] + [c for c in certs if c is not cert and c["holder"] == cert["holder"] and r.random() < .7]
        grant = self._grant(cert)
        for c in mine[1:]:                                  # one grant for all: leave out what it would not fit
            da = c["x509"]["dataAsset"]
            if not ({x.lower() for x in grant["rights"]} <= set(da["rights"]) and mode_fits(da, grant["mode"])
                    and all(contains(da["region"], t) for t in grant["territory"]) and not (grant["depth"] and "noSubLicence" in da["restrictions"])):
                mine.remove(c) if len(mine) < 3 else mine.__setitem__(slice(1, None), [])
                break
        nbf = max(c["x509"]["notBefore"] for c in mine) + r.randint(1, 60) * DAY
        exp = min(min(c["x509"]["notAfter"] for c in mine), nbf + 5 * 365 * DAY - DAY) - r.choice([0, r.randint(0, 100) * DAY])
        num = number("DAU", cert["x509"]["dataAsset"]["region"], _time.strftime("%Y%m", _time.gmtime(nbf)), i + 1)
        free = set(grant["purposes"]) <= {"PUBGOV", "WELFARE"}
        p = {"iss": BASE, "vct": "urn:fujie:authorisation:1", "jti": num, "version": 1, "iat": nbf, "nbf": nbf, "exp": exp,
             "holder": cert["holder"], "implementer": r.choice(self.orgs["implementer"]), "operator": r.choice(self.orgs["operator"]),
             "assets": sorted(({"id": c["asset"], "certificate": c["number"], "certificate_sha256": c["sha256"], "status": c["status"]}
                               for c in mine), key=lambda a: a["id"]),
             "grant": grant, "terms": {"kind": "free" if free else "paid"}, "previous": None,
             "authorisation_status": self._troubled(2, .08), "status": {"status_list": self._entry(2)}}
        if r.random() < .06:                                # beyond its certificates, whatever it gives on
            self._beyond(p, cert)
        versions = []
        for v in range(1, r.randint(1, 3) + 1):
            if v > 1:                                       # an adjustment: narrower grant or earlier exp, same beginning (Q5)
                p = fresh(p)
                p.update(version=v, iat=min(p["iat"] + r.randint(1, 20) * DAY, now - DAY + 100 * v), previous=versions[-1]["sha256"])
                k = r.random()
                if k < .5:
                    p["grant"] = self.narrow(p["grant"], token=False)
                elif k < .75:
                    p["exp"] -= r.randint(1, 20) * DAY
                else:
                    p["assets"] = [self._successor(w, now, p["assets"][0], p["iat"])] + p["assets"][1:]
                p["status"] = {"status_list": self._entry(2)}
                versions[-1]["payload"]["status"]["status_list"]["idx"] = self.marks[3]     # this one is superseded
                versions[-1]["payload"]["status"]["status_list"]["uri"] = self.main[2]
            versions.append({"payload": p, "sha256": fake_hash("authorisation", num, v, now), "signer": r.choice(["token-1", "token-2"])})
        w["presentable"]["authorisations"] += [{"payload": v["payload"], "signer": v["signer"]} for v in versions]
        held = fresh(versions)
        w["all lines"].append(held)
        if r.random() < .75:                                # in hand or not
            if self.open and r.random() < .08:
                held[-1]["signer"] = r.choice(["ocsp-1", "token-ended", "token-revoked-9", "token-crl-stale"])      # Q14
            w["authorisations"][num] = {**held[-1], "previous": held[:-1]}
        return {"number": num, "versions": versions}

    def _beyond(self, p, cert):
        x, m = cert["x509"], self.r.choice(["exp", "nbf", "holder", "rights", "mode", "depth"])
        if m == "exp":
            p["exp"] = x["notAfter"] + 1
        elif m == "nbf":
            p["iat"] = p["nbf"] = x["notBefore"] - 1
        elif m == "holder":
            p["holder"] = self.r.choice([o for o in self.orgs["holder"] if o != p["holder"]])
        elif m == "rights":
            p["grant"]["rights"] = ["OPER", "USE"]
        elif m == "mode":
            p["grant"].update(mode="WHOLE", domains=[], scenarios=[])
        else:
            p["grant"]["depth"] = 1

    def _token(self, w, now, line, i):
        r, versions = self.r, line["versions"]
        a, v = versions[-1]["payload"], r.choice(versions)
        grant, user = self.narrow(a["grant"]), r.choice(self.orgs["user"])
        free = set(grant["purposes"]) <= {"PUBGOV", "WELFARE"}
        if "REDEVELOP" not in grant["actions"] and r.random() < .15:
            user = a["operator"]                            # the operator may use, not redevelop (R11)
        asset, binding = r.choice(v["payload"]["assets"]), r.choice(["key", "key", "mtls", "named"])
        begins = next(c["x509"]["notBefore"] for c in w["all certificates"] if c["x509"]["dataAsset"]["certificateNumber"] == asset["certificate"])
        nbf = max(a["nbf"], begins, now - r.randint(1, 60) * DAY - r.randint(0, DAY))
        exp = min(a["exp"], (nbf + 90 * DAY - 1) if binding == "named" else nbf + r.randint(100, 364) * DAY)
        p = {"iss": BASE, "vct": "urn:fujie:license-token:1", "jti": "LT-%026X" % r.getrandbits(100), "iat": nbf, "nbf": nbf, "exp": exp,
             "binding": binding, "holder": user, "asset": fresh(asset),
             "product": {"id": "PROD-%06d" % r.randint(1, 999999), "version": r.choice(["1.0", "2.1"]),
                         "kind": "operator" if r.random() < .7 else "redeveloped"},
             "grant": grant, "terms": {"kind": "free" if free else "paid"},
             "parent": {"authorisation": line["number"], "version": v["payload"]["version"], "sha256": v["sha256"],
                        "status": dict(a["authorisation_status"])},
             "duties": self.some(["DELETE", "RETAIN_DERIVED", "STOP"], 0), "status": {"status_list": self._entry(0)}}
        if binding == "key":
            p["cnf"] = {"jwk": r.choice(self.jwks)}
        elif binding == "mtls":
            p["cnf"] = {"x5t#S256": fake_hash("client", i, now)}
        else:
            p["audience"] = r.choice(AUDIENCES)
        return {"payload": p, "signer": r.choice(["token-1", "token-2"])}

    # ------------------------------------------------------------ cases

    def case(self, world):
        self.__dict__.update(world["gen"])
        for _ in range(12):
            c = self._base(world)
            if verdict(world, *c.tuple())[0] == "permit":
                break
        else:
            self.faults = ["world"]
            return c.tuple()
        self.faults = []
        if self.r.random() < .03:                           # as the world has it, good or not
            self.faults = ["world"]
            return self._base(world).tuple()
        if self.r.random() > .3:
            for _ in range(2 if self.r.random() < .07 else 1):
                self._fault(world, c)
        return c.tuple()

    def _base(self, w):
        r = self.r
        kind = r.choices(["token", "authorisation", "certificate"], [7, 4, 1])[0]
        if kind == "certificate":
            x = fresh(r.choice(w["presentable"]["certificates"])["x509"])
            cred = {"kind": kind, "x509": x, "signer": "issuing", "signed": True, "proof": None}
        else:
            s = r.choice(w["tokens"] if kind == "token" else w["presentable"]["authorisations"])
            cred = {"kind": kind, "payload": fresh(s["payload"]), "signer": s["signer"], "signed": True, "proof": None}
        c = Case(cred, None, w["now"] if r.random() < .8 else w["now"] + r.randint(-3000, 3000), None)
        named = kind == "token" and c.p["binding"] == "named"
        if named or r.random() < .7:
            self._use(c, ["user", "audience"] if named else [])
        if kind == "token" and not named and r.random() < .6:
            self._ask(c)
        return c

    def _good(self, c, key):
        """A value of the use key that the credential allows, or None where it says nothing."""
        r, p = self.r, c.p

        def plus(items):
            return "+".join(self.some(items) if r.random() < .3 else [r.choice(items)]) if items else None
        if c.kind == "certificate":
            da = c.x["dataAsset"]
            free = [a for a, b in RESTRICTED.items() if b not in da["restrictions"]]
            return {"asset": r.choice([da["assetNumber"], da["certificateNumber"]]), "at": rfc3339(r.randint(c.x["notBefore"], c.x["notAfter"])),
                    "action": r.choice(free) if free else None}.get(key)
        g, token = p["grant"], c.kind == "token"
        if key == "asset":
            a = p["asset"] if token else r.choice(p["assets"])
            return r.choice([a["id"], a["certificate"]])
        if key == "product":
            return p["product"]["id"] if token else None
        if key in ("action", "purpose"):
            return plus(g[key + "s"])
        if key == "territory":
            t = r.choice(g["territory"])
            inner = [d for d in DIVISIONS.get(t, [])]
            return r.choice(inner) if inner and r.random() < .6 else t
        if key == "environment":
            return plus(g["environment"] or ENVIRONMENTS)
        if key == "at":
            return rfc3339(r.choice([r.randint(p["nbf"], p["exp"]), c.now]))
        if key == "quantity":
            return str(r.randint(1, g["quota"]["limit"] if g["quota"] else 10**6))
        if key == "user":
            return p["holder"]["usci"] if token else None
        return p.get("audience") or (r.choice(AUDIENCES) if token and p["binding"] == "key" and c.proof else None)

    def _use(self, c, keys=(), more=True):
        """Make sure of a good use with these keys, by chance with others; False where the credential has no such value."""
        use = dict(c.use or {})
        rest = ["asset", "product", "action", "purpose", "territory", "environment", "at", "quantity", "user"]
        if more and c.use is None:
            keys = list(keys) + [k for k in rest if k not in keys and self.r.random() < .4]
        for k in keys:
            if k not in use:
                v = self._good(c, k)
                if v is not None:
                    use[k] = v
        c.use = use or c.use
        return c.use is not None and all(k in c.use for k in keys if k not in rest or not more)

    def _ask(self, c):
        """The caller asks for the holder, and the holder answers rightly."""
        r = self.r
        if c.p["binding"] == "mtls":
            c.proof = {"nonce": None, "x5t": c.p["cnf"]["x5t#S256"]}
            return
        c.proof = {"nonce": "n-%016x" % r.getrandbits(64), "x5t": None}
        aud = r.choice(AUDIENCES)
        c.use = {**(c.use or {}), "audience": aud}
        c.credential["proof"] = self._proof(c, c.proof["nonce"], aud)

    def _proof(self, c, nonce, aud):
        return {"iat": c.now - self.r.randint(0, 20), "aud": aud, "nonce": nonce, "sd_hash": "ok", "signed": True}

    # ------------------------------------------------------------ faults: each one respect

    FAMILIES = {"time": 3, "signer": 3, "unsigned": 1, "own": 4, "asset_status": 3, "parent_status": 3, "crl": 4, "narrow": 7, "scope": 6,
                "restriction": 2, "holder": 5, "quota": 2, "versions": 2, "form": 1, "opens": 2}

    def _fault(self, w, c):
        for _ in range(60):
            name = self.r.choices(list(self.FAMILIES), list(self.FAMILIES.values()))[0]
            backup = fresh((c.credential, c.use, c.now, c.proof))
            done = getattr(self, "f_" + name)(w, c) if self.open or name != "opens" else None
            span = (c.x["notBefore"], c.x["notAfter"]) if c.x else (c.p["nbf"], c.p["exp"])
            if done and span[0] <= span[1] and (self.open or not done.startswith("open:")):     # two faults must not make a form fault
                self.faults.append(done)
                return
            c.__init__(*backup)

    def _to_now(self, w, c):
        """Traps are set to the second of world["now"]."""
        if c.now != w["now"]:
            if c.credential["proof"]:
                c.credential["proof"]["iat"] += w["now"] - c.now
            c.now = w["now"]

    def _detach(self, c):
        """A token whose authorisation is not in hand, so that its entries can be moved freely."""
        num = c.p["parent"]["authorisation"]
        c.p["parent"].update(authorisation=num[:-8] + "9" + num[-7:], sha256=fake_hash("absent", num))

    def f_time(self, w, c):
        which = self.r.choice(["before", "first ok", "last ok", "after"])
        t, (a, b) = c.x or c.p, ("notBefore", "notAfter") if c.x else ("nbf", "exp")
        t[a if which in ("before", "first ok") else b] = c.now + {"before": 1, "after": -1}.get(which, 0)
        if which in ("before", "first ok") and not c.x:
            t["iat"] = min(t["iat"], t["nbf"])
            if t.get("binding") == "named":
                t["exp"] = min(t["exp"], t["nbf"] + 90 * DAY - 1)
            if t["exp"] < t["nbf"]:
                return None
        if c.use and "at" in c.use:
            c.use["at"] = rfc3339(c.now)
            if which in ("before", "after"):
                c.use.pop("at")
                c.use = c.use or None
        return "time " + which

    def f_signer(self, w, c):
        self._to_now(w, c)
        if c.x:
            c.x["eku"] = self.r.choice(["token", "status", "ocsp", None])
            return "eku %s" % c.x["eku"]
        c.credential["signer"] = n = self.r.choice([n for n in w["signers"] if n.startswith("token-") and n not in ("token-1", "token-2")]
                                                   + ["status-1", "ocsp-1", "holder-1", "none-1"] * 2)
        return "signer " + n

    def f_unsigned(self, w, c):
        c.credential["signed"] = False
        return "unsigned"

    def _bad_entry(self, w, c, n):
        r = self.r
        self._to_now(w, c)
        k = r.random()
        if k < .4:
            v = r.choice([1, 2, 3])
            return {"idx": self.marks[v], "uri": self.main[n]}, "value %d" % v
        if k < .5 and not c.x:
            i = r.choice([1 << 20, (1 << 20) + 1, (1 << 20) - 1, 1 << 31])
            return {"idx": i, "uri": self.main[n]}, "index %d%s" % (i, " ok" if i < 1 << 20 else "")
        name = r.choice([t for t in self.list_traps if not t.startswith("by ")] * 3 + list(self.list_traps))
        v = r.choice([None, None, None, 1, 2, 3])
        return {"idx": self.marks[v] if v else r.randint(1, 800000), "uri": self.list_traps[name]}, "list %s%s" % (name, " value %d" % v if v else "")

    def f_own(self, w, c):
        e, name = self._bad_entry(w, c, 1 if c.x else 2 if c.kind == "authorisation" else 0)
        if c.x:
            c.x["dataAsset"].update(statusIndex=e["idx"], statusUri=e["uri"])
        else:
            c.p["status"]["status_list"] = e
        return "status: " + name

    def f_asset_status(self, w, c):
        if c.x:
            return None
        e, name = self._bad_entry(w, c, 1)
        if c.kind == "token":
            self._detach(c)
            c.p["asset"]["status"] = e
        else:
            self.r.choice(c.p["assets"])["status"] = e
        return "asset status: " + name

    def f_parent_status(self, w, c):
        if c.x:
            return None
        e, name = self._bad_entry(w, c, 2)
        if c.kind == "token":
            self._detach(c)
            c.p["parent"]["status"] = e
        else:
            c.p["authorisation_status"] = e
        return "authorisation status: " + name

    def f_crl(self, w, c):
        """A certificate's own serial and distribution point."""
        if not c.x:
            return None
        self._to_now(w, c)
        if self.r.random() < .55:
            k = self.r.choice([k for k in self.serials if k not in ("stale", "old") + (() if self.open else ("backdated",))])
            c.x["serial"] = self.serials[k]
            return ("open:" if k == "backdated" else "") + "crl serial %s" % k
        name = self.r.choice(list(self.crl_traps))
        c.x["crldp"] = self.crl_traps[name]
        if self.r.random() < .35:
            hold = self.r.random() < .3
            if name != "missing":
                c.x["serial"] = self.serials[6 if hold else "stale"]
                return ("open:" if hold and name == "stale" or name == "future" else "") + "crl %s revoked" % name
        return "crl " + name

    def f_versions(self, w, c):
        """The version of a list that counts at a time, to the second; the entry differs between versions."""
        if c.x or c.use and "at" in c.use:
            return None
        n = {"token": 0, "authorisation": 2}[c.kind]
        v, mark = self.r.choice(w["lists"][self.main[n]]), self.r.choice(["turned", "lifted"])
        c.p["status"]["status_list"] = {"idx": self.marks[mark], "uri": self.main[n]}
        d = self.r.choice([-61, -60, -1, 0, 1])
        now = v["from"] + d
        if c.credential["proof"]:
            c.credential["proof"]["iat"] += now - c.now
        c.now = now
        outcomes = verdict(w, *c.tuple())[1]
        if any(o in ("fail", "unknown") for k, o in outcomes.items() if k != "status"):
            return None                                     # nothing but the own entry may differ
        return "version %s %+d" % (mark, d)

    def f_form(self, w, c):
        if c.kind != "token":
            return None
        c.p["product"]["id"] = self.r.choice([c.p["asset"]["id"], c.p["asset"]["certificate"]])      # R18
        if c.use and "product" in c.use:
            c.use["product"] = c.p["product"]["id"]
        return "R18"

    def f_narrow(self, w, c):
        if c.x:
            return None
        p, r, held = c.p, self.r, w["authorisations"].get(c.p["parent"]["authorisation"]) if c.kind == "token" else None
        c.use = {k: v for k, v in (c.use or {}).items() if k in ("user", "audience")} or None    # no second fault by the use
        if not held:
            return self._narrow_certificate(w, c)
        a = held["payload"]
        g, pg = p["grant"], a["grant"]
        m = r.choice(["mode", "domains", "no domains", "scenarios", "no scenarios", "rights", "purposes", "actions", "territory", "environment",
                      "no environment", "quota null", "quota limit", "quota unit", "depth", "nbf", "exp", "terms", "R11", "asset", "certificate",
                      "certificate hash", "parent hash", "older version"])
        if m == "mode":
            if pg["mode"] == "WHOLE":
                return None
            if pg["mode"] == "DOMAIN":
                g.update(mode="WHOLE", domains=[], scenarios=[])
            else:
                g.update(mode="DOMAIN", domains=pg["domains"] or DOMAINS[:1])
        elif m in ("domains", "scenarios"):
            rest = [d for d in (DOMAINS if m == "domains" else SCENARIOS) if d not in pg[m]]
            if not pg[m] or not rest:
                return None
            g[m] = sorted(set(g[m]) | {r.choice(rest)})
        elif m in ("no domains", "no scenarios"):
            k = m[3:]
            if not pg[k] or g["mode"] != ("SCENE" if k == "domains" else "DOMAIN"):
                return None
            g[k] = []
        elif m in ("rights", "purposes", "actions"):
            rest = [x for x in {"rights": ["OPER", "USE"], "purposes": PURPOSES, "actions": ACTIONS}[m] if x not in pg[m] and x != "REDEVELOP"]
            if not rest or m == "purposes" and p["terms"]["kind"] == "free":
                return None
            g[m] = sorted(set(g[m]) | {r.choice(rest)})
        elif m == "territory":
            out = [t for t in ["100000", "420000", "420100", "520100", "450000", "330000"] if not any(contains(x, t) for x in pg["territory"])]
            if not out:
                return None
            g["territory"] = sorted(set(g["territory"]) | {r.choice(out)})
        elif m in ("environment", "no environment"):
            if not pg["environment"]:
                return None
            g["environment"] = [] if m[:2] == "no" else sorted(set(g["environment"]) | {"zone-x"})
        elif m[:5] == "quota":
            q = pg["quota"]
            if not q:
                return None
            g["quota"] = None if m == "quota null" else {"unit": q["unit"], "limit": q["limit"] + r.choice([0, 1, 1])} if m == "quota limit" else \
                {"unit": "ROWS" if q["unit"] == "CALLS" else "CALLS", "limit": 1}
        elif m == "depth":
            g["depth"] = 1
        elif m in ("nbf", "exp"):
            p[m] = a[m] + r.choice([0, 1]) * (-1 if m == "nbf" else 1)
            if p["binding"] == "named" and p["exp"] - p["nbf"] + 1 > 90 * DAY:
                return None
            p["iat"] = min(p["iat"], p["nbf"])
        elif m == "terms":
            if a["terms"]["kind"] != "paid":
                return None
            p["terms"]["kind"] = "free"
        elif m == "R11":
            if "REDEVELOP" not in pg["actions"]:
                return None
            g["actions"] = sorted(set(g["actions"]) | {"REDEVELOP"})
            p["holder"] = a["operator"]
            if c.use and "user" in c.use:
                c.use["user"] = p["holder"]["usci"]
        elif m == "asset":
            p["asset"]["id"] = "ZC000000000000"
        elif m == "certificate":
            p["asset"]["certificate"] = number("DAC", "330000", "202601", r.randint(1, 99))
        elif m == "certificate hash":
            p["asset"]["certificate_sha256"] = fake_hash("another", p["jti"])
        elif m == "parent hash":
            p["parent"]["sha256"] = fake_hash("another", p["jti"])
        else:                                               # fits the older version only: judged by the later one
            old = held["previous"]
            if not old or old[0]["payload"]["grant"]["actions"] == pg["actions"]:
                return None
            p["parent"].update(version=1, sha256=old[0]["sha256"])
            g["actions"] = [x for x in old[0]["payload"]["grant"]["actions"] if x != "REDEVELOP"] or g["actions"]
        return "narrowing " + m

    def _narrow_certificate(self, w, c):
        p, r = c.p, self.r
        asset = r.choice(p["assets"]) if c.kind == "authorisation" else p["asset"]
        cert = w["certificates"].get(asset["certificate"])
        if not cert:
            return None
        da, g, m = cert["x509"]["dataAsset"], p["grant"], r.choice(["hash", "asset", "rights", "mode", "nbf", "exp", "holder", "depth"])
        if m == "hash":
            asset["certificate_sha256"] = fake_hash("another", p["jti"])
        elif m == "asset":
            asset["id"] = "ZC000000000000"
        elif m == "rights":
            if len(set(da["rights"]) & {"use", "oper"}) == 2:
                return None
            g["rights"] = ["OPER", "USE"]
        elif m in ("holder", "depth"):
            if c.kind != "authorisation":
                return None
            if m == "depth":
                g["depth"] = 1
            else:
                p["holder"] = r.choice(self.orgs["holder"])
        elif m == "mode":
            if mode_fits(da, "WHOLE"):
                return None
            g.update(mode="WHOLE", domains=[], scenarios=[])
        else:
            p[m] = cert["x509"]["notBefore"] - r.choice([0, 1]) if m == "nbf" else cert["x509"]["notAfter"] + r.choice([0, 1])
            if p.get("binding") == "named" and p["exp"] - p["nbf"] + 1 > 90 * DAY:
                return None
            p["iat"] = min(p["iat"], p["nbf"])
        return "narrowing certificate " + m

    def f_scope(self, w, c):
        """One key beyond the credential."""
        r, p = self.r, c.p
        key = r.choice(["asset", "at", "at"] if c.x else ["asset", "product", "action", "purpose", "territory", "environment", "at", "at", "user", "audience"])
        self._use(c, [key], more=False)
        if not c.use or key not in c.use:
            return None
        u, g = c.use, None if c.x else p["grant"]
        if key == "at":
            a, b = (c.x["notBefore"], c.x["notAfter"]) if c.x else (p["nbf"], p["exp"])
            name, t = r.choice([("before", a - 1), ("first ok", a), ("last ok", b), ("after", b + 1)])
            u["at"] = rfc3339(t)
            return "scope at " + name
        if key in ("asset", "product"):
            u[key] = "OTHER-1" if r.random() < .5 else u[key] + "+OTHER-1"
        elif key in ("action", "purpose"):
            rest = [x for x in (ACTIONS if key == "action" else PURPOSES) if x not in g[key + "s"]]
            if not rest:
                return None
            u[key] = r.choice(rest) if r.random() < .5 else "+".join(sorted([u[key], r.choice(rest)]))
        elif key == "territory":
            out = [t for t in ["100000", "420000", "420100", "520100", "450000", "330000"] if not any(contains(x, t) for x in g["territory"])]
            if not out:
                return None
            u[key] = r.choice(out) if r.random() < .5 else u[key] + "+" + r.choice(out)
        elif key == "environment":
            if not g["environment"]:
                return None
            u[key] = "zone-x" if r.random() < .5 else u[key] + "+zone-x"
        elif key == "user":
            u[key] = r.choice([o["usci"] for o in self.orgs["user"] + self.orgs["holder"] if o["usci"] != p["holder"]["usci"]])
        elif p.get("audience") or c.credential["proof"]:
            u[key] = "https://elsewhere.example"
        else:
            return None
        return "scope " + key

    def f_restriction(self, w, c):
        if c.x:
            bound = [a for a, b in RESTRICTED.items() if b in c.x["dataAsset"]["restrictions"]]
            a = self.r.choice(list(RESTRICTED)) if not bound or self.r.random() < .3 else self.r.choice(bound)
            c.use = {**(c.use or {}), "action": a}
            if "noCollateral" not in c.x["dataAsset"]["restrictions"] and a == "PLEDGE" and c.x["dataAsset"]["holderKind"] in ("admin", "inst", "mass"):
                return None
            return "restriction " + a + ("" if a in bound else " ok")
        a = self.r.choice(list(RESTRICTED))
        c.use = {**(c.use or {}), "action": a if self.r.random() < .6 else "+".join(sorted([a, c.p["grant"]["actions"][0]]))}
        return "restriction " + a

    def f_holder(self, w, c):
        if c.kind != "token":
            return None
        r, p = self.r, c.p
        if p["binding"] == "named":
            m = r.choice(["no use", "no user", "no audience", "other user", "other audience", "days", "nonce", "x5t", "proof"])
            if not c.use or not {"user", "audience"} <= set(c.use):
                return None
            if m == "no use":
                c.use = None
            elif m == "days":
                p["exp"] = p["nbf"] + 90 * DAY              # one second more than 90 days, ends inclusive
                line = w["authorisations"].get(p["parent"]["authorisation"])
                if line and p["exp"] > line["payload"]["exp"] or not line and p["asset"]["certificate"] in w["certificates"]:
                    return None
            elif m == "proof":
                c.credential["proof"] = self._proof(c, "n-1", AUDIENCES[0])
            elif m in ("nonce", "x5t"):
                c.proof = {"nonce": None, "x5t": None, m: "n-1" if m == "nonce" else fake_hash("client")}
            elif m[:3] == "no ":
                c.use.pop(m[3:])
            else:
                c.use[m[6:]] = self.orgs["holder"][0]["usci"] if m == "other user" else "https://elsewhere.example"
            return "holder named " + m
        self._ask(c)
        if p["binding"] == "mtls":
            m = r.choice(["nonce only", "nonce too ok", "audience", "proof", "x5t", "x5t"])
            if m[:5] == "nonce":
                c.proof = {"nonce": "n-1", "x5t": c.proof["x5t"] if "too" in m else None}
                return "open:holder mtls " + m
            if m == "audience":
                c.use = {**(c.use or {}), "audience": AUDIENCES[0]}
                return "open:holder mtls audience"
            if m == "proof":
                c.credential["proof"] = self._proof(c, "n-1", AUDIENCES[0])
                return "open:holder mtls proof"
            c.proof["x5t"] = fake_hash("other client", p["jti"])
            return "holder mtls x5t"
        kb = c.credential["proof"]
        m = r.choice(["signed", "nonce", "aud", "iat", "sd_hash", "open:none", "open:x5t only", "open:x5t too ok", "open:no audience", "not asked ok",
                      "open:unasked ok", "open:unasked signed", "open:unasked sd_hash", "iat 60 ok", "iat 61", "iat -300 ok", "iat -301"])
        if m == "signed":
            kb["signed"] = False
        elif m == "nonce":
            kb["nonce"] = "n-other"
        elif m == "aud":
            kb["aud"] = "https://elsewhere.example"
        elif m == "iat":
            kb["iat"] = c.now + HOUR
        elif m[:4] == "iat ":
            kb["iat"] = c.now + int(m.split()[1])
        elif m == "sd_hash":
            kb["sd_hash"] = "other"
        elif m == "open:x5t too ok":
            c.proof["x5t"] = fake_hash("client")
        elif m[:12] == "open:unasked":
            c.proof = None
            c.use.pop("audience")
            c.use = c.use or None
            kb.update({"signed": {"signed": False}, "sd_hash": {"sd_hash": "other"}}.get(m.split()[1], {}))
        elif m == "open:none":
            c.credential["proof"] = None
        elif m == "open:x5t only":
            c.proof = {"nonce": None, "x5t": fake_hash("client")}
        elif m == "open:no audience":
            c.use.pop("audience")
            c.use = c.use or None
        else:
            c.proof, c.credential["proof"] = None, None
            c.use.pop("audience")
            c.use = c.use or None
        return ("open:" if m[:5] == "open:" else "") + "holder key " + m.replace("open:", "")

    def f_quota(self, w, c):
        if c.x or not c.p["grant"]["quota"]:
            return None
        n, d = c.p["grant"]["quota"]["limit"], self.r.choice([0, 1, 1, 10**6])
        c.use = {**(c.use or {}), "quantity": str(n + d)}
        return "quota %s" % (d or "limit ok")

    def f_opens(self, w, c):
        """Cases on open questions only."""
        r = self.r
        if c.x:
            k = r.choice(["product", "purpose", "user", "other user", "proof", "proof", "territory", "environment", "quantity", "audience", "action", "mass"])
            u = dict(c.use or {})
            if k == "proof":
                c.proof = r.choice([{"nonce": "n-1", "x5t": None}, {"nonce": None, "x5t": fake_hash("client")}])
            elif k == "mass":
                c.x["dataAsset"].update(holderKind="mass", restrictions=[])
                u["action"] = "PLEDGE"
            else:
                u[k[-4:] if k == "other user" else k] = {"product": "PROD-1", "purpose": "PUBGOV", "user": c.x["subject"]["organizationIdentifier"][6:], "other user": self.orgs["user"][0]["usci"],
                        "environment": "tee-a", "quantity": "1", "audience": AUDIENCES[0], "territory": "330000",
                        "action": "QUERY"}[k]
            c.use = u or None
            return "open:certificate " + k
        if c.kind == "authorisation":
            k = r.choice(["product", "product and more", "audience", "user", "operator", "proof", "depth"])
            if k == "product and more":
                c.use = {"product": "PROD-1", "territory": r.choice(["330000", "420100"]), "environment": "zone-x", "purpose": r.choice(PURPOSES)}
            elif k == "proof":
                c.proof = {"nonce": None, "x5t": fake_hash("client")}
            elif k == "depth":
                c.p["grant"]["depth"] = 3
            else:
                c.use = {**(c.use or {}), **{"product": {"product": "PROD-1"}, "audience": {"audience": AUDIENCES[0]},
                                             "user": {"user": self.orgs["user"][0]["usci"]}, "operator": {"user": c.p["operator"]["usci"]}}[k]}
            return "open:authorisation " + k
        k = r.choice(["audience", "moved entry", "older in hand", "planned city"])
        if k == "audience":
            if c.p["binding"] == "named" or c.proof:
                return None
            c.use = {**(c.use or {}), "audience": AUDIENCES[0]}
        elif k == "moved entry":
            (c.p["asset"] if r.random() < .5 else c.p["parent"])["status"]["idx"] = 800001
        elif k == "older in hand":
            c.p["parent"].update(version=9, sha256=fake_hash("nine"))
        else:
            c.use = {**(c.use or {}), "territory": "440300"}
        return "open:token " + k
