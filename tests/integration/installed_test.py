"""What `make install` puts where, manual pages against the programs, and completion."""
import glob
from lib import *

TMP = tempfile.mkdtemp(prefix='fujie-installed-')
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')


def make(*args):
    return subprocess.run(['make', '--no-print-directory', 'BUILD=' + B] + list(args), capture_output=True, text=True, cwd=ROOT)


def files():
    return sorted(os.path.relpath(os.path.join(f, n), TMP) for f, _, names in os.walk(TMP) for n in names)


def installing():
    r = make('install', 'DESTDIR=' + TMP, 'PREFIX=/usr', 'UNITDIR=/lib/systemd/system')
    have = files()
    want = ['usr/bin/fujie', 'usr/bin/fujie-verify', 'usr/bin/fujie-officer', 'usr/bin/fujie-gateway', 'usr/libexec/fujie/fujie-signer', 'usr/share/man/man1/fujie.1', 'usr/share/man/man5/fujie-bundle.5',
            'usr/share/man/man7/fujie-commands.7', 'usr/share/man/man8/fujie-signer.8', 'lib/systemd/system/fujie.service', 'usr/lib/sysusers.d/fujie.conf', 'usr/lib/tmpfiles.d/fujie.conf',
            'usr/share/bash-completion/completions/fujie', 'usr/share/doc/fujie/admin.zh.md', 'usr/share/doc/fujie/examples/nginx.conf', 'usr/share/doc/fujie/examples/gateway.conf.example']
    check('make install puts everything where it belongs', r.returncode == 0 and not [w for w in want if w not in have], (r.stderr[-300:], [w for w in want if w not in have]))
    left = subprocess.run(['grep', '-rlE', '@[A-Z]+DIR@', TMP], capture_output=True, text=True).stdout
    check('no place is left open', left == '', left)
    unit = open(TMP + '/lib/systemd/system/fujie.service').read()
    check('the unit starts what was installed', 'ExecStart=/usr/bin/fujie serve --dir /var/lib/fujie/home\n' in unit)
    r = subprocess.run([TMP + '/usr/bin/fujie', 'log'], capture_output=True, text=True)
    check('what people type finds what it starts', 'fujie log verify' in r.stdout + r.stderr, r.stdout + r.stderr)
    verify = subprocess.run(['systemd-analyze', 'verify', '--man=no'] + glob.glob(TMP + '/lib/systemd/system/fujie*'), capture_output=True, text=True) if shutil.which('systemd-analyze') else None
    if verify is None:
        absent('systemd-analyze')
    else:
        wrong = [l for l in verify.stderr.splitlines() if 'fujie' in l and 'is not executable' not in l and 'Failed to prepare filename' not in l]
        check('systemd finds no fault in the units', not wrong, wrong)
    open(TMP + '/usr/share/doc/fujie/mine', 'w').write('x')
    r = make('uninstall', 'DESTDIR=' + TMP, 'PREFIX=/usr', 'UNITDIR=/lib/systemd/system')
    check('make uninstall removes exactly that', r.returncode == 0 and files() == ['usr/share/doc/fujie/mine'], files()[:5])
    check('and the folders that were only its own', not os.path.exists(TMP + '/usr/libexec') and not os.path.exists(TMP + '/etc/fujie'))


def page(name):
    """options that a page describes: .Fl Fl WORD anywhere"""
    return set(re.findall(r'Fl Fl ([a-z0-9-]+)', open(os.path.join(ROOT, 'docs/man', name)).read()))


def said_by(*cmd):
    r = subprocess.run(cmd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    return set(re.findall(r'--([a-z0-9][a-z0-9-]*)', r.stdout + r.stderr))


def pages():
    # the words that `--key value` and `--option` stand for in a usage text, and what every page of a tool may leave out
    pairs = [('fujie.1', ['fujie', 'help']), ('fujie-verify.1', ['fujie-verify', '--help']), ('fujie-officer.1', ['fujie-officer', '--help']), ('fujie-gateway.8', ['fujie-gateway', '--help']),
             ('fujie-witness.1', ['fujie-witness']), ('fujie-inbox.8', ['fujie-inbox']), ('fujie-signer.8', ['fujie-signer', '--help'])]
    for name, cmd in pairs:
        program, manual = said_by(B + '/' + cmd[0], *cmd[1:]), page(name)
        check('%s describes every option that %s says' % (name, ' '.join(cmd)), program and not program - manual, sorted(program - manual))
    known = set()
    for f in glob.glob(ROOT + '/issuer/cli/*.c'):
        for row in re.findall(r'known\[\] = \{([^}]*)\}', open(f).read()):
            known |= set(re.findall(r'"([a-z0-9-]+)"', row))
    common = {'dir', 'as', 'json', 'out', 'key', 'option', 'file', 'no-serve'}
    there = known | said_by(B + '/fujie', 'help') | common
    check('fujie.1 describes every option that the commands take, and no other', not known - page('fujie.1') and not page('fujie.1') - there, (sorted(known - page('fujie.1')), sorted(page('fujie.1') - there)))
    table = subprocess.run([B + '/fujie-registry', '--commands'], capture_output=True, text=True).stdout
    made = open(B + '/man/fujie-commands.7').read()
    names = re.findall(r'^C\t([a-z-]+)\.([a-z-]+)\t', table, re.M)
    check('fujie-commands.7 has every command of the register', len(names) > 100 and all('.It Nm fujie Cm %s %s\n' % n in made for n in names))
    ini = set(re.findall(r'^\t\{"([a-z]+)", "([a-z_]+)", FJ_CONF', ''.join(open(f).read() for f in glob.glob(ROOT + '/issuer/cli/*.c')), re.M))
    text = open(ROOT + '/docs/man/fujie.ini.5').read()
    parts = dict(zip(re.findall(r'^\.Ss \\&\[([a-z]+)\]', text, re.M), re.split(r'^\.Ss .*\n', text, flags=re.M)[1:]))
    said_ = {(s, k) for s, body in parts.items() for line in re.findall(r'^\.It (Ic .*)', body, re.M) for k in re.findall(r'Ic ([a-z_]+)', line)}
    check('fujie.ini.5 describes every key, and no other', ini == said_, (sorted(ini - said_), sorted(said_ - ini)))
    executables = [n for n in os.listdir(B) if re.fullmatch('fujie(-[a-z]+)?', n) and os.access(B + '/' + n, os.X_OK) and os.path.isfile(B + '/' + n)]
    without = [e for e in executables if not glob.glob('%s/docs/man/%s.[18]' % (ROOT, e))]
    check('every executable has a page', len(executables) >= 10 and not without, without)


def guide():
    """every command of the guides is one, with options that it has"""
    options = {k: set(v.split()) for k, v in re.findall(r"^\t'([^']+)'\) echo (.*) ;;$", open(B + '/completion/fujie').read(), re.M)}
    for name in ('admin.en.md', 'admin.zh.md'):
        text = open(ROOT + '/docs/' + name).read().replace('\\\n', ' ')
        code = re.findall(r'`([^`\n]+)`', re.sub(r'```.*?```', '', text, flags=re.S)) + [l for b in re.findall(r'```\n(.*?)```', text, re.S) for l in b.split('\n')]
        wrong, n = [], 0
        for c in (c for line in code for c in re.split(r'[;|&] *|#', line)):
            m = re.match(r'\s*fujie ([a-z-]+)(?: ([a-z-]+))?((?: .*)?)$', c)
            if not m:
                continue
            n += 1
            noun = {'cert': 'certificate', 'auth': 'authorisation'}.get(m.group(1), m.group(1))
            key = noun if m.group(2) is None or noun in options and noun + ' ' + m.group(2) not in options else noun + ' ' + m.group(2)
            given = set(re.findall(r'--[a-z][a-z0-9-]*', m.group(3)))
            if key not in options and not any(k.startswith(key + ' ') for k in options) or given - options.get(key, set()) - {'--dir', '--as', '--json', '--out'}:
                wrong.append((c.strip()[:80], sorted(given - options.get(key, set()))))
        check('each command in %s can be typed' % name, n > 15 and not wrong, (n, wrong))


def complete(*words):
    script = 'source %s/completion/fujie; COMP_WORDS=(%s); COMP_CWORD=%d; _fujie; printf "%%s\\n" "${COMPREPLY[@]}"' % (B, ' '.join("'%s'" % w for w in words), len(words) - 1)
    return subprocess.run(['bash', '-c', script], capture_output=True, text=True, cwd=TMP).stdout.split()


def completing():
    if not shutil.which('bash'):
        return absent('bash')
    check('a noun is completed', complete('fujie', 'cer') == ['ceremony', 'cert', 'certificate'] or set(complete('fujie', 'cer')) == {'ceremony', 'cert', 'certificate'}, complete('fujie', 'cer'))
    check('then its verbs, of a short name too', {'issue', 'revoke', 'suspend', 'list'} <= set(complete('fujie', 'cert', '')), complete('fujie', 'cert', ''))
    got = complete('fujie', 'cert', 'revoke', '--')
    check('then the options of that command alone', {'--number', '--reason', '--dir', '--as'} <= set(got) and '--request' not in got, got)
    got = complete('fujie', 'init', '--off')
    check('options of what is not the register\'s come from the usage text', got == ['--officer'], got)
    for t, words in (('fujie-verify', {'--trust', '--max-age', 'attestation'}), ('fujie-officer', {'approve', '--plan'}), ('fujie-gateway', {'--listen', '--once'})):
        said = subprocess.run(['bash', '-c', 'source %s/completion/%s; complete -p %s' % (B, t, t)], capture_output=True, text=True).stdout
        check('%s is completed by its usage text' % t, words <= set(re.split(r"[ ']", said)), said)
    os.makedirs(TMP + '/some-home')
    got = complete('fujie', 'serve', '--dir', 'some')
    check('behind --dir there are folders', got == ['some-home'], got)


try:
    installing()
    pages()
    guide()
    completing()
finally:
    shutil.rmtree(TMP, ignore_errors=True)
finish()
