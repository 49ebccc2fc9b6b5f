"""An older state is named and refused, until two officers restore it: the register put back, the signer's folder put
back.  What was revoked since stays revoked, the log goes on as one history, no number is given twice."""
import base64, hashlib, json, os, re, shutil, sqlite3, subprocess, time
from lib import B, Home, Officers, check, finish, rebuilt
from gateway import issued

h = Home()
if not h.made:
    raise SystemExit(h.made_err)
o = Officers(h)


def fujie(*args):
    r = subprocess.run([B + '/fujie', *args, '--dir', h.d], capture_output=True, text=True, timeout=300)
    return r.returncode, r.stdout + r.stderr


def size():
    return int(open(h.d + '/publish/log/checkpoint').read().split('\n')[1])


def leaves():
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True)
    rows = db.execute('SELECT n, event, object FROM leaf ORDER BY n').fetchall()
    db.close()
    return rows


def keep(*names):
    for n in names:
        src, dst = h.d + '/' + n, h.root + '/kept-' + n
        shutil.rmtree(dst, ignore_errors=True)
        shutil.copytree(src, dst, symlinks=True) if os.path.isdir(src) else shutil.copy(src, dst)


def put_back(*names):
    for n in names:
        dst = h.d + '/' + n
        if os.path.isdir(dst):
            shutil.rmtree(dst)
            shutil.copytree(h.root + '/kept-' + n, dst, symlinks=True)
        else:
            for x in ('', '-wal', '-shm'):
                if os.path.exists(dst + x):
                    os.unlink(dst + x)
            shutil.copy(h.root + '/kept-' + n, dst)


def again():
    o.sessions = {}
    return h.serve()


def restore():
    return o.two('mof1', 'mof2', 'log.restore')


good = [t for t in h.demo['tokens'] if t['expect'] == 'permit']
certificate = next(c['number'] for c in h.demo['certificates'] if c['expect'] == 'permit' and c['number'].startswith('DAC-42'))

# --- the register is put back ---
check('a home that serves', h.serve())
code, out = o.do('mof1', 'log.restore')
check('there is nothing to restore while nothing is older', code == 409 and 'nothing to restore' in json.dumps(out), out)
h.stop()
keep('register.db')
shutil.copy(h.d + '/publish/log/checkpoint', h.root + '/before')
check('it serves again', again())
token = next(t for t in good if t['id'] != good[0]['id'])
seller = next(l['login'] for l in h.demo['logins'] if 'OPERATOR' in l['roles'] and o.do(l['login'], 'token.suspend', id=token['id'], reason='test')[0] == 200)
o.done(seller, 'token.revoke', id=token['id'], reason='test')
o.done('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
lost_tokens, compact = issued(o, [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）', 'x5t': base64.urlsafe_b64encode(b'1' * 32).decode().rstrip('=')}])
open(h.d + '/lost.jwt', 'w').write(compact[0])
check('what was revoked is denied', h.verdict_service(token) == 'deny')
h.stop()
signed, lost = size(), [l for l in leaves()]
put_back('register.db')
have = len(leaves())
check('the register is older than its log', have < signed)
check('it serves, and answers', again())
code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
check('an act is refused, by the position', code == 409 and re.search(r'before leaf %d of %d\b' % (have, signed), json.dumps(out)) is not None and '登记簿早于其公开日志' in json.dumps(out, ensure_ascii=False), out)
check('nothing was signed meanwhile', size() == signed)
code, text = fujie('audit', 'verify')
check('audit verify says so too, with a position', code == 1 and str(have) in text, text)
asked = o.done('mof1', 'log.restore')
check('an officer alone restores nothing', o.do('mof1', 'approval.approve', id=asked['approval'])[0] != 200 and o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')[0] == 409)
out = o.done('mof2', 'approval.approve', id=asked['approval'])
check('two officers restore it; what was lost is named', out.get('from') == have and out.get('to') == signed and len(out.get('lost', [])) == signed - have, out)
state = o.get('hb-fin1', 'certificate/show?number=' + certificate)
check('the suspension is there again', state.get('state') == 'SUSPENDED', state)
check('a token that was issued then is known by the log alone, and is still a token', any(lost_tokens[0] in l for l in out['lost']) and o.do('auditor', 'token.show', id=lost_tokens[0])[0] == 404 and h.verdict_service({'file': 'lost.jwt'}) == 'permit')
check('the revoked token is denied', h.verdict_service(token) == 'deny' and h.verdict_tool(token) == 'deny')
check('others are permitted', h.verdict_service(good[0]) == 'permit')
check('the register has the leaves that it lacked, as they were', leaves()[:signed] == lost)
again_token = o.do(seller, 'token.resume', id=token['id'], reason='test')
check('what was revoked comes not back', again_token[0] != 200, again_token)
out = o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=certificate, reason='test')
check('acts are accepted again', out[1].get('state') in ('ACTIVE', 'APPROVED'), out)
for _ in range(600):
    if size() > signed:
        break
    time.sleep(0.1)
check('the log goes on', size() > signed)
h.stop()
check('as one history', fujie('log', 'consistency', h.root + '/before')[0] == 0 and fujie('log', 'verify')[0] == 0, fujie('log', 'consistency', h.root + '/before'))
code, text = fujie('audit', 'verify')
check('and audit verify finds nothing', code == 0, text)
rebuilt(h)

# --- the signer's folder is put back ---
keep('signer')
check('it serves', again())
o.done('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
h.stop()
signed = size()
put_back('signer')
check('with an older signer it serves', again())
code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
check('an act is refused: the signer is older', code == 409 and 'fujie log restore' in json.dumps(out), out)
restore()
o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=certificate, reason='test')
check('after two officers it goes on', h.verdict_service(next(c for c in h.demo['certificates'] if c['number'] == certificate)) == 'permit')
h.stop()
check('as one history', fujie('log', 'consistency', h.root + '/before')[0] == 0 and fujie('log', 'verify')[0] == 0)

# --- another register, not an older one ---
db = sqlite3.connect(h.d + '/register.db')
db.executescript("DROP TRIGGER leaf_fixed; UPDATE leaf SET data = replace(data, '\"event\":\"issued\"', '\"event\":\"revoked\"') WHERE n = %d;" % (size() - size() % 256 + 1 if size() % 256 > 1 else size() - 1))
db.close()
again()
code, out = o.do('hb-fin1', 'certificate.suspend', number=certificate, reason='test')
check('a leaf that was changed is named', code == 409 and re.search(r'leaf \d+ of \d+ differs', json.dumps(out)) is not None, out)
asked = o.done('mof1', 'log.restore')
code, out = o.do('mof2', 'approval.approve', id=asked['approval'])
check('and is not restored', code != 200 and 'changed' in json.dumps(out), out)
h.stop()
h.close()
finish()
