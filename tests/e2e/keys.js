'use strict';
// Passkeys that sign approvals, in a real browser with Chromium's virtual authenticator, on localhost (an IP address
// can have none): enrolled from the account pages, an approval signed; what is answered wrongly is refused by the signer.
const { Home, assert, finish, launch, test } = require('./lib.js');

const h = new Home();
const faults = [];
let browser, portal;

// an officer at the portal, with a security key of his own
async function officer(name) {
	const context = await browser.newContext({ locale: 'en-GB' });
	const page = await context.newPage();
	page.on('pageerror', (e) => faults.push(name + ': ' + e.message));
	const cdp = await context.newCDPSession(page);
	await cdp.send('WebAuthn.enable');
	const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
	await page.goto(portal + '/login');
	await page.fill('#login', name);
	await page.fill('#password', h.login(name).password);
	await page.fill('#totp', await h.code(name));
	await page.click('main button');
	await page.waitForLoadState();
	return { name, page, cdp, authenticatorId };
}

async function press(page, selector) {
	await Promise.all([page.waitForNavigation({ timeout: 15000 }), page.click(selector)]);
	return page.innerText('main');
}

// a passkey is made on the account's page; the id of the approval that it waits for
async function make(o) {
	await o.page.goto(portal + '/account/keys');
	await press(o.page, 'form[data-new-passkey] button');
	return /AP-[0-9a-z]+/.exec(o.page.url())[0];
}

const sign = (o) => press(o.page, 'form[data-passkey] button');

async function approve(o, id) {
	await o.page.goto(portal + '/approvals/' + id);
	return press(o.page, 'form[action$="/approve"] button');
}

// the form as it would be sent, with an assertion that was asked for otherwise
async function answered(page, id, change) {
	await page.goto(portal + '/approvals/' + id);
	const form = await page.$eval('form[data-passkey]', (f) => ({ ...f.dataset }));
	return ask(page, { ...form, ...change });
}

const ask = (page, form) => page.evaluate(async (f) => {
	const octets = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
	const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
	const [credential, key] = f.credentials.split(' ')[0].split(':');
	const got = await navigator.credentials.get({ publicKey: { challenge: octets(f.passkey), rpId: f.rp, userVerification: f.verify || 'required', allowCredentials: [{ type: 'public-key', id: octets(credential) }] } });
	return { key, signature: text(got.response.signature), authenticator_data: text(got.response.authenticatorData), client_data: text(got.response.clientDataJSON) };
}, form);

async function refused(page, id, values, words) {
	await page.goto(portal + '/approvals/' + id);
	await Promise.all([page.waitForNavigation(), page.$eval('form[data-passkey]', (f, v) => {
		for (const [name, value] of Object.entries(v))
			f.elements[name].value = value;
		f.submit();
	}, values)]);
	const text = await page.innerText('body');
	assert.ok(text.includes(words), text.slice(0, 400));
}

(async () => {
	await h.make();
	await h.serve();
	portal = h.portal.replace('127.0.0.1', 'localhost');
	browser = await launch();
	const one = await officer('hb-fin1'), two = await officer('hb-fin2');

	await test('the account says that approvals are enforced by software, and how a key file is enrolled', async () => {
		await one.page.goto(portal + '/account/keys');
		const text = await one.page.innerText('main');
		assert.ok(text.includes('enforced by software') && text.includes('fujie-officer new') && text.includes('You have no key yet'), text);
	});
	await test('an officer makes a passkey, signs its enrolment with it, and another officer approves', async () => {
		const id = await make(one);
		assert.ok((await one.page.innerText('#sign')).includes('compare the fingerprint'));
		const text = await sign(one);
		assert.ok(text.includes('Signed.') && text.includes('hb-fin1'), text);
		await approve(two, id);
		await one.page.goto(portal + '/account/keys');
		assert.ok((await one.page.innerText('main')).includes('Passkey'));
	});
	await test('with the second officer\'s passkey the signer checks', async () => {
		const id = await make(two);
		await sign(two);
		await approve(one, id);
		await one.page.goto(portal + '/account/keys');
		assert.ok((await one.page.innerText('main')).includes('checked by the signer'));
	});

	const bearer = await h.session('hb-fin1');
	const mine = (await h.api('/api/v1/certificate?limit=1000', null, bearer)).items.filter((c) => c.state === 'ACTIVE' && c.holder.usci === '12420000DEMA00099D' || c.holder === '12420000DEMA00099D' && c.state === 'ACTIVE')[0].number;
	await h.api('/api/v1/certificate/suspend', { number: mine, reason: 'x' }, bearer);
	const asked = (await h.api('/api/v1/certificate/resume', { number: mine, reason: 'x' }, bearer)).approval;

	await test('the approval\'s page says what is signed, its hash, and how a key file signs; without script too', async () => {
		await two.page.goto(portal + '/approvals/' + asked);
		const text = await two.page.innerText('#sign'), digest = (await h.api('/api/v1/approval/' + asked, null, bearer)).digest;
		assert.ok(text.includes(digest) && text.includes('fujie approval sign ' + asked) && text.includes('Nobody has signed'), text);
		const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false, storageState: await two.page.context().storageState() });
		const plain = await context.newPage();
		await plain.goto(portal + '/approvals/' + asked);
		assert.ok((await plain.innerText('#sign')).includes('fujie approval sign ' + asked) && !(await plain.isVisible('form[data-passkey]')));
		await context.close();
	});
	await test('it is not approved before it is signed', async () => {
		assert.ok((await approve(two, asked)).includes('0 did'));
	});
	await test('an answer to another challenge is refused', async () => {
		await refused(two.page, asked, await answered(two.page, asked, { passkey: 'A'.repeat(43) }), 'another challenge');
	});
	await test('an answer that was given to another origin is refused', async () => {
		await two.page.goto(portal + '/approvals/' + asked);
		const form = await two.page.$eval('form[data-passkey]', (f) => ({ ...f.dataset }));
		await two.page.goto(h.verifier.replace('127.0.0.1', 'localhost') + '/');
		await refused(two.page, asked, await ask(two.page, form), 'another origin');
	});
	await test('an answer without verification of who is present is refused', async () => {
		await two.cdp.send('WebAuthn.setUserVerified', { authenticatorId: two.authenticatorId, isUserVerified: false });
		await refused(two.page, asked, await answered(two.page, asked, { verify: 'discouraged' }), 'not verified');
	});
	await test('and the page itself, which asks for it, says that nothing was signed', async () => {
		await two.page.goto(portal + '/approvals/' + asked);
		await two.page.click('form[data-passkey] button');
		await two.page.waitForSelector('form[data-passkey] [role=alert]', { state: 'visible', timeout: 90000 });
		await two.cdp.send('WebAuthn.setUserVerified', { authenticatorId: two.authenticatorId, isUserVerified: true });
	});
	await test('two officers sign with their passkeys, and it is resumed', async () => {
		for (const o of [one, two]) {
			await o.page.goto(portal + '/approvals/' + asked);
			assert.ok((await sign(o)).includes('Signed.'));
		}
		await approve(two, asked);
		assert.strictEqual((await h.api('/api/v1/certificate/' + mine, null, bearer)).state, 'ACTIVE');
	});
	// --- license tokens, which officers of their operator sign ---
	const seller = await officer('jc1'), sellers = await h.session('jc1');
	await test('an operator\'s officer makes a passkey, which signs its licenses and nothing else; two of the department\'s sign that', async () => {
		const id = await make(seller);
		await sign(seller);
		await seller.page.goto(portal + '/account/keys');
		assert.ok((await seller.page.innerText('main')).includes('Your key signs license tokens of your organisation, and nothing else'));
		for (const o of [one, two]) {
			await o.page.goto(portal + '/approvals/' + id);
			assert.ok((await o.page.innerText('#sign')).includes('Signs license tokens of this operator alone'));
			assert.ok((await sign(o)).includes('Signed.'));
		}
		await approve(two, id);
		const keys = (await h.api('/api/v1/officer-key/list', {}, bearer)).items;
		assert.ok(keys.some((k) => k.login === 'jc1' && k.operator === '91420100DEMA001011'), JSON.stringify(keys));
	});
	await test('by whom licenses are signed is a form: from the keys\' page, with what follows, previewed, then asked for', async () => {
		await one.page.goto(portal + '/account/keys');
		await Promise.all([one.page.waitForNavigation(), one.page.click('text=Decide by whom license tokens are signed')]);
		assert.ok((await one.page.innerText('main')).includes('it holds for all operators'));
		await one.page.selectOption('select[name=tokens]', 'names');
		assert.ok((await press(one.page, 'main form button')).includes('That is the rule already'), await one.page.innerText('main'));
		await one.page.selectOption('select[name=tokens]', 'one');
		const text = await press(one.page, 'main form button');
		assert.ok(text.includes('Preview') && text.includes('one officer signs (a list: two)'), text);
		assert.ok(!(await h.api('/api/v1/approval?limit=1000', null, bearer)).items.some((a) => a.kind === 'officer-key.require' && a.state === 'OPEN'), 'a preview asks for nothing');
		await press(one.page, 'main form button');
		await seller.page.goto(portal + '/account/keys');
		assert.ok(!(await seller.page.innerText('main')).includes('Decide by whom'), 'an operator does not decide it');
	});
	await test('two officers decide with their passkeys that licenses are signed', async () => {
		const id = (await h.api('/api/v1/approval?limit=1000', null, bearer)).items.find((a) => a.kind === 'officer-key.require' && a.state === 'OPEN').id;
		for (const o of [one, two]) {
			await o.page.goto(portal + '/approvals/' + id);
			const text = await o.page.innerText('main');
			assert.ok(text.includes('Say by whom license tokens are signed') && text.includes('signed by an officer of their operator, lists by two') && text.includes('Approving changes the rule at once'), text);
			await sign(o);
		}
		await approve(two, id);
		await one.page.goto(portal + '/account/keys');
		assert.ok((await one.page.innerText('main')).includes('signed by an officer of their operator, lists by two'));
	});
	await test('the list of officers\' keys says in words whose they are and what they are for', async () => {
		await one.page.goto(portal + '/list/officer-key');
		const text = await one.page.innerText('main');
		assert.ok(text.includes('approvals of the own department') && text.includes('licenses of the own organisation') && text.includes('Fingerprint of the key (SHA-256)') && !text.includes('Kind of its first holder'), text.slice(150));
	});
	await test('a key of the appliance is called by what it signs, and its rollover and end say what follows', async () => {
		const mof1 = await officer('mof1'), mof2 = await officer('mof2'), b = await h.session('mof1');
		const id = (await h.api('/api/v1/key/roll', { key: 'token' }, b)).approval;
		await mof2.page.goto(portal + '/approvals/' + id);
		const text = await mof2.page.innerText('main');
		assert.ok(text.includes('Key of tokens and status lists') && text.includes('Approving makes the newer key at once') && !text.includes('Approving signs no credential'), text);
		await mof1.page.goto(portal + '/do/key/end');
		assert.ok((await mof1.page.innerText('main')).includes('it is destroyed, for good'));
	});
	await test('a license is shown whole, signed with a passkey and issued in one step', async () => {
		const grant = { mode: 'SCENE', domains: [], scenarios: ['洪水预警'], rights: ['USE'], purposes: ['WELFARE'], actions: ['QUERY'], territory: ['420000'], environment: [], quota: null, depth: 0 };
		const users = [{ usci: '12420000DEMA00099D', name: '湖北省水文水资源中心', x5t: 'A'.repeat(43) }];
		const listed = async () => (await h.api('/api/v1/token?limit=1000&authorisation=DAU-100000-202603-000001-K', null, sellers)).items.filter((t) => t.state === 'ACTIVE' && t.user.usci === users[0].usci).length;
		const before = await listed();
		const asked = await h.api('/api/v1/token/issue', { request: { authorisation: 'DAU-100000-202603-000001-K', product: { id: 'P-FLOOD', version: '1.0', kind: 'operator' }, grant, terms: 'free', days: 60, binding: 'mtls', duties: ['STOP'], users } }, sellers);
		assert.strictEqual(asked.kind, 'token.issue');
		await seller.page.goto(portal + '/approvals/' + asked.approval);
		const text = await seller.page.innerText('main');
		assert.ok(text.includes('湖北省水文水资源中心') && text.includes('An officer of the operator signs these licenses') && text.includes('one officer has to'), text);
		assert.ok(!text.includes('eyJ'), 'no credential in a page for people');
		const after = await sign(seller);
		assert.ok(after.includes('To the authorisation and its licenses'), after);
		assert.strictEqual(await listed(), before + 1);
	});
	await test('the pages ran without an error', async () => assert.deepStrictEqual(faults, []));
})().catch((e) => test('the appliance and the browser run', () => { throw e; })).finally(async () => {
	if (browser)
		await browser.close();
	await h.stop();
	finish();
});
