"""Two curves and their signatures in Python's standard library, from the standards alone: P-256 (FIPS 186-5,
SEC 2) with ECDSA and SHA-256, and the recommended curve of SM2 (GB/T 32918.5) with SM2 (GB/T 32918.2) and SM3
(GB/T 32905).  Nonces are those of RFC 6979 with SHA-256 for both, so the same text has the same signature.
check_model() compares them with the standards' own examples.  Slow, and not in constant time: for tests."""
import hashlib, hmac

IDENTIFIER = b'1234567812345678'  # GM/T 0009-2012 10


# --- SM3 ---

def rotl(x, n):
    n %= 32
    return (x << n | x >> 32 - n) & 0xffffffff


def sm3_own(data):
    v = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e]
    padded = data + b'\x80' + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, 'big')
    for at in range(0, len(padded), 64):
        w = [int.from_bytes(padded[at + i:at + i + 4], 'big') for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)
            w.append(x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = v
        for j in range(64):
            ss1 = rotl(rotl(a, 12) + e + rotl(0x79cc4519 if j < 16 else 0x7a879d8a, j) & 0xffffffff, 7)
            ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if j < 16 else e & f | ~e & g
            tt1 = ff + d + (ss1 ^ rotl(a, 12)) + (w[j] ^ w[j + 4]) & 0xffffffff
            tt2 = gg + h + ss1 + w[j] & 0xffffffff
            a, b, c, d = tt1, a, rotl(b, 9), c
            e, f, g, h = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17), e, rotl(f, 19), g
        v = [x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h))]
    return b''.join(x.to_bytes(4, 'big') for x in v)


def sm3_openssl(data):
    return hashlib.new('sm3', data).digest()


sm3 = sm3_openssl if 'sm3' in hashlib.algorithms_available else sm3_own


# --- curves with a = -3 ---

class Curve:
    window, table = 4, []  # bits; a larger one pays from ten thousand signatures on

    def __init__(self, name, oid, algorithm, jws, p, n, b, g):
        """oid, algorithm: of the curve and of its signatures; jws: what JOSE calls them"""
        self.name, self.oid, self.algorithm, self.jws, self.p, self.n, self.b, self.g = name, oid, algorithm, jws, p, n, b, g

    def double(self, point):
        x, y, z = point
        p = self.p
        d, g = z * z % p, y * y % p
        b = x * g % p
        a = 3 * (x - d) * (x + d) % p
        x3 = (a * a - 8 * b) % p
        return x3, (a * (4 * b - x3) - 8 * g * g) % p, 2 * y * z % p

    def add(self, point, q):
        """Jacobian and affine"""
        x1, y1, z1 = point
        p = self.p
        if z1 == 0:
            return q[0], q[1], 1
        zz = z1 * z1 % p
        h, r = (q[0] * zz - x1) % p, (q[1] * zz * z1 - y1) % p
        if h == 0:
            return self.double(point) if r == 0 else (1, 1, 0)
        hh = h * h % p
        hhh, v = h * hh % p, x1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - y1 * hhh) % p, z1 * h % p

    def affine(self, point):
        z = pow(point[2], -1, self.p)
        return point[0] * z * z % self.p, point[1] * z * z * z % self.p

    def times(self, k, point=None):
        """k * point, or k * G by a table"""
        if point is None:
            return self.times_g(k)
        out = (1, 1, 0)
        for bit in bin(k)[2:]:
            out = self.double(out)
            if bit == '1':
                out = self.add(out, point)
        return self.affine(out)

    def times_g(self, k):
        if len(self.table) != -(-256 // self.window):
            self.table = self.multiples()
        out = (1, 1, 0)
        for row in self.table:
            j = k & (1 << self.window) - 1
            if j:
                out = self.add(out, row[j])
            k >>= self.window
        return self.affine(out)

    def multiples(self):
        """rows[i][j] = j * 2^(window * i) * G"""
        rows, g = [], self.g
        for _ in range(0, 256, self.window):
            row = [None, g]
            while len(row) < 1 << self.window:
                row.append(self.affine(self.add((*row[-1], 1), g)))
            rows.append(row)
            g = self.affine(self.add((*row[-1], 1), g))
        return rows

    def holds(self, x, y):
        return (y * y - x * x * x + 3 * x - self.b) % self.p == 0

    def nonces(self, d, h):
        """RFC 6979 3.2 with SHA-256"""
        x, h = d.to_bytes(32, 'big'), (int.from_bytes(h, 'big') % self.n).to_bytes(32, 'big')
        v, k = b'\1' * 32, b'\0' * 32
        for tag in (b'\0', b'\1'):
            k = hmac.digest(k, v + tag + x + h, 'sha256')
            v = hmac.digest(k, v, 'sha256')
        while True:
            v = hmac.digest(k, v, 'sha256')
            n = int.from_bytes(v, 'big')
            if 0 < n < self.n:
                yield n
            k = hmac.digest(k, v + b'\0', 'sha256')
            v = hmac.digest(k, v, 'sha256')

    def sign_digest(self, d, h):
        """h: 32 octets; (r, s)"""
        for k in self.nonces(d, h):
            out = self.equation(d, int.from_bytes(h, 'big'), k)
            if out is not None:
                return out


class Ecdsa(Curve):
    def equation(self, d, e, k):
        r = self.times(k)[0] % self.n
        return r, pow(k, -1, self.n) * (e + r * d) % self.n

    def digest(self, data, point=None):
        return hashlib.sha256(data).digest()


class Sm2(Curve):
    def equation(self, d, e, k):
        """GB/T 32918.2 6.1, from A4 on"""
        r = (e + self.times(k)[0]) % self.n
        if r == 0 or r + k == self.n:
            return None
        s = pow(1 + d, -1, self.n) * (k - r * d) % self.n
        return (r, s) if s else None

    def z(self, point, identifier=IDENTIFIER):
        """GB/T 32918.2 5.5; point: uncompressed"""
        numbers = (self.p - 3, self.b, *self.g)
        return sm3((8 * len(identifier)).to_bytes(2, 'big') + identifier + b''.join(v.to_bytes(32, 'big') for v in numbers) + point[1:])

    def digest(self, data, point, identifier=IDENTIFIER):
        return sm3(self.z(point, identifier) + data)


P256 = Ecdsa('P-256', '1.2.840.10045.3.1.7', '1.2.840.10045.4.3.2', 'ES256',
             0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff,
             0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
             0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
             (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
              0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5))
SM2 = Sm2('SM2', '1.2.156.10197.1.301', '1.2.156.10197.1.501', 'urn:oid:1.2.156.10197.1.501',
          0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff,
          0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123,
          0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93,
          (0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7,
           0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0))


def point_of(x, y):
    return b'\4' + x.to_bytes(32, 'big') + y.to_bytes(32, 'big')


def check_model(check):
    """check(sentence, ok): the examples of GB/T 32905 A and GB/T 32918.5 A"""
    for how in (sm3_own, sm3):
        check('the model: SM3 of the two examples of GB/T 32905 (%s)' % how.__name__,
              how(b'abc').hex() == '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0' and
              how(b'abcd' * 16).hex() == 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732')
    check('the model: own SM3 and OpenSSL\'s agree at every length to 200', all(sm3_own(b'x' * n) == sm3(b'x' * n) for n in range(200)))
    check('the model: both generators lie on their curves and have their order', all(c.holds(*c.g) and c.times(c.n - 1) == c.times(c.n - 1, c.g) == (c.g[0], c.p - c.g[1]) for c in (P256, SM2)))
    d = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
    k = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
    point = point_of(*SM2.times(d))
    e = SM2.digest(b'message digest', point)
    check('the model: the example of GB/T 32918.5', (point.hex(), SM2.z(point).hex(), e.hex(), ['%064x' % v for v in SM2.equation(d, int.from_bytes(e, 'big'), k)]) == (
        '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
        'b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3', 'f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640',
        ['f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3', 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa']))


if __name__ == '__main__':
    check_model(lambda sentence, ok: print(('ok - ' if ok else 'not ok - ') + sentence))
