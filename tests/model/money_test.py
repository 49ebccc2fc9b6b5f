#!/usr/bin/env python3
"""The product's arithmetic of money against the model in money.py: random agreements of 2 to 9 parties,
random income and tax, prices of 65号, years, caps, amounts as text.

usage: money_test.py BUILD     CASES=20000 SEED=1
Answers come from BUILD/tests/model/money_driver.  Every disagreement is a failure."""
import json
import os
import random

import money
from asked import SEED, answers, finish, say

CASES = int(os.environ.get("CASES", "20000"))
CHUNK = 50000


def ask(lines):
    return answers("money_driver", lines)


def agree(what, r, n, make, want, kinds):
    """n lines by make(r); want(line): (kind, what the driver has to say).  Each of the kinds comes about in one of two
    hundred, so that no part of the comparison is empty"""
    seen = dict.fromkeys(kinds, 0)
    for at in range(0, n, CHUNK):
        lines = [make(r) for _ in range(min(CHUNK, n - at))]
        for line, got in zip(lines, ask(lines)):
            try:
                kind, expected = want(line, got)
            except money.Refused as e:
                kind, expected = str(e), "refused " + str(e)
            seen[kind] = seen.get(kind, 0) + 1
            if got != expected:
                return say(False, what, "%s: %s, the model %s" % (json.dumps(line), got, expected))
    return say(set(seen) == set(kinds) and min(seen.values()) >= n // 200, "%d %s: as the model says, %s" % (n, what, seen), str(seen))


def amount(r, most=money.ROOM):
    """of any size, as many bits as chance gives; round ones too"""
    x = r.getrandbits(r.randrange(0, most.bit_length() + 1))
    if r.random() < 0.2:
        x = x // money.WHOLE * money.WHOLE
    return min(x, most)


# --- bookings ---

def agreement(r):
    """2 to 9 parties, 10,000 basis points"""
    n = r.randint(2, 9)
    cuts = sorted(r.sample(range(1, money.WHOLE), n - 1)) if r.random() < 0.8 else list(range(1, n))
    return [b - a for a, b in zip([0] + cuts, cuts + [money.WHOLE])]


def booking(r):
    bp, gross = agreement(r), 0 if r.random() < 0.05 else amount(r)
    tax = r.choice((0, 0, gross, gross * 6 // 106, r.randint(0, gross)))
    line = {"op": "book", "gross": gross, "tax": tax, "bp": bp, "rest": r.randrange(len(bp)), "remit": [r.randint(0, 1) for _ in bp]}
    spoil = r.randrange(60)
    if spoil == 0:
        line["tax"] = gross + 1 if gross < money.ROOM else gross
    elif spoil == 1:
        line["gross"] = -gross - 1
    elif spoil == 2:
        bp[r.randrange(len(bp))] += r.choice((-1, 1))
    elif spoil == 3:
        line["rest"] = len(bp)
    elif spoil == 4:
        bp.append(0)
        line["remit"].append(0)
    return line


def booked(line, got):
    net = money.net(line["gross"], line["tax"])
    fen = money.shares(net, line["bp"], line["rest"])
    rows = money.entries(line["gross"], line["tax"], fen, line["remit"])
    back = money.negated(rows)
    assert sum(fen) == net and all(x * money.WHOLE >= net * bp - money.WHOLE for x, bp in zip(fen, line["bp"]))
    assert sum(r[-1] for r in rows) == 0 == sum(r[-1] for r in back) and all(a[-1] + b[-1] == 0 for a, b in zip(rows, back))
    out = {"net": net, "shares": fen, "entries": [[a, -1 if i is None else i, x] for a, i, x in rows]}
    kind = "nothing" if not rows else "all tax" if net == 0 else "a remainder" if any(net * bp % money.WHOLE for bp in line["bp"]) else "even"
    return kind, json.dumps(out, separators=(",", ":"))


# --- prices ---

def priced(r):
    cost, bond = amount(r, money.MOST), r.randint(0, 800)
    line = {"op": "price", "cost": cost, "subsidy": r.choice((0, 0, r.randint(0, cost))), "bond": bond, "profit": r.randint(0, bond + 600), "tax": r.choice((0, 100, 300, 600, 1300, r.randint(0, 20000))),
            "carried": r.choice((0, 0, 0, amount(r, money.MOST)))}
    spoil = r.randrange(40)
    if spoil == 0:
        line["profit"] = bond + 601
    elif spoil == 1:
        line["subsidy"] = cost + 1
    elif spoil == 2:
        line["tax"] = 20001
    elif spoil == 3:
        line["cost"] = money.MOST + 1
    elif spoil < 8:
        line["profit"] = bond + 600
    return line


def computed(line, got):
    base, gain, levy, most = money.maximum(*(line[k] for k in ("cost", "subsidy", "bond", "profit", "tax", "carried")))
    return "nothing left" if most == 0 and base > 0 else "a maximum", json.dumps([base, gain, levy, most], separators=(",", ":"))


def a_year(r):
    limit = 1 + amount(r, money.MOST - 1)
    near = (limit, limit + limit // 10, limit + limit // 10 + 1, limit - limit // 10, limit - limit // 10 - 1, limit + 1, amount(r, money.MOST))
    return {"op": "year", "actual": min(max(0, r.choice(near)), money.MOST), "limit": limit}


def compared(line, got):
    bp, adjust, excess = money.year(line["actual"], line["limit"])
    return adjust, json.dumps([bp, adjust, excess], separators=(",", ":"))


def list_of_caps(r):
    caps = [{"cap_fen": 1 + amount(r, 10 ** r.randint(1, 14) - 1), "volume": 1 + amount(r, 10 ** r.randint(1, 12) - 1)} for _ in range(r.randint(1, 5))]
    total = sum(c["cap_fen"] * c["volume"] for c in caps)
    return {"op": "caps", "caps": caps, "limit": min(r.choice((total, total - 1, total + 1, amount(r, money.MOST))), money.ROOM)}


def capped(line, got):
    if money.caps_fit([(c["cap_fen"], c["volume"]) for c in line["caps"]], line["limit"]):
        return "fits", "fits"
    raise money.Refused("R08")


def text(r):
    return {"op": "yuan", "fen": r.choice((-1, 1)) * amount(r, r.choice((10 ** 4, money.MOST)))}


def written(line, got):
    return "text", "%s %d" % (money.yuan(line["fen"]), line["fen"])


def samples():
    """the vectors of domain.md 12"""
    case3 = ask([{"op": "book", "gross": 123456789, "tax": 0, "bp": [5500, 2500, 2000], "rest": 0, "remit": [0, 0, 0]}])[0]
    case2 = ask([{"op": "price", "cost": 800000000, "subsidy": 0, "bond": 182, "profit": 782, "tax": 600, "carried": 0}])[0]
    say(json.loads(case3)["shares"] == [67901235, 30864197, 24691357] == money.shares(123456789, [5500, 2500, 2000], 0), "case 3 to the fen, in product and model", case3)
    say(json.loads(case2) == [800000000, 62560000, 51753600, 914313600] == list(money.maximum(800000000, 0, 182, 782, 600, 0)), "case 2 to the fen, in product and model", case2)


def main():
    r = random.Random(SEED)
    samples()
    agree("bookings", r, CASES, booking, booked, ("nothing", "all tax", "a remainder", "even", "domain.md 4.11", "R27"))
    agree("prices", r, max(CASES // 2, 2000), priced, computed, ("a maximum", "nothing left", "R08", "65号 二"))
    agree("years", r, max(CASES // 4, 2000), a_year, compared, ("NONE", "FEE", "CAP"))
    agree("lists of caps", r, max(CASES // 4, 2000), list_of_caps, capped, ("fits", "R08"))
    agree("amounts", r, max(CASES // 4, 2000), text, written, ("text",))
    finish()


if __name__ == "__main__":
    main()
