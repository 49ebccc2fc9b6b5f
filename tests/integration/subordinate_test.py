"""Several appliances under one root (docs/formats.md 27): a home without a root asks, the parent's officers certify it with
limits, and it issues; each limit holds at its register, at its signer whatever the register says, and at every verifier
whatever its TPM signs; and what is altered, of another root, for another key or taken back is refused with its reason."""
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from signer_lib import *
from under_root import *

CA_REQUEST, C_SUB = 22, 21
VERIFY = B + '/fujie-verify'


def verdict(trust, path, *more):
    r = json.loads(run(VERIFY, '--trust', trust, path, '--json', *more)[1])
    bad = next((c for c in r['checks'] if c['outcome'] == ('fail' if r['verdict'] == 'deny' else 'unknown')), {})
    return r['verdict'], bad.get('name'), said(bad), r


def beginnings(parent):
    code, out, err = run(B + '/fujie', 'demo', '--subordinate', '--dir', parent.root + '/none', '--root', parent.d + '/trust/root.pem')
    check('a subordinate home needs its limits', code == 2 and '--limit-division' in err and not os.path.exists(parent.root + '/none'), err)
    for what, more in (('a division of five digits', ['--limit-division', '42010', '--limit-holders', 'INST']), ('a kind that there is not', ['--limit-division', '42', '--limit-holders', 'BANK'])):
        bad = Sub(parent, 'bad', *more, sm2=False)
        check('%s is no limit' % what, bad.code != 0 and 'formats.md 27' in bad.out + bad.err, bad.out + bad.err)
        shutil.rmtree(bad.d, ignore_errors=True)
    bad = Sub(parent, 'bad', sm2=False, root=parent.d + '/trust/chain.pem')
    check('an issuing CA is no root to stand under', bad.code != 0 and 'root' in bad.out + bad.err, bad.out + bad.err)
    shutil.rmtree(bad.d, ignore_errors=True)
    code, out, err = run(B + '/fujie', 'demo', '--subordinate', '--dir', parent.root + '/none', '--certificate', parent.d + '/trust/chain.pem')
    check('a certificate without a home that asked for it is refused', code == 1, err)


def foreign_root(path):
    """somebody else's root, of the same form"""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, 'CN'), x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, 'x'), x509.NameAttribute(x509.NameOID.COMMON_NAME, 'Fujie DEMO Root')])
    day = datetime.datetime.utcnow()
    c = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(day - datetime.timedelta(1))
         .not_valid_after(day + datetime.timedelta(3000)).add_extension(x509.BasicConstraints(True, 1), True)
         .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
         .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False).sign(key, hashes.SHA256()))
    open(path, 'wb').write(c.public_bytes(serialization.Encoding.PEM))
    return path


def requests(parent, sub, other):
    check('a home without a root makes its keys and writes a request', sub.code == 0 and json.loads(sub.out) == {'request': 'ceremony/ca-request.json'} and not os.path.exists(sub.d + '/fujie.ini'), sub.err)
    good = json.load(open(sub.request))
    check('it says what it is, what it asks for, and which root', good['request']['limits'] == {'division': '42', 'holders': 'INST,MASS'} and [k['alg'] for k in good['request']['keys']] == ['P-256', 'SM2'])

    token = parent.session('mof1')

    def refused_(what, doc, part, **more):
        path = parent.root + '/altered.json'
        open(path, 'w').write(doc if isinstance(doc, str) else json.dumps(doc, ensure_ascii=False))
        code, out = parent.api('POST', '/api/v1/root/certify', dict(more, file=open(path).read()), token)
        check('refused: ' + what, code != 200 and part in said(out), out)

    changed = json.loads(json.dumps(good))
    changed['request']['limits']['division'] = '11'
    refused_('a request whose limits were altered', changed, 'changed after it was signed')
    changed = json.loads(json.dumps(good))
    changed['request']['keys'][0]['spki'] = json.load(open(other.request))['request']['keys'][0]['spki']
    refused_('a request with somebody else\'s key', changed, 'does not have the key')
    stray = Sub(parent, 'stray', '--limit-division', '42', '--limit-holders', 'INST', sm2=False, root=foreign_root(parent.root + '/foreign.pem'))
    check('a home may be made for any root', stray.code == 0, stray.err)
    refused_('a request for another root', json.load(open(stray.request)), 'for another root')
    changed = json.loads(json.dumps(good))
    changed['request']['home']['arc'] = '1.3.6.1.4.1.5'
    refused_('a request of another arc', changed, 'one arc')
    changed = json.loads(json.dumps(good))
    del changed['signatures'][1]
    refused_('a request that only one of its keys signed', changed, 'each key')
    changed = json.loads(json.dumps(good))
    changed['request']['depth'] = 1
    refused_('a request with a member that nobody knows', changed, 'depth')
    refused_('no request at all', '{}', 'expected')
    refused_('another division than what was asked for', good, 'narrower', division='11')
    refused_('a kind that was not asked for', good, 'narrower', holders='INST,SOE')
    refused_('thirteen years', good, '12', years=13)
    code, out = parent.api('POST', '/api/v1/root/certify', {'file': json.dumps(good, ensure_ascii=False)}, parent.session('hb-fin1'))
    check('another department of the parent\'s certifies nobody', code != 200 and out.get('rule') == 'R40', out)
    return stray


def certified(parent, sub, other):
    p, why = begin(parent, 'certify', '--file', sub.request, '--division', '4200', '--holders', 'INST')
    check('the parent\'s officers are asked, for both hierarchies', p is not None and [(c['step'], c['alg']) for c in json.load(open(parent.d + '/ceremony/certify.challenges'))['challenges']] ==
          [('subordinate', 'P-256'), ('subordinate', 'SM2')], why)
    became, shown = approve(parent, 'officer1')
    check('an officer is shown whose it is, and within which limits', became == 'taken' and 'ANOTHER appliance' in shown and '下级 sub（虚构）' in shown and 'begins with 4200; holders: public institutions;' in shown and
          'further CAs below it: none' in shown, shown)
    check('one officer is not enough', p.poll() is None and not os.path.exists(parent.d + '/publish/ca/subordinate-1.pem'))
    became, shown = approve(parent, 'officer2', lang='zh')
    out, err = p.communicate(timeout=60)
    check('in Chinese too; with a second one it is certified', became == 'taken' and '行政区划代码以 4200 开头；持有人限于事业单位' in shown and p.returncode == 0, (shown, out, err))
    first = bundle(parent, 1)
    check('what the other takes in is published: two certificates, two lists', (len(blocks(first, 'CERTIFICATE')), len(blocks(first, 'X509 CRL'))) == (2, 2))
    check('chain.pem has it', until(lambda: open(parent.d + '/trust/chain.pem').read().count('BEGIN CERT') == 3 or None))
    code, out = parent.cli('event', 'list', who='auditor')
    event = next((e for e in out.get('items', []) if e['kind'] == 'root.certified'), {})
    check('the register has it, with its limits and who approved', '4200' in said(event) and 'officer2' in said(event), out)
    check('the calendar has its end', 'SUBORDINATE_CA' in said(parent.cli('key', 'list', who='mof1')[1]))

    got = certify(parent, other.request)
    check('another one, of P-256 alone', got == 0, got)
    second = bundle(parent, 2)
    check('a key is certified once: what would stand beside the first, a list would not name', 'certified already' in str(certify(parent, sub.request)))
    twin = Sub(parent, 'other2', '--limit-division', '42', '--limit-holders', 'INST', '--base', 'http://127.0.0.1:%d/below' % other.v, sm2=False)
    check('an address below that of another is refused by the signer', twin.code == 0 and 'has that address' in str(certify(parent, twin.request)), twin.err)
    twin = Sub(parent, 'other3', '--limit-division', '42', '--limit-holders', 'INST', '--base', 'http://127.0.0.1:%d/below' % parent.v, sm2=False)
    check('and one below the parent\'s own', twin.code == 0 and "this appliance's" in str(certify(parent, twin.request)), twin.err)
    return first, second


def taken(parent, sub, first, second):
    tmp = parent.root + '/taken.pem'
    certs, lists = blocks(first, 'CERTIFICATE'), blocks(first, 'X509 CRL')
    bent = bytearray(certs[0])
    bent[-1] ^= 1
    foreign = blocks(parent.d + '/trust/chain.pem', 'CERTIFICATE')[0]
    for what, pairs, part in (
            ('another home\'s certificate', [('CERTIFICATE', blocks(second, 'CERTIFICATE')[0]), ('CERTIFICATE', certs[1])] + [('X509 CRL', l) for l in lists], 'another key'),
            ('the parent\'s own issuing CA', [('CERTIFICATE', foreign), ('CERTIFICATE', certs[1])] + [('X509 CRL', l) for l in lists], 'another key'),
            ('a certificate with a changed octet', [('CERTIFICATE', bytes(bent)), ('CERTIFICATE', certs[1])] + [('X509 CRL', l) for l in lists], 'not issued by the root'),
            ('one of the two alone', [('CERTIFICATE', certs[0])] + [('X509 CRL', l) for l in lists], 'no certificate for one of'),
            ('a file without certificates', [('X509 CRL', l) for l in lists], 'no certificate for one of')):
        code, text = sub.take(as_pem(tmp, *pairs))
        check('not taken: ' + what, code != 0 and part in text and not os.path.exists(sub.d + '/fujie.ini'), text)
    code, text = sub.take(as_pem(tmp, *[('CERTIFICATE', c) for c in certs]))
    check('nor without the root\'s lists', code != 0 and 'revocation list' in text, text)
    code, text = sub.take(first)
    check('its own is taken, and the home is there', code == 0 and os.path.exists(sub.d + '/fujie.ini'), text)
    code, text = sub.take(first)
    check('once', code == 1, text)


def registered_county(h, prefix):
    """an asset of the county's unit, 429090: beyond 4200"""
    s = {who: h.session(who) for who in ('qh1', 'qh-fin1', 'qh-fin3')}

    def do(who, noun, verb, body):
        code, out = h.api('POST', '/api/v1/%s/%s' % (noun, verb), body, s[who])
        if code != 200:
            raise RuntimeError('%s.%s: %s' % (noun, verb, out))
        return out
    do('qh1', 'ledger', 'import', {'file': CSV_HEAD + '%s-0,CAT-%s-0,test,,自主采集,,否\r\n' % (prefix, prefix)})
    lg = next(r['id'] for r in h.api('GET', '/api/v1/ledger?limit=1000', None, s['qh1'])[1]['items'] if r['ledger_no'] == prefix + '-0')
    do('qh1', 'ledger', 'recognise', {'id': lg, 'result': 'ASSET', 'decision': 'x'})
    do('qh-fin1', 'ledger', 'confirm', {'id': lg})
    do('qh1', 'asset', 'card', {'ledger': lg, 'card': card(prefix + '-00000')})
    rg = do('qh1', 'registration', 'submit', {'asset': prefix + '-00000'})['id']
    do('qh-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
    return s


def issuing(parent, h):
    s, do, numbers = h.registered('SUB', 1)
    asked = do('hb-fin1', 'certificate', 'issue', {'assets': numbers})
    do('hb-fin2', 'approval', 'approve', {'id': asked['approval']})
    number = until(lambda: next((c['number'] for c in h.api('GET', '/api/v1/certificate?limit=10', None, s['hb-fin1'])[1]['items']), None))
    path = h.root + '/dac.pem'
    code, shown = h.cli('certificate', 'show', '--number', number, who='hb-fin1')
    open(path, 'w').write(next(v for v in walk(shown) if isinstance(v, str) and v.startswith('-----BEGIN CERT')))
    v, name, bad, r = verdict(h.d + '/trust', path)
    check('it issues, within its limits: the tool permits', v == 'permit' and 'begins with 4200' in said(r), bad)
    answer = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': open(path).read()}).encode(), timeout=20))
    check('its service permits', answer['verdict'] == 'permit', answer)
    code, out, err = run('openssl', 'verify', '-CAfile', parent.d + '/trust/root.pem', '-untrusted', h.d + '/trust/chain.pem', path)
    check('OpenSSL alone: under the parent\'s root', code == 0, out + err)
    code, out, err = run('openssl', 'verify', '-CAfile', parent.d + '/trust/root.pem', '-untrusted', h.d + '/trust/chain.pem', '-crl_check', '-CRLfile', as_pem(h.root + '/crl.pem', ('X509 CRL', open(h.d + '/trust/crl/1.crl', 'rb').read())), path)
    check('with its revocation list', code == 0, out + err)
    v, name, bad, r = verdict(parent.d + '/trust', path)
    check('by the parent\'s folder its chain is good, and its status is known at its own address alone', v == 'indeterminate' and name == 'status' and h.url('') in said(r) and
          next(c for c in r['checks'] if c['name'] == 'chain')['outcome'] == 'pass', (v, name, bad))
    for home, of in ((h, 'parent'), (parent, 'subordinate')):
        code, out, err = run(VERIFY, 'attestation', '--trust', home.d + '/trust', '--json')
        doc = json.loads(out)
        there = [c for c in doc['certificates'] if c.get('elsewhere')]
        check('attestation of %s names the other\'s CA as not attested here, and stands' % ('the subordinate' if home is h else 'the parent'), (code, doc['tpm']) == (0, 'software') and
              len(there) >= 2 and {c['elsewhere'] for c in there} == {of} and not any(c['attested'] for c in there), (doc['tpm'], doc['certificates'], [c for c in doc['checks'] if c['outcome'] == 'fail']))
    county = registered_county(h, 'CTY')
    code, out = h.api('POST', '/api/v1/certificate/issue', {'assets': ['CTY-00000']}, county['qh-fin1'])
    check('its register refuses a department beyond its division, and names the limit', code != 200 and 'begin with 4200' in said(out) and '429090' in said(out) and '根对该签发机构的限制' in said(out), out)
    return path


def walk(o):
    yield o
    for v in o.values() if isinstance(o, dict) else o if isinstance(o, list) else ():
        yield from walk(v)


def forge(der, old, new, count=None):
    """the to-be-signed part with these octets changed, of equal length"""
    tbs = tbs_of(der)
    assert len(old) == len(new) and tbs.count(old) >= 1, (old, tbs.count(old))
    return tbs.replace(old, new) if count is None else tbs.replace(old, new, count)


KIND = b'\x0a\x01\x01' # INST, then rights
FORGED = (('division', b'420000', b'110000', 'begin with 4200'), ('holder kind', KIND, b'\x0a\x01\x00', 'holder kinds'))


def conquered_register(h, path):
    """whoever holds the register asks the signer directly, with names of officers"""
    s = Signer(h.d, 'registry.sock')
    der = blocks(path, 'CERTIFICATE')[0]
    for what, old, new, part in FORGED:
        tbs = cert(forge(der, old, new), serial=b'\x42' + os.urandom(15), begin=time.time())
        rc, why, sig = s.sign(ISSUING, C_ASSET, tbs, ('hb-fin1', 'hb-fin2'))
        check('a conquered register: the signer refuses another %s' % what, rc not in (0, None) and 'beyond the limits' in why and part in why, (rc, why))
    rc, why, sig = s.sign(ISSUING, CA_REQUEST, b'fujie-ca-request-1\n{}')
    check('and signs no further request', rc != 0, (rc, why))
    rc, why, sig = s.sign(ROOT, C_SUB, tbs_of(der), ('hb-fin1', 'hb-fin2'))
    check('nor as a root, which it does not have', rc != 0 and 'no root key' in why, (rc, why))


def forged_by_the_tpm(h, path):
    """whoever holds the subordinate's TPM signs anything with its issuing key; no verifier takes it"""
    if not shutil.which('tpm2_sign'):
        return absent('tpm2-tools')
    state = h.root + '/stolen'
    shutil.copytree(h.d + '/tpm', state, ignore=shutil.ignore_patterns('*.sock', '*.lock', '.lock'))
    handle = next(k['handle'] for k in Signer(h.d, 'registry.sock').status()['keys'] if k['role'] == 'issuing')
    place = tempfile.mkdtemp(prefix='t-', dir='/tmp')
    proc = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=' + state, '--server', 'type=unixio,path=%s/s' % place, '--ctrl', 'type=unixio,path=%s/s.ctrl' % place,
                             '--flags', 'not-need-init,startup-clear'], stderr=subprocess.DEVNULL)
    try:
        until(lambda: os.path.exists(place + '/s.ctrl') or None)
        der = blocks(path, 'CERTIFICATE')[0]

        def signed(tbs):
            open(place + '/digest', 'wb').write(hashlib.sha256(tbs).digest())
            code, out, err = run('tpm2_sign', '-c', handle, '-g', 'sha256', '-s', 'ecdsa', '-d', '-f', 'plain', '-o', place + '/sig', place + '/digest', env=dict(os.environ, TPM2TOOLS_TCTI='swtpm:path=%s/s' % place))
            sig = open(place + '/sig', 'rb').read() if code == 0 else b''
            return as_pem(h.root + '/forged.pem', ('CERTIFICATE', tlv(0x30, tbs, tlv(0x30, tlv(6, bytes.fromhex('2a8648ce3d040302'))), tlv(3, b'\0' + sig))))
        again = signed(cert(tbs_of(der), serial=b'\x42' + os.urandom(15)))
        code, out, err = run('openssl', 'verify', '-CAfile', h.d + '/trust/root.pem', '-untrusted', h.d + '/trust/chain.pem', again)
        check('the stolen TPM signs what OpenSSL takes for the CA\'s', code == 0, out + err)
        for what, old, new, part in FORGED + (('address', b'/status/', b'/status/', None),):
            if part is None:
                other = b'http://127.0.0.1:%d/' % (h.v - 1 if len(str(h.v - 1)) == len(str(h.v)) else h.v + 1)
                old, new, part = b'http://127.0.0.1:%d/' % h.v, other, 'addresses are under'
            forged = signed(cert(forge(der, old, new), serial=b'\x42' + os.urandom(15)))
            v, name, bad, r = verdict(h.d + '/trust', forged)
            check('beyond its %s, signed by its own key: the tool denies, and names the limit' % what, (v, name) == ('deny', 'chain') and part in bad, (v, name, bad))
            answer = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': open(forged).read()}).encode(), timeout=20))
            check('and so does the service', answer['verdict'] == 'deny' and part in said(answer), answer)
    finally:
        proc.terminate()
        proc.wait(10)
        shutil.rmtree(place, ignore_errors=True)


def newer_keys(parent, h, path):
    """of a CA that another appliance's root certifies"""
    def two(command, **body):
        code, out = h.api('POST', '/api/v1/' + command, body, mof1)
        return h.api('POST', '/api/v1/approval/approve', {'id': out.get('approval')}, mof2)[1]

    def refused_(what, doc, part, **more):
        code, out = parent.api('POST', '/api/v1/root/certify', dict(more, file=json.dumps(doc, ensure_ascii=False)), token)
        check('refused of a newer key: ' + what, code != 200 and part in said(out), out)

    thief = Sub(parent, 'thief', '--limit-division', '4200', '--limit-holders', 'INST', '--base', h.url(''), sm2=False)
    doc = json.load(open(thief.request))
    name = parent.session('mof3')
    code, out = parent.api('POST', '/api/v1/root/certify', {'file': json.dumps(doc, ensure_ascii=False)}, name)
    check('a stranger under the CA\'s address and limits is refused: its own keys have to sign', code != 200 and 'certified before' in said(out), out)
    tbs = tbs_of(blocks(bundle(parent, 1), 'CERTIFICATE')[0])
    other = base64.b64decode(doc['request']['keys'][0]['spki'])
    mine = x509.load_der_x509_certificate(blocks(bundle(parent, 1), 'CERTIFICATE')[0])
    was = mine.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    forged = cert(tbs.replace(was, other).replace(hashlib.sha1(was[-65:]).digest(), hashlib.sha1(other[-65:]).digest()), serial=b'\x42' + os.urandom(15), begin=time.time())
    kind, data = Signer(parent.d, 'registry.sock').ask(QUORUM_BEGIN, bytes([ROOT, C_SUB]) + by(forged))
    check('and by the signer, whatever the register says', kind == ERROR and b'did not sign' in data, data)
    mof1, mof2, token, request = h.session('mof1'), h.session('mof2'), parent.session('mof1'), h.d + '/ceremony/ca-request.json'
    before = open(request).read()
    check('a newer key of one hierarchy is made', two('key/roll', key='issuing').get('state') == 'APPROVED' and open(request).read() == before)
    check('with the other one\'s there is a request, which the former keys have signed too', two('key/roll', key='issuing-sm2').get('state') == 'APPROVED' and len(json.load(open(request)).get('former', [])) == 2)
    good = json.load(open(request))
    changed = json.loads(json.dumps(good))
    changed['former'] = changed['signatures']
    refused_('signed by the newer keys in the place of the former', changed, 'former keys')
    changed['former'] = [good['former'][1]]
    refused_('signed by one of the former keys', changed, 'each key')
    refused_('with narrower limits', good, 'has the limits of the one before', holders='INST', division='420000')
    check('the parent\'s officers certify it', certify(parent, request) == 0)
    third = bundle(parent, 3)
    check('as the third, under the name of the first', b'' != (blocks(third, 'CERTIFICATE') or [b''])[0] and
          x509.load_der_x509_certificate(blocks(third, 'CERTIFICATE')[0]).subject == x509.load_der_x509_certificate(blocks(bundle(parent, 1), 'CERTIFICATE')[0]).subject)
    code, out = h.cli('ceremony', 'parent-crl', '--file', bundle(parent, 1), who='mof3')
    check('the first certificate is taken in for no newer key', code == 0 and out.get('certificates') == 0, out)
    code, out = h.api('POST', '/api/v1/root/take', {'file': open(third).read()}, mof1)
    check('the third is, for both hierarchies', code == 200 and out.get('certificates') == 2, out)
    check('the chain has the newer one first', until(lambda: open(h.d + '/trust/chain.pem').read().count('BEGIN CERT') == 3))
    s, do, numbers = h.registered('NEW', 1)
    do('hb-fin2', 'approval', 'approve', {'id': do('hb-fin1', 'certificate', 'issue', {'assets': numbers})['approval']})
    number = next(c['number'] for c in h.api('GET', '/api/v1/certificate?asset=' + numbers[0], None, s['hb-fin1'])[1]['items'])
    new = h.root + '/newer.pem'
    open(new, 'w').write(h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])[1]['pem'])
    for what, one in (('newer', new), ('former', path)):
        v, name, bad, r = verdict(h.d + '/trust', one)
        check('what is under the %s key is permitted, within the limits' % what, v == 'permit' and 'begins with 4200' in said(r), bad)
        code, out, err = run('openssl', 'verify', '-CAfile', parent.d + '/trust/root.pem', '-untrusted', h.d + '/trust/chain.pem', one)
        check('OpenSSL alone says so', code == 0, out + err)
    v, name, bad, r = verdict(parent.d + '/trust', new)
    check('by the parent\'s folder its chain is good', next(c for c in r['checks'] if c['name'] == 'chain')['outcome'] == 'pass', (v, name, bad))
    rc, why, sig = Signer(h.d, 'registry.sock').sign(ISSUING, CA_REQUEST, b'fujie-ca-former-1\n' + canon(good['request']), ('mof1', 'mof2'))
    check('the former key signs no request any more', rc != 0, (rc, why))


def taken_back(parent, h, path):
    older = h.root + '/older.crl'
    shutil.copy(parent.d + '/trust/crl/root.crl', older)
    token = parent.session('mof2')
    for what, body, part in (('without a reason', {'revoke': 1}, 'reason'), ('of a number that there is not', {'revoke': 9, 'reason': 'superseded'}, 'no CA of that number'), ('for a reason alone', {'reason': 'superseded'}, 'no CA')):
        code, out = parent.api('POST', '/api/v1/root/renew', body, token)
        check('the root revokes nothing %s' % what, code != 200 and part in said(out), out)
    before = open(bundle(parent, 1)).read()
    p, why = begin(parent, 'root-crl', '--revoke', '1', '--reason', 'cessationOfOperation', round_='root-crl')
    check('the parent\'s officers are asked to revoke it', p is not None, why)
    became, shown = approve(parent, 'officer2', 'root-crl')
    check('they see it in the list', became == 'taken' and 'cessation of operation' in shown and 'revoked certificates: 1' in shown, shown)
    approve(parent, 'officer3', 'root-crl')
    out, err = p.communicate(timeout=60)
    check('and two of them do', p.returncode == 0, out + err)
    until(lambda: open(bundle(parent, 1)).read() != before or None)
    v = until(lambda: verdict(parent.d + '/trust', path)[:2] == ('deny', 'signer status') or None)
    check('the parent\'s folder denies what the subordinate issued', v, verdict(parent.d + '/trust', path)[:3])
    check('the subordinate does not know yet', verdict(h.d + '/trust', path)[0] == 'permit')
    bad = h.root + '/bad.pem'
    der = bytearray(blocks(bundle(parent, 1), 'X509 CRL')[0])
    der[-1] ^= 1
    code, out = h.cli('ceremony', 'parent-crl', '--file', as_pem(bad, ('X509 CRL', bytes(der))), who='mof1')
    check('a list with a changed octet is not taken in', code != 0 and 'signature' in said(out), out)
    code, out = h.cli('ceremony', 'parent-crl', '--file', h.d + '/trust/crl/1.crl', who='mof2')
    check('nor a list of its own', code != 0, out)
    code, out = h.cli('ceremony', 'root-crl', who='mof3')
    check('its own root\'s list it does not sign: it has none', code == 1 and 'parent-crl' in said(out), out)
    code, out = h.cli('ceremony', 'parent-crl', '--file', bundle(parent, 1), who='mof1')
    check('the parent\'s newest lists are taken in', code == 0 and out.get('taken') == 2, out)
    code, out = h.cli('ceremony', 'parent-crl', '--file', older, who='mof2')
    check('and an older one is not any more', code == 1 and 'older' in said(out), out)
    check('from then on it denies by its own folder', until(lambda: verdict(h.d + '/trust', path)[:2] == ('deny', 'signer status') or None), verdict(h.d + '/trust', path)[:3])
    code, out, err = run('openssl', 'verify', '-CAfile', parent.d + '/trust/root.pem', '-crl_check', '-CRLfile', as_pem(h.root + '/revoked.pem', ('X509 CRL', open(h.d + '/trust/crl/root.crl', 'rb').read())), as_pem(h.root + '/former.pem', ('CERTIFICATE', open(h.d + '/publish/ca/issuing.cer', 'rb').read())))
    check('OpenSSL says so too', code != 0 and 'revoked' in out + err, out + err)
    code, out = parent.api('POST', '/api/v1/root/renew', {'revoke': 1, 'reason': 'superseded'}, token)
    check('once is enough', code != 200 and 'revoked already' in said(out), out)


def cut(parent):
    """a revocation of which the signer has signed one hierarchy's list and the register has nothing"""
    p, why = begin(parent, 'root-crl', '--revoke', '2', '--reason', 'cACompromise', round_='root-crl')
    check('another is to be revoked', p is not None, why)
    approve(parent, 'officer1', 'root-crl')
    challenges = json.load(open(parent.d + '/ceremony/root-crl.challenges'))['challenges']
    of_sm2 = next(c['structure'] for c in challenges if c['alg'] == 'SM2')
    kind, _ = Signer(parent.d, 'registry.sock').ask(QUORUM_BEGIN, bytes([7, CRL_ROOT]) + by(base64.urlsafe_b64decode(of_sm2 + '==')))
    check('the second structure is lost between two officers', kind == QUORUM_BEGIN and approve(parent, 'officer2', 'root-crl')[0] == 'refused')
    p.kill()
    p.communicate()
    root_crl = lambda: run('openssl', 'crl', '-inform', 'DER', '-in', parent.d + '/trust/crl/root.crl', '-noout', '-text')[1]
    check('it is not on the published list', root_crl().count('Serial Number') == 1, root_crl())
    time.sleep(2)  # a list's number is the time
    p, why = begin(parent, 'root-crl', round_='root-crl')
    check('a list without it is signed no more, and says what to do', p is None and '--revoke' in why, why)
    p, why = begin(parent, 'root-crl', '--revoke', '2', '--reason', 'superseded', round_='root-crl')
    check('nor with another reason', p is None and 'another reason' in why, why)
    p, why = begin(parent, 'root-crl', '--revoke', '2', '--reason', 'cACompromise', round_='root-crl')
    check('it is asked for again', p is not None, why)
    for officer in ('officer1', 'officer2'):
        approve(parent, officer, 'root-crl')
    out, err = p.communicate(timeout=300)
    check('and now it is signed and published, with the date of the first time', p.returncode == 0 and until(lambda: root_crl().count('Serial Number') == 2 or None), (out + err, root_crl()))


parent = Home(cases=False, own=True)
h = None
try:
    check('a parent: its root is under officers', parent.made, parent.made_err)
    parent.at(now(2))
    check('it serves', parent.serve())
    beginnings(parent)
    sub, other = Sub(parent, 'sub'), Sub(parent, 'other', '--limit-division', '42', '--limit-holders', 'INST', sm2=False)
    stray = requests(parent, sub, other)
    first, second = certified(parent, sub, other)
    taken(parent, sub, first, second)
    h = sub.home()
    check('the subordinate serves', h.serve())
    path = issuing(parent, h)
    conquered_register(h, path)
    forged_by_the_tpm(h, path)
    newer_keys(parent, h, path)
    taken_back(parent, h, path)
    cut(parent)
    h.stop()
    check('its signer starts again on its log', h.serve())
    check('the parent\'s too', parent.stop() is not None and parent.serve())
finally:
    for home in (h, parent):
        if home is not None:
            home.stop()
    parent.close()
finish()
