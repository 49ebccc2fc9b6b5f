"""What an attack on signed reports, returns and what the register tells found, kept as tests.
Organisations, amounts and registers are invented."""
from lib import *

WATER = '12420000DEMA00099D'


def lost_certificate(h, o):
    """the register says of a token what a verifier says of it, when its asset lost its certificate"""
    judged = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    payload = open(os.path.join(h.d, judged['file'])).read().split('.')[1]
    jti = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))['jti']
    shown = lambda: o.done('auditor', 'token.show', id=jti)
    token = shown()
    check('a token that may be used is shown so', token['usable'] is True and h.verdict_service(judged) == 'permit', token)
    cert = o.done('auditor', 'asset.show', asset=token['asset_no'])['certificate']
    asked = o.done('mof1', 'certificate.revoke', number=cert, reason='keyCompromise', note='示例')
    o.done('mof2', 'approval.approve', id=asked['approval'])
    told = shown()
    check('one whose asset lost its certificate is denied', h.verdict_service(judged) == 'deny')
    check('and not shown as one that may be used', told['usable'] is False and [s['number'] for s in told['stopped_by']] == [cert], told)
    asked = o.done('mof1', 'certificate.issue', assets=[token['asset_no']], years=1)
    again = o.done('mof2', 'approval.approve', id=asked['approval'])['certificates'][0]
    told = shown()
    check('nor after the asset was certified anew: tokens from before stay denied', again != cert and h.verdict_service(judged) == 'deny' and told['usable'] is False and
          told['stopped_by'] == [{'number': cert, 'state': 'REVOKED'}], told)


def materials_told(o):
    """a material is read by few, and the log tells it to no more (decision 184)"""
    filed = o.done('hbsw1', 'material.add', kind='OTHER', name='未公开的证明材料（示例）', file='x')['id']
    refused('a stranger does not read a material', o.do('jc1', 'material.show', id=filed), 'domain.md 6')
    body = lambda who: o.done(who, 'event.list', object=filed)['items'][0]['body']
    past = lambda who: o.done(who, 'find.history', object=filed)['items'][0]['body']
    check('nor does the log tell him its name and hash', body('jc1') is None and past('jc1') is None, body('jc1'))
    check('the holder and an auditor have it from there', all(f(who)['holder'] == WATER for f in (body, past) for who in ('hbsw1', 'auditor')))


h = Home()
try:
    h.serve()
    o = Officers(h)
    materials_told(o)
    lost_certificate(h, o)
    rebuilt(h, 'the tables are what the events say')
finally:
    h.close()
finish()
