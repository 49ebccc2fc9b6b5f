"""Reports: every figure equals what this file counts over the events alone, in its own way; every
format is produced and says the same; a draft becomes a report by two officers, and is then fixed;
returns of others are taken in beside the own figures; the calendar; and what is refused."""
import io, sqlite3, zipfile, xml.etree.ElementTree as ET
from collections import Counter
from datetime import datetime, timedelta, timezone
from lib import *

CHINA = timezone(timedelta(hours=8))
HUBEI, WATER, GUIZHOU = '11420000DEMA00013M', '12420000DEMA00099D', '11520000DEMA000217'


def moment(y, m, d):
    return int(datetime(y, m, d, tzinfo=CHINA).timestamp())


H1, H2 = (moment(2026, 1, 1), moment(2026, 7, 1)), (moment(2026, 7, 1), moment(2027, 1, 1))


class Fold:
    """the events before `to`, one after the other, into what they mean; written from the events'
    descriptions, not from the product's tables"""

    def __init__(self, home, since, to):
        self.since, self.to = since, to
        self.orgs, self.ledger, self.assets, self.cards, self.regs, self.certs, self.auths, self.tokens = {}, {}, {}, {}, {}, {}, {}, {}
        self.collateral, self.users, self.happened, self.objections, self.revenue, self.products, self.plans = {}, {}, [], {}, {}, {}, {}
        db = sqlite3.connect('file:%s/register.db?mode=ro' % home, uri=True)
        for seq, at, org, kind, obj, body in db.execute('SELECT seq, at, org, kind, object, body FROM event WHERE at < ? ORDER BY seq', (to,)):
            self.take(at, org, kind, obj, json.loads(body))
        db.close()

    def take(self, at, org, kind, obj, b):
        noun, verb = kind.split('.')
        if at >= self.since:
            self.happened.append((kind, obj, b, org))
        if noun == 'organisation':
            self.orgs[obj] = b
        elif kind == 'ledger.entered':
            self.ledger[obj] = dict(b, state='LEDGERED', result='')
        elif kind in ('ledger.recognised', 'ledger.confirmed'):
            self.ledger[obj].update(state=b['to'], result=b['result'])
        elif kind == 'asset.carded':
            self.cards[obj, b['version']] = b['card']
            a = self.assets.setdefault(obj, {'holder': b['holder'], 'state': 'CARDED', 'version': b['version']})
            a['newest'] = b['version']
            if not b.get('draft'):
                a['version'] = b['version']
        elif kind == 'registration.submitted':
            self.regs[obj] = dict(b)
            if b['asset_to']:
                self.assets[b['asset_no']]['state'] = b['asset_to']
        elif noun == 'registration':
            self.regs[obj]['state'] = b.get('to')
            if b.get('asset_to'):
                self.assets[b['asset_no']]['state'] = b['asset_to']
        elif kind == 'certificate.intended':
            self.certs[obj] = dict(b, state='PENDING')
        elif kind == 'certificate.issued':
            c = self.certs[obj]
            c['state'] = 'ACTIVE'
            self.assets[c['asset_no']].update(state='CERTIFICATED', version=c['card_version'])
            if c.get('succeeds'):
                self.certs[c['succeeds']]['state'] = 'SUPERSEDED'
        elif noun == 'certificate' and verb in ('suspended', 'resumed', 'revocation-requested', 'revocation-refused', 'revoked', 'expired', 'abandoned'):
            c = self.certs[obj]
            c['state'] = b.get('to') or {'expired': 'EXPIRED', 'abandoned': 'ABANDONED'}[verb]
            if verb in ('revoked', 'expired'):
                self.assets[c['asset_no']]['state'] = b.get('asset_to', 'REGISTERED')
        elif kind == 'authorisation.intended':
            self.auths.setdefault(obj, dict(b, state='PENDING'))
        elif kind == 'authorisation.issued' and obj in self.auths:
            self.auths[obj]['state'] = 'ACTIVE'
        elif noun == 'authorisation' and 'to' in b and obj in self.auths:
            self.auths[obj]['state'] = b['to']
        elif kind == 'token.intended':
            self.tokens[obj] = dict(b, state='PENDING')
        elif noun == 'token' and obj in self.tokens:
            self.tokens[obj]['state'] = 'ACTIVE' if verb == 'issued' else b.get('to', self.tokens[obj]['state'])
        elif kind in ('collateral.registered', 'collateral.refused', 'collateral.released'):
            self.collateral.setdefault(b['id'], {'asset': obj})['state'] = b['state']
        elif kind == 'objection.made':
            self.objections[obj] = b
        elif kind in ('revenue.held', 'revenue.booked'):
            self.revenue[obj] = b
        elif kind in ('product.added', 'product.changed'):
            self.products[obj] = dict(b, state='ON_SALE')
        elif kind == 'product.withdrawn':
            self.products[obj]['state'] = b['to']
        elif kind == 'plan.proposed':
            self.plans[obj] = b

    def below(self, unit):
        out = {u for u, o in self.orgs.items() if unit in (u, o['dept'], o['finance'])}
        while True:
            more = {u for u, o in self.orgs.items() if o['dept'] in out} - out
            if not more:
                return out
            out |= more

    def figures(self, unit=''):
        among = set(self.orgs) if unit == '' else self.below(unit)
        led = [x for x in self.ledger.values() if x['holder'] in among]
        confirmed = Counter(x['result'] for x in led if x['state'] == 'CONFIRMED')
        assets = {no: a for no, a in self.assets.items() if a['holder'] in among}
        live = {no: a for no, a in assets.items() if a['state'] not in ('CANCELLED', 'TRANSFERRED', 'DESTROYED')}
        certs = [c for c in self.certs.values() if c['holder'] in among]
        good = [c for c in certs if c['state'] == 'ACTIVE' and c['not_after'] >= self.to]
        auths = {n: a for n, a in self.auths.items() if a['holder'] in among}
        active = {n: a for n, a in auths.items() if a['state'] == 'ACTIVE' and a['payload']['nbf'] < self.to <= a['payload']['exp']}
        toks = {i: t for i, t in self.tokens.items() if t['authorisation'] in auths}
        valid = [t for t in toks.values() if t['state'] == 'ACTIVE' and t['payload']['nbf'] < self.to <= t['payload']['exp'] and t['authorisation'] in active]
        did = Counter()
        for kind, obj, b, org in self.happened:
            mine = {'registration': self.regs, 'certificate': self.certs}.get(kind.split('.')[0])
            if mine is not None and obj in mine and mine[obj]['holder'] in among:
                did[kind] += 1
                did['late'] += kind.startswith('registration.') and b.get('late') is True
                did[kind + ' ' + str(b.get('to'))] += 1
            elif obj in auths and kind.startswith('authorisation.'):
                did[kind] += 1
                if kind in ('authorisation.reclaimed', 'authorisation.terminated'):
                    did['dead'] += sum(t['authorisation'] == obj and t['state'] not in ('PENDING', 'ABANDONED') for t in toks.values())
            elif obj in toks and kind == 'token.issued':
                did[kind] += 1
                did['token ' + toks[obj]['payload']['terms']['kind']] += 1
            elif (kind == 'revenue.booked' or kind == 'revenue.cleared' and b['to'] == 'BOOKED') and self.revenue[obj]['holder'] in among:
                for part in ('gross_fen', 'tax_fen', 'net_fen'):
                    did[part] += self.revenue[obj][part]
            elif kind == 'revenue.held' and b['holder'] in among or obj in self.plans and self.plans[obj]['holder'] in among:
                did[kind] += 1
            elif kind == 'remittance.paid' and self.revenue[b['revenue']]['holder'] in among:
                did['remitted'] += b['amount_fen']
            elif kind == 'ledger.entered' and b['holder'] in among:
                did[kind] += 1
            elif kind in ('collateral.refused', 'rule.overridden') and (obj in assets or obj.split('/')[0] in auths):
                did[kind] += 1
            elif kind == 'product.charge-refused' and b['authorisation'] in auths:
                did[kind] += 1
            elif kind == 'objection.made' and b['asset_no'] in assets:
                did[kind] += 1
            elif kind == 'approval.requested' and b['kind'] == 'authorisation.grant' and org in among:
                did[kind] += 1
        out = {'ledger.entries': len(led), 'ledger.entered': did['ledger.entered'], 'ledger.catalogue': len({(x['holder'], x['catalog_ref']) for x in led}),
               'ledger.recognised': confirmed['ASSET'], 'ledger.memo': confirmed['MEMO'], 'ledger.not': confirmed['NOT'], 'ledger.open': sum(x['state'] != 'CONFIRMED' for x in led),
               'assets.carded': len(live), 'assets.book_value_fen': sum(self.cards[no, a['version']]['basic'].get('book_value', 0) for no, a in live.items()),
               'registration.late': did['late'], 'objection.made': did['objection.made'], 'assets.registered': sum(a['state'] in ('REGISTERED', 'CERTIFICATED') for a in assets.values()),
               'certificate.issued': did['certificate.issued'], 'certificate.active': len(good), 'certificate.suspended': sum(c['state'] in ('SUSPENDED', 'REVOKING') for c in certs),
               'certificate.withdrawn': did['certificate.revoked WITHDRAWN'], 'certificate.cancelled': did['certificate.revoked CANCELLED'],
               'authorisation.asked': did['approval.requested'], 'authorisation.issued': did['authorisation.issued'], 'authorisation.active': len(active),
               'authorisation.suspended': sum(a['state'] in ('SUSPENDED', 'ENDING') for a in auths.values()), 'authorisation.reclaimed': did['authorisation.reclaimed'],
               'authorisation.terminated': did['authorisation.terminated'], 'authorisation.operators': len({a['operator'] for a in active.values()}),
               'revenue.free_licenses': did['token free'], 'revenue.paid_licenses': did['token paid'], 'circulation.licenses_issued': did['token.issued'],
               'circulation.licenses_active': len(valid), 'circulation.licenses_reclaimed': did['dead'], 'circulation.users': len({t['payload']['holder']['usci'] for t in valid}),
               'circulation.products': len({(t['authorisation'], t['payload']['product']['id']) for t in valid}), 'risk.collateral_refused': did['collateral.refused'],
               'risk.encumbrances': sum(c['state'] == 'REGISTERED' and c['asset'] in assets for c in self.collateral.values()), 'risk.overrides': did['rule.overridden'],
               'risk.suspensions': did['certificate.suspended'] + did['authorisation.suspended']}
        out.update({'revenue.' + part: did[part] for part in ('gross_fen', 'tax_fen', 'net_fen')})
        out.update({'revenue.remitted_fen': did['remitted'], 'risk.revenue_held': did['revenue.held'], 'risk.charges_refused': did['product.charge-refused'], 'plan.proposed': did['plan.proposed'], 'plan.filed': did['plan.filed'],
                    'circulation.products_on_sale': sum(p['state'] == 'ON_SALE' and p['authorisation'] in auths for p in self.products.values())})
        for step in ('submitted', 'accepted', 'returned', 'refused', 'noticed', 'decided', 'terminated', 'executed', 'withdrawn'):
            out['registration.' + step] = did['registration.' + step]
        return out


def compare(sentence, report, fold, unit=''):
    want, got = fold.figures(unit), report['values']
    wrong = {k: (got.get(k), v) for k, v in want.items() if got.get(k) != v}
    check(sentence + ': %d figures equal an independent count over the events' % len(want), not wrong and len(want) > 40, wrong)


def half_year(h, period='2026H1', *more):
    code, out = h.cli('report', 'half-year', '--period', period, '--format', 'json', *more)
    if code != 0:
        raise RuntimeError(out)
    return out


def pdf_text(data):
    with tempfile.NamedTemporaryFile(suffix='.pdf') as f:
        f.write(data)
        f.flush()
        return subprocess.run(['pdftotext', '-layout', f.name, '-'], capture_output=True, text=True, timeout=300).stdout


def docx_text(data):
    z = zipfile.ZipFile(io.BytesIO(data))
    root = ET.fromstring(z.read('word/document.xml'))
    for name in z.namelist():
        ET.fromstring(z.read(name))
    return ''.join(t.text or '' for t in root.iter('{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t'))


def xlsx_cells(data):
    """{(sheet, 'A1'): text}; texts stand inline"""
    z, ns = zipfile.ZipFile(io.BytesIO(data)), '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
    out = {}
    shared = [''.join(t.text or '' for t in si.iter(ns + 't')) for si in ET.fromstring(z.read('xl/sharedStrings.xml'))] if 'xl/sharedStrings.xml' in z.namelist() else []
    for n in range(1, sum(x.startswith('xl/worksheets/sheet') for x in z.namelist()) + 1):
        for c in ET.fromstring(z.read('xl/worksheets/sheet%d.xml' % n)).iter(ns + 'c'):
            v = c.find(ns + 'v')
            text = ''.join(t.text or '' for t in c.iter(ns + 't')) if c.get('t') == 'inlineStr' else '' if v is None else shared[int(v.text)] if c.get('t') == 's' else v.text
            out[n, c.get('r')] = text
            if c.find(ns + 'f') is not None:
                out['formula'] = text
    return out


def formats(o, who, want, mark, **which):
    """the report in every format, over the API; each says what the document says"""
    number = str(want['values']['certificate.issued'])
    texts = ('数据资产全过程管理试点半年报告', '颁发证书', want['figures_sha256'][:16])
    got = {f: o.do(who, 'report.half-year', period=want['period'], format=f, **which) for f in ('csv', 'html', 'xlsx', 'docx', 'pdf')}
    check('every format is produced', all(code == 200 and out.get('bytes') for code, out in got.values()), {f: (c, str(r)[:80]) for f, (c, r) in got.items() if c != 200})
    data = {f: out['bytes'] for f, (code, out) in got.items()}
    for f in ('csv', 'html'):
        text = data[f].decode()
        check('%s says what the document says' % f, all(t in text for t in texts) and ('草稿' in text) == mark, text[:200])
    check('CSV has the figure as a number', re.search('\r\n颁发证书,%s,' % number, data['csv'].decode()) is not None)
    text = docx_text(data['docx'])
    check('DOCX says what the document says', all(t in text for t in texts) and ('草稿' in text) == mark, text[:200])
    cells = xlsx_cells(data['xlsx'])
    rows = {v: k for k, v in cells.items()}
    at = rows.get('certificate.issued')
    check('XLSX has every figure under its key, as a number', at is not None and at[0] > 1 and cells[at[0], 'C' + at[1][1:]] == number and 'formula' not in cells, at)
    check('PDF is one, with pages and fonts inside', data['pdf'][:5] == b'%PDF-' and len(data['pdf']) > 20000)
    if shutil.which('pdftotext'):
        text = re.sub(r'\s', '', pdf_text(data['pdf']))
        check('PDF says what the document says, page by page', all(t in text for t in texts) and '1/' in text and '草稿' in text if mark else all(t in text for t in texts), text[:300])
    else:
        absent('pdftotext')


# --- the demo home with its cases ---

COUNTY_CENTRE = '12429090DEMA00160Y'


def cases(h, whole, fold):
    """the money of the six cases, by domain.md section 12: case 3's net income of May and case 6's fee count, what is held does not"""
    may, fee = 123456789, 5000000
    shares = {('提供', 'INST', 'UNIT'): may * 55 // 100 + fee * 40 // 100, ('治理', 'ADMIN', 'NONTAX'): may * 25 // 100, ('运营', 'SOE', 'OWN'): may * 20 // 100 + fee * 60 // 100}
    shares['提供', 'INST', 'UNIT'] += may + fee - sum(shares.values())  # the remainder to the first
    check('they are 679,012.35 / 308,641.97 / 246,913.57 and 20,000.00 / 30,000.00', sorted(shares.values()) == sorted([67901235 + 2000000, 30864197, 24691357 + 3000000]))
    want = {'revenue.gross_fen': may + fee, 'revenue.tax_fen': 0, 'revenue.net_fen': may + fee, 'revenue.remitted_fen': may * 25 // 100, 'risk.revenue_held': 1, 'risk.collateral_refused': 1,
            'authorisation.reclaimed': 1, 'circulation.licenses_reclaimed': 3140}
    check('the half-year has the exact figures of the six cases', {k: whole['values'][k] for k in want} == want, {k: whole['values'][k] for k in want})
    rows = {l['key']: l['rows'] for l in whole['lists']}
    check('and the shares by role and where they go', {(r['role'], r['kind'], r['fund']): r['amount_fen'] for r in rows['revenue.by_role']} == shares, rows['revenue.by_role'])
    parts = {u['usci']: (u['values']['revenue.net_fen'], u['values']['revenue.remitted_fen']) for u in whole['units']}
    check('each by its unit', {u: p for u, p in parts.items() if p != (0, 0)} == {HUBEI: (may, may * 25 // 100), COUNTY_CENTRE: (fee, 0)}, parts)
    county = half_year(h, '2026H1', '--unit', COUNTY_CENTRE)
    compare('the county\'s institution', county, fold, COUNTY_CENTRE)
    check('what is held is told where it is, and is no revenue', (county['values']['risk.revenue_held'], county['values']['revenue.gross_fen']) == (1, fee), county['values'])


def demo_home():
    h = Home()
    try:
        fold = Fold(h.d, *H1)
        whole = half_year(h)
        check('a report that nobody approved is a draft', whole['draft'] is True and whole['state'] == 'DRAFT' and whole['unit'] is None)
        compare('all pilot units', whole, fold)
        for u in whole['units']:
            if u['pilot']:
                compare(u['name'], half_year(h, '2026H1', '--unit', u['usci']), fold, u['usci'])
        cases(h, whole, fold)
        check('the units side by side add up', all(sum(u['values'][k] for u in whole['units']) == whole['values'][k] for k in ('certificate.issued', 'circulation.licenses_issued', 'ledger.entries')))
        check('the refused collateral stands in the report with its rule', [r['rule'] for l in whole['lists'] if l['key'] == 'risk.collateral_list' for r in l['rows']].count('R04') >= 1)
        check('each figure says how it is counted', all(f['counted']['zh'] and f['counted']['en'] for f in whole['figures'] + whole['amounts'])
              and {f['key']: f['value'] for f in whole['figures']} | {f['key']: f['value_fen'] for f in whole['amounts']} == whole['values'] and all(f['key'].endswith('_fen') for f in whole['amounts']))
        check('the same draft twice is the same octets', json.dumps(half_year(h), sort_keys=True) == json.dumps(whole, sort_keys=True))
        out = subprocess.run([B + '/fujie', 'report', 'half-year', '--dir', h.d, '--period', '2026H1', '--format', 'pdf'], capture_output=True, timeout=300).stdout
        check('the command line writes a file to standard output', out[:5] == b'%PDF-')
        out = subprocess.run([B + '/fujie', 'report', 'half-year', '--dir', h.d, '--period', '2026H1', '--format', 'json'], capture_output=True, timeout=300).stdout
        check('--format json is one document', json.loads(out)['draft'] is True)
        for period in ('2026', '2026H3', '2026h1', '26H1', 'x'):
            code, out = h.cli('report', 'half-year', '--period', period)
            check('no period: ' + period, code == 1 and out['detail']['en'] and re.search('[\u4e00-\u9fff]', out['detail']['zh']) is not None, out)
        code, out = h.cli('report', 'half-year', '--period', '2026H1', '--format', 'doc')
        check('no format: doc', code == 1 and 'docx' in out['detail']['en'], out)
        for kind in ('state-asset', 'operator-year', 'implementer-disclosure', 'operator-disclosure'):
            unit = {'state-asset': GUIZHOU, 'implementer-disclosure': GUIZHOU}.get(kind, '91520100DEMA0011XF')
            code, out = h.cli('report', kind, '--period', '2026', '--unit', unit, '--format', 'json')
            check('%s is another kind of the same machine' % kind, code == 0 and out['kind'] == kind and out['draft'] is True and (out['figures'] or out['lists']), out)
        check('the operator\'s year counts its own licenses', h.cli('report', 'operator-year', '--period', '2026', '--unit', '91520100DEMA0011XF', '--format', 'json')[1]['values']['operation.licenses_issued'] == 3140)
        code, out = h.cli('report', 'operator-year', '--period', '2026', '--format', 'json')
        check('an operator\'s report is somebody\'s', code == 1, out)
        owed = {d['id'] for d in h.cli('deadline', 'list', '--days', '366', '--limit', '1000')[1]['items'] if d['kind'] == 'report'}
        held = [a for a in h.cli('authorisation', 'list', '--limit', '1000')[1]['items'] if a['not_before'] < '2026-12-31T16:00:00Z']
        check('who had an authorisation within the year owes its yearly reports', {i[11:] for i in owed if i.startswith('RP-OY-2026')} == {i[11:] for i in owed if i.startswith('RP-OD-2026')} == {a['operator']['usci'] for a in held}
              and {i[11:] for i in owed if i.startswith('RP-ID-2026')} == {a['implementer']['usci'] for a in held}, sorted(owed))
    finally:
        h.close()


# --- a unit's half-year, from its first entry to the next report ---

def grow(h):
    """three registered assets, two certificates, a refused pledge, a memorandum entry; March 2026"""
    h.at('2026-03-02T02:00:00Z')
    h.serve()
    s, do, numbers = h.registered('RP', 3)
    o = Officers(h)
    o.sessions.update(s)
    o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=numbers[:2])
    code, out = o.do('hbsw1', 'collateral.request', asset=numbers[0], creditor='示例银行（虚构）')
    check('a pledge is refused and kept on record', code == 409 and out['rule'] == 'R04', out)
    code, out = o.do('hbsw1', 'revenue.book', kind='USE_FEE', payer=HUBEI, gross_fen=5000000, period_from='2026-02-01', period_to='2026-02-28', funded_by='FISCAL')
    check('a fee of the same budget is held', code == 409 and out['rule'] == 'R06', out)
    do('hbsw1', 'ledger', 'import', {'file': CSV_HEAD + 'RP-M,CAT-M,memo,,自主采集,,否\r\nRP-N,CAT-M,not yet,,自主采集,,否\r\n'})
    ids = {r['ledger_no']: r['id'] for r in o.get('hbsw1', 'ledger?limit=1000')['items']}
    do('hbsw1', 'ledger', 'recognise', {'id': ids['RP-M'], 'result': 'MEMO', 'decision': 'x'})
    do('hb-fin1', 'ledger', 'confirm', {'id': ids['RP-M']})
    return o, numbers


def writing(o):
    text = ['本省已建立数据资产管理制度。', '=1+1 <b>第二段</b>，' + '文字' * 300]
    out = o.done('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='rules', text=text)
    check('texts are written around the figures', out['paragraphs'] == 2)
    refused('a section that this kind does not have', o.do('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='fees', text=['x']), 'domain.md 9')
    refused('a report of another office\'s kind', o.do('hb-fin1', 'report.text', kind='operator-year', period='2026', section='fees', text=['x']), 'domain.md 6')
    refused('a figure is no field', o.do('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='certificate.issued', text=['9']), 'domain.md 9.1')
    refused('a period that is not over', o.do('hb-fin1', 'report.submit', kind='half-year', period='2026H1'), 'domain.md 9')
    refused('a period that has not begun', o.do('hb-fin1', 'report.half-year', period='2026H2'), 'domain.md 9')
    return text


def returns(o):
    name = '荆州市财政局（虚构）'
    base = {'kind': 'half-year', 'period': '2026H1', 'source': '11421000DEMA009' + '01A', 'name': name}
    template = o.done('hb-fin1', 'report.return-template', kind='half-year', format='csv')['bytes'].decode('utf-8-sig')
    check('the template has every key of the report', 'assets.book_value_fen' in template and 'certificate.issued' in template)
    filled = template.replace('certificate.issued,颁发证书,,', 'certificate.issued,颁发证书,7,').replace('assets.book_value_fen,账面原值,,', 'assets.book_value_fen,账面原值,"1,234",')
    out = o.done('hb-fin1', 'report.return', file=filled, **base)
    check('a table is taken in as a return', out['figures'] == 2, out)
    other = dict(base, source='11421100DEMA00902B', name='黄冈市财政局（虚构）')
    out = o.done('hb-fin1', 'report.return', file=json.dumps({'kind': 'half-year', 'period': '2026H1', 'values': {'certificate.issued': 5}}), **other)
    check('the JSON of another register is taken in as a return', out['figures'] == 1, out)
    refused('a return of another period', o.do('hb-fin1', 'report.return', file=json.dumps({'period': '2025H2', 'values': {'certificate.issued': 5}}), **other), 'domain.md 9')
    refused('a figure that the report does not have', o.do('hb-fin1', 'report.return', file=json.dumps({'values': {'certificate.forged': 5}}), **other), 'domain.md 9')
    refused('a figure below nothing', o.do('hb-fin1', 'report.return', file=json.dumps({'values': {'certificate.issued': -5}}), **other), 'domain.md 9')
    refused('a figure with a fraction', o.do('hb-fin1', 'report.return', file='key,value\r\ncertificate.issued,5.5\r\n', **other), 'domain.md 9', row=True)
    refused('a figure twice', o.do('hb-fin1', 'report.return', file='key,value\r\ncertificate.issued,5\r\ncertificate.issued,6\r\n', **other), 'domain.md 9', row=True)
    refused('the own figures as a return', o.do('hb-fin1', 'report.return', file=json.dumps({'values': {'certificate.issued': 5}}), **dict(base, source=HUBEI)), '167·四(二)')


def unit_home():
    h = Home(cases=False)
    try:
        o, numbers = grow(h)
        text = writing(o)
        returns(o)
        # after the period: another certificate, a suspension of one from within it, a late entry
        h.at('2026-07-02T02:00:00Z')
        o.sessions.clear()
        o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=numbers[2:])
        first = o.get('hb-fin1', 'certificate?limit=10')['items'][0]['number']
        o.done('hb-fin1', 'certificate.suspend', number=first, reason='检查（示例）')
        fold = Fold(h.d, *H1)
        draft = o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)
        compare('what happened after the period does not count in it', draft, fold, HUBEI)
        check('and the state is that of the period\'s end', draft['values']['certificate.issued'] == 2 and draft['values']['certificate.active'] == 2 and draft['values']['certificate.suspended'] == 0 and draft['values']['ledger.memo'] == 1
              and draft['values']['risk.revenue_held'] == 1 and draft['values']['revenue.gross_fen'] == 0, draft['values'])
        check('returns stand beside the own figures, marked by source', [r['name'] for r in draft['returns']] == ['荆州市财政局（虚构）', '黄冈市财政局（虚构）']
              and draft['consolidated']['certificate.issued'] == 14 and draft['values']['certificate.issued'] == 2 and draft['consolidated']['assets.book_value_fen'] == 1234)
        formats(o, 'hb-fin1', draft, True, unit=HUBEI)
        refused('a draft of another unit', o.do('gz-fin1', 'report.half-year', period='2026H1', unit=HUBEI), 'domain.md 6')
        check('the unit\'s holders read its draft', o.do('hbsw1', 'report.half-year', period='2026H1', unit=HUBEI)[0] == 200)
        decide(h, o, draft, text)
        next_report(h, o)
        calendar(o)
        rebuilt(h, 'the tables are what the events say')
    finally:
        h.close()


def decide(h, o, draft, text):
    dry = o.done('hb-fin1', 'report.submit', kind='half-year', period='2026H1', dry_run=True)
    check('a dry run answers the report as it would be submitted, and submits nothing', dry['dry_run'] is True and dry['report']['values'] == draft['values'] and dry['report']['texts'] == {'rules': text} and
          o.done('hb-fin1', 'report.list')['items'] == [], dry)
    o.done('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='risks', text=['预览之后写的'])
    refused('another report than the preview showed', o.do('hb-fin1', 'report.submit', kind='half-year', period='2026H1', seen=dry['seen']), 'domain.md 9')
    o.done('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='risks', text=[])
    asked = o.done('hb-fin1', 'report.submit', kind='half-year', period='2026H1', seen=dry['seen'])
    check('the report is what the preview showed', asked['sha256'] == dry['seen'], asked)
    shown = o.done('hb-fin2', 'approval.preview', id=asked['approval'])
    check('who decides sees all of it', shown['signs'] == 'report' and shown['report']['values'] == draft['values'] and shown['report']['sha256'] == asked['sha256'] and shown['report']['state'] == 'SUBMITTED', shown)
    refused('texts while it waits for its approval', o.do('hb-fin2', 'report.text', kind='half-year', period='2026H1', section='cases', text=['x']), 'domain.md 9')
    refused('returns while it waits for its approval', o.do('hb-fin2', 'report.return', kind='half-year', period='2026H1', source='11421000DEMA00901A', name='x', file='key,value\r\ncertificate.issued,5\r\n'), 'domain.md 9')
    refused('submitted twice', o.do('hb-fin2', 'report.submit', kind='half-year', period='2026H1'), 'domain.md 9')
    refused('approved by who submitted it', o.do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    refused('approved by another office', o.do('gz-fin1', 'approval.approve', id=asked['approval']), None)
    o.done('hb-fin2', 'approval.reject', id=asked['approval'], note='请补充案例')
    o.done('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='cases', text=['案例一（示例）'])
    asked, out = o.two('hb-fin1', 'hb-fin2', 'report.submit', kind='half-year', period='2026H1')
    fixed = o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)
    check('two officers fix it', fixed['draft'] is False and fixed['state'] == 'FIXED' and fixed['version'] == 2 and fixed['sha256'] == asked['sha256'] == out['sha256'], (fixed['state'], fixed['version']))
    check('with the draft\'s figures, and the texts as written', fixed['values'] == draft['values'] and fixed['figures_sha256'] == draft['figures_sha256'] and fixed['texts'] == {'rules': text, 'cases': ['案例一（示例）']})
    own = {k: v for k, v in fixed.items() if k not in ('id', 'state', 'draft', 'version', 'sha256', 'submitted_at', 'fixed_at', 'fixed_under', 'signature')}
    canonical = json.dumps(own, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    check('its hash is over the canonical document', hashlib.sha256(canonical.encode()).hexdigest() == fixed['sha256'])
    check('everybody reads a fixed report', o.do('gz-fin1', 'report.show', id=fixed['id'])[0] == 200)
    formats(o, 'hb-fin1', fixed, False, unit=HUBEI)
    html = o.done('hb-fin1', 'report.show', id=fixed['id'], format='html')['bytes'].decode()
    check('texts are texts in every format', '&lt;b&gt;' in html and '<b>' not in html and "\r\n'=1+1" in o.done('hb-fin1', 'report.show', id=fixed['id'], format='csv')['bytes'].decode())
    o.done('hb-fin1', 'report.text', kind='half-year', period='2026H1', section='cases', text=['改后的案例'])
    check('what is fixed does not follow later texts', o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)['sha256'] == fixed['sha256'])
    page = o.get('hb-fin1', 'report?limit=10')['items']
    check('reports are listed', [(r['id'], r['state']) for r in page] == [('RP-HY-2026H1-' + HUBEI, 'REOPENED'), ('RP-HY-2026H1-' + HUBEI + '-2', 'FIXED')], page)


def next_report(h, o):
    h.at('2027-01-05T02:00:00Z')
    o.sessions.clear()
    out = o.done('hb-fin1', 'report.half-year', period='2026H2', unit=HUBEI)
    compare('the next half-year', out, Fold(h.d, *H2), HUBEI)
    d = {x['key']: x for x in out['difference']}
    check('it says what differs from the last report', out['previous']['id'] == 'RP-HY-2026H1-' + HUBEI + '-2' and d['certificate.issued'] == {'key': 'certificate.issued', 'zh': '颁发证书', 'before': 2, 'now': 1, 'change': -1}
          and 'change_fen' in d['assets.book_value_fen'], d.get('certificate.issued'))
    formats(o, 'hb-fin1', out, True, unit=HUBEI)


def calendar(o):
    items = o.get('hb-fin1', 'report/calendar')['items']
    due = {i['id']: i for i in items}
    check('the calendar has the pilot\'s milestones and half-years', [i for i in due if i.startswith('pilot')] == ['pilot-plan', 'pilot-results', 'pilot-summary']
          and due['RP-HY-2026H1-' + HUBEI]['due'] == '2026-07-31' and due['RP-HY-2026H1-' + HUBEI]['state'] == 'FIXED'
          and due['RP-HY-2026H2-' + HUBEI]['due'] == '2027-01-31' and due['RP-HY-2025H2-' + HUBEI]['overdue'] is True, items)
    check('and none after 2026', not any('2027H' in i for i in due))
    o.two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'report.after_2026': True, 'report.due_h1': 715})
    due = {i['id']: i for i in o.get('hb-fin1', 'report/calendar')['items']}
    check('unless the profile says so; days are the profile\'s', due['RP-HY-2027H1-' + HUBEI]['due'] == '2027-07-15' and due['RP-HY-2026H1-' + HUBEI]['due'] == '2026-07-15')
    owed = lambda who: {d['id']: d for d in o.done(who, 'deadline.list', days=366, limit=1000)['items'] if d['kind'] == 'report'}
    mine = owed('hb-fin1')
    check('what is not fixed is a deadline of who owes it, by its profile', mine['RP-HY-2026H2-' + HUBEI]['day'] == '2027-01-31' and mine['RP-HY-2026H2-' + HUBEI]['state'] == 'DUE' and
          mine['RP-HY-2027H1-' + HUBEI]['day'] == '2027-07-15' and mine['RP-SA-2026-' + HUBEI]['day'] == '2027-06-30' and mine['RP-HY-2026H2-' + HUBEI]['overdue'] is False, mine)
    check('neither a fixed one, nor one of before this register', not [i for i in mine if '2026H1' in i or '2025' in i], mine)
    again = {i['id'] for i in o.get('hb-fin1', 'report/calendar')['items'] if i['owed']}
    check('the calendar says which are owed, the same', again == set(mine), (again, mine))
    check('and whose period is over', due['RP-HY-2026H1-' + HUBEI]['ended'] is True and due['RP-HY-2027H1-' + HUBEI]['ended'] is False and not any(i['ended'] for k, i in due.items() if k.startswith('pilot')), due)
    theirs = owed('gz-fin1')
    check('nor is it another department\'s', theirs and not [i for i in theirs if HUBEI in i], theirs)
    check('an operator without an authorisation owes none', owed('jc1') == {})
    file = re.sub('\r\n ', '', o.done('hb-fin1', 'deadline.list', format='ics')['bytes'].decode())
    check('deadlines as a file for calendars, with the reports under the same names', 'UID:RP-HY-2026H2-%s@fujie' % HUBEI in file and '数据资产全过程管理试点半年报告' in file)
    data = o.done('hb-fin1', 'report.calendar', format='ics')['bytes']
    lines = data.split(b'\r\n')
    check('as iCalendar: lines of 75 octets at most, each ending in CRLF', data.endswith(b'END:VCALENDAR\r\n') and all(len(l) <= 75 for l in lines) and b'\n' not in b''.join(lines))
    text = re.sub('\r\n ', '', data.decode())
    check('with the days, and UIDs of their own', 'DTSTART;VALUE=DATE:20270715' in text and text.count('BEGIN:VEVENT') == text.count('UID:') == len(set(re.findall('UID:.*', text))) == len(due))
    refused('a unit that there is not', o.do('hb-fin1', 'report.calendar', unit='11420000DEMA00099X'), None)


# --- figures that could be bent ---

def bent_home():
    h = Home(cases=False)
    try:
        h.at('2026-06-10T02:00:00Z')
        h.serve()
        s, do, numbers = h.registered('BT', 2)
        o = Officers(h)
        o.sessions.update(s)
        certs = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=numbers)[1]['certificates']
        c = card('BT-V')
        c['basic'].update(book_value=9223372036854775807, value_basis='COST')
        do('hbsw1', 'ledger', 'import', {'file': CSV_HEAD + 'BT-V,CAT-V,test,,自主采集,,否\r\n'})
        lg = next(r['id'] for r in o.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'BT-V')
        do('hbsw1', 'ledger', 'recognise', {'id': lg, 'result': 'ASSET', 'decision': 'x'})
        do('hb-fin1', 'ledger', 'confirm', {'id': lg})
        refused('a book value that no sum could hold', o.do('hbsw1', 'asset.card', ledger=lg, card=c), None)
        c['basic']['book_value'] = 10**14
        do('hbsw1', 'asset', 'card', {'ledger': lg, 'card': c})
        grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY'], 'actions': ['QUERY', 'REDEVELOP'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
        p = {'operator': '91420100DEMA001011', 'grant': grant, 'terms': 'paid', 'to': '2028-12-31', 'shared': False, 'selection': '公开招标（示例）',
             'operator_conditions': '示例', 'documents': {k: '示例' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
        now = o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=dict(p, certificates=certs[:1], **{'from': '2026-06-10'}))[1]['authorisation']
        o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=dict(p, certificates=certs[1:], **{'from': '2026-07-15'}))
        own_sale(o, now, dict(grant, actions=['REDEVELOP']))
        values = o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)['values']
        check('an authorisation that begins later is not in force yet', values['authorisation.issued'] == 2 and values['authorisation.active'] == 1, values)
        check('what a re-developer sells is circulation and no revenue', values['revenue.gross_fen'] == 0 and values['circulation.redeveloped_fen'] == 7777, values)
        check('nor is it in the report on state assets', o.done('hb-fin1', 'report.state-asset', period='2026', unit=HUBEI)['values']['revenue.gross_fen'] == 0)
        check('nor the operator\'s income', o.done('jc1', 'report.operator-year', period='2026')['values']['operation.gross_fen'] == 0)
        check('the largest book values add up', values['assets.book_value_fen'] == 10**14, values)
        h.at('2026-07-16T02:00:00Z')
        o.sessions.clear()
        check('from its first day on it is', o.done('hb-fin1', 'report.half-year', period='2026H2', unit=HUBEI)['values']['authorisation.active'] == 2)
        check('and still not in the half-year before', o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)['values']['authorisation.active'] == 1)
        refused('a return of a unit whose figures are counted here', o.do('hb-fin1', 'report.return', kind='half-year', period='2026H1', source=WATER, name='x', file='key,value\r\ncertificate.issued,5\r\n'), '167·四(二)')
        rebuilt(h, 'the tables are what the events say, here too')
    finally:
        h.close()


def own_sale(o, authorisation, grant):
    """鹏城 re-develops under the authorisation and books what it sold"""
    token = o.done('jc1', 'token.issue', request={'authorisation': authorisation, 'product': {'id': 'P-BASE', 'version': '1.0', 'kind': 'operator'}, 'grant': grant, 'terms': 'paid', 'days': 30,
                   'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'], 'users': [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）'}]})['tokens'][0]
    o.done('pc-dev', 'product.add', authorisation=authorisation, id='P-OWN', version='1.0', name='再开发产品（示例）', purpose='INDUSTRY', delivery='API', price_form='MARKET', charge_basis='CALLS', fee_fen=100,
           data_use='示例', conditions='示例', token=token)
    sale = dict(authorisation=authorisation, product='P-OWN', kind='REDEV_SALE', payer='91420100DEMA00136K', gross_fen=7777, period_from='2026-06-10', period_to='2026-06-10', paid_on='2026-06-10',
                funded_by='OWN', evidence={'delivery': [{'count': 7, 'from': '2026-06-10', 'sha256': SHA}]})
    check('a re-developer books what it sold', o.do('pc-dev', 'revenue.book', **sale)[1].get('state') == 'BOOKED')


demo_home()
unit_home()
bent_home()
finish()
