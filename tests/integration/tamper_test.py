"""What was tampered with is found, and where: register (rows of events, leaves, credentials; older states), public log (leaves,
tiles, bundles, checkpoint; older states) and the signer's audit log, by `fujie log verify`, `fujie audit verify` and the
signer's start.  An older state of everything together is true in itself: only a checkpoint that somebody kept tells, and
that is counted apart.  TAMPERINGS=n of them by SEED, 100 by default; `make tamper` makes 10,000."""
import collections
import threading
import random
import sqlite3
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from lib import *
from tlog import bundle, read_bundle

MANY, SEED = int(os.environ.get('TAMPERINGS', '100')), int(os.environ.get('SEED', '1'))
CERTIFICATES = int(os.environ.get('CERTIFICATES', '100'))
LANES = int(os.environ.get('LANES', '2'))


# --- a home with a past ---

def certificates(o):
    """N certificates by the short path, in acts on all of them"""
    o.done('hbsw1', 'ledger.import', file=CSV_HEAD + ''.join('T-%03d,CAT-%03d,2026年示例数据集%d,,自主采集,,否\r\n' % (i, i, i) for i in range(CERTIFICATES)))
    ledger = [r['id'] for r in sorted(o.get('hbsw1', 'ledger?limit=1000')['items'], key=lambda r: r['ledger_no']) if r['ledger_no'].startswith('T-')]
    o.done('hbsw1', 'ledger.recognise', ids=ledger, result='ASSET', decision='示例')
    o.done('hb-fin1', 'ledger.confirm', ids=ledger)
    for i, lg in enumerate(ledger):
        o.done('hbsw1', 'asset.card', ledger=lg, card=card('T-%03d' % i))
    assets = ['T-%03d' % i for i in range(len(ledger))]
    ids = [i['id'] for i in o.done('hbsw1', 'registration.submit', assets=assets)['items']]
    o.done('hb-fin3', 'registration.decide', ids=ids, accept=True)
    o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=assets)
    return [c['number'] for c in o.get('hb-fin1', 'certificate?limit=1000')['items']]


class State:
    """what a tampering can change: the files of a home that is not served"""
    PARTS = {'register': ('register.db',), 'log': ('publish/log', 'publish/trust', 'publish/history'), 'signer': ('signer/audit.log',)}

    def __init__(self, home, to):
        self.d = to
        for paths in self.PARTS.values():
            for p in paths:
                self.copy(home, to, p)
        db = sqlite3.connect(to + '/register.db')  # as one file, whatever lies in its journal
        db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        db.execute('PRAGMA journal_mode=DELETE')
        db.close()
        self.head = open(to + '/publish/log/checkpoint').read()
        self.size = int(self.head.split('\n')[1])

    @staticmethod
    def copy(home, to, p):
        os.makedirs(os.path.dirname(to + '/' + p), exist_ok=True)
        for more in ('', '-wal'):
            if os.path.isdir(home + '/' + p):
                shutil.rmtree(to + '/' + p, ignore_errors=True)
                shutil.copytree(home + '/' + p, to + '/' + p)
                return
            if os.path.exists(to + '/' + p + more):
                os.unlink(to + '/' + p + more)
            if os.path.exists(home + '/' + p + more):
                shutil.copyfile(home + '/' + p + more, to + '/' + p + more)


def make(h):
    """states of one home, older to newer; each has more leaves than the one before"""
    states, o = [], Officers(h)

    def keep():
        h.stop()
        states.append(State(h.d, '%s/state%d' % (h.root, len(states))))
        check('the home serves on', h.serve())
        o.sessions.clear()
    check('it serves', h.serve())
    numbers = certificates(o)
    keep()
    audits, busy = [], threading.Event()

    def look():
        while not busy.is_set():
            audits.append(h.cli('audit', 'verify'))
    looker = threading.Thread(target=look)
    for i, number in enumerate(numbers[:56]):
        if i == 41:
            looker.start()
        o.done('hb-fin1', 'certificate.suspend', number=number, reason='示例')
        if i in (10, 40):
            keep()
    busy.set()
    looker.join()
    check('while it signs and publishes the record is true each time (%d)' % len(audits), len(audits) > 1 and all(code == 0 for code, _ in audits), [a for a in audits if a[0]])
    code, out = h.cli('audit', 'verify')
    check('served: the whole record is true, and the signer was asked', code == 0 and out['same'] and out['signer_asked'] is True and out['leaves'] > 256 and out['credentials'] == CERTIFICATES, out)
    noted = out['event_head']
    h.stop()
    states.append(State(h.d, h.root + '/state%d' % len(states)))
    for kept, want in ((noted, 0), (noted[:-1] + ('0' if noted[-1] != '0' else '1'), 1), ('1000000:' + noted.split(':')[1], 1), (noted[:-1], 1)):
        code, out = h.cli('audit', 'verify', '--kept', kept)
        check('what was noted of the events, %s' % ('the same' if want == 0 else 'changed'), code == want and (want == 0 or re.search('[\u4e00-\u9fff]', out['detail']['zh'])), out)
    code, out = h.cli('audit', 'verify')
    check('not served: true too, and the signer was not asked', code == 0 and out['same'] and out['signer_asked'] is False, out)
    return states


def rehashed(db, first, rows):
    """the events' chain written anew, as issuer/event.c has it, by somebody who knows how"""
    before = db.execute('SELECT hash FROM event WHERE seq = ?', (first - 1,)).fetchone()[0]
    part = lambda b: struct.pack('>I', len(b)) + b
    for r in rows:
        texts = [('%d %d' % (r['seq'], r['at']))] + [r[c] for c in ('actor', 'org', 'kind', 'object', 'approval', 'policy', 'body')]
        before = hashlib.sha256(part(before) + b''.join(part(t.encode()) for t in texts)).digest()
        db.execute('UPDATE event SET actor = ?, body = ?, hash = ? WHERE seq = ?', (r['actor'], r['body'], before, r['seq']))


def rewritten(lane, change):
    """change(db, rows) alters rows of events and what follows from them; the first that it altered"""
    db = sqlite3.connect(lane.d + '/register.db')
    db.row_factory = sqlite3.Row
    for (name,) in [tuple(r) for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('event', 'leaf')")]:
        db.execute('DROP TRIGGER ' + name)
    rows = [dict(r) for r in db.execute('SELECT * FROM event ORDER BY seq')]
    first = change(db, rows)
    rehashed(db, first, rows[first - 1:])
    db.commit()
    db.close()
    return first


def informed(states):
    """who knows how the chain is made writes it anew: where a leaf changes, the log tells; where none does, what was noted"""
    now = states[-1]
    lane = Lane(now, h.root + '/informed')
    db = sqlite3.connect('file:%s/register.db?mode=ro' % now.d, uri=True)
    seq, hash_ = db.execute('SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1').fetchone()
    db.close()
    noted = '%d:%s' % (seq, hash_.hex())

    def suspension(db, rows):
        i = max(k for k, r in enumerate(rows) if r['kind'] == 'certificate.issued')
        body = json.loads(rows[i]['body'])
        body['sha256'] = body['sha256'][:-1] + ('0' if body['sha256'][-1] != '0' else '1')
        rows[i]['body'] = json.dumps(body, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
        n, data = db.execute('SELECT n, data FROM leaf WHERE seq = ?', (rows[i]['seq'],)).fetchone()
        leaf = json.loads(data)
        leaf['sha256'] = base64.urlsafe_b64encode(bytes.fromhex(body['sha256'])).decode().rstrip('=')
        db.execute('UPDATE leaf SET data = ? WHERE n = ?', (json.dumps(leaf, sort_keys=True, separators=(',', ':'), ensure_ascii=False), n))
        return rows[i]['seq']

    def confirmation(db, rows):
        i = next(k for k, r in enumerate(rows) if r['kind'] == 'ledger.confirmed')
        rows[i]['actor'] = 'hb-fin2'
        return rows[i]['seq']
    check('what was noted of the untouched register is the same', lane.audit(noted)['ok'])
    rewritten(lane, suspension)
    a = lane.audit()
    check('the chain, its tables and a leaf written anew: the log has another leaf', not a['ok'] and re.search('leaf [0-9]+', a['why']) and 'another leaf' in a['why'], a)
    lane.put_back(['register.db'])
    rewritten(lane, confirmation)
    a, b = lane.audit(), lane.audit(noted)
    check('the chain written anew where no leaf changes: true in itself, and found by what was noted', a['ok'] and not b['ok'] and 'event %d' % seq in b['why'], (a, b))
    lane.close()


def started(states):
    """the appliance itself on an older state, or a changed one: what it says, and that it signs nothing"""
    for parts, audited in ((('register',), True), (('register', 'log'), False), (('signer',), False)):
        before = State(h.d, '%s/before-%s' % (h.root, '-'.join(parts)))
        for part in parts:
            for p in State.PARTS[part]:
                State.copy(states[1].d, h.d, p)
        what = ' and '.join(parts)
        code, out = h.cli('audit', 'verify')
        detail = out.get('detail', {})
        check('%s rolled back: audit verify %s' % (what, 'says where, in both languages' if audited else 'finds it true in itself'),
              code == 1 and re.search('leaf [0-9]+|octet', detail.get('en', '')) and detail.get('zh') if audited else code == 0, (code, out))
        up = h.serve()
        o = Officers(h)
        code, out = o.do('hb-fin1', 'certificate.suspend', number=o.get('hb-fin1', 'certificate?limit=1000')['items'][-1]['number'], reason='示例') if up else (0, {})
        text = json.dumps(out, ensure_ascii=False) if up else open(h.root + '/serve.log').read()
        check('%s rolled back: nothing is signed, and it says where' % what, code != 200 and re.search('leaf [0-9]+|[0-9]+ leaves|record [0-9]+|counter stands at [0-9]+', text), (code, text[-400:]))
        h.stop()
        for part in parts:  # the other parts went on by themselves
            for p in State.PARTS[part]:
                State.copy(before.d, h.d, p)
    up, o = h.serve(), Officers(h)
    code, out = o.do('hb-fin1', 'certificate.suspend', number=o.get('hb-fin1', 'certificate?limit=1000')['items'][-1]['number'], reason='示例')
    check('put back, it serves and signs', up and code == 200, (code, out))
    h.stop()


# --- who looks ---

class Lane:
    """a working copy, and the two drivers that look at it"""

    def __init__(self, now, to):
        self.now, self.d = now, to
        shutil.copytree(now.d, to)
        self.begin()

    def begin(self):
        pipe = lambda exe: subprocess.Popen([B + '/tests/model/' + exe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tools, self.signer = pipe('tamper_driver'), pipe('signer_driver')

    def ask(self, proc, text):
        proc.stdin.write(text + '\n')
        proc.stdin.flush()
        line = proc.stdout.readline()
        return json.loads(line) if line else {'ok': False, 'at': '', 'why': 'the process ended', 'died': True}

    def log(self):
        return self.ask(self.tools, 'log ' + self.d)

    def audit(self, kept=''):
        return self.ask(self.tools, ('audit %s %s' % (self.d, kept)).strip())

    def start(self):
        """as fujie serve begins: the signer reads its log; then the register compares heads (issuer/log/head.c)"""
        s = self.ask(self.signer, self.d + '/signer')
        if not s['ok']:
            return s
        try:
            size, top = open(self.d + '/publish/log/checkpoint').read().split('\n')[1:3]
            size, top = int(size), base64.b64decode(top).hex()
            db = sqlite3.connect('file:%s/register.db?mode=ro' % self.d, uri=True)
            leaves = db.execute('SELECT COUNT(*) FROM leaf').fetchone()[0]
            db.close()
        except (OSError, ValueError, sqlite3.Error) as e:
            return {'ok': False, 'why': str(e)}
        if size > s['size']:
            return {'ok': False, 'why': 'the signer knows %d leaves, a checkpoint of %d was given out' % (s['size'], size)}
        if leaves < s['size']:
            return {'ok': False, 'why': 'the register ends before leaf %d of %d' % (leaves, s['size'])}
        if size == s['size'] and top != s['root']:
            return {'ok': False, 'why': 'another root at leaf %d' % size}
        return {'ok': True}

    def kept(self):
        """a checkpoint that somebody kept, against what there is now"""
        r = subprocess.run([B + '/fujie', 'log', 'consistency', self.now.d + '/publish/log/checkpoint', '--dir', self.d, '--json'], capture_output=True, text=True, timeout=300)
        return {'ok': r.returncode == 0, 'why': r.stdout}

    def put_back(self, paths):
        for p in paths:
            here, there = self.d + '/' + p, self.now.d + '/' + p
            if os.path.isdir(here):
                shutil.rmtree(here)
            elif os.path.exists(here):
                os.unlink(here)
            if os.path.isdir(there):
                shutil.copytree(there, here)
            elif os.path.exists(there):
                os.makedirs(os.path.dirname(here), exist_ok=True)
                shutil.copyfile(there, here)

    def close(self):
        for p in (self.tools, self.signer):
            p.stdin.close()
            p.wait(120)


# --- tamperings: each changes a lane's files and says which ---

def octets(rnd, data, how):
    """flip, delete, insert, cut, or move octets; never gives back what it was"""
    at = rnd.randrange(len(data))
    n = rnd.randint(1, min(64, len(data) - at))
    if how == 'flip':
        return data[:at] + bytes([data[at] ^ 1 << rnd.randrange(8)]) + data[at + 1:]
    if how == 'delete':
        return data[:at] + data[at + n:]
    if how == 'insert':
        return data[:at] + bytes(rnd.randrange(256) for _ in range(n)) + data[at:]
    if how == 'truncate':
        return data[:at]
    other = rnd.randrange(len(data))
    out = bytearray(data)
    out[at], out[other] = out[other], out[at]
    return bytes(out) if bytes(out) != data else octets(rnd, data, 'flip')


def log_files(state):
    out = []
    for d, _, names in os.walk(state.d + '/publish/log'):
        out += [os.path.relpath(os.path.join(d, n), state.d) for n in names]
    return sorted(out)


def edit(lane, path, data):
    open(lane.d + '/' + path, 'wb').write(data)
    return [path]


def content(lane, path):
    return open(lane.now.d + '/' + path, 'rb').read()


def of_files(how):
    def tamper(rnd, lane, states):
        path = rnd.choice(files)
        return edit(lane, path, octets(rnd, content(lane, path), how))
    return tamper


def entries(how):
    """leaves of a bundle that stay leaves: left out, put in, changed places"""
    def tamper(rnd, lane, states):
        path = rnd.choice([f for f in files if '/entries/' in f and len(read_bundle(content(lane, f))) > 2])
        es = read_bundle(content(lane, path))
        i, j = rnd.sample(range(len(es)), 2)
        if how == 'delete':
            del es[i]
        elif how == 'insert':
            es.insert(i, es[j])
        else:
            es[i], es[j] = es[j], es[i]
        return edit(lane, path, bundle(es))
    return tamper


def swap_files(rnd, lane, states):
    a, b = rnd.sample(files, 2)
    while content(lane, a) == content(lane, b):
        a, b = rnd.sample(files, 2)
    return edit(lane, a, content(lane, b)) + edit(lane, b, content(lane, a))


def remove_file(rnd, lane, states):
    """a former narrower file may go (C2SP tlog-tiles): of those that have to be there"""
    path = rnd.choice(needed)
    os.unlink(lane.d + '/' + path)
    return [path]


def checkpoint_lines(rnd, lane, states):
    path = 'publish/log/checkpoint'
    lines = content(lane, path).split(b'\n')
    i, j = rnd.sample(range(len(lines) - 1), 2)
    how = rnd.randrange(4)
    if how == 0:
        del lines[i]
    elif how == 1:
        lines.insert(i, lines[j])
    elif how == 2 and lines[i] != lines[j]:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        lines[i] = rnd.choice(states[:-1]).head.encode().split(b'\n')[i]
    data = b'\n'.join(lines)
    return edit(lane, path, data if data != content(lane, path) else octets(rnd, data, 'flip'))


KEYS = {'event': 'seq', 'leaf': 'n', 'credential': 'rowid'}


def of_rows(table, how):
    """a row of the register: a value changed, deleted, doubled, cut off at the end, two that change places"""
    def tamper(rnd, lane, states):
        db = sqlite3.connect(lane.d + '/register.db')
        db.execute('PRAGMA foreign_keys=OFF')
        db.execute('PRAGMA synchronous=OFF')
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)).fetchall():
            db.execute('DROP TRIGGER ' + name)
        key = KEYS[table]
        key = 'object' if table == 'credential' else key
        keys = [r[0] for r in db.execute('SELECT %s FROM %s ORDER BY 1' % (key, table))]
        columns = [c[1] for c in db.execute('PRAGMA table_info(%s)' % table)]
        k, other = rnd.sample(keys, 2)
        row = lambda k: dict(zip(columns, db.execute('SELECT * FROM %s WHERE %s = ?' % (table, key), (k,)).fetchone()))
        if how == 'flip':
            change(rnd, db, table, key, k, row(k))
        elif how == 'delete':
            db.execute('DELETE FROM %s WHERE %s = ?' % (table, key), (k,))
        elif how == 'truncate':
            db.execute('DELETE FROM %s WHERE %s >= ?' % (table, key), (rnd.choice(keys[1:]),))
        elif how == 'insert':
            new = row(k)
            new[key] = keys[-1] + 1 if isinstance(k, int) else k[:-1] + ('X' if k[-1] != 'X' else 'Y')
            if table == 'leaf':
                new['event'] = 'resumed'
            db.execute('INSERT INTO %s (%s) VALUES (%s)' % (table, ', '.join(columns), ', '.join('?' * len(columns))), [new[c] for c in columns])
        else:
            exchange(db, table, key, columns, row(k), row(other))
        db.commit()
        db.close()
        return ['register.db']
    return tamper


def change(rnd, db, table, key, k, row):
    column = rnd.choice([c for c in row if c != key and row[c] not in (b'', '')])
    v = row[column]
    if isinstance(v, int):
        v += rnd.choice((1, -1, 1000))
    elif isinstance(v, bytes):
        v = octets(rnd, v, 'flip')
    else:
        at = rnd.randrange(len(v))
        v = v[:at] + chr(ord(v[at]) ^ 1) + v[at + 1:]
    db.execute('UPDATE OR IGNORE %s SET %s = ? WHERE %s = ?' % (table, column, key), (v, k))


def exchange(db, table, key, columns, a, b):
    if table == 'credential':
        columns = ['sha256', 'bytes']
    if table == 'leaf':
        db.execute('DROP INDEX leaf_issued')
    rest = [c for c in columns if c != key]
    for row, other in ((a, b), (b, a)):
        db.execute('UPDATE %s SET %s WHERE %s = ?' % (table, ', '.join('%s = ?' % c for c in rest), key), [other[c] for c in rest] + [row[key]])


def records(data):
    """records of the signer's audit log"""
    out = []
    while data:
        n = 4 + int.from_bytes(data[:4], 'big')
        out.append(data[:n])
        data = data[n:]
    return out


def of_audit(how):
    def tamper(rnd, lane, states):
        path = 'signer/audit.log'
        rs = records(content(lane, path))
        i, j = rnd.sample(range(len(rs)), 2)
        if how == 'delete':
            i = min(i, len(rs) - 2)
            del rs[i]
        elif how == 'insert':
            rs.insert(i, rs[j])
        elif how == 'reorder':
            rs[i], rs[j] = rs[j], rs[i]
        else:
            whole = b''.join(rs)
            return edit(lane, path, octets(rnd, whole[:-len(rs[-1])], how) + rs[-1] if how == 'flip' else whole[:rnd.randrange(len(whole) - len(rs[-1]))])
        return edit(lane, path, b''.join(rs))
    return tamper


def list_file(rnd, lane, states):
    """a list or CRL that was published, or what was kept of it"""
    path = rnd.choice(lists)
    return edit(lane, path, octets(rnd, content(lane, path), rnd.choice(('flip', 'delete', 'insert', 'truncate', 'reorder'))))


def roll_back(*parts):
    def tamper(rnd, lane, states):
        old, paths = rnd.choice(states[:-1]), [p for part in parts for p in State.PARTS[part]]
        for p in paths:
            here = lane.d + '/' + p
            shutil.rmtree(here) if os.path.isdir(here) else os.unlink(here)
            State.copy(old.d, lane.d, p)
        return paths
    return tamper


# kind: (weight, how, who looks first)
KINDS = {}
for how in ('flip', 'delete', 'insert', 'truncate', 'reorder'):
    KINDS['log file: ' + how] = (8, of_files(how), 'log')
for how in ('delete', 'insert', 'reorder'):
    KINDS['bundle, whole leaves: ' + how] = (5, entries(how), 'log')
KINDS['log files swapped'] = (5, swap_files, 'log')
KINDS['log file removed'] = (4, remove_file, 'log')
KINDS['checkpoint lines'] = (6, checkpoint_lines, 'log')
for table in ('event', 'leaf', 'credential'):
    for how in ('flip', 'delete', 'insert', 'truncate', 'reorder'):
        KINDS['%s rows: %s' % (table, how)] = (1, of_rows(table, how), 'audit')
KINDS['published list'] = (1, list_file, 'audit')
KINDS['register rolled back'] = (1, roll_back('register'), 'audit')
KINDS['log rolled back'] = (1, roll_back('log'), 'audit')
KINDS['register and log rolled back'] = (1, roll_back('register', 'log'), 'start')
for how in ('flip', 'delete', 'insert', 'truncate', 'reorder'):
    KINDS["signer's log: " + how] = (3, of_audit(how), 'start')
KINDS["signer's log rolled back"] = (2, roll_back('signer'), 'start')
KINDS['everything rolled back'] = (1, roll_back('register', 'log', 'signer'), 'kept')
ORDER = {'log': ('log', 'audit', 'start', 'kept'), 'audit': ('audit', 'log', 'start', 'kept'), 'start': ('start', 'log', 'audit', 'kept'), 'kept': ('log', 'audit', 'start', 'kept')}


def placed(tool, a):
    """does the answer say where?"""
    return tool == 'kept' or bool(re.search(r'leaf \d+|octet \d+|event \d+|record \d+|D[AC][CU]-|checkpoint|publish/|\|', a.get('at', '') + ' ' + a['why']))


def lane_work(lane, turns, states, result):
    for seed, kind in turns:
        rnd = random.Random(seed)
        weight, tamper, first = KINDS[kind]
        paths = tamper(rnd, lane, states)
        by, a = None, None
        for tool in ORDER[first]:
            a = getattr(lane, tool)()
            if not a['ok']:
                by = tool
                break
        if by is None or a.get('died') or not placed(by, a) or (by != 'kept' and by != 'start' and a.get('exit') not in (1, 3)):
            result['missed'].append((seed, kind, by, a))
        result['found'][kind, by] += 1
        if a.get('died'):
            lane.close()
            lane.begin()
        lane.put_back(paths)


def tampered(states):
    now = states[-1]
    rnd = random.Random(SEED)
    kinds = list(KINDS)
    turns = [(SEED * 1000003 + i, kinds[i] if i < len(kinds) else rnd.choices(kinds, [KINDS[k][0] for k in kinds])[0]) for i in range(MANY)]
    result = {'missed': [], 'found': collections.Counter()}
    lanes = [Lane(now, '%s/lane%d' % (h.root, i)) for i in range(LANES)]
    check('untouched, every tool says yes', all(a['ok'] for lane in lanes for a in (lane.log(), lane.audit(), lane.start(), lane.kept())), [(lane.log(), lane.audit(), lane.start(), lane.kept()) for lane in lanes[:1]])
    begin = time.time()
    threads = [threading.Thread(target=lane_work, args=(lane, turns[i::LANES], states, result)) for i, lane in enumerate(lanes)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took = time.time() - begin
    for kind in KINDS:
        by = {tool: n for (k, tool), n in result['found'].items() if k == kind}
        if by:
            print('# %-34s %s' % (kind, ', '.join('%s %d' % (tool or 'NOBODY', n) for tool, n in sorted(by.items(), key=str))), flush=True)
    total = sum(result['found'].values())
    print('# %d tamperings in %.0f s by seed %d' % (total, took, SEED), flush=True)
    for seed, kind, by, a in result['missed'][:10]:
        print('# seed %d, %s: %s %s' % (seed, kind, by, str(a)[:300]), flush=True)
    check('%d of %d tamperings are found, each at its place' % (total - len(result['missed']), MANY), total == MANY and not result['missed'])
    kept = sum(n for (k, by), n in result['found'].items() if by == 'kept')
    alone = sum(n for (k, by), n in result['found'].items() if k == 'everything rolled back')
    check('%d of them, an older state of everything, by a kept checkpoint alone' % kept, kept == alone)
    check('put back, every tool says yes', all(a['ok'] for lane in lanes for a in (lane.log(), lane.audit(), lane.start(), lane.kept())))
    for lane in lanes:
        lane.close()


h = Home(cases=False)
try:
    check('a demo home', h.made, h.made_err)
    states = make(h)
    now = states[-1]
    check('heads that grow, over a full tile', [s.size for s in states] == sorted({s.size for s in states}) and now.size > 256, [s.size for s in states])
    files = log_files(now)
    lists = sorted(os.path.relpath(os.path.join(d, n), now.d) for sub in ('trust/status', 'trust/crl', 'history') for d, _, ns in os.walk(now.d + '/publish/' + sub) for n in ns if n != 'root.crl')
    needed = ['publish/log/checkpoint'] + ['publish/log/' + p for p in ('tile/0/000', 'tile/entries/000', 'tile/0/001.p/%d' % (now.size - 256), 'tile/entries/001.p/%d' % (now.size - 256), 'tile/1/000.p/1')]
    check('every file that has to be there is there', all(f in files for f in needed), files)
    tampered(states)
    informed(states)
    started(states)
finally:
    h.close()
finish()
