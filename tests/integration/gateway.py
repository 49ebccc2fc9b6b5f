"""What the tests of the gateway share: a holder with a key, an issuer's address that a test can
bend, and a running fujie-gateway.  Python's standard library and openssl."""
import http.client, http.server, threading
from lib import *

HYDRO = 'DAU-100000-202603-000001-K'  # case 1: 荆楚数据运营, by scenario
PENGCHENG = '91440300DEMA00128B'
AUDIENCE = 'https://gateway.example'
USE = 'action=QUERY,purpose=WELFARE,territory=420100'


def license_of(users, quota=None, binding='mtls'):
    return {'authorisation': HYDRO, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'terms': 'free', 'days': 60, 'binding': binding,
            'duties': ['STOP'], 'users': users,
            'grant': {'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'],
                      'territory': ['420000'], 'environment': [], 'quota': quota, 'depth': 0}}


def issued(officers, users, **more):
    """compact tokens of the demo's operator, one a user, and their numbers"""
    ids = officers.done('jc1', 'token.issue', request=license_of(users, **more))['tokens']
    return ids, [officers.get('auditor', 'token/' + t)['compact'] for t in ids]


class Holder:
    """A P-256 key, and Key Binding JWTs by it (RFC 9901 4.3)."""

    def __init__(self, folder, name='holder'):
        self.pem = os.path.join(folder, name + '.pem')
        subprocess.run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', self.pem], check=True, capture_output=True)
        point = subprocess.run(['openssl', 'ec', '-in', self.pem, '-pubout', '-outform', 'DER'], check=True, capture_output=True).stdout[-64:]
        self.jwk = {'kty': 'EC', 'crv': 'P-256', 'x': b64u(point[:32]), 'y': b64u(point[32:])}

    def sign(self, text):
        der = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.pem], input=text.encode(), check=True, capture_output=True).stdout
        n = der[3]
        return der[4:4 + n].lstrip(b'\0').rjust(32, b'\0') + der[6 + n:].lstrip(b'\0').rjust(32, b'\0')

    def show(self, token, nonce, audience=AUDIENCE, iat=None):
        """the token with a proof"""
        body = {'iat': int(time.time()) if iat is None else iat, 'aud': audience, 'nonce': nonce, 'sd_hash': b64u(hashlib.sha256(token.encode()).digest())}
        text = b64u(json.dumps({'alg': 'ES256', 'typ': 'kb+jwt'})) + '.' + b64u(json.dumps(body))
        return token + text + '.' + b64u(self.sign(text))


class Issuer:
    """Hands on an issuer's trust.tar, or whatever a test puts in its place."""

    def __init__(self, url):
        self.url, self.answer, self.asked = url, None, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                body = outer.answer
                try:
                    body = body if body is not None else outer.real()
                except OSError:
                    body = b''
                self.send_response(200 if body else 503)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *a):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.base = 'http://127.0.0.1:%d' % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def real(self):
        return urllib.request.urlopen(self.url + '/v1/trust.tar', timeout=10).read()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def root_of(home, hierarchy=''):
    pem = open(home.d + '/trust/root%s.pem' % hierarchy).read()
    return hashlib.sha256(base64.b64decode(''.join(pem.split('-----')[2].split()))).hexdigest()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Gateway:
    def __init__(self, issuer, root, folder, *more, listen='127.0.0.1:0', tool='/fujie-gateway'):
        self.log = open(folder + '.log', 'a')
        self.unix = listen[5:] if listen.startswith('unix:') else None
        self.proc = subprocess.Popen([B + tool, '--listen', listen, '--issuer', issuer, '--root', root, '--dir', folder, *more], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.ready = self.proc.stdout.readline().split()
        self.port = int(self.ready[1]) if self.ready and not self.unix else 0
        self.base = 'http://127.0.0.1:%d' % self.port

    def ask(self, path='/auth', token=None, method='GET', body=None, **headers):
        """(status, headers, JSON or None)"""
        c = UnixConnection(self.unix) if self.unix else http.client.HTTPConnection('127.0.0.1', self.port, timeout=300)
        h = {k.replace('_', '-'): v for k, v in headers.items() if v is not None}
        if token is not None:
            h['Authorization'] = 'Bearer ' + token
        c.request(method, path, body, h)
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, r.headers, json.loads(data) if data else None

    def nonce(self):
        return self.ask('/nonce')[2]['nonce']

    def until(self, what, seconds=15):
        """asks until what() holds: no test asserts how long it takes"""
        for _ in range(seconds * 10):
            if what():
                return True
            time.sleep(0.1)
        return False

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def stop(self):
        self.proc.terminate()
        return self.proc.wait(120)
