"""The scope algebra, written from domain.md and standards.md alone.

It was written before anybody looked at base/claims.c or verifier/: where the two differ, one of
them is wrong or the text leaves the point open (docs/decisions.md 150-154 say which it was).
Each function names the sentence that it rests on.  What a text leaves open is marked OPEN.

A *grant* is what standards.md ("License token and authorisation credential", Always in clear)
lists: mode, domains, scenarios, rights, purposes, actions, territory, environment, quota, depth.
An absent member is no bound of its own, except mode, which every grant has ("whole contains
domain contains scenario, by set inclusion" needs one to compare), and depth, whose absence is 0
(domain.md 4.10: "depth 0; sub-authorisation false" is the default).

Changed by the comparison with the product (tests/model/scope_test.py), and why:
(0) A quota has a unit, calls or rows (4.10); the first text of this file had a bare number.
(1) WHOLE beside named domains or scenarios is refused: the text leaves it open, and a reader who
    looks at the mode alone would grant everything (decision 150).
(2) A parent of a narrower mode that names no domains (scenarios) leaves none to the child: open in
    the text; the product takes the narrower reading (decision 151).
(3) Modes of a certificate contain by "whole contains domain contains scenario", as they do between
    grants; a certificate without modes bounds none (decision 152).
(4) The certificate's region is its holder's division, by which numbers are given (5.1, R40); where
    the data may be used stands in no member of a certificate (decision 153).
(5) 4.10 "FREE_COND only for public governance and welfare" against standards "a paid parent gives
    no freer child": the second stands (it has precedence); a free authorisation for industry is the
    finance department's decision, which 167 part 3 (5) leaves to exploration (decision 154).
"""
import re

FIELDS = ("mode", "domains", "scenarios", "rights", "purposes", "actions", "territory", "environment", "quota",
          "depth")
MODES = {"WHOLE": 2, "DOMAIN": 1, "SCENE": 0}                              # domain.md 3.1 auth_mode
RIGHTS = {"USE", "OPER"}                                                   # 3.1 auth_right
PURPOSES = {"PUBGOV", "WELFARE", "INDUSTRY", "SECTOR"}                     # 3.1 purpose
FREE_PURPOSES = {"PUBGOV", "WELFARE"}                                      # R07, 4.10 "purpose"
ACTIONS = {"QUERY", "VERIFY", "MODEL_CALL", "DOWNLOAD_PRODUCT", "REDEVELOP"}   # 4.10 "action"
# design 6: "Actions include PLEDGE, RESELL, EXPORT, SUBLICENSE, RAW, which the restriction bits deny"
BITS = {"PLEDGE": "noCollateral", "RESELL": "noResale", "EXPORT": "noExport", "SUBLICENSE": "noSubLicence",
        "RAW": "noRawDelivery"}
UNITS = {"CALLS", "ROWS"}                                                  # 4.10 "quota"
CENTRAL = "100000"                                                         # 3.3 "central (national)"


# --- territory (3.3: six digits of GB/T 2260; 100000 is the nation) ---

def division_within(inner, outer):
    """A division lies in itself, in its city (..00), in its province (..0000) and in the nation.
    Dalian 210200 and Shenzhen 440300 have finance departments of their own (R40), but a *territory*
    is a place (4.10 "place"), so they lie in 210000 and 440000.  OPEN: the text says only that two
    digits cannot tell them apart."""
    if outer == CENTRAL or inner == outer:
        return True
    if outer.endswith("0000"):
        return inner[:2] == outer[:2]
    if outer.endswith("00"):
        return inner[:4] == outer[:4]
    return False


def territory_within(child, parent):
    """Each division of the child lies in one of the parent's; no union is formed (OPEN: every
    province together is not the nation, for nobody keeps a list of them in a credential)."""
    return all(any(division_within(c, p) for p in parent) for c in child)


# --- what a grant is ---

def _codes(grant, name, known):
    v = grant.get(name)
    if v is None:
        return
    if not isinstance(v, list) or not all(isinstance(x, str) for x in v):
        raise ValueError(name + " is not a list of codes")
    if not v:
        raise ValueError(name + " is empty")          # OPEN: nothing at all, or no bound?  Neither: refuse
    if known is not None and not set(v) <= known:
        raise ValueError(name + " has an unknown code")


def check(grant):
    """Raises ValueError for what is no grant.  "An unknown field refuses" (standards, Narrowing)."""
    if not isinstance(grant, dict):
        raise ValueError("a grant is an object")
    for name in grant:
        if name not in FIELDS:
            raise ValueError("unknown field " + name)
    if grant.get("mode") not in MODES:
        raise ValueError("mode")
    for name, known in (("domains", None), ("scenarios", None), ("rights", RIGHTS), ("purposes", PURPOSES),
                        ("actions", ACTIONS), ("territory", None), ("environment", None)):
        _codes(grant, name, known)
    if not all(re.fullmatch(r"[1-9][0-9]{5}", t) for t in grant.get("territory") or []):
        raise ValueError("territory is not of six-digit divisions")
    if grant["mode"] == "WHOLE" and (grant.get("domains") or grant.get("scenarios")):
        raise ValueError("a WHOLE grant names domains or scenarios")  # changed (1)
    if grant["mode"] == "DOMAIN" and not grant.get("domains"):
        raise ValueError("a DOMAIN grant names no domain")          # else it is no narrower than WHOLE
    if grant["mode"] == "SCENE" and not grant.get("scenarios"):
        raise ValueError("a SCENE grant names no scenario")
    depth, quota = grant.get("depth", 0), grant.get("quota")
    if type(depth) is not int or depth < 0:
        raise ValueError("depth is not a number")
    if quota is not None and (set(quota) != {"unit", "limit"} or quota["unit"] not in UNITS or type(quota["limit"]) is not int
                              or quota["limit"] < 1):
        raise ValueError("quota is not a number of calls or rows")


def valid(grant):
    try:
        check(grant)
        return True
    except ValueError:
        return False


# --- narrowing (standards: "child within parent in assets, mode, rights, purposes, actions, territory, time, quota, depth") ---

def set_within(child, parent):
    """No bound above: anything fits.  A bound above and none below: the child would be the wider."""
    if parent is None:
        return True
    return child is not None and set(child) <= set(parent)


def beyond(child, parent):
    """The dimensions in which child is not within parent."""
    check(child)
    check(parent)
    out = set()
    if MODES[child["mode"]] > MODES[parent["mode"]]:
        out.add("mode")
    for name in ("domains", "scenarios", "rights", "purposes", "actions", "environment"):
        if not set_within(child.get(name), parent.get(name)):
            out.add(name)
    for name, opens in (("domains", 2), ("scenarios", 1)):              # changed (2)
        if parent.get(name) is None and child.get(name) and MODES[parent["mode"]] < opens:
            out.add(name)
    if parent.get("territory") is not None:
        if child.get("territory") is None or not territory_within(child["territory"], parent["territory"]):
            out.add("territory")
    c, p = child.get("quota"), parent.get("quota")
    if p is not None and (c is None or c["unit"] != p["unit"] or c["limit"] > p["limit"]):
        out.add("quota")
    if child.get("depth", 0) > parent.get("depth", 0):
        out.add("depth")
    return out


# --- a use of a grant (design 6, Use) ---

def use_denied(grant, use, restrictions=()):
    """The first reason for which this grant does not allow this use, or None.  A key that the use
    does not state is not asked (as with holder binding: "not requested unless the caller asks").
    A stated key that the grant does not bound is allowed."""
    action = use.get("action")
    if action in BITS:
        return BITS[action] if BITS[action] in restrictions else "action"  # never in a grant's list either
    if action is not None and action not in ACTIONS:
        return "action"
    for key, name in (("action", "actions"), ("purpose", "purposes"), ("environment", "environment")):
        if key in use and grant.get(name) is not None and use[key] not in grant[name]:
            return name
    if "territory" in use and grant.get("territory") is not None:
        if not territory_within([use["territory"]], grant["territory"]):
            return "territory"
    if "quantity" in use and grant.get("quota") is not None and use["quantity"] > grant["quota"]["limit"]:
        return "quota"
    return None


# --- the chain token, authorisation, certificate (R13, R11, R12, R18, R07) ---

def chain_denied(token, auth, cert, public_data=True, affiliates=()):
    """The first rule by which the token is not lawful under the authorisation and the certificate, or None.

    token: {grant, asset: {number, sha256}, product, user, terms, nbf, exp}
    auth:  {grant, certificates: {number: sha256}, operator, terms, nbf, exp, sub_holders}
    cert:  {number, sha256, rights, modes, nbf, exp}"""
    for upper, lower in ((cert, auth), (auth, token)):
        if lower["nbf"] < upper["nbf"] or lower["exp"] > upper["exp"]:
            return "R13 time"
    asset = token["asset"]
    if auth["certificates"].get(asset["number"]) != asset["sha256"]:
        return "R13 asset"
    if (cert["number"], cert["sha256"]) != (asset["number"], asset["sha256"]):
        return "R13 asset"
    g = auth["grant"]
    if cert["modes"] and MODES[g["mode"]] > max(MODES[m] for m in cert["modes"]):   # changed (3)
        return "R13 mode"
    if not set(g.get("rights") or RIGHTS) <= set(cert["rights"]):
        return "R13 rights"
    # changed (4): no territory here
    wrong = beyond(token["grant"], g)
    if wrong:
        return "R12" if wrong == {"depth"} else "R13 " + min(wrong)
    if (token["grant"].get("depth", 0) or g.get("depth", 0)) and not auth.get("sub_holders"):
        return "R12"                               # "unless the agreement names each sub-holder"
    if "REDEVELOP" in (token["grant"].get("actions") or ()) and token["user"] in {auth["operator"], *affiliates}:
        return "R11"
    if not token.get("product"):
        return "R18"                               # "never the raw asset"
    purposes = set(token["grant"].get("purposes") or PURPOSES)
    if public_data and token["terms"] != "FREE_COND" and purposes & FREE_PURPOSES:
        return "R07"
    if token["terms"] == "FREE_COND" and auth["terms"] != "FREE_COND" and purposes - FREE_PURPOSES:
        return "R13 terms"                         # "a paid parent gives no freer child"; changed (5)
    return None
