"""What only a home with two hierarchies allows (docs/formats.md 21): keys, certificates, lists, CRLs and trust of
one in the other's place, algorithms that are not what they are called, and SM2 signatures that are nearly right.
Cases as in cases.py.  Of most there are two: `a` is the hierarchy of the credential, `b` the other.  What is expected
may also be "refused": by whatever verdict or check, or no verdict at all, for want of a trust that can be used;
"permit X", "permit !X": and check X passes, or does not; "never X": check X does not pass, whatever the verdict.
check_signatures() has Botan judge the signatures of a good world, and those by another identifier."""
import os, subprocess
import cases as single
from cases import Case, put
from log import *

rows = []
AT = {'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(NOW))}
ECDSA_ON_SM2 = Ecdsa('SM2 by ECDSA', SM2.oid, P256.algorithm, P256.jws, SM2.p, SM2.n, SM2.b, SM2.g)
SM2_ON_P256 = Sm2('P-256 by SM2', P256.oid, SM2.algorithm, SM2.jws, P256.p, P256.n, P256.b, P256.g)
ODD = {SM2: ECDSA_ON_SM2, P256: SM2_ON_P256}


def home(**how):
    return World(curve=SM2, **how)


def case(id, expect, en, zh, files, credential, **ask):
    files = files if isinstance(files, dict) else files.files()
    rows.append(Case('two-' + id, expect, en, zh, credential.encode() if isinstance(credential, str) else credential, files, {**AT, **ask}, False))


def each(id, expect, en, zh, change, curves=(SM2, P256), **ask):
    """change(a, b): spoils one thing; the credential that it returns, or the token of a"""
    for curve in curves:
        w = home()
        a, b = (w, w.first) if curve is SM2 else (w.first, w)
        given = change(a, b)
        case('%s-%s' % (id, 'sm2' if curve is SM2 else 'p256'), expect, en, zh, w, a.token() if given is None else given, **ask)


def odd(key, data):
    """the other algorithm's equation and digest, on the key's own curve"""
    how = ODD[key.curve]
    return how.sign_digest(key.d, how.digest(data, key.point))


def odd_curve(cert):
    """the equation of the other algorithm, which the certificate names, by its issuer's key"""
    cert.sign, cert.inner, cert.outer = odd, *2 * [seq(oid(ODD[cert.issuer.key.curve].algorithm))]


def algorithm(text, *parameters):
    return seq(oid(text), *parameters)


def header(a, change, cert=None, **how):
    h = a.header('dc+sd-jwt', cert or a.token_signer)
    change(h)
    return a.token(header=h, **how)


def der(c):
    return base64.b64encode(c.der()).decode()


# --- what is permitted ---

def goods():
    w = home()
    each('token', 'permit narrowing', 'a license token of either hierarchy, in a home that has both', '两套体系并存时的许可令牌', lambda a, b: None)
    each('token-alone', 'permit !narrowing', 'a license token whose authorisation is not at hand', '授权凭证不在手的许可令牌', lambda a, b: a.more.update({'authorisations/%s.jwt' % DAU: None}))
    each('use', 'permit', 'a use that it grants', '授权范围内的用途', lambda a, b: None, use=USE)
    each('certificate', 'permit', 'a data asset certificate of either hierarchy', '任一体系的数据资产证书', lambda a, b: a.dac.der())
    each('list', 'permit', 'a status list of either hierarchy', '任一体系的状态列表', lambda a, b: a.list())
    each('crl', 'permit', 'a CRL of either hierarchy', '任一体系的吊销列表', lambda a, b: a.shard.der())
    case('no-sm2', 'permit', 'a P-256 token where there is no SM2 trust', '没有 SM2 信任资料时的 P-256 令牌', w.first.files(), w.first.token())
    each('revoked-there', 'permit', 'the same serial number is revoked in the other hierarchy alone', '另一体系的同一序列号已吊销', lambda a, b: b.shard.revoke(b.dac) and a.dac.der())
    each('marked-there', 'permit', 'a certificate whose entry is set in the other hierarchy\'s list alone', '仅另一体系列表中同一条目已置位', lambda a, b: b.marks.update({10: 1}) or a.dac.der())


# --- keys, certificates and CAs ---

def keys():
    other_key = lambda a, b: setattr(a.token_signer, 'key', b.keys['signer'])
    each('leaf-key', 'deny', 'a signer whose key is of the other curve, under this CA', '签名证书的密钥属于另一曲线', other_key)
    each('leaf-key-alg', 'deny', 'the same, alg is the CA\'s', '同上，alg 为签发机构的算法', lambda a, b: other_key(a, b) or header(a, put('alg', a.curve.jws)))
    each('leaf-key-status', 'indeterminate status', 'a status signer whose key is of the other curve', '状态签名证书的密钥属于另一曲线', lambda a, b: setattr(a.status_signer, 'key', b.keys['signer']))
    each('leaf-key-certificate', 'deny', 'a data asset certificate whose key is of the other curve', '数据资产证书的密钥属于另一曲线', lambda a, b: setattr(a.dac, 'key', b.keys['holder']) or a.dac.der())

    def under(a, b, *chains):
        """a second issuing CA of a's curve that b's root signed, in these chains; its world"""
        c = World(number=2, curve=a.curve)
        c.keys['issuing'] = c.issuing.key = Key('issuing 2', a.curve)
        c.issuing.issuer, c.shard.issuer = b.root, c.issuing
        c.issuing.ext.update(crldp=(False, crldp(b.uri('crl/root.crl'))), aia=(False, aia(None, b.uri('ca/root.cer'))))
        for x in chains:
            x.chain = pem(x.issuing.der()) + pem(c.issuing.der())
        a.more.update({a.path('crl/2.crl'): c.shard.der(), a.path('status/0') + '.jwt': c.list().encode()})
        return c
    for where, chains in (('own', lambda a, b: (a,)), ('there', lambda a, b: (b,)), ('both', lambda a, b: (a, b)), ('nowhere', lambda a, b: ())):
        each('issuing-under-other-root-' + where, 'refused', 'an issuing CA that the other root signed, in the chain file (%s)' % where, '由另一体系的根签发的签发机构', lambda a, b: under(a, b, *chains(a, b)).token())
        each('issuing-under-other-root-%s-certificate' % where, 'refused', 'a certificate by such a CA (%s)' % where, '由该机构签发的证书', lambda a, b: under(a, b, *chains(a, b)).dac.der())
    each('leaf-under-other-issuing', 'deny', 'a signer of this curve that the other hierarchy\'s CA issued', '由另一体系的机构签发的签名证书',
         lambda a, b: setattr(a.token_signer, 'issuer', b.issuing) or header(a, lambda h: h.update(x5c=[der(a.token_signer), der(b.issuing)])))
    each('certificate-under-other-issuing', 'refused', 'a data asset certificate of this curve by the other hierarchy\'s CA', '由另一体系的机构签发的数据资产证书', lambda a, b: setattr(a.dac, 'issuer', b.issuing) or a.dac.der())

    # the equation of the other algorithm with a key of this curve
    each('odd-leaf', 'deny', 'a signer that its CA signed by the other algorithm, with the key of its own curve', '签发机构以本曲线密钥按另一算法签署签名证书', lambda a, b: odd_curve(a.token_signer))
    each('odd-certificate', 'deny', 'a data asset certificate that was signed so', '数据资产证书以同样方式签署', lambda a, b: odd_curve(a.dac) or a.dac.der())
    each('odd-issuing', 'refused', 'an issuing CA that was signed so', '签发机构证书以同样方式签署', lambda a, b: odd_curve(a.issuing))
    each('odd-crl', 'indeterminate signer status', 'a CRL that was signed so', '吊销列表以同样方式签署', lambda a, b: odd_curve(a.shard))
    each('odd-token', 'deny', 'a token that was signed so, alg names that', '令牌以同样方式签署，alg 与之相符',
         lambda a, b: header(a, put('alg', b.curve.jws), signature=lambda d: raw(*odd(a.token_signer.key, d))))
    each('odd-token-alg', 'deny signature', 'a token that was signed so, alg names this hierarchy\'s', '令牌以同样方式签署，alg 为本体系', lambda a, b: header(a, lambda h: None, signature=lambda d: raw(*odd(a.token_signer.key, d))))
    each('odd-list', 'indeterminate status', 'a status list that was signed so', '状态列表以同样方式签署',
         lambda a, b: a.more.update({a.path('status/0') + '.jwt': jws({**a.header('statuslist+jwt', a.status_signer), 'alg': b.curve.jws}, a.list_payload(), None, lambda d: raw(*odd(a.status_signer.key, d))).encode()}))


def named():
    """AlgorithmIdentifiers that are not those of the issuer's key; the signature is a good one"""
    objects = (('leaf', lambda a: a.token_signer, 'deny', 'the signer\'s certificate', '签名证书'), ('issuing', lambda a: a.issuing, 'refused', 'the issuing CA', '签发机构证书'),
               ('crl', lambda a: a.shard, 'indeterminate signer status', 'the CRL', '吊销列表'), ('root-crl', lambda a: a.root_crl, 'indeterminate signer status', 'the root\'s CRL', '根的吊销列表'))
    kinds = {'other': lambda a, b: algorithm(b.curve.algorithm), 'null': lambda a, b: algorithm(a.curve.algorithm, NULL)}
    for what, of, expect, en, zh in objects:
        for kind, make in kinds.items():
            for where in (('inner',), ('outer',), ('inner', 'outer')):
                each('alg-%s-%s-%s' % (kind, what, '-'.join(where)), expect, '%s names %s (%s)' % (en, 'the other algorithm' if kind == 'other' else 'its algorithm with NULL', ' and '.join(where)),
                     zh + ('所载算法属于另一体系' if kind == 'other' else '算法参数为 NULL'), lambda a, b: [setattr(of(a), w, make(a, b)) for w in where] and None)
    for id, value in (('empty', algorithm(SM2.algorithm, seq())), ('curve', algorithm(SM2.algorithm, oid(SM2.oid))), ('sm3', algorithm('1.2.156.10197.1.401')), ('sm2sign', algorithm('1.2.156.10197.1.301.1')),
                      ('sm2', algorithm(SM2.oid)), ('sha256', algorithm('1.2.156.10197.1.503')), ('rsa', algorithm('1.2.156.10197.1.504')), ('sha384', algorithm('1.2.840.10045.4.3.3'))):
        each('alg-named-' + id, 'deny', 'a certificate that names something like the algorithm (%s)' % id, '证书所载算法标识近似但不符', lambda a, b: vars(a.dac).update(inner=value, outer=value) or a.dac.der(), (SM2,))


def points():
    x = lambda k: k.point[1:33]
    forms = (('compressed', lambda k, o: bytes([2 + k.y % 2]) + x(k), 'a compressed point', '压缩点'), ('hybrid', lambda k, o: bytes([6 + k.y % 2]) + k.point[1:], 'a hybrid point', '混合形式的点'),
             ('bare', lambda k, o: k.point[1:], 'a point without its first octet', '缺少首字节的点'), ('infinity', lambda k, o: b'\0', 'the point at infinity', '无穷远点'),
             ('off', lambda k, o: k.point[:-1] + bytes([k.point[-1] ^ 1]), 'a point that is not on the curve', '不在曲线上的点'), ('zero', lambda k, o: b'\4' + bytes(64), 'the point (0, 0)', '坐标为零的点'),
             ('foreign', lambda k, o: o.point, 'a point of the other curve', '另一曲线上的点'), ('longer', lambda k, o: k.point + b'\0', 'a point and one octet more', '点之后多一字节'))
    for id, make, en, zh in forms:
        spoil = lambda c, o: setattr(c, 'point', make(c.key, o))
        each('point-' + id, 'deny', 'a signer\'s key is ' + en, '签名证书公钥为' + zh, lambda a, b: spoil(a.token_signer, b.keys['signer']))
        each('point-%s-certificate' % id, 'deny', 'a certificate\'s key is ' + en, '数据资产证书公钥为' + zh, lambda a, b: spoil(a.dac, b.keys['holder']) or a.dac.der())
    for id in ('compressed', 'hybrid', 'foreign'):
        make = {i: m for i, m, *_ in forms}[id]
        each('point-%s-issuing' % id, 'refused', 'the issuing CA\'s key is such a point (%s)' % id, '签发机构公钥为此类点', lambda a, b: setattr(a.issuing, 'point', make(a.issuing.key, b.issuing.key)))

    def explicit(curve, g=None, cofactor=integer(1)):
        """SEC 1 C.2, with a base point of choice"""
        word = lambda v: octets(v.to_bytes(32, 'big'))
        return seq(integer(1), seq(oid('1.2.840.10045.1.1'), integer(curve.p)), seq(word(curve.p - 3), word(curve.b)), octets(point_of(*(g or curve.g))), integer(curve.n), cofactor)
    for id, make, en, zh in (('explicit', lambda a, b, c: explicit(a.curve), 'the curve written out', '曲线为显式参数'), ('other-oid', lambda a, b, c: oid(b.curve.oid), 'the other curve\'s name', '曲线标识属于另一曲线'),
                             ('null', lambda a, b, c: NULL, 'NULL for a curve', '曲线参数为 NULL'), ('absent', lambda a, b, c: b'', 'no curve', '没有曲线参数'),
                             ('base-point', lambda a, b, c: explicit(a.curve, (c.key.x, c.key.y)), 'the curve written out, with the key for its base point', '显式参数以公钥为基点'),
                             ('p384', lambda a, b, c: oid('1.3.132.0.34'), 'the name of P-384', '曲线标识为 P-384'), ('k1', lambda a, b, c: oid('1.3.132.0.10'), 'the name of secp256k1', '曲线标识为 secp256k1')):
        spoil = lambda a, b, c: setattr(c, 'parameters', make(a, b, c))
        each('curve-' + id, 'deny', 'a signer with ' + en, '签名证书' + zh, lambda a, b: spoil(a, b, a.token_signer))
        each('curve-%s-certificate' % id, 'deny', 'a certificate with ' + en, '数据资产证书' + zh, lambda a, b: spoil(a, b, a.dac) or a.dac.der())
        if id in ('explicit', 'other-oid'):
            each('curve-%s-issuing' % id, 'refused', 'an issuing CA with ' + en, '签发机构' + zh, lambda a, b: spoil(a, b, a.issuing))
    rsa = seq(integer(1 << 2047 | 1), integer(65537))
    for id, kind, parameters, point, en, zh in (('rsa', '1.2.840.113549.1.1.1', NULL, rsa, 'an RSA key', 'RSA 公钥'), ('ed25519', '1.3.101.112', b'', bytes(32), 'an Ed25519 key', 'Ed25519 公钥'),
                                                ('nothing', '1.2.3.4', b'', b'\0', 'a key of nobody knows what', '未知类型的公钥')):
        spoil = lambda c: vars(c).update(key_type=oid(kind), parameters=parameters, point=point)
        each('key-' + id, 'deny', 'a signer with ' + en, '签名证书为' + zh, lambda a, b: spoil(a.token_signer))
        each('key-%s-certificate' % id, 'deny', 'a certificate with ' + en, '数据资产证书为' + zh, lambda a, b: spoil(a.dac) or a.dac.der())
    p384 = bytes.fromhex('04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f')
    each('key-p384-certificate', 'deny', 'a certificate with a key of P-384', '数据资产证书为 P-384 公钥', lambda a, b: vars(a.dac).update(parameters=oid('1.3.132.0.34'), point=p384) or a.dac.der(), (SM2,))
    each('curve-as-type', 'deny', 'the curve\'s name in the place of id-ecPublicKey', '以曲线标识代替公钥算法标识', lambda a, b: vars(a.dac).update(key_type=oid(a.curve.oid), parameters=b'') or a.dac.der())
    each('curve-as-type-signer', 'deny', 'the same of a signer', '同上（签名证书）', lambda a, b: setattr(a.token_signer, 'key_type', oid(a.curve.oid)))

    def chosen_base(a, b, cert):
        """the CA's own key on a curve whose base point it is: its secret is then 1, and anybody's"""
        real = cert.issuer.key
        lie = type(a.curve)('lie', a.curve.oid, a.curve.algorithm, a.curve.jws, a.curve.p, a.curve.n, a.curve.b, (real.x, real.y))
        cert.sign = lambda key, data: next(x for x in (lie.equation(1, int.from_bytes(a.curve.digest(data, real.point), 'big'), k) for k in range(2, 9)) if x)
        ca = Cert(a.root, real, a.issuing.subject, 2, a.issuing.since, a.issuing.until, a.issuing.ext)
        ca.parameters, ca.by = explicit(a.curve, (real.x, real.y)), Key('evil', a.curve)
        return ca
    each('curve-chosen-base', 'deny', 'x5c has our CA\'s key with another base point, for which everybody knows the secret', 'x5c 中签发机构公钥配以他选基点，私钥人人可知',
         lambda a, b: (lambda ca: header(a, lambda h: h.update(x5c=[der(a.token_signer), der(ca)])))(chosen_base(a, b, a.token_signer)))
    each('curve-chosen-base-certificate', 'deny signature', 'a certificate by that secret', '以该私钥签署的证书', lambda a, b: chosen_base(a, b, a.dac) and a.dac.der())


# --- JOSE headers ---

def headers():
    for value in ('none', 'ES256', 'ES256K', 'SM2', 'sm2', 'SM2-SM3', 'SM3withSM2', 'SM2P256', '1.2.156.10197.1.501', 'urn:oid:1.2.156.10197.1.301', 'urn:oid:1.2.156.10197.1.503', 'urn:oid:1.2.156.10197.1.5010',
                  'urn:oid:1.2.156.10197.1.501 ', 'urn:oid:1.2.156.10197.1.0501', 'urn:oid:1.2.840.10045.4.3.2', SM2.jws):
        for curve in (SM2, P256):
            if value != curve.jws:
                each('jws-alg-' + value.replace(' ', '_'), 'deny signer' if value in (SM2.jws, P256.jws) else 'deny algorithm', 'alg is %s, the signature a good one' % json.dumps(value), 'alg 为 %s' % json.dumps(value), lambda a, b: header(a, put('alg', value)), (curve,))
    each('jws-alg-unsigned', 'deny', 'alg is the other hierarchy\'s, and there is no signature', 'alg 属于另一体系且没有签名', lambda a, b: header(a, put('alg', b.curve.jws), signature=lambda d: b''))
    each('jws-x5c-other', 'deny', 'x5c is the other hierarchy\'s, alg, kid and signature are this one\'s', 'x5c 属于另一体系', lambda a, b: header(a, put('x5c', b.header('', b.token_signer)['x5c'])))
    each('jws-x5c-other-kid', 'deny', 'x5c and kid are the other hierarchy\'s, alg and signature are this one\'s', 'x5c 与 kid 属于另一体系',
         lambda a, b: header(a, lambda h: h.update({k: v for k, v in b.header('', b.token_signer).items() if k in ('x5c', 'kid')})))
    each('jws-signature-other', 'deny signature', 'only the signature is the other hierarchy\'s', '仅签名属于另一体系', lambda a, b: header(a, lambda h: None, key=b.keys['signer']))
    each('jws-signature-alg-other', 'deny signer', 'signature and alg are the other hierarchy\'s', '签名与 alg 属于另一体系', lambda a, b: header(a, put('alg', b.curve.jws), key=b.keys['signer']))
    each('jws-leaf-other', 'deny', 'the signer\'s certificate is this hierarchy\'s, the CA in x5c the other\'s', 'x5c 中签发机构属于另一体系', lambda a, b: header(a, put('x5c', [der(a.token_signer), der(b.issuing)])))
    each('jws-issuing-other', 'deny', 'the signer\'s certificate is the other hierarchy\'s, the CA in x5c this one\'s', 'x5c 中签名证书属于另一体系', lambda a, b: header(a, put('x5c', [der(b.token_signer), der(a.issuing)])))
    each('jws-x5c-four', 'deny form', 'x5c has both chains', 'x5c 含两条证书链', lambda a, b: header(a, lambda h: h['x5c'].extend(b.header('', b.token_signer)['x5c'])))

    thumb = lambda key, crv: b64u(hashlib.sha256(canonical({**key.jwk(), 'crv': crv})).digest())
    spki = lambda key: b64u(hashlib.sha256(key.spki()).digest())
    for crv in ('P-256', 'SM2', 'sm2p256v1'):
        each('kid-thumbprint-' + crv, 'deny signer', 'kid is made as that of P-256, of a key with crv %s' % crv, 'kid 按 P-256 方式计算', lambda a, b: header(a, put('kid', thumb(a.keys['signer'], crv))), (SM2,))
    each('kid-spki', 'deny signer', 'kid is made as that of SM2', 'kid 按 SM2 方式计算', lambda a, b: header(a, put('kid', spki(a.keys['signer']))), (P256,))
    each('kid-other', 'deny signer', 'kid is the other hierarchy\'s', 'kid 属于另一体系', lambda a, b: header(a, put('kid', b.keys['signer'].kid())))
    each('kid-sm3', 'deny signer', 'kid is made with SM3', 'kid 以 SM3 计算', lambda a, b: header(a, put('kid', b64u(sm3(a.keys['signer'].spki())))), (SM2,))
    each('kid-point', 'deny signer', 'kid is of the point alone', 'kid 仅为点的摘要', lambda a, b: header(a, put('kid', b64u(hashlib.sha256(a.keys['signer'].point).digest()))), (SM2,))
    each('kid-certificate', 'deny signer', 'kid is of the certificate', 'kid 为证书的摘要', lambda a, b: header(a, put('kid', a.token_signer.sha256())), (SM2,))


# --- SM2 signatures that are nearly right ---

def signatures():
    key_of = {}

    def by(digest):
        return lambda key, data: SM2.sign_digest(key.d, digest(key, data))
    z = lambda key, data, id=IDENTIFIER: SM2.z(key.point, id) + data
    sha256 = lambda data: hashlib.sha256(data).digest()
    other = Key('evil', SM2)
    short = lambda key, data: sm3(sm3(b'\0\x10' + IDENTIFIER + b''.join(v.to_bytes(32, 'big') for v in SM2.g) + key.point[1:]) + data)
    wrong = (('id-empty', lambda k, d: sm3(z(k, d, b'')), 'the empty identifier', '空标识'), ('id-other', lambda k, d: sm3(z(k, d, b'ALICE123@YAHOO.COM')), 'another identifier', '其他标识'),
             ('id-nul', lambda k, d: sm3(z(k, d, IDENTIFIER + b'\0')), 'the identifier and a NUL', '标识后带 NUL'), ('id-hex', lambda k, d: sm3(z(k, d, bytes.fromhex('1234567812345678'))), 'the identifier\'s digits as hexadecimal', '标识按十六进制解读'),
             ('no-z', lambda k, d: sm3(d), 'SM3 of the text without Z', '未含 Z 的 SM3'), ('sha256', lambda k, d: sha256(d), 'SHA-256 of the text', 'SHA-256'), ('z-sha256', lambda k, d: sha256(z(k, d)), 'SHA-256 of Z and the text', '含 Z 的 SHA-256'),
             ('z-of-sha256', lambda k, d: sm3(z(k, sha256(d))), 'SM3 of Z and the text\'s SHA-256', 'Z 与文本 SHA-256 的 SM3'), ('z-of-sm3', lambda k, d: sm3(z(k, sm3(d))), 'SM3 of Z and the text\'s SM3', 'Z 与文本 SM3 的 SM3'),
             ('z-other', lambda k, d: sm3(SM2.z(other.point) + d), 'the Z of another key', '另一公钥的 Z'), ('z-no-curve', short, 'a Z without the curve\'s a and b', '缺少曲线参数的 Z'), ('twice', lambda k, d: sm3(sm3(z(k, d))), 'SM3 of the digest', '摘要的 SM3'))
    for id, digest, en, zh in wrong:
        how = by(digest)
        en, zh = 'is over ' + en, '签名针对' + zh
        w = home()
        case('sm2-%s-token' % id, 'deny signature', 'a token\'s signature ' + en, '令牌' + zh, w, w.token(signature=lambda d: raw(*how(w.keys['signer'], d))))

        def signed(what, expect, of, en_of, zh_of, credential=lambda w: w.token()):
            w = home()
            of(w).sign = how
            case('sm2-%s-%s' % (id, what), expect, en_of + '\'s signature ' + en, zh_of + zh, w, credential(w))
        signed('certificate', 'deny signature', lambda w: w.dac, 'a certificate', '数据资产证书', lambda w: w.dac.der())
        if id not in ('id-empty', 'id-other', 'no-z', 'sha256'):
            continue
        signed('leaf', 'deny', lambda w: w.token_signer, 'a signer', '签名证书')
        signed('issuing', 'deny', lambda w: w.issuing, 'an issuing CA', '签发机构证书')
        signed('crl', 'indeterminate signer status', lambda w: w.shard, 'a CRL', '吊销列表')
        w = home()
        w.more[w.path('status/0') + '.jwt'] = jws(w.header('statuslist+jwt', w.status_signer), w.list_payload(), None, lambda d: raw(*how(w.keys['signer'], d))).encode()
        case('sm2-%s-list' % id, 'indeterminate status', 'a status list\'s signature ' + en, '状态列表' + zh, w, w.token())

    n = lambda a: a.curve.n
    numbers = (('r-0', lambda r, s, n: (0, s), 'r is 0', 'r 为 0'), ('s-0', lambda r, s, n: (r, 0), 's is 0', 's 为 0'), ('both-0', lambda r, s, n: (0, 0), 'r and s are 0', 'r 与 s 均为 0'), ('r-n', lambda r, s, n: (n, s), 'r is n', 'r 等于 n'),
               ('s-n', lambda r, s, n: (r, n), 's is n', 's 等于 n'), ('r-over', lambda r, s, n: (r + n, s), 'r is n too large', 'r 大了 n'), ('s-over', lambda r, s, n: (r, s + n), 's is n too large', 's 大了 n'),
               ('sum-n', lambda r, s, n: (r, n - r), 'r + s = n', 'r + s = n'), ('sum-n-s', lambda r, s, n: (n - s, s), 'r + s = n, s is right', 'r + s = n，s 正确'), ('negated', lambda r, s, n: (r, n - s), 's is n - s', 's 取反'),
               ('under', lambda r, s, n: (r - n, s), 'r is negative', 'r 为负'), ('swapped', lambda r, s, n: (s, r), 's before r', 's 在 r 之前'), ('ones', lambda r, s, n: (1, 1), 'r and s are 1', 'r 与 s 均为 1'))
    for id, change, en, zh in numbers:
        curves = (SM2,) if id == 'negated' else (SM2, P256)  # of ECDSA (r, n - s) is as good
        spoil = lambda a, c: setattr(c, 'spoil', lambda r, s: change(r, s, n(a)))
        each('number-%s-certificate' % id, 'deny', 'of a certificate\'s signature ' + en, '证书签名' + zh, lambda a, b: spoil(a, a.dac) or a.dac.der(), curves)
        if id not in ('r-0', 'r-n', 's-n', 'sum-n'):
            continue
        each('number-%s-leaf' % id, 'deny', 'of a signer\'s signature ' + en, '签名证书的签名' + zh, lambda a, b: spoil(a, a.token_signer), (SM2,))
        each('number-%s-issuing' % id, 'deny', 'of the issuing CA\'s signature ' + en, '签发机构证书签名' + zh, lambda a, b: spoil(a, a.issuing), (SM2,))
        each('number-%s-crl' % id, 'indeterminate signer status', 'of a CRL\'s signature ' + en, '吊销列表签名' + zh, lambda a, b: spoil(a, a.shard), (SM2,))
    for id, change in (('sum-n', lambda r, s, n: (r, n - r)), ('sum-n-s', lambda r, s, n: (n - s, s)), ('negated', lambda r, s, n: (r, n - s)), ('ones', lambda r, s, n: (1, 1))):
        each('number-%s-token' % id, 'deny signature', 'of a token\'s signature %s' % id, '令牌签名的 r、s 不当', lambda a, b: a.token(signature=lambda d: raw(*change(*sign(a.keys['signer'], d), n(a)))), (SM2,))

    pad = lambda v: tlv(2, b'\0' + v.to_bytes(33, 'big').lstrip(b'\0').rjust(33, b'\0'))
    for id, form, en, zh in (('raw', lambda r, s: bits(raw(r, s)), 'r and s side by side', 'r 与 s 直接相连'), ('padded', lambda r, s: bits(seq(pad(r), integer(s))), 'r with needless zeros', 'r 带多余零字节'),
                             ('tail', lambda r, s: bits(seq(integer(r), integer(s)) + b'\0'), 'an octet behind', '末尾多一字节'), ('three', lambda r, s: bits(seq(integer(r), integer(s), integer(1))), 'three numbers', '三个整数'),
                             ('one', lambda r, s: bits(seq(integer(r))), 'r alone', '仅有 r'), ('unused', lambda r, s: bits(seq(integer(r), integer(s)), 1), 'unused bits', '含未用比特'), ('empty', lambda r, s: bits(b''), 'nothing', '空'),
                             ('octets', lambda r, s: octets(seq(integer(r), integer(s))), 'an octet string', '为字节串'), ('long-length', lambda r, s: bits(b'\x30\x81' + seq(integer(r), integer(s))[1:]), 'a length in its long form', '长度采用长形式'),
                             ('set', lambda r, s: bits(tlv(0x31, integer(r), integer(s))), 'a set', '为集合')):
        each('form-%s-certificate' % id, 'deny', 'a certificate\'s signature is ' + en, '证书签名' + zh, lambda a, b: setattr(a.dac, 'form', form) or a.dac.der())
        each('form-%s-crl' % id, 'indeterminate signer status', 'a CRL\'s signature is ' + en, '吊销列表签名' + zh, lambda a, b: setattr(a.shard, 'form', form), (SM2,))


# --- lists and CRLs ---

def lists():
    unknown = 'indeterminate status'
    at = lambda a: a.path('status/0') + '.jwt'
    list_as = lambda w, sub, **more: (w.edit.update(list=lambda p: p.update(sub=sub, **more)), w.list().encode(), w.edit.pop('list'))[1]
    each('list-there', unknown, 'the other hierarchy\'s signer signed the list under this address', '另一体系的签名者以本地址签署状态列表', lambda a, b: a.more.update({at(a): list_as(b, a.uri('status/0'))}))

    def hidden(a, b):
        a.marks[14] = 1
        a.more['status/9.jwt'] = list_as(b, a.uri('status/0'), iat=NOW - 10)
    each('list-there-newer', 'deny status', 'the same, newer than the true list that says revoked', '同上，且晚于载明吊销的真列表', hidden)
    each('list-other-alone', unknown, 'only the other hierarchy\'s list is there', '仅有另一体系的状态列表', lambda a, b: a.more.update({at(a): None}))
    each('list-renamed', unknown, 'the other hierarchy\'s list in the place of this one\'s', '以另一体系的列表代替', lambda a, b: a.more.update({at(a): b.list().encode()}))
    each('list-signer-there', unknown, 'the header of the list names the other hierarchy\'s signer, which did not sign', '列表头部载有另一体系的签名证书', lambda a, b: a.more.update({at(a): jws(b.header('statuslist+jwt', b.status_signer), a.list_payload(), a.keys['signer']).encode()}))
    each('list-alg-there', unknown, 'the list\'s alg is the other hierarchy\'s', '列表的 alg 属于另一体系', lambda a, b: a.more.update({at(a): jws({**a.header('statuslist+jwt', a.status_signer), 'alg': b.curve.jws}, a.list_payload(), a.keys['signer']).encode()}))
    for what, way, idx in (('own', 'status.status_list', 14), ('asset', 'asset.status', 11), ('parent', 'parent.status', 12)):
        each('ref-%s-there' % what, 'refused', 'the token\'s %s entry is the other hierarchy\'s list\'s' % what, '令牌的状态条目（%s）位于另一体系的列表' % what, lambda a, b: a.edit.update(token=put(way, b.ref(idx))) and None)
        if what != 'own':
            each('ref-%s-index' % what, 'deny narrowing', 'the token\'s %s entry is another than its authorisation says' % what, '令牌的状态条目（%s）与授权所载不符' % what, lambda a, b: a.edit.update(token=put(way, a.ref(idx + 8))) and None)
    each('ref-all-there', 'refused', 'the token of the other hierarchy, word for word, signed under this one', '另一体系令牌原文以本体系签名',
         lambda a, b: a.edit.update(token=lambda p: (put('status.status_list', b.ref(14))(p), put('asset.status', b.ref(11))(p), put('parent.status', b.ref(12))(p)) and None) and None)
    each('ref-certificate-there', 'refused', 'a certificate\'s entry is the other hierarchy\'s list\'s', '证书的状态条目位于另一体系的列表', lambda a, b: a.asset.update(uri=b.uri('status/0')) or a.dac.der())
    each('ref-certificate', 'deny narrowing', 'the token names the hash of the certificate of SM2', '令牌所载为 SM2 证书的摘要', lambda a, b: a.edit.update(token=put('asset.certificate_sha256', (a if a.curve is SM2 else b).dac.sha256())) and None)

    # CRLs
    none = 'indeterminate signer status'
    each('crl-address-there', none, 'the CRL\'s distribution point is the other hierarchy\'s', '吊销列表的分发点属于另一体系', lambda a, b: setattr(a.shard, 'where', b.uri('crl/1.crl')))
    each('crl-root-address-there', none, 'the root CRL\'s distribution point is the other hierarchy\'s', '根的吊销列表分发点属于另一体系', lambda a, b: setattr(a.root_crl, 'where', b.uri('crl/root.crl')))
    each('crl-there', none, 'the other hierarchy\'s CA signed the CRL of this address', '另一体系的机构以本地址签发吊销列表', lambda a, b: setattr(a.shard, 'issuer', b.issuing))
    each('crl-there-name', none, 'the same, under this CA\'s name', '同上，且用本机构名称', lambda a, b: vars(a.shard).update(issuer=b.issuing, issuer_name=a.issuing.subject))
    each('crl-there-all', none, 'the same, with this CA\'s key identifier too', '同上，且用本机构密钥标识', lambda a, b: (vars(a.shard).update(issuer=b.issuing, issuer_name=a.issuing.subject), a.shard.ext.update(aki=(False, aki(a.issuing)))) and None)
    each('crl-root-there', none, 'the other root signed the root\'s CRL, with this name and key identifier', '另一体系的根签发根的吊销列表', lambda a, b: (vars(a.root_crl).update(issuer=b.root, issuer_name=a.root.subject), a.root_crl.ext.update(aki=(False, aki(a.root)))) and None)
    each('crl-other-alone', none, 'only the other hierarchy\'s CRLs are there', '仅有另一体系的吊销列表', lambda a, b: a.more.update({a.path('crl/1.crl'): None, a.path('crl/root.crl'): None}))
    each('crldp-there', 'indeterminate', 'the signer\'s distribution point is the other hierarchy\'s', '签名证书的吊销列表地址属于另一体系', lambda a, b: a.token_signer.ext.update(crldp=(False, crldp(b.uri('crl/1.crl')))))
    each('crldp-there-certificate', 'indeterminate', 'a certificate\'s distribution point is the other hierarchy\'s', '证书的吊销列表地址属于另一体系', lambda a, b: a.dac.ext.update(crldp=(False, crldp(b.uri('crl/1.crl')))) or a.dac.der())
    each('crldp-there-issuing', 'indeterminate', 'the issuing CA\'s distribution point is the other hierarchy\'s', '签发机构的吊销列表地址属于另一体系', lambda a, b: a.issuing.ext.update(crldp=(False, crldp(b.uri('crl/root.crl')))))

    def crl_hidden(a, b):
        a.shard.revoke(a.dac)
        new = Crl(b.issuing, a.uri('crl/1.crl'), 99, NOW - 10, NOW + DAY)
        new.issuer_name, new.ext['aki'] = a.issuing.subject, (False, aki(a.issuing))
        a.more['crl/9.crl'] = new.der()
        return a.dac.der()
    each('crl-there-newer', 'deny status', 'a CRL by the other CA under this name, newer than the true one that says revoked', '另一机构冒名的吊销列表晚于载明吊销的真列表', crl_hidden)


def past():
    """two days ago, by the lists of then; what the other hierarchy signed is no history of this one"""
    then = NOW - 2 * DAY

    def of_then(a, b, sign_list=lambda a, b: a.list(), sign_crl=lambda a, b: a.issuing):
        for h, other in ((a, b), (b, a)):
            h.root_crl.since = NOW - 90 * DAY
            old = Crl(h.issuing, h.shard.where, 5, then - 600, then - 600 + 2 * DAY)
            for w in (a, b):
                w.edit['list'] = lambda l: l.update(sub=h.uri('status/0'), iat=then - 600, exp=then - 600 + 2 * DAY)
            signed_list = sign_list(a, b) if h is a else h.list()
            old.issuer = sign_crl(a, b) if h is a else h.issuing
            for w in (a, b):
                del w.edit['list']
            a.more.update({'../history/%s/%d.jwt' % (h.path('status/0'), then - 600): signed_list.encode(), '../history/%s/%d.crl' % (h.path('crl/1'), then - 600): old.der()})
        a.edit['token'] = lambda t: t.update(iat=NOW - 10 * DAY, nbf=NOW - 10 * DAY)
    ask = {'at': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(then))}
    each('past', 'permit narrowing', 'two days ago, by the lists of then', '两日前，依当时的列表', of_then, **ask)
    each('past-list-there', 'indeterminate status', 'the list of then is the other hierarchy\'s', '当时的列表由另一体系签名', lambda a, b: of_then(a, b, sign_list=lambda a, b: b.list()), **ask)
    each('past-crl-there', 'indeterminate signer status', 'the CRL of then is the other hierarchy\'s', '当时的吊销列表由另一体系签发', lambda a, b: of_then(a, b, sign_crl=lambda a, b: b.issuing), **ask)


# --- the trust folder ---

def trust():
    w, s = home(), home(seed='stranger: ')
    base = w.files()
    p, q = w.first, s.first

    def folder(id, expect, en, zh, files, credential):
        case('trust-' + id, expect, en, zh, {k: v for k, v in {**base, **files}.items() if v is not None}, credential)
    root = lambda x: pem(x.root.der())
    chain = lambda *x: b''.join(pem(i.issuing.der()) for i in x)
    exchanged = {'root.pem': root(w), 'root-sm2.pem': root(p), 'chain.pem': chain(w), 'chain-sm2.pem': chain(p)}
    wrong = (('no-sm2', {k: None for k in base if 'sm2' in k}, 'there is no SM2 trust', '没有 SM2 信任资料'), ('no-root-sm2', {'root-sm2.pem': None}, 'there is no root-sm2.pem', '缺少 root-sm2.pem'),
             ('no-chain-sm2', {'chain-sm2.pem': None}, 'there is no chain-sm2.pem', '缺少 chain-sm2.pem'), ('root-sm2-is-p256', {'root-sm2.pem': root(p)}, 'root-sm2.pem is the P-256 root', 'root-sm2.pem 为 P-256 根证书'),
             ('chain-sm2-is-p256', {'chain-sm2.pem': chain(p)}, 'chain-sm2.pem is the P-256 issuing CA', 'chain-sm2.pem 为 P-256 签发机构'), ('exchanged', exchanged, 'roots and chains are exchanged', '两体系的根与证书链互换'),
             ('chain-has-sm2', {'chain.pem': chain(p, w), 'chain-sm2.pem': chain(p)}, 'the SM2 issuing CA stands in chain.pem', 'SM2 签发机构置于 chain.pem'),
             ('chains-exchanged', {'chain.pem': chain(w), 'chain-sm2.pem': chain(p)}, 'chain.pem and chain-sm2.pem are exchanged', 'chain.pem 与 chain-sm2.pem 互换'),
             ('stranger', {'root-sm2.pem': root(s), 'chain-sm2.pem': chain(s)}, 'root-sm2.pem and chain-sm2.pem are a stranger\'s', 'root-sm2.pem 与 chain-sm2.pem 属于陌生机构'))
    for id, files, en, zh in wrong:
        if files is exchanged:  # as good as the SM2 trust alone
            continue
        for what, credential in (('token', w.token()), ('certificate', w.dac.der()), ('list', w.list()), ('crl', w.shard.der())):
            folder('%s-%s' % (id, what), 'deny chain' if id == 'no-sm2' else 'refused', 'an SM2 %s, and %s' % (what, en), 'SM2 凭证；' + zh, files, credential)
    for id, files, en, zh in (wrong[5], wrong[7], ('root-is-sm2', {'root.pem': root(w)}, 'root.pem is the SM2 root', 'root.pem 为 SM2 根证书')):
        for what, credential in (('token', p.token()), ('certificate', p.dac.der())):
            folder('%s-p256-%s' % (id, what), 'refused', 'a P-256 %s, and %s' % (what, en), 'P-256 凭证；' + zh, files, credential)
    theirs = {k: v for k, v in q.published().items() if '/' in k}
    folder('second-p256', 'refused', 'root-sm2.pem and chain-sm2.pem are a stranger\'s of P-256, and so is the token', '以 root-sm2.pem 引入陌生的 P-256 根', {'root-sm2.pem': root(q), 'chain-sm2.pem': chain(q), **theirs}, q.token())
    folder('second-p256-certificate', 'refused', 'the same of a certificate', '同上（证书）', {'root-sm2.pem': root(q), 'chain-sm2.pem': chain(q), **theirs}, q.dac.der())
    theirs = {k: v for k, v in s.published().items() if '/' in k}
    alone = {'root.pem': root(w), 'chain.pem': chain(w), **{k: v for k, v in w.published().items() if '/' in k}}
    case('trust-alone-token', 'permit !narrowing', 'a token where the SM2 trust is all there is', '仅有 SM2 信任资料时的 SM2 令牌', alone, w.token())
    case('trust-alone-certificate', 'permit', 'a certificate where the SM2 trust is all there is', '仅有 SM2 信任资料时的 SM2 证书', alone, w.dac.der())
    case('trust-alone-p256', 'refused', 'a P-256 token where the SM2 trust is all there is', '仅有 SM2 信任资料时的 P-256 令牌', alone, p.token())
    folder('second-sm2-chain', 'refused', 'a stranger\'s SM2 CA in chain.pem', 'chain.pem 中有陌生的 SM2 签发机构', {'chain.pem': chain(p, s), **theirs}, s.token())


# --- two CAs that look alike ---

def twins():
    def twin(w, root=False):
        """the SM2 CA has the name and the key identifier of the other"""
        for mine, theirs in ((w.issuing, w.first.issuing),) + ((w.root, w.first.root),) * root:
            mine.subject, mine.ski = theirs.subject, theirs.ski
        return w

    def pair(id, expect, en, zh, change, root=False):
        for which in ('sm2', 'p256'):
            w = twin(home(), root)
            a, b = (w, w.first) if which == 'sm2' else (w.first, w)
            given = change(a, b)
            case('twin-%s-%s' % (id, which), expect, en, zh, w, a.dac.der() if given is None else given)
    pair('revoked', 'deny', 'revoked in its own hierarchy, not in that of the CA\'s twin', '在本体系已吊销，同名机构未列', lambda a, b: a.shard.revoke(a.dac) and None)
    pair('revoked-newer', 'deny', 'the same, the twin\'s CRL is newer and of a higher number', '同上，同名机构的吊销列表更新', lambda a, b: a.shard.revoke(a.dac) and vars(b.shard).update(n=99, since=NOW - 10))
    pair('key', 'deny', 'the twin signed the certificate, which names this CA\'s algorithm', '由同名机构签署，所载算法为本机构', lambda a, b: setattr(a.dac, 'by', b.issuing.key))
    pair('key-and-name', 'refused', 'the twin signed the certificate and named its algorithm', '由同名机构以其算法签署', lambda a, b: setattr(a.dac, 'issuer', b.issuing))
    pair('crl', 'refused', 'the twin signed the CRL of this address', '同名机构以本地址签发吊销列表', lambda a, b: setattr(a.shard, 'issuer', b.issuing))
    pair('token', 'deny', 'the twin\'s signer stands in x5c', 'x5c 为同名机构的签名证书', lambda a, b: header(a, put('x5c', b.header('', b.token_signer)['x5c'])))
    pair('token-ca', 'deny', 'the twin stands in x5c', 'x5c 中为同名机构', lambda a, b: header(a, put('x5c', [der(a.token_signer), der(b.issuing)])))
    pair('root', 'refused', 'the twin of the root signed the CA', '同名的根签署签发机构', lambda a, b: setattr(a.issuing, 'issuer', b.root) or a.token(), True)
    pair('root-crl', 'refused', 'the twin of the root signed the root\'s CRL', '同名的根签署根的吊销列表', lambda a, b: setattr(a.root_crl, 'issuer', b.root) or a.token(), True)


# --- what P-256 alone signs ---

def one_only():
    sm2_auth = lambda w: jws(w.header('dc+sd-jwt', w.token_signer), w.first.auth_payload(), w.token_signer.key) + '~'
    each('authorisation', 'deny', 'an authorisation credential under SM2', 'SM2 签名的授权凭证', lambda a, b: sm2_auth(a), (SM2,))

    def wide(a, b):
        w = a if a.curve is SM2 else b
        w.first.edit['auth'] = lambda p: p['grant'].update(actions=['DOWNLOAD_PRODUCT', 'QUERY', 'VERIFY'])
        more = sm2_auth(w)
        del w.first.edit['auth']
        w.more['authorisations/%s.jwt' % number('DAU-440300-202611-000002')] = more.encode()
        a.edit['token'] = lambda p: (put('grant.actions', ['DOWNLOAD_PRODUCT', 'QUERY'])(p), put('parent.sha256', b64u(hashlib.sha256(more.encode()).digest()))(p)) and None
    each('authorisation-wider', 'deny narrowing', 'a token within an SM2 credential beside its authorisation, which is narrower', '令牌仅在另附的 SM2 授权凭证范围内', wide)

    def instead(a, b):
        """an SM2 credential in the authorisation's place, with the hash that the token names"""
        credential = sm2_auth(a if a.curve is SM2 else b)
        a.more['authorisations/%s.jwt' % DAU] = credential.encode()
        a.edit['token'] = put('parent.sha256', b64u(hashlib.sha256(credential.encode()).digest()))
    each('authorisation-instead', 'never narrowing', 'an SM2 credential in the place of the authorisation', '以 SM2 授权凭证代替', instead)

    def gone(a, b):
        b.shard.revoke(b.token_signer, 1)
    each('authorisation-signer', 'indeterminate narrowing', 'the authorisation\'s signer is revoked', '授权凭证的签名证书已吊销', gone, (SM2,))
    each('authorisation-crl', 'indeterminate narrowing', 'there is no CRL for the authorisation\'s signer', '缺少授权凭证签名证书的吊销列表', lambda a, b: b.more.update({'crl/1.crl': None}), (SM2,))

    # the holder's key and proof are those of P-256
    def proved(id, expect, en, zh, make):
        w = home()
        case('proof-' + id, expect, en, zh, w, make(w), use=USE + ',audience=' + AUDIENCE, nonce=NONCE)
    proved('good', 'permit', 'an SM2 token with its holder\'s proof', 'SM2 令牌与持有证明', lambda w: w.proof(w.token()))
    alg = {'alg': SM2.jws, 'typ': 'kb+jwt'}
    proved('alg', 'deny holder', 'alg of the proof is SM2\'s, signed by the holder\'s key', '持有证明的 alg 为 SM2', lambda w: w.proof(w.token(), header=alg))
    proved('sm2', 'deny holder', 'an SM2 key proves', '以 SM2 密钥出具持有证明', lambda w: w.proof(w.token(), header=alg, key=w.keys['holder']))
    proved('sm2-es256', 'deny holder', 'an SM2 key proves, alg is ES256', '以 SM2 密钥出具持有证明，alg 为 ES256', lambda w: w.proof(w.token(), key=w.keys['holder']))
    proved('signer', 'deny holder', 'the token\'s signer proves', '令牌签名者出具持有证明', lambda w: w.proof(w.token(), header=alg, key=w.keys['signer']))
    user = Key('sm2 user', SM2)
    for crv in ('SM2', 'sm2p256v1', 'curveSM2', 'P-256'):
        cnf = lambda a: a.edit.update(token=put('cnf.jwk', {**user.jwk(), 'crv': crv})) or a.token()
        if crv != 'P-256':
            each('cnf-' + crv, 'deny form', 'the holder\'s key is a point of SM2, crv is %s' % crv, '持有人公钥为 SM2 的点', lambda a, b: cnf(a))
        else:
            each('cnf-as-p256', 'deny holder', 'the holder\'s key is a point of SM2 that is called one of P-256, and proves', '持有人公钥为 SM2 的点而称属 P-256', lambda a, b: a.proof(cnf(a), key=user), use=USE + ',audience=' + AUDIENCE, nonce=NONCE)


# --- the public log ---

def logs():
    vkey_file = (ed_vkey(ORIGIN, LOG_KEY) + '\n').encode()

    def logged(id, expect, en, zh, proof, w, credential=None, log=None):
        w.more = {**w.more, 'log.pem': pem((log or w.log).der()), 'log.vkey': vkey_file}
        case('logged-' + id, expect, en, zh, w, credential or w.token(), log_proof=proof.octets(), logged=True)
    w = home()
    logged('token', 'permit logged', 'an SM2 token and a proof of it, by the P-256 log', 'SM2 令牌及其载入证明', Proof(w).seal(), w)
    logged('certificate', 'permit logged', 'an SM2 certificate and a proof of it', 'SM2 证书及其载入证明', Proof(w, 'certificate').seal(), w, w.dac.der())
    logged('token-first', 'deny logged', 'an SM2 token and the proof of the first', 'SM2 令牌配 P-256 令牌的载入证明', Proof(w.first).seal(), w)
    logged('certificate-first', 'deny logged', 'an SM2 certificate and the proof of the first', 'SM2 证书配 P-256 证书的载入证明', Proof(w.first, 'certificate').seal(), w, w.dac.der())
    logged('token-second', 'deny logged', 'a P-256 token and the proof of the second', 'P-256 令牌配 SM2 令牌的载入证明', Proof(w).seal(), w, w.first.token())
    logged('certificate-second', 'deny logged', 'a P-256 certificate and the proof of the second', 'P-256 证书配 SM2 证书的载入证明', Proof(w, 'certificate').seal(), w, w.first.dac.der())

    # a log certificate of SM2, which there is none
    mine = Cert(w.issuing, Key('sm2 log', SM2), w.log.subject, 7, w.log.since, w.log.until, {**w.token_signer.ext, 'eku': (False, eku(ARC + '.2.5'))})
    logged('sm2-log', 'deny logged', 'the log\'s certificate and line are SM2\'s', '日志证书与签名行为 SM2', Proof(w).seal(cert=mine), home(), log=mine)
    logged('sm2-log-first', 'deny logged', 'the same for a P-256 token', '同上，令牌为 P-256', Proof(w.first).seal(cert=mine), home(), w.first.token(), log=mine)
    odd_log = Cert(w.first.issuing, Key('sm2 log', SM2), w.log.subject, 7, w.log.since, w.log.until, w.log.ext)
    logged('sm2-key', 'indeterminate logged', 'the log\'s certificate is of P-256, its key of SM2', '日志证书属于 P-256 体系而密钥为 SM2', Proof(w).seal(cert=odd_log), home(), log=odd_log)


# --- bundles (docs/formats.md 15): there the SM2 trust stands alone ---

def bundles():
    def bundle(id, expect, en, zh, change=lambda d, a, b: None, curves=(SM2, P256), pin=None, **ask):
        for curve in curves:
            w = home()
            a, b = (w, w.first) if curve is SM2 else (w.first, w)
            b64 = lambda data: base64.b64encode(data).decode()
            doc = {'format': 'urn:fujie:bundle:2', 'root': b64(a.root.der()), 'issuing': b64(a.issuing.der()), 'credential': a.token(), 'authorisations': {}, 'certificates': {}, 'lists': [a.list()],
                   'crls': [b64(a.shard.der()), b64(a.root_crl.der())], 'log': None, 'log_policy': None, 'proofs': {}}
            change(doc, a, b)
            fingerprint = hashlib.sha256(base64.b64decode(doc['root'])).hexdigest() if pin is None else pin(a, b)
            case('bundle-%s-%s' % (id, 'sm2' if curve is SM2 else 'p256'), expect, en, zh, {}, canonical(doc), root=fingerprint, **ask)
    set_ = lambda **how: lambda d, a, b: d.update({k: v(a, b) for k, v in how.items()})
    b64 = lambda data: base64.b64encode(data).decode()
    bundle('token', 'permit !narrowing', 'a token and the lists of its own hierarchy', '令牌与本体系的列表')
    bundle('certificate', 'permit', 'a certificate and the lists of its own hierarchy', '证书与本体系的列表', set_(credential=lambda a, b: pem(a.dac.der()).decode()))
    bundle('whole', 'permit narrowing', 'a P-256 token with its authorisation and certificate', 'P-256 令牌及其授权凭证与证书', set_(authorisations=lambda a, b: {DAU: a.auth()}, certificates=lambda a, b: {DAC: b64(a.dac.der())}), (P256,))
    bundle('authorisation', 'deny', 'an SM2 token with its authorisation, which is not under this root', 'SM2 令牌附 P-256 授权凭证，不在本根之下', set_(authorisations=lambda a, b: {DAU: a.auth()}), (SM2,))
    bundle('root', 'deny', 'the root is the other hierarchy\'s', '根属于另一体系', set_(root=lambda a, b: b64(b.root.der())))
    bundle('root-pinned', 'deny', 'the fingerprint is the other root\'s', '指纹属于另一体系的根', pin=lambda a, b: hashlib.sha256(b.root.der()).hexdigest())
    bundle('root-sm3', 'deny', 'the fingerprint is SM3\'s', '指纹为 SM3', pin=lambda a, b: sm3(a.root.der()).hex())
    bundle('issuing', 'deny', 'the issuing CA is the other hierarchy\'s', '签发机构属于另一体系', set_(issuing=lambda a, b: b64(b.issuing.der())))
    bundle('both', 'deny', 'root and issuing CA are the other hierarchy\'s', '根与签发机构属于另一体系', set_(root=lambda a, b: b64(b.root.der()), issuing=lambda a, b: b64(b.issuing.der())))
    bundle('list', 'deny', 'a list of the other hierarchy is there too', '另附另一体系的状态列表', lambda d, a, b: d['lists'].append(b.list()))
    bundle('list-alone', 'deny', 'only the list of the other hierarchy is there', '仅附另一体系的状态列表', set_(lists=lambda a, b: [b.list()]))
    bundle('crl', 'deny', 'a CRL of the other hierarchy is there too', '另附另一体系的吊销列表', lambda d, a, b: d['crls'].append(b64(b.shard.der())))
    bundle('log', 'deny', 'a log certificate that is not under this root', '日志证书不在本根之下', set_(log=lambda a, b: b64(b.log.der())), (SM2,))

    def crossed(d, a, b):
        a.issuing.issuer = b.root
        a.issuing.ext.update(crldp=(False, crldp(b.uri('crl/root.crl'))), aia=(False, aia(None, b.uri('ca/root.cer'))))
        d.update(root=b64(b.root.der()), issuing=b64(a.issuing.der()), credential=a.token(), lists=[a.list()], crls=[b64(a.shard.der()), b64(b.root_crl.der())])
    bundle('crossed', 'deny', 'the issuing CA is signed by the other hierarchy\'s root, and all hangs on that', '签发机构由另一体系的根签发', crossed)


def check_signatures(check):
    here = os.path.dirname(os.path.abspath(__file__))
    botan = ['/usr/bin/python3', os.path.join(here, 'sm2_check.py')]
    if subprocess.run(botan[:1] + ['-c', 'import botan2'], capture_output=True).returncode:
        print('# no python3-botan: the model was compared with the standards\' examples alone')
        return
    lines, w = [], home()

    def kept(key, data, id=IDENTIFIER):
        r, s = sign(key, data) if id == IDENTIFIER else SM2.sign_digest(key.d, SM2.digest(data, key.point, id))
        lines.append({'key': key.point[1:].hex(), 'message': data.hex(), 'sig': raw(r, s).hex(), 'id': id.decode()})
        return r, s
    for c in (w.root, w.issuing, w.token_signer, w.status_signer, w.ocsp, w.dac, w.root_crl, w.shard):
        c.sign = kept
        c.der()
    w.token(signature=lambda d: raw(*kept(w.keys['signer'], d)))
    kept(w.keys['signer'], b'message', b'ALICE123@YAHOO.COM')
    lines += [{**lines[-1], 'id': IDENTIFIER.decode()}, {**lines[0], 'id': 'ALICE123@YAHOO.COM'}, {**lines[0], 'message': lines[1]['message']}]
    out = subprocess.run(botan, input='\n'.join(map(json.dumps, lines)), capture_output=True, text=True, timeout=300).stdout.split()
    check('Botan says the same of the model\'s SM2 signatures', len(out) > 12 and out == ['True'] * (len(lines) - 3) + ['False'] * 3, out)


def cases():
    """SM2's turn of the cases of one hierarchy, and what two allow"""
    for section in (goods, keys, named, points, headers, signatures, lists, past, trust, twins, one_only, logs, bundles):
        section()
    return single.cases_of(SM2) + rows
