#!/usr/bin/env python3
"""The product's scope algebra against the model in scope.py: random pairs of grants, most of them
one change away from fitting, uses of grants, and chains of certificate, authorisation and token.

usage: scope_test.py BUILD     PAIRS=20000 SEED=1
Answers come from BUILD/tests/model/scope_driver.  Every disagreement is a failure."""
import copy
import json
import os
import random

import scope
from asked import SEED, answers, finish, say

PAIRS = int(os.environ.get("PAIRS", "20000"))
CHUNK = 100000
DAY = 86400

DIVISIONS = ["100000", "110000", "110101", "210000", "210200", "210203", "210300", "420000", "420100", "420106", "440000",
             "440300", "440305", "450000"]
POOL = {"domains": ["da", "db", "dc"], "scenarios": ["sa", "sb", "sc"], "rights": ["OPER", "USE"],
        "purposes": sorted(scope.PURPOSES), "actions": sorted(scope.ACTIONS), "territory": DIVISIONS,
        "environment": ["ea", "eb"]}
MEMBERS = list(POOL) + ["mode", "quota", "depth"]


def ask(lines):
    return answers("scope_driver", lines)


# --- the form on the wire (docs/formats.md 5.1): exactly ten members, an empty list or null for "no bound" ---

def read(wire):
    if set(wire) != set(MEMBERS):
        raise ValueError("not exactly the ten members")
    g = dict(wire)
    for name in ("domains", "scenarios", "environment"):
        if g[name] == []:
            g[name] = None
    return g


# --- random grants ---

def some(r, name, least=1):
    return sorted(r.sample(POOL[name], r.randint(least, min(3, len(POOL[name])))))


def quota(r):
    return None if r.random() < 0.4 else {"unit": r.choice(["CALLS", "ROWS"]), "limit": r.choice([1, 2, 10, 1000])}


def value(r, name, mode):
    if name == "domains":
        return [] if mode == "WHOLE" or (mode == "SCENE" and r.random() < 0.4) else some(r, name)
    if name == "scenarios":
        return [] if mode == "WHOLE" or (mode == "DOMAIN" and r.random() < 0.6) else some(r, name)
    if name == "environment":
        return some(r, name, 0)
    if name == "quota":
        return quota(r)
    if name == "depth":
        return r.choice([0, 0, 0, 1, 2])
    return some(r, name)


def grant(r):
    mode = r.choice(list(scope.MODES))
    return dict({n: value(r, n, mode) for n in MEMBERS if n != "mode"}, mode=mode)


def narrower_list(r, v):
    return sorted(r.sample(v, r.randint(1, len(v)))) if v else v


def narrower(r, g):
    """a grant within g, in a few members"""
    c = copy.deepcopy(g)
    for name in r.sample(MEMBERS, r.randint(0, 5)):
        if name in ("domains", "scenarios", "rights", "purposes", "actions", "environment"):
            c[name] = narrower_list(r, c[name])
        elif name == "territory":
            c[name] = sorted({r.choice([d for d in DIVISIONS if scope.division_within(d, t)]) for t in c[name]})
        elif name == "quota" and c[name]:
            c[name]["limit"] = r.randint(1, c[name]["limit"])
        elif name == "quota":
            c[name] = quota(r)
        elif name == "depth":
            c[name] = r.randint(0, c[name])
        elif c["mode"] == "WHOLE" and r.random() < 0.5:
            c["mode"], c["domains"] = "DOMAIN", some(r, "domains")
        elif c["mode"] != "SCENE":
            c["mode"], c["scenarios"] = "SCENE", c["scenarios"] or some(r, "scenarios")
    return c


def spoil_form(r, g):
    what = r.randrange(8)
    if what == 0:
        g["dom\u0430ins" if r.random() < 0.3 else "limit"] = []
    elif what == 1:
        g.pop(r.choice(MEMBERS))
    elif what == 2:
        g[r.choice(["rights", "purposes", "actions"])] = [r.choice(["HOLD", "PLEDGE", "use", "FREE"])]
    elif what == 3:
        g["territory"] = [r.choice(["42", "42000", "4200000", "42000a", "042000", ""])]
    elif what == 4:
        g[r.choice(["rights", "purposes", "actions", "territory"])] = []
    elif what == 5:
        g["mode"] = r.choice(["whole", "SCENARIO", ""])
    elif what == 6:
        g["quota"] = r.choice([{"unit": "BYTES", "limit": 1}, {"unit": "CALLS"}, {"unit": "CALLS", "limit": 0}, {"unit": "CALLS", "limit": 1, "per": 1}])
    else:
        g["depth"] = -1


def pair(r):
    parent = grant(r)
    kind = r.random()
    child = grant(r) if kind < 0.1 else copy.deepcopy(parent) if kind < 0.4 else narrower(r, parent)
    if kind >= 0.25:                                     # the near miss: one member of one side anew
        side = child if r.random() < 0.7 else parent
        name = r.choice(MEMBERS)
        side[name] = r.choice(list(scope.MODES)) if name == "mode" else value(r, name, side["mode"])
    if r.random() < 0.04:
        spoil_form(r, child if r.random() < 0.5 else parent)
    return child, parent


def expect_pair(child, parent):
    try:
        return scope.beyond(read(child), read(parent))
    except (ValueError, TypeError, AttributeError):
        return None


def pairs(r, n):
    counts = {"within": 0, "beyond": 0, "malformed": 0}
    for at in range(0, n, CHUNK):
        made = [pair(r) for _ in range(min(CHUNK, n - at))]
        for (c, p), got in zip(made, ask([{"op": "grant", "child": c, "parent": p} for c, p in made])):
            want, word = expect_pair(c, p), got.split(" ")
            counts[word[0]] = counts.get(word[0], 0) + 1
            agreed = word[0] == "malformed" if want is None else got == "within" if not want else word[0] == "beyond" and word[1] in want
            if not agreed:
                return say(False, "pairs of grants", "%s in %s: %s, the model %s" % (json.dumps(c), json.dumps(p), got, want))
    return say(all(counts[k] >= n // 100 for k in counts), "%d pairs of grants: as the model says, %s" % (n, counts), str(counts))


# --- uses ---

def use(r):
    u = {}
    for key, values in (("action", sorted(scope.ACTIONS) + sorted(scope.BITS)), ("purpose", POOL["purposes"]),
                        ("territory", DIVISIONS), ("environment", ["ea", "eb", "ec"])):
        if r.random() < 0.5:
            u[key] = r.sample(values, r.choice([1, 1, 1, 2]))
    if r.random() < 0.4:
        u["quantity"] = r.choice([1, 2, 3, 10, 11, 1000, 1001])
    return u


def fitting_use(r, g):
    """mostly what the grant allows"""
    u = {"action": narrower_list(r, g["actions"]), "purpose": narrower_list(r, g["purposes"]),
         "territory": [r.choice([d for d in DIVISIONS if scope.division_within(d, r.choice(g["territory"]))] or g["territory"])]}
    if g["environment"]:
        u["environment"] = narrower_list(r, g["environment"])
    if g["quota"]:
        u["quantity"] = r.randint(1, g["quota"]["limit"])
    for key in list(u):
        if r.random() < 0.3:
            del u[key]
    if r.random() < 0.4:
        u.update(use(r))
    return u


def wire_use(u):
    return {k: str(v) if k == "quantity" else "+".join(v) for k, v in u.items()}


def denied(g, u):
    """each entry of each key must be covered"""
    single = {k: v for k, v in u.items() if k == "quantity"}
    lists = [(k, x) for k, v in u.items() if k != "quantity" for x in v]
    for one in [single] + [{k: x} for k, x in lists]:
        why = scope.use_denied(read(g), one)
        if why:
            return why
    return None


def uses(r, n):
    yes = 0
    for at in range(0, n, CHUNK):
        made = []
        for _ in range(min(CHUNK, n - at)):
            g = grant(r)
            made.append((g, fitting_use(r, g) if r.random() < 0.7 else use(r)))
        for (g, u), got in zip(made, ask([{"op": "use", "grant": g, "use": wire_use(u)} for g, u in made])):
            want = denied(g, u)
            yes += want is None
            if (got == "permit") != (want is None) or got in ("wrong", "open"):
                return say(False, "uses of grants", "%s of %s: %s, the model %s" % (json.dumps(u), json.dumps(g), got, want or "permits"))
    return say(n // 10 < yes < n - n // 10, "%d uses of grants: as the model says, %d permitted" % (n, yes))


# --- chains ---

BITS = {"rights": ["HOLD", "USE", "OPER"], "modes": ["WHOLE", "DOMAIN", "SCENE"]}
OPERATOR, USER = "91440300MA5DEMO02X", "91440300MA5DEMO01X"
NUMBER, ASSET = "DAC-440300-202611-000001-S", "SZ-0001"
NOW = 1795000000


def chain(r):
    """certificate, authorisation, token: most fit, or miss in one thing"""
    g = grant(r)
    g["depth"] = 0
    t = narrower(r, g)
    t["purposes"] = narrower_list(r, t["purposes"])
    cert = {"rights": 7, "modes": r.choice([0, 1, 2, 4, 7]), "from": -100 * DAY, "to": 1000 * DAY}
    auth = {"grant": g, "terms": {"kind": r.choice(["free", "paid"])}, "nbf": NOW - 50 * DAY, "exp": NOW + 700 * DAY}
    token = {"grant": t, "terms": {"kind": r.choice(["free", auth["terms"]["kind"]])}, "nbf": NOW - DAY, "exp": NOW + 30 * DAY,
             "holder": {"usci": USER}}
    miss = r.randrange(14)
    if miss == 0:
        cert["rights"] = r.randrange(8)
    elif miss == 1:
        cert["modes"] = r.randrange(8)
    elif miss == 2:
        cert["from"] = r.choice([-51, -50, -49, -1]) * DAY
    elif miss == 3:
        cert["to"] = r.choice([29, 30, 699, 700]) * DAY + r.choice([-1, 0])
    elif miss == 4:
        token["nbf"] = NOW + r.choice([-51, -50]) * DAY
    elif miss == 5:
        token["exp"] = NOW + 700 * DAY + r.choice([-1, 0, 1])
    elif miss in (6, 7):
        token["holder"]["usci"] = OPERATOR
        t["actions"] = g["actions"] = sorted(set(t["actions"]) | {"REDEVELOP"}) if r.random() < 0.7 else t["actions"]
    elif miss == 8:
        token["product"] = {"id": r.choice([ASSET, NUMBER, "P-9"])}
    elif miss == 9:
        token["asset"] = {"certificate_sha256": "A" * 43}
    elif miss == 10:
        token["asset"] = {"id": "SZ-0002"}
    elif miss == 11:
        name = r.choice(MEMBERS)
        t[name] = r.choice(list(scope.MODES)) if name == "mode" else value(r, name, t["mode"])
    return cert, auth, token


def expect_chain(cert, auth, token):
    sha = token.get("asset", {}).get("certificate_sha256", "")
    c = {"number": NUMBER, "sha256": "", "rights": {x for i, x in enumerate(BITS["rights"]) if cert["rights"] >> i & 1},
         "modes": {x for i, x in enumerate(BITS["modes"]) if cert["modes"] >> i & 1}, "nbf": NOW + cert["from"], "exp": NOW + cert["to"]}
    terms = {"free": "FREE_COND", "paid": "PAID_COND"}
    a = {"grant": read(auth["grant"]), "certificates": {NUMBER: ""}, "operator": OPERATOR, "terms": terms[auth["terms"]["kind"]],
         "nbf": auth["nbf"], "exp": auth["exp"]}
    number = NUMBER if token.get("asset", {}).get("id", ASSET) == ASSET else "another asset's"
    product = token.get("product", {}).get("id", "P-1")
    t = {"grant": read(token["grant"]), "asset": {"number": number, "sha256": sha}, "user": token["holder"]["usci"],
         "product": None if product in (ASSET, NUMBER) else product, "terms": terms[token["terms"]["kind"]], "nbf": token["nbf"],
         "exp": token["exp"]}
    return scope.chain_denied(t, a, c, public_data=False)      # R07 needs a word that no credential has: the issuer's check


def chains(r, n):
    seen = {}
    for at in range(0, n, CHUNK):
        made = []
        for _ in range(min(CHUNK, n - at)):
            cert, auth, token = chain(r)
            made.append((cert, auth, token, fitting_use(r, token["grant"] if r.random() < 0.5 else auth["grant"])))
        lines = [{"op": "chain", "cert": c, "auth": a, "token": t, "use": wire_use(u)} for c, a, t, u in made]
        for (c, a, t, u), got in zip(made, ask(lines)):
            try:
                want = expect_chain(c, a, t)
            except ValueError:
                want = "malformed"
            fits, where = got.startswith("within "), "%s: %s, the model %s" % (json.dumps([c, a, t, u]), got, want)
            if fits != (want is None):
                return say(False, "chains", where)
            seen[want] = seen.get(want, 0) + 1
            if not fits:
                continue
            by_token, by_auth = got[len("within "):].split("; ")
            if by_token == "permit" and by_auth != "permit":
                return say(False, "no token permits a use that its authorisation does not", where)
            if (by_token == "permit") != (denied(t["grant"], u) is None):
                return say(False, "chains", where)
    rules = {"R11", "R18", "R13 time", "R13 asset", "R13 mode", "R13 rights", "R13 terms", None}
    say(rules <= set(seen), "%d chains of certificate, authorisation and token: as the model says, %s" % (n, seen), str(seen))
    return say(seen.get(None, 0) > n // 10, "no token permits a use that its authorisation does not (%d within)" % seen.get(None, 0))


# --- one forbidden item, at every index of every list ---

def every_index():
    base = {"mode": "SCENE", "rights": ["OPER", "USE"], "purposes": sorted(scope.PURPOSES), "actions": sorted(scope.ACTIONS),
            "depth": 0, "quota": None}
    for name in ("domains", "scenarios", "environment", "territory"):
        base[name] = ["%06d" % (200000 + 100 * i + 1) for i in range(64)] if name == "territory" else ["%s%03d" % (name, i) for i in range(64)]
    lines, names = [], []
    for name in POOL:
        for i, item in enumerate(base[name]):
            parent = copy.deepcopy(base)
            parent[name] = [x for x in base[name] if x != item]
            if parent[name]:
                lines.append({"op": "grant", "child": base, "parent": parent})
                names.append((name, i))
    lines.append({"op": "grant", "child": base, "parent": base})
    got = ask(lines)
    wrong = [(n, g) for n, g in zip(names, got) if g != "beyond " + n[0]]
    say(not wrong and got[len(names)] == "within", "a grant with one item beyond its parent is refused at every index of every list (%d)" % len(names), str(wrong[:3]))
    g = dict(base, actions=["DOWNLOAD_PRODUCT", "MODEL_CALL", "QUERY", "VERIFY"], purposes=["INDUSTRY", "PUBGOV", "SECTOR"])
    lines = []
    for key, name, bad in (("territory", "territory", "440300"), ("environment", "environment", "out"), ("purpose", "purposes", "WELFARE"),
                           ("action", "actions", "REDEVELOP"), ("action", "actions", "PLEDGE")):
        good = g[name][:31]
        lines += [{"op": "use", "grant": g, "use": {key: "+".join(good[:i] + [bad] + good[i:])}} for i in range(len(good) + 1)]
    wrong = [(x["use"], y) for x, y in zip(lines, ask(lines)) if not y.startswith("deny")]
    say(not wrong, "a use with one entry beyond the grant is refused at every index of every key (%d)" % len(lines), str(wrong[:3]))


def main():
    r = random.Random(SEED)
    every_index()
    pairs(r, PAIRS)
    uses(r, max(PAIRS // 5, 2000))
    chains(r, max(PAIRS // 20, 3000))
    finish()


if __name__ == "__main__":
    main()
