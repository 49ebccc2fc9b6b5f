"""The root under its officers (TPM 2.0 Part 1, 19.7): the signer and its software TPM against a
conquered registry that has m - 1 officers, every recorded attack once through the signer, which
names officer and reason, and once past it at the TPM itself, which decides.  With a software TPM
this proves the logic, not custody."""
from quorum_lib import *


def ceremony_test(root, officers, plan, ref):
    home = root + '/own'
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    policy = {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan}
    rc, why, _ = reg.plain(OPEN, by(json.dumps(policy, sort_keys=True, separators=(',', ':')).encode()))
    check('a ceremony with a plan is opened', rc == 0, why)
    root_spki, iss_spki = (reg.plain(PUBKEY, bytes([r]))[2][4:] for r in (ROOT, ISSUING))

    tbs = root_tbs(root_spki)
    rc, why, sig = reg.sign(ROOT, C_ROOT, tbs)
    check('the root signs nothing by the ordinary request', rc == POLICY and sig == b'' and "officers' approvals" in why, why)
    rc, why, sig = reg.sign(ROOT, C_ROOT, tbs, ('zhao', 'qian'))
    check('nor with two names', rc == POLICY and sig == b'', why)
    check('the verifier service may not ask', Signer(home, 'verifier.sock').ask(QUORUM_BEGIN, bytes([ROOT, C_ROOT]) + by(tbs)) is None)
    check('approvals for what the issuing key signs end the connection', reg.ask(QUORUM_BEGIN, bytes([ISSUING, C_DELEG]) + by(tbs)) is None)
    check('a structure that the policy refuses is not opened', Round(reg, C_ROOT, root_tbs(iss_spki)).rc == POLICY)
    check('nor an issuing CA before there is a root', Round(reg, C_ISS, issuing_tbs(iss_spki, root_spki)).rc == POLICY)
    check('nor one that is no structure', Round(reg, C_ROOT, b'\x30\x00').rc not in (0, None))

    r = Round(reg, C_ROOT, tbs)
    check('a structure is opened: nonce, public area and the plan\'s time come out', r.rc == 0 and len(r.nonce) == 32 and r.expiration == plan['expiration'], r.why)
    check('the key is under the policy that the plan gives, and nothing else opens it', policy_or(branches(officers, ref)) in r.public and r.public[4:8] == struct.pack('>I', 0x00040432), r.public.hex())
    good = [(i, r.approve(o, ref)) for i, o in enumerate(officers)]
    stranger = Officer(root, 'stranger')

    def still():
        return r.sign(good[0])[0] == POLICY and 'there are 1' in r.sign(good[0])[1]

    turned_down('no approval', r.sign(), POLICY, 'there are 0', still)
    turned_down('m - 1 approvals', r.sign(good[0]), POLICY, 'there are 1', still)
    turned_down('one officer twice', r.sign(good[0], good[0]), POLICY, 'zhao approves twice', still)
    turned_down('an officer that the plan has not', r.sign(good[0], (3, good[1][1])), POLICY, 'none with the number 4', still)
    turned_down('a foreign officer in the place of one', r.sign(good[0], (1, r.approve(stranger, ref))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval of another officer under his name', r.sign(good[0], (1, good[2][1])), SIGNATURE, 'what qian sent', still)
    turned_down('an approval of another structure', r.sign(good[0], (1, r.approve(officers[1], ref, cp=cphash(r.public, h(b'other'))))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval of another key\'s signature', r.sign(good[0], (1, r.approve(officers[1], ref, cp=cphash(r.public[:-1] + b'x', h(tbs))))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval without cpHash', r.sign(good[0], (1, officers[1].sign(h(r.nonce, struct.pack('>i', r.expiration), ref)))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval without a nonce', r.sign(good[0], (1, officers[1].sign(h(struct.pack('>i', r.expiration), r.cphash, ref)))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval of another session', r.sign(good[0], (1, r.approve(officers[1], ref, nonce=os.urandom(32)))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval for longer', r.sign(good[0], (1, r.approve(officers[1], ref, expiration=86400))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval for ever', r.sign(good[0], (1, r.approve(officers[1], ref, expiration=0))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval that would give a ticket', r.sign(good[0], (1, r.approve(officers[1], ref, expiration=-r.expiration))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval for another purpose', r.sign(good[0], (1, r.approve(officers[1], b'fujie-root-move' + ref[15:]))), SIGNATURE, 'what qian sent', still)
    turned_down('an approval under another plan', r.sign(good[0], (1, r.approve(officers[1], ref[:15] + bytes(32)))), SIGNATURE, 'what qian sent', still)
    turned_down('a signature of zeros', r.sign(good[0], (1, bytes(64))), SIGNATURE, 'what qian sent', still)
    before = os.path.getsize(home + '/signer/audit.log')
    check('a cut request ends the connection', reg.ask(QUORUM_SIGN, bytes([r.id]) + struct.pack('>I', 2) + b'\0' + good[0][1]) is None)
    check('nothing of all that is in the audit log', os.path.getsize(home + '/signer/audit.log') == before)

    # what is open
    other = Round(reg, CRL_ROOT, crl_tbs(root_spki, 1))
    check('a root CRL before there is a root is not opened', other.rc == POLICY, other.why)
    again = Round(reg, C_ROOT, root_tbs(root_spki))
    turned_down('a new one of its kind takes its place', r.sign(*good[:2]), STATE, 'awaits approvals')
    turned_down('and the old approvals are none for it', again.sign(*good[:2]), SIGNATURE, 'what zhao sent')
    r = Round(reg, C_ROOT, tbs)
    good = [(i, r.approve(o, ref)) for i, o in enumerate(officers)]
    rc, why, sig = r.sign(good[2], good[0])
    check('two of three in any order: the root signs', rc == 0 and verifies(root_spki, tbs, sig), why)
    log = open(home + '/signer/audit.log', 'rb').read()
    check('the audit log has who approved, what it was bound to, and the structure\'s hash', all(x in log for x in (b'zhao', b'sun', good[0][1], good[2][1], r.cphash, h(tbs))) and b'qian' not in log[before:])
    turned_down('the same approvals after the signature', r.sign(good[2], good[0]), STATE, 'awaits approvals')
    second = Round(reg, C_ROOT, root_tbs(root_spki))
    check('a second root is refused', second.rc == POLICY and 'already' in second.why, second.why)
    rc, why, same = reg.sign(ROOT, C_ROOT, tbs, (), h(tbs)[:16])
    check('the signature that was recorded is answered again', same == sig, why)

    # issuing CA and CRL side by side, by other pairs; all three officers at once
    iss, crl = Round(reg, C_ISS, issuing_tbs(iss_spki, root_spki)), Round(reg, CRL_ROOT, crl_tbs(root_spki, 1))
    check('two structures are open at once', iss.rc == 0 and crl.rc == 0, (iss.why, crl.why))
    turned_down('approvals of one are none of the other', crl.sign((0, iss.approve(officers[0], ref)), (1, iss.approve(officers[1], ref))), SIGNATURE, 'what zhao sent')
    rc, why, sig = iss.sign(*[(i, iss.approve(o, ref)) for i, o in enumerate(officers)])
    check('three of two that are needed: the issuing CA is signed', rc == 0 and verifies(root_spki, iss.tbs, sig), why)
    rc, why, sig = crl.sign((1, crl.approve(officers[1], ref)), (2, crl.approve(officers[2], ref)))
    check('and the root\'s CRL', rc == 0 and verifies(root_spki, crl.tbs, sig), why)
    check('the ceremony is closed', reg.plain(CLOSE)[0] == 0)

    # afterwards
    check('a root after the ceremony is not opened', Round(reg, C_ROOT, root_tbs(root_spki)).rc == POLICY)
    check('nor a second issuing CA', Round(reg, C_ISS, issuing_tbs(iss_spki, root_spki)).rc == POLICY)
    rc, why, sig = reg.sign(ROOT, CRL_ROOT, crl_tbs(root_spki, 2), ('zhao', 'qian'))
    check('a root CRL with two names is not signed', rc == POLICY and sig == b'' and "officers' approvals" in why, why)
    check('a root CRL with the old number is not opened', Round(reg, CRL_ROOT, crl_tbs(root_spki, 1)).rc == POLICY)
    check('nor one for more than 401 days', Round(reg, CRL_ROOT, crl_tbs(root_spki, 2, span=402 * 86400)).rc == POLICY)
    check('nor one that suspends a CA', Round(reg, CRL_ROOT, crl_tbs(root_spki, 2, [(b'\x11' * 16, int(time.time()), 6)])).rc == POLICY)
    dead = (b'\x22' * 16, int(time.time()), 4)
    crl = Round(reg, CRL_ROOT, crl_tbs(root_spki, 2, [dead]))
    rc, why, sig = crl.sign(*[(i, crl.approve(officers[i], ref)) for i in (0, 1)])
    check('a quorum renews the root\'s CRL, with an entry', rc == 0 and verifies(root_spki, crl.tbs, sig), why)
    check('then one without the entry is not opened', Round(reg, CRL_ROOT, crl_tbs(root_spki, 3)).rc == POLICY)

    # time, in the signer's and the TPM's own count
    late = Round(reg, CRL_ROOT, crl_tbs(root_spki, 3, [dead]))
    good = [(i, late.approve(officers[i], ref)) for i in (0, 1)]
    time.sleep(plan['expiration'] + 1.2)
    turned_down('approvals that came too late', late.sign(*good), STATE, 'its time is over')
    late = Round(reg, CRL_ROOT, crl_tbs(root_spki, 3, [dead]))
    good = [(i, late.approve(officers[i], ref)) for i in (0, 1)]
    a.lie = lambda code, r: r if code != 0x15d else bytes.fromhex('80010000000a000009a3')
    turned_down('an answer of the TPM that they are too late ends the structure, not the signer', late.sign(*good), 21, 'code 0x9a3')
    a.lie = None
    check('the signer goes on', a.proc.poll() is None and reg.status()['ceremony'] == 'closed')
    turned_down('and the structure is gone', late.sign(*good), STATE, 'awaits approvals')
    check('its number was used', Round(reg, CRL_ROOT, crl_tbs(root_spki, 3, [dead])).rc == POLICY)
    a.proc.kill()
    a.ended()
    a.tpm.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after kill -9 the log is replayed and the plan known', reg.status()['plan'] == h(json.dumps(plan, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()).hex(), reg.status())
    crl = Round(reg, CRL_ROOT, crl_tbs(root_spki, 4, [dead]))
    rc, why, sig = crl.sign(*[(i, crl.approve(officers[i], ref)) for i in (1, 2)])
    check('and a quorum signs on', rc == 0 and verifies(root_spki, crl.tbs, sig), why)
    a.end()
    return home, crl.public


def tpm_test(home, public, officers, ref):
    """m - 1 officers, the whole machine, and no signer"""
    tpm = Tpm(home + '/tpm')
    raw = Raw(tpm)
    slot = next(i for i in range(1, 16) if public in blob_of(home, i)[0])
    blob, storage = blob_of(home, slot), 0x81004600
    d1, d2 = h(b'first'), h(b'second')
    cp1, cp2 = cphash(public, d1), cphash(public, d2)
    ors = branches(officers, ref)
    stranger = Officer(home, 'stranger')

    def attempt(who, digest=d1, cp=cp1, nonce=None, expiration=0, ref_=ref, told=None, key=None, before_sign=0, signatures=None, ors_=ors, said=None, shape=None):
        """(codes of PolicySigned..., PolicyOR, Sign), up to the first refusal; approvals as officers would make them but for what is named"""
        s, n = raw.session()
        out, sigs = [], []
        for k, o in enumerate(who):
            sig = signatures[k] if signatures else o.sign(shape(n, o) if shape else approval(n if nonce is None else nonce, expiration, cp, ref_))
            sigs.append(sig)
            out.append(raw.signed(s, o, n if said is None else said(n), cp if told is None else told(o), ref_, expiration, sig))
        if before_sign:
            time.sleep(before_sign)
        out.append(raw.either(s, ors_))
        k = raw.load(blob, storage)
        out.append(raw.sign(k, digest, s))
        raw.flush(k)
        raw.flush(s)
        return [hex(c) for c in out], n, sigs

    ok = ['0x0', '0x0', '0x0', '0x0']
    for pair in ((0, 1), (0, 2), (1, 2)):
        codes, nonce, sigs = attempt([officers[i] for i in pair])
        check('TPM: officers %d and %d together sign' % (pair[0] + 1, pair[1] + 1), codes == ok, codes)
    key = raw.load(blob, storage)
    check('TPM: the empty password opens nothing', raw.sign(key, d1) == 0x12f, hex(raw.sign(key, d1)))
    s, _ = raw.session()
    check('TPM: nor does a policy session without approvals', raw.sign(key, d1, s) == 0x99d)
    raw.flush(s)
    raw.flush(key)
    for sentence, want, args in (
            ('m - 1 officers', ['0x0', '0x1c4', '0x99d'], dict(who=officers[:1])),
            ('one officer twice', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=[officers[0], officers[0]])),
            ('two in the wrong order', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=[officers[1], officers[0]])),
            ('a foreign officer beside one of ours', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=[officers[0], stranger])),
            ('approvals of one digest, another to be signed', ['0x0', '0x0', '0x0', '0x99d'], dict(who=officers[:2], digest=d2)),
            ('approvals for another purpose', ['0x0', '0x0', '0x1c4', '0x99d'], dict(who=officers[:2], ref_=b'fujie-root-move' + ref[15:])),
            ('the branches of that purpose beside', ['0x0', '0x0', '0x0', '0x99d'], dict(who=officers[:2], ref_=b'other', ors_=branches(officers, b'other'))),
            ('approvals of another session', ['0x5db', '0x5db', '0x1c4', '0x99d'], dict(who=officers[:2], nonce=os.urandom(32))),
            ('approvals that say the old nonce', ['0x1cf', '0x1cf', '0x1c4', '0x99d'], dict(who=officers[:2], said=lambda n: nonce)),
            ('approvals that say no nonce', ['0x5db', '0x5db', '0x1c4', '0x99d'], dict(who=officers[:2], said=lambda n: b'')),
            ('the approvals of a signature that was made', ['0x5db', '0x5db', '0x1c4', '0x99d'], dict(who=officers[1:], signatures=sigs)),
            ('approvals whose expiration the host has changed', ['0x5db', '0x5db', '0x1c4', '0x99d'], dict(who=officers[:2], expiration=100, shape=lambda n, o: approval(n, 1, cp1, ref))),
            ('approvals that are over before the signature', ['0x0', '0x0', '0x0', '0x9a3'], dict(who=officers[:2], expiration=2, before_sign=3)),
            ('two officers who approve different digests', ['0x0', '0x151', '0x1c4', '0x99d'],
             dict(who=officers[:2], told=lambda o: cp1 if o is officers[0] else cp2, shape=lambda n, o: approval(n, 0, cp1 if o is officers[0] else cp2, ref)))):
        codes, _, _ = attempt(**args)
        check('TPM: %s: refused' % sentence, codes == want, codes)
    # in one session: after a signature its approvals are none any more
    s, n = raw.session()
    sigs = [o.sign(approval(n, 0, cp1, ref)) for o in officers[:2]]
    first = [raw.signed(s, o, n, cp1, ref, 0, sig) for o, sig in zip(officers, sigs)] + [raw.either(s, ors)]
    key = raw.load(blob, storage)
    first.append(raw.sign(key, d1, s))
    check('TPM: a session signs once and is gone', first == [0] * 4 and raw.sign(key, d1, s) != 0 and raw.signed(s, officers[0], n, cp1, ref, 0, sigs[0]) != 0, first)
    raw.flush(key)
    tpm.end()


def without_plan_test(root):
    """a home without officers: the root's CRL by two names, nothing else after the ceremony"""
    home = root + '/plain'
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    rc, why, _ = reg.plain(OPEN, by(json.dumps({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, sort_keys=True, separators=(',', ':')).encode()))
    check('a ceremony without a plan is opened', rc == 0, why)
    spki, iss = (reg.plain(PUBKEY, bytes([r]))[2][4:] for r in (ROOT, ISSUING))
    check('there the officers\' request is refused', Round(reg, C_ROOT, root_tbs(spki)).rc == POLICY)
    done = [reg.sign(ROOT, C_ROOT, root_tbs(spki))[:2], reg.sign(ROOT, C_ISS, issuing_tbs(iss, spki))[:2], reg.sign(ROOT, CRL_ROOT, crl_tbs(spki, 1))[:2]]
    check('and the ordinary ones sign in the ceremony', [d[0] for d in done] == [0, 0, 0] and reg.plain(CLOSE)[0] == 0, done)
    refused('after it a root CRL by nobody', reg.sign(ROOT, CRL_ROOT, crl_tbs(spki, 2)))
    refused('by one officer named twice', reg.sign(ROOT, CRL_ROOT, crl_tbs(spki, 2), ('alice', 'alice')))
    rc, why, sig = reg.sign(ROOT, CRL_ROOT, crl_tbs(spki, 2), ('alice', 'bob'))
    check('by two it is signed', rc == 0 and sig != b'', why)
    refused('one that does not rise', reg.sign(ROOT, CRL_ROOT, crl_tbs(spki, 2), ('alice', 'bob')))
    refused('an issuing CA by two', reg.sign(ROOT, C_ISS, issuing_tbs(iss, spki), ('alice', 'bob')))
    refused('a root by two', reg.sign(ROOT, C_ROOT, root_tbs(spki), ('alice', 'bob')))
    a.end()


def sm2_test(root, officers, plan):
    """both hierarchies under the same officers; never more than two structures open"""
    home, plan = root + '/both', dict(plan, algorithms=['P-256', 'SM2'], expiration=60)
    ref = b'fujie-root-sign' + h(json.dumps(plan, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode())
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    policy = {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan, 'sm2': True}
    rc, why, _ = reg.plain(OPEN, by(json.dumps(policy, sort_keys=True, separators=(',', ':')).encode()))
    check('a ceremony for both algorithms is opened', rc == 0, why)
    spki = {r: reg.plain(PUBKEY, bytes([r]))[2][4:] for r in (ROOT, ISSUING, ROOT_SM2, ISSUING_SM2)}

    def both(one, other):
        got = []
        for r, sm2 in ((one, False), (other, True)):
            rc, why, sig = r.sign(*[(i, r.approve(officers[i], ref)) for i in (0, 2)])
            got.append(rc == 0 and verifies(spki[ROOT_SM2 if sm2 else ROOT], r.tbs, sig, sm2))
        return got

    rounds = Round(reg, C_ROOT, root_tbs(spki[ROOT])), Round(reg, C_ROOT, root_tbs(spki[ROOT_SM2], alg=SM2), ROOT_SM2)
    check('both roots await their officers at once, and sign', both(*rounds) == [True, True], [r.why for r in rounds])
    check('the SM2 root is under the same policy', policy_or(branches(officers, ref)) in rounds[1].public)
    rounds = Round(reg, C_ISS, issuing_tbs(spki[ISSUING], spki[ROOT])), Round(reg, C_ISS, issuing_tbs(spki[ISSUING_SM2], spki[ROOT_SM2], '-sm2', SM2), ROOT_SM2)
    third = Round(reg, CRL_ROOT, crl_tbs(spki[ROOT], 1))
    check('a third structure waits until one of two is done', third.rc == BUSY and '2 structures' in third.why, (third.rc, third.why))
    check('the two are still open, and sign', both(*rounds) == [True, True], [r.why for r in rounds])
    check('then the third is opened', Round(reg, CRL_ROOT, crl_tbs(spki[ROOT], 1)).rc == 0)
    wrong = Round(reg, CRL_ROOT, crl_tbs(spki[ROOT], 1), ROOT_SM2)
    check('a structure of one algorithm for the other\'s root is not opened', wrong.rc == POLICY, wrong.why)
    a.end()


def plans_test(root, plan):
    """a plan that is not of this home, or none: the signer takes no ceremony from it"""
    for sentence, change in (('of another operator', {'home': dict(plan['home'], operator='Other')}), ('for another algorithm', {'algorithms': ['P-256', 'SM2']}), ('of a home that is no demo', {'home': dict(plan['home'], demo=False)}),
                             ('with one officer twice', {'officers': [plan['officers'][0]] * 2}), ('that asks for more officers than there are', {'quorum': {'root': 4}}),
                             ('with an unknown member', {'more': 1}), ('without an end', {'expiration': 0})):
        refused_plan(root, 'a plan ' + sentence, dict(plan, **change))


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    officers = [Officer(root, login) for login in ('zhao', 'qian', 'sun')]
    plan = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
            'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 6, 'made': '2026-11-29T12:00:00Z'}
    ref = b'fujie-root-sign' + h(json.dumps(plan, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode())
    home, public = ceremony_test(root, officers, plan, ref)
    tpm_test(home, public, officers, ref)
    without_plan_test(root)
    sm2_test(root, officers, plan)
    plans_test(root, plan)
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
