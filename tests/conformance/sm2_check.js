/* SM2 signatures judged by npm's sm-crypto-v2: lines {"key": hex of x and y, "message": hex, "sig": hex of r and s,
 * "id"?: text} on standard input, true or false for each on standard output. */
'use strict';
const path = require('path');
const {sm2} = require(path.join(__dirname, '..', 'e2e', 'node_modules', 'sm-crypto-v2'));

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
	const q = JSON.parse(line), options = {hash: true};
	if ('id' in q)
		options.userId = q.id;
	console.log(sm2.doVerifySignature(new Uint8Array(Buffer.from(q.message, 'hex')), q.sig, '04' + q.key, options));
}
