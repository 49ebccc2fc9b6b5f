#!/usr/bin/env python3
"""The appliance is run: the portal's certificate is exchanged under load, a wrong file or
configuration changes nothing and is told, and what was good last serves."""
import hashlib, http.client, os, re, signal, socket, ssl, subprocess, threading, time
from lib import *


def openssl(*args):
    subprocess.run(['openssl'] + list(args), cwd=h.root, check=True, capture_output=True, timeout=300)


def made(name, days='90', san='IP:127.0.0.1,DNS:portal.example.org', more=()):
    """a certificate of the test's authority with a key of its own"""
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', name + '.key', '-out', name + '.csr', '-subj', '/CN=' + name)
    open(h.root + '/ext', 'w').write('subjectAltName=%s\n' % san + ''.join(m + '\n' for m in more))
    openssl('x509', '-req', '-in', name + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-extfile', 'ext', '-out', name + '.pem')
    # the authority's own stands first: what is served is in order all the same
    open(h.root + '/' + name + '.chain', 'w').write(open(h.root + '/ca.pem').read() + open(h.root + '/' + name + '.pem').read())


def use(cert, key=None):
    """as who renews certificates does: a link is put in place of the other"""
    for link, to in (('live.pem', cert + '.chain' if os.path.exists(h.root + '/' + cert + '.chain') else cert), ('live.key', (key or cert) + '.key')):
        os.symlink(h.root + '/' + to, h.root + '/new')
        os.rename(h.root + '/new', h.root + '/' + link)


def sha(name):
    der = ssl.PEM_cert_to_DER_cert(open(h.root + '/' + name + '.pem').read())
    return hashlib.sha256(der).hexdigest()


def context():
    return ssl.create_default_context(cafile=h.root + '/ca.pem')


def shown():
    """the certificate that a new connection is shown, under the authority that browsers trust; None: no answer"""
    try:
        with socket.create_connection(('127.0.0.1', h.p), timeout=5) as s, context().wrap_socket(s, server_hostname='127.0.0.1') as t:
            return hashlib.sha256(t.getpeercert(True)).hexdigest()
    except OSError:
        return None


def ini(**lines):
    """fujie.ini with these lines in their sections: portal='cert = x'"""
    text = plain
    for section, more in lines.items():
        text = text.replace('[%s]\n' % section, '[%s]\n%s\n' % (section, more))
    open(h.d + '/fujie.ini', 'w').write(text)


def serve(wait=True):
    h.log = open(h.root + '/serve.log', 'a')
    h.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', h.d, '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v], stdout=subprocess.PIPE, stderr=h.log, text=True)
    return 'portal' in h.proc.stdout.readline()


def log():
    return open(h.root + '/serve.log').read()


def reload():
    return h.cli('reload')


def faults():
    code, out = h.cli('status', 'show')
    return {f['what']: f for f in out.get('faults', [])} if code == 0 else {'none': out}


def both(out):
    d = out.get('detail') or {}
    return bool(d.get('en')) and re.search('[\u4e00-\u9fff]', d.get('zh', '')) is not None


class Load(threading.Thread):
    """asks on, over kept connections or each time a new one; any answer but 200 is lost"""

    def __init__(self, keep):
        super().__init__()
        self.keep, self.ends, self.got, self.lost, self.certs = keep, False, 0, [], []

    def connect(self):
        c = http.client.HTTPSConnection('127.0.0.1', h.p, timeout=30, context=context())
        c.connect()
        self.certs.append(hashlib.sha256(c.sock.getpeercert(True)).hexdigest())
        return c

    def run(self):
        c = None
        while not self.ends:
            try:
                c = c or self.connect()
                c.request('GET', '/login')
                r = c.getresponse()
                body = r.read()
                if r.status != 200 or not body:
                    self.lost.append(r.status)
                self.got += 1
                if not self.keep:
                    c.close()
                    c = None
            except Exception as e:
                self.lost.append(repr(e))
                c = None


def tls():
    use('one')
    check('the portal serves under certificate and key of two files that are links', serve() and shown() == sha('one'), log()[-300:])
    check('what was good is kept beside', os.path.exists(h.d + '/run/conf.good'))
    threads = [Load(k % 2 == 0) for k in range(4)]
    for t in threads:
        t.start()
    until(lambda: all(t.got > 3 for t in threads))
    use('two')
    code, out = reload()
    at = [t.got for t in threads]
    check('a reload takes the new files', code == 0 and out.get('ok') is True, out)
    check('and a new connection is shown the new certificate, its chain in order', shown() == sha('two'))
    for k in range(6):
        use('one' if k % 2 == 0 else 'two')
        reload()
    until(lambda: all(t.got > n + 3 for t, n in zip(threads, at)))
    for t in threads:
        t.ends = True
    for t in threads:
        t.join()
    lost = [x for t in threads for x in t.lost]
    check('seven reloads under load: no request is lost, on a kept connection or a new one', lost == [] and all(t.got > 6 for t in threads), (lost[:3], [t.got for t in threads]))
    check('connections that were there stayed: each kept one was made once', all(len(t.certs) == 1 for t in threads if t.keep), [len(t.certs) for t in threads])
    check('and new ones saw both certificates', {c for t in threads if not t.keep for c in t.certs} == {sha('one'), sha('two')})


def unfit():
    for what, cert, key, said_ in (('the key of another certificate', 'two', 'one', 'not that of the certificate'), ('a certificate that is over', 'over', None, 'is over since'),
                                   ('a certificate of another name', 'other', None, 'portal.example.org'), ('a key under a passphrase', 'two', 'locked', 'passphrase'),
                                   ('a certificate for clients', 'client', None, 'serverAuth'), ('no certificate', 'two.key', None, 'BEGIN CERTIFICATE'),
                                   ('a file that is not there', 'nothing', None, 'can\'t be read')):
        use(cert, 'two' if key is None and cert == 'two.key' else key)
        code, out = reload()
        f = faults()
        check('%s: refused in both languages, with what to do' % what, code == 1 and both(out) and said_ in said(out), (code, out))
        check('the one that served goes on serving, and the home page says so', shown() == sha('two') and f.get('tls-files', {}).get('level') == 'URGENT' and said_ in f['tls-files']['text']['en'], f)
    check('config check says the same without a change', (lambda r: r[0] == 1 and 'can\'t be read' in said(r[1]))(h.cli('config', 'check')))
    os.kill(h.children()['fujie-registry'], signal.SIGKILL)
    check('a registry that starts again shows what the one before did, whatever lies on the disk', until(lambda: shown() == sha('two')))
    check('and it still tells what is at fault', 'tls-files' in faults())
    for what, cert, level in (('in 20 days', 'soon', 'SOON'), ('in 5 days', 'urgent', 'URGENT'), ('in some hours', 'today', 'URGENT')):
        use(cert)
        code, out = reload()
        f = faults()
        check('a certificate that ends %s is taken, and warned of' % what, code == 0 and shown() == sha(cert) and f.get('tls', {}).get('level') == level and 'tls-files' not in f and 'fujie reload' in f['tls']['text']['en'], (out, f))
    use('two')
    check('with a good one nothing is warned of', reload()[0] == 0 and faults() == {}, faults())
    h.stop()
    check('each warning stood in the log, and that it was mended', all(w in log() for w in ('tls-files: ', 'the key is not that of the certificate')), log()[-500:])


def at_start():
    use('two', 'one')
    check('with files that do not fit the service starts all the same', serve() and shown() is None, log()[-300:])
    answers = until(lambda: urllib.request.urlopen(h.url('/v1/trust.tar'), timeout=5).status == 200)
    check('the public verifier answers, lists are published; the portal waits, and says why', answers and 'the portal is not served' in log() and 'tls-files' in faults(), faults())
    use('one')
    check('with files that fit it serves from a reload on', reload()[0] == 0 and shown() == sha('one') and faults() == {})


def configuration():
    cert = 'cert = %s/live.pem\nkey = %s/live.key\nbase = https://portal.example.org' % (h.root, h.root)
    ini(portal=cert)
    check('config check: this one would serve', (lambda r: r[0] == 0 and r[1].get('tls') is True and r[1].get('restarts') == [])(h.cli('config', 'check')))
    bad = (('a key that is none', dict(portal=cert + '\nbinde = 1'), 'not a setting'), ('a number out of bounds', dict(portal=cert, verifier='rate = -1'), 'whole number'),
           ('an address that is none', dict(portal=cert, public='mirror = somewhere'), 'https://'), ('a certificate without key', dict(portal='cert = x'), 'only one of'))
    for what, lines, said_ in bad:
        ini(**lines)
        code, out = h.cli('config', 'check')
        check('config check names %s, in both languages' % what, code == 1 and both(out) and said_ in said(out), (code, out))
        code, out = reload()
        check('a reload leaves all as it was and says the same', code == 1 and said_ in said(out) and shown() == sha('one') and said_ in faults().get('configuration', {}).get('text', {}).get('en', ''), (code, out))
    code, out = h.cli('config', 'check')
    ini(**bad[0][1])
    line = 1 + open(h.d + '/fujie.ini').read().split('\n').index('binde = 1')
    check('a fault is told with its line', 'line %d of fujie.ini' % line in said(h.cli('config', 'check')[1]))
    check('config check FILE looks at another file', (lambda r: r[0] == 0)(h.cli('config', 'check', h.d + '/run/conf.good')))
    h.stop()
    check('a start with a file at fault: the last good one serves', serve() and shown() == sha('one'), log()[-300:])
    check('loudly: in the log and on the home page', 'fujie.ini is at fault' in log() and faults().get('configuration', {}).get('level') == 'URGENT', faults())
    ini(portal=cert, verifier='rate = 40')
    code, out = reload()
    check('mended, it is taken; what needs the service started anew is named', code == 0 and out.get('restarts') == ['[verifier] rate'] and faults() == {}, out)
    h.stop()
    text = open(h.d + '/fujie.ini').read()
    open(h.d + '/fujie.ini', 'w').write(re.sub(r'(?m)^base = http://.*$', 'base = http://127.0.0.1:9', text, count=1))
    check('a file that reads well but with which nothing comes up: the last good one serves, and it is told why',
          serve() and shown() == sha('one') and 'stands in the certificates' in faults().get('configuration', {}).get('text', {}).get('en', ''), faults())
    check('config check says it before', (lambda r: r[0] == 1 and 'put it back' in said(r[1]))(h.cli('config', 'check')))
    h.stop()
    os.unlink(h.d + '/run/conf.good')
    ini(**bad[0][1])
    r = subprocess.run([B + '/fujie', 'serve', '--dir', h.d], capture_output=True, text=True, timeout=300)
    check('without a good one a fault is told with its line, and nothing is served', r.returncode != 0 and 'binde' in r.stderr and 'line %d' % line in r.stderr, r.stderr)
    ini(portal=cert)
    check('no service: a reload says so', (lambda r: r[0] == 3 and both(r[1]))(reload()))


h = Home(cases=False)
try:
    check('a demo home', h.made, h.made_err)
    plain = open(h.d + '/fujie.ini').read()
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '100')
    for name, days, san, more in (('one', '90', None, ()), ('two', '90', None, ()), ('over', '-1', None, ()), ('other', '90', 'DNS:elsewhere.example.org', ()), ('soon', '20', None, ()), ('urgent', '5', None, ()),
                                  ('client', '90', None, ('extendedKeyUsage=clientAuth',))):
        made(name, days, san or 'IP:127.0.0.1,DNS:portal.example.org', more)
    made('today', '1')
    openssl('ec', '-in', 'two.key', '-aes128', '-passout', 'pass:x', '-out', 'locked.key')
    ini(portal='cert = %s/live.pem\nkey = %s/live.key\nbase = https://portal.example.org' % (h.root, h.root))
    for part in (tls, unfit, at_start, configuration):
        part()
finally:
    h.close()
finish()
