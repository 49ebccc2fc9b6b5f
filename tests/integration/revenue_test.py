"""Revenue on a demo home and its clock (domain.md 4.11, R06, R07, R27, R28): the sample cases' splits
to the fen, every reason that holds a booking with its neighbour that passes, clearing and refusing by
two officers, counter-entries, remittances that are due, late, short and paid, statements that are
imported twice and matched.  Names and numbers are illustrative."""
import datetime, io, sqlite3, urllib.parse, zipfile
from lib import *

HUBEI, WATER, JINGCHU, PENGCHENG, JIANGCHENG, GUIZHOU = ('11420000DEMA00013M', '12420000DEMA00099D', '91420100DEMA001011', '91440300DEMA00128B', '91420100DEMA00136K',
                                                        '11520000DEMA000217')
GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'], 'territory': ['420000'],
         'environment': [], 'quota': None, 'depth': 0}
h = officers = None


def do(who, command, **body):
    return officers.do(who, command, **body)


def done(who, command, **body):
    return officers.done(who, command, **body)


def two(*args, **body):
    return officers.two(*args, **body)


def get(who, path):
    return officers.get(who, path)


def same(sentence, got, want):
    check(sentence, got == want, '%s and not %s' % (got, want))


# --- what revenue rests on ---

def certified(no, public=True):
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,示例 %s,,自主采集,,否\r\n' % (no, no, no))
    lg = next(r['id'] for r in get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-' + no)
    done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done('hb-fin1', 'ledger.confirm', id=lg)
    c = {'basic': {'asset_no': no, 'name': '示例 ' + no, 'overview': '示例（虚构）', 'class_scheme': 'LOCAL', 'class_code': '1'},
         'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'source_authority': '履职采集（示例）', 'personal_info': 'NONE', 'dispute': False, 'public_data': public,
                    'public_data_basis': '示例'}, 'use': {'scenes': ['示例'], 'products': ['示例']},
         'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z', 'evidence_no': 'EV-1', 'risk_assessment': 'x'}}
    done('hbsw1', 'asset.card', ledger=lg, card=c)
    rg = done('hbsw1', 'registration.submit', asset=no)['id']
    done('hb-fin3', 'registration.decide', id=rg, accept=True)
    return two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[no], years=3)[1]['certificates'][0]


def authorised(cert, shares, grant=GRANT, first='2026-04-02'):
    """by the whole course, with these shares in the agreement"""
    proposal = {'certificates': [cert], 'grant': grant, 'terms': 'paid' if 'INDUSTRY' in grant['purposes'] else 'free', 'from': first, 'to': '2028-12-31'}
    plan = done('hbsw1', 'authorisation.propose', proposal=proposal)['plan']
    for name, asker, command, body, *deciders in course(plan, proposal, JINGCHU, HUBEI_COURSE, WATER):
        if name == 'agree':
            body['agreement']['income'] = {'accounting': '示例', 'shares': [{'party': p, 'name': p, 'role': r, 'bp': bp} for p, r, bp in shares], 'remainder': shares[0][0]}
        asked = done(asker, command, **body)
        for d in deciders:
            out = done(d, 'approval.approve', id=asked['approval'])
    return out['authorisation']


def short_course(cert):
    """data that is not public: an authorisation without agreement"""
    p = {'certificates': [cert], 'operator': JINGCHU, 'grant': GRANT, 'terms': 'paid', 'from': '2026-04-02', 'to': '2028-12-31', 'shared': False, 'selection': '公开招标（示例）',
         'operator_conditions': '示例', 'documents': {k: '示例' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
    return two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=p)[1]['authorisation']


def delivery(count=1200, first='2026-05-01', last='2026-05-31'):
    return {'delivery': [{'count': count, 'from': first, 'to': last, 'sha256': next(receipts)}]}


def sale(**change):
    b = {'authorisation': case3, 'product': 'P-INDUSTRY', 'kind': 'OPERATOR_SALE', 'payer': PENGCHENG, 'gross_fen': 123456789, 'period_from': '2026-05-01', 'period_to': '2026-05-31',
         'paid_on': '2026-06-02', 'funded_by': 'OWN', 'evidence': delivery()}
    b.update(change)
    return {k: v for k, v in b.items() if v is not None}


def book(who='jc1', **change):
    return do(who, 'revenue.book', **sale(**change))


def booked(who='jc1', **change):
    code, out = book(who, **change)
    if code != 200:
        raise RuntimeError(out)
    return out['id']


def codes(out):
    return [r['code'] for r in out.get('reasons', [])]


def balanced(sentence):
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True)
    odd = db.execute('SELECT seq, SUM(amount_fen) FROM revenue_entry GROUP BY seq HAVING SUM(amount_fen) <> 0').fetchall()
    split = db.execute("SELECT r.id, r.net_fen, COALESCE(SUM(s.amount_fen), 0) FROM revenue r LEFT JOIN revenue_share s ON s.revenue = r.id WHERE r.state IN ('BOOKED', 'COUNTERED', 'COUNTER') "
                       'GROUP BY r.id HAVING r.net_fen <> COALESCE(SUM(s.amount_fen), 0)').fetchall()
    n = db.execute('SELECT COUNT(*) FROM revenue_entry').fetchone()[0]
    db.close()
    check(sentence, not odd and not split and n > 0, (odd, split, n))


# --- the sample cases ---

def case_three():
    code, out = book()
    same('case 3: 1,234,567.89 by 55/25/20 is booked to the fen', (code, out.get('state'), [(s['role'], s['amount_fen']) for s in out.get('shares', [])]),
         (200, 'BOOKED', [('提供', 67901235), ('治理', 30864197), ('运营', 24691357)]))
    shown = get('jc1', 'revenue/' + out['id'])
    same('the entries are double', sorted((e['account'], e['amount_fen']) for e in shown['entries']),
         sorted([('RECEIVED', 123456789), ('SHARE', -67901235), ('SHARE', -30864197), ('SHARE', -24691357)]))
    same('an institution\'s share goes into its own budget by default, an enterprise\'s by its own rules', [s['fund'] for s in shown['shares']], ['UNIT', 'UNIT', 'OWN'])
    same('and nothing is remitted', shown['remittances'], [])
    code, listed = h.cli('revenue', 'list')
    item = next(i for i in listed['items'] if i['id'] == out['id'])
    money = {k: v for k, v in item.items() if k.endswith('_fen')}
    same('fujie revenue list --json: money is integers of fen', (code, money), (0, {'gross_fen': 123456789, 'tax_fen': 0, 'net_fen': 123456789}))
    same('with the shares', sum(s['amount_fen'] for s in item['shares']), 123456789)
    check('no name of an officer in it', 'person' not in item, item)
    code, out = book(gross_fen=123456790, tax_fen=1)
    same('tax is taken off before sharing', [s['amount_fen'] for s in out['shares']], [67901235, 30864197, 24691357])
    same('in the entries too', [e['amount_fen'] for e in get('jc1', 'revenue/' + out['id'])['entries'] if e['account'] == 'TAX'], [-1])
    code, out = book(gross_fen=0, evidence=None)
    same('income of nothing is booked and gives no rows', (code, out.get('shares')), (200, []))
    same('nor an entry', get('jc1', 'revenue/' + out['id'])['entries'], [])
    code, out = book(gross_fen=1)
    same('a single fen goes to whom the agreement names', [(s['party'], s['amount_fen']) for s in out['shares']], [(WATER, 1)])
    return shown['id']


def case_six():
    """a data fee of 50,000.00 from a unit of the same budget, without receipts; then from an enterprise with 1,200"""
    fee = dict(authorisation=case6, kind='USE_FEE', gross_fen=5000000)
    answer = do('hbsw1', 'revenue.book', **sale(**fee, payer=HUBEI, evidence=None))
    refused('case 6: a fee from the same budget without a receipt is no revenue', answer, 'R06')
    out = answer[1]
    same('it is held, with both reasons', (out['state'], codes(out), out['basis'], out['clause']), ('HELD', ['NO_DELIVERY', 'SAME_BUDGET'], 'text', '167·四(三)'))
    shown = get('hbsw1', 'revenue/' + out['id'])
    same('held means: no share, no entry, nothing to remit', (shown['state'], shown['shares'], shown['entries'], shown['remittances']), ('HELD', [], [], []))
    code, good = do('hbsw1', 'revenue.book', **sale(**fee, payer=PENGCHENG, evidence=delivery(1200)))
    same('the same payment by an enterprise with 1,200 receipts is split 40/60', (code, [s['amount_fen'] for s in good.get('shares', [])]), (200, [2000000, 3000000]))
    return out['id']


# --- R06, reason by reason ---

def reasons():
    """(code, what makes it so): each alone, its neighbour is case_three's booking"""
    yield 'NO_AGREEMENT', dict(authorisation=bare)
    yield 'NO_AGREEMENT', dict(product='P-OTHER')
    yield 'NO_DELIVERY', dict(evidence={'invoice': {'number': 'FP-ALONE'}})
    yield 'SAME_BUDGET', dict(payer=HUBEI)
    yield 'SAME_BUDGET', dict(payer=usci('11420000DEMA00777'), payer_name='未登记的省级机关（虚构）')
    yield 'SAME_BUDGET', dict(payer=JIANGCHENG, funded_by='FISCAL')
    yield 'LUMP_SUM', dict(period_to='2026-06-03', evidence=delivery(first='2026-06-03', last='2026-06-03'))
    yield 'LUMP_SUM', dict(period_to='2027-05-31')
    yield 'PLATFORM', dict(gov_platform=True)
    yield 'DEBT_FUNDED', dict(funded_by='DEBT')
    yield 'CIRCULAR', dict(payer=JINGCHU)


def held():
    out = []
    for code, change in reasons():
        answer = book(**change)
        refused('held: %s by %s' % (code, ', '.join(change)), answer, 'R06')
        same('for this reason alone: ' + code, (answer[1].get('state'), codes(answer[1])), ('HELD', [code]))
        out.append(answer[1]['id'])
    for sentence, change in (('a payer of another level\'s budget', dict(payer=GUIZHOU)), ('a public body of another division that the register does not know',
                              dict(payer=usci('11430000DEMA00777'), payer_name='外省机关（虚构）')), ('another level\'s budget pays', dict(payer=GUIZHOU, funded_by='FISCAL'))):
        code, answer = book(**change)
        same('not held: ' + sentence, (code, answer.get('state')), (200, 'BOOKED'))
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.platforms': [PENGCHENG]})
    answer = book()
    same('a platform on the department\'s list is held', codes(answer[1]), ['PLATFORM'])
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.platforms': []})
    refused('a list that names no organisation is refused', do('hb-fin1', 'profile.propose', profile={'revenue.platforms': ['x']}), None)
    code, answer = book('hbsw1', authorisation=None, product=None, kind='USE_FEE')
    same('without an authorisation it is held, without agreement too', codes(answer), ['NO_AUTHORISATION', 'NO_AGREEMENT'])
    nowhere = answer['id']
    done('hb-fin1', 'authorisation.suspend', number=case6, reason='安全检查（示例）')
    code, answer = do('hbsw1', 'revenue.book', **sale(authorisation=case6, kind='USE_FEE'))
    same('under a suspended authorisation it is held', codes(answer), ['NO_AUTHORISATION'])
    two('hb-fin1', 'hb-fin2', 'authorisation.resume', number=case6, reason='恢复（示例）')
    used = dict(authorisation=bare, product='P-USE', evidence=None, period_from='2026-06-03', period_to='2026-06-03', paid_on='2026-06-03')
    same('without any receipt of use it is held', codes(book(**used)[1]), ['NO_AGREEMENT', 'NO_DELIVERY'])
    token = done('jc1', 'token.issue', request={'authorisation': bare, 'product': {'id': 'P-USE', 'version': '1.0', 'kind': 'operator'}, 'grant': dict(GRANT, purposes=['INDUSTRY'], rights=['USE'],
                 actions=['QUERY']), 'terms': 'paid', 'days': 30, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'],
                 'users': [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}]})['tokens'][0]
    done('jc1', 'usage.report', totals=[{'token': token, 'day': '2026-06-03', 'count': 7}])
    same('uses that the gateway reported are receipts', judged(**used), ['NO_AGREEMENT'])
    same('another payer\'s are not', codes(book(**dict(used, payer=GUIZHOU))[1]), ['NO_AGREEMENT', 'NO_DELIVERY'])
    reported_uses(used, token)
    everything = book(payer=HUBEI, funded_by='DEBT', gov_platform=True, evidence=None, period_to='2027-05-31', product='P-OTHER')
    same('all reasons are told at once', codes(everything[1]), ['NO_AGREEMENT', 'NO_DELIVERY', 'SAME_BUDGET', 'LUMP_SUM', 'PLATFORM', 'DEBT_FUNDED'])
    same('the list of what is held', sorted({i['state'] for i in get('hb-fin1', 'revenue?state=HELD&limit=1000')['items']}), ['HELD'])
    return out, nowhere, answer['id']


def named(token, count, **more):
    return {'delivery': [dict({'count': count, 'from': '2026-06-03', 'token': token}, **more)]}


def judged(**change):
    """what it is held for; then it is refused, and its evidence is free again"""
    out = book(**change)[1]
    if out.get('state') == 'HELD':
        two('hb-fin2', 'hb-fin3', 'revenue.refuse', id=out['id'], reason='示例')
    return codes(out)


def reported_uses(used, token):
    """tokens as evidence of a delivery"""
    same('a license that is named shows what its gateway reported', judged(**dict(used, evidence=named(token, 7))), ['NO_AGREEMENT'])
    refused('and not one use more', book(**dict(used, evidence=named(token, 8))), 'R06')
    refused('nor on other days', book(**dict(used, evidence=named(token, 7, **{'from': '2026-06-01'}, to='2026-06-02'))), 'R06')
    same('beside receipts it says whose they are', judged(**dict(used, evidence=named(token, 8, sha256=SHA))), ['NO_AGREEMENT'])
    refused('another user\'s license shows no delivery to the payer', book(**dict(used, payer=GUIZHOU, evidence=named(token, 7))), 'R06')
    refused('nor one of another product', book(**dict(used, product='P-INDUSTRY', evidence=named(token, 7))), 'R06')
    same('paid before the first use that was reported is paid before delivery', judged(**dict(used, paid_on='2026-06-02')), ['NO_AGREEMENT', 'LUMP_SUM'])
    held = book(**used)[1]['id']
    same('the uses of a day support one booking, whether the license is named or not', judged(**dict(used, evidence=named(token, 7))), ['NO_AGREEMENT', 'EVIDENCE_USED'])
    two('hb-fin2', 'hb-fin3', 'revenue.refuse', id=held, reason='示例')
    held = book(**dict(used, evidence=named(token, 7)))[1]['id']
    same('and the other way round', judged(**used), ['NO_AGREEMENT', 'EVIDENCE_USED'])
    two('hb-fin2', 'hb-fin3', 'revenue.refuse', id=held, reason='示例')
    done('pc-dev', 'usage.dispute', id=token + '.2026-06-03', reason='未使用（示例）')
    same('what the user disputes shows nothing', judged(**used), ['NO_AGREEMENT', 'NO_DELIVERY'])
    refused('named or not', book(**dict(used, evidence=named(token, 1))), 'R06')
    done('jc1', 'usage.report', totals=[{'token': token, 'day': '2026-06-03', 'count': 6}])
    same('once corrected it counts again, as corrected', judged(**dict(used, evidence=named(token, 6))), ['NO_AGREEMENT'])
    refused('and no more than that', book(**dict(used, evidence=named(token, 7))), 'R06')
    free = done('jc1', 'token.issue', request={'authorisation': bare, 'product': {'id': 'P-FREE', 'version': '1.0', 'kind': 'operator'}, 'grant': dict(GRANT, purposes=['PUBGOV'], rights=['USE'],
                actions=['QUERY']), 'terms': 'free', 'days': 30, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'],
                'users': [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}]})['tokens'][0]
    done('jc1', 'usage.report', totals=[{'token': free, 'day': '2026-06-03', 'count': 50}])
    gift = dict(used, product='P-FREE')
    same('uses of a free license show no paid use', judged(**gift), ['NO_AGREEMENT', 'NO_DELIVERY'])
    refused('nor does it when it is named', book(**dict(gift, evidence=named(free, 50))), 'R06')
    same('of nothing paid nothing has to be shown', judged(**dict(gift, gross_fen=0, evidence=named(free, 50))), ['NO_AGREEMENT'])


def outright():
    for sentence, rule, change in (
            ('revenue before the authorisation began', 'R06', dict(period_from='2026-04-01')), ('a fee for public governance', 'R07', dict(product='P-PUBGOV')),
            ('a fee of no product where only some purposes cost anything', 'R07', dict(product=None, kind='USE_FEE')),
            ('a period that ends before it begins', 'domain.md 4.11', dict(period_from='2026-05-31', period_to='2026-05-01')),
            ('a payment in the future', 'domain.md 4.11', dict(paid_on='2030-01-01')), ('more tax than income', 'domain.md 4.11', dict(gross_fen=100, tax_fen=101)),
            ('a sale without product', 'domain.md 4.11', dict(product=None)), ('a disposal without asset', 'domain.md 4.11', dict(kind='DISPOSAL')),
            ('a payer without code', 'GB 32100', dict(payer='x')), ('an unknown payer without name', 'domain.md 4.11', dict(payer='91310000MA1FL0001X')),
            ('a delivery without its proof', 'R06', dict(evidence={'delivery': [{'count': 1, 'from': '2026-05-01'}]})),
            ('a delivery of nothing', None, dict(evidence={'delivery': [{'count': 0, 'from': '2026-05-01', 'sha256': SHA}]})),
            ('a delivery of no day', 'R06', dict(evidence={'delivery': [{'count': 1, 'sha256': SHA}]})),
            ('evidence that says something else', None, dict(evidence={'trust': 'me'})), ('a negative amount', None, dict(gross_fen=-1)), ('a fraction of a fen', None, dict(gross_fen=1.5)),
            ('funds of no kind', None, dict(funded_by='LOAN')), ('an authorisation that there is not', None, dict(authorisation='DAU-420000-202601-000009-X'))):
        refused('refused outright: ' + sentence, book(**change), rule)
    for who, rule in (('qs1', 'domain.md 6'), ('slxx1', 'domain.md 6'), ('hb-fin1', 'domain.md 6'), ('auditor', 'domain.md 6')):
        refused('not booked by ' + who, book(who), rule)
    refused('a re-developer\'s sale by one who has no license', book('yj1', kind='REDEV_SALE'), 'domain.md 6')
    done('jc1', 'product.add', authorisation=case3, id='P-PUBGOV', version='1.0', name='示例（虚构）', purpose='PUBGOV', delivery='API', price_form='FREE', fee_fen=0, data_use='示例',
         conditions='有条件无偿（示例）')
    refused('a fee for a product that is registered as free', book(product='P-PUBGOV'), 'R07')
    refused('an operator\'s product as a re-developer\'s', book('yj1', product='P-PUBGOV', kind='REDEV_SALE', gross_fen=0), 'domain.md 6')
    same('welfare without a fee passes', book(product='P-PUBGOV', gross_fen=0, evidence=None)[0], 200)
    n = len(get('auditor', 'revenue?limit=1000')['items'])
    booked(evidence=dict(delivery(), invoice={'number': 'FP-1'}))
    refused('an invoice is booked once', book(evidence=dict(delivery(), invoice={'number': 'FP-1'})), 'domain.md 4.11')
    same('what was refused left nothing', len(get('auditor', 'revenue?limit=1000')['items']), n + 1)


def closing():
    """periods that are closed, by days and by the profile's list"""
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.locked': ['2026-04-30']})
    refused('a period that the department has closed', book(period_from='2026-04-02', period_to='2026-04-30', evidence=delivery(1, '2026-04-02', '2026-04-30')), 'domain.md 4.11')
    same('the next one is open', book(period_from='2026-05-01', period_to='2026-05-01')[0], 200)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.locked': [], 'revenue.days_book': 20})
    refused('a period that ended longer ago than the profile allows', book(period_to='2026-05-12', evidence=delivery(last='2026-05-12')), 'domain.md 4.11')
    same('up to that day it is open', book(period_to='2026-05-14', evidence=delivery(last='2026-05-14'))[0], 200)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.days_book': 120})


# --- clearing, refusing, countering ---

PROOF = {'documents': ['情况说明〔2026〕3号（示例）']}


def clearing(rows, nowhere, suspended, budget):
    first = rows[3]
    refused('a holder does not clear', do('hbsw1', 'revenue.clear', id=first, evidence=PROOF, reason='x'), 'domain.md 6')
    refused('nor another department', do('gz-fin1', 'revenue.clear', id=first, evidence=PROOF, reason='x'), 'R40')
    refused('not without evidence', do('hb-fin1', 'revenue.clear', id=first, evidence={}, reason='x'), 'R06')
    asked = done('hb-fin1', 'revenue.clear', id=first, evidence=PROOF, reason='核查属实（示例）')
    refused('nobody clears alone', do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    same('until the second officer it is held', get('jc1', 'revenue/' + first)['state'], 'HELD')
    decided = done('hb-fin2', 'approval.approve', id=asked['approval'])
    same('cleared by two it is booked and shared', (decided['revenue_state'], [s['amount_fen'] for s in decided['shares']]), ('BOOKED', [67901235, 30864197, 24691357]))
    shown = get('jc1', 'revenue/' + first)
    same('its reasons and the evidence stay', (shown['reasons'], shown['evidence']['documents'], len(shown['evidence']['delivery'])), (['SAME_BUDGET'], PROOF['documents'], 1))
    refused('cleared once', do('hb-fin1', 'revenue.clear', id=first, evidence=PROOF, reason='x'), 'domain.md 7')
    refused('and not refused afterwards', do('hb-fin1', 'revenue.refuse', id=first, reason='x'), 'domain.md 7')
    two('hb-fin1', 'hb-fin2', 'revenue.clear', id=rows[2], evidence=delivery(), reason='补充回执（示例）')
    same('a delivery that was missing is evidence', get('jc1', 'revenue/' + rows[2])['state'], 'BOOKED')
    two('hb-fin1', 'hb-fin2', 'revenue.clear', id=suspended, evidence=PROOF, reason='授权暂停前交付（示例）')
    same('what fell into a suspension is cleared', get('jc1', 'revenue/' + suspended)['state'], 'BOOKED')
    refused('without an agreement nothing is shared, whatever the evidence', do('hb-fin1', 'revenue.clear', id=rows[0], evidence=PROOF, reason='x'), 'R27')
    refused('nor without an authorisation', do('hb-fin1', 'revenue.clear', id=nowhere, evidence=PROOF, reason='x'), 'R06')
    for row in rows[4:]:
        two('hb-fin1', 'hb-fin2', 'revenue.clear', id=row, evidence=PROOF, reason='核查属实（示例）')
    same('each reason is cleared by two officers with evidence', {get('jc1', 'revenue/' + r)['state'] for r in rows[2:]}, {'BOOKED'})
    asked, decided = two('hb-fin2', 'hb-fin3', 'revenue.refuse', id=budget, reason='变相虚增财政收入（示例）')
    same('what is inflated is refused by two', (decided['revenue_state'], get('hbsw1', 'revenue/' + budget)['shares']), ('REFUSED', []))
    refused('and stays refused', do('hb-fin1', 'revenue.clear', id=budget, evidence=PROOF, reason='x'), 'domain.md 7')
    one = done('hb-fin1', 'revenue.clear', id=rows[1], evidence=PROOF, reason='x')['approval']
    two('hb-fin2', 'hb-fin3', 'revenue.refuse', id=rows[1], reason='x')
    same('a request to clear what was refused is closed with it', get('hb-fin1', 'approval/' + one)['state'], 'REFUSED')


def countering(original):
    before = get('jc1', 'revenue/' + original)
    refused('a stranger asks for no counter-entry', do('qs1', 'revenue.counter', id=original, reason='x'), 'domain.md 6')
    asked = done('jc1', 'revenue.counter', id=original, reason='客户退款（示例）')
    refused('the operator does not approve its own', do('jc2', 'approval.approve', id=asked['approval']), 'R22')
    decided = done('hb-fin1', 'approval.approve', id=asked['approval'])
    after, back = get('jc1', 'revenue/' + original), get('jc1', 'revenue/' + decided['counter'])
    same('the counter-entry negates each share exactly', [s['amount_fen'] for s in back['shares']], [-s['amount_fen'] for s in before['shares']])
    same('and each entry', [(e['account'], e['party'], e['amount_fen']) for e in back['entries']], [(e['account'], e['party'], -e['amount_fen']) for e in before['entries']])
    same('both name each other', (after['state'], after['countered_by'], back['state'], back['counters']), ('COUNTERED', back['id'], 'COUNTER', original))
    same('the original stays as it was', {k: v for k, v in after.items() if k not in ('state', 'countered_by', 'note')}, {k: v for k, v in before.items() if k not in ('state', 'countered_by', 'note')})
    refused('countered once', do('jc1', 'revenue.counter', id=original, reason='x'), 'domain.md 7')
    refused('a counter-entry has none', do('jc1', 'revenue.counter', id=back['id'], reason='x'), 'domain.md 7')
    refused('what is held has none', do('jc1', 'revenue.counter', id=book(funded_by='DEBT')[1]['id'], reason='x'), 'domain.md 7')


# --- remittances ---

def working_day(day, n):
    """the n-th working day after it, without holidays in between"""
    d = datetime.date.fromisoformat(day)
    while n:
        d += datetime.timedelta(1)
        n -= d.weekday() < 5
    return d.isoformat()


def remit(who, rem, fen, slip, **more):
    return do(who, 'revenue.remit', remittance=rem, amount_fen=fen, slip=slip, **more)


def owed(rv):
    return {r['amount_fen']: r for r in get('hbsw1', 'revenue/' + rv)['remittances']}


def remitting():
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.inst_nontax': True, 'revenue.days_remit': 5})
    rv = booked()
    due = owed(rv)
    same('by the department\'s rule an institution\'s shares go to the treasury', [(r['fund'], r['party'], r['finance'], r['state']) for r in due.values()],
         [('NONTAX', WATER, HUBEI, 'DUE')] * 2)
    first, second = due[67901235], due[30864197]
    same('due in working days', first['due'], working_day('2026-06-03', 5) + 'T15:59:59Z')
    same('the entries say so', sorted(e['account'] for e in get('hbsw1', 'revenue/' + rv)['entries']), ['RECEIVED', 'REMIT', 'REMIT', 'SHARE'])
    refused('a stranger remits nothing', remit('jc1', first['id'], 1, 'JK-1'), 'R28')
    refused('not more than is due', remit('hbsw1', first['id'], 67901236, 'JK-1'), 'R28')
    refused('not under a subject that the table does not have', remit('hbsw1', first['id'], 67901235, 'JK-1', subject='99999'), 'R28')
    refused('not tomorrow', remit('hbsw1', first['id'], 67901235, 'JK-1', paid_on='2026-06-04'), 'R28')
    refused('nothing is no payment', remit('hbsw1', first['id'], 0, 'JK-1'), 'R28')
    code, out = remit('hbsw1', first['id'], 67901235, 'JK-1', receipt='GK-1')
    same('the whole amount is paid', (code, out.get('state'), out.get('late'), out.get('short_fen')), (200, 'PAID', False, 0))
    refused('and paid once', remit('hbsw1', first['id'], 1, 'JK-2'), 'R28')
    shown = get('hb-fin1', 'remittance/' + first['id'])
    same('with slip, subject code and receipt', [(p['slip'], p['subject'], p['receipt']) for p in shown['payments']], [('JK-1', '10307', 'GK-1')])
    code, out = remit('hbsw1', second['id'], 30000000, 'JK-3')
    refused('a short remittance is no remittance', (code, out), 'R28')
    same('it is on record and the rest is due', (out['state'], out['short_fen'], get('hb-fin1', 'remittance/' + second['id'])['state']), ('SHORT', 864197, 'SHORT'))
    refused('a slip is recorded once', remit('hbsw1', second['id'], 864197, 'JK-3'), 'R28')
    late = owed(booked())
    same('what is due, by state', {s: len(get('hb-fin1', 'remittance?state=' + s)['items']) for s in ('DUE', 'SHORT', 'PAID', 'LATE')}, {'DUE': 2, 'SHORT': 1, 'PAID': 1, 'LATE': 0})
    same('what is due stands among the deadlines', [d['id'] for d in get('hbsw1', 'deadline')['items'] if d['kind'] == 'remittance' and d['id'] == second['id']], [second['id']])
    h.at('2026-06-12T01:00:00Z')
    listed = get('hb-fin1', 'remittance?state=LATE')['items']
    same('after its day it is late', sorted(r['id'] for r in listed), sorted(r['id'] for r in late.values()))
    check('late is told', all(r['late'] for r in listed), listed)
    code, out = remit('hb-fin1', late[67901235]['id'], 67901235, 'JK-4')
    same('paid late it is paid, and late', (code, out.get('state'), out.get('late')), (200, 'PAID', True))
    code, out = remit('hbsw1', second['id'], 864197, 'JK-5')
    same('the rest completes the short one', (code, out.get('state'), get('hb-fin1', 'remittance/' + second['id'])['short_fen']), (200, 'PAID', 0))
    same('another department sees none of it', get('gz-fin1', 'remittance')['items'], [])
    two('jc1', 'hb-fin1', 'revenue.counter', id=rv, reason='x')
    same('with a counter-entry nothing is due and what was paid is to be refunded', sorted((r['state'], r['short_fen'], r['refund_fen']) for r in owed(rv).values()),
         [('COUNTERED', 0, 30864197), ('COUNTERED', 0, 67901235)])
    refused('nothing is paid on it any more', remit('hbsw1', second['id'], 1, 'JK-6'), 'R28')


def disposal():
    d = dict(authorisation=None, product=None, asset='HB-R-2', kind='DISPOSAL', evidence={'disposal': '处置批复〔2026〕1号（示例）'}, gross_fen=100000)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.inst_nontax': False})
    rv = do('hbsw1', 'revenue.book', **sale(**d))
    same('a disposal by an institution goes to the treasury whatever the rule for use', (rv[0], [(s['party'], s['bp'], s['amount_fen'], s['fund']) for s in rv[1].get('shares', [])]),
         (200, [(WATER, 10000, 100000, 'NONTAX')]))
    answer = do('hbsw1', 'revenue.book', **sale(**dict(d, evidence={})))
    refused('a disposal without approval is held', answer, 'R29')
    same('for that reason', codes(answer[1]), ['NO_DISPOSAL'])


# --- statements ---

BANK = ('交易日期', '交易流水号', '借贷标志', '交易金额', '对方户名', '对方代码', '摘要')


def table(rows, head, encoding='utf-8'):
    return as_file('\r\n'.join(','.join('"%s"' % c for c in r) for r in [head] + rows) + '\r\n', encoding)


def as_file(text, encoding='utf-8'):
    return {'base64url': base64.urlsafe_b64encode(text.encode(encoding)).decode().rstrip('=')}


def xlsx(rows):
    """the least that is a workbook: inline strings"""
    letters = 'ABCDEFGHIJ'
    sheet = ''.join('<row r="%d">%s</row>' % (i, ''.join('<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>' % (letters[k], i, c) for k, c in enumerate(r))) for i, r in enumerate(rows, 1))
    ns = 'http://schemas.openxmlformats.org/'
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        z.writestr('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns="%spackage/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                   '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                   '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>' % ns)
        z.writestr('_rels/.rels', '<?xml version="1.0"?><Relationships xmlns="%spackage/2006/relationships"><Relationship Id="r1" Type="%sofficeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>' % (ns, ns))
        z.writestr('xl/workbook.xml', '<?xml version="1.0"?><workbook xmlns="%sspreadsheetml/2006/main" xmlns:r="%sofficeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>' % (ns, ns))
        z.writestr('xl/_rels/workbook.xml.rels', '<?xml version="1.0"?><Relationships xmlns="%spackage/2006/relationships"><Relationship Id="r1" Type="%sofficeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>' % (ns, ns))
        z.writestr('xl/worksheets/sheet1.xml', '<?xml version="1.0"?><worksheet xmlns="%sspreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>' % (ns, sheet))
    return {'base64url': base64.urlsafe_b64encode(out.getvalue()).decode().rstrip('=')}


def row_of(number, who='jc1'):
    return next(r for r in get(who, 'statement?limit=1000')['items'] if r['number'] == number)


def banks():
    named, plain = booked(gross_fen=1000001), booked(gross_fen=2000002)
    twins = [booked(gross_fen=3000003), booked(gross_fen=3000003)]
    rows = [('2026-06-02', 'B-1', '贷', '10,000.01', '鹏城数据科技（虚构）', PENGCHENG, '服务费 ' + named), ('2026/06/02', 'B-2', '收', '20000.02', '鹏城数据科技（虚构）', '', '服务费'),
            ('20260602', 'B-3', '贷', '30000.03', '', PENGCHENG, '服务费'), ('2026-06-02', 'B-4', '贷', '40000.04', '某公司（虚构）', '', '不相干')]
    faulty = rows + [('2026-13-01', 'B-5', '贷', '1.00', '', '', ''), ('2026-06-02', 'B-6', '贷', '1.001', '', '', ''), ('2026-06-02', 'B-7', '上', '1.00', '', '', ''), ('2026-06-02', 'B-1', '贷', '1.00', '', '', ''),
                     ('2026-06-02', 'B-8', '贷', '1.00', '', 'x', '')]
    dry = done('jc1', 'statement.import', kind='BANK', file=table(faulty, BANK), dry_run=True)
    same('a dry run tells every fault by row and column', [(f['line'], f['column']) for f in dry['faults']], [(6, 1), (7, 4), (8, 3), (9, 2), (10, 6)])
    check('in both languages', all(f['detail']['zh'] and f['detail']['en'] for f in dry['faults']), dry['faults'])
    same('and changes nothing', get('jc1', 'statement')['items'], [])
    out = done('jc1', 'statement.import', kind='BANK', file=table(faulty, BANK, 'gb18030'))
    same('the good rows are entered, the others set aside', (out['entered'], out['faults_total'], out['matched'], out['unmatched']), (4, 5, 2, 2))
    same('matched by the number that it names, and by payer and amount', [(row_of(n)['matched'], row_of(n)['how']) for n in ('B-1', 'B-2')], [(named, 'NUMBER'), (plain, 'PAYER')])
    same('a row that fits two bookings proves neither, one that fits none is listed too', sorted(r['number'] for r in get('jc1', 'statement?unmatched=true')['items']), ['B-3', 'B-4'])
    same('a booking shows what proves it', [r['number'] for r in get('jc1', 'revenue/' + named)['statements']], ['B-1'])
    again = done('jc1', 'statement.import', kind='BANK', file=table(faulty, BANK, 'gb18030'))
    same('the same file again changes nothing and says so', (again['again'], again['id'], again['entered']), (True, out['id'], 0))
    more = done('jc1', 'statement.import', kind='BANK', file=table(rows + [('2026-06-03', 'B-9', '贷', '1.00', '', '', '')], BANK))
    same('of a file that overlaps it only the new rows are entered', (more['entered'], more['unchanged']), (1, 4))
    odd = done('jc1', 'statement.import', kind='BANK', file=table([('2026-06-02', 'B-1', '贷', '10,000.02', '', '', ''), ('2026-06-03', 'B-10', '贷', '2.00', '', '', '')], BANK))
    same('a number with another amount is a fault', (odd['entered'], odd['faults_total'], odd['faults'][0]['line']), (1, 1, 2))
    refused('a row is not matched to what has another amount', do('jc1', 'statement.match', id=row_of('B-4')['id'], to=twins[0]), 'domain.md 4.11')
    refused('nor by another organisation', do('hbsw1', 'statement.match', id=row_of('B-3')['id'], to=twins[0]), 'domain.md 4.11')
    same('by hand it is matched', done('jc1', 'statement.match', id=row_of('B-3')['id'], to=twins[1])['how'], 'HAND')
    refused('once', do('jc1', 'statement.match', id=row_of('B-3')['id'], to=twins[0]), 'domain.md 4.11')
    late = booked(gross_fen=4000004, payer=usci('91310000DEMA00777'), payer_name='某公司（虚构）')
    same('what was booked after the statement is matched when asked again', (done('jc1', 'statement.rematch')['matched'], row_of('B-4')['matched']), (1, late))
    x = [('日期', '收入金额', '支出金额', '对方名称', '附言'), ('2026-06-02', '5.00', '', '某公司（虚构）', 'x'), ('2026-06-02', '5.00', '', '某公司（虚构）', 'x'), ('2026-06-02', '', '6.00', '', 'y'),
         ('2026-06-02', '1.00', '1.00', '', 'z')]
    out = done('jc1', 'statement.import', kind='BANK', file=xlsx(x))
    same('XLSX with two columns of amounts, without numbers: the same row twice is two rows', (out['entered'], out['faults_total']), (3, 1))
    same('and known again', done('jc1', 'statement.import', kind='BANK', file=xlsx(x[:3]))['unchanged'], 2)
    own = as_file('Wann,Betrag\r\n2026-06-02,7.00\r\n')
    refused('headings that nobody knows are refused', do('jc1', 'statement.import', kind='BANK', file=own), 'domain.md 4.11')
    same('unless the caller says what they mean', done('jc1', 'statement.import', kind='BANK', file=own, mapping={'wann': 'day', 'Betrag': 'amount'})['entered'], 1)
    refused('as what there is', do('jc1', 'statement.import', kind='BANK', file=as_file('Wann,Betrag\r\n2026-06-02,8.00\r\n'), mapping={'Betrag': 'colour'}), 'domain.md 4.11')
    refused('a file that is no table is refused', do('jc1', 'statement.import', kind='BANK', file={'base64url': 'AAAA'}), None)
    refused('an assessor imports nothing', do('auditor', 'statement.import', kind='BANK', file=own), 'domain.md 6')
    same('another organisation does not see the rows', get('qs1', 'statement')['items'], [])


def many():
    """a month of a large account"""
    rows = [('2026-06-02', 'M-%d' % i, '贷', '%d.00' % (200000 + i), '鹏城数据科技（虚构）', '', '服务费') for i in range(5000)]
    t0 = time.time()
    out = done('jc1', 'statement.import', kind='BANK', file=table(rows, BANK))
    print('# 5,000 rows in %.1f s' % (time.time() - t0), flush=True)
    same('5,000 rows of a file are entered', (out['entered'], out['matched'], out['unmatched']), (5000, 0, 5000))
    refused('one more is refused by row', do('jc1', 'statement.import', kind='BANK', file=table(rows + [rows[0]], BANK)), None, row=True)


def circles():
    """money that goes round: seen before the booking it holds it, after it it is flagged"""
    payer, other = usci('91310000DEMA00888'), usci('91310000DEMA00999')
    out = done('jc1', 'statement.import', kind='BANK', file=table([('2026-05-20', 'O-1', '借', '900.00', '回流公司（虚构）', payer, '往来款')], BANK))
    answer = book(payer=payer, payer_name='回流公司（虚构）')
    refused('a payer that got money from the operator is held', answer, 'R06')
    same('for that reason alone', codes(answer[1]), ['CIRCULAR'])
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.days_circular': 5})
    same('outside the window it is not', book(payer=payer, payer_name='回流公司（虚构）')[0], 200)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.days_circular': 180})
    rv = booked(payer=other, payer_name='后到公司（虚构）')
    out = done('jc1', 'statement.import', kind='BANK', file=table([('2026-06-05', 'O-2', '借', '800.00', '后到公司（虚构）', other, '往来款')], BANK))
    same('money that goes back after a booking is flagged', (out['circular'], row_of('O-2')['how']), ([rv], 'CIRCULAR'))


def invoices():
    head = ('发票号码', '开票日期', '购买方名称', '购买方识别号', '价税合计', '税额')
    known = booked(gross_fen=5000005, tax_fen=5, evidence=dict(delivery(), invoice={'number': 'FP-77'}))
    silent = booked(gross_fen=6000006)
    out = done('jc1', 'statement.import', kind='INVOICE', file=table([('FP-77', '2026-06-02', '鹏城数据科技（虚构）', PENGCHENG, '50000.05', '0.05'), ('FP-78', '2026-06-02', '', PENGCHENG, '60000.06', ''),
                                                                      ('FP-79', '2026-06-02', '', PENGCHENG, '70000.07', ''), ('', '2026-06-02', '', PENGCHENG, '1.00', '')], head))
    same('invoices are matched by number, else by payer and amount', ((out['matched'], out['unmatched'], out['faults_total']), row_of('FP-77')['matched'], row_of('FP-78')['matched']),
         ((2, 1, 1), known, silent))


def slips():
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.inst_nontax': True})
    head = ('缴款书号', '缴款日期', '缴款单位代码', '金额', '收入科目', '国库回单号', '备注')
    entered, by_amount, short, odd = (owed(booked(gross_fen=g)) for g in (8000000, 9000000, 10000000, 11000000))
    remit('hbsw1', entered[4400000]['id'], 4400000, 'JKS-1')
    rows = [('JKS-1', '2026-06-12', WATER, '44,000.00', '10307', 'GK-11', ''), ('JKS-2', '2026-06-12', WATER, '49500.00', '10307', 'GK-12', ''),
            ('JKS-3', '2026-06-12', WATER, '1000.00', '10307', 'GK-13', '补缴 ' + short[5500000]['id']), ('JKS-4', '2026-06-12', WATER, '60500.00', '99999', 'GK-14', ''),
            ('JKS-5', '2026-06-12', WATER, '77.00', '10307', 'GK-15', '')]
    out = done('hb-fin1', 'statement.import', kind='SLIP', file=table(rows, head))
    same('payment slips are matched', (out['entered'], out['matched'], out['unmatched']), (5, 3, 2))
    state = lambda r: get('hb-fin1', 'remittance/' + r['id'])
    same('one that was entered by hand is confirmed', (state(entered[4400000])['paid_fen'], row_of('JKS-1', 'hb-fin1')['how']), (4400000, 'NUMBER'))
    paid = state(by_amount[4950000])
    same('one that pays a remittance is recorded', (paid['state'], [(p['slip'], p['receipt']) for p in paid['payments']]), ('PAID', [('JKS-2', 'GK-12')]))
    same('one that names it and pays less makes it short', (state(short[5500000])['state'], state(short[5500000])['short_fen']), ('SHORT', 5400000))
    same('one with a subject that is not in the table waits for somebody', (row_of('JKS-4', 'hb-fin1')['matched'], state(odd[6050000])['state']), ('', 'DUE'))
    same('the same file again pays nothing twice', (done('hb-fin1', 'statement.import', kind='SLIP', file=table(rows, head))['again'], state(by_amount[4950000])['paid_fen']), (True, 4950000))


def readers():
    rv = booked()
    for who in ('jc1', 'hbsw1', 'hb-fin1', 'auditor'):
        same('read by ' + who, get(who, 'revenue/' + rv).get('id'), rv)
    for who in ('qs1', 'gz-fin1', 'pc1'):
        refused('not read by ' + who, h.api('GET', '/api/v1/revenue/' + rv, None, officers.token(who)), 'domain.md 6')
        same('nor in the list of ' + who, [i for i in get(who, 'revenue?limit=1000')['items'] if i['id'] == rv], [])
    for who, told in (('jc1', True), ('auditor', True), ('qs1', False), ('gz-fin1', False), ('pc1', False)):
        for command in ('event.list', 'find.history'):
            event = done(who, command, object=rv)['items'][0]
            same('%s tells %s %s of it' % (command, who, 'all' if told else 'nothing'), (event['kind'], (event.get('body') or {}).get('gross_fen') is not None), ('revenue.booked', told))
    seen, after = [], ''
    while after is not None:
        page = get('auditor', 'revenue?limit=7&after=' + after)
        seen += [i['id'] for i in page['items']]
        after = page['next']
    same('pages hold each booking once', len(seen), len(set(seen)))
    same('all of them', len(seen), len(get('auditor', 'revenue?limit=1000')['items']))
    kinds = [e['kind'] for e in h.cli('event', 'list', '--object', rv)[1]['items']]
    same('a booking is an event', kinds, ['revenue.booked'])


def pages():
    """in Chinese, on a page, each code is a word"""
    o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    o.addheaders = [('Accept', 'text/html')]

    def page(path, form=None):
        return o.open('http://127.0.0.1:%d%s' % (h.p, path), None if form is None else urllib.parse.urlencode(form).encode(), timeout=300).read().decode()

    l = h.login('hb-fin1')
    page('/login', {'login': 'hb-fin1', 'password': l['password'], 'totp': h.code('hb-fin1')})
    items = get('hb-fin1', 'revenue?limit=1000')['items']
    paths = ['/list/revenue', '/list/remittance', '/list/statement', '/do/revenue/clear', '/do/statement/import', '/do/revenue/remit']
    paths += ['/show/revenue/' + next(i['id'] for i in items if i['state'] == s and (s != 'BOOKED' or any(x['fund'] == 'NONTAX' for x in i['shares']))) for s in ('HELD', 'BOOKED', 'COUNTERED', 'COUNTER')]
    paths += ['/show/remittance/' + get('hb-fin1', 'remittance?state=SHORT')['items'][0]['id'], '/show/statement/' + get('hb-fin1', 'statement?kind=SLIP')['items'][0]['id']]
    code = re.compile('[A-Z]{2,}(?:_[A-Z]+)*|[a-z]+_[a-z_]+')
    for path in paths:
        text = re.sub('<(script|style|head)[^>]*>.*?</(script|style|head)>', '', page(path), flags=re.S)
        text = re.sub('<option[^>]*>[^<]*</option>|<code>.*?</code>|<details.*?</details>', '', text, flags=re.S)
        words = {w for t in re.findall('>([^<]+)<', re.sub('P-[A-Z]+(-[A-Z]+)*|HB-R-[0-9]', '', text)) for w in code.findall(t) if not re.search('[0-9A-Z]{18}|[A-Z]{2}-[0-9a-z]', t)}
        check('words, no codes: ' + path.split('/RV-')[0].split('/RM-')[0].split('/SR-')[0], words <= {'CSV', 'XLSX', 'UTF', 'GB', 'KB', 'MB', 'SHA', 'JSON', 'TPM'}, words)
    check('money reads as yuan', '679,012.35' in page('/list/remittance') + page('/show/revenue/' + items[0]['id']) + ''.join(page('/show/revenue/' + i['id']) for i in items if i['net_fen'] == 123456789)[:200000])


def reported():
    """the half-year report, over everybody, against a sum over the events"""
    db, rows = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True), {}
    sums = {'gross_fen': 0, 'tax_fen': 0, 'net_fen': 0, 'remitted_fen': 0}
    for kind, obj, body in db.execute("SELECT kind, object, body FROM event WHERE kind LIKE 'revenue.%' OR kind = 'remittance.paid' ORDER BY seq"):
        b = json.loads(body)
        if kind in ('revenue.held', 'revenue.booked'):
            rows[obj] = b
        if kind == 'revenue.booked' or kind == 'revenue.cleared' and b['to'] == 'BOOKED':
            for part in ('gross_fen', 'tax_fen', 'net_fen'):
                sums[part] += rows[obj][part]
        elif kind == 'remittance.paid':
            sums['remitted_fen'] += b['amount_fen']
    out = h.cli('report', 'half-year', '--period', '2026H1', '--format', 'json')[1]
    same('the half-year report has the sums of the events', {k: out['values']['revenue.' + k] for k in sums}, sums)
    shares = next(l['rows'] for l in out['lists'] if l['key'] == 'revenue.by_role')
    same('and its shares sum to net', sum(r['amount_fen'] for r in shares), sums['net_fen'])


# --- what evades R06, each beside what passes ---

def licensed(product, user, name, purpose='INDUSTRY', terms='paid'):
    return done('jc1', 'token.issue', request={'authorisation': bare, 'product': {'id': product, 'version': '1.0', 'kind': 'operator'}, 'grant': dict(GRANT, purposes=[purpose], rights=['USE'],
                actions=['QUERY']), 'terms': terms, 'days': 30, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'], 'users': [{'usci': user, 'name': name}]})['tokens'][0]


def evidence_evaded():
    refused('a delivery before the period is none of it', book(evidence=delivery(first='2026-04-03', last='2026-04-30')), 'R06')
    refused('nor is one after it', book(evidence=delivery(first='2026-06-01', last='2026-06-02')), 'R06')
    refused('a delivery ends when it has begun', book(evidence=delivery(first='2026-05-20', last='2026-05-19')), 'R06')
    same('one that began before and reached into it is', book(evidence=delivery(first='2026-04-20', last='2026-05-01'))[0], 200)
    once = delivery()
    rv = booked(evidence=once)
    answer = book(evidence=once)
    refused('the same receipts support no second booking', answer, 'R06')
    same('for that reason alone', codes(answer[1]), ['EVIDENCE_USED'])
    same('what is held with them keeps them as well', codes(book(evidence=once)[1]), ['EVIDENCE_USED'])
    same('another payer has its own part in the receipts', book(evidence=once, payer=GUIZHOU)[0], 200)
    two('hb-fin1', 'hb-fin2', 'revenue.refuse', id=answer[1]['id'], reason='重复入账（示例）')
    for i in get('jc1', 'revenue?state=HELD&limit=1000')['items']:
        if i['reasons'] == ['EVIDENCE_USED']:
            two('hb-fin1', 'hb-fin2', 'revenue.refuse', id=i['id'], reason='重复入账（示例）')
    two('jc1', 'hb-fin1', 'revenue.counter', id=rv, reason='更正（示例）')
    same('what was countered gives them back', book(evidence=once)[0], 200)
    day = dict(authorisation=bare, product='P-TWICE', evidence=None, period_from='2026-06-12', period_to='2026-06-12', paid_on='2026-06-12')
    token = licensed('P-TWICE', PENGCHENG, '鹏城数据科技（虚构）')
    done('jc1', 'usage.report', totals=[{'token': token, 'day': '2026-06-12', 'count': 7}])
    by_name = lambda first: {'delivery': [{'count': 7, 'from': first, 'token': token}]}
    refused('a delivery without its end is of one day, and shows what was used on that', book(**dict(day, period_from='2026-06-11', evidence=by_name('2026-06-11'))), 'R06')
    same('reported uses are receipts', codes(book(**day)[1]), ['NO_AGREEMENT'])
    same('of one booking', codes(book(**day)[1]), ['NO_AGREEMENT', 'EVIDENCE_USED'])
    same('nor of a second one that names their license', codes(book(**dict(day, evidence=by_name('2026-06-12')))[1]), ['NO_AGREEMENT', 'EVIDENCE_USED'])
    token = licensed('P-NAMED', PENGCHENG, '鹏城数据科技（虚构）')
    done('jc1', 'usage.report', totals=[{'token': token, 'day': '2026-06-12', 'count': 7}])
    same('a license that is named shows a delivery', codes(book(**dict(day, product='P-NAMED', evidence=by_name('2026-06-12')))[1]), ['NO_AGREEMENT'])
    same('which no second booking has by naming nothing', codes(book(**dict(day, product='P-NAMED'))[1]), ['NO_AGREEMENT', 'EVIDENCE_USED'])
    own, other = done('hbsw1', 'material.add', kind='OTHER', name='交付确认（示例）', file='a')['id'], done('pc1', 'material.add', kind='OTHER', name='x', file='b')['id']
    rules = done('hbsw1', 'material.add', kind='SEC_POLICY', name='安全制度（示例）', file='c')['id']
    same('a material that shows a delivery is evidence', book(evidence={'materials': [own]})[0], 200)
    same('once', codes(book(evidence={'materials': [own]})[1]), ['EVIDENCE_USED'])
    receipt = done('jc1', 'material.add', kind='REVENUE', name='验收单（示例）', file='d')['id']
    same('what the operator filed as evidence is some', book(evidence={'materials': [receipt]})[0], 200)
    check('the holder, the institution and the finance department read it, others do not', all(do(w, 'material.show', id=receipt)[0] == 200 for w in ('jc1', 'hbsw1', 'hb-fin1')) and
          do('gz-fin1', 'material.show', id=receipt)[0] == 403)
    refused('an operator files nothing that a registration needs', do('jc1', 'material.add', kind='SOURCE', file='x'), 'domain.md 6')
    filed = done('sj1', 'material.add', kind='FEASIBILITY', name='可研论证（示例）', file='f')['id']
    check('an institution that is no holder files what its study rests on', get('sj1', 'material/' + filed)['kind'] == 'FEASIBILITY')
    refused('a stranger\'s is not', book(evidence={'materials': [other]}), 'R06')
    refused('nor is the unit\'s security policy', book(evidence={'materials': [rules]}), 'R06')
    refused('nor as what a delivery rests on', book(evidence={'delivery': [{'count': 1, 'from': '2026-05-01', 'material': rules}]}), 'R06')
    answer = book(period_from='2026-05-01', paid_on='2026-04-30', evidence=delivery(first='2026-04-20', last='2026-05-02'))
    same('a payment before its period is a lump sum, whenever the delivery began', codes(answer[1]), ['LUMP_SUM'])


def payers_evaded():
    refused('a unit of the budget under another code', book(payer=usci('91310000DEMA00123'), payer_name='湖北省财政厅'), 'R06')
    wrong = PENGCHENG[:17] + ('1' if PENGCHENG[17] != '1' else '2')
    refused('a known payer with another check character', book(payer=wrong, payer_name='某某公司（虚构）'), 'R06')
    platform = usci('91310000DEMA00456')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.platforms': [platform]})
    same('a platform with another check character is the platform', codes(book(payer=platform[:17] + ('1' if platform[17] != '1' else '2'), payer_name='某平台公司（虚构）')[1]), ['PLATFORM'])
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.platforms': []})
    done('jc1', 'statement.import', kind='BANK', file=table([('2026-05-20', 'N-1', '借', '900.00', '无代码公司(虚构)', '', '往来款')], BANK))
    same('money that went to the payer by its name alone', codes(book(payer=usci('91310000DEMA00321'), payer_name='无代码公司（虚构）')[1]), ['CIRCULAR'])
    rv = booked(payer=usci('91310000DEMA00322'), payer_name='后付公司（虚构）')
    out = done('jc1', 'statement.import', kind='BANK', file=table([('2026-06-01', 'N-2', '借', '900.00', '后付公司（虚构）', '', '往来款')], BANK))
    same('and after the booking it is flagged', out['circular'], [rv])
    shared = authorised(certified('HB-R-20'), [(WATER, '提供', 4000), (JINGCHU, '运营', 3000), (PENGCHENG, '开发', 3000)], first='2026-06-12')
    now = dict(authorisation=shared, period_from='2026-06-12', period_to='2026-06-12', paid_on='2026-06-12', evidence=delivery(first='2026-06-12', last='2026-06-12'))
    same('who gets a share of what it pays gets its money back', codes(book(**now)[1]), ['CIRCULAR'])
    same('another payer does not', book(**dict(now, payer=GUIZHOU))[0], 200)
    return shared


def bookings_evaded(shared):
    invoice = {'number': 'FP-TWO-SIDES'}
    booked(evidence=dict(delivery(), invoice=invoice))
    refused('an invoice is booked once, whichever party books it', do('hbsw1', 'revenue.book', **sale(evidence=dict(delivery(), invoice=invoice))), 'domain.md 4.11')
    refused('nor under the same number written otherwise', book(evidence=dict(delivery(), invoice={'number': ' ＦＰ-TWO-SIDES '})), 'domain.md 4.11')
    licensed('P-PLAIN', PENGCHENG, '鹏城数据科技（虚构）')
    refused('what nobody registered as re-developed is no re-developer\'s own sale', do('pc-dev', 'revenue.book', **sale(authorisation=bare, product='P-PLAIN', kind='REDEV_SALE', payer=GUIZHOU)), 'R27')
    cert = get('hb-fin1', 'authorisation/' + shared)['assets'][0]['certificate']
    done('hb-fin1', 'certificate.suspend', number=cert, reason='权属核查（示例）')
    now = dict(authorisation=shared, payer=GUIZHOU, period_from='2026-06-12', period_to='2026-06-12', paid_on='2026-06-12', evidence=delivery(first='2026-06-12', last='2026-06-12'))
    same('an authorisation whose certificate is suspended covers nothing', codes(book(**now)[1]), ['NO_AUTHORISATION'])


def statements_evaded():
    rv = booked(gross_fen=1231231)
    done('jc1', 'statement.import', kind='BANK', file=table([('2026-06-02', 'E-1', '贷', '12312.31', '', PENGCHENG, rv), ('2026-06-02', 'E-2', '贷', '12312.31', '', PENGCHENG, 'x')], BANK))
    same('a booking is proved by the row that names it', row_of('E-1')['matched'], rv)
    refused('and by no second one, by hand either', do('jc1', 'statement.match', id=row_of('E-2')['id'], to=rv), 'domain.md 4.11')
    rv = booked(gross_fen=1231233)
    head = ('交易日期', '交易流水号', '往来', '交易金额', '对方户名', '对方代码', '摘要')
    out = done('jc1', 'statement.import', kind='BANK', file=table([('2026-06-02', 'E-3', '借', '12312.33', '', usci('91310000DEMA00654'), rv), ('2026-06-02', 'E-4', '', '-5.00', '', '', '')], head))
    same('what a column nobody knows calls 借 is not taken for income', (out['entered'], [f['line'] for f in out['faults']], out['matched']), (1, [2], 0))
    out = done('jc1', 'statement.import', kind='BANK', mapping={'往来': 'direction'}, file=table([('2026-06-02', 'E-3', '借', '12312.33', '', usci('91310000DEMA00654'), rv), ('2026-06-02', 'E-5', '', '5.00', '', '', '')], head))
    same('said what it means it went out; a row that does not say is set aside', (row_of('E-3')['direction'], [f['line'] for f in out['faults']], get('jc1', 'revenue/' + rv)['statements']), ('OUT', [3], []))
    refused('a profile that says what stands already changes nothing', do('hb-fin1', 'profile.propose', profile={'revenue.inst_nontax': True}), 'domain.md 10')
    head = ('缴款书号', '缴款日期', '缴款单位代码', '金额', '收入科目', '国库回单号', '备注')
    first, second = (owed(booked(gross_fen=8800000))[4840000] for _ in range(2))
    same('a holder\'s file of slips pays what it names', done('hbsw1', 'statement.import', kind='SLIP', file=table([('JKE-1', '2026-06-12', WATER, '48400.00', '10307', 'GK-21', first['id'])], head))['matched'], 1)
    out = done('hb-fin1', 'statement.import', kind='SLIP', file=table([('JKE-1', '2026-06-12', WATER, '48400.00', '10307', 'GK-21', '')], head))
    paid = [get('hb-fin1', 'remittance/' + r['id'])['paid_fen'] for r in (first, second)]
    same('the treasury\'s file confirms that payment, and the slip pays nothing else', (out['matched'], row_of('JKE-1', 'hb-fin1')['matched'], paid), (1, first['id'], [4840000, 0]))
    refused('by hand either', remit('hbsw1', second['id'], 4840000, 'JKE-1'), 'R28')
    same('another slip does', remit('hbsw1', second['id'], 4840000, 'JKE-2')[0], 200)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.inst_nontax': False})


def evaded():
    evidence_evaded()
    bookings_evaded(payers_evaded())
    statements_evaded()


def filed_daily():
    """what comes every month is bounded by the day, not for ever"""
    add = lambda kind='REVENUE': do('jc1', 'material.add', kind=kind, name='验收单（示例）', file='d')
    answers = [add() for _ in range(201)]
    n = [code for code, _ in answers].index(413)
    check('up to 200 receipts are filed in a day', n >= 190 and all(code == 413 for code, _ in answers[n:]), n)
    refused('one more is not', answers[-1], 'domain.md 4.4')
    same('other material is not bounded by them', add('OTHER')[0], 200)
    day = time.strptime(get('jc1', 'material')['items'][-1]['at'], '%Y-%m-%dT%H:%M:%SZ')
    h.at(time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(calendar.timegm(day) + 86401)))
    same('nor are the receipts of the next day', add()[0], 200)


def main():
    global h, officers, case3, case6, bare
    h = Home(cases=False)
    try:
        check('a demo home without cases', h.made, h.made_err)
        h.at('2026-04-02T01:00:00Z')
        check('the appliance serves', h.serve())
        officers = Officers(h)
        two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True})
        case3 = authorised(certified('HB-R-1'), [(WATER, '提供', 5500), (WATER, '治理', 2500), (JINGCHU, '运营', 2000)])
        case6 = authorised(certified('HB-R-2'), [(WATER, '提供', 4000), (JINGCHU, '运营', 6000)])
        bare = short_course(certified('HB-R-3', public=False))
        h.at('2026-06-03T01:00:00Z')
        original = case_three()
        budget = case_six()
        rows, nowhere, suspended = held()
        outright()
        closing()
        clearing(rows, nowhere, suspended, budget)
        countering(original)
        balanced('entries balance, shares sum to net')
        remitting()
        disposal()
        banks()
        circles()
        invoices()
        slips()
        evaded()
        many()
        readers()
        pages()
        balanced('entries still balance, shares still sum to net')
        reported()
        filed_daily()
        h.stop()
        rebuilt(h, 'replaying the events gives the same tables')
    finally:
        h.close()
    finish()


if __name__ == '__main__':
    main()
