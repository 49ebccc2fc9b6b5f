"""Structures of a TPM, made by a program: what an attestation looks like that no TPM made.  With `of`, the points
of keys that are somebody else's; `change` is called for each part before it is hashed and signed, so that one thing at a
time can be wrong while all the rest holds."""
import base64, hashlib, os, struct, subprocess, tempfile

RESTRICTED, DECRYPT, SIGN = 1 << 16, 1 << 17, 1 << 18
FIXED_TPM, FIXED_PARENT, ORIGIN, USER, NO_DA = 2, 0x10, 0x20, 0x40, 0x400
FIXED = FIXED_TPM | FIXED_PARENT | USER | NO_DA
P256, CURVE_SM2, ECDSA, SM2 = 3, 0x20, 0x18, 0x1b
NULL, SHA256 = 0x10, 0x0b


def b2(x):
    return struct.pack('>H', len(x)) + x


def sha(x):
    return hashlib.sha256(x).digest()


def name_of(area):
    return b'\0\x0b' + sha(area)


def under(parent, name):
    return b'\0\x0b' + sha(parent + name)


def key_area(xy, attributes, scheme=ECDSA, curve=P256, policy=b''):
    return struct.pack('>HHI', 0x23, SHA256, attributes) + b2(policy) + struct.pack('>HHHHH', NULL, scheme, SHA256, curve, NULL) + b2(xy[:32]) + b2(xy[32:])


def storage_area(xy, attributes=FIXED | ORIGIN | RESTRICTED | DECRYPT):
    return struct.pack('>HHI', 0x23, SHA256, attributes) + b2(b'') + struct.pack('>HHHHHH', 6, 128, 0x43, NULL, P256, NULL) + b2(xy[:32]) + b2(xy[32:])


def sealed_area(attributes=FIXED):
    return struct.pack('>HHI', 8, SHA256, attributes) + b2(b'') + struct.pack('>H', NULL) + b2(os.urandom(32))


class Key:
    """P-256, in a file of OpenSSL's"""
    def __init__(self, folder):
        self.pem = tempfile.mktemp(suffix='.pem', dir=folder)
        subprocess.run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', self.pem], check=True, capture_output=True)
        self.xy = subprocess.run(['openssl', 'pkey', '-in', self.pem, '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout[-64:]

    def sign(self, data):
        return subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.pem], input=data, check=True, capture_output=True).stdout


def creation(parent, parent_qualified):
    return struct.pack('>I', 0) + b2(b'') + b'\x01' + struct.pack('>H', SHA256) + b2(parent) + b2(parent_qualified) + b2(b'')


def statement(kind, signer, data, attested, magic=0xff544347):
    return struct.pack('>IH', magic, kind) + b2(signer) + b2(data) + struct.pack('>QIIBQ', 1000, 1, 0, 1, 1) + attested


def made(folder, qualifying, of, change=lambda what, value: value, arrived=()):
    """attestation.json's members; of: {role: (x || y, "P-256" or "SM2")}; arrived: roles of keys of which is stated no more than that they are there"""
    ak, data = Key(folder), change('data', sha(qualifying))
    storage = change('storage', storage_area(Key(folder).xy))
    storage_q = under(b'\x40\0\0\1', name_of(storage))
    ak_area = change('ak', key_area(ak.xy, FIXED | ORIGIN | SIGN | RESTRICTED))
    signer = change('signer', under(storage_q, name_of(ak_area)))
    objects = []

    def add(name, area, kind=0x801a, extra=None):
        made_of = change('creation of ' + name, creation(name_of(storage), storage_q)) if kind == 0x801a else b''
        attested = b2(change('name of ' + name, name_of(area))) + b2(extra or change('hash of ' + name, sha(made_of)))
        said = change('statement of ' + name, statement(kind, signer, data, attested))
        objects.append({k: base64.b64encode(v).decode() for k, v in (('public', area), ('creation', made_of), ('attest', said), ('signature', change('signature of ' + name, ak.sign(said))))} | {'name': name})

    add('storage', storage, 0x8017, change('qualified', storage_q))
    for role, (xy, alg) in of.items():
        area = change(role, key_area(xy, FIXED | ORIGIN | SIGN, SM2 if alg == 'SM2' else ECDSA, CURVE_SM2 if alg == 'SM2' else P256))
        add(role, area, *((0x8017, under(storage_q, name_of(area))) if role in arrived else ()))
    add('note', change('note', sealed_area()))
    add('ak', ak_area)
    registers = bytes(32 * 7)
    select = struct.pack('>IHB', 1, SHA256, 3) + b'\xbf\0\0'
    quoted = statement(0x8018, signer, data, select + b2(change('registers', sha(registers))))
    quote = {k: base64.b64encode(v).decode() for k, v in (('attest', quoted), ('signature', ak.sign(quoted)), ('registers', registers))}
    return {'version': 1, 'qualifying': qualifying.decode(), 'objects': objects, 'quote': quote, 'endorsement': [], 'missing': []}
