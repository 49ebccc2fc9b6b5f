"""An appliance whose issuing keys are sealed under its officers (docs/formats.md 30): after each start it serves all that there
is, and says what waits; officers unseal it; what waited is made and published.  Then a ceremony with such a plan that is ended
in the middle, the officers' tool, and what fujie-verify makes of it."""
import http.cookiejar, urllib.parse
from gateway import *
from lib import *

OFFICER = B + '/fujie-officer'


class Sealed(Home):
    def make(self, cases):
        r = subprocess.run([B + '/fujie', 'demo', '--dir', self.d, '--no-serve', '--sealed', '--portal', '127.0.0.1:%d' % self.p, '--verifier', '127.0.0.1:%d' % self.v], capture_output=True, text=True, timeout=600)
        self.made, self.made_err = r.returncode == 0, r.stderr

    def status(self):
        return self.cli('status', 'show')[1]

    def health(self):
        try:
            return json.load(urllib.request.urlopen(self.url('/healthz'), timeout=20))
        except urllib.error.HTTPError as e:
            return json.load(e)

    def unseal(self):
        """(the process that unseals, the new challenge or None)"""
        for n in os.listdir(self.d + '/ceremony'):
            if n.startswith('unseal.'):
                os.unlink(self.d + '/ceremony/' + n)
        p = subprocess.Popen([B + '/fujie', 'signer', 'unseal', '--dir', self.d, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        path = self.d + '/ceremony/unseal.challenges'
        until(lambda: os.path.exists(path) or p.poll() is not None or None)
        return p, json.load(open(path)) if os.path.exists(path) else None

    def approve(self, name, challenges=None, extra=()):
        """(exit code, its words or JSON, the answers' file)"""
        key, out = self.d + '/officers/' + name, '%s/%s.answers' % (self.root, name)
        if os.path.exists(out):
            os.unlink(out)
        r = subprocess.run([OFFICER, 'approve', challenges or self.d + '/ceremony/unseal.challenges', '--plan', self.d + '/ceremony/plan.json', '--key', key + '.key', '--passphrase-file', key + '.passphrase',
                            '--out', out, '--yes'] + list(extra), capture_output=True, text=True, timeout=120)
        return r.returncode, r.stdout + r.stderr, out

    def put(self, path, name):
        """what becomes of an answers' file"""
        to = self.d + '/ceremony/unseal.%s.answers' % name
        for s in ('.taken', '.refused'):
            if os.path.exists(to + s):
                os.unlink(to + s)
        shutil.copy(path, to + '.tmp')
        os.rename(to + '.tmp', to)
        return until(lambda: next((s for s in ('taken', 'refused') if os.path.exists(to + '.' + s)), None))

    def unsealed(self, *names):
        p, _ = self.unseal()
        got = [self.put(self.approve(n)[2], n) for n in names]
        out, told = p.communicate(timeout=120)
        return p.returncode, out, got, told


def reason(out):
    return (out.get('waits_because') or {}).get('detail', {})


def browser(name):
    o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    o.open('http://127.0.0.1:%d/login' % h.p, urllib.parse.urlencode({'login': name, 'password': h.login(name)['password'], 'totp': h.code(name)}).encode(), timeout=60)
    return o


def crl_has(serial):
    r = subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', h.d + '/publish/trust/crl/1.crl', '-noout', '-text'], capture_output=True, text=True)
    return '%X' % serial in r.stdout


def appliance_test():
    code, out = h.cli('signer', 'unseal')
    check('while the appliance does not run there is nothing to unseal, and it says so', code == 1 and 'does not run' in str(out) and '请先启动' in str(out), out)
    check('it serves, sealed', h.serve() and h.status()['sealed'] is True, h.status())
    check('/healthz says so, and is not ill of it', until(lambda: h.health()['signer']['sealed'] or None, 30) is True and not any(c['what'] in ('signer', 'crl') for c in h.health()['causes']), h.health())
    items = [next(c for c in h.demo[k] if c['expect'] == 'permit' and (k == 'tokens' or c['number'].startswith('DAC-42'))) for k in ('certificates', 'tokens')]
    check('what exists is verified as ever', [h.verdict_service(i) for i in items] == ['permit', 'permit'])
    s, do, assets = h.registered('SE', 2)
    o = Officers(h)
    code, out = o.do('hb-fin1', 'certificate.issue', assets=assets[:1])
    asked = out.get('approval')
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('a certificate is approved, waits, and it is said for what', code == 200 and out.get('pending') == 1 and 'fujie signer unseal' in reason(out).get('en', '') and '解封' in reason(out).get('zh', ''), out)
    q = o.get('hb-fin1', 'status/show')['queue']
    check('the queue says so too', q['waiting'] == 1 and 'sealed' in str(q['because']), q)
    code, out = o.do('jc1', 'token.issue', request=license_of([{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'1' * 32)}]))
    check('a license token behind it is issued at once', code == 200 and out.get('issued') == 1 and out.get('published') is True and 'waits_because' not in out, out)
    victim = items[0]
    verdict = json.load(urllib.request.urlopen(urllib.request.Request(h.url('/v1/verify'), json.dumps({'credential': open(os.path.join(h.d, victim['file'])).read()}).encode()), timeout=20))
    serial = int(verdict['subject']['serial'], 16)
    code, out = o.do('hb-fin1', 'certificate.revoke', number=victim['number'], reason='privilegeWithdrawn')
    code, out = o.do('hb-fin2', 'approval.approve', id=out['approval'])
    check('a revocation is decided, and it is said that the CRL waits', code == 200 and out.get('published') is False and 'fujie signer unseal' in reason(out).get('en', ''), out)
    check('the status list has it at once: the certificate is denied, while the CRL is the old one', until(lambda: h.verdict_service(victim) == 'deny' or None, 30) and not crl_has(serial), h.verdict_service(victim))
    home = o.get('auditor', 'home/show')
    check('the home page of who runs it says that it is sealed', home['health'].get('sealed') is True, home.get('health'))
    check('and of others does not', 'sealed' not in o.get('hb-fin1', 'home/show')['health'])
    page = browser('auditor').open('http://127.0.0.1:%d/' % h.p, timeout=20).read().decode()
    check('the portal\'s first page too, as an alert', 'role="alert">签发密钥自签名服务启动后处于封存状态' in page or 'role="alert">The issuing keys are sealed' in page)

    # the officers
    p, doc = h.unseal()
    c = doc['challenges'][0]
    check('unsealing is begun: a challenge without digest, algorithm or structure', sorted(c) == ['expiration', 'key', 'kind', 'nonce', 'plan', 'step', 'version'] and c['step'] == 'unseal' and c['kind'] == 'fujie-unseal', doc)
    for lang, words in (('zh', ('解封签发密钥', '签名服务停止', '密封对象的名称')), ('en', ('Unsealing the issuing keys', 'until the signer ends', 'who asks'))):
        code, said, path = h.approve('officer1', extra=('--lang', lang))
        check('an officer is shown what it means: %s' % lang, code == 0 and all(w in said for w in words), said)
    code, said, path = h.approve('officer1', extra=('--json',))
    check('as JSON: the step and what it is bound to', code == 0 and sorted(json.loads(said.split('\n')[0])['approved'][0]) == ['cphash', 'step'], said)

    def altered(sentence, words, **change):
        bad = h.root + '/altered.challenges'
        json.dump({'challenges': [dict(c, **change)]}, open(bad, 'w'))
        code, said, path = h.approve('officer1', bad)
        check('the officer\'s tool refuses %s' % sentence, code == 1 and words in said and not os.path.exists(path), (code, said))
    key = bytearray(base64.urlsafe_b64decode(c['key'] + '=='))
    key[7] |= 0x40
    altered('an object that a password opens', "not this plan's", key=base64.urlsafe_b64encode(bytes(key)).rstrip(b'=').decode())
    altered('another plan', 'another plan', plan='00' * 32)
    altered('a nonce that is none', 'nonce is not 32 octets', nonce='')
    altered('more time than the plan has', 'longer than the plan', expiration=86400)
    altered('an unsealing that is called a signature', 'not the one of its step', kind='fujie-root-sign')

    first = h.put(h.approve('officer1')[2], 'officer1')
    check('one officer is not enough', first == 'taken' and p.poll() is None and h.status()['sealed'] is True)
    check('nor is he twice', h.put(h.approve('officer1')[2], 'again') == 'refused')
    stray = json.load(open(h.approve('officer2')[2]))
    sig = bytearray(base64.urlsafe_b64decode(stray['answers'][0]['sig'] + '=='))
    sig[9] ^= 1
    stray['answers'][0]['sig'] = base64.urlsafe_b64encode(bytes(sig)).rstrip(b'=').decode()
    json.dump(stray, open(h.root + '/stray.answers', 'w'))
    check('an altered answer is refused', h.put(h.root + '/stray.answers', 'stray') == 'refused')
    second = h.put(h.approve('officer3')[2], 'officer3')
    out, told = p.communicate(timeout=120)
    check('a second: the issuing keys are unsealed', second == 'taken' and p.returncode == 0 and json.loads(out) == {'unsealed': True} and h.status()['sealed'] is False, (out, told))
    check('the certificate that waited is issued', until(lambda: o.get('hbsw1', 'asset/' + assets[0]).get('certificate') or None, 60))
    check('and the CRL has the revocation', until(lambda: crl_has(serial) or None, 60))
    check('nothing waits any more', until(lambda: h.status()['queue']['because'] is None and h.status()['queue']['waiting'] == 0 or None, 60), h.status())
    check('/healthz says that it is open', until(lambda: h.health()['signer']['sealed'] is False or None, 30), h.health()['signer'])
    code, out = h.cli('signer', 'unseal')
    check('once more: it is unsealed already', code == 1 and 'unsealed already' in str(out) and '已解封' in str(out), out)
    events = str(o.get('auditor', 'event?limit=20'))
    check('the register has who approved', 'signer.unsealed' in events and 'officer3' in events and 'officer1' in events, events[:400])

    # sealed again, by hand and by a new start
    code, out = h.cli('signer', 'seal')
    check('it is sealed by hand', code == 0 and h.status()['sealed'] is True, out)
    code, out = h.cli('signer', 'seal')
    check('which is done once', code == 1 and '已处于封存状态' in str(out), out)
    code, out, got, told = h.unsealed('officer2', 'officer3')
    check('and unsealed by two others', code == 0 and got == ['taken', 'taken'], (code, out, got, told))
    h.cli('signer', 'seal')
    p, _ = h.unseal()
    stale = h.approve('officer1')[2]
    kept = h.root + '/stale.answers'
    shutil.copy(stale, kept)
    os.kill(h.children()['fujie-signer'], 9)
    check('a signer that is started anew is sealed', until(lambda: h.status()['sealed'] or None, 60))
    p.kill()
    p.communicate()
    p, _ = h.unseal()
    check('approvals of before are refused', h.put(kept, 'stale') == 'refused')
    p.kill()
    p.communicate()
    code, out, got, told = h.unsealed('officer1', 'officer2')
    check('new ones unseal', code == 0, (code, out, got, told))
    code, out = o.do('hb-fin1', 'certificate.issue', assets=assets[1:])
    code, out = o.do('hb-fin2', 'approval.approve', id=out['approval'])
    check('and a certificate is issued at once', out.get('issued') == 1 and out.get('published') is True, out)
    r = subprocess.run([B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', h.d + '/ceremony/plan.json', '--json'], capture_output=True, text=True)
    attestation_test()
    h.stop()


def attestation_test():
    def officers(trust):
        r = subprocess.run([B + '/fujie-verify', 'attestation', '--trust', trust, '--plan', h.d + '/ceremony/plan.json', '--json'], capture_output=True, text=True)
        doc = json.loads(r.stdout)
        return doc['tpm'], next(x for x in doc['checks'] if x['name'] == 'officers')
    tpm, step = officers(h.d + '/trust')
    check('the attestation shows that what opens them is under the plan\'s officers', tpm == 'software' and step['outcome'] == 'pass', (tpm, step))
    doc = json.load(open(h.d + '/trust/attestation/attestation.json'))
    sealed = next(x for x in doc['objects'] if x['name'] == 'seal')
    for sentence, objects in (('without it', [x for x in doc['objects'] if x is not sealed]), ('without a statement of it', [dict(x, attest='', signature='') if x is sealed else x for x in doc['objects']]),
                              ('with another sealed object in its place', [dict(next(y for y in doc['objects'] if y['name'] == 'ocsp'), name='seal') if x is sealed else x for x in doc['objects']])):
        copy = h.root + '/trust'
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(h.d + '/trust/', copy)
        json.dump(dict(doc, objects=objects), open(copy + '/attestation/attestation.json', 'w'))
        tpm, step = officers(copy)
        check('%s it is none, and says which' % sentence, tpm == 'none' and step['outcome'] == 'fail' and 'seal' in step['text']['en'] and 'seal' in step['text']['zh'], (tpm, step))


# --- a ceremony that is ended in the middle ---
def ceremony_test():
    work, home = h.root + '/ceremony', h.root + '/made'
    os.makedirs(work)
    names = ('officer1', 'officer2', 'officer3')

    def tool(*args):
        r = subprocess.run(list(args) + ['--json'], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout + r.stderr

    def key(n):
        return ['--key', '%s/officers/%s.key' % (h.d, n), '--passphrase-file', '%s/officers/%s.passphrase' % (h.d, n)]

    def planned(out, *more):
        return tool(B + '/fujie', 'ceremony', 'plan', '--arc', '1.3.6.1.4.1.55555', '--base', 'http://127.0.0.1:8480', '--operator', 'Test', '--quorum', '2', '--expiration', '600', '--out', out,
                    *(x for n in names for x in ('--officer', '%s:%s:%s/%s.pub' % (n, n.title(), work, n))), *more)
    for n in names:
        code, out = tool(OFFICER, 'public', *key(n))
        open('%s/%s.pub' % (work, n), 'w').write(out)
    plan = work + '/plan.json'
    code, out = planned(plan, '--unseal', '2')
    check('a plan that seals the issuing keys is written', code == 0 and json.load(open(plan))['plan']['unseal'] == {'m': 2}, out)
    for m in ('0', '4', 'x'):
        check('--unseal %s is refused' % m, planned(work + '/bad.json', '--unseal', m)[0] in (1, 2))
    r = subprocess.run([OFFICER, 'plan', 'show', plan, '--lang', 'zh'], capture_output=True, text=True)
    check('an officer sees it before he signs', r.returncode == 0 and '每次启动后须 2 名官员解封（共 3 名）' in r.stdout, r.stdout)
    check('all sign', [tool(OFFICER, 'plan', 'sign', plan, '--yes', *key(n))[0] for n in names] == [0, 0, 0])

    def run():
        return subprocess.Popen([B + '/fujie', 'ceremony', 'run', '--plan', plan, '--dir', home, '--json', '--org-usci', usci('11420000TEXT00001'), '--org-name', '测试财政厅', '--org-div6', '420000', '--org-level', '省',
                                 '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2', '--portal', '127.0.0.1:%d' % free_port(), '--verifier', '127.0.0.1:%d' % free_port(), '--tpm', 'software'],
                                stdout=subprocess.PIPE, stderr=open(work + '/log', 'a'), text=True)

    def challenges(round_, before=None):
        path = home + '/ceremony/%s.challenges' % round_

        def look():
            data = open(path, 'rb').read() if os.path.exists(path) else None
            return data if data != before else None
        return until(look, 60)

    def approve(round_):
        for n in ('officer1', 'officer3'):
            out = '%s/%s.%s' % (work, round_, n)
            tool(OFFICER, 'approve', home + '/ceremony/%s.challenges' % round_, '--plan', plan, '--out', out, '--yes', *key(n))
            os.rename(out, home + '/ceremony/%s.%s.answers' % (round_, n))
    p = run()
    challenges('root')
    stray = work + '/stray'
    shutil.copy(h.root + '/stale.answers', stray)
    os.rename(stray, home + '/ceremony/root.stray.answers')
    check('an answer that would unseal is refused in a round of the root', until(lambda: os.path.exists(home + '/ceremony/root.stray.answers.refused') or None))
    approve('root')
    before = challenges('issuing')
    p.kill()
    p.communicate()
    time.sleep(0.5)
    p = run()
    check('ended in the middle it goes on with the second round', challenges('issuing', before) is not None)
    approve('issuing')
    check('and with one that unseals the issuing keys, since the signer was started anew', challenges('unseal') is not None and p.poll() is None)
    approve('unseal')
    out = p.communicate(timeout=120)[0]
    check('then all is made', p.returncode == 0 and os.path.exists(home + '/fujie.ini'), out)
    code, out = tool(B + '/fujie', 'ceremony', 'replay', home + '/ceremony/transcript', '--plan', plan, '--unsigned')
    check('its transcript is replayed', code == 0 and '"replayed":true' in out.replace(' ', ''), out)
    r = subprocess.run([B + '/fujie', 'ceremony', 'transcript', home + '/ceremony/transcript', '--plan', plan, '--unsigned', '--lang', 'en'], capture_output=True, text=True)
    check('and printed: it says that the issuing keys are unsealed after each start', 'unsealed after each start by 2 of them' in r.stdout, r.stdout[:1500])
    lines = [json.loads(l) for l in open(home + '/ceremony/transcript')]
    foreign = next(json.loads(json.dumps(l)) for l in lines if l['step'] == 'challenge')
    foreign['out'] = json.loads(challenges('unseal'))['challenges'][0]
    raw, before = b'', hashlib.sha256(json.dumps(json.load(open(plan))['plan'], sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()).hexdigest()
    for k, l in enumerate([lines[0], foreign] + lines[1:]):
        line = json.dumps(dict(l, n=k + 1, before=before, at=lines[0]['at'] if k == 1 else l['at']), sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
        before = hashlib.sha256(line).hexdigest()
        raw += line + b'\n'
    open(work + '/t', 'wb').write(raw)
    code, out = tool(B + '/fujie', 'ceremony', 'replay', work + '/t', '--plan', plan, '--unsigned')
    check('an unsealing is no step of a transcript', code == 1 and 'no step of the plan' in out, out)


def plain_test():
    g = Home(cases=True)
    check('an appliance without such a plan is not sealed', g.made and g.serve() and g.cli('status', 'show')[1]['sealed'] is None)
    code, out = g.cli('signer', 'unseal')
    check('and has nothing to unseal', code == 1 and 'not sealed' in str(out) and '不封存' in str(out), out)
    code, out = g.cli('signer', 'seal')
    check('nor to seal', code == 1 and 'seals no keys' in str(out), out)
    g.close()


h = Sealed(cases=True, own=True)
try:
    check('a demo home whose issuing keys are sealed is made', h.made, h.made_err)
    appliance_test()
    ceremony_test()
    plain_test()
finally:
    h.close()
finish()
