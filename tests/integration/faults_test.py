"""Bad input and bad days on the real appliance: what is refused is refused in one
clear sentence, with its rule, the right exit code and one JSON document; nothing is
half done; and when the TPM, the disk or the database is back, nothing was lost.

A disk that is full is a small tmpfs mounted over the home's folders (root only); a
TPM that is gone for long is a swtpm in PATH that ends at once."""
import re, sqlite3, urllib.parse
from lib import *

ROOT = os.geteuid() == 0
WAITING = 'the signer does not answer: its TPM may be gone'
SMALL, LARGE = 4, 60  # batches of certificates that wait for a second officer


def skip(sentence, why):
    print('# skipped: %s: %s' % (sentence, why), flush=True)


def run(*cmd, **kw):
    """what is to be refused ends by itself; what goes on instead is ended, and has failed"""
    try:
        r = subprocess.run(cmd, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, **kw)
        return r.returncode, r.stdout, r.stderr
    except subprocess.TimeoutExpired:
        return None, '', 'it went on'


def one_document(text):
    """the JSON document that standard output holds, or None when it is not exactly one"""
    try:
        return json.loads(text) if text.endswith('\n') and text.count('\n') == 1 else None
    except ValueError:
        return None


def said(err, program):
    """the one sentence on standard error, after at most one in Chinese; None when there is more or less.
    Notes of the log's level info are not counted."""
    lines = [l for l in err.splitlines() if not re.match(r'\d{4}-\S+Z \S+ info ', l)]
    if len(lines) == 2 and re.search('[\u4e00-\u9fff]', lines[0]) and not lines[0].startswith(program):
        lines.pop(0)
    return lines[0] if len(lines) == 1 and lines[0].startswith(program + ': ') else None


def refused(sentence, cmd, code, *words, rule=None, **kw):
    """with --json exactly one document on stdout; without, one sentence on stderr and nothing on stdout"""
    program = os.path.basename(cmd[0])
    rc, out, err = run(*cmd, '--json', **kw)
    doc = one_document(out) or {}
    reason = doc.get('error') if isinstance(doc.get('error'), dict) else doc
    text = reason.get('detail', {}).get('en', '')
    ok = rc == code and all(w in text for w in words) and (rule is None or rule in reason.get('rule', ''))
    if program == 'fujie-verify':
        ok = ok and doc.get('verdict') == 'indeterminate'
    check(sentence + ': one document, exit %d' % code, ok, (rc, out, err))
    rc, out, err = run(*cmd, **kw)
    own = said(err, program)
    check(sentence + ': one sentence', rc == code and out == '' and own is not None and all(w in own for w in words), (rc, out, err))


def until(what, seconds=25):
    """True as soon as what() is; the limit only ends a test that has failed"""
    end = time.time() + seconds
    while time.time() < end:
        try:
            if what():
                return True
        except (OSError, sqlite3.Error):
            pass
        time.sleep(0.1)
    return False


def holders(folder):
    """processes that hold a folder: nothing is to be left running in it"""
    out = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            links = [os.readlink('/proc/%s/cwd' % pid)] + [os.readlink('/proc/%s/fd/%s' % (pid, f)) for f in os.listdir('/proc/%s/fd' % pid)]
        except OSError:
            continue
        if any(l.startswith(folder) for l in links) and int(pid) != os.getpid():
            out.append(int(pid))
    return out


def copy(base, name):
    h = object.__new__(Home)
    h.__dict__.update(base.__dict__)
    h.root = os.path.join(base.root, name)
    h.d, h.proc, h.used, h.p, h.v = h.root + '/home', None, dict(base.used), free_port(), free_port()
    os.makedirs(h.root)
    shutil.copytree(base.d, h.d, symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
    return h


def log_of(h):
    return open(h.root + '/serve.log', errors='replace').read()


def rows(h, sql, *args):
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()


# --- what all need: registered assets, and batches that wait for a second officer ---

def prepare(h):
    """registered assets, and two open approvals: a small and a large batch"""
    s, do, names = h.registered('F', SMALL + LARGE)
    return s, do('hb-fin1', 'certificate', 'issue', {'assets': names[:SMALL]})['approval'], do('hb-fin1', 'certificate', 'issue', {'assets': names[SMALL:]})['approval']


def finished(h, ap, n):
    return rows(h, "SELECT COUNT(*) FROM intent WHERE approval = ? AND state = 'ISSUED'", ap)[0][0] == n


def whole(h, ap, n, name):
    """after the fault: all issued, each once, each on the signer's record, the events give every table"""
    got = rows(h, "SELECT k.bytes, c.number, c.serial FROM intent i JOIN certificate c ON c.number = i.object JOIN credential k ON k.object = c.number AND k.kind = 1 WHERE i.approval = ?", ap)
    check('%s: all %d certificates are there, number and serial once' % (name, n), len(got) == n == len({g[1] for g in got}) == len({g[2] for g in got}), len(got))
    signed = signed_records(h.d + '/signer/audit.log')[0]
    check('%s: each is on the signer\'s record' % name, all(tbs_hash(g[0]) in signed for g in got))
    code, out = h.cli('db', 'rebuild')
    check('%s: the events give every table again' % name, code == 0 and out.get('same') is True, out)


# --- starts ---

def starts(h):
    serve = [B + '/fujie', 'serve', '--dir', h.d]
    empty = h.root + '/empty'
    os.mkdir(empty)
    refused('a folder that is no home', [B + '/fujie', 'serve', '--dir', empty], 1, empty, 'is not a home', 'fujie init')
    refused('a folder that is not there', [B + '/fujie', 'cert', 'list', '--dir', empty + '/none'], 1, 'is not a home', 'fujie init')
    check('and nothing was written into it', os.listdir(empty) == [], os.listdir(empty))

    db = sqlite3.connect(h.d + '/register.db', isolation_level=None)
    known = db.execute('PRAGMA user_version').fetchone()[0]
    oldest = tool(B + '/fujie', 'version')[1]['register_reads_from'] # those between are upgraded: upgrade_test.py
    for what, other, remedy in (('a newer', known + 1, 'install that newer version again'), ('an older', oldest - 1, 'use the program that wrote it')):
        db.execute('PRAGMA user_version=%d' % other)
        refused('a home of %s version' % what, serve, 3, 'version %d' % other, 'knows versions %d to %d' % (oldest, known), remedy)
        refused('a home of %s version, one command' % what, [B + '/fujie', 'cert', 'list', '--dir', h.d], 3, 'version %d' % other, 'knows versions %d to %d' % (oldest, known))
        check('and its version stays', db.execute('PRAGMA user_version').fetchone()[0] == other)
    db.execute('PRAGMA user_version=%d' % known)
    db.close()

    for option, part in (('--portal', 'registry'), ('--verifier', 'verifier')):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen()
            address = '127.0.0.1:%d' % s.getsockname()[1]
            other = '--verifier' if option == '--portal' else '--portal'
            refused('a port that is taken (%s)' % option, serve + [option, address, other, '127.0.0.1:%d' % free_port()], 3,
                    'the %s did not start' % part, address, 'taken by another program', 'choose another port')
        check('a port that is taken (%s): nothing is left running' % option, holders(h.d) == [], holders(h.d))
    refused('an address that is none', serve + ['--portal', 'nowhere'], 3, '"nowhere" is not an address such as')
    ini = open(h.d + '/fujie.ini').read()
    for name, text, code, words in (('a line that is none', ini + 'garbage\n', 1, ['line %d of fujie.ini is neither' % (ini.count('\n') + 1)]), ('a setting that is none', ini + '[nope]\nx = 1\n', 1, ['[nope] x is not a setting', 'line %d' % (ini.count('\n') + 2)]),
                                    ('a TPM that is not there', ini.replace('= software', '= /dev/none'), 3, ['/dev/none', "can't be started", 'fujie.ini'])):
        if os.path.exists(h.d + '/run/conf.good'):
            os.unlink(h.d + '/run/conf.good')  # with one it serves by that, loudly (operate_test)
        open(h.d + '/fujie.ini', 'w').write(text)
        refused('fujie.ini with ' + name, serve, code, *words)
    open(h.d + '/fujie.ini', 'w').write(ini)
    refused('no TPM to start', serve, 3, 'swtpm', "can't be started", 'install it', env=dict(os.environ, PATH='/nonexistent'))

    user, owner, as_user = {}, os.stat(h.d), serve
    if ROOT: # as somebody else, who may not be able to reach the folder that we were built in
        bin = os.path.join(h.root, 'bin')
        os.makedirs(bin)
        for n in ('fujie', 'fujie-signer', 'fujie-registry', 'fujie-verifier'):
            shutil.copy(B + '/' + n, bin)
        as_user = [bin + '/fujie'] + serve[1:]
        for folder, names, files in os.walk(h.d):
            for n in ['.'] + files:
                os.chown(os.path.join(folder, n), 65534, 65534, follow_symlinks=False)
        user = {'user': 65534, 'group': 65534, 'extra_groups': []}
        way = h.root
        while 'fujie-test-' in way: # the temporary folders that are ours
            os.chmod(way, 0o755)
            way = os.path.dirname(way)
    for folder in ('.', 'signer', 'publish'):
        mode = os.stat(os.path.join(h.d, folder)).st_mode & 0o777
        os.chmod(os.path.join(h.d, folder), 0o555)
        refused('a home that can\'t be written (%s)' % folder, as_user, 3, '"%s"' % folder, "can't be written", 'run fujie as its owner', **user)
        os.chmod(os.path.join(h.d, folder), mode)
    for folder, names, files in os.walk(h.d):
        for n in ['.'] + files:
            os.chown(os.path.join(folder, n), owner.st_uid, owner.st_gid, follow_symlinks=False)
    check('after all refusals nothing runs in the home', holders(h.d) == [], holders(h.d))


def usage(h):
    rc, out, err = run(B + '/fujie', '--json')
    check('no command with --json is one document, exit 2', rc == 2 and 'a command is missing' in (one_document(out) or {}).get('detail', {}).get('en', ''), (rc, out, err))
    refused('no such command', [B + '/fujie', 'cert', 'fly', '--dir', h.d], 2, 'certificate.fly', 'fujie help')
    refused('an unknown option', [B + '/fujie', 'cert', 'list', '--dir', h.d, '--colour', 'red'], 2, '--colour', 'fujie help')
    refused('no home named', [B + '/fujie', 'cert', 'list'], 2, '--dir D is missing')
    refused('a number that is none', [B + '/fujie', 'cert', 'show', 'DAC-1', '--dir', h.d], 1, 'there is no DAC-1')
    refused('acting without signing in', [B + '/fujie', 'cert', 'suspend', '--dir', h.d, '--number', 'DAC-1', '--reason', 'x'], 1, 'certificate.suspend', '--as LOGIN', rule='domain.md 6')
    refused('a second start on one home', [B + '/fujie', 'serve', '--dir', h.d], 3, 'already in use by another fujie process', 'end that one first')


def verify_tool(h):
    tool, trust = [B + '/fujie-verify', '--trust', h.d + '/trust'], h.root + '/no-trust'
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    path = os.path.join(h.d, tok['file'])
    os.mkdir(trust)
    open(h.root + '/nothing', 'w').close()
    with open(h.root + '/huge', 'wb') as f:
        f.truncate(3 << 30)
    refused('verify: a file that is not there', tool + [h.root + '/none'], 3, 'none', 'No such file')
    refused('verify: a folder', tool + [h.d], 3, h.d, 'Is a directory')
    refused('verify: a file without end', tool + ['/dev/zero'], 1, '/dev/zero is larger than any credential', rule='formats.md 8')
    refused('verify: a huge file', tool + [h.root + '/huge'], 1, 'is larger than any credential', rule='formats.md 8')
    refused('verify: no trust folder', [tool[0], '--trust', trust + '/none', path], 3, trust + '/none is no trust folder', 'D/trust', rule='formats.md 7')
    refused('verify: an empty trust folder', [tool[0], '--trust', trust, path], 3, trust + ' is no trust folder', 'root.pem', 'trust.tar', rule='formats.md 7')
    refused('verify: a trust folder that is a file', [tool[0], '--trust', h.root + '/nothing', path], 3, 'is no trust folder', 'Not a directory')
    refused('verify: an unknown key of a use', tool + [path, '--use', 'colour=red'], 2, '"colour" is not a key of a use', 'asset product action', rule='formats.md 8')
    refused('verify: a use that is no list of keys', tool + [path, '--use', 'action'], 2, 'key=value')
    refused('verify: two files', tool + [path, path], 2, 'name one file')
    refused('verify: no trust', [tool[0], path], 2, 'give --trust DIR')

    def verdict(f, *more):
        rc, out, err = run(*tool, f, '--json', *more)
        doc = one_document(out) or {}
        return rc, doc.get('verdict'), [(c['name'], c['clause'], c['text']['en']) for c in doc.get('checks', []) if c['outcome'] == 'fail']

    rc, v, failed_ = verdict(h.root + '/nothing')
    check('verify: an empty file is denied by its form', rc == 1 and v == 'deny' and failed_ == [('form', 'formats.md 8', 'there is nothing to verify: the credential is empty')], (rc, v, failed_))
    rc, v, failed_ = verdict(path, '--use', 'action=QUERY,asset=HB-0000-0000')
    check('verify: a token for another asset is denied by its scope', rc == 1 and v == 'deny' and ('scope', 'formats.md 8', 'the asset is another one') in failed_, (rc, v, failed_))
    for name, text, clause, words in (
            ('DER that is cut', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'X.690', 'malformed DER'),
            ('a megabyte of one letter', 'a' * (1 << 20), 'RFC 7515', 'not a compact JWS'),
            ('a token without signature', '.'.join(open(path).read().split('.')[:2]) + '.', 'RFC 7518', 'the signature is not 64 octets'),
            ('a header that is no JSON', 'QUJD.e30.' + 'AQ' * 43, 'RFC 8259', 'JSON')):
        open(h.root + '/bad', 'w').write(text)
        rc, v, failed_ = verdict(h.root + '/bad')
        check('verify: %s is denied, with its section' % name, rc == 1 and v == 'deny' and len(failed_) == 1 and failed_[0][0] == 'form' and clause in failed_[0][1] and words in failed_[0][2], failed_)


# --- HTTP ---

def raw(port, data):
    out = b''
    with socket.create_connection(('127.0.0.1', port), timeout=300) as s:
        try:
            s.sendall(data)
            while True:
                got = s.recv(65536)
                if not got:
                    break
                out += got
        except OSError:
            pass
    return out


def request(port, method, path, body=b'', head=''):
    return raw(port, ('%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n' % (method, path, head, len(body))).encode() + body)


def problem(sentence, answer, status, *words, rule=None):
    """problem+json whose status is the status line's, and a sentence in both languages where people see it"""
    head, _, body = answer.partition(b'\r\n\r\n')
    try:
        doc = json.loads(body)
    except ValueError:
        doc = {}
    text = doc.get('detail', {}).get('en', '')
    check('%s: %d in one sentence' % (sentence, status), (b' %d ' % status) in head[:16] and b'application/problem+json' in head and doc.get('status') == status and
          all(w in text for w in words) and (rule is None or rule in doc.get('rule', '')), answer[-500:])


def http(h, s):
    bearer = 'Authorization: Bearer %s\r\n' % s['hb-fin1']
    for name, port, big, room, post in (('portal', h.p, '/api/v1/session', 70000, '/logout'), ('verifier', h.v, '/ocsp', 9000, '/ocsp')):
        problem(name + ': a body that is too large', request(port, 'POST', big, b'x' * room), 413, 'what was sent is larger than the', 'B that are taken here; make it smaller, or send it in parts', rule='RFC 9110')
        odd = '/login' if name == 'portal' else big
        problem(name + ': a method that is none', request(port, 'BREW', odd), 405, 'does not take this method', rule='RFC 9110')
        problem(name + ': a method with a body', request(port, 'PUT', odd, b'{}'), 405, 'does not take this method')
        problem(name + ': no such address', request(port, 'GET', '/nowhere'), 404, 'nothing at this address')
        check(name + ': 405 names the methods there are', b'\r\nAllow: POST\r\n' in request(port, 'GET', post) and b'\r\nAllow: GET, HEAD, POST\r\n' in request(port, 'DELETE', '/login' if name == 'portal' else '/'))
        check(name + ': headers over the limit are 431', b' 431 ' in request(port, 'GET', '/', head='X: %s\r\n' % ('a' * 70000))[:16])
        check(name + ': an address over the limit is 414', b' 414 ' in request(port, 'GET', '/' + 'a' * 70000)[:16])
        check(name + ': a length that is no number is 400', b' 400 ' in raw(port, b'POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: abc\r\n\r\n' % big.encode())[:40])
        check(name + ': a chunk that is none is 400', b' 400 ' in raw(port, b'POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n' % big.encode())[:16])
        check(name + ': bytes of another protocol get no page', raw(port, b'\x16\x03\x01\x02\x00\x01\r\n\r\n')[:5] in (b'', b'HTTP/'))
    act = '/api/v1/certificate/suspend'
    problem('portal: JSON that is cut', request(h.p, 'POST', act, b'{"number":', bearer), 400, 'JSON text is refused', rule='RFC 8259')
    problem('portal: one name twice', request(h.p, 'POST', act, b'{"number":"a","number":"b"}', bearer), 400, 'duplicate object key', rule='RFC 8259')
    problem('portal: a number that is not whole', request(h.p, 'POST', act, b'{"number":1.5}', bearer), 400, 'not whole', rule='RFC 8259')
    problem('portal: brackets without end', request(h.p, 'POST', act, b'[' * 100000, bearer), 400, 'nests deeper', rule='RFC 8259')
    problem('portal: a list instead of an object', request(h.p, 'POST', act, b'[]', bearer), 400, 'JSON object')
    problem('portal: an unknown field', request(h.p, 'POST', act, b'{"number":"x","reason":"y","admin":true}', bearer), 422, '"admin" is not known to this command')
    problem('portal: an unknown command', request(h.p, 'POST', '/api/v1/certificate/fly', b'{}', bearer), 404, 'certificate.fly')
    problem('portal: no session', request(h.p, 'POST', act, b'{}'), 401, 'sign in first')
    problem('portal: JSON that is cut, before signing in', request(h.p, 'POST', '/api/v1/session', b'{'), 400, 'JSON text is refused', rule='RFC 8259')
    problem('verifier: JSON that is cut', request(h.v, 'POST', '/v1/verify', b'{'), 400, 'JSON text is refused', rule='RFC 8259')
    problem('verifier: an unknown key of a use', request(h.v, 'POST', '/v1/verify', b'{"credential":"x","use":{"colour":"red"}}'), 400, '"colour" is not a key of a use', rule='formats.md 8')
    problem('verifier: an unknown member', request(h.v, 'POST', '/v1/verify', b'{"credential":"x","admin":1}'), 400, '"admin" is not known here')
    problem('verifier: more than it accepts', request(h.v, 'POST', '/v1/verify', b' ' * (9 << 20)), 413, 'larger than the 8 MB')
    check('verifier: OCSP that is no DER is malformedRequest (RFC 6960 2.3)', request(h.v, 'POST', '/ocsp', b'x' * 900).endswith(b'\r\n\r\n0\x03\n\x01\x01'))
    check('verifier: OCSP by GET that is no DER is malformedRequest', request(h.v, 'GET', '/ocsp/AAAA').endswith(b'\r\n\r\n0\x03\n\x01\x01'))

    form = 'Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\nAccept-Language: en\r\n'
    for name, text, words in (('DER that is cut', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', b'malformed DER'), ('no JWS', 'hello', b'not a compact JWS')):
        for where, port, path in (('portal', h.p, '/verify'), ('verifier', h.v, '/')):
            page = request(port, 'POST', path, urllib.parse.urlencode({'credential': text, 'use': ''}).encode(), form)
            check('%s: its public page denies %s and says why' % (where, name), b' 200 ' in page[:16] and b'verdict deny' in page and words in page, page[-400:])
    for where, port, path, most in (('portal', h.p, '/verify', b'9 MB'), ('verifier', h.v, '/', b'9 MB')):
        page = request(port, 'POST', path, b'credential=' + b'a' * (int(most.split()[0]) << 20), form)
        check('%s: its public page refuses what is too large, on a page' % where, b' 413 ' in page[:16] and b'text/html' in page and b'larger than the %s that are taken here' % most in page, page[-400:])

    # clients that begin and do not go on
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    slow = []
    try:
        for port, data in ((h.v, b'POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'), (h.p, b'GET /lo')):
            for _ in range(100):
                c = socket.create_connection(('127.0.0.1', port), timeout=10)
                c.sendall(data)
                slow.append(c)
        code, out = h.api('GET', '/api/v1/certificate', None, s['hb-fin1'])
        check('a hundred slow clients on each do not block the others', h.verdict_service(tok) == 'permit' and code == 200, code)
    finally:
        for c in slow:
            c.close()


# --- the register's refusals ---

def rules(h, s, ap):
    number = next(c['number'] for c in h.demo['certificates'] if c['number'].startswith('DAC-420000-202604-000001'))
    asset = h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])[1]['asset_no']
    code, out = h.api('POST', '/api/v1/certificate/issue', {'assets': [asset]}, s['hb-fin1'])
    check('a second certificate for one card is refused, with the first one\'s number', code == 409 and number in out['detail']['en'] and 'one card, one certificate' in out['detail']['en'] and
          out['rule'].startswith('167') and '一卡一证' in out['detail']['zh'], out)
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin1'])
    check('the applicant does not approve the own issuance (R22)', code == 409 and out['rule'] == 'R22' and out['detail']['en'] and out['detail']['zh'], out)
    check('and nothing is issued by it', rows(h, 'SELECT state FROM approval WHERE id = ?', ap) == [('OPEN',)] and finished(h, ap, 0))
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    body = {'credential': open(os.path.join(h.d, tok['file'])).read(), 'use': {'action': 'QUERY', 'asset': 'HB-0000-0000'}}
    out = json.load(urllib.request.urlopen(h.url('/v1/verify'), json.dumps(body).encode(), timeout=300))
    check('a token for another asset is denied by the service too', out['verdict'] == 'deny' and [c['text']['en'] for c in out['checks'] if c['outcome'] == 'fail' and c['name'] == 'scope'] == ['the asset is another one'], out)


def csv(h, s):
    good = ['Y-1,C-1,名称一,,自主采集,,否', 'Y-10,C-10,名称十,,自主采集,,否']
    bad = ['Y-2,,名称二,,自主采集,,否', 'Y-3,C-3,名称三,,捡来,,否', 'Y-4,C-4,名称四', 'Y-5,C"5,名称五,,自主采集,,否', 'Y-6,C-6,名称六,,共享取得,,否',
           'Y-7,C-7,SECRETNAME,,自主采集,,是', 'Y-1,C-8,名称八,,自主采集,,否', 'Y-8,C-9,%s,,自主采集,,否' % ('名' * 121), 'Y-9,C-9,名称九,,自主采集,,也许']
    want = [(3, 2, 'R02'), (4, 5, '1号(三) [M]'), (5, 4, 'RFC 4180 2'), (6, 2, 'RFC 4180 2'), (7, 5, 'R16'), (9, 1, 'domain.md 4.2'), (10, 3, 'R34'), (11, 7, 'domain.md decision 12')]
    path = h.root + '/ledger.csv'
    open(path, 'w', newline='').write(CSV_HEAD + '\r\n'.join([good[0]] + bad + [good[1]]) + '\r\n')

    def stored():
        return rows(h, "SELECT ledger_no FROM ledger WHERE ledger_no LIKE 'Y-%' ORDER BY ledger_no")

    code, out = h.cli('ledger', 'import', '--file', path, who='hbsw2')
    faults = out.get('faults', [])
    check('a broken CSV tells line, column and rule of each fault', code == 1 and [(f['line'], f['column'], f['rule']) for f in faults] == want, out)
    check('each in a sentence in both languages', len(faults) == len(want) and all(len(f['detail']['en']) > 15 and f['detail']['zh'] for f in faults), faults)
    check('a state secret is told by its line alone', out.get('secret_lines') == [8] and 'SECRETNAME' not in json.dumps(out, ensure_ascii=False), out)
    check('and no line of it is imported', out.get('refused') is True and out.get('imported') == 0 and stored() == [], out)
    code, out = h.cli('ledger', 'import', '--file', path, '--partial', who='qx1')
    check('with --partial the others are, and the faults are told again', code == 0 and out.get('imported') == 2 and len(out.get('faults', [])) == len(want) and
          stored() == [('Y-1',), ('Y-10',)], out)
    for name, data in (('UTF-16', b'\xff\xfe\x00bad'), ('a spreadsheet', b'PK\x03\x04\x14\x00\xff\x00'), ('nothing', b''), ('a zero octet', b'a,b\r\n\0,1\r\n')):
        open(path, 'wb').write(data)
        code, out = h.cli('ledger', 'import', '--file', path, '--dry-run')
        check('a file that is %s is line 1, column 1' % name, code == 1 and {(f['line'], f['column']) for f in out.get('faults', [])} == {(1, 1)} and len(out['faults'][0]['detail']['en']) > 15, out)
    refused('a CSV that is not there', [B + '/fujie', 'ledger', 'import', '--dry-run', '--dir', h.d, '--file', h.root + '/none.csv'], 1, 'none.csv', 'No such file')
    refused('a CSV that is a folder', [B + '/fujie', 'ledger', 'import', '--dry-run', '--dir', h.d, '--file', h.root], 3, h.root, 'Is a directory')
    with open(path, 'wb') as f:
        f.truncate((64 << 20) + 1)
    refused('a CSV that is too large', [B + '/fujie', 'ledger', 'import', '--dry-run', '--dir', h.d, '--file', path], 1, 'ledger.csv is larger than')


# --- the TPM gone ---

def ocsp_status(h, number):
    """responseStatus for a certificate, or None without openssl"""
    if not shutil.which('openssl', path='/usr/bin:/bin'):
        return None
    der = h.root + '/request.der'
    cert = os.path.join(h.d, next(c['file'] for c in h.demo['certificates'] if c['number'] == number))
    rc, out, err = run('/usr/bin/openssl', 'ocsp', '-issuer', h.d + '/trust/chain.pem', '-cert', cert, '-no_nonce', '-reqout', der)
    body = request(h.v, 'POST', '/ocsp', open(der, 'rb').read()).partition(b'\r\n\r\n')[2]
    return {b'\x30\x03\x0a\x01\x03': 'tryLater', b'\x30\x03\x0a\x01\x02': 'internalError'}.get(body, 'signed' if len(body) > 100 else body.hex())


def tpm(h, s, ap, swtpm):
    items = [c for c in h.demo['certificates'] if c['number'].startswith('DAC-420000') and c['expect'] == 'permit']
    one, two = items[0], items[1]
    os.kill(h.children()['swtpm'], signal.SIGKILL)
    code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': one['number'], 'reason': 'x'}, s['hb-fin1'])
    check('a request at the moment the TPM is killed is taken', code == 200 and out.get('state') == 'SUSPENDED', out)
    check('and bites once the supervisor has started TPM and signer again', until(lambda: h.verdict_service(one) == h.verdict_tool(one) == 'deny'))

    os.unlink(swtpm)
    os.symlink('/bin/false', swtpm)
    os.kill(h.children()['swtpm'], signal.SIGKILL)
    until(lambda: 'fujie-signer' not in h.children())
    code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': two['number'], 'reason': 'x'}, s['hb-fin1'])
    check('without a TPM a suspension is taken and says that it is not published yet', code == 200 and out.get('state') == 'SUSPENDED' and out.get('published') is False, out)
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin2'])
    check('without a TPM an issuance waits: none issued, all pending', code == 200 and out.get('issued') == 0 and out.get('pending') == SMALL and out.get('published') is False, out)
    check('nothing half-done is to be seen', finished(h, ap, 0) and h.verdict_tool(two) == h.verdict_service(two) == 'permit' and
          rows(h, "SELECT COUNT(*) FROM credential k JOIN intent i ON i.object = k.object AND i.kind = k.kind WHERE i.approval = ?", ap) == [(0,)])
    check('the log says in one sentence what is wrong and what to do', WAITING in log_of(h) and 'try later' in log_of(h))
    code, out = h.cli('status', 'show')
    check('reading goes on, and says that publication is behind', code == 0 and out.get('behind') is True and h.api('GET', '/api/v1/certificate', None, s['hb-fin1'])[0] == 200, out)
    state = ocsp_status(h, 'DAC-100000-202603-000001-F')
    if state is None:
        absent('openssl')
    else:
        check('OCSP without a TPM is tryLater (RFC 6960 2.3)', state == 'tryLater', state)
    os.unlink(swtpm)
    os.symlink(shutil.which('swtpm', path='/usr/bin:/bin:/usr/local/bin'), swtpm)
    check('with the TPM back all that waited is finished', until(lambda: finished(h, ap, SMALL) and h.verdict_service(two) == h.verdict_tool(two) == 'deny'), log_of(h)[-300:])
    check('and OCSP is answered again', state is None or until(lambda: ocsp_status(h, 'DAC-100000-202603-000001-F') == 'signed'))
    whole(h, ap, SMALL, 'after the TPM was gone')


# --- the database locked ---

def locked(h, s):
    held = sqlite3.connect(h.d + '/register.db', isolation_level=None)
    held.execute('BEGIN IMMEDIATE')
    item = next(c for c in h.demo['certificates'] if c['number'].startswith('DAC-420000') and h.verdict_tool(c) == 'deny')
    events = rows(h, "SELECT COUNT(*) FROM event WHERE kind <> 'list.published'")  # the publisher may have waited, too
    body = {'number': item['number'], 'reason': 'x'}
    code, out = h.api('POST', '/api/v1/certificate/resume', body, s['hb-fin1'])
    check('a register that is locked is 503 in one sentence', code == 503 and out['error'] == 'busy' and 'database is locked; nothing was changed; another process holds it, try again' in out['detail']['en'] and
          '稍后再试' in out['detail']['zh'], out)
    code, out = h.cli('certificate', 'resume', '--number', item['number'], '--reason', 'x', who='mof1')
    check('the command line exits with 3 and the same sentence', code == 3 and out.get('error') == 'busy' and 'another process holds it, try again' in out['detail']['en'], out)
    check('reading goes on meanwhile', h.cli('cert', 'list')[0] == 0 and h.verdict_service(item) == 'deny')
    held.execute('ROLLBACK')
    held.close()
    check('nothing was changed', rows(h, "SELECT COUNT(*) FROM event WHERE kind <> 'list.published'") == events)
    code, out = h.api('POST', '/api/v1/certificate/resume', body, s['hb-fin1'])
    check('the same request works when it is free', code == 200 and 'approval' in out, out)

    held = sqlite3.connect(h.d + '/publish/public.db', isolation_level=None)
    held.execute('BEGIN IMMEDIATE')
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': out.get('approval')}, s['hb-fin2'])
    check('with public.db locked the act is done and says that it is not published yet', code == 200 and out.get('published') is False, out)
    check('lists and CRLs do not wait for it: tool and service agree', h.verdict_service(item) == h.verdict_tool(item) == 'permit')
    check('the log says what is locked', "public.db can't begin: database is locked" in log_of(h))
    held.execute('ROLLBACK')
    check('and it is published when it is free', until(lambda: h.verdict_service(item) == h.verdict_tool(item) == 'permit'))
    held.execute('BEGIN EXCLUSIVE')
    state = ocsp_status(h, item['number'])
    held.execute('ROLLBACK')
    held.close()
    check('OCSP while public.db can\'t be read is tryLater', state in (None, 'tryLater'), state)


# --- the disk full ---

def mount(h, sub, size):
    """a small tmpfs in the place of a folder of the home"""
    at, old = os.path.join(h.d, sub) if sub else h.d, h.root + '/old-' + (sub or 'home')
    mode = os.stat(at).st_mode & 0o777
    subprocess.run(['cp', '-a', at, old], check=True)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%s,mode=%o' % (size, mode), 'none', at], stderr=subprocess.DEVNULL).returncode != 0:
        return False
    h.mounts.insert(0, at)
    for name in os.listdir(old):
        subprocess.run(['cp', '-a', os.path.join(old, name), at], check=True)
    return True


def fill(folder):
    with open(folder + '/filler', 'wb', buffering=0) as f:
        for size in (65536, 4096, 1):
            try:
                while True:
                    f.write(b'x' * size)
            except OSError:
                pass


def room(folder):
    os.unlink(folder + '/filler')


def logged(h):
    """leaves in the register, and how many the head that was given out has"""
    return rows(h, 'SELECT COUNT(*) FROM leaf')[0][0], int(open(h.d + '/publish/log/checkpoint').read().split('\n')[1])


def log_whole(h, name):
    even = until(lambda: len(set(logged(h))) == 1)
    code, out, err = run(B + '/fujie', 'log', 'verify', h.d + '/publish/log', '--vkey', h.d + '/publish/trust/log.vkey', '--json')
    check('%s: the public log has every leaf, and is one history' % name, even and code == 0 and json.loads(out)['ok'] is True, (logged(h), code, out[-300:], err))


def init_full(h, mounts):
    """a home that can't be made whole is not made at all"""
    at = h.root + '/tiny'
    os.mkdir(at)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=60k', 'none', at], stderr=subprocess.DEVNULL).returncode != 0:
        return
    mounts.append(at)
    refused('making a home on a full disk', [B + '/fujie', 'init', '--dir', at + '/home', '--base', 'http://v.example', '--arc', '1.3.6.1.4.1.99999', '--operator', 'test (illustrative)',
            '--org-usci', '11420000DEMA00013M', '--org-name', 'x', '--org-div6', '420000', '--org-level', '省', '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2'], 3,
            'disk is full', 'make room on the disk')
    check('and leaves nothing behind', os.listdir(at) == [] and holders(at) == [], os.listdir(at))


def disk(h, s, ap):
    h.mounts = []
    if ROOT:
        init_full(h, h.mounts)
    if not ROOT or not mount(h, '', '80m') or not mount(h, 'signer', '8m') or not mount(h, 'publish', '8m'):
        skip('a full disk', 'mounting a small tmpfs needs root')
        return
    signer, publish = h.d + '/signer', h.d + '/publish'
    check('a home on a small disk serves', h.serve(), log_of(h))

    # no room for the audit record
    fill(signer)
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin2'])
    check('no room for the audit record: an issuance is approved, none issued, all pending', code == 200 and out.get('issued') == 0 and out.get('pending') == LARGE, {k: v for k, v in out.items() if k != 'certificates'})
    check('no room for the audit record: nothing is released', finished(h, ap, 0) and rows(h, "SELECT COUNT(*) FROM credential k JOIN intent i ON i.object = k.object AND i.kind = k.kind WHERE i.approval = ?", ap) == [(0,)])
    check('no room for the audit record: what to do is said', until(lambda: "nothing is signed: the audit log could not be written: No space left on device; make room on the disk [lessons.md 12]" in log_of(h)), [l for l in log_of(h).split('\n') if 'audit record' in l][-2:])
    room(signer)
    check('with room again all are issued, without a restart of ours', until(lambda: finished(h, ap, LARGE)), log_of(h)[-300:])
    whole(h, ap, LARGE, 'after the full audit disk')
    log_whole(h, 'after the full audit disk')

    # the same at revocation: small records first use up the last page
    items = [dict(number=r[0], file=h.root + '/%s.pem' % r[0]) for r in rows(h, 'SELECT object FROM intent WHERE approval = ? ORDER BY object', ap)]
    for it in items:
        with open(it['file'], 'w') as f:
            f.write(h.api('GET', '/api/v1/certificate/' + it['number'], None, s['hb-fin1'])[1]['pem'])
    check('a certificate of the batch is permitted', until(lambda: h.verdict_service(items[0]) == 'permit'))
    fill(signer)
    stuck = None
    for it in items[:20]:
        code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': it['number'], 'reason': 'x'}, s['hb-fin1'])
        if code != 200 or out.get('published') is not True:
            stuck = it
            break
    stuck = stuck or items[0]
    check('no room at a suspension: it is kept and says that it is not published yet', code == 200 and out.get('state') == 'SUSPENDED' and out.get('published') is False, out)
    check('no room at a suspension: tool and service stay of one mind', until(lambda: h.verdict_service(stuck) == h.verdict_tool(stuck) in ('permit', 'deny')))
    for it in items[20:-1]: # heads are the smallest records
        if logged(h)[0] > logged(h)[1]:
            break
        h.api('POST', '/api/v1/certificate/suspend', {'number': it['number'], 'reason': 'x'}, s['hb-fin1'])
    leaves, size = logged(h)
    time.sleep(3) # it is tried again, and again
    check('no room at a suspension: no head is given out whose record could not be written', leaves > size == logged(h)[1], (leaves, logged(h)))
    room(signer)
    check('with room again the suspension bites', until(lambda: h.verdict_service(stuck) == h.verdict_tool(stuck) == 'deny'), log_of(h)[-300:])
    log_whole(h, 'after suspensions without room')

    # no room for the publication
    at = log_of(h).count('No space left')
    fill(publish)
    last = items[-1]
    code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': last['number'], 'reason': 'x'}, s['hb-fin1'])
    check('no room to publish: a suspension is kept and says that it is not published yet', code == 200 and out.get('state') == 'SUSPENDED' and out.get('published') is False, out)
    check('no room to publish: what to do is said', until(lambda: log_of(h).count('No space left on device; make room on the disk') > at), log_of(h)[-300:])
    check('no room to publish: the verifier still answers', h.verdict_service(last) in ('permit', 'deny') and h.verdict_service(stuck) == 'deny')
    leaves, size = logged(h)
    check('no room to publish: no head is given out whose tiles could not be written', leaves > size, (leaves, size))
    room(publish)
    check('with room again it is published', until(lambda: h.verdict_service(last) == h.verdict_tool(last) == 'deny'), log_of(h)[-300:])
    log_whole(h, 'after a publication without room')

    # no room for the register
    fill(h.d)
    csv_text = CSV_HEAD + ''.join('D-%d,CAT-%d,%s,%s,自主采集,,否\r\n' % (i, i, '名' * 100, '述' * 700) for i in range(3000))
    events = rows(h, 'SELECT MAX(seq) FROM event')
    code, out = h.api('POST', '/api/v1/ledger/import', {'file': csv_text}, s['hbsw1'])
    check('no room for the register: 507 in one sentence', code == 507 and out['error'] == 'disk-full' and 'database or disk is full; nothing was changed; make room on the disk, then try again' in out['detail']['en'] and
          '磁盘' in out['detail']['zh'], (code, out))
    check('no room for the register: nothing of it is stored', rows(h, 'SELECT MAX(seq) FROM event') == events and rows(h, "SELECT COUNT(*) FROM ledger WHERE ledger_no LIKE 'D-%'") == [(0,)])
    room(h.d)
    code, out = h.api('POST', '/api/v1/ledger/import', {'file': CSV_HEAD + ''.join('D-%d,CAT-%d,x,,自主采集,,否\r\n' % (i, i) for i in range(300))}, s['hbsw1'])
    check('with room again an import works', code == 200 and out.get('imported') == 300, out)
    code, out = h.cli('db', 'rebuild')
    check('after all full disks the events give every table', code == 0 and out.get('same') is True, out)
    check('and it ends on SIGTERM with 0', h.stop() == 0)


def with_path(folder, start):
    """start an appliance that finds its swtpm in this folder only"""
    old, os.environ['PATH'] = os.environ['PATH'], folder
    try:
        return start()
    finally:
        os.environ['PATH'] = old


base = Home()
main = small = None
try:
    check('a demo home that serves', base.made and base.serve(), base.made_err)
    sessions, ap_small, ap_large = prepare(base)
    check('it stops', base.stop() == 0)
    main, small = copy(base, 'main'), copy(base, 'small')
    starts(base)

    os.mkdir(main.root + '/bin')
    os.symlink(shutil.which('swtpm'), main.root + '/bin/swtpm')
    check('an appliance serves', with_path(main.root + '/bin', main.serve), log_of(main))
    usage(main)
    verify_tool(main)
    http(main, sessions)
    rules(main, sessions, ap_small)
    csv(main, sessions)
    tpm(main, sessions, ap_small, main.root + '/bin/swtpm')
    locked(main, sessions)
    check('after all that it ends on SIGTERM with 0', main.stop() == 0)
    check('and nothing is left running', until(lambda: holders(main.d) == [], 5), holders(main.d))
    disk(small, sessions, ap_large)
finally:
    for h in (main, small):
        if h is not None:
            if h.proc:
                h.stop()
            for at in getattr(h, 'mounts', []):
                subprocess.run(['umount', at])
    base.close()
finish()
