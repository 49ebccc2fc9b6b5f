"""The portal and its API walked over HTTP as nobody and as an officer of each role: every route
of web/routes.def and every link that any page shows.  What each is expected to find is worked
out from the tables of routes, commands and roles; what he finds are the answers: no link leads
to what he may not see, nothing that he may do is out of reach, what is not in his lists is not
shown to him by its number either.  Every answer on the way, errors and redirections too, is a
page that parses strictly and has all the security headers."""
import collections, ssl
from pages import Fault, Page, header_faults
from roles import *

h = Home()
faults = collections.OrderedDict()  # sentence: where first
judged = {'answers': 0, 'pages': 0}
pages = {}
table, commands = tables()
PUBLIC_FILES = {'/style.css', '/portal.js', '/favicon.ico', '/disclosure.json', '/disclosure.atom', '/api/v1/openapi.json'}


def fault(what, where):
    faults.setdefault(what, where)


def judge(client, method, path, status, headers, body):
    """of every answer, whoever asked"""
    judged['answers'] += 1
    client.last = None
    where = '%s %s: %d' % (method, path, status)
    kept = path.split('?')[0] in PUBLIC_FILES
    for f in header_faults(status, headers, public=kept, signed_in=client.token is not None):
        fault(f, where)
    if status >= 500:
        fault('an answer of %d' % status, where)
    if method == 'HEAD' or not body or 'html' not in headers.get('Content-Type', '') or headers.get('Content-Disposition'):
        return
    try:
        judged['pages'] += 1
        text = body.decode()
        for own, word in ((client.csrf, 'CSRF'), (client.login, 'LOGIN')):
            text = text.replace(own, word) if own else text
        key = hashlib.sha256(re.sub(r'value="[0-9a-f]{22}"', '', text).encode()).digest()
        client.last = pages[key] if key in pages else pages.setdefault(key, Page(text))  # the same for several roles
    except (Fault, UnicodeDecodeError) as e:
        fault('a page that does not parse: %s' % e, where)


# --- the walk ---

ROUTES = [(method, path, re.compile(re.sub(r'\{\w+\}', '[^/]+', re.sub(r'\{\w+\*\}', '.+', path.replace('.', r'\.')))), access) for method, path, access, csrf, size in table]
# links that lead to a refusal: what a list of everything names may be another's to read; a report has its number before it is there
REFUSED = {('/show/material/', 403), ('/list/material', 403),
           ('/show/asset/' + urllib.parse.quote('资产编号'), 404)} # the heading of a column that an exchange's mapping names


def route_of(method, path):
    """the first row of the table that takes it"""
    return next((p for m, p, r, a in ROUTES if m == method and r.fullmatch(path)), None)


def kind_of(url):
    """addresses of one kind are pages of one make: a few of each are enough"""
    path, _, query = url.partition('?')
    parts = path.split('/')
    head = tuple(parts[:4] if path.startswith(('/do/', '/api/')) else parts[:3])
    return head, frozenset(urllib.parse.parse_qs(query, keep_blank_values=True))


needed = set()


def excused(path, code):
    these = [(at, how) for at, how in REFUSED if path.startswith(at) and code == how]
    needed.update(these)
    return these


class Walk:
    def __init__(self, who, client, few):
        self.who, self.client, self.few = who, client, few
        self.seen, self.kinds, self.todo, self.elsewhere = set(), collections.Counter(), collections.deque(), set()
        self.acts, self.lists, self.routes = set(), set(), set()
        self.places, self.cited = collections.defaultdict(set), collections.defaultdict(dict)

    def add(self, url, source):
        url = url.split('#')[0]
        url = url.replace('LOGIN', self.client.login) if self.client.login else url
        if url in self.seen or not url:
            return
        self.seen.add(url)
        self.kinds[kind_of(url)] += 1
        if self.kinds[kind_of(url)] <= self.few:
            self.todo.append((url, source))

    def run(self):
        for method, path, access, csrf, size in table:
            if method == 'GET' and '{' not in path and not path.startswith('/api/') and (access == 'public' or self.client.token):
                self.add(path, 'the table')
        while self.todo:
            self.visit(*self.todo.popleft())
        for at, places in self.cited.items():
            for place in set(places) - self.places[at]:
                fault('a citation of what does not stand there', '%s#%s, from %s, as %s' % (at, place, places[place], self.who))
        return self

    def visit(self, url, source):
        code, head, body = self.client.ask('GET', url, cookie=True)
        path = url.split('?')[0]
        where = '%s, from %s, as %s' % (url, source, self.who)
        route = route_of('GET', path)
        if route is None and path not in PUBLIC_FILES:
            fault('a link to an address that is no route', where)
        self.routes.add(route)
        if code in (301, 302, 303):
            to = head['Location']
            if to.startswith('/login') and path not in ('/', '/login') and self.client.token:
                fault('a link that asks to sign in again', where)
            self.add(to, url)
        elif code == 422 and path == source.split('?')[0] and re.search('=(&|$)', url):
            pass # a form that asks for something, sent empty
        elif code != 200 and not excused(path, code):
            fault('a link that leads to %d' % code, where)
        self.note(path)
        if self.client.last is not None and code == 200:
            self.read(self.client.last, url)

    def note(self, path):
        parts = path.split('/')
        if path.startswith('/do/') and len(parts) == 4:
            self.acts.add('%s.%s' % (parts[2], parts[3]))
        if path.startswith('/list/') and len(parts) == 3:
            self.lists.add(parts[2])

    def read(self, page, url):
        self.places[url.split('?')[0]] |= {e.at['id'] for e in page.elements if 'id' in e.at}
        for link in page.links():
            at, _, place = urllib.parse.urljoin(url, link).partition('#')
            if place and at.startswith(('/basis', '/help/')):
                self.cited[at.split('?')[0]].setdefault(place, url)
            if '://' in link:
                self.elsewhere.add(link)
            elif not link.startswith(('mailto:', 'tel:', '#')):
                self.add(urllib.parse.urljoin(url, link), url)
        for e in page.elements:
            if e.name in ('img', 'script', 'link', 'source') and (e.at.get('src') or e.at.get('href')):
                self.add(urllib.parse.urljoin(url, e.at.get('src') or e.at.get('href')), url)
        for method, action, fields, inside in page.forms():
            to = urllib.parse.urljoin(url, action or url).split('?')[0]
            where = '%s on %s, as %s' % (to, url, self.who)
            if method == 'get':
                self.add(to + '?' + urllib.parse.urlencode(fields, doseq=True), url)
                continue
            row = next((r for r in table if r[0] == 'POST' and r[1] == route_of('POST', to)), None)
            if row is None:
                fault('a form for an address that takes none', where)
            elif row[3] == 'csrf' and fields.get('csrf') != ['CSRF']:
                fault('a form without the session\'s token', where)
            elif row[2] != 'public' and not self.client.token:
                fault('a form that nobody may send', where)
            self.note(to)
            if to.startswith('/approvals/'):
                self.acts.add('approval.' + to.split('/')[3])


def allowed(role):
    return {name for name, (kind, roles) in commands.items() if role in roles}


def what_is_seen(walk, role):
    may = allowed(role)
    off = sorted(walk.acts - may)
    check('%s is offered no act that is not %s\'s' % (role, role), not off, off)
    # a list's page is its command, what asks for a number is reached from the object
    missing = sorted(c for c in may if commands[c][0] != 'own' and c not in walk.acts and not c.endswith(('.list', '.show')) and c not in ('approval.approve', 'approval.reject'))
    check('%s finds a way to each of the %d acts that are %s\'s' % (role, len(may), role), not missing, missing[:8])
    lists = {c.split('.')[0] for c in may if c.endswith('.list')}
    check('%s finds each list of %s\'s, and no other' % (role, role), walk.lists == lists, walk.lists ^ lists)


def nobody(walk):
    public = {path for method, path, access, csrf, size in table if access == 'public'}
    closed = sorted(str(r) for r in walk.routes - public if r)
    check('nobody is led to public pages alone', not closed, closed)
    check('and is offered no act', not walk.acts, walk.acts)
    for what in h.demo['certificates'] + h.demo['authorisations']:
        status, head, body = walk.client.ask('POST', '/verify', urllib.parse.urlencode({'credential': what['number']}), 'application/x-www-form-urlencoded', True)
        check('a number leads to the address of its verdict', status == 303 and head['Location'] == '/verify?number=' + what['number'], (status, head.get('Location')))
        walk.client.ask('GET', head['Location'], cookie=True)
        walk.read(walk.client.last, '/verify')


def every_link(walk):
    """those that lead to the public verifier: it answers each kind"""
    dead, kinds = [], collections.Counter()
    for link in sorted(walk.elsewhere):
        parts = urllib.parse.urlsplit(link)
        kinds[(parts.netloc, parts.path.rsplit('/', 1)[0])] += 1
        if parts.netloc == '127.0.0.1:%d' % h.v and kinds[(parts.netloc, parts.path.rsplit('/', 1)[0])] <= 3:
            try:
                urllib.request.urlopen(link, timeout=300).read()
            except urllib.error.URLError as e:
                dead.append('%s: %s' % (link, e))
    return dead


# --- objects of others, by their number ---

PEOPLE = ['hb-fin1', 'gz-fin1', 'hbsw1', 'jc1', 'qs1', 'pc-dev', 'slb1', 'yj1', 'sj1']
KEYS = {'certificate': 'number', 'authorisation': 'number', 'exit': 'number', 'asset': 'asset_no', 'organisation': 'usci', 'user': 'login', 'product': 'product'}


def rows_of(client, noun):
    out, after = {}, ''
    while after is not None and len(out) < 400:
        code, kind, page = client.api('GET', '/api/v1/%s?limit=200%s' % (noun, '&after=' + urllib.parse.quote(after) if after else ''))
        for r in page.get('items', []):
            key = r.get(KEYS.get(noun, 'id'))
            if isinstance(key, (str, int)):
                out[str(key)] = r
        after = page.get('next') if code == 200 else None
    return out


def objects_of_others():
    """whatever one's own list leaves out, which auditors see, is refused by its number at portal and API alike"""
    auditor = Client(h, h.session('auditor'))
    nouns = sorted({c.split('.')[0] for c in commands if c.endswith('.list')} & {c.split('.')[0] for c in commands if c.endswith('.show')})
    all_rows = {n: rows_of(auditor, n) for n in nouns}
    asked, open_, differ, closed = 0, [], [], collections.Counter()
    for login in PEOPLE:
        c = Client(h, h.session(login))
        for noun in nouns:
            own = rows_of(c, noun)
            others = [k for k in all_rows[noun] if k not in own][:12]
            for key, want in [(k, True) for k in list(own)[:4]] + [(k, False) for k in others]:
                asked += 2
                at = urllib.parse.quote(key, safe='')
                code = c.ask('GET', '/show/%s/%s' % (noun, at), cookie=True)[0]
                api = c.api('GET', '/api/v1/%s/%s' % (noun, at))
                if code != api[0]:
                    differ.append('%s %s as %s: portal %d, API %d' % (noun, key, login, code, api[0]))
                if want and code != 200:
                    open_.append('%s %s as %s is in the list and %d' % (noun, key, login, code))
                if not want and code == 200 and noun == 'remittance' and c.api('GET', '/api/v1/revenue/' + all_rows[noun][key]['revenue'])[0] == 200:
                    continue  # a party of the revenue reads it there
                if not want and code == 200:
                    open_.append('%s %s as %s is shown and not in the list' % (noun, key, login))
                if not want and code in (403, 404):
                    closed[noun] += 1
                    if json.dumps(all_rows[noun][key].get('name', '\0'), ensure_ascii=False) in json.dumps(api[2], ensure_ascii=False):
                        open_.append('%s %s as %s: the refusal names it' % (noun, key, login))
    print('# %d objects asked for; refused: %s' % (asked, dict(closed)), flush=True)
    check('what is shown by its number is what the list has, for nine officers of as many organisations', not open_, open_[:6])
    check('portal and API agree', not differ, differ[:4])
    check('there were objects of others to be refused', sum(closed.values()) > 20, closed)


# --- errors, methods, cookies ---

def errors(who):
    c, out = who['HOLDER'], Client(h)
    form = 'application/x-www-form-urlencoded'
    cases = [
        ('nothing at the address', 404, c.ask('GET', '/nothing', cookie=True)), ('nothing there for a stranger', 404, out.ask('GET', '/nothing', cookie=True)),
        ('no such object', 404, c.ask('GET', '/show/certificate/X', cookie=True)), ('a command that is another role\'s', 403, c.ask('GET', '/do/certificate/issue', cookie=True)),
        ('a method that the address does not take', 405, c.ask('POST', '/inbox', 'x=1', form, True)), ('DELETE', 405, c.ask('DELETE', '/inbox', cookie=True)),
        ('OPTIONS', 405, c.ask('OPTIONS', '/api/v1/asset')), ('a body larger than the row', 413, c.ask('POST', '/logout', 'x' * 70000, form, True)),
        ('a form that breaks off', 400, c.ask('POST', '/do/ledger/import', 'a=%4', form, True)), ('a form of nobody\'s', 403, c.ask('POST', '/do/ledger/import', 'csrf=x', form, True)),
        ('the API without session', 401, out.ask('GET', '/api/v1/asset')), ('an API address that there is not', 401, out.ask('GET', '/api/v1/nothing')),
        ('a wrong password', 401, out.ask('POST', '/login', 'login=hb-fin1&password=x&totp=000000', form, True)),
        ('signing in as no form', 400, out.ask('POST', '/login', b'login=%4', form, True)), ('a redirection to sign in', 303, out.ask('GET', '/inbox', cookie=True)),
        ('HEAD', 200, c.ask('HEAD', '/inbox', cookie=True)), ('a problem of the API', 422, c.ask('POST', '/api/v1/asset/card', b'{"no-such":1}', 'application/json'))]
    off = ['%s: %d' % (what, got[0]) for what, want, got in cases if got[0] != want]
    check('each error is what it is', not off, off)


def cookies_and_caches():
    c = Client(h)
    l = h.login('gz-fin2')
    code, head, body = c.ask('POST', '/login', urllib.parse.urlencode({'login': 'gz-fin2', 'password': l['password'], 'totp': h.code('gz-fin2')}), 'application/x-www-form-urlencoded', True)
    cookie = [x for x in head.get_all('Set-Cookie') or [] if x.startswith('fujie=')]
    check('signing in gives one session cookie, and leads on', code == 303 and len(cookie) == 1, (code, cookie))
    check('it is HttpOnly, SameSite=Strict, of this address alone, and ends with the browser', re.fullmatch(r'fujie=[\w-]{40,}; Path=/; HttpOnly; SameSite=Strict', cookie[0]) is not None, cookie)
    c.token = cookie[0].split(';')[0][6:]
    head = c.ask('GET', '/inbox', cookie=True)[1]
    check('no cache keeps a page of who has signed in', head['Cache-Control'] == 'no-store', head['Cache-Control'])
    for cross in ('https://evil.example', 'null'):
        code, head, body = c.ask('GET', '/inbox', cookie=True, more={'Origin': cross})
        check('no page of another site may read it (Origin: %s)' % cross, head.get('Access-Control-Allow-Origin') is None)


class Secure(Client):
    """the same over TLS"""

    def ask(self, method, path, body=None, kind=None, cookie=False, more=None):
        ctx = ssl.create_default_context(cafile=self.home.d + '/tls.pem')
        conn = http.client.HTTPSConnection('127.0.0.1', self.home.p, timeout=300, context=ctx)
        head = dict({'Accept': 'text/html' if cookie else 'application/json'}, **(more or {}))
        if self.token:
            head.update({'Cookie': '__Host-fujie=' + self.token} if cookie else {'Authorization': 'Bearer ' + self.token})
        if kind:
            head['Content-Type'] = kind
        conn.request(method, path, body, head)
        r = conn.getresponse()
        data = r.read()
        for f in header_faults(r.status, r.headers, public=path in PUBLIC_FILES, tls=True, signed_in=self.token is not None):
            fault('over TLS: ' + f, '%s %s: %d' % (method, path, r.status))
        conn.close()
        return r.status, r.headers, data


def over_tls():
    """Strict-Transport-Security on every answer, cookies of this host alone"""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', h.d + '/tls.key', '-out', h.d + '/tls.pem', '-days', '2',
                    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], capture_output=True, check=True)
    conf = h.d + '/fujie.ini'
    text = open(conf).read()
    open(conf, 'w').write(re.sub(r'(?m)^\[portal\]$', '[portal]\ncert = tls.pem\nkey = tls.key', text))
    h.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', h.d, '--portal', '127.0.0.1:%d' % h.p, '--verifier', '127.0.0.1:%d' % h.v], stdout=h.log, stderr=h.log)
    c, up = Secure(h), False
    for _ in range(1200):
        try:
            up = c.ask('GET', '/login', cookie=True)[0] == 200
            break
        except OSError:
            time.sleep(0.1)
    check('the portal serves TLS', up, open(h.root + '/serve.log').read()[-300:])
    l = h.login('gz-fin3')
    code, head, body = c.ask('POST', '/login', urllib.parse.urlencode({'login': 'gz-fin3', 'password': l['password'], 'totp': h.code('gz-fin3')}), 'application/x-www-form-urlencoded', True)
    cookie = [x for x in head.get_all('Set-Cookie') or [] if '-fujie=' in x]
    check('the session\'s cookie is __Host-, Secure', len(cookie) == 1 and re.fullmatch(r'__Host-fujie=[\w-]{40,}; Path=/; HttpOnly; SameSite=Strict; Secure', cookie[0]) is not None, (code, cookie))
    for path in ('/', '/login', '/verify', '/style.css', '/nothing', '/inbox', '/verify?lang=en', '/disclosure.json', '/disclosure.atom', '/api/v1/asset', '/api/v1/openapi.json', '/favicon.ico'):
        c.ask('GET', path, cookie=not path.startswith('/api'))
    c.ask('POST', '/logout', 'x' * 70000, 'application/x-www-form-urlencoded', True)
    c.ask('DELETE', '/verify', cookie=True)
    c.token = cookie[0].split(';')[0].split('=')[1] if cookie else None
    for path in ('/', '/inbox', '/do', '/list/asset', '/show/certificate/X'):
        c.ask('GET', path, cookie=True)


def main():
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    Client.seen = judge
    who = everybody(h)
    start = time.time()
    stranger = Walk('nobody', who['signed out'], 4).run()
    nobody(stranger)
    walks = {}
    for role in (r for r in ROLES if r in os.environ.get('ONLY', r).split()):
        walks[role] = Walk(role, who[role], 12 if role == 'AUDITOR' else 1).run()
        what_is_seen(walks[role], role)
    last = list(walks.values())[-1]
    for w in [stranger] + list(walks.values()):
        last.elsewhere |= w.elsewhere
    dead = every_link(last)
    check('links to the public verifier lead somewhere', last.elsewhere and not dead, dead[:4])
    check('what is excused was met', bool(os.environ.get('ONLY')) or needed == REFUSED, REFUSED - needed)
    print('# %d pages (%d different) of %d answers in %.0f s' % (judged['pages'], len(pages), judged['answers'], time.time() - start), flush=True)
    objects_of_others()
    errors(who)
    cookies_and_caches()
    h.stop()
    over_tls()
    for what, where in faults.items():
        check(what, False, where)
    check('every link leads to a page, every page parses strictly, every answer has its headers', not faults)


try:
    main()
finally:
    h.stop()
    h.close()
finish()
