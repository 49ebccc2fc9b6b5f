"""Proofs of logging of the tests' own world, written from docs/formats.md 19 and C2SP tlog-proof alone; the
tree, Ed25519 and notes are the model's (tests/model/tlog.py).  None of the product's code is in it.

Proof(world) is a good proof for the world's token (or 'authorisation', 'certificate').  A test
changes its leaf before seal(), or what seal() made (index, path, text, lines) after it."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from world import *
from tlog import COSIGNATURE, ED25519, Tree, b64, checkpoint, cosign_message, ecdsa_id, key_id, leaf_hash, line, public, vkey
from tlog import sign as ed_sign, signed as signed_line  # those of the world are P-256

ORIGIN = 'verify.example/log'
LOGGED = NOW - DAY + 5  # the leaf's time


# --- keys and lines ---

def ed_key(name):
    """the same name, the same secret: these protect nothing"""
    return hashlib.sha256(('fujie test key: ed25519 ' + name).encode()).digest()


def ed_vkey(name, key):
    return vkey(name, ED25519, public(key))


def ed_line(name, key, text):
    return signed_line(name, ED25519, key, text)


def ecdsa_line(name, cert, text, key=None):
    r, s = sign(key or cert.key, text.encode())
    return line(name, ecdsa_id(cert.spki()), seq(integer(r), integer(s)))


class Witness:
    def __init__(self, n):
        self.name, self.key = 'w%d.example/witness' % n, ed_key('witness %d' % n)
        self.id = key_id(self.name, COSIGNATURE, public(self.key))

    def vkey(self):
        return vkey(self.name, COSIGNATURE, public(self.key))

    def line(self, text, at=LOGGED + 9):
        return signed_line(self.name, COSIGNATURE, self.key, text, at)


LOG_KEY = ed_key('log')
WITNESSES = [Witness(n) for n in range(3)]


def policy_of(quorum, n=3, log=True, key=None):
    return ''.join(['log %s\n' % (key or ed_vkey(ORIGIN, LOG_KEY))] * log + ['witness w%d %s\n' % (i, WITNESSES[i].vkey()) for i in range(n)] + [quorum]).encode()


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
        return checkpoint(self.origin, self.size if size is None else size, root)

    def seal(self, key=LOG_KEY, cert=None):
        leaves = [b'{"leaf":%d}' % i for i in range(self.size)]
        leaves[self.index] = self.logged or canonical(self.leaf)
        tree = Tree(map(leaf_hash, leaves))
        self.path, self.root = tree.path(self.index, self.size), tree.root()
        self.at = str(self.index)
        self.text = self.checkpoint(self.root)
        self.sign(key, cert)
        return self

    def sign(self, key=LOG_KEY, cert=None):
        """the log's lines and those of witnesses, over the text as it is now"""
        self.lines = [ed_line(self.origin, key, self.text), ecdsa_line(self.origin, cert or self.w.log, self.text)]
        self.lines += [WITNESSES[n].line(self.text) for n in self.cosigned_by]
        return self

    def octets(self):
        extra = self.extra if isinstance(self.extra, bytes) else canonical(self.extra)
        return (self.head + ('extra %s\n' % b64(extra) if self.extra is not None else '') + 'index %s\n' % self.at + ''.join(b64(h) + '\n' for h in self.path) +
                '\n' + self.text + '\n' + ''.join(self.lines) + self.more).encode()
