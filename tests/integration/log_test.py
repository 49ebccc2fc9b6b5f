"""`fujie log`: a log that the model wrote (tests/model/log_make.py) is verified, proved and compared from its files and
keys alone; each tampering is found, at its place; what is proved is verified by the model."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from lib import *
import log_make
from log_make import Maker, Tree, bundle, includes, consistent, leaf_hash, note_by, read_bundle, read_checkpoint, read_log_proof, read_note, tile_path, unb64

root = tempfile.mkdtemp(prefix='fujie-log-')
D = root + '/d'
SIZE = 700


def log(*args):
    r = subprocess.run([B + '/fujie', 'log', *args, '--json'], capture_output=True, text=True, timeout=300)
    try:
        return r.returncode, json.loads(r.stdout)
    except ValueError:
        return r.returncode, r.stdout + r.stderr


def fault(out):
    f = out.get('fault', {}) if isinstance(out, dict) else {}
    return f.get('what'), f.get('file'), f.get('leaf'), f.get('octet')


def both(out):
    d = out.get('error', {}).get('detail', {}) if isinstance(out, dict) else {}
    return bool(d.get('en')) and bool(re.search('[\u4e00-\u9fff]', d.get('zh', '')))


kept = {}


def sound():
    for n in (0, 1, 2, 255, 256, 257, SIZE):
        kept[n] = m.grow(n)
        code, out = log('verify', D)
        check('a log of %d leaves is true' % n, code == 0 and out['ok'] and out['checkpoint']['size'] == n and sum(out['events'].values()) == n, out)
    check('its root is the model\'s', unb64(out['checkpoint']['root']) == m.tree.root())
    copy = root + '/copy'
    shutil.copytree(D + '/log', copy)
    code, out = log('verify', copy)
    check('a copy without keys beside it: by which key?', code == 2 and both(out), out)
    for name, args in (('the key\'s text', ('--vkey', m.vkey)), ('the key\'s file', ('--vkey', D + '/trust/log.vkey')), ('the certificate', ('--cert', m.pem)), ('both', ('--vkey', m.vkey, '--cert', m.pem))):
        code, out = log('verify', copy, *args)
        check('a copy is verified by %s' % name, code == 0, out)
    code, out = log('show', '--dir', D)
    check('the head, and no witness', code == 0 and out['checkpoint']['size'] == SIZE and out['cosigned'] is None and out['keys']['ed25519'] == m.vkey, out)
    other = log_make.vkey(log_make.ORIGIN, 1, log_make.public(bytes(32)))
    code, out = log('verify', copy, '--vkey', other)
    check('another key: exit 1, in both languages', code == 1 and fault(out)[0] == 'checkpoint' and both(out), out)
    pem = root + '/other.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256', '-keyout', root + '/other.key', '-out', pem, '-days', '9', '-subj', '/CN=x'],
                   check=True, capture_output=True)
    code, out = log('verify', copy, '--cert', pem)
    check('another certificate likewise', code == 1 and fault(out)[0] == 'checkpoint' and both(out), out)
    shutil.rmtree(copy)
    code, out = log('verify', root)
    check('a folder that holds no log', code == 1 and both(out), out)


def read(path):
    return open(D + '/log/' + path, 'rb').read()


def tampered(sentence, changes, want):
    """changes: {path: octets, or None to remove it}; want: (what, file, leaf, octet), None for any"""
    before = {p: read(p) if os.path.exists(D + '/log/' + p) else None for p in changes}
    for p, data in changes.items():
        os.unlink(D + '/log/' + p) if data is None else m.write(p, data)
    code, out = log('verify', D)
    got = fault(out)
    check(sentence, code == 1 and both(out) and all(w is None or w == g for w, g in zip(want, got)), (code, got, want, out))
    for p, data in before.items():
        os.unlink(D + '/log/' + p) if data is None else m.write(p, data)


def flip(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def tampering():
    e0, t0, t1 = 'tile/entries/000', 'tile/0/000', 'tile/1/000.p/2'
    part_e, part_t = tile_path(None, 2, SIZE - 512), tile_path(0, 2, SIZE - 512)
    entries = read_bundle(read(e0))
    at = [0]
    for e in entries:
        at.append(at[-1] + 2 + len(e))
    tampered('a leaf\'s octet is another', {e0: flip(read(e0), at[17] + 2 + 30)}, (None, None, 17, None))
    digit = entries[9].index(b'"at":') + 6
    tampered('a leaf says another time', {e0: flip(read(e0), at[9] + 2 + digit)}, ('tile', t0, 9, 9 * 32))
    tampered('a leaf is written otherwise: it is not canonical', {e0: bundle([e.replace(b'{"at', b'{ "at', 1) if i == 5 else e for i, e in enumerate(entries)])}, ('leaf', e0, 5, at[5] + 2))
    tampered('a leaf is left out', {e0: bundle(entries[:100] + entries[101:])}, ('leaf', e0, 100, at[100] + 2))
    tampered('a leaf is left out, and another stands for it', {e0: bundle(entries[:100] + entries[99:100] + entries[101:])}, ('leaf', e0, 100, at[100] + 2))
    tampered('two leaves change their places', {e0: bundle(entries[:40] + [entries[41], entries[40]] + entries[42:])}, ('leaf', e0, 40, at[40] + 2))
    tampered('a leaf is put in', {e0: bundle(entries[:200] + [entries[0]] + entries[200:])}, ('leaf', e0, 200, at[200] + 2))
    tampered('a leaf is put in at the end', {part_e: read(part_e) + bundle([entries[0]])}, ('length', part_e, None, len(read(part_e))))
    tampered('a bundle is cut within an entry', {part_e: read(part_e)[:-1]}, ('length', part_e, SIZE - 1, None))
    tampered('a bundle is empty', {part_e: b''}, ('length', part_e, 512, 0))
    tampered('a bundle is missing', {e0: None}, ('missing', e0, 0, None))
    tampered('two bundles change their places', {e0: read('tile/entries/001'), 'tile/entries/001': read(e0)}, ('leaf', e0, 0, 2))
    tampered('a hash of level 0 is another', {t0: flip(read(t0), 77 * 32 + 5)}, ('tile', t0, 77, 77 * 32))
    tampered('a hash of level 1 is another', {t1: flip(read(t1), 40)}, ('tile', t1, 256, 32))
    tampered('two tiles change their places', {t0: read('tile/0/001'), 'tile/0/001': read(t0)}, ('tile', t0, 0, 0))
    tampered('a tile is cut', {part_t: read(part_t)[:-1]}, ('length', part_t, 512, len(read(part_t)) - 1))
    tampered('a tile is longer', {part_t: read(part_t) + b'\0'}, ('length', part_t, 512, len(read(part_t))))
    tampered('a tile is missing', {t1: None}, ('missing', t1, 0, None))
    tampered('a leaf and its hash are others: the level above says so', {e0: flip(read(e0), at[9] + 2 + digit), t0: read(t0)[:9 * 32] + leaf_hash(flip(entries[9], digit)) + read(t0)[10 * 32:]}, ('tile', t1, 0, 0))
    forged = [flip(entries[9], digit) if i == 9 else e for i, e in enumerate(m.entries)]
    tree = Tree([leaf_hash(e) for e in forged])
    everything = {**log_make.tiles(tree, SIZE), **log_make.bundles(forged)}
    tampered('a leaf and every hash over it are others: the signed root says so', everything, ('root', 'checkpoint', None, None))
    tampered('and a checkpoint by another key', {**everything, 'checkpoint': m.sign(SIZE, tree.root(), bytes(32)).encode()}, ('checkpoint', 'checkpoint', None, None))
    former = tile_path(0, 0, 255)
    tampered('a former file is another', {former: flip(read(former), 100)}, ('former', former, 0, 100))
    tampered('a former bundle is longer', {tile_path(None, 0, 2): bundle(entries[:3])}, ('former', None, 0, None))
    tampered('a file that is none of a log\'s', {'tile/0/000.bak': b'x'}, ('stray', 'tile/0/000.bak', None, None))
    tampered('a tile of a tree that was not signed', {tile_path(0, 2, SIZE - 511): read(part_t) + bytes(32)}, ('ahead', tile_path(0, 2, SIZE - 511), 512, None))
    note = read('checkpoint').decode()
    text, rest = note.split('\n\n')
    lines = rest.splitlines(True)
    for what, new in (('the size is another', note.replace('\n700\n', '\n701\n')), ('the root is another', note.replace(text.split('\n')[2], text.split('\n')[2][:-2] + 'A=')), ('a line of it is gone', text + '\n\n' + lines[0]),
                      ('the other line is gone', text + '\n\n' + lines[1]), ('a line stands twice', note + lines[1]), ('a line by nobody', note + log_make.line('x', bytes(4), b'1')), ('its lines change places', text + '\n\n' + lines[1] + lines[0]),
                      ('its lines are those of another', text + '\n\n' + kept[257].split('\n\n')[1]), ('it has one line of text more', note.replace('\n\n', '\nmore\n\n')), ('it is cut', note[:-1]), ('it is empty', ''),
                      ('it is none', None)):
        tampered('the checkpoint: ' + what, {'checkpoint': None if new is None else new.encode()}, (('missing' if new is None else 'checkpoint'), 'checkpoint', None, None))
    code, out = log('verify', D)
    check('everything put back: true again', code == 0, out)


def proofs():
    for i in (0, 3, 255, 256, 400, SIZE - 4):
        leaf = log_make.leaf_json(i)
        if leaf['event'] != 'issued':
            continue
        code, out = log('prove', leaf['id'], '--dir', D)
        extra, index, path, note = read_log_proof(out['proof'])
        text, _ = read_note(note)
        origin, size, top = read_checkpoint(text)
        check('what was issued as leaf %d is proved, and the model agrees' % i, code == 0 and index == i and json.loads(extra)['leaf'] == leaf and note_by(note, m.vkey) and size == SIZE and
              includes(index, size, leaf_hash(log_make.canonical(leaf)), path, top), out)
    path = root + '/x.tlog-proof'
    code, out = log('prove', log_make.leaf_json(0)['id'], '--dir', D, '--out', path)
    check('into a file', code == 0 and read_log_proof(open(path).read())[1] == 0, out)
    code, out = log('prove', log_make.leaf_json(0)['id'], '--dir', D, '--out', path)
    check('which must not be there yet', code != 0 and os.path.exists(path), out)
    for what, ident in (('of what was never issued', 'DAC-999999-202604-000001-2'), ('of what was only suspended', log_make.leaf_json(8)['id']), ('of a list', log_make.leaf_json(6)['id'])):
        code, out = log('prove', ident, '--dir', D)
        check('there is no proof ' + what, code == 1 and both(out), out)
    t0 = read('tile/0/000')
    m.write('tile/0/000', flip(t0, 33 * 32))
    code, out = log('prove', log_make.leaf_json(0)['id'], '--dir', D)
    check('no proof is given that does not hold', code == 1 and both(out), out)
    m.write('tile/0/000', t0)


def compared():
    old = root + '/old'
    for n, note in kept.items():
        open(old, 'w').write(note)
        code, out = log('consistency', old, '--dir', D)
        check('from %d leaves to %d' % (n, SIZE), code == 0 and consistent(n, read_checkpoint(read_note(note)[0])[2], SIZE, m.tree.root(), [unb64(h) for h in out['proof']]), out)
    other = Maker.sign(m, 257, leaf_hash(b'another tree'))
    open(old, 'w').write(other)
    code, out = log('consistency', old, '--dir', D)
    check('another tree of the same log, signed by its keys: rewritten', code == 1 and 'rewritten' in out['error']['detail']['en'] and both(out), out)
    open(old, 'w').write(kept[257].replace('\n257\n', '\n258\n'))
    code, out = log('consistency', old, '--dir', D)
    check('a kept checkpoint that nobody signed', code == 1 and both(out), out)
    open(old, 'w').write(m.sign(SIZE + 1, leaf_hash(b'')))
    code, out = log('consistency', old, '--dir', D)
    check('a kept checkpoint of more leaves: rolled back', code == 1 and 'rolled back' in out['error']['detail']['en'] and both(out), out)


def cosigned():
    secret, name = bytes(range(32)), 'witness.example/w1'
    text = kept[257].split('\n\n')[0] + '\n'
    m.write('cosigned', (kept[257] + log_make.signed(name, 4, secret, text, 1800000000)).encode())
    code, out = log('verify', D)
    check('a cosigned head of this tree', code == 0 and out['cosigned'] == 257, out)
    code, out = log('show', '--dir', D)
    check('and who cosigned it', code == 0 and name in out['cosigned']['lines'], out)
    code, out = log('prove', log_make.leaf_json(0)['id'], '--dir', D)
    check('a proof under it carries the witness\'s line', code == 0 and note_by(read_log_proof(out['proof'])[3], log_make.vkey(name, 4, log_make.public(secret))), out)
    for what, new in (('of another tree', m.sign(257, leaf_hash(b''))), ('that the log did not sign', kept[257].replace('\n257\n', '\n256\n')), ('of more leaves than there are', m.sign(SIZE + 1, leaf_hash(b'')))):
        tampered('a cosigned head ' + what, {'cosigned': new.encode()}, ('cosigned', 'cosigned', None, None))


    vkey = log_make.vkey(name, 4, log_make.public(secret))
    open(D + '/trust/log.policy', 'w').write('log %s\nwitness w1 %s\nquorum w1\n' % (m.vkey, vkey))
    code, out = log('verify', D)
    check('a policy that names the witness: its quorum is reached', code == 0 and out['witnesses'] == {'named': 1, 'cosigned': 1, 'quorum': True}, out)
    good = read('cosigned')
    at = good.rindex(b' ') + 20
    tampered('a witness\'s line that is not true', {'cosigned': good[:at] + (b'A' if good[at:at + 1] != b'A' else b'B') + good[at + 1:]}, ('cosigned', 'cosigned', None, None))
    tampered('a line by nobody whom the policy names', {'cosigned': good + log_make.line('x.example', bytes(4), bytes(72)).encode()}, ('cosigned', 'cosigned', None, None))
    code, out = log('show', '--dir', D)
    check('and is shown', code == 0 and out['witnesses']['quorum'] is True and 'quorum w1' in out['policy'], out)


def use():
    for args in ((), ('verify',), ('prove', '--dir', D), ('consistency', '--dir', D), ('verify', D, '--what', 'x'), ('nothing', '--dir', D), ('verify', D, '--out', 'x'), ('verify', D, '--vkey')):
        code, out = log(*args)
        check('wrong use: fujie log %s' % ' '.join(args).replace(root, ''), code == 2 and both(out), out)


m = Maker(D)
try:
    sound()
    tampering()
    proofs()
    compared()
    cosigned()
    use()
finally:
    shutil.rmtree(root)
finish()
