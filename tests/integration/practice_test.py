"""The certification practice statement (fujie ceremony statement): RFC 3647's headings, all of them; what it says
against certificates, CRLs, lists and OCSP answers that a demo really made; docs/practice-statement.md against
what the program writes of no home."""

import warnings

from cryptography import x509
from cryptography.x509.oid import ExtensionOID as X

from lib import *
from under_root import Sub, blocks, certify

# RFC 3647 section 6: how many headings stand below each of a chapter's
OUTLINE = {1: [0, 0, 5, 2, 4, 0], 2: [0, 0, 0, 0], 3: [6, 6, 2, 0], 4: [2, 3, 2, 3, 2, 7, 7, 7, 16, 3, 0, 2], 5: [8, 4, 8, 8, 7, 0, 4, 0],
           6: [7, 11, 2, 3, 2, 3, 0, 0], 7: [9, 2, 2], 8: [0] * 6, 9: [5, 3, 3, 7, 0, 5, 0, 0, 0, 3, 0, 3, 0, 0, 0, 5, 0]}
STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/practice-statement.md')
DAY = 86400
warnings.simplefilter('ignore') # a name of 64 characters has more octets; times without a zone


def numbers():
    for chapter, sections in OUTLINE.items():
        yield '%d' % chapter
        for s, below in enumerate(sections, 1):
            yield '%d.%d' % (chapter, s)
            for b in range(1, below + 1):
                yield '%d.%d.%d' % (chapter, s, b)


def sections(text):
    """[(number, heading, body)]"""
    parts = re.split(r'^#{2,4} ([0-9.]+) (.+)$', text, flags=re.M)
    return [(parts[i], parts[i + 1], parts[i + 2].strip()) for i in range(1, len(parts), 3)]


def rows(body):
    """the table of a section: [cells]"""
    return [[c.strip() for c in l.strip('|').split(' | ')] for l in body.splitlines() if l.startswith('| ')][2:]


def number(body, words):
    return int(re.search(words.replace('#', '([0-9]+)'), body).group(1))


def read(path):
    data = open(path, 'rb').read()
    return x509.load_pem_x509_certificate(data) if data.startswith(b'-----') else x509.load_der_x509_certificate(data)


def seconds(c):
    return (c.not_valid_after - c.not_valid_before).total_seconds() + 1


USAGES = {'digitalSignature': 'digital_signature', 'keyCertSign': 'key_cert_sign', 'cRLSign': 'crl_sign'}


def extension(c, cls):
    try:
        return c.extensions.get_extension_for_class(cls).value
    except x509.ExtensionNotFound:
        return None


def differs(c, profile, extensions, period, algorithms, sm2):
    """what a certificate has otherwise than its profile's rows say; '' nothing"""
    name, cn, usage, eku, path = profile
    ku, bc, purposes = extension(c, x509.KeyUsage), extension(c, x509.BasicConstraints), extension(c, x509.ExtendedKeyUsage)
    # decipherOnly and encipherOnly have no meaning without keyAgreement
    got = sorted(k for k, a in USAGES.items() if getattr(ku, a))
    if got != sorted(usage.split(', ')) or any(getattr(ku, a) for a in ('content_commitment', 'key_encipherment', 'data_encipherment', 'key_agreement')):
        return 'key usage %s' % got
    if [p.dotted_string for p in purposes or []] != ([] if eku == '—' else [eku]):
        return 'extended key usage'
    if (str(bc.path_length) if bc and bc.ca else '—') != path:
        return 'path length'
    have = ', '.join('%s%s' % (e.oid.dotted_string, ', critical' if e.critical else '') for e in c.extensions)
    want = sorted(re.findall(r'\(([0-9.]+(?:, critical)?)\)', extensions))
    if sorted('%s%s' % (e.oid.dotted_string, ', critical' if e.critical else '') for e in c.extensions) != want:
        return 'extensions %s' % have
    n, unit = re.match(r'([0-9]+) . / (years|days)|', period).groups()
    most = int(n) * (366 if unit == 'years' else 1) * DAY
    if seconds(c) > most or (name != 'data-asset' and seconds(c) < int(n) * (365 if unit == 'years' else 1) * DAY - (4 * DAY if unit == 'years' else 0)):
        return 'validity %d s' % seconds(c)
    if c.signature_algorithm_oid.dotted_string != algorithms[sm2]:
        return 'algorithm'
    real = c.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    if name == 'subordinate': # the CN ends in the division of its limits
        cn = cn.split('＋')[0] + ' 42'
    return '' if name == 'data-asset' or real == cn + (' SM2' if sm2 else '') else 'name %s' % real


def certificates(h):
    """(profile, SM2?, certificate) of everything that the demo made"""
    p = h.d + '/publish/'
    for s, sm2 in (('', False), ('-sm2', True)):
        yield 'root', sm2, read(p + 'ca/root%s.cer' % s)
        yield 'issuing', sm2, read(p + 'ca/issuing%s.cer' % s)
        for what in ('token', 'status', 'ocsp'):
            yield {'ocsp': 'ocsp'}.get(what, what + '-signer'), sm2, read(p + 'signer/%s%s.pem' % (what, s))
        for c in h.demo['certificates' + s.replace('-', '_')]:
            if c['file'].endswith('.pem'):
                yield 'data-asset', sm2, read(h.d + '/' + c['file'])
    yield 'log-signer', False, read(p + 'signer/log.pem')
    if os.path.exists(p + 'ca/subordinate-1.pem'):
        for sm2, der in enumerate(blocks(p + 'ca/subordinate-1.pem', 'CERTIFICATE')):
            yield 'subordinate', bool(sm2), x509.load_der_x509_certificate(der)


def compare(text, h):
    """[what the statement says otherwise than the demo's certificates, CRLs and lists do]"""
    s = {n: body for n, _, body in sections(text)}
    profiles = {r[0]: r for r in rows(s['7.1'])}
    extensions = {r[0]: r[1] for r in rows(s['7.1.2'])}
    periods = {r[0]: r[1] for r in rows(s['6.3.2'])}
    algorithms = [r[1] for r in rows(s['7.1.3'])]
    out, seen = [], set()
    for name, sm2, c in certificates(h):
        seen.add(name)
        if name not in profiles:
            out.append('%s is missing' % name)
            continue
        what = differs(c, profiles[name], extensions[name], periods[name], algorithms, sm2)
        if what:
            out.append('%s%s: %s' % (name, ' SM2' if sm2 else '', what))
        policies = extension(c, x509.CertificatePolicies)
        if [p.policy_identifier.dotted_string for p in policies or []] != ([] if name in ('root', 'ocsp') else [s['7.1.6'].split('；')[0]]):
            out.append('%s: policy' % name)
    if not os.path.exists(h.d + '/publish/ca/subordinate-1.pem'):
        seen.add('subordinate') # no demo has one of its own; further down this one certifies one
    if not os.path.exists(h.d + '/publish/ca/root-2.cer'):
        seen.add('cross') # one root by another: where the root has passed on (successor_test)
    if seen != set(profiles):
        out.append('profiles that nothing has: %s' % (set(profiles) - seen))
    crl = h.d + '/publish/trust/crl/'
    for f in os.listdir(crl):
        l = x509.load_der_x509_crl(open(crl + f, 'rb').read())
        life = (l.next_update - l.last_update).total_seconds()
        want = number(s['4.9.7'], 'Roots: valid for # days') * DAY if f.startswith('root') else number(s['4.9.7'], 'valid for # hours. Roots') * 3600
        oids = sorted((e.oid.dotted_string, e.critical) for e in l.extensions)
        if life != want or oids != sorted((o.dotted_string, o == X.ISSUING_DISTRIBUTION_POINT) for o in (X.AUTHORITY_KEY_IDENTIFIER, X.CRL_NUMBER, X.ISSUING_DISTRIBUTION_POINT)):
            out.append('CRL %s: %d s' % (f, life))
        if any(e.extensions.get_extension_for_class(x509.CRLReason).value.reason.value not in s['4.9.1'] + ' certificateHold' for e in l):
            out.append('CRL %s: a reason' % f)
    for f in os.listdir(h.d + '/publish/trust/status'):
        p = json.loads(base64.urlsafe_b64decode(open(h.d + '/publish/trust/status/' + f).read().split('.')[1] + '=='))
        if p['exp'] - p['iat'] != number(s['4.9.11'], 'valid for # hours') * 3600 or p['ttl'] != number(s['4.9.11'], 'anew after # seconds') or \
                p['status_list']['bits'] != number(s['4.9.11'], 'Status lists of # bits'):
            out.append('status list %s' % f)
    plan = json.load(open(h.d + '/ceremony/plan.json'))['plan']
    for n in ('5.2.2', '6.2.2'):
        if 'takes %d of the plan\'s %d officers' % (plan['quorum']['root'], len(plan['officers'])) not in s[n]:
            out.append('quorum in %s' % n)
    if not all('%s (%s)' % (o['name'], o['login']) in s['5.2.1'] for o in plan['officers']):
        out.append('officers')
    for f in ('root', 'root-sm2'):
        if hashlib.sha256(open(h.d + '/publish/ca/%s.cer' % f, 'rb').read()).hexdigest() not in s['1.2']:
            out.append('fingerprint of %s' % f)
    serials = [c.serial_number for _, _, c in certificates(h)]
    if max(x.bit_length() for x in serials) > number(s['3.1.5'], 'more than # bits') + 1 or len(set(serials)) != len(serials):
        out.append('serials')
    return out


def ocsp(text, h):
    """an answer of the running service against 4.9.9"""
    s = {n: body for n, _, body in sections(text)}
    c = next(c for c in h.demo['certificates'] if c['expect'] == 'permit')
    r = subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/publish/trust/chain.pem', '-cert', h.d + '/' + c['file'], '-url', h.url('/ocsp'), '-CAfile', h.d + '/publish/trust/root.pem',
                        '-verify_other', h.d + '/publish/trust/chain.pem', '-no_nonce', '-resp_text', '-noverify'], capture_output=True, text=True)
    at = {k: re.search(k + r': (\w+ +\d+ [\d:]+ \d+) GMT', r.stdout) for k in ('This Update', 'Next Update')}
    if None in at.values():
        return 'no answer: ' + r.stdout[-300:] + r.stderr[-300:]
    one, two = (calendar.timegm(time.strptime(' '.join(m.group(1).split()), '%b %d %H:%M:%S %Y')) for m in (at['This Update'], at['Next Update']))
    if two - one != number(s['4.9.9'], 'good for # minutes') * 60:
        return '%d s' % (two - one)
    return '' if 'days, renewed with' in s['4.9.9'] and number(s['4.9.9'], 'certificate for # days') == round(seconds(read(h.d + '/publish/signer/ocsp.pem')) / DAY) else 'responder'


def statement(h, *more):
    path = h.d + '/statement.md'
    if os.path.exists(path):
        os.unlink(path)
    code, out = h.cli('ceremony', 'statement', '--out', path, *more)
    return code, out, open(path, encoding='utf-8').read() if os.path.exists(path) else ''


def outline_test(text):
    s = sections(text)
    check('all headings of RFC 3647 section 6, in their order, and no other', [n for n, _, _ in s] == list(numbers()), [a for a, b in zip([n for n, _, _ in s], numbers()) if a != b][:3])
    check('each in Chinese and English', all(re.search('[一-鿿].* / .*[A-Za-z]', t) for _, t, _ in s), [t for _, t, _ in s if not re.search('[一-鿿].* / .*[A-Za-z]', t)][:3])
    leaf = [(n, b) for k, (n, _, b) in enumerate(s) if k + 1 == len(s) or not s[k + 1][0].startswith(n + '.')]
    none = [n for n, b in leaf if b == '未作规定。 / No stipulation.']
    check('what nobody has laid down says so: %d of %d' % (len(none), len(leaf)), '9.1.1' in none and '5.1.1' in none and not any(b == '' for _, b in leaf), [n for n, b in leaf if b == ''])
    bases = re.findall(r'〔((?!\d{4}〕)[^〕]+)', text)
    check('every rule names its basis: text, inferred, profile, or a standard', all(re.match(r'((R\d+|domain\.md [^,]+), )?(text|inferred|profile|standard): .+', b) for b in bases) and len(bases) > 200,
          [b for b in bases if not re.match(r'((R\d+|domain\.md [^,]+), )?(text|inferred|profile|standard): .+', b)][:3])
    paras = [(n, p) for n, _, b in s for p in b.split('\n\n') if p and '未作规定' not in p and not p.startswith(('| ', '* ')) and '〔' not in p and 'SHA-256' not in p]
    check('and no sentence is without one', paras == [], paras[:3])
    check('no value is left open', '{' not in text, text[text.find('{') - 40:][:80] if '{' in text else '')


h = Home(cases=True)
try:
    check('a demo home', h.made, h.made_err)
    code, out, text = statement(h)
    check('its practice statement is written', code == 0 and len(text) > 40000, out)
    outline_test(text)
    check('what it says is what the demo made: certificates, CRLs, status lists, quorum, officers, fingerprints', compare(text, h) == [], compare(text, h))

    def drift(sentence, old, new):
        check('a statement %s is found out' % sentence, old in text and compare(text.replace(old, new), h) != [], old in text)
    drift('of another life of CRLs', 'valid for 48 hours. Roots', 'valid for 72 hours. Roots')
    drift('of another root CRL', 'Roots: valid for 400 days', 'Roots: valid for 365 days')
    drift('of another life of status lists', 'valid for 48 hours, renewed every', 'valid for 24 hours, renewed every')
    drift('of another quorum', "takes 2 of the plan's 3", "takes 3 of the plan's 3")
    drift('of another path length', '| keyCertSign, cRLSign | — | 1 |', '| keyCertSign, cRLSign | — | 2 |')
    drift('of another key usage', '| Fujie Token Signer | digitalSignature |', '| Fujie Token Signer | keyCertSign |')
    drift('of another purpose', '.32473.2.4', '.32473.2.6')
    drift('of another algorithm', '1.2.156.10197.1.501', '1.2.156.10197.1.500')
    drift('of a critical extension that is none', '(2.5.29.32)', '(2.5.29.32, critical)')
    drift('of another validity', '| ocsp | 7 天 / days |', '| ocsp | 9 天 / days |')
    drift('of another policy', '32473.3.2；', '32473.3.1；')
    drift('without a profile', '| log-signer |', '| clock-signer |')

    code, out, model = statement(h, '--model')
    stored = open(STORED, encoding='utf-8').read() if os.path.exists(STORED) else ''
    at = next((k for k, (a, b) in enumerate(zip(model.splitlines(), stored.splitlines())) if a != b), -1)
    check('docs/practice-statement.md is what the program writes of no home (make statement)', code == 0 and model == stored, (at, model.splitlines()[at:at + 1], stored.splitlines()[at:at + 1]))
    check('which names no home', 'BASE/crl' not in stored and '32473' not in stored and 'DEMO' not in stored and 'takes M of the plan\'s N officers' in stored)
    outline_test(model)
    code, out, zh = statement(h, '--lang', 'zh')
    check('in Chinese alone', code == 0 and 'No stipulation' not in zh and '未作规定' in zh and len(sections(zh)) == len(list(numbers())))
    code, out, en = statement(h, '--lang', 'en')
    check('in English alone', code == 0 and '未作规定' not in en and 'No stipulation.' in en and 'CRL issuance frequency' in en)
    code, out, _ = statement(h, '--lang', 'de')
    check('another language is refused, with the reason', code in (1, 2) and 'zh or en' in str(out) and '语言' in str(out), out)

    check('the appliance serves', h.serve())
    check('an OCSP answer lives as long as the statement says', ocsp(text, h) == '', ocsp(text, h))
    check('and no other time', ocsp(text.replace('good for 60 minutes', 'good for 30 minutes'), h) != '')
    code, out, again = statement(h)
    check('with the service running it is the same', code == 0 and again == text)
    sub = Sub(h, 'sub')
    check('another appliance\'s CA is certified', sub.code == 0 and certify(h, sub.request) == 0 and until(lambda: os.path.exists(h.d + '/publish/ca/subordinate-1.pem') or None), sub.err)
    check('and is what the statement says, in both hierarchies', compare(text, h) == [] and compare(text.replace('caLimits (1.3.6.1.4.1.32473.1.2)', 'caLimits (1.3.6.1.4.1.32473.1.1)'), h) != [], compare(text, h))
finally:
    h.close()

# a home whose root has no plan of officers
root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    r = subprocess.run([B + '/fujie', 'init', '--dir', root + '/h', '--arc', '1.3.6.1.4.1.55555', '--base', 'http://127.0.0.1:8480', '--operator', '测试', '--org-usci', usci('11420000TEXT00001'),
                        '--org-name', '测试财政厅', '--org-div6', '420000', '--org-level', '省', '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2', '--tpm', 'software',
                        '--portal', '127.0.0.1:%d' % free_port(), '--verifier', '127.0.0.1:%d' % free_port(), '--json'], capture_output=True, text=True)
    out = subprocess.run([B + '/fujie', 'ceremony', 'statement', '--dir', root + '/h', '--lang', 'en'], capture_output=True, text=True)
    s = {n: b for n, _, b in sections(out.stdout)}
    check('of a home without officers it says that the root has none, and no SM2', r.returncode == 0 and out.returncode == 0 and 'which software enforces' in s['6.2.2'] and 'no plan of officers' in s['5.2.1'] and 'SM2' not in s['7.1.3'] and
          '1.3.6.1.4.1.55555.3.1' in s['7.1.6'], (r.stderr, out.stderr))
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
