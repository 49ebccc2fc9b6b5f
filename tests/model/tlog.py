"""A public log a second time, from RFC 6962 section 2.1, RFC 8032 and the C2SP texts (tlog-tiles, signed-note, tlog-checkpoint,
tlog-cosignature, tlog-proof) alone: trees, tiles, paths, notes.  Python's standard library only; slow and plain on purpose.
Whatever of a log a test in Python makes or reads comes from here (tests/integration/treelog.py, tests/conformance/log.py).
python3 tests/model/tlog.py prints the vectors that the unit tests read (tests/fixtures/tlog.json)."""
import base64
import functools
import hashlib
import json
import re
import sys

WIDTH = 256


class Bad(ValueError):
    pass


def sha(b):
    return hashlib.sha256(b).digest()


# --- trees: RFC 6962 2.1 as it stands there, by recursion ---
def leaf_hash(leaf):
    return sha(b'\0' + leaf)


def node_hash(left, right):
    return sha(b'\1' + left + right)


def split(n):
    """the largest power of two below n"""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Tree:
    """over leaf hashes; each range's hash is computed once"""

    def __init__(self, hashes):
        self.h, self.known = list(hashes), {}

    def mth(self, a, b):
        if b - a == 0:
            return sha(b'')
        if b - a == 1:
            return self.h[a]
        got = self.known.get((a, b))
        if got is None:
            k = split(b - a)
            got = self.known[a, b] = node_hash(self.mth(a, a + k), self.mth(a + k, b))
        return got

    def root(self, size=None):
        return self.mth(0, len(self.h) if size is None else size)

    def path(self, m, n):
        """PATH(m, D[n]), 2.1.1"""
        def go(m, a, b):
            if b - a == 1:
                return []
            k = split(b - a)
            if m < k:
                return go(m, a, a + k) + [self.mth(a + k, b)]
            return go(m - k, a + k, b) + [self.mth(a, a + k)]
        if not 0 <= m < n <= len(self.h):
            raise Bad('no such leaf')
        return go(m, 0, n)

    def proof(self, m, n):
        """PROOF(m, D[n]), 2.1.2; of nothing, which any tree continues, none"""
        def sub(m, a, b, whole):
            if m == b - a:
                return [] if whole else [self.mth(a, b)]
            k = split(b - a)
            if m <= k:
                return sub(m, a, a + k, whole) + [self.mth(a + k, b)]
            return sub(m - k, a + k, b, False) + [self.mth(a, a + k)]
        if not 0 <= m <= n <= len(self.h):
            raise Bad('no such tree')
        return sub(m, 0, n, True) if m else []


def root_of_path(m, n, leaf, path):
    """what the root would be; the same recursion from the other end"""
    def go(m, n, p):
        if n == 1:
            if p:
                raise Bad('a path that is too long')
            return leaf
        if not p:
            raise Bad('a path that is too short')
        k = split(n)
        return node_hash(go(m, k, p[:-1]), p[-1]) if m < k else node_hash(p[-1], go(m - k, n - k, p[:-1]))
    if not 0 <= m < n:
        raise Bad('no such leaf')
    return go(m, n, path)


def includes(m, n, leaf, path, root):
    try:
        return root_of_path(m, n, leaf, path) == root
    except Bad:
        return False


def consistent(m, before, n, root, path):
    """Is the tree of m leaves the beginning of that of n?  The old and the new root, both from the path."""
    def go(m, n, p, whole):
        if m == n:
            if whole:
                if p:
                    raise Bad('long')
                return before, before
            if len(p) != 1:
                raise Bad('length')
            return p[0], p[0]
        if not p:
            raise Bad('short')
        k = split(n)
        if m <= k:
            old, new = go(m, k, p[:-1], whole)
            return old, node_hash(new, p[-1])
        old, new = go(m - k, n - k, p[:-1], False)
        return node_hash(p[-1], old), node_hash(p[-1], new)
    try:
        if m == 0:
            return path == []
        return m <= n and go(m, n, path, True) == (before, root)
    except Bad:
        return False


# --- tiles ---
def number_path(n):
    parts = ['%03d' % (n % 1000)]
    while n >= 1000:
        n //= 1000
        parts.insert(0, 'x%03d' % (n % 1000))
    return '/'.join(parts)


def tile_path(level, n, width):
    """level None: a bundle of entries"""
    return 'tile/%s/%s%s' % ('entries' if level is None else level, number_path(n), '' if width == WIDTH else '.p/%d' % width)


def read_path(path):
    """(level, n, width)"""
    m = re.fullmatch(r'tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?', path)
    if not m:
        raise Bad('path')
    n = int(m.group(2).replace('x', '').replace('/', ''))
    width = int(m.group(3) or WIDTH)
    if m.group(3) and width >= WIDTH or number_path(n) != m.group(2):
        raise Bad('path')
    level = None if m.group(1) == 'entries' else int(m.group(1))
    if level is not None and level > 63:
        raise Bad('level')
    return level, n, width


def tiles(tree, size):
    """every tile of that tree, {path: octets}; full ones, and the partial one at the end of each level"""
    out, level, n = {}, 0, size
    while n:
        span = WIDTH ** level
        for t in range((n + WIDTH - 1) // WIDTH):
            width = min(WIDTH, n - t * WIDTH)
            at = (t * WIDTH) * span
            out[tile_path(level, t, width)] = b''.join(tree.mth(at + i * span, at + (i + 1) * span) for i in range(width))
        level, n = level + 1, n // WIDTH
    return out


def bundle(entries):
    return b''.join(len(e).to_bytes(2, 'big') + e for e in entries)


def read_bundle(data):
    out = []
    while data:
        n = int.from_bytes(data[:2], 'big')
        if len(data) < 2 + n:
            raise Bad('a bundle that is cut')
        out.append(data[2:2 + n])
        data = data[2 + n:]
    return out


def bundles(entries):
    return {tile_path(None, t // WIDTH, min(WIDTH, len(entries) - t)): bundle(entries[t:t + WIDTH]) for t in range(0, len(entries), WIDTH)}


def log_files(tree, entries):
    """all that a log of these entries has but its checkpoint, {path: octets}"""
    return {**tiles(tree, len(entries)), **bundles(entries)}


def tree_of_tiles(read, size):
    """The tree of so many leaves from its tiles, every level held against the one below; read(path) gives octets."""
    hashes, first, level, n = None, None, 0, size
    while n:
        got = []
        for t in range((n + WIDTH - 1) // WIDTH):
            width = min(WIDTH, n - t * WIDTH)
            data = read(tile_path(level, t, width))
            if len(data) != 32 * width:
                raise Bad('%s has another length' % tile_path(level, t, width))
            got += [data[i:i + 32] for i in range(0, len(data), 32)]
        if hashes is not None:
            below = Tree(hashes)
            for i, h in enumerate(got):
                if h != below.mth(i * WIDTH, (i + 1) * WIDTH):
                    raise Bad('hash %d of level %d is not that of the tile below' % (i, level))
        first = got if first is None else first
        hashes, level, n = got, level + 1, n // WIDTH
    return Tree(first or [])


# --- Ed25519, RFC 8032 5.1 ---
P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P:
        return None
    return P - x if x & 1 != sign else x


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = add(q, p)
        p, s = add(p, p), s >> 1
    return q


GY = 4 * pow(5, P - 2, P) % P
GX = recover(GY, 0)
G = (GX, GY, 1, GX * GY % P)


def press(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')


def widen(b):
    y = int.from_bytes(b, 'little')
    sign, y = y >> 255, y & (1 << 255) - 1
    x = recover(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def expand(secret):
    h = hashlib.sha512(secret).digest()
    a = int.from_bytes(h[:32], 'little')
    return a & (1 << 254) - 8 | 1 << 254, h[32:]


@functools.cache
def public(secret):
    return press(mul(expand(secret)[0], G))


def scalar(*parts):
    return int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little') % L


def sign(secret, msg):
    a, prefix = expand(secret)
    key = public(secret)
    r = scalar(prefix, msg)
    big_r = press(mul(r, G))
    return big_r + ((r + scalar(big_r, key, msg) * a) % L).to_bytes(32, 'little')


def verifies(key, msg, sig):
    a, r, s = widen(key), widen(sig[:32]), int.from_bytes(sig[32:], 'little')
    if len(sig) != 64 or a is None or r is None or s >= L:
        return False
    left, right = mul(s, G), add(r, mul(scalar(sig[:32], key, msg), a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- notes, checkpoints, cosignatures, proofs ---
ED25519, ECDSA, COSIGNATURE = 1, 2, 4
DASH = '\u2014 '


def b64(b):
    return base64.b64encode(b).decode()


def unb64(s):
    try:
        raw = base64.b64decode(s, validate=True)
    except ValueError:
        raise Bad('base64')
    if b64(raw) != s:
        raise Bad('base64 with another spelling')
    return raw


def key_id(name, kind, key):
    return sha(name.encode() + b'\n' + bytes([kind]) + key)[:4]


def ecdsa_id(spki):
    return sha(spki)[:4]


def vkey(name, kind, key):
    return '%s+%s+%s' % (name, key_id(name, kind, key).hex(), b64(bytes([kind]) + key))


def read_vkey(text):
    """(name, id, kind, key); the base64 may have a plus of its own"""
    name, ident, key = text.split('+', 2)
    raw = unb64(key)
    if not name or ident != key_id(name, raw[0], raw[1:]).hex() or raw[0] in (ED25519, COSIGNATURE) and len(raw) != 33:
        raise Bad('a verifier key that is none')
    return name, bytes.fromhex(ident), raw[0], raw[1:]


def number(s):
    if not re.fullmatch('0|[1-9][0-9]*', s) or int(s) >= 2 ** 64:
        raise Bad('number')
    return int(s)


def read_note(data):
    """(text, [(name, id, signature)])"""
    note = data.decode('utf-8') if isinstance(data, bytes) else data
    if any(ord(c) < 32 and c != '\n' for c in note):
        raise Bad('a control character')
    at = note.rfind('\n\n')
    if at < 0 or not note.endswith('\n') or at + 2 == len(note):
        raise Bad('no signatures')
    lines = []
    for line in note[at + 2:-1].split('\n'):
        if not line.startswith(DASH) or line.count(' ') != 2:
            raise Bad('a signature line')
        name, sig = line[len(DASH):].split(' ')
        raw = unb64(sig)
        if not name or '+' in name or re.search(r'\s', name) or len(raw) < 5:
            raise Bad('a signature line')
        lines.append((name, raw[:4], raw[4:]))
    return note[:at + 1], lines


def line(name, ident, sig):
    return DASH + name + ' ' + b64(ident + sig) + '\n'


def cosign_message(text, at):
    return ('cosignature/v1\ntime %d\n' % at + text).encode()


def signed(name, kind, secret, text, at=0):
    """a signature line under a text"""
    key = public(secret)
    sig = sign(secret, text.encode()) if kind == ED25519 else at.to_bytes(8, 'big') + sign(secret, cosign_message(text, at))
    return line(name, key_id(name, kind, key), sig)


def note_by(note, key):
    """does a key of these bless the note?  None: no line by it"""
    text, lines = read_note(note)
    name, ident, kind, raw = read_vkey(key)
    for n, i, sig in lines:
        if (n, i) == (name, ident):
            if kind == COSIGNATURE:
                return len(sig) == 72 and verifies(raw, cosign_message(text, int.from_bytes(sig[:8], 'big')), sig[8:])
            return verifies(raw, text.encode(), sig)
    return None


def checkpoint(origin, size, root):
    return '%s\n%d\n%s\n' % (origin, size, b64(root))


def read_checkpoint(text):
    lines = text.split('\n')
    if lines[-1] or len(lines) < 4 or not all(lines[:-1]):
        raise Bad('a checkpoint of three lines or more')
    root = unb64(lines[2])
    if len(root) != 32:
        raise Bad('root')
    return lines[0], number(lines[1]), root


def log_proof(index, path, note, extra=None):
    return 'c2sp.org/tlog-proof@v1\n' + ('' if extra is None else 'extra %s\n' % b64(extra)) + 'index %d\n' % index + ''.join(b64(h) + '\n' for h in path) + '\n' + note


def read_log_proof(text):
    """(extra or None, index, path, note)"""
    head, gap, note = text.partition('\n\n')
    lines = head.split('\n')
    if not gap or lines.pop(0) != 'c2sp.org/tlog-proof@v1' or not lines:
        raise Bad('no proof of logging')
    extra = unb64(lines.pop(0)[6:]) if lines[0].startswith('extra ') else None
    if not lines or not lines[0].startswith('index '):
        raise Bad('no index')
    index, path = number(lines[0][6:]), [unb64(h) for h in lines[1:]]
    if any(len(h) != 32 for h in path):
        raise Bad('a hash')
    return extra, index, path, note


# --- vectors ---
ALL, BIG = 600, 70000


def word(i):
    return b'leaf %d' % i


def digest(parts):
    h = hashlib.sha256()
    for p in parts:
        h.update(p)
    return h.hexdigest()


def vectors():
    tree = Tree(leaf_hash(word(i)) for i in range(BIG))
    secret, witness = sha(b'log'), sha(b'witness')
    origin, w = 'log.example/log', 'witness.example/w1'
    text = checkpoint(origin, 7, tree.root(7))
    note = text + '\n' + signed(origin, ED25519, secret, text) + line(origin, bytes(4), bytes(70)) + signed(w, COSIGNATURE, witness, text, 1679315147)
    big = tiles(tree, BIG)
    every = range(ALL + 1)
    some = [n for n in every if n <= 130 or n % 13 == 0 or n % 256 <= 1 or n % 256 == 255 or n == ALL]
    digests = lambda sizes: {'roots': digest(map(tree.root, sizes)), 'inclusion': digest(h for n in sizes for i in range(n) for h in tree.path(i, n)),
                             'consistency': digest(h for n in sizes for m in range(1, n + 1) for h in tree.proof(m, n))}
    return {
        'about': 'printed by tests/model/tlog.py; leaf i is the text "leaf <i>"',
        'roots': {str(n): tree.root(n).hex() for n in (0, 1, 2, 3, 7, 8, 255, 256, 257, 600, 65535, 65536, BIG)},
        'all': digests(every), 'some': digests(some),
        'paths': [{'index': i, 'size': n, 'path': [h.hex() for h in tree.path(i, n)]} for i, n in ((0, 1), (0, 7), (6, 7), (255, 257), (256, 257), (69999, BIG), (12345, BIG))],
        'proofs': [{'before': m, 'size': n, 'path': [h.hex() for h in tree.proof(m, n)]} for m, n in ((1, 1), (3, 7), (4, 7), (6, 8), (256, 257), (257, BIG), (65536, BIG))],
        'tiles': {'size': BIG, 'count': len(big), 'digest': digest(p.encode() + b'\n' + big[p] for p in sorted(big)),
                  'bundles': digest(p.encode() + b'\n' + b for p, b in sorted(bundles([word(i) for i in range(BIG)]).items())),
                  'hashes': {p: sha(big[p]).hex() for p in ('tile/0/000', 'tile/0/273.p/112', 'tile/1/000', 'tile/1/001.p/17', 'tile/2/000.p/1')}},
        'numbers': {str(n): tile_path(0, n, WIDTH) for n in (0, 1, 999, 1000, 67, 1234067, 999999, 1000000, 2 ** 40)},
        'note': {'secret': secret.hex(), 'vkey': vkey(origin, ED25519, public(secret)), 'witness_secret': witness.hex(), 'witness': vkey(w, COSIGNATURE, public(witness)),
                 'time': 1679315147, 'note': note, 'proof': log_proof(3, tree.path(3, 7), note, b'{"leaf":{}}'), 'plain': log_proof(6, tree.path(6, 7), note)},
    }


if __name__ == '__main__':
    json.dump(vectors(), sys.stdout, indent=1, ensure_ascii=False)
    print()
