"""The n-th call fails, for each kind of call and each role: a short course (issue by two officers,
revoke by two, verdicts meanwhile) with the fault in it, then without.  Nothing is lost or doubled,
what was valid stays so, a refusal is told in both languages, a second try works, and no role ends
that was not killed, but for a signer whose record or TPM fails: it is started anew.  tests/faults/fail.c is loaded into the roles and says when it struck.

POINTS=n takes n points of each kind, spread evenly over its calls (1, of signer and verifier the first fault of each kind only); POINTS=all takes every one,
until the course passes without reaching it.  ONLY=regex takes some, as "registry sync EIO".
`make sweep` takes them all."""
import errno, http.client, mmap, re, sqlite3
from lib import *

POINTS, ONLY = os.environ.get('POINTS', '1'), re.compile(os.environ.get('ONLY', ''))
OPEN, READ, WRITE, SYNC, NAME, CUT, MAP, FRAME, ALLOC = (1 << i for i in range(9))
KINDS = {'open': OPEN, 'read': READ, 'write': WRITE, 'sync': SYNC, 'name': NAME, 'cut': CUT, 'map': MAP, 'frame': FRAME, 'alloc': ALLOC,
         'any write': WRITE | SYNC | NAME | CUT | FRAME}
EVER, ENDED = 2 ** 63, ('WITHDRAWN',)
SHORT, KILL = 'half', 'SIGKILL'
# kind of call, what happens, how often from there on
SWEEPS = [('write', 'ENOSPC', EVER), ('write', 'EIO', 1), ('write', 'EINTR', 1), ('write', SHORT, 1), ('sync', 'EIO', 1), ('sync', 'ENOSPC', EVER), ('name', 'EIO', 1), ('name', 'EROFS', EVER),
          ('open', 'EMFILE', 1), ('open', 'EROFS', EVER), ('read', 'EIO', 1), ('cut', 'EIO', 1), ('map', 'ENOMEM', 1), ('frame', 'EIO', 1), ('alloc', 'ENOMEM', 1), ('any write', KILL, 1)]
ROLES = {'registry': 'fujie-registry', 'signer': 'fujie-signer', 'verifier': 'fujie-verifier'}


class Fault:
    """the page that the roles share with us"""

    def __init__(self, path):
        with open(path, 'wb') as f:
            f.truncate(4096)
        with open(path, 'r+b') as f:
            self.m = mmap.mmap(f.fileno(), 4096)

    def arm(self, role, kind, what, first, many):
        self.off()
        action = {SHORT: 1, KILL: 2}.get(what, 0)
        code = getattr(errno, what) if action == 0 else errno.EIO
        struct.pack_into('<IIIQQQQ24s', self.m, 4, KINDS[kind], action, code, first, many, 0, 0, ROLES[role].encode())
        self.m[72:72 + 40 * 8] = bytes(40 * 8)
        struct.pack_into('<I', self.m, 0, 1)

    def off(self):
        """(calls that were counted, calls that failed)"""
        struct.pack_into('<I', self.m, 0, 0)
        return struct.unpack_from('<QQ', self.m, 32)

    def each(self):
        """calls of each kind that were counted"""
        return struct.unpack_from('<9Q', self.m, 72 + 24 * 8)

    def where(self, role):
        """the functions that the fault struck in, innermost first; the product's only"""
        at = [hex(a - 1) for a in struct.unpack_from('<24Q', self.m, 72) if a]
        if not at:
            return ''
        r = subprocess.run(['addr2line', '-fse', B + '/' + ROLES[role]] + at, capture_output=True, text=True)
        lines = r.stdout.split('\n')
        return ' < '.join('%s %s' % (f, l) for f, l in zip(lines[::2], lines[1::2]))[:700]


def rows(sql, *args):
    for _ in range(200):
        try:
            db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
            try:
                return db.execute(sql, args).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError:  # the register is started anew
            time.sleep(0.1)
    return []


class Sweep:
    def __init__(self, asset, sessions):
        self.asset, self.s, self.certs = asset, sessions, []
        self.permit = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
        self.told, self.bad, self.last = {}, [], None

    def ask(self, who, command, **body):
        """a step of the course; None: no answer at all"""
        try:
            code, out = h.api('POST', '/api/v1/' + command, body, self.s[who])
        except (OSError, ValueError, http.client.HTTPException):
            self.told['(no answer)'] = self.told.get('(no answer)', 0) + 1
            return None
        if code != 200:
            en, zh = (out.get('detail') or {}).get('en', ''), (out.get('detail') or {}).get('zh', '')
            self.told['%d %s' % (code, en[:90])] = self.told.get('%d %s' % (code, en[:90]), 0) + 1
            if not en or not re.search('[\u4e00-\u9fff]', zh) or not (out.get('rule') if code < 500 else ';' in en):
                self.bad.append('%s is refused without rule, remedy or words: %d %s' % (command, code, out))
        return code, out

    def get(self, path):
        try:
            return h.api('GET', '/api/v1/' + path, None, self.s['hb-fin1'])[1]
        except (OSError, ValueError, http.client.HTTPException):
            return {}

    def verdict(self, pem=None):
        body = {'credential': pem} if pem else {'credential': open(os.path.join(h.d, self.permit['file'])).read(), 'use': self.permit.get('use') or {}}
        try:
            with urllib.request.urlopen(urllib.request.Request(h.url('/v1/verify'), json.dumps(body).encode()), timeout=60) as r:
                return json.load(r)['verdict']
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return None

    def open_approval(self, kind):
        got = rows("SELECT id FROM approval WHERE kind = ? AND state = 'OPEN'", kind)
        return got[0][0] if got else None

    def new(self):
        got = rows('SELECT number, state FROM certificate WHERE asset_no = ? ORDER BY number', self.asset)
        return [r for r in got if r[0] not in self.certs]

    def issue(self):
        """each step unless it is done already; True when it is"""
        if self.new():
            return True
        if not self.open_approval('certificate.issue') and not self.pending():
            self.ask('hb-fin1', 'certificate/issue', assets=[self.asset])
        ap = self.open_approval('certificate.issue')
        if ap:
            self.ask('hb-fin2', 'approval/approve', id=ap)
        return bool(self.new())

    def pending(self):
        return rows("SELECT COUNT(*) FROM intent WHERE state = 'PENDING'")[0][0]

    def revoke(self):
        new = self.new()
        if not new:
            return False
        if new[0][1] in ENDED:
            return True
        if not self.open_approval('certificate.revoke'):
            self.ask('hb-fin1', 'certificate/revoke', number=new[0][0], reason='keyCompromise', note='示例')
        ap = self.open_approval('certificate.revoke')
        if ap:
            self.ask('hb-fin2', 'approval/approve', id=ap)
        return self.new()[0][1] in ENDED

    def course(self):
        self.issue()
        self.verdict()
        self.revoke()
        self.verdict(self.last)

    def settle(self):
        """what the fault left undone is done by trying again; what is not as it must be"""
        out = []
        if not until(lambda: self.issue() and not self.pending(), 60):
            return ['it is not issued by trying again']
        if not until(self.revoke, 60):
            return ['it is not revoked by trying again']
        new = self.new()
        if len(new) != 1:
            out.append('there is not one certificate more: %s' % new)
        self.certs += [r[0] for r in new]
        shown = lambda: self.get('certificate/' + new[0][0])
        pem = until(lambda: shown().get('pem'), 70)  # it is tried again with growing pauses
        if not pem:
            return out + ['it is not shown: %s' % shown()]
        if not until(lambda: self.verdict(pem) == 'deny', 70):
            out.append('what was revoked is %s' % self.verdict(pem))
        if not until(lambda: self.verdict() == 'permit', 15):
            out.append('what was valid is %s' % self.verdict())
        self.last = pem
        return out

    def kept(self):
        """the whole, now and then: each certificate once, one leaf for its issue and one for its end, events, log"""
        got = rows('SELECT number, serial, list, idx, state FROM certificate WHERE asset_no = ?', self.asset)
        out = []
        if not len(got) == len(self.certs) == len({r[0] for r in got}) == len({r[1] for r in got}) == len({r[2:4] for r in got}):
            out.append('%d certificates for %d courses, or a serial or an entry twice' % (len(got), len(self.certs)))
        if rows("SELECT COUNT(*) FROM intent WHERE state != 'ISSUED' AND kind = 1")[0][0]:
            out.append('an intent was given up')
        ids = signed_records(h.d + '/signer/audit.log')[1]
        if not all(len(v) == 1 for v in ids.values()):
            out.append('an intent was signed with two structures')
        for cmd in (('db', 'rebuild', '--check'), ('log', 'verify', h.d)):
            r = subprocess.run([B + '/fujie', *cmd] + (['--dir', h.d, '--json'] if cmd[0] == 'db' else []), capture_output=True, text=True, timeout=300)
            if r.returncode != 0:
                out.append('%s: %s' % (' '.join(cmd), (r.stdout + r.stderr)[-300:]))
        return out


def point(sweep, role, kind, what, n, many):
    """(calls counted, did it strike, faults)"""
    h.wait_up()
    if not until(lambda: {'swtpm', *ROLES.values()} <= set(h.children()), 60):
        return 0, 0, ['a role is not there']
    before = h.children()
    fault.arm(role, kind, what, n, many)
    sweep.course()
    count, hits = fault.off()
    faults = sweep.settle()
    after = h.children()
    if what != KILL and role != 'signer':  # a signer that can't record what it signs ends, and with it its TPM (lesson 12)
        faults += ['%s ended' % name for name, pid in before.items() if after.get(name) != pid]
    faults += sweep.bad
    sweep.bad = []
    return count, hits, faults


def counted(sweep, role):
    """calls of each kind in a course without faults"""
    _, _, faults = point(sweep, role, 'any write', 'EIO', EVER - 1, 1)
    each = fault.each()
    check('%s: the course passes while its calls are counted' % role, not faults and sum(each) > 0, faults)
    print('# %s: %s' % (role, ', '.join('%s %d' % (k, each[i]) for i, k in enumerate(list(KINDS)[:9]))), flush=True)
    return {k: sum(n for i, n in enumerate(each) if KINDS[k] & 1 << i) for k in KINDS}


def places(total):
    """all until one is not reached, or so many as are asked for, evenly"""
    if POINTS == 'all':
        return itertools.count(1)
    most = min(total, int(POINTS))
    return [1 + k * (total - 1) // (most - 1) for k in range(most)] if most > 1 else [total // 2 + 1]


def swept(sweep, role, kind, what, many, total):
    """one kind of fault at its points; (points, struck)"""
    name = '%s %s %s' % (role, kind, what)
    done = hit = lost = 0
    began = time.time()
    for n in places(total):
        _, hits, faults = point(sweep, role, kind, what, n, many)
        done += 1
        hit += hits > 0
        if faults:
            lost += 1
            print('# %s at call %d: %s; %s' % (name, n, '; '.join(faults)[:600], fault.where(role)), flush=True)
        if (POINTS == 'all' and not hits) or lost > 20:
            break
    check('%s at %d of %d calls (struck: %d): nothing is lost, a second try works' % (name, done, total, hit), not lost, lost)
    if POINTS != '1':
        print('# %s: %.0f s' % (name, time.time() - began), flush=True)
    return done, hit


h = Home()
try:
    fault = Fault(h.root + '/fault')
    os.environ.update(FUJIE_FAULT=h.root + '/fault', LD_PRELOAD=B + '/tests/faults.so')
    up = h.made and h.serve()
    del os.environ['FUJIE_FAULT'], os.environ['LD_PRELOAD']
    check('a demo home that serves, with the faults\' library in its roles', up, h.made_err)
    s, do, assets = h.registered('SW', 1)
    sweep = Sweep(assets[0], s)
    sweep.course()
    check('the course passes', not sweep.settle() and not sweep.bad, sweep.bad)
    all_done = all_hit = 0
    for role in ROLES:
        todo = [w for w in SWEEPS if ONLY.search('%s %s %s' % (role, *w[:2]))]
        if POINTS == '1' and role != 'registry':
            todo = list({w[0]: w for w in reversed(todo)}.values())
        calls = counted(sweep, role) if todo else {}
        for kind, what, many in todo:
            if calls[kind]:
                done, hit = swept(sweep, role, kind, what, many, calls[kind])
                all_done, all_hit = all_done + done, all_hit + hit
        if todo:
            kept = sweep.kept()
            check('%s: each certificate is there once, and once in the log; the events give every table again' % role, not kept, kept)
    for words, times in sorted(sweep.told.items(), key=lambda t: -t[1])[:40]:
        print('# told %d times: %s' % (times, words), flush=True)
    print('# %d points, %d struck' % (all_done, all_hit), flush=True)
    check('it ends on SIGTERM with 0', h.stop() == 0)
finally:
    h.close()
finish()
