'use strict';
// The officers' acts as they meet them in a browser: what will be signed, differences, the three clicks that take
// back, a registration's course, batches and reports; Chinese and English, wide and narrow, without script too.
const { Home, assert, finish, launch, test, useText } = require('./lib.js');

const h = new Home();
let browser, GOOD, AUTH;
const faults = [];

function watch(page) {
	page.on('console', (m) => {
		const refused = /^Failed to load resource: the server responded with a status of 4/.test(m.text()) && m.location().url === page.url();
		if (['error', 'warning'].includes(m.type()) && !refused)
			faults.push(m.type() + ' ' + m.text() + ' ' + m.location().url);
	});
	page.on('pageerror', (e) => faults.push('exception ' + e.message));
}

async function newPage(options) {
	const context = await browser.newContext({ locale: 'zh-CN', ...options });
	const page = await context.newPage();
	watch(page);
	return page;
}

async function signIn(name, options) {
	const page = await newPage(options);
	await page.goto(h.portal + '/login');
	await page.fill('#login', name);
	await page.fill('#password', h.login(name).password);
	await page.fill('#totp', await h.code(name));
	await page.click('main button');
	await page.waitForLoadState();
	return page;
}

const open = (page, address) => page.goto(h.portal + address);

async function click(page, selector) {
	await page.click(selector);
	await page.waitForLoadState();
}

async function verdict(page, credential, use) {
	const r = await page.request.post(h.portal + '/verify', { form: { credential, use: use || '' }, headers: { Accept: 'text/html' } });
	return (/verdict (permit|deny|indeterminate)/.exec(await r.text()) || [])[1];
}

async function fits(page, where) {
	const w = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
	assert.ok(w[0] <= w[1], where + ' is ' + w[0] + ' of ' + w[1] + ' pixels wide');
}

// --- taking back ---

async function takingBack(stranger) {
	const tok = h.token('permit', (t) => t.use.territory === '420106');
	await test('an operator revokes a token in three clicks and a reason; the public page denies on the next load', async () => {
		const page = await signIn('jc1', { javaScriptEnabled: false });
		assert.strictEqual(await verdict(stranger, h.read(tok), useText(tok.use)), 'permit');
		const { authorisation } = await h.api('/api/v1/token/' + tok.id, null, await h.session('jc1'));
		await open(page, '/list/token?authorisation=' + authorisation);
		await click(page, 'a[href="/show/token/' + tok.id + '"]'); // 1, from wherever it is listed
		await click(page, '#stop a[href^="/do/token/revoke"]'); // 2
		assert.ok((await page.innerText('main')).includes(tok.id));
		await page.fill('textarea[name=reason]', '合同终止');
		await click(page, 'form.fill button'); // 3
		assert.match(page.url(), /\/done\//);
		const text = await page.innerText('main');
		assert.match(text, /自现在起不予认可[\s\S]*许可令牌/);
		assert.match(text, /已办理，即时生效/);
		assert.strictEqual(await verdict(stranger, h.read(tok), useText(tok.use)), 'deny');
		await click(page, 'form[action="/verify"] button');
		assert.strictEqual(await page.locator('.verdict.deny').count(), 1);
		await page.context().close();
	});
	await test('a department official suspends likewise, and all that stops is named', async () => {
		const page = await signIn('hb-fin1');
		await open(page, '/show/certificate/' + GOOD);
		await click(page, '#stop a[href^="/do/certificate/suspend"]');
		assert.match(await page.innerText('main'), /将停止：证书 1，授权 \d+，产品和服务 \d+，许可令牌 \d+/);
		assert.ok(await page.locator('main table a[href^="/show/authorisation/"]').count() > 0);
		await page.fill('textarea[name=reason]', '安全事件核查');
		await click(page, 'form.fill button');
		assert.match(await page.innerText('main'), /自现在起不予认可/);
		assert.strictEqual(await verdict(stranger, GOOD), 'deny');
		await page.context().close();
	});
	await test('nothing is sent without a reason', async () => {
		const page = await signIn('jc1');
		await open(page, '/do/authorisation/surrender?number=' + AUTH);
		await page.click('form.fill button');
		assert.ok(page.url().includes('/do/authorisation/surrender'));
		assert.strictEqual((await h.api('/api/v1/authorisation/' + AUTH, null, await h.session('jc1'))).state, 'ACTIVE');
		await page.context().close();
	});
	await test('reclaim is two people; the second sees which entries become final', async () => {
		const one = await signIn('hbsw1'), two = await signIn('hb-fin2');
		await open(one, '/show/authorisation/' + AUTH);
		await click(one, '#stop a[href^="/do/authorisation/reclaim"]');
		await one.fill('textarea[name=reason]', '运营成效不佳');
		await click(one, 'form.fill button');
		assert.match(await one.innerText('main'), /已即时暂停/);
		assert.strictEqual(await verdict(stranger, AUTH), 'deny');
		await open(two, '/inbox');
		await click(two, 'a[href^="/approvals/"]:has-text("收回授权")');
		await two.setViewportSize({ width: 360, height: 740 });
		const place = async (sel) => (await two.locator(sel).first().boundingBox()).y;
		assert.ok(await place('main h2:has-text("不予认可的范围")') < await place('#decide') && await place('#decide') < await place('#history'), 'what stops, then the decision, then the course');
		await two.click('summary:has-text("变更的状态条目")'); // folded: it is technical
		assert.match(await two.innerText('main'), /变更的状态条目[\s\S]*\/status\//);
		await click(two, '#decide form[action$="/approve"] button');
		assert.match(await two.innerText('main'), /已批准并执行/);
		await open(two, '/show/authorisation/' + AUTH);
		assert.match(await two.innerText('.face'), /已收回（已撤销）/);
		assert.strictEqual(await two.locator('#stop').count(), 0);
		await one.context().close();
		await two.context().close();
	});
}

// --- what will be signed ---

async function approvals(stranger) {
	const one = await signIn('hb-fin1'), two = await signIn('hb-fin2');
	await test('resuming a certificate: a typed reason rejects, and the applicant reads it', async () => {
		await open(one, '/show/certificate/' + GOOD);
		await click(one, '#resume a[href^="/do/certificate/resume"]');
		await one.fill('textarea[name=reason]', '核查完毕');
		await click(one, 'form.fill button');
		assert.match(one.url(), /\/approvals\/AP-/);
		assert.match(await one.innerText('main'), /待他人审批/);
		assert.strictEqual(await one.locator('#decide').count(), 0);
		await two.goto(one.url().split('?')[0]);
		await two.click('#decide form[action$="/reject"] button'); // the browser asks for the reason
		assert.match(await two.innerText('main'), /待审批/);
		await two.fill('#note', '尚需补充说明');
		await click(two, '#decide form[action$="/reject"] button');
		assert.match(await two.innerText('main'), /已驳回/);
		await one.reload();
		assert.match(await one.innerText('.timeline'), /尚需补充说明/);
	});
	await test('what is signed stands field by field, in both languages, and approving lifts the suspension', async () => {
		await open(one, '/show/certificate/' + GOOD);
		await click(one, '#resume a[href^="/do/certificate/resume"]');
		await one.fill('textarea[name=reason]', '补充后再次申请');
		await click(one, 'form.fill button');
		const address = one.url().split('?')[0];
		await two.goto(address + '?lang=en');
		assert.match(await two.innerText('main'), /What will be signed[\s\S]*Entries that change/);
		assert.ok(!/[\u4e00-\u9fff]/.test((await two.locator('h1, h2, h3, th, button').allInnerTexts()).join('|')));
		await two.goto(address + '?lang=zh');
		assert.match(await two.innerText('main'), /[0-9a-f]{64}/);
		await click(two, '#decide form[action$="/approve"] button');
		assert.match(await two.innerText('main'), /已批准并执行/);
		assert.strictEqual(await verdict(stranger, GOOD), 'permit');
	});
	await test('a difference has words and signs beside its colour', async () => {
		const s = await h.session('hb-fin1');
		const ap = (await h.api('/api/v1/profile/propose', { profile: { 'days.review': 15 } }, s)).approval;
		await open(two, '/approvals/' + ap);
		assert.match(await two.innerText('.changed'), /− 原[\s\S]*20[\s\S]*✚ 现[\s\S]*15/);
		await two.fill('#note', '暂不调整');
		await click(two, '#decide form[action$="/reject"] button');
	});
	await test('like approvals are looked at and decided together', async () => {
		const s = await h.session('hb-fin1');
		for (const usci of ['91420100DEMA001011', '91420100DEMA00136K'])
			await h.api('/api/v1/organisation/change', { usci, note: '核对' }, s);
		await open(two, '/inbox');
		for (const box of await two.locator('tr:has-text("变更单位信息") input[name=ids]').all())
			await box.check();
		await click(two, 'form[action="/approvals/batch"] button');
		assert.strictEqual(await two.locator('main section.card').count(), 2);
		await click(two, '#decide button[value=approve]');
		assert.match(await two.innerText('[role=status]'), /已办理 2 项，未办理 0 项/);
	});
	await test('the keyboard reaches the decision', async () => {
		const s = await h.session('hb-fin1');
		const ap = (await h.api('/api/v1/organisation/change', { usci: '91420100DEMA001011', note: '再核对' }, s)).approval;
		await open(two, '/approvals/' + ap);
		for (let i = 0; i < 80 && !await two.evaluate(() => document.activeElement.matches('#decide form[action$="/approve"] button')); i++)
			await two.keyboard.press('Tab');
		await two.keyboard.press('Enter');
		await two.waitForURL('**done=approved');
	});
	await one.context().close();
	await two.context().close();
}

// --- courses, batches, reports, and how the pages look ---

const registration = async () => (await h.api('/api/v1/registration?limit=1', null, await h.session('hb-fin1'))).items[0].id;

async function courses() {
	const page = await signIn('hb-fin3');
	await test('a registration is a timeline with the clause of each step', async () => {
		await open(page, '/show/registration/' + await registration());
		assert.match(await page.innerText('.timeline >> nth=0'), /✔ 提交登记申请[\s\S]*依据 26号第9条/);
		await open(page, page.url().replace(h.portal, '') + '?lang=en');
		assert.match(await page.innerText('.timeline >> nth=0'), /✔ Applied for[\s\S]*Measures No\. 26, art\. 9/);
		await open(page, '/inbox?lang=zh');
	});
	await test('what a batch set aside is taken into the form again by one button', async () => {
		await open(page, '/list/asset');
		await page.check('input[name=ids][value="HB-2026-0002"]');
		await page.check('input[name=ids][value="GX-2026-0001"]');
		await click(page, '.batch button[value="asset.freeze"]');
		assert.match(await page.innerText('main'), /已选 2 项/);
		await page.fill('[name=reason]', '例行检查');
		await click(page, 'form.fill button');
		await click(page, 'main button:has-text("确认办理")'); // a selection is shown as a preview first
		assert.match(await page.innerText('.progress'), /1 \/ 2/);
		await click(page, 'form[action="/select/asset"] button');
		assert.strictEqual(await page.inputValue('textarea[name=assets]'), 'GX-2026-0001\n');
	});
	await test('a report is read with its figures and taken as a file', async () => {
		await open(page, '/do/report/half-year?run=1&period=2026H1&unit=11420000DEMA00013M');
		assert.ok(await page.locator('table.figures').count() > 0);
		const [d] = await Promise.all([page.waitForEvent('download'), page.click('a.file >> nth=0')]);
		assert.match(d.suggestedFilename(), /^half-year-2026H1-11420000DEMA00013M-draft\.docx$/);
	});
	await page.context().close();
}

async function looks() {
	await test('the acts\' pages fit 360 and 1440 pixels, folded out, in either language', async () => {
		const approval = (await h.api('/api/v1/approval?state=APPROVED&limit=1', null, await h.session('hb-fin2'))).items[0].id;
		const tok = h.token('indeterminate'), rg = await registration();
		for (const width of [360, 1440]) {
			const page = await signIn(width === 360 ? 'gx-fin1' : 'gx-fin2', { viewport: { width, height: 900 } });
			for (const lang of ['zh', 'en'])
				for (const a of ['/inbox', '/approvals/' + approval, '/show/token/' + tok.id, '/show/certificate/' + GOOD, '/show/registration/' + rg, '/show/asset/HB-2026-0001', '/do/certificate/suspend?number=' + GOOD,
					'/do/report/half-year?run=1&period=2026H1&unit=11420000DEMA00013M']) {
					await open(page, a + (a.includes('?') ? '&' : '?') + 'lang=' + lang);
					for (const d of await page.locator('main details:not([open]) > summary').all())
						if (await d.isVisible())
							await d.click();
					await fits(page, a + ' at ' + width);
					assert.strictEqual(await page.locator('h1').count(), 1, a);
				}
			await page.context().close();
		}
	});
}

const newest = (list) => list.map((x) => x.number).filter((n) => /^DA[CU]-420000-/.test(n)).sort().pop();

async function run() {
	await h.make();
	GOOD = newest(h.demo.certificates);
	AUTH = newest(h.demo.authorisations);
	await h.serve();
	browser = await launch();
	const stranger = await newPage();
	await takingBack(stranger);
	await approvals(stranger);
	await courses();
	await looks();
	await test('no page made a console error', async () => assert.deepStrictEqual([...new Set(faults)], []));
}

run().catch((e) => test('the run reaches its end', () => {
	throw e;
})).finally(async () => {
	if (browser)
		await browser.close();
	await h.stop();
	finish();
});
