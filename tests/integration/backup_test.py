"""A home is backed up while it serves, and restored after everything was lost: on the same TPM, closed until two officers
agree; what was revoked since holds, what was lost is told, no number is given twice.  Shares and streams that are not what
they should be, and kills in the middle."""
import base64, hashlib, json, os, re, shutil, signal, sqlite3, subprocess, threading, time
from lib import B, Home, Officers, check, finish, rebuilt
from gateway import issued

h = Home()
if not h.made:
    raise SystemExit(h.made_err)
o = Officers(h)
R = h.root


def run(*args, **more):
    r = subprocess.run(list(args), capture_output=True, timeout=300, stdin=subprocess.DEVNULL, **more)
    return r.returncode, r.stdout, r.stderr


def fujie(*args):
    code, out, err = run(B + '/fujie', *args, '--json')
    try:
        return code, json.loads(out)
    except ValueError:
        return code, {'text': (out + err).decode('utf-8', 'replace')}


def officer(*args):
    code, out, err = run(B + '/fujie-officer', *args, '--passphrase-file', R + '/pass', '--yes', '--json')
    try:
        return code, json.loads(out)
    except ValueError:
        return code, {'text': (out + err).decode('utf-8', 'replace')}


def said(out):
    return json.dumps(out, ensure_ascii=False)


def refused(sentence, answer, words, code=1):
    c, out = answer
    d = out.get('detail') or {}
    check(sentence, c == code and words in said(out) and re.search('[\u4e00-\u9fff]', d.get('zh', '')) is not None, answer)


def files(d):
    out = {}
    for at, folders, names in os.walk(d):
        for n in names + [f for f in folders if os.path.islink(os.path.join(at, f))]:
            p = os.path.join(at, n)
            if os.path.islink(p):
                out[os.path.relpath(p, d)] = 'link ' + os.readlink(p)
            elif os.path.isfile(p):
                out[os.path.relpath(p, d)] = '%o ' % (os.stat(p).st_mode & 0o777) + hashlib.sha256(open(p, 'rb').read()).hexdigest()
    return out


def leaves(d):
    db = sqlite3.connect('file:%s/register.db?mode=ro' % d, uri=True)
    rows = db.execute('SELECT n, event, object FROM leaf ORDER BY n').fetchall()
    db.close()
    return rows


open(R + '/pass', 'w').write('correct horse battery staple\n')
names = ['甲', '乙', 'third']
keys = []
for k, n in enumerate(names):
    code, out = officer('backup-key', 'new', '--key', '%s/k%d' % (R, k))
    keys.append(out.get('key', ''))
    check('an officer makes a backup key', code == 0 and len(keys[-1]) == 43 and officer('backup-key', 'public', '--key', '%s/k%d' % (R, k))[1] == out, out)
refused('a key that signs is no backup key', (officer('new', '--key', R + '/signs')[0] and (9, {})) or officer('backup-key', 'public', '--key', R + '/signs'), 'backup-key new')

# --- who opens it ---
check('a home that serves', h.serve())
refused('without officers there is no backup, and what to do is said', fujie('backup', '--dir', h.d, '--out', R + '/none'), 'fujie backup recipients')
named = ','.join('%s=%s' % p for p in zip(names, keys))
for what, need, text in (('more than there are', 4, named), ('nobody', 0, named), ('no key', 1, '甲=abc'), ('one key twice', 1, '甲=%s,乙=%s' % (keys[0], keys[0])), ('one name twice', 1, '甲=%s,甲=%s' % (keys[0], keys[1])),
                         ('a point of small order', 1, '甲=' + 'A' * 43)):
    check('refused: ' + what, o.do('mof1', 'backup.recipients', need=need, keys=text)[0] in (400, 422), what)
asked = o.done('mof1', 'backup.recipients', need=2, keys=named)
check('one officer alone names nobody', o.do('mof1', 'approval.approve', id=asked['approval'])[0] != 200)
o.done('mof2', 'approval.approve', id=asked['approval'])
out = o.get('mof1', 'backup')
check('two officers have named them', out.get('need') == 2 and [x['name'] for x in out.get('officers', [])] == names, out)

# --- a backup while licenses are issued ---
good = [t for t in h.demo['tokens'] if t['expect'] == 'permit']
certificate = next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit' and c['number'].startswith('DAC-42'))
buyer = [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）', 'x5t': base64.urlsafe_b64encode(b'1' * 32).decode().rstrip('=')}]
busy = Officers(h)
during = []


def work():
    for _ in range(3):
        during.append(busy.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')[0])
        during.append(busy.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=certificate, reason='test') and 200)


thread = threading.Thread(target=work)
thread.start()
made = []
while thread.is_alive() or len(made) < 2:
    code, out = fujie('backup', '--dir', h.d, '--out', '%s/during%d' % (R, len(made)))
    made.append(out)
    if code != 0 or len(made) > 20:
        break
thread.join()
check('backups are made while acts go on, and neither stops the other', len(made) >= 2 and all('sha256' in m for m in made) and set(during) == {200}, (made, during))
first = made[0]
data = open(R + '/during0', 'rb').read()
check('what it says of itself is so', hashlib.sha256(data).hexdigest() == first['sha256'] and len(data) == first['octets'])
refused('a backup is never written over', fujie('backup', '--dir', h.d, '--out', R + '/during0'), 'never written over')
listed = o.get('mof1', 'backup')
check('backup list tells them, the newest first', [x['sha256'] for x in listed['items']] == [m['sha256'] for m in reversed(made)], listed)
code, out, err = run(B + '/fujie', 'backup', '--dir', h.d, '--out', '-', '--json')
check('a backup to standard output is the file, and nothing else', code == 0 and hashlib.sha256(out).hexdigest() == json.loads(err)['sha256'], err)
for n in range(3):
    p = subprocess.Popen([B + '/fujie', 'backup', '--dir', h.d, '--out', R + '/killed'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.02 * (n + 1))
    p.kill()
    p.wait()
check('one that is killed leaves no file of that name, or a whole one', not os.path.exists(R + '/killed') or fujie('backup', '--dir', h.d, '--out', R + '/killed')[0] == 1)
if os.path.exists(R + '/killed'):
    os.unlink(R + '/killed')
code, last = fujie('backup', '--dir', h.d, '--out', R + '/killed')
check('the next one is made', code == 0, last)

# --- what is lost: the time between this backup and the end ---
code, base = fujie('backup', '--dir', h.d, '--out', R + '/b')
check('the last backup', code == 0, base)
token = next(t for t in good if t['id'] != good[0]['id'])
seller = next(l['login'] for l in h.demo['logins'] if 'OPERATOR' in l['roles'] and o.do(l['login'], 'token.suspend', id=token['id'], reason='test')[0] == 200)
o.done(seller, 'token.revoke', id=token['id'], reason='test')
o.done('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
lost_tokens, compact = issued(o, buyer)
open(R + '/lost.jwt', 'w').write(compact[0])
check('what was revoked is denied', h.verdict_service(token) == 'deny')
h.stop()
whole = leaves(h.d)
dead = R + '/dead'
os.rename(h.d, dead)

# --- shares ---
new = h.d
code, out = fujie('restore', '--dir', new, '--file', R + '/b')
check('a restore begins with a request', code == 0 and out['need'] == 2 and out['fingerprint'] and os.stat(new + '/restore.key').st_mode & 0o777 == 0o600, out)
check('asked again it is the same', fujie('restore', '--dir', new, '--file', R + '/b')[1]['fingerprint'] == out['fingerprint'])
request = new + '/restore.request'
for k in range(3):
    code, out = officer('share', 'open', R + '/b', '--request', request, '--key', '%s/k%d' % (R, k), '--out', '%s/s%d' % (R, k))
    check('an officer opens his share', code == 0 and out['name'] == names[k], out)
open(R + '/head', 'wb').write(open(R + '/b', 'rb').read(65536))
check('the file\'s beginning is enough for that', officer('share', 'open', R + '/head', '--request', request, '--key', R + '/k0', '--out', R + '/s0b')[0] == 0)
officer('backup-key', 'new', '--key', R + '/stranger')
refused('who is no officer of it has no share', officer('share', 'open', R + '/b', '--request', request, '--key', R + '/stranger', '--out', R + '/sx'), 'no share')
refused('a request of another backup', officer('share', 'open', R + '/killed', '--request', request, '--key', R + '/k0', '--out', R + '/sx'), 'another backup')
os.mkdir(R + '/other')
fujie('restore', '--dir', R + '/other', '--file', R + '/b')
officer('share', 'open', R + '/b', '--request', R + '/other/restore.request', '--key', R + '/k0', '--out', R + '/foreign')


def restore(*shares, file=R + '/b', more=('--no-mirror',), d=None):
    return fujie('restore', '--dir', d or new, '--file', file, *(x for s in shares for x in ('--share', R + '/' + s)), *more)


refused('one share is too few', restore('s0'), '1 of the 2')
refused('one share twice is one', restore('s0', 's0b'), 'twice')
refused('a share for another request', restore('s1', 'foreign'), 'not opened for this request')
refused('a share of another backup', restore('s0', 's1', file=R + '/killed'), 'another backup')
doc = json.load(open(R + '/s1'))
json.dump(dict(doc, name='甲'), open(R + '/renamed', 'w'))
refused('a share under another name', restore('s2', 'renamed'), 'not that share')
refused('without what was published since it is not restored unless that is said', restore('s0', 's1', more=()), '--mirror', 2)
refused('into a home it is not restored', restore('s0', 's1', d=dead), 'not empty')

# --- streams ---
data = open(R + '/b', 'rb').read()
start = 19 + int.from_bytes(data[15:19], 'big')
middle = start + 24 + 3 * 65553
for what, changed in (('cut in the header', data[:start - 5]), ('cut between chunks', data[:middle]), ('cut in a chunk', data[:middle + 100]), ('its last octet missing', data[:-1]), ('appended to', data + b'x'),
                      ('changed in the middle', data[:middle + 7] + bytes([data[middle + 7] ^ 1]) + data[middle + 8:]), ('with two chunks exchanged', data[:middle] + data[middle + 65553:middle + 2 * 65553] + data[middle:middle + 65553] + data[middle + 2 * 65553:]),
                      ('with a chunk left out', data[:middle] + data[middle + 65553:]), ('with another time in its header', re.sub(rb'"at":(\d)', lambda m: b'"at":' + str((int(m[1]) + 1) % 9).encode(), data[:start]) + data[start:])):
    open(R + '/odd', 'wb').write(changed)
    code, out = restore('s0', 's1', file=R + '/odd')
    check('refused: a backup ' + what, code == 1 and (out.get('detail') or {}).get('zh') and not os.path.exists(new + '.restoring') and sorted(os.listdir(new)) == ['restore.key', 'restore.request'], out)
os.unlink(R + '/odd')

# --- a rehearsal ---
before = files(R)
code, out = restore('s2', 's0', more=('--verify',))
check('a rehearsal opens it by any two, and writes nothing', code == 0 and out['verified'] and out['files'] == base['files'] and files(R) == before, out)

# --- restored on the same TPM, from what lies in publish/ ---
for n in range(4):
    p = subprocess.Popen([B + '/fujie', 'restore', '--dir', new, '--file', R + '/b', '--share', R + '/s0', '--share', R + '/s1', '--mirror', dead + '/publish'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.04 * n)
    p.kill()
    p.wait()
    if os.path.exists(new + '/fujie.ini'):
        break
    check('a restore that is killed leaves the request', sorted(os.listdir(new)) == ['restore.key', 'restore.request'])
if os.path.exists(new + '/fujie.ini'):
    out = json.load(open(new + '/restored.json'))
else:
    code, out = restore('s0', 's1', more=('--mirror', dead + '/publish'))
    check('and goes on to its end', code == 0, out)
have = len(leaves(new))
check('it tells what was lost: each leaf, by kind, number and time', out['leaves'] == have and out['published'] == len(whole) and [(l['event'], l['kind']) for l in out['lost'] if l['event'] != 'published'].count(('issued', 'token')) >= 1 and
      any(lost_tokens[0] in l['id'] and l['at'].endswith('Z') for l in out['lost']), out)
check('nothing of the restore is left beside it', not os.path.exists(new + '.restoring') and not os.path.exists(new + '/restore.key'))
shutil.rmtree(new + '/tpm')
shutil.copytree(dead + '/tpm', new + '/tpm')
o.sessions = {}
old_session = busy.sessions.get('hb-fin1') if hasattr(busy, 'sessions') else None
check('it serves', h.serve())
if isinstance(old_session, str):
    check('sessions of before are over', h.api('GET', '/api/v1/status/show', None, old_session)[0] == 401)
code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
check('it is closed, and says why and what to do', code == 409 and 'restored from a backup' in said(out) and 'fujie log restore' in said(out) and '备份' in said(out), out)
asked = o.done('mof1', 'log.restore')
check('one officer alone does not open it', o.do('mof1', 'approval.approve', id=asked['approval'])[0] != 200 and o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')[0] == 409)
out = o.done('mof2', 'approval.approve', id=asked['approval'])
check('two do, and are told', out.get('from') == have and out.get('to') == len(whole) and out['backup']['floors'], out)
check('the suspension is there again', o.get('hb-fin1', 'certificate/show?number=' + certificate).get('state') == 'SUSPENDED')
check('the revoked token is denied', h.verdict_service(token) == 'deny' and h.verdict_tool(token) == 'deny')
shutil.copy(R + '/lost.jwt', new + '/lost.jwt')
check('a license of the lost time is still one', h.verdict_service({'file': 'lost.jwt'}) == 'permit')
check('others are permitted', h.verdict_service(good[0]) == 'permit')
check('the register has the leaves that it lacked, as they were', leaves(new)[:len(whole)] == whole)
out = o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=certificate, reason='test')
check('acts are accepted again', out[1].get('state') in ('ACTIVE', 'APPROVED'), out)
again, _ = issued(o, buyer)
check('licenses are issued again', len(again) == len(lost_tokens) and not set(again) & set(lost_tokens))
db = sqlite3.connect('file:%s/register.db?mode=ro' % new, uri=True)
floors = dict(db.execute("SELECT name, n FROM series WHERE name LIKE 'floor-%'").fetchall())
used = db.execute('SELECT MIN(used) FROM list_block WHERE block <> ?', ('lost',)).fetchone()[0]
mark = db.execute("SELECT COUNT(*) FROM pubstate WHERE what = 'backup'").fetchone()[0]
twice = db.execute('SELECT COUNT(*) FROM (SELECT list, idx FROM list_entry GROUP BY list, idx HAVING COUNT(*) > 1)').fetchone()[0]
db.close()
check('numbers of this month go on far above what may have been given', floors and min(floors.values()) >= 100000 and mark == 0 and twice == 0, floors)
h.stop()
code, text = fujie('log', 'consistency', dead + '/publish/log/checkpoint', '--dir', new)
check('the log is one history', run(B + '/fujie', 'log', 'consistency', dead + '/publish/log/checkpoint', '--dir', new)[0] == 0 and run(B + '/fujie', 'log', 'verify', '--dir', new)[0] == 0, text)
code, out = h.cli('audit', 'verify')
check('and audit verify finds nothing', code == 0, out)
rebuilt(h)

# --- no file of a home is forgotten; restored without a mirror ---
os.makedirs(new + '/materials/deep/er', exist_ok=True)
open(new + '/materials/deep/er/名称 with spaces', 'w').write('x')
os.chmod(new + '/materials/deep/er/名称 with spaces', 0o640)
there = files(new)
code, out = fujie('backup', '--dir', new, '--out', R + '/cold')
check('a backup of a home that does not serve', code == 0 and not os.path.exists(new + '/register.db-wal'), out)
cold = R + '/cold-home'
fujie('restore', '--dir', cold, '--file', R + '/cold')
for k in (1, 2):
    officer('share', 'open', R + '/cold', '--request', cold + '/restore.request', '--key', '%s/k%d' % (R, k), '--out', '%s/c%d' % (R, k))
code, out = restore('c1', 'c2', file=R + '/cold', d=cold)
back = files(cold)
made_again = {n for n in there if ('.p/' in n and n not in back) or n.startswith('run/') or n in ('publish/public.db', 'publish/public.db-journal', 'tpm/.lock', 'backup/made')}
check('every file of the home is in it, with its mode, and nothing else is', code == 0 and {n: v for n, v in there.items() if n not in made_again and n not in ('register.db', 'restored.json')} == {n: v for n, v in back.items() if n not in ('register.db', 'restored.json', 'backup/made')},
      sorted(n for n in set(there) | set(back) if there.get(n) != back.get(n) and n not in made_again))
shutil.rmtree(new)
os.rename(cold, new)
o.sessions = {}
check('it serves', h.serve())
code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
check('with TPM, signer and log all as the backup has them it is closed all the same', code == 409 and 'restored from a backup' in said(out), out)
o.two('mof1', 'mof2', 'log.restore')
o.done('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
db = sqlite3.connect('file:%s/register.db?mode=ro' % new, uri=True)
higher = dict(db.execute("SELECT name, n FROM series WHERE name LIKE 'floor-%'").fetchall())
db.close()
check('and numbers jump once more', min(higher.values()) >= min(floors.values()) + 100000, higher)
check('what it issued before stands', h.verdict_service(good[0]) == 'permit' and h.verdict_service(token) == 'deny')
h.stop()
code, out = h.cli('audit', 'verify')
check('audit verify finds nothing', code == 0, out)
rebuilt(h)
h.close()
finish()
