// The other side: a holder shows that a token is its own.  Appends a Key Binding JWT (RFC 9901 4.3)
// by the holder's key to the token; Node 18 and later, nothing else.
//
//   node holder.mjs http://127.0.0.1:9180/nonce token.jwt key.pem > shown.jwt
//
// What comes out works once, for two minutes, at the gateway that gave the nonce.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const [address, file, pem] = process.argv.slice(2);
const token = readFileSync(file, 'utf8').trim(); // ends in ~
const fresh = await new Promise((resolve, reject) => {
	get(address, { timeout: 5000 }, (answer) => {
		let text = '';
		answer.on('data', (part) => (text += part));
		answer.on('end', () => resolve(JSON.parse(text)));
	}).on('error', reject);
});
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const words = part({ alg: 'ES256', typ: 'kb+jwt' }) + '.' + part({
	iat: Math.floor(Date.now() / 1000),
	aud: fresh.audience,
	nonce: fresh.nonce,
	sd_hash: createHash('sha256').update(token).digest('base64url'),
});
const signature = sign('sha256', Buffer.from(words), { key: createPrivateKey(readFileSync(pem)), dsaEncoding: 'ieee-p1363' });
process.stdout.write(token + words + '.' + signature.toString('base64url'));
