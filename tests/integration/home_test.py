"""The home page (home.show, and / as a page): each role sees what waits for it and the figures of its own scope,
no more than its commands show; the counts that are kept equal those that this test makes from the tables, before
and after acts; the page is small, escapes what is hostile, and leads where one acts."""
import http.cookiejar, sqlite3, urllib.parse
from datetime import datetime, timedelta, timezone
from lib import *

HUBEI, GUIZHOU, WATER, WATER_MINISTRY = '11420000DEMA00013M', '11520000DEMA000217', '12420000DEMA00099D', '11100000DEMA00064H'
JINGCHU, PENGCHENG = '91420100DEMA001011', '91440300DEMA00128B'
h = Home()


def show(who, **params):
    code, out = h.api('GET', '/api/v1/home/show' + ('?' + urllib.parse.urlencode(params) if params else ''), None, sessions[who])
    if code != 200:
        raise RuntimeError('home.show of %s: %s' % (who, out))
    return out


def rows(home, figure, key='count'):
    f = next((f for f in home['figures'] if f['figure'] == figure), None)
    return None if f is None else {r['code']: r[key] for r in f['rows'] if r[key]}


def day(t):
    return datetime.fromtimestamp(t, timezone(timedelta(hours=8))).strftime('%Y-%m-%d')


def count(pairs):
    out = {}
    for k, n in pairs:
        out[k] = out.get(k, 0) + n
    return {k: n for k, n in out.items() if n}


class Counted:
    """the figures from the tables themselves, for the holders, operators or users that `mine` lets through"""

    def __init__(self, mine):
        db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=300)
        now = int(db.execute("SELECT MAX(at) FROM event").fetchone()[0])
        today = day(now)
        org = {u: dict(finance=f, dept=d or u) for u, f, d in db.execute('SELECT usci, finance, dept FROM organisation')}
        ok = lambda holder, implementer='', operator='', user='': mine(dict(holder=holder, implementer=implementer, operator=operator, user=user, **org.get(holder, {})))
        state = lambda s, end: 'EXPIRED' if s == 'ACTIVE' and day(end) < today else s
        self.assets = count((s, 1) for s, x in db.execute('SELECT state, holder FROM asset') if ok(x))
        self.industry = count(((json.loads(c)['basic'].get('industry') or '')[:1], 1) for s, x, c in db.execute(
            'SELECT a.state, a.holder, k.card FROM asset a JOIN card k ON k.asset_no = a.asset_no AND k.version = a.version') if ok(x) and s not in ('CANCELLED', 'TRANSFERRED', 'DESTROYED'))
        self.certificates = count((state(s, e), 1) for s, x, e in db.execute("SELECT state, holder, not_after FROM certificate WHERE state NOT IN ('PENDING', 'ABANDONED')") if ok(x))
        self.issued = count((day(at)[:7], 1) for x, at in db.execute("SELECT c.holder, e.at FROM event e JOIN certificate c ON c.number = e.object WHERE e.kind = 'certificate.issued'") if ok(x))
        self.active = count((m, 1) for m, s, x, i, o, e in db.execute(
            "SELECT json_extract(body, '$.grant.mode'), state, holder, implementer, operator, not_after FROM authorisation WHERE state NOT IN ('PENDING', 'ABANDONED')") if ok(x, i, o) and state(s, e) == 'ACTIVE')
        self.tokens = count((state(s, e) if s != 'ACTIVE' or a == 'ACTIVE' or day(e) < today else 'STOPPED', 1) for s, e, a, x, i, o, u in db.execute(
            "SELECT t.state, t.not_after, a.state, a.holder, a.implementer, t.operator, t.user FROM token t JOIN authorisation a ON a.number = t.authorisation WHERE t.state NOT IN ('PENDING', 'ABANDONED')") if ok(x, i, o, u))
        self.shared = count((p[:7], n) for p, n, x, i, o, f in db.execute(
            "SELECT paid_on, net_fen, holder, implementer, operator, finance FROM revenue WHERE state IN ('BOOKED', 'COUNTERED', 'COUNTER')") if mine(dict(holder=x, implementer=i, operator=o, user='', finance=f, dept=org[x]['dept'])))
        self.remitted = count((p[:7], n) for p, n, x, f in db.execute(
            'SELECT y.paid_on, y.amount_fen, m.party, m.finance FROM remittance_payment y JOIN remittance m ON m.id = y.remittance') if mine(dict(holder=x, implementer=x, operator=x, user='', finance=f, dept=org[x]['dept'])))
        db.close()


EVERYBODY = lambda x: True
SCOPES = {  # who, and whose figures he has
    'auditor': ('all', EVERYBODY), 'hb-fin1': ('finance', lambda x: x['finance'] == HUBEI), 'gz-fin1': ('finance', lambda x: x['finance'] == GUIZHOU),
    'slb1': ('superior', lambda x: x['dept'] == WATER_MINISTRY), 'pc1': ('holder', lambda x: x['holder'] == PENGCHENG),
}


def agrees(when):
    for who, (whose, mine) in SCOPES.items():
        home, c = show(who), Counted(mine)
        got = [rows(home, 'assets.state'), rows(home, 'assets.industry'), rows(home, 'certificates.state'), rows(home, 'certificates.issued'),
               rows(home, 'authorisations.mode', 'active'), rows(home, 'tokens.state'), rows(home, 'revenue.months', 'shared_fen'), rows(home, 'revenue.months', 'remitted_fen')]
        made = [c.assets, c.industry, c.certificates, c.issued, c.active, c.tokens, c.shared, c.remitted]
        check('%s: %s sees what the tables give (%s)' % (when, who, whose), got == made and home['figures'][0]['of']['whose'] == whose, [(g, m) for g, m in zip(got, made) if g != m])
    home, c = show('jc1'), Counted(lambda x: x['operator'] == JINGCHU)
    check('%s: an operator sees its authorisations, tokens and revenue, and no assets' % when, rows(home, 'assets.state') is None and rows(home, 'certificates.state') is None and
          rows(home, 'authorisations.mode', 'active') == c.active and rows(home, 'tokens.state') == c.tokens and rows(home, 'revenue.months', 'shared_fen') == c.shared,
          (rows(home, 'tokens.state'), c.tokens, rows(home, 'revenue.months', 'shared_fen'), c.shared))
    home = show('pc-dev')
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=300)
    own = db.execute("SELECT COUNT(*) FROM token WHERE user = ? AND state NOT IN ('PENDING', 'ABANDONED')", (PENGCHENG,)).fetchone()[0]
    db.close()
    check('%s: a user of data sees its own tokens and nothing else' % when, [f['figure'] for f in home['figures']] == ['tokens.state'] and sum((rows(home, 'tokens.state') or {}).values()) == own, home['figures'])


def browser(name):
    o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    o.addheaders = [('Accept', 'text/html')]
    l = h.login(name)
    return o, o.open('http://127.0.0.1:%d/login' % h.p, urllib.parse.urlencode({'login': name, 'password': l['password'], 'totp': h.code(name)}).encode(), timeout=300)


def act(who, noun, verb, **body):
    code, out = h.api('POST', '/api/v1/%s/%s' % (noun, verb), body, sessions[who])
    check('%s does %s.%s' % (who, noun, verb), code == 200, out)
    return out


# whoever is asked may do it: each act is tried, by who sees it, with what its list has
TRIES = {'ledger.recognise': ('id', dict(result='ASSET', decision='x')), 'ledger.confirm': ('id', {}), 'registration.submit': ('asset', {}), 'registration.endorse': ('id', dict(accept=True)),
         'registration.accept': ('id', {}), 'registration.decide': ('id', dict(accept=True)), 'registration.review': ('id', dict(accept=True)), 'registration.receive': ('id', {}),
         'certificate.issue': ('assets', {}), 'objection.confirm': ('id', {}), 'objection.decide': ('id', dict(upheld=False, reason='x')), 'plan.submit': ('id', {}), 'token.review': ('id', dict(accept=True)),
         'order.answer': ('id', dict(text='x')), 'order.close': ('id', dict(reason='x')), 'complaint.answer': ('id', dict(text='x')), 'complaint.decide': ('id', dict(upheld=False, reason='x'))}


def asked_may(when):
    tried, wrong = 0, []
    for who in sessions:
        for a in show(who)['waiting']['acts']:
            key, body = TRIES.get(a['what'], (None, None))
            items = h.api('GET', '/api/v1/%s?%s' % (a['noun'], urllib.parse.urlencode(dict(a['filter'], limit=1000))), None, sessions[who])[1]['items']
            if not items or (a['what'] != 'exchange.import' and not a['more'] and len(items) != a['count']):
                wrong.append((who, a, len(items), 'not what is counted'))
            for item in items[:5] if key else []:
                number = item.get('id') or item['asset_no']
                code, out = h.api('POST', '/api/v1/' + a['what'].replace('.', '/'), dict(body, preview=True, **{key: [number] if key == 'assets' else number}), sessions[who])
                tried += 1
                told = json.dumps([out.get('rule')] + [s.get('rule') for s in out.get('would', out).get('set_aside', [])])
                if code in (400, 403) or 'R40' in told or 'domain.md 6' in told:
                    wrong.append((who, a['what'], number, out))
    check('%s: whoever is asked may do it' % when, tried > 0 and not wrong, (tried, wrong[:2]))


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    sessions = {who: h.session(who) for who in list(SCOPES) + ['jc1', 'jc2', 'pc-dev', 'hb-fin2', 'hb-fin3', 'hbsw1', 'hbsw-sup', 'sj1', 'sj2', 'yj1']}
    agrees('at first')
    rebuilt(h)

    # what waits: a suspension, a request, an application, an order
    dau = next(a for a in h.api('GET', '/api/v1/authorisation?state=ACTIVE&operator=' + JINGCHU, None, sessions['jc1'])[1]['items'] if a['holder']['usci'] == WATER)
    dac = next(c for c in h.api('GET', '/api/v1/certificate?state=ACTIVE&holder=' + WATER, None, sessions['hb-fin1'])[1]['items'])
    act('hb-fin1', 'certificate', 'suspend', number=dac['number'], reason='home test')
    ap = act('hb-fin1', 'certificate', 'resume', number=dac['number'], reason='home test')['approval']
    ids = lambda who: [a['id'] for a in show(who)['waiting']['approvals']]
    check('an approval waits for another officer of the department, not for its applicant nor for others',
          ap in ids('hb-fin2') and ap not in ids('hb-fin1') and ap not in ids('gz-fin1') and ap not in ids('jc1') and ap not in ids('auditor'))
    order = act('hb-fin1', 'order', 'issue', kind='GUIDE', org=JINGCHU, number=dau['number'], due=day(time.time() + 20 * 86400), text='<script>alert(1)</script>')
    acts = lambda who: {a['what']: a['count'] for a in show(who)['waiting']['acts']}
    check('an order waits for the operator', acts('jc1').get('order.answer') == 1 and 'order.answer' not in acts('sj1') and 'order.close' not in acts('hb-fin1'), acts('jc1'))
    check('and stands among the terms of who has to act and of who gave it', all(any(d['kind'] == 'order' and d['id'] == order['id'] for d in show(who)['deadlines']['items']) for who in ('jc1', 'hb-fin1')),
          show('jc1')['deadlines'])
    check('not among those of others', not any(d['kind'] == 'order' for d in show('gz-fin1')['deadlines']['items']))
    act('jc1', 'order', 'answer', id=order['id'], text='done')
    check('once answered it waits for who gave it', 'order.answer' not in acts('jc1') and acts('hb-fin1').get('order.close') == 1, acts('hb-fin1'))
    code, ob = h.cli('objection', 'lodge', '--asset', dac['asset_no'], '--name', '张三（示例）', '--contact', '027-0000', '--evidence', '名称有误（示例）')
    check('anybody objects to an asset', code == 0 and ob['state'] == 'TO_CONFIRM', ob)
    check('it waits for the finance department to confirm it, for nobody else', acts('hb-fin2').get('objection.confirm') == 1 and 'objection.decide' not in acts('hb-fin2') and
          not any('objection.confirm' in acts(who) for who in ('gz-fin1', 'hbsw1', 'hbsw-sup', 'jc1')), acts('hb-fin2'))
    term = lambda who: [d['state'] for d in show(who)['deadlines']['items'] if d['id'] == ob['id']]
    check('its term runs from the day it was lodged', term('hb-fin2') == ['TO_CONFIRM'] and term('gz-fin1') == [], show('hb-fin2')['deadlines'])
    act('hb-fin2', 'objection', 'confirm', id=ob['id'])
    check('once confirmed it waits to be decided', 'objection.confirm' not in acts('hb-fin2') and acts('hb-fin2').get('objection.decide') == 1 and term('hb-fin2') == ['OPEN'], acts('hb-fin2'))
    act('hb-fin2', 'objection', 'decide', id=ob['id'], upheld=False, reason='home test')
    check('and then for nothing', 'objection.decide' not in acts('hb-fin2') and term('hb-fin2') == [])
    terms = {who: [(not d['own'], d['due']) for d in show(who)['deadlines']['items']] for who in ('auditor', 'hb-fin1', 'jc1', 'hbsw1')}
    check('one\'s own terms come first, of them the longest overdue', terms['auditor'] != [] and all(t == sorted(t) for t in terms.values()), terms)
    check('whose they are is told', any(own for t in terms.values() for own in t if not own[0]) and any(own[0] for t in terms.values() for own in t), terms)

    # usage that a user has to countersign
    lt = next(t for t in h.api('GET', '/api/v1/token?state=ACTIVE&limit=1000&user=' + PENGCHENG, None, sessions['pc-dev'])[1]['items'])
    by = next(a['operator']['usci'] for a in h.api('GET', '/api/v1/authorisation?limit=1000', None, sessions['auditor'])[1]['items'] if a['number'] == lt['authorisation'])
    who = {JINGCHU: 'jc1'}.get(by, 'yj1')
    act(who, 'usage', 'report', totals=[{'token': lt['id'], 'day': day(time.time()), 'count': 1}])
    check('usage that was reported waits for its user, for nobody else', acts('pc-dev').get('usage.countersign') == 1 and not any('usage.countersign' in acts(x) for x in ('jc1', 'hb-fin1', 'pc1')), acts('pc-dev'))
    asked_may('while usage waits')
    act('pc-dev', 'usage', 'countersign', id=lt['id'] + '.' + day(time.time()))
    check('countersigned it waits no more', 'usage.countersign' not in acts('pc-dev'), acts('pc-dev'))
    agrees('with a suspended certificate')
    act('hb-fin2', 'approval', 'approve', id=ap)
    check('a decided approval waits no longer', ap not in ids('hb-fin2'))
    news = lambda who: [(d['id'], d['object'], d['object_name'], d['state']) for d in show(who)['decided']]
    check('its applicant\'s office is told, by the data\'s name, newest first; others are not', news('hb-fin1')[0] == (ap, dac['number'], dac['asset_name'], 'APPROVED') and
          ap not in [n[0] for who in ('gz-fin1', 'jc1', 'hbsw1', 'auditor') for n in news(who)], news('hb-fin1')[:2])
    check('at most eight', all(len(show(who)['decided']) <= 8 for who in sessions) and len(show('hbsw1')['decided']) == 8, [len(show(who)['decided']) for who in sessions])
    live = [t for t in h.api('GET', '/api/v1/token?limit=1000&state=ACTIVE&operator=' + JINGCHU, None, sessions['jc1'])[1]['items'] if t['authorisation_state'] == 'ACTIVE']
    granted = h.api('GET', '/api/v1/authorisation?limit=1000&state=ACTIVE&operator=' + JINGCHU, None, sessions['jc1'])[1]['items']
    use = show('jc1')['in_use']
    check('of what is in use it says how many there are', (use['tokens_total'], use['authorisations_total']) == (len(live), len(granted)) and use['tokens_total'] >= len(use['tokens']) > 0, (use, len(live), len(granted)))
    used = rows(show('jc1'), 'tokens.state')
    act('sj1' if dau['implementer'].get('usci') != WATER else 'hbsw1', 'authorisation', 'suspend', number=dau['number'], reason='home test')
    after = rows(show('jc1'), 'tokens.state')
    check('tokens of a suspended authorisation are in use no more', after.get('ACTIVE', 0) < used.get('ACTIVE', 0) and sum(after.values()) == sum(used.values()), (used, after))
    check('and leave the list of what is in use', all(t['authorisation'] != dau['number'] for t in show('jc1')['in_use']['tokens']) and all(a['number'] != dau['number'] for a in show('jc1')['in_use']['authorisations']))
    agrees('with a suspended authorisation')

    # a new asset, as far as it gets
    act('hbsw1', 'ledger', 'import', file=CSV_HEAD + 'HM-1,CAT-HM-1,home,,自主采集,,否\r\n')
    lg = next(l['id'] for l in h.api('GET', '/api/v1/ledger?limit=1000&state=LEDGERED&holder=' + WATER, None, sessions['hbsw1'])[1]['items'] if l['ledger_no'] == 'HM-1')
    check('a ledger entry waits for its holder', acts('hbsw1').get('ledger.recognise') == 1, acts('hbsw1'))
    act('hbsw1', 'ledger', 'recognise', id=lg, result='ASSET', decision='x')
    check('then for who confirms: of a unit without a superior its finance department, not the unit itself', acts('hb-fin1').get('ledger.confirm') == 1 and
          'ledger.confirm' not in acts('hbsw-sup') and 'ledger.recognise' not in acts('hbsw1'), (acts('hb-fin1'), acts('hbsw-sup')))
    asked_may('while a recognition waits')
    cards = acts('hbsw1').get('asset.card', 0)
    act('hb-fin1', 'ledger', 'confirm', id=lg)
    check('what is confirmed as an asset waits for its holder\'s card', acts('hbsw1').get('asset.card') == cards + 1 and 'asset.card' not in acts('hb-fin1'), acts('hbsw1'))
    asked_may('while a card waits')
    new = card('HM-00001')
    new['basic'].update(industry='J66', class_code='<b>1')
    code, out = h.api('POST', '/api/v1/asset/card', {'ledger': lg, 'card': new}, sessions['hbsw1'])
    if code != 200:  # a class code that a card may not have
        new['basic']['class_code'] = '1'
        act('hbsw1', 'asset', 'card', ledger=lg, card=new)
    check('and then for it no more', acts('hbsw1').get('asset.card', 0) == cards, acts('hbsw1'))
    rg = act('hbsw1', 'registration', 'submit', asset='HM-00001')['id']
    waits = {a['what']: a for a in show('hb-fin3')['waiting']['acts']}
    check('an application waits for the finance department, with the list that has it', any(w.startswith('registration.') and w != 'registration.receive' for w in waits) and
          all(a['filter'].get('finance') == HUBEI for a in waits.values() if a['noun'] == 'registration' and a['filter']), waits)
    agrees('with a new asset')
    asked_may('while an application waits')

    # a card without its number waits for the finance department
    act('hbsw1', 'ledger', 'import', file=CSV_HEAD + 'HM-2,CAT-HM-2,home two,,自主采集,,否\r\n')
    two = next(l['id'] for l in h.api('GET', '/api/v1/ledger?limit=1000&state=LEDGERED&holder=' + WATER, None, sessions['hbsw1'])[1]['items'] if l['ledger_no'] == 'HM-2')
    act('hbsw1', 'ledger', 'recognise', id=two, result='ASSET', decision='x')
    act('hb-fin1', 'ledger', 'confirm', id=two)
    new = card('')
    del new['use']
    new['basic'].pop('asset_no')
    provisional = act('hbsw1', 'asset', 'card', ledger=two, card=new)['asset_no']
    check('an asset without its number waits for the finance department, not for its holder', acts('hb-fin1').get('exchange.import') == 1 and 'registration.submit' not in acts('hbsw1'),
          (acts('hb-fin1'), acts('hbsw1')))
    of = lambda who, path: browser(who)[0].open('http://127.0.0.1:%d%s' % (h.p, path), timeout=300).read().decode()
    page = of('hbsw1', '/show/asset/' + provisional)
    check('its page says whose turn it is, and offers no application', '下一步' in page and '湖北省财政厅' in page and '/do/registration/submit' not in page, page[:300])
    check('and offers who has the turn the way to the number', '/do/exchange/import' in of('hb-fin1', '/show/asset/' + provisional))
    act('hbsw1', 'material', 'add', asset='HM-00001', kind='OTHER', name='home test.pdf', file='x')
    page = of('hb-fin3', '/do/registration/decide?id=' + rg)
    check('the form of a decision has the card and its materials at hand, folded', '<details class="doc"><summary>资产卡片和登记材料' in page and re.search('<a href="/show/material/MT-[0-9a-z]+"><bdi>home test.pdf', page) and '数据分级' in page, page[:300])
    left = h.api('GET', '/api/v1/registration/' + rg, None, sessions['hb-fin3'])[1].get('issuers_left')
    check('and says it when too few officers are left for the certificate', left is not None and (left < 2) == ('可办理颁证的经办人仅余' in page), left)
    check('only the finance department is told that', 'issuers_left' not in h.api('GET', '/api/v1/registration/' + rg, None, sessions['hbsw1'])[1])
    page = of('hb-fin3', '/show/registration/' + rg + '?lang=en')
    check('what is missing has English names on an English page', 'Missing:' not in page or re.search('<section class="missing"><p><strong>Missing:</strong></p><ul>(<li>[ -~]+</li>)+</ul>', page), page[:300])
    check('from a list of an asset\'s materials another is filed for the same', '/do/material/add?asset=HM-00001' in of('hbsw1', '/list/material?asset=HM-00001'))
    page = of('hb-fin1', '/show/certificate/' + dac['number'])
    check('a certificate\'s page says what it says and who issued it', '证书所绑定的资产卡片内容' in page and '权利种类' in page and '颁发机构' in page and page.count('<dt>禁止事项') == 1 and 'N76 水利' in page, page[:300])
    rebuilt(h, 'and the events give every count again')

    # roles at hand
    check('of several roles one can be looked at', show('yj1', role='OPERATOR')['at_hand'] == ['OPERATOR'] and rows(show('yj1', role='OPERATOR'), 'assets.state') is None and rows(show('yj1'), 'assets.state') is not None)
    refused('a role that one has not is refused', h.api('GET', '/api/v1/home/show?role=AUDITOR', None, sessions['yj1']), None)
    check('who runs the appliance sees how it fares, others only whether publishing is behind',
          show('auditor')['health']['queue']['most'] == 50000 and list(show('hb-fin1')['health']) == ['behind'] and list(show('jc1')['health']) == ['behind'], show('hb-fin1')['health'])

    # the page
    one, r = browser('jc1')
    page = r.read().decode()
    check('signing in leads home, where one can take back at once', urllib.parse.urlsplit(r.url).path == '/' and '我的待办' in page and re.search('href="/show/token/[^"]+#stop"', page) is not None, page[:300])
    use = show('jc1')['in_use']
    check('where more are in use than it shows it says of how many', ('以上为前 %d 项，共 %d 项' % (len(use['tokens']), use['tokens_total']) in page) == (use['tokens_total'] > len(use['tokens'])), use)
    check('all of one\'s tokens are one\'s own', re.search('href="/list/token[?]operator=[0-9A-Z]{18}&amp;state=ACTIVE"', page), re.findall('href="/list/token[^"]*"', page))
    check('the pictures have titles, words and tables', page.count('role="img"') == page.count('<desc id=') and page.count('<table class="figures">') >= page.count('role="img"') > 1)
    check('no style and no script stands in the page', ' style=' not in page and '<style' not in page and '<script>' not in page and 'alert(1)' not in page)
    for who in ('hb-fin3', 'auditor', 'hbsw1'):
        o, r = browser(who)
        page = r.read()
        check('the home page of %s weighs less than 100 kB' % who, len(page) < 100000, len(page))
        en = o.open('http://127.0.0.1:%d/?lang=en' % h.p, timeout=300).read().decode()
        check('and speaks English when asked', 'What waits for me' in en and '我的待办' not in en)
    code, out = h.cli('home', 'show', who='jc2')
    check('the command line gives the same', code == 0 and out['org'] == JINGCHU and out['at_hand'] == ['OPERATOR'], out)
finally:
    h.stop()
    h.close()
finish()
