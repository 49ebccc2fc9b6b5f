"""The drill (docs/formats.md 32): the first appliance's TPM is destroyed, the spare goes into service with a copy of the home.  First
the signers alone, with each attack; then whole appliances, by people's own tools, with the time that each step took.  With software
TPMs this proves the logic, not custody.  All names and numbers are illustrative."""
from cryptography.hazmat.primitives.asymmetric import ed25519

import sqlite3, sys

from gateway import PENGCHENG, b64u, issued
from officers_lib import Key, Signing, canonical
from spare_lib import *

INHERIT, ENROL = 35, 14
INVALID = 3


def people(*names):
    return struct.pack('>I', len(names)) + b''.join(by(n.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for n in names)


def said(payload, keys=(), flags=0):
    return bytes([flags]) + by(payload) + struct.pack('>I', len(keys)) + b''.join(k.id + by(k.sign(payload)) + by(b'') + by(b'') for k in keys)


def act(kind, **more):
    return canon(dict(more, act={'approval': 'AP-' + os.urandom(4).hex(), 'kind': kind, 'until': int(time.time()) + 86400}))


def enrol(reg, login, key, names=('a1', 'a2'), signers=()):
    payload = act('officer-key.change', enrolment={'op': 'add', 'login': login, 'person': 'person of ' + login, 'kind': 'file', 'key': b64(key.spki)})
    return reg.plain(ENROL, said(payload, (key,) + tuple(signers)) + people(*names))


def note_of(reg):
    """the log's Ed25519 key, by the signer"""
    return reg.plain(PUBKEY, bytes([NOTE]))[2][-32:]


def checkpoint(reg, size=1, root=None):
    text = 'localhost:8480/log\n%d\n%s\n' % (size, base64.b64encode(root or h(b'leaf')).decode())
    text = text.replace('localhost:8480', BASE.split('//')[1])
    rc, why, data = reg.plain(CHECKPOINT, by(text.encode()) + struct.pack('>I', 0))
    return rc, why, data, text.encode()


def enter(reg, log, names=('a1', 'a2'), keys=(), **changed):
    copy = reg.status()['inherits'] or {'records': 1, 'sha256': '00' * 32}
    inherit = {'records': copy['records'] or 1, 'sha256': copy['sha256'], 'log': log.hex()}
    inherit.update(changed)
    return reg.plain(INHERIT, said(act('spare.enter', inherit=inherit), keys) + people(*names))


def plan_of(officers, parent, **more):
    return dict({'version': 1, 'home': {'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'}, 'algorithms': ['P-256'],
                 'officers': [{'login': o.login, 'name': o.login.title(), 'key': b64(o.spki)} for o in officers], 'quorum': {'root': 2}, 'expiration': 60, 'made': '2026-11-29T12:00:00Z',
                 'move': {'m': 2, 'parent': b64(parent)}}, **more)


def first_home(home, officers, plan):
    """a home under the plan, its root moved: (signer, connection, root's key, what left)"""
    hash_ = h(canon(plan))
    a, reg, spki = ceremony(home, officers, plan, b'fujie-root-sign' + hash_)
    m = Move(reg)
    before = shutil.copy(home + '/signer/audit.log', home + '.early')
    rc, why, data = m.go(*[(i, m.approve(officers[i], b'fujie-root-move' + hash_)) for i in (0, 1)])
    check('the root leaves for the spare', rc == 0, why)
    return a, reg, spki, three(data), before


class Spare:
    """the spare's signer, with what was put into its folder; ended and begun again at will"""
    def __init__(self, home):
        self.home, self.a, self.reg = home, None, None

    def begin(self):
        self.a = Alone(self.home)
        self.reg = Signer(self.home, 'registry.sock')
        return self.reg

    def end(self):
        self.a.end()

    def copy(self, path):
        """with this copy beside its log"""
        shutil.copy(path, self.home + '/signer/inherited.log')
        return self.begin()


def refused_(sentence, answer, words, rcs=(POLICY,)):
    check(sentence, answer[0] in rcs and words in answer[1], answer)


def records(path):
    data, i, out = open(path, 'rb').read(), 0, []
    while i + 4 <= len(data):
        n = struct.unpack('>I', data[i:i + 4])[0]
        out.append(data[i:i + 4 + n])
        i += 4 + n
    return out


def copies(root, spare, officers, plan, home, log, early, other):
    """copies that are none: each is named, and nothing is taken in"""
    good = open(home + '/signer/audit.log', 'rb').read()
    path = root + '/copy'

    def with_(data):
        open(path, 'wb').write(data)
        return spare.copy(path)

    reg = spare.begin()
    check('without a copy nothing is inherited', reg.status()['inherits'] is None)
    refused_('and a spare is not taken into service', enter(reg, log), 'spare adopt')
    spare.end()
    parts_ = records(home + '/signer/audit.log')
    for sentence, data, words in (
            ('a record that was changed', good.replace(b'Test', b'Tesu', 1), 'does not match its chain at record 1'),
            ('a record that was left out', b''.join(parts_[:3] + parts_[4:]), 'does not match its chain at record 4'),
            ('two records the other way about', b''.join(parts_[:3] + [parts_[4], parts_[3]] + parts_[5:]), 'does not match its chain at record 4'),
            ('a length that was changed', good[:2] + b'\xff' + good[3:], 'at record 1')):
        reg = with_(data)
        why = reg.status()['inherits']['why']
        check('the status names it: %s' % sentence, words in why and 'bring another copy' in why, why)
        refused_('%s: nothing is taken in' % sentence, enter(reg, log), words, (INVALID,))
        spare.end()
    reg = with_(open(early, 'rb').read())
    refused_('a copy of before the root left', enter(reg, log), 'before the roots left')
    spare.end()
    reg = with_(open(other + '/signer/audit.log', 'rb').read())
    refused_('a copy of another home under another plan', enter(reg, log), 'another plan')
    spare.end()
    reg = with_(open(spare.home + '/signer/audit.log', 'rb').read())
    refused_('a spare\'s own log', enter(reg, log), 'not of a home')
    spare.end()
    reg = with_(good[:-5])
    check('one that was cut while it was copied counts up to there', reg.status()['inherits']['records'] == len(parts_) - 1 and reg.status()['inherits']['why'] is None, reg.status()['inherits'])
    spare.end()


def agreed(spare, home, log, keys):
    """who has to agree, and to what; a foreign approval changes nothing"""
    reg = spare.copy(home + '/signer/audit.log')
    status = reg.status()
    check('the spare says what it would take in, and whose officers decide', status['ceremony'] == 'spare' and status['inherits']['why'] is None and status['approvals'] == 'signer' and len(status['officers']) == 2, status['inherits'])
    refused_('names alone don\'t count where officers have keys', enter(reg, log), 'names alone do not count')
    refused_('m - 1: one officer\'s signature', enter(reg, log, keys=keys[:1]), 'two different officers whose keys')
    refused_('one officer twice', enter(reg, log, keys=(keys[0], keys[0])), 'two different officers whose keys')
    refused_('somebody else\'s', enter(reg, log, keys=(keys[0], Key())), 'not enrolled')
    refused_('of another copy', enter(reg, log, keys=keys, sha256='11' * 32), 'not the one that the officers approved')
    refused_('of a shorter copy', enter(reg, log, keys=keys, records=5), 'not the one that the officers approved')
    refused_('of another public log', enter(reg, bytes(32), keys=keys), 'another public log')
    payload = act('key.roll', inherit={'records': status['inherits']['records'], 'sha256': status['inherits']['sha256'], 'log': log.hex()}, key='token')
    refused_('an approval of another act', reg.plain(INHERIT, said(payload, keys) + people('a1', 'a2')), 'not that this spare')
    payload = canon(dict(json.loads(act('spare.enter', inherit={'records': status['inherits']['records'], 'sha256': status['inherits']['sha256'], 'log': log.hex()})), more=1))
    for body, what in ((b'', 'nothing'), (said(payload)[:-1], 'a cut one'), (said(payload) + people() + b'x', 'a longer one')):
        check('a malformed request ends the connection (%s)' % what, reg.plain(INHERIT, body)[0] is None)
    v = Signer(spare.home, 'verifier.sock')
    check('the verifier\'s socket takes nothing into service', v.plain(INHERIT, said(payload) + people('a1', 'a2'))[0] is None)
    check('nothing of all that changed it', reg.status()['ceremony'] == 'spare' and len([k for k in reg.status()['keys'] if k['role'] == 'note']) == 0)
    rc, why, _ = reg.plain(INHERIT, said(payload, keys[:1], 2) + people())
    check('a single signature can be looked at', rc == 0 and reg.status()['ceremony'] == 'spare', why)
    return reg


def in_service(spare, reg, officers, plan, spki, log, keys, first):
    """what the spare is then: the home's memory, keys of its own, and the next CA"""
    rc, why, _ = enter(reg, log, keys=keys)
    check('two officers take the spare into service', rc == 0, why)
    status = reg.status()
    generations = {k['role']: k['generation'] for k in status['keys']}
    check('it is a home whose ceremony is over, with keys of the next generation', status['ceremony'] == 'closed' and status['whole'] and status['closed'] is None and
          generations == {'root': 1, 'issuing': 2, 'token': 2, 'ocsp': 2, 'log': 2, 'note': 1, 'ak': 1}, generations)
    check('with the home\'s officers and the head of its log', status['approvals'] == 'signer' and [o['login'] for o in status['officers']] == ['a1', 'a2'] and status['log'] == first['log'], status['log'])
    check('the public log\'s key is the same', note_of(reg) == log)
    refused_('twice is not twice', enter(reg, log, keys=keys), 'in service already', (EXISTS,))
    check('no ceremony, no import and no second life as a spare', reg.plain(OPEN, by(canon({'demo': True, 'arc': ARC, 'base': BASE, 'operator': 'Test'})))[0] == POLICY and reg.plain(SPARE)[0] == POLICY)
    check('the roots don\'t leave it', Move(reg).rc in (POLICY, EXISTS))
    rc, why, data, text = checkpoint(reg, 2, h(b'other'))
    check('a head that does not extend the one before is refused, as there', rc == POLICY, why)
    rc, why, data, text = checkpoint(reg)
    check('the head that was signed there is signed again, by the log\'s own key', rc == 0, why)
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(log).verify(data[:64], text)
        check('and verifies under it', True)
    except Exception as e:
        check('and verifies under it', False, repr(e))
    ref = b'fujie-root-sign' + h(canon(plan))
    r = Round(reg, CRL_ROOT, crl_tbs(spki, 1))
    check('the root\'s list has a number above the last', r.rc == POLICY and 'does not rise' in r.why, r.why)
    iss = reg.plain(PUBKEY, bytes([ISSUING]))[2][4:]
    tbs = issuing_tbs(iss, spki)
    r = Round(reg, C_ISS, tbs)
    check('the root\'s officers are asked for the next CA', r.rc == 0, r.why)
    turned_down('m - 1 of them certify nothing', r.sign((0, r.approve(officers[0], ref))), POLICY, 'there are 1')
    rc, why, sig = r.sign(*[(i, r.approve(officers[i], ref)) for i in (0, 1)])
    check('two of three certify the next issuing CA under the moved root', rc == 0 and verifies(spki, tbs, sig), why)


def after_a_start(spare, log, keys):
    before = None
    for turn in (1, 2):
        spare.end()
        reg = spare.begin()
        status = reg.status()
        check('after a new start it is what it was (%d)' % turn, status['ceremony'] == 'closed' and status['whole'] and status['inherits'] is None and note_of(reg) == log and len(status['officers']) == 2 and status['closed'] is None, status)
        check('its log goes on', before is None or status['audit']['seq'] >= before)
        before = status['audit']['seq']
    spare.end()
    path = spare.home + '/signer/inherited.log'
    good = open(path, 'rb').read()
    for sentence, change, words in (('gone', lambda: os.unlink(path), 'is not beside it'), ('changed', lambda: open(path, 'wb').write(good.replace(b'Test', b'Tesu', 1)), 'does not match'),
                                    ('shorter', lambda: open(path, 'wb').write(b''.join(records(path)[:-2])), 'is not the log that was taken in')):
        change()
        a = Alone(spare.home)
        why = a.ended()[1]
        a.tpm.end()
        check('a copy that is %s stops it, and it says why' % sentence, words in why, why)
        open(path, 'wb').write(good)
    open(path, 'ab').write(b'what came later')
    check('what is behind the head that was taken in is not looked at', spare.begin().status()['ceremony'] == 'closed')
    spare.end()


def waiting(root, name, officers, keys, **more):
    """(folder of a spare that waits with a copy beside its log, the public log's key, plan, root's key)"""
    folder = root + '/' + name
    a, reg, parent = prepare(folder)
    a.end()
    plan = plan_of(officers, parent, **more)
    a, reg, spki, moved, _ = first_home(folder + '-first', officers, plan)
    log = note_of(reg)
    for login, key in zip(('a1', 'a2'), keys):
        enrol(reg, login, key)
    a.end()
    spare = Spare(folder)
    take_in(spare.begin(), signed_plan(plan, officers), (ROOT, moved))
    spare.end()
    shutil.copy(folder + '-first/signer/audit.log', folder + '/signer/inherited.log')
    return folder, log, plan, spki


def cut_at(home, n, ask):
    """the n-th command to the TPM from now on is never answered: kill -9; False: there were fewer"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    reg.status()
    left = [n]

    def hear(command, code):
        left[0] -= 1
        if left[0] == 0:
            a.proc.kill()
    a.hear = hear
    was_cut = cut(lambda: ask(reg)[0])
    if was_cut:
        a.ended()
        a.tpm.end()
    else:
        a.end()
    return was_cut


def killed(root, officers):
    """kill -9 at commands all the way through: what was begun goes on, and no key is there twice"""
    folder, log, plan, spki = waiting(root, 'sealed', officers, (), unseal={'m': 2})
    spare = Spare(folder)
    refused_('in a home without officers\' keys one name is not enough', enter(spare.begin(), log, names=('a1',)), 'two different officers')
    spare.end()
    step, n, told = (1 if os.environ.get('FULL') else 7), 1, set()
    while True:
        home = root + '/cut-%d' % n
        shutil.copytree(folder, home, ignore=shutil.ignore_patterns('*.sock'))
        was_cut = cut_at(home, n, lambda reg: enter(reg, log))
        a = Alone(home)
        reg = Signer(home, 'registry.sock')
        before = reg.status()
        told.add(before['ceremony'] + ('' if before['whole'] else ', keys missing'))
        if before['ceremony'] == 'spare':
            rc, why, _ = enter(reg, log)
        else:
            took = before['took']
            rc, why, _ = enter(reg, log, **took)
        status = reg.status()
        generations = [(k['role'], k['generation']) for k in status['keys']]
        good = rc in (0, EXISTS) and status['ceremony'] == 'closed' and status['whole'] and status['closed'] is None and note_of(reg) == log and \
            sorted(generations) == sorted([('root', 1), ('issuing', 2), ('token', 2), ('ocsp', 2), ('log', 2), ('note', 1), ('ak', 1)])
        if not good:
            check('cut at command %d and gone on with' % n, False, (rc, why, generations, status['closed']))
        a.end()
        if not was_cut:
            break
        if n == 1 + 2 * step:
            sealed(home, officers, plan, spki)
        shutil.rmtree(home)
        n += step
    check('cut at each %d of %d commands it went on, from before the record and from behind it' % (step, n), {'spare', 'closed, keys missing'} <= told, told)
    sealed(home, officers, plan, spki)


def sealed(home, officers, plan, spki):
    """issuing keys that were sealed under officers are so in the spare, after its next start"""
    a = Alone(home)
    reg = Signer(home, 'registry.sock')
    ref = b'fujie-unseal' + h(canon(plan))
    check('after a start the new issuing keys are sealed', reg.status()['sealed'] is True)
    u = Unsealing(reg)
    rc, why, _ = u.by(officers, ref, (0,))
    check('one officer opens nothing', rc == POLICY, why)
    u = Unsealing(reg)
    rc, why, _ = u.by(officers, ref)
    check('two of the plan\'s officers open them', rc == 0 and reg.status()['sealed'] is False, why)
    iss = reg.plain(PUBKEY, bytes([ISSUING]))[2][4:]
    r = Round(reg, C_ISS, issuing_tbs(iss, spki))
    sign_ref = b'fujie-root-sign' + h(canon(plan))
    check('and the root certifies the key', r.rc == 0 and r.sign(*[(i, r.approve(officers[i], sign_ref)) for i in (0, 1)])[0] == 0, r.why)
    rc, why, sig = reg.sign(ISSUING, CRL, shard_tbs(iss), ident=os.urandom(16))
    check('which signs then', rc == 0, why)
    a.end()


def shard_tbs(iss):
    now = int(time.time())
    return tlv(0x30, tlv(2, b'\1'), ECDSA, name('Test Issuing'), utc(now), utc(now + 86400),
               tlv(0xa0, tlv(0x30, ext(b'\x55\x1d\x23', False, tlv(0x30, tlv(0x80, key_id(iss)))), ext(b'\x55\x1d\x14', False, tlv(2, bytes([1]))),
                             ext(b'\x55\x1d\x1c', True, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0x86, (BASE + '/crl/1.crl').encode()))))))))


def signers(root):
    officers = [Officer(root, login) for login in ('zhao', 'qian', 'sun')]
    keys = (Key(), Key())
    folder = root + '/spare'
    a, reg, parent = prepare(folder)
    a.end()
    plan = plan_of(officers, parent)
    a, reg, spki, moved, early = first_home(root + '/first', officers, plan)
    log = note_of(reg)
    check('officers\' keys are enrolled in the first appliance', enrol(reg, 'a1', keys[0])[0] == 0 and enrol(reg, 'a2', keys[1])[0] == 0)
    check('a head of the log is signed there', checkpoint(reg)[0] == 0)
    first = reg.status()
    a.end()
    other_officers = [Officer(root, login + '-o') for login in ('zhao', 'qian', 'sun')]
    a, reg, *_ = first_home(root + '/other', other_officers, plan_of(other_officers, parent))
    a.end()
    spare = Spare(folder)
    reg = spare.begin()
    check('the root arrives at the spare', take_in(reg, signed_plan(plan, officers), (ROOT, moved))[0] == 0)
    spare.end()
    copies(root, spare, officers, plan, root + '/first', log, early, root + '/other')
    reg = agreed(spare, root + '/first', log, keys)
    in_service(spare, reg, officers, plan, spki, log, keys, first)
    after_a_start(spare, log, keys)
    killed(root, officers)


# --- whole appliances, by people's own tools ---
class First(Home):
    def __init__(self, request):
        self.request = request
        super().__init__(own=True)

    def make(self, cases):
        r = subprocess.run([B + '/fujie', 'demo', '--dir', self.d, '--no-serve', '--move', self.request, '--portal', '127.0.0.1:%d' % self.p, '--verifier', '127.0.0.1:%d' % self.v], capture_output=True, text=True, timeout=600)
        self.made, self.made_err = r.returncode == 0, r.stderr
        self.people = [DemoOfficer(self.d, 'officer%d' % n) for n in (1, 2, 3)]
        self.plan = self.d + '/ceremony/plan.json'

    def held(self, verb, *args, rounds, who='mof1', people=None):
        """fujie ceremony VERB with officers who answer: (exit code, answer, what they were shown)"""
        l = self.login(who)
        env = dict(os.environ, FUJIE_TOTP=self.code(who), FUJIE_PASSWORD=l['password'])
        w = Waiting(self.d, 'ceremony', verb, '--dir', self.d, '--as', who, *args, env=env).answer(people or self.people[:2], rounds, self.plan)
        code, out = w.end()
        return code, out, w.shown + w.err


class Clock:
    """what each step took"""
    def __init__(self):
        self.begun = self.last = time.monotonic()

    def step(self, what):
        now = time.monotonic()
        print('# %-70s %6.1f s' % (what, now - self.last))
        self.last = now

    def end(self, what):
        print('# %-70s %6.1f s' % (what, time.monotonic() - self.begun))


class Keyed(Signing):
    """officers of several departments, two of whom have keys that sign what any of them approves"""
    def payload(self, approval):
        for who in ('mof2', 'hb-fin1'):
            payload = self.get(who, 'approval/' + approval).get('payload') or {}
            if 'act' in payload:
                return canonical(payload)


def laid_out(root):
    """a spare that was prepared, a home under a plan with it, its roots moved: (first home, folder of the spare)"""
    spare = root + '/d2'
    code, out = tool(B + '/fujie', 'spare', 'prepare', '--dir', spare, '--tpm', 'software', '--demo', '--out', root + '/request')
    check('a spare is prepared', code == 0, out)
    first = First(root + '/request')
    check('a home is made under a plan with it', first.made, first.made_err)
    check('it serves', first.serve())
    code, out, shown = first.held('move', '--out', root + '/blob', rounds=('move',))
    check('its roots move, and each officer was told that the public log\'s key goes with them', code == 0 and 'public log' in shown, (out, shown[-1500:]))
    w = Waiting(spare, 'spare', 'import', '--dir', spare, '--plan', first.plan, '--blob', root + '/blob').answer(first.people[:2], ('proof',), first.plan)
    check('and arrive', w.end()[0] == 0, w.err)
    return first, spare


def copied(first, to):
    """what a backup has: everything but the TPM"""
    shutil.copytree(first.d, to, symlinks=True, ignore=shutil.ignore_patterns('tpm', '*.sock', 'keys'))


def serials(home):
    db = sqlite3.connect('file:%s/register.db?mode=ro' % home, uri=True)
    rows = [r[0] for r in db.execute('SELECT serial FROM certificate')]
    db.close()
    return rows


def verdicts(home, items):
    return {i['file']: (home.verdict_service(i), home.verdict_tool(i)) for i in items}


def lines_of(home):
    return open(home.d + '/publish/log/checkpoint').read()


def size_of(home):
    return int(lines_of(home).split('\n')[1])


def not_adopted(root, first, spare):
    """folders that are no copy of this spare's home: nothing of them stays"""
    def adopts(home):
        return tool(B + '/fujie', 'spare', 'adopt', '--dir', spare, '--home', home)

    before = sorted(os.listdir(spare)), sorted(os.listdir(spare + '/signer'))
    code, out = adopts(first.d)
    check('a home that is served is alive: its spare is not for it', code != 0 and 'served now' in said_(out) and '正在运行' in said_(out), out)
    copy = root + '/bad'
    for name, words in (('register.db', 'lacks register.db'), ('signer/audit.log', 'lacks signer/audit.log'), ('publish/trust/log.vkey', 'lacks publish/trust/log.vkey'), ('fujie.ini', 'lacks fujie.ini')):
        copied(first, copy)
        os.unlink(copy + '/' + name)
        code, out = adopts(copy)
        check('a copy without %s is none' % name, code == 1 and words in said_(out), out)
        shutil.rmtree(copy)
    copied(first, copy)
    path = copy + '/signer/audit.log'
    data = open(path, 'rb').read()
    open(path, 'wb').write(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    code, out = adopts(copy)
    check('a copy whose audit log was changed is refused with its place', code == 1 and 'at record 1 ' in said_(out) and 'bring another copy' in said_(out), out)
    shutil.copy(spare + '/signer/audit.log', path)
    code, out = adopts(copy)
    check('a copy with another signer\'s log is refused', code == 1 and 'not of a home' in said_(out), out)
    shutil.rmtree(copy)
    code, out = tool(B + '/fujie', 'spare', 'adopt', '--dir', spare)
    check('which home has to be said', code == 2, out)
    code, out = adopts(root)
    check('a folder that is no home', code == 1 and 'no whole copy' in said_(out), out)
    check('nothing of them is left in the spare', (sorted(os.listdir(spare)), sorted(os.listdir(spare + '/signer'))) == before, os.listdir(spare))


def drill(root):
    first, spare = laid_out(root)
    o = Keyed(first)
    o.begin()
    items = [i for i in first.demo['tokens'] + first.demo['certificates'] + first.demo['tokens_sm2'] + first.demo['certificates_sm2'] if i.get('file')]
    certificate = next(c for c in first.demo['certificates'] if c['expect'] == 'permit' and c['number'].startswith('DAC-42'))
    not_adopted(root, first, spare)
    first.stop()
    copied(first, root + '/older')
    check('the first appliance goes on after the backup', first.serve())
    o.sessions = {}
    o.done('hb-fin1', 'certificate.suspend', number=certificate['number'], reason='备份之后停用（示例）')
    user = [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'1' * 32)}]
    late, compact = issued(o, user)
    open(first.d + '/late.jwt', 'w').write(compact[0])
    before = verdicts(first, items)
    head, was = size_of(first), serials(first.d)
    shutil.copy(first.d + '/publish/log/checkpoint', root + '/before')
    first.stop()
    # the first TPM is destroyed; what is left: a backup of before, and what was published
    shutil.move(first.d + '/tpm', root + '/dead-tpm')
    shutil.rmtree(root + '/older/publish')
    shutil.copytree(first.d + '/publish', root + '/older/publish', symlinks=True)
    shutil.copy(first.d + '/late.jwt', root + '/older/late.jwt')
    clock = Clock()
    code, out = tool(B + '/fujie', 'spare', 'adopt', '--dir', spare, '--home', root + '/older')
    check('the copy is laid beside the spare', code == 0 and out == {'adopted': True}, out)
    clock.step('the copy beside the spare')
    code, out = tool(B + '/fujie', 'spare', 'adopt', '--dir', spare, '--home', root + '/older')
    check('which is a home then, and adopts no other', code == 1 and 'a home already' in said_(out), out)
    old, first.d = first.d, spare
    first.plan = spare + '/ceremony/plan.json'
    o.sessions = {}
    check('the spare serves', first.serve())
    clock.step('it serves')
    check('what was issued is verified meanwhile as before', verdicts(first, items) == before)
    code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate['number'], reason='test')
    check('nothing is signed: it waits for two officers, and says so in both languages', code == 409 and 'fujie spare enter' in json.dumps(out) and '启用备机' in json.dumps(out, ensure_ascii=False), out)
    check('who runs it is told so', 'fujie spare enter' in json.dumps(first.cli('status', 'show')[1]))
    check('nor does the root certify anything yet', o.do('mof1', 'root.issue', key='issuing')[0] == 409)
    code, out = o.do('hb-fin1', 'spare.enter')
    check('another department takes nothing into service', code != 200 and 'R40' in json.dumps(out), out)
    clock.last = time.monotonic()
    asked = o.done('mof1', 'spare.enter')
    check('one officer alone does not', Officers.do(o, 'mof1', 'approval.approve', id=asked['approval'])[0] != 200 and signer_of(spare)['ceremony'] == 'spare')
    code, out = Officers.do(o, 'mof2', 'approval.approve', id=asked['approval'])
    check('nor do two by their names, where officers have keys', code != 200 and 'names alone' in said_(out) and signer_of(spare)['ceremony'] == 'spare', out)
    for k in o.keys:
        o.sign(asked['approval'], k)
    first.stop()
    shutil.copy(spare + '/register.db', root + '/register.db')
    first.serve()
    check('the signer has done its part', Officers.do(o, 'mof2', 'approval.approve', id=asked['approval'])[0] == 200 and signer_of(spare)['ceremony'] == 'closed')
    first.stop()
    for x in ('-wal', '-shm'):
        if os.path.exists(spare + '/register.db' + x):
            os.unlink(spare + '/register.db' + x)
    shutil.copy(root + '/register.db', spare + '/register.db')
    check('a register that did not keep it is closed as before, and asks again', first.serve() and 'fujie spare enter' in said_(o.do('hb-fin1', 'certificate.suspend', number=certificate['number'], reason='test')[1]))
    clock.last = time.monotonic()
    code, out = o.do('mof2', 'approval.approve', id=asked['approval'])
    check('two officers take it into service', code == 200 and signer_of(spare)['ceremony'] == 'closed', out)
    clock.step('two officers take it into service, keys are made')
    code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate['number'], reason='test')
    check('nothing is signed yet: the root is to certify', code == 409 and 'fujie ceremony issuing' in json.dumps(out), out)
    code, out = o.do('mof1', 'log.restore')
    check('nor is a log restored before', code == 409 and 'fujie ceremony issuing' in json.dumps(out), out)
    for key in ('issuing', 'issuing-sm2'):
        code, out, shown = first.held('issuing', '--key', key, rounds=('issuing',))
        check('the plan\'s officers have the moved root certify the next %s key' % key, code == 0 and out == {'signed': True}, shown[-290:])
    clock.step('the plan\'s officers certify both issuing CAs')
    code, out = o.do('hb-fin1', 'certificate.resume', number=certificate['number'], reason='test')
    check('the register is older than what was published, and says so', code == 409 and 'log restore' in json.dumps(out), out)
    out = o.two('mof1', 'mof2', 'log.restore')[1]
    check('two officers restore what it lacks', out.get('to') == head, out)
    clock.step('what the copy lacked is brought back')
    until(lambda: size_of(first) > head, 60)
    clock.end('the first TPM destroyed, the spare in service')
    return first, o, items, before, certificate, late, head, was, old


def fujie(home, *args):
    r = subprocess.run([B + '/fujie', *args, '--dir', home.d], capture_output=True, text=True, timeout=300)
    return r.returncode, r.stdout + r.stderr


def entry_of(compact):
    part = compact.split('.')[1]
    e = json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))['status']['status_list']
    return e['uri'], e['idx']


def openssl(home, root, certificate):
    """the old certificate by OpenSSL alone: the list by the newer key of the CA's name counts by -extended_crl (RFC 5280 6.3.3 (f))"""
    trust = home.d + '/publish/trust'
    pem = home.d + '/' + certificate['file']
    one = root + '/1.pem'
    open(one, 'w').write(subprocess.run(['openssl', 'crl', '-inform', 'DER', '-in', trust + '/crl/1.crl'], capture_output=True, text=True).stdout)
    cmd = ['-crl_check', '-CRLfile', one, '-CAfile', trust + '/root.pem', '-untrusted', trust + '/chain.pem', pem]
    return [subprocess.run(['openssl', 'verify'] + more + cmd, capture_output=True, text=True) for more in (['-extended_crl'], [])]


def goes_on(root, first, o, items, before, certificate, late, head, was):
    """everything before still verifies, nothing is issued twice, acts are accepted and published again"""
    bad = {k: (v, w) for (k, v), w in zip(verdicts(first, items).items(), before.values()) if v != w}
    check('everything before verifies as it did, by the service and the tool: %d credentials of both hierarchies' % len(before), not bad, bad)
    check('what was issued after the backup, and is known by the log alone, verifies too', first.verdict_service({'file': 'late.jwt'}) == 'permit')
    state = o.get('hb-fin1', 'certificate/show?number=' + certificate['number'])
    check('what was suspended after the backup is suspended', state.get('state') == 'SUSPENDED' and first.verdict_service(certificate) != 'permit', state)
    user = [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'2' * 32)}]
    ids, compact = issued(o, user)
    open(first.d + '/new.jwt', 'w').write(compact[0])
    check('a license is issued, under a number of its own', ids[0] not in late and first.verdict_service({'file': 'new.jwt'}) == 'permit' and first.verdict_tool({'file': 'new.jwt'}) == 'permit', (ids, late))
    check('in an entry of a status list of its own', entry_of(compact[0]) != entry_of(open(first.d + '/late.jwt').read()))
    head_ = json.loads(base64.urlsafe_b64decode(compact[0].split('.')[0] + '=='))
    leaf = subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout', '-text'], input=base64.b64decode(head_['x5c'][0]), capture_output=True).stdout.decode()
    check('by a signer that the next CA has certified', '/ca/issuing-2.cer' in leaf, leaf[-900:])
    out = o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=certificate['number'], reason='恢复（示例）')[1]
    check('two officers resume the certificate, and its list says so', out.get('state') in ('ACTIVE', 'APPROVED') and until(lambda: first.verdict_service(certificate) == 'permit', 60), out)
    with_, without = openssl(first, root, certificate)
    check('OpenSSL verifies it with the list that the newer key of the CA signed, by -extended_crl alone', with_.returncode == 0 and without.returncode != 0, with_.stdout + with_.stderr)
    check('no serial number is there twice, and none is lost', len(set(serials(first.d))) == len(serials(first.d)) and set(was) <= set(serials(first.d)))
    events = first.cli('event', 'list', '--object', 'spare')[1]['items']
    check('the record says who took what into service', len(events) == 1 and events[0]['body']['officers'] == ['mof1', 'mof2'] and len(events[0]['body']['inherit']['sha256']) == 64, events)
    rows = {r['id']: r['state'] for r in o.get('mof1', 'key')['items']}
    check('the calendar has the former keys as ended', all(rows[k + '.1'] == 'ENDED' for k in ('issuing', 'issuing-sm2', 'token', 'token-sm2', 'log')) and rows['issuing'] == 'FINE', rows)
    code, out = o.do('mof1', 'spare.enter')
    check('it is no spare any more', code == 409 and 'no spare' in json.dumps(out), out)
    until(lambda: size_of(first) > head, 60)
    r = subprocess.run([B + '/fujie-verify', 'attestation', '--trust', first.d + '/publish/trust', '--plan', first.plan, '--json'], capture_output=True, text=True)
    out = json.loads(r.stdout)
    check('its TPM states the new keys, and of the roots that they are there', out['tpm'] == 'software' and {c['role'] for c in out['certificates'] if c['attested']} >= {'root', 'root-sm2', 'issuing-2', 'token-2', 'log-2'}, [(c['role'], c['attested']) for c in out['certificates']])
    first.stop()
    check('the log is one history', fujie(first, 'log', 'consistency', root + '/before')[0] == 0 and fujie(first, 'log', 'verify')[0] == 0, fujie(first, 'log', 'consistency', root + '/before'))
    code, text = fujie(first, 'audit', 'verify')
    check('audit verify finds nothing', code == 0, text)


def again(root, first, o):
    """after a new start it is what it was"""
    o.sessions = {}
    check('it serves after a new start', first.serve())
    ids, compact = issued(o, [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'3' * 32)}])
    check('and issues', len(ids) == 1)
    until(lambda: fujie(first, 'log', 'verify')[0] == 0, 30)
    first.stop()


def back_to_life(root, first, old):
    """the first appliance was not dead after all: two that sign are found by whoever compares their heads"""
    shutil.copy(first.d + '/publish/log/checkpoint', root + '/of-the-spare')
    spare, first.d = first.d, old
    shutil.move(root + '/dead-tpm', old + '/tpm')
    o = Keyed(first)
    check('the first appliance comes back to life, and nothing in it can know', first.serve())
    issued(o, [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'4' * 32)}])
    until(lambda: size_of(first) > 0, 10)
    first.stop()
    code, text = fujie(first, 'log', 'consistency', root + '/of-the-spare')
    check('whoever has seen the spare\'s log finds another tree there', code == 1, text)
    shutil.copy(first.d + '/publish/log/checkpoint', root + '/of-the-first')
    first.d = spare
    code, text = fujie(first, 'log', 'consistency', root + '/of-the-first')
    check('and the other way about', code == 1, text)


def signer_of(home):
    return Signer(home, 'registry.sock').status()


def said_(out):
    return json.dumps(out, ensure_ascii=False)


root = tempfile.mkdtemp(prefix='fujie-test-')
try:
    if 'whole' not in sys.argv:
        signers(root)
    if 'signers' in sys.argv:
        raise SystemExit(finish())
    first, o, items, before, certificate, late, head, was, old = drill(root)
    goes_on(root, first, o, items, before, certificate, late, head, was)
    again(root, first, o)
    back_to_life(root, first, old)
    first.close()
finally:
    shutil.rmtree(root, ignore_errors=True)
finish()
