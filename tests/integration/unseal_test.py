"""What opens the issuing keys, under the plan's officers (docs/formats.md 30): the signer and its software TPM against a
thief of the machine, against a registry that has m - 1 officers, and against approvals of another start.  Each attack is tried
through the signer, which names officer and reason, and past it at the TPM itself, which decides; with tpm2-tools too.
With a software TPM this proves the logic, not custody: its state has every key in clear."""
from quorum_lib import *

SEAL = 31
TPM_NO = 21


def canonical(o):
    return json.dumps(o, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def seal(reg, *names):
    return reg.plain(SEAL, struct.pack('>I', len(names)) + b''.join(by(n.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for n in names))


def open_home(root, name, plan, sm2):
    home = root + '/' + name
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    policy = {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan, 'sm2': sm2}
    rc, why, _ = reg.plain(OPEN, by(canonical(policy)))
    check('%s: a ceremony with a plan that seals the issuing keys is opened' % name, rc == 0, why)
    return home, a, reg


def ca_of(reg, officers, ref, sm2):
    """root, issuing CA and root CRL by two officers; the public keys by role"""
    spki = {r: reg.plain(PUBKEY, bytes([r]))[2][4:] for r in (ROOT, ISSUING) + ((ROOT_SM2, ISSUING_SM2) if sm2 else ())}
    pieces = [(ROOT, C_ROOT, root_tbs(spki[ROOT])), (ROOT, C_ISS, issuing_tbs(spki[ISSUING], spki[ROOT])), (ROOT, CRL_ROOT, crl_tbs(spki[ROOT], 1))]
    if sm2:
        pieces += [(ROOT_SM2, C_ROOT, root_tbs(spki[ROOT_SM2], alg=SM2)), (ROOT_SM2, C_ISS, issuing_tbs(spki[ISSUING_SM2], spki[ROOT_SM2], '-sm2', SM2))]
    for role, kind, tbs in pieces:
        r = Round(reg, kind, tbs, role)
        assert r.rc == 0, r.why
        rc, why, _ = r.sign(*[(i, r.approve(officers[i], ref)) for i in (0, 2)])
        assert rc == 0, why
    assert reg.plain(CLOSE)[0] == 0
    return spki


def issued_crl(spki, number, sm2=False):
    """what an issuing CA signs all day"""
    now = int(time.time())
    alg, path = (SM2, '/crl/sm2-1.crl') if sm2 else (ECDSA, '/crl/1.crl')
    return tlv(0x30, tlv(2, b'\1'), alg, name('Test Issuing'), utc(now), utc(now + 48 * 3600),
               tlv(0xa0, tlv(0x30, ext(b'\x55\x1d\x23', False, tlv(0x30, tlv(0x80, key_id(spki)))), ext(b'\x55\x1d\x14', False, tlv(2, bytes([number]))),
                             ext(b'\x55\x1d\x1c', True, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, (BASE + path).encode()))))))))


def signer_test(root, officers, plan, ref, sign_ref):
    home, a, reg = open_home(root, 'own', plan, True)
    spki = ca_of(reg, officers, sign_ref, True)
    check('in the ceremony the issuing keys sign: the secret was made in it', reg.status()['sealed'] is False, reg.status())
    passwords = set()

    def watch(command, code):
        """the password that a TPM2_Sign carries, as whoever listens between processor and TPM has it"""
        if code == 0x15d:
            n = struct.unpack('>H', command[25:27])[0]
            passwords.add(command[27:27 + n] if command[18:22] == bytes.fromhex('40000009') else b'')

    a.hear = watch
    for role in (ISSUING, ISSUING_SM2):
        tbs = issued_crl(spki[role], 1, role == ISSUING_SM2)
        rc, why, sig = reg.sign(role, CRL, tbs)
        check('so they do: a CRL by the issuing key of role %d' % role, rc == 0 and verifies(spki[role], tbs, sig, role == ISSUING_SM2), why)
    secret = next(iter(passwords))
    check('each with the same password of 32 octets', len(passwords) == 1 and len(secret) == 32, passwords)
    check('there is nothing to unseal meanwhile', Unsealing(reg).rc == STATE, Unsealing(reg).why)
    a.end()

    # after a start
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after a start it is sealed', reg.status()['sealed'] is True)
    for role, words in ((ISSUING, 'P-256'), (ISSUING_SM2, 'SM2')):
        rc, why, sig = reg.sign(role, CRL, issued_crl(spki[role], 2, role == ISSUING_SM2))
        check('%s: no CRL is signed, and it says what to do' % words, rc == BUSY and sig == b'' and '2 of the plan\'s 3 officers unseal them (fujie signer unseal)' in why, (rc, why))
    rc, why, sig = reg.sign(ISSUING, CRL, issued_crl(spki[ISSUING], 2), ('zhao', 'qian'))
    check('nor with two names', rc == BUSY and sig == b'', why)
    before = os.path.getsize(home + '/signer/audit.log')
    check('the verifier service may not unseal', Signer(home, 'verifier.sock').ask(UNSEAL_BEGIN, b'') is None)
    check('a request with a body ends the connection', reg.ask(UNSEAL_BEGIN, b'\0') is None)
    u = Unsealing(reg)
    check('unsealing is begun: nonce, public area and the plan\'s time come out', u.rc == 0 and len(u.nonce) == 32 and u.expiration == plan['expiration'], u.why)
    check('the object is sealed octets under the policy that the plan gives, and nothing else opens it',
          len(u.public) == 78 and u.public[:8] == bytes.fromhex('0008000b00000412') and u.public[10:42] == policy_or(branches(officers, ref)), u.public.hex())
    good = [(i, u.approve(o, ref)) for i, o in enumerate(officers)]
    stranger = Officer(root, 'stranger')
    one = good[0]

    def still():
        got = u.give(one)
        return got[0] == POLICY and 'there are 1' in got[1]

    def no(sentence, rc, words, *approvals):
        turned_down(sentence, u.give(*approvals), rc, words, still)

    no('no approval', POLICY, 'there are 0')
    no('m - 1 approvals', POLICY, 'there are 1', one)
    no('one officer twice', POLICY, 'zhao approves twice', one, one)
    no('an officer that the plan has not', POLICY, 'none with the number 4', one, (3, good[1][1]))
    no('a foreign officer in the place of one', SIGNATURE, 'what qian sent is no approval of this unsealing', one, (1, u.approve(stranger, ref)))
    no('an approval of another officer under his name', SIGNATURE, 'what qian sent', one, (1, good[2][1]))
    no('an approval of a root\'s signature in this session', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], sign_ref, cp=cphash(u.public, h(b'x')))))
    no('an approval for signing, of this command', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], sign_ref)))
    no('an approval of another object', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], ref, cp=cp_unseal(u.public[:-1] + b'x'))))
    no('an approval without cpHash', SIGNATURE, 'what qian sent', one, (1, officers[1].sign(h(u.nonce, struct.pack('>i', u.expiration), ref))))
    no('an approval without a nonce', SIGNATURE, 'what qian sent', one, (1, officers[1].sign(h(struct.pack('>i', u.expiration), u.cphash, ref))))
    no('an approval of another session', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], ref, nonce=os.urandom(32))))
    no('an approval for longer', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], ref, expiration=86400)))
    no('an approval under another plan', SIGNATURE, 'what qian sent', one, (1, u.approve(officers[1], ref[:12] + bytes(32))))
    no('a signature of zeros', SIGNATURE, 'what qian sent', one, (1, bytes(64)))
    check('approvals of unsealing sign nothing of the root', reg.plain(QUORUM_SIGN, bytes([u.id]) + struct.pack('>I', 2) + b''.join(bytes([i]) + s for i, s in good[:2]))[0] == STATE)
    r = Round(reg, CRL_ROOT, crl_tbs(spki[ROOT], 2))
    ap = [(i, r.approve(officers[i], sign_ref)) for i in (0, 1)]
    turned_down('nor do a root\'s approvals unseal', reg.plain(UNSEAL, bytes([r.id]) + struct.pack('>I', 2) + b''.join(bytes([i]) + s for i, s in ap)), STATE, 'awaits approvals', still)
    check('and the root signs beside it', r.sign(*ap)[0] == 0)
    check('a cut request ends the connection', reg.ask(UNSEAL, bytes([u.id]) + struct.pack('>I', 2) + b'\0' + one[1]) is None)
    check('after all that it is sealed', reg.status()['sealed'] is True and reg.sign(ISSUING, CRL, issued_crl(spki[ISSUING], 2))[0] == BUSY)
    rc, why, _ = u.give(good[2], good[0])
    check('two of three in any order unseal', rc == 0 and reg.status()['sealed'] is False, why)
    log = open(home + '/signer/audit.log', 'rb').read()
    check('the audit log has who approved and what it was bound to', all(x in log for x in (b'zhao', b'sun', good[0][1], good[2][1], u.cphash)) and good[1][1] not in log[before:])
    turned_down('the same approvals once more', u.give(good[2], good[0]), STATE, 'awaits approvals')
    for role in (ISSUING, ISSUING_SM2):
        rc, why, sig = reg.sign(role, CRL, issued_crl(spki[role], 2, role == ISSUING_SM2))
        check('now the issuing key of role %d signs' % role, rc == 0, why)
    check('a second time there is nothing to unseal', Unsealing(reg).rc == STATE)

    # sealed by hand
    check('sealing needs no officer of the plan, and says who wanted it', seal(reg, 'hb-fin1')[0] == 0 and b'hb-fin1' in open(home + '/signer/audit.log', 'rb').read())
    check('then it is sealed', reg.status()['sealed'] is True and reg.sign(ISSUING, CRL, issued_crl(spki[ISSUING], 3))[0] == BUSY)
    turned_down('sealed twice', seal(reg, 'hb-fin1'), STATE, 'sealed already')

    # time, and another start
    late = Unsealing(reg)
    good = [(i, late.approve(officers[i], ref)) for i in (0, 1)]
    a.lie = lambda code, r: r if code != 0x15e else bytes.fromhex('80010000000a000009a3')
    turned_down('what the TPM refuses ends the attempt, not the signer', late.give(*good), TPM_NO, 'code 0x9a3')
    a.lie = None
    check('the signer goes on, sealed', a.proc.poll() is None and reg.status()['sealed'] is True)
    turned_down('and the session is gone', late.give(*good), STATE, 'awaits approvals')
    u = Unsealing(reg)
    good = [(i, u.approve(officers[i], ref)) for i in (0, 1)]
    a.proc.kill()
    a.ended()
    a.tpm.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after kill -9 the log is replayed, and it is sealed', reg.status()['sealed'] is True)
    u.reg = reg
    turned_down('another start\'s approvals, with nothing begun', u.give(*good), STATE, 'awaits approvals')
    again = Unsealing(reg)
    turned_down('and in the session of this one', again.give(*good), SIGNATURE, 'what zhao sent')
    rc, why, _ = again.give(*[(i, again.approve(officers[i], ref)) for i in (1, 2)])
    check('new ones unseal', rc == 0 and reg.sign(ISSUING, CRL, issued_crl(spki[ISSUING], 4))[0] == 0, why)
    pid = a.proc.pid
    status = open('/proc/%d/status' % pid).read()
    check('no core dump has its memory', (os.stat('/proc/%d/mem' % pid).st_uid == 0 and os.geteuid() != 0) or dumpable(pid) == 0, status)
    found = [p for p, data in files_of(home) if secret in data or secret.hex().encode() in data]
    check('the password lies in no file of the home but the software TPM\'s own state', [p for p in found if '/tpm/' not in p] == [], found)
    code, said = a.end()
    check('nor in what the signer says', secret.hex() not in said and code == 0, said)
    return home, again.public, secret, spki


def dumpable(pid):
    """1 where a core dump would have the memory: the coredump_filter of one that may not be dumped is root's"""
    return 0 if os.stat('/proc/%d/coredump_filter' % pid).st_uid == 0 else 1


def files_of(home):
    for d, _, names in os.walk(home):
        for n in names:
            path = os.path.join(d, n)
            if os.path.isfile(path):
                yield path, open(path, 'rb').read()


def tpm_test(home, public, officers, ref, secret):
    """a thief of the machine: its disk, its TPM, m - 1 officers, and no signer"""
    tpm = Tpm(home + '/tpm')
    raw = Raw(tpm)
    sealed = next(i for i in range(1, 16) if blob_of(home, i)[0][2:] == public)
    storage, cp, ors = 0x81004600, cp_unseal(public), branches(officers, ref)
    stranger = Officer(home, 'thief')

    def unseal(session=None, password=b''):
        auth = (session + two(os.urandom(16)) + b'\0' + two(b'')) if session else bytes.fromhex('40000009') + two(b'') + b'\0' + two(password)
        k = raw.load(blob_of(home, sealed), storage)
        rc, r = raw.ask(0x15e, k + by(auth), 0x8002)
        raw.flush(k)
        return rc, r

    def attempt(who, told=cp, ref_=ref, nonce=None, expiration=0, before=0, ors_=ors):
        s, n = raw.session()
        out = [raw.signed(s, o, n, told, ref_, expiration, o.sign(approval(n if nonce is None else nonce, expiration, told, ref_))) for o in who]
        time.sleep(before)
        out.append(raw.either(s, ors_))
        rc, r = unseal(s)
        raw.flush(s)
        return [hex(c) for c in out + [rc]], r

    codes, r = attempt(officers[:2])
    check('TPM: two officers together unseal, and it is what the signer used', codes == ['0x0'] * 4 and secret in r, codes)
    check('TPM: the empty password unseals nothing', unseal()[0] == 0x12f, hex(unseal()[0]))
    check('TPM: nor any other', unseal(password=secret)[0] == 0x12f)
    s, _ = raw.session()
    check('TPM: nor a policy session without approvals', unseal(s)[0] == 0x99d)
    raw.flush(s)
    for sentence, want, args in (
            ('m - 1 officers', ['0x0', '0x1c4', '0x99d'], dict(who=officers[:1])),
            ('a foreign officer beside one of ours', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=[officers[0], stranger])),
            ('approvals for signing', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=officers[:2], ref_=b'fujie-root-sign' + ref[12:])),
            ('with that purpose\'s branches', ['0x0', '0x0', '0x0', '0x99d'], dict(who=officers[:2], ref_=b'fujie-root-sign' + ref[12:], ors_=branches(officers, b'fujie-root-sign' + ref[12:]))),
            ('approvals of another command', ['0x0', '0x0', '0x0', '0x99d'], dict(who=officers[:2], told=cphash(public, h(b'x')))),
            ('approvals of another session', ['0x5db', '0x5db', '0x1c4', '0x99d'], dict(who=officers[:2], nonce=os.urandom(32))),
            ('approvals that are over', ['0x0', '0x0', '0x0', '0x9a3'], dict(who=officers[:2], expiration=2, before=3))):
        codes, _ = attempt(**args)
        check('TPM: %s: refused' % sentence, codes == want, codes)

    # the issuing keys, where they stand
    handles = [p for p in persistent(raw) if p != storage]
    locked = [p for p in handles if signs(raw, p, b'') != 0]
    check('TPM: both issuing keys refuse the empty password; the others have none', len(locked) == 2, [hex(p) for p in locked])
    wrong = [signs(raw, locked[0], os.urandom(32)) for _ in range(40)]
    check('TPM: forty wrong passwords are refused', set(wrong) == {0x9a2}, {hex(c) for c in wrong})
    check('TPM: and lock nothing: the right one signs', [signs(raw, p, secret) for p in locked] == [0, 0] and permanent(raw) & 0x200 == 0)
    tpm.end()
    tools_test(home, locked)


def persistent(raw):
    rc, r = raw.ask(0x17a, struct.pack('>III', 1, 0x81000000, 100))
    n = struct.unpack('>I', r[5:9])[0]
    return [struct.unpack('>I', r[9 + 4 * i:13 + 4 * i])[0] for i in range(n)]


def permanent(raw):
    rc, r = raw.ask(0x17a, struct.pack('>III', 6, 0x200, 1))
    return struct.unpack('>I', r[13:17])[0]


def signs(raw, handle, password):
    auth = bytes.fromhex('40000009') + two(b'') + b'\0' + two(password)
    return raw.ask(0x15d, struct.pack('>I', handle) + by(auth) + two(h(b'x')) + bytes.fromhex('0010' + '802440000007' + '0000'), 0x8002)[0]


def tools_test(home, locked):
    """what anybody has who takes disk and TPM along"""
    with tempfile.TemporaryDirectory() as d:
        sock = d + '/tpm.sock'
        proc = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=%s/tpm' % home, '--server', 'type=unixio,path=' + sock, '--ctrl', 'type=unixio,path=%s.ctrl' % sock,
                                 '--flags', 'not-need-init,startup-clear'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        env = dict(os.environ, TPM2TOOLS_TCTI='swtpm:path=' + sock, TSS2_LOG='all+NONE')
        try:
            until(lambda: os.path.exists(sock))
            open(d + '/digest', 'wb').write(h(b'stolen'))

            def tool(*args):
                return subprocess.run(list(args), env=env, capture_output=True, text=True)
            for handle in locked:
                r = tool('tpm2_sign', '-c', hex(handle), '-g', 'sha256', '-d', '-o', d + '/sig', d + '/digest')
                check('tpm2_sign with 0x%x signs nothing' % handle, r.returncode != 0 and not os.path.exists(d + '/sig'), r.stdout + r.stderr)
                r = tool('tpm2_sign', '-c', hex(handle), '-p', 'hex:' + '00' * 32, '-g', 'sha256', '-d', '-o', d + '/sig', d + '/digest')
                check('nor with a guess', r.returncode != 0 and not os.path.exists(d + '/sig'), r.stdout + r.stderr)
                r = tool('tpm2_changeauth', '-c', hex(handle), 'new')
                check('nor is the password changed', r.returncode != 0, r.stdout + r.stderr)
            pub, priv = blob_of(home, next(i for i in range(1, 16) if blob_of(home, i)[0][2:10] == bytes.fromhex('0008000b00000412')))
            open(d + '/pub', 'wb').write(pub)
            open(d + '/priv', 'wb').write(priv)
            r = tool('tpm2_load', '-C', '0x81004600', '-u', d + '/pub', '-r', d + '/priv', '-c', d + '/ctx')
            check('tpm2_load takes the sealed object', r.returncode == 0, r.stdout + r.stderr)
            r = tool('tpm2_unseal', '-c', d + '/ctx')
            check('and tpm2_unseal does not open it', r.returncode != 0 and r.stdout == '', r.stdout + r.stderr)
        finally:
            proc.kill()
            proc.wait()


def cut_test(root, officers, plan, ref, sign_ref):
    """a ceremony that ends between the keys that one secret opens goes on, and they open with one again"""
    for nth in (2, 3, 4):
        home = root + '/cut%d' % nth
        a = Alone(home)
        policy = by(canonical({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan, 'sm2': True}))
        made = [0]

        def count(command, code):
            made[0] += code == 0x153
            if made[0] == nth:
                a.proc.kill()
        a.hear = count
        try:
            Signer(home, 'registry.sock').plain(OPEN, policy)
        except OSError:
            pass # there is nobody to connect to anew
        a.ended()
        a.tpm.end()
        a = Alone(home)
        reg = Signer(home, 'registry.sock')
        rc, why, _ = reg.plain(OPEN, policy)
        check('a ceremony that ended with key %d goes on' % nth, rc == 0 and reg.status()['whole'], why)
        spki = ca_of(reg, officers, sign_ref, True)
        a.end()
        a = Alone(home)
        reg = Signer(home, 'registry.sock')
        u = Unsealing(reg)
        rc, why, _ = u.give(*[(i, u.approve(officers[i], ref)) for i in (0, 1)])
        got = [reg.sign(r, CRL, issued_crl(spki[r], 1, r == ISSUING_SM2))[0] for r in (ISSUING, ISSUING_SM2)]
        check('and after a start its officers unseal both', rc == 0 and got == [0, 0], (why, got))
        a.end()


def late_test(root, officers, plan):
    """approvals that come after the plan's time"""
    plan = dict(plan, expiration=8)
    hash_ = h(canonical(plan))
    home, a, reg = open_home(root, 'late', plan, False)
    ca_of(reg, officers, b'fujie-root-sign' + hash_, False)
    seal(reg, 'a')
    u = Unsealing(reg)
    good = [(i, u.approve(officers[i], b'fujie-unseal' + hash_)) for i in (0, 1)]
    time.sleep(plan['expiration'] + 1.2)
    turned_down('approvals that come after their time', u.give(*good), STATE, 'its time is over')
    check('and it stays sealed', reg.status()['sealed'] is True)
    a.end()


def without_test(root, officers, plan):
    """a plan without "unseal" is as before"""
    plan = {k: v for k, v in plan.items() if k != 'unseal'}
    home, a, reg = open_home(root, 'plain', plan, False)
    spki = ca_of(reg, officers, b'fujie-root-sign' + h(canonical(plan)), False)
    check('without it nothing is sealed', reg.status()['sealed'] is None)
    turned_down('and nothing can be unsealed', reg.plain(UNSEAL_BEGIN), POLICY, 'seals no keys')
    turned_down('nor sealed', seal(reg, 'a'), POLICY, 'seals no keys')
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after a start the issuing key signs as ever', reg.sign(ISSUING, CRL, issued_crl(spki[ISSUING], 1))[0] == 0)
    a.end()
    for sentence, change in (('with m above its officers', {'m': 4}), ('with m 0', {'m': 0}), ('with no m', {}), ('with more than m', {'m': 2, 'n': 3}), ('with a number', 2), ('with null', None)):
        refused_plan(root, 'a plan ' + sentence, dict(plan, unseal=change))


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    officers = [Officer(root, login) for login in ('zhao', 'qian', 'sun')]
    plan = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256', 'SM2'],
            'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'unseal': {'m': 2}, 'expiration': 600, 'made': '2026-11-29T12:00:00Z'}
    hash_ = h(canonical(plan))
    home, public, secret, spki = signer_test(root, officers, plan, b'fujie-unseal' + hash_, b'fujie-root-sign' + hash_)
    tpm_test(home, public, officers, b'fujie-unseal' + hash_, secret)
    cut_test(root, officers, plan, b'fujie-unseal' + hash_, b'fujie-root-sign' + hash_)
    late_test(root, officers, dict(plan, algorithms=['P-256']))
    without_test(root, officers, dict(plan, algorithms=['P-256']))
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
