"""The attestation key's bond to the TPM's endorsement key (docs/formats.md 29): credentials that an officer's tool
makes are opened by tpm2-tools and by a second implementation, and those of tpm2_makecredential by the appliance; what binds
nothing (another TPM's attestation key, another endorsement key, a secret of another credential, another officer, another
plan) is refused with its reason, at the appliance and by fujie-verify; and hardware is said of nothing else than a vendor's
certificate of a key that the plan's number of officers have bound.  With a software TPM this shows the logic, not custody."""
from bond_lib import *
from attest_lib import *

TOOLS = all(shutil.which(t) for t in ('tpm2_makecredential', 'tpm2_activatecredential', 'tpm2_createek'))
SETUP = shutil.which('swtpm_setup')


def bad(sentence, got, *words):
    code, out = got
    check('%s: refused, with the reason' % sentence, code == 1 and all(w in said(out) for w in words) and re.search('[一-鿿]', said(out)), got)


def shown(h, ak, keys, certificates=(), **change):
    """an endorsement file that says so"""
    path = h.root + '/shown.json'
    plan = hashlib.sha256(canon(json.load(open(plan_of(h)))['plan'])).hexdigest()
    open(path, 'wb').write(canon(dict({'version': 1, 'plan': plan, 'ak': b64u(ak), 'keys': [b64u(k) for k in keys], 'certificates': [b64u(c) for c in certificates]}, **change)))
    return path


# --- the officer's tool ---

def tool_test(h):
    path = endorsement(h)
    doc = json.load(open(path))
    ak = unb64u(doc['ak'])
    check('the appliance shows its attestation key and an endorsement key', ak == open(h.d + '/trust/attestation/ak.public', 'rb').read() and len(doc['keys']) == 1 and doc['certificates'] == [], doc)
    check('as the ceremony did', json.load(open(h.d + '/ceremony/endorsement.json')) == doc)
    for kind, key in (('P-256', ec.generate_private_key(ec.SECP256R1())), ('RSA', rsa_key())):
        code, c = credential(h, shown(h, ak, [ek_area(key.public_key())]), 'officer1')
        secret = opened(key, ak, c) if code == 0 else None
        check('a credential for an endorsement key (%s) is opened by a second implementation' % kind, secret is not None and len(secret) == 32 and expects(secret) == c['expects'], c)
        check('and by none for another attestation key', code == 0 and opened(key, ak[:-1] + bytes([ak[-1] ^ 1]), c) is None)
    one, two = (credential(h, path, 'officer1')[1] for _ in range(2))
    check('each has a secret of its own', one['expects'] != two['expects'] and one['credential'] != two['credential'])
    area = bytearray(ak)
    area[5] &= ~1 # restricted
    bad('a key that would sign anything for an attestation key', credential(h, shown(h, bytes(area), doc and [unb64u(doc['keys'][0])]), 'officer1'), 'not restricted')
    ek = bytearray(unb64u(doc['keys'][0]))
    ek[7] &= ~2 # fixedTPM
    bad('an endorsement key that could leave its TPM', credential(h, shown(h, ak, [bytes(ek)]), 'officer1'), 'endorsement key is none')
    bad('a point that is none', credential(h, shown(h, ak, [unb64u(doc['keys'][0])[:-1] + bytes([unb64u(doc['keys'][0])[-1] ^ 1])]), 'officer1'), 'no key of its algorithm')
    bad('no endorsement key at all', credential(h, shown(h, ak, []), 'officer1'), 'no endorsement key')
    bad('another plan', credential(h, shown(h, ak, [unb64u(doc['keys'][0])], plan='00' * 32), 'officer1'), 'another plan')
    bad('an unknown member', credential(h, shown(h, ak, [unb64u(doc['keys'][0])], more=1), 'officer1'), 'not known')
    root, certify = vendor(h.root + '/maker')
    mine, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    code, c = credential(h, shown(h, ak, [ek_area(other.public_key()), ek_area(mine.public_key())], [certify(pem_of(mine, h.root))]), 'officer1', '--vendors', root)
    check('of several keys it takes the one that a vendor certified', code == 0 and unb64u(c['ek']) == ek_area(mine.public_key()), c)
    bad('a vendor\'s certificate of another key', credential(h, shown(h, ak, [ek_area(other.public_key())], [certify(pem_of(mine, h.root))]), 'officer1', '--vendors', root), 'another key')
    bad('no certificate, where a vendor is asked for', credential(h, path, 'officer1', '--vendors', root), 'no endorsement key of this TPM has a certificate')


def rsa_key():
    from cryptography.hazmat.primitives.asymmetric import rsa
    return rsa.generate_private_key(65537, 2048)


def pem_of(key, folder):
    path = folder + '/of.pem'
    open(path, 'wb').write(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return path


# --- tpm2-tools are the reference ---

def reference_test(h):
    if not TOOLS:
        return absent('tpm2-tools')
    t = Soft(h.root + '/ref')
    try:
        r = t.run
        for kind in ('rsa', 'ecc'):
            got = [t.tool('tpm2_createek', '-Q', '-G', kind, '-c', r + '/ek', '-u', r + '/ek.pub'), t.tool('tpm2_flushcontext', '-t'), t.tool('tpm2_createprimary', '-Q', '-C', 'o', '-G', 'ecc', '-c', r + '/srk'), t.tool('tpm2_flushcontext', '-t'),
                   t.tool('tpm2_create', '-Q', '-C', r + '/srk', '-G', 'ecc256:ecdsa-sha256:null', '-a', 'restricted|sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda', '-u', r + '/ak.pub', '-r', r + '/ak.priv'),
                   t.tool('tpm2_flushcontext', '-t'), t.tool('tpm2_load', '-Q', '-C', r + '/srk', '-u', r + '/ak.pub', '-r', r + '/ak.priv', '-c', r + '/ak'), t.tool('tpm2_flushcontext', '-t')]
            if not all(os.path.exists(r + f) for f in ('/ak.pub', '/ek.pub')):
                check('a TPM for tpm2-tools (%s)' % kind, False, got)
                continue
            ak, ek = open(r + '/ak.pub', 'rb').read()[2:], open(r + '/ek.pub', 'rb').read()[2:]
            code, c = credential(h, shown(h, ak, [ek]), 'officer1')
            if code != 0:
                check('a credential for a TPM (%s) is opened by tpm2_activatecredential' % kind, False, (got, c))
                continue
            blob, seed = unb64u(c['credential']), unb64u(c['seed'])
            open(r + '/cred', 'wb').write(struct.pack('>II', 0xbadcc0de, 1) + struct.pack('>H', len(blob)) + blob + struct.pack('>H', len(seed)) + seed)
            got += [t.tool('tpm2_startauthsession', '--policy-session', '-S', r + '/session'), t.tool('tpm2_policysecret', '-Q', '-S', r + '/session', '-c', 'e'),
                    t.tool('tpm2_activatecredential', '-Q', '-c', r + '/ak', '-C', r + '/ek', '-i', r + '/cred', '-o', r + '/out', '-P', 'session:' + r + '/session'), t.tool('tpm2_flushcontext', r + '/session'), t.tool('tpm2_flushcontext', '-t')]
            secret = open(r + '/out', 'rb').read() if os.path.exists(r + '/out') else b''
            check('a credential for a TPM (%s) is opened by tpm2_activatecredential' % kind, len(secret) == 32 and expects(secret) == c['expects'], [g for g in got if g[0] != 0] or secret)
            if os.path.exists(r + '/out'):
                os.unlink(r + '/out')
    finally:
        t.end()
    doc = json.load(open(endorsement(h)))
    ak, ek = unb64u(doc['ak']), unb64u(doc['keys'][0])
    w, secret = h.root, os.urandom(32)
    open(w + '/secret', 'wb').write(secret)
    open(w + '/ek.tss', 'wb').write(struct.pack('>H', len(ek)) + ek)
    name = '000b' + hashlib.sha256(ak).hexdigest()
    code, told = run('tpm2_makecredential', '-Q', '-T', 'none', '-u', w + '/ek.tss', '-s', w + '/secret', '-n', name, '-o', w + '/made')
    made = open(w + '/made', 'rb').read() if code == 0 else b''
    n = struct.unpack('>H', made[8:10])[0] if made else 0
    _, c = credential(h, endorsement(h), 'officer3')
    c = signed(h, dict(c, credential=b64u(made[10:10 + n]), seed=b64u(made[12 + n:]), expects=expects(secret)), 'officer3')
    got = hand_in(h, c)
    check('one that tpm2_makecredential made is opened by the appliance', code == 0 and got[0] == 0 and got[1].get('officer') == 'officer3', (told, got))


# --- the appliance ---

def appliance_test(h, other):
    path = endorsement(h)
    doc, foreign = json.load(open(path)), json.load(open(endorsement(other)))
    code, c = credential(h, path, 'officer1')
    bad('a credential for the attestation key of another TPM', hand_in(h, credential(h, shown(h, unb64u(foreign['ak']), [unb64u(doc['keys'][0])]), 'officer1')[1]), 'does not open the credential', 'another attestation key')
    bad('one for the endorsement key of another TPM', hand_in(h, credential(h, shown(h, unb64u(doc['ak']), [unb64u(foreign['keys'][0])]), 'officer1')[1]), 'does not have')
    bad('an octet of it altered, under the officer\'s signature', hand_in(h, signed(h, dict(c, credential=b64u(flip(unb64u(c['credential']), 40))), 'officer1')), 'does not open the credential')
    bad('its seed altered', hand_in(h, signed(h, dict(c, seed=b64u(flip(unb64u(c['seed']), 5))), 'officer1')), 'does not open the credential')
    two = credential(h, path, 'officer1')[1]
    bad('the secret of another credential expected (a replay)', hand_in(h, signed(h, dict(c, expects=two['expects']), 'officer1')), 'not what the officer put into')
    bad('changed after it was signed', hand_in(h, dict(c, made='2026-01-01T00:00:00Z')), 'signature is not this officer')
    bad('one officer\'s under another\'s name', hand_in(h, dict(c, officer='officer2')), 'signature is not this officer')
    bad('somebody who is no officer', hand_in(h, dict(c, officer='stranger')), 'no officer of the plan')
    bad('one of another plan', hand_in(h, credential(other, endorsement(other), 'officer1')[1]), 'another plan')
    bad('an unknown member', hand_in(h, dict(c, more=1)), 'not known')
    bad('a file that is none', hand_in(h, b'{"version":1}'), '')
    check('a true one is answered', hand_in(h, c)[0] == 0)
    bad('and not twice', hand_in(h, c), 'answered already')
    bonds = json.load(open(h.d + '/ceremony/bonds.json'))
    last = bonds[-1]
    check('what is kept has the challenge as it was, and the answer that it expects', last['challenge'] == c and expects(unb64u(last['answer'])) == c['expects'])
    code, out = h.cli('ceremony', 'bond', '--file', path, who='hb-fin1')
    check('another department hands none in', code == 1, out)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


# --- who reads it ---

def verify_test(h, other):
    """a trust folder whose attestation has these bonds, and a vendor's certificate of a key that a test has"""
    plan = plan_of(h)
    root, certify = vendor(h.root + '/vendor')
    ek, wrong = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    der = certify(pem_of(ek, h.root))
    ak = open(h.d + '/trust/attestation/ak.public', 'rb').read()

    def bond(login, key=ek, of=ak):
        code, c = credential(h, shown(h, of, [ek_area(key.public_key())]), login)
        return {'challenge': c, 'answer': b64u(opened(key, of, c))}
    one, two, three = bond('officer1'), bond('officer2'), bond('officer3')

    def judged(bonds, *more, certificate=der):
        c = Copy(h)
        c.doc['endorsement'] = [{'index': 0x01c0000a, 'certificate': base64.b64encode(certificate).decode()}]
        c.doc.pop('bonds', None)
        if bonds is not None:
            c.doc['bonds'] = bonds
        json.dump(c.doc, open(c.path, 'w'))
        return attest(c.d, *more)

    def is_(sentence, bonds, tpm, words, *more, **kw):
        answer, doc = judged(bonds, *more, **kw)
        text = next((c['text']['en'] for c in doc['checks'] if c['name'] == 'bond'), '') + str(failed_step(doc))
        check('%s: %s' % (sentence, tpm[0]), answer == tpm and words in text, (answer, text))
        return doc
    both = ('--vendors', root, '--plan', plan)
    doc = is_('bound by two officers, with a vendor\'s chain and the plan', [one, two], HARDWARE, 'endorsement bound by 2 officers of the plan\'s 3 on 2', *both)
    check('and the endorsement says so', [(e['vendor'], e['bound']) for e in doc['endorsement']] == [(True, True)] and not any('challenge to its endorsement' in n for n in doc['not_checked']), doc['not_checked'])
    is_('by all three', [one, two, three], HARDWARE, 'bound by 3 officers', *both)
    is_('a vendor\'s certificate that nobody bound', None, SOFTWARE, 'no officer has bound', *both)
    is_('bound by one officer', [one], SOFTWARE, '1 of the plan\'s officers', *both)
    is_('by one officer twice', [one, bond('officer1')], SOFTWARE, '1 of the plan\'s officers', *both)
    is_('without the plan', [one, two], SOFTWARE, '--plan', '--vendors', root)
    is_('without a vendor', [one, two], SOFTWARE, 'bound by 2', '--plan', plan)
    is_('by another plan\'s officers, whose the root is not either', [one, two], NONE, 'officers', '--vendors', root, '--plan', plan_of(other))
    is_('to another key than the certificate\'s', [bond('officer1', wrong), bond('officer2', wrong)], SOFTWARE, 'bound by 2', *both)
    is_('two officers to different keys', [one, bond('officer2', wrong)], SOFTWARE, '1 of the plan\'s officers', *both)
    foreign = open(other.d + '/trust/attestation/ak.public', 'rb').read()
    is_('of another TPM\'s attestation key', [bond('officer1', of=foreign), bond('officer2', of=foreign)], SOFTWARE, '0 of the plan\'s officers', *both)
    is_('an answer that is another credential\'s', [dict(one, answer=two['answer']), two], NONE, 'form', *both)
    is_('an answer altered', [dict(one, answer=b64u(flip(unb64u(one['answer']), 3))), two], NONE, 'form', *both)
    is_('a challenge altered', [dict(one, challenge=dict(one['challenge'], made='2020-01-01T00:00:00Z')), two], NONE, 'bond', *both)
    is_('its endorsement key exchanged for the certificate\'s', [dict(b, challenge=dict(b['challenge'], ek=b64u(ek_area(ek.public_key())))) for b in (bond('officer1', wrong), bond('officer2', wrong))], NONE, 'bond', *both)
    is_('one officer\'s under another\'s name', [one, dict(one, challenge=dict(one['challenge'], officer='officer2'))], NONE, 'bond', *both)
    is_('an unknown member', [dict(one, more=1)], NONE, 'form', *both)
    item = next(t for t in h.demo['certificates'] if t['expect'] == 'permit')
    c = Copy(h)
    c.doc['endorsement'] = [{'index': 0x01c0000a, 'certificate': base64.b64encode(der).decode()}]
    c.doc['bonds'] = [one, two]
    json.dump(c.doc, open(c.path, 'w'))
    for more, tpm in ((both, 'hardware'), (('--vendors', root), 'software')):
        out = json.loads(run(B + '/fujie-verify', '--trust', c.d, *more, h.d + '/' + item['file'], '--json')[1])
        check('a verdict by vendors %s the plan says %s' % ('and' if len(more) > 2 else 'without', tpm), (out['verdict'], out['tpm']) == ('permit', tpm), out['tpm'])
    code, out = run(B + '/fujie-verify', '--trust', c.d, '--plan', plan, h.d + '/' + item['file'])
    check('a plan alone is wrong use', code == 2, out)


def published_test(h):
    got = bind(h, 'officer1', 'officer2')
    answer, doc = attest(h.d + '/trust', '--plan', plan_of(h))
    check('what the officers bound is published at once', [g[0] for g in got] == [0, 0] and len(json.load(open(h.d + '/trust/attestation/attestation.json'))['bonds']) >= 2 and
          any(c['name'] == 'bond' and c['outcome'] == 'pass' for c in doc['checks']) and answer == SOFTWARE, (got, answer))
    check('the appliance serves', h.serve())
    got = bind(h, 'officer3')
    answer, doc = attest(h.d + '/trust', '--plan', plan_of(h))
    check('with the service running too', got[0][0] == 0 and 'bound by 3' in next(c['text']['en'] for c in doc['checks'] if c['name'] == 'bond'), (got, doc['checks']))
    h.stop()


def run_all():
    h, other = Home(cases=True, own=True), Home(cases=False, own=True)
    try:
        check('two homes', h.made and other.made, h.made_err or other.made_err)
        tool_test(h)
        appliance_test(h, other)
        reference_test(h)
        verify_test(h, other)
        published_test(h)
    finally:
        h.close()
        other.close()


run_all()
finish()
