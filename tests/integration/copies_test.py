"""Official paper (docs/paper.md): certificate, authorisation and license token as PDF, OFD and HTML;
numbered copies made out, collected, made out again and declared void; what the code on paper leads
to; and files that come back sealed, or pretend to.  Units and numbers are illustrative."""
import io, sqlite3, zipfile
from lib import *
from ofd import Ofd, Wrong

CERT, AUTH, FIN, OTHER = 'DAC-420000-202604-000001-2', 'DAU-100000-202603-000001-K', 'hb-fin1', 'gz-fin1'
NS = 'http://www.ofdspec.org/2016'


def run(*cmd):
    return subprocess.run(cmd, capture_output=True, timeout=300, stdin=subprocess.DEVNULL)


def as_file(data):
    return {'base64url': base64.urlsafe_b64encode(data).decode().rstrip('=')}


def flat(text):
    return re.sub(r'\s', '', text)


def pdf_text(data):
    with tempfile.NamedTemporaryFile(suffix='.pdf') as f:
        f.write(data)
        f.flush()
        return run('pdftotext', '-layout', f.name, '-').stdout.decode()


def codes(data):
    """what the codes on a PDF's pages say, as a telephone reads them"""
    with tempfile.TemporaryDirectory() as d:
        open(d + '/x.pdf', 'wb').write(data)
        run('pdftoppm', '-r', '150', '-png', d + '/x.pdf', d + '/p')
        return [l for n in sorted(os.listdir(d)) if n.endswith('.png') for l in run('zbarimg', '-q', '--raw', d + '/' + n).stdout.decode().split()]


def fetch(url, kind='text/html'):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={'Accept': kind, 'Accept-Language': 'zh'}), timeout=300) as r:
            return r.read().decode()
    except urllib.error.HTTPError as e:
        return e.read().decode()


def verdict(url):
    return json.loads(fetch(url, 'application/json')).get('verdict')


def sha(data):
    return hashlib.sha256(data).hexdigest()


# --- pages ---

def printed(h, o):
    token = h.demo['tokens'][0]['id']
    for command, key, number, says in (
            ('certificate.print', 'number', CERT, ['数据资产证书', 'DataAssetCertificate', '财资〔2024〕167号', '持有单位', '湖北省水文水资源中心', '12420000DEMA00099D', '事业单位Publicinstitution', '不得用于担保、质押nocollateral',
                                                   '有效期', 'Validity', '登记编号', 'SHA-256', '登记簿为准', 'Theregisterprevails', '颁发机构（盖章）', 'Issuingauthority(seal)', '湖北省财政厅', '颁发日期Dateofissue', '不是数据产权登记凭证',
                                                   '打印件，未编份号Print', '状态', '有效Inforce', '演示DEMO']),
            ('authorisation.print', 'number', AUTH, ['数据资产授权运营凭证', '一、当事方Parties', '授权方（盖章）', '签字Signature', '登记簿为准', '限制', '不得转授权nosub-authorisation', '财政部资产管理司']),
            ('token.print', 'id', token, ['数据资产使用许可', '被许可方', 'Licenseduser', token, '公益事业Publicwelfare', '查询Query', '登记簿为准', '不能代替令牌使用'])):
        pdf = o.done(FIN, command, **{key: number})['bytes']
        ofd = o.done(FIN, command, **{key: number}, format='ofd')['bytes']
        html = o.done(FIN, command, **{key: number}, format='html')['bytes'].decode()
        text = flat(re.sub('<[^>]*>', '', html))
        check('%s says in both languages what is to stand there (HTML)' % command, all(s in text for s in says if s != '演示DEMO'), [s for s in says if s not in text])
        read = flat(pdf_text(pdf))
        check('so does its PDF, with the fonts in it', all(s in read for s in says if s != '演示DEMO') and b'/FontFile3' in pdf, [s for s in says if s not in read])
        try:
            book = Ofd(ofd)
            drawn = flat(''.join(book.text))
            check('and its OFD, which a strict reader takes', all(s in drawn for s in says) and book.facts['Number'] == number and book.facts['Prevails'] == '登记簿为准' and
                  book.facts['CredentialSHA256'] != '' and book.info['Author'] in drawn, ([s for s in says if s not in drawn], book.facts))
        except (Wrong, KeyError) as e:
            check('and its OFD, which a strict reader takes', False, repr(e))
    check('a certificate is one page', Ofd(o.done(FIN, 'certificate.print', number=CERT, format='ofd')['bytes']).pages == 1)
    doc = o.done(FIN, 'certificate.print', number=CERT, format='json')['document']
    check('as a document it is for programs', doc['title'] == '数据资产证书' and doc['formal'] is True)
    refused('another kind\'s number', o.do(FIN, 'certificate.print', number=AUTH), 'formats.md 4')
    refused('no number at all', o.do(FIN, 'certificate.print', number='X'), 'formats.md 4')
    refused('a spreadsheet of it', o.do(FIN, 'certificate.print', number=CERT, format='xlsx'), None)
    check('the level of the data and its value stand nowhere', not any(s in flat(pdf_text(o.done(FIN, 'certificate.print', number=CERT)['bytes'])) for s in ('一般数据', '重要数据', '账面原值', '评估值')))


# --- copies ---

def made(h, o):
    refused('another department makes out no copy', o.do(OTHER, 'copy.issue', number=CERT), 'R40')
    refused('nor does the holder', o.do('hbsw1', 'copy.issue', number=CERT), None)
    one = o.done(FIN, 'copy.issue', number=CERT)
    check('the first copy has number 1', one['id'] == 'CP-' + CERT + '-01' and one['copy_no'] == 1 and one['state'] == 'READY', one)
    pdf, ofd = (o.done(FIN, 'copy.file', id=one['id'], format=f)['bytes'] for f in ('pdf', 'ofd'))
    check('its files are those that were recorded', sha(pdf) == one['pdf_sha256'] and sha(ofd) == one['ofd_sha256'])
    check('they say which copy they are, and not how things stood', '第1份Copy1' in flat(pdf_text(pdf)) and '打印件' not in pdf_text(pdf) and '遗失、毁损应及时' in flat(pdf_text(pdf)))
    check('given out again they are the same octets', o.done(FIN, 'copy.file', id=one['id'])['bytes'] == pdf)
    found = codes(pdf)
    address = h.url('/v/%s?h=%s&c=1' % (CERT, o.get(FIN, 'certificate/' + CERT)['sha256'][:16]))
    check('the code on it is one, and leads to the public page with digest and copy', found == [address], (found, address))
    page = fetch(found[0])
    check('which permits, and knows digest and copy', verdict(found[0]) == 'permit' and '纸面所载摘要与登记系统中的凭证一致' in page and '纸质件第 1 份由颁发机构制作，未被声明作废' in page)
    check('a digest of another paper is told', '不一致' in fetch(address.replace('h=', 'h=0000')))
    check('a copy that was never made out too', '没有制作过该份号的纸质件' in fetch(address.replace('c=1', 'c=7')) and '没有制作过' in fetch(address.replace('c=1', 'c=1x')))
    return one['id'], pdf, ofd, address


def collected(h, o, copy):
    who = dict(id=copy, name='张三（示例）', document='ID_CARD', document_no='4201 0000', contact='027-0000')
    refused('without comparing the person nobody gets it', o.do(FIN, 'copy.collect', **who, checked=False), '167·三(二)')
    refused('nor without a name', o.do(FIN, 'copy.collect', **{**who, 'name': ' '}, checked=True), '167·三(二)')
    refused('another department hands it not out', o.do(OTHER, 'copy.collect', **who, checked=True), 'R40')
    o.done('hb-fin2', 'copy.collect', **who, checked=True)
    shown = o.get(FIN, 'copy/' + copy)
    check('who collected it, by what document, and who compared', shown['state'] == 'COLLECTED' and shown['name'] == who['name'] and shown['document'] == 'ID_CARD' and shown['checked_by'] == 'hb-fin2' and
          shown['collected_at'] != '', shown)
    check('the holder sees the name, another unit does not', o.get('hbsw1', 'copy/' + copy)['name'] == who['name'] and 'name' not in o.get('jc1', 'copy/' + copy))
    events = sqlite3.connect(h.d + '/register.db').execute("SELECT body FROM event WHERE kind = 'copy.collected'").fetchall()
    check('the event has a commitment and no name', len(events) == 1 and '张三' not in str(events) and '4201 0000' not in str(events))
    refused('it is collected once', o.do(FIN, 'copy.collect', **who, checked=True), '167·三(二)')
    sheet = flat(pdf_text(o.done(FIN, 'copy.sheet', number=CERT)['bytes']))
    check('the sheet has the copy, its collector and room to sign', all(s in sheet for s in ('纸质凭证领取登记表', '领取人签字', 'Signature', '张三（示例）', '居民身份证', 'hb-fin2', '湖北省财政厅')), sheet)
    refused('no sheet without a copy', o.do(FIN, 'copy.sheet', number='DAC-520000-202604-000001-F'), 'docs/paper.md')


def again(h, o, first, address):
    refused('a copy is made out again for one of the reasons', o.do(FIN, 'copy.reissue', id=first, reason='x'), None)
    two = o.done(FIN, 'copy.reissue', id=first, reason='LOST', note='单位声明遗失（示例）')
    check('it has the next number and names the old one', two['copy_no'] == 2 and two['replaces'] == first, two)
    old = o.get(FIN, 'copy/' + first)
    check('the old one is void, says why, and what was made out instead', old['state'] == 'VOID' and old['reason'] == 'LOST' and old['replaced_by'] == two['id'])
    page = fetch(address)
    check('its code leads to a page that says so', '纸质件第 1 份已被声明作废' in page and verdict(address) == 'permit')
    check('the new one\'s is good', '纸质件第 2 份由颁发机构制作' in fetch(codes(o.done(FIN, 'copy.file', id=two['id'])['bytes'])[0]))
    for command, more in (('copy.reissue', dict(reason='LOST')), ('copy.void', dict(reason='LOST')), ('copy.collect', dict(name='x', document='OTHER', document_no='1', checked=True))):
        refused('a void copy: no %s' % command, o.do(FIN, command, id=first, **more), '167·三(二)')
    check('seen on the screen it bears that word', 'class="mark">作废 VOID' in o.done(FIN, 'copy.file', id=first, format='html')['bytes'].decode())
    refused('another department voids nothing', o.do(OTHER, 'copy.void', id=two['id'], reason='LOST'), 'R40')
    third = o.done(FIN, 'copy.issue', number=CERT)['id']
    o.done(FIN, 'copy.void', id=third, reason='MISPRINT')
    check('numbers only rise', o.done(FIN, 'copy.issue', number=CERT)['copy_no'] == 4)
    listed = o.get(FIN, 'copy?number=' + CERT)['items']
    check('the list of a certificate has all of them in order', [i['copy_no'] for i in listed] == [1, 2, 3, 4] and [i['state'] for i in listed] == ['VOID', 'READY', 'VOID', 'READY'], listed)
    check('and by state', [i['copy_no'] for i in o.get(FIN, 'copy?state=VOID&number=' + CERT)['items']] == [1, 3])
    return two['id']


def of_token(h, o):
    token = h.demo['tokens'][0]['id']
    check('of a token without paper the public service knows nothing', '未制作纸质件' in fetch(h.url('/v/' + token)))
    copy = o.done('mof1', 'copy.issue', number=token)
    pdf = o.done('mof1', 'copy.file', id=copy['id'])['bytes']
    found = codes(pdf)
    check('its code leads to its id', len(found) == 1 and found[0].startswith(h.url('/v/%s?h=' % token)) and found[0].endswith('&c=1'), found)
    page = fetch(found[0])
    check('which says that the token stands, permits nothing by paper alone, and tells neither user nor product', verdict(found[0]) == 'indeterminate' and '未吊销、未暂停' in page and
          '应核验令牌原文' in page and '湖北省水文水资源中心' not in page and 'P-FLOOD' not in page)
    check('with another digest it is denied', verdict(found[0].replace('h=', 'h=ffff')) == 'deny')
    row = sqlite3.connect('file:%s/publish/public.db?mode=ro' % h.d, uri=True).execute('SELECT * FROM copy WHERE number = ?', (token,)).fetchall()
    check('nothing else of it is published', len(row) == 1 and 'P-FLOOD' not in str(row) and '12420000' not in str(row), row)
    o.done('jc1', 'token.suspend', id=token, reason='检查（示例）')
    check('suspended, it is denied at once', verdict(found[0]) == 'deny')
    refused('and no further copy is made out', o.do('mof1', 'copy.issue', number=token), '167·三(二)')
    refused('nor handed out', o.do('mof1', 'copy.collect', id=copy['id'], name='x', document='OTHER', document_no='1', checked=True), '167·三(二)')
    auth = o.done('mof1', 'copy.issue', number=AUTH)
    found = codes(o.done('mof1', 'copy.file', id=auth['id'])['bytes'])
    check('an authorisation\'s paper leads to its page, which permits', len(found) == 1 and '/v/%s?h=' % AUTH in found[0] and verdict(found[0]) == 'permit', found)


# --- seals ---

def pdf_parts(own):
    start = int(re.findall(rb'startxref\s+(\d+)', own)[-1])
    trailer = own[own.rindex(b'trailer'):]
    size, root = int(re.search(rb'/Size (\d+)', trailer).group(1)), int(re.search(rb'/Root (\d+) 0 R', trailer).group(1))
    obj = lambda n: re.search(rb'(?:^|\n)%d 0 obj\s*(<<.*?>>)\s*endobj' % n, own, re.S).group(1)
    pages = [int(m.group(1)) for m in re.finditer(rb'(?:^|\n)(\d+) 0 obj\s*<<\s*/Type /Page[^s]', own)]
    return start, size, root, obj, pages


def updated(own, objects):
    """objects put behind, and a table of them: an update without a signature"""
    start, size, root, obj, pages = pdf_parts(own)
    out, table = own, b'xref\n'
    for number, text in objects.items():
        table += b'%d 1\n%010d 00000 n \n' % (number, len(out))
        out += b'%d 0 obj\n%s\nendobj\n' % (number, text)
    return out + table + b'trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n' % (size, root, start, len(out))


def sealed_pdf(own, twist='', more=(), hidden=b''):
    """what a seal platform makes of it: a signature field with its widget on the page, in an incremental update"""
    start, size, root, obj, pages = pdf_parts(own)
    field, sig, form = size, size + 1, size + 2
    page = obj(pages[0])
    objects = {
        root: obj(root)[:-2] + b' /AcroForm %d 0 R >>' % form,
        pages[0]: page[:-2] + b' /Annots [%d 0 R] >>' % field,
        field: b'<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /F 4 /Rect [420 90 540.5 210] /P %d 0 R /V %d 0 R >>' % (pages[0], sig),
        form: b'<< /Fields [%d 0 R] /SigFlags 3 >>' % field,
    }
    for number, text in dict(more).items():
        objects[number] = text(objects.get(number, b'')) if callable(text) else text
    out, at = own + hidden, {}
    for number, text in objects.items():
        at[number] = len(out) + 0
        out += b'%d 0 obj\n%s\nendobj\n' % (number, text)
    at[sig] = len(out)
    head = b'%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange ' % sig
    gap_from = len(out) + len(head) + 44 + 11
    hexed = b'<' + b'30' * 300 + b'>'
    tail = b' >>\nendobj\n'
    gap_to = gap_from + len(hexed)
    xref = gap_to + len(tail)
    table = b'xref\n'
    for number in sorted(at):
        line = b'%010d 00000 n \n' % at[number]
        table += b'%d 1\n%s' % (number, {'narrow': line.replace(b' \n', b'\n'), 'wide': line.replace(b' \n', b' \r\n'), 'short number': line[1:]}.get(twist, line))
    if twist == 'two lines':
        table = table.replace(b' 1\n', b'\n1\n')
    if twist == 'twice':
        table += b'%d 1\n%010d 00000 n \n' % (root, at[root])
    table += b'trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n' % (size + 3, root, start, xref)
    table += {'text': b'x\n', 'far': b' ' * 1100 + b'\n', 'second end': b'startxref\n%d\n%%%%EOF\n' % start}.get(twist, b'')
    end = xref + len(table) - (1 if twist == 'short' else 0)
    ranges = (b'[0 %d %d %d]' % (gap_from, gap_to, end - gap_to)).ljust(44)
    return out + head + ranges + b' /Contents ' + hexed + tail + table


def sealed_ofd(own, add=(), change=(), lists=1, cover=lambda n: True, method='2.16.840.1.101.3.4.2.1', wrong='', root=None, stamps=(('1', '140 240 42 42'),), signatures=1, listed=''):
    z = zipfile.ZipFile(io.BytesIO(own))
    files = [(n, z.read(n)) for n in z.namelist()]
    refs = ''.join('<ofd:Reference FileRef="/%s"><ofd:CheckValue>%s</ofd:CheckValue></ofd:Reference>' %
                   (n, base64.b64encode(hashlib.sha256(d + (b'x' if n == wrong else b'')).digest()).decode()) for n, d in files if n != 'OFD.xml' and cover(n))
    signs = [('Doc_0/Signs/Signatures.xml', '<?xml version="1.0" encoding="UTF-8"?><ofd:Signatures xmlns:ofd="%s"><ofd:MaxSignId>1</ofd:MaxSignId>%s%s</ofd:Signatures>' %
              (NS, '<ofd:Signature ID="1" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>' * signatures, listed)),
             ('Doc_0/Signs/Sign_0/Signature.xml', '<?xml version="1.0" encoding="UTF-8"?><ofd:Signature xmlns:ofd="%s"><ofd:SignedInfo><ofd:Provider ProviderName="x"/><ofd:References CheckMethod="%s">%s</ofd:References>'
              '%s</ofd:SignedInfo><ofd:SignedValue>\n SignedValue.dat </ofd:SignedValue></ofd:Signature>' %
              (NS, method, refs, ''.join('<ofd:StampAnnot ID="1" PageRef="%s" Boundary="%s"/>' % s for s in stamps))),
             ('Doc_0/Signs/Sign_0/SignedValue.dat', '0' * 200)]
    element = '<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>' * lists
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as w:
        for n, d in files:
            if n == 'OFD.xml':
                d = root(d) if root else d.replace(b'</ofd:DocRoot>', b'</ofd:DocRoot>' + element.encode())
            d = dict(change).get(n, lambda x: x)(d)
            if d is not None:
                w.writestr(n, d)
        for n, d in (signs if lists else []) + list(add):
            w.writestr(n, d)
    return out.getvalue()


def twice(own):
    import warnings
    warnings.simplefilter('ignore')
    out = io.BytesIO(sealed_ofd(own))
    with zipfile.ZipFile(out, 'a') as w:
        w.writestr('Doc_0/Document.xml', b'<x/>')
    return out.getvalue()


def seals(h, o, copy):
    pdf, ofd = (o.done(FIN, 'copy.file', id=copy, format=f)['bytes'] for f in ('pdf', 'ofd'))
    put = lambda data, who=FIN: o.do(who, 'copy.seal', id=copy, file=as_file(data))
    start, size, root, obj, pages = pdf_parts(pdf)
    page, content = pages[0], int(re.search(rb'/Contents (\d+) 0 R', obj(pages[0])).group(1))
    good = sealed_pdf(pdf)
    rule = 'GB/T 33190; ISO 32000-1'
    refused('what is no PDF and no OFD', put(b'hello'), rule)
    refused('the exported PDF itself, without a seal', put(pdf), rule)
    refused('one octet of ours changed', put(good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]), rule)
    refused('ours cut short', put(pdf[:-20]), rule)
    refused('another copy\'s file', put(sealed_pdf(o.done(FIN, 'copy.file', id='CP-' + CERT + '-04')['bytes'])), rule)
    refused('rubbish behind our octets', put(pdf + b'\n%%EOF\n'), rule)
    refused('a page that shows other content', put(sealed_pdf(pdf, more={page: lambda t: t.replace(b'/Contents %d 0 R' % content, b'/Contents %d 0 R' % (size + 3)), size + 3: b'<< /Length 0 >>\nstream\n\nendstream'})), rule)
    refused('our content stream in another version', put(sealed_pdf(pdf, more={content: b'<< /Length 0 >>\nstream\n\nendstream'})), rule)
    refused('a page cut to another size', put(sealed_pdf(pdf, more={page: lambda t: re.sub(rb'/MediaBox \[[^\]]*\]', b'/MediaBox [0 0 100 100]', t)})), rule)
    refused('a key that is written with an escape', put(sealed_pdf(pdf, more={page: lambda t: t[:-2] + b' /C#6fntents %d 0 R >>' % size})), rule)
    refused('a script', put(sealed_pdf(pdf, more={root: lambda t: t[:-2] + b' /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>'})), rule)
    refused('a script in what is new', put(sealed_pdf(pdf, more={size: lambda t: t[:-2] + b' /A << /S /JavaScript /JS (x) >> >>'})), rule)
    refused('something typed over the page', put(sealed_pdf(pdf, more={size: lambda t: t.replace(b'/Widget', b'/FreeText')})), rule)
    refused('a seal that covers the page', put(sealed_pdf(pdf, more={size: lambda t: t.replace(b'[420 90 540.5 210]', b'[0 0 595 842]')})), rule)
    refused('a signature that leaves the end out', put(sealed_pdf(pdf, 'short')), rule)
    refused('something added after the seal', put(good + b'\n% x\n'), rule)
    seals_of = lambda n: {page: lambda t: t.replace(b'/Annots [%d 0 R]' % size, b'/Annots [%s]' % (b'%d 0 R ' % size * n))}
    for sentence, data in (
            ('an older version of a page that shows something else', sealed_pdf(updated(pdf, {page: re.sub(rb'/MediaBox \[[^\]]*\]', b'/MediaBox [0 0 100 100]', obj(page))}))),
            ('an older version of an annotation that is no seal', sealed_pdf(updated(pdf, {size: b'<< /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] >>'}))),
            ('a number twice in one table', sealed_pdf(pdf, 'twice')), ('a table of 19 octets an entry', sealed_pdf(pdf, 'narrow')), ('one of 21', sealed_pdf(pdf, 'wide')), ('one of nine digits', sealed_pdf(pdf, 'short number')),
            ('text behind the end, under the signature', sealed_pdf(pdf, 'text')), ('an end too far from the end', sealed_pdf(pdf, 'far')), ('a second end that leads to our own table', sealed_pdf(pdf, 'second end')),
            ('an object that no table lists', sealed_pdf(pdf, hidden=b'%d 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n' % content)), ('one with a comment in its head', sealed_pdf(pdf, hidden=b'%d 0 %% x\nobj\n<< >>\nendobj\n' % content)),
            ('a trailer that belongs to no table', sealed_pdf(pdf, hidden=b'trailer\n<< /Size %d /Root %d 0 R >>\n' % (size, size + 2))), ('a heading of two lines', sealed_pdf(pdf, 'two lines')),
            ('a kind that stands elsewhere', sealed_pdf(pdf, more={size + 3: b'<< /Type %d 0 R >>' % (size + 4), size + 4: b'/ObjStm'})),
            ('an address in a list', sealed_pdf(pdf, more={size + 3: b'[ << /S /URI /URI (http://x/) >> ]'})), ('five seals on a page', sealed_pdf(pdf, more=seals_of(5)))):
        refused(sentence, put(data), rule)
    good = sealed_pdf(updated(pdf, {size: b'<< /Type /Annot /Subtype /Stamp /Rect [100 100 298.4 298.4] >>'}), more=seals_of(4))
    refused('another department', put(good, OTHER), 'R40')
    code, out = put(good)
    check('a sealed PDF is taken back, its hash recorded', code == 200 and out['sha256'] == sha(good) and out['format'] == 'pdf', out)
    check('and handed out as it came', o.done(FIN, 'copy.file', id=copy, format='sealed-pdf')['bytes'] == good and o.get(FIN, 'copy/' + copy)['sealed_pdf_sha256'] == sha(good))
    refused('once', put(good), '167·三(二)')
    refused('the sealed OFD is not there yet', o.do(FIN, 'copy.file', id=copy, format='sealed-ofd'), 'docs/paper.md')

    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, 'w', zipfile.ZIP_DEFLATED) as w:
        for i in range(8):
            w.writestr('Doc_0/Signs/%d.dat' % i, b'\0' * (15 << 20))
    content = 'Doc_0/Pages/Page_0/Content.xml'
    for sentence, data in (
            ('the exported OFD itself', ofd), ('no list of signatures', sealed_ofd(ofd, lists=0)), ('a changed content stream', sealed_ofd(ofd, change={content: lambda d: d.replace('湖北'.encode(), '湖南'.encode())})),
            ('an entry of ours missing', sealed_ofd(ofd, change={'Doc_0/PublicRes.xml': lambda d: None})), ('a page added', sealed_ofd(ofd, add=[('Doc_0/Pages/Page_1/Content.xml', b'<x/>')])),
            ('another document root', sealed_ofd(ofd, root=lambda d: d.replace(b'Doc_0/Document.xml</ofd:DocRoot>', b'Doc_0/Signs/Document.xml</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>'))),
            ('another title in the metadata', sealed_ofd(ofd, root=lambda d: d.replace('数据资产证书'.encode(), '营业执照'.encode()).replace(b'</ofd:DocRoot>', b'</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>'))),
            ('entities in the root', sealed_ofd(ofd, root=lambda d: d.replace(b'<ofd:OFD', b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ofd:OFD').replace(b'</ofd:DocRoot>', b'</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>'))),
            ('two lists of signatures', sealed_ofd(ofd, lists=2)), ('a signature that leaves the page out', sealed_ofd(ofd, cover=lambda n: n != content)), ('a digest that is not true', sealed_ofd(ofd, wrong=content)),
            ('an entry twice', twice(ofd)), ('a path that climbs', sealed_ofd(ofd, add=[('Doc_0/Signs/../../../etc/passwd', b'x')])), ('an absolute path', sealed_ofd(ofd, add=[('/etc/passwd', b'x')])),
            ('the same name in other case', sealed_ofd(ofd, add=[('doc_0/document.XML', b'x')])), ('a bomb of zeroes', bomb.getvalue()), ('300 entries', sealed_ofd(ofd, add=[('Doc_0/Signs/%d' % i, b'') for i in range(300)])),
            ('a seal that covers the page', sealed_ofd(ofd, stamps=[('1', '0 0 210 297')])), ('one of 71 mm', sealed_ofd(ofd, stamps=[('1', '10 10 20 70.001')])), ('one without a place', sealed_ofd(ofd, stamps=[('1', '')])),
            ('five seals on a page', sealed_ofd(ofd, stamps=[('1', '%d 10 42 42' % i) for i in range(5)])), ('five by two signatures', sealed_ofd(ofd, stamps=[('1', '%d 10 42 42' % i) for i in range(3)], signatures=2)),
            ('a large one, listed for readers that see no namespace', sealed_ofd(ofd, listed='<Signature xmlns="" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/>', add=[
                ('Doc_0/Signs/Sign_1/Signature.xml', b'<Signature><SignedInfo><StampAnnot PageRef="1" Boundary="0 0 210 297"/></SignedInfo></Signature>')])),
            ('a path that is cut in two', sealed_ofd(ofd, listed='<ofd:Signature BaseLoc="/Doc_0/Signs/%s"/>' % ('x' * 250))),
            ('17 signatures', sealed_ofd(ofd, stamps=[], signatures=17)), ('cut short', sealed_ofd(ofd)[:-40]), ('no package', b'PK\x03\x04' + b'x' * 100)):
        refused('OFD: ' + sentence, put(data), rule)
    good = sealed_ofd(ofd, stamps=[('1', '140 240 70 70.0'), ('1', '10 10 42 42'), ('1', '60 10 42 42'), ('1', '100.5 10 42 42'), ('2', '140 240 42 42')])
    code, out = put(good)
    check('a sealed OFD is taken back, too', code == 200 and out['sha256'] == sha(good), out)
    check('and handed out as it came', o.done(FIN, 'copy.file', id=copy, format='sealed-ofd')['bytes'] == good)
    o.done(FIN, 'copy.void', id=copy, reason='RETURNED')
    refused('for a void copy nothing is taken back', put(good), '167·三(二)')


for tool in ('pdftotext', 'pdftoppm', 'zbarimg'):
    if not shutil.which(tool):
        absent(tool)
        finish()
h = Home()
try:
    check('the appliance serves', h.made and h.serve(), h.made_err)
    o = Officers(h)
    printed(h, o)
    first, pdf, ofd, address = made(h, o)
    collected(h, o, first)
    second = again(h, o, first, address)
    of_token(h, o)
    seals(h, o, second)
    o.done(FIN, 'certificate.suspend', number=CERT, reason='检查（示例）')
    check('of a suspended certificate the paper\'s code leads to a denial', verdict(address.replace('c=1', 'c=4')) == 'deny')
    refused('and no copy is made out', o.do(FIN, 'copy.issue', number=CERT), '167·三(二)')
    check('a print of it says so across the page', 'class="mark">演示 DEMO\n已暂停 Suspended' in o.done(FIN, 'certificate.print', number=CERT, format='html')['bytes'].decode())
    h.stop()
    rebuilt(h)
finally:
    h.close()
finish()
