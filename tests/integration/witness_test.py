"""The public log beyond its own house: a witness that cosigns what follows and nothing else, its client, a monitor;
and two trees of one log, found through a witness, a monitor and a mirror."""
import fcntl, http.server, threading
from lib import *
from treelog import *
from tlog import COSIGNATURE, note_by, read_note, sha

root = tempfile.mkdtemp(prefix='fujie-witness-')


def tool(*args, code=None):
    r = subprocess.run([B + '/fujie'] + list(args), capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    return r.returncode, r.stdout.strip(), r.stderr


running = []  # to be ended whatever happens


class Witness:
    def __init__(self, name, *vkeys):
        self.d, self.proc = '%s/%s' % (root, name), None
        self.vkey = tool('witness', 'init', '--dir', self.d, '--name', 'witness.example/' + name)[1]
        for v in vkeys:
            tool('witness', 'add', '--dir', self.d, v)
        self.port = free_port()

    def start(self):
        self.log = open(self.d + '.log', 'a')
        self.proc = subprocess.Popen([B + '/fujie-witness', 'serve', '--dir', self.d, '--bind', '127.0.0.1:%d' % self.port], stdout=subprocess.PIPE, stderr=self.log, text=True)
        running.append(self)
        return self.proc.stdout.readline() == 'ready %d\n' % self.port

    def stop(self, kill=False):
        if self.proc:
            self.proc.kill() if kill else self.proc.terminate()
            self.proc.wait(120)
            self.proc = None

    def url(self):
        return 'http://127.0.0.1:%d' % self.port

    def post(self, body, path='/add-checkpoint', **headers):
        req = urllib.request.Request(self.url() + path, body, headers)
        try:
            with urllib.request.urlopen(req, timeout=300) as r:
                return r.status, r.headers.get_content_type(), r.read()
        except urllib.error.HTTPError as e:
            return e.code, e.headers.get_content_type(), e.read()

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url() + path, timeout=300) as r:
                return r.status, r.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()

    def show(self):
        return json.loads(tool('witness', 'show', '--dir', self.d, '--json')[1])


def ask(old, proof, note):
    return b'old %d\n' % old + b''.join(base64.b64encode(p) + b'\n' for p in proof) + b'\n' + note


def step(log, old, n, other=None):
    """a request from the tree of `old` to that of n leaves"""
    return ask(old, log.proof(old, n), (other or log).note(n))


def time_of(note):
    """of the cosignature that is its last line"""
    return int.from_bytes(read_note(note)[1][-1][2][:8], 'big')


# --- a witness ---

def witness():
    key = Key('log.example/one')
    log, twin, stranger = Log(key), Log(key), Log(Key('log.example/two'))
    for i in range(700):
        log.add(b'leaf %d' % i)
        twin.add(b'leaf %d' % i if i < 300 else b'another %d' % i)
    stranger.add(b'x')
    w = Witness('w', key.vkey())
    st = os.stat(w.d + '/key')
    check('init makes a key that only its owner may read, and prints the verifier key of type 4', st.st_mode & 0o777 == 0o600 and base64.b64decode(w.vkey.split('+', 2)[2])[0] == 4
          and open(w.d + '/vkey').read().strip() == w.vkey and tool('witness', 'key', '--dir', w.d)[1] == w.vkey, w.vkey)
    code, _, err = tool('witness', 'init', '--dir', w.d, '--name', 'witness.example/again')
    check('a second init is refused and the key stays', code == 1 and re.search('[\u4e00-\u9fff]', err) and tool('witness', 'key', '--dir', w.d)[1] == w.vkey, err)
    check('what is no key of a log is not added', [tool('witness', 'add', '--dir', w.d, v)[0] for v in ('x', w.vkey, key.vkey()[:-4] + 'AAA=')] == [1, 1, 1])
    check('it serves', w.start())
    again = subprocess.run([B + '/fujie-witness', 'serve', '--dir', w.d, '--bind', '127.0.0.1:%d' % free_port()], capture_output=True, text=True, timeout=300)
    check('a second process on its folder is refused', again.returncode == 3 and 'already' in again.stderr, again.stderr)
    hash_of = hashlib.sha256(b'log.example/one').hexdigest()
    check('of a log that was never cosigned there is no checkpoint', w.get('/%s/checkpoint' % hash_of)[0] == 404)

    bad = [b'', b'old 0\n', b'old 0\n\n', b'old x\n\n' + log.note(1), b'old 00\n\n' + log.note(1), b'old -1\n\n' + log.note(1), b'0\n\n' + log.note(1), b'old 0\nabc\n\n' + log.note(1),
           b'old 0\n' + (base64.b64encode(bytes(32)) + b'\n') * 64 + b'\n' + log.note(1), b'old 0\n\n' + log.note(1)[:-1], b'old 0\n\n' + log.text(1), b'old 0\r\n\r\n' + log.note(1)]
    got = [w.post(b)[0] for b in bad]
    check('what is no request of tlog-witness is 400', got == [400] * len(bad), got)
    check('a log that it does not know is 404', w.post(step(stranger, 0, 1))[0] == 404)
    t = log.text(3)
    forged = [t + b'\n' + Key('log.example/one').line(t), t + b'\n' + Key('log.example/other').line(t), log.text(4) + b'\n' + key.line(t)]
    got = [w.post(ask(0, [], n))[0] for n in forged]
    check('no line by the log\'s key, or a false one, is 403', got == [403] * 3, got)
    check('a known key\'s false line beside a good one of nobody is 403 too', w.post(ask(0, [], log.text(4) + b'\n' + key.line(t) + Key('z.example').line(t)))[0] == 403)
    check('an old size above the checkpoint\'s is 400', w.post(ask(5, [], log.note(4)))[0] == 400)
    code, kind, body = w.post(ask(2, log.proof(2, 4), log.note(4)))
    check('an old size that is not the newest is 409 with the size', (code, kind, body) == (409, 'text/x.tlog.size', b'0\n'), (code, kind, body))
    check('a proof from nothing is 422', w.post(ask(0, [bytes(32)], log.note(4)))[0] == 422)
    check('an empty tree with a root of its own is 422', w.post(ask(0, [], log.note(0, bytes(32))))[0] == 422)

    before = int(time.time())
    code, kind, body = w.post(step(log, 0, 3))
    note = log.note(3) + body
    check('the first checkpoint is cosigned, with a time', code == 200 and note_by(note, w.vkey) and before <= time_of(note) <= int(time.time()) and body.count(b'\n') == 1, (code, body))
    code, note = w.get('/%s/checkpoint' % hash_of)
    check('and shown, with the log\'s line and its own', code == 200 and note == log.note(3) + body and note_by(note, key.vkey()) and note_by(note, w.vkey), note)
    got = [w.post(step(log, a, b))[::2] for a, b in ((3, 3), (3, 256), (256, 257), (257, 290))]
    check('each that follows, also the same once more, is cosigned', [g[0] for g in got] == [200] * 4 and all(note_by(log.note(n) + g[1], w.vkey) for n, g in zip((3, 256, 257, 290), got)), got)
    check('a smaller tree is not: 409 names the newest', w.post(step(log, 3, 256))[::2] == (409, b'290\n') and w.post(ask(0, [], log.note(3)))[::2] == (409, b'290\n'))
    kind = w.post(step(log, 290, 295), **{'Content-Type': 'application/x-www-form-urlencoded'})
    check('whatever type a client gives the body', kind[0] == 200, kind)
    code = [w.post(ask(295, p, log.note(300)))[0] for p in ([], log.proof(295, 300)[:-1], log.proof(295, 300) + [bytes(32)], log.proof(294, 300))]
    check('a proof that is cut, too long or another\'s is 422', code == [422] * 4, code)
    extra = Log(Key('witness.example/other'))
    t = log.text(300)
    code, _, body = w.post(ask(295, log.proof(295, 300), t + b'\n' + extra.key.line(t) + key.line(t) + Key('witness.example/w', COSIGNATURE).line(t, 99)))
    note = w.get('/%s/checkpoint' % hash_of)[1]
    check('lines of strangers are passed over, and not shown', code == 200 and note == log.note(300) + body, note)

    # two histories
    code = w.post(ask(300, [], twin.note(300)))[0], w.post(step(twin, 300, 400))[0]
    check('the same tree by its twin is the same', code == (200, 200) and twin.note(300) == log.note(300), code)
    code = w.post(step(log, 400, 500))[0], w.post(ask(400, [], log.note(400)))[0], w.post(ask(0, [], log.note(400)))[0]
    check('then the other history is refused: 422, never cosigned', code == (422, 422, 409) and w.get('/%s/checkpoint' % hash_of)[1].startswith(twin.text(400)), code)
    seen = w.show()
    notes = [json.load(open(w.d + '/' + e['file'])) for e in seen['evidence']]
    by_root = [n for n in notes if n['why'] == 'root']
    check('both notes are kept, each with the log\'s true line under another root of one size', by_root and all(note_by(n[k].encode(), key.vkey()) for n in by_root for k in ('had', 'shown'))
          and {(n['had'].splitlines()[1], n['shown'].splitlines()[1]) for n in by_root} == {('400', '400')} and by_root[0]['had'].splitlines()[2] != by_root[0]['shown'].splitlines()[2], seen)
    check('what was shown with a proof that leads nowhere is kept too, and said to be that', {n['why'] for n in notes} == {'root', 'proof'}, [n['why'] for n in notes])
    check('show tells logs, sizes, times and evidence', seen['logs'] == [{'origin': 'log.example/one', 'size': 400, 'root': twin.root(400).hex(), 'at': seen['logs'][0]['at']}]
          and seen['evidence'][0]['origin'] == 'log.example/one' and '分叉' in tool('witness', 'show', '--dir', w.d)[1], seen)

    # what it has cosigned it knows, whatever ends it
    code = w.post(step(twin, 400, 600))[0]
    w.stop(kill=True)
    check('killed after the answer, it begins where it was', code == 200 and w.start() and w.post(ask(0, [], twin.note(600)))[::2] == (409, b'600\n'))
    tool('witness', 'add', '--dir', w.d, stranger.key.vkey())
    check('a log that is added is known at once', w.post(step(stranger, 0, 1))[0] == 200)
    path = '%s/logs/%s.checkpoint' % (w.d, hash_of)
    good = open(path, 'rb').read()
    open(path, 'wb').write(good[:60])
    check('of a damaged record nothing is cosigned', w.post(step(twin, 600, 650))[0] == 500)
    open(path, 'wb').write(good)

    stranger.add(*[b'y%d' % i for i in range(3200)])
    at, forgotten = 1, []
    for k in range(8):
        requests = {n: step(stranger, n, n + 1) for n in range(at, at + 400)}  # as many as the quickest machine needs
        killer = threading.Timer(0.005 + 0.02 * k, w.stop, [True])
        killer.start()
        try:
            while at in requests and w.post(requests[at])[0] == 200:
                at += 1
        except OSError:
            pass
        killer.join()
        w.start()
        size = int(w.post(ask(0, [], stranger.note(1)))[2])
        forgotten += [(at, size)] if size not in (at, at + 1) else []  # one may have been kept and not answered
        at = size
    check('killed at any moment it never forgets what it has cosigned', not forgotten and at > 10, (forgotten, at))

    # many at once: one of each size goes through
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(w.post, [step(twin, 600, n) for n in range(601, 617)]))
    won = [n for n, g in zip(range(601, 617), got) if g[0] == 200]
    note = w.get('/%s/checkpoint' % hash_of)[1]
    check('of many requests from one size exactly one is cosigned', len(won) == 1 and {g[0] for g in got} == {200, 409} and note.startswith(twin.text(won[0])), [g[0] for g in got])
    check('too much is 413, another method 405, another address 404', (w.post(b'x' * 100000)[0], w.get('/add-checkpoint')[0], w.get('/x/checkpoint')[0], w.get('/')[0]) == (413, 405, 404, 404))
    w.stop()


# --- its client ---

class Client:
    """fujie-gateway --cosign over a folder that is laid out as a home"""

    def __init__(self, d):
        self.d, self.log = d, d + '.cosign.log'
        self.proc = subprocess.Popen(['sh', '-c', 'exec "$0" --cosign --every 1 3<"$1"', B + '/fujie-gateway', d], stdout=subprocess.PIPE, stderr=open(self.log, 'a'), text=True)
        running.append(self)
        self.ready = self.proc.stdout.readline() == 'ready\n'

    def stop(self):
        if self.proc:
            self.proc.terminate()
            self.proc.wait(120)
            self.proc = None

    def said(self):
        return open(self.log).read()


def until(what, seconds=15):
    end = time.time() + seconds
    while time.time() < end:
        try:
            got = what()
            if got:
                return got
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    return False


def policy(k, *ws, url=True):
    return ''.join('witness w%d %s%s\n' % (i, w.vkey() if callable(w.vkey) else w.vkey, ' ' + w.url() if url else '') for i, w in enumerate(ws)) + 'group all %d %s\nquorum all\n' % (k, ' '.join('w%d' % i for i in range(len(ws))))


def laid_out(name, log, text, n=None):
    d = '%s/%s' % (root, name)
    os.makedirs(d + '/publish/trust')
    replace(d + '/publish/trust/log.policy', text.encode())
    replace(d + '/publish/trust/log.vkey', log.key.vkey().encode() + b'\n')
    log.write(d + '/publish/log', n)
    return d


def cosigned(d, log, n, *ws):
    """the checkpoint of n leaves with the log's line and those of exactly these witnesses"""
    note = open(d + '/publish/log/cosigned', 'rb').read()
    return note.startswith(log.note(n)) and note.count(b'\n\xe2\x80\x94 ') == 1 + len(ws) and all(note_by(note, w.vkey) for w in ws)


def client():
    key = Key('log.example/client')
    log = Log(key)
    log.add(*[b'entry %d' % i for i in range(900)])
    a, b = Witness('a', key.vkey()), Witness('b', key.vkey())
    a.start()
    d = laid_out('one', log, policy(2, a, b), 5)
    c = Client(d)
    check('the client starts, and one of two witnesses is better than none', c.ready and until(lambda: cosigned(d, log, 5, a)), c.said())
    b.start()
    log.write(d + '/publish/log', 300)
    check('a new checkpoint goes to both, with proofs from what each has', until(lambda: cosigned(d, log, 300, a, b)), c.said())
    b.stop()
    log.write(d + '/publish/log', 320)
    seen = until(lambda: a.show()['logs'][0]['size'] == 320)
    check('a checkpoint that too few cosign does not take the place of one with the quorum', seen and cosigned(d, log, 300, a, b), c.said())
    c.stop()
    b.start()
    log.write(d + '/publish/log', 700)
    c = Client(d)
    check('started anew it asks where each stands, and goes on', until(lambda: cosigned(d, log, 700, a, b)) and not os.path.exists(d + '/publish/log/fork'), c.said())
    replace(d + '/publish/trust/log.policy', policy(1, b).encode())
    check('another policy is followed at once', until(lambda: cosigned(d, log, 700, b)), c.said())
    replace(d + '/publish/trust/log.policy', policy(2, a, b).encode())
    check('and back', until(lambda: cosigned(d, log, 700, a, b)), c.said())
    good = open(d + '/publish/log/tile/0/002.p/188', 'rb').read()
    log.write(d + '/publish/log', 710)
    until(lambda: cosigned(d, log, 710, a, b))
    replace(d + '/publish/log/tile/0/002.p/208', open(d + '/publish/log/tile/0/002.p/198', 'rb').read() + bytes(320))
    replace(d + '/publish/log/checkpoint', log.note(720))
    check('tiles that don\'t come to the checkpoint\'s root are told, and no witness is asked', until(lambda: 'root of its checkpoint' in c.said()) and a.show()['logs'][0]['size'] == 710, c.said())
    log.write(d + '/publish/log', 720)
    check('until they do', until(lambda: cosigned(d, log, 720, a, b)), c.said())
    replace(d + '/publish/log/checkpoint', Log(Key(key.name)).note(0))
    time.sleep(1.5)
    check('a checkpoint that the log\'s key has not signed goes nowhere', cosigned(d, log, 720, a, b) and a.show()['logs'][0]['size'] == 720, c.said())
    log.write(d + '/publish/log', 720)

    # the thief's case: a copy of everything, keys too, goes on by itself
    twin = Log(key)
    twin.add(*log.leaves[:720], *[b'stolen %d' % i for i in range(100)])
    shutil.copytree(d, root + '/copy')
    theirs = Client(root + '/copy')
    twin.write(root + '/copy/publish/log', 760)
    check('a copy that goes on first is cosigned: who it is nobody can see', until(lambda: cosigned(root + '/copy', twin, 760, a, b)), theirs.said())
    log.write(d + '/publish/log', 740)
    fork = until(lambda: json.load(open(d + '/publish/log/fork')))
    check('then the original learns that a witness knows more than it has', fork and fork['why'] == 'ahead' and (fork['size'], fork['seen']) == (740, 760) and note_by(fork['theirs'].encode(), key.vkey())
          and note_by(fork['ours'].encode(), key.vkey()) and 'two histories' in c.said(), fork)
    os.unlink(d + '/publish/log/fork')
    log.write(d + '/publish/log', 800)
    check('and that its own is refused when it has grown past that', until(lambda: json.load(open(d + '/publish/log/fork'))['why'] == 'refused', 25), c.said())
    check('it is not cosigned, and the witnesses keep both notes', cosigned(d, log, 720, a, b) and any(e['why'] == 'proof' and (e['had'], e['shown']) == (760, 800) for e in a.show()['evidence']), a.show())
    for x in (c, theirs, a, b):
        x.stop()


# --- the log as files ---

def get(url, method='GET', **headers):
    req = urllib.request.Request(url, headers={k.replace('_', '-'): v for k, v in headers.items()}, method=method)
    try:
        with urllib.request.urlopen(req, timeout=300) as r:
            return r.status, {k.lower(): v for k, v in r.headers.items()}, r.read()
    except urllib.error.HTTPError as e:
        return e.code, {k.lower(): v for k, v in e.headers.items()}, e.read()


def files(h):
    """a log of 1,300 leaves in publish/log, as the public service gives it"""
    log, d = Log(Key('127.0.0.1/log')), h.d + '/publish/log'
    log.add(*[b'{"seq":%d}' % i for i in range(1300)])
    shutil.move(d, d + '.own') if os.path.exists(d) else None
    check('of a log that is not there, nothing is found', [get(h.url('/log/' + p))[0] for p in ('checkpoint', 'cosigned', 'tile/0/000')] == [404, 404, 404])
    log.write(d)
    code, head, note = get(h.url('/log/checkpoint'))
    check('the checkpoint is text that is asked for anew', code == 200 and note == log.note() and head['content-type'] == 'text/plain; charset=utf-8' and head['cache-control'] == 'no-cache'
          and head['access-control-allow-origin'] == '*', (code, head))
    check('by its tag it is not sent twice, and HEAD sends none of it', get(h.url('/log/checkpoint'), If_None_Match=head['etag'])[0] == 304
          and get(h.url('/log/checkpoint'), 'HEAD')[::2] == (200, b''))
    tiles = {'0/000': b''.join(log.h[:256]), '0/005.p/20': b''.join(log.h[1280:]), '1/000.p/5': b''.join(log.mth(256 * i, 256 * i + 256) for i in range(5)),
             'entries/005.p/20': b''.join(len(e).to_bytes(2, 'big') + e for e in log.leaves[1280:])}
    got = {p: get(h.url('/log/tile/' + p)) for p in tiles}
    check('tiles and bundles are kept for ever by whoever gets them', all(got[p][0] == 200 and got[p][2] == tiles[p] and got[p][1]['cache-control'] == 'public, max-age=31536000, immutable'
          and got[p][1]['content-type'] == 'application/octet-stream' for p in tiles), {p: g[:2] for p, g in got.items()})
    cut = {'0/000.p/3': tiles['0/000'][:96], '0/005.p/7': tiles['0/005.p/20'][:224], 'entries/005.p/2': tiles['entries/005.p/20'][:28]}
    got = {p: get(h.url('/log/tile/' + p))[::2] for p in cut}
    check('a narrower one is cut from the wider', all(got[p] == (200, cut[p]) for p in cut), got)
    odd = ['0/006', '0/005', '0/005.p/21', '2/000.p/1', '8/000', '64/000', '0/0', '0/x000/000', '00/000', '0/000.p/0', '0/000.p/256', '0/000.p/03', '0/000/', 'entries/x', '0/000.p', '',
           '0/..%2f..%2fcheckpoint', '../checkpoint', '%2e%2e/checkpoint', '0/000.tmp', 'x' * 300]
    got = [get(h.url('/log/tile/' + p))[0] for p in odd]
    check('what is no tile of this log is 404, however it is written', got == [404] * len(odd), dict(zip(odd, got)))
    open(d + '/tile/0/003', 'ab').write(b'x')
    check('a file that is not as wide as its name says is not given', get(h.url('/log/tile/0/003'))[0] == 404)
    doc = json.loads(get(h.url('/v1/openapi.json'))[2])
    check('all of it is described', {'/log/checkpoint', '/log/cosigned', '/log/tile/{tile}'} <= set(doc['paths']), list(doc['paths']))
    shutil.rmtree(d)
    shutil.move(d + '.own', d) if os.path.exists(d + '.own') else None


# --- a monitor ---

class Server(http.server.ThreadingHTTPServer):
    """a folder over HTTP; busy: so many answers of 429 first"""

    def __init__(self, d):
        self.d, self.asked, self.busy = d, [], 0
        super().__init__(('127.0.0.1', 0), Server.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return 'http://127.0.0.1:%d/log' % self.server_address[1]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            s = self.server
            s.asked.append(self.path)
            path = s.d + '/publish' + self.path
            s.busy, busy = max(s.busy - 1, 0), s.busy
            data = open(path, 'rb').read() if os.path.isfile(path) and not busy else b''
            self.send_response(429 if busy else 200 if os.path.isfile(path) else 404)
            self.send_header('Content-Length', str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *a):
            pass


ORG = ['91420100MA4KXQ7A2%d' % i for i in range(4)]


def leaf(seq, /, **change):
    kind = ('certificate', 'authorisation', 'token', 'status-list', 'crl')[seq % 5]
    j = {'v': 1, 'seq': seq, 'at': 1767225600 + seq, 'event': 'issued', 'kind': kind, 'id': 'ID-%d' % seq, 'sha256': base64.urlsafe_b64encode(sha(b'%d' % seq)).decode().rstrip('=')}
    if kind == 'certificate':
        j.update(holder={'usci': ORG[seq % 3], 'name': '单位%d' % (seq % 3)})
    elif kind == 'authorisation':
        j.update(holder={'usci': ORG[0], 'name': '甲'}, operator={'usci': ORG[seq % 4], 'name': '乙'}, version=1, parent='DAC-1')
    elif kind == 'token':
        j.update(holder={'commitment': base64.urlsafe_b64encode(sha(b'c%d' % seq)).decode().rstrip('=')}, parent='DAU-1')
    else:
        j.update(event='published')
    j.update(change)
    return json.dumps(j, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def monitor_of(url, cache, log, *more):
    code, out, err = tool('log', 'monitor', url, '--vkey', log.key.vkey(), '--dir', cache, '--once', *more)
    lines = [json.loads(l) for l in out.splitlines()]
    return code, [l['leaf']['seq'] for l in lines if 'leaf' in l], next(((l['fault'], l['position']) for l in lines if 'fault' in l), None), err


def kept(cache):
    return size_of(open(cache + '/checkpoint', 'rb').read())


def monitor():
    log = Log(Key('log.example/watched'))
    log.add(*[leaf(i) for i in range(1500)])
    d = laid_out('watched', log, policy(1, Key('w', COSIGNATURE), url=False), 10)
    s, cache = Server(d), root + '/cache'

    def go(*more, cache=cache, log=log):
        return monitor_of(s.url(), cache, log, *more)

    check('every leaf of the log is told once, in order', go()[:3] == (0, list(range(10)), None) and go()[:3] == (0, [], None))
    log.write(d + '/publish/log', 700)
    s.asked.clear()
    check('later those since then, whatever tiles they fill', go()[:3] == (0, list(range(10, 700)), None) and kept(cache) == 700)
    check('of what was read before only the edge is asked for', not [a for a in s.asked if a in ('/log/tile/0/000', '/log/tile/entries/001.p/1')] or len(s.asked) < 20, s.asked)
    mine = [i for i in range(700, 1000) if i % 5 == 0 and i % 3 == 1 or i % 5 == 1 and i % 4 == 1]
    log.write(d + '/publish/log', 1000)
    check('with --usci those that name the organisation, as holder or operator', go('--usci', ORG[1])[:3] == (0, mine, None) and len(mine) > 20)
    s.busy = 2
    log.write(d + '/publish/log', 1001)
    check('a log that asks for patience gets it', go()[:3] == (0, [1000], None))
    fd = os.open(cache + '/lock', os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    check('a second monitor in the same folder is refused', go()[0] == 3)
    os.close(fd)
    check('the cache of another log is refused, and stays', go(log=Log(Key('log.example/x')))[0] == 3 and kept(cache) == 1001)
    gone = 'http://127.0.0.1:%d/log' % free_port()
    check('a log that can\'t be reached is no fault: 3', monitor_of(gone, cache, log)[::2] == (3, None))
    check('wrong use is 2', [tool('log', 'monitor', *a)[0] for a in ([], ['ftp://x', '--vkey', 'x', '--dir', cache], [s.url(), '--dir', cache], [s.url(), '--vkey', log.key.vkey(), '--dir', cache, '--usci', '1'])] == [2] * 4)

    # each thing that may be wrong, at its place; afterwards the good log goes on
    n = [1001]

    def wrong(sentence, what, at, spoil, **kw):
        n[0] += 40
        log.write(d + '/publish/log', n[0])
        spoil(d + '/publish/log/')
        had = open(cache + '/checkpoint', 'rb').read()
        code, leaves, fault, _ = go(**kw)
        check(sentence, (code, leaves, fault) == (1, [], (what, at)) and open(cache + '/checkpoint', 'rb').read() == had, (code, leaves[:3], fault))
        shutil.rmtree(d + '/publish/log/tile')
        log.write(d + '/publish/log', n[0])
        code, leaves, fault, _ = go()
        check('  and what is good again is taken', (code, leaves, fault) == (0, list(range(n[0] - 40, n[0])), None), (code, leaves[:3], fault))

    def edit(path, at, to):
        data = bytearray(open(path, 'rb').read())
        data[at] ^= to
        replace(path, bytes(data))

    def signed(l, size, root=None):
        return lambda p: replace(p + 'checkpoint', l.note(size, root))

    def other(i, **change):
        """the log with another leaf there, with tiles, root and signature that go with it"""
        o = Log(log.key)
        o.add(*log.leaves[:i], leaf(i, **change), *log.leaves[i + 1:])
        return lambda p: (shutil.rmtree(p + 'tile'), o.write(p[:-1], n[0]))

    wrong('a checkpoint that is not signed by the key', 'signature', 1500, lambda p: replace(p + 'checkpoint', log.text() + b'\n' + Key(log.key.name).line(log.text())))
    wrong('one of another log by another name', 'origin', 1081, lambda p: replace(p + 'checkpoint', relabel(log, 1081)))
    wrong('what is no checkpoint', 'signature', 0, lambda p: replace(p + 'checkpoint', b'hello\n'))
    wrong('a smaller tree, though it is signed', 'rollback', 900, signed(log, 900))
    wrong('the same size with another root', 'fork', 1161, signed(log, 1161, bytes(32)))
    wrong('a larger tree that does not continue', 'fork', 1201, signed(log, 1241, bytes(32)))
    wrong('a leaf with a member too many', 'leaf', 1250, other(1250, more=1))
    wrong('a leaf with another\'s number', 'leaf', 1290, other(1290, seq=7))
    wrong('an event that its kind has not', 'leaf', 1325, other(1325, event='published'))
    wrong('a hash in a tile that is not its entry\'s', 'tile', 1370, lambda p: edit(p + 'tile/0/005.p/121', (1370 - 1280) * 32, 1))
    wrong('a tile that is too short', 'tile', 1280, lambda p: replace(p + 'tile/0/005.p/161', b'x'))
    wrong('a bundle that is not there', 'missing', 1280, lambda p: os.unlink(p + 'tile/entries/005.p/201'))
    edge = '%s/publish/log/tile/0/005.p/201' % d
    edit(edge, 3, 1)
    log.write(d + '/publish/log', 1490)
    code, leaves, fault, _ = go()
    check('tiles that don\'t give the tree of before are told', (code, fault) == (1, ('fork', 1481)), (code, fault))
    check('both notes of a fault are kept', {'had', 'shown', 'fault'} <= set(json.load(open(cache + '/fault.json'))))

    # with a policy the cosigned checkpoint counts
    w = Key('w', COSIGNATURE)
    log.write(d + '/publish/log', 1485)
    log.write(d + '/publish/log', 1490)
    open(root + '/p', 'w').write(policy(1, w, url=False))
    replace(d + '/publish/log/cosigned', log.note(1485) + w.line(log.text(1485), 1767225600))
    got = go('--policy', root + '/p', cache=root + '/cache2')
    check('with a policy only what is cosigned is followed', got[:3] == (0, list(range(1485)), None) and kept(root + '/cache2') == 1485, (got[0], got[2:]))
    replace(d + '/publish/log/cosigned', log.note(1490) + w.line(log.text(1485), 1767225600))
    check('and a quorum that is not reached is a fault', go('--policy', root + '/p', cache=root + '/cache2')[:3] == (1, [], ('quorum', 1490)))
    s.shutdown()


def relabel(log, n):
    text = log.text(n).replace(b'log.example/watched', b'log.example/another')
    return text + b'\n' + log.key.line(text)


# --- an appliance and its witnesses ---

def health(url):
    code, _, body = get(url + '/healthz')
    return code, {c['what']: c for c in json.loads(body)['causes']}


def set_policy(h, text):
    open(h.root + '/log.policy', 'w').write(text)
    ini = open(h.d + '/fujie.ini').read()
    open(h.d + '/fujie.ini', 'w').write(re.sub(r'(?m)^;? ?policy = .*$', 'policy = ' + h.root + '/log.policy', ini))


def note_of(h, name='checkpoint'):
    return open(h.d + '/publish/log/' + name, 'rb').read()


def size_of(note):
    return int(note.split(b'\n')[1])


def appliance(h):
    vkey = open(h.d + '/publish/trust/log.vkey').read().strip()
    check('the demo home has a log that its key signs', size_of(note_of(h)) > 0 and note_by(note_of(h), vkey), note_of(h))
    a, b = Witness('first', vkey), Witness('second', vkey)
    a.start()
    b.start()
    set_policy(h, 'witness x nonsense\nquorum x\n')
    out = subprocess.run([B + '/fujie', 'serve', '--dir', h.d], capture_output=True, text=True, timeout=300)
    check('a policy that nobody could follow is told to whoever configured it', out.returncode == 3 and 'line 1' in out.stderr and '策略' in out.stderr, out.stderr)
    set_policy(h, 'log %s\n' % Key('log.example/other').vkey() + policy(2, a, b))
    out = subprocess.run([B + '/fujie', 'serve', '--dir', h.d], capture_output=True, text=True, timeout=300)
    check('so is one of another log', out.returncode == 3 and 'log.vkey' in out.stderr, out.stderr)
    set_policy(h, policy(2, a, b))
    check('the appliance serves', h.serve())
    published = get(h.url('/v1/trust.tar'))[2]
    check('the policy is published, with the log that it is about', ('log ' + vkey).encode() in published and b.vkey.encode() in published)
    check('what is served is cosigned by both', until(lambda: stands_for(get(h.url('/log/cosigned'))[2], vkey, a, b)), get(h.url('/log/cosigned')))
    check('health has nothing to say of the log', not [w for w in health(h.url(''))[1] if w.startswith('log-')], health(h.url('')))
    old = time.time() - 7200
    os.utime(h.d + '/publish/log/cosigned', (old, old))
    code, causes = health(h.url(''))
    check('and red when the quorum was reached last more than an hour ago', code == 503 and 'log-witnesses' in causes and causes['log-witnesses']['left'] < 0
          and '见证方' in causes['log-witnesses']['text']['zh'], causes)
    os.utime(h.d + '/publish/log/cosigned')
    return vkey, a, b


def stands_for(note, vkey, *ws):
    return all(note_by(note, k) for k in (vkey,) + tuple(w.vkey for w in ws))


def grown(home, seconds):
    """its clock moves on, so that lists are renewed: leaves that no other home has"""
    before = size_of(note_of(home))
    home.at(time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(CLOCK + seconds)))
    return until(lambda: size_of(note_of(home)) > before)


CLOCK = int(calendar.timegm((2026, 1, 6, 4, 0, 0)))


def inbox(folder, *files):
    code, out, err = tool('inbox', 'apply', *files, '--dir', folder, '--root', ROOT, '--json')
    return code, json.loads(out)


def carried(home, name, after=None):
    """packages of a home, in a file; after: its changes since that number"""
    path = '%s/%s.pkg' % (root, name)
    code, out, err = tool(*(['outbox', 'snapshot'] if after is None else ['outbox', 'export', '--after', str(after)]), '--dir', home.d, '--out', path)
    return path


def snapshot_of(home):
    """one that was made just now: the one before is made to look old"""
    def newest():
        return json.loads(get(home.url('/v1/outbox'))[2])['snapshot']['seq']

    was, old = newest(), time.time() - 8 * 86400
    os.utime('%s/publish/outbox/snapshot-%010d' % (home.d, was), (old, old))
    grown(home, 370000)
    return carried(home, 'newer') if until(lambda: newest() > was) else None


def number(folder):
    return json.load(open(folder + '/inbox/state.json'))['seq']


def two_trees(h, vkey, a, b):
    """the thief's case: a copy of the home, its software TPM too, and both go on"""
    check('the log grows, and is cosigned as it grows', grown(h, 0) and until(lambda: stands_for(note_of(h, 'cosigned'), vkey, a, b) and size_of(note_of(h, 'cosigned')) == size_of(note_of(h))))
    one, two, cache = root + '/v1', root + '/v2', root + '/seen'

    def watch(home, cache=cache):
        code, out, err = tool('log', 'monitor', home.url('/log'), '--vkey', h.d + '/publish/trust/log.vkey', '--dir', cache, '--once')
        return code, [json.loads(l) for l in out.splitlines()]

    snap = carried(h, 'snap')
    for v in (one, two):
        code, out = inbox(v, snap)
        check('a verifier of its own takes the log in with the rest', code == 0 and open(v + '/publish/log/checkpoint', 'rb').read() == note_of(h), out)
    both = subprocess.run([B + '/fujie', 'log', 'verify', one], capture_output=True, text=True)
    check('and has all of it, by the tool that reads a log\'s files', both.returncode == 0, both.stdout + both.stderr)
    code, lines = watch(h)
    check('a monitor reads every leaf of the appliance\'s log', code == 0 and len(lines) == size_of(note_of(h)) and {l['leaf']['event'] for l in lines} >= {'published'}, (code, lines[:2]))
    h.stop()
    thief = Home.__new__(Home)
    thief.__dict__.update(h.__dict__, root=root + '/thief', d=root + '/thief/home', p=free_port(), v=free_port(), proc=None, used={})
    os.mkdir(thief.root)
    shutil.copytree(h.d, thief.d, symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
    start = size_of(note_of(h))
    check('both serve, with the same keys', h.serve() and thief.serve())
    try:
        check('the thief\'s log grows first, and both witnesses cosign it: they can\'t know', grown(thief, 90000)
              and until(lambda: size_of(note_of(thief, 'cosigned')) == size_of(note_of(thief)) > start and stands_for(note_of(thief, 'cosigned'), vkey, a, b)), open(thief.root + '/serve.log').read()[-600:])
        check('the second verifier is given the thief\'s packages', inbox(two, carried(thief, 'theirs', number(two)))[0] == 0 and open(two + '/publish/log/checkpoint', 'rb').read() == note_of(thief))
        check('the original goes on, too', grown(h, 100000))
        check('the first verifier is given the original\'s', inbox(one, carried(h, 'ours', number(one)))[0] == 0 and open(one + '/publish/log/checkpoint', 'rb').read() == note_of(h))

        # through the witnesses
        fork = until(lambda: json.load(open(h.d + '/publish/log/fork')), 25)
        code, causes = health(h.url(''))
        check('through the witnesses: the original\'s checkpoint is refused, and its health is red with both notes kept', fork and note_by(fork['ours'].encode(), vkey) and note_by(fork['theirs'].encode(), vkey)
              and code == 503 and 'log-fork' in causes and '两个历史' in causes['log-fork']['text']['zh'], (fork, causes))
        check('nothing of it is cosigned', size_of(note_of(h, 'cosigned')) == start and not any(note_by(note_of(h), w.vkey) for w in (a, b)))
        shown = [w.show()['evidence'] for w in (a, b)]
        check('each witness keeps what it was shown', all(any(e['origin'] == vkey.split('+')[0] for e in es) for es in shown) or fork['why'] == 'ahead', shown)

        # through a mirror
        def unchanged(v, what):
            """refused, the fork named in both languages, nothing of the mirror's publication changed, both notes kept"""
            before = {p: open(os.path.join(t, p), 'rb').read() for t, _, names in os.walk(v + '/publish') for p in names if p != 'fork'}
            code, out = inbox(v, what)
            text = out['error']['detail']
            kept = json.load(open(v + '/publish/log/fork'))
            after = {p: open(os.path.join(t, p), 'rb').read() for t, _, names in os.walk(v + '/publish') for p in names if p != 'fork'}
            return code == 1 and 'two histories' in text['en'] and '两个历史' in text['zh'] and before == after and all(note_by(kept[k].encode(), vkey) for k in ('ours', 'theirs')), (code, out)

        good, said = unchanged(two, carried(h, 'ours-again', number(two) - 1))
        check('through a mirror: packages of the original are refused by the verifier that was shown the thief\'s tree', good, said)
        check('the original goes on', grown(h, 190000) and grown(h, 280000))
        code, out = inbox(one, carried(h, 'ours-more', number(one)))
        check('which the first verifier takes', code == 0 and not os.path.exists(one + '/publish/log/fork'), out)
        os.unlink(two + '/publish/log/fork')
        newer = snapshot_of(h)
        good, said = unchanged(two, newer) if newer else (False, 'no snapshot')
        check('so is a newer snapshot, which brings all tiles with it', good, said)
        port = free_port()
        m = subprocess.Popen([B + '/fujie', 'verifier', '--dir', two, '--root', ROOT, '--bind', '127.0.0.1:%d' % port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            code, causes = until(lambda: health('http://127.0.0.1:%d' % port)) or (0, {})
            check('and the mirror\'s health says so', code == 503 and 'log-fork' in causes, (code, causes))
        finally:
            m.terminate()
            m.wait(120)

        # through a monitor
        code, lines = watch(thief)
        check('a monitor that knew the log before both follows either', code == 0, lines[-1:])
        code, lines = watch(h)
        check('and not the other after it', code == 1 and lines[-1]['fault'] in ('fork', 'rollback') and set(json.load(open(cache + '/fault.json'))) >= {'had', 'shown'}, lines[-1:])
    finally:
        thief.stop()


h = Home(cases=False)
try:
    witness()
    client()
    monitor()
    check('a demo home is made', h.made, getattr(h, 'made_err', ''))
    ROOT = hashlib.sha256(open(h.d + '/publish/ca/root.cer', 'rb').read()).hexdigest()
    two_trees(h, *appliance(h))
    files(h)
finally:
    for x in running:
        x.stop()
    h.close()
    shutil.rmtree(root, ignore_errors=True)
finish()
