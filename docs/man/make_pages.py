#!/usr/bin/env python3
"""Manual pages and shell completion from what stands elsewhere already.

    make_pages.py formats OUT      docs/formats.md by docs/man/formats.tsv: one page in section 5 a row
    make_pages.py commands OUT     fujie-commands.7 from `fujie-registry --commands` on standard input
    make_pages.py completion OUT   bash completion from the same, from the usage text that follows it, and from those of other tools

A page of the second kind can't disagree with the program, and one of the first not
with docs/formats.md.  What a person has to explain is written by hand beside this.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATE = 'November 30, 2026'


def escaped(text):
    return text.replace('\\', '\\e')


def unmarked(text):
    """Markdown's marks taken off."""
    text = re.sub(r'`([^`]*)`', r'\1', text)
    text = re.sub(r'\*\*([^*]+)\*\*', r'\1', text)
    text = re.sub(r'\[([^]]+)\]\(([^)]+)\)', r'\1 (\2)', text)
    return escaped(text.strip())


def plain(text):
    """Lines of text, a sentence each, none of which mdoc takes for a request."""
    lines = re.sub(r"""([.!?][])'"]*) +""", r'\1\n', unmarked(text)).split('\n')
    return '\n'.join('\\&' + l if l[:1] in ".'" else l for l in lines)


def quoted(text):
    """One argument of a macro, never a macro itself."""
    return '"\\&%s"' % unmarked(text).replace('"', '\\(dq')


def head(name, section, what):
    return ['.Dd %s' % DATE, '.Dt %s %s' % (name.upper(), section), '.Os', '.Sh NAME', '.Nm %s' % name, '.Nd %s' % what]


def table(rows, out):
    cells = [[c.strip() for c in re.split(r'(?<!\\)\|', r.strip().strip('|'))] for r in rows]
    names = cells[0]
    out.append('.Bl -tag -width Ds')
    for row in cells[2:]:
        out.append('.It %s' % quoted(row[0] or '-'))
        rest = [(n, c) for n, c in zip(names[1:], row[1:]) if c]
        for i, (n, c) in enumerate(rest):
            label = '' if not n or len(names) == 2 else n + ': '
            out.append(plain(label + c) + (';' if i + 1 < len(rest) else ''))
    out.append('.El')


def body(lines):
    out, i, items = [], 0, False

    def end_items():
        nonlocal items
        if items:
            out.append('.El')
            items = False
    while i < len(lines):
        line = lines[i]
        if line.startswith('```'):
            end_items()
            out.append('.Bd -literal -offset Ds')
            i += 1
            while not lines[i].startswith('```'):
                out.append(('\\&' if lines[i][:1] in ".'" else '') + escaped(lines[i]))
                i += 1
            out.append('.Ed')
        elif line.startswith('|'):
            end_items()
            rows = []
            while i < len(lines) and lines[i].startswith('|'):
                rows.append(lines[i])
                i += 1
            table(rows, out)
            continue
        elif re.match(r'[*-] ', line):
            if not items:
                out.append('.Bl -bullet')
                items = True
            out.append('.It')
            out.append(plain(line[2:]))
        elif line.startswith('#'):
            end_items()
            out.append('.Ss %s' % quoted(line.lstrip('# ')))
        elif not line.strip():
            end_items()
            if out and not out[-1].startswith(('.Pp', '.El', '.Ed', '.Sh', '.Ss')):
                out.append('.Pp')
        else:
            out.append(plain(line))
        i += 1
    end_items()
    while out and out[-1] == '.Pp':
        out.pop()
    # a paragraph before a list or a display is none
    return [l for k, l in enumerate(out) if not (l == '.Pp' and k + 1 < len(out) and out[k + 1].startswith(('.Bl', '.Bd', '.Ss')))]


def sections():
    found, number = {}, None
    for line in open(os.path.join(HERE, '..', 'formats.md'), encoding='utf-8').read().split('\n'):
        m = re.match(r'## (\d+)\. (.*)', line)
        if m:
            number = int(m.group(1))
            found[number] = (m.group(2), [])
        elif number is not None:
            found[number][1].append(line)
    return found


def rows():
    for line in open(os.path.join(HERE, 'formats.tsv'), encoding='utf-8'):
        name, numbers, what = line.rstrip('\n').split('\t')
        yield name, [int(n) for n in numbers.split(',')], what


def write(folder, name, lines):
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')


def formats(folder):
    have = sections()
    names = [r[0] for r in rows()]
    for k, (name, numbers, what) in enumerate(rows()):
        out = head(name, 5, what) + ['.Sh DESCRIPTION', 'Sections are those of', '.Pa docs/formats.md .', '.Ql BASE', 'is the public address of the appliance, and', '.Ql D', 'its home.']
        for n in numbers:
            title, lines = have[n]
            out.append('.Ss %s' % quoted('%d. %s' % (n, title)))
            out += body([l for l in lines if l.strip() or True])
        out += ['.Sh SEE ALSO', '.Xr fujie 1 ,', '.Xr fujie-verify 1 ,', '.Xr %s 5' % names[k - 1 if k else 1]]
        write(folder, name + '.5', out)


# --- the command table ---

def commands(stream):
    all_, now = [], None
    for line in stream:
        part = line.rstrip('\n').split('\t')
        if part[0] == 'C':
            now = {'name': part[1], 'kind': part[2], 'en': part[3], 'zh': part[4], 'fields': []}
            all_.append(now)
        elif part[0] == 'F':
            now['fields'].append(dict(zip(('name', 'type', 'need', 'en', 'zh', 'choices'), part[1:])))
    return all_


def commands_page(folder):
    out = head('fujie-commands', 7, "commands of an appliance's register") + [
        '.Sh SYNOPSIS', '.Nm fujie', '.Ar noun verb', '.Op Ar ID', '.Fl Fl dir Ar D', '.Op Fl Fl as Ar login', '.Op Fl Fl json', '.Op Fl Fl option Ar value ...',
        '.Sh DESCRIPTION', 'Every command of the register with its options, from its own table.', 'How they are given, and as whom, says', '.Xr fujie 1 .',
        'A command marked', '.Em write', 'needs', '.Fl Fl as .', 'The types: text, integer, list (commas between, or @FILE with one a line), json (a document, or @FILE), file (a path; - is standard input), bool (given or not).']
    noun = None
    for c in sorted(commands(sys.stdin), key=lambda c: c['name']):
        if c['name'].split('.')[0] != noun:
            if noun is not None:
                out.append('.El')
            noun = c['name'].split('.')[0]
            out += ['.Ss %s' % quoted(noun), '.Bl -tag -width Ds']
        out.append('.It Nm fujie Cm %s' % c['name'].replace('.', ' '))
        out.append(plain('%s. %s%s' % (c['en'], c['zh'], ' (write)' if c['kind'] == 'write' else '')))
        if c['fields']:
            out.append('.Bl -tag -width Ds -compact')
            for f in c['fields']:
                out.append('.It Fl Fl %s Ar %s%s' % (f['name'].replace('_', '-'), f['type'], '' if f['need'] == 'optional' else ' No (required)'))
                out.append(plain(f['en'] + ' ' + f['zh'] + (': ' + ', '.join(f['choices'].split('|')) if f['choices'] else '')))
            out.append('.El')
    out += ['.El', '.Sh SEE ALSO', '.Xr fujie 1']
    write(folder, 'fujie-commands.7', out)


# --- completion ---

def completion(folder):
    text = sys.stdin.read()
    text, *tools = re.split(r'\n=== tool ', text)
    for tool in tools:
        name, _, said = tool.partition('\n')
        words = set(re.findall(r'--[a-z0-9][a-z0-9-]*', said)) | {w for l in re.findall(r'^%s ((?:[a-z][a-z-]*\b[ |]?)+)' % name, said, re.M) for w in re.split(r'[ |]', l) if w}
        write(folder, name, ['# bash completion for %s; made from its usage text' % name, 'complete -o default -W "%s" %s' % (' '.join(sorted(words)), name)])
    table_, _, usage = text.partition('\n=== usage\n')
    options = {}
    for c in commands(table_.split('\n')):
        options[c['name'].replace('.', ' ')] = sorted({'--' + f['name'].replace('_', '-') for f in c['fields']} | {'--dir', '--as', '--json', '--out'})
    # what `fujie help` shows of the commands that are not the register's: "fujie WORD [WORD] --option ..."
    keys = []
    for line in usage.split('\n'):
        line = re.sub(r'^(\s*fujie ([a-z-]+) [a-z-]+ .*?) \| ([a-z-]+ --)', r'\1; fujie \2 \3', line)
        for said in line.split(';'):
            m = re.match(r'\s*fujie ([a-z-]+)(?: ([a-z-]+(?:\|[a-z-]+)*))?(?= |$)', said)
            if m:
                keys = [(m.group(1) + ' ' + v).strip() for v in (m.group(2) or '').split('|')]
            elif re.match(r'\s*fujie |\S', said): # another form; a line that goes on is indented
                keys = []
            for key in keys:
                options[key] = sorted(set(options.get(key, [])) | set(re.findall(r'--[a-z0-9][a-z0-9-]*', said)) | {'--dir', '--json'})
    nouns = sorted({k.split()[0] for k in options} | {'cert', 'auth', 'help'})
    out = ['# bash completion for fujie(1); made from its command table and its usage text', '_fujie_verbs() {', '\tcase $1 in']
    for n in nouns:
        key = {'cert': 'certificate', 'auth': 'authorisation'}.get(n, n)
        verbs = sorted({k.split()[1] for k in options if k.startswith(key + ' ')})
        if verbs:
            out.append('\t%s) echo %s ;;' % (n, ' '.join(verbs)))
    out += ['\tesac', '}', '_fujie_options() {', '\tcase $1 in']
    for k in sorted(options):
        out.append("\t'%s') echo %s ;;" % (k, ' '.join(options[k])))
    out += ['\tesac', '}', '_fujie_nouns="%s"' % ' '.join(nouns)]
    out.append(open(os.path.join(HERE, '..', '..', 'system', 'completion.bash'), encoding='utf-8').read().rstrip('\n'))
    write(folder, 'fujie', out)


if __name__ == '__main__':
    os.makedirs(sys.argv[2], exist_ok=True)
    {'formats': formats, 'commands': commands_page, 'completion': completion}[sys.argv[1]](sys.argv[2])
