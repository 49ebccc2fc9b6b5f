"""Tokens and authorisations under a CA that another appliance's root has limited (docs/formats.md 27): division, kinds of holders and
address hold at its register, at its signer whatever the register says, and, whatever its TPM signs, at the tool, the service, the
gateway and in a bundle, each with the limit as its reason.  Then a root without a plan: two officers certify, by names and by keys."""
import textwrap
from signer_lib import *
from people import *
from under_root import *
from casefile import numbered
from gateway import Gateway, root_of

VERIFY, C_SUB = B + '/fujie-verify', 21
USE = {'action': 'QUERY', 'purpose': 'WELFARE', 'territory': '420100'}
FAR = '429090' # beyond 4200; the demo's county


def day(ahead=0):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + ahead * 86400))


def proposal(certificates):
    return {'certificates': certificates, 'operator': '91420100DEMA001011', 'terms': 'free', 'from': day(), 'to': day(300), 'shared': False, 'selection': 'x', 'operator_conditions': 'x',
            'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')},
            'grant': {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}}


class Course:
    """what a subordinate issues: certificate, authorisation and token, each as it is published"""
    def __init__(self, h):
        self.o = o = Officers(h)
        _, _, assets = h.registered('LIM', 1)
        self.cert = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=assets)[1]['certificates'][0]
        self.pem = o.get('hb-fin1', 'certificate/' + self.cert)['pem']
        self.dau = o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=proposal([self.cert]))[1]['authorisation']
        self.auth = o.done('hbsw1', 'authorisation.show', number=self.dau)['compact']
        request = {'authorisation': self.dau, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'terms': 'free', 'days': 60, 'binding': 'mtls', 'duties': ['STOP'],
                   'users': [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）', 'x5t': b64u(bytes(32))}], 'grant': proposal([])['grant']}
        self.id = o.done('jc1', 'token.issue', request=request)['tokens'][0]
        self.token = o.get('auditor', 'token/' + self.id)['compact']


def chain_says(r, part):
    """denied, and the check that names the limit has it in both languages"""
    c = next((c for c in r.get('checks', []) if c['outcome'] == 'fail' and c['name'] in ('chain', 'narrowing')), {})
    return r.get('verdict') == 'deny' and part in said(c) and '根对该签发机构的限制' in said(c)


class Everywhere:
    """one credential at tool, service, gateway and in a bundle"""
    def __init__(self, h, course):
        self.h, self.root = h, root_of(h)
        self.gate = Gateway(h.url(''), self.root, h.root + '/gate')
        self.bundle = {}
        for name, what in (('token', course.id), ('authorisation', course.dau), ('certificate', course.cert)):
            path = '%s/%s.bundle' % (h.root, name)
            code, out = h.cli('bundle', 'create', what, '--out', path)
            self.bundle[name] = json.load(open(path)) if code == 0 else {}

    def tool(self, text):
        path = self.h.root + '/credential'
        open(path, 'w').write(text)
        return json.loads(run(VERIFY, '--trust', self.h.d + '/trust', path, '--json')[1])

    def service(self, text):
        return json.load(urllib.request.urlopen(self.h.url('/v1/verify'), json.dumps({'credential': text}).encode(), timeout=300))

    def offline(self, doc):
        path = self.h.root + '/doc.bundle'
        open(path, 'wb').write(canon(doc))
        return json.loads(run(VERIFY, '--root', self.root, path, '--json')[1])

    def gateway(self, token):
        """with its holder's client certificate: what passes has no body"""
        code, _, body = self.gate.ask(token=token, X_Fujie_X5T=b64u(bytes(32)), X_Fujie_Use=','.join('%s=%s' % u for u in USE.items()))
        return {'verdict': 'permit', 'checks': []} if code == 204 else dict(body, checks=[{'name': body['reason'].split()[0], 'outcome': 'fail', 'text': body['text']}])

    def close(self):
        self.gate.stop()


class Stolen:
    """the subordinate's TPM in other hands: its keys sign whatever they are given"""
    def __init__(self, h):
        state = h.root + '/stolen'
        shutil.copytree(h.d + '/tpm', state, ignore=shutil.ignore_patterns('*.sock', '*.lock', '.lock'))
        self.at = {k['role']: k['handle'] for k in Signer(h.d, 'registry.sock').status()['keys'] if k.get('handle')}
        self.place = tempfile.mkdtemp(prefix='t-', dir='/tmp')
        self.proc = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=' + state, '--server', 'type=unixio,path=%s/s' % self.place, '--ctrl', 'type=unixio,path=%s/s.ctrl' % self.place,
                                      '--flags', 'not-need-init,startup-clear'], stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.place + '/s.ctrl') or None)

    def sign(self, role, data):
        """DER"""
        open(self.place + '/digest', 'wb').write(hashlib.sha256(data).digest())
        code, out, err = run('tpm2_sign', '-c', self.at[role], '-g', 'sha256', '-s', 'ecdsa', '-d', '-f', 'plain', '-o', self.place + '/sig', self.place + '/digest', env=dict(os.environ, TPM2TOOLS_TCTI='swtpm:path=%s/s' % self.place))
        if code:
            raise RuntimeError(err)
        return open(self.place + '/sig', 'rb').read()

    def jws(self, compact, change):
        """the credential with other claims, signed as the issuer signs"""
        head, body, _ = compact.rstrip('~').split('.')
        claims = json.loads(unb64u(body))
        change(claims)
        text = head + '.' + b64u(canon(claims))
        rs = [int.from_bytes(x, 'big').to_bytes(32, 'big') for x in parts_of(self.sign('token', text.encode()))]
        return text + '.' + b64u(b''.join(rs)) + '~'

    def cert(self, tbs):
        return tlv(0x30, tbs, tlv(0x30, tlv(6, bytes.fromhex('2a8648ce3d040302'))), tlv(3, b'\0' + self.sign('issuing', tbs)))

    def close(self):
        self.proc.terminate()
        self.proc.wait(10)
        shutil.rmtree(self.place, ignore_errors=True)


def parts_of(der):
    """r and s"""
    n = der[3]
    return der[4:4 + n], der[6 + n:]


def far(number):
    """the same number in a division beyond the limits, its check character right"""
    return numbered(number.replace('-420000-', '-%s-' % FAR)[:-2])


def within(every, c):
    for name, text in (('a certificate', c.pem), ('an authorisation', c.auth), ('a token', c.token)):
        got = {'tool': every.tool(text)['verdict'], 'service': every.service(text)['verdict'], 'bundle': every.offline(every.bundle[name.split()[1]])['verdict']}
        check('within the limits %s is permitted by tool, service and bundle' % name, set(got.values()) == {'permit'}, got)
    r = every.gateway(c.token)
    check('and the token at the gateway', r['verdict'] == 'permit', r)


def claims_beyond(c, h):
    """(credential, what is beyond, change, words of the reason)"""
    other = 'http://127.0.0.1:%d' % (h.v + 1)
    return [('token', c.token, 'issued at another address', lambda p: p.update(iss=other), 'it issues as'),
            ('token', c.token, 'under an authorisation of another division', lambda p: p['parent'].update(authorisation=far(p['parent']['authorisation'])), 'begin with 4200'),
            ('token', c.token, 'for a certificate of another division', lambda p: p['asset'].update(certificate=far(p['asset']['certificate'])), 'begin with 4200'),
            ('authorisation', c.auth, 'issued at another address', lambda p: p.update(iss=other), 'it issues as'),
            ('authorisation', c.auth, 'with a number of another division', lambda p: p.update(jti=far(p['jti'])), 'begin with 4200'),
            ('authorisation', c.auth, 'for a certificate of another division', lambda p: p['assets'][0].update(certificate=far(p['assets'][0]['certificate'])), 'begin with 4200')]


def at_the_signer(h, c):
    """the register is another's: names of officers, and whatever it likes to have signed"""
    s = Signer(h.d, 'registry.sock')
    for kind, compact, name, change, part in claims_beyond(c, h):
        head, body, _ = compact.rstrip('~').split('.')
        claims = json.loads(unb64u(body))
        change(claims)
        rc, why, sig = s.sign(TOKEN, J_TOKEN if kind == 'token' else J_AUTH, (head + '.' + b64u(canon(claims))).encode(), ('hb-fin1', 'hb-fin2'), os.urandom(16))
        check('a conquered register: the signer refuses %s %s' % ('a token' if kind == 'token' else 'an authorisation', name), rc not in (0, None) and ('beyond the limits' in why and part in why or name == 'issued at another address' and "not this appliance's address" in why) and sig == b'', (rc, why))


def at_the_verifiers(h, c, every):
    if not shutil.which('tpm2_sign'):
        return absent('tpm2-tools')
    t = Stolen(h)
    try:
        same = t.jws(c.token, lambda p: None)
        check('(what the stolen TPM signs is taken for the issuer\'s)', every.tool(same)['verdict'] == 'permit', every.tool(same))
        for kind, compact, name, change, part in claims_beyond(c, h):
            text = t.jws(compact, change)
            number = json.loads(unb64u(text.split('.')[1]))['jti']
            got = {'tool': every.tool(text), 'service': every.service(text), 'bundle': every.offline(dict(every.bundle[kind], credential=text, proofs={}))}
            if kind == 'token':
                got['gateway'] = every.gateway(text)
            bad = {k: r for k, r in got.items() if not chain_says(r, part)}
            check('%s %s, signed by the true key, is denied by %s' % ('a token' if kind == 'token' else 'an authorisation', name, ', '.join(got)), not bad, (number, bad))
        holder_kind(t, c, every)
    finally:
        t.close()


def holder_kind(t, c, every):
    """A certificate for an administrative body, an authorisation on it and a token under that: each is signed by the true keys and names the
    other by its hash.  Only who has the certificate can see that its holder's kind is beyond; a bundle has it."""
    der = base64.b64decode(''.join(c.pem.split('-----')[2].split()))
    bent = t.cert(tbs_of(der).replace(b'\x0a\x01\x01', b'\x0a\x01\x00', 1))
    pem = '-----BEGIN CERTIFICATE-----\n' + '\n'.join(textwrap.wrap(base64.b64encode(bent).decode(), 64)) + '\n-----END CERTIFICATE-----\n'
    for where, r in (('tool', every.tool(pem)), ('service', every.service(pem)), ('bundle', every.offline(dict(every.bundle['certificate'], credential=pem, proofs={})))):
        check('a certificate for a kind of holder beyond the limits: denied by %s' % where, chain_says(r, 'holder kinds'), r)
    digest = b64u(hashlib.sha256(bent).digest())
    auth = t.jws(c.auth, lambda p: p['assets'][0].update(certificate_sha256=digest))
    token = t.jws(c.token, lambda p: (p['asset'].update(certificate_sha256=digest), p['parent'].update(sha256=b64u(hashlib.sha256(auth.encode()).digest()))))
    doc = every.bundle['token']
    doc = dict(doc, credential=token, authorisations={c.dau: auth}, certificates={c.cert: base64.b64encode(bent).decode()}, proofs={})
    r = every.offline(doc)
    check('and a token that rests on it, in a bundle with all three', chain_says(r, 'holder kinds'), r)
    r = every.offline(dict(every.bundle['authorisation'], credential=auth, certificates={c.cert: base64.b64encode(bent).decode()}, proofs={}))
    check('and the authorisation on it', chain_says(r, 'holder kinds'), r)


def at_the_register(h, c):
    """the holder passes to a finance department beyond the division; the certificate is in force still"""
    o = c.o
    county = next(r['usci'] for r in o.get('hb-fin1', 'organisation?limit=1000')['items'] if 'FINANCE' in r['roles'] and r['div6'] == FAR)
    moved = o.two('hb-fin1', 'qh-fin1', 'organisation.change', usci='12420000DEMA00099D', finance=county, div6=FAR, level='县')
    check('(a holder passes to the county\'s finance department)', moved[1].get('state') == 'APPROVED', moved)
    code, out = o.do('hbsw1', 'authorisation.propose', proposal=proposal([c.cert]))
    check('an authorisation that would bear the county\'s division is refused before anybody is asked, and names the limit', code != 200 and 'begin with 4200' in said(out) and FAR in said(out) and
          '根对该签发机构的限制' in said(out) and out.get('rule') == 'formats.md 27', out)


# --- a root without a plan ---

class Plain:
    """a home in earnest without a plan of officers, on a software TPM, and its two finance officers"""
    def __init__(self, root):
        self.root, self.d, self.p, self.v = root, root + '/plain', free_port(), free_port()
        code, out, err = run(B + '/fujie', 'init', '--json', '--dir', self.d, *self.about(self.p, self.v, '11420000DEMA00013M', '测试财政厅（虚构）', '420000', '省'), '--sm2')
        self.made, self.why, self.secret, self.used, self.proc = code == 0, err, {}, {}, None
        for o in json.loads(out)['officers'] if code == 0 else ():
            code, out, err = run(B + '/fujie', 'user', 'enrol', '--dir', self.d, '--login', o['login'], '--code', o['code'], '--json', env=dict(os.environ, FUJIE_NEW_PASSWORD='a long password of ' + o['login']))
            self.secret[o['login']] = json.loads(out)['totp']

    @staticmethod
    def about(p, v, usci_, name, div6, level):
        return ['--base', 'http://127.0.0.1:%d' % v, '--arc', '1.3.6.1.4.1.55555', '--operator', name, '--org-usci', usci_, '--org-name', name, '--org-div6', div6, '--org-level', level,
                '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2', '--portal', '127.0.0.1:%d' % p, '--verifier', '127.0.0.1:%d' % v, '--tpm', 'software']

    def serve(self):
        self.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', self.d], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return until(self.answers)

    def answers(self):
        try:
            return urllib.request.urlopen('http://127.0.0.1:%d/healthz' % self.v, timeout=5).read()
        except urllib.error.HTTPError:
            return True # it has published nothing yet
        except OSError:
            return None

    def stop(self):
        if self.proc:
            self.proc.terminate()
            self.proc.wait(120)

    def login(self, who):
        return {'login': who, 'password': 'a long password of ' + who}

    def code(self, who):
        """each step's code once"""
        while int(time.time()) // 30 <= self.used.get(who, 0):
            time.sleep(0.2)
        self.used[who] = int(time.time()) // 30
        return totp(self.secret[who], self.used[who])

    def cli(self, *args, who=None):
        env = dict(os.environ, FUJIE_PASSWORD=self.login(who)['password'], FUJIE_TOTP=self.code(who)) if who else os.environ
        code, out, err = run(B + '/fujie', *args, '--dir', self.d, *(['--as', who] if who else []), '--json', env=env)
        return code, json.loads(out) if out.strip() else {'err': err}

    api, session = Home.api, Home.session


class Below:
    """a home that asks for its CA at that root"""
    def __init__(self, plain, name, org):
        self.d, self.about = plain.root + '/' + name, Plain.about(free_port(), free_port(), org, name + '（虚构）', '420100', '市')
        roots = ['--root', plain.d + '/trust/root.pem', '--sm2', '--root-sm2', plain.d + '/trust/root-sm2.pem']
        self.code, self.out, self.err = run(B + '/fujie', 'init', '--json', '--dir', self.d, '--subordinate', *roots, '--limit-division', '4201', '--limit-holders', 'INST', *self.about)
        self.request = self.d + '/ceremony/ca-request.json'

    def take(self, pem):
        code, out, err = run(B + '/fujie', 'init', '--json', '--dir', self.d, '--subordinate', '--certificate', pem)
        return code, out + err


def decided(plain, who, approval, verb='approve'):
    return plain.cli('approval', verb, approval, who=who)


def by_names(plain):
    sub = Below(plain, 'first', usci('11420100DEMB00001'))
    check('a home in earnest asks for a CA of both hierarchies', sub.code == 0, sub.err)
    code, out = plain.cli('ceremony', 'certify', '--file', sub.request, '--division', '420100', who='a1')
    check('without a plan it is an approval of a second officer', code == 0 and out.get('approval', '').startswith('AP-'), out)
    shown = plain.cli('approval', 'show', out['approval'], who='a2')[1]
    check('who decides sees its limits, keys and operator', all(x in said(shown) for x in ('"division": "420100"', 'first（虚构）', 'INST', 'spki_sha256')), shown)
    code, again = decided(plain, 'a1', out['approval'])
    check('not by who asked', code == 1 and again.get('rule') == 'R22', again)
    check('and nothing is certified', not os.path.exists(plain.d + '/publish/ca/subordinate-1.pem'))
    code, done = decided(plain, 'a2', out['approval'])
    check('the second officer\'s approval has the TPM\'s root sign both', code == 0 and done.get('state') == 'APPROVED' and
          until(lambda: os.path.exists(plain.d + '/publish/ca/subordinate-1.pem') and open(plain.d + '/publish/ca/subordinate-1.pem').read().count('BEGIN CERTIFICATE') == 2), done)
    code, text = sub.take(plain.d + '/publish/ca/subordinate-1.pem')
    check('its home takes them in, and is there', code == 0 and os.path.exists(sub.d + '/fujie.ini'), text)
    code, out, err = run('openssl', 'verify', '-CAfile', plain.d + '/trust/root.pem', as_pem(plain.root + '/one.pem', ('CERTIFICATE', blocks(plain.d + '/publish/ca/subordinate-1.pem', 'CERTIFICATE')[0])))
    check('OpenSSL: it is under that root', code == 0, out + err)
    return sub


def signs(person, approval, home):
    code, out, err = run(B + '/fujie', 'approval', 'sign', approval, *person.own, '--dir', home.d)
    return code, out + err


def by_tool(person, shown, *more):
    code, out, err = run(OFFICER, 'sign', shown, '--lang', 'en', *person.own, *more)
    return code, out + err


def by_keys(plain, first):
    people = {who: Person(plain.root, who) for who in ('a1', 'a2')}
    for who, other in (('a1', 'a2'), ('a2', 'a1')):
        token = plain.session(who)
        asked = plain.api('POST', '/api/v1/officer-key/add', {'kind': 'file', 'public': json.load(open(people[who].public))['key']}, token)[1]['approval']
        signs(people[who], asked, plain)
        code, out = decided(plain, other, asked)
        check('a key of %s is enrolled' % who, code == 0, out)
    check('from now on the signer asks for both officers\' signatures', Signer(plain.d, 'registry.sock').status()['approvals'] == 'signer')
    sub = Below(plain, 'second', usci('11420100DEMB00002'))
    code, out = plain.cli('ceremony', 'certify', '--file', sub.request, who='a1')
    approval = out['approval']
    code, out = decided(plain, 'a2', approval)
    check('names are not enough any more', code != 0 and not os.path.exists(plain.d + '/publish/ca/subordinate-2.pem'), out)
    shown = plain.root + '/shown.json'
    doc = plain.cli('approval', 'show', approval, who='a1')[1]
    json.dump(doc, open(shown, 'w'), ensure_ascii=False)
    code, text = by_tool(people['a1'], shown)
    check('the tool shows limits and keys in words, computed from the request', code == 0 and 'divisions whose code begins with 4201; holders: public institutions' in text and 'second（虚构）' in text and
          all(k['spki_sha256'] in text for k in doc['payload']['keys']), text)
    bent = json.loads(json.dumps(doc))
    bent['payload']['keys'][0]['content'] = bent['payload']['keys'][1]['content']
    json.dump(bent, open(shown, 'w'), ensure_ascii=False)
    code, text = by_tool(people['a1'], shown)
    check('and signs nothing when the appliance put another hash there', code == 1 and 'not what the request' in text, text)
    code, text = signs(people['a1'], approval, plain)
    check('one officer signs', code == 0, text)
    code, out = decided(plain, 'a2', approval)
    check('one signature is not enough', code != 0 and not os.path.exists(plain.d + '/publish/ca/subordinate-2.pem'), out)
    s = Signer(plain.d, 'registry.sock')
    der = blocks(plain.d + '/publish/ca/subordinate-1.pem', 'CERTIFICATE')[0]
    rc, why, sig = s.sign(ROOT, C_SUB, cert(tbs_of(der), serial=b'\x42' + os.urandom(15)), ('a1', 'a2'), os.urandom(16))
    check('a conquered register with both names: the root signs no CA', rc not in (0, None) and sig == b'', (rc, why))
    code, text = signs(people['a2'], approval, plain)
    check('the second signs', code == 0, text)
    code, out = decided(plain, 'a2', approval)
    check('and it is certified', code == 0 and out.get('state') == 'APPROVED' and until(lambda: os.path.exists(plain.d + '/publish/ca/subordinate-2.pem')), out)
    code, text = sub.take(plain.d + '/publish/ca/subordinate-2.pem')
    check('which its home takes in', code == 0, text)
    code, text = first.take(plain.d + '/publish/ca/subordinate-2.pem')
    check('and the other one does not', code != 0, text)


def without_a_plan():
    plain = Plain(tempfile.mkdtemp(prefix='fujie-plain-'))
    try:
        check('a home in earnest without a plan serves', plain.made and plain.serve(), plain.why)
        by_keys(plain, by_names(plain))
    finally:
        plain.stop()
        shutil.rmtree(plain.root, ignore_errors=True)


parent = Home(cases=False, own=True)
h = every = None
try:
    parent.at(now(2))
    check('a parent serves', parent.made and parent.serve())
    sub = Sub(parent, 'sub', '--limit-division', '4200', '--limit-holders', 'INST', sm2=False)
    check('its officers certify a subordinate for institutions of a province', certify(parent, sub.request) == 0)
    code, text = sub.take(bundle(parent, 1))
    h = sub.home()
    check('which serves', code == 0 and h.serve(), text)
    c = Course(h)
    every = Everywhere(h, c)
    within(every, c)
    at_the_signer(h, c)
    at_the_verifiers(h, c, every)
    at_the_register(h, c)
finally:
    if every:
        every.close()
    for home in (h, parent):
        if home is not None:
            home.stop()
    parent.close()
without_a_plan()
finish()
