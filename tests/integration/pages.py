"""What every answer of the portal has to be, read more strictly than any browser does: pages
whose every tag, attribute and reference is spelled out, and the headers of each answer.

Nothing is guessed or repaired: a '<' that begins no tag, an attribute without quotes, a tag that
is not closed, an element or an address that no page of ours has are faults.  So whatever text
came in from outside can't have become markup, or the page does not parse."""
import html, re, urllib.parse

VOID = set('area base br col embed hr img input link meta source track wbr'.split())
# what our pages are made of; an element that is not here would have to be put here by hand
ELEMENTS = VOID | set('''html head title body header nav main footer section article aside div span p a ul ol li dl dt dd h1 h2 h3 h4
	table caption thead tbody tfoot tr th td colgroup form label input select optgroup option textarea button fieldset legend output progress meter datalist
	details summary dialog template figure figcaption blockquote pre code kbd samp var b strong em i small mark time bdi bdo abbr sub sup ins del s q cite data video canvas noscript script
	svg g path rect circle line polyline polygon text tspan title desc defs symbol use'''.split())
NEVER = {'embed', 'base', 'area'}
ADDRESSES = {'href', 'src', 'action', 'formaction', 'poster', 'data', 'srcset', 'cite', 'background', 'xlink:href', 'ping', 'manifest'}
TAG = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:_-]*(?:="[^"<>]*")?)*)\s*(/?)>')
ATTRIBUTE = re.compile(r'\s+([a-zA-Z][a-zA-Z0-9:_-]*)(?:="([^"<>]*)")?')
REFERENCE = re.compile(r'&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp|middot|times|rarr|larr|ensp|emsp|hellip|ndash|mdash);')


class Fault(Exception):
    pass


class Element:
    def __init__(self, name, attributes, inside):
        self.name, self.at, self.inside, self.texts = name, attributes, inside, []

    def within(self, name):
        e = self.inside
        while e is not None and e.name != name:
            e = e.inside
        return e

    def text(self):
        return ''.join(t if isinstance(t, str) else t.text() for t in self.texts)


def plain(text, where):
    """a text or value as a reader sees it"""
    rest = REFERENCE.sub('', text)
    if '&' in rest:
        raise Fault('a bare & in %s: %r' % (where, rest[max(0, rest.index('&') - 20):][:60]))
    if re.search('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]', text):
        raise Fault('a character that acts or can\'t be seen in %s: %r' % (where, text[:60]))
    return html.unescape(text)


def attributes(text, name):
    out = {}
    for m in ATTRIBUTE.finditer(text):
        key = m.group(1)
        if key.lower() in out:
            raise Fault('%s stands twice in <%s>' % (key, name))
        if key.lower().startswith('on') or key.lower() in ('style', 'srcdoc'):
            raise Fault('<%s %s>' % (name, key))
        out[key.lower()] = plain(m.group(2) or '', key)
    return out


def judge_address(e, key, value):
    """ours, or of the web; nothing that runs"""
    if re.search('[\x00-\x20\x7f\\\\]', value.strip()):
        raise Fault('an address with blanks, controls or \\: %r' % value[:80])
    scheme = urllib.parse.urlsplit(value).scheme
    if value.startswith('//') or scheme not in ('', 'http', 'https', 'mailto', 'tel'):
        raise Fault('<%s %s=%r>' % (e.name, key, value[:80]))
    if scheme and e.name != 'a':
        raise Fault('<%s> loads from elsewhere: %r' % (e.name, value[:80]))
    if e.name == 'a' and scheme in ('http', 'https') and 'noreferrer' not in e.at.get('rel', 'noreferrer'):
        raise Fault('a link to elsewhere that tells where from')


class Page:
    """elements in order; raises Fault where it is not well-formed or not ours"""

    def __init__(self, text):
        self.source, self.elements, stack, at = text, [], [], 0
        if not text.lower().startswith('<!doctype html>'):
            raise Fault('no doctype')
        at = len('<!doctype html>')
        while at < len(text):
            if text[at] != '<':
                end = text.find('<', at)
                end = len(text) if end < 0 else end
                self.put_text(stack, text[at:end])
                at = end
                continue
            m = TAG.match(text, at)
            if m is None:
                raise Fault('no tag: %r' % text[at:at + 80])
            at = m.end()
            self.tag(stack, *m.groups())
        if stack:
            raise Fault('<%s> is not closed' % stack[-1].name)
        self.judge()

    def put_text(self, stack, raw):
        if stack:
            stack[-1].texts.append(plain(raw, '<%s>' % stack[-1].name))
        elif raw.strip():
            raise Fault('text outside: %r' % raw[:60])

    def tag(self, stack, close, name, rest, slash):
        name = name if stack and stack[-1].name in ('svg', 'g') else name.lower()
        if name.lower() not in ELEMENTS or name in NEVER:
            raise Fault('<%s>' % name)
        if close:
            if rest or not stack or stack[-1].name != name:
                raise Fault('</%s> closes %s' % (name, '<%s>' % stack[-1].name if stack else 'nothing'))
            stack.pop()
            return
        e = Element(name, attributes(rest, name), stack[-1] if stack else None)
        self.elements.append(e)
        if stack:
            stack[-1].texts.append(e)
        if name not in VOID and not (slash and e.within('svg')):
            stack.append(e)

    def judge(self):
        ids = [e.at['id'] for e in self.elements if 'id' in e.at]
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            raise Fault('ids stand twice: %s' % sorted(twice)[:3])
        for e in self.elements:
            for key in ADDRESSES & set(e.at):
                judge_address(e, key, e.at[key])
            if e.name == 'script' and (not e.at.get('src') or e.text().strip()):
                raise Fault('a script in the page')
            if e.name == 'meta' and e.at.get('http-equiv'):
                raise Fault('<meta http-equiv>')
            if e.name == 'input' and 'autofocus' not in e.at and e.at.get('type') == 'image':
                raise Fault('<input type=image>')

    def all(self, name):
        return [e for e in self.elements if e.name == name]

    def links(self):
        return [e.at['href'] for e in self.elements if e.name == 'a' and 'href' in e.at]

    def forms(self):
        """(method, action, fields {name: [values]}, elements)"""
        out = []
        for f in self.all('form'):
            inside = [e for e in self.elements if e.name in ('input', 'select', 'textarea', 'button') and e.within('form') is f]
            fields = {}
            for e in inside:
                if e.at.get('name') and e.name != 'button':
                    fields.setdefault(e.at['name'], []).append(e.at.get('value', ''))
            out.append((f.at.get('method', 'get').lower(), f.at.get('action', ''), fields, inside))
        return out

    def text(self):
        return ''.join(e.text() for e in self.elements if e.inside is None)


# --- headers ---

# an answer has no others: one that somebody slipped in would be seen
KNOWN = set('''date connection content-length content-type content-language content-disposition content-security-policy x-content-type-options x-frame-options referrer-policy
	permissions-policy cross-origin-opener-policy cross-origin-resource-policy cross-origin-embedder-policy strict-transport-security cache-control vary etag last-modified location set-cookie allow
	www-authenticate retry-after access-control-allow-origin x-robots-tag server-timing clear-site-data link refresh'''.split())
POLICY = {'default-src': {"'self'", "'none'"}, 'script-src': {"'self'", "'none'"}, 'style-src': {"'self'", "'none'"}, 'img-src': {"'self'", "'none'", 'data:', 'blob:'},
          'font-src': {"'self'", "'none'"}, 'connect-src': {"'self'", "'none'"}, 'media-src': {"'self'", "'none'", 'blob:', 'mediastream:'}, 'frame-ancestors': {"'none'"},
          'base-uri': {"'none'"}, 'form-action': {"'self'", "'none'"}, 'object-src': {"'none'"}, 'frame-src': {"'none'"}, 'worker-src': {"'self'", "'none'"}, 'manifest-src': {"'self'", "'none'"},
          'sandbox': set(), 'require-trusted-types-for': {"'script'"}, 'trusted-types': {"'none'"}}


def policy_faults(text):
    got = {}
    for part in filter(None, (p.strip() for p in text.split(';'))):
        name, *values = part.split()
        if name in got:
            yield 'CSP says %s twice' % name
        got[name] = set(values)
        if name not in POLICY or not set(values) <= POLICY[name]:
            yield 'CSP: ' + part
    for name in ('default-src', 'frame-ancestors', 'base-uri', 'form-action'):
        if name not in got and "'none'" not in got.get('sandbox', set()):
            yield 'CSP lacks ' + name
    if 'object-src' not in got and got.get('default-src') != {"'none'"}:
        yield 'CSP lacks object-src'


def cookie_faults(text, tls, session):
    name, *flags = [p.strip() for p in text.split(';')]
    key = name.split('=')[0]
    low = {f.split('=')[0].lower(): f for f in flags}
    if 'domain' in low:
        yield 'a cookie for a domain'
    if low.get('path') != 'Path=/' or low.get('samesite', '').lower() not in ('samesite=strict', 'samesite=lax'):
        yield 'cookie %s: %s' % (key, text[:120])
    if tls and 'secure' not in low:
        yield 'cookie %s without Secure' % key
    if 'httponly' not in low:
        yield 'cookie %s without HttpOnly' % key
    if key == session and (low.get('samesite', '').lower() != 'samesite=strict' or ('max-age' in low and low['max-age'] != 'Max-Age=0')):
        yield 'session cookie %s: %s' % (key, ';'.join(flags))


def header_faults(status, headers, public=False, tls=False, signed_in=False):
    """public: an answer that may be kept; headers: an email.message.Message"""
    names = [k.lower() for k in headers.keys()]
    for n in set(names):
        if n not in KNOWN:
            yield 'header %s' % n
        if names.count(n) > 1 and n != 'set-cookie':
            yield 'header %s stands twice' % n
    want = {'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY'}
    for n, v in want.items():
        if headers.get(n) != v:
            yield '%s is %s' % (n, headers.get(n))
    if headers.get('referrer-policy') not in ('no-referrer', 'same-origin'):
        yield 'referrer-policy is %s' % headers.get('referrer-policy')
    if not headers.get('refresh', '2').isdigit(): # to itself only
        yield 'refresh is %s' % headers.get('refresh')
    yield from policy_faults(headers.get('content-security-policy', ''))
    if headers.get('cross-origin-opener-policy') != 'same-origin' or not (headers.get('access-control-allow-origin') or headers.get('cross-origin-resource-policy') == 'same-origin'):
        yield 'another origin may open or embed it'
    if tls and not re.fullmatch(r'max-age=(\d{8,})(; includeSubDomains)?', headers.get('strict-transport-security', '')):
        yield 'strict-transport-security is %s' % headers.get('strict-transport-security')
    cache = headers.get('cache-control', '')
    if signed_in and not public and 'no-store' not in cache:
        yield 'kept by caches: %r' % cache
    if not signed_in and not cache:
        yield 'no cache-control'
    if status not in (204, 304) and 'content-type' not in names:
        yield 'no content-type'
    if 'html' in headers.get('content-type', '') and 'charset=utf-8' not in headers.get('content-type', '').lower():
        yield 'a page without charset'
    if status == 405 and not headers.get('allow'):
        yield '405 without Allow'
    if status in (301, 302, 303, 307, 308) and not re.match(r'^/(?!/)', headers.get('location', '')):
        yield 'leads to %r' % headers.get('location')
    for c in headers.get_all('set-cookie') or []:
        yield from cookie_faults(c, tls, '__Host-fujie' if tls else 'fujie')
