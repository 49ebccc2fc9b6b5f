"""What must be refused (domain.md section 8, its negative list and rules), in one table: TABLE below.

Each row is an item as domain.md words it, tried by everybody of the demo home, by one officer of
every role that the demo home lacks, and by nobody signed in.  Whoever may do such a thing is
refused by the row's rule, with its basis and clause and in both languages; everybody else by
their role, their party or their division.  Nobody succeeds, and no event comes of it, but for the
attempts that 167·四(三) has kept (R04, R06, R10) and what was paid too little (R28): one each,
counted in the half-year report at the end.  Some rows are tried at the command line as well.
Rows of `approval/approve` are what was rightly asked for, and became forbidden before the second
officer looked at it.

Seen elsewhere: each reason of R06 alone in revenue_test, each of twelve and thirteen items left out
in plan_test, R13 member by member in tests/model/scope_test, R31's days (nothing is refused, lateness
is shown) in report_test, cards and old papers in files in card_test, ledger_test and legacy_test,
tokens that should never have been signed in tests/unit/test_ver_token.  Names are illustrative."""
import http.client
from collections import Counter, namedtuple
from casefile import numbered
from lib import *

HUBEI, WATER, JINGCHU, JIANGCHENG, PENGCHENG, MWR, YONGJIANG = ('11420000DEMA00013M', '12420000DEMA00099D', '91420100DEMA001011', '91420100DEMA00136K', '91440300DEMA00128B',
                                                                '11100000DEMA00064H', '91450100DEMA00144T')
ROLE, PARTY, LEVEL, ISSUER = 'domain.md 6', 'domain.md 7.3', 'R22', 'domain.md 7.4'

# of each rule what domain.md says: its first decision and the last column of section 8
RULES = {'R01': ('text', '167·三(二)'), 'R04': ('text', '167·四(三)'), 'R06': ('text', '167·四(三)'), 'R07': ('text', '167·三(五); 65号 一'), 'R08': ('text', '65号 二、三'),
         'R09': ('text', '167·三(五); 65号'), 'R10': ('text', '167·四(三); 141(十一) [M]'), 'R11': ('inferred', '27号 arts. 6, 14(六)'), 'R12': ('inferred', '27号 art. 21'),
         'R13': ('inferred', '27号 art. 21'), 'R14': ('text', '27号 art. 14(二)'), 'R15': ('text', '27号 arts. 9, 14'), 'R16': ('text', '27号 art. 5'),
         'R17': ('inferred', 'Shenzhen; GB/T 43697; 27号 art. 5'), 'R18': ('text', '27号 art. 21'), 'R20': ('profile', '26号 arts. 10 to 12, 15'), 'R21': ('text', '26号 art. 12'),
         'R25': ('inferred', '167·三(三); 27号 art. 14(九)'), 'R26': ('inferred', '167·三(三)'), 'R27': ('inferred', '167·三(四)'), 'R28': ('profile', '1号 [E]; 167·三(四)'),
         'R29': ('profile', '财资〔2021〕127号 art. 5 [E]; 1号(六) [M]'), 'R30': ('text', '167·四(三)'), 'R32': ('inferred', '27号 arts. 18, 19; NDA notice'),
         'R33': ('inferred', '35号 art. 15(一)'), 'R38': ('inferred', '27号 arts. 9(三), 12'), 'R39': ('inferred', '27号 arts. 6, 12'), 'R40': ('inferred', '167·三(二); 26号 art. 6'),
         '167·三(二)': ('inferred', '167·三(二)'), 'domain.md 4.11': ('profile', '167·三(四)'), 'domain.md 7': ('inferred', '26号 arts. 10 to 12; 27号 arts. 9 to 14')}
# who may try such a thing at all, by domain.md sections 6 and 7; apart from the product's own list
TRADERS = 'OPERATOR DEVELOPER USER'
MAY = {'collateral/request': 'HOLDER OPERATOR IMPLEMENTER', 'rule/override': 'FINANCE', 'asset/card': 'HOLDER', 'registration/submit': 'HOLDER', 'registration/notice': 'FINANCE',
       'registration/decide': 'FINANCE', 'registration/object': 'FINANCE SUPERIOR HOLDER IMPLEMENTER OPERATOR DEVELOPER USER EXCHANGE DATA_BUREAU', 'certificate/issue': 'FINANCE',
       'authorisation/propose': 'IMPLEMENTER', 'plan/study': 'IMPLEMENTER', 'plan/deliberate': 'IMPLEMENTER', 'plan/select': 'IMPLEMENTER', 'plan/agree': 'IMPLEMENTER',
       'plan/activate': 'IMPLEMENTER', 'product/add': TRADERS, 'product/change': TRADERS, 'price/record': 'IMPLEMENTER FINANCE', 'token/issue': 'OPERATOR', 'token/request': TRADERS,
       'token/review': 'OPERATOR', 'revenue/book': TRADERS + ' HOLDER IMPLEMENTER', 'revenue/remit': 'HOLDER IMPLEMENTER OPERATOR FINANCE', 'complaint/answer': 'OPERATOR IMPLEMENTER FINANCE',
       'approval/approve': 'MOF FINANCE SUPERIOR HOLDER IMPLEMENTER GOV DATA_BUREAU DRC OPERATOR DEVELOPER USER EXCHANGE ASSESSOR'}
ALL = '*'  # of a row's `by`: everybody whose role may
WATERS, JCS, FIN = 'hbsw1 hbsw2', 'jc1 jc2', 'hb-fin1 hb-fin2 hb-fin3'
SELLERS = WATERS + ' ' + JCS  # holder and implementer, and operator

# item; stage of the preparation (below); command; body, or how it is made for who asks; rule, for
# those who may (by); foreign: rule for others of such a role; skip: who rightly may; event: what is
# kept of each attempt; cli: who tries it at the command line too; basis: where it is not the rule's
Row = namedtuple('Row', 'item stage what body rule by foreign skip event cli basis')


def row(item, stage, what, body, rule, by=ALL, foreign=ROLE, skip='', event=None, cli=None, basis=None):
    return Row(item, stage, what, body, rule, by, foreign, skip, event, cli, basis)


roles, made, tried, kept = {}, {}, Counter(), Counter()


def done(who, command, **body):
    return officers.done(who, command, **body)


def two(first, second, command, **body):
    return officers.two(first, second, command, **body)[1]


# --- documents ---

GRANT = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'WELFARE'], 'actions': ['DOWNLOAD_PRODUCT', 'QUERY', 'REDEVELOP'],
         'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
LISTED = {'P-INDEX': 'INDUSTRY', 'P-TOLL': 'INDUSTRY', 'P-FLOOD': 'WELFARE', 'P-NEW': 'INDUSTRY', 'N-4': 'INDUSTRY'}
OFFER = {'version': '1.0', 'name': '水情指数（示例）', 'purpose': 'INDUSTRY', 'delivery': 'API', 'price_form': 'GUIDED', 'charge_basis': 'CALLS', 'fee_fen': 1000, 'data_use': '汇总加工（示例）',
         'conditions': '仅限本单位使用（示例）'}
FREE = dict({k: v for k, v in OFFER.items() if k != 'charge_basis'}, name='洪水预警（示例）', purpose='WELFARE', price_form='FREE', fee_fen=0)
PRICE = {'maximum_fen': 914313600, 'cost_fen': 800000000, 'bond_bp': 182, 'profit_bp': 782, 'tax_bp': 600, 'from': '2026-04-02', 'to': '2029-03-31', 'doc_no': '鄂价〔2026〕1号（示例）',
         'doc_date': '2026-04-01', 'authority': '省发展改革委（示例）', 'scan': '扫描件（示例）', 'caps': [{'product': p, 'cap_fen': 1000, 'volume': 457156} for p in ('P-INDEX', 'P-TOLL')]}
BANK = '示例银行（虚构）'


def changed(doc, *path, **change):
    """a copy, with members at the path changed; None leaves one out"""
    out = json.loads(json.dumps(doc))
    at = out
    for k in path:
        at = at[k]
    at.update(change)
    for k in [k for k, v in change.items() if v is None]:
        del at[k]
    return out


def card_of(no, public=False, level='GENERAL', **management):
    return {'basic': {'asset_no': no, 'name': '2026年湖北省反例数据集 ' + no, 'overview': '示例（虚构）', 'class_scheme': 'LOCAL', 'class_code': '1', 'industry': 'N76'},
            'rights': {'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'source_authority': '履职采集（示例）', 'personal_info': 'NONE', 'dispute': False, 'public_data': public,
                       'public_data_basis': '示例'},
            'use': {'scenes': ['示例'], 'products': ['示例']},
            'management': {'data_level': level, 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z', 'evidence_no': 'EV-1', 'risk_assessment': 'x', **management}}


def proposal(certificate, **change):
    return {'certificates': [certificate], 'grant': GRANT, 'terms': 'paid', 'from': '2026-04-02', 'to': '2028-12-31', **change}


def brief(certificate, **change):
    """all at once, as for data that is not public"""
    documents = {k: '示例' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}
    return {'proposal': {**proposal(certificate), 'operator': JINGCHU, 'selection': '公开招标（示例）', 'operator_conditions': '示例', 'documents': documents, **change}}


NAMES = {PENGCHENG: '鹏城数据科技（虚构）', JINGCHU: 'x', JIANGCHENG: 'x'}  # who may not be licensed is refused before it is named


def license(product='P-INDEX', user=PENGCHENG, grant=None, **change):
    return {'request': {'authorisation': made['dau'], 'product': {'id': product, 'version': '1.0', 'kind': 'operator'}, 'grant': {**GRANT, 'purposes': ['INDUSTRY'], 'actions': ['QUERY'], **(grant or {})},
                        'terms': 'paid', 'days': 60, 'binding': 'named', 'audience': 'https://gateway.example', 'duties': ['STOP'], 'users': [{'usci': user, 'name': NAMES[user]}], **change}}


def request(user=None, **change):
    """what a user asks for, for itself where none is named"""
    return changed(license(**change), 'request', users=None, user=user or {})


AGAIN = {'actions': ['REDEVELOP']}


def sale(**change):
    out = {'authorisation': made['dau'], 'product': 'P-INDEX', 'kind': 'OPERATOR_SALE', 'payer': PENGCHENG, 'gross_fen': 1000000, 'period_from': '2026-05-01', 'period_to': '2026-05-31',
           'paid_on': '2026-06-02', 'funded_by': 'OWN', 'evidence': {'delivery': [{'count': 1200, 'from': '2026-05-01', 'to': '2026-05-31', 'sha256': SHA}]}, **change}
    return {k: v for k, v in out.items() if v is not None}


def on_file(**change):
    """proved by a material, which has no day"""
    return sale(evidence={'materials': [made['material']]}, **change)


def offer(id, **change):
    return {'authorisation': made['dau'], 'id': id, **OFFER, **change}


def change_of(id, **change):
    return {'product': made['dau'] + '/' + id, **change}


def step(name, *path, **change):
    """a step of the plan's course, with something changed in it"""
    return changed(next(s[3] for s in made['course'] if s[0] == name), *path, **change)


def share(*bp):
    return step('agree', 'agreement', 'income', shares=[{**s, 'bp': b} for s, b in zip(step('agree')['agreement']['income']['shares'], bp)])


# --- the table ---

def table():
    kept_pledge = dict(rule='R04', by=SELLERS, event='collateral.refused', stage='operating', what='collateral/request')
    token = dict(stage='operating', what='token/issue', by=JCS, foreign=ISSUER)
    product = dict(stage='operating', what='product/add', by=JCS, foreign='167·三(五)')
    change = dict(stage='operating', what='product/change', by=JCS, foreign='domain.md 4.9')
    book = dict(stage='operating', what='revenue/book', by=SELLERS)
    propose = dict(stage='certified', what='authorisation/propose')
    agree = dict(stage='selected', what='plan/agree', by=WATERS, foreign=PARTY)
    select = dict(stage='deliberated', what='plan/select', by=WATERS, foreign=PARTY)
    paid_too = lambda who: ISSUER if 'OPERATOR' in roles[who] else ROLE

    return [
        row('pledge by INST', body={'asset': 'N-4', 'creditor': BANK}, cli='hbsw1', **kept_pledge),
        row('pledge by INST: its certificate', body=lambda who: {'basis': 'certificate', 'number': made['cert'], 'creditor': BANK}, **kept_pledge),
        row('pledge by INST: the authorisation', body=lambda who: {'basis': 'authorisation', 'number': made['dau'], 'creditor': BANK, 'kind': 'TRUST'}, **kept_pledge),
        row('pledge by INST: a product', body=lambda who: {'basis': 'product', 'number': 'P-INDEX', 'creditor': BANK, 'kind': 'CREDIT'}, **kept_pledge),
        row('pledge by INST: what a license earns', body=lambda who: {'basis': 'receivable', 'number': made['token'], 'creditor': BANK, 'kind': 'GUARANTEE'}, **kept_pledge),
        row('pledge by INST: let through by the finance department', 'operating', 'rule/override', {'rule': 'R04', 'asset': 'N-4', 'reason': '示例'}, 'R04', cli='hb-fin1'),
        row('pledge by INST: let through as an enterprise\'s', 'operating', 'rule/override', {'rule': 'R05', 'asset': 'N-4', 'reason': '示例'}, 'R04', FIN, 'R40'),
        row('pledge by INST: let through, asked for before the holder became one', 'kinds', 'approval/approve', lambda who: {'id': made['through']}, 'R04', 'gx-fin2 gx-fin3', LEVEL),
        row('pledge by INST: data that it has since it was an enterprise', 'kinds', 'collateral/request', {'asset': 'GX-N-1', 'creditor': BANK}, 'R04', 'yj1 yj2', event='collateral.refused'),

        row('pledge by INST: one that its card names', 'ledger', 'asset/card', lambda who: {'ledger': made['N-1'], 'card': changed(card_of('N-1'), 'rights', encumbrance=['质押：' + BANK])}, 'R04', WATERS),

        row('certificate on CORE', 'ledger', 'asset/card', lambda who: {'ledger': made['N-1'], 'card': card_of('N-1', level='CORE')}, 'R17', WATERS, cli='hbsw2'),
        row('certificate on IMPORTANT without its assessment', 'ledger', 'asset/card', lambda who: {'ledger': made['N-1'], 'card': card_of('N-1', level='IMPORTANT', risk_assessment='\u3000')}, 'R17', WATERS),
        row('SJ number on a ministry dataset', 'ledger', 'asset/card', lambda who: {'ledger': made['N-2'], 'card': card_of('N-2', sj_cert_no='SJ0012026040001')}, 'R33', 'slb-hold', cli='slb-hold'),
        row('SJ number on a dataset whose holder became an administrative body after the certificate was asked for', 'kinds', 'approval/approve', lambda who: {'id': made['sj']}, 'R33', 'hb-fin2', LEVEL),
        row('wrong division issuer', 'registered', 'certificate/issue', {'assets': ['N-1']}, 'R40', skip=FIN, cli='gz-fin1'),
        row('wrong division issuer: the registration', 'noticed', 'registration/decide', lambda who: {'id': made['short'], 'accept': True}, 'R40', skip=FIN),
        row('double issue', 'certified', 'certificate/issue', {'assets': ['N-4']}, '167·三(二)', FIN, 'R40', cli='hb-fin2'),
        row('double issue: asked for twice, in one request and in two', 'certified', 'approval/approve', lambda who: {'id': made['twice']}, '167·三(二)', 'hb-fin2 hb-fin3', LEVEL),

        row('decided before the notice ends', 'noticed', 'registration/decide', lambda who: {'id': made['noticed'], 'accept': True}, 'R20', FIN, 'R40'),
        row('a second notice', 'expired', 'registration/notice', lambda who: {'id': made['noticed'], 'place': 'x', 'address': 'x', 'confidentiality': 'x'}, 'domain.md 7', FIN, 'R40'),
        row('expired notice', 'expired', 'registration/object', lambda who: made['objection'], 'R20', cli='jc1'),
        row('anonymous objection', 'noticed', 'registration/object', lambda who: changed(made['objection'], name=None), 'R21', cli='pc1'),
        row('anonymous objection: a name of blanks', 'noticed', 'registration/object', lambda who: changed(made['objection'], name='\u200b\u3000'), 'R21'),
        row('anonymous objection: no address', 'noticed', 'registration/object', lambda who: changed(made['objection'], contact='  '), 'R21'),
        row('anonymous objection: no evidence', 'noticed', 'registration/object', lambda who: changed(made['objection'], evidence='\u00a0'), 'R21'),

        row('authorise before certificate', 'registered', 'authorisation/propose', lambda who: {'proposal': proposal(made['unissued'])}, 'R01', cli='qx1'),
        row('authorise on a suspended certificate', body=lambda who: {'proposal': proposal(made['held'])}, rule='R01', **propose),
        row('authorise on a certificate that was suspended after it was asked for', 'late', 'approval/approve', lambda who: {'id': made['late']}, 'R01', FIN, LEVEL),
        row('a license under a suspended certificate', 'frozen', 'token/issue', lambda who: license(), 'R01', JCS, ISSUER),
        row('term 5 y + 1 day', body=lambda who: {'proposal': proposal(made['cert'], to='2031-04-02')}, rule='R14', cli='slb1', **propose),
        row('term 5 y + 1 day: in the agreement', body=lambda who: step('agree', 'agreement', term={'from': '2026-04-02', 'to': '2031-04-02'}), rule='R14', **agree),
        row('agreement with 12 items', body=lambda who: step('agree', 'agreement', breach=None), rule='R15', cli='hbsw1', **agree),
        row('plan with 11 items', 'approved', 'plan/deliberate', lambda who: step('deliberate', 'items', supervision=None), 'R15', WATERS, PARTY),
        row('share sum 9999 bp', body=lambda who: share(5500, 2500, 1999), rule='R27', cli='hbsw2', **agree),
        row('share sum 10001 bp', body=lambda who: share(5500, 2500, 2001), rule='R27', **agree),
        row('share sum 9999 bp: all at once', body=lambda who: brief(made['plain'], agreement=thirteen([made['plain']], '2026-04-02', '2028-12-31', {'P-1': 'INDUSTRY'}, [(WATER, '提供', 6000), (JINGCHU, '运营', 3999)])),
            rule='R27', **propose),
        row('an agreement on more certificates than were planned', body=lambda who: step('agree', 'agreement', scope=[made['cert'], made['plain']]), rule='R13', **agree),
        row('an agreement that lets the operator re-develop', body=lambda who: step('agree', 'agreement', 'disclosure', no_redevelopment='运营机构可以参与再开发'), rule='R11', **agree),
        row('no feasibility study', 'proposed', 'plan/study', lambda who: step('study', 'study', feasibility=None), 'R30', WATERS, PARTY),
        row('no emergency plan', body=lambda who: changed(brief(made['plain']), 'proposal', 'documents', emergency_plan=' '), rule='R30', **propose),
        row('shared data without consent', body=lambda who: brief(made['plain'], shared=True), rule='R16', **propose),
        row('an operator without funds', body=lambda who: step('select', 'selection', 'conditions', funds=' '), rule='R38', **select),
        row('an operator without credit', body=lambda who: brief(made['plain'], operator=made['bad']), rule='R38', **propose),
        row('an operator who lost its credit after it was asked for', 'credit', 'approval/approve', lambda who: {'id': made['late']}, 'R38', FIN, LEVEL),
        row('no fair competition', body=lambda who: step('select', 'selection', method='APPOINTED'), rule='R39', **select),
        row('no evidence of the competition', body=lambda who: step('select', 'selection', evidence=None), rule='R39', **select),
        row('exclusive dealing', body=lambda who: step('select', 'selection', exclusive=True), rule='R39', **select),
        row('an operator chosen before the plan is deliberated', body=lambda who: {'proposal': proposal(made['cert'], operator=JINGCHU, selection='x')}, rule='R39', **propose),
        row('nothing is disclosed', 'filed', 'plan/activate', lambda who: {'id': made['plan'], 'place': '\u3000', 'address': 'x'}, 'R32', WATERS, PARTY),
        row('a product that does not disclose what data it uses', body=lambda who: offer('P-TOLL', data_use=' '), rule='R32', **product),

        row('fee 0.01 for 公益', body=lambda who: offer('P-FLOOD', purpose='WELFARE', fee_fen=1), rule='R07', cli='jc1', **product),
        row('fee 0.01 for 公益: by a change', body=lambda who: change_of('P-FLOOD', price_form='GUIDED', charge_basis='CALLS', fee_fen=1), rule='R07', **change),
        row('fee 0.01 for 公益: booked', body=lambda who: sale(product='P-FLOOD', gross_fen=1), rule='R07', **book),
        row('fee 0.01 for 公益: licensed', body=lambda who: license('P-FLOOD', grant={'purposes': ['WELFARE']}), rule='R07', **token),
        row('fee 0.01 for 公益: authorised', body=lambda who: {'proposal': proposal(made['cert'], grant={**GRANT, 'purposes': ['WELFARE']})}, rule='R07', **propose),
        row('fee 1 fen above cap', body=lambda who: offer('P-TOLL', fee_fen=1001), rule='R08', cli='jc2', **product),
        row('fee 1 fen above cap: by a change', body=lambda who: change_of('P-INDEX', fee_fen=1001), rule='R08', **change),
        row('fee 1 fen above cap: licensed', body=lambda who: license(fee_fen=1001), rule='R08', **token),
        row('fee 1 fen above cap: the cap lowered after the license was asked for', 'lowered', 'token/review', lambda who: {'request': made['asked'], 'accept': True}, 'R08', JCS, ISSUER),
        row('a fee without a cap', body=lambda who: offer('P-NEW'), rule='R08', **product),
        row('caps 1 fen above the maximum permitted revenue', 'operating', 'price/record', lambda who: {'authorisation': made['dau'], **PRICE, 'maximum_fen': 914311999}, 'R08', WATERS + ' ' + FIN, PARTY),
        row('caps above what is left of it since they were asked for', 'year', 'approval/approve', lambda who: {'id': made['caps']}, 'R08', FIN, LEVEL),
        row('profit 1 bp above the bonds and 6 points', 'operating', 'price/record', lambda who: {'authorisation': made['dau'], **PRICE, 'profit_bp': 783}, 'R08', WATERS + ' ' + FIN, PARTY),
        row('market price for the operator\'s own', body=lambda who: offer('P-TOLL', price_form='MARKET'), rule='R09', **product),
        row('a charge that the public bears', body=lambda who: offer('P-TOLL', borne_by_public=True), rule='R10', event='product.charge-refused', **product),
        row('a charge that the public bears, above its costs', body=lambda who: change_of('P-INDEX', borne_by_public=True, cost=[{'item': 'x', 'amount_fen': 999}]), rule='R10', event='product.charge-refused', **change),
        row('a charge that is complained of, without its costs', 'operating', 'complaint/answer', lambda who: {'id': made['complaint'], 'text': '已核查（示例）'}, 'R10', SELLERS + ' ' + FIN, PARTY, basis='inferred'),

        row('operator redevelop', body=lambda who: license(user=JINGCHU, grant=AGAIN), rule='R11', cli='jc2', **token),
        row('operator redevelop: its affiliate', body=lambda who: license(user=JIANGCHENG, grant=AGAIN), rule='R11', **token),
        row('operator redevelop: its affiliate asks', 'operating', 'token/request', lambda who: request({'usci': JIANGCHENG, 'name': 'x'}, grant=AGAIN), 'R11', JCS + ' jbu1', paid_too),
        row('operator redevelop: its affiliate since it asked', 'affiliated', 'token/review', lambda who: {'request': made['cousin'], 'accept': True}, 'R11', JCS, ISSUER),
        row('operator redevelop: its own product', 'operating', 'product/add', lambda who: offer('R-1', price_form='MARKET', token=made['token']), 'R11', JCS, 'R13', skip='pc-dev'),
        row('token beyond scope', body=lambda who: license(grant={'actions': ['MODEL_CALL']}), rule='R13', cli='jc1', **token),
        row('token beyond scope: a place', body=lambda who: license(grant={'territory': ['430000']}), rule='R13', **token),
        row('token beyond scope: a purpose', body=lambda who: license(grant={'purposes': ['SECTOR']}), rule='R13', **token),
        row('token beyond scope: another asset', body=lambda who: license(certificate=made['plain']), rule='R13', **token),
        row('token beyond scope: asked for', 'operating', 'token/request', lambda who: request(grant={'territory': ['430000']}), 'R13', JCS + ' pc-dev jbu1 r-developer', ISSUER),
        row('authorisation beyond its certificate\'s term', body=lambda who: brief(made['plain'], to='2029-12-31'), rule='R13', **propose),
        row('sub-authorisation', body=lambda who: {'proposal': proposal(made['cert'], grant={**GRANT, 'depth': 1})}, rule='R12', **propose),
        row('sub-authorisation by a license', body=lambda who: license(grant={'depth': 1}), rule='R12', **token),
        row('raw data licensed', body=lambda who: changed(license(), 'request', 'product', raw=True), rule='R18', **token),
        row('raw data as a product', body=lambda who: offer('P-TOLL', raw_data=True), rule='R18', **product),
        row('the asset itself as a product', body=lambda who: offer('N-4'), rule='R18', **product),
        row('token after suspend', 'suspended', 'token/issue', lambda who: license(), 'R26', JCS, ISSUER, cli='jc2'),
        row('token after suspend: asked for before', 'suspended', 'token/review', lambda who: {'request': made['waiting'], 'accept': True}, 'R26', JCS, ISSUER),
        row('token after suspend: a list handed in before', 'suspended', 'approval/approve', lambda who: {'id': made['bulk']}, 'R26', 'jc2', LEVEL),
        row('token after an overdue evaluation', 'overdue', 'token/issue', lambda who: license(), 'R25', JCS, ISSUER),
        row('renewal after an overdue evaluation', 'overdue', 'authorisation/propose', lambda who: brief(made['plain'], **{'from': '2027-04-12'}), 'R25'),

        row('short remittance', 'operating', 'revenue/remit', lambda who: {'remittance': made['due'], 'amount_fen': 1, 'slip': 'JK-%s-%d' % (who, tried['all'])}, 'R28', WATERS + ' ' + FIN, 'R28',
            event='remittance.paid', cli='hb-fin3'),
        row('back-dated revenue', body=lambda who: sale(period_from='2026-04-01'), rule='R06', basis='inferred', cli='hbsw2', **book),
        row('back-dated revenue: paid before its authorisation', body=lambda who: on_file(paid_on='2025-12-31'), rule='R06', basis='inferred', **book),
        row('back-dated revenue: of a closed period', body=lambda who: sale(period_from='2026-04-02', period_to='2026-04-30'), rule='domain.md 4.11', **book),
        row('back-dated revenue: paid in a closed period', body=lambda who: on_file(paid_on='2026-04-30'), rule='domain.md 4.11', **book),
        row('paid before the period began', body=lambda who: on_file(paid_on='2026-05-02', period_from='2026-05-03'), rule='R06', event='revenue.held', **book),
        row('same-budget payer', body=lambda who: sale(payer=HUBEI), rule='R06', event='revenue.held', cli='jc1', **book),
        row('same-budget payer: out of the same budget', body=lambda who: sale(payer=JIANGCHENG, funded_by='FISCAL'), rule='R06', event='revenue.held', **book),
        row('revenue without delivery', body=lambda who: sale(evidence={}), rule='R06', event='revenue.held', **book),
        row('revenue without an agreement', body=lambda who: sale(authorisation=made['bare']), rule='R06', event='revenue.held', **book),
        row('a disposal that nobody approved', 'certified', 'registration/submit', {'asset': 'N-8', 'type': 'DESTROY'}, 'R29', WATERS),
        row('income of a disposal that nobody approved', 'operating', 'revenue/book', lambda who: sale(authorisation=None, product=None, asset='N-8', kind='DISPOSAL', evidence={}), 'R29', WATERS, event='revenue.held'),
    ]


# the items of the negative list, word for word
ITEMS = ('pledge by INST; certificate on CORE; authorise before certificate; term 5 y + 1 day; agreement with 12 items; fee 0.01 for 公益; fee 1 fen above cap; operator redevelop; token beyond scope; '
         'token after suspend; short remittance; share sum 9999 bp; double issue; wrong division issuer; expired notice; anonymous objection; SJ number on a ministry dataset; back-dated revenue; '
         'same-budget payer').split('; ')
HAVE_A_ROW = ['R%02d' % n for n in (*range(6, 16), *range(25, 31), 32, 38, 39)]


# --- preparing: each stage brings its objects to where its rows can be tried ---

def ledger(holder, no, confirmer):
    done(holder, 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,反例 %s,,自主采集,,否\r\n' % (no, no, no))
    made[no] = next(r['id'] for r in officers.get(holder, 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-' + no)
    done(holder, 'ledger.recognise', id=made[no], result='ASSET', decision='x')
    done(confirmer, 'ledger.confirm', id=made[no])
    return made[no]


def registered(no, public=False, **management):
    done('hbsw1', 'asset.card', ledger=ledger('hbsw1', no, 'hb-fin1'), card=card_of(no, public, **management))
    rg = done('hbsw1', 'registration.submit', asset=no)['id']
    done('hb-fin3', 'registration.decide', id=rg, accept=True)


def certified(no, public=False, years=3):
    registered(no, public)
    return two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=[no], years=years)['certificates'][0]


def kind_of(usci, kind, first, second):
    asked = done(first, 'organisation.change', usci=usci, kind=kind, note='改制（示例）')
    done(second, 'approval.approve', id=asked['approval'], confirm=True)


def at_ledger():
    h.at('2026-02-24T01:00:00Z')
    ledger('hbsw1', 'N-1', 'hb-fin1')
    ledger('slb-hold', 'N-2', 'mof1')


def at_noticed():
    check('without its number the ministry\'s card is taken', officers.do('slb-hold', 'asset.card', ledger=made['N-2'], card=card_of('N-2'))[0] == 200)
    done('hbsw1', 'asset.card', ledger=made['N-1'], card=card_of('N-1'))
    made['short'] = done('hbsw1', 'registration.submit', asset='N-1')['id']
    done('hbsw1', 'asset.card', ledger=ledger('hbsw1', 'N-3', 'hb-fin1'), card=card_of('N-3', public=True))
    rg = made['noticed'] = done('hbsw1', 'registration.submit', asset='N-3')['id']
    done('hb-fin3', 'registration.accept', id=rg)
    done('hb-fin3', 'registration.review', id=rg, accept=True)
    done('hb-fin3', 'registration.notice', id=rg, place='x', address='https://notice.example/N-3', confidentiality='x')
    made['objection'] = {'id': rg, 'name': '赵六（虚构）', 'contact': '示例路1号', 'evidence': '采集合同（示例）'}


def at_registered():
    done('hb-fin3', 'registration.decide', id=made['short'], accept=True)
    made['unissued'] = numbered('DAC-420000-202602-000001')


def at_expired():
    h.at('2026-03-09T15:58:00Z')
    made['last'] = done('jc1', 'registration.object', **made['objection'])['id']
    check('with a name, an address and evidence it is taken, on the last day', made['last'].startswith('OB-'))
    h.at('2026-03-09T16:00:01Z')


def at_certified():
    h.at('2026-03-16T01:00:00Z')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True, 'revenue.inst_nontax': True})
    made.update(cert=certified('N-4', True, years=5), held=certified('N-5', True), plain=certified('N-6'))
    done('hb-fin1', 'certificate.suspend', number=made['held'], reason='权属核查（示例）')
    registered('N-7')
    registered('N-8')
    made['twice'] = done('hb-fin1', 'certificate.issue', assets=['N-7', 'N-8'])['approval']
    for no in ('N-7', 'N-8'):
        two('hb-fin2', 'hb-fin1', 'certificate.issue', assets=[no])
    made['bad'] = '91420100DEMC000224'
    two('hb-fin1', 'hb-fin2', 'organisation.add', usci=made['bad'], name='失信运营（虚构）', kind='ENT', level='省', div6='420000', finance=HUBEI, roles=['OPERATOR'], mlps=3, dishonest=True, override='虚构')


def at_late():
    made['late'] = done('hbsw1', 'authorisation.propose', **brief(made['plain']))['approval']
    done('hb-fin1', 'certificate.suspend', number=made['plain'], reason='示例')


def at_credit():
    two('hb-fin1', 'hb-fin2', 'certificate.resume', number=made['plain'], reason='示例')
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, dishonest=True)


def at_kinds():
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, dishonest=False)
    registered('N-9', sj_cert_no='SJ4212026040001')
    made['sj'] = done('hb-fin1', 'certificate.issue', assets=['N-9'])['approval']
    kind_of(WATER, 'ADMIN', 'hb-fin1', 'hb-fin2')
    done('yj1', 'asset.card', ledger=ledger('yj1', 'GX-N-1', 'gx-fin1'), card=card_of('GX-N-1'))
    made['through'] = done('gx-fin1', 'rule.override', rule='R05', asset='GX-N-1', reason='示例')['approval']
    kind_of(YONGJIANG, 'INST', 'gx-fin1', 'gx-fin2')


def at_proposed():
    kind_of(WATER, 'INST', 'hb-fin1', 'hb-fin2')
    check('an institution\'s may have one: then it is issued', done('hb-fin2', 'approval.approve', id=made['sj'])['issued'] == 1)
    p = proposal(made['cert'])
    made['plan'] = done('hbsw1', 'authorisation.propose', proposal=p)['plan']
    made['course'] = course(made['plan'], p, JINGCHU, HUBEI_COURSE, WATER, products=LISTED)


def go(*names):
    for name, asker, command, body, *deciders in made['course']:
        if name in names:
            asked = done(asker, command, **body)
            for d in deciders:
                asked = done(d, 'approval.approve', id=asked['approval'])
    return asked


def at_approved():
    go('study', 'submit')


def at_deliberated():
    go('deliberate')


def at_selected():
    go('select')


def at_filed():
    go('agree', 'file')


def at_operating():
    h.at('2026-04-02T01:00:00Z')
    made['dau'] = go('activate')['authorisation']
    made['bare'] = done('hb-fin1', 'approval.approve', id=made['late'])['authorisation']
    price = two('hbsw1', 'hb-fin1', 'price.record', authorisation=made['dau'], **PRICE)['object']
    made['material'] = done('hbsw1', 'material.add', kind='OTHER', name='交付记录（示例）', file='deliveries')['id']
    done('jc1', 'product.add', **offer('P-INDEX'))
    done('jc1', 'product.add', authorisation=made['dau'], id='P-FLOOD', **FREE)
    h.at('2026-06-03T01:00:00Z')
    made['token'] = done('jc1', 'token.issue', **license(grant=AGAIN))['tokens'][0]
    made['query'] = done('jc1', 'token.issue', **license())['tokens'][0]
    for name, grant in (('asked', {}), ('waiting', {}), ('cousin', AGAIN)):
        made[name] = done('pc-dev', 'token.request', **request(grant=grant))['id']
    made['bulk'] = done('jc1', 'token.bulk', **license())['approval']
    made['complaint'] = done('pc1', 'complaint.file', number=made['dau'], kind='CHARGE', subject='收费不合理（示例）', items=[{'item': '查询', 'amount_fen': 1000}])['id']
    made['due'] = officers.get('hbsw1', 'revenue/' + done('jc1', 'revenue.book', **sale())['id'])['remittances'][0]['id']
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'revenue.locked': ['2026-04-30']})


def at_lowered():
    lower = {**PRICE, 'caps': [{'product': 'P-INDEX', 'cap_fen': 999, 'volume': 1000}], 'doc_no': '鄂价〔2026〕2号（示例）'}
    two('hbsw1', 'hb-fin1', 'price.record', authorisation=made['dau'], **lower)


def at_affiliated():
    done('jc1', 'product.change', **change_of('P-INDEX', fee_fen=999))
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, affiliates=[JIANGCHENG, PENGCHENG])


def at_suspended():
    two('hb-fin1', 'hb-fin2', 'organisation.change', usci=JINGCHU, affiliates=[JIANGCHENG])
    check('a license permits before its authorisation is suspended', verdict() == 'permit', verdict())
    done('hbsw1', 'authorisation.suspend', number=made['dau'], reason='示例')
    check('and denies after', verdict() == 'deny', verdict())


def at_frozen():
    two('hbsw1', 'hbsw2', 'authorisation.resume', number=made['dau'], reason='示例')
    done('hb-fin1', 'certificate.suspend', number=made['cert'], reason='示例')


def at_year():
    two('hb-fin1', 'hb-fin2', 'certificate.resume', number=made['cert'], reason='示例')
    check('what was refused only for its time is done in its time', done('jc1', 'token.review', request=made['waiting'], accept=True)['issued'] == 1)
    asked = done('hbsw1', 'authorisation.adjust', number=made['bare'], purposes=['WELFARE'], reason='示例')
    done('hb-fin1', 'approval.approve', id=asked['approval'])
    compact = officers.get('auditor', 'authorisation/' + made['bare'])['compact'].split('.')[1]
    terms = json.loads(base64.urlsafe_b64decode(compact + '=='))['terms']
    check('an authorisation of which only 公益 is left is free from then on (R07)', terms == {'kind': 'free'}, terms)
    h.at('2027-01-04T01:00:00Z')
    made['caps'] = done('hbsw1', 'price.record', authorisation=made['dau'], **PRICE)['approval']
    done('hb-fin1', 'price.review', authorisation=made['dau'], year=2026, actual_fen=PRICE['maximum_fen'] * 11 // 10, note='待补记（示例）')


def at_overdue():
    h.at('2027-04-11T01:00:00Z')


def verdict():
    """of the tool, at the demo home's time"""
    path = os.path.join(h.root, 'credential')
    open(path, 'w').write(officers.get('auditor', 'token/' + made['query'])['compact'])
    r = subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json', '--at', done('auditor', 'status.show')['now'], '--use',
                        'action=QUERY,purpose=INDUSTRY,territory=420000,user=%s,audience=https://gateway.example' % PENGCHENG], capture_output=True, text=True, timeout=300)
    return json.loads(r.stdout)['verdict']


STAGES = (at_ledger, at_noticed, at_registered, at_expired, at_certified, at_late, at_credit, at_kinds, at_proposed, at_approved, at_deliberated, at_selected, at_filed, at_operating, at_lowered,
          at_affiliated, at_suspended, at_frozen, at_year, at_overdue)


# --- trying ---

def sign_in(login):
    officers.sessions[login] = h.api('POST', '/api/v1/session', {'login': login, 'password': h.login(login)['password'], 'totp': h.code(login)})[1].get('token')
    roles[login] = set(h.login(login)['roles'])


def hire(login, org, its, first, second):
    asked = done(first, 'user.add', login=login, name=login + '（虚构）', person='p-' + login, org=org, roles=its)
    code = asked['code_first'] + '-' + done(second, 'approval.approve', id=asked['approval'])['code_second']
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', code, '--json'], capture_output=True, text=True,
                       env=dict(os.environ, FUJIE_NEW_PASSWORD='an invented password'), timeout=300, stdin=subprocess.DEVNULL)
    h.demo['logins'].append({'login': login, 'password': 'an invented password', 'totp': json.loads(r.stdout)['totp'], 'roles': its, 'org': org})
    sign_in(login)


def people():
    """everybody of the demo home, and somebody of each role that it lacks"""
    for l in list(h.demo['logins']):
        sign_in(l['login'])
    check('everybody has signed in', all(officers.sessions.values()), officers.sessions)
    more = ['MOF', 'GOV', 'DATA_BUREAU', 'DRC', 'DEVELOPER', 'EXCHANGE', 'ASSESSOR']
    code = '12420000DEMC00777'
    alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    code += alphabet[-sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(code)) % 31]
    two('mof1', 'mof2', 'organisation.add', usci=code, name='其他角色（虚构）', kind='INST', level='省', div6='420000', finance=HUBEI, roles=more)
    for role in more:
        hire('r-' + role.lower(), code, [role], 'hb-fin1', 'hb-fin2')
    two('mof1', 'mof2', 'organisation.change', usci=MWR, roles=['SUPERIOR', 'IMPLEMENTER', 'HOLDER'])
    hire('slb-hold', MWR, ['HOLDER'], 'mof1', 'mof2')
    hire('jbu1', JIANGCHENG, ['DEVELOPER', 'USER'], 'hb-fin1', 'hb-fin2')
    check('each of the fourteen roles is there', len(set.union(*roles.values())) == 14, set.union(*roles.values()))


def expected(r, login):
    """(rule, whether it is the row's own)"""
    if login is None or not roles[login] & set(MAY[r.what].split()):
        return ROLE, False
    if r.by == ALL or login in r.by.split():
        return r.rule, True
    return (r.foreign(login) if callable(r.foreign) else r.foreign), False


def both_languages(out):
    detail = out.get('detail') or {}
    return bool(detail.get('en')) and re.search('[\u4e00-\u9fff]', detail.get('zh', '')) is not None


def judge(r, login, code, out):
    """what is wrong with this answer; None: it is refused as it should be"""
    rule, own = expected(r, login)
    if not both_languages(out) or (code != 401 if login is None else code not in (403, 404, 409, 413, 422) or out.get('rule') != rule):
        return 'refused by %s' % rule
    if own and (out.get('basis'), out.get('clause')) != (r.basis or RULES[rule][0], RULES[rule][1]):
        return 'with basis and clause %s' % (RULES[rule],)
    return 'kept' if own and (out.get('refused') is True) != (r.event is not None) else None


def events():
    return officers.get('auditor', 'status/show')['events']


def body_for(r, login):
    return r.body(login or 'nobody') if callable(r.body) else r.body


def post(r, login):
    """over one connection; an idle one may have been closed"""
    body, head = json.dumps(body_for(r, login)), {'Content-Type': 'application/json'}
    if login:
        head['Authorization'] = 'Bearer ' + officers.sessions[login]
    tried['all'] += 1
    try:
        line.request('POST', '/api/v1/' + r.what, body, head)
        answer = line.getresponse()
    except (http.client.RemoteDisconnected, ConnectionError):
        line.close()
        line.request('POST', '/api/v1/' + r.what, body, head)
        answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def at_command_line(r):
    """exit 1, and the same refusal"""
    l, words = h.login(r.cli), []
    for k, v in body_for(r, r.cli).items():
        words += ['--' + k, v if isinstance(v, str) else ','.join(v) if isinstance(v, list) and all(isinstance(x, str) for x in v) else json.dumps(v, ensure_ascii=False)]
    p = subprocess.run([B + '/fujie', *r.what.split('/'), *words, '--dir', h.d, '--json', '--as', r.cli], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                       env=dict(os.environ, FUJIE_TOTP=h.code(r.cli), FUJIE_PASSWORD=l['password']))
    tried['at the command line'] += 1
    try:
        out = json.loads(p.stdout)
        out = out['error'] if isinstance(out.get('error'), dict) else out
    except ValueError:
        out = {'stdout': p.stdout, 'stderr': p.stderr}
    return None if p.returncode == 1 and judge(r, r.cli, 409, out) is None else (p.returncode, out, p.stderr)


def attempt(r):
    before, n, wrong = events(), 0, []
    for login in [None] + sorted(set(roles) - set(r.skip.split())):
        code, out = post(r, login)
        why = judge(r, login, code, out)
        n += login is not None and expected(r, login)[1]
        if why:
            wrong.append('%s: not %s: %s %s' % (login, why, code, json.dumps(out, ensure_ascii=False)[:200]))
    if r.cli:
        why = at_command_line(r)
        n += 1
        if why:
            wrong.append('%s at the command line: %s' % (r.cli, why))
    new = events() - before
    want = n if r.event else 0
    if new != want:
        wrong.append('%d new events, not %d' % (new, want))
    elif r.event:
        kinds = {e['kind'] for e in officers.get('auditor', 'event?limit=%d' % n)['items']}
        if kinds != {r.event}:
            wrong.append('events %s' % kinds)
        kept[r.event] += n
    check('%s: refused by %s (%s)' % (r.item, r.rule, r.what.replace('/', '.')), not wrong and n > 0, '; '.join(wrong[:3]) + ' (%d)' % len(wrong))


def in_report():
    """the prohibitions of 167·四(三) in the half-year report, as often as they were tried"""
    code, out = h.cli('report', 'half-year', '--period', '2026H1', '--format', 'json')
    values = out.get('values', {})
    for key, kind in (('risk.collateral_refused', 'collateral.refused'), ('risk.revenue_held', 'revenue.held'), ('risk.charges_refused', 'product.charge-refused')):
        check('the half-year report tells the %d attempts of %s' % (kept[kind], kind), values.get(key) == kept[kind] > 0, (code, values.get(key)))
    check('and what was remitted, one fen each, and what is overdue', values.get('revenue.remitted_fen') == kept['remittance.paid'] and
          values.get('revenue.overdue_fen') == 800000 - kept['remittance.paid'], (values.get('revenue.remitted_fen'), values.get('revenue.overdue_fen')))
    check('and complaints (R10)', values.get('risk.complaints') == 1, values.get('risk.complaints'))


h = Home(cases=False)
officers = Officers(h)
line = http.client.HTTPConnection('127.0.0.1', h.p, timeout=300)
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    people()
    rows = table()
    check('each item of the negative list has its row, and each rule of the operation', not [i for i in ITEMS if i not in [r.item for r in rows]] and
          not set(HAVE_A_ROW) - {r.rule for r in rows}, set(HAVE_A_ROW) - {r.rule for r in rows})
    check('each row has its stage', {r.stage for r in rows} <= {s.__name__[3:] for s in STAGES}, {r.stage for r in rows} - {s.__name__[3:] for s in STAGES})
    for prepare in STAGES:
        prepare()
        for r in rows:
            if r.stage == prepare.__name__[3:]:
                attempt(r)
    in_report()
    print('# %d rows, %d attempts by %d people and nobody, %d at the command line' % (len(rows), tried['all'], len(roles), tried['at the command line']), flush=True)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
