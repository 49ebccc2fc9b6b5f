"""The public verifier as a service: lists of the past, health, pages, feeds, limits, privacy."""
import gzip, io, sqlite3, stat, tarfile, urllib.parse
from http.client import HTTPConnection
from lib import *


def get(path, method='GET', body=None, **headers):
    """(status, headers in lower case, octets)"""
    req = urllib.request.Request(h.url(path), body, {k.replace('_', '-'): v for k, v in headers.items()}, method=method)
    try:
        with urllib.request.urlopen(req, timeout=300) as r:
            return r.status, {k.lower(): v for k, v in r.headers.items()}, r.read()
    except urllib.error.HTTPError as e:
        return e.code, {k.lower(): v for k, v in e.headers.items()}, e.read()


def doc(path):
    code, _, data = get(path)
    return code, json.loads(data)


def payload(jwt):
    part = jwt.split(b'.')[1]
    return json.loads(base64.urlsafe_b64decode(part + b'=' * (-len(part) % 4)))


def verdict(item, **more):
    body = dict({'credential': open(os.path.join(h.d, item['file'])).read()}, **({'use': item['use']} if item.get('use') else {}), **more)
    code, _, data = get('/v1/verify', 'POST', json.dumps(body).encode())
    return json.loads(data).get('verdict', (code, data))


def history():
    """lists of then, and a use of a day that is over"""
    kept = sorted(int(n.split('.')[0]) for n in os.listdir(h.d + '/publish/history/status/0'))
    now = open(h.d + '/publish/trust/status/0.jwt', 'rb').read()
    check('every status list that was published is kept, the newest among them', len(kept) > 5 and payload(now)['iat'] == kept[-1], kept)
    crls = sorted(int(n.split('.')[0]) for n in os.listdir(h.d + '/publish/history/crl/1'))
    check('so is every CRL', len(crls) > 5 and open(h.d + '/publish/history/crl/1/%d.crl' % crls[-1], 'rb').read() == open(h.d + '/publish/trust/crl/1.crl', 'rb').read(), crls)
    code, head, then = get('/status/0?time=%d' % (kept[0] + 5))
    check('time= answers the list that was in force at that second', code == 200 and payload(then)['iat'] == kept[0] and head['content-type'] == 'application/statuslist+jwt'
          and payload(then)['ttl'] == 300, (code, then[:80]))
    a, b = next((a, b) for a, b in zip(kept, kept[1:]) if 1 < b - a < 48 * 3600)
    check('a second before the next list it is still the one before, at its second the next', payload(get('/status/0?time=%d' % (b - 1))[2])['iat'] == a
          and payload(get('/status/0?time=%d' % b)[2])['iat'] == b)
    check('at this second it is the newest', get('/status/0?time=%d' % kept[-1])[2] == now == get('/status/0')[2])
    ended = payload(open(h.d + '/publish/history/status/0/%d.jwt' % kept[0], 'rb').read())['exp']
    gone = [get('/status/0?time=%d' % t)[0] for t in (kept[0] - 1, int(time.time()) + 3600, 1, ended + 1)]
    check('before the first, in the future, and when none was in force, there is none: 404', gone == [404, 404, 404, 404] or ended >= kept[1] and gone[:3] == [404] * 3, gone)
    wrong = [get('/status/%s' % p)[0] for p in ('0?time=x', '0?time=-1', '0?time=1e9', '0?time=99999999999999999999', '9?time=%d' % kept[0], '..%2f..?time=1')]
    check('what is no time is refused, what is no list is not there', wrong == [400, 400, 400, 400, 404, 404], wrong)
    code, out = doc('/status')
    meta = doc('/.well-known/jwt-vc-issuer')[1]
    check('the aggregation names every list, and the issuer\'s metadata name it', code == 200 and payload(now)['sub'] in out['status_lists']
          and meta['status_list_aggregation_endpoint'] == meta['issuer'] + '/status', (out, meta.get('status_list_aggregation_endpoint')))


def past():
    then, between = '2026-06-02T12:00:00Z', '2026-07-15T00:00:00Z'
    item = next(t for t in h.demo['tokens'] if t['expect'] == 'permit' and verdict(t, at=then) == 'permit')
    number = payload(open(os.path.join(h.d, item['file']), 'rb').read())['asset']['certificate']
    check('a use of a day of which no list is kept can\'t be decided', verdict(item, at=between) == 'indeterminate', verdict(item, at=between))
    before = payload(open(os.path.join(h.d, item['file']), 'rb').read())['nbf'] - 86400
    check('a use before the token began is none of it', verdict(item, at=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(before))) != 'permit')
    who = {'42': ('hb-fin2', 'hb-fin3'), '10': ('mof1', 'mof2')}.get(number[4:6])
    out = officers.done(who[0], 'certificate.revoke', number=number, reason='privilegeWithdrawn')
    check('once its certificate is to be revoked the token is denied', verdict(item) == 'deny', out)
    two = [{'credential': open(os.path.join(h.d, item['file'])).read(), 'at': then}, {'credential': open(os.path.join(h.d, item['file'])).read()}]
    got = json.loads(get('/v1/verify', 'POST', json.dumps({'items': two}).encode())[2])['items']
    check('one item of then lends the next one, of now, nothing', [g['verdict'] for g in got] == ['permit', 'deny'], [g['verdict'] for g in got])
    check('and few of them may be asked at once', get('/v1/verify', 'POST', json.dumps({'items': two[:1] * 21}).encode())[0] == 400)
    check('whoever uses can\'t take it back in time by saying when', verdict(dict(item, use=dict(item.get('use') or {}, at=then))) == 'deny')
    check('that day\'s use stays covered', verdict(item, at=then) == 'permit', verdict(item, at=then))
    return number


def logged():
    """the check of that name: of what is published without being asked, of a token by its proof"""
    def ask(item, **more):
        body = {'credential': open(os.path.join(h.d, item['file'])).read(), **({'use': item['use']} if item.get('use') else {}), **more}
        out = json.loads(get('/v1/verify', 'POST', json.dumps(body).encode())[2])
        return out['verdict'], next(c['outcome'] for c in out['checks'] if c['name'] == 'logged')
    trust = {n.split('.')[0] for k in ('authorisations', 'certificates') for n in os.listdir(h.d + '/publish/trust/' + k)}  # those that are authorised
    published = [t for t in h.demo['authorisations'] + h.demo['certificates'] if t['expect'] == 'permit' and t['number'] in trust]
    check('what is published is in the public log, asked for or not', published and {ask(t, **more) for t in published for more in ({}, {'logged': True})} == {('permit', 'pass')},
          [(t['number'], ask(t, logged=True)) for t in published if ask(t, logged=True) != ('permit', 'pass')])
    token = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    proof = open(os.path.join(h.d, token['file'])[:-4] + '.tlog-proof').read()
    check('a token is by its proof', [ask(token, **more) for more in ({}, {'logged': True}, {'log_proof': proof}, {'log_proof': proof, 'logged': True})] ==
          [('permit', 'not requested'), ('indeterminate', 'unknown'), ('permit', 'pass'), ('permit', 'pass')])
    check('a proof with a bit flipped denies', ask(token, log_proof=proof[:-9] + ('A' if proof[-9] != 'A' else 'B') + proof[-8:])[0] == 'deny')
    check('one of another credential, too', ask(published[0], log_proof=proof) == ('deny', 'fail'))
    form = {'credential': open(os.path.join(h.d, token['file'])).read(), 'log_proof': '\r\n ' + proof.strip().replace('\n', '\r\n')}
    for lang, word in (('en', 'stands in the issuer'), ('zh', '已载入签发方公开日志')):
        page = get('/?lang=' + lang, 'POST', urllib.parse.urlencode(form).encode(), Accept='text/html', Content_Type='application/x-www-form-urlencoded')[2].decode()
        check('a proof that is pasted into the page, as a form sends its lines: ' + lang, word in page and 'class="verdict permit"' in page, re.findall('class="verdict[^>]*>.{0,200}', page))


def health():
    code, head, data = get('/healthz')
    return code, json.loads(data)


def well():
    code, out = health()
    left = {c['what']: c['left'] - c['least'] for c in out['checks']}
    check('healthz is green, with the time left of everything that ends', code == 200 and out['ok'] is True and out['causes'] == [] and min(left.values()) > 0
          and sorted(left) == sorted(['status-list', 'crl', 'root-crl', 'ocsp-certificate', 'token-signer', 'status-signer', 'log-signer', 'issuing-ca', 'root-ca']), out)


def ocsp_state(number):
    """by an independent client; None: no answer"""
    r = subprocess.run(['openssl', 'ocsp', '-issuer', h.root + '/issuing.pem', '-cert', os.path.join(h.d, 'demo', number + '.pem'), '-url', h.url('/ocsp'), '-noverify', '-no_nonce', '-validity_period', '99999999'],
                       capture_output=True, text=True, timeout=300)
    return next((line.split(': ')[1].strip() for line in r.stdout.splitlines() if line.startswith(os.path.join(h.d, 'demo'))), None)


def tool(item, at, trust):
    """by a trust folder alone, as any third party has it"""
    use = ['--use', ','.join(k + '=' + v for k, v in item['use'].items())] if item.get('use') else []
    r = subprocess.run([B + '/fujie-verify', '--trust', trust, os.path.join(h.d, item['file']), '--json', '--at', time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at)), *use],
                       capture_output=True, text=True, timeout=300)
    return json.loads(r.stdout)['verdict']


def stopped():
    """nobody publishes any more, and time goes on: the lists end 48 hours after they were made"""
    open(h.root + '/issuing.pem', 'w').write('-----BEGIN CERTIFICATE-----\n' + base64.encodebytes(open(h.d + '/publish/ca/issuing.cer', 'rb').read()).decode() + '-----END CERTIFICATE-----\n')
    good = [t for t in h.demo['tokens'] + h.demo['authorisations'] + h.demo['certificates'] if t['expect'] == 'permit' and verdict(t) == 'permit']
    number = next(t['number'] for t in good if t.get('number', '').startswith('DAC-'))
    kinds = sorted({(t.get('number') or t['id'])[:3] for t in good})
    check('before: permits of every kind, and OCSP says good', kinds == ['DAC', 'DAU', 'LT-'] and ocsp_state(number) == 'good', (kinds, ocsp_state(number)))
    blocks = [h.d + '/publish/trust/status/0.jwt.tmp', h.d + '/publish/trust/crl/1.crl.tmp']
    for path in blocks:  # neither a list nor a CRL can be written any more
        os.mkdir(path)
    begin = time.time()

    def hours(n):
        h.at(time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(begin + n * 3600)))
        trust = shutil.copytree(h.d + '/publish/trust', h.root + '/alone/%d/trust' % n)
        by_tool = {tool(t, begin + n * 3600, trust) for t in good}
        return health(), {verdict(t) for t in good} | by_tool, ocsp_state(number)

    (code, out), seen, ocsp = hours(10)
    check('10 hours later all is well', code == 200 and seen == {'permit'} and ocsp == 'good', (out['causes'], seen, ocsp))
    (code, out), seen, ocsp = hours(20)
    whats = [c['what'] for c in out['causes']]
    check('20 hours later health is red: lists and publisher, in both languages, with the seconds left', code == 503 and out['ok'] is False and whats == ['status-list', 'publisher']
          and 0 < out['causes'][0]['left'] < 30 * 3600 and all('s' in c['text']['en'] and '秒' in c['text']['zh'] for c in out['causes']), out)
    check('while every channel still answers', seen == {'permit'} and ocsp == 'good', (seen, ocsp))
    (code, out), seen, ocsp = hours(49)
    check('49 hours later what ended is named', code == 503 and {c['what'] for c in out['causes']} == {'status-list', 'crl', 'publisher'} and out['causes'][0]['left'] < 0, out)
    check('no verdict permits, all are indeterminate, of the service and of the tool', seen == {'indeterminate'}, seen)
    check('OCSP gives no state', ocsp is None, ocsp)
    page = get('/v/' + number, Accept='text/html')[2].decode()
    check('nor does the page', 'class="verdict indeterminate"' in page and '有效（permit）' not in page, page[400:1500])
    for path in blocks:
        os.rmdir(path)
    (code, out), seen, ocsp = hours(50)
    check('published again, all is green at once', code == 200 and seen == {'permit'} and ocsp == 'good', (out['causes'], seen, ocsp))


def pages(revoked):
    """what a person sees who has a number"""
    auth = next(a for a in h.demo['authorisations'] if verdict(a) == 'permit')
    number = auth['number']
    jwt = open(os.path.join(h.d, auth['file']), 'rb').read().strip()
    digest = hashlib.sha256(jwt).hexdigest()
    zh, en = (get('/v/%s?lang=%s' % (number, l), Accept='text/html')[2].decode() for l in ('zh', 'en'))
    check('the page says verdict, state, scope in words, age of the status and every check, in Chinese', all(w in zh for w in ('有效（permit）', '登记系统中的状态', '授权', '不得转授权', '所依据的状态资料中，最早的发布于', '<table', '签名', '所涉数据资产')), zh[:300])
    check('and in English, without Chinese sentences', all(w in en for w in ('Valid (permit)', 'State in the register', 'authorises', ' ago), and the first to end is valid until ', 'Data assets')) and '登记系统' not in en, en[:300])
    check('it runs its own script only and loads nothing from elsewhere', re.findall('<script[^>]*>', zh) == ['<script src="/portal.js" defer>'] and not re.findall(r'src="https?:|<link[^>]*href="https?:|url\(', zh) and
          set(re.findall(r'<a[^>]*href="(https?:[^"]*)"', zh)) == {'http://127.0.0.1:%d' % h.p}, re.findall(r'href="https?:[^"]*"', zh))
    same, short, other, none = (get('/v/%s?h=%s' % (number, x), Accept='text/html')[2].decode() for x in (digest, digest[:16].upper(), '0' * 16, 'xyz'))
    check('the digest of the paper is compared: the same, whole or its first 16 digits', all('纸面所载摘要与登记系统中的凭证一致' in p for p in (same, short)))
    check('another one is said first, and one that is none is not taken for equal', '纸面与登记系统不一致' in other and other.index('纸面与登记系统不一致') < other.index('有效（permit）') and '未作比对' in none and '一致。' not in none)
    code, head, data = get('/v1/credential/' + number)
    check('the signed credential can be downloaded, and is the one', code == 200 and data.strip() == jwt, (code, data[:60]))
    code, head, pem = get('/v1/credential/' + revoked)
    check('so can a certificate, whatever its state', code == 200 and b'BEGIN CERTIFICATE' in pem)
    page = get('/v/' + revoked, Accept='text/html')[2].decode()
    check('every page says that the home is a demo, as its issuing CA does', all('class="demo"' in get(p, Accept='text/html')[2].decode() for p in ('/', '/v/' + revoked, '/v/nothing')))
    check('a suspended certificate\'s page says so twice', '不予认可（deny）' in page and '已暂停' in page, page[:300])
    sold = sqlite3.connect('file:%s/publish/public.db?mode=ro' % h.d, uri=True).execute('SELECT authorisation, id, name FROM product').fetchall()
    check('products are published', sold)
    a, p, name = sold[0]
    code, head, data = get('/v/%s' % urllib.parse.quote(p), Accept='text/html')
    check('a product\'s page by its number, and by its authorisation', code == 200 and name in data.decode() and get('/v/%s/%s' % (a, urllib.parse.quote(p)))[0] == 200, code)
    missing = [get('/v/' + x)[0] for x in ('DAC-420000-202604-999999-0', 'DAU-420000-202604-999999-0', 'nothing', number + '/nothing', '%2e%2e')]
    check('what does not exist is not found', missing == [404] * 5, missing)


def feeds(revoked):
    import xml.etree.ElementTree as ET
    auth = next(p.split('.')[0] for p in sorted(os.listdir(h.d + '/publish/trust/authorisations')) if p.endswith('.jwt') and revoked in [a['certificate'] for a in payload(open(h.d + '/publish/trust/authorisations/' + p, 'rb').read())['assets']])
    holder = payload(open(h.d + '/publish/trust/authorisations/%s.jwt' % auth, 'rb').read())['holder']['usci']
    for kind, key in (('authorisation', auth), ('organisation', holder)):
        code, head, data = get('/feed/%s/%s.json' % (kind, key))
        feed = json.loads(data)
        code2, head2, xml = get('/feed/%s/%s.atom' % (kind, key))
        root, ns = ET.fromstring(xml), '{http://www.w3.org/2005/Atom}'
        check('the feed of an %s has its newest change first: the certificate is suspended' % kind, code == 200 and feed['version'] == 'https://jsonfeed.org/version/1.1'
              and (feed['items'][0]['_fujie']['number'], feed['items'][0]['_fujie']['state']) == (revoked, 'SUSPENDED'), feed['items'][:1])
        ids = [e.find(ns + 'id').text for e in root.findall(ns + 'entry')]
        check('the same as Atom: ids unlike each other, times falling', code2 == 200 and head2['content-type'].startswith('application/atom+xml') and ids == [i['id'] for i in feed['items']]
              and len(set(ids)) == len(ids) and root.find(ns + 'updated').text == feed['items'][0]['date_published'] and all(root.find(ns + t) is not None for t in ('id', 'title', 'author')), ids[:2])
        check('an entry tells number, kind, version, state and time, and nothing else', all(set(i['_fujie']) <= {'at', 'kind', 'number', 'authorisation', 'version', 'state'} for i in feed['items']))
    seen = [i['_fujie']['kind'] for i in json.loads(get('/feed/authorisation/%s.json' % auth)[2])['items']]
    check('an authorisation\'s feed has its own states and its certificates\'', {'authorisation', 'certificate'} <= set(seen), seen)
    none = [get('/feed/authorisation/' + x)[0] for x in (auth, auth + '.xml', 'DAU-1.json', '.atom')] + [get('/feed/organisation/' + auth + '.json')[0]]
    check('another name or ending is not found', none == [404] * 5, none)


def http():
    """what every GET has: an entity tag, a lifetime, CORS; text in gzip"""
    number = next(a['number'] for a in h.demo['authorisations'])
    paths = ['/', '/v/' + number, '/status', '/status/0', '/crl/1.crl', '/ca/root.cer', '/signer/ocsp.pem', '/v1/trust.tar', '/v1/credential/' + number, '/v1/bundle/' + number,
             '/v1/openapi.json', '/.well-known/jwt-vc-issuer', '/healthz', '/style.css', '/feed/authorisation/%s.atom' % number, '/feed/authorisation/%s.json' % number]
    seen = {p: get(p) for p in paths}
    check('every GET answers with ETag, Cache-Control, Vary and CORS', all(code == 200 and re.match('"[0-9a-f]{32}"$', head.get('etag', '')) and head.get('cache-control') in ('no-cache', 'public, max-age=300',
          'public, max-age=3600', 'public, max-age=86400') and 'vary' in head and head.get('access-control-allow-origin') == '*' for code, head, _ in seen.values()),
          [(p, s[0], s[1].get('etag'), s[1].get('cache-control')) for p, s in seen.items()])
    heads = {p: get(p, 'HEAD') for p in paths}
    check('HEAD says the same and sends nothing', all(heads[p][0] == 200 and heads[p][2] == b'' and heads[p][1].get('content-type') == seen[p][1]['content-type'] for p in paths), '')
    still = [p for p in paths if p not in ('/v/' + number, '/healthz', '/v1/bundle/' + number)]  # these say the time
    again = {p: get(p, If_None_Match=seen[p][1]['etag']) for p in still}
    check('who has it already gets 304 and no octets', all(code == 304 and data == b'' and head['etag'] == seen[p][1]['etag'] for p, (code, head, data) in again.items()), [(p, a[0]) for p, a in again.items()])
    many = [h.d + '/publish/trust/certificates/TOO-MANY-%d.pem' % i for i in range(6)]
    for m in many:
        open(m, 'wb').write(b'x' * (7 << 20))
    was = open(h.d + '/publish/generation').read()
    open(h.d + '/publish/generation', 'w').write(str(int(was) + 1000))  # what was kept is of the one before
    code, _, data = get('/v1/trust.tar')
    open(h.d + '/publish/generation', 'w').write(was)
    names = [n for n in tarfile.open(fileobj=io.BytesIO(data)).getnames()]
    check('a trust that is too large for one archive comes with all that status needs, and without credentials', code == 200 and {'trust/root.pem', 'trust/crl/1.crl', 'trust/status/0.jwt'} <= set(names)
          and not [n for n in names if 'certificates' in n or 'authorisations' in n], names[:9])
    for m in many:
        os.remove(m)
    check('with another tag it comes whole', get('/status/0', If_None_Match='"0"')[0] == 200)
    for p in ('/v1/openapi.json', '/v/' + number, '/feed/authorisation/%s.json' % number):
        code, head, data = get(p, Accept_Encoding='br, gzip;q=0.8', Accept='text/html')
        check('%s is compressed for who takes it, under a tag of its own' % p.split('/')[1], head.get('content-encoding') == 'gzip' and head['etag'].endswith('-gz"') and len(gzip.decompress(data)) > len(data), head)
    plain = [get('/v1/openapi.json', Accept_Encoding=e)[1].get('content-encoding') for e in ('gzip;q=0', 'identity', 'xgzip')] + [get('/crl/1.crl', Accept_Encoding='gzip')[1].get('content-encoding')]
    check('not for who refuses it, nor what is no text', plain == [None] * 4, plain)
    code, head, _ = get('/v1/verify', 'OPTIONS', Origin='https://bank.example', Access_Control_Request_Method='POST')
    check('a page of another site may ask for verdicts', code == 204 and head['access-control-allow-origin'] == '*' and 'POST' in head['access-control-allow-methods'], (code, head))
    check('an address that is none stays none', get('/nothing', 'OPTIONS')[0] in (404, 405))
    item = next(t for t in h.demo['tokens'] if t['expect'] == 'permit' and verdict(t) == 'permit')
    one = {'credential': open(os.path.join(h.d, item['file'])).read(), **({'use': item['use']} if item.get('use') else {})}
    ask = lambda n: json.loads(get('/v1/verify', 'POST', json.dumps({'items': [one] * n}).encode())[2])
    more = ask(1001)
    check('1,000 items have an answer each, one more have a refusal', [i['verdict'] for i in ask(1000)['items']] == ['permit'] * 1000 and
          'items' not in more and re.search('[\u4e00-\u9fff]', more['detail']['zh']), str(more)[:200])
    code, head, data = get('/v1/verify', 'POST', b'{"credential":"' + b'x' * (8 << 20) + b'"}')
    check('more than 8 MiB is refused by its size', code == 413, code)


def openapi():
    code, out = doc('/v1/openapi.json')
    routes = subprocess.run([B + '/fujie-verifier', '--routes'], capture_output=True, text=True).stdout.splitlines()
    listed = {(r.split()[0].lower(), r.split()[1].replace('*', '')) for r in routes}
    told = {(m, p) for p, item in out['paths'].items() for m in item}
    check('the description has every route, and no other', code == 200 and out['openapi'] == '3.1.0' and listed == told and len(told) > 15, listed ^ told)
    ids = [op['operationId'] for item in out['paths'].values() for op in item.values()]
    refs = set(re.findall(r'"\$ref": ?"#/([^"]*)"', json.dumps(out)))
    def at(path):
        node = out
        for part in path.split('/'):
            node = (node or {}).get(part)
        return node
    check('each operation has an id of its own, and every reference leads somewhere', len(set(ids)) == len(ids) and refs and all(at(r) for r in refs), (refs, ids))


def limits():
    """another instance on the same home, which counts this machine too"""
    port = free_port()
    log = open(h.root + '/limited.log', 'w')
    proc = subprocess.Popen(['sh', '-c', 'exec "$1" --bind 127.0.0.1:%d --base %s --rate 2 --limit-local --demo 3<"$2"' % (port, h.url('')), 'sh', B + '/fujie-verifier', h.d], stdout=subprocess.PIPE, stderr=log)
    try:
        check('a second service on one home', proc.stdout.readline().strip() == b'ready', open(h.root + '/limited.log').read())
        codes, retry = [], None
        while len(codes) < 2000 and 429 not in codes:
            try:
                codes.append(urllib.request.urlopen('http://127.0.0.1:%d/status' % port, timeout=10).status)
            except urllib.error.HTTPError as e:
                codes.append(e.code)
                retry = e.headers.get('Retry-After')
                body = json.loads(e.read())
        check('an address has its burst and then its rate: 429, with Retry-After and both languages', codes[:20] == [200] * 20 and codes[-1] == 429 and retry == '1'
              and '频繁' in body['detail']['zh'], (codes, retry))
        time.sleep(1.1)
        check('a second later it is answered again', urllib.request.urlopen('http://127.0.0.1:%d/status' % port, timeout=10).status == 200)
    finally:
        proc.terminate()
        proc.wait(120)
    codes = {get('/style.css')[0] for _ in range(700)}
    check('this machine, and a proxy on it, is not limited by default', codes == {200}, codes)
    slow = [socket.create_connection(('127.0.0.1', h.v)) for _ in range(100)]
    for s in slow:
        s.sendall(b'GET /status HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    check('a hundred who never finish their request keep nobody out', get('/status')[0] == 200)
    for s in slow:
        s.close()


def file_form(octets, use=''):
    mark = 'b0undary'
    head = '--%s\r\nContent-Disposition: form-data; name="use"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; name="file"; filename="x.jwt"\r\n\r\n' % (mark, use, mark)
    return head.encode() + octets + ('\r\n--%s--\r\n' % mark).encode(), 'multipart/form-data; boundary=' + mark


def unfinished(port, source='127.0.0.1'):
    """what has sent 9 MB less one octet of its body, and goes on no further"""
    s = socket.create_connection(('127.0.0.1', port), source_address=(source, 0))
    s.sendall(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b0undary\r\nContent-Length: %d\r\n\r\n' % (9 << 20) + bytes((9 << 20) - 1))
    return s


def from_address(port, source, octets):
    """the status of a file that comes from this address"""
    c = HTTPConnection('127.0.0.1', port, timeout=300, source_address=(source, 0))
    body, kind = file_form(octets)
    c.request('POST', '/', body, {'Content-Type': kind, 'Accept': 'text/html'})
    r = c.getresponse()
    r.read()
    c.close()
    return r.status


def room(item):
    """bodies that are sent and never finished: they take files' room, never that of a paste, and of one address a share"""
    token = open(os.path.join(h.d, item['file'])).read()
    form = urllib.parse.urlencode({'credential': token, 'use': ','.join(k + '=' + v for k, v in (item.get('use') or {}).items())}).encode()
    held = [unfinished(h.v) for _ in range(16)]
    time.sleep(1)
    check('a file finds no room while sixteen of 9 MB are being sent', from_address(h.v, '127.0.0.1', bytes(8 << 20)) == 503)
    code, _, page = get('/', 'POST', form, Accept='text/html', Content_Type='application/x-www-form-urlencoded')
    check('what is pasted is judged all the same', code == 200 and b'class="verdict permit"' in page, (code, page[:300]))
    for s in held:
        s.close()
    port = free_port()
    proc = subprocess.Popen(['sh', '-c', 'exec "$1" --bind 127.0.0.1:%d --base %s --rate 1000 --limit-local --demo 3<"$2"' % (port, h.url('')), 'sh', B + '/fujie-verifier', h.d], stdout=subprocess.PIPE)
    try:
        check('a service that counts addresses', proc.stdout.readline().strip() == b'ready')
        held = [unfinished(port) for _ in range(16)]
        time.sleep(1)
        got = [from_address(port, a, bytes(8 << 20)) for a in ('127.0.0.1', '127.0.0.2')]
        check('an address that sends sixteen has no more room, another one has', got == [503, 200], got)
        check('nor does the first lose its small files', from_address(port, '127.0.0.1', token.encode()) == 200)
        for s in held:
            s.close()
        time.sleep(1)
        check('once they are gone it has room again', from_address(port, '127.0.0.1', bytes(8 << 20)) == 200)
    finally:
        proc.terminate()
        proc.wait(120)


def megabytes(name):
    """what a process of the home has in memory"""
    return int(re.search(r'VmRSS:\s*(\d+)', open('/proc/%d/status' % h.children()[name]).read()).group(1)) >> 10


def large():
    """what is pasted by the megabyte takes no memory and comes back as no page of its own size"""
    def tell(path, port, octets, field='; name="credential"'):
        req = urllib.request.Request('http://127.0.0.1:%d%s' % (port, path), ('--b\r\nContent-Disposition: form-data%s\r\n\r\n' % field).encode() + octets + b'\r\n--b--\r\n',
                                     {'Accept': 'text/html', 'Content-Type': 'multipart/form-data; boundary=b'})
        try:
            with urllib.request.urlopen(req, timeout=300) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()
    for path, port, name in (('/', h.v, 'fujie-verifier'), ('/verify', h.p, 'fujie-registry')):
        before, got = megabytes(name), [tell(path, port, b'"' * n) for n in 6 * ((9 << 20) - 200, (1 << 20), (1 << 20) + 1)]
        check('a text of more than 1 MB is sent as a file: ' + path, {c for c, _ in got} == {200, 413} and all('以文件形式上传' in p for c, p in got if c == 413), [(c, p[-300:]) for c, p in got[:3]])
        check('what is larger than any credential is denied, and does not come back', all('class="verdict deny"' in p for c, p in got if c == 200) and max(len(p) for _, p in got) < 32768, [len(p) for _, p in got])
        short = tell(path, port, b'"' * 65536)
        check('what is not, does', short[1].count('&quot;' * 65536) == 1 or short[1].count('&#34;' * 65536) == 1, len(short[1]))
        got = [tell(path, port, b'"' * ((8 << 20) - 200), '; name="file"; filename="x"') for _ in range(6)]
        check('a file of 8 MB is judged', all(c == 200 and 'class="verdict deny"' in p and len(p) < 32768 for c, p in got), [(c, len(p)) for c, p in got])
        check('none of it stays in memory', megabytes(name) - before < 150, (before, megabytes(name)))
    code, page = tell('/', h.v, b'x' * 9000, '; name="use"')
    check('a use that is longer than any is refused as that', code == 413 and '拟作何用' in page, (code, page))


def files(item):
    """a file that holds only a number, and one that an editor has marked"""
    def tell(octets, use=''):
        body, kind = file_form(octets, use)
        code, _, page = get('/', 'POST', body, Accept='text/html', Content_Type=kind)
        return code, re.findall('class="verdict ([a-z]*)"', page.decode()), page.decode()
    number = next(a['number'] for a in h.demo['authorisations'] if a['expect'] == 'permit' and verdict(a) == 'permit')
    published = [number] + [c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit' and verdict(c) == 'permit'][:1]
    for n in published:
        code, said, page = tell(json.dumps({'format': 'urn:fujie:bundle:1', 'credential': n}).encode())
        check('a bundle that holds only a number is none: ' + n[:3], code == 400 and said == [] and '只有编号' in page, (code, said))
        code, said, page = tell(n.encode())
        check('a file with a number alone has the verdict on what is published, and is said to prove nothing', code == 200 and said == ['permit'] and 0 < page.find('文件本身不能证明') < page.find('class="verdict'), (code, said))
    page = get('/', 'POST', urllib.parse.urlencode({'credential': number}).encode(), Accept='text/html', Content_Type='application/x-www-form-urlencoded')[2].decode()
    check('a number that was typed is no file', 'class="verdict permit"' in page and '文件本身' not in page)
    token, use = open(os.path.join(h.d, item['file']), 'rb').read(), ','.join(k + '=' + v for k, v in (item.get('use') or {}).items())
    check('a token that an editor has saved with its mark of UTF-8 is the token', tell(b'\xef\xbb\xbf' + token, use)[1] == ['permit'] == tell(token, use)[1])
    marked = h.root + '/marked.jwt'
    open(marked, 'wb').write(b'\xef\xbb\xbf' + token)
    check('so it is to the tool', tool(dict(item, file=marked), time.time(), h.d + '/publish/trust') == 'permit')


MARK = 'mArKeR7q3'


def private():
    """who asked, and what, is nowhere; what is nobody's business is not published"""
    token = next(t for t in h.demo['tokens'])
    text = open(os.path.join(h.d, token['file'])).read()
    for i in range(100):
        get('/v/%s-%d?h=%s' % (MARK, i, MARK), User_Agent=MARK, Referer='https://%s.example/' % MARK, X_Forwarded_For=MARK)
        get('/v1/verify', 'POST', json.dumps({'credential': text, 'use': {'audience': MARK, 'environment': MARK}, 'proof': {'nonce': MARK}}).encode(), User_Agent=MARK)
        get('/', 'POST', urllib.parse.urlencode({'credential': MARK, 'use': 'asset=' + MARK}).encode(), Cookie='x=' + MARK)
        get('/v1/verify', 'POST', MARK.encode())
        get('/ocsp/' + MARK)
        get('/feed/organisation/%s.json' % MARK)
    get('/nothing/' + MARK, 'PUT', MARK.encode())
    found, looked = [], 0
    for folder, _, names in os.walk(h.root):
        for n in names:
            path = os.path.join(folder, n)
            if stat.S_ISSOCK(os.lstat(path).st_mode) or os.path.islink(path) and not os.path.exists(path):
                continue
            data = open(path, 'rb').read()
            looked += path in (h.root + '/serve.log', h.root + '/limited.log', h.d + '/publish/public.db', h.d + '/register.db')
            if MARK.encode() in data:
                found.append(os.path.join(folder, n))
    check('after 600 requests no file of the home and no log knows of them', found == [] and looked == 4, (found, looked))
    revenue = [r['gross_fen'] for r in h.cli('revenue', 'list')[1]['items']]
    ids = {t['id'] for t in h.demo['tokens']}
    users = {p['holder']['usci'] for p in (payload(open(os.path.join(h.d, t['file']), 'rb').read()) for t in h.demo['tokens'])}
    parties = set()
    for n in [n for n in os.listdir(h.d + '/publish/trust/authorisations') if n.endswith('.jwt')]:
        p = payload(open(h.d + '/publish/trust/authorisations/' + n, 'rb').read())
        parties |= {p[k]['usci'] for k in ('holder', 'implementer', 'operator')}
    db = sqlite3.connect('file:%s/publish/public.db?mode=ro' % h.d, uri=True)
    parties |= {r[0] for r in db.execute('SELECT holder_usci FROM certificate UNION SELECT seller_usci FROM product')}  # who holds or sells is public as that
    secret = [l['login'] for l in h.demo['logins'] if len(l['login']) > 4] + ['%d' % g for g in revenue if g] + ['%.2f' % (g / 100) for g in revenue if g] + sorted(users - parties) + sorted(ids)
    check('there are officers, amounts and tokens to look for', len(revenue) > 1 and len(secret) > 20, secret)
    told = []
    for folder, _, names in os.walk(h.d + '/publish'):
        for n in names:
            data = open(os.path.join(folder, n), 'rb').read()
            if n.endswith('.jwt'):
                data += json.dumps(payload(data), ensure_ascii=False).encode()
            leaves = folder.endswith('/outbox') or '/log/tile/entries' in folder  # a leaf names its token, and nobody who holds it (formats.md 19)
            told += [(n, s) for s in secret if not (leaves and s in ids) and re.search(rb'(?<![0-9A-Za-z])' + re.escape(s.encode()) + rb'(?![0-9A-Za-z])', data)]
    check('none of them is in publish/ or public.db', told == [], told[:5])
    columns = {t: [c[1] for c in db.execute('PRAGMA table_info(%s)' % t)] for (t,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()}
    words = 'login|officer|actor|person|note|reason_text|fen|fee|price|amount|contract|user|token|approval'
    check('no column of public.db could hold one', sorted(columns) == ['authorisation', 'certificate', 'change', 'copy', 'delegated', 'meta', 'named', 'product', 'twin']
          and not [c for t in columns.values() for c in t if re.search(words, c)], columns)


h = Home()
try:
    check('the appliance serves', h.made and h.serve(), h.made_err)
    officers = Officers(h)
    history()
    well()
    logged()
    number = past()
    pages(number)
    feeds(number)
    http()
    openapi()
    limits()
    token = next(t for t in h.demo['tokens'] if t['expect'] == 'permit' and verdict(t) == 'permit')
    room(token)
    large()
    files(token)
    private()
    stopped()
finally:
    h.close()
finish()
