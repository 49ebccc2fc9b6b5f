"""A public log for tests, written apart from the product (RFC 6962, C2SP tlog-tiles, signed-note, RFC 8032): a tree of
leaves, its tiles in a folder, signed checkpoints.  Python's standard library only."""
import base64, hashlib, os

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _recover(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


G = (_recover(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)
G = (G[0], G[1], 1, G[0] * G[1] % P)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _mul(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = _add(q, p)
        p, s = _add(p, p), s >> 1
    return q


def _octets(p):
    z = pow(p[2], P - 2, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, 'little')


def sha(b):
    return hashlib.sha256(b).digest()


class Key:
    """an Ed25519 key of a log (type 1) or a witness (type 4)"""

    def __init__(self, name, seed=None, kind=1):
        self.name, self.kind = name, kind
        h = hashlib.sha512(seed or os.urandom(32)).digest()
        self.a = int.from_bytes(h[:32], 'little') & (1 << 254) - 8 | 1 << 254
        self.prefix, self.public = h[32:], _octets(_mul(self.a, G))
        self.id = sha(name.encode() + b'\n' + bytes([kind]) + self.public)[:4]

    def vkey(self):
        return '%s+%s+%s' % (self.name, self.id.hex(), base64.b64encode(bytes([self.kind]) + self.public).decode())

    def raw(self, m):
        r = int.from_bytes(hashlib.sha512(self.prefix + m).digest(), 'little') % L
        R = _octets(_mul(r, G))
        k = int.from_bytes(hashlib.sha512(R + self.public + m).digest(), 'little') % L
        return R + ((r + k * self.a) % L).to_bytes(32, 'little')

    def line(self, text, at=None):
        if self.kind == 4:
            sig = at.to_bytes(8, 'big') + self.raw(b'cosignature/v1\ntime %d\n' % at + text)
        else:
            sig = self.raw(text)
        return '\u2014 {} {}\n'.format(self.name, base64.b64encode(self.id + sig).decode()).encode()


def verifies(vkey, note):
    """the line of that key in a note; the time of a cosignature, True of another; None: none or false"""
    name, kid, raw = vkey.split('+', 2)
    raw = base64.b64decode(raw)
    text, lines = note[:note.rindex(b'\n\n') + 1], note[note.rindex(b'\n\n') + 2:]
    for l in lines.decode().splitlines():
        _, n, s = l.split(' ')
        s = base64.b64decode(s)
        if n != name or s[:4].hex() != kid:
            continue
        at = int.from_bytes(s[4:12], 'big') if raw[0] == 4 else True
        sig, m = (s[12:], b'cosignature/v1\ntime %d\n' % at + text) if raw[0] == 4 else (s[4:], text)
        y = int.from_bytes(raw[1:], 'little')
        A = (_recover(y & (1 << 255) - 1, y >> 255), y & (1 << 255) - 1)
        A = (A[0], A[1], 1, A[0] * A[1] % P)
        k = int.from_bytes(hashlib.sha512(sig[:32] + raw[1:] + m).digest(), 'little') % L
        r = int.from_bytes(sig[:32], 'little')
        R = (_recover(r & (1 << 255) - 1, r >> 255), r & (1 << 255) - 1)
        R = (R[0], R[1], 1, R[0] * R[1] % P)
        return at if _octets(_mul(int.from_bytes(sig[32:], 'little'), G)) == _octets(_add(R, _mul(k, A))) else None
    return None


def node(a, b):
    return sha(b'\1' + a + b)


def leaf_hash(b):
    return sha(b'\0' + b)


class Tree:
    """leaf hashes, and what follows from them"""

    def __init__(self):
        self.h = []

    def mth(self, lo, hi):
        if hi - lo == 0:
            return sha(b'')
        if hi - lo == 1:
            return self.h[lo]
        k = 1 << (hi - lo - 1).bit_length() - 1
        return node(self.mth(lo, lo + k), self.mth(lo + k, hi))

    def root(self, n=None):
        return self.mth(0, len(self.h) if n is None else n)

    def consistency(self, m, n):
        def sub(m, lo, hi, whole):
            if m == hi - lo:
                return [] if whole else [self.mth(lo, hi)]
            k = 1 << (hi - lo - 1).bit_length() - 1
            if m <= k:
                return sub(m, lo, lo + k, whole) + [self.mth(lo + k, hi)]
            return sub(m - k, lo + k, hi, False) + [self.mth(lo, lo + k)]
        return [] if m == 0 or m == n else sub(m, 0, n, True)

    def path(self, i, n):
        def go(i, lo, hi):
            if hi - lo == 1:
                return []
            k = 1 << (hi - lo - 1).bit_length() - 1
            return go(i, lo, lo + k) + [self.mth(lo + k, hi)] if i < k else go(i - k, lo + k, hi) + [self.mth(lo, lo + k)]
        return go(i, 0, n)


class Log(Tree):
    def __init__(self, key, origin=None):
        super().__init__()
        self.key, self.origin, self.leaves = key, origin or key.name, []

    def add(self, *leaves):
        for l in leaves:
            self.leaves.append(l)
            self.h.append(leaf_hash(l))

    def text(self, n=None, root=None):
        n = len(self.h) if n is None else n
        return ('%s\n%d\n%s\n' % (self.origin, n, base64.b64encode(root or self.root(n)).decode())).encode()

    def note(self, n=None, root=None):
        t = self.text(n, root)
        return t + b'\n' + self.key.line(t)

    def write(self, folder, n=None):
        """tiles, bundles and checkpoint of the first n leaves"""
        n = len(self.h) if n is None else n
        level, hashes = 0, self.h[:n]
        while hashes:
            for i in range(0, len(hashes), 256):
                self.put(folder, 'tile/%d/' % level, i // 256, hashes[i:i + 256], b''.join)
            hashes = [self.mth(i << 8 * level + 8, i + 1 << 8 * level + 8) for i in range(len(hashes) // 256)]
            level += 1
        for i in range(0, n, 256):
            self.put(folder, 'tile/entries/', i // 256, self.leaves[i:min(i + 256, n)], lambda es: b''.join(len(e).to_bytes(2, 'big') + e for e in es))
        replace(folder + '/checkpoint', self.note(n))

    @staticmethod
    def put(folder, kind, i, items, join):
        name = '%03d' % (i % 1000)
        while i >= 1000:
            i //= 1000
            name = 'x%03d/' % (i % 1000) + name
        replace('%s/%s%s%s' % (folder, kind, name, '' if len(items) == 256 else '.p/%d' % len(items)), join(items))


def replace(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.tmp', 'wb') as f:
        f.write(data)
    os.rename(path + '.tmp', path)
