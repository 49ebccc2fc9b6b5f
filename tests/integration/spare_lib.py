"""What tests of a root and its spare share: the arithmetic of a move, the requests, a ceremony under a plan with a spare, and people with
their own tools.  All names are illustrative."""
from people import *
from quorum_lib import *

SPARE, IMPORT, MOVE_BEGIN, MOVE = 23, 24, 25, 26
PROOF, EXISTS = 20, 8


def name_of(public):
    return b'\0\x0b' + h(public)


def select(d, parent):
    """TPM2_PolicyDuplicationSelect, the object not included"""
    return h(d, bytes.fromhex('00000188'), name_of(parent), b'\0')


def root_branches(officers, plan_hash, parent):
    """(signing, moving): what the last OR of a root's policy is over"""
    return (policy_or(branches(officers, b'fujie-root-sign' + plan_hash)), select(policy_or(branches(officers, b'fujie-root-move' + plan_hash)), parent))


def move_approval(nonce, expiration, ref):
    return h(nonce, struct.pack('>i', expiration), ref)


def three(data):
    """bytes, bytes, bytes"""
    out = []
    for _ in range(3):
        n = struct.unpack('>I', data[:4])[0]
        out.append(data[4:4 + n])
        data = data[4 + n:]
    assert data == b''
    return out


class Move:
    def __init__(self, reg, role=ROOT):
        self.reg, self.role = reg, role
        self.rc, self.why, data = reg.plain(MOVE_BEGIN, bytes([role]))
        if self.rc == 0:
            self.id, self.nonce = data[0], data[1:33]
            n = struct.unpack('>I', data[33:37])[0]
            self.public, self.expiration = data[37:37 + n], struct.unpack('>I', data[37 + n:])[0]

    def approve(self, officer, ref, nonce=None, expiration=None):
        return officer.sign(move_approval(nonce or self.nonce, self.expiration if expiration is None else expiration, ref))

    def go(self, *approvals, ident=None):
        rc, why, data = self.reg.plain(MOVE, bytes([self.role, self.id if ident is None else ident]) + struct.pack('>I', len(approvals)) + b''.join(bytes([i]) + s for i, s in approvals))
        return rc, why, data


def take_in(reg, file, *keys):
    return reg.plain(IMPORT, by(file) + struct.pack('>I', len(keys)) + b''.join(bytes([role]) + b''.join(map(by, parts_)) for role, parts_ in keys))


def ceremony(home, officers, plan, ref):
    """a home under that plan, its ceremony held: (signer, connection, root's SubjectPublicKeyInfo)"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    policy = {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan}
    assert reg.plain(OPEN, by(canon(policy)))[0] == 0
    spki, iss = (reg.plain(PUBKEY, bytes([r]))[2][4:] for r in (ROOT, ISSUING))
    m = Move(reg)
    check('a root does not leave before its ceremony is over', m.rc == POLICY and 'ceremony is closed' in m.why, (m.rc, m.why))
    for kind, tbs in ((C_ROOT, root_tbs(spki)), (C_ISS, issuing_tbs(iss, spki)), (CRL_ROOT, crl_tbs(spki, 1))):
        r = Round(reg, kind, tbs)
        rc, why, sig = r.sign(*[(i, r.approve(officers[i], ref)) for i in (0, 2)])
        check('a root that may move signs as any other, kind %d' % kind, rc == 0 and verifies(spki, tbs, sig), (r.why, why))
    check('its ceremony is closed', reg.plain(CLOSE)[0] == 0)
    return a, reg, spki


def prepare(home):
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    rc, why, data = reg.plain(SPARE)
    check('an empty signer becomes a spare: its storage key comes out', rc == 0 and data[4:][4:8] == bytes.fromhex('00030472'), (why, data.hex()))
    check('asked again it is the same', reg.plain(SPARE)[2] == data)
    check('it says what it is', reg.status()['ceremony'] == 'spare' and reg.status()['move'] is None)
    return a, reg, data[4:]


# --- people's own tools, by files ---
class Waiting:
    """a command that waits for officers, each of whom answers its newest challenges by fujie-officer"""
    def __init__(self, home, *args, env=None):
        self.home, self.shown, self.err = home, '', ''
        self.proc = subprocess.Popen([B + '/fujie'] + list(args) + ['--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)

    def answer(self, people, rounds, plan, before=None):
        for name in rounds:
            path = self.home + '/ceremony/' + name + '.challenges'
            until(lambda: os.path.exists(path) and open(path, 'rb').read().endswith(b'\n') or self.proc.poll() is not None)
            if self.proc.poll() is not None:
                break
            for p in people:
                tmp = self.home + '/ceremony/' + p.login + '.tmp'
                code, shown = p.approve(path, plan, tmp)
                self.shown += shown
                if code == 0:
                    if before:
                        before(tmp)
                    os.rename(tmp, self.home + '/ceremony/%s.%s.answers' % (name, p.login))
                    until(lambda: not os.path.exists(self.home + '/ceremony/%s.%s.answers' % (name, p.login)))
            os.rename(path, path + '.done')
        return self

    def end(self):
        try:
            out, self.err = self.proc.communicate(timeout=60)
        except subprocess.TimeoutExpired: # why is in what it said
            self.proc.kill()
            out, self.err = self.proc.communicate()
        try:
            return self.proc.returncode, json.loads(out)
        except ValueError:
            return self.proc.returncode, {'stdout': out, 'stderr': self.err}


def tampered(path):
    doc = json.load(open(path))
    for a in doc['answers']:
        a['sig'] = a['sig'][:10] + ('A' if a['sig'][10] != 'A' else 'B') + a['sig'][11:]
    json.dump(doc, open(path, 'w'))


class RealHome:
    """a real home's first two officers at the command line; each act is the other's who has a code left, since one code is good once"""
    PASSWORD = 'a long enough password'

    def __init__(self, home, answer):
        self.home, self.secret, self.used = home, {}, {}
        for o in answer.get('officers', []):
            code, out = tool(B + '/fujie', 'user', 'enrol', '--dir', home, '--login', o['login'], '--code', o['code'], env=dict(os.environ, FUJIE_NEW_PASSWORD=self.PASSWORD))
            check('officer %s is enrolled' % o['login'], code == 0, out)
            self.secret[o['login']] = out.get('totp', '')

    def identity(self):
        """(login, environment)"""
        def fresh():
            for login, uri in self.secret.items():
                code = totp(uri)
                if code not in self.used.setdefault(login, set()):
                    self.used[login].add(code)
                    return login, code
            return None
        login, code = until(fresh, 60)
        return login, dict(os.environ, FUJIE_PASSWORD=self.PASSWORD, FUJIE_TOTP=code)

    def move(self, out):
        login, env = self.identity()
        return Waiting(self.home, 'ceremony', 'move', '--dir', self.home, '--as', login, '--out', out, env=env)

    def read(self, *args):
        return tool(B + '/fujie', *args, '--dir', self.home)
