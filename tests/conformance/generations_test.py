"""Several keys of one CA name (docs/formats.md 31): what is right, by our tool, and what others do with the same certificates and CRLs: OpenSSL with and without -extended_crl, GnuTLS,
strongSwan, Go.  What a user of theirs has to know stands in docs/verifier.md; if another version answers otherwise, this test says so."""
import random

import generations as g
import world
from judge import *

HERE = os.path.dirname(os.path.abspath(__file__))
world.NOW = g.NOW = int(world.time.time())  # theirs ask the clock
AT = world.time.strftime('%Y-%m-%dT%H:%M:%SZ', world.time.gmtime(g.NOW))
# by case: openssl, openssl -extended_crl; True: it verifies.  Where that is not what is right, why
OPENSSL = {
    'own': (True, True), 'newer': (False, True), 'newer-revoked': (False, False), 'newer-own': (True, True), 'not-there': (False, False), 'other-anchor': (False, False),
    'newer-ca-revoked': (False, True),   # with -crl_check only the certificate's own list is looked for
    'older': (False, True),              # RFC 5280 6.3.3 (f) has no order of keys
    'both': (False, False),              # the list by the key that certified is taken, whatever its number
    'both-revoked': (True, True),        # likewise
    'old-root': (True, True), 'new-root-own': (True, True), 'no-way': (False, False), 'path-length': (False, False),
    'old-root-own': (False, True), 'new-root': (False, True),
    'both-roots': (False, False),        # the list's signer leads to the other root of the two: name one root
    'between-revoked': (True, True),     # as newer-ca-revoked
}
# a path alone: openssl, strongSwan, GnuTLS, Go.  The last two count self-issued certificates against a path length
PATHS = {'own': (True, True, True, True), 'old-root': (True, True, False, False), 'new-root': (True, True, False, False), 'both-roots': (True, True, True, True),
         'new-root-own': (True, True, True, True), 'no-way': (False, False, False, False), 'path-length': (False, True, False, False)}  # strongSwan's pki does not look at path lengths


def run(*cmd, env=None):
    r = subprocess.run(cmd, capture_output=True, text=True, errors='replace', timeout=300, env=env)
    return r.returncode == 0, (r.stdout + r.stderr)[-400:]


def there(tool, package):
    if shutil.which(tool):
        return True
    if os.environ.get('STRICT') == '1':
        check(package + ' is here (make deps-full)', False)
    else:
        print('# %s is absent (make deps-full)' % package, flush=True)
    return False


class Files:
    """a case as files: leaf, roots, chain, CRLs"""

    def __init__(self, c):
        self.at = os.path.join(root, 'case-' + c.id)
        os.makedirs(self.at)
        self.roots, self.chain = (self.put(n, b''.join(world.pem(x.der()) for x in v)) for n, v in (('roots.pem', c.roots), ('chain.pem', c.chain)))
        self.leaf, self.c = self.put('leaf.pem', world.pem(c.cert.der())), c
        self.crls = [a for n, x in enumerate(c.crls) for a in ('-CRLfile', self.put('%d.crl' % n, world.pem(x.der(), 'X509 CRL')))]

    def put(self, name, data):
        path = os.path.join(self.at, name)
        with open(path, 'wb') as f:
            f.write(data)
        return path

    def path(self):
        """the chain in order: what certified the leaf, and what certified that, up to below a trusted root"""
        out, c = [], self.c.cert
        while c.issuer not in self.c.roots:
            above = [x for x in self.c.chain if x.key is c.issuer.key and x.issuer is not x]
            if not above or above[0] in out:
                break
            out.append(above[0])
            c = above[0]
        return out


def openssl(f, *more):
    return run('openssl', 'verify', *more, '-CAfile', f.roots, '-untrusted', f.chain, f.leaf)


def gnutls(f):
    whole = f.put('whole.pem', open(f.leaf, 'rb').read() + b''.join(world.pem(x.der()) for x in f.path()))
    return run('certtool', '--verify', '--load-ca-certificate', f.roots, '--infile', whole)


def strongswan(f):
    ders = [f.put('%d.der' % n, x.der()) for n, x in enumerate(f.c.roots + f.path())]
    return run('pki', '--verify', '--in', f.put('leaf.der', f.c.cert.der()), *[a for d in ders for a in ('--cacert', d)])


def built():
    if not there('go', 'golang-go'):
        return None
    exe = os.path.join(root, 'gopath')
    ok, out = run('go', 'build', '-o', exe, os.path.join(HERE, 'gopath', 'main.go'), env=dict(os.environ, GO111MODULE='off', GOFLAGS='', GOCACHE=root + '/cache', GOPROXY='off', CGO_ENABLED='0'))
    check('gopath is built from Go\'s own library alone', ok, out)
    return exe if ok else None


def ours(c):
    v = Verdict(c.folder(), world.pem(c.cert.der()), AT)
    check('%s: %s: %s' % (c.id, c.sentence, c.right), v.verdict == c.right, (v.verdict, v.doc))
    path = [p['sha256'] for p in v.doc.get('path', [])]
    if c.right == 'permit':
        named = {world.hashlib.sha256(x.der()).hexdigest(): x for x in c.roots + c.chain}
        check('%s: it says by which CA and which root' % c.id, bool(path) and path[-1] in [world.hashlib.sha256(x.der()).hexdigest() for x in c.roots] and named[path[0]].key is c.cert.issuer.key, path)


go = built()
clients = {'openssl': openssl, **({'strongSwan': strongswan} if there('pki', 'strongswan-pki') else {}), **({'GnuTLS': gnutls} if there('certtool', 'gnutls-bin') else {}),
           **({'Go': lambda f: run(go, str(g.NOW), f.roots, f.chain, f.leaf)} if go else {})}
rows = g.cases()
check('each case has its row', {c.id for c in rows} == set(OPENSSL) and set(PATHS) < set(OPENSSL))
for c in rows:
    ours(c)
    f = Files(c)
    for more, want in zip(((), ('-extended_crl',)), OPENSSL[c.id]):
        ok, out = openssl(f, '-crl_check', *(more or ('-ignore_critical',)), *f.crls)
        check('%s: openssl verify %s %s' % (c.id, ' '.join(more), 'verifies' if want else 'refuses'), ok == want, out)
    for who, want in zip(('openssl', 'strongSwan', 'GnuTLS', 'Go'), PATHS.get(c.id, ())):
        if who in clients:
            ok, out = clients[who](f)
            check('%s: %s %s a path' % (c.id, who, 'finds' if want else 'finds no'), ok == want, out)
# worlds by chance, against a model of docs/formats.md 31; the same ones each day
seed, n, seen = os.environ.get('SEED', '31'), int(os.environ.get('WORLDS', '250')), {}
dice = random.Random(seed)
for k in range(n):
    w, cert, roots, chain, crls = g.by_chance(dice)
    want = g.Model(w, roots, chain, crls).verdict(cert)
    files = w.folder(roots, chain, crls)
    v = Verdict(files, world.pem(cert.der()), AT)
    got = 'refused' if 'error' in v.doc else v.verdict
    seen[want] = seen.get(want, 0) + 1
    if got != want:
        name = {id(c): a for a, c in vars(w).items() if isinstance(c, world.Cert)}
        check('world %d of seed %s: %s' % (k, seed, want), False, (v.verdict, name[id(cert)], [name[id(c)] for c in roots], [name[id(c)] for c in chain], [(c.where, name[id(c.issuer)], c.n, c.until - g.NOW, len(c.revoked)) for c in crls], str(v)))
check('%d worlds by chance are judged as the model has it (%s)' % (n, seen), set(seen) == {'permit', 'deny', 'indeterminate', 'refused'})
finish()
