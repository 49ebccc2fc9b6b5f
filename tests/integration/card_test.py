"""Asset cards on a demo home: the dictionary at the API, versions and differences, a
thousand cards as one XLSX there and back, collateral by whatever rests on an asset,
overrides.  Organisations and numbers are illustrative."""
import io, re, zipfile
from xml.etree import ElementTree
from xml.sax.saxutils import escape
from lib import *

NS = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
BANK = '示例银行（虚构）'
COUNT = int(os.environ.get('CARDS', '1000'))


# --- XLSX with nothing but the standard library ---

def read_xlsx(data):
    """(rows of the first sheet, its XML)"""
    z = zipfile.ZipFile(io.BytesIO(data))
    shared = []
    if 'xl/sharedStrings.xml' in z.namelist():
        shared = [''.join(t.text or '' for t in si.iter(NS + 't')) for si in ElementTree.fromstring(z.read('xl/sharedStrings.xml'))]
    xml = z.read('xl/worksheets/sheet1.xml').decode()
    rows = []
    for row in ElementTree.fromstring(xml).iter(NS + 'row'):
        cells = []
        for c in row:
            n = 0
            for letter in re.match('[A-Z]+', c.get('r')).group():
                n = n * 26 + ord(letter) - 64
            cells += [''] * (n - len(cells))
            v = c.find(NS + 'v')
            cells[n - 1] = ''.join(t.text or '' for t in c.iter(NS + 't')) if c.get('t') == 'inlineStr' else \
                shared[int(v.text)] if c.get('t') == 's' else '' if v is None else v.text
        rows.append(cells)
    width = len(rows[0])
    return [r + [''] * (width - len(r)) for r in rows], xml


def write_xlsx(rows):
    """as an office suite might save the edited rows"""
    def name(i):
        s = ''
        i += 1
        while i:
            i, d = divmod(i - 1, 26)
            s = chr(65 + d) + s
        return s
    body = ''.join('<row r="%d">%s</row>' % (y + 1, ''.join('<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % (name(x), y + 1, escape(v))
                                                         for x, v in enumerate(r) if v)) for y, r in enumerate(rows))
    parts = {
        '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                               '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                               '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        '_rels/.rels': '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
                       'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        'xl/workbook.xml': '<workbook xmlns="%s" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="x" sheetId="1" r:id="rId1"/></sheets></workbook>' % NS[1:-1],
        'xl/_rels/workbook.xml.rels': '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
                                      'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        'xl/worksheets/sheet1.xml': '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (NS[1:-1], body)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for path, text in parts.items():
            z.writestr(path, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def as_file(data):
    return {'base64url': base64.urlsafe_b64encode(data).decode().rstrip('=')}


# --- ledger entries that wait for cards ---

def entries(prefix, n, who='hbsw1', confirm='hb-fin1'):
    done(who, 'ledger.import', file=CSV_HEAD + ''.join('%s-%04d,CAT-%s-%d,2024年湖北省第%d站水文数据集,,自主采集,,否\r\n' % (prefix, i, prefix, i, i) for i in range(n)))
    ids, after = {}, ''
    while after is not None:
        code, page = h.api('GET', '/api/v1/ledger?limit=1000&after=' + after, None, officers.token(who))
        ids.update({r['ledger_no']: r['id'] for r in page['items'] if r['ledger_no'].startswith(prefix + '-')})
        after = page.get('next')
    for lg in ids.values():
        done(who, 'ledger.recognise', id=lg, result='ASSET', decision='党组会纪要（示例）')
        done(confirm, 'ledger.confirm', id=lg)
    return ids


def dictionary():
    fields = done('hbsw1', 'asset.fields')['items']
    check('the dictionary tells the fields of all four blocks', {f['block'] for f in fields} == {'basic', 'rights', 'use', 'management'} and len(fields) > 60, len(fields))
    check('with labels, source and codes', all(f['zh'] and f['en'] and f['source'] for f in fields) and
          next(f for f in fields if f['key'] == 'geo_scope')['choices'][1] == {'code': 'NATIONAL', 'zh': '全国', 'en': 'national'})
    classes = done('hbsw1', 'class.list')['items']
    check('the class table of the finance department is shown', [c['code'] for c in classes if c['scheme'] == 'LOCAL'] == ['1', '2', '3'], classes)
    shown = done('hbsw1', 'asset.show', asset='HB-2026-0001')
    check('what the demo says in Chinese is kept as code', shown['card']['basic'].get('geo_scope') == 'NATIONAL' and shown['card']['use'].get('use_state') == 'OPERATED', shown['card'])


def one_card():
    lg = entries('ONE', 1)['ONE-0000']

    def fill(no='ONE-1', **change):
        c = card(no)
        c['basic']['name'] = '2024年湖北省水文数据集'
        for k, v in change.items():
            block, key = k.split('__')
            if v is None:
                c[block].pop(key, None)
            else:
                c[block][key] = v
        return do('hbsw1', 'asset.card', ledger=lg, card=c)
    for sentence, change, rule in (
            ('core data gets no card', {'management__data_level': '核心'}, 'R17'),
            ('nor important data without a risk assessment', {'management__data_level': 'IMPORTANT'}, 'R17'),
            ('an appraisal is no basis of booking', {'basic__value_basis': '评估值', 'basic__book_value': 5000000}, 'R36'),
            ('the nominal amount is one yuan', {'basic__value_basis': 'NOMINAL', 'basic__book_value': 200}, 'R36'),
            ('public data names its basis', {'rights__public_data': True}, 'domain.md decision 3'),
            ('a class code stands in the table', {'basic__class_code': '9'}, 'domain.md 3.2'),
            ('an unknown scheme is refused', {'basic__class_scheme': 'MINE'}, 'domain.md 4.3'),
            ('an industry has its form', {'basic__industry': '76'}, 'domain.md 4.3'),
            ('a member that is unknown is refused', {'basic__colour': 'red'}, 'domain.md 4.3'),
            ('what the register keeps is refused', {'basic__card_ver': 3}, 'domain.md 4.3'),
            ('a required member is missing', {'management__mgr_dept': None}, 'domain.md 4.3'),
            ('times run forward', {'basic__time_from': '2024-02-01', 'basic__time_to': '2024-01-01'}, 'domain.md 4.3')):
        refused(sentence, fill(**change), rule)
    code, out = fill()
    check('a card that passes is version 1, without warnings', code == 200 and out.get('version') == 1 and out.get('warnings') == [], out)
    code, out = fill(basic__name='x', basic__geo_scope='省级', basic__class_scheme='GPC-2022')
    check('another passes with warnings', code == 200 and out.get('version') == 2 and {w['rule'] for w in out['warnings']} == {'R34', 'domain.md 3.2'}, out)
    diff = done('hbsw1', 'asset.diff', asset='ONE-1')['items']
    check('differences are told with labels', {(d['zh'], d['old_text'], d['new_text']) for d in diff} ==
          {('名称', '2024年湖北省水文数据集', 'x'), ('地域范围', '', '省级'), ('分类体系', '本级分类', '政府采购品目分类目录（2022年）')}, diff)
    history = done('auditor', 'asset.history', asset='ONE-1')['items']
    check('history tells version, hash, who and when', [(v['version'], v['by'], v['in_force']) for v in history] == [(1, 'hbsw1', False), (2, 'hbsw1', True)] and
          all(v['at'].endswith('Z') for v in history), history)
    old = done('auditor', 'asset.show', asset='ONE-1', version=1)
    check('any version is shown, with its hash', old['card']['basic']['name'].startswith('2024') and old['card_hash'] == history[0]['hash'], old)
    check('a version that is not there is not found', do('auditor', 'asset.show', asset='ONE-1', version=9)[0] == 404)
    events = [e['body'] for e in h.cli('event', 'list', '--object', 'ONE-1')[1]['items']]
    check('warnings stand in the event', [w['rule'] for w in events[-1]['warnings']].count('R34') == 3, events[-1].get('warnings'))


def round_trip():
    ids = entries('CARD', COUNT + 4)
    check('only a holder\'s officer takes the sheet', do('hb-fin1', 'asset.export')[0] == 403)
    out = done('hbsw1', 'asset.export')
    rows, xml = read_xlsx(out['bytes'])
    head = rows[0]
    at = {title.rstrip('*'): i for i, title in enumerate(head)}
    check('the sheet has drop-downs', xml.count('<dataValidation ') >= 15, xml.count('<dataValidation '))
    check('and hidden key columns', len(re.findall('<col min="[123]"[^>]*hidden="1"', xml)) == 3, xml[:1200])
    empty = [r for r in rows[1:] if r[at['台账标识']] in ids.values()]
    check('entries that wait for a card are rows', len(empty) == COUNT + 4, len(empty))

    def fill(r, no, **more):
        values = dict({'资产编号': no, '分类体系': '本级分类', '分类代码': '1', '地域范围': '省级', '数据量（行）': '1,000', '权利种类': '数据持有权；数据使用权', '权属争议': '否', '公共数据': '否',
                       '数据分级': '一般数据', '管理部门': '数据处（虚构）', '责任人': '王三（虚构）', '计价依据': '成本', '账面原值（元）': '1234.50', '应用场景': '洪水预警;水电调度'}, **more)
        for title, v in values.items():
            r[at[title]] = v
        return r
    faulty = [{'数据分级': '核心数据'}, {'地域范围': '火星'}, {'管理部门': ''}, {'账面原值（元）': '12.345'}]
    sheet = [head] + [fill(r, 'CARD-%04d' % i, **(faulty[i - COUNT] if i >= COUNT else {})) for i, r in enumerate(empty)]
    data = write_xlsx(sheet)
    code, dry = do('hbsw1', 'asset.import', file=as_file(data), dry_run=True)
    check('a dry run tells what would be done', code == 200 and dry['good'] == COUNT and len(dry['faults']) == 4 and dry['done'] == 0, {k: dry.get(k) for k in ('good', 'done', 'detail')})
    check('and does nothing', do('hbsw1', 'asset.show', asset='CARD-0000')[0] == 404)
    began = time.time()
    code, out = do('hbsw1', 'asset.import', file=as_file(data), note='首批填报（示例）')
    print('# %d cards in %.1f s' % (COUNT, time.time() - began), flush=True)
    check('%d cards are one act of one officer' % COUNT, code == 200 and out['done'] == COUNT and out['task'].startswith('TK-'), {k: out.get(k) for k in ('done', 'detail')})
    where = [(f['line'], head[f['column'] - 1], f['rule']) for f in out['faults']]
    check('faulty rows are set aside by row, column and rule', where == [
        (COUNT + 2, '数据分级*', 'R17'), (COUNT + 3, '地域范围', 'domain.md 4.3'), (COUNT + 4, '管理部门*', 'domain.md 4.3'), (COUNT + 5, '账面原值（元）', 'domain.md 4.3')], where)
    task = done('auditor', 'task.show', id=out['task'])
    check('the task is on record, with what was set aside', task['done'] == COUNT and task['digest'] == out['digest'] and len(task['set_aside']) == 4)
    stored = done('auditor', 'asset.show', asset='CARD-0000')['card']
    check('cells are values', stored['basic']['book_value'] == 123450 and stored['basic']['volume_rows'] == 1000 and stored['rights']['rights'] == ['HOLD', 'USE'] and
          stored['use']['scenes'] == ['洪水预警', '水电调度'], stored)
    code, again = do('hbsw1', 'asset.import', file=as_file(data))
    check('the same file again changes nothing', code == 200 and again['done'] == 0 and again['unchanged'] == COUNT and len(again['faults']) == 4,
          {k: again.get(k) for k in ('done', 'unchanged', 'detail')})

    first = done('hbsw1', 'asset.export', assets=['CARD-0000', 'CARD-0001', 'CARD-0002'])['bytes']
    code, out = do('hbsw1', 'asset.import', file=as_file(first))
    check('a file that comes back as it went changes nothing', code == 200 and out['unchanged'] == 3 and out['done'] == 0 and out['faults'] == [], out)
    rows = read_xlsx(first)[0]
    rows[1][at['责任人']], rows[1][at['地域范围']] = '李四（虚构）', ''
    code, out = do('hbsw1', 'asset.import', file=as_file(write_xlsx(rows)))
    check('one that was edited changes its one card', code == 200 and out['done'] == 1 and out['unchanged'] == 2 and out['items'][0]['version'] == 2, out)
    diff = done('hbsw1', 'asset.diff', asset='CARD-0000')['items']
    check('in just those cells', {(d['zh'], d['new_text']) for d in diff} == {('责任人', '李四（虚构）'), ('地域范围', '')}, diff)
    late = read_xlsx(first)[0]
    late[1][at['责任人']] = '赵五（虚构）'
    late[2][at['责任人']] = '赵五（虚构）'
    code, out = do('hbsw1', 'asset.import', file=as_file(write_xlsx(late)))
    check('a row of a version that is not the newest is set aside, the other is taken', code == 200 and out['done'] == 1 and
          [(f['line'], f['column'], f['rule']) for f in out['faults']] == [(2, 2, 'domain.md 4.3')], out)
    check('what the first officer entered stands', done('hbsw1', 'asset.show', asset='CARD-0000')['card']['management']['mgr_person'] == '李四（虚构）')
    check('another holder\'s cards are not given out', do('pc1', 'asset.export', assets=['CARD-0000'])[0] == 404)
    code, out = do('pc1', 'asset.import', file=as_file(write_xlsx(rows)))
    check('nor changed', code == 422 and out['done'] == 0 and len(out['faults']) == 3 and out['refused'] is True, out)
    check('a file that is no sheet of cards is refused', do('hbsw1', 'asset.import', file='a,b\r\n1,2\r\n')[0] == 422)
    csv = done('hbsw1', 'asset.export', format='csv', state='CARDED')['bytes'].decode('utf-8-sig')
    check('the same as CSV, by state', csv.count('\r\n') >= COUNT and 'CARD-0003' in csv)


def draft():
    """a change of a certificated card is a draft: it discloses nothing and changes nothing in force"""
    a = done('yj1', 'asset.show', asset='GX-2026-0002')
    changed = json.loads(json.dumps(a['card']))
    changed['rights']['encumbrance'] = ['抵押：丙行（虚构）']
    code, out = do('yj1', 'asset.card', ledger=a['ledger'], card=changed, note='新增抵押（示例）')
    check('on a certificate a new version is a draft', code == 200 and out['draft'] is True and out['version'] == 2, out)
    history = done('yj1', 'asset.history', asset='GX-2026-0002')['items']
    check('history says so, and why', [(v['version'], v['draft'], v['in_force'], v['note']) for v in history] == [(1, False, True, ''), (2, True, False, '新增抵押（示例）')], history)
    b = done('yj1', 'asset.show', asset='GX-2026-0002')
    check('the card in force stays', b['card_hash'] == a['card_hash'] and b['newest'] == 2 and b['draft'] is False, b)
    diff = done('yj1', 'asset.diff', asset='GX-2026-0002')
    check('the difference is against the card in force', (diff['from'], diff['to']) == (1, 2) and [d['key'] for d in diff['items']] == ['encumbrance'], diff)


def collateral():
    number = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-420000-202604'))
    hubei = next(c['number'] for c in h.demo['certificates'] if c['number'].startswith('DAC-420000-202604-000001'))
    token = done('hb-fin1', 'token.list', authorisation=number)['items'][0]
    tries = [('asset', None), ('authorisation', number), ('certificate', hubei), ('receivable', number), ('receivable', hubei),
             ('product', token['product']), ('receivable', token['id'])]
    for basis, of in tries:
        body = {'asset': 'HB-2026-0001'} if of is None else {'basis': basis, 'number': of}
        for who in ('hbsw1', 'jc1'):
            code, out = do(who, 'collateral.request', creditor=BANK, **body)
            check('R04: %s asks by %s of a public institution\'s asset in vain' % (who, basis), code == 409 and out.get('refused') is True and out.get('rule') == 'R04', (code, out))
    check('what names no asset is not found', do('hbsw1', 'collateral.request', basis='product', number='nothing', creditor=BANK)[0] == 404)
    check('a basis needs its number', do('hbsw1', 'collateral.request', basis='authorisation', creditor=BANK)[0] == 422)
    for who in ('hb-fin1', 'gx-fin1', 'mof1'):
        for rule in ('R04', 'R01', 'R17'):
            refused('%s can\'t override %s' % (who, rule), do(who, 'rule.override', rule=rule, asset='HB-2026-0001', reason='x'), rule)
    refused('nor R05 where R04 bans', do('hb-fin1', 'rule.override', rule='R05', asset='HB-2026-0001', reason='x'), 'R04')

    listed = done('yj1', 'collateral.list', asset='GX-2026-0003')['items']
    check('what the demo registered is listed', [(c['state'], c['basis']) for c in listed] == [('REGISTERED', 'asset')], listed)
    certificate = done('yj1', 'asset.show', asset='GX-2026-0003')['certificate']
    code, out = do('yj1', 'collateral.request', basis='certificate', number=certificate, creditor='甲行（虚构）', kind='MORTGAGE')
    check('an enterprise\'s certificate leads to its disclosed asset', code == 200 and out['refused'] is False and out['assets'] == ['GX-2026-0003'], out)
    shown = done('auditor', 'asset.show', asset='GX-2026-0003')['collateral']
    check('registered encumbrances stand with the asset', {c['creditor'] for c in shown} == {BANK, '甲行（虚构）'}, shown)
    check('a stranger does not release one', do('pc1', 'collateral.release', id=out['collateral'][0], reason='x')[0] == 403)
    check('its holder does', done('yj1', 'collateral.release', id=out['collateral'][0], reason='清偿（示例）')['state'] == 'RELEASED')

    done('gx-fin1', 'asset.freeze', asset='GX-2026-0003', reason='查封（示例）')
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0003', creditor='丁行（虚构）')
    check('R19: a frozen asset secures nothing', out.get('refused') is True and out.get('rule') == 'R19', out)

    code, out = do('yj1', 'collateral.request', asset='GX-2026-0001', creditor=BANK)
    check('R05: without a certificate in force nothing is disclosed', out.get('refused') is True and out.get('rule') == 'R05', out)
    refused('another finance department does not override', do('hb-fin1', 'rule.override', rule='R05', asset='GX-2026-0001', reason='x'), 'R40')
    ap = done('gx-fin1', 'rule.override', rule='R05', asset='GX-2026-0001', reason='换发证书期间，已公告（示例）')['approval']
    refused('who asked does not approve', do('gx-fin1', 'approval.approve', id=ap), 'R22')
    override = done('gx-fin2', 'approval.approve', id=ap)['override']
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0001', creditor=BANK)
    check('with the override of two officers it is registered', code == 200 and out['refused'] is False and out['overrides'] == {'GX-2026-0001': override}, out)
    shown = done('auditor', 'asset.show', asset='GX-2026-0001')['collateral'][0]
    check('and shows the override and its reason', shown['override']['id'] == override and '已公告' in shown['override']['reason'], shown)
    check('so it does by its own number', done('auditor', 'collateral.show', id=out['collateral'][0])['override']['approver'] == 'gx-fin2')
    listed = done('auditor', 'override.list')['items']
    check('overrides are listed, used up', [(o['rule'], o['state'], o['used_by']) for o in listed] == [('R05', 'USED', out['collateral'][0])], listed)
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0001', creditor='乙行（虚构）')
    check('it lets through one act only', out.get('rule') == 'R05', out)
    kinds = [e['kind'] for e in h.cli('event', 'list', '--object', 'GX-2026-0001')[1]['items']]
    check('request, override and encumbrance are events', kinds[-4:] == ['collateral.refused', 'rule.overridden', 'collateral.registered', 'collateral.refused'], kinds)


h = Home()
officers = Officers(h)
do, done = officers.do, officers.done
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    for part in (dictionary, one_card, round_trip, draft, collateral):
        part()
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
