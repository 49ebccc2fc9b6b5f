"""A model of the money: shares of an agreement, double entry, counter-entries, where a share goes,
65号's computation.  Whole fen and basis points, Python's integers; written from domain.md alone
(4.7 item 7, 4.11, 4.12, R06, R08, R27, R28; in brackets where each comes from)."""

WHOLE = 10000
ROOM = 2 ** 63 - 1
MOST = 10 ** 14                                            # of a price's parts (docs/api.md), in fen
PUBLIC = ("ADMIN", "INST", "MASS")


class Refused(Exception):
    """by this rule or clause"""


# --- a booking ---

def net(gross, tax):
    """[4.11] what is shared is net of tax; neither is below nothing, and no tax is above the income"""
    if gross < 0 or not 0 <= tax <= gross:
        raise Refused("domain.md 4.11")
    return gross - tax


def shares(amount, bp, rest):
    """[4.11] the floor of each share, the remainder to the party that the agreement names; [R27] from an
    agreement whose shares are 100 % together, none of them nothing"""
    if not bp or any(not 1 <= x <= WHOLE for x in bp) or sum(bp) != WHOLE or not 0 <= rest < len(bp):
        raise Refused("R27")
    out = [amount * x // WHOLE for x in bp]
    out[rest] += amount - sum(out)
    return out


def remainder_of(parties, named, kinds):
    """[4.11] the party that is named, by default the first public one; its first share where it has several"""
    if named is not None:
        return parties.index(named)
    return next((i for i, p in enumerate(parties) if kinds[p] in PUBLIC), 0)


def entries(gross, tax, fen, remit):
    """[4.11] double entry: received on one side, what is owed on the other; nothing of nothing.
    (account, share, fen), a share of none is None"""
    rows = [("RECEIVED", None, gross), ("TAX", None, -tax)]
    rows += [("REMIT" if remit[i] else "SHARE", i, -x) for i, x in enumerate(fen)]
    return [r for r in rows if r[2] != 0]


def negated(rows):
    """a counter-entry is each row negated, neither more nor less"""
    return [r[:-1] + (-r[-1],) for r in rows]


def fund(kind, disposal=False, mass_as_inst=False, inst_nontax=False, soe_capital=False):
    """[R28] where a share goes: an administrative body's to the treasury, a mass organisation's as that or as an
    institution's, an institution's by its department's rule, an enterprise's by its own"""
    if kind == "MASS":
        kind = "INST" if mass_as_inst else "ADMIN"
    if kind == "ADMIN" or (kind == "INST" and (disposal or inst_nontax)):
        return "NONTAX"
    if kind == "INST":
        return "UNIT"
    return "CAPITAL" if kind == "SOE" and soe_capital else "OWN"


def to_treasury(way):
    return way in ("NONTAX", "CAPITAL")


# --- a price (65号) ---

def maximum(cost, subsidy, bond, profit, tax, carried):
    """[4.12] cost net of subsidy, profit at most the bonds and 6 points on it, tax on both; less what a year
    before took too much.  Each part is rounded down, so that no sum is above what its rates allow.
    (net cost, profit, tax, maximum)"""
    if not all(0 <= x <= MOST for x in (cost, subsidy, carried)) or not all(0 <= x <= 2 * WHOLE for x in (bond, profit, tax)) or subsidy > cost:
        raise Refused("65号 二")
    if profit > bond + 600:
        raise Refused("R08")
    base = cost - subsidy
    gain = base * profit // WHOLE
    levy = (base + gain) * tax // WHOLE
    return base, gain, levy, max(0, base + gain + levy - carried)


def year(actual, limit):
    """[4.12] a year's income against the maximum: basis points away from it, which is to be adjusted, and what
    is carried down"""
    away = abs(actual - limit)
    adjust = "NONE" if away == 0 else "FEE" if 10 * away <= limit else "CAP"
    return away * WHOLE // limit, adjust, max(0, actual - limit)


def caps_fit(caps, limit):
    """[R08] caps and the volumes expected, together, are not above the maximum"""
    return sum(cap * volume for cap, volume in caps) <= limit


def yuan(fen):
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return "%s%s.%02d" % (sign, format(fen // 100, ","), fen % 100)
