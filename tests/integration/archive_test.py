"""A year's records leave the appliance (docs/formats.md 44): exported, checked under the root alone, damaged in
every way, broken off and gone on with, exported again; and the words of a person erased."""
import glob, tarfile
from lib import *

h = Home()
check('a demo home is made', h.made, h.made_err)
check('it is served', h.serve())
officers = Officers(h)
YEAR = '2026'
root = hashlib.sha256(base64.b64decode(open(h.d + '/trust/root.pem').read().split('-----')[2])).hexdigest()


def export(out, who='hb-fin1', year=YEAR):
    return h.cli('archive', 'export', '--year', year, '--out', out, who=who)


def verify(folder, *args):
    return tool(B + '/fujie-verify', 'archive', folder, *(args or ('--root', root)))


def files(folder):
    return {os.path.relpath(os.path.join(d, f), folder): open(os.path.join(d, f), 'rb').read() for d, _, fs in os.walk(folder) for f in fs
            if os.path.isfile(os.path.join(d, f))}


def told(out):
    return [(f['what'], f['path']) for f in out.get('faults', [])]


def keeper():
    """an officer of the department that keeps the appliance"""
    for who in ('mof1', 'hb-fin1'):
        code, out = officers.do(who, 'archive.seal', state='x')
        if code == 422:
            return who
    return 'mof1'


def more():
    """what the demo's year lacks: a job of license tokens, an order that was answered, a report that two officers fixed"""
    hydro = next(a['number'] for a in h.cli('authorisation', 'list', '--state', 'ACTIVE')[1]['items'] if any(p['product'].endswith('/P-FLOOD') for p in h.cli('product', 'list', '--authorisation', a['number'])[1]['items']))
    grant = {'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    users = [{'usci': usci('91520100DEMD%04d1' % k), 'name': '用户 %d（虚构）' % k, 'x5t': base64.urlsafe_b64encode(hashlib.sha256(b'%d' % k).digest()).decode().rstrip('=')} for k in range(3)]
    out = officers.done('jc1', 'token.bulk', request={'authorisation': hydro, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 60, 'binding': 'mtls',
                        'duties': ['STOP', 'DELETE', 'RETAIN_DERIVED'], 'users': users})
    officers.done('jc2', 'approval.approve', id=out['approval'])
    job = out['job']
    check('a job of license tokens is done', until(lambda: officers.done('jc1', 'bulk.show', id=job)['state'] == 'DONE', 60))
    due = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 14 * 86400))
    order = officers.done('mof1', 'order.issue', kind='CORRECT', number=hydro, text='整改（示例）', due=due)['id']
    officers.done('jc1', 'order.answer', id=order, text='已整改（示例）', file='整改报告（示例）')
    officers.done('mof1', 'order.close', id=order, reason='已整改（示例）')
    report = officers.done('hb-fin1', 'report.submit', kind='half-year', period='2026H1')
    officers.done('hb-fin2', 'approval.approve', id=report['approval'])


def whole():
    global A
    A = h.root + '/a'
    code, out = export(A, WHO)
    check('a year is exported', code == 0 and out.get('id', '').startswith('AE-2026-'), out)
    counts = out.get('counts', {})
    check('with certificates and registrations', counts.get('certificate', 0) > 5 and counts.get('registration', 0) > 5, counts)
    check('and every other kind that the year has', all(counts.get(k, 0) > 0 for k in ('authorisation', 'bulk', 'revenue', 'report', 'order', 'schema', 'trust')), counts)
    code, v = verify(A)
    check('it is checked under the root alone', code == 0 and v['verdict'] == 'permit' and v['faults'] == [], v)
    check('with each package, its credentials and what was filed', v.get('packages') == sum(n for k, n in counts.items() if k not in ('schema', 'trust')) and v['credentials'] == counts['certificate'] + counts['authorisation'] + counts['report'] and v['originals'] > 0, v)
    code, v = verify(A, '--trust', h.d + '/trust')
    check('or under a trust folder', code == 0 and v['verdict'] == 'permit', v)
    code, v = verify(A, '--root', '0' * 64)
    check('under another root it does not hold', code == 1 and v['verdict'] == 'deny', v)
    check('for people too', 'HOLDS' in subprocess.run([B + '/fujie-verify', 'archive', A, '--root', root], capture_output=True, text=True).stdout)
    check('the event says what left', [e['body']['lines'] for e in h.cli('event', 'list', '--object', out['id'])[1]['items'] if e['kind'] == 'archive.exported'] == [out['lines']])
    listed = h.cli('archive', 'list')[1]['items']
    check('and the list of exports', [(x['id'], x['year'], x['state']) for x in listed] == [(out['id'], 2026, 'ISSUED')], listed)
    check('an export that is finished is not written over', export(A, WHO)[0] == 1)
    check('nothing is due yet', h.cli('archive', 'due')[1]['items'] == [])
    return out


def in_a_package():
    index = [json.loads(l) for l in open(A + '/index.jsonl')][1:]
    packed = next(x for x in index if x['kind'] == 'certificate' and x['state'] == 'ACTIVE')
    with tarfile.open(A + '/certificate/%s.tar' % packed['id']) as t:
        names = t.getnames()
        xml = t.extractfile('metadata.xml').read().decode()
        pdf = t.extractfile('paper.pdf').read(5)
    check('a package has paper, metadata, credential with its proof, events, approvals and a list', {'paper.pdf', 'paper.ofd', 'metadata.xml', 'record.json', 'certificate.pem',
          'certificate.tlog-proof', 'events.jsonl', 'package.json'} <= set(names) and any(n.startswith('approvals/') for n in names) and names[-1] == 'package.json' and pdf == b'%PDF-', names)
    import xml.etree.ElementTree as E
    ns = '{urn:fujie:archive-metadata:1}'
    m = E.fromstring(xml)
    check('whose metadata say what it is and how long it is kept', m.find('.//%s电子文件号' % ns).text == packed['id'] and m.find('.//%s保管期限' % ns).text == '永久', xml[:300])
    check('a revenue is kept for 30 years', {x['years'] for x in index if x['kind'] == 'revenue'} == {30})
    reg = next(x for x in index if x['kind'] == 'registration')
    with tarfile.open(A + '/registration/%s.tar' % reg['id']) as t:
        listed = json.load(t.extractfile('package.json'))
    with tarfile.open(A + '/bulk/%s.tar' % next(x['id'] for x in index if x['kind'] == 'bulk')) as t, tarfile.open(fileobj=t.extractfile('tokens.tar.gz')) as inner:
        check('a job has its tokens and their proofs', sum(n.endswith('.jwt') for n in inner.getnames()) == sum(n.endswith('.tlog-proof') for n in inner.getnames()) == 3)
    with tarfile.open(A + '/order/%s.tar' % next(x['id'] for x in index if x['kind'] == 'order')) as t:
        check('an order has the paper that answered it', [open(A + '/originals/' + o['sha256']).read() for o in json.load(t.extractfile('package.json'))['originals']] == ['整改报告（示例）'])
    with tarfile.open(A + '/report/%s.tar' % next(x['id'] for x in index if x['kind'] == 'report')) as t:
        check('a report has its document, signature and pages', {'record.json', 'report.jws', 'paper.pdf', 'paper.ofd'} <= set(t.getnames()))
    check('a registration names what was filed, by its hash', all(hashlib.sha256(open(A + '/originals/' + o['sha256'], 'rb').read()).hexdigest() == o['sha256'] for o in listed['originals']), listed)


def twice(first):
    b = h.root + '/b'
    code, out = export(b, WHO)
    one, two = files(A), files(b)
    differ = sorted(k for k in set(one) | set(two) if one.get(k) != two.get(k))
    check('exported again it is octet by octet the same, but for the export that was written down meanwhile', code == 0 and not [d for d in differ if not d.startswith('trust/') and d not in ('index.jsonl', 'archive.json', 'archive.jws')], differ[:20])
    check('and holds', verify(b)[0] == 0)


def damaged():
    """every kind of damage, and the file that it is told of"""
    c = h.root + '/c'

    def bent(sentence, what, path, change):
        shutil.rmtree(c, ignore_errors=True)
        shutil.copytree(A, c)
        change()
        code, out = verify(c)
        check(sentence, code == 1 and out.get('verdict') == 'deny' and any(w == what and p.startswith(path) for w, p in told(out)), told(out)[:6])

    def flip(path, at=-1):
        data = bytearray(open(c + '/' + path, 'rb').read())
        data[at if at >= 0 else len(data) // 2] ^= 1
        open(c + '/' + path, 'wb').write(data)

    def lines(change):
        with open(c + '/index.jsonl') as f:
            rows = f.read().splitlines(True)
        change(rows)
        with open(c + '/index.jsonl', 'w') as f:
            f.writelines(rows)

    rel = sorted(os.path.relpath(p, A) for p in glob.glob(A + '/*/*.tar'))
    cert = next(r for r in rel if r.startswith('certificate/'))
    orig = 'originals/' + sorted(os.listdir(A + '/originals'))[0]
    status = sorted(os.path.relpath(p, A) for p in glob.glob(A + '/trust/status/*.jwt'))[0]
    bent('a package that was changed', 'changed', cert, lambda: flip(cert))
    bent('a package that is missing', 'missing', cert, lambda: os.unlink(c + '/' + cert))
    bent('a package too many', 'extra', 'certificate/DAC-x.tar', lambda: shutil.copy(c + '/' + cert, c + '/certificate/DAC-x.tar'))
    bent('a folder too many', 'extra', 'more', lambda: (os.mkdir(c + '/more'), open(c + '/more/x', 'w').close()))
    bent('a filed paper that was changed', 'changed', orig, lambda: flip(orig))
    bent('one that is missing', 'missing', orig, lambda: os.unlink(c + '/' + orig))
    bent('one too many', 'extra', 'originals/' + '0' * 64, lambda: open(c + '/originals/' + '0' * 64, 'w').close())
    bent('a line that was changed', 'changed', 'index.jsonl', lambda: lines(lambda r: r.__setitem__(2, r[2].replace('"years":0', '"years":30').replace('"years":30', '"years":10', 0) if '"years":0' in r[2] else r[2].replace('"seq":', '"seq":1'))))
    bent('a line that was left out', 'changed', 'index.jsonl', lambda: lines(lambda r: r.pop(2)))
    bent('lines in another order', 'form', 'index.jsonl', lambda: lines(lambda r: r.insert(1, r.pop(3))))
    bent('a line that stands twice', 'form', 'index.jsonl', lambda: lines(lambda r: r.insert(2, r[2])))
    bent('a line that is cut', 'form', 'index.jsonl', lambda: lines(lambda r: r.__setitem__(-1, r[-1][:40])))
    bent('an index of another year', 'changed', 'index.jsonl', lambda: lines(lambda r: r.__setitem__(0, r[0].replace('2026', '2027'))))
    bent('no index', 'missing', 'index.jsonl', lambda: os.unlink(c + '/index.jsonl'))
    bent('a document that says another number', 'form', 'archive.json', lambda: open(c + '/archive.json', 'r+').write(open(c + '/archive.json').read().replace('"lines":', '"lines":1')))
    bent('a document that was changed', 'signature', 'archive.jws', lambda: (lambda t: open(c + '/archive.json', 'w').write(t.replace('"over":true', '"over":null').replace('"over":false', '"over":true').replace('"over":null', '"over":false')))(open(c + '/archive.json').read()))
    bent('no signature', 'missing', 'archive.jws', lambda: os.unlink(c + '/archive.jws'))
    bent('a signature that does not hold', 'signature', 'archive.jws', lambda: (lambda t: open(c + '/archive.jws', 'w').write(t[:-20] + ('A' if t[-20] != 'A' else 'B') + t[-19:]))(open(c + '/archive.jws').read()))
    bent('a status list that was changed', 'changed', status, lambda: flip(status))
    bent('a root that is missing', 'missing', 'trust/root.pem', lambda: os.unlink(c + '/trust/root.pem'))
    bent('no folder of trust', 'trust', 'trust', lambda: shutil.rmtree(c + '/trust'))
    # a forger with the whole folder: everything put in order again but the signature
    bent('a state that was made better, and every hash after it put right', 'signature', 'archive.jws', lambda: forged(c))


def forged(c):
    rows = open(c + '/index.jsonl').read().splitlines()
    k = next(i for i, r in enumerate(rows) if '"kind":"certificate"' in r and '"state":"ACTIVE"' not in r)
    rows[k] = json.dumps(dict(json.loads(rows[k]), state='ACTIVE'), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    chain = bytes(32)
    for r in rows:
        chain = hashlib.sha256(chain + r.encode()).digest()
    open(c + '/index.jsonl', 'w').write('\n'.join(rows) + '\n')
    doc = json.load(open(c + '/archive.json'))
    open(c + '/archive.json', 'wb').write(canon(dict(doc, chain=chain.hex())))


def broken_off():
    """killed at many points, it goes on; what comes is whole"""
    d = h.root + '/d'
    env = dict(os.environ, FUJIE_PASSWORD=h.login(WHO)['password'])
    kills = 0
    for wait in (0.05, 0.2, 0.4, 0.7):
        p = subprocess.Popen([B + '/fujie', 'archive', 'export', '--year', YEAR, '--out', d, '--dir', h.d, '--as', WHO, '--json'], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: os.path.exists(d + '/index.part') and sum(1 for _ in open(d + '/index.part', 'rb')) > kills * 5 or p.poll() is not None, 60)
        p.kill()
        p.wait()
        kills += 1
    check('a broken export is not taken for a finished one', not os.path.exists(d + '/archive.jws') and verify(d)[0] == 1)
    done = sum(1 for _ in open(d + '/index.part', 'rb'))
    with open(d + '/index.part', 'ab') as f:  # a line that was written and not counted, and half of one
        f.write(b'{"kind":"x"}\n{"ki')
    check('another year does not go into it', export(d, WHO, '2025')[0] == 1)
    code, out = export(d, WHO)
    check('it goes on where it stood, and holds', code == 0 and done > 1 and verify(d)[0] == 0, (done, out, told(verify(d)[1])))
    check('with nothing left of the work', not [f for f in os.listdir(d) if f.endswith('.part')], os.listdir(d))


def refusals():
    refused('a year that has not begun', (422, export(h.root + '/x', WHO, '2199')[1]), 'formats.md 44')
    check('and leaves nothing behind that is in the way', export(h.root + '/x', WHO, '2025')[0] in (0,))
    refused('how far it has come is nobody\'s to say', officers.do(WHO, 'archive.seal', state='{"year":2026}~' + '0' * 64), 'formats.md 44')
    refused('an officer of another department does not sign it', officers.do('hbsw1', 'archive.seal', state='x'), None)
    check('a folder with other things is left alone', export(h.d, WHO)[0] == 1)
    check('wrong use says how', h.cli('archive', 'export', '--year', '26', '--out', h.root + '/y')[0] == 2)
    check('the packages are read by the auditor, not by a holder', officers.do('hbsw1', 'archive.next', state='x')[0] == 403 and officers.do('auditor', 'archive.next', state='x')[0] == 422)


def erasure():
    """the words of who objected: gone from every file of the home, and from what leaves it later"""
    name, contact, words = '异议人甲乙丙（虚构）', '027-5550-7713 unmistakable', '证据全文不可误认 evidence unmistakable ' + '证据' * 300
    asset = next(a['asset_no'] for a in h.cli('asset', 'list', '--state', 'CERTIFICATED', '--division', '42')[1]['items'] if a['asset_no'].startswith('HB-'))
    ob = officers.done('hbsw1', 'registration.object', asset=asset, name=name, contact=contact, evidence=words)['id']
    check('while it is not decided its words stay', officers.do('hb-fin1', 'opening.erase', object=ob, basis='PURPOSE_OVER', reason='x')[0] == 409)
    officers.done('hb-fin1', 'objection.decide', id=ob, upheld=False, reason='查无实据（示例）')
    check('they are shown to who decides', officers.done('hb-fin1', 'objection.show', id=ob).get('contact') == contact)
    check('and listed without what they are', ob in [x['id'] for x in officers.done('hb-fin1', 'opening.list', limit=1000)['items']])
    holds = [f for f, data in files(h.d).items() if contact.encode() in data]
    check('the register holds them', any(f.startswith('register.db') for f in holds), holds)
    refused('another department does not erase them', officers.do('mof1', 'opening.erase', object=ob, basis='PURPOSE_OVER', reason='x'), 'R40')
    refused('a number that has none', officers.do('hb-fin1', 'opening.erase', object='OB-nobody', basis='PURPOSE_OVER', reason='x'), '个人信息保护法 art. 47')
    for n in ('v12', 'old'):
        shutil.copy(h.d + '/register.db', h.d + '/register.db.' + n)
    asked = officers.done('hb-fin1', 'opening.erase', object=ob, basis='PURPOSE_OVER', reason='办结（示例）')
    check('nobody does it alone', officers.do('hb-fin1', 'approval.approve', id=asked['approval'])[0] != 200)
    officers.done('hb-fin2', 'approval.approve', id=asked['approval'])
    check('the copy of before an upgrade goes with them; one that somebody laid there is named to who approves',
          not os.path.exists(h.d + '/register.db.v12') and [x['id'] for x in asked['left'] if x['what'] == 'copy'] == ['register.db.old'], asked)
    os.unlink(h.d + '/register.db.old')
    shown = officers.done('hb-fin1', 'objection.show', id=ob)
    check('two officers do: what was decided stays, the person does not', shown['state'] == 'DISMISSED' and 'contact' not in shown and 'name' not in shown, shown)
    left = {f: t for f, data in files(h.d).items() for t in (name, contact, 'evidence unmistakable') if t.encode() in data}
    check('no file of the home holds an octet of it, the served register and its log neither', left == {}, left)
    dossier = h.root + '/after.tar'
    h.cli('find', 'dossier', asset, '--out', dossier)
    check('nor the dossier', contact.encode() not in open(dossier, 'rb').read())
    check('nor search', h.cli('find', 'search', 'unmistakable')[1].get('items') == [])
    code, out = h.cli('audit', 'verify')
    check('the record holds as before', code == 0, out)
    rebuilt(h)
    ev = [e for e in h.cli('event', 'list', '--object', ob)[1]['items']]
    made, gone = (next(e['body'] for e in ev if e['kind'] == k) for k in ('objection.made', 'opening.erased'))
    check('the event says by which case of the law, and not what', gone['basis'] == 'PURPOSE_OVER' and gone['commitment'] == made['who'] and contact not in json.dumps(ev, ensure_ascii=False), gone)
    check('it is done once', officers.do('hb-fin1', 'opening.erase', object=ob, basis='PURPOSE_OVER', reason='x')[0] == 404)


try:
    WHO = keeper()
    more()
    first = whole()
    in_a_package()
    twice(first)
    damaged()
    broken_off()
    refusals()
    erasure()
finally:
    h.close()
finish()
