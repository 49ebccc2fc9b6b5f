"""A root and its spare (docs/formats.md 28): the ceremony's root leaves for one other TPM, under its officers,
and arrives there as a key that signs with them only.  Each attack once through the signers, which say why, and
once past them at the TPMs, which decide; then the same by files and by people's own tools, and what is left when
the first TPM is destroyed.  With software TPMs this proves the logic, not custody."""
from spare_lib import *


def spare_alone(reg, plan):
    rc, why, _ = reg.plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan})))
    check('no ceremony is held in a spare', rc == POLICY and 'prepared as a spare' in why, why)
    check('nor does it sign anything', reg.sign(ISSUING, C_DELEG, b'\x30\x00', ('a', 'b'))[0] not in (0, None))
    check('nor a proof, before its root is there', Round(reg, PROOF, b'x').rc == POLICY)
    m = Move(reg)
    check('nothing leaves a spare', m.rc == POLICY and 'no spare' in m.why, m.why)


# --- departure ---
def departure(home, a, reg, spki, officers, plan, parent, sign_ref, move_ref):
    stranger = Officer(home, 'stranger')
    m = Move(reg)
    check('a move is opened: nonce, the root\'s public area, the plan\'s time', m.rc == 0 and len(m.nonce) == 32 and m.expiration == plan['expiration'], m.why)
    both = root_branches(officers, sign_ref[15:], parent)
    check('the root is not fixed to its TPM, and its policy is an OR of signing and of moving to that one parent', m.public[4:8] == bytes.fromhex('00040420') and policy_or(both) in m.public, m.public.hex())
    good = [(i, m.approve(o, move_ref)) for i, o in enumerate(officers)]

    def still():
        return 'there are 1' in m.go(good[0])[1]

    for sentence, answer, rc, words in (
            ('no approval', m.go(), POLICY, 'there are 0'), ('m - 1 approvals', m.go(good[0]), POLICY, 'there are 1'), ('one officer twice', m.go(good[0], good[0]), POLICY, 'approves twice'),
            ('a foreign officer', m.go(good[0], (1, m.approve(stranger, move_ref))), SIGNATURE, 'what qian sent'),
            ('an approval to sign', m.go(good[0], (1, m.approve(officers[1], sign_ref))), SIGNATURE, 'no approval of this move'),
            ('an approval to sign, with a cpHash', m.go(good[0], (1, officers[1].sign(approval(m.nonce, m.expiration, cphash(m.public, h(b'x')), sign_ref)))), SIGNATURE, 'what qian sent'),
            ('an approval of this move with a cpHash', m.go(good[0], (1, officers[1].sign(approval(m.nonce, m.expiration, cphash(m.public, h(b'x')), move_ref)))), SIGNATURE, 'what qian sent'),
            ('an approval of another session', m.go(good[0], (1, m.approve(officers[1], move_ref, nonce=os.urandom(32)))), SIGNATURE, 'what qian sent'),
            ('an approval without a nonce', m.go(good[0], (1, officers[1].sign(h(struct.pack('>i', m.expiration), move_ref)))), SIGNATURE, 'what qian sent'),
            ('an approval for ever', m.go(good[0], (1, m.approve(officers[1], move_ref, expiration=0))), SIGNATURE, 'what qian sent'),
            ('an approval under another plan', m.go(good[0], (1, m.approve(officers[1], move_ref[:15] + bytes(32)))), SIGNATURE, 'what qian sent')):
        turned_down('move: %s' % sentence, answer, rc, words, still)
    r = Round(reg, CRL_ROOT, crl_tbs(spki, 2))
    check('a structure to be signed is open beside it', r.rc == 0, r.why)
    turned_down('approvals of the move don\'t sign the structure', r.sign(*good[:2]), SIGNATURE, 'no approval of this structure')
    swapped = Round.sign(type('X', (), {'reg': reg, 'id': m.id})(), *good[:2])
    turned_down('nor is the move a structure that can be signed', swapped, STATE, 'no structure')
    turned_down('nor the structure a move', m.go(*[(i, r.approve(officers[i], sign_ref)) for i in (0, 1)], ident=r.id), STATE, 'no move')
    rc, why, sig = r.sign(*[(i, r.approve(officers[i], sign_ref)) for i in (0, 1)])
    check('the structure is signed meanwhile', rc == 0 and verifies(spki, r.tbs, sig), why)
    check('the verifier service moves nothing', Signer(home, 'verifier.sock').ask(MOVE_BEGIN, bytes([ROOT])) is None)
    check('what is no root is not moved', reg.ask(MOVE_BEGIN, bytes([ISSUING])) is None)
    early = reg.plain(MOVE, bytes([ROOT, 0]) + struct.pack('>I', 0))
    turned_down('nothing was given out before', early, STATE, 'no move')
    rc, why, data = m.go(good[1], good[2])
    check('two of three: the root leaves', rc == 0, why)
    moved = three(data)
    check('what leaves is the root\'s public area and two parts that only the spare opens', moved[0] == m.public and len(moved[1]) > 64 and len(moved[2]) > 32)
    again = Move(reg)
    check('a second move is refused', again.rc == EXISTS and 'leaves once' in again.why, (again.rc, again.why))
    check('what left is given out again, whatever is said', m.go(ident=0)[2] == data and m.go(good[0], ident=9)[2] == data)
    check('the status says so', reg.status()['move'] == {'parent': name_of(parent).hex(), 'root': True, 'root-sm2': False}, reg.status().get('move'))
    r = Round(reg, CRL_ROOT, crl_tbs(spki, 3))
    rc, why, sig = r.sign(*[(i, r.approve(officers[i], sign_ref)) for i in (1, 2)])
    check('the root that has left signs here as before', rc == 0 and verifies(spki, r.tbs, sig), why)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after a new start it is given out still, and does not leave twice', reg.plain(MOVE, bytes([ROOT, 0]) + struct.pack('>I', 0))[2] == data and Move(reg).rc == EXISTS)
    a.end()
    return moved


def departure_at_tpm(home, public, officers, parent, sign_ref, move_ref, other):
    """a conquered appliance and the TPM itself: `other` is a parent that is not the plan's"""
    tpm = Tpm(home + '/tpm')
    raw = Raw(tpm)
    slot = next(i for i in range(1, 16) if public in blob_of(home, i)[0])
    blob, storage = blob_of(home, slot), 0x81004600
    sign_, move_ = branches(officers, sign_ref), branches(officers, move_ref)
    last = list(root_branches(officers, sign_ref[15:], parent))
    none = bytes.fromhex('0010')

    def attempt(who, ref=move_ref, ors=move_, to=parent, into=None, wants=None, code=None, sign=False, nonce=None, signatures=None, whole=True):
        s, n = raw.session()
        sigs = signatures or [o.sign(move_approval(nonce or n, 0, ref)) for o in who]
        out = [raw.signed(s, o, n, b'', ref, 0, sig) for o, sig in zip(who, sigs)]
        out.append(raw.either(s, ors))
        if code:
            out.append(raw.ask(0x16c, s + struct.pack('>I', code))[0])
        if to:
            out.append(raw.ask(0x188, s + two(wants or name_of(public)) + two(name_of(to)) + b'\0')[0])
        if whole:
            out.append(raw.either(s, last))
        k = raw.load(blob, storage)
        if sign:
            out.append(raw.sign(k, h(b'anything'), s))
        else:
            obj = raw.external(into or to or parent)
            auth = s + two(os.urandom(16)) + b'\0' + two(b'')
            rc, r = raw.ask(0x14b, k + obj + by(auth) + two(b'') + none, 0x8002)
            out.append(rc)
            raw.flush(obj)
        raw.flush(k)
        raw.flush(s)
        return out, sigs

    def stopped(sentence, out):
        check('TPM: %s' % sentence, out[-1] != 0, [hex(c) for c in out])

    pair = officers[:2]
    stopped('m - 1 officers move nothing', attempt(pair[:1])[0])
    stopped('one officer twice', attempt([pair[0], pair[0]])[0])
    stopped('two officers, another parent', attempt(pair, to=other)[0])
    stopped('the plan\'s parent selected, another one in the command', attempt(pair, into=other)[0])
    stopped('another object selected', attempt(pair, wants=name_of(other))[0])
    stopped('no parent selected', attempt(pair, to=None, into=parent)[0])
    stopped('no parent selected, the command named', attempt(pair, to=None, into=parent, code=0x14b)[0])
    stopped('approvals to sign, without a cpHash, move nothing', attempt(pair, ref=sign_ref, ors=sign_, to=None, into=parent)[0])
    stopped('nor with the command named', attempt(pair, ref=sign_ref, ors=sign_, to=None, into=parent, code=0x14b)[0])
    stopped('nor with the parent selected', attempt(pair, ref=sign_ref, ors=sign_)[0])
    stopped('approvals to move sign nothing', attempt(pair, sign=True)[0])
    stopped('nor without a parent', attempt(pair, to=None, sign=True)[0])
    stopped('nor named as a signature', attempt(pair, to=None, sign=True, code=0x15d)[0])
    out, sigs = attempt(pair)
    check('TPM: two of three to the plan\'s parent', out[-1] == 0, [hex(c) for c in out])
    stopped('the same approvals in another session', attempt(pair, signatures=sigs)[0])
    key, obj = raw.load(blob, storage), raw.external(parent)
    rc, _ = raw.ask(0x14b, key + obj + by(bytes.fromhex('40000009') + two(b'') + b'\0' + two(b'')) + two(b'') + none, 0x8002)
    check('TPM: the empty password moves nothing', rc != 0, hex(rc))
    raw.flush(obj)
    raw.flush(key)
    key = raw.load(blob, storage)
    rc, _ = raw.ask(0x14b, key + bytes.fromhex('40000007') + by(bytes.fromhex('40000009') + two(b'') + b'\0' + two(b'')) + two(b'') + none, 0x8002)
    check('TPM: nor without any parent', rc != 0, hex(rc))
    raw.flush(key)
    tpm.end()


# --- arrival ---
def arrival(home, a, reg, spki, officers, plan, moved, sign_ref, elsewhere):
    file = signed_plan(plan, officers)

    def flip(data, at=-1):
        return data[:at] + bytes([data[at] ^ 1]) + (data[at + 1:] if at != -1 else b'')

    def bad(sentence, answer, rcs=(POLICY, SIGNATURE), words=''):
        check('arrival: %s: refused' % sentence, answer[0] in rcs and words in answer[1], answer)

    key = (ROOT, moved)
    bad('a plan that one officer did not sign', take_in(reg, signed_plan(plan, officers[:2]), key))
    bad('a plan that was altered after it', take_in(reg, file.replace(b'"m":2', b'"m":1'), key))
    bad('another plan of the same officers', take_in(reg, signed_plan(dict(plan, made='2026-11-29T12:00:01Z'), officers), key), words='no root of this plan')
    bad('a plan without a spare', take_in(reg, signed_plan({k: v for k, v in plan.items() if k != 'move'}, officers), key), words='another TPM')
    bad('a plan whose spare is another TPM', take_in(reg, signed_plan(dict(plan, move={'m': 2, 'parent': b64(elsewhere)}), officers), key), words='another TPM')
    bad('a private part that was altered', take_in(reg, file, (ROOT, [moved[0], flip(moved[1]), moved[2]])), (SIGNATURE,))
    bad('one altered at its head', take_in(reg, file, (ROOT, [moved[0], flip(moved[1], 3), moved[2]])), (SIGNATURE,))
    bad('a seed that was altered', take_in(reg, file, (ROOT, [moved[0], moved[1], flip(moved[2])])), (SIGNATURE,))
    bad('a part that was cut', take_in(reg, file, (ROOT, [moved[0], moved[1][:-1], moved[2]])), (SIGNATURE,))
    password = moved[0][:7] + bytes([moved[0][7] | 0x40]) + moved[0][8:]
    bad('a public area with a password', take_in(reg, file, (ROOT, [password, moved[1], moved[2]])), words='no root of this plan')
    bad('one with another point', take_in(reg, file, (ROOT, [flip(moved[0]), moved[1], moved[2]])))
    bad('one that is fixed to its TPM', take_in(reg, file, (ROOT, [moved[0][:7] + b'\x32' + moved[0][8:], moved[1], moved[2]])), words='no root of this plan')
    bad('no key', take_in(reg, file))
    bad('the key twice', take_in(reg, file, key, key))
    check('arrival: what is no root ends the connection', take_in(reg, file, (ISSUING, moved))[0] is None)
    check('nothing of all that is kept', len([k for k in reg.status()['keys'] if k['role'].startswith('root')]) == 0)
    rc, why, _ = take_in(reg, file, key)
    check('the root arrives', rc == 0, why)
    check('and is the same key', reg.plain(PUBKEY, bytes([ROOT]))[2][4:] == spki)
    bad('it arrives twice', take_in(reg, file, key), (EXISTS,), 'already')
    bad('another plan afterwards', take_in(reg, signed_plan(dict(plan, made='2026-11-29T12:00:02Z'), officers), key), words='another plan')
    text = b'fujie-spare-proof-1\n%s\n%s\n' % (sign_ref[15:].hex().encode(), name_of(moved[0]).hex().encode())
    for turn in ('', ' after a new start'):
        check('in the spare the root signs no certificate%s' % turn, Round(reg, C_ROOT, root_tbs(spki)).rc == POLICY and Round(reg, CRL_ROOT, crl_tbs(spki, 9)).rc == POLICY)
        check('nor another text', Round(reg, PROOF, text + b'x').rc == POLICY and Round(reg, PROOF, text[:-1]).rc == POLICY)
        refused('nor the proof by the ordinary request', reg.sign(ROOT, PROOF, text, ('zhao', 'qian')))
        r = Round(reg, PROOF, text)
        good = [(i, r.approve(o, sign_ref)) for i, o in enumerate(officers)]
        turned_down('the proof by m - 1 officers', r.sign(good[0]), POLICY, 'there are 1')
        turned_down('the proof by approvals to move', r.sign(good[0], (1, officers[1].sign(move_approval(r.nonce, r.expiration, b'fujie-root-move' + sign_ref[15:])))), SIGNATURE, 'what qian sent')
        rc, why, sig = r.sign(good[0], good[1])
        check('the proof by two of three%s: it verifies under the root' % turn, rc == 0 and verifies(spki, text, sig), why)
        m = Move(reg)
        check('it goes no further', m.rc == POLICY and 'ceremony is closed' in m.why, m.why)
        a.end()
        if not turn:
            a = Alone(home)
            reg = Signer(home, 'registry.sock')


def arrival_at_tpm(home, public, officers, sign_ref, first_parent, parent):
    """a thief who has the spare, and what came to it"""
    tpm = Tpm(home + '/tpm')
    raw = Raw(tpm)
    slot = next(i for i in range(1, 16) if public in blob_of(home, i)[0])
    blob, storage = blob_of(home, slot), 0x81004600
    key = raw.load(blob, storage)
    check('spare\'s TPM: the empty password signs nothing', raw.sign(key, h(b'x')) == 0x12f)
    s, n = raw.session()
    check('spare\'s TPM: nor an empty session', raw.sign(key, h(b'x'), s) == 0x99d)
    raw.flush(s)
    raw.flush(key)
    move_ref = b'fujie-root-move' + sign_ref[15:]
    s, n = raw.session()
    out = [raw.signed(s, o, n, b'', move_ref, 0, o.sign(move_approval(n, 0, move_ref))) for o in officers[:2]]
    out.append(raw.either(s, branches(officers, move_ref)))
    out.append(raw.ask(0x188, s + two(name_of(public)) + two(name_of(first_parent)) + b'\0')[0])
    out.append(raw.either(s, list(root_branches(officers, sign_ref[15:], parent))))
    check('spare\'s TPM: even its officers can\'t send it back or on: there is one parent in its policy', out[-1] == 0x1c4, [hex(c) for c in out])
    tpm.end()


def elsewhere_at_tpm(folder, moved):
    """a third TPM, by the plain command: what left is not for it"""
    a, reg, parent = prepare(folder)
    a.end()
    tpm = Tpm(folder + '/tpm')
    rc, _ = tpm.owner(0x156, bytes.fromhex('81004600'), two(b'') + two(moved[0]) + two(moved[1]) + two(moved[2]) + bytes.fromhex('0010'))
    check('another TPM can\'t open what left', rc != 0, hex(rc))
    tpm.end()
    return parent


def signers(root):
    officers = [Officer(root, login) for login in ('zhao', 'qian', 'sun')]
    spare, spare_reg, parent = prepare(root + '/spare')
    third, third_reg, other = prepare(root + '/third')
    third.end()
    plan = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
            'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 60, 'made': '2026-11-29T12:00:00Z',
            'move': {'m': 2, 'parent': b64(parent)}}
    hash_ = h(canon(plan))
    sign_ref, move_ref = b'fujie-root-sign' + hash_, b'fujie-root-move' + hash_
    spare_alone(spare_reg, plan)
    home = root + '/home'
    a, reg, spki = ceremony(home, officers, plan, sign_ref)
    moved = departure(home, a, reg, spki, officers, plan, parent, sign_ref, move_ref)
    departure_at_tpm(home, moved[0], officers, parent, sign_ref, move_ref, other)
    elsewhere_at_tpm(root + '/fourth', moved)
    first_parent = blob_of(home, 0)[0][2:]
    arrival(root + '/spare', spare, spare_reg, spki, officers, plan, moved, sign_ref, other)
    arrival_at_tpm(root + '/spare', moved[0], officers, sign_ref, first_parent, parent)


def killed(root):
    """kill -9 while the TPM works on each command of the way: what was begun is gone on with, nothing is lost or doubled"""
    officers = [Officer(root, login + '3') for login in ('zhao', 'qian', 'sun')]
    spare = None
    for n, code in enumerate((0x131, 0x120, 0x12a, 0x134, 0x153)): # CreatePrimary, EvictControl, NV_DefineSpace, NV_Increment, Create
        home = root + '/cut%d' % n
        a = Alone(home, kill_at=code)
        check('prepared, cut at 0x%x' % code, cut(lambda: Signer(home, 'registry.sock').ask(SPARE, b'')))
        a.ended()
        a.tpm.end()
        a = Alone(home)
        reg = Signer(home, 'registry.sock')
        rc, why, data = reg.plain(SPARE)
        check('gone on with: it is a spare, open and whole', rc == 0 and reg.status()['closed'] is None and reg.status()['counter'] > 0 and reg.status()['whole'], why)
        a.end()
        spare, parent = home, data[4:]
    plan = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
            'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 60, 'made': '2026-11-29T12:00:00Z',
            'move': {'m': 2, 'parent': b64(parent)}}
    hash_ = h(canon(plan))
    home = root + '/cut'
    a, reg, spki = ceremony(home, officers, plan, b'fujie-root-sign' + hash_)
    a.end()
    a = Alone(home, kill_at=0x14b)
    m = Move(Signer(home, 'registry.sock'))
    approvals = [(i, m.approve(officers[i], b'fujie-root-move' + hash_)) for i in (0, 1)]
    check('the move, cut while the TPM lets the root leave', cut(lambda: m.go(*approvals)[0]))
    a.ended()
    a.tpm.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('nothing has left, and old approvals move nothing', Move.go(type('X', (), {'reg': reg, 'role': ROOT, 'id': m.id})(), *approvals)[0] == STATE)
    m = Move(reg)
    rc, why, data = m.go(*[(i, m.approve(officers[i], b'fujie-root-move' + hash_)) for i in (0, 1)])
    check('with new ones it leaves', rc == 0, why)
    a.end()
    file, key = signed_plan(plan, officers), (ROOT, three(data))
    for code in (0x156, 0x157, 0x15d): # Import, Load, Sign
        a = Alone(spare, kill_at=code)
        check('its arrival, cut at 0x%x' % code, cut(lambda: take_in(Signer(spare, 'registry.sock'), file, key)[0]))
        a.ended()
        a.tpm.end()
    for turn in (1, 2): # the log without its last record, as after a kill between two of them
        a = Alone(spare)
        reg = Signer(spare, 'registry.sock')
        rc, why, _ = take_in(reg, file, key)
        check('gone on with: it arrives', rc == 0 and reg.plain(PUBKEY, bytes([ROOT]))[2][4:] == spki, why)
        check('once', take_in(reg, file, key)[0] == EXISTS)
        a.end()
        if turn == 1:
            drop_last(spare + '/signer/audit.log')


def drop_last(path):
    """the last record of an audit log is cut"""
    data, i, last = open(path, 'rb').read(), 0, 0
    while i + 4 <= len(data):
        last = i
        i += 4 + struct.unpack('>I', data[i:i + 4])[0]
    open(path, 'r+b').truncate(last + 10)


def fixed_stays(root):
    """a plan without a spare: its root is fixed to its TPM, and there is nothing to ask for"""
    officers = [Officer(root, login + '2') for login in ('zhao', 'qian', 'sun')]
    plan = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
            'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 60, 'made': '2026-11-29T12:00:00Z'}
    home = root + '/fixed'
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('a plan without a spare', reg.plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test', 'plan': plan})))[0] == 0)
    r = Round(reg, C_ROOT, root_tbs(reg.plain(PUBKEY, bytes([ROOT]))[2][4:]))
    ref = b'fujie-root-sign' + h(canon(plan))
    check('its root is as it always was', r.public[4:8] == bytes.fromhex('00040432') and policy_or(branches(officers, ref)) in r.public)
    m = Move(reg)
    check('and can\'t leave', m.rc == POLICY and 'no spare' in m.why, m.why)
    check('keys of a home: it becomes no spare', reg.plain(SPARE)[0] == POLICY)
    a.end()


# --- the same by files: people's own tools ---
def attested_test(home, plan, request, name):
    """what a verifier says of the spare before the plan, and of roots that may leave"""
    def verify(*args):
        code, out = tool(B + '/fujie-verify', 'attestation', *args)
        return code, out, {c['name']: c for c in out.get('checks', [])}

    code, out, checks = verify('--spare', request)
    check('the spare\'s TPM vouches for its storage key', code == 0 and out['tpm'] == 'software' and checks['parent']['outcome'] == 'pass', out)
    doc = json.load(open(request))
    for sentence, change in (('whose parent is another key', lambda d: d.update(parent=json.load(open(plan))['plan']['move']['parent'][:-6] + 'AAAAAA')),
                             ('whose statement was altered', lambda d: d['attestation']['objects'][0].update(attest=d['attestation']['objects'][1]['attest'])),
                             ('with another time', lambda d: d['attestation'].update(qualifying=d['attestation']['qualifying'].replace('20', '21', 1))),
                             ('bound to a home\'s text', lambda d: d['attestation'].update(qualifying='fujie-attestation-1\n'))):
        d = json.loads(json.dumps(doc))
        change(d)
        json.dump(d, open(request + '.bad', 'w'))
        code, out, _ = verify('--spare', request + '.bad')
        check('a request %s is none' % sentence, code == 1, str(out)[:500])
    check('--plan goes with a home', verify('--spare', request, '--plan', plan)[0] == 2)
    check('a trust or a request, not both', verify('--spare', request, '--trust', home + '/publish/trust')[0] == 2)
    trust = home + '/publish/trust'
    code, out, checks = verify('--trust', trust)
    check('without the plan it is not known where the roots may go', code == 0 and checks['attributes']['outcome'] == 'unknown' and '--plan' in json.dumps(checks['attributes']), checks.get('attributes'))
    code, out, checks = verify('--trust', trust, '--plan', plan)
    check('with it: to one other TPM, by name', code == 0 and out.get('moves_to') == name and checks['attributes']['outcome'] == 'pass' and name in json.dumps(checks['officers']), checks)


def by_files(root):
    people = [Person(root, login) for login in ('zhao', 'qian', 'sun')]
    spare, home, plan = root + '/d2', root + '/d1', root + '/plan.json'
    code, out = tool(B + '/fujie', 'spare', 'prepare', '--dir', spare, '--tpm', 'software', '--out', root + '/request')
    check('fujie spare prepare writes a request and says the storage key\'s Name', code == 0 and len(out.get('name', '')) == 68, out)
    name = out.get('name', '')
    check('asked again it says the same', tool(B + '/fujie', 'spare', 'prepare', '--dir', spare, '--tpm', 'software', '--out', root + '/request2')[1].get('name') == name)
    code, out = tool(B + '/fujie', 'spare', 'prove', '--dir', spare)
    check('there is nothing to prove yet', code == 1 and 'spare import' in said(out), out)
    code, out = tool(B + '/fujie', 'spare', 'prove', '--dir', root)
    check('a folder that is no spare', code == 1 and 'spare prepare' in said(out), out)

    args = ['ceremony', 'plan', '--arc', '1.3.6.1.4.1.55555', '--base', 'http://127.0.0.1:8480', '--operator', 'Test', '--quorum', '2', '--expiration', '60', '--sm2', '--out', plan]
    for p in people:
        args += ['--officer', '%s:%s:%s' % (p.login, p.login.title(), p.public)]
    broken = json.load(open(root + '/request'))
    broken['parent'] = b64(bytes.fromhex('0023000b00030432') + base64.urlsafe_b64decode(broken['parent'] + '==')[8:])
    json.dump(broken, open(root + '/broken', 'w'))
    code, out = tool(B + '/fujie', *args, '--move', root + '/broken')
    check('a request whose key is no fixed storage key makes no plan', code == 1 and 'storage key' in said(out), out)
    check('--move-quorum without --move is wrong use', tool(B + '/fujie', *args, '--move-quorum', '2')[0] == 2)
    check('more officers than there are can\'t be asked for', tool(B + '/fujie', *args, '--move', root + '/request', '--move-quorum', '4')[0] == 1)
    code, out = tool(B + '/fujie', *args, '--move', root + '/request', '--move-quorum', '3')
    check('a plan with a spare is written', code == 0 and json.load(open(plan))['plan']['move']['m'] == 3, out)
    check('its officers sign it', [p.sign(plan)[0] for p in people] == [0, 0, 0])
    shown = subprocess.run([OFFICER, 'plan', 'show', plan, '--lang', 'en'], capture_output=True, text=True).stdout
    check('an officer\'s tool says that the roots may leave, for whom and by how many', '3 officers can move the root keys to one other TPM' in shown and name in shown and 'not fixed' in shown, shown)
    check('and as JSON', tool(OFFICER, 'plan', 'show', plan)[1].get('move') == {'m': 3, 'parent': name})
    shown = subprocess.run([OFFICER, 'plan', 'show', plan, '--lang', 'zh'], capture_output=True, text=True).stdout
    check('in Chinese too', '备机' in shown and name in shown, shown)

    org = ['--org-usci', usci('11420000TEXT00001'), '--org-name', '测试财政厅', '--org-div6', '420000', '--org-level', '省', '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2',
           '--portal', '127.0.0.1:%d' % free_port(), '--verifier', '127.0.0.1:%d' % free_port(), '--tpm', 'software']
    w = Waiting(home, 'ceremony', 'run', '--plan', plan, '--dir', home, *org).answer(people[:2], ('root', 'issuing', 'issuing-sm2'), plan)
    code, answer = w.end()
    check('the ceremony is held under this plan', code == 0, (answer, w.shown[-600:]))
    transcript = subprocess.run([B + '/fujie', 'ceremony', 'transcript', home + '/ceremony/transcript', '--plan', plan, '--unsigned', '--lang', 'en'], capture_output=True, text=True)
    check('its transcript says that the roots may leave', transcript.returncode == 0 and 'not fixed to their TPM' in transcript.stdout and name in transcript.stdout, transcript.stdout[:800] + transcript.stderr)

    own = RealHome(home, answer)
    code, out = tool(B + '/fujie', 'ceremony', 'move', '--dir', home, '--as', 'a1')
    check('where what leaves goes has to be said', code == 2, out)
    blob = root + '/blob'
    w = own.move(blob).answer([people[0]], ('move',), plan, before=tampered)
    w.answer([], (), plan)
    refused_ = os.path.exists(home + '/ceremony/move.zhao.answers.refused')
    check('an answer that was altered is refused by name', refused_)
    os.rename(home + '/ceremony/move.challenges.done', home + '/ceremony/move.challenges')
    w.answer(people, ('move',), plan)
    code, out = w.end()
    check('three officers move the roots of both algorithms', code == 0 and out == {'again': False, 'saved': True} and [m['alg'] for m in json.load(open(blob))['moved']] == ['P-256', 'SM2'], (out, w.err, w.shown[-800:]))
    check('each was shown what it means and where the root goes', 'leaves this TPM' in w.shown and name in w.shown, w.shown[:1500])
    w = own.move(root + '/blob2')
    code, out = w.end()
    check('asked again, nobody is asked and the same comes out', code == 0 and out['again'] is True and open(blob).read() == open(root + '/blob2').read(), (out, w.err))
    code, out = own.read('event', 'list')
    moved = [e for e in out.get('items', []) if e['kind'] == 'root.moved']
    check('events say who moved what where', code == 0 and sorted(e['body']['alg'] for e in moved) == ['P-256', 'SM2'] and all(e['body']['to'] == name and len(e['body']['officers']) == 3 for e in moved), str(out)[:900])

    attested_test(home, plan, root + '/request', name)
    w = Waiting(spare, 'spare', 'import', '--dir', spare, '--plan', plan, '--blob', blob).answer(people[:2], ('proof',), plan)
    code, out = w.end()
    check('the spare takes them in, and two officers see them sign there', code == 0 and out == {'proved': True}, (out, w.err, w.shown[-800:]))
    check('each was shown that it is a proof and no certificate', 'no certificate' in w.shown, w.shown[:1000])
    proof = json.load(open(spare + '/ceremony/proof.json'))
    for p, pem_ in zip(proof['proofs'], ('root.pem', 'root-sm2.pem')):
        spki = subprocess.run(['openssl', 'x509', '-in', home + '/publish/trust/' + pem_, '-noout', '-pubkey'], capture_output=True, text=True).stdout
        der = base64.b64decode(''.join(spki.split('\n')[1:-2]))
        check('OpenSSL: the proof of the %s root verifies under the certificate of the home' % p['alg'], verifies(der, p['text'].encode(), base64.b64decode(p['signature']), p['alg'] == 'SM2'), p)
    w = Waiting(spare, 'spare', 'import', '--dir', spare, '--plan', plan, '--blob', blob).answer(people[1:], ('proof',), plan)
    check('taken in twice is not twice', w.end()[0] == 0 and 'before' in w.err, w.err)
    shutil.rmtree(home + '/tpm')
    began = time.monotonic()
    w = Waiting(spare, 'spare', 'prove', '--dir', spare).answer([people[0]], ('proof',), plan, before=tampered)
    os.rename(spare + '/ceremony/proof.challenges.done', spare + '/ceremony/proof.challenges')
    check('an altered answer is refused there too', os.path.exists(spare + '/ceremony/proof.zhao.answers.refused'))
    w.answer([people[0], people[2]], ('proof',), plan)
    check('with the first TPM destroyed the roots sign in the spare', w.end()[0] == 0, w.err)
    print('# the first TPM destroyed, a proof by officers under its roots %.1f s later, with one refused answer between' % (time.monotonic() - began))
    return home, spare, plan


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    signers(root)
    killed(root)
    fixed_stays(root)
    by_files(root)
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
