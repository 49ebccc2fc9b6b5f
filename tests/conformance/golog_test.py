"""The public log by Go's own hands (golang.org/x/mod/sumdb: note and tlog, as the Go checksum database has them): checkpoint,
each leaf's inclusion, kept checkpoints' consistency, the proofs that were given out; of a demo home, and of a log that the model
wrote.  Its neighbours are refused: a flipped tile, another key, another tree."""
import os
import sys
HERE = os.path.dirname(os.path.abspath(__file__))
for d in ('integration', 'model'):
    sys.path.insert(0, os.path.join(HERE, '..', d))
from lib import *
from log_make import ED25519, ORIGIN, Maker, leaf_hash, public, vkey

ROOT = tempfile.mkdtemp(prefix='fujie-golog-')
EXE = ROOT + '/golog'


def build():
    """GOPATH mode with Debian's package: nothing is fetched"""
    if shutil.which('go') is None or not os.path.isdir('/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog'):
        absent('golang-golang-x-mod-dev')
        return False
    env = dict(os.environ, GO111MODULE='off', GOPATH='/usr/share/gocode', GOFLAGS='', GOCACHE=ROOT + '/cache', GOPROXY='off', CGO_ENABLED='0')
    r = subprocess.run(['go', 'build', '-o', EXE, './golog'], cwd=HERE, env=env, capture_output=True, text=True, timeout=300)
    check('golog is built from Debian\'s packages alone', r.returncode == 0, r.stderr)
    return r.returncode == 0


def golog(publish, *kept):
    r = subprocess.run([EXE, publish, *kept], capture_output=True, text=True, timeout=300)
    return r.returncode, (r.stdout + r.stderr).strip()


def keep(name, text):
    path = '%s/%s' % (ROOT, name)
    open(path, 'w').write(text)
    return path


def changed(sentence, path, data, publish, *kept):
    before = open(path, 'rb').read()
    open(path, 'wb').write(data)
    code, out = golog(publish, *kept)
    check(sentence, code == 1, out)
    open(path, 'wb').write(before)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def modelled():
    m = Maker(ROOT + '/model')
    kept = [keep('m%d' % n, m.grow(n)) for n in (1, 3, 255, 256, 257, 600)]
    m.grow(66000)
    code, out = golog(m.at, *kept)
    check('a log of 66000 leaves that the model wrote, and its former heads', code == 0 and out.startswith('true: 66000 leaves, 6 checkpoints'), out)
    other = keep('other', m.sign(257, leaf_hash(b'another tree')))
    code, out = golog(m.at, other)
    check('a kept head of another tree is refused', code == 1, out)
    tile, bundle, head = (m.at + '/log/' + p for p in ('tile/0/001', 'tile/entries/000', 'checkpoint'))
    changed('a flipped tile is refused', tile, flip(open(tile, 'rb').read(), 700), m.at)
    changed('a flipped leaf is refused', bundle, flip(open(bundle, 'rb').read(), 40), m.at)
    changed('a checkpoint of another size is refused', head, open(head, 'rb').read().replace(b'\n66000\n', b'\n65999\n'), m.at)
    path = m.at + '/trust/log.vkey'
    changed('another key is refused', path, open(keep('key', log_key(bytes(32))), 'rb').read(), m.at)


def log_key(secret):
    return vkey(ORIGIN, ED25519, public(secret)) + '\n'


def home():
    h = Home()
    check('a demo home', h.made, h.made_err)
    try:
        publish = h.d + '/publish'
        kept, sizes = [], []

        def keep_head():
            text = open(publish + '/log/checkpoint').read()
            kept.append(keep('h%d' % len(kept), text))
            sizes.append(int(text.split('\n')[1]))
        keep_head()
        check('it serves', h.serve())
        o = Officers(h)
        for c in h.cli('cert', 'list')[1]['items']:
            if c['state'] == 'ACTIVE' and any(o.do(who, 'certificate.suspend', number=c['number'], reason='示例')[0] == 200 for who in ('mof2', 'hb-fin1')):
                keep_head()
        h.stop()
        check('each act has leaves', len(set(sizes)) == len(sizes) > 1, sizes)
        code, out = golog(publish, *kept)
        check('the home\'s log, the heads that were kept, and its proofs', code == 0 and out.startswith('true: ') and not out.endswith(' 0 proofs'), out)
        tiles = sorted(glob_tiles(publish + '/log/tile/0'))
        changed('a flipped tile of it is refused', tiles[-1], flip(open(tiles[-1], 'rb').read(), 33), publish)
    finally:
        h.close()


def glob_tiles(folder):
    return [os.path.join(d, f) for d, _, fs in os.walk(folder) for f in fs]


try:
    if build():
        modelled()
        home()
finally:
    shutil.rmtree(ROOT, ignore_errors=True)
finish()
