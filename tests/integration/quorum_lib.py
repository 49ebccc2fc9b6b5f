"""What tests of the root under its officers share: officers with keys of their own, the arithmetic of
policies once more, structures, the two requests, and the TPM itself, past the signer."""
from signer_lib import *

POLICY, SIGNATURE, STATE, BUSY = 13, 12, 7, 15  # enum fj_rc
ARC, BASE = '1.3.6.1.4.1.32473', 'http://127.0.0.1:8480'
ECDSA, SM2 = tlv(0x30, bytes.fromhex('06082a8648ce3d040302')), tlv(0x30, bytes.fromhex('06082a811ccf55018375'))
ROOT_SM2, ISSUING_SM2 = 7, 8
UNSEAL_BEGIN, UNSEAL = 29, 30
ZERO = bytes(32)


def h(*parts_):
    return hashlib.sha256(b''.join(parts_)).digest()


def two(data):
    return struct.pack('>H', len(data)) + data


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


class Officer:
    def __init__(self, folder, login):
        self.login, self.path = login, folder + '/' + login + '.pem'
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', self.path], check=True, capture_output=True)
        self.spki = subprocess.run(['openssl', 'pkey', '-in', self.path, '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout
        x, y = self.spki[27:59], self.spki[59:]
        # TPMT_PUBLIC: ECC, SHA-256, sign | userWithAuth, no policy, ECDSA with SHA-256, P-256
        self.public = bytes.fromhex('0023000b000400400000' + '0010' + '0018000b' + '0003' + '0010') + two(x) + two(y)
        self.name = b'\0\x0b' + h(self.public)

    def sign(self, digest):
        with tempfile.NamedTemporaryFile() as f:
            f.write(digest)
            f.flush()
            der = subprocess.run(['openssl', 'pkeyutl', '-sign', '-inkey', self.path, '-in', f.name], check=True, capture_output=True).stdout
        return b''.join(p[1].lstrip(b'\0').rjust(32, b'\0') for p in parts(parts(der)[0][1]))


# --- the arithmetic once more, by nobody's code but this ---
def policy_signed(d, officer, ref):
    return h(h(d, bytes.fromhex('00000160'), officer.name), ref)


def policy_or(branches):
    return h(ZERO, bytes.fromhex('00000171'), *branches)


def branches(officers, ref):
    """2 of 3: officers ascending"""
    out = []
    for i, k in ((0, 1), (0, 2), (1, 2)):
        out.append(policy_signed(policy_signed(ZERO, officers[i], ref), officers[k], ref))
    return out


def cphash(public, digest):
    return h(bytes.fromhex('0000015d'), b'\0\x0b' + h(public), two(digest), bytes.fromhex('0010' + '802440000007' + '0000'))


def approval(nonce, expiration, cp, ref):
    return h(nonce, struct.pack('>i', expiration), cp, ref)


def signed_plan(plan, officers):
    what = h(b'fujie-plan-1\n' + canon(plan))
    return canon({'plan': plan, 'signatures': [{'officer': o.login, 'sig': b64(o.sign(what))} for o in officers]})


def cut(ask):
    """the signer ended, with its answer still to come"""
    try:
        return ask() is None
    except OSError: # nobody is there to connect to again
        return True


# --- structures ---
def ext(oid, critical, value):
    return tlv(0x30, tlv(6, oid), tlv(1, b'\xff') if critical else b'', tlv(4, value))


def name(text):
    return tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b'\x55\x04\x03'), tlv(0x0c, text.encode()))))


def key_id(spki):
    return hashlib.sha1(spki[26:]).digest()


def ca(spki, subject, issuer, issuer_spki, pathlen, more=(), begin=None, serial=None, alg=ECDSA, days=300):
    now = begin or int(time.time())
    exts = [ext(b'\x55\x1d\x0e', False, tlv(4, key_id(spki)))] + list(more) + [
        ext(b'\x55\x1d\x0f', True, bytes.fromhex('03020106')), ext(b'\x55\x1d\x13', True, tlv(0x30, tlv(1, b'\xff'), tlv(2, bytes([pathlen]))))]
    return tlv(0x30, tlv(0xa0, tlv(2, b'\2')), tlv(2, serial or b'\x11' + os.urandom(15)), alg, name(issuer), tlv(0x30, utc(now), utc(now + days * 86400)), name(subject),
               spki, tlv(0xa3, tlv(0x30, *exts)))


def root_tbs(spki, **more):
    return ca(spki, 'Test Root', 'Test Root', spki, 1, **more)


def issuing_tbs(spki, root, suffix='', alg=ECDSA):
    policy = bytes.fromhex('2b06010401') + b'\x81\xfd\x59' + b'\x03\x02'
    more = [ext(b'\x55\x1d\x23', False, tlv(0x30, tlv(0x80, key_id(root)))), ext(b'\x55\x1d\x20', False, tlv(0x30, tlv(0x30, tlv(6, policy)))),
            ext(b'\x55\x1d\x1f', False, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, (BASE + '/crl/root%s.crl' % suffix).encode())))))),
            ext(bytes.fromhex('2b06010505070101'), False, tlv(0x30, tlv(0x30, tlv(6, bytes.fromhex('2b06010505073002')), tlv(0x86, (BASE + '/ca/root%s.cer' % suffix).encode()))))]
    return ca(spki, 'Test Issuing', 'Test Root', root, 0, more, alg=alg, days=299)


def crl_tbs(root, number, revoked=(), span=400 * 86400):
    now = int(time.time())
    entries = [tlv(0x30, tlv(2, serial), utc(at), tlv(0x30, ext(b'\x55\x1d\x15', False, tlv(0x0a, bytes([reason]))))) for serial, at, reason in revoked]
    return tlv(0x30, tlv(2, b'\1'), ECDSA, name('Test Root'), utc(now), utc(now + span), *([tlv(0x30, *entries)] if entries else []),
               tlv(0xa0, tlv(0x30, ext(b'\x55\x1d\x23', False, tlv(0x30, tlv(0x80, key_id(root)))), ext(b'\x55\x1d\x14', False, tlv(2, bytes([number]))),
                             ext(b'\x55\x1d\x1c', True, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, (BASE + '/crl/root.crl').encode()))))))))


# --- SM2 (GM/T 0003.2, 0009): what is signed is SM3(Z || M) ---
A = 'FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC'
B_ = '28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93'
G = '32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0'


def sm3_of(public, tbs):
    xy = public[-66:-34] + public[-32:]
    z = hashlib.new('sm3', b'\0\x80' + b'1234567812345678' + bytes.fromhex(A + B_ + G) + xy).digest()
    return hashlib.new('sm3', z + tbs).digest()


# --- the two requests ---
class Round:
    def __init__(self, reg, kind, tbs, role=ROOT):
        self.reg, self.tbs = reg, tbs
        self.rc, self.why, data = reg.plain(QUORUM_BEGIN, bytes([role, kind]) + by(tbs))
        if self.rc == 0:
            self.id, self.nonce = data[0], data[1:33]
            n = struct.unpack('>I', data[33:37])[0]
            self.public, self.expiration = data[37:37 + n], struct.unpack('>I', data[37 + n:])[0]
            self.cphash = cphash(self.public, sm3_of(self.public, tbs) if role == ROOT_SM2 else h(tbs))

    def approve(self, officer, ref, nonce=None, expiration=None, cp=None):
        return officer.sign(approval(nonce or self.nonce, self.expiration if expiration is None else expiration, cp or self.cphash, ref))

    def sign(self, *approvals):
        """(index, signature)...: (rc, why, DER)"""
        rc, why, data = self.reg.plain(QUORUM_SIGN, bytes([self.id]) + struct.pack('>I', len(approvals)) + b''.join(bytes([i]) + s for i, s in approvals))
        return rc, why, data[4:] if rc == 0 else b''


def cp_unseal(public):
    return h(bytes.fromhex('0000015e'), b'\0\x0b' + h(public))


class Unsealing(Round):
    """a session in which officers open the issuing keys"""
    def __init__(self, reg):
        self.reg = reg
        self.rc, self.why, data = reg.plain(UNSEAL_BEGIN)
        if self.rc == 0:
            self.id, self.nonce = data[0], data[1:33]
            n = struct.unpack('>I', data[33:37])[0]
            self.public, self.expiration = data[37:37 + n], struct.unpack('>I', data[37 + n:])[0]
            self.cphash = cp_unseal(self.public)

    def give(self, *approvals):
        return self.reg.plain(UNSEAL, bytes([self.id]) + struct.pack('>I', len(approvals)) + b''.join(bytes([i]) + s for i, s in approvals))

    def by(self, officers, ref, who=(0, 1)):
        """those of these officers"""
        return self.give(*[(i, self.approve(officers[i], ref)) for i in who])


def verifies(spki, tbs, sig, sm2=False):
    with tempfile.TemporaryDirectory() as d:
        for n, data in (('k', spki), ('t', tbs), ('s', sig)):
            open(d + '/' + n, 'wb').write(data)
        if sm2:
            return subprocess.run(['openssl', 'pkeyutl', '-verify', '-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678', '-pubin', '-keyform', 'DER', '-inkey', d + '/k',
                                   '-in', d + '/t', '-sigfile', d + '/s'], capture_output=True).returncode == 0
        return subprocess.run(['openssl', 'dgst', '-sha256', '-keyform', 'DER', '-verify', d + '/k', '-signature', d + '/s', d + '/t'], capture_output=True).returncode == 0


def turned_down(sentence, answer, rc, words, still=None):
    """by this code, with these words; still: and the structure is open"""
    check(sentence, answer[0] == rc and words in answer[1] and answer[2] == b'' and (still is None or still()), answer)


# --- the TPM itself, past the signer ---
class Raw:
    def __init__(self, tpm):
        self.tpm = tpm

    def ask(self, code, body, tag=0x8001):
        r = self.tpm.ask(struct.pack('>HII', tag, len(body) + 10, code) + body)
        return int.from_bytes(r[6:10], 'big'), r[10:]

    def session(self):
        rc, r = self.ask(0x176, bytes.fromhex('4000000740000007') + two(os.urandom(32)) + two(b'') + b'\x01' + bytes.fromhex('0010000b'))
        assert rc == 0, hex(rc)
        return r[:4], r[6:38]

    def load(self, blob, parent):
        pub, priv = blob
        rc, r = self.tpm.owner(0x157, struct.pack('>I', parent), priv + pub)
        assert rc == 0, hex(rc)
        return r[10:14]

    def external(self, public):
        rc, r = self.ask(0x167, two(b'') + two(public) + bytes.fromhex('40000001'))
        assert rc == 0, hex(rc)
        return r[:4]

    def signed(self, session, officer, nonce, cp, ref, expiration, sig):
        obj = self.external(officer.public)
        rc, _ = self.ask(0x160, obj + session + two(nonce) + two(cp) + two(ref) + struct.pack('>i', expiration) + bytes.fromhex('0018000b') + two(sig[:32]) + two(sig[32:]))
        self.flush(obj)
        return rc

    def either(self, session, digests):
        return self.ask(0x171, session + struct.pack('>I', len(digests)) + b''.join(map(two, digests)))[0]

    def sign(self, key, digest, session=None):
        """session None: the empty password"""
        auth = (session + two(os.urandom(16)) + b'\0' + two(b'')) if session else bytes.fromhex('40000009') + two(b'') + b'\0' + two(b'')
        rc, r = self.ask(0x15d, key + by(auth) + two(digest) + bytes.fromhex('0010' + '802440000007' + '0000'), 0x8002)
        return rc

    def flush(self, handle):
        self.ask(0x165, handle)


def blob_of(home, slot):
    """(TPM2B_PUBLIC, TPM2B_PRIVATE) of the key file"""
    data = open(home + '/signer/keys', 'rb').read()[slot * 4096:][4:]
    n = struct.unpack('>I', data[:4])[0]
    pub, data = data[4:4 + n], data[4 + n:]
    n = struct.unpack('>I', data[:4])[0]
    return pub, data[4:4 + n]


def refused_plan(root, sentence, plan):
    """a signer that is new does not open its ceremony under it"""
    home = root + '/bad'
    shutil.rmtree(home, ignore_errors=True)
    a = Alone(home)
    rc, why, _ = Signer(home, 'registry.sock').plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan})))
    a.ended()
    a.tpm.end()
    check('%s is refused, and nothing is recorded' % sentence, rc not in (0, None) and os.path.getsize(home + '/signer/audit.log') == 0, (rc, why))
