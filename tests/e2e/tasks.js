'use strict';
// What people come to do, each done from the first page on by what its pages say: links, labels and
// buttons, no address typed.  No script runs in any of it (what script adds is comfort); each task
// at 360 and at 1440 pixels, in Chinese, the main ones in English too.
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { Home, assert, finish, launch, test, useText } = require('./lib.js');

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
		context.setDefaultTimeout(8000);
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
	within(selector) {
		return this.page.locator(selector);
	}
	async click(locator) {
		this.clicks++;
		await locator.click();
		await this.settled();
	}
	// the main menu, which is folded on a telephone
	async menu(words) {
		const switch_ = this.page.locator('nav.main > label');
		if (await switch_.isVisible())
			await switch_.click();
		await this.follow(words, this.page.locator('nav.main'));
	}
	// a link by its words
	async follow(words, where = this.page) {
		await this.click(where.getByRole('link', { name: words, exact: typeof words === 'string' }).first());
	}
	async press(words, where = this.page) {
		await this.click(where.getByRole('button', { name: words, exact: typeof words === 'string' }).first());
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

// a task, at both widths; lang en: in English as well
async function task(sentence, run, { en = false, widths = [NARROW, WIDE] } = {}) {
	for (const lang of en ? ['zh', 'en'] : ['zh'])
		for (const size of widths) {
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
			await test(full, () => run(as, (zh, eng) => lang === 'zh' ? zh : eng, turn));
			for (const p of people)
				await p.leave();
		}
}

async function verdictOf(stranger, credential, use = '') {
	await stranger.page.goto(h.portal + '/verify');
	await stranger.page.fill('textarea[name=credential]', credential);
	if (use)
		await stranger.page.fill('[name=use]', use);
	await stranger.page.locator('form:has(textarea[name=credential]) button').first().click();
	await stranger.page.waitForSelector('.verdict');
	return (await stranger.page.getAttribute('.verdict', 'class')).replace(/.*\bverdict (\w+).*/, '$1');
}

const LEDGER = '台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\n';
const csv = (lines) => ({ name: '台账.csv', mimeType: 'text/csv', buffer: Buffer.from(LEDGER + lines) });

// --- a holder's catalogue, up to the registered asset ---

async function catalogue() {
	await task('a holder brings a faulty catalogue in, is told what to mend, and brings it in', async (as, say, n) => {
		const p = await as('hbsw1');
		await p.menu(say('办理', 'Act'));
		await p.follow(say('导入台账', 'Import the ledger'));
		await p.page.setInputFiles('main input[type=file]', csv('T' + n + '-1,C-T' + n + '-1,流量,自主采集,否\r\nT' + n + '-2,,水位,自主采集,否\r\n'));
		await p.press(say(/导入/, /Import/), p.within('main form.fill'));
		await p.see(say('数据资源目录编号为空', 'the entry has no catalogue number'));
		await p.page.setInputFiles('main input[type=file]', csv('T' + n + '-1,C-T' + n + '-1,流量,自主采集,否\r\nT' + n + '-2,C-T' + n + '-2,水位,自主采集,否\r\n'));
		await p.press(say(/导入/, /Import/), p.within('main form.fill'));
		await p.see(say(/已导入\s*2/, /imported\s*2/i));
	}, { en: true });
	await task('a holder recognises two entries of the catalogue at once, and the superior department confirms them', async (as, say, n) => {
		const holder = await as('hbsw1'), superior = await as('hbsw-sup');
		const taken = await h.api('/api/v1/ledger/import', { file: LEDGER + 'R' + n + '-1,C-R' + n + '-1,甲,自主采集,否\r\nR' + n + '-2,C-R' + n + '-2,乙,自主采集,否\r\n' }, await h.session('hbsw2'));
		assert.strictEqual(taken.imported, 2);
		await holder.menu(say('台账', 'Ledger'));
		for (const k of [1, 2])
			await holder.page.getByRole('row', { name: new RegExp('R' + n + '-' + k) }).getByRole('checkbox').check();
		await holder.press(say(/作出确认结论/, /Recognise/));
		await holder.page.selectOption('select[name=result]', 'ASSET');
		await holder.page.fill('[name=decision]', '集体决策〔2026〕' + n + '号（示例）');
		await holder.press(say(/作出确认结论/, /Recognise/), holder.within('main form.fill'));
		await holder.see(say(/已办理/, /[Dd]one/));
		await superior.menu(say('台账', 'Ledger'));
		for (const k of [1, 2])
			await superior.page.getByRole('row', { name: new RegExp('R' + n + '-' + k) }).getByRole('checkbox').check();
		await superior.press(say(/主管部门确认/, /Confirm/));
		await superior.press(say(/主管部门确认/, /Confirm/), superior.within('main form.fill'));
		await superior.see(say(/已办理/, /[Dd]one/));
	});
}

module.exports = { NARROW, Person, WIDE, h, task, verdictOf };

async function run() {
	await h.make();
	await h.serve();
	browser = await launch();
	await catalogue();
}

run().catch((e) => test('the run reaches its end', () => {
	throw e;
})).finally(async () => {
	if (browser)
		await browser.close();
	await h.stop();
	finish();
});
