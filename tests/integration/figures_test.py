"""The figures of the reports against a model written from domain.md 7, 9 and 10 and the descriptions of the
events alone: of the register's tables it reads only `event`.  The home has what bends figures: counter-entries in
and after the half-year, what is held in one and cleared or refused in the next, an authorisation that begins
later, one reclaimed over the period's end, a payment that is short and late, acts around midnight in Beijing
(16:00 UTC), and a unit that moves below another one."""
import sqlite3
from datetime import datetime, timedelta, timezone

import revenue_test as rt
from lib import *
from revenue_test import GUIZHOU, HUBEI, JINGCHU, PENGCHENG, WATER, do, done, get, two

CHINA = timezone(timedelta(hours=8))
def moment(y, m, d): return int(datetime(y, m, d, tzinfo=CHINA).timestamp())
def bounds(p):
    y = int(p[:4])
    if len(p) == 4: return moment(y, 1, 1), moment(y + 1, 1, 1)
    return (moment(y, 1, 1), moment(y, 7, 1)) if p[5] == '1' else (moment(y, 7, 1), moment(y + 1, 1, 1))
def day(t): return datetime.fromtimestamp(t, CHINA).strftime('%Y-%m-%d')


class World:
    """the events before the period's end, one after the other, into what they mean"""

    def __init__(self, home, period, upto=None):
        self.t0, self.t1 = bounds(period)
        if upto is not None: self.t1 = min(self.t1, upto)
        self.org, self.led, self.asset, self.card, self.reg, self.cert, self.auth, self.tok = ({} for _ in range(8))
        self.rev, self.rem, self.prod, self.plan, self.obj, self.listing, self.trade = ({} for _ in range(7))
        self.col, self.legacy, self.eva, self.due, self.order, self.inc, self.compl, self.user = ({} for _ in range(8))
        self.now = []
        db = sqlite3.connect('file:%s/register.db?mode=ro' % home, uri=True, timeout=300)
        for at, org, kind, o, body in db.execute('SELECT at, org, kind, object, body FROM event WHERE at < ? ORDER BY seq', (self.t1,)):
            b = json.loads(body)
            self.step(at, org, kind, o, b)
            if at >= self.t0: self.now.append((at, org, kind, o, b))
        db.close()
    def step(self, at, org, kind, o, b):
        n, _, v = kind.partition('.')
        if kind in ('organisation.added', 'organisation.changed'): self.org[o] = b
        elif kind == 'user.added': self.user[o] = b
        elif kind == 'user.moved': self.user[o] = dict(self.user[o], org=b['org'])
        elif kind == 'ledger.entered': self.led[o] = dict(b, confirmed=None, st='LEDGERED')
        elif kind in ('ledger.recognised', 'ledger.confirmed'):
            self.led[o].update(st=b['to'], result=b['result'])
        elif kind == 'asset.carded':
            self.card[o, b['version']] = b['card']
            a = self.asset.setdefault(o, dict(st='CARDED', holder=b['holder'], ver=b['version']))
            a['newest'] = b['version']
            if not b.get('draft'): a['ver'] = b['version']
        elif kind == 'registration.submitted':
            self.reg[o] = b
            if b.get('asset_to'): self.asset[b['asset_no']]['st'] = b['asset_to']
        elif n == 'registration':
            self.reg[o] = dict(self.reg[o], to=b.get('to'))
            if b.get('asset_to'): self.asset[b['asset_no']]['st'] = b['asset_to']
        elif kind == 'certificate.intended': self.cert[o] = dict(b, st='PENDING')
        elif kind == 'certificate.issued':
            c = self.cert[o]; c['st'] = 'ACTIVE'
            self.asset[c['asset_no']].update(st='CERTIFICATED', ver=c['card_version'])
            if c.get('succeeds'): self.cert[c['succeeds']]['st'] = 'SUPERSEDED'
        elif n == 'certificate' and v in ('suspended', 'resumed', 'revocation-requested', 'revocation-refused', 'revoked', 'expired', 'abandoned'):
            c = self.cert[o]; c['st'] = b.get('to') or v.upper()
            if v == 'revoked': self.asset[c['asset_no']]['st'] = b.get('asset_to', 'REGISTERED')
        elif kind == 'asset.frozen': self.asset[o].update(former=self.asset[o]['st'], st='FROZEN')
        elif kind == 'asset.unfrozen': self.asset[o]['st'] = self.asset[o]['former']
        elif kind == 'authorisation.intended':
            if o not in self.auth and '~' not in o and not b.get('number', o) != o: self.auth[o] = dict(b, st='PENDING')
        elif n == 'authorisation' and o in self.auth:
            if v == 'issued': self.auth[o]['st'] = 'ACTIVE'
            elif 'to' in b: self.auth[o]['st'] = b['to']
        elif kind == 'token.intended': self.tok[o] = dict(b, st='PENDING')
        elif n == 'token' and o in self.tok:
            self.tok[o]['st'] = 'ACTIVE' if v == 'issued' else b.get('to', self.tok[o]['st'])
        elif kind in ('revenue.held', 'revenue.booked'):
            self.rev[o] = b; self.owe(o, b)
        elif kind in ('revenue.cleared',): self.owe(o, b)
        elif kind == 'revenue.countered':
            for m in self.rem.values():
                if m['rev'] == o: m['dead'] = True
        elif kind == 'remittance.paid': self.rem[o]['paid'] += b['amount_fen']
        elif kind in ('product.added', 'product.changed'): self.prod[o] = dict(b, st='ON_SALE')
        elif kind == 'product.withdrawn': self.prod[o]['st'] = b['to']
        elif kind == 'plan.proposed': self.plan[o] = b
        elif kind == 'objection.made': self.obj[o] = b
        elif kind == 'listing.prepared': self.listing[o] = b
        elif kind == 'trade.recorded': self.trade[o] = b
        elif kind in ('collateral.refused', 'collateral.registered', 'collateral.released'): self.col.setdefault(b['id'], dict(asset=o))['st'] = b['state']
        elif kind == 'legacy.entered': self.legacy[o] = b
        elif kind == 'evaluation.added':
            self.eva[o] = b; self.due[b['authorisation']] = b['due']
        elif kind == 'order.issued': self.order[o] = b
        elif kind == 'incident.reported': self.inc[o] = b
        elif kind == 'complaint.filed': self.compl[o] = b
    def owe(self, rv, b):
        for s in b.get('shares') or []:
            if s.get('remittance'): self.rem[s['remittance']['id']] = dict(rev=rv, owed=s['amount_fen'], paid=0, due=s['remittance']['due'], dead=False)
    def below(self, u):
        s = {k for k, x in self.org.items() if u in (k, x['dept'], x['finance'])}
        while True:
            m = {k for k, x in self.org.items() if x['dept'] in s} - s
            if not m: return s
            s |= m
    def values(self, unit=''):
        U = set(self.org) if unit == '' else self.below(unit)
        E = lambda k, ok=lambda o, b, g: True: sum(1 for _, g, kind, o, b in self.now if kind == k and ok(o, b, g))
        led = [x for x in self.led.values() if x['holder'] in U]
        res = lambda r: sum(x['st'] == 'CONFIRMED' and x.get('result') == r for x in led)
        A = {k: a for k, a in self.asset.items() if a['holder'] in U}
        live = {k: a for k, a in A.items() if a['st'] not in ('CANCELLED', 'TRANSFERRED', 'DESTROYED')}
        registered = lambda a: (a['former'] if a['st'] == 'FROZEN' else a['st']) in ('REGISTERED', 'CERTIFICATED')
        C = {k: c for k, c in self.cert.items() if c['holder'] in U}
        D = {k: a for k, a in self.auth.items() if a['holder'] in U}
        inforce = {k: a for k, a in D.items() if a['st'] == 'ACTIVE' and a['payload']['nbf'] < self.t1 <= a['payload']['exp']}
        T = {k: t for k, t in self.tok.items() if t['authorisation'] in D}
        good = [t for t in T.values() if t['st'] == 'ACTIVE' and t['payload']['nbf'] < self.t1 <= t['payload']['exp'] and t['authorisation'] in inforce]
        mine = lambda table, f='holder': (lambda o, b, g: o in table and table[o][f] in U)
        R = {}
        R['ledger.entries'] = len(led); R['ledger.entered'] = E('ledger.entered', lambda o, b, g: b['holder'] in U)
        R['ledger.catalogue'] = len({(x['holder'], x['catalog_ref']) for x in led})
        R['ledger.recognised'], R['ledger.memo'], R['ledger.not'] = res('ASSET'), res('MEMO'), res('NOT')
        R['ledger.open'] = sum(x['st'] != 'CONFIRMED' for x in led)
        R['assets.carded'] = len(live)
        R['assets.book_value_fen'] = sum(self.card[k, a['ver']]['basic'].get('book_value', 0) for k, a in live.items())
        for k in ('submitted', 'accepted', 'returned', 'refused', 'noticed', 'decided', 'terminated', 'executed', 'withdrawn'):
            R['registration.' + k] = E('registration.' + k, mine(self.reg))
        R['registration.late'] = sum(1 for _, g, k, o, b in self.now if k.startswith('registration.') and b.get('late') and self.reg[o]['holder'] in U)
        R['registration.legacy'] = sum(1 for b in self.legacy.values() if b['holder'] in U and day(self.t0) <= b.get('registered_on', '') < day(self.t1))
        R['objection.made'] = E('objection.made', lambda o, b, g: self.asset[b['asset_no']]['holder'] in U)
        R['objection.upheld'] = E('objection.decided', lambda o, b, g: b['to'] == 'UPHELD' and self.asset[self.obj[o]['asset_no']]['holder'] in U)
        R['assets.registered'] = sum(registered(a) for a in A.values())
        R['certificate.issued'] = E('certificate.issued', mine(self.cert))
        R['certificate.active'] = sum(c['st'] == 'ACTIVE' and c['not_after'] >= self.t1 for c in C.values())
        R['certificate.suspended'] = sum(c['st'] in ('SUSPENDED', 'REVOKING') for c in C.values())
        R['certificate.withdrawn'] = E('certificate.revoked', lambda o, b, g: b['to'] == 'WITHDRAWN' and self.cert[o]['holder'] in U)
        R['certificate.cancelled'] = E('certificate.revoked', lambda o, b, g: b['to'] in ('CANCELLED', 'TRANSFERRED') and self.cert[o]['holder'] in U)
        R['authorisation.asked'] = E('approval.requested', lambda o, b, g: b['kind'] == 'authorisation.grant' and g in U)
        R['authorisation.issued'] = E('authorisation.issued', mine(self.auth))
        R['authorisation.active'] = len(inforce)
        R['authorisation.suspended'] = sum(a['st'] in ('SUSPENDED', 'ENDING') for a in D.values())
        R['authorisation.reclaimed'] = E('authorisation.reclaimed', mine(self.auth)); R['authorisation.terminated'] = E('authorisation.terminated', mine(self.auth))
        R['authorisation.operators'] = len({a['operator'] for a in inforce.values()})
        for k in ('proposed', 'deliberated', 'agreed', 'filed'): R['plan.' + k] = E('plan.' + k, mine(self.plan))
        R['authorisation.evaluations'] = E('evaluation.added', lambda o, b, g: b['authorisation'] in D)
        counts = lambda o, b: (b.get('state') in ('BOOKED', 'COUNTER')) if 'gross_fen' in b else b['to'] == 'BOOKED'
        booked = [(o, self.rev[o]) for _, g, k, o, b in self.now if k in ('revenue.booked', 'revenue.cleared') and counts(o, b)]
        mineb = [(o, r) for o, r in booked if r['holder'] in U and r['kind'] != 'REDEV_SALE']
        for f in ('gross_fen', 'tax_fen', 'net_fen'): R['revenue.' + f] = sum(r[f] for _, r in mineb)
        R['revenue.remitted_fen'] = sum(b['amount_fen'] for _, g, k, o, b in self.now if k == 'remittance.paid' and self.rev[b['revenue']]['holder'] in U)
        R['revenue.overdue_fen'] = sum(m['owed'] - m['paid'] for m in self.rem.values() if not m['dead'] and m['due'] < self.t1 and self.rev[m['rev']]['holder'] in U)
        R['revenue.free_licenses'] = E('token.issued', lambda o, b, g: o in T and T[o]['payload']['terms']['kind'] == 'free')
        R['revenue.paid_licenses'] = E('token.issued', lambda o, b, g: o in T and T[o]['payload']['terms']['kind'] == 'paid')
        R['circulation.licenses_issued'] = E('token.issued', lambda o, b, g: o in T)
        R['circulation.licenses_active'] = len(good)
        R['circulation.licenses_reclaimed'] = sum(t['authorisation'] == o and t['st'] not in ('PENDING', 'ABANDONED') for _, g, k, o, b in self.now if k in ('authorisation.reclaimed', 'authorisation.terminated') for t in T.values())
        R['circulation.users'] = len({t['payload']['holder']['usci'] for t in good})
        R['circulation.products'] = len({(t['authorisation'], t['payload']['product']['id']) for t in good})
        P = [p for p in self.prod.values() if p['st'] == 'ON_SALE' and p['authorisation'] in D]
        R['circulation.products_on_sale'] = len(P); R['circulation.products_redeveloped'] = sum(p['level'] == 'REDEVELOPED' for p in P)
        R['circulation.listed'] = E('listing.listed', lambda o, b, g: self.listing[o]['authorisation'] in D)
        tr = [t for t in self.trade.values() if t['authorisation'] in D and day(self.t0) <= t['traded_on'] <= day(self.t1 - 1)]
        R['circulation.trades'] = len(tr); R['circulation.traded_fen'] = sum(t['amount_fen'] for t in tr)
        R['risk.revenue_held'] = E('revenue.held', mine(self.rev)); R['risk.revenue_refused'] = E('revenue.refused', mine(self.rev))
        R['risk.collateral_refused'] = E('collateral.refused', lambda o, b, g: o in A)
        R['risk.encumbrances'] = sum(c['st'] == 'REGISTERED' and c['asset'] in A for c in self.col.values())
        R['risk.overrides'] = E('rule.overridden', lambda o, b, g: o in A)
        R['risk.frozen'] = sum(a['st'] == 'FROZEN' for a in A.values())
        R['risk.suspensions'] = E('certificate.suspended', mine(self.cert)) + E('authorisation.suspended', mine(self.auth))
        whose = lambda b: self.auth[b['authorisation']]['holder'] if b.get('authorisation') else self.asset[b['asset_no']]['holder'] if b.get('asset_no') else None
        R['risk.incidents'] = E('incident.reported', lambda o, b, g: whose(b) in U)
        R['risk.orders'] = E('order.issued', lambda o, b, g: (whose(b) or b['org']) in U)
        R['risk.complaints'] = E('complaint.filed', lambda o, b, g: whose(b) in U)
        R['risk.complaints_upheld'] = E('complaint.decided', lambda o, b, g: b['to'] == 'JUSTIFIED' and whose(self.compl[o]) in U)
        R['assets.disposed'] = E('registration.executed', mine(self.reg))
        return R
    def operator(self, u):
        booked = [self.rev[o] for _, g, k, o, b in self.now if (k == 'revenue.booked' and b['state'] in ('BOOKED', 'COUNTER')) or (k == 'revenue.cleared' and b['to'] == 'BOOKED')]
        own = [r for r in booked if r['operator'] == u and r['kind'] != 'REDEV_SALE']
        return {'operation.gross_fen': sum(r['gross_fen'] for r in own), 'operation.net_fen': sum(r['net_fen'] for r in own),
                'operation.licenses_issued': sum(1 for _, g, k, o, b in self.now if k == 'token.issued' and self.auth[self.tok[o]['authorisation']]['operator'] == u),
                'operation.authorisations': sum(a['operator'] == u and a['st'] == 'ACTIVE' and a['payload']['nbf'] < self.t1 <= a['payload']['exp'] for a in self.auth.values()),
                'operation.reclaimed': sum(1 for _, g, k, o, b in self.now if k in ('authorisation.reclaimed', 'authorisation.terminated') and self.auth[o]['operator'] == u)}


def until(report):
    """of one whose period is not over: when its figures were counted"""
    return datetime.fromisoformat(report['as_of'].replace('Z', '+00:00')).timestamp() + 1 if report.get('as_of') else None


def compare(sentence, h, period, unit=''):
    code, out = h.cli('report', 'half-year', '--period', period, '--format', 'json', *(['--unit', unit] if unit else []))
    want = World(h.d, period, until(out)).values(unit)
    want.pop('assets.disposed')  # of the report on state assets
    wrong = {k: (out['values'].get(k), v) for k, v in want.items() if out['values'].get(k) != v}
    check('%s: %s of %s' % (sentence, period, unit or 'all units'), code == 0 and not wrong and len(want) > 60, wrong)


def first_half(h):
    """what is booked, held, granted and issued by June; (the reclaim that waits, booking to counter later, held ones)"""
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True, 'revenue.inst_nontax': True})
    rt.case3 = rt.authorised(rt.certified('HB-R-1'), [(WATER, '提供', 5500), (WATER, '治理', 2500), (JINGCHU, '运营', 2000)])
    rt.authorised(rt.certified('HB-R-2'), [(WATER, '提供', 4000), (JINGCHU, '运营', 6000)], first='2026-07-15')
    rt.bare = rt.short_course(rt.certified('HB-R-3', public=False))
    h.at('2026-06-03T01:00:00Z')
    now, later, paid = (rt.booked(gross_fen=g) for g in (1000001, 2000003, 3000007))
    held = [rt.book(**change)[1]['id'] for change in (dict(funded_by='DEBT'), dict(gov_platform=True))]
    rt.licensed('P-A', PENGCHENG, '鹏城数据科技（虚构）')
    rt.licensed('P-B', GUIZHOU, '贵州省财政厅', 'PUBGOV', 'free')
    done('jc1', 'token.revoke', id=rt.licensed('P-A', GUIZHOU, '贵州省财政厅'), reason='示例')
    two('jc1', 'hb-fin1', 'revenue.counter', id=now, reason='示例')
    for r in rt.owed(paid).values():
        rt.remit('hbsw1', r['id'], r['amount_fen'] if r['amount_fen'] < 1000000 else 5, 'JK-' + r['id'])
    return done('hbsw1', 'authorisation.reclaim', number=rt.bare, reason='示例')['approval'], later, held


def second_half(h, reclaim, later, held):
    h.at('2026-06-30T15:59:50Z')
    rt.officers.sessions.clear()
    rt.booked(gross_fen=5000011, paid_on='2026-06-30', period_to='2026-06-30')
    h.at('2026-06-30T16:00:00Z')
    rt.officers.sessions.clear()
    rt.booked(gross_fen=6000013, paid_on='2026-07-01', period_to='2026-06-30')
    done('hb-fin1', 'approval.approve', id=reclaim)
    two('jc1', 'hb-fin1', 'revenue.counter', id=later, reason='示例')
    two('hb-fin1', 'hb-fin2', 'revenue.clear', id=held[0], evidence=rt.PROOF, reason='示例')
    two('hb-fin1', 'hb-fin2', 'revenue.refuse', id=held[1], reason='示例')


def main():
    h = rt.h = Home(cases=False)
    try:
        h.at('2026-04-02T01:00:00Z')
        check('the appliance serves', h.serve())
        rt.officers = Officers(h)
        second_half(h, *first_half(h))
        for period in ('2026H1', '2026H2'):
            for unit in ('', HUBEI, WATER, GUIZHOU):
                compare('equal to the model', h, period, unit)
        two('hb-fin1', 'hb-fin2', 'organisation.change', usci=WATER, dept=GUIZHOU, note='划转（示例）')
        h.at('2026-07-20T01:00:00Z')
        rt.officers.sessions.clear()
        for period in ('2026H1', '2026H2'):
            for unit in ('', HUBEI, GUIZHOU):
                compare('also when a unit has moved', h, period, unit)
        two('hb-fin1', 'hb-fin2', 'report.submit', kind='half-year', period='2026H1')
        fixed = get('hb-fin1', 'report/RP-HY-2026H1-' + HUBEI)
        two('jc1', 'hb-fin1', 'revenue.counter', id=next(r['id'] for r in get('jc1', 'revenue?state=BOOKED')['items']), reason='示例')
        check('what is fixed stays, octet for octet', get('hb-fin1', 'report/RP-HY-2026H1-' + HUBEI) == fixed and fixed['state'] == 'FIXED')
        again = done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI, draft=True)
        check('and a new draft of it counts the same', again['values'] == fixed['values'] and again['draft'] is True)
        year = done('jc1', 'report.operator-year', period='2026')
        want = World(h.d, '2026', until(year)).operator(JINGCHU)
        check('the operator\'s year', {k: year['values'][k] for k in want} == want, (year['values'], want))
        h.stop()
        rebuilt(h, 'the tables are what the events say')
    finally:
        h.close()
    finish()


if __name__ == '__main__':
    main()
