"""kill -9 at a chosen write, flush or frame of a process while a batch of 200
certificates is issued (strace delivers the signal; the product knows nothing of
it).  Afterwards: every certificate is there once, serials and numbers are
unique, what was signed is on record, the events give every table again.

POINTS=n takes n points for each process (default 3), RANDOM=m kills at random
moments besides (default 3); `make soak` takes them all."""
import random, sqlite3
from lib import *

N = 200
killed = reached = 0
POINTS, RANDOM = int(os.environ.get('POINTS', 3)), int(os.environ.get('RANDOM', 3))
HEAD = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'


def card(no):
    return {'basic': {'asset_no': no, 'name': 'kill ' + no, 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': {'rights': ['HOLD', 'USE'], 'modes': ['WHOLE'], 'dispute': False, 'public_data': True},
            'use': {}, 'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z'}}


def prepare(h):
    """200 registered assets and an open approval to certify them; its id"""
    s = {n: h.session(n) for n in ('hbsw1', 'hb-fin1', 'hbsw-sup', 'hb-fin3')}

    def do(who, noun, verb, body):
        code, out = h.api('POST', '/api/v1/%s/%s' % (noun, verb), body, s[who])
        if code != 200:
            raise RuntimeError('%s.%s: %s' % (noun, verb, out))
        return out

    rows = ''.join('K-%d,CAT-%d,kill K-%d,,自主采集,,否\r\n' % (i, i, i) for i in range(N))
    do('hbsw1', 'ledger', 'import', {'file': HEAD + rows})
    ids = {r['ledger_no']: r['id'] for r in h.api('GET', '/api/v1/ledger?limit=1000', None, s['hbsw1'])[1]['items']}
    assets = []
    for i in range(N):
        lg, no = ids['K-%d' % i], 'K-%03d' % i
        do('hbsw1', 'ledger', 'recognise', {'id': lg, 'result': 'ASSET', 'decision': 'x'})
        do('hb-fin1', 'ledger', 'confirm', {'id': lg})
        do('hbsw1', 'asset', 'card', {'ledger': lg, 'card': card(no)})
        rg = do('hbsw1', 'registration', 'submit', {'asset': no})['id']
        do('hbsw-sup', 'registration', 'review', {'id': rg, 'accept': True})
        do('hb-fin3', 'registration', 'accept', {'id': rg, 'accept': True})
        do('hb-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
        assets.append(no)
    return do('hb-fin1', 'certificate', 'issue', {'assets': assets})['approval']


def audit(path):
    """hashes of what was signed as data asset certificate; ids with their hashes"""
    data, i, tbs, ids = open(path, 'rb').read(), 0, set(), {}
    while i + 4 <= len(data):
        n = struct.unpack('>I', data[i:i + 4])[0]
        rec = data[i + 4:i + 4 + n]
        i += 4 + n
        if len(rec) == n and rec[0] == 3 and rec[18] == 4:
            at = 17 + 2 + 32
            at += 4 + struct.unpack('>I', rec[at:at + 4])[0]
            k = struct.unpack('>I', rec[at:at + 4])[0]
            at += 4
            for _ in range(k):
                tbs.add(rec[at + 16:at + 48])
                ids.setdefault(rec[at:at + 16], set()).add(rec[at + 16:at + 48])
                at += 48
    return tbs, ids


def tbs_hash(der):
    h = 4 if der[1] == 0x82 else 3
    n = int.from_bytes(der[h + 2:h + 4], 'big') + 4
    return hashlib.sha256(der[h:h + n]).digest()


def settle(h, ap):
    """after the kill: everything pending is finished; the approval is given again when it was lost"""
    end = time.time() + 60
    while time.time() < end:
        try:
            db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
            pending = db.execute("SELECT COUNT(*) FROM intent WHERE state = 'PENDING'").fetchone()[0]
            state = db.execute('SELECT state FROM approval WHERE id = ?', (ap,)).fetchone()[0]
            db.close()
        except sqlite3.OperationalError:
            time.sleep(0.2)
            continue
        if state == 'APPROVED' and pending == 0:
            return True
        if state == 'OPEN' and h.wait_up():
            h.cli('approval', 'approve', ap, who='hb-fin2')
        time.sleep(0.3)
    return False


def verify(h, ap, name):
    ok = settle(h, ap)
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
    rows = db.execute("SELECT number, serial, state FROM certificate WHERE asset_no LIKE 'K-%'").fetchall()
    creds = [r[0] for r in db.execute("SELECT k.bytes FROM credential k JOIN certificate c ON c.number = k.object WHERE k.kind = 1 AND c.asset_no LIKE 'K-%'")]
    intents = dict(db.execute("SELECT state, COUNT(*) FROM intent WHERE kind = 1 GROUP BY state").fetchall())
    db.close()
    signed, ids = audit(h.d + '/signer/audit.log')
    check('%s: all is finished or given up' % name, ok and intents.get('PENDING', 0) == 0, intents)
    check('%s: 200 certificates, each number and serial once' % name,
          len(creds) == N == len({r[0] for r in rows}) == len({r[1] for r in rows}) and all(r[2] == 'ACTIVE' for r in rows), (len(creds), len(rows)))
    check('%s: every certificate is on the signer\'s record' % name, all(tbs_hash(c) in signed for c in creds))
    check('%s: no intent was signed with two structures' % name, all(len(v) == 1 for v in ids.values()))
    code, out = h.cli('db', 'rebuild')
    check('%s: the events give every table again' % name, code == 0 and out.get('same') is True, out)


def trial(base, ap, process, when, name):
    global killed, reached
    h = object.__new__(Home)
    h.__dict__.update(base.__dict__)
    h.root = tempfile.mkdtemp(prefix='fujie-kill-')
    h.d, h.proc, h.used = h.root + '/home', None, dict(base.used)
    shutil.copytree(base.d, h.d, symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
    try:
        if not h.serve():
            check(name + ': serves', False)
            return False
        pid = h.children()[process]
        tracer = None
        if when is not None:
            calls = 'write,pwrite64,writev,sendmsg,fdatasync,fsync,rename,renameat'
            tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-p', str(pid), '-e', 'trace=' + calls,
                                       '-e', 'inject=%s:signal=SIGKILL:when=%d' % (calls, when)], stderr=subprocess.DEVNULL)
            time.sleep(0.5)
        else:
            def later():
                time.sleep(random.uniform(0.0, 0.5))
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            import threading
            threading.Thread(target=later, daemon=True).start()
        h.cli('approval', 'approve', ap, who='hb-fin2')
        hit = h.children().get(process) != pid
        if process != 'fujie-verifier':
            reached += 1
            killed += hit
        if tracer:
            tracer.terminate()
            tracer.wait(20)
        verify(h, ap, name)
        return hit
    finally:
        h.stop()
        h.close()


h = Home()
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    ap = prepare(h)
    check('200 assets wait for their certificates', bool(ap))
    h.stop()
    points = {'fujie-registry': [1, 5, 12, 20, 40, 80, 160, 240, 330], 'fujie-signer': [1, 2, 3, 60, 130, 205, 206, 208], 'swtpm': [1, 100, 199, 203], 'fujie-verifier': [1]}
    if POINTS > 9: # every write; beyond the last one the process is not hit
        points = {'fujie-registry': list(range(1, 401)), 'fujie-signer': list(range(1, 231)), 'swtpm': list(range(1, 216)), 'fujie-verifier': [1]}
    for process, when in points.items():
        step = max(1, len(when) // POINTS)
        for n in when[::step][:POINTS]:
            if not trial(h, ap, process, n, 'kill -9 of %s at write %d' % (process, n)) and POINTS > 9:
                reached -= process != 'fujie-verifier'
                break # it does not write that often
    for n in range(RANDOM):
        trial(h, ap, random.choice(['fujie-registry', 'fujie-signer', 'swtpm']), None, 'kill -9 at random, %d' % (n + 1))
    check('most of the kills hit their process (%d of %d)' % (killed, reached), killed * 2 > reached)
finally:
    h.close()
finish()
