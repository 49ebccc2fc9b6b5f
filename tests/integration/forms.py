"""A browser without a script: pages, their forms as a person fills them in, and the buttons of these."""
import html.parser, http.cookiejar, urllib.parse
from lib import *


class Form:
    def __init__(self, attrs):
        self.action, self.method, self.enctype = attrs.get('action', ''), attrs.get('method', 'get'), attrs.get('enctype', '')
        self.fields = []   # [name, value] as the browser would send them
        self.kinds = {}    # name: type
        self.options = {}  # name: {label: value}
        self.boxes = {}    # name: {label: value}
        self.buttons = []  # (label, name, value)
        self.invalid = []  # names of inputs that say so

    def get(self, name):
        return next((v for k, v in self.fields if k == name), None)

    def set(self, name, value):
        if name not in self.kinds:
            raise KeyError('no input %s in %s: %s' % (name, self.action, sorted(self.kinds)))
        if name in self.boxes:
            for v in value:
                self.fields.append([name, self.boxes[name].get(v, v)])
            return
        if name in self.options:
            value = self.options[name].get(value, value)
            if value not in self.options[name].values() and self.kinds[name] != 'text': # one of a choice, or another, typed beside it
                raise KeyError('no choice %s of %s: %s' % (value, name, self.options[name]))
        self.fields = [f for f in self.fields if f[0] != name] + [[name, value]]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.forms, self.text, self.links = [], '', {}
        self.form = self.select = self.area = self.button = self.link = self.box = self.option = None
        self.feed(text)

    def handle_starttag(self, tag, at):
        a = {k: v if v is not None else '' for k, v in at}
        if tag == 'form':
            self.form = Form(a)
            self.forms.append(self.form)
        elif tag == 'a':
            self.link = [a.get('href', ''), '']
        elif self.form is None:
            return
        elif tag == 'input':
            kind, name = a.get('type', 'text'), a.get('name')
            if name is None:
                return
            if 'aria-invalid' in a:
                self.form.invalid.append(name)
            self.form.kinds[name] = kind
            if kind == 'checkbox':
                self.box = [name, a.get('value', 'on'), '', 'checked' in a]
            elif kind != 'file':
                self.form.fields.append([name, a.get('value', '')])
        elif tag == 'select':
            self.select = a['name']
            self.form.kinds[a['name']] = 'select'
            self.form.options[a['name']] = {}
            if 'aria-invalid' in a:
                self.form.invalid.append(a['name'])
        elif tag == 'option' and self.select:
            self.option = [a.get('value', ''), '', 'selected' in a]
        elif tag == 'textarea':
            self.area = [a['name'], '']
            if 'aria-invalid' in a:
                self.form.invalid.append(a['name'])
            self.form.kinds[a['name']] = self.form.kinds.get(a['name'], 'textarea')
        elif tag == 'button':
            self.button = [a.get('name'), a.get('value'), '']

    def handle_endtag(self, tag):
        if tag == 'form':
            self.form = None
        elif tag == 'a' and self.link:
            self.links[self.link[1].strip()] = self.link[0]
            self.link = None
        elif tag == 'label' and self.box:
            name, value, label, on = self.box
            self.form.boxes.setdefault(name, {})[label.strip()] = value
            if on:
                self.form.fields.append([name, value])
            self.box = None
        elif tag == 'option' and self.option:
            self.form.options[self.select][self.option[1].strip()] = self.option[0]
            if self.option[2]:
                self.form.fields.append([self.select, self.option[0]])
            self.option = None
        elif tag == 'select':
            self.select = None
        elif tag == 'textarea' and self.area:
            self.form.fields.append(self.area)
            self.area = None
        elif tag == 'button' and self.button and self.form:
            self.form.buttons.append((self.button[2].strip(), self.button[0], self.button[1]))
            self.button = None

    def handle_data(self, data):
        self.text += data
        for what, i in ((self.link, 1), (self.box, 2), (self.option, 1), (self.area, 1), (self.button, 2)):
            if what is not None:
                what[i] += data


class Browser:
    """somebody who has signed in"""

    def __init__(self, home, name):
        self.h, self.name = home, name
        self.sign_in()

    def sign_in(self):
        self.o = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.o.addheaders = [('Accept', 'text/html'), ('Accept-Language', 'zh-CN')]
        l = self.h.login(self.name)
        self.open('/login', urllib.parse.urlencode({'login': self.name, 'password': l['password'], 'totp': self.h.code(self.name)}).encode())

    def open(self, path, data=None, kind=None):
        req = urllib.request.Request('http://127.0.0.1:%d%s' % (self.h.p, path), data)
        if kind:
            req.add_header('Content-Type', kind)
        try:
            r = self.o.open(req, timeout=300)
            self.status = r.status
        except urllib.error.HTTPError as e:
            r, self.status = e, e.code
        self.url, self.head, self.raw = urllib.parse.urlsplit(r.url), r.headers, r.read()
        self.html = self.raw.decode(errors='replace')
        self.page = Page(self.html)
        return self.page

    def at(self):
        return self.url.path + ('?' + self.url.query if self.url.query else '')

    def form(self, action):
        for f in self.page.forms:
            if f.action.split('?')[0] == action:
                return f
        raise KeyError('no form for %s on %s: %s' % (action, self.at(), [f.action for f in self.page.forms] or self.page.text[:300]))

    def press(self, form, label, files=None):
        b = next((b for b in form.buttons if b[0] == label), None)
        if b is None:
            raise KeyError('no button %s in %s: %s' % (label, form.action, [x[0] for x in form.buttons]))
        fields = [tuple(f) for f in form.fields] + ([(b[1], b[2])] if b[1] else [])
        if form.enctype:
            edge, body = 'b' + os.urandom(8).hex(), b''
            for k, v in fields:
                body += ('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (edge, k, v)).encode()
            for k, (name, data) in (files or {}).items():
                body += ('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: application/octet-stream\r\n\r\n' % (edge, k, name)).encode() + data + b'\r\n'
            return self.open(form.action, body + ('--%s--\r\n' % edge).encode(), 'multipart/form-data; boundary=' + edge)
        if form.method == 'get':
            return self.open(form.action + '?' + urllib.parse.urlencode(fields))
        return self.open(form.action, urllib.parse.urlencode(fields).encode(), 'application/x-www-form-urlencoded')
