"""What anybody does without an account, over HTTP: the front page, verifying by number,
text, file and QR picture with hostile pictures and files among them, public notices and
objecting to one, the page on how to check us, whose commands are run as they stand, and
help in both languages."""
import collections, concurrent.futures, html, uuid
import forms, pictures
from lib import *

h = Home()
GOOD = 'DAC-100000-202603-000001-F'


def ask(path, form=None, files=None, lang='zh', **more):
    """(status, text) as a browser without script or cookie"""
    head, data = dict({'Accept': 'text/html', 'Accept-Language': lang}, **more), None
    if files is not None:
        mark = uuid.uuid4().hex
        parts = ['--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, k, v) for k, v in (form or {}).items()]
        data = ''.join(parts).encode()
        for name, octets in files:
            data += ('--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\nContent-Type: application/octet-stream\r\n\r\n' % (mark, name)).encode() + octets + b'\r\n'
        data += ('--%s--\r\n' % mark).encode()
        head['Content-Type'] = 'multipart/form-data; boundary=' + mark
    elif form is not None:
        data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d%s' % (h.p, path), data, head), timeout=300) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def word(answer):
    """the verdict that the page shows; else status and refusal"""
    said = re.findall('class="verdict (permit|deny|indeterminate)"', answer[1])
    told = re.search('role="alert"><p>([^<]*)', answer[1])
    return said[0] if len(said) == 1 else (answer[0], told and html.unescape(told.group(1)))


def sent(octets, name='x', **form):
    return word(ask('/verify', form, [(name, octets)]))


# --- pages ---

def fronts():
    for path, zh, en in (('/', '数据资产', 'Data asset'), ('/verify', '核验', 'Check'), ('/notices', '公示', 'Public notices'), ('/objections', '异议', 'objection'),
                         ('/check', '根证书指纹', 'fingerprint'), ('/help', '帮助', 'Help'), ('/help/tour', '十分钟导览', 'Ten-minute tour'), ('/help/refusals', 'R22', 'R22'),
                         ('/help/glossary', '数据资产证书', 'Data Asset Certificate'), ('/basis', '依据', 'Plan No. 167, section 3(2)')):
        answers = {lang: ask(path, lang=lang) for lang in ('zh', 'en')}
        check('%s is for anybody, in Chinese and English' % path, all(a[0] == 200 for a in answers.values()) and zh in answers['zh'][1] and en in answers['en'][1] and
              all(len(a[1].encode()) < 100000 for a in answers.values()), {k: v[0] for k, v in answers.items()})
    page = ask('/')[1]
    check('the front page leads on', all('href="/%s"' % to in page for to in ('notices', 'disclosure', 'check', 'basis', 'help', 'login')) and 'action="/verify"' in page)
    check('no page of help leads nowhere', all(ask(to)[0] == 200 for to in {a for p in ('/help', '/help/start', '/help/tour', '/help/public') for a in re.findall('href="(/[a-z][^"#?]*)"', ask(p)[1])} - {'/style.css'}))
    check('one that there is not says what to do', ask('/help/nothing')[0] == 404 and '/help' in ask('/help/nothing')[1])
    page = ask('/basis')[1]
    places = set(re.findall(' id="([^"]+)"', page))
    check('the page of rules has all forty, and each has its advice', {'R%02d' % n for n in range(1, 41)} <= places and all(' id="R%02d"' % n in ask('/help/refusals')[1] for n in range(1, 41)), places)
    cited = set(re.findall('href="/basis#([^"]+)"', page))
    check('what they rest on stands there, the plan word for word', len(cited) > 12 and cited <= places and '<blockquote lang="zh-CN">严禁利用行政事业单位数据资产进行担保，新增政府隐性债务。</blockquote>' in page, cited - places)
    check('in English nothing is cited in Chinese', not re.search('[一-鿿]', re.sub('<blockquote.*?</blockquote>|<header.*?</header>|<title>.*?</title>', '', ask('/basis', lang='en')[1])))
    ids = [re.findall('href="/help/([a-z]+)"', ask('/help', lang=lang)[1]) for lang in ('zh', 'en')]
    check('both languages have the same pages', ids[0] == ids[1] and len(ids[0]) > 10, ids)


# --- verifying ---

def verifying():
    check('by number, also as an address', (word(ask('/verify?number=' + GOOD)), word(ask('/verify', {'credential': ' %s\r\n' % GOOD})), word(ask('/verify', {'credential': 'https://x.example/v/' + GOOD}))) ==
          ('permit', 'permit', 'permit'))
    with urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:%d/verify' % h.p, urllib.parse.urlencode({'credential': GOOD}).encode(), {'Accept': 'text/html'})) as r:
        check('the verdict on a number has an address', r.url.endswith('/verify?number=' + GOOD), r.url)
    page = ask('/verify?number=' + GOOD)[1]
    check('in plain words, checks folded, the rest last', page.index('class="verdict') < page.index('class="plain"') < page.index('核验了什么') < page.index('本次核验不包括') < page.index('凭证全部内容') and
          '水利部信息中心' in page and '怎么办' in page)
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    text = open(os.path.join(h.d, tok['file'])).read()
    use = ','.join(k + '=' + v for k, v in tok['use'].items())
    told = ask('/verify', {'credential': text, 'use': use})[1]
    bound = any(json.loads(base64.urlsafe_b64decode(text.split('.')[1] + '==')).get('grant', {}).get(k) for k in ('scenarios', 'domains'))
    check('a certificate names its issuer, a use that is covered is said to be', '<dt>颁发机构</dt>' in page and ('所填各项均在许可范围内' if bound else '已覆盖') in told and '已覆盖' not in page, told[:3000])
    check('what a use can\'t name is told, and that nobody compared it', bound == ('核验不比对此项' in told) and '仅限场景' in ask('/verify?number=DAU-100000-202603-000001-K')[1], told[:3000])
    dead = next(t for t in h.demo['tokens'] if t['expect'] == 'deny' and '失效起始时间' in ask('/verify', {'credential': open(os.path.join(h.d, t['file'])).read()})[1])
    head, body, rest = text.split('.', 2)
    claims = json.loads(base64.urlsafe_b64decode(body + '=' * (-len(body) % 4)))
    forged = '.'.join((head, base64.urlsafe_b64encode(json.dumps(dict(claims, jti=dead['id'])).encode()).decode().rstrip('='), rest))
    check('a forgery learns nothing of the license that it names', word(ask('/verify', {'credential': forged})) == 'deny' and '失效起始时间' not in ask('/verify', {'credential': forged})[1])
    check('a token as text and as a file', (word(ask('/verify', {'credential': text, 'use': use})), sent(text.encode(), 'token.jwt', use=use)) == ('permit', 'permit'))
    denied = next(t for t in h.demo['tokens'] if t['expect'] == 'deny')
    parts = {'use_' + k: v for k, v in tok['use'].items() if k in ('action', 'purpose', 'territory', 'user', 'audience')}
    rest = ','.join(k + '=' + v for k, v in tok['use'].items() if 'use_' + k not in parts)
    check('the use by choices is that in one line', parts and word(ask('/verify', {'credential': text, 'use': rest, **parts})) == 'permit' and word(ask('/verify', {'credential': text, 'use': rest, **parts, 'use_action': 'REDEVELOP'})) == 'deny', parts)
    other = ask('/verify', {'credential': text, 'use': rest, **parts, 'use_action': 'REDEVELOP'})[1]
    check('a use that is not covered is not called a credential that is bad', '不可用于此用途（deny）' in other and '凭证本身真实有效' in other and '不予认可' not in other, other[:3000])
    granted = next(n for n in sorted(set(re.findall('DAU-[0-9]{6}-[-0-9A-Z]+', ask('/disclosure')[1]))) if word(ask('/verify?number=' + n)) == 'permit')
    other = ask('/verify', {'credential': granted, 'use_action': 'REDEVELOP'}, lang='en')[1]
    check('of an authorisation nobody is sent for a license that it can\'t give', 'Not for this use (deny)' in other and 'no license under it can' in other, other[:3000])
    places = {p: ask('/verify', {'credential': GOOD, 'use_territory': p}, lang='en') for p in ('Wuhan', 'Hubei', '湖北', '420106')}
    check('a place is a province by name or a code; else the field says so', places['Wuhan'][0] == 422 and 'aria-invalid' in places['Wuhan'][1] and 'the address or the choice' not in places['Wuhan'][1] and
          all(word(places[p]) == 'deny' for p in ('Hubei', '湖北', '420106')), places['Wuhan'][1][:2500])
    Officers(h).two('mof1', 'mof2', 'division.load', file='代码,名称\n420106,武昌区（示例）\n420115,江夏区\n440115,江夏区\n', source='示例表（虚构）')
    one, two = (ask('/verify', {'credential': GOOD, 'use_territory': p}) for p in ('武昌区（示例）', '江夏'))
    check('one that the department has loaded is found by its name; of two alike it is asked which', word(one) == 'deny' and two[0] == 422 and 'aria-invalid' in two[1] and '代码' in two[1], two[1][:2500])
    check('a slip in a number is called one', '末位校验字符' in ask('/verify?number=' + GOOD[:-1] + ('0' if GOOD[-1] != '0' else '1'))[1])
    page = ask('/verify', {}, [('token.jwt', text.encode())])[1]
    check('what came in a file stands in the form below the verdict, for a second try', text.strip() in html.unescape(page), page[-800:])
    check('a denied one says what to do', '怎么办' in ask('/verify', {'credential': open(os.path.join(h.d, denied['file'])).read(), 'use': ','.join(k + '=' + v for k, v in denied['use'].items())})[1])
    pem = open(os.path.join(h.d, 'demo', GOOD + '.pem')).read()
    der = base64.b64decode(''.join(pem.split('-----')[2].split()))
    check('a certificate as PEM and as DER', (sent(pem.encode(), 'c.pem'), sent(der, 'c.der')) == ('permit', 'permit'))
    out = h.root + '/bundle.json'
    code, made = h.cli('bundle', 'create', GOOD, '--out', out)
    check('a bundle, by the status of now', code == 0 and sent(open(out, 'rb').read(), 'b.json') == 'permit' and '现时状态' in ask('/verify', {}, [('b.json', open(out, 'rb').read())])[1], made)
    code, page = ask('/verify', {}, [('b.json', json.dumps({'format': 'urn:fujie:bundle:1', 'credential': GOOD}).encode())])
    check('a bundle that holds only a number is none', code == 400 and 'class="verdict' not in page and '只有编号' in page, (code, page[-600:]))
    page = ask('/verify', {}, [('b.json', json.dumps({'format': 'urn:fujie:bundle:1', 'credential': 'https://x.example/v/' + GOOD}).encode())])
    check('one with an address is denied', word(page) == 'deny', word(page))
    for octets in (GOOD.encode(), b'\xef\xbb\xbf' + GOOD.encode() + b'\r\n', b'https://x.example/v/' + GOOD.encode()):
        page = ask('/verify', {}, [('x.txt', octets)])
        check('of a file with a number alone it is said that it proves nothing', word(page) == 'permit' and '文件本身不能证明' in page[1], (octets, page[1][-600:]))
    check('neither of a number that was typed nor of a credential', all('文件本身不能证明' not in p[1] for p in (ask('/verify?number=' + GOOD), ask('/verify', {}, [('c.pem', pem.encode())]))))
    check('a token that an editor has saved with its mark of UTF-8', sent(b'\xef\xbb\xbf' + text.encode() + b'\r\n', 'token.jwt', use=use) == 'permit')
    for name, octets, what in (('x.pdf', b'%PDF-1.7\n', 'PDF'), ('x.zip', b'PK\x03\x04' + bytes(30), '压缩包'), ('x.tar', b'a' * 257 + b'ustar' + bytes(250), '压缩包'), ('x.gz', b'\x1f\x8b' + bytes(20), '压缩包'),
                               ('x.gif', b'GIF89a' + bytes(20), 'PNG 和 JPEG'), ('x.webp', b'RIFF' + bytes(20), 'PNG 和 JPEG')):
        said = sent(octets, name)
        check('%s is refused, with what to send instead' % name, said[0] == 422 and what in said[1] and '请' in said[1], said)
    check('nothing at all is refused', sent(b'')[0] == 422 and word(ask('/verify', {}))[0] == 422)
    check('random octets are denied by form', sent(os.urandom(3000)) == 'deny')
    check('a broken bundle is no bundle', sent(b'{"format":"urn:fujie:bundle:2"}')[0] == 400)
    name = '"><script>alert(1)</script>.png'
    page = ask('/verify', {'credential': '<b>x</b>'}, [('x', name.encode())])[1]
    check('no name or text becomes markup', '<script>alert' not in page and '<b>x' not in page)


def der_digest(number):
    pem = open(os.path.join(h.d, 'demo', number + '.pem')).read()
    return hashlib.sha256(base64.b64decode(''.join(pem.split('-----')[2].split()))).hexdigest()[:16]


def codes():
    base = h.url('')
    paper = '%s/v/%s?h=%s' % (base, GOOD, der_digest(GOOD))
    rows = pictures.modules(paper)
    for name, octets in (('png', pictures.png(rows)), ('jpeg', pictures.jpeg(rows))):
        answer = ask('/verify', {}, [('x.' + name, octets)])
        check('the QR code of a paper, as %s' % name, word(answer) == 'permit' and '纸面所载摘要与登记系统中的凭证一致' in answer[1] and '请勿打开' not in answer[1], answer[1][-800:])
    other = ask('/verify', {}, [('x.png', pictures.png(pictures.modules('%s/v/%s?h=%s' % (base, GOOD, '0' * 16))))])[1]
    check('another paper under the same number is told', '纸面与登记系统不一致' in other)
    strange = ask('/verify', {}, [('x.png', pictures.png(pictures.modules(paper.replace(base, 'http://127.0.0.1:1'))))])
    check('an address that is not ours is told, and not asked', word(strange) == 'permit' and '请勿打开' in strange[1] and 'http://127.0.0.1:1' in strange[1])
    check('other text is treated as pasted', sent(pictures.png(pictures.modules('hello, world'))) == 'deny' and sent(pictures.png(pictures.modules(GOOD))) == 'permit')
    check('markup in a code stays text', '<img src=x' not in ask('/verify', {}, [('x.png', pictures.png(pictures.modules('<img src=x onerror=alert(1)>')))])[1])
    check('a picture without a code says how to take one', sent(pictures.png([[0] * 40] * 40))[0] == 404)


def hostile():
    """each is answered, none takes long or takes anything along"""
    rows = pictures.modules('x')
    good, photo = pictures.png(rows), pictures.jpeg(rows)
    cases = {
        'as many pixels as are looked at and more': (pictures.bomb(), 413), 'a head of 2^31 pixels a side': (pictures.png_of(0x7fffffff, 0x7fffffff, b''), 400),
        'a head of 20,000 by 10': (pictures.png_of(20000, 10, b''), 413), 'no pixels': (pictures.png_of(0, 0, b''), 400), 'a head and no data': (pictures.png_of(100, 100, b''), 400),
        'a truncated PNG': (good[:len(good) // 2], 400), 'a truncated head': (good[:20], 400), 'a flipped bit in the data': (good[:60] + bytes([good[60] ^ 1]) + good[61:], 400),
        'text chunks of 200 MB': (pictures.zip_of_text(200 << 20), 404), 'a JPEG of 65,000 a side': (pictures.jpeg(rows, (65000, 65000)), 413), 'a JPEG without end': (photo[:-20], 'deny'),
        'a JPEG that is only its head': (photo[:4], 400), 'JPEG marks and noise': (b'\xff\xd8\xff\xe0' + os.urandom(5000), 400), 'PNG marks and noise': (b'\x89PNG\r\n\x1a\n' + os.urandom(5000), 400),
        'a PNG that is a page too': (good + b'<script>alert(1)</script>', 'deny'), 'a JPEG that is a JSON document too': (photo + b'{"format":"urn:fujie:bundle:2","credential":"x"}', 'deny'),
    }
    for what, (octets, want) in cases.items():
        said = sent(octets, 'x.png')
        got = said if want == 'deny' else said[0]
        check('%s: %s' % (what, want), got in ((want, 404) if want in (400, 404) else (want,)) and (want == 'deny' or said[1]), said)
    check('more than 9 MB is not taken in', ask('/verify', {}, [('x.png', b'\x89PNG\r\n\x1a\n' + bytes(10 << 20))])[0] == 413)
    check('all goes on', word(ask('/verify?number=' + GOOD)) == 'permit')


def flood():
    blank = pictures.png([[0] * 8] * 8)
    with concurrent.futures.ThreadPoolExecutor(8) as some: # this machine may be a proxy: it has sixteen times as much
        said = list(some.map(lambda _: sent(blank)[0], range(400)))
    check('who sends picture after picture is put off, in words', 503 in said and set(said) <= {404, 503}, collections.Counter(said))


# --- notices and objections ---

def card():
    return {'basic': {'asset_no': 'PN-1', 'name': '2026年示例公示数据集', 'overview': '供公示测试（虚构）', 'class_scheme': 'LOCAL', 'class_code': '1', 'industry': 'N76', 'source_kind': '采集生成', 'geo_scope': '省级',
                      'update_freq': '按天', 'form': '表格', 'structure': '结构化'},
            'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'source_authority': '履职采集（示例）', 'personal_info': 'NONE', 'dispute': False, 'public_data': True, 'public_data_basis': '示例'},
            'use': {'scenes': ['示例'], 'products': ['示例']},
            'management': {'data_level': 'GENERAL', 'mgr_dept': '数据处', 'mgr_person': '王三（虚构）', 'sec_policy': '制度（示例）', 'emergency_plan': '预案（示例）', 'evidence_no': 'EV-77', 'risk_assessment': '报告（示例）'}}


def noticed(o):
    o.done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-PN-1,CAT-PN-1,示例,,自主采集,,否\r\n')
    after, lg = '', None
    while lg is None:
        page = o.get('hbsw1', 'ledger?limit=1000&after=' + after)
        lg, after = next((r['id'] for r in page['items'] if r['ledger_no'] == 'L-PN-1'), None), page.get('next')
    o.done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    o.done('hb-fin1', 'ledger.confirm', id=lg)
    o.done('hbsw1', 'asset.card', ledger=lg, card=card())
    rg = o.done('hbsw1', 'registration.submit', asset='PN-1')['id']
    o.done('hb-fin3', 'registration.accept', id=rg)
    o.done('hb-fin3', 'registration.review', id=rg, accept=True)
    before = ask('/notices/' + rg)
    o.done('hb-fin3', 'registration.notice', id=rg, place='门户（示例）', address='https://notice.example/1', confidentiality='已审（示例）')
    check('before its first day nobody sees it', before[0] == 404)
    return rg


def lodge(rg, key=None, **change):
    form = dict({'once': key or os.urandom(11).hex(), 'name': '赵六（虚构）', 'contact': '示例路1号', 'evidence': '采集合同\r\n（示例）'}, **change)
    answer = ask('/notices/%s/object' % rg, form)
    found = re.search('(OB-[0-9a-z]{12}).*?class="mono">([0-9a-z]{16})<', answer[1], re.S)
    return answer, found and found.group(1, 2)


def state_of(receipt):
    answer = ask('/objections', {'id': receipt[0], 'secret': receipt[1]})
    return answer[0], re.findall('class="state ([A-Z_]+)"', answer[1]), answer[1]


def notices():
    o = Officers(h)
    rg = noticed(o)
    listed, page = ask('/notices')[1], ask('/notices/' + rg)[1]
    check('then it stands in the list and under an address of its own', rg in listed and '2026年示例公示数据集' in listed and rg in page)
    check('with four items, days and where to object, and nothing else', all(w in page for w in ('湖北省水文水资源中心', '首次登记', '2026年示例公示数据集', '供公示测试（虚构）', '湖北省财政厅')) and
          not any(w in listed + page for w in ('EV-77', 'GENERAL', '王三', 'PN-1', '制度（示例）', 'hb-fin')), page)
    for what, bad in (('an anonymous one', {'name': '\u3000'}), ('one without an address', {'contact': ' '}), ('one without evidence', {'evidence': '\u200b'})):
        answer = lodge(rg, **bad)[0]
        check('%s is refused in words, and what was typed stays' % what, answer[0] in (409, 422) and 'role="alert"' in answer[1] and ('采集合同' in answer[1] or '赵六' in answer[1]), answer[0])
    check('one that is too long is, too', lodge(rg, evidence='长' * 801)[0][0] == 422)
    check('a form that is not this page\'s is', lodge(rg, key='x')[0][0] == 400)
    check('one to what is under no notice learns nothing', lodge('RG-000000000000')[0][0] == 404)
    foreign = ask('/notices/%s/object' % rg, {'once': os.urandom(11).hex(), 'name': '赵六（虚构）', 'contact': '示例路1号', 'evidence': '示例'}, **{'Sec-Fetch-Site': 'cross-site'})
    check('one that a page of another site sends is refused', foreign[0] == 403 and '其他网站' in foreign[1] and not any(r['registration'] == rg for r in o.get('hb-fin1', 'objection?limit=1000')['items']), foreign[0])
    key = os.urandom(11).hex()
    answer, receipt = lodge(rg, key)
    check('anybody lodges one, and gets number and secret', answer[0] == 200 and receipt is not None, answer[1][-900:])
    check('the same form again shows the same receipt', lodge(rg, key)[1] == receipt and sum(r['registration'] == rg for r in o.get('hb-fin1', 'objection?limit=1000')['items']) == 1)
    check('it waits to be confirmed, and the receipt says so', state_of(receipt)[:2] == (200, ['TO_CONFIRM']))
    check('nobody reads it without the secret', state_of((receipt[0], '0' * 16))[0] == 404 and state_of(('OB-000000000000', receipt[1]))[0] == 404)
    check('nor do the words stand in any page of the public', '赵六' not in state_of(receipt)[2] + ask('/notices/' + rg)[1])
    seen = {w: o.get(w, 'objection/' + receipt[0]) for w in ('hb-fin1', 'jc1', 'mof1')}
    check('the deciding department reads who it is, nobody else does', seen['hb-fin1'].get('name') == '赵六（虚构）' and seen['hb-fin1']['evidence'] == '采集合同 （示例）' and
          not any('name' in seen[w] for w in ('jc1', 'mof1')), seen)
    events = json.dumps(h.cli('event', 'list', '--object', receipt[0])[1], ensure_ascii=False)
    check('no event has the words or the secret', 'objection.lodged' in events and '赵六' not in events and receipt[1] not in events)
    refused('it is not decided before it is confirmed', o.do('hb-fin2', 'objection.decide', id=receipt[0], upheld=False, reason='x'), '26号 art. 12')
    refused('another department does not confirm it', o.do('mof1', 'objection.confirm', id=receipt[0]), 'R40')
    refused('a holder does not', o.do('hbsw1', 'objection.confirm', id=receipt[0]), 'domain.md 6')
    refused('an officer can\'t lodge as the public', o.do('hb-fin1', 'objection.lodge', id=rg, name='x', contact='x', evidence='x'), 'domain.md 6')
    second = lodge(rg, evidence='垃圾信息')[1]
    refused('declining needs a reason', o.do('hb-fin2', 'objection.decline', id=second[0], reason='\u3000'), '26号 art. 12')
    o.done('hb-fin2', 'objection.decline', id=second[0], reason='未附证据（示例）')
    code, state, text = state_of(second)
    check('who was declined reads why', state == ['DECLINED'] and '未附证据（示例）' in text)
    refused('what was declined stays so', o.do('hb-fin2', 'objection.confirm', id=second[0]), 'domain.md 7')
    check('while one waits the day is in the list of what is due', any(i['id'] == receipt[0] for i in o.done('hb-fin1', 'deadline.list', limit=1000, days=366)['items']))
    o.done('hb-fin2', 'objection.confirm', id=receipt[0])
    check('confirmed it is an objection like others', state_of(receipt)[1] == ['OPEN'] and o.get('hb-fin1', 'objection/' + receipt[0])['state'] == 'OPEN')
    made = [i for i in o.get('hb-fin1', 'find/history?object=' + receipt[0])['items'] if i['kind'].startswith('objection.')]
    check('its history says who lodged it, and which office took it on', [(i['kind'], i['what']['en'], i['actor']['login']) for i in made] ==
          [('objection.lodged', 'Objection lodged by anybody', 'local'), ('objection.made', 'Objection of the public taken on', 'hb-fin2')], made)
    page = forms.Browser(h, 'hb-fin1').open('/do/objection/decide?id=' + receipt[0]).text
    check('the form that settles it says what is objected, by whom, and that a reason is needed', all(w in page for w in ('异议内容', '采集合同', '赵六（虚构）')) and '理由（可选）' not in page, page[:1500])
    page = forms.Browser(h, 'hb-fin1').open('/do/registration/decide?id=' + rg).text
    check('the form of the decision names the objections and how each stands', '异议及处理情况' in page and receipt[0] in page and '未附证据（示例）' in page and '不同意的须填' in page, page[:1500])
    page = forms.Browser(h, 'hb-fin1').open('/show/objection/' + receipt[0]).text
    check('its page has words of its own, and no name of its state that is an approval\'s', '已受理，正在核实' in page and '社会公众' in page and '待审批' not in page, page[:800])
    waiting = [lodge(rg)[0][0] for _ in range(22)]
    check('what waits is bounded, and says so', waiting[:20] == [200] * 20 and waiting[20:] == [503, 503], waiting)
    return o, rg, receipt


def ended(o, rg, receipt):
    end = o.get('hb-fin1', 'registration/' + rg)['notice_to']
    acts = lambda o: {a['what']: a for a in o.get('hb-fin3', 'home/show')['waiting']['acts']}
    check('while the notice runs its decision does not wait, and stands among the terms', 'registration.decide' not in acts(o) and
          [d['state'] for d in o.done('hb-fin3', 'deadline.list', limit=1000, days=366)['items'] if d['id'] == rg] == ['NOTICED'], acts(o))
    day = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(calendar.timegm(time.strptime(end, '%Y-%m-%dT%H:%M:%SZ')) + 60))
    h.at(day)
    with urllib.request.urlopen(urllib.request.Request(h.url('/v/' + GOOD), headers={'Accept': 'text/html', 'Accept-Language': 'zh'})) as r:
        check('the verifier\'s first answer is by the same clock', 'class="verdict permit"' in (first := r.read().decode()), first[:2000])
    check('after its last day it is taken down', ask('/notices/' + rg)[0] == 404 and rg not in ask('/notices')[1])
    check('and nobody objects to it any more', lodge(rg)[0][0] in (404, 409))
    o = Officers(h)
    waits = acts(o).get('registration.decide', {'count': 0, 'filter': {}})
    check('from then on it waits, and its list has just that', waits['count'] == 1 and [r['id'] for r in o.get('hb-fin3', 'registration?' + urllib.parse.urlencode(waits['filter']))['items']] == [rg], waits)
    refused('with one open the registration is not decided', o.do('hb-fin3', 'registration.decide', id=rg, accept=True), 'R19')
    o.done('hb-fin2', 'objection.decide', id=receipt[0], upheld=False, reason='查无实据（示例）')
    refused('nor with one that nobody looked at', o.do('hb-fin3', 'registration.decide', id=rg, accept=True), 'R19')
    check('the receipt shows the decision and its reason', '查无实据（示例）' in state_of(receipt)[2] and state_of(receipt)[1] == ['DISMISSED'])
    for r in o.get('hb-fin1', 'objection?limit=1000')['items']:
        if r['state'] == 'TO_CONFIRM':
            o.done('hb-fin2', 'objection.decline', id=r['id'], reason='重复（示例）')
    check('then it is', o.done('hb-fin3', 'registration.decide', id=rg, accept=True)['state'] == 'REGISTERED')


# --- how to check us ---

def checking():
    page = ask('/check', lang='en')[1]
    root = hashlib.sha256(open(h.d + '/publish/ca/root.cer', 'rb').read()).hexdigest()
    shown = re.sub('<[^>]*>', '', re.search('id="fingerprint">(.*?)</p>', page).group(1))
    check('the fingerprint is the root\'s, as openssl prints it', shown.strip() == ':'.join(root[i:i + 2] for i in range(0, 64, 2)).upper(), shown)
    check('a software TPM is called that', 'software TPM' in page and '软件 TPM' in ask('/check')[1])
    vkey = open(h.d + '/publish/trust/log.vkey').read().strip()
    check('the log\'s key and head stand there', vkey in html.unescape(page) and re.search('<dd>[0-9]+</dd>', page))
    folder, env = tempfile.mkdtemp(dir=h.root), dict(os.environ, PATH=B + ':' + os.environ['PATH'])
    blocks = [html.unescape(m) for m in re.findall('<pre class="run">(.*?)</pre>', page, re.S)]
    check('there are commands', len(blocks) >= 6)
    of_one = [html.unescape(m) for m in re.findall('<pre class="run">(.*?)</pre>', ask('/check?number=' + GOOD)[1], re.S)]
    blocks += [b for b in of_one if 'n=' + GOOD in b]
    check('with a number they are about that one', len(blocks) == len(of_one) + 2 and 'href="/check?number=%s"' % GOOD in ask('/verify?number=' + GOOD)[1] and
          '$(id)' not in ask('/check?number=DAC-$(id)')[1], of_one)
    said = ''
    for b in blocks:
        r = subprocess.run(['sh', '-e', '-c', b], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
        said += r.stdout + r.stderr
        check('run as it stands: %s' % b.split('\n')[0][:70], r.returncode == 0, (r.returncode, r.stdout[-300:], r.stderr[-300:]))
    check('they say the fingerprint, OK and permit', root in said.replace(':', '').lower() and 'trust/chain.pem: OK' in said and ': good' in said and '有效' in said, said[-2500:])


def advised():
    """a refusal says what to do, and where its help is"""
    check('whose session has ended is told so, a stranger is not', '会话已结束' in ask('/', Cookie='fujie=' + '0' * 43)[1] and '会话已结束' not in ask('/')[1])
    page = ask('/verify', {'credential': 'LT-00000000000000000000000000'})[1]
    check('a refusal that says it itself says it once', page.count('role="alert"') == 1 and '请粘贴令牌全文' in page and '怎么办：' not in page)
    o, l = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()), h.login('hb-fin1')
    o.addheaders = [('Accept', 'text/html')]
    page = o.open('http://127.0.0.1:%d/login' % h.p, urllib.parse.urlencode({'login': 'hb-fin1', 'password': l['password'], 'totp': h.code('hb-fin1')}).encode()).read().decode()
    csrf = re.search('name="csrf" value="([^"]+)"', o.open('http://127.0.0.1:%d/do/certificate/suspend' % h.p).read().decode()).group(1)
    try:
        page = o.open('http://127.0.0.1:%d/do/certificate/resume' % h.p, urllib.parse.urlencode({'csrf': csrf, 'once': os.urandom(11).hex(), 'number': GOOD, 'reason': 'x'}).encode()).read().decode()
    except urllib.error.HTTPError as e:
        page = e.read().decode()
    check('one of a rule has the link to its help', re.search('href="/help/refusals#[A-Za-z0-9]+"', page), page[-1500:])


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    for part in (fronts, verifying, codes, checking, advised):
        part()
    state = notices()
    hostile()
    flood()
    ended(*state)
    rebuilt(h)
finally:
    h.close()
finish()
