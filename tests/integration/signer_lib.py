"""What tests of the signer share: its wire, a signer with a software TPM and no appliance around it,
a little DER."""
import fcntl, threading
from lib import *

SIGN, PUBKEY, STATUS, OPEN, CLOSE, OFFSET, CHECKPOINT, LOG_HEAD, RESTORE, ATTEST, QUORUM_BEGIN, QUORUM_SIGN, ERROR = 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 255
ROOT, ISSUING, TOKEN, OCSP, LOG, NOTE = 1, 2, 3, 4, 5, 6
C_ROOT, C_ISS, CRL_ROOT, C_ASSET, C_DELEG, CRL, J_TOKEN, J_AUTH, J_STATUS, R_OCSP, J_MANIFEST, J_PACKAGE = range(1, 13)


def by(data):
    return struct.pack('>I', len(data)) + data


class Signer:
    def __init__(self, home, name):
        self.path = '/proc/self/fd/%d/%s' % (os.open(home + '/run', os.O_RDONLY), name)
        self.n = 0
        self.connect()

    def connect(self):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(60)
        self.s.connect(self.path)
        self.n = 0

    def ask(self, kind, body):
        """(kind, body), or None when the signer ended the connection"""
        try:
            self.s.sendall(struct.pack('>IHHQ', len(body) + 12, kind, 0, self.n) + body)
            head = self.recv(16)
            if head is None:
                raise OSError
            n, k, _, _ = struct.unpack('>IHHQ', head)
            self.n += 1
            return k, self.recv(n - 12)
        except OSError:
            self.connect()
            return None

    def recv(self, n):
        out = b''
        while len(out) < n:
            got = self.s.recv(n - len(out))
            if not got:
                return None
            out += got
        return out

    def sign(self, role, kind, tbs, officers=(), ident=bytes(16)):
        """(rc, why, signature); rc None: the connection was ended"""
        body = bytes([role, kind]) + bytes(32) + struct.pack('>I', len(officers))
        for o in officers:
            body += by(o.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'')
        body += struct.pack('>I', 1) + ident + by(tbs)
        r = self.ask(SIGN, body)
        if r is None:
            return None, 'connection ended', b''
        kind, data = r
        if kind == ERROR:
            return self.error(data)
        rc = data[4]
        n = struct.unpack('>I', data[5:9])[0]
        why = data[9:9 + n].decode()
        m = struct.unpack('>I', data[9 + n:13 + n])[0]
        return rc, why, data[13 + n:13 + n + m]

    def error(self, data):
        n = struct.unpack('>I', data[1:5])[0]
        m = struct.unpack('>I', data[5 + n:9 + n])[0]
        return data[0], data[9 + n:9 + n + m].decode(), b''

    def plain(self, kind, body=b''):
        """(0, '', answer), or a refusal as of sign()"""
        r = self.ask(kind, body)
        return (None, 'connection ended', b'') if r is None else self.error(r[1]) if r[0] == ERROR else (0, '', r[1])

    def checkpoint(self, text, proof=()):
        return self.plain(CHECKPOINT, by(text) + struct.pack('>I', len(proof)) + b''.join(proof))

    def restore(self, *officers):
        return self.plain(RESTORE, struct.pack('>I', len(officers)) + b''.join(by(o.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for o in officers))

    def head(self):
        data = self.plain(LOG_HEAD)[2]
        return struct.unpack('>Q', data[:8])[0], data[8:]

    def status(self):
        return json.loads(self.plain(STATUS)[2][4:])


def restarted(home):
    """the signer of a home that serves, killed and started again by its supervisor"""
    pid = home.children()['fujie-signer']
    os.kill(pid, signal.SIGKILL)

    def again():
        try:
            if home.children().get('fujie-signer') not in (None, pid):
                s = Signer(home.d, 'registry.sock')
                return s.status() and s
        except (OSError, TypeError, ValueError):
            return None
    return until(again, 120)


# --- a signer of our own, without an appliance around it ---
def spawn(cmd, fds):
    """a child that has these descriptors as 3, 4, 5..."""
    def place():
        high = [fcntl.fcntl(f, fcntl.F_DUPFD, 100) for f in fds]
        for i, f in enumerate(high):
            os.dup2(f, 3 + i)
            os.close(f)
    # restore_signals: a full file is to be an error of the child's, not its end
    return subprocess.Popen(cmd, preexec_fn=place, close_fds=False, restore_signals=False, stderr=subprocess.PIPE, text=True)


def exactly(s, n):
    out = b''
    while len(out) < n:
        got = s.recv(n - len(out))
        if not got:
            raise OSError
        out += got
    return out


class Tpm:
    """a software TPM on the state in a folder"""
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.s, theirs = socket.socketpair()
        state = os.open(folder, os.O_RDONLY)
        self.proc = spawn(['swtpm', 'socket', '--tpm2', '--fd', '3', '--flags', 'startup-clear,not-need-init',
                           '--tpmstate', 'dir=/proc/self/fd/4,mode=0600', '--log', 'file=/dev/null,level=1'], [theirs.fileno(), state])
        theirs.close()
        os.close(state)

    def ask(self, command):
        self.s.sendall(command)
        head = exactly(self.s, 10)
        return head + exactly(self.s, int.from_bytes(head[2:6], 'big') - 10)

    def owner(self, code, handles, rest, password=b''):
        """a command under a password: (response code, response)"""
        auth = b'\x40\x00\x00\x09' + bytes(3) + struct.pack('>H', len(password)) + password
        body = struct.pack('>I', code) + handles + by(auth) + rest
        r = self.ask(struct.pack('>HI', 0x8002, len(body) + 6) + body)
        return int.from_bytes(r[6:10], 'big'), r

    def end(self):
        self.s.close()
        self.proc.kill()
        self.proc.wait()


class Alone:
    """signer and software TPM on the state of a home, and a wire between them that can
    lie: `lie` gets a command's code and the TPM's answer, and gives what the signer sees;
    `hear` gets each command and its code;
    `kill_at`: the signer ends by kill -9 with this command on its way, or with the n-th
    command of all when it is (n,); `room`: octets that
    its files may have; `tpm`: one that runs already"""
    def __init__(self, home, kill_at=None, room=None, tpm=None):
        self.home, self.lie, self.hear, self.seen, self.kill_at = home, None, None, [], kill_at
        for name in ('signer', 'run'):
            os.makedirs(os.path.join(home, name), exist_ok=True)
        self.tpm = tpm or Tpm(home + '/tpm')
        self.wire, theirs = socket.socketpair()
        folder = os.open(home + '/signer', os.O_RDONLY)
        listeners = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        for l, name in zip(listeners, ('registry.sock', 'verifier.sock')):
            path = home + '/run/' + name
            if os.path.exists(path):
                os.unlink(path)
            l.bind(path)
            l.listen(8)
        threading.Thread(target=self.forward, daemon=True).start()
        self.proc = spawn((['prlimit', '--fsize=%d' % room] if room else []) + [B + '/fujie-signer', '--tpm', 'software', '--demo-allowed'],
                          [theirs.fileno(), folder] + [l.fileno() for l in listeners])
        for f in [theirs] + listeners:
            f.close()
        os.close(folder)

    def forward(self):
        try:
            while True:
                head = exactly(self.wire, 10)
                command = head + exactly(self.wire, int.from_bytes(head[2:6], 'big') - 10)
                code = int.from_bytes(head[6:10], 'big')
                self.seen.append(code)
                if code == self.kill_at or self.kill_at == (len(self.seen),):
                    self.proc.kill()
                    break
                if self.hear:
                    self.hear(command, code)
                answer = self.tpm.ask(command)
                self.wire.sendall(self.lie(code, answer) if self.lie else answer)
        except OSError:
            pass
        finally:
            self.wire.close()

    def ended(self):
        """(exit code, what it said) of a signer that ends by itself"""
        try:
            said = self.proc.communicate(timeout=300)[1]
        except subprocess.TimeoutExpired:
            self.proc.kill()
            said = 'it runs on: ' + self.proc.communicate()[1]
        return self.proc.returncode, said

    def end(self):
        self.proc.terminate()
        out = self.ended()
        self.tpm.end()
        return out


# --- a little DER ---
def length(n):
    return bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255]) if n < 65536 else bytes([0x83, n >> 16, n >> 8 & 255, n & 255])


def tlv(tag, *parts):
    data = b''.join(parts)
    return bytes([tag]) + length(len(data)) + data


def parts(data):
    """elements of a constructed value: (tag, contents, whole)"""
    out, i = [], 0
    while i < len(data):
        tag, n, h = data[i], data[i + 1], 2
        if n & 0x80:
            h = 2 + (n & 0x7f)
            n = int.from_bytes(data[i + 2:i + h], 'big')
        out.append((tag, data[i + h:i + h + n], data[i:i + h + n]))
        i += h + n
    return out


def tbs_of(der):
    return parts(parts(der)[0][1])[0][2]


def pem(path):
    text = open(path).read().split('-----')[2]
    return base64.b64decode(text)


def utc(t):
    return tlv(0x17, time.strftime('%y%m%d%H%M%SZ', time.gmtime(t)).encode())


def fields(tbs):
    return [p[2] for p in parts(parts(tbs)[0][1])]


def cert(tbs, serial=None, begin=None, end=None, spki=None, ext=None, issuer=None):
    f = fields(tbs)
    now = int(time.time())
    v = parts(parts(f[4])[0][1])
    f[1] = tlv(2, serial or (b'\x11' + os.urandom(15)))
    if issuer:
        f[3] = issuer
    f[4] = tlv(0x30, utc(begin or now), utc(end) if end else utc(now + 300 * 86400))
    if spki:
        f[6] = spki
    if ext:
        f[7] = tlv(0xa3, tlv(0x30, *ext([p[2] for p in parts(parts(parts(f[7])[0][1])[0][1])])))
    return tlv(0x30, *f)


def refused(sentence, answer):
    rc, why, sig = answer
    check(sentence, rc != 0 and sig == b'', 'it SIGNED' if rc == 0 else why)
