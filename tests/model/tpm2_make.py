#!/usr/bin/env python3
"""Asks a software TPM what tests/unit/test_base_tpm2.c compares base/tpm2.c with, and writes
tests/fixtures/tpm2.json: Names, policy digests of m of n officers, and signatures that the TPM
made only since officers had approved the hash of that very command.  It speaks the TPM's own
octets, with no TPM library between.  `tpm2_make.py` writes the file anew; `--check` makes it again in
memory and compares what does not change from run to run."""
import hashlib, itertools, json, os, socket, struct, subprocess, sys, tempfile, time
try:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives import hashes
except ImportError:
    ec = None  # who wants the TPM alone needs none of it (tests/integration/officer_test.py)

OUT = 'tests/fixtures/tpm2.json'
OWNER, NULL, PW = 0x40000001, 0x40000007, 0x40000009
PLANS = [(1, 1), (1, 2), (2, 3), (3, 5), (4, 7), (4, 8), (8, 8)]
PLAN_HASH = hashlib.sha256(b'tests/model/tpm2_make.py').digest()
REF = b'fujie-root-sign' + PLAN_HASH


def b2(x): return struct.pack('>H', len(x)) + x
def u32(x): return struct.pack('>I', x)


class Refused(Exception):
    pass


class Tpm:
    def __init__(self, folder):
        self.p = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=' + folder, '--server', f'type=unixio,path={folder}/s',
                                   '--ctrl', f'type=unixio,path={folder}/c', '--flags', 'not-need-init,startup-clear'], stderr=subprocess.DEVNULL)
        while not os.path.exists(folder + '/s'):
            time.sleep(.05)
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(folder + '/s')

    def end(self):
        self.s.close()
        self.p.terminate()
        self.p.wait()

    def ask(self, code, handles, params, session=None):
        auth = b''
        if session is not None:
            area = u32(session) + b2(b'') + b'\1' + b2(b'')  # continueSession
            auth = u32(len(area)) + area
        body = u32(code) + b''.join(map(u32, handles)) + auth + params
        self.s.sendall(struct.pack('>HI', 0x8002 if auth else 0x8001, len(body) + 6) + body)
        head = self.s.recv(10, socket.MSG_WAITALL)
        size, rc = struct.unpack('>II', head[2:])
        rest = self.s.recv(size - 10, socket.MSG_WAITALL) if size > 10 else b''
        if rc == 0x922:  # TPM_RC_RETRY
            return self.ask(code, handles, params, session)
        if rc:
            raise Refused(hex(rc))
        return rest

    def session(self, kind):  # 1 policy, 3 trial; the nonce that comes back is as long as ours
        r = self.ask(0x176, [NULL, NULL], b2(bytes(32)) + b2(b'') + bytes([kind]) + b'\0\x10' + b'\0\x0b')
        return struct.unpack('>I', r[:4])[0], r[6:38]

    def load_external(self, public):
        r = self.ask(0x167, [], b2(b'') + b2(public) + u32(OWNER))
        return struct.unpack('>I', r[:4])[0], r[6:]

    def flush(self, handle):
        self.ask(0x165, [], u32(handle))

    def policy_signed(self, officer_public, session, nonce, cphash, ref, expiration, rs):
        h, _ = self.load_external(officer_public)
        try:
            self.ask(0x160, [h, session], b2(nonce) + b2(cphash) + b2(ref) + struct.pack('>i', expiration) + b'\0\x18\0\x0b' + b2(rs[:32]) + b2(rs[32:]))
        finally:
            self.flush(h)

    def storage(self):
        r = self.ask(0x131, [OWNER], b2(b2(b'') + b2(b'')) + b2(bytes.fromhex('0023000b00030072000000060080004300100003001000000000')) + b2(b'') + u32(0), PW)
        return struct.unpack('>I', r[:4])[0]

    def policy_or(self, session, branches):
        self.ask(0x171, [session], u32(len(branches)) + b''.join(map(b2, branches)))

    def digest(self, session):
        return self.ask(0x189, [session], b'')[2:]


def key(i):  # officer i of the fixture: not a secret
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(b'officer %d' % i).digest(), 'big'), ec.SECP256R1())


def xy(i):
    n = key(i).public_key().public_numbers()
    return n.x.to_bytes(32, 'big') + n.y.to_bytes(32, 'big')


def public(i):
    return bytes.fromhex('0023000b00040040000000100018000b00030010') + b2(xy(i)[:32]) + b2(xy(i)[32:])


def branches(t, m, n):
    """digest of each set's branch, by the TPM's trial sessions, in the order of the sets' numbers"""
    out = []
    for number, who in sorted((sum(1 << i for i in who), who) for who in itertools.combinations(range(n), m)):
        s, nonce = t.session(3)
        for i in who:
            t.policy_signed(public(i), s, nonce, b'', REF, 0, bytes([1]) * 64)
        out.append((number, t.digest(s)))
        t.flush(s)
    return out


def tree(t, leaves):
    """levels of ORs over the branches: each a list of groups; and the digest at the top"""
    level, levels = [d for _, d in leaves], []
    while True:
        groups = [level[i:i + 8] for i in range(0, len(level), 8)]
        groups = [g * 2 if len(g) == 1 else g for g in groups]
        levels.append(groups)
        level = []
        for g in groups:
            s, _ = t.session(3)
            t.policy_or(s, g)
            level.append(t.digest(s))
            t.flush(s)
        if len(level) == 1:
            return levels, level[0]


def created(t, parent, template, data=b''):
    """made and loaded: handle, public area, Name"""
    r = t.ask(0x153, [parent], b2(b2(b'') + b2(data)) + b2(template) + b2(b'') + u32(0), PW)[4:]
    n = struct.unpack('>H', r[:2])[0]
    private, r = r[2:2 + n], r[2 + n:]
    n = struct.unpack('>H', r[:2])[0]
    pub = r[2:2 + n]
    r = t.ask(0x157, [parent], b2(private) + b2(pub), PW)
    return struct.unpack('>I', r[:4])[0], pub, r[10:44]


def approved(t, who, cphash):
    """a policy session with the approvals of these officers; what the last of them signed"""
    s, nonce = t.session(1)
    for i in who:
        approval = hashlib.sha256(nonce + u32(600) + cphash + REF).digest()
        r_, s_ = utils.decode_dss_signature(key(i).sign(approval, ec.ECDSA(utils.Prehashed(hashes.SHA256()))))
        t.policy_signed(public(i), s, nonce, cphash, REF, 600, r_.to_bytes(32, 'big') + s_.to_bytes(32, 'big'))
    return s, {'cphash': cphash.hex(), 'nonce': nonce.hex(), 'expiration': 600, 'approval': approval.hex()}


def signed_by(t, parent, who, leaves, levels, policy):
    """a key under the policy signs: every octet of the approvals was taken by the TPM"""
    handle, pub, name = created(t, parent, bytes.fromhex('0023000b00040432') + b2(policy) + bytes.fromhex('00100018000b0003001000000000'))
    digest = hashlib.sha256(b'to be signed').digest()
    params = b2(digest) + b'\0\x10' + b'\x80\x24' + u32(NULL) + b2(b'')
    s, out = approved(t, who, hashlib.sha256(u32(0x15d) + name + params).digest())
    at = [number for number, _ in leaves].index(sum(1 << i for i in who))
    for groups in levels:
        at //= 8
        t.policy_or(s, groups[at])
    t.ask(0x15d, [handle], params, s)
    t.flush(s)
    t.flush(handle)
    return {'public': pub.hex(), 'name': name.hex(), 'digest': digest.hex(), **out}


def unsealed_by(t, parent, leaf):
    """what is sealed under one officer's branch is opened"""
    handle, _, name = created(t, parent, bytes.fromhex('0008000b00000412') + b2(leaf) + bytes.fromhex('00100000'), b'kept')
    s, out = approved(t, [0], hashlib.sha256(u32(0x15e) + name).digest())
    assert b'kept' in t.ask(0x15e, [handle], b'', s)
    t.flush(s)
    t.flush(handle)
    return {'name': name.hex(), **out}


def make():
    with tempfile.TemporaryDirectory() as folder:
        t = Tpm(folder)
        try:
            officers, quorums = [], []
            for i in range(8):
                h, name = t.load_external(public(i))
                t.flush(h)
                officers.append({'xy': xy(i).hex(), 'name': name.hex()})
            parent = t.storage()
            for m, n in PLANS:
                leaves = branches(t, m, n)
                levels, policy = tree(t, leaves)
                last = [i for i in range(n)][-m:]
                quorums.append({'m': m, 'n': n, 'policy': policy.hex(), 'branches': [d.hex() for _, d in leaves], 'levels': len(levels),
                                'signed': signed_by(t, parent, last, leaves, levels, policy)})
            return {'ref': REF.hex(), 'officers': officers, 'quorums': quorums, 'unsealed': unsealed_by(t, parent, branches(t, 1, 1)[0][1])}
        finally:
            t.end()


def main():
    made = make()
    if sys.argv[1:] == ['--check']:
        with open(OUT) as f:
            there = json.load(f)
        for w in (made, there):
            del w['unsealed']
            for q in w['quorums']:
                del q['signed']
        sys.exit(0 if made == there else 'differs from ' + OUT)
    with open(OUT, 'w') as f:
        json.dump(made, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    main()
