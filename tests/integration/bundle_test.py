"""Verification without the appliance: bundles, judged with the root's fingerprint alone, and libfujie-verify
as other programs get it (header, shared and static, pkg-config), over everything that demo.json names."""
import base64, calendar, hashlib, json, os, re, shutil, subprocess, tempfile, time, urllib.request
from lib import B, Home, Officers, absent, check, finish

h = Home()
if not h.made:
    check('a demo home is made', False, h.made_err)
    finish()
TMP = tempfile.mkdtemp(prefix='fujie-bundle-')
FOREIGN = 'tests/fuzz/'  # another home's root, lists and bundles


def der(pem):
    return base64.b64decode(re.sub(r'-----[^-]*-----|\s', '', open(pem).read()))


ROOT = hashlib.sha256(der(h.d + '/trust/root.pem')).hexdigest()


def run(*cmd, **env):
    return subprocess.run([str(c) for c in cmd], capture_output=True, text=True, timeout=300, env=dict(os.environ, **env))


def flat(use):
    return ','.join(k + '=' + v for k, v in (use or {}).items())


def tool(bundle, *options, root=None):
    """the verdict document of a bundle: a dict, bytes or a file's name"""
    if not isinstance(bundle, str):
        data = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        bundle = TMP + '/spoilt.json'
        open(bundle, 'wb').write(data)
    r = run(B + '/fujie-verify', '--root', root or ROOT, bundle, '--json', *options)
    out = json.loads(r.stdout)
    out['exit'] = r.returncode
    return out


def failed(out):
    bad = {'deny': 'fail', 'indeterminate': 'unknown'}.get(out['verdict'])
    return ' '.join([out['verdict']] + [c['name'] for c in out['checks'] if c['outcome'] == bad][:1])


made = {}


def bundle_of(what, *options):
    """by number or file; the path of the bundle"""
    key = (what,) + options
    if key not in made:
        path = '%s/%d.json' % (TMP, len(made))
        code, out = h.cli('bundle', 'create', what, '--out', path, *options)
        made[key] = path if code == 0 else None
        if code:
            print('# bundle of %s: %s' % (what, out))
    return made[key]


ITEMS = h.demo['authorisations'] + h.demo['certificates'] + h.demo['tokens']
GOOD = h.demo['tokens'][0]
name = lambda item: item.get('id') or item['number']


# --- the library, installed as others install it ---

def install():
    prefix = TMP + '/usr'
    r = run('make', 'install-lib', 'BUILD=' + B, 'PREFIX=' + prefix)
    check('the library is installed: header, libraries, pkg-config file, manual', r.returncode == 0 and all(os.path.exists(prefix + '/' + f) for f in (
        'include/fujie-verify.h', 'lib/libfujie-verify.a', 'lib/libfujie-verify.so.0', 'lib/libfujie-verify.so', 'lib/pkgconfig/fujie-verify.pc',
        'share/man/man1/fujie-verify.1', 'share/man/man3/libfujie-verify.3')), r.stderr)
    r = run('make', 'install-lib', 'BUILD=' + B, 'PREFIX=/usr', 'DESTDIR=' + TMP + '/dest')
    check('a packager puts it elsewhere than it will be', r.returncode == 0 and 'prefix=/usr\n' in open(TMP + '/dest/usr/lib/pkgconfig/fujie-verify.pc').read(), r.stderr)
    shown = run('nm', '-D', '--defined-only', prefix + '/lib/libfujie-verify.so.0').stdout.split()
    check('it shows fjv_ names alone', 'fjv_verify@@FUJIE_VERIFY_0' in shown and all(s.startswith('fjv_') or s == 'FUJIE_VERIFY_0' for s in shown[2::3]), shown[2::3])
    return prefix


def compiled(prefix, kind):
    """examples/verify.c by nothing but the installed files"""
    env = {'PKG_CONFIG_PATH': prefix + '/lib/pkgconfig'}
    static = ['--static'] if kind == 'static' else []
    flags = run('pkg-config', '--cflags', '--libs', *static, 'fujie-verify', **env).stdout.split()
    r = run('gcc', '-std=c11', '-Wall', '-Wextra', '-pedantic', '-Werror', *(['-static'] if static else []), '-o', TMP + '/verify-' + kind, 'examples/verify.c', *flags)
    check('the example compiles by pkg-config, ' + kind, r.returncode == 0, r.stderr)
    return TMP + '/verify-' + kind


def as_cpp(prefix):
    if run('gcc', '-x', 'c++', '-fsyntax-only', '/dev/null').returncode:
        return absent('a C++ compiler')
    open(TMP + '/x.cc', 'w').write('#include <fujie-verify.h>\nint main() { return fjv_report_permits(NULL); }\n')
    r = run('gcc', '-x', 'c++', '-std=c++11', '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', '-I' + prefix + '/include', TMP + '/x.cc')
    check('the header is C++ as well', r.returncode == 0, r.stderr)


# --- the same verdicts, whichever way ---

def same_verdicts():
    prefix = install()
    as_cpp(prefix)
    programs = [compiled(prefix, 'shared'), compiled(prefix, 'static')]
    env = {'LD_LIBRARY_PATH': prefix + '/lib'}
    wrong = {'bundle': [], 'library': [], 'library, bundle': [], 'tool': []}
    for item in ITEMS:
        use, expect, path = flat(item.get('use')), item['expect'], h.d + '/' + item['file']
        bundle = bundle_of(name(item))
        options = ['--use', use] if use else []
        if h.verdict_tool(item) != expect:
            wrong['tool'].append(name(item))
        if bundle is None or tool(bundle, *options)['verdict'] != expect:
            wrong['bundle'].append(name(item))
        for p in programs:
            r = run(p, h.d + '/trust', path, *([use] if use else []), **env)
            if r.stdout.split('\n')[0] != expect or r.returncode != (expect != 'permit'):
                wrong['library'].append((name(item), r.stdout, r.stderr))
        r = run(programs[0], '--root', ROOT, bundle, *([use] if use else []), **env)
        if r.stdout.split('\n')[0] != expect:
            wrong['library, bundle'].append((name(item), r.stdout, r.stderr))
    for way, list_ in wrong.items():
        check('what demo.json names has its verdict by the %s (%d items)' % (way, len(ITEMS)), list_ == [], list_)
    r = run(programs[0], h.d + '/nothing', h.d + '/' + GOOD['file'], **env)
    check('a failure is no verdict: no trust folder, no word on standard output', r.returncode == 2 and r.stdout == '' and '信任资料' in r.stderr, r)


# --- bundles ---

def making():
    path = h.d + '/' + GOOD['file']
    first = open(bundle_of(GOOD['id'])).read()
    doc = json.loads(first)
    open(TMP + '/t.tlog-proof', 'w').write(doc['proofs'][GOOD['id']])
    check('a bundle by file and proof and one by number are the same', open(bundle_of(path, '--log-proof', TMP + '/t.tlog-proof')).read() == first)
    check('by the file alone it has no proof of logging, and is the same otherwise', json.load(open(bundle_of(path))) == {**doc, 'proofs': {}})
    check('a bundle is canonical, and exactly its members', first == json.dumps(doc, sort_keys=True, separators=(',', ':'), ensure_ascii=False) and
          sorted(doc) == ['authorisations', 'certificates', 'credential', 'crls', 'format', 'issuing', 'lists', 'log', 'log_policy', 'proofs', 'root'], sorted(doc))
    says = lambda out: (out['verdict'], next(c['outcome'] for c in out['checks'] if c['name'] == 'logged'))
    check('it proves that its credential is in the public log', list(doc['proofs']) == [GOOD['id']] and doc['log'] and says(tool(first.encode(), '--use', flat(GOOD['use']), '--logged')) == ('permit', 'pass'), says(tool(first.encode(), '--logged')))
    bare = json.dumps({**doc, 'proofs': {}}, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    check('without the proof it does not, which matters to who asks', says(tool(bare.encode(), '--use', flat(GOOD['use']), '--logged')) == ('indeterminate', 'unknown') and says(tool(bare.encode(), '--use', flat(GOOD['use']))) == ('permit', 'not requested'))
    for sentence, args, in (('of no number and no file', []), ('of a number that is nobody\'s', ['LT-00000000000000000000000000']), ('of a root certificate', [h.d + '/trust/root.pem']),
                            ('of another home\'s token', [FOREIGN + 'corpus/verdict/permit-token-1']), ('of a time to come', [GOOD['id'], '--at', '2099-01-01T00:00:00Z'])):
        code, out = h.cli('bundle', 'create', *args, '--out', TMP + '/none')
        check('no bundle is made ' + sentence, code in (1, 2) and out['detail']['zh'] and not os.path.exists(TMP + '/none'), (code, out))
    return doc


def downloaded():
    """what the page of a number offers"""
    for item in h.demo['authorisations'] + h.demo['certificates']:
        data = urllib.request.urlopen(h.url('/v1/bundle/' + item['number']), timeout=300).read()
        out = tool(data, *(['--use', flat(item['use'])] if item.get('use') else []))
        check('the bundle that the service offers of %s: %s' % (item['number'], item['expect']), out['verdict'] == item['expect'], failed(out))


def past():
    """of a time that lists were kept of, and of one that none were"""
    kept = h.d + '/publish/history/status/0'
    times = sorted(t for t in (int(f.split('.')[0]) for f in os.listdir(kept)) if t + 60 < time.time())
    wrong, permitted = [], 0
    for t in times[-4:] + [int(time.time()) - 7 * 86400]:
        at = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(t + 60 if t in times else t))
        bundle = bundle_of(GOOD['id'], '--at', at)
        folder = json.loads(run(B + '/fujie-verify', '--trust', h.d + '/trust', h.d + '/' + GOOD['file'], '--at', at, '--json').stdout)
        out = tool(bundle, '--at', at) if bundle else {}
        permitted += out.get('verdict') == 'permit'
        if (out.get('verdict'), out.get('status')) != (folder['verdict'], folder.get('status')):
            wrong.append((at, out.get('verdict'), out.get('status'), folder['verdict'], folder.get('status')))
    check('of a past time a bundle says what the folder says (%d kept lists, %d permits)' % (len(times), permitted), wrong == [] and permitted > 0, wrong)


def fingerprints():
    b = bundle_of(GOOD['id'])
    upper = ':'.join(ROOT[i:i + 2].upper() for i in range(0, 64, 2))
    check('colons, spaces and case of a fingerprint are free', tool(b, root=upper)['verdict'] == tool(b, root=upper.replace(':', ' '))['verdict'] == 'permit')
    check('another fingerprint denies', failed(tool(b, root='0' * 64)) == 'deny chain')
    check('a bundle of another home denies', failed(tool(FOREIGN + 'corpus/bundle/permit-token-1')) == 'deny chain')
    for bad in (ROOT[:-1], ROOT + '0', 'g' * 64, ''):
        r = run(B + '/fujie-verify', '--root', bad, b, '--json')
        if not (r.returncode == 2 and json.loads(r.stdout)['verdict'] == 'indeterminate'):
            return check('what is no fingerprint is wrong use', False, (bad, r))
    check('what is no fingerprint is wrong use', run(B + '/fujie-verify', '--root', ROOT, '--root-sm2', ROOT, b).returncode == 2 and run(B + '/fujie-verify', '--trust', h.d + '/trust', '--root-sm2', ROOT, b).returncode == 2)


def pinned():
    """a trust folder, of whose roots one is named"""
    sm2 = hashlib.sha256(der(h.d + '/trust/root-sm2.pem')).hexdigest()
    one, two = (os.path.join(h.d, next(c['file'] for c in h.demo[k] if c['expect'] == 'permit')) for k in ('certificates', 'certificates_sm2'))

    def says(file, *named):
        r = run(B + '/fujie-verify', '--trust', h.d + '/trust', *named, '--json', file)
        return json.loads(r.stdout)['verdict'], r.returncode

    check('a folder by its root\'s fingerprint', says(one, '--root', ROOT) == ('permit', 0), says(one, '--root', ROOT))
    check('by another than it has: no verdict', says(one, '--root', '0' * 64)[0] == 'indeterminate' and says(one, '--root', '0' * 64)[1] != 0, says(one, '--root', '0' * 64))
    check('the SM2 root is believed without a name where none is named', says(two) == ('permit', 0), says(two))
    check('and where one is, by its own alone', says(two, '--root', ROOT)[0] == 'deny' and says(two, '--root', ROOT, '--root-sm2', sm2) == ('permit', 0), (says(two, '--root', ROOT), says(two, '--root', ROOT, '--root-sm2', sm2)))
    check('not by another', says(two, '--root', ROOT, '--root-sm2', ROOT)[0] == 'deny' and says(one, '--root', ROOT, '--root-sm2', '0' * 64) == ('permit', 0))


def ages():
    b = bundle_of(GOOD['id'])
    out = tool(b)
    as_of = out['status']['as_of']
    check('the report says how old the status is, and until when it holds', out['verdict'] == 'permit' and as_of < out['at'] < out['status']['until'], out.get('status'))
    text = run(B + '/fujie-verify', '--root', ROOT, b).stdout.split('\n')[1]
    check('and so does its text, in both languages', re.search(r'^状态截至 .*（距核验时间 \d+ (秒|分钟)）.* \d+ (seconds|minutes) old$', text), text)
    later = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(calendar.timegm(time.strptime(as_of, '%Y-%m-%dT%H:%M:%SZ')) + 3600))
    check('older than the reader allows is indeterminate', failed(tool(b, '--at', later, '--max-age', '59m')) == 'indeterminate freshness')
    check('and no older is not', [tool(b, '--at', later, '--max-age', a)['verdict'] for a in ('60m', '3600s', '1h', '7d')] == ['permit'] * 4)
    check('a status that has ended is indeterminate', failed(tool(b, '--at', '2027-01-15T00:00:00Z')).startswith('indeterminate'))
    check('an age is a number and its unit', all(run(B + '/fujie-verify', '--root', ROOT, b, '--max-age', a).returncode == 2 for a in ('24', 'h', '0h', '-1h', '1.5h', '1w', '9999999999s', '')))


def spoilt(doc):
    foreign_list = open(FOREIGN + 'trust/status/0.jwt').read()
    foreign_crl = base64.b64encode(open(FOREIGN + 'trust/crl/1.crl', 'rb').read()).decode()
    text = json.dumps(doc)
    for sentence, changed, expected in (
            ('without its status list', dict(doc, lists=[]), 'indeterminate status'), ('without its CRLs', dict(doc, crls=[]), 'indeterminate signer status'),
            ('with a list of another issuer', dict(doc, lists=[foreign_list]), 'deny signature'), ('with one beside its own', dict(doc, lists=doc['lists'] + [foreign_list]), 'deny signature'),
            ('with a CRL of another issuer', dict(doc, crls=doc['crls'] + [foreign_crl]), 'deny signature'),
            ('under another home\'s issuing CA', dict(doc, issuing=json.load(open(FOREIGN + 'corpus/bundle/permit-token-1'))['issuing']), 'deny chain'),
            ('with a member more', dict(doc, verdict='permit'), 'deny form'), ('with a member less', {k: v for k, v in doc.items() if k != 'crls'}, 'deny form'),
            ('with a name twice', ('{"lists":[],' + text[1:]).encode(), 'deny form'), ('with octets behind its end', (text + ' x').encode(), 'deny form'),
            ('cut short', text[:-1].encode(), 'deny form'), ('of no octets', b'', 'deny form')):
        out = tool(changed)
        check('a bundle %s: %s' % (sentence, expected), failed(out) == expected and out['exit'] == 1, failed(out))
    sure, at = open(bundle_of(GOOD['id']), 'rb').read(), 0
    at = sure.index(b'~"') - 12
    permitted = []
    for i in range(at, at + 14):
        for bit in range(8):
            if tool(sure[:i] + bytes([sure[i] ^ 1 << bit]) + sure[i + 1:])['verdict'] == 'permit':
                permitted.append((i, bit))
    check('no bit of the end of its credential can be changed so that it permits (112 tried)', permitted == [], permitted)


def revoked():
    before = bundle_of(GOOD['id'])
    o = Officers(h)
    officer = next(l['login'] for l in h.demo['logins'] if 'FINANCE' in l['roles'] and o.do(l['login'], 'token.revoke', id=GOOD['id'], reason='test')[0] == 200)
    made.clear()
    after = TMP + '/after.json'
    h.cli('bundle', 'create', GOOD['id'], '--out', after)
    check('the bundle of a revoked token proves that', failed(tool(after)) == 'deny status', (officer, tool(after)['verdict']))
    check('the one from before says its age, which is all that it can say', tool(before)['verdict'] == 'permit' and tool(before)['status']['as_of'] <= tool(after)['status']['as_of'])


def other_program():
    """--listen and watch: executed from the same folder, with every word"""
    shutil.copy(B + '/fujie-verify', TMP)
    r = run(TMP + '/fujie-verify', '--listen', 'unix:x', '--json')
    check('without fujie-gateway beside it nothing listens, and that is no verdict', r.returncode == 3 and json.loads(r.stdout)['verdict'] == 'indeterminate', r)
    open(TMP + '/fujie-gateway', 'w').write('#!/bin/sh\nfor a; do echo "<$a>"; done\n')
    os.chmod(TMP + '/fujie-gateway', 0o755)
    check('every word is passed on', run(TMP + '/fujie-verify', '--listen', 'unix:a b', '--x', '').stdout == '<--listen>\n<unix:a b>\n<--x>\n<>\n' and
          run(TMP + '/fujie-verify', 'watch', 'list').stdout == '<watch>\n<list>\n')


cold = TMP + '/cold.json'
code, out = h.cli('bundle', 'create', GOOD['id'], '--out', cold)
check('a bundle is made while nothing is served', code == 0 and tool(cold)['verdict'] == 'permit', out)
check('the appliance serves', h.serve())
same_verdicts()
doc = making()
downloaded()
past()
fingerprints()
pinned()
ages()
spoilt(doc)
other_program()
revoked()
h.close()
shutil.rmtree(TMP, ignore_errors=True)
finish()
