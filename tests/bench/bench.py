"""`make bench`: certificate rows of design section 7, offline verification, and how
soon a suspension, a reclaim and an adjustment bite.  Limits and appliance are measured in one run
on this machine, in turns where they share it; compare the ratios, not the numbers.  ROWS names some
of the parts: certificates, tokens, offline, http, batch, lists, memory, log, slow (SLOW credentials at 20 signatures a second), signed (license tokens in bulk by names and by signatures), guest (GUEST license tokens
while another program uses the TPM); and pages, the portal's pages of a
register of ASSETS (1,000,000), which is made first (some minutes, some GB).  TOKENS and ADJUST are numbers
of license tokens, LEAVES is the size of the log whose proofs are timed."""
import http.client, io, os, sys, tarfile, threading, zlib
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from lib import *

BATCH, BATCHES, ONES, CLIENTS, ITEMS = 500, 4, 150, 8, 1000
SLOW, SUSPENDED = int(os.environ.get('SLOW', 600)), 20
GUEST = int(os.environ.get('GUEST', 70000))
TOKENS = int(os.environ.get('TOKENS', 100000))
LEAVES = int(os.environ.get('LEAVES', 10 ** 7))
ADJUST = int(os.environ.get('ADJUST', 10000))
ROWS = os.environ.get('ROWS', 'certificates,tokens,offline,http,batch,lists,memory,log,slow').split(',')


def figures(*cmd):
    out = subprocess.run(cmd, capture_output=True, text=True, check=True).stdout
    return {l.split()[0]: float(l.split()[1]) for l in out.splitlines()}


def limits(root):
    d = tempfile.mkdtemp(dir=root)
    return figures(B + '/tests/bench/limits', d, d + '.db')


def row(what, rate, limit, aim, unit='/s'):
    print('%-66s %7.0f%s  limit %6.0f  ratio %.2f (aim %.2f)' % (what, rate, unit, limit, rate / limit, aim), flush=True)


def approve_all(h, token, approvals, clients):
    """seconds until all are approved, issued and published, by so many clients at once"""
    todo, lock, bad = list(approvals), threading.Lock(), []

    def one():
        c = http.client.HTTPConnection('127.0.0.1', h.p, timeout=300)
        while True:
            with lock:
                if not todo:
                    return
                ap = todo.pop()
            c.request('POST', '/api/v1/approval/approve', json.dumps({'id': ap}), {'Authorization': 'Bearer ' + token})
            r = c.getresponse()
            out = json.load(r)
            if r.status != 200 or out.get('pending') or not out.get('published'):
                bad.append(out)

    threads = [threading.Thread(target=one) for _ in range(clients)]
    t = time.time()
    for x in threads:
        x.start()
    for x in threads:
        x.join()
    if bad:
        sys.exit('not issued: %s' % bad[0])
    return time.time() - t


def usci(body):
    a = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    return body + a[(31 - sum(a.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31) % 31]


def user(i):
    return {'usci': usci('91420100D%07d1' % i), 'name': 'x'}


def authorised(asset, actions):
    number = h.api('GET', '/api/v1/asset/' + asset, None, s['hbsw1'])[1]['certificate']
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': actions, 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    day = lambda k: time.strftime('%Y-%m-%d', time.gmtime(time.time() + 28800 + k * 86400))
    return do('hb-fin1', 'approval', 'approve', {'id': do('hbsw1', 'authorisation', 'propose', {'proposal': {
        'certificates': [number], 'operator': '91420100DEMA001011', 'grant': grant, 'terms': 'free', 'from': day(0), 'to': day(300), 'shared': False, 'selection': 'x', 'operator_conditions': 'x',
        'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}})['approval']})['authorisation'], grant


def licensed(asset, n, actions=('QUERY',)):
    """An authorisation on the asset with n license tokens, by jobs of 10,000 in bulk; one of them, and
    the seconds that it took.  With more than one action the jobs take them in turns."""
    dau, grant = authorised(asset, list(actions))
    for who in ('jc1', 'jc2'):
        s[who] = s.get(who) or h.session(who)
    parts = len(actions) if len(actions) > 1 else -(-n // 10000)
    t = time.time()
    for k in range(parts):
        users = [user(i) for i in range(k * n // parts, (k + 1) * n // parts)]
        request = {'authorisation': dau, 'product': {'id': 'P', 'version': '1', 'kind': 'operator'}, 'grant': dict(grant, actions=[actions[k % len(actions)]]), 'terms': 'free', 'days': 90,
                   'binding': 'named', 'audience': 'https://gateway.example', 'duties': [], 'users': users}
        job = do('jc2', 'approval', 'approve', {'id': do('jc1', 'token', 'bulk', {'request': request})['approval']})['job']
        while h.api('GET', '/api/v1/bulk/' + job, None, s['jc1'])[1]['state'] != 'DONE':
            time.sleep(0.2)
    took = time.time() - t
    one = h.api('GET', '/api/v1/token?limit=1&authorisation=' + dau, None, s['jc1'])[1]['items'][0]['id']
    return dau, h.api('GET', '/api/v1/token/' + one, None, s['jc1'])[1], took


def memory(pid, key):
    return int(next(l for l in open('/proc/%d/status' % pid) if l.startswith(key)).split()[1])


class Growth:
    """what a process took above where it stood, at most"""

    def __init__(self, name):
        self.pid = h.children()[name]
        open('/proc/%d/clear_refs' % self.pid, 'w').write('5')  # the high-water mark from here on
        self.was = memory(self.pid, 'VmRSS')

    def __str__(self):
        return '%d MiB + %d KiB' % (self.was // 1024, max(0, memory(self.pid, 'VmHWM') - self.was))


def line(what, text):
    print('%-66s %s' % (what, text), flush=True)


def raw64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Channels:
    """what each of our channels says of a token; each answers (says, denies)"""

    def __init__(self, dau, token):
        self.dau, self.id, self.user, self.compact = dau, token['id'], token['user']['usci'], token['compact']
        self.parent = json.loads(raw64(self.compact.split('.')[1]))['parent']['status']

    def service(self):
        body = {'credential': self.compact, 'use': {'action': 'QUERY', 'purpose': 'WELFARE', 'user': self.user, 'audience': 'https://gateway.example'}}
        said = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps(body).encode(), timeout=20))['verdict']
        return said, said == 'deny'

    def status_list(self):
        """the signed list over HTTP: the authorisation's entry, which every token names"""
        jwt = urllib.request.urlopen(h.url('/status/' + self.parent['uri'].rsplit('/', 1)[1]), timeout=20).read().decode()
        bits = zlib.decompress(raw64(json.loads(raw64(jwt.split('.')[1]))['status_list']['lst']))
        value = bits[self.parent['idx'] // 4] >> 2 * (self.parent['idx'] % 4) & 3
        return 'entry %d' % value, value in (1, 2)

    def offline(self):
        """fujie-verify with the trust of now, as fetched"""
        d = tempfile.mkdtemp(dir=h.root)
        tarfile.open(fileobj=io.BytesIO(urllib.request.urlopen(h.url('/v1/trust.tar'), timeout=20).read())).extractall(d)
        open(d + '.token', 'w').write(self.compact)
        out = subprocess.run([B + '/fujie-verify', '--trust', d + '/trust', d + '.token', '--json', '--use', 'action=QUERY,purpose=WELFARE,user=%s,audience=https://gateway.example' % self.user],
                             capture_output=True, text=True, timeout=60)
        said = json.loads(out.stdout)['verdict']
        return said, said == 'deny'

    def register(self):
        t = h.api('GET', '/api/v1/token/' + self.id, None, s['jc1'])[1]
        return 'usable' if t['usable'] else 'stopped by %s' % t['stopped_by'][0]['state'], not t['usable']

    def issuing(self):
        code, out = h.api('POST', '/api/v1/token/request', {'request': {'authorisation': self.dau}}, s['jc1'])
        return out.get('rule') or str(code), code != 200 and out.get('rule') == 'R26'

    def all(self, t):
        """each of them once, with the seconds since t"""
        out, every = [], True
        for name in ('service', 'status_list', 'register', 'offline'):
            said, denies = getattr(self, name)()
            out.append('%s: %s at %.3f s' % (name, said, time.time() - t))
            every = every and denies
        return ', '.join(out), every


def reclaimed(asset, n, sig):
    """from the request of a reclaim until every channel denies a token of it"""
    dau, token, took = licensed(asset, n)
    row('license tokens in bulk, %d in jobs of 10,000, durable and published' % n, n / took, sig, 0.90)
    ch = Channels(dau, token)
    before = ch.all(time.time())[0]
    registry, verifier = Growth('fujie-registry'), Growth('fujie-verifier')
    t = time.time()
    asked = do('hbsw1', 'authorisation', 'reclaim', {'number': dau, 'reason': 'bench'})
    answered = time.time() - t
    first = ch.service()
    bites = time.time() - t
    said, every = ch.all(t)
    line('reclaim of an authorisation with %d license tokens until denied' % n, '%7.3f s  (aim 1 s), answered after %.3f s; every channel denies: %s' % (bites, answered, every and first[1]))
    line('  before', before)
    line('  from the request on', said)
    t = time.time()
    do('hb-fin1', 'approval', 'approve', {'id': asked['approval']})
    line('  final', 'in %.3f s; %s' % (time.time() - t, ch.all(t)[0]))
    line('  memory', 'registry %s, verifier service %s' % (registry, verifier))


def processor(name):
    """seconds of processor that it has used"""
    f = open('/proc/%d/stat' % h.children()[name]).read().rsplit(') ', 1)[1].split()
    return (int(f[11]) + int(f[12])) / os.sysconf('SC_CLK_TCK')


class Writer(threading.Thread):
    """one small change after the other: how long does whoever writes wait at most?"""

    def __init__(self):
        super().__init__()
        self.on, self.worst, self.n = True, 0, 0

    def run(self):
        c = http.client.HTTPConnection('127.0.0.1', h.p, timeout=300)
        while self.on:
            t = time.time()
            c.request('POST', '/api/v1/report/text', json.dumps({'kind': 'state-asset', 'period': '2026', 'section': 'summary', 'text': ['x']}), {'Authorization': 'Bearer ' + s['hb-fin1']})
            c.getresponse().read()
            self.worst, self.n = max(self.worst, time.time() - t), self.n + 1
            time.sleep(0.02)

    def end(self):
        self.on = False
        self.join()
        return 'another writer waited %.3f s at most (%d acts)' % (self.worst, self.n)


def narrowed(asset, n):
    """an adjustment under which half of n tokens no longer fit"""
    dau, token, took = licensed(asset, n, ('QUERY', 'VERIFY'))
    registry, w = Growth('fujie-registry'), Writer()
    w.start()
    time.sleep(0.5)
    t, used = time.time(), processor('fujie-registry')
    asked = do('hbsw1', 'authorisation', 'adjust', {'number': dau, 'actions': ['QUERY'], 'reason': 'bench'})
    counted = time.time() - t
    t = time.time()
    do('hb-fin1', 'approval', 'approve', {'id': asked['approval']})
    done = time.time() - t
    used, waited = processor('fujie-registry') - used, w.end()
    now = h.api('GET', '/api/v1/authorisation/' + dau, None, s['jc1'])[1]['adjustments'][-1]
    line('adjustment of an authorisation with %d license tokens' % n, 'asked in %.3f s (%d beyond), in force in %.3f s (%d revoked), %.2f s of processor in all; %s; registry %s' % (
        counted, asked['tokens_beyond'], done, now['revoked'], used, waited, registry))


def certificates():
    """in batches and one by one; the limits before and after; bare signatures a second"""
    before = limits(h.root)
    batches = [ask(BATCH) for _ in range(BATCHES)]
    batch = BATCH * BATCHES / approve_all(h, s['hb-fin2'], batches, 2)
    ones = [ask(1) for _ in range(ONES)]
    many = [ask(1) for _ in range(ONES)]
    single = ONES / approve_all(h, s['hb-fin2'], ones, 1)
    several = ONES / approve_all(h, s['hb-fin2'], many, CLIENTS)
    after = limits(h.root)
    sig, com = ((before[k] + after[k]) / 2 for k in ('signatures_per_s', 'commits_per_s'))
    print('limits: bare ESAPI signatures %.0f/s (%.0f before, %.0f after), bare durable commits %.0f/s' % (sig, before['signatures_per_s'], after['signatures_per_s'], com))
    row('certificates, %d approvals of %d by 2 clients, durable and published' % (BATCHES, BATCH), batch, sig, 0.90)
    row('the same one by one, %d clients' % CLIENTS, several, min(sig, com), 0.60)
    row('the same one by one, 1 client', single, min(sig, com), 0.60)


def suspended():
    """how soon a suspension bites; the token that it stops"""
    tok = next(x for x in h.demo['tokens'] if x['expect'] == 'permit')
    auth = next(a for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000001'))
    officer = h.session('slb1')
    t = time.time()
    h.api('POST', '/api/v1/authorisation/suspend', {'number': auth['number'], 'reason': 'bench'}, officer)
    denied = h.verdict_service(tok) == 'deny'
    line('suspension of an authorisation until the service denies its token', '%7.3f s  (aim 1 s), denied: %s' % (time.time() - t, denied))


def tokens():
    approve_all(h, s['hb-fin2'], [ask(2)], 1)
    sig = limits(h.root)['signatures_per_s']
    suspended()
    reclaimed(assets[taken[0] - 2], TOKENS, sig)
    narrowed(assets[taken[0] - 1], ADJUST)


def offline():
    """one core"""
    good = [x for x in h.demo['tokens'] if x['expect'] == 'permit'][1]  # not the one that was suspended
    f = figures(B + '/tests/bench/verify', h.d + '/trust', os.path.join(h.d, good['file']))
    row('offline verdicts on a license token, one core, trust loaded once', f['verdicts_per_s'], f['verifications_per_s'], 0.80)


def over_http(what, path, octets, aim, body=None, sign=False):
    """the verifier service and a bare server with the same octets, in turns"""
    f = os.path.join(h.root, 'octets')
    open(f, 'wb').write(octets)
    bare = subprocess.Popen([B + '/tests/bench/http', 'serve', f] + (['sign'] if sign else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    r = figures(B + '/tests/bench/http', 'load', str(h.v), bare.stdout.readline().strip(), path, *([body] if body else []))
    bare.stdin.close()
    bare.wait()
    row('%s over HTTP, %d octets' % (what, len(octets)), r['requests_per_s'], r['others_per_s'], aim)


def http_rows():
    get = lambda path: urllib.request.urlopen(h.url(path), timeout=20).read()
    over_http('status list', '/status/0', get('/status/0'), 0.85)
    over_http('CRL', '/crl/1.crl', get('/crl/1.crl'), 0.85)
    d, number = tempfile.mkdtemp(dir=h.root), next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit')
    open(d + '/c.pem', 'w').write(h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])[1]['pem'])
    for nonce, what, aim in (('-no_nonce', 'cached OCSP', 0.85), ('-nonce', 'OCSP signed on demand', 0.80)):
        body = d + '/' + nonce
        subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/trust/chain.pem', '-cert', d + '/c.pem', nonce, '-reqout', body], check=True, capture_output=True)
        ask = urllib.request.Request(h.url('/ocsp'), open(body, 'rb').read(), {'Content-Type': 'application/ocsp-request'})
        over_http(what, '/ocsp', urllib.request.urlopen(ask, timeout=20).read(), aim, body, nonce == '-nonce')


def batch():
    """a request of 1,000 items, in processor time of the service, against verdicts in this process"""
    good = [x for x in h.demo['tokens'] if x['expect'] == 'permit'][1]
    file = os.path.join(h.d, good['file'])
    body = json.dumps({'items': [{'credential': open(file).read().strip()}] * ITEMS}).encode()
    local, service = 0, 0
    for _ in range(5):
        local += figures(B + '/tests/bench/verify', h.d + '/trust', file)['verdicts_per_s'] / 5
        used = processor('fujie-verifier')
        for _ in range(4):
            out = json.load(urllib.request.urlopen(h.url('/v1/verify'), body, timeout=60))['items']
            if [x['verdict'] for x in out] != ['permit'] * ITEMS:
                sys.exit('not every item is permitted')
        service += 4 * ITEMS / (processor('fujie-verifier') - used) / 5
    row('items of requests of %d to /v1/verify, in processor time' % ITEMS, service, local, 0.75)


def lists():
    """a status list whose every entry is set, made from the register's rows, without its signature"""
    d = tempfile.mkdtemp(dir=h.root)
    f = figures(B + '/tests/bench/list', d + '/list.db')
    for what in ('every', 'tenth'):
        line('a status list of 2^20 entries, %s entry set, of processor, without its signature' % what, '%7.1f ms (aim 100 ms)' % f[what + '_ms'])


def public_log():
    """leaves appended in batches beside SQLite's durable commits of the same batches; proofs, and memory, of a small
    log and a large one"""
    d = tempfile.mkdtemp(dir=h.root)
    for batch, batches in ((1000, 100), (100, 200), (1, 300)):
        f = figures(B + '/tests/bench/log', 'append', tempfile.mkdtemp(dir=d), str(batch), str(batches))
        row('leaves committed and entered into tiles, batches of %d' % batch, f['append_per_s'], f['commit_per_s'], 0.33)
        line('the same without the commit', '%7.0f/s%s' % (f['tiles_per_s'], ' (aim 10000/s)' if batch == 1000 else ''))
    for leaves in (LEAVES // 100, LEAVES):
        f = figures(B + '/tests/bench/log', 'prove', tempfile.mkdtemp(dir=d), str(leaves))
        line('a proof from the tiles of %d leaves, verified' % leaves, '%7.3f ms, p99 %.3f ms, of processor %.3f ms (aim 1 ms); made in %.0f s; %.1f MB memory' %
             (f['p50_us'] / 1e3, f['p99_us'] / 1e3, f['processor_p99_us'] / 1e3, f['made_s'], f['hwm_kb'] / 1024))
    shutil.rmtree(d)


def service_memory():
    """the public service with ten million credentials: in 20 status lists and ten CRLs, one in a hundred of them
    revoked, beside rows of a million certificates; after requests of a thousand items and archives of the trust"""
    import sqlite3
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'conformance'))
    import world
    d, w = tempfile.mkdtemp(dir=h.root), world.World()
    files = w.files()
    for n in range(20):
        w.marks = {i: 1 for i in range(n, 1 << 19, 100)}
        w.edit['list'] = lambda p, n=n: p.update(sub=p['sub'][:-1] + str(n))
        files['status/%d.jwt' % n] = w.list().encode()
    for n in range(1, 11):
        files['crl/%d.crl' % n] = world.Crl(w.issuing, world.BASE + '/crl/%d.crl' % n, 7, world.NOW - 3600, world.NOW + 86400, [(n << 64 | 0x1000 + i, world.NOW - 7200, 4) for i in range(10000)]).der()
    for name, data in {**{'trust/' + k: v for k, v in files.items()}, 'ca/issuing.cer': w.issuing.der(), 'signer/ocsp.pem': world.pem(w.ocsp.der()), 'generation': b'1'}.items():
        path = os.path.join(d, 'publish', name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'wb').write(data if isinstance(data, bytes) else data.encode())
    os.mkdir(d + '/run')
    db, der = sqlite3.connect(d + '/publish/public.db'), w.dac.der()
    db.executescript(open('issuer/publish/public.sql').read())
    db.executemany("INSERT INTO certificate VALUES (?,?,'A','x','x','x',0,1,'ACTIVE',NULL,0,1,?)", (('%032x' % i, 'DAC-%d' % i, der) for i in range(1000000)))
    db.commit()
    db.close()
    port, home = free_port(), os.open(d, os.O_RDONLY)
    os.dup2(home, 3) if home != 3 else os.set_inheritable(3, True)
    p = subprocess.Popen([B + '/fujie-verifier', '--bind', '127.0.0.1:%d' % port, '--base', world.BASE], pass_fds=[3], stdout=subprocess.PIPE, text=True)
    try:
        if p.stdout.readline().strip() != 'ready':
            sys.exit('the service did not start')
        loaded = memory(p.pid, 'VmRSS')
        body = json.dumps({'items': [{'credential': w.token()}] * ITEMS}).encode()
        ask = lambda: [urllib.request.urlopen('http://127.0.0.1:%d%s' % (port, path), data, timeout=60).read() for path, data in (('/v1/verify', body), ('/v1/trust.tar', None)) * 3]
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for x in threads:
            x.start()
        for x in threads:
            x.join()
        line('the public service with 10^7 credentials, when it is ready', '%d MiB' % (loaded // 1024))
        line('at most, with 4 clients of 1,000 items and archives at once', '%d MiB (aim 128 MiB)' % (memory(p.pid, 'VmHWM') // 1024))
    finally:
        p.kill()
        p.wait()


class Probes:
    """what people and verifiers do meanwhile, one thread each: milliseconds of each answer"""

    def __init__(self, certificates):
        self.left, self.on, self.threads, self.ms = list(certificates), True, [], {}
        l = h.login('hb-fin1')
        c = http.client.HTTPConnection('127.0.0.1', h.p, timeout=300)
        c.request('POST', '/login', urllib.parse.urlencode({'login': 'hb-fin1', 'password': l['password'], 'totp': h.code('hb-fin1')}), {'Content-Type': 'application/x-www-form-urlencoded'})
        r = c.getresponse()
        r.read()
        self.page = {'Accept': 'text/html', 'Cookie': r.getheader('Set-Cookie').split(';')[0]}
        token = [x for x in h.demo['tokens'] if x['expect'] == 'permit'][1]
        self.verdict = json.dumps({'credential': open(os.path.join(h.d, token['file'])).read().strip()})
        d, number = tempfile.mkdtemp(dir=h.root), next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit')
        open(d + '/c.pem', 'w').write(h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])[1]['pem'])
        self.ocsp = {}
        for nonce in ('-no_nonce', '-nonce'):
            subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/trust/chain.pem', '-cert', d + '/c.pem', nonce, '-reqout', d + '/q'], check=True, capture_output=True)
            self.ocsp[nonce] = open(d + '/q', 'rb').read()

    def suspend(self, c):
        c.request('POST', '/api/v1/certificate/suspend', json.dumps({'number': self.left.pop(), 'reason': 'bench'}), {'Authorization': 'Bearer ' + s['hb-fin1']})
        r = c.getresponse()
        return json.loads(r.read()).get('published') is True

    def ask(self, c, method, path, body=None, head={}):
        c.request(method, path, body, head)
        r = c.getresponse()
        data = r.read()
        return r.status == 200 and not data.startswith(bytes.fromhex('30030a01'))

    def one(self, what, port, pause, fn):
        c, took = http.client.HTTPConnection('127.0.0.1', port, timeout=300), self.ms.setdefault(what, [])
        while self.on and (what != 'a suspension, published' or self.left):
            t = time.perf_counter()
            if not fn(c):
                sys.exit('%s: no answer' % what)
            took.append((time.perf_counter() - t) * 1000)
            time.sleep(pause)

    def begin(self, certificates=()):
        self.on, self.ms, self.left = True, {}, list(certificates)
        ocsp = {'Content-Type': 'application/ocsp-request'}
        todo = (('the home page', h.p, 0.05, lambda c: self.ask(c, 'GET', '/', None, self.page)), ('a list of assets', h.p, 0.05, lambda c: self.ask(c, 'GET', '/list/asset', None, self.page)),
                ('a verdict', h.v, 0.02, lambda c: self.ask(c, 'POST', '/v1/verify', self.verdict)),
                ('OCSP from the cache', h.v, 0.02, lambda c: self.ask(c, 'POST', '/ocsp', self.ocsp['-no_nonce'], ocsp)),
                ('OCSP signed on demand', h.v, 0.1, lambda c: self.ask(c, 'POST', '/ocsp', self.ocsp['-nonce'], ocsp)),
                ('a suspension, published', h.p, 2, self.suspend))
        self.threads = [threading.Thread(target=self.one, args=x, daemon=True) for x in todo]
        for x in self.threads:
            x.start()

    def end(self):
        self.on = False
        for x in self.threads:
            x.join()
        at = lambda took, of: sorted(took)[min(len(took) - 1, len(took) * of // 100)] if took else float('nan')
        return {what: (at(took, 50), at(took, 99), len(took)) for what, took in self.ms.items()}


def busy(meter):
    return tuple(int(x) for x in open(meter).read().split())[:2]


def slow():
    """a TPM that signs 20 times a second: is it kept at work, and does everybody else get on meanwhile?"""
    waits, some = [ask(SLOW // 2), ask(SLOW // 2)], ask(4 * SUSPENDED)
    approve_all(h, s['hb-fin2'], [some], 1)
    mine = [h.api('GET', '/api/v1/asset/' + a, None, s['hbsw1'])[1]['certificate'] for a in assets[taken[0] - 4 * SUSPENDED:taken[0]]]
    h.stop()
    meter = h.root + '/meter'
    os.environ.update(FUJIE_REAL_SWTPM=shutil.which('swtpm'), FUJIE_TPM_METER=meter, PATH=B + '/tests/bench/slow:' + os.environ['PATH'])
    h.serve()
    for who in s:
        s[who] = h.session(who)
    for who in ('jc1', 'jc2'):
        s[who] = s.get(who) or h.session(who)
    probes, figures, next_ = Probes(mine), {}, iter(mine)
    few = lambda: [x for x, _ in zip(next_, range(SUSPENDED))]

    def during(what, n, fn):
        probes.begin(few())
        time.sleep(0.5)
        before, t = busy(meter), time.time()
        fn()
        took, after = time.time() - t, busy(meter)
        figures[what] = probes.end()
        if n:
            line('%s: %d in %.1f s' % (what, n, took), '%.1f a second, %.1f signatures a second in all; the TPM is at work %.1f %% of the time (aim 95 %%)' % (
                n / took, (after[1] - before[1]) / took, (after[0] - before[0]) / took / 1e4))

    def alone(what, n, fn):
        before, t = busy(meter), time.time()
        fn()
        took, after = time.time() - t, busy(meter)
        line('%s, nobody else: %d in %.1f s' % (what, n, took), '%.1f a second; the TPM is at work %.1f %% of the time (aim 95 %%)' % (n / took, (after[0] - before[0]) / took / 1e4))

    half = waits[:1], waits[1:]
    during('idle', 0, lambda: time.sleep(12))
    during('certificates, one approval', SLOW // 2, lambda: approve_all(h, s['hb-fin2'], half[0], 1))
    alone('certificates, one approval', SLOW // 2, lambda: approve_all(h, s['hb-fin2'], half[1], 1))
    twins = [h.api('GET', '/api/v1/asset/' + a, None, s['hbsw1'])[1]['certificate'] for a in assets[:SLOW // 2]]
    asked = do('hb-fin1', 'certificate', 'sm2', {'certificates': twins})['approval']
    during('SM2 certificates, one approval', SLOW // 2, lambda: approve_all(h, s['hb-fin2'], [asked], 1))
    dau, grant = authorised(assets[0], ['QUERY'])
    job = tokens_of(dau, grant, 0, SLOW)
    during('license tokens, one job', SLOW, lambda: done(job()))
    job = tokens_of(dau, grant, SLOW, SLOW)
    alone('license tokens, one job', SLOW, lambda: done(job()))
    print('%-26s' % 'p50, p99 in ms' + ''.join('%36s' % w for w in figures))
    for what in figures['idle']:
        print('%-26s' % what + ''.join('%36s' % ('%.1f, %.1f (%d)' % f[what]) for f in figures.values()))


def guest():
    """GUEST signatures while another program has a session open in the same TPM and another one saved"""
    [waits] = [ask(1)]
    approve_all(h, s['hb-fin2'], [waits], 1)
    own = assets[taken[0] - 1]
    h.stop()
    meter = h.root + '/meter-guest'
    os.environ.update(FUJIE_REAL_SWTPM=os.environ.get('FUJIE_REAL_SWTPM') or shutil.which('swtpm'), FUJIE_TPM_METER=meter, FUJIE_TPM_MS='0', FUJIE_TPM_GUEST='1')
    os.environ['PATH'] = B + '/tests/bench/slow:' + os.environ['PATH']
    h.serve()
    for who in s:
        s[who] = h.session(who)
    pid = h.children()['fujie-signer']
    was, files = memory(pid, 'VmRSS'), len(os.listdir('/proc/%d/fd' % pid))
    dau, token, took = licensed(own, GUEST)
    _, signatures, did, not_ = (int(x) for x in open(meter).read().split())
    line('%d license tokens beside a guest with a session open and one saved' % GUEST, '%.0f s, %d signatures of the TPM in all; the guest: %d commands done, %d refused' % (took, signatures, did, not_))
    line('  the signer meanwhile', 'the same process: %s; memory %d KiB, then %d; descriptors %d, then %d' % (
        h.children()['fujie-signer'] == pid, was, memory(pid, 'VmRSS'), files, len(os.listdir('/proc/%d/fd' % pid))))


def tokens_of(dau, grant, first, n):
    """asks for n license tokens in a job; what approves it, and gives its number"""
    request = {'authorisation': dau, 'product': {'id': 'P', 'version': '1', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 90, 'binding': 'named',
               'audience': 'https://gateway.example', 'duties': [], 'users': [user(i) for i in range(first, first + n)]}
    asked = do('jc1', 'token', 'bulk', {'request': request})['approval']
    return lambda: do('jc2', 'approval', 'approve', {'id': asked})['job']


def done(job):
    while h.api('GET', '/api/v1/bulk/' + job, None, s['jc1'])[1]['state'] != 'DONE':
        time.sleep(0.1)


def ask(n):
    taken[0] += n
    return do('hb-fin1', 'certificate', 'issue', {'assets': assets[taken[0] - n:taken[0]]})['approval']


h = Home()


PAGES = {  # by the role whose work they are; {x}: of the register
    'hb-fin1': ['/', '/?role=FINANCE', '/inbox', '/do', '/list', '/list/asset', '/list/asset?state=CARDED&finance=11420000DEMA00013M', '/list/asset?after={asset}', '/list/registration?state=APPLIED',
                '/list/certificate', '/list/certificate?expires_from=2028-03-01&expires_to=2029-03-31', '/list/organisation', '/list/authorisation', '/list/deadline', '/list/event', '/show/asset/{asset}', '/show/certificate/{certificate}',
                '/show/registration/{registration}', '/do/find/history?run=1&object={asset}', '/do/find/search?run=1&q=%E6%B0%B4%E6%96%87&noun=asset', '/do/deadline/list?run=1', '/do/certificate/issue'],
    'auditor': ['/', '/list/token', '/show/token/{token}', '/show/authorisation/{authorisation}'], 'slb1': ['/'], 'jc1': ['/', '/list/token?state=ACTIVE'],
    None: ['/verify', '/disclosure', '/login'],
}


def processor(pid):
    """seconds that its threads have run"""
    total = 0
    for t in os.listdir('/proc/%d/task' % pid):
        try:
            total += int(open('/proc/%d/task/%s/schedstat' % (pid, t)).read().split()[0])
        except OSError:
            pass
    return total / 1e9


def pages():
    """99 of 100 answers of each page come within so many ms, one client after the other: by the clock, which others at
    work on the machine lengthen, and of the processor"""
    n, rounds = int(os.environ.get('ASSETS', 10 ** 6)), int(os.environ.get('ROUNDS', 200))
    g = Home()
    try:
        made = subprocess.run([B + '/tests/bench/scale', '--into', g.d, str(n)], capture_output=True, text=True)
        print(made.stdout + made.stderr, end='')
        if made.returncode != 0:
            sys.exit('the register was not filled: nothing is measured')
        home = os.open(g.d, os.O_RDONLY)
        p = subprocess.Popen(['sh', '-c', 'exec "$0" --no-signer --demo --base http://127.0.0.1:%d --portal 127.0.0.1:%d 3<&%d' % (g.v, g.p, home), B + '/fujie-registry'], pass_fds=[home], stdout=subprocess.PIPE)
        p.stdout.readline()
        some = {'asset': 'BN04-2024-%07d' % (n * 7 // 10), 'registration': 'RG-bench%07d' % (n // 2 // 50 * 50 + 1), 'certificate': 'DAC-100000-202603-000001-F',
                'authorisation': 'DAU-100000-202603-000001-K'}
        api = g.session('hb-fin1')
        some['asset'] = g.api('GET', '/api/v1/asset?limit=1&after=' + some['asset'], None, api)[1]['items'][0]['asset_no']
        some['token'] = g.api('GET', '/api/v1/token?limit=1', None, api)[1]['items'][0]['id']
        worst, heaviest = [0.0, 0.0], 0
        print('%-8s %-64s %6s %8s %8s %8s %8s' % ('who', 'page', 'status', 'bytes', 'p50 ms', 'p99 ms', 'p99 cpu'))
        for who, paths in PAGES.items():
            c = http.client.HTTPConnection('127.0.0.1', g.p, timeout=300)
            head = {'Accept': 'text/html'}
            if who:
                l = g.login(who)
                c.request('POST', '/login', urllib.parse.urlencode({'login': who, 'password': l['password'], 'totp': g.code(who)}), {'Content-Type': 'application/x-www-form-urlencoded'})
                r = c.getresponse(); r.read()
                head['Cookie'] = r.getheader('Set-Cookie').split(';')[0]
            for path in paths:
                path = path.format(**some)
                took, ran = [], []
                for _ in range(rounds):
                    before, t = processor(p.pid), time.perf_counter()
                    c.request('GET', path, headers=head)
                    r = c.getresponse()
                    body = r.read()
                    took.append((time.perf_counter() - t) * 1000)
                    ran.append((processor(p.pid) - before) * 1000)
                at = max(rounds * 99 // 100 - 1, 0)
                took, ran = sorted(took), sorted(ran)
                worst, heaviest = [max(worst[0], took[at]), max(worst[1], ran[at])], max(heaviest, len(body))
                print('%-8s %-64s %6d %8d %8.2f %8.2f %8.2f' % (who or '-', path[:64], r.status, len(body), took[rounds // 2], took[at], ran[at]), flush=True)
        print('slowest p99 %.2f ms by the clock, %.2f ms of processor (aim 20), heaviest %d octets (aim 100,000), %d assets' % (worst[0], worst[1], heaviest, n))
        p.terminate()
        p.wait(20)
    finally:
        g.close()


def signed():
    """jobs of 10,000 license tokens by names, and the same where the operator's officers sign each list: in turns, in one home"""
    from officers_lib import Key, Signing, b64
    o, n, took = Signing(h), 10000, {'names': [], 'signatures': []}
    [waits] = [ask(1)]
    approve_all(h, s['hb-fin2'], [waits], 1)
    dau, grant = authorised(assets[taken[0] - 1], ['QUERY'])
    both = lambda: [processor(h.children()[name]) for name in ('fujie-registry', 'fujie-signer')]
    o.begin()
    department, o.keys, sellers = o.keys, [], [Key(), Key()]
    for who, k in zip(('jc1', 'jc2'), sellers):
        asked = o.done(who, 'officer-key.add', kind='file', public=b64(k.spki))['approval']
        for key in [k] + department:
            o.sign(asked, key)
        o.done('hb-fin2', 'approval.approve', id=asked)
    for turn in range(4):
        by = ('names', 'signatures')[turn % 2]
        rule = o.do('hb-fin1', 'officer-key.require', tokens='one' if by == 'signatures' else 'names')[1].get('approval')
        for key in department if rule else []:
            o.sign(rule, key)
        if rule:
            o.done('hb-fin2', 'approval.approve', id=rule)
        request = {'authorisation': dau, 'product': {'id': 'P', 'version': '1', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 90, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': [],
                   'users': [user(turn * n + i) for i in range(n)]}
        t = time.time()
        asked = o.done('jc1', 'token.bulk', request=request)['approval']
        if by == 'signatures':
            payload = o.payload(asked)
            for key in sellers:
                o.sign(asked, key, payload=payload)
        begun, used = time.time(), both()
        job = o.done('jc2', 'approval.approve', id=asked)['job']
        while o.get('jc1', 'bulk/' + job)['state'] != 'DONE':
            time.sleep(0.05)
        took[by].append((begun - t, time.time() - begun, *(now - was for now, was in zip(both(), used))))
    for by, times in took.items():
        line('%d license tokens in bulk by %s, twice' % (n, by), '; '.join('asked%s in %.2f s, issued in %.2f s: %.0f/s, processor: registry %.2f s, signer %.2f s' % (' and signed' if by == 'signatures' else '', a, i, n / i, r, u) for a, i, r, u in times))
    least = {by: (min(t[1] for t in times), min(t[2] + t[3] for t in times)) for by, times in took.items()}
    line('  signatures against names', 'by the clock %.2f, by the processor of registry and signer %.2f' % tuple(a / b for a, b in zip(least['names'], least['signatures'])))


try:
    if not (h.made and h.serve()):
        sys.exit('no demo home: ' + h.made_err)
    need = (BATCH * BATCHES + 2 * ONES if 'certificates' in ROWS else 0) + (2 if 'tokens' in ROWS else 0) + (SLOW + 4 * SUSPENDED if 'slow' in ROWS else 0) + ('guest' in ROWS) + ('signed' in ROWS)
    s, do, assets = h.registered('B', max(need, 1))
    taken = [0]
    print('load %.2f, %d processors' % (os.getloadavg()[0], os.cpu_count()))
    for name, part in (('certificates', certificates), ('tokens', tokens), ('offline', offline), ('http', http_rows), ('batch', batch), ('lists', lists), ('memory', service_memory), ('log', public_log), ('slow', slow), ('guest', guest), ('signed', signed), ('pages', pages)):
        if name in ROWS:
            part()
    print('load %.2f' % os.getloadavg()[0])
finally:
    h.close()
