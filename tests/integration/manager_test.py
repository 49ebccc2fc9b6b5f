"""The appliance under a service manager (sd_notify(3), sd_listen_fds(3)), and with users of its own for its parts."""
import pwd
from lib import *

h = Home(cases=False)
TMP = tempfile.mkdtemp(prefix='fujie-manager-')
D = TMP + '/home'  # a real one: a demo's parts keep the caller's user


def children(pid):
    """{name: pid} of the processes below"""
    out = {}
    for p in filter(str.isdigit, os.listdir('/proc')):
        try:
            stat = open('/proc/%s/stat' % p).read()
            name = os.path.basename(os.readlink('/proc/%s/exe' % p))
        except OSError:
            continue
        if int(stat[stat.rindex(')') + 2:].split()[1]) == pid:
            out[name] = int(p)
    return out


class Manager:
    """what systemd does: sockets that outlive the service, and an ear"""

    def __init__(self):
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(TMP + '/notify')
        self.heard = ''
        self.sockets = {}
        for name, port in (('portal', h.p), ('verifier', h.v)):
            s = self.sockets[name] = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('127.0.0.1', port))
            s.listen(64)

    def start(self, names=('portal', 'verifier'), program=B + '/fujie'):
        self.log = open(TMP + '/log', 'a')
        self.pid = os.fork()
        if self.pid == 0:
            high = [os.dup2(self.sockets[n].fileno(), 40 + i) for i, n in enumerate(names)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i, inheritable=True)
            os.dup2(self.log.fileno(), 1)
            os.dup2(self.log.fileno(), 2)
            env = dict(os.environ, NOTIFY_SOCKET=TMP + '/notify', WATCHDOG_USEC='1500000', WATCHDOG_PID=str(os.getpid()),
                       LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=':'.join(names))
            os.execve(program, ['fujie', 'serve', '--dir', h.d], env)

    def hear(self, word, seconds=60):
        """everything that was said until this is"""
        end, got = time.time() + seconds, ''
        while word not in got and time.time() < end:
            self.ear.settimeout(max(0.1, end - time.time()))
            try:
                got += self.ear.recv(4096).decode() + '\n'
            except OSError:
                break
        return got

    def drain(self):
        self.ear.setblocking(False)
        got = ''
        try:
            while True:
                got += self.ear.recv(4096).decode() + '\n'
        except OSError:
            return got

    def said(self):
        return open(TMP + '/log').read()

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        return os.waitpid(self.pid, 0)[1]


def ask(s):
    s.settimeout(120)
    s.sendall(b'GET /healthz HTTP/1.0\r\n\r\n')


def managed():
    m = Manager()
    m.start()
    got = m.hear('READY=1')
    check('it says that it is ready when everything serves, and what it did before', 'READY=1' in got and 'STATUS=starts the registry' in got and got.index('STATUS=starts') < got.index('READY=1'), got + m.said())
    check('portal and verifier answer at the sockets that were given', h.wait_up())
    kids = children(m.pid)
    env = {n: open('/proc/%d/environ' % p).read() for n, p in kids.items()}
    check('its parts are told nothing of the manager', len(kids) >= 3 and all('NOTIFY_SOCKET' not in e and 'LISTEN_' not in e for e in env.values()), list(kids))
    check('the watchdog is answered while the parts answer', m.hear('WATCHDOG=1') != '')

    os.kill(kids['fujie-verifier'], signal.SIGSTOP)
    until(lambda: 'the verifier runs and does not answer' in m.said())
    m.drain()
    check('a part that runs and does not answer is named, and the watchdog goes without an answer', 'the verifier runs and does not answer' in m.said() and 'WATCHDOG' not in m.hear('WATCHDOG=1', 3))
    os.kill(kids['fujie-verifier'], signal.SIGCONT)
    check('it is answered again when the part answers', 'WATCHDOG=1' in m.hear('WATCHDOG=1'))
    os.kill(kids['fujie-verifier'], signal.SIGKILL)
    check('a part that ended is no reason to go without: it is started again', 'WATCHDOG=1' in m.hear('WATCHDOG=1') and until(lambda: children(m.pid).get('fujie-verifier', kids['fujie-verifier']) != kids['fujie-verifier']) is True)
    check('and it answers at the same socket', h.wait_up())

    m.drain()
    code = m.stop()
    check('it says that it ends, and ends', code == 0 and 'STOPPING=1' in m.drain(), code)
    waits = socket.create_connection(('127.0.0.1', h.v))
    ask(waits)
    m.start()
    answer = waits.recv(64)
    check('who came while it was away is answered when it is back', answer.startswith(b'HTTP/1.'), answer)
    m.hear('READY=1')
    m.stop()
    m.start(names=('portal', 'portal'))
    code = os.waitpid(m.pid, 0)[1]
    check('two sockets of one name are refused, with the remedy', code != 0 and 'FileDescriptorName=' in m.said().splitlines()[-1], m.said()[-400:])
    for s in m.sockets.values():
        s.close()


def ini(**users):
    text = open(D + '/fujie.ini').read()
    text = text[:text.index('[users]')] + '[users]\n' + ''.join('%s = %s\n' % u for u in users.items())
    open(D + '/fujie.ini', 'w').write(text)


def may(user, what):
    """can that user read it?"""
    return subprocess.run(['setpriv', '--reuid', user, '--regid', str(pwd.getpwnam(user).pw_gid), '--clear-groups', 'head', '-c1', what], capture_output=True, cwd=D).returncode == 0


def owned():
    users = dict(signer='daemon', registry='bin', verifier='sys')  # every Debian has these
    os.makedirs(TMP + '/bin')
    os.makedirs(TMP + '/libexec/fujie')
    os.chmod(TMP, 0o755)
    code, out = tool(B + '/fujie', 'init', '--dir', D, '--base', 'http://127.0.0.1:%d' % h.v, '--arc', '1.3.6.1.4.1.99999', '--operator', 'test (illustrative)', '--org-usci', '11420000DEMA00013M',
                     '--org-name', '湖北省财政厅', '--org-div6', '420000', '--org-level', '省', '--officer', 'a1:甲:p1', '--second-officer', 'a2:乙:p2',
                     '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v, '--tpm', 'software')
    check('a home is made', code == 0, out)
    for name in os.listdir(B):
        if name.startswith('fujie') and os.path.isfile(B + '/' + name) and os.access(B + '/' + name, os.X_OK):
            people = name in ('fujie', 'fujie-verify', 'fujie-officer', 'fujie-gateway')
            shutil.copy(B + '/' + name, TMP + ('/bin/' if people else '/libexec/fujie/') + name)
    fujie = TMP + '/bin/fujie'
    ini(**users)
    code, out = tool(fujie, 'cert', 'list', '--dir', D)
    check('a home whose folders are another\'s is not served, and the remedy is named', code == 1 and 'fujie own' in said(out), out)
    code, out = tool(fujie, 'own', '--dir', D)
    check('fujie own gives everything to whom it belongs', code == 0, out)
    who = lambda p: pwd.getpwuid(os.lstat(D + '/' + p).st_uid).pw_name
    got = {p: who(p) for p in ('.', 'run', 'fujie.ini', 'signer', 'signer/audit.log', 'tpm', 'register.db', 'publish', 'publish/trust/root.pem', 'materials') if os.path.lexists(D + '/' + p)}
    want = {'.': 'root', 'run': 'root', 'fujie.ini': 'root', 'signer': 'daemon', 'signer/audit.log': 'daemon', 'tpm': 'daemon'}
    check('the signer\'s to the signer, the register\'s to the registry, the rest to root', got == {p: want.get(p, 'bin') for p in got}, got)
    code, out = tool(fujie, 'cert', 'list', '--dir', D)
    check('a command that finds no service works as those users', code == 0 and who('register.db') == 'bin' and who('signer/audit.log') == 'daemon', out)
    log = open(TMP + '/users.log', 'w')
    p = subprocess.Popen([fujie, 'serve', '--dir', D, '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v], stdout=log, stderr=log)
    try:
        check('it serves, with what is started in libexec', h.wait_up(), open(TMP + '/users.log').read())
        uid = lambda pid: pwd.getpwuid(int(re.search(r'Uid:\t(\d+)\t(\d+)\t(\d+)', open('/proc/%d/status' % pid).read()).group(1))).pw_name
        got = {n: uid(k) for n, k in children(p.pid).items()}
        check('each part is its own user, and the software TPM the signer\'s', got == {'swtpm': 'daemon', 'fujie-signer': 'daemon', 'fujie-registry': 'bin', 'fujie-verifier': 'sys'}, got)
        caps = {n: re.search(r'CapEff:\t(\w+)', open('/proc/%d/status' % k).read()).group(1) for n, k in children(p.pid).items()}
        check('none of them has a capability', all(int(c, 16) == 0 for c in caps.values()), caps)
        check('the registry reads nothing of the signer\'s and of the TPM\'s', not any(may('bin', 'signer/' + f) for f in os.listdir(D + '/signer')) and not any(may('bin', 'tpm/' + f) for f in os.listdir(D + '/tpm')))
        check('nor the signer the register', not may('daemon', 'register.db') and may('bin', 'register.db'))
        check('the verifier reads what is published and no register', may('sys', 'publish/public.db') and not may('sys', 'register.db') and not may('sys', 'signer/audit.log'))
        r = subprocess.run(['setpriv', '--reuid', 'bin', '--regid', 'bin', '--clear-groups', 'mv', 'signer', 'gone'], capture_output=True, cwd=D)
        check('the registry can\'t put another folder in the signer\'s place', r.returncode != 0 and os.path.isdir(D + '/signer'))
        check('nor change what root starts', not os.access(D + '/fujie.ini', os.W_OK) or os.stat(D + '/fujie.ini').st_uid == 0 and os.stat(D + '/fujie.ini').st_mode & 0o22 == 0)
        code, out = tool(fujie, 'user', 'list', '--dir', D)
        check('root asks the service', code == 0, out)
        r = subprocess.run(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', fujie, 'user', 'list', '--dir', D, '--json'], capture_output=True, text=True)
        check('another user is told to be root', r.returncode == 1 and 'sudo' in r.stdout, r.stdout + r.stderr)
    finally:
        p.terminate()
        p.wait(60)
    ini(signer='daemon', registry='bin', verifier='no-such-user')
    code, out = tool(fujie, 'cert', 'list', '--dir', D)
    check('a user that this machine does not have is named', code == 1 and 'no-such-user' in said(out), out)
    ini(signer='daemon', registry='daemon', verifier='sys')
    code, out = tool(fujie, 'cert', 'list', '--dir', D)
    check('one user for two parts is refused', code == 1 and 'twice' in said(out), out)


try:
    managed()
    if os.geteuid() == 0:
        owned()
    else:
        absent('root')
finally:
    h.close()
    shutil.rmtree(TMP, ignore_errors=True)
finish()
