"""A home under another appliance's root, for tests: its two steps, and the parent's officers who certify it."""
from lib import *

OFFICER = B + '/fujie-officer'
LIMITS = ['--limit-division', '42', '--limit-holders', 'INST,MASS']


def run(*cmd, **kw):
    r = subprocess.run(list(cmd), capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL, **kw)
    return r.returncode, r.stdout, r.stderr


def said(out):
    return json.dumps(out, ensure_ascii=False)


def now(ahead=0):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + ahead))


class Sub:
    """a demo home under the parent's root, in its two steps"""
    def __init__(self, parent, name, *more, sm2=True, root=None):
        self.d, self.p, self.v, self.root = parent.root + '/' + name, free_port(), free_port(), parent.root
        roots = ['--root', root or parent.d + '/trust/root.pem'] + (['--sm2', '--root-sm2', parent.d + '/trust/root-sm2.pem'] if sm2 else [])
        self.code, self.out, self.err = run(B + '/fujie', 'demo', '--subordinate', '--dir', self.d, *roots, *(more or LIMITS), '--operator', '下级 %s（虚构）' % name,
                                            '--portal', '127.0.0.1:%d' % self.p, '--verifier', '127.0.0.1:%d' % self.v, '--json')
        self.request = self.d + '/ceremony/ca-request.json'

    def take(self, pem):
        code, out, err = run(B + '/fujie', 'demo', '--subordinate', '--dir', self.d, '--certificate', pem, '--no-serve', '--json')
        return code, out + err

    def home(self):
        h = object.__new__(Home)
        h.root, h.d, h.proc, h.used, h.p, h.v = self.root, self.d, None, {}, self.p, self.v
        h.demo = json.load(open(self.d + '/demo.json'))
        return h


def begin(parent, *args, round_='certify'):
    """the command that waits for officers; None with its answer when it does not"""
    who = min(('mof1', 'mof2', 'mof3'), key=lambda l: parent.used.get(l, 0)) # a one-time code works once
    for n in os.listdir(parent.d + '/ceremony'):
        if n.startswith(round_ + '.'):
            os.unlink(parent.d + '/ceremony/' + n)
    env = dict(os.environ, FUJIE_PASSWORD=parent.login(who)['password'], FUJIE_TOTP=parent.code(who))
    p = subprocess.Popen([B + '/fujie', 'ceremony', *args, '--dir', parent.d, '--as', who, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    until(lambda: os.path.exists(parent.d + '/ceremony/%s.challenges' % round_) or p.poll() is not None or None)
    if p.poll() is None:
        return p, ''
    out, err = p.communicate()
    return None, out + err


def approve(parent, name, round_='certify', lang='en'):
    """(what became of this officer's answer, what his tool showed)"""
    key, out = parent.d + '/officers/' + name, parent.d + '/officers/%s.tmp' % name
    if os.path.exists(out):
        os.unlink(out)
    code, text, err = run(OFFICER, 'approve', parent.d + '/ceremony/%s.challenges' % round_, '--plan', parent.d + '/ceremony/plan.json', '--key', key + '.key',
                          '--passphrase-file', key + '.passphrase', '--out', out, '--yes', '--lang', lang)
    if code != 0:
        return 'tool', text + err
    answer = parent.d + '/ceremony/%s.%s.answers' % (round_, name)
    os.rename(out, answer)
    return until(lambda: next((s for s in ('taken', 'refused') if os.path.exists(answer + '.' + s)), None)), text + err


def certify(parent, request, *more):
    """certified by two officers; the exit code of the command"""
    p, why = begin(parent, 'certify', '--file', request, *more)
    if p is None:
        return why
    approve(parent, 'officer1')
    approve(parent, 'officer2')
    out, err = p.communicate(timeout=60)
    return p.returncode if p.returncode == 0 else out + err


def bundle(parent, n):
    path = parent.d + '/publish/ca/subordinate-%d.pem' % n
    until(lambda: os.path.exists(path) or None)
    return path


def blocks(path, label):
    text = open(path).read()
    return [base64.b64decode(b.split('-----END')[0]) for b in text.split('-----BEGIN %s-----' % label)[1:]]


def as_pem(path, *pairs):
    with open(path, 'w') as f:
        for label, der in pairs:
            f.write('-----BEGIN %s-----\n%s-----END %s-----\n' % (label, base64.encodebytes(der).decode(), label))
    return path
