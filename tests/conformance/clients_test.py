"""Independent clients on a demo home: openssl verify and ocsp, GnuTLS certtool and ocsptool, strongSwan's
pki, NSS, cfssl, python3-cryptography, jose; JavaScript's jose, @peculiar/x509 and pkijs.  Each says yes to
a good one and no to a revoked one.  What is not installed is left out, with STRICT=1 a failure (make deps-full)."""
import glob
import os
import sys
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'integration'))
from lib import *


def run(*cmd, stdin=None):
    r = subprocess.run(cmd, capture_output=True, input=stdin, timeout=300)
    return r.returncode, (r.stdout + r.stderr).decode(errors='replace')


def have(tool):
    there = shutil.which(tool) is not None
    if not there:
        absent(tool)
    return there


def pair():
    """a good and a revoked certificate: (path of the PEM, of the DER, good)"""
    for good in (True, False):
        c = next(c for c in h.demo['certificates'] if (c['expect'] == 'permit') == good)
        path, der = os.path.join(h.d, c['file']), '%s/%d.der' % (h.root, good)
        run('openssl', 'x509', '-in', path, '-outform', 'DER', '-out', der)
        yield path, der, good


def ocsp_tools(issuing):
    for path, _, good in pair():
        code, out = run('ocsptool', '--ask=' + h.url('/ocsp'), '--load-cert=' + path, '--load-issuer=' + issuing, '--load-trust=' + issuing, '--nonce')
        check('GnuTLS ocsptool, with its nonce: %s' % ('good' if good else 'revoked'),
              'Verifying OCSP Response: Success' in out and 'Certificate Status: ' + ('good' if good else 'revoked') in out and 'Nonce: ' in out, out[-300:])


def strongswan():
    d = h.d
    for _, der, good in pair():
        code, out = run('pki', '--verify', '--in', der, '--cacert', d + '/publish/ca/root.cer', '--cacert', d + '/publish/ca/issuing.cer',
                        '--crl', d + '/trust/crl/1.crl', '--crl', d + '/trust/crl/root.crl')
        check('strongSwan pki: %s' % ('trusted, not revoked' if good else 'revoked'), (code == 0 and 'certificate not revoked' in out) if good else
              (code != 0 and 'certificate was revoked' in out), out[-300:])


def nss(root, issuing):
    db = 'sql:' + h.root + '/nss'
    os.mkdir(h.root + '/nss')
    run('certutil', '-N', '-d', db, '--empty-password')
    run('certutil', '-A', '-d', db, '-n', 'root', '-t', 'C,C,C', '-i', root)
    run('certutil', '-A', '-d', db, '-n', 'issuing', '-t', ',,', '-i', issuing)
    for path, _, good in pair():
        n = 'leaf-%d' % good
        run('certutil', '-A', '-d', db, '-n', n, '-t', ',,', '-a', '-i', path)
        code, out = run('ocspclnt', '-d', db, '-S', n)
        check('NSS ocspclnt at the address in the certificate: %s' % ('good' if good else 'revoked'), 'succeeded' in out if good else 'has been revoked' in out, out)
        uses = [run('certutil', '-V', '-d', db, '-n', n, '-u', u)[1] for u in 'CVSRJ']
        check('and NSS takes it for no TLS, mail or code signing certificate', all('not approved' in o for o in uses), uses)


def cfssl(root, issuing):
    for path, _, good in pair():
        code, out = run('cfssl', 'certinfo', '-cert', path)
        serial = int(run('openssl', 'x509', '-in', path, '-noout', '-serial')[1].split('=')[1], 16)
        check('cfssl certinfo reads it', code == 0 and json.loads(out)['serial_number'] == str(serial), out)
        code, out = run('cfssl', 'bundle', '-cert', path, '-ca-bundle', root, '-int-bundle', issuing)
        check('and cfssl bundle takes it for no TLS certificate', 'incompatible key usage' in out, out)


def ask_ocsp(body, get=False):
    """RFC 6960 A.1"""
    if get:
        return urllib.request.urlopen(h.url('/ocsp/' + urllib.parse.quote(base64.b64encode(body), safe='')), timeout=10).read()
    req = urllib.request.Request(h.url('/ocsp'), body, {'Content-Type': 'application/ocsp-request'})
    return urllib.request.urlopen(req, timeout=10).read()


def python(issuing_pem):
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509 import ocsp
    except ImportError:
        return absent('python3-cryptography')
    issuing = x509.load_pem_x509_certificate(open(issuing_pem, 'rb').read())
    root = x509.load_pem_x509_certificate(open(h.d + '/trust/root.pem', 'rb').read())
    crl = x509.load_der_x509_crl(urllib.request.urlopen(h.url('/crl/1.crl')).read())
    idp = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    check('python3-cryptography: the CRL is the issuing CA\'s, its distribution point critical', crl.is_signature_valid(issuing.public_key()) and idp.critical)

    def signed(key, signature, data, how):
        key.verify(signature, data, ec.ECDSA(how))  # raises

    def asked(cert, issuer, nonce=None, how=hashes.SHA256(), get=False):
        b = ocsp.OCSPRequestBuilder().add_certificate(cert, issuer, how)
        b = b if nonce is None else b.add_extension(x509.OCSPNonce(nonce), False)
        return ocsp.load_der_ocsp_response(ask_ocsp(b.build().public_bytes(serialization.Encoding.DER), get))
    for _, der, good in pair():
        c = x509.load_der_x509_certificate(open(der, 'rb').read())
        signed(issuing.public_key(), c.signature, c.tbs_certificate_bytes, c.signature_hash_algorithm)
        entry = crl.get_revoked_certificate_by_serial_number(c.serial_number)
        check('python3-cryptography: the CRL %s' % ('does not name it' if good else 'names it, with a reason'),
              entry is None if good else bool(entry.extensions.get_extension_for_class(x509.CRLReason)))
        for how, get, nonce in ((how, get, nonce) for how in (hashes.SHA1(), hashes.SHA256()) for get in (False, True) for nonce in (None, b'n' * 32)):
            r = asked(c, issuing, nonce, how, get)
            responder = r.certificates[0]
            signed(issuing.public_key(), responder.signature, responder.tbs_certificate_bytes, responder.signature_hash_algorithm)
            signed(responder.public_key(), r.signature, r.tbs_response_bytes, r.signature_hash_algorithm)
            check('python3-cryptography: OCSP by %s, %s%s: %s' % ('GET' if get else 'POST', how.name, ' and nonce' if nonce else '', 'good' if good else 'revoked'),
                  type(r.hash_algorithm) is type(how) and [e.value.nonce for e in r.extensions if isinstance(e.value, x509.OCSPNonce)] == [nonce] * bool(nonce) and
                  r.certificate_status == (ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED) and r.serial_number == c.serial_number)
        check('its serial number under the root is no business of ours: unauthorized', asked(c, root).response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED)
    for n in (1, 32, 128):
        r = asked(c, issuing, bytes(range(n)))
        check('a nonce of %d octets comes back (RFC 9654 2.1)' % n, r.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == bytes(range(n)))
    for n in (0, 129, 4000):
        check('a nonce of %d octets is malformed' % n, asked(c, issuing, b'n' * n).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST)


def javascript():
    """a process of its own, whose lines are cases"""
    if not os.path.isdir(HERE + '/../e2e/node_modules/pkijs'):
        return absent('tests/e2e/node_modules')
    tokens = {}
    for t in h.demo['tokens']:
        path = os.path.join(h.d, t['file'])
        wrong = [c['name'] for c in json.loads(run(B + '/fujie-verify', '--trust', h.d + '/trust', '--json', path)[1])['checks'] if c['outcome'] == 'fail']
        if wrong in ([], ['status']):
            tokens.setdefault(not wrong, path)
    code, out = run('node', HERE + '/../e2e/clients.mjs', h.url(''), *[p for p, _, _ in pair()], tokens[True], tokens[False])
    lines = [l for l in out.splitlines() if l.startswith(('ok - ', 'not ok - '))]
    for l in lines:
        check(l.split(' - ', 1)[1], l.startswith('ok'))
    check('the JavaScript clients came to their end', code == 0 and len(lines) == 15, out[-300:])


h = Home()
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    root, chain, crl = h.d + '/trust/root.pem', h.d + '/trust/chain.pem', h.root + '/crl.pem'
    run('openssl', 'crl', '-inform', 'DER', '-in', h.d + '/trust/crl/1.crl', '-out', crl)
    issuing = h.root + '/issuing.pem'
    run('openssl', 'x509', '-inform', 'DER', '-in', h.d + '/publish/ca/issuing.cer', '-out', issuing)
    check('chain.pem begins with the issuing CA', open(chain).read().startswith(open(issuing).read().strip()[:200]))
    for c in h.demo['certificates']:
        path = os.path.join(h.d, c['file'])
        good = c['expect'] == 'permit'
        code, out = run('openssl', 'verify', '-x509_strict', '-crl_check', '-CAfile', root, '-untrusted', chain, '-CRLfile', crl, path)
        check('openssl verify -crl_check agrees on %s (%s)' % (c['number'], c['expect']), (code == 0) == good, out)
        code, out = run('openssl', 'ocsp', '-issuer', issuing, '-cert', path, '-CAfile', root, '-verify_other', issuing, '-url', h.url('/ocsp'))
        check('openssl ocsp agrees on %s' % c['number'], 'Response verify OK' in out and (': good' if good else ': revoked') in out, out)
        code, out = run('openssl', 'ocsp', '-sha256', '-no_nonce', '-issuer', issuing, '-cert', path, '-CAfile', root, '-verify_other', issuing, '-url', h.url('/ocsp'))
        check('with SHA-256 CertIDs and no nonce too: %s' % c['number'], 'Response verify OK' in out and (': good' if good else ': revoked') in out, out)
        if have('certtool'):
            bundle = open(path).read() + open(issuing).read() + open(root).read()
            code, out = run('certtool', '--verify-chain', stdin=bundle.encode())
            check('certtool --verify-chain accepts the chain of %s' % c['number'], code == 0 and 'verified' in out.lower(), out)
            code, out = run('certtool', '--verify', '--load-ca-certificate', root, '--load-crl', crl, stdin=(open(path).read() + open(issuing).read()).encode())
            check('and with the CRL it agrees', ('Chain verification output: Verified.' in out) == good and ('revoked' in out) != good, out)
    if have('ocsptool'):
        ocsp_tools(issuing)
    if have('pki'):
        strongswan()
    if have('ocspclnt'):
        nss(root, issuing)
    if have('cfssl'):
        cfssl(root, issuing)
    python(issuing)
    if have('node'):
        javascript()
    for n in range(3):
        serial = '0x11' + os.urandom(15).hex()
        code, out = run('openssl', 'ocsp', '-issuer', issuing, '-serial', serial, '-CAfile', root, '-verify_other', issuing, '-url', h.url('/ocsp'))
        check('a serial never issued is unknown, never good (%d)' % n, 'Response verify OK' in out and ': unknown' in out, out)
    one = os.path.join(h.d, h.demo['certificates'][0]['file'])
    code, out = run('openssl', 'ocsp', '-issuer', root, '-cert', one, '-CAfile', root, '-url', h.url('/ocsp'))
    check('a right serial under a wrong issuer is unauthorized', 'unauthorized' in out and 'good' not in out, out)
    for signer in ('token', 'status'):
        code, out = run('openssl', 'verify', '-x509_strict', '-crl_check', '-CAfile', root, '-untrusted', chain, '-CRLfile', crl, h.d + '/publish/signer/%s.pem' % signer)
        check('openssl verifies the %s signer' % signer, code == 0, out)
    code, out = run('openssl', 'asn1parse', '-in', one)
    check('the private extension is not critical and parses', code == 0 and '1.3.6.1.4.1.32473.1.1' in out, out)

    meta = json.load(urllib.request.urlopen(h.url('/.well-known/jwt-vc-issuer')))
    check('the issuer metadata names the issuer', meta['issuer'].startswith('http://127.0.0.1'), meta)
    jwk = h.root + '/key.jwk'
    key = dict(meta['jwks']['keys'][0])
    json.dump({k: key[k] for k in ('kty', 'crv', 'x', 'y')}, open(jwk, 'w'))
    if have('jose'):
        for t in h.demo['tokens'][:3]:
            path = h.root + '/t.jwt'
            text = open(os.path.join(h.d, t['file'])).read().rstrip('~')
            open(path, 'w').write(text)
            code, out = run('jose', 'jws', 'ver', '-i', path, '-k', jwk)
            check('jose verifies %s with the published key' % t['id'], code == 0, out)
            bad = text[:-6] + ('A' if text[-6] != 'A' else 'B') + text[-5:]
            open(path, 'w').write(bad)
            check('jose refuses it with one character changed', run('jose', 'jws', 'ver', '-i', path, '-k', jwk)[0] != 0)

    # what everybody downloads
    import io, tarfile
    tar = tarfile.open(fileobj=io.BytesIO(urllib.request.urlopen(h.url('/v1/trust.tar')).read()))
    tar.extractall(h.root + '/dl')
    item = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    cmd = [B + '/fujie-verify', '--trust', h.root + '/dl/trust', os.path.join(h.d, item['file']), '--json']
    check('fujie-verify permits with the downloaded trust folder', json.loads(run(*cmd)[1])['verdict'] == 'permit')
    for path, kind in (('/crl/1.crl', 'application/pkix-crl'), ('/crl/root.crl', 'application/pkix-crl'), ('/status/0', 'application/statuslist+jwt'),
                       ('/ca/root.cer', 'application/pkix-cert'), ('/ca/issuing.cer', 'application/pkix-cert'), ('/signer/token.pem', 'application/x-pem-file')):
        r = urllib.request.urlopen(h.url(path))
        check('%s is served as %s' % (path, kind), r.headers['Content-Type'] == kind and len(r.read()) > 100, r.headers)
    for path in ('/crl/2.crl', '/crl/..%2f..%2fregister.db', '/status/999', '/signer/root.pem', '/nothing'):
        try:
            urllib.request.urlopen(h.url(path))
            check('%s is not there' % path, False)
        except urllib.error.HTTPError as e:
            check('%s is not there' % path, e.code == 404, e.code)
finally:
    h.close()
finish()
