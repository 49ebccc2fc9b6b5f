"""Independent clients on a demo home: openssl verify and ocsp, GnuTLS certtool, jose."""
import glob
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from lib import *


def run(*cmd, stdin=None):
    r = subprocess.run(cmd, capture_output=True, input=stdin, timeout=60)
    return r.returncode, (r.stdout + r.stderr).decode(errors='replace')


def have(tool):
    return shutil.which(tool) is not None


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
