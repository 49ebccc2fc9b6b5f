"""The SM2 hierarchy of a demo home, judged by clients that have nothing of ours: Botan (Debian's python3-botan), npm's
sm-crypto-v2, and openssl link by link.  Every signature that the TPM made is taken out of its structure here, by a few lines
of DER, and each client says no to a changed octet and to another distinguishing identifier.  Then what becomes of a twin:
it is suspended, resumed and revoked with the certificate and the token that it was signed after, in list, CRL and OCSP."""
import os
import ssl
import sys
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'integration'))
from lib import *

SM2_SM3 = bytes.fromhex('300a06082a811ccf55018375')
CURVE = bytes.fromhex('2a811ccf5501822d')


# --- just enough DER ---

def element(b, at=0):
    """(tag, begin of contents, end)"""
    n, head = b[at + 1], 2
    if n & 0x80:
        head, n = 2 + (n & 0x7f), int.from_bytes(b[at + 2:at + 2 + (n & 0x7f)], 'big')
    return b[at], at + head, at + head + n


def parts(b, at=0):
    """the elements of a constructed one, whole"""
    _, p, end = element(b, at)
    out = []
    while p < end:
        q = element(b, p)[2]
        out.append(b[p:q])
        p = q
    return out


def raw(sig):
    """BIT STRING of SEQUENCE{r,s} to r || s, hex"""
    r, s = [int.from_bytes(x[element(x)[1]:], 'big') for x in parts(sig[element(sig)[1] + 1:])]
    return '%064x%064x' % (r, s)


def signed(der):
    """of a certificate, CRL or BasicOCSPResponse: (what was signed, algorithm, r || s)"""
    tbs, alg, sig = parts(der)[:3]
    return tbs, alg, raw(sig)


def key_of(cert):
    """x || y of its SubjectPublicKeyInfo, on SM2's curve"""
    spki = next(p for p in parts(parts(cert)[0]) if CURVE in p[:40] and p[0] == 0x30 and len(p) == 91)
    return spki[-64:].hex()


def serial_of(cert):
    return parts(parts(cert)[0])[1]


def pem_ders(text):
    return [base64.b64decode(b) for b in re.findall('-----BEGIN CERTIFICATE-----(.*?)-----END', text, re.S)]


def b64u(s):
    return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))


# --- the clients ---

def clients():
    out = {}
    if os.path.exists('/usr/bin/python3') and subprocess.run(['/usr/bin/python3', '-c', 'import botan2'], capture_output=True).returncode == 0:
        out['Botan'] = ['/usr/bin/python3', HERE + '/sm2_check.py']
    else:
        absent('python3-botan')
    if shutil.which('node') and os.path.isdir(HERE + '/../e2e/node_modules/sm-crypto-v2'):
        out['sm-crypto-v2'] = ['node', HERE + '/sm2_check.js']
    else:
        absent('npm sm-crypto-v2')
    return out


def ask(cmd, questions):
    r = subprocess.run(cmd, input='\n'.join(map(json.dumps, questions)) + '\n', capture_output=True, text=True, timeout=300)
    return [line.lower() == 'true' for line in r.stdout.split()], r.stderr


def judged(what, key, message, sig):
    """yes to it; no to a changed octet, another identifier, another message's end"""
    flipped = bytearray(message)
    flipped[len(message) // 2] ^= 1
    q = {'key': key, 'message': message.hex(), 'sig': sig}
    for name, cmd in CLIENTS.items():
        got, why = ask(cmd, [q, dict(q, message=bytes(flipped).hex()), dict(q, id='8765432187654321'), dict(q, sig=sig[64:] + sig[:64])])
        check('%s: %s' % (name, what), got == [True, False, False, False], (got, why))


def openssl(*args):
    r = subprocess.run(('openssl',) + args, capture_output=True, text=True)
    return r.returncode, r.stdout + r.stderr


def verdict(path, **use):
    cmd = [B + '/fujie-verify', '--trust', trust, path, '--json'] + (['--use', ','.join('%s=%s' % u for u in use.items())] if use else [])
    doc = json.loads(subprocess.run(cmd, capture_output=True, text=True).stdout)
    return doc['verdict'], {c['name']: c for c in doc.get('checks', [])}


def write(name, data):
    path = os.path.join(h.root, name)
    open(path, 'wb').write(data if isinstance(data, bytes) else data.encode())
    return path


CLIENTS = clients()
h = Home()
check('a demo home is made', h.made, h.made_err)
trust = h.d + '/trust'
root = pem_ders(open(trust + '/root-sm2.pem').read())[0]
chain = pem_ders(open(trust + '/chain-sm2.pem').read())
issuing = chain[0]
token_signer, status_signer = [pem_ders(open(h.d + '/publish/signer/%s-sm2.pem' % s).read())[0] for s in ('token', 'status')]
twins = h.demo['certificates_sm2']
leaf_file = os.path.join(h.d, next(c for c in twins if c['expect'] == 'permit')['file'])
leaf = pem_ders(open(leaf_file).read())[0]

# --- what the TPM signed, by others ---

for what, cert, issuer in (('the root is signed by itself', root, root), ('the issuing CA by the root', issuing, root), ('a data asset certificate by the issuing CA', leaf, issuing),
                           ('the token signer by the issuing CA', token_signer, issuing), ('the status signer by the issuing CA', status_signer, issuing)):
    tbs, alg, sig = signed(cert)
    check(what + ': SM2 with SM3, without parameters, inside as outside', alg == SM2_SM3 and SM2_SM3 in tbs)
    judged(what, key_of(issuer), tbs, sig)
    code, out = openssl('verify', '-x509_strict', '-vfyopt', 'distid:1234567812345678', '-partial_chain', '-trusted', write('issuer.pem', ssl.DER_cert_to_PEM_cert(issuer)),
                        write('cert.pem', ssl.DER_cert_to_PEM_cert(cert)))
    check('openssl verify, strict: ' + what, code == 0 and ': OK' in out, out)
for name, issuer in (('root-sm2', root), ('sm2-1', issuing)):
    tbs, alg, sig = signed(open('%s/crl/%s.crl' % (trust, name), 'rb').read())
    judged('the CRL %s is its CA\'s' % name, key_of(issuer), tbs, sig)
jwt = next(c for c in h.demo['tokens_sm2'] if c['expect'] == 'permit')
jwt_file = os.path.join(h.d, jwt['file'])
for what, text, signer in (('a license token is the token signer\'s', open(jwt_file).read().strip().rstrip('~'), token_signer),
                           ('a status list is the status signer\'s', open(trust + '/status/sm2-0.jwt').read().strip(), status_signer)):
    head, body, sig = text.split('.')
    header = json.loads(b64u(head))
    check(what + ', by the private name of the algorithm, which is its object identifier', header['alg'] == 'urn:oid:1.2.156.10197.1.501' and
          base64.b64decode(header['x5c'][0]) == signer and base64.b64decode(header['x5c'][1]) == issuing)
    spki = next(p for p in parts(parts(signer)[0]) if CURVE in p[:40] and len(p) == 91)
    check(what + ': kid is SHA-256 of the key', header['kid'] == base64.urlsafe_b64encode(hashlib.sha256(spki).digest()).decode().rstrip('='))
    judged(what, key_of(signer), (head + '.' + body).encode(), b64u(sig).hex())

# --- the two hierarchies are apart ---

p256 = pem_ders(open(trust + '/chain.pem').read())
check('chain.pem has nothing of SM2, chain-sm2.pem nothing else', all(CURVE not in c for c in p256) and all(CURVE in c for c in chain) and len(chain) == 2)
check('demo.json has SM2 objects in lists of their own only', not any('sm2' in c['file'] for k in ('certificates', 'tokens', 'authorisations') for c in h.demo[k]))
for item in twins + h.demo['tokens_sm2']:
    v, checks = verdict(os.path.join(h.d, item['file']), **item.get('use', {}))
    check('fujie-verify: %s %s, and says that it was SM2' % (item['file'], item['expect']), v == item['expect'] and checks['algorithm']['text']['en'].startswith('SM2 with SM3'), checks)


def copy_trust(name):
    d = os.path.join(h.root, name)
    shutil.copytree(h.d + '/publish/trust', d)
    return d


def judge_in(d, path, **use):
    global trust
    before, trust = trust, d
    try:
        return verdict(path, **use)
    finally:
        trust = before


d = copy_trust('without')
os.unlink(d + '/root-sm2.pem')
check('without the SM2 root nothing of SM2 is believed', judge_in(d, leaf_file)[0] == 'deny' and judge_in(d, jwt_file, **jwt['use'])[0] == 'deny')
good = next(c for c in h.demo['certificates'] if c['expect'] == 'permit')['file']
check('and P-256 goes on', judge_in(d, os.path.join(h.d, good))[0] == 'permit')
d = copy_trust('swapped')
shutil.copy(d + '/root.pem', d + '/root-sm2.pem')
check('the P-256 root in the SM2 root\'s place makes no SM2 hierarchy', judge_in(d, leaf_file)[0] == 'deny' and judge_in(d, os.path.join(h.d, good))[0] == 'permit')
d = copy_trust('mixed')
open(d + '/chain.pem', 'a').write(ssl.DER_cert_to_PEM_cert(issuing))
os.unlink(d + '/root-sm2.pem')
check('an SM2 issuing CA in chain.pem stands under no root there', judge_in(d, leaf_file)[0] == 'deny')
d = copy_trust('lists')
os.unlink(d + '/status/sm2-0.jwt')
check('an SM2 token is not judged by the P-256 list', judge_in(d, jwt_file, **jwt['use'])[0] == 'indeterminate')
shutil.copy(d + '/status/0.jwt', d + '/status/sm2-0.jwt')
check('nor by one that stands in its place', judge_in(d, jwt_file, **jwt['use'])[0] == 'indeterminate')
d = copy_trust('crls')
os.unlink(d + '/crl/sm2-1.crl')
check('an SM2 certificate is not judged by the P-256 CRL', judge_in(d, leaf_file)[0] == 'indeterminate')
shutil.copy(d + '/crl/1.crl', d + '/crl/sm2-1.crl')
check('nor by one that stands in its place', judge_in(d, leaf_file)[0] == 'indeterminate')

# --- offline, by one root ---

prints = {name: hashlib.sha256(pem_ders(open('%s/%s.pem' % (trust, name)).read())[0]).hexdigest() for name in ('root', 'root-sm2')}
for what, item in (('certificate', next(c for c in twins if c['expect'] == 'permit')), ('token', jwt), ('suspended certificate', next(c for c in twins if c['expect'] == 'deny'))):
    out = os.path.join(h.root, 'bundle.json')
    r = subprocess.run([B + '/fujie', 'bundle', 'create', os.path.join(h.d, item['file']), '--dir', h.d, '--out', out], capture_output=True, text=True)

    def offline(root):
        return json.loads(subprocess.run([B + '/fujie-verify', '--root', prints[root], out, '--json'], capture_output=True, text=True).stdout)['verdict']

    check('a bundle of an SM2 %s is judged by the SM2 root alone' % what, r.returncode == 0 and offline('root-sm2') == item['expect'] and offline('root') == 'deny', r.stderr)
    os.unlink(out)

ECDSA = bytes.fromhex('300a06082a8648ce3d040302')
tbs, _, _ = signed(leaf)
check('a certificate that names another algorithm outside than inside is malformed',
      verdict(write('outside.pem', ssl.DER_cert_to_PEM_cert(leaf.replace(tbs, b'\0TBS\0').replace(SM2_SM3, ECDSA).replace(b'\0TBS\0', tbs))))[0] == 'deny')
check('one that names ECDSA in both places is no certificate of this CA', verdict(write('both.pem', ssl.DER_cert_to_PEM_cert(leaf.replace(SM2_SM3, ECDSA))))[0] == 'deny')


def renamed(path, alg):
    head, rest = open(path).read().split('.', 1)
    header = dict(json.loads(b64u(head)), alg=alg)
    return base64.urlsafe_b64encode(json.dumps(header, sort_keys=True, separators=(',', ':')).encode()).decode().rstrip('=') + '.' + rest


plain = next(c for c in h.demo['tokens'] if c['expect'] == 'permit')
for what, path, alg, use in (('an SM2 token that says ES256', jwt_file, 'ES256', jwt['use']), ('an ES256 token that says SM2', os.path.join(h.d, plain['file']), 'urn:oid:1.2.156.10197.1.501', plain['use']),
                             ('one that says "SM2"', jwt_file, 'SM2', jwt['use']), ('one that says "none"', jwt_file, 'none', jwt['use'])):
    check(what + ' is denied', verdict(write('renamed.jwt', renamed(path, alg)), **use)[0] == 'deny')

# --- in service ---

check('it serves', h.serve())
o = Officers(h)
for path, want in (('/ca/root-sm2.cer', root), ('/ca/issuing-sm2.cer', issuing), ('/crl/sm2-1.crl', None), ('/status/sm2-0', None)):
    got = urllib.request.urlopen(h.url(path), timeout=10).read()
    check('GET ' + path, got == want if want else len(got) > 100)


def name_and_key(cert):
    tbs = parts(parts(cert)[0])
    return tbs[5], bytes.fromhex('04' + key_of(cert))


def ocsp(cert, issuer, how):
    """(CertStatus tag, BasicOCSPResponse) for one question, CertIDs by `how`"""
    oids = {'sha1': '06052b0e03021a', 'sha256': '0609608648016503040201', 'sm3': '06082a811ccf55018311'}
    name, key = name_and_key(issuer)

    def der(tag, *contents):
        body = b''.join(contents)
        n = len(body)
        return bytes([tag]) + (bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])) + body

    ident = der(0x30, der(0x30, bytes.fromhex(oids[how])), der(4, hashlib.new(how, name).digest()), der(4, hashlib.new(how, key).digest()), serial_of(cert))
    req = urllib.request.Request(h.url('/ocsp'), der(0x30, der(0x30, der(0x30, der(0x30, ident)))), {'Content-Type': 'application/ocsp-request'})
    answer = urllib.request.urlopen(req, timeout=10).read()
    p = parts(answer)
    if p[0][2] != 0:
        return 'status %d' % p[0][2], None
    basic = parts(parts(p[1])[0])[1]
    basic = basic[element(basic)[1]:]
    single = parts(parts(parts(basic)[0])[2])[0]
    return parts(single)[1][0], basic


for how in ('sha1', 'sha256', 'sm3'):
    state, basic = ocsp(leaf, issuing, how)
    responder = parts(parts(basic)[3])[0]
    responder = parts(responder)[0]
    check('OCSP by a CertID of %s: good' % how, state == 0x80)
    tbs, alg, sig = signed(basic)
    judged('the answer is the responder\'s', key_of(responder), tbs, sig)
    tbs, alg, sig = signed(responder)
    judged('and the responder is the issuing CA\'s', key_of(issuing), tbs, sig)
first = pem_ders(o.done('mof1', 'certificate.show', number=next(c for c in twins if c['expect'] == 'permit')['number'])['pem'])[0]
check('the serial number of the P-256 certificate is unknown to the SM2 CA', ocsp(first, issuing, 'sha256')[0] == 0x82)

number = next(c for c in twins if c['expect'] == 'permit')['number']


def in_crl():
    crl = urllib.request.urlopen(h.url('/crl/sm2-1.crl'), timeout=10).read()
    return serial_of(leaf) in crl


trust = h.d + '/trust'
check('it is in no CRL', not in_crl())
refused('the same certificate is not signed a third time', o.do('mof1', 'certificate.sm2', certificates=[number]), 'lesson 2')
refused('another department\'s is not for this one to sign', o.do('hb-fin1', 'certificate.sm2', certificates=[number]), 'R40')
refused('the same twice in one request', o.do('mof1', 'certificate.sm2', certificates=[number, number]), 'lesson 6')
o.done('mof1', 'certificate.suspend', number=number, reason='核查（示例）')
check('suspended with the certificate: by the CRL', in_crl())
check('by OCSP', ocsp(leaf, issuing, 'sm3')[0] == 0xa1)
check('and the verdict is deny', verdict(leaf_file)[0] == 'deny')
refused('a suspended one is not signed once more', o.do('hb-fin1', 'certificate.sm2', certificates=[next(c for c in twins if c['expect'] == 'deny')['number']]), None)
o.two('mof1', 'mof2', 'certificate.resume', number=number, reason='无误（示例）')
check('resumed with it', not in_crl() and ocsp(leaf, issuing, 'sm3')[0] == 0x80 and verdict(leaf_file)[0] == 'permit')
o.two('mof1', 'mof2', 'certificate.revoke', number=number, reason='privilegeWithdrawn', note='示例')
check('revoked with it, for good', in_crl() and ocsp(leaf, issuing, 'sm3')[0] == 0xa1 and verdict(leaf_file)[0] == 'deny')
check('a token under it is denied by its asset\'s entry', verdict(jwt_file, **jwt['use'])[0] == 'deny')

# --- the holder's own SM2 key ---

def keyed(name, curve, *more):
    """a key and a request for it, by openssl"""
    key, csr = os.path.join(h.root, name + '.key'), os.path.join(h.root, name + '.csr')
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:' + curve, '-pkeyopt', 'ec_param_enc:named_curve', '-out', key)
    code, out = openssl('req', '-new', '-key', key, '-subj', '/CN=x (illustrative)', '-out', csr, *more)
    return open(csr).read() if code == 0 else out


SM2_ID = ('-sm3', '-sigopt', 'distid:1234567812345678')
_, do, assets = h.registered('SM2', 3)
own = keyed('p256', 'P-256')
numbers = [o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[asset], **more)[1]['certificates'][0] for asset, more in ((assets[0], {'request': own}), (assets[1], {}), (assets[2], {'request': keyed('p256b', 'P-256')}))]
mine = keyed('sm2', 'SM2', *SM2_ID)
twin = lambda **body: o.do('hb-fin1', 'certificate.sm2', **body)
refused('a certificate with its holder\'s key is not signed once more without an SM2 key of his', twin(number=numbers[0]), 'GB/T 20518 5.2.3.7')
refused('nor with his P-256 key', twin(number=numbers[0], request=own), 'GB/T 20518 5.2.3.7')
refused('nor with a request signed under another id', twin(number=numbers[0], request=keyed('alice', 'SM2', '-sm3', '-sigopt', 'distid:alice@example')), 'GM/T 0009-2012 10')
refused('nor under none', twin(number=numbers[0], request=keyed('noid', 'SM2', '-sm3')), 'GM/T 0009-2012 10')
changed = bytearray(base64.b64decode(''.join(mine.strip().split('\n')[1:-1])))
changed[-1] ^= 1
refused('nor with a request whose signature was changed', twin(number=numbers[0], request={'base64url': base64.urlsafe_b64encode(bytes(changed)).decode().rstrip('=')}), 'GM/T 0009-2012 10')
refused('one without a key of its holder\'s gets none', twin(number=numbers[1], request=mine), 'domain.md decision 7')
refused('one request is for one certificate', twin(certificates=[numbers[0], numbers[2]], request=mine), 'domain.md decision 7')
refused('an SM2 key is none for a P-256 certificate', o.do('hb-fin1', 'certificate.issue', assets=[assets[0]], request=mine), None)
asked, given = o.two('hb-fin1', 'hb-fin2', 'certificate.sm2', number=numbers[0], request=mine)
pem = o.get('auditor', 'certificate/' + numbers[0])['sm2_pem']
code, of_cert = openssl('x509', '-in', write('own.pem', pem), '-noout', '-pubkey')
code, of_key = openssl('pkey', '-in', os.path.join(h.root, 'sm2.key'), '-pubout')
check('the SM2 certificate bears the holder\'s SM2 key', of_cert.strip() == of_key.strip(), of_cert + of_key)
tbs, alg, sig = signed(pem_ders(pem)[0])
judged('and it is the SM2 CA\'s', key_of(issuing), tbs, sig)
check('it verifies', verdict(write('own.pem', pem))[0] == 'permit', verdict(write('own.pem', pem)))
refused('another holder does not get that key', o.do('mof1', 'certificate.sm2', number=next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit'), request=mine), None)
o.two('hb-fin1', 'hb-fin2', 'key.compromised', key=mine, reason='私钥出现在公开网站（示例）')
check('reported, it takes the certificate away in both hierarchies', o.get('auditor', 'certificate/' + numbers[0])['reason'] == 1 and verdict(write('own.pem', pem))[0] == 'deny', (o.get('auditor', 'certificate/' + numbers[0])['state'], verdict(write('own.pem', pem))))
refused('and comes in no more', twin(number=numbers[2], request=mine), 'lessons.md 9')
h.stop()
rebuilt(h)

# --- a home without ---

shutil.rmtree(h.d + '-plain', ignore_errors=True)
r = subprocess.run([B + '/fujie', 'init', '--dir', h.d + '-plain', '--base', 'http://127.0.0.1:%d' % h.v, '--arc', '1.3.6.1.4.1.99999', '--operator', 'Example CA（虚构）',
                    '--org-usci', '11420000DEMA00013M', '--org-name', '湖北省财政厅', '--org-div6', '420000', '--org-level', '省', '--officer', 'a:甲（虚构）:p1', '--second-officer', 'b:乙（虚构）:p2'],
                   capture_output=True, text=True, timeout=300)
check('without --sm2 there is one hierarchy', r.returncode == 0 and os.path.exists(h.d + '-plain/trust/root.pem') and not os.path.exists(h.d + '-plain/trust/root-sm2.pem'), r.stderr)
shutil.rmtree(h.d + '-plain', ignore_errors=True)
h.close()
finish()
