"""The files of tests/fixtures/cases: names in them, and paths of an answer (cases_test.py says
what a step holds)."""
import glob, os, re
from lib import usci


def numbered(text):
    """ISO 7064 MOD 37,36 over a number without hyphens"""
    alphabet, p = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 36
    for c in text.replace('-', ''):
        p = ((p + alphabet.index(c)) % 36 or 36) * 2 % 37
    return text + '-' + alphabet[(37 - p) % 36]


def many(n):
    """n users with codes that pass their check"""
    return [{'usci': usci('91520100DEMB%04d1' % k), 'name': '示例用户%04d（虚构）' % k} for k in range(n)]


def at_path(doc, path):
    for part in re.findall(r'[^.\[\]]+(?=[.\[]|$)|\[[^\]]*\]', path):
        if not part.startswith('['):
            doc = doc[part]
        elif '=' in part:
            key, value = part[1:-1].split('=')
            doc = next(x for x in doc if x[key] == value)
        else:
            doc = doc[int(part[1:-1])]
    return doc


class Unbound(Exception):
    pass


def filled(doc, names):
    if isinstance(doc, dict):
        return many(doc['many']) if list(doc) == ['many'] else {k: filled(v, names) for k, v in doc.items()}
    if isinstance(doc, list):
        return [filled(v, names) for v in doc]
    if isinstance(doc, str) and doc.startswith('$'):
        if doc[1:] not in names:
            raise Unbound(doc)
        return filled(names[doc[1:]], names)
    return doc


def case_files():
    return sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../fixtures/cases/*.json')))
