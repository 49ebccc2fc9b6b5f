"""Accounts over real HTTP and TLS: enrolment, signing in by telephone, UKey and recovery
code, sessions, passwords, API tokens, slowing down; and what an attacker tries with
each.  Certificates are made by openssl; curl holds some of the client's."""
import http.cookiejar, re, ssl, urllib.parse
from lib import *

HUBEI = '11420000DEMA00013M'
GOOD, OTHER, LEAKED = 'tulip reads four maps', 'Nebel-Tasse-Uhu-17 blau', 'heron lamp sixty-one rivers'
steps = {}  # uri: the last step of it that was used


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *a):
        return None


class Tls(Home):
    """served under TLS, which asks for client certificates"""

    def pki(self):
        def run(*a):
            subprocess.run(['openssl'] + list(a), cwd=self.root, check=True, capture_output=True)

        def authority(name):
            run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', name + '.key', '-out', name + '.pem', '-subj', '/CN=authority', '-days', '30')

        def client(name, ca, days='30', key=None, ext='extendedKeyUsage=clientAuth'):
            if key is None:
                run('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', name + '.key')
            else:
                shutil.copy(self.root + '/%s.key' % key, self.root + '/%s.key' % name)
            run('req', '-new', '-key', name + '.key', '-out', name + '.csr', '-subj', '/CN=officer')
            open(self.root + '/ext', 'w').write(ext + '\n')
            run('x509', '-req', '-in', name + '.csr', '-CA', ca + '.pem', '-CAkey', ca + '.key', '-set_serial', str(1 + len(os.listdir(self.root))), '-days', days, '-extfile', 'ext', '-out', name + '.pem')

        authority('ukey-ca')
        authority('forger')  # the same name, another key
        run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'tls.key', '-out', 'tls.pem', '-subj', '/CN=localhost', '-addext',
            'subjectAltName=IP:127.0.0.1', '-days', '30')
        client('mine', 'ukey-ca')
        client('other', 'ukey-ca')
        client('renewed', 'ukey-ca', key='mine')
        client('expired', 'ukey-ca', days='-1', key='mine')
        client('forged', 'forger', key='mine')
        client('server', 'ukey-ca', key='mine', ext='extendedKeyUsage=serverAuth')
        client('nophone', 'ukey-ca')

    def ini(self, **keys):
        """lines into [portal] and [account]"""
        text = open(self.d + '/fujie.ini').read()
        for section, lines in keys.items():
            text = text.replace('[%s]\n' % section, '[%s]\n' % section + ''.join('%s = %s\n' % (k, v) for k, v in lines.items()))
        open(self.d + '/fujie.ini', 'w').write(text)

    def context(self, cert=None):
        c = ssl.create_default_context(cafile=self.root + '/tls.pem')
        if cert:
            c.load_cert_chain(self.root + '/%s.pem' % cert, self.root + '/%s.key' % cert)
        return c

    def wait_up(self):
        for _ in range(1800):
            try:
                urllib.request.urlopen('https://127.0.0.1:%d/login' % self.p, timeout=2, context=self.context()).read()
                return True
            except OSError:
                time.sleep(0.1)
        return False

    def api(self, method, path, body=None, token=None, cert=None, head=None):
        req = urllib.request.Request('https://127.0.0.1:%d%s' % (self.p, path), method=method, data=None if body is None else json.dumps(body).encode(), headers=head or {})
        if token:
            req.add_header('Authorization', 'Bearer ' + token)
        try:
            with urllib.request.urlopen(req, timeout=300, context=self.context(cert)) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b'{}')


class Browser:
    """one with cookies of its own, and perhaps a UKey; follows no redirection by itself"""

    def __init__(self, cert=None, agent='Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36'):
        self.jar = http.cookiejar.CookieJar()
        self.o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), NoRedirect, urllib.request.HTTPSHandler(context=h.context(cert)))
        self.o.addheaders = [('Accept', 'text/html'), ('User-Agent', agent), ('Accept-Language', 'en')]

    def ask(self, path, form=None, **head):
        req = urllib.request.Request('https://127.0.0.1:%d%s' % (h.p, path), None if form is None else urllib.parse.urlencode(form, doseq=True).encode(),
                                     {k.replace('_', '-'): v for k, v in head.items()})
        try:
            r = self.o.open(req, timeout=300)
            return r.status, r.read().decode(), r.headers
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode(), e.headers

    def sign_in(self, login, password, code='', **head):
        return self.ask('/login', {'login': login, 'password': password, 'totp': code}, **head)

    def csrf(self, path='/account'):
        m = re.search('name="csrf" value="([^"]+)"', self.ask(path)[1])
        return m.group(1) if m else ''

    def post(self, path, form):
        return self.ask(path, dict({'once': os.urandom(11).hex()}, **form, csrf=self.csrf('/account/password')))

    def cookie(self, name='__Host-fujie'):
        return next((c.value for c in self.jar if c.name == name), None)

    def is_in(self):
        return self.ask('/account')[0] == 200


def code(uri):
    """the next code of this key: each works once, three are in reach"""
    while True:
        now = int(time.time()) // 30
        step = max(steps.get(uri, 0) + 1, now - 1)
        if step <= now + 1:
            steps[uri] = step
            return totp(uri, step)
        time.sleep(0.5)


def enrol(login, code_, password, factor=None, browser=None):
    return (browser or Browser()).ask('/enrol', {'login': login, 'code': code_, 'password': password, 'again': password, **({'factor': factor} if factor else {})})


def invite(login, roles=('FINANCE',), person=None):
    asked, given = two('hb-fin1', 'hb-fin2', 'user.add', login=login, name=login + '（虚构）', person=person or 'p-' + login, org=HUBEI, roles=list(roles))
    return asked['code_first'] + '-' + given['code_second']


def hire(login, roles=('FINANCE',), password=GOOD):
    """(telephone's address, recovery codes)"""
    status, page, _ = enrol(login, invite(login, roles), password)
    secret = re.search('<p class="mono">([A-Z2-7 ]+)</p>', page)
    return 'otpauth://totp/x?secret=%s&' % secret.group(1).replace(' ', ''), re.findall('<li>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</li>', page)


def reset(login, what, password):
    asked, given = two('hb-fin1', 'hb-fin2', 'user.reset', login=login, what=what)
    return enrol(login, asked['code_first'] + '-' + given['code_second'], password)[1]


def signed(login, uri, password=GOOD, **kw):
    b = Browser(**kw)
    status, page, head = b.sign_in(login, password, code(uri))
    assert status == 303, page
    return b


def db(sql, *args):
    import sqlite3
    c = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=300)
    try:
        return c.execute(sql, args).fetchall()
    finally:
        c.close()


def enrolment():
    code_ = invite('ada')
    for what, password in (('too short', 'h3f9k2m7q4x'), ('a common one', 'Password123!'), ('keys in a row', '1qaz2wsx3edc'), ('a Chinese favourite', 'woaini5201314'),
                           ('the login', 'ada-ada-ada-1'), ('the organisation', HUBEI), ('one that has leaked', LEAKED)):
        status, page, _ = enrol('ada', code_, password)
        check('a password that is %s is refused, and says what to do' % what, status == 422 and 'role="alert"' in page and password not in page, (status, page[-300:]))
    check('a wrong code is refused', enrol('ada', code_[:-1] + ('0' if code_[-1] != '0' else '1'), GOOD)[0] == 401)
    check('a code is of its login alone', enrol('hb-fin1', code_, GOOD)[0] == 401)
    b = Browser()
    check('what is typed in two ways is not taken', b.ask('/enrol', {'login': 'ada', 'code': code_, 'password': GOOD, 'again': OTHER})[0] == 422)
    check('a form of another site is not taken', b.ask('/enrol', {'login': 'ada', 'code': code_, 'password': GOOD, 'again': GOOD}, Sec_Fetch_Site='cross-site')[0] == 403)
    check('a UKey that nobody has bound is no factor', enrol('ada', code_, GOOD, 'certificate')[0] == 422)
    status, page, head = enrol('ada', code_, GOOD)
    codes = re.findall('<li>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</li>', page)
    check('with a good one the telephone is shown as QR code and text, with ten recovery codes, kept by nobody on the way',
          status == 200 and '<svg class="qr"' in page and len(set(codes)) == 10 and head['Cache-Control'] == 'no-store', page[-500:])
    check('and the code is used up', enrol('ada', code_, OTHER)[0] == 401)
    uri = 'otpauth://totp/x?secret=%s&' % re.search('<p class="mono">([A-Z2-7 ]+)</p>', page).group(1).replace(' ', '')
    dump = open(h.d + '/register.db', 'rb').read() + open(h.d + '/register.db-wal', 'rb').read()
    check('neither password nor recovery codes stand in the register', GOOD.encode() not in dump and not any(c.encode() in dump or c.replace('-', '').encode() in dump for c in codes))
    hashes = db("SELECT password FROM user_secret WHERE login = 'ada'")[0][0]
    check('the password is argon2id with 64 MiB and three passes', hashes.startswith('$argon2id$v=19$m=65536,t=3,p=1$'), hashes)
    return uri, codes


def signing_in(uri, codes):
    b = Browser()
    fixed = 'A' * 43
    b.ask('/login', None, Cookie='__Host-fujie=' + fixed)
    c = code(uri)
    status, page, head = b.sign_in('ada', GOOD, c, Cookie='__Host-fujie=' + fixed)
    set_ = head.get_all('Set-Cookie')
    session = next(x for x in set_ if x.startswith('__Host-fujie='))
    known = next((x for x in set_ if x.startswith('__Host-fujie-known=')), '')
    check('signing in leads home', status == 303 and head['Location'] == '/', (status, page[-300:]))
    check('the session\'s cookie is of this host, for https and no script, sent by no other site', all(a in session for a in ('; Path=/', '; HttpOnly', '; SameSite=Strict', '; Secure')) and 'Domain' not in session, session)
    check('so is the one by which the browser is known', all(a in known for a in ('; Path=/', '; HttpOnly', '; SameSite=Strict', '; Secure', '; Max-Age=')), known)
    check('a session that was put there before is worth nothing', fixed not in session and b.cookie() != fixed and
          Browser().ask('/account', None, Cookie='__Host-fujie=' + fixed)[0] == 303)
    check('and no token stands in the register as it is', b.cookie().encode() not in open(h.d + '/register.db', 'rb').read() + open(h.d + '/register.db-wal', 'rb').read())
    first = b.cookie()
    check('the same code a second time is refused', Browser().sign_in('ada', GOOD, c)[0] == 401)
    check('a code of before the last one is refused', Browser().sign_in('ada', GOOD, totp(uri, steps[uri] - 1))[0] == 401)
    check('no code, and another\'s, are refused', Browser().sign_in('ada', GOOD, '')[0] == 401 and Browser().sign_in('ada', GOOD, code(h.login('hb-fin3')['totp']))[0] == 401)
    status, page, head = b.sign_in('ada', GOOD, code(uri))
    check('signing in again ends the session before', status == 303 and b.cookie() != first and Browser().ask('/account', None, Cookie='__Host-fujie=' + first)[0] == 303)
    check('a browser that is known gets no second name', '__Host-fujie-known' not in ''.join(head.get_all('Set-Cookie')))
    check('a form of another site signs nobody in', Browser().sign_in('ada', GOOD, code(uri), Sec_Fetch_Site='cross-site')[0] == 403)

    r = Browser()
    status, page, head = r.sign_in('ada', GOOD, codes[0].upper().replace('-', ' '))
    check('a recovery code stands in for the telephone', status == 303 and head['Location'] == '/account/recovery?used=1', (status, page[-200:]))
    check('which is told, with what is left', 'it is used up' in r.ask('/account/recovery?used=1')[1] and 'Codes left: 9' in r.ask('/account/recovery')[1])
    check('once', Browser().sign_in('ada', GOOD, codes[0])[0] == 401)
    check('not for another user', Browser().sign_in('hb-fin3', h.login('hb-fin3')['password'], codes[1])[0] == 401)
    check('and not without the password', Browser().sign_in('ada', OTHER, codes[1])[0] == 401)
    page = b.ask('/account/signins')[1]
    check('it stands among the sign-ins, and so do the failures', 'Recovery code' in page and 'Failed' in page and 'Telephone' in page and '127.0.0.1' in page)
    return b, r


def words():
    wrong = [Browser().sign_in('ada', OTHER, '000000'), Browser().sign_in('no-such-user-here', GOOD, '000000'), Browser().sign_in('ada', GOOD, '000000')]
    shown = [re.sub('value="[^"]*"', '', p) for _, p, _ in wrong]
    check('wrong password, unknown login and wrong code are one answer', len({s for s, _, _ in wrong}) == 1 and wrong[0][0] == 401 and shown[0] == shown[1] == shown[2])
    check('of a login that there is not, nothing is kept but the try', db("SELECT COUNT(*) FROM signin WHERE login = 'no-such-user-here'")[0][0] == 0 and
          db("SELECT COUNT(*) FROM signin WHERE login = '' AND what = 'WRONG'")[0][0] >= 1)
    code_, out = h.api('GET', '/api/v1/signin/list?unknown=true', None, officers.token('auditor'))
    check('which auditors see', code_ == 200 and out['items'] and all(i['login'] == '' for i in out['items']), out)
    refused('and a holder\'s officer does not', officers.do('hbsw1', 'signin.list', unknown=True), 'R40')


def throttling(uri, known):
    for _ in range(8):
        last = Browser().sign_in('ada', OTHER, '000000')
    check('who guesses has to wait', last[0] == 401 and 'try again in' in last[1], last[1][-300:])
    check('so does a stranger with the right password', 'try again in' in Browser().sign_in('ada', GOOD, code(uri))[1])
    for _ in range(8):
        unknown = Browser().sign_in('nobody-of-this-name', OTHER, '000000')
    check('and who guesses at a login that there is not, in the same words', re.sub(r'\d+', 'N', re.search('role="alert">(.*?)</div>', unknown[1], re.S).group(1)) ==
          re.sub(r'\d+', 'N', re.search('role="alert">(.*?)</div>', last[1], re.S).group(1)))
    check('the browser that is known is let in meanwhile', known.sign_in('ada', GOOD, code(uri))[0] == 303)
    known.sign_in('ada', OTHER, '000000')
    check('its own failures count apart', known.sign_in('ada', GOOD, code(uri))[0] == 303)
    check('the other officers notice nothing', h.session('hb-fin3') is not None)
    l = {'login': 'ada', 'password': GOOD, 'totp': uri}
    h.demo['logins'].append(l)
    r = subprocess.run([B + '/fujie', 'account', 'show', '--dir', h.d, '--json', '--as', 'ada'], capture_output=True, text=True, env=dict(os.environ, FUJIE_PASSWORD=GOOD, FUJIE_TOTP=code(uri)), timeout=300)
    check('nor does who is let in to the home', r.returncode == 0 and json.loads(r.stdout)['login'] == 'ada', r.stdout + r.stderr)
    jar = Browser()
    jar.sign_in('ada', OTHER, '0', Cookie='__Host-fujie-known=' + 'B' * 43)
    check('a cookie that was made up names no browser', 'try again in' in jar.sign_in('ada', OTHER, '0', Cookie='__Host-fujie-known=' + 'B' * 43)[1])
    rows = db("SELECT times FROM signin WHERE login = 'ada' AND what = 'WAIT'")
    check('failures that are alike are one line', rows and max(r[0] for r in rows) >= 1 and len(db("SELECT n FROM signin WHERE login = 'ada' AND what IN ('WRONG', 'WAIT')")) < 15)


def sessions():
    evil = signed('bea', bea, agent='<script>alert(1)</script> Mozilla/5.0 ' + 'x' * 400)
    page = evil.ask('/account/sessions')[1]
    check('what a browser calls itself is cut and harmless', '<script>alert' not in page and '&lt;script&gt;alert' in page and 'x' * 121 not in page and 'This session' in page)
    one, two_ = signed('bea', bea), h.api('POST', '/api/v1/session', {'login': 'bea', 'password': GOOD, 'totp': code(bea)})[1]['token']
    items = h.api('GET', '/api/v1/session/list', None, two_)[1]['items']
    check('my sessions are listed, the one that asks is marked, none of another\'s', len(items) == 3 and [i['this'] for i in items].count(True) == 1 and {i['door'] for i in items} == {'portal', 'api'} and
          {i['login'] for i in items} == {'bea'}, items)
    other = next(i['id'] for i in items if i['door'] == 'portal' and i['browser'].startswith('<script>'))
    check('nobody else ends them or knows of them', [officers.do(w, 'session.end', id=other)[0] for w in ('hbsw1', 'gz-fin1')] == [404, 404])
    refused('nor sees them', officers.do('hbsw1', 'session.list', login='bea'), 'R40')
    check('an end without the form\'s token ends nothing', one.ask('/account/sessions', {'id': other})[0] == 403 and evil.is_in())
    check('one is ended', one.post('/account/sessions', {'id': other})[0] == 303 and not evil.is_in() and one.is_in())
    check('then all others', one.post('/account/sessions', {'others': '1'})[0] == 303 and h.api('GET', '/api/v1/account/show', None, two_)[0] == 401 and one.is_in())
    check('an officer of the office ends a user\'s', officers.done('hb-fin1', 'session.list', login='bea')['items'] and officers.done('hb-fin1', 'session.clear', login='bea')['sessions_ended'] == 1 and not one.is_in())
    refused('another department does not', officers.do('gz-fin1', 'session.clear', login='bea'), 'R40')
    check('and who did it stands in the user\'s list', 'hb-fin1' in [i['done_by'] for i in officers.done('hb-fin1', 'signin.list', login='bea')['items']])


def passwords():
    b, other = signed('pia', pia), signed('pia', pia)
    change = lambda cur, new, again=None: b.post('/account/password', {'current': cur, 'password': new, 'again': new if again is None else again})
    check('a form without the session\'s token changes nothing', b.ask('/account/password', {'current': GOOD, 'password': OTHER, 'again': OTHER})[0] == 403)
    check('the present password has to be known', change(OTHER, OTHER)[0] == 401)
    for what, new in (('the same', GOOD), ('a weak one', 'Zhangwei123456'), ('one that has leaked', LEAKED)):
        check('%s is not taken' % what, change(GOOD, new)[0] == 422)
    check('it is changed', change(GOOD, OTHER)[0] == 303 and b.is_in())
    check('the other sessions are over', not other.is_in())
    check('the old one is one no more', Browser().sign_in('pia', GOOD, code(pia))[0] == 401 and Browser().sign_in('pia', OTHER, code(pia))[0] == 303)
    for _ in range(7):
        last = change('wrong ' + GOOD, OTHER)
    check('who sits at an open session and guesses has to wait', 'try again in' in last[1], last[1][-200:])
    a = officers.token('auditor')
    check('an auditor sees to his own account, and that is no act on the register', h.api('POST', '/api/v1/account/recovery', {'current': h.login('auditor')['password']}, a)[0] == 200)


def forced():
    b = signed('cleo', cleo)
    refused('a user demands it of nobody', officers.do('hbsw1', 'user.expire', login='cleo'), 'domain.md 6')
    officers.done('hb-fin1', 'user.expire', login='cleo')
    status, _, head = b.ask('/inbox')
    check('who has to change his password can do nothing before', status == 303 and head['Location'] == '/account/password' and b.ask('/account/password')[0] == 200)
    t = h.api('POST', '/api/v1/session', {'login': 'cleo', 'password': GOOD, 'totp': code(cleo)})[1]['token']
    code_, out = h.api('GET', '/api/v1/asset/list', None, t)
    check('nor at the API, whose refusal says so', code_ == 403 and 'changed' in out['detail']['en'] and out['detail']['zh'], out)
    check('nor approve anything', h.api('POST', '/api/v1/approval/approve', {'id': 'AP-x'}, t)[0] == 403)
    check('after that all is as before', b.post('/account/password', {'current': GOOD, 'password': OTHER, 'again': OTHER})[0] == 303 and b.ask('/inbox')[0] == 200)
    officers.done('hb-fin1', 'user.expire', login='cleo')
    page = reset('cleo', 'factor', OTHER)
    fresh = 'otpauth://totp/x?secret=%s&' % re.search('<p class="mono">([A-Z2-7 ]+)</p>', page).group(1).replace(' ', '')
    n = Browser()
    check('a new telephone does not free from it', n.sign_in('cleo', OTHER, code(fresh))[2]['Location'] == '/account/password' and n.ask('/inbox')[2]['Location'] == '/account/password')
    reset('cleo', 'password', GOOD)
    check('a new password that was set by a reset does', n.sign_in('cleo', GOOD, code(fresh))[2]['Location'] == '/' and n.ask('/inbox')[0] == 200)


def telephone():
    b, other = signed('dora', dora), signed('dora', dora)
    last = steps[dora]
    now = code(dora)
    check('a new telephone needs password and the present one', b.post('/account/factor', {'current': OTHER, 'code': now})[0] == 401 and b.post('/account/factor', {'current': GOOD, 'code': '000000'})[0] == 401 and
          b.post('/account/factor', {'current': GOOD, 'code': totp(dora, last)})[0] == 401)
    status, page, _ = b.post('/account/factor', {'current': GOOD, 'code': now})
    fresh = 'otpauth://totp/x?secret=%s&' % re.search('<p class="mono">([A-Z2-7 ]+)</p>', page).group(1).replace(' ', '')
    check('it is shown', status == 200 and '<svg class="qr"' in page and fresh != dora)
    check('until it is confirmed the old one counts', Browser().sign_in('dora', GOOD, totp(fresh))[0] == 401 and Browser().sign_in('dora', GOOD, code(dora))[0] == 303)
    check('a code of the old one does not confirm it', b.post('/account/confirm', {'code': totp(dora)})[0] == 401)
    check('one of its own does', b.post('/account/confirm', {'code': code(fresh)})[0] == 303 and b.is_in() and not other.is_in())
    check('then the old one is none', Browser().sign_in('dora', GOOD, code(dora))[0] == 401 and Browser().sign_in('dora', GOOD, code(fresh))[0] == 303)
    check('confirming twice is refused', b.post('/account/confirm', {'code': code(fresh)})[0] == 409)


def tokens():
    b = signed('emil', emil)
    make = lambda **f: b.post('/account/tokens', dict({'name': 'nightly <b>job</b>', 'scope': 'asset:read\ncertificate.suspend', 'current': GOOD}, **f))
    refusals = [make(current=OTHER)[0], make(scope='moon:read')[0], make(scope='account.password')[0], make(until='2020-01-01')[0], make(until=time.strftime('%Y-%m-%d', time.gmtime(time.time() + 400 * 86400)))[0]]
    check('no token without the password, with an unknown scope, over the own account, in the past, for more than a year', refusals == [401, 422, 422, 422, 422], refusals)
    key = os.urandom(11).hex()
    status, page, _ = make(once=key)
    m = re.search('(fjt-[A-Za-z0-9_-]{43})', page)
    check('what was made is not offered to be made again', 'name="name"' in page and 'asset:read\ncertificate.suspend</textarea>' not in page and 'nightly &lt;b&gt;job&lt;/b&gt;"' not in page)
    again, other, _ = make(once=key)
    check('loading that answer again makes no second one, and shows none', again == 409 and 'fjt-' not in other and 'was sent already' in other and 'fjt-' not in b.ask('/done/' + key)[1] and
          [t['name'] for t in h.api('GET', '/api/v1/apitoken/list', None, b.cookie())[1]['items']].count('nightly <b>job</b>') == 1, (again, other[-600:]))
    check('nor is one made by a form without its key', make(once='')[0] == 400)
    check('a token is shown once', status == 200 and m and 'fjt-' not in b.ask('/account/tokens')[1] and '&lt;b&gt;job' in page and '<b>job' not in page, page[-400:])
    t = m.group(1)
    check('and kept as a hash', t.encode() not in open(h.d + '/register.db', 'rb').read() + open(h.d + '/register.db-wal', 'rb').read())
    api = lambda verb, token=t, **body: h.api('POST', '/api/v1/' + verb.replace('.', '/'), body, token)
    check('it does what its scope names', api('asset.list')[0] == 200 and api('certificate.suspend', number='DAC-420000-202699-000001-2', reason='x')[0] not in (401, 403))
    beyond = {c: api(c, **p)[0] for c, p in {'certificate.list': {}, 'certificate.resume': {'number': 'x', 'reason': 'x'}, 'asset.freeze': {'asset': 'x', 'reason': 'x'}, 'user.show': {'login': 'emil'},
              'approval.approve': {'id': 'x'}, 'session.list': {}, 'session.clear': {}, 'apitoken.list': {}, 'apitoken.add': {'name': 'x', 'scope': ['*:write'], 'current': GOOD},
              'account.password': {'current': GOOD, 'password': OTHER}, 'account.recovery': {'current': GOOD}, 'signin.list': {}}.items()}
    check('and nothing beyond it', set(beyond.values()) == {403}, beyond)
    code_, out = api('certificate.list')
    check('which is said in both languages', 'scope' in out['detail']['en'] and '权限' in out['detail']['zh'], out)
    check('it is no cookie and opens no page', Browser().ask('/account', None, Cookie='__Host-fujie=' + t)[0] == 303 and Browser().ask('/inbox', None, Authorization='Bearer ' + t)[0] == 303 and
          Browser().ask('/api/v1/asset', None, Cookie='__Host-fujie=' + t)[0] == 401)
    wide = re.search('(fjt-[A-Za-z0-9_-]{43})', make(name='wide', scope='*:read\n*:write')[1]).group(1)
    ap = officers.done('hb-fin1', 'user.add', login='x-%d' % os.getpid(), name='x', person='p-x-%d' % os.getpid(), org=HUBEI, roles=['FINANCE'])['approval']
    check('all of reading and writing does not decide for a second officer', api('approval.approve', wide, id=ap)[0] == 403 and api('approval.reject', wide, id=ap, note='x')[0] == 403)
    ways = {'user.bind': {'login': 'cleo', 'spki_sha256': '0' * 64, 'label': 'x'}, 'user.unbind': {'login': 'cleo', 'spki_sha256': '0' * 64}, 'user.expire': {'login': 'cleo'}, 'user.reset': {'login': 'cleo', 'what': 'factor'}}
    check('nor touches anybody\'s way in', {api(c, wide, **p)[0] for c, p in ways.items()} == {403})
    named = re.search('(fjt-[A-Za-z0-9_-]{43})', make(name='named', scope='user.unbind\nuser.expire')[1]).group(1)
    check('one that names it does', [api(c, named, **ways[c])[0] for c in ways] == [403, 404, 200, 403])
    refused('but its own user\'s UKey is not the token\'s to take', api('user.unbind', named, login='emil', spki_sha256='0' * 64), 'domain.md decision 10')
    refused('a token is nobody\'s deputy', api('asset.freeze', wide, asset='x', reason='x', behalf='hb-fin1'), 'domain.md decision 10')
    deciding = re.search('(fjt-[A-Za-z0-9_-]{43})', make(name='decides', scope='approval.reject')[1]).group(1)
    check('one that names it does', api('approval.reject', deciding, id=ap, note='示例')[0] == 200)
    e = h.cli('event', 'list', '--object', ap)[1]['items'][-1]
    listed = h.api('GET', '/api/v1/apitoken/list', None, b.cookie())[1]['items']
    check('and the event names the token', e['body'].get('api_token') in [i['id'] for i in listed if i['name'] == 'decides'], e)
    mine = {i['name']: i for i in listed}
    check('tokens are listed with scope, end and last use', mine['wide']['last_used'] and mine['wide']['scope'] == ['*:read', '*:write'] and mine['wide']['until'] > time.strftime('%Y-%m-%d'), mine['wide'])
    r = subprocess.run([B + '/fujie', 'asset', 'list', '--dir', h.d, '--json'], capture_output=True, text=True, env=dict(os.environ, FUJIE_TOKEN=t), timeout=300)
    s = subprocess.run([B + '/fujie', 'certificate', 'list', '--dir', h.d, '--json'], capture_output=True, text=True, env=dict(os.environ, FUJIE_TOKEN=t), timeout=300)
    check('the command line takes one too, within its scope', r.returncode == 0 and s.returncode == 1, r.stderr + s.stdout)
    check('nobody else ends it', officers.do('hbsw1', 'apitoken.end', id=mine['wide']['id'])[0] == 404)
    status, _, head = b.post('/account/tokens/%s/end' % mine['wide']['id'], {})
    check('its user does', status == 303 and api('asset.list', wide)[0] == 401)
    check('which is told when it is so, and not by an address', '"status">Ended.<' in b.ask(head['Location'])[1] and
          all('"status">Ended.<' not in b.ask('/account/tokens?done=' + x)[1] for x in ('1', next(t['id'] for t in mine.values() if t['name'] == 'decides'))), head['Location'])
    check('pages of all commands lead here, and make nothing', all((lambda a: a[0] == 303 and a[2]['Location'] == '/account/tokens')(b.post('/do/apitoken/add', dict(f))) for f in
          ({}, {'name': 'x', 'scope': '*:read', 'current': GOOD}, {'name': 'x', 'scope': '*:read', 'current': GOOD, 'step': 'draft'})) and
          'x' not in [t['name'] for t in h.api('GET', '/api/v1/apitoken/list', None, b.cookie())[1]['items']] and b.ask('/do/account/password')[2]['Location'] == '/account/password')
    check('one that is none, or half of one, is nobody', api('asset.list', 'fjt-' + 'A' * 43)[0] == 401 and api('asset.list', t[:-1])[0] == 401)
    officers.done('hb-fin1', 'user.suspend', login='emil', cause='LEAKING', reason='示例')
    check('who is suspended has no token and no session', api('asset.list')[0] == 401 and not b.is_in())
    two('hb-fin1', 'hb-fin2', 'user.reinstate', login='emil', reason='示例')
    check('and a token does not come back with him', api('asset.list')[0] == 401)


def curl(path, *more, cert=None, data=None):
    cmd = ['curl', '-s', '-i', '--cacert', h.root + '/tls.pem', '-H', 'Accept: text/html', '-H', 'Accept-Language: en', 'https://127.0.0.1:%d%s' % (h.p, path)] + list(more)
    if cert:
        cmd += ['--cert', '%s/%s.pem' % (h.root, cert), '--key', '%s/%s.key' % (h.root, cert)]
    for k, v in (data or {}).items():
        cmd += ['--data-urlencode', '%s=%s' % (k, v)]
    return subprocess.run(cmd, capture_output=True, text=True, timeout=300).stdout


def ukeys():
    pem = open(h.root + '/mine.pem').read()
    form = {'login': 'fay', 'password': GOOD, 'totp': ''}
    kept = signed('fay', fay)
    check('a UKey that is bound to nobody lets nobody in', '401' in curl('/login', cert='mine', data=form).split('\n')[0])
    asked = officers.done('hb-fin1', 'user.bind', login='fay', certificate=pem, label='UKey 0001（虚构）')
    check('nor one that one officer alone has bound', '401' in curl('/login', cert='mine', data=form).split('\n')[0])
    refused('who asks for it does not approve it', officers.do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    f = h.api('POST', '/api/v1/session', {'login': 'fay', 'password': GOOD, 'totp': code(fay)})[1]['token']
    code_, out = h.api('POST', '/api/v1/approval/approve', {'id': asked['approval']}, f)
    check('nor does who gets it', code_ in (403, 409) and out.get('rule') == 'R22', out)
    officers.done('hb-fin2', 'approval.approve', id=asked['approval'])
    answer = curl('/login', cert='mine', data=form)
    check('two officers bind it; with it and the password its user is in, without a code (curl)', ' 303' in answer.split('\n')[0] and '\nLocation: /\n' in answer, answer[:300])
    check('the password is needed all the same', '401' in curl('/login', cert='mine', data=dict(form, password=OTHER)).split('\n')[0])
    check('the page says that it was read', 'was read' in curl('/login', cert='mine'))
    check('a renewed certificate of the same key goes on', ' 303' in curl('/login', cert='renewed', data=form).split('\n')[0])
    for what, cert, said in (('another key, of the same authority', 'other', None), ('an authority that only has the same name', 'forged', 'not from an authority'), ('a certificate that is over', 'expired', 'is over'),
                             ('a server\'s certificate', 'server', 'not from an authority')):
        check('%s: refused' % what, '401' in curl('/login', cert=cert, data=form).split('\n')[0] and (said is None or said in curl('/login', cert=cert)), curl('/login', cert=cert)[-600:])
    check('without a certificate it is refused', '401' in curl('/login', data=form).split('\n')[0])
    check('no header stands for one', '401' in curl('/login', '-H', 'X-SSL-Client-Verify: SUCCESS', '-H', 'X-Client-Cert: ' + urllib.parse.quote(pem), '-H', 'Client-Cert: :%s:' % ''.join(pem.split('\n')[1:-2]),
                                            '-H', 'X-Forwarded-For: 127.0.0.1', data=form).split('\n')[0])
    check('it lets in its own user only', '401' in curl('/login', cert='mine', data=dict(form, login='ada')).split('\n')[0])
    b = Browser('mine')
    check('a browser with it too', b.sign_in('fay', GOOD)[0] == 303 and b.is_in())
    token = b.cookie()
    check('its session is of no use without the key, or with another', Browser().ask('/account', None, Cookie='__Host-fujie=' + token)[0] == 303 and
          Browser('other').ask('/account', None, Cookie='__Host-fujie=' + token)[0] == 303 and b.is_in())
    check('the API takes it as well', h.api('POST', '/api/v1/session', {'login': 'fay', 'password': GOOD}, None, 'mine')[0] == 200 and h.api('POST', '/api/v1/session', {'login': 'fay', 'password': GOOD})[0] == 401)
    refused('one key is one person\'s', officers.do('hb-fin1', 'user.bind', login='ada', certificate=pem, label='x'), 'R22')
    check('what is no certificate is not bound', officers.do('hb-fin1', 'user.bind', login='ada', certificate='x', label='x')[0] == 400 and officers.do('hb-fin1', 'user.bind', login='ada', spki_sha256='zz', label='x')[0] == 422)
    refused('another department binds nothing here', officers.do('gz-fin1', 'user.bind', login='ada', certificate=open(h.root + '/other.pem').read(), label='x'), 'R40')
    keys = h.api('GET', '/api/v1/account/show', None, f)[1]['keys']
    check('the account shows the key', len(keys) == 1 and keys[0]['label'].startswith('UKey 0001'), keys)
    refused('another department takes nothing away', officers.do('gz-fin1', 'user.unbind', login='fay', spki_sha256=keys[0]['spki_sha256']), 'R40')
    officers.done('hb-fin1', 'user.unbind', login='fay', spki_sha256=keys[0]['spki_sha256'], reason='遗失（示例）')
    check('one officer takes it away, at once, with its sessions', not b.is_in() and '401' in curl('/login', cert='mine', data=form).split('\n')[0])
    check('the telephone stays', kept.sign_in('fay', GOOD, code(fay))[0] == 303)
    seen = {i['login']: [c['kind'] for c in i['changes']] for i in officers.done('auditor', 'access.review', day=review_day(), limit=1000)['items']}
    check('the access review of the day has both', 'user.key-bound' in seen['fay'] and 'user.key-ended' in seen['fay'], seen.get('fay'))


def review_day():
    return h.cli('status', 'show')[1]['now'][:10]


def without_telephone():
    code_ = invite('gil')
    two('hb-fin1', 'hb-fin2', 'user.bind', login='gil', certificate=open(h.root + '/nophone.pem').read(), label='UKey 0002（虚构）')
    status, page, _ = enrol('gil', code_, GOOD, 'certificate')
    codes = re.findall('<li>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</li>', page)
    check('who has a UKey and no telephone enrols without one', status == 200 and '<svg' not in page and len(codes) == 10, page[-400:])
    b = Browser('nophone')
    check('and signs in by it', b.sign_in('gil', GOOD)[0] == 303 and b.is_in())
    check('never by the password alone', Browser().sign_in('gil', GOOD)[0] == 401)
    r = Browser()
    check('with the UKey lost, by a recovery code', r.sign_in('gil', GOOD, codes[3])[0] == 303)
    status, page, _ = r.post('/account/factor', {'current': GOOD})
    uri = 'otpauth://totp/x?secret=%s&' % re.search('<p class="mono">([A-Z2-7 ]+)</p>', page).group(1).replace(' ', '')
    check('which lets him set up a telephone', r.post('/account/confirm', {'code': code(uri)})[0] == 303 and Browser().sign_in('gil', GOOD, code(uri))[0] == 303)
    key = os.urandom(11).hex()
    old = r.post('/account/recovery', {'current': GOOD, 'once': key})[1]
    again = r.post('/account/recovery', {'current': GOOD, 'once': key})
    check('loading them again makes no others and shows none', again[0] == 409 and '<li>' in old and not re.search('[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}', again[1]), again[1][-300:])
    check('new recovery codes put the old ones out of use', len(re.findall('<li>[0-9a-z]{4}-', old)) == 10 and Browser().sign_in('gil', GOOD, codes[4])[0] == 401)
    asked = officers.done('hb-fin1', 'user.reset', login='gil', what='password')
    officers.done('hb-fin2', 'approval.approve', id=asked['approval'])
    check('a reset puts them out of use too', db("SELECT COUNT(*) FROM recovery_code WHERE login = 'gil'")[0][0] == 0 and not r.is_in())


def leaked_since():
    """a password that turns up in the operator's file later"""
    b = signed('hana', hana)
    h.stop()
    sums = sorted(hashlib.sha1(p.encode()).hexdigest().upper() for p in (LEAKED, GOOD, 'x'))
    open(h.root + '/leaks.txt', 'w').write(''.join('%s:7\r\n' % s for s in sums))
    check('served with a newer list', h.serve())
    check('a session goes on', b.ask('/inbox')[0] == 200)
    n = Browser()
    status, _, head = n.sign_in('hana', GOOD, code(hana))
    check('who signs in with a password that has leaked since has to change it first', status == 303 and head['Location'] == '/account/password' and n.ask('/inbox')[2]['Location'] == '/account/password')
    check('which ends the matter', n.post('/account/password', {'current': GOOD, 'password': OTHER, 'again': OTHER})[0] == 303 and n.ask('/inbox')[0] == 200)


def behind_a_proxy():
    """plain HTTP on loopback, under https by a proxy of the operator's"""
    h.stop()
    text = open(h.d + '/fujie.ini').read()
    plain = re.sub(r'(?m)^(cert|key|client_ca|leaked) = .*\n', '', text)
    def start(ini):
        open(h.d + '/fujie.ini', 'w').write(ini)
        h.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', h.d, '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    start(plain.replace('[portal]\n', '[portal]\nhttps = true\n'))
    check('it serves', Home.wait_up(h))
    req = urllib.request.Request('http://127.0.0.1:%d/login' % h.p, urllib.parse.urlencode({'login': 'ada', 'password': GOOD, 'totp': code(ada)}).encode(), {'Accept': 'text/html'})
    try:
        r = urllib.request.build_opener(NoRedirect).open(req, timeout=300)
    except urllib.error.HTTPError as e:
        r = e
    set_ = r.headers.get_all('Set-Cookie') or []
    check('with https = true the cookies are __Host- and Secure though the connection is not', len(set_) == 2 and all(c.startswith('__Host-') and '; Secure' in c for c in set_), set_)
    check('and the answer demands https from then on', r.headers['Strict-Transport-Security'] is not None)
    h.stop()
    for what, ini, said in (('client certificates without TLS of our own', plain.replace('[portal]\n', '[portal]\nclient_ca = %s/ukey-ca.pem\n' % h.root), 'client_ca'),
                            ('a list of leaked passwords that is none', plain.replace('[account]\n', '[account]\nleaked = %s/tls.pem\n' % h.root), 'leaked')):
        if os.path.exists(h.d + '/run/conf.good'):
            os.unlink(h.d + '/run/conf.good')  # with one it serves by that, loudly (operate_test)
        start(ini)
        out = h.proc.communicate(timeout=300)[0]
        check('%s: it does not start, and says why' % what, h.proc.returncode != 0 and said in out, out)
    h.proc = None
    open(h.d + '/fujie.ini', 'w').write(text)


h = Tls(cases=False)
officers = Officers(h)
officers.do = lambda who, command, **body: h.api('POST', '/api/v1/' + command.replace('.', '/'), body, officers.token(who))
done, two = officers.done, officers.two
try:
    if h.made:
        h.pki()
        open(h.root + '/leaks.txt', 'w').write(''.join('%s:7\r\n' % s for s in sorted(hashlib.sha1(p.encode()).hexdigest().upper() for p in (LEAKED, 'x', 'y'))))
        h.ini(portal={'cert': h.root + '/tls.pem', 'key': h.root + '/tls.key', 'client_ca': h.root + '/ukey-ca.pem'}, account={'leaked': h.root + '/leaks.txt'})
    check('a demo home that serves under TLS', h.made and h.serve(), h.made_err)
    ada, codes = enrolment()
    bea, cleo, dora, emil, fay, hana, pia = (hire(n)[0] for n in ('bea', 'cleo', 'dora', 'emil', 'fay', 'hana', 'pia'))
    known, _ = signing_in(ada, codes)
    words()
    sessions()
    for part in (passwords, forced, telephone, tokens, ukeys, without_telephone):
        part()
    throttling(ada, known)
    leaked_since()
    rebuilt(h)
    behind_a_proxy()
finally:
    h.stop()
    h.close()
finish()
