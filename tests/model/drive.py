"""Plays the generator's lawful and unlawful moves through a running appliance, over its API, and
compares every outcome with the model's: done or refused, the rule of a refusal, the states after
it.  MOVES, SEED (environment) change length and course; OUT=FILE keeps a record of every move.
Every name, code and number is illustrative."""
import collections
import datetime as dt
import http.client
import json
import os
import random
import re
import socket
import struct
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'integration')]
if os.access('/dev/shm', os.W_OK):
    tempfile.tempdir = '/dev/shm'
import lib
from lib import Home, check, finish, totp
from model import ENDINGS, FINAL, OPEN, Generator, World, demo_config

MOVES, SEED = int(os.environ.get('MOVES', 3000)), int(os.environ.get('SEED', 1))
START, UNTIL = '2026-01-06', '2031-10-31'      # within the life of the status signer's certificate
PASSWORD = 'a long enough password'
USCI = '0123456789ABCDEFGHJKLMNPQRTUWXY'
LEVEL = {'FIN1': '610000', 'FIN2': '620000'}   # divisions of the two finance departments
CHINA = dt.timezone(dt.timedelta(hours=8))


class Skip(Exception):
    """A move that this interface has no words for."""


class Disagreement(Exception):
    pass


def usci(first, division, body):
    r = 11 - sum(int(c, 36) * k for c, k in zip(body, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    s = first + division + body + ('X' if r == 10 else '0' if r == 11 else str(r))
    return s + USCI[(31 - sum(USCI.index(c) * pow(3, i, 31) for i, c in enumerate(s)) % 31) % 31]


def china_day(text):
    return dt.datetime.fromisoformat(text.replace('Z', '+00:00')).astimezone(CHINA).date().isoformat() if text else None


class Product:
    """The appliance as its people see it: one kept connection and one session each."""

    def __init__(self, home):
        self.h, self.conn, self.token, self.calls = home, {}, {}, 0

    def local(self, command, **params):
        body = json.dumps({'command': command, 'params': params}).encode()
        self.control = socket.socket(socket.AF_UNIX)  # one for each: the registry closes what is idle
        self.control.connect(self.h.d + '/run/control.sock')
        self.control.sendall(struct.pack('>IHHQ', len(body) + 12, 1, 0, 1) + body)
        head = self._read(16)
        out = json.loads(self._read(struct.unpack('>I', head[:4])[0] - 12))
        self.control.close()
        return out

    def _read(self, n):
        data = b''
        while len(data) < n:
            got = self.control.recv(n - len(data))
            if not got:
                raise RuntimeError('the control socket was closed')
            data += got
        return data

    def request(self, who, method, path, body=None):
        self.calls += 1
        for again in (False, True):
            if who not in self.token:
                self.token[who] = self.h.session(who)
            c = self.conn.get(who)
            if c is None:
                c = self.conn[who] = http.client.HTTPConnection('127.0.0.1', self.h.p, timeout=300)
            try:
                c.request(method, path, None if body is None else json.dumps(body).encode(), {'Authorization': 'Bearer ' + self.token[who]})
                r = c.getresponse()
                code, out = r.status, json.loads(r.read() or b'{}')
            except (http.client.HTTPException, ConnectionError):
                if again:
                    raise
                c.close()
                self.conn[who] = None
                continue
            if code == 401 and not again:
                del self.token[who]
                continue
            return code, out

    def do(self, who, command, **params):
        return self.request(who, 'POST', '/api/v1/' + command.replace('.', '/', 1), params)

    def must(self, who, command, **params):
        code, out = self.do(who, command, **params)
        if code != 200:
            raise RuntimeError('%s by %s: %s' % (command, who, out))
        return out

    def show(self, noun, name):
        code, out = self.request('hb-fin1', 'GET', '/api/v1/%s/%s' % (noun, name))
        if code != 200:
            raise Disagreement('%s %s is not there: %s' % (noun, name, out))
        return out

    def all(self, noun):
        after, items = '', []
        while after is not None:
            page = self.request('hb-fin1', 'GET', '/api/v1/%s?limit=1000&after=%s' % (noun, after))[1]
            items += page['items']
            after = page.get('next')
        return items


def country(p, config):
    """The model's organisations and people, entered by the right officers; {organisation: code}."""
    first = {'ADMIN': '11', 'INST': '12', 'MASS': '13', 'ENT': '91', 'SOE': '91', 'UTIL': '91'}
    code = {o['id']: usci(first[o['kind']], LEVEL[o['finance']], 'DEMM%04d' % n) for n, o in enumerate(config['orgs'], 1)}
    officers = {'FIN1': [], 'FIN2': []}

    def two(by, command, **params):
        a, b = officers[by][:2] if len(officers.get(by, [])) >= 2 else ('mof1', 'mof2')
        asked = p.must(a, command, **params)
        return asked, p.must(b, 'approval.approve', id=asked['approval'])

    for o in config['orgs']:
        roles = sorted({r for q in config['people'] if q['org'] == o['id'] for r in q['roles']}) or ['HOLDER']
        above = {'FINANCE', 'AUDITOR'} & set(roles)
        two(None if above else o['finance'], 'organisation.add', usci=code[o['id']], name='%s（虚构）' % o['id'], kind=o['kind'], level='省',
            div6=LEVEL[o['finance']], finance=code[o['finance']], roles=roles, **({'dept': code[o['superior']]} if o['superior'] else {}))
        for q in config['people']:
            if q['org'] != o['id']:
                continue
            asked, given = two(o['finance'], 'user.add', login=q['id'].lower(), name=q['id'], person='m-' + q['id'], org=code[o['id']], roles=q['roles'])
            out = p.local('user.enrol', login=q['id'].lower(), code=asked['code_first'] + '-' + given['code_second'], password=PASSWORD)
            p.h.demo['logins'].append({'login': q['id'].lower(), 'password': PASSWORD, 'totp': out['answer']['totp']})
            if o['id'] in officers and 'FINANCE' in q['roles']:
                officers[o['id']].append(q['id'].lower())
    code['OPR'] = usci('91', LEVEL['FIN1'], 'DEMM0099')
    two('FIN1', 'organisation.add', usci=code['OPR'], name='运营机构（虚构）', kind='SOE', level='省', div6=LEVEL['FIN1'], finance=code['FIN1'], roles=['OPERATOR'], mlps=3)
    # whom the course of an authorisation needs besides the model's people: a second officer of the institution, and the operator's
    for login, o, roles in (('dept.x', code['DEPT'], ['IMPLEMENTER']), ('opr.1', code['OPR'], ['OPERATOR'])):
        asked, given = two('FIN1', 'user.add', login=login, name=login, person='m-' + login, org=o, roles=roles)
        out = p.local('user.enrol', login=login, code=asked['code_first'] + '-' + given['code_second'], password=PASSWORD)
        p.h.demo['logins'].append({'login': login, 'password': PASSWORD, 'totp': out['answer']['totp']})
    for f in ('FIN1', 'FIN2') if config['years'] != 3 else (): # 3 is what a department has that sets nothing
        two(f, 'profile.propose', profile={'years.certificate': config['years']})
    return code, officers


class Player:
    """One move of the model as commands of the product."""
    CSV = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'
    GIVEN = {'legality': ('rights', 'source_authority', 'law (illustrative)'), 'resource': ('basic', 'overview', 'overview (illustrative)'),
             'evidence': ('management', 'evidence_no', 'EV-1'), 'products': ('use', 'products', ['product']), 'scenes': ('use', 'scenes', ['scene'])}
    KINDS = {'subject': 'SUBJECT', 'legality': 'SOURCE', 'resource': 'RESOURCE', 'evidence': 'EVIDENCE', 'products': 'PRODUCTS', 'scenes': 'SCENES',
             'risk': 'RISK', 'sec_policy': 'SEC_POLICY', 'emergency_plan': 'EMERGENCY_PLAN'}
    ZH = {'subject': '主体信息', 'legality': '数据合法合规性来源', 'resource': '数据资源情况', 'evidence': '存证情况', 'products': '产品和服务信息', 'scenes': '应用场景信息',
          'risk': '数据安全风险评估'}

    def __init__(self, product, world, code, officers):
        self.p, self.w, self.code, self.officers = product, world, code, officers
        self.id, self.pend, self.auth, self.n = {}, {}, {}, 0
        self.morning, self.minutes = time.time(), 1

    def play(self, m, ctx):
        """(done, answer or problem, HTTP status)"""
        status, out = getattr(self, 'p_' + m['act'])(m, m['by'].lower() if m.get('by') else None, ctx)
        refused = status != 200 or out.get('refused') is True
        return not refused, out, status

    @staticmethod
    def tags(status, out):
        """what the product says, in the model's words"""
        if 'faults' in out:
            return {out['faults'][0]['rule']}
        rule, error = out.get('rule', ''), out.get('error', '')
        if error == 'refused':
            return {'role' if rule == 'domain.md decision 8' else 'input' if rule.startswith('26号') else rule}
        return {{'forbidden': 'role', 'wrong-state': 'state', 'exists': 'state', 'invalid': 'input', 'not-found': 'input',
                 'malformed': 'input', 'wrong-use': 'input'}.get(error, '%s %s' % (error, rule))}

    def need(self, key):
        if key not in self.id:
            raise Skip
        return self.id[key]

    def asset(self, i):
        """the asset that any id of its family belongs to"""
        ctx = self.w._resolve(i)
        if not ctx or not ctx['asset']:
            raise Skip
        return ctx['asset']

    def reg(self, m, ctx):
        if not ctx or not ctx['reg']:
            raise Skip
        return self.need(ctx['reg']['id'])

    def cert(self, m, ctx):
        if not ctx or not ctx['cert']:
            raise Skip
        return self.need(ctx['cert']['id'])

    def ask(self, key, answer):
        status, out = answer
        if status == 200:
            self.pend[key] = out['approval']
        return answer

    def decide(self, key, who, verdict='approve'):
        if key not in self.pend:
            raise Skip
        return self.p.do(who, 'approval.' + verdict, id=self.pend[key], **({'note': 'x'} if verdict == 'reject' else {}))

    # --- ledger and card ---
    def p_ledger_enter(self, m, who, ctx):
        self.n += 1
        number = 'N-%06d' % self.n
        ref = m.get('catalog_ref') or ''
        line = '%s,%s,name %d,,%s,%s,否\r\n' % (number, ref, self.n, '共享取得' if m.get('shared') else '自主采集', 'unit' if m.get('shared') else '')
        return self.p.do(who, 'ledger.import', file=self.CSV + line)

    def p_recognise(self, m, who, ctx):
        p = {'id': self.need(ctx['ledger']['id']), 'decision': 'minutes 1'}
        if 'result' in m:
            p['result'] = m['result']
        return self.p.do(who, 'ledger.recognise', **p)

    def p_confirm(self, m, who, ctx):
        return self.p.do(who, 'ledger.confirm', id=self.need(ctx['ledger']['id']))

    def card_of(self, m, number):
        c = {'basic': {'asset_no': number, 'name': 'name of ' + number, 'class_scheme': 'LOCAL', 'class_code': '1'},
             'rights': {'rights': ['HOLD', 'USE'], 'modes': ['WHOLE'], 'dispute': bool(m.get('dispute'))},
             'use': {}, 'management': {'mgr_dept': 'department', 'mgr_person': 'person'}}
        for k in m.get('given') or ():
            block, key, value = self.GIVEN[k]
            c[block][key] = value
        for flag, (block, key, value) in {'risk_assessment': ('management', 'risk_assessment', 'report'), 'legal_basis': ('rights', 'legal_basis', 'law'),
                                          'sec_policy': ('management', 'sec_policy', 'rules'), 'emergency_plan': ('management', 'emergency_plan', 'plan'),
                                          'sj_number': ('management', 'sj_cert_no', 'SJ6112026010001'), 'encumbrance': ('rights', 'encumbrance', ['pledge'])}.items():
            if m.get(flag):
                c[block][key] = value
        if isinstance(m.get('public_data'), bool):
            c['rights'].update({'public_data': True, 'public_data_basis': 'law'} if m['public_data'] else {'public_data': False})
        if m.get('personal'):
            c['rights']['personal_info'] = m['personal'].upper()
        if m.get('level'):
            c['management']['data_level'] = m['level']
        if m.get('value_basis'):
            c['basic']['value_basis'] = m['value_basis']
            if m['value_basis'] != 'UNBOOKED':
                c['basic']['book_value'] = 100 if m['value_basis'] == 'NOMINAL' else 123456
        for b, there in (m.get('blocks') or {}).items():
            if there is not True:
                c.pop(b, None)
        return c if m.get('blocks') else {}

    def p_card(self, m, who, ctx):
        e, a = ctx['ledger'], ctx['asset']
        number = self.id[a['id']] if a else 'M-' + e['id']
        status, out = self.p.do(who, 'asset.card', ledger=self.need(e['id']), card=self.card_of(m, number))
        return status, dict(out, number=number)

    def p_material(self, m, who, ctx):
        return self.p.do(who, 'material.add', asset=self.need(self.asset(m['object'])['id']), kind=self.KINDS.get(m.get('kind'), 'NONE'), file='x')

    # --- registration ---
    def p_submit(self, m, who, ctx):
        p = {'asset': self.need(self.asset(m['object'])['id'])}
        if 'type' in m:
            p['type'] = m['type']
        if m.get('type') == 'TRANSFER':
            self.n += 1
            p['new_asset_no'] = 'T-%06d' % self.n
            if m.get('receiver'):
                p['receiver'] = self.code[m['receiver']]
        if m.get('disposal_approval'):
            p['disposal'] = 'documents 1 and 2'
        return self.p.do(who, 'registration.submit', **p)

    def step(self, command, m, who, ctx, **params):
        return self.p.do(who, 'registration.' + command, id=self.reg(m, ctx), **params)

    def no(self, command, m, who, ctx):
        return self.step(command, m, who, ctx, accept=False, **({'note': m['reason']} if m.get('reason') else {}))

    def p_endorse(self, m, who, ctx):
        return self.step('endorse', m, who, ctx, accept=True)

    def p_endorse_refuse(self, m, who, ctx):
        return self.no('endorse', m, who, ctx)

    def p_accept(self, m, who, ctx):
        return self.step('accept', m, who, ctx)

    def p_return_(self, m, who, ctx):
        return self.step('return', m, who, ctx, **({'missing': [self.ZH[k] for k in m['missing']]} if m.get('missing') else {}))

    def p_review(self, m, who, ctx):
        return self.step('review', m, who, ctx, accept=True)

    def p_review_refuse(self, m, who, ctx):
        return self.no('review', m, who, ctx)

    def p_notice(self, m, who, ctx):
        return self.step('notice', m, who, ctx, confidentiality='reviewed', **{k: m[k] for k in ('place', 'address') if m.get(k)})

    def p_object(self, m, who, ctx):
        p = {'contact': 'contact'}
        if m.get('real_name') is True:
            p['name'] = 'Name ' + who
        if m.get('evidence') is True:
            p['evidence'] = 'evidence'
        return self.step('object', m, who, ctx, **p)

    def p_decide_objection(self, m, who, ctx):
        p = {'id': self.need(m.get('objection')), 'reason': 'looked into'}
        if isinstance(m.get('upheld'), bool):
            p['upheld'] = m['upheld']
        return self.p.do(who, 'objection.decide', **p)

    def p_decide(self, m, who, ctx):
        p = {}
        if isinstance(m.get('yes'), bool):
            p['accept'] = m['yes']
        if m.get('reason'):
            p['note'] = m['reason']
        return self.step('decide', m, who, ctx, **p)

    def p_receive(self, m, who, ctx):
        return self.step('receive', m, who, ctx)

    def p_execute_request(self, m, who, ctx):
        return self.ask(('execute', ctx['reg']['id'] if ctx['reg'] else ''), self.step('execute', m, who, ctx))

    def p_execute_approve(self, m, who, ctx):
        return self.decide(('execute', ctx['reg']['id'] if ctx['reg'] else ''), who)

    # --- certificate ---
    def p_issue_request(self, m, who, ctx):
        a = self.asset(m['object'])
        status, out = self.p.do(who, 'certificate.issue', assets=[self.need(a['id'])])
        return status, out

    def p_issue_approve(self, m, who, ctx):
        if not ctx['draft']:
            raise Skip
        return self.decide(('issue', ctx['draft']['id']), who)

    def of_cert(self, command, m, who, ctx, *fields, **params):
        return self.p.do(who, 'certificate.' + command, number=self.cert(m, ctx), **dict(params, **{k: m[k] for k in fields if m.get(k)}))

    def p_suspend(self, m, who, ctx):
        return self.of_cert('suspend', m, who, ctx, 'reason')

    def p_resume_request(self, m, who, ctx):
        return self.ask(('resume', ctx['cert']['id'] if ctx['cert'] else ''), self.of_cert('resume', m, who, ctx, reason='cause cleared'))

    def p_resume_approve(self, m, who, ctx):
        return self.decide(('resume', ctx['cert']['id'] if ctx['cert'] else ''), who)

    def p_revoke_request(self, m, who, ctx):
        return self.ask(('revoke', ctx['cert']['id'] if ctx['cert'] else ''), self.of_cert('revoke', m, who, ctx, 'reason'))

    def p_revoke_approve(self, m, who, ctx):
        return self.decide(('revoke', ctx['cert']['id'] if ctx['cert'] else ''), who)

    def p_revoke_reject(self, m, who, ctx):
        return self.decide(('revoke', ctx['cert']['id'] if ctx['cert'] else ''), who, 'reject')

    # --- freezing and use ---
    def p_freeze(self, m, who, ctx):
        return self.p.do(who, 'asset.freeze', asset=self.need(self.asset(m['object'])['id']), **({'reason': m['reason']} if m.get('reason') else {}))

    def p_unfreeze_request(self, m, who, ctx):
        a = self.asset(m['object'])
        return self.ask(('unfreeze', a['id']), self.p.do(who, 'asset.unfreeze', asset=self.need(a['id']), reason='cause cleared'))

    def p_unfreeze_approve(self, m, who, ctx):
        return self.decide(('unfreeze', self.asset(m['object'])['id']), who)

    def p_collateral(self, m, who, ctx):
        self.n += 1
        return self.p.do(who, 'collateral.request', asset=self.need(self.asset(m['object'])['id']), creditor='bank %d' % self.n)

    def p_authorise(self, m, who, ctx):
        """The model has no evaluations: one that R25 asks for first is made, as its implementer would (what R25
        stops is in supervision_test.py)."""
        status, out = self.authorise(m, who, ctx)
        while status == 409 and out.get('rule') == 'R25':
            self.evaluate(re.search('DAU-[-0-9A-Z]+', out['detail']['en']).group(0))
            status, out = self.authorise(m, who, ctx)
        return status, out

    def evaluate(self, number):
        """from its first day to today"""
        shown = self.p.request('hb-fin1', 'GET', '/api/v1/authorisation/' + number)[1]
        begun = dt.datetime.fromisoformat(shown['not_before'].replace('Z', '+00:00')).astimezone(CHINA).date().isoformat()
        org = next(o for o, usci in self.code.items() if usci == shown['implementer']['usci'])
        officer = next(q['id'].lower() for q in self.w.people.values() if q['org'] == org and 'IMPLEMENTER' in q['roles'])
        self.p.must(officer, 'evaluation.add', number=number, indicators=[{'name': '成效（示例）', 'weight_bp': 10000, 'score': 80}], conclusion='KEEP', report='评价报告（示例）',
                    **{'from': begun, 'to': self.w.d['today']})

    def superior(self, a, *others):
        """an officer of the holder's superior department, None where it has none"""
        above = self.w.orgs[a['holder']]['superior']
        return next((q['id'].lower() for q in self.w.people.values() if above and q['org'] == above and 'SUPERIOR' in q['roles'] and q['id'].lower() not in others), None)

    def authorise(self, m, who, ctx):
        """proposed by the implementer, approved by an officer of the holder's finance department, important data by
        one of the superior department before (R17)"""
        a = self.asset(m['object'])
        c = ctx['cert'] or next((c for c in reversed(list(self.w.d['certificates'].values())) if c['asset'] == a['id'] and c['id'] in self.id), None)
        if c is None:
            raise Skip
        card, shared = a['cards'][(ctx['cert']['ver'] if ctx['cert'] else len(a['cards'])) - 1], self.w.d['ledgers'][a['ledger']]['shared']
        proposal = {'certificates': [self.need(c['id'])], 'terms': 'free', 'from': self.w.d['today'], 'to': max(c['not_after'], self.w.d['today']), 'shared': bool(shared),
                    'grant': {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'],
                              'territory': [LEVEL['FIN1']], 'environment': [], 'quota': None, 'depth': 0}}
        if card['public_data'] is True:
            return self.course(a, m['by'], who, proposal, bool(card['consent']))
        docs = {k: 'document' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}
        if card['consent']:
            docs['consent'] = 'consent'
        proposal.update(operator=self.code['OPR'], selection='tender', operator_conditions='shown', documents=docs)
        status, out = self.p.do(who, 'authorisation.propose', proposal=proposal)
        other = self.other(a, m['by'])
        first = self.superior(a, who, other) if card['level'] == 'IMPORTANT' else None
        if status == 200 and first:
            self.p.must(first, 'approval.approve', id=out['approval'])
        return self.p.do(other, 'approval.approve', id=out['approval']) if status == 200 else (status, out)

    def course(self, a, by, who, proposal, consent):
        """public data: the whole course (domain.md 7.3), each step by the next officer who may"""
        status, out = self.p.do(who, 'authorisation.propose', proposal=proposal)
        if status != 200:
            return status, out
        fin = [o for o in self.officers[self.w.orgs[a['holder']]['finance']] if o != by.lower()]
        cast = {'implementer': who, 'second': 'dept.x', 'superior': self.superior(a, *fin[:2]), 'fin1': fin[0], 'fin2': fin[1], 'operator': 'opr.1'}
        for name, asker, command, body, *deciders in lib.course(out['plan'], proposal, self.code['OPR'], cast, self.code[a['holder']], consent):
            status, out = self.p.do(asker, command, **body)
            asked = out.get('approval')
            for d in deciders if status == 200 else ():
                status, out = self.p.do(d, 'approval.approve', id=asked)
                if status != 200:
                    break
            if status != 200:
                return status, out
        return status, out

    def other(self, a, not_by):
        finance = self.w.orgs[a['holder']]['finance']
        return next(o for o in self.officers[finance] if o != not_by.lower())

    def p_end_authorisation(self, m, who, ctx):
        """reclaimed by the implementer, confirmed by the finance department"""
        a = self.asset(m['object'])
        numbers = self.auth.get(a['id'])
        if not numbers:
            raise Skip
        status, out = self.p.do(who, 'authorisation.reclaim', number=numbers[0], reason='bad effect')
        if status != 200:
            return status, out
        return self.p.do(self.other(a, m['by']), 'approval.approve', id=out['approval'])

    # --- the clock ---
    def p_tick(self, m, who, ctx):
        days = m.get('days')
        if not isinstance(days, int) or days < 1:
            raise Skip                                   # nobody's command: the day comes by itself
        day = dt.date.fromisoformat(self.w.d['today']) + dt.timedelta(days=days)
        out = self.p.local('clock.demo', at=day.isoformat() + 'T01:00:00Z')
        self.morning, self.minutes = time.time(), 1
        if out['ok']:
            out = self.later(day.isoformat())
        return (200, out['answer']) if out['ok'] else (422, out['error'])

    # --- what the product named ---
    def learn(self, m, out, changes):
        act, made = m['act'], changes.get('created', [])
        if act == 'ledger_enter':
            self.id[made[0]] = self.newest('ledger.entered')['object']
        elif act == 'card' and made:
            self.id[made[0]] = out['number']
        elif act == 'submit':
            self.id[made[0]] = out['id']
        elif act == 'object':
            self.id[changes['objection']] = out['id']
        elif act == 'issue_request':
            self.pend[('issue', made[0])] = out['approval']
        elif act == 'issue_approve':
            if out.get('issued') != 1 or out.get('published') is not True:
                raise Disagreement('a certificate was not issued and published: %s' % out)
            self.id[self.w._resolve(m['object'])['draft']['id']] = out['certificates'][0]
        elif act == 'execute_approve' and made:
            got = self.newest('asset.received')
            self.id[next(i for i in made if i[0] == 'A')] = got['object']
            self.id[next(i for i in made if i[0] == 'L')] = got['body']['ledger']
        elif act == 'authorise':
            self.auth.setdefault(self.asset(m['object'])['id'], []).append(out['authorisation'])
        elif act == 'end_authorisation':
            self.auth[self.asset(m['object'])['id']].pop(0)
        if act == 'tick':
            for a in self.w.d['assets'].values():
                if self.auth.get(a['id']):
                    self.auth[a['id']] = self.auth[a['id']][len(self.auth[a['id']]) - len(a['authorised']):]
        if act == 'revoke_reject' and 'pending' not in changes:
            out = self.later(self.w.d['today'])
            if not out['ok']:
                raise Disagreement('the clock does not go on: %s' % out)

    def later(self, day):
        """An act of the same day, some minutes on: with it, what is past its end expires."""
        seconds = 60 * self.minutes + int(time.time() - self.morning)
        self.minutes += 1
        return self.p.local('clock.demo', at='%sT%02d:%02d:%02dZ' % (day, 1 + seconds // 3600, seconds // 60 % 60, seconds % 60))

    def newest(self, kind):
        for e in self.p.request('hb-fin1', 'GET', '/api/v1/event?limit=4')[1]['items']:
            if e['kind'] == kind:
                return e
        raise Disagreement('no event %s' % kind)

    # --- comparing ---
    def compare(self, i, got=None):
        """the state of one object; got: its row in a list, or it is asked for"""
        kind = {'L': 'ledger', 'A': 'asset', 'C': 'certificate'}.get(i[0] if i[:3] != 'REG' else '', 'registration')
        if i not in self.id:
            if kind == 'certificate' and self.w.d['certificates'][i]['base'] in ('DRAFT', 'DROPPED'):
                return
            raise Disagreement('%s has no number' % i)
        got = got or self.p.show(kind, self.id[i])
        for what, want, have in getattr(self, 'c_' + kind)(self.w.d[{'ledger': 'ledgers', 'asset': 'assets', 'registration': 'registrations',
                                                                    'certificate': 'certificates'}[kind]][i], got):
            if want != have:
                raise Disagreement('%s (%s): %s should be %s and is %s' % (i, self.id[i], what, want, have))

    def c_ledger(self, e, got):
        want = ('RECOGNISED', e['pending']['result']) if e['pending'] else ('LEDGERED', '') if e['state'] == 'LEDGERED' else \
            ('CONFIRMED', 'ASSET' if e['state'] == 'RECOGNISED' else e['state'])
        yield 'state', want, (got['state'], got['result'])

    def c_asset(self, a, got):
        state = self.w._asset_state(a)
        yield 'state', 'CERTIFICATED' if state == 'IN_OPERATION' else state, got['state']
        yield 'holder', self.code[a['holder']], got['holder']
        yield 'certificate', self.id.get(a['cert'], '') if a['cert'] else '', got['certificate']
        if a['base'] == 'CERTIFICATED':
            yield 'card', self.w.d['certificates'][a['cert']]['ver'], got['version']
        if a['base'] == 'REGISTERED':
            yield 'card', a['reg_ver'], got['version']

    def c_registration(self, r, got):
        yield 'state', r['state'], got['state']
        yield 'type', r['type'], got['type']
        yield 'path', {'26': '26', 'short': 'SHORT'}[r['path']], got['path']
        yield 'card', r['ver'], got['version']
        yield 'asset', self.id[r['asset']], got['asset_no']
        due = {'APPLIED': r['cancel_due'] or r['accept_due'], 'ACCEPTED': r['review_due'], 'NOTICED': r['notice_to']}.get(r['state'])
        if due:
            yield 'due', due, china_day(got['due'])
        yield 'notice', (r['notice_from'], r['notice_to']), (china_day(got['notice_from']), china_day(got['notice_to']))

    def c_certificate(self, c, got):
        yield 'state', self.w._cert_state(c), got['state']
        yield 'term', (c['not_before'], c['not_after']), (china_day(got['not_before']), china_day(got['not_after']))
        yield 'noCollateral', c['no_collateral'], 'noCollateral' in got['restrictions']
        yield 'asset', self.id[c['asset']], got['asset_no']

    def compare_all(self):
        back = {v: k for k, v in self.id.items()}
        for noun, key, prefix in (('ledger', 'id', 'L'), ('asset', 'asset_no', 'A'), ('registration', 'id', 'REG'), ('certificate', 'number', 'C')):
            rows = {r[key]: r for r in self.p.all(noun)}
            mine = {i for i in self.id if i.startswith(prefix) and '/' not in i and (prefix != 'A' or i[0] == 'A')}
            extra = set(rows) - set(back)
            if extra:
                raise Disagreement('the product has more of %s: %s' % (noun, sorted(extra)[:5]))
            for i in mine:
                if self.id[i] not in rows:
                    raise Disagreement('%s %s is not listed' % (noun, self.id[i]))
                self.compare(i, rows[self.id[i]])
        want = {self.id[o['id']]: o['state'] for r in self.w.d['registrations'].values() for o in r['objections']}
        have = {o['id']: o['state'] for o in self.p.all('objection')}
        if want != have:
            raise Disagreement('objections differ: %s' % sorted(set(want.items()) ^ set(have.items()))[:6])
        want = {n for a in self.w.d['assets'].values() for n in self.auth.get(a['id'], []) if a['authorised']}
        have = {r['number'] for r in self.p.all('authorisation') if r['state'] == 'ACTIVE'}
        if want != have:
            raise Disagreement('live authorisations differ: %s' % sorted(want ^ have)[:6])


def touched(world, m, changes):
    out = {i for i in changes if i[0] in 'LAC' or i[:3] == 'REG'} & (set(world.d['ledgers']) | set(world.d['assets']) | set(world.d['registrations']) |
                                                                     set(world.d['certificates']))
    if m.get('object'):
        ctx = world._resolve(m['object'])
        out |= {x['id'] for x in (ctx['ledger'], ctx['asset'], ctx['reg'], ctx['cert']) if x}
    return out | set(changes.get('created', []))


class Run:
    def __init__(self, home):
        self.h = home
        self.p = Product(home)
        shown = {k['key']: k['value'] for k in self.p.request('hb-fin1', 'GET', '/api/v1/profile/11420000DEMA00013M')[1].get('profile', [])}
        self.config = dict(demo_config(start=START, years=1), **{k: shown[k] for k in ('holidays', 'workdays') if k in shown})
        code, officers = country(self.p, self.config)
        self.w = World(self.config)
        # days pass as fast as this world's years allow
        self.g = Generator(self.w, SEED, active=min(250, 20 + MOVES // 100), ticks=min(.045, 800 / MOVES), jumps=.006, until=UNTIL)
        self.player = Player(self.p, self.w, code, officers)
        self.count, self.kinds, self.states = collections.Counter(), collections.Counter(), collections.Counter()
        self.played = self.skipped = 0
        self.p.local('clock.demo', at=START + 'T01:00:00Z')
        self.record = open(os.environ['OUT'], 'w') if os.environ.get('OUT') else None

    def one(self):
        m = self.g.next()
        tags = self.w.check(m)
        ctx = self.w._resolve(m.get('object')) if m.get('object') else None
        try:
            done, out, status = self.player.play(m, ctx)
        except Skip:
            self.skipped += 1
            if not tags:
                raise Disagreement('a lawful move has no words here')
            return
        self.played += 1
        self.count[(m['act'], 'ok' if done else 'refused')] += 1
        self.kinds[self.g.kind] += 1
        if self.record:
            self.record.write(json.dumps([m, sorted(tags), done, status, None if done else out], ensure_ascii=False) + '\n')
        if done != (not tags):
            self.differ(m, tags, status, out, 'done and should be refused' if done else 'refused and should be done')
        if not done:
            if not self.player.tags(status, out) & tags:
                self.differ(m, tags, status, out, 'refused for another reason: %s' % sorted(self.player.tags(status, out)))
            return
        changes = self.w.try_move(m)[1]
        try:
            self.player.learn(m, out, changes)
            for i in touched(self.w, m, changes):
                self.player.compare(i)
                self.states[(self.w.state(i)['kind'], self.w.state(i)['state'])] += 1
        except Disagreement as e:
            self.differ(m, tags, status, out, str(e))

    def differ(self, m, tags, status, out, why):
        ctx = self.w._resolve(m.get('object')) if m.get('object') else None
        raise Disagreement('move %d (%s) of %s: %s\n#   model: %s\n#   product: %s %s\n#   asset: %s\n#   registration: %s\n#   certificate: %s' % (
            self.played, self.g.kind, m, why, sorted(tags), status, json.dumps(out, ensure_ascii=False)[:600],
            ctx and ctx['asset'] and {k: v for k, v in ctx['asset'].items() if k != 'cards'}, ctx and ctx['reg'], ctx and ctx['cert']))

    def run(self):
        began = time.time()
        while self.played < MOVES:
            self.one()
            if self.played % 1000 == 0 and self.played != getattr(self, 'compared', 0):
                self.compared = self.played
                self.player.compare_all()
                print('# %d moves, %s, %d assets, %d certificates, %.0f s' % (self.played, self.w.d['today'], len(self.w.d['assets']),
                      len(self.w.d['certificates']), time.time() - began), flush=True)
        self.player.compare_all()

    def tell(self):
        print('# act: done, refused')
        for act in sorted({a for a, _ in self.count}):
            print('#   %-18s %6d %6d' % (act, self.count[(act, 'ok')], self.count[(act, 'refused')]))
        print('# kinds: ' + ', '.join('%s %d' % k for k in self.kinds.most_common()))
        print('# states: ' + ', '.join('%s %s %d' % (k + (n,)) for k, n in sorted(self.states.items())))
        print('# %d moves without words here, %d calls' % (self.skipped, self.p.calls))


if __name__ == '__main__':
    h = Home(cases=False)
    try:
        check('a demo home is made and served', h.made and h.serve(), h.made_err)
        r, began = Run(h), time.time()
        why = ''
        try:
            r.run()
        except Disagreement as e:
            why = str(e)
            print('# ' + why)
        r.tell()
        check('%d moves of seed %d, to %s in %.0f s: no disagreement with the model' % (r.played, SEED, r.w.d['today'], time.time() - began), not why, why.split('\n')[0])
        again = r.p.local('db.rebuild', check=True)
        check('the tables are those that the events make', again['ok'] and again['answer']['same'], again)
    finally:
        h.close() if not os.environ.get('KEEP') else print('# kept: ' + h.root)
    finish()
