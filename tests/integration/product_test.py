"""Products and prices on a demo home: what may be sold under an authorisation and by
whom (R09, R11, R13, R18), at what price (R07, R08, R10), 65号's computation and the
years after it, which products a license may name, and what everybody may read of it
without signing in (R32).  For what is accepted, what is refused beside it, by its
rule.  Names and numbers are illustrative."""
import urllib.parse, xml.etree.ElementTree
from lib import *

JINGCHU, JIANGCHENG, PENGCHENG = '91420100DEMA001011', '91420100DEMA00136K', '91440300DEMA00128B'
STATE, SELLER = 'domain.md 7', 'domain.md 7.4'
GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV', 'WELFARE'],
         'actions': ['DOWNLOAD_PRODUCT', 'QUERY', 'REDEVELOP', 'VERIFY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
SAID = {'version': '1.0', 'name': '水情指数（示例）', 'purpose': 'INDUSTRY', 'delivery': 'INDEX', 'price_form': 'GUIDED', 'charge_basis': 'CALLS', 'fee_fen': 1000,
        'data_use': '水位、流量数据汇总加工（示例）', 'conditions': '仅限本单位使用（示例）'}
FREE = dict(SAID, name='洪水预警（示例）', purpose='WELFARE', delivery='API', price_form='FREE', fee_fen=0)
del FREE['charge_basis']
LISTED = {'P-INDEX': 'INDUSTRY', 'P-TOLL': 'INDUSTRY', 'P-FLOOD': 'WELFARE', 'P-GOV': 'PUBGOV', 'P-NO': 'INDUSTRY', 'PB-1': 'INDUSTRY'}  # in the agreement
MAXIMUM = 914313600  # case 2
PRICE = {'maximum_fen': MAXIMUM, 'cost_fen': 800000000, 'bond_bp': 182, 'profit_bp': 782, 'tax_bp': 600, 'from': '2026-01-01', 'to': '2028-12-31',
         'doc_no': '鄂价〔2026〕1号（示例）', 'doc_date': '2026-01-04', 'authority': '省发展改革委（示例）', 'scan': 'scan（示例）',
         'caps': [{'product': 'P-INDEX', 'cap_fen': 1000, 'volume': 914313}, {'product': 'P-TOLL', 'cap_fen': 600, 'volume': 1}]}


def same(sentence, got, want):
    check(sentence, got == want, '%s and not %s' % (got, want))


def show(noun, name):
    return h.api('GET', '/api/v1/%s/%s' % (noun, urllib.parse.quote(name, safe='')), None, officers.token('auditor'))[1]


def two(first, second, command, **body):
    return officers.two(first, second, command, **body)[1]


# --- from nothing to an authorisation ---

def certified(no, public):
    """an asset of the Hubei unit with its certificate, on the short path"""
    card = {'basic': {'asset_no': no, 'name': '2026年湖北省示例数据集 ' + no, 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'dispute': False, 'public_data': public, 'public_data_basis': '示例', 'personal_info': 'NONE'},
            'use': {}, 'management': {'data_level': 'GENERAL', 'mgr_dept': '数据处', 'mgr_person': '王三（虚构）', 'sec_policy': '制度（示例）', 'emergency_plan': '预案（示例）'}}
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,示例 %s,,自主采集,,否\r\n' % (no, no, no))
    lg = next(r['id'] for r in officers.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-' + no)
    done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done('hb-fin1', 'ledger.confirm', id=lg)
    done('hbsw1', 'asset.card', ledger=lg, card=card)
    rg = done('hbsw1', 'registration.submit', asset=no)['id']
    done('hb-fin3', 'registration.decide', id=rg, accept=True)
    return two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[no], years=3)['certificates'][0]


def authorised(no, public=True):
    """public data goes the whole course, and has an agreement that lists its products"""
    certificate = certified(no, public)
    proposal = {'certificates': [certificate], 'grant': GRANT, 'terms': 'paid', 'from': '2026-01-05', 'to': '2028-12-31', 'shared': False}
    if not public:
        documents = {k: '示例' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}
        return two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=dict(proposal, operator=JINGCHU, selection='公开招标（示例）', operator_conditions='条件证明（示例）',
                                                                              documents=documents))['authorisation']
    return authorise(officers, proposal, products=LISTED)[0]


def refuse_product(sentence, rule, who='jc1', authorisation=None, id='P-NO', **change):
    said = {k: v for k, v in dict(SAID, **change).items() if v is not None}
    refused(sentence, do(who, 'product.add', authorisation=authorisation or dau, id=id, **said), rule)


# --- 65号's computation ---

def calculator():
    out = done('auditor', 'price.calculate', cost_fen=800000000, bond_bp=182, tax_bp=600)
    same('case 2: profit 625,600.00', out['profit_fen'], 62560000)
    same('case 2: tax 517,536.00', out['tax_fen'], 51753600)
    same('case 2: at most 9,143,136.00', out['maximum_fen'], MAXIMUM)
    same('the tax of the profile is taken where none is said', done('hb-fin1', 'price.calculate', cost_fen=800000000, bond_bp=182)['maximum_fen'], MAXIMUM)
    code, out = h.cli('price', 'calculate', '--cost_fen', '800000000', '--bond_bp', '182', '--profit_bp', '782', '--tax_bp', '600')
    same('the command line says the same', (code, out.get('maximum_fen')), (0, MAXIMUM))
    refused('a profit one basis point above the bonds and 6 points', do('auditor', 'price.calculate', cost_fen=800000000, bond_bp=182, profit_bp=783, tax_bp=600), 'R08')
    refused('a subsidy above the cost', do('auditor', 'price.calculate', cost_fen=1, subsidy_fen=2, bond_bp=182), '65号 二')


# --- approved prices ---

def record(who='hbsw1', **change):
    return do(who, 'price.record', authorisation=dau, **dict(PRICE, **change))


def prices():
    refused('an agreement closes the list before anything is registered', license(), 'domain.md 4.10')
    refuse_product('no fee without an approved cap', 'R08', id='P-INDEX')
    caps = [dict(c) for c in PRICE['caps']]
    caps[1]['cap_fen'] = 601
    refused('caps and volumes one fen above the maximum permitted revenue', record(caps=caps), 'R08')
    caps[0].update(cap_fen=10 ** 14, volume=10 ** 12)
    refused('caps and volumes beyond any money', record(caps=caps), 'R08')
    refused('a cap twice', record(caps=[PRICE['caps'][1]] * 2), '65号 三')
    refused('no cap', record(caps=[]), '65号 三')
    refused('a profit above the bonds and 6 points, also when approved', record(profit_bp=783), 'R08')
    refused('a review after three years and a day', record(to='2029-01-01'), '65号 五')
    refused('a price before its first day', record(**{'from': '2026-02-01'}), '65号 三')
    refused('a document of tomorrow', record(doc_date='2027-01-01'), '65号 三')
    refused('a document without a number', record(doc_no='\u3000'), 'domain.md decision 10')
    refused('a price by who is no party', record('qx1'), 'domain.md 7.3')
    check('an operator records no price', record('jc1')[0] == 403)
    ap = record()[1]['approval']
    refused('nor does the implementer confirm it', do('hbsw2', 'approval.approve', id=ap), 'R22')
    price = done('hb-fin1', 'approval.approve', id=ap)['object']
    out = show('price', price)
    same('the price stands with its document, recorded by two', (out['state'], out['mark'], out['doc_no'], out['recorder'], out['confirmer']), ('IN_FORCE', '线下', PRICE['doc_no'], 'hbsw1', 'hb-fin1'))
    same('and 65号\'s computation beside what was approved', (out['maximum_fen'], out['computed_fen']), (MAXIMUM, MAXIMUM))
    same('its scan is kept by its hash', done('hbsw1', 'material.show', id=out['material'])['sha256'], hashlib.sha256(PRICE['scan'].encode()).hexdigest())
    ap = done('hb-fin1', 'price.record', authorisation=dau, **PRICE)['approval']
    refused('who recorded it does not confirm it', do('hb-fin1', 'approval.approve', id=ap), 'R22')
    done('hb-fin2', 'approval.reject', id=ap, note='示例')
    return price


# --- products ---

def to_register(who='jc1'):
    """what the home page counts, and what its list has"""
    acts = [a for a in done(who, 'home.show')['waiting']['acts'] if a['what'] == 'product.add']
    listed = officers.get(who, 'authorisation?limit=1000&offering=' + JINGCHU)['items']
    return [a['count'] for a in acts], [a['number'] for a in listed]


def products():
    same('the operator is told that its agreement lists products to be registered; one without a list has none', to_register(), ([1], [dau]))
    same('nobody else is', to_register('qs1')[0], [])
    for id, purpose in (('P-FLOOD', 'WELFARE'), ('P-GOV', 'PUBGOV')):
        refuse_product('a fee of 0.01 yuan for %s' % purpose, 'R07', id=id, purpose=purpose, fee_fen=1)
        refuse_product('a price for %s, even of nothing' % purpose, 'R07', id=id, purpose=purpose, fee_fen=0)
    refuse_product('a fee one fen above the cap', 'R08', id='P-INDEX', fee_fen=1001)
    refuse_product('a market price for the operator\'s own', 'R09', id='P-INDEX', price_form='MARKET')
    refuse_product('raw data', 'R18', id='P-INDEX', raw_data=True)
    refuse_product('the asset itself', 'R18', id='PB-1')
    refuse_product('a purpose that the authorisation does not have', 'R13', id='P-INDEX', purpose='SECTOR')
    refuse_product('a way of delivery that it does not allow', 'R13', id='P-INDEX', delivery='MODEL')
    refuse_product('a free product for industry under a paid authorisation', 'R13', price_form='FREE', fee_fen=0, charge_basis=None)
    refuse_product('free and with a fee', '65号 三', price_form='FREE', fee_fen=1, purpose='INDUSTRY')
    refuse_product('a fee for nothing named', '65号 三(二)', id='P-INDEX', charge_basis=None)
    refuse_product('no data use', 'R32', id='P-INDEX', data_use='\u3000')
    refused('free use without conditions is no such thing', do('jc1', 'product.add', authorisation=dau, id='P-FLOOD', **dict(FREE, conditions='\u200b')), 'R32')
    refuse_product('a product that the agreement does not list', 'R13', id='P-MORE')
    text = do('jc1', 'product.add', authorisation=dau, id='P-MORE', **SAID)[1]['detail']
    check('which names those that may be registered, and who has another one listed', 'P-INDEX' in text['zh'] and 'P-INDEX' in text['en'] and '请实施机构湖北省水文水资源中心' in text['zh'], text)
    check('in no words of programs', 'adjusts' not in json.dumps(text) and 'propose' not in json.dumps(text), text)
    refuse_product('one that it lists for another purpose', 'R13', id='P-FLOOD')
    refuse_product('an id with a slash', 'domain.md 4.9', id='P/INDEX')
    refuse_product('the product of another operator', '167·三(五)', who='qs1', id='P-INDEX')
    check('a finance officer registers none', do('hb-fin1', 'product.add', authorisation=dau, id='P-INDEX', **SAID)[0] == 403)
    out = done('jc1', 'product.add', authorisation=dau, id='P-INDEX', **SAID)
    same('a fee at the cap is taken', (out['product'], out['state'], out['fee_fen']), (dau + '/P-INDEX', 'ON_SALE', 1000))
    same('a free one for welfare', done('jc1', 'product.add', authorisation=dau, id='P-FLOOD', **FREE)['fee_fen'], 0)
    refused('the same id again', do('jc2', 'product.add', authorisation=dau, id='P-INDEX', **SAID), 'domain.md 4.9')
    same('free is conditional', show('product', dau + '/P-FLOOD')['use_condition'], 'FREE_COND')
    same('both are in the list', [p['id'] for p in officers.get('auditor', 'product?authorisation=%s' % dau)['items']], ['P-FLOOD', 'P-INDEX'])


def public_charge():
    """R10"""
    cost = [{'item': '通信费', 'amount_fen': 200}, {'item': '机房', 'amount_fen': 300}]
    toll = dict(SAID, name='公众查询（示例）', delivery='API', fee_fen=500, borne_by_public=True)
    key = dau + '/P-TOLL'
    refused('a charge on the public', do('jc1', 'product.add', authorisation=dau, id='P-TOLL', **toll), 'R10')
    refused('also with its costs', do('jc1', 'product.add', authorisation=dau, id='P-TOLL', cost=cost, **toll), 'R10')
    refused('another department does not let it through', do('gz-fin1', 'rule.override', rule='R10', product=key, reason='x'), 'R40')
    refused('R08 has no override', do('hb-fin1', 'rule.override', rule='R08', product=key, reason='x'), 'R08')
    refused('an override names its product', do('hb-fin1', 'rule.override', rule='R10', asset='PB-1', reason='x'), 'R10')
    two('hb-fin1', 'hb-fin2', 'rule.override', rule='R10', product=key, reason='成本已核（示例）')
    refused('let through without its costs it stays refused', do('jc1', 'product.add', authorisation=dau, id='P-TOLL', **toll), 'R10')
    refused('and with costs below the fee', do('jc1', 'product.add', authorisation=dau, id='P-TOLL', cost=[{'item': 'x', 'amount_fen': 499}], **toll), 'R10')
    out = done('jc1', 'product.add', authorisation=dau, id='P-TOLL', cost=cost, **toll)
    used = next(o for o in officers.get('auditor', 'override?limit=1000')['items'] if o['id'] == out['override'])
    same('with both it is taken, and the override used up by it', (used['state'], used['used_by'], used['rule']), ('USED', key, 'R10'))
    same('its costs are shown', show('product', key)['cost'], cost)
    refused('raising it needs another', do('jc1', 'product.change', product=key, fee_fen=501, cost=cost + [{'item': 'y', 'amount_fen': 1}]), 'R10')
    same('lowering it does not', done('jc1', 'product.change', product=key, fee_fen=400)['fee_fen'], 400)
    done('jc1', 'product.change', product=key, borne_by_public=False, fee_fen=600)
    refused('what was let through ends with the charge', do('jc1', 'product.change', product=key, borne_by_public=True, cost=[{'item': 'x', 'amount_fen': 600}]), 'R10')
    done('jc1', 'product.withdraw', product=key, reason='示例')
    refused('what is withdrawn is not changed', do('jc1', 'product.change', product=key, fee_fen=1), STATE)


def versions():
    key = dau + '/P-INDEX'
    refused('nobody else changes it', do('qs1', 'product.change', product=key, fee_fen=1), 'domain.md 4.9')
    refused('no fee above the cap by a change', do('jc1', 'product.change', product=key, fee_fen=1001), 'R08')
    refused('nor a market price', do('jc1', 'product.change', product=key, price_form='MARKET'), 'R09')
    done('jc1', 'product.change', product=key, version='2.0', fee_fen=900, note='降价（示例）')
    refused('an old version\'s name does not come back', do('jc1', 'product.change', product=key, version='1.0'), 'domain.md 4.9')
    out = show('product', key)
    same('every version is kept', [(v['seq'], v['version'], v['fee_fen'], v['actor']) for v in out['versions']], [(1, '1.0', 1000, 'jc1'), (2, '2.0', 900, 'jc1')])
    same('the last one is on sale', (out['version'], out['fee_fen'], out['cap_fen'], out['over_cap']), ('2.0', 900, 1000, False))


# --- licenses ---

def license(who='jc1', authorisation=None, product=None, **change):
    grant = {**GRANT, 'purposes': ['INDUSTRY'], 'actions': ['QUERY'], **change.pop('grant', {})}
    request = {'authorisation': authorisation or dau, 'product': {'id': 'P-INDEX', 'version': '2.0', 'kind': 'operator', **(product or {})}, 'grant': grant, 'terms': 'paid',
               'days': 60, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'], 'users': [{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}]}
    return do(who, 'token.issue', request=dict(request, **change))


def keep(token, fee, basis):
    """what a license costs stays with it"""
    fees[token] = (fee, basis)
    same('its fee is kept: %s' % fee, (lambda t: (t['fee_fen'], t['charge_basis']))(show('token', token)), (fee, basis))


def licenses():
    refused('a product that is not registered', license(product={'id': 'P-NO'}), 'domain.md 4.10')
    refused('an earlier version', license(product={'version': '1.0'}), 'domain.md 4.10')
    refused('as another kind', license(product={'kind': 'redeveloped'}), 'domain.md 4.10')
    refused('a product off sale', license(product={'id': 'P-TOLL', 'version': '1.0'}), 'domain.md 4.9')
    refused('another purpose', license(grant={'purposes': ['PUBGOV']}, terms='free'), 'R13')
    refused('two purposes', license(grant={'purposes': ['INDUSTRY', 'PUBGOV']}), 'R07')
    refused('free of what costs something', license(terms='free'), 'R13')
    refused('one fen above the fee', license(fee_fen=901), 'R08')
    for fee, kept in (({}, 900), ({'fee_fen': 900}, 900), ({'fee_fen': 1}, 1)):
        code, out = license(**fee)
        check('a license at %s fen' % fee.get('fee_fen', 'the registered'), code == 200 and out['issued'] == 1, out)
        keep(out['tokens'][0], kept, 'CALLS')
    flood = {'product': {'id': 'P-FLOOD', 'version': '1.0'}, 'grant': {'purposes': ['WELFARE']}}
    refused('paid of what is free', license(**flood), 'R07')
    code, out = license(terms='free', **{k: dict(v) for k, v in flood.items()})
    check('free use has its license', code == 200 and out['issued'] == 1, out)
    keep(out['tokens'][0], 0, '')
    code, out = license(authorisation=plain, product={'id': 'P-ANY', 'version': '7'})
    check('an authorisation without products and agreement is as before', code == 200, out)
    keep(out['tokens'][0], None, '')
    refused('but has no fee to name', license(authorisation=plain, product={'id': 'P-ANY', 'version': '7'}, fee_fen=1), 'domain.md 4.10')


def lowered():
    """a price that lies below a fee: no license until the fee follows"""
    new = dict(PRICE, caps=[{'product': 'P-INDEX', 'cap_fen': 899, 'volume': 1000}], doc_no='鄂价〔2026〕2号（示例）')
    asked = record(caps=[dict(c, volume=1) for c in PRICE['caps']] + [{'product': 'P-ELSE', 'cap_fen': 1, 'volume': 1}])[1]
    same('a price that keeps all caps loses none; one that the agreement does not list is told', (asked['replaces'], asked['lost'], asked['unlisted']), (first, [], ['P-ELSE']))
    stale = record(caps=PRICE['caps'])[1]['approval']
    asked = done('hbsw1', 'price.record', authorisation=dau, **new)
    told = done('hb-fin1', 'approval.show', id=asked['approval'])['payload']
    same('who asks and who approves is told what it replaces, and what has no price then', [(x['replaces'], x['lost']) for x in (asked, told)], [(first, sorted(c['product'] for c in PRICE['caps'] if c['product'] != 'P-INDEX'))] * 2)
    price = done('hb-fin1', 'approval.approve', id=asked['approval'])['object']
    refused('one that was to replace another is not approved any more', do('hb-fin1', 'approval.approve', id=stale), '65号 三')
    same('the price before is replaced', show('price', first)['state'], 'REPLACED')
    same('its caps with it', [show('product', dau + '/' + p)['cap_fen'] for p in ('P-INDEX', 'P-TOLL')], [899, None])
    same('a fee above the new cap says so', show('product', dau + '/P-INDEX')['over_cap'], True)
    refused('and has no license', license(), 'R08')
    done('jc1', 'product.change', product=dau + '/P-INDEX', fee_fen=899)
    code, out = license()
    check('at the cap it has one again', code == 200)
    keep(out['tokens'][0], 899, 'CALLS')
    same('what was licensed before costs what it did', {t: (lambda x: (x['fee_fen'], x['charge_basis']))(show('token', t)) for t in fees}, fees)
    return price


# --- re-development ---

def redeveloped():
    index = dict(SAID, name='保险指数（示例）', price_form='MARKET', fee_fen=5000000)
    refuse_product('without a license to re-develop', '167·三(五)', who='pc-dev', id='R-INDEX', price_form='MARKET')
    plain_token = license()[1]['tokens'][0]
    refuse_product('with one that allows none', 'R13', who='pc-dev', id='R-INDEX', price_form='MARKET', token=plain_token)
    refused('an affiliate of the operator gets none', license(grant={'actions': ['QUERY', 'REDEVELOP']}, users=[{'usci': JIANGCHENG, 'name': 'x'}]), 'R11')
    token = license(grant={'actions': ['QUERY', 'REDEVELOP']})[1]['tokens'][0]
    refuse_product('the operator re-develops nothing of its own', 'R11', id='R-INDEX', token=token)
    refuse_product('another\'s license', 'R13', who='qs1', id='R-INDEX', price_form='MARKET', token=token)
    refuse_product('under another authorisation', 'R13', who='pc-dev', authorisation=plain, id='R-INDEX', price_form='MARKET', token=token)
    refuse_product('a purpose that the license does not have', 'R13', who='pc-dev', id='R-INDEX', price_form='MARKET', purpose='WELFARE', token=token)
    refuse_product('a capped price for what is re-developed', 'R09', who='pc-dev', id='R-INDEX', token=token)
    out = done('pc-dev', 'product.add', authorisation=dau, id='R-INDEX', token=token, **index)
    same('its market price has no cap', (out['fee_fen'], show('product', out['product'])['cap_fen']), (5000000, None))
    same('it is shown as re-developed, by its seller', (show('product', out['product'])['kind'], show('product', out['product'])['seller']['usci']), ('redeveloped', PENGCHENG))
    refused('the operator licenses what it does not sell', license(product={'id': 'R-INDEX', 'version': '1.0', 'kind': 'redeveloped'}), SELLER)
    done('jc1', 'token.revoke', id=token, reason='示例')
    refused('with the license its changes end', do('pc-dev', 'product.change', product=out['product'], fee_fen=1), 'R26')
    done('pc-dev', 'product.withdraw', product=out['product'], reason='示例')


def not_public():
    """domain.md decision 3: 65号 binds public data"""
    out = done('jc1', 'product.add', authorisation=plain, id='P-OWN', **dict(SAID, price_form='MARKET', fee_fen=123456))
    same('what is no public data has the price that its operator sets', out['fee_fen'], 123456)
    refused('from then on its licenses name it', license(authorisation=plain, product={'id': 'P-ANY', 'version': '7'}), 'domain.md 4.10')


# --- years ---

def booked(fen, year=2026, who='jc1', **change):
    sale = {'authorisation': dau, 'product': 'P-INDEX', 'kind': 'OPERATOR_SALE', 'payer': '91440300DEMA00128B', 'gross_fen': fen, 'tax_fen': fen * 6 // 106, 'period_from': '%d-12-01' % year,
            'period_to': '%d-12-31' % year, 'paid_on': '%d-12-31' % year, 'funded_by': 'OWN', 'evidence': {'delivery': [{'count': 1, 'from': '%d-12-01' % year, 'sha256': next(receipts)}]}}
    return do(who, 'revenue.book', **dict(sale, **change))[1]


def years(price):
    refused('a year that is not over', do('hbsw1', 'price.review', authorisation=dau, year=2026, actual_fen=1), '65号 四')
    h.at('2026-12-31T16:00:01Z')
    refused('a year before the price', do('hbsw1', 'price.review', authorisation=dau, year=2025, actual_fen=1), '65号 四')
    states = [b.get('state') for b in (booked(500000000), booked(70000, product='P-TOLL'), booked(1, kind='USE_FEE'), booked(3000, funded_by='DEBT'),
                                       booked(5000000, product='R-INDEX', kind='REDEV_SALE', who='pc-dev', payer=JIANGCHENG), booked(800, period_from='2026-12-31', period_to='2027-01-01', paid_on='2027-01-01', evidence={'delivery': [{'count': 1, 'from': '2026-12-31', 'sha256': next(receipts)}]}))]
    same('income of the year: of a product with a cap, of one that had one, held, re-developed by another, of the next year', states, ['BOOKED'] * 3 + ['HELD'] + ['BOOKED'] * 2)
    two('jc1', 'hb-fin1', 'revenue.counter', id=booked(123456789)['id'], reason='示例')
    mine = 500000000 + 70000 + 1
    refused('a year\'s revenue is not one fen less than what is booked', do('hbsw1', 'price.review', authorisation=dau, year=2026, actual_fen=mine - 1, note='x'), '65号 四')
    refused('nor more, without saying why', do('hbsw1', 'price.review', authorisation=dau, year=2026, actual_fen=mine + 1, note='\u3000'), '65号 四')
    out = done('hbsw1', 'price.review', authorisation=dau, year=2026, actual_fen=MAXIMUM + MAXIMUM // 10, note='其余收入在上线前入账（示例）')
    same('ten per cent above adjusts the fee', (out['deviation_bp'], out['adjust'], out['excess_fen']), (1000, 'FEE', MAXIMUM // 10))
    same('it says what of it is booked, what is not, what is held besides', (out['booked_fen'], out['difference_fen'], out['held_fen']), (mine, MAXIMUM + MAXIMUM // 10 - mine, 3000))
    refused('a year is compared once', do('hb-fin1', 'price.review', authorisation=dau, year=2026, actual_fen=1), '65号 四')
    caps = [{'product': 'P-INDEX', 'cap_fen': 1, 'volume': MAXIMUM - MAXIMUM // 10 + 1}]
    refused('the next price gives the excess back', record(caps=caps), 'R08')
    caps[0]['volume'] -= 1
    ap = record(caps=caps)[1]['approval']
    out = show('price', done('hb-fin1', 'approval.approve', id=ap)['object'])
    same('to the fen', (out['carried_fen'], out['computed_fen']), (MAXIMUM // 10, MAXIMUM - MAXIMUM // 10))
    check('and the one before is replaced', show('price', price)['state'] == 'REPLACED')
    h.at('2028-01-01T16:00:01Z')
    half = MAXIMUM // 2
    same('income of the next year is booked', booked(half - 800, 2027).get('state'), 'BOOKED')
    out = done('hb-fin1', 'price.review', authorisation=dau, year=2027)
    same('where nothing is said, what is booked is compared', (out['actual_fen'], out['booked_fen'], out['difference_fen']), (half, half, 0))
    same('more than ten per cent, below too, adjusts the cap, with nothing carried down', (out['adjust'], out['excess_fen']), ('CAP', 0))
    same('what is booked later for the year shows beside it', (booked(700, 2027).get('state'), [(y['year'], y['booked_fen'], y['booked_now_fen']) for y in show('price', out['price'])['reviews']]),
         ('BOOKED', [(2027, half, half + 700)]))
    reported = h.cli('report', 'half-year', '--period', '2026H1', '--format', 'json')[1]
    got = next(l['rows'] for l in reported['lists'] if l['key'] == 'revenue.license_fees')
    issued = {}
    for t in officers.get('auditor', 'token?limit=1000')['items']:
        x = show('token', t['id'])
        if x['fee_fen']:
            key = (x['product'], x['authorisation'], x['charge_basis'], x['fee_fen'])
            issued[key] = issued.get(key, 0) + 1
    same('the half-year report has the licenses by what they cost', {(r['product'], r['authorisation'], r['charge_basis'], r['fee_fen']): r['count'] for r in got}, issued)
    check('all three of them', {k[3] for k in issued} == {1, 899, 900}, issued)
    due = [d for d in officers.get('hb-fin1', 'deadline?days=366&limit=1000')['items'] if d['kind'] == 'price-review']
    same('the review is due', [(d['day'], d['overdue']) for d in due], [('2028-12-31', False)])
    check('only to whom it concerns', not [d for d in officers.get('gz-fin1', 'deadline?days=366&limit=1000')['items'] if d['kind'] == 'price-review'])


# --- disclosure ---

def page(path):
    with urllib.request.urlopen('http://127.0.0.1:%d%s' % (h.p, path), timeout=300) as r:
        return r.headers['Content-Type'], r.read().decode()


def disclosure():
    kind, text = page('/disclosure.json')
    items = {i['authorisation']: i for i in json.loads(text)['items']}
    item = items[dau]
    same('without signing in: whom, by whom, for how long (27号 art. 18)', (item['operator']['usci'], item['implementer']['usci'], item['from'], item['to'], item['mode']),
         (JINGCHU, '12420000DEMA00099D', '2026-01-05', '2028-12-31', 'WHOLE'))
    same('the products on sale with what they use and cost (art. 19)', [(p['id'], p['fee_fen'], p['cap_fen'], p['data_use']) for p in item['products']],
         [('P-FLOOD', 0, None, FREE['data_use']), ('P-INDEX', 899, 899, SAID['data_use'])])
    same('and the caps with their document', (item['price']['doc_no'], item['price']['caps']), ('鄂价〔2026〕2号（示例）', [{'id': 'P-INDEX', 'cap_fen': 899}]))
    same('where the institution disclosed it itself (R32)', [item['disclosed'][k] for k in ('place', 'address')], ['门户网站（示例）', 'https://disclosure.example/1'])
    check('and nothing else of the plan', set(item['disclosed']) == {'place', 'address', 'on'} and re.fullmatch(r'2026-\d\d-\d\d', item['disclosed']['on']), item['disclosed'])
    same('the short course has no such record', items[plain]['disclosed'], {})
    feed, html = page('/disclosure.atom'), page('/disclosure')
    check('the record stands on the page and in the feed', all('https://disclosure.example/1' in t and '门户网站（示例）' in t for t in (html[1], feed[1])))
    atom = '{http://www.w3.org/2005/Atom}'
    tree = xml.etree.ElementTree.fromstring(feed[1])
    same('the feed has an entry each', (feed[0].split(';')[0], sorted(e.find(atom + 'id').text.rsplit(':', 1)[1] for e in tree.iter(atom + 'entry'))), ('application/atom+xml', sorted(items)))
    check('with all that Atom asks for (RFC 4287 4.1)', tree.find(atom + 'author/' + atom + 'name') is not None and all(
        e.find(atom + n) is not None for e in [tree] + list(tree.iter(atom + 'entry')) for n in ('id', 'title', 'updated')))
    same('it was updated when the last of them changed', tree.find(atom + 'updated').text, max(i['updated'] for i in items.values()))
    check('the page shows it in yuan', '8.99 元' in html[1] and '水情指数' in html[1] and dau in html[1])
    for where, body in (('JSON', text), ('feed', feed[1]), ('page', html[1])):
        check('no data level, no person, nothing withdrawn in the %s' % where, not [w for w in ('GENERAL', '一般数据', 'data_level', '王三', 'jc1', 'hbsw1', 'P-TOLL', 'R-INDEX') if w in body])
    done('hbsw1', 'authorisation.suspend', number=plain, reason='示例')
    same('a suspension is disclosed', {i['authorisation']: i['state'] for i in json.loads(page('/disclosure.json')[1])['items']}[plain], 'SUSPENDED')


def pages():
    token, out = officers.token('jc1'), {}
    for path in ('/show/product/' + urllib.parse.quote(dau + '/P-INDEX', safe=''), '/list/product', '/list/price', '/show/price/' + first, '/do/product/add', '/list/disclosure'):
        req = urllib.request.Request('http://127.0.0.1:%d%s' % (h.p, path), headers={'Cookie': 'fujie=' + token, 'Accept': 'text/html'})
        out[path] = urllib.request.urlopen(req, timeout=300).read().decode()
    check('a product, its list and its price have their pages', 'P-INDEX' in out['/list/product'] and '8.99 元' in list(out.values())[0] and '10.00 元' in list(out.values())[0])
    check('the list leads to the product', urllib.parse.quote(dau + '/P-INDEX', safe='') in out['/list/product'])


h = Home(cases=False)
officers = Officers(h)
fees = {}
do, done = officers.do, officers.done
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True})
    dau, plain = authorised('PB-1'), authorised('PB-2', public=False)
    calculator()
    first = prices()
    products()
    public_charge()
    versions()
    licenses()
    second = lowered()
    redeveloped()
    disclosure()
    pages()
    refused('nothing is offered under a suspended authorisation', do('jc1', 'product.add', authorisation=plain, id='P-MORE', **SAID), 'domain.md 7.3')
    two('hbsw1', 'hbsw2', 'authorisation.resume', number=plain, reason='x')
    not_public()
    years(second)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
