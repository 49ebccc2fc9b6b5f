'use strict';
// The portal and the public verifier as people meet them: a real browser, officers
// who sign in, approve and take back, a stranger who verifies, a telephone, a
// keyboard, no script, and a name that wants to be markup.
const { Home, assert, finish, launch, test, useText } = require('./lib.js');

const OTHER = 'DAC-420000-202604-000001-2';
const h = new Home();
let browser, GOOD, AUTH; // what the demo issued this month, whichever it is
const faults = []; // what no page may do: console errors, policy violations, requests elsewhere

function watch(page) {
	page.on('console', (m) => {
		// the browser itself reports an answer of 4xx to the page's own address; the cases check those
		const refused = /^Failed to load resource: the server responded with a status of 4/.test(m.text()) && m.location().url === page.url();
		if (['error', 'warning'].includes(m.type()) && !refused)
			faults.push(m.type() + ' ' + m.text() + ' ' + m.location().url);
	});
	page.on('pageerror', (e) => faults.push('exception ' + e.message));
	page.on('request', (r) => {
		if (![h.portal, h.verifier].includes(new URL(r.url()).origin))
			faults.push('request to ' + r.url());
	});
	page.on('dialog', (d) => {
		faults.push('dialog ' + d.message());
		d.dismiss();
	});
}

async function newPage(options) {
	const context = await browser.newContext({ locale: 'zh-CN', ...options });
	await context.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI)));
	const page = await context.newPage();
	watch(page);
	return page;
}

async function fillLogin(page, name, password, code) {
	await page.goto(h.portal + '/login');
	await page.fill('#login', name);
	await page.fill('#password', password);
	await page.fill('#totp', code);
	await page.click('main button');
	await page.waitForLoadState();
}

async function signIn(name, options) {
	const page = await newPage(options);
	await fillLogin(page, name, h.login(name).password, await h.code(name));
	assert.strictEqual(new URL(page.url()).pathname, '/', 'at ' + page.url() + ': ' + await page.innerText('main'));
	return page;
}

// the public page's verdict: its class and its text
async function verify(page, credential, use) {
	await page.goto(h.portal + '/verify');
	await page.fill('#c', credential);
	if (use) {
		await page.click('details.part:not([open]) > summary');
		await page.fill('#u', use);
	}
	await page.click('main button');
	await page.waitForLoadState();
	const box = page.locator('.verdict');
	if (await box.count() === 0)
		return { word: 'none', text: await page.innerText('main') };
	return { word: (await box.getAttribute('class')).replace('verdict ', ''), text: await box.innerText() };
}

const open = (page, address) => page.goto(h.portal + address);
const cert = (number) => '/show/certificate/' + number;

// taking back or resuming: from the object's page to the act, a reason, and the button
async function act(page, address, verb, reason) {
	await open(page, address);
	await page.click((verb === 'resume' ? '#resume' : '#stop') + ' a[href*="/' + verb + '?"]');
	await page.waitForLoadState();
	if (await page.locator('form.fill select[name=reason]').count() > 0) {
		await page.selectOption('form.fill select[name=reason]', reason);
		await page.fill('textarea[name=note]', '登记有误');
	} else {
		await page.fill('textarea[name=reason]', reason);
	}
	await page.click('form.fill button');
	await page.waitForLoadState();
}

// a row of the inbox
const waiting = (page, object) => page.locator('table.list tr', { hasText: object });

// from the inbox to the approval of an object, and the decision on it
async function decide(page, object, verb, note) {
	await open(page, '/inbox');
	await waiting(page, object).locator('a[href^="/approvals/"]').click();
	await page.waitForLoadState();
	if (note)
		await page.fill('#note', note);
	await page.click('#decide form[action$="/' + verb + '"] button');
	await page.waitForLoadState();
}

// one sentence: one paragraph that ends with one full stop
async function sentence(page) {
	const all = await page.locator('[role=alert] p:not(.small)').allInnerTexts(); // small: its rule and clause
	assert.strictEqual(all.length, 1, JSON.stringify(all));
	assert.match(all[0], /^[^.。]+[.。]$/);
	return all[0];
}

async function signingIn() {
	const name = 'gx-fin3', page = await newPage(), code = await h.code(name);
	await test('a wrong password is refused in one sentence that names neither', async () => {
		await fillLogin(page, name, 'wrong', code);
		assert.match(await sentence(page), /用户名、密码或第二因素有误/);
		assert.strictEqual(await page.inputValue('#login'), name);
		assert.strictEqual(await page.inputValue('#password'), '');
	});
	await test('a wrong code is refused in the same sentence', async () => {
		await fillLogin(page, name, h.login(name).password, '000000');
		assert.match(await sentence(page), /用户名、密码或第二因素有误/);
	});
	await test('password and code lead to the home page', async () => {
		await fillLogin(page, name, h.login(name).password, code);
		assert.strictEqual(new URL(page.url()).pathname, '/');
		assert.strictEqual(await page.innerText('h1'), '首页');
	});
	await test('the same code a second time is refused in the same sentence', async () => {
		const again = await newPage();
		await fillLogin(again, name, h.login(name).password, code);
		assert.match(await sentence(again), /用户名、密码或第二因素有误/);
	});
	await test('the session is a cookie that no script reads and no other site sends', async () => {
		const c = (await page.context().cookies()).find((x) => x.name === 'fujie');
		assert.strictEqual(c.httpOnly, true);
		assert.strictEqual(c.sameSite, 'Strict');
		assert.strictEqual(c.expires, -1);
		assert.ok(!(await page.evaluate(() => document.cookie)).includes(c.value));
	});
	await test('the language changes by one click and stays', async () => {
		await page.click('header >> text=English');
		assert.strictEqual(await page.innerText('h1'), 'Home');
		await open(page, '/list/certificate');
		assert.strictEqual(await page.getAttribute('html', 'lang'), 'en');
		assert.strictEqual(await page.innerText('h1'), 'Certificates');
		assert.ok((await page.innerText('table')).includes('in force'));
		await page.click('header >> text=中文');
		assert.strictEqual(await page.innerText('h1'), '数据资产证书');
		assert.strictEqual(await page.getAttribute('html', 'lang'), 'zh-CN');
	});
	await test('after signing out the back button shows nothing', async () => {
		await open(page, cert(GOOD));
		await page.click('header button');
		await page.waitForURL('**/login');
		await page.goBack();
		await page.waitForLoadState();
		assert.ok(page.url().endsWith('/login'), page.url());
		assert.ok(!(await page.content()).includes(GOOD));
		assert.strictEqual((await page.context().cookies()).filter((c) => c.name === 'fujie').length, 0);
	});
	await test('a stranger is sent to sign in from every officer\'s page', async () => {
		for (const a of ['/inbox', '/list/token', cert(GOOD)]) {
			await open(page, a);
			assert.ok(page.url().endsWith('/login'), a);
		}
	});
}

async function takingBack(one, two, stranger) {
	const tok = h.token('permit', (t) => t.use.territory === '420106');
	await test('list leads to detail, in words and in +08:00', async () => {
		await open(one, '/list/certificate');
		await one.click(`main a:text-is("${GOOD}")`);
		const text = await one.innerText('main');
		assert.match(text, /有效/);
		assert.match(text, /\d{4}-\d\d-\d\d 23:59:59 \+08:00/);
		assert.ok(!/ACTIVE|T\d\d:\d\d:\d\dZ/.test(text), text);
	});
	await test('a number typed into the list leads to its detail', async () => {
		await open(one, '/list/token');
		await one.fill('#find', tok.id);
		await one.press('#find', 'Enter');
		await one.waitForURL('**/show/token/' + tok.id);
		assert.ok((await one.innerText('main')).includes(tok.id));
	});
	await test('a pasted token is permitted before', async () => assert.strictEqual((await verify(stranger, h.read(tok), useText(tok.use))).word, 'permit'));
	await test('one officer suspends a certificate, at once', async () => {
		await act(one, cert(GOOD), 'suspend', '安全事件核查');
		assert.match(await one.innerText('main'), /已办理，即时生效/);
		assert.match(await one.innerText('.state'), /已暂停/);
		assert.match(await one.innerText('main'), /自现在起不予认可/);
	});
	await test('the public page denies certificate and token at the next request', async () => {
		assert.strictEqual((await verify(stranger, GOOD)).word, 'deny');
		const v = await verify(stranger, h.read(tok), useText(tok.use));
		assert.strictEqual(v.word, 'deny');
		assert.match(v.text, /数据资产状态/);
	});
	await test('resuming waits for a second officer', async () => {
		await act(one, cert(GOOD), 'resume', '核查完毕');
		assert.ok(one.url().includes('/approvals/AP-'));
		assert.match(await one.innerText('main'), /待他人审批/);
		assert.strictEqual(await one.locator('main button').count(), 0);
		assert.strictEqual((await verify(stranger, GOOD)).word, 'deny');
	});
	await test('the applicant who approves all the same is refused by R22', async () => {
		const id = /AP-[0-9a-z]+/.exec(one.url())[0];
		await one.evaluate((to) => { // the form that the page does not offer
			const f = document.querySelector('header form');
			f.action = to;
			f.submit();
		}, '/approvals/' + id + '/approve');
		await one.waitForURL('**/approvals/**');
		assert.match(await one.innerText('[role=alert]'), /申请人不得审批本人的申请[\s\S]*R22/);
	});
	await test('an officer of another department is not offered to approve', async () => {
		const foreign = await signIn('gz-fin1');
		await open(foreign, '/inbox');
		assert.strictEqual(await waiting(foreign, GOOD).count(), 0);
		await open(foreign, '/inbox?view=all');
		await waiting(foreign, GOOD).locator('a[href^="/approvals/"]').click();
		await foreign.waitForLoadState();
		assert.strictEqual(await foreign.locator('main button').count(), 0);
		await foreign.context().close();
	});
	await test('a second officer rejects: nothing changes, and it may be asked again', async () => {
		await decide(two, GOOD, 'reject', '尚需说明');
		assert.match(await two.innerText('main'), /已驳回/);
		assert.strictEqual((await verify(stranger, GOOD)).word, 'deny');
		await act(one, cert(GOOD), 'resume', '再次申请');
		assert.match(await one.innerText('main'), /已提交，待另一名经办人审批/);
	});
	await test('a second officer approves, and the public page permits again', async () => {
		await decide(two, GOOD, 'approve');
		assert.match(await two.innerText('main'), /已批准并执行/);
		assert.strictEqual((await verify(stranger, GOOD)).word, 'permit');
		assert.strictEqual((await verify(stranger, h.read(tok), useText(tok.use))).word, 'permit');
	});
	await test('a revocation suspends at once and tells the second officer its reason', async () => {
		await act(one, cert(OTHER), 'revoke', 'privilegeWithdrawn');
		assert.match(await one.innerText('main'), /已即时暂停/);
		assert.strictEqual((await verify(stranger, OTHER)).word, 'deny');
		await open(two, '/inbox');
		await waiting(two, OTHER).locator('a[href^="/approvals/"]').click();
		await two.waitForLoadState();
		assert.match(await two.innerText('main'), /撤销（隐瞒、虚假/);
	});
	await test('the second officer makes it final: withdrawn, no act is offered, denied by number', async () => {
		await decide(two, OTHER, 'approve');
		await open(two, cert(OTHER));
		assert.strictEqual(await two.innerText('.face .state'), '已撤销');
		assert.strictEqual(await two.locator('details.act').count(), 0);
		const v = await verify(stranger, OTHER);
		assert.strictEqual(v.word, 'deny');
		assert.match(v.text, /吊销/);
	});
	await test('an operator revokes its own token at once, and it is denied', async () => {
		const t = h.token('permit', (x) => x.use.action === 'QUERY' && x.use.territory === '420100');
		const jc = await signIn('jc1');
		await act(jc, '/show/token/' + t.id, 'revoke', '合同终止');
		assert.match(await jc.innerText('main'), /已办理，即时生效/);
		await open(jc, '/show/token/' + t.id);
		assert.strictEqual(await jc.innerText('.face .state'), '已吊销');
		assert.strictEqual((await verify(stranger, h.read(t), useText(t.use))).word, 'deny');
		await jc.context().close();
	});
	await test('a new user\'s one-time code is shown once, to who approves', async () => {
		await h.api('/api/v1/user/add', { login: 'e2e-new', name: '新用户', person: 'e2e-person', org: '11420000DEMA00013M', roles: ['FINANCE'] }, await h.session('hb-fin1'));
		await decide(two, 'e2e-new', 'approve');
		assert.match(await two.innerText('main'), /一次性注册码[\s\S]*\b[0-9a-z]{8}\b/);
		await open(two, '/inbox');
		assert.strictEqual(await waiting(two, 'e2e-new').count(), 0);
	});
	await test('an auditor sees details and is offered no act', async () => {
		const a = await signIn('auditor');
		await open(a, cert(GOOD));
		assert.ok((await a.innerText('main')).includes(GOOD));
		assert.strictEqual(await a.locator('details.act').count(), 0);
		await a.context().close();
	});
}

async function verifying(page) {
	const out = h.demo.tokens.find((t) => t.use.territory === '440300');
	await test('out of scope is denied with the reason in the headline', async () => {
		const v = await verify(page, h.read(out), useText(out.use));
		assert.strictEqual(v.word, 'deny');
		assert.match(v.text, /地域超出许可范围/);
	});
	await test('a token by name without its user is indeterminate, never permitted', async () => {
		const t = h.token('indeterminate');
		assert.strictEqual((await verify(page, h.read(t), useText(t.use))).word, 'indeterminate');
	});
	await test('every credential of the demo gets its verdict from a paste', async () => {
		const done = new Set([GOOD, OTHER]);
		for (const c of h.demo.certificates.filter((x) => !done.has(x.number)))
			assert.strictEqual((await verify(page, h.read(c))).word, c.expect, c.number);
		for (const a of h.demo.authorisations.filter((x) => !x.number.startsWith('DAU-420000-202604')))
			assert.strictEqual((await verify(page, h.read(a))).word, a.expect, a.number);
	});
	await test('a number with blanks around it is verified', async () => assert.strictEqual((await verify(page, '  DAC-100000-202603-000001-F \n')).word, 'permit'));
	await test('garbage is denied in words, and stays in the form', async () => {
		const v = await verify(page, 'hello <b>world</b>');
		assert.strictEqual(v.word, 'deny');
		assert.match(v.text, /格式/);
		assert.strictEqual(await page.inputValue('#c'), 'hello <b>world</b>');
		assert.strictEqual(await page.locator('main b').count(), 0);
	});
	await test('one changed character of a token is denied', async () => {
		const t = h.read(out), at = Math.floor(t.length / 2);
		assert.strictEqual((await verify(page, t.slice(0, at) + (t[at] === 'A' ? 'B' : 'A') + t.slice(at + 1))).word, 'deny');
	});
	await test('an unknown number and a token\'s number are refused in one sentence, with the form', async () => {
		for (const n of ['DAC-420000-209901-000001-X', 'LT-00000000000000000000000000']) {
			assert.strictEqual((await verify(page, n)).word, 'none');
			await sentence(page);
			assert.strictEqual(await page.inputValue('#c'), n);
		}
	});
	await test('an unknown use is refused, naming it', async () => {
		const v = await verify(page, h.read(out), 'colour=blue');
		assert.strictEqual(v.word, 'none');
		assert.match(v.text, /colour/);
	});
	await test('the verifier\'s own page gives the same verdicts by number', async () => {
		for (const c of h.demo.certificates.filter((x) => ![GOOD, OTHER].includes(x.number))) {
			await page.goto(h.verifier + '/v/' + c.number);
			assert.strictEqual(await page.locator('.verdict.' + c.expect).count(), 1, c.number);
		}
	});
}

async function withoutScript() {
	await test('everything works without JavaScript', async () => {
		const page = await signIn('hb-fin3', { javaScriptEnabled: false });
		await open(page, '/list/authorisation');
		await page.click('text=' + AUTH);
		await page.waitForURL('**/show/authorisation/**');
		await act(page, '/show/authorisation/' + AUTH, 'suspend', '例行检查');
		assert.match(await page.innerText('.state'), /已暂停/);
		assert.strictEqual((await verify(page, AUTH)).word, 'deny');
		await page.click('header button');
		await page.waitForURL('**/login');
		await page.context().close();
	});
}

async function tabTo(page, selector) {
	for (let i = 0; i < 60; i++) {
		if (await page.evaluate((s) => document.activeElement.matches(s), selector))
			return;
		await page.keyboard.press('Tab');
	}
	throw new Error('the keyboard does not reach ' + selector);
}

async function keyboard() {
	await test('signing in and verifying need no mouse', async () => {
		const page = await newPage(), name = 'sz-fin1';
		await open(page, '/login');
		await page.waitForFunction(() => document.activeElement.id === 'login');
		await page.keyboard.type(name);
		await page.keyboard.press('Tab');
		await page.keyboard.type(h.login(name).password);
		await page.keyboard.press('Tab');
		await page.keyboard.type(await h.code(name));
		await page.keyboard.press('Enter');
		await page.waitForURL(h.portal + '/');
		await tabTo(page, 'nav a[href="/verify"]');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/verify');
		await page.keyboard.press('Tab');
		assert.ok(await page.evaluate(() => document.activeElement.matches('.skip')), 'the first stop skips the head');
		await page.keyboard.press('Enter');
		await tabTo(page, '#c');
		await page.keyboard.type('DAC-100000-202603-000001-F');
		await tabTo(page, 'main button');
		await page.keyboard.press('Space');
		await page.waitForSelector('.verdict.permit');
		await tabTo(page, 'details:has(#c) > summary'); // below the verdict the form is folded
		await page.keyboard.press('Enter');
		await tabTo(page, 'details button');
		const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
		assert.notStrictEqual(outline, 'none');
		await page.context().close();
	});
}

const pages = () => ['/inbox', '/do', '/list', '/do/organisation/add', '/do/authorisation/suspend', '/list/event', '/list/approval?state=APPROVED', '/list/organisation',
	'/show/organisation/12420000DEMA00099D', '/show/user/hbsw1', '/show/profile/11420000DEMA00013M', '/do/ledger/template', '/do/asset/history?asset=HB-2026-0001&run=1', '/list/asset', '/list/certificate', '/list/authorisation', '/list/token', '/show/asset/HB-2026-0001', cert(GOOD),
	'/show/authorisation/' + AUTH, '/verify', '/list/nothing', '/show/certificate/DAC-1'];

async function fits(page, where) {
	const w = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
	assert.ok(w[0] <= w[1], where + ' is ' + w[0] + ' of ' + w[1] + ' pixels wide');
}

async function telephone() {
	await test('a row of a list is a short card; its other fields fold out, and a wide screen has them all', async () => {
		const page = await signIn('hb-fin1', { viewport: { width: 360, height: 800 } });
		await open(page, '/list/registration');
		const row = page.locator('main table.list tbody tr').first(), all = await row.locator('td:not(.rest)').count(), shown = () => row.locator('td:not(.rest):visible').count();
		assert.ok(await shown() <= 5 && all > 7, (await shown()) + ' of ' + all);
		assert.ok(await row.locator('.state').isVisible(), 'the state is always there');
		await row.locator('.rest summary').click();
		assert.strictEqual(await shown(), all);
		await row.locator('.rest summary').click();
		await page.setViewportSize({ width: 1200, height: 800 });
		assert.strictEqual(await shown(), all);
		assert.ok(!await row.locator('.rest').isVisible());
		await page.context().close();
	});
	await test('a list stays in its column on a wide screen, names in it are read, a license that is stopped is not green, and the head has the search', async () => {
		const page = await signIn('hb-fin1', { viewport: { width: 1440, height: 900 } });
		await open(page, '/list/token?authorisation=DAU-520000-202604-000001-2&lang=en');
		const w = await page.evaluate(() => {
			const table = document.querySelector('table.list'), box = (e) => e.getBoundingClientRect();
			return { over: box(table).right - box(document.querySelector('main')).right, name: box(table.querySelector('tbody td:nth-child(2)')).width, own: table.querySelector('tbody td:nth-child(4)').innerHTML };
		});
		assert.ok(w.over <= 0 && w.name >= 90, JSON.stringify(w));
		assert.match(w.own, /STOPPED.*stopped with its authorisation/);
		await page.click('header .seek:text("Search")');
		assert.match(page.url(), /find\/search/);
		await page.context().close();
	});
	await test('lists that leave something out say so, with the way to it', async () => {
		const page = await signIn('hb-fin1');
		await open(page, '/list/deadline');
		assert.match(await page.innerText('main'), /30 日内到期及已逾期/);
		await page.click('text=一年内');
		assert.match(page.url(), /days=366/);
		assert.match(await page.innerText('main'), /366 日内/);
		await open(page, '/list/approval');
		await page.click('main a:text("已批准")');
		assert.match(page.url(), /state=APPROVED/);
		await page.context().close();
	});
	await test('no page scrolls sideways at 390 pixels, in either language, folded out', async () => {
		const page = await signIn('hb-fin2', { viewport: { width: 390, height: 844 } });
		const t = h.token('indeterminate');
		for (const lang of ['zh', 'en']) {
			for (const a of [...pages(), '/show/token/' + t.id]) {
				await open(page, a + (a.includes('?') ? '&' : '?') + 'lang=' + lang);
				for (const d of await page.locator('details > summary').all())
					await d.click();
				await fits(page, a);
			}
			await verify(page, h.read(t), useText(t.use));
			await fits(page, 'the verdict');
			for (const a of ['/', '/v/' + GOOD]) {
				await page.goto(h.verifier + a);
				await fits(page, 'the verifier\'s ' + a);
			}
		}
		await page.context().close();
	});
}

async function readable(one) {
	await test('every field has a label, every page a language, one heading and a title', async () => {
		for (const a of [...pages(), '/login']) {
			await open(one, a);
			const bad = await one.evaluate(() => {
				const out = [];
				if (document.querySelectorAll('h1').length !== 1 || document.documentElement.lang === '' || document.title === '')
					out.push('frame');
				for (const i of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
					if (i.labels.length === 0)
						out.push(i.name);
				return out;
			});
			assert.deepStrictEqual(bad, [], a);
		}
	});
	await test('Chinese pages have no English sentence and English pages no Chinese label', async () => {
		for (const a of ['/inbox', '/do', '/list', '/do/organisation/add', '/list/asset', '/list/approval', '/list/token', cert(GOOD), '/show/asset/HB-2026-0001', '/show/user/hbsw1', '/verify']) {
			await open(one, a + '?lang=en');
			const en = (await one.locator('h1, h2, dt, th, label, button, summary').allInnerTexts()).join('|');
			assert.ok(!/[\u4e00-\u9fff]/.test(en), a + ': ' + en);
			await open(one, a + '?lang=zh');
			const zh = await one.locator('h1, h2, dt, th, label, button, summary').allInnerTexts();
			for (const x of zh.filter((y) => y && y !== 'SHA-256'))
				assert.match(x, /[\u4e00-\u9fff]/, a);
		}
	});
}

const LEDGER = '台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\n';
const csv = (name, lines) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(LEDGER + lines) });
const send = async (page) => {
	await page.click('form.fill button');
	await page.waitForLoadState();
};

// the pages that are made of the command tables
async function generic() {
	const page = await signIn('hbsw2'), office = await signIn('hb-fin3');
	await test('each is shown what his roles may do, and nothing else', async () => {
		await open(page, '/do');
		assert.strictEqual(await page.locator('main .cards a[href="/do/ledger/import"]').count(), 1);
		assert.strictEqual(await page.locator('main .doors a[href="/do/ledger/import"]').count(), 1); // among what holders do most
		assert.strictEqual(await page.locator('main a[href="/do/certificate/issue"]').count(), 0);
		await open(page, '/do/certificate/issue');
		assert.match(await page.innerText('[role=alert]'), /您的角色无权/);
	});
	await test('an uploaded file with faults is refused by line and column, in both languages, with what was typed kept', async () => {
		for (const [lang, words, rule] of [['zh', /全部未办理/, '数据资源目录编号为空'], ['en', /nothing was taken/, 'the entry has no catalogue number']]) {
			await open(page, '/do/ledger/import?lang=' + lang);
			await page.setInputFiles('input[type=file]', csv('台账.csv', 'GENERIC-1,CAT-G-1,甲,自主采集,否\r\nGENERIC-2,,乙,自主采集,否\r\n'));
			await page.fill('input[name=org]', '12420000DEMA00099D');
			await send(page);
			assert.match(await page.innerText('.error'), words);
			assert.match(await page.innerText('table'), new RegExp('3\\s+B 数据资源目录编号\\s+R02\\s*[（(](?:在新窗口打开|opens in a new window)[）)]\\s+' + rule));
			assert.strictEqual(await page.getAttribute('form.acts input[name=org]', 'value'), '12420000DEMA00099D');
		}
		await open(page, '/list/ledger?lang=zh');
		assert.ok(!(await page.innerText('main')).includes('GENERIC-1'));
	});
	await test('a good file is taken; reloading and sending the form again repeat nothing', async () => {
		await open(page, '/do/ledger/import');
		await page.setInputFiles('input[type=file]', csv('台账.csv', 'GENERIC-1,CAT-G-1,甲,自主采集,否\r\nGENERIC-2,CAT-G-2,乙,自主采集,否\r\n'));
		await send(page); // to the preview, and from there
		const form = await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector('form.acts'))));
		await page.click('form.acts button:not(.quiet)');
		await page.waitForURL(/\/done\/[0-9a-f]{22}/);
		for (let i = 0; i < 60 && !/已导入\s*2/.test(await page.innerText('main')); i++) {
			await new Promise((done) => setTimeout(done, 500));
			await page.reload();
		}
		assert.match(await page.innerText('main'), /已导入\s*2/);
		await page.reload();
		assert.match(await page.innerText('main'), /已导入\s*2/);
		const again = await page.request.post(h.portal + '/do/ledger/import', { multipart: { ...form, file: csv('x.csv', 'GENERIC-3,CAT-G-3,丙,自主采集,否\r\n') } });
		assert.strictEqual(again.url().split('?')[0], page.url().split('?')[0]);
		await open(page, '/list/ledger');
		assert.ok(!(await page.innerText('main')).includes('GENERIC-3'));
	});
	await test('an answer that holds a file is kept as one', async () => {
		await open(page, '/do/ledger/template?run=1');
		const [d] = await Promise.all([page.waitForEvent('download'), page.click('a.file')]);
		assert.strictEqual(d.suggestedFilename(), 'ledger-template.csv');
	});
	await test('a refusal names rule, basis and clause, in both languages, above the form as it was filled in', async () => {
		for (const [lang, words] of [['zh', /规则 R\d\d\s*（在新窗口打开）\s*，/], ['en', /Rule R\d\d\s*\(opens in a new window\)\s*, /]]) {
			await open(office, '/do/certificate/revoke?lang=' + lang);
			await office.click('form.fill details summary'); // it is revoked already: not among those that are offered
			await office.fill('input[name=number]', OTHER);
			await office.selectOption('select[name=reason]', 'keyCompromise');
			await office.fill('textarea[name=note]', '甲 & 乙 <b>');
			await send(office);
			const text = await office.innerText('[role=alert]');
			assert.match(text, words);
			assert.strictEqual(/[\u4e00-\u9fff]/.test(text.split(/规则|Rule/)[0]), lang === 'zh', text);
			assert.strictEqual(await office.inputValue('input[name=number]'), OTHER);
			assert.strictEqual(await office.inputValue('select[name=reason]'), 'keyCompromise');
			assert.strictEqual(await office.inputValue('textarea[name=note]'), '甲 & 乙 <b>');
		}
	});
	await test('what is ticked in a list stands in the form; so does all that the list finds; nothing ticked is refused', async () => {
		await open(office, '/list/asset?lang=zh');
		await office.check('input[name=ids][value="HB-2026-0002"]');
		await office.check('input[name=ids][value="GX-2026-0001"]');
		await office.click('.batch button[value="certificate.issue"]');
		assert.strictEqual(await office.inputValue('textarea[name=assets]'), 'GX-2026-0001\nHB-2026-0002\n');
		await open(office, '/list/asset');
		await office.click('text=勾选本页全部');
		const all = await office.locator('input[name=ids]').count();
		assert.strictEqual(await office.locator('input[name=ids]:checked').count(), all);
		await open(office, '/list/asset');
		await office.check('input[name=which][value=all]');
		await office.click('.batch button[value="certificate.issue"]');
		assert.strictEqual((await office.inputValue('textarea[name=assets]')).trim().split('\n').length, all);
		await open(office, '/list/asset');
		await office.click('.batch button[value="certificate.issue"]');
		assert.match(await office.innerText('[role=alert]'), /尚未选择/);
	});
	await test('a task shows what it did and what it set aside, by rule', async () => {
		await open(office, '/list/asset?lang=zh');
		await office.check('input[name=ids][value="HB-2026-0002"]');
		await office.check('input[name=ids][value="GX-2026-0001"]');
		await office.click('.batch button[value="asset.freeze"]');
		assert.strictEqual(await office.locator('input[name=asset]').count(), 0);
		await office.fill('[name=reason]', '例行检查');
		await send(office);
		await office.click('main button:has-text("确认办理")'); // after the preview
		await office.waitForLoadState();
		assert.match(office.url(), /\/done\//);
		const text = await office.innerText('main');
		assert.match(text, /已搁置[\s\S]*GX-2026-0001\s+R40/);
		assert.match(text, /已办理\s+1\s/);
		await office.click('main a[href^="/show/task/"]');
		await office.waitForLoadState();
		assert.match(await office.innerText('main'), /GX-2026-0001\s+R40/);
	});
	await test('a filter is a closed list in words, and stays with the pages', async () => {
		await open(office, '/list/approval');
		await office.click('details.filters summary');
		await office.selectOption('select[name=state]', { label: '已批准' });
		await office.click('details.filters button');
		await office.waitForLoadState();
		assert.ok((await office.innerText('table')).includes('已批准'));
		await open(office, '/list/approval?state=APPROVED&limit=5');
		await office.click('text=下一页');
		await office.waitForLoadState();
		assert.match(office.url(), /state=APPROVED/);
		assert.match(await office.innerText('table'), /已批准/);
	});
	await page.context().close();
	await office.context().close();
}

const HOSTILE = '<script>document.title="owned"</script>"\'><img src=x onerror=alert(1)>\u202ecod.exe&amp;' + 'W'.repeat(20);

// an asset whose name wants to be markup, up to a request for its certificate
async function hostileAsset() {
	const holder = await h.session('hbsw1'), reviewer = await h.session('hbsw-sup'), finance = await h.session('hb-fin3'), issuer = await h.session('hb-fin1');
	const csv = '台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\nE2E-1,CAT-1,"' + HOSTILE.replace(/"/g, '""') + '",自主采集,否\r\n';
	const got = await h.api('/api/v1/ledger/import', { file: csv }, holder);
	assert.strictEqual(got.imported, 1, JSON.stringify(got));
	const ledger = (await h.api('/api/v1/ledger?limit=1000', null, holder)).items.find((x) => x.ledger_no === 'E2E-1').id;
	await h.api('/api/v1/ledger/recognise', { id: ledger, result: 'ASSET', decision: '<b>x</b>' }, holder);
	await h.api('/api/v1/ledger/confirm', { id: ledger }, finance);
	const card = {
		basic: { asset_no: 'E2E-1', name: HOSTILE, class_scheme: 'LOCAL', class_code: '1', overview: HOSTILE.repeat(3) },
		rights: { rights: ['HOLD', 'USE'], modes: [], dispute: false, public_data: false, public_data_basis: '<b>x</b>', personal_info: 'NONE' },
		use: { restrict: '<i>x</i>' },
		management: { data_level: 'GENERAL', mgr_dept: '</dd></dl><h1>x</h1>', mgr_person: '"onmouseover="alert(1)', sec_policy: 'x', emergency_plan: 'x', evidence_no: 'x' },
	};
	await h.api('/api/v1/asset/card', { ledger, card }, holder);
	const id = (await h.api('/api/v1/registration/submit', { asset: 'E2E-1' }, holder)).id;
	await h.api('/api/v1/registration/decide', { id, accept: true }, finance);
	await h.api('/api/v1/certificate/issue', { assets: ['E2E-1'] }, issuer);
}

const SHOWN = '<script>document.title="owned"</script>"\'><img src=x onerror=alert(1)>[U+202E]cod.exe&amp;WWW';

async function onlyText(page, where) {
	assert.ok((await page.innerText('main')).includes(SHOWN), where);
	assert.ok(!(await page.content()).includes('\u202e'), 'no character turns the text');
	assert.strictEqual(await page.locator('main script, main img, main i, main b').count(), 0);
	assert.strictEqual(await page.locator('h1').count(), 1);
	assert.notStrictEqual(await page.title(), 'owned');
	await fits(page, where);
}

async function hostileName(one, two, stranger) {
	const narrow = { width: 390, height: 844 };
	await test('a hostile asset name is text on list and detail, at 390 pixels too', async () => {
		await hostileAsset();
		for (const size of [{ width: 1200, height: 800 }, narrow]) {
			await one.setViewportSize(size);
			for (const a of ['/list/asset', '/show/asset/E2E-1']) {
				await open(one, a);
				await onlyText(one, a);
			}
		}
	});
	await test('a second officer approves its certificate; list, detail and verdict show it as text', async () => {
		await decide(two, 'E2E-1', 'approve');
		await open(two, '/show/asset/E2E-1');
		const number = await two.locator('main a[href^="/show/certificate/"]').first().innerText();
		await two.setViewportSize(narrow);
		for (const a of ['/list/certificate', cert(number)]) {
			await open(two, a);
			await onlyText(two, a);
		}
		await stranger.setViewportSize(narrow);
		assert.strictEqual((await verify(stranger, number)).word, 'permit');
		await onlyText(stranger, 'the verdict');
	});
}

// of Hubei: its number says the month
const newest = (list) => list.map((x) => x.number).filter((n) => /^DA[CU]-420000-/.test(n)).sort().pop();

async function run() {
	await h.make();
	GOOD = newest(h.demo.certificates);
	AUTH = newest(h.demo.authorisations);
	await h.serve();
	browser = await launch();
	await signingIn();
	const stranger = await newPage(), one = await signIn('hb-fin1'), two = await signIn('hb-fin2');
	await takingBack(one, two, stranger);
	await verifying(stranger);
	await telephone();
	await withoutScript();
	await keyboard();
	await readable(one);
	await hostileName(one, two, stranger);
	await generic();
	await test('no page made a console error, broke its content policy, or asked another host', async () => assert.deepStrictEqual([...new Set(faults)], []));
}

run().catch((e) => test('the run reaches its end', () => {
	throw e;
})).finally(async () => {
	if (browser)
		await browser.close();
	await h.stop();
	finish();
});
