"""`make bench`: certificate rows of design section 7, offline verification, and how
soon a suspension and a reclaim bite.  Limits and appliance are measured in one run on this
machine, in turns where they share it; compare the ratios, not the numbers."""
import http.client, os, sys, threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from lib import *

BATCH, BATCHES, ONES, CLIENTS, SLOW = 500, 4, 150, 8, 60
TOKENS = int(os.environ.get('TOKENS', 100000))


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


def licensed(asset, n):
    """an authorisation on the asset with n license tokens, and one of them"""
    number = h.api('GET', '/api/v1/asset/' + asset, None, s['hbsw1'])[1]['certificate']
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    day = lambda k: time.strftime('%Y-%m-%d', time.gmtime(time.time() + 28800 + k * 86400))
    dau = do('hb-fin1', 'approval', 'approve', {'id': do('hbsw1', 'authorisation', 'propose', {'proposal': {
        'certificates': [number], 'operator': '91420100DEMA001011', 'grant': grant, 'terms': 'free', 'from': day(0), 'to': day(300), 'shared': False, 'selection': 'x', 'operator_conditions': 'x',
        'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}})['approval']})['authorisation']
    s['jc1'] = h.session('jc1')
    for k in range(0, n, 2000):
        users = [{'usci': usci('91420100DEMD%04d1' % i), 'name': 'x'} for i in range(min(2000, n - k))]
        out = do('jc1', 'token', 'issue', {'request': {'authorisation': dau, 'product': {'id': 'P', 'version': '1', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 90, 'binding': 'named',
                                                       'audience': 'https://gateway.example', 'duties': [], 'users': users}})
    return dau, h.api('GET', '/api/v1/token/' + out['tokens'][-1], None, s['jc1'])[1]


def memory(pid, key):
    return int(next(l for l in open('/proc/%d/status' % pid) if l.startswith(key)).split()[1])


def reclaimed(asset, n):
    """from the request of a reclaim until the verifier service denies a token of it"""
    dau, token = licensed(asset, n)
    body = {'credential': token['compact'], 'use': {'action': 'QUERY', 'purpose': 'WELFARE', 'user': token['user']['usci'], 'audience': 'https://gateway.example'}}
    ask = lambda: json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps(body).encode(), timeout=20))['verdict']
    before, pid = ask(), h.children()['fujie-registry']
    open('/proc/%d/clear_refs' % pid, 'w').write('5')  # the high-water mark from here on
    rss = memory(pid, 'VmRSS')
    t = time.time()
    asked = do('hbsw1', 'authorisation', 'reclaim', {'number': dau, 'reason': 'bench'})
    first = ask()
    bites = time.time() - t
    do('hb-fin1', 'approval', 'approve', {'id': asked['approval']})
    print('%-66s %7.3f s  (aim 1 s), %s, then %s, final %s; the registry grew by %d KiB' % ('reclaim of an authorisation with %d license tokens until denied' % n, bites, before, first, ask(),
                                                                                        memory(pid, 'VmHWM') - rss), flush=True)


h = Home()
try:
    if not (h.made and h.serve()):
        sys.exit('no demo home: ' + h.made_err)
    s, do, assets = h.registered('B', BATCH * BATCHES + 2 * ONES + SLOW)
    take = iter(assets)

    def ask(n):
        return do('hb-fin1', 'certificate', 'issue', {'assets': [next(take) for _ in range(n)]})['approval']

    # certificates, in batches and one by one; the limits before and after
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

    # how soon a suspension bites
    tok = next(x for x in h.demo['tokens'] if x['expect'] == 'permit')
    auth = next(a for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000001'))
    officer = h.session('slb1')
    t = time.time()
    h.api('POST', '/api/v1/authorisation/suspend', {'number': auth['number'], 'reason': 'bench'}, officer)
    denied = h.verdict_service(tok) == 'deny'
    print('%-66s %7.3f s  (aim 1 s), denied: %s' % ('suspension of an authorisation until the service denies its token', time.time() - t, denied))

    reclaimed(assets[0], TOKENS)

    # offline verification, one core
    good = next(x for x in h.demo['tokens'] if x['expect'] == 'permit' and 'DAU-100000-202603-000001' not in open(os.path.join(h.d, x['file'])).read() and x is not tok)
    f = figures(B + '/tests/bench/verify', h.d + '/trust', os.path.join(h.d, good['file']))
    row('offline verdicts on a license token, one core, trust loaded once', f['verdicts_per_s'], f['verifications_per_s'], 0.80)

    # a TPM that signs 20 times a second
    slow = ask(SLOW)
    h.stop()
    real = shutil.which('swtpm')
    os.environ.update(FUJIE_REAL_SWTPM=real, PATH=B + '/tests/bench/slow:' + os.environ['PATH'])
    h.serve()
    took = approve_all(h, h.session('hb-fin2'), [slow], 1)
    row('certificates, one approval of %d, TPM slowed to 20 signatures a second' % SLOW, SLOW / took, 20, 0.95)
finally:
    h.close()
