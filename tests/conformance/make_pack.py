"""The pack for other implementers, docs/vectors, out of cases.py: credentials, trust folders,
index.json.  The same cases give the same octets.  usage: make_pack.py [FOLDER]"""
import json, os, sys
from cases import cases


def kind(data):
    return 'der' if data[:1] == b'\x30' else 'jwt'


def pack():
    """the files of the pack, by path"""
    out, names, rows = {}, {}, []
    for c in cases:
        if not c.pack:
            continue
        key = tuple(sorted(c.files.items()))
        trust = names.setdefault(key, 'trust/' + ('good' if not names else c.id))
        out.update({trust + '/' + path: data for path, data in c.files.items()})
        file = 'credentials/%s.%s' % (c.id, kind(c.credential))
        out[file] = c.credential
        verdict, _, check = c.expect.partition(' ')
        rows.append({'id': c.id, 'file': file, 'trust': trust, **c.ask, 'expect': {'verdict': verdict, **({'check': check} if check else {})},
                     'reason': {'en': c.en, 'zh': c.zh}})
    out['index.json'] = (json.dumps({'format': 'urn:fujie:vectors:1', 'vectors': rows}, indent=1, ensure_ascii=False) + '\n').encode()
    return out


if __name__ == '__main__':
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'vectors')
    for path, data in pack().items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)
