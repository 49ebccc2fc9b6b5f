"""Cases 1 to 6 of domain.md section 12, replayed from tests/fixtures/cases over the API by
the right people, to the certificate numbers and the amounts given there.  Before each step:
  - every later step of the same object that can be tried is, with this one left out;
  - everybody of the demo home who may not do the step tries it, and nobody signed in;
and each is refused by the rule that the file or the roles below name, in Chinese and
English, without a new event.  After each step the verdict service is asked for every credential
that the case has by then, and says what the file says.  The negative list of section 8 stands in
negative_test.py.

A step: name, object (asset number), at (the demo home's clock; none: as before), as (login),
post and body, or get (and the id behind it); save {name: path of the answer}, used as "$name" in
what follows; expect {path: value}; verdicts {name of the file's judged: what it is from this step on};
code (HTTP, where a refusal is an event); refused (the rule: the step itself must be refused); early
(rule or rules by which it is refused before its time; "404": there is nothing yet); early_not (steps
that may be left out); foreign (rule for somebody of a role that may, and who may not here),
wrong {login: another rule}, also (logins, or a role, who may as well).  guess: numbers that
are known before they are given out; "@" stands before one that lacks its check character.
judged: {name: {noun, of, use}}, what the service is asked.  A step with verify asks the tool at the
demo home's time; one with verify-all asks the service for each of many tokens, by its own user."""
import re
from casefile import *
from lib import *

# who may at all, by domain.md sections 6 and 7; apart from the product's own list
MAY = {'ledger/import': 'HOLDER', 'ledger/recognise': 'HOLDER', 'ledger/confirm': 'SUPERIOR FINANCE', 'asset/card': 'HOLDER', 'registration/submit': 'HOLDER',
       'registration/endorse': 'SUPERIOR', 'registration/accept': 'FINANCE', 'registration/review': 'FINANCE', 'registration/notice': 'FINANCE',
       'registration/decide': 'FINANCE', 'certificate/issue': 'FINANCE', 'certificate/revoke': 'FINANCE', 'approval/approve': 'FINANCE SUPERIOR HOLDER IMPLEMENTER OPERATOR USER',
       'authorisation/propose': 'IMPLEMENTER', 'authorisation/suspend': 'IMPLEMENTER FINANCE', 'evaluation/add': 'IMPLEMENTER ASSESSOR', 'authorisation/reclaim': 'IMPLEMENTER', 'token/issue': 'OPERATOR',
       'plan/study': 'IMPLEMENTER', 'plan/submit': 'IMPLEMENTER', 'plan/deliberate': 'IMPLEMENTER', 'plan/select': 'IMPLEMENTER', 'plan/agree': 'IMPLEMENTER',
       'plan/file': 'IMPLEMENTER DATA_BUREAU', 'plan/activate': 'IMPLEMENTER', 'price/record': 'IMPLEMENTER FINANCE', 'product/add': 'OPERATOR DEVELOPER USER',
       'collateral/request': 'HOLDER OPERATOR IMPLEMENTER', 'profile/propose': 'FINANCE', 'revenue/book': 'HOLDER IMPLEMENTER OPERATOR DEVELOPER USER', 'revenue/clear': 'FINANCE',
       'revenue/remit': 'HOLDER IMPLEMENTER OPERATOR FINANCE', 'exit/tick': 'OPERATOR', 'exit/accept': 'IMPLEMENTER',
       'registration/object': 'FINANCE SUPERIOR HOLDER IMPLEMENTER OPERATOR DEVELOPER USER EXCHANGE DATA_BUREAU'}
NOBODY = 'domain.md 6'
tokens, roles, counts = {}, {}, {}


def post(who, what, body):
    return h.api('POST', '/api/v1/' + what, body, tokens.get(who))


def events():
    return post('auditor', 'status/show', {})[1]['events']


def refused(kind, sentence, who, what, body, rules):
    """the attempt is refused by one of these rules, in both languages, and leaves no event"""
    before = events()
    code, out = post(who, what, body)
    counts[kind] = counts.get(kind, 0) + 1
    detail = out.get('detail') or {}
    said = bool(detail.get('en')) and re.search('[\u4e00-\u9fff]', detail.get('zh', '')) is not None
    by = '401' if code == 401 and who is None else '404' if code == 404 else out.get('rule')
    ok = code in (401, 403, 404, 409, 422) and by in rules and said and events() == before
    if not ok:
        check('%s: %s by %s, refused by %s' % (sentence, what, who, ' or '.join(rules)), False, (code, out.get('rule'), detail, events() - before))
    return ok


def credential(noun, name):
    doc = h.api('GET', '/api/v1/%s/%s' % (noun, name), None, tokens['auditor'])[1]
    return doc.get('pem') or doc.get('compact')


def service(items):
    """what the verdict service says of these, now; many are asked in parts"""
    out = []
    for k in range(0, len(items), 500):
        body = json.dumps({'items': items[k:k + 500]}).encode()
        out += [r['verdict'] for r in json.load(urllib.request.urlopen(h.url('/v1/verify'), body, timeout=300))['items']]
    counts['asked'] = counts.get('asked', 0) + len(items)
    return out


def as_list(v):
    return v if isinstance(v, list) else [v]


def expected_of(step, login):
    """the rule that keeps this person from the step; None: they may"""
    also = step.get('also', [])
    if login == step['as'] or login in also or (isinstance(also, str) and also in roles[login]):
        return None
    if not roles[login] & set(MAY[step['post']].split()):
        return NOBODY
    return step.get('wrong', {}).get(login, step.get('foreign'))


class Case:
    def __init__(self, path):
        doc = json.load(open(path))
        self.title, self.steps, self.name = doc['case'], doc['steps'], os.path.basename(path)[:-5]
        self.names, self.judged, self.says, self.texts = dict(doc['vars']), doc['judged'], {}, {}
        self.guess = {k: numbered(v[1:]) if v.startswith('@') else v for k, v in doc['guess'].items()}
        when = ''
        for s in self.steps:
            when = s['when'] = s.get('at', when)

    def left_out(self, i):
        """what comes later, tried now"""
        step, good = self.steps[i], True
        for later in self.steps[i + 1:]:
            if later.get('object') != step['object'] or 'post' not in later or 'refused' in later or step['name'] in later.get('early_not', []):
                continue
            try:
                body = filled(later['body'], {**self.guess, **self.names})
            except Unbound:
                continue
            good &= refused('left out', '%s: %s before %s' % (self.name, later['name'], step['name']), later['as'], later['post'], body, as_list(later['early']))
        return good

    def wrong(self, step, body):
        good = refused('wrong', self.name + ': ' + step['name'], None, step['post'], body, ['401'])
        for login in sorted(roles):
            rule = expected_of(step, login)
            if rule is not None:
                good &= refused('wrong', '%s: %s' % (self.name, step['name']), login, step['post'], body, [rule])
        return good

    def verify(self, step):
        """with the tool, at the demo home's time"""
        noun, name = step['verify'], filled(step['id'], self.names)
        path = os.path.join(h.root, 'credential')
        open(path, 'w').write(credential(noun, name))
        cmd = [B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json', '--at', post('auditor', 'status/show', {})[1]['now']]
        r = subprocess.run(cmd + (['--use', step['use']] if 'use' in step else []), capture_output=True, text=True, timeout=300)
        return json.loads(r.stdout)['verdict'] == step['verdict'], r.stdout[:400]

    def text(self, noun, name):
        if (noun, name) not in self.texts:
            self.texts[noun, name] = credential(noun, name)
        return self.texts[noun, name]

    def verify_all(self, step):
        ids, users = filled(step['ids'], self.names), filled(step['users'], self.names)
        said = service([{'credential': self.text(step['verify-all'], i), 'use': {**step['use'], 'user': u['usci']}} for i, u in zip(ids, users)])
        return len(ids) == len(users) == len(said) and set(said) == {step['verdict']}, (len(ids), len(said), sorted(set(said)))

    def right(self, step):
        """after a step: the service says of everything there is what the file says"""
        self.says.update(step.get('verdicts', {}))
        what = [(name, self.judged[name]) for name in sorted(self.says)]
        said = service([{'credential': self.text(j['noun'], filled(j['of'], self.names)), **({'use': j['use']} if 'use' in j else {})} for _, j in what]) if what else []
        wrong = {name: (v, self.says[name]) for (name, _), v in zip(what, said) if v != self.says[name]}
        return not wrong, wrong

    def do(self, i):
        step = self.steps[i]
        if 'verify-all' in step:
            return self.verify_all(step)
        if 'verify' in step:
            return self.verify(step)
        if 'get' in step:
            code, out = h.api('GET', '/api/v1/' + step['get'] + filled(step.get('id', ''), self.names), None, tokens[step['as']])
        else:
            body = filled(step['body'], self.names)
            if 'refused' in step:
                return refused('refused', self.name + ': ' + step['name'], step['as'], step['post'], body, [step['refused']]), ''
            if not (self.left_out(i) if 'object' in step else True) & self.wrong(step, body):
                return False, 'see above'
            code, out = post(step['as'], step['post'], body)
            counts['done'] = counts.get('done', 0) + 1
        if code != step.get('code', 200):
            return False, out
        for name, path in step.get('save', {}).items():
            self.names[name] = at_path(out, path)
        return all(at_path(out, k) == v for k, v in step.get('expect', {}).items()), out


def cases():
    todo = [Case(p) for p in case_files()]
    check('six cases are there', len(todo) == 6)
    order = sorted(((c.steps[i]['when'], n, i) for n, c in enumerate(todo) for i in range(len(c.steps))))
    now, failed_cases = '', set()
    for when, n, i in order:
        c = todo[n]
        if n in failed_cases:
            continue
        if when > now:
            h.at(when)
            now = when
        try:
            ok, out = c.do(i)
            judged, said = c.right(c.steps[i]) if ok else (True, '')
        except (KeyError, IndexError, StopIteration, urllib.error.HTTPError) as e:
            ok, out = False, repr(e)
        check('%s %s: %s' % (c.name, now[:10], c.steps[i]['name']), ok, out)
        if ok and not judged:
            check('%s %s: the verdict service after %s' % (c.name, now[:10], c.steps[i]['name']), False, said)
            ok = False
        if not ok:
            failed_cases.add(n)
    check('the verdict service was right after every step of all six', not failed_cases, failed_cases)
    unasked = {c.name: sorted(set(c.judged) - set(c.says)) for c in todo}
    check('it was asked for each thing that the files have judged, in every case', all(c.judged for c in todo) and not any(unasked.values()), unasked)
    print('# %d steps done, %d tried before their time, %d by people who may not, %d verdicts asked' % (counts['done'], counts['left out'], counts['wrong'], counts['asked']), flush=True)


h = Home(cases=False)
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    for l in h.demo['logins']:
        roles[l['login']] = set(l['roles'])
        tokens[l['login']] = h.session(l['login'])
    check('everybody has signed in', all(tokens.values()), [k for k, v in tokens.items() if not v])
    cases()
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
