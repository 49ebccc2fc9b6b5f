"""A certificate for the holder's own key: the request's key and nothing else of it;
requests that ask for authority, weak keys, keys of others and compromised keys."""
from lib import *


def openssl(*args):
    return subprocess.run(('openssl',) + args, capture_output=True, text=True, timeout=300)


def request(h, name, *how, ext=()):
    key, csr = '%s/%s.key' % (h.root, name), '%s/%s.csr' % (h.root, name)
    r = openssl('req', '-new', '-newkey', *how, '-nodes', '-keyout', key, '-subj', '/C=XX/O=somebody else/CN=root', '-out', csr, *ext)
    return csr if r.returncode == 0 else r.stderr


h = Home()
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    s, do, assets = h.registered('Q', 6)

    def ask(asset, csr, **kw):
        text = open(csr).read() if isinstance(csr, str) else csr
        return h.api('POST', '/api/v1/certificate/issue', dict({'assets': asset if isinstance(asset, list) else [asset], 'request': text}, **kw), s['hb-fin1'])

    def refused(sentence, asset, csr, word, rule):
        code, out = ask(asset, csr)
        check(sentence, code in (400, 409, 413, 422, 403) and word in out['detail']['en'] and rule in out.get('rule', ''), (code, out))

    p256, p384 = ('ec', '-pkeyopt', 'ec_paramgen_curve:P-256'), ('ec', '-pkeyopt', 'ec_paramgen_curve:P-384')
    good = request(h, 'good', *p256)
    code, out = h.cli('certificate', 'issue', '--assets', assets[0], '--request', good, who='hb-fin1')
    check('the command line takes a request', code == 0 and 'approval' in out, out)
    code, out = h.cli('approval', 'approve', out.get('approval', ''), who='hb-fin2')
    number = out.get('certificates', [''])[0]
    pem = h.root + '/cert.pem'
    code, shown = h.cli('certificate', 'show', '--number', number)
    open(pem, 'w').write(shown.get('pem', ''))
    check('the certificate has the holder\'s key', openssl('x509', '-in', pem, '-noout', '-pubkey').stdout == openssl('pkey', '-in', h.root + '/good.key', '-pubout').stdout != '')
    subject = openssl('x509', '-in', pem, '-noout', '-subject', '-ext', 'basicConstraints').stdout
    check('and nothing else of the request', 'somebody else' not in subject and 'CN = root' not in subject and 'CA:TRUE' not in subject, subject)
    v = json.loads(subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', '--json', pem], capture_output=True, text=True).stdout)
    check('the verdict says whose key it is', v['verdict'] == 'permit' and v['subject'].get('key_origin') == 'holder', v.get('subject'))

    ok384 = request(h, 'p384', *p384)
    code, out = ask(assets[1], ok384)
    made = do('hb-fin2', 'approval', 'approve', {'id': out.get('approval')}) if code == 200 else out
    check('P-384 is taken too', made.get('issued') == 1, made)

    refused('a request with CA:TRUE', assets[2], request(h, 'ca', *p256, ext=('-addext', 'basicConstraints=critical,CA:TRUE')), 'CA flag', 'RFC 2986')
    refused('a request with an extended key usage', assets[2], request(h, 'eku', *p256, ext=('-addext', 'extendedKeyUsage=OCSPSigning')), 'key usage', 'RFC 2986')
    refused('an RSA key of 2048 bits', assets[2], request(h, 'rsa', 'rsa:2048'), 'neither P-256 nor P-384', 'RFC 5480')
    refused('a curve of another size', assets[2], request(h, 'p521', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'), 'neither P-256 nor P-384', 'RFC 5480')
    refused('two assets for one key', [assets[2], assets[3]], request(h, 'two', *p256), 'name one asset', 'decision 7')
    refused('what is no request', assets[2], pem, 'PKCS#10', 'RFC 2986')
    der = bytearray(subprocess.run(['openssl', 'req', '-in', request(h, 'forged', *p256), '-outform', 'DER'], capture_output=True).stdout)
    der[-3] ^= 1
    refused('a signature that does not prove possession', assets[2], {'base64url': base64.urlsafe_b64encode(bytes(der)).rstrip(b'=').decode()}, 'possession', 'RFC 2986')

    def prove(asset, key):
        text = h.api('GET', '/api/v1/certificate/challenge?asset=' + asset, None, s['hb-fin1'])[1].get('challenge') or h.cli('certificate', 'challenge', '--asset', asset)[1]['challenge']
        open(h.root + '/challenge', 'w').write(text)
        return {'base64url': base64.urlsafe_b64encode(subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key, h.root + '/challenge'], capture_output=True).stdout).rstrip(b'=').decode()}

    def ask_key(asset, key, proof):
        body = {'assets': [asset], 'key': key}
        if proof:
            body['proof'] = proof
        return h.api('POST', '/api/v1/certificate/issue', body, s['hb-fin1'])

    own = h.root + '/own.key'
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', own, '-subj', '/CN=mine', '-days', '2', '-out', h.root + '/own.pem')
    own_pem = open(h.root + '/own.pem').read()
    code, out = ask_key(assets[4], own_pem, None)
    check('a certificate without a proof of possession is refused', code in (400, 422) and 'proof' in out['detail']['en'] and out['detail'].get('zh'), (code, out))
    code, out = ask_key(assets[4], own_pem, prove(assets[5], own))
    check('a proof for another asset proves nothing', code >= 400 and 'challenge' in out['detail']['en'], (code, out))
    code, out = ask_key(assets[4], own_pem, prove(assets[4], h.root + '/good.key'))
    check('nor does another key\'s', code >= 400 and 'challenge' in out['detail']['en'], (code, out))
    code, out = ask_key(assets[4], own_pem, prove(assets[4], own))
    made = do('hb-fin2', 'approval', 'approve', {'id': out.get('approval')}) if code == 200 else out
    check('a certificate with proof gives its key', made.get('issued') == 1, made)
    der = subprocess.run(['openssl', 'pkey', '-in', own, '-pubout', '-outform', 'DER'], capture_output=True).stdout
    b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b'=').decode()
    jwk = {'kty': 'EC', 'crv': 'P-256', 'x': b64(der[-64:-32]), 'y': b64(der[-32:])}
    code, out = ask_key(assets[5], json.dumps(dict(jwk, d='AAAA')), prove(assets[5], own))
    check('a JWK with its private half is refused', code in (400, 422) and 'JWK' in out['detail']['en'], (code, out))
    code, out = ask_key(assets[5], json.dumps(dict(jwk, y=jwk['x'])), prove(assets[5], own))
    check('a point that is not on the curve is refused', code in (400, 422), (code, out))
    code, out = ask_key(assets[5], json.dumps(jwk), prove(assets[5], own))
    check('a JWK with proof is taken', code == 200 and 'approval' in out, (code, out))

    code, out = h.api('POST', '/api/v1/certificate/revoke', {'number': number, 'reason': 'keyCompromise'}, s['hb-fin1'])
    do('hb-fin2', 'approval', 'approve', {'id': out.get('approval')})
    refused('a key that was reported compromised, in another certificate', assets[2], good, 'reported compromised', 'lessons.md 9')
    code, out = h.cli('db', 'rebuild')
    check('the events give every table again', code == 0 and out.get('same') is True, out)
finally:
    h.close()
finish()
