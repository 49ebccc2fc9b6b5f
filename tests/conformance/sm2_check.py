"""SM2 signatures judged by Botan: lines as of sm2_check.js on standard input, True or False for each.  A program of its
own, since Debian's module is for Debian's interpreter, and the tests may run under another."""
import json
import sys
import botan2

for line in sys.stdin:
    q = json.loads(line)
    key = botan2.PublicKey.load_sm2('sm2p256v1', int(q['key'][:64], 16), int(q['key'][64:], 16))
    v = botan2.PKVerify(key, '%s,SM3' % q.get('id', '1234567812345678'))
    v.update(bytes.fromhex(q['message']))
    print(v.check_signature(bytes.fromhex(q['sig'])))
