"""The verdict of docs/formats.md 8, written from standards.md, domain.md, design.md 6 and docs/formats.md alone, by
somebody who had seen nothing else of this project.

verdict(world, credential, use, now, proof, logged) -> (verdict, {check: outcome}).  logged: a proof of logging is asked for;
these worlds have none (tests/conformance/logged.py has the proofs).  Pure; all data decoded, authenticity is given as facts.
  world["cas"] = {"root": {"from","to"}, "issuing": {"from","to","serial","crldp"}}
  world["crls"] = {address: [{"number","from","to","revoked": {serial: {"reason","at"}}}…]}, by beginning
  world["lists"] = {address: [{"iss","from","to","signer","values": {index: value}}…]}
  world["signers"] = {name: {"eku","iss","from","to","serial","crldp"}}
  world["authorisations"] = {number: {"payload","sha256","signer"}}, world["certificates"] = {number: {"sha256","x509"}}: what is in hand
  x509 = {"serial","notBefore","notAfter","eku","crldp","subject": {"O","organizationIdentifier","serialNumber","CN","C"},
          "dataAsset": {fields of formats.md 3; holderKind, keyOrigin as names; rights, modes, restrictions as lists of names}}
  credential = {"kind","payload","signer"} or {"kind": "certificate","x509"}, "signed", and
  credential["proof"] = {"iat","aud","nonce","sd_hash": "ok" when it is the hash of what was presented,"signed"} or None
  use values: texts, several joined by "+" (or a list); at RFC 3339 or seconds; quantity int or digits.
  proof = {"nonce","x5t"} as the caller asks, or None

What the texts left open was decided by the stricter reading.  Where the comparison with the product (verdict_test.py)
has changed a reading, a text that the model's writer did not have says so; it stands at the place after "by".
"""
import calendar
import time as _time

CHECKS = ("form", "algorithm", "chain", "signer", "signer status", "signature", "time", "status", "asset status",
          "authorisation status", "narrowing", "scope", "restrictions", "holder", "quota", "logged")
PASS, FAIL, UNKNOWN, NOTREQ, NA = "pass", "fail", "unknown", "not requested", "not applicable"
TOLERANCE = 60              # seconds that the beginning of a list, CRL or proof may lie ahead, and nothing else
PROOF_AGE = 300             # by formats.md 8: "an acceptable window" (RFC 9901 7.3) is left to the verifier
ENTRIES = 1 << 20           # formats.md 5.3
RESTRICTED = {"PLEDGE": "noCollateral", "RESELL": "noResale", "EXPORT": "noExport", "SUBLICENSE": "noSubLicence",
              "RAW": "noRawDelivery"}
MODES = {"SCENE": 0, "DOMAIN": 1, "WHOLE": 2}
FREE_PURPOSES = {"PUBGOV", "WELFARE"}
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
    """100000 all; XX0000 its province; XXYY00 its prefecture.  210200 and 440300 lie in their provinces too, by
    formats.md 5.1 (scope.py read domain.md so, this model had kept them apart)."""
    if parent == child or parent == "100000":
        return True
    if child == "100000":
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
    """payload (token or authorisation) against the certificate in hand: assets, rights, mode, time (R13), sub-licence, holder.
    Its region bounds no place (by decision 153)."""
    x, grant, bad = cert["x509"], payload["grant"], []
    da = x["dataAsset"]
    if asset["certificate_sha256"] != cert["sha256"]:
        bad.append("certificate hash")
    if asset["id"] != da["assetNumber"] or asset["certificate"] != da["certificateNumber"]:
        bad.append("asset")
    if not {r.lower() for r in grant["rights"]} <= {r.lower() for r in da["rights"]}:
        bad.append("rights")
    # by decision 152: a mode contains the narrower ones, and a certificate without modes bounds none
    if da["modes"] and MODES[grant["mode"]] > max(MODES[m.upper()] for m in da["modes"]):
        bad.append("mode")
    # by formats.md 8: a further version keeps the line's nbf, a successor's certificate may begin later
    if payload["iat" if payload.get("version", 1) > 1 else "nbf"] < x["notBefore"] or payload["exp"] > x["notAfter"]:
        bad.append("time")
    if grant["depth"] > 0 and "noSubLicence" in da["restrictions"]:
        bad.append("depth")
    if "operator" in payload and "NTRCN-" + payload["holder"]["usci"] != x["subject"]["organizationIdentifier"]:
        bad.append("holder")
    return bad


def token_faults(token, line):
    """Token within the authorisation in hand, of the version that it names or a later one (formats.md 5.1 and 5.2, R11)."""
    auth, mine, parent = line["payload"], token["asset"], token["parent"]
    bad = grant_faults(token["grant"], auth["grant"])
    same = parent["version"] == auth["version"]
    if parent["sha256"] != (line["sha256"] if same else auth["previous"] if parent["version"] + 1 == auth["version"] else parent["sha256"]):
        bad.append("parent hash")                       # the version that it names is not this line's
    if token["iss"] != auth["iss"]:
        bad.append("iss")
    if token["nbf"] < auth["nbf"] or token["exp"] > auth["exp"]:
        bad.append("time")
    # a later version may name a successor's certificate (formats.md 5.2); the asset's entry is kept (standards.md)
    keys = ("id", "status", "certificate", "certificate_sha256") if same else ("id", "status")
    if not any(all(a[k] == mine[k] for k in keys) for a in auth["assets"]):
        bad.append("asset")
    if parent["status"] != auth["authorisation_status"]:                    # 5.2: the line's entry = parent.status
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
            # No way back, outdated or not; only a hold (6) is lifted, by leaving the newest CRL (standards.md).
            if e["reason"] != 6 or v is newest:
                return FAIL
        # Found later: a lost key (reasons 1 and 2) at any time; another reason when its date is not later than now (decision 191).
        elif e["reason"] in (1, 2) or e["at"] <= now:
            return FAIL
    return PASS if newest is not None and now <= newest["to"] else UNKNOWN


def issuing_status(world, now):
    ca = world["cas"]["issuing"]
    return crl_status(world, ca["crldp"], ca["serial"], now)


def signer_status(world, s, now):
    """Every ancestor's status counts (standards.md): the signer's certificate and the issuing CA's."""
    return worst([crl_status(world, s["crldp"], s["serial"], now), issuing_status(world, now)])


def authentic(world, name, eku, iss):
    s = world["signers"].get(name)
    return s is not None and s["eku"] == eku and s["iss"] == iss


def signer_good(world, name, now):
    s = world["signers"][name]
    return chain_ok(world, now) and within(s, now) and signer_status(world, s, now) == PASS


def list_status(world, iss, idx, uri, now):
    """One entry of a status list: 0 is good, 1 to 3 deny (standards.md), unknown is never good."""
    if not 0 <= idx < ENTRIES:
        return FAIL                                     # out of range: refuse, whatever the list
    seen = [v for v in world["lists"].get(uri) or [] if v["from"] - TOLERANCE <= now]
    if not seen:
        return UNKNOWN                                  # missing, or future
    start = max(v["from"] for v in seen)                # the newest that has begun counts; of equal ones the worst
    return worst(one_list(world, v, iss, idx, now) for v in seen if v["from"] == start)


def one_list(world, v, iss, idx, now):
    if now > v["to"] or v["iss"] != iss or not authentic(world, v["signer"], "status", iss) or not signer_good(world, v["signer"], now):
        return UNKNOWN                                  # stale, foreign, not by a good status signer
    return ok(not entry_of(v["values"], idx))


# ---------------------------------------------------------------- the checks

def form(credential):
    """What is told by the payload alone and section 5 rules out: by formats.md 8 `form` says so, and the rest is not reached."""
    p = credential.get("payload")
    if p is None:
        return PASS
    entries = [p["status"]["status_list"]]
    if credential["kind"] == "authorisation":
        entries += [a["status"] for a in p["assets"]] + [p["authorisation_status"]]
        return ok(all(0 <= e["idx"] < ENTRIES for e in entries))
    entries += [p["asset"]["status"], p["parent"]["status"]]
    return ok(all(0 <= e["idx"] < ENTRIES for e in entries)
              and p["product"]["id"] not in (p["asset"]["id"], p["asset"]["certificate"])           # R18
              and p["grant"]["depth"] == 0                                                          # R12
              and (p["binding"] != "named" or p["exp"] - p["nbf"] + 1 <= NAMED_MAX))


def narrowing(world, credential, now):
    """On the data in hand.  A pass says that the whole way up is on signed bytes; a link that is missing leaves it to
    what the issuer asserts, unless one that is there fails (by formats.md 8)."""
    kind, p = credential["kind"], credential.get("payload")
    certs = world["certificates"]
    if kind == "certificate":
        return NA
    if kind == "authorisation":
        held = [ok(not certificate_faults(p, a, certs[a["certificate"]])) for a in p["assets"] if a["certificate"] in certs]
        return FAIL if FAIL in held else PASS if len(held) == len(p["assets"]) else NA
    cert = certs.get(p["asset"]["certificate"])
    if cert and certificate_faults(p, p["asset"], cert):
        return FAIL
    line = world["authorisations"].get(p["parent"]["authorisation"])
    # by decision 190: one that is not by a token signer of its iss is not authentic, and as good as not there
    if not line or not authentic(world, line["signer"], "token", line["payload"]["iss"]):
        return NA
    auth = line["payload"]
    if auth["version"] < p["parent"]["version"]:        # only older in hand: a further version may be wider
        return NA
    if token_faults(p, line):
        return FAIL
    if cert and any(certificate_faults(auth, a, cert) for a in auth["assets"] if a["certificate"] == p["asset"]["certificate"]):
        return FAIL
    return PASS if signer_good(world, line["signer"], now) else UNKNOWN


def scope(credential, use):
    """design.md 6: each given key within the credential; what is not given is not judged.  user and audience are `holder`'s,
    quantity is `quota`'s, restricted actions are `restrictions`'s (by formats.md 8)."""
    if use is None:
        return NA
    kind, out = credential["kind"], []
    acts = [a for a in values(use, "action") if a not in RESTRICTED] if "action" in use else []
    if kind == "certificate":
        x = credential["x509"]
        da = x["dataAsset"]
        if "asset" in use:
            out.append(ok(set(values(use, "asset")) <= {da["assetNumber"], da["certificateNumber"]}))
        if "at" in use:
            out.append(ok(x["notBefore"] <= seconds(use["at"]) <= x["notAfter"]))
        # by formats.md 8: a certificate licenses no use (167 3(2)), so that what belongs to a license fails
        if acts or any(k in use for k in ("product", "purpose", "territory", "environment", "quantity", "audience")):
            out.append(FAIL)
        return worst(out + [PASS])
    p = credential["payload"]
    g = p["grant"]
    if "asset" in use:
        assets = [p["asset"]] if kind == "token" else p["assets"]
        out.append(ok(set(values(use, "asset")) <= {n for a in assets for n in (a["id"], a["certificate"])}))
    if "product" in use:
        out.append(ok(set(values(use, "product")) == {p["product"]["id"]}) if kind == "token" else UNKNOWN)
    if "action" in use:
        out.append(ok(set(acts) <= set(g["actions"])))
    if "purpose" in use:
        out.append(ok(set(values(use, "purpose")) <= set(g["purposes"])))
    if "territory" in use:
        out.append(ok(territory_in(values(use, "territory"), g["territory"])))
    if "environment" in use:
        out.append(ok(not g["environment"] or set(values(use, "environment")) <= set(g["environment"])))
    if "at" in use:
        out.append(ok(p["nbf"] <= seconds(use["at"]) <= p["exp"]))
    return worst(out) if out else NOTREQ


def restrictions(world, credential, use):
    """PLEDGE, RESELL, EXPORT, SUBLICENSE, RAW against the certificate's bits, and always against a token."""
    asked = [a for a in values(use, "action") if a in RESTRICTED] if use and "action" in use else []
    if not asked:
        return NOTREQ
    kind = credential["kind"]
    if kind == "token":
        return FAIL

    def bits(da, action):                               # R04 and decision 2: by holder kind too
        return ok(RESTRICTED[action] not in da["restrictions"]
                  and not (action == "PLEDGE" and da["holderKind"].lower() in ("admin", "inst", "mass")))
    if kind == "certificate":
        return worst(bits(credential["x509"]["dataAsset"], a) for a in asked)
    p, out = credential["payload"], []
    for action in asked:
        if action == "SUBLICENSE" and p["grant"]["depth"] == 0:
            out.append(FAIL)                            # 0: no sub-authorisation
        for asset in p["assets"]:
            cert = world["certificates"].get(asset["certificate"])
            if cert and cert["sha256"] != asset["certificate_sha256"]:
                cert = None                             # not the one that was signed for: it says nothing
            out.append(bits(cert["x509"]["dataAsset"], action) if cert else UNKNOWN)
    return worst(out)


def holder(credential, use, now, proof):
    """standards.md Binding, domain.md decision 7, design.md 6.  What a binding can't give and is asked for
    leaves it unknown (by decision 33)."""
    use, proof = use or {}, proof or {}
    nonce, x5t = proof.get("nonce"), proof.get("x5t")
    asked, kb = nonce is not None or x5t is not None, credential.get("proof")
    if credential["kind"] == "certificate":             # a keyless certificate never counts as holder binding
        da, org = credential["x509"]["dataAsset"], credential["x509"]["subject"]["organizationIdentifier"]
        out = [ok("NTRCN-" + use["user"] == org)] if "user" in use else []
        if asked:
            out.append(FAIL if da["keyOrigin"] == "none" else UNKNOWN)
        return worst(out) if out else NOTREQ
    p = credential["payload"]
    if "user" in use and use["user"] != p["holder" if credential["kind"] == "token" else "operator"]["usci"]:
        return FAIL
    if credential["kind"] == "authorisation":           # has no binding; its user is the operator
        return UNKNOWN if asked or "audience" in use else PASS if "user" in use else NOTREQ
    if p["binding"] != "key" and kb is not None:        # by formats.md 8: a proof of a key that the token has not
        return FAIL
    if p["binding"] == "named":                         # always asks
        if "audience" in use and use["audience"] != p["audience"]:
            return FAIL
        return UNKNOWN if asked or "user" not in use or "audience" not in use else PASS
    if p["binding"] == "mtls":
        if x5t is not None and x5t != p["cnf"]["x5t#S256"]:
            return FAIL
        return UNKNOWN if "audience" in use or (asked and x5t is None) else PASS if asked else NOTREQ
    # by formats.md 8: a proof that comes unasked is none of another's, or of another token
    if kb is not None and not (kb["signed"] and kb["sd_hash"] == "ok"):
        return FAIL
    if nonce is None:
        return UNKNOWN if asked or "audience" in use else NOTREQ
    if kb is None:
        return FAIL                                     # asked for and not given
    if kb["nonce"] != nonce or not max(p["iat"], now - PROOF_AGE) <= kb["iat"] <= now + TOLERANCE:
        return FAIL
    return ok(kb["aud"] == use["audience"]) if "audience" in use else UNKNOWN


def quota(credential, use):
    q = credential["payload"]["grant"]["quota"] if credential["kind"] != "certificate" else None
    if q is None:
        return NA
    return ok(int(use["quantity"]) <= q["limit"]) if use and "quantity" in use else NOTREQ


def verdict(world, credential, use, now, proof, logged=False):
    kind, c = credential["kind"], dict.fromkeys(CHECKS, NA)
    c["form"], c["algorithm"] = form(credential), PASS
    c["signature"] = ok(credential["signed"])
    if kind == "certificate":
        x = credential["x509"]
        da = x["dataAsset"]
        c["chain"] = ok(x["eku"] and chain_ok(world, now))                  # by formats.md 8: no EKU is no profile of section 2
        c["signer"] = ok(x["eku"] == "data-asset")      # the one EKU; a CA signed it, so no SAN
        c["signer status"] = issuing_status(world, now)
        c["time"] = ok(x["notBefore"] <= now <= x["notAfter"])
        c["status"] = worst([crl_status(world, x["crldp"], x["serial"], now),           # CRL and list entry
                             list_status(world, da["statusUri"].rsplit("/status/", 1)[0], da["statusIndex"], da["statusUri"], now)])
    else:
        p = credential["payload"]
        s = world["signers"].get(credential["signer"])
        c["chain"] = ok(s is not None and s["eku"] and chain_ok(world, now) and within(s, now))
        c["signer"] = ok(authentic(world, credential["signer"], "token", p["iss"]))
        c["signer status"] = signer_status(world, s, now) if s else UNKNOWN
        c["time"] = ok(p["nbf"] <= now <= p["exp"])

        def at(e):
            return list_status(world, p["iss"], e["idx"], e["uri"], now)
        c["status"] = at(p["status"]["status_list"])
        if kind == "token":
            c["asset status"], c["authorisation status"] = at(p["asset"]["status"]), at(p["parent"]["status"])
        else:                                           # every asset of the authorisation
            c["asset status"] = worst(at(a["status"]) for a in p["assets"])
            c["authorisation status"] = at(p["authorisation_status"])
    c["narrowing"] = narrowing(world, credential, now)
    c["scope"] = scope(credential, use)
    c["restrictions"] = restrictions(world, credential, use)
    c["holder"] = holder(credential, use, now, proof)
    c["quota"] = quota(credential, use)
    c["logged"] = UNKNOWN if logged else NOTREQ         # formats.md 19: no proof
    outcomes = set(c.values())
    return ("deny" if FAIL in outcomes else "indeterminate" if UNKNOWN in outcomes else "permit"), c
