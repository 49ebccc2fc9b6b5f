"""Officers' own keys for tests: a key file as fujie-officer makes one, what it signs of an approval,
and officers who sign before they approve.  All names are illustrative."""
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from lib import *


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def canonical(payload):
    return json.dumps(payload, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


class Key:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(self.spki).digest()

    def sign(self, payload, refuse=False):
        said = (b'fujie-refusal-1\n' if refuse else b'fujie-approval-1\n') + hashlib.sha256(payload).digest()
        r, s = utils.decode_dss_signature(self.key.sign(said, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, 'big') + s.to_bytes(32, 'big')


class Passkey(Key):
    """what an authenticator and a browser make of a challenge; each part of it can be another"""
    RP, ORIGIN = 'portal.example.cn', 'https://portal.example.cn'

    def __init__(self):
        super().__init__()
        self.credential = os.urandom(32)

    def enrolment(self):
        return {'kind': 'passkey', 'public': b64(self.spki), 'rp': self.RP, 'origin': self.ORIGIN, 'credential': b64(self.credential)}

    def assertion(self, payload, refuse=False, rp=RP, flags=0x05, extra=b'', text=None, **other):
        """(signature, authenticatorData, clientDataJSON)"""
        said = (b'fujie-refusal-1\n' if refuse else b'fujie-approval-1\n') + hashlib.sha256(payload).digest()
        client = {'type': 'webauthn.get', 'challenge': b64(hashlib.sha256(said).digest()), 'origin': self.ORIGIN, 'crossOrigin': False}
        client.update(other)
        data = text or json.dumps(client).encode()
        auth = hashlib.sha256(rp.encode()).digest() + bytes([flags]) + struct.pack('>I', 1) + extra
        return self.key.sign(auth + hashlib.sha256(data).digest(), ec.ECDSA(hashes.SHA256())), auth, data


class Signing(Officers):
    """officers of a home whose approvals the signer checks: two of them sign whatever is approved or refused that asks for it"""

    def __init__(self, home):
        super().__init__(home)
        self.keys = []

    def payload(self, approval):
        """what an officer signs of it; None: nothing"""
        payload = self.get('hb-fin1', 'approval/' + approval).get('payload') or {}
        return canonical(payload) if 'act' in payload else None

    def sign(self, approval, key, refuse=False, payload=None):
        """(status, answer)"""
        more = {'refuse': True} if refuse else {}
        return super().do('hb-fin1', 'approval.signature', id=approval, key=key.id.hex(), signature=b64(key.sign(payload or self.payload(approval), refuse)), **more)

    def sign_passkey(self, approval, key, **other):
        sig, auth, data = key.assertion(self.payload(approval), **other)
        return super().do('hb-fin1', 'approval.signature', id=approval, key=key.id.hex(), signature=b64(sig), authenticator_data=b64(auth), client_data=b64(data))

    def enrol(self, who, approver, key, *signers):
        """(status, answer) of the approval"""
        asked = self.done(who, 'officer-key.add', kind='file', public=b64(key.spki))
        for k in (key,) + signers:
            code, out = self.sign(asked['approval'], k)
            if code != 200:
                return code, out
        return super().do(approver, 'approval.approve', id=asked['approval'])

    def begin(self):
        self.enrol('hb-fin1', 'hb-fin2', a := Key())
        self.enrol('hb-fin2', 'hb-fin1', b := Key())
        self.keys = [a, b]

    def do(self, who, command, **body):
        if command in ('approval.approve', 'approval.reject') and self.keys and self.payload(body['id']):
            for k in self.keys:
                self.sign(body['id'], k, command == 'approval.reject')
        return super().do(who, command, **body)
