"""A small certificate authority, written from docs/formats.md and the standards alone, in
Python's standard library: P-256 and SM2 (curves.py), DER, compact JWS, status lists, CRLs, a
trust folder.  None of the product's code is in it, so what both say alike was understood twice.

World() is one home in which everything is right: root, issuing CA, token and status signer,
a data asset certificate, an authorisation, a token.  A test spoils one thing (a field of a
Cert or Crl, a payload through `edit`) and takes files() and token() anew; the same world
gives the same octets every time.  World(curve=SM2) is the second hierarchy of section 21, with the first
one beside it (`first`), where the authorisation and the log are."""
import base64, functools, hashlib, hmac, json, time, zlib
from curves import IDENTIFIER, P256, SM2, Ecdsa, Sm2, point_of, sm3

BASE = 'https://verify.example'
ARC = '1.3.6.1.4.1.32473'
NOW = 1795000000  # 2026-11-18T11:06:40Z
DAY = 86400
NONCE, AUDIENCE = 'n-0S6_WzA2Mj', 'https://gateway.example'

# --- keys ---

signed = {}


def sign(key, data):
    """(r, s), of the key's curve"""
    known = key.curve, key.d, hashlib.sha256(data).digest()
    if known not in signed:
        signed[known] = key.curve.sign_digest(key.d, key.curve.digest(data, key.point))
    return signed[known]


class Key:
    kept = {}

    def __init__(self, name, curve=P256):
        """the same name, the same key: these keys are public and protect nothing"""
        self.curve = curve
        self.d = int.from_bytes(hashlib.sha256(('fujie test key: ' + name).encode()).digest(), 'big') % curve.n
        if (curve, self.d) not in Key.kept:
            Key.kept[curve, self.d] = curve.times(self.d)
        self.x, self.y = Key.kept[curve, self.d]
        self.point = point_of(self.x, self.y)

    def jwk(self):
        return {'kty': 'EC', 'crv': self.curve.name, 'x': b64u(self.point[1:33]), 'y': b64u(self.point[33:])}

    def algorithm(self):
        """AlgorithmIdentifier of its signatures, without parameters"""
        return seq(oid(self.curve.algorithm))

    def spki(self):
        return seq(seq(oid('1.2.840.10045.2.1'), oid(self.curve.oid)), bits(self.point))

    def kid(self):
        """RFC 7638; SM2: docs/formats.md 21"""
        return b64u(hashlib.sha256(canonical(self.jwk()) if self.curve is P256 else self.spki()).digest())


# --- DER (X.690) ---

def tlv(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    head = bytes([n]) if n < 128 else (lambda b: bytes([128 + len(b)]) + b)(n.to_bytes((n.bit_length() + 7) // 8, 'big'))
    return bytes([tag]) + head + body


def seq(*parts):
    return tlv(0x30, *parts)


def ctx(n, *parts, primitive=False):
    return tlv((0x80 if primitive else 0xa0) + n, *parts)


def integer(n, tag=2):
    return tlv(tag, n.to_bytes((n + (n < 0)).bit_length() // 8 + 1, 'big', signed=True))


@functools.lru_cache(None)
def oid(text):
    a, b, *rest = [int(x) for x in text.split('.')]
    out = b''
    for v in [a * 40 + b] + rest:
        part = [v & 127]
        while v > 127:
            v >>= 7
            part.append(v & 127 | 128)
        out += bytes(reversed(part))
    return tlv(6, out)


def bits(data, unused=0):
    return tlv(3, bytes([unused]), data)


def flags(*on):
    """a named bit list, shortest form"""
    if not on:
        return bits(b'')
    n = max(on) + 1
    v = sum(1 << (7 - i % 8) << 8 * ((n - 1) // 8 - i // 8) for i in on)
    return bits(v.to_bytes((n + 7) // 8, 'big'), -n % 8)


def octets(data):
    return tlv(4, data)


def utf8(text):
    return tlv(12, text.encode())


def printable(text):
    return tlv(19, text.encode())


def date(t, generalized=None):
    if generalized is None:
        generalized = t >= 2524608000  # 2050 (RFC 5280 4.1.2.5)
    text = time.strftime('%Y%m%d%H%M%SZ', time.gmtime(t))
    return tlv(24, text.encode()) if generalized else tlv(23, text[2:].encode())


TRUE, NULL = tlv(1, b'\xff'), tlv(5)
ECDSA = seq(oid('1.2.840.10045.4.3.2'))
EXTENSIONS = {'ski': '2.5.29.14', 'aki': '2.5.29.35', 'ku': '2.5.29.15', 'bc': '2.5.29.19', 'eku': '2.5.29.37', 'policy': '2.5.29.32',
              'crldp': '2.5.29.31', 'aia': '1.3.6.1.5.5.7.1.1', 'san': '2.5.29.17', 'nocheck': '1.3.6.1.5.5.7.48.1.5', 'asset': ARC + '.1.1',
              'names': '2.5.29.30', 'policyconstraints': '2.5.29.36', 'mappings': '2.5.29.33', 'anypolicy': '2.5.29.54',
              'number': '2.5.29.20', 'idp': '2.5.29.28', 'delta': '2.5.29.27', 'reason': '2.5.29.21', 'entryissuer': '2.5.29.29'}
NAMES = {'C': '2.5.4.6', 'O': '2.5.4.10', 'CN': '2.5.4.3', 'orgid': '2.5.4.97', 'serialNumber': '2.5.4.5'}
OCSP_SIGNING, ANY_EKU = '1.3.6.1.5.5.7.3.9', '2.5.29.37.0'


def name(*pairs):
    return seq(*[tlv(0x31, seq(oid(NAMES[k]), v if isinstance(v, bytes) else printable(v) if k == 'C' else utf8(v))) for k, v in pairs])


def uri(text):
    return tlv(0x86, text.encode())


def bc(ca=True, pathlen=None):
    return seq(TRUE if ca else b'', b'' if pathlen is None else integer(pathlen))


def eku(*oids):
    return seq(*[oid(o) for o in oids])


def policy(*oids):
    return seq(*[seq(oid(o)) for o in oids])


def point(*uris):
    """DistributionPointName with full names"""
    return ctx(0, ctx(0, *[uri(u) for u in uris]))


def crldp(*uris):
    return seq(*[seq(point(u)) for u in uris])


def aia(ocsp, issuer):
    return seq(seq(oid('1.3.6.1.5.5.7.48.1'), uri(ocsp)) if ocsp else b'', seq(oid('1.3.6.1.5.5.7.48.2'), uri(issuer)))


def aki(cert):
    return seq(ctx(0, cert.ski(), primitive=True))


@functools.lru_cache(1 << 14)
def extension(key, critical, value):
    return seq(oid(EXTENSIONS.get(key, key)), TRUE if critical else b'', octets(value))


def data_asset(a):
    return seq(integer(1), utf8(a['number']), utf8(a['asset']), utf8(a['name']), integer(1), octets(hashlib.sha256(b'card').digest()), utf8('LOCAL'),
               utf8('01'), integer(1, 10), flags(0, 1, 2), flags(0, 1, 2), flags(*a['restrictions']), utf8('440300'), integer(1, 10), integer(a['idx']),
               tlv(22, a['uri'].encode()))


def number(prefix):
    """ISO/IEC 7064 MOD 37,36"""
    alphabet, p = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 36
    for c in prefix.replace('-', ''):
        p = ((p + alphabet.index(c)) % 36 or 36) * 2 % 37
    return prefix + '-' + alphabet[(37 - p) % 36]


def usci(body):
    """GB 32100-2015"""
    alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    return body + alphabet[-sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31]


DAC, DAU = number('DAC-440300-202611-000001'), number('DAU-440300-202611-000001')
HOLDER, OPERATOR, USER, OTHER = (usci('91440300DEMA00%03d' % k) for k in range(1, 5))


class Signed:
    """what certificates and CRLs share: the signature, and ways to spoil it"""

    def __init__(self):
        self.by = self.inner = self.outer = None  # key, AlgorithmIdentifiers; None: the issuer's
        self.sign, self.spoil = sign, lambda r, s: (r, s)
        self.form = lambda r, s: bits(seq(integer(r), integer(s)))

    def seal(self, tbs, key):
        r, s = self.spoil(*self.sign(self.by or key, tbs))
        return seq(tbs, self.outer or key.algorithm(), self.form(r, s))


class Cert(Signed):
    def __init__(self, issuer, key, subject, serial, since, until, ext):
        super().__init__()
        self.issuer, self.key, self.subject, self.since, self.until, self.ext = issuer or self, key, subject, since, until, ext
        self.serial = int.from_bytes(b'\x42' + hashlib.sha256(b'serial %d' % serial).digest()[:15], 'big')
        self.issuer_name = None
        self.version, self.dates, self.more, self.uids = ctx(0, integer(2)), None, b'', b''
        self.point = self.parameters = None  # of the SubjectPublicKeyInfo; None: the key's
        self.key_type = oid('1.2.840.10045.2.1')

    def ski(self):
        return hashlib.sha1(self.point or self.key.point).digest()

    def spki(self):
        return seq(seq(self.key_type, oid(self.key.curve.oid) if self.parameters is None else self.parameters), bits(self.point or self.key.point))

    def value(self, v):
        return v(self) if callable(v) else v

    def der(self):
        ext = [extension(k, c, self.value(v)) for k, (c, v) in self.ext.items()]
        tbs = seq(self.version, integer(self.serial), self.inner or self.issuer.key.algorithm(), self.issuer_name or self.issuer.subject,
                  self.dates or seq(date(self.since), date(self.until)), self.subject, self.spki(), self.uids, ctx(3, seq(*ext, self.more)) if ext else b'')
        return self.seal(tbs, self.issuer.key)

    def sha256(self):
        return b64u(hashlib.sha256(self.der()).digest())


class Crl(Signed):
    def __init__(self, issuer, where, number, since, until, revoked=()):
        super().__init__()
        self.issuer, self.where, self.n, self.since, self.until, self.revoked = issuer, where, number, since, until, list(revoked)
        self.ext = {'aki': (False, lambda c: aki(c.issuer)), 'number': (False, lambda c: integer(c.n)), 'idp': (True, lambda c: seq(point(c.where)))}
        self.issuer_name, self.dates, self.entry_ext = None, None, b''

    def revoke(self, cert, reason=4, at=NOW - 7200):
        self.revoked.append((cert.serial, at, reason))
        return self

    def der(self):
        rows = [seq(integer(s), date(at), seq(extension('reason', False, integer(reason, 10)), self.entry_ext)) for s, at, reason in self.revoked]
        ext = [extension(k, c, v(self) if callable(v) else v) for k, (c, v) in self.ext.items()]
        tbs = seq(integer(1), self.inner or self.issuer.key.algorithm(), self.issuer_name or self.issuer.subject, self.dates or date(self.since) + date(self.until),
                  seq(*rows) if rows else b'', ctx(0, seq(*ext)) if ext else b'')
        return self.seal(tbs, self.issuer.key)


# --- JOSE ---

def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def canonical(doc):
    return json.dumps(doc, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def pem(der, label='CERTIFICATE'):
    text = base64.b64encode(der).decode()
    return ('-----BEGIN %s-----\n' % label + ''.join(text[i:i + 64] + '\n' for i in range(0, len(text), 64)) + '-----END %s-----\n' % label).encode()


def raw(r, s, width=32):
    return r.to_bytes(width, 'big') + s.to_bytes(width, 'big')


def jws(header, payload, key, signature=None):
    """header and payload: a document, or octets as they are; signature: what makes it from the
    input instead of the key's"""
    header, payload = (x if isinstance(x, bytes) else canonical(x) for x in (header, payload))
    text = b64u(header) + '.' + b64u(payload)
    sig = raw(*sign(key, text.encode())) if signature is None else signature(text.encode())
    return text + '.' + b64u(sig)


def ref(idx, n=0):
    return {'idx': idx, 'uri': BASE + '/status/%s' % n}


def grant(**more):
    return {'mode': 'DOMAIN', 'domains': ['气象'], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY'], 'actions': ['QUERY', 'VERIFY'],
            'territory': ['440000'], 'environment': ['sandbox-1'], 'quota': {'unit': 'CALLS', 'limit': 1000}, 'depth': 0, **more}


USE = 'action=QUERY,purpose=INDUSTRY,territory=440300,environment=sandbox-1'


@functools.lru_cache(64)
def packed(marks):
    """a status list's entries; marks: (index, value) of those that are not 0"""
    entries = bytearray(1 << 18)
    for i, v in marks:
        entries[i // 4] |= v << 2 * (i % 4)
    return zlib.compress(bytes(entries), 6)


class World:
    def __init__(self, seed='', number=1, curve=P256):
        """seed: another home with the same names and other keys; number: of the issuing CA"""
        self.curve, self.first = curve, self if curve is P256 else World(seed, number)
        self.keys = {k: Key(seed + ('' if curve is P256 else 'sm2 ') + k, curve) for k in ('root', 'issuing', 'signer', 'holder', 'stranger')}
        self.keys.update({k: Key(seed + k) for k in ('user', 'log')})
        self.asset = {'number': DAC, 'asset': 'SZ-0001', 'name': '气象数据', 'restrictions': (0, 2), 'idx': 10, 'uri': self.uri('status/0')}
        self.edit = {}  # 'token', 'auth', 'list': what to do to the payload before it is signed
        self.marks = {}  # entries of the list that are not 0
        self.certificates(number)
        self.root_crl = Crl(self.root, self.uri('crl/root.crl'), 1, NOW - DAY, NOW + 300 * DAY)
        self.shard = Crl(self.issuing, self.uri('crl/1.crl'), 7, NOW - 3600, NOW + 2 * DAY - 3600)
        self.more = {}  # files of the trust folder besides, by path; None: that one is not there
        self.chain = None

    def path(self, path):
        """a published file, by its name of the P-256 hierarchy (docs/formats.md 21)"""
        if self.curve is P256:
            return path
        folder, _, file = path.rpartition('/')
        stem, dot, kind = file.partition('.')
        numbered = stem.isdigit()
        return folder + '/' * bool(folder) + ('sm2-' + file if numbered else stem + '-sm2' + dot + kind)

    def uri(self, path):
        return BASE + '/' + self.path(path)

    def ref(self, idx):
        return {'idx': idx, 'uri': self.uri('status/0')}

    def certificates(self, n):
        k = self.keys
        ca_ku = (True, flags(5, 6))
        key_ids = {'ski': (False, lambda c: octets(c.ski())), 'aki': (False, lambda c: aki(c.issuer))}
        whose = lambda cn: name(('C', 'CN'), ('O', '某数据中心'), ('CN', cn if self.curve is P256 else cn + ' SM2'))
        self.root = Cert(None, k['root'], whose('Fujie Root'), 1, NOW - 400 * DAY, NOW + 4000 * DAY, {'ski': key_ids['ski'], 'bc': (True, bc(True, 1)), 'ku': ca_ku})
        self.issuing = Cert(self.root, k['issuing'], whose('Fujie Issuing CA %d' % n), 2, NOW - 300 * DAY, NOW + 3000 * DAY,
                            {**key_ids, 'bc': (True, bc(True, 0)), 'ku': ca_ku, 'policy': (False, policy(ARC + '.3.1')),
                             'crldp': (False, crldp(self.uri('crl/root.crl'))), 'aia': (False, aia(None, self.uri('ca/root.cer')))})
        leaf = {**key_ids, 'ku': (True, flags(0)), 'policy': (False, policy(ARC + '.3.1')), 'crldp': (False, crldp(self.uri('crl/1.crl'))),
                'aia': (False, aia(BASE + '/ocsp', self.uri('ca/issuing.cer')))}

        def signer(cn, serial, purpose, until=1000, key='signer'):
            return Cert(self.issuing, k[key], whose(cn), serial, NOW - 100 * DAY, NOW + until * DAY,
                        {**leaf, 'eku': (False, eku(ARC + purpose)), 'san': (False, seq(uri(BASE)))})
        self.token_signer = signer('Fujie Token Signer', 3, '.2.3')
        self.status_signer = signer('Fujie Status Signer', 4, '.2.4')
        self.log = signer('Fujie Log Signer', 7, '.2.5', key='log') if self.curve is P256 else self.first.log
        self.dac = Cert(self.issuing, k['holder'], name(('C', 'CN'), ('O', '某气象服务中心'), ('orgid', 'NTRCN-' + HOLDER), ('serialNumber', DAC),
                        ('CN', '气象数据')), 5, NOW - 100 * DAY, NOW + 1000 * DAY, {**leaf, 'eku': (False, eku(ARC + '.2.1')),
                        'asset': (False, lambda c: data_asset(self.asset))})
        self.ocsp = Cert(self.issuing, k['stranger'], whose('Fujie OCSP Responder'), 6, NOW - DAY, NOW + 6 * DAY,
                         {**key_ids, 'ku': (True, flags(0)), 'eku': (False, eku(OCSP_SIGNING)), 'nocheck': (False, NULL)})

    # payloads

    def made(self, kind, payload):
        """after the test's edit, which may give octets instead"""
        return self.edit[kind](payload) or payload if kind in self.edit else payload

    def asset_entry(self):
        """as the world's credentials name it: the P-256 certificate, the entry in the own list"""
        return {'id': self.asset['asset'], 'certificate': DAC, 'certificate_sha256': self.first.dac.sha256(), 'status': self.ref(11)}

    def header(self, typ, cert, **more):
        return {'alg': cert.key.curve.jws, 'typ': typ, 'kid': cert.key.kid(), 'x5c': [base64.b64encode(c.der()).decode() for c in (cert, self.issuing)], **more}

    def auth_payload(self):
        return self.made('auth', {
            'iss': BASE, 'vct': 'urn:fujie:authorisation:1', 'jti': DAU, 'version': 1, 'iat': NOW - 50 * DAY, 'nbf': NOW - 50 * DAY, 'exp': NOW + 700 * DAY,
            'holder': {'usci': HOLDER, 'name': '甲'}, 'implementer': {'usci': HOLDER, 'name': '乙'}, 'operator': {'usci': OPERATOR, 'name': '丙'},
            'assets': [self.asset_entry()], 'grant': grant(), 'terms': {'kind': 'paid'}, 'previous': None, 'authorisation_status': self.ref(12),
            'status': {'status_list': self.ref(13)}})

    def token_payload(self):
        return self.made('token', {
            'iss': BASE, 'vct': 'urn:fujie:license-token:1', 'jti': 'LT-0123456789abcdefghjkmnpqrs', 'iat': NOW - DAY, 'nbf': NOW - DAY, 'exp': NOW + 30 * DAY,
            'binding': 'key', 'cnf': {'jwk': self.keys['user'].jwk()}, 'holder': {'usci': USER, 'name': '丁'}, 'asset': self.asset_entry(),
            'product': {'id': 'P-1', 'version': '1.0', 'kind': 'operator'}, 'grant': grant(), 'terms': {'kind': 'paid'},
            'parent': {'authorisation': DAU, 'version': 1, 'sha256': b64u(hashlib.sha256(self.auth().encode()).digest()), 'status': self.ref(12)},
            'duties': ['STOP'], 'status': {'status_list': self.ref(14)}})

    def list_payload(self):
        return self.made('list', {'iss': BASE, 'sub': self.uri('status/0'), 'iat': NOW - 600, 'exp': NOW - 600 + 2 * DAY, 'ttl': 300,
                                  'status_list': {'bits': 2, 'lst': b64u(packed(frozenset(self.marks.items())))}})

    # signed

    def auth(self, **how):
        """under P-256, always"""
        return self.first.auth(**how) if self.first is not self else jws(self.header('dc+sd-jwt', self.token_signer), self.auth_payload(), self.token_signer.key, **how) + '~'

    def token(self, cert=None, payload=None, header=None, key=None, **how):
        cert = cert or self.token_signer
        return jws(self.header('dc+sd-jwt', cert) if header is None else header, self.token_payload() if payload is None else payload, key or cert.key, **how) + '~'

    def list(self, cert=None):
        cert = cert or self.status_signer
        return jws(self.header('statuslist+jwt', cert), self.list_payload(), cert.key)

    def proof(self, token, header=None, key=None, **more):
        """token with a kb+jwt (RFC 9901 4.3)"""
        body = {'iat': NOW, 'aud': AUDIENCE, 'nonce': NONCE, 'sd_hash': b64u(hashlib.sha256(token.encode()).digest()), **more}
        return token + jws(header or {'alg': 'ES256', 'typ': 'kb+jwt'}, body, key or self.keys['user'])

    def published(self):
        return {self.path('root.pem'): pem(self.root.der()), self.path('chain.pem'): self.chain or pem(self.issuing.der()),
                self.path('crl/root.crl'): self.root_crl.der(), self.path('crl/1.crl'): self.shard.der(), self.path('status/0') + '.jwt': self.list().encode()}

    def files(self):
        """the trust folder, by path (docs/formats.md 7, 21)"""
        out = {**self.first.published(), **self.published(), 'authorisations/%s.jwt' % DAU: self.auth().encode(),
               'certificates/%s.pem' % DAC: pem(self.first.dac.der()), **self.first.more, **self.more}
        return {k: v for k, v in out.items() if v is not None}
