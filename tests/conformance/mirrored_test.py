"""A mirror and packages of the tests' own: whatever is wrong with their public log, signed as
rightly as can be, is refused and changes nothing; two signed histories are kept."""
import os, shutil, subprocess, sys, tempfile
from generations import Generations
from log import *
from tlog import log_files

B = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
passed = failed = 0
HERE, THEN = 300, 900  # leaves that the mirror has, and of the next package
MAGIC, ZERO = b'fujie-package-1\n', bytes(32)
root = tempfile.mkdtemp(prefix='fujie-mirrored-')


def check(sentence, ok, detail=''):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(('ok - ' if ok else 'not ok - ') + sentence + ('' if ok else '  # ' + str(detail)[:400]), flush=True)


class Tiles(Tree):
    """leaves and the files of their tree"""

    def __init__(self, leaves):
        super().__init__(map(leaf_hash, leaves))
        self.leaves = leaves

    def at(self, n):
        return {'log/' + path: data for path, data in log_files(self, self.leaves[:n]).items()}

    def grown(self, a, b):
        had = self.at(a)
        return {k: v for k, v in self.at(b).items() if k not in had}


w = World()


def published_leaf(i, kind, uri, data):
    return canonical({'v': 1, 'seq': i, 'at': NOW, 'event': 'published', 'kind': kind, 'id': uri, 'sha256': b64u(hashlib.sha256(data).digest())})


def later(revoked=()):
    """a newer CRL"""
    c = World().shard
    c.n, c.since = 8, NOW - 1800
    for cert in revoked:
        c.revoke(cert)
    return c.der()


leaves = [b'leaf %d' % i for i in range(1200)]
leaves[100:103] = [published_leaf(100, 'status-list', BASE + '/status/0', w.list().encode()), published_leaf(101, 'crl', BASE + '/crl/1.crl', w.shard.der()),
                   published_leaf(102, 'crl', BASE + '/crl/root.crl', w.root_crl.der())]
leaves[700:702] = [published_leaf(700, 'crl', BASE + '/crl/1.crl', later()), published_leaf(701, 'crl', BASE + '/crl/1.crl', later([w.log]))]
sm2 = World(curve=SM2)


def later_sm2(revoked=(), issuer=None):
    """a newer CRL of the SM2 hierarchy"""
    c = World(curve=SM2).shard
    c.n, c.since, c.issuer = 8, NOW - 1800, issuer or c.issuer
    for cert in revoked:
        c.revoke(cert)
    return c.der()


def sm2_list_by(world):
    payload = {**sm2.list_payload(), 'iat': NOW - 500}
    return jws(world.header('statuslist+jwt', world.status_signer), payload, world.status_signer.key)


leaves[103:106] = [published_leaf(103, 'status-list', sm2.uri('status/0'), sm2.list().encode()), published_leaf(104, 'crl', sm2.uri('crl/1.crl'), sm2.shard.der()),
                   published_leaf(105, 'crl', sm2.uri('crl/root.crl'), sm2.root_crl.der())]
leaves[702:706] = [published_leaf(702, 'crl', sm2.uri('crl/1.crl'), later_sm2()), published_leaf(703, 'crl', sm2.uri('crl/1.crl'), later_sm2(issuer=w.issuing)),
                   *[published_leaf(704 + i, 'status-list', sm2.uri('status/0'), sm2_list_by(x).encode()) for i, x in enumerate((sm2, w))]]
tree = Tiles(leaves)
other = Tiles(leaves[:200] + [b'other %d' % i for i in range(200, 1200)])
OTHER_KEY = ed_key('another log')


def text_of(t, n, root=None, origin=ORIGIN):
    return checkpoint(origin, n, root or t.root(n))


def note(text, ed=LOG_KEY, cert=None, key=None, lines=None):
    origin = text.split('\n')[0]
    return (text + '\n' + ''.join(lines if lines is not None else [ed_line(origin, ed, text), ecdsa_line(origin, cert or w.log, text, key)])).encode()


def keys(cert=None, ed=LOG_KEY):
    return {'trust/log.pem': pem((cert or w.log).der()), 'trust/log.vkey': (ed_vkey(ORIGIN, ed) + '\n').encode()}


def package(files, seq=1, kind='change', before=(0, ZERO), by=None):
    """by: the world whose status signer signs it"""
    by = by or w
    files = {k: v.encode() if isinstance(v, str) else v for k, v in files.items() if v is not None}
    digest = lambda b: b64u(hashlib.sha256(b).digest())
    manifest = jws(by.header('package+jwt', by.status_signer), {
        'iss': BASE, 'vct': 'urn:fujie:package:1', 'iat': NOW, 'kind': kind, 'seq': seq, 'part': 1, 'last': True, 'generation': 1,
        'previous': {'seq': before[0], 'sha256': b64u(before[1])}, 'files': [{'path': k, 'sha256': digest(v), 'size': len(v)} for k, v in files.items()],
        'rows': {'sha256': digest(b''), 'size': 0}}, by.status_signer.key).encode()
    path = '%s/%s-%d.pkg' % (root, kind, seq)
    open(path, 'wb').write(MAGIC + len(manifest).to_bytes(4, 'big') + manifest + b''.join(files.values()))
    return path, hashlib.sha256(manifest).digest()


def apply(folder, path, under=None):
    fingerprint = hashlib.sha256((under or w.root).der()).hexdigest()
    r = subprocess.run([B + '/fujie', 'inbox', 'apply', path, '--dir', folder, '--root', fingerprint, '--json'], capture_output=True, text=True, timeout=300)
    out = json.loads(r.stdout)
    return r.returncode, out.get('error', {}).get('detail', {}).get('en', '')


def published(folder):
    return {os.path.join(t, n)[len(folder):]: open(os.path.join(t, n), 'rb').read() for t, _, names in os.walk(folder + '/publish') for n in names if n != 'fork'}


def trust(**more):
    w.more = more
    return {'trust/' + k: v for k, v in w.files().items()}


base = root + '/base'
start = {**trust(), **keys(), **tree.at(HERE), 'log/checkpoint': note(text_of(tree, HERE))}
code, said = apply(base, package(start, 0, 'snapshot')[0])
check('a snapshot with a log is taken in', code == 0 and published(base)['/publish/log/checkpoint'] == start['log/checkpoint'], said)
good = {**tree.grown(HERE, THEN), 'log/checkpoint': note(text_of(tree, THEN))}
n = 0


def fresh(from_=None):
    global n
    n += 1
    return shutil.copytree(from_ or base, '%s/v%d' % (root, n))


def taken(sentence, files, from_=None, **how):
    v = fresh(from_)
    code, said = apply(v, package({**good, **files}, **how)[0])
    check(sentence, code == 0 and not os.path.exists(v + '/publish/log/fork'), said)
    return v


def refused(sentence, files, word, fork=False, whole=False, from_=None, by=None):
    """word: of the reason; fork: both notes are kept; whole: without the good package's files"""
    v = fresh(from_)
    before = published(v)
    code, said = apply(v, package(files if whole else {**good, **files}, by=by)[0])
    kept = json.load(open(v + '/publish/log/fork')) if os.path.exists(v + '/publish/log/fork') else None
    same = {k: x for k, x in published(v).items()} == before
    check(sentence, code == 1 and word in said and same and (kept is not None) == fork and (not fork or kept['ours'].encode() == start['log/checkpoint'] and kept['theirs'].encode() == files['log/checkpoint']),
          (code, said, same, kept))


v = taken('what continues the log is taken in', {})
have = published(v)
check('a full tile takes the place of its partial ones', '/publish/log/tile/0/001' in have and not [k for k in have if '/0/001.p' in k or '/entries/001.p' in k], sorted(have))
check('and every tile is the log\'s', all(have['/publish/' + k] == x for k, x in tree.at(THEN).items()))

# signatures
text = text_of(tree, THEN)
refused('without the line of the TPM\'s key', {'log/checkpoint': note(text, lines=[ed_line(ORIGIN, LOG_KEY, text)])}, 'not signed')
refused('without the Ed25519 line', {'log/checkpoint': note(text, lines=[ecdsa_line(ORIGIN, w.log, text)])}, 'not signed')
refused('with a line of the TPM\'s key over another text', {'log/checkpoint': note(text, lines=[ed_line(ORIGIN, LOG_KEY, text), ecdsa_line(ORIGIN, w.log, text_of(tree, HERE))])}, 'not signed')
refused('signed by a key that the certificate has not', {'log/checkpoint': note(text, key=w.keys['stranger'])}, 'not signed')
refused('signed by another log\'s key', {'log/checkpoint': note(text, ed=OTHER_KEY)}, 'not signed')
refused('with a log certificate that is another signer\'s', {**keys(w.status_signer), 'log/checkpoint': note(text, cert=w.status_signer)}, 'not signed')
stray = World('stray')
refused('with a log certificate of another root', {**keys(stray.log), 'log/checkpoint': note(text, cert=stray.log)}, 'not signed')
refused('of another origin', {'log/checkpoint': note(text_of(tree, THEN, origin='verify.example/lag'))}, 'not signed')
refused('what is no note', {'log/checkpoint': b'hello\n'}, 'not signed')
refused('with another key for the log, which signs', {**keys(ed=OTHER_KEY), 'log/checkpoint': note(text, ed=OTHER_KEY)}, 'another key')
refused('under a log certificate that its own CRL names', {'trust/crl/1.crl': later([w.log])}, 'not signed')

# history
refused('a shorter log of the same history', {'log/checkpoint': note(text_of(tree, 256))}, 'roll back', whole=True)
refused('a shorter log of another', {'log/checkpoint': note(text_of(other, 256))}, 'two histories', fork=True, whole=True)
refused('one of the same length', {'log/checkpoint': note(text_of(other, HERE))}, 'two histories', fork=True, whole=True)
refused('a longer one, with all its tiles', {**other.at(THEN), 'log/checkpoint': note(text_of(other, THEN))}, 'two histories', fork=True, whole=True)
refused('an older package than the one here, of another history', {'log/checkpoint': note(text_of(other, 290))}, 'two histories', fork=True, whole=True)
refused('a root that no tiles give', {'log/checkpoint': note(text_of(tree, THEN, root=bytes(32)))}, 'do not give the root')

# tiles
refused('a partial tile is missing', {'log/tile/0/003.p/132': None}, 'do not give the root')
refused('the tile above is missing', {'log/tile/1/000.p/3': None}, 'do not give the root')


def spoilt(path, at, files=good):
    data = bytearray(files[path])
    data[at] ^= 1
    return bytes(data)


refused('a hash at the edge is another', {'log/tile/0/003.p/132': spoilt('log/tile/0/003.p/132', 5)}, 'do not give the root')
refused('a hash within a full tile is another', {'log/tile/0/002': spoilt('log/tile/0/002', 100)}, 'stands above it')
refused('an entry is another', {'log/tile/entries/002': spoilt('log/tile/entries/002', 45)}, 'an entry')
refused('an entry at the edge is another', {'log/tile/entries/003.p/132': spoilt('log/tile/entries/003.p/132', 45)}, 'an entry')
refused('a bundle is cut', {'log/tile/entries/002': good['log/tile/entries/002'][:-1]}, 'not as wide')
refused('a tile is longer', {'log/tile/0/002': good['log/tile/0/002'] + bytes(32)}, 'not as wide')
refused('a tile that is here is replaced', {'log/tile/0/000': spoilt('log/tile/0/000', 7, tree.at(HERE))}, 'tiles do not change')
refused('a bundle that is here is replaced', {'log/tile/entries/000': spoilt('log/tile/entries/000', 7, tree.at(HERE))}, 'tiles do not change')

# lists
taken('a CRL that the log has', {'trust/crl/1.crl': later()})
refused('a CRL that the log has not, though its issuer signed it', {'trust/crl/1.crl': later([w.dac])}, 'does not stand in the public log')
refused('one that comes before its leaf', {'trust/crl/1.crl': later(), 'log/checkpoint': None, **{k: None for k in good}}, 'does not stand in the public log', whole=True)

# what witnesses cosigned
cosign = lambda t, n, **how: note(text_of(t, n, **how)) + WITNESSES[0].line(text_of(t, n, **how)).encode()
v = taken('with what witnesses cosigned of it', {'log/cosigned': cosign(tree, 700)})
check('which is then served', published(v)['/publish/log/cosigned'] == cosign(tree, 700))
refused('cosigned is of a later tree', {'log/cosigned': cosign(tree, 901)}, 'none of the package\'s log')
refused('cosigned is of another history', {'log/cosigned': cosign(other, 700)}, 'none of the package\'s log')
refused('cosigned is not the log\'s', {'log/cosigned': note(text_of(tree, 700), ed=OTHER_KEY)}, 'not signed')

# in two packages: tiles first
v = fresh()
path, hash1 = package({k: x for k, x in good.items() if k != 'log/checkpoint'}, 1)
one = apply(v, path)
two = apply(v, package({'log/checkpoint': good['log/checkpoint']}, 2, before=(1, hash1))[0])
check('a log that is too large for one package comes in two, its checkpoint last', one[0] == 0 and two[0] == 0 and published(v)['/publish/log/checkpoint'] == good['log/checkpoint'], (one, two))

# a root that follows (docs/formats.md 31): the fingerprint that was named is the older one's
after = Generations(under_new=True)
chain = b''.join(pem(c.der()) for c in after.all())
roots = pem(after.new_root.der()) + pem(w.root.der())
taken('a root beside the one that was named, to which that leads', {'trust/root.pem': roots, 'trust/chain.pem': chain})
refused('without the certificate between them', {'trust/root.pem': roots, 'trust/chain.pem': b''.join(pem(c.der()) for c in after.all() if c is not after.new_with_old)}, 'leads')
refused('in the place of the one that was named', {'trust/root.pem': pem(after.new_root.der()), 'trust/chain.pem': chain}, 'another root')

# both hierarchies (docs/formats.md 21): packages are signed under P-256 alone
both = root + '/both'
files = {**{'trust/' + k: v for k, v in sm2.files().items()}, **keys(), **tree.at(HERE), 'log/checkpoint': start['log/checkpoint']}
code, said = apply(both, package(files, 0, 'snapshot')[0])
check('a snapshot of a home with both hierarchies is taken in', code == 0 and '/publish/trust/root-sm2.pem' in published(both), said)
taken('a CRL of SM2 that the log has', {'trust/crl/sm2-1.crl': later_sm2()}, both)
refused('a CRL of SM2 that the log has not', {'trust/crl/sm2-1.crl': later_sm2([sm2.dac])}, 'does not stand in the public log', from_=both)
refused('a CRL of P-256 under an address of SM2, which the log has', {'trust/crl/sm2-1.crl': later_sm2(issuer=w.issuing)}, '', from_=both)
taken('a list of SM2 that the log has', {'trust/status/sm2-0.jwt': sm2_list_by(sm2)}, both)
refused('a list of SM2 that P-256 signed, which the log has', {'trust/status/sm2-0.jwt': sm2_list_by(w)}, 'another hierarchy', from_=both)
refused('a package that the status signer of SM2 signed', {}, 'not issued by the root', from_=both, by=sm2)
refused('a package that it signed, of a CRL of its own', {'trust/crl/sm2-1.crl': later_sm2()}, 'not issued by the root', from_=both, by=sm2)
refused('the root is replaced by that of SM2', {'trust/root.pem': pem(sm2.root.der())}, 'another root', from_=both)
other = World('another ', curve=SM2)
refused('the SM2 root is replaced by another SM2 root', {'trust/root-sm2.pem': pem(other.root.der()), 'trust/chain-sm2.pem': pem(other.issuing.der())}, 'leads', from_=both)
refused('another SM2 root is put beside it', {'trust/root-sm2.pem': pem(sm2.root.der()) + pem(other.root.der())}, 'leads', from_=both)
refused('another root is put beside the root', {'trust/root.pem': pem(w.root.der()) + pem(World('another ').root.der())}, 'leads', from_=both)
refused('the SM2 root is replaced by the P-256 root', {'trust/root-sm2.pem': pem(w.root.der())}, 'another algorithm', from_=both)
for sentence, under in (('under the SM2 root, named by its fingerprint', sm2.root), ('under the P-256 root', w.root)):
    v = '%s/sm2-%d' % (root, n)
    n += 1
    code, said = apply(v, package(files, 0, 'snapshot', by=sm2)[0], under)
    check('a snapshot that the status signer of SM2 signed, ' + sentence, code == 1 and not os.path.exists(v + '/publish/trust'), (code, said))

shutil.rmtree(root)
print('%d passed, %d failed' % (passed, failed))
sys.exit(1 if failed else 0)
