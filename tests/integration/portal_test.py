"""The officers' pages over HTTP with a cookie: sign in, lists, an act, the inbox, CSRF;
the public page; both languages; what is not signed in sees nothing."""
import http.cookiejar, re, urllib.parse
from lib import *

h = Home()


def browser():
    o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    o.addheaders = [('Accept', 'text/html')]
    return o


def get(o, path, form=None):
    try:
        r = o.open('http://127.0.0.1:%d%s' % (h.p, path), None if form is None else urllib.parse.urlencode(form).encode(), timeout=300)
        return r.status, r.url, r.read().decode(), r.headers
    except urllib.error.HTTPError as e:
        return e.code, e.url, e.read().decode(), e.headers


def sign_in(name):
    o = browser()
    l = h.login(name)
    return o, get(o, '/login', {'login': name, 'password': l['password'], 'totp': h.code(name)})


def revoke(csrf=None, **more):
    """the form on the certificate's page, with a key of its own"""
    form = {'number': 'DAC-420000-202604-000001-2', 'reason': 'privilegeWithdrawn', 'note': '登记有误', 'once': os.urandom(11).hex(), 'back': show}
    return dict(form if csrf is None else dict(form, csrf=csrf), **more)


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    nobody = browser()
    for path in ('/inbox', '/list/certificate', '/show/certificate/DAC-420000-202604-000001-2'):
        check('%s sends a stranger to sign in' % path, get(nobody, path)[1].endswith('/login'))
    code, url, page, head = get(nobody, '/login', {'login': 'hb-fin1', 'password': '<script>x</script>', 'totp': '1'})
    check('a wrong sign-in is 401 and echoes nothing', code == 401 and '<script>' not in page, code)
    one, (code, url, page, head) = sign_in('hb-fin1')
    check('signing in leads to the home page', code == 200 and urllib.parse.urlsplit(url).path == '/' and '首页' in page and '我的待办' in page, url)
    check('a page loads nothing from elsewhere and has no script of its own', "default-src 'none'" in head['Content-Security-Policy'] and head['X-Frame-Options'] == 'DENY' and
          re.findall('<script[^>]*>', page) == ['<script src="/portal.js" defer>'] and not re.search(' (?:src|href)="(?:[a-z]+:)?//', page), re.findall('<script[^>]*>', page))
    check('pages speak words, dates are of +08:00', '有效' in get(one, '/list/certificate')[2] and '2029-03-15 23:59:59 +08:00' in get(one, '/show/certificate/DAC-100000-202603-000001-F')[2])
    for noun, some in (('asset', 'SL-2026-0001'), ('certificate', 'DAC-100000-202603-000001-F'), ('authorisation', 'DAU-100000-202603-000001-K'), ('token', 'LT-')):
        check('the list of %s shows them' % noun, some in get(one, '/list/' + noun)[2])
    show = '/show/certificate/DAC-420000-202604-000001-2'
    act = '/do/certificate/revoke'
    csrf = re.search('name="csrf" value="([^"]+)"', get(one, show)[2]).group(1)
    check('an act without the form\'s token is refused', get(one, act, revoke())[0] == 403)
    check('an act with another\'s token is refused', get(one, act, revoke('A' * 43))[0] == 403)
    page = get(one, act + '?number=DAC-420000-202604-000001-2')[2]
    check('the page of a revocation asks for a reason in words, beside the one that is chosen', re.search('<select name="reason"[^>]* required', page) and
          re.search('<textarea class="prose" name="note" id="f0-note" required autofocus maxlength="400">', page) and page.count('name="once"') == 1 and 'value="draft"' not in page, page[-1500:])
    for note in ('', '  '):
        code, url, page, head = get(one, act, revoke(csrf, note=note))
        check('which it does not do without', code == 422 and 'aria-invalid' in page and 'href="#f0-note"' in page and '有效' in get(one, show)[2], (code, page[-900:]))
    code, url, page, head = get(one, act, revoke(csrf))
    check('a revocation suspends at once, and waits for a second officer', '/done/' in url and '已即时暂停' in page and '自现在起不予认可' in page)
    waits = re.search('/approvals/(AP-[0-9a-z]+)', page).group(1)
    check('its applicant is not offered to decide', '待他人审批' in get(one, '/approvals/' + waits)[2] and '/approve"' not in get(one, '/approvals/' + waits)[2])
    two, (code, url, page, head) = sign_in('hb-fin2')
    check('the home page of a second officer leads to what waits for him', 'href="/approvals/' + waits in get(two, '/')[2])
    check('it stands in the second officer\'s inbox', '/approvals/' + waits in get(two, '/inbox')[2])
    page = get(two, '/approvals/' + waits)[2]
    ap = re.search('action="/approvals/(AP-[0-9a-z]+)/approve"', page)
    check('a second officer is offered to approve', ap is not None and ap.group(1) == waits)
    csrf2 = re.search('name="csrf" value="([^"]+)"', page).group(1)
    get(two, '/approvals/%s/approve' % ap.group(1), {'csrf': csrf2})
    check('and the certificate is withdrawn', '已撤销' in get(two, show)[2])
    code, url, page, head = get(two, act, revoke(csrf2))
    check('revoking again is refused with its rule, on a page', code == 409 and 'R23' in page, (code, page[-400:]))
    seller, _ = sign_in('jc1')
    links = re.findall('href="(/do/token/(?:issue|bulk)[^"]*)"', get(seller, '/show/product/DAU-100000-202603-000001-K/P-POWER')[2])
    check('the seller issues licenses from its product\'s page, one or many', len(links) == 2, links)
    for link in links:
        page = get(seller, link)[2]
        check('with the product filled in', all(re.search('name="%s"[^>]*value="%s"' % (k, v), page) for k, v in (('request.product.id', 'P-POWER'), ('request.product.version', '1.0'), ('request.certificate', 'DAC-100000-202603-000001-F'))), link)
    named = next(t for t in h.demo['tokens'] if 'audience' in t['use'])
    jc = sign_in('jc1')[0]
    page = get(jc, '/show/token/' + named['id'])[2]
    check('a license bound by name says for which service address it is checked', '适用服务地址（audience）' in page and named['use']['audience'] in page, page[:300])
    token = h.api('GET', '/api/v1/token/' + named['id'], None, h.session('jc1'))[1]
    check('so does its product', named['use']['audience'] in get(jc, '/show/product/%s%%2F%s' % (token['authorisation'], token['product']))[2], token)
    page = get(jc, '/do/find/search?run=1&q=' + urllib.parse.quote('水文'))[2]
    check('what a search finds leads to its page by its name, its kind in words', re.search('<a href="/show/asset/HB-2026-0001"><bdi>[^<]*水', page) and '>台账条目<' in page and 'href="/show/organisation/12420000DEMA00099D"' in page, page[:300])
    page = get(sign_in('hbsw1')[0], '/do/price/record?authorisation=DAU-420000-202611-000001-T')[2]
    check('a price file begins with the caps of the one that it replaces, which is named', '现行核定价格文件' in page and re.search('name="caps.0.product"[^>]*value="P-REPORT"', page) and 'href="/show/price/PC-' in page, page[:200])
    today = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))
    Officers(h).two('hb-fin1', 'hb-fin2', 'user.deputise', login='hb-fin1', deputy='hb-fin3', **{'from': today, 'to': today})
    three, _ = sign_in('hb-fin3')
    form = '/do/certificate/suspend'
    page = get(three, form)[2]
    check('a deputy is asked for whom he acts, nobody else is', '办理身份' in page and '<option value="hb-fin1">' in page and '办理身份' not in get(two, form)[2])
    csrf3 = re.search('name="csrf" value="([^"]+)"', page).group(1)
    page = get(three, form, {'csrf': csrf3, 'once': os.urandom(11).hex(), 'number': 'DAC-420000-202699-000001-2', 'reason': 'x', 'behalf': 'hb-fin1'})[2]
    check('a refused form still says for whom', '<option value="hb-fin1" selected>' in page, page[-600:])
    dac = next(r['number'] for r in h.api('GET', '/api/v1/certificate?state=ACTIVE', None, h.session('hb-fin1'))[1]['items'] if r['number'].startswith('DAC-42'))
    get(three, form, {'csrf': csrf3, 'once': os.urandom(11).hex(), 'number': dac, 'reason': 'x', 'behalf': 'hb-fin1'})
    last = h.cli('event', 'list', '--object', dac)[1]['items'][-1]
    check('what he does is on record as his, on behalf of the principal', last['kind'] == 'certificate.suspended' and last['actor'] == 'hb-fin3' and last['body'].get('behalf') == 'hb-fin1', last)
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    text = open(os.path.join(h.d, tok['file'])).read()
    page = get(nobody, '/verify', {'credential': text, 'use': ','.join(k + '=' + v for k, v in tok['use'].items())})[2]
    check('the public page permits a pasted token', 'verdict permit' in page)
    check('and denies the withdrawn certificate by its number', 'verdict deny' in get(nobody, '/verify', {'credential': 'DAC-420000-202604-000001-2', 'use': ''})[2])
    check('English stays once chosen', 'Check a data asset credential' in get(nobody, '/verify?lang=en')[2] and 'Check a data asset credential' in get(nobody, '/verify')[2])
    get(two, '/logout', {'csrf': csrf2})
    check('after signing out the session is gone', get(two, '/inbox')[1].endswith('/login'))
finally:
    h.stop()
    h.close()
finish()
