"""The clients and the nginx configuration in examples/, as they stand there, against a running
gateway: one token that passes and what is refused.  A tool that is absent is passed over here;
tests/run.sh lists it, and with STRICT=1 counts it as a failure."""
import os
import ssl
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from gateway import *

EX = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'examples')


def have(tool):
    return shutil.which(tool) is not None or os.path.exists('/usr/sbin/' + tool)


def client(name, *command, cases=6):
    """a program of examples/ that prints permit, or deny: why"""
    def ask(base, token, use, *x5t):
        path = h.root + '/asked.jwt'
        open(path, 'w').write(token)
        r = subprocess.run([*command, base, path, use, *x5t], capture_output=True, text=True, timeout=300)
        return r.returncode, r.stdout.strip() or r.stderr[-200:]

    good = b64u(b'1' * 32)
    got = ask(g.base, mtls, USE, good)
    check('%s: permit' % name, got == (0, 'permit'), got)
    refusals = (('a revoked token', (g.base, gone, USE, good), 'status'), ('a gateway that is away', ('http://127.0.0.1:%d' % free_port(), mtls, USE, good), 'the gateway'),
                ('another client certificate', (g.base, mtls, USE, b64u(b'2' * 32)), 'holder'), ('none', (g.base, mtls, USE), 'holder'),
                ('a use beyond the token', (g.base, mtls, 'action=PLEDGE', good), 'restrictions'), ('no token', (g.base, 'x', USE, good), 'form'))
    for what, args, reason in refusals[:cases]:
        code, out = ask(*args)
        check('%s: deny, %s' % (name, what), code == 1 and out.startswith('deny: ' + reason), out)


def holder():
    path = h.root + '/mine.jwt'
    open(path, 'w').write(mine)
    r = subprocess.run(['node', EX + '/holder.mjs', g.base + '/nonce', path, me.pem], capture_output=True, text=True, timeout=300)
    open(h.root + '/shown.jwt', 'w').write(r.stdout)
    ask = lambda: subprocess.run([sys.executable, EX + '/ask.py', g.base, h.root + '/shown.jwt', USE], capture_output=True, text=True, timeout=300).stdout.strip()
    check('holder.mjs: its proof is taken', ask() == 'permit', r.stderr)
    check('once', ask().startswith('deny: holder'))


class Behind(http.server.BaseHTTPRequestHandler):
    """what the proxy guards"""
    seen = []

    def do_GET(self):
        Behind.seen.append(dict(self.headers))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'data')

    def log_message(self, *a):
        pass


def certificate(name):
    """(key, certificate, thumbprint)"""
    key, crt = h.root + '/%s.key' % name, h.root + '/%s.pem' % name
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', crt, '-days', '2', '-subj', '/CN=' + name],
                   check=True, capture_output=True)
    return key, crt, b64u(hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(crt).read())).digest())


def nginx():
    sock, port, skey, scrt = h.root + '/gw.sock', free_port(), *certificate('server')[:2]
    behind = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    u = Gateway(h.url(''), root, h.root + '/unix', '--audience', AUDIENCE, '--refresh', '1s', listen='unix:' + sock)
    text = open(EX + '/nginx.conf').read()
    for old, new in (('127.0.0.1:8443', '127.0.0.1:%d' % port), ('/etc/nginx/server.pem', scrt), ('/etc/nginx/server.key', skey), ('/run/fujie/gateway.sock', sock),
                     ('127.0.0.1:9000', '127.0.0.1:%d' % behind.server_port)):
        check('nginx.conf names %s' % old, old in text)
        text = text.replace(old, new)
    where = ''.join('%s %s/nginx-%s;\n' % (d, h.root, d) for d in ('client_body_temp_path', 'proxy_temp_path', 'fastcgi_temp_path', 'uwsgi_temp_path', 'scgi_temp_path'))
    conf = h.root + '/nginx.conf'
    open(conf, 'w').write('%sdaemon off;\npid %s/nginx.pid;\nerror_log %s/nginx.log;\nevents {}\nhttp {\naccess_log off;\n%s%s}\n' % ('user root;\n' if os.getuid() == 0 else '', h.root, h.root, where, text))
    n = subprocess.Popen([shutil.which('nginx') or '/usr/sbin/nginx', '-c', conf, '-e', h.root + '/nginx.log'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def get(token, cert=None, path='/a?b=c', **more):
            c = ssl.create_default_context()
            c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
            if cert:
                c.load_cert_chain(cert[1], cert[0])
            k = http.client.HTTPSConnection('127.0.0.1', port, timeout=300, context=c)
            k.request('GET', path, headers={**({'Authorization': 'Bearer ' + token} if token else {}), **{a.replace('_', '-'): b for a, b in more.items()}})
            r = k.getresponse()
            data = r.read()
            k.close()
            return r.status, r.headers, data

        for _ in range(600):
            try:
                get(None)
                break
            except OSError:
                time.sleep(0.1)
        code, _, data = get(tls, own)
        check('nginx: the token\'s holder, by its client certificate, gets the data', (code, data) == (200, b'data'), (code, data, open(h.root + '/nginx.log').read()[-300:]))
        check('and the token goes no further', Behind.seen and 'Authorization' not in Behind.seen[-1], Behind.seen[-1:])
        had = len(Behind.seen)
        for what, answer, want in (('another client certificate', get(tls, other), 403), ('none', get(tls), 401), ('one that a client only claims', get(tls, None, X_Fujie_X5T=own[2]), 401),
                                   ('a use that a client claims', get(gone, own, X_Fujie_Use='action=VERIFY'), 403), ('no token', get(None, own), 401), ('a revoked token', get(gone, own), 403)):
            check('nginx: %s: %d, with its reason' % (what, want), answer[0] == want and answer[1]['X-Fujie-Reason'], (answer[0], dict(answer[1])))
        check('the inner address is not reached from outside', get(tls, own, '/fujie')[0] == 404)
        nonce = json.loads(get(None, path='/fujie-nonce')[2])['nonce']
        shown = me.show(mine, nonce)
        check('nginx: a proof by nonce', get(shown)[0] == 200 and get(shown)[0] == 403)
        u.kill()
        check('nginx: with the gateway away nobody gets in', get(tls, own)[0] == 500)
        check('and nothing of all this reached the data', len(Behind.seen) == had + 1, len(Behind.seen) - had)
    finally:
        n.terminate()
        n.wait()
        u.proc.kill()
        behind.shutdown()


h = Home()
o = Officers(h)
g = None
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    me, own, other = Holder(h.root), certificate('own'), certificate('other')
    user = {'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}
    _, (mine,) = issued(o, [{**user, 'jwk': me.jwk}], binding='key')
    ids, (mtls, gone, tls) = issued(o, [{**user, 'x5t': x} for x in (b64u(b'1' * 32), b64u(b'g' * 32), own[2])])
    o.done('jc1', 'token.revoke', id=ids[1], reason='示例')
    root = root_of(h)
    g = Gateway(h.url(''), root, h.root + '/cache', '--audience', AUDIENCE, '--refresh', '1s')
    g.until(lambda: g.ask(token=gone, X_Fujie_X5T=b64u(b'g' * 32), X_Fujie_Use=USE)[1]['X-Fujie-Reason'].startswith('status'))
    client('Python', sys.executable, EX + '/ask.py')
    if have('java'):
        client('Java', 'java', '-XX:TieredStopAtLevel=1', EX + '/Ask.java', cases=2)
    if have('go'):
        subprocess.run(['go', 'build', '-o', h.root + '/ask', EX + '/ask.go'], env=dict(os.environ, GOCACHE=h.root + '/go', GOFLAGS='', GO111MODULE='off', HOME=h.root), timeout=300, check=True)
        client('Go', h.root + '/ask')
    if have('node'):
        client('Node', 'node', EX + '/ask.mjs')
        holder()
    if have('nginx'):
        nginx()
except Exception as e:
    import traceback
    traceback.print_exc()
    check('the test ran to its end', False, e)
finally:
    if g:
        g.proc.kill()
    h.close()
finish()
