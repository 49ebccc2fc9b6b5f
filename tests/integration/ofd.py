"""OFD (GB/T 33190-2016) read strictly, for tests: the package, what refers to what, ids, and the text
of its pages.  It knows no more of the format than our files use, and takes nothing that it does not know."""
import io, re, zipfile
import xml.etree.ElementTree as ET

NS = '{http://www.ofdspec.org/2016}'
# element: (attributes that it must have, that it may have)
KNOWN = {
    'OFD': ({'Version', 'DocType'}, set()), 'DocBody': (set(), set()), 'DocInfo': (set(), set()), 'CustomDatas': (set(), set()), 'CustomData': ({'Name'}, set()),
    'Document': (set(), set()), 'CommonData': (set(), set()), 'PageArea': (set(), set()), 'Pages': (set(), set()), 'Page': (set(), {'ID', 'BaseLoc'}),
    'Res': ({'BaseLoc'}, set()), 'ColorSpaces': (set(), set()), 'ColorSpace': ({'ID', 'Type'}, {'BitsPerComponent'}), 'Fonts': (set(), set()),
    'Font': ({'ID', 'FontName'}, {'FamilyName', 'Bold', 'Serif'}), 'DrawParams': (set(), set()), 'DrawParam': ({'ID'}, {'LineWidth'}), 'Area': (set(), set()), 'Content': (set(), set()),
    'Layer': ({'ID'}, {'Type'}), 'TextObject': ({'ID', 'Boundary', 'Font', 'Size'}, {'CTM', 'Weight'}), 'TextCode': ({'X', 'Y'}, {'DeltaX'}),
    'PathObject': ({'ID', 'Boundary'}, {'Stroke', 'Fill', 'LineWidth'}), 'FillColor': ({'Value', 'ColorSpace'}, set()), 'StrokeColor': ({'Value', 'ColorSpace'}, set()), 'AbbreviatedData': (set(), set()),
}
TEXT = {'DocID', 'Title', 'Author', 'Subject', 'CreationDate', 'Creator', 'DocRoot', 'MaxUnitID', 'PhysicalBox', 'PublicRes', 'DocumentRes', 'DefaultCS', 'CustomData', 'TextCode', 'AbbreviatedData'}
ORDER = {  # children of an element, in this order
    'DocBody': ['DocInfo', 'DocRoot'], 'DocInfo': ['DocID', 'Title', 'Author', 'Subject', 'CreationDate', 'Creator', 'CustomDatas'], 'Document': ['CommonData', 'Pages'],
    'CommonData': ['MaxUnitID', 'PageArea', 'PublicRes', 'DocumentRes', 'DefaultCS'], 'Page': ['Area', 'Content'], 'TextObject': ['FillColor', 'TextCode'],
}
NUMBER = r'-?\d+(?:\.\d+)?'


class Wrong(Exception):
    pass


def want(ok, what):
    if not ok:
        raise Wrong(what)


class Ofd:
    def __init__(self, data):
        z = zipfile.ZipFile(io.BytesIO(data))
        names = z.namelist()
        want(len(names) == len(set(n.lower() for n in names)), 'an entry stands twice')
        self.files = {n: z.read(n) for n in names}
        self.used, self.ids, self.fonts, self.spaces, self.text = {'OFD.xml'}, set(), {}, set(), []
        root = self.xml('OFD.xml', 'OFD')
        want(root.get('Version') == '1.0' and root.get('DocType') == 'OFD', 'version')
        body = root[0]
        info = body.find(NS + 'DocInfo')
        want(re.fullmatch('[0-9a-f]{32}', info.findtext(NS + 'DocID')), 'DocID')
        self.info = {e.tag[len(NS):]: e.text for e in info if e.text and e.text.strip()}
        self.facts = {e.get('Name'): e.text or '' for e in info.iter(NS + 'CustomData')}
        self.document(body.findtext(NS + 'DocRoot'))
        want(self.used == set(names), 'entries that nothing refers to: %s' % (set(names) - self.used))

    def known(self, e, inside=None):
        name = e.tag[len(NS):]
        want(e.tag.startswith(NS) and (name in KNOWN or name in TEXT), 'element %s' % e.tag)
        must, may = KNOWN.get(name, (set(), set()))
        want(must <= set(e.keys()) <= must | may, 'attributes of %s: %s' % (name, sorted(e.keys())))
        want(name in TEXT or not (e.text or '').strip(), 'text in %s' % name)
        kids = [c.tag[len(NS):] for c in e]
        if name in ORDER:
            want([k for k in ORDER[name] if k in kids] == kids or name == 'Page' and not kids, 'order in %s: %s' % (name, kids))
        if 'ID' in e.keys():
            want(e.get('ID').isdigit() and int(e.get('ID')) > 0, 'id')
            want(int(e.get('ID')) not in self.ids, 'id %s stands twice' % e.get('ID'))
            self.ids.add(int(e.get('ID')))
        for c in e:
            self.known(c, name)

    def xml(self, path, root):
        want(path in self.files and not path.startswith('/') and '..' not in path, 'no entry %s' % path)
        self.used.add(path)
        data = self.files[path]
        want(data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>') and b'<!DOCTYPE' not in data, 'head of %s' % path)
        e = ET.fromstring(data)
        want(e.tag == NS + root, 'root of %s' % path)
        self.known(e)
        return e

    def document(self, path):
        folder = path.rsplit('/', 1)[0] + '/'
        doc = self.xml(path, 'Document')
        common = doc[0]
        for kind in ('PublicRes', 'DocumentRes'):
            res = self.xml(folder + common.findtext(NS + kind), 'Res')
            self.fonts.update({int(f.get('ID')): f for f in res.iter(NS + 'Font')})
            self.spaces |= {int(s.get('ID')) for s in res.iter(NS + 'ColorSpace')}
        want(int(common.findtext(NS + 'DefaultCS')) in self.spaces, 'DefaultCS')
        self.box = [float(v) for v in common.find(NS + 'PageArea').findtext(NS + 'PhysicalBox').split()]
        pages = list(doc.find(NS + 'Pages'))
        want(pages, 'no pages')
        for p in pages:
            self.page(self.xml(folder + p.get('BaseLoc'), 'Page'))
        self.pages = len(pages)
        want(max(self.ids) == int(common.findtext(NS + 'MaxUnitID')), 'MaxUnitID is not the greatest id')

    def page(self, page):
        for o in page.iter():
            name = o.tag[len(NS):]
            if name in ('FillColor', 'StrokeColor'):
                want(int(o.get('ColorSpace')) in self.spaces and all(0 <= int(v) <= 255 for v in o.get('Value').split()) and len(o.get('Value').split()) == 3, 'colour')
            if name in ('TextObject', 'PathObject'):
                x, y, w, h = (float(v) for v in o.get('Boundary').split())
                want(x >= -1 and y >= -1 and w > 0 and h > 0 and x + w <= self.box[2] + 8 and y + h <= self.box[3] + 1, 'boundary %s' % o.get('Boundary'))
            if name == 'TextObject':
                want(int(o.get('Font')) in self.fonts, 'font %s' % o.get('Font'))
                code = o.find(NS + 'TextCode')
                deltas = (code.get('DeltaX') or '').split()
                want(code.text and code.text == code.text.strip(' ') and len(deltas) == len(code.text) - 1 and all(re.fullmatch(NUMBER, d) for d in deltas), 'places of %r' % code.text)
                self.text.append(code.text)
            if name == 'PathObject':
                data = o.findtext(NS + 'AbbreviatedData')
                want(re.fullmatch(r'(?:(?:[ML] {0} {0}|B {0} {0} {0} {0} {0} {0}|C)(?: |$))+'.format(NUMBER), data), 'path')
