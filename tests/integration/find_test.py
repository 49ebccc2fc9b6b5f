"""Finding things on a demo home: search, filters, pages, files, history, and a dossier
that is checked without the appliance."""
import csv, io, tarfile, urllib.parse, zipfile
from lib import *
import dossier_check

HEAD = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'


CSV, XLSX, TAR = 'text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/x-tar'


def raw(method, path, body, token, accept='text/csv'):
    """(status, headers, bytes)"""
    r = urllib.request.Request('http://127.0.0.1:%d%s' % (h.p, path), None if body is None else json.dumps(body).encode(), method=method,
                               headers={'Authorization': 'Bearer ' + token, 'Accept': accept})
    try:
        with urllib.request.urlopen(r, timeout=300) as a:
            return a.status, a.headers, a.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def keys(answer, key='key'):
    return [i[key] for i in answer[1]['items']]


def search():
    check('a word of two characters is found at the command line', 'SL-2026-0001' in keys(h.cli('find', 'search', '水文')))
    check('and at the API', 'SL-2026-0001' in keys(h.api('POST', '/api/v1/find/search', {'q': '水文', 'noun': 'asset'}, s)))
    check('in full width and small letters', keys(h.cli('find', 'search', 'ｓｌ－２０２６', '--noun', 'asset')) == ['SL-2026-0001'])
    check('a certificate by its number', 'DAC-420000-202604-000001-2' in keys(h.cli('find', 'search', 'DAC-420000-202604-000001-2', '--noun', 'certificate')))
    check('what is not there is not found', keys(h.cli('find', 'search', '甲骨文')) == [])
    code, out = h.api('POST', '/api/v1/find/search', {'q': '" OR noun:asset NEAR(' }, s)
    check('operators are words', code == 200 and out['items'] == [], out)
    code, out = h.api('GET', '/api/v1/find/search?q=' + urllib.parse.quote('水文') + '&noun=asset', None, s)
    check('and by GET', code == 200 and 'SL-2026-0001' in [i['key'] for i in out['items']], out)
    code, out = h.api('GET', '/api/v1/asset?division=42&limit=1', None, s)
    check('lists by GET take their filters', code == 200 and len(out['items']) == 1 and out['items'][0]['asset_no'].startswith('HB-'), out)
    code, out = h.api('POST', '/api/v1/find/search', {'q': '水' * 10000}, s)
    check('ten thousand characters are refused', code == 422, out)
    code, out = h.api('POST', '/api/v1/find/search', {'q': '，。“”'}, s)
    check('so are signs alone, in Chinese and English', code == 422 and out['detail']['zh'] and out['detail']['en'], out)
    seen, after = [], None
    while True:
        code, out = h.api('POST', '/api/v1/find/search', dict({'q': '数据', 'limit': 3}, **({'after': after} if after else {})), s)
        seen += [i['key'] for i in out['items']]
        after = out['next']
        if not after:
            break
    check('pages of a search hold each thing once', len(seen) == len(set(seen)) > 6, seen)


def lists():
    everything = keys(h.cli('asset', 'list'), 'asset_no')
    hubei = keys(h.cli('asset', 'list', '--division', '42'), 'asset_no')
    province = [a for a in hubei if a.startswith('HB-')]
    check('assets by division, with those of a county in it', set(hubei) == set(province) | {'QH-2026-0001'} and province and len(hubei) < len(everything), hubei)
    check('and by finance department', keys(h.cli('asset', 'list', '--finance', '11420000DEMA00013M'), 'asset_no') == province)
    for noun, pair in (('authorisation', ('assessor', 'turn')), ('asset', ('issuing', 'turn')), ('ledger', ('confirmer', 'turn')), ('plan', ('bureau', 'turn')), ('registration', ('turn', 'superior'))):
        given = ['%s=11420000DEMA00013M' % f for f in pair]
        code, out = h.api('GET', '/api/v1/%s?%s' % (noun, '&'.join(given)), None, s)
        check('%s by two of what decides the list is refused, and says by which' % noun, code == 422 and all('"%s"' % f in out['detail']['en'] for f in pair), out)
        check('each of them alone is taken', [h.api('GET', '/api/v1/%s?%s' % (noun, g), None, s)[0] for g in given] == [200, 200])
    states = set(keys(h.cli('certificate', 'list', '--state', 'SUSPENDED'), 'state'))
    check('certificates by state', states == {'SUSPENDED'}, states)
    both = h.cli('certificate', 'list', '--state', 'SUSPENDED', '--holder', '12420000DEMA00099D')
    check('and by holder too', len(keys(both, 'number')) == 1, both)
    ends = h.cli('certificate', 'list', '--expires-from', '2029-03-01', '--expires-to', '2029-03-31')
    check('certificates that end in a month, the first to end first', keys(ends, 'number') == ['DAC-100000-202603-000001-F', 'DAC-100000-202603-000002-D'], ends)
    check('a day that is none is refused', h.cli('certificate', 'list', '--expires-from', 'soon')[0] == 1)
    check('so is a division of three digits', h.cli('asset', 'list', '--division', '420')[0] == 1)
    check('so is a filter of another list', h.cli('organisation', 'list', '--state', 'X')[0] == 2)
    seen, after = [], None
    while True:
        code, out = h.cli('token', 'list', '--limit', '1000', *(('--after', after) if after else ()))
        seen += keys((code, out), 'id')
        after = out['next']
        if not after:
            break
    check('all tokens by pages of 1,000', len(seen) == len(set(seen)) > 3000, len(seen))


def operation():
    """plans and products are found, filtered, exported and told like the rest, by whoever may list them"""
    plans, products = h.cli('plan', 'list')[1]['items'], h.cli('product', 'list')[1]['items']
    p = next(x for x in plans if x['state'] == 'ACTIVE' and x['course'] == 'FULL')
    g = next(x for x in products if x['authorisation'] == p['authorisation'])
    check('a plan is found by its number', [(i['noun'], i['key'], i['state'], i['holder']) for i in h.cli('find', 'search', p['id'])[1]['items']] == [('plan', p['id'], 'ACTIVE', p['holder'])])
    operator = h.cli('organisation', 'show', p['operator'])[1]['name']
    check('by its operator\'s name', p['id'] in keys(h.cli('find', 'search', operator, '--noun', 'plan')))
    check('and by a certificate that it names', p['id'] in keys(h.cli('find', 'search', officers.done('hb-fin1', 'plan.show', id=p['id'])['proposal']['certificates'][0], '--noun', 'plan')))
    found = h.cli('find', 'search', g['name'], '--noun', 'product')[1]['items']
    check('a product is found by its name', g['product'] in [i['key'] for i in found] and all(i['noun'] == 'product' for i in found), found)
    check('and by its seller', g['product'] in keys(h.cli('find', 'search', g['seller']['usci'], '--noun', 'product')))
    check('plans by holder, implementing institution, operator and division', all(p['id'] in keys(h.cli('plan', 'list', *f), 'id') for f in (
        ('--holder', p['holder']), ('--implementer', p['implementer'], '--state', 'ACTIVE'), ('--operator', p['operator']), ('--created-from', '2026-01-01'))))
    check('a filter that does not fit leaves it out', p['id'] not in keys(h.cli('plan', 'list', '--holder', '11420000DEMA00013M'), 'id') and p['id'] not in keys(h.cli('plan', 'list', '--state', 'REFUSED'), 'id'))
    check('products by authorisation, seller, kind and state', [keys(h.cli('product', 'list', *f), 'product').count(g['product']) for f in (
        ('--authorisation', p['authorisation']), ('--seller', g['seller']['usci']), ('--kind', 'operator'), ('--state', 'ON_SALE'), ('--kind', 'redeveloped'), ('--state', 'WITHDRAWN'))] == [1, 1, 1, 1, 0, 0])
    seen, after = [], None
    while True:
        out = h.cli('product', 'list', '--limit', '2', *(('--after', after) if after else ()))[1]
        seen += keys((0, out), 'product')
        after = out['next']
        if not after:
            break
    check('products by pages, each once', seen == keys((0, {'items': products}), 'product') and len(seen) == len(set(seen)), seen)
    check('a state that no plan has is refused', h.cli('plan', 'list', '--state', 'SOLD')[0] != 0)
    for noun, key, text in (('plan', 'id', p['id']), ('product', 'product', g['product'])):
        code, head, body = raw('POST', '/api/v1/find/export', {'noun': noun, 'format': 'csv'}, s)
        check('the list of each %s as a file' % noun, code == 200 and text in body.decode('utf-8-sig'), code)
        check('which another list\'s filter refuses', raw('POST', '/api/v1/find/export', {'noun': noun, 'mode': 'WHOLE'}, s)[0] == 422)
    # who reads: the roles of plan.list and product.list are those of the search
    for who in ('hbsw1', 'jc1', 'gz-fin1', 'auditor'):
        may = [officers.do(who, c, **b)[0] for c, b in (('plan.list', {}), ('product.list', {}), ('find.search', {'q': p['id']}), ('find.export', {'noun': 'plan'}))]
        check('%s lists, searches and exports alike' % who, may == [200] * 4, may)
    check('signed out nobody does', [raw('POST', '/api/v1/' + path, {'q': p['id']}, 'x')[0] for path in ('plan/list', 'product/list', 'find/search')] == [401] * 3)
    asset = officers.done('hb-fin1', 'authorisation.show', number=p['authorisation'])['assets'][0]['id']
    kinds = []
    after = 0
    while after is not None:
        out = h.cli('find', 'history', asset, '--limit', '200', '--after', str(after))[1]
        kinds += [(e['kind'], e['object']) for e in out['items']]
        after = out['next']
    check('the plan and the products belong to the asset\'s history', {('plan.proposed', p['id']), ('plan.agreed', p['id']), ('product.added', g['product'])} <= set(kinds), kinds[-20:])
    path = h.root + '/operation.tar'
    code, out = h.cli('find', 'dossier', asset, '--out', path)
    with tarfile.open(path) as t:
        there = json.load(t.extractfile('plans.json')), json.load(t.extractfile('products.json'))
    check('and its dossier has both, whole', p['id'] in [x['id'] for x in there[0]] and there[0][0]['document']['agreement']['scope'] and g['product'] in [x['product'] for x in there[1]], there)
    check('which holds together', wrong(path) == '', wrong(path))
    for name, old in (('plans.json', b'"scope"'), ('products.json', b'"fee_fen":')):
        changed = wrong(repack(path, lambda f: f.__setitem__(name, f[name].replace(old, old[:-2] + b'x' + old[-2:], 1))))
        check('another %s is noticed' % name, bool(changed), changed)


def files():
    code, head, body = raw('POST', '/api/v1/find/export', {'noun': 'certificate', 'format': 'csv', 'state': 'ACTIVE'}, s)
    rows = list(csv.reader(io.StringIO(body.decode('utf-8-sig'))))
    check('a list as CSV, with its type and a name', code == 200 and head['Content-Type'].startswith('text/csv') and
          head['Content-Disposition'].startswith('attachment; filename="certificate-') and rows[0][0] == '证书编号' and len(rows) > 4, head)
    check('only what the filter lets through', {r[1] for r in rows[1:]} == {'ACTIVE'}, rows)
    code, head, body = raw('POST', '/api/v1/find/export', {'noun': 'asset', 'format': 'xlsx', 'lang': 'en'}, s, XLSX)
    x = zipfile.ZipFile(io.BytesIO(body))
    text = b''.join(x.read(n) for n in x.namelist()).decode(errors='replace')
    check('as XLSX with English headings', code == 200 and 'SL-2026-0001' in text and 'asset number' in text and 'asset_no' not in text)
    code, out = h.cli('find', 'export', 'token', '--format', 'json', '--out', h.root + '/tokens.json')
    check('as JSON into a file', code == 0 and len(json.load(open(h.root + '/tokens.json'))) == out['rows'] > 3000 and
          os.stat(h.root + '/tokens.json').st_mode & 0o777 == 0o600, out)
    hostile = ['=cmd|\'/c calc\'!A1', '+1+1', '-2+3', '@SUM(A1)', '＝1+1', '＠1']
    code, out = h.api('POST', '/api/v1/ledger/import', {'file': HEAD + ''.join('F-%d,C-F,"%s",,自主采集,,否\r\n' % (i, t) for i, t in enumerate(hostile))}, h.session('hbsw1'))
    check('entries that look like formulas are taken as text', code == 200 and out.get('imported') == len(hostile), out)
    code, head, body = raw('POST', '/api/v1/find/export', {'noun': 'ledger', 'format': 'csv', 'holder': '12420000DEMA00099D'}, s)
    cells = [c for r in csv.reader(io.StringIO(body.decode('utf-8-sig'))) for c in r]
    check('no cell is a formula', all("'" + t in cells for t in hostile) and not any(c[:1] in '=+-@＝＋－＠' and c for c in cells), cells)
    code, out = h.api('POST', '/api/v1/find/export', {'noun': 'ledger'}, s)
    check('who does not accept the type gets it inside the JSON', code == 200 and base64.urlsafe_b64decode(out['file']['base64url'] + '==').startswith(b'\xef\xbb\xbf'), out)
    check('another list\'s filter is refused', raw('POST', '/api/v1/find/export', {'noun': 'ledger', 'mode': 'WHOLE'}, s)[0] == 422)
    check('so is another format', raw('POST', '/api/v1/find/export', {'noun': 'ledger', 'format': 'pdf'}, s)[0] == 422)
    check('and nobody exports unasked', raw('POST', '/api/v1/find/export', {'noun': 'ledger'}, 'x')[0] == 401)


def history():
    code, out = h.cli('find', 'history', 'HB-2026-0002')
    kinds = [e['kind'] for e in out['items']]
    check('an asset\'s history begins with its ledger entry and has its suspension', kinds[0] == 'ledger.entered' and 'certificate.suspended' in kinds and
          'registration.decided' in kinds and 'asset.carded' in kinds and 'approval.requested' in kinds, kinds)
    check('in order, each verified in the chain', [e['seq'] for e in out['items']] == sorted(e['seq'] for e in out['items']) and all(e['verified'] for e in out['items']))
    issued = next(e for e in out['items'] if e['kind'] == 'certificate.issued')
    check('with who approved it', issued['approved']['decisions'][0]['verdict'] == 'approve' and issued['approved']['applicant'] == 'hb-fin1', issued)
    carded = next(e for e in out['items'] if e['kind'] == 'asset.carded')
    check('and who acted for whom', carded['actor']['login'] == 'hbsw1' and carded['org']['name'] == '湖北省水文水资源中心', carded)
    one = h.cli('find', 'history', 'HB-2026-0002', '--limit', '4')[1]
    two = h.cli('find', 'history', 'HB-2026-0002', '--after', str(one['next']))[1]
    check('by pages', [e['seq'] for e in one['items'] + two['items']] == [e['seq'] for e in out['items']])
    covered = h.cli('find', 'history', 'HB-2026-0001')[1]
    check('the authorisation that covers it belongs to it', any(e['kind'] == 'authorisation.issued' for e in covered['items']))
    check('what never was has no history', h.cli('find', 'history', 'NOBODY')[0] == 1)


def repack(path, change):
    """the same archive with changed files and a manifest that fits them"""
    with tarfile.open(path) as t:
        files = {m.name: t.extractfile(m).read() for m in t.getmembers()}
    manifest = json.loads(files.pop('manifest.json'))
    change(files)
    manifest['files'] = [{'name': n, 'octets': len(b), 'sha256': hashlib.sha256(b).hexdigest()} for n, b in files.items()]
    manifest['events'] = files['events.jsonl'].count(b'\n')
    files['manifest.json'] = json.dumps(manifest).encode()
    out = path + '.changed'
    with tarfile.open(out, 'w') as t:
        for n, b in files.items():
            i = tarfile.TarInfo(n)
            i.size = len(b)
            t.addfile(i, io.BytesIO(b))
    return out


def wrong(path):
    try:
        return dossier_check.check(path) and ''
    except dossier_check.Wrong as e:
        return str(e)


def dossier():
    officers.done('jc1', 'registration.object', asset='HB-2026-0002', name='赵六（虚构）', contact='示例路1号', evidence='采集合同（示例）')
    for asset in ('HB-2026-0002', 'GZ-2026-0001', 'GX-2026-0003'):
        path = h.root + '/%s.tar' % asset
        code, out = h.cli('find', 'dossier', asset, '--out', path)
        n = code == 0 and wrong(path)
        check('the dossier of %s holds together without the appliance' % asset, n == '', n)
    path = h.root + '/HB-2026-0002.tar'
    code, head, body = raw('POST', '/api/v1/find/dossier', {'asset': 'HB-2026-0002'}, s, TAR)
    check('the API answers it as a file', code == 200 and head['Content-Type'] == 'application/x-tar' and b'manifest.json' in body, code)

    names = lambda data: tarfile.open(fileobj=io.BytesIO(data)).getnames()
    check('who objected is in it for the deciding department only', 'openings.json' in names(body) and '赵六'.encode() in body and
          'openings.json' not in names(officers.done('hbsw1', 'find.dossier', asset='HB-2026-0002')['bytes']))

    def swap(name, old, new):
        def change(files):
            n = next(k for k in files if k.startswith(name) and old in files[k])
            files[n] = files[n].replace(old, new)
        return change

    certificate = 'certificates/DAC-420000-202604-000002-Z.pem'
    changes = {
        'a changed card': swap('cards/', b'GENERAL', b'general'),
        'an event by somebody else': swap('events.jsonl', b'"actor":"hb-fin2"', b'"actor":"hb-fin9"'),
        'an event of another time': swap('events.jsonl', b'"at":17', b'"at":18'),
        'another object of an approval': swap('approvals/', b'"object":"HB-2026-0002"', b'"object":"HB-2026-0009"'),
        'another payload of an approval': lambda f: swap(next(n for n in f if n.endswith('.payload.json')), b'HB-2026-0002', b'HB-2026-0009')(f),
        'a decision by somebody else': swap('approvals/', b'"officer":"hb-fin2"', b'"officer":"hb-fin9"'),
        'another certificate': lambda f: f.__setitem__(certificate, f['trust/root.pem']),
        'another objector': swap('openings.json', '赵六'.encode(), '钱七'.encode()),
        'a better status': swap('certificates.json', b'"status":2', b'"status":0'),
        'a certificate taken off the CRL': swap('certificates.json', b'"on_crl":true', b'"on_crl":false'),
        'a list that nobody signed': lambda f: f.__setitem__('trust/status-0.jwt', f['trust/status-0.jwt'][:-8] + b'AAAAAAAA'),
    }
    for what, change in changes.items():
        why = wrong(repack(path, change))
        check('%s is noticed' % what, bool(why), why)
    data = bytearray(open(path, 'rb').read())
    data[600] ^= 1
    open(path + '.bit', 'wb').write(data)
    check('a bit in the archive is noticed', bool(wrong(path + '.bit')))
    check('an asset that never was has none', h.cli('find', 'dossier', 'NOBODY')[0] == 1)


h = Home()
try:
    check('a demo home is made and served', h.made and h.serve(), h.made_err)
    s = h.session('hb-fin1')
    officers = Officers(h)
    officers.sessions['hb-fin1'] = s
    search()
    lists()
    operation()
    files()
    history()
    dossier()
    code, out = h.cli('db', 'rebuild')
    check('replay gives the same rows and texts', code == 0 and out.get('same'), out)
finally:
    h.close()
finish()
