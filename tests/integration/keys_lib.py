"""What tests of the appliance's own keys share: certificates as they are published, who signs what, a mirror, certificates and
licenses that are issued when they are asked for.  All names and numbers are illustrative."""
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from signer_lib import *


def pems(path):
    return x509.load_pem_x509_certificates(open(path, 'rb').read())


def ski(c):
    return c.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def aki(c):
    return c.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def point(c):
    """where the list that names it is"""
    return c.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name[0].value


def sha(c):
    return hashlib.sha256(c.public_bytes(serialization.Encoding.DER)).hexdigest()


def names(*officers):
    """approvals by name, as the signer reads them"""
    return struct.pack('>I', len(officers)) + b''.join(by(n.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for n in officers)


def keys_here(home):
    """"token.2": what the signer has"""
    return {k['role'] + '.%d' % k['generation'] for k in Signer(home.d, 'registry.sock').status()['keys']}


def ocsp(home, path):
    """(good, and the answer by a responder of that CA; what was said)"""
    c, its = pems(path)[0], home.root + '/its-issuer.pem'
    issuer = next(a for a in pems(home.d + '/publish/trust/chain.pem') if ski(a) == aki(c))
    open(its, 'wb').write(issuer.public_bytes(serialization.Encoding.PEM))
    r = subprocess.run(['openssl', 'ocsp', '-issuer', its, '-cert', path, '-url', home.url('/ocsp'), '-CAfile', home.d + '/publish/trust/root.pem', '-verify_other', its, '-no_nonce'], capture_output=True, text=True, timeout=300)
    return path + ': good' in r.stdout and 'Response verify OK' in r.stdout + r.stderr, r.stdout + r.stderr


def license_of():
    return {'authorisation': 'DAU-100000-202603-000001-K', 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'terms': 'free', 'days': 30, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': [],
            'users': [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）'}],
            'grant': {'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}}


class Crowd:
    """certificates of one holder, each issued when it is asked for"""

    def __init__(self, home, n):
        self.home = home
        self.s, self.do, self.numbers = home.registered('CROWD', n)

    def issue(self):
        """(path of the PEM file, number)"""
        no = self.numbers.pop()
        asked = self.do('hb-fin1', 'certificate', 'issue', {'assets': [no]})
        self.do('hb-fin2', 'approval', 'approve', {'id': asked['approval']})
        c = self.home.api('GET', '/api/v1/certificate?asset=' + no, None, self.s['hb-fin1'])[1]['items'][0]
        path = self.home.root + '/%s.pem' % c['number']
        open(path, 'w').write(self.home.api('GET', '/api/v1/certificate/' + c['number'], None, self.s['hb-fin1'])[1]['pem'])
        return path, c['number']


class Mirror:
    """of a home, that was told this root"""

    def __init__(self, home, root, name='mirror'):
        self.url, self.log = 'http://127.0.0.1:%d' % free_port(), open(home.root + '/%s.log' % name, 'a')
        self.proc = subprocess.Popen([B + '/fujie', 'verifier', '--mirror', home.url(''), '--dir', home.root + '/' + name, '--root', root, '--bind', self.url[7:], '--every', '1'], stdout=self.log, stderr=self.log)

    def answers(self):
        try:
            return urllib.request.urlopen(self.url + '/healthz', timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        self.proc.terminate()
        self.proc.wait(120)

    def words(self):
        return open(self.log.name).read()[-800:]
