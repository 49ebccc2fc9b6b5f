"""A second opinion on passkeys' answers: libfido2's fido_assert_verify beside the signer's own
reader (base/webauthn.c, hsm/officers.c), over good assertions and over each part of one broken.

What the signer takes libfido2 has to take, and what libfido2 refuses the signer has to refuse.  What
the signer alone refuses has to be one of the things that libfido2 does not look at (type, challenge,
origin, the frame it was asked from, more in authenticatorData than was asked for): any other
disagreement fails.  All names are illustrative."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from officers_lib import *

# what libfido2 leaves to its caller, by what the signer cites: type, challenge, origin, frame and form, data that was not asked for
ALONE = {'WebAuthn 7.2 step 11', 'WebAuthn 7.2 step 12', 'WebAuthn 7.2 step 13', 'WebAuthn 5.8.1', 'WebAuthn 6.1'}
driver = subprocess.Popen([B + '/tests/conformance/fido2_driver'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def look(k, auth, client, sig, digest, rp=Passkey.RP, origin=Passkey.ORIGIN):
    n = k.key.public_key().public_numbers()
    xy = n.x.to_bytes(32, 'big') + n.y.to_bytes(32, 'big')
    driver.stdin.write(json.dumps({'rp': rp, 'origin': origin, 'digest': digest.hex(), 'xy': xy.hex(), 'auth': auth.hex(), 'client': client.hex(), 'sig': sig.hex()}) + '\n')
    driver.stdin.flush()
    return json.loads(driver.stdout.readline())


class Tally:
    def __init__(self, what, good):
        """good: True both take all, False both refuse all, None they may differ where libfido2 does not look"""
        self.what, self.good, self.n, self.alone, self.bad = what, good, 0, 0, []

    def __call__(self, case, r):
        self.n += 1
        differ = r['ours'] != r['theirs']
        self.alone += differ
        if differ and (r['ours'] or r['cite'] not in ALONE):
            self.bad.append((case, r))
        elif self.good is not None and (r['ours'], r['theirs']) != (self.good, self.good):
            self.bad.append((case, r))
        return r

    def end(self):
        check('%s: %d assertions%s' % (self.what, self.n, ', of %d the signer alone says no' % self.alone if self.alone else ''), self.n > 0 and not self.bad, self.bad[:3])


def made(k, payload=b'{}', **other):
    """(authenticatorData, clientDataJSON, signature, what the challenge has to be)"""
    sig, auth, client = k.assertion(payload, **other)
    return auth, client, sig, hashlib.sha256(b'fujie-approval-1\n' + hashlib.sha256(payload).digest()).digest()


def signed(k, auth, client):
    return k.key.sign(auth + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))


def flipped(data, bit):
    return data[:bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1:]


def der(r, s, pad=False):
    def integer(v):
        b = v.to_bytes((v.bit_length() + 8) // 8, 'big', signed=True)
        b = b'\0' + b if pad else b
        return b'\x02' + bytes([len(b)]) + b
    body = integer(r) + integer(s)
    return b'\x30' + bytes([len(body)]) + body


def good():
    t = Tally('good answers', True)
    for i in range(200):
        k = Passkey()
        t(i, look(k, *made(k, canonical({'n': i}), flags=0x05 | (i & 3) * 8)))
    t.end()


def flags():
    t, k = Tally('every value of the flags', None), Passkey()
    taken = set()
    for f in range(256):
        r = t(f, look(k, *made(k, flags=f)))
        if r['ours']:
            taken.add(f)
    t.end()
    check('the signer takes presence and verification, backed up or not, and no other', taken == {0x05, 0x0d, 0x15, 0x1d}, taken)


def lengths():
    t, k = Tally('authenticatorData of every length, signed', None), Passkey()
    auth, client, _, digest = made(k)
    for n in range(80):
        a = (auth + bytes(80))[:n]
        t(n, look(k, a, client, signed(k, a, client), digest))
    t.end()
    t = Tally('an extension or an attested key, signed', None)
    for flag, extra in ((0x85, b'\xa0'), (0x85, b'\xa1\x6bhmac-secret\xf5'), (0x85, b''), (0x45, bytes(18)), (0x45, os.urandom(100)), (0x05, b'\xa0'), (0xc5, b'\xa0' * 40)):
        t((flag, extra), look(k, *made(k, flags=flag, extra=extra)))
    t.end()


def bits():
    k = Passkey()
    auth, client, sig, digest = made(k)
    for what, n, turn in (('authenticatorData', len(auth), lambda i: (flipped(auth, i), client, sig)), ('clientDataJSON', len(client), lambda i: (auth, flipped(client, i), sig)),
                          ('the signature', len(sig), lambda i: (auth, client, flipped(sig, i)))):
        t = Tally('each bit of %s turned' % what, False)
        for i in range(8 * n):
            t(i, look(k, *turn(i), digest))
        t.end()
    t, taken = Tally('each bit of the challenge that is expected turned', None), False
    for i in range(256):
        taken = taken or t(i, look(k, auth, client, sig, flipped(digest, i)))['ours']
    t.end()
    check('the signer takes no answer to another challenge', not taken)


def signatures():
    k, other = Passkey(), Passkey()
    auth, client, sig, digest = made(k)
    r, s = utils.decode_dss_signature(sig)
    n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    t = Tally('a signature in another form or of other numbers', None)
    results = {}
    for name, one in {'as it is': sig, 'r and s of 32 octets': r.to_bytes(32, 'big') + s.to_bytes(32, 'big'), 'with an octet behind': sig + b'\0', 'cut': sig[:-1], 'empty': b'', 'padded integers': der(r, s, True),
                      'the other s': der(r, n - s), 's and order': der(r, s + n), 'r and order': der(r + n, s), 'r 0': der(0, s), 's 0': der(r, 0), 'r 1, s 1': der(1, 1), 'r negative': der(-r, s), 's negative': der(r, -s),
                      'long form of a length': b'\x30\x81' + sig[1:], 'indefinite length': b'\x30\x80' + sig[2:] + b'\0\0', 'r and s changed': der(s, r), 'r is the order': der(n, s)}.items():
        results[name] = t(name, look(k, auth, client, one, digest))['ours']
    t.end()
    check('the signer takes the signature as it was made, and the same with the other s that ECDSA has', [k for k, v in results.items() if v] == ['as it is', 'the other s'], results)
    t = Tally('another key, another relying party, another text', False)
    t('key', look(other, auth, client, sig, digest))
    t('rp', look(k, auth, client, sig, digest, rp='evil.example'))
    t('rp in the data', look(k, *made(k, rp='evil.example')))
    t('hash alone', look(k, auth, client, k.key.sign(client, ec.ECDSA(hashes.SHA256())), digest))
    t('data alone', look(k, auth, client, k.key.sign(auth, ec.ECDSA(hashes.SHA256())), digest))
    t('sha-384', look(k, auth, client, k.key.sign(auth + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA384())), digest))
    t('another assertion', look(k, made(k, flags=0x0d)[0], client, sig, digest))
    t.end()


def client_data():
    """what libfido2 hashes and does not read: the signer has to say no by itself, and say why"""
    k, t, ours = Passkey(), Tally('client data that says something else, signed', None), []
    base = {'type': 'webauthn.get', 'origin': k.ORIGIN, 'crossOrigin': False}
    for name, change in {'type': {'type': 'webauthn.create'}, 'type in other letters': {'type': 'Webauthn.get'}, 'no type': {'type': None}, 'origin': {'origin': 'https://evil.example'}, 'origin with a slash': {'origin': k.ORIGIN + '/'},
                         'origin and port': {'origin': k.ORIGIN + ':443'}, 'over http': {'origin': 'http://portal.example.cn'}, 'challenge': {'challenge': b64(bytes(32))}, 'padded challenge': {'challenge': b64(bytes(32)) + '='},
                         'no challenge': {'challenge': ''}, 'from another page': {'crossOrigin': True}, 'crossOrigin as a text': {'crossOrigin': 'false'}, 'a top origin': {'topOrigin': k.ORIGIN}}.items():
        r = t(name, look(k, *made(k, **change)))
        ours += [name] if r['ours'] or not r['theirs'] else []
    digest = made(k)[3]
    text = json.dumps(dict(base, challenge=b64(digest)))
    for name, one in {'no JSON': b'{', 'empty': b'', 'a list': b'[]', 'a member twice': (text[:-1] + ',"type":"webauthn.get"}').encode(), 'something behind': text.encode() + b'x', 'NUL behind': text.encode() + b'\0',
                      'no UTF-8': text.encode() + b'\xff', 'UTF-16': text.encode('utf-16'), 'a mark before': b'\xef\xbb\xbf' + text.encode(), 'longer than any browser\'s': (text[:-1] + ',"x":"%s"}' % ('x' * 5000)).encode()}.items():
        auth = made(k)[0]
        r = t(name, look(k, auth, one, signed(k, auth, one) if one else b'', digest))
        ours += [name] if r['ours'] else []
    t.end()
    check('none of it is taken by the signer', ours == [], ours)


for part in (good, flags, lengths, bits, signatures, client_data):
    part()
driver.stdin.close()
check('the driver ended well', driver.wait(10) == 0)
finish()
