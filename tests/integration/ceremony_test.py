"""A ceremony by files (docs/formats.md 22): a plan that its officers sign with fujie-officer, rounds that wait
for them, ends in the middle, every wrong answer; then its transcript, replayed and tampered with; and the
root's CRL after it has ended, renewed by a quorum."""
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from people import *

root = tempfile.mkdtemp(prefix='fujie-test-')
HOME = root + '/home'
EXPIRATION = 25


def said(out):
    d = out.get('detail') or (out.get('error') or {}).get('detail') if isinstance(out.get('error'), dict) else out.get('detail')
    return (d or {}).get('en', '') + (d or {}).get('zh', '') or str(out)


class Attendant(Person):
    def __init__(self, login):
        super().__init__(root, login)

    def transcript(self, path, plan, *more):
        return tool(OFFICER, 'transcript', 'sign', path, '--plan', plan, *self.own, *more)

    def approve(self, challenges, plan, out):
        """(exit code, the document)"""
        if os.path.exists(out):
            os.unlink(out)
        return tool(OFFICER, 'approve', challenges, '--plan', plan, '--out', out, *self.own)


def make_plan(path, people, m, operator='Test'):
    args = ['ceremony', 'plan', '--arc', '1.3.6.1.4.1.55555', '--base', 'http://127.0.0.1:8480', '--operator', operator, '--quorum', str(m), '--expiration', str(EXPIRATION), '--out', path]
    for p in people:
        args += ['--officer', '%s:%s:%s' % (p.login, p.login.title(), p.public)]
    return tool(B + '/fujie', *args)


ORG = ['--org-usci', usci('11420000TEXT00001'), '--org-name', '测试财政厅', '--org-div6', '420000', '--org-level', '省', '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2',
       '--portal', '127.0.0.1:%d' % free_port(), '--verifier', '127.0.0.1:%d' % free_port(), '--tpm', 'software']


class Run:
    """fujie ceremony run, as long as it takes"""
    def __init__(self, plan, home=HOME):
        self.log = open(root + '/run.log', 'a+')
        self.proc = subprocess.Popen([B + '/fujie', 'ceremony', 'run', '--plan', plan, '--dir', home, '--json'] + ORG, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def end(self, timeout=300):
        out = self.proc.communicate(timeout=timeout)[0]
        try:
            return self.proc.returncode, json.loads(out)
        except ValueError:
            return self.proc.returncode, {'stdout': out}

    def kill(self):
        self.proc.kill()
        self.proc.communicate()
        time.sleep(0.5) # its children end with it


def challenges(name, not_=None):
    """the file of a round, other than one that was seen"""
    path = HOME + '/ceremony/' + name + '.challenges'

    def look():
        try:
            data = open(path, 'rb').read()
        except OSError:
            return None
        return data if data.endswith(b'\n') and data != not_ else None
    return until(look)


def put(name, data):
    """an answers' file, and what became of it"""
    tmp, path = root + '/tmp.answers', HOME + '/ceremony/' + name + '.answers'
    for s in ('.taken', '.refused'):
        if os.path.exists(path + s):
            os.unlink(path + s)
    open(tmp, 'wb').write(data)
    os.rename(tmp, path)
    return until(lambda: 'taken' if os.path.exists(path + '.taken') else 'refused' if os.path.exists(path + '.refused') else None)


def transcript():
    return [json.loads(l) for l in open(HOME + '/ceremony/transcript', 'rb').read().split(b'\n') if l]


def why():
    """the reason that was written down last"""
    return next((l['out']['en'] for l in reversed(transcript()) if l['step'] == 'answer' and not l['out']['taken']), '')


def answers_of(p, name, plan):
    out = root + '/%s.out' % p.login
    code, said_ = p.approve(HOME + '/ceremony/' + name + '.challenges', plan, out)
    return open(out, 'rb').read() if code == 0 else b''


def plan_test(people):
    plan = root + '/plan.json'
    code, out = make_plan(plan, people, 2)
    check('a plan is written for its officers to sign', code == 0, out)
    check('one that asks for more officers than it has is not', make_plan(root + '/bad.json', people, 4)[0] in (1, 2))
    check('nor one with the same officer twice', make_plan(root + '/bad.json', [people[0], people[0]], 2)[0] in (1, 2))
    code, out = Run(plan).end()
    check('a plan that nobody signed: no ceremony', code == 1 and 'sign' in said(out), out)
    check('two officers sign', [p.sign(plan)[0] for p in people[:2]] == [0, 0])
    code, out = Run(plan).end()
    check('a plan that one officer did not sign: no ceremony', code == 1, out)
    check('the third signs', people[2].sign(plan)[0] == 0)
    doc = json.load(open(plan))
    doc['plan']['quorum']['root'] = 1
    json.dump(doc, open(root + '/altered.json', 'w'))
    code, out = Run(root + '/altered.json').end()
    check('an altered plan: no ceremony, by the officers\' signatures', code == 1 and 'signature' in said(out), out)
    check('and nothing was begun', not os.path.exists(HOME + '/ceremony/transcript') and not os.path.exists(HOME + '/fujie.ini'))
    return plan


def rounds_test(people, plan):
    r = Run(plan)
    first = challenges('root')
    check('the first round asks for the root', first is not None and [c['step'] for c in json.loads(first)['challenges']] == ['root'], r.proc.poll())
    doc = json.loads(first)['challenges'][0]
    check('with no digest and no cpHash: officers compute them', sorted(doc) == ['alg', 'expiration', 'key', 'kind', 'nonce', 'plan', 'step', 'structure', 'version'])
    good = json.loads(answers_of(people[0], 'root', plan))
    one = good['answers'][0]

    def refused_(sentence, words, **change):
        got = put('root.x', canon({'answers': [dict(one, **change)]}) + b'\n')
        check('an answer %s is refused, with the reason' % sentence, got == 'refused' and words in why(), (got, why()))

    refused_('for another plan', 'another plan', plan='00' * 32)
    refused_('of somebody who is no officer', 'no such officer', officer='stranger')
    refused_('for another step', 'no such structure awaits', step='issuing')
    refused_('for another algorithm', 'no such structure awaits', alg='SM2')
    refused_('that approves something else', 'another structure', cphash='11' * 32)
    refused_('of one officer under another\'s name', 'not this officer', officer=people[1].login)
    sig = bytearray(base64.urlsafe_b64decode(one['sig'] + '=='))
    sig[5] ^= 1
    refused_('whose signature was altered', 'not this officer', sig=base64.urlsafe_b64encode(bytes(sig)).rstrip(b'=').decode())
    check('a file that is none is refused after a while', put('root.x', b'{"answers"') == 'refused')
    check('a true answer is taken', put('root.a', canon(good) + b'\n') == 'taken')
    check('the same officer again is refused', put('root.b', canon(good) + b'\n') == 'refused' and 'counts once' in why(), why())
    stranger = Attendant('stranger')
    check('a key that is not in the plan approves nothing: its own tool refuses', stranger.approve(HOME + '/ceremony/root.challenges', plan, root + '/s.out')[0] == 1)

    r.kill()
    check('killed in the middle: no home yet', not os.path.exists(HOME + '/fujie.ini'))
    r = Run(plan)
    second = challenges('root', first)
    check('begun again it goes on with a new challenge', second is not None and json.loads(second)['challenges'][0]['nonce'] != doc['nonce'])
    check('what was approved before is void', put('root.a', canon(good) + b'\n') == 'refused', why())
    third = until(lambda: challenges('root', second), EXPIRATION + 30)
    check('officers who take too long are asked anew', third is not None and transcript()[-2]['step'] == 'expired', transcript()[-1]['step'])
    stale = json.loads(answers_of(people[0], 'root', plan))
    got = [put('root.a', canon(stale) + b'\n'), put('root.c', answers_of(people[2], 'root', plan))]
    check('the first and the third officer: the root is signed', got == ['taken', 'taken'] and until(lambda: transcript()[-1]['step'] == 'challenge' or None) and
          [l['in']['officers'] for l in transcript() if l['step'] == 'signature'] == [['zhao', 'sun']], got)

    pair = challenges('issuing')
    check('then issuing CA and root CRL are asked for together', pair is not None and [c['step'] for c in json.loads(pair)['challenges']] == ['issuing', 'root-crl'])
    check('an answer of the first round is refused', put('issuing.a', canon(stale) + b'\n') == 'refused' and 'awaits' in why(), why())
    r.kill()
    r = Run(plan)
    pair = challenges('issuing', pair)
    check('killed after the root was signed: it goes on with the second round', pair is not None and sum(l['step'] == 'signature' for l in transcript()) == 1)
    other = root + '/other.json'
    make_plan(other, people, 2, operator='Other')
    for p in people:
        p.sign(other)
    r.kill()
    code, out = Run(other).end()
    check('under another plan the ceremony does not go on', code == 1 and 'another plan' in said(out), out)
    r = Run(plan)
    pair = challenges('issuing', pair)
    got = [put('issuing.%s' % p.login, answers_of(p, 'issuing', plan)) for p in people[1:]]
    code, out = r.end()
    check('the second and the third: all is signed, and the home is there', got == ['taken', 'taken'] and code == 0 and [o['login'] for o in out['officers']] == ['a1', 'a2'] and os.path.exists(HOME + '/fujie.ini'), (got, code, out))
    code, out = Run(plan).end()
    check('a home that is there is not made again', code == 1 and 'exists' in said(out), out)
    code, out = tool(B + '/fujie', 'status', 'show', '--dir', HOME)
    check('the home works', code == 0, out)


# --- the transcript ---
def rechained(lines, plan):
    """as somebody would write it who computes numbers and hashes anew"""
    before, out = hashlib.sha256(canon(json.load(open(plan))['plan'])).hexdigest(), []
    for n, l in enumerate(lines):
        l = dict(l, n=n + 1, before=before)
        out.append(canon(l))
        before = hashlib.sha256(out[-1]).hexdigest()
    return b'\n'.join(out) + b'\n'


def replay(data, plan, *more):
    path = root + '/t'
    open(path, 'wb').write(data)
    return tool(B + '/fujie', 'ceremony', 'replay', path, '--plan', plan, *more)


def signatures_test(people, plan):
    data, T = open(HOME + '/ceremony/transcript', 'rb').read(), root + '/t'
    S = T + '.signatures'

    def bad(sentence, got, *words):
        check('%s: refused, with the reason' % sentence, got[0] == 1 and all(w in said(got[1]) for w in words) and re.search('[一-鿿]', said(got[1])), got)

    bad('a transcript that nobody signed', replay(data, plan), 'signatures are missing', 'transcript sign')
    code, out = replay(data, plan, '--unsigned')
    check('the record alone can be replayed when it is asked for', code == 0 and out['signed_by'] == [], out)
    stranger = Attendant('wu')
    bad('a key that is not in the plan', stranger.transcript(T, plan), 'not of an officer of this plan')
    check('and nothing is written', not os.path.exists(S))
    raw = data.split(b'\n')
    open(T, 'wb').write(b'\n'.join(raw[:3] + [raw[3].replace(b'root.x', b'root.y')] + raw[4:]))
    bad('an altered transcript is signed by no officer: the tool replays it', people[0].transcript(T, plan), 'was changed')
    open(T, 'wb').write(rechained(transcript()[:-1], plan))
    bad('one whose end is missing neither', people[0].transcript(T, plan), 'ends before the ceremony does')
    open(T, 'wb').write(data)
    code, out = people[0].transcript(T, plan)
    check('an officer signs it', code == 0 and out['signed_by'] == ['zhao'] and out['enough'] is False and out['last'] == hashlib.sha256(raw[-2]).hexdigest(), out)
    bad('too few officers', replay(data, plan), 'signed by 1 of', 'zhao', '2 are needed')
    bad('the same officer twice', people[0].transcript(T, plan), 'already')
    one = open(S, 'rb').read()
    code, out = people[2].transcript(T, plan)
    check('a second adds his signature', code == 0 and out['signed_by'] == ['zhao', 'sun'] and out['enough'] is True, out)
    code, out = replay(data, plan)
    check('with the quorum it is replayed, and says who signed', code == 0 and out['signed_by'] == ['zhao', 'sun'], out)
    shutil.copy(S, HOME + '/ceremony/transcript.signatures')
    doc = json.load(open(S))
    key = serialization.load_der_public_key(base64.urlsafe_b64decode(json.load(open(people[0].public))['key'] + '=='))
    sig = base64.urlsafe_b64decode(doc['signatures'][0]['sig'] + '==')
    h = bytes.fromhex
    key.verify(utils.encode_dss_signature(int.from_bytes(sig[:32], 'big'), int.from_bytes(sig[32:], 'big')),
               hashlib.sha256(b'fujie-transcript-1\n' + h(doc['plan']) + h(doc['last'])).digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    check('others compute the same: a library of its own verifies the signature', True)

    def file(sentence, *words, **change):
        open(S, 'wb').write(canon(dict(doc, **change)) + b'\n')
        bad(sentence, replay(data, plan), *words)
    zhao, sun = doc['signatures']
    file('signatures under another last line', 'another transcript', last='00' * 32)
    file('of another plan', 'another plan', plan='00' * 32)
    file('a foreign officer', 'no officer of the plan', signatures=[zhao, dict(sun, officer='wu')])
    file('one officer\'s signature under another\'s name', 'signature', signatures=[dict(sun, officer='zhao'), sun])
    file('an officer counted twice', 'each once', signatures=[zhao, zhao])
    file('another order', 'order', signatures=[sun, zhao])
    file('an unknown member', 'not known', more=1)
    open(S, 'wb').write(canon(doc) + b'\n')
    lines = transcript()
    k = next(k for k, l in enumerate(lines) if l['step'] == 'answer' and not l['out']['taken'])
    without = rechained(lines[:k] + lines[k + 1:], plan)
    bad('a refused answer left out of it after the officers signed, all hashes computed anew', replay(without, plan), 'another transcript')
    check('which the record alone can\'t show', replay(without, plan, '--unsigned')[0] == 0)
    bad('a plan\'s signatures in their place', replay(data, plan, '--signatures', plan))
    os.unlink(S)
    open(root + '/kept', 'wb').write(canon(doc))
    check('the file may be named', replay(data, plan, '--signatures', root + '/kept')[0] == 0)
    open(S, 'wb').write(one)
    check('a copy elsewhere: --out', people[1].transcript(T, plan, '--out', root + '/copy')[0] == 0 and open(S, 'rb').read() == one and len(json.load(open(root + '/copy'))['signatures']) == 2)
    open(S, 'wb').write(canon(doc) + b'\n')
    # three at once, each on a copy of their own
    os.unlink(S)
    for who in people[:3]:
        who.transcript(T, plan, '--out', root + '/%s.signature' % who.login)
    code, out = people[0].transcript(T, plan)

    def join(*more):
        return tool(OFFICER, 'transcript', 'join', T, '--plan', plan, '--yes', *more)
    for k, who in enumerate(people[1:3]):
        code, out = join('--signatures', root + '/%s.signature' % who.login)
        check('a signature that %s made elsewhere is taken in, without a key' % who.login, code == 0 and len(out['signed_by']) == k + 2, out)
    check('and replay counts all three', replay(data, plan)[1].get('signed_by') == [p.login for p in people[:3]])
    bad('the same file again', join('--signatures', root + '/%s.signature' % people[1].login), 'not there already')
    one = json.load(open(root + '/%s.signature' % people[1].login))
    json.dump(dict(one, last='00' * 32), open(root + '/x.signature', 'w'))
    bad('one of another transcript', join('--signatures', root + '/x.signature'), 'another transcript')
    json.dump(dict(one, signatures=[dict(one['signatures'][0], officer=people[0].login)]), open(root + '/x.signature', 'w'))
    bad('one under another officer\'s name', join('--signatures', root + '/x.signature'), 'signature')
    open(S, 'wb').write(canon(doc) + b'\n')


def replay_test(people, plan):
    data = open(HOME + '/ceremony/transcript', 'rb').read()
    code, out = replay(data, plan)
    check('the transcript is replayed without the appliance', code == 0 and out.get('replayed') is True and [s['step'] for s in out['signed']] == ['root', 'issuing', 'root-crl'], out)
    der = open(HOME + '/publish/ca/root.cer', 'rb').read()
    check('what it says was signed is what is published', out['signed'][0]['sha256'] == hashlib.sha256(der).hexdigest())
    check('fujie-verify alone does it', subprocess.run([B + '/fujie-verify', 'ceremony', 'replay', root + '/t', '--plan', plan], capture_output=True).returncode == 0)
    for lang, words in (('zh', ('密钥仪式记录', '根证书', '拒绝，原因', '签署本记录的官员', '核验无误')), ('en', ('Transcript of a key ceremony', 'root certificate', 'refused: ', 'signed by its officers', 'without a fault'))):
        r = subprocess.run([B + '/fujie', 'ceremony', 'transcript', root + '/t', '--plan', plan, '--lang', lang], capture_output=True, text=True)
        check('it is printed for people: %s' % lang, r.returncode == 0 and all(w in r.stdout for w in words) and 'Zhao' in r.stdout, r.stdout[-300:])

    lines = transcript()
    at = {s: [k for k, l in enumerate(lines) if l['step'] == s] for s in ('challenge', 'answer', 'signature', 'expired', 'close', 'go-on')}
    taken = [k for k in at['answer'] if lines[k]['out']['taken']]
    sign_root = at['signature'][0]
    last_taken = max(k for k in taken if k < sign_root)

    def bad(sentence, data, words, plan_=plan):
        code, out = replay(data, plan_)
        check('%s: refused, with the reason' % sentence, code == 1 and words in said(out) and re.search('[一-鿿]', said(out)), (code, out))

    def edit(k, **change):
        return [dict(l, **change) if n == k else l for n, l in enumerate(lines)]

    raw = data.split(b'\n')
    bad('an altered line', b'\n'.join(raw[:3] + [raw[3].replace(b'root.x', b'root.y')] + raw[4:]), 'was changed')
    bad('a line left out', b'\n'.join(raw[:4] + raw[5:]), 'line is missing')
    bad('two lines exchanged', b'\n'.join(raw[:3] + [raw[4], raw[3]] + raw[5:]), 'line is missing')
    bad('the end taken away', b'\n'.join(raw[:-2]) + b'\n', 'ends before the ceremony does')
    bad('a line cut', data[:-10], 'cut')
    bad('another plan', data, 'does not begin with this plan', root + '/other.json')
    # by somebody who computes the chain anew
    check('(a chain computed anew over the true lines is the same)', rechained(lines, plan) == data)
    bad('an approval left out', rechained(lines[:last_taken] + lines[last_taken + 1:], plan), 'without the officers')
    bad('issuing CA before the root', rechained(lines[:sign_root] + lines[sign_root + 1:sign_root + 3] + [lines[sign_root]] + lines[sign_root + 3:], plan), 'before the root')
    foreign = json.loads(json.dumps(lines[last_taken]))
    foreign['in']['answer']['officer'] = 'stranger'
    bad('a foreign officer\'s approval taken', rechained(lines[:last_taken] + [foreign] + lines[last_taken + 1:], plan), 'no officer of the plan')
    twice = lines[:last_taken] + [lines[last_taken], lines[last_taken]] + lines[last_taken + 1:]
    bad('an approval counted twice', rechained(twice, plan), 'taken twice')
    void = next(k for k in taken if k < at['go-on'][0])
    own = max(k for k in taken if k < sign_root and lines[k]['in']['answer']['officer'] == 'zhao')
    bad('a void approval taken for one of the next session', rechained(lines[:own] + [dict(lines[void], at=lines[own]['at'])] + lines[own + 1:], plan), 'another command')
    late = (calendar.timegm(time.strptime(lines[last_taken]['at'], '%Y-%m-%dT%H:%M:%SZ')) + EXPIRATION + 5)
    late_ = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(late))
    bad('an approval after its time', rechained([dict(l, at=late_) if n >= last_taken else l for n, l in enumerate(lines)], plan), 'after its time')
    wrong = json.loads(json.dumps(lines[last_taken]))
    sig = bytearray(base64.urlsafe_b64decode(wrong['in']['answer']['sig'] + '=='))
    sig[40] ^= 1
    wrong['in']['answer']['sig'] = base64.urlsafe_b64encode(bytes(sig)).rstrip(b'=').decode()
    bad('an officer\'s signature altered', rechained(lines[:last_taken] + [wrong] + lines[last_taken + 1:], plan), 'not the officer')
    ch = json.loads(json.dumps(lines[at['challenge'][-1]]))
    ch['out']['nonce'] = lines[at['challenge'][0]]['out']['nonce']
    bad('a nonce used twice', rechained(lines[:at['challenge'][-1]] + [ch] + lines[at['challenge'][-1] + 1:], plan), 'nonce stands twice')
    k = next(k for k in reversed(at['challenge']) if lines[k]['out']['step'] == 'issuing')
    for sentence, words, change in (
            ('an issuing key of which nothing is stated', 'made', lambda o: o.pop('made')),
            ('an issuing key with the statements of another session', 'another plan, session or structure', lambda o: o.update(nonce=base64.urlsafe_b64encode(bytes(32)).rstrip(b'=').decode())),
            ('an issuing key whose statement was altered', 'not signed by the attestation key', lambda o: o['made']['objects'][2].update(signature=o['made']['objects'][0]['signature']))):
        ch = json.loads(json.dumps(lines[k]))
        change(ch['out'])
        bad(sentence, rechained(lines[:k] + [ch] + lines[k + 1:], plan), words)
    key = json.loads(json.dumps(lines[at['challenge'][0]]))
    pub = bytearray(base64.urlsafe_b64decode(key['out']['key'] + '=='))
    pub[6] ^= 0x40 # userWithAuth
    key['out']['key'] = base64.urlsafe_b64encode(bytes(pub)).rstrip(b'=').decode()
    bad('a root key that a password opens', rechained(lines[:at['challenge'][0]] + [key] + lines[at['challenge'][0] + 1:], plan), "not this plan's root key")
    swap = json.loads(json.dumps(lines[sign_root]))
    swap['out']['signed'] = lines[at['signature'][1]]['out']['signed']
    bad('another certificate in the place of the root', rechained(lines[:sign_root] + [swap] + lines[sign_root + 1:], plan), 'not what the officers approved')
    der = bytearray(base64.urlsafe_b64decode(lines[sign_root]['out']['signed'] + '=='))
    der[-3] ^= 1
    swap['out']['signed'] = base64.urlsafe_b64encode(bytes(der)).rstrip(b'=').decode()
    bad('a certificate whose signature is not the root\'s', rechained(lines[:sign_root] + [swap] + lines[sign_root + 1:], plan), 'not the root')
    bad('something after the end', rechained(lines + [dict(lines[at['go-on'][0]], at=lines[-1]['at'])], plan), 'after the end')
    bad('a step that there is not', rechained(edit(at['go-on'][0], step='magic'), plan), 'no step')
    bad('a reason taken away', rechained(edit(next(k for k in at['answer'] if k not in taken), out={'taken': False}), plan), 'without a reason')
    bad('a refused answer called a taken one', rechained(edit(next(k for k in at['answer'] if k not in taken), out={'taken': True}), plan), 'another plan')


# --- afterwards: the root's CRL ---
def root_crl_test():
    h = Home(cases=True)
    check('a demo home: its root is under three officers', h.made and json.load(open(h.d + '/ceremony/plan.json'))['plan']['quorum'] == {'root': 2}, h.made_err)
    code, out = tool(B + '/fujie', 'ceremony', 'replay', h.d + '/ceremony/transcript', '--plan', h.d + '/ceremony/plan.json')
    check('and its transcript is replayed, both hierarchies, and two officers signed it', code == 0 and len(out['signed']) == 6 and out['signed_by'] == ['officer1', 'officer2'], out)
    check('the appliance serves', h.serve())
    item = next(c for c in h.demo['certificates'] if c['expect'] == 'permit')
    check('a certificate of the demo is good', h.verdict_service(item) == 'permit')
    h.at('2027-02-20T02:00:00Z')

    def red():
        try:
            urllib.request.urlopen(h.url('/healthz'), timeout=10).read()
            return ''
        except urllib.error.HTTPError as e:
            return e.read().decode()
    check('a year on the root\'s CRL is over: nothing is good any more, and /healthz says why', until(lambda: h.verdict_service(item) == 'indeterminate' or None, 20) and 'root-crl' in red(), red())
    one = {n: open(h.d + '/publish/trust/crl/' + n, 'rb').read() for n in ('root.crl', 'root-sm2.crl')}

    code, out = h.cli('root', 'answer', '--file', h.d + '/demo.json')
    check('nothing awaits approvals before it is asked for', code == 1, out)
    code, out = h.cli('ceremony', 'root-crl', who='hb-fin1')
    check('another department does not renew it', code == 1 and 'ceremony' not in str(out.get('rule')), out)
    p, begun = h.root_crl_begin()
    check('the keeper\'s officer asks: both CRLs await the officers', begun and [(c['step'], c['alg']) for c in json.load(open(h.d + '/ceremony/root-crl.challenges'))['challenges']] == [('root-crl', 'P-256'), ('root-crl', 'SM2')])
    first = h.root_crl_approve('officer2')
    check('one officer is not enough', first == 'taken' and p.poll() is None and open(h.d + '/publish/trust/crl/root.crl', 'rb').read() == one['root.crl'])
    again = h.d + '/ceremony/root-crl.again.answers'
    shutil.copy(h.d + '/ceremony/root-crl.officer2.answers.taken', again)
    check('nor is the same one twice', until(lambda: os.path.exists(again + '.refused') or None))
    second = h.root_crl_approve('officer3')
    out, told = p.communicate(timeout=300)
    check('a second: both are signed', second == 'taken' and p.returncode == 0 and json.loads(out) == {'signed': True}, (out, told))
    check('and published', until(lambda: all(open(h.d + '/publish/trust/crl/' + n, 'rb').read() != one[n] for n in one) or None, 20))
    check('the verdicts are good again', until(lambda: h.verdict_service(item) == 'permit' or None, 20), h.verdict_service(item))
    check('and /healthz says nothing of it', 'root-crl' not in red(), red())
    r = subprocess.run(['openssl', 'crl', '-in', h.d + '/publish/trust/crl/root.crl', '-inform', 'DER', '-noout', '-CAfile', h.d + '/trust/root.pem', '-nextupdate'], capture_output=True, text=True)
    check('OpenSSL verifies it, to its end in 2028', 'verify OK' in r.stderr + r.stdout and '2028' in r.stdout, r.stdout + r.stderr)
    code, out = h.cli('event', 'list', '--kind', 'root.renewed', who='mof1')
    check('the register has who approved', 'officer2' in str(out) and 'officer3' in str(out) or code != 0 and 'kind' in str(out), out)
    h.stop()
    code, out = h.cli('root', 'answer', '--file', h.d + '/ceremony/root-crl.officer2.answers.taken')
    check('what was used is not used again', code == 1, out)
    h.close()


try:
    people = [Attendant(login) for login in ('zhao', 'qian', 'sun')]
    plan = plan_test(people)
    rounds_test(people, plan)
    signatures_test(people, plan)
    replay_test(people, plan)
    root_crl_test()
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
