"""Script, markup, spreadsheet formulas, header lines, paths and templates at every field of every
command and at every query parameter, reflected and stored.  What is asked of each field is made
from the API's description; what is accepted is then read back everywhere: every page, list,
history, export, sheet and paper.  A page has to parse strictly, no cell may begin a formula, no
header may be one that we do not send, and nothing is ever computed."""
import csv, io, zipfile
import xml.etree.ElementTree as ET
from casefile import *
from pages import Fault, Page, header_faults
from roles import *

h = Home(cases=False)
table, commands = tables()
faults = {}
count = {'answers': 0, 'pages': 0, 'files': 0}
numbers = {}  # field of a command: number of its mark

# Each text holds all that might come to life, as much as its field has room for; its mark Zx<n>
# says where it was put in.  1333*7 is 9331: a template that computes shows it.
SHAPES = ['1+1|cmd!A0<script>Zx#()</script>"\'><img src=x onerror=Zx#()>{{1333*7}}${1333*7}<%=1333*7%>%s%n</textarea></title>&amp;', '1<img src=x onerror=Zx#>"\'{{1333*7}}%n%s', '1<b>Zx#"\'%n', '<Zx#']
ALIVE = re.compile(r'<(?:script>|b>)?Zx\d|<img src=x|javascript:Zx|\b9331\b')
PATHS = ['../../../../../../etc/passwd', '..%2f..%2f..%2fetc%2fpasswd', '/etc/passwd', '%00', '%0d%0aX-Injected:%20Zx', '%E2%80%AEZx', '{{1333*7}}', '%25s%25n', "Zx'%20OR%20'1'='1", '%22%3E%3Cscript%3EZx%3C/script%3E', '%ff%fe', 'A' * 300]


def mark(where):
    return numbers.setdefault(where, len(numbers) + 1)


def hostile(where, room=400):
    n = mark(where)
    for shape in SHAPES:
        text = '=+-@'[n % 4] + shape.replace('#', str(n))
        if len(text) <= room:
            return text
    return ('=Zx%d' % n)[:room]


def in_all(value, where):
    """a document whose texts of free choice are hostile"""
    if isinstance(value, dict):
        return {k: in_all(v, where + '.' + k) for k, v in value.items()}
    if isinstance(value, list):
        return [in_all(v, where) for v in value]
    return hostile(where, int(value[1:] or 400)) if isinstance(value, str) and re.fullmatch(r'\?\d*', value) else value


def fault(what, where):
    faults.setdefault(what, where)


def judge(client, method, path, status, headers, body):
    count['answers'] += 1
    where = '%s %s: %d' % (method, path[:200], status)
    for f in header_faults(status, headers, public=path.split('?')[0] in ('/style.css', '/portal.js', '/favicon.ico', '/disclosure.json', '/disclosure.atom'), signed_in=client.token is not None):
        fault(f, where)
    if status >= 500:
        fault('an answer of %d' % status, where)
    if b'root:x:0:0' in body:
        fault('a file of the machine', where)
    kind = headers.get('Content-Type', '')
    client.last = None
    try:
        if headers.get('Content-Disposition'):
            judge_file(kind, body, where)
        elif 'html' in kind and body:
            count['pages'] += 1
            client.last = Page(body.decode())
            alive(body.decode(), where)
        elif 'json' in kind:
            json.loads(body)
        elif 'xml' in kind:
            judge_xml(body)
    except (Fault, ValueError, ET.ParseError) as e:
        fault('%s: %s' % (type(e).__name__, e), where)


def alive(text, where):
    found = ALIVE.search(text)
    if found:
        fault('it came to life: %r' % text[max(0, found.start() - 60):found.end() + 40], where)


# --- files that go out ---

NUMBER = re.compile(r'-?\d[\d,]*(\.\d+)?%?')


def judge_cells(rows, where):
    for row in rows:
        for cell in row:
            if cell[:1] in ('=', '+', '-', '@', '\t', '\r') and not NUMBER.fullmatch(cell) and cell not in ('-', '—'):
                fault('a cell begins a formula: %r' % cell[:60], where)
                return


def judge_xml(body):
    text = body.decode()
    if '<!DOCTYPE' in text or '<!ENTITY' in text:
        raise Fault('a document type')
    root = ET.fromstring(body)
    for e in root.iter():
        name = e.tag.split('}')[-1].lower() if isinstance(e.tag, str) else ''
        if name in ('script', 'foreignobject', 'img', 'iframe') or any(k.split('}')[-1].lower().startswith('on') and 'Zx' in v for k, v in e.attrib.items()):
            raise Fault('<%s>' % name)
        if any(v.strip().lower().startswith(('javascript:', 'data:')) for v in e.attrib.values()):
            raise Fault('an address that runs')
    return root


def judge_zip(body, where):
    for name in zipfile.ZipFile(io.BytesIO(body)).namelist():
        data = zipfile.ZipFile(io.BytesIO(body)).read(name)
        if name.startswith(('/', '..')) or '\\' in name or '/../' in name:
            raise Fault('a member that leaves its folder: %r' % name[:80])
        if name.endswith(('.xml', '.rels')):
            root = judge_xml(data)
            for e in root.iter():
                tag = e.tag.split('}')[-1]
                if (tag == 'f' and 'worksheets' in name) or (tag in ('fldSimple', 'instrText', 'ddeLink') and (e.text or '').strip() not in ('PAGE', 'NUMPAGES')) or (tag == 'Relationship' and e.attrib.get('TargetMode') == 'External'):
                    fault('%s has <%s>: %s' % (name, tag, (e.text or '')[:60]), where)
                if tag == 'c' and e.attrib.get('t') == 'str':
                    fault('%s has a computed text' % name, where)
        elif name.endswith('.csv'):
            judge_cells(csv.reader(io.StringIO(data.decode('utf-8-sig'), newline='')), where + ' ' + name)
        elif name.endswith('.json'):
            json.loads(data)


def judge_file(kind, body, where):
    count['files'] += 1
    if body[:2] == b'PK':
        judge_zip(body, where)
    elif 'csv' in kind:
        judge_cells(csv.reader(io.StringIO(body.decode('utf-8-sig'), newline='')), where)
    elif 'json' in kind:
        json.loads(body)
    elif 'xml' in kind and b'<' in body[:5]:
        judge_xml(body)
    elif 'calendar' in kind:
        lines = body.decode().replace('\r\n ', '').split('\r\n')
        for line in lines:
            if line and not re.match(r'[A-Z][A-Z0-9-]*[;:]', line):
                raise Fault('no line of a calendar: %r' % line[:60])
    elif 'html' in kind:
        alive(body.decode(), where)
    elif body[:4] == b'%PDF' and re.search(rb'/(JavaScript|JS|Launch|EmbeddedFile|OpenAction)\b', body):
        raise Fault('a PDF that acts')


# --- what is put in ---

OF = {'org': 'organisation', 'usci': 'organisation', 'holder': 'organisation', 'finance': 'organisation', 'dept': 'organisation', 'operator': 'organisation', 'implementer': 'organisation',
      'receiver': 'organisation', 'exchange': 'organisation', 'unit': 'organisation', 'payer': 'organisation', 'seller': 'organisation', 'affiliates': 'organisation', 'user': 'user', 'login': 'user',
      'deputy': 'user', 'principal': 'user', 'to': 'user', 'asset': 'asset', 'assets': 'asset', 'certificate': 'certificate', 'authorisation': 'authorisation', 'ledger': 'ledger', 'token': 'token',
      'product': 'product', 'products': 'product', 'listing': 'listing', 'remittance': 'remittance', 'material': 'material', 'registration': 'registration', 'object': 'asset'}
KEYS = {'certificate': 'number', 'authorisation': 'number', 'exit': 'number', 'asset': 'asset_no', 'organisation': 'usci', 'user': 'login', 'product': 'product'}
NUMBERED = {'evaluation': 'authorisation', 'order': 'authorisation', 'incident': 'authorisation', 'complaint': 'authorisation', 'stops': 'authorisation', 'price': 'authorisation'}
DATED = re.compile(r'(^|_)(on|date|day|from|to|due|until|since|occurred)$')
SKIP_TEXT = {'after', 'behalf', 'period', 'div6', 'division', 'password', 'totp', 'secret', 'code', 'q', 'lang', 'version', 'kind'}


def is_free(name, s):
    """a text that its field lets be anything"""
    return s.get('type') == 'string' and 'enum' not in s and name not in OF and name not in SKIP_TEXT and not DATED.search(name) and name not in ('id', 'ids', 'number') and s.get('maxLength', 0) > 12


def is_file(s):
    return 'oneOf' in s


STUDY, SIDES = study(), {k: '?' for k in FIVE}
DOCUMENTS = {
    'asset.card.card': {'basic': {'asset_no': 'INJ-1', 'name': '?100', 'class_scheme': 'LOCAL', 'class_code': '1', 'overview': '?'},
                        'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'dispute': False, 'public_data': True, 'public_data_basis': '?', 'personal_info': 'NONE'},
                        'use': {'restrict': '?'}, 'management': {'data_level': 'GENERAL', 'mgr_dept': '?60', 'mgr_person': '?40', 'sec_policy': '?', 'emergency_plan': '?'}},
    'plan.study.study': dict(STUDY, covers={k: '?' for k in STUDY['covers']}),
    'plan.deliberate.items': None, 'plan.select.selection': None, 'plan.agree.agreement': None,
    'evaluation.add.indicators': [{'name': '?100', 'weight_bp': 10000, 'score': 88}],
    'complaint.file.items': [{'item': '?100', 'amount_fen': 100}], 'complaint.answer.items': [{'item': '?100', 'amount_fen': 100}],
    'ledger.map.mapping': {'?100': 'name'}, 'profile.propose.profile': {'days.notice': 6}, 'offline.record.act': {'act': 'note', 'object': 'HB-2026-0001', 'note': '?'},
    'revenue.book.evidence': {'delivery': [{'count': 3, 'from': '2026-06-01', 'to': '2026-06-02', 'sha256': SHA}], 'invoice': {'number': '?100'}, 'documents': ['?']},
    'revenue.clear.evidence': {'documents': ['?']},
}


class Filler:
    """values that are right, and hostile ones where anything is right"""

    def __init__(self, description):
        self.posts = {op['x-command']: op['requestBody']['content']['application/json']['schema'] for p, item in description['paths'].items()
                      for m, op in item.items() if m == 'post' and 'x-command' in op}
        self.ids = {}

    def look(self, clients):
        """what there is, by those who see all and those who see their own"""
        for noun in sorted({c.split('.')[0] for c in commands if c.endswith('.list')}):
            found = {}
            for c in clients:
                for r in c.api('GET', '/api/v1/%s?limit=60' % noun)[2].get('items', []):
                    key = r.get(KEYS.get(noun, 'id'))
                    if key is not None:
                        found[str(key)] = r
            self.ids[noun] = list(found)

    def noun_of(self, command, name):
        noun = command.split('.')[0]
        if name in ('id', 'ids', 'number') and commands.get(noun + '.list'):
            return NUMBERED.get(noun, noun) if name == 'number' else noun
        return 'authorisation' if name == 'number' else OF.get(name)

    def values(self, command, name, s):
        """some right values, hostile text where it is free"""
        where = command + '.' + name
        if where in DOCUMENTS:
            return [in_all(DOCUMENTS[where], where)]
        noun = self.noun_of(command, name)
        if noun and not is_file(s):
            some = self.ids.get(noun, [])
            return [[v] for v in some] if s.get('type') == 'array' else some
        if is_free(name, s):
            return [hostile(where, s['maxLength'])]
        if is_file(s):
            return [{'base64url': base64.urlsafe_b64encode(hostile(where).encode()).decode().rstrip('=')}]
        if s.get('type') == 'array':
            return [[s['items']['enum'][0]]] if 'enum' in s['items'] else [[hostile(where, 100)]]
        if 'enum' in s:
            return s['enum']
        if s.get('type') == 'integer':
            return [1]
        if s.get('type') == 'boolean':
            return [True, False]
        if isinstance(s.get('type'), list):
            return [{'x': hostile(where)}]
        if DATED.search(name):
            return [time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))]
        return [{'period': '2026H1', 'div6': '420000', 'version': '1'}.get(name, hostile(where, s.get('maxLength', 40)))]

    def bodies(self, command, most):
        """up to `most`: what has to be there and all free texts, over the objects that there are"""
        schema = self.posts[command]
        chosen = {}
        for name, s in schema['properties'].items():
            needed = name in schema['required'] or name in ('id', 'reason', 'name', 'number', 'asset')
            if name != 'behalf' and (needed or is_free(name, s) or command + '.' + name in DOCUMENTS):
                chosen[name] = self.values(command, name, s) or [None]
        for k in range(most):
            yield {name: v[k % len(v)] if len(v) < most or self.noun_of(command, name) else v[0] for name, v in chosen.items() if v[0] is not None}
            if max((len(v) for v in chosen.values()), default=1) <= k + 1:
                return


# --- reflected ---

def every_get(client, query):
    """each page and each reading command with this query; forms show what was asked"""
    for method, path, access, csrf, size in table:
        if method == 'GET' and '{' not in path and not path.startswith('/api/'):
            client.ask('GET', path + query, cookie=True)


def reflected(filler, people):
    stranger = people['nobody']
    for key in ('lang', 'done', 'find', 'tick', 'after', 'limit', 'download', 'run', 'behalf', 'back', 'q', 'next', 'number', 'credential', 'use', 'once', 'csrf', 'state'):
        query = '?' + key + '=' + urllib.parse.quote(hostile('query.' + key))
        every_get(stranger, query)
        every_get(people['HOLDER'], query)
        every_get(people['HOLDER'], '?' + key + '=' + PATHS[4])
    for p in PATHS:
        for method, path, access, csrf, size in table:
            at = path
            for part in ('{noun}', '{verb}', '{id}', '{id*}', '{key}'):
                at = at.replace(part, p)
            at = re.sub(r'\{\w+\*?\}', p, at)
            if at != path:
                people['HOLDER'].ask(method, at, b'' if method == 'POST' else None, 'application/x-www-form-urlencoded' if method == 'POST' else None, not path.startswith('/api/'))
        for prefix in ('/', '/style.css/', '/show/asset/', '/api/v1/asset/', '/do/', '/disclosure/'):
            stranger.ask('GET', prefix + p, cookie=True)
    for command, (kind, roles) in commands.items():
        if roles:
            reflect_command(filler, command, kind, people[roles[0]])
    form = {'login': hostile('login', 60), 'password': hostile('password'), 'totp': hostile('totp', 60)}
    stranger.page('POST', '/login', form)
    # what the public types, and the pages of one's own account
    for at, names in (('/notices/X/object', ('name', 'contact', 'text', 'reason', 'once')), ('/objections', ('receipt', 'secret')), ('/enrol', ('login', 'code', 'password', 'again'))):
        stranger.page('POST', at, {n: hostile(at + n) for n in names})
    for at, names in (('/account/password', ('current', 'password', 'again')), ('/account/factor', ('current', 'code')), ('/account/confirm', ('code',)), ('/account/recovery', ('current',)),
                      ('/account/sessions', ('id',)), ('/account/tokens', ('name', 'scope', 'until', 'current')), ('/drafts/drop', ('id',))):
        people['HOLDER'].page('POST', at, dict({n: hostile(at + n) for n in names}, csrf=people['HOLDER'].csrf, once=os.urandom(11).hex()))
    for use in ('', hostile('use'), 'action=' + hostile('use')):
        stranger.page('POST', '/verify', {'credential': hostile('credential'), 'use': use, 'proof': hostile('proof')})


def reflect_command(filler, command, kind, client):
    """every field hostile at once, on form, list and API"""
    noun, verb = command.split('.')
    props = filler.posts[command]['properties']
    fill = {name: hostile(command + '.' + name) for name in props}
    query = urllib.parse.urlencode(fill)
    client.ask('GET', '/do/%s/%s?%s' % (noun, verb, query), cookie=True)
    if kind == 'read':
        client.ask('GET', '/do/%s/%s?run=1&%s' % (noun, verb, query), cookie=True)
        client.ask('GET', '/api/v1/%s/%s?%s' % (noun, verb, query))
        for name in props:
            one = urllib.parse.urlencode({name: fill[name]})
            client.ask('GET', ('/list/%s?%s' if verb == 'list' else '/do/%s/' + verb + '?run=1&%s') % (noun, one), cookie=True)
    else:
        for step in ('preview', ''):
            client.page('POST', '/do/%s/%s' % (noun, verb), dict(fill, csrf=client.csrf, once=os.urandom(11).hex(), back='/show/' + hostile('back'), step=step))
        client.api('POST', '/api/v1/%s/%s' % (noun, verb), fill)


# --- stored: the cases of domain.md section 12, every text of free choice in them hostile ---

PLAIN = re.compile('示例|虚构')


def hostile_in(v, where, room):
    if isinstance(v, dict):
        return {k: hostile_in(x, where + '.' + k, room) for k, x in v.items()}
    if isinstance(v, list):
        return [hostile_in(x, where, room) for x in v]
    if not isinstance(v, str) or not PLAIN.search(v):
        return v
    if where.endswith('.file'):  # a sheet: its cells
        head, *rows = v.split('\r\n')
        return '\r\n'.join([head] + [','.join('"%s"' % hostile('%s.%d' % (where, i), room).replace('"', '""') if PLAIN.search(c) else c for i, c in enumerate(r.split(','))) for r in rows])
    return hostile(where, room)


def hostile_case(o, filler, step, names):
    """the step as the file says it, each text as long as its field takes it, and further texts where it takes them"""
    command, body = step['post'].replace('/', '.'), filled(step['body'], names)
    more = {k: hostile(command + '.' + k, s['maxLength']) for k, s in filler.posts[command]['properties'].items() if k not in body and k != 'behalf' and is_free(k, s)}
    for room in (400, 100, 60, 30):
        for extra in (more, {}):
            code, out = o.do(step['as'], command, **hostile_in(body, command, room), **extra)
            if code == step.get('code', 200):
                return code, out
    return o.do(step['as'], command, **body)


def cases(filler, o):
    """steps that were done"""
    done, now, order = 0, '', []
    todo = [json.load(open(p)) for p in case_files()]
    for n, c in enumerate(todo):
        when = ''
        for i, s in enumerate(c['steps']):
            when = s.get('at', when)
            order.append((when, n, i))
    for when, n, i in sorted(order):
        step, names = todo[n]['steps'][i], todo[n]['vars']
        if not {'post', 'get'} & set(step) or 'refused' in step:
            continue
        if when > now:
            h.at(when)
            now = when
        code, out = (200, o.get(step['as'], step['get'] + filled(step.get('id', ''), names))) if 'get' in step else hostile_case(o, filler, step, names)
        if code != step.get('code', 200):
            check('%s of case %d' % (step['name'], n + 1), False, out)
            return done
        done += 1
        for name, path in step.get('save', {}).items():
            names[name] = at_path(out, path)
    h.at(time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()))
    return done


# --- stored: whatever command ---

LAST = re.compile(r'\.(revoke|disable|withdraw|reclaim|surrender|suspend|freeze|reject|handover|reset|move|undeputise|recall|refuse|counter|delist|stop|remove|execute|change|add|request)$')
NEVER_DONE = {'clock.reset', 'log.restore', 'user.enrol', 'clock.demo', 'user.disable', 'user.handover', 'user.reset', 'user.move', 'user.suspend', 'user.expire', 'user.bind', 'user.unbind', 'organisation.change', 'profile.propose', 'registration.execute'}


def approve_all(people):
    for c in people.values():
        if not c.token:
            continue
        for a in c.api('GET', '/api/v1/approval?limit=100')[2].get('items', []):
            if a.get('mine'):
                c.api('POST', '/api/v1/approval/approve', {'id': a['id'], 'note': hostile('approval.approve.note'), 'confirm': True})


def try_command(filler, command, clients):
    for client in clients:
        for body in filler.bodies(command, 14):
            code, kind, out = client.api('POST', '/api/v1/' + command.replace('.', '/'), body)
            if code == 200:
                return True
            if code == 422 and out.get('rule') is None and len(body) > 1:
                least = {k: v for k, v in body.items() if k in filler.posts[command]['required']}
                if client.api('POST', '/api/v1/' + command.replace('.', '/'), least)[0] == 200:
                    return True
    return False


def by_hand(o):
    """a ledger entry, its card, its registration and certificate, and an authorised operation of the full course, with hostile texts wherever a text is free"""
    lines = [','.join('"%s"' % hostile('ledger.import.file.%d' % i, 60).replace('"', '""') for i in range(4)) + ',自主采集,,否', 'INJ-L1,INJ-C1,"%s","%s",自主采集,,否' % tuple(hostile('ledger.' + k, 90).replace('"', '""') for k in ('name', 'overview'))]
    o.do('hbsw1', 'ledger.import', file=CSV_HEAD + '\r\n'.join(lines) + '\r\n', partial=True, corrected='xlsx')
    o.do('hbsw1', 'ledger.import', file=CSV_HEAD + '\r\n'.join(lines) + '\r\n', partial=True)
    lg = next(r['id'] for r in o.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'INJ-L1')
    o.done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision=hostile('ledger.recognise.decision', 200))
    o.done('hb-fin1', 'ledger.confirm', id=lg)
    card = in_all(DOCUMENTS['asset.card.card'], 'asset.card.card')
    card['rights']['public_data'] = False
    o.done('hbsw1', 'asset.card', ledger=lg, card=card, note=hostile('asset.card.note', 400))
    rg = o.done('hbsw1', 'registration.submit', asset='INJ-1', note=hostile('registration.submit.note', 400))['id']
    o.done('hb-fin3', 'registration.decide', id=rg, accept=True, note=hostile('registration.decide.note', 400))
    number = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=['INJ-1'])[1]['certificates'][0]
    first = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))
    proposal = {'certificates': [number], 'grant': {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'],
                'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}, 'terms': 'paid', 'from': first, 'to': str(int(first[:4]) + 1) + first[4:].replace('-02-29', '-02-28'), 'shared': False, 'operator': '91420100DEMA001011',
                'documents': {k: hostile('authorisation.propose.' + k, 200) for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')},
                'selection': hostile('authorisation.propose.selection', 200), 'operator_conditions': hostile('authorisation.propose.conditions', 200)}
    asked = o.done('hbsw1', 'authorisation.propose', proposal=proposal)
    dau = o.done('hb-fin1', 'approval.approve', id=asked['approval'], note=hostile('approval.approve.note'))['authorisation']
    return number, dau, under(o, dau, rg)


def t(where, room):
    return hostile(where, room)


def under(o, dau, rg):
    """what may be said about an authorised operation, each by who may say it; (said, taken)"""
    today, hour_ago = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600)), time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 3600))
    said = [
        ('jc1', 'product.add', dict(authorisation=dau, id='P-INJ', version='1.0', name=t('product.add.name', 120), purpose='INDUSTRY', delivery='API', price_form='GUIDED', charge_basis='CALLS', fee_fen=100,
                                    data_use=t('product.add.data_use', 400), conditions=t('product.add.conditions', 400))),
        ('jc1', 'product.change', dict(product=dau + '/P-INJ', version='1.1', note=t('product.change.note', 400))),
        ('pc-dev', 'complaint.file', dict(number=dau, kind='QUALITY', subject=t('complaint.file.subject', 400), name=t('complaint.file.name', 60), contact=t('complaint.file.contact', 100))),
        ('hbsw1', 'incident.report', dict(number=dau, kind='ABUSE', severity='MINOR', occurred=hour_ago, text=t('incident.report.text', 400))),
        ('hb-fin1', 'order.issue', dict(kind='GUIDE', number=dau, text=t('order.issue.text', 400), doc_no=t('order.issue.doc_no', 80), due=str(int(today[:4]) + 1) + today[4:8] + '01')),
        ('hbsw1', 'evaluation.add', {'number': dau, 'from': today, 'to': today, 'indicators': in_all(DOCUMENTS['evaluation.add.indicators'], 'evaluation.add.indicators'), 'conclusion': 'KEEP',
                                     'report': t('evaluation.add.report', 400), 'note': t('evaluation.add.note', 400)}),
        ('jc1', 'listing.prepare', dict(authorisation=dau, product='P-INJ', exchange='91440300DEMA00128B', disclosure=t('listing.prepare.disclosure', 400))),
        ('jc1', 'revenue.book', dict(authorisation=dau, product='P-INJ', kind='OPERATOR_SALE', payer='91440300DEMA00128B', payer_name=t('revenue.book.payer_name', 100), gross_fen=5000, period_from=today, period_to=today,
                                     paid_on=today, funded_by='OWN', note=t('revenue.book.note', 400), evidence={'invoice': {'number': t('revenue.book.invoice', 40)}, 'documents': [t('revenue.book.document', 100)]})),
        ('hbsw1', 'collateral.request', dict(asset='INJ-1', creditor=t('collateral.request.creditor', 120))),
        ('hb-fin1', 'rule.override', dict(rule='R05', asset='INJ-1', reason=t('rule.override.reason', 400))),
        ('jc1', 'registration.object', dict(asset='INJ-1', name=t('registration.object.name', 100), contact=t('registration.object.contact', 100), evidence=t('registration.object.evidence', 400))),
        ('hb-fin1', 'user.add', dict(login='inj-1', name=t('user.add.name', 40), person='inj-1', org='11420000DEMA00013M', roles=['FINANCE'])),
        ('hb-fin1', 'organisation.add', dict(usci=usci('12420000DEMA00888'), name=t('organisation.add.name', 120), kind='INST', level='省', div6='420000', finance='11420000DEMA00013M', roles=['USER'],
                                          note=t('organisation.add.note', 400))),
        ('hb-fin1', 'peer.add', dict(name=t('peer.add.name', 100), root=open(h.d + '/trust/root.pem').read(), signs_for=['12420000DEMA00099D'])),
        ('hb-fin1', 'price.record', {'authorisation': dau, 'maximum_fen': 914313600, 'cost_fen': 800000000, 'bond_bp': 182, 'profit_bp': 782, 'tax_bp': 600, 'from': today, 'to': str(int(today[:4]) + 2) + today[4:8] + '01',
                                     'doc_no': t('price.record.doc_no', 80), 'doc_date': today, 'authority': t('price.record.authority', 100), 'scan': t('price.record.scan', 100),
                                     'caps': [{'product': 'P-INJ', 'cap_fen': 1000, 'volume': 1000}]}),
        ('hbsw1', 'collateral.release', dict(id='CL-none', reason=t('collateral.release.reason', 400))),
    ]
    taken = 0  # what is refused is kept by some of them too
    for who, command, body in said:
        code, out = o.do(who, command, **body)
        taken += code == 200
        if code != 200 and os.environ.get('SHOW'):
            print('#', command, code, out.get('detail', {}).get('en', out))
    return taken


def later(o, number, dau):
    """what needs something before it: applications that turn back, copies, licenses, listings, tables; refused steps"""
    refused = []

    def step(who, command, **body):
        code, out = o.do(who, command, **body)
        if code != 200:
            refused.append((command, out.get('detail', {}).get('en', out)))
        return out

    def both(first, second, command, **body):
        asked = step(first, command, **body)
        return asked, step(second, 'approval.approve', id=asked.get('approval'), confirm=True)

    today = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))
    # an application that is taken back, one that is returned, a registration that is withdrawn
    def carded(no, public):
        card = in_all(DOCUMENTS['asset.card.card'], 'asset.card.card')
        card['rights']['public_data'], card['basic']['asset_no'] = public, 'INJ-' + no
        step('hbsw1', 'ledger.import', file=CSV_HEAD + '\r\nINJ-L%s,INJ-C%s,"%s","%s",自主采集,,否\r\n' % ((no, no) + tuple(t('ledger.' + k, 90).replace('"', '""') for k in ('name', 'overview'))))
        lg = next(r['id'] for r in o.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'INJ-L' + no)
        step('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision=t('ledger.recognise.decision', 200))
        step('hb-fin1', 'ledger.confirm', id=lg)
        step('hbsw1', 'asset.card', ledger=lg, card=card)
        return step('hbsw1', 'registration.submit', asset='INJ-' + no).get('id')

    rg = carded('2', True)
    step('hbsw1', 'registration.recall', id=rg, note=t('registration.recall.note', 400))
    rg = step('hbsw1', 'registration.submit', asset='INJ-2').get('id')
    step('hb-fin1', 'registration.return', id=rg, note=t('registration.return.note', 400), missing=[t('registration.return.missing', 100)])
    rg = carded('3', False)
    step('hb-fin3', 'registration.decide', id=rg, accept=True)
    both('hb-fin1', 'hb-fin2', 'registration.withdraw', id=rg, reason=t('registration.withdraw.reason', 400))
    # paper
    copy = step('hb-fin1', 'copy.issue', number=number).get('id')
    step('hb-fin2', 'copy.collect', id=copy, name=t('copy.collect.name', 40), document='OTHER', document_no=t('copy.collect.document_no', 30), contact=t('copy.collect.contact', 40), checked=True)
    again = step('hb-fin1', 'copy.reissue', id=copy, reason='LOST', note=t('copy.reissue.note', 200)).get('id')
    step('hb-fin1', 'copy.void', id=again, reason='OTHER', note=t('copy.void.note', 200))
    # licenses: asked for, issued, used, stopped
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['PUBGOV'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    step('jc1', 'product.add', authorisation=dau, id='P-FREE', version='1.0', name=t('product.add.name', 120), purpose='PUBGOV', delivery='API', price_form='FREE', fee_fen=0, data_use=t('product.add.data_use', 400),
         conditions=t('product.add.conditions', 400))
    request = {'authorisation': dau, 'product': {'id': 'P-FREE', 'version': '1.0', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 30, 'binding': 'named', 'audience': 'https://gateway.example',
               'duties': ['STOP'], 'users': [{'usci': '91440300DEMA00128B', 'name': '鹏城数据科技（虚构）'}]}
    stranger = dict(request, users=[{'usci': usci('91440300DEMA00999'), 'name': t('token.issue.request.users.name', 100)}])
    of_one = lambda r: {**{k: v for k, v in r.items() if k != 'users'}, 'user': r['users'][0]}
    asked = step('pc-dev', 'token.request', request=of_one(request)).get('id')
    step('jc1', 'token.review', request=asked, accept=False, note=t('token.review.note', 400))
    step('jc1', 'token.request', request=of_one(stranger), document=t('token.request.document', 100))
    token = step('jc1', 'token.issue', request=stranger).get('tokens', [None])[0]
    step('jc1', 'token.suspend', id=token, reason=t('token.suspend.reason', 400))
    both('jc1', 'jc2', 'token.resume', id=token, reason=t('token.resume.reason', 400))
    step('jc1', 'token.revoke', id=token, reason=t('token.revoke.reason', 400))
    used = step('jc1', 'token.issue', request=request).get('tokens', [None])[0]
    step('jc1', 'usage.report', totals=[{'token': used, 'day': today, 'count': 7}])
    step('pc-dev', 'usage.dispute', id='%s.%s' % (used, today), reason=t('usage.dispute.reason', 400))
    both('jc1', 'jc2', 'token.bulk', request={k: v for k, v in request.items() if k != 'users'}, file='统一社会信用代码,名称\r\n%s,"%s"\r\n' % (usci('91440300DEMA00998'), t('token.bulk.file', 100).replace('"', '""')))
    # an exchange's listing
    market = usci('91440300DEMA00997')
    both('mof1', 'mof2', 'organisation.add', usci=market, name=t('organisation.add.name', 120), kind='ENT', level='中央', div6='100000', finance='11100000DEMA00056N', roles=['EXCHANGE'],
         override=t('organisation.add.override', 200))
    listing = step('jc1', 'listing.prepare', authorisation=dau, product='P-INJ', name=t('listing.prepare.name', 120), exchange=market, disclosure=t('listing.prepare.disclosure', 400)).get('id')
    step('jc1', 'listing.refresh', id=listing, disclosure=t('listing.refresh.disclosure', 400))
    step('jc1', 'listing.delist', id=listing, on=today, reason=t('listing.delist.reason', 400))
    # tables and lists of a whole appliance
    both('mof1', 'mof2', 'division.load', file='代码,名称\n420115,"%s"\n' % t('division.load.file', 60).replace('"', '""'), source=t('division.load.source', 100))
    given = both('hb-fin1', 'hb-fin2', 'user.deputise', login='hb-fin1', deputy='hb-fin3', reason=t('user.deputise.reason', 200), **{'from': today, 'to': today})[1]
    both('hb-fin1', 'hb-fin2', 'user.undeputise', id=given.get('delegation'), reason=t('user.undeputise.reason', 200))
    both('hbsw1', 'hb-fin1', 'authorisation.adjust', number=dau, actions=['QUERY'], reason=t('authorisation.adjust.reason', 400))
    step('hb-fin1', 'certificate.suspend', number=number, reason=t('certificate.suspend.reason', 400))
    both('hb-fin1', 'hb-fin2', 'certificate.resume', number=number, reason=t('certificate.resume.reason', 400))
    return refused


def stored(filler, people):
    order = sorted((c for c, (k, r) in commands.items() if k == 'write' and r and c not in NEVER_DONE and not c.startswith(('account.', 'session.', 'apitoken.'))), key=lambda c: bool(LAST.search(c)))
    done = set()
    for again in range(2):
        filler.look([people[n] for n in ('auditor', 'hb-fin1', 'hbsw1', 'jc1', 'pc-dev')])
        for command in order:
            if command not in done and not command.startswith('approval.') and try_command(filler, command, [c for c in people.values() if c.token and set(c.roles) & set(commands[command][1])]):
                done.add(command)
        approve_all(people)
    return order, done


def in_the_register():
    """numbers of the marks that stand in a row of any table: in events, openings, files"""
    import sqlite3
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=300)
    found = set()
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'").fetchall():
        for row in db.execute('SELECT * FROM "%s"' % name):
            for v in row:
                if isinstance(v, (str, bytes)):
                    found.update(map(int, re.findall(r'Zx(\d+)', v if isinstance(v, str) else v.decode('utf-8', 'replace'))))
    db.close()
    return found


# --- read back ---

def read_back(filler, client):
    for noun in sorted({c.split('.')[0] for c in commands if c.endswith('.list')}):
        client.ask('GET', '/list/%s?limit=200' % noun, cookie=True)
        for form in ('csv', 'xlsx', 'json'):
            client.ask('GET', '/do/find/export?run=1&noun=%s&format=%s&download=file' % (noun, form), cookie=True)
            client.ask('GET', '/list/%s?download=%s' % (noun, form), cookie=True)
        for key in filler.ids.get(noun, [])[-12:]:
            if noun + '.show' in commands:
                client.ask('GET', '/show/%s/%s' % (noun, urllib.parse.quote(key, safe='')), cookie=True)
            client.ask('GET', '/do/find/history?run=1&object=' + urllib.parse.quote(key, safe=''), cookie=True)
    for q in ('Zx', '<script>', '=1', '"', '*', 'NEAR(', "'", '%', 'INJ'):
        client.ask('GET', '/do/find/search?run=1&q=' + urllib.parse.quote(q), cookie=True)
    every_get(client, '')
    every_get(client, '?lang=en')


def files_out(filler, people):
    """every reading command that gives a file, in each of its formats; FULL=1: for more bodies and readers"""
    full = os.environ.get('FULL') == '1'
    for command, (kind, roles) in commands.items():
        props = filler.posts[command]['properties']
        formats = props.get('format', {}).get('enum', [None])
        if kind != 'read' or not roles or command.startswith(('find.export', 'audit.', 'db.', 'bundle.')):
            continue
        clients = [c for c in people.values() if c.token and set(c.roles) & set(roles)][:3 if full and formats != [None] else 1]
        slow = command == 'report.half-year' # it replays the register up to its day
        for body in list(filler.bodies(command, 3 if full or not slow else 1)) or [{}]:
            for k, form in enumerate(formats):
                query = urllib.parse.urlencode({k: (json.dumps(v) if isinstance(v, (dict, list)) else v) for k, v in dict(body, **({'format': form} if form else {})).items() if not isinstance(v, (dict, list))})
                for client in clients:
                    for member in ('', 'file') + (('.', 'csv', 'pack') if form and k == 0 else ()):
                        client.ask('GET', '/do/%s?run=1%s&%s' % (command.replace('.', '/'), '&download=' + member if member else '', query), cookie=True)


def file_names(people):
    """a name may be anything; a header stays one line"""
    c, taken = people['hbsw1'], 0
    for name in ('a\r\nX-Injected: Zx.txt', '../../x<script>.html', '"; filename=evil.exe; x="', '=1+1.csv', '\u202egnp.exe', '报告%s%n.pdf', 'x' * 119):
        code, kind, out = c.api('POST', '/api/v1/material/add', {'kind': 'OTHER', 'name': name, 'file': 'text'})
        if code != 200:
            continue
        taken += 1
        for at in ('/do/material/show?run=1&download=file&id=' + out['id'], '/show/material/' + out['id']):
            status, head, body = c.ask('GET', at, cookie=True)
            said = head.get('Content-Disposition', '')
            if 'download' in at and (not said.startswith('attachment') or re.search(r'[\r\n]|\.\./|filename=evil', said)):
                fault('a file name that says more: %r' % said, at)
    check('most of the names are taken, so that something is shown', taken >= 4, taken)


def main():
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    Client.seen = judge
    people = {}
    for login in ('auditor', 'hb-fin1', 'hb-fin2', 'hb-fin3', 'mof1', 'mof2', 'hbsw1', 'hbsw2', 'hbsw-sup', 'slb1', 'jc1', 'jc2', 'pc-dev', 'yj1'):
        l = h.login(login)
        people[login] = Client(h).sign_in(login, l['password'], l['totp'])
        people[login].roles = l['roles'].split(',') if isinstance(l['roles'], str) else l['roles']
    check('officers of the demo have signed in', all(c.token and c.csrf for c in people.values()))
    start, before = time.time(), h.children()
    filler = Filler(people['auditor'].api('GET', '/api/v1/openapi.json')[2])
    o = Officers(h)
    o.sessions.update({login: c.token for login, c in people.items()})
    done = cases(filler, o)
    print('# %d steps of the cases; %.0f s' % (done, time.time() - start), flush=True)
    check('the cases are done with such texts', done > 150, done)
    number, dau, taken = by_hand(o)
    check('texts that want to be more are taken act by act', taken >= 8, taken)
    refused = later(o, number, dau)
    for command, why in refused:
        check('%s takes such a text' % command, False, why)
    order, done = stored(filler, people)
    kept = in_the_register()
    texts = {w: n for w, n in numbers.items() if w.count('.') >= 1}
    lost = sorted(w for w, n in texts.items() if n not in kept)
    print('# %d of %d changing commands were accepted, %d of %d texts stand in the register; %.0f s' % (len(done), len(order), len(kept), len(texts), time.time() - start), flush=True)
    check('the register keeps them at many more', len(kept) >= 150, len(kept))
    if os.environ.get('SHOW'):
        print('# not done:', [c for c in order if c not in done], '\n# not kept:', lost)
    file_names(people)
    filler.look(people.values())
    for login in ('auditor', 'hb-fin1', 'hbsw1', 'jc1') if os.environ.get('FULL') == '1' else ('auditor', 'jc1'):
        read_back(filler, people[login])
    files_out(filler, people)
    read_back_public = Client(h)
    every_get(read_back_public, '')
    print('# %d answers, %d pages, %d files; %.0f s' % (count['answers'], count['pages'], count['files'], time.time() - start), flush=True)
    who = everybody(h)
    who['nobody'] = who['signed out']
    reflected(filler, who)
    print('# %d answers, %d pages, %d files; %.0f s' % (count['answers'], count['pages'], count['files'], time.time() - start), flush=True)
    check('files were read, too', count['files'] > 20, count['files'])
    check('no process died of it', h.children() == before, (before, h.children()))
    rebuilt(h)
    for what, where in faults.items():
        check(what, False, where)
    check('whatever is put in at any field stays text: on every page, in every cell, header and file', not faults)


try:
    main()
finally:
    h.stop()
    h.close()
finish()
