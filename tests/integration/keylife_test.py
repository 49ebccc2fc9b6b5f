"""The life of keys: the calendar of the appliance's own, and what a key that was reported compromised
stops.  All names and numbers are illustrative."""
import html

from forms import *

h = Home(own=True)
o = Officers(h)
HYDRO = 'DAU-100000-202603-000001-K'
KINDS = ['ISSUING_CA', 'LOG_SIGNER', 'OCSP_SIGNER', 'ROOT_CA', 'ROOT_CRL', 'STATUS_SIGNER', 'TOKEN_SIGNER']


def calendar_of(who=None):
    code, out = h.cli('key', 'list', who=who)
    return {r['id']: r for r in out['items']} if code == 0 else out


def healthz():
    try:
        return json.load(urllib.request.urlopen(h.url('/healthz'), timeout=300))
    except urllib.error.HTTPError as e:
        return json.loads(e.read())


def by_openssl(name):
    """serial and end of a published certificate, by another reader"""
    r = subprocess.run(['openssl', 'x509', '-in', h.d + '/publish/' + name, '-noout', '-serial', '-enddate', '-dateopt', 'iso_8601'], capture_output=True, text=True).stdout
    f = dict(line.split('=', 1) for line in r.strip().splitlines())
    return f['serial'].lower(), f['notAfter'].replace(' ', 'T')


def calendar_tells():
    rows = calendar_of()
    check('the calendar has every key of both hierarchies, and the one log', sorted(r['kind'] for r in rows.values() if r['algorithm'] == 'P-256') == KINDS
          and sorted(r['kind'] for r in rows.values() if r['algorithm'] == 'SM2') == [k for k in KINDS if k != 'LOG_SIGNER'], rows)
    same = [(n, f) for n, f in (('token', 'signer/token.pem'), ('status', 'signer/status.pem'), ('ocsp', 'signer/ocsp.pem'), ('log', 'signer/log.pem'), ('root', 'trust/root.pem'), ('root-sm2', 'trust/root-sm2.pem'), ('token-sm2', 'signer/token-sm2.pem'))
            if (rows[n]['serial'], rows[n]['not_after']) != by_openssl(f)]
    check('serial and end are those of the published certificates', not same, [(rows[n], by_openssl(f)) for n, f in same])
    ends = [r['not_after'] for r in h.cli('key', 'list')[1]['items']]
    check('what ends first stands first', ends == sorted(ends), ends)
    check('now none is to be renewed', {r['state'] for r in rows.values()} == {'FINE'} and h.cli('status', 'show')[1]['keys_ending'] == [], rows)
    check('each says what renews it', {r['kind']: r['renewed_by'] for r in rows.values()} == dict(ROOT_CA='CEREMONY', ISSUING_CA='CEREMONY', ROOT_CRL='CEREMONY', OCSP_SIGNER='ITSELF',
                                                                                               TOKEN_SIGNER='ROLLOVER', STATUS_SIGNER='ROLLOVER', LOG_SIGNER='ROLLOVER'), rows)


browsers = {}


def page(who, path, lang='zh'):
    """a page as the officer has it, who signs in again where the clock has ended the session"""
    path += ('&' if '?' in path else '?') + 'lang=' + lang
    b = browsers[who] = browsers.get(who) or Browser(h, who)
    b.open(path)
    if b.url.path == '/login':
        b.sign_in()
        b.open(path)
    return b.html


def moved(when, state, days):
    h.at(when)
    row = calendar_of()['root.crl']
    check('on %s the root CRL is %s, with %d days left' % (when[:10], state, days), row['state'] == state and row['days_left'] == days, row)
    ending = {r['id']: r['state'] for r in h.cli('status', 'show')[1]['keys_ending']}
    check('the state of the appliance names it, of both hierarchies', ending.get('root.crl') == state and ending.get('root-sm2.crl') == state, ending)
    causes = {c['what']: c['text'] for c in healthz()['causes']}
    check('and so does the health of the public service', 'root-crl' in causes and re.search('[\u4e00-\u9fff]', causes['root-crl']['zh']), causes)


def calendar_moves():
    moved('2027-01-20T00:00:00Z', 'SOON', 20)
    zh, en = page('mof1', '/'), page('mof1', '/', 'en')
    check('the page of whoever runs the appliance says it, in both languages', '本机密钥：根 CA 吊销列表' in zh and '天后到期，须更新' in zh and 'of the appliance\'s own keys: root ca\'s revocation list' in html.unescape(en).lower(), zh[2000:4000])
    check('other departments\' home pages do not', '本机密钥：' not in page('hb-fin1', '/'))
    zh, en = page('mof1', '/list/key'), page('mof1', '/list/key', 'en')
    check('and the list has it in words', '应着手更新' in zh and '密钥仪式' in zh and 'To be renewed' in en and 'a ceremony' in en, zh[2000:4000])
    moved('2027-02-05T00:00:00Z', 'URGENT', 4)
    check('urgent is an alarm', re.search('role="alert">本机密钥：', page('mof1', '/')) is not None)
    moved('2027-02-12T00:00:00Z', 'OVER', -3)
    check('and over says since when', '已于 3 天前到期' in page('mof1', '/'))


# --- compromise ---

CURVES = {'P-256': 'P-256', 'P-384': 'P-384', 'SM2': 'SM2'}


def openssl(*args, given=None):
    r = subprocess.run(('openssl',) + args, capture_output=True, timeout=300, input=given)
    if r.returncode != 0:
        raise RuntimeError('openssl %s: %s' % (args, r.stderr))
    return r.stdout


class Key:
    """a key pair in every form that somebody might find it in"""
    def __init__(self, curve):
        self.curve = curve
        self.pkcs8 = openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:' + CURVES[curve], '-pkeyopt', 'ec_param_enc:named_curve')
        self.path = os.path.join(h.root, 'key-%d' % id(self))
        open(self.path, 'wb').write(self.pkcs8)
        self.spki = openssl('pkey', '-in', self.path, '-pubout', '-outform', 'DER')
        self.hash = hashlib.sha256(self.spki).hexdigest()
        n = 48 if curve == 'P-384' else 32
        self.x, self.y = self.spki[-2 * n:-n], self.spki[-n:]
        der = openssl('pkey', '-in', self.path, '-outform', 'DER')
        at = der.index(bytes([2, 1, 1, 4, n])) + 5
        self.d = der[at:at + n]
        self.jwk = {'kty': 'EC', 'crv': curve, 'x': b64u(self.x), 'y': b64u(self.y)}

    def request(self, form='PEM'):
        return openssl('req', '-new', '-key', self.path, '-subj', '/CN=x', '-outform', form)

    def certificate(self, form='PEM', *more):
        return openssl('req', '-x509', '-key', self.path, '-subj', '/CN=x (illustrative)', '-days', '300', '-outform', form, *more)

    def forms(self):
        ec = ('ec', '-in', self.path)
        out = {}
        for form in ('PEM', 'DER'):
            out['certificate ' + form] = self.certificate(form)
            out['request ' + form] = self.request(form)
            out['public key ' + form] = openssl('pkey', '-in', self.path, '-pubout', '-outform', form)
            out['compressed point ' + form] = openssl(*ec, '-pubout', '-conv_form', 'compressed', '-outform', form)
            out['PKCS#8 ' + form] = openssl('pkey', '-in', self.path, '-outform', form)
            out['SEC1 ' + form] = openssl(*ec, '-outform', form)
        out['SEC1 without its public half'] = openssl(*ec, '-no_public')
        out['parameters before it'] = openssl('ecparam', '-name', {'P-256': 'prime256v1', 'P-384': 'secp384r1', 'SM2': 'SM2'}[self.curve]) + out['SEC1 PEM']
        out['JWK'] = json.dumps(self.jwk).encode()
        out['private JWK'] = json.dumps(dict(self.jwk, d=b64u(self.d))).encode()
        return out


def file(data):
    return {'base64url': b64u(data)}


def tried(who, **what):
    code, out = o.do(who, 'key.compromised', reason='试查（示例）', preview=True, **what)
    return out.get('would') if code == 200 else out


def forms():
    for curve in CURVES:
        k = Key(curve)
        seen = {name: tried('hb-fin1', key=file(data)).get('spki_sha256') for name, data in k.forms().items()}
        check('%s: one fingerprint from %d forms, that of its SubjectPublicKeyInfo' % (curve, len(seen)), set(seen.values()) == {k.hash}, {n: v for n, v in seen.items() if v != k.hash})
    k, other = Key('P-256'), Key('P-256')
    for name, data in (('PKCS#8', openssl('pkey', '-in', k.path, '-aes256', '-passout', 'pass:x')), ('its DER', openssl('pkcs8', '-topk8', '-in', k.path, '-outform', 'DER', '-passout', 'pass:x', '-v2', 'aes256')),
                       ('SEC1', openssl('ec', '-in', k.path, '-aes256', '-passout', 'pass:x')), ('PKCS#12', openssl('pkcs12', '-export', '-inkey', k.path, '-nocerts', '-passout', 'pass:x'))):
        code, out = o.do('hb-fin1', 'key.compromised', key=file(data), reason='x')
        check('%s, encrypted, is refused with what to do' % name, code == 422 and 'encrypted' in out['detail']['en'] and '加密' in out['detail']['zh'], (code, out))
    refused('a private half beside another public one', o.do('hb-fin1', 'key.compromised', reason='x', key=file(json.dumps(dict(k.jwk, d=b64u(other.d))).encode())), 'RFC 5915 3')
    refused('a point that is on no curve', o.do('hb-fin1', 'key.compromised', reason='x', key=file(json.dumps(dict(k.jwk, y=b64u(other.y))).encode())), 'lessons.md 9')
    refused('a private RSA key', o.do('hb-fin1', 'key.compromised', reason='x', key=file(openssl('genrsa', '2048'))), None)
    rsa = openssl('pkey', '-in', '/dev/stdin', '-pubout', '-outform', 'DER', given=openssl('genrsa', '2048'))
    check('its public half is taken as it stands', tried('hb-fin1', key=file(rsa)).get('spki_sha256') == hashlib.sha256(rsa).hexdigest())
    for what in ({}, {'spki_sha256': 'zz'}, {'key': file(b'no key')}):
        refused('nothing that is a key: %s' % sorted(what), o.do('hb-fin1', 'key.compromised', reason='x', **what), 'lessons.md 9')
    refused('a file and another fingerprint', o.do('hb-fin1', 'key.compromised', reason='x', key=file(k.certificate()), spki_sha256=other.hash), 'lessons.md 9')
    for path in ('signer/token.pem', 'signer/log.pem', 'trust/root.pem', 'trust/root-sm2.pem'):
        refused('the appliance\'s own key is none for a report: ' + path, o.do('mof1', 'key.compromised', reason='x', key=file(open(h.d + '/publish/' + path, 'rb').read())), 'RFC 3647 5.7.3')
    refused('who is no finance officer reports nothing', o.do('jc1', 'key.compromised', reason='x', spki_sha256=k.hash), None)


def license_of(**more):
    return {'authorisation': HYDRO, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'terms': 'free', 'days': 30, 'binding': 'key', 'duties': [],
            'grant': {'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}, **more}


def user_of(**binding):
    return dict({'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）'}, **binding)


def token(k):
    return o.done('jc1', 'token.issue', request=license_of(users=[user_of(jwk=k.jwk)]))['tokens'][0]


def state_of(noun, number):
    return o.get('auditor', '%s/%s' % (noun, number)).get('state')


def crl_says(number):
    """of a certificate's serial, by another reader: the reason; None: it is not there"""
    serial = o.get('auditor', 'certificate/' + number)['serial'].upper()
    text = subprocess.run(['openssl', 'crl', '-in', h.d + '/publish/trust/crl/1.crl', '-inform', 'DER', '-noout', '-text'], capture_output=True, text=True).stdout
    m = re.search('Serial Number: 0*%s\n.*?CRL Reason Code: *\n *([A-Za-z ]+)' % serial.lstrip('0'), text, re.S)
    return m and m.group(1).strip()


def ocsp_says(number):
    cert = h.root + '/one.pem'
    open(cert, 'w').write(o.get('auditor', 'certificate/' + number)['pem'])
    open(h.root + '/issuing.pem', 'wb').write(openssl('x509', '-inform', 'DER', '-in', h.d + '/publish/ca/issuing.cer'))
    r = subprocess.run(['openssl', 'ocsp', '-issuer', h.root + '/issuing.pem', '-cert', cert, '-url', h.url('/ocsp'), '-noverify', '-no_nonce'], capture_output=True, text=True, timeout=300).stdout
    return next((line.split(': ')[1].strip() for line in r.splitlines() if line.startswith(cert)), r), (re.search('Reason: (\\w+)', r) or [None, None])[1]


def bound(login, k):
    return k.hash in [x['spki_sha256'] for x in o.get('auditor', 'account/%s' % login).get('keys', [])]


def everywhere(k, asset, by, sentence):
    """each place where a key comes in refuses it, and says by what it was reported"""
    pem = k.certificate().decode()
    root = k.certificate('PEM', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:1').decode()
    ways = {'a certificate\'s request': ('hb-fin1', 'certificate.issue', dict(assets=[asset], request=k.request().decode())),
            'a license token': ('jc1', 'token.issue', dict(request=license_of(users=[user_of(jwk=k.jwk)]))),
            'an application for one': ('jc1', 'token.request', dict(request=license_of(user=user_of(jwk=k.jwk)), document='示例〔2026〕1号')),
            'a sign-in certificate': ('hb-fin1', 'user.bind', dict(login='hbsw2', certificate=pem, label='x')),
            'a sign-in key\'s fingerprint': ('hb-fin1', 'user.bind', dict(login='hbsw2', spki_sha256=k.hash, label='x')),
            'another register\'s root': ('hb-fin1', 'peer.add', dict(name='x（虚构）', root=root, signs_for=['12420000DEMA00099D']))}
    for name, (who, command, body) in ways.items():
        code, out = o.do(who, command, **body)
        said = out.get('detail') or {}
        check('%s: %s is refused' % (sentence, name), code in (409, 422, 403) and out.get('rule') == 'lessons.md 9' and by in said.get('en', '') and by in said.get('zh', ''), (code, out))
    code, out = o.do('jc1', 'token.bulk', request=license_of(users=[user_of(jwk=k.jwk), user_of(usci='91420100DEMA00136K', name='江城保险科技（虚构）', jwk=Key('P-256').jwk)]), dry_run=True)
    faults = out.get('faults') or (out.get('would') or {}).get('faults') or []
    check('%s: a list\'s row with it is a fault of that row' % sentence, [f['rule'] for f in faults] == ['lessons.md 9'], (code, out))


def found_nowhere(k):
    """the private half, in any writing"""
    needles = [k.d, k.d.hex().encode(), base64.b64encode(k.d)[:40], b64u(k.d).encode()] + [base64.b64encode(b'x' * i + k.d)[8:40] for i in (1, 2)]
    for folder, _, names in os.walk(h.d):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                data = open(path, 'rb').read()
                if any(n in data for n in needles):
                    return path
    data = open(h.root + '/serve.log', 'rb').read()
    return h.root + '/serve.log' if any(n in data for n in needles) else None


def certified(do, asset, k):
    asked = do('hb-fin1', 'certificate', 'issue', {'assets': [asset], 'request': k.request().decode()})
    return do('hb-fin2', 'approval', 'approve', {'id': asked['approval']})['certificates'][0]


def compromised(do, assets):
    k = Key('P-256')
    number, license = certified(do, assets[0], k), token(k)
    o.two('hb-fin1', 'hb-fin2', 'user.bind', login='hbsw2', certificate=k.certificate().decode(), label='UKey 1（虚构）')
    check('before: a certificate, a license and a sign-in key of one key', (state_of('certificate', number), state_of('token', license), bound('hbsw2', k), ocsp_says(number)[0]) == ('ACTIVE', 'ACTIVE', True, 'good'))
    seen = tried('hb-fin1', key=file(k.forms()['certificate DER']))
    check('the preview says what it will stop, and what is another department\'s', seen['stops']['certificates_hit'] == 1 and seen['stops']['sign_in_keys'] == 1 and seen['stops']['tokens_hit'] == 0 and seen['others']['tokens_hit'] == 1
          and {'number': number} .items() <= seen['stops']['first'][0].items(), seen)
    check('and does nothing', state_of('certificate', number) == 'ACTIVE' and bound('hbsw2', k))
    asked = o.done('hb-fin1', 'key.compromised', key=file(k.forms()['SEC1 PEM']), reason='私钥出现在公开网站（示例）')
    check('reported by its private half: the certificate is suspended at once', state_of('certificate', number) == 'REVOKING' and crl_says(number) == 'Certificate Hold' and ocsp_says(number) == ('revoked', 'certificateHold'),
          (state_of('certificate', number), crl_says(number), ocsp_says(number)))
    check('the sign-in key is ended', not bound('hbsw2', k))
    check('another department\'s license goes on', state_of('token', license) == 'ACTIVE')
    told = [a for a in o.get('mof1', 'home/show')['waiting']['acts'] if a['what'] == 'key.compromised']
    mine = o.get('mof1', 'compromise?turn=11100000DEMA00056N')['items']
    check('it is told, with a list and what was found', len(told) == 1 and told[0]['count'] == 1 and [r['id'] for r in mine] == [asked['compromise']], (told, mine))
    shown = o.get('mof1', 'compromise/' + asked['compromise'])
    check('and the report says what of it is whose', {license, number, 'hbsw2'} == {f.get('id') or f.get('number') or f.get('login') for f in shown['found']} and shown['waits'] is True, shown)
    everywhere(k, assets[1], asked['approval'], 'while it waits')
    refused('reported once', o.do('hb-fin1', 'key.compromised', spki_sha256=k.hash, reason='x'), 'lessons.md 9')
    refused('nobody approves the own report', o.do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    look = o.get('hb-fin2', 'approval/preview?id=' + asked['approval'])
    check('who approves sees what it hits, and what will be published of it', any(r['object'] == number and r['to_state'] == 'REVOKED' for r in look['status']), look)
    # refused by two: all comes back
    o.done('hb-fin2', 'approval.reject', id=asked['approval'], note='不是该密钥（示例）')
    check('one refusal lifts nothing', state_of('certificate', number) == 'REVOKING')
    o.done('hb-fin3', 'approval.reject', id=asked['approval'], note='不是该密钥（示例）')
    check('refused by two officers, everything comes back', (state_of('certificate', number), bound('hbsw2', k), crl_says(number), ocsp_says(number)[0], state_of('compromise', asked['compromise'])) == ('ACTIVE', True, None, 'good', 'REFUSED'),
          (state_of('certificate', number), bound('hbsw2', k), crl_says(number), ocsp_says(number)))
    check('and the key may come in again', o.do('jc1', 'token.issue', request=license_of(users=[user_of(jwk=k.jwk)]), preview=True)[0] == 200)
    # approved: final
    asked, _ = o.two('hb-fin1', 'hb-fin2', 'key.compromised', key=file(k.forms()['private JWK']), reason='私钥出现在公开网站（示例）')
    check('approved: revoked, with reason 1 in CRL and OCSP', o.get('auditor', 'certificate/' + number)['reason'] == 1 and crl_says(number) == 'Key Compromise' and ocsp_says(number) == ('revoked', 'keyCompromise'), (crl_says(number), ocsp_says(number)))
    check('the asset can be certified anew', o.get('auditor', 'asset/' + assets[0])['state'] == 'REGISTERED')
    everywhere(k, assets[1], asked['approval'], 'for ever after')
    return k, license


def others(k, license):
    asked = o.done('mof1', 'key.compromised', spki_sha256=k.hash, reason='湖北省财政厅通报（示例）')
    check('the department that was told stops its own by the fingerprint', asked['stops']['tokens_hit'] == 1 and state_of('token', license) == 'SUSPENDED', asked)
    check('and is told no more', not [a for a in o.get('mof1', 'home/show')['waiting']['acts'] if a['what'] == 'key.compromised'])
    refused('the operator does not resume it', o.do('jc1', 'token.resume', id=license, reason='x'), 'lessons.md 9')
    refused('nor does the department', o.do('mof1', 'token.resume', id=license, reason='x'), 'lessons.md 9')
    o.done('mof2', 'approval.approve', id=asked['approval'])
    check('approved, the license is revoked', state_of('token', license) == 'REVOKED')


def gateways():
    k, cert = Key('P-256'), None
    cert = k.certificate('DER')
    by_x5t = o.done('jc1', 'token.issue', request=license_of(binding='mtls', users=[user_of(x5t=b64u(hashlib.sha256(cert).digest()))]))['tokens'][0]
    asked = o.done('mof1', 'key.compromised', key=file(cert), reason='网关私钥泄露（示例）')
    check('a license that is bound to a gateway\'s certificate is found by that certificate', state_of('token', by_x5t) == 'SUSPENDED', asked)
    refused('and no other is bound to it', o.do('jc1', 'token.issue', request=license_of(binding='mtls', users=[user_of(x5t=b64u(hashlib.sha256(cert).digest()))])), 'lessons.md 9')
    for who in ('mof2', 'mof3') if any(l['login'] == 'mof3' for l in h.demo['logins']) else ():
        o.done(who, 'approval.reject', id=asked['approval'], note='示例')
    return by_x5t


def twins(do, assets):
    """what was signed once more under SM2 follows"""
    asked = do('hb-fin1', 'certificate', 'issue', {'assets': [assets[2]]})
    number = do('hb-fin2', 'approval', 'approve', {'id': asked['approval']})['certificates'][0]
    o.two('hb-fin1', 'hb-fin2', 'certificate.sm2', number=number)
    pem = o.get('auditor', 'certificate/' + number)['sm2_pem'].encode()
    o.two('hb-fin1', 'hb-fin2', 'key.compromised', key=file(pem), reason='示例')
    serial = openssl('x509', '-noout', '-serial', given=pem).decode().split('=')[1].strip().lstrip('0')
    text = subprocess.run(['openssl', 'crl', '-in', h.d + '/publish/trust/crl/sm2-1.crl', '-inform', 'DER', '-noout', '-text'], capture_output=True, text=True).stdout
    check('the key of the SM2 twin takes both away, and the twin is in its CRL for it', o.get('auditor', 'certificate/' + number)['reason'] == 1 and re.search('Serial Number: 0*%s\n.*?Key Compromise' % serial, text, re.S) is not None, text[-600:])


def by_portal(do, assets):
    k = Key('P-256')
    number = certified(do, assets[1], k)
    p = Browser(h, 'hb-fin1')
    p.open('/do/key/compromised')
    f = p.form('/do/key/compromised')
    f.set('reason', '私钥出现在公开网站（示例）')
    p.press(f, '核对并预览', files={'key': ('leak.pem', k.forms()['SEC1 PEM'])})
    check('the preview of a file in the portal says what it stops', number in p.html and '本部门停用' in p.html and '立即停用' in p.html and state_of('certificate', number) == 'ACTIVE', p.page.text[:1500])
    p.press(p.form('/do/key/compromised'), '确认办理')
    ap = re.search(r'AP-[0-9a-z]{12}', p.html)
    check('done, it is stopped, and waits for another officer', ap is not None and state_of('certificate', number) == 'REVOKING', p.page.text[:1500])
    two = Browser(h, 'hb-fin2')
    two.open('/approvals/' + ap.group(0))
    check('whose page says what was found and what will be revoked', number in two.html and '报告密钥泄露' in two.html and k.hash in two.html, two.page.text[:2500])
    check('the private half is not on it', b64u(k.d) not in two.html + p.html)


def pages():
    zh, en = page('hb-fin1', '/do/key/compromised'), page('hb-fin1', '/do/key/compromised', 'en')
    check('the form is in both languages', '报告密钥泄露' in zh and '密钥文件' in zh and 'Report a compromised key' in en, en[2000:4000])
    zh, en = page('hb-fin1', '/list/compromise'), page('hb-fin1', '/list/compromise', 'en')
    check('and so is the list', '密钥泄露报告' in zh and 'KC-' in zh and 'Compromised keys' in en, en[1500:4000])


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    calendar_tells()
    forms()
    _, do, assets = h.registered('K', 4)
    k, license = compromised(do, assets)
    others(k, license)
    gateways()
    twins(do, assets)
    by_portal(do, assets)
    pages()
    check('no private half is anywhere in the home or its log', found_nowhere(k) is None, found_nowhere(k))
    rebuilt(h)
    calendar_moves()
    rebuilt(h, 'and after the clock moved')
finally:
    h.close()
finish()
