"""A public log of the tests' own, written from docs/formats.md 19, RFC 6962, RFC 8032 and the
C2SP texts alone: the tree, signed notes, cosignatures and proofs of logging.  None of the
product's code is in it.

Proof(world) is a good proof for the world's token (or 'authorisation', 'certificate').  A test
changes its leaf before seal(), or what seal() made (index, path, text, lines) after it."""
from world import *

ORIGIN = 'verify.example/log'
LOGGED = NOW - DAY + 5  # the leaf's time


# --- Ed25519 (RFC 8032 5.1) ---

Q = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q


def ed_add(p, q):
    """extended coordinates"""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % Q, (p[1] + p[0]) * (q[1] + q[0]) % Q
    c, d = 2 * p[3] * q[3] * D % Q, 2 * p[2] * q[2] % Q
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % Q, g * h % Q, f * g % Q, e * h % Q


def ed_base():
    y = 4 * pow(5, -1, Q) % Q
    xx = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(xx, (Q + 3) // 8, Q)
    if (x * x - xx) % Q:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    x = x if x % 2 == 0 else Q - x
    return x, y, 1, x * y % Q


ED_BASE = ed_base()


def ed_times(k):
    p, q = (0, 1, 1, 0), ED_BASE
    while k:
        p = ed_add(p, q) if k & 1 else p
        q, k = ed_add(q, q), k >> 1
    z = pow(p[2], -1, Q)
    x, y = p[0] * z % Q, p[1] * z % Q
    return (y | (x & 1) << 255).to_bytes(32, 'little')


class Ed:
    def __init__(self, name):
        h = hashlib.sha512(hashlib.sha256(('fujie test key: ed25519 ' + name).encode()).digest()).digest()
        self.a = int.from_bytes(h[:32], 'little') & (1 << 254) - 8 | 1 << 254
        self.prefix, self.public = h[32:], ed_times(self.a)

    def sign(self, data):
        def number(*parts):
            return int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little') % L
        r = number(self.prefix, data)
        point = ed_times(r)
        return point + ((r + number(point, self.public, data) * self.a) % L).to_bytes(32, 'little')


# --- notes ---

def b64(data):
    return base64.b64encode(data).decode()


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b'\n' + bytes([kind]) + key).digest()[:4]


def vkey(name, kind, ed):
    return '%s+%s+%s' % (name, key_id(name, kind, ed.public).hex(), b64(bytes([kind]) + ed.public))


def line(name, id, sig):
    return '— %s %s\n' % (name, b64(id + sig))


def ed_line(name, ed, text):
    return line(name, key_id(name, 1, ed.public), ed.sign(text.encode()))


def ecdsa_line(name, cert, text, key=None):
    r, s = sign(key or cert.key, text.encode())
    return line(name, hashlib.sha256(cert.spki()).digest()[:4], seq(integer(r), integer(s)))


class Witness:
    def __init__(self, n):
        self.name, self.ed = 'w%d.example/witness' % n, Ed('witness %d' % n)

    def vkey(self):
        return vkey(self.name, 4, self.ed)

    def line(self, text, at=LOGGED + 9):
        return line(self.name, key_id(self.name, 4, self.ed.public), at.to_bytes(8, 'big') + self.ed.sign(b'cosignature/v1\ntime %d\n' % at + text.encode()))


LOG_KEY = Ed('log')
WITNESSES = [Witness(n) for n in range(3)]


def policy_of(quorum, n=3, log=True, key=None):
    return ''.join(['log %s\n' % (key or vkey(ORIGIN, 1, LOG_KEY))] * log + ['witness w%d %s\n' % (i, WITNESSES[i].vkey()) for i in range(n)] + [quorum]).encode()


# --- the tree (RFC 6962 2.1) ---

def leaf_hash(data):
    return hashlib.sha256(b'\0' + data).digest()


def node_hash(a, b):
    return hashlib.sha256(b'\1' + a + b).digest()


def left(n):
    """the greatest power of two below n"""
    return 1 << (n - 1).bit_length() - 1


def root_of(leaves):
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else hashlib.sha256(b'').digest()
    k = left(len(leaves))
    return node_hash(root_of(leaves[:k]), root_of(leaves[k:]))


def path_of(m, leaves):
    if len(leaves) < 2:
        return []
    k = left(len(leaves))
    return path_of(m, leaves[:k]) + [root_of(leaves[k:])] if m < k else path_of(m - k, leaves[k:]) + [root_of(leaves[:k])]


# --- a proof of logging ---

def leaf_of(w, what, salt):
    token, auth = json.loads(canonical(w.token_payload())), json.loads(canonical(w.auth_payload()))
    party = lambda p: {'usci': p['usci'], 'name': p['name']}
    if what == 'token':
        mine = {'id': token['jti'], 'sha256': hashlib.sha256(w.token().encode()), 'parent': token['parent']['authorisation'],
                'holder': {'commitment': b64u(hashlib.sha256(salt + canonical(party(token['holder']))).digest())}}
    elif what == 'authorisation':
        mine = {'id': auth['jti'], 'sha256': hashlib.sha256(w.auth().encode()), 'holder': party(auth['holder']), 'operator': party(auth['operator']),
                'version': auth['version'], 'parent': auth['assets'][0]['certificate']}
    else:
        mine = {'id': DAC, 'sha256': hashlib.sha256(w.dac.der()), 'holder': {'usci': HOLDER, 'name': '某气象服务中心'}}
    return {'v': 1, 'at': LOGGED, 'event': 'issued', 'kind': what, **mine, 'sha256': b64u(mine['sha256'].digest())}


class Proof:
    def __init__(self, world, what='token', index=5, size=11, origin=ORIGIN):
        self.w, self.what, self.index, self.size, self.origin = world, what, index, size, origin
        self.salt = hashlib.sha256(b'salt').digest()[:16]
        self.leaf = {**leaf_of(world, what, self.salt), 'seq': index}
        self.extra = {'leaf': self.leaf, **({'salt': b64u(self.salt)} if what == 'token' else {})}
        self.head, self.more = 'c2sp.org/tlog-proof@v1\n', ''
        self.logged = None     # other octets in the tree than the leaf's
        self.cosigned_by = ()  # of WITNESSES

    def checkpoint(self, root, size=None):
        return '%s\n%d\n%s\n' % (self.origin, self.size if size is None else size, b64(root))

    def seal(self, ed=LOG_KEY, cert=None):
        leaves = [b'{"leaf":%d}' % i for i in range(self.size)]
        leaves[self.index] = self.logged or canonical(self.leaf)
        self.path, self.root = path_of(self.index, leaves), root_of(leaves)
        self.at = str(self.index)
        self.text = self.checkpoint(self.root)
        self.sign(ed, cert)
        return self

    def sign(self, ed=LOG_KEY, cert=None):
        """the log's lines and those of witnesses, over the text as it is now"""
        self.lines = [ed_line(self.origin, ed, self.text), ecdsa_line(self.origin, cert or self.w.log, self.text)]
        self.lines += [WITNESSES[n].line(self.text) for n in self.cosigned_by]
        return self

    def octets(self):
        extra = self.extra if isinstance(self.extra, bytes) else canonical(self.extra)
        return (self.head + ('extra %s\n' % b64(extra) if self.extra is not None else '') + 'index %s\n' % self.at + ''.join(b64(h) + '\n' for h in self.path) +
                '\n' + self.text + '\n' + ''.join(self.lines) + self.more).encode()
