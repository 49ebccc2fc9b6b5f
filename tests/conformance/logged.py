"""What must never pass as logged: each a good proof of logging, or a trust, with one thing changed
(log.py), beside the ones that are accepted.  Cases as in cases.py; what is asked has log_proof and
logged besides.  Of an accepted case the check has to pass, not only to permit."""
from cases import Case
from log import *

cases = []
AT = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(NOW))
VKEY = (ed_vkey(ORIGIN, LOG_KEY) + '\n').encode()
NOTHING = object()


def credential_of(w, what):
    return {'token': w.token, 'authorisation': w.auth, 'certificate': lambda: w.dac.der()}[what]()


def case(id, expect, en, zh, w, proof, what='token', credential=None, log=NOTHING, key=VKEY, policy=None, logged=True, at=AT):
    """proof: a Proof, octets, or None; log, key, policy: files of the trust, None: not there"""
    w.more = {'log.pem': pem(w.log.der()) if log is NOTHING else log, 'log.vkey': key, 'log.policy': policy}
    credential = credential or credential_of(w, what)
    proof = proof.octets() if isinstance(proof, Proof) else proof
    cases.append(Case('logged-' + id, expect, en, zh, credential.encode() if isinstance(credential, str) else credential, w.files(),
                      {'at': at, 'log_proof': proof, 'logged': logged}, False))


def deny(id, en, zh, proof, w=None, **how):
    case(id, 'deny logged', en, zh, w or good, proof, **how)


def unknown(id, en, zh, proof, w=None, **how):
    case(id, 'indeterminate logged', en, zh, w or good, proof, **how)


def passes(id, en, zh, proof, w=None, **how):
    case(id, 'permit', en, zh, w or good, proof, **how)


good = World()


def proof(what='token', leaf=None, extra=None, seal=True, w=None, **how):
    """leaf, extra: what to change before the tree is built, so that the tree has the changed leaf"""
    p = Proof(w or good, what, **how)
    for change, of in ((leaf, p.leaf), (extra, p.extra)):
        if change is not None:
            change(of)
    return p.seal() if seal else p


def after(change, what='token', sign=False, **how):
    """change: of a good proof that is sealed; sign: the log signs its text again"""
    p = proof(what, **how)
    before = p.octets()
    change(p)
    if sign:
        p.sign()
    assert p.octets() != before
    return p


def put(**members):
    return lambda o: o.update(members)


def drop(key):
    return lambda o: o.pop(key) and None


def accepted():
    passes('token', 'a token and a proof of it', '令牌及其载入证明', proof())
    passes('authorisation', 'an authorisation and a proof of it', '授权凭证及其载入证明', proof('authorisation'), what='authorisation')
    passes('certificate', 'a certificate and a proof of it', '数据资产证书及其载入证明', proof('certificate'), what='certificate')
    passes('not-asked', 'a proof that nobody asked for', '未要求而附上的载入证明', proof(), logged=False)
    passes('without-vkey', 'the trust has only the log\'s certificate', '信任资料只有日志证书', proof(), key=None)
    for i, n in ((0, 1), (0, 2), (1, 2), (0, 11), (10, 11), (7, 8), (6, 7), (255, 256), (256, 257), (3, 300)):
        passes('place-%d-of-%d' % (i, n), 'leaf %d of %d' % (i, n), '第 %d 叶，共 %d' % (i, n), proof(index=i, size=n))
    passes('first-second', 'logged in the minute that a clock may be behind', '载入时间在时钟偏差以内', proof(leaf=put(at=NOW + 60)))
    passes('holder-proof', 'the holder\'s proof behind the token is not in the leaf', '持有证明不计入日志摘要', proof(), credential=good.proof(good.token()))
    w = World()
    w.log.until = LOGGED
    passes('ended-log', 'the log\'s certificate has ended since', '日志证书其后到期', proof(w=w), w)
    w = World()
    w.shard.revoke(w.log, reason=4, at=LOGGED + 1)
    passes('revoked-later', 'the log\'s certificate was superseded after the leaf', '日志证书在载入之后被更换', proof(w=w), w)
    w = World()
    renewed = Cert(w.issuing, w.log.key, w.log.subject, 77, NOW - 10, NOW + 1000 * DAY, w.log.ext)
    passes('renewed', 'the trust has the log\'s renewed certificate before the one of the leaf\'s time', '信任资料中日志新旧证书并存', proof(w=w), w, log=pem(renewed.der()) + pem(w.log.der()))
    passes('extension-line', 'a checkpoint with a line behind its root', '检查点带扩展行', after(lambda p: setattr(p, 'text', p.text + 'extension\n'), sign=True))
    passes('strange-lines', 'lines by others whom nobody here knows', '检查点另有未知方签名', after(lambda p: p.lines.insert(0, line('stranger.example', b'1234', b'x' * 64))))
    long = '某' * 63 + '甲'
    w = World()
    w.dac.subject = name(('C', 'CN'), ('O', long), ('orgid', 'NTRCN-' + HOLDER), ('serialNumber', DAC), ('CN', '气象数据'))
    passes('cut-name', 'a holder whose name is cut in the certificate', '证书中持有人名称被截断', proof('certificate', leaf=put(holder={'usci': HOLDER, 'name': long + '乙'}), w=w), w, what='certificate')
    deny('cut-name-other', 'a name that begins otherwise than the cut one', '名称与截断名不符', proof('certificate', leaf=put(holder={'usci': HOLDER, 'name': long[:-1] + '乙'}), w=w), w, what='certificate')


def leaves():
    other = World()
    other.edit['token'] = put(jti='LT-zzzzzzzzzzzzzzzzzzzzzzzzzz')
    deny('other-token', 'the proof of another token', '另一令牌的载入证明', proof(w=other))
    deny('other-kind-proof', 'the proof of the token\'s authorisation', '令牌所属授权的载入证明', proof('authorisation'))
    deny('kind', 'the leaf\'s kind is another', '日志叶种类不符', proof(leaf=put(kind='authorisation')))
    deny('id', 'the leaf\'s id is another', '日志叶编号不符', proof(leaf=put(id='LT-zzzzzzzzzzzzzzzzzzzzzzzzzz')))
    deny('sha256', 'the leaf\'s SHA-256 is another\'s', '日志叶摘要不符', proof(leaf=put(sha256=b64u(hashlib.sha256(b'x').digest()))))
    deny('sha256-no-tilde', 'the leaf\'s SHA-256 is of the token without its ~', '日志叶摘要未含结尾的 ~', proof(leaf=put(sha256=b64u(hashlib.sha256(good.token()[:-1].encode()).digest()))))
    deny('sha256-padded', 'the leaf\'s SHA-256 has padding', '日志叶摘要带填充', proof(leaf=lambda o: o.update(sha256=o['sha256'] + '=')))
    for event in ('revoked', 'suspended', 'resumed', 'superseded', 'published', 'ISSUED', ''):
        deny('event-' + (event or 'empty'), 'the leaf says %s' % event, '日志叶事件为 %s' % event, proof(leaf=put(event=event)))
    deny('seq', 'the leaf\'s own number is the next', '日志叶序号为下一号', proof(leaf=put(seq=6)))
    deny('seq-text', 'the leaf\'s number is a text', '日志叶序号为文本', proof(leaf=put(seq='5')))
    for n, v in enumerate((2, 0, '1', None)):
        deny('v-%d' % n, 'the leaf\'s version is %r' % v, '日志叶版本不是 1', proof(leaf=put(v=v)))
    for n, at in enumerate((-1, str(LOGGED), 253402300800, NOW + 61, None)):
        deny('at-%d' % n, 'the leaf\'s time is %r' % at, '日志叶时间不合规', proof(leaf=put(at=at)))
    deny('judged-before', 'judged at a time before it was logged', '核验时间早于载入', proof('authorisation'), what='authorisation', at=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(LOGGED - 61)))
    deny('more', 'the leaf has one member more', '日志叶多一字段', proof(leaf=put(note='x')))
    for key in ('v', 'seq', 'at', 'event', 'sha256', 'holder', 'parent'):
        deny('no-' + key, 'the leaf lacks %s' % key, '日志叶缺少 %s' % key, proof(leaf=drop(key)))
    deny('operator', 'a token\'s leaf with an operator', '令牌的日志叶含运营机构', proof(leaf=put(operator={'usci': OPERATOR, 'name': '丙'})))
    deny('parent', 'the leaf\'s authorisation is another', '日志叶所载授权不符', proof(leaf=put(parent=number('DAU-440300-202611-000002'))))


def holders():
    who = lambda usci, name: b64u(hashlib.sha256(hashlib.sha256(b'salt').digest()[:16] + canonical({'usci': usci, 'name': name})).digest())
    deny('commitment-usci', 'the commitment is to another holder', '承诺对应另一持有人', proof(leaf=put(holder={'commitment': who(OTHER, '丁')})))
    deny('commitment-name', 'the commitment is to another name', '承诺对应另一名称', proof(leaf=put(holder={'commitment': who(USER, '戊')})))
    deny('commitment-bare', 'the commitment has no salt', '承诺未加盐', proof(leaf=put(holder={'commitment': b64u(hashlib.sha256(canonical({'usci': USER, 'name': '丁'})).digest())})))
    deny('holder-clear', 'a token\'s leaf names its holder', '令牌的日志叶直接写明持有人', proof(leaf=put(holder={'usci': USER, 'name': '丁'})))
    deny('holder-both', 'a commitment and a name', '承诺之外另有名称', proof(leaf=lambda o: o['holder'].update(name='丁')))
    deny('holder-text', 'the holder is a text', '持有人为文本', proof(leaf=lambda o: o.update(holder=o['holder']['commitment'])))
    for n, salt in enumerate((b'\0' * 16, hashlib.sha256(b'salt').digest()[:15], hashlib.sha256(b'salt').digest()[:17], b'')):
        deny('salt-%d' % n, 'the salt is another, or not of 16 octets', '盐值不符或不是 16 字节', proof(extra=put(salt=b64u(salt))))
    deny('salt-padded', 'the salt has padding', '盐值带填充', proof(extra=lambda o: o.update(salt=o['salt'] + '==')))
    deny('salt-number', 'the salt is a number', '盐值为数字', proof(extra=put(salt=7)))
    deny('salt-missing', 'there is no salt', '缺少盐值', proof(extra=drop('salt')))
    deny('salt-of-certificate', 'a salt beside a certificate\'s leaf', '证书的载入证明含盐值', proof('certificate', extra=put(salt=b64u(b'\0' * 16))), what='certificate')
    for what in ('authorisation', 'certificate'):
        deny(what + '-holder-usci', 'the leaf\'s holder is another', '日志叶持有人不符', proof(what, leaf=lambda o: o['holder'].update(usci=OTHER)), what=what)
        deny(what + '-holder-name', 'the leaf\'s holder has another name', '日志叶持有人名称不符', proof(what, leaf=lambda o: o['holder'].update(name=o['holder']['name'] + '二')), what=what)
        deny(what + '-holder-short', 'the leaf\'s holder has a part of the name', '日志叶持有人名称不全', proof(what, leaf=lambda o: o['holder'].update(name='某气象')), what=what)
        deny(what + '-holder-more', 'the leaf\'s holder has one member more', '日志叶持有人多一字段', proof(what, leaf=lambda o: o['holder'].update(x='y')), what=what)
        deny(what + '-commitment', 'a commitment where the holder stands in clear', '应写明持有人处却为承诺', proof(what, leaf=put(holder={'commitment': who(HOLDER, '甲')})), what=what)
    deny('authorisation-operator', 'the leaf\'s operator is another', '日志叶运营机构不符', proof('authorisation', leaf=put(operator={'usci': OTHER, 'name': '丙'})), what='authorisation')
    deny('authorisation-no-operator', 'the leaf lacks the operator', '日志叶缺少运营机构', proof('authorisation', leaf=drop('operator')), what='authorisation')
    for n, v in enumerate((2, 0, '1')):
        deny('authorisation-version-%d' % n, 'the leaf\'s version of the authorisation is %r' % v, '日志叶授权版本不符', proof('authorisation', leaf=put(version=v)), what='authorisation')
    deny('authorisation-parent', 'the leaf\'s certificate is another', '日志叶所载证书不符', proof('authorisation', leaf=put(parent=number('DAC-440300-202611-000002'))), what='authorisation')
    deny('certificate-parent', 'a certificate\'s leaf with a parent', '证书的日志叶含上级', proof('certificate', leaf=put(parent=DAU)), what='certificate')


def extras():
    p = lambda octets: after(lambda p: setattr(p, 'extra', octets))
    text = canonical(proof().extra)
    deny('extra-none', 'there is no extra line', '没有附加数据行', after(lambda p: setattr(p, 'extra', None)))
    deny('extra-more', 'the extra data has one member more', '附加数据多一字段', proof(extra=put(x=1)))
    deny('extra-no-leaf', 'the extra data has no leaf', '附加数据没有日志叶', proof(extra=drop('leaf')))
    deny('extra-text', 'the leaf is a text of JSON', '日志叶是 JSON 文本', proof(extra=lambda o: o.update(leaf=canonical(o['leaf']).decode())))
    deny('extra-array', 'the extra data is an array', '附加数据为数组', p(b'[' + text + b']'))
    deny('extra-spaces', 'the extra data has spaces', '附加数据含空格', p(text.replace(b',', b', ')))
    deny('extra-order', 'the extra data is not in order', '附加数据未按序', p(b'{"salt":' + text.split(b'"salt":')[1][:-1] + b',' + text[1:].split(b',"salt"')[0] + b'}'))
    deny('extra-twice', 'the leaf stands twice', '日志叶出现两次', p(text[:-1] + b',"leaf":{}}'))
    deny('extra-escaped', 'a character is escaped that need not be', '附加数据含多余转义', p(text.replace(b'issued', b'\\u0069ssued')))
    deny('extra-newline', 'a newline behind the extra data', '附加数据后有换行', p(text + b'\n'))
    deny('extra-not-json', 'the extra data is not JSON', '附加数据不是 JSON', p(b'leaf'))
    deny('extra-not-utf8', 'the extra data is not UTF-8', '附加数据不是 UTF-8', p(text.replace(b'issued', b'issue\xff')))


def trees():
    flip = lambda h: bytes([h[0] ^ 1]) + h[1:]
    deny('index-next', 'the index is the next', '序号加一', after(lambda p: setattr(p, 'at', '6')))
    deny('index-before', 'the index is the one before', '序号减一', after(lambda p: setattr(p, 'at', '4')))
    deny('index-and-seq', 'the leaf and the index say the next', '日志叶与序号均加一', after(lambda p: (setattr(p, 'at', '6')), leaf=put(seq=6)))
    deny('index-huge', 'the index is beyond 2^64', '序号超出 2^64', after(lambda p: setattr(p, 'at', str(2**64 + 5))))
    for n in range(4):
        deny('path-flipped-%d' % n, 'hash %d of the path has a bit flipped' % n, '路径第 %d 个散列被改' % n, after(lambda p: p.path.__setitem__(n, flip(p.path[n]))))
    deny('path-short', 'the path lacks its last hash', '路径缺最后一个散列', after(lambda p: p.path.pop()))
    deny('path-short-front', 'the path lacks its first hash', '路径缺第一个散列', after(lambda p: p.path.pop(0)))
    deny('path-none', 'the path is empty', '路径为空', after(lambda p: p.path.clear()))
    deny('path-long', 'the path has a hash more', '路径多一个散列', after(lambda p: p.path.append(p.path[0])))
    deny('path-root', 'the path ends in the root itself', '路径以根散列结尾', after(lambda p: p.path.append(p.root)))
    deny('path-swapped', 'two hashes of the path are swapped', '路径两个散列互换', after(lambda p: p.path.__setitem__(slice(0, 2), p.path[1::-1])))
    deny('path-65', 'the path has 65 hashes', '路径有 65 个散列', after(lambda p: p.path.extend([p.root] * 61)))
    # 9 to 16 have the same path to this leaf: which of them is true only the log's signature says
    for n, size in enumerate((0, 1, 5, 6, 8, 17, 2**63)):
        deny('size-%d' % n, 'the log signed the root with size %d' % size, '检查点树大小为 %d' % size, after(lambda p: setattr(p, 'text', p.checkpoint(p.root, size)), sign=True))
    deny('root', 'the log signed another root', '检查点根散列不符', after(lambda p: setattr(p, 'text', p.checkpoint(flip(p.root))), sign=True))
    q = proof(seal=False)
    q.logged = canonical({**q.leaf, 'event': 'revoked'})
    deny('tree-other-leaf', 'the tree has another leaf at this place', '树中该位置是另一叶', q.seal())
    q = proof(seal=False)
    q.logged = json.dumps(q.leaf, sort_keys=True, ensure_ascii=False).encode()
    deny('tree-not-canonical', 'the tree has the leaf with spaces', '树中日志叶不是规范 JSON', q.seal())
    q = proof()
    deny('node-as-leaf', 'a node of the tree is passed off as its leaf', '以中间节点冒充叶', after(lambda p: (p.path.pop(0), setattr(p, 'at', '2'), setattr(p, 'text', p.checkpoint(p.root, 6))), leaf=put(seq=2), sign=True))
    deny('one-leaf-tree', 'the leaf\'s own hash as root of a tree of two', '以叶散列作两叶树之根', after(lambda p: (p.path.clear(), setattr(p, 'text', p.checkpoint(leaf_hash(canonical(p.leaf)), 12))), sign=True))


def checkpoints():
    for origin in ('verify.example', 'verify.example/log/', 'https://verify.example/log', 'other.example/log', 'verify.example/Log', 'verify.example/logs'):
        deny('origin-' + origin.replace('/', '-').replace(':', ''), 'the checkpoint is of %s, by the same keys' % origin, '检查点属于 %s' % origin, proof(origin=origin))
    stranger = World(seed='stranger: ')
    deny('stranger-log', 'a stranger\'s log under the same origin', '陌生日志以相同名称签署', Proof(good).seal(ed_key('stranger'), stranger.log))
    deny('stranger-log-no-vkey', 'the same, where no Ed25519 key is known', '同上，且未配置 Ed25519 密钥', Proof(good).seal(ed_key('stranger'), stranger.log), key=None)
    deny('text-changed', 'the root was changed after the log signed', '签名后根散列被改', after(lambda p: setattr(p, 'text', p.checkpoint(hashlib.sha256(b'x').digest()))))
    deny('text-size', 'the size was changed after the log signed', '签名后大小被改', after(lambda p: setattr(p, 'text', p.checkpoint(p.root, 12))))
    deny('text-more', 'a line was added after the log signed', '签名后增加一行', after(lambda p: setattr(p, 'text', p.text + 'more\n')))
    deny('text-two-lines', 'a checkpoint without its root, signed', '检查点没有根散列', after(lambda p: setattr(p, 'text', '%s\n%d\n' % (ORIGIN, 11)), sign=True))
    deny('text-size-zero', 'a size with a leading zero, signed', '树大小带前导零', after(lambda p: setattr(p, 'text', p.text.replace('\n11\n', '\n011\n')), sign=True))
    deny('text-cr', 'a checkpoint with carriage returns, signed', '检查点含回车符', after(lambda p: setattr(p, 'text', p.text.replace('\n', '\r\n')), sign=True))


def lines():
    def flipped(n):
        def change(p):
            head, sig = p.lines[n].rsplit(' ', 1)
            raw = bytearray(base64.b64decode(sig))
            raw[20] ^= 1
            p.lines[n] = head + ' ' + b64(raw) + '\n'
        return change
    for n, who in ((0, 'Ed25519'), (1, 'ECDSA')):
        low = who.lower()
        deny(low + '-missing', 'there is no %s line' % who, '缺少 %s 签名行' % who, after(lambda p: p.lines.pop(n)))
        deny(low + '-flipped', 'the %s line has a bit flipped' % who, '%s 签名被改' % who, after(flipped(n)))
        deny(low + '-renamed', 'the %s line bears another name' % who, '%s 签名行名称不符' % who, after(lambda p: p.lines.__setitem__(n, p.lines[n].replace(ORIGIN, 'verify.example/lag'))))
        deny(low + '-forged-first', 'a false %s line before the true one' % who, '真签名行之前另有伪造行（%s）' % who,
             after(lambda p: p.lines.insert(0, (ed_line(ORIGIN, LOG_KEY, 'x') if n == 0 else ecdsa_line(ORIGIN, good.log, 'x')))))
    deny('ecdsa-missing-no-vkey', 'no ECDSA line, where the Ed25519 key is not known', '缺少 ECDSA 行且未配置 Ed25519 密钥', after(lambda p: p.lines.pop(1)), key=None)
    deny('ecdsa-other-key', 'the ECDSA line is another key\'s under the log\'s id', 'ECDSA 行由另一密钥签署', after(lambda p: p.lines.__setitem__(1, ecdsa_line(ORIGIN, good.log, p.text, key=Key('evil')))))
    deny('ecdsa-raw', 'the ECDSA line is r and s without DER', 'ECDSA 签名不是 DER', after(lambda p: p.lines.__setitem__(1, line(ORIGIN, ecdsa_id(good.log.spki()), raw(*sign(good.log.key, p.text.encode()))))))
    deny('ecdsa-empty', 'the ECDSA line has no signature', 'ECDSA 签名为空', after(lambda p: p.lines.__setitem__(1, line(ORIGIN, ecdsa_id(good.log.spki()), b''))))
    deny('ecdsa-leaf', 'the ECDSA line signs the leaf', 'ECDSA 行签署的是日志叶', after(lambda p: p.lines.__setitem__(1, ecdsa_line(ORIGIN, good.log, canonical(p.leaf).decode()))))
    deny('ed25519-other-key', 'the Ed25519 line is another key\'s', 'Ed25519 行由另一密钥签署', Proof(good).seal(ed_key('evil')))
    deny('ed25519-as-cosignature', 'the log\'s key signed as a witness does', '日志密钥以见证方式签署', after(lambda p: p.lines.__setitem__(0, line(ORIGIN, key_id(ORIGIN, ED25519, public(LOG_KEY)), (1).to_bytes(8, 'big') + ed_sign(LOG_KEY, cosign_message(p.text, 1))))))
    deny('vkey-other', 'log.vkey is another key', 'log.vkey 是另一密钥', proof(), key=(ed_vkey(ORIGIN, ed_key('evil')) + '\n').encode())
    deny('vkey-name', 'log.vkey is of another log', 'log.vkey 属于另一日志', proof(), key=(ed_vkey('other.example/log', LOG_KEY) + '\n').encode())
    unknown('vkey-broken', 'log.vkey can\'t be read', 'log.vkey 无法读取', proof(), key=VKEY[:-6] + b'\n')
    unknown('vkey-witness', 'log.vkey is a witness\'s', 'log.vkey 是见证方密钥', proof(), key=(WITNESSES[0].vkey() + '\n').encode())
    unknown('vkey-two', 'log.vkey has two lines', 'log.vkey 有两行', proof(), key=VKEY + VKEY)
    unknown('vkey-empty', 'log.vkey is empty', 'log.vkey 为空', proof(), key=b'')


def certificates():
    def cert(id, expect, en, zh, change=None, log=None, w=None, **how):
        """a world whose log certificate is changed, or with another file log.pem"""
        w = w or World()
        if change is not None:
            change(w)
        case('log-' + id, expect, en, zh, w, Proof(w).seal(**how), log=NOTHING if log is None else log(w), policy=None)
    no, open = 'deny logged', 'indeterminate logged'
    ext = lambda **e: lambda w: w.log.ext.update(e)
    cert('token-signer', open, 'log.pem is the token signer\'s certificate, whose key signed', 'log.pem 为令牌签名证书', log=lambda w: pem(w.token_signer.der()), cert=good.token_signer)
    cert('status-signer', open, 'log.pem is the status signer\'s certificate', 'log.pem 为状态签名证书', log=lambda w: pem(w.status_signer.der()), cert=good.status_signer)
    cert('holder', open, 'log.pem is a data asset certificate', 'log.pem 为数据资产证书', log=lambda w: pem(w.dac.der()), cert=good.dac)
    cert('issuing', open, 'log.pem is the issuing CA', 'log.pem 为签发机构证书', log=lambda w: pem(w.issuing.der()), cert=good.issuing)
    cert('eku-two', open, 'the log\'s certificate has two purposes', '日志证书有两个扩展密钥用途', ext(eku=(False, eku(ARC + '.2.5', ARC + '.2.3'))))
    cert('eku-any', open, 'the log\'s certificate has anyExtendedKeyUsage', '日志证书为任意用途', ext(eku=(False, eku(ANY_EKU))))
    cert('eku-missing', open, 'the log\'s certificate has no purpose', '日志证书没有扩展密钥用途', lambda w: w.log.ext.pop('eku'))
    cert('eku-other-arc', open, 'the log\'s purpose is of another operator\'s arc', '日志证书用途属于他人对象标识符', ext(eku=(False, eku('1.3.6.1.4.1.32474.2.5'))))
    cert('san-other', open, 'the log\'s certificate names another issuer', '日志证书所载签发方不符', ext(san=(False, seq(uri('https://other.example')))))
    cert('san-missing', open, 'the log\'s certificate names nobody', '日志证书没有签发方地址', lambda w: w.log.ext.pop('san'))
    cert('ca', open, 'the log\'s certificate is a CA\'s', '日志证书为 CA 证书', ext(bc=(True, bc(True, 0))))
    cert('signature', open, 'the log\'s certificate is not signed by the issuing CA', '日志证书并非签发机构签署', lambda w: setattr(w.log, 'by', Key('evil')))
    cert('root-signed', open, 'the log\'s certificate is the root\'s own', '日志证书由根直接签发', lambda w: setattr(w.log, 'issuer', w.root))
    s = World(seed='stranger: ')
    cert('stranger', open, 'log.pem is a stranger\'s, under the same names', 'log.pem 为陌生机构以相同名称签发', log=lambda w: pem(s.log.der()), cert=s.log)
    cert('none', open, 'the trust has no log.pem', '信任资料没有 log.pem', log=lambda w: b'')
    cert('not-pem', open, 'log.pem is no PEM', 'log.pem 不是 PEM', log=lambda w: w.log.der())
    # the note's own key is known and has signed: the other line is of a key that the log was rolled over to, as far as this trust can tell (formats.md 26)
    cert('other-key', open, 'log.pem is of another key than signed', 'log.pem 与签名密钥不符', log=lambda w: pem(Cert(w.issuing, Key('evil'), w.log.subject, 78, w.log.since, w.log.until, w.log.ext).der()))
    w = World()
    case('log-other-key-alone', no, 'log.pem is of another key than signed, and the note\'s own key is not known', 'log.pem 与签名密钥不符，且日志 Ed25519 密钥未知', w, Proof(w).seal(),
         log=pem(Cert(w.issuing, Key('evil'), w.log.subject, 78, w.log.since, w.log.until, w.log.ext).der()), key=None)
    cert('revoked', no, 'the log\'s certificate was revoked before the leaf', '日志证书在载入之前被吊销', lambda w: w.shard.revoke(w.log, at=LOGGED - 1))
    cert('revoked-same-second', no, 'the log\'s certificate was revoked in the leaf\'s second', '日志证书在载入同一秒被吊销', lambda w: w.shard.revoke(w.log, at=LOGGED))
    cert('key-lost', no, 'the log\'s key was found compromised after the leaf', '载入之后发现日志密钥泄露', lambda w: w.shard.revoke(w.log, reason=1, at=LOGGED + 1))
    cert('expired', no, 'the log\'s certificate ended a second before the leaf', '日志证书在载入前一秒到期', lambda w: setattr(w.log, 'until', LOGGED - 1))
    cert('not-yet', no, 'the log\'s certificate begins a second after the leaf', '日志证书在载入后一秒生效', lambda w: setattr(w.log, 'since', LOGGED + 1))
    cert('no-crl', open, 'nobody knows whether the log\'s certificate was revoked', '没有日志证书的吊销列表', ext(crldp=(False, crldp(BASE + '/crl/2.crl'))))

    def old_list(w):
        w.log.ext = {**w.log.ext, 'crldp': (False, crldp(BASE + '/crl/2.crl'))}
        w.files = lambda files=w.files: {**files(), 'crl/2.crl': Crl(w.issuing, BASE + '/crl/2.crl', 3, NOW - 3 * DAY, NOW - 1).revoke(w.log, at=LOGGED + 1).der()}
    cert('old-crl', open, 'the list that says when the log\'s certificate was revoked has ended', '载明日志证书吊销时间的列表已过期', old_list)


def policies():
    two = policy_of('group g 2 w0 w1 w2\nquorum g\n')
    cosigned = lambda *n, **how: (lambda p: (setattr(p, 'cosigned_by', n), p.seal())[1])(proof(seal=False, **how))
    passes('quorum', 'two of three witnesses, as the policy asks', '三个见证方中两个副署，符合策略', cosigned(0, 2), policy=two)
    passes('quorum-order', 'the witnesses\' lines in another order', '见证副署行次序不同', cosigned(2, 1), policy=two)
    passes('quorum-none', 'a policy that asks for no witness', '策略不要求见证', proof(), policy=policy_of('quorum none\n'))
    passes('quorum-not-asked', 'one of two witnesses, where nobody asks for logging', '未要求核对日志，见证数不足', cosigned(1), policy=two, logged=False)
    unknown('quorum-one', 'one witness where the policy asks for two', '策略要求两个见证方而只有一个', cosigned(1), policy=two)
    unknown('quorum-zero', 'no witness where the policy asks for two', '策略要求两个见证方而没有', proof(), policy=two)
    unknown('quorum-twice', 'one witness twice', '同一见证方副署两次', cosigned(1, 1), policy=two)
    unknown('quorum-wrong-one', 'two witnesses, of whom the policy asks for the third', '策略要求的见证方未副署', cosigned(0, 1), policy=policy_of('quorum w2\n'))
    unknown('quorum-groups', 'enough witnesses, all of one group', '副署均来自同一组', cosigned(0, 1), policy=policy_of('group a 1 w0 w1\ngroup b all a w2\nquorum b\n'))
    passes('quorum-groups-met', 'a witness of each group', '每组均有副署', cosigned(0, 2), policy=policy_of('group a 1 w0 w1\ngroup b all a w2\nquorum b\n'))
    stranger = line('w1.example/witness', key_id('w1.example/witness', COSIGNATURE, public(ed_key('evil'))), b'\0' * 72)
    unknown('quorum-stranger', 'a stranger\'s key under a witness\'s name', '陌生密钥冒用见证方名称', after(lambda p: p.lines.append(stranger)), policy=policy_of('quorum w1\n'))
    bare = lambda text: ed_line('w1.example/witness', WITNESSES[1].key, text)
    unknown('quorum-bare', 'a witness\'s key signed as a log does, without a time', '见证方以日志方式签署', after(lambda p: p.lines.append(bare(p.text))), policy=policy_of('quorum w1\n'))
    for how in (True, False):
        tail = '-asked' if how else ''
        deny('forged' + tail, 'a witness\'s line by another key', '见证副署系伪造', after(lambda p: p.lines.append(line('w1.example/witness', WITNESSES[1].id, LOGGED.to_bytes(8, 'big') + ed_sign(ed_key('evil'), p.text.encode())))), policy=two, logged=how)
        deny('other-checkpoint' + tail, 'a witness\'s line of an older checkpoint', '见证副署属于较早检查点', after(lambda p: p.lines.append(WITNESSES[0].line(p.checkpoint(p.root, 10)))), policy=two, logged=how)
    deny('forged-beside-quorum', 'a forged line beside two true ones', '两个真副署之外有一个伪造', after(lambda p: p.lines.extend([WITNESSES[0].line(p.text), WITNESSES[1].line(p.text), WITNESSES[2].line('x\n')])), policy=two)

    def dated(p):
        head, sig = WITNESSES[0].line(p.text).rsplit(' ', 1)
        raw = base64.b64decode(sig)
        p.lines.append(head + ' ' + b64(raw[:4] + (LOGGED + 10).to_bytes(8, 'big') + raw[12:]) + '\n')
    deny('cosignature-time', 'a witness\'s line with another time', '见证副署时间被改', after(dated), policy=two, logged=False)
    deny('policy-log', 'the policy names another log', '策略所列为另一日志', cosigned(0, 1), policy=policy_of('quorum w0\n', key=ed_vkey(ORIGIN, ed_key('evil'))))
    deny('policy-log-name', 'the policy names the log\'s key under another origin', '策略所列日志名称不符', cosigned(0, 1), policy=policy_of('quorum w0\n', key=ed_vkey('other.example/log', LOG_KEY)))
    passes('policy-no-log', 'a policy of witnesses alone', '策略只列见证方', cosigned(0), policy=policy_of('quorum w0\n', log=False))
    for n, (en, text) in enumerate((('an unknown line', two + b'cosigner x\n'), ('a line that is cut', two[:-1]), ('two quorums', two + b'quorum none\n'), ('no quorum', policy_of('')),
                                    ('a witness twice', two.replace(b'witness w2', b'witness w1')), ('nothing', b''))):
        unknown('policy-broken-%d' % n, 'the policy has %s: it is not as good as none' % en, '策略文件不合规', cosigned(0, 1, 2), policy=text)


def forms():
    p = proof().octets()
    unknown('missing', 'asked for, and there is none', '要求而未提供', None)
    passes('missing-not-asked', 'not asked for, and there is none', '未要求也未提供', None, logged=False)
    for id, en, zh, octets in (('crlf', 'lines end in CR LF', '换行为 CRLF', p.replace(b'\n', b'\r\n')), ('v2', 'the first line says v2', '首行版本为 v2', p.replace(b'@v1', b'@v2')),
                               ('bom', 'a byte order mark before it', '开头有字节顺序标记', b'\xef\xbb\xbf' + p), ('space', 'a space before the index', '序号前多一空格', p.replace(b'index ', b'index  ')),
                               ('index-zero', 'the index has a leading zero', '序号带前导零', p.replace(b'index 5', b'index 05')), ('index-plus', 'the index has a sign', '序号带正号', p.replace(b'index 5', b'index +5')),
                               ('index-twice', 'the index stands twice', '序号出现两次', p.replace(b'index 5\n', b'index 5\nindex 5\n')), ('no-index', 'there is no index', '缺少序号', p.replace(b'index 5\n', b'')),
                               ('extra-twice-lines', 'the extra line stands twice', '附加数据行出现两次', b'\n'.join(p.split(b'\n')[:2] + p.split(b'\n')[1:])),
                               ('no-blank', 'no empty line before the checkpoint', '检查点前没有空行', p.replace(b'\n\n', b'\n', 1)), ('blank-twice', 'two empty lines before the checkpoint', '检查点前有两个空行', p.replace(b'\n\n', b'\n\n\n', 1)),
                               ('tail', 'text behind the last line', '末行之后有文字', p + b'tail\n'), ('no-newline', 'the last newline is missing', '缺少末尾换行', p[:-1]), ('nul', 'a NUL behind it', '末尾有 NUL', p + b'\0'),
                               ('base64url', 'base64url instead of base64', '以 base64url 代替 base64', p.replace(b'+', b'-').replace(b'/', b'_')), ('json', 'a JSON object', 'JSON 对象', b'{}'),
                               ('newline-alone', 'an empty line', '空行', b'\n'), ('token-itself', 'the token itself', '令牌本身', good.token().encode()), ('twice', 'the proof twice', '载入证明重复两次', p + p)):
        assert octets != p
        deny('form-' + id, en, zh, octets)
    rows = p.split(b'\n')
    for n in range(1, len(rows) - 1):
        if n != len(rows) - 2:  # all but the last line: without its ECDSA line it is another case's
            deny('cut-%d' % n, 'only the first %d lines' % n, '只有前 %d 行' % n, b'\n'.join(rows[:n]) + b'\n')
    many = lambda n: after(lambda p: p.lines.extend(line('s%03d.example/x' % i, b'1234', b'x' * 1000) for i in range(n)))
    passes('lines-32', '32 signature lines', '32 个签名行', after(lambda p: p.lines.extend(line('s%d.example' % i, b'1234', b'x' * 64) for i in range(30))))
    deny('lines-33', '33 signature lines', '33 个签名行', after(lambda p: p.lines.extend(line('s%d.example' % i, b'1234', b'x' * 64) for i in range(31))))
    deny('note-too-large', 'a checkpoint of more than 32 KiB', '检查点超过 32 KiB', many(26))
    deny('no-lines', 'a checkpoint without any line', '检查点没有签名行', after(lambda p: p.lines.clear()))
    cases.append(Case('logged-too-large', 'refused', 'a proof of more than 64 KiB', '载入证明超过 64 KiB', good.token().encode(), good.files(), {'at': AT, 'log_proof': p + b'x' * 65536, 'logged': True}, False))
    for id, octets in (('list', good.list().encode()), ('crl', good.shard.der())):
        cases.append(Case('logged-na-' + id, 'permit', 'a %s has no proof and needs none' % id, '列表无需载入证明', octets, good.files(), {'at': AT, 'log_proof': None, 'logged': True}, False))


for section in (accepted, leaves, holders, extras, trees, checkpoints, lines, certificates, policies, forms):
    section()
