"""What people do in the portal without knowing JSON, by its forms alone: an asset card by its four
blocks, an authorised operation from nothing to in force, drafts, previews that change nothing, a ledger
that is imported and imported again, revenue with its shares computed, an evaluation.  Names and numbers
are illustrative."""
import concurrent.futures, threading

from forms import *

HUBEI, HUBEI_WATER, JINGCHU = '11420000DEMA00013M', '12420000DEMA00099D', '91420100DEMA001011'
BY = 'application/x-www-form-urlencoded'
h = Home(cases=False)
officers = Officers(h)
do, done, two = officers.do, officers.done, officers.two


def events():
    return h.cli('status', 'show')[1]['events']


def texts(form, **values):
    for k, v in values.items():
        form.set(k.replace('__', '.'), v)


def step(b, path, values, label='保存并继续'):
    """one page of a wizard: its inputs by their names, then the button"""
    f = b.form('/wizard/' + path)
    for k, v in values.items():
        f.set(k, v)
    b.press(f, label)
    return b.page


def send(b, path, files=None):
    """the last page: preview, and do it"""
    b.press(b.form('/do/' + path), '核对并预览', files)
    at = b.html
    b.press(b.form('/do/' + path), '确认办理')
    return at


def named(usci):
    return officers.get('auditor', 'organisation/' + usci)['name']


def json_areas(b):
    """inputs that want a JSON document"""
    return [f.action for f in b.page.forms if 'JSON' in b.page.text]


# --- an asset card, by its blocks ---

def ledger_entry(no):
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-%s,CAT-%s,示例 %s,,自主采集,,否\r\n' % (no, no, no))
    lg = next(r['id'] for r in officers.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-' + no)
    done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done('hb-fin1', 'ledger.confirm', id=lg)
    return lg


def card(b):
    lg = ledger_entry('TK-1')
    b.open('/wizard/asset/card?ledger=' + lg)
    check('a card is asked for by fields in words, not as JSON', not json_areas(b) and 'GB/T 47949-2026' in b.html and '名称' in b.page.text)
    f = b.form('/wizard/asset/card')
    check('choices are words', '本级分类' in f.options['card.basic.class_scheme'] and '按月' in f.options['card.basic.update_freq'], f.options.get('card.basic.class_scheme'))
    check('what the ledger knows stands there', f.get('card.basic.name') == '示例 TK-1', f.get('card.basic.name'))
    check('what was not filled in is not complete', '卡片已够，登记颁证另需' in b.page.text and b.page.text.count('✔') == 0, b.page.text[:300])
    check('the field says what leaving it empty means', '尚无编号时留空' in b.page.text)
    step(b, 'asset/card', {'card.basic.class_scheme': '本级分类', 'card.basic.class_code': '水文'})
    check('what the register refuses of a field is refused at its step', '只能含大写字母、数字和点' in b.page.text and b.form('/wizard/asset/card').get('card.basic.class_code') == '水文', b.at())
    step(b, 'asset/card', {'card.basic.asset_no': 'TK-1', 'card.basic.name': '示例 TK-1', 'card.basic.overview': '示例（虚构）', 'card.basic.class_scheme': '本级分类',
         'card.basic.class_code': '1', 'card.basic.book_value@yuan': '12,345.67', 'card.basic.value_basis': '成本', 'card.basic.acquired_on': '2025-12-01'})
    check('a step leads to the next, kept as a draft', 'draft=DR-' in b.at() and 'step=2' in b.at(), b.at())
    step(b, 'asset/card', {'card.rights.rights': ['数据持有权', '数据使用权', '数据经营权'], 'card.rights.dispute': '否', 'card.rights.public_data': '是', 'card.rights.public_data_basis': '示例',
         'card.rights.source_authority': '履职采集（示例）', 'card.rights.personal_info': '不涉及'})
    step(b, 'asset/card', {'card.use.scenes': '示例\r\n又一示例\r\n', 'card.use.products': '示例'}) # one a line
    step(b, 'asset/card', {'card.management.data_level': '一般数据', 'card.management.mgr_dept': 'x', 'card.management.sec_policy': 'z', 'card.management.emergency_plan': 'z',
         'card.management.evidence_no': 'EV-1', 'card.management.risk_assessment': 'x'})
    check('the last page says what is missing, and where', '尚缺 1 项' in b.page.text and '责任人' in b.page.text, b.page.text[:400])
    f = b.form('/wizard/asset/card')
    b.press(f, '责任人')
    check('and leads there', 'step=4' in b.at(), b.at())
    b.open('/')
    check('the home page tells of the draft', 'href="/drafts"' in b.html and '我的草稿' in b.page.text)
    b.open('/drafts')
    draft = re.search('/wizard/asset/card.draft=DR-[^"&]+', b.html).group()
    b.open(draft)
    check('a draft opens where it was left', b.form('/wizard/asset/card').get('card.management.mgr_dept') == 'x', b.page.text[:200])
    step(b, 'asset/card', {'card.management.mgr_person': 'y'})
    check('nothing is missing then', '必填内容已齐全' in b.page.text)
    before = events()
    b.press(b.form('/do/asset/card'), '核对并预览')
    check('the preview reads it back in words, and enters nothing', '12,345.67 元' in b.html and '尚未办理' in b.html and '本级分类' in b.html and events() == before, b.page.text[:300])
    b.press(b.form('/do/asset/card'), '返回修改')
    check('one may go back and change', '必填内容已齐全' in b.page.text and events() == before)
    send(b, 'asset/card')
    check('then it says what comes next, and leads there', '下一步' in b.page.text and '/do/registration/submit?asset=TK-1' in b.html, b.page.text[:300])
    now = officers.get('hbsw1', 'asset/TK-1')
    check('the card is there, money in fen', now['card']['basic']['book_value'] == 1234567 and now['card']['rights']['rights'] == ['HOLD', 'USE', 'OPER'], now)
    b.open('/drafts')
    check('its draft is gone', '没有草稿' in b.page.text, b.page.text[-300:])
    # a further version, made from the newest
    b.open('/do/asset/card?asset=TK-1')
    f = b.form('/do/asset/card')
    check('a further version begins with what is there', f.get('card.basic.name') == '示例 TK-1' and f.get('card.basic.book_value@yuan') == '12,345.67', f.fields[:9])
    f.set('card.basic.name', '示例 TK-1（二）')
    f.set('card.basic.overview', '')
    b.press(f, '核对并预览')
    check('its preview shows old and new side by side', '<del>示例 TK-1</del>' in b.html and '<ins>示例 TK-1（二）</ins>' in b.html and '已修改' in b.html and '已删除' in b.html)
    b.press(b.form('/do/asset/card'), '确认办理')
    b.open('/compare/asset/TK-1')
    check('versions stand side by side, what differs in words and marks', '共 2 项不同' in b.page.text and '<ins>示例 TK-1（二）</ins>' in b.html and b.html.count('class="differs"') == 2, b.page.text[:500])
    b.open('/compare/asset/TK-1?from=1&to=1')
    check('and can be chosen', '共 0 项不同' in b.page.text)
    f = b.open('/do/asset/card?asset=TK-1') and b.form('/do/asset/card')
    f.set('card.basic.acquired_on', '2025-13-40')
    b.press(f, '核对并预览')
    check('a value that is none is refused at its field', b.status == 422 and b.form('/do/asset/card').invalid == ['card.basic.acquired_on'] and '应为日期' in b.page.text,
          (b.status, b.form('/do/asset/card').invalid))
    f = b.open('/do/asset/card?asset=TK-1') and b.form('/do/asset/card')
    f.set('card.basic.book_value@yuan', '12.345')
    b.press(f, '核对并预览')
    check('so is an amount with three decimals', b.status == 422 and '至多两位小数' in b.page.text and '12.345' in b.html, b.status)


# --- authorised operation, from nothing to in force ---

def authorisation(b):
    rg = done('hbsw1', 'registration.submit', asset='TK-1')['id']
    done('hb-fin3', 'registration.decide', id=rg, accept=True)
    cert = two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=['TK-1'], years=5)[1]['certificates'][0]
    b.open('/wizard/authorisation/propose')
    f = b.form('/wizard/authorisation/propose')
    label = next((k for k in f.boxes.get('proposal.certificates', {}) if 'TK-1' in k), None)
    check('the certificate is chosen by its name', label is not None, f.boxes)
    check('which course its data takes stands beside it', label.endswith(' · 完整程序') and any(k.endswith('程序') for k in f.boxes['proposal.certificates']), f.boxes)
    step(b, 'authorisation/propose', {'proposal.certificates': [label]})
    check('what it has to stay within stands beside', '不得超出的范围' in b.page.text and '数据持有权；数据使用权；数据经营权' in b.html.replace(';', '；'), b.page.text[-500:])
    check('no code is typed for a scope', not json_areas(b))
    step(b, 'authorisation/propose', {'proposal.grant.mode': '整体授权', 'proposal.grant.rights': ['数据使用权', '数据经营权'], 'proposal.grant.purposes': ['公共治理', '产业发展'],
         'proposal.grant.actions': ['查询', '核验'], 'proposal.grant.territory': ['湖北省']})
    step(b, 'authorisation/propose', {'proposal.from': '2026-02-10', 'proposal.to': '2031-02-05', 'proposal.terms': '有条件有偿使用'})
    wrong = b.form('/wizard/authorisation/propose')
    check('a term beyond the certificate is refused at its step, which says until when it may be', b.status == 409 and 'proposal.to' in wrong.invalid and '至 2031-02-01' in b.page.text, (b.status, wrong.invalid))
    step(b, 'authorisation/propose', {'proposal.from': '2026-02-02', 'proposal.to': '2028-12-31', 'proposal.terms': '有条件有偿使用'})
    step(b, 'authorisation/propose', {})
    step(b, 'authorisation/propose', {})
    check('all that is needed is there', '必填内容已齐全' in b.page.text, b.page.text[:600])
    check('a step that was clicked through is not filled in', b.page.text.count('已填齐') == 3 and b.page.text.count('可选，未填') == 2, b.page.text[:900])
    before = events()
    send(b, 'authorisation/propose')
    check('after it stands what comes next, and whose turn it is', '下一步：' in b.page.text and '由实施机构提交可研论证' in b.page.text, b.page.text[:400])
    plan = re.search(r'PR-[0-9a-z]+', b.html).group(0)
    p = officers.get('auditor', 'plan/' + plan)
    check('the proposal begins a plan, as if a machine had written it', p['state'] == 'PROPOSED' and p['proposal'] == {'certificates': [cert], 'from': '2026-02-02', 'to': '2028-12-31', 'terms': 'paid',
          'grant': {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['OPER', 'USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'], 'territory': ['420000'],
                    'environment': [], 'quota': None, 'depth': 0}} and events() > before, p)
    # study
    b.open('/show/plan/' + plan)
    check('its page has the whole course, what is done, now and to come, and its data by name', all(w in b.page.text for w in ('办理进程', '提出实施方案', '方案和协议备案', '签发授权凭证', '示例 TK-1')), b.page.text[:900])
    b.open('/wizard/plan/study?id=' + plan)
    step(b, 'plan/study', {'study.feasibility': '可行性论证报告2026.pdf'})
    check('what is no material is refused at its step', 'study.feasibility' in b.form('/wizard/plan/study').invalid, b.page.text[:600])
    b.press(b.form('/wizard/plan/study'), '提交材料并返回')
    f = b.form('/do/material/add')
    check('a material is filed on the way, its kind chosen already', f.get('kind') == 'FEASIBILITY', f.fields)
    b.press(f, '提交材料', {'file': ('a.pdf', b'report')})
    f = b.form('/wizard/plan/study')
    check('and stands where it was wanted', (f.get('study.feasibility') or '').startswith('MT-'), f.fields)
    step(b, 'plan/study', {'study.' + k: SHA for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')})
    step(b, 'plan/study', {'study.covers.' + k: '示例' for k in ('life_cycle', 'social_need', 'market_size', 'expected_effect')})
    check('a missing item is named with its step', '尚缺 1 项' in b.page.text and '风险管控' in b.page.text)
    b.press(b.form('/do/plan/study'), '核对并预览')
    check('the register names it too, by its rule, and nothing is done', b.status == 409 and 'R30' in b.page.text and '风险管控' in b.page.text and
          officers.get('auditor', 'plan/' + plan)['state'] == 'PROPOSED', b.status)
    b.press(b.form('/wizard/plan/study'), '风险管控')
    step(b, 'plan/study', {'study.covers.risk_control': '第一行\r\n第二行'})
    send(b, 'plan/study')
    p = officers.get('auditor', 'plan/' + plan)
    check('the study is filed, its lines kept', p['state'] == 'FEASIBILITY' and p['study']['covers']['risk_control'] == '第一行\n第二行', p.get('study'))
    b.open('/do/plan/submit?id=' + plan)
    b.press(b.form('/do/plan/submit'), '核对并预览')
    b.press(b.form('/do/plan/submit'), '确认办理')
    check('who decides is named by its office', '已提交，待湖北省财政厅' in b.page.text, b.page.text[:400])
    check('what waits for another office is not waited for here', 'plan.submit' not in [a['what'] for a in officers.get('hbsw1', 'home/show')['waiting']['acts']], officers.get('hbsw1', 'home/show')['waiting'])
    approve(HUBEI_COURSE['fin1'])
    # the twelve items
    b.open('/wizard/plan/deliberate?id=' + plan)
    step(b, 'plan/deliberate', {'items.name': '示例', 'items.necessity': '示例', **{'items.conditions.' + k: '示例' for k in FIVE}})
    check('the mode is the plan\'s already', b.form('/wizard/plan/deliberate').get('items.mode') == 'WHOLE', b.form('/wizard/plan/deliberate').fields)
    step(b, 'plan/deliberate', {'items.resources.' + k: '示例' for k in ('catalogue', 'update_freq', 'quality')})
    step(b, 'plan/deliberate', {'items.term.' + k: '示例' for k in ('content', 'support', 'progress', 'evaluation', 'exit', 'asset_management')})
    step(b, 'plan/deliberate', {'items.products.public': 'P-PUBGOV', 'items.products.development': 'P-INDUSTRY', 'items.accounting': '示例', 'items.security': '示例'})
    step(b, 'plan/deliberate', {'items.obligations': '示例', 'items.supervision': '示例', 'items.other': '无'})
    step(b, 'plan/deliberate', {'body': '党组会议（示例）', 'doc_no': '示例〔2026〕1号', 'doc_date': '2026-02-01'})
    check('the file is asked for on the last page', b.form('/do/plan/deliberate').kinds.get('scan') == 'file')
    send(b, 'plan/deliberate', {'scan': ('scan.pdf', b'%PDF-1.4 example')})
    approve('hbsw2')
    # the operator
    b.open('/wizard/plan/select?id=' + plan)
    step(b, 'plan/select', {'selection.operator': JINGCHU, 'selection.method': '公开招标', 'selection.evidence': SHA})
    step(b, 'plan/select', {'selection.notice.place': '示例', 'selection.notice.address': 'https://example/1', **{'selection.conditions.' + k: '示例' for k in FIVE}})
    send(b, 'plan/select')
    # the thirteen items
    b.open('/wizard/plan/agree?id=' + plan)
    f = b.form('/wizard/plan/agree')
    check('scope and term begin as the plan has them', f.get('agreement.scope') == cert and f.get('agreement.term.to') == '2028-12-31', f.fields)
    step(b, 'plan/agree', {})
    product = lambda i, u, n: {'agreement.products.%d.%s' % (i, k): v for k, v in {'id': 'P-' + u, 'name': '示例产品', 'purpose': n, 'level': '运营产品', 'standard': '示例', 'security_review': '示例', 'conformity': '示例'}.items()}
    f = b.form('/wizard/plan/agree')
    for k, v in product(0, 'PUBGOV', '公共治理').items():
        f.set(k, v)
    b.press(f, '增加一行')
    check('a row is added, and what was typed stays', b.form('/wizard/plan/agree').get('agreement.products.0.id') == 'P-PUBGOV' and 'agreement.products.1.id' in b.form('/wizard/plan/agree').kinds, b.at())
    step(b, 'plan/agree', product(1, 'INDUSTRY', '产业发展'))
    f = b.form('/wizard/plan/agree')
    check('what the plan says already is filled in', f.get('agreement.platform') == '示例', f.fields)
    step(b, 'plan/agree', {'agreement.platform': '示例', 'agreement.ownership.0.item': '平台', 'agreement.ownership.0.owner': '示例'})
    f = b.form('/wizard/plan/agree')
    check('and who takes part', (f.get('agreement.income.shares.0.party'), f.get('agreement.income.shares.1.party'), f.get('agreement.income.shares.1.role')) == (HUBEI_WATER, JINGCHU, '运营'), f.fields)
    check('the clause against re-development stands there word for word', NO_REDEVELOPMENT in b.page.text)
    b.press(f, '增加一行')
    step(b, 'plan/agree', {'agreement.disclosure.text': '示例', 'agreement.income.accounting': '示例', 'agreement.income.shares.0.party': HUBEI_WATER, 'agreement.income.shares.0.name': '持有单位',
         'agreement.income.shares.0.role': '提供', 'agreement.income.shares.0.bp@pct': '80', 'agreement.income.shares.1.party': named(JINGCHU), 'agreement.income.shares.1.name': '运营机构',
         'agreement.income.shares.1.role': '运营', 'agreement.income.shares.1.bp@pct': '19.5%', 'agreement.income.remainder': named(HUBEI_WATER)})
    step(b, 'plan/agree', {'agreement.security': SHA, 'agreement.evaluation.months': '12', 'agreement.evaluation.renewal': '示例', 'agreement.evaluation.exit': '示例'})
    step(b, 'plan/agree', {'agreement.breach': '示例', 'agreement.disputes': '示例', 'agreement.termination': '示例', 'agreement.other': '无'})
    b.press(b.form('/do/plan/agree'), '核对并预览')
    check('shares that are not the whole are refused by R27, and the page leads to their step', b.status == 409 and 'R27' in b.page.text and '转到该字段所在步骤' in b.html, (b.status, b.page.text[:300]))
    b.press(b.form('/wizard/plan/agree'), '转到该字段所在步骤')
    step(b, 'plan/agree', {'agreement.income.shares.1.bp@pct': '20'})
    b.open(b.at().replace('step=5', 'step=7'))
    b.press(b.form('/do/plan/agree'), '核对并预览')
    at, f = b.html, b.form('/do/plan/agree')
    check('the preview says who has to confirm', '批准后生效' in at and '运营机构' in at)
    check('what was typed by name inside a document goes on as the number that was shown; the rest as it was', [f.get('agreement.income.' + k) for k in ('shares.1.party', 'remainder', 'shares.1.name', 'shares.1.bp@pct', 'shares.0.party')] ==
          [JINGCHU, HUBEI_WATER, '运营机构', '20', HUBEI_WATER] and named(JINGCHU) not in [v for _, v in f.fields], [x for x in f.fields if 'income' in x[0]])
    b.press(f, '返回修改')
    b.press(b.form('/do/plan/agree'), '核对并预览')
    check('back and forth changes nothing of it', sorted(b.form('/do/plan/agree').fields) == sorted(f.fields) or [x for x in b.form('/do/plan/agree').fields if x[0] != 'once'] == [x for x in f.fields if x[0] != 'once'],
          [x for x in b.form('/do/plan/agree').fields if x not in f.fields])
    b.press(b.form('/do/plan/agree'), '确认办理')
    approve('jc1')
    # filing and disclosure: plain forms
    b.open('/do/plan/file?id=' + plan)
    f = b.form('/do/plan/file')
    texts(f, filing_no='备2026-1（示例）', body='省级数据管理部门（示例）', doc_no='示例〔2026〕2号', doc_date='2026-02-01')
    b.press(f, '核对并预览', {'scan': ('scan.pdf', b'%PDF-1.4 example 2')})
    b.press(b.form('/do/plan/file'), '确认办理')
    approve('hbsw2')
    b.open('/do/plan/activate?id=' + plan)
    f = b.form('/do/plan/activate')
    texts(f, place='门户网站（示例）', address='https://disclosure.example/1')
    b.press(f, '核对并预览')
    b.press(b.form('/do/plan/activate'), '确认办理')
    approve(HUBEI_COURSE['fin2'])
    p = officers.get('auditor', 'plan/' + plan)
    a = officers.get('auditor', 'authorisation/' + p['authorisation'])
    check('from nothing to an authorisation in force, each document by a form, no JSON typed', p['state'] == 'ACTIVE' and a['state'] == 'ACTIVE' and a['grant'] == p['proposal']['grant'], (p['state'], a))
    return p['authorisation']


def approve(who):
    """the newest that waits for this officer, by the inbox"""
    b = browsers.setdefault(who, None) or Browser(h, who)
    browsers[who] = b
    b.open('/inbox')
    forms = [f for f in b.page.forms if f.action.endswith('/approve')]
    ap = forms[-1].action.split('/')[2] if forms else officers.get(who, 'approval?mine=true')['items'][-1]['id']
    done(who, 'approval.approve', id=ap)


browsers = {}


# --- drafts ---

def drafts(b):
    global h
    b.open('/do/organisation/add') if b.name.startswith('hb-fin') else b.open('/do/material/add')
    b.open('/wizard/authorisation/propose')
    step(b, 'authorisation/propose', {}, '保存草稿')
    check('a draft is saved by a button, and said so', 'draft=DR-' in b.at() and '已保存为草稿' in b.page.text, b.at())
    id_ = re.search(r'DR-[0-9a-z]+', b.at()).group(0)
    b.open('/do/collateral/request')
    f = b.form('/do/collateral/request')
    f.set('creditor', '示例银行 <b>x</b>')
    b.press(f, '保存草稿')
    check('so is any form, without what is required', '已保存为草稿' in b.page.text and b.form('/do/collateral/request').get('creditor') == '示例银行 <b>x</b>' and '<b>x' not in b.html)
    second = re.search(r'DR-[0-9a-z]+', b.at()).group(0)
    events_now = events()
    other = Browser(h, 'hbsw2')
    other.open('/drafts')
    check('a colleague does not see it', 'DR-' not in other.html and '没有草稿' in other.page.text)
    other.open('/do/collateral/request?draft=' + second)
    check('nor by its number', '示例银行' not in other.html, other.at())
    f = other.form('/logout')
    csrf = f.get('csrf')
    other.open('/drafts/drop', urllib.parse.urlencode({'csrf': csrf, 'draft': second}).encode(), BY)
    other.open('/do/collateral/request', urllib.parse.urlencode({'csrf': csrf, 'once': os.urandom(11).hex(), 'draft': second, 'step': 'draft', 'creditor': 'foreign'}).encode(), BY)
    b.open('/do/collateral/request?draft=' + second)
    check('nor throws it away or writes into it', b.form('/do/collateral/request').get('creditor') == '示例银行 <b>x</b>')
    auditor = Browser(h, 'auditor')
    auditor.open('/drafts')
    check('an auditor has none to see either', 'DR-' not in auditor.html)
    h.stop()
    check('the appliance starts again', h.serve())
    b.sign_in()
    b.open('/drafts')
    check('a draft survives the session\'s end and a restart', id_ in b.html and second in b.html, b.page.text[-400:])
    check('no draft is an event', events() == events_now)
    b.open('/do/collateral/request')
    check('the form says that there is a draft of it', second in b.html and '您有该表单的草稿' in b.page.text)
    b.open('/do/collateral/request?draft=' + second)
    check('it is taken up where it stood', b.form('/do/collateral/request').get('creditor') == '示例银行 <b>x</b>')
    b.open('/drafts')
    for i in {id_, second, *(f.get('draft') for f in b.page.forms if f.get('draft'))}: # those of refused forms too
        f = next(f for f in b.page.forms if f.get('draft') == i)
        b.press(f, '删除草稿')
    check('and thrown away by a button', '没有草稿' in b.page.text, b.page.text[-300:])
    db = sqlite3.connect(h.d + '/register.db', timeout=300)
    check('nothing of it is left in the register', db.execute("SELECT COUNT(*) FROM draft WHERE login = 'hbsw1'").fetchone()[0] == 0)
    db.close()
    b.open('/do/collateral/request')
    f = b.form('/do/collateral/request')
    f.set('creditor', 'x' * 119)
    b.press(f, '保存草稿')
    id_ = re.search(r'DR-[0-9a-z]+', b.at()).group(0)
    db = sqlite3.connect(h.d + '/register.db', timeout=300)
    db.execute("UPDATE draft SET fields = 'older'")
    db.commit()
    db.close()
    b.open('/do/collateral/request?draft=' + id_)
    check('a draft of a form that has changed since says so', '该表单的填报项有变更' in b.page.text)
    csrf = b.form('/do/collateral/request').get('csrf')
    codes = []
    for k in range(52):
        b.open('/do/collateral/request', urllib.parse.urlencode({'csrf': csrf, 'once': os.urandom(11).hex(), 'step': 'draft', 'creditor': 'n%d' % k}).encode(), BY)
        codes.append(b.status)
    check('fifty are the most that one has', codes.count(200) == 49 and codes[-1] == 413 and '上限' in b.page.text, codes)
    db = sqlite3.connect(h.d + '/register.db', timeout=300)
    db.execute('UPDATE draft SET saved = saved - 91 * 86400')
    db.commit()
    db.close()
    b.open('/drafts')
    check('after ninety days they are gone', '没有草稿' in b.page.text)
    f = b.open('/do/collateral/request') and b.form('/do/collateral/request')
    f.set('creditor', 'y')
    b.press(f, '保存草稿')
    db = sqlite3.connect(h.d + '/register.db', timeout=300)
    check('and out of the register at the next one', db.execute('SELECT COUNT(*) FROM draft').fetchone()[0] == 1)
    db.close()


# --- previews ---

def brief():
    """a small act: what will be done, on which object, what follows; nothing of it until it is said"""
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-BRIEF,CAT-BRIEF,示例小事,,自主采集,,否\r\n')
    lg = next(r['id'] for r in officers.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-BRIEF')
    b, before = browsers['hbsw1'], events()
    b.open('/do/ledger/recognise?id=%s&back=/show/ledger/%s' % (lg, lg))
    f = b.form('/do/ledger/recognise')
    texts(f, result='确认为数据资产', decision='党组会纪要（示例）', held='是', benefit='是', measurable='是')
    b.press(f, '核对并预览')
    main = re.sub(r'\s+', ' ', b.page.text)
    check('a small act is previewed: what, on which object by name and number, what was filled in', all(w in main for w in ('尚未办理', '办理事项： 作出确认结论', '示例小事', lg, '党组会纪要（示例）')), main[:900])
    check('in few words: the number is not read back as a field once more', main.count(lg) == 1 and len(main) < 900, (main.count(lg), len(main)))
    check('and nothing was done', events() == before)
    b.press(b.form('/do/ledger/recognise'), '返回修改')
    f = b.form('/do/ledger/recognise')
    check('back to change shows what was typed', (f.get('decision'), f.get('held'), f.get('id')) == ('党组会纪要（示例）', 'true', lg), f.fields)
    b.press(f, '核对并预览')
    b.press(b.form('/do/ledger/recognise'), '确认办理')
    check('done, it leads back to where the form stood', events() == before + 1 and b.url.path == '/show/ledger/' + lg, (b.at(), b.page.text[:200]))
    two_more = ['L-MANY-%d' % i for i in range(2)]
    done('hbsw1', 'ledger.import', file=CSV_HEAD + ''.join('%s,CAT-%s,示例多项%d,,自主采集,,否\r\n' % (n, n, i) for i, n in enumerate(two_more)))
    ids = [r['id'] for r in officers.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] in two_more]
    before = events()
    b.open('/do/ledger/recognise')
    f = b.form('/do/ledger/recognise')
    texts(f, ids=[k for k in f.boxes['ids'] if '示例多项' in k], result='确认为数据资产', decision='党组会纪要（示例）', held='是', benefit='是', measurable='是')
    b.press(f, '核对并预览')
    check('of a selection each is named', '已选 2 项' in b.page.text and all('示例多项%d' % i in b.page.text for i in range(2)) and events() == before, b.page.text[:500])
    b.press(b.form('/do/ledger/recognise'), '确认办理')
    check('and all of it is done', [officers.get('hbsw1', 'ledger/' + i)['state'] for i in ids] == ['RECOGNISED'] * 2)
    c = Browser(h, 'hb-fin2')
    c.open('/do/user/expire?login=hbsw-sup')
    c.press(c.form('/do/user/expire'), '核对并预览')
    check('what can\'t be tried is read back all the same', '尚未办理' in c.page.text and '要求用户更换密码' in c.page.text and any(x[0] == '确认办理' for x in c.form('/do/user/expire').buttons), c.page.text[:400])


def previews():
    before = events()
    code, out = do('hbsw1', 'material.add', kind='OTHER', name='p', file='preview of a file', preview=True)
    check('a trial answers what would be', code == 200 and out.get('preview') is True and out['events'][0]['kind'] == 'material.filed' and out['events_total'] == 1, out)
    sha = hashlib.sha256(b'preview of a file').hexdigest()
    check('and leaves nothing, no file either', events() == before and not any(sha in f for _, _, fs in os.walk(h.d) for f in fs))
    refused('a trial is refused as the act would be', do('hb-fin1', 'certificate.issue', assets=['TK-1'], preview=True), None)
    refused('what decides has none', do('hb-fin1', 'approval.approve', id='AP-x', preview=True), None)
    refused('nor has a file\'s import, which has its own', do('hbsw1', 'ledger.import', file='x', preview=True), None)
    refused('nor has reading', do('hbsw1', 'asset.show', asset='TK-1', preview=True), None)
    refused('it is yes or no', do('hbsw1', 'material.add', kind='OTHER', file='x', preview='maybe'), None)
    b = Browser(h, 'hb-fin1')
    b.open('/do/certificate/suspend')
    check('a form that names no object yet leads to a preview', [x[2] for x in b.form('/do/certificate/suspend').buttons] == ['preview', 'draft'], b.form('/do/certificate/suspend').buttons)
    number = next(c['number'] for c in officers.get('hb-fin1', 'certificate')['items'] if c['state'] == 'ACTIVE')
    b.open('/do/certificate/suspend?number=' + number)
    check('suspending one is its own page, with what stops, and no other', [x[0] for x in b.form('/do/certificate/suspend').buttons] == ['确认：冻结证书'] and '办理后不予认可的范围' in b.page.text,
          (b.form('/do/certificate/suspend').buttons, b.page.text[:300]))
    b.open('/do/approval/approve')
    f = b.form('/do/approval/approve')
    f.set('id', 'AP-example')
    b.press(f, '核对并预览')
    check('a decision leads to the approval, which shows what will be signed', b.at() == '/approvals/AP-example', b.at())
    b.open('/do/organisation/add')
    f = b.form('/do/organisation/add')
    texts(f, usci='91420100DEMA00999X', name='示例新单位', kind='其他企业', level='省', div6='420000', override='示例代码', finance=HUBEI)
    f.set('roles', ['用数主体'])
    b.press(f, '核对并预览')
    check('an organisation is previewed, with who decides', '尚未办理' in b.html and '财政部门' in b.page.text and events() == before, (b.status, b.page.text[:400]))
    brief()


# --- the ledger: import, correct, again ---

def ledger(b):
    bad = CSV_HEAD + 'L-A,CAT-A,示例甲,,自主采集,,否\r\nL-B,CAT-B,,,自主采集,,否\r\nL-C,CAT-C,示例丙,,不知道,,否\r\n'
    before = events()
    b.open('/do/ledger/import')
    b.press(b.form('/do/ledger/import'), '核对并预览', {'file': ('台账.csv', bad.encode())})
    check('a file with faults is told by row and column, before anything is entered', '文件有错误' in b.page.text and all(re.search(r'<td[^>]*>(?:<[^>]*>)*%s<' % n, b.html) for n in '34') and events() == before, b.page.text[:500])
    check('nothing can be done with it', not any(x[0] == '确认办理' for f in b.page.forms for x in f.buttons))
    link = next((v for k, v in b.page.links.items() if 'xlsx' in k), None)
    b.open(link)
    check('the faulty rows are had as a sheet to correct', b.raw[:2] == b'PK' and 'ledger-corrected' in b.head['Content-Disposition'], b.head.get('Content-Disposition'))
    rows = ''.join('L-%d,CAT-%d,示例 %d,,自主采集,,否\r\n' % (i, i, i) for i in range(1200))
    b.open('/do/ledger/import')
    b.press(b.form('/do/ledger/import'), '保存草稿')
    draft = re.search(r'draft=(DR-[\w-]+)', b.at()).group(1)
    kept = lambda: b.open('/drafts') and draft in b.html
    check('the form is kept as a draft', kept())
    b.open('/do/ledger/import?draft=' + draft)
    b.press(b.form('/do/ledger/import'), '核对并预览', {'file': ('台账.csv', (CSV_HEAD + rows).encode())})
    check('a good file says what will be entered', '1200' in b.page.text and '尚未办理' in b.html and events() == before, b.page.text[:600])
    b.press(b.form('/do/ledger/import'), '确认办理')
    seen = b.head.get('Refresh')
    for _ in range(600):
        if not b.head.get('Refresh'):
            break
        time.sleep(0.3)
        b.open(b.at())
    check('its page shows how far it is, and then the answer', '/done/' in b.at() and '1200' in b.page.text and not b.head.get('Refresh'), (seen, b.at(), b.page.text[:300]))
    entered, after = 0, ''
    while after is not None:
        listed = officers.get('hbsw1', 'ledger?limit=1000&after=' + after)
        entered += sum(1 for r in listed['items'] if re.fullmatch(r'L-\d+', r['ledger_no']))
        after = listed.get('next')
    check('all rows are entered', entered == 1200, entered)
    check('its draft is gone, as what it began is done', not kept())
    before = events()
    b.open('/do/ledger/import')
    b.press(b.form('/do/ledger/import'), '核对并预览', {'file': ('台账.csv', (CSV_HEAD + rows).encode())})
    check('the same file again would change nothing, and says so', '未变化' in b.page.text and events() == before, b.page.text[:500])
    newer = lambda note: CSV_HEAD + 'L-7,CAT-7,示例 7,%s,自主采集,,否\r\n' % note

    def update(note):
        b.open('/do/ledger/import')
        f = b.form('/do/ledger/import')
        check('what the preview saw is nobody\'s to fill in', 'seen' not in f.kinds and 'update' in f.kinds, f.kinds)
        f.set('update', 'true')
        b.press(f, '核对并预览', {'file': ('台账.csv', newer(note).encode())})

    def finish_it():
        b.press(b.form('/do/ledger/import'), '确认办理')
        for _ in range(600):
            if not b.head.get('Refresh'):
                return
            time.sleep(0.3)
            b.open(b.at())
    update('本单位更新')
    done('hbsw1', 'ledger.import', file=newer('他人先更新'), update=True)
    before = events()
    finish_it()
    check('an entry that changed after the preview: the update is not made, the row is named, and the form is a click away', '预览之后有条目变动' in b.page.text and '预览之后该条目有变动' in b.page.text and 'L-7' in b.page.text and
          '/do/ledger/import' in b.page.links.get('返回表单', '') and events() == before, b.page.text[:900])
    update('本单位更新')
    check('previewed again, it shows what stands there now', '他人先更新' in b.page.text and '本单位更新' in b.page.text, b.page.text[:900])
    finish_it()
    check('and is made', events() > before and '预览之后' not in b.page.text, b.page.text[:500])


# --- revenue, evaluation ---

def revenue(dau):
    b = browsers.get('jc1') or Browser(h, 'jc1')
    b.open('/do/revenue/book?authorisation=' + dau)
    f = b.form('/do/revenue/book')
    check('amounts are typed in yuan', 'gross_fen@yuan' in f.kinds and '收入总额（元）' in b.page.text)
    texts(f, kind='运营服务费', product='P-INDUSTRY')
    f.set('gross_fen@yuan', '1000.03')
    f.set('tax_fen@yuan', '0.02')
    before = events()
    b.press(f, '计算')
    check('shares are computed as typed, to the fen, with the remainder', '800.01 元' in b.html and '200.00 元' in b.html and '1,000.01' in b.html and '尾差' in b.page.text and events() == before,
          re.sub(r'\s+', ' ', b.page.text)[-700:])
    check('and where each goes', '纳入单位预算' in b.html or '缴入国库' in b.html)
    check('what was typed stays', b.form('/do/revenue/book').get('gross_fen@yuan') == '1000.03')
    f = b.form('/do/revenue/book')
    csrf = f.get('csrf')
    b.open('/do/revenue/book', urllib.parse.urlencode([tuple(x) for x in f.fields if x[0] != 'step'] + [('step', 'compute'), ('part', '1')]).encode(), BY)
    check('a script gets the same as a part of a page', '<table' in b.html and '<html' not in b.html and '800.01' in b.html)
    b.open('/do/revenue/book?authorisation=' + dau)
    f = b.form('/do/revenue/book')
    texts(f, kind='运营服务费', product='P-INDUSTRY', payer='91420100DEMA00777X', payer_name='示例付款方', period_from='2026-02-02', period_to='2026-02-02', paid_on='2026-02-02', funded_by='自有资金' if '自有资金' in f.options['funded_by'] else 'OWN')
    f.set('gross_fen@yuan', '1000.03')
    f.set('evidence.documents', '示例〔2026〕9号')
    b.press(f, '核对并预览')
    check('the preview of a booking that would be held says why', b.status in (200, 422) and events() == before and '暂挂' in b.page.text + b.html, (b.status, b.page.text[:500]))
    b.open('/do/revenue/book?authorisation=' + dau)
    f = b.form('/do/revenue/book')
    f.set('gross_fen@yuan', '1000.03')
    b.press(f, '提交材料并返回')
    f = b.form('/do/material/add')
    check('evidence is filed on the way by the operator, of what an operator files', f.get('kind') == 'REVENUE' and 'SEC_POLICY' not in b.html, f.fields)
    b.press(f, '提交材料', {'file': ('a.pdf', b'receipts')})
    f = b.form('/do/revenue/book')
    filed = [v for k, v in f.fields if k.startswith('evidence.') and v.startswith('MT-')]
    check('and stands in the form, with what was typed', len(filed) == 1 and f.get('gross_fen@yuan') == '1000.03', f.fields)


def price(dau):
    b = browsers['hbsw1']
    b.open('/do/price/record?authorisation=' + dau)
    f = b.form('/do/price/record')
    f.set('cost_fen@yuan', '8000000.00')
    f.set('bond_bp@pct', '1.82')
    f.set('tax_bp@pct', '6')
    b.press(f, '计算', {'scan': ('核定文件.pdf', b'decision')})
    f = b.form('/do/price/record')
    check('what is computed of a price stands in its fields, where nobody typed', (f.get('maximum_fen@yuan'), f.get('profit_bp@pct')) == ('9,143,136.00', '7.82'), f.fields)
    check('and the file that was chosen is kept', f.get('scan@held') and '核定文件.pdf' in b.page.text, f.fields)
    f.set('cost_fen@yuan', '8800000.00')
    f.set('bond_bp@pct', '1.80')
    b.press(f, '计算')
    f = b.form('/do/price/record')
    check('computed again it follows, since nobody changed it, and the page says so', (f.get('maximum_fen@yuan'), f.get('profit_bp@pct'), f.get('tax_bp@pct')) == ('10,055,584.00', '7.80', '6') and
          '已按新结果更新' in b.page.text, f.fields)
    check('rates are told in per cent, without another unit', re.search(r'准许利润率\s*7\.80%', b.page.text) and '基点' not in b.page.text, b.page.text[-600:])
    f.set('maximum_fen@yuan', '9000000.00')
    b.press(f, '计算')
    check('and who typed another amount is told that it stays', '“最高准许收入”为您填写的数值' in b.page.text, b.page.text[-600:])
    check('what was typed stays', b.form('/do/price/record').get('maximum_fen@yuan') == '9000000.00' and b.form('/do/price/record').get('scan@held'))
    f = b.form('/do/price/record')
    f.set('authority', '省发展改革委（示例）')
    b.press(f, '核对并预览')
    draft = b.form('/do/price/record').get('draft')
    check('a form that is refused is a draft', draft and '已填内容已存为草稿' in b.page.text, b.page.text[:400])
    b.press(b.form('/do/price/record'), '核对并预览')
    check('refused again it is the same one', b.form('/do/price/record').get('draft') == draft)
    b.open('/do/price/record?draft=' + draft)
    f = b.form('/do/price/record')
    check('which has all that was submitted', (f.get('authority'), f.get('maximum_fen@yuan'), f.get('cost_fen@yuan')) == ('省发展改革委（示例）', '9000000.00', '8800000.00'), f.fields)


def files():
    b = browsers['hbsw1']
    b.open('/list/asset?holder=12420000DEMA00099D&state=CERTIFICATED')
    rows = b.html.count('<tr>') - 1
    links = ['/list/asset' + html.unescape(x) for x in re.findall('href="([?]download=[^"]*)"', b.html)]
    check('a list is downloaded as it stands, in two formats', len(links) == 2 and all('holder=12420000DEMA00099D' in x and 'state=CERTIFICATED' in x for x in links), links)
    b.open(links[0])
    lines = b.raw.decode('utf-8-sig').splitlines()
    check('with its filters and headings in words', rows > 0 and len(lines) == rows + 1 and '资产编号' in lines[0] and all('已颁证' in x and 'CERTIFICATED' not in x for x in lines[1:]), (rows, lines[:3]))
    b.open(links[1])
    check('and as a workbook', b.raw[:2] == b'PK', b.raw[:60])
    b.open(links[0] + '&lang=en')
    english = b.raw.decode('utf-8-sig')
    check('in English, in words of English', english.isascii() or 'Asset number' in english.splitlines()[0], english[:200])
    b.open('/list/certificate?lang=zh')
    b.open('/list/certificate?download=csv')
    check('restrictions of a certificate in words', '不得担保质押' in b.raw.decode('utf-8-sig') and 'noCollateral' not in b.raw.decode('utf-8-sig'), b.raw[:900])
    b.open('/list/revenue?download=csv')
    check('revenue too is a file, in yuan that add up', b.status == 200 and '（元）' in b.raw.decode('utf-8-sig').splitlines()[0] and '_fen' not in b.raw.decode('utf-8-sig'), b.raw[:400])
    for noun in ('remittance', 'statement', 'plan', 'order', 'objection', 'material', 'token', 'registration', 'exit', 'deadline', 'session', 'apitoken', 'notice', 'disclosure'):
        b.open('/list/%s?download=csv' % noun)
        check('the list of each %s is a file' % noun, b.status == 200 and b.raw[:3] == b'\xef\xbb\xbf', b.raw[:200])
    b.open('/list/asset?download=pdf')
    check('another format is the list as a page', b.status == 200 and '<table' in b.html)
    said = [a for _ in range(20) for a in at_once(b, '/list/asset?download=xlsx', 12)]
    check('of twelve downloads at once some are made and others refused', 200 in said and 503 in said and not set(said) - {200, 503}, said)
    b.open('/list/asset?download=csv&limit=x')
    refused = b.status
    b.open('/list/asset?download=csv')
    check('and then, and after one that failed, the next is made', (refused, b.status) == (422, 200), (refused, b.status))


def at_once(b, path, n):
    """the answers' status, of one session's requests that come together"""
    start = threading.Barrier(n)

    def ask(_):
        start.wait()
        try:
            with b.o.open('http://127.0.0.1:%d%s' % (b.h.p, path), timeout=300) as r:
                return len(r.read()) > 0 and r.status
        except urllib.error.HTTPError as e:
            return e.code
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(ask, range(n)))


def round_trip():
    """the own ledger out in the import's headings, a cell changed, in again: told cell by cell, and applied"""
    b = browsers['hbsw1']
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'RT-1,CAT-RT-1,=2+3,,自主采集,,否\r\nRT-2,CAT-RT-2,往返二,,自主采集,,否\r\n')
    def entries():
        out, after = {}, ''
        while after is not None:
            page = officers.get('hbsw1', 'ledger?limit=1000&holder=' + HUBEI_WATER + '&after=' + after)
            out, after = dict(out, **{r['ledger_no']: r for r in page['items']}), page.get('next')
        return out

    done('hbsw1', 'ledger.recognise', id=entries()['RT-2']['id'], result='ASSET', decision='x')
    b.open('/list/ledger?holder=' + HUBEI_WATER)
    check('the list of the ledger leads to it in the import\'s headings', '/do/ledger/template?run=1&amp;download=file&amp;format=xlsx&amp;entries=true' in b.html)
    b.open('/do/ledger/template?run=1&download=file&format=csv&entries=true')
    text, before, at = b.raw.decode('utf-8-sig'), entries(), events()
    check('what looks like a formula is led by a quote', "'=2+3" in text, text[:300])
    same = done('hbsw1', 'ledger.import', file=text)
    check('as it is it changes nothing', (same['imported'], same['unchanged'], same['faults']) == (0, len(before), []) and events() == at, same)
    changed = text.replace("'=2+3", '往返一').replace('往返二', '往返二（改）')
    code, out = do('hbsw1', 'ledger.import', file=changed)
    check('changed it is refused unless it is to update', out['refused'] and {f['kind'] for f in out['faults']} == {'taken'} and entries() == before, out)
    b.open('/do/ledger/import')
    f = b.form('/do/ledger/import')
    f.set('update', 'true')
    b.press(f, '核对并预览', {'file': ('台账.csv', changed.encode())})
    check('an entry that was recognised stays', '已作出确认结论' in b.page.text, b.page.text[:900])
    changed = text.replace("'=2+3", '往返一')
    b.open('/do/ledger/import')
    f = b.form('/do/ledger/import')
    f.set('update', 'true')
    b.press(f, '核对并预览', {'file': ('台账.csv', changed.encode())})
    check('the preview tells the cell, what stood there and what will', '与台账现有内容的差异' in b.page.text and '=2+3' in b.page.text and '往返一' in b.page.text and entries() == before, b.page.text[:900])
    b.press(b.form('/do/ledger/import'), '确认办理')
    while b.head.get('Refresh'):
        time.sleep(0.3)
        b.open(b.at())
    now = entries()
    check('and it is done: this entry alone, under its number', now['RT-1'] == dict(before['RT-1'], name='往返一') and {k: v for k, v in now.items() if k != 'RT-1'} == {k: v for k, v in before.items() if k != 'RT-1'}, now['RT-1'])
    check('it is found by its new name', [now['RT-1']['id'] in x.values() for x in h.cli('find', 'search', '--q', '往返一')[1]['items']] == [True])
    again = done('hbsw1', 'ledger.import', file=changed, update=True)
    check('the same file again changes nothing', (again['imported'], again['rewritten'], again['unchanged']) == (0, 0, len(before)), again)


def bulk(dau):
    b = browsers.get('jc1') or Browser(h, 'jc1')
    b.open('/do/product/add?authorisation=' + dau)
    f = b.form('/do/product/add')
    texts(f, id='P-PUBGOV', version='1', name='示例产品', purpose='公共治理', delivery='接口', price_form='免费', data_use='示例', conditions='有条件无偿（示例）')
    f.set('fee_fen@yuan', '0.00')
    b.press(f, '核对并预览')
    check('it is previewed', b.status == 200, b.page.text[230:600])
    b.press(b.form('/do/product/add'), '确认办理')
    check('a product is registered', officers.get('jc1', 'product/' + dau + '%2FP-PUBGOV').get('state') == 'ON_SALE', b.page.text[:400])
    b.open('/do/token/bulk?authorisation=' + dau)
    f = b.form('/do/token/bulk')
    check('a license begins with its authorisation\'s scope, to be narrowed', f.get('request.grant.mode') == 'WHOLE' and ['request.grant.territory', '420000'] in f.fields, f.fields[:12])
    f.fields = [x for x in f.fields if x != ['request.grant.purposes', 'INDUSTRY']]
    for k, v in {'product.id': 'P-PUBGOV', 'product.version': '1', 'product.kind': '运营机构产品', 'terms': '有条件无偿使用', 'days': '30', 'binding': '记名（最长 90 天）', 'audience': 'https://example/'}.items():
        f.set('request.' + k, v)
    sheet = '统一社会信用代码,用户名称,绑定方式\r\n91420100DEMA00777W,示例用户一,named\r\n91420100DEMA00777,示例用户二,named\r\n'
    before = events()
    b.press(f, '核对并预览', {'file': ('用户.csv', sheet.encode())})
    check('a sheet of users is previewed: who is good, who is set aside and why', b.status == 200 and events() == before and '统一社会信用代码格式不正确' in b.page.text, (b.status, b.page.text[:600]))
    said = '清单共 2 行，签发 1 户；其余 1 行有错误，不予签发：第3行示例用户二'
    check('it says how many get a license and which rows do not', said.replace(' ', '') in ''.join(b.page.text.split()), b.page.text[-1500:])
    b.press(b.form('/do/token/bulk'), '仅签发 1 户')
    for _ in range(600):
        if not b.head.get('Refresh'):
            break
        time.sleep(0.3)
        b.open(b.at())
    check('it is asked for once, and waits for a second officer', any(a['kind'] == 'token.bulk' for a in officers.get('jc2', 'approval?mine=true')['items']), (b.at(), b.page.text[:400]))
    waits = next(a['id'] for a in officers.get('jc2', 'approval?mine=true')['items'] if a['kind'] == 'token.bulk')
    second = browsers.get('jc2') or Browser(h, 'jc2')
    second.open('/approvals/' + waits)
    check('who sees the rows that are left out', said.replace(' ', '') in ''.join(second.page.text.split()), second.page.text[-1500:])
    done('jc2', 'approval.approve', id=waits)
    second.open('/approvals/' + waits)
    check('afterwards too', said.replace(' ', '') in ''.join(second.page.text.split()), second.page.text[-1500:])
    job = officers.get('jc1', 'bulk')['items'][0]
    for _ in range(600):
        b.open('/show/bulk/' + job['id'])
        if not b.head.get('Refresh'):
            break
        time.sleep(0.3)
    check('its page loads itself again until it is done', officers.get('jc1', 'bulk/' + job['id'])['state'] == 'DONE' and '已完成' in b.page.text, b.page.text[:400])


def evaluation(dau):
    b = Browser(h, 'hbsw1') if 'hbsw1' not in browsers else browsers['hbsw1']
    b.open('/do/evaluation/add?number=' + dau)
    f = b.form('/do/evaluation/add')
    check('an evaluation is a form: indicators with weights in per cent', 'indicators.0.weight_bp@pct' in f.kinds and not json_areas(b))
    f.set('indicators.0.name', '服务')
    f.set('indicators.0.weight_bp@pct', '60')
    f.set('indicators.0.score', '90')
    b.press(f, '增加一行')
    f = b.form('/do/evaluation/add')
    f.set('indicators.1.name', '安全')
    f.set('indicators.1.weight_bp@pct', '39')
    f.set('indicators.1.score', '80')
    b.press(f, '计算')
    check('weights that are not the whole are said so', '10000' in b.page.text or '之和' in b.page.text)
    f = b.form('/do/evaluation/add')
    f.set('indicators.1.weight_bp@pct', '40')
    b.press(f, '计算')
    check('the score is computed', '86' in b.page.text, b.page.text[-400:])
    f = b.form('/do/evaluation/add')
    b.press(f, '删除本行')
    check('a row can be removed', 'indicators.1.name' not in b.form('/do/evaluation/add').kinds)


def limits():
    b = browsers['hbsw1']
    b.open('/do/evaluation/add')
    csrf = b.form('/do/evaluation/add').get('csrf')

    def sent(to, fields, **more):
        b.open(to, urllib.parse.urlencode({'csrf': csrf, 'once': os.urandom(11).hex(), **fields, **more}).encode(), BY)
        return b.status, '至多' in b.page.text

    drafts = lambda: b.open('/drafts') and len(re.findall('draft=DR-', b.html))
    there, before = drafts(), events()
    rows = lambda n: {'indicators.%d.name' % i: 'n%d' % i for i in range(n)}
    said = {(n, step): sent('/do/evaluation/add', rows(n), step=step) for n in (201, 3001) for step in ('draft', 'preview', '+indicators', '')}
    said['wizard'] = sent('/wizard/plan/agree', {'agreement.income.shares.200.party': 'x', 'at': '1', 'step': 'draft'})
    check('a form of more rows or fields than it has is refused whole, in words, at each of its buttons', set(said.values()) == {(413, True)}, said)
    check('and nothing of it is kept or done', drafts() == there and events() == before)
    said = sent('/do/evaluation/add', rows(200), step='+indicators')
    check('as many as it has are taken', said[0] == 200 and b.form('/do/evaluation/add').get('indicators.199.name') == 'n199', said)


def no_json():
    """every form that any officer has, looked through for a document to be typed"""
    found = []
    at_once = set()
    for who in ('hbsw1', 'hb-fin1', 'jc1'):
        b = browsers.get(who) or Browser(h, who)
        browsers[who] = b
        b.open('/do')
        for path in sorted({v for v in b.page.links.values() if v.startswith('/do/')}):
            b.open(path)
            if 'JSON' in b.page.text:
                found.append((who, path))
            f = next((f for f in b.page.forms if f.action == path and f.method == 'post'), None)
            if f is not None and not any(x[2] == 'preview' for x in f.buttons):
                at_once.add(path)
            if len(b.raw) > 100000:
                check('a page has 100 kB at most', False, (path, len(b.raw)))
    check('no form of theirs asks for JSON', not found, found)
    reads = {'/do/bundle/create', '/do/exchange/reconcile'} # they take a file
    check('each that changes something is previewed before it is done, but for a file that is filed and a request for collateral, which is on record', at_once - reads == {'/do/material/add', '/do/collateral/request'}, at_once)


import html, sqlite3
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    h.at('2026-02-02T01:00:00Z')
    two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'short_path.public': True})
    b = Browser(h, 'hbsw1')
    browsers['hbsw1'] = b
    card(b)
    dau = authorisation(b)
    previews()
    ledger(b)
    revenue(dau)
    price(dau)
    files()
    round_trip()
    bulk(dau)
    evaluation(dau)
    limits()
    no_json()
    drafts(b)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
