"""Files to and from 预算管理一体化 on a demo home: cards that wait for their number, exports in
three formats by a mapping, receipts that bring numbers, the list of differences, and
hostile files.  All names and numbers are illustrative."""
import csv, io, zipfile
from xml.etree import ElementTree
from xml.sax.saxutils import escape
from lib import *

HUBEI, WATER = '11420000DEMA00013M', '12420000DEMA00099D'


def as_file(data):
    data = data if isinstance(data, bytes) else data.encode()
    return {'base64url': base64.urlsafe_b64encode(data).decode().rstrip('=')}


def entry(who, prefix, n, confirm='hb-fin1'):
    done(who, 'ledger.import', file=CSV_HEAD + ''.join('%s-%d,CAT-%s-%d,2025年示例数据集%d,,自主采集,,否\r\n' % (prefix, i, prefix, i, i) for i in range(n)))
    ids = [r['id'] for r in sorted(get(who, 'ledger?limit=1000')['items'], key=lambda r: r['ledger_no']) if r['ledger_no'].startswith(prefix + '-')]
    done(who, 'ledger.recognise', ids=ids, result='ASSET', decision='党组会纪要（示例）')
    done(confirm, 'ledger.confirm', ids=ids)
    return ids


def nameless(name='2025年湖北省示例 <数据> & 清单', **basic):
    c = card('x')
    del c['basic']['asset_no']
    c['basic'].update(name=name, **basic)
    return c


def receipts(rows, kind='csv', head=('我方编号', '资产编号', '处理结果', '原因')):
    if kind == 'csv':
        return '\r\n'.join(','.join(r) for r in [head] + rows) + '\r\n'
    return '<?xml version="1.0" encoding="UTF-8"?>\n<Receipts>%s</Receipts>' % ''.join(
        '<Receipt>%s</Receipt>' % ''.join('<%s>%s</%s>' % (k, escape(v), k) for k, v in zip(head, r) if v) for r in rows)


def table(data):
    rows = list(csv.reader(io.StringIO(data.decode('utf-8-sig'))))
    return [dict(zip(rows[0], r)) for r in rows[1:]]


# --- assets that wait for their number ---

def waiting():
    global waits, ledger
    ledger = entry('hbsw1', 'XCH', 6)
    out = [done('hbsw1', 'asset.card', ledger=lg, card=nameless(book_value=123450, value_basis='COST')) for lg in ledger[:4]]
    waits = [o['asset_no'] for o in out]
    check('a card without a number gets a provisional one', all(w.startswith('W-') and len(w) == 14 for w in waits) and len(set(waits)) == 4, out)
    check('its asset waits for the number', get('hbsw1', 'asset/' + waits[0])['state'] == 'AWAITING_NUMBER')
    again = done('hbsw1', 'asset.card', ledger=ledger[0], card=nameless(name='2025年湖北省示例数据集（二）'))
    check('its card goes on under that number', again['asset_no'] == waits[0] and again['version'] == 2 and not again['draft'] and
          get('hbsw1', 'asset/' + waits[0])['state'] == 'AWAITING_NUMBER', again)
    done('hbsw1', 'material.add', asset=waits[0], kind='RISK', file=as_file('a risk assessment'))
    for sentence, answer, rule in (
            ('nothing is registered of it', do('hbsw1', 'registration.submit', asset=waits[0]), 'domain.md 7'),
            ('nor frozen', do('hb-fin1', 'asset.freeze', asset=waits[0], reason='x'), 'domain.md 7'),
            ('nor certified', do('hb-fin1', 'certificate.issue', assets=[waits[0]]), 'domain.md 7'),
            ('nobody makes up a provisional number', do('hbsw1', 'asset.card', ledger=ledger[4], card=card('W-000000000000')), 'domain.md 4.3'),
            ('its number is not entered by hand', do('hbsw1', 'asset.card', ledger=ledger[0], card=card('HB-9')), 'domain.md 4.3')):
        refused(sentence, answer, rule)
    done('hbsw1', 'asset.card', ledger=ledger[4], card=card('HB-KNOWN'))
    refused('an asset that has its number says which', do('hbsw1', 'asset.card', ledger=ledger[4], card=nameless()), 'domain.md 4.3')


# --- out ---

def export():
    out = done('hb-fin1', 'exchange.export', format='csv', state='AWAITING_NUMBER')
    data = out['bytes']
    rows = table(data)
    check('those that wait are exported', [r['资产编号'] for r in rows] == sorted(waits) and out['rows'] == 4, rows)
    check('in the dictionary\'s headings and words', rows[0]['数据分级'] == '一般数据' and next(r for r in rows if r['资产编号'] == waits[1])['账面原值'] == '1234.50' and rows[0]['持有单位代码'] == WATER, rows[0])
    check('the file has an id and its hash', out['sha256'] == hashlib.sha256(data).hexdigest() and out['id'].startswith('EX-'), out['id'])
    again = done('hb-fin1', 'exchange.export', format='csv', state='AWAITING_NUMBER')
    check('the same once more is the same file', again['id'] == out['id'] and again['again'] is True and again['bytes'] == data)
    xml = done('hb-fin1', 'exchange.export', format='xml', state='AWAITING_NUMBER')['bytes']
    root = ElementTree.fromstring(xml)
    check('XML says the same, escaped', root.tag == 'Assets' and [r.find('名称').text for r in root if r.find('资产编号').text == waits[1]] == ['2025年湖北省示例 <数据> & 清单'])
    xlsx = done('hb-fin1', 'exchange.export', state='AWAITING_NUMBER')['bytes']
    check('XLSX is the default', zipfile.ZipFile(io.BytesIO(xlsx)).testzip() is None)
    through = done('hb-fin1', 'exchange.export', format='csv')['through']
    check('since an event that nothing follows there is nothing', done('hb-fin1', 'exchange.export', format='csv', since=through)['rows'] == 0)
    done('hbsw1', 'asset.card', ledger=ledger[4], card=card('HB-KNOWN'))
    check('what has changed since is exported', [r['资产编号'] for r in table(done('hb-fin1', 'exchange.export', format='csv', since=through)['bytes'])] == ['HB-KNOWN'])
    check('another department\'s assets are not in its file', done('gz-fin1', 'exchange.export', format='csv')['rows'] == 0)
    refused('a format that is none', do('hb-fin1', 'exchange.export', format='pdf'), None)
    code, out = h.cli('exchange', 'export', '--format', 'xml', '--out', h.root + '/out.xml', who='hb-fin2')
    check('on the command line too', code == 0 and open(h.root + '/out.xml', 'rb').read(5) == b'<?xml', out)


# --- the mapping ---

MAP = {'format': 'xml', 'root': 'AssetList', 'record': 'Asset',
       'fields': [{'field': 'asset.asset_no', 'column': 'ZCBH'}, {'field': 'basic.name', 'column': 'ZCMC'}, {'field': 'management.data_level', 'column': 'SJFJ', 'codes': {'GENERAL': '1', 'IMPORTANT': '2'}},
                  {'field': 'basic.book_value', 'column': 'ZMYZ', 'as': 'fen'}, {'field': 'basic.acquired_on', 'column': 'QDRQ', 'as': 'date8'},
                  {'field': 'rights.public_data', 'column': 'GGSJ', 'codes': {'true': 'Y', 'false': 'N'}}, {'field': 'basic.class_scheme', 'column': 'FLTX', 'as': 'code'}],
       'receipt': {'number': 'WFBH', 'asset_no': 'ZCBH', 'verdict': 'JG', 'accepted': ['OK'], 'refused': ['ERR'], 'reason': 'YY'}}


def mapping():
    def wrong(sentence, **change):
        m = json.loads(json.dumps(MAP))
        m.update(change)
        refused(sentence, do('hb-fin1', 'exchange.map', mapping=m), None)

    fields = MAP['fields']
    wrong('a mapping of an unknown field is refused', fields=fields + [{'field': 'basic.colour', 'column': 'C'}])
    wrong('a column twice is refused', fields=fields + [{'field': 'basic.industry', 'column': 'zcmc'}])
    wrong('a field twice is refused', fields=fields + [{'field': 'basic.name', 'column': 'N2'}])
    wrong('a code that the field does not have is refused', fields=fields[:2] + [{'field': 'management.data_level', 'column': 'SJFJ', 'codes': {'TOP': '1'}}])
    wrong('a form that does not fit is refused', fields=fields[:1] + [{'field': 'basic.name', 'column': 'N', 'as': 'fen'}])
    wrong('a mapping without the number is refused', fields=fields[1:])
    wrong('an element name that is none is refused', root='1 list')
    wrong('a receipt without words is refused', receipt=dict(MAP['receipt'], accepted=[]))
    wrong('a member that is unknown is refused', colour='red')
    refused('a holder sets no mapping', do('hbsw1', 'exchange.map', mapping=MAP), None)
    out = done('hb-fin1', 'exchange.map', mapping=MAP)
    check('a mapping is versioned', out['version'] == 1 and done('hb-fin1', 'exchange.map', mapping=MAP)['unchanged'] is True, out)
    code, shown = h.cli('exchange', 'mapping', '--finance', HUBEI)
    check('and shown by version, also the defaults', code == 0 and shown['version'] == 1 and shown['mapping'] == MAP and h.cli('exchange', 'mapping', '--finance', HUBEI, '--version', '0')[1]['mapping']['format'] == 'xlsx', shown)
    out = done('hb-fin1', 'exchange.export', state='AWAITING_NUMBER')
    first = next(r for r in ElementTree.fromstring(out['bytes']) if r.find('ZCBH').text == waits[1])
    check('the export follows it', out['mapping'] == 1 and {e.tag: e.text for e in first} == {'ZCBH': waits[1], 'ZCMC': '2025年湖北省示例 <数据> & 清单', 'SJFJ': '1', 'ZMYZ': '123450',
                                                                                              'GGSJ': 'N', 'FLTX': 'LOCAL'}, {e.tag: e.text for e in first})
    m = json.loads(json.dumps(MAP))
    m['fields'][2]['codes'] = {'IMPORTANT': '2'}
    done('hb-fin1', 'exchange.map', mapping=m)
    out = done('hb-fin1', 'exchange.export', state='AWAITING_NUMBER')
    check('a code without translation sets its asset aside, with the reason', out['rows'] == 0 and len(out['set_aside']) == 4 and out['set_aside'][0]['detail']['zh'] != '', out['set_aside'])
    done('hb-fin1', 'exchange.map', mapping=MAP)


# --- in ---

def numbers():
    head = ('WFBH', 'ZCBH', 'JG', 'YY')
    other = done('hbsw1', 'asset.card', ledger=ledger[5], card=card('HB-TAKEN'))
    pc = entry('pc1', 'PC', 1, 'sz-fin1')
    done('pc1', 'asset.card', ledger=pc[0], card=card('SZ-1'))
    faulty = receipts([(waits[0], 'HB-100', 'OK', ''), (waits[1], 'HB-TAKEN', 'OK', ''), (waits[2], 'SZ-1', 'OK', ''), (waits[3], '', 'OK', ''), ('NONE-1', 'HB-101', 'OK', ''),
                       ('SZ-1', 'SZ-1', 'OK', ''), ('HB-KNOWN', 'HB-OTHER', 'OK', ''), ('HB-TAKEN', '', '也许', ''), (waits[1], 'HB-102', 'ERR', '')], head=head)
    dry = done('hb-fin1', 'exchange.import', file=faulty, dry_run=True)
    check('a dry run tells every fault by row and column', dry['good'] == 1 and [f['line'] for f in dry['faults']] == [3, 4, 5, 6, 7, 8, 9, 10] and
          all(f['column'] in (1, 2, 3, 4) and f['detail']['zh'] and f['detail']['en'] for f in dry['faults']), dry['faults'])
    check('and changes nothing', get('hb-fin1', 'asset/' + waits[0])['state'] == 'AWAITING_NUMBER')
    words = [f['detail']['zh'] for f in dry['faults']]
    check('a number of another asset, and of another holder\'s, are refused', '已被使用' in words[0] and '其他单位' in words[1], words)
    refused('a holder imports no receipts', do('hbsw1', 'exchange.import', file=faulty), None)
    out = done('hb-fin1', 'exchange.import', file=faulty)
    check('the good rows are one task, the others set aside', out['done'] == 1 and out['items'][0]['numbered'] is True and out['faults_total'] == 8 and not out['refused'], out)
    asset = get('hb-fin1', 'asset/HB-100')
    check('the number stands everywhere: asset, card, a version that says it', asset['state'] == 'CARDED' and asset['card']['basic']['asset_no'] == 'HB-100' and asset['version'] == 3 and
          asset['name'] == '2025年湖北省示例数据集（二）', asset)
    versions = h.cli('asset', 'history', 'HB-100')[1]['items']
    check('older versions are kept, with their time and officer', [v['version'] for v in versions] == [1, 2, 3] and all(v.get('at') for v in versions), versions)
    materials = h.cli('material', 'list', '--asset', 'HB-100')[1]
    check('its materials too', len(materials['items']) == 1 and materials['items'][0]['kind'] == 'RISK', materials)
    events = [e['kind'] for e in h.cli('event', 'list', '--object', 'HB-100')[1]['items']]
    check('its history goes back to the first card', events[:2] == ['asset.carded', 'asset.carded'] and 'asset.numbered' in events and 'exchange.received' in events, events)
    again = done('hb-fin1', 'exchange.import', file=faulty)
    check('the same file again changes nothing and says so', again['again'] is True and again['id'] == out['id'] and again['done'] == 0, again)
    listed = get('hb-fin1', 'exchange/' + out['id'])
    check('the file is on record, with what was set aside', listed['sha256'] == hashlib.sha256(faulty.encode()).hexdigest() and listed['done'] == 1 and len(listed['faults']) == 8, listed)
    out = done('hb-fin1', 'exchange.import', file=receipts([(waits[0], 'HB-100', 'OK', '')], head=head) + '\r\n')
    check('the number once more in another file is known', out['unchanged'] == 1 and out['good'] == 0, out)
    refused('a provisional number that was replaced is not used again', do('hbsw1', 'asset.card', ledger=ledger[0], card=card(waits[0])), 'domain.md 4.3')

    out = done('hb-fin1', 'exchange.import', file=as_file(receipts([(waits[1], 'HB-101', 'OK', ''), (waits[2], '', 'ERR', '分类代码有误（示例）'), ('HB-KNOWN', '', 'ERR', '缺少取得日期（示例）')], 'xml', head)))
    check('receipts in XML are read the same', out['done'] == 3 and get('hb-fin1', 'asset/HB-101')['state'] == 'CARDED', out)
    check('one that is not taken waits on, and says why', get('hb-fin1', 'asset/' + waits[2])['state'] == 'AWAITING_NUMBER' and
          h.cli('exchange', 'receipts', waits[2])[1]['items'][0]['reason'] == '分类代码有误（示例）')
    reg = done('hbsw1', 'registration.submit', asset='HB-100')
    check('with its number it is applied for', reg['state'] in ('APPLIED', 'SUBMITTED'), reg)
    text = receipts([('X', 'Y', 'OK', '')] * 2, head=('WFBH', 'ZCBH', 'JG', 'JG'))
    refused('a heading that names a column twice is refused by row and column', do('hb-fin1', 'exchange.import', file=text), 'domain.md 4', row=True)
    refused('a file without the heading is refused', do('hb-fin1', 'exchange.import', file='a,b\r\n1,2\r\n'), '167·三(二)')
    refused('more than 5,000 records are refused by row', do('hb-fin1', 'exchange.import', file=receipts([('N-%d' % i, '', 'ERR', 'x') for i in range(5001)], head=head)), None, row=True)
    rows = done('hb-fin1', 'exchange.import', file=receipts([(waits[3], 'HB-103', 'OK', ''), (waits[2], 'HB-103', 'OK', '')], head=head), dry_run=True)
    check('a number given twice in a file is refused', rows['faults'][0]['line'] == 3 and '两次' in rows['faults'][0]['detail']['zh'], rows)


def hostile():
    """each refused with record and field, none read past"""
    deep = '<?xml version="1.0"?><a>' + '<b>' * 500 + '</b>' * 500 + '</a>'
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a><b><WFBH>&y;</WFBH></b></a>'
    outside = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><b><WFBH>&x;</WFBH><JG>OK</JG></b></a>'
    for sentence, data in (('entities', bomb), ('an entity from outside', outside), ('deep nesting', deep), ('an attribute', '<?xml version="1.0"?><a><b c="1"/></a>'),
                           ('text between fields', '<?xml version="1.0"?><a><b>x<WFBH>1</WFBH></b></a>'), ('a processing instruction', '<?xml version="1.0"?><?php x?><a/>'),
                           ('a document cut short', '<?xml version="1.0"?><a><b><WFBH>1</WFBH>'), ('another encoding than it says', b'<?xml version="1.0"?><a><b><c>\xb1\xe0</c></b></a>'),
                           ('an encoding that is not read', b'<?xml version="1.0" encoding="GB18030"?><a><b><c>1</c></b></a>'),
                           ('too many fields', '<?xml version="1.0"?><a><b>' + ''.join('<f%d>1</f%d>' % (i, i) for i in range(201)) + '</b></a>')):
        for command in ('exchange.import', 'exchange.reconcile', 'legacy.import'):
            refused('%s refuses XML with %s' % (command, sentence), do('hb-fin1', command, file=as_file(data)), 'XML 1.0', row=True)
    out = done('hb-fin1', 'exchange.import', dry_run=True, file=as_file('<?xml version="1.0"?><a><b><WFBH>HB-KNOWN</WFBH><JG>ERR</JG><YY>%s</YY></b><b><WFBH>HB-KNOWN</WFBH><WFBH>x</WFBH><JG>OK</JG></b>'
                                                                        '<b><WFBH>HB-101</WFBH><JG>OK</JG></b></a>' % ('x' * 8001)))
    check('a field too long, or given twice, breaks its row only', [(f['line'], f['column']) for f in out['faults']] == [(2, 3), (3, 1)] and out['unchanged'] == 1, out)


# --- the list of differences ---

def reconcile():
    before = h.cli('status', 'show')[1]['events']
    theirs = ('ZCBH,ZCMC,SJFJ,ZMYZ,GGSJ\r\nHB-101,2025年湖北省示例 <数据> & 清单,1,123450,N\r\nHB-100,别的名称,2,,N\r\nHB-404,=没有,1,,N\r\nHB-101,x,1,,N\r\n,x,1,,N\r\n')
    out = done('hb-fin1', 'exchange.reconcile', file=theirs, format='csv')
    kinds = {k: out[k] for k in ('missing_here', 'missing_there', 'differing', 'faulty', 'same')}
    check('missing here, missing there, differing fields, faults are counted', kinds == {'missing_here': 1, 'missing_there': 4, 'differing': 2, 'faulty': 2, 'same': 1}, kinds)
    diff = [(d['asset_no'], d['field'], d['ours'], d['theirs'], d['line'], d['column']) for d in out['differences'] if d['kind'] == 'differing']
    check('each difference names field, both values, row and column', diff == [('HB-100', 'basic.name', '2025年湖北省示例数据集（二）', '别的名称', 3, 2),
                                                                       ('HB-100', 'management.data_level', '1', '2', 3, 3)], diff)
    rows = table(out['bytes'])
    check('the list is a file, formula-safe', len(rows) == 9 and out['total'] == 9 and {r['差异类型'] for r in rows} == {'本系统缺失', '对方缺失', '字段不一致', '行有误'}, rows)
    check('it changes nothing', h.cli('status', 'show')[1]['events'] == before)
    ours = done('hb-fin1', 'exchange.export', format='xml')['bytes']
    out = done('hb-fin1', 'exchange.reconcile', file=as_file(ours))
    check('our own export has no difference', out['total'] == 0 and out['same'] == out['rows'] == 6, out['differences'])
    check('as XLSX by default', out['bytes'][:2] == b'PK')
    refused('a holder reconciles nothing', do('hbsw1', 'exchange.reconcile', file=theirs), None)
    refused('a list without the number is refused', do('hb-fin1', 'exchange.reconcile', file='ZCMC\r\nx\r\n'), '167·三(二)')
    name = h.root + '/theirs.csv'
    open(name, 'w').write(theirs)
    code, out = h.cli('exchange', 'reconcile', name, '--out', h.root + '/d.xlsx', who='hb-fin2')
    check('on the command line too', code == 0 and out['total'] == 9 and open(h.root + '/d.xlsx', 'rb').read(2) == b'PK', out)
    code, out = h.cli('exchange', 'import', name, who='hb-fin2')
    check('a list is no receipt', code == 1 and out['detail']['zh'] != '', out)


h = Home(cases=False)
officers = Officers(h)
do, done, get = officers.do, officers.done, officers.get
check('a demo home without cases is made', h.made, h.made_err)
check('it serves', h.serve())
try:
    waiting()
    export()
    mapping()
    numbers()
    hostile()
    reconcile()
    rebuilt(h, 'replaying gives the same register')
finally:
    h.close()
finish()
