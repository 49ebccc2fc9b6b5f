"""Independent model of the verdict (formats.md 8), written from standards.md, domain.md, design6.md and formats.md.

verdict(world, credential, use, now, proof) -> (verdict, {check: outcome}).  Pure; all data decoded, authenticity is given as facts.
Beside the keys of the brief the model understands:
  world["cas"] = {"root": {"from","to"}, "issuing": {"from","to"}}
  world["authorisations"][n] may carry "previous": [older versions, same form]; "signed" (default True)
  x509 = {"serial","notBefore","notAfter","eku","crldp","subject": {"O","organizationIdentifier","serialNumber","CN","C"},
          "dataAsset": {fields of formats.md 3; holderKind, keyOrigin as names; rights, modes, restrictions as lists of names}}
  credential["proof"] = {"iat","aud","nonce","sd_hash": "ok" when it is the hash of what was presented,"signed"} or None
  use values: texts, several joined by "+" (or a list); at RFC 3339 or seconds; quantity int or digits.
"Q<n>" in a comment points to OPEN.md.
"""
import calendar
import time as _time

CHECKS = ("form", "algorithm", "chain", "signer", "signer status", "signature", "time", "status", "asset status",
          "authorisation status", "narrowing", "scope", "restrictions", "holder", "quota")
PASS, FAIL, UNKNOWN, NOTREQ, NA = "pass", "fail", "unknown", "not requested", "not applicable"
TOLERANCE = 60              # brief: beginning of a list or CRL, and nothing else
ENTRIES = 1 << 20           # formats.md 5.3
RESTRICTED = {"PLEDGE": "noCollateral", "RESELL": "noResale", "EXPORT": "noExport", "SUBLICENSE": "noSubLicence",
              "RAW": "noRawDelivery"}
MODES = {"SCENE": 0, "DOMAIN": 1, "WHOLE": 2}
FREE_PURPOSES = {"PUBGOV", "WELFARE"}
PLANNED = {"2102", "4403"}  # 210200, 440300 "as given" (formats.md 5.1)
NAMED_MAX = 90 * 86400      # standards.md, Binding


def worst(outcomes):
    """Any fail: fail; else any unknown: unknown; else pass if anything passed (formats.md 8)."""
    outcomes = list(outcomes)
    for o in (FAIL, UNKNOWN, PASS):
        if o in outcomes:
            return o
    return NA


def ok(condition):
    return PASS if condition else FAIL


def within(span, now):
    """Both ends inclusive (formats.md 8 `time`, standards.md X.509)."""
    return span["from"] <= now <= span["to"]


def seconds(value):
    if isinstance(value, int):
        return value
    return calendar.timegm(_time.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


def values(use, key):
    """Entries of a use key; several are joined by + (formats.md 8)."""
    v = use[key]
    return [str(x) for x in v] if isinstance(v, (list, tuple)) else str(v).split("+")


def entry_of(table, key):
    return table.get(key, table.get(str(key)))


# ---------------------------------------------------------------- territory and grants (formats.md 5.1)

def contains(parent, child):
    """100000 all; XX0000 its province; XXYY00 its prefecture; 210200 and 440300 as given."""
    if parent == child or parent == "100000":
        return True
    if child == "100000":
        return False
    # Q6: "as given": such a city is contained by itself and by 100000 only, and contains itself only.
    if parent[:4] in PLANNED or child[:4] in PLANNED:
        return False
    if parent.endswith("0000"):
        return child[:2] == parent[:2]
    return parent.endswith("00") and child[:4] == parent[:4]


def territory_in(child, parent):
    return all(any(contains(p, c) for p in parent) for c in child)


def grant_faults(child, parent):
    """Members of GRANT in which the child goes beyond the parent (formats.md 5.1 Narrowing)."""
    bad = []
    if MODES[child["mode"]] > MODES[parent["mode"]]:
        bad.append("mode")
    for name, free in (("domains", ("WHOLE",)), ("scenarios", ("WHOLE", "DOMAIN"))):
        c, p = set(child[name]), set(parent[name])
        if p:                                           # "whatever the modes"
            if not c or not c <= p:
                bad.append(name)
        elif c and parent["mode"] not in free:          # empty ones are left to the child by these parents only
            bad.append(name)
    for name in ("rights", "purposes", "actions"):
        if not set(child[name]) <= set(parent[name]):
            bad.append(name)
    if not child["territory"] or not territory_in(child["territory"], parent["territory"]):
        bad.append("territory")
    if parent["environment"] and (not child["environment"] or not set(child["environment"]) <= set(parent["environment"])):
        bad.append("environment")
    q, pq = child["quota"], parent["quota"]
    if pq is not None and (q is None or q["unit"] != pq["unit"] or q["limit"] > pq["limit"]):
        bad.append("quota")
    if child["depth"] > parent["depth"]:
        bad.append("depth")
    return bad


def certificate_faults(payload, asset, cert):
    """payload (token or authorisation) against the certificate in hand: assets, rights, mode, territory, time (R13)."""
    x, grant, bad = cert["x509"], payload["grant"], []
    da = x["dataAsset"]
    if asset["certificate_sha256"] != cert["sha256"]:
        bad.append("certificate hash")
    if asset["id"] != da["assetNumber"] or asset["certificate"] != da["certificateNumber"]:
        bad.append("asset")
    if not {r.lower() for r in grant["rights"]} <= {r.lower() for r in da["rights"]}:
        bad.append("rights")
    if grant["mode"].lower() not in {m.lower() for m in da["modes"]}:       # Q7: the mode's own bit
        bad.append("mode")
    if not territory_in(grant["territory"], [da["region"]]):                # Q8
        bad.append("region")
    if payload["nbf"] < x["notBefore"] or payload["exp"] > x["notAfter"]:   # Q9
        bad.append("time")
    if grant["depth"] > 0 and "noSubLicence" in da["restrictions"]:         # Q10
        bad.append("depth")
    if "operator" in payload and "NTRCN-" + payload["holder"]["usci"] != x["subject"]["organizationIdentifier"]:  # Q11
        bad.append("holder")
    return bad


def token_faults(token, auth):
    """Token within one version of its authorisation (formats.md 5.1, R11, paid and free)."""
    bad = grant_faults(token["grant"], auth["grant"])
    if token["iss"] != auth["iss"]:
        bad.append("iss")
    if token["nbf"] < auth["nbf"] or token["exp"] > auth["exp"]:
        bad.append("time")
    mine = token["asset"]
    if not any(a["id"] == mine["id"] and a["certificate"] == mine["certificate"]
               and a["certificate_sha256"] == mine["certificate_sha256"] and a["status"] == mine["status"]  # Q12
               for a in auth["assets"]):
        bad.append("asset")
    if token["parent"]["status"] != auth["authorisation_status"]:           # Q12; 5.2: the line's entry = parent.status
        bad.append("parent status")
    if (auth["terms"]["kind"] == "paid" and token["terms"]["kind"] == "free"
            and not set(token["grant"]["purposes"]) <= FREE_PURPOSES):
        bad.append("terms")
    if "REDEVELOP" in token["grant"]["actions"] and token["holder"]["usci"] == auth["operator"]["usci"]:
        bad.append("R11")
    return bad


# ---------------------------------------------------------------- chain, CRL, lists

def chain_ok(world, now):
    return all(within(world["cas"][ca], now) for ca in ("root", "issuing"))


def crl_status(world, uri, serial, now):
    """One certificate against the CRLs of its distribution point."""
    versions = world["crls"].get(uri) or []
    seen = [v for v in versions if v["from"] - TOLERANCE <= now]
    newest = max(seen, key=lambda v: (v["number"], v["from"]), default=None)
    for v in versions:
        e = entry_of(v["revoked"], serial)
        if e is None:
            continue
        if v in seen:
            # No way back, outdated or not; only a hold (6) is lifted, by leaving the newest CRL (standards.md). Q3
            if e["reason"] != 6 or v is newest:
                return FAIL
        # Found later: key compromise at any time; another reason when its date is not later than now. Q4
        elif e["reason"] == 1 or e["at"] <= now:
            return FAIL
    return PASS if newest is not None and now <= newest["to"] else UNKNOWN


def signer_good(world, name, eku, iss, now):
    s = world["signers"].get(name)
    return (s is not None and chain_ok(world, now) and within(s, now) and s["eku"] == eku and s["iss"] == iss
            and crl_status(world, s["crldp"], s["serial"], now) == PASS)


def list_status(world, iss, idx, uri, now):
    """One entry of a status list: 0 is good, 1 to 3 deny (standards.md), unknown is never good."""
    if not 0 <= idx < ENTRIES:
        return FAIL                                     # out of range: refuse, whatever the list
    seen = [v for v in world["lists"].get(uri) or [] if v["from"] - TOLERANCE <= now]
    if not seen:
        return UNKNOWN                                  # missing, or future
    start = max(v["from"] for v in seen)                # the newest that has begun counts (Q1); equal ones: the worst
    return worst(one_list(world, v, iss, idx, now) for v in seen if v["from"] == start)


def one_list(world, v, iss, idx, now):
    if now > v["to"] or v["iss"] != iss or not signer_good(world, v["signer"], "status", iss, now):
        return UNKNOWN                                  # stale, foreign, not by a good status signer (Q2)
    return ok(not entry_of(v["values"], idx))


# ---------------------------------------------------------------- the checks

def narrowing(world, credential, now):
    """formats.md 8: on the data in hand; nothing in hand: not applicable."""
    kind, p = credential["kind"], credential.get("payload")
    if kind == "certificate":
        return NA
    if kind == "authorisation":
        return worst(ok(not certificate_faults(p, a, world["certificates"][a["certificate"]]))
                     for a in p["assets"] if a["certificate"] in world["certificates"])
    out = []
    if p["grant"]["depth"] != 0:                        # "for a token, 0", in hand or not
        out.append(FAIL)
    auth = None
    line = world["authorisations"].get(p["parent"]["authorisation"])
    if line:
        held = [line] + line.get("previous", [])
        named = [v for v in held if v["payload"]["version"] == p["parent"]["version"]]
        if any(v["sha256"] != p["parent"]["sha256"] for v in named):
            out.append(FAIL)                            # not the version that the token names
        for v in held:                                  # the next version names the hash of the one before
            if v["payload"]["version"] == p["parent"]["version"] + 1 and v["payload"]["previous"] != p["parent"]["sha256"]:
                out.append(FAIL)
        newest = max(held, key=lambda v: v["payload"]["version"])
        if newest["payload"]["version"] >= p["parent"]["version"]:   # 5.2: judged by the later one; only older in hand: Q13
            if newest.get("signed", True) and signer_good(world, newest["signer"], "token", newest["payload"]["iss"], now):
                auth = newest["payload"]
                out.append(ok(not token_faults(p, auth)))
            else:
                out.append(UNKNOWN)                     # Q14
    cert = world["certificates"].get(p["asset"]["certificate"])
    if cert:
        out.append(ok(not certificate_faults(p, p["asset"], cert)))
        if auth:
            out.extend(ok(not certificate_faults(auth, a, cert)) for a in auth["assets"]
                       if a["certificate"] == p["asset"]["certificate"])
    return worst(out)


def scope(credential, use):
    """formats.md 8 and design6.md: each given key within the credential. Keys not given are not judged (Q15)."""
    if use is None:
        return NA
    kind, out = credential["kind"], []
    if kind == "certificate":
        x = credential["x509"]
        da = x["dataAsset"]
        if "asset" in use:
            out.append(ok(set(values(use, "asset")) <= {da["assetNumber"], da["certificateNumber"]}))
        if "at" in use:
            out.append(ok(x["notBefore"] <= seconds(use["at"]) <= x["notAfter"]))
        if "territory" in use:
            out.append(ok(territory_in(values(use, "territory"), [da["region"]])))      # Q8
        if "action" in use and not set(values(use, "action")) <= set(RESTRICTED):
            out.append(UNKNOWN)                         # Q16: what a certificate doesn't say is unknown
        out.extend(UNKNOWN for k in ("product", "purpose", "environment", "quantity", "user", "audience") if k in use)
        return worst(out)
    p = credential["payload"]
    g = p["grant"]
    if "asset" in use:
        assets = [p["asset"]] if kind == "token" else p["assets"]
        out.append(ok(set(values(use, "asset")) <= {n for a in assets for n in (a["id"], a["certificate"])}))
    if "product" in use:
        out.append(ok(set(values(use, "product")) == {p["product"]["id"]}) if kind == "token" else UNKNOWN)   # Q16
    for key, member in (("action", "actions"), ("purpose", "purposes")):
        if key in use:
            out.append(ok(set(values(use, key)) <= set(g[member])))       # restricted actions are in no grant: Q17
    if "territory" in use:
        out.append(ok(territory_in(values(use, "territory"), g["territory"])))
    if "environment" in use:
        out.append(ok(not g["environment"] or set(values(use, "environment")) <= set(g["environment"])))
    if "at" in use:
        out.append(ok(p["nbf"] <= seconds(use["at"]) <= p["exp"]))
    if "user" in use:                                   # the licensed user; of an authorisation the operator (Q18)
        out.append(ok(use["user"] == (p["holder"] if kind == "token" else p["operator"])["usci"]))
    if "audience" in use:                               # only a named token has one; others are not limited (Q19)
        if kind == "authorisation":
            out.append(UNKNOWN)
        elif p["binding"] == "named":
            out.append(ok(use["audience"] == p["audience"]))
    if "quantity" in use:                               # judged by `quota`
        out.append(PASS)
    return worst(out)


def restrictions(world, credential, use):
    """PLEDGE, RESELL, EXPORT, SUBLICENSE, RAW against the certificate's bits, and always against a token."""
    if use is None or "action" not in use:
        return NA
    asked = [a for a in values(use, "action") if a in RESTRICTED]
    if not asked:
        return PASS
    kind = credential["kind"]
    if kind == "token":
        return FAIL

    def bits(da, action):                               # R04 and decision 2: by holder kind too (Q20)
        return ok(RESTRICTED[action] not in da["restrictions"]
                  and not (action == "PLEDGE" and da["holderKind"].lower() in ("admin", "inst", "mass")))
    if kind == "certificate":
        return worst(bits(credential["x509"]["dataAsset"], a) for a in asked)
    p, out = credential["payload"], []
    for action in asked:                                # Q17
        if action == "SUBLICENSE" and p["grant"]["depth"] == 0:
            out.append(FAIL)                            # 0: no sub-authorisation
        for asset in p["assets"]:
            cert = world["certificates"].get(asset["certificate"])
            out.append(bits(cert["x509"]["dataAsset"], action) if cert else UNKNOWN)
    return worst(out)


def holder(credential, use, now, proof):
    """standards.md Binding, domain.md decision 7, design6.md."""
    use, proof = use or {}, proof or {}
    nonce, x5t = proof.get("nonce"), proof.get("x5t")
    asked = nonce is not None or x5t is not None
    if credential["kind"] == "certificate":             # a keyless certificate never counts as holder binding (Q21)
        if not asked:
            return NOTREQ
        return FAIL if credential["x509"]["dataAsset"]["keyOrigin"] == "none" else UNKNOWN
    p = credential["payload"]
    if credential["kind"] == "authorisation":           # has no binding (Q21)
        return UNKNOWN if asked else NOTREQ
    if p["binding"] == "named":                         # always asks
        out = [ok(p["exp"] - p["nbf"] + 1 <= NAMED_MAX)]                    # Q22
        out.append(ok(use["user"] == p["holder"]["usci"]) if "user" in use else UNKNOWN)
        out.append(ok(use["audience"] == p["audience"]) if "audience" in use else UNKNOWN)
        return worst(out)
    if not asked:
        return NOTREQ
    if p["binding"] == "mtls":
        return UNKNOWN if x5t is None else ok(x5t == p["cnf"]["x5t#S256"])  # Q23
    if nonce is None:
        return UNKNOWN                                  # Q23
    kb = credential.get("proof")
    if kb is None:
        return FAIL                                     # asked for and not given (Q24)
    if not (kb["signed"] and kb["nonce"] == nonce and kb["sd_hash"] == "ok" and p["iat"] <= kb["iat"] <= now):  # Q25
        return FAIL
    return ok(kb["aud"] == use["audience"]) if "audience" in use else UNKNOWN   # Q26


def quota(credential, use):
    if credential["kind"] == "certificate" or not use or "quantity" not in use:
        return NA
    q = credential["payload"]["grant"]["quota"]
    return PASS if q is None else ok(int(use["quantity"]) <= q["limit"])    # Q27


def verdict(world, credential, use, now, proof):
    kind, c = credential["kind"], dict.fromkeys(CHECKS, NA)
    c["form"] = c["algorithm"] = PASS                   # form faults are not this model's task
    c["signature"] = ok(credential["signed"])
    if kind == "certificate":
        x = credential["x509"]
        da = x["dataAsset"]
        c["chain"] = ok(chain_ok(world, now))
        c["signer"] = ok(x["eku"] == "data-asset")      # the one EKU; a CA signed it, so no SAN and no signer status (Q28)
        c["time"] = ok(x["notBefore"] <= now <= x["notAfter"])
        c["status"] = worst([crl_status(world, x["crldp"], x["serial"], now),           # CRL and list entry
                             list_status(world, da["statusUri"].rsplit("/status/", 1)[0], da["statusIndex"], da["statusUri"], now)])
    else:
        p = credential["payload"]
        s = world["signers"].get(credential["signer"])
        if kind == "token" and p["product"]["id"] in (p["asset"]["id"], p["asset"]["certificate"]):
            c["form"] = FAIL                            # R18, formats.md 5.1
        c["chain"] = ok(s is not None and chain_ok(world, now) and within(s, now))
        c["signer"] = ok(s is not None and s["eku"] == "token" and s["iss"] == p["iss"])
        c["signer status"] = crl_status(world, s["crldp"], s["serial"], now) if s else UNKNOWN
        c["time"] = ok(p["nbf"] <= now <= p["exp"])

        def at(e):
            return list_status(world, p["iss"], e["idx"], e["uri"], now)
        c["status"] = at(p["status"]["status_list"])
        if kind == "token":
            c["asset status"], c["authorisation status"] = at(p["asset"]["status"]), at(p["parent"]["status"])
        else:                                           # Q29: every asset of the authorisation
            c["asset status"] = worst(at(a["status"]) for a in p["assets"])
            c["authorisation status"] = at(p["authorisation_status"])
    c["narrowing"] = narrowing(world, credential, now)
    c["scope"] = scope(credential, use)
    c["restrictions"] = restrictions(world, credential, use)
    c["holder"] = holder(credential, use, now, proof)
    c["quota"] = quota(credential, use)
    outcomes = set(c.values())
    return ("deny" if FAIL in outcomes else "indeterminate" if UNKNOWN in outcomes else "permit"), c
