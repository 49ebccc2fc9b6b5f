"""Officers bind an attestation key to an endorsement key: a demo's officers at work, their keys, credentials as others make
and open them (TPM 2.0 Part 1, 24 and annex B, C, in Python), and a vendor of TPMs who is home-made."""
import warnings

from cryptography.hazmat.primitives import hashes, hmac as mac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lib import *

warnings.simplefilter('ignore') # newer versions of the library call CFB old; TPMs use it
OFFICER = B + '/fujie-officer'


# --- a demo's officers ---

def plan_of(h):
    return h.d + '/ceremony/plan.json'


def officer_key(h, login):
    secret = open('%s/officers/%s.passphrase' % (h.d, login), 'rb').read().strip()
    return serialization.load_pem_private_key(open('%s/officers/%s.key' % (h.d, login), 'rb').read(), secret)


def signed(h, challenge, login):
    """the challenge under that officer's signature, whatever it says"""
    c = {k: v for k, v in challenge.items() if k != 'sig'}
    r, s = utils.decode_dss_signature(officer_key(h, login).sign(b'fujie-bond-1\n' + canon(c), ec.ECDSA(hashes.SHA256())))
    return dict(c, sig=b64u(r.to_bytes(32, 'big') + s.to_bytes(32, 'big')))


def credential(h, endorsement, login, *more):
    """(exit code, challenge or refusal) of an officer's tool"""
    out = '%s/%s.credential' % (h.root, login)
    if os.path.exists(out):
        os.unlink(out)
    base = '%s/officers/%s' % (h.d, login)
    code, doc = tool(OFFICER, 'bond', endorsement, '--plan', plan_of(h), '--key', base + '.key', '--passphrase-file', base + '.passphrase', '--out', out, '--yes', *more)
    return code, json.load(open(out)) if code == 0 else doc


def endorsement(h):
    path = h.root + '/endorsement.json'
    if os.path.exists(path):
        os.unlink(path)
    code, out = h.cli('ceremony', 'endorsement', '--out', path)
    return path if code == 0 else None


def hand_in(h, challenge):
    path = h.root + '/hand-in.credential'
    open(path, 'wb').write(challenge if isinstance(challenge, bytes) else canon(challenge) + b'\n')
    return h.cli('ceremony', 'bond', '--file', path)


def bind(h, *logins, more=()):
    """these officers see to it: [(code, answer)]"""
    path = endorsement(h)
    got = []
    for login in logins:
        code, challenge = credential(h, path, login, *more)
        got.append(hand_in(h, challenge) if code == 0 else (code, challenge))
    return got


# --- credentials, by the specification ---

HASHES = {0x000b: hashes.SHA256, 0x000c: hashes.SHA384}


def kdfa(alg, key, label, context, octets):
    out, i = b'', 0
    while len(out) < octets:
        i += 1
        m = mac.HMAC(key, alg())
        m.update(struct.pack('>I', i) + label + b'\0' + context + struct.pack('>I', octets * 8))
        out += m.finalize()
    return out[:octets]


def ek_area(public):
    """TPMT_PUBLIC of an endorsement key by the L template (P-256 or RSA 2048)"""
    policy = bytes.fromhex('837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa')
    head = lambda t: struct.pack('>HHIH', t, 0x000b, 0x000300b2, 32) + policy + struct.pack('>HHHH', 6, 128, 0x43, 0x10)
    n = public.public_numbers()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return head(0x23) + struct.pack('>HH', 3, 0x10) + b''.join(b'\0\x20' + c.to_bytes(32, 'big') for c in (n.x, n.y))
    return head(1) + struct.pack('>HI', 2048, 0) + b'\1\0' + n.n.to_bytes(256, 'big')


def opened(private, ak, challenge):
    """the secret, by whoever has the endorsement key's private half and no TPM; None: it does not open"""
    alg = hashes.SHA256
    seed, blob = unb64u(challenge['seed']), unb64u(challenge['credential'])
    if isinstance(private, ec.EllipticCurvePrivateKey):
        x, y = seed[2:34], seed[36:68]
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(x, 'big'), int.from_bytes(y, 'big'), ec.SECP256R1()).public_key()
        z = private.exchange(ec.ECDH(), point)
        own = private.public_key().public_numbers().x.to_bytes(32, 'big')
        s = hashlib.sha256(b'\0\0\0\1' + z + b'IDENTITY\0' + x + own).digest()
    else:
        s = private.decrypt(seed, padding.OAEP(padding.MGF1(alg()), alg(), b'IDENTITY\0'))
    n = struct.unpack('>H', blob[:2])[0]
    digest, sealed = blob[2:2 + n], blob[2 + n:]
    name = b'\0\x0b' + hashlib.sha256(ak).digest()
    m = mac.HMAC(kdfa(alg, s, b'INTEGRITY', b'', 32), alg())
    m.update(sealed + name)
    if m.finalize() != digest:
        return None
    d = Cipher(algorithms.AES(kdfa(alg, s, b'STORAGE', name, 16)), modes.CFB(bytes(16))).decryptor()
    return (d.update(sealed) + d.finalize())[2:]


def expects(secret):
    return hashlib.sha256(b'fujie-credential-1\n' + secret).hexdigest()
