"""The acts of officers as pages: what will be signed, bound to what was shown; taking back by name and at
once; a registration's course; batches; reports."""
import html, http.cookiejar, io, urllib.parse, zipfile
from lib import *

h = Home()


class Page:
    """an officer's browser, or nobody's"""

    def __init__(self, name=None):
        self.o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.o.addheaders = [('Accept', 'text/html')]
        self.csrf = None
        if name:
            l = h.login(name)
            self.get('/login', {'login': name, 'password': l['password'], 'totp': h.code(name)})
            self.csrf = re.search('name="csrf" value="([^"]+)"', self.get('/inbox')).group(1)

    def get(self, path, form=None):
        if form is not None and self.csrf:
            form = [('csrf', self.csrf)] + (list(form.items()) if isinstance(form, dict) else form)
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            r = self.o.open('http://127.0.0.1:%d%s' % (h.p, path), data, timeout=300)
        except urllib.error.HTTPError as e:
            r = e
        self.full = r.url
        self.code, self.url, self.head = r.status if hasattr(r, 'status') else r.code, urllib.parse.urlsplit(r.url).path, r.headers
        self.page = r.read().decode()
        return self.page

    def text(self, path, form=None):
        page = re.sub(r'(?s)<(script|style).*?</\1>', '', self.get(path, form))
        return re.sub(r'\s+', ' ', html.unescape(re.sub('<[^>]+>', ' ', page)))

    def act(self, path, **fields):
        """a command's form, with a key of its own"""
        return self.text(path, dict(fields, once=os.urandom(11).hex()))


def rows(fields, part=None):
    return {f['en']: f for f in fields if part is None or f['part'] == part}


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    o = Officers(h)
    nobody, one, two = Page(), Page('hb-fin1'), Page('hb-fin2')

    # --- what will be signed: a certificate ---
    s, do, (asset, other) = h.registered('ACTS', 2)
    three = Page('hb-fin3')
    for at in ('asset/' + asset, 'registration/' + o.get('hb-fin3', 'registration?asset=' + asset)['items'][0]['id']):
        text = three.text('/show/' + at)
        check('who decided on it is not sent to issue, but told who does and where to go on: ' + at.split('/')[0], '不得经办其证书颁发（R22）' in text and o.get('hb-fin3', 'user/hb-fin1')['name'] in text and '<a class="button" href="/">' in three.page and
              'href="/do/certificate/issue' not in three.page, text[:900])
        check('who had no part in it is', '不得经办' not in one.text('/show/' + at) and '<a class="button" href="/do/certificate/issue?' in one.page, one.page[:300])
    waits = lambda who: next((a['count'] for a in o.get(who, 'home/show')['waiting']['acts'] if a['what'] == 'certificate.issue'), 0)
    before = waits('hb-fin2')
    trial = o.done('hb-fin1', 'certificate.issue', assets=[asset], preview=True)
    check('who asks for it sees in the preview what will be signed', trial['content']['documents'][0]['name'] == 'test ' + asset and trial['content']['signs'] == 'certificate', trial)
    text = one.act('/do/certificate/issue', assets=asset, step='preview')
    check('on the page too', all(w in text for w in ('将签署的内容', 'test ' + asset, '主体 O（持有单位）', '禁止事项')), text[:1500])
    asked = o.done('hb-fin1', 'certificate.issue', assets=[asset])
    check('while its approval waits nobody is asked to issue it', waits('hb-fin2') == before - 1, (before, waits('hb-fin2')))
    ap = asked['approval']
    shown = o.get('hb-fin2', 'approval/' + ap)
    seen = o.get('hb-fin2', 'approval/preview?id=' + ap)
    check('an approval tells the hash that it is bound to', re.fullmatch('[0-9a-f]{64}', shown['digest']) and seen['digest'] == shown['digest'], shown)
    canonical = json.dumps(shown['payload'], ensure_ascii=False, sort_keys=True, separators=(',', ':')).encode()
    check('which is SHA-256 of the request, canonical', hashlib.sha256(canonical).hexdigest() == shown['digest'])
    check('and who may decide: officers of the department who had no part in it', {d['login'] for d in shown['deciders']} >= {'hb-fin2'} and not {'hb-fin1'} & {d['login'] for d in shown['deciders']}, shown['deciders'])
    doc = seen['documents'][0]
    f = rows(doc['fields'])
    check('its content is shown as the fields of RFC 5280 and of the extension', f['Subject, O (holder)']['value'] and f['Subject, organizationIdentifier']['value'].startswith('NTRCN-') and
          f['keyUsage (critical)']['value'] == 'digitalSignature' and f['Asset number']['value'] == asset and f['Issuer, CN']['value'] == 'Fujie DEMO Issuing CA 1', doc)
    drawn = {f['en'] for f in doc['fields'] if f.get('drawn')}
    check('what is drawn when it is signed says so, nothing else does', {'Serial number (128 random bits)', 'notBefore', 'notAfter', 'Certificate number', 'Place in the status list'} <= drawn and
          not drawn & {'Subject, O (holder)', 'Asset number', 'Prohibited', 'Holder kind', 'Data asset name'}, drawn)
    text = two.text('/approvals/' + ap)
    check('the page shows it in words, with both hashes', all(w in text for w in (asset, '将签署的内容', '主体 O（持有单位）', 'NTRCN-', '签发时给定', shown['digest'], doc['content'], '可审批人')), text[:2000])
    barred = o.get('hb-fin2', 'user/hb-fin3')['name']
    check('who may not is named, and no person by a code', [d['login'] for d in shown['barred']] == ['hb-fin3'] and '参与过办理，不得审批： ' + barred in text and shown['payload']['not_by'] not in two.page, (shown['barred'], text[-900:]))
    check('in English too', all(w in two.text('/approvals/%s?lang=en' % ap) for w in ('What will be signed', 'Subject, O (holder)', 'given when signed')) and two.text('/inbox?lang=zh') != '')
    check('its applicant is shown the same and no button', '待他人审批' in one.text('/approvals/' + ap) and '/approve"' not in one.page)
    refused('a decision on another hash than is bound is refused', o.do('hb-fin2', 'approval.approve', id=ap, digest='0' * 64), 'R22')
    refused('a rejection without a reason is refused', o.do('hb-fin2', 'approval.reject', id=ap), 'R22')
    check('and on the page, which shows the approval again', '书面说明理由' in two.text('/approvals/%s/reject' % ap, {'digest': shown['digest'], 'note': ' '}) and '将签署的内容' in two.page and two.code in (400, 422), (two.code, two.page[:300]))
    two.text('/approvals/%s/approve' % ap, {'digest': shown['digest']})
    check('approving leads to the approval, carried out, with its course', two.url == '/approvals/' + ap and '已批准并执行' in two.page and '审批进程' in two.page)
    number = next(c['number'] for c in o.get('hb-fin1', 'certificate?limit=1000')['items'] if c['asset_no'] == asset)
    issued = o.get('hb-fin1', 'certificate/' + number)
    der = base64.b64decode(''.join(issued['pem'].split('\n')[1:-2]))
    check('the approval leads to it, and to a copy on paper', two.text('/approvals/' + ap) and '/show/certificate/' + number in two.page and '/do/copy/issue?number=' + number in two.page, two.page[-1500:])
    fixed = [x['value'] for x in doc['fields'] if not x.get('drawn') and x['part'] in ('subject', 'asset') and isinstance(x['value'], str) and len(x['value']) > 3 and not re.fullmatch('[0-9a-f]{64}|[A-Za-z]+', x['value'])]
    check('what was issued says what was shown', all(v.encode() in der for v in fixed), fixed)

    # --- an approval does not carry over to another content ---
    ap = o.done('hb-fin1', 'certificate.issue', assets=[other])['approval']
    before = o.get('hb-fin2', 'approval/preview?id=' + ap)['documents'][0]
    holder = '12420000DEMA00099D'
    o.two('hb-fin1', 'hb-fin2', 'organisation.change', usci=holder, name='湖北省水文水资源中心（更名）')
    after = o.get('hb-fin2', 'approval/preview?id=' + ap)['documents'][0]
    check('a change of what would be signed shows on the approval, with its rule', 'refused' not in before and after['refused']['rule'] == 'R22' and
          rows(after['fields'])['Subject, O (holder)']['value'] == '湖北省水文水资源中心（更名）', after.get('refused'))
    check('and on its page, by a sign and words', '✘ 不能签署' in two.text('/approvals/' + ap) and '与送审时不一致' in two.page)
    refused('approving it is refused: the content is not the one that was asked for', o.do('hb-fin2', 'approval.approve', id=ap), 'R22')
    again = o.done('hb-fin1', 'certificate.issue', assets=[other])['approval']
    check('asked for anew it is another approval; the overtaken one is closed', again != ap and o.get('hb-fin2', 'approval/' + ap)['state'] == 'REFUSED')
    o.done('hb-fin2', 'approval.approve', id=again)
    second = next(c['number'] for c in o.get('hb-fin1', 'certificate?limit=1000')['items'] if c['asset_no'] == other)
    check('and what it signs has the new name', '湖北省水文水资源中心（更名）' == o.get('hb-fin1', 'certificate/' + second)['holder']['name'])

    # --- differences: a successor, an organisation, a profile, a user ---
    changed = card(other)
    changed['basic'].update(name='test renamed', overview='说明')
    ledger = o.get('hbsw1', 'asset/' + other)['ledger']
    do('hbsw1', 'asset', 'card', {'ledger': ledger, 'card': changed})
    rg = do('hbsw1', 'registration', 'submit', {'asset': other, 'type': 'CHANGE'})['id']
    course = o.get('hb-fin3', 'registration/course?id=' + rg)
    turn = course.get('turn', {})
    check('a registration tells its course: what was done on which clause, whose turn it is and until when', course['steps'][0]['event'] == 'registration.submitted' and course['steps'][0]['clause'] == '26号 art. 9' and
          turn.get('role') == 'FINANCE' and turn['org']['usci'] == '11420000DEMA00013M' and course['days_left'] > 0 and [x['state'] for x in course['steps']][-2:] == ['NOW', 'NEXT'], course)
    page = o and Page('hb-fin3').text('/show/registration/' + rg)
    check('its page is that course, what comes next a button', all(w in page for w in ('办理进程', '提交登记申请', '● 登记决定', '个工作日', '○ 颁发证书', '依据 26号第9条')), page[:1500])
    do('hb-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
    ap = o.done('hb-fin1', 'certificate.issue', assets=[other])['approval']
    doc = o.get('hb-fin2', 'approval/preview?id=' + ap)['documents'][0]
    was = {x['en']: x['was'] for x in doc['fields'] if 'was' in x}
    check('a successor is compared with the certificate that it replaces', doc['succeeds'] == second and was.get('Data asset name') == 'test ' + other and 'Subject, O (holder)' not in was, was)
    check('and so are the two versions of the card', {i['key'] for i in doc['card']['items']} == {'name', 'overview'}, doc['card'])
    text = two.text('/approvals/' + ap)
    check('a difference has words and signs, not a colour alone', '− 原' in text and '✚ 现' in text and 'test renamed' in text and '处不同' in text, text[:1500])
    o.done('hb-fin2', 'approval.approve', id=ap)
    ap = o.done('hb-fin1', 'profile.propose', profile={'days.review': 15})['approval']
    d = o.get('hb-fin2', 'approval/preview?id=' + ap)['differences']
    check('a profile shows only what changes', [(x['key'], x['was'], x['value']) for x in d] == [('days.review', 20, 15)] and d[0]['zh'], d)
    text = two.text('/approvals/' + ap)
    check('on its page in words, with the unit, and not by its name for programs', re.search('审核期限 . 原 20 个工作日 . 现 15 个工作日', text) and 'days.review' not in text, text[:1500])
    o.done('hb-fin2', 'approval.reject', id=ap, note='暂不调整')
    text = two.text('/approvals/' + ap)
    check('and when it is decided', re.search('审核期限 . 原 20 个工作日 . 现 15 个工作日', text) and 'short_path' not in text, text[:1500])
    ap = o.done('hb-fin1', 'user.move', login='hbsw2', org=holder, roles=['HOLDER'], reason='调整分工')['approval']
    d = {x['key']: x for x in o.get('hb-fin2', 'approval/preview?id=' + ap)['differences']}
    check('a user shows roles before and after', set(d) == {'roles'} and 'HOLDER' in d['roles']['value'] and len(d['roles']['was']) > 1, d)
    o.done('hb-fin2', 'approval.reject', id=ap, note='暂不调整')

    # --- an authorisation says when it begins, where that is not the moment of signing ---
    later = lambda n: time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + n * 86400))
    for begins in (0, 10):
        proposal = {'certificates': [o.get('hb-fin1', 'asset/' + asset)['certificate']], 'operator': '91420100DEMA001011', 'terms': 'free', 'from': later(begins), 'to': later(300), 'shared': False, 'selection': 'x', 'operator_conditions': 'x',
                    'grant': {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0},
                    'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
        ap = o.done('hbsw1', 'authorisation.propose', proposal=proposal)['approval']
        f = rows(o.get('hb-fin2', 'approval/preview?id=' + ap)['documents'][0]['fields'], 'credential')['Valid from']
        text = two.text('/approvals/' + ap)
        if begins:
            check('an authorisation from a later day on: its approver reads the day that will be signed', 'drawn' not in f and f['value'] == calendar.timegm(time.strptime(later(10), '%Y-%m-%d')) - 8 * 3600 and '生效时间 %s' % later(10) in text, (f, text[:2500]))
        else:
            check('one from today on begins when it is signed', f['drawn'] and 'value' not in f and '生效时间 签发时' in text, (f, text[:2500]))
        if not begins:
            o.done('hb-fin2', 'approval.reject', id=ap, note='暂不调整')
    o.done('hb-fin2', 'approval.approve', id=ap)
    number = max(a['number'] for a in o.get('hb-fin1', 'authorisation?limit=1000')['items'] if a['not_before'] > time.strftime('%Y-%m-%dT%H'))
    check('its page and list say that it is not yet in force, and from when, as the verdict does', all('尚未生效，自 %s 起' % later(10) in two.text(at) for at in ('/show/authorisation/' + number, '/list/authorisation?state=ACTIVE', '/')), two.text('/show/authorisation/' + number)[:800])

    # --- the inbox, and several at once ---
    aps = [o.done('hb-fin1', 'organisation.change', usci=u, note='核对')['approval'] for u in ('91420100DEMA001011', '91420100DEMA00136K')]
    single = o.done('hb-fin1', 'user.disable', login='jc2')['approval']
    text = two.text('/inbox')
    check('the inbox is a short list, each leads to its page', all('/approvals/' + a in two.page for a in aps + [single]) and 'payload' not in two.page and '变更单位信息' in text)
    check('it is filtered by kind', aps[0] in two.get('/inbox?view=mine&kind=organisation.change') and single not in two.page)
    check('what one asked for stands under it, without a box', '我提出的' in one.text('/inbox') and aps[0] in one.page and 'name="ids"' not in one.page)
    two.text('/approvals/batch?ids=%s&ids=%s' % (aps[0], single))
    check('things of different kinds are not decided together', two.code in (400, 422) and '不同类' in two.page)
    text = two.text('/approvals/batch?ids=%s&ids=%s' % tuple(aps))
    check('like things are, each shown with its hash', two.code == 200 and all(o.get('hb-fin2', 'approval/' + a)['digest'] in two.page for a in aps) and '批准这 2 项' in text, text[:800])
    form = [('ids', a) for a in aps] + [('digests', o.get('hb-fin2', 'approval/' + aps[0])['digest']), ('digests', '0' * 64), ('note', ''), ('verdict', 'approve')]
    text = two.text('/approvals/batch', form)
    check('each is decided by itself: one that was not shown so is refused, the other done', '已办理 1 项，未办理 1 项' in text and [o.get('hb-fin2', 'approval/' + a)['state'] for a in aps] == ['APPROVED', 'OPEN'], text[:600])
    check('more than twenty are refused', '请勾选 1 至 20 项' in two.text('/approvals/batch?' + '&'.join('ids=AP-%d' % i for i in range(21))))
    for a in (aps[1], single):
        o.done('hb-fin2', 'approval.reject', id=a, note='暂不调整')

    # --- taking back: a token, by its operator ---
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    credential = open(os.path.join(h.d, tok['file'])).read().strip()
    use = ','.join(k + '=' + v for k, v in tok['use'].items())
    verdict = lambda c, u='': re.search('verdict (permit|deny|indeterminate)', nobody.get('/verify', {'credential': c, 'use': u})).group(1)
    check('the public page permits a token', verdict(credential, use) == 'permit')
    who = next(l['login'] for l in h.demo['logins'] if l.get('org') == o.get('hb-fin1', 'token/' + tok['id']).get('operator') or l['login'] == 'jc1')
    jc = Page('jc1')
    page = jc.get('/show/token/' + tok['id'])
    check('its page leads to stopping it', 'id="stop"' in page and '/do/token/revoke?id=%s' % tok['id'] in page)
    text = jc.text('/do/token/revoke?id=' + tok['id'])
    check('which says what stops, asks for a reason and confirms', '许可令牌 1' in text and tok['id'] in text and '<textarea' in jc.page and 'name="reason"' in jc.page and '确认：' in text, text[:900])
    text = jc.act('/do/token/revoke', id=tok['id'], reason='合同终止', back='/show/token/' + tok['id'])
    check('done, it says what is denied from now on and leads to the public page', jc.url.startswith('/done/') and '自现在起不予认可' in text and tok['id'] in text and 'action="/verify"' in jc.page, text[:700])
    check('the public page denies on the next load', verdict(credential, use) == 'deny')
    check('the reason stands in its history', '合同终止' in jc.text('/show/token/' + tok['id']) and '✔ 吊销令牌' in jc.text('/show/token/' + tok['id']))
    check('and nothing is left to stop', 'id="stop"' not in jc.page)

    # --- an authorisation: suspended by an official, surrendered, reclaimed by two people ---
    auths = {a['number']: a for a in o.get('hb-fin1', 'authorisation?limit=1000')['items'] if a['state'] == 'ACTIVE'}
    auth = next(n for n, a in sorted(auths.items()) if n.startswith('DAU-420000'))
    check('the public page permits the authorisation', verdict(auth) == 'permit')
    stops = o.get('hb-fin1', 'stops/' + auth)
    text = one.text('/do/authorisation/suspend?number=' + auth)
    check('all that stops is counted, and the first are named', '授权 1' in text and '许可令牌 %d' % stops['counts']['tokens'] in text and all(t['id'] in one.page for t in stops['first_tokens'][:10]), text[:800])
    text = one.act('/do/authorisation/suspend', number=auth, reason='例行检查')
    check('one official suspends it, at once', '已办理，即时生效' in text and '已暂停' in text and verdict(auth) == 'deny', text[:500])
    text = one.text('/do/authorisation/resume?number=' + auth)
    check('the form of a resumption says what comes back and why it was suspended', '将恢复的范围' in text and '原暂停原因' in text and auth in text, text[:1500])
    text = one.act('/do/authorisation/resume', number=auth, reason='检查完毕')
    check('and so does its approval', '将恢复的范围' in two.text(re.search('/approvals/AP-[0-9a-z]+', one.url + ' ' + text).group()) and '原暂停原因' in two.page, two.page[:1500])
    check('resuming leads to its approval, which tells the status entries that change', one.url.startswith('/approvals/') and '变更的状态条目' in text and '/status/' in text and verdict(auth) == 'deny', text[:700])
    two.text(one.url + '/approve', {})
    check('two lift it', verdict(auth) == 'permit')
    text = jc.act('/do/authorisation/surrender', number=auth, reason='业务调整')
    check('its operator surrenders it: denied at once, final with the implementing institution', '已即时暂停' in text and '确认后终结' in text and '另一名经办人' not in text and verdict(auth) == 'deny' and '/approvals/AP-' in jc.page, text[:500])
    ap = re.search('/approvals/(AP-[0-9a-z]+)', jc.page).group(1)
    for who in ('hbsw1', 'hbsw2'):
        if o.do(who, 'approval.reject', id=ap, note='继续运营')[0] != 200:
            break
    check('refused by two it comes back', verdict(auth) == 'permit', o.get('hb-fin1', 'approval/' + ap))
    check('who supervises finds taking back on its page, as an order', '/do/order/issue?number=%s&amp;kind=RECLAIM' % auth in one.get('/show/authorisation/' + auth))
    day = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 20 * 86400))
    text = one.act('/do/order/issue', number=auth, kind='RECLAIM', text='示例', due=day, step='preview')
    check('such an order is previewed: what stops by name, and nothing has', '许可令牌 %d' % stops['counts']['tokens'] in text and all(t['id'] in one.page for t in stops['first_tokens'][:10]) and verdict(auth) == 'permit', text[:800])
    impl = Page('hbsw1')
    text = impl.act('/do/authorisation/reclaim', number=auth, reason='运营成效不佳')
    ap = re.search('/approvals/(AP-[0-9a-z]+)', impl.page).group(1)
    check('reclaim is two people: suspended by the first', '已即时暂停' in text and verdict(auth) == 'deny' and o.get('hb-fin1', 'authorisation/' + auth)['state'] == 'ENDING')
    refused('who cannot be the second', o.do('hbsw1', 'approval.approve', id=ap), None)
    seen = o.get('hb-fin1', 'approval/preview?id=' + ap)
    check('the second sees which entries become final', seen['signs'] == 'status' and {s['to_state'] for s in seen['status']} == {'REVOKED'} and {s['from_state'] for s in seen['status']} == {'SUSPENDED'}, seen)
    text = one.text('/approvals/' + ap)
    check('what stops by name, and that it is final', '不可恢复' in text and all(t['id'] in one.page for t in stops['first_tokens'][:10]), text[:1500])
    text = one.text('/approvals/%s/approve' % ap, {'digest': seen['digest']})
    check('and makes it final', '已批准并执行' in text and o.get('hb-fin1', 'authorisation/' + auth)['state'] == 'RECLAIMED' and verdict(auth) == 'deny')
    for at in ('/approvals/' + ap, '/show/authorisation/' + auth):
        text = one.text(at)
        check('its page lists by name what stopped with it: ' + at.split('/')[1], '随之停止的内容' in text and '许可令牌 %d' % stops['counts']['tokens'] in text and all(t['id'] in one.page and t['user']['name'] in text for t in stops['first_tokens'][:10])
              and all(p['name'] in text for p in stops['products']), text[:1500])
    check('since when, on its page and on its verdict; the state says what it is called there', '暂停或吊销起始时间' in text and '已收回（已撤销）' in text and '失效起始时间' in one.text('/verify?number=' + auth) and '已撤销（授权已收回或已终止）' in one.text('/verify?number=' + auth), text[:1500])
    rates = re.findall(r'[^ >]*%', ' '.join(Page('hb-fin1').text('/show/price/' + p['id']) for p in o.get('hb-fin1', 'price?limit=20')['items']))
    check('rates are read in per cent, to the hundredth', any(re.fullmatch(r'\d+\.\d\d%', r) for r in rates) and not any('llu' in r for r in rates), rates)
    check('who only reads is offered nothing to stop', 'id="stop"' not in Page('auditor').get('/show/certificate/' + number))

    # --- batches ---
    one.text('/select/asset', [('command', 'asset.freeze'), ('which', 'ticked'), ('ids', asset), ('ids', 'GX-2026-0001')])
    check('a selection is told before it is sent', '已选 2 项' in one.page and '/show/asset/' + asset in one.page)
    text = one.act('/do/asset/freeze', assets=asset + '\r\nGX-2026-0001', reason='例行检查')
    check('what was set aside has its reason, and can be taken again', '已搁置' in text and 'R40' in text and '1 / 2' in text and 'name="command" value="asset.freeze"' in one.page and '将搁置的 1 项重新填入表单' in text, text[:900])
    task = re.search('/show/task/(TK-[0-9a-z]+)', one.page).group(1)
    check('the task shows the same later', '1 / 2' in one.text('/show/task/' + task) and 'name="ids" value="GX-2026-0001"' in one.page)
    one.text('/select/asset', [('command', 'asset.freeze'), ('which', 'ticked'), ('ids', 'GX-2026-0001')])
    check('the rest goes into the form again', '已选 1 项' in one.page and 'GX-2026-0001' in one.page)

    # --- words for codes, names for organisations, our own clauses ---
    holder = Page('hbsw1')
    text = holder.act('/do/registration/submit', asset='HB-2026-0001', type='INITIAL')
    check('a refusal names the state in words, our clause, and what to do', '当前状态为“已颁证”' in text and '业务规则 7' in text and '怎么办' in text and 'CERTIFICATED' not in text and '.md' not in text, text[:1500])
    text = holder.act('/do/registration/submit?lang=en', asset='HB-2026-0001', type='INITIAL')
    check('in English too', 'Its state is certificate issued' in text and 'What to do:' in text and 'possible: card' not in text, text[:1500])
    text = holder.act('/do/ledger/recognise?lang=zh', ids='LG-none', result='X', decision='y')
    check('the permitted values are told in words, the field by its label', '“确认结论”应为下列之一：确认为数据资产、备查管理、不予确认' in text and '（result）' not in text, text[:900])
    text = holder.text('/list/ledger')
    check('a list says holders by name, and its states are choices in words', '湖北省水文水资源中心' in text and '12420000DEMA00099D' not in text and '<option value="CONFIRMED">已确认</option>' in holder.page and '（可选）' not in text)
    refused('a state that these never have is no filter', o.do('hbsw1', 'ledger.list', state='FROZEN'), 'domain.md 7')
    text = holder.text('/do/ledger/recognise')
    check('one entry or several are asked for in one field, which has to be there', text.count('台账条目号') == 1 and 'name="ids"' in holder.page and 'name="id"' not in holder.page)
    text = holder.text('/do/ledger/recognise?id=LG-x')
    check('where the one is known, that one', 'name="id"' in holder.page and 'name="ids"' not in holder.page)
    check('a trial is what the preview is for', 'dry_run' not in holder.get('/do/ledger/import'))
    text = one.text('/do/copy/collect')
    check('kinds of documents are words', '居民身份证' in text and 'ID_CARD' not in text, text)

    # --- an API token's scope, ticked ---
    page = one.get('/account/tokens')
    check('a scope is ticked, in the words of the acts', '<input type="checkbox" name="scope" value="certificate.suspend"> 冻结证书' in page and 'value="asset:read"> 数据资产' in page and '<textarea' not in page and 'value="token.issue"' not in page)
    ticked = [('once', os.urandom(11).hex()), ('name', 'ticked'), ('scope', 'asset:read'), ('scope', 'certificate.suspend')]
    page = one.get('/account/tokens', ticked + [('current', 'wrong')])
    check('what was ticked stays when the form is refused', one.code == 401 and page.count(' checked>') == 2 and page.count('<details open>') == 2, (one.code, page.count(' checked>')))
    text = one.text('/account/tokens', [('once', os.urandom(11).hex())] + ticked[1:] + [('current', h.login('hb-fin1')['password'])])
    check('and is told in words', '数据资产：查看本类全部内容' in text and '冻结证书' in text and 'fjt-' in text, text[:900])

    # --- forms that are opened without a number ---
    holder.act('/do/registration/submit', asset='HB-2026-0001', type='INITIAL')
    main = holder.page[holder.page.index('<main'):holder.page.rindex('</form>')]
    leads = [t for t in re.findall('<a [^>]*>', main) if ' href="#' not in t and 'class="' not in t]
    check('in a form that was refused what it cites opens in a window of its own, and says so', len(leads) > 1 and all(' target="_blank" rel="noopener"' in t for t in leads) and main.count('（在新窗口打开）') == len(leads), leads)
    check('what stands below the form leads on as ever', ' target=' not in holder.page[holder.page.rindex('</form>'):])
    check('a form as it is opened has ordinary links', ' target=' not in holder.get('/do/registration/submit?asset=HB-2026-0001'))
    offers = lambda page, name: re.findall('<option value="([^"]+)"', (re.search(r'(?s)<select name="%s".*?</select>' % name, page) or re.search('x?', '')).group())
    made = {}
    for kind, what in (('GUIDE', 'order'), ('CORRECT', 'order')):
        made.setdefault(what, []).append(o.done('hb-fin1', 'order.issue', kind=kind, org=o.get('jc1', 'product?limit=1')['items'][0]['seller']['usci'], text='x', due=day)['id'])
    jc = Page('jc1')
    check('an order to answer is offered to whom it was given', set(made['order']) <= set(offers(jc.get('/do/order/answer'), 'id')) and '指令编号' in jc.page, offers(jc.page, 'id'))
    check('and to nobody else', not set(made['order']) & set(offers(holder.get('/do/order/answer'), 'id')))
    text = holder.text('/do/order/answer')
    check('where there is none the form says so', '未找到本单位目前可办理的对象' in text and '<input type="text"' in holder.page, text)
    o.done('hbsw1', 'ledger.import', file=CSV_HEAD + 'AT-1,CAT-AT-1,offered entry,,自主采集,,否\r\n')
    entry = next(e['id'] for e in o.get('hbsw1', 'ledger?limit=1000&state=LEDGERED')['items'] if e['name'] == 'offered entry')
    check('entries to recognise are offered by name', 'value="%s"> offered entry' % entry in holder.get('/do/ledger/recognise'))
    check('not for a card before it is recognised', entry not in offers(holder.get('/wizard/asset/card'), 'ledger'))
    o.done('hbsw1', 'ledger.recognise', id=entry, result='ASSET', decision='x')
    o.done('hb-fin1', 'ledger.confirm', id=entry)
    check('an entry that is to be carded is', entry in offers(holder.get('/wizard/asset/card'), 'ledger'))
    holder.get('/wizard/asset/card', {'draft': '', 'at': '1', 'go': '2', 'ledger': entry})
    check('once chosen, the step begins with what it says', 'step=1' in holder.full and re.search('name="card.basic.name"[^>]* value="offered entry"', holder.page), holder.full)
    mine = offers(jc.get('/do/product/change'), 'product')
    check('products are those that one sells, by name', mine and all(o.get('jc1', 'product/' + urllib.parse.quote(p, safe=''))['seller']['usci'] == o.get('jc1', 'account/show')['org'] for p in mine[:3]), mine)
    check('what was chosen by the address stands there alone', offers(jc.get('/do/product/change?product=' + urllib.parse.quote(mine[0], safe='')), 'product') == [] and 'value="%s"' % mine[0] in jc.page)
    check('a bare number says of what', '权利负担编号' in holder.text('/do/collateral/release') and '异议编号' in one.text('/do/objection/decide') and 'Registration number' in one.text('/do/registration/withdraw?lang=en'))
    one.get('/inbox?lang=zh')
    page = one.get('/do/find/export')
    check('conditions that nobody comes for are folded', '<details class="more"><summary>更多条件' in page and page.index('name="state"') < page.index('class="more"') < page.index('name="seller"'))
    check('and open where one is given', '<details class="more" open>' in one.get('/do/find/export?noun=product&seller=x'))
    page = one.get('/do/find/search?run=1&q=' + urllib.parse.quote('数据') + '&limit=2')
    check('a question has no cursors to fill in; its answer leads to the next page', 'name="after"' not in page and 'name="limit"' not in page and re.search('<a href="/do/find/search[?]run=1[^"]*&amp;after=[^"]+">下一页', page), text)
    nxt = html.unescape(re.search('<a href="(/do/find/search[?]run=1[^"]*&amp;after=[^"]+)">', page).group(1))
    check('which is another', re.findall('/show/[a-z]+/[^"]+', one.get(nxt)) != re.findall('/show/[a-z]+/[^"]+', page))

    text = Page('jc1').act('/do/token/request', **{'request.authorisation': auth, 'request.product.id': 'x', 'request.product.version': '1', 'request.product.kind': 'operator'})
    check('a field is named as the form names it', 'request' not in text.split('转到该字段')[0] and '许可申请' in text, text[:900])

    o.done('hb-fin1', 'copy.issue', number='DAC-420000-202604-000001-2')
    text = one.text('/list/copy')
    copy = re.search(r'/show/copy/(CP-[\w-]+)', one.page).group(1)
    one.act('/do/copy/collect', id=copy, name='王芳', document='ID_CARD', document_no='X1', checked='true')
    text = one.text('/show/copy/' + copy)
    check('a copy on paper is told in its own words', all(w in text for w in ('类别 数据资产证书', '领取人 王芳', '证件种类 居民身份证', '凭证编号 DAC-')) and '证书到期' not in text and 'false' not in text, text[900:2200])

    # --- a file that was previewed goes with the act, or the act does not go ---
    from forms import Browser
    b, number = Browser(h, 'qs1'), 'DAU-520000-202604-000001-2'
    def previewed(n):
        b.open('/do/exit/tick?number=' + number)
        f = b.form('/do/exit/tick')
        f.set('matter', 'USERS_TOLD')
        f.set('text', '已告知（示例）%d' % n)
        b.press(f, '核对并预览', {'file': ('proof.txt', b'proof %d' % n)})
        return b.form('/do/exit/tick')
    ticked = lambda: {m['matter']: m['state'] for m in o.get('qs1', 'exit/' + number)['matters']}
    first, before = previewed(0), ticked()
    for i in range(1, 6):
        last = previewed(i)
    b.press(first, '确认办理')
    check('a file that is no longer held is asked for at its field, and nothing is done', b.status == 422 and 'file' in b.form('/do/exit/tick').invalid and '请重新选择' in b.page.text and b.form('/do/exit/tick').get('text') == '已告知（示例）0' and ticked() == before,
          (b.status, b.page.text[:900]))
    b.press(last, '确认办理')
    kept = next(m for m in o.get('qs1', 'exit/' + number)['matters'] if m['matter'] == 'USERS_TOLD')
    check('one that is held goes with its act', kept['state'] == 'TICKED' and kept['material'] != '', kept)

    # --- what is wrong with a file, where and what would be right ---
    wrong = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密,更新频率\r\nL-99,CAT/99,某某数据集,示例,捡来,,否,有时\r\nL-98,CAT/98,某某数据集,示例,捡来,,机密,\r\n'
    code, out = o.do('hbsw1', 'ledger.import', file={'base64url': base64.urlsafe_b64encode(wrong.encode()).decode().rstrip('=')}, dry_run=True)
    check('a fault has its heading and what stood there, a secret row nothing', [(f['line'], f['column'], f['heading'], f.get('value')) for f in out['faults']][:2] == [(2, 5, '形成方式', '捡来'), (2, 8, '更新频率', '有时')] and
          all('value' not in f for f in out['faults'] if f['line'] == 3) and '实时更新、按天' in json.dumps(out, ensure_ascii=False), out)
    code, out = o.do('hbsw1', 'ledger.template', format='xlsx')
    f = out['file']['base64url']
    book = zipfile.ZipFile(io.BytesIO(base64.urlsafe_b64decode(f + '=' * (-len(f) % 4))))
    check('the template has a sheet that says what goes into each column', '填写说明' in book.read('xl/workbook.xml').decode() and any('共享取得”时必填' in book.read(n).decode() for n in book.namelist()))

    # --- reports, an asset's life ---
    text = one.text('/do/report/half-year?run=1&period=2026H1&unit=11420000DEMA00013M')
    check('a report is read as a page, with its files', '上半年' in text and '指标' in text and all('format=' + x in one.page for x in ('docx', 'pdf', 'xlsx', 'csv')), text[:600])
    for kind, magic in (('docx', b'PK'), ('xlsx', b'PK'), ('pdf', b'%PDF'), ('csv', b'\xef\xbb\xbf')):
        r = one.o.open('http://127.0.0.1:%d/do/report/half-year?run=1&period=2026H1&unit=11420000DEMA00013M&draft=true&format=%s&download=file' % (h.p, kind), timeout=300)
        check('it is downloaded as ' + kind, r.read().startswith(magic) and 'attachment' in r.headers['Content-Disposition'])
    text = one.text('/show/asset/' + other)
    check('an asset shows its life in order, in words', all(w in text for w in ('办理记录', '录入台账', '填报资产卡片', '登记决定', '颁发证书')) and text.index('录入台账') < text.index('颁发证书'), text[-1500:])
    check('an approval\'s old address leads to its page', '审批进程' in one.get('/show/approval/' + ap))
    b.o = Browser(h, 'jc2').o
    b.open('/do/revenue/book?product=DAU-100000-202603-000001-K%2FP-FLOOD')
    f = b.form('/do/revenue/book')
    check('a booking that begins at a product has its authorisation', (f.get('authorisation'), f.get('product')) == ('DAU-100000-202603-000001-K', 'P-FLOOD'), f.fields[:4])

    # --- a changed card: what comes next, and of which type; an asset whose certificate is suspended says so ---
    c, asset = Browser(h, 'hbsw1'), 'HB-2026-0001'
    c.open('/do/asset/card?asset=' + asset)
    check('the steps begin with the same card', '/wizard/asset/card?asset=' + asset in c.page.links.values(), [v for v in c.page.links.values() if 'wizard' in v])
    f = c.form('/do/asset/card')
    f.set('card.basic.overview', '概述已修改（示例）')
    c.press(f, '核对并预览')
    c.press(c.form('/do/asset/card'), '确认办理')
    check('a changed card leads to the registration of the change', '由持有单位申请变更登记' in c.page.text and any(v.startswith('/do/registration/submit?') for v in c.page.links.values()), c.page.text[:600])
    c.open('/do/registration/submit?asset=' + asset)
    check('whose type is filled in', c.form('/do/registration/submit').get('type') == 'CHANGE')
    code, out = o.do('hb-fin1', 'certificate.suspend', number=o.get('hbsw1', 'asset/' + asset)['certificate'], reason='示例')
    c.open('/show/asset/' + asset)
    check('an asset says that its certificate is not in force', code == 200 and re.search('证书：\\s*已暂停', c.page.text), (code, out, c.page.text[:500]))
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
