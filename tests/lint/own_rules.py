#!/usr/bin/env python3
# A citation of the project's own rules leads to an entry of issuer/rules/basis.def, which the portal
# shows: each that the sources cite has one.  Prints findings, one a line.
import glob
import re

CITE = r'"domain\.md ((?:decision )?[0-9.]+)[^"]*"'
entries = set(re.findall(r'^RULE\(' + CITE, open('issuer/rules/basis.def', encoding='utf-8').read(), re.M))
for p in sorted(glob.glob('issuer/**/*.[cd]*', recursive=True) + glob.glob('web/**/*.c', recursive=True)):
    if p.endswith(('.c', '.def')):
        for cited in sorted(set(re.findall(CITE, open(p, encoding='utf-8').read())) - entries):
            print('%s: domain.md %s has no entry in issuer/rules/basis.def' % (p, cited))
