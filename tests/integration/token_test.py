"""License tokens (domain.md 4.10, 7.4): asked for, reviewed and issued; 10,000 in one job, with
faulty rows, a kill and a suspension in the middle, and one archive checked octet by octet; daily
totals up to the quota, corrected, countersigned and disputed; what takes tokens back bites at
once at the verdict service and the tool.  Beside each thing accepted stands what is refused.
All names and codes are invented."""
import csv, gzip, html, http.client, http.cookiejar, io, sqlite3, tarfile, urllib.parse, zipfile
from lib import *

HYDRO = 'DAU-100000-202603-000001-K'  # case 1: 荆楚数据运营, by scenario
JINGCHU, PENGCHENG, JIANGCHENG, HUBEI = '91420100DEMA001011', '91440300DEMA00128B', '91420100DEMA00136K', '11420000DEMA00013M'
USE = 'action=QUERY,purpose=WELFARE,territory=420100'
ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
N = 10000


def usci(k):
    body = '91520100DEMC%04d1' % k
    return body + ALPHABET[-sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31]


def grant(**more):
    return {**{'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'],
               'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}, **more}


def license_of(**more):
    return {**{'authorisation': HYDRO, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'grant': grant(), 'terms': 'free', 'days': 60,
               'binding': 'mtls', 'duties': ['STOP', 'DELETE', 'RETAIN_DERIVED']}, **more}


def rows(sql, *values):
    for _ in range(600):
        try:
            db = sqlite3.connect('file:%s/register.db?mode=ro' % h.d, uri=True, timeout=5)
            try:
                return db.execute(sql, values).fetchall()
            finally:
                db.close()
        except sqlite3.OperationalError:
            time.sleep(0.1)
    raise RuntimeError('the register can not be read')


def hire(login, org, roles, first, second):
    """somebody new, enrolled"""
    asked, done = o.two(first, second, 'user.add', login=login, name=login + '（虚构）', person='p-' + login, org=org, roles=roles)
    code = asked['code_first'] + '-' + done['code_second']
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', code, '--json'], capture_output=True, text=True,
                       env=dict(os.environ, FUJIE_NEW_PASSWORD='an invented password'), timeout=300, stdin=subprocess.DEVNULL)
    h.demo['logins'].append({'login': login, 'password': 'an invented password', 'totp': json.loads(r.stdout)['totp'], 'roles': roles, 'org': org})


def verdicts(token, use=USE):
    """of the service and of the tool"""
    compact = o.get('auditor', 'token/' + token)['compact']
    path = os.path.join(h.root, token)
    open(path, 'w').write(compact)
    item = {'file': path, 'use': dict(kv.split('=') for kv in use.split(','))}
    return {h.verdict_service(item), h.verdict_tool(item)}


def state(token):
    return o.get('auditor', 'token/' + token)['state']


# --- request and review ---

def requests():
    own = {'user': {'x5t': b64u(b'1' * 32)}}
    asked = o.done('pcu1', 'token.request', request=license_of(**own))
    shown = o.get('jc1', 'request/' + asked['id'])
    check('a user asks under its own name, and it waits for the operator', shown['state'] == 'REQUESTED' and shown['user'] == {'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}
          and shown['asked_by'] == PENGCHENG, shown)
    refused('for another organisation a user asks for nothing', o.do('pcu1', 'token.request', request=license_of(user={'usci': HUBEI, 'name': 'x', 'x5t': b64u(b'1' * 32)})), 'domain.md 6')
    refused('a request beyond the authorisation is refused when it is made', o.do('pcu1', 'token.request', request=license_of(grant=grant(scenarios=['农业']), **own)), 'R13')
    refused('so is one over its days', o.do('pcu1', 'token.request', request=license_of(days=366, **own)), 'domain.md 4.10')
    refused('a binding by name for 91 days', o.do('pcu1', 'token.request', request=license_of(binding='named', audience='https://g.example', days=91, user={})), 'domain.md decision 7')
    named = o.done('pcu1', 'token.request', request=license_of(binding='named', user={}))
    check('whoever asks for a license by name need not know the address of the service, and is told the price', (named['state'], named['fee_fen']) == ('REQUESTED', 0), named)
    out = o.do('jc1', 'token.review', request=named['id'], accept=True)
    refused('who decides has to say it', out, 'domain.md decision 7')
    check('in plain words', out[1]['detail']['zh'] == '记名许可须填写适用服务地址，且只填一个', out)
    said = o.done('jc1', 'token.review', request=named['id'], accept=True, audience='https://a.example')['token']
    other = o.done('pcu1', 'token.request', request=license_of(binding='named', user={}, audience='made-up.example'))['id']
    check('and is shown where the product is served by now', o.get('jc1', 'request/' + other)['audiences'] == ['https://a.example'], o.get('jc1', 'request/' + other))
    other = o.done('jc1', 'token.review', request=other, accept=True, audience='https://a.example')['token']
    check('what the operator says stands in the license, whatever was asked', [o.get('pcu1', 'token/' + t)['audience'] for t in (said, other)] == ['https://a.example'] * 2)
    refused('what is issued at once says it', o.do('jc1', 'token.issue', request=license_of(binding='named', users=[{'usci': usci(3), 'name': 'a'}])), 'domain.md decision 7')
    refused('a binding that brings nothing', o.do('pcu1', 'token.request', request=license_of(user={'x5t': 'abc'})), 'domain.md decision 7')
    refused('a depth above 0', o.do('pcu1', 'token.request', request=license_of(grant=grant(depth=1), **own)), 'R12')
    refused('raw data', o.do('pcu1', 'token.request', request=license_of(product={'id': 'P-X', 'version': '1.0', 'kind': 'operator', 'raw': True}, **own)), 'R18')
    refused('a fee for public welfare', o.do('pcu1', 'token.request', request=license_of(terms='paid', **own)), 'R07')
    refused('two users in one request', o.do('pcu1', 'token.request', request=license_of(users=[own['user']])), 'domain.md 4.10')
    refused('another operator does not review it', o.do('qs1', 'token.review', request=asked['id'], accept=True), 'domain.md 7.4')
    refused('a user does not review', o.do('pcu1', 'token.review', request=asked['id'], accept=True), 'domain.md 6')
    refused('a refusal without reason', o.do('jc1', 'token.review', request=asked['id'], accept=False), 'domain.md 7.4')
    done = o.done('jc1', 'token.review', request=asked['id'], accept=True)
    token = done['token']
    shown = o.get('pcu1', 'token/' + token)
    check('the operator accepts, and the token follows in the same act', done['issued'] == 1 and done['published'] and shown['state'] == 'ACTIVE' and
          o.get('jc1', 'request/' + asked['id'])['state'] == 'REVIEWED', (done, shown))
    check('the user sees what it has to do when it ends', shown['duties'] == ['DELETE', 'RETAIN_DERIVED', 'STOP'] and shown['binding'] == 'mtls' and shown['terms'] == {'kind': 'free'}, shown)
    payload = json.loads(base64.urlsafe_b64decode(shown['compact'].split('.')[1] + '=='))
    read = {w: o.get(w, 'token/' + shown['id']) for w in ('pcu1', 'jc2', 'slxx1', 'slb1', 'mof1', 'auditor', 'qs1', 'hbsw1', 'hb-fin1')}
    check('its text is its parties\' and auditors\'; others read that there is one', [w for w in read if 'compact' in read[w]] == ['pcu1', 'jc2', 'slxx1', 'slb1', 'mof1', 'auditor'] and
          not any('log_proof' in read[w] for w in ('qs1', 'hbsw1', 'hb-fin1')) and all(r['state'] == 'ACTIVE' for r in read.values()), {w: sorted(r) for w, r in read.items()})
    refused('nor has another operator it in a bundle', o.do('qs1', 'bundle.create', id=shown['id']), 'domain.md 6')
    check('whose token it is has', o.do('pcu1', 'bundle.create', id=shown['id'])[0] == 200)
    check('and the duties stand in the token', payload['duties'] == ['DELETE', 'RETAIN_DERIVED', 'STOP'] and payload['cnf'] == {'x5t#S256': b64u(b'1' * 32)}, payload)
    check('it is permitted by the service and the tool', verdicts(token) == {'permit'})
    refused('a request is reviewed once', o.do('jc2', 'token.review', request=asked['id'], accept=False, note='x'), 'domain.md 7')
    no = o.done('pcu1', 'token.request', request=license_of(**own))['id']
    o.done('jc2', 'token.review', request=no, accept=False, note='用途说明不足（示例）')
    check('a refusal gives its reason to the user', (lambda r: r['state'] == 'REFUSED' and r['reason'] == '用途说明不足（示例）' and r['token'] == '')(o.get('pcu1', 'request/' + no)))
    two = [o.done('pcu1', 'token.request', request=license_of(user={'x5t': b64u(bytes([i]) * 32)}))['id'] for i in (2, 3)]
    out = o.done('jc1', 'token.review', requests=two + [no], accept=True)
    check('several are reviewed as one task, and what can not be is set aside', out['done'] == 2 and out['issued'] == 2 and [a['item'] for a in out['set_aside']] == [no], out)
    return token, asked['id']


def on_behalf():
    user = {'usci': usci(9999), 'name': '示例乡镇（虚构）', 'x5t': b64u(b'9' * 32)}
    refused('for a user without accounts the paper is named', o.do('jc1', 'token.request', request=license_of(user=user)), 'domain.md decision 10')
    refused('a user with accounts asks for itself', o.do('jc1', 'token.request', request=license_of(user={**user, 'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）'}), document='x'), 'domain.md decision 10')
    refused('another operator asks for nobody', o.do('qs1', 'token.request', request=license_of(user=user), document='x'), 'domain.md 7.4')
    asked = o.done('jc1', 'token.request', request=license_of(user=user), document='示例函〔2026〕1号')['id']
    refused('who entered a request does not review it (R22)', o.do('jc1', 'token.review', request=asked, accept=True), 'R22')
    out = o.done('jc2', 'token.review', request=asked, accept=True)
    check('another officer does', out['issued'] == 1 and o.get('auditor', 'request/' + asked)['document'] == '示例函〔2026〕1号', out)


def redevelopment():
    """R11, in a request and in every row of a list"""
    dau = 'DAU-100000-202603-000002-I'
    again = license_of(authorisation=dau, product={'id': 'P-INDEX', 'version': '1.0', 'kind': 'operator'}, terms='paid',
                       grant=grant(mode='DOMAIN', domains=['农业气象'], scenarios=[], purposes=['INDUSTRY'], actions=['REDEVELOP']))
    refused('the operator\'s affiliate asks for no re-development', o.do('jbu1', 'token.request', request={**again, 'user': {'x5t': b64u(b'1' * 32)}}), 'R11')
    other = {'usci': usci(1), 'name': 'a', 'x5t': b64u(b'a' * 32)}
    out = o.done('jc1', 'token.bulk', dry_run=True, request={**again, 'users': [other, {**other, 'usci': JIANGCHENG}, {**other, 'usci': JINGCHU}]})
    check('in a list the operator and its affiliate are set aside (R11), the other is not', [(f['line'], f['rule']) for f in out['faults']] == [(2, 'R11'), (3, 'R11')] and out['good'] == 1, out)
    slip = usci(2)[:-1] + ('0' if usci(2)[-1] != '0' else '1')
    out = o.done('jc1', 'token.bulk', dry_run=True, request={**again, 'grant': {**again['grant'], 'actions': ['QUERY']}, 'users': [other, {**other, 'usci': slip}, {**other, 'usci': JINGCHU}]})
    check('so are a code whose check character does not fit, and one under another\'s name; who is left is named',
          [(f['line'], f['rule']) for f in out['faults']] == [(2, 'GB 32100'), (3, 'domain.md 4.10')] and out['users'] == [{'line': 1, 'usci': usci(1), 'name': 'a'}], out)


# --- bulk ---

HEAD = ['用户名称', '统一社会信用代码', '备注', '绑定方式', 'x5t', 'jwk']


def key(i):
    return {'kty': 'EC', 'crv': 'P-256', 'x': b64u(hashlib.sha256(b'x%d' % i).digest()), 'y': b64u(hashlib.sha256(b'y%d' % i).digest())}


def good_row(i):
    name, kind = '示例用户%05d（虚构）' % i, i % 3
    return [name, usci(i), '', ('mtls', 'key', 'named')[kind], b64u(hashlib.sha256(b'%d' % i).digest()) if kind == 0 else '', json.dumps(key(i)) if kind == 1 else '']


def faulty_rows():
    """(row, [(column, rule)])"""
    r = good_row
    return [([r(0)[0], '91520100DEMC', '', 'mtls', r(0)[4], ''], [(2, 'GB 32100')]),
            (['', usci(5), '', 'mtls', r(0)[4], ''], [(1, 'domain.md 4.10')]),
            (['', 'x', '', 'mtls', 'y', ''], [(2, 'GB 32100'), (1, 'domain.md 4.10'), (5, 'domain.md decision 7')]),
            ([r(0)[0], usci(5), '', 'other', '', ''], [(4, 'domain.md decision 7')]),
            ([r(0)[0], usci(5), '', 'mtls', '', ''], [(5, 'domain.md decision 7')]),
            ([r(0)[0], usci(5), '', 'key', '', 'no JSON'], [(6, 'domain.md 4.10')]),
            ([r(0)[0], usci(5), '', 'key', '', json.dumps({**key(1), 'crv': 'P-384'})], [(6, 'domain.md decision 7')]),
            ([r(0)[0], usci(5), '', 'key', '', json.dumps({**key(1), 'd': 'secret'})], [(6, 'domain.md decision 7')]),
            (r(0), [(2, 'domain.md 4.10')])]  # stands in the file already


def users_file():
    """(octets, [(line, column, rule)], {line: row} of the good ones)"""
    out, faults, good = io.StringIO(), [], {}
    w = csv.writer(out, lineterminator='\r\n')
    w.writerow(['2026年防汛用户清单（示例）'])
    w.writerow(HEAD)
    bad = faulty_rows()
    line = 2
    for i in range(N):
        line += 1
        w.writerow(good_row(i))
        good[line] = good_row(i)
        if i % 1000 == 999 and bad:
            line += 1
            row, why = bad.pop(0)
            w.writerow(row)
            faults += [(line, c, r) for c, r in why]
    assert not bad
    return out.getvalue().encode(), faults, good


def job(who):
    return o.get(who, 'bulk/' + JOB)


def wait_for(until):
    for _ in range(3000):
        try:
            j = job('jc1')
            if until(j):
                return j
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise RuntimeError('the job does not come to it: %s' % j)


def registry():
    for _ in range(1200):
        pid = h.children().get('fujie-registry')
        if pid:
            return pid
        time.sleep(0.1)


def bulk(other):
    """other: a token that is suspended in the meantime"""
    global JOB
    data, faults, good = users_file()
    request = license_of(binding='mtls', audience='https://gateway.example')
    doc = b64u(data)
    dry = o.done('jc1', 'token.bulk', request=request, file={'base64url': doc}, dry_run=True)
    told = [(f['line'], f['column'], f['rule']) for f in dry['faults']]
    check('a dry run tells every fault by row and column, and asks for nothing', told == faults and dry['good'] == N and dry['rows'] == N + len(faulty_rows()) and 'approval' not in dry, (told, faults))
    check('each in both languages', all(f['detail']['en'] and re.search('[\u4e00-\u9fff]', f['detail']['zh']) for f in dry['faults']))
    check('and the rows that are left out, by number and name, each once', (dry['rows_left_out'], [u['line'] for u in dry['users_left_out']]) == (len(faulty_rows()), sorted({f[0] for f in faults})), dry['users_left_out'])
    refused('another operator issues nothing under it', o.do('qs1', 'token.bulk', request=request, file={'base64url': doc}), 'domain.md 7.4')
    refused('a list of 10,001', o.do('jc1', 'token.bulk', request=request, file={'base64url': b64u(data + ('one more,%s,,named,,\r\n' % usci(0)).encode())}), 'domain.md 4.10')
    refused('no list', o.do('jc1', 'token.bulk', request=request), 'domain.md 4.10')
    asked = o.done('jc1', 'token.bulk', request=request, file={'base64url': doc})
    kept = [r[0] for r in rows('SELECT sha256 FROM material WHERE id = ?', asked['material'])]
    text = open(h.d + '/materials/' + kept[0], 'rb').read()
    check('the approval\'s digest covers request and every row', hashlib.sha256(json.dumps(request, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode() + b'\n' + text).hexdigest()
          == asked['digest'] and text.count(b'\n') == N)
    early = o.get('jc1', 'bulk/' + asked['job'])
    check('the number is told with the asking, and says that it waits', asked['job'] == asked['object'] and (early['state'], early['total'], early['taken'], early['approval']) == ('OPEN', N, 0, asked['approval']), early)
    seen = o.done('jc2', 'approval.preview', id=asked['approval'])
    check('who decides is told the rows that are left out', (seen['users_total'], seen['rows_left_out'], seen['users_left_out']) == (N, len(faulty_rows()), dry['users_left_out']), seen)
    refused('the same list waits for a decision already', o.do('jc2', 'token.bulk', request=request, file={'base64url': doc}), None)
    refused('who asked does not approve', o.do('jc1', 'approval.approve', id=asked['approval']), 'R22')
    check('nothing is issued before', rows("SELECT COUNT(*) FROM token WHERE job <> ''") == [(0,)])
    begun = o.done('jc2', 'approval.approve', id=asked['approval'])
    JOB = begun['job']
    check('the job has the number that was told', JOB == asked['job'] and o.get('jc1', 'bulk/TB-' + asked['digest'][:20])['id'] == JOB)

    seen = wait_for(lambda j: j['taken'] >= 400)
    o.done('jc2', 'token.suspend', id=other, reason='核查（示例）')
    now, denied = job('jc1'), verdicts(other)
    check('a suspension in the meantime bites while the job still runs', now['state'] == 'RUNNING' and now['taken'] < N and denied == {'deny'}, (now['taken'], denied))
    refused('a job that runs has no archive yet', o.do('jc1', 'token.archive', bulk=JOB), 'domain.md 4.10')

    wait_for(lambda j: j['taken'] >= 2000)
    os.kill(registry(), signal.SIGKILL)
    check('killed in the middle, the appliance comes again', h.wait_up())
    wait_for(lambda j: j['taken'] >= 3000)
    o.done('slb1', 'authorisation.suspend', number=HYDRO, reason='检查（示例）')
    held = wait_for(lambda j: j['state'] == 'HELD')
    check('the authorisation suspended, the job is held, and says why', held['taken'] < N and held['held_because']['rule'] == 'R26' and held['held_because']['zh'], held)
    check('and what it has issued denies', verdicts(rows("SELECT id FROM token WHERE job = ? AND state = 'ACTIVE' LIMIT 1", JOB)[0][0]) == {'deny'})
    o.two('slb1', 'slb2', 'authorisation.resume', number=HYDRO, reason='检查完毕（示例）')
    o.done('jc2', 'bulk.run', id=JOB)
    j = wait_for(lambda j: j['state'] == 'DONE')
    check('resumed, it goes on to its end: 10,000 issued', (j['taken'], j['issued'], j['left_out'], j['abandoned'], j['pending']) == (N, N, 0, 0, 0), j)
    check('progress could be seen', 400 <= seen['taken'] < N)
    got = rows('SELECT user, user_name, line FROM token WHERE job = ? ORDER BY line', JOB)
    check('nobody has two and nobody none', [g[2] for g in got] == sorted(good) and all(good[g[2]][:2] == [g[1], g[0]] for g in got), len(got))
    check('one intent each', rows("SELECT COUNT(*), COUNT(DISTINCT i.object) FROM intent i JOIN token t ON t.id = i.object WHERE t.job = ? AND i.state = 'ISSUED'", JOB) == [(N, N)])
    refused('the same list again, while its tokens are valid', o.do('jc1', 'token.bulk', request=request, file={'base64url': doc}), 'domain.md 4.10')
    refused('a job that is over is not stopped', o.do('jc1', 'bulk.stop', id=JOB, reason='x'), 'domain.md 7')
    return good


def archive(good):
    refused('another operator does not get the archive', o.do('qs1', 'token.archive', bulk=JOB), 'domain.md 7.3')
    data = o.done('jc1', 'token.archive', bulk=JOB)['bytes']
    check('the same archive again', o.done('jc2', 'token.archive', bulk=JOB)['bytes'] == data)
    peak = int(re.search(r'VmHWM:\s+(\d+)', open('/proc/%d/status' % registry()).read()).group(1)) // 1024
    print('# %d tokens: an archive of %.1f MB; the registry at its peak %d MiB' % (N, len(data) / 1e6, peak), flush=True)
    check('the registry stays below 256 MiB', peak < 256, peak)
    files = {m.name: t.extractfile(m).read() for t in [tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)))] for m in t}
    manifest, table = json.loads(files['manifest.json']), files['list.csv']
    event = json.loads(rows("SELECT body FROM event WHERE object = ? AND kind = 'token.bulk-done'", JOB)[0][0])
    check('the covering list is the one whose hash ended the job', hashlib.sha256(table).hexdigest() == manifest['list_sha256'] == event['list_sha256'] and event['issued'] == N, event)
    lines = list(csv.DictReader(io.StringIO(table.decode('utf-8-sig'))))
    check('it has every user, in the order of the list', [(int(l['清单行号']), l['用户代码'], l['用户名称']) for l in lines] == [(n, good[n][1], good[n][0]) for n in sorted(good)])
    check('with product, term and the SHA-256 of the token beside it', all(l['产品'] == 'P-FLOOD' and l['截止时间'].endswith('+08:00') and
          hashlib.sha256(files['tokens/%s.jwt' % l['令牌编号']]).hexdigest() == l['SHA-256'] for l in lines))
    stored = dict(rows('SELECT k.object, k.bytes FROM credential k JOIN token t ON t.id = k.object WHERE k.kind = 3 AND t.job = ?', JOB))
    check('every token octet by octet as it was issued, and no other file', {n[7:-4]: b for n, b in files.items() if n.startswith('tokens/') and n.endswith('.jwt')} == stored and len(files) == 2 * N + 2, len(files))
    check('and beside each its proof of logging', all(files.get('tokens/%s.tlog-proof' % t, b'').startswith(b'c2sp.org/tlog-proof@v1\n') for t in stored))
    shown = [l for l in lines if int(l['清单行号']) % 1500 < 3]
    check('as the register shows it', all(o.get('jc1', 'token/' + l['令牌编号'])['compact'].encode() == files['tokens/%s.jwt' % l['令牌编号']] for l in shown) and len(shown) > 15)
    bad = []
    for l in shown:
        path = os.path.join(h.root, l['令牌编号'])
        open(path, 'wb').write(files['tokens/%s.jwt' % l['令牌编号']])
        use = USE + (',user=%s,audience=https://gateway.example' % l['用户代码'] if good[int(l['清单行号'])][3] == 'named' else '')
        r = json.loads(subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json', '--use', use], capture_output=True, text=True).stdout)
        if r['verdict'] != 'permit':
            bad.append(r)
    check('fujie-verify permits them, bound by certificate, key or name', not bad, bad[:1])
    code, out = h.cli('token', 'archive', JOB, '--out', h.root + '/a.tar.gz')
    packed = o.done('jc1', 'token.archive', bulk=JOB, format='zip')['bytes']
    with zipfile.ZipFile(io.BytesIO(packed)) as z:
        check('as a ZIP it holds the same files', z.testzip() is None and {n: z.read(n) for n in z.namelist() if not n.endswith('.tlog-proof')} == {n: b for n, b in files.items() if not n.endswith('.tlog-proof')} and len(z.namelist()) == len(files), len(packed))
    check('the command line writes the same file', open(h.root + '/a.tar.gz', 'rb').read() == data, out)


def small_jobs():
    """JSON, a row that is left out later, stopping"""
    users = [{'usci': usci(i), 'name': '示例%d' % i, 'binding': 'key', 'jwk': key(i)} for i in range(6)]
    out = o.done('jc1', 'token.bulk', request=license_of(users=users + [{**users[0], 'jwk': {**key(7), 'y': 'z'}}], days=300))
    check('users as JSON, the faulty one set aside', out['good'] == 6 and [(f['line'], f['column']) for f in out['faults']] == [(7, 0)], out)
    done = o.done('jc2', 'approval.approve', id=out['approval'])
    for _ in range(400):
        j = o.get('jc1', 'bulk/' + done['job'])
        if j['state'] == 'DONE':
            break
        time.sleep(0.05)
    check('issued', j['issued'] == 6 and j['state'] == 'DONE', j)
    head = o.done('jc1', 'token.template')['csv'].lstrip('\ufeff')
    says = ('记名', '记名（最长 90 天）', 'named', '持有人公钥', '网关客户端证书', '按名')
    cells = [[usci(20 + i), 'a', s, b64u(b'1' * 32) if i == 4 else '', json.dumps(key(i)) if i == 3 else ''] for i, s in enumerate(says)]
    text = io.StringIO()
    csv.writer(text).writerows(cells)
    out = o.done('jc1', 'token.bulk', dry_run=True, request=license_of(binding='named', audience='https://g.example'), file={'base64url': b64u((head + text.getvalue()).encode())})
    check('a list takes the form\'s words for the binding, below the template\'s headings, and refuses others in them', (out['good'], [(f['line'], f['column']) for f in out['faults']]) == (5, [(7, 3)]) and
          all(w in head for w in ('记名', '持有人公钥', '网关客户端证书')) and out['faults'][0]['detail']['zh'] == '绑定方式应为“记名”“持有人公钥”或“网关客户端证书”', out)
    out = o.do('jc1', 'token.bulk', request=license_of(users=[{'usci': 'x'}]))
    check('a list of which nothing is good is refused', out[0] == 422 and out[1]['refused'] and out[1]['faults_total'] == 3, out)
    out = o.done('jc1', 'token.bulk', request=license_of(users=[{**u, 'usci': usci(50 + i)} for i, u in enumerate(users)], binding='key', days=90))
    o.done('slb1', 'authorisation.suspend', number=HYDRO, reason='x')
    refused('under a suspended authorisation no list is approved', o.do('jc2', 'approval.approve', id=out['approval']), 'R26')
    refused('and none is asked for', o.do('jc1', 'token.bulk', request=license_of(users=users)), 'R26')
    o.two('slb1', 'slb2', 'authorisation.resume', number=HYDRO, reason='x')


def hostile_jobs():
    """what could become no token is refused before it is approved, not at its first user"""
    user = {'usci': usci(1), 'name': 'a', 'x5t': b64u(b'a' * 32)}
    for what, more, rule in (('a duty that there is not', {'duties': ['BURN']}, 'formats.md 5'), ('a duty that is no text', {'duties': ['STOP', 5]}, 'domain.md 4.10'),
                             ('a service of 201 characters', {'binding': 'named', 'audience': 'x' * 201}, None),
                             ('a kind of product that there is not', {'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'other'}}, None)):
        refused(what + ' in a list', o.do('jc1', 'token.bulk', request=license_of(users=[user], **more)), rule)
        refused(what + ' in a request', o.do('pcu1', 'token.request', request=license_of(user={'x5t': b64u(b'1' * 32)}, **more)), rule)
    named = [{**user, 'binding': 'named', 'x5t': b64u(bytes([i]) * 32)} for i in range(3)]
    out = o.done('jc1', 'token.bulk', request=license_of(users=named, binding='named', audience='https://g.example'), dry_run=True)
    check('a user stands once by name, whatever else the row brings', out['good'] == 1 and [f['line'] for f in out['faults']] == [2, 3], out)


# --- usage, quota ---

def day(n):
    t = time.gmtime(time.time() + 8 * 3600 + n * 86400)
    return time.strftime('%Y-%m-%d', t)


def usage():
    token = o.done('jc1', 'token.issue', request=license_of(grant=grant(quota={'unit': 'CALLS', 'limit': 1000}), binding='mtls', days=90,
                   users=[{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'q' * 32)}]))['tokens'][0]
    today, before = day(0), day(-1)
    out = o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 400}])
    check('a day\'s total is reported', out['entered'] == 1 and o.get('pcu1', 'token/' + token)['used'] == 400, out)
    last = rows('SELECT MAX(seq) FROM event')
    out = o.done('jc2', 'usage.report', file='token,day,count\r\n%s,%s,400\r\n' % (token, today))
    check('the same total again, as CSV, changes nothing', (out['entered'], out['unchanged']) == (0, 1) and rows('SELECT MAX(seq) FROM event') == last, out)
    out = o.done('jc1', 'usage.report', file='令牌编号,日期,数量\r\n%s,%s,1.5\r\n%s,%s,1\r\n%s,%s,1\r\nLT-none,%s,1\r\n%s,2026-02-30,1\r\n%s,%s,600\r\n%s,%s,601\r\n' %
                 (token, today, token, before, token, day(1), today, token, token, today, token, today), dry_run=True)
    check('faults by row and column: no number, before its time, the future, no token, no day, twice', [(f['line'], f['column']) for f in out['faults']] ==
          [(2, 3), (3, 2), (4, 2), (5, 1), (6, 2), (8, 2)] and out['good'] == 1 and out['entered'] == 0, out)
    check('each in both languages', all(f['detail']['en'] and re.search('[\u4e00-\u9fff]', f['detail']['zh']) for f in out['faults']))
    other = o.do('qs1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 1}])
    check('another operator reports nothing of it', other[0] == 422 and other[1]['refused'] and other[1]['faults'][0]['column'] == 0, other)
    id_ = '%s.%s' % (token, today)
    refused('the operator does not countersign', o.do('jc1', 'usage.countersign', id=id_), 'domain.md 6')
    refused('nor another user', o.do('jbu1', 'usage.countersign', id=id_), 'domain.md 4.10')
    refused('a total that is another than the user saw is not signed', o.do('pcu1', 'usage.countersign', id=id_, count=399), 'domain.md 4.10')
    check('the user countersigns', o.done('pcu1', 'usage.countersign', id=id_, count=400)['state'] == 'COUNTERSIGNED')
    refused('once', o.do('pcu1', 'usage.countersign', id=id_), 'domain.md 7')
    refused('and does not dispute what it signed', o.do('pcu1', 'usage.dispute', id=id_, reason='x'), 'domain.md 7')

    check('below the quota it permits', verdicts(token) == {'permit'})
    out = o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 1000}])
    shown = o.get('pcu1', 'token/' + token)
    check('the quota used up, the token is EXHAUSTED and denies at once', (out['exhausted'], out['corrected'], out['published']) == (1, 1, True) and shown['state'] == 'EXHAUSTED' and
          shown['used'] == 1000 and verdicts(token) == {'deny'}, (out, shown['state']))
    kept = o.get('auditor', 'usage/' + id_)
    check('the correction stands beside what it corrects, and asks the user anew', [(r['rev'], r['count'], r['state']) for r in kept['revisions']] == [(1, 400, 'COUNTERSIGNED'), (2, 1000, 'REPORTED')]
          and kept['state'] == 'REPORTED', kept)
    refused('it does not come back while it is used up', o.do('jc1', 'token.resume', id=token, reason='x'), 'domain.md 7.4')
    refused('a dispute without reason', o.do('pcu1', 'usage.dispute', id=id_, reason=' '), 'domain.md 4.10')
    check('the user disputes', o.done('pcu1', 'usage.dispute', id=id_, reason='网关重复计数（示例）', claimed=500)['state'] == 'DISPUTED')
    check('the list shows what is disputed', [i['id'] for i in o.get('jc1', 'usage?state=DISPUTED')['items']] == [id_] and o.get('jc1', 'usage/' + id_)['claimed'] == 500)
    check('a dispute alone opens nothing', state(token) == 'EXHAUSTED' and verdicts(token) == {'deny'})
    o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 500}])
    check('nor does the correction by itself', state(token) == 'EXHAUSTED' and verdicts(token) == {'deny'})
    refused('the implementer does not open it', o.do('slb1', 'token.resume', id=token, reason='x'), 'domain.md 7.4')
    asked = o.done('jc1', 'token.resume', id=token, reason='用量已更正（示例）')
    check('one officer of the operator is not enough', state(token) == 'EXHAUSTED')
    refused('the same one does not approve', o.do('jc1', 'approval.approve', id=asked['approval']), 'R22')
    o.done('jc2', 'approval.approve', id=asked['approval'])
    check('two are: it permits again', state(token) == 'ACTIVE' and verdicts(token) == {'permit'})

    o.done('jc1', 'token.suspend', id=token, reason='x')
    o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 2000}])
    check('totals come in while it is suspended', state(token) == 'SUSPENDED' and o.get('jc1', 'token/' + token)['used'] == 2000)
    o.two('jc1', 'jc2', 'token.resume', id=token, reason='x')
    check('resumed, it is used up', state(token) == 'EXHAUSTED' and verdicts(token) == {'deny'})
    o.done('mof1', 'token.suspend', id=token, reason='x')
    o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 1}])
    o.two('mof1', 'mof2', 'token.resume', id=token, reason='x')
    check('another party\'s resumption does not open it after a correction', state(token) == 'EXHAUSTED' and verdicts(token) == {'deny'})
    o.done('jc1', 'usage.report', totals=[{'token': token, 'day': today, 'count': 2000}])
    o.done('jc2', 'token.revoke', id=token, reason='x')
    check('revoked, it stays so', state(token) == 'REVOKED' and verdicts(token) == {'deny'})
    refused('for good', o.do('jc1', 'token.resume', id=token, reason='x'), 'R23')
    page = o.get('pcu1', 'usage?token=' + token)
    check('the user sees its days', [(i['day'], i['count'], i['rev']) for i in page['items']] == [(today, 2000, 6)], page)


# --- taking back ---

def parties():
    """operator, implementer, finance: each at once, lifted by the same or a higher one"""
    issue = license_of(binding='mtls', users=[{'usci': usci(70 + i), 'name': 'x', 'x5t': b64u(bytes([i]) * 32)} for i in range(4)])
    ids = o.done('jc1', 'token.issue', request=issue)['tokens']
    for token, who in zip(ids, ('jc1', 'slb1', 'mof1')):
        o.done(who, 'token.suspend', id=token, reason='x')
        check('suspended by %s it denies at once' % who, verdicts(token) == {'deny'})
    refused('the operator does not lift the implementer\'s suspension', o.do('jc1', 'token.resume', id=ids[1], reason='x'), 'domain.md decision 8')
    refused('nor the implementer the finance department\'s', o.do('slb1', 'token.resume', id=ids[2], reason='x'), 'domain.md decision 8')
    o.two('mof1', 'mof2', 'token.resume', id=ids[2], reason='x')
    check('two of its officers do', verdicts(ids[2]) == {'permit'})
    for token, who in zip(ids, ('jc2', 'slb2', 'mof2')):
        o.done(who, 'token.revoke', id=token, reason='x')
        check('revoked by %s it denies at once' % who, state(token) == 'REVOKED' and verdicts(token) == {'deny'})
    refused('another operator takes nothing back', o.do('qs1', 'token.revoke', id=ids[3], reason='x'), 'domain.md 7.3')
    o.done('mof1', 'certificate.suspend', number='DAC-100000-202603-000001-F', reason='x')
    check('the certificate suspended, every token on it denies', verdicts(ids[3]) == {'deny'})
    refused('and none is issued', o.do('jc1', 'token.issue', request=issue), 'R01')
    refused('or asked for', o.do('pcu1', 'token.request', request=license_of(user={'x5t': b64u(b'1' * 32)})), 'R01')
    o.two('mof1', 'mof2', 'certificate.resume', number='DAC-100000-202603-000001-F', reason='x')
    check('lifted, they permit again', verdicts(ids[3]) == {'permit'})
    refused('a term beyond a year', o.do('jc1', 'token.issue', request={**issue, 'days': 366}), 'domain.md 4.10')
    refused('a binding by name beyond 90 days', o.do('jc1', 'token.issue', request={**issue, 'binding': 'named', 'audience': 'x', 'days': 91}), 'domain.md decision 7')


# --- the portal ---

def browser(who):
    b = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    b.addheaders = [('Accept', 'text/html')]
    l = h.login(who)
    b.open('http://127.0.0.1:%d/login' % h.p, urllib.parse.urlencode({'login': who, 'password': l['password'], 'totp': h.code(who)}).encode(), timeout=300).read()
    return lambda path: b.open('http://127.0.0.1:%d%s' % (h.p, path), timeout=300).read().decode()


def labels(page):
    return [html.unescape(re.sub('<[^>]*>', '', t)).strip() for t in re.findall('<(?:h1|h2|dt|th|label|summary)[^>]*>(.*?)</(?:h1|h2|dt|th|label|summary)>', page, re.S)]


def portal(asked):
    operator, user = browser('jc1'), browser('pcu1')
    places = {d['name'] for d in o.get('jc1', 'division?limit=1000')['items']} # names are not translated
    day_id = o.get('pcu1', 'usage')['items'][0]['id']
    pages = ['/list/request', '/list/bulk', '/list/usage', '/show/request/' + asked, '/show/bulk/' + JOB, '/show/usage/' + day_id, '/show/token/' + day_id.split('.')[0],
             '/do/token/request', '/do/token/bulk', '/do/token/review', '/do/usage/report']
    for path in pages:
        zh, en = labels(operator(path + '?lang=zh')), labels(operator(path + '?lang=en'))
        off = [t for t in zh if t and t != 'SHA-256' and not re.search('[\u4e00-\u9fff]', t)] + [t for t in en if re.search('[\u4e00-\u9fff]', t) and t not in places]
        check('%s speaks Chinese or English, as asked' % path.split('/LT')[0], len(zh) > 2 and not off, off)
    waits = o.done('pcu1', 'token.request', request=license_of(user={'x5t': b64u(b'1' * 32)}))['id']
    shown = operator('/show/request/' + waits + '?lang=zh')
    check('a request\'s page shows its operator what is permitted, and two answers', '授权允许' in shown and 'name="accept" value="true"' in shown and 'name="accept" value="false"' in shown, shown[-1500:])
    check('and its user who reviews it', '审核单位' in user('/show/request/' + waits + '?lang=zh') and '授权允许' not in user('/show/request/' + waits + '?lang=zh'))
    named = o.done('pcu1', 'token.request', request=license_of(binding='named', user={}))['id']
    check('a license by name: its operator is asked for the address, which its others have', re.search('name="audience"[^>]*required value="https://[a-z.]*example"', operator('/show/request/' + named)) and 'name="audience"' not in shown)
    check('and offers its user none', '/do/token/review' not in user('/show/request/' + waits))
    check('a job\'s page leads to its archive', re.search(r'/do/token/archive\?bulk=' + JOB + '[^"]*download=file', operator('/show/bulk/' + JOB)) is not None)
    check('a token\'s page leads to neither', '/do/token/review' not in operator('/show/token/' + day_id.split('.')[0]) and '/do/token/archive' not in operator('/show/token/' + day_id.split('.')[0]))
    plain = lambda page: re.sub(r'\s+', ' ', html.unescape(re.sub('<[^>]*>', ' ', page)))
    first = operator('/show/bulk/' + JOB + '?lang=zh')
    listed = [re.findall(r'/show/token/(LT-[0-9a-z]+)', page.split('id="licenses"')[1]) for page in (first, operator('/show/bulk/%s?after=%s' % (JOB, re.search(r'after=(\d+)#licenses', first)[1])))]
    check('and lists its licenses by the rows of its list, 80 a page', listed == [[r[0] for r in rows('SELECT id FROM token WHERE job = ? ORDER BY line LIMIT 80 OFFSET ?', JOB, n)] for n in (0, 80)], [len(x) for x in listed])
    refused('which another operator does not read', o.do('qs1', 'bulk.tokens', id=JOB), 'domain.md 7.3')
    begin = plain(user('/do/token/request?lang=zh'))
    check('what is on sale is told with its data and price', re.search('P-FLOOD 2015—2024年全国重要江河控制站水文水位流量数据集 · 免费', begin) and re.search('P-INDEX 2016—2025年全国农业气象要素格点数据集 · [0-9.]+ 元', begin), begin[:900])
    gone = o.done('jc1', 'token.review', request=o.done('pcu1', 'token.request', request=license_of(user={'x5t': b64u(b'g' * 32)}))['id'], accept=True)['token']
    newest = [r[0] for r in rows("SELECT t.id FROM token t JOIN authorisation a ON a.number = t.authorisation WHERE t.operator = ? AND t.state = 'ACTIVE' AND a.state = 'ACTIVE' ORDER BY t.rowid DESC LIMIT 6", JINGCHU)]
    check('the licenses in use begin with the newest', [t['id'] for t in o.get('jc1', 'home/show')['in_use']['tokens']] == newest and gone == newest[0] and '以上为最新 6 份，共 ' in operator('/?lang=zh'), newest)
    o.done('jc1', 'token.revoke', id=gone, reason='用户违约（示例）')
    seen = plain(user('/?lang=zh'))
    check('a user whose license was revoked finds it among the applications and the news', re.search('我的许可申请 P-FLOOD 已吊销 20', seen) and '吊销令牌 已吊销 P-FLOOD · 鹏城数据科技（虚构） ' + gone in seen, seen[300:1200])
    check('with the reason on its page', '用户违约（示例）' in user('/show/token/' + gone))
    check('codes are words', '待运营机构审核' in operator('/list/request?lang=zh') and '已完成' in operator('/list/bulk?lang=zh'))
    reported = o.done('jc1', 'token.issue', request=license_of(users=[{'usci': PENGCHENG, 'name': '鹏城数据科技（虚构）', 'x5t': b64u(b'p' * 32)}]))['tokens'][0]
    o.done('jc1', 'usage.report', totals=[{'token': reported, 'day': day(0), 'count': 3}])
    at = '/show/usage/%s.%s' % (reported, day(0))
    filed = o.done('pcu1', 'complaint.file', number=HYDRO, product='P-POWER', kind='CHARGE', subject='多收费用（示例）', items=[{'item': '调用', 'amount_fen': 1250}])['id']
    page, mine = '/show/complaint/%s?lang=zh' % filed, lambda word: re.search('我的投诉.*?/show/complaint/%s">收费 · P-POWER</a>[^.]*?%s' % (filed, word), user('/?lang=zh'), re.S) is not None
    seen = plain(user(page))
    check('a complaint stands on the first page of who complained, and says who answers it by when', mine('待答复') and re.search('下一步： 荆楚数据运营（虚构） ?应于 20[0-9-]+ 前答复。', seen), seen[:900])
    check('by labels of its own, without amounts that nobody has said', all(w in seen for w in ('投诉事项', '登记单位', '收费合计')) and not any(w in seen for w in ('0.00 元', '所属单位', '事项或科目')), seen[:1200])
    o.done('jc1', 'complaint.answer', id=filed, text='已退还（示例）', refunded_fen=1250)
    check('answered, it says who decides', mine('已答复') and re.search('下一步： [^。]+认定投诉是否属实。', plain(user(page))), plain(user(page))[:600])
    o.done('slb1', 'complaint.decide', id=filed, upheld=True, reason='属实（示例）')
    check('decided, it stands there still, and is news', mine('投诉属实') and '认定投诉' in plain(user('/?lang=zh')) and '下一步' not in plain(user(page)))
    check('a day\'s page offers the user to countersign or dispute', all('action="/do/usage/%s"' % v in user(at) for v in ('countersign', 'dispute')))
    check('and the operator neither', 'countersign' not in operator(at))


JOB = ''
h = Home()
o = Officers(h)
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    hire('pcu1', PENGCHENG, ['USER'], 'sz-fin1', 'sz-fin2')
    hire('jbu1', JIANGCHENG, ['USER', 'DEVELOPER'], 'hb-fin1', 'hb-fin2')
    first, asked = requests()
    on_behalf()
    redevelopment()
    archive(bulk(first))
    small_jobs()
    hostile_jobs()
    usage()
    portal(asked)
    parties()
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
