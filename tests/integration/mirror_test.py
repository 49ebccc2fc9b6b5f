"""A mirror beside its issuer: the same verdicts, revocations that arrive, the issuer's
outage and what is caught up after it; packages by hand, with what is missing named; and
what is forged, cut, reordered, rolled back or another's is refused and changes nothing,
as does a kill at any point."""
import random, sqlite3
from lib import *

t0 = time.time()
h = Home()
check('a demo home is made', h.made, getattr(h, 'made_err', ''))
if not h.made:
    finish()
ROOT = hashlib.sha256(open(h.d + '/publish/ca/root.cer', 'rb').read()).hexdigest()
M = free_port()
V, HAND = h.root + '/mirror', h.root + '/hand'
MAGIC = b'fujie-package-1\n'


def tool(*args):
    r = subprocess.run([B + '/fujie'] + list(args) + ['--json'], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    try:
        return r.returncode, json.loads(r.stdout)
    except ValueError:
        return r.returncode, {'stdout': r.stdout, 'stderr': r.stderr}


def apply(*files, into=HAND, root=ROOT):
    return tool('inbox', 'apply', *files, '--dir', into, '--root', root)


def file_of(data):
    path = '%s/p%d.pkg' % (h.root, random.randrange(10**9))
    open(path, 'wb').write(data)
    return path


def tree(folder):
    """what a verifier sees of it, and where it stands"""
    out = {}
    for top, _, names in os.walk(folder):
        for n in names:
            path = os.path.join(top, n)
            if '/inbox/' not in path[len(folder):] and n not in ('generation', 'public.db-journal', 'supervisor.lock'):
                out[path[len(folder):]] = open(path, 'rb').read()
    state = folder + '/inbox/state.json'
    out['state'] = open(state, 'rb').read() if os.path.exists(state) else None
    return out


def no(sentence, answer, before, into=HAND):
    """refused in both languages, and nothing has changed"""
    code, out = answer
    d = out.get('error', {}).get('detail', {})
    ok = code == 1 and d.get('en') and re.search('[\u4e00-\u9fff]', d.get('zh', ''))
    check(sentence, bool(ok) and tree(into) == before, (code, out.get('error')))
    return d.get('en', '') + d.get('zh', '')


def newest():
    return json.load(urllib.request.urlopen(h.url('/v1/outbox'), timeout=10))


def package(seq):
    return urllib.request.urlopen(h.url('/v1/outbox/%d' % seq), timeout=10).read()


def state(folder):
    try:
        return json.load(open(folder + '/inbox/state.json'))['seq']
    except (OSError, ValueError):
        return -1


def mirror_url(path):
    return 'http://127.0.0.1:%d%s' % (M, path)


def ask(url, item):
    body = {'credential': open(os.path.join(h.d, item['file'])).read()}
    if item.get('use'):
        body['use'] = item['use']
    return json.load(urllib.request.urlopen(url + '/v1/verify', json.dumps(body).encode(), timeout=300))


def items():
    return [i for k in h.demo for i in (h.demo[k] if isinstance(h.demo[k], list) else []) if isinstance(i, dict) and 'file' in i and 'expect' in i]


def until(what, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if what():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


class Mirror:
    def __enter__(self):
        self.start()
        return self

    def begin(self):
        self.log = open(h.root + '/mirror.log', 'a')
        self.proc = subprocess.Popen([B + '/fujie', 'verifier', '--mirror', h.url(''), '--dir', V, '--root', ROOT, '--bind', '127.0.0.1:%d' % M, '--every', '1'],
                                     stdout=self.log, stderr=self.log)

    def start(self):
        self.begin()
        return until(lambda: urllib.request.urlopen(mirror_url('/healthz'), timeout=2).status == 200)

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def __exit__(self, *_):
        self.proc.terminate()
        self.proc.wait(120)


def caught_up():
    return state(V) == newest()['newest']


def same_verdicts(sentence):
    both = [(i['file'], ask(h.url(''), i)['verdict'], ask(mirror_url(''), i)['verdict'], i['expect']) for i in items()]
    check(sentence, len(both) > 10 and all(a == b for _, a, b, _ in both), [x for x in both if x[1] != x[2]])


try:
    check('the appliance serves', h.serve())

    # --- by hand: no network at all ---
    snap = h.root + '/snapshot.pkg'
    code, out = tool('outbox', 'snapshot', '--dir', h.d, '--out', snap)
    check('a snapshot is saved for carrying', code == 0 and out.get('packages', 0) > 1, out)
    base = out['newest']
    whole = open(snap, 'rb').read()
    one = whole[:whole.index(MAGIC, 1)]
    changes = [MAGIC + p for p in whole[len(one):].split(MAGIC)[1:]]
    empty = tree(HAND)
    no('a change is no beginning', apply(file_of(changes[0])), empty)
    no('a snapshot of another root is refused', apply(snap, root='0' * 64), empty)
    code, out = apply(file_of(one))
    check('a new site begins with a snapshot', code == 0 and state(HAND) >= 0, out)
    before = tree(HAND)
    text = no('a package that comes too early names what is missing', apply(file_of(changes[3])), before)
    check('by number, in both languages', str(state(HAND) + 1) in text and str(state(HAND) + 3) in text, text)
    no('packages in another order are refused', apply(file_of(changes[1] + changes[0])), before)
    no('a package that is cut is refused', apply(file_of(changes[0][:-1])), before)
    seq = state(HAND)
    code, out = apply(file_of(changes[0] + b'x'))
    check('one with something after it is taken in, and what comes after it is refused', code == 1 and state(HAND) == seq + 1 and out.get('error', {}).get('detail', {}).get('zh'), out)
    before = tree(HAND)
    check('one that was taken in before changes nothing', apply(file_of(changes[0]))[0] == 0 and tree(HAND) == before)
    n = struct.unpack('>I', changes[1][16:20])[0]
    forged = bytearray(changes[1])
    forged[-40] ^= 1
    no('a package with other rows or files than its manifest says is refused', apply(file_of(bytes(forged))), before)
    head, payload, sig = changes[1][20:20 + n].split(b'.')
    m = json.loads(base64.urlsafe_b64decode(payload + b'=='))

    def remade(**more):
        p = base64.urlsafe_b64encode(json.dumps(dict(m, **more), sort_keys=True, separators=(',', ':')).encode()).rstrip(b'=')
        jws = b'.'.join((head, p, sig))
        return file_of(MAGIC + struct.pack('>I', len(jws)) + jws + changes[1][20 + n:])

    no('a manifest that was changed is refused', apply(remade(generation=m['generation'] + 1)), before)
    no('a manifest with a member too many is refused', apply(remade(more=1)), before)
    for path in ('../../etc/x', 'outbox/index.json', 'public.db', '/etc/x', 'trust/.hidden', 'trust//x'):
        no('a path outside of a publication is refused: ' + path, apply(remade(files=[dict(f, path=path) for f in m['files'][:1]] or [{'path': path, 'sha256': m['rows']['sha256'], 'size': 0}])), before)
    check('the rest is taken in, from one file that begins with what is here', apply(file_of(b''.join(changes)))[0] == 0 and state(HAND) == base)
    before = tree(HAND)
    no('a snapshot that is older than what is here is a roll back', apply(file_of(one)), before)
    pub = {k: v for k, v in tree(h.d + '/publish').items() if k and not k.startswith('/outbox') and k not in ('state', '/public.db')}
    mine = {k[len('/publish'):]: v for k, v in tree(HAND).items() if k.startswith('/publish') and k != '/publish/public.db'}
    pub = {k: v for k, v in pub.items() if not re.match(r'/log/tile/.*\.p/', k) or k in mine}  # of the trees between two packages a mirror has none
    check('files that were carried are octet by octet the issuer\'s', pub == mine and '/log/checkpoint' in mine and any('/log/tile/entries' in k for k in mine), set(pub.items()) ^ set(mine.items()) and sorted(set(pub) ^ set(mine)))

    # --- over the network ---
    with Mirror() as mirror:
        check('a mirror answers after its first snapshot', until(lambda: urllib.request.urlopen(mirror_url('/healthz'), timeout=2).status == 200))
        check('and catches up', until(caught_up))
        same_verdicts('every verdict of demo.json is the issuer\'s')
        good = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
        for path in ('/status/0', '/crl/1.crl', '/ca/root.cer', '/.well-known/jwt-vc-issuer'):
            check('the mirror serves the same ' + path, urllib.request.urlopen(mirror_url(path)).read() == urllib.request.urlopen(h.url(path)).read())
        number = next(r for r in os.listdir(h.d + '/publish/trust/certificates') if r.endswith('.pem'))[:-4]
        page = [json.load(urllib.request.urlopen(urllib.request.Request(u('/v/' + number), headers={'Accept': 'application/json'}))) for u in (h.url, mirror_url)]
        check('a certificate is found by its number on both', page[0]['verdict'] == page[1]['verdict'] and page[0]['subject'] == page[1]['subject'], page)
        cer = h.root + '/x.pem'
        shutil.copy(h.d + '/publish/trust/certificates/' + number + '.pem', cer)
        ocsp = subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/publish/trust/chain.pem', '-cert', cer, '-url', mirror_url('/ocsp'), '-noverify'], capture_output=True, text=True)
        check('a mirror has no signer: OCSP answers tryLater', 'trylater' in (ocsp.stdout + ocsp.stderr).lower(), ocsp.stdout + ocsp.stderr)

        # --- a revocation arrives ---
        o = Officers(h)
        judged = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
        check('a token is permitted on both', ask(h.url(''), judged)['verdict'] == ask(mirror_url(''), judged)['verdict'] == 'permit')
        jti = json.loads(base64.urlsafe_b64decode(open(os.path.join(h.d, judged['file'])).read().split('.')[1] + '=='))['jti']
        cert = o.done('auditor', 'asset.show', asset=o.done('auditor', 'token.show', id=jti)['asset_no'])['certificate']
        o.done('mof1', 'certificate.revoke', number=cert, reason='keyCompromise', note='示例')
        start = time.time()
        check('the issuer denies what is suspended', ask(h.url(''), judged)['verdict'] == 'deny')
        check('and so does the mirror', until(lambda: ask(mirror_url(''), judged)['verdict'] == 'deny'))
        print('# the mirror denies %.2f s after the issuer' % (time.time() - start))

        # --- a kill of all of it at any moment, while packages come ---
        rng = random.Random(1)
        mirror.kill()
        shutil.rmtree(V)
        for n in range(4):
            mirror.begin()
            time.sleep(rng.random() * 1.5)
            mirror.kill()
        check('a mirror that was killed again and again starts', mirror.start())
        check('and has lost nothing', until(caught_up))
        same_verdicts('every verdict is the issuer\'s again')

        # --- the issuer's outage ---
        h.stop()
        check('without its issuer the mirror answers as before', ask(mirror_url(''), judged)['verdict'] == 'deny' and len([1 for i in items() if ask(mirror_url(''), i)['verdict'] == 'permit']) > 3)
        mirror.kill()
        check('and after a restart', mirror.start() and len([1 for i in items() if ask(mirror_url(''), i)['verdict'] == 'permit']) > 3)
        other = next(t for t in h.demo['tokens'] if t['expect'] == 'permit' and ask(mirror_url(''), t)['verdict'] == 'permit')
        check('the issuer serves again', h.serve())
        o = Officers(h)
        jti = json.loads(base64.urlsafe_b64decode(open(os.path.join(h.d, other['file'])).read().split('.')[1] + '=='))['jti']
        cert = o.done('auditor', 'asset.show', asset=o.done('auditor', 'token.show', id=jti)['asset_no'])['certificate']
        asked = o.done('mof1', 'certificate.revoke', number=cert, reason='keyCompromise', note='示例')
        o.done('mof2', 'approval.approve', id=asked['approval'])
        check('what happened since is caught up', until(lambda: ask(mirror_url(''), other)['verdict'] == 'deny') and until(caught_up))
        same_verdicts('every verdict is the issuer\'s')

        # --- carried on by hand, and a kill at each write ---
        more = h.root + '/more.pkg'
        code, out = tool('outbox', 'export', '--after', str(base), '--dir', h.d, '--out', more)
        check('what came since is exported', code == 0 and out['packages'] == newest()['newest'] - base, out)
        newer = h.root + '/newer'
        shutil.copytree(HAND, newer)
        db = sqlite3.connect(newer + '/publish/public.db', isolation_level=None)
        v = db.execute('PRAGMA user_version').fetchone()[0]
        db.execute('PRAGMA user_version=%d' % (v + 1))
        db.close()
        before = tree(newer)
        code, out = apply(more, into=newer)
        check('the folder of a newer program is refused, with both versions and what to do, and left as it is',
              code == 1 and all(w in json.dumps(out, ensure_ascii=False) for w in ('version %d' % (v + 1), 'version %d' % v, 'install that newer version', '请')) and tree(newer) == before, out)
        before, tries = tree(HAND), 0
        target = h.root + '/target'
        shutil.copytree(HAND, target)
        check('and taken in', apply(more, into=target)[0] == 0)
        after = tree(target)
        while state(HAND) < newest()['newest'] and tries < 400:
            tries += 1
            p = subprocess.Popen([B + '/fujie-inbox', 'apply', more, '--dir', HAND, '--root', ROOT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.random() * 0.03 + 0.002 * tries)
            p.kill()
            p.wait()
        check('killed %d times, it is taken in after all' % tries, apply(more)[0] == 0)
        files = lambda t: {k: v for k, v in t.items() if k != '/publish/public.db'}
        now = tree(HAND)
        check('every file as if it had never been killed', files(now) == files(after), sorted(k for k in set(now) | set(after) if now.get(k) != after.get(k)))
        dump = lambda d: [l for l in sqlite3.connect('file:%s/publish/public.db?mode=ro' % d, uri=True).iterdump()]
        check('and the rows', sorted(dump(HAND)) == sorted(dump(target)))

        # --- status expires: fails closed ---
        now = time.time()
        said = {days: {json.loads(subprocess.run([B + '/fujie-verify', '--trust', V + '/publish/trust', os.path.join(h.d, i['file']), '--at', time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now + days * 86400)), '--json'],
                                                 capture_output=True, text=True).stdout)['verdict'] for i in items()} for days in (0, 3)}
        check('without news for three days nothing is permitted that is today', 'permit' in said[0] and 'permit' not in said[3] and 'indeterminate' in said[3], said)
finally:
    h.close()
finish()
