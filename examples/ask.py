"""May this license token be used like this?  Asks a fujie-gateway; Python's standard library only.

    python3 ask.py http://127.0.0.1:9180 token.jwt action=QUERY,purpose=WELFARE [client certificate: X5T]

Exit: 0 yes, 1 no.  Whatever goes wrong is a no.
"""
import sys
import urllib.error
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


# without proxies from the environment: the gateway is on this machine
asking = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def permitted(gateway, token, use, x5t=None):
    """(yes or no, why)"""
    headers = {'Authorization': 'Bearer ' + token.strip(), 'X-Fujie-Use': use}
    if x5t:
        headers['X-Fujie-X5T'] = x5t
    try:
        with asking.open(urllib.request.Request(gateway + '/auth', headers=headers), timeout=5) as answer:
            return answer.status == 204, answer.headers.get('X-Fujie-Reason', '')
    except urllib.error.HTTPError as refusal:
        return False, refusal.headers.get('X-Fujie-Reason', 'HTTP %d' % refusal.code)
    except (OSError, ValueError) as trouble:
        return False, 'the gateway does not answer: %s' % type(trouble).__name__  # its message may quote the token


if __name__ == '__main__':
    yes, why = permitted(sys.argv[1], open(sys.argv[2]).read(), *sys.argv[3:5])
    print('permit' if yes else 'deny: ' + why)
    sys.exit(0 if yes else 1)
