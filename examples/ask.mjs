// May this license token be used like this?  Asks a fujie-gateway; Node 18 and later, nothing else.
//
//   node ask.mjs http://127.0.0.1:9180 token.jwt action=QUERY,purpose=WELFARE [client certificate: X5T]
//
// Exit: 0 yes, 1 no.  Whatever goes wrong is a no.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

/** {yes, why} */
export function permitted(gateway, token, use, x5t) {
	const headers = { Authorization: 'Bearer ' + token.trim(), 'X-Fujie-Use': use };
	if (x5t) headers['X-Fujie-X5T'] = x5t;
	return new Promise((resolve) => {
		const no = (trouble) => resolve({ yes: false, why: 'the gateway does not answer: ' + trouble.message });
		try {
			const ask = request(gateway + '/auth', { headers, timeout: 5000 }, (answer) => {
				answer.resume();
				resolve({ yes: answer.statusCode === 204, why: answer.headers['x-fujie-reason'] ?? 'HTTP ' + answer.statusCode });
			});
			ask.on('timeout', () => ask.destroy(new Error('too slow')));
			ask.on('error', no);
			ask.end();
		} catch (trouble) {
			no(trouble);
		}
	});
}

const [gateway, file, use, x5t] = process.argv.slice(2);
const { yes, why } = await permitted(gateway, readFileSync(file, 'utf8'), use, x5t);
console.log(yes ? 'permit' : 'deny: ' + why);
process.exitCode = yes ? 0 : 1;
