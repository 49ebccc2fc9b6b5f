"""What a CA's newer key means to those who verify (docs/formats.md 31): the tool, the public service, OCSP, bundles, a gateway and a
mirror that pinned the root before, through the rollover of the issuing key, of the keys under it, and the end of the former one.
What was handed out before goes on being right, and each says by which CA it was."""
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway import *
from keys_lib import Mirror, aki, pems, sha, ski
from under_root import begin, approve, run

OPTIONS = ('--audience', AUDIENCE, '--use', USE, '--refresh', '1s')


def kept(name, data):
    path = '%s/%s' % (h.root, name)
    open(path, 'wb' if isinstance(data, bytes) else 'w').write(data)
    return path


def judged(url, credential):
    return json.load(urllib.request.urlopen(url + '/v1/verify', json.dumps({'credential': credential}).encode(), timeout=300))


# --- the channels ---

def by_tool(credential):
    return tool(B + '/fujie-verify', '--trust', h.d + '/trust', kept('credential', credential))[1]


def bundle(number):
    """the document, made by the service"""
    return urllib.request.urlopen(h.url('/v1/bundle/' + number), timeout=300).read()


def by_bundle(data):
    return tool(B + '/fujie-verify', '--root', root, kept('bundle.json', data))[1]


def everywhere(sentence, credential, want='permit', ca=None):
    """tool, service and mirror; and by which CA"""
    for who, ask in (('the tool', by_tool), ('the service', lambda c: judged(h.url(''), c)), ('a mirror', lambda c: judged(mirror.url, c))):
        good = lambda: (lambda v: v['verdict'] == want and (ca is None or v['path'][0]['sha256'] == sha(ca)))(ask(credential))
        check('%s: %s' % (sentence, who), until(good), ask(credential))


def passes(sentence, token):
    check('%s: a gateway' % sentence, gate.until(lambda: gate.ask(token=token, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204), gate.ask(token=token, X_Fujie_X5T=b64u(b'1' * 32)))


def ocsp(cert, issuer):
    """what OCSP says of this file, asked under this CA"""
    i = kept('issuer.pem', issuer.public_bytes(serialization.Encoding.PEM))
    r = subprocess.run(['openssl', 'ocsp', '-issuer', i, '-cert', cert, '-url', h.url('/ocsp'), '-CAfile', h.d + '/publish/trust/root.pem', '-verify_other', i, '-no_nonce'], capture_output=True, text=True, timeout=300)
    out = r.stdout + r.stderr
    said = next((w for w in ('good', 'revoked', 'unknown') if cert + ': ' + w in out), 'unauthorized' if 'unauthorized' in out else out)
    return said + ('' if said == 'unauthorized' or 'Response verify OK' in out else ', and does not verify')


# --- what happens ---

def rolled():
    for key in ('issuing', 'issuing-sm2'):
        o.two('mof1', 'mof2', 'key.roll', key=key)
        p, why = begin(h, 'issuing', '--key', key, round_='issuing')
        check('%s: its root\'s officers are asked' % key, p is not None, why)
        approve(h, 'officer1', 'issuing')
        approve(h, 'officer2', 'issuing')
        out, err = p.communicate(timeout=120)
        check('%s: and certify the newer key' % key, p.returncode == 0, (out, err))
    return until(lambda: (lambda c: len(c) == 3 and c)(pems(h.d + '/publish/trust/chain.pem')))


def under_both(former):
    """the former key is there, what is under it works as before"""
    newer = rolled()[0]
    check('there are two CAs of one name', newer.subject == former.subject and ski(newer) != ski(former))
    everywhere('a certificate of before', dac, ca=former)
    everywhere('a token of before', token, ca=former)
    check('the bundle that was made before is read as before', by_bundle(first)['verdict'] == 'permit')
    now = bundle(number)
    check('one that is made now needs no other CA, and is of the same format', json.loads(now)['format'] == 'urn:fujie:bundle:2' and by_bundle(now)['verdict'] == 'permit', now[:300])
    check('OCSP is answered for what is under the former key, by whom it certified', until(lambda: ocsp(dac_file, former) == 'good'), ocsp(dac_file, former))
    check('asked under the newer one it is unknown, and never good', ocsp(dac_file, newer) == 'unknown', ocsp(dac_file, newer))
    passes('a token of before', token)
    for k in ('token', 'log', 'token-sm2', 'ocsp'):
        o.two('mof1', 'mof2', 'key.roll', key=k)
    signer = h.d + '/publish/signer/token.pem'
    check('the token key is under the newer one', until(lambda: aki(pems(signer)[0]) == ski(newer)))
    check('OCSP is answered for what is under the newer key', until(lambda: ocsp(signer, newer) == 'good'), ocsp(signer, newer))
    check('and under the former one not: it did not certify that', ocsp(signer, former) == 'unknown', ocsp(signer, former))
    check('for what is under the former key as before, by the newer responder', until(lambda: ocsp(dac_file, former) == 'good'), ocsp(dac_file, former))
    fresh = issued(o, [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'1' * 32)}])[1][0]
    everywhere('a token of now, under an authorisation of before', fresh, ca=newer)
    passes('a token of now', fresh)
    check('a mirror takes what the newer status signer signed', until(lambda: judged(mirror.url, fresh)['verdict'] == 'permit'))
    check('its bundle has both CAs', json.loads(token_bundle(fresh))['format'] == 'urn:fujie:bundle:3' and by_bundle(token_bundle(fresh))['verdict'] == 'permit', by_bundle(token_bundle(fresh)))
    for what, other in (('another root', 'root'), ('nothing', None)):
        doc = json.loads(token_bundle(fresh))
        doc['chain'] = [c for c in doc['chain'] if other is None] + ([base64.b64encode(open(stranger, 'rb').read()).decode()] if other else [])
        doc['chain'] = doc['chain'] if other else doc['chain'][:-1]
        check('with %s in the place of a CA it is refused' % what, by_bundle(json.dumps(doc))['verdict'] == 'deny', by_bundle(json.dumps(doc)))
    return newer, fresh


def token_bundle(compact):
    path = h.root + '/token-bundle.json'
    if os.path.exists(path):
        os.unlink(path)
    code, out = h.cli('bundle', 'create', kept('token.jwt', compact), '--out', path)
    if code:
        check('a bundle of a token is made', False, out)
    return open(path, 'rb').read()


def after_the_end(former, newer, fresh):
    for key in ('issuing.1', 'issuing-sm2.1'):
        o.two('mof1', 'mof2', 'key.end', key=key)
    o.done('hb-fin1', 'certificate.suspend', number=other['number'], reason='试停（示例）')
    crl = lambda: x509.load_der_x509_crl(open(h.d + '/publish/trust/crl/1.crl', 'rb').read())
    check('the shard of before goes on under the newer key', until(lambda: aki(crl()) == ski(newer)))
    everywhere('a certificate of before, by the newer key\'s list', dac, ca=former)
    everywhere('a token of before', token, ca=former)
    everywhere('a token of now', fresh, ca=newer)
    everywhere('what the newer key\'s list names', open(os.path.join(h.d, other['file'])).read(), 'deny')
    passes('a token of before', token)
    passes('a token of now', fresh)
    check('the bundle of before is still what it was', by_bundle(first)['verdict'] == 'permit')
    now = bundle(number)
    doc = json.loads(now)
    check('one that is made now brings the CA of the list', doc['format'] == 'urn:fujie:bundle:3' and len(doc['chain']) == 1 and by_bundle(now)['verdict'] == 'permit', by_bundle(now))
    check('and says by which CA and root', [p['sha256'] for p in by_bundle(now)['path']] == [sha(former), root])
    doc['chain'] = [base64.b64encode(open(stranger, 'rb').read()).decode()]
    check('without that CA it is refused', by_bundle(json.dumps(doc))['verdict'] == 'deny')
    check('with no one left to answer OCSP says so', until(lambda: ocsp(dac_file, former) == 'unauthorized'), ocsp(dac_file, former))
    check('and goes on for the newer', until(lambda: ocsp(h.d + '/publish/signer/token.pem', newer) == 'good'))
    code, said = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', h.d + '/ceremony/plan.json')
    rows = {c['serial']: c for c in said.get('certificates', [])}
    gone, here = (rows.get('%032x' % c.serial_number, {}) for c in (former, newer))
    check('the attestation stands: the newer key is attested, the former one is told as former', code == 0 and said['tpm'] == 'software' and here.get('attested') and not gone.get('attested') and gone.get('former') is True, said)
    check('so a verdict under the former one no longer says that its keys lie in a TPM', by_tool(dac)['tpm'] == 'none', by_tool(dac)['tpm'])
    check('and one under the newer does', by_tool(fresh)['tpm'] == 'software', by_tool(fresh)['tpm'])
    cold = Gateway(h.url(''), root, h.root + '/cold', *OPTIONS)
    check('a gateway that begins now takes both', cold.until(lambda: all(cold.ask(token=t, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204 for t in (token, fresh))))
    cold.stop()


h = Home(own=True)
o = Officers(h)
mirror = gate = None
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    root = root_of(h)
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=Another Root', '-keyout', h.root + '/x.key', '-outform', 'DER', '-out', h.root + '/x.der'], check=True, capture_output=True)
    stranger = h.root + '/x.der'
    former = pems(h.d + '/publish/trust/chain.pem')[0]
    good = [c for c in h.demo['certificates'] if c['expect'] == 'permit']
    mine, other = good[0], good[-1]
    dac_file, number = os.path.join(h.d, mine['file']), mine['number']
    dac = open(dac_file).read()
    token = issued(o, [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'1' * 32)}])[1][0]
    mirror, gate = Mirror(h, root), Gateway(h.url(''), root, h.root + '/cache', *OPTIONS)
    check('a mirror and a gateway begin', until(mirror.answers))
    first = bundle(number)
    newer, fresh = under_both(former)
    after_the_end(former, newer, fresh)
    code, out = h.cli('audit', 'verify')
    check('the whole record verifies', code == 0, out)
finally:
    for part in (mirror, gate):
        if part is not None:
            part.stop()
    h.close()
finish()
