"""NIST PKITS 1.0.1, sections 4.1 to 4.16, carried over to the profile of docs/formats.md: the same
fault (or none) in a root, an issuing CA and a data asset certificate with P-256 keys.  What each
test expects is the document's own word ("should validate successfully" or not), not what the tool
said.  What PKITS calls invalid is never permitted.  What it calls valid permits, or the row names
the clause by which this profile is narrower than RFC 5280: then it is not permitted, and the tool
gives a reason.  (The original files, RSA and DSA, go through tests/unit/test_ver_pkits.c.)"""
import concurrent.futures, re
from judge import *
from world import *

VALID, INVALID = True, False
ONE_CA = 'formats.md 2: root, one issuing CA, end entity; no other path'
SAME_OCTETS = 'RFC 5280 4.1.2.6: names that chain are encoded alike, so octets are compared'
NO_EXT = 'formats.md 2: no extension that is not in the profile (RFC 5280 4.2 lets a profile say so)'
ONE_POLICY = 'RFC 5280 4.2.1.4, formats.md 2: exactly one policy, without qualifiers, the issuing CA\'s own'
ONE_URI = 'RFC 5280 4.2.1.13, formats.md 6: one distribution point, one full name, a URI'
FULL_CRL = 'formats.md 6: a CRL covers all reasons and all certificates of its shard, signed by their issuer'
rows = []


def t(numbers, valid, change, narrower=None):
    """change: what to do to the world; numbers: of the tests that say this"""
    for n in numbers.split():
        rows.append((n, valid, change, narrower))


def attr(obj, **values):
    return lambda w: vars(getattr(w, obj)).update(values)


def ext(obj, key, value, critical=False):
    """None: without it"""
    return lambda w: getattr(w, obj).ext.update({key: (critical, value)}) if value is not None else getattr(w, obj).ext.pop(key, None)


def all_of(*changes):
    return lambda w: [c(w) for c in changes]


def revoked(obj='dac'):
    return lambda w: w.shard.revoke(getattr(w, obj))


def nothing(w):
    pass


def bad_sig(obj):
    return lambda w: setattr(getattr(w, obj), 'spoil', lambda r, s: (r, s ^ 2))


def subject(*pairs):
    return name(('C', 'CN'), ('O', '某数据中心'), *pairs)


def rdn(o, value):
    return tlv(0x31, seq(oid(o), value))


ISSUING = ('CN', 'Fujie Issuing CA 1')

# 4.1 signature verification
t('4.1.1', VALID, nothing)
t('4.1.2', INVALID, bad_sig('issuing'))
t('4.1.3', INVALID, bad_sig('dac'))
SHA384 = seq(oid('1.2.840.10045.4.3.3'))
t('4.1.4', VALID, attr('dac', inner=SHA384, outer=SHA384), 'RFC 5758 3.2, formats.md 2: ECDSA P-256 with SHA-256 and no other algorithm')
t('4.1.5', VALID, lambda w: setattr(w.dac, 'spki', lambda: seq(seq(oid('1.2.840.10045.2.1'), NULL), bits(w.dac.key.point))), 'RFC 5480 2.1.1: the curve is named, never inherited')
t('4.1.6', INVALID, all_of(attr('dac', inner=SHA384, outer=SHA384), bad_sig('dac')))
# 4.2 validity periods
t('4.2.1', INVALID, attr('issuing', since=NOW + 1))
t('4.2.2', INVALID, attr('dac', since=NOW + 1))
t('4.2.3', VALID, lambda w: setattr(w.dac, 'dates', seq(tlv(23, b'500101120101Z'), date(w.dac.until))), 'formats.md: times from 1970 on')
t('4.2.4', VALID, lambda w: setattr(w.dac, 'dates', seq(date(w.dac.since, True), date(w.dac.until))), 'RFC 5280 4.1.2.5: UTCTime through 2049')
t('4.2.5', INVALID, attr('issuing', until=NOW - 1))
t('4.2.6', INVALID, attr('dac', until=NOW - 1))
t('4.2.7', INVALID, lambda w: setattr(w.dac, 'dates', seq(tlv(23, b'980101120100Z'), tlv(23, b'990101120100Z'))))
t('4.2.8', VALID, attr('dac', until=2524651261))
# 4.3 name chaining
t('4.3.1', INVALID, lambda w: setattr(w.dac, 'issuer_name', subject(('CN', 'Fujie Issuing CA 9'))))
t('4.3.2', INVALID, lambda w: setattr(w.dac, 'issuer_name', name(('O', '某数据中心'), ('C', 'CN'), ISSUING)))
t('4.3.3', VALID, lambda w: setattr(w.dac, 'issuer_name', subject(('CN', 'Fujie Issuing  CA   1'))), SAME_OCTETS)
t('4.3.4', VALID, lambda w: setattr(w.dac, 'issuer_name', subject(('CN', ' Fujie Issuing CA 1 '))), SAME_OCTETS)
t('4.3.5 4.3.11', VALID, lambda w: setattr(w.dac, 'issuer_name', subject(('CN', 'FUJIE issuing CA 1'))), SAME_OCTETS)
t('4.3.6', VALID, lambda w: setattr(w.dac, 'uids', tlv(0x81, b'\0\x55')), 'RFC 5280 4.1.2.8: unique identifiers are not made')
t('4.3.7', VALID, lambda w: setattr(w.issuing, 'subject', seq(rdn('2.5.4.6', printable('CN')), rdn('2.5.4.10', utf8('x')), rdn('2.5.4.8', printable('y')),
  rdn('2.5.4.5', printable('1')), rdn('0.9.2342.19200300.100.1.25', tlv(22, b'gov')), rdn('2.5.4.46', printable('CA')))))
t('4.3.8', VALID, lambda w: setattr(w.issuing, 'subject', seq(rdn('2.5.4.6', printable('CN')), rdn('2.5.4.10', utf8('x')),
  *[rdn('2.5.4.%d' % k, utf8('z')) for k in (7, 12, 4, 42, 43, 65, 44)])))
t('4.3.9', VALID, nothing)  # names are UTF8String here
t('4.3.10', VALID, lambda w: setattr(w.dac, 'issuer_name', subject(('CN', printable('Fujie Issuing CA 1')))), SAME_OCTETS)
# 4.4 basic revocation
t('4.4.1', INVALID, lambda w: w.more.update({'crl/1.crl': None}))
t('4.4.2', INVALID, lambda w: w.root_crl.revoke(w.issuing))
t('4.4.3', INVALID, revoked())
t('4.4.4', INVALID, bad_sig('shard'))
t('4.4.5', INVALID, lambda w: setattr(w.shard, 'issuer_name', subject(('CN', 'Fujie Issuing CA 9'))))
t('4.4.6', INVALID, lambda w: w.more.update({'crl/1.crl': w.root_crl.der()}))


def two_crls(w):
    bad = Crl(w.issuing, BASE + '/crl/1.crl', 99, NOW - 60, NOW + DAY).revoke(w.dac)
    bad.issuer_name = subject(('CN', 'Fujie Issuing CA 9'))
    w.more['crl/2.crl'] = bad.der()


t('4.4.7', VALID, two_crls)
MADE_UP = '2.16.840.1.101.2.1.12.2'
t('4.4.8', INVALID, all_of(revoked(), lambda w: setattr(w.shard, 'entry_ext', extension(MADE_UP, True, NULL))))
t('4.4.9', INVALID, all_of(revoked(), ext('shard', MADE_UP, NULL, True)))
t('4.4.10', INVALID, ext('shard', MADE_UP, NULL, True))
t('4.4.11', INVALID, attr('shard', since=1262304000 - DAY, until=1262304000))
t('4.4.12', INVALID, attr('shard', dates=tlv(23, b'980101120100Z') + tlv(23, b'990101120100Z')))
t('4.4.13', VALID, attr('shard', until=2524651261))


def serial(cert, listed):
    def change(w):
        w.dac.serial = cert
        w.shard.revoked.append((listed, NOW - 7200, 4))
    return change


LONG = int('7f' + '12' * 19, 16)
t('4.4.14', VALID, serial(255, -1), 'RFC 5280 4.1.2.2: serial numbers are positive, in a CRL too')
t('4.4.15', INVALID, serial(-1, -1))
t('4.4.16', VALID, serial(LONG, LONG ^ 1))
t('4.4.17', VALID, serial(LONG, LONG ^ 1 << 152))
t('4.4.18', INVALID, serial(LONG, LONG))


def second(w, by=None, serial=77, key='another', ku=(True, flags(5, 6)), pathlen=0, issuer=None):
    """another certificate of the issuing CA's name; by: its issuer"""
    c = Cert(by or w.root, Key(key), w.issuing.subject, serial, w.issuing.since, w.issuing.until,
             {**w.issuing.ext, 'ku': ku, 'bc': (True, bc(True, pathlen)), 'crldp': (False, crldp(BASE + ('/crl/1.crl' if by else '/crl/root.crl')))})
    w.chain = pem(w.issuing.der()) + pem(c.der())
    return c


def crl_key(revoke=False, crl_key_revoked=False, by_itself=False):
    """CRLs under a key of their own, certified by the root or by the CA itself"""
    def change(w):
        c = second(w, by=w.issuing if by_itself else None, ku=(True, flags(6)))
        w.shard.issuer = c
        if revoke:
            w.shard.revoke(w.dac)
        if crl_key_revoked:
            w.root_crl.revoke(c)
    return change


t('4.4.19', VALID, crl_key(), FULL_CRL)
t('4.4.20', INVALID, crl_key(revoke=True))
t('4.4.21', INVALID, crl_key(crl_key_revoked=True))


# 4.5 self-issued certificates
def rolled(revoke=False):
    """the end entity under another key of the CA, certified by the CA itself"""
    def change(w):
        w.dac.issuer = second(w, by=w.issuing)
        if revoke:
            w.shard.revoke(w.dac)
    return change


t('4.5.1 4.5.3', VALID, rolled(), ONE_CA)
t('4.5.2 4.5.5', INVALID, rolled(True))
t('4.5.4 4.5.6', VALID, crl_key(by_itself=True), FULL_CRL)
t('4.5.7', INVALID, crl_key(revoke=True, by_itself=True))
t('4.5.8', INVALID, lambda w: setattr(w.dac, 'issuer', second(w, by=w.issuing, ku=(True, flags(6)))))
# 4.6 basic constraints
t('4.6.1', INVALID, ext('issuing', 'bc', None))
t('4.6.2', INVALID, ext('issuing', 'bc', bc(False), True))
t('4.6.3', INVALID, ext('issuing', 'bc', bc(False)))
t('4.6.4', VALID, ext('issuing', 'bc', bc(True, 0)), 'RFC 5280 4.2.1.9: critical in a CA\'s certificate')


def deep(*lengths, end_is_ca=False):
    """CAs below the root with these path lengths (None: without; 'self': self-issued), the last issues"""
    def change(w):
        w.root.ext['bc'] = (True, bc(True, 9))
        parent, chain = w.root, []
        for n, length in enumerate(lengths):
            who = parent.subject if length == 'self' else subject(('CN', 'sub %d' % n)) if n + 1 < len(lengths) else w.issuing.subject
            if length == 'self' and n + 1 == len(lengths):
                parent.subject = who = w.issuing.subject
            ca = Cert(parent, Key('sub %d' % n) if n + 1 < len(lengths) else w.issuing.key, who, 100 + n, w.issuing.since, w.issuing.until,
                      {**w.issuing.ext, 'bc': (True, bc(True, None if length == 'self' else length))})
            chain.append(ca)
            parent = ca
        w.chain = b''.join(pem(c.der()) for c in reversed(chain))
        for c in (w.dac, w.token_signer, w.status_signer):
            c.issuer = parent
        w.issuing = w.shard.issuer = parent
        if end_is_ca:
            w.dac.ext['bc'] = (True, bc(True))
    return change


t('4.6.5', INVALID, deep(0, None))
t('4.6.6', INVALID, deep(0, None, end_is_ca=True))
t('4.6.7', VALID, deep(0))
t('4.6.8', VALID, deep(0, end_is_ca=True), 'formats.md 2: an end entity is no CA')
t('4.6.9', INVALID, deep(6, 0, 0))
t('4.6.10', INVALID, deep(6, 0, 0, end_is_ca=True))
t('4.6.11', INVALID, deep(6, 1, 1, None))
t('4.6.12', INVALID, deep(6, 1, 1, None, end_is_ca=True))
t('4.6.13', VALID, deep(6, 4, 1, None), ONE_CA)
t('4.6.14', VALID, deep(6, 4, 1, None, end_is_ca=True), ONE_CA)
t('4.6.15', VALID, deep(0, 'self'), ONE_CA)
t('4.6.16', INVALID, deep(0, 'self', None))
t('4.6.17', VALID, deep(1, 'self', None, 'self'), ONE_CA)
# 4.7 key usage
t('4.7.1', INVALID, ext('issuing', 'ku', flags(6), True))
t('4.7.2', INVALID, ext('issuing', 'ku', flags(6)))
t('4.7.3', VALID, ext('issuing', 'ku', flags(5, 6)), 'RFC 5280 4.2.1.3, formats.md 2: critical')
t('4.7.4', INVALID, ext('issuing', 'ku', flags(5), True))
t('4.7.5', INVALID, ext('issuing', 'ku', flags(5)))
# 4.8 policies; the document's verdict for a user who asks for this profile's policy
P1, P2, ANY = ARC + '.3.1', ARC + '.3.2', '2.5.29.32.0'


def policies(ca, *end):
    return all_of(ext('issuing', 'policy', policy(*ca) if ca else None), ext('dac', 'policy', policy(*end) if end else None))


NOTICE = seq(seq(oid(P1), seq(seq(oid('1.3.6.1.5.5.7.2.2'), seq(utf8('q1'))))))
CPS = seq(seq(oid(P1), seq(seq(oid('1.3.6.1.5.5.7.2.1'), tlv(22, b'https://example/cps')))))
t('4.8.1', VALID, policies([P1], P1))
t('4.8.2', INVALID, policies([]))
t('4.8.3 4.8.4 4.8.7', INVALID, policies([P1], P2))
t('4.8.5 4.8.8 4.8.9 4.8.12', INVALID, policies([P2], P1))
t('4.8.6', VALID, policies([P1, P2], P1), ONE_POLICY)
t('4.8.10 4.8.13', VALID, policies([P1, P2], P1, P2), ONE_POLICY)
t('4.8.11', VALID, policies([ANY], ANY), ONE_POLICY)
t('4.8.14', VALID, policies([ANY], P1), ONE_POLICY)
t('4.8.15 4.8.16 4.8.17 4.8.18 4.8.19', VALID, ext('dac', 'policy', NOTICE), ONE_POLICY)
t('4.8.20', VALID, ext('dac', 'policy', CPS), ONE_POLICY)
# 4.9 to 4.12: constraints on policies, in the CA's certificate; what the end entity says decides
EXPLICIT = lambda n: ext('issuing', 'policyconstraints', seq(ctx(0, n.to_bytes(1, 'big'), primitive=True)), True)
INHIBIT = lambda n: ext('issuing', 'policyconstraints', seq(ctx(1, n.to_bytes(1, 'big'), primitive=True)), True)
MAPPED = ext('issuing', 'mappings', seq(seq(oid(P1), oid(P2))))
t('4.9.1 4.9.2 4.9.4 4.9.6', VALID, EXPLICIT(0), NO_EXT)
t('4.9.3 4.9.5 4.9.7 4.9.8', INVALID, all_of(EXPLICIT(0), ext('dac', 'policy', None)))
t('4.10.1 4.10.3 4.10.5 4.10.6 4.10.9 4.10.11 4.10.12 4.10.13 4.10.14', VALID, all_of(MAPPED, ext('dac', 'policy', policy(P2))), ONE_POLICY)
t('4.10.2 4.10.4 4.10.10', INVALID, all_of(MAPPED, ext('dac', 'policy', policy(ARC + '.3.3'))))
t('4.10.7', INVALID, ext('issuing', 'mappings', seq(seq(oid(ANY), oid(P1)))))
t('4.10.8', INVALID, ext('issuing', 'mappings', seq(seq(oid(P1), oid(ANY)))))
t('4.11.2 4.11.4 4.11.7', VALID, INHIBIT(0), NO_EXT)
t('4.11.1 4.11.3 4.11.5 4.11.6 4.11.8 4.11.9 4.11.10 4.11.11', INVALID, all_of(INHIBIT(0), MAPPED, ext('dac', 'policy', policy(P2))))
NO_ANY = ext('issuing', 'anypolicy', integer(0), True)
t('4.12.2 4.12.3 4.12.7 4.12.9', VALID, NO_ANY, NO_EXT)
t('4.12.1 4.12.4 4.12.5 4.12.6 4.12.8 4.12.10', INVALID, all_of(NO_ANY, ext('dac', 'policy', policy(ANY))))
# 4.13 name constraints
WITHIN = ctx(4, name(('C', 'CN')))
APART = ctx(4, name(('C', 'US')))


def names(permitted=None, excluded=None, alt=None):
    value = seq(ctx(0, seq(permitted)) if permitted else b'', ctx(1, seq(excluded)) if excluded else b'')
    return all_of(ext('issuing', 'names', value, True), ext('dac', 'san', seq(alt)) if alt else nothing)


mail, host = lambda text: tlv(0x81, text.encode()), lambda text: tlv(0x82, text.encode())
t('4.13.1 4.13.4 4.13.5 4.13.6 4.13.11 4.13.14 4.13.19 4.13.27', VALID, names(permitted=WITHIN), NO_EXT)
t('4.13.18', VALID, names(excluded=APART), NO_EXT)
t('4.13.2 4.13.3 4.13.10 4.13.12 4.13.13 4.13.20 4.13.28 4.13.29', INVALID, names(permitted=APART))
t('4.13.7 4.13.8 4.13.9 4.13.15 4.13.16 4.13.17', INVALID, names(excluded=WITHIN))
for numbers, valid, form, inside, outside in (('4.13.21 4.13.23', VALID, mail, 'test.example', 'a@test.example'), ('4.13.30', VALID, host, 'test.example', 'a.test.example'),
                                              ('4.13.34', VALID, uri, '.test.example', 'http://a.test.example/x'), ('4.13.22 4.13.24', INVALID, mail, 'test.example', 'a@other.example'),
                                              ('4.13.31 4.13.38', INVALID, host, 'test.example', 'mytest.example'), ('4.13.35', INVALID, uri, '.test.example', 'http://other.example/x')):
    t(numbers, valid, names(permitted=form(inside), alt=form(outside)), NO_EXT if valid else None)
for numbers, valid, form, excluded, alt in (('4.13.25', VALID, mail, 'other.example', 'a@test.example'), ('4.13.32', VALID, host, 'other.example', 'a.test.example'),
                                            ('4.13.36', VALID, uri, 'other.example', 'http://test.example/x'), ('4.13.26', INVALID, mail, 'test.example', 'a@test.example'),
                                            ('4.13.33', INVALID, host, 'test.example', 'a.test.example'), ('4.13.37', INVALID, uri, 'test.example', 'http://test.example/x')):
    t(numbers, valid, names(excluded=form(excluded), alt=form(alt)), NO_EXT if valid else None)
# 4.14 distribution points
RELATIVE = ctx(0, ctx(1, seq(oid(NAMES['CN']), utf8('CRL1'))))
RELATIVE_2 = ctx(0, ctx(1, seq(oid(NAMES['CN']), utf8('CRL2'))))
HERE = point(BASE + '/crl/1.crl')


def flag(n):
    return tlv(0x80 + n, b'\xff')


def reasons(*on):
    return ctx(3, flags(*on)[2:], primitive=True)


def idp(*parts, crl='shard'):
    return ext(crl, 'idp', seq(*parts), True)


def dp(*parts):
    return ext('dac', 'crldp', seq(seq(*parts)))


t('4.14.1', VALID, nothing)
t('4.14.2', INVALID, revoked())
t('4.14.3', INVALID, idp(point(BASE + '/crl/2.crl')))
t('4.14.4', VALID, dp(RELATIVE), ONE_URI)
t('4.14.5', VALID, all_of(dp(RELATIVE), idp(RELATIVE)), ONE_URI)
t('4.14.6', INVALID, all_of(dp(RELATIVE), idp(RELATIVE), revoked()))
t('4.14.7', VALID, idp(RELATIVE), ONE_URI)
t('4.14.8', INVALID, idp(RELATIVE_2))
t('4.14.9', INVALID, all_of(ext('dac', 'crldp', None), idp(RELATIVE)))
t('4.14.10', VALID, ext('shard', 'idp', None), 'formats.md 6: a critical issuingDistributionPoint in every CRL')
t('4.14.11', INVALID, idp(point(BASE + '/crl/root.crl'), flag(1), crl='root_crl'))
t('4.14.12', INVALID, idp(HERE, flag(2)))
t('4.14.13', VALID, idp(point(BASE + '/crl/root.crl'), flag(2), crl='root_crl'), FULL_CRL)
t('4.14.14', INVALID, idp(HERE, flag(5)))

def by_reason(one=(1, 2), other=(3, 4, 5, 6), revoke=None, second_point=False):
    """two CRLs, each for some reasons (at two addresses, where there is a second point)"""
    def both(w):
        there = BASE + '/crl/2.crl' if second_point else BASE + '/crl/1.crl'
        more = Crl(w.issuing, there, 8, NOW - 60, NOW + DAY)
        w.shard.ext['idp'], more.ext['idp'] = (True, seq(HERE, reasons(*one))), (True, seq(point(there), reasons(*other)))
        if second_point:
            w.dac.ext['crldp'] = (False, seq(seq(HERE, ctx(1, flags(*one)[2:], primitive=True)), seq(point(there), ctx(1, flags(*other)[2:], primitive=True))))
        if revoke:
            (w.shard if revoke in one else more).revoke(w.dac, revoke)
        w.more['crl/2.crl'] = more.der()
    return both


t('4.14.15', INVALID, by_reason(revoke=1))
t('4.14.16', INVALID, by_reason(revoke=6))
t('4.14.17', INVALID, by_reason((3, 4), (5, 6)))
t('4.14.18', VALID, by_reason(), FULL_CRL)
t('4.14.19', VALID, by_reason(second_point=True), ONE_URI)
t('4.14.20', INVALID, by_reason(revoke=1, second_point=True))
t('4.14.21', INVALID, by_reason(revoke=3, second_point=True))


def indirect(listed=None, entry=None, idp=(HERE, flag(4)), own=False, nobody=False):
    """the end entity names another CRL issuer: the root, which the path certifies.  listed: the end
    entity's number is there, entry: its certificateIssuer; own: the issuing CA's own CRL is an
    indirect one; nobody: the CRL issuer that is named does not exist"""
    def change(w):
        if not own:
            who = subject(('CN', 'nobody')) if nobody else w.root.subject
            w.dac.ext['crldp'] = (False, seq(seq(HERE, ctx(2, ctx(4, who)))))
            w.shard.issuer = w.root
        w.shard.ext['idp'] = (True, seq(*idp))
        if listed:
            w.shard.revoke(w.dac)
        if entry:
            w.shard.entry_ext = extension('entryissuer', True, seq(ctx(4, entry(w))))
    return change


issuer_of, crl_issuer = (lambda w: w.issuing.subject), (lambda w: w.root.subject)
t('4.14.22', VALID, indirect(own=True), FULL_CRL)
t('4.14.23', INVALID, indirect(own=True, listed=True))
t('4.14.24 4.14.28 4.14.29 4.14.30', VALID, indirect(), FULL_CRL)
t('4.14.25 4.14.33', VALID, indirect(listed=True, entry=crl_issuer), FULL_CRL)
t('4.14.26', INVALID, indirect(nobody=True))
t('4.14.27', INVALID, all_of(indirect(), ext('shard', 'idp', None)))
t('4.14.31 4.14.32', INVALID, indirect(listed=True, entry=issuer_of))
t('4.14.34', INVALID, indirect(own=True, listed=True, entry=issuer_of))
t('4.14.35', INVALID, lambda w: w.dac.ext.update(crldp=(False, seq(seq(HERE, ctx(2, ctx(4, subject(('CN', 'nobody')))))))))


# 4.15 delta CRLs; by the document itself only the first concerns who does not process them
def delta(base=True, in_base=False, in_delta=False, reason=4, end=None):
    def change(w):
        d = Crl(w.issuing, BASE + '/crl/1.crl', 8, NOW - 60, NOW + DAY)
        d.ext['delta'] = (True, integer(7))
        if in_base:
            w.shard.revoke(w.dac, 6 if reason == 8 else reason)
        if in_delta:
            d.revoke(w.dac, reason)
        w.more['crl/2.crl'] = d.der()
        if not base:
            w.more['crl/1.crl'] = None
        w.shard.until = end or w.shard.until
        return d.der() if in_delta and not in_base and reason != 8 else None
    return change


t('4.15.1', INVALID, delta(base=False))
t('4.15.2 4.15.8', VALID, delta())
t('4.15.3', INVALID, delta(in_base=True))
t('4.15.4', INVALID, delta(in_delta=True))  # the delta itself is judged: such a list is never a good one
t('4.15.5', VALID, delta(in_base=True, in_delta=True, reason=8), 'standards.md: no delta CRLs; a hold ends in the next full one')
t('4.15.6 4.15.9', INVALID, delta(in_base=True, in_delta=True))
t('4.15.7', VALID, delta(in_delta=True, reason=8))
t('4.15.10', INVALID, delta(end=NOW - 1))
# 4.16 private extensions
t('4.16.1', VALID, ext('dac', MADE_UP, NULL), NO_EXT)
t('4.16.2', INVALID, ext('dac', MADE_UP, NULL, True))


# a part of the reason that is true of these tests
CHAIN, LOST = 'issuer is no CA of this trust', "signer can't be trusted"  # of the status list: the CRL is its signer's, too
REASONS = (
    ('4.1.2', "signature does not verify under the root's key"), ('4.1.3', 'signature does not verify'), ('4.1.[46]', 'neither ECDSA with SHA-256 nor SM2 with SM3'), ('4.1.5', 'malformed DER'),
    ('4.2.[15]', 'the issuing CA is not valid at this time'), ('4.2.2', 'is not valid yet'), ('4.2.[67]', 'has expired'), ('4.2.3', 'not in the calendar'), ('4.2.4', 'GeneralizedTime'),
    ('4.3.6', 'malformed DER'), ('4.3.*', CHAIN),
    ('4.4.[13]', 'revoked|trusted'), ('4.4.2', 'is revoked'), ('4.4.4', "signature does not verify under its issuer's key"), ('4.4.5', "a CRL's issuer is no CA"), ('4.4.(6|11|12)', LOST),
    ('4.4.8', 'another extension than its reason'), ('4.4.(9|10)', 'extension is foreign'), ('4.4.1[45]', 'not positive'), ('4.4.18', 'is revoked'),
    ('4.4.(19|20|21)', "key usage is not keyCertSign and cRLSign"), ('4.5.[1235]', "only a root's key certifies CAs"), ('4.5.[4678]', 'key usage is not keyCertSign and cRLSign'),
    ('4.6.[123]', 'is no CA'), ('4.6.4', 'not critical'), ('4.6.8', 'may not be a CA'), ('4.6.*', "path length is not 0|only a root's key certifies CAs"),
    ('4.7.3', 'not critical'), ('4.7.*', 'key usage is not keyCertSign and cRLSign'), ('4.8.2', 'has no certificate policy'), ('4.8.*', 'policy'),
    ('4.(9|11|12|13).*', 'extension'), ('4.10.*', 'extension'),
    ('4.14.(2|23|31|32)', 'is revoked|one address|another extension'), ('4.14.3', LOST), ('4.14.[4-8]', 'malformed DER|revoked'), ('4.14.9', 'extension is missing'),
    ('4.14.10', 'lacks'), ('4.14.1[1-8]', 'more than its one address'), ('4.14.(19|20|21)', 'more than one CRL distribution point'), ('4.14.22', 'more than its one address'),
    ('4.14.34', 'another extension'), ('4.14.*', 'more than one CRL distribution point'),
    ('4.15.(1|10)', LOST), ('4.15.[369]', 'is revoked'), ('4.15.4', 'extension is foreign'), ('4.15.5', 'on hold'), ('4.16.*', 'second foreign one'))
COUNT = {1: 6, 2: 8, 3: 11, 4: 21, 5: 8, 6: 17, 7: 5, 8: 20, 9: 8, 10: 14, 11: 11, 12: 10, 13: 38, 14: 35, 15: 10, 16: 2}


def judge(row):
    n, valid, change, narrower = row
    w = World()
    credential = change(w)
    return row, Verdict(w.files(), credential if isinstance(credential, bytes) else w.dac.der(), '2026-11-18T11:06:40Z')


def reason(n, v):
    """that is true, in both languages, of a check or of a trust folder that is refused"""
    want = next(text for pattern, text in REASONS if re.fullmatch(pattern.replace('.', '[.]').replace('*', '.*'), n))
    if not re.search(want, ' '.join(c['text']['en'] for c in v.wrong) + v.err):
        return False
    if v.code == 3:
        return all(v.doc['error']['detail'].get(k) for k in ('en', 'zh')) and v.doc['verdict'] == 'indeterminate'
    return v.code == 1 and bool(v.wrong) and all(c['text']['en'] and c['text']['zh'] and c['clause'] for c in v.wrong)


check('the table has each test of sections 4.1 to 4.16 once', sorted(r[0] for r in rows) == sorted('4.%d.%d' % (s, k) for s, n in COUNT.items() for k in range(1, n + 1)))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for (n, valid, change, narrower), v in pool.map(judge, rows):
        if valid and narrower is None:
            check('PKITS %s is valid, and permits' % n, v.permits(), v)
        else:
            check('PKITS %s is %s, never permitted' % (n, 'valid, here narrower (%s)' % narrower if valid else 'invalid'), not v.permits() and reason(n, v), v)
finish()
