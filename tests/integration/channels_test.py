"""Every channel says the same: tool, library, bundle, gateway, service, page and mirror over everything that
demo.json names; and after a revocation status list, CRL, OCSP, JSON, page, gateway and mirror, with the seconds that
each took (printed, not judged).  Names and numbers are illustrative."""
import base64

from lib import *

CHANNELS = ('tool', 'library', 'bundle', 'gateway', 'service', 'page', 'mirror')
h = Home()
if not h.made:
    check('a demo home is made', False, h.made_err)
    finish()

ROOTS = {sm2: hashlib.sha256(open(h.d + '/publish/ca/root%s.cer' % ('-sm2' * sm2), 'rb').read()).hexdigest() for sm2 in (False, True)}
ROOT = ROOTS[False]
others, ports = [], {'gateway': free_port(), 'mirror': free_port()}
EXAMPLE = h.root + '/verify'


def run(*cmd, **more):
    return subprocess.run([str(c) for c in cmd], capture_output=True, text=True, timeout=300, **more)


def begin(name, *cmd):
    others.append(subprocess.Popen([B + '/' + cmd[0], *cmd[1:]], stdin=subprocess.DEVNULL, stdout=h.log, stderr=h.log))
    end = time.time() + 60
    while time.time() < end and others[-1].poll() is None:
        try:
            return json.load(urllib.request.urlopen('http://127.0.0.1:%d/healthz' % ports[name], timeout=5))['ok']
        except (OSError, ValueError):  # not there yet, or red: it has nothing fresh yet
            time.sleep(0.2)
    return False


def everything():
    return [i for k in ('certificates', 'authorisations', 'tokens', 'certificates_sm2', 'tokens_sm2') for i in h.demo[k] if 'file' in i and 'expect' in i]


def text_of(item):
    return open(os.path.join(h.d, item['file'])).read()


def flat(item):
    return ','.join(k + '=' + v for k, v in (item.get('use') or {}).items())


def asked(url, item):
    body = dict({'credential': text_of(item)}, **({'use': item['use']} if item.get('use') else {}))
    return json.load(urllib.request.urlopen(url + '/v1/verify', json.dumps(body).encode(), timeout=300))


def page_says(url, item):
    """what the page shows to people, which has the verdict as a class of its own"""
    form = urllib.parse.urlencode({'credential': text_of(item), 'use': flat(item)}).encode()
    html = urllib.request.urlopen(urllib.request.Request(url + '/', form, {'Accept': 'text/html'}), timeout=300).read().decode()
    said = re.findall(r'class="verdict (permit|deny|indeterminate)"', html)
    return said[0] if len(said) == 1 else html[:200]


def tool_says(*cmd):
    return json.loads(run(B + '/fujie-verify', *cmd, '--json').stdout)['verdict']


def says(channel, item):
    path, use = os.path.join(h.d, item['file']), ['--use', flat(item)] if item.get('use') else []
    if channel == 'tool':
        return tool_says('--trust', h.d + '/trust', path, *use)
    if channel == 'library':
        r = run(EXAMPLE, h.d + '/trust', path, *([flat(item)] if use else []))
        return r.stdout.split('\n')[0] if r.returncode == (not r.stdout.startswith('permit\n')) else r
    if channel == 'bundle':
        out = h.root + '/bundle-%d.json' % len(os.listdir(h.root))
        code, made = h.cli('bundle', 'create', path, '--out', out)
        return tool_says('--root', ROOTS['-sm2' in path], out, *use) if code == 0 else str(made)
    return page_says(h.url(''), item) if channel == 'page' else asked(h.url('') if channel == 'service' else 'http://127.0.0.1:%d' % ports[channel], item)['verdict']


def same(item):
    got = {c: says(c, item) for c in CHANNELS}
    check('%s: %s by all of them' % (item['file'].split('/')[-1], item['expect']), all(v == item['expect'] for v in got.values()), got)


# --- after a revocation ---

def raw64(s):
    return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))


def claims(jwt):
    return json.loads(raw64(jwt.split('.')[1]))


def entry(uri, idx):
    import zlib
    lst = claims(urllib.request.urlopen(h.url('/status/' + uri.rsplit('/', 1)[1]), timeout=300).read().decode())['status_list']['lst']
    return zlib.decompress(raw64(lst))[idx // 4] >> 2 * (idx % 4) & 3


def revocation(item):
    """two officers withdraw a certificate; each channel is asked until it denies"""
    number, subject = item['number'], asked(h.url(''), item)['subject']
    serial, status = int(subject['serial'], 16), subject['status']
    pem, issuing = os.path.join(h.d, item['file']), h.root + '/issuing.pem'
    run('openssl', 'x509', '-inform', 'DER', '-in', h.d + '/publish/ca/issuing.cer', '-out', issuing)
    crl = lambda: run('openssl', 'crl', '-inform', 'DER', '-in', h.d + '/publish/trust/crl/1.crl', '-noout', '-text').stdout
    ask = {
        'status list': lambda: entry(status['uri'], status['idx']) == 1,
        'CRL': lambda: '%X' % serial in crl(),
        'OCSP': lambda: ': revoked' in run('openssl', 'ocsp', '-issuer', issuing, '-cert', pem, '-url', h.url('/ocsp'), '-CAfile', h.d + '/publish/trust/root.pem').stdout,
        'JSON': lambda: json.load(urllib.request.urlopen(urllib.request.Request(h.url('/v/' + number), headers={'Accept': 'application/json'}), timeout=300))['verdict'] == 'deny',
        'page': lambda: page_says(h.url(''), item) == 'deny', 'service': lambda: says('service', item) == 'deny', 'tool': lambda: says('tool', item) == 'deny',
        'gateway': lambda: says('gateway', item) == 'deny', 'mirror': lambda: says('mirror', item) == 'deny'}
    check('before it none of them denies', not any(f() for f in ask.values()), {k: f() for k, f in ask.items()})
    o = Officers(h)
    o.two('hb-fin1', 'hb-fin2', 'certificate.revoke', number=number, reason='privilegeWithdrawn')
    done, took = time.time(), {}
    while len(took) < len(ask) and time.time() < done + 60:
        for name, f in ask.items():
            if name not in took and f():
                took[name] = time.time() - done
    check('after it all of them deny', set(took) == set(ask), sorted(set(ask) - set(took)))
    print('# seconds until denied, asked in turns: ' + ', '.join('%s %.2f' % t for t in took.items()), flush=True)


try:
    check('a demo home that serves', h.serve())
    flags = ['-I', 'verifier', 'examples/verify.c', B + '/libfujie-verify.a', '-lcrypto', '-lz', '-lsodium', '-ljansson']
    check('the example is built against the header and the static library', run('cc', '-std=c11', '-D_GNU_SOURCE', '-o', EXAMPLE, *flags).returncode == 0)
    check('a gateway', begin('gateway', 'fujie-verify', '--listen', '127.0.0.1:%d' % ports['gateway'], '--issuer', h.url(''), '--root', ROOT, '--root-sm2', ROOTS[True], '--dir', h.root + '/cache', '--refresh', '1s',
                             '--audience', 'https://gateway.example', '--use', 'action=QUERY'))
    check('a mirror', begin('mirror', 'fujie', 'verifier', '--mirror', h.url(''), '--dir', h.root + '/mirror', '--root', ROOT, '--bind', '127.0.0.1:%d' % ports['mirror'], '--every', '1'))
    todo = everything()
    for i in todo:
        same(i)
    check('over all three kinds and all three verdicts', len(todo) > 20 and {i['expect'] for i in todo} == {'permit', 'deny', 'indeterminate'}, len(todo))
    revocation(next(i for i in h.demo['certificates'] if i['expect'] == 'permit' and i['number'].startswith('DAC-42')))
finally:
    for p in others:
        p.terminate()
        p.wait(120)
    h.stop()
    h.close()
finish()
