"""The ledger from what offices keep: 100,000 rows in GB18030 with 500 faults of 20 kinds, each
found at row and column and the rest in; the same file again; a suspension in the meantime; a
kill in the middle; workbooks, also hostile ones, in the sandboxed registry.  All rows are
illustrative."""
import csv, io, re, sqlite3, threading, zipfile
from lib import *

COLUMNS = ['台账编号', '数据资源目录编号', '名称', '概述', '形成方式', '共享来源单位', '所属行业', '分类标准', '资产分类', '时域起', '时域止', '更新频率',
           '地域范围', '数据来源', '数据结构', '数据分级', '数据量', '涉及个人信息', '管理部门', '处室备注', '密级']
ROWS, EACH = 100000, 25


def good(i):
    return ['L-%06d' % i, 'MLR/%06d' % i, '2015—2024年某流域第%d号站水位流量数据集' % i, '逐日观测', '自主采集', '', 'N76', 'LOCAL', 'A.1', '2015-01-01', '2024-12-31',
            '按天', '省级', '采集生成', '结构化', '一般', '1,234', '不涉及', '信息处', '随便', '公开']


def put(column, value):
    def change(row):
        row[column - 1] = value
        return column
    return change


def two(column, value, other, value2):
    def change(row):
        row[other - 1] = value2
        return put(column, value)(row)
    return change


KINDS = {  # kind: what makes a row have it; the result is the column
    'required': put(3, '　'), 'catalog-empty': put(2, ''), 'too-long': put(1, 'L' * 41), 'text-too-long': put(3, '名' * 121),
    'formed-by': put(5, '捡来'), 'shared-from': put(5, '共享取得'), 'not-shared': put(6, '某局'), 'industry': put(7, 'Z99'), 'class-scheme': put(8, '自定'),
    'class-code': put(9, 'a-1'), 'class-alone': lambda row: two(9, 'B', 8, '')(row), 'date': put(10, '2026-02-30'), 'date-order': put(11, '2014-01-01'),
    'update-freq': put(12, '有时'), 'geo-scope': put(13, '本地'), 'data-level': put(16, '高'), 'core': put(16, '核心'), 'number': put(17, '约十万'),
    'personal-info': put(18, '有一点'), 'error-value': put(4, '#REF!'),
}


def catalogue():
    """(octets, faults as (line, column, kind), lines marked secret)"""
    lines, faults, secret = [','.join(COLUMNS)], [], []
    makers = [k for k in KINDS for _ in range(EACH)]
    for i in range(1, ROWS + 1):
        row = good(i)
        if i % 199 == 7 and makers:
            kind = makers.pop()
            faults.append((i + 1, KINDS[kind](row), kind))
        elif i % 10000 == 5000:
            row[-1], row[2] = '机密', 'SECRETNAME'
            secret.append(i + 1)
        lines.append(','.join('"%s"' % c if ',' in c else c for c in row))
    assert not makers and len(faults) == 500 and len(KINDS) == 20
    return '\r\n'.join(lines).encode('gb18030'), faults, secret


def upload(h, data, token, query='', kind='text/csv', timeout=600):
    req = urllib.request.Request('http://127.0.0.1:%d/api/v1/ledger/import?%s' % (h.p, query), data=data, method='POST',
                                 headers={'Authorization': 'Bearer ' + token, 'Content-Type': kind})
    try:
        with urllib.request.urlopen(req, timeout=timeout) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read() or b'{}')


def rows(h, sql):
    db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def registry(h):
    """pid of the registry that the supervisor has now"""
    for _ in range(600):
        for p in filter(str.isdigit, os.listdir('/proc')):
            try:
                stat = open('/proc/%s/stat' % p).read()
            except OSError:
                continue
            if '(fujie-registry)' in stat and int(stat.rsplit(')', 1)[1].split()[1]) == h.proc.pid:
                return int(p)
        time.sleep(0.1)


def peak(pid):
    return int(re.search(r'VmHWM:\s+(\d+)', open('/proc/%d/status' % pid).read()).group(1)) // 1024


def book(rows_, packing=zipfile.ZIP_DEFLATED, **parts):
    """an XLSX of these rows, put together by hand"""
    def esc(s):
        return s.replace('&', '&amp;').replace('<', '&lt;')
    body = ''.join('<row r="%d">%s</row>' % (i + 1, ''.join('<c t="inlineStr"><is><t>%s</t></is></c>' % esc(c) if c is not None else '<c/>' for c in r)) for i, r in enumerate(rows_))
    files = {'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>',
             'xl/_rels/workbook.xml.rels': '<R><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></R>',
             'xl/worksheets/sheet1.xml': '<worksheet><sheetData>%s</sheetData>%s</worksheet>' % (body, parts.pop('after', ''))}
    files.update(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', packing) as z:
        for name, text in files.items():
            z.writestr(name, text)
    return out.getvalue()


def big(h, token, finance):
    data, want, secret = catalogue()
    before, pid = peak(registry(h)), registry(h)
    answer, seen, slowest = {}, set(), 0.0
    number = next(c['number'] for c in h.api('GET', '/api/v1/certificate?limit=1000', None, finance)[1]['items'] if c['number'].startswith('DAC-42') and c['state'] == 'ACTIVE')
    t = time.time()
    thread = threading.Thread(target=lambda: answer.update(zip(('code', 'out'), upload(h, data, token, 'partial=true&corrected=csv'))))
    thread.start()
    suspended = 0
    while thread.is_alive():
        seen.update(r[0] for r in rows(h, 'SELECT entered FROM ledger_import'))
        if 0 < max(seen or {0}) < 90000 and suspended < 1:
            began = time.time()
            code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': number, 'reason': 'x'}, finance)
            slowest, suspended = time.time() - began, suspended + (code == 200)
        time.sleep(0.2)
    thread.join()
    took, out = time.time() - t, answer.get('out', {})
    got = [(f['line'], f['column'], f['kind']) for f in out.get('faults', [])]
    print('# %d rows, %.1f MB of GB18030: %.1f s; registry at its peak %d MiB (%d MiB before); a suspension meanwhile %.2f s' %
          (ROWS, len(data) / 1e6, took, peak(pid), before, slowest), flush=True)
    check('100,000 rows in GB18030 are read as that', answer.get('code') == 200 and out['encoding'] == 'GB18030' and out['rows'] == ROWS, str(out)[:300])
    check('500 faults of 20 kinds: all found at row and column, and no other', got == want and out['faults_total'] == 500 and len(out['kinds']) == 20,
          sorted(set(want) ^ set(got))[:5])
    check('each with its rule, and a sentence in both languages', all(f['rule'] and len(f['detail']['en']) > 15 and f['detail']['zh'] for f in out['faults']))
    check('the rest is in', out['imported'] == ROWS - 500 - len(secret) == rows(h, "SELECT COUNT(*) FROM ledger WHERE import = '%s'" % out['import'])[0][0], out['imported'])
    check('rows marked secret are told by their numbers alone', out['secret_lines'] == secret and 'SECRETNAME' not in json.dumps(out) and
          b'SECRETNAME' not in b''.join(open(os.path.join(h.d, f), 'rb').read() for f in os.listdir(h.d) if f.startswith('register.db')))
    check('the column that is not ours is named', [c['title'] for c in out['ignored']] == ['处室备注'], out['ignored'])
    check('progress could be seen', len([n for n in seen if 0 < n < out['imported']]) >= 3, sorted(seen)[:9])
    check('a suspension in the meantime took effect, in less than a second', suspended == 1 and slowest < 1.0, slowest)
    check('the registry stays below 256 MiB', peak(pid) < 256, peak(pid))
    status = h.api('POST', '/api/v1/ledger/import-status', {'id': out['import']}, token)[1]
    check('the import is known to be done', status['state'] == 'DONE' and status['entered'] == out['imported'], status)
    events = rows(h, 'SELECT MAX(seq) FROM event')
    code, again = upload(h, data, token, 'partial=true')
    check('the same file again changes nothing', code == 200 and again['imported'] == 0 and again['unchanged'] == out['imported'] and
          [(f['line'], f['column'], f['kind']) for f in again['faults']] == want and rows(h, 'SELECT MAX(seq) FROM event') == events, str(again)[:300])
    return out


def correct(h, out, token):
    """what an officer does with the corrected file: mend, and import it"""
    b64 = out['corrected']['base64url']
    text = base64.urlsafe_b64decode(b64 + '=' * (-len(b64) % 4)).decode('utf-8-sig')
    check('the corrected file has the faulty rows with their faults, and no secret one', out['corrected_rows'] == 500 and text.count('\r\n') == 501 and '机密' not in text and
          text.startswith('台账编号,') and '问题' in text.split('\r\n')[0] and '第 7 列：所属行业应为' in text, text[:200])
    lines = text.split('\r\n')
    mended = lines[:1] + [l.replace('Z99', 'N76') for l in lines[1:] if 'Z99' in l]
    code, got = upload(h, '\r\n'.join(mended).encode(), token)
    check('mended, they are in', code == 200 and got['imported'] == EACH and got['faults'] == [], str(got)[:300])
    code, file = h.api('POST', '/api/v1/ledger/template', {'entries': True, 'format': 'csv'}, token)
    assert code == 200, (code, file)
    b64 = file['file']['base64url']
    own = base64.urlsafe_b64decode(b64 + '=' * (-len(b64) % 4))
    code, got = upload(h, own, token)
    check('the own entries in the template\'s headings are imported again, and nothing changes', code == 200 and got['imported'] == 0 and got['faults_total'] == 0 and
          got['unchanged'] == own.count(b'\r\n') - 1 > 1000, str(got)[:400])


def killed(h, token):
    n = 15000
    lines = [CSV_HEAD.strip()] + ['K-%d,KC-%d,第%d号,,自主采集,,否' % (i, i, i) for i in range(n)]
    data = '\r\n'.join(lines).encode()

    def send():
        try:
            upload(h, data, token)
        except OSError:
            pass
    thread = threading.Thread(target=send)
    thread.start()
    count = 0
    while thread.is_alive() and count < 2000:
        count = rows(h, "SELECT COUNT(*) FROM ledger WHERE ledger_no LIKE 'K-%'")[0][0]
    os.kill(registry(h), signal.SIGKILL)
    thread.join()
    for _ in range(600):
        time.sleep(0.1)
        try:
            urllib.request.urlopen('http://127.0.0.1:%d/login' % h.p, timeout=2).read()
            break
        except OSError:
            pass
    part = rows(h, "SELECT COUNT(*) FROM ledger WHERE ledger_no LIKE 'K-%'")[0][0]
    state = rows(h, "SELECT state, entered FROM ledger_import WHERE rows = %d" % n)
    check('killed in the middle: what is in is in whole steps, and it shows as broken off', 0 < part < n and part % 500 == 0 and state == [('RUNNING', part)], (part, state))
    code, out = upload(h, data, token)
    have = rows(h, "SELECT COUNT(*), COUNT(DISTINCT no_key) FROM ledger WHERE ledger_no LIKE 'K-%'")
    check('the same file goes on from there, without loss or doubling', code == 200 and out['imported'] == n - part and out['unchanged'] == part and have == [(n, n)], (str(out)[:200], have))
    check('and it is done', rows(h, "SELECT state, entered FROM ledger_import WHERE rows = %d" % n) == [('DONE', n)])


def workbooks(h, token):
    path = h.root + '/book.xlsx'
    merged = '<mergeCells><mergeCell ref="A1:G1"/><mergeCell ref="E2:F2"/></mergeCells>'
    table = [['某单位数据资源目录'], ['台账编号', '目录编号', '名称', '形成方式', '时域范围', None, '密级'], [None, None, None, None, '起', '止', None],
             ['X-1', 'XC-1', '第一号', '自主采集', '2015/1/1', '2020/1/1', '公开'], ['X-2', 'XC-2', '第二号', '自主采集', '2015-13-01', None, '公开'], ['X-3', 'XC-3', 'SECRETX', '购置', None, None, '秘密']]
    open(path, 'wb').write(book(table, after=merged))
    saved = h.root + '/corrected.xlsx'
    code, out = h.cli('ledger', 'import', path, '--partial', '--corrected', 'xlsx', '--out', saved, who='qx1')
    check('a workbook with a title and a merged heading is imported by the command line', code == 0 and out['imported'] == 1 and out['encoding'] == 'XLSX' and
          [(f['line'], f['column'], f['kind']) for f in out['faults']] == [(5, 5, 'date')] and out['secret_lines'] == [6], out)
    z = zipfile.ZipFile(saved)
    check('the corrected workbook has drop-downs, and no secret', b'<dataValidation ' in z.read('xl/worksheets/sheet1.xml') and
          b'SECRETX' not in b''.join(z.read(n) for n in z.namelist()) and 'base64url' not in out['corrected'], z.namelist())
    many = [COLUMNS] + [good(i) for i in range(1, 20001)]
    for r in many[1:]:
        r[0], r[1] = 'B' + r[0], 'B' + r[1]
    open(path, 'wb').write(book(many, zipfile.ZIP_STORED))
    code, out = h.cli('ledger', 'import', '--file', path, '--dry-run', who='qx1')
    check('a workbook of 20,000 rows, beside the request', code == 0 and out['good'] == 20000 and os.path.getsize(path) > 1 << 20, str(out)[:300])
    sheet = 'xl/worksheets/sheet1.xml'
    hostile = {'a ZIP bomb': book([], **{sheet: '<worksheet>' + ' ' * (200 << 20) + '</worksheet>'}),
               'entities': book([], **{sheet: '<!DOCTYPE w [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><w>&c;</w>'}),
               'no sheet': book([], **{'xl/_rels/workbook.xml.rels': '<R/>'}), 'cut short': book(many)[:100000], 'no parts': book([], **{'xl/workbook.xml': ''})}
    for name, data in hostile.items():
        code, out = upload(h, data, token, kind='application/octet-stream')
        fault = (out.get('faults') or [{}])[0]
        check('a hostile workbook (%s) is refused' % name, (code == 413 or (code == 422 and out['refused'] and fault.get('kind') == 'file')) and
              'XLSX' in json.dumps(out, ensure_ascii=False), str(out)[:300])
    empty = '<row r="%d"><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/><c s="1"/></row>'
    head = '<row r="1">%s</row>' % ''.join('<c t="str"><v>%s</v></c>' % c for c in COLUMNS)
    code, out = upload(h, book([], **{sheet: '<worksheet><sheetData>' + head + ''.join(empty % i for i in range(2, 100002)) + '</sheetData></worksheet>'}), token, kind='application/octet-stream')
    check('a million empty cells are no rows', code == 200 and out['rows'] == 0 and out['faults'] == [], str(out)[:300])
    code, out = h.cli('ledger', 'template', '--format', 'xlsx', '--out', h.root + '/template.xlsx')
    check('the template is a workbook with drop-downs', code == 0 and b'<dataValidation ' in zipfile.ZipFile(h.root + '/template.xlsx').read('xl/worksheets/sheet1.xml'), out)
    check('no reader is left behind', [p for p in filter(str.isdigit, os.listdir('/proc')) if is_reader(p, h)] == [])


def is_reader(p, h):
    """a reader of this registry: a child of its room"""
    try:
        stat = open('/proc/%s/stat' % p).read()
        parent = stat.rsplit(')', 1)[1].split()
        if '(fujie-sheets)' not in stat or parent[0] == 'Z':
            return False
        return int(open('/proc/%s/stat' % parent[1]).read().rsplit(')', 1)[1].split()[1]) == registry(h)
    except OSError:
        return False


def decided(h, token, finance):
    ids = [r['id'] for r in h.api('GET', '/api/v1/ledger?limit=1000', None, token)[1]['items'] if r['ledger_no'].startswith('L-0')][:500]
    code, out = h.api('POST', '/api/v1/ledger/recognise', {'ids': ids, 'result': 'ASSET', 'decision': '党组会纪要（示例）', 'held': True, 'benefit': True, 'measurable': True}, token)
    check('500 entries are recognised in one act', code == 200 and out['done'] == len(ids) == 500 and out['set_aside'] == [], str(out)[:300])
    code, out = h.api('POST', '/api/v1/ledger/confirm', {'ids': ids}, finance)
    check('and confirmed in one', code == 200 and out['done'] == 500, str(out)[:300])
    code, out = h.api('POST', '/api/v1/ledger/counts', {'by': 'industry'}, token)
    n76 = [i for i in out.get('items', []) if i['industry'] == 'N76']
    check('counts by industry, and how much of what is recognised is registered', code == 200 and n76[0]['assets'] == 500 and n76[0]['registered'] == 0 and n76[0]['registered_bp'] == 0 and
          out['total']['entries'] == rows(h, 'SELECT COUNT(*) FROM ledger')[0][0], str(out)[:300])


def at_once(h, token):
    """one catalogue under the ledger numbers of two offices, sent together"""
    n = 3000

    def file(prefix, note=''):
        return ('台账编号,数据资源目录编号,名称,概述,形成方式,是否涉密\r\n' + ''.join('%s-%d,CAT-ONCE-%d,同时导入%d,%s,自主采集,否\r\n' % (prefix, i, i, i, note) for i in range(n))).encode()
    start, said = threading.Barrier(2), {}

    def send(prefix):
        start.wait()
        said[prefix] = upload(h, file(prefix), token)
    threads = [threading.Thread(target=send, args=(p,)) for p in ('ONE', 'TWO')]
    [t.start() for t in threads]
    [t.join() for t in threads]
    there = rows(h, "SELECT COUNT(*), COUNT(DISTINCT catalog_ref) FROM ledger WHERE catalog_ref LIKE 'CAT-ONCE-%'")[0]
    check('two imports at once bring no catalogue number and name twice', there == (n, n), (there, str(said)[:600]))
    first = min(said, key=lambda p: -len(rows(h, "SELECT 1 FROM ledger WHERE ledger_no LIKE '%s-%%'" % p)))
    most = len(rows(h, "SELECT 1 FROM ledger WHERE ledger_no LIKE '%s-%%'" % first))
    code, out = upload(h, file(first, '概述已更新'), token, 'update=true&partial=true')
    status = h.api('POST', '/api/v1/ledger/import-status', {'id': out['import']}, token)[1]
    check('the status of an import counts what it changed', out['rewritten'] == most > 0 and (status['good'], status['entered'], status['state']) == (most, most, 'DONE'), (out, status))

    req = urllib.request.Request('http://127.0.0.1:%d/list/ledger?download=csv&holder=%s' % (h.p, rows(h, "SELECT holder FROM ledger WHERE catalog_ref = 'CAT-ONCE-0'")[0][0]), headers={'Authorization': 'Bearer ' + token, 'Accept-Language': 'zh-CN'})
    with urllib.request.urlopen(req, timeout=300) as r:
        got = list(csv.DictReader(io.StringIO(r.read().decode('utf-8-sig'))))
    ours = [x for x in got if x['数据资源目录编号'].startswith('CAT-ONCE-')]
    check('the portal\'s file of the list has all of its pages, each row with all its cells', len(ours) == n and all(x['名称'] == '同时导入' + x['数据资源目录编号'][9:] and None not in x.values() and
          [k for k in x if (x[k] == '') != (ours[0][k] == '')] == [] for x in ours), (len(got), len(ours), got[:1], got[-1:]))


def meanwhile(h, token):
    """an update is what its preview showed, or it is not made"""
    def file(**summaries):
        return ('台账编号,数据资源目录编号,名称,概述,形成方式,是否涉密\r\n' + ''.join('%s,CAT-%s,预览之后%s,%s,自主采集,否\r\n' % (k, k, k, v) for k, v in summaries.items())).encode()

    def there():
        return dict(rows(h, "SELECT ledger_no, summary FROM ledger WHERE catalog_ref LIKE 'CAT-MW%' ORDER BY ledger_no")), rows(h, 'SELECT MAX(seq) FROM event')[0][0]
    upload(h, file(MW1='一', MW2='二', MW3='三'), token)
    new = file(MW1='一新', MW2='二新', MW3='三', MW4='四')
    code, out = upload(h, new, token, 'update=true&dry_run=true')
    seen = out.get('seen')
    check('a preview of an update answers what it saw', code == 200 and isinstance(seen, int) and out['rewritten'] == 2 and out['good'] == 3, out)
    check('one that updates nothing has nothing to compare', 'seen' not in upload(h, new, token, 'dry_run=true')[1])
    upload(h, file(MW2='二，他人已改', MW4='四，他人先录入'), token, 'update=true')
    before = there()
    code, out = upload(h, new, token, 'update=true&seen=%d' % seen)
    check('an entry that somebody changed after the preview, or entered, is told by row; nothing is entered', code == 422 and out['refused'] and out['kinds'] == {'changed': 2} and
          [(f['line'], f['column'], f['value']) for f in out['faults']] == [(3, 1, 'MW2'), (5, 1, 'MW4')] and there() == before and out['rewritten'] == 1, (out, there(), before))
    code, again = upload(h, new, token, 'update=true&dry_run=true')
    check('the preview, looked at again, shows what stands there now', [(d['ledger_no'], d['was']) for d in again['differences']] == [('MW1', '一'), ('MW2', '二，他人已改'), ('MW4', '四，他人先录入')], again)
    code, out = upload(h, new, token, 'update=true&partial=true&seen=%d' % seen)
    check('asked for the good rows alone, what changed stays as it is', not out['refused'] and out['rewritten'] == 1 and out['faults_total'] == 2 and
          there()[0] == {'MW1': '一新', 'MW2': '二，他人已改', 'MW3': '三', 'MW4': '四，他人先录入'}, (out, there()))
    upload(h, file(MW5='五'), token) # another entry, which the file does not name
    code, out = upload(h, new, token, 'update=true&seen=%d' % again['seen'])
    check('with what the newer preview saw it is made, whatever happened to others', not out['refused'] and out['rewritten'] == 2 and there()[0]['MW2'] == '二新' and there()[0]['MW4'] == '四', (out, there()))
    code, out = upload(h, file(MW1='一'), token, 'update=true')
    check('who names no preview is asked nothing', not out['refused'] and out['rewritten'] == 1, out)
    check('what was seen is a number', upload(h, new, token, 'update=true&seen=x')[0] == 422)


h = Home()
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    s = {who: h.session(who) for who in ('hbsw1', 'hb-fin1', 'qx1')}
    out = big(h, s['hbsw1'], s['hb-fin1'])
    correct(h, out, s['hbsw1'])
    decided(h, s['hbsw1'], s['hb-fin1'])
    killed(h, s['qx1'])
    workbooks(h, s['qx1'])
    at_once(h, s['qx1'])
    meanwhile(h, s['qx1'])
    code, out = h.cli('db', 'rebuild')
    check('the events give every table again', code == 0 and out.get('same') is True, out)
    check('and it ends on SIGTERM with 0', h.stop() == 0)
finally:
    h.close()
finish()
