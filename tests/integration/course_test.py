"""The course of a registration and what follows from it, on a demo home and its clock:
every type, return and materials, notice, objections, freezing, profiles, batches; then
successors of certificates with the authorisations under them, judged by the verifier
service and fujie-verify; transfers, endings, expiry; and the registry killed between a
successor and the re-binding.  For what is accepted, what is refused beside it, by its
rule.  Names and numbers are illustrative."""
import http.client, re, sqlite3, zlib
from lib import *

HUBEI, HUBEI_WATER, MWR_IC, YONGJIANG, JINGCHU = '11420000DEMA00013M', '12420000DEMA00099D', '12100000DEMA000729', '91450100DEMA00144T', '91420100DEMA001011'
STATE, STEP = 'domain.md 7', 'domain.md 7.1'


def same(sentence, got, want):
    check(sentence, got == want, '%s and not %s' % (got, want))


def show(noun, name):
    return h.api('GET', '/api/v1/%s/%s' % (noun, name), None, officers.token('auditor'))[1]


def state(noun, name):
    return show(noun, name).get('state')


def now():
    return done('auditor', 'status.show')['now']


# --- from nothing to a certificate ---

def card(no, public=False, name=None, **change):
    c = {'basic': {'asset_no': no, 'name': name or '示例 ' + no, 'overview': '示例（虚构）', 'class_scheme': 'LOCAL', 'class_code': '1', 'industry': 'N76', 'source_kind': '采集生成',
                   'geo_scope': '省级', 'update_freq': '按天', 'form': '表格', 'structure': '结构化'},
         'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'source_authority': '履职采集（示例）', 'personal_info': 'NONE', 'dispute': False, 'public_data': public, 'public_data_basis': '示例'},
         'use': {'scenes': ['示例'], 'products': ['示例']},
         'management': {'data_level': 'GENERAL', 'mgr_dept': '数据处', 'mgr_person': '王三（虚构）', 'sec_policy': '制度（示例）', 'emergency_plan': '预案（示例）', 'evidence_no': 'EV-1',
                        'risk_assessment': '报告（示例）'}}
    for key, value in change.items():
        block = next(b for b in ('basic', 'rights', 'use', 'management') if key in KEYS[b])
        if value is None:
            c[block].pop(key, None)
        else:
            c[block][key] = value
    return c


KEYS = {'basic': ('overview', 'industry', 'name'), 'rights': ('rights', 'source_authority', 'dispute', 'encumbrance', 'modes'), 'use': ('scenes', 'products'),
        'management': ('sec_policy', 'emergency_plan', 'evidence_no', 'risk_assessment', 'data_level')}
OFFICE = {'hbsw1': ('hb-fin1', 'hb-fin2', 'hb-fin3', 'hb-fin1'), 'slxx1': ('mof1', 'mof2', 'mof3', 'slb1'), 'yj1': ('gx-fin1', 'gx-fin2', 'gx-fin3', 'gx-fin1')}
entries = {}


def carded(no, holder='hbsw1', public=False, **change):
    done(holder, 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,示例 %s,,自主采集,,否\r\n' % (no, no, no))
    after, found = '', None
    while found is None:
        page = h.api('GET', '/api/v1/ledger?limit=1000&after=' + after, None, officers.token(holder))[1]
        found, after = next((r['id'] for r in page['items'] if r['ledger_no'] == 'L-' + no), None), page.get('next')
    done(holder, 'ledger.recognise', id=found, result='ASSET', decision='x')
    done(OFFICE[holder][3], 'ledger.confirm', id=found)
    done(holder, 'asset.card', ledger=found, card=card(no, public, **change))
    entries[no] = found
    return no


def applied(no, holder='hbsw1', **body):
    return done(holder, 'registration.submit', asset=no, **body)['id']


def decided(no, holder='hbsw1', **body):
    """applied for and decided on the short path"""
    rg = applied(no, holder, **body)
    if holder == 'slxx1':
        done('slb2', 'registration.endorse', id=rg, accept=True)
    done(OFFICE[holder][2], 'registration.decide', id=rg, accept=True)
    return rg


def certify(no, holder='hbsw1', years=3):
    _, out = two(OFFICE[holder][0], OFFICE[holder][1], 'certificate.issue', assets=[no], years=years)
    if out.get('issued') != 1:
        raise RuntimeError('certificate of %s: %s' % (no, out))
    return out['certificates'][0]


def certified(no, holder='hbsw1', years=3, **change):
    decided(carded(no, holder, **change), holder)
    return certify(no, holder, years)


def step(rg, *verbs, fin='hb-fin3'):
    """accept, review, notice, one after the other"""
    for v in verbs:
        more = {'accept': True} if v in ('review', 'decide', 'endorse') else {'place': '门户（示例）', 'address': 'https://notice.example/' + rg, 'confidentiality': '已审（示例）'} if v == 'notice' else {}
        done(fin, 'registration.' + v, id=rg, **more)
    return rg


# --- deadlines in working days (domain.md 5.4's vectors) ---

def deadlines():
    h.at('2026-03-02T02:00:00Z')
    a, b, c = (applied(carded(no, public=True)) for no in ('D-1', 'D-2', 'D-3'))
    same('applied on Monday 2026-03-02, accepted by 03-05', show('registration', a)['due'], '2026-03-05T15:59:59Z')
    same('a review of what was accepted on 03-02 ends on 03-30', (done('hb-fin3', 'registration.accept', id=a)['late'], show('registration', a)['due']), (False, '2026-03-30T15:59:59Z'))
    h.at('2026-03-06T02:00:00Z')
    same('accepting after the term is late, and done', done('hb-fin3', 'registration.accept', id=b)['late'], True)
    check('what waits is overdue in the list of what is due', any(i['id'] == c and i['overdue'] for i in done('hb-fin1', 'deadline.list', limit=1000)['items']))
    same('the registration says so', show('registration', c)['overdue'], True)
    h.at('2026-03-31T02:00:00Z')
    same('a review after 20 working days is late', done('hb-fin3', 'registration.review', id=a, accept=True)['late'], True)
    same('one of the same day on a later acceptance is not', done('hb-fin3', 'registration.review', id=b, accept=True)['late'], False)
    step(a, 'notice')
    same('a notice of 03-31 for ten working days ends on 04-15, over a holiday', show('registration', a)['notice_to'], '2026-04-15T15:59:59Z')
    h.at('2026-04-15T15:58:30Z')
    refused('no decision while the notice runs', do('hb-fin3', 'registration.decide', id=a, accept=True), 'R20')
    h.at('2026-04-15T16:00:00Z')
    out = done('hb-fin3', 'registration.decide', id=a, accept=True)
    same('after it there is one, and it is not late', (out['state'], out['late']), ('REGISTERED', False))
    notice(b)
    done('hb-fin3', 'registration.review', id=step(c, 'accept'), accept=True)


def notice(rg):
    """26号 art. 12: four items only; place and address on record"""
    refused('a refusal is reasoned', do('hb-fin3', 'registration.decide', id=rg, accept=False), '26号 art. 10')
    for missing in ('place', 'address', 'confidentiality'):
        body = {'place': 'x', 'address': 'https://notice.example/1', 'confidentiality': 'x', missing: '\u3000'}
        refused('a notice is recorded with its %s' % missing, do('hb-fin3', 'registration.notice', id=rg, **body), '26号 art. 12')
    text = done('hbsw1', 'registration.notice-text', id=rg)['text']
    items = [l.split('：')[0] for l in text.strip().split('\n')]
    same('the text has the four items of the measure and no other', items, ['登记主体名称', '登记类型', '登记数据名称', '数据内容简介'])
    check('of this registration', '湖北省水文水资源中心' in text and '初始登记' in text and '示例 D-2' in text and 'EV-1' not in text and 'GENERAL' not in text, text)
    step(rg, 'notice')
    same('the address where it stands is on record', show('registration', rg)['notice_address'], 'https://notice.example/' + rg)
    body = next(e['body'] for e in h.cli('event', 'list', '--object', rg)[1]['items'] if e['kind'] == 'registration.noticed')
    same('and place and confidentiality review in the event', (body['place'], body['confidentiality']), ('门户（示例）', '已审（示例）'))
    refused('there is no text before the review', do('hb-fin3', 'registration.notice-text', id=applied(carded('D-4', public=True))), '26号 art. 12')


# --- return, materials ---

def materials():
    gaps = {'source_authority': None, 'overview': None, 'evidence_no': None, 'products': [], 'scenes': [], 'risk_assessment': None}
    no = carded('M-1', public=True, **gaps)
    seven = ['数据合法合规性来源', '数据资源情况', '存证情况', '产品和服务信息', '应用场景信息', '数据安全风险评估']
    would = done('hbsw1', 'registration.submit', asset=no, preview=True)['would']
    same('who applies is told the gaps before', would.get('missing'), seven)
    rg = applied(no)
    same('and so is whoever opens it before it is taken on', show('registration', rg).get('missing'), seven)
    code, out = do('hb-fin3', 'registration.accept', id=rg)
    said = out.get('detail', {}).get('zh', '')
    check('an application with gaps is not accepted, and every gap is named', code == 409 and out.get('rule') == '26号 art. 9(一)' and all(
        w in said for w in ('数据合法合规性来源', '数据资源情况', '存证情况', '产品和服务信息', '应用场景信息', '数据安全风险评估')), out)
    done('hb-fin3', 'registration.return', id=rg, missing=['授权书（示例）'], note='请补正（示例）')
    r = show('registration', rg)
    same('it is returned with one notice of all seven things', (r['state'], len(r['missing']), state('asset', no)), ('RETURNED', 7, 'CARDED'))
    same('the asset says so, and the holder\'s home page how many', (show('asset', no)['returned']['missing'], [(i['id'], i['count']) for i in done('hbsw1', 'home.show')['waiting']['returned']], r['resubmit']),
         (r['missing'], [(rg, 7)], True))
    before, rg = rg, applied(no)
    same('until it is applied for again', (show('asset', no).get('returned'), done('hbsw1', 'home.show')['waiting']['returned'], show('registration', before)['resubmit']), (None, [], False))
    refused('a second time nothing new is asked for', do('hb-fin3', 'registration.return', id=rg, missing=['另一份材料（示例）']), '26号 art. 10')
    done('hb-fin3', 'registration.return', id=rg)
    same('what the first notice named may be', state('registration', rg), 'RETURNED')
    filed = {k: done('hbsw1', 'material.add', asset=no, kind=k, name='材料 ' + k, file='file of ' + k) for k in ('SOURCE', 'RESOURCE', 'EVIDENCE', 'PRODUCTS', 'SCENES', 'RISK')}
    check('each file is known by its hash', all(m['sha256'] == hashlib.sha256(('file of ' + k).encode()).hexdigest() for k, m in filed.items()))
    same('with files in place of what the card lacks it is accepted', state('registration', step(applied(no), 'accept')), 'ACCEPTED')
    rg = applied(carded('M-2', public=True))
    refused('nothing is returned without saying what is missing', do('hb-fin3', 'registration.return', id=rg), '26号 art. 10')

    mt = filed['RISK']['id']
    for who in ('hbsw2', 'hb-fin1', 'auditor'):
        out = done(who, 'material.show', id=mt)
        b64 = out['file']['base64url']
        check('%s reads the file' % who, base64.urlsafe_b64decode(b64 + '=' * (-len(b64) % 4)) == b'file of RISK', out)
    for who in ('jc1', 'gx-fin1', 'yj1'):
        refused('%s does not' % who, do(who, 'material.show', id=mt), 'domain.md 6')
        refused('nor the list', do(who, 'material.list', asset=no), 'domain.md 6')
    refused('another holder files nothing there', do('yj1', 'material.add', asset=no, kind='RISK', file='x'), 'domain.md 6')
    code, out = do('hbsw1', 'material.add', asset=no, kind='NOTES', file='x')
    check('an unknown kind', code == 422 and 'EMERGENCY_PLAN' in out['detail']['zh'], out)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'material.max': 65536})
    same('the largest file that the profile allows', done('hbsw1', 'material.add', asset=no, kind='OTHER', file='x' * 65536)['size'], 65536)
    refused('one octet more', do('hbsw1', 'material.add', asset=no, kind='OTHER', file='x' * 65537), 'domain.md 4.4')
    code, out = do('hbsw1', 'material.add', asset=no, kind='OTHER', file='')
    check('an empty one', code in (413, 422), out)

    no = carded('M-3', holder='slxx1', sec_policy=None, emergency_plan=None)
    decided(no, 'slxx1')
    rg = done('mof1', 'registration.list', asset=no)['items'][0]
    same('what the certificate will need is said on its registration, which names the asset', (rg['asset_name'], show('registration', rg['id']).get('certificate_missing')), (show('asset', no)['name'], ['安全制度', '应急预案']))
    refused('no certificate without security rules and emergency plan', do('mof1', 'certificate.issue', assets=[no]), 'R30')
    done('slxx1', 'material.add', kind='SEC_POLICY', file='rules')
    refused('nor with one of them', do('mof1', 'certificate.issue', assets=[no]), 'R30')
    done('slxx1', 'material.add', kind='EMERGENCY_PLAN', file='plan')
    certify(no, 'slxx1')
    same('filed once for the unit they serve each of its assets', state('asset', no), 'CERTIFICATED')


# --- recalling, withdrawing ---

def recalls():
    no = carded('R-1', public=True)
    for verbs in ((), ('accept',), ('accept', 'review'), ('accept', 'review', 'notice')):
        rg = step(applied(no), *verbs)
        refused('another holder does not take it back', do('yj1', 'registration.recall', id=rg), 'domain.md 6')
        done('hbsw2', 'registration.recall', id=rg)
        same('taken back from %s' % (verbs[-1] if verbs else 'submit'), (state('registration', rg), state('asset', no)), ('RECALLED', 'CARDED'))
        refused('that is the end of it', do('hb-fin3', 'registration.accept', id=rg), STATE)
    no = carded('R-2', holder='slxx1')
    rg = applied(no, 'slxx1')
    same('with a superior department it waits for that', state('registration', rg), 'SUBMITTED')
    refused('and is not decided before', do('mof3', 'registration.decide', id=rg, accept=True), STATE)
    refused('the superior says why not', do('slb2', 'registration.endorse', id=rg, accept=False), '26号 art. 10')
    done('slb2', 'registration.endorse', id=rg, accept=False, note='口径不一致（示例）')
    same('its no ends the application', (state('registration', rg), state('asset', no)), ('REFUSED', 'CARDED'))
    rg = decided(no, 'slxx1')
    refused('decided, it is not taken back', do('slxx1', 'registration.recall', id=rg), STATE)
    refused('one registration at a time, of one that is registered', do('slxx1', 'registration.submit', asset=no), STATE)
    refused('withdrawn by its own finance department only', do('hb-fin1', 'registration.withdraw', id=rg, reason='x'), 'R40')
    ap = done('mof1', 'registration.withdraw', id=rg, reason='隐瞒（示例）')['approval']
    refused('and not by one officer', do('mof1', 'approval.approve', id=ap), 'R22')
    done('mof2', 'approval.approve', id=ap)
    same('two withdraw it', (state('registration', rg), state('asset', no)), ('WITHDRAWN', 'CARDED'))
    refused('a withdrawn one does not come back', do('mof1', 'registration.withdraw', id=rg, reason='x'), 'R23')
    refused('nor is the same card applied for again', do('slxx1', 'registration.submit', asset=no), 'R23')
    number = certified('R-3', 'slxx1')
    last = next(r['id'] for r in pages('registration') if r['asset_no'] == 'R-3')
    refused('with a certificate on it, that is withdrawn instead', do('mof1', 'registration.withdraw', id=last, reason='x'), '26号 art. 20')
    check('which stands', state('certificate', number) == 'ACTIVE')


def pages(noun):
    after, out = '', []
    while after is not None:
        page = h.api('GET', '/api/v1/%s?limit=1000&after=%s' % (noun, after), None, officers.token('auditor'))[1]
        out += page['items']
        after = page.get('next')
    return out


# --- objections ---

WHO = {'name': '赵六（虚构）', 'contact': '示例路1号', 'evidence': '采集合同（示例）'}


def objections():
    no = carded('O-1', public=True)
    rg = step(applied(no), 'accept', 'review')
    refused('nobody objects before the notice', do('jc1', 'registration.object', id=rg, **WHO), STATE)
    step(rg, 'notice')
    one = done('hb-fin1', 'registration.object', id=rg, **WHO)['id']
    check('ten working days to look into it', show('objection', one)['due'] > now())
    seen = {w: h.api('GET', '/api/v1/objection/' + one, None, officers.token(w))[1] for w in ('hb-fin2', 'hbsw1', 'jc1', 'mof1')}
    check('who objected is known to the deciding department', all(seen['hb-fin2'].get(k) == v for k, v in WHO.items()), seen['hb-fin2'])
    check('and to nobody else, in events neither', not any(k in seen[w] for w in ('hbsw1', 'jc1', 'mof1') for k in WHO) and
          '赵六' not in json.dumps(h.api('GET', '/api/v1/event?object=' + one, None, officers.token('hb-fin2'))[1], ensure_ascii=False), seen['hbsw1'])
    refused('an officer does not decide on the own objection', do('hb-fin1', 'objection.decide', id=one, upheld=False, reason='x'), 'R22')
    refused('nor one of another department', do('mof1', 'objection.decide', id=one, upheld=False, reason='x'), 'R40')
    refused('nor without reasons', do('hb-fin2', 'objection.decide', id=one, upheld=False, reason='\u3000'), '26号 art. 12')
    h.at('2026-05-11T02:00:00Z')
    refused('while it is open nothing is decided', do('hb-fin3', 'registration.decide', id=rg, accept=True), 'R19')
    done('hb-fin2', 'objection.decide', id=one, upheld=False, reason='查无实据（示例）')
    refused('it is decided once', do('hb-fin2', 'objection.decide', id=one, upheld=True, reason='x'), '26号 art. 12')
    refused('after the notice nobody objects to the application', do('jc1', 'registration.object', id=rg, **WHO), 'R20')
    done('hb-fin3', 'registration.decide', id=rg, accept=True)

    no = carded('O-2', public=True)
    rg = step(applied(no), 'accept', 'review', 'notice')
    ob = done('jc1', 'registration.object', id=rg, **WHO)['id']
    done('hb-fin2', 'objection.decide', id=ob, upheld=True, reason='权属不清（示例）')
    same('an upheld one ends the application', (state('registration', rg), state('asset', no)), ('TERMINATED', 'CARDED'))
    refused('the same card is not applied for again', do('hbsw1', 'registration.submit', asset=no), 'R19')
    done('hbsw1', 'asset.card', ledger=entries[no], card=card(no, True, overview='更正后（示例）'))
    check('a corrected one is', applied(no).startswith('RG-'))

    ob = done('jc1', 'registration.object', asset='O-1', **WHO)['id']
    done('hb-fin2', 'objection.decide', id=ob, upheld=True, reason='权属不清（示例）')
    same('upheld against a registered asset it freezes it', state('asset', 'O-1'), 'FROZEN')
    refused('a frozen asset gets no certificate', do('hb-fin1', 'certificate.issue', assets=['O-1']), STATE)
    refused('a disputed one is not applied for', do('hbsw1', 'registration.submit', asset=carded('O-3', dispute=True)), 'R19')


# --- freezing ---

def freezing():
    no = 'F-1'
    first = certified(no, 'slxx1')
    refused('strangers freeze nothing', do('hb-fin1', 'asset.freeze', asset=no, reason='x'), 'R40')
    refused('nor a superior of others', do('hbsw-sup', 'asset.freeze', asset=no, reason='x'), STEP)
    done('slb1', 'asset.freeze', asset=no, reason='核查（示例）')
    same('the superior freezes at once, the certificate with it', (state('asset', no), state('certificate', first)), ('FROZEN', 'SUSPENDED'))
    refused('it is not frozen twice', do('mof1', 'asset.freeze', asset=no, reason='x'), STATE)
    refused('the certificate is not resumed under a frozen asset', do('mof1', 'certificate.resume', number=first, reason='x'), 'R19')
    refused('nothing is applied for', do('slxx1', 'registration.submit', asset=no, type='CANCEL'), STATE)
    ap = done('slb1', 'asset.unfreeze', asset=no, reason='查清（示例）')['approval']
    refused('one officer does not lift it alone', do('slb1', 'approval.approve', id=ap), 'R22')
    code, out = do('slb2', 'approval.approve', id=ap)
    check('the second of the same department does', code == 200, out)
    same('the asset is what it was; the certificate waits for the finance department', (state('asset', no), state('certificate', first)), ('CERTIFICATED', 'SUSPENDED'))
    two('mof1', 'mof2', 'certificate.resume', number=first, reason='x')
    done('mof1', 'asset.freeze', asset=no, reason='核查（示例）')
    refused('a lower party does not lift it', do('slb1', 'asset.unfreeze', asset=no, reason='x'), 'domain.md decision 8')
    two('mof1', 'mof2', 'asset.unfreeze', asset=no, reason='x')
    same('the finance department\'s two bring the certificate back too', (state('asset', no), state('certificate', first)), ('CERTIFICATED', 'ACTIVE'))
    done('mof1', 'asset.freeze', asset=no, reason='核查（示例）')
    done('mof2', 'certificate.suspend', number=first, reason='另案（示例）')
    two('mof1', 'mof2', 'asset.unfreeze', asset=no, reason='x')
    same('suspended by itself meanwhile it stays suspended', (state('asset', no), state('certificate', first)), ('CERTIFICATED', 'SUSPENDED'))
    two('mof1', 'mof2', 'certificate.resume', number=first, reason='x')
    rg = applied(carded('F-2'))
    done('hb-fin1', 'asset.freeze', asset='F-2', reason='x')
    refused('an application on a frozen asset stands still', do('hb-fin3', 'registration.decide', id=rg, accept=True), 'R19')
    refused('and is not taken back', do('hbsw1', 'registration.recall', id=rg), 'R19')
    two('hb-fin1', 'hb-fin2', 'asset.unfreeze', asset='F-2', reason='x')
    same('and goes on afterwards', done('hb-fin3', 'registration.decide', id=rg, accept=True)['state'], 'REGISTERED')


# --- profiles ---

def profiles():
    before = done('hb-fin1', 'profile.show')['version']
    for bad in ({'days.accept': 0}, {'days.acept': 3}, {'years.certificate': 6}, {'short_path.public': 'yes'}, {'holidays': ['2026-13-01']}, {'chains': {'certificate.issue': []}}, {'chains': {'certificate.isue': [{'role': 'FINANCE', 'org': 'finance'}]}}, {}, {'report.due_h1': 931}, {'report.due_h1': 1299},
                {'days.accept': 3, 'revenue.platforms': []}):
        refused('a profile with %s' % json.dumps(bad), do('hb-fin1', 'profile.propose', profile=bad), 'domain.md 10')
    ap = done('hb-fin1', 'profile.propose', profile={'short_path.public': True, 'days.notice': 5})['approval']
    for who in ('hb-fin1', 'mof1', 'hbsw1'):
        code, out = do(who, 'profile.approve', id=ap)
        check('%s does not adopt it' % who, code in (403, 409, 422) and out.get('rule') in ('R22', 'domain.md 6'), out)
    same('what stands already is no part of a change, which says what was before', show('approval', done('gz-fin1', 'profile.propose', profile={'days.notice': 5, 'days.accept': 3, 'chains': {}})['approval'])['payload'],
         {'finance': '11520000DEMA000217', 'version': 1, 'change': {'days.notice': 5}, 'was': {'days.notice': 10}, 'profile': {'days.notice': 5}})
    out = done('hb-fin2', 'profile.approve', id=ap)
    same('two officers adopt a version', (out['version'], done('hb-fin1', 'profile.show')['version']), (before + 1, before + 1))
    rg = applied(carded('P-1', public=True))
    r = show('registration', rg)
    same('from then on public data takes the short path', (r['path'], done('hb-fin3', 'registration.decide', id=rg, accept=True)['state']), ('SHORT', 'REGISTERED'))
    events = h.cli('event', 'list', '--object', rg)[1]['items']
    check('its hash stands in each event', all(e['policy'] == out['hash'] for e in events), [e['policy'][:8] for e in events])
    same('another department keeps its own', applied(carded('P-2', 'slxx1', public=True), 'slxx1') and next(r['path'] for r in pages('registration') if r['asset_no'] == 'P-2'), '26')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': False, 'day_one_counts': True})
    h.at('2026-06-22T02:00:00Z')
    rg = step(applied(carded('P-3', public=True)), 'accept', 'review', 'notice')
    same('five days whose first counts', show('registration', rg)['notice_to'], '2026-06-26T15:59:59Z')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'day_one_counts': False, 'days.notice': 10})


# --- batches ---

def digest(items):
    return hashlib.sha256(json.dumps(items, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()).hexdigest()


def aside(sentence, out, want):
    """{item: rule} of what was set aside, with reasons in both languages, and a digest over all others"""
    got = {a['item']: a.get('rule') for a in out.get('set_aside', [])}
    check(sentence, got == want and all(a['detail']['zh'] and a['detail']['en'] for a in out['set_aside']), got)
    if 'items' in out:
        same('its digest covers every item', out['digest'], digest(out['items']))
        task = show('task', out['task'])
        same('and the task is on record', (task['digest'], task['done'], len(task['set_aside'])), (out['digest'], out['done'], len(want)))


def batches():
    numbers = [carded('B-%d' % i, public=True) for i in range(6)]
    other = carded('B-x', 'yj1')
    out = done('hbsw1', 'registration.submit', assets=numbers + [other, 'B-none'])
    aside('of a selection the faulty are set aside', out, {other: 'domain.md 6', 'B-none': None})
    ids = [i['id'] for i in out['items']]
    refused('a selection that names one twice', do('hb-fin3', 'registration.accept', ids=ids + ids[:1]), 'lesson 6')
    refused('an empty one', do('hb-fin3', 'registration.accept', ids=[]), 'lesson 6')
    code, out = do('hb-fin3', 'registration.accept', ids=ids, id=ids[0])
    check('one and many at a time', code == 422, out)
    refused('of which nothing can be done: the reason of the first', do('hb-fin3', 'registration.review', ids=ids, accept=True), STATE)
    aside('accepted as one task', done('hb-fin3', 'registration.accept', ids=ids), {})
    aside('one that was accepted already is set aside', done('hb-fin3', 'registration.accept', ids=ids[:1] + [applied(carded('B-y', public=True))]), {ids[0]: STATE})
    aside('reviewed', done('hb-fin3', 'registration.review', ids=ids, accept=True), {})
    same('one text for all of them', done('hb-fin3', 'registration.notice-text', ids=ids)['text'].count('登记主体名称'), 6)
    aside('under notice', done('hb-fin3', 'registration.notice', ids=ids, place='x', address='https://notice.example/b', confidentiality='x'), {})
    ob = done('jc1', 'registration.object', id=ids[5], **WHO)['id']
    h.at('2026-07-07T02:00:00Z')
    aside('decided, but for the one under objection', done('hb-fin3', 'registration.decide', ids=ids, accept=True), {ids[5]: 'R19'})
    done('hb-fin2', 'objection.decide', id=ob, upheld=True, reason='x')

    asked = done('hb-fin1', 'certificate.issue', assets=numbers + [other])
    aside('of the certificates asked for', asked, {numbers[5]: STATE, other: 'R40'})
    ap = show('approval', asked['approval'])
    covered = {i['asset_no']: i for i in ap['payload']['assets']}
    check('one approval covers every item, with card and registration', sorted(covered) == sorted(numbers[:5]) and all(
        covered[n]['card_hash'] == show('asset', n)['card_hash'] and covered[n]['registration'] == i for n, i in zip(numbers[:5], ids)), covered)
    done('hbsw1', 'asset.card', ledger=entries[numbers[0]], card=card(numbers[0], True, overview='变更（示例）'))
    change = step(applied(numbers[0], type='CHANGE'), 'accept', 'review', 'notice')
    h.at('2026-07-22T02:00:00Z')
    step(change, 'decide')
    out = done('hb-fin2', 'approval.approve', id=asked['approval'])
    same('what changed since it was asked for is set aside, the others are issued', (out['issued'], {a['item']: a['rule'] for a in out['set_aside']}), (4, {numbers[0]: 'lesson 5'}))
    same('it is asked for again', (certify(numbers[0]) and state('asset', numbers[0])), 'CERTIFICATED')


# --- verdicts ---

def verdicts(noun, name, use=None):
    doc = show(noun, name)
    return judged(doc.get('pem') or doc.get('compact'), use)


def judged(text, use=None, at=None):
    """(verifier service, tool); at another time than the machine's: (tool, what it says of the dates)"""
    body = {'credential': text}
    if use:
        body['use'] = use
    service = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps(body).encode(), timeout=300))['verdict'] if at is None else None
    path = os.path.join(h.root, 'credential')
    open(path, 'w').write(text)
    cmd = [B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json'] + (['--at', at] if at else [])
    r = subprocess.run(cmd + (['--use', ','.join(k + '=' + v for k, v in use.items())] if use else []), capture_output=True, text=True, timeout=300)
    out = json.loads(r.stdout)
    return (out['verdict'], next(c['outcome'] for c in out['checks'] if c['name'] == 'time')) if at else (service, out['verdict'])


def crl_reason(number):
    """why the CRL of the register lists it; None: it does not"""
    serial = show('certificate', number)['serial'].upper().lstrip('0')
    text = subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', h.d + '/trust/crl/1.crl', '-noout', '-text'], capture_output=True, text=True, timeout=300).stdout
    at = text.find('Serial Number: ' + serial)
    at = at if at >= 0 else text.find('Serial Number: 0' + serial)
    if at < 0:
        return None
    found = re.search(r'CRL Reason Code:\s*\n\s*(.*)', text[at:text.find('Serial Number', at + 10) if text.find('Serial Number', at + 10) > 0 else None])
    return found.group(1).strip() if found else ''


def payload(compact):
    part = compact.split('.')[1]
    return json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))


def status_value(number):
    """the certificate's own entry in the published list"""
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
    n, idx = db.execute('SELECT list, idx FROM certificate WHERE number = ?', (number,)).fetchone()
    db.close()
    lst = payload(open('%s/trust/status/%d.jwt' % (h.d, n)).read())['status_list']
    data = zlib.decompress(base64.urlsafe_b64decode(lst['lst'] + '=' * (-len(lst['lst']) % 4)))
    per = 8 // lst['bits']
    return data[idx // per] >> (idx % per * lst['bits']) & (1 << lst['bits']) - 1


# --- successors ---

GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'], 'territory': ['420000'],
         'environment': [], 'quota': None, 'depth': 0}
AUDIENCE = 'https://gateway.example'
USE = {'action': 'QUERY', 'purpose': 'PUBGOV', 'user': HUBEI, 'audience': AUDIENCE}


def china(days=0):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + days * 86400))


def authorised(*certificates, days=300):
    proposal = {'certificates': list(certificates), 'operator': JINGCHU, 'grant': GRANT, 'terms': 'paid', 'from': china(), 'to': china(days), 'shared': False, 'selection': '招标（示例）',
                'operator_conditions': 'x', 'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
    return two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=proposal)[1]['authorisation']


def licensed(dau):
    request = {'authorisation': dau, 'product': {'id': 'P-1', 'version': '1.0', 'kind': 'operator'}, 'grant': GRANT, 'terms': 'paid', 'days': 60, 'binding': 'named', 'audience': AUDIENCE,
               'duties': ['STOP'], 'users': [{'usci': HUBEI, 'name': '湖北省财政厅'}]}
    request['grant'] = dict(GRANT, purposes=['PUBGOV'])
    request['terms'] = 'free'
    return done('jc1', 'token.issue', request=request)['tokens'][0]


def changed(no, kind, **change):
    """a new card registered: what a successor is issued on"""
    done('hbsw1', 'asset.card', ledger=entries[no], card=card(no, **change))
    return decided(no, type=kind)


def successors():
    code, out = h.cli('clock', 'demo')
    check('the present', code == 0, out)
    old = certified('S-1')
    dau = authorised(old)
    tok = licensed(dau)
    same('before: certificate, authorisation and token permit', (verdicts('certificate', old), verdicts('authorisation', dau), verdicts('token', tok, USE)), (('permit',) * 2,) * 3)
    refused('no change without a new card', do('hbsw1', 'registration.submit', asset='S-1', type='CHANGE'), 'domain.md 7.2')
    refused('no first registration of a registered asset', do('hbsw1', 'registration.submit', asset='S-1'), STATE)
    refused('no second certificate meanwhile', do('hb-fin1', 'certificate.issue', assets=['S-1']), '167·三(二)')
    done('hbsw1', 'asset.card', ledger=entries['S-1'], card=card('S-1', overview='变更（示例）'))
    same('a new card is a draft while the certificate stands', (show('asset', 'S-1')['version'], state('certificate', old)), (1, 'ACTIVE'))
    decided('S-1', type='CHANGE')
    refused('who decided on it does not issue', do('hb-fin3', 'certificate.issue', assets=['S-1']), 'R22')
    ap = done('hb-fin1', 'certificate.issue', assets=['S-1'])['approval']
    check('nor is named among those who may approve it', 'hb-fin3' not in {d['login'] for d in officers.get('hb-fin2', 'approval/' + ap)['deciders']} and
          'hb-fin2' in {d['login'] for d in officers.get('hb-fin2', 'approval/' + ap)['deciders']})
    refused('and is refused there', do('hb-fin3', 'approval.approve', id=ap), 'R22')
    done('hb-fin2', 'approval.reject', id=ap, note='x')
    first = show('authorisation', dau)['compact']
    time.sleep(1.1) # it begins after the authorisation did
    new = certify('S-1')
    a, b = show('certificate', old), show('certificate', new)
    same('the old certificate is superseded', (a['state'], b['state'], show('asset', 'S-1')['version'], show('asset', 'S-1')['certificate']), ('SUPERSEDED', 'ACTIVE', 2, new))
    same('on the CRL with that reason, the new one is not', (crl_reason(old), crl_reason(new)), ('Superseded', None))
    same('in the status list with value 3, the new one with 0', (status_value(old), status_value(new)), (3, 0))
    same('a change keeps the end', a['not_after'], b['not_after'])
    check('and starts later', b['not_before'] >= a['not_before'])
    same('verdicts on old and new', (verdicts('certificate', old), verdicts('certificate', new)), (('deny',) * 2, ('permit',) * 2))
    second = show('authorisation', dau)['compact']
    p = payload(second)
    same('the authorisation has a second version that names the new certificate', (p['version'], [x['certificate'] for x in p['assets']]), (2, [new]))
    same('and the hash of the one before', p['previous'], base64.urlsafe_b64encode(hashlib.sha256(first.encode()).digest()).rstrip(b'=').decode())
    same('which permits; the first version no longer', (judged(second), judged(first)), (('permit',) * 2, ('deny',) * 2))
    same('the token that was issued before still permits', verdicts('token', tok, USE), ('permit',) * 2)
    tok2 = licensed(dau)
    q = payload(show('token', tok2)['compact'])
    same('one issued after names version and hash of the second', (q['parent']['version'], q['parent']['sha256'], q['asset']['certificate']),
         (2, base64.urlsafe_b64encode(hashlib.sha256(second.encode()).digest()).rstrip(b'=').decode(), new))
    same('and permits', verdicts('token', tok2, USE), ('permit',) * 2)
    return dau, tok


def suspended_rebinding(dau, tok):
    done('hb-fin1', 'authorisation.suspend', number=dau, reason='核查（示例）')
    changed('S-1', 'CORRECTION', overview='更正（示例）')
    new = certify('S-1')
    same('a suspended authorisation is re-bound and stays denied', (payload(show('authorisation', dau)['compact'])['version'], verdicts('authorisation', dau), verdicts('token', tok, USE)),
         (3, ('deny',) * 2, ('deny',) * 2))
    two('hb-fin1', 'hb-fin2', 'authorisation.resume', number=dau, reason='x')
    same('resumed it permits, and so does the oldest token', (verdicts('authorisation', dau), verdicts('token', tok, USE)), (('permit',) * 2,) * 2)
    done('hb-fin1', 'certificate.suspend', number=new, reason='核查（示例）')
    changed('S-1', 'CHANGE', overview='再变更（示例）')
    refused('a suspended certificate gets no successor', do('hb-fin1', 'certificate.issue', assets=['S-1']), 'domain.md 7.2')
    two('hb-fin1', 'hb-fin2', 'certificate.resume', number=new, reason='x')
    certify('S-1')

    changed('S-1', 'CHANGE', rights=['HOLD', 'USE'])
    refused('a card that no longer bears what an authorisation gives', do('hb-fin1', 'certificate.issue', assets=['S-1']), 'R13')
    two('hbsw1', 'hb-fin1', 'authorisation.reclaim', number=dau, reason='收回（示例）')
    last = certify('S-1')
    same('with the authorisation ended it is issued; the token is dead', (state('certificate', last), verdicts('token', tok, USE)), ('ACTIVE', ('deny',) * 2))


def renewals():
    old = certified('S-2', years=1)
    refused('no renewal before its window', do('hbsw1', 'registration.submit', asset='S-2', type='RENEWAL'), 'R20')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'days.renewal': 366})
    dau = authorised(old)
    tok = licensed(dau)
    decided('S-2', type='RENEWAL')
    new = certify('S-2', years=3)
    a, b = show('certificate', old), show('certificate', new)
    check('a renewal ends later and on the same card', b['not_after'] > a['not_after'] and show('asset', 'S-2')['version'] == 1, (a['not_after'], b['not_after']))
    same('the old one is superseded, the authorisation re-bound, its token permits', (a['state'], crl_reason(old), verdicts('authorisation', dau), verdicts('token', tok, USE)),
         ('SUPERSEDED', 'Superseded', ('permit',) * 2, ('permit',) * 2))
    waiting = certified('S-9', years=1)
    changed('S-9', 'CHANGE', overview='变更后续展（示例）')
    decided('S-9', type='RENEWAL')
    two('hb-fin1', 'hb-fin2', 'certificate.revoke', number=waiting, reason='keyCompromise')
    same('a change that was registered, renewed and not certified yet is what stands after a revocation', (show('asset', 'S-9')['state'], show('asset', 'S-9')['version'], state('certificate', certify('S-9'))),
         ('REGISTERED', 2, 'ACTIVE'))
    refused('the superseded one is renewed no more', do('hb-fin1', 'certificate.issue', assets=['S-2']), '167·三(二)')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'days.renewal': 60})
    return new


# --- transfer and endings ---

def transfers():
    old = certified('T-1')
    ask = {'asset': 'T-1', 'type': 'TRANSFER', 'receiver': YONGJIANG, 'new_asset_no': 'T-1-YJ', 'disposal': '党组会纪要、处置批复（示例）'}
    refused('no disposal without its documents', do('hbsw1', 'registration.submit', **dict(ask, disposal='\u3000')), 'R29')
    refused('not to itself', do('hbsw1', 'registration.submit', **dict(ask, receiver=HUBEI_WATER)), STEP)
    refused('not to one that holds nothing', do('hbsw1', 'registration.submit', **dict(ask, receiver=JINGCHU)), STEP)
    refused('not under a number that was used', do('hbsw1', 'registration.submit', **dict(ask, new_asset_no='S-1')), 'domain.md 4.3')
    dau = authorised(old)
    refused('not while an authorisation rests on it', do('hbsw1', 'registration.submit', **ask), STEP)
    two('hbsw1', 'hb-fin1', 'authorisation.reclaim', number=dau, reason='x')
    rg = done('hbsw1', 'registration.submit', **ask)['id']
    refused('not decided before the receiver agrees', do('hb-fin3', 'registration.decide', id=rg, accept=True), STEP)
    refused('for which nobody else speaks', do('pc1', 'registration.receive', id=rg), STEP)
    done('yj1', 'registration.receive', id=rg)
    refused('once', do('yj2', 'registration.receive', id=rg), STEP)
    refused('not carried out before it is decided', do('hb-fin1', 'registration.execute', id=rg), STEP)
    done('hb-fin3', 'registration.decide', id=rg, accept=True)
    same('decided, the certificate still stands', state('certificate', old), 'ACTIVE')
    refused('carried out by its finance department', do('gx-fin1', 'registration.execute', id=rg), 'R40')
    ap = done('hb-fin1', 'registration.execute', id=rg)['approval']
    refused('by two', do('hb-fin1', 'approval.approve', id=ap), 'R22')
    done('hb-fin2', 'approval.approve', id=ap)
    same('the old certificate is cancelled, the asset transferred', (state('certificate', old), state('asset', 'T-1')), ('CANCELLED', 'TRANSFERRED'))
    same('with that reason', (crl_reason(old), verdicts('certificate', old)), ('Affiliation Changed', ('deny',) * 2))
    there = show('asset', 'T-1-YJ')
    same('the receiver\'s is registered, on the same card under its own number', (there['state'], there['holder'], there['card']['basic']['asset_no'], there['card']['basic']['name']),
         ('REGISTERED', YONGJIANG, 'T-1-YJ', '示例 T-1'))
    refused('its certificate is its own finance department\'s', do('hb-fin1', 'certificate.issue', assets=['T-1-YJ']), 'R40')
    new = certify('T-1-YJ', 'yj1')
    check('noCollateral follows the asset to an enterprise', 'noCollateral' in show('certificate', new)['restrictions'], show('certificate', new)['restrictions'])
    same('and the verdict', verdicts('certificate', new), ('permit',) * 2)
    refused('so does the ban', do('yj1', 'collateral.request', asset='T-1-YJ', creditor='示例银行（虚构）'), 'R04')
    refused('what was transferred does not come back', do('hbsw1', 'registration.submit', asset='T-1'), 'R23')


def endings():
    for no, kind, final, extra in (('E-1', 'CANCEL', 'CANCELLED', {}), ('E-2', 'DESTROY', 'DESTROYED', {'disposal': '党组会纪要、处置批复（示例）'})):
        number = certified(no)
        dau = authorised(number)
        refused('%s: not while an authorisation rests on it' % kind, do('hbsw1', 'registration.submit', asset=no, type=kind, **extra), STEP)
        two('hbsw1', 'hb-fin1', 'authorisation.reclaim', number=dau, reason='x')
        if extra:
            refused('%s: not without its documents' % kind, do('hbsw1', 'registration.submit', asset=no, type=kind), 'R29')
        rg = decided(no, type=kind, **extra)
        refused('%s: nothing else is applied for meanwhile' % kind, do('hbsw1', 'registration.submit', asset=no, type='CANCEL'), STEP)
        two('hb-fin1', 'hb-fin2', 'registration.execute', id=rg)
        same('%s: certificate and asset end' % kind, (state('certificate', number), crl_reason(number), state('asset', no)), ('CANCELLED', 'Cessation Of Operation', final))
        refused('%s: there is no way back' % kind, do('hbsw1', 'registration.submit', asset=no), 'R23')
        refused('%s: nor a new card' % kind, do('hbsw1', 'asset.card', ledger=entries[no], card=card(no)), 'R23')
    rg = decided(carded('E-3'), type='INITIAL')
    same('a registered asset without certificate can be cancelled', two('hb-fin1', 'hb-fin2', 'registration.execute', id=decided('E-3', type='CANCEL')) and state('asset', 'E-3'), 'CANCELLED')


# --- the registry killed between a successor and the re-binding ---

def reader(d):
    return sqlite3.connect('file:%s/register.db?mode=ro' % d, uri=True, timeout=5)


def kills():
    """at each flush of the registry while a successor is issued; the supervisor is held so that
    what was left behind can be seen"""
    if subprocess.run(['which', 'strace'], capture_output=True).returncode != 0:
        return absent('strace')
    number = certified('K-1')
    daus = [authorised(number) for _ in range(3)]
    toks = [licensed(d) for d in daus]
    changed('K-1', 'CHANGE', overview='变更（示例）')
    ap = done('hb-fin1', 'certificate.issue', assets=['K-1'])['approval']
    done('hb-fin2', 'status.show')
    officer = officers.token('hb-fin2')
    h.stop()
    between = trials = 0
    for n in range(1, 9):
        left, faults = kill_at(n, ap, officer, daus, toks)
        if left is None:
            break
        trials += 1
        between += left
        check('kill -9 of the registry at flush %d%s: finished at start' % (n, ', between successor and re-binding' if left else ''), not faults, faults)
    check('some of the %d kills fell between them' % trials, between > 0, between)
    check('served again', h.serve())


GONE = (OSError, ValueError, http.client.HTTPException)  # what a killed server's client meets


def kill_at(n, ap, officer, daus, toks):
    """(was it between, faults); None: it lived"""
    global h
    main, c = h, h.copy()
    try:
        if not c.serve():
            return None, ['it does not serve']
        pid = c.children()['fujie-registry']
        tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-p', str(pid), '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:signal=SIGKILL:when=%d' % n], stderr=subprocess.DEVNULL)
        while not any(l.startswith('TracerPid:') and l.split()[1] != '0' for l in open('/proc/%d/status' % pid)):
            time.sleep(0.02)
        os.kill(c.proc.pid, signal.SIGSTOP)
        try:
            c.api('POST', '/api/v1/approval/approve', {'id': ap}, officer)
            alive = True
        except GONE:
            alive = False
        db = reader(c.d)
        issued = db.execute("SELECT COUNT(*) FROM certificate WHERE asset_no = 'K-1' AND state = 'ACTIVE' AND succeeds <> ''").fetchone()[0]
        open_ = db.execute('SELECT (SELECT COUNT(*) FROM rebind) + (SELECT COUNT(*) FROM intent WHERE kind = 2 AND state = \'PENDING\')').fetchone()[0]
        db.close()
        os.kill(c.proc.pid, signal.SIGCONT)
        untrace(tracer)
        h = officers.home = c
        return (None if alive else bool(issued and open_)), ([] if alive else faults_of(ap, officer, daus, toks))
    finally:
        h = officers.home = main
        c.stop()
        c.close()


def settled(ap, officer):
    end = time.time() + 40
    while time.time() < end:
        try:
            db = reader(h.d)
            pending = db.execute("SELECT (SELECT COUNT(*) FROM intent WHERE state = 'PENDING') + (SELECT COUNT(*) FROM rebind)").fetchone()[0]
            decided_ = db.execute('SELECT state FROM approval WHERE id = ?', (ap,)).fetchone()[0]
            db.close()
            if decided_ == 'APPROVED' and pending == 0:
                return h.wait_up()
            if decided_ == 'OPEN' and h.wait_up():
                h.api('POST', '/api/v1/approval/approve', {'id': ap}, officer)
        except (*GONE, sqlite3.OperationalError):
            pass
        time.sleep(0.1)
    return False


def faults_of(ap, officer, daus, toks):
    if not settled(ap, officer):
        return ['not all was finished']
    out = []
    new = show('asset', 'K-1')['certificate']
    for dau, tok in zip(daus, toks):
        p = payload(show('authorisation', dau)['compact'])
        if (p['version'], p['assets'][0]['certificate']) != (2, new):
            out.append('%s is version %d on %s' % (dau, p['version'], p['assets'][0]['certificate']))
        end = time.time() + 8 # what is published follows
        got = None
        while got != (('permit',) * 2,) * 2 and time.time() < end:
            got = verdicts('token', tok, USE), verdicts('authorisation', dau)
        if got != (('permit',) * 2,) * 2:
            out.append('%s: token and authorisation: %s' % (dau, got))
    code, answer = h.cli('db', 'rebuild')
    if code != 0 or answer.get('same') is not True:
        out.append('the events give other tables: %s' % answer)
    return out


# --- expiry ---

def expiry(renewed):
    one = certified('X-1', years=1)
    two_ = certified('X-2', years=1)
    changed('X-2', 'CHANGE', overview='变更（示例）')
    done('hb-fin1', 'asset.freeze', asset='X-1', reason='核查（示例）')
    three = certified('X-3', years=1)
    rg = applied('X-3', type='CANCEL')
    end = show('certificate', one)['not_after']
    h.at(str(int(end[:4])) + '-12-31T02:00:00Z' if end[5:7] != '12' else str(int(end[:4]) + 1) + '-01-31T02:00:00Z')
    carded('X-4')
    same('beyond the end a certificate is expired', [state('certificate', c) for c in (one, two_, three)], ['EXPIRED'] * 3)
    same('one renewed in time is not', state('certificate', renewed), 'ACTIVE')
    same('the frozen asset stays frozen, the one with a decided change is registered, the other carded',
         [state('asset', a) for a in ('X-1', 'X-2', 'X-3')], ['FROZEN', 'REGISTERED', 'CARDED'])
    same('an application on it has ended', state('registration', rg), 'TERMINATED')
    refused('an expired one is not renewed', do('hbsw1', 'registration.submit', asset='X-3', type='RENEWAL'), STATE)
    same('it is registered and certified anew', decided('X-3') and certify('X-3') and state('asset', 'X-3'), 'CERTIFICATED')
    same('what was decided is certified without asking again', certify('X-2') and show('asset', 'X-2')['version'], 2)
    # the CRL of a root that was not brought out for a year has ended too: only the dates are asked about
    same('the tool says so too', [judged(show('certificate', c)['pem'], at=now()) for c in (one, two_, three, renewed)], [('deny', 'fail')] * 3 + [('indeterminate', 'pass')])


h = Home(cases=False)
officers = Officers(h)
do, done, two = officers.do, officers.done, officers.two
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    for part in (deadlines, materials, recalls, objections, freezing, profiles, batches):
        part()
    suspended_rebinding(*successors())
    renewed = renewals()
    transfers()
    endings()
    kills()
    expiry(renewed)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
