'use strict';
// What people come to do, each done from the first page on by what its pages say: links, labels and
// buttons, no address typed.  No script runs in any of it (what script adds is comfort); each task
// at 360 and at 1440 pixels, in Chinese, the main ones in English too.
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { B, Home, assert, finish, launch, test, useText } = require('./lib.js');

const h = new Home();
const NARROW = { width: 360, height: 780 }, WIDE = { width: 1440, height: 900 };
const ONLY = process.env.ONLY && new RegExp(process.env.ONLY);
let browser, turn = 0;

class Person {
	constructor(page, name) {
		this.page = page;
		this.name = name;
		this.clicks = 0;
	}
	static async at(name, { lang = 'zh', size = NARROW, script = false } = {}) {
		const context = await browser.newContext({ locale: lang === 'zh' ? 'zh-CN' : 'en-GB', viewport: size, javaScriptEnabled: script });
		context.setDefaultTimeout(120000); // that it hangs, not that the machine is busy
		const p = new Person(await context.newPage(), name);
		if (name) {
			const [key, value] = (await h.cookie(name)).split('=');
			await context.addCookies([{ name: key, value, url: h.portal, httpOnly: true, sameSite: 'Strict' }]);
		}
		await p.page.goto(h.portal + '/');
		return p;
	}
	async settled() {
		await this.page.waitForLoadState();
		const [w, c] = await this.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
		assert.ok(w <= c, this.page.url() + ' is ' + w + ' of ' + c + ' pixels wide');
	}
	async home() {
		await this.page.goto(h.portal + '/');
		this.clicks = 0;
	}
	text() {
		return this.page.innerText('main');
	}
	async see(what) {
		const text = await this.text();
		assert.ok(typeof what === 'string' ? text.includes(what) : what.test(text), what + ' is not on ' + this.page.url() + ': ' + text.slice(0, 400).replace(/\s+/g, ' '));
	}
	// what is done behind, on a page that loads itself again
	async seeSoon(what) {
		for (let i = 0; i < 60 && !what.test(await this.text()); i++) {
			await this.page.waitForTimeout(500);
			await this.page.reload();
		}
		await this.see(what);
	}
	within(selector, more) {
		return this.page.locator(selector, more);
	}
	async click(locator) {
		this.clicks++;
		await locator.click();
		await this.settled();
	}
	// what is folded on a telephone: the main menu and the account, the steps of a wizard
	async show(what) {
		const folded = this.page.locator(what + ':not([open]) > summary');
		if (await folded.isVisible())
			await folded.click();
	}
	async menu(words) {
		await this.show('.drawer');
		await this.follow(words, this.page.locator('nav.main'));
	}
	// a link by its words
	async follow(words, where = this.page) {
		await this.click(where.getByRole('link', { name: words, exact: typeof words === 'string' }).first());
	}
	async press(words, where = this.page) {
		await this.click(where.getByRole('button', { name: words, exact: typeof words === 'string' }).first());
	}
	// a command's form: its preview, read through, and done
	async act(where = this.page.locator('main form.fill')) {
		await this.press(/./, where);
		await this.see(/尚未办理|nothing has been done yet/);
		await this.click(this.page.locator('main form.acts button:not(.quiet)').first());
	}
	async unfold(words, where = this.page) {
		await where.locator('summary', { hasText: words }).first().click();
		this.clicks++;
	}
	async fill(label, value, where = this.page) {
		await where.getByLabel(label).first().fill(value);
	}
	async choose(label, option, where = this.page) {
		await where.getByLabel(label).first().selectOption({ label: option });
	}
	async leave() {
		await this.page.context().close();
	}
}

// a task: in Chinese on a telephone, the main ones in English on a wide screen; FULL=1: each at both widths
async function task(sentence, run, { en = false, narrow = false } = {}) {
	for (const lang of en ? ['zh', 'en'] : ['zh'])
		for (const size of narrow ? [NARROW] : process.env.FULL === '1' ? [NARROW, WIDE] : [lang === 'zh' ? NARROW : WIDE]) {
			const full = sentence + ' (' + lang + ', ' + size.width + ')';
			if (ONLY && !ONLY.test(full))
				continue;
			turn++;
			const people = [];
			const as = async (name, more) => {
				const p = await Person.at(name, { lang, size, ...more });
				people.push(p);
				return p;
			};
			await test(full, () => run(as, words(lang), turn));
			for (const p of people)
				await p.leave();
		}
}

async function verdictOf(stranger, credential, use = '') {
	await stranger.page.goto(h.portal + '/verify');
	await stranger.page.fill('textarea[name=credential]', credential);
	if (use) {
		await stranger.show('details.part');
		await stranger.page.fill('[name=use]', use);
	}
	await stranger.page.locator('form:has(textarea[name=credential]) button:not([type=button])').first().click();
	await stranger.page.waitForSelector('.verdict');
	return (await stranger.page.getAttribute('.verdict', 'class')).replace(/.*\bverdict (\w+).*/, '$1');
}

// what a page says for an English text of the catalogue
const zh = new Map();
for (const m of fs.readFileSync(path.join(__dirname, '../../web/po/zh-CN.po'), 'utf8').matchAll(/^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)/gm))
	zh.set(...[m[1], m[2]].map((t) => t.match(/"((?:[^"\\]|\\.)*)"/g).map((x) => JSON.parse(x)).join('')));
const words = (lang) => (text) => {
	assert.ok(zh.has(text), 'no page says "' + text + '"');
	return lang === 'zh' ? zh.get(text) : text;
};

const LEDGER = '台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\n';
const csv = (lines) => ({ name: '台账.csv', mimeType: 'text/csv', buffer: Buffer.from(LEDGER + lines) });

// --- anybody ---

async function anybody() {
	const GOOD = 'DAC-100000-202603-000001-F', permit = h.token('permit'), deny = h.token('deny');
	const judged = async (p) => {
		await p.page.waitForSelector('.verdict');
		return (await p.page.getAttribute('.verdict', 'class')).replace(/.*\bverdict (\w+).*/, '$1');
	};
	const check = (p) => p.click(p.within('form:has(textarea[name=credential]) button:not([type=button])').first());
	await task('a stranger checks a certificate by its number on the first page', async (as) => {
		const p = await as(null);
		await p.page.fill('textarea[name=credential]', GOOD);
		await check(p);
		assert.strictEqual(await judged(p), 'permit');
	}, { en: true });
	await task('a stranger checks a pasted token for a use, and is told why another is denied', async (as) => {
		const p = await as(null);
		await p.menu((await p.page.getAttribute('html', 'lang')) === 'en' ? 'Verify' : '核验');
		for (const t of [permit, deny]) {
			const folded = p.within('details:not([open]):has(textarea[name=credential]) > summary'); // below a verdict
			if (await folded.count() > 0)
				await folded.first().click();
			await p.page.fill('textarea[name=credential]', h.read(t));
			await p.show('details.part'); // what it is to be used for, on a telephone
			await p.page.fill('[name=use]', useText(t.use));
			await check(p);
			assert.strictEqual(await judged(p), t.expect);
		}
	}, { en: true });
	await task('a stranger checks a file, of a certificate in DER too, and asks about a use of it without choosing it again; at the verifier likewise', async (as) => {
		const p = await as(null), pem = fs.readFileSync(path.join(h.d, 'demo', GOOD + '.pem'));
		const der = Buffer.from(pem.toString().replace(/-----[^-]*-----/g, ''), 'base64');
		for (const at of [h.portal + '/verify', h.verifier + '/'])
			for (const [name, buffer] of [['certificate.pem', pem], ['certificate.der', der]]) {
				await p.page.goto(at);
				await p.page.setInputFiles('input[type=file]', { name, mimeType: 'application/octet-stream', buffer });
				await check(p);
				assert.strictEqual(await judged(p), 'permit', at + name);
				const folded = p.within('main details:not([open]):has(textarea[name=credential]) > summary');
				if (await folded.count() > 0)
					await folded.first().click();
				assert.match(await p.page.inputValue('textarea[name=credential]'), /^-----BEGIN CERTIFICATE-----/);
				await p.page.selectOption('[name=use_action]', 'DOWNLOAD_PRODUCT');
				await check(p);
				assert.strictEqual(await judged(p), 'deny', at + name + ' for a use: a certificate permits none');
				await p.see(GOOD);
			}
		const token = h.token('permit');
		await p.page.goto(h.verifier + '/');
		await p.page.setInputFiles('input[type=file]', { name: 'license.jwt', mimeType: 'application/octet-stream', buffer: Buffer.from(h.read(token)) });
		await p.show('details.part');
		await p.page.fill('[name=use]', useText(token.use));
		await check(p);
		assert.strictEqual(await judged(p), token.expect);
		await p.page.goto(h.verifier + '/');
		await p.page.setInputFiles('input[type=file]', { name: 'code.png', mimeType: 'image/png', buffer: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') });
		await check(p);
		await p.see('此处不读取图片');
	});
	await task('on a telephone the button to verify stands on the first screen; the intended use is folded', async (as) => {
		const p = await as(null);
		await p.page.goto(h.portal + '/verify');
		assert.ok(!await p.within('[name=use_action]').isVisible());
		const box = await p.within('form:has(textarea[name=credential]) button:not([type=button])').first().boundingBox();
		assert.ok(box.y + box.height <= NARROW.height, 'the button ends at ' + (box.y + box.height));
	}, { narrow: true });
	await task('a stranger finds notices, disclosure, help, and how to verify independently', async (as, say) => {
		const p = await as(null);
		for (const [link, seen] of [['Public notices', say('Public notices')], ['Disclosure of authorised operation', /DAU-/], ['Verify independently', /[0-9A-Fa-f:]{40,}/], ['Help', say('Help')]]) {
			await p.home();
			await p.click(p.within('.doors a', { hasText: say(link) }).filter({ hasText: say(link) }).first());
			await p.see(seen);
		}
	}, { en: true });
}

// --- paper ---

const tool = (name, args) => {
	const r = spawnSync(name, args);
	assert.ok(!r.error && r.status === 0, name + ': ' + (r.error || r.stderr));
	return r.stdout;
};

async function paper() {
	for (const [who, noun, number, credential] of [['hb-fin1', 'certificate', h.demo.certificates.find((c) => c.expect === 'permit').number], ['jc1', 'authorisation', h.demo.authorisations.find((a) => a.expect === 'permit').number]])
		await task('the QR code of a printed ' + noun + ' leads to the right verdict', async (as) => {
			const p = await as(who), cookie = await h.cookie(who), stranger = await as(null);
			const r = await fetch(h.portal + '/do/' + noun + '/print?run=1&format=pdf&download=file&number=' + number, { headers: { Cookie: cookie, Accept: 'text/html' } });
			const pdf = path.join(h.root, noun + '.pdf');
			fs.writeFileSync(pdf, Buffer.from(await r.arrayBuffer()));
			tool('pdftoppm', ['-r', '200', '-png', pdf, pdf]);
			const sheets = fs.readdirSync(h.root).filter((f) => f.startsWith(noun + '.pdf-')).map((f) => path.join(h.root, f));
			const coded = sheets.find((f) => spawnSync('zbarimg', ['--raw', '-q', f]).status === 0);
			assert.ok(coded, 'no QR code on ' + sheets.length + ' sheets');
			const address = tool('zbarimg', ['--raw', '-q', coded]).toString().trim().split('\n')[0];
			assert.ok(address.startsWith(h.verifier + '/v/' + number), address);
			await stranger.page.goto(address);
			assert.strictEqual(await stranger.within('.verdict.permit').count(), 1, await stranger.text());
			await stranger.home();
			await stranger.page.setInputFiles('input[type=file]', coded);
			await stranger.click(stranger.within('form:has(textarea[name=credential]) button:not([type=button])').first());
			assert.strictEqual(await stranger.within('.verdict.permit').count(), 1, await stranger.text());
			await p.settled();
		}, { narrow: true });
}

// --- a holder's catalogue and cards ---

async function catalogue() {
	await task('a holder brings a faulty catalogue in, is told what to mend, and brings it in', async (as, say, n) => {
		const p = await as('hbsw1'), en = (await p.page.getAttribute('html', 'lang')) === 'en';
		await p.menu(say('Act'));
		await p.follow(en ? 'Import the ledger' : '导入台账');
		const send = async () => {
			const form = p.within('main form.fill');
			await p.click(form.locator('button:not([formnovalidate])').first());
			const sure = p.within('main').getByRole('button', { name: say('Do it'), exact: true });
			if (await sure.count() > 0)
				await p.click(sure);
		};
		await p.page.setInputFiles('main input[type=file]', csv('T' + n + '-1,C-T' + n + '-1,流量,自主采集,否\r\nT' + n + '-2,,水位,自主采集,否\r\n'));
		await send();
		await p.see(en ? 'the entry has no catalogue number' : '数据资源目录编号为空');
		if (await p.within('main input[type=file]').count() === 0)
			await p.press(say('Back to change'));
		await p.page.setInputFiles('main input[type=file]', csv('T' + n + '-1,C-T' + n + '-1,流量,自主采集,否\r\nT' + n + '-2,C-T' + n + '-2,水位,自主采集,否\r\n'));
		await send();
		await p.seeSoon(en ? /imported\s*2/i : /已导入\s*2/);
	}, { en: true });
	await task('a draft of a card outlives the session that began it', async (as, say, n) => {
		const p = await as('hbsw2');
		await h.api('/api/v1/ledger/import', { file: LEDGER + 'D' + n + '-1,C-D' + n + '-1,草稿,自主采集,否\r\n' }, await h.session('hbsw1'));
		let id, after = ' ';
		while (!id && after) {
			const page = await h.api('/api/v1/ledger?limit=1000&after=' + after.trim(), null, await h.session('hbsw1'));
			id = (page.items.find((x) => x.ledger_no === 'D' + n + '-1') || {}).id;
			after = page.next;
		}
		assert.ok(id, 'the entry is in the ledger');
		await p.page.goto(h.portal + '/wizard/asset/card?ledger=' + id);
		await p.page.fill('[name="card.basic.asset_no"]', 'DRAFT-' + n);
		await p.press(say('Save draft'));
		await p.show('.drawer');
		await p.press(say('Sign out'), p.within('header'));
		delete h.cookies.hbsw2;
		const again = await as('hbsw2');
		await again.page.goto(h.portal + '/drafts');
		await again.click(again.within('main a[href*="/wizard/asset/card"]').first());
		assert.strictEqual(await again.page.inputValue('[name="card.basic.asset_no"]'), 'DRAFT-' + n);
	});
}

// --- taking back ---

// from the home page: three clicks and a reason; the number of what was stopped
async function stop(p, noun, act, reason, before) {
	const row = p.within('main a.stop[href*="/show/' + noun + '/"]').first();
	const id = new RegExp(noun + '/([^#]+)').exec(await row.getAttribute('href'))[1];
	await before(id);
	await p.click(row);
	await p.click(p.within('#stop a[href*="/do/' + act + '"]'));
	await p.page.fill('[name=reason]', reason);
	await p.click(p.within('main form.fill button.danger, main form.fill button').first());
	assert.strictEqual(p.clicks, 3);
	return id;
}

async function takingBack() {
	await task('an operator takes a token back from the home page: three clicks and a reason; the public page denies at once', async (as) => {
		const p = await as('jc1'), stranger = await as(null);
		let token, use;
		const id = await stop(p, 'token', 'token/revoke', '合同终止（示例）', async (it) => {
			token = await h.api('/api/v1/token/' + it, null, await h.session('jc2'));
			use = token.binding === 'named' ? useText({ user: token.user.usci, audience: token.audience }) : ''; // by name it says nothing without its user
			assert.strictEqual(await verdictOf(stranger, token.compact, use), 'permit');
		});
		assert.strictEqual(await verdictOf(stranger, token.compact, use), 'deny');
		assert.strictEqual((await h.api('/api/v1/token/' + id, null, await h.session('jc2'))).state, 'REVOKED');
	});
}

// --- the course of an authorisation, step by step ---

async function wizard() {
	await task('an implementing institution proposes an authorisation by the wizard: what is missing stands first, nothing is done before the last page', async (as, say) => {
		const p = await as('hbsw1');
		await p.menu(say('Act'));
		await p.click(p.within('main a[href="/do/authorisation/propose"]').first());
		if (await p.within('main a[href^="/wizard/authorisation/propose"]').count() > 0) // the long form leads to its steps
			await p.click(p.within('main a[href^="/wizard/authorisation/propose"]').first());
		const save = () => p.press(say('Save and continue'));
		await p.see(say('Certificates'));
		assert.ok(await p.within('[name="proposal.certificates"][type=checkbox]').count() >= 2);
		await p.page.locator('[name="proposal.certificates"][type=checkbox]').nth(1).check();
		await save();
		for (const [name, value] of [['mode', 'WHOLE'], ['rights', 'USE'], ['rights', 'OPER'], ['purposes', 'INDUSTRY'], ['actions', 'QUERY'], ['territory', '420000']]) {
			const input = p.page.locator('[name="proposal.grant.' + name + '"]');
			if (name === 'mode')
				await input.selectOption(value);
			else
				await p.page.locator('[name="proposal.grant.' + name + '"][value="' + value + '"]').check();
		}
		await save();
		const today = new Date(Date.now() + 8 * 3600 * 1000).toISOString();
		await p.page.fill('[name="proposal.from"]', today.slice(0, 10));
		await p.page.fill('[name="proposal.to"]', (Number(today.slice(0, 4)) + 1) + '-06-30');
		await save();
		await p.show('.fold');
		await p.click(p.page.locator('.steps button').last()); // to the end, the terms are still missing
		await p.see(/缺|missing/);
		const begun = (await h.api('/api/v1/plan?limit=1000', null, await h.session('auditor'))).items.length;
		await p.show('.fold');
		await p.click(p.page.locator('.steps button').nth(2));
		await p.page.locator('[name="proposal.terms"]').selectOption('paid');
		await save();
		await p.show('.fold');
		await p.click(p.page.locator('.steps button').last());
		await p.press(say('Check and preview'));
		assert.strictEqual(await p.within('main [role=alert]').count(), 0, await p.text());
		assert.strictEqual((await h.api('/api/v1/plan?limit=1000', null, await h.session('auditor'))).items.length, begun);
		await p.press(say('Do it'));
		await p.see(/PR-[0-9a-z]+/);
		assert.strictEqual((await h.api('/api/v1/plan?limit=1000', null, await h.session('auditor'))).items.length, begun + 1);
	}, { en: true });
}

// --- an agreement that runs is adjusted ---

async function adjusting() {
	const dau = () => h.demo.authorisations.find((a) => a.number.startsWith('DAU-420000') && a.expect === 'permit').number;
	const decide = async (approval, ...logins) => {
		for (const who of logins)
			await h.api('/api/v1/approval/approve', { id: approval }, await h.session(who));
	};
	const approvalOf = (p) => /AP-[0-9a-z]+/.exec(p.page.url() + ' ' + p.seen)[0];
	const sent = async (p, say) => {
		await p.press(say('Check and preview'));
		assert.strictEqual(await p.within('main [role=alert]').count(), 0, await p.text());
		await p.press(say('Do it'));
		p.seen = await p.text();
	};
	const value = (p, name) => p.within('[name="' + name + '"]').evaluateAll((all) => all.map((x) => x.value).join(''));
	await task('an agreement is adjusted from the page of its authorisation: only the change is typed, step after step, and each approval says what differs; then the operator is told, and registers the product', async (as, say, n) => {
		const p = await as('hbsw1'), number = dau();
		const now = await h.api('/api/v1/authorisation/' + number, null, await h.session('auditor'));
		await p.page.goto(h.portal + '/show/authorisation/' + number);
		await p.follow(say('Adjust the agreement'), p.within('main'));
		await p.see(number);
		assert.strictEqual(await p.within('[name="proposal.certificates"][type=checkbox]:checked').count(), now.assets.length, 'its certificates are chosen');
		await p.press(say('Save and continue'));
		assert.strictEqual(await value(p, 'proposal.grant.mode'), now.grant.mode);
		assert.deepStrictEqual(await p.within('[name="proposal.grant.purposes"]:checked').evaluateAll((all) => all.map((x) => x.value).sort()), now.grant.purposes);
		await p.press(say('Save and continue'));
		assert.strictEqual(await value(p, 'proposal.to'), new Date(Date.parse(now.not_after) + 8 * 3600 * 1000).toISOString().slice(0, 10));
		await p.page.fill('[name="proposal.to"]', (Number(now.not_after.slice(0, 4)) - 1) + '-12-31');
		await p.press(say('Save and continue'));
		await p.show('.fold');
		await p.click(p.page.locator('.steps button').last());
		await sent(p, say);
		const plan = /PR-[0-9a-z]+/.exec(p.seen)[0];
		await p.page.goto(h.portal + '/show/plan/' + plan);
		await p.see(say('This adjusts a running authorisation:') + ' ' + number);
		await p.see('-12-31');
		await p.page.goto(h.portal + '/do/plan/study?id=' + plan);
		assert.ok((await value(p, 'study.feasibility')).length > 0, 'the study that is kept');
		await sent(p, say);
		await p.page.goto(h.portal + '/show/plan/' + plan);
		const asked = await h.api('/api/v1/plan/submit', { id: plan }, await h.session('hbsw1'));
		const fin = await as('hb-fin1');
		await fin.page.goto(h.portal + '/approvals/' + asked.approval);
		await fin.see(say('This adjusts a running authorisation:') + ' ' + number);
		await fin.see('-12-31');
		await decide(asked.approval, 'hb-fin1');
		await p.page.setViewportSize(WIDE);
		await p.page.goto(h.portal + '/wizard/plan/deliberate?id=' + plan);
		const cramped = await p.within('.limits dd').evaluateAll((all) => all.filter((x) => x.clientWidth < 150 || x.scrollWidth > x.clientWidth).map((x) => x.textContent));
		assert.deepStrictEqual(cramped, [], 'what it has to stay within has room');
		await p.page.setViewportSize(NARROW);
		await p.page.goto(h.portal + '/do/plan/deliberate?id=' + plan);
		assert.ok((await value(p, 'items.necessity')).length > 0, 'the twelve items that are kept');
		const listed = await value(p, 'items.products.development');
		await p.page.fill('[name="items.products.development"]', listed + '\n预警接口');
		for (const [name, text] of [['body', '示例'], ['doc_no', '示例〔2026〕9号'], ['doc_date', china()]])
			await p.page.fill('[name="' + name + '"]', text);
		await p.page.setInputFiles('main input[type=file]', { name: '审议.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 example') });
		await sent(p, say);
		await decide(approvalOf(p), 'hbsw2');
		await p.page.goto(h.portal + '/do/plan/select?id=' + plan);
		assert.ok((await value(p, 'selection.notice.place')).length > 0, 'the selection that is kept');
		await sent(p, say);
		await p.page.goto(h.portal + '/do/plan/agree?id=' + plan);
		const ids = await p.within('[name^="agreement.products."][name$=".id"]').evaluateAll((all) => all.map((x) => x.value));
		assert.deepStrictEqual(ids, [...now.agreed_products.map((x) => x.id), 'P-001'], 'numbers are kept, and a new one has its own');
		assert.ok((await value(p, 'agreement.breach')).length > 0, 'the agreement in force');
		const at = 'agreement.products.' + (ids.length - 1) + '.';
		const id = 'P-ALERT-' + n;
		await p.page.fill('[name="' + at + 'id"]', id);
		for (const name of ['standard', 'security_review', 'conformity'])
			await p.page.fill('[name="' + at + name + '"]', '示例');
		await p.page.locator('[name="' + at + 'purpose"]').selectOption(now.agreed_products.find((x) => ['INDUSTRY', 'SECTOR'].includes(x.purpose)).purpose);
		await sent(p, say);
		const operator = await as('jc1');
		await operator.page.goto(h.portal + '/approvals/' + approvalOf(p));
		await operator.see(say('This adjusts a running authorisation:') + ' ' + number);
		await operator.see(id);
		await operator.press(say('Approve'));
		const paper = { body: '示例', doc_no: '示例〔2026〕9号', doc_date: china(), scan: '示例' };
		const ask = async (command, body) => (await h.api('/api/v1/' + command, body, await h.session('hbsw1'))).approval;
		await decide(await ask('plan/file', { id: plan, filing_no: '备2026-9（示例）', ...paper }), 'hbsw2');
		await decide(await ask('plan/activate', { id: plan, place: '示例', address: 'https://disclosure.example/9' }), 'hb-fin2');
		await operator.home();
		await operator.click(operator.within('main .todo a[href="/do/product/add"]'));
		await operator.click(operator.within('main a[href*="id=' + id + '"]'));
		assert.strictEqual(await value(operator, 'id'), id);
		assert.strictEqual(await value(operator, 'name'), '预警接口');
		await operator.see('有偿的须填');
		const price = (await h.api('/api/v1/price?authorisation=' + number, null, await h.session('hbsw1'))).items.find((x) => x.state === 'IN_FORCE');
		const priced = await ask('price/record', { authorisation: number, maximum_fen: 914313600, cost_fen: 800000000, bond_bp: 182, profit_bp: 782, tax_bp: 600, from: china(), to: (Number(china().slice(0, 4)) + 2) + '-06-30',
			caps: [...price.caps, { product: id, cap_fen: 500, volume: 1000 }], doc_no: '示例〔2026〕10号', doc_date: china(), authority: '示例', scan: '示例' });
		await decide(priced, 'hb-fin1');
		const said = { version: '1.0', 'fee_fen@yuan': '5.00', data_use: '示例', conditions: '示例' };
		for (const [name, text] of Object.entries(said))
			await operator.page.fill('[name="' + name + '"]', text);
		for (const [name, code] of [['delivery', 'API'], ['price_form', 'GUIDED'], ['charge_basis', 'CALLS']])
			await operator.page.locator('[name="' + name + '"]').selectOption(code);
		await sent(operator, say);
		assert.ok(decodeURIComponent(operator.page.url()).includes('/show/product/' + number + '/' + id), 'to its page: ' + operator.page.url());
		assert.ok(await operator.within('main a.button[href*="/do/token/issue?product="]').count() > 0, 'and on from there');
		await operator.home();
		assert.strictEqual(await operator.within('main .todo a[href="/do/product/add"]').count(), 0, 'nothing is left to register');
	});
	await task('the same from the empty form: the authorisation is chosen, and a button fills in what it says', async (as, say) => {
		const p = await as('hbsw1'), number = dau();
		await p.page.goto(h.portal + '/do/authorisation/propose');
		await p.see(say('To adjust a running authorisation and its agreement, begin at it; what it says now is filled in:'));
		await p.page.locator('select[name="proposal.adjusts"]').selectOption(number);
		await p.press(say('Fill in what it says now'));
		assert.ok(await p.within('[name="proposal.certificates"][type=checkbox]:checked').count() > 0);
		assert.strictEqual(await value(p, 'proposal.grant.mode'), 'WHOLE');
		assert.strictEqual(await value(p, 'proposal.adjusts'), number);
		await p.page.goto(h.portal + '/wizard/authorisation/propose');
		await p.page.locator('select[name="proposal.adjusts"]').selectOption(number);
		await p.press(say('Save and continue'));
		assert.ok(await p.within('[name="proposal.certificates"][type=checkbox]:checked').count() > 0, 'step by step too: what was filled in is seen first');
		await p.press(say('Save and continue'));
		assert.strictEqual(await value(p, 'proposal.grant.mode'), 'WHOLE');
	});
}

// --- revenue and evaluation ---

const china = () => new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10);

async function money() {
	const dau = h.demo.authorisations.find((a) => a.number.startsWith('DAU-429090')).number;
	const typed = async (p, name, value) => p.page.fill('[name="' + name + '"]', value);
	const product = async () => (await h.api('/api/v1/product?authorisation=' + dau, null, await h.session('jc2'))).items[0].id;
	await task('the shares of a revenue are computed while it is typed, to the fen', async (as) => {
		const p = await as('jc1', { script: true });
		await p.page.goto(h.portal + '/show/authorisation/' + dau);
		await p.click(p.within('main a[href*="/do/revenue/book"]').first());
		await typed(p, 'product', await product());
		await p.page.locator('[name=kind]').selectOption('OPERATOR_SALE');
		await p.page.locator('[name="gross_fen@yuan"]').pressSequentially('1000.03');
		await p.page.waitForFunction(() => /600\.0[12]/.test(document.querySelector('main').innerText));
	}, { en: true });
	await task('without script a button computes them; the booking is previewed, then done', async (as, say, n) => {
		const p = await as('jc1'), count = async () => (await h.api('/api/v1/revenue?limit=1000', null, await h.session('auditor'))).items.length;
		await p.page.goto(h.portal + '/do/revenue/book?authorisation=' + dau);
		await typed(p, 'product', await product());
		await typed(p, 'gross_fen@yuan', '200.0' + n % 10);
		await p.page.locator('[name=kind]').selectOption('OPERATOR_SALE');
		await p.press(say('Compute'));
		await p.see(/120\.0/);
		await typed(p, 'payer', '91440300DEMA00128B');
		await typed(p, 'period_from', china());
		await typed(p, 'period_to', china());
		await p.page.locator('[name=funded_by]').selectOption('OWN');
		await typed(p, 'evidence.documents', '示例〔2026〕' + n + '号');
		const before = await count();
		await p.press(say('Check and preview'));
		assert.strictEqual(await count(), before);
		await p.press(say('Do it'));
		assert.strictEqual(await count(), before + 1);
	});
	await task('an evaluation is computed from its indicators and filed with its report', async (as, say) => {
		const p = await as('hbsw1'), number = h.demo.authorisations.find((a) => a.number.startsWith('DAU-420000') && a.expect === 'permit').number;
		await p.page.goto(h.portal + '/do/evaluation/add?number=' + number);
		await typed(p, 'from', china());
		await typed(p, 'to', china());
		await typed(p, 'indicators.0.name', '服务');
		await typed(p, 'indicators.0.weight_bp@pct', '100');
		await typed(p, 'indicators.0.score', '90');
		await p.page.locator('[name=conclusion]').selectOption({ index: 1 });
		await p.press(say('Compute'));
		await p.see(/90/);
		await p.page.setInputFiles('main input[type=file]', { name: '评价.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 example') });
		await p.press(say('Check and preview'));
		if (await p.within('main input[type=file]').isVisible())
			await p.page.setInputFiles('main input[type=file]', { name: '评价.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 example') });
		await p.press(say('Do it'));
		const filed = (await h.api('/api/v1/evaluation?number=' + number, null, await h.session('auditor'))).items;
		assert.strictEqual(filed.length, 1);
	});
}

// --- a numbered copy, and the own account ---

async function offices() {
	await task('a numbered copy of a certificate is made, and handed out against a signature', async (as, say) => {
		const p = await as('hb-fin1'), number = h.demo.certificates.find((c) => c.number.startsWith('DAC-420000') && c.expect === 'permit').number;
		await p.page.goto(h.portal + '/show/certificate/' + number);
		await p.click(p.within('main a[href*="/do/copy/issue"]').first());
		await p.act();
		await p.seeSoon(/CP-[0-9A-Za-z-]+/);
		const copy = (await h.api('/api/v1/copy?number=' + number, null, await h.session('hb-fin1'))).items.pop();
		await p.page.goto(h.portal + '/show/copy/' + copy.id);
		await p.page.goto(h.portal + '/do/copy/collect?id=' + copy.id);
		await p.page.fill('[name=name]', '李四（虚构）');
		await p.page.locator('[name=document]').selectOption('ID_CARD');
		await p.page.fill('[name=document_no]', '420101199001010000');
		await p.page.locator('[name=checked]').selectOption('true');
		await p.act();
		assert.strictEqual((await h.api('/api/v1/copy/' + copy.id, null, await h.session('hb-fin1'))).state, 'COLLECTED');
	});
	await task('an officer sees his sessions, ends the others and makes recovery codes', async (as, say) => {
		const p = await as('gx-fin1');
		await p.show('.drawer');
		await p.click(p.within('header a[href="/account"]').first());
		await p.click(p.within('main a[href="/account/sessions"]').first());
		await p.see(/127\.0\.0\.1/);
		await p.page.goto(h.portal + '/account/recovery');
		await p.page.fill('[name=current]', h.login('gx-fin1').password);
		await p.press(/./, p.within('main form').first());
		assert.strictEqual(((await p.text()).match(/\b[0-9a-z]{4}(?:-[0-9a-z]{4}){2,}\b/gi) || []).length, 10, await p.text());
	});
}

// --- from a card to its certificate ---

// days go by in this home
function later(days) {
	const r = spawnSync(path.join(B, 'fujie'), ['clock', 'demo', '--dir', h.d, '--at', new Date(Date.now() + days * 86400000).toISOString().slice(0, 19) + 'Z'], { encoding: 'utf8' });
	assert.strictEqual(r.status, 0, r.stderr);
}

async function registration() {
	await task('an asset goes from its card to its certificate, each step by the office whose turn it is', async (as, say, n) => {
		const no = 'E-' + n, clerk = 'hbsw1', holder = await as(clerk), finance = await as('hb-fin1'), second = await as('hb-fin2'), third = await as('hb-fin3');
		await h.api('/api/v1/ledger/import', { file: LEDGER + no + ',C-' + no + ',示例 ' + no + ',自主采集,否\r\n' }, await h.session(clerk));
		const preview = async (p) => {
			await p.press(say('Check and preview'));
			await p.press(say('Do it'));
		};
		const fill = async (p, fields) => {
			for (const [name, value] of Object.entries(fields)) {
				const input = p.page.locator('[name="' + name + '"]');
				if (Array.isArray(value))
					for (const v of value)
						await p.page.locator('[name="' + name + '"][value="' + v + '"]').check();
				else if ((await input.first().evaluate((e) => e.tagName)) === 'SELECT')
					await input.selectOption(value);
				else
					await input.fill(value);
			}
		};
		const step = async (p, fields) => {
			await fill(p, fields);
			await p.press(say('Save and continue'));
		};
		const next = (p) => p.click(p.within('main .acts a.button:not(.quiet), main .acts button:not(.quiet)').first());
		await holder.menu('台账');
		await holder.click(holder.within('main tr', { hasText: '示例 ' + no }).getByRole('link').first());
		await next(holder); // the conclusion
		await fill(holder, { result: 'ASSET', decision: '示例〔2026〕' + n + '号', held: 'true', benefit: 'true', measurable: 'true' });
		await holder.act();
		await holder.see('湖北省财政厅'); // whose turn it is
		await finance.home();
		await finance.click(finance.within('main .todo a').first());
		await finance.click(finance.within('main tr', { hasText: '示例 ' + no }).getByRole('link').first());
		await next(finance);
		await finance.act();
		// the card, by its four blocks
		await holder.home();
		await holder.menu('台账');
		await holder.click(holder.within('main tr', { hasText: '示例 ' + no }).getByRole('link').first());
		await next(holder);
		await step(holder, { 'card.basic.asset_no': no, 'card.basic.class_scheme': 'LOCAL', 'card.basic.class_code': '1', 'card.basic.overview': '示例（虚构）' });
		await step(holder, { 'card.rights.rights': ['HOLD', 'USE', 'OPER'], 'card.rights.dispute': 'false', 'card.rights.public_data': 'true', 'card.rights.public_data_basis': '示例', 'card.rights.source_authority': '履职采集（示例）', 'card.rights.personal_info': 'NONE' });
		await step(holder, { 'card.use.scenes': '示例', 'card.use.products': '示例' });
		await step(holder, { 'card.management.data_level': 'GENERAL', 'card.management.mgr_dept': 'x', 'card.management.mgr_person': 'y', 'card.management.sec_policy': 'z', 'card.management.emergency_plan': 'z', 'card.management.evidence_no': 'EV-1', 'card.management.risk_assessment': 'x' });
		await preview(holder);
		await next(holder);
		await preview(holder); // says what is missing, before it goes off
		// the office's part, from its home page each time
		const office = async (fields) => {
			await finance.home();
			await finance.click(finance.within('main .todo a').first());
			await finance.click(finance.within('main tr', { hasText: no }).getByRole('link').first());
			await next(finance);
			await fill(finance, fields);
			await finance.act();
			await finance.see('已办理');
		};
		await office({});
		await office({ accept: 'true' });
		await office({ place: '门户（示例）', address: 'https://notice.example/' + no, confidentiality: '已审（示例）' });
		const anyone = await as(null);
		await anyone.menu('公示');
		await anyone.see('示例 ' + no);
		// somebody objects, and follows it with what the receipt says; the department finds nothing in it
		await anyone.click(anyone.within('main a[href^="/notices/"]').last());
		await fill(anyone, { name: '赵六（虚构）', contact: '示例路1号', evidence: '采集合同（示例）' });
		await anyone.press(/./, anyone.within('main form'));
		const receipt = /(OB-[0-9a-z]{12})[^]*?\b([0-9a-z]{16})\b/.exec(await anyone.text());
		assert.ok(receipt, await anyone.text());
		for (const [act, fields] of [['confirm', {}], ['decide', { upheld: 'false', reason: '查无实据（示例）' }]]) {
			await finance.home();
			await finance.click(finance.within('main .todo a[href*="/list/objection"], main .todo a[href*="/show/objection/"]').first());
			if (!finance.page.url().includes('/show/'))
				await finance.click(finance.within('main tr a[href^="/show/objection/"]', { hasText: receipt[1] }).first());
			const direct = finance.within('main a[href^="/do/objection/' + act + '"]');
			if (await direct.count() > 0)
				await finance.click(direct.first());
			else
				await finance.unfold(act === 'confirm' ? '受理社会公众异议' : '异议处理决定', finance.within('main'));
			const form = finance.within('main form[action="/do/objection/' + act + '"]');
			for (const [name, value] of Object.entries(fields)) {
				const input = form.locator('[name="' + name + '"]');
				await ((await input.evaluate((e) => e.tagName)) === 'SELECT' ? input.selectOption(value) : input.fill(value));
			}
			await finance.act(form);
		}
		await anyone.page.goto(h.portal + '/objections');
		await fill(anyone, { id: receipt[1], secret: receipt[2] });
		await anyone.press(/./, anyone.within('main form'));
		await anyone.see('查无实据（示例）');
		later(30);
		await office({ accept: 'true' });
		// who reviewed does not issue: two others
		await second.home();
		await second.click(second.within('main .todo a').first());
		await second.click(second.within('main tr', { hasText: no }).getByRole('link').first());
		await next(second);
		await preview(second);
		await third.home();
		await third.click(third.within('main .todo a').first());
		await third.see('将签署的内容'); // the only thing that waits
		await third.see('示例 ' + no);
		await third.press('批准');
		const number = (await h.api('/api/v1/certificate?asset=' + no, null, await h.session('auditor'))).items[0].number;
		assert.strictEqual(await verdictOf(anyone, number), 'permit');
		await holder.home();
		await holder.menu('数据资产证书');
		await holder.see(number);
	}, { narrow: true });
}

// --- licenses for many, and a department's report ---

async function many() {
	await task('licenses for a list of users: previewed by name, approved by a colleague, downloaded', async (as, say) => {
		const number = h.demo.authorisations.find((a) => a.number.startsWith('DAU-420000') && a.expect === 'permit').number;
		const p = await as('jc1'), second = await as('jc2'), bearer = await h.session('jc2');
		const product = (await h.api('/api/v1/product?authorisation=' + number, null, bearer)).items.find((x) => x.state === 'ON_SALE');
		await p.page.goto(h.portal + '/do/token/bulk?authorisation=' + number);
		const of = { 'product.id': product.id, 'product.version': product.version, days: '30', audience: 'https://example/' };
		for (const [name, value] of Object.entries(of))
			await p.page.fill('[name="request.' + name + '"]', value);
		await p.page.locator('[name="request.product.kind"]').selectOption({ label: '运营机构产品' });
		await p.page.locator('[name="request.binding"]').selectOption('named');
		await p.page.locator('[name="request.terms"]').selectOption(product.price_form === 'FREE' ? { label: '有条件无偿使用' } : { label: '有条件有偿使用' });
		for (const box of await p.page.locator('[name="request.grant.purposes"]').all())
			await box.setChecked(await box.getAttribute('value') === product.purpose);
		const list = '统一社会信用代码,用户名称,绑定方式\r\n91420100DEMA00777W,示例用户一（虚构）,named\r\n91420100DEMA00778U,示例用户二（虚构）,named\r\n';
		await p.page.setInputFiles('main input[type=file]', { name: '用户.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
		await p.press(say('Check and preview'));
		await p.see('示例用户一（虚构）');
		await p.see('清单共 2 行，签发 1 户；其余 1 行有错误，不予签发：'); // its code has a wrong check character
		await p.press('仅签发 1 户');
		await p.seeSoon(/审批/);
		await second.home();
		await second.click(second.within('main .todo a').first());
		await second.see('示例用户一（虚构）');
		await second.see(/不予签发：\s*第 3 行 示例用户二（虚构）/);
		await second.press('批准');
		await second.follow('查看批次：进度和下载', second.within('main'));
		await p.click(p.within('main a[href^="/show/bulk/"]').first());
		await p.seeSoon(/已完成/);
		const batch = p.page.url().split('/').pop(), tokens = await p.within('main a.button[href*="/do/token/archive"]').first().getAttribute('href');
		await p.home();
		const there = await p.within('main a[href*="/do/token/archive"]').first().getAttribute('href');
		assert.ok(there.endsWith(batch), 'the download is on the home page: ' + there + ' ' + batch);
		await p.page.goto(h.portal + '/do/token/archive');
		assert.ok((await p.within('main select[name=bulk] option[value="' + batch + '"]').textContent()).includes(' 份许可'), 'and chosen from a list');
		const file = await fetch(new URL(tokens, p.page.url()), { headers: { Cookie: await h.cookie('jc1') } });
		const bytes = Buffer.from(await file.arrayBuffer());
		assert.ok(file.ok && bytes.length > 1000 && bytes.subarray(0, 2).toString() === 'PK', 'a ZIP, which a clerk\'s computer opens: ' + tokens);
	}, { narrow: true });
	await task('the department\'s report is made, approved by a colleague and downloaded', async (as, say) => {
		const p = await as('hb-fin1'), second = await as('hb-fin2');
		await p.menu('办理');
		await p.click(p.within('main a[href="/do/report/submit"]').first());
		await p.page.locator('[name=kind]').selectOption('half-year');
		await p.page.fill('[name=period]', '2026H1');
		await p.press(say('Check and preview'));
		await p.see('台账条目');
		assert.ok(await p.within('main details[open] table.figures').count() > 3, 'what is about to be sent is seen');
		await p.press(say('Do it'));
		await p.seeSoon(/审批/);
		await second.page.goto(h.portal + '/show/report/RP-HY-2026H1-11420000DEMA00013M');
		assert.match(await second.within('main .notice a').first().getAttribute('href'), /^\/approvals\/AP-/, 'the way to its approval');
		await second.home();
		await second.click(second.within('main .todo a').first());
		await second.see('数据资产全过程管理试点半年报告 · 2026年上半年');
		assert.ok(await second.within('main details[open] table.figures').count() > 3, 'and by whoever approves it');
		await second.press('批准');
		await p.page.goto(h.portal + '/list/report');
		await p.click(p.within('main a[href="/show/report/RP-HY-2026H1-11420000DEMA00013M"]').first()); // those still owed stand above it
		const pdf = await p.within('main a[href*="pdf"]').first().getAttribute('href');
		const file = await fetch(h.portal + pdf, { headers: { Cookie: await h.cookie('hb-fin1') } });
		assert.strictEqual(Buffer.from(await file.arrayBuffer()).subarray(0, 5).toString(), '%PDF-');
	}, { narrow: true });
}

// --- what the department sets itself ---

async function settings() {
	const at = '/show/profile/11420000DEMA00013M';
	await task('an officer changes one term of the policy profile: what it was and what it becomes is told at each step, and nothing else changes', async (as, say, turn_) => {
		const p = await as('hb-fin1'), second = await as('hb-fin2'), en = say('Setting') === 'Setting', terms = 20 + turn_;
		const said = (n) => (en ? n + ' working days' : n + ' 个工作日');
		await p.page.goto(h.portal + at);
		const term = p.within('main dl > div', { hasText: en ? 'Answer to a complaint' : '投诉答复期限' });
		const before = Number((await term.first().innerText()).match(/(\d+) (?:working|个工作日)/)[1]);
		assert.ok(!(await p.within('main').innerText()).includes('complaint.days'), 'names for programs are folded');
		await p.click(p.within('main a[href="/do/profile/propose"]').first());
		assert.strictEqual(await p.within('main form [name="profile.complaint.days"]').isVisible(), false, 'in folded groups');
		await p.unfold(en ? 'Authorised operation and supervision' : '授权运营和监管');
		assert.ok((await p.within('main label[for="f0-profile.complaint.days"]').innerText()).includes(say('now:') + ' ' + said(before)), 'what holds now stands beside it');
		const matters = await p.within('main select[name="profile.chains.0.key"] option').allInnerTexts();
		assert.ok(matters.length > 40 && !matters.some((m) => /^[a-z]+\./.test(m)), 'matters with levels of approval are chosen by name: ' + matters.join(' '));
		await p.page.fill('[name="profile.complaint.days"]', String(before));
		await p.press(say('Check and preview'));
		await p.see(en ? /nothing would change/ : /没有变更/);
		await p.page.fill('[name="profile.complaint.days"]', String(terms));
		await p.press(say('Check and preview'));
		const told = async (who) => {
			assert.strictEqual(await who.within('main .changed:visible').count(), 1, 'one setting');
			assert.match(await who.within('main .changed:visible').innerText(), new RegExp(said(before) + '[\\s\\S]*' + said(terms)));
		};
		await told(p);
		await p.press(say('Do it'));
		await told(p);
		await second.page.goto(p.page.url().split('?')[0]);
		await told(second);
		await second.press(say('Approve'));
		await told(second);
		await p.page.goto(h.portal + at);
		assert.match(await p.within('main dl > div', { hasText: en ? 'Answer to a complaint' : '投诉答复期限' }).first().innerText(), new RegExp(said(terms) + '[\\s\\S]*' + say('set by this department')));
	}, { en: true });
	await task('the days of a year are added to those of the profile, and a list is emptied in a word', async (as, say) => {
		const p = await as('hb-fin1'), second = await as('hb-fin2');
		const change = async (group, field, text) => {
			await p.page.goto(h.portal + '/do/profile/propose');
			await p.unfold(group);
			const was = await p.within('main [name="' + field + '"]').inputValue();
			await p.page.fill('[name="' + field + '"]', text(was));
			await p.press(say('Check and preview'));
			const told = await p.within('main .changed').innerText();
			await p.press(say('Do it'));
			await p.page.waitForURL(/\/approvals\/AP-/);
			await second.page.goto(p.page.url().split('?')[0]);
			await second.press(say('Approve'));
			await second.see('已批准');
			return told;
		};
		assert.match(await change('节假日和调休', 'profile.holidays', (was) => was + '2027-01-01\n'), /^法定节假日\s+✚ 新增 2027-01-01$/);
		assert.match(await change('价格和收入', 'profile.revenue.locked', () => '2025-12-31'), /✚ 新增 2025-12-31/);
		assert.match(await change('价格和收入', 'profile.revenue.locked', () => '无'), /− 删去 2025-12-31/);
	}, { narrow: true });
}

// --- giving an authorisation back ---

async function surrendering() {
	await task('an operator surrenders an authorisation from the home page: three clicks and a reason; the public page denies at once', async (as) => {
		const p = await as('jc1'), stranger = await as(null);
		const number = await stop(p, 'authorisation', 'authorisation/surrender', '业务调整（示例）', async (it) => assert.strictEqual(await verdictOf(stranger, it), 'permit'));
		assert.strictEqual(await verdictOf(stranger, number), 'deny');
	}, { en: true });
}

// --- every role's first page ---

async function homes() {
	for (const who of ['hb-fin1', 'hbsw1', 'jc1', 'pc-dev', 'auditor', 'slb1', 'mof1'])
		await task('the first page of ' + who + ' says what waits, and every link of the menu leads on', async (as, say) => {
			const p = await as(who);
			await p.see(say('What waits for me'));
			const links = await p.within('nav.main a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
			for (const to of links) {
				const r = await p.page.goto(h.portal + to);
				assert.strictEqual(r.status(), 200, to);
				await p.settled();
			}
		}, { en: who === 'hb-fin1' });
}

async function run() {
	await h.make();
	await h.serve();
	browser = await launch();
	await anybody();
	await homes();
	await paper();
	await catalogue();
	await takingBack();
	await wizard();
	await adjusting();
	await money();
	await offices();
	await many();
	await registration();
	await settings();
	await surrendering();
}

run().catch((e) => test('the run reaches its end', () => {
	throw e;
})).finally(async () => {
	if (browser)
		await browser.close();
	await h.stop();
	finish();
});
