"""A day's work of a finance department and a holder: 1,000 entries of a ledger CSV become
1,000 certificates by 26号's whole course, in at most 20 acts of officers.  Counted are
the acts (POSTs that change something), beside them the pages that were read for ids.
DAY=n takes another number of entries."""
import csv, io
from lib import *

N, MOST = int(os.environ.get('DAY', '1000')), 20
acts, reads = [], []


def act(who, command, **body):
    """what an officer does"""
    begin = time.time()
    code, out = officers.do(who, command, **body)
    acts.append('%s by %s' % (command, who))
    print('# %-22s by %-8s %5.1f s' % (command, who, time.time() - begin), flush=True)
    if code != 200:
        raise RuntimeError('%s by %s: %s' % (command, who, str(out)[:400]))
    return out


def everything(who, noun):
    """reading"""
    after, out = '', []
    while after is not None:
        code, page = h.api('GET', '/api/v1/%s?limit=1000&after=%s' % (noun, after), None, officers.token(who))
        reads.append(noun)
        out += page['items']
        after = page.get('next')
    return out


def full(sentence, out):
    check('%s: %d of %d, none set aside' % (sentence, out.get('done', 0), N), out.get('done') == N and out.get('set_aside') == [], str(out)[-300:])
    return out


def filled(text):
    """the sheet of cards as a holder fills it in"""
    rows = list(csv.reader(io.StringIO(text.lstrip('\ufeff'))))
    head = [t.rstrip('*') for t in rows[0]]
    values = {'概述': '示例（虚构）', '分类体系': 'LOCAL', '分类代码': '1', '所属行业': 'N76', '数据来源': '采集生成', '地域范围': '省级', '更新频率': '按天', '数据形态': '表格', '结构化程度': '结构化',
              '权利种类': '数据持有权', '来源合法性依据': '履职采集（示例）', '涉及个人信息': '不涉及', '权属争议': '否', '公共数据': '是', '公共数据依据': '示例', '应用场景': '防汛（示例）',
              '产品和服务': '查询（示例）', '数据分级': '一般数据', '管理部门': '数据处', '责任人': '王三（虚构）', '安全制度': '制度（示例）', '应急预案': '预案（示例）', '安全风险评估': '报告（示例）',
              '存证编号': 'EV-1'}
    missing = [k for k in values if k not in head]
    check('the sheet has every column that is to be filled in', not missing, missing)
    at = {head.index(k): v for k, v in values.items() if k in head}
    no = head.index('资产编号')
    for i, row in enumerate(rows[1:]):
        for k, v in at.items():
            row[k] = v
        row[no] = 'DAY-%05d' % i
    out = io.StringIO()
    csv.writer(out, lineterminator='\r\n').writerows(rows)
    return out.getvalue()


def export():
    code, out = h.api('POST', '/api/v1/asset/export', {'format': 'csv'}, officers.token('hbsw1'))
    reads.append('asset.export')
    b64 = out['file']['base64url']
    return base64.urlsafe_b64decode(b64 + '=' * (-len(b64) % 4)).decode()


def day():
    h.at('2026-03-02T01:00:00Z')
    out = act('hbsw1', 'ledger.import', file=CSV_HEAD + ''.join('L-%05d,CAT-%05d,2026年示例监测数据集%05d,示例,自主采集,,否\r\n' % (i, i, i) for i in range(N)))
    check('the ledger is imported', out['imported'] == N, str(out)[:300])
    entries = [r['id'] for r in everything('hbsw1', 'ledger')]
    full('recognised', act('hbsw1', 'ledger.recognise', ids=entries, result='ASSET', decision='党组会纪要（示例）'))
    full('confirmed', act('hb-fin1', 'ledger.confirm', ids=entries))
    full('cards', act('hbsw1', 'asset.import', file=filled(export())))
    assets = [r['asset_no'] for r in everything('hbsw1', 'asset')]
    ids = [i['id'] for i in full('applied for', act('hbsw1', 'registration.submit', assets=assets))['items']]
    full('accepted', act('hb-fin3', 'registration.accept', ids=ids))
    full('reviewed', act('hb-fin3', 'registration.review', ids=ids, accept=True))
    text = h.api('POST', '/api/v1/registration/notice-text', {'ids': ids}, officers.token('hb-fin3'))[1]['text']
    reads.append('registration.notice-text')
    check('one text for the notice', text.count('登记数据名称') == N)
    full('under notice', act('hb-fin3', 'registration.notice', ids=ids, place='门户（示例）', address='https://notice.example/day', confidentiality='已审（示例）'))
    h.at('2026-03-17T01:00:00Z')
    full('decided', act('hb-fin3', 'registration.decide', ids=ids, accept=True))
    asked = act('hb-fin1', 'certificate.issue', assets=assets)
    check('one approval covers them all', 'set_aside' not in asked, str(asked)[:300])
    out = act('hb-fin2', 'approval.approve', id=asked['approval'])
    check('%d certificates' % N, out.get('issued') == N and len(set(out['certificates'])) == N and out.get('set_aside', []) == [], str(out)[-300:])
    listed = everything('hb-fin1', 'certificate')
    check('all in force, numbered without a gap', len(listed) == N and all(c['state'] == 'ACTIVE' for c in listed) and sorted(int(c['number'].split('-')[3]) for c in listed) == list(range(1, N + 1)))


h = Home(cases=False)
officers = Officers(h)
try:
    check('a demo home without cases that serves', h.made and h.serve(), h.made_err)
    begin = time.time()
    day()
    took = time.time() - begin
    print('# %d acts of officers, %d pages and files read, %.1f s' % (len(acts), len(reads), took), flush=True)
    check('%d registrations in %d acts of officers, %d at most' % (N, len(acts), MOST), len(acts) <= MOST, acts)
    check('in less than a minute (%.1f s)' % took, took < 60)
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
