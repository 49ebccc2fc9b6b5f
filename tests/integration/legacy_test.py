"""What happened on paper, and before the appliance, on a demo home: 线下 acts recorded by two
officers and carried out as the body's; 历史补录 from a file by one approval, with real
dates, warnings, and what is refused all the same.  All names and numbers are illustrative."""
import io
from lib import *

MOF, MWR, MWR_IC, HUBEI, WATER = '11100000DEMA00056N', '11100000DEMA00064H', '12100000DEMA000729', '11420000DEMA00013M', '12420000DEMA00099D'
PENGCHENG, GUIZHOU = '91440300DEMA00128B', '11520000DEMA000217'
COURT = '11420000DEMA00910W'
SCAN = {'base64url': base64.urlsafe_b64encode(b'%PDF-1.4 illustrative scan').decode().rstrip('=')}
SHA = hashlib.sha256(b'an old scan').hexdigest()


def history(object):
    return json.loads(subprocess.run([B + '/fujie', 'event', 'list', '--object', object, '--dir', h.d, '--json'], capture_output=True, text=True, timeout=300).stdout)['items']


def paper(who, act, body='水利部', usci=MWR, no='水函〔2026〕3号（示例）', date='2026-01-04', **more):
    return do(who, 'offline.record', body=body, usci=usci, doc_no=no, doc_date=date, scan=SCAN, act=act, **more)


def entry(who, prefix, n):
    done(who, 'ledger.import', file=CSV_HEAD + ''.join('%s-%d,CAT-%s-%d,2025年示例数据集%d,,自主采集,,否\r\n' % (prefix, i, prefix, i, i) for i in range(n)))
    ids = [r['id'] for r in sorted(get(who, 'ledger?limit=1000')['items'], key=lambda r: r['ledger_no']) if r['ledger_no'].startswith(prefix + '-')]
    done(who, 'ledger.recognise', ids=ids, result='ASSET', decision='党组会纪要（示例）')
    return ids


def offline():
    ledger = entry('slxx1', 'OFF', 3)
    code, out = paper('mof1', {'act': 'ledger.confirm', 'ids': ledger})
    check('a recognition confirmed on paper waits for a second officer', code == 200 and 'approval' in out and out['set_aside'] == [], out)
    refused('who entered it does not approve it', do('mof1', 'approval.approve', id=out['approval']), 'R22')
    record = out['object']
    out = done('mof2', 'approval.approve', id=out['approval'])
    check('approved, every entry is confirmed', out['state'] == 'APPROVED' and out['done']['done'] == 3 and get('mof1', 'ledger/' + ledger[0])['state'] == 'CONFIRMED', out)
    last = history(ledger[0])[-1]
    check('the event says 线下, with document and date, as the body\'s', last['kind'] == 'ledger.confirmed' and last['org'] == MWR and last['body']['offline']['mark'] == '线下' and
          last['body']['offline']['doc_no'] == '水函〔2026〕3号（示例）' and last['body']['offline']['doc_date'] == '2026-01-04' and last['at'] > '2026-01-05', last)
    shown = get('mof1', 'offline/' + record)
    check('the record names both officers, document, day of entry, and its scan', shown['recorder'] == 'mof1' and shown['confirmer'] == 'mof2' and shown['entered_at'] > shown['doc_date'] and
          get('mof1', 'material/' + shown['material'])['sha256'] == shown['sha256'], shown)
    refused('a confirmed entry is not confirmed again on paper', paper('mof1', {'act': 'ledger.confirm', 'ids': ledger}), 'domain.md 7')

    for i, lg in enumerate(ledger):
        done('slxx1', 'asset.card', ledger=lg, card=card('OFF-%d' % i))
    regs = [done('slxx1', 'registration.submit', asset='OFF-%d' % i)['id'] for i in range(3)]
    for sentence, act, rule, more in (
            ('a document of tomorrow is refused', {'act': 'registration.endorse', 'ids': regs, 'accept': True}, 'domain.md decision 10', {'date': '2026-03-01'}),
            ('an act that nobody can record is refused', {'act': 'certificate.issue', 'ids': regs}, 'domain.md decision 10', {}),
            ('an endorsement by another body than the superior is refused', {'act': 'registration.endorse', 'ids': regs, 'accept': True}, 'domain.md 6', {'usci': COURT, 'body': '示例法院（虚构）'}),
            ('a body without code endorses nothing', {'act': 'registration.endorse', 'ids': regs, 'accept': True}, 'domain.md decision 10', {'usci': ''}),
            ('a no on paper has its reason', {'act': 'registration.endorse', 'ids': regs, 'accept': False}, '26号 art. 10', {}),
            ('a freezing on paper has its reason', {'act': 'asset.freeze', 'asset': 'OFF-0'}, 'domain.md decision 10', {}),
            ('an act names what it is about', {'act': 'registration.endorse', 'accept': True}, 'domain.md decision 10', {}),
            ('a note on nothing is refused', {'act': 'note', 'object': 'NOTHING-1', 'note': 'x'}, 'domain.md decision 10', {})):
        refused(sentence, paper('mof1', act, **{k: v for k, v in more.items() if v != ''} if more.get('usci') != '' else {'usci': None}), rule)
    refused('another finance department records nothing about these', paper('hb-fin1', {'act': 'registration.endorse', 'ids': regs, 'accept': True}), 'R40')
    code, out = paper('slxx1', {'act': 'registration.endorse', 'ids': regs, 'accept': True})
    check('a holder records nothing', code == 403 and out['detail']['zh'] != '', (code, out))

    code, out = paper('mof1', {'act': 'registration.endorse', 'ids': regs + ['RG-unknown'], 'accept': True})
    check('a faulty item is set aside when it is entered', code == 200 and [a['item'] for a in out['set_aside']] == ['RG-unknown'], out)
    done('mof2', 'approval.approve', id=out['approval'])
    check('the endorsement is carried out', [get('mof1', 'registration/' + r)['state'] for r in regs] == ['APPLIED'] * 3)
    refused('the officer who entered it takes no later step', do('mof1', 'registration.decide', id=regs[0], accept=True), 'R22')
    done('mof3', 'registration.decide', id=regs[0], accept=True)
    refused('and has no part in the certificate', do('mof1', 'certificate.issue', assets=['OFF-0']), 'R22')
    asked = done('mof2', 'certificate.issue', assets=['OFF-0'])
    refused('not as the second officer either', do('mof1', 'approval.approve', id=asked['approval']), 'R22')

    act = {'act': 'asset.freeze', 'asset': 'OFF-1', 'reason': '财产保全裁定（示例）'}
    code, out = paper('mof3', act, body='示例法院（虚构）', usci=COURT, no='（2026）示例执保1号')
    done('mof2', 'approval.approve', id=out['approval'])
    asset = get('mof1', 'asset/OFF-1')
    last = history('OFF-1')[-1]
    check('a court freezes on paper, at once when it is approved', asset['state'] == 'FROZEN' and last['body']['by'] == COURT and last['body']['offline']['body'] == '示例法院（虚构）', last)
    act = {'act': 'asset.unfreeze', 'asset': 'OFF-1', 'reason': '解除保全（示例）'}
    refused('another body does not lift it', paper('mof3', act), 'domain.md decision 10')
    code, out = paper('mof3', act, body='示例法院（虚构）', usci=COURT, no='（2026）示例执保2号')
    done('mof2', 'approval.approve', id=out['approval'])
    check('the court lifts it by another paper', get('mof1', 'asset/OFF-1')['state'] == 'APPLIED')
    code, out = paper('mof3', {'act': 'note', 'object': 'OFF-2', 'note': '部务会审议通过（示例）'}, usci=None, body='水利部部务会')
    done('mof2', 'approval.approve', id=out['approval'])
    last = history('OFF-2')[-1]
    check('a meeting without a code is noted in the object\'s history', last['kind'] == 'offline.noted' and last['body']['offline']['mark'] == '线下', last)
    code, out = paper('mof3', {'act': 'registration.endorse', 'ids': regs[1:], 'accept': True})
    refused('what has been endorsed is not endorsed again', (code, out), 'domain.md 7')
    check('records are listed', len(get('mof1', 'offline')['items']) == 5)
    rebuilt(h, 'replaying gives the same register after acts on paper')


# --- 历史补录 ---

HEAD = ['持有单位代码', '台账编号', '数据资源目录编号', '确认依据', '登记日期', '登记文号', '文件日期', '扫描件哈希', '原证书编号', '原证书起始日', '原证书截止日', '是否设定担保', '是否涉密',
        '资产编号', '名称', '概述', '分类体系', '分类代码', '公共数据', '公共数据依据', '权属争议', '权利负担、查封和管制', '数据分级', '管理部门', '责任人', '安全制度', '应急预案', '账面原值（元）',
        '计价依据', '数据产权登记凭证编号', '安全风险评估', '涉及个人信息']
ROW = dict(zip(HEAD, [WATER, '', '', '厅务会纪要（示例）', '2024-06-28', '', '2024-06-28', SHA, '', '', '', '否', '否', '', '2023年湖北省示例数据集', '', 'LOCAL', '1', '否', '', '否', '', '一般', '数据处',
                      '王三', '有', '有', '', '', '', '', '']))


def rows(prefix, n, **change):
    """change: {number of the row: {heading: value}}"""
    out = []
    for i in range(n):
        r = dict(ROW, **{'台账编号': '%s-L%04d' % (prefix, i), '数据资源目录编号': 'CAT-%s-%d' % (prefix, i), '登记文号': '鄂财资登〔2024〕%d号（示例）' % (i + 1), '资产编号': '%s-%04d' % (prefix, i)})
        r.update(change.get('r%d' % i, {}))
        out.append(r)
    return out


def table(list, head=HEAD):
    return '\ufeff' + '\r\n'.join(','.join('"%s"' % str(r[k]).replace('"', '""') for k in head) for r in [dict(zip(head, head))] + list) + '\r\n'


def headings():
    fields = {f['zh'] for f in h.cli('asset', 'fields')[1]['items']}
    missing = [k for k in HEAD[13:] if k not in fields]
    check('the test uses the dictionary\'s headings', missing == [], missing)


def legacy():
    faults = {'r1': {'数据分级': '核心'}, 'r2': {'是否设定担保': '是'}, 'r3': {'权利负担、查封和管制': '质押：示例银行（虚构）'}, 'r4': {'分类代码': 'a b'},
              'r5': {'计价依据': '评估值', '账面原值（元）': '100.00'}, 'r6': {'持有单位代码': PENGCHENG}, 'r7': {'登记日期': '2027-01-01'}, 'r8': {'扫描件哈希': 'none'}, 'r9': {'登记文号': ''},
              'r10': {'资产编号': 'HIST-0000'}, 'r11': {'持有单位代码': '11420000DEMA99999X'}, 'r12': {'登记日期': '28.6.2024'}, 'r13': {'原证书起始日': '2024-07-01', '原证书截止日': '2024-06-30'},
              'r14': {'权属争议': '是', '数据分级': '重要', '涉及个人信息': '原始个人信息', '分类代码': '9', '数据资源目录编号': '', '原证书编号': '旧证〔2024〕1号（示例）'}}
    text = table(rows('HIST', 16, **faults))
    out = done('gz-fin1', 'legacy.import', file=table(rows('GZH', 2, r0={'持有单位代码': GUIZHOU, '数据产权登记凭证编号': 'SJ4212026030001'}, r1={'持有单位代码': GUIZHOU})), dry_run=True)
    check('a property right number on duty data is refused', out['good'] == 1 and out['faults'][0]['rule'] == 'R33', out)
    name = h.root + '/old.csv'
    open(name, 'w').write(text)
    code, out = h.cli('legacy', 'import', name, '--dry-run', '--org', HUBEI)
    check('a dry run needs nobody and tells everything', code == 0 and out['good'] == 3 and out['faults_total'] == 13 and out['dry_run'], out)
    rules = {f['line']: f.get('rule') for f in out['faults']}
    want = {3: 'R17', 4: 'R04', 5: 'R04', 6: 'domain.md 4.3', 7: 'R36', 8: 'R40', 9: 'domain.md decision 11', 12: 'domain.md 4.3', 15: 'domain.md decision 11'}
    check('the hard prohibitions refuse their rows', all(rules.get(k) == v for k, v in want.items()), rules)
    check('each fault has row, column and both languages', all(f['line'] and f['column'] and f['detail']['zh'] and f['detail']['en'] for f in out['faults']), out['faults'])
    told = [w['rule'] for w in out['warnings'] if w['line'] == 16]
    check('other rules are told, not refused', set(told) >= {'R02', 'R19', 'R17', 'R37', 'domain.md 3.2'}, told)
    check('nothing was kept', get('hb-fin1', 'asset?limit=1000')['items'] == [a for a in get('hb-fin1', 'asset?limit=1000')['items'] if not a['asset_no'].startswith('HIST')])

    code, out = h.cli('legacy', 'import', name)
    check('without --as nothing is entered', code == 1 and out['detail']['zh'] != '', out)
    code, out = h.cli('legacy', 'import', name, who='hb-fin1')
    check('one approval for the file, with a digest over all rows', code == 0 and out['good'] == 3 and len(out['digest']) == 64 and 'approval' in out, out)
    refused('who handed it in does not approve it', do('hb-fin1', 'approval.approve', id=out['approval']), 'R22')
    code, twice = do('hb-fin2', 'legacy.import', file=text)
    check('the same file does not wait twice', code == 409 and twice['detail']['zh'] != '', twice)
    approved = done('hb-fin2', 'approval.approve', id=out['approval'])
    check('approved, all good rows are in', approved['done'] == 3, approved)
    code, again = h.cli('legacy', 'import', name, who='hb-fin1')
    check('the same file again changes nothing and says so', code == 0 and again['unchanged'] == 3 and again['good'] == 0 and 'approval' not in again, {k: v for k, v in again.items() if k not in ('faults', 'warnings')})

    asset = get('hb-fin1', 'asset/HIST-0000')
    check('the asset is registered and marked, real date beside the day of entry', asset['state'] == 'REGISTERED' and asset['legacy']['mark'] == '历史补录' and
          asset['legacy']['registered_on'] == '2024-06-28' and asset['legacy']['entered_at'].startswith('2026-01-05') and asset['legacy']['scan'] == SHA, asset)
    reg = get('hb-fin1', 'registration/' + asset['legacy']['registration'])
    check('its registration too, at its real date', reg['state'] == 'REGISTERED' and reg['applied_at'] == '2024-06-27T16:00:00Z' and reg['legacy']['doc_no'] == '鄂财资登〔2024〕1号（示例）', reg)
    check('its history says 历史补录', history('HIST-0000')[0]['body']['mark'] == '历史补录' and history('HIST-0000')[0]['approval'] == out['approval'])
    check('one in dispute stands frozen', get('hb-fin1', 'asset/HIST-0014')['state'] == 'FROZEN')
    refused('and gets no certificate', do('hb-fin2', 'certificate.issue', assets=['HIST-0014']), 'domain.md 7')
    counts = h.cli('legacy', 'list', '--from', '2024-01-01', '--to', '2024-12-31')[1]
    check('they are counted in their real period', len(counts['items']) == 3 and len(h.cli('legacy', 'list', '--from', '2025-01-01')[1]['items']) == 0, counts)

    refused('who handed the file in has no part in the certificate', do('hb-fin1', 'certificate.issue', assets=['HIST-0000']), 'R22')
    asked = done('hb-fin2', 'certificate.issue', assets=['HIST-0000', 'HIST-0015'])
    issued = done('hb-fin3', 'approval.approve', id=asked['approval'])
    cert = get('hb-fin1', 'certificate/' + issued['certificates'][0])
    check('a certificate is issued the normal way, never back-dated', cert['state'] == 'ACTIVE' and cert['not_before'] >= '2026-01-05', cert)
    done('hb-fin1', 'asset.unfreeze', asset='HIST-0014', reason='争议已解决（示例）')

    lg = entry('hbsw1', 'HOLD', 1)[0]
    text = table(rows('JOIN', 2, r0={'台账编号': 'HOLD-0'}, r1={'资产编号': 'HIST-0000'}))
    out = done('hb-fin1', 'legacy.import', file=text)
    check('a number that is used is set aside', out['good'] == 1 and out['faults'][0]['rule'] == 'domain.md 4.3', out)
    done('hb-fin2', 'approval.approve', id=out['approval'])
    check('a ledger entry that was there is the asset\'s', get('hb-fin1', 'asset/JOIN-0000')['ledger'] == lg and get('hb-fin1', 'ledger/' + lg)['state'] == 'CONFIRMED')
    for value in ('是', '机密', '不清楚'):
        refused('a file with a row marked %s is not kept' % value, do('hb-fin1', 'legacy.import', file=table(rows('SEC', 3, r1={'是否涉密': value, '名称': '不得出现的名称'}))), 'domain.md decision 12')
    kept = b''.join(open(os.path.join(h.d, 'materials', f), 'rb').read() for f in os.listdir(h.d + '/materials'))
    check('nothing of it is anywhere', '不得出现的名称'.encode() not in kept and '不得出现的名称'.encode() not in open(h.d + '/register.db', 'rb').read())
    refused('a file without the heading is refused', do('hb-fin1', 'legacy.import', file='a,b\r\n1,2\r\n'), 'domain.md decision 11')
    refused('a heading that names a column twice is refused', do('hb-fin1', 'legacy.import', file=table(rows('DUP', 1), HEAD + ['登记日期'])), 'domain.md 4')
    refused('a file that says nothing about secrecy is refused', do('hb-fin1', 'legacy.import', file=table(rows('NOS', 1), [x for x in HEAD if x != '是否涉密'])), 'domain.md decision 12')
    refused('a row that can\'t be read may hide a mark', do('hb-fin1', 'legacy.import', file=table(rows('BRK', 2)) + '"不得出现的名称\r\n'), 'domain.md decision 12')
    refused('nine columns about secrecy are too many', do('hb-fin1', 'legacy.import', file=table(rows('SC9', 1), HEAD + ['是否涉密'] * 8)), 'domain.md decision 12')

    t = time.time()
    out = done('hb-fin1', 'legacy.import', file=table(rows('MANY', 5000)))
    entered = done('hb-fin2', 'approval.approve', id=out['approval'])
    check('5,000 rows are one approval (%.1f s)' % (time.time() - t), entered['done'] == 5000, entered.get('done'))
    refused('5,001 are refused', do('hb-fin1', 'legacy.import', file=table(rows('MORE', 5001))), 'domain.md decision 11')
    code, out = h.cli('legacy', 'template', '--out', h.root + '/t.xlsx')
    check('there is a template', code == 0 and open(h.root + '/t.xlsx', 'rb').read(2) == b'PK', out)
    rebuilt(h, 'replaying gives the same register after entries from before')


h = Home(cases=False)
officers = Officers(h)
do, done, get = officers.do, officers.done, officers.get
check('a demo home without cases is made', h.made, h.made_err)
check('it serves', h.serve())
try:
    headings()
    offline()
    legacy()
finally:
    h.close()
finish()
