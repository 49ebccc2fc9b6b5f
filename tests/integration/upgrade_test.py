"""Every version of the register that a release wrote (tests/fixtures/homes) opens in this program, which upgrades it
by itself when the service starts, or by hand; what was issued keeps its verdict, what is issued goes on; a fault
or a kill at any point leaves the register of before; and a home of a newer program is refused, with what to do."""
import glob, sqlite3, tarfile
from lib import *

HOMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures', 'homes')
code, known = tool(B + '/fujie', 'version')
check('the program says its version, and which registers it writes and upgrades',
      code == 0 and re.fullmatch(r'\d+\.\d[0-9.a-z~+-]*', known.get('program', '')) and known['register_reads_from'] <= known['register_writes'], (code, known))
NOW, OLDEST = known['register_writes'], known['register_reads_from']
samples = {int(re.search(r'/v(\d+)\.tar\.xz$', f).group(1)): f for f in glob.glob(HOMES + '/v*.tar.xz')}
check('there is a sample of the oldest version that it upgrades, and none older', samples and min(samples) == OLDEST, (sorted(samples), OLDEST))


class Stored(Home):
    """a stored home as it was, its clock an hour after it was made"""

    def __init__(self, version):
        self.root = tempfile.mkdtemp(prefix='fujie-test-')
        self.d, self.proc, self.used, self.made = self.root + '/home', None, {}, True
        with tarfile.open(samples[version]) as t:
            t.extractall(self.root)
        self.p, self.v = free_port(), free_port()
        self.demo = json.load(open(self.d + '/demo.json'))
        self.sample = json.load(open(self.d + '/sample.json'))
        self.offset = calendar.timegm(time.strptime(self.sample['now'], '%Y-%m-%dT%H:%M:%SZ')) + 3600 - int(time.time())
        with open(self.d + '/run/demo.clock', 'w') as f:
            f.write('%d\n' % self.offset)


def ask(h, sql, file='register.db'):
    db = sqlite3.connect('file:%s/%s?mode=ro' % (h.d, file), uri=True, timeout=30)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def version(h, file='register.db'):
    return ask(h, 'PRAGMA user_version', file)[0][0]


def events(h, file='register.db'):
    return ask(h, 'SELECT seq, hash FROM event ORDER BY seq', file)


def rewrite(h, sql):
    db = sqlite3.connect(h.d + '/register.db', isolation_level=None)
    for s in sql:
        db.execute(s)
    db.close()


def upgrade(h, *more):
    return tool(B + '/fujie', 'upgrade', '--dir', h.d, *more)


def by_hand(v):
    h = Stored(v)
    before = events(h)
    code, out = tool(B + '/fujie', 'cert', 'list', '--dir', h.d)
    check('version %d: a command refuses it and says what to do, in both languages' % v,
          code == 3 and 'version %d' % v in said(out) and 'fujie upgrade --dir' in said(out) and re.search('[\u4e00-\u9fff]', said(out)), (code, out))
    code, out = upgrade(h, '--dry-run')
    check('version %d: a dry run does all of it and keeps none' % v, code == 0 and out.get('from') == v and out.get('to') == NOW and not out.get('upgraded') and out.get('compared', 0) > 0, (code, out))
    check('version %d: the register is as it was, and no copy is there' % v, version(h) == v and events(h) == before and not glob.glob(h.d + '/register.db.*[!wm]'), os.listdir(h.d))

    two = [subprocess.Popen([B + '/fujie', 'upgrade', '--dir', h.d, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [p.communicate(timeout=300) for p in two]
    answers = [json.loads(e[0]) for e in ends]
    done = [a for a in answers if a.get('upgraded')]
    check('version %d: two at once, and one of them does it' % v, len(done) == 1 and all(a.get('upgraded') is False or 'in use' in said(a) for a in answers if a not in done), answers)
    check('version %d: it says what it did' % v, done and done[0]['from'] == v and done[0]['copy'] == 'register.db.v%d' % v and done[0]['compared'] > 0, done)
    check('version %d: the copy is the register of before' % v, version(h, 'register.db.v%d' % v) == v and events(h, 'register.db.v%d' % v) == before)
    row = ask(h, "SELECT actor, org, object, body FROM event WHERE kind = 'register.upgraded'")
    check('version %d: the record goes on where it was, with one event that says so' % v, events(h)[:-1] == before and len(row) == 1 and row[0][:3] == ('system', '', 'register') and
          json.loads(row[0][3]) == {'from': v, 'to': NOW, 'program': known['program']}, row)
    code, out = upgrade(h)
    check('version %d: a second time there is nothing to do' % v, code == 0 and out.get('upgraded') is False and len(events(h)) == len(before) + 1, out)
    h.close()


def verdicts(h, sentence):
    now = h.cli('status', 'show')[1]['now']
    got = {it['number']: (h.verdict_service(it), h.verdict_tool(it, now)) for it in h.sample['items']}
    check(sentence, all(got[it['number']] == (it['expect'],) * 2 for it in h.sample['items']), (got, h.sample['items']))


def served(v):
    """the service comes up with it by itself, and everything goes on"""
    h = Stored(v)
    before = events(h)
    with open(h.d + '/register.db.v%d' % (v - 1), 'w') as f:
        f.write('of an upgrade long ago')
    up = h.serve()
    log = open(h.root + '/serve.log', errors='replace').read()
    check('version %d: the service comes up, upgrades it by itself and says so' % v, up and version(h) == NOW and 'upgraded from version %d to %d' % (v, NOW) in log, log[-300:])
    check('version %d: the copy of before is kept, older ones are not' % v, [os.path.basename(f) for f in glob.glob(h.d + '/register.db.v*')] == ['register.db.v%d' % v], os.listdir(h.d))
    verdicts(h, 'version %d: what was issued before has the verdict that it had' % v)
    o = Officers(h)
    code, out = o.do('hb-fin2', 'approval.approve', id=h.sample['approval'])
    check('version %d: what waited for a second officer is approved and issued' % v, code == 200 and len(out.get('certificates', [])) == 1, (code, out))
    fresh = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[h.sample['asset']], years=3)[1]['certificates'][0]
    o.two('hb-fin1', 'hb-fin2', 'certificate.revoke', number=h.sample['items'][0]['number'], reason='privilegeWithdrawn')
    o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=h.sample['items'][2]['number'], reason='示例')
    for k, expect in ((0, 'deny'), (2, 'permit'), (3, 'deny'), (4, 'deny')):  # what stands on the first one falls with it
        h.sample['items'][k]['expect'] = expect
    verdicts(h, 'version %d: revoking and resuming bite' % v)
    code, out = h.cli('cert', 'show', fresh)
    check('version %d: a new certificate is issued, with the next number' % v, code == 0 and out.get('state') == 'ACTIVE' and int(fresh.split('-')[3]) == 5, out)
    code, out = h.cli('status', 'show')
    check('version %d: the status says program and version' % v, out.get('register') == NOW and out.get('program') == known['program'], out)
    rebuilt(h, 'version %d: the events give every table again' % v)
    code, out = h.cli('audit', 'verify')
    check('version %d: the whole record is true' % v, code == 0, out)
    h.stop()
    check('version %d: the record begins with that of before' % v, events(h)[:len(before)] == before)
    n = len(events(h))
    h.serve()
    check('version %d: a second start upgrades nothing' % v, len(ask(h, "SELECT 1 FROM event WHERE kind = 'register.upgraded'")) == 1)
    return h


def refused_ones(h):
    """a home of a newer program, of no release, with another form, without room"""
    h.stop()
    serve = [B + '/fujie', 'serve', '--dir', h.d]
    rewrite(h, ['PRAGMA user_version=%d' % (NOW + 1), "INSERT INTO upgrade VALUES (1000000, 0, %d, %d, '9.8~rc1')" % (NOW, NOW + 1)])
    for what, cmd in (('a service', serve), ('a command', [B + '/fujie', 'cert', 'list', '--dir', h.d]), ('an upgrade', [B + '/fujie', 'upgrade', '--dir', h.d])):
        code, out = tool(*cmd)
        text = said(out)
        check('%s refuses the home of a newer program: both versions, whose it is, what to do' % what, code == (1 if what == 'an upgrade' else 3) and all(w in text for w in ('version %d' % (NOW + 1), '9.8~rc1', known['program'], 'install', '请')), (code, out))
    check('and leaves it as it is', version(h) == NOW + 1)
    rewrite(h, ['PRAGMA user_version=%d' % (OLDEST - 1)])
    code, out = tool(*serve)
    check('so it does with one that no release wrote', code == 3 and 'version %d' % (OLDEST - 1) in said(out) and 'backup' in said(out), (code, out))
    h.close()


def spoiled(v):
    """a register whose upgrade can't be whole stays as it was"""
    for what, sql, words in (('a column that no release made', ['ALTER TABLE user ADD COLUMN extra TEXT'], 'table user has another form'),
                             ('an index that is missing', ['DROP INDEX leaf_issued'], 'leaf_issued is missing'),
                             ('a table that a later version has', ['CREATE TABLE upgrade (x)'], 'already exists'),
                             ('a table that differs from the events', ["UPDATE user SET name = 'x' WHERE login = 'hb-fin1'"], 'differs from what the events say')):
        h = Stored(v)
        rewrite(h, sql)
        before = events(h)
        code, out = upgrade(h)
        check('%s: it is refused, and nothing is changed' % what, code == 3 and words in said(out) and (words == 'already exists' or re.search('[\u4e00-\u9fff]', said(out))) and version(h) == v and events(h) == before, (code, out))
        h.close()


def full_disk(v):
    if os.geteuid() != 0:
        print('# skipped: a full disk: root only', flush=True)
        return
    h = Stored(v)
    small = h.root + '/small'
    os.mkdir(small)
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(h.d) for f in fs) // 1024 + 8192
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%dk' % size, 'none', small], capture_output=True).returncode != 0:
        print('# skipped: a full disk: no tmpfs can be mounted', flush=True)
        return
    try:
        shutil.move(h.d, small + '/home')
        h.d = small + '/home'
        code, out = upgrade(h)
        check('a disk without room for the copy: told before anything is done, with how much is needed', code == 3 and out.get('error') == 'disk-full' and 'MiB' in said(out) and version(h) == v, (code, out))
    finally:
        subprocess.run(['umount', '-l', small])
        h.close()


def sweep(v):
    """points at which the disk, a system call, the memory or the process may fail: some here, all with make upgrade-sweep"""
    h = Stored(v)
    shutil.copy(h.d + '/register.db', h.root + '/before.db')
    for kind, step in (('full', 59), ('io', 59), ('kill', 59), ('memory', 99991)):
        r = subprocess.run([B + '/tests/model/upgrade_driver', h.root + '/before.db', kind, os.environ.get('MEMORY' if kind == 'memory' else 'CALLS', str(step))], capture_output=True, text=True, cwd=h.d)
        out = json.loads(r.stdout or '{}')
        check('version %d: %s at every point (%d of them, %d left the old register, %d the new one)' % (v, kind, out.get('points', 0), out.get('old', 0), out.get('new', 0)),
              r.returncode == 0 and out.get('points', 0) > 3, r.stdout + r.stderr)
    h.close()


for v in sorted(samples):
    if v < NOW:
        by_hand(v)
        h = served(v)
if samples:
    refused_ones(h)
    spoiled(max(k for k in samples if k < NOW))
    full_disk(max(k for k in samples if k < NOW))
    sweep(max(k for k in samples if k < NOW))
finish()
