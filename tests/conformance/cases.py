"""Good and bad credentials, each bad one a good one with one thing changed: what is published
as docs/vectors and what never_test.py asks.  A case: id, what is expected ("permit", or verdict
and the check that says no), one sentence in English and Chinese, credential, trust folder, and
what is asked (at, use, nonce, x5t).  cases: under P-256; cases_of(SM2) are the same once more,
under the second hierarchy of a home that has both."""
import bisect, collections, functools
from world import *

Case = collections.namedtuple('Case', 'id expect en zh credential files ask pack')
KB = {'use': USE + ',audience=' + AUDIENCE, 'nonce': NONCE}


def case(id, expect, en, zh, world, credential=None, at=NOW, pack=False, **ask):
    """credential: text or octets; None: the world's token"""
    credential = world.token() if credential is None else credential
    rows.append(Case(id if curve is P256 else 'sm2-' + id, expect, en, zh, credential.encode() if isinstance(credential, str) else credential, world.files(),
                      {'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(at)), **ask}, pack and curve is P256))


def home(**how):
    return World(curve=curve, **how)


def edited(kind, change):
    """a world whose token, auth or list payload is changed before it is signed"""
    w = home()
    (w.first if kind == 'auth' else w).edit[kind] = change
    return w


def put(path, value):
    """an edit: the member at this path"""
    def change(p):
        *way, last = path.split('.')
        for k in way:
            p = p[k]
        p[last] = value
    return change


def text(change):
    """an edit: the canonical octets, changed"""
    def edit(p):
        out = change(canonical(p))
        assert out != canonical(p)
        return out
    return edit


def goods():
    w = good
    case('good-token', 'permit', 'a license token in force', '有效的许可令牌', w, pack=True)
    case('good-use', 'permit', 'a license token, for a use that it grants', '有效的许可令牌，用途在授权范围内', w, use=USE, pack=True)
    case('good-proof', 'permit', 'a license token with the proof of its holder', '附持有证明的许可令牌', w, w.proof(w.token()), **KB, pack=True)
    case('good-authorisation', 'permit', 'an authorisation credential in force', '有效的授权凭证', w, w.auth(), pack=True)
    case('good-certificate', 'permit', 'a data asset certificate in force', '有效的数据资产证书', w, w.dac.der(), pack=True)
    case('good-list', 'permit', 'a status list of the day', '现行状态列表', w, w.list(), pack=True)
    case('good-crl', 'permit', 'a CRL of the day', '现行吊销列表', w, w.shard.der(), pack=True)
    m = mtls('x5t')
    case('good-mtls', 'permit', 'a token bound to the client certificate that was seen', '令牌与所见客户端证书绑定一致', m, x5t=b64u(hashlib.sha256(b'x5t').digest()), pack=True)
    case('good-named', 'permit', 'a named token, its user and its audience', '记名令牌，用户与受众一致', named(), use='user=%s,audience=%s' % (USER, AUDIENCE), pack=True)
    case('good-last-second', 'permit', 'a token in its last second', '令牌有效期的最后一秒', edited('token', put('exp', NOW)))
    case('good-first-second', 'permit', 'a token in its first second', '令牌有效期的第一秒', edited('token', lambda p: p.update(nbf=NOW, iat=NOW)))


def mtls(what):
    return edited('token', lambda p: p.update(binding='mtls', cnf={'x5t#S256': b64u(hashlib.sha256(what.encode()).digest())}))


def named():
    def change(p):
        p.update(binding='named', audience=AUDIENCE)
        del p['cnf']
    return edited('token', change)


def header(change, **how):
    """the good token under another header: a change of the document, or octets"""
    h = good.header('dc+sd-jwt', good.token_signer)
    return good.token(header=change(h) or h, **how)


def mac(secret, how):
    return lambda data: hmac.digest(secret, data, how)


def algorithms():
    w, key = good, good.token_signer.key
    spki = good.token_signer.spki()

    def alg(value):
        return lambda h: h.update(alg=value)
    for value in ('none', 'None', 'ES384', 'ES256K', curve.jws.swapcase(), 'EdDSA', curve.jws + '\0', ''):
        case('alg-%s' % (value.replace('\0', '-nul') or 'empty'), 'deny form' if value in (curve.jws + '\0', '') else 'deny algorithm', 'alg is %s, the signature a good one' % json.dumps(value), 'alg 为 %s' % json.dumps(value), w,
             header(alg(value)), pack=value in ('none', 'ES384'))
    case('alg-none-unsigned', 'deny', 'alg is none and there is no signature', 'alg 为 none 且没有签名', w, header(alg('none'), signature=lambda d: b''), pack=True)
    for n, (what, secret) in enumerate((('the point', key.point), ('the public key in DER', spki), ('the public key in PEM', pem(spki, 'PUBLIC KEY')),
                                        ('the certificate', good.token_signer.der()))):
        case('alg-hs256-%d' % n, 'deny form', 'alg is HS256, the secret is the signer\'s public key (%s)' % what, 'alg 为 HS256，以签名公钥作为共享密钥', w,
             header(alg('HS256'), signature=mac(secret, 'sha256')), pack=n == 2)
        case('alg-hs512-%d' % n, 'deny algorithm', 'the same with HS512, whose 64 octets look like a signature (%s)' % what, '同上，HS512 的 64 字节形似签名', w,
             header(alg('HS512'), signature=mac(secret, 'sha512')))
        case('alg-hs512-as-es256-%d' % n, 'deny signature', 'a MAC under the public key (%s) in the place of a signature' % what, '以公钥为密钥的 MAC 冒充签名', w,
             header(lambda h: None, signature=mac(secret, 'sha512')))
    case('alg-array', 'deny form', 'alg is an array', 'alg 为数组', w, header(alg([curve.jws])))
    case('alg-null', 'deny form', 'alg is null', 'alg 为 null', w, header(alg(None)))
    case('alg-missing', 'deny form', 'there is no alg', '缺少 alg', w, header(lambda h: h.pop('alg') and None), pack=True)
    case('alg-twice', 'deny form', 'alg stands twice, none and %s' % curve.jws, 'alg 出现两次', w, header(lambda h: b'{"alg":"none",' + canonical(h)[1:]), pack=True)
    case('alg-sha384', 'deny signature', 'alg is %s, the signature is over SHA-384' % curve.jws, 'alg 为 %s，签名却用 SHA-384' % curve.jws, w,
         header(lambda h: None, signature=lambda d: raw(*curve.sign_digest(key.d, hashlib.sha384(d).digest()[:32]))))


def headers():
    w, evil = good, Key('evil', curve)
    for k, v in (('jku', 'https://evil.example/keys'), ('x5u', 'https://evil.example/chain'), ('jwk', good.token_signer.key.jwk()), ('crit', ['exp']),
                 ('x5t#S256', good.token_signer.sha256()), ('b64', True), ('zip', 'DEF'), ('cty', 'JWT')):
        case('header-' + k.replace('#', '-'), 'deny form', 'the header has %s' % k, '头部含有 %s' % k, w, header(lambda h: h.update({k: v})), pack=k in ('jku', 'x5u', 'crit'))
    case('header-jwk-evil', 'deny form', 'the header brings its own jwk, and its key signed', '头部自带 jwk 并以其签名', w, header(lambda h: h.update(jwk=evil.jwk()), key=evil), pack=True)
    for typ in ('JWT', 'DC+SD-JWT', 'application/dc+sd-jwt', 'vc+sd-jwt', 'statuslist+jwt', 'manifest+jwt'):
        case('typ-' + typ.replace('/', '-'), 'deny form', 'typ is %s' % typ, 'typ 为 %s' % typ, w, header(lambda h: h.update(typ=typ)))
    for k in ('typ', 'kid', 'x5c'):
        case('header-no-' + k, 'deny form', 'there is no %s' % k, '头部缺少 %s' % k, w, header(lambda h: h.pop(k) and None))
    case('kid-other', 'deny signer', 'kid is another key\'s thumbprint', 'kid 是另一公钥的指纹', w, header(lambda h: h.update(kid=evil.kid())), pack=True)


def chains():
    w, s = good, home(seed='stranger: ')
    x5c = good.header('', good.token_signer)['x5c']
    theirs = s.header('', s.token_signer)['x5c']
    case('x5c-stranger', 'deny chain', 'a stranger\'s whole chain under the same names, everything right in itself', '陌生机构以相同名称签发的完整证书链', w, s.token(), pack=True)
    case('x5c-stranger-leaf', 'deny chain', 'a stranger\'s signer certificate above our issuing CA', '陌生机构的签名证书配本机构签发证书', w,
         s.token(header={**s.header('dc+sd-jwt', s.token_signer), 'x5c': [theirs[0], x5c[1]]}))
    case('x5c-stranger-root', 'deny form', 'a stranger\'s chain with its root', '陌生机构的证书链并附其根', w,
         s.token(header={**s.header('dc+sd-jwt', s.token_signer), 'x5c': theirs + [base64.b64encode(s.root.der()).decode()]}))
    case('x5c-ours-their-key', 'deny signature', 'our x5c and kid, a stranger\'s signature', '使用本机构的 x5c 与 kid，由陌生密钥签名', w, w.token(key=s.token_signer.key), pack=True)
    for id, expect, chain in (('swapped', 'deny chain', x5c[::-1]), ('leaf-alone', 'deny form', x5c[:1]), ('empty', 'deny form', []), ('leaf-twice', 'deny chain', [x5c[0]] * 2),
                              ('with-root', 'deny form', x5c + [base64.b64encode(w.root.der()).decode()]), ('text', 'deny form', x5c[0]),
                              ('root-as-issuing', 'deny chain', [x5c[0], base64.b64encode(w.root.der()).decode()]), ('not-certificates', 'deny chain', ['AAAA', x5c[1]]),
                              ('base64url', 'deny form', [x5c[0].replace('+', '-').replace('/', '_'), x5c[1]] if set('+/') & set(x5c[0]) else ['-_-_', x5c[1]])):
        case('x5c-' + id, expect, 'x5c is not signer and issuing CA (%s)' % id, 'x5c 不是签名证书与签发证书', w, header(lambda h: h.update(x5c=chain)))
    case('x5c-issuing-itself', 'deny chain', 'the issuing CA itself signs a token', '签发机构证书直接签署令牌', w,
         w.token(header={**w.header('dc+sd-jwt', w.issuing)}, key=w.issuing.key))


def signers():
    def sig(id, expect, en, zh, change, base='token_signer', pack=False):
        w = home()
        c = getattr(w, base)
        t = home().token_payload()
        change(c)
        case('signer-' + id, expect, en, zh, w if base != 'token_signer' else good, jws(w.header('dc+sd-jwt', c), t, c.key) + '~', pack=pack)

    def purpose(*oids, critical=False):
        return lambda c: c.ext.update(eku=(critical, eku(*oids)))
    nothing = lambda c: None
    sig('holder', 'deny signer', 'a holder signs a token with its data asset certificate, which our issuing CA did issue', '持有人以其数据资产证书（确由本机构签发）签署令牌', nothing, 'dac', pack=True)
    sig('status', 'deny signer', 'the status signer\'s certificate signs a token', '以状态签名证书签署令牌', nothing, 'status_signer')
    sig('ocsp', 'deny chain', 'the OCSP responder signs a token', '以 OCSP 响应证书签署令牌', nothing, 'ocsp', pack=True)
    sig('ocsp-eku', 'deny signer', 'a signer whose one purpose is OCSP signing', '签名证书唯一用途为 OCSP 签名', purpose(OCSP_SIGNING))
    sig('eku-missing', 'deny chain', 'a signer without extended key usage', '签名证书没有扩展密钥用途', lambda c: c.ext.pop('eku'), pack=True)
    sig('eku-two', 'deny chain', 'a signer with two purposes, the right one first', '签名证书有两个扩展密钥用途（正确者在前）', purpose(ARC + '.2.3', ARC + '.2.4'), pack=True)
    sig('eku-two-first', 'deny chain', 'a signer with two purposes, the right one last', '签名证书有两个扩展密钥用途（正确者在后）', purpose(ARC + '.2.1', ARC + '.2.3'))
    sig('eku-any', 'deny signer', 'a signer with anyExtendedKeyUsage', '签名证书为任意扩展密钥用途', purpose(ANY_EKU), pack=True)
    sig('eku-any-too', 'deny chain', 'a signer with the right purpose and anyExtendedKeyUsage', '签名证书在正确用途外另有任意用途', purpose(ARC + '.2.3', ANY_EKU))
    sig('eku-empty', 'deny chain', 'a signer with an empty list of purposes', '签名证书的扩展密钥用途为空', lambda c: c.ext.update(eku=(False, seq())))
    sig('eku-other-arc', 'deny signer', 'a signer with the purpose of another operator\'s arc', '签名证书为他人对象标识符下的用途', purpose('1.3.6.1.4.1.32474.2.3'))
    sig('eku-organisation', 'deny signer', 'a signer with the purpose of an organisation certificate', '签名证书为机构证书用途', purpose(ARC + '.2.2'))
    sig('eku-longer', 'deny signer', 'a signer with a purpose below the right one', '签名证书用途为正确用途的下级标识', purpose(ARC + '.2.3.1'))
    sig('eku-tls', 'deny signer', 'a signer that is a TLS client', '签名证书为 TLS 客户端用途', purpose('1.3.6.1.5.5.7.3.2'))
    sig('other-base', 'deny signer', 'a signer for another address', '签名证书属于另一签发地址', lambda c: c.ext.update(san=(False, seq(uri('https://other.example')))))
    sig('no-san', 'deny signer', 'a signer for no address', '签名证书没有签发地址', lambda c: c.ext.pop('san'))
    sig('expired', 'deny chain', 'a signer that has expired', '签名证书已过期', lambda c: setattr(c, 'until', NOW - 1), pack=True)
    sig('future', 'deny chain', 'a signer that is not valid yet', '签名证书尚未生效', lambda c: setattr(c, 'since', NOW + 1))
    sig('ca', 'deny chain', 'a signer that is a CA', '签名证书具有 CA 标志', lambda c: c.ext.update(bc=(True, bc(True, 0))))
    sig('ku', 'deny chain', 'a signer that may sign certificates', '签名证书可签发证书', lambda c: c.ext.update(ku=(True, flags(0, 5))))
    sig('ku-not-critical', 'deny chain', 'a signer whose key usage is not critical', '签名证书的密钥用途未标记关键', lambda c: c.ext.update(ku=(False, flags(0))))
    sig('critical', 'deny chain', 'a signer with an unknown critical extension', '签名证书含未知关键扩展', lambda c: c.ext.update({'1.2.3.4': (True, NULL)}))
    sig('demo-policy', 'deny chain', 'a signer of the demo policy under a production CA', '生产机构下的演示策略签名证书', lambda c: c.ext.update(policy=(False, policy(ARC + '.3.2'))))
    sig('by-root', 'deny chain', 'a signer that the root issued itself', '由根直接签发的签名证书', lambda c: (setattr(c, 'issuer', c.issuer.issuer), c.ext.update(crldp=(False, crldp(good.uri('crl/root.crl'))))))
    for reason, en, zh in ((1, 'revoked for key compromise', '因密钥泄露被吊销'), (6, 'on hold', '被暂停')):
        w = home()
        w.shard.revoke(w.token_signer, reason)
        case('signer-revoked-%d' % reason, 'deny signer status', 'the signer is ' + en, '签名证书' + zh, w, pack=reason == 1)


def forms():
    def p(id, change, en, zh, pack=False, expect='deny form'):
        w = edited('token', change)
        case('json-' + id, expect, en, zh, good, w.token(), pack=pack)
    p('twice', text(lambda t: b'{"exp":%d,' % (NOW + 999 * DAY) + t[1:]), 'the payload has exp twice, the first later', '载荷中 exp 出现两次（前者更晚）', True)
    p('twice-last', text(lambda t: t[:-1] + b',"exp":%d}' % (NOW + 999 * DAY)), 'the payload has exp twice, the last later', '载荷中 exp 出现两次（后者更晚）')
    p('twice-same', text(lambda t: t[:-1] + b',"vct":"urn:fujie:license-token:1"}'), 'the payload has vct twice, the same', '载荷中 vct 重复')
    p('twice-escaped', text(lambda t: t[:-1] + b',"\\u0065xp":%d}' % (NOW + 999 * DAY)), 'exp twice, once written with an escape', 'exp 以转义形式重复', True)
    p('twice-deep', text(lambda t: t.replace(b'"depth":0', b'"depth":0,"depth":9')), 'a member of the grant stands twice', '授权范围内成员重复', True)
    p('case', text(lambda t: t[:-1] + b',"EXP":1}'), 'a member that differs in case', '仅大小写不同的成员')
    p('unknown', put('sub', 'x'), 'an unknown member', '未知成员', True)
    p('unknown-deep', put('grant.region', 'x'), 'an unknown member of the grant', '授权范围内的未知成员')
    p('sd', put('_sd_alg', 'sha-256'), 'the mark of selective disclosure', '选择性披露标记')
    p('missing', lambda d: d.pop('parent') and None, 'the parent is missing', '缺少上级授权')
    p('bom', text(lambda t: b'\xef\xbb\xbf' + t), 'a byte order mark', '字节序标记')
    p('comment', text(lambda t: t[:-1] + b'/**/}'), 'a comment', '注释')
    p('comma', text(lambda t: t[:-1] + b',}'), 'a trailing comma', '多余逗号')
    p('two', text(lambda t: t + b'{}'), 'two documents', '两个 JSON 文档')
    p('array', lambda d: b'[' + canonical(d) + b']', 'an array around it', '外层为数组')
    p('utf8', text(lambda t: t.replace('丁'.encode(), b'\xc0\xaf\x80')), 'octets that are no UTF-8', '非 UTF-8 字节')
    p('surrogate', text(lambda t: t.replace('丁'.encode(), b'\\ud800')), 'a lone surrogate', '孤立的代理项')
    p('nul', text(lambda t: t.replace('丁'.encode(), b'\\u0000')), 'a NUL in a text', '文本含 NUL')
    for id, v in (('float', b'%d.0' % (NOW + DAY)), ('exponent', b'9e99'), ('text', b'"%d"' % (NOW + DAY)), ('negative', b'-1'), ('huge', b'9223372036854775808'),
                  ('huge-float', b'1e400'), ('zero-led', b'0%d' % (NOW + DAY)), ('null', b'null'), ('true', b'true')):
        p('exp-' + id, text(lambda t: t.replace(b'"exp":%d' % (NOW + 30 * DAY), b'"exp":' + v)), 'exp is %s' % v.decode(), 'exp 为 %s' % v.decode())
    for id, old, new, en, zh in (
            ('control', '丁'.encode(), b'a\tb', 'a control character in a text', '文本含控制字符'), ('escape', '丁'.encode(), b'\\x41', 'an escape that JSON has not', '非法转义'),
            ('hex', '丁'.encode(), b'\\u4e0g', 'an escape of no hexadecimal digits', '转义不是十六进制'), ('pair', '丁'.encode(), b'\\udc00\\ud800', 'a pair of halves in the wrong order', '代理项次序颠倒'),
            ('utf8-surrogate', '丁'.encode(), b'\xed\xa0\x80', 'a surrogate in UTF-8', 'UTF-8 中的代理项'), ('utf8-beyond', '丁'.encode(), b'\xf4\x90\x80\x80', 'a code beyond U+10FFFF', '超出 U+10FFFF'),
            ('utf8-cut', '丁'.encode(), b'\xe4\xb8', 'a cut sequence of UTF-8', '截断的 UTF-8'), ('quotes', b'"STOP"', b"'STOP'", 'single quotes', '单引号'), ('bare', b'"STOP"', b'STOP', 'a bare word', '裸词'),
            ('plus', b'"depth":0', b'"depth":+0', 'a plus sign', '加号'), ('point', b'"depth":0', b'"depth":0.', 'a point without digits', '小数点后无数字'),
            ('hex-number', b'"depth":0', b'"depth":0x0', 'a hexadecimal number', '十六进制数'), ('infinity', b'"depth":0', b'"depth":Infinity', 'Infinity', 'Infinity'),
            ('colon', b'"depth":0', b'"depth" 0', 'no colon', '缺冒号'), ('no-value', b'"depth":0', b'"depth":', 'no value', '缺值'), ('cut', b'"depth":0,', b'"depth":0', 'no comma', '缺逗号'), ('open', b'{"limit"', b'"limit"', 'an object that is not opened', '对象未开始'), ('unclosed', b'["STOP"]', b'["STOP"', 'an array that is not closed', '数组未闭合'),
            ('form-feed', b'"depth":0', b'"depth":\x0c0', 'a form feed as white space', '以换页符作空白'), ('nbsp', b'"depth":0', b'"depth":\xc2\xa00', 'a no-break space as white space', '以不换行空格作空白')):
        p('bad-' + id, text(lambda t: t.replace(old, new)), en, zh)
    for n in (17, 5000):
        p('nesting-%d' % n, text(lambda t: t.replace(b'["STOP"]', b'[' * n + b']' * n)), 'nesting %d deep' % n, '嵌套 %d 层' % n, n == 17)
    case('json-header-nesting', 'deny form', 'a header nested 40 deep', '头部嵌套 40 层', good, header(lambda h: canonical(h)[:-1] + b',"x":' + b'[' * 40 + b']' * 40 + b'}'))
    case('json-vct', 'deny form', 'a token that says it is an authorisation', '令牌自称授权凭证', good, edited('token', put('vct', 'urn:fujie:authorisation:1')).token(), pack=True)
    case('json-vct-2', 'deny form', 'a version that is not known', '未知版本', good, edited('token', put('vct', 'urn:fujie:license-token:2')).token())
    t = good.token()
    a, b, c = t[:-1].split('.')
    case('json-serialization', 'deny form', 'the JSON serialization of a JWS', 'JWS 的 JSON 序列化形式', good, canonical({'protected': a, 'payload': b, 'signature': c}))


def encodings():
    w, t = good, good.token()
    a, b, c = t[:-1].split('.')
    q = b + '=' * (-len(b) % 4)
    alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    stray = c[:-1] + alphabet[alphabet.index(c[-1]) | 1]

    def e(id, value, en, zh, pack=False, expect='deny form'):
        case('enc-' + id, expect, en, zh, w, value, pack=pack)
    e('padded-signature', a + '.' + b + '.' + c + '==~', 'base64url with padding (signature)', '签名带填充符', True)
    e('padded-payload', a + '.' + (q if q != b else b + '=') + '.' + c + '~', 'base64url with padding (payload)', '载荷带填充符')
    e('padded-header', a + '=' * (-len(a) % 4 or 1) + '.' + b + '.' + c + '~', 'base64url with padding (header)', '头部带填充符')
    e('stray-bits', a + '.' + b + '.' + stray + '~', 'stray bits after the signature\'s last octet', '签名末尾有多余比特', True)
    e('base64', a + '.' + b + '.' + c[:-2] + '+/' + '~', 'the alphabet of base64', '使用 base64 字母表')
    e('newline', a + '.' + b[:76] + '\n' + b[76:] + '.' + c + '~', 'a line break within', '中间有换行')
    e('space', a + '. ' + b + '.' + c + '~', 'a space within', '中间有空格')
    e('non-ascii', (a + '.' + b + '.' + c).encode()[:-1] + b'\xc1~', 'an octet above 0x7f', '含有 0x7f 以上的字节')
    e('no-tilde', t[:-1], 'a token without ~', '令牌末尾没有 ~')
    e('four-parts', a + '.' + b + '.' + c + '.' + c + '~', 'four parts', '四段')
    e('two-parts', a + '.' + b + '~', 'two parts', '两段')
    e('jwe', '.'.join((a, '', c, b, c)) + '~', 'five parts, as JWE has', '五段（JWE 形式）')
    e('empty', b'\n', 'nothing', '空', expect='deny form')
    e('no-payload', a + '..' + c + '~', 'an empty payload', '空载荷')
    sig = base64.urlsafe_b64decode(c + '==')
    r, s = int.from_bytes(sig[:32], 'big'), int.from_bytes(sig[32:], 'big')
    one = lambda v: v.to_bytes(32, 'big')
    for id, expect, value, en, zh in (
            ('r-0', 'deny form', one(0) + one(s), 'r is 0', 'r 为 0'), ('s-0', 'deny form', one(r) + one(0), 's is 0', 's 为 0'),
            ('both-0', 'deny form', one(0) * 2, 'r and s are 0', 'r 与 s 均为 0'), ('r-n', 'deny signature', one(curve.n) + one(s), 'r is the order of the group', 'r 等于群的阶'),
            ('s-n', 'deny signature', one(r) + one(curve.n), 's is the order of the group', 's 等于群的阶'),
            ('ff', 'deny signature', b'\xff' * 64, 'r and s are 2^256 - 1', 'r 与 s 均为 2^256-1'), ('swapped', 'deny signature', one(s) + one(r), 's before r', 's 在 r 之前'),
            ('r-p', 'deny signature', one(curve.p) + one(s), 'r is the field\'s prime', 'r 等于域的素数'),
            ('63', 'deny form', sig[:63], '63 octets', '签名 63 字节'), ('65', 'deny form', b'\0' + sig, '65 octets, r led by a zero', '签名 65 字节'),
            ('62', 'deny form', sig[1:32] + sig[33:], 'r and s of 31 octets', 'r 与 s 各 31 字节'), ('none', 'deny form', b'', 'no octet', '没有签名字节'),
            ('der', 'deny form', seq(integer(r), integer(s)), 'r and s in DER', '签名为 DER 编码'), ('96', 'deny form', sig + bytes(32), '96 octets', '签名 96 字节')):
        case('sig-' + id, expect, 'the signature: ' + en, '签名：' + zh, w, a + '.' + b + '.' + b64u(value) + '~', pack=id in ('r-0', 'r-n', '63'))
    flip = canonical({**good.token_payload(), 'exp': NOW + 31 * DAY})
    case('sig-changed', 'deny signature', 'one day more under the same signature', '签名不变而有效期多一天', w, a + '.' + b64u(flip) + '.' + c + '~', pack=True)


def sizes():
    """the same token on either side of 16 KiB, by the length of one entry of its grant"""
    w = home()
    names = ['sandbox-1'] + ['sandbox-1%03d%s' % (i, '-' * 100) for i in range(78)]
    w.first.edit['auth'] = lambda p: p['grant'].update(environment=[])

    def token(n):
        w.edit['token'] = lambda p: p['grant'].update(environment=names + ['sandbox-2' + '-' * n])
        return w.token()
    n = bisect.bisect_left(range(190), True, key=lambda n: len(token(n)) > 16384)
    assert 16382 <= len(token(n - 1)) <= 16384, len(token(n - 1))
    case('size-limit', 'permit', 'a token of %d octets' % len(token(n - 1)), '%d 字节的令牌' % len(token(n - 1)), w, token(n - 1))
    case('size-over', 'deny form', 'a token of %d octets, over 16 KiB' % len(token(n)), '%d 字节的令牌，超过 16 KiB' % len(token(n)), w, token(n))
    case('size-proof', 'deny form', 'a proof that makes a token larger than 16 KiB', '持有证明使令牌超过 16 KiB', good, good.token() + 'A' * 16384)


def times_():
    def p(id, change, expect, en, zh, pack=False, at=NOW):
        case('time-' + id, expect, en, zh, edited('token', change), at=at, pack=pack)
    p('expired', put('exp', NOW - 1), 'deny time', 'a token that expired a second ago', '一秒前过期的令牌', True)
    p('future', lambda d: d.update(nbf=NOW + 1, iat=NOW), 'deny time', 'a token that begins in a second', '一秒后才生效的令牌', True)
    p('reversed', lambda d: d.update(nbf=NOW + DAY, exp=NOW - DAY), 'deny', 'a token that ends before it begins', '止于其始之前的令牌')
    w = home()
    w.dac.until = NOW - 1
    case('time-certificate-expired', 'deny time', 'a data asset certificate that expired a second ago', '一秒前过期的数据资产证书', w, w.dac.der(), pack=True)
    w = home()
    w.dac.since = NOW + 1
    case('time-certificate-future', 'deny time', 'a data asset certificate that begins in a second', '一秒后才生效的数据资产证书', w, w.dac.der())
    w = edited('auth', put('exp', NOW - 1))
    case('time-authorisation-expired', 'deny time', 'an authorisation that has expired', '已过期的授权', w, w.auth())
    case('time-authorisation-over', 'deny narrowing', 'a token that outlives its authorisation', '令牌有效期超出授权', w)


def lists():
    for what, idx, check in (('own', 14, 'status'), ('asset', 11, 'asset status'), ('authorisation', 12, 'authorisation status')):
        for v, en, zh in ((1, 'revoked', '已吊销'), (2, 'suspended', '已暂停'), (3, 'superseded', '已被取代')):
            w = home()
            w.marks[idx] = v
            case('list-%s-%d' % (what, v), 'deny ' + check, 'the %s entry says %s' % (what, en), '状态列表中%s' % zh, w, pack=v == 1 or (v == 2 and what == 'own'))
    w = home()
    w.marks = {13: 1, 15: 1, 10: 1, 1048575: 3, 14 + 4: 1, 14 - 4: 1}
    case('list-neighbours', 'permit', 'the entries around it are revoked, its own is not', '相邻条目已吊销，自身有效', w, pack=True)

    def bad(id, change, expect, en, zh, pack=False):
        w = home()
        change(w)
        case('list-' + id, expect, en, zh, w, pack=pack)
    unknown = 'indeterminate status'
    bad('missing', lambda w: w.more.update({good.path('status/0') + '.jwt': None}), unknown, 'there is no list', '缺少状态列表', True)
    bad('expired', lambda w: w.edit.update(list=lambda p: p.update(iat=NOW - 3 * DAY, exp=NOW - 1)), unknown, 'the list has expired', '状态列表已过期', True)
    bad('future', lambda w: w.edit.update(list=lambda p: p.update(iat=NOW + 3600, exp=NOW + DAY)), unknown, 'the list is of the future', '状态列表尚未生效', True)
    bad('foreign-sub', lambda w: w.edit.update(list=put('sub', good.uri('status/1'))), unknown, 'the list is another one\'s', '状态列表的 sub 是另一列表', True)
    bad('foreign-iss', lambda w: w.edit.update(list=lambda p: p.update(iss='https://other.example', sub=good.uri('status/0').replace(BASE, 'https://other.example'))), unknown, 'the list is another issuer\'s', '状态列表属于另一签发方')
    bad('typ', lambda w: w.more.update({good.path('status/0') + '.jwt': jws(w.header('dc+sd-jwt', w.status_signer), w.list_payload(), w.keys['signer']).encode()}), unknown, 'the list has a token\'s typ', '状态列表的 typ 是令牌的')
    bad('token-signer', lambda w: w.more.update({good.path('status/0') + '.jwt': w.list(w.token_signer).encode()}), unknown, 'the token signer\'s certificate signed the list', '令牌签名证书签署状态列表', True)
    bad('holder', lambda w: w.more.update({good.path('status/0') + '.jwt': w.list(w.dac).encode()}), unknown, 'a holder signed the list', '持有人签署状态列表')
    bad('stranger', lambda w: w.more.update({good.path('status/0') + '.jwt': home(seed='stranger: ').list().encode()}), unknown, 'a stranger signed the list', '陌生机构签署状态列表', True)
    for id, change in (('bits-1', put('status_list.bits', 1)), ('bits-4', put('status_list.bits', 4)), ('bits-8', put('status_list.bits', 8)),
                       ('short', lambda p: p['status_list'].update(lst=b64u(zeros((1 << 18) - 1)))),
                       ('long', lambda p: p['status_list'].update(lst=b64u(zeros((1 << 18) + 1)))),
                       ('bomb', lambda p: p['status_list'].update(lst=b64u(zeros(1 << 26, 9)))),
                       ('gzip', lambda p: p['status_list'].update(lst=b64u(gzip_of(bytes(1 << 18))))),
                       ('deflate', lambda p: p['status_list'].update(lst=b64u(zeros(1 << 18)[2:-4]))),
                       ('adler', lambda p: p['status_list'].update(lst=b64u(zeros(1 << 18)[:-1] + b'\0'))),
                       ('cut', lambda p: p['status_list'].update(lst=b64u(zeros(1 << 18)[:-5]))),
                       ('tail', lambda p: p['status_list'].update(lst=b64u(zeros(1 << 18) + b'x'))),
                       ('aggregation', put('status_list.aggregation_uri', BASE))):
        bad('form-' + id, lambda w: w.edit.update(list=change), unknown, 'a list of another form (%s)' % id, '状态列表格式不符（%s）' % id)
    w = edited('token', put('status.status_list.idx', 1 << 20))
    case('list-index-out-of-range', 'deny form', 'the index is 2^20, one past the end', '序号为 2^20，超出列表', w, pack=True)
    case('list-index-last', 'permit', 'the index is the last one', '序号为列表最后一项', edited('token', put('status.status_list.idx', (1 << 20) - 1)), pack=True)
    for v in (-1, 1 << 32, (1 << 32) + 14, (1 << 64) + 14):
        case('list-index-%d' % v, 'deny form', 'the index is %d' % v, '序号为 %d' % v, good, edited('token', put('status.status_list.idx', v)).token())
    case('list-index-parent', 'deny form', 'the authorisation\'s index lies outside', '授权状态序号超出列表', good, edited('token', put('parent.status.idx', 1 << 20)).token())
    for id, u in (('other', good.uri('status/7')), ('host', good.uri('status/0').replace(BASE, 'https://other.example')), ('query', good.uri('status/0') + '?x'),
                  ('dots', good.uri('status/0').replace('/status/', '/status/../status/')), ('padded', good.uri('status/00'))):
        case('list-uri-' + id, 'indeterminate status', 'its list has another address (%s)' % id, '状态列表地址不同', edited('token', put('status.status_list.uri', u)))

    # rolled back: a revocation stands in the newer of two lists, whatever the files are called
    new = home()
    new.marks[14] = 1
    old = edited('list', lambda p: p.update(iat=NOW - 7200, exp=NOW - 7200 + 2 * DAY))
    for first, second in (('0', 'older'), ('older', '0')):
        w = home()
        w.more = {good.path('status/0') + '.jwt': None, good.path('status/' + first) + '.jwt': new.list().encode(), good.path('status/' + second) + '.jwt': old.list().encode()}
        case('list-rolled-back-' + first, 'deny status', 'the list from before the revocation lies beside the new one', '吊销前的旧列表与新列表并存', w, pack=first == '0')
    w = home()
    w.more[good.path('status/0') + '.jwt'] = edited('list', lambda p: p.update(iat=NOW - 3 * DAY, exp=NOW - DAY)).list().encode()
    case('list-rolled-back-alone', 'indeterminate status', 'a list from before the revocation, which has ended since', '仅有已到期的旧列表', w)


@functools.lru_cache(None)
def zeros(n, level=-1):
    return zlib.compress(bytes(n), level)


def gzip_of(data):
    c = zlib.compressobj(6, zlib.DEFLATED, 31)
    return c.compress(data) + c.flush()


def crls():
    def bad(id, change, expect, en, zh, pack=False, credential=None):
        w = home()
        change(w)
        case('crl-' + id, expect, en, zh, w, credential(w) if credential else None, pack=pack)
    unknown = 'indeterminate signer status'
    der = lambda w: w.dac.der()
    bad('missing', lambda w: w.more.update({good.path('crl/1.crl'): None}), unknown, 'the signer\'s CRL is missing', '缺少签名证书的吊销列表', True)
    bad('root-missing', lambda w: w.more.update({good.path('crl/root.crl'): None}), unknown, 'the root\'s CRL is missing', '缺少根的吊销列表')
    bad('certificate-missing', lambda w: w.more.update({good.path('crl/1.crl'): None}), 'indeterminate status', 'the certificate\'s CRL is missing', '缺少该证书的吊销列表', False, der)
    bad('expired', lambda w: vars(w.shard).update(since=NOW - 3 * DAY, until=NOW - 1), unknown, 'the CRL has expired', '吊销列表已过期', True)
    bad('future', lambda w: vars(w.shard).update(since=NOW + 3600), unknown, 'the CRL is of the future', '吊销列表尚未生效')
    bad('stranger', lambda w: w.more.update({good.path('crl/1.crl'): home(seed='stranger: ').shard.der()}), unknown, 'the CRL is a stranger\'s under the same name', '吊销列表由同名陌生机构签发', True)
    bad('signature', lambda w: setattr(w.shard, 'spoil', lambda r, s: (r, s ^ 1)), unknown, 'the CRL\'s signature is wrong', '吊销列表签名错误')
    bad('by-root', lambda w: setattr(w.shard, 'issuer', w.root), unknown, 'the root signed the shard\'s CRL', '根签发了分片的吊销列表')
    bad('idp', lambda w: setattr(w.shard, 'where', good.uri('crl/2.crl')), unknown, 'the CRL is another shard\'s', '吊销列表属于另一分片', True)
    bad('revoked', lambda w: w.shard.revoke(w.dac, 9), 'deny status', 'the certificate is revoked by its CRL', '证书已被吊销', True, der)
    bad('hold', lambda w: w.shard.revoke(w.dac, 6), 'deny status', 'the certificate is on hold by its CRL', '证书已被暂停', False, der)
    bad('issuing', lambda w: w.root_crl.revoke(w.issuing, 2), 'deny signer status', 'the issuing CA is revoked', '签发机构证书已被吊销', True)
    bad('entry', lambda w: w.marks.update({10: 1}), 'deny status', 'the certificate is revoked by its list entry alone', '仅状态列表显示证书已吊销', False, der)

    old = lambda w: Crl(w.issuing, good.uri('crl/1.crl'), 6, NOW - 7200, NOW - 7200 + 2 * DAY)
    for first, second in (('1', '0-older'), ('9-newer', '1')):
        w = home()
        w.shard.revoke(w.dac)
        w.more = {good.path('crl/1.crl'): None, good.path('crl/%s.crl' % first): w.shard.der(), good.path('crl/%s.crl' % second): old(w).der()}
        case('crl-rolled-back-' + first, 'deny status', 'the CRL from before the revocation lies beside the new one', '吊销前的旧吊销列表与新列表并存', w, w.dac.der(), pack=first == '1')
    w = home()
    w.shard.n, w.shard.since, w.shard.until = 6, NOW - 3 * DAY, NOW - DAY
    case('crl-rolled-back-alone', 'indeterminate status', 'a CRL from before the revocation, which has ended since', '仅有已到期的旧吊销列表', w, w.dac.der())
    w = home()
    w.shard.revoke(w.dac)
    w.shard.since, w.shard.until = NOW - 3 * DAY, NOW - DAY
    case('crl-revoked-expired', 'deny status', 'revoked by a CRL that has ended since', '已到期的吊销列表中显示已吊销', w, w.dac.der())


def issuers():
    """a serial number is one issuer's"""
    s = home(seed='stranger: ')
    case('issuer-stranger', 'deny', 'the right serial number and everything else, issued by a stranger of the same name', '序列号与内容均相同，由同名陌生机构签发', good, s.dac.der(), pack=True)
    w = home()
    w.dac.by = s.issuing.key
    case('issuer-signature', 'deny signature', 'the right serial number, name and key identifier, a stranger\'s signature', '序列号、名称与密钥标识相同，由陌生密钥签名', good, w.dac.der())
    w = home()
    w.dac.serial ^= 1 << 80
    w.dac.by = s.issuing.key
    case('issuer-unknown-serial', 'deny signature', 'a serial number that was never issued', '从未签发的序列号', good, w.dac.der(), pack=True)
    w = home()
    w.dac.issuer_name = w.root.subject
    case('issuer-name', 'deny chain', 'the right serial number, the root\'s name as issuer', '签发者名称为根', good, w.dac.der())
    w = home()
    w.dac.issuer = w.root
    case('issuer-root', 'deny chain', 'the right serial number, issued by the root', '由根直接签发', good, w.dac.der())

    # two issuing CAs under one root, one distribution point, the same serial number
    def pair(revoked_by):
        one, two = home(), home(number=2)
        two.keys['issuing'] = two.issuing.key = Key('issuing 2', curve)
        one.chain = pem(one.issuing.der()) + pem(two.issuing.der())
        two.shard.issuer, two.shard.n = two.issuing, 9
        (one if revoked_by == 1 else two).shard.revoke(one.dac)
        one.more = {good.path('crl/2.crl'): two.shard.der()}
        return one
    case('issuer-two-good', 'permit', 'the same serial number is revoked at another issuing CA', '另一签发机构的同一序列号已吊销', pair(2), good.dac.der(), pack=True)
    case('issuer-two-bad', 'deny status', 'revoked at its own issuing CA, good at another whose list is newer', '在本签发机构已吊销，另一机构的较新列表未列', pair(1), good.dac.der(), pack=True)
    for id, change, expect, en, zh in (
            ('eku-missing', lambda c: c.ext.pop('eku'), 'deny chain', 'without extended key usage', '没有扩展密钥用途'),
            ('eku-two', lambda c: c.ext.update(eku=(False, eku(ARC + '.2.1', ARC + '.2.3'))), 'deny form', 'with two purposes', '有两个扩展密钥用途'),
            ('eku-any', lambda c: c.ext.update(eku=(False, eku(ANY_EKU))), 'deny signer', 'with anyExtendedKeyUsage', '为任意扩展密钥用途'),
            ('no-asset', lambda c: c.ext.pop('asset'), 'deny form', 'without the extension dataAsset', '没有 dataAsset 扩展'),
            ('other-number', lambda c: setattr(c, 'subject', name(('C', 'CN'), ('O', '某气象服务中心'), ('serialNumber', number('DAC-440300-202611-000002')), ('CN', 'x'))), 'deny form', 'whose subject bears another number', '主体编号与扩展不符')):
        w = home()
        change(w.dac)
        case('certificate-' + id, expect, 'a certificate ' + en, '证书' + zh, w, w.dac.der())
    case('certificate-signer', 'deny form', 'a signer\'s certificate is no data asset certificate', '签名证书不是数据资产证书', good, good.token_signer.der(), pack=True)
    case('certificate-issuing', 'deny form', 'a CA\'s certificate is no data asset certificate', 'CA 证书不是数据资产证书', good, good.issuing.der())


def proofs():
    w, t = good, good.token()
    other = edited('token', put('jti', 'LT-9123456789abcdefghjkmnpqrs')).token()

    def p(id, credential, en, zh, pack=False, expect='deny holder', **ask):
        case('proof-' + id, expect, en, zh, w, credential, pack=pack, **{**KB, **ask})
    p('missing', t, 'a proof was asked for and there is none', '要求持有证明而未提供', True)
    p('nonce', w.proof(t, nonce='another'), 'a proof for another nonce', '持有证明的随机数不符', True)
    p('aud', w.proof(t, aud='https://other.example'), 'a proof for another audience', '持有证明面向另一受众', True)
    p('aud-array', w.proof(t, aud=[AUDIENCE]), 'a proof whose audience is an array', '持有证明的受众为数组')
    p('sd-hash', w.proof(t, sd_hash=b64u(hashlib.sha256(other.encode()).digest())), 'a proof over another token', '持有证明对应另一令牌')
    p('sd-hash-no-tilde', w.proof(t, sd_hash=b64u(hashlib.sha256(t[:-1].encode()).digest())), 'a proof over the token without ~', '持有证明的摘要未含 ~')
    p('moved', t + w.proof(other).split('~')[1], 'another token\'s proof', '另一令牌的持有证明', True)
    p('old', w.proof(t, iat=NOW - 301), 'a proof of five minutes and a second ago', '五分零一秒前的持有证明', True)
    p('future', w.proof(t, iat=NOW + 400), 'a proof of the future', '未来的持有证明')
    p('iat-text', w.proof(t, iat=str(NOW)), 'a proof whose iat is a text', '持有证明的 iat 为文本')
    p('key', w.proof(t, key=Key('stranger')), 'a proof by another key', '持有证明由另一密钥签署', True)
    p('holder-key', w.proof(t, key=w.keys['holder']), 'a proof by the asset holder\'s key', '持有证明由数据持有人密钥签署')
    p('typ', w.proof(t, header={'alg': 'ES256', 'typ': 'JWT'}), 'a proof of another typ', '持有证明的 typ 不符')
    p('no-typ', w.proof(t, header={'alg': 'ES256'}), 'a proof without typ', '持有证明没有 typ')
    p('alg', w.proof(t, header={'alg': 'none', 'typ': 'kb+jwt'}), 'a proof with alg none', '持有证明的 alg 为 none')
    p('jwk', w.proof(t, header={'alg': 'ES256', 'typ': 'kb+jwt', 'jwk': Key('evil').jwk()}, key=Key('evil')), 'a proof that brings its own key', '持有证明自带公钥', True)
    p('more', w.proof(t, sub='x'), 'a proof with an unknown member', '持有证明含未知成员')
    p('tilde-end', w.proof(t) + '~', 'a second ~ at the end', '末尾有第二个 ~', True, 'deny form')
    p('tilde-two', t + '~' + w.proof(t).split('~')[1], 'an empty disclosure', '空披露项', False, 'deny form')
    p('disclosure', t + b64u(b'["salt","exp",9999999999]') + '~', 'a disclosure', '披露项', True, 'deny form')
    p('disclosure-proof', t + b64u(b'["salt","exp",9999999999]') + '~' + w.proof(t).split('~')[1], 'a disclosure and a proof', '披露项与持有证明', False, 'deny form')
    k, v = w.proof(t).rsplit('.', 1)
    p('padded', w.proof(t) + '==', 'a proof with padding', '持有证明带填充符')
    p('zero', k + '.' + b64u(bytes(64)), 'a proof whose r and s are 0', '持有证明的 r 与 s 为 0')
    p('authorisation', w.proof(w.auth()), 'a proof at an authorisation credential', '授权凭证附持有证明', expect='deny form')
    case('proof-unasked-forged', 'deny holder', 'a forged proof that nobody asked for', '未要求但附有伪造的持有证明', w, w.proof(t, key=Key('stranger')))
    case('proof-mtls', 'deny holder', 'a token bound to a certificate, with a proof', '绑定证书的令牌附持有证明', mtls('x5t'), (lambda m: m.proof(m.token()))(mtls('x5t')), **KB)
    case('proof-x5t', 'deny holder', 'another client certificate', '另一客户端证书', mtls('x5t'), x5t=b64u(hashlib.sha256(b'thief').digest()), pack=True)
    case('proof-named-user', 'deny holder', 'a named token, another user', '记名令牌，另一用户', named(), use='user=%s,audience=%s' % (OTHER, AUDIENCE), pack=True)
    case('proof-named-audience', 'deny holder', 'a named token, another audience', '记名令牌，另一受众', named(), use='user=%s,audience=https://other.example' % USER)
    case('proof-named-nobody', 'indeterminate holder', 'a named token, and nobody says who asks', '记名令牌，未说明用户', named(), pack=True)


def scopes():
    for id, use, expect, en, zh in (
            ('action', USE.replace('QUERY', 'MODEL_CALL'), 'deny scope', 'an action that is not granted', '未授权的行为'),
            ('purpose', USE.replace('INDUSTRY', 'WELFARE'), 'deny scope', 'a purpose that is not granted', '未授权的用途'),
            ('territory', USE.replace('440300', '450100'), 'deny scope', 'a territory that is not granted', '未授权的地域'),
            ('raw', 'action=RAW', 'deny restrictions', 'raw data by a token', '以令牌取得原始数据'),
            ('pledge', 'action=PLEDGE', 'deny restrictions', 'a pledge of a token', '以令牌质押')):
        case('scope-' + id, expect, en, zh, good, use=use, pack=id in ('action', 'raw'))
    case('certificate-pledge', 'deny restrictions', 'a pledge of an asset that may not be collateral', '不得抵押的资产用于质押', good, good.dac.der(), use='action=PLEDGE', pack=True)

    def n(id, change, en, zh, pack=False):
        case('narrowing-' + id, 'deny narrowing', en, zh, edited('token', change), pack=pack)
    n('action', put('grant.actions', ['MODEL_CALL', 'QUERY']), 'a token for an action that its authorisation has not', '令牌的行为超出授权', True)
    n('territory', put('grant.territory', ['100000']), 'a token for a wider territory', '令牌的地域超出授权')
    n('quota', put('grant.quota', None), 'a token without the quota', '令牌没有限额', True)
    n('free', put('terms.kind', 'free'), 'a free token under a paid authorisation', '有偿授权下的无偿令牌')
    n('exp', put('exp', NOW + 701 * DAY), 'a token that outlives its authorisation', '令牌有效期超出授权')
    n('certificate', put('asset.certificate_sha256', b64u(bytes(32))), 'a token over another certificate', '令牌指向另一证书')
    n('parent', put('parent.sha256', b64u(bytes(32))), 'a token under another credential of the authorisation', '令牌指向另一授权凭证')


def past():
    """two days ago, by the lists of then (docs/formats.md 7, history) and what is known since"""
    then = NOW - 2 * DAY

    def p(id, expect, en, zh, change=lambda w: None, since=lambda w: None, credential=None, history=True, begins=then - 600):
        """change: to the lists of then; since: to those of today"""
        def made(what):
            w = home()
            w.edit['token'] = lambda t: t.update(iat=NOW - 10 * DAY, nbf=NOW - 10 * DAY)
            for h in (w, w.first):
                h.root_crl.since = NOW - 90 * DAY
            what(w)
            return w

        def of_then(w):
            for h in (w, w.first):
                h.edit['list'] = lambda l: l.update(iat=begins, exp=begins + 2 * DAY)
                vars(h.shard).update(n=5, since=begins, until=begins + 2 * DAY)
            change(w)
        old, now = made(of_then), made(since)
        if history:
            for h in (old, old.first):
                now.more.update({'../history/%s/%d.jwt' % (h.path('status/0'), begins): h.list().encode(), '../history/%s/%d.crl' % (h.path('crl/1'), begins): h.shard.der()})
        case('past-' + id, expect, en, zh, now, credential and credential(now), at=then)
    der = lambda w: w.dac.der()
    p('good', 'permit', 'in force two days ago', '两日前有效')
    p('revoked-since', 'permit', 'in force two days ago, revoked since', '两日前有效，其后吊销', since=lambda w: w.marks.update({14: 1}))
    p('superseded-since', 'permit', 'a certificate in force two days ago, superseded since', '两日前有效的证书，其后被取代', since=lambda w: w.shard.revoke(w.dac, 4), credential=der)
    p('no-history', 'indeterminate status', 'nothing is known of two days ago', '没有两日前的列表', history=False)
    p('suspended-then', 'deny status', 'suspended two days ago, lifted since', '两日前已暂停，其后解除', lambda w: w.marks.update({14: 2}))
    p('held-then', 'deny status', 'a certificate on hold two days ago, lifted since', '两日前证书被暂停，其后解除', lambda w: w.shard.revoke(w.dac, 6, then - 3600), credential=der)
    p('compromised', 'deny signer status', 'the signer\'s key is known since to be compromised', '其后得知签名密钥已泄露', since=lambda w: w.shard.revoke(w.token_signer, 1))
    p('certificate-compromised', 'deny status', 'a certificate revoked since for key compromise', '其后因密钥泄露吊销的证书', since=lambda w: w.shard.revoke(w.dac, 1), credential=der)
    p('dated-before', 'deny status', 'a certificate revoked since, with an earlier date', '其后吊销但日期在前的证书', since=lambda w: w.shard.revoke(w.dac, 4, then), credential=der)
    p('stranger', 'indeterminate status', 'the list of then is a stranger\'s', '当时的列表由陌生机构签发', since=lambda w: None,
      change=lambda w: setattr(w, 'list', home(seed='stranger: ').list))
    p('ended', 'indeterminate status', 'the list of then had ended', '当时的列表已到期', begins=then - 2 * DAY - 1)
    p('later', 'indeterminate status', 'the list is of an hour later', '列表晚于该时刻一小时', begins=then + 3600)


def cases_of(which):
    """all of the above under one hierarchy"""
    global curve, good, rows
    curve, good, rows = which, World(curve=which), []
    for make in (goods, algorithms, headers, chains, signers, forms, encodings, sizes, times_, lists, crls, issuers, proofs, scopes, past):
        if curve is P256 or make not in (forms, sizes):  # JSON is read before anybody asks for the algorithm
            make()
    return rows


cases = cases_of(P256)
