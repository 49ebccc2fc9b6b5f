"""kill -9 of each process at a write, a flush or a frame, while a batch of 200
certificates is issued (strace delivers the signal; the product knows nothing of
it).  Afterwards: every certificate is there once, serials and numbers are unique,
what was signed is on record, the events give every table again.

Before, one run under strace counts how often each process writes in such a batch.
POINTS=n takes n of those points for each process, spread evenly (default 4);
POINTS=all takes every one; BATCH=n issues n certificates instead of 200.  ANYWHERE=m kills m times at random moments besides
(default 3).  JOBS=k homes at a time (default 2).  `make soak` takes them all."""
import concurrent.futures, http.client, random, re, sqlite3, threading
from lib import *

N = int(os.environ.get('BATCH', 200))
POINTS, ANYWHERE, JOBS = os.environ.get('POINTS', '4'), int(os.environ.get('ANYWHERE', 3)), int(os.environ.get('JOBS', 2))
PROCESSES = ('fujie-registry', 'fujie-signer', 'swtpm', 'fujie-verifier')
CALLS = 'write,pwrite64,writev,sendmsg,sendto,fdatasync,fsync,syncfs,rename,renameat,unlink,ftruncate'


def reader(h):
    return sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)


def approve(h, ap):
    """with the officer's session, which stands in the register; the answer may never come"""
    try:
        return h.api('POST', '/api/v1/approval/approve', {'id': ap}, officer)
    except (OSError, ValueError, http.client.HTTPException):
        return None


def fresh(base):
    """a home of its own, in which the session is not idle"""
    h = base.copy()
    db = sqlite3.connect(h.d + '/register.db')
    shutil.copy(h.d + '/publish/log/checkpoint', h.root + '/kept')
    db.execute('UPDATE session SET made = ?, used = ?', (int(time.time()), int(time.time())))
    db.commit()
    db.close()
    return h


def settle(h, ap):
    """after the kill: everything pending is finished; the approval is given again when it was lost"""
    end = time.time() + 90
    while time.time() < end:
        try:
            db = reader(h)
            pending = db.execute("SELECT COUNT(*) FROM intent WHERE state = 'PENDING'").fetchone()[0]
            state = db.execute('SELECT state FROM approval WHERE id = ?', (ap,)).fetchone()[0]
            db.close()
        except sqlite3.OperationalError:
            time.sleep(0.2)
            continue
        if state == 'APPROVED' and pending == 0:
            return True
        if state == 'OPEN' and h.wait_up():
            approve(h, ap)
        time.sleep(0.1)
    return False


def faults_of(h, ap):
    """what is not as it must be, as sentences"""
    out = [] if settle(h, ap) else ['not all was finished']
    db = reader(h)
    rows = db.execute("SELECT number, serial, state, list, idx FROM certificate WHERE asset_no LIKE 'K-%'").fetchall()
    creds = [r[0] for r in db.execute("SELECT k.bytes FROM credential k JOIN certificate c ON c.number = k.object WHERE k.kind = 1 AND c.asset_no LIKE 'K-%'")]
    states = dict(db.execute("SELECT state, COUNT(*) FROM intent WHERE kind = 1 GROUP BY state").fetchall())
    db.close()
    tbs, ids = signed_records(h.d + '/signer/audit.log')
    if states.get('PENDING', 0) or states.get('ABANDONED', 0):
        out.append('intents: %s' % states)
    if not len(creds) == N == len(rows) == len({r[0] for r in rows}) == len({r[1] for r in rows}) == len({r[3:5] for r in rows}):
        out.append('%d credentials, %d rows, not each number, serial and list entry once' % (len(creds), len(rows)))
    if not all(r[2] == 'ACTIVE' for r in rows):
        out.append('a certificate is not ACTIVE')
    if not all(tbs_hash(c) in tbs for c in creds):
        out.append('a certificate is not on the signer\'s record')
    if not all(len(v) == 1 for v in ids.values()):
        out.append('an intent was signed with two structures')
    out += log_faults(h, creds)
    code, answer = h.cli('db', 'rebuild')
    if code != 0 or answer.get('same') is not True:
        out.append('the events give other tables: %s' % answer)
    return out


def log_faults(h, creds):
    """each certificate is one leaf of one log, which continues the checkpoint that was kept before"""
    out = []
    checkpoint = h.d + '/publish/log/checkpoint'
    db = reader(h)
    leaves = [json.loads(r[0]) for r in db.execute('SELECT data FROM leaf ORDER BY n')]
    db.close()
    issued = [l['sha256'] for l in leaves if l['kind'] == 'certificate' and l['event'] == 'issued']
    for der in creds:
        if issued.count(base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip('=')) != 1:
            out.append('a certificate has not one leaf')
    for _ in range(100):  # the head is given out before the credential, and the files are there then
        if int(open(checkpoint).read().split('\n')[1]) == len(leaves):
            break
        time.sleep(0.1)
    for cmd in (['verify', h.d], ['consistency', h.root + '/kept', '--dir', h.d]):
        r = subprocess.run([B + '/fujie', 'log', *cmd], capture_output=True, text=True, timeout=300)
        if r.returncode != 0:
            out.append('log %s: %s' % (cmd[0], r.stdout + r.stderr))
    return out


class Asking:
    """somebody who asks the verifier service meanwhile: verdicts and OCSP, 40 times at most"""

    def __init__(self, h):
        self.h, self.end = h, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        body = json.dumps({'credential': open(os.path.join(self.h.d, self.h.demo['tokens'][0]['file'])).read()}).encode()
        for i in range(40):
            try:
                urllib.request.urlopen(urllib.request.Request(self.h.url('/v1/verify'), body), timeout=5).read()
                urllib.request.urlopen(urllib.request.Request(self.h.url('/ocsp'), ocsp_request, {'Content-Type': 'application/ocsp-request'}), timeout=5).read()
            except OSError:
                pass
            if self.end.wait(0.02):
                return

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *x):
        self.end.set()
        self.thread.join()


def killer(pid):
    time.sleep(random.uniform(0.0, 0.6))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def trial(base, ap, process, when):
    """(was the process hit, faults)"""
    h = fresh(base)
    try:
        if not h.serve():
            return False, ['it does not serve']
        pid, tracer = h.children()[process], None
        late = threading.Thread(target=killer, args=(pid,))
        if when is None:
            late.start()
        else:
            tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-p', str(pid), '-e', 'trace=' + CALLS,
                                       '-e', 'inject=%s:signal=SIGKILL:when=%d' % (CALLS, when)], stderr=subprocess.DEVNULL)
            attached(pid)
        with Asking(h):
            approve(h, ap)
        if when is None:
            late.join()
        hit = h.children().get(process) != pid
        if tracer:
            untrace(tracer)
        return hit, faults_of(h, ap)
    finally:
        h.stop()
        h.close()


def attached(pid):
    for _ in range(1200):
        if any(l.startswith('TracerPid:') and l.split()[1] != '0' for l in open('/proc/%d/status' % pid)):
            return
        time.sleep(0.02)


def count(base, ap):
    """how often each process writes while the batch is issued"""
    h = fresh(base)
    try:
        h.serve()
        tracers = {}
        for name, pid in h.children().items():
            tracers[name] = subprocess.Popen(['strace', '-f', '-qq', '-o', '%s/%s.calls' % (h.root, name), '-p', str(pid), '-e', 'trace=' + CALLS], stderr=subprocess.DEVNULL)
            attached(pid)
        with Asking(h):
            approve(h, ap)
        for t in tracers.values():
            t.terminate()
            t.wait(120)
        return {n: sum(1 for l in open('%s/%s.calls' % (h.root, n)) if re.match(r'\d+ +(<\.\.\. )?(%s)' % CALLS.replace(',', '|'), l)) for n in tracers}
    finally:
        h.stop()
        h.close()


h = Home()
ocsp_request, officer = b'', None
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    s, do, assets = h.registered('K', N)
    ap = do('hb-fin1', 'certificate', 'issue', {'assets': assets})['approval']
    officer = s['hb-fin2']
    pem = h.d + '/' + h.demo['certificates'][0]['file'] if not os.path.isabs(h.demo['certificates'][0]['file']) else h.demo['certificates'][0]['file']
    subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/trust/chain.pem', '-cert', pem, '-no_nonce', '-reqout', h.root + '/ocsp.der'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ocsp_request = open(h.root + '/ocsp.der', 'rb').read()
    h.stop()
    n = count(h, ap)
    print('# writes, flushes and frames in a batch of %d: %s' % (N, n), flush=True)
    todo = []
    for process in PROCESSES:
        top = max(1, n.get(process, 0))
        k = top if POINTS == 'all' else min(top, int(POINTS))
        todo += [(process, 1 + i * (top - 1) // max(1, k - 1) if k > 1 else 1) for i in range(k)]
    todo += [(random.choice(PROCESSES[:3]), None) for _ in range(ANYWHERE)]
    hits = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for (process, when), (hit, faults) in zip(todo, pool.map(lambda t: trial(h, ap, *t), todo)):
            hits += hit
            check('kill -9 of %s %s: all is there once, on record, and can be replayed' % (process, 'at random' if when is None else 'at write %d' % when), not faults, faults)
    check('most of the kills hit their process (%d of %d)' % (hits, len(todo)), hits * 2 > len(todo))
finally:
    h.close()
finish()
