"""A conquered registry and a conquered verifier service against the signer (lessons
2, 6, 7, 14): it talks to the signer's own sockets with every right those processes
have, and lies.  Every lie has to be refused, a second history of the public log too.
Then the signer's own ends: restarts, lockout, a full disk, a TPM that refuses or lies;
and its past: a folder or a TPM's state that is put back is found."""
import resource, zlib
from signer_lib import *

STATE = 7 # FJ_E_STATE


# --- the TPM's lockout (TPM 2.0 Part 1, 19.8) ---
def old_storage_key(tpm):
    """a storage key under dictionary attack protection, as homes had it"""
    public = bytes.fromhex('0023000b000300720000000600800043001000030010') + bytes(4)
    code, r = tpm.owner(0x131, b'\x40\x00\x00\x01', b'\x00\x04' + bytes(4) + struct.pack('>H', len(public)) + public + bytes(6))
    return code or tpm.owner(0x120, b'\x40\x00\x00\x01' + r[10:14], b'\x81\x01\x00\x00')[0]


# --- the key file, and what others have in the TPM ---
OUR_POLICY = json.dumps({'arc': '1.2.3', 'base': 'http://x', 'demo': True, 'operator': 'x'}).encode()


def public_at(tpm, handle):
    """its public area, b'' where nothing stands"""
    r = tpm.ask(struct.pack('>HIII', 0x8001, 14, 0x173, handle))
    return r[10:] if r[6:10] == bytes(4) else b''


def primary(tpm):
    """somebody else's storage key, loaded: its handle"""
    public = bytes.fromhex('0023000b000300720000000600800043001000030010') + bytes(4)
    return tpm.owner(0x131, b'\x40\x00\x00\x01', b'\x00\x04' + bytes(4) + struct.pack('>H', len(public)) + public + bytes(6))[1][10:14]


def foreign_key(tpm, handle):
    """one that is persistent"""
    obj = primary(tpm)
    return tpm.owner(0x120, b'\x40\x00\x00\x01' + obj, struct.pack('>I', handle))[0] or flushed(tpm, obj)


def flushed(tpm, handle):
    r = tpm.ask(struct.pack('>HII', 0x8001, 14, 0x165) + handle)
    return int.from_bytes(r[6:10], 'big')


def evicted(tpm, handle):
    h = struct.pack('>I', handle)
    return tpm.owner(0x120, b'\x40\x00\x00\x01' + h, h)[0]


def key_handles(home):
    status = Signer(home, 'registry.sock').status()
    return {k['role']: int(k['handle'], 16) for k in status['keys'] if 'handle' in k}


def does_not_start(sentence, home, words):
    a = Alone(home)
    code, said = a.ended()
    check(sentence, code == 3 and words in said, (code, said))
    return a


def keys_test(root):
    home, ek = root + '/keyfile', 0x81010001
    tpm = Tpm(home + '/tpm')
    made = foreign_key(tpm, ek), foreign_key(tpm, 0x81004600), foreign_key(tpm, 0x81004602)
    before = [public_at(tpm, h) for h in (ek, 0x81004600, 0x81004602)]
    tpm.end()
    a = Alone(home)
    kind, said = Signer(home, 'registry.sock').ask(OPEN, by(OUR_POLICY)) or (None, b'')
    at = key_handles(home)
    check('a ceremony takes handles that are free', made == (0, 0, 0) and kind == OPEN and list(at.values()) == [0x81004603, 0x81004604, 0x81004605], (made, said, at))
    check('and leaves alone what others have in the TPM, an endorsement key too', all(before) and [public_at(a.tpm, h) for h in (ek, 0x81004600, 0x81004602)] == before)
    kind, said = Signer(home, 'registry.sock').ask(OPEN, by(OUR_POLICY))
    check('a ceremony that has made its keys is not opened once more', kind == ERROR and b'held already' in said, said)
    a.end()

    tpm = Tpm(home + '/tpm')
    gone = evicted(tpm, at['token']), evicted(tpm, 0x81004601)
    tpm.end()
    a = Alone(home)
    check('keys that were taken out of the TPM are put back from the file', gone == (0, 0) and key_handles(home) == at and public_at(a.tpm, at['token']) and public_at(a.tpm, 0x81004601), gone)
    a.end()

    tpm = Tpm(home + '/tpm')
    put = evicted(tpm, at['token']), foreign_key(tpm, at['token'])
    theirs = public_at(tpm, at['token'])
    tpm.end()
    a = does_not_start('where another key stands in the place of ours the signer does not start, and names the handle', home, '0x%08x' % at['token'])
    check('and the other is untouched', put == (0, 0) and theirs and public_at(a.tpm, at['token']) == theirs, put)
    evicted(a.tpm, at['token'])
    a.tpm.end()

    path = home + '/signer/keys'
    good = open(path, 'rb').read()
    for sentence, bad in (('one octet of a key\'s blob changed', good[:4096 * 3 + 200] + bytes([good[4096 * 3 + 200] ^ 1]) + good[4096 * 3 + 201:]), ('two slots exchanged', good[:4096] + good[8192:12288] + good[4096:8192] + good[12288:]),
                          ('the file cut', good[:4096 * 5]), ('the file gone', b'')):
        open(path, 'wb').write(bad)
        does_not_start('the key file: %s, and the signer does not start' % sentence, home, 'key file').tpm.end()
    open(path, 'wb').write(good)
    shutil.move(home + '/tpm', home + '/tpm.was')
    does_not_start('on another TPM neither', home, 'another TPM').tpm.end()
    shutil.rmtree(home + '/tpm')
    shutil.move(home + '/tpm.was', home + '/tpm')
    a = Alone(home)
    check('on its own TPM with its own file it does', key_handles(home) == at)
    a.end()
    full = Tpm(home + '/tpm')
    left = [primary(full) for _ in range(3)]
    a = Alone(home, tpm=full)
    check('what somebody left loaded in the TPM is flushed', all(len(h) == 4 for h in left) and key_handles(home) == at and {flushed(full, h) for h in left} != {0}, left)
    a.end()

    # killed at each command of a ceremony that makes or places something
    tries = 0
    for code in (0x131, 0x120, 0x12a, 0x153, 0x157, 0x134):
        cut = root + '/cut%x' % code
        a = Alone(cut, kill_at=code)
        try:
            Signer(cut, 'registry.sock').ask(OPEN, by(OUR_POLICY))
        except OSError:
            pass # it has ended
        a.ended()
        a.tpm.end()
        a = Alone(cut)
        s = Signer(cut, 'registry.sock')
        begun = s.status()['ceremony']
        other = s.ask(OPEN, by(OUR_POLICY.replace(b'1.2.3', b'1.2.4'))) if begun != 'none' else (ERROR, b'')
        kind, said = s.ask(OPEN, by(OUR_POLICY))
        ok = kind == OPEN and other[0] == ERROR and len(key_handles(cut)) == 3
        a.end()
        a = Alone(cut)
        tries += ok and len(key_handles(cut)) == 3
        if not ok:
            print('# cut at 0x%x: %s, %s' % (code, begun, said))
        a.end()
    check('a ceremony that was cut is gone on with, by the same policy only', tries == 6, tries)
    cut_anywhere(root)


def opened(home, kill_at=None, tpm=None):
    """a start, a ceremony opened or gone on with; (what the signer answered and said of itself, the commands it gave its TPM)"""
    a = Alone(home, kill_at=kill_at, tpm=tpm)
    kind = st = None
    try:
        s = Signer(home, 'registry.sock')
        answer = (OPEN,) if s.status()['whole'] else s.ask(OPEN, by(OUR_POLICY))
        kind, st = answer and answer[0], s.status()
    except (OSError, TypeError):
        pass # it has ended
    if kill_at is None:
        a.end()
    else:
        a.proc.kill()
        a.ended()
        a.tpm.end()
    return (kind, st), a.seen


def cut_anywhere(root):
    """killed at each command to the TPM of a ceremony's opening: at the next start the folder is no older state that was put back"""
    (kind, st), seen = opened(root + '/uncut')
    first = seen.index(0x134) # before that nothing of ours stands in the TPM
    raised = [k for k, code in enumerate(seen) if code == 0x134]
    check('(an opening makes its counter, raises it before there are keys, and once more behind them)', kind == OPEN and len(raised) == 3 and st['counter'] > 0 and all(code != 0x153 for code in seen[:raised[1]]) and
          all(code != 0x153 for code in seen[raised[2]:]), [hex(x) for x in seen])
    bad = []
    points = range(first + 1, len(seen) + 1)
    for k in points:
        home = '%s/point%d' % (root, k)
        opened(home, (k,))
        (kind, st), _ = opened(home)
        again = opened(home)[0][1] if kind == OPEN else None
        if kind != OPEN or not st or not st['whole'] or st['closed'] or st['ceremony'] != 'open' or not again or again['closed'] or again['counter'] != st['counter'] + 1:
            bad.append((k, hex(seen[k - 1]), kind, st))
        shutil.rmtree(home)
    check('killed at each of %d commands of an opening: it goes on, whole, and is not taken for one that was put back' % len(points), not bad, bad)
    home = root + '/early'
    opened(home, (raised[2] + 1,)) # all keys are made, and the counter not raised behind them
    copied(home, 'signer')
    first, second = opened(home)[0][1], opened(home)[0][1]
    put_back(home, 'signer')
    (kind, st), _ = opened(home)
    check('but the folder of that moment put back is found', first['closed'] is None and second['closed'] is None and st['closed'] and 'older state' in st['closed'], (first, second, st))
    home = root + '/half'
    opened(home, (raised[1] + 4,)) # the counter is raised, and there are no keys yet
    copied(home, 'signer')
    whole = opened(home)[0][1]
    put_back(home, 'signer')
    (kind, st), _ = opened(home)
    check('and one from before its keys, which makes none beside those', whole['whole'] and kind == ERROR and st['closed'] and not st['whole'], (whole, kind, st))


# --- a TPM that is full, locked or broken (TPM 2.0 Part 2, 6.6) ---
def nv_space(tpm, index, size):
    """an index of so many octets: its response code; 8 is a counter"""
    public = struct.pack('>IHIHH', 0x01000000 + index, 0x000b, 0x00040014 if size == 8 else 0x00040004, 0, size)
    return tpm.owner(0x12a, b'\x40\x00\x00\x01', b'\x00\x00' + struct.pack('>H', len(public)) + public)[0]


def sick_test(home, root):
    a = Alone(home)
    s = Signer(home, 'registry.sock')
    s.status() # it has started: two must not ask the TPM at once
    left = [primary(a.tpm) for _ in range(4)]
    rc, why, sig = s.sign(ISSUING, C_ASSET, cert(good), ('alice', 'bob'))
    check('somebody fills the TPM with keys: they are flushed, and it signs', all(left[:3]) and rc == 0 and sig != b'', why)
    public = bytes.fromhex('0023000b000300720000000600800043001000030010') + bytes(4) # of a key with dictionary attack protection
    code, r = a.tpm.owner(0x131, b'\x40\x00\x00\x01', b'\x00\x04' + bytes(4) + struct.pack('>H', len(public)) + public + bytes(6))
    a.tpm.owner(0x120, b'\x40\x00\x00\x01' + r[10:14], b'\x81\x01\x00\x20')
    flushed(a.tpm, r[10:14])
    wrong = [a.tpm.owner(0x153, b'\x81\x01\x00\x20', bytes(4), b'wrong')[0] for _ in range(6)]
    rc, why, sig = s.sign(ISSUING, C_ASSET, cert(good), ('alice', 'bob'))
    check('somebody brings the TPM into lockout: our keys sign on', wrong[-1] == 0x921 and rc == 0 and sig != b'', (wrong, why))
    evicted(a.tpm, 0x81010020)
    a.end()

    full = root + '/full'
    tpm = Tpm(full + '/tpm')
    n = 0
    for size in (2048, 256, 32, 8):
        while n < 400 and nv_space(tpm, n, size) == 0:
            n += 1
    tpm.end()
    a = Alone(full)
    kind, said = Signer(full, 'registry.sock').ask(OPEN, by(OUR_POLICY)) or (None, b'')
    check('a TPM whose storage is full: the ceremony says so, and how to make room', n > 1 and kind == ERROR and b'storage is full' in said and b'tpm2_evictcontrol' in said, (n, kind, said))
    a.ended()
    gone = [a.tpm.owner(0x122, b'\x40\x00\x00\x01' + struct.pack('>I', 0x01000000 + i), b'')[0] for i in range(n)]
    a.tpm.end()
    a = Alone(full)
    kind, said = Signer(full, 'registry.sock').ask(OPEN, by(OUR_POLICY)) or (None, b'')
    check('and goes on when there is room', kind == OPEN and len(key_handles(full)) == 3 and not any(gone), (gone, said))
    a.end()


def lockout_test(root):
    home = root + '/locked'
    tpm = Tpm(home + '/tpm')
    made = old_storage_key(tpm)
    wrong = [tpm.owner(0x153, b'\x81\x01\x00\x00', bytes(4), b'wrong')[0] for _ in range(6)]
    tpm.end()
    check('a TPM with a key of the old kind is brought into lockout', made == 0 and wrong[-1] == 0x921, (made, wrong))
    a = Alone(home)
    policy = json.dumps({'arc': '1.2.3', 'base': 'http://x', 'demo': True, 'operator': 'x'}).encode()
    kind, said = Signer(home, 'registry.sock').ask(OPEN, by(policy)) or (None, b'')
    check('a lockout that is found at the start is lifted', kind == OPEN, said)
    code, said = a.end()
    check('an orderly end tells the TPM', code == 0 and a.seen[-1] == 0x145, (code, said, a.seen[-3:]))
    a = Alone(home)
    Signer(home, 'registry.sock').ask(STATUS, b'')
    a.tpm.end()
    code, said = a.end()
    check('an orderly end after the TPM\'s own is no error', code == 0, (code, said))


def restart_test(h):
    """eight ends, every other one by kill -9: none may count against the keys"""
    signed = 0
    for k in range(8):
        before = h.children() if h.proc else {}
        if k % 2 and 'fujie-signer' not in before:
            break
        if k % 2 == 0:
            h.stop()
            h.serve()
        else:
            for name in ('fujie-signer', 'swtpm'):
                try:
                    os.kill(before[name], signal.SIGKILL)
                except ProcessLookupError:
                    pass # the other's end was faster
        for _ in range(600):
            if all(h.children().get(n) not in (None, before.get(n)) for n in ('fujie-signer', 'swtpm')):
                break
            time.sleep(0.05)
        rc, why, sig = Signer(h.d, 'registry.sock').sign(ISSUING, C_ASSET, cert(good), ('alice', 'bob'))
        signed += rc == 0 and sig != b''
        if rc != 0:
            print('# end %d: %s' % (k + 1, why))
    check('eight ends of the appliance, orderly and by kill -9, and a signature after each', signed == 8, '%d signatures' % signed)


def no_keys_test(home):
    a = Alone(home)
    reg, ver = Signer(home, 'registry.sock'), Signer(home, 'verifier.sock')
    at = tlv(0x18, time.strftime('%Y%m%d%H%M%SZ', time.gmtime()).encode())
    answer = tlv(0x30, tlv(0xa2, tlv(4, bytes(20))), at, tlv(0x30))
    said = [ver.sign(OCSP, R_OCSP, answer)] + [reg.sign(role, kind, cert(good), ('alice', 'bob')) for role, kind in (
        (ROOT, C_ROOT), (ROOT, C_ISS), (ROOT, CRL_ROOT), (ISSUING, C_ASSET), (ISSUING, C_DELEG), (ISSUING, CRL),
        (TOKEN, J_TOKEN), (TOKEN, J_AUTH), (TOKEN, J_STATUS), (TOKEN, J_MANIFEST), (TOKEN, J_PACKAGE))] + [reg.checkpoint(head_text(ours[:3]))]
    check('before the ceremony every kind of signature is refused, and the signer goes on',
          all(rc and ('no keys' in why or 'ceremony' in why) for rc, why, _ in said) and a.proc.poll() is None, said)
    a.end()


# --- the public log: one history (RFC 6962 2.1) ---
def leaf_hash(i, fork=''):
    return hashlib.sha256(b'\0%d%s' % (i, fork.encode())).digest()


def tree(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b'').digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b'\1' + tree(leaves[:k]) + tree(leaves[k:])).digest()


def extends(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [tree(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return extends(m, leaves[:k], whole) + [tree(leaves[k:])] if m <= k else extends(m - k, leaves[k:], False) + [tree(leaves[:k])]


ours = [leaf_hash(i) for i in range(64)]
fork = ours[:3] + [leaf_hash(i, 'x') for i in range(3, 64)]


def head_text(leaves, origin='127.0.0.1:8444/log'):
    return ('%s\n%d\n%s\n' % (origin, len(leaves), base64.b64encode(tree(leaves)).decode())).encode()


def log_home(home):
    """a signer whose ceremony was held, and no CA: the log does not ask for one"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    policy = json.dumps({'arc': '1.2.3', 'base': 'http://127.0.0.1:8444', 'demo': True, 'operator': 'x'}).encode()
    opened, early, ended = reg.plain(OPEN, by(policy)), reg.checkpoint(head_text(ours[:3])), reg.plain(CLOSE)
    check('a signer of its own, its ceremony held', opened[0] == 0 and ended[0] == 0, (opened, ended))
    refused('a head while the ceremony is open', early)
    return a, reg


def verifies(reg, text, answer):
    """both lines, by OpenSSL and the keys that the signer names"""
    with tempfile.TemporaryDirectory() as d:
        def put(name, data):
            with open(d + '/' + name, 'wb') as f:
                f.write(data)
            return d + '/' + name
        lines, key_id, n = struct.unpack('>I4sI', answer[64:76])
        keys = [put('%d' % r, reg.plain(PUBKEY, bytes([r]))[2][4:]) for r in (NOTE, LOG)]
        put('text', text), put('ed', answer[:64]), put('ec', answer[76:76 + n])
        runs = [['pkeyutl', '-verify', '-rawin', '-pubin', '-keyform', 'DER', '-inkey', keys[0], '-in', d + '/text', '-sigfile', d + '/ed'],
                ['dgst', '-sha256', '-keyform', 'DER', '-verify', keys[1], '-signature', d + '/ec', d + '/text']]
        return lines == 1 and len(answer) == 76 + n and all(subprocess.run(['openssl'] + r, capture_output=True).returncode == 0 for r in runs)


def log_test(home):
    a, reg = log_home(home)
    check('before the first head there is none: size 0, the empty tree', reg.head() == (0, tree([])), reg.head())
    refused('the verifier service asking for a head', Signer(home, 'verifier.sock').checkpoint(head_text(ours[:3])))
    check('the same of what was signed last', Signer(home, 'verifier.sock').ask(LOG_HEAD, b'') is None)
    rc, why, lines = reg.checkpoint(head_text(ours[:5]))
    check('the first head is signed, and both lines verify', rc == 0 and verifies(reg, head_text(ours[:5]), lines), why)
    check('Ed25519 over another text does not', not verifies(reg, head_text(ours[:6]), lines))
    rc, why, lines = reg.checkpoint(head_text(ours[:20]), extends(5, ours[:20]))
    check('a head that extends it is signed', rc == 0 and verifies(reg, head_text(ours[:20]), lines) and reg.head() == (20, tree(ours[:20])), why)
    rc, why, lines = reg.checkpoint(head_text(ours[:20]))
    check('the same head is signed again', rc == 0 and verifies(reg, head_text(ours[:20]), lines), why)
    # a conquered registry
    good = extends(20, ours[:40])
    refused('a fork, with its own proof', reg.checkpoint(head_text(fork[:40]), extends(20, fork[:40])))
    refused('a fork, with the proof of the true history', reg.checkpoint(head_text(fork[:40]), good))
    refused('a fork without a proof', reg.checkpoint(head_text(fork[:40])))
    refused('a fork of the same size', reg.checkpoint(head_text(fork[:20])))
    refused('a fork behind an older head that was signed once', reg.checkpoint(head_text(fork[:40]), extends(5, fork[:40])))
    refused('a log that is shorter', reg.checkpoint(head_text(ours[:19])))
    refused('the same, with the proof of the way back', reg.checkpoint(head_text(ours[:5]), extends(5, ours[:20])))
    refused('an empty log', reg.checkpoint(head_text([])))
    refused('a true head without a proof', reg.checkpoint(head_text(ours[:40])))
    refused('a true head with a hash too few', reg.checkpoint(head_text(ours[:40]), good[:-1]))
    refused('a true head with a hash too many', reg.checkpoint(head_text(ours[:40]), good + [ours[0]]))
    refused('a true head with a changed hash', reg.checkpoint(head_text(ours[:40]), [bytes([good[0][0] ^ 1]) + good[0][1:]] + good[1:]))
    refused('the same head with a proof', reg.checkpoint(head_text(ours[:20]), good))
    refused('another origin', reg.checkpoint(head_text(ours[:40], '127.0.0.1:8444/log2'), good))
    refused('the origin with its scheme', reg.checkpoint(head_text(ours[:40], 'http://127.0.0.1:8444/log'), good))
    refused('a line more', reg.checkpoint(head_text(ours[:40]) + b'x\n', good))
    refused('a text without its last newline', reg.checkpoint(head_text(ours[:40])[:-1], good))
    refused('a size with a leading zero', reg.checkpoint(head_text(ours[:40]).replace(b'\n40\n', b'\n040\n'), good))
    refused('a head as a token', reg.sign(TOKEN, J_TOKEN, head_text(ours[:40]), ('alice', 'bob')))
    refused('the log\'s key for a token', reg.sign(LOG, J_TOKEN, head_text(ours[:40]), ('alice', 'bob')))
    refused('the log\'s key for a CRL', reg.sign(LOG, CRL, head_text(ours[:40]), ('alice', 'bob')))
    refused('a head as a request for a signature', reg.sign(LOG, 13, head_text(ours[:40]), ('alice', 'bob')))
    check('after all that the head stands where it stood', reg.head() == (20, tree(ours[:20])))
    st = reg.status()
    check('the status tells the head and both keys', st['log'] == {'size': 20, 'root': tree(ours[:20]).hex()} and st['signed']['13'] == 3 and st['closed'] is None and
          [(k['role'], k['alg']) for k in st['keys'] if k['role'] in ('log', 'note', 'ak')] == [('log', 'ES256'), ('note', 'Ed25519'), ('ak', 'ES256')], st)
    # memory survives kill -9
    a.proc.kill()
    a.ended()
    a.tpm.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check('after kill -9 the head is known', reg.head() == (20, tree(ours[:20])), reg.head())
    refused('after kill -9 a fork', reg.checkpoint(head_text(fork[:40]), extends(20, fork[:40])))
    check('after kill -9 a head that extends it is signed', reg.checkpoint(head_text(ours[:30]), extends(20, ours[:30]))[0] == 0)
    # the counter costs nothing at a signature
    raises = a.seen.count(0x134)
    for _ in range(100):
        reg.checkpoint(head_text(ours[:30]))
    check('a hundred heads more: the TPM\'s counter did not rise', raises == 1 and a.seen.count(0x134) == 1, (raises, a.seen.count(0x134)))
    a.end()
    log_cause(home)


def log_end(home, sentence, words, lie=None, full=False):
    """a head is asked for while something fails: nothing comes, the end says why, and then it goes on"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    size = reg.head()[0]
    a.lie = lie
    if full:
        n = os.path.getsize(home + '/signer/audit.log')
        resource.prlimit(a.proc.pid, resource.RLIMIT_FSIZE, (n, n))
    text, proof = head_text(ours[:size + 2]), extends(size, ours[:size + 2])
    rc, why, lines = reg.checkpoint(text, proof)
    code, said = a.ended()
    last = said.strip().split('\n')[-1]
    check(sentence, code == 5 and rc != 0 and lines == b'' and words in last and (not full or words in why), (code, rc, why, last))
    a.tpm.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    now = reg.head()
    # a head that was recorded, and whose lines never came out, is asked for again without a proof
    rc, why, lines = reg.checkpoint(text, proof if now[0] == size else [])
    check('then the head is signed that was asked for, and a fork is not', rc == 0 and verifies(reg, text, lines) and now[0] in ((size,) if full else (size, size + 2)) and
          reg.checkpoint(head_text(fork[:size + 3]), extends(size + 2, fork[:size + 3]))[0] != 0, (rc, why, now))
    a.end()


def log_cause(home):
    log_end(home, 'no room for the record of a head: nothing is signed, and the log is named', 'the audit log could not be written', full=True)
    log_end(home, 'a TPM that refuses to sign a head ends the signer, and is named', 'the TPM refuses to sign (code 0x101); it is in failure mode: restart the machine',
            lambda code, r: r if code != 0x15d else bytes.fromhex('80010000000a00000101'))
    log_end(home, 'a head\'s signature that does not verify is not given out', 'does not verify',
            lambda code, r: r if code != 0x15d else r[:30] + bytes(2) + r[32:])


# --- a past that is put back ---
def copied(home, name):
    to = home + '-' + name
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home + '/' + name, to)
    return to


def put_back(home, name):
    shutil.rmtree(home + '/' + name)
    shutil.copytree(home + '-' + name, home + '/' + name)


def session(home, *sizes):
    """a start, a head each, an orderly end"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    out = []
    for n in sizes:
        size = reg.head()[0]
        out.append(reg.checkpoint(head_text(ours[:n]), extends(size, ours[:n]) if 0 < size < n else []))
    st = reg.status()
    a.end()
    return out, st


def is_closed(sentence, home, words, size):
    """named, and nothing is signed; opened by two officers, and by nobody else"""
    a = Alone(home)
    reg, ver = Signer(home, 'registry.sock'), Signer(home, 'verifier.sock')
    why = reg.status()['closed'] or ''
    check(sentence + ': the signer starts, and says what is wrong', words in why, reg.status())
    at = tlv(0x18, time.strftime('%Y%m%d%H%M%SZ', time.gmtime()).encode())
    two = ('alice', 'bob')
    said = [reg.checkpoint(head_text(ours[:size])), ver.sign(OCSP, R_OCSP, tlv(0x30, tlv(0xa2, tlv(4, bytes(20))), at, tlv(0x30)))] + [
        reg.sign(role, kind, cert(good), two) for role, kind in ((ROOT, C_ROOT), (ROOT, C_ISS), (ROOT, CRL_ROOT), (ISSUING, C_ASSET), (ISSUING, C_DELEG),
        (ISSUING, CRL), (TOKEN, J_TOKEN), (TOKEN, J_AUTH), (TOKEN, J_STATUS), (TOKEN, J_MANIFEST), (TOKEN, J_PACKAGE))]
    check(sentence + ': every kind of signature is refused, with what to do', all(rc == STATE and words in w and 'fujie log restore' in w for rc, w, _ in said), said)
    refused(sentence + ': opened by nobody', reg.restore())
    refused(sentence + ': opened by one officer', reg.restore('alice'))
    refused(sentence + ': opened by one officer named twice', reg.restore('alice', 'alice'))
    check(sentence + ': the verifier service may not open it', ver.ask(RESTORE, struct.pack('>I', 0)) is None)
    a.end()
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    check(sentence + ': a start opens nothing', words in (reg.status()['closed'] or ''))
    rc, why, _ = reg.restore(*two)
    st = reg.status()
    check(sentence + ': two officers open it', rc == 0 and st['closed'] is None, (why, st))
    refused(sentence + ': what is open is not opened', reg.restore(*two))
    rc, why, lines = reg.checkpoint(head_text(ours[:size]))
    check(sentence + ': then it signs what it knows', rc == 0 and verifies(reg, head_text(ours[:size]), lines), why)
    a.end()
    out, st = session(home, size, size + 1)
    check(sentence + ': and after the next start', [o[0] for o in out] == [0, 0] and st['closed'] is None, (out, st))


def past_test(home):
    a, reg = log_home(home)
    check('a first head', reg.checkpoint(head_text(ours[:3]))[0] == 0)
    a.end()
    for name in ('signer', 'tpm'):
        copied(home, name)
    out, st = session(home, 9)
    check('the appliance goes on', out[0][0] == 0 and st['closed'] is None and st['log']['size'] == 9, (out, st))
    put_back(home, 'signer')
    is_closed('the signer\'s folder put back', home, 'an older state that was put back', 3)
    session(home), session(home)
    put_back(home, 'tpm')
    is_closed('the TPM\'s state put back', home, 'the TPM\'s own state is an older one', 4)
    for name in ('signer', 'tpm'):
        copied(home, name)
    session(home, 12)
    for name in ('signer', 'tpm'):
        put_back(home, name)
    out, st = session(home)
    check('both put back together: not found here, only by a witness or mirror', st['closed'] is None and st['log']['size'] == 5, st)
    # kill -9 between the announcement and the raise, and right after it
    before = session(home)[1]['counter']
    for k in range(2):
        a = Alone(home, kill_at=0x134)
        a.ended()
        a.tpm.end()
    out, st = session(home, 14)
    check('kill -9 between record and raise, twice: harmless, and recognised', out[0][0] == 0 and st['closed'] is None and st['counter'] == before + 1, (before, st, out))
    # no room for the announcement
    a = Alone(home, room=os.path.getsize(home + '/signer/audit.log'))
    reg = Signer(home, 'registry.sock')
    rc, why, lines = reg.checkpoint(head_text(ours[:14]))
    code, said = a.ended()
    a.tpm.end()
    check('no room for the announcement at a start: nothing is signed, and the log is named',
          code == 5 and rc != 0 and lines == b'' and 'could not be written' in why and a.seen.count(0x134) == 0 and "the TPM's counter waits" in said, (code, why, said))
    out, now = session(home, 15)
    check('with room it goes on, one higher', out[0][0] == 0 and now['counter'] == st['counter'] + 1 and now['closed'] is None, (out, now))
    interval(home)


def interval(home):
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    size = reg.head()[0]
    begin = reg.status()['counter']
    text = head_text(ours[:size])
    for _ in range(4100):
        reg.checkpoint(text)
    st = reg.status()
    check('4100 heads: the counter rose once more, and the signer goes on', st['counter'] == begin + 1 and a.seen.count(0x134) == 2 and reg.checkpoint(text)[0] == 0, (begin, st['counter']))
    copied(home, 'signer')
    for _ in range(4100):
        reg.checkpoint(text)
    a.proc.kill() # no orderly end
    a.ended()
    a.tpm.end()
    put_back(home, 'signer')
    check('a folder put back from the interval before: found', 'older state' in (session(home)[1]['closed'] or ''))


# --- ends for a cause ---
def honest_end(home, sentence, words, lie=None, full=False):
    """a certificate is asked for while something fails: the signer ends and says what"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    reg.ask(STATUS, b'') # it has started
    a.lie = lie
    if full:
        size = os.path.getsize(home + '/signer/audit.log')
        resource.prlimit(a.proc.pid, resource.RLIMIT_FSIZE, (size, size))
    rc, why, sig = reg.sign(ISSUING, C_ASSET, cert(good), ('alice', 'bob'))
    code, said = a.ended()
    last = said.strip().split('\n')[-1]
    check(sentence, code == 5 and rc != 0 and sig == b'' and words in last, (code, rc, last))
    a.tpm.end()


def cause_test(home):
    honest_end(home, 'a full disk ends the signer, which names the audit log', 'the audit log could not be written', full=True)
    honest_end(home, 'a TPM that refuses to sign ends it, and is named', 'the TPM refuses to sign (code 0x101); it is in failure mode: restart the machine',
               lambda code, r: r if code != 0x15d else bytes.fromhex('80010000000a00000101'))
    honest_end(home, 'a signature that does not verify ends it, and is named', 'does not verify',
               lambda code, r: r if code != 0x15d else r[:30] + bytes(2) + r[32:])


h = Home()
try:
    check('a demo home', h.made, h.made_err)
    check('the appliance serves', h.serve())
    # the registry and the verifier service fall silent: we are them now
    for name in ('fujie-registry', 'fujie-verifier'):
        os.kill(h.children()[name], signal.SIGSTOP)
    reg, ver = Signer(h.d, 'registry.sock'), Signer(h.d, 'verifier.sock')
    two = ('alice', 'bob')
    good = tbs_of(pem(os.path.join(h.d, next(c['file'] for c in h.demo['certificates'] if c['expect'] == 'permit'))))

    # certificates
    fresh = cert(good)
    rc, why, sig = reg.sign(ISSUING, C_ASSET, fresh, two, b'\x01' * 16)
    check('an honest certificate with two officers is signed', rc == 0 and len(sig) > 60, why)
    again = reg.sign(ISSUING, C_ASSET, fresh, two, b'\x01' * 16)
    check('the same intent and bytes again: the same signature, never a second', again[2] == sig and sig != b'')
    refused('the same intent with other bytes', reg.sign(ISSUING, C_ASSET, cert(good), two, b'\x01' * 16))
    refused('a certificate with one officer', reg.sign(ISSUING, C_ASSET, cert(good), ('alice',)))
    refused('a certificate with one officer named twice', reg.sign(ISSUING, C_ASSET, cert(good), ('alice', 'alice')))
    refused('a certificate with no officer', reg.sign(ISSUING, C_ASSET, cert(good)))
    now = int(time.time())
    refused('a certificate dated back a day', reg.sign(ISSUING, C_ASSET, cert(good, begin=now - 86400), two))
    refused('a certificate for more than five years', reg.sign(ISSUING, C_ASSET, cert(good, end=now + 5 * 366 * 86400), two))
    refused('a serial of eight octets', reg.sign(ISSUING, C_ASSET, cert(good, serial=b'\x11' * 8), two))
    refused('a negative serial', reg.sign(ISSUING, C_ASSET, cert(good, serial=b'\x91' + b'\x11' * 15), two))
    bc = tlv(0x30, tlv(6, b'\x55\x1d\x13'), tlv(1, b'\xff'), tlv(4, tlv(0x30, tlv(1, b'\xff'))))
    refused('a leaf with CA:TRUE', reg.sign(ISSUING, C_ASSET, cert(good, ext=lambda e: e + [bc]), two))
    eku = bytes.fromhex('551d25')
    srv = tlv(0x30, tlv(6, eku), tlv(4, tlv(0x30, tlv(6, bytes.fromhex('2b06010505070301')))))
    refused('a TLS server purpose', reg.sign(ISSUING, C_ASSET, cert(good, ext=lambda e: [srv if eku in x[:12] else x for x in e]), two))
    ocsp_eku = tlv(0x30, tlv(6, eku), tlv(4, tlv(0x30, tlv(6, bytes.fromhex('2b06010505070309')))))
    refused('an OCSP purpose on a holder\'s key', reg.sign(ISSUING, C_ASSET, cert(good, ext=lambda e: [ocsp_eku if eku in x[:12] else x for x in e]), two))
    double = [x for x in parts(parts(parts(fields(good)[7])[0][1])[0][1]) if eku in x[2][:12]][0]
    both = tlv(0x30, tlv(6, eku), tlv(4, tlv(0x30, parts(parts(double[1])[1][1])[0][1], tlv(6, bytes.fromhex('2b06010505070309')))))
    refused('two purposes', reg.sign(ISSUING, C_ASSET, cert(good, ext=lambda e: [both if eku in x[:12] else x for x in e]), two))
    unknown = tlv(0x30, tlv(6, bytes.fromhex('2a030405')), tlv(4, b'\x05\x00'))
    refused('an unknown extension', reg.sign(ISSUING, C_ASSET, cert(good, ext=lambda e: e + [unknown]), two))
    refused('a foreign issuer name', reg.sign(ISSUING, C_ASSET, cert(good, issuer=fields(good)[5]), two))
    refused('a delegated certificate for a foreign key', reg.sign(ISSUING, C_DELEG, cert(tbs_of(pem(h.d + '/publish/signer/token.pem')), spki=fields(good)[6])))
    log_cert = tbs_of(pem(h.d + '/publish/signer/log.pem'))
    rc, why, sig = reg.sign(ISSUING, C_DELEG, cert(log_cert))
    check('an honest certificate for the log\'s own key is signed', rc == 0 and sig != b'', why)
    refused('a log certificate for a foreign key', reg.sign(ISSUING, C_DELEG, cert(log_cert, spki=fields(good)[6])))
    refused('a log certificate for the token key', reg.sign(ISSUING, C_DELEG, cert(log_cert, spki=fields(tbs_of(pem(h.d + '/publish/signer/token.pem')))[6])))
    refused('a token certificate for the log\'s key', reg.sign(ISSUING, C_DELEG, cert(tbs_of(pem(h.d + '/publish/signer/token.pem')), spki=fields(log_cert)[6])))
    refused('a data asset certificate sent as a delegated one', reg.sign(ISSUING, C_DELEG, cert(good)))
    token_spki = fields(tbs_of(pem(h.d + '/publish/signer/token.pem')))[6]
    refused('a data asset certificate for the appliance\'s own key', reg.sign(ISSUING, C_ASSET, cert(good, spki=token_spki), two))
    refused('a data asset certificate for the log\'s key', reg.sign(ISSUING, C_ASSET, cert(good, spki=fields(log_cert)[6]), two))
    refused('octets after the end', reg.sign(ISSUING, C_ASSET, cert(good) + b'\x00', two))
    refused('an issuing CA after the ceremony', reg.sign(ROOT, C_ISS, tbs_of(open(h.d + '/publish/ca/issuing.cer', 'rb').read()), two))
    refused('a root after the ceremony', reg.sign(ROOT, C_ROOT, tbs_of(open(h.d + '/publish/ca/root.cer', 'rb').read()), two))
    refused('a certificate signed by the token key', reg.sign(TOKEN, C_ASSET, cert(good), two))

    # CRLs: number, entries, dates
    crl = tbs_of(open(h.d + '/publish/trust/crl/1.crl', 'rb').read())
    f = fields(crl)

    def make_crl(number, entries, span=3600):
        g = list(f[:3]) + [utc(now), utc(now + span)] + ([tlv(0x30, *entries)] if entries else [])
        ext = [p[2] for p in parts(parts(parts(f[-1])[0][1])[0][1])]
        ext = [tlv(0x30, tlv(6, b'\x55\x1d\x14'), tlv(4, tlv(2, number.to_bytes(6, 'big').lstrip(b'\0')))) if b'\x55\x1d\x14' in x[:8] else x for x in ext]
        return tlv(0x30, *g, tlv(0xa0, tlv(0x30, *ext)))

    entries = [p[2] for p in parts(parts(f[5])[0][1])]
    reason = {e: e[-1] for e in entries}
    final = next(e for e in entries if reason[e] != 6)
    held = next(e for e in entries if reason[e] == 6)
    high = now + 1000
    refused('the same CRL again (its number does not rise)', reg.sign(ISSUING, CRL, crl))
    refused('a CRL whose number falls', reg.sign(ISSUING, CRL, make_crl(5, entries)))
    refused('one whose number leaves none for those after it', reg.sign(ISSUING, CRL, make_crl(now + 400 * 86400, entries)))
    refused('one whose number is two days ahead', reg.sign(ISSUING, CRL, make_crl(now + 2 * 86400, entries)))
    refused('a CRL without a revoked certificate', reg.sign(ISSUING, CRL, make_crl(high, [e for e in entries if e != final])))
    refused('the same, with two officers', reg.sign(ISSUING, CRL, make_crl(high, [e for e in entries if e != final]), two))
    refused('a CRL that lifts a suspension without officers', reg.sign(ISSUING, CRL, make_crl(high, [e for e in entries if e != held])))
    refused('a revoked certificate turned into a suspended one', reg.sign(ISSUING, CRL, make_crl(high, [e[:-1] + b'\x06' if e == final else e for e in entries])))
    refused('a CRL valid for a month', reg.sign(ISSUING, CRL, make_crl(high, entries, 30 * 86400)))
    refused('a serial twice in a CRL', reg.sign(ISSUING, CRL, make_crl(high, entries + [final])))
    rc, why, sig = reg.sign(ISSUING, CRL, make_crl(high, entries))
    check('an honest CRL with a higher number is signed', rc == 0, why)
    refused('and then the number before it', reg.sign(ISSUING, CRL, make_crl(high - 1, entries)))

    # status lists
    def b64(x):
        return base64.urlsafe_b64encode(x).rstrip(b'=').decode()

    def canon(o):
        return json.dumps(o, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()

    jwt = open(h.d + '/publish/trust/status/0.jwt').read()
    head = json.loads(base64.urlsafe_b64decode(jwt.split('.')[0] + '=='))
    body = json.loads(base64.urlsafe_b64decode(jwt.split('.')[1] + '=='))
    bits = bytearray(zlib.decompress(base64.urlsafe_b64decode(body['status_list']['lst'] + '==')))

    def index_of(value):
        for i, o in enumerate(bits):
            for k in range(4):
                if o and (o >> (2 * k)) & 3 == value:
                    return i, k

    def status(change=None, **more):
        b = bytearray(bits)
        if change:
            (i, k), v = change
            b[i] = b[i] & ~(3 << (2 * k)) | v << (2 * k)
        p = dict(body, iat=now, exp=now + 3600, status_list={'bits': 2, 'lst': b64(zlib.compress(bytes(b), 6))}, **more)
        return (b64(canon(head)) + '.' + b64(canon(p))).encode()

    revoked, suspended = index_of(1), index_of(2)
    refused('a status list that brings a revoked entry back', reg.sign(TOKEN, J_STATUS, status((revoked, 0)), two))
    refused('a revoked entry turned into a suspended one', reg.sign(TOKEN, J_STATUS, status((revoked, 2)), two))
    refused('a suspension lifted without officers', reg.sign(TOKEN, J_STATUS, status((suspended, 0))))
    refused('a suspension lifted by one officer', reg.sign(TOKEN, J_STATUS, status((suspended, 0)), ('alice', 'alice')))
    refused('a status list under a foreign address', reg.sign(TOKEN, J_STATUS, status(sub='http://evil.example/status/0')))
    refused('a status list valid for a year', reg.sign(TOKEN, J_STATUS, (b64(canon(head)) + '.' + b64(canon(dict(body, iat=now, exp=now + 366 * 86400)))).encode()))
    refused('a status list under the token signer\'s certificate', reg.sign(TOKEN, J_STATUS, status().replace(b64(canon(head)).encode(),
            b64(canon(dict(head, x5c=[base64.b64encode(pem(h.d + '/publish/signer/token.pem')).decode(), head['x5c'][1]]))).encode())))
    rc, why, sig = reg.sign(TOKEN, J_STATUS, status())
    check('an honest status list is signed', rc == 0 and len(sig) == 64, why)

    # tokens
    tok = open(os.path.join(h.d, next(t['file'] for t in h.demo['tokens'] if t['expect'] == 'permit'))).read().rstrip('~')
    th = json.loads(base64.urlsafe_b64decode(tok.split('.')[0] + '=='))
    tb = json.loads(base64.urlsafe_b64decode(tok.split('.')[1] + '=='))

    def token(header=None, at=now, **more):
        return (b64(canon(header or th)) + '.' + b64(canon(dict(tb, iat=at, nbf=at, exp=at + 86400, **more)))).encode()

    refused('a token without an officer', reg.sign(TOKEN, J_TOKEN, token()))
    refused('a token with an unknown member', reg.sign(TOKEN, J_TOKEN, token(admin=True), two))
    refused('a token with depth 1', reg.sign(TOKEN, J_TOKEN, token(grant=dict(tb['grant'], depth=1)), two))
    refused('a token under alg none', reg.sign(TOKEN, J_TOKEN, token(dict(th, alg='none')), two))
    refused('a token with jku', reg.sign(TOKEN, J_TOKEN, token(dict(th, jku='http://evil.example')), two))
    refused('a token from a foreign issuer', reg.sign(TOKEN, J_TOKEN, token(iss='http://evil.example'), two))
    refused('a token sent as an authorisation', reg.sign(TOKEN, J_AUTH, token(), two))
    rc, why, sig = reg.sign(TOKEN, J_TOKEN, token(), ('op',))
    check('an honest token is signed', rc == 0 and len(sig) == 64, why)

    # manifests
    mh = dict(th, typ='manifest+jwt')

    def manifest(header=None, drop=(), **more):
        p = dict({'iss': tb['iss'], 'vct': 'urn:fujie:manifest:1', 'jti': 'LS-1~1', 'iat': now, 'kind': 'listing-pack', 'sha256': b64(bytes(32))}, **more)
        return (b64(canon(header or mh)) + '.' + b64(canon({k: v for k, v in p.items() if k not in drop}))).encode()

    refused('a manifest without an officer', reg.sign(TOKEN, J_MANIFEST, manifest()))
    refused('a manifest that grants something', reg.sign(TOKEN, J_MANIFEST, manifest(grant=tb['grant']), two))
    refused('a manifest without a hash', reg.sign(TOKEN, J_MANIFEST, manifest(drop=('sha256',)), two))
    refused('a manifest under a token\'s type', reg.sign(TOKEN, J_MANIFEST, manifest(th), two))
    refused('a manifest that says it is a token', reg.sign(TOKEN, J_MANIFEST, manifest(vct=tb['vct']), two))
    refused('a manifest of yesterday', reg.sign(TOKEN, J_MANIFEST, manifest(iat=now - 86400), two))
    refused('a manifest from a foreign issuer', reg.sign(TOKEN, J_MANIFEST, manifest(iss='http://evil.example'), two))
    refused('a token sent as a manifest', reg.sign(TOKEN, J_MANIFEST, token(), two))
    refused('a manifest sent as a token', reg.sign(TOKEN, J_TOKEN, manifest(), two))
    rc, why, sig = reg.sign(TOKEN, J_MANIFEST, manifest(), ('op',))
    check('an honest manifest is signed', rc == 0 and len(sig) == 64, why)

    of = {'kind': 'half-year', 'period': '2026H1', 'unit': '11420000DEMA00013M'}
    report = manifest(jti='RP-HY-2026H1-11420000DEMA00013M', kind='report', report=of)
    refused('a report that one officer fixed', reg.sign(TOKEN, J_MANIFEST, report, ('op',)))
    refused('a report that names no report', reg.sign(TOKEN, J_MANIFEST, manifest(kind='report'), two))
    refused('a listing pack that names a report', reg.sign(TOKEN, J_MANIFEST, manifest(report=of), two))
    refused('a manifest of a kind that there is not', reg.sign(TOKEN, J_MANIFEST, manifest(kind='letter'), two))
    rc, why, sig = reg.sign(TOKEN, J_MANIFEST, report, two)
    check('a report that two officers fixed is signed', rc == 0 and len(sig) == 64, why)

    # packages of what a publication changed
    kept = json.load(open(h.d + '/publish/outbox/index.json'))
    last = kept['newest']
    ph = dict(head, typ='package+jwt')
    none = b64(hashlib.sha256(b'').digest())
    file = {'path': 'trust/status/0.jwt', 'sha256': none, 'size': 0}

    def package(header=None, drop=(), seq=last + 1, **more):
        p = dict({'iss': tb['iss'], 'vct': 'urn:fujie:package:1', 'iat': now, 'kind': 'change', 'seq': seq, 'part': 1, 'last': True, 'generation': 1,
                  'previous': {'seq': last, 'sha256': none}, 'files': [file], 'rows': {'sha256': none, 'size': 0}}, **more)
        return (b64(canon(header or ph)) + '.' + b64(canon({k: v for k, v in p.items() if k not in drop}))).encode()

    def snapshot(seq, **more):
        return package(seq=seq, kind='snapshot', previous={'seq': seq, 'sha256': none}, **more)

    refused('a package under a number that was signed', reg.sign(TOKEN, J_PACKAGE, package(seq=last, previous={'seq': last - 1, 'sha256': none})))
    refused('a package under the number 0', reg.sign(TOKEN, J_PACKAGE, package(seq=0, previous={'seq': 0, 'sha256': none})))
    refused('a package that follows itself', reg.sign(TOKEN, J_PACKAGE, package(previous={'seq': last + 1, 'sha256': none})))
    refused('a package with an unknown member', reg.sign(TOKEN, J_PACKAGE, package(more=1)))
    refused('a package without its rows\' hash', reg.sign(TOKEN, J_PACKAGE, package(rows={'size': 0})))
    refused('a package that names no predecessor', reg.sign(TOKEN, J_PACKAGE, package(drop=('previous',))))
    refused('a package that names a file twice', reg.sign(TOKEN, J_PACKAGE, package(files=[file, file])))
    refused('a package with a file outside of a publication', reg.sign(TOKEN, J_PACKAGE, package(files=[dict(file, path='../register.db')])))
    refused('a package that carries the outbox', reg.sign(TOKEN, J_PACKAGE, package(files=[dict(file, path='outbox/index.json')])))
    refused('a package that is too large', reg.sign(TOKEN, J_PACKAGE, package(files=[dict(file, size=20 << 20), dict(file, path='trust/status/1.jwt', size=1)])))
    refused('a package under a list\'s type', reg.sign(TOKEN, J_PACKAGE, package(head)))
    refused('a package under the token signer\'s certificate', reg.sign(TOKEN, J_PACKAGE, package(dict(th, typ='package+jwt'))))
    refused('a package that says it is a manifest', reg.sign(TOKEN, J_PACKAGE, package(vct='urn:fujie:manifest:1')))
    refused('a package of yesterday', reg.sign(TOKEN, J_PACKAGE, package(iat=now - 86400)))
    refused('a package from a foreign issuer', reg.sign(TOKEN, J_PACKAGE, package(iss='http://evil.example')))
    refused('a package sent as a status list', reg.sign(TOKEN, J_STATUS, package()))
    refused('a status list sent as a package', reg.sign(TOKEN, J_PACKAGE, status()))
    refused('a snapshot of a number that was never signed', reg.sign(TOKEN, J_PACKAGE, snapshot(last + 1)))
    refused('a snapshot of another number than it bears', reg.sign(TOKEN, J_PACKAGE, package(kind='snapshot')))
    refused('a snapshot older than the last one', reg.sign(TOKEN, J_PACKAGE, snapshot(kept['snapshot']['seq'] - 1)))
    honest = package()
    rc, why, sig = reg.sign(TOKEN, J_PACKAGE, honest)
    check('an honest package is signed', rc == 0 and len(sig) == 64, why)
    rc, why, sig = reg.sign(TOKEN, J_PACKAGE, honest)
    check('and the same again', rc == 0 and len(sig) == 64, why)
    refused('another one under its number', reg.sign(TOKEN, J_PACKAGE, package(generation=2)))
    rc, why, sig = reg.sign(TOKEN, J_PACKAGE, snapshot(last + 1))
    check('an honest snapshot is signed', rc == 0 and len(sig) == 64, why)
    refused('a snapshot that falls behind it', reg.sign(TOKEN, J_PACKAGE, snapshot(last)))

    # the verifier's socket
    refused('the verifier asking for a package', ver.sign(TOKEN, J_PACKAGE, package(seq=last + 2)))
    refused('the verifier asking for a manifest', ver.sign(TOKEN, J_MANIFEST, manifest(), two))
    refused('the verifier asking for a certificate', ver.sign(ISSUING, C_ASSET, cert(good), two))
    refused('the verifier asking for a status list', ver.sign(TOKEN, J_STATUS, status(), two))
    check('the verifier asking for another public key ends the connection', ver.ask(PUBKEY, bytes([ISSUING])) is None)
    check('the verifier opening a ceremony ends the connection', ver.ask(OPEN, by(b'{}')) is None)
    spki = ver.ask(PUBKEY, bytes([OCSP]))
    key = spki[1][4:][26:] if spki else b''

    def gen(t):
        return tlv(0x18, time.strftime('%Y%m%d%H%M%SZ', time.gmtime(t)).encode())

    ca = fields(tbs_of(open(h.d + '/publish/ca/issuing.cer', 'rb').read()))
    algs = {'sha1': bytes.fromhex('2b0e03021a'), 'sha256': bytes.fromhex('608648016503040201'), 'sha512': bytes.fromhex('608648016503040203')}

    def cert_id(serial, alg='sha1', named=None, name=None, bits=None, after=b'\x05\x00'):
        def digest(x):
            return tlv(4, hashlib.new(alg, x).digest())
        return tlv(0x30, tlv(0x30, tlv(6, algs[named or alg]), after), digest(name or ca[5]), digest(bits or parts(parts(ca[6])[0][1])[1][1][1:]), tlv(2, serial))

    def ocsp(serial, status, who=None, nxt=3600, after=b'', **cid):
        single = tlv(0x30, cert_id(serial, **cid), status, gen(now), tlv(0xa0, gen(now + nxt), after))
        return tlv(0x30, tlv(0xa2, tlv(4, who or hashlib.sha1(key).digest())), gen(now), tlv(0x30, single))

    def revoked_as(entry, date=None, why=None):
        at = date or b'20' + parts(parts(entry)[0][1])[1][1]
        return tlv(0xa1, tlv(0x18, at), tlv(0xa0, tlv(0x0a, bytes([why or entry[-1]]))))

    dead, hold = parts(parts(final)[0][1])[0][1], parts(parts(held)[0][1])[0][1]
    refused('"good" for a revoked certificate', ver.sign(OCSP, R_OCSP, ocsp(dead, b'\x80\x00')))
    refused('"good" for a suspended certificate', ver.sign(OCSP, R_OCSP, ocsp(hold, b'\x80\x00')))
    refused('an OCSP answer of another responder', ver.sign(OCSP, R_OCSP, ocsp(b'\x11' * 16, b'\x80\x00', bytes(20))))
    refused('an OCSP answer good for a week', ver.sign(OCSP, R_OCSP, ocsp(b'\x11' * 16, b'\x80\x00', nxt=7 * 86400)))
    refused('an OCSP answer with octets after it', ver.sign(OCSP, R_OCSP, ocsp(dead, b'\x82\x00') + b'\0'))
    refused('an OCSP answer with octets after its nextUpdate', ver.sign(OCSP, R_OCSP, ocsp(dead, b'\x82\x00', after=b'\5\0')))
    live = fields(good)[1][2:]
    for alg in ('sha1', 'sha256'):
        for name, serial, status in (('good', live, b'\x80\x00'), ('unknown', b'\x11' * 16, b'\x82\x00'),
                                     ('revoked', dead, revoked_as(final)), ('on hold', hold, revoked_as(held))):
            rc, why, sig = ver.sign(OCSP, R_OCSP, ocsp(serial, status, alg=alg))
            check('an honest OCSP answer "%s" with %s is signed' % (name, alg), rc == 0, why)
    foreign = {'name': fields(good)[5], 'bits': b'\4' + bytes(64)}
    for k in foreign:
        refused('"good" for an issuer of another %s' % k, ver.sign(OCSP, R_OCSP, ocsp(live, b'\x80\x00', **{k: foreign[k]})))
        refused('"revoked" for an issuer of another %s' % k, ver.sign(OCSP, R_OCSP, ocsp(dead, revoked_as(final), **{k: foreign[k]})))
    refused('"good" with SHA-1 values called SHA-256', ver.sign(OCSP, R_OCSP, ocsp(live, b'\x80\x00', named='sha256')))
    refused('"good" with SHA-512', ver.sign(OCSP, R_OCSP, ocsp(live, b'\x80\x00', alg='sha512')))
    refused('"good" with parameters of the hash', ver.sign(OCSP, R_OCSP, ocsp(live, b'\x80\x00', after=tlv(4, b'x'))))
    refused('"revoked" for a certificate that is not', ver.sign(OCSP, R_OCSP, ocsp(live, revoked_as(final))))
    refused('"revoked" with another date', ver.sign(OCSP, R_OCSP, ocsp(dead, revoked_as(final, date=b'20200101000000Z'))))
    refused('"revoked" with another reason', ver.sign(OCSP, R_OCSP, ocsp(dead, revoked_as(final, why=10))))
    refused('"on hold" told as final', ver.sign(OCSP, R_OCSP, ocsp(hold, revoked_as(held, why=9))))
    check('a refused OCSP answer does not end the connection', ver.sign(OCSP, R_OCSP, ocsp(live, b'\x80\x00'))[0] == 0)
    refused('the registry asking for an OCSP answer', reg.sign(OCSP, R_OCSP, ocsp(dead, b'\x82\x00')))

    # frames and the clock
    check('a frame of an unknown kind ends the connection', reg.ask(99, b'') is None)
    check('a cut request ends the connection', reg.ask(SIGN, b'\x02\x04') is None)
    check('a clock before the last signature is refused', reg.ask(OFFSET, struct.pack('>q', -86400 * 30))[0] == ERROR)
    check('the ceremony can\'t be held again', reg.ask(OPEN, by(canon({'demo': True, 'arc': '1.2.3', 'base': 'http://x', 'operator': 'x'})))[0] == ERROR)

    # memory survives kill -9
    pid = h.children()['fujie-signer']
    os.kill(pid, signal.SIGKILL)
    for _ in range(600):
        if h.children().get('fujie-signer') not in (None, pid):
            break
        time.sleep(0.1)
    time.sleep(0.5)
    reg, ver = Signer(h.d, 'registry.sock'), Signer(h.d, 'verifier.sock')
    again = reg.sign(ISSUING, C_ASSET, fresh, two, b'\x01' * 16)
    check('after kill -9 the recorded signature is answered again', again[2] != b'' and again[0] == 0, again[1])
    refused('after kill -9 an old CRL number', reg.sign(ISSUING, CRL, make_crl(high, entries)))
    refused('after kill -9 "good" for the revoked', ver.sign(OCSP, R_OCSP, ocsp(dead, b'\x80\x00')))
    for name in ('fujie-registry', 'fujie-verifier'):
        os.kill(h.children()[name], signal.SIGCONT)
    h.stop()
    restart_test(h)
    h.stop()
    keys_test(h.root)
    lockout_test(h.root)
    no_keys_test(h.root + '/fresh')
    log_test(h.root + '/log')
    past_test(h.root + '/past')
    twin = h.root + '/twin' # what is done to it the home does not suffer
    shutil.copytree(h.d, twin, symlinks=True, ignore=shutil.ignore_patterns('run'))
    cause_test(twin)
    sick_test(twin, h.root)

    # between a CRL and its row in public.db the verifier service has no answer, for no longer
    def ask(cid):
        try:
            with urllib.request.urlopen(urllib.request.Request(h.url('/ocsp'), tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x30, cid))))), timeout=300) as r:
                return r.read(), r.headers.get('Cache-Control', '')
        except urllib.error.HTTPError as e:
            return e.read(), str(e.code)

    def is_good(cid):
        return tlv(0x30, cid, b'\x80\x00')[2:] in ask(cid)[0]

    home, h.d = h.d, twin
    os.makedirs(twin + '/run', exist_ok=True)
    check('the twin serves', h.serve())
    sha1, sha256 = cert_id(live), cert_id(live, alg='sha256')
    check('the verifier service answers "good"', is_good(sha1))
    os.kill(h.children()['fujie-registry'], signal.SIGSTOP)
    reg = Signer(h.d, 'registry.sock')
    more = tlv(0x30, tlv(2, live), utc(now), tlv(0x30, tlv(0x30, tlv(6, b'\x55\x1d\x15'), tlv(4, tlv(0x0a, b'\x06')))))
    rc, why, sig = reg.sign(ISSUING, CRL, make_crl(high + 1, entries + [more]))
    check('a CRL is signed that the register does not know', rc == 0, why)
    later = [ask(sha256) for _ in range(2)]
    check('then it answers tryLater, to be kept by nobody', all(b == bytes.fromhex('30030a0103') and 'max-age' not in c for b, c in later), later)
    rc, why, sig = reg.sign(ISSUING, CRL, make_crl(high + 2, entries), two)
    check('and "good" again as soon as both agree', rc == 0 and is_good(sha256), why)
    check('hash parameters in a request are malformed', ask(cert_id(live, after=tlv(4, b'x')))[0] == bytes.fromhex('30030a0101'))
    os.kill(h.children()['fujie-registry'], signal.SIGCONT)
    h.stop()
    h.d = home

    # a certificate that was good for the last token and has ended since
    a = Alone(twin)
    reg = Signer(twin, 'registry.sock')
    rc, why, sig = reg.sign(TOKEN, J_TOKEN, token(at=int(time.time())), two)
    ends = parts(parts(fields(tbs_of(pem(h.d + '/publish/signer/token.pem')))[4])[0][1])[1][1].decode()
    then = calendar.timegm(time.strptime('20' + ends, '%Y%m%d%H%M%SZ')) + 3600
    moved = reg.ask(OFFSET, struct.pack('>q', then - int(time.time())))
    check('a token is signed, then the clock goes beyond its signer\'s certificate', rc == 0 and moved and moved[0] == OFFSET, (why, moved))
    rc, why, sig = reg.sign(TOKEN, J_TOKEN, token(at=then), two)
    check('a token under a certificate that has ended is refused, though the pair is known', rc != 0 and sig == b'' and 'not valid now' in why, why or 'it SIGNED')
    a.end()

    # the audit log: one changed octet anywhere
    log = h.d + '/signer/audit.log'
    data = open(log, 'rb').read()
    for at in (6, len(data) // 2, len(data) - 5):
        bad = bytearray(data)
        bad[at] ^= 1
        open(log, 'wb').write(bad)
        h.serve_log = subprocess.run([B + '/fujie', 'cert', 'suspend', '--number', h.demo['certificates'][0]['number'], '--reason', 'x', '--dir', h.d, '--json'],
                                     capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        check('a changed octet at %d of the audit log: the signer does not start, and says where' % at, 'audit log' in h.serve_log.stderr and 'record' in h.serve_log.stderr, h.serve_log.stderr)
    open(log, 'wb').write(data[:-3])
    r = subprocess.run([B + '/fujie', 'status', 'show', '--dir', h.d], capture_output=True, text=True, timeout=300)
    check('a cut last record is removed and the appliance starts', r.returncode == 0, r.stderr)
finally:
    h.close()
finish()
