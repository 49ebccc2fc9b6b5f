"""A register of before the appliance's keys were rolled over is put back, and restored by two officers with the keys that there were
after it (docs/formats.md 19, 26): nothing that was revoked comes back, what is issued then is under the newest keys, and those go on to
be rolled over and to end.  What was published is believed only as far as the root says so, and a restore that fails changes nothing.
All names and numbers are illustrative."""
import sqlite3

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from officers_lib import *
from keys_lib import *
from under_root import begin, approve


def crl_of(c):
    return x509.load_der_x509_crl(open(h.d + '/publish/trust/crl/' + point(c).rsplit('/', 1)[1], 'rb').read())


def chain():
    return pems(h.d + '/publish/trust/chain.pem')


def shown():
    """what is published of keys"""
    out = {}
    for folder in ('ca', 'signer'):
        for n in sorted(os.listdir(h.d + '/publish/' + folder)):
            out[folder + '/' + n] = open('%s/publish/%s/%s' % (h.d, folder, n), 'rb').read()
    for n in ('chain.pem', 'chain-sm2.pem', 'root.pem', 'log.pem'):
        out[n] = open(h.d + '/publish/trust/' + n, 'rb').read()
    return out


def states():
    return {r['id']: r['state'] for r in o.get('mof1', 'key')['items']}


def license():
    """(number, the file of the token)"""
    number = o.done('jc1', 'token.issue', request=license_of())['tokens'][0]
    open(h.root + '/' + number, 'w').write(o.get('auditor', 'token/' + number)['compact'])
    return number, h.root + '/' + number


def signed_by(path):
    head = open(path).read().split('.')[0]
    return x509.load_der_x509_certificate(base64.b64decode(json.loads(base64.urlsafe_b64decode(head + '==='))['x5c'][0]))


def says(path):
    both = tool(B + '/fujie-verify', '--trust', h.d + '/trust', path)[1].get('verdict'), json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': open(path).read()}).encode(), timeout=300))['verdict']
    return both[0] if both[0] == both[1] else both


def stands(path):
    """signed as it must be, and not revoked: who asks for it is not shown here"""
    checks = {c['name']: c['outcome'] for c in tool(B + '/fujie-verify', '--trust', h.d + '/trust', path)[1].get('checks', [])}
    return checks.get('signature') == 'pass' and says(path) != 'deny'


def rolled(*keys):
    for k in keys:
        o.two('mof1', 'mof2', 'key.roll', key=k)
        check('%s is rolled over' % k, sum(x.startswith(k + '.') for x in keys_here(h)) == 2, keys_here(h))
        if not k.startswith('issuing'):
            continue
        p, why = begin(h, 'issuing', '--key', k, round_='issuing')
        got = [approve(h, n, 'issuing')[0] for n in ('officer1', 'officer2')] if p else why
        check('%s: the root certifies it' % k, p is not None and p.wait(120) == 0, got)


def over(*keys):
    for k in keys:
        o.two('mof1', 'mof2', 'key.end', key=k)
        check('%s ends' % k, k not in keys_here(h), keys_here(h))


def kept():
    h.stop()
    shutil.copy(h.d + '/register.db', h.root + '/kept.db')
    o.sessions = {}
    check('the register is copied, and goes on', h.serve())


def put_back(sentence):
    h.stop()
    for x in ('', '-wal', '-shm'):
        if os.path.exists(h.d + '/register.db' + x):
            os.unlink(h.d + '/register.db' + x)
    shutil.copy(h.root + '/kept.db', h.d + '/register.db')
    before = shown()
    o.sessions = {}
    check(sentence + ': it serves', h.serve())
    code, out = o.do('mof1', 'key.roll', key='ocsp')
    check('acts are refused until it is restored', code == 409 and 'fujie log restore' in json.dumps(out), out)
    check('of the keys that were published nothing has changed', shown() == before)
    return before


def restored():
    """(status, answer) of the second officer's approval; one that failed waits to be approved"""
    code, out = o.do('mof1', 'log.restore')
    return o.do('mof2', 'approval.approve', id=out['approval'] if code == 200 else re.search('AP-[0-9a-z]+', said(out)).group())


def fails(sentence, path, change, words):
    """one published file as it must not be; a restore that fails changes nothing"""
    data = open(path, 'rb').read()
    change(path)
    code, out = restored()
    check('%s: refused, with what to do' % sentence, code != 200 and words in said(out), out)
    open(path, 'wb').write(data)
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True)
    check('and the register has no key more', db.execute('SELECT COUNT(*) FROM past_key').fetchone()[0] == known and db.execute("SELECT COUNT(*) FROM event WHERE kind = 'log.restored'").fetchone()[0] == restores)
    db.close()


def forged(path):
    """a CA of the same name, by somebody else"""
    mine = ec.generate_private_key(ec.SECP256R1())
    root = chain()[-1]
    c = x509.load_der_x509_certificate(open(path, 'rb').read())
    b = x509.CertificateBuilder().subject_name(c.subject).issuer_name(root.subject).public_key(mine.public_key()).serial_number(7).not_valid_before(c.not_valid_before_utc).not_valid_after(c.not_valid_after_utc)
    for e in c.extensions:
        b = b.add_extension(e.value, e.critical)
    open(path, 'wb').write(b.sign(mine, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def whole(sentence):
    code, out = h.cli('audit', 'verify')
    check('%s: the whole record verifies' % sentence, code == 0, out)


h = Home(own=True)
o = Officers(h)
known = restores = 0
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    crowd = Crowd(h, 9)
    old, _ = crowd.issue()
    stopped, stopped_no = crowd.issue()

    # --- the token key alone, and the log's ---
    kept()
    rolled('token', 'log')
    gone, gone_file = license()
    o.done('jc1', 'token.revoke', id=gone, reason='test')
    lists_by = aki(pems(h.d + '/publish/signer/status.pem')[0])
    put_back('a register of before two signers\' rollovers')
    for name in ('token', 'status'):
        fails('without %s.pem' % name, h.d + '/publish/signer/%s.pem' % name, os.unlink, 'from a mirror' if name == 'status' else '')
    fails('with the log\'s certificate in the token\'s place', h.d + '/publish/signer/token.pem', lambda p: shutil.copy(h.d + '/publish/signer/log.pem', p), 'from a mirror')
    code, out = restored()
    check('two officers restore it, and the newer keys with it', code == 200 and sorted(out.get('keys', [])) == ['log.2', 'token.2'], out)
    restores += 1
    known += 3
    check('the calendar has both generations', until(lambda: states().get('token.1') == 'RETIRED' == states().get('log.1')), states())
    number, path = license()
    check('a token is signed by the newest key', signed_by(path) == pems(h.d + '/publish/signer/token.pem')[0] and stands(path), says(path))
    check('the one that was revoked stays so', says(gone_file) == 'deny', says(gone_file))
    whole('after it')

    # --- issuing keys, while the former ones are there; the copy is of after a rollover ---
    kept()
    rolled('issuing', 'issuing-sm2')
    lost, _ = crowd.issue()
    o.done('hb-fin1', 'certificate.suspend', number=stopped_no, reason='试停（示例）')
    before = put_back('a register of before the issuing keys\' rollover')
    fails('a CA of its name by somebody else', h.d + '/publish/ca/issuing-2.cer', forged, 'from a mirror')
    fails('the first CA once more', h.d + '/publish/ca/issuing-2.cer', lambda p: shutil.copy(h.d + '/publish/ca/issuing.cer', p), 'from a mirror')
    code, out = restored()
    check('two officers restore it, and the CAs with it', code == 200 and out.get('keys') == ['issuing.2', 'issuing-sm2.2'], out)
    restores += 1
    known += 2
    check('what is published is as it was', until(lambda: {k: v for k, v in shown().items() if not k.startswith('signer/ocsp')} == {k: v for k, v in before.items() if not k.startswith('signer/ocsp')}))
    new, _ = crowd.issue()
    cas = chain()
    check('certificates are under the newest CA', aki(pems(new)[0]) == ski(cas[0]) == aki(pems(lost)[0]) and ski(cas[1]) == aki(pems(old)[0]) and cas[0].subject == cas[1].subject)
    check('in the list that it had', point(pems(new)[0]) == point(pems(lost)[0]) != point(pems(old)[0]), (point(pems(new)[0]), point(pems(lost)[0])))
    check('each list is by its own CA', aki(crl_of(pems(new)[0])) == ski(cas[0]) and aki(crl_of(pems(old)[0])) == ski(cas[1]))
    for what, p in (('of before', old), ('that is known by the log alone', lost), ('of after it', new)):
        check('a certificate %s verifies, and has its responder' % what, until(lambda: says(p) == 'permit' and (p == lost or ocsp(h, p)[0])), (says(p), ocsp(h, p)))
    check('what was suspended stays so', says(stopped) != 'permit', says(stopped))
    whole('after it')

    # --- everything rolled over twice, and the former ones ended ---
    kept()
    over('token.1', 'log.1')
    rolled('token', 'log', 'ocsp', 'token-sm2')
    over('issuing.1', 'issuing-sm2.1', 'ocsp.1')
    rolled('issuing')
    last, last_no = crowd.issue()
    o.done('hb-fin1', 'certificate.suspend', number=last_no, reason='试停（示例）')
    put_back('a register of before keys were rolled over and ended')
    code, out = restored()
    check('two officers restore it', code == 200 and set(out.get('keys', [])) == {'issuing.3', 'token.3', 'log.3', 'ocsp.2', 'token-sm2.2'}, out)
    check('what has ended has', until(lambda: all(states().get(k) == 'ENDED' for k in ('token.1', 'log.1', 'issuing.1', 'issuing-sm2.1', 'ocsp.1')) and states().get('issuing.2') == 'RETIRED'), states())
    new, _ = crowd.issue()
    cas = chain()
    check('certificates are under the third CA, in its list', len(cas) == 4 and aki(pems(new)[0]) == ski(cas[0]) and point(pems(new)[0]) == point(pems(last)[0]) and aki(crl_of(pems(new)[0])) == ski(cas[0]), point(pems(new)[0]))
    for what, p in (('the first', old), ('the second', lost), ('the third', new)):
        check('what is under %s CA verifies' % what, until(lambda: says(p) == 'permit'), says(p))
    check('OCSP answers under the second and the third', until(lambda: ocsp(h, new)[0]), ocsp(h, new))
    check('what was suspended stays so', says(stopped) != 'permit' != says(last), (says(stopped), says(last)))
    number, path = license()
    check('tokens are signed by the newest key', signed_by(path) == pems(h.d + '/publish/signer/token.pem')[0] and stands(path), says(path))
    over('token.2', 'log.2')
    rolled('token')
    number, path = license()
    check('and keys are rolled over and end as ever', stands(path) and {'token.3', 'token.4'} <= keys_here(h), keys_here(h))
    h.stop()
    check('served again after all that', h.serve())
    o.sessions = {}
    new, _ = crowd.issue()
    check('it issues on', says(new) == 'permit' and until(lambda: ocsp(h, new)[0]))
    whole('at the end')
    code, out = subprocess.run([B + '/fujie', 'log', 'verify', '--dir', h.d], capture_output=True, text=True).returncode, ''
    check('the log is one history', code == 0)
    h.stop()
    rebuilt(h)
finally:
    h.close()
finish()
