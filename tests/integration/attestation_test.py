"""Attestation: tpm2-tools and OpenSSL alone confirm from the published files what fujie-verify says of them; a key
that is not the TPM's, a statement that was changed or is of another time, key or appliance, and an endorsement that is no
vendor's are each found, one at a time; the attestation key signs nothing from outside; and where the TPM can't
say something, signing goes on and the attestation names it.  With a software TPM this shows the logic, not custody: a
program can make all of it (the last case of `simulated`), which is why it says `software`."""
import io, tarfile
from bond_lib import bind, canon, plan_of
from attest_lib import *
from tpm_made import *

TOOLS = all(shutil.which(t) for t in ('tpm2_checkquote', 'tpm2_verifysignature'))
SETUP = shutil.which('swtpm_setup')
PCRS = 'sha256:0,1,2,3,4,5,7'

# --- the published files, by others' tools ---

def files(h):
    a = h.d + '/publish/trust/attestation/'
    doc = json.load(open(a + 'attestation.json'))
    read = lambda name: open(a + name, 'rb').read()
    names = [o['name'] for o in doc['objects']]
    check('every key is there: storage, attestation, both hierarchies, the log\'s', set(names) == {'storage', 'ak', 'root', 'issuing', 'token', 'ocsp', 'log', 'note', 'root-sm2', 'issuing-sm2', 'token-sm2', 'ocsp-sm2'} and
          doc['missing'] == [] and doc['endorsement'] == [], names)
    same = all(read(o['name'] + suffix) == base64.b64decode(o[part]) for o in doc['objects'] for suffix, part in (('.public', 'public'), ('.attest', 'attest'), ('.sig', 'signature')))
    check('the files are the structures of the document', same and read('quote.msg') == base64.b64decode(doc['quote']['attest']) and read('qualifying.txt').decode() == doc['qualifying'])
    out = [run('openssl', 'dgst', '-sha256', '-verify', a + 'ak.pem', '-signature', a + n + '.sig', a + n + ('.msg' if n == 'quote' else '.attest'))[1].strip() for n in names + ['quote']]
    check('OpenSSL alone: every statement is signed by the attestation key', set(out) == {'Verified OK'}, out)
    check('sha256sum alone: every statement names the public area beside it, and how it was made', all(name_of(read(n + '.public')) in read(n + '.attest') and (n == 'storage' or sha(read(n + '.creation')) in read(n + '.attest')) for n in names))
    spki = subprocess.run(['openssl', 'x509', '-in', h.d + '/trust/root.pem', '-noout', '-pubkey'], capture_output=True).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=spki, capture_output=True).stdout
    check('the root certificate\'s point is in the root key\'s public area', der[-64:-32] in read('root.public') and der[-32:] in read('root.public'))
    nonce = hashlib.sha256(read('qualifying.txt')).hexdigest()
    fingerprint = hashlib.sha256(subprocess.run(['openssl', 'x509', '-in', h.d + '/trust/root.pem', '-outform', 'DER'], capture_output=True).stdout).hexdigest()
    text = doc['qualifying'].split('\n')
    check('the qualifying text has the root\'s fingerprint and a checkpoint of the log', text[0] == 'fujie-attestation-1' and text[2] == fingerprint and text[3].endswith('/log'), text[:4])
    if not TOOLS:
        return absent('tpm2-tools')
    quote = ['tpm2_checkquote', '-u', a + 'ak.pem', '-m', a + 'quote.msg', '-s', a + 'quote.sig', '-f', a + 'quote.pcrs', '-l', PCRS, '-g', 'sha256', '-q']
    check('tpm2_checkquote confirms the quote', run(*quote, nonce)[0] == 0, run(*quote, nonce))
    check('and not with another nonce', run(*quote, '00' * 32)[0] != 0)
    t = Soft(h.root + '/tools')
    try:
        t.tool('tpm2_loadexternal', '-C', 'n', '-G', 'ecc', '-u', a + 'ak.pem', '-c', t.run + '/ak.ctx')
        certified = [(t.tool('tpm2_flushcontext', '-t'), t.tool('tpm2_verifysignature', '-c', t.run + '/ak.ctx', '-g', 'sha256', '-m', a + n + '.attest', '-s', a + n + '.sig', '-f', 'ecdsa'))[1] for n in names]
        t.tool('tpm2_flushcontext', '-t')
        check('tpm2_verifysignature confirms every certification', all(c == 0 for c, _ in certified), certified)
        wrong = t.tool('tpm2_verifysignature', '-c', t.run + '/ak.ctx', '-g', 'sha256', '-m', a + 'root.attest', '-s', a + 'token.sig', '-f', 'ecdsa')
        check('and not one of another key', wrong[0] != 0, wrong)
    finally:
        t.end()
    said = run('tpm2_print', '-t', 'TPMS_ATTEST', a + 'root.attest')[1]
    area = run('tpm2_print', '-t', 'TPMT_PUBLIC', a + 'ak.public')[1]
    check('tpm2_print reads the structures', 'ff544347' in said and '801a' in said and nonce in said and 'restricted' in area and 'fixedtpm' in area, (said, area))


# --- fujie-verify ---

def verdicts(h):
    trust = h.d + '/trust'
    answer, doc = attest(trust)
    check('a software TPM: software, exit 0', answer == SOFTWARE and failed_step(doc) is None, doc)
    check('each certificate of the folder is named, of both hierarchies, with its attested key',
          {c['role'] for c in doc['certificates']} >= {'root', 'issuing', 'log', 'token', 'root-sm2', 'issuing-sm2', 'token-sm2'} and all(c['attested'] for c in doc['certificates']), doc['certificates'])
    use = {o['name']: o for o in doc['objects']}
    check('what each object is', use['ak']['use'] == 'attestation' and 'restricted' in use['ak']['attributes'] and use['storage']['use'] == 'storage' and use['ocsp']['use'] == 'sealed' and
          use['root-sm2']['alg'] == 'SM2' and use['token']['attested'] == 'made in this TPM' and len(doc['not_checked']) == 3, use)
    check('the text says it in both languages', '软件 SOFTWARE' in run(VERIFY, 'attestation', '--trust', trust)[1])
    check('older than was asked: none, exit 1', attest(trust, '--max-age', '1s')[0] == NONE)
    kinds = {}
    for item in h.demo['certificates'][:2] + h.demo['tokens'][:2] + h.demo['authorisations'][:2] + h.demo.get('certificates_sm2', [])[:1] + h.demo.get('tokens_sm2', [])[:1]:
        out = json.loads(run(VERIFY, '--trust', trust, h.d + '/' + item['file'], '--json')[1])
        kinds[item['file']] = (out['kind'], out['tpm'])
    check('a verdict says where the keys lie that it stands on', len(kinds) > 4 and {t for _, t in kinds.values()} == {'software'}, kinds)
    for sentence, args in (('without --trust', ()), ('with a file', ('--trust', trust, 'x')), ('with a use', ('--trust', trust, '--use', 'asset=x')), ('vendors that are no PEM', ('--trust', trust, '--vendors', '/etc/hostname')),
                           ('an age that is none', ('--trust', trust, '--max-age', 'long')), ('a fingerprint', ('--trust', trust, '--root', '00' * 32)), ('an SM2 root\'s', ('--trust', trust, '--root-sm2', '00' * 32)), ('a plan twice', ('--trust', trust, '--plan', 'x', '--plan', 'y'))):
        code, out = run(VERIFY, 'attestation', *args)
        check('wrong use: ' + sentence, code == 2 and out.startswith('fujie-verify: '), (code, out))


def points(h):
    """{role: (point, algorithm)} of the home's own keys, from what it publishes"""
    doc = json.load(open(h.d + '/publish/trust/attestation/attestation.json'))
    out = {}
    for o in doc['objects']:
        area = base64.b64decode(o['public'])
        if o['name'] not in ('storage', 'ak') and area[:2] == b'\0\x23':
            x, y = area[-66:-34][-32:], area[-32:]
            curve = 16 + int.from_bytes(area[8:10], 'big') # behind the policy, which a root under its officers has
            out[o['name']] = (x + y, 'SM2' if area[curve:curve + 2] == b'\0\x20' else 'P-256')
    return out


def flip(text, at, bit=1):
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= bit
    return b64(bytes(raw))


def changed(h, other):
    """one thing of a true attestation changed; the step that has to find it"""
    def put(**members):
        return lambda c: c.doc.update(members)

    def part(name, key, value):
        return lambda c: c.object(name).update({key: value(c) if callable(value) else value})
    soft = Key(h.root)

    def soft_point(c):
        area = bytearray(base64.b64decode(c.object('token')['public']))
        return b64(bytes(area[:-68]) + b2(soft.xy[:32]) + b2(soft.xy[32:]))

    def swapped(c):
        """a software key in the token key's place, and the statement made to name it"""
        area = base64.b64decode(soft_point(c))
        o = c.object('token')
        said = base64.b64decode(o['attest']).replace(name_of(base64.b64decode(o['public'])), name_of(area))
        o.update(public=b64(area), attest=b64(said), signature=b64(soft.sign(said)))

    def soft_ak(c):
        """every statement signed again by a program's key, which is shown as the attestation key"""
        area = key_area(soft.xy, FIXED | ORIGIN | SIGN | RESTRICTED)
        c.object('ak').update(public=b64(area))
        for o in c.doc['objects'] + [c.doc['quote']]:
            o['signature'] = b64(soft.sign(base64.b64decode(o['attest'])))

    def re_signed(c):
        for o in c.doc['objects'] + [c.doc['quote']]:
            o['signature'] = b64(soft.sign(base64.b64decode(o['attest'])))

    def earlier(c):
        c.doc['qualifying'] = c.doc['qualifying'].replace('\n2026-', '\n2025-', 1)
    theirs = json.load(open(other.d + '/publish/trust/attestation/attestation.json'))
    for sentence, step, change in (
            ('a software key in the token key\'s place', 'names', part('token', 'public', soft_point)),
            ('with a statement made for it, signed by a program', 'signatures', swapped),
            ('every statement signed again by a program', 'signatures', re_signed),
            ('by a program\'s key that is shown as the attestation key', 'signatures', soft_ak),
            ('one attribute bit of the root key: fixedTPM', 'names', part('root', 'public', lambda c: flip(c.object('root')['public'], 7, 2))),
            ('one attribute bit of the root key: restricted', 'names', part('root', 'public', lambda c: flip(c.object('root')['public'], 5, 1))),
            ('the attestation key shown as unrestricted', 'attestation key', part('ak', 'public', lambda c: flip(c.object('ak')['public'], 5, 1))),
            ('a reserved attribute bit', 'form', part('root', 'public', lambda c: flip(c.object('root')['public'], 4, 0x80))),
            ('a statement that does not begin as a TPM\'s do', 'form', part('root', 'attest', lambda c: flip(c.object('root')['attest'], 0))),
            ('a statement of another kind', 'form', part('root', 'attest', lambda c: flip(c.object('root')['attest'], 5, 2))),
            ('an octet behind a statement', 'form', part('root', 'attest', lambda c: b64(base64.b64decode(c.object('root')['attest']) + b'\0'))),
            ('a statement cut short', 'form', part('root', 'attest', lambda c: b64(base64.b64decode(c.object('root')['attest'])[:-1]))),
            ('one octet of a name in a statement', 'signatures', part('root', 'attest', lambda c: flip(c.object('root')['attest'], -40))),
            ('one octet of a signature', 'signatures', part('root', 'signature', lambda c: flip(c.object('root')['signature'], -1))),
            ('two keys\' statements exchanged', 'names', lambda c: (lambda a, b: (a.update(attest=b['attest'], signature=b['signature'])))(c.object('root'), c.object('token'))),
            ('another key\'s way of being made', 'creation', part('root', 'creation', lambda c: flip(c.object('root')['creation'], 4 + 2 + 34))),
            ('one register\'s value', 'quote', lambda c: c.doc['quote'].update(registers=flip(c.doc['quote']['registers'], 0))),
            ('the quote of another attestation key', 'signatures', put(quote=theirs['quote'])),
            ('another time (another nonce)', 'freshness', earlier),
            ('another checkpoint', 'freshness', lambda c: c.doc.update(qualifying=theirs['qualifying'])),
            ('the attestation of another appliance', 'freshness', lambda c: (c.doc.clear(), c.doc.update(theirs))),
            ('an unknown member', 'form', put(more=1)),
            ('a version that there is none of', 'form', put(version=2)),
            ('a name twice', 'form', lambda c: c.doc['objects'].append(dict(c.object('token')))),
            ('no attestation key', 'form', lambda c: c.doc['objects'].remove(c.object('ak'))),
            ('a key without a statement', 'certificates', lambda c: c.object('token').update(attest='', signature='')),
            ('a key left out', 'certificates', lambda c: c.doc['objects'].remove(c.object('issuing-sm2'))),
            ('no quote', None, put(quote=None))):
        c = Copy(h)
        change(c)
        answer, doc = c.judged()
        if step is None:
            check(sentence + ' is said, and the keys are attested all the same', answer == SOFTWARE and any(k['name'] == 'quote' and k['outcome'] == 'unknown' for k in doc['checks']), doc)
        else:
            check('%s: none, found by "%s"' % (sentence, step), answer == NONE and failed_step(doc) == step and all(k['text']['zh'] and k['text']['en'] for k in doc['checks']), (answer, failed_step(doc), [k for k in doc['checks'] if k['outcome'] == 'fail']))
    c = Copy(h)
    c.object('token').update(attest='', signature='')
    answer, doc = c.judged()
    named = [(k['certificate'], k['role']) for k in doc['certificates'] if not k['attested']]
    check('a certificate whose key has no statement is named as not attested', named == [('signer of status lists', 'token')], named)
    token = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    certificate = next(t for t in h.demo['certificates'] if t['expect'] == 'permit')
    said = [json.loads(run(VERIFY, '--trust', c.d, h.d + '/' + i['file'], '--json')[1])['tpm'] for i in (token, certificate)]
    check('a verdict that stands on that key says none, another still software', said == ['none', 'software'], said)
    os.unlink(c.path)
    answer, doc = attest(c.d)
    check('no attestation: none, with the reason', answer == NONE and 'attestation.json' in doc['checks'][0]['text']['en'] and '证明' in doc['checks'][0]['text']['zh'], doc['checks'][0])
    open(c.path, 'w').write('{"version":1')
    check('what can\'t be read: none', attest(c.d)[0] == NONE)
    shutil.rmtree(c.d + '/attestation')
    check('a trust of before has none, and verdicts as before', json.loads(run(VERIFY, '--trust', c.d, h.d + '/' + certificate['file'], '--json')[1])['verdict'] == 'permit')


def simulated(h):
    """everything made by a program, around the appliance's real points: each step on its own, then all of it"""
    of, qualifying = points(h), json.load(open(h.d + '/publish/trust/attestation/attestation.json'))['qualifying'].encode()

    def judged(change=lambda what, value: value, *more):
        c = Copy(h)
        c.doc = made(h.root, qualifying, of, change)
        return c.judged(*more)

    def only(which, how):
        return lambda what, value: how(value) if what == which else value
    bits = lambda clear, put=0: lambda area: area[:4] + struct.pack('>I', struct.unpack('>I', area[4:8])[0] & ~clear | put) + area[8:]
    ak = lambda area: bits(RESTRICTED)(area)
    for sentence, step, change in (
            ('an attestation key that is not restricted', 'attestation key', only('ak', ak)),
            ('an attestation key that is not of a TPM', 'attestation key', only('ak', bits(FIXED_TPM))),
            ('statements that name another signer', 'signatures', only('signer', lambda v: v[:-1] + bytes([v[-1] ^ 1]))),
            ('a root key that may leave: fixedTPM clear', 'attributes', only('root', bits(FIXED_TPM))),
            ('a root key that may leave: fixedParent clear', 'attributes', only('root', bits(FIXED_PARENT))),
            ('a token key from outside: sensitiveDataOrigin clear', 'attributes', only('token', bits(ORIGIN))),
            ('a key that decrypts as well', 'attributes', only('token', bits(0, DECRYPT))),
            ('a token key that attests', 'attributes', only('token', bits(0, RESTRICTED))),
            ('a storage key that may leave', 'attributes', only('storage', bits(FIXED_TPM))),
            ('sealed octets that may leave', 'attributes', only('note', bits(FIXED_TPM))),
            ('a key of another scheme', 'form', only('token', lambda a: a[:12] + struct.pack('>H', 0x1a) + a[14:])),
            ('an SM2 curve with ECDSA', 'form', only('token', lambda a: a[:16] + struct.pack('>H', CURVE_SM2) + a[18:])),
            ('a storage key of another hierarchy', 'names', only('qualified', lambda v: under(b'\x40\0\0\x0b', v))),
            ('a certified name that is another\'s', 'names', only('name of token', lambda v: v[:-1] + bytes([v[-1] ^ 1]))),
            ('another creation hash', 'creation', only('hash of token', lambda v: v[:-1] + bytes([v[-1] ^ 1]))),
            ('a key made under another parent', 'creation', only('creation of token', lambda v: v[:9] + b'' + v[9:11] + bytes([v[11], v[12] ^ 1]) + v[13:])),
            ('a digest of other registers', 'quote', only('registers', lambda v: sha(v))),
            ('statements for another qualifying text', 'freshness', only('data', lambda v: sha(v))),
            ('a token key of another point', 'certificates', only('token', lambda a: a[:-32] + bytes([a[-32] ^ 1]) + a[-31:]))):
        answer, doc = judged(change)
        check('simulated: %s: none, found by "%s"' % (sentence, step), answer == NONE and failed_step(doc) == step, (answer, failed_step(doc), [k for k in doc['checks'] if k['outcome'] == 'fail']))
    answer, doc = judged()
    check('a program can make all of it, and then it says software: never hardware', answer == SOFTWARE and failed_step(doc) is None, doc['checks'])
    return judged


# --- the officers of the plan ---

def officers(h, other, judged):
    trust, plan = h.d + '/trust', h.d + '/ceremony/plan.json'

    def outcome(doc):
        return next(c['outcome'] for c in doc['checks'] if c['name'] == 'officers')
    answer, doc = attest(trust)
    check('whether officers bind the roots is not said without a plan', outcome(doc) == 'unknown')
    answer, doc = attest(trust, '--plan', plan)
    check('by the plan of the ceremony the roots\' keys open to its officers alone', answer == SOFTWARE and outcome(doc) == 'pass', doc)
    answer, doc = attest(trust, '--plan', other.d + '/ceremony/plan.json')
    check('by another plan they do not: none', answer == NONE and failed_step(doc) == 'officers' and '官员' in next(c for c in doc['checks'] if c['name'] == 'officers')['text']['zh'], doc)
    signed = json.load(open(plan))
    for sentence, change in (('a plan that one officer has not signed', lambda p: p['signatures'].pop()), ('a plan with another number, signed for the first', lambda p: p['plan']['quorum'].update(root=1)),
                             ('a plan that is none', lambda p: p.clear())):
        p = json.loads(json.dumps(signed))
        change(p)
        open(h.root + '/plan', 'w').write(json.dumps(p, separators=(',', ':'), sort_keys=True, ensure_ascii=False) + '\n')
        answer, doc = attest(trust, '--plan', h.root + '/plan')
        check('%s is not judged by' % sentence, answer[0] == 'none' and answer[1] not in (0, 2) and doc['error']['detail']['zh'], (answer, doc))
    code, out = run(VERIFY, '--trust', trust, '--plan', plan, h.d + '/' + h.demo['certificates'][0]['file'])
    check('a plan goes with attestation alone', code == 2 and '--plan' in out, out)

    policy = base64.b64decode(next(o for o in json.load(open(h.d + '/publish/trust/attestation/attestation.json'))['objects'] if o['name'] == 'root')['public'])[8:42]
    bare = lambda area: area[:4] + struct.pack('>I', struct.unpack('>I', area[4:8])[0] & ~USER) + area[8:]
    under_policy = lambda area, bits=policy: area[:8] + bits + area[10:]
    for sentence, of in (('the policy, and no password', {n: lambda a: under_policy(bare(a)) for n in ('root', 'root-sm2')}),
                         ('a password', {}),
                         ('a password beside the policy', {n: under_policy for n in ('root', 'root-sm2')}),
                         ('neither', {n: bare for n in ('root', 'root-sm2')}),
                         ('another policy', {n: lambda a: under_policy(bare(a), policy[:-1] + bytes([policy[-1] ^ 1])) for n in ('root', 'root-sm2')}),
                         ('the policy for the P-256 root alone', {'root': lambda a: under_policy(bare(a))})):
        answer, doc = judged(lambda what, value: of[what](value) if what in of else value, '--plan', plan)
        good = sentence.startswith('the policy, ')
        check('simulated: root keys with %s: %s' % (sentence, 'their officers\'' if good else 'none'), answer == (SOFTWARE if good else NONE) and failed_step(doc) == (None if good else 'officers'), (answer, failed_step(doc)))
    under = lambda area: under_policy(bare(area))
    theirs, beside = {'root': under, 'root-sm2': under}, Key(h.root).xy # of no certificate
    for sentence, role, of in (('a root with a password beside another key under the plan that is called the next root', 'root-2', {'root-sm2': under, 'root-2': under}),
                               ('an SM2 root with a password beside another key under the plan that is called the next one', 'root-sm2-2', {'root': under, 'root-sm2-2': under}),
                               ('roots under the plan beside another key with a password that is called the next root', 'root-2', theirs)):
        c = Copy(h)
        at = {**points(h), role: (beside, 'P-256')} if role == 'root-2' else {**points(h), role: (points(h)['token-sm2'][0], 'SM2')}
        c.doc = made(h.root, c.doc['qualifying'].encode(), at, lambda what, value: of[what](value) if what in of else value)
        answer, doc = c.judged('--plan', plan)
        check('simulated: %s: none' % sentence, answer == NONE and failed_step(doc) == 'officers', (answer, failed_step(doc)))
    c = Copy(h)
    c.object('root').update(attest='', signature='')
    answer, doc = c.judged('--plan', plan)
    check('a root of which nothing is stated is not shown to be theirs', answer == NONE and failed_step(doc) == 'officers', failed_step(doc))


# --- endorsement ---

def endorsed(h):
    """an endorsement certificate in the document: whose chain counts, and whose does not"""
    root, certify = vendor(h.root + '/vendor')
    _, forge = vendor(h.root + '/forger')  # the same name, another key
    soft_root, soft = vendor(h.root + '/soft', '/CN=swtpm-localca-rootca')
    key = Key(h.root)
    pub = h.root + '/ek.pub'
    run('openssl', 'pkey', '-in', key.pem, '-pubout', '-out', pub)

    def judged(der, *more):
        c = Copy(h)
        c.doc['endorsement'] = [{'index': 0x01c0000a, 'certificate': b64(der)}]
        json.dump(c.doc, open(c.path, 'w'))
        return attest(c.d, *more)
    true = certify(pub)
    answer, doc = judged(true)
    check('an endorsement certificate without a vendor that is named: software', answer == SOFTWARE and doc['endorsement'][0]['vendor'] is False and '--vendors' in next(c for c in doc['checks'] if c['name'] == 'endorsement')['text']['en'], doc['endorsement'])
    answer, doc = judged(true, '--vendors', root)
    check('by a root that the caller names its chain is a vendor\'s; as no officer has bound it, it is software (hardware: bond_test.py)', answer == SOFTWARE and doc['endorsement'][0]['vendor'] is True and doc['endorsement'][0]['bound'] is False and
          'Home-made TPM vendor' in doc['endorsement'][0]['issuer'] and next(c['outcome'] for c in doc['checks'] if c['name'] == 'bond') == 'unknown', doc)
    for sentence, der, vendors in (('of a forger who bears the vendor\'s name', forge(pub), root), ('for another purpose', certify(pub, 'serverAuth'), root), ('that is a CA\'s', certify(pub, ca=True), root),
                                   ('of swtpm\'s tools, although their root is named', soft(pub), soft_root), ('that is none', b'\x30\x03\x02\x01\x01', root), ('with an octet behind it', true + b'\0', root)):
        answer, doc = judged(der, '--vendors', vendors)
        check('an endorsement certificate %s: software' % sentence, answer == SOFTWARE and not doc['endorsement'][0]['vendor'], (answer, doc['endorsement']))
    c = Copy(h)
    c.doc['endorsement'] = [{'index': 0x01c0000a, 'certificate': b64(true)}]
    shutil.copy(root, c.d + '/attestation/vendors.pem')
    check('a vendor\'s root that lies in the trust folder counts for nothing', c.judged()[0] == SOFTWARE)
    certificate = next(t for t in h.demo['certificates'] if t['expect'] == 'permit')
    out = json.loads(run(VERIFY, '--trust', c.d, '--vendors', root, h.d + '/' + certificate['file'], '--json')[1])
    check('a verdict by named vendors says software too', (out['verdict'], out['tpm']) == ('permit', 'software'), out['tpm'])


WRAPPED = '''#!/bin/sh
# a TPM that comes from the factory: endorsement keys and certificates before its first use
state=/proc/self/fd/4
if [ ! -e "$state/tpm2-00.permall" ]; then
	dir=$(readlink /proc/$$/fd/4)
	PATH=%s %s --tpm2 --tpmstate "$dir" --create-ek-cert --ecc --lock-nvram --config %s/setup.conf >%s/setup.log 2>&1 3<&- 4<&-
fi
exec %s "$@"
'''


def provisioned():
    """a home whose software TPM was set up by swtpm_setup: its chain is there, and is a software TPM's"""
    if not SETUP:
        return absent('swtpm_setup')
    w = tempfile.mkdtemp(prefix='fujie-test-')
    os.mkdir(w + '/bin')
    os.mkdir(w + '/ca')
    open(w + '/ca.conf', 'w').write('statedir = %s/ca\nsigningkey = %s/ca/signkey.pem\nissuercert = %s/ca/issuercert.pem\ncertserial = %s/ca/certserial\n' % (w, w, w, w))
    open(w + '/ca.options', 'w').write('--platform-manufacturer Example\n--platform-version 1\n--platform-model Example\n')
    open(w + '/setup.conf', 'w').write('create_certs_tool = %s\ncreate_certs_tool_config = %s/ca.conf\ncreate_certs_tool_options = %s/ca.options\n' % (shutil.which('swtpm_localca'), w, w))
    open(w + '/bin/swtpm', 'w').write(WRAPPED % (os.environ['PATH'], SETUP, w, w, shutil.which('swtpm')))
    os.chmod(w + '/bin/swtpm', 0o755)
    before, os.environ['PATH'] = os.environ['PATH'], w + '/bin:' + os.environ['PATH']
    h = Home(cases=False, own=True)
    try:
        if not h.made:
            return check('a home on a TPM that swtpm_setup made', False, h.made_err + (open(w + '/setup.log').read() if os.path.exists(w + '/setup.log') else ''))
        answer, doc = attest(h.d + '/trust')
        check('a TPM of swtpm_setup shows its endorsement certificates, RSA and ECC', [e['index'] for e in doc['endorsement']] == ['0x01c00002', '0x01c00016'] and
              all('swtpm-localca' in e['issuer'] for e in doc['endorsement']) and os.path.exists(h.d + '/trust/attestation/ek-01c00002.cer'), doc['endorsement'])
        check('which make it software', answer == SOFTWARE, answer)
        open(w + '/all.pem', 'w').write(open(w + '/ca/issuercert.pem').read() + open(w + '/ca/swtpm-localca-rootca-cert.pem').read())
        ok = run('openssl', 'verify', '-CAfile', w + '/ca/swtpm-localca-rootca-cert.pem', '-untrusted', w + '/ca/issuercert.pem', h.d + '/trust/attestation/ek-01c00002.cer')
        answer, doc = attest(h.d + '/trust', '--vendors', w + '/all.pem')
        check('OpenSSL verifies their chain, and swtpm-localca is no vendor even where it is named as one', ok[0] == 0 and answer == SOFTWARE and 'swtpm' in next(c for c in doc['checks'] if c['name'] == 'endorsement')['text']['en'], (ok, answer))
        bound_in_ceremony(h)
        manufactured(h, w)
    finally:
        os.environ['PATH'] = before
        h.close()
        shutil.rmtree(w, ignore_errors=True)


def bound_in_ceremony(h):
    """where the TPM shows endorsement certificates the ceremony waits for its officers to bind the attestation key"""
    bonds = [l for l in map(json.loads, open(h.d + '/ceremony/transcript')) if l['step'] == 'bond']
    check('two officers bound the attestation key in the ceremony, each a step of the transcript', [l['in']['challenge']['officer'] for l in bonds] == ['officer1', 'officer2'] and all(l['out']['taken'] for l in bonds), bonds)
    code, out = run(B + '/fujie-verify', 'ceremony', 'transcript', h.d + '/ceremony/transcript', '--plan', plan_of(h), '--lang', 'en')
    check('which is replayed and printed', code == 0 and 'credential for the endorsement key' in out and 'SHA-256 of the endorsement key' in out, out[-400:])
    answer, doc = attest(h.d + '/trust', '--plan', plan_of(h))
    bond = next(c for c in doc['checks'] if c['name'] == 'bond')
    check('fujie-verify says by how many and when', bond['outcome'] == 'pass' and 'bound by 2 officers' in bond['text']['en'] and answer == SOFTWARE and [e['bound'] for e in doc['endorsement']].count(True) == 1, (bond, doc['endorsement']))
    data = open(h.d + '/ceremony/transcript', 'rb').read()
    lines = [json.loads(l) for l in data.split(b'\n') if l]
    k = next(k for k, l in enumerate(lines) if l['step'] == 'bond')

    def replayed(change):
        before, out = hashlib.sha256(canon(json.load(open(plan_of(h)))['plan'])).hexdigest(), []
        altered = json.loads(json.dumps(lines))
        change(altered[k], altered[k + 1])
        for n, l in enumerate(altered):
            out.append(canon(dict(l, n=n + 1, before=before)))
            before = hashlib.sha256(out[-1]).hexdigest()
        open(h.root + '/t', 'wb').write(b'\n'.join(out) + b'\n')
        return run(B + '/fujie-verify', 'ceremony', 'replay', h.root + '/t', '--plan', plan_of(h), '--unsigned', '--json')
    check('(a chain computed anew is replayed as it was)', replayed(lambda one, two: None)[0] == 0)
    for sentence, words, change in (('with another credential\'s answer', 'not what the officer put', lambda one, two: one['out'].update(answer=two['out']['answer'])),
                                    ('with another endorsement key', 'signature is not this officer', lambda one, two: one['in']['challenge'].update(ek=one['in']['challenge']['ak'] if False else two['in']['challenge']['ek'][:-4] + 'AAAA')),
                                    ('under another officer\'s name', 'signature is not this officer', lambda one, two: one['in']['challenge'].update(officer='officer3')),
                                    ('by somebody who is none', 'no officer', lambda one, two: one['in']['challenge'].update(officer='stranger')),
                                    ('refused without a reason', 'without a reason', lambda one, two: one.update(out={'taken': False}))):
        code, out = replayed(change)
        check('a bond %s: the transcript is refused, with the reason' % sentence, code == 1 and (words in out or 'endorsement key is none' in out), out[-400:])


def manufactured(h, w):
    """the same TPM with a certificate of a vendor of our own at the index that was free"""
    if not TOOLS:
        return absent('tpm2-tools')
    root, certify = vendor(w + '/maker')
    t = Soft(h.d + '/tpm', fresh=False)
    try:
        said = [t.tool('tpm2_createek', '-Q', '-G', 'ecc', '-c', t.run + '/ek.ctx', '-u', t.run + '/ek.pub'), t.tool('tpm2_readpublic', '-Q', '-c', t.run + '/ek.ctx', '-f', 'pem', '-o', t.run + '/ek.pem')]
        der = certify(t.run + '/ek.pem')
        open(t.run + '/ek.der', 'wb').write(der + bytes(40))  # a maker may fill the index up
        said += [t.tool('tpm2_flushcontext', '-t'), t.tool('tpm2_nvdefine', '-Q', '-C', 'o', '0x01c0000a', '-s', str(len(der) + 40), '-a', 'ownerread|authread|ownerwrite|no_da'),
                 t.tool('tpm2_nvwrite', '-Q', '-C', 'o', '0x01c0000a', '-i', t.run + '/ek.der')]
    finally:
        t.end()
    check('a certificate of a home-made vendor is put into the TPM', all(c == 0 for c, _ in said), said)
    old = json.load(open(h.d + '/trust/attestation/attestation.json'))
    check('the service starts on it', h.serve())
    h.stop()
    answer, doc = attest(h.d + '/trust', '--vendors', root)
    new = json.load(open(h.d + '/trust/attestation/attestation.json'))
    check('it is published without what fills its index up, and is software until officers have bound its key', answer == SOFTWARE and open(h.d + '/trust/attestation/ek-01c0000a.cer', 'rb').read() == der, (answer, doc['endorsement']))
    got = bind(h, 'officer2', 'officer3', more=('--vendors', root))
    answer, doc = attest(h.d + '/trust', '--vendors', root, '--plan', plan_of(h))
    check('once two have, it is hardware by that root and the plan', [g[0] for g in got] == [0, 0] and answer == HARDWARE and any(e['bound'] and e['vendor'] for e in doc['endorsement']), (got, answer, doc['endorsement']))
    check('and not without the plan', attest(h.d + '/trust', '--vendors', root)[0] == SOFTWARE)
    check('each start has a fresh quote', old['quote']['attest'] != new['quote']['attest'] and old['qualifying'] != new['qualifying'])
    if SETUP:
        check('without that root it is software as before', attest(h.d + '/trust')[0] == SOFTWARE)


# --- the attestation key at the TPM and at the signer ---

def slot_of(h, area):
    """(public, private) of the key whose public area this is, from the signer's key file"""
    data = open(h.d + '/signer/keys', 'rb').read()
    for at in range(0, len(data), 4096):
        n = struct.unpack('>I', data[at + 4:at + 8])[0]
        if data[at + 8:at + 8 + n][2:] == area:
            m = struct.unpack('>I', data[at + 8 + n:at + 12 + n])[0]
            return data[at + 8:at + 8 + n], data[at + 12 + n:at + 12 + n + m]


def restricted(h):
    if not TOOLS:
        return absent('tpm2-tools')
    a = h.d + '/trust/attestation/'
    pub, priv = slot_of(h, open(a + 'ak.public', 'rb').read())
    shutil.copytree(h.d + '/tpm', h.root + '/tpm-copy')
    t = Soft(h.root + '/tpm-copy', fresh=False)
    try:
        for name, data in (('ak.pub', pub), ('ak.priv', priv), ('digest', os.urandom(32)), ('forged', b'\xff\x54\x43\x47\x80\x1a' + os.urandom(100)), ('other', b'no statement of a TPM')):
            open(t.run + '/' + name, 'wb').write(data)
        # the storage key is the only key at a handle that is a parent
        handles = [l.split()[-1] for l in t.tool('tpm2_getcap', 'handles-persistent')[1].splitlines() if '0x81004' in l]
        loaded = next((True for p in handles if t.tool('tpm2_load', '-Q', '-C', p, '-u', t.run + '/ak.pub', '-r', t.run + '/ak.priv', '-c', t.run + '/ak.ctx')[0] == 0), False)
        t.tool('tpm2_flushcontext', '-t')
        sign = ['tpm2_sign', '-Q', '-c', t.run + '/ak.ctx', '-g', 'sha256', '-s', 'ecdsa', '-o', t.run + '/sig']
        code, said = t.tool(*sign, '-d', t.run + '/digest')
        check('tpm2_sign: the attestation key refuses a digest from outside', loaded and code != 0 and ('0x3e0' in said.lower() or 'ticket' in said.lower()), (loaded, said))
        t.tool('tpm2_flushcontext', '-t')
        code, said = t.tool('tpm2_hash', '-Q', '-C', 'o', '-g', 'sha256', '-o', t.run + '/h', '-t', t.run + '/ticket', t.run + '/forged')
        code, said = t.tool(*sign, '-t', t.run + '/ticket', '-d', t.run + '/h')
        check('and what begins like a TPM\'s statement, although the TPM hashed it', code != 0, said)
    finally:
        t.end()


def ask(h, kind, body):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect('/proc/self/fd/%d/registry.sock' % os.open(h.d + '/run', os.O_RDONLY))
    s.sendall(struct.pack('>IHHQ', len(body) + 12, kind, 0, 0) + body)
    out = b''
    while len(out) < 4 or len(out) < struct.unpack('>I', out[:4])[0] + 4:
        got = s.recv(65536)
        if not got:
            return None
        out += got
    return struct.unpack('>H', out[4:6])[0], out[16:]


def numbers():
    """message and role numbers as hsm/proto.h has them"""
    text = open('hsm/proto.h').read()
    messages = re.sub(r'/\*.*?\*/', '', text.split('enum hsm_msg {')[1].split('}')[0], flags=re.S).replace('\n', ' ').split(',')
    roles = re.sub(r'/\*.*?\*/', '', text.split('enum hsm_role {')[1].split('}')[0], flags=re.S).replace('\n', ' ').split(',')
    roles = [r.split('=')[0].strip() for r in roles]
    return [m.split('=')[0].strip() for m in messages].index('HSM_MSG_ATTEST') + 1, roles.index('HSM_AK') + 1, roles.index('HSM_ROLE_END') + 1


def at_the_signer(h):
    attest_msg, ak, end = numbers()
    kind, body = ask(h, attest_msg, struct.pack('>I', 32) + bytes(32) + b'\1')
    check('the registry\'s socket asks for an attestation with any 32 octets, a key at a time', kind == attest_msg and 300 < len(body) < 1000 and b'root' in body, (kind, len(body)))
    check('and with none', ask(h, attest_msg, struct.pack('>I', 0) + b'\0')[0] == attest_msg)
    check('33 octets end the connection', ask(h, attest_msg, struct.pack('>I', 33) + bytes(33) + b'\1') is None)
    check('an octet behind them too', ask(h, attest_msg, struct.pack('>I', 0) + b'\1\0') is None)
    check('and a role that there is none of', ask(h, attest_msg, struct.pack('>I', 0) + bytes([end])) is None)
    tbs = b'\xff\x54\x43\x47' + bytes(60)
    answers = {kind: ask(h, 1, bytes([ak, kind]) + bytes(32) + struct.pack('>III', 0, 1, 0)[:8] + bytes(16) + struct.pack('>I', len(tbs)) + tbs) for kind in range(1, 14)}
    check('no kind of signature is asked of the attestation key: the connection ends', set(answers.values()) == {None}, answers)


# --- what readers get ---

def published(h):
    tar = tarfile.open(fileobj=io.BytesIO(urllib.request.urlopen(h.url('/v1/trust.tar'), timeout=300).read()))
    names = {n for n in tar.getnames() if '/attestation/' in n}
    check('trust.tar has the attestation with all its files', len(names) > 40 and 'trust/attestation/attestation.json' in names and 'trust/attestation/quote.sig' in names, len(names))
    d = tempfile.mkdtemp(prefix='tar-', dir=h.root)
    tar.extractall(d)
    check('unpacked, it is judged as here', attest(d + '/trust')[0] == SOFTWARE)
    item = next(t for t in h.demo['certificates'] if t['expect'] == 'permit')
    out = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': open(h.d + '/' + item['file']).read()}).encode(), timeout=300))
    check('the public service says it in its verdict', (out['verdict'], out['tpm']) == ('permit', 'software'), out)
    bundle = h.root + '/b.json'
    run(B + '/fujie', 'bundle', 'create', h.d + '/' + item['file'], '--out', bundle, '--dir', h.d)
    root = hashlib.sha256(subprocess.run(['openssl', 'x509', '-in', h.d + '/trust/root.pem', '-outform', 'DER'], capture_output=True).stdout).hexdigest()
    out = json.loads(run(VERIFY, '--root', root, bundle, '--json')[1])
    check('a bundle carries no attestation, and its verdict says none', (out['verdict'], out['tpm']) == ('permit', 'none'), out)


# --- a TPM that can't say everything ---

PROXY = '''#!/usr/bin/env python3
"""swtpm, but what it is told to refuse (command codes in hex in the file beside this program) it refuses"""
import os, socket, struct, subprocess, sys
ours, theirs = socket.socketpair()
os.dup2(3, 10)
os.dup2(4, 11)
def place():
    os.dup2(theirs.fileno(), 3)
    os.dup2(11, 4)
child = subprocess.Popen(['%s'] + sys.argv[1:], preexec_fn=place, close_fds=False)
theirs.close()
up = socket.socket(fileno=10)
def whole(s):
    out = b''
    while len(out) < 6 or len(out) < struct.unpack('>I', out[2:6])[0]:
        got = s.recv(65536)
        if not got:
            child.terminate()
            os._exit(0)
        out += got
    return out
while True:
    command = whole(up)
    refuse = open('%s').read().split() if os.path.exists('%s') else []
    if '%%x' %% struct.unpack('>I', command[6:10])[0] in refuse:
        up.sendall(struct.pack('>HII', 0x8001, 10, 0x902))
    else:
        ours.sendall(command)
        up.sendall(whole(ours))
'''
CERTIFY_CREATION, QUOTE, CERTIFY = '14a', '158', '148'


def crowded():
    """a TPM whose slots are full whenever it is to state something"""
    w = tempfile.mkdtemp(prefix='fujie-test-')
    os.mkdir(w + '/bin')
    open(w + '/bin/swtpm', 'w').write(PROXY % (shutil.which('swtpm'), w + '/refuse', w + '/refuse'))
    os.chmod(w + '/bin/swtpm', 0o755)
    h = Home(own=True)
    before, os.environ['PATH'] = os.environ['PATH'], w + '/bin:' + os.environ['PATH']
    try:
        open(w + '/refuse', 'w').write(' '.join((CERTIFY_CREATION, QUOTE, CERTIFY)))
        check('with a TPM that states nothing the service starts', h.serve())
        doc = json.load(open(h.d + '/trust/attestation/attestation.json'))
        check('what is missing is named, with the TPM\'s code', len(doc['missing']) == len(doc['objects']) + 1 and all('0x902' in m for m in doc['missing']) and doc['quote'] is None and
              all(o['attest'] == '' and o['public'] for o in doc['objects']), doc['missing'])
        answer, out = attest(h.d + '/trust')
        check('it is none then, and every certificate is not attested', answer == NONE and out['certificates'] and not any(c['attested'] for c in out['certificates']) and out['missing'] == doc['missing'], out)
        item = h.demo['certificates'][0]
        check('verdicts and OCSP go on', h.verdict_service(item) == item['expect'])
        asset = h.registered('CRW', 1)[2]
        o = Officers(h)
        _, issued = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=asset)
        check('and so does signing: a certificate is issued', issued['state'] == 'APPROVED' and issued['issued'] == 1 and issued['published'], issued)
        h.stop()
        open(w + '/refuse', 'w').write(QUOTE)
        h.serve()
        doc = json.load(open(h.d + '/trust/attestation/attestation.json'))
        check('a TPM that quotes nothing: the keys are attested, and the quote is missing', attest(h.d + '/trust')[0] == SOFTWARE and len(doc['missing']) == 1 and doc['missing'][0].startswith('quote: '), doc['missing'])
        h.stop()
        os.unlink(w + '/refuse')
        h.serve()
        check('at the next start all is there again', attest(h.d + '/trust')[0] == SOFTWARE and json.load(open(h.d + '/trust/attestation/attestation.json'))['missing'] == [])
    finally:
        os.environ['PATH'] = before
        h.close()
        shutil.rmtree(w, ignore_errors=True)


h = Home()
check('a demo home is made', h.made, h.made_err)
if h.made:
    other = Home(cases=False)
    try:
        files(h)
        verdicts(h)
        changed(h, other)
        officers(h, other, simulated(h))
        endorsed(h)
        restricted(h)
        check('it is served', h.serve())
        published(h)
        at_the_signer(h)
        h.stop()
    finally:
        h.close()
        other.close()
    provisioned()
    crowded()
finish()
