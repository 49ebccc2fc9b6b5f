#!/usr/bin/env python3
# The texts of pages: each that is said stands in the Chinese catalogue, none stands there that
# nobody says, translations take the same values, codes have both languages; and web_html prints
# literals only, so that no value gets into a page unescaped.  Prints findings, one a line.
import glob
import re

STRING = r'"(?:[^"\\]|\\.)*"'
STRINGS = r'(?:%s\s*)+' % STRING


def catalogue(name):
    entries, text = {}, open('web/po/%s.po' % name, encoding='utf-8').read()
    for m in re.finditer(r'^(?:msgctxt (%s)\n)?msgid (%s)msgstr (%s)' % (STRING, STRINGS, STRINGS), text, re.M):
        key = tuple(''.join(s[1:-1] for s in re.findall(STRING, g or '')) for g in m.group(1, 2))
        if key in entries:
            print('%s.po: twice: %s %s' % (name, *key))
        entries[key] = ''.join(s[1:-1] for s in re.findall(STRING, m[3]))
    entries.pop(('', ''), None)
    return entries


def places(text):
    return re.findall(r'%(?:s|d|u|zu|lld|%)', text)


def sources():
    for p in sorted(glob.glob('web/**/*.c', recursive=True) + glob.glob('verifier/**/*.c', recursive=True)):
        yield p, open(p, encoding='utf-8').read()


zh, en = catalogue('zh-CN'), catalogue('en')
said = set()
for path, source in sources():
    for m in re.finditer(r'\b(?:web_tr\([^",]+, |web_say\([^",]+, [^",]+, |WEB_N\()(%s)' % STRINGS, source):
        said.add(''.join(s[1:-1] for s in re.findall(STRING, m[1])))
    if path == 'web/http/html.c':
        continue
    for m in re.finditer(r'\bweb_html\([^,]+, ([^;]*?)\);', source):
        form = re.sub(STRINGS, '§', m[1]).strip()
        while form != (form := re.sub(r'\([^()]*\)', '', form)):
            pass # what a condition calls
        while form != (form := re.sub(r'[^?:§]*\?\s*§\s*:\s*§', '§', form)):
            pass
        if form.strip() != '§':
            print('%s: web_html prints more than literals: %s' % (path, m[0][:80]))
    for m in re.finditer(r'\b(web_raw)\(', source):
        if path not in ('web/portal/disclosure.c', 'verifier/service/feed.c'):
            print('%s: web_raw' % path)
nouns = {n for p in glob.glob('issuer/*.def') for n in re.findall(r'^CMD\(\w+, "([a-z-]+)\.', open(p, encoding='utf-8').read(), re.M)}
for noun in sorted(nouns):
    for context in ('noun', 'noun-one'):
        if not zh.get((context, noun)):
            print('zh-CN.po lacks: %s %s' % (context, noun))
for text in sorted(said):
    if not zh.get(('', text)):
        print('zh-CN.po lacks: %s' % text)
for (context, key), text in sorted(zh.items()):
    if context == '':
        if key not in said:
            print('zh-CN.po has what nobody says: %s' % key)
        if places(key) != places(text):
            print('zh-CN.po: other values in: %s' % key)
    elif not en.get((context, key)):
        print('en.po lacks: %s %s' % (context, key))
for (context, key) in sorted(en):
    if (context, key) not in zh:
        print('zh-CN.po lacks: %s %s' % (context, key))
