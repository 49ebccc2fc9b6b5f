"""Who pinned a root before it passed on to its successor (docs/formats.md 31, 33), and who pins the successor: tool, service, bundles,
gateway and mirror of both hierarchies, under the older root's fingerprint, the newer's, and both; what was issued before and after; the
attestation by the plan that follows; and what is left when the older root's key is destroyed."""
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway import *
from keys_lib import Mirror, pems, sha
from people import *

OPTIONS = ('--audience', AUDIENCE, '--use', USE, '--refresh', '1s')


def kept(name, data):
    path = '%s/%s' % (h.root, name)
    open(path, 'wb' if isinstance(data, bytes) else 'w').write(data)
    return path


def approve(who, name, plan, other):
    """this officer's answer to a round; what became of it"""
    out = '%s/%s.out' % (h.root, who.login)
    code, text = who.approve(h.d + '/ceremony/%s.challenges' % name, plan, out, '--other', other)
    if code:
        return text
    answer = h.d + '/ceremony/%s.%s.answers' % (name, who.login)
    os.rename(out, answer)
    return until(lambda: next((s for s in ('taken', 'refused') if os.path.exists(answer + '.' + s)), None))


def passes_on():
    """the root passes on to new officers; its signed plan"""
    people, old = [Person(h.root, n) for n in ('wang', 'feng', 'chen')], [DemoOfficer(h.d, 'officer%d' % n) for n in (1, 2)]
    now, plan = kept('plan-1.json', open(h.d + '/ceremony/plan.json').read()), h.root + '/plan-2.json'
    was = json.load(open(now))['plan']
    canonical = json.dumps(was, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()
    new = dict(was, follows={'generation': 2, 'plan': hashlib.sha256(canonical).hexdigest()}, expiration=300, quorum={'root': 2},
               officers=[{'login': p.login, 'name': p.login.title(), 'key': json.load(open(p.public))['key']} for p in people])
    json.dump({'plan': new, 'signatures': []}, open(plan, 'w'))  # fujie ceremony plan makes none of a demonstration
    for p in people:
        code, said = p.sign(plan)
        check('%s signs it' % p.login, code == 0, said)
    work = subprocess.Popen([B + '/fujie', 'ceremony', 'succeed', '--dir', h.d, '--plan', plan, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for name, who, own, other in (('successor', people, plan, now), ('successor-list', people, plan, now), ('successor-list-sm2', people, plan, now), ('pass-on', old, now, plan)):
        there = until(lambda: os.path.exists(h.d + '/ceremony/%s.challenges' % name) or work.poll() is not None)
        became = [approve(p, name, own, other) for p in who[:2]] if there and work.poll() is None else work.communicate()
        check('%s: two officers approve' % name, list(became) == ['taken', 'taken'], became)
    out, err = work.communicate(timeout=120)
    check('the root has passed on', work.returncode == 0, (out, err))
    return plan, now


# --- the channels ---

def by(trust, credential, *named):
    return tool(B + '/fujie-verify', '--trust', trust, *named, kept('credential', credential))[1]


def told(verdict):
    return verdict.get('verdict'), [c['name'] + ': ' + c['text']['en'] for c in verdict.get('checks', []) if c['outcome'] in ('fail', 'unknown')][:3], [p['name'] for p in verdict.get('path', [])], verdict.get('error')


def judged(url, credential):
    return json.load(urllib.request.urlopen(url + '/v1/verify', json.dumps({'credential': credential}).encode(), timeout=300))


def bundle(compact):
    path = h.root + '/of.bundle'
    if os.path.exists(path):
        os.unlink(path)
    code, out = h.cli('bundle', 'create', kept('of', compact), '--out', path)
    return open(path, 'rb').read() if code == 0 else check('a bundle is made', False, out) or b'{}'


def everything(when, items):
    """(name, credential, is SM2): by the older root, the newer and both"""
    for name, credential, sm2 in items:
        for which, root, two in (('older', OLD, OLD2), ('newer', NEW, NEW2)):
            v = by(h.d + '/trust', credential, '--root', root, '--root-sm2', two)
            check('%s: %s, the tool, by the %s root' % (when, name, which), v['verdict'] == 'permit' and v['path'][-1]['sha256'] == (two if sm2 else root), told(v))
            v = tool(B + '/fujie-verify', '--root', two if sm2 else root, kept('bundle.json', bundle(credential)))[1]
            check('%s: %s, a bundle, by the %s root' % (when, name, which), v['verdict'] == 'permit', told(v))
        for who, v in (('the tool by both', lambda: by(h.d + '/trust', credential)), ('the service', lambda: judged(h.url(''), credential)), ('a mirror that pinned the older', lambda: judged(mirror.url, credential))):
            check('%s: %s, %s' % (when, name, who), until(lambda: v()['verdict'] == 'permit'), told(v()))


def passes(sentence, gate, compact):
    ask = lambda: gate.ask(token=compact, X_Fujie_X5T=b64u(b'1' * 32))
    check(sentence, gate.until(lambda: ask()[0] == 204), ask())


def openssl(sentence, path, root, want=True):
    """a path from this root alone, and the list, by whichever key of the name signed it"""
    der = h.d + '/publish/trust/crl/%s.crl' % pems(path)[0].extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name[0].value.rsplit('/', 1)[1][:-4]
    crl = kept('list.pem', subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', der], capture_output=True).stdout)
    r = subprocess.run(['openssl', 'verify', '-crl_check', '-extended_crl', '-CRLfile', crl, '-CAfile', root, '-untrusted', h.d + '/publish/trust/chain.pem', path], capture_output=True, text=True)
    check(sentence, (r.returncode == 0) == want, r.stdout + r.stderr)


h = Home(own=True)
o = Officers(h)
parts = []
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    OLD, OLD2 = root_of(h), root_of(h, '-sm2')
    old_pem = kept('old-root.pem', open(h.d + '/trust/root.pem').read())
    good = lambda k: [c for c in h.demo[k] if c['expect'] == 'permit']
    dac, dac_sm2 = (open(os.path.join(h.d, good(k)[0]['file'])).read() for k in ('certificates', 'certificates_sm2'))
    dac_file = os.path.join(h.d, good('certificates')[0]['file'])
    user = {'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'1' * 32)}
    token = issued(o, [user])[1][0]
    mirror, gate = Mirror(h, OLD, 'mirror'), Gateway(h.url(''), OLD, h.root + '/cache', '--root-sm2', OLD2, *OPTIONS)
    parts = [mirror, gate]
    check('a mirror and a gateway that pin the root begin', until(mirror.answers))
    before = bundle(token)
    plan, former_plan = passes_on()
    check('root.pem: the newer root, then the older', until(lambda: len(pems(h.d + '/trust/root.pem')) == 2 and sha(pems(h.d + '/trust/root.pem')[1]) == OLD))
    NEW, NEW2 = root_of(h), root_of(h, '-sm2')
    new_pem = kept('new-root.pem', pems(h.d + '/trust/root.pem')[0].public_bytes(serialization.Encoding.PEM))
    check('both of one name', pems(old_pem)[0].subject == pems(new_pem)[0].subject and NEW != OLD and NEW2 != OLD2)
    v = tool(B + '/fujie-verify', '--root', OLD, kept('before.json', before))[1]
    check('the bundle of before is read as before', v['verdict'] == 'permit', told(v))
    items = [('a certificate of before', dac, False), ('a token of before', token, False), ('an SM2 certificate of before', dac_sm2, True)]
    everything('after it passed on', items)
    passes('a gateway that pinned the older root goes on', gate, token)
    fresh = Gateway(h.url(''), NEW, h.root + '/cache-2', '--root-sm2', NEW2, *OPTIONS)
    second = Mirror(h, NEW, 'mirror-2')
    parts += [fresh, second]
    passes('one that pins the newer root takes a token of before', fresh, token)
    check('so does a mirror', until(second.answers) and until(lambda: judged(second.url, token)['verdict'] == 'permit'), second.words())
    openssl('openssl: from the older root alone', dac_file, old_pem)
    openssl('openssl: from the newer root alone', dac_file, new_pem)
    r = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', plan)
    check('the attestation, by the plan that follows', r[0] == 0 and r[1]['tpm'] == 'software', r)
    r = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', former_plan)
    check('by the former plan it fails: other officers rule the root', r[0] == 1 and r[1]['tpm'] == 'none', r)
    for key in ('root.1', 'root-sm2.1'):
        o.two('mof1', 'mof2', 'key.end', key=key)
    everything('when the older root\'s key is destroyed', items)
    r = tool(B + '/fujie-verify', 'attestation', '--trust', h.d + '/trust', '--plan', plan)
    rows = [c for c in r[1]['certificates'] if c['serial'] == '%x' % pems(old_pem)[0].serial_number or c['serial'] == '%032x' % pems(old_pem)[0].serial_number]
    check('the attestation tells the older root as former', r[0] == 0 and r[1]['tpm'] == 'software' and rows and all(c.get('former') for c in rows), r)
    code, out = h.cli('audit', 'verify')
    check('the whole record verifies', code == 0, out)
finally:
    for part in parts:
        part.stop()
    h.close()
finish()
