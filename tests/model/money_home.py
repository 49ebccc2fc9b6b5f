#!/usr/bin/env python3
"""Random bookings, counter-entries, decisions and remittances on a demo home, under random agreements; then
every table that they wrote, by SQL of this file's own, against the model in money.py, and the figures of
`revenue list --json` and of the half-year report against both.  Every name and number is illustrative.

usage: money_home.py BUILD     BOOKINGS=100 SEED=1"""
import os
import random
import sqlite3
import sys
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'integration')]
import lib
import money
from lib import HUBEI_COURSE, receipts, Home, Officers, check, course, finish, rebuilt

BOOKINGS, SEED = int(os.environ.get('BOOKINGS', 100)), int(os.environ.get('SEED', 1))
AGREEMENTS = 4
HUBEI, WATER, JINGCHU = '11420000DEMA00013M', '12420000DEMA00099D', '91420100DEMA001011'
GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [],
         'quota': None, 'depth': 0}


def usci(body):
    a = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    return body + a[(31 - sum(a.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31) % 31]


# --- what the revenue rests on ---

def agreement(r):
    """2 to 9 shares of parties that the register knows, one of them named for the remainder"""
    n = r.randint(2, 9)
    cuts = sorted(r.sample(range(1, money.WHOLE), n - 1))
    parties = [r.choice(sorted(kinds)) for _ in range(n)]
    return {'parties': parties, 'bp': [b - a for a, b in zip([0] + cuts, cuts + [money.WHOLE])], 'rest': r.choice(parties)}


def authorised(certificate, deal):
    proposal = {'certificates': [certificate], 'grant': GRANT, 'terms': 'paid', 'from': '2026-04-02', 'to': '2028-12-31'}
    plan = o.done('hbsw1', 'authorisation.propose', proposal=proposal)['plan']
    for name, asker, command, body, *deciders in course(plan, proposal, JINGCHU, HUBEI_COURSE, WATER):
        if name == 'agree':
            shares = [{'party': p, 'name': '示例方', 'role': '分配方%d' % i, 'bp': bp} for i, (p, bp) in enumerate(zip(deal['parties'], deal['bp']))]
            body['agreement']['income'] = {'accounting': '示例', 'shares': shares, 'remainder': deal['rest']}
        asked = o.done(asker, command, **body)
        for d in deciders:
            out = o.done(d, 'approval.approve', id=asked['approval'])
    return out['authorisation']


# --- what the model expects of each booking ---

class Booking:
    def __init__(self, deal, gross, tax):
        self.deal, self.gross, self.tax, self.state = deal, gross, tax, 'BOOKED'
        self.net = money.net(gross, tax)
        self.fen = money.shares(self.net, deal['bp'], money.remainder_of(deal['parties'], deal['rest'], kinds))
        self.fund = [money.fund(kinds[p], inst_nontax=finance[p] == HUBEI) for p in deal['parties']]
        self.remit = [money.to_treasury(f) for f in self.fund]
        self.paid = [0] * len(self.fen)
        self.counter = None

    def shares(self):
        """(n, party, basis points, fen, fund); none of nothing"""
        return [(i, p, bp, x, f) for i, (p, bp, x, f) in enumerate(zip(self.deal['parties'], self.deal['bp'], self.fen, self.fund)) if x != 0]

    def entries(self):
        return [(a, JINGCHU if i is None else self.deal['parties'][i], x) for a, i, x in money.entries(self.gross, self.tax, self.fen, self.remit)]


def book(r):
    deal = r.choice(deals)
    gross = r.choice((0, 1, r.randrange(100), r.randrange(10 ** 6), r.randrange(10 ** 9), r.randrange(10 ** 12)))
    tax = r.choice((0, 0, gross * 6 // 106, r.randint(0, gross), gross))
    held = r.random() < 0.1
    code, out = o.do('jc1', 'revenue.book', authorisation=deal['number'], product='P-INDUSTRY', kind='OPERATOR_SALE', payer=usci('91310000DEMA0%04d' % r.randrange(10000)),
                     payer_name='付款方（虚构）', gross_fen=gross, tax_fen=tax, period_from='2026-05-01', period_to='2026-05-31', paid_on='2026-06-02',
                     funded_by='DEBT' if held else 'OWN', evidence={'delivery': [{'count': 1, 'from': '2026-05-01', 'sha256': next(receipts)}]})
    if code != (409 if held else 200):
        raise RuntimeError(out)
    b = books[out['id']] = Booking(deal, gross, tax)
    b.state = 'HELD' if held else 'BOOKED'


def some(r, *states):
    ids = [i for i, b in books.items() if b.state in states]
    return r.choice(ids) if ids else None


def decide(r):
    rv = some(r, 'HELD')
    if rv and r.random() < 0.6:
        o.two('hb-fin1', 'hb-fin2', 'revenue.clear', id=rv, evidence={'documents': ['核查说明（示例）']}, reason='示例')
        books[rv].state = 'BOOKED'
    elif rv:
        o.two('hb-fin1', 'hb-fin2', 'revenue.refuse', id=rv, reason='示例')
        books[rv].state = 'REFUSED'


def counter(r):
    rv = some(r, 'BOOKED')
    if rv:
        books[rv].counter = o.two('jc1', 'hb-fin1', 'revenue.counter', id=rv, reason='示例')[1]['counter']
        books[rv].state = 'COUNTERED'


def remit(r):
    """all, or some of it; what is to be paid to Hubei's department"""
    rv = some(r, 'BOOKED')
    for m in o.get('hb-fin1', 'revenue/' + rv)['remittances'] if rv else []:
        left = m['amount_fen'] - m['paid_fen']
        if m['finance'] != HUBEI or left <= 0:
            continue
        fen = left if r.random() < 0.5 else r.randint(1, left)
        slips.append('JK-%d' % len(slips))
        code, out = o.do('hb-fin1', 'revenue.remit', remittance=m['id'], amount_fen=fen, slip=slips[-1])
        if code != (200 if fen == left else 409):
            raise RuntimeError(out)
        if o.do('hb-fin1', 'revenue.remit', remittance=m['id'], amount_fen=left - fen + 1, slip=slips[-1] + '-2')[0] == 200:
            raise RuntimeError('paid more than is due')
        b = books[rv]
        b.paid[next(i for i, p, bp, x, f in b.shares() if b.remit[i] and p == m['party'] and x == m['amount_fen'] and b.paid[i] == m['paid_fen'])] += fen


# --- the tables ---

def rows(sql, *args):
    return db.execute(sql, args).fetchall()


def tables():
    stood = {i: b for i, b in books.items() if b.state in ('BOOKED', 'COUNTERED')}
    check('every booking is a row, in the state that the model has', dict(rows("SELECT id, state FROM revenue WHERE state <> 'COUNTER'")) == {i: b.state for i, b in books.items()})
    check('gross, tax and net of each', dict((r[0], r[1:]) for r in rows("SELECT id, gross_fen, tax_fen, net_fen FROM revenue WHERE state <> 'COUNTER'")) ==
          {i: (b.gross, b.tax, b.net) for i, b in books.items()})
    check('each counter-entry negates them exactly', sorted(rows("SELECT counters, id, gross_fen, tax_fen, net_fen FROM revenue WHERE state = 'COUNTER'")) ==
          sorted((i, b.counter, -b.gross, -b.tax, -b.net) for i, b in books.items() if b.counter))
    odd = [i for i, b in stood.items() if rows('SELECT n, party, bp, amount_fen, fund FROM revenue_share WHERE revenue = ? ORDER BY n', i) != b.shares()]
    check('the shares of %d bookings under %d agreements are the model\'s: floor, remainder, way' % (len(stood), len(deals)), not odd, odd[:3])
    odd = [i for i, b in stood.items() if b.counter and rows('SELECT n, party, bp, amount_fen, fund FROM revenue_share WHERE revenue = ? ORDER BY n', b.counter) !=
           [(n, p, bp, -x, f) for n, p, bp, x, f in b.shares()]]
    check('a counter-entry negates each share exactly', not odd, odd[:3])
    odd = [i for i, b in stood.items() if sorted(rows("SELECT account, party, amount_fen FROM revenue_entry WHERE revenue = ? AND seq NOT IN (SELECT seq FROM remittance_payment)", i)) != sorted(b.entries())]
    check('the entries of each are the model\'s', not odd, odd[:3])
    odd = [i for i, b in stood.items() if b.counter and sorted(rows('SELECT account, party, amount_fen FROM revenue_entry WHERE revenue = ?', b.counter)) != sorted(money.negated(b.entries()))]
    check('and negated by a counter-entry', not odd, odd[:3])
    check('what is held or refused has neither share nor entry nor remittance', not rows("SELECT 1 FROM revenue r WHERE r.state IN ('HELD','REFUSED') AND "
          '(EXISTS (SELECT 1 FROM revenue_share s WHERE s.revenue = r.id) OR EXISTS (SELECT 1 FROM revenue_entry e WHERE e.revenue = r.id) OR EXISTS (SELECT 1 FROM remittance m WHERE m.revenue = r.id))'))
    check('nor is a row of nothing kept', not rows('SELECT 1 FROM revenue_share WHERE amount_fen = 0 UNION ALL SELECT 1 FROM revenue_entry WHERE amount_fen = 0'))


def sums():
    check('the entries of every event sum to zero', not rows('SELECT seq FROM revenue_entry GROUP BY seq HAVING SUM(amount_fen) <> 0'))
    check('and of every booking', not rows('SELECT revenue FROM revenue_entry GROUP BY revenue HAVING SUM(amount_fen) <> 0'))
    check('over a booking and its counter-entry every account of every party is zero, but what was paid to the treasury meanwhile', not rows(
        "SELECT 1 FROM revenue r JOIN revenue_entry e ON e.revenue IN (r.id, r.countered_by) WHERE r.state = 'COUNTERED' AND e.seq NOT IN (SELECT seq FROM remittance_payment) "
        'GROUP BY r.id, e.account, e.party HAVING SUM(e.amount_fen) <> 0'))
    check('shares sum to net', not rows("SELECT r.id FROM revenue r LEFT JOIN revenue_share s ON s.revenue = r.id WHERE r.state IN ('BOOKED','COUNTERED','COUNTER') GROUP BY r.id "
                                        'HAVING r.net_fen <> COALESCE(SUM(s.amount_fen), 0)'))
    check('and what is owed to each is its shares', not rows(
        "SELECT s.revenue FROM revenue_share s GROUP BY s.revenue, s.party HAVING SUM(s.amount_fen) <> -(SELECT COALESCE(SUM(e.amount_fen), 0) FROM revenue_entry e WHERE e.revenue = s.revenue "
        "AND e.party = s.party AND e.account IN ('SHARE','REMIT') AND e.seq NOT IN (SELECT seq FROM remittance_payment))"))


def remittances():
    want = sorted((i, n, p, x, b.paid[n], int(b.state == 'COUNTERED')) for i, b in books.items() if b.state in ('BOOKED', 'COUNTERED') for n, p, bp, x, f in b.shares() if b.remit[n])
    got = sorted(rows('SELECT revenue, n, party, amount_fen, paid_fen, countered FROM remittance'))
    check('%d shares are due to the treasury, with what was paid on each' % len(want), got == want, [x for x in zip(got, want) if x[0] != x[1]][:2] or (len(got), len(want)))
    check('payments sum to what is paid', not rows('SELECT m.id FROM remittance m LEFT JOIN remittance_payment p ON p.remittance = m.id GROUP BY m.id HAVING m.paid_fen <> COALESCE(SUM(p.amount_fen), 0)'))
    state = lambda amount, paid, countered: 'COUNTERED' if countered else 'PAID' if paid == amount else 'SHORT' if paid else 'DUE'
    said = Counter((m['state'], m['short_fen'], m['refund_fen']) for m in pages('remittance'))
    check('the list of remittances says so', said == Counter((state(x, paid, c), 0 if c else x - paid, paid if c else 0) for i, n, p, x, paid, c in want))


def pages(noun):
    items, after = [], None
    while True:
        code, out = h.cli(noun, 'list', '--limit', '1000', *(('--after', after) if after else ()))
        if code != 0:
            raise RuntimeError(out)
        items, after = items + out['items'], out['next']
        if after is None:
            return items


# --- what is said of them ---

def reported():
    said = [i for i in pages('revenue') if i['state'] in ('BOOKED', 'COUNTERED', 'COUNTER')]
    model = [b for b in books.values() if b.state == 'BOOKED']
    report = h.cli('report', 'half-year', '--period', '2026H1', '--format', 'json')[1]
    for part in ('gross', 'tax', 'net'):
        want = sum(getattr(b, part) for b in model)
        got = sum(i[part + '_fen'] for i in said), report['values']['revenue.%s_fen' % part], rows("SELECT SUM(%s_fen) FROM revenue WHERE state NOT IN ('HELD','REFUSED')" % part)[0][0]
        check('%s: revenue list --json, the half-year report and the table have the model\'s sum' % part, got == (want,) * 3, (got, want))
    ways = Counter()
    for i, b in books.items():
        for n, p, bp, x, f in b.shares() if b.state == 'BOOKED' else []:
            ways['分配方%d' % n, kinds[p], f] += x
    lists = {l['key']: l['rows'] for l in report['lists']}
    got = {(w['role'], w['kind'], w['fund']): w['amount_fen'] for w in lists['revenue.by_role'] if w['amount_fen'] != 0}
    check('shares by role and way, in the report', got == {k: v for k, v in ways.items() if v != 0}, (got, ways))
    listed = Counter()
    for i in said:
        for s in i['shares']:
            listed[s['role'], kinds[s['party']], s['fund']] += s['amount_fen']
    check('and in revenue list --json', {k: v for k, v in listed.items() if v != 0} == got, listed)
    check('bookings by kind', [(k['kind'], k['count'], k['net_fen']) for k in lists['revenue.by_kind']] == [('OPERATOR_SALE', len(said), sum(b.net for b in model))], lists['revenue.by_kind'])
    check('what was remitted', report['values']['revenue.remitted_fen'] == sum(sum(b.paid) for b in books.values()), report['values']['revenue.remitted_fen'])


def main():
    global o, db
    r = random.Random(SEED)
    check('a demo home without cases', h.made, h.made_err)
    h.at('2026-04-02T01:00:00Z')
    check('the appliance serves', h.serve())
    o = Officers(h)
    sessions, do, numbers = h.registered('MH', AGREEMENTS)
    o.sessions.update(sessions)
    o.two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_course.other': False, 'revenue.inst_nontax': True})
    for org in h.cli('organisation', 'list', '--limit', '1000')[1]['items']:
        kinds[org['usci']], finance[org['usci']] = org['kind'], org['finance'] or org['usci']
    for no in numbers:
        deal = agreement(r)
        deal['number'] = authorised(o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[no], years=3)[1]['certificates'][0], deal)
        deals.append(deal)
    h.at('2026-06-03T01:00:00Z')
    for _ in range(BOOKINGS):
        book(r)
        for act, chance in ((counter, 0.15), (decide, 0.08), (remit, 0.25)):
            if r.random() < chance:
                act(r)
    states = Counter(b.state for b in books.values())
    check('some were booked, some countered, some held, some paid in part', min(states[s] for s in ('BOOKED', 'COUNTERED', 'HELD')) > 0 and
          any(0 < paid < x for b in books.values() for paid, x in zip(b.paid, b.fen)), states)
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True)
    tables()
    sums()
    remittances()
    reported()
    db.close()
    h.stop()
    rebuilt(h, 'replaying the events gives the same tables')


o = db = None
kinds, finance, deals, books, slips = {}, {}, [], {}, []
h = Home(cases=False)
try:
    main()
finally:
    h.close()
finish()
