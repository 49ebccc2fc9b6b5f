"""What the integration tests share: a demo home, a running appliance, the command
line as an officer, and one line a case.  Python's standard library only."""
import base64, hashlib, hmac, json, os, shutil, signal, socket, struct, subprocess, sys, tempfile, time, urllib.error, urllib.request

B = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
passed = failed = 0


def check(sentence, ok, detail=''):
    global passed, failed
    if ok:
        passed += 1
        print('ok - ' + sentence, flush=True)
    else:
        failed += 1
        print('not ok - ' + sentence + ('  # ' + str(detail)[:300] if detail else ''), flush=True)


def finish():
    print('%d passed, %d failed' % (passed, failed), flush=True)
    sys.exit(1 if failed else 0)


def free_port():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
    s.close()
    return port


def totp(uri):
    secret = uri.split('secret=')[1].split('&')[0]
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack('>Q', int(time.time()) // 30), hashlib.sha1).digest()
    o = mac[19] & 15
    return '%06d' % ((struct.unpack('>I', mac[o:o + 4])[0] & 0x7fffffff) % 1000000)


class Home:
    """A demo home in a temporary folder, and the appliance that serves it."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='fujie-test-')
        self.d = os.path.join(self.root, 'home')
        self.p, self.v = free_port(), free_port()
        self.proc = None
        self.used = {}
        r = subprocess.run([B + '/fujie', 'demo', '--dir', self.d, '--no-serve', '--portal', '127.0.0.1:%d' % self.p,
                            '--verifier', '127.0.0.1:%d' % self.v], capture_output=True, text=True, timeout=120)
        self.made = r.returncode == 0
        self.made_err = r.stderr
        if self.made:
            self.demo = json.load(open(self.d + '/demo.json'))

    def serve(self):
        self.log = open(self.root + '/serve.log', 'a')
        self.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', self.d, '--portal', '127.0.0.1:%d' % self.p,
                                      '--verifier', '127.0.0.1:%d' % self.v], stdout=self.log, stderr=self.log)
        return self.wait_up()

    def wait_up(self):
        for _ in range(200):
            try:
                urllib.request.urlopen(self.url('/healthz'), timeout=2).read()
                urllib.request.urlopen('http://127.0.0.1:%d/login' % self.p, timeout=2).read()
                return True
            except OSError:
                time.sleep(0.1)
        return False

    def stop(self):
        if self.proc:
            self.proc.terminate()
            code = self.proc.wait(20)
            self.proc = None
            return code

    def close(self):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def url(self, path):
        return 'http://127.0.0.1:%d%s' % (self.v, path)

    def login(self, name):
        return next(l for l in self.demo['logins'] if l['login'] == name)

    def cli(self, *args, who=None):
        """(exit code, JSON).  A one-time code works once: wait for the next when it was used."""
        env = dict(os.environ)
        cmd = [B + '/fujie'] + list(args) + ['--dir', self.d, '--json']
        if who:
            l = self.login(who)
            while self.used.get(who) == totp(l['totp']):
                time.sleep(1)
            self.used[who] = env['FUJIE_TOTP'] = totp(l['totp'])
            env['FUJIE_PASSWORD'] = l['password']
            cmd += ['--as', who]
        r = subprocess.run(cmd, capture_output=True, text=True, env=env, timeout=120, stdin=subprocess.DEVNULL)
        try:
            return r.returncode, json.loads(r.stdout)
        except ValueError:
            return r.returncode, {'stdout': r.stdout, 'stderr': r.stderr}

    def session(self, name):
        """a bearer token of the API"""
        l = self.login(name)
        while self.used.get(name) == totp(l['totp']):
            time.sleep(1)
        self.used[name] = totp(l['totp'])
        return self.api('POST', '/api/v1/session', {'login': name, 'password': l['password'], 'totp': self.used[name]})[1].get('token')

    def api(self, method, path, body=None, token=None):
        req = urllib.request.Request('http://127.0.0.1:%d%s' % (self.p, path), method=method,
                                     data=None if body is None else json.dumps(body).encode())
        if token:
            req.add_header('Authorization', 'Bearer ' + token)
        try:
            with urllib.request.urlopen(req, timeout=60) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b'{}')

    def verdict_service(self, item):
        body = {'credential': open(os.path.join(self.d, item['file'])).read()}
        if item.get('use'):
            body['use'] = item['use']
        return json.load(urllib.request.urlopen(self.url('/v1/verify'), json.dumps(body).encode(), timeout=20))['verdict']

    def verdict_tool(self, item):
        cmd = [B + '/fujie-verify', '--trust', self.d + '/trust', os.path.join(self.d, item['file']), '--json']
        if item.get('use'):
            cmd += ['--use', ','.join(k + '=' + v for k, v in item['use'].items())]
        return json.loads(subprocess.run(cmd, capture_output=True, text=True, timeout=20).stdout)['verdict']

    def children(self):
        """pids of the appliance's processes by name"""
        out = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                stat = open('/proc/%s/stat' % pid).read()
                name, rest = stat[stat.index('(') + 1:stat.rindex(')')], stat[stat.rindex(')') + 2:].split()
            except OSError:
                continue
            if int(rest[1]) == self.proc.pid:
                out[name] = int(pid)
        return out
