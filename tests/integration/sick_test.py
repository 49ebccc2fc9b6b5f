"""A TPM that falls sick under a running appliance: full, locked, broken, silent, gone, restarted, cleared; and a signer
that stalls.  Each time who asks is told what it is and what helps, in both languages; pages, verdicts and OCSP from the
cache go on; what passes by itself is gone on with by itself; nothing is signed twice, nothing is lost.  A proxy stands
before the software TPM (tests/bench/slow_tpm.c)."""
import threading
from signer_lib import *

SIGN_ = '15d'
sick_file = None


def sick(text):
    with open(sick_file + '.new', 'w') as f:
        f.write(text)
    os.rename(sick_file + '.new', sick_file)


def well():
    if os.path.exists(sick_file):
        os.unlink(sick_file)


def until(what, seconds):
    """does it become true in time?"""
    end = time.time() + seconds
    while time.time() < end:
        try:
            if what():
                return True
        except (OSError, KeyError, ValueError, TypeError):
            pass
        time.sleep(0.2)
    return False


def serve():
    """only our swtpm can be found"""
    path = os.environ['PATH']
    os.environ['PATH'] = h.root + '/bin'
    up = h.serve()
    os.environ['PATH'] = path
    return up


def ask(n):
    taken[0] += n
    return do('hb-fin1', 'certificate', 'issue', {'assets': assets[taken[0] - n:taken[0]]})['approval']


def issue(n):
    """(assets, answer, seconds) of an approval of n certificates"""
    ap, t = ask(n), time.time()
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin2'])
    return assets[taken[0] - n:taken[0]], dict(out, status=code), time.time() - t


def certified(numbers):
    return all(h.api('GET', '/api/v1/asset/' + a, None, s['hbsw1'])[1].get('certificate') for a in numbers)


def queue():
    return h.api('GET', '/api/v1/status/show', None, s['hb-fin1'])[1]['queue']


def told(why, en, zh):
    """this reason, in both languages"""
    d = (why or {}).get('detail', {})
    return en in d.get('en', '') and zh in d.get('zh', '')


def signed_once():
    """of each intent one structure; of each certificate one signature"""
    _, ids = signed_records(h.d + '/signer/audit.log')
    return len(ids) > 0 and all(len(t) == 1 for i, t in ids.items() if i != bytes(16))


def starts():
    return open(h.root + '/serve.log').read().count('signer runs again')


def timed(url, body=None, head={}):
    t = time.time()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=300) as r:
            data = r.read()
    except urllib.error.HTTPError as e:
        data = e.read()
    return time.time() - t, data


def verdict():
    token = [x for x in h.demo['tokens'] if x['expect'] == 'permit'][0]
    return timed(h.url('/v1/verify'), json.dumps({'credential': open(os.path.join(h.d, token['file'])).read().strip()}).encode())


def ocsp_request(nonce):
    number = next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit')
    d = tempfile.mkdtemp(dir=h.root)
    code, out = h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])
    if 'pem' not in out:
        raise RuntimeError('certificate: %s %s' % (code, out))
    open(d + '/c.pem', 'w').write(out['pem'])
    subprocess.run(['openssl', 'ocsp', '-issuer', h.d + '/trust/chain.pem', '-cert', d + '/c.pem', '-nonce' if nonce else '-no_nonce', '-reqout', d + '/q'], check=True, capture_output=True)
    return open(d + '/q', 'rb').read()


def ocsp(request):
    return timed(h.url('/ocsp'), request, {'Content-Type': 'application/ocsp-request'})


TRY_LATER = bytes.fromhex('30030a0103')


def good(data):
    return len(data) > 200


def refusals_test():
    """a TPM that refuses to sign for a while: told, waited for, gone on with"""
    for code, en, zh in (('902', "other programs' keys", '密钥槽'), ('903', "other programs' sessions", '会话槽'), ('905', "other programs' sessions", '会话槽'), ('921', 'lockout', '锁定'),
                         ('920', 'slows writing', '限制写入'), ('14b', 'storage is full', '存储空间已满'), ('923', "can't write its storage", '无法写入'), ('901', 'for too long', '过久')):
        pid = h.children()['fujie-signer']
        sick('%s %s' % (SIGN_, code))
        mine, out, took = issue(2)
        check('0x%s at signing: the act is done, says what waits and what helps' % code, out['status'] == 200 and out.get('pending') == 2 and told(out.get('waits_because'), en, zh) and took < 10, (took, out))
        q = queue()
        check('  the queue says so', q['waiting'] >= 2 and q['oldest'] and until(lambda: told(queue()['because'], en, zh), 10), q)
        well()
        check('  well again, both are issued by themselves, and the signer never ended', until(lambda: certified(mine), 40) and h.children()['fujie-signer'] == pid and signed_once())
    pid = h.children()['fujie-signer']
    sick('%s 902 3' % SIGN_)
    mine, out, took = issue(6)
    check('0x902 at the third of six signatures: strays are flushed, and nobody notices', out.get('issued') == 6 and h.children()['fujie-signer'] == pid, out)
    well()
    sick('%s 921 3' % SIGN_)
    mine, out, took = issue(6)
    check('0x921 at the third of six: they wait', told(out.get('waits_because'), 'lockout', '锁定'), out)
    well()
    check('  and are issued, each once', until(lambda: certified(mine), 40) and signed_once())


def full_with_approvals_test():
    """what fills the TPM is flushed, and not the sessions that await officers"""
    p, begun = h.root_crl_begin()
    check('the root\'s CRLs await their officers', begun and h.root_crl_approve('officer1') == 'taken')
    sick('%s 902 3' % SIGN_)
    mine, out, _ = issue(6)
    well()
    check('  0x902 while they do: strays are flushed, and nobody notices', out.get('issued') == 6, out)
    second = h.root_crl_approve('officer3')
    out, told_ = p.communicate(timeout=300)
    check('  nor do the officers', second == 'taken' and p.returncode == 0 and json.loads(out) == {'signed': True}, (second, out, told_))


def home_page_test():
    sick('%s 921' % SIGN_)
    mine, _, _ = issue(1)
    until(lambda: queue()['because'], 10)
    l = h.login('auditor')
    c = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    form = urllib.parse.urlencode({'login': 'auditor', 'password': l['password'], 'totp': h.code('auditor')}).encode()
    c.open('http://127.0.0.1:%d/login' % h.p, form, timeout=300).read()
    pages = [c.open('http://127.0.0.1:%d/?lang=%s' % (h.p, lang), timeout=300).read().decode() for lang in ('zh', 'en')]
    check('the home page says why signing waits, in both languages', '锁定' in pages[0] and 'lockout' in pages[1])
    well()
    check('  until it goes on', until(lambda: certified(mine), 60))


def broken_test():
    """failure mode: a new start may help, and is tried with growing pauses"""
    sick('0 101')
    before = starts()
    mine, out, took = issue(1)
    check('failure mode: the act is done and waits', out['status'] == 200 and out.get('pending') == 1 and took < 20, (took, out))
    check('  why is told while the signer can\'t start', until(lambda: told(queue()['because'], 'failure mode', '失效'), 60), queue())
    t, data = verdict()
    check('  verdicts go on', t < 2 and b'permit' in data, t)
    time.sleep(20)
    check('  and it is started with growing pauses', 1 <= starts() - before <= 6, starts() - before)
    well()
    check('  well again, the certificate is issued by itself, once', until(lambda: certified(mine), 90) and signed_once(), queue())


def counter_test():
    """NV full, or unwritable, where the counter rises"""
    for code, en, zh in (('14b', 'storage is full', '存储空间已满'), ('923', "can't write its storage", '无法写入')):
        h.stop()
        sick('134 ' + code)
        serve()
        pid = h.children()['fujie-signer']
        mine, out, _ = issue(1)
        check('0x%s at the counter: nothing is signed, and why is told' % code, out.get('pending') == 1 and told(out.get('waits_because'), en, zh), out)
        well()
        check('  with room again it is issued, by the same signer', until(lambda: certified(mine), 40) and h.children()['fujie-signer'] == pid and signed_once())


def silent_test():
    nonce, plain = ocsp_request(True), ocsp_request(False)
    ocsp(plain)
    sick('%s ffffffff' % SIGN_)
    result, began = [], time.time()
    one = threading.Thread(target=lambda: result.append(issue(1)))
    one.start()
    time.sleep(2)
    asked = [ocsp(nonce), ocsp(plain), verdict(), timed('http://127.0.0.1:%d/login' % h.p)]
    check('a TPM that is silent: OCSP signed on demand, OCSP from the cache, verdicts and pages go on', all(t < 2 for t, _ in asked) and good(asked[0][1]) and good(asked[1][1]), [(round(t, 2), len(d)) for t, d in asked])
    one.join()
    (mine, out, took), = result
    check('  the signer gives up after half a minute', 25 < took < 60 and out.get('pending') == 1 and told(out.get('waits_because'), 'has not answered', '没有应答'), (took, out))
    well()
    check('  and it is issued by itself, once', until(lambda: certified(mine), 90) and signed_once(), queue())


def stalled_test():
    """a signer that does not go on: a bounded number waits for it"""
    nonce, plain = ocsp_request(True), ocsp_request(False)
    ocsp(plain)
    pid = h.children()['fujie-signer']
    os.kill(pid, signal.SIGSTOP)
    answers, lock = [], threading.Lock()

    def one():
        a = ocsp(nonce)
        with lock:
            answers.append(a)

    threads = [threading.Thread(target=one) for _ in range(100)]
    for t in threads:
        t.start()
    time.sleep(1.5)
    with lock:
        early = list(answers)
    check('a stalled signer: of 100 who ask for OCSP on demand the queue takes 64, the others are told at once to try later', len(early) == 36 and all(d == TRY_LATER for _, d in early), len(early))
    asked = [ocsp(plain) for _ in range(8)] + [verdict() for _ in range(8)] + [timed(h.url('/')) for _ in range(8)]
    check('  verdicts, pages and OCSP from the cache go on', all(t < 1 for t, _ in asked) and good(asked[0][1]), sorted(round(t, 2) for t, _ in asked)[-3:])
    time.sleep(3)
    t, data = ocsp(nonce)
    check('  after some seconds whoever comes is told at once', t < 0.5 and data == TRY_LATER, t)
    health = json.loads(timed(h.url('/healthz'))[1])
    check('  health is red and says so, in both languages', health['signer']['waiting'] == 64 and any(c['what'] == 'signer' and c['text']['zh'] for c in health['causes']), health.get('signer'))
    os.kill(pid, signal.SIGCONT)
    for t in threads:
        t.join()
    check('  and when it goes on, all 64 have their answer', sum(good(d) for _, d in answers) == 64, sum(good(d) for _, d in answers))
    check('  and health is green', until(lambda: json.loads(timed(h.url('/healthz'))[1])['ok'], 10))


def gone_test():
    nonce = ocsp_request(True)
    until(lambda: 'swtpm' in h.children(), 60)
    os.unlink(h.root + '/bin/swtpm')
    os.kill(h.children()['swtpm'], signal.SIGKILL)
    mine, out, took = issue(1)
    check('a TPM that is gone: the act is done and waits', out['status'] == 200 and out.get('pending') == 1 and out['waits_because']['detail'].get('zh') and took < 30, (took, out))
    check('  OCSP on demand is told to try later', until(lambda: ocsp(nonce)[1] == TRY_LATER, 10))
    t, data = verdict()
    check('  verdicts go on', t < 2 and b'permit' in data, t)
    time.sleep(10)
    tries = open(h.root + '/serve.log').read().count("can't be started")
    check('  it is looked for with growing pauses', 1 <= tries <= 12, tries)
    os.symlink(B + '/tests/bench/slow/swtpm', h.root + '/bin/swtpm')
    check('  when it is back, the certificate is issued by itself, once', until(lambda: certified(mine), 60) and signed_once(), queue())


def restarted_test():
    """in the middle of a batch"""
    sick('%s ffffffff 20' % SIGN_)
    result = []
    one = threading.Thread(target=lambda: result.append(issue(40)))
    one.start()
    time.sleep(2)
    well()
    os.kill(h.children()['swtpm'], signal.SIGKILL)
    one.join()
    (mine, out, _), = result
    check('a TPM that is restarted in the middle of forty: all are issued, each once', until(lambda: certified(mine), 60) and signed_once(), out)
    until(lambda: issue(1)[1].get('issued') == 1, 30)
    pid = h.children()['fujie-signer']
    os.kill(pid, signal.SIGKILL)
    check('a signer that was ended while nobody asked it is started anew', until(lambda: h.children().get('fujie-signer', pid) != pid, 30))
    mine, out, _ = issue(1)
    check('  and who had asked the one before notices nothing', out.get('issued') == 1, out)


def full_queue_test():
    import sqlite3
    h.stop()
    db = sqlite3.connect(h.d + '/register.db')
    db.executemany("INSERT INTO intent (id, kind, object, serial, state, body, approval, actor, reason, seq) VALUES (?, 1, ?, NULL, 'PENDING', '{}', '', '', '', ?)",
                   ((b'%016d' % i, 'X-%d' % i, 10 ** 12 + i) for i in range(50000)))
    db.commit()
    serve()
    ap = ask(1)
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin2'])
    check('a full queue takes no more, and says why and what to do', code == 503 and told(out, 'wait to be signed', '待签名'), (code, out))
    check('  it is shown', queue()['waiting'] == 50000 == queue()['most'])
    h.stop()
    db.execute('DELETE FROM intent WHERE seq >= 1000000000000')
    db.commit()
    db.close()
    serve()
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, s['hb-fin2'])
    check('  and with room again the same approval is done', code == 200 and out.get('issued') == 1, (code, out))


def cleared_test():
    """TPM2_Clear: the keys are gone, and nothing is made anew"""
    h.stop()
    blobs = {n: open(h.d + '/signer/' + n, 'rb').read() for n in os.listdir(h.d + '/signer')}
    tpm = Tpm(h.d + '/tpm')
    code, _ = tpm.owner(0x126, b'\x40\x00\x00\x0a', b'')
    tpm.end()
    path, os.environ['PATH'] = os.environ['PATH'], h.root + '/bin'
    r = subprocess.run([B + '/fujie', 'serve', '--dir', h.d, '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v, '--json'], capture_output=True, text=True, timeout=300)
    os.environ['PATH'] = path
    said = r.stdout + r.stderr
    check('a TPM that was cleared: the appliance does not start, and names the spare, in both languages', code == 0 and r.returncode == 3 and 'cleared' in said and 'spare' in said and '备机' in said, (code, r.returncode, said))
    tpm = Tpm(h.d + '/tpm')
    r = tpm.ask(struct.pack('>HIIIII', 0x8001, 22, 0x17a, 1, 0x81000000, 32))
    n = int.from_bytes(r[15:19], 'big')
    tpm.end()
    check('  nothing is made anew in it, nothing of the signer\'s folder changed', n == 0 and blobs == {k: open(h.d + '/signer/' + k, 'rb').read() for k in os.listdir(h.d + '/signer')}, n)


h = Home()
try:
    check('a demo home is made', h.made, getattr(h, 'made_err', ''))
    sick_file = h.root + '/sick'
    os.mkdir(h.root + '/bin')
    os.symlink(B + '/tests/bench/slow/swtpm', h.root + '/bin/swtpm')
    os.environ.update(FUJIE_REAL_SWTPM=shutil.which('swtpm'), FUJIE_TPM_SICK=sick_file, FUJIE_TPM_MS='0')
    check('it serves', serve())
    s, do, assets = h.registered('K', 90)
    taken = [0]
    only = re.compile(os.environ.get('ONLY', ''))
    for test in (refusals_test, full_with_approvals_test, home_page_test, restarted_test, stalled_test, silent_test, gone_test, broken_test, counter_test, full_queue_test, cleared_test):
        if only.search(test.__name__):
            test()
finally:
    h.close()
finish()
