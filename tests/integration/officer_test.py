"""fujie-officer as an officer uses it, on files and at a terminal: keys, a plan that all sign, and the approval of
what a root is to sign.  The structures, the TPM's Names and hashes and what an officer signs are made here from the
standards alone (tests/conformance/world.py); whatever an appliance could change is changed and refused."""
import copy, os, pty, select, shutil, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'conformance'))
from lib import *
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
import world as w
import tpm2_make
import tpm_made

root = tempfile.mkdtemp(prefix='fujie-officer-')
TOOL = B + '/fujie-officer'
ARC, BASE, OPERATOR = '1.3.6.1.4.1.32473', 'https://verify.example', '某市财政局'
NOW, DAY = 1795000000, 86400
PASS = 'correct horse battery'
HEAD = bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
SM2_HEAD = bytes.fromhex('3059301306072a8648ce3d020106082a811ccf5501822d03420004')
SM2 = w.seq(w.oid('1.2.156.10197.1.501'))
SM2_Z = bytes.fromhex('0080' + b'1234567812345678'.hex() +
                      'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'
                      '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0')


def path(name):
    return os.path.join(root, name)


def write(name, data):
    with open(path(name), 'wb') as f:
        f.write(data if isinstance(data, bytes) else w.canonical(data) if isinstance(data, dict) else data.encode())
    return path(name)


def read(name):
    with open(path(name), 'rb') as f:
        return f.read()


def run(*args, lang='en', env=None):
    r = subprocess.run([TOOL, *args, '--lang', lang], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, cwd=root, env=env, start_new_session=True)
    return r.returncode, r.stdout, r.stderr


def tool(*args):
    code, out, err = run(*args, '--json')
    try:
        return code, json.loads(out)
    except ValueError:
        return code, {'out': out, 'err': err}


def says(sentence, answer, code, field=None, words='', file=None):
    """refused with this exit code, in both languages, at this field; and nothing was written"""
    got, out = answer
    d = out.get('detail', {}) if isinstance(out, dict) else {}
    ok = got == code and d.get('en') and re.search('[\u4e00-\u9fff]', d.get('zh', '')) and (field is None or out.get('field') == field) and words in d.get('en', '')
    check(sentence, bool(ok) and (file is None or not os.path.exists(path(file))), (got, out))


# --- the TPM's arithmetic, from its specification ---

def b2(x): return struct.pack('>H', len(x)) + x
def sha(x): return hashlib.sha256(x).digest()
def b64u(x): return w.b64u(x)
def unb64u(s): return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))


def officer_name(xy):
    return b'\0\x0b' + sha(bytes.fromhex('0023000b00040040000000100018000b00030010') + b2(xy[:32]) + b2(xy[32:]))


def policy(xys, m, ref):
    def signed(d, xy):
        return sha(sha(d + bytes.fromhex('00000160') + officer_name(xy)) + ref)
    level = []
    for s in range(1, 1 << len(xys)):
        if bin(s).count('1') == m:
            d = bytes(32)
            for i, xy in enumerate(xys):
                if s >> i & 1:
                    d = signed(d, xy)
            level.append(d)
    while True:
        groups = [level[i:i + 8] for i in range(0, len(level), 8)]
        level = [sha(bytes(32) + bytes.fromhex('00000171') + b''.join(g * 2 if len(g) == 1 else g)) for g in groups]
        if len(level) == 1:
            return level[0]


def public(digest, xy, alg='P-256', attributes='00040432', scheme=None):
    scheme = scheme or ('001b000b0020' if alg == 'SM2' else '0018000b0003')
    return bytes.fromhex('0023000b' + attributes) + b2(digest) + b'\0\x10' + bytes.fromhex(scheme) + b'\0\x10' + b2(xy[:32]) + b2(xy[32:])


def digest_of(tbs, alg, xy):
    if alg == 'P-256':
        return sha(tbs)
    z = hashlib.new('sm3', SM2_Z + xy).digest()
    return hashlib.new('sm3', z + tbs).digest()


def to_sign(challenge, plan_hash):
    """what an officer signs, and the cpHash in it"""
    key, tbs, nonce = (unb64u(challenge[k]) for k in ('key', 'structure', 'nonce'))
    xy = key[-66:-34] + key[-32:]
    cphash = sha(bytes.fromhex('0000015d') + b'\0\x0b' + sha(key) + b2(digest_of(tbs, challenge['alg'], xy)) + bytes.fromhex('00108024400000070000'))
    return sha(nonce + struct.pack('>i', challenge['expiration']) + cphash + b'fujie-root-sign' + plan_hash), cphash


def verifies(xy, digest, rs):
    """by openssl, not by our own code"""
    r, s = (int.from_bytes(x, 'big') for x in (rs[:32], rs[32:]))
    pub = write('pub.pem', w.pem(HEAD + xy, 'PUBLIC KEY'))
    out = subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', pub, '-in', write('digest', digest), '-sigfile', write('sig', w.seq(w.integer(r), w.integer(s)))], capture_output=True, text=True)
    return out.returncode == 0 and 'Successfully' in out.stdout


# --- what a root signs ---

class Point:
    """a key of the TPM: only its public half is asked about here"""
    def __init__(self, name, alg='P-256'):
        self.alg = alg
        self.key = w.Key(name)  # of SM2: any 64 octets, nothing is verified under it here
        self.point = self.key.point

    def xy(self):
        return self.point[1:]

    def algorithm(self):
        return SM2 if self.alg == 'SM2' else self.key.algorithm()


def tbs_of(der):
    """the first element of a Certificate or CertificateList"""
    def at(d):
        n = d[1] if d[1] < 128 else int.from_bytes(d[2:2 + (d[1] & 127)], 'big')
        return (2 if d[1] < 128 else 2 + (d[1] & 127)), n
    h, _ = at(der)
    inner = der[h:]
    h, n = at(inner)
    return inner[:h + n]


class CaCert(w.Cert):
    def spki(self):
        return (SM2_HEAD if self.key.alg == 'SM2' else HEAD) + self.key.xy()

    def seal(self, tbs, key):
        return w.seq(tbs)


class RootCrl(w.Crl):
    def seal(self, tbs, key):
        return w.seq(tbs)


def suffix(alg):
    return '-sm2' if alg == 'SM2' else ''


def root_cert(key, **change):
    c = CaCert(None, key, w.name(('C', 'CN'), ('O', OPERATOR), ('CN', 'Fujie DEMO Root')), 1, NOW, NOW + 20 * 365 * DAY,
               {'ski': (False, lambda c: w.octets(c.ski())), 'ku': (True, w.flags(5, 6)), 'bc': (True, w.bc(True, 1))})
    for k, v in change.items():
        setattr(c, k, v)
    return c


def issuing_cert(ca, key, **change):
    s = suffix(key.alg)
    c = CaCert(ca, key, w.name(('C', 'CN'), ('O', OPERATOR), ('CN', 'Fujie DEMO Issuing CA 1')), 2, NOW, NOW + 12 * 365 * DAY,
               {'ski': (False, lambda c: w.octets(c.ski())), 'aki': (False, lambda c: w.aki(c.issuer)), 'ku': (True, w.flags(5, 6)), 'bc': (True, w.bc(True, 0)),
                'policy': (False, w.policy(ARC + '.3.2')), 'crldp': (False, w.crldp(BASE + '/crl/root%s.crl' % s)), 'aia': (False, w.aia(None, BASE + '/ca/root%s.cer' % s))})
    for k, v in change.items():
        setattr(c, k, v)
    return c


def root_crl(ca, **change):
    c = RootCrl(ca, BASE + '/crl/root%s.crl' % suffix(ca.key.alg), 1, NOW, NOW + 400 * DAY)
    for k, v in change.items():
        setattr(c, k, v)
    return c


# --- officers and their plan ---

def passphrase(text=PASS):
    return write('pass-' + sha(text.encode()).hex()[:8], text + '\n')


xys = {}


def keys():
    for who in 'abc':
        code, out = tool('new', '--key', path(who + '.key'), '--passphrase-file', passphrase())
        spki = unb64u(out.get('key', ''))
        check('officer %s makes a key under a passphrase' % who, code == 0 and spki[:27] == HEAD and len(spki) == 91 and out['sha256'] == sha(spki).hex(), out)
        xys[who] = spki[27:]
    check('its file is the owner\'s alone', os.stat(path('a.key')).st_mode & 0o777 == 0o600)
    text = subprocess.run(['openssl', 'asn1parse', '-in', path('a.key')], capture_output=True, text=True).stdout
    check('under scrypt and AES-256', 'scrypt' in text and 'aes-256-cbc' in text and ':4000' in text, text)
    out = subprocess.run(['openssl', 'pkey', '-in', path('a.key'), '-passin', 'pass:' + PASS, '-pubout', '-outform', 'DER'], capture_output=True)
    check('openssl opens it, and it is that key', out.stdout == HEAD + xys['a'], out.stderr)
    code, out = tool('public', '--key', path('a.key'), '--passphrase-file', passphrase())
    check('public prints the same', code == 0 and unb64u(out['key'])[27:] == xys['a'], out)
    says('a key is never written over', tool('new', '--key', path('a.key'), '--passphrase-file', passphrase()), 1, words='is there already')
    says('a short passphrase makes none', tool('new', '--key', path('d.key'), '--passphrase-file', passphrase('short')), 1, words='12 characters', file='d.key')
    says('eleven Chinese characters are eleven', tool('new', '--key', path('d.key'), '--passphrase-file', passphrase('一二三四五六七八九十一')), 1, words='12 characters', file='d.key')
    says('a wrong passphrase', tool('public', '--key', path('a.key'), '--passphrase-file', passphrase('wrong horse battery')), 1, words='does not open')
    for name, args in (('in clear', ()), ('under PBKDF2 with few rounds', ('-v2', 'aes-256-cbc')), ('under scrypt and AES-128', ('-scrypt', '-v2', 'aes-128-cbc')), ('under a fast scrypt', ('-scrypt', '-scrypt_N', '1024', '-scrypt_r', '8', '-scrypt_p', '1', '-v2', 'aes-256-cbc'))):
        write('plain.pem', subprocess.run(['openssl', 'pkey', '-in', path('a.key'), '-passin', 'pass:' + PASS], capture_output=True).stdout)
        if args:
            subprocess.run(['openssl', 'pkcs8', '-topk8', '-in', path('plain.pem'), '-out', path('weak.pem'), '-passout', 'pass:' + PASS, *args], check=True, capture_output=True)
        says('a key %s is refused, with the command that mends it' % name, tool('public', '--key', path('weak.pem' if args else 'plain.pem'), '--passphrase-file', passphrase()), 1, words='-scrypt')
    subprocess.run('openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -scrypt -v2 aes-256-cbc -out %s -passout pass:"%s"' % (path('384.key'), PASS), shell=True, check=True, capture_output=True)
    says('a key of another curve', tool('public', '--key', path('384.key'), '--passphrase-file', passphrase()), 1, words='P-256')
    subprocess.run(['openssl', 'pkcs8', '-topk8', '-scrypt', '-v2', 'aes-256-cbc', '-in', path('plain.pem'), '-out', path('own.key'), '-passout', 'pass:' + PASS], check=True, capture_output=True)
    code, out = tool('public', '--key', path('own.key'), '--passphrase-file', passphrase())
    check('a key of one\'s own that openssl encrypted so is taken', code == 0 and unb64u(out['key'])[27:] == xys['a'], out)


def plan_doc(m=2, who='abc', sm2=True, **change):
    return {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': OPERATOR}, 'algorithms': ['P-256', 'SM2'] if sm2 else ['P-256'],
            'officers': [{'login': o, 'name': '官员' + o, 'key': b64u(HEAD + xys[o])} for o in who], 'quorum': {'root': m}, 'expiration': 600, 'made': '2026-11-18T00:00:00Z', **change}


def sign_plan(name, doc, who='abc'):
    write(name, {'plan': doc, 'signatures': []})
    for o in who:
        code, out = tool('plan', 'sign', path(name), '--key', path(o + '.key'), '--passphrase-file', passphrase(), '--yes')
        if code:
            return code, out
    return 0, out


def plans():
    doc = plan_doc()
    write('plan.json', {'plan': doc, 'signatures': []})
    code, out = tool('plan', 'show', path('plan.json'))
    check('a plan without signatures is shown, and not in force', code == 0 and out['plan'] == sha(w.canonical(doc)).hex() and out['signed_by'] == [] and out['in_force'] is False, out)
    for o, by in (('c', ['c']), ('a', ['a', 'c']), ('b', ['a', 'b', 'c'])):
        code, out = tool('plan', 'sign', path('plan.json'), '--key', path(o + '.key'), '--passphrase-file', passphrase(), '--yes')
        check('officer %s signs it' % o, code == 0 and out['signed_by'] == by and out['in_force'] is (len(by) == 3), out)
    signed = json.loads(read('plan.json'))
    digest = sha(b'fujie-plan-1\n' + w.canonical(doc))
    check('openssl verifies each signature over the digest made here', signed['plan'] == doc and [s['officer'] for s in signed['signatures']] == list('abc') and
          all(verifies(xys[s['officer']], digest, unb64u(s['sig'])) for s in signed['signatures']))
    says('nobody signs twice', tool('plan', 'sign', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--yes'), 1, words='already')
    tool('new', '--key', path('x.key'), '--passphrase-file', passphrase())
    says('nobody signs who is not in it', tool('plan', 'sign', path('plan.json'), '--key', path('x.key'), '--passphrase-file', passphrase(), '--yes'), 1, words='not in the plan')
    check('a refused signature leaves the file as it was', json.loads(read('plan.json')) == signed)
    code, out = tool('plan', 'show', path('plan.json'))
    check('what all signed is in force', code == 0 and out['in_force'] is True, out)
    for lang, words in (('en', ('each signature needs 2 of the 3', 'demonstration', 'has signed')), ('zh', ('须 2 名官员批准', '演示', '已签署'))):
        code, out, _ = run('plan', 'show', path('plan.json'), lang=lang)
        check('the plan in words, %s' % lang, code == 0 and all(x in out for x in words) and sha(w.canonical(doc)).hex() in out and sha(HEAD + xys['b']).hex() in out and BASE in out, out)
    for name, change in (('another quorum', lambda p: p['plan']['quorum'].update(root=1)), ('another officer\'s key', lambda p: p['plan']['officers'][1].update(key=b64u(HEAD + w.Key('thief').point[1:]))),
                         ('another address', lambda p: p['plan']['home'].update(base='https://other.example')), ('a later expiration', lambda p: p['plan'].update(expiration=601)),
                         ('a signature of another officer', lambda p: p['signatures'][0].update(sig=p['signatures'][1]['sig']))):
        bad = copy.deepcopy(signed)
        change(bad)
        says('a signed plan with %s' % name, tool('plan', 'show', write('bad.json', bad)), 1, words='not its officer')
    bad = copy.deepcopy(signed)
    bad['plan']['officers'][0]['key'] = b64u(HEAD + bytes(64))
    says('an officer whose key is no point of the curve', tool('plan', 'show', write('bad.json', bad)), 1, words='not its officer')
    for name, change, field in (('an unknown member', lambda p: p['plan'].update(unseal=None), 'unseal'), ('no expiration', lambda p: p['plan'].pop('expiration'), 'expiration'), ('a quorum above its officers', lambda p: p['plan']['quorum'].update(root=4), 'root')):
        bad = copy.deepcopy(signed)
        change(bad)
        says('a plan with %s' % name, tool('plan', 'show', write('bad.json', bad)), 1, field=field)


# --- approvals ---

tpm = {(r, alg): Point('%s %s' % (r, alg), alg) for r in ('root', 'issuing') for alg in ('P-256', 'SM2')}


def stated(c, change=lambda what, value: value, text=None, keep=('storage', 'ak', 'issuing', 'issuing-sm2'), xy=None):
    """what a TPM states of the issuing key in a challenge's structure, made by a program"""
    tbs = unb64u(c['structure'])
    alg = 'SM2' if SM2_HEAD in tbs else 'P-256'
    head = SM2_HEAD if alg == 'SM2' else HEAD
    xy = xy or (tbs[tbs.index(head) + len(head):][:64] if head in tbs else tpm['issuing', alg].xy())
    text = text or b'fujie-made-1\n%s\n%s\n%s\n' % (c['plan'].encode(), unb64u(c['nonce']).hex().encode(), sha(tbs).hex().encode())
    doc = tpm_made.made(root, text, {'issuing' + suffix(alg): (xy, alg)}, change)
    return {**doc, 'objects': [o for o in doc['objects'] if o['name'] in keep], 'quote': None}


def challenge(doc, step, alg='P-256', tbs=None, **change):
    h = sha(w.canonical(doc))
    pol = policy([unb64u(o['key'])[27:] for o in doc['officers']], doc['quorum']['root'], b'fujie-root-sign' + h)
    key = tpm['root', alg]
    ca = root_cert(key)
    made = {'root': lambda: ca, 'issuing': lambda: issuing_cert(ca, tpm['issuing', alg]), 'root-crl': lambda: root_crl(ca)}
    c = {'version': 1, 'plan': h.hex(), 'step': step, 'alg': alg, 'structure': b64u(tbs or tbs_of(made[step]().der())), 'key': b64u(public(pol, key.xy(), alg)),
         'nonce': b64u(sha(b'nonce ' + step.encode() + alg.encode())), 'expiration': 600, 'kind': 'fujie-root-sign'}
    c.update(change)
    if step == 'issuing' and 'made' not in change:
        c['made'] = stated(c)
    return c


def approve(doc, name='answers.json', who='a', plan='plan.json', secret=PASS, extra=('--yes',)):
    if os.path.exists(path(name)):
        os.unlink(path(name))
    return tool('approve', write('challenges.json', doc), '--plan', path(plan), '--key', path(who + '.key'), '--passphrase-file', passphrase(secret), '--out', path(name), *extra)


def approvals():
    doc = plan_doc()
    h = sha(w.canonical(doc))
    round_ = [challenge(doc, step, alg) for alg in ('P-256', 'SM2') for step in ('root', 'issuing', 'root-crl')]
    code, out = approve({'challenges': round_})
    answers = json.loads(read('answers.json'))['answers'] if code == 0 else []
    check('a round of six structures is approved under one passphrase', code == 0 and out['officer'] == 'a' and len(out['approved']) == 6 and len(answers) == 6, out)
    for c, a in zip(round_, answers):
        digest, cphash = to_sign(c, h)
        check('%s, %s: openssl verifies the approval over the digest made here' % (c['step'], c['alg']), verifies(xys['a'], digest, unb64u(a['sig'])) and a['cphash'] == cphash.hex() and
              {k: v for k, v in a.items() if k not in ('sig', 'cphash')} == {'version': 1, 'plan': h.hex(), 'step': c['step'], 'alg': c['alg'], 'officer': 'a'}, a)
    code, out = approve(round_[0], who='b')
    check('one challenge for itself, by another officer', code == 0 and json.loads(read('answers.json'))['answers'][0]['officer'] == 'b', out)
    says('answers are not written over', tool('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('answers.json'), '--yes'), 1, words='is there already')
    c = challenge(doc, 'root', 'SM2')
    h_sm3 = bytes.fromhex('0023000b00040432') + unb64u(c['key'])[8:42] + bytes.fromhex('0010001b0012') + unb64u(c['key'])[48:]
    code, out = approve({**c, 'key': b64u(h_sm3)})
    check('an SM2 key of a TPM that has SM3', code == 0, out)


def in_a_tpm():
    """a software TPM's key under the plan's policy signs, and only what was approved, only by as many as the plan says"""
    doc = plan_doc()
    h = sha(w.canonical(doc))
    ref = b'fujie-root-sign' + h
    all_ = [xys[o] for o in 'abc']
    folder = path('tpm')
    os.mkdir(folder)
    t = tpm2_make.Tpm(folder)

    def sign(handle, tbs_digest, session):
        return t.ask(0x15d, [handle], b2(tbs_digest) + bytes.fromhex('00108024400000070000'), session)

    def refuses(sentence, f):
        try:
            f()
            check(sentence, False)
        except tpm2_make.Refused:
            check(sentence, True)

    def give(session, challenge, answer, xy):
        nonce = unb64u(challenge['nonce'])
        t.policy_signed(bytes.fromhex('0023000b00040040000000100018000b00030010') + b2(xy[:32]) + b2(xy[32:]), session, nonce, bytes.fromhex(answer['cphash']), ref, 600, unb64u(answer['sig']))

    try:
        parent = t.storage()
        for alg in ('P-256', 'SM2'):
            template = bytes.fromhex('0023000b00040432') + b2(policy(all_, 2, ref)) + b'\0\x10' + bytes.fromhex('001b000b0020' if alg == 'SM2' else '0018000b0003') + bytes.fromhex('001000000000')
            handle, pub, _ = tpm2_make.created(t, parent, template)
            xy = pub[-66:-34] + pub[-32:]
            tpm['root', alg].point = b'\4' + xy
            session, nonce = t.session(1)
            c = challenge(doc, 'root', alg, key=b64u(pub), nonce=b64u(nonce))
            digest = digest_of(unb64u(c['structure']), alg, xy)
            answers = {}
            for o in 'ac':
                code, out = approve(c, who=o)
                answers[o] = json.loads(read('answers.json'))['answers'][0] if code == 0 else None
                check('%s: officer %s approves what the TPM is to sign' % (alg, o), code == 0, out)
            branch = [sha(sha(sha(sha(bytes(32) + bytes.fromhex('00000160') + officer_name(xys[x])) + ref) + bytes.fromhex('00000160') + officer_name(xys[y])) + ref) for x, y in ('ab', 'ac', 'bc')]
            give(session, c, answers['a'], xys['a'])
            refuses('%s: one of two is not enough' % alg, lambda: t.policy_or(session, branch))
            refuses('%s: nor is one officer twice' % alg, lambda: (give(session, c, answers['a'], xys['a']), t.policy_or(session, branch)))
            t.ask(0x180, [session], b'')  # PolicyRestart
            refuses('%s: an answer under another officer\'s name' % alg, lambda: give(session, c, answers['c'], xys['b']))
            give(session, c, answers['a'], xys['a'])
            give(session, c, answers['c'], xys['c'])
            t.policy_or(session, branch)
            refuses('%s: another structure is not signed by it' % alg, lambda: sign(handle, sha(b'other'), session))
            r = sign(handle, digest, session)[4:]
            check('%s: with the approvals the TPM signs' % alg, r[:4] == bytes.fromhex('001b000b' if alg == 'SM2' else '0018000b') and len(r) >= 72, r.hex())
            if alg == 'P-256':
                check('and openssl verifies the root certificate\'s signature', verifies(xy, digest, r[6:38] + r[40:72]))
            refuses('%s: the same answers in the same session once more' % alg, lambda: give(session, c, answers['a'], xys['a']))
            other, _ = t.session(1)
            refuses('%s: the same answers in another session' % alg, lambda: give(other, c, answers['a'], xys['a']))
            for x in (session, other, handle):
                t.flush(x)
    finally:
        t.end()


def words():
    doc = plan_doc()
    ca = root_cert(tpm['root', 'P-256'])
    crl = root_crl(ca, revoked=[(0x42, NOW - 5, 2)])
    tbs = tbs_of(ca.der())
    for lang, want in (('en', ('A root certificate', 'subject: C=CN, O=%s, CN=Fujie DEMO Root' % OPERATOR, 'path length: 1', '2026-11-18', '2046-11-13', ca.ski().hex(), sha(tbs).hex())),
                       ('zh', ('根证书', '主体：C=CN, O=%s, CN=Fujie DEMO Root' % OPERATOR, '路径长度：1', '2026-11-18', ca.ski().hex(), sha(tbs).hex()))):
        write('challenges.json', challenge(doc, 'root'))
        code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('w-' + lang), '--yes', lang=lang)
        check('what a root certificate says is shown before, %s' % lang, code == 0 and all(x in out for x in want) and '官员a (a)' in out[out.rindex('\n\n'):], (out, err))
    write('challenges.json', challenge(doc, 'root-crl', tbs=tbs_of(crl.der())))
    code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('w-crl'), '--yes')
    check('what a CRL revokes is shown', code == 0 and 'number: 1' in out and 'revoked certificates: 1' in out and '42  ' in out and 'CA compromise' in out, (out, err))
    c = challenge(doc, 'issuing', 'SM2')
    write('challenges.json', c)
    code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('w-sm2'), '--yes')
    check('of SM2 also the digest by SM3', code == 0 and digest_of(unb64u(c['structure']), 'SM2', tpm['root', 'SM2'].xy()).hex() in out, (out, err))
    evil = w.name(('C', 'CN'), ('O', OPERATOR), ('CN', 'Fujie DEMO\x1b[2J\u202e Root'))
    write('challenges.json', challenge(doc, 'root', tbs=tbs_of(root_cert(tpm['root', 'P-256'], subject=evil).der())))
    code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('w-evil'), '--yes')
    check('what would steer a terminal or turn the letters is a number', '\x1b' not in out + err and '\u202e' not in out + err and (code == 1 or '<U+001B>' in out), (out, err))


def refusals():
    doc = plan_doc()
    good = challenge(doc, 'root')
    for name, change, field in (
            ('an empty nonce', {'nonce': ''}, 'nonce'), ('a nonce of 16 octets', {'nonce': b64u(bytes(16))}, 'nonce'), ('a nonce of 64 octets', {'nonce': b64u(bytes(64))}, 'nonce'),
            ('a negative expiration', {'expiration': -600}, 'expiration'), ('no end', {'expiration': 0}, 'expiration'), ('an expiration above the plan\'s', {'expiration': 601}, 'expiration'),
            ('an expiration that a TPM reads as negative', {'expiration': 4294966696}, 'expiration'),
            ('an unknown member', {'digest': '00'}, 'digest'), ('a cpHash of the appliance\'s', {'cpHash': '00' * 32}, 'cpHash'), ('another kind', {'kind': 'fujie-root-move'}, 'kind'),
            ('another plan\'s hash', {'plan': '00' * 32}, 'plan'), ('an unknown step', {'step': 'leaf'}, 'step'), ('an unknown algorithm', {'alg': 'P-384'}, 'alg'),
            ('a structure that is none', {'structure': b64u(b'\x30\x03\x02\x01\x00')}, None), ('no structure', {'structure': ''}, 'structure'), ('another version', {'version': 2}, 'version')):
        says('refused: ' + name, approve({**good, **change}), 1, field=field, file='answers.json')
    for key in list(good):
        says('refused: without ' + key, approve({k: v for k, v in good.items() if k != key}), 1, field=key, file='answers.json')
    for name, key in (('of other officers', public(policy([xys[o] for o in 'ab'], 2, b'fujie-root-sign' + sha(w.canonical(doc))), tpm['root', 'P-256'].xy())),
                      ('of a smaller quorum', public(policy([xys[o] for o in 'abc'], 1, b'fujie-root-sign' + sha(w.canonical(doc))), tpm['root', 'P-256'].xy())),
                      ('of another plan with the same officers', public(policy([xys[o] for o in 'abc'], 2, b'fujie-root-sign' + bytes(32)), tpm['root', 'P-256'].xy())),
                      ('that a password opens too', public(unb64u(good['key'])[10:42], tpm['root', 'P-256'].xy(), attributes='00040472')),
                      ('whose policy opens its administration', public(unb64u(good['key'])[10:42], tpm['root', 'P-256'].xy(), attributes='000404b2')),
                      ('that may leave the TPM', public(unb64u(good['key'])[10:42], tpm['root', 'P-256'].xy(), attributes='00040430')),
                      ('that came from outside', public(unb64u(good['key'])[10:42], tpm['root', 'P-256'].xy(), attributes='00040412')),
                      ('without a policy', public(b'', tpm['root', 'P-256'].xy())), ('without a scheme', public(unb64u(good['key'])[10:42], tpm['root', 'P-256'].xy(), scheme='00100003'))):
        says('refused: a key ' + name, approve({**good, 'key': b64u(key)}), 1, field=None if len(key) > 120 else 'key', file='answers.json')
    says('refused: one bad challenge in a round of three, and none is answered', approve({'challenges': [good, challenge(doc, 'issuing'), {**challenge(doc, 'root-crl'), 'nonce': ''}]}), 1, field='nonce', file='answers.json')
    says('refused: a list of none', approve({'challenges': []}), 1, file='answers.json')
    says('refused: nine at once', approve({'challenges': [good] * 9}), 1, file='answers.json')
    says('refused: a wrong passphrase', approve(good, secret='wrong horse battery'), 1, words='does not open', file='answers.json')
    says('refused: a key that is not in the plan', approve(good, who='x'), 1, words='not of an officer', file='answers.json')
    sign_plan('half.json', doc, 'ab')
    says('refused: a plan that one officer has not signed', approve(good, plan='half.json'), 1, words='officer c has not signed', file='answers.json')
    code, out = sign_plan('p256.json', plan_doc(sm2=False))
    check('a plan without SM2', code == 0, out)
    says('refused: SM2 where the plan has none', approve({**challenge(plan_doc(sm2=False), 'root', 'SM2')}, plan='p256.json'), 1, field='alg', file='answers.json')
    says('refused: a challenge of the other plan', approve(good, plan='p256.json'), 1, field='plan', file='answers.json')


def issuing_keys():
    """an issuing key that a TPM does not state as its own, or not as it has to be, is certified by nobody"""
    doc = plan_doc()
    good = challenge(doc, 'issuing')
    made = good['made']
    ak = next(base64.b64decode(o['public']) for o in made['objects'] if o['name'] == 'ak')
    for lang, want in (('en', ('made in that TPM', 'its Name')), ('zh', ('在该 TPM 内生成，不能离开', '证明密钥'))):
        write('challenges.json', good)
        code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('m-' + lang), '--yes', lang=lang)
        check('that its TPM states it, and by which attestation key, is said in words, %s' % lang, code == 0 and all(x in out for x in want) and tpm_made.name_of(ak).hex() in out, (out, err))

    def no(name, made, words=''):
        says('an issuing key %s' % name, approve({**good, 'made': made}), 1, field='made', words=words, file='answers.json')

    def bent(of, f):
        return lambda what, value: f(value) if what == of else value

    with_bits = lambda bits: tpm_made.key_area(tpm['issuing', 'P-256'].xy(), bits)
    says('of which nothing is stated', approve({k: v for k, v in good.items() if k != 'made'}), 1, field='made', file='answers.json')
    says('a statement at another step', approve({**challenge(doc, 'root'), 'made': made}), 1, field='made', file='answers.json')
    no('in another plan', stated({**good, 'plan': '00' * 32}), 'another plan, session or structure')
    no('in another session', stated({**good, 'nonce': b64u(bytes(32))}), 'another plan, session or structure')
    no('with another structure', stated({**good, 'structure': challenge(doc, 'issuing', tbs=tbs_of(issuing_cert(root_cert(tpm['root', 'P-256']), tpm['issuing', 'P-256'], serial=9).der()))['structure']}), 'another plan, session or structure')
    no('whose statements repeat another text', stated(good, bent('data', lambda v: bytes(32))), 'made for another challenge')
    no('other than the one in the certificate', stated(good, xy=w.Key('thief').point[1:]), 'not the one in the certificate')
    no('that may leave its TPM', stated(good, bent('issuing', lambda v: with_bits(tpm_made.USER | tpm_made.NO_DA | tpm_made.ORIGIN | tpm_made.SIGN))), 'leave the TPM')
    no('that came from outside', stated(good, bent('issuing', lambda v: with_bits(tpm_made.FIXED | tpm_made.SIGN))), 'leave the TPM')
    no('that decrypts as well', stated(good, bent('issuing', lambda v: with_bits(tpm_made.FIXED | tpm_made.ORIGIN | tpm_made.SIGN | tpm_made.DECRYPT))), 'leave the TPM')
    no('under a policy that nobody knows', stated(good, bent('issuing', lambda v: tpm_made.key_area(tpm['issuing', 'P-256'].xy(), tpm_made.FIXED_TPM | tpm_made.FIXED_PARENT | tpm_made.NO_DA | tpm_made.ORIGIN | tpm_made.SIGN, policy=bytes(32)))), 'policy')
    no('whose statement somebody else signed', stated(good, bent('signature of issuing', lambda v: tpm_made.Key(root).sign(b'x'))), 'not signed by the attestation key')
    no('whose statement names another', stated(good, bent('name of issuing', lambda v: tpm_made.name_of(b'x'))), 'another key than this public area')
    no('made under another parent', stated(good, bent('creation of issuing', lambda v: tpm_made.creation(tpm_made.name_of(b'x'), tpm_made.name_of(b'y')))), 'another parent')
    no('whose making is not what the TPM certified', stated(good, bent('hash of issuing', lambda v: bytes(32))), 'not what the TPM certified')
    no('stated by a key that would sign anything', stated(good, bent('ak', lambda v: v[:4] + struct.pack('>I', tpm_made.FIXED | tpm_made.ORIGIN | tpm_made.SIGN) + v[8:])), 'no restricted key')
    no('without its own statement', stated(good, keep=('storage', 'ak')))
    no('beside others', {**made, 'objects': made['objects'] + [{**made['objects'][0], 'name': 'token'}]})
    no('under another name', {**made, 'objects': [{**o, 'name': 'token'} if o['name'] == 'issuing' else o for o in made['objects']]}, 'not the one in the certificate')
    no('only named', {**made, 'objects': [{**o, 'attest': '', 'signature': ''} if o['name'] == 'issuing' else o for o in made['objects']]}, 'not the one in the certificate')
    no('with a quote beside it', {**made, 'quote': tpm_made.made(root, b'x', {})['quote']})
    no('whose TPM could not say something', {**made, 'missing': ['storage: x']})
    no('beside a storage key that is not stated', {**made, 'objects': [{**o, 'attest': '', 'signature': ''} if o['name'] == 'storage' else o for o in made['objects']]})
    no('with an unknown member', {**made, 'x': 1})


def successor_key():
    """a root that may move to a spare is certified by the one before it only where its TPM states that it was made there"""
    old = plan_doc()
    parent = tpm_made.storage_area(w.Key('spare').point[1:])
    doc = plan_doc(move={'m': 2, 'parent': b64u(parent)}, follows={'generation': 2, 'plan': sha(w.canonical(old)).hex()})
    code, out = sign_plan('next.json', doc)
    check('a plan that follows, with a spare', code == 0, out)
    h, new = sha(w.canonical(doc)), Point('successor')
    quorum = lambda ref: policy([unb64u(o['key'])[27:] for o in doc['officers']], 2, ref + h)
    moves = sha(quorum(b'fujie-root-move') + bytes.fromhex('00000188') + tpm_made.name_of(parent) + b'\0')
    area = public(sha(bytes(32) + bytes.fromhex('00000171') + quorum(b'fujie-root-sign') + moves), new.xy(), attributes='00040420')
    ca = root_cert(tpm['root', 'P-256'])
    tbs = tbs_of(issuing_cert(ca, new, subject=ca.subject, ext={**issuing_cert(ca, new).ext, 'bc': (True, w.bc(True, 1))}).der())
    good = challenge(old, 'new-with-old', tbs=tbs, other=b64u(area))

    def stated_root(arrived=()):
        text = b'fujie-made-1\n%s\n%s\n%s\n' % (good['plan'].encode(), unb64u(good['nonce']).hex().encode(), sha(tbs).hex().encode())
        made = tpm_made.made(root, text, {'root': (new.xy(), 'P-256')}, lambda what, value: area if what == 'root' else value, arrived)
        return {**made, 'objects': [o for o in made['objects'] if o['name'] != 'note'], 'quote': None}
    code, out = approve({**good, 'made': stated_root()}, extra=('--yes', '--other', path('next.json')))
    check('one that was made in its TPM is approved', code == 0, out)
    says('one of which its TPM states no more than that it is there', approve({**good, 'made': stated_root(['root'])}, extra=('--yes', '--other', path('next.json'))), 1, field='made', words='not that it was made there', file='answers.json')


def another_ca():
    """of an approval that lets another appliance's CA be certified, where there is no plan, every hash is computed from what is beside it"""
    subprocess.run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path('ca.pem')], check=True, capture_output=True)
    subprocess.run(['openssl', 'ecparam', '-name', 'SM2', '-genkey', '-noout', '-out', path('ca-sm2.pem')], check=True, capture_output=True)
    spki = {alg: subprocess.run(['openssl', 'pkey', '-in', path(f), '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout for alg, f in (('P-256', 'ca.pem'), ('SM2', 'ca-sm2.pem'))}
    asked = {'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': 'https://sub.example', 'operator': '下级市财政局'}, 'limits': {'division': '42', 'holders': 'INST,MASS'}, 'made': '2026-11-18T00:00:00Z',
             'keys': [{'alg': a, 'spki': base64.b64encode(spki[a]).decode(), 'root': sha(a.encode()).hex()} for a in ('P-256', 'SM2')]}
    text = b'fujie-ca-request-1\n' + w.canonical(asked)
    signed = {'P-256': subprocess.run(['openssl', 'dgst', '-sha256', '-sign', path('ca.pem')], input=text, capture_output=True, check=True).stdout,
              'SM2': subprocess.run(['openssl', 'dgst', '-sm3', '-sigopt', 'distid:1234567812345678', '-sign', path('ca-sm2.pem')], input=text, capture_output=True, check=True).stdout}
    request = {'request': asked, 'signatures': [{'alg': a, 'sig': base64.b64encode(signed[a]).decode()} for a in ('P-256', 'SM2')]}

    def content(alg, division='4201', holders='INST'):
        return sha(w.canonical({'what': 'subordinate', 'algorithm': alg, 'key': sha(spki[alg]).hex(), 'operator': '下级市财政局', 'division': division, 'holders': holders, 'base': 'https://sub.example'})).hex()
    good = {'act': {'approval': 'AP-1', 'kind': 'root.certify', 'until': int(time.time()) + 86400}, 'keys': [{'alg': a, 'content': content(a), 'spki_sha256': sha(spki[a]).hex()} for a in ('P-256', 'SM2')],
            'operator': '下级市财政局', 'base': 'https://sub.example', 'division': '4201', 'holders': 'INST', 'years': 5, 'request': w.canonical(request).decode()}

    def sign(payload, *more):
        return tool('sign', write('approval.json', {'id': 'AP-1', 'payload': payload}), '--key', path('a.key'), '--passphrase-file', passphrase(), '--yes', *more)

    for lang, want in (('en', ('with limits', 'divisions whose code begins with 4201; holders: public institutions', 'published at https://sub.example', '下级市财政局', 'years: 5')), ('zh', ('受限', '行政区划代码以 4201 开头；持有人限于事业单位', '年限：5'))):
        code, out, err = run('sign', write('approval.json', {'payload': good}), '--key', path('a.key'), '--passphrase-file', passphrase(), '--yes', lang=lang)
        check('another appliance\'s CA is shown by its limits and keys, and not by a hash, %s' % lang, code == 0 and all(x in out for x in want) and all(sha(spki[a]).hex() in out for a in spki) and
              sha(b'SM2').hex() in out and content('P-256') not in out, (out, err))
    code, out = sign(good)
    digest = sha(b'fujie-approval-1\n' + sha(w.canonical(good)))
    check('and what was computed is signed', code == 0 and verifies(xys['a'], digest, unb64u(out['signature'])), out)

    def no(name, words='', **change):
        got = sign({**good, **change})
        says('nothing is signed of ' + name, got, 1, words=words)

    keys = good['keys']
    no('a hash of another thing', 'not what the request', keys=[{**keys[0], 'content': '00' * 32}, keys[1]])
    no('the hash of wider limits behind narrower ones', 'not what the request', keys=[{**keys[0], 'content': content('P-256', '42')}, keys[1]])
    no('the hash of other holders', 'not what the request', keys=[keys[0], {**keys[1], 'content': content('SM2', holders='INST,MASS')}])
    no('one key more', 'other keys', keys=keys + [keys[0]])
    no('one key fewer', 'other keys', keys=keys[:1])
    no('none', 'other keys', keys=[])
    no('keys in another order', 'a key that is shown', keys=keys[::-1])
    no('another key shown than certified', 'a key that is shown', keys=[{**keys[0], 'spki_sha256': sha(spki['SM2']).hex()}, keys[1]])
    no('a key with a further member', keys=[{**keys[0], 'rebinds': [content('P-256', '42')]}, keys[1]])
    no('no division', division='', keys=keys)
    no('limits of another division', 'wider', division='43', keys=[{**k, 'content': content(k['alg'], '43')} for k in keys])
    no('holders nobody asked for', 'wider', holders='ENT', keys=[{**k, 'content': content(k['alg'], holders='ENT')} for k in keys])
    no('another address', 'wider', base='https://verify.example')
    no('another operator', 'operator', operator='某市财政局')
    no('13 years', 'years', years=13)
    no('a member that nobody knows', lifts=[])
    for who, name in ((0, 'P-256'), (1, 'SM2')):
        bad = copy.deepcopy(request)
        bad['signatures'][who]['sig'] = base64.b64encode(signed['SM2' if who == 0 else 'P-256']).decode()
        no('a request whose %s key did not sign it' % name, 'changed', request=w.canonical(bad).decode())
    bad = copy.deepcopy(request)
    bad['request']['limits']['division'] = '4201'
    no('a request that was changed', 'changed', request=w.canonical(bad).decode())
    no('no request', request='')
    code, out = sign({**good, 'keys': []}, '--refuse')
    check('but refused by signature it can be all the same', code == 0 and out.get('refuse') is True, out)


def structures():
    """each is what the TPM would sign if the officer did not look"""
    doc = plan_doc()
    key, sub = tpm['root', 'P-256'], tpm['issuing', 'P-256']
    ca = root_cert(key)
    other = w.name(('C', 'CN'), ('O', '别的机构'), ('CN', 'Fujie DEMO Root'))
    ext = lambda c, **more: {**c.ext, **more}
    rows = [
        ('root', 'a root of another key', root_cert(sub)), ('root', 'a root of another organisation', root_cert(key, subject=other)),
        ('root', 'a root that says it is in earnest', root_cert(key, subject=w.name(('C', 'CN'), ('O', OPERATOR), ('CN', 'Fujie Root')))),
        ('root', 'a root with a second unit in its name', root_cert(key, subject=w.name(('C', 'CN'), ('O', OPERATOR), ('orgid', 'x'), ('CN', 'Fujie DEMO Root')))),
        ('root', 'a root with a name of 65 characters', root_cert(key, subject=w.name(('C', 'CN'), ('O', OPERATOR), ('CN', 'DEMO' + 'x' * 61)))),
        ('root', 'a root of 40 years', root_cert(key, until=NOW + 40 * 365 * DAY)), ('root', 'a root without a bound of length', root_cert(key, ext=ext(ca, bc=(True, w.bc(True))))),
        ('root', 'a root with a length of 3', root_cert(key, ext=ext(ca, bc=(True, w.bc(True, 3))))), ('root', 'a root that signs tokens', root_cert(key, ext=ext(ca, ku=(True, w.flags(0, 5, 6))))),
        ('root', 'a root with a policy', root_cert(key, ext=ext(ca, policy=(False, w.policy(ARC + '.3.2'))))), ('root', 'a root with another\'s key identifier', root_cert(key, ext=ext(ca, ski=(False, w.octets(bytes(20)))))),
        ('root', 'a root that is signed by SM2', root_cert(key, inner=SM2)), ('root', 'an issuing CA under the step of a root', issuing_cert(ca, sub)), ('root', 'a CRL under the step of a root', root_crl(ca)),
        ('issuing', 'a root under the step of an issuing CA', ca), ('issuing', 'an issuing CA with the root\'s key', issuing_cert(ca, key)),
        ('issuing', 'an issuing CA with the root\'s name', issuing_cert(ca, sub, subject=ca.subject)), ('issuing', 'an issuing CA of another organisation', issuing_cert(ca, sub, subject=other)),
        ('issuing', 'an issuing CA of 13 years', issuing_cert(ca, sub, until=NOW + 13 * 366 * DAY)), ('issuing', 'an issuing CA that may certify CAs', issuing_cert(ca, sub, ext=ext(issuing_cert(ca, sub), bc=(True, w.bc(True, 1))))),
        ('issuing', 'an issuing CA that is none', issuing_cert(ca, sub, ext=ext(issuing_cert(ca, sub), bc=(True, w.bc(False))))), ('issuing', 'an issuing CA with addresses elsewhere', issuing_cert(ca, sub, ext=ext(issuing_cert(ca, sub), crldp=(False, w.crldp('https://evil.example/crl/root.crl'))))),
        ('issuing', 'an issuing CA for another kind of home', issuing_cert(ca, sub, ext=ext(issuing_cert(ca, sub), policy=(False, w.policy(ARC + '.3.1'))))),
        ('issuing', 'an issuing CA under another root', issuing_cert(root_cert(sub), sub)), ('issuing', 'an issuing CA with a purpose', issuing_cert(ca, sub, ext=ext(issuing_cert(ca, sub), eku=(False, w.eku('1.3.6.1.5.5.7.3.1'))))),
        ('issuing', 'an issuing CA whose key is of the other hierarchy', issuing_cert(ca, tpm['issuing', 'SM2'])),
        ('root-crl', 'a CRL of another root', root_crl(root_cert(sub))), ('root-crl', 'a CRL for 500 days', root_crl(ca, until=NOW + 500 * DAY)), ('root-crl', 'a CRL for another address', root_crl(ca, where=BASE + '/crl/1.crl')),
        ('root-crl', 'a CRL that is signed by SM2', root_crl(ca, inner=SM2)), ('root-crl', 'a certificate under the step of a CRL', ca)]
    for step, name, made in rows:
        says('refused: ' + name, approve(challenge(doc, step, tbs=tbs_of(made.der()))), 1, file='answers.json')
    says('refused: a root with an octet behind it', approve(challenge(doc, 'root', tbs=tbs_of(ca.der()) + b'\0')), 1, file='answers.json')
    tbs = bytearray(tbs_of(ca.der()))
    for i in range(0, len(tbs), 7):  # altered anywhere: refused, or approved as what it is and nothing else
        bent = bytes(tbs[:i]) + bytes([tbs[i] ^ 1]) + bytes(tbs[i + 1:])
        c = challenge(doc, 'root', tbs=bent)
        code, out = approve(c)
        ok = code == 1 and not os.path.exists(path('answers.json'))
        if code == 0:
            ok = json.loads(read('answers.json'))['answers'][0]['cphash'] == to_sign(c, sha(w.canonical(doc)))[1].hex()
        if not ok:
            check('an octet changed at %d' % i, False, (code, out))
            return
    check('an octet changed anywhere is refused, or approved with its own hash', True)


def product():
    """what the product's own CA writes fits what is compared here, in both hierarchies"""
    home = Home(cases=False)
    try:
        def der(name):
            data = open(home.d + '/trust/' + name, 'rb').read()
            return base64.b64decode(data.split(b'-----')[2]) if data.startswith(b'-----') else data
        base = re.search(r'^base = (\S+)', open(home.d + '/fujie.ini').read(), re.M).group(1)
        doc = plan_doc(home={'demo': True, 'arc': ARC, 'base': base, 'operator': 'Fujie DEMO (illustrative)'})
        sign_plan('product.json', doc)
        h = sha(w.canonical(doc))
        pol = policy([xys[o] for o in 'abc'], 2, b'fujie-root-sign' + h)
        for alg, head in (('P-256', HEAD), ('SM2', SM2_HEAD)):
            s = suffix(alg)
            ca = der('root%s.pem' % s)
            at = ca.index(head) + len(head)
            xy = ca[at:at + 64]
            made = [('root', ca), ('issuing', der('chain%s.pem' % s)), ('root-crl', der('crl/root%s.crl' % s))]
            round_ = [challenge(doc, step, alg, tbs=tbs_of(x), key=b64u(public(pol, xy, alg))) for step, x in made]
            code, out = approve({'challenges': round_}, plan='product.json')
            check('root, issuing CA and root CRL of a home, %s, are approved' % alg, code == 0, out)
            if alg == 'SM2' and code == 0:
                check('by the digest that the TPM signs', all(a['digest'] == digest_of(tbs_of(x), alg, xy).hex() for a, (_, x) in zip(out['approved'], made)))
    finally:
        home.close()


# --- at a terminal ---

status = {}  # of the process, when it asked last


def terminal(args, typed, lang='en'):
    """run at a terminal; typed: [(what must be shown first, the answer)]; (exit code, everything shown)"""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(root)
        os.execv(TOOL, [TOOL, *args, '--lang', lang])
    shown, at, end = '', 0, time.time() + 30
    status.clear()
    while time.time() < end:
        if typed and typed[0][0] in shown[at:]:
            at = len(shown)
            status.update(line.split(':\t') for line in open('/proc/%d/status' % pid).read().splitlines() if ':\t' in line)
            os.write(fd, (typed.pop(0)[1] + '\n').encode())
        if select.select([fd], [], [], .2)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data.decode(errors='replace')
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def at_a_terminal():
    doc = plan_doc()
    code, shown = terminal(['new', '--key', path('t.key')], [('New passphrase', PASS), ('Once more', PASS)])
    check('a new passphrase is asked for twice, and not shown', code == 0 and PASS not in shown and os.path.exists(path('t.key')), shown)
    check('by then it has given up sockets and other programs', status.get('Seccomp') == '2' and status.get('NoNewPrivs') == '1', status)
    code, shown = terminal(['new', '--key', path('u.key')], [('New passphrase', PASS), ('Once more', PASS + 'x')])
    check('two that differ make no key', code == 1 and 'differ' in shown and not os.path.exists(path('u.key')), shown)
    write('challenges.json', challenge(doc, 'root'))
    args = ['approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--out', path('t.json')]
    for lang, ask, yes, no, secret in (('en', 'type "yes"', 'yes', 'y', 'Passphrase'), ('zh', '请输入“是”', '是', '否', '口令')):
        code, shown = terminal(args, [(ask, no)], lang)
        check('an answer that is not yes signs nothing, %s' % lang, code == 1 and not os.path.exists(path('t.json')) and secret not in shown, shown)
        code, shown = terminal(args, [(ask, yes), (secret, 'wrong horse battery')], lang)
        check('a wrong passphrase signs nothing, %s' % lang, code == 1 and not os.path.exists(path('t.json')), shown)
        code, shown = terminal(args, [(ask, yes), (secret, PASS)], lang)
        check('shown, asked, passphrase, signed, %s' % lang, code == 0 and os.path.exists(path('t.json')) and shown.index('Fujie DEMO Root') < shown.index(ask) and PASS not in shown, shown)
        os.unlink(path('t.json'))
    write('challenges.json', {'challenges': [challenge(doc, 'root'), challenge(doc, 'issuing')]})
    code, shown = terminal(args, [('type "yes"', 'yes'), ('type "yes"', 'no')])
    check('each of a round is asked about, and one no signs none', code == 1 and 'Issuing CA 1' in shown and not os.path.exists(path('t.json')), shown)
    code, shown = terminal(args + ['--json'], [('type "yes"', 'yes'), ('type "yes"', 'yes'), ('Passphrase', PASS)])
    check('with --json what is shown goes to the terminal too', code == 0 and 'Fujie DEMO Root' in shown and '"approved"' in shown, shown)
    code, out, err = run('approve', path('challenges.json'), '--plan', path('plan.json'), '--key', path('a.key'), '--passphrase-file', passphrase(), '--out', path('v.json'))
    check('without a terminal and without --yes nothing is signed', code == 2 and 'terminal' in err and not os.path.exists(path('v.json')), (out, err))
    code, out, err = run('public', '--key', path('a.key'), env={'LANG': 'C'})
    check('a passphrase comes from nowhere else', code == 2 and 'terminal' in err, (out, err))


# --- a card ---

def module():
    for p in ('/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so', '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so'):
        if os.path.exists(p) and shutil.which('softhsm2-util'):
            return p
    return None


def own_keys(lib, args, digest, cphash, doc):
    """keys that another tool made: the public half under another label, a PIN before each signature, another curve"""
    if not shutil.which('pkcs11-tool'):
        return absent('pkcs11-tool')
    pin = passphrase('1234')

    def pair(label, number, *more):
        subprocess.run(['pkcs11-tool', '--module', lib, '--token-label', 'officer2', '--login', '--pin', '1234', '--keypairgen', '--key-type', 'EC:prime256v1', '--id', number, '--label', label, *more], check=True, capture_output=True)
    pair('other', '02')
    card = ['pkcs11-tool', '--module', lib, '--token-label', 'officer2', '--login', '--pin', '1234', '--type', 'pubkey', '--id', '02']
    for more in (['--read-object', '--output-file', path('pub.der')], ['--delete-object'], ['--write-object', path('pub.der'), '--label', 'other pubkey']):
        subprocess.run(card + more, check=True, capture_output=True)
    pair('each', '03', '--always-auth')
    there = subprocess.run(['pkcs11-tool', '--module', lib, '--token-label', 'officer2', '--login', '--pin', '1234', '--list-objects'], capture_output=True, text=True).stdout
    check('the card has a public key of another label, and a key that asks before each signature', 'other pubkey' in there and 'always authenticate' in there.lower(), there)
    pair('curve', '04', '--key-type', 'EC:secp384r1')
    pair('twice', '05')
    pair('twice', '06')
    for label in ('other', 'each'):
        k = ('--card', lib, '--token', 'officer2', '--object', label)
        code, out = tool('public', *k, '--passphrase-file', pin)
        check('a key that another tool made is taken: ' + label, code == 0, out)
        xys['m'] = unb64u(out.get('key', ''))[27:]
        write('own.json', {'plan': plan_doc(m=1, who='m'), 'signatures': []})
        code, out = tool('plan', 'sign', path('own.json'), *k, '--passphrase-file', pin, '--yes')
        signed = json.loads(read('own.json'))
        check('and signs', code == 0 and verifies(xys['m'], sha(b'fujie-plan-1\n' + w.canonical(signed['plan'])), unb64u(signed['signatures'][0]['sig'])), out)
    says('a key of another curve', tool('public', '--card', lib, '--token', 'officer2', '--object', 'curve', '--passphrase-file', pin), 1, words='P-256')
    says('two keys of one label', tool('public', '--card', lib, '--token', 'officer2', '--object', 'twice', '--passphrase-file', pin), 1, words='more than one')


def card():
    lib = module()
    if lib is None:
        return absent('softhsm2')
    os.mkdir(path('tokens'))
    os.environ['SOFTHSM2_CONF'] = write('softhsm2.conf', 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' % path('tokens'))
    for label in ('officer1', 'officer2'):
        subprocess.run(['softhsm2-util', '--init-token', '--free', '--label', label, '--so-pin', '12345678', '--pin', '1234'], check=True, capture_output=True)
    key = ('--card', lib, '--token', 'officer1', '--object', 'approve')
    pin, wrong = passphrase('1234'), passphrase('4321')
    code, out = tool('new', *key, '--passphrase-file', pin)
    check('a key is made on a card', code == 0 and unb64u(out['key'])[:27] == HEAD, out)
    xys['k'] = unb64u(out.get('key', ''))[27:]
    says('not a second one of the same label', tool('new', *key, '--passphrase-file', pin), 1, words='already')
    code, out = tool('public', *key, '--passphrase-file', pin)
    check('public prints it', code == 0 and unb64u(out['key'])[27:] == xys['k'], out)
    doc = plan_doc(who='abk')
    write('card.json', {'plan': doc, 'signatures': []})
    code, out = tool('plan', 'sign', path('card.json'), *key, '--passphrase-file', pin, '--yes')
    check('a card signs a plan', code == 0 and out['signed_by'] == ['k'], out)
    for o in 'ab':
        tool('plan', 'sign', path('card.json'), '--key', path(o + '.key'), '--passphrase-file', passphrase(), '--yes')
    c = challenge(doc, 'issuing', 'SM2')
    args = ('approve', write('challenges.json', c), '--plan', path('card.json'), '--out', path('card-answer.json'), '--yes')
    says('a wrong PIN signs nothing', tool(*args, *key, '--passphrase-file', wrong), 1, words='PIN is wrong', file='card-answer.json')
    says('a token that is not there', tool(*args, '--card', lib, '--token', 'officer9', '--object', 'approve', '--passphrase-file', pin), 1, words='no token', file='card-answer.json')
    says('a key that is not on it', tool(*args, '--card', lib, '--token', 'officer2', '--object', 'approve', '--passphrase-file', pin), 1, words='no EC key', file='card-answer.json')
    says('a module that is none', tool(*args, '--card', TOOL, '--token', 'officer1', '--object', 'approve', '--passphrase-file', pin), 3, file='card-answer.json')
    says('a module by its bare name', tool(*args, '--card', 'libsofthsm2.so', '--token', 'officer1', '--object', 'approve', '--passphrase-file', pin), 2, words='whole path', file='card-answer.json')
    code, out = tool(*args, *key, '--passphrase-file', pin)
    answer = json.loads(read('card-answer.json'))['answers'][0] if code == 0 else {'sig': '', 'cphash': ''}
    digest, cphash = to_sign(c, sha(w.canonical(doc)))
    check('openssl verifies the card\'s approval over the digest made here', code == 0 and answer['cphash'] == cphash.hex() and verifies(xys['k'], digest, unb64u(answer['sig'])), out)
    own_keys(lib, args, digest, cphash, doc)
    subprocess.run(['softhsm2-util', '--init-token', '--free', '--label', 'officer1', '--so-pin', '12345678', '--pin', '1234'], check=True, capture_output=True)
    says('two tokens of one label', tool('public', *key, '--passphrase-file', pin), 1, words='two tokens')


def usage():
    for name, args in (('no such command', ('sign',)), ('no file', ('plan', 'show')), ('a word too many', ('plan', 'show', 'a', 'b')), ('no such option', ('new', '--password', 'x')), ('an option twice', ('new', '--key', 'a', '--key', 'b')),
                       ('no value', ('new', '--key')), ('no key', ('new',)), ('two keys', ('new', '--key', 'a', '--card', 'b')), ('labels without a card', ('new', '--key', 'a', '--token', 'b')), ('an option of another command', ('plan', 'show', 'a', '--out', 'b')),
                       ('no plan', ('approve', 'a', '--key', 'b', '--out', 'c')), ('no way for answers', ('approve', 'a', '--key', 'b', '--plan', 'c')), ('a language that it has not', ('plan', 'show', 'a', '--lang', 'fr'))):
        r = subprocess.run([TOOL, *args, '--json'], capture_output=True, text=True)
        try:
            out = json.loads(r.stdout)
        except ValueError:
            out = {}
        says('wrong use: ' + name, (r.returncode, out), 2)
    r = subprocess.run([TOOL, '--help'], capture_output=True, text=True, env={'LC_ALL': 'zh_CN.UTF-8'})
    check('help in the system\'s language', r.returncode == 0 and '退出码' in r.stdout, r.stdout)
    says('a file that is not there', tool('plan', 'show', path('nowhere')), 1, words='no file')


try:
    keys()
    plans()
    approvals()
    in_a_tpm()
    words()
    refusals()
    issuing_keys()
    successor_key()
    another_ca()
    structures()
    product()
    at_a_terminal()
    usage()
    card()
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
