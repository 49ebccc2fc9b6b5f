"""Supervision of an authorised operation, on case 4 of domain.md section 12 and beside it: the list of all that
stops; evaluations with their score, and what an overdue one stops; narrowing, and which tokens it denies; every
kind of order; incidents; complaints with their cost; reclaim and surrender with the exit.  The verdict of the
public service stands after each step.  Each thing that is done has its refused neighbour.  All of it happens on the
demo home's clock, around T, whatever day the machine has; what lies a year ahead is judged by the tool alone.
Names and numbers are illustrative."""
from collections import Counter
from datetime import date, datetime, timedelta, timezone

import sqlite3
from casefile import many
from lib import *
from forms import Browser

GUIZHOU, QIANSHU, PENGCHENG, JIANGCHENG = '11520000DEMA000217', '91520100DEMA0011XF', '91440300DEMA00128B', '91420100DEMA00136K'
CASE = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/cases/case4.json')))
GATEWAY = 'https://gateway.example'
MANY = 3140
T = datetime(2026, 6, 10, 2, tzinfo=timezone.utc)
D = (T + timedelta(hours=8)).date()  # today, +08:00
present = False


def day(n):
    return (D + timedelta(days=n)).isoformat()


def utc(t):
    return t.strftime('%Y-%m-%dT%H:%M:%SZ')


def year_after(d):
    """last day of the year that begins on d"""
    try:
        return d.replace(year=d.year + 1) - timedelta(days=1)
    except ValueError:
        return date(d.year + 1, 2, 28)


def filled(doc, names):
    if isinstance(doc, dict):
        return many(MANY) if list(doc) == ['many'] else {k: filled(v, names) for k, v in doc.items()}
    if isinstance(doc, list):
        return [filled(v, names) for v in doc]
    return filled(names[doc[1:]], names) if isinstance(doc, str) and doc.startswith('$') else doc


def replay(until):
    """case 4 from its file, up to the step of this name"""
    global present
    names, days = dict(CASE['vars']), 60
    for s in CASE['steps']:
        if s['name'] == until:
            return names
        if 'refused' in s:
            continue
        if s['name'] == 'decide':
            h.at(utc(T))
            present = True
        elif 'at' in s:
            h.at(utc(T - timedelta(days=days)))
            days -= 1
        if s['name'] == 'propose':
            s['body']['proposal'].update({'from': day(0), 'to': day(1000)})
            names['agreement']['term'] = {'from': day(0), 'to': day(1000)}
        out = o.get(s['as'], s['get']) if 'get' in s else o.done(s['as'], s['post'].replace('/', '.'), **filled(s['body'], names))
        for name, path in s.get('save', {}).items():
            if '=' in path:
                names[name] = next(i for i in out['items'] if i['ledger_no'] == path.split('=')[1].split(']')[0])['id']
            else:
                names[name] = out[path[:-3]][0] if path.endswith('[0]') else out[path]


def hire(by, login, org, role):
    first = o.done(by[0], 'user.add', login=login, name=login + '（虚构）', person='p-' + login, org=org, roles=[role])
    second = o.done(by[1], 'approval.approve', id=first['approval'])
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', first['code_first'] + '-' + second['code_second'], '--json'],
                       capture_output=True, text=True, env=dict(os.environ, FUJIE_NEW_PASSWORD='an invented password'), timeout=300, stdin=subprocess.DEVNULL)
    h.demo['logins'].append({'login': login, 'password': 'an invented password', 'totp': json.loads(r.stdout)['totp']})


def bodies():
    """a data bureau and two assessors, one of them the operator's affiliate; and the ministry's office"""
    gz, mof = ('gz-fin1', 'gz-fin2'), ('mof1', 'mof2')
    for k, (by, name, kind, level, div, role, more) in enumerate((
            (gz, '贵州数据局（虚构）', 'ADMIN', '省', '520000', 'DATA_BUREAU', {}), (gz, '公正评估（虚构）', 'ENT', '省', '520000', 'ASSESSOR', {}),
            (gz, '关联评估（虚构）', 'ENT', '省', '520000', 'ASSESSOR', {'affiliates': [QIANSHU]}), (mof, '资产管理司（虚构）', 'ADMIN', '中央', '100000', 'MOF', {}))):
        code = usci(('1152' if kind == 'ADMIN' and role != 'MOF' else '1110' if role == 'MOF' else '9152') + '0000DEMC%05d' % (k + 1))
        finance = GUIZHOU if by == gz else '11100000DEMA00056N'
        o.two(by[0], by[1], 'organisation.add', usci=code, name=name, kind=kind, level=level, div6=div, finance=finance, roles=[role], **more)
        hire(by, ('bureau', 'assessor', 'cousin', 'ministry')[k], code, role)


def ask(compact, use):
    """verdict and checks, of the service and of the tool, which agree"""
    body = {'credential': compact, **({'use': use} if use else {})}
    path = os.path.join(h.root, 'credential')
    open(path, 'w').write(compact)
    report = tool(path, h.d + '/trust', use)
    if present:
        service = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps(body).encode(), timeout=300))['verdict']
        if service != report['verdict']:
            return {**report, 'verdict': 'service %s, tool %s' % (service, report['verdict'])}
    return report


def tool(path, trust, use):
    cmd = [B + '/fujie-verify', '--trust', trust, path, '--json', '--at', now()] + (['--use', ','.join(k + '=' + v for k, v in use.items())] if use else [])
    return json.loads(subprocess.run(cmd, capture_output=True, text=True, timeout=300).stdout)


def use_of(token, use):
    return {'action': 'VERIFY', 'purpose': 'INDUSTRY', 'user': token['user']['usci'], 'audience': GATEWAY, **use}


def verdict(token, **use):
    return ask(token['compact'], use_of(token, use))['verdict']


def verdict_of(compact):
    return ask(compact, {})['verdict']


def by_tool(token, trust, **use):
    path = os.path.join(h.root, 'token.jwt')
    open(path, 'w').write(token['compact'])
    return tool(path, trust, use_of(token, use))


def now():
    return o.done('auditor', 'status.show')['now']


def token(number):
    return o.get('auditor', 'token/' + number)


def state(number):
    return o.get('auditor', 'authorisation/' + number)['state']


def license(dau, grant, days=60, who='qs1', **more):
    return o.do(who, 'token.issue', request={'authorisation': dau, 'product': {'id': 'P-VERIFY', 'version': '1.0', 'kind': 'operator'}, 'grant': grant, 'terms': 'paid', 'days': days, 'binding': 'named',
                                             'audience': GATEWAY, 'duties': ['STOP'], 'users': [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}], **more})


def proposal(cert, grant, start, end, operator=QIANSHU):
    return {'certificates': [cert], 'operator': operator, 'grant': grant, 'terms': 'paid', 'from': start, 'to': end, 'shared': False, 'selection': '公开招标（示例）', 'operator_conditions': '示例',
            'documents': {k: '示例' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}


def grant_of(cert, grant, start, end):
    return o.two('gz-hold1', 'gz-fin1', 'authorisation.propose', proposal=proposal(cert, grant, start, end))[1]['authorisation']


def due(who, kind):
    return [d for d in o.done(who, 'deadline.list', days=366, limit=1000)['items'] if d['kind'] == kind]


def narrowing(cert):
    wide = {'mode': 'SCENE', 'domains': [], 'scenarios': ['信用评价', '普惠金融'], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'SECTOR'], 'actions': ['QUERY', 'VERIFY'],
            'territory': ['520000'], 'environment': [], 'quota': None, 'depth': 0}
    dau = grant_of(cert, wide, day(0), day(730))
    one = {**wide, 'purposes': ['INDUSTRY'], 'actions': ['VERIFY'], 'territory': ['520100']}
    two = {**wide, 'purposes': ['SECTOR'], 'actions': ['VERIFY']}
    fits, sector, long = (token(license(dau, g, d)[1]['tokens'][0]) for g, d in ((one, 60), (two, 60), (one, 90)))
    check('before the narrowing all three tokens are good', [verdict(fits), verdict(sector, purpose='SECTOR'), verdict(long)] == ['permit'] * 3,
          [verdict(fits), verdict(sector, purpose='SECTOR'), verdict(long)])
    old = shutil.copytree(h.d + '/publish/trust', h.root + '/old-trust')
    adjust = lambda who='gz-hold1', **what: o.do(who, 'authorisation.adjust', number=dau, reason='超范围使用（示例）', **what)
    refused('a purpose more is no adjustment: the whole course again', adjust(purposes=['INDUSTRY', 'PUBGOV']), 'domain.md 7.3')
    refused('nor is a wider territory', adjust(territory=['520000', '420000']), 'domain.md 7.3')
    refused('nor a later end', adjust(to=day(731)), 'domain.md 7.3')
    refused('what leaves all as it is is none either', adjust(purposes=['INDUSTRY', 'SECTOR']), '27号 art. 11')
    check('an unknown division is refused', adjust(territory=['52'])[0] == 422)
    refused('nor does another implementing institution adjust it', adjust('hbsw1', purposes=['INDUSTRY']), 'domain.md 7.3')
    refused('nor the operator', adjust('qs1', purposes=['INDUSTRY']), 'domain.md 6')
    code, asked = adjust(purposes=['INDUSTRY'])
    check('narrowing tells how many tokens lie beyond, before anybody confirms', code == 200 and asked['tokens_beyond'] == 1, asked)
    check('nothing has changed before', verdict(sector, purpose='SECTOR') == 'permit')
    refused('an officer of another finance department does not confirm', o.do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    done = o.done('gz-fin1', 'approval.approve', id=asked['approval'])
    check('the finance department confirms, and the second version is issued', done['version'] == 2 and done['issued'] == 1, done)
    check('what is beyond the narrowed scope is denied at once, the others go on', [verdict(fits), verdict(sector, purpose='SECTOR'), verdict(long)] == ['permit', 'deny', 'permit'],
          [verdict(fits), verdict(sector, purpose='SECTOR'), verdict(long)])
    report = by_tool(sector, h.d + '/trust', purpose='SECTOR')
    check('on signed bytes: the check of the narrowing fails', report['verdict'] == 'deny' and any(c['name'] == 'narrowing' and c['outcome'] == 'fail' for c in report['checks']), report['checks'])
    shutil.rmtree(old + '/status')
    shutil.copytree(h.d + '/publish/trust/status', old + '/status')
    check('a verifier that has not seen the new version denies it by its status', by_tool(sector, old, purpose='SECTOR')['verdict'] == 'deny')
    check('and permits the token that fits, in either trust', [by_tool(fits, t)['verdict'] for t in (h.d + '/trust', old)] == ['permit'] * 2, [by_tool(fits, t) for t in (h.d + '/trust', old)])
    refused('nothing is licensed beyond it any more', license(dau, two), 'R13')
    end = (o.done('gz-hold1', 'authorisation.adjust', number=dau, to=day(70), reason='提前终止（示例）'))
    check('an earlier end has its tokens beyond too', end['tokens_beyond'] == 1, end)
    o.done('gz-fin1', 'approval.approve', id=end['approval'])
    check('and denies those that run longer', [verdict(fits), verdict(long)] == ['permit', 'deny'], [verdict(fits), verdict(long)])
    shown = o.get('auditor', 'authorisation/' + dau)
    check('the authorisation shows its third version and both adjustments', shown['version'] == 3 and [a['revoked'] for a in shown['adjustments']] == [1, 1] and
          all(a['state'] == 'ISSUED' for a in shown['adjustments']) and shown['not_after'] == day(70) + 'T15:59:59Z', shown)
    check('and its credential permits', verdict_of(shown['compact']) == 'permit', verdict_of(shown['compact']))
    province = token(license(dau, {**wide, 'purposes': ['INDUSTRY'], 'actions': ['VERIFY']})[1]['tokens'][0])
    large = {**proposal(cert, {**wide, 'territory': ['520100']}, day(0), day(70)), 'adjusts': dau}
    o.two('gz-hold1', 'gz-fin1', 'authorisation.propose', proposal=large)
    check('a large change by a new plan denies what it leaves out, too', [verdict(fits), verdict(province)] == ['permit', 'deny'] and
          [a['revoked'] for a in o.get('auditor', 'authorisation/' + dau)['adjustments']] == [1, 1, 1], [verdict(fits), verdict(province)])
    return dau


def page(who, path):
    req = urllib.request.Request('http://127.0.0.1:%d%s' % (h.p, path), headers={'Cookie': 'fujie=' + o.token(who), 'Accept': 'text/html'})
    return urllib.request.urlopen(req, timeout=300).read().decode()


def stops(cert, dau, other):
    s = o.done('gz-hold1', 'stops.show', number=dau)
    check('before the reclaim: one authorisation, one product, all its tokens, the first hundred by name', s['counts'] == {'certificates': 0, 'authorisations': 1, 'products': 1, 'tokens': MANY} and
          len(s['first_tokens']) == 100, s['counts'])
    s = o.done('gz-fin1', 'stops.show', number=cert)
    check('before a withdrawal: the certificate and all that rests on it', s['counts'] == {'certificates': 1, 'authorisations': 2, 'products': 2, 'tokens': MANY + 1} and
          {a['number'] for a in s['authorisations']} == {dau, other}, s['counts'])
    check('the same by the asset', o.done('gz-fin1', 'stops.show', number='GZ-2026-0001')['counts'] == s['counts'])
    code, out = h.cli('stops', 'show', dau)
    check('and at the command line', code == 0 and out['counts']['tokens'] == MANY, out)
    pages = {p: page('gz-hold1', p) for p in ('/show/authorisation/' + dau, '/do/authorisation/reclaim?number=' + dau)}
    show, form = pages.values()
    check('the portal counts it on its page and above the form', all('将停止：证书 0，授权 1，产品和服务 1，许可令牌 %d' % MANY in t for t in (show, form)) and
          form.index('将停止') < form.index('action="/do/authorisation/reclaim"'), {p: len(t) for p, t in pages.items()})
    check('and names the first ten there, with the way to all of them', form.count('/show/token/LT-') == 10 and '/list/token?authorisation=' + dau in form)
    check('in English too', 'What stops: certificates 0, authorisations 1' in page('gz-hold1', '/do/authorisation/reclaim?lang=en&number=' + dau))
    check('but not above a form that stops nothing', '将停止' not in page('gz-hold1', '/do/authorisation/adjust?number=' + dau))
    l = h.login('qs1')
    r = subprocess.run([B + '/fujie', 'authorisation', 'suspend', dau, '--reason', 'x', '--dir', h.d, '--as', 'qs1'], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                       env=dict(os.environ, FUJIE_PASSWORD=l['password'], FUJIE_TOTP=h.code('qs1')))
    check('the command line tells people before it sends, also what is then refused', 'What stops' in r.stderr and '"tokens":%d' % MANY in r.stdout and r.returncode == 1, (r.returncode, r.stdout[:200], r.stderr[:200]))
    check('a number that there is not is not found', o.do('gz-fin1', 'stops.show', number='DAU-520000-202604-999999-X')[0] == 404)


def evaluation(dau, good):
    marks = [{'name': '服务成效', 'weight_bp': 4000, 'score': 55}, {'name': '合规', 'weight_bp': 3500, 'score': 40}, {'name': '安全', 'weight_bp': 2500, 'score': 64}]
    add = lambda who='gz-hold1', **what: o.do(who, 'evaluation.add', **{'number': dau, 'from': day(0), 'to': day(0), 'indicators': marks, 'conclusion': 'RECLAIM', 'report': '评价报告（示例）', **what})
    for sentence, what, rule in (('weights of 9,999 basis points', {'indicators': marks[:2] + [{**marks[2], 'weight_bp': 2499}]}, '27号 art. 14(九)'),
                                 ('a score of 101', {'indicators': [{**marks[0], 'weight_bp': 10000, 'score': 101}]}, '27号 art. 14(九)'),
                                 ('half a mark', {'indicators': [{**marks[0], 'weight_bp': 10000, 'score': 52.5}]}, None),
                                 ('a period of tomorrow', {'to': day(1)}, '27号 art. 14(九)'), ('a period before the authorisation', {'from': day(-1)}, '27号 art. 14(九)'),
                                 ('a conclusion that there is not', {'conclusion': 'PASS'}, None)):
        code, out = add(**what)
        check('an evaluation with %s is refused' % sentence, code in (400, 422) and (rule is None or out.get('rule') == rule), (code, out))
    code, out = add(**{'from': day(-1)})
    check('a period outside the term is told the days that there are, at its field', out['field'] == 'from' and day(0) in out['detail']['zh'] and add(to=day(1))[1]['field'] == 'to', out)
    refused('the operator does not evaluate itself', add('qs1'), 'domain.md 6')
    refused('nor does its affiliate', add('cousin'), 'domain.md 6')
    refused('nor another implementing institution', add('hbsw1'), 'domain.md 7.3')
    code, out = add('assessor')
    check('case 4: evaluated with 52 of 100', code == 200 and out['score'] == 52 and out['score_bp'] == 5200 and out['next_due'] == year_after(D + timedelta(days=1)).isoformat(), (code, out))
    refused('the same period is not evaluated twice', add(), '27号 art. 14(九)')
    shown = o.get('gz-hold1', 'evaluation/' + out['id'])
    check('the evaluation shows its indicators and its report, which its parties read', shown['indicators'][0]['score'] == 55 and o.done('qs1', 'material.show', id=shown['material'])['sha256'] == shown['sha256'], shown)
    refused('a stranger does not read the report', o.do('jc1', 'material.show', id=shown['material']), 'domain.md 6')
    check('it is found by its authorisation', [e['id'] for e in o.get('auditor', 'evaluation?number=' + dau)['items']] == [out['id']])
    check('and in its history', any(e['kind'] == 'evaluation.added' for e in o.done('auditor', 'find.history', object=dau, limit=200)['items']))
    check('it changes no verdict by itself', verdict(good) == 'permit')


def complaints(dau):
    said = {'number': dau, 'product': 'P-VERIFY', 'kind': 'CHARGE', 'subject': '核验收费不合理（示例）', 'name': '王五（虚构）', 'contact': '示例路2号',
            'items': [{'item': '核验', 'amount_fen': 1250}, {'item': '手续', 'amount_fen': 50}]}
    file = lambda who='pc1', **what: o.do(who, 'complaint.file', **{k: v for k, v in {**said, **what}.items() if v is not None})
    refused('a complaint says what it is about', file(subject='　'), 'domain.md 4.13')
    refused('amounts are integers of fen', file(items=[{'item': '核验', 'amount_fen': -1}]), 'R10')
    refused('and together no more than can be counted', file(items=[{'item': '核验', 'amount_fen': 6 * 10 ** 11}] * 2), 'R10')
    code, one = file()
    check('a complaint about a charge is entered with what was charged, in fen', code == 200 and one['charged_fen'] == 1300, (code, one))
    two = file(kind='QUALITY', items=[{'item': '核验', 'amount_fen': 0}])[1]
    check('the name is for who answers and decides, and for auditors', [o.get(w, 'complaint/' + one['id']).get('name') for w in ('qs1', 'gz-hold1', 'gz-fin1', 'auditor', 'jc1')] == ['王五（虚构）'] * 4 + [None])
    check('and in no event', '王五' not in json.dumps(o.done('auditor', 'event.list', object=one['id']), ensure_ascii=False))
    answer = lambda who='qs1', id=one['id'], **what: o.do(who, 'complaint.answer', id=id, text='已核查（示例）', **what)
    refused('a charge is not defended without its cost, item by item', answer(), 'R10')
    refused('nor by another operator', answer('jc1', items=[{'item': '成本', 'amount_fen': 1}]), 'domain.md 7.3')
    refused('nothing is decided before it is answered', o.do('gz-hold1', 'complaint.decide', id=one['id'], upheld=True, reason='示例'), 'domain.md 7')
    code, out = answer(items=[{'item': '算力', 'amount_fen': 800}, {'item': '人工', 'amount_fen': 400}])
    check('with its cost it is answered', code == 200 and out['cost_fen'] == 1200, (code, out))
    check('the other needs none', answer(id=two['id'])[0] == 200)
    back = file()[1]
    refused('a part of the charge paid back is no answer without its cost', answer(id=back['id'], refunded_fen=1299), 'R10')
    code, out = answer(id=back['id'], refunded_fen=1300)
    check('all of it paid back is', code == 200 and out['refunded_fen'] == 1300 and o.get('auditor', 'complaint/' + back['id'])['refunded_fen'] == 1300, (code, out))
    unsaid = file(items=None)[1]
    refused('nothing paid back is no answer, whatever was charged', answer(id=unsaid['id'], refunded_fen=0), 'R10')
    check('of a charge whose amount nobody said, what was paid back is', answer(id=unsaid['id'], refunded_fen=200)[0] == 200)
    refused('the operator does not decide', o.do('qs1', 'complaint.decide', id=one['id'], upheld=False, reason='示例'), 'domain.md 6')
    check('the implementing institution decides', o.done('gz-hold1', 'complaint.decide', id=one['id'], upheld=True, reason='超出成本（示例）')['state'] == 'JUSTIFIED')
    check('and the finance department', o.done('gz-fin1', 'complaint.decide', id=two['id'], upheld=False, reason='示例')['state'] == 'UNJUSTIFIED')
    third = file(items=[{'item': '核验', 'amount_fen': 700}])[1]
    check('they are counted for the authorisation (R10)', o.done('auditor', 'complaint.counts', number=dau)['items'] ==
          [{'authorisation': dau, 'filed': 5, 'open': 1, 'answered': 2, 'upheld': 1, 'dismissed': 1, 'about_charges': 4, 'charged_fen': 3300, 'refunded_fen': 1500}], o.done('auditor', 'complaint.counts'))
    check('one that waits for its answer is a deadline of the operator', [d['id'] for d in due('qs1', 'complaint')] == [third['id']])


def incidents(dau, good):
    report = lambda who, **what: o.do(who, 'incident.report', **{'number': dau, 'kind': 'ABUSE', 'severity': 'MAJOR', 'occurred': utc(T - timedelta(hours=1)), 'text': '超范围使用（示例）', **what})
    refused('a stranger reports no incident of another\'s', report('jc1'), '167·四(三)')
    refused('nothing happened tomorrow', report('qs1', occurred=utc(T + timedelta(days=1))), '167·四(三)')
    refused('an operator reports, and suspends nothing', report('qs1', suspend=True), '167·四(三)')
    refused('an incident is of an authorisation or an asset, not of both', report('qs1', asset='GZ-2026-0001'), '167·四(三)')
    check('the operator\'s report suspends nothing', report('qs1')[1]['suspended'] == '' and verdict(good) == 'permit')
    code, out = report('gz-hold1', suspend=True)
    check('the implementing institution suspends with its report, at once', code == 200 and out['suspended'] == dau and state(dau) == 'SUSPENDED' and verdict(good) == 'deny', (code, out))
    refused('the operator does not close it', o.do('qs1', 'incident.close', id=out['id'], measures='x'), 'domain.md 6')
    o.done('bureau', 'incident.close', id=out['id'], measures='已处置（示例）')
    check('closing lifts nothing', o.get('auditor', 'incident/' + out['id'])['state'] == 'CLOSED' and verdict(good) == 'deny')
    refused('it is closed once', o.do('bureau', 'incident.close', id=out['id'], measures='x'), 'domain.md 7')
    o.two('gz-hold1', 'gz-hold2', 'authorisation.resume', number=dau, reason='处置完毕（示例）')
    check('two officers resume', verdict(good) == 'permit')


def orders(dau, good, cert, wide):
    issue = lambda who, kind, **what: o.do(who, 'order.issue', **{'kind': kind, 'number': dau, 'text': '整改超范围使用（示例）', 'due': day(14), **what})
    refused('another province\'s finance department gives no order', issue('hb-fin1', 'TALK'), 'R40')
    refused('nor another\'s superior', issue('slb1', 'TALK'), 'R40')
    refused('an operator gives none', issue('qs1', 'TALK'), 'domain.md 6')
    refused('the addressee is a party', issue('gz-fin1', 'TALK', org=PENGCHENG), '26号 art. 19')
    refused('the answer is not due yesterday', issue('gz-fin1', 'TALK', due=day(-1)), '26号 art. 19')
    given = {kind: issue(who, kind)[1] for who, kind in (('bureau', 'TALK'), ('gz-sup', 'GUIDE'), ('gz-fin1', 'CORRECT'))}
    check('interview, guidance on site, correction: by bureau, superior, finance', all(g['state'] == 'ISSUED' and g['org'] == QIANSHU for g in given.values()), given)
    check('none of them changes the verdict', verdict(good) == 'permit')
    check('the ministry gives orders to all', issue('ministry', 'TALK')[0] == 200)
    correct = given['CORRECT']['id']
    shown, form = page('qs1', '/show/order/' + correct), page('qs1', '/do/order/answer?id=' + correct)
    check('its page says whose turn it is, in words of its own', all(w in shown for w in ('下一步：', '期限内答复该指令', '受令单位', '指令内容')) and '所属单位' not in shown, shown)
    check('the form that answers it says what was ordered, and by when', '整改超范围使用（示例）' in form and day(14) in form, form)
    refused('an order is answered by its addressee', o.do('jc1', 'order.answer', id=correct, text='x'), '26号 art. 19')
    o.done('qs1', 'order.answer', id=correct, text='已下线相关接口（示例）', file='整改报告（示例）')
    form = page('gz-fin2', '/do/order/close?id=' + correct)
    check('the form that closes it has order and answer', '整改超范围使用（示例）' in form and '已下线相关接口（示例）' in form, form)
    refused('and once', o.do('qs1', 'order.answer', id=correct, text='x'), 'domain.md 7')
    refused('who gave it decides about the answer', o.do('bureau', 'order.close', id=correct, reason='x'), '26号 art. 19')
    check('it may go back', o.done('gz-fin2', 'order.return', id=correct, reason='材料不全（示例）', due=day(20))['state'] == 'ISSUED')
    o.done('qs1', 'order.answer', id=correct, text='已补充（示例）')
    check('and is closed', o.done('gz-fin2', 'order.close', id=correct, reason='已整改（示例）')['state'] == 'CLOSED')
    check('what is not answered is a deadline of the addressee and of who gave it', {given['TALK']['id'], given['GUIDE']['id']} <= {d['id'] for d in due('qs1', 'order')} and
          given['TALK']['id'] in {d['id'] for d in due('bureau', 'order')}, due('qs1', 'order'))

    refused('an order to suspend names the authorisation', o.do('bureau', 'order.issue', kind='SUSPEND', org=QIANSHU, text='x', due=day(14)), '26号 art. 19')
    code, stop = issue('bureau', 'SUSPEND')
    check('an order to suspend suspends, by one officer, at once', code == 200 and state(dau) == 'SUSPENDED' and verdict(good) == 'deny', (code, stop))
    check('what stopped stands with this order, not with one that only speaks', ['随之停止的内容' in page('qs1', '/show/order/' + x) for x in (stop['id'], given['TALK']['id'])] == [True, False])
    refused('nobody resumes under it', o.do('gz-fin1', 'authorisation.resume', number=dau, reason='x'), 'domain.md 4.13')
    o.done('bureau', 'order.close', id=stop['id'], reason='已整改（示例）')
    check('closing it lifts nothing', verdict(good) == 'deny')
    refused('the implementing institution does not lift what a supervisor ordered', o.do('gz-hold1', 'authorisation.resume', number=dau, reason='x'), 'domain.md decision 8')
    o.two('gz-fin1', 'gz-fin2', 'authorisation.resume', number=dau, reason='已整改（示例）')
    check('two finance officers do', verdict(good) == 'permit')

    asked = issue('gz-fin1', 'DISQUALIFY')[1]
    refused('disqualifying takes a second officer', o.do('gz-fin1', 'approval.approve', id=asked['approval']), 'R22')
    out = o.done('gz-fin2', 'approval.approve', id=asked['approval'])
    bad = [x for x in o.get('auditor', 'order?number=' + dau)['items'] if x['kind'] == 'DISQUALIFY']
    check('with him the order stands', len(bad) == 1 and bad[0]['state'] == 'ISSUED', (out, bad))
    refused('a disqualified operator gets no authorisation', o.do('gz-hold1', 'authorisation.propose', proposal=proposal(cert, wide, day(0), day(300))), 'R38')
    check('what it has runs on', verdict(good) == 'permit')
    o.done('gz-fin1', 'order.close', id=bad[0]['id'], reason='已纠正（示例）')

    code, begun = issue('ministry', 'RECLAIM')
    check('an order to reclaim begins the reclaim: suspended, finance confirms', code == 200 and begun['waiting_for']['role'] == 'FINANCE' and state(dau) == 'ENDING' and verdict(good) == 'deny', (code, begun))
    for who in ('gz-fin1', 'gz-fin2'):
        o.done(who, 'approval.reject', id=begun['approval'], note='情节轻微（示例）')
    check('refused by two officers of the finance department, the former state returns', state(dau) == 'ACTIVE' and verdict(good) == 'permit')
    begun = issue('ministry', 'RECLAIM')[1]
    stop = issue('bureau', 'SUSPEND')[1]
    for who in ('gz-fin1', 'gz-fin2'):
        o.done(who, 'approval.reject', id=begun['approval'], note='情节轻微（示例）')
    check('but not past an order to suspend that was given meanwhile', state(dau) == 'SUSPENDED' and verdict(good) == 'deny', state(dau))
    check('an incident reported while it is suspended is taken', o.do('gz-hold1', 'incident.report', number=dau, kind='ABUSE', severity='MINOR', occurred=utc(T), text='示例', suspend=True)[1].get('suspended') == dau)
    o.done('bureau', 'order.close', id=stop['id'], reason='已整改（示例）')
    o.two('gz-fin1', 'gz-fin2', 'authorisation.resume', number=dau, reason='已整改（示例）')
    check('closed and resumed, it runs', state(dau) == 'ACTIVE' and verdict(good) == 'permit')


def reclaim(dau, good):
    sample = [token(i['id']) for i in o.get('auditor', 'token?limit=1000&authorisation=' + dau)['items'][::97]]
    o.done('gz-hold1', 'authorisation.suspend', number=dau, reason='评估 52/100，超范围使用（示例）')
    check('case 4: SUSPENDED', state(dau) == 'SUSPENDED' and verdict(good) == 'deny')
    asked = o.done('gz-hold1', 'authorisation.reclaim', number=dau, reason='市场运营效果差，收回（示例）')
    check('reclaim asked for: still suspended', state(dau) == 'ENDING' and verdict(good) == 'deny')
    told = lambda: {k: v for k, v in o.done('auditor', 'token.show', id=good['id']).items() if k in ('state', 'usable', 'stopped_by')}
    check('the register says what stops a token, whose own state stays', told() == {'state': 'ACTIVE', 'usable': False, 'stopped_by': [{'number': dau, 'state': 'ENDING'}]}, told())
    check('no exit before the end is final', o.do('auditor', 'exit.show', number=dau)[0] == 404)
    acts = lambda: sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True).execute("SELECT COUNT(*) FROM event WHERE kind <> 'list.published'").fetchone()[0]
    before = acts()
    o.done('gz-fin1', 'approval.approve', id=asked['approval'])
    check('RECLAIMED with three events, whatever the number of tokens', state(dau) == 'RECLAIMED' and acts() == before + 3, before)
    check('which the register says of each', told()['stopped_by'] == [{'number': dau, 'state': 'RECLAIMED'}] and
          {t['authorisation_state'] for t in o.get('auditor', 'token?limit=100&authorisation=' + dau)['items']} == {'RECLAIMED'}, told())
    check('and every token is denied', all(verdict(t) == 'deny' for t in sample + [good]), len(sample))
    check('so is the authorisation\'s own credential', verdict_of(o.get('auditor', 'authorisation/' + dau)['compact']) == 'deny')
    refused('there is no way back', o.do('gz-hold1', 'authorisation.resume', number=dau, reason='x'), 'R23')
    refused('and no license', license(dau, CASE['vars']['grant']), 'R26')
    refused('nor an evaluation', o.do('gz-hold1', 'evaluation.add', **{'number': dau, 'from': day(0), 'to': day(0), 'indicators': [{'name': 'x', 'weight_bp': 10000, 'score': 1}], 'conclusion': 'KEEP', 'report': 'x'}), 'R23')


def leaving(dau):
    tick = lambda matter, who='qs1', **what: o.do(who, 'exit.tick', number=dau, matter=matter, text='已办理（示例）', **what)
    accept = lambda matter, who='gz-hold1', **what: o.do(who, 'exit.accept', number=dau, matter=matter, **{'accept': True, **what})
    x = o.done('qs1', 'exit.show', number=dau)
    check('the exit is open with its five matters', x['state'] == 'RUNNING' and x['how'] == 'RECLAIMED' and [m['matter'] for m in x['matters']] == ['DATA_RETURNED', 'DELETION', 'REFUND', 'DELISTED', 'USERS_TOLD'] and
          all(m['state'] == 'MISSING' for m in x['matters']), x)
    turns = [[x['number'] for x in o.done('auditor', 'exit.list', turn=o.get('auditor', 'exit/' + dau)[who])['items']] for who in ('operator', 'implementer')]
    check('whose turn it is lists it: the operator, while nothing is ticked', dau in turns[0] and dau not in turns[1] and all(dau not in x for x in [[y['number'] for y in o.done('auditor', 'exit.list', turn='91420000DEMA0001XX')['items']]]), turns)
    check('and is a deadline of the operator and of the implementing institution', dau in [d['id'] for d in due('qs1', 'exit')] and dau in [d['id'] for d in due('gz-hold1', 'exit')])
    refused('another operator ticks nothing', tick('DELISTED', 'jc1'), '27号 art. 14(九)')
    refused('what is not ticked is not accepted', accept('DELISTED'), 'domain.md 7')
    refused('a proof of deletion has a hash', tick('DELETION'), '27号 art. 14(九)')
    refused('which fits its file', tick('DELETION', file='删除日志（示例）', sha256='0' * 64), '27号 art. 14(九)')
    refused('a refund has an amount', tick('REFUND'), '27号 art. 14(九)')
    refused('other matters have none', tick('DELISTED', amount_fen=1), '27号 art. 14(九)')
    for matter, what in (('DATA_RETURNED', {}), ('DELETION', {'file': '删除日志（示例）'}), ('REFUND', {'amount_fen': 12345}), ('DELISTED', {})):
        check('%s is ticked' % matter, tick(matter, **what)[1]['state'] == 'TICKED')
    refused('ticked once', tick('DELISTED'), 'domain.md 7')
    refused('another institution accepts nothing', accept('DELISTED', 'hbsw1'), '27号 art. 14(九)')
    refused('a no is reasoned', accept('DELISTED', accept=False), 'domain.md 4.13')
    check('what is sent back is ticked again', accept('DELISTED', accept=False, note='仍可下载（示例）')[1]['state'] == 'MISSING' and tick('DELISTED')[1]['state'] == 'TICKED')
    proof = next(m for m in o.done('gz-hold1', 'exit.show', number=dau)['matters'] if m['matter'] == 'DELETION')
    check('the implementing institution reads the proof, by its hash', hashlib.sha256('删除日志（示例）'.encode()).hexdigest() == proof['sha256'] == o.done('gz-hold1', 'material.show', id=proof['material'])['sha256'])
    states = [accept(m)[1]['exit_state'] for m in ('DATA_RETURNED', 'DELETION', 'REFUND', 'DELISTED')]
    global present
    h.at(utc(T + timedelta(days=80)))
    present = False
    check('an exit that is late is listed as overdue', [d['overdue'] for d in due('qs1', 'exit') if d['id'] == dau] == [True] and o.done('auditor', 'exit.show', number=dau)['overdue'])
    tick('USERS_TOLD')
    out = accept('USERS_TOLD')[1]
    check('with the fifth accepted it is done', states == ['RUNNING'] * 4 and out['exit_state'] == 'DONE' and dau not in [d['id'] for d in due('qs1', 'exit')], (states, out))


def overdue(cert, narrow):
    """an authorisation whose first year passes without an evaluation (the demo's root CRL is of 400 days: no verdict is to be had then)"""
    wide = CASE['vars']['grant']
    first = D + timedelta(days=80)
    last, after = year_after(first), (year_after(first) + timedelta(days=2)).isoformat()
    renew = lambda: o.do('gz-hold1', 'authorisation.propose', proposal=proposal(cert, wide, after, day(1000)))
    evaluate = lambda who, number, start, end, **what: o.do(who, 'evaluation.add', **{'number': number, 'from': start, 'to': end, 'indicators': [{'name': '总体', 'weight_bp': 10000, 'score': 81}],
                                                                                        'conclusion': 'KEEP', 'report': '评价报告（示例）', **what})
    refused('the one that ended meanwhile without an evaluation is in the way of a renewal', o.do('gz-hold1', 'authorisation.propose', proposal=proposal(cert, wide, first.isoformat(), day(1000))), 'R25')
    check('it can still be evaluated', evaluate('gz-hold1', narrow, day(0), day(70))[0] == 200)
    dau = grant_of(cert, wide, first.isoformat(), day(1000))
    h.at(last.isoformat() + 'T15:59:50Z')
    code, out = license(dau, wide)
    check('on the last day of the period licenses are issued', code == 200, (code, out))
    good = token(out['tokens'][0])
    h.at(last.isoformat() + 'T16:00:01Z')
    refused('the day after the evaluation is overdue: no new license', license(dau, wide), 'R25')
    refused('and no renewal to the same operator', renew(), 'R25')
    check('the deadline is listed as overdue, for implementing institution and finance department', [[d['overdue'] for d in due(w, 'evaluation') if d['id'] == dau] for w in ('gz-hold1', 'gz-fin1', 'qs1')] == [[True]] * 3)
    waits = lambda who: next((a for a in o.done(who, 'home.show')['waiting']['acts'] if a['what'] == 'evaluation.add'), None)
    listed = lambda who: [a['number'] for a in o.done(who, 'authorisation.list', limit=1000, **waits(who)['filter'])['items']]
    check('it waits for its implementing institution and for an assessor, whose lists have it', all(dau in listed(w) and len(listed(w)) == waits(w)['count'] for w in ('gz-hold1', 'assessor')), (waits('gz-hold1'), waits('assessor')))
    check('not for an assessor of the operator\'s own, nor for the operator', waits('cousin') is None and waits('qs1') is None, (waits('cousin'), waits('qs1')))
    check('what was licensed before runs on', token(good['id'])['state'] == 'ACTIVE' and state(dau) == 'ACTIVE')
    check('the authorisation says so', o.get('auditor', 'authorisation/' + dau)['evaluation_overdue'] is True)
    refused('an evaluation of half of it leaves a gap before', evaluate('assessor', dau, (first + timedelta(days=180)).isoformat(), last.isoformat()), '27号 art. 14(九)')
    out = evaluate('assessor', dau, first.isoformat(), last.isoformat())[1]
    check('evaluated it waits no more', all(waits(w) is None or dau not in listed(w) for w in ('gz-hold1', 'assessor')))
    check('evaluated, it is licensed under again', out['next_due'] == year_after(last + timedelta(days=1)).isoformat() and license(dau, wide)[0] == 200, out)
    check('and renewed', renew()[0] == 200)
    return (last + timedelta(days=1)).isoformat()

def paused(cert, dau):
    text = lambda t: re.sub('<[^>]*>', '', t)
    o.done('gz-fin1', 'certificate.suspend', number=cert, reason='核实中（示例）')
    asked = o.done('gz-fin1', 'certificate.resume', number=cert, reason='已核实（示例）')['approval']
    mine, others = (page(w, '/show/certificate/' + cert) for w in ('gz-fin2', 'gz-fin1'))
    check('a certificate whose resumption is asked for says so, for whom, and does not offer to ask again', '恢复申请待您审批：' in mine and '恢复申请待本单位另一名经办人审批：' in others and
          all('/approvals/' + asked in p and '/do/certificate/resume' not in p for p in (mine, others)))
    b = Browser(h, 'gz-fin2')
    b.open('/do/certificate/resume?number=' + cert)
    f = b.form('/do/certificate/resume')
    f.set('reason', '再次申请（示例）')
    b.open('/do/certificate/resume', urllib.parse.urlencode([tuple(x) for x in f.fields]).encode(), 'application/x-www-form-urlencoded')
    check('asked again it is refused with the way to the request, and no other advice', 'href="/approvals/%s"' % asked in b.html and '请打开该申请' in b.html and '怎么办' not in b.page.text, b.page.text[:600])
    form = text(page('gz-fin2', '/do/certificate/resume?number=' + cert))
    check('what lies under it is stopped with it, not in force', '随证书停止' in form)
    home = next(a for a in o.done('gz-hold1', 'home.show')['in_use']['authorisations'] if a['number'] == dau)
    check('on the home page too', home['certificate_stopped'] is True and '随证书停止' in page('gz-hold1', '/'))
    public = text(urllib.request.urlopen(urllib.request.Request(h.url('/v/' + dau + '?lang=zh'), headers={'Accept': 'text/html'}), timeout=300).read().decode())
    check('and on the public page, which names the certificate', re.search('登记系统中的状态：\\s*随证书停止；其证书：\\s*%s\\s*已暂停' % cert, public), public[:800])
    o.done('gz-fin2', 'approval.approve', id=asked)
    check('resumed, nothing of that is left', '随证书停止' not in page('gz-hold1', '/') and '恢复申请待' not in page('gz-fin1', '/show/certificate/' + cert))


def concluded(cert, today):
    dau = grant_of(cert, {**CASE['vars']['grant'], 'purposes': ['INDUSTRY', 'PUBGOV']}, today, day(1000))
    o.done('gz-hold1', 'evaluation.add', **{'number': dau, 'from': today, 'to': today, 'indicators': [{'name': '总体', 'weight_bp': 10000, 'score': 60}], 'conclusion': 'ADJUST', 'report': '评价报告（示例）'})
    judged = o.get('gz-hold1', 'evaluation?number=' + dau)['items'][0]
    waits = lambda who='gz-hold1': next((a for a in o.done(who, 'home.show')['waiting']['acts'] if a['what'] == 'authorisation.adjust'), None)
    told = lambda: re.sub('<[^>]*>', '', page('gz-hold1', '/show/evaluation/' + judged['id']))
    wait = waits()
    listed = o.done('gz-hold1', 'evaluation.list', **wait['filter'])['items'] if wait else []
    check('what an evaluation concluded waits for its institution, which the list has too, and for nobody else', wait and wait['count'] == 1 == len(listed) and listed[0]['id'] == judged['id'] and not waits('hbsw1') and not waits('gz-fin1'), (wait, listed))
    check('and the evaluation says what comes next', '由实施机构提出缩小授权范围' in told() and judged['waits'] is True)
    form = page('gz-hold1', '/do/authorisation/adjust?number=' + dau)
    boxes = re.findall(r'name="(purposes|actions)" value="(\w+)"( checked)?', form)
    grant = o.get('auditor', 'authorisation/' + dau)['grant']
    check('the form begins with the scope: what it has is ticked, nothing else is offered, its regions too', [(k, c, ' checked') for k in ('purposes', 'actions') for c in sorted(grant[k])] == sorted(boxes, key=lambda b: (b[0] == 'actions', b[1])) and
          re.search('name="territory" value="%s" checked' % grant['territory'][0], form) and 'value="100000"' not in form, boxes)
    adjust = lambda **what: o.do('gz-hold1', 'authorisation.adjust', number=dau, reason='按评价结论（示例）', **what)
    for key, left, said in (('territory', ['贵州'], '没有行政区划“贵州”'), ('scenarios', ['x'], '调整只能缩小范围'), ('purposes', ['WELFARE'], '调整只能缩小范围')):
        code, out = adjust(**{key: left})
        check('a scope that cannot be is refused at its field, and why: ' + key, code in (409, 422) and out.get('field') == key and said in out['detail']['zh'], (code, out))
    o.done('qs1', 'product.add', authorisation=dau, id='P-FREE', version='1.0', name='治理查验（示例）', purpose='PUBGOV', delivery='VERIFY', price_form='FREE', fee_fen=0, data_use='示例', conditions='示例')
    above = o.done('gz-fin1', 'stops.show', number=cert)
    each = [o.done('gz-fin1', 'stops.show', number=a['number'])['counts']['products'] for a in above['authorisations']]
    check('what would stop is counted alike on an authorisation and on the certificate above it', above['counts']['products'] == sum(each) and (dau, 1) in zip([a['number'] for a in above['authorisations']], each), (above['counts'], each))
    asked = adjust(purposes=['INDUSTRY'])[1]
    check('a narrowing tells which products lie beyond it', [p['name'] for p in asked['products_beyond']] == ['治理查验（示例）'] and 'becomes_free' not in asked, asked)
    check('and to whom it is that approves', '超出新范围的产品和服务' in page('gz-fin1', '/approvals/' + asked['approval']))
    o.done('gz-fin1', 'approval.reject', id=asked['approval'], note='请保留公共治理（示例）')
    check('rejected, the conclusion waits again', waits() is not None)
    asked = adjust(purposes=['PUBGOV'])[1]
    check('what becomes free by rule is told before', asked.get('becomes_free') == 'R07' and asked['products_beyond'] == [], asked)
    preview = page('gz-fin1', '/approvals/' + asked['approval'])
    check('to who approves too', '依规则无偿使用' in preview)
    check('asked for, it waits no more for the institution: the evaluation says that it waits for approval, and for whose', waits() is None and '已申请缩小授权范围，待审批' in told() and asked['approval'] in told(), waits())
    o.done('gz-fin1', 'approval.approve', id=asked['approval'])
    check('narrowed, the evaluation says with which version, and asks for nothing', waits() is None and '已缩小（第 2 版）' in told() and '由实施机构提出' not in told() and o.get('gz-hold1', 'evaluation/' + judged['id'])['narrowed_version'] == 2)


def surrender(cert):
    wide = CASE['vars']['grant']
    dau = grant_of(cert, wide, day(0), day(300))
    good = token(license(dau, wide)[1]['tokens'][0])
    refused('another operator surrenders nothing', o.do('jc1', 'authorisation.surrender', number=dau, reason='x'), 'domain.md 7.3')
    check('before the surrender its token is good', verdict(good) == 'permit')
    asked = o.done('qs1', 'authorisation.surrender', number=dau, reason='业务调整（示例）')
    check('surrendered: suspended at once', verdict(good) == 'deny' and state(dau) == 'ENDING')
    o.done('gz-hold1', 'approval.approve', id=asked['approval'])
    check('final with the implementing institution, and an exit opens', state(dau) == 'TERMINATED' and o.done('qs1', 'exit.show', number=dau)['how'] == 'TERMINATED' and verdict(good) == 'deny')


def kept(cert):
    """what is suspended while an end waits for the second party stays so when that end is refused"""
    def by_order(dau):
        stop = o.done('bureau', 'order.issue', kind='SUSPEND', number=dau, text='示例', due=day(14))
        o.done('bureau', 'order.close', id=stop['id'], reason='示例')
    incident = lambda who, dau: o.done(who, 'incident.report', number=dau, kind='ABUSE', severity='MAJOR', occurred=utc(T), text='示例', suspend=True)
    holds = (('an incident', lambda dau: incident('gz-fin1', dau)), ('a suspension', lambda dau: o.done('gz-fin1', 'authorisation.suspend', number=dau, reason='示例')),
             ('an order, though it is closed', by_order))
    for what, hold in holds:
        dau = grant_of(cert, CASE['vars']['grant'], day(0), day(300))
        good = token(license(dau, CASE['vars']['grant'])[1]['tokens'][0])
        asked = o.done('qs1', 'authorisation.surrender', number=dau, reason='示例')
        hold(dau)
        for who in ('gz-hold1', 'gz-hold2'):
            o.done(who, 'approval.reject', id=asked['approval'], note='示例')
        check('%s outlives a surrender that the implementing institution refuses' % what, state(dau) == 'SUSPENDED' and verdict(good) == 'deny', state(dau))
        refused('which does not lift it', o.do('gz-hold1', 'authorisation.resume', number=dau, reason='x'), 'domain.md decision 8')
        o.two('gz-fin1', 'gz-fin2', 'authorisation.resume', number=dau, reason='示例')
        check('two finance officers do', verdict(good) == 'permit')
        if what != holds[-1][0]:
            o.two('gz-hold1', 'gz-fin1', 'authorisation.reclaim', number=dau, reason='示例')
    o.done('gz-fin1', 'authorisation.suspend', number=dau, reason='示例')
    asked = o.done('gz-fin2', 'authorisation.resume', number=dau, reason='示例')
    incident('gz-hold1', dau)
    refused('an incident meanwhile voids a request to resume', o.do('gz-fin1', 'approval.approve', id=asked['approval']), 'R22')
    check('and it stays suspended', state(dau) == 'SUSPENDED' and verdict(good) == 'deny')
    o.two('gz-hold1', 'gz-fin1', 'authorisation.reclaim', number=dau, reason='示例')


def frozen(cert):
    out = o.done('gz-fin1', 'incident.report', asset='GZ-2026-0001', kind='LEAK', severity='EXTREME', occurred=utc(T), text='疑似泄露（示例）', suspend=True)
    pem = o.get('auditor', 'certificate/' + cert)['pem']
    check('an incident of the asset freezes it, and its certificate is denied', out['suspended'] == 'GZ-2026-0001' and verdict_of(pem) == 'deny', out)
    asked = o.done('gz-fin1', 'asset.unfreeze', asset='GZ-2026-0001', reason='示例')
    o.done('gz-fin2', 'incident.report', asset='GZ-2026-0001', kind='LEAK', severity='MAJOR', occurred=utc(T), text='示例', suspend=True)
    refused('another incident voids a request to unfreeze it', o.do('gz-fin3', 'approval.approve', id=asked['approval']), 'R22')
    refused('who may not freeze reports only', o.do('qs1', 'incident.report', asset='GZ-2026-0001', kind='LEAK', severity='EXTREME', occurred=utc(T), text='x', suspend=True), '167·四(三)')


def figures():
    """what the half-year reports say of all this, from its first day to the demo home's last"""
    kinds = {'authorisation.evaluations': 'evaluation.added', 'risk.orders': 'order.issued', 'risk.incidents': 'incident.reported', 'risk.complaints': 'complaint.filed'}
    last = date.fromisoformat(o.done('auditor', 'status.show')['now'][:10])
    halves = {'%dH%d' % (d.year, 1 + (d.month > 6)) for d in (D + timedelta(days=n) for n in range((last - D).days + 1))}
    happen = Counter()
    for half in sorted(halves):
        did, said = happened(h, half), o.done('gz-fin1', 'report.half-year', period=half, unit=GUIZHOU)['values']
        want = {k: did.get(v, 0) for k, v in kinds.items()}
        check('evaluations, orders, incidents and complaints stand in the report of %s' % half, {k: said[k] for k in kinds} == want, (said, did))
        happen.update(want)
    check('and there were some of each', min(happen[k] for k in kinds) > 0, happen)


h = Home(cases=False)
o = Officers(h)
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    names = replay('all-permit')
    cert, dau = names['cert'], names['dau']
    good = token(names['tok'])
    bodies()
    o.two('gz-fin1', 'gz-fin2', 'profile.propose', profile={'short_course.public': True})  # the others are proposed and granted at once
    check('case 4 runs: its first token is good', verdict(good) == 'permit', verdict(good))
    narrow = narrowing(cert)
    stops(cert, dau, narrow)
    incidents(dau, good)
    complaints(dau)
    orders(dau, good, cert, CASE['vars']['grant'])
    surrender(cert)
    kept(cert)
    paused(cert, narrow)
    evaluation(dau, good)
    refused('who is to be taken back by his evaluation is not renewed', o.do('gz-hold1', 'authorisation.propose', proposal=proposal(cert, CASE['vars']['grant'], day(0), day(700))), 'R25')
    reclaim(dau, good)
    frozen(cert)
    o.two('gz-fin1', 'gz-fin2', 'asset.unfreeze', asset='GZ-2026-0001', reason='排除（示例）')
    leaving(dau)
    concluded(cert, overdue(cert, narrow))
    figures()
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
