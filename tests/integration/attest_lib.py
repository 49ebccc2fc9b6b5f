"""What tests of attestation share: fujie-verify asked, a software TPM for tpm2-tools, a trust folder to change, a
vendor of TPMs who is home-made."""
from lib import *

VERIFY = B + '/fujie-verify'

NONE, SOFTWARE, HARDWARE = ('none', 1), ('software', 0), ('hardware', 0)

def attest(trust, *more):
    """(answer, exit code), document"""
    r = subprocess.run([VERIFY, 'attestation', '--trust', trust, '--json', *more], capture_output=True, text=True, timeout=300)
    doc = json.loads(r.stdout)
    return (doc.get('tpm'), r.returncode), doc


def failed_step(doc):
    return next((c['name'] for c in doc['checks'] if c['outcome'] == 'fail'), None)


def run(*cmd, env=None, **kw):
    r = subprocess.run(cmd, capture_output=True, timeout=300, env=dict(os.environ, **(env or {})), **kw)
    return r.returncode, (r.stdout + r.stderr).decode(errors='replace')


class Soft:
    """a software TPM on a folder, for tpm2-tools"""
    def __init__(self, folder, fresh=True):
        if fresh:
            os.makedirs(folder)
        self.run = tempfile.mkdtemp(prefix='t-', dir='/tmp')
        self.path = self.run + '/s'
        self.proc = subprocess.Popen(['swtpm', 'socket', '--tpm2', '--tpmstate', 'dir=' + folder, '--server', 'type=unixio,path=' + self.path, '--ctrl',
                                      'type=unixio,path=' + self.path + '.ctrl', '--flags', 'not-need-init,startup-clear'], stderr=subprocess.DEVNULL)
        self.env = {'TPM2TOOLS_TCTI': 'swtpm:path=' + self.path}
        while not os.path.exists(self.path + '.ctrl'):
            time.sleep(0.02)

    def tool(self, *cmd):
        return run(*cmd, env=self.env)

    def end(self):
        self.tool('tpm2_shutdown', '-c')
        self.proc.terminate()
        self.proc.wait(120)
        shutil.rmtree(self.run, ignore_errors=True)


class Copy:
    """a trust folder whose attestation is another"""
    def __init__(self, h):
        self.d = tempfile.mkdtemp(prefix='trust-', dir=h.root)
        shutil.rmtree(self.d)
        shutil.copytree(h.d + '/publish/trust', self.d)
        self.path = self.d + '/attestation/attestation.json'
        self.doc = json.load(open(self.path))

    def object(self, name):
        return next(o for o in self.doc['objects'] if o['name'] == name)

    def judged(self, *more):
        json.dump(self.doc, open(self.path, 'w'))
        return attest(self.d, *more)


def b64(x):
    return base64.b64encode(x).decode()


def vendor(folder, subject='/CN=Home-made TPM vendor/O=Example'):
    """a root of our own: folder with ca.pem, and a function that certifies a public key (PEM) as an endorsement key"""
    os.makedirs(folder)
    run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3650', '-subj', subject, '-keyout', folder + '/ca.key', '-out', folder + '/ca.pem',
        '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign')

    def certify(pem, purpose='2.23.133.8.1', ca=False, out=folder + '/ek.der'):
        open(folder + '/ext', 'w').write('basicConstraints=critical,CA:%s\nextendedKeyUsage=%s\nsubjectAltName=critical,dirName:d\n[d]\na.2.23.133.2.1=id:49465800\na.2.23.133.2.2=HOME\na.2.23.133.2.3=id:1\n' % ('TRUE' if ca else 'FALSE', purpose))
        run('openssl', 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-keyout', folder + '/x.key', '-out', folder + '/x.csr')
        code, said = run('openssl', 'x509', '-req', '-in', folder + '/x.csr', '-CA', folder + '/ca.pem', '-CAkey', folder + '/ca.key', '-CAcreateserial', '-days', '3650', '-force_pubkey', pem,
                         '-extfile', folder + '/ext', '-outform', 'DER', '-out', out)
        if code != 0:
            raise RuntimeError(said)
        return open(out, 'rb').read()
    return folder + '/ca.pem', certify
