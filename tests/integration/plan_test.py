"""Authorised operation by its whole course (domain.md 4.6 to 4.8, 7.3), on a demo home and its
clock: every step in its order, each before its turn, each by those who may not; each of the
twelve and of the thirteen items left out; operators, selections, terms and shares that are
refused; the authority table; the short course.  Names and numbers are illustrative."""
import copy
from lib import *

HUBEI, HUBEI_WATER, JINGCHU, MWR_IC = '11420000DEMA00013M', '12420000DEMA00099D', '91420100DEMA001011', '12100000DEMA000729'
STATE, PARTY, ROLE = 'domain.md 7', 'domain.md 7.3', 'domain.md 6'
GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'], 'territory': ['420000'],
         'environment': [], 'quota': None, 'depth': 0}
CENTRE = {'implementer': 'slb1', 'second': 'slb2', 'superior': 'slb2', 'fin1': 'mof1', 'fin2': 'mof2', 'operator': 'jc1'}


def same(sentence, got, want):
    check(sentence, got == want, '%s and not %s' % (got, want))


def show(plan):
    return officers.get('auditor', 'plan/' + plan)


def card(no, public, **rights):
    return {'basic': {'asset_no': no, 'name': '示例 ' + no, 'overview': '示例（虚构）', 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': dict({'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'source_authority': '履职采集（示例）', 'personal_info': 'NONE', 'dispute': False, 'public_data': public,
                            'public_data_basis': '示例'}, **rights),
            'use': {'scenes': ['示例'], 'products': ['示例']},
            'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z', 'evidence_no': 'EV-1', 'risk_assessment': 'x'}}


def certified(no, public=True, holder='hbsw1', confirm='hb-fin1', fin=('hb-fin1', 'hb-fin2', 'hb-fin3'), endorse=None, shared='', years=5, level='GENERAL', **basic):
    """a registered asset with its certificate, by the short path of registration"""
    done(holder, 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,示例 %s,,%s,%s,否\r\n' % (no, no, no, '共享取得' if shared else '自主采集', shared))
    lg = next(r['id'] for r in officers.get(holder, 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-' + no)
    done(holder, 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done(confirm, 'ledger.confirm', id=lg)
    c = card(no, public)
    c['basic'].update(basic)
    c['management']['data_level'] = level
    done(holder, 'asset.card', ledger=lg, card=c)
    rg = done(holder, 'registration.submit', asset=no)['id']
    if endorse:
        done(endorse, 'registration.endorse', id=rg, accept=True)
    done(fin[2], 'registration.decide', id=rg, accept=True)
    return two(fin[0], fin[1], 'certificate.issue', assets=[no], years=years)[1]['certificates'][0]


def proposal(*certificates, **change):
    return {'certificates': list(certificates), 'grant': GRANT, 'terms': 'paid', 'from': '2026-02-02', 'to': '2028-12-31', **change}


def begun(cert, **change):
    return done('hbsw1', 'authorisation.propose', proposal=proposal(cert, **change))['plan']


def carry(steps, upto):
    """all steps before `upto`, decided too"""
    for name, asker, command, body, *deciders in steps:
        if name == upto:
            return
        asked = done(asker, command, **body)
        for d in deciders:
            done(d, 'approval.approve', id=asked['approval'])


def steps_of(plan, cert, who=HUBEI_COURSE, holder=HUBEI_WATER, **change):
    return course(plan, proposal(cert, **change), JINGCHU, who, holder)


# --- the course ---

AFTER = {'study': 'FEASIBILITY', 'submit': 'FINANCE_APPROVED', 'deliberate': 'PLAN_DELIBERATED', 'select': 'OPERATOR_SELECTED', 'agree': 'AGREED', 'file': 'FILED', 'activate': 'ACTIVE'}


def in_order(cert):
    """every step in its order; before each, all later ones, and by whoever may not"""
    plan = begun(cert)
    same('a proposal on public data begins a plan', (show(plan)['state'], show(plan)['course']), ('PROPOSED', 'FULL'))
    steps = steps_of(plan, cert)
    for i, (name, asker, command, body, *deciders) in enumerate(steps):
        for later, by, what, other, *rest in steps[i + 1:]:
            refused('%s before %s' % (later, name), do(by, what, **other), STATE)
        for stranger, rule in (('qx1', PARTY), ('yj1', PARTY), ('hb-fin1', ROLE), ('jc1', ROLE), ('hbsw-sup', ROLE), ('auditor', ROLE), ('slxx1', ROLE)):
            refused('%s by %s' % (name, stranger), do(stranger, command, **body), rule)
        out = done(asker, command, **body)
        for d in deciders:
            refused('nobody decides the own request: ' + name, do(asker, 'approval.approve', id=out['approval']), 'R22')
            for stranger in {'hbsw2', 'jc1', 'gz-fin1', 'hb-fin3', 'qs1'} - {d} - ({'hb-fin3'} if d.startswith('hb-fin') else set()):
                refused('%s is not decided by %s' % (name, stranger), do(stranger, 'approval.approve', id=out['approval']), 'R22')
            refused('while it waits it is not asked again: ' + name, do(asker, command, **body), 'R22' if command in ('plan.deliberate', 'plan.file', 'plan.activate') else None)
            if name == 'activate':
                refused('who approved the plan does not decide the grant', do('hb-fin1', 'approval.approve', id=out['approval']), 'R22')
            decided = done(d, 'approval.approve', id=out['approval'])
        same('after %s' % name, show(plan)['state'], AFTER[name])
        for name2, by, what, other, *rest in steps[:i]:
            if name2 not in (name, 'study') and not (name2 == 'select' and name == 'select'):
                refused('%s does not come again after %s' % (name2, name), do(by, what, **other), STATE)
    number = decided['authorisation']
    p, a = show(plan), officers.get('auditor', 'authorisation/' + number)
    same('the plan names its authorisation', p['authorisation'], number)
    same('the authorisation is in force by the agreement', (a['state'], a['grant'], a['not_after']), ('ACTIVE', GRANT, '2028-12-31T15:59:59Z'))
    check('object, content, scope and term are disclosed, with place and address', JINGCHU in p['disclosure']['object'] and cert in p['disclosure']['scope'] and '2028-12-31' in p['disclosure']['term']
          and p['disclosure']['content'] and p['disclosure']['address'], p['disclosure'])
    same('the meeting stands there as 线下, with its document', (p['deliberation']['mark'], p['deliberation']['doc_no']), ('线下', '示例〔2026〕1号'))
    kinds = [e['kind'] for e in h.cli('event', 'list', '--object', plan)[1]['items']]
    same('each step is an event', kinds, ['plan.proposed', 'plan.studied', 'plan.approved', 'plan.deliberated', 'plan.selected', 'plan.agreed', 'plan.filed', 'plan.disclosed'])
    refused('a plan that is in force is not withdrawn', do('hbsw1', 'plan.withdraw', id=plan, reason='x'), STATE)
    return number


def without(doc, path):
    out = copy.deepcopy(doc)
    at = out
    for k in path[:-1]:
        at = at[k]
    del at[path[-1]]
    return out


def blank(doc, path):
    out = copy.deepcopy(doc)
    at = out
    for k in path[:-1]:
        at = at[k]
    at[path[-1]] = '\u3000' if isinstance(at[path[-1]], str) else [] if isinstance(at[path[-1]], list) else {} if isinstance(at[path[-1]], dict) else None
    return out


def paths(doc, deep):
    """each member, and each member of the objects in `deep`"""
    for k, v in doc.items():
        yield (k,)
        if k in deep:
            for sub in v:
                yield (k, sub)


def each_item(what, who, command, key, doc, rule, deep, but=(), **body):
    """every item left out, and every one blank, is refused by the rule, with the item's name"""
    n = 0
    for path in paths(doc, deep):
        if path in but:
            continue
        for bad in (without(doc, path), blank(doc, path)):
            code, out = do(who, command, **{**body, key: bad})
            detail = out.get('detail', {})
            n += 1
            if not (code == 409 and out.get('rule') == rule and '缺少' in detail.get('zh', '') and 'lacks' in detail.get('en', '')):
                check('%s without %s' % (what, '.'.join(path)), False, (code, out))
    check('%s: each item left out or blank is refused by %s, and named (%d documents)' % (what, rule, n), True)
    return n


def items(cert):
    plan = begun(cert)
    steps = {s[0]: s for s in steps_of(plan, cert)}
    each_item('the study', 'hbsw1', 'plan.study', 'study', steps['study'][3]['study'], 'R30', ('covers',), id=plan)
    refused('a study refers to files, not to words', do('hbsw1', 'plan.study', id=plan, study=dict(study(), feasibility='可研报告')), 'domain.md 4.4')
    refused('nor to a material that there is not', do('hbsw1', 'plan.study', id=plan, study=dict(study(), feasibility='MT-none')), None)
    carry(steps.values(), 'deliberate')
    deliberate = steps['deliberate'][3]
    each_item('the plan', 'hbsw1', 'plan.deliberate', 'items', deliberate['items'], 'R15', ('conditions', 'resources', 'term'), **{k: v for k, v in deliberate.items() if k != 'items'})
    code, out = do('hbsw1', 'plan.deliberate', **{**deliberate, 'items': {'name': 'x'}})
    said = out.get('detail', {}).get('zh', '')
    check('what is missing is named at once, by its number', code == 409 and all('（%d）' % n in said for n in range(2, 13)), said)
    refused('products are listed by purpose', do('hbsw1', 'plan.deliberate', **{**deliberate, 'items': dict(deliberate['items'], products={'public': [], 'development': ['x']})}), 'R15')
    refused('the mode is the one that was approved', do('hbsw1', 'plan.deliberate', **{**deliberate, 'items': dict(deliberate['items'], mode='SCENE')}), 'R13')
    refused('a thirteenth item is none of the twelve', do('hbsw1', 'plan.deliberate', **{**deliberate, 'items': dict(deliberate['items'], more='x')}), None)
    refused('a meeting of tomorrow', do('hbsw1', 'plan.deliberate', **{**deliberate, 'doc_date': '2031-01-01'}), 'domain.md decision 10')
    refused('a meeting without a number', do('hbsw1', 'plan.deliberate', **{**deliberate, 'doc_no': '\u3000'}), 'domain.md decision 10')
    carry(list(steps.values())[2:], 'select')
    operators(plan, steps)
    carry(list(steps.values())[3:], 'agree')
    agreements(plan, cert, steps['agree'][3]['agreement'])


def organisation(usci, name, affiliates=(), **more):
    two('hb-fin1', 'hb-fin2', 'organisation.add', usci=usci, name=name, kind='ENT', level='省', div6='420000', finance=HUBEI, override='illustrative',
        **{'roles': ['OPERATOR'], 'affiliates': list(affiliates), 'mlps': 3, **more})


def operators(plan, steps):
    """R38, R39 and domain.md 6"""
    good = steps['select'][3]['selection']
    select = lambda **change: do('hbsw1', 'plan.select', id=plan, selection={**good, **change})
    each_item('the selection', 'hbsw1', 'plan.select', 'selection', {k: good[k] for k in ('operator', 'method', 'evidence', 'notice')}, 'R39', ('notice',), but=(('operator',),), id=plan)
    for c in FIVE:
        for bad in (without(good, ('conditions', c)), blank(good, ('conditions', c))):
            code, out = do('hbsw1', 'plan.select', id=plan, selection=bad)
            if not (code == 409 and out.get('rule') == 'R38'):
                check('a selection without %s' % c, False, out)
    check('each of the five conditions is asked for by its name (R38)', True)
    refused('no competition', select(method='APPOINTED'), 'R39')
    refused('exclusive terms', select(exclusive=True), 'R39')
    organisation('91420100DEMC00013A', '关联运营（虚构）', [HUBEI_WATER])
    organisation('91420100DEMC000224', '失信运营（虚构）', dishonest=True)
    organisation('91420100DEMC00033T', '二级运营（虚构）', mlps=2)
    refused('an affiliate of the implementer', select(operator='91420100DEMC00013A'), ROLE)
    refused('the implementer itself', select(operator=HUBEI_WATER), '27号 art. 3')
    refused('a dishonest operator', select(operator='91420100DEMC000224'), 'R38')
    refused('one whose protection is below the profile\'s', select(operator='91420100DEMC00033T'), 'R38')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'operator.mlps': 2})
    check('the profile sets the level', select(operator='91420100DEMC00033T')[0] == 200)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'operator.mlps': 3})
    check('another is selected while nobody has signed', select()[0] == 200 and show(plan)['operator'] == JINGCHU)


def agreements(plan, cert, good):
    agree = lambda **change: do('hbsw1', 'plan.agree', id=plan, agreement={**good, **change})
    each_item('the agreement', 'hbsw1', 'plan.agree', 'agreement', good, 'R15', ('term', 'disclosure', 'income', 'evaluation'), id=plan)
    share = lambda *bp: {**good['income'], 'shares': [{**s, 'bp': b} for s, b in zip(good['income']['shares'], bp)]}
    for sum_, bps in ((9999, (5500, 2500, 1999)), (10001, (5500, 2500, 2001)), (0, (1, -1, 0))):
        refused('shares of %d basis points' % sum_, agree(income=share(*bps)), 'R27')
    refused('a remainder to nobody', agree(income={**good['income'], 'remainder': HUBEI}), 'R27')
    refused('five years and one day', agree(term={'from': '2026-02-02', 'to': '2031-02-02'}), 'R14')
    refused('beyond the plan\'s term', agree(term={'from': '2026-02-02', 'to': '2029-01-01'}), 'R13')
    refused('before the plan\'s term', agree(term={'from': '2026-02-01', 'to': '2028-12-31'}), 'R13')
    refused('a certificate that was not planned', agree(scope=[cert, 'DAC-420000-202604-000001-2']), 'R13')
    refused('a purpose that was not planned', agree(products=[{**good['products'][0], 'purpose': 'SECTOR'}]), 'R13')
    for k in good['products'][0]:
        refused('a product without its %s' % k, agree(products=[without(good['products'][0], (k,))]), 'R15')
    refused('another clause than the one against re-development', agree(disclosure={**good['disclosure'], 'no_redevelopment': NO_REDEVELOPMENT + '。'}), 'R11')
    refused('an evaluation in 13 months', agree(evaluation={**good['evaluation'], 'months': 13}), 'domain.md 4.7')
    refused('a security item that refers to nothing', agree(security='安全措施'), 'domain.md 4.4')
    refused('a fourteenth item', agree(more='x'), None)
    out = agree(disclosure={**good['disclosure'], 'no_redevelopment': hashlib.sha256(NO_REDEVELOPMENT.encode()).hexdigest()})
    check('the clause may be there by its hash', out[0] == 200, out)
    done('jc1', 'approval.reject', id=out[1]['approval'], note='不同意（示例）')
    same('what the operator does not confirm is not agreed', show(plan)['state'], 'OPERATOR_SELECTED')
    out = done('hbsw1', 'plan.agree', id=plan, agreement=good)
    done('hbsw1', 'plan.withdraw', id=plan, reason='示例')
    same('a withdrawn plan', show(plan)['state'], 'WITHDRAWN')
    refused('takes its open request along', do('jc1', 'approval.approve', id=out['approval']), 'R22')
    refused('and does not go on', do('hbsw1', 'plan.agree', id=plan, agreement=good), STATE)


# --- who approves ---

def authority(cert):
    central = certified('SLX-1', holder='slxx1', confirm='slb1', fin=('mof1', 'mof2', 'mof3'), endorse='slb2', shared='省级水文站（示例）')
    plan = done('slb1', 'authorisation.propose', proposal=proposal(central))['plan']
    refused('shared data without the supplying unit\'s consent', do('slb1', 'plan.study', id=plan, study=study()), 'R16')
    done('slb1', 'plan.study', id=plan, study=study(True))
    asked = done('slb1', 'plan.submit', id=plan)
    refused('the finance department does not come before the superior', do('mof1', 'approval.approve', id=asked['approval']), 'R22')
    done('slb2', 'approval.approve', id=asked['approval'])
    same('the superior\'s audit is a state', show(plan)['state'], 'SUPERIOR_AUDITED')
    refused('a study is not changed while it is decided on', do('slb1', 'plan.study', id=plan, study=study(True)), STATE)
    done('mof1', 'approval.reject', id=asked['approval'], note='不同意（示例）')
    same('refused by the finance department it ends', show(plan)['state'], 'REFUSED')
    plan = begun(cert)
    done('hbsw1', 'plan.study', id=plan, study=study())
    asked = done('hbsw1', 'plan.submit', id=plan)
    turn = lambda: plan in [p['id'] for p in officers.get('hbsw1', 'plan?limit=1000&state=FEASIBILITY&turn=' + HUBEI_WATER)['items']]
    check('while an office decides it is in the list of its state, and not in that of its institution\'s turn', show(plan)['state'] == 'FEASIBILITY' and not turn())
    refused('nor while it waits', do('hbsw1', 'plan.study', id=plan, study=study()), 'R22')
    same('without a superior department the finance department is the only level', [l['org'] for l in officers.get('auditor', 'approval/' + asked['approval'])['chain']], [HUBEI])
    done('hbsw1', 'plan.withdraw', id=plan, reason='示例')
    for bad in ([], [{}], [{'levels': []}], [{'levels': [{'role': 'KING', 'org': 'finance'}]}], [{'kinds': ['X'], 'levels': [{'role': 'FINANCE', 'org': 'finance'}]}],
                [{'below_fen': 0, 'levels': [{'role': 'FINANCE', 'org': 'finance'}]}], [{'more': 1, 'levels': [{'role': 'FINANCE', 'org': 'finance'}]}]):
        refused('an authority table of %s' % json.dumps(bad), do('hb-fin1', 'profile.propose', profile={'authority': bad}), 'domain.md 10')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_course.other': False, 'authority': [
        {'kinds': ['INST'], 'below_fen': 800000000, 'public': False, 'levels': [{'role': 'HOLDER', 'org': 'holder'}]}, {'levels': [{'role': 'SUPERIOR', 'org': 'holder'}, {'role': 'FINANCE', 'org': 'finance'}]}]})
    for value, want in ((799999999, [HUBEI_WATER]), (800000000, [HUBEI_WATER, HUBEI]), (None, [HUBEI_WATER, HUBEI])):
        no = certified('V-%s' % value, public=False, **({'book_value': value, 'value_basis': 'COST'} if value else {}))
        plan = begun(no)
        same('data that is not public takes the full course where the profile says so', show(plan)['course'], 'FULL')
        done('hbsw1', 'plan.study', id=plan, study=study())
        asked = done('hbsw1', 'plan.submit', id=plan)
        same('worth %s fen it is approved by' % value, [l['org'] for l in officers.get('auditor', 'approval/' + asked['approval'])['chain']], want)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_course.other': True, 'authority': [
        {'levels': [{'role': 'SUPERIOR', 'org': 'superior'}, {'role': 'FINANCE', 'org': 'finance'}]}]})


# --- the short course, proposals ---

def short():
    no = certified('S-1', public=False)
    docs = {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}
    p = dict(proposal(no), operator=JINGCHU, documents=docs, selection='x', operator_conditions='x')
    good = thirteen([no], p['from'], p['to'], {'P-1': 'INDUSTRY'}, [(HUBEI_WATER, '提供', 6000), (JINGCHU, '运营', 4000)])
    bad = copy.deepcopy(good)
    bad['income']['shares'][1]['bp'] = 3999
    refused('an agreement of the short course is checked like any', do('hbsw1', 'authorisation.propose', proposal=dict(p, agreement=bad)), 'R27')
    out = done('hbsw1', 'authorisation.propose', proposal=dict(p, agreement=good))
    refused('its plan has no other steps', do('hbsw1', 'plan.study', id=out['plan'], study=study()), STATE)
    number = done('hb-fin1', 'approval.approve', id=out['approval'])['authorisation']
    same('granted at once', (show(out['plan'])['state'], show(out['plan'])['authorisation'], show(out['plan'])['agreement']), ('ACTIVE', number, good))
    out = done('hbsw1', 'authorisation.propose', proposal=p)
    done('hb-fin1', 'approval.reject', id=out['approval'], note='x')
    same('refused, its plan is', show(out['plan'])['state'], 'REFUSED')
    big = dict(good, ownership=[{'item': 'x' * 3000, 'owner': 'y'}] * 120)
    number = two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=dict(p, agreement=big))[1]['authorisation']
    refused('an agreement as large as a plan may hold is read again', do('jc1', 'token.issue', request={'authorisation': number, 'product': {'id': 'P-9', 'version': '1', 'kind': 'operator'},
            'grant': dict(GRANT, purposes=['INDUSTRY']), 'terms': 'paid', 'days': 10, 'binding': 'named', 'audience': 'x', 'duties': [], 'users': [{'usci': HUBEI, 'name': 'x'}]}), 'domain.md 4.10')
    public = certified('S-2')
    refused('public data has no operator yet when it is proposed', do('hbsw1', 'authorisation.propose', proposal=dict(p, certificates=[public])), 'R39')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_course.public': True})
    check('but where the profile says so', 'approval' in done('hbsw1', 'authorisation.propose', proposal=dict(p, certificates=[public])))
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_course.public': False})


def important():
    """R17 by the short course too: the superior department approves, then the finance department"""
    no = certified('SLX-2', public=False, holder='slxx1', confirm='slb1', fin=('mof1', 'mof2', 'mof3'), endorse='slb2', level='IMPORTANT')
    docs = {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}
    asked = done('slb1', 'authorisation.propose', proposal=dict(proposal(no), operator=JINGCHU, documents=docs, selection='x', operator_conditions='x'))
    same('important data has two levels by the short course', [(l['roles'], l['org']) for l in officers.get('auditor', 'approval/' + asked['approval'])['chain']],
         [(['SUPERIOR'], '11100000DEMA00064H'), (['FINANCE'], '11100000DEMA00056N')])
    refused('the finance department does not grant it alone', do('mof1', 'approval.approve', id=asked['approval']), 'R22')
    done('slb2', 'approval.approve', id=asked['approval'])
    out = done('mof1', 'approval.approve', id=asked['approval'])
    same('with both it is granted', officers.get('auditor', 'authorisation/' + out['authorisation'])['state'], 'ACTIVE')


def proposals(cert):
    propose = lambda *certs, **change: do('hbsw1', 'authorisation.propose', proposal=proposal(*(certs or (cert,)), **change))
    refused('five years and one day', propose(**{'from': '2026-02-02', 'to': '2031-02-02'}), 'R14')
    refused('beyond the certificate', propose(**{'from': '2026-03-01', 'to': '2031-02-02'}), 'R13')
    refused('free use that is paid', propose(grant=dict(GRANT, purposes=['WELFARE'])), 'R07')
    refused('sub-authorisation', propose(grant=dict(GRANT, depth=1)), 'R12')
    refused('no certificate', propose('DAC-420000-202601-000099-A'), None)
    done('hb-fin1', 'certificate.suspend', number=cert, reason='x')
    refused('a suspended certificate', propose(), 'R01')
    ap = done('hb-fin1', 'certificate.resume', number=cert, reason='x')['approval']
    done('hb-fin2', 'approval.approve', id=ap)


def while_under_way(cert):
    """what changes between steps is seen at the next"""
    plan = begun(cert)
    steps = steps_of(plan, cert)
    carry(steps, 'activate')
    for place, address in ((None, 'x'), ('x', None), ('\u3000', 'x')):
        refused('a disclosure has its place and address', do('hbsw1', 'plan.activate', id=plan, **{k: v for k, v in (('place', place), ('address', address)) if v}), 'R32')
    asked = done('hbsw1', *steps[6][2:3], **steps[6][3])
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, dishonest=True)
    refused('an operator that has become dishonest gets no authorisation', do('hb-fin2', 'approval.approve', id=asked['approval']), 'R38')
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, dishonest=False)
    done('hb-fin1', 'certificate.suspend', number=cert, reason='x')
    refused('nor is one granted on a suspended certificate', do('hb-fin2', 'approval.approve', id=asked['approval']), 'R01')
    ap = done('hb-fin1', 'certificate.resume', number=cert, reason='x')['approval']
    done('hb-fin2', 'approval.approve', id=ap)
    done('hb-fin3', 'approval.reject', id=asked['approval'], note='披露不完整（示例）')
    same('a grant that is refused can be asked for again', show(plan)['state'], 'FILED')
    asked = done('hbsw1', *steps[6][2:3], **steps[6][3])
    h.at('2026-03-02T01:00:00Z')
    number = done('hb-fin2', 'approval.approve', id=asked['approval'])['authorisation']
    same('a term that has begun meanwhile begins now', officers.get('auditor', 'authorisation/' + number)['not_before'][:10], '2026-03-02')


def hired(first, second, login, org, role):
    asked, given = two(first, second, 'user.add', login=login, name=login, person='p-' + login, org=org, roles=[role])
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', asked['code_first'] + '-' + given['code_second'], '--json'], capture_output=True,
                       text=True, env=dict(os.environ, FUJIE_NEW_PASSWORD='a long enough password'), timeout=300, stdin=subprocess.DEVNULL)
    h.demo['logins'].append({'login': login, 'password': 'a long enough password', 'totp': json.loads(r.stdout)['totp']})


def bureau(cert):
    """filed by the data bureau itself"""
    organisation('91420100DEMC00041D', '数据局（虚构）', roles=['DATA_BUREAU'])
    two('gz-fin1', 'gz-fin2', 'organisation.add', usci='91520100DEMC00055D', name='外省数据局（虚构）', kind='ENT', level='省', div6='520000', finance='11520000DEMA000217', override='illustrative',
        roles=['DATA_BUREAU'])
    county, theirs = '11420115DEMC00081Q', '12420115DEMC00089E'
    two('mof1', 'mof2', 'organisation.add', usci=county, name='县财政局（虚构）', kind='ADMIN', level='县', div6='420115', roles=['FINANCE'], override='illustrative')
    for login in ('xian1', 'xian2'):
        hired('mof1', 'mof2', login, county, 'FINANCE')
    two('xian1', 'xian2', 'organisation.add', usci=theirs, name='县数据局（虚构）', kind='INST', level='县', div6='420115', finance=county, roles=['DATA_BUREAU'], override='illustrative')
    hired('xian1', 'xian2', 'db-xian', theirs, 'DATA_BUREAU')
    hired('hb-fin1', 'hb-fin2', 'db-hb', '91420100DEMC00041D', 'DATA_BUREAU')
    hired('gz-fin1', 'gz-fin2', 'db-gz', '91520100DEMC00055D', 'DATA_BUREAU')
    plan = begun(cert, **{'from': '2026-03-02'})
    steps = steps_of(plan, cert, **{'from': '2026-03-02'})
    refused('nothing is filed before it is agreed', do('db-hb', 'plan.file', id=plan, filing_no='B-1'), STATE)
    carry(steps, 'file')
    same('from the agreement on its filing is due, 20 working days by the profile', (show(plan)['due'], show(plan)['overdue']), ('2026-03-30T15:59:59Z', False))
    same('for its institution, the finance department and the operator, and nobody else', [[d['day'] for d in due(w, plan)] for w in ('hbsw1', 'hb-fin1', 'jc1', 'gz-fin1', 'qs1')],
         [['2026-03-30']] * 3 + [[]] * 2)
    refused('a county\'s bureau of the province', do('db-xian', 'plan.file', id=plan, filing_no='B-1'), '27号 art. 11')
    refused('another province\'s bureau', do('db-gz', 'plan.file', id=plan, filing_no='B-1'), '27号 art. 11')
    home = lambda who: {a['what']: (a['count'], a['filter']) for a in done(who, 'home.show')['waiting']['acts']}
    same('it waits for its own bureau, not for the others', [home(who).get('plan.file', (0,))[0] for who in ('db-hb', 'db-gz', 'db-xian')], [1, 0, 0])
    same('whose list has it', [p['id'] for p in done('db-hb', 'plan.list', **home('db-hb')['plan.file'][1])['items']], [plan])
    same('its own files at once', done('db-hb', 'plan.file', id=plan, filing_no='B-1')['state'], 'FILED')
    same('and waits no more', 'plan.file' in home('db-hb'), False)
    same('and is due no more', (due('hbsw1', plan), 'due' in show(plan)), ([], False))
    same('by number', (show(plan)['filing']['number'], show(plan)['filing']['by']), ('B-1', '91420100DEMC00041D'))


def due(who, plan):
    return [d for d in done(who, 'deadline.list', days=366, limit=1000)['items'] if d['kind'] == 'filing' and d['id'] == plan]


def late(cert):
    """a filing that is overdue is shown, listed and taken (R20 is a timer)"""
    plan = begun(cert, **{'from': '2026-03-02'})
    steps = steps_of(plan, cert, **{'from': '2026-03-02'})
    carry(steps, 'agree')
    same('nothing is to be filed before the agreement', due('hbsw1', plan), [])
    carry(steps[4:], 'file')
    other = begun(cert, **{'from': '2026-03-02'})
    carry(steps_of(other, cert, **{'from': '2026-03-02'}), 'file')
    same('one that was agreed is', len(due('hbsw1', other)), 1)
    done('hbsw1', 'plan.withdraw', id=other, reason='示例')
    same('and is not when it is withdrawn', due('hbsw1', other), [])
    h.at('2026-05-20T01:00:00Z')
    officers.sessions.clear()
    same('overdue for its institution and the finance department', [[d['overdue'] for d in due(w, plan)] for w in ('hbsw1', 'hb-fin1')], [[True]] * 2)
    listed = next(p for p in officers.get('hb-fin1', 'plan?limit=1000&state=AGREED')['items'] if p['id'] == plan)
    same('in the list of plans too', (listed['overdue'], show(plan)['overdue']), (True, True))
    text = re.sub('\r\n ', '', done('hbsw1', 'deadline.list', format='ics')['bytes'].decode())
    check('and in the file for calendars, with every other deadline', 'UID:filing-%s@fujie' % plan in text and 'DTSTART;VALUE=DATE:20260330' in text and '实施方案和协议备案' in text and
          text.count('BEGIN:VEVENT') == text.count('UID:') == len(done('hbsw1', 'deadline.list', days=366, limit=1000)['items']), text[:300])
    carry(steps[5:], 'activate')
    same('filed late it is filed', (show(plan)['state'], due('hbsw1', plan)), ('FILED', []))


def adjusted(number, cert):
    """a large change runs the course again and gives a further version (27号 art. 11)"""
    narrower = dict(GRANT, purposes=['PUBGOV'], actions=['QUERY'])
    again = {'adjusts': number, 'grant': narrower, 'terms': 'free', 'from': '2026-03-02', 'to': '2027-12-31'}
    refused('another institution does not adjust it', do('qx1', 'authorisation.propose', proposal=proposal(cert, **again)), '27号 art. 11')
    refused('nor is one adjusted that there is not', do('hbsw1', 'authorisation.propose', proposal=proposal(cert, **{**again, 'adjusts': 'DAU-420000-202602-000099-P'})), None)
    organisation('91420100DEMC00068P', '另一运营（虚构）')
    plan = begun(cert, **again)
    other = {s[0]: s for s in course(plan, proposal(cert, **again), '91420100DEMC00068P', HUBEI_COURSE, HUBEI_WATER)}
    changes = show(plan)['changes']
    same('the plan says what it adjusts, and each member that differs', (changes['authorisation'], sorted(r['key'] for r in changes['rows'])), (number, ['actions', 'purposes', 'terms', 'to']))
    same('old beside new', next((r['was'], r['value']) for r in changes['rows'] if r['key'] == 'purposes'), (GRANT['purposes'], ['PUBGOV']))
    carry(other.values(), 'submit')
    asked = done('hbsw1', 'plan.submit', id=plan)['approval']
    seen = done('hb-fin1', 'approval.preview', id=asked)
    same('who approves it is shown the same', (seen['adjusts'], seen['differences']), (number, changes['rows']))
    done('hb-fin1', 'approval.approve', id=asked)
    carry(list(other.values())[2:], 'select')
    refused('another operator does not take over a running authorisation', do('hbsw1', 'plan.select', **other['select'][3]), 'R39')
    steps = course(plan, proposal(cert, **again), JINGCHU, HUBEI_COURSE, HUBEI_WATER)
    done('hbsw1', 'plan.select', **steps[3][3])
    changed = copy.deepcopy(steps[4][3])
    changed['agreement']['products'].append(dict(changed['agreement']['products'][0], id='P-MORE'))
    asked = done('hbsw1', 'plan.agree', **changed)['approval']
    rows = {(r['part'], r['zh']): (r['was'], r['value']) for r in done('jc1', 'approval.preview', id=asked)['differences']}
    same('the operator is shown the product that its agreement gets, and the one that it loses', (rows['agreement', '产品和服务清单 · P-MORE'][0], rows['agreement', '产品和服务清单 · P-INDUSTRY'][1]), (None, None))
    check('and none of what stays', ('agreement', '违约责任') not in rows and ('proposal', '授权范围 · 地域') not in rows, rows.keys())
    done('jc1', 'approval.reject', id=asked, note='示例')
    carry(steps[4:], 'activate')
    same('nothing changes before the grant', officers.get('auditor', 'authorisation/' + number)['grant'], GRANT)
    carry(steps[6:], None)
    a = officers.get('auditor', 'authorisation/' + number)
    same('then the same number has the new scope and term', (a['state'], a['grant'], a['not_after'], a['not_before'][:10]), ('ACTIVE', narrower, '2027-12-31T15:59:59Z', '2026-02-02'))
    same('by the new plan', (show(plan)['state'], show(plan)['authorisation'], a['plan'], a['terms'], show(plan).get('changes')), ('ACTIVE', number, plan, 'free', None))
    payload = json.loads(base64.urlsafe_b64decode(a['compact'].split('.')[1] + '=='))
    same('as a further version of the credential', (payload['version'], payload['jti']), (2, number))
    path = h.root + '/credential'
    open(path, 'w').write(a['compact'])
    r = subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json', '--at', done('auditor', 'status.show')['now']], capture_output=True, text=True, timeout=300)
    same('which is in force', json.loads(r.stdout)['verdict'], 'permit')


def succeeded(number):
    """an authorisation that began weeks ago is bound to the successor of its certificate (decisions 77 and 99)"""
    lg = officers.get('auditor', 'asset/PL-1')['ledger']
    c = card('PL-1', True)
    c['basic']['overview'] = '变更后的示例（虚构）'
    done('hbsw1', 'asset.card', ledger=lg, card=c)
    rg = done('hbsw1', 'registration.submit', asset='PL-1', type='CHANGE')['id']
    done('hb-fin3', 'registration.decide', id=rg, accept=True)
    cert = two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=['PL-1'], years=5)[1]['certificates'][0]
    a = officers.get('auditor', 'authorisation/' + number)
    payload = json.loads(base64.urlsafe_b64decode(a['compact'].split('.')[1] + '=='))
    same('it has a third version, on the new certificate', (a['state'], payload['version'], [x['certificate'] for x in a['assets']]), ('ACTIVE', 3, [cert]))


h = Home(cases=False)
officers = Officers(h)
do, done, two = officers.do, officers.done, officers.two
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    h.at('2026-02-02T01:00:00Z')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True})
    two('mof1', 'mof2', 'profile.propose', profile={'short_path.public': True})
    first = certified('PL-1')
    proposals(first)
    number = in_order(first)
    items(first)
    authority(first)
    short()
    important()
    while_under_way(first)
    bureau(first)
    adjusted(number, first)
    succeeded(number)
    late(officers.get('auditor', 'asset/PL-1')['certificate'])
    plans = officers.get('auditor', 'plan?limit=1000&state=ACTIVE')['items']
    check('plans are listed by state', len(plans) == 6 and all(p['state'] == 'ACTIVE' for p in plans), plans)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
