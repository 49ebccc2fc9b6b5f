"""交易流通 on a demo home: an operator's signed listing pack, checked from its bytes alone; listed,
halted, taken off; an exchange's file of trades matched, set aside where it is faulty, and the same
file again.  Exchange, numbers and amounts are illustrative."""
import io, zipfile
from lib import *

MOF = '11100000DEMA00056N'


EXCHANGE, OTHER, BUYER = usci('91420100DEMA00501'), usci('91420100DEMA00502'), '91420100DEMA00136K'
HEAD = '成交编号,挂牌编号,产品编号,成交日期,买方名称,买方代码,成交数量,成交金额（元）'


def as_file(data):
    return {'base64url': base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).decode().rstrip('=')}


def unb64(s):
    return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))


def run(*cmd):
    return subprocess.run(cmd, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


def day(n=0):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + n * 86400))


def exchange(code, name, login):
    two('mof1', 'mof2', 'organisation.add', usci=code, name=name, kind='ENT', level='中央', div6='100000', finance=MOF, roles=['EXCHANGE'], override='illustrative')
    asked, given = two('mof1', 'mof2', 'user.add', login=login, name=login + '（虚构）', person='p-' + login, org=code, roles=['EXCHANGE'])
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', asked['code_first'] + '-' + given['code_second'], '--json'],
                       capture_output=True, text=True, env=dict(os.environ, FUJIE_NEW_PASSWORD='an invented password'), timeout=300, stdin=subprocess.DEVNULL)
    h.demo['logins'].append({'login': login, 'password': 'an invented password', 'totp': json.loads(r.stdout)['totp']})


def row(**filters):
    return get('jc1', 'listing?' + '&'.join('%s=%s' % kv for kv in filters.items()))['items']


def state():
    return get('jc1', 'listing/' + listing)['state']


# --- the pack ---

def prepare():
    global listing
    want = dict(authorisation=DAU, product='P-INDEX', name='气象指数产品', exchange=EXCHANGE, disclosure='数据使用情况：按次调用；收费：详见公示（示例）')
    for sentence, change, who, rule in (
            ('another operator lists nothing under it', {}, 'qs1', 'domain.md 4.13'),
            ('nor is it listed at what is no exchange', {'exchange': BUYER}, 'jc1', None),
            ('nor without a disclosure', {'disclosure': ' \u3000'}, 'jc1', '27号 art. 19'),
            ('nor the asset itself', {'product': ASSET}, 'jc1', 'R18'),
            ('nor under its certificate\'s number', {'product': DAC}, 'jc1', 'R18')):
        refused(sentence, do(who, 'listing.prepare', **dict(want, **change)), rule)
    dead = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-420000-202604'))
    refused('nor under an authorisation that is suspended', do('jc1', 'listing.prepare', **dict(want, authorisation=dead)), '167·三(三)')
    out = done('jc1', 'listing.prepare', **want)
    listing = out['id']
    check('an operator prepares a listing; its pack is signed', out['state'] == 'PREPARED' and get('jc1', 'listing/' + listing)['signed'] is True, out)
    refused('once for each exchange', do('jc1', 'listing.prepare', **want), 'domain.md 4.13')


def pack():
    data = done('jc1', 'listing.pack', id=listing)['bytes']
    check('the same pack is the same bytes', data == done('jc2', 'listing.pack', id=listing)['bytes'])
    z = zipfile.ZipFile(io.BytesIO(data))
    check('every checksum of the archive holds', z.testzip() is None)
    manifest = json.loads(z.read('manifest.json'))
    names = [f['name'] for f in manifest['files']]
    check('the manifest names every other file, each with its hash',
          sorted(names + ['manifest.json', 'manifest.jws']) == sorted(z.namelist()) and len(set(names)) == len(names) and
          all(hashlib.sha256(z.read(f['name'])).hexdigest() == f['sha256'] and len(z.read(f['name'])) == f['octets'] for f in manifest['files']), manifest)
    check('it says which product at which exchange', manifest['product'] == 'P-INDEX' and manifest['exchange']['usci'] == EXCHANGE and manifest['authorisation'] == DAU and
          manifest['listing'] == listing, manifest)
    said = json.loads(z.read('disclosure.json'))
    check('object, content, scope and term of the authorisation are disclosed (27号 art. 18)',
          said['authorisation']['operator']['usci'] and said['authorisation']['assets'] and said['authorisation']['grant']['mode'] == 'DOMAIN' and
          said['authorisation']['term']['to'] > said['authorisation']['term']['from'] and '收费' in said['text'], said)
    signature(z)
    folder = h.root + '/pack'
    z.extractall(folder)
    r = run(B + '/fujie-verify', '--trust', folder + '/trust', folder + '/trust/authorisations/%s.jwt' % DAU, '--json')
    out = json.loads(r.stdout)
    check('who has the pack alone verifies the authorisation, down to its certificate', out['verdict'] == 'permit' and
          next(c for c in out['checks'] if c['name'] == 'narrowing')['outcome'] == 'pass', out)
    r = run(B + '/fujie-verify', '--trust', folder + '/trust', folder + '/trust/certificates/%s.pem' % DAC, '--json')
    check('and the certificate', json.loads(r.stdout)['verdict'] == 'permit', r.stdout)
    out = done('jc1', 'listing.refresh', id=listing, disclosure='收费标准调整（示例）')
    z = zipfile.ZipFile(io.BytesIO(done('jc1', 'listing.pack', id=listing)['bytes']))
    check('a refreshed pack has the next version', out['version'] == 2 and json.loads(z.read('manifest.json'))['version'] == 2 and
          '调整' in json.loads(z.read('disclosure.json'))['text'], out)
    signature(z)


def signature(z):
    """ES256 by the token-signer certificate, over the hash of the manifest (docs/formats.md 12)"""
    head, body, sig = z.read('manifest.jws').decode().split('.')
    header, claims, sig = json.loads(unb64(head)), json.loads(unb64(body)), unb64(sig)
    check('the signature covers the manifest, under a type of its own', header['typ'] == 'manifest+jwt' and header['alg'] == 'ES256' and claims['kind'] == 'listing-pack' and
          unb64(claims['sha256']) == hashlib.sha256(z.read('manifest.json')).digest() and claims['jti'].startswith(listing + '~'), claims)
    d = tempfile.mkdtemp(dir=h.root)
    for name, text in (('leaf', header['x5c'][0]), ('ca', header['x5c'][1])):
        open(d + '/%s.der' % name, 'wb').write(base64.b64decode(text))
        run('openssl', 'x509', '-inform', 'DER', '-in', d + '/%s.der' % name, '-out', d + '/%s.pem' % name)
    open(d + '/root.pem', 'wb').write(z.read('trust/root.pem'))
    open(d + '/pub.pem', 'w').write(run('openssl', 'x509', '-in', d + '/leaf.pem', '-noout', '-pubkey').stdout)
    ints = [i.lstrip(b'\0') for i in (sig[:32], sig[32:])]
    ints = [b'\x02' + bytes([len(i) + (i[0] >> 7)]) + b'\0' * (i[0] >> 7) + i for i in ints]
    open(d + '/sig', 'wb').write(b'\x30' + bytes([sum(map(len, ints))]) + b''.join(ints))
    open(d + '/input', 'w').write(head + '.' + body)
    r = run('openssl', 'dgst', '-sha256', '-verify', d + '/pub.pem', '-signature', d + '/sig', d + '/input')
    check('openssl verifies it, and the chain to the root', 'Verified OK' in r.stdout and
          run('openssl', 'verify', '-CAfile', d + '/root.pem', '-untrusted', d + '/ca.pem', d + '/leaf.pem').returncode == 0, r.stdout + r.stderr)
    open(d + '/as.jwt', 'w').write(z.read('manifest.jws').decode() + '~')
    out = json.loads(run(B + '/fujie-verify', '--trust', h.d + '/trust', d + '/as.jwt', '--json').stdout)
    check('it passes for no credential', out['verdict'] == 'deny' and out['checks'][0]['outcome'] == 'fail', out)


# --- on, and what halts it ---

def listed():
    refused('another exchange does not list it', do('sjs2', 'listing.admit', id=listing, listing_no='GP-0001', on=day()), 'domain.md 4.13')
    refused('nor is it listed tomorrow', do('sjs1', 'listing.admit', id=listing, listing_no='GP-0001', on=day(1)), 'domain.md 4.13')
    out = done('sjs1', 'listing.admit', id=listing, listing_no='GP-0001', on=day(-1))
    check('the exchange enters the number under which it stands', out['state'] == 'LISTED' and state() == 'LISTED', out)
    refused('once', do('jc1', 'listing.admit', id=listing, listing_no='GP-0002', on=day()), 'domain.md 7')
    second = done('jc1', 'listing.prepare', authorisation=DAU, product='P-RELIEF', name='救灾产品', exchange=EXCHANGE, disclosure='免费')['id']
    refused('its number stands for one listing', do('jc1', 'listing.admit', id=second, listing_no='GP-0001', on=day()), 'domain.md 4.13')
    check('a listing never listed is taken off too', done('jc1', 'listing.delist', id=second, on=day(), reason='不再挂牌')['state'] == 'DELISTED')
    check('nothing is to be taken off', get('sjs1', 'listing/feed')['items'] == [])
    done('qx1', 'authorisation.suspend', number=DAU, reason='检查（示例）')
    feed = get('sjs1', 'listing/feed')['items']
    check('a suspended authorisation halts it', state() == 'HALTED' and len(feed) == 1 and feed[0]['cause'] == {'basis': 'authorisation', 'number': DAU} and
          feed[0]['listing_no'] == 'GP-0001', feed)
    refused('and nothing new is listed under it', do('jc1', 'listing.refresh', id=listing, disclosure='x'), '167·三(三)')
    two('qx1', 'qx2', 'authorisation.resume', number=DAU, reason='检查结束')
    check('it stands again with the authorisation', state() == 'LISTED' and row(state='HALTED') == [])
    done('mof1', 'certificate.suspend', number=DAC, reason='核查（示例）')
    feed = get('sjs1', 'listing/feed')['items']
    check('a suspended certificate halts it', [(f['state'], f['cause']['basis'], f['cause']['number']) for f in feed] == [('HALTED', 'certificate', DAC)], feed)
    two('mof1', 'mof2', 'certificate.resume', number=DAC, reason='核查结束')
    check('and no more than that', state() == 'LISTED')


# --- trades ---

def trades(*rows, head=HEAD):
    return '\r\n'.join((head,) + rows) + '\r\n'


def trading():
    good = ['T-1,GP-0001,P-INDEX,%s,江城保险科技,%s,300,1234.50' % (day(), BUYER), 'T-2,GP-0001,,%s,江城保险科技,%s,1,0.1' % (day(-1), BUYER),
            'T-3,GP-0001,,%s,江城保险科技,%s,1,7' % (day(-9), BUYER)]
    bad = ['T-4,GP-9999,,%s,甲,%s,1,1' % (day(), BUYER), 'T-5,GP-0001,P-OTHER,%s,甲,%s,1,1' % (day(), BUYER), 'T-6,GP-0001,,%s,甲,12,1,1' % day(),
           'T-7,GP-0001,,%s,甲,%s,1,1.005' % (day(), BUYER), 'T-8,GP-0001,,%s,甲,%s,0,1' % (day(), BUYER), 'T-9,GP-0001,,%s,甲,%s,1,1' % (day(2), BUYER),
           'T-10,GP-0001,,%s,甲,%s,1,-1' % (day(), BUYER), 'T-1,GP-0001,P-INDEX,%s,江城保险科技,%s,300,1234.50' % (day(), BUYER), ',GP-0001,,%s,甲,%s,1,1' % (day(), BUYER),
           'T-11,GP-0001,,%s,甲,%s,1,1e3' % (day(), BUYER), 'T-12,GP-0001,,%s,,%s,1,1' % (day(), BUYER)]
    out = done('sjs1', 'trade.import', file=as_file(trades(*(good + bad))), dry_run=True)
    check('a dry run counts and changes nothing', out['good'] == 3 and out['faults_total'] == len(bad) and get('sjs1', 'trade')['items'] == [], out)
    out = done('sjs1', 'trade.import', file=as_file(trades(*(good + bad))))
    check('trades that match a listing are taken down, amounts in fen', out['good'] == 3 and out['amount_fen'] == 123450 + 10 + 700 and
          [t['amount_fen'] for t in out['items']] == [123450, 10, 700], out)
    check('every other row is set aside at its line and column, in both languages', [f['line'] for f in out['faults']] == list(range(5, 5 + len(bad))) and
          [f['column'] for f in out['faults']] == [2, 3, 6, 8, 7, 4, 8, 1, 1, 8, 5] and all(f['detail']['en'] and f['detail']['zh'] for f in out['faults']), out['faults'])
    one = out['items'][0]
    check('each with its listing, product and authorisation', (one['listing'], one['product'], one['authorisation']) == (listing, 'P-INDEX', DAU) and one['marks'] == [], one)
    check('a trade before the listing is marked, not refused', out['items'][2]['marks'] == ['BEFORE_LISTING'], out['items'][2])
    again = done('sjs1', 'trade.import', file=as_file(trades(*good)))
    check('the same trades again change nothing', again['good'] == 0 and again['unchanged'] == 3 and again['amount_fen'] == 0 and len(get('sjs1', 'trade')['items']) == 3, again)
    code, out = do('sjs1', 'trade.import', file=as_file(trades(good[0].replace('1234.50', '1234.51'))))
    check('a trade does not change by a fen', code == 422 and out['refused'] and out['faults'][0]['column'] == 1, (code, out))
    check('it stands as it was', get('sjs1', 'trade/' + one['id'])['amount_fen'] == 123450)
    refused('a file without the columns is refused', do('sjs1', 'trade.import', file=as_file('a,b\r\n1,2\r\n')), 'docs/formats.md 13')
    refused('an exchange speaks for itself alone', do('sjs2', 'trade.import', exchange=EXCHANGE, file=as_file(trades(*good))), 'domain.md 4.13')
    code, out = do('sjs2', 'trade.import', file=as_file(trades(*good)))
    check('another exchange has no such listing', out.get('refused') is True and out['faults_total'] == 3, out)
    check('another exchange sees none of it', get('sjs2', 'trade')['items'] == [] and do('sjs2', 'trade.show', id=one['id'])[0] == 403)
    told = {who: [e['body'] is not None for e in done(who, 'event.list', object=one['id'])['items']] for who in ('sjs1', 'sjs2', 'auditor')}
    check('nor has it from the log', told == {'sjs1': [True], 'sjs2': [False], 'auditor': [True]}, told)
    check('the operator and whoever oversees see it', len(get('jc1', 'trade')['items']) == 3 and len(get('mof1', 'trade?listing=' + listing)['items']) == 3 and
          get('qs1', 'trade')['items'] == [])
    check('by day', [t['trade_no'] for t in get('mof1', 'trade?from=%s&to=%s' % (day(-1), day(-1)))['items']] == ['T-2'])
    mapped()


def mapped():
    columns = {'trade_no': '合同号', 'listing_no': '产品代码', 'traded_on': '日期', 'buyer': '受让方', 'buyer_usci': '受让方代码', 'quantity': '次数', 'amount': '分'}
    refused('a mapping without a needed column is refused', do('sjs1', 'trade.map', mapping={'unit': 'FEN', 'columns': {}}), None)
    refused('nor with one heading for two', do('sjs1', 'trade.map', mapping={'unit': 'FEN', 'columns': dict(columns, buyer='合同号')}), 'docs/formats.md 13')
    out = done('sjs1', 'trade.map', mapping={'unit': 'FEN', 'columns': columns})
    check('an exchange says what its columns are', out['version'] == 1 and done('sjs1', 'trade.map', mapping={'unit': 'FEN', 'columns': columns})['unchanged'], out)
    head = ','.join(columns.values())
    out = done('sjs1', 'trade.import', file=as_file(trades('M-1,GP-0001,%s,丙,%s,2,199' % (day(), BUYER), head=head)))
    check('and files are read by it', out['good'] == 1 and out['amount_fen'] == 199, out)
    swapped = {'unit': 'YUAN', 'columns': dict(columns, quantity='分', amount='次数')}
    done('qs1', 'trade.map', exchange=EXCHANGE, mapping=swapped)
    check('what another organisation says of an exchange\'s files is for its own imports', get('sjs1', 'trade/mapping')['mapping']['unit'] == 'FEN' and
          get('qs1', 'trade/mapping?exchange=' + EXCHANGE)['mapping'] == swapped)
    out = done('jc1', 'trade.import', exchange=EXCHANGE, file=as_file(xlsx([head.split(','), ['M-2', 'GP-0001', day(), '丁', BUYER, '1', '5']])))
    check('by the operator for its own listings too, as a workbook', out['good'] == 1 and out['amount_fen'] == 5, out)


def xlsx(rows):
    """the least workbook that is one"""
    cells = ''.join('<row r="%d">%s</row>' % (i + 1, ''.join('<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>' % (chr(65 + k), i + 1, v) for k, v in enumerate(r))) for i, r in enumerate(rows))
    ns, rel = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main', 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        z.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>')
        z.writestr('_rels/.rels', '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>' % rel)
        z.writestr('xl/workbook.xml', '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>' % (ns, rel))
        z.writestr('xl/_rels/workbook.xml.rels', '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/></Relationships>' % rel)
        z.writestr('xl/worksheets/sheet1.xml', '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (ns, cells))
    return out.getvalue()


# --- what is registered, and what is older ---

def registered():
    """products with seller and price: the listing follows them"""
    want = dict(authorisation=FLOOD, exchange=EXCHANGE, disclosure='免费（示例）')
    refused('beside registered products nothing else is listed', do('jc1', 'listing.prepare', product='P-OTHER', name='x', **want), None)
    refused('nor by another than its seller', do('qs1', 'listing.prepare', product='P-FLOOD', **want), 'domain.md 4.13')
    out = done('jc1', 'listing.prepare', product='P-FLOOD', **want)
    z = zipfile.ZipFile(io.BytesIO(done('sjs1', 'listing.pack', id=out['id'])['bytes']))
    sold = json.loads(z.read('product.json'))
    check('the pack says what is registered', (sold['name'], sold['price_form'], sold['fee_fen'], sold['version'], sold['cap_fen']) ==
          ('示例产品 P-FLOOD', 'FREE', 0, '1.0', None), sold)
    done('sjs1', 'listing.admit', id=out['id'], listing_no='GP-F', on=day())
    got = fen('F-1,GP-F,%s,丁,%s,1,0', 'F-2,GP-F,%s,丁,%s,1,1')
    check('a fen for what is free is marked (R07)', got == [[], ['PAID_THOUGH_FREE']], got)
    got = fen(*['H-%d,GP-0001,%%s,丁,%%s,3,%d' % (n, n) for n in (2999, 3000, 3001)])
    check('a fen above the cap of all that was called is marked (R08)', got == [[], [], ['ABOVE_CAP']], got)
    done('jc1', 'product.withdraw', product=FLOOD + '/P-FLOOD', reason='示例')
    feed = get('sjs1', 'listing/feed')['items']
    check('a withdrawn product is to be taken off', [(f['state'], f['cause']) for f in feed] == [('DELISTING', {'basis': 'product', 'number': 'P-FLOOD'})], feed)
    refused('and is not listed again', do('jc1', 'listing.refresh', id=out['id'], disclosure='x'), 'domain.md 4.13')
    done('sjs1', 'listing.delist', id=out['id'], on=day(), reason='产品已下架')
    token = next(k['id'] for k in get('jc1', 'token?limit=1000&authorisation=' + DAU)['items'] if k['product'] == 'P-INDEX' and k['state'] == 'ACTIVE')
    done('pc-dev', 'product.add', authorisation=DAU, id='R-INDEX', version='1.0', name='农业保险定价指数（示例）', purpose='INDUSTRY', delivery='INDEX', price_form='MARKET',
         charge_basis='ITEMS', fee_fen=5000000, data_use='由农业气象产品再开发（示例）', conditions='仅限保险定价（示例）', token=token)
    want = dict(authorisation=DAU, product='R-INDEX', exchange=EXCHANGE, disclosure='市场调节价（示例）')
    refused('what others re-developed the operator does not list', do('jc1', 'listing.prepare', **want), 'domain.md 4.13')
    out = done('pc-dev', 'listing.prepare', **want)
    check('who re-developed it does', get('pc-dev', 'listing/' + out['id'])['seller'] != get('pc-dev', 'listing/' + listing)['seller'], out)
    done('sjs1', 'listing.admit', id=out['id'], listing_no='GP-R', on=day())
    got = fen('R-1,GP-R,%s,丁,%s,2,9000000')
    check('what the market pays for it is its own affair (R09)', got == [[]], got)
    done('pc-dev', 'listing.delist', id=out['id'], on=day(), reason='示例')


# --- trades as revenue ---

def trade(no):
    return next(t for t in get('mof1', 'trade?limit=1000')['items'] if t['trade_no'] == no)


def sold(no, who='jc1', **change):
    """the trade of this number, booked as what it is"""
    t = trade(no)
    b = {'authorisation': t['authorisation'], 'product': t['product'], 'kind': 'OPERATOR_SALE', 'payer': t['buyer_usci'], 'gross_fen': t['amount_fen'], 'period_from': day(-1), 'period_to': day(),
         'paid_on': day(), 'funded_by': 'OWN', 'evidence': {'trade': t['id'], 'delivery': [{'count': t['quantity'], 'from': day(-1), 'to': day(), 'sha256': next(receipts)}]}}
    b.update(change)
    return do(who, 'revenue.book', **b)


def stands(no):
    t = trade(no)
    return t['revenue'], t['revenue_state']


def sales():
    """an exchange's trade proves a sale (R06): booked by its seller, once"""
    shown = [t['trade_no'] for t in get('jc1', 'trade?limit=1000&unbooked=true')['items']]
    check('no trade books itself: all wait', sorted(shown) == sorted(t['trade_no'] for t in get('jc1', 'trade?limit=1000')['items']) and stands('T-1') == ('', ''), shown)
    for sentence, rule, change in (
            ('a fen more', 'R06', {'gross_fen': 123451}), ('a fen less', 'R06', {'gross_fen': 123449}), ('another payer', 'R06', {'payer': '91440300DEMA00128B'}),
            ('another product', 'R06', {'product': 'P-RELIEF'}), ('another authorisation', 'R06', {'authorisation': FLOOD, 'product': 'P-POWER'}),
            ('a period before it', 'R06', {'period_from': day(-3), 'period_to': day(-2)}), ('a fee for use', 'R06', {'kind': 'USE_FEE'}),
            ('a trade that there is not', None, {'evidence': {'trade': 'TR-0'}})):
        refused('a booking by a trade is refused: ' + sentence, sold('T-1', **change), rule)
    refused('what the operator sold is nobody else\'s income', sold('T-1', 'pc-dev', kind='REDEV_SALE'), None)
    check('nothing of that left a trace', stands('T-1') == ('', ''))
    code, out = sold('T-1', evidence={'trade': trade('T-1')['id']})
    check('a sale is no delivery: without one it is held (R06)', code == 409 and [r['code'] for r in out['reasons']] == ['NO_DELIVERY'] and stands('T-1') == (out['id'], 'HELD'), out)
    refused('and what is held is not booked beside it', sold('T-1'), 'domain.md 4.11')
    refused('a trade clears nothing', do('mof1', 'revenue.clear', id=out['id'], evidence={'trade': trade('T-2')['id'], 'documents': ['x']}, reason='x'), 'R06')
    two('mof1', 'mof2', 'revenue.refuse', id=out['id'], reason='示例')
    check('refused, the trade waits again', stands('T-1') == ('', ''))
    code, out = sold('T-1')
    check('with its delivery it is booked and shared', code == 200 and out['state'] == 'BOOKED' and sum(s['amount_fen'] for s in out['shares']) == 123450 and stands('T-1') == (out['id'], 'BOOKED'), (code, out))
    check('the booking names it', get('jc1', 'revenue/' + out['id'])['evidence']['trade'] == trade('T-1')['id'])
    refused('once', sold('T-1'), 'domain.md 4.11')
    check('and waits no more', 'T-1' not in [t['trade_no'] for t in get('jc1', 'trade?limit=1000&unbooked=true')['items']])
    two('jc1', 'mof1', 'revenue.counter', id=out['id'], reason='退款（示例）')
    check('countered, it waits again', stands('T-1') == ('', ''))
    check('and is booked anew', sold('T-1')[0] == 200 and stands('T-1')[1] == 'BOOKED')
    refused('still once', sold('T-1'), 'domain.md 4.11')
    refused('above the cap it is no income (R08)', sold('H-3001'), 'R08')
    check('at the cap it is', sold('H-3000')[0] == 200)
    refused('nor is a fen for what was free (R07)', sold('F-2'), 'R07')
    refused('a re-developer\'s sale is no operator\'s income', sold('R-1'), None)
    code, out = sold('R-1', 'pc-dev', kind='REDEV_SALE')
    check('it is the re-developer\'s own, whole', code == 200 and [(s['bp'], s['amount_fen']) for s in out['shares']] == [(10000, 9000000)] and stands('R-1') == (out['id'], 'BOOKED'), out)


def fen(*rows):
    head = '合同号,产品代码,日期,受让方,受让方代码,次数,分'
    return [t['marks'] for t in done('sjs1', 'trade.import', file=as_file(trades(*[r % (day(), BUYER) for r in rows], head=head)))['items']]


def older():
    """an authorisation of the short course, without agreement and registered products"""
    done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-LS,CAT-LS,示例,,自主采集,,否\r\n')
    lg = next(r['id'] for r in get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-LS')
    done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done('hb-fin1', 'ledger.confirm', id=lg)
    done('hbsw1', 'asset.card', ledger=lg, card=card('LS-1'))
    done('hb-fin3', 'registration.decide', id=done('hbsw1', 'registration.submit', asset='LS-1')['id'], accept=True)
    number = two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=['LS-1'])[1]['certificates'][0]
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY'], 'actions': ['QUERY'], 'territory': ['420000'],
             'environment': [], 'quota': None, 'depth': 0}
    proposal = {'certificates': [number], 'operator': '91420100DEMA001011', 'grant': grant, 'terms': 'paid', 'from': day(), 'to': day(300), 'shared': False, 'selection': 'x',
                'operator_conditions': 'x', 'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
    dau = two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=proposal)[1]['authorisation']
    want = dict(authorisation=dau, product='P-1', exchange=EXCHANGE, disclosure='示例')
    refused('a product that nobody registered has a name', do('jc1', 'listing.prepare', **want), 'domain.md 4.13')
    refused('and is the operator\'s', do('qs1', 'listing.prepare', name='x', **want), 'domain.md 4.13')
    check('under an older authorisation it is listed by its operator\'s word', done('jc1', 'listing.prepare', name='示例产品', **want)['state'] == 'PREPARED')


# --- off ---

def off():
    ap = done('qx1', 'authorisation.reclaim', number=DAU, reason='运营效果不佳（示例）')['approval']
    check('while its end awaits approval the listing is halted', state() == 'HALTED')
    done('mof1', 'approval.approve', id=ap)
    feed = done('sjs1', 'listing.feed', format='csv')
    check('a reclaimed authorisation takes it off', state() == 'DELISTING' and [f['id'] for f in feed['items']] == [listing] and [r['id'] for r in row(state='DELISTING')] == [listing], feed)
    check('the feed is a file too', '摘牌' in feed['bytes'].decode('utf-8-sig') and 'GP-0001' in feed['bytes'].decode('utf-8-sig'), feed['bytes'])
    refused('another exchange does not take it off', do('sjs2', 'listing.delist', id=listing, on=day(), reason='x'), 'domain.md 4.13')
    refused('nor on a day before it stood there', do('sjs1', 'listing.delist', id=listing, on=day(-2), reason='x'), 'domain.md 4.13')
    out = done('sjs1', 'listing.delist', id=listing, on=day(-1), reason='授权已收回')
    check('the exchange takes it off', out['state'] == 'DELISTED' and state() == 'DELISTED' and get('sjs1', 'listing/feed')['items'] == [])
    refused('there is no way back', do('sjs1', 'listing.admit', id=listing, listing_no='GP-0001', on=day()), 'domain.md 7')
    out = done('jc1', 'trade.import', exchange=EXCHANGE, file=as_file('合同号,产品代码,日期,受让方,受让方代码,次数,分\r\nM-3,GP-0001,%s,丁,%s,1,5\r\n' % (day(), BUYER)))
    check('a trade after that is taken down and marked', out['items'][0]['marks'] == ['AFTER_DELISTING'], out)


def figures():
    """what the half-year report says of all this"""
    half = day()[:4] + ('H1' if day()[5:7] < '07' else 'H2')
    said = done('mof1', 'report.half-year', period=half)['values']
    trades = get('sjs1', 'trade?limit=1000')['items'] + get('sjs2', 'trade?limit=1000')['items']
    first = half[:4] + ('-01-01' if half.endswith('1') else '-07-01')
    mine = {t['id']: t['amount_fen'] for t in trades if t['traded_on'] >= first}
    check('listings and trades stand in the half-year report', said['circulation.listed'] == happened(h, half).get('listing.listed', 0) and said['circulation.trades'] == len(mine) and
          said['circulation.traded_fen'] == sum(mine.values()),
          ({k: v for k, v in said.items() if k in ('circulation.listed', 'circulation.trades', 'circulation.traded_fen')}, len(mine), sum(mine.values()), happened(h, half).get('listing.listed')))


h = Home()
check('a demo home', h.made and h.serve(), h.made_err)
try:
    officers = Officers(h)
    do, done, two, get = officers.do, officers.done, officers.two, officers.get
    DAU = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000002'))
    FLOOD = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000001'))
    entry = get('jc1', 'authorisation/' + DAU)['assets'][0]
    DAC, ASSET = entry['certificate'], entry['id']
    exchange(EXCHANGE, '江汉数据交易所（虚构）', 'sjs1')
    exchange(OTHER, '另一数据交易所（虚构）', 'sjs2')
    prepare()
    pack()
    listed()
    trading()
    registered()
    sales()
    older()
    rebuilt(h, 'replayed from its events, the register is the same')
    off()
    figures()
    rebuilt(h, 'and after the listing\'s end')
finally:
    h.close()
finish()
