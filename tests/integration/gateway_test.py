"""fujie-gateway (docs/gateway.md) on one demo home: who passes and who does not, proofs that work
once, counts that outlive a kill, trust that never goes back, and an issuer that is away."""
import io, stat, tarfile
from gateway import *


def says(sentence, answer, status, verdict, reason=''):
    code, headers, _ = answer
    check(sentence, code == status and headers['X-Fujie-Verdict'] == verdict and headers['X-Fujie-Reason'].startswith(reason) and
          headers['X-Fujie-Reason'].isascii(), (code, dict(headers)))


def holders():
    """bound to a key"""
    code, head, _ = g.ask()
    check('without a token: 401, and where to begin', code == 401 and head['WWW-Authenticate'].startswith('Bearer') and head['X-Fujie-Nonce'], dict(head))
    shown = me.show(mine, g.nonce())
    code, head, body = g.ask(token=shown)
    check('a token and its holder\'s proof pass', code == 204 and body is None and head['X-Fujie-Verdict'] == 'permit' and int(head['X-Fujie-Status-Age']) >= 0, (code, dict(head)))
    says('the same proof works once', g.ask(token=shown), 403, 'deny', 'holder')
    other = shown[:-86] + b64u(b'\1' * 64)
    says('nor with another signature', g.ask(token=other), 403, 'deny', 'holder')
    says('without a proof: 401', g.ask(token=mine), 401, 'deny', 'holder')
    says('a nonce that this gateway did not make', g.ask(token=me.show(mine, 'x' * 48)), 401, 'deny', 'holder')
    says('a proof for another audience', g.ask(token=me.show(mine, g.nonce(), audience='https://other.example')), 403, 'deny', 'holder')
    says('a proof by another key', g.ask(token=Holder(h.root, 'thief').show(mine, g.nonce())), 403, 'deny', 'holder')
    says('a proof of ten minutes ago', g.ask(token=me.show(mine, g.nonce(), iat=int(time.time()) - 600)), 401, 'deny', 'holder')
    says('a proof of tomorrow', g.ask(token=me.show(mine, g.nonce(), iat=int(time.time()) + 86400)), 401, 'deny', 'holder')
    says('a proof that was made for another token', g.ask(token=mine + me.show(crossed, g.nonce()).split('~')[1]), 403, 'deny', 'holder')
    nonce = g.nonce()
    g.ask(token=me.show(mine, nonce, audience='https://other.example'))
    check('a proof that fails uses no nonce up', g.ask(token=me.show(mine, nonce))[0] == 204)
    check('a header of its own carries the token, too', g.ask(X_Fujie_Token=me.show(mine, g.nonce()))[0] == 204)


def bindings():
    says('a client certificate\'s token with none seen', g.ask(token=mtls), 401, 'deny', 'holder')
    check('with the right one', g.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204)
    says('with another', g.ask(token=mtls, X_Fujie_X5T=b64u(b'2' * 32)), 403, 'deny', 'holder')
    says('with what is none', g.ask(token=mtls, X_Fujie_X5T='abc'), 403, 'deny', 'holder')
    named = next(open(os.path.join(h.d, t['file'])).read() for t in h.demo['tokens'] if 'audience' in (t.get('use') or {}))
    user = next(t['use']['user'] for t in h.demo['tokens'] if 'audience' in (t.get('use') or {}))
    w = Gateway(bent.base, root, h.root + '/named', '--audience', AUDIENCE)
    for use, who, want in (('action=QUERY,purpose=PUBGOV', user, 204), ('action=QUERY,purpose=PUBGOV', None, 403), ('action=QUERY,purpose=PUBGOV', PENGCHENG, 403)):
        check('a named token, user %s: %d' % (who, want), w.ask(token=named, X_Fujie_Use=use, X_Fujie_User=who)[0] == want)
    says('nothing says what for', w.ask(token=named, X_Fujie_User=user), 403, 'deny', 'scope')
    w.stop()
    dau = open(os.path.join(h.d, h.demo['authorisations'][0]['file'])).read()
    says('an authorisation lets nobody in', g.ask(token=dau), 403, 'deny', 'form')
    for bad in ('x', 'a.b.c~', '~', mtls[:-40] + '~', mtls + 'x~', 'A' * 20000 + '~', '\u00e9~'):
        code, head, _ = g.ask(token=bad.encode('utf-8').decode('latin-1'), X_Fujie_X5T=b64u(b'1' * 32))
        check('no token at all: %.12r' % bad, code == 403 and head['X-Fujie-Verdict'] != 'permit', code)


def second_hierarchy():
    """an SM2 root that only the archive names is nobody's: whoever hands that on could have made it"""
    o.done('jc1', 'token.sm2', id=c)
    twin = o.get('jc1', 'token/' + c)['sm2_compact']
    sm2 = root_of(h, '-sm2')
    x5t = {'X_Fujie_X5T': b64u(b'1' * 32)}
    for name, more, want in (('without its fingerprint', (), 403), ('by that of another root', ('--root-sm2', root), 403), ('by its own', ('--root-sm2', sm2), 204)):
        w = Gateway(bent.base, root, h.root + '/sm2-%d' % want, *OPTIONS, *more)
        check('a token of the SM2 hierarchy, %s: %d' % (name, want), w.until(lambda: w.ask(token=mtls, **x5t)[0] == 204) and w.ask(token=twin, **x5t)[0] == want, w.ask(token=twin, **x5t))
        w.stop()


def uses():
    x5t = {'X_Fujie_X5T': b64u(b'1' * 32)}
    says('a use beyond the token', g.ask(token=mtls, X_Fujie_Use='environment=x,asset=nothing', **x5t), 403, 'deny', 'scope')
    says('what --use fixes can\'t be said again', g.ask(token=mtls, X_Fujie_Use='action=QUERY', **x5t), 403, 'deny', 'scope')
    says('nor a misspelt key', g.ask(token=mtls, X_Fujie_Use='quantiti=1', **x5t), 403, 'deny', 'scope')
    for name in ('X-Fujie-X5T', 'X-Fujie-Use', 'X-Fujie-User', 'Authorization'):
        c = http.client.HTTPConnection('127.0.0.1', g.port, timeout=300)
        c.putrequest('GET', '/auth')
        for k, v in (('Authorization', 'Bearer ' + mtls), ('X-Fujie-X5T', b64u(b'1' * 32)), (name, 'Bearer ' + mtls if name == 'Authorization' else b64u(b'1' * 32) if name == 'X-Fujie-X5T' else '')):
            c.putheader(k, v)
        if name in ('X-Fujie-Use', 'X-Fujie-User'):
            c.putheader(name, '')
        c.endheaders()
        r = c.getresponse()
        check('%s twice is refused' % name, r.status == 403 and r.headers['X-Fujie-Reason'].startswith('form'), (r.status, dict(r.headers)))
        c.close()
    for method, path in (('GET', '/envoy/'), ('PUT', '/envoy/a/b?x=1&x=2'), ('DELETE', '/envoy/a%2f..%2fb'), ('POST', '/envoy/a'), ('OPTIONS', '/envoy/*')):
        check('Envoy, %s %s' % (method, path), g.ask(path, mtls, method, **x5t)[0] == 200 and g.ask(path, mtls, method)[0] == 403 and g.ask(path, None, method)[0] == 403)
    for t in h.demo['tokens']:
        body = {'credential': open(os.path.join(h.d, t['file'])).read(), **({'use': t['use']} if t.get('use') else {})}
        code, _, out = g.ask('/v1/verify', method='POST', body=json.dumps(body))
        check('POST /v1/verify as the public service: %s %s' % (t['file'][-12:], t['expect']), code == 200 and out['verdict'] == t['expect'], out)
    check('and refuses what it refuses', g.ask('/v1/verify', method='POST', body='{"credential": "x", "usee": {}}')[0] == 400)


def quotas():
    """(token, its number) counted to its limit of 50, by many at once, and over a kill"""
    global g
    x5t = {'X_Fujie_X5T': b64u(b'q' * 32)}
    answers = []

    def client():
        for _ in range(4):
            answers.append(g.ask(token=counted, **x5t)[0])

    crowd = [threading.Thread(target=client) for _ in range(16)]
    [t.start() for t in crowd]
    [t.join() for t in crowd]
    check('of 64 uses at once as many pass as the quota has', sorted(answers) == [204] * 50 + [403] * 14, answers)
    says('then it is used up', g.ask(token=counted, **x5t), 403, 'deny', 'quota')
    g.kill()
    g = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)
    says('after a kill, too', g.ask(token=counted, **x5t), 403, 'deny', 'quota')
    check('seven at a time', [g.ask(token=big, X_Fujie_X5T=b64u(b'r' * 32), X_Fujie_Use='quantity=7')[0] for _ in range(3)] == [204, 403, 403])
    check('and the three that are left', g.ask(token=big, X_Fujie_X5T=b64u(b'r' * 32), X_Fujie_Use='quantity=3')[0] == 204)
    says('rows have to be named', g.ask(token=lines, X_Fujie_X5T=b64u(b's' * 32)), 403, 'indeterminate', 'quota')
    check('named they count', g.ask(token=lines, X_Fujie_X5T=b64u(b's' * 32), X_Fujie_Use='quantity=100')[0] == 204)
    usage = {r['token']: r['count'] for r in g.ask('/usage')[2]}
    check('the totals of the day', usage.get(ids['counted']) == 50 and usage.get(ids['big']) == 10 and usage.get(ids['lines']) == 100, usage)
    check('of other days there are none', g.ask('/usage?to=2020-01-01')[2] == [] and g.ask('/usage?from=x')[0] == 400)
    code, out = o.do('jc1', 'usage.report', totals=[r for r in g.ask('/usage')[2] if r['token'] in (ids['counted'], ids['big'])])
    check('the register takes them as they are', code == 200, out)
    size = os.path.getsize(h.root + '/cache/ledger')
    g.kill()
    open(h.root + '/cache/ledger', 'ab').write(b'LT-torn')
    g = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)
    says('a record that a power cut tore is cut off', g.ask(token=counted, **x5t), 403, 'deny', 'quota')
    check('and no more than it', os.path.getsize(h.root + '/cache/ledger') == size)
    g.kill()
    whole = open(h.root + '/cache/ledger', 'rb').read()
    open(h.root + '/cache/ledger', 'r+b').write(b'XX')
    bad = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)
    check('a ledger that is damaged in its midst is not counted on', bad.proc.wait(120) == 3 and not bad.ready)
    open(h.root + '/cache/ledger', 'wb').write(whole)
    g = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)


def own_nonces():
    w = Gateway(bent.base, root, h.root + '/own', *OPTIONS, '--no-nonce')
    shown = me.show(mine, 'a nonce of my own')
    check('--no-nonce: the holder\'s own nonce passes', w.ask(token=shown)[0] == 204 and w.ask('/nonce')[0] == 404)
    says('once', w.ask(token=shown), 403, 'deny', 'holder')
    w.kill()
    w = Gateway(bent.base, root, h.root + '/own', *OPTIONS, '--no-nonce')
    says('after a kill, too', w.ask(token=shown), 403, 'deny', 'holder')
    w.stop()


def error(gw):
    return gw.ask('/healthz')[2]['last_error'] or ''


def hostile(name='trust/status/0.jwt', kind=tarfile.REGTYPE, link='', data=b'x'):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as t:
        i = tarfile.TarInfo(name)
        i.type, i.linkname, i.size = kind, link, len(data) if kind == tarfile.REGTYPE else 0
        t.addfile(i, io.BytesIO(data))
    return out.getvalue()


def trust():
    x5t = {'X_Fujie_X5T': b64u(b'1' * 32)}
    code, _, out = g.ask('/healthz')
    check('health is green, and says how old the status is', code == 200 and out['ok'] and out['status_age'] >= 0 and out['last_error'] is None and out['until'] > out['as_of'], out)
    before = bent.real()
    o.done('jc1', 'token.revoke', id=ids['gone'], reason='示例')
    gone_x5t = {'X_Fujie_X5T': b64u(b'g' * 32)}
    check('a revoked token is refused once the list is fetched', g.until(lambda: g.ask(token=gone, **gone_x5t)[0] == 403))
    says('by its status', g.ask(token=gone, **gone_x5t), 403, 'deny', 'status')
    bent.answer = before
    check('a list that goes back is kept out, and said', g.until(lambda: 'rolled back' in error(g)), error(g))
    says('and the revoked token stays refused', g.ask(token=gone, **gone_x5t), 403, 'deny', 'status')
    members = [(m.name, m.linkname, m.type, tarfile.open(fileobj=io.BytesIO(before)).extractfile(m).read()) for m in tarfile.open(fileobj=io.BytesIO(before))]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as t:
        for name, _, _, data in members:
            if '/status/' not in name:
                i = tarfile.TarInfo(name)
                i.size = len(data)
                t.addfile(i, io.BytesIO(data))
    bent.answer = out.getvalue()
    check('an answer without its lists is kept out', g.until(lambda: 'missing' in error(g)), error(g))
    for what, tar in (('a symbolic link', hostile(kind=tarfile.SYMTYPE, link='/etc/passwd')), ('..', hostile('trust/../../x.pem')), ('no archive', b'<html>' * 200)):
        bent.answer = b''
        g.until(lambda: '503' in error(g))
        bent.answer = tar
        check('an archive with %s is kept out' % what, g.until(lambda: error(g) and '503' not in error(g)) and g.ask(token=mtls, **x5t)[0] == 204, error(g))
    check('and leaves nothing in the cache', g.until(lambda: [n for n in sorted(os.listdir(h.root + '/cache')) if not n.startswith('trust-')] == ['ledger', 'lock', 'state.json']), os.listdir(h.root + '/cache'))
    bent.answer = b''
    check('with the issuer away it goes on', g.until(lambda: '503' in error(g)) and g.ask(token=mtls, **x5t)[0] == 204)


def ended(tar):
    """a publisher that has stopped: its newest list has ended"""
    first = min(int(n.split('.')[0]) for n in os.listdir(h.d + '/publish/history/status/0'))
    out, had = io.BytesIO(), tarfile.open(fileobj=io.BytesIO(tar))
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as t:
        for m in had:
            data = had.extractfile(m).read() if m.name != 'trust/status/0.jwt' else open(h.d + '/publish/history/status/0/%d.jwt' % first, 'rb').read()
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))
    bent.answer = out.getvalue()
    late = Gateway(bent.base, root, h.root + '/ended', *OPTIONS)
    says('of lists that have ended nothing passes', late.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32)), 403, 'indeterminate', 'status')
    check('and health is red', late.ask('/healthz')[0] == 503)
    bent.answer = None
    check('until there are new ones', late.until(lambda: late.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204))
    late.stop()


def restarts():
    global g
    g.kill()
    g = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)
    check('and starts again from its cache', g.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204)
    says('where what was revoked stays so', g.ask(token=gone, X_Fujie_X5T=b64u(b'g' * 32)), 403, 'deny', 'status')
    cold = Gateway(bent.base, root, h.root + '/cold', *OPTIONS)
    says('without a cache everything is refused', cold.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32)), 403, 'indeterminate', 'status')
    check('and health is red', cold.ask('/healthz')[0] == 503)
    bent.answer = None
    check('until the issuer is back', cold.until(lambda: cold.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204))
    check('a second process is kept from the cache', subprocess.run([B + '/fujie-gateway', '--listen', '127.0.0.1:0', '--issuer', bent.base, '--root', root, '--dir', h.root + '/cold'],
                                                                     capture_output=True, timeout=300).returncode == 3)
    cold.stop()
    ended(bent.real())
    wrong = Gateway(bent.base, 'ab' * 32, h.root + '/wrong', *OPTIONS)
    says('under another root nothing passes', wrong.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32)), 403, 'indeterminate', 'status')
    check('and it says why', 'root' in error(wrong), error(wrong))
    wrong.stop()
    run = lambda *a: subprocess.run([B + '/fujie-gateway', *a], capture_output=True, timeout=300).returncode
    check('a cache of one root is not taken for another\'s', run('--listen', '127.0.0.1:0', '--issuer', bent.base, '--root', 'cd' * 32, '--dir', h.root + '/cold') == 3)
    for a in (('--listen', '0.0.0.0:0', '--issuer', bent.base, '--root', root, '--dir', h.root + '/x'), ('--listen', '127.0.0.1:0', '--issuer', 'ftp://x', '--root', root, '--dir', 'x'),
              ('--listen', '127.0.0.1:0', '--issuer', bent.base, '--root', 'ab', '--dir', 'x'), ('--listen', '127.0.0.1:0', '--issuer', bent.base, '--dir', 'x'), ('--nothing',),
              ('--listen', '127.0.0.1:0', '--issuer', bent.base, '--root', root, '--dir', 'x', '--use', 'acton=QUERY')):
        check('wrong use: %s' % (a[1:2] + a[-2:],), run(*a) == 2)
    time.sleep(1.1)
    stale = Gateway(bent.base, root, h.root + '/stale', *OPTIONS, '--max-age', '1s')
    says('status older than is allowed', stale.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32)), 403, 'indeterminate', 'freshness')
    check('is red', stale.ask('/healthz')[0] == 503)
    stale.stop()


def sockets():
    path = h.root + '/g.sock'
    u = Gateway(bent.base, root, h.root + '/unix', *OPTIONS, listen='unix:' + path)
    check('a socket file, for its owner and group', u.ask(token=mtls, X_Fujie_X5T=b64u(b'1' * 32))[0] == 204 and stat.S_IMODE(os.stat(path).st_mode) == 0o660)
    u.kill()
    u = Gateway(bent.base, root, h.root + '/unix', *OPTIONS, listen='unix:' + path, tool='/fujie-verify')
    check('one that a kill left behind is taken over; the tool starts the same program', u.ask('/healthz')[0] == 200)
    check('it ends when told', u.stop() == 0)


def watching():
    files = {}
    for name, text in (('mine', mine), ('gone', gone)):
        files[name] = h.root + '/' + name + '.jwt'
        open(files[name], 'w').write(text)
    dau = h.demo['authorisations'][0]['number']
    listed = h.root + '/list'
    open(listed, 'w').write('# what we rely on\n%s\n%s\n%s\nDAU-000000-000000-000000-X\n' % (dau, files['mine'], files['gone']))

    def once():
        r = subprocess.run([B + '/fujie-verify', 'watch', listed, '--issuer', bent.base, '--root', root, '--dir', h.root + '/watch', '--once'], capture_output=True, text=True, timeout=300)
        return r.returncode, {json.loads(l)['item']: json.loads(l) for l in r.stdout.splitlines()}

    code, first = once()
    check('watch tells the present state first', code == 1 and {k: v['verdict'] for k, v in first.items()} ==
          {dau: 'permit', files['mine']: 'permit', files['gone']: 'deny', 'DAU-000000-000000-000000-X': 'indeterminate'} and all(v['was'] is None for v in first.values()), first)
    check('and then what changes', once() == (1, {}))
    o.done('jc1', 'token.suspend', id=ids['mine'], reason='示例')
    changed = {}
    for _ in range(300):
        changed = once()[1]
        if changed:
            break
        time.sleep(0.2)
    check('one line for the one that did', list(changed) == [files['mine']] and changed[files['mine']]['verdict'] == 'deny' and changed[files['mine']]['was'] == 'permit', changed)
    folder = h.d + '/publish/trust/authorisations/'
    claims = {n[:-4]: json.loads(base64.urlsafe_b64decode(open(folder + n).read().split('.')[1] + '==')) for n in os.listdir(folder) if n.endswith('.jwt')}
    usci = claims[dau]['operator']['usci']
    theirs = {n for n, p in claims.items() if usci in [p[k]['usci'] for k in ('holder', 'implementer', 'operator')]}
    open(listed, 'w').write('%s\n91440300DEMA99999X\n' % usci)
    shutil.rmtree(h.root + '/watch')
    code, first = once()
    check('an organisation stands for each authorisation that names it, and no other', code == 1 and set(first) == theirs | {'91440300DEMA99999X'} and theirs < set(claims), (set(first), theirs))
    check('one that none names is open', first['91440300DEMA99999X']['verdict'] == 'indeterminate', first)
    open(listed, 'w').write('LT-1234\n')
    check('a token\'s number is published nowhere', once()[0] == 2)


OPTIONS = ('--audience', AUDIENCE, '--use', USE, '--refresh', '1s')
h = Home()
o = Officers(h)
g = bent = None
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    me = Holder(h.root)
    user = {'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}
    (a, b), (mine, crossed) = issued(o, [{**user, 'jwk': me.jwk}, {**user, 'jwk': Holder(h.root, 'second').jwk}], binding='key')
    (c, d), (mtls, gone) = issued(o, [{**user, 'x5t': b64u(b'1' * 32)}, {**user, 'x5t': b64u(b'g' * 32)}])
    (e,), (counted,) = issued(o, [{**user, 'x5t': b64u(b'q' * 32)}], quota={'unit': 'CALLS', 'limit': 50})
    (f,), (big,) = issued(o, [{**user, 'x5t': b64u(b'r' * 32)}], quota={'unit': 'CALLS', 'limit': 10})
    (i,), (lines,) = issued(o, [{**user, 'x5t': b64u(b's' * 32)}], quota={'unit': 'ROWS', 'limit': 1000})
    ids = {'mine': a, 'gone': d, 'counted': e, 'big': f, 'lines': i}
    root = root_of(h)
    bent = Issuer(h.url(''))
    g = Gateway(bent.base, root, h.root + '/cache', *OPTIONS)
    check('a gateway is ready with the trust it fetched', g.port > 0)
    for part in (holders, bindings, second_hierarchy, uses, quotas, own_nonces, trust, restarts, sockets, watching):
        part()
    check('and ends when told', g.stop() == 0)
except Exception as e:
    import traceback
    traceback.print_exc()
    check('the test ran to its end', False, e)
finally:
    if g:
        g.proc.kill()
    if bent:
        bent.close()
    h.close()
finish()
