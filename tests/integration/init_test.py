"""A real, empty home; enrolment with one-time codes; hostile HTTP; a port that is taken."""
import ctypes, sqlite3
from lib import *


def fujie(*args, **env):
    r = subprocess.run([B + '/fujie'] + list(args), capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=dict(os.environ, **env))
    return r.returncode, r.stdout, r.stderr


def kept(home, login):
    with sqlite3.connect(home + '/register.db', timeout=60) as db:
        return db.execute('SELECT password FROM user_secret WHERE login = ?', (login,)).fetchone()[0]


def hash_of_before(home, login, password):
    """as an older program may have kept it"""
    out, sodium = ctypes.create_string_buffer(128), ctypes.CDLL('libsodium.so.23')
    assert sodium.crypto_pwhash_str(out, password, ctypes.c_ulonglong(len(password)), ctypes.c_ulonglong(1), ctypes.c_size_t(8192)) == 0
    with sqlite3.connect(home + '/register.db', timeout=60) as db:
        db.execute('UPDATE user_secret SET password = ? WHERE login = ?', (out.value.decode(), login))


root = tempfile.mkdtemp(prefix='fujie-init-')
d, p, v = root + '/home', free_port(), free_port()
base = 'http://127.0.0.1:%d' % v
args = {'--dir': d, '--base': base, '--arc': '1.3.6.1.4.1.99999', '--operator': 'test (illustrative)', '--org-usci': '11420000DEMA00013M',
        '--org-name': '湖北省财政厅', '--org-div6': '420000', '--org-level': '省', '--officer': 'a1:甲:p1', '--second-officer': 'a2:乙:p2',
        '--portal': '127.0.0.1:%d' % p, '--verifier': '127.0.0.1:%d' % v}


def init(**change):
    a = dict(args, **{'--' + k.replace('_', '-'): x for k, x in change.items()})
    return fujie('init', '--json', *[w for k, x in a.items() if x is not None for w in (k, x)])


def health():
    try:
        return urllib.request.urlopen(base + '/healthz', timeout=10).read()
    except urllib.error.HTTPError as e:
        return e.read()
    except OSError as e:
        return str(e).encode()


def well():
    return b'"ok":true' in health().replace(b' ', b'') or None


def serve():
    started = subprocess.Popen([B + '/fujie', 'serve', '--dir', d], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            urllib.request.urlopen(base + '/healthz', timeout=2).read()
            break
        except OSError:
            time.sleep(0.1)
    return started


proc = None
try:
    for what, change in (('an arc under 2.25', {'arc': '2.25.1'}), ('the documentation arc', {'arc': '1.3.6.1.4.1.32473'}), ('a base with a final slash', {'base': base + '/'}),
                         ('two officers who are one person', {'second_officer': 'a2:乙:p1'}), ('a division of five digits', {'org_div6': '42000'}), ('no second officer', {'second_officer': None})):
        code, out, err = init(**change)
        check('init refuses %s and leaves nothing' % what, code != 0 and os.listdir(root) == [], (code, out, err, os.listdir(root)))
    code, out, err = init()
    check('init makes a home', code == 0, err)
    codes = {o['login']: o['code'] for o in json.loads(out)['officers']}
    code, out, err = init()
    check('a second init over it is refused', code == 1, err)
    code, out, err = fujie('user', 'enrol', '--dir', d, '--login', 'a1', '--code', 'wrong', FUJIE_NEW_PASSWORD='a long enough password')
    check('a wrong one-time code is refused', code == 1, err)
    code, out, err = fujie('user', 'enrol', '--dir', d, '--login', 'a1', '--code', codes['a1'], FUJIE_NEW_PASSWORD='short')
    check('a short password is refused', code == 1, err)
    code, out, err = fujie('user', 'enrol', '--dir', d, '--login', 'a1', '--code', codes['a1'], '--json', FUJIE_NEW_PASSWORD='a long enough password')
    check('the code enrols an officer', code == 0 and 'otpauth' in out, err)
    secret = json.loads(out)['totp'] if code == 0 else ''
    code, out, err = fujie('user', 'enrol', '--dir', d, '--login', 'a1', '--code', codes['a1'], FUJIE_NEW_PASSWORD='another long password')
    check('and works once', code == 1, err)

    proc = serve()
    check('a home in which nothing was issued is well', until(well), health())

    def login(password, code):
        req = urllib.request.Request('http://127.0.0.1:%d/api/v1/session' % p, json.dumps({'login': 'a1', 'password': password, 'totp': code}).encode())
        try:
            return urllib.request.urlopen(req, timeout=300).status
        except urllib.error.HTTPError as e:
            return e.code

    check('a wrong password does not sign in', login('wrong password here', totp(secret)) == 401)
    check('a wrong one-time code does not sign in', login('a long enough password', '000000') == 401)
    code = totp(secret)
    check('password and code sign in', login('a long enough password', code) == 200)
    check('the same code a second time does not', login('a long enough password', code) == 401)

    code, out, err = fujie('user', 'enrol', '--dir', d, '--login', 'a2', '--code', codes['a2'], '--json', FUJIE_NEW_PASSWORD='another long password')
    uris = {'a1': secret, 'a2': json.loads(out)['totp']}

    def api(path, token, **body):
        req = urllib.request.Request('http://127.0.0.1:%d/api/v1/%s' % (p, path), json.dumps(body).encode(), {'Authorization': 'Bearer ' + token} if token else {})
        try:
            return json.load(urllib.request.urlopen(req, timeout=300))
        except urllib.error.HTTPError as e:
            return json.loads(e.read())

    def session(who, password):
        step = int(time.time()) // 30 + 1
        return api('session', None, login=who, password=password, totp=totp(uris[who], step)).get('token')

    hash_of_before(d, 'a2', b'another long password')
    tokens = {'a1': session('a1', 'a long enough password'), 'a2': session('a2', 'another long password')}
    check('a password that was kept in less than the strength of today is kept in it from the sign-in on', until(lambda: kept(d, 'a2').startswith('$argon2id$v=19$m=65536,t=3,p=1$') or None), kept(d, 'a2'))
    before = open(d + '/trust/chain.pem').read()
    asked = api('key/roll', tokens['a1'], key='issuing')
    done = api('approval/approve', tokens['a2'], id=asked.get('approval'))
    chain = until(lambda: (lambda t: t != before and t)(open(d + '/trust/chain.pem').read())) or ''
    check('without a plan two officers are enough for a newer key of the issuing CA, certified by the root at once', done.get('state') == 'APPROVED' and chain.count('BEGIN CERT') == 3 and chain.endswith(before), (asked, done))
    check('and it can be asked for nothing more: there is nothing that waits for the root', 'key roll' in str(api('root/issue', tokens['a1'], key='issuing')))

    def raw(data):
        s = socket.create_connection(('127.0.0.1', v), timeout=10)
        s.sendall(data)
        out = b''
        try:
            while True:
                got = s.recv(65536)
                if not got:
                    break
                out += got
        except OSError:
            pass
        return out[:200]

    check('a body over the maximum is 413', b' 413 ' in raw(b'POST /ocsp HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n' + b'x' * 20000))
    check('another method is 405', b' 405 ' in raw(b'DELETE /ocsp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
    check('a folder above is 404', b' 404 ' in raw(b'GET /../register.db HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
    for name, body in (('no JSON', b'{'), ('no credential', b'{}'), ('an unknown member', b'{"credential":"x","admin":1}'), ('an unknown use', b'{"credential":"x","use":{"colour":"red"}}'),
                       ('a bomb of brackets', b'[' * 100000), ('twice the same name', b'{"credential":"x","credential":"y"}')):
        check('verify with %s is 400' % name, b' 400 ' in raw(b'POST /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body))
    for name, text in (('text', 'hello'), ('a token cut short', 'eyJ.eyJ.'), ('nothing readable', '\x01\x02'), ('an empty PEM', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n')):
        r = json.load(urllib.request.urlopen(base + '/v1/verify', json.dumps({'credential': text}).encode()))
        check('%s is never permitted' % name, r['verdict'] == 'deny', r['verdict'])
    open(d + '/run/demo.clock', 'w').write('-31536000\n')  # a demo home would answer at that time
    r = json.load(urllib.request.urlopen(base + '/v1/verify', json.dumps({'credential': 'hello'}).encode()))
    check('a home that is no demo answers at the machine\'s time, whatever stands in it', abs(calendar.timegm(time.strptime(r['at'], '%Y-%m-%dT%H:%M:%SZ')) - time.time()) < 86400, r['at'])
    proc.terminate()
    proc.wait(120)
    ini = open(d + '/fujie.ini').read()
    open(d + '/fujie.ini', 'w').write(ini.replace('demo = false', 'demo = true'))
    open(d + '/run/demo.clock', 'w').write('-31536000\n')
    proc = serve()
    r = json.load(urllib.request.urlopen(base + '/v1/verify', json.dumps({'credential': 'hello'}).encode()))
    check('nor is it one because its configuration says so: its certificates do not', 'demo = true' in open(d + '/fujie.ini').read() and abs(calendar.timegm(time.strptime(r['at'], '%Y-%m-%dT%H:%M:%SZ')) - time.time()) < 86400, r['at'])
    os.remove(d + '/run/demo.clock')
    taken = subprocess.run([B + '/fujie', 'demo', '--dir', root + '/d2', '--no-serve'], capture_output=True, text=True, timeout=240)
    r = subprocess.run([B + '/fujie', 'serve', '--dir', root + '/d2', '--portal', '127.0.0.1:%d' % p, '--verifier', '127.0.0.1:%d' % free_port()], capture_output=True, text=True, timeout=300)
    check('a port that is taken is said in one line', r.returncode == 3 and 'is taken' in r.stderr, r.stderr)
    r = subprocess.run([B + '/fujie', 'serve', '--dir', root + '/d2', '--portal', '0.0.0.0:%d' % free_port()], capture_output=True, text=True, timeout=300)
    check('plain HTTP beyond loopback is refused', r.returncode == 3 and 'loopback' in r.stderr, r.stderr)
finally:
    if proc:
        proc.terminate()
        proc.wait(120)
    shutil.rmtree(root, ignore_errors=True)
finish()
