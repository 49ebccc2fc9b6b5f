'use strict';
// Pictures: every page in both languages at two widths, and some in the dark, under build/shots;
// and those of the manual, which shots.json names, as docs/manual/NAME.{zh,en}.png, small enough
// to be kept.  shots.json: [{name, path, role, open?, height?}]; role is a login of the demo or
// "nobody"; in a path {certificate}, {authorisation}, {token} … stand for the demo's newest;
// open: folded parts to unfold.  MANUAL=1 makes the manual's alone.
const fs = require('fs');
const path = require('path');
const { B, Home, assert, finish, launch, test } = require('./lib.js');
const { everyPage } = require('./pages.js');
const { small } = require('./png.js');

const ROOT = path.resolve(__dirname, '../..'), MANUAL = path.join(ROOT, 'docs/manual'), SHOTS = path.join(B, 'shots');
const KEPT = 60 * 1000;
const h = new Home();

async function pageOf(browser, who, lang, width, dark) {
	const context = await browser.newContext({ locale: 'zh-CN', viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
	await context.addCookies([{ name: 'lang', value: lang, url: h.portal, sameSite: 'Strict' }]);
	if (who && who !== 'nobody') {
		const [name, value] = (await h.cookie(who)).split('=');
		await context.addCookies([{ name, value, url: h.portal, httpOnly: true, sameSite: 'Strict' }]);
	}
	return context.newPage();
}

const fileOf = (kind) => kind.replace(/^\//, '').replace(/[^A-Za-z0-9-]+/g, '_').replace(/^_|_$/g, '') || 'first';

async function all(browser) {
	const pages = await everyPage(h);
	fs.rmSync(SHOTS, { recursive: true, force: true });
	fs.mkdirSync(SHOTS, { recursive: true });
	let n = 0;
	for (const lang of ['zh', 'en'])
		for (const width of [360, 1440]) {
			const open = new Map();
			for (const e of pages) {
				if (!open.has(e.who))
					open.set(e.who, await pageOf(browser, e.who, lang, width, false));
				const page = open.get(e.who);
				await page.goto(h.portal + e.path);
				await page.screenshot({ path: path.join(SHOTS, [fileOf(e.kind), lang, width].join('.') + '.png'), fullPage: true });
				n++;
				if (/^\/(do|list|show)\/./.test(e.path))
					continue;
				await page.emulateMedia({ colorScheme: 'dark' });
				await page.screenshot({ path: path.join(SHOTS, [fileOf(e.kind), lang, width, 'dark'].join('.') + '.png'), fullPage: true });
				await page.emulateMedia({ colorScheme: 'light' });
				n++;
			}
			for (const page of open.values())
				await page.context().close();
		}
	return n;
}

const newest = (list, key) => list.map((x) => x[key]).filter((x) => x.includes('-420000-') || x.startsWith('LT-')).sort().pop();

function address(text) {
	const of = { certificate: newest(h.demo.certificates, 'number'), authorisation: newest(h.demo.authorisations, 'number'), token: newest(h.demo.tokens, 'id'), asset: 'HB-2026-0001', organisation: '12420000DEMA00099D' };
	return text.replace(/\{(\w+)\}/g, (all_, name) => of[name] || all_);
}

async function ofTheManual(browser, shot, lang) {
	const page = await pageOf(browser, shot.role, lang, 900, false);
	const r = await page.goto(h.portal + address(shot.path));
	assert.ok(r.ok(), shot.path + ': ' + r.status());
	for (const sel of shot.open ? [].concat(shot.open) : [])
		for (const d of await page.locator(sel + ' > summary').all())
			await d.click();
	const whole = await page.evaluate(() => document.documentElement.scrollHeight);
	let png;
	for (let height = Math.min(whole, shot.height || 900); height >= 300; height -= 100) { // what does not fit into 60 kB is cut below
		png = small(await page.screenshot({ clip: { x: 0, y: 0, width: 900, height }, fullPage: true, animations: 'disabled', caret: 'hide' }));
		if (png.length <= KEPT)
			break;
	}
	await page.context().close();
	assert.ok(png.length <= KEPT, shot.name + ' has ' + png.length + ' octets');
	fs.mkdirSync(MANUAL, { recursive: true });
	fs.writeFileSync(path.join(MANUAL, shot.name + '.' + lang + '.png'), png);
}

async function run() {
	await h.make();
	await h.serve();
	const browser = await launch(['--font-render-hinting=none', '--disable-lcd-text']);
	try {
		for (const shot of JSON.parse(fs.readFileSync(path.join(__dirname, 'shots.json'), 'utf8')))
			for (const lang of ['zh', 'en'])
				await test('the manual\'s picture ' + shot.name + ' in ' + lang, () => ofTheManual(browser, shot, lang));
		if (process.env.MANUAL !== '1')
			await test('a picture of every page', async () => console.log('# ' + await all(browser) + ' pictures in ' + SHOTS));
	} finally {
		await browser.close();
	}
}

run().catch((e) => test('the run reaches its end', () => {
	throw e;
})).finally(async () => {
	await h.stop();
	finish();
});
