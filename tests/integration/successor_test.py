"""A root passes on to its successor, under other officers (docs/formats.md 33).  First the signer and its software TPM:
the order of things, each attack, and a cut at each step; then people's own tools on a real home, and what OpenSSL makes
of it from either root alone.  With a software TPM this proves the logic, not custody."""
from quorum_lib import *

SUCCESSOR, PASS, KEY_END, UNSEAL_BEGIN, UNSEAL = 38, 39, 17, 29, 30
C_NWO, C_OWN, C_SUB = 23, 24, 21
NEWER = 13 # HSM_ROLE_END: HSM_NEWER(role) is role + NEWER
REFUSED = 6
NEW = ROOT + NEWER
OFFICER = B + '/fujie-officer'


def plan_of(officers, before=None, **more):
    p = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
         'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 60, 'made': '2026-11-29T12:00:00Z'}
    if before:
        p['follows'] = {'generation': before.get('follows', {'generation': 1})['generation'] + 1, 'plan': h(canon(before)).hex()}
    p.update(more)
    return p


def signed(plan, officers):
    what = h(b'fujie-plan-1\n' + canon(plan))
    return canon({'plan': plan, 'signatures': [{'officer': o.login, 'sig': b64(o.sign(what))} for o in officers]})


def ref_of(plan):
    return b'fujie-root-sign' + h(canon(plan))


def cross_tbs(spki, signing, generation=1, issuer='Test Root', subject=None, pathlen=1, **more):
    """one root by the other; generation: of the one that signs"""
    policy = bytes.fromhex('2b06010401') + b'\x81\xfd\x59' + b'\x03\x02'
    file = BASE + '/ca/root%s.cer' % ('' if generation == 1 else '-%d' % generation)
    exts = [ext(b'\x55\x1d\x23', False, tlv(0x30, tlv(0x80, key_id(signing)))), ext(b'\x55\x1d\x20', False, tlv(0x30, tlv(0x30, tlv(6, policy)))),
            ext(b'\x55\x1d\x1f', False, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, (BASE + '/crl/root.crl').encode())))))),
            ext(bytes.fromhex('2b06010505070101'), False, tlv(0x30, tlv(0x30, tlv(6, bytes.fromhex('2b06010505073002')), tlv(0x86, file.encode()))))]
    more.setdefault('begin', int(time.time()) - 120) # it ends with the root that is followed, or before
    return ca(spki, subject or issuer, issuer, signing, pathlen, exts, **more)


def certificate(tbs, sig):
    return tlv(0x30, tbs, ECDSA, tlv(3, b'\0', sig))


def ask_successor(reg, file):
    return reg.plain(SUCCESSOR, by(file))


def ask_pass(reg, *certs):
    return reg.plain(PASS, struct.pack('>I', len(certs)) + b''.join(map(by, certs)))


def key_end(reg, role, generation, who=('a', 'b')):
    return reg.plain(KEY_END, bytes([role, generation]) + struct.pack('>I', len(who)) + b''.join(by(o.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for o in who))


def by_two(r, officers, ref, who=(0, 1)):
    return r.sign(*[(i, r.approve(officers[i], ref)) for i in who])


def spki_of(reg, key):
    return reg.plain(PUBKEY, bytes([key]))[2][4:]


def begin_home(home, officers, plan):
    """the ceremony under that plan: (signer, connection, root's SubjectPublicKeyInfo, its certificate)"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    rc, why, _ = reg.plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan})))
    assert rc == 0, why
    root, iss = spki_of(reg, ROOT), spki_of(reg, ISSUING)
    certs = {}
    for kind, tbs in ((C_ROOT, root_tbs(root)), (C_ISS, issuing_tbs(iss, root)), (CRL_ROOT, crl_tbs(root, 1))):
        r = Round(reg, kind, tbs)
        rc, why, sig = by_two(r, officers, ref_of(plan))
        assert rc == 0, (kind, r.why, why)
        certs[kind] = certificate(tbs, sig)
    assert reg.plain(CLOSE)[0] == 0
    return a, reg, root, certs


def plans(root, reg, home, old, old_plan, new):
    """what begins no successor"""
    before = os.path.getsize(home + '/signer/audit.log')
    good = plan_of(new, old_plan)

    def no(sentence, file, rc, words):
        answer = ask_successor(reg, file)
        check('%s begins nothing' % sentence, answer[0] == rc and words in answer[1], answer)

    no('a plan that one of its officers has not signed', signed(good, new[:2]), SIGNATURE, 'has not signed')
    no('one that was altered after they signed', signed(good, new).replace(b'"root":2', b'"root":1'), SIGNATURE, '')
    no('a plan that follows none', signed(plan_of(new), new), REFUSED, 'does not follow')
    no('one that follows another plan', signed(plan_of(new, plan_of(new)), new), REFUSED, 'does not follow')
    no('the wrong generation', signed(plan_of(new, old_plan, follows=dict(good['follows'], generation=3)), new), REFUSED, 'generation')
    no('a plan of another operator', signed(plan_of(new, old_plan, home=dict(good['home'], operator='Other')), new), REFUSED, 'another home')
    no('of another address', signed(plan_of(new, old_plan, home=dict(good['home'], base='http://127.0.0.1:9999')), new), REFUSED, 'another home')
    no('for other algorithms', signed(plan_of(new, old_plan, algorithms=['P-256', 'SM2']), new), REFUSED, 'another home')
    no('one that seals what is not sealed', signed(plan_of(new, old_plan, unseal={'m': 2}), new), REFUSED, 'unseal')
    no('what is no plan', b'{}', 3, 'plan')
    check('the verifier service may not ask', Signer(home, 'verifier.sock').ask(SUCCESSOR, by(signed(good, new))) is None)
    check('nor pass the root on', Signer(home, 'verifier.sock').ask(PASS, struct.pack('>I', 0)) is None)
    check('a cut request ends the connection', reg.ask(SUCCESSOR, b'\0\0') is None)
    check('there is nothing to pass on', ask_pass(reg)[0] == POLICY)
    check('no key follows yet', Round(reg, C_ROOT, root_tbs(spki_of(reg, ROOT)), NEW).rc == POLICY)
    check('nothing of all that is in the audit log', os.path.getsize(home + '/signer/audit.log') == before and reg.status()['successor'] is None)
    refused_plan(root, 'a plan that follows another, for a new home', good)


def course(root):
    old, new = [Officer(root, l) for l in ('zhao', 'qian', 'sun')], None
    new = [old[2]] + [Officer(root, l) for l in ('li', 'zhou')] # one stays
    old_plan = plan_of(old)
    plan = plan_of(new, old_plan)
    oref, nref = ref_of(old_plan), ref_of(plan)
    home = root + '/course'
    a, reg, spki, certs = begin_home(home, old, old_plan)
    plans(root, reg, home, old, old_plan, new)
    check('the attested root is of generation 1, and the only one', [k['generation'] for k in reg.status()['keys'] if k['role'] == 'root'] == [1])

    # another plan is begun and given up
    other = plan_of([new[1], new[2], old[0]], old_plan)
    rc, why, _ = ask_successor(reg, signed(other, [new[1], new[2], old[0]]))
    first = spki_of(reg, NEW)
    check('a plan that follows begins a successor: a root key is made', rc == 0 and first and first != spki, why)
    check('the status says so', reg.status()['successor'] == {'plan': h(canon(other)).hex(), 'generation': 2, 'keys': True} and reg.status()['plan'] == h(canon(old_plan)).hex(), reg.status())
    check('asked again it is the same', ask_successor(reg, signed(other, [new[1], new[2], old[0]]))[0] == 0 and spki_of(reg, NEW) == first)
    rc, why, _ = ask_successor(reg, signed(plan, new))
    nspki = spki_of(reg, NEW)
    check('another plan takes its place, with another key', rc == 0 and nspki not in (first, spki) and reg.status()['successor']['plan'] == h(canon(plan)).hex(), why)

    # before: the old officers rule
    r = Round(reg, CRL_ROOT, crl_tbs(spki, 2))
    rc, why, sig = by_two(r, old, oref)
    check('the root of now signs its list as ever', rc == 0 and verifies(spki, r.tbs, sig), why)
    # order
    new_root, nwo, own = root_tbs(nspki), cross_tbs(nspki, spki), cross_tbs(spki, nspki, 2)
    for sentence, kind, tbs, key in (
            ('the old root certifies the new one before it has its own certificate', C_NWO, nwo, ROOT), ('the new root certifies the old one before that', C_OWN, own, NEW),
            ('the old root certifies itself', C_OWN, own, ROOT), ('the new root certifies itself as the old one would', C_NWO, nwo, NEW),
            ('the new root signs an issuing CA', C_ISS, issuing_tbs(spki_of(reg, ISSUING), nspki), NEW), ('the new root signs a list before it has a certificate', CRL_ROOT, crl_tbs(nspki, 3), NEW),
            ('a root of another name', C_ROOT, ca(nspki, 'Other', 'Other', nspki, 1), NEW), ('of another key', C_ROOT, root_tbs(first), NEW), ('a second certificate of the old root', C_ROOT, root_tbs(spki), ROOT),
            ('a longer path', C_ROOT, ca(nspki, 'Test Root', 'Test Root', nspki, 2), NEW)):
        check('not opened: %s' % sentence, Round(reg, kind, tbs, key).rc == POLICY)
    check('what follows no role ends the connection', reg.ask(QUORUM_BEGIN, bytes([ISSUING + NEWER, C_ROOT]) + by(new_root)) is None and reg.ask(QUORUM_BEGIN, bytes([2 * NEWER, C_ROOT]) + by(new_root)) is None)
    r = Round(reg, C_ROOT, new_root, NEW)
    check('the new root\'s own certificate is opened, under the policy of the new plan', r.rc == 0 and policy_or(branches(new, nref)) in r.public and r.public[4:8] == bytes.fromhex('00040432'), r.why)
    turned_down('m - 1 of the new officers', r.sign((0, r.approve(new[0], nref))), POLICY, 'there are 1')
    turned_down('officers of the old plan', r.sign(*[(i, r.approve(old[i], oref)) for i in (0, 1)]), SIGNATURE, 'no approval of this structure')
    turned_down('one who stays, for the old plan', r.sign((0, r.approve(old[2], oref)), (1, r.approve(new[1], nref))), SIGNATURE, 'what sun sent')
    rc, why, sig = by_two(r, new, nref)
    check('two of the new officers: the new root signs itself', rc == 0 and verifies(nspki, new_root, sig), why)
    certs['root'] = certificate(new_root, sig)
    check('once', Round(reg, C_ROOT, root_tbs(nspki), NEW).rc == POLICY)
    check('the old root does not pass on before its successor has certified it', Round(reg, C_NWO, nwo).rc == POLICY)
    for sentence, tbs in (('under another name', cross_tbs(spki, nspki, 2, subject='Other')), ('of another key', cross_tbs(spki_of(reg, ISSUING), nspki, 2)), ('by the address of the old root', cross_tbs(spki, nspki, 1)),
                          ('of a longer path', cross_tbs(spki, nspki, 2, pathlen=2)), ('that names the old key as its issuer', cross_tbs(spki, spki, 2))):
        check('not opened: the old root by the new one, %s' % sentence, Round(reg, C_OWN, tbs, NEW).rc == POLICY)
    r, l = Round(reg, C_OWN, own, NEW), Round(reg, CRL_ROOT, crl_tbs(nspki, 3), NEW)
    check('both are opened', r.rc == 0 and l.rc == 0, (r.why, l.why))
    turned_down('approvals of one are none of the other', l.sign(*[(i, r.approve(new[i], nref)) for i in (0, 1)]), SIGNATURE, 'what sun sent')
    rc, why, sig = by_two(r, new, nref, (1, 2))
    check('the new root certifies the old one', rc == 0 and verifies(nspki, own, sig), why)
    certs['own'] = certificate(own, sig)
    rc, why, sig = by_two(l, new, nref, (0, 2))
    check('and signs its first list', rc == 0 and verifies(nspki, l.tbs, sig), why)
    check('a list number is used once, whichever root signs', Round(reg, CRL_ROOT, crl_tbs(spki, 3)).rc == POLICY)
    some = certificate(nwo, sig)
    check('without the old root\'s signature nothing passes on', ask_pass(reg, certs['root'], some, certs['own'])[0] == POLICY and reg.status()['plan'] == h(canon(old_plan)).hex())
    r = Round(reg, C_NWO, nwo)
    check('the old root\'s certificate of the new one is opened last, for the old plan\'s officers', r.rc == 0 and policy_or(branches(old, oref)) in r.public, r.why)
    turned_down('m - 1 of the old officers', r.sign((0, r.approve(old[0], oref))), POLICY, 'there are 1')
    turned_down('the new officers alone', r.sign(*[(i, r.approve(new[i], nref)) for i in (0, 1)]), SIGNATURE, 'what zhao sent')
    turned_down('one of them and one who stays', r.sign((2, r.approve(old[2], nref)), (0, r.approve(old[0], oref))), SIGNATURE, 'what sun sent')
    l = Round(reg, CRL_ROOT, crl_tbs(spki, 4))
    turned_down('approvals of a list', r.sign(*[(i, l.approve(old[i], oref)) for i in (0, 1)]), SIGNATURE, 'what zhao sent')
    turned_down('and those of the passing on don\'t sign a list', l.sign(*[(i, r.approve(old[i], oref)) for i in (0, 1)]), SIGNATURE, 'what zhao sent')
    rc, why, sig = by_two(r, old, oref)
    check('two of the old officers: the old root certifies the new one', rc == 0 and verifies(spki, nwo, sig), why)
    certs['nwo'] = certificate(nwo, sig)
    check('once', Round(reg, C_NWO, cross_tbs(nspki, spki)).rc == POLICY)
    check('the old plan still rules', reg.status()['plan'] == h(canon(old_plan)).hex() and Round(reg, CRL_ROOT, crl_tbs(spki, 4)).rc == 0)
    rows = ((certs['root'], certs['nwo']), (certs['nwo'], certs['root'], certs['own']), (certs['root'], certs['nwo'], certs['root']), (certs[C_ROOT], certs['nwo'], certs['own']),
            (certs['root'], certs['nwo'][:-1] + bytes([certs['nwo'][-1] ^ 1]), certs['own']), (certs['root'], certs['nwo'], certs['own'], certs['own']))
    check('what is not these three certificates passes nothing on', all(ask_pass(reg, *row)[0] not in (0,) for row in rows) and reg.status()['successor'] is not None)
    waiting = Round(reg, CRL_ROOT, crl_tbs(spki, 5))
    late = [(i, waiting.approve(old[i], oref)) for i in (0, 1)]
    rc, why, _ = ask_pass(reg, certs['root'], certs['nwo'], certs['own'])
    st = reg.status()
    check('with them the root passes on', rc == 0 and st['plan'] == h(canon(plan)).hex() and st['successor'] is None and spki_of(reg, ROOT) == nspki and spki_of(reg, NEW) == b'', (why, st))
    turned_down('what the old officers had approved before signs nothing', waiting.sign(*late), STATE, 'awaits approvals')
    check('the same plan is followed already: said again', ask_successor(reg, signed(plan, new))[0] == 0 and reg.status()['successor'] is None)
    check('and there is nothing more to pass on', ask_pass(reg, certs['root'], certs['nwo'], certs['own'])[0] == POLICY)
    # after
    r = Round(reg, CRL_ROOT, crl_tbs(nspki, 6))
    turned_down('after it the old officers approve nothing', r.sign(*[(i, r.approve(old[i], oref)) for i in (0, 1)]), SIGNATURE, 'what sun sent')
    rc, why, sig = by_two(r, new, nref)
    check('the new ones rule the root', rc == 0 and verifies(nspki, r.tbs, sig), why)
    check('no list is signed in the old root\'s name', Round(reg, CRL_ROOT, crl_tbs(spki, 7)).rc == POLICY)
    check('nor an issuing CA', Round(reg, C_ISS, issuing_tbs(spki_of(reg, ISSUING), spki)).rc == POLICY)
    check('a plan of the old officers follows nothing now', ask_successor(reg, signed(plan_of(old, old_plan), old))[0] == REFUSED)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    st = reg.status()
    check('after a new start it is the same', st['plan'] == h(canon(plan)).hex() and st['successor'] is None and spki_of(reg, ROOT) == nspki)
    # the old key ends
    slot = next(i for i in range(1, 60) if spki[27:59] in blob_of(home, i)[0])
    check('by one officer the old key does not end', key_end(reg, ROOT, 1, ('a', 'a'))[0] == POLICY)
    check('the root of now does not end', key_end(reg, ROOT, 2)[0] == STATE)
    check('by two the old one does', key_end(reg, ROOT, 1)[0] == 0 and blob_of(home, slot)[0] == b'')
    check('said again', key_end(reg, ROOT, 1)[0] == 0)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    r = Round(reg, CRL_ROOT, crl_tbs(nspki, 8))
    rc, why, sig = by_two(r, new, nref)
    check('after a new start the new root signs on', rc == 0 and verifies(nspki, r.tbs, sig), why)
    # and a third generation, by officers of whom none was there
    last = [Officer(root, l) for l in ('wu', 'zheng', 'wang')]
    third = plan_of(last, plan)
    rc, why, _ = ask_successor(reg, signed(third, last))
    check('another plan follows the second', rc == 0 and reg.status()['successor']['generation'] == 3, why)
    tspki, tref = spki_of(reg, NEW), ref_of(third)
    done = []
    for kind, tbs, key, who, ref in ((C_ROOT, root_tbs(tspki), NEW, last, tref), (C_OWN, cross_tbs(nspki, tspki, 3), NEW, last, tref), (C_NWO, cross_tbs(tspki, nspki, 2), ROOT, new, nref)):
        r = Round(reg, kind, tbs, key)
        rc, why, sig = by_two(r, who, ref)
        check('of the third generation kind %d is signed' % kind, rc == 0, (r.why, why))
        done.append(certificate(tbs, sig))
    check('and the root passes on once more', ask_pass(reg, done[0], done[2], done[1])[0] == 0 and spki_of(reg, ROOT) == tspki and reg.status()['plan'] == h(canon(third)).hex())
    a.end()
    return certs


# --- cut at each step ---
def cut(ask):
    """the signer ended, with its answer still to come"""
    try:
        return ask() is None
    except OSError:
        return True


def killed(root):
    old, new = [Officer(root, l + '2') for l in ('zhao', 'qian', 'sun')], [Officer(root, l + '2') for l in ('li', 'zhou', 'wu')]
    old_plan = plan_of(old)
    plan = plan_of(new, old_plan)
    oref, nref, home = ref_of(old_plan), ref_of(plan), root + '/cut'
    a, reg, spki, certs = begin_home(home, old, old_plan)
    a.end()

    def again(kill_at=None):
        a = Alone(home, kill_at=kill_at)
        return a, Signer(home, 'registry.sock')

    def over(a):
        a.ended()
        a.tpm.end()

    a, reg = again(0x153)
    check('cut while the new root\'s key is made', cut(lambda: reg.ask(SUCCESSOR, by(signed(plan, new)))))
    over(a)
    a, reg = again()
    st = reg.status()
    check('the old plan rules, and the new one is noted without keys', st['plan'] == h(canon(old_plan)).hex() and st['successor'] == {'plan': h(canon(plan)).hex(), 'generation': 2, 'keys': False}, st)
    check('nothing is opened for a key that is not there', Round(reg, C_ROOT, root_tbs(spki), NEW).rc == POLICY)
    check('it goes on', ask_successor(reg, signed(plan, new))[0] == 0 and reg.status()['successor']['keys'])
    nspki = spki_of(reg, NEW)
    a.end()
    done = {}
    for name, kind, tbs, key, who, ref in (('root', C_ROOT, root_tbs(nspki), NEW, new, nref), ('own', C_OWN, cross_tbs(spki, nspki, 2), NEW, new, nref), ('nwo', C_NWO, cross_tbs(nspki, spki), ROOT, old, oref)):
        a, reg = again(0x15d)
        r = Round(reg, kind, tbs, key)
        check('%s: cut while the TPM signs' % name, r.rc == 0 and cut(lambda: by_two(r, who, ref)[0]))
        over(a)
        a, reg = again()
        check('%s: nothing is signed, and the old plan rules' % name, reg.status()['plan'] == h(canon(old_plan)).hex() and reg.status()['successor'] is not None)
        check('%s: the approvals of before sign nothing' % name, Round.sign(type('X', (), {'reg': reg, 'id': r.id})(), *[(i, r.approve(who[i], ref)) for i in (0, 1)])[0] == STATE)
        r = Round(reg, kind, tbs, key)
        rc, why, sig = by_two(r, who, ref)
        check('%s: with new ones it is' % name, rc == 0, (r.why, why))
        done[name] = certificate(tbs, sig)
        rc, why, same = reg.sign(key, kind, tbs, (), h(tbs)[:16])
        check('%s: a signature whose answer was lost is answered again' % name, same == sig, why)
        a.end()
    size = os.path.getsize(home + '/signer/audit.log')
    a, reg = again()
    check('the root passes on', ask_pass(reg, done['root'], done['nwo'], done['own'])[0] == 0)
    a.end()
    data = open(home + '/signer/audit.log', 'rb').read()
    copy = root + '/copy'
    shutil.copytree(home, copy, symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
    for cut_at, passed in ((size, False), (size + 10, False), (len(data), True)):
        open(copy + '/signer/audit.log', 'wb').write(data[:cut_at])
        shutil.rmtree(copy + '/run')
        a = Alone(copy)
        st = Signer(copy, 'registry.sock').status()
        check('the log cut at octet %d: it is %s, never neither' % (cut_at - size, 'passed on' if passed else 'as before'),
              st['plan'] == h(canon(plan if passed else old_plan)).hex() and (st['successor'] is None) == passed, st)
        a.end()


def unsealed(root):
    """the issuing keys' opening goes over to the new officers"""
    old, new = [Officer(root, l + '3') for l in ('zhao', 'qian', 'sun')], [Officer(root, l + '3') for l in ('li', 'zhou', 'wu')]
    old_plan = plan_of(old, unseal={'m': 2})
    plan = plan_of(new, old_plan, unseal={'m': 2})
    home = root + '/sealed'
    a, reg, spki, certs = begin_home(home, old, old_plan)
    check('a plan that leaves out the sealing does not follow', ask_successor(reg, signed(plan_of(new, old_plan), new))[0] == REFUSED)

    def unseal(reg, officers, p):
        rc, why, data = reg.plain(UNSEAL_BEGIN)
        if rc:
            return rc, why
        ident, nonce, n = data[0], data[1:33], struct.unpack('>I', data[33:37])[0]
        public, expiration = data[37:37 + n], struct.unpack('>I', data[37 + n:])[0]
        cp, ref = h(bytes.fromhex('0000015e'), b'\0\x0b' + h(public)), b'fujie-unseal' + h(canon(p))
        return reg.plain(UNSEAL, bytes([ident]) + struct.pack('>I', 2) + b''.join(bytes([i]) + officers[i].sign(approval(nonce, expiration, cp, ref)) for i in (0, 1)))[:2]

    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    rc, why, _ = ask_successor(reg, signed(plan, new))
    check('while they are sealed no successor is begun', rc == BUSY and 'sealed' in why, why)
    check('the old officers unseal', unseal(reg, old, old_plan)[0] == 0)
    rc, why, _ = ask_successor(reg, signed(plan, new))
    check('then it is', rc == 0, why)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('until the root has passed on the new officers unseal nothing', unseal(reg, new, plan)[0] == SIGNATURE)
    check('the old ones do', unseal(reg, old, old_plan)[0] == 0)
    nspki, done = spki_of(reg, NEW), []
    for kind, tbs, key, who, ref in ((C_ROOT, root_tbs(nspki), NEW, new, ref_of(plan)), (C_OWN, cross_tbs(spki, nspki, 2), NEW, new, ref_of(plan)), (C_NWO, cross_tbs(nspki, spki), ROOT, old, ref_of(old_plan))):
        r = Round(reg, kind, tbs, key)
        rc, why, sig = by_two(r, who, ref)
        check('signed: kind %d' % kind, rc == 0, (r.why, why))
        done.append(certificate(tbs, sig))
    check('the root passes on', ask_pass(reg, done[0], done[2], done[1])[0] == 0 and reg.status()['sealed'] is False)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after the next start they are sealed, and the old officers unseal nothing', reg.status()['sealed'] is True and unseal(reg, old, old_plan)[0] == SIGNATURE)
    check('the new ones do', unseal(reg, new, plan)[0] == 0 and reg.status()['sealed'] is False)
    a.end()


def without_plan(root):
    home = root + '/plain'
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    reg.plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'})))
    spki, iss = spki_of(reg, ROOT), spki_of(reg, ISSUING)
    for kind, tbs in ((C_ROOT, root_tbs(spki)), (C_ISS, issuing_tbs(iss, spki)), (CRL_ROOT, crl_tbs(spki, 1))):
        assert reg.sign(ROOT, kind, tbs)[0] == 0
    reg.plain(CLOSE)
    new = [Officer(root, l + '4') for l in ('li', 'zhou', 'wu')]
    rc, why, _ = ask_successor(reg, signed(plan_of(new, plan_of(new)), new))
    check('a home without a plan has no officers who could consent: refused, with what to do', rc == POLICY and 'new home with a plan' in why, why)
    check('nor does the ordinary request sign what passes a root on', reg.sign(ROOT, C_NWO, cross_tbs(iss, spki), ('a', 'b'))[0] == POLICY and reg.sign(ROOT, C_OWN, cross_tbs(iss, spki), ('a', 'b'))[0] == POLICY)
    a.end()


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    course(root)
    killed(root)
    unsealed(root)
    without_plan(root)
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
