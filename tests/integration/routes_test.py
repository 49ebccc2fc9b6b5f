"""Every address by everybody: each route of web/routes.def and each command behind it,
for each of the 14 roles, signed out, and as a user who was disabled.  Who may is read
from the table that `make routes` prints and from the API's own description, which is
checked against OpenAPI 3.1 and against the routes, both ways."""
import re
from roles import *

METHODS = {'get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'}
h = Home()


# --- the matrix ---

asked = 0
wrong = []


def expect(what, who, got, want):
    global asked
    asked += 1
    if got != want:
        wrong.append('%s as %s: %s, not %s' % (what, who, got, want))


def api_word(code, kind, out):
    """what an answer of the API says about who asked"""
    if code == 401:
        return 'sign in' if kind.startswith('application/problem+json') and out.get('detail', {}).get('zh') else '401 that is no problem+json'
    if code == 403:
        return 'not this role' if out.get('rule') == 'domain.md 6' and out['detail'].get('zh') and 'role' in out['detail']['en'] else '403 without its rule'
    return 'runs' if code == 422 and 'no-such' in out.get('detail', {}).get('en', '') else str(code)


def page_word(code, head, text):
    if code == 303 and head['Location'] == '/login':
        return 'sign in'
    if code == 303 and head['Location'].startswith('/account'):
        return 'to the account'
    if code == 403:
        return 'not this role' if '业务规则 6' in text or 'business rules 6' in text else 'not this form' if '表单' in text else '403 without its rule'
    return str(code)


def word(who, roles):
    return 'sign in' if who in ('signed out', 'disabled') else 'runs' if who in roles else 'not this role'


WIZARDS = re.findall(r'\{"([a-z]+\.[a-z-]+)", \w+\}', open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../web/portal/wizard.c')).read())


def commands_by_everybody(people, commands):
    """each command at each of its addresses; a field that none has shows that the role was let pass, and nothing runs"""
    for name, (kind, roles) in commands.items():
        noun, verb = name.split('.')
        for who, c in people.items():
            want = word(who, roles)
            at = '/api/v1/%s/%s' % (noun, verb)
            expect('POST ' + at, who, api_word(*c.api('POST', at, {'no-such': 1})), want)
            if kind == 'read':
                expect('GET ' + at, who, api_word(*c.api('GET', at + '?no-such=1')), want)
            if verb == 'list':
                expect('GET /api/v1/' + noun, who, api_word(*c.api('GET', '/api/v1/' + noun + '?no-such=1')), want)
            if verb == 'show' and noun not in ('status',):
                expect('GET /api/v1/%s/{id}' % noun, who, api_word(*c.api('GET', '/api/v1/%s/X?no-such=1' % noun)), want)
            at = '/do/%s/%s' % (noun, verb)
            seen = page_word(*c.page('GET', at))
            own = kind == 'own' # pages of the account do it: these lead there, and do nothing
            expect('GET ' + at, who, 'runs' if seen == ('to the account' if own else '200') else seen, want)
            seen = page_word(*c.page('POST', at, {'no-such': '1'}))
            expect('POST %s without the form\'s token' % at, who, seen, 'sign in' if want == 'sign in' else 'not this form')
            seen = page_word(*c.page('POST', at, {'csrf': c.csrf or ''}))
            expect('POST ' + at, who, 'runs' if seen == ('to the account' if own else '400') else seen, want)  # 400: the form lacks its key
            if name in WIZARDS:
                seen = page_word(*c.page('GET', '/wizard/%s/%s' % (noun, verb)))
                expect('GET /wizard/%s/%s' % (noun, verb), who, 'runs' if seen == '200' else seen, want)
                seen = page_word(*c.page('POST', '/wizard/%s/%s' % (noun, verb), {'no-such': '1'}))
                expect('POST /wizard/%s/%s without the form\'s token' % (noun, verb), who, seen, 'sign in' if want == 'sign in' else 'not this form')
            if name == 'asset.diff':
                seen = page_word(*c.page('GET', '/compare/asset/X'))
                expect('GET /compare/asset/X', who, 'runs' if seen == '404' else seen, want)


def pages_by_everybody(people, table, commands):
    """each other route, with what its row says"""
    nouns = sorted({name.split('.')[0] for name in commands if name.endswith('.list')})
    shown = sorted({name.split('.')[0] for name in commands if name.endswith('.show')} & set(nouns))
    values = {'{noun}': nouns, '{id}': ['X'], '{id*}': ['X'], '{key}': ['0' * 22]}
    for method, path, access, csrf, size in table:
        if path.startswith('/api/') or path.startswith(('/do/', '/wizard/', '/compare/')) or access == 'public': # those stand before a command, and are with it
            continue
        todo = [path]
        for name, some in values.items():
            todo = [p.replace(name, v) for p in todo for v in (shown if path.startswith('/show/') and name == '{noun}' else some)] if name in path else todo
        check('no part of %s %s is left open' % (method, path), not any('{' in p for p in todo))
        for p in todo:
            for who, c in people.items():
                inside = who not in ('signed out', 'disabled')
                code, head, text = c.page(method, p, {} if method == 'POST' else None)
                if not inside:
                    expect(method + ' ' + p, who, page_word(code, head, text), 'sign in')
                elif csrf == 'csrf':
                    expect(method + ' ' + p + ' without the form\'s token', who, page_word(code, head, text), 'not this form')
                else:
                    expect(method + ' ' + p, who, code, 404 if '/X' in p or '/000' in p else 200)


def approvals_by_everybody(people, roles):
    for verb in ('approve', 'reject'):
        for who, c in people.items():
            if c.csrf is None or who == 'disabled':
                continue
            seen = page_word(*c.page('POST', '/approvals/AP-none/' + verb, {'csrf': c.csrf}))
            expect('POST /approvals/{id}/' + verb, who, 'runs' if seen == '404' else seen, word(who, roles[verb]))


def crawl(table, commands):
    """nobody in particular: only the public set answers (lessons.md 10)"""
    public, c = set(), Client(h)
    for method, path, access, csrf, size in table:
        p = path.replace('{noun}', 'asset').replace('{verb}', 'card').replace('{id}', 'X').replace('{id*}', 'X').replace('{key}', '0' * 22)
        code, head, text = c.ask(method, p, b'{}' if method == 'POST' else None, 'application/json' if path.startswith('/api/') else 'application/x-www-form-urlencoded', not path.startswith('/api/'))
        closed = code == 401 if path.startswith('/api/') else code == 303 and head['Location'] == '/login'
        if not closed or path in ('/', '/login', '/api/v1/session'):
            public.add(method + ' ' + path)
        expect('%s %s in the table' % (method, path), 'a stranger', access, 'public' if method + ' ' + path in public else 'signed-in')
    check('signed out, only the public set answers', public == {'GET /', 'GET /login', 'POST /login', 'GET /verify', 'POST /verify', 'GET /style.css', 'GET /disclosure', 'GET /disclosure.json', 'GET /disclosure.atom',
                                                               'GET /notices', 'GET /notices/{id}', 'POST /notices/{id}/object', 'GET /objections', 'POST /objections', 'GET /check', 'GET /basis', 'GET /help', 'GET /help/{page}', 'GET /portal.js', 'GET /enrol', 'POST /enrol',
                                                               'GET /api/v1/openapi.json', 'POST /api/v1/session'}, public)
    for path in ('/api/v1/', '/api/v1/nothing', '/api/v1/asset/a/b/c', '/api/v2/asset', '/api/v1/asset'):
        for accept in ('text/html', 'application/json'):
            code, head, data = c.ask('GET', path, cookie=accept == 'text/html')
            expect('GET %s with Accept: %s' % (path, accept), 'a stranger', (code, head['WWW-Authenticate']), (401, 'Bearer'))
    for path in ('/list', '/admin', '/static/x', '/register.db', '/.git/config', '/demo.json'):
        code, head, data = c.ask('GET', path)
        expect('GET ' + path, 'a stranger', code in (401, 404), True)


# domain.md 6 and 7, apart from the tables: whose acts these are, and who changes nothing
OF = {'FINANCE': ['certificate.issue', 'certificate.suspend', 'certificate.resume', 'certificate.revoke', 'registration.accept', 'registration.return', 'registration.review',
                  'registration.notice', 'registration.decide', 'organisation.add', 'user.disable', 'profile.propose', 'clock.reset', 'revenue.clear', 'revenue.refuse'],
      'HOLDER': ['ledger.recognise', 'asset.card', 'registration.submit'], 'SUPERIOR': ['registration.endorse'], 'IMPLEMENTER': ['authorisation.propose', 'authorisation.reclaim', 'authorisation.adjust', 'exit.accept', 'plan.study', 'plan.submit', 'plan.deliberate', 'plan.select', 'plan.agree', 'plan.activate', 'plan.withdraw'],
      'OPERATOR': ['token.issue', 'authorisation.surrender', 'exit.tick']}


def by_the_domain(commands):
    off = ['%s: %s' % (name, commands[name][1]) for role, names in OF.items() for name in names if name in commands and commands[name][1] != [role]]
    check('acts that the domain gives to one role are that role\'s alone', not off, off)
    off = [name for name, (kind, roles) in commands.items() if kind == 'write' and 'AUDITOR' in roles]
    check('auditors change nothing', not off, off)
    # a level of an approval chain may be theirs (decision 10); nothing else is
    off = [name for name, (kind, roles) in commands.items() if kind == 'write' and {'GOV', 'DRC'} & set(roles) and name not in ('approval.approve', 'approval.reject', 'approval.signature')]
    check('governments and the DRC decide approvals that a chain brings before them, and change nothing else', not off, off)


# --- the API's description ---

def refs(node):
    if isinstance(node, dict):
        for key, v in node.items():
            if key == '$ref':
                yield v
            else:
                yield from refs(v)
    elif isinstance(node, list):
        for v in node:
            yield from refs(v)


def resolve(doc, ref):
    node = doc
    for part in ref[2:].split('/'):
        node = node[part.replace('~1', '/').replace('~0', '~')]
    return node


def schemas(doc):
    for path, item in doc['paths'].items():
        for method, op in item.items():
            for p in op.get('parameters', []):
                yield p['schema'] if 'schema' in p else p['content']['application/json']['schema']
            for m in op.get('requestBody', {}).get('content', {}).values():
                yield m['schema']
            for r in op['responses'].values():
                for m in r.get('content', {}).values():
                    yield m['schema']
    yield from doc['components']['schemas'].values()


def operation_faults(path, method, op):
    """what OpenAPI 3.1 asks of an operation (4.8.10 to 4.8.17)"""
    inpath = set(re.findall(r'\{([^}]+)\}', path))
    ps = op.get('parameters', [])
    if method not in METHODS:
        yield 'no method of HTTP'
    if not op.get('responses') or not all(re.fullmatch(r'[1-5](\d\d|XX)|default', s) for s in op['responses']):
        yield 'responses'
    if not all('description' in r or '$ref' in r for r in op['responses'].values()):
        yield 'a response without description'
    if len({(p['name'], p['in']) for p in ps}) != len(ps):
        yield 'a parameter stands twice'
    if {p['name'] for p in ps if p['in'] == 'path'} != inpath or not all(p['required'] for p in ps if p['in'] == 'path'):
        yield 'the path\'s parameters'
    if not all(p['in'] in ('query', 'path') and ('schema' in p) != ('content' in p) for p in ps):
        yield 'a parameter\'s form'
    if method == 'get' and 'requestBody' in op:
        yield 'a GET with a body'
    if not (op.get('summary') and re.search('[\u4e00-\u9fff]', op['summary']) and re.search('[A-Za-z]', op['summary'])):
        yield 'a summary in both languages'


def description(people, table, commands):
    code, kind, doc = Client(h).api('GET', '/api/v1/openapi.json')
    check('the API describes itself', code == 200 and re.fullmatch(r'3\.1\.\d+', doc.get('openapi', '')) and {'title', 'version'} <= set(doc['info']), code)
    faults = ['%s %s: %s' % (m, p, f) for p, item in doc['paths'].items() for m, op in item.items() for f in operation_faults(p, m, op)]
    check('every operation has the form that OpenAPI 3.1 asks for', not faults, faults[:5])
    ids = [op['operationId'] for item in doc['paths'].values() for op in item.values()]
    check('no operation id stands twice', len(ids) == len(set(ids)), len(ids) - len(set(ids)))
    check('every reference leads somewhere', all(resolve(doc, r) for r in set(refs(doc))))
    check('every security requirement names a scheme', all(name in doc['components']['securitySchemes'] for need in doc['security'] for name in need))
    try:
        import jsonschema
        for s in schemas(doc):
            jsonschema.Draft202012Validator.check_schema(s)
        check('every schema is one of JSON Schema 2020-12', True)
    except ImportError:
        absent('python3-jsonschema')
    posts = {op['x-command']: op for item in doc['paths'].values() for m, op in item.items() if m == 'post' and 'x-command' in op}
    check('every command is in it, with the roles of the routes\' table', {n: set(o['x-roles']) for n, o in posts.items()} == {n: set(r) for n, (k, r) in commands.items()},
          set(posts) ^ set(commands))
    templates = {path for method, path, *rest in table if path.startswith('/api/')}
    check('every path in it is one of the routes', all(any(re.fullmatch(re.sub(r'\{[^}]+\}', '[^/]+', t), p) for t in templates) for p in doc['paths']))
    check('every route of the API is in it', all(any(re.fullmatch(re.sub(r'\{[^}]+\}', '[^/]+', t), p) for p in doc['paths']) for t in templates))
    dead = []
    for path, item in doc['paths'].items():
        for method, op in item.items():
            who = people[(op.get('x-roles') or ['AUDITOR'])[0]]
            at = path.replace('{id}', 'X') + ('?no-such=1' if method == 'get' and 'x-command' in op else '')
            if who.api(method.upper(), at, {'no-such': 1} if method == 'post' else None)[0] in (404, 405, 500):
                dead.append(method + ' ' + path)
    check('every path in it answers', not dead, dead[:5])
    return doc, posts


def fields_agree(posts):
    """the command line's own help, the register's word, against the description"""
    bad = []
    for name, op in posts.items():
        r = subprocess.run([B + '/fujie', 'help', *name.split('.'), '--dir', h.d, '--json'], capture_output=True, text=True, timeout=300)
        told = json.loads(r.stdout).get('fields', [])
        s = op['requestBody']['content']['application/json']['schema']
        if {f['name'] for f in told} != set(s['properties']) or {f['name'] for f in told if f['required']} != set(s['required']) or s['additionalProperties'] is not False:
            bad.append(name)
        for f in told:
            p = s['properties'].get(f['name'], {})
            if f.get('choices') != (p.get('items', p)).get('enum') or (f['type'] == 'text' and p.get('maxLength') != f['max']):
                bad.append(name + ' ' + f['name'])
    check('fields, required ones, maxima and choices are those of `fujie help`', not bad, bad[:5])


def refusals(people):
    holder, finance = people['HOLDER'], people['FINANCE']
    code, kind, out = holder.api('POST', '/api/v1/ledger/import', {'file': '台账编号\r\n1\r\n'})
    check('a refused import is 422 and problem+json that keeps its faults', code == 422 and kind.startswith('application/problem+json') and out['faults'] and out['detail']['zh'] and out['rule'], (code, out))
    r = subprocess.run([B + '/fujie', 'ledger', 'import', '-', '--dry-run', '--org', ORG, '--dir', h.d, '--json'], input='台账编号\r\n1\r\n', capture_output=True, text=True, timeout=300)
    check('and exit 1 at the command line, with the same faults', r.returncode == 1 and json.loads(r.stdout)['refused'], (r.returncode, r.stdout[:200], r.stderr))
    code, kind, out = finance.api('POST', '/api/v1/certificate/suspend', {'number': 'DAC-420000-202604-000001-2', 'reason': 'x'})
    check('a domain refusal has type, title, status, detail in zh and en', code in (403, 409) and {'type', 'title', 'status', 'rule', 'detail'} <= set(out) and {'zh', 'en'} <= set(out['detail']), out)
    code, kind, out = finance.api('POST', '/api/v1/certificate/revoke', {'number': 'X', 'reason': 'because'})
    check('a value outside a closed list is refused, naming the list in both languages', code == 422 and 'keyCompromise' in out['detail']['en'] and 'keyCompromise' in out['detail']['zh'], out)
    code, kind, out = finance.api('POST', '/api/v1/organisation/add', {'usci': 'X' * 18, 'name': 'x', 'kind': 'INST', 'level': '省', 'div6': '420000', 'roles': ['KING']})
    check('so is one item of a list', code == 422 and 'AUDITOR' in out['detail']['en'], out)
    for what, at in (('a number that is none', '/api/v1/asset?limit=many'), ('a yes or no that is neither', '/api/v1/db/rebuild?check=perhaps')):
        check('a query with %s is 422 in both languages' % what, (lambda r: r[0] == 422 and r[2]['detail'].get('zh'))(people['AUDITOR'].api('GET', at)))
    check('a command that there is not is 404', holder.api('POST', '/api/v1/asset/eat', {})[0] == 404 and holder.api('GET', '/api/v1/cow')[0] == 404)
    check('reading commands take their fields from the query', people['AUDITOR'].api('GET', '/api/v1/asset/history?asset=HB-2026-0001')[0] == 200)
    csv = ('台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\n' + 'R-1,RC-1,甲,自主采集,否\r\n').encode('gb18030')
    part = b'--b\r\nContent-Disposition: form-data; name="%s"; filename="x.csv"\r\n\r\n' + csv + b'\r\n--b\r\nContent-Disposition: form-data; name="dry_run"\r\n\r\ntrue\r\n--b--\r\n'
    ways = {'a form': ('', part % b'file', 'multipart/form-data; boundary=b'), 'the body': ('?dry_run=true', csv, 'text/csv'),
            'base64url': ('', json.dumps({'dry_run': True, 'file': {'base64url': base64.urlsafe_b64encode(csv).rstrip(b'=').decode()}}).encode(), 'application/json')}
    for how, (query, data, type_) in ways.items():
        code, head, text = holder.ask('POST', '/api/v1/ledger/import' + query, data, type_)
        check('a file that is not UTF-8 is taken as %s' % how, code == 200 and json.loads(text)['good'] == 1 and json.loads(text)['dry_run'] is True, (code, text[:300]))
    code, head, text = holder.ask('POST', '/api/v1/ledger/import', part % b'fil', 'multipart/form-data; boundary=b')
    check('a part that is no field of the command is refused', code == 422 and b'fil' in text, (code, text[:300]))
    code, head, text = holder.ask('POST', '/api/v1/ledger/import?dry=true', csv, 'text/csv')
    check('so is a field beside the file', code == 422 and b'dry' in text, (code, text[:300]))
    for kind, status in (('application/json', 413), ('text/csv', 422)):
        code = holder.ask('POST', '/api/v1/ledger/import?dry_run=true', b'x' * (17 << 20), kind)[0]
        check('17 MiB of %s are %d' % (kind, status), code == status, code)
    large = b'{"file":"' + b'x' * (3 << 20) + b'"}'
    check('a body is as large as the command\'s files may be, and no larger', holder.ask('POST', '/api/v1/asset/card', large, 'application/json')[0] == 413 and
          holder.ask('POST', '/api/v1/ledger/import', large, 'application/json')[0] == 422)
    for what, form in (('an escape that is broken', 'a=%4'), ('a multipart without end', None)):
        code = holder.ask('POST', '/do/ledger/import', form or '--b\r\n', 'multipart/form-data; boundary=b' if form is None else 'application/x-www-form-urlencoded', True)[0]
        check('a form with %s is 400' % what, code == 400, code)
    check('a body that is no JSON is 400', holder.ask('POST', '/api/v1/asset/card', b'{', 'application/json')[0] == 400)


def main():
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    table, commands = tables()
    who = everybody(h)
    check('a user for each of the %d roles has signed in' % len(ROLES), all(c.token and c.csrf for n, c in who.items() if n in ROLES))
    start = time.time()
    commands_by_everybody(who, commands)
    pages_by_everybody(who, table, commands)
    approvals_by_everybody(who, {v: commands['approval.' + v][1] for v in ('approve', 'reject')})
    crawl(table, commands)
    print('# %d requests in %.0f s: %d commands and %d routes by %d' % (asked, time.time() - start, len(commands), len(table), len(who)), flush=True)
    check('every route by every role: who may is let pass, who may not is refused by rule, who has not signed in is told to', not wrong, wrong[:8])
    by_the_domain(commands)
    doc, posts = description(who, table, commands)
    fields_agree(posts)
    refusals(who)


try:
    main()
finally:
    h.stop()
    h.close()
finish()
