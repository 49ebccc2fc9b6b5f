"""One officer of every role at a demo home, in one organisation that has them all; one who is
not signed in, and one who was disabled; and what the route and command tables say of them."""
import http.client, re, urllib.parse
from lib import *

ROLES = re.findall(r'^ROLE\((\w+),', open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../issuer/roles.def')).read(), re.M)


ORG = usci('12420000DEMA00777')


class Client:
    """one who asks, over one connection; a bearer token at the API, a cookie at the portal"""
    seen = None  # called with (client, method, path, status, headers, body) of every answer

    def __init__(self, home, token=None, csrf=None):
        self.home, self.token, self.csrf, self.login, self.conn, self.last = home, token, csrf, None, None, None

    def ask(self, method, path, body=None, kind=None, cookie=False, more=None):
        head = {'Accept': 'text/html' if cookie else 'application/json'}
        if self.token:
            head.update({'Cookie': 'fujie=' + self.token} if cookie else {'Authorization': 'Bearer ' + self.token})
        if kind:
            head['Content-Type'] = kind
        head.update(more or {})
        for again in (True, False):
            try:
                self.conn = self.conn or http.client.HTTPConnection('127.0.0.1', self.home.p, timeout=300)
                self.conn.request(method, path, body, head)
                r = self.conn.getresponse()
                data = r.read()
                break
            except (http.client.HTTPException, ConnectionError):
                self.conn = None
                if not again:
                    raise
        if Client.seen:
            Client.seen(self, method, path, r.status, r.headers, data)
        return r.status, r.headers, data

    def api(self, method, path, body=None):
        code, head, data = self.ask(method, path, None if body is None else json.dumps(body).encode(), 'application/json')
        try:
            return code, head.get('Content-Type', ''), json.loads(data)
        except ValueError:
            return code, head.get('Content-Type', ''), {}

    def page(self, method, path, form=None):
        data = None if form is None else urllib.parse.urlencode(form)
        code, head, text = self.ask(method, path, data, None if form is None else 'application/x-www-form-urlencoded', True)
        return code, head, text.decode('utf-8', 'replace')

    def sign_in(self, login, password, uri):
        self.login = login
        self.token = self.api('POST', '/api/v1/session', {'login': login, 'password': password, 'totp': totp(uri)})[2].get('token')
        self.csrf = (re.search('name="csrf" value="([^"]+)"', self.page('GET', '/inbox')[2]) or [None, None])[1]
        return self


def tables():
    """[(method, path, access, csrf, octets)] of the routes, and {command: (read or write, [role])}"""
    out = subprocess.run([B + '/fujie-registry', '--routes'], capture_output=True, text=True).stdout.splitlines()
    table = [line.split(None, 5)[:5] for line in out if line[:4] in ('GET ', 'POST')]
    commands = {}
    for line in out:
        if line[:5] in ('read ', 'write', 'own  '):
            kind, name, who = (line.split(None, 2) + [''])[:3]
            who = who.split(';')[0].strip()
            commands[name] = (kind, ROLES if who == 'every role' else [r for r in who.split(',') if r])
    return table, commands


def everybody(home):
    """{role, 'signed out' or 'disabled': Client}"""
    def post(who, noun, verb, body):
        code, out = home.api('POST', '/api/v1/%s/%s' % (noun, verb), body, who)
        if code != 200:
            raise RuntimeError('%s.%s: %s' % (noun, verb, out))
        return out

    one, two = home.session('hb-fin1'), home.session('hb-fin2')

    def both(noun, verb, body, by=(one, two)):
        first = post(by[0], noun, verb, body)
        return first, post(by[1], 'approval', 'approve', {'id': first['approval']})

    both('organisation', 'add', {'usci': ORG, 'name': '角色测试单位（虚构）', 'kind': 'INST', 'level': '省', 'div6': '420000', 'finance': '11420000DEMA00013M', 'roles': ROLES},
         (home.session('mof1'), home.session('mof2')))  # with such roles by the office that made the appliance (R40)

    def hire(role, login):
        first, second = both('user', 'add', {'login': login, 'name': login + '（虚构）', 'person': 'p-' + login, 'org': ORG, 'roles': [role]})
        code = first['code_first'] + '-' + second['code_second']
        r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', home.d, '--login', login, '--code', code, '--json'], capture_output=True, text=True,
                           env=dict(os.environ, FUJIE_NEW_PASSWORD='an invented password'), timeout=300, stdin=subprocess.DEVNULL)
        return json.loads(r.stdout)['totp']

    def sign_in(login, uri):
        return Client(home).sign_in(login, 'an invented password', uri)

    out = {role: sign_in('r-' + role.lower(), hire(role, 'r-' + role.lower())) for role in ROLES}
    uri = hire('FINANCE', 'r-gone')
    gone = sign_in('r-gone', uri)
    both('user', 'disable', {'login': 'r-gone'})
    check('a disabled user does not sign in', Client(home).api('POST', '/api/v1/session', {'login': 'r-gone', 'password': 'an invented password', 'totp': totp(uri)})[0] == 401)
    out['signed out'], out['disabled'] = Client(home), gone
    return out
