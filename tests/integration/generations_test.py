"""Newer keys of the issuing CA under its one name (docs/formats.md 26; RFC 5280 6.3.3 (f)): made by two officers, certified by the
root's, and what is issued from then on is under it, in lists of its own; the former one signs its lists and has its responder as
long as it is there, and when it is destroyed the newer one's lists speak for both.  In a home with a plan and in one without; and
what a conquered registry tries with the signer.  All names and numbers are illustrative."""
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import sqlite3

from officers_lib import *
from keys_lib import *
from under_root import begin, approve, run

KEY_NEW, KEY_END = 16, 17
POLICY = 13


def issuer_address(c):
    return next(a.access_location.value for a in c.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value if a.access_method._name == 'caIssuers')


def lists():
    """every CRL that is published, and the root's, as openssl takes them"""
    out = []
    for n in sorted(os.listdir(h.d + '/publish/trust/crl')):
        if 'sm2' not in n:
            path = h.root + '/' + n + '.pem'
            subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', h.d + '/publish/trust/crl/' + n, '-out', path], check=True)
            out += ['-CRLfile', path]
    return out


def openssl(path, *more):
    r = subprocess.run(['openssl', 'verify', '-crl_check', *more, *lists(), '-ignore_critical', '-CAfile', h.d + '/publish/trust/root.pem', '-untrusted', h.d + '/publish/trust/chain.pem', path], capture_output=True, text=True, timeout=300)
    return r.returncode == 0, r.stdout + r.stderr


def tool_says(path):
    out = tool(B + '/fujie-verify', '--trust', h.d + '/trust', path)[1]
    return out.get('verdict'), {c['name']: c['outcome'] for c in out.get('checks', [])}


def service_says(path):
    return json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': open(path).read()}).encode(), timeout=300))['verdict']


def crl(name):
    return x509.load_der_x509_crl(open(h.d + '/publish/trust/crl/%s.crl' % name, 'rb').read())


def crl_of(path):
    return crl(point(pems(path)[0]).rsplit('/', 1)[1][:-4])


def no(sentence, answer, rc, part=''):
    check(sentence, answer[0] == rc and part in answer[1], answer)


def answer_lost(key):
    """the signer signs and the register never hears of it"""
    p, why = begin(h, 'issuing', '--key', key, round_='issuing')
    challenge = h.d + '/ceremony/issuing.challenges'
    structure = base64.urlsafe_b64decode(json.load(open(challenge))['challenges'][0]['structure'] + '==')
    sigs = []
    for i, n in enumerate(('officer1', 'officer2')):
        out = h.root + '/%s.answers' % n
        subprocess.run([B + '/fujie-officer', 'approve', challenge, '--plan', h.d + '/ceremony/plan.json', '--key', h.d + '/officers/%s.key' % n, '--passphrase-file', h.d + '/officers/%s.passphrase' % n,
                        '--out', out, '--yes'], check=True, capture_output=True, timeout=300)
        sigs.append(bytes([i]) + base64.urlsafe_b64decode(json.load(open(out))['answers'][0]['sig'] + '=='))
    s = Signer(h.d, 'registry.sock')
    done = any((s.ask(QUORUM_SIGN, bytes([n]) + struct.pack('>I', 2) + b''.join(sigs)) or (ERROR,))[0] != ERROR for n in range(1, 256))
    p.kill()
    p.communicate()
    check('%s: signed, and the answer is lost' % key, done and len(pems(chain(key))) == 2)
    r = s.ask(QUORUM_BEGIN, bytes([ROOT, C_ISS]) + by(bytearray(structure).replace(structure[6:20], os.urandom(14), 1)))
    check('%s: another certificate of that key does not even come before officers' % key, r is not None and r[0] == ERROR, r)
    return structure


def twin(old_number):
    """an SM2 certificate beside one of before the rollover"""
    asked = o.done('hb-fin1', 'certificate.sm2', number=old_number)
    o.done('hb-fin2', 'approval.approve', id=asked['approval'])
    db = sqlite3.connect('file:%s/publish/public.db?mode=ro' % h.d, uri=True)
    der = until(lambda: db.execute('select der from twin where number = ?', (old_number,)).fetchone())
    path = h.root + '/twin.pem'
    open(path, 'wb').write(b'-----BEGIN CERTIFICATE-----\n' + base64.encodebytes(der[0]) + b'-----END CERTIFICATE-----\n')
    check('a twin made after the rollover is in a list of its own CA\'s key, and permitted', until(lambda: tool_says(path)[0] == 'permit' == service_says(path)), tool_says(path))


def certified(key):
    """the plan's officers certify the newer key"""
    p, why = begin(h, 'issuing', '--key', key, round_='issuing')
    check('%s: the root\'s officers are asked' % key, p is not None, why)
    if p is None:
        return
    became, shown = approve(h, 'officer1', 'issuing')
    check('%s: one officer is not enough; he sees what it is' % key, became == 'taken' and p.poll() is None and len(pems(chain(key))) == 2 and 'issuing' in shown.lower(), shown)
    became, shown = approve(h, 'officer2', 'issuing', lang='zh')
    out, err = p.communicate(timeout=120)
    check('%s: with two it is certified' % key, became == 'taken' and p.returncode == 0, (shown, out, err))


def chain(key):
    return h.d + '/publish/trust/chain%s.pem' % ('-sm2' if 'sm2' in key else '')


def rolled(crowd, old):
    code, out = o.do('mof1', 'root.issue', key='issuing')
    check('nothing waits for the root before a key is made', code != 200 and 'key roll' in said(out), out)
    for key in ('issuing', 'issuing-sm2'):
        asked = o.done('mof1', 'key.roll', key=key)
        check('%s: one officer changes nothing' % key, key + '.2' not in keys_here(h))
        code, out = o.do('mof2', 'approval.approve', id=asked['approval'])
        check('%s: two have the newer key made' % key, code == 200 and {key + '.1', key + '.2'} <= keys_here(h), out)
    path, _ = crowd.issue()
    check('until the root has certified it, it issues nothing', aki(pems(path)[0]) == aki(pems(old)[0]) and len(pems(chain('issuing'))) == 2)
    code, out = o.do('mof1', 'key.end', key='issuing.1')
    check('the former one does not end before', code != 200, out)
    s = Signer(h.d, 'registry.sock')
    no('nor does the signer let it end', s.plain(KEY_END, bytes([ISSUING, 1]) + names('mof1', 'mof2')), POLICY, 'not certified')
    structure = answer_lost('issuing')
    certified('issuing')
    certified('issuing-sm2')
    cas = until(lambda: (lambda c: len(c) == 3 and c)(pems(chain('issuing'))))
    check('chain.pem: the newer CA, the former one, the root', bool(cas) and cas[0].subject == cas[1].subject and ski(cas[0]) != ski(cas[1]) == aki(pems(old)[0]) and cas[2].subject == cas[2].issuer, cas)
    check('asked again it was the same certificate, octet by octet', cas[0].tbs_certificate_bytes == structure)
    check('of the SM2 hierarchy too', open(chain('issuing-sm2')).read().count('BEGIN CERT') == 3)
    check('each has an address of its own', [x509.load_der_x509_certificate(open(h.d + '/publish/ca/issuing%s.cer' % n, 'rb').read()) for n in ('-2', '')] == cas[:2] and os.path.exists(h.d + '/publish/ca/issuing-sm2-2.cer'))
    new, _ = crowd.issue()
    c, b = pems(new)[0], pems(old)[0]
    check('what is issued now is under the newer one, and says where that is', aki(c) == ski(cas[0]) and c.issuer == b.issuer and issuer_address(c).endswith('/ca/issuing-2.cer') and issuer_address(b).endswith('/ca/issuing.cer'), issuer_address(c))
    check('in a list of its own', point(c) != point(b))
    check('each list is signed by its CA\'s key', aki(crl_of(new)) == ski(cas[0]) and aki(crl_of(old)) == ski(cas[1]))
    for what, path in (('former', old), ('newer', new)):
        check('openssl verifies what is under the %s one, as it comes' % what, openssl(path)[0], openssl(path))
        v, checks = tool_says(path)
        check('so do the tool and the service', v == 'permit' == service_says(path), (v, checks))
        check('and OCSP answers, by a responder of that CA', until(lambda: ocsp(h, path)[0]), ocsp(h, path))
    token = o.done('jc1', 'token.issue', request=license_of())['tokens'][0]
    compact = o.get('auditor', 'token/' + token)['compact']
    head = json.loads(base64.urlsafe_b64decode(compact.split('.')[0] + '==='))
    x5c = [x509.load_der_x509_certificate(base64.b64decode(c)) for c in head['x5c']]
    check('tokens are signed under the former one until their key is rolled over', aki(x5c[0]) == ski(x5c[1]) == ski(cas[1]))
    rows = {r['id']: r for r in o.get('mof1', 'key')['items']}
    check('the calendar has both, and both responders', {'issuing', 'issuing.1', 'ocsp', 'ocsp-1', 'ocsp-sm2-1'} <= set(rows) and rows['issuing.1']['state'] == 'RETIRED', list(rows))
    events = [e for e in h.cli('event', 'list', who='auditor')[1]['items'] if e['kind'].startswith('key.')]
    check('the register says who', 'officer2' in json.dumps(events), events)
    return cas, new, compact


def conquered(cas):
    """the registry's socket, with all its rights"""
    s = Signer(h.d, 'registry.sock')
    der = open(h.d + '/publish/ca/issuing-2.cer', 'rb').read()
    tbs = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    rc, why, _ = s.sign(ROOT, C_ISS, tbs, ('mof1', 'mof2'))
    check('the root certifies no CA for finance officers where a plan has its own', rc == POLICY, (rc, why))
    old = pems(h.d + '/publish/trust/chain.pem')[1]
    leaf = next(pems(h.d + '/publish/trust/' + p)[0] for p in ('../signer/token.pem',))
    check('the token key\'s certificate is under the former CA', aki(leaf) == ski(old))
    for what, change, part in (('with another address than its CA\'s', lambda t: t.replace(b'/ca/issuing.cer', b'/ca/issuing.cex'), 'another generation'), ('under a CA that there is not', lambda t: t.replace(ski(old), os.urandom(20)), 'none of our issuing CA')):
        rc, why, _ = s.sign(ISSUING, C_DELEG, cert(change(leaf.tbs_certificate_bytes), serial=b'\x42' + os.urandom(15), begin=time.time()), ())
        check('a certificate %s is refused' % what, rc == POLICY and part in why, (rc, why))
    k = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = tbs.replace(pems(h.d + '/publish/trust/chain.pem')[0].public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo), k)
    r = s.ask(QUORUM_BEGIN, bytes([ROOT, C_ISS]) + by(body))
    check('a CA certificate for a key that is not the signer\'s does not even come before officers', r is not None and r[0] == ERROR, r)
    check('asked again for a newer key it makes no third', s.plain(KEY_NEW, bytes([ISSUING]) + names('mof1', 'mof2'))[0] == 0 and 'issuing.3' not in keys_here(h))


def ended(cas, old, new, compact, other_path, other):
    code, out = o.do('mof1', 'key.end', key='issuing.1')
    check('it can\'t end while the token key is certified under it', code != 200 and 'roll those over first' in said(out), out)
    for k in ('token', 'log', 'token-sm2'):
        o.two('mof1', 'mof2', 'key.roll', key=k)
    check('rolled over, the token key is under the newer CA', until(lambda: aki(pems(h.d + '/publish/signer/token.pem')[0]) == ski(cas[0])))
    o.two('mof1', 'mof2', 'key.roll', key='ocsp')
    check('OCSP goes on for both, by its newer key', until(lambda: ocsp(h, old)[0] and ocsp(h, new)[0]), (ocsp(h, old), ocsp(h, new)))
    for key in ('issuing.1', 'issuing-sm2.1'):
        code, out = o.do('mof2', 'approval.approve', id=o.done('mof1', 'key.end', key=key)['approval'])
        check('%s: now two officers have it destroyed' % key, code == 200 and key not in keys_here(h), out)
    check('its last list stays in force', aki(crl_of(old)) == ski(cas[1]))
    o.done('hb-fin1', 'certificate.suspend', number=other, reason='试停（示例）')
    check('the next one of its shard is signed by the newer one, of the same name', until(lambda: aki(crl_of(old)) == ski(cas[0])) and crl_of(old).issuer == cas[1].subject, crl_of(old))
    check('and stops what it names', tool_says(other_path)[0] == 'deny' == service_says(other_path), tool_says(other_path))
    check('openssl takes them with -extended_crl', openssl(old, '-extended_crl')[0] and openssl(new, '-extended_crl')[0], openssl(old, '-extended_crl'))
    for what, one in (('former', old), ('newer', new)):
        v, checks = tool_says(one)
        check('what is under the %s one verifies in tool and service' % what, v == 'permit' == service_says(one), (v, checks))
    open(h.root + '/credential', 'w').write(compact)
    check('so does a token of before', tool_says(h.root + '/credential')[1].get('signature') == 'pass', tool_says(h.root + '/credential'))
    r = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust')[1]
    check('the attestation stands', r.get('tpm') == 'software', r)


def lost(crowd, old, compact):
    """the former CA's key was found somewhere"""
    for what, why, part in (('the newest key', {'former': 'issuing.2'}, 'no former key'), ('one that never was', {'former': 'issuing.7'}, 'no former key'), ('a name that is none', {'former': 'token.1'}, 'issuing.1'),
                            ('two CAs at once', {'former': 'issuing.1', 'revoke': 1}, 'at a time')):
        code, out = o.do('mof1', 'root.renew', reason='keyCompromise', **why)
        check('the root does not revoke ' + what, code != 200 and part in said(out), out)
    p, why = begin(h, 'root-crl', '--revoke', 'issuing.1', '--reason', 'superseded', round_='root-crl')
    check('the root\'s officers are asked to revoke the former CA, for another reason', p is not None, why)
    approve(h, 'officer1', 'root-crl')
    p.kill()
    p.communicate()
    p, why = begin(h, 'root-crl', '--revoke', 'issuing.1', '--reason', 'keyCompromise', round_='root-crl')
    check('what nobody has signed yet is asked for anew', p is not None, why)
    shown = [approve(h, n, 'root-crl')[1] for n in ('officer1', 'officer2')]
    out, err = p.communicate(timeout=120)
    gone = x509.load_der_x509_certificate(open(h.d + '/publish/ca/issuing.cer', 'rb').read()).serial_number
    check('they see which and why, and it is on the root\'s list', p.returncode == 0 and '%x' % gone in shown[0].lower().replace(':', '') and until(lambda: crl('root').get_revoked_certificate_by_serial_number(gone)) is not None, (shown, err))
    entry = crl('root').get_revoked_certificate_by_serial_number(gone)
    check('for the reason of then', entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise)
    check('what is under it is refused by tool and service', until(lambda: tool_says(old)[0] == 'deny' == service_says(old)), tool_says(old))
    open(h.root + '/credential', 'w').write(compact)
    check('a token of before too', tool_says(h.root + '/credential')[0] == 'deny')
    path, _ = crowd.issue()
    check('what is under the newer one goes on', tool_says(path)[0] == 'permit' == service_says(path), tool_says(path))


def served_again(crowd, old, new):
    h.stop()
    check('served again after all that', h.serve())
    path, _ = crowd.issue()
    check('it issues under the newer CA', issuer_address(pems(path)[0]).endswith('/ca/issuing-2.cer') and tool_says(path)[0] == 'permit')
    check('and the former one\'s still verify', tool_says(old)[0] == 'permit')


h = Home(own=True)
o = Officers(h)
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    crowd = Crowd(h, 6)
    old, old_number = crowd.issue()
    other_path, other = crowd.issue()
    cas, new, compact = rolled(crowd, old)
    twin(old_number)
    conquered(cas)
    ended(cas, old, new, compact, other_path, other)
    served_again(crowd, old, new)
    lost(crowd, old, compact)
    code, out = h.cli('audit', 'verify')
    check('the whole record verifies', code == 0, out)
    rebuilt(h)
finally:
    h.close()
finish()
