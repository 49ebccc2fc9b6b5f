"""Rollover of the appliance's own signing keys without a gap, and the end of former ones (docs/formats.md 26): tokens, status
lists, OCSP and the public log, of both hierarchies, while clients ask on; then what a conquered registry tries with the
signer; and the registry killed between the signer's part and its own.  All names and numbers are illustrative."""
import threading

from keys_lib import license_of, keys_here, names
from signer_lib import *
from officers_lib import *

KEY_NEW, KEY_END = 16, 17
STATE, POLICY = 7, 13
KEYS = ('token', 'ocsp', 'log', 'token-sm2', 'ocsp-sm2')


def head_of(compact):
    part = compact.split('.')[0]
    return json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))


def kid(what):
    """RFC 7638, of a published certificate"""
    out = subprocess.run(['openssl', 'x509', '-in', h.d + '/publish/signer/%s.pem' % what, '-noout', '-pubkey'], capture_output=True, timeout=300).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=out, capture_output=True, timeout=300).stdout
    x, y = b64(der[-64:-32]), b64(der[-32:])
    return b64(hashlib.sha256(json.dumps({'crv': 'P-256', 'kty': 'EC', 'x': x, 'y': y}, sort_keys=True, separators=(',', ':')).encode()).digest())


def issued():
    number = o.done('jc1', 'token.issue', request=license_of())['tokens'][0]
    return o.get('auditor', 'token/' + number)['compact']


def tool(compact):
    path = h.root + '/credential'
    open(path, 'w').write(compact)
    r = subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json'], capture_output=True, text=True, timeout=300)
    out = json.loads(r.stdout)
    return out['verdict'], {c['name']: c['outcome'] for c in out['checks']}.get('signature')


def service(compact):
    return json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps({'credential': compact}).encode(), timeout=300))


def signed_list():
    """kid of the status list that is out now"""
    name = sorted(n for n in os.listdir(h.d + '/publish/trust/status') if n.endswith('.jwt') and not n.startswith('sm2'))[0]
    return head_of(open(h.d + '/publish/trust/status/' + name).read())['kid']


def lines():
    return open(h.d + '/publish/log/checkpoint').read().split('\n\n')[1].strip().split('\n')


def log_verify(*by_):
    return subprocess.run([B + '/fujie-log', 'verify', h.d + '/publish/log', *by_], capture_output=True, text=True, timeout=300)


def ocsp(cert):
    r = subprocess.run(['openssl', 'ocsp', '-issuer', h.root + '/issuing.pem', '-cert', cert, '-url', h.url('/ocsp'), '-CAfile', h.d + '/publish/trust/chain.pem', '-no_nonce', '-resp_text'], capture_output=True, text=True, timeout=300)
    serials = re.findall('Serial Number: *\n? *([0-9a-f:]+)', r.stdout)
    return cert + ': good' in r.stdout and 'Response verify OK' in r.stdout + r.stderr, serials[-1] if serials else r.stdout + r.stderr


class Asking(threading.Thread):
    """clients that ask on, whatever happens to the keys"""

    def __init__(self, compact, cert):
        super().__init__(daemon=True)
        self.compact, self.cert, self.ending, self.bad, self.n = compact, cert, False, [], 0

    def run(self):
        while not self.ending:
            try:
                v = service(self.compact)['verdict']
                good, said = ocsp(self.cert)
            except Exception as e: # a gap is what is looked for
                v, good, said = str(e), False, ''
            self.n += 1
            if v == 'deny' or not good:
                self.bad.append((v, said))
            time.sleep(0.05)

    def end(self):
        self.ending = True
        self.join()


def rolled():
    before = {'compact': issued(), 'kid': kid('token'), 'lines': lines()}
    for f in ('log.pem', 'log.vkey'):
        shutil.copy(h.d + '/publish/trust/' + f, h.root + '/old-' + f)
    check('tokens name the token key', head_of(before['compact'])['kid'] == before['kid'])
    for k in KEYS:
        code, out = o.do('mof1', 'key.roll', key=k)
        check('%s: one officer changes nothing' % k, code == 200 and 'approval' in out and k + '.2' not in keys_here(h), out)
        refused('%s: nobody approves his own' % k, o.do('mof1', 'approval.approve', id=out['approval']), 'R22')
        code, out = o.do('mof2', 'approval.approve', id=out['approval'])
        check('%s: two officers roll it over' % k, code == 200 and {k + '.1', k + '.2'} <= keys_here(h), out)
        refused('%s: not again while the former key is there' % k, o.do('mof1', 'key.roll', key=k), 'formats.md 26')
    after = {'compact': issued(), 'kid': kid('token')}
    check('what is issued now names the newer key, whose certificate is published', head_of(after['compact'])['kid'] == after['kid'] != before['kid'], after)
    check('and the former certificate is shown beside it', kid('token.1') == before['kid'])
    jwks = json.load(open(h.d + '/publish/jwt-vc-issuer.json'))['jwks']['keys']
    check('the issuer\'s metadata has both keys', [k['kid'] for k in jwks] == [after['kid'], before['kid']], jwks)
    o.done('jc1', 'token.suspend', id=o.done('jc1', 'token.issue', request=license_of())['tokens'][0], reason='试停（示例）')
    check('status lists are signed by it', signed_list() == after['kid'])
    for what, c in (('former', before), ('newer', after)):
        v, signature = tool(c['compact'])
        check('the tool and the service take a token of the %s key alike' % what, signature == 'pass' and service(c['compact'])['verdict'] == v, (v, signature))
    check('a head of the log has a line by each key of the log', len(lines()) == len(before['lines']) + 1, lines())
    check('and verifies by the former certificate, by the newer one, and by the note\'s key', [log_verify(*a).returncode for a in (('--cert', h.root + '/old-log.pem'), ('--cert', h.d + '/publish/signer/log.pem'), ('--vkey', h.root + '/old-log.vkey'))] == [0, 0, 0],
          log_verify('--cert', h.root + '/old-log.pem').stderr)
    rows = {r['id']: r for r in o.get('mof1', 'key')['items']}
    check('the calendar has the newer ones, and the former beside them', all(rows[k + '.1']['state'] == 'RETIRED' for k in KEYS + ('status', 'status-sm2')) and rows['token']['state'] == 'FINE' and rows['token']['renewed_by'] == 'ROLLOVER', rows)
    return before, after


def attested(sentence):
    r = subprocess.run([B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--json'], capture_output=True, text=True, timeout=300)
    out = json.loads(r.stdout)
    check(sentence, out.get('tpm') == 'software', out)
    return {c['role'] for c in out['certificates'] if c['attested']}


def refusals():
    refused('another department rolls over nothing', o.do('hb-fin1', 'key.roll', key='token'), 'R40')
    check('nor does a holder', o.do('hbsw1', 'key.roll', key='token')[0] == 403)
    refused('a root\'s key is not rolled over', o.do('mof1', 'key.roll', key='root'), None)
    for name in ('token', 'token.', 'token.0', 'token.x', 'token.1x', 'root.1', 'token.999', '.1'):
        refused('"%s" is no former key' % name, o.do('mof1', 'key.end', key=name), 'formats.md 26')
    refused('one that never was can\'t end', o.do('mof1', 'key.end', key='token.2'), 'formats.md 26')
    refused('another department destroys nothing', o.do('hb-fin1', 'key.end', key='token.1'), 'R40')


def no(sentence, answer, rc):
    check(sentence, answer[0] == rc and answer[1] != '', answer)


def conquered():
    """the registry's socket, with all its rights"""
    s = Signer(h.d, 'registry.sock')
    for role, what in ((ROOT, 'root'), (NOTE, 'note'), (7, 'root-sm2'), (11, 'attestation')):
        no('the signer makes no newer %s key' % what, s.plain(KEY_NEW, bytes([role]) + names('mof1', 'mof2')), POLICY)
    no('nor a token key for one officer', s.plain(KEY_NEW, bytes([TOKEN]) + names('mof1')), POLICY)
    no('nor for one twice', s.plain(KEY_NEW, bytes([TOKEN]) + names('mof1', 'mof1')), POLICY)
    check('asked again for one that is there it makes no third', s.plain(KEY_NEW, bytes([TOKEN]) + names('mof1', 'mof2'))[0] == 0 and 'token.3' not in keys_here(h))
    no('it destroys none for one officer', s.plain(KEY_END, bytes([TOKEN, 1]) + names('mof1')), POLICY)
    no('nor the newer one', s.plain(KEY_END, bytes([TOKEN, 2]) + names('mof1', 'mof2')), STATE)
    no('nor the only one', s.plain(KEY_END, bytes([ISSUING, 1]) + names('mof1', 'mof2')), STATE)
    for body in (b'', bytes([TOKEN]), bytes([0]) + names(), bytes([13]) + names('a', 'b'), bytes([200]) + names('a', 'b'), bytes([TOKEN]) + names('a', 'b') + b'x'):
        check('a malformed request ends the connection (%s)' % body.hex()[:8], s.plain(KEY_NEW, body)[0] is None)
    v = Signer(h.d, 'verifier.sock')
    check('the verifier\'s socket may ask for neither', v.plain(KEY_NEW, bytes([OCSP]) + names('a', 'b'))[0] is None and v.plain(KEY_END, bytes([OCSP, 1]) + names('a', 'b'))[0] is None)
    return s


def slots():
    data = open(h.d + '/signer/keys', 'rb').read() if os.path.exists(h.d + '/signer/keys') else b''
    return [data[i:i + 4096] for i in range(0, len(data), 4096)]


def keyfile():
    for folder, _, names_ in os.walk(h.d):
        if 'keys' in names_ and 'audit.log' in names_:
            return folder + '/keys'


def ended(before, after):
    full = [i for i, s in enumerate(blobs()) if any(s)]
    asked = o.done('mof1', 'key.end', key='token.1')
    check('one officer destroys nothing', 'token.1' in keys_here(h))
    code, out = o.do('mof2', 'approval.approve', id=asked['approval'])
    check('two officers have the former key destroyed', code == 200 and 'token.1' not in keys_here(h) and 'token.2' in keys_here(h), out)
    check('its blob is overwritten, and no other', len([i for i, s in enumerate(blobs()) if any(s)]) == len(full) - 1)
    refused('it can\'t end twice', o.do('mof1', 'key.end', key='token.1'), 'formats.md 26')
    s = Signer(h.d, 'registry.sock')
    check('asked by a register that did not keep it, the signer says that it has ended', s.plain(KEY_END, bytes([TOKEN, 1]) + names('mof1', 'mof2'))[0] == 0)
    rc, why, _ = s.sign(TOKEN, J_TOKEN, '.'.join(before['compact'].rstrip('~').split('.')[:2]).encode(), ('jc1',), os.urandom(16))
    check('nothing is signed in its name any more', rc == POLICY and 'kid' in why, (rc, why))
    v, signature = tool(before['compact'])
    check('what it signed verifies as before', signature == 'pass' and service(before['compact'])['verdict'] == v == tool(after['compact'])[0], (v, signature))
    check('the calendar says that it has ended', {r['id']: r['state'] for r in o.get('mof1', 'key')['items']}['token.1'] == 'ENDED')
    for k in KEYS[1:]:
        o.two('mof1', 'mof2', 'key.end', key=k + '.1')
    check('all former keys are gone', not [g for g in keys_here(h) if g.split('.')[0] in KEYS and g.endswith('.1')], keys_here(h))
    o.done('jc1', 'token.issue', request=license_of())
    check('a head of the log has the newer key\'s line and the former one\'s no more', len(lines()) == 2, lines())
    check('it verifies by the newer certificate and not by the former', [log_verify('--cert', f).returncode == 0 for f in (h.d + '/publish/signer/log.pem', h.root + '/old-log.pem')] == [True, False])
    refused('an own key is none for a report, a former one neither', o.do('mof1', 'key.compromised', reason='x', key={'base64url': b64(open(h.d + '/publish/signer/token.1.pem', 'rb').read())}), 'RFC 3647 5.7.3')


def blobs():
    data = open(keyfile(), 'rb').read()
    return [data[i:i + 4096] for i in range(0, len(data), 4096)]


def anew(sentence, after):
    h.stop()
    check(sentence, h.serve())
    compact = issued()
    check('tokens are signed by the newer key, and those of before verify', head_of(compact)['kid'] == after['kid'] and tool(compact)[1] == 'pass' and tool(after['compact'])[1] == 'pass')


def killed():
    """the registry dies when the signer has made the key and nothing is kept yet"""
    asked = o.done('mof1', 'key.roll', key='token')
    kids = {kid('token')}
    pid = h.children()['fujie-registry']
    tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-p', str(pid), '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:signal=SIGKILL:when=1'], stderr=subprocess.DEVNULL)
    while not any(l.startswith('TracerPid:') and l.split()[1] != '0' for l in open('/proc/%d/status' % pid)):
        time.sleep(0.02)
    try:
        o.do('mof2', 'approval.approve', id=asked['approval'])
        died = False
    except (OSError, ValueError):
        died = True
    untrace(tracer)
    check('killed at its first flush', died)
    check('it comes back', h.wait_up())
    state = o.get('mof1', 'approval/' + asked['approval'])['state']
    if state == 'OPEN':
        state = o.done('mof2', 'approval.approve', id=asked['approval'])['state']
    check('approved once more it is done, with the key that was made, and no other', state == 'APPROVED' and {'token.2', 'token.3'} <= keys_here(h) and 'token.4' not in keys_here(h), keys_here(h))
    c = issued()
    check('and it signs', head_of(c)['kid'] == kid('token') not in kids and tool(c)[1] == 'pass')


def checked_by_signer():
    """where approvals are checked: of just this act on just this key"""
    a, b = Key(), Key()
    check('officers enrol their keys', o.enrol('mof1', 'mof2', a)[0] == 200 and o.enrol('mof2', 'mof1', b)[0] == 200)
    s = Signer(h.d, 'registry.sock')
    no('names alone make no newer key', s.plain(KEY_NEW, bytes([OCSP]) + names('mof1', 'mof2')), POLICY)
    no('and destroy none', s.plain(KEY_END, bytes([TOKEN, 2]) + names('mof1', 'mof2')), POLICY)
    asked = o.done('mof1', 'key.roll', key='log')
    check('without their signatures it is refused', o.do('mof2', 'approval.approve', id=asked['approval'])[0] == 403)
    check('both sign', o.sign(asked['approval'], a)[0] == 200 and o.sign(asked['approval'], b)[0] == 200)
    o.payload(asked['approval'])
    code, out = o.do('mof2', 'approval.approve', id=asked['approval'])
    check('what both signed is done', code == 200 and 'log.3' in keys_here(h), out)
    no('their approval for the log\'s key is none for another', s.plain(KEY_NEW, bytes([OCSP]) + names('mof1', 'mof2')), POLICY)
    no('nor for its end', s.plain(KEY_END, bytes([LOG, 2]) + names('mof1', 'mof2')), POLICY)


h = Home(own=True)
o = Signing(h)
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    subprocess.run(['openssl', 'x509', '-inform', 'DER', '-in', h.d + '/publish/ca/issuing.cer', '-out', h.root + '/issuing.pem'], check=True)
    certificate = h.root + '/one.pem'
    open(certificate, 'w').write(o.get('auditor', 'certificate/' + next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit'))['pem'])
    refusals()
    asking = Asking(issued(), certificate)
    check('OCSP is good before', ocsp(certificate)[0], ocsp(certificate))
    responder = ocsp(certificate)[1]
    asking.start()
    before, after = rolled()
    check('OCSP answers are signed by the newer key', until(lambda: ocsp(certificate)[1] != responder) and ocsp(certificate)[0], ocsp(certificate))
    conquered()
    check('the TPM attests what signs now', {'token-2', 'token-sm2-2', 'log-2', 'log'} <= attested('the attestation stands with two generations'))
    ended(before, after)
    asking.end()
    check('%d times somebody asked meanwhile, and nobody met a gap' % asking.n, asking.n > 20 and not asking.bad, asking.bad[:3])
    anew('served again after all that', after)
    attested('the attestation stands with one generation')
    killed()
    checked_by_signer()
    code, out = h.cli('audit', 'verify')
    check('the whole record verifies', code == 0, out)
    rebuilt(h)
finally:
    h.close()
finish()
