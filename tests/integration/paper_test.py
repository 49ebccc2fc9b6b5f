"""Paper and signed files: an authorisation credential printed (PDF, HTML); a fixed report signed in
the act that fixes it and checked from its bytes with a root alone; another register's signed report
taken in as a return, marked with its signer; and what is refused.  Two registers, which know nothing
of each other but a root's fingerprint.  Units, numbers and amounts are illustrative."""
import copy, sqlite3
from lib import *

HUBEI, GUIZHOU = '11420000DEMA00013M', '11520000DEMA000217'
HOSTILE = '水文<b>监测</b>&amp;"数据" </td><script>alert(1)</script>'
KIND = {'kind': 'half-year', 'period': '2026H1'}


def day(n=0):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + n * 86400))


def instant(seconds=0):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def run(*cmd):
    return subprocess.run(cmd, capture_output=True, timeout=300, stdin=subprocess.DEVNULL)


def canonical(doc):
    return json.dumps(doc, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def unb64(s):
    return base64.urlsafe_b64decode(s + '=' * (-len(s) % 4))


def as_file(data):
    return {'base64url': base64.urlsafe_b64encode(data if isinstance(data, bytes) else canonical(data)).decode().rstrip('=')}


def pdf_text(data):
    with tempfile.NamedTemporaryFile(suffix='.pdf') as f:
        f.write(data)
        f.flush()
        return re.sub(r'\s', '', run('pdftotext', '-layout', f.name, '-').stdout.decode())


def verdict(data, trust, *more):
    with tempfile.NamedTemporaryFile(suffix='.json') as f:
        f.write(data if isinstance(data, bytes) else canonical(data))
        f.flush()
        return json.loads(run(B + '/fujie-verify', '--trust', trust, f.name, '--json', *more).stdout)


def outcome(v, name):
    return next(c['outcome'] for c in v['checks'] if c['name'] == name)


# --- the printed credential ---

def proposal(cert, **grant):
    g = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['MODEL_CALL', 'QUERY'], 'territory': ['420000'],
         'environment': ['政务云'], 'quota': {'unit': 'CALLS', 'limit': 100000}, 'depth': 0}
    return {'certificates': [cert], 'operator': '91420100DEMA001011', 'grant': dict(g, **grant), 'terms': 'free' if grant else 'paid', 'from': day(), 'to': day(300), 'shared': False, 'selection': 'x',
            'operator_conditions': 'x', 'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}


def authorised(h, o):
    """an authorisation on an asset whose name tries to be more than a name"""
    o.done('hbsw1', 'ledger.import', file=CSV_HEAD + 'L-PP,CAT-PP,示例,,自主采集,,否\r\n')
    lg = next(r['id'] for r in o.get('hbsw1', 'ledger?limit=1000')['items'] if r['ledger_no'] == 'L-PP')
    o.done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    o.done('hb-fin1', 'ledger.confirm', id=lg)
    own = card('PP-1')
    own['basic']['name'] = HOSTILE
    o.done('hbsw1', 'asset.card', ledger=lg, card=own)
    o.done('hb-fin3', 'registration.decide', id=o.done('hbsw1', 'registration.submit', asset='PP-1')['id'], accept=True)
    number = o.two('hb-fin1', 'hb-fin2', 'certificate.issue', assets=['PP-1'])[1]['certificates'][0]
    return number, o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=proposal(number))[1]['authorisation']


def long(o, cert):
    """lists as long as fit into a credential are all there"""
    places = sorted('机房 %03d（%s）' % (i, '示例' * 10) for i in range(60))
    dau = o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=proposal(cert, purposes=['PUBGOV'], environment=places))[1]['authorisation']
    html = o.done('hbsw1', 'authorisation.print', number=dau, format='html')['bytes'].decode()
    check('a long list is there whole, over several rows', all(p in html for p in places) and html.count('环境（续）') > 2)
    pdf = o.done('hbsw1', 'authorisation.print', number=dau)['bytes']
    if shutil.which('pdftotext'):
        text = pdf_text(pdf)
        check('and over several pages', all('机房%03d（' % i in text for i in range(60)))


def printed(h, o):
    cert, dau = authorised(h, o)
    shown = o.done('hbsw1', 'authorisation.show', number=dau)
    sha = hashlib.sha256(shown['compact'].encode()).hexdigest()
    pdf = o.done('hbsw1', 'authorisation.print', number=dau)['bytes']
    html = o.done('jc1', 'authorisation.print', number=dau, format='html')['bytes'].decode()
    address = h.url('/v/' + dau)
    says = [dau, '第1版version1', cert, 'PP-1', sha, address, '依场景' if shown['mode'] == 'SCENE' else '整体授权', '数据使用权', '公共治理', '产业发展', '模型调用', '420000湖北省', '政务云', '100000次调用', day(), day(300), '湖北省财政厅',
            '有效Inforce', '以登记簿为准', '（盖章）', '签字', '有条件有偿', shown['operator']['name'], shown['holder']['name'], shown['implementer']['name']]
    flat = re.sub(r'\s', '', re.sub('&amp;', '&', re.sub('<[^>]*>', '', html)))
    check('the printed credential says what was signed, where its state stands, and has room for seals (HTML)', all(s in flat for s in says), [s for s in says if s not in flat])
    check('its labels are in both languages', all(s in flat for s in ('授权编号和版本Numberandversion', '期限Term', '收益依据Revenuebasis', '核验地址Verifyat')))
    check('a name is text and nothing more', '<script' not in html and '<b>监测' not in html and '&lt;script&gt;alert(1)&lt;/script&gt;' in html and '&amp;amp;' in html)
    check('and the address is a code, drawn within the page', html.count('<svg') == 1 and '<img' not in html and 'M4 4h1v1h-1z' in html)
    check('the address answers with the present state', dau in urllib.request.urlopen(address, timeout=300).read().decode())
    check('PDF is one', pdf[:5] == b'%PDF-')
    if shutil.which('pdftotext'):
        text = pdf_text(pdf)
        check('and says the same', all(s in text for s in says if s != sha) and sha[:40] in text, [s for s in says if s not in text])
        check('and it is on two pages, the room for seals in one piece', '1/2' in text and '1/3' not in text and text.count('发证财政部门（盖章）') == 1)
    long(o, cert)
    refused('another format', o.do('hbsw1', 'authorisation.print', number=dau, format='docx'), None)
    refused('a number that there is not', o.do('hbsw1', 'authorisation.print', number='DAU-420000-202601-000009-9'), None)
    out = subprocess.run([B + '/fujie', 'authorisation', 'print', dau, '--dir', h.d, '--format', 'html', '--out', h.root + '/dau.html'], capture_output=True, text=True, timeout=300)
    check('the command line writes it to a file', out.returncode == 0 and dau in open(h.root + '/dau.html').read(), out.stderr)
    later = o.two('hbsw1', 'hb-fin1', 'authorisation.propose', proposal=dict(proposal(cert), **{'from': day(10)}))[1]['authorisation']
    check('one whose day has not come says so over the page', '演示 DEMO\n尚未生效 Not begun' in o.done('jc1', 'authorisation.print', number=later, format='html')['bytes'].decode())
    o.done('hb-fin1', 'certificate.suspend', number=cert, reason='检查（示例）')
    html = o.done('jc1', 'authorisation.print', number=dau, format='html')['bytes'].decode()
    check('so does one whose certificate is not in force, and names it', '演示 DEMO\n数据资产证书无效' in html and '数据资产证书无效 Certificate not in force %s（打印时' % cert in html)
    o.two('hb-fin1', 'hb-fin2', 'certificate.resume', number=cert, reason='检查完毕（示例）')
    check('until it is again', '数据资产证书无效' not in o.done('jc1', 'authorisation.print', number=dau, format='html')['bytes'].decode())
    o.done('hbsw1', 'authorisation.suspend', number=dau, reason='检查（示例）')
    html = o.done('jc1', 'authorisation.print', number=dau, format='html')['bytes'].decode()
    check('one that is suspended says so over the page', re.search('<p class="mark">演示 DEMO\n已暂停', html) is not None and '已暂停 Suspended（打印时' in html)


# --- a signed report ---

def fixed(o, one, two, unit):
    draft = o.done(one, 'report.submit', **KIND)
    refused('a report that is not fixed has no signature', o.do(one, 'report.show', id=draft['id'], format='signed'), 'formats.md 14')
    check('nor says that it has one', o.done(one, 'report.show', id=draft['id'])['signature'] is None)
    o.done(two, 'approval.approve', id=draft['approval'])
    return o.done(one, 'report.show', id=draft['id'])


def signed(h, o):
    shown = fixed(o, 'gz-fin1', 'gz-fin2', GUIZHOU)
    sig = shown['signature']
    check('two officers fix a report, and it is signed', shown['state'] == 'FIXED' and sig['state'] == 'SIGNED' and sig['jws'].count('.') == 2, sig)
    data = o.done('gz-fin1', 'report.show', id=shown['id'], format='signed')['bytes']
    file = json.loads(data)
    head, body = (json.loads(unb64(p)) for p in file['signature'].split('.')[:2])
    check('as a file it has document, signature and revocation lists', sorted(file) == ['crls', 'document', 'format', 'signature'] and file['signature'] == sig['jws'] and len(file['crls']) == 2)
    check('what is signed names the report and the hash of its document', head['typ'] == 'manifest+jwt' and body['jti'] == shown['id'] and body['kind'] == 'report' and
          body['report'] == {'kind': 'half-year', 'period': '2026H1', 'unit': GUIZHOU} and unb64(body['sha256']) == hashlib.sha256(canonical(file['document'])).digest() and
          unb64(body['sha256']).hex() == shown['sha256'], body)
    check('everybody who reads it gets the file', o.do('hb-fin1', 'report.show', id=shown['id'], format='signed')[0] == 200)
    old = h.copy()
    db = sqlite3.connect(old.d + '/register.db')
    db.execute('DELETE FROM intent WHERE object = ?', (shown['id'],)) # as if it had been fixed before there were signatures
    db.commit()
    db.close()
    code, was = old.cli('report', 'show', shown['id'])
    check('one that was fixed before has none, and says why', code == 0 and was['signature']['state'] == 'NONE' and 'before' in was['signature']['why']['en'] and was['sha256'] == shown['sha256'], was)
    code, out = old.cli('report', 'show', shown['id'], '--format', 'signed')
    check('and gets none', code == 1 and out['rule'] == 'formats.md 14' and '没有签名' in out['detail']['zh'], out)
    old.close()
    html = o.done('gz-fin1', 'report.show', id=shown['id'], format='html')['bytes'].decode()
    check('the report for people says that it is signed', '电子签名' in html and '已签名（' in html)
    return shown, data


def checked(h, other, data):
    """by fujie-verify alone"""
    v = verdict(data, h.d + '/trust')
    check('fujie-verify permits it and says whose it is', v['verdict'] == 'permit' and v['kind'] == 'report' and v['subject']['unit']['usci'] == GUIZHOU and
          v['subject']['iss'] == h.url('') and any('further version' in s for s in v['not_checked']), v)
    bare = h.root + '/bare'
    os.mkdir(bare)
    for name in ('root.pem', 'chain.pem'):
        shutil.copy(h.d + '/trust/' + name, bare)
    v = verdict(data, bare)
    check('with the root and its chain alone, since it brings its revocation lists along', v['verdict'] == 'permit' and outcome(v, 'signer status') == 'pass', v)
    file = json.loads(data)
    check('without them nothing is said of the signer', verdict(dict(file, crls=[]), bare)['verdict'] == 'indeterminate' and verdict(dict(file, crls=[]), h.d + '/trust')['verdict'] == 'permit')
    check('nor by lists that are not its own', verdict(dict(file, crls=['AAAA', file['crls'][0]]), bare)['verdict'] == 'indeterminate')
    check('nor by lists that are over', verdict(data, bare, '--at', instant(3 * 86400))['verdict'] == 'indeterminate')
    check('a time before it was signed denies', verdict(data, bare, '--at', instant(-3 * 86400))['verdict'] == 'deny')
    check('another root denies', verdict(data, other.d + '/trust')['verdict'] == 'deny')
    for sentence, bad, which in spoilt(file):
        v = verdict(bad, h.d + '/trust')
        check('denied: ' + sentence, v['verdict'] == 'deny' and outcome(v, which) == 'fail', v)
    return file


def spoilt(file):
    """the file with one thing changed: [(what, file, check that fails)]"""
    def with_doc(**more):
        f = copy.deepcopy(file)
        f['document'].update(more)
        return f

    values = dict(file['document']['values'], **{'certificate.issued': file['document']['values']['certificate.issued'] + 1})
    jws = file['signature']
    other = jws[:-4] + ('AAAA' if jws[-4:] != 'AAAA' else 'BBBB')
    return [('a figure that was changed', with_doc(values=values), 'signature'), ('a word that was changed', with_doc(document='x'), 'signature'),
            ('a member more in the document', with_doc(more=1), 'signature'), ('a signature that was changed', dict(file, signature=other), 'signature'),
            ('another period', with_doc(period='2026H2'), 'form'), ('another unit', with_doc(unit={'usci': HUBEI, 'name': '湖北省财政厅'}), 'form'),
            ('a member more in the file', dict(file, more=1), 'form'), ('another format', dict(file, format='urn:fujie:signed-report:2'), 'form'),
            ('no signature', {k: v for k, v in file.items() if k != 'signature'}, 'form')]


# --- taken in elsewhere ---

def peers(h, o, there):
    """the other register's root, by two officers"""
    root = open(there.d + '/trust/root.pem').read()
    want = dict(name='贵州省登记系统（虚构）', root=root, signs_for=[GUIZHOU])
    refused('a root that is none', o.do('hb-fin1', 'peer.add', **dict(want, root='x')), None)
    refused('a certificate that is no root', o.do('hb-fin1', 'peer.add', **dict(want, root=open(there.d + '/trust/chain.pem').read().split('-----END CERTIFICATE-----')[0] + '-----END CERTIFICATE-----\n')), None)
    refused('a register that signs for nobody', o.do('hb-fin1', 'peer.add', **dict(want, signs_for=[])), None)
    refused('a unit that has no code', o.do('hb-fin1', 'peer.add', **dict(want, signs_for=['贵州'])), '167·四(二)')
    asked = o.done('hb-fin1', 'peer.add', **want)
    der = base64.b64decode(''.join(l for l in root.splitlines() if '-----' not in l))
    check('a root is named by its fingerprint', asked['sha256'] == hashlib.sha256(der).hexdigest(), asked)
    refused('nobody enters one alone', o.do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    peer = o.done('hb-fin2', 'approval.approve', id=asked['approval'])['peer']
    refused('a root is entered once', o.do('hb-fin1', 'peer.add', **want), 'formats.md 14')
    row = next(p for p in o.get('hb-fin1', 'peer?limit=10')['items'] if p['id'] == peer)
    check('it is listed, with the units that it signs for', row['state'] == 'TRUSTED' and row['signs_for'] == [GUIZHOU] and o.get('hb-fin1', 'peer/' + peer)['pem'].strip() == root.strip(), row)
    return peer


def back(o, file, **change):
    want = dict(KIND, source=GUIZHOU, name='贵州省财政厅', file=as_file(file))
    return o.do('hb-fin1', 'report.return', **dict(want, **change))


def taken(h, o, there, shown, data):
    file = json.loads(data)
    refused('a signed report whose root nobody entered', back(o, data), 'formats.md 14')
    peer = peers(h, o, there)
    for sentence, bad, _ in spoilt(file)[:6]:
        refused('not taken in: ' + sentence, back(o, bad), None)
    refused('not taken in: a member more in the file', back(o, dict(file, more=1)), None)
    refused('another unit\'s report under this name', back(o, data, source=HUBEI[:-1] + 'X'), 'domain.md 9')
    refused('another period\'s', back(o, data, period='2025H2'), 'domain.md 9')
    refused('another kind\'s', back(o, data, kind='state-asset', period='2026'), 'domain.md 9')
    refused('its JSON as shown, which the signature does not cover', back(o, shown), 'domain.md 9')
    check('nothing of that was taken in', o.done('hb-fin1', 'report.half-year', unit=HUBEI, period='2026H1')['returns'] == [])
    code, out = back(o, data, name='别名')
    check('the signed report is taken in, with its signer', code == 200 and out['signed'] is True and out['signer']['peer'] == peer and out['signer']['report'] == shown['id'] and
          out['signer']['iss'] == there.url(''), out)
    plain = {k: v for k, v in shown.items() if k != 'signature'}
    code, out = back(o, plain, source='11421000DEMA00901A', name='荆州市财政局（虚构）')
    check('what has no signature is taken in as before, marked so', code == 200 and out['signed'] is False and 'signer' not in out, out)
    draft = o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)
    marks = {r['unit']: (r['signed'], r['format'], r['name'], r.get('signer', {}).get('root')) for r in draft['returns']}
    root = o.get('hb-fin1', 'peer/' + peer)['root_sha256']
    check('returns are told apart by their source, and by whether it signed', marks == {GUIZHOU: (True, 'signed', '贵州省财政厅', root), '11421000DEMA00901A': (False, 'json', '荆州市财政局（虚构）', None)}, marks)
    k = 'certificate.issued'
    check('and are added up beside the own figures', draft['consolidated'][k] == draft['values'][k] + 2 * shown['values'][k] and shown['values'][k] > 0)
    html = o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI, format='html')['bytes'].decode()
    check('also in the report for people', '贵州省财政厅（已签名：' + shown['id'] in html and '荆州市财政局（虚构）（未签名报表' in html)
    return peer


def standing(o):
    return next(r for r in o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)['returns'] if r['unit'] == GUIZHOU)


def another(there, a):
    """a further version, fixed there"""
    shown = fixed(a, 'gz-fin1', 'gz-fin2', GUIZHOU)
    return shown['id'], a.done('gz-fin1', 'report.show', id=shown['id'], format='signed')['bytes']


def versions(o, there, a, shown, data):
    """what is older, or has no signature, does not come over what is newer and signed"""
    newer, file = another(there, a)
    code, out = back(o, file)
    check('a further version takes the place of the one before', code == 200 and standing(o)['signer']['report'] == newer == shown['id'] + '-2', out)
    code, out = back(o, data)
    refused('an older version after a newer one', (code, out), 'domain.md 9')
    check('which says which is newer, in both languages', all(shown['id'] in out['detail'][z] and newer in out['detail'][z] for z in ('en', 'zh')), out)
    plain = {k: v for k, v in shown.items() if k != 'signature'}
    refused('what has no signature after what was signed', back(o, plain), 'domain.md 9')
    refused('a table after what was signed', back(o, b'key,value\r\ncertificate.issued,999\r\n'), 'domain.md 9')
    check('and the newer one stands', standing(o)['signer']['report'] == newer)
    check('the same file again changes nothing', back(o, file)[0] == 200 and standing(o)['signer']['report'] == newer)
    check('who says so goes back to the older one', back(o, data, replace=True)[0] == 200 and standing(o)['signer']['report'] == shown['id'])
    check('from which the newer one is taken again', back(o, file)[0] == 200)


def named(there, sql):
    there.stop()
    db = sqlite3.connect(there.d + '/register.db')
    db.execute('UPDATE organisation SET name = ? WHERE usci = ?', (sql, GUIZHOU))
    db.commit()
    db.close()
    there.serve()


def foul(o, there, a):
    """a register that does what it likes with the texts that it signs"""
    rebuilt(there, 'the tables of the signing register are what its events say, before it does so')
    name = there.cli('organisation', 'show', GUIZHOU)[1]['name']
    named(there, 'x' * 200 + '\n合计 0 元')
    a.sessions.clear()
    _, file = another(there, a)
    named(there, name)
    a.sessions.clear()
    check('the signature of a report with a foul name holds', verdict(file, there.d + '/trust')['verdict'] == 'permit' and '\n' in json.loads(file)['document']['unit']['name'])
    refused('but it is not taken in', back(o, file), 'domain.md 9')


def later(h, o, peer, data):
    """what is true of a signature only on the day"""
    h.stop()
    h.at(instant(3 * 86400))
    h.serve()
    o.sessions.clear()
    refused('its revocation lists are over: the file has to be handed out anew', back(o, data), 'RFC 5280 6.3.3')
    h.stop()
    h.at(instant(8 * 366 * 86400))
    h.serve()
    o.sessions.clear()
    refused('the signer\'s certificate is over', back(o, data), 'RFC 5280 4.1.2.5')


def removed(o, peer, data):
    refused('whom another office trusts is its own to say', o.do('gz-fin1', 'peer.remove', id=peer, reason='x'), 'domain.md 6')
    out = o.done('hb-fin2', 'peer.remove', id=peer, reason='对方更换根证书（示例）')
    check('one officer ends that trust at once', out['state'] == 'REMOVED')
    refused('its reports are not taken in any more', back(o, data), 'formats.md 14')
    refused('once', o.do('hb-fin2', 'peer.remove', id=peer, reason='x'), None)
    check('what was taken in stays as it was marked', any(r['signed'] for r in o.done('hb-fin1', 'report.half-year', period='2026H1', unit=HUBEI)['returns']))


there, here = Home(), Home(cases=False)
try:
    here.at(instant())
    for h in (there, here):
        h.serve()
    a, b = Officers(there), Officers(here)
    printed(here, b)
    shown, data = signed(there, a)
    checked(there, here, data)
    peer = taken(here, b, there, shown, data)
    versions(b, there, a, shown, data)
    foul(b, there, a)
    removed(b, peer, data)
    peer = peers(here, b, there)
    later(here, b, peer, data)
    rebuilt(here, 'the tables of the register that takes in are what its events say')
finally:
    there.close()
    here.close()
finish()
