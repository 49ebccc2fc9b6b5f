"""A root passes on to its successor, under other officers (docs/formats.md 33).  First the signer and its software TPM:
the order of things, each attack, and a cut at each step; then people's own tools on a real home, and what OpenSSL makes
of it from either root alone.  With a software TPM this proves the logic, not custody."""
from quorum_lib import *
from keys_lib import Crowd
from under_root import Sub, as_pem, begin, blocks, bundle, certify, run, said

SUCCESSOR, PASS, KEY_END, MOVE_BEGIN, MOVE, CA_CERT = 38, 39, 17, 25, 26, 20
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

    no('a plan that one of its officers has not signed', signed_plan(good, new[:2]), SIGNATURE, 'has not signed')
    no('one that was altered after they signed', signed_plan(good, new).replace(b'"root":2', b'"root":1'), SIGNATURE, '')
    no('a plan that follows none', signed_plan(plan_of(new), new), REFUSED, 'does not follow')
    no('one that follows another plan', signed_plan(plan_of(new, plan_of(new)), new), REFUSED, 'does not follow')
    no('the wrong generation', signed_plan(plan_of(new, old_plan, follows=dict(good['follows'], generation=3)), new), REFUSED, 'generation')
    no('a plan of another operator', signed_plan(plan_of(new, old_plan, home=dict(good['home'], operator='Other')), new), REFUSED, 'another home')
    no('of another address', signed_plan(plan_of(new, old_plan, home=dict(good['home'], base='http://127.0.0.1:9999')), new), REFUSED, 'another home')
    no('for other algorithms', signed_plan(plan_of(new, old_plan, algorithms=['P-256', 'SM2']), new), REFUSED, 'another home')
    no('one that seals what is not sealed', signed_plan(plan_of(new, old_plan, unseal={'m': 2}), new), REFUSED, 'unseal')
    no('what is no plan', b'{}', 3, 'plan')
    check('the verifier service may not ask', Signer(home, 'verifier.sock').ask(SUCCESSOR, by(signed_plan(good, new))) is None)
    check('nor pass the root on', Signer(home, 'verifier.sock').ask(PASS, struct.pack('>I', 0)) is None)
    check('a cut request ends the connection', reg.ask(SUCCESSOR, b'\0\0') is None)
    check('there is nothing to pass on', ask_pass(reg)[0] == POLICY)
    check('no key follows yet', Round(reg, C_ROOT, root_tbs(spki_of(reg, ROOT)), NEW).rc == POLICY)
    check('nothing of all that is in the audit log', os.path.getsize(home + '/signer/audit.log') == before and reg.status()['successor'] is None)
    refused_plan(root, 'a plan that follows another, for a new home', good)


def types(home):
    """of the audit log's records"""
    data, i, out = open(home + '/signer/audit.log', 'rb').read(), 0, []
    while i + 5 <= len(data):
        out.append(data[i + 4])
        i += 4 + struct.unpack('>I', data[i:i + 4])[0]
    return out


def course(root):
    old, new = [Officer(root, l) for l in ('zhao', 'qian', 'sun')], None
    new = [old[2]] + [Officer(root, l) for l in ('li', 'zhou')] # one stays
    old_plan = plan_of(old)
    plan = plan_of(new, old_plan)
    oref, nref = ref_of(old_plan), ref_of(plan)
    home = root + '/course'
    a, reg, spki, certs = begin_home(home, old, old_plan)
    note = spki_of(reg, NOTE)
    plans(root, reg, home, old, old_plan, new)
    check('the attested root is of generation 1, and the only one', [k['generation'] for k in reg.status()['keys'] if k['role'] == 'root'] == [1])

    # another plan is begun and given up
    other = plan_of([new[1], new[2], old[0]], old_plan)
    rc, why, _ = ask_successor(reg, signed_plan(other, [new[1], new[2], old[0]]))
    first = spki_of(reg, NEW)
    check('a plan that follows begins a successor: a root key is made', rc == 0 and first and first != spki, why)
    check('the status says so', reg.status()['successor'] == {'plan': h(canon(other)).hex(), 'generation': 2, 'keys': True} and reg.status()['plan'] == h(canon(old_plan)).hex(), reg.status())
    check('asked again it is the same', ask_successor(reg, signed_plan(other, [new[1], new[2], old[0]]))[0] == 0 and spki_of(reg, NEW) == first)
    rc, why, _ = ask_successor(reg, signed_plan(plan, new))
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
    check('the same plan is followed already: said again', ask_successor(reg, signed_plan(plan, new))[0] == 0 and reg.status()['successor'] is None)
    check('and there is nothing more to pass on', ask_pass(reg, certs['root'], certs['nwo'], certs['own'])[0] == POLICY)
    # after
    r = Round(reg, CRL_ROOT, crl_tbs(nspki, 6))
    turned_down('after it the old officers approve nothing', r.sign(*[(i, r.approve(old[i], oref)) for i in (0, 1)]), SIGNATURE, 'what sun sent')
    rc, why, sig = by_two(r, new, nref)
    check('the new ones rule the root', rc == 0 and verifies(nspki, r.tbs, sig), why)
    check('no list is signed in the old root\'s name', Round(reg, CRL_ROOT, crl_tbs(spki, 7)).rc == POLICY)
    check('nor an issuing CA', Round(reg, C_ISS, issuing_tbs(spki_of(reg, ISSUING), spki)).rc == POLICY)
    check('a plan of the old officers follows nothing now', ask_successor(reg, signed_plan(plan_of(old, old_plan), old))[0] == REFUSED)
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
    parent = bytes.fromhex('0023000b00030472000000060080004300100003' '0010') + two(last[0].spki[27:59]) + two(last[0].spki[59:])
    third = plan_of(last, plan, move={'m': 2, 'parent': b64(parent)}) # a spare's storage key, as any P-256 point
    rc, why, _ = ask_successor(reg, signed_plan(third, last))
    check('another plan follows the second', rc == 0 and reg.status()['successor']['generation'] == 3, why)
    tspki, tref = spki_of(reg, NEW), ref_of(third)
    done = []
    for kind, tbs, key, who, ref in ((C_ROOT, root_tbs(tspki), NEW, last, tref), (C_OWN, cross_tbs(nspki, tspki, 3), NEW, last, tref), (C_NWO, cross_tbs(tspki, nspki, 2), ROOT, new, nref)):
        r = Round(reg, kind, tbs, key)
        rc, why, sig = by_two(r, who, ref)
        check('of the third generation kind %d is signed' % kind, rc == 0, (r.why, why))
        done.append(certificate(tbs, sig))
    check('and the root passes on once more', ask_pass(reg, done[0], done[2], done[1])[0] == 0 and spki_of(reg, ROOT) == tspki and reg.status()['plan'] == h(canon(third)).hex())
    slot = next(i for i in range(1, 60) if nspki[27:59] in blob_of(home, i)[0])
    check('the second one ends, though one that was given up had that number too', key_end(reg, ROOT, 2)[0] == 0 and blob_of(home, slot)[0] == b'')
    rc, why, data = reg.plain(MOVE_BEGIN, bytes([ROOT]))
    nonce = data[1:33]
    approvals = lambda who, p: struct.pack('>I', 2) + b''.join(bytes([i]) + who[i].sign(h(nonce, struct.pack('>i', 60), b'fujie-root-move' + h(canon(p)))) for i in (0, 1))
    check('the new plan has a spare: its root may leave for it', rc == 0 and reg.status()['move'] == {'parent': (b'\0\x0b' + h(parent)).hex(), 'root': False, 'root-sm2': False}, why)
    check('not by the officers of before', reg.plain(MOVE, bytes([ROOT, data[0]]) + approvals(new, plan))[0] == SIGNATURE)
    rc, why, _ = reg.plain(MOVE, bytes([ROOT, data[0]]) + approvals(last, third))
    check('by the new ones it leaves', rc == 0 and reg.status()['move']['root'], why)
    check('and the log\'s key with it, sealed anew for that spare', types(home)[-1] == 28, types(home)[-4:])
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('the log\'s key is the same, through all of it', spki_of(reg, NOTE) == note and reg.status()['closed'] is None, reg.status())
    a.end()
    return certs


# --- cut at each step ---
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
    check('cut while the new root\'s key is made', cut(lambda: reg.ask(SUCCESSOR, by(signed_plan(plan, new)))))
    over(a)
    a, reg = again()
    st = reg.status()
    check('the old plan rules, and the new one is noted without keys', st['plan'] == h(canon(old_plan)).hex() and st['successor'] == {'plan': h(canon(plan)).hex(), 'generation': 2, 'keys': False}, st)
    check('nothing is opened for a key that is not there', Round(reg, C_ROOT, root_tbs(spki), NEW).rc == POLICY)
    check('it goes on', ask_successor(reg, signed_plan(plan, new))[0] == 0 and reg.status()['successor']['keys'])
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
    check('a plan that leaves out the sealing does not follow', ask_successor(reg, signed_plan(plan_of(new, old_plan), new))[0] == REFUSED)

    def unseal(reg, officers, p):
        u = Unsealing(reg)
        return u.by(officers, b'fujie-unseal' + h(canon(p))) if u.rc == 0 else (u.rc, u.why)

    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    rc, why, _ = ask_successor(reg, signed_plan(plan, new))
    check('while they are sealed no successor is begun', rc == BUSY and 'sealed' in why, why)
    check('the old officers unseal', unseal(reg, old, old_plan)[0] == 0)
    rc, why, _ = ask_successor(reg, signed_plan(plan, new))
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
    rc, why, _ = ask_successor(reg, signed_plan(plan_of(new, plan_of(new)), new))
    check('a home without a plan has no officers who could consent: refused, with what to do', rc == POLICY and 'new home with a plan' in why, why)
    check('nor does the ordinary request sign what passes a root on', reg.sign(ROOT, C_NWO, cross_tbs(iss, spki), ('a', 'b'))[0] == POLICY and reg.sign(ROOT, C_OWN, cross_tbs(iss, spki), ('a', 'b'))[0] == POLICY)
    a.end()

# --- people's own tools on a real home ---


class Passing:
    """a demo home, and officers of whom one stays"""
    def __init__(self):
        self.h = Home(cases=True)
        self.d = self.h.d
        os.makedirs(self.d + '/new')
        self.key = {'officer1': self.d + '/officers/officer1'}
        for name in ('li', 'zhou'):
            self.key[name] = self.d + '/new/' + name
            open(self.key[name] + '.passphrase', 'w').write('correct horse battery %s\n' % name)
            run(OFFICER, 'new', '--key', self.key[name] + '.key', '--passphrase-file', self.key[name] + '.passphrase')
        for name, key in self.key.items():
            open(self.d + '/new/%s.pub' % name, 'w').write(run(OFFICER, 'public', '--key', key + '.key', '--passphrase-file', key + '.passphrase', '--json')[1])
        self.old = {n: self.d + '/officers/' + n for n in ('officer1', 'officer2', 'officer3')}
        self.now = json.load(open(self.d + '/ceremony/plan.json'))['plan']

    def plan(self, name, *more, signers=None, follows=None, operator=None):
        path = self.d + '/' + name
        args = ['--arc', self.now['home']['arc'], '--base', self.now['home']['base'], '--operator', operator or self.now['home']['operator'], '--demo', '--sm2', '--quorum', '2', '--expiration', '120', '--out', path,
                '--follows', follows or self.d + '/ceremony/plan.json']
        for n in self.key:
            args += ['--officer', '%s:%s:%s/new/%s.pub' % (n, n.title(), self.d, n)]
        code, out, err = run(B + '/fujie', 'ceremony', 'plan', *args, *more)
        if code == 0:
            for n in signers if signers is not None else self.key:
                assert run(OFFICER, 'plan', 'sign', path, '--key', self.key[n] + '.key', '--passphrase-file', self.key[n] + '.passphrase', '--yes')[0] == 0
        return path if code == 0 else None, out + err

    def succeed(self, plan):
        for n in os.listdir(self.d + '/ceremony'):
            if n.endswith('.challenges'):
                os.unlink(self.d + '/ceremony/' + n)
        return subprocess.Popen([B + '/fujie', 'ceremony', 'succeed', '--dir', self.d, '--plan', plan, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def challenges(self, p, name):
        path = self.d + '/ceremony/%s.challenges' % name
        until(lambda: os.path.exists(path) or p.poll() is not None or None, 60)
        return path

    def tool(self, path, key, plan, other, lang='en'):
        """(exit code, what it showed, the answers)"""
        out = key + '.tmp'
        if os.path.exists(out):
            os.unlink(out)
        code, text, err = run(OFFICER, 'approve', path, '--plan', plan, *(['--other', other] if other else []), '--key', key + '.key', '--passphrase-file', key + '.passphrase', '--out', out, '--yes', '--lang', lang)
        return code, text + err, out

    def hand_in(self, p, name, key, out):
        answer = self.d + '/ceremony/%s.%s.answers' % (name, os.path.basename(key))
        os.rename(out, answer)
        return until(lambda: next((s for s in ('taken', 'refused') if os.path.exists(answer + '.' + s)), None) or (p.poll() is not None and 'gone') or None, 60)

    def round(self, p, name, keys, plan, other):
        path = self.challenges(p, name)
        got, shown = [], ''
        for key in keys:
            code, text, out = self.tool(path, key, plan, other)
            shown += text
            got.append(self.hand_in(p, name, key, out) if code == 0 else text[-300:])
        return got, shown


def tools(x, path, plan2, plan1):
    """the old officers' tool believes neither the appliance nor a plan"""
    doc = json.load(open(path))
    key = x.old['officer2']

    def no(sentence, words, change=None, plan=plan1, other=plan2, key=key):
        d = json.loads(json.dumps(doc))
        if change:
            change(d['challenges'][0])
        json.dump(d, open(x.d + '/bad.challenges', 'w'))
        code, text, out = x.tool(x.d + '/bad.challenges', key, plan, other)
        check('the officers\' tool: %s: refused' % sentence, code != 0 and words in text and not os.path.exists(out), text[-400:])

    def octets(s):
        return bytearray(base64.urlsafe_b64decode(s + '=='))

    def password(c):
        o = octets(c['other'])
        o[7] |= 0x40
        c['other'] = b64(bytes(o))

    def point(c):
        o = octets(c['other'])
        o[-1] ^= 1
        c['other'] = b64(bytes(o))
    no('without the plan that follows', '--other', other=None)
    no('with a plan that follows none', 'does not follow', other=plan1)
    no('with a plan that one officer has not signed', 'has not signed', other=x.plan('half.json', signers=['li'])[0])
    no('with another plan that follows', 'not of the other plan', other=x.plan('more.json', '--unseal', '1')[0] or x.plan('more2.json')[0])
    altered = json.load(open(plan2))
    altered['plan']['quorum']['root'] = 1
    json.dump(altered, open(x.d + '/altered.json', 'w'))
    no('with a plan that was altered', 'signature', other=x.d + '/altered.json')
    no('a new root that a password opens', 'not of the other plan', password)
    no('another point', 'another key', point)
    no('without the key of the new root', 'other', lambda c: c.pop('other'))
    no('without the TPM\'s statements', 'made', lambda c: c.pop('made'))
    no('with statements of another session', 'another plan, session or structure', lambda c: c.update(nonce=b64(bytes(32))))
    no('told to be of the other step', 'follow', lambda c: c.update(step='old-with-new') or c.pop('made'))
    no('by somebody of the new plan alone', 'not of an officer of this plan', key=x.key['li'])
    no('under the new plan', 'another plan', plan=plan2, other=plan1, key=x.key['li'])


def openssl(x, anchor, untrusted, cert, *more):
    r = subprocess.run(['openssl', 'verify', *more, '-CAfile', anchor, '-untrusted', untrusted, cert], capture_output=True, text=True)
    return r.returncode == 0, r.stdout + r.stderr


def split(path):
    return ['-----BEGIN CERTIFICATE-----' + b for b in open(path).read().split('-----BEGIN CERTIFICATE-----')[1:]]


def keep(x, name, *pems):
    open(x.d + '/' + name, 'w').write(''.join(pems))
    return x.d + '/' + name


def appliance():
    x = Passing()
    h = x.h
    check('a demo home', h.made, h.made_err)
    first = keep(x, 'old.pem', split(h.d + '/trust/root.pem')[0])
    check('a plan that follows of another operator is not made', x.plan('no.json', operator='Other')[0] is None)
    check('nor one that seals what is not sealed', x.plan('no.json', '--unseal', '2')[0] is None)
    plan2, why = x.plan('next.json')
    check('a plan that follows is made and signed', plan2 is not None, why)
    low = subordinate(x)
    shown = run(OFFICER, 'plan', 'show', plan2, '--lang', 'en')[1]
    check('an officer\'s tool says that it follows, and whom', 'follows another plan' in shown and h256(canon(x.now)) in shown, shown)
    shutil.copy(h.d + '/register.db', x.d + '/register.before')
    check('the appliance serves', h.serve())
    code, out, err = run(B + '/fujie', 'ceremony', 'succeed', '--dir', h.d, '--plan', x.plan('half.json', signers=['li'])[0], '--json')
    os.unlink(x.d + '/half.json')
    check('a plan that not all signed begins nothing', code == 1 and 'has not signed' in out + err, out + err)
    code, out, err = run(B + '/fujie', 'ceremony', 'succeed', '--dir', h.d, '--plan', h.d + '/ceremony/plan.json', '--json')
    check('the plan of now is the plan already', code == 0 and not os.path.exists(h.d + '/ceremony/transcript-2'), out + err)
    new = [x.key[n] for n in ('officer1', 'li')]
    one, two = h.d + '/ceremony/plan-1.json', h.d + '/ceremony/plan-2.json'

    p = x.succeed(plan2)
    got, _ = x.round(p, 'successor', new, plan2, x.d + '/ceremony/plan.json')
    check('the new officers approve the new roots', got == ['taken', 'taken'], got)
    path = x.challenges(p, 'successor-list')
    code, text, out = x.tool(path, new[0], two, one)
    check('the former root by the new one, and a list: one approves', x.hand_in(p, 'successor-list', new[0], out) == 'taken', text[-300:])
    os.kill(h.children()['fujie-registry'], signal.SIGKILL)
    p.communicate(timeout=120)
    check('the register is killed: the command ends, nothing has passed on', p.returncode not in (0, None) and h.wait_up() and len(split(h.d + '/trust/root.pem')) == 1)
    item = next(c for c in h.demo['certificates'] if c['expect'] == 'permit')
    p = x.succeed(plan2)
    path = x.challenges(p, 'successor-list')
    check('with the same words it goes on, where it was', os.path.exists(path) and not os.path.exists(h.d + '/ceremony/successor.challenges'))
    code, text, out = x.tool(path, x.old['officer2'], two, one)
    check('an officer of the old plan alone approves nothing of the new one', code != 0 and 'not of an officer of this plan' in text, text[-300:])
    got, text = x.round(p, 'successor-list', new, two, one)
    check('now both', got == ['taken', 'taken'] and 'former root' in text, got)
    got, _ = x.round(p, 'successor-list-sm2', [x.key['li'], x.key['zhou']], two, one)
    check('and of the SM2 hierarchy', got == ['taken', 'taken'], got)
    path = x.challenges(p, 'pass-on')
    tools(x, path, two, one)
    code, text, out = x.tool(path, x.old['officer2'], one, two)
    check('the old officers\' tool says in words that other people rule the root from then on', code == 0 and 'OTHER PEOPLE RULE THE ROOT' in text and 'rules the root no longer: 乙' in text and 'rules the root from then on: Li (li)' in text
          and 'officer1' in text and "by its TPM's statements" in text, text)
    check('in Chinese too', '此后根由下列新方案的官员掌管' in x.tool(path, x.old['officer2'], one, two, 'zh')[1])
    check('one is not enough', x.hand_in(p, 'pass-on', x.old['officer2'], out) == 'taken' and p.poll() is None and len(split(h.d + '/trust/root.pem')) == 1)
    code, text, out = x.tool(path, x.old['officer3'], one, two)
    check('two of the old officers', x.hand_in(p, 'pass-on', x.old['officer3'], out) == 'taken')
    out, err = p.communicate(timeout=120)
    check('the root passes on', p.returncode == 0 and json.loads(out) == {'done': True}, out + err)
    roots = until(lambda: (lambda r: r if len(r) == 2 else None)(split(h.d + '/trust/root.pem')), 30)
    check('root.pem has the new root first', roots and roots[1] == open(first).read() and json.load(open(h.d + '/ceremony/plan.json')) == json.load(open(plan2)))
    second = keep(x, 'new.pem', roots[0])
    chain = until(lambda: (lambda c: c if len(c) == 6 else None)(split(h.d + '/trust/chain.pem')), 30)
    check('chain.pem: the issuing CA, the subordinate one, each root by the other, the roots', chain and chain[4:] == roots, chain and len(chain))
    between = keep(x, 'between.pem', *chain[:4])
    check('/ca/root-2.cer is the new root, /ca/root.cer the old one', all(subprocess.run(['openssl', 'x509', '-inform', 'DER', '-in', h.d + '/publish/ca/' + f], capture_output=True, text=True).stdout.strip() == r.strip() for f, r in (('root-2.cer', roots[0]), ('root.cer', roots[1]))))
    check('verdicts are as before', until(lambda: h.verdict_service(item) == 'permit' or None, 30) and h.verdict_tool(item) == 'permit', h.verdict_service(item))
    # OpenSSL
    issuing = keep(x, 'issuing.pem', chain[0])
    check('OpenSSL: what stands under the old root verifies from the new root alone', openssl(x, second, between, issuing)[0], openssl(x, second, between, issuing))
    check('a data asset certificate too', openssl(x, second, between, os.path.join(h.d, item['file']))[0])
    check('the new root from the old one alone', openssl(x, first, between, keep(x, 'nwo.pem', chain[2]))[0])
    check('not without what lies between', not openssl(x, second, issuing, issuing)[0])
    crls = []
    for n in sorted(os.listdir(h.d + '/trust/crl')):
        if 'sm2' not in n and n.endswith('.crl'):
            crls.append(subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', h.d + '/trust/crl/' + n], capture_output=True, text=True).stdout)
    lists = keep(x, 'crls.pem', *crls)
    answer = openssl(x, second, between, issuing, '-crl_check', '-CRLfile', lists)
    check('with the new root\'s first list', answer[0], answer)
    answer = openssl(x, first, between, issuing, '-crl_check', '-extended_crl', '-CRLfile', lists)
    check('which speaks for the old root\'s certificates from the old root alone (-extended_crl)', answer[0], answer)
    # the record
    code, out = tool(B + '/fujie-verify', 'ceremony', 'replay', h.d + '/ceremony/transcript-2', '--plan', two, '--other', one, '--unsigned')
    check('its transcript is replayed by both plans', code == 0 and [(s['step'], s['alg']) for s in out['signed']][-1] == ('new-with-old', 'SM2') and len(out['signed']) == 8, out)
    shown = run(B + '/fujie-verify', 'ceremony', 'transcript', h.d + '/ceremony/transcript-2', '--plan', two, '--other', one, '--unsigned', '--lang', 'en')[1]
    check('who gave the root away is named as in the former plan', all('officer: ' + n in shown and 'approved by: ' + n in shown for n in '乙丙') and 'by: officer' not in shown, shown)
    check('not by one', tool(B + '/fujie-verify', 'ceremony', 'replay', h.d + '/ceremony/transcript-2', '--plan', two, '--unsigned')[0] == 2)
    for k in new:
        r = run(OFFICER, 'transcript', 'sign', h.d + '/ceremony/transcript-2', '--plan', two, '--other', one, '--key', k + '.key', '--passphrase-file', k + '.passphrase', '--out', k + '.signature', '--yes', '--lang', 'en')
        check('a new officer signs it, and sees how often each officer of either plan approved', r[0] == 0 and all('approvals, by the plan before: %s: 2\n' % n in r[1] for n in ('乙（虚构官员） (officer2)', '丙（虚构官员） (officer3)')) and 'approvals, by the plan before: 甲（虚构官员） (officer1): 0\n' in r[1], r)
    join = lambda k, *more: tool(OFFICER, 'transcript', 'join', h.d + '/ceremony/transcript-2', '--plan', two, '--signatures', k + '.signature', '--yes', *more)
    check('what they signed each for himself is not joined without the former plan', join(new[0])[0] == 2)
    joined = [join(k, '--other', one) for k in new]
    check('with it it is, one after the other', [(code, len(out.get('signed_by', [])), out.get('enough')) for code, out in joined] == [(0, 1, False), (0, 2, True)], joined)
    check('and then it is asked for their signatures', tool(B + '/fujie-verify', 'ceremony', 'replay', h.d + '/ceremony/transcript-2', '--plan', two, '--other', one)[0] == 0)
    replays(x, one, two)
    check('the first ceremony\'s is replayed still', tool(B + '/fujie-verify', 'ceremony', 'replay', h.d + '/ceremony/transcript', '--plan', one)[0] == 0)
    code, out = h.cli('event', 'list', '--kind', 'root.succeeded', who='mof1')
    check('the register has who gave the root away', 'officer2' in said(out) and 'officer3' in said(out) or code != 0, out)
    # afterwards
    below(x, low)
    after(x, item)
    h.close()


def h256(data):
    return h(data).hex()


def subordinate(x):
    """another appliance under the root of before"""
    s = Sub(x.h, 'low', sm2=False)
    check('another appliance asks for a certificate of its CA', s.code == 0, s.err[-300:])
    check('the old officers certify it', certify(x.h, s.request) == 0)
    code, out = s.take(bundle(x.h, 1))
    check('and it takes it in', code == 0, out[-300:])
    return s.home()


def below(x, low):
    """the root has passed on: the list that the other appliance needs is by a key that it does not know yet"""
    pem = until(lambda: (lambda p: p if open(p).read().count('BEGIN CERTIFICATE') == 3 else None)(x.d + '/publish/ca/subordinate-1.pem'), 30)
    check('ca/subordinate-1.pem has what lies between the roots', pem is not None)
    check('the other appliance serves', low.serve())
    first = open(low.d + '/trust/crl/root.crl', 'rb').read()
    code, out = low.cli('ceremony', 'parent-crl', '--file', x.d + '/publish/trust/crl/root.crl', who='mof1')
    check('the new root\'s list alone is refused there', code == 1, out)
    own = as_pem(x.d + '/wrong.pem', *[('CERTIFICATE', d) for d in blocks(pem, 'CERTIFICATE')[:1] + blocks(x.d + '/new.pem', 'CERTIFICATE')], *[('X509 CRL', d) for d in blocks(pem, 'X509 CRL')])
    code, out = low.cli('ceremony', 'parent-crl', '--file', own, who='mof2')
    check('nor is the new root taken on its own word', code == 1 and 'not by the root' in said(out), out)
    code, out = low.cli('ceremony', 'parent-crl', '--file', pem, who='mof3')
    check('with the old root\'s word for it it is taken', code == 0, out)
    check('the list is published there', until(lambda: open(low.d + '/trust/crl/root.crl', 'rb').read() != first or None, 30))
    chain = until(lambda: (lambda c: c if len(c) == 4 else None)(split(low.d + '/trust/chain.pem')), 30)
    check('and the certificate between the roots, beside it, and the new root, which tells of its age', chain and chain[1:] == [open(x.d + '/%s.pem' % n).read() for n in ('nwo', 'new', 'old')], chain and len(chain))
    lists = keep(x, 'low.crl', subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', low.d + '/trust/crl/root.crl'], capture_output=True, text=True).stdout)
    answer = openssl(x, low.d + '/trust/root.pem', x.d + '/nwo.pem', keep(x, 'low.pem', chain[0]), '-crl_check', '-extended_crl', '-CRLfile', lists)
    check('OpenSSL: its CA is not revoked, from the old root alone', answer[0], answer)
    newer_below(x, low)


def newer_below(x, low):
    """its newer key is certified by the root that the one it was made for has passed on to"""
    low.stop()
    shutil.copy(low.d + '/register.db', low.d + '/register.kept')
    check('the other appliance serves again', low.serve())
    mof1, mof2, request = low.session('mof1'), low.session('mof2'), low.d + '/ceremony/ca-request.json'
    code, out = low.api('POST', '/api/v1/key/roll', {'key': 'issuing'}, mof1)
    code, out = low.api('POST', '/api/v1/approval/approve', {'id': out.get('approval')}, mof2)
    check('two officers make its newer key', code == 200 and 'former' in json.load(open(request)), out)
    p, why = begin(x.h, 'certify', '--file', request)
    check('the parent takes the request, though it names the root of before', p is not None, why)
    got, _ = x.round(p, 'certify', [x.key['li'], x.key['zhou']], x.d + '/ceremony/plan.json', None)
    p.communicate(timeout=60)
    pem = bundle(x.h, 2)
    newer, root, cross = blocks(pem, 'CERTIFICATE')[0], blocks(x.d + '/new.pem', 'CERTIFICATE')[0], blocks(x.d + '/nwo.pem', 'CERTIFICATE')[0]
    check('the new officers certify it', got == ['taken', 'taken'] and p.returncode == 0, got)
    for what, more in (('alone', b''), ('with the new root in its own name', by(root)), ('with another root\'s word', by(cross) + by(root)), ('with one cut', by(cross)[:-9])):
        kind, data = Signer(low.d, 'registry.sock').ask(CA_CERT, bytes([1]) + by(newer) + more) or (None, b'')
        check('the other appliance\'s signer does not take the certificate %s' % what, kind in (ERROR, None), data)
    code, out = low.api('POST', '/api/v1/root/take', {'file': open(pem).read()}, mof1)
    check('with the old root\'s word for the new one it does', code == 200 and out.get('certificates') == 1, out)
    chain = until(lambda: (lambda c: c if len(c) == 5 else None)(split(low.d + '/trust/chain.pem')), 30)
    check('its chain has both its keys, and what lies between the roots', chain and blocks(low.d + '/trust/chain.pem', 'CERTIFICATE')[0] == newer, chain and len(chain))
    crowd = Crowd(low, 3)
    path, _ = crowd.issue()
    openssl_says = lambda one: run('openssl', 'verify', '-CAfile', x.d + '/old.pem', '-untrusted', low.d + '/trust/chain.pem', one)
    says = lambda one: (tool(B + '/fujie-verify', '--trust', low.d + '/trust', one)[1]['verdict'], json.load(urllib.request.urlopen(low.url('/v1/verify'), json.dumps({'credential': open(one).read()}).encode(), timeout=60))['verdict'], openssl_says(one)[0])
    check('what it issues then verifies from the old root: tool, service, OpenSSL', until(lambda: says(path) == ('permit', 'permit', 0) or None, 30), says(path))
    check('and from the new root alone', run('openssl', 'verify', '-CAfile', x.d + '/new.pem', '-untrusted', low.d + '/trust/chain.pem', path)[0] == 0)
    low.stop()
    shutil.copy(low.d + '/register.db', low.d + '/register.after')
    for more in ('-wal', '-shm'):
        if os.path.exists(low.d + '/register.db' + more):
            os.unlink(low.d + '/register.db' + more)
    shutil.copy(low.d + '/register.kept', low.d + '/register.db')
    check('with a register of before it serves', low.serve())
    code, out = low.api('POST', '/api/v1/log/restore', {}, low.session('mof2'))
    code, out = low.api('POST', '/api/v1/approval/approve', {'id': out.get('approval')}, low.session('mof3'))
    check('two officers restore it, with the newer key', code == 200 and 'issuing.2' in (out.get('keys') or []), out)
    check('the chain stays as it is', split(low.d + '/trust/chain.pem') == chain)
    check('and what was issued verifies', until(lambda: says(path) == ('permit', 'permit', 0) or None, 30), says(path))
    low.stop()


def replays(x, one, two):
    """lines left out, in another order, or of others"""
    lines = [json.loads(l) for l in open(x.d + '/ceremony/transcript-2')]

    def bad(sentence, lines, words):
        before, out = h256(canon(json.load(open(two))['plan'])), b''
        for n, l in enumerate(lines):
            raw = canon(dict(l, n=n + 1, before=before))
            before, out = h256(raw), out + raw + b'\n'
        open(x.d + '/bad-transcript', 'wb').write(out)
        code, doc = tool(B + '/fujie-verify', 'ceremony', 'replay', x.d + '/bad-transcript', '--plan', two, '--other', one, '--unsigned')
        check('replay: %s: refused' % sentence, code == 1 and words in said(doc), doc)

    def at(step, what):
        return [k for k, l in enumerate(lines) if l['step'] == step and what in (l['out'].get('step'), l['in'].get('step'), (l['in'].get('answer') or {}).get('step'))]
    own, nwo = at('signature', 'old-with-new')[0], at('challenge', 'new-with-old')[0]
    bad('the old root\'s certificate left out', lines[:own] + lines[own + 1:], 'before its successor is ready')
    taken = [k for k in at('answer', 'new-with-old') if lines[k]['out'].get('taken')]
    bad('an old officer\'s approval left out', lines[:taken[0]] + lines[taken[0] + 1:], 'without the officers')
    foreign = json.loads(json.dumps(lines[taken[0]]))
    foreign['in']['answer']['officer'] = 'li'
    bad('a new officer in an old one\'s place', lines[:taken[0]] + [foreign] + lines[taken[0] + 1:], 'no officer of the plan')
    other = json.loads(json.dumps(lines[0]))
    other['out']['former']['root'] = other['out']['former']['root-sm2']
    bad('another root that is followed', [other] + lines[1:], 'no root of this algorithm')
    bad('the end before the root has passed on', lines[:nwo] + [lines[-1]], 'ends before')


def after(x, item):
    h, two = x.h, x.d + '/ceremony/plan.json'
    p, begun = h.root_crl_begin()
    path = h.d + '/ceremony/root-crl.challenges'
    check('a list of the root awaits the new officers', begun and json.load(open(path))['challenges'][0]['plan'] == h256(canon(json.load(open(two))['plan'])))
    code, text, _ = x.tool(path, x.old['officer2'], two, None)
    check('the old ones approve nothing any more', code != 0 and 'not of an officer of this plan' in text, text[-200:])
    got, _ = x.round(p, 'root-crl', [x.key['li'], x.key['zhou']], two, None)
    p.communicate(timeout=120)
    check('the new ones do', got == ['taken', 'taken'] and p.returncode == 0, got)
    code, out = h.cli('key', 'end', '--key', 'root.1', who='mof1')
    check('two finance officers end the old root\'s key', code == 0 and 'approval' in out, out)
    code, out = h.cli('approval', 'approve', '--id', out.get('approval', ''), who='mof2')
    keys = until(lambda: {k['id']: k['state'] for k in h.cli('key', 'list', who='mof3')[1]['items']}, 5)
    check('it is destroyed, with a record', code == 0 and keys.get('root.1') == 'ENDED' and keys.get('root-sm2.1') == 'RETIRED' and keys.get('root') == 'FINE', (out, keys))
    check('the service stops', h.stop() == 0)
    check('and starts again', h.serve())
    check('verdicts are as before', until(lambda: h.verdict_service(item) == 'permit' or None, 30), h.verdict_service(item))
    code, out = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', two)
    check('the TPM states the new root under the new plan\'s officers', code == 0 and out['tpm'] == 'software', said(out)[:600])
    code, out, err = run(B + '/fujie', 'audit', 'verify', '--dir', h.d)
    check('the whole record holds', code == 0, out[-300:] + err[-300:])
    put_back(x, item)


def put_back(x, item):
    """a register of before the root passed on: two finance officers restore it, and the root with it"""
    h, plan = x.h, x.d + '/ceremony/plan.json'
    h.stop()
    for more in ('-wal', '-shm'):
        if os.path.exists(h.d + '/register.db' + more):
            os.unlink(h.d + '/register.db' + more)
    shutil.copy(x.d + '/register.before', h.d + '/register.db')
    shown = [open(h.d + '/' + f, 'rb').read() for f in ('trust/root.pem', 'trust/chain.pem', 'trust/crl/root.crl')]
    check('with a register of before it serves', h.serve())
    asked = h.cli('log', 'restore', who='mof1')[1].get('approval', '')
    os.rename(plan, plan + '.kept')
    shutil.copy(x.d + '/ceremony/plan-1.json', plan)
    code, out = h.cli('approval', 'approve', '--id', asked, who='mof2')
    check('while the plan of before is in the plan\'s place it is not restored, with what to do', code != 0 and 'ceremony/plan.json' in said(out), out)
    os.rename(plan + '.kept', plan)
    code, out = h.cli('approval', 'approve', '--id', asked, who='mof3')
    check('two officers restore it, and with it the roots, and the CA that the newer one certified', code == 0 and sorted(out.get('keys')) == ['root-sm2.2', 'root.2', 'subordinate.2'], out)
    check('what is published of roots is as it was', [open(h.d + '/' + f, 'rb').read() for f in ('trust/root.pem', 'trust/chain.pem', 'trust/crl/root.crl')] == shown)
    keys = until(lambda: {k['id']: k['state'] for k in h.cli('key', 'list', who='mof1')[1]['items']}, 5)
    check('both former roots are known', keys.get('root.1') == 'RETIRED' == keys.get('root-sm2.1') and keys.get('root') == 'FINE', keys)
    code, out = h.cli('approval', 'approve', '--id', h.cli('key', 'end', '--key', 'root.1', who='mof1')[1].get('approval', ''), who='mof2')
    keys = until(lambda: {k['id']: k['state'] for k in h.cli('key', 'list', who='mof3')[1]['items']}, 5)
    check('the end of the old one is said again', code == 0 and keys.get('root.1') == 'ENDED', (out, keys))
    check('verdicts are as before', until(lambda: h.verdict_service(item) == 'permit' or None, 30), h.verdict_service(item))
    p, begun = h.root_crl_begin()
    got, _ = x.round(p, 'root-crl', [x.key['li'], x.key['zhou']], plan, None)
    p.communicate(timeout=120)
    check('the new officers rule the root', begun and got == ['taken', 'taken'] and p.returncode == 0, got)
    code, out, err = run(B + '/fujie', 'audit', 'verify', '--dir', h.d)
    check('and the whole record holds', code == 0, out[-300:] + err[-300:])


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    course(root)
    killed(root)
    unsealed(root)
    without_plan(root)
    appliance()
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
