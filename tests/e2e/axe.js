'use strict';
// axe-core on every page: each language, theme and width.  And what a page costs at its first
// load: at most 100 kB in at most 10 requests, nothing from elsewhere.  `make check` gives every
// second list, form and object, and every other page, one of the eight ways in turn, and looks at
// width and weight of all; FULL=1 gives all to all.
const fs = require('fs');
const { Home, assert, finish, launch, test } = require('./lib.js');
const { everyPage } = require('./pages.js');

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const FULL = process.env.FULL === '1';
const ONLY = process.env.ONLY && new RegExp(process.env.ONLY);
const WEIGHT = 100 * 1000, REQUESTS = 10;
const WAYS = [];
for (const lang of ['zh', 'en'])
	for (const theme of ['light', 'dark'])
		for (const width of [360, 1440])
			WAYS.push({ lang, theme, width });

const h = new Home();
const found = new Map(); // rule and element: where
const heavy = [], wide = [];
let heaviest = { bytes: 0 }, checks = 0, spent = 0;

async function contextOf(browser, who) {
	const context = await browser.newContext({ locale: 'zh-CN', reducedMotion: 'reduce' });
	if (who) {
		const [name, value] = (await h.cookie(who)).split('=');
		await context.addCookies([{ name, value, url: h.portal, httpOnly: true, sameSite: 'Strict' }]);
	}
	const page = await context.newPage(), cdp = await context.newCDPSession(page);
	await cdp.send('Network.enable');
	await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
	const load = { requests: 0, bytes: 0, elsewhere: [] };
	cdp.on('Network.requestWillBeSent', (e) => {
		load.requests += e.redirectResponse ? 0 : 1;
		if (!e.request.url.startsWith(h.portal + '/') && !e.request.url.startsWith('data:'))
			load.elsewhere.push(e.request.url);
	});
	cdp.on('Network.loadingFinished', (e) => load.bytes += e.encodedDataLength);
	return { context, page, load };
}

async function goto(one, lang, address) {
	Object.assign(one.load, { requests: 0, bytes: 0, elsewhere: [] });
	await one.context.addCookies([{ name: 'lang', value: lang, url: h.portal, sameSite: 'Strict' }]);
	const r = await one.page.goto(h.portal + address, { waitUntil: 'load' });
	assert.ok(r.status() < 500, address + ': ' + r.status());
}

function weigh(one, entry, way) {
	if (one.load.bytes > heaviest.bytes)
		heaviest = { bytes: one.load.bytes, at: entry.path };
	if (one.load.bytes > WEIGHT || one.load.requests > REQUESTS || one.load.elsewhere.length > 0)
		heavy.push(entry.path + ' as ' + entry.who + ': ' + one.load.bytes + ' octets in ' + one.load.requests + ' requests ' + one.load.elsewhere.join(' '));
}

async function judge(one, entry, way, whole = true) {
	const start = Date.now();
	await one.page.emulateMedia({ colorScheme: way.theme });
	await one.page.setViewportSize({ width: way.width, height: 900 });
	const [w, c] = await one.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
	if (w > c)
		wide.push(entry.path + ' is ' + w + ' of ' + c + ' pixels wide (' + way.lang + ')');
	if (!whole)
		return;
	if (!await one.page.evaluate(() => window.axe !== undefined))
		await one.page.evaluate(AXE);
	const bad = await one.page.evaluate(async () => {
		const r = await window.axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } });
		return r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0] || n.all[0] || n.none[0] || {}).message) }));
	});
	checks++;
	spent += Date.now() - start;
	for (const v of bad)
		for (const n of v.nodes) {
			const key = v.id + ': ' + n.replace(/\d+/g, '0');
			if (found.has(key))
				continue;
			found.set(key, v.id + ' at ' + entry.path + ' as ' + entry.who + ' (' + [way.lang, way.theme, way.width].join(' ') + '): ' + n);
			console.log('# ' + found.get(key)); // at once: a run may be broken off
		}
}

// lists, forms and objects are made by one function each: their words and columns differ
const plain = (entry) => /^\/(do|list|show)\/./.test(entry.path);

function waysOf(entry, k) {
	if (FULL)
		return WAYS;
	return [WAYS[(plain(entry) ? k >> 1 : k) % WAYS.length]];
}

async function visit(one, entry, k) {
	const ways = waysOf(entry, k);
	for (const lang of ['zh', 'en']) {
		const here = ways.filter((w) => w.lang === lang);
		if (here.length === 0)
			continue;
		await goto(one, lang, entry.path);
		weigh(one, entry);
		for (const way of here)
			await judge(one, entry, way, FULL || !plain(entry) || k % 2 === 0);
	}
}

// pages that are answers: a verdict, refusals, what was done
async function answers(browser) {
	const stranger = await contextOf(browser, null), officer = await contextOf(browser, 'hbsw1');
	const permit = h.token('permit'), deny = h.token('deny');
	for (const way of FULL ? WAYS : [WAYS[0], WAYS[6]]) {
		for (const t of [permit, deny]) {
			await goto(stranger, way.lang, '/verify');
			await stranger.page.fill('textarea[name=credential]', h.read(t));
			await stranger.page.click('main form button');
			await stranger.page.waitForSelector('.verdict');
			await judge(stranger, { path: 'verdict ' + t.expect, who: null }, way);
		}
		await goto(stranger, way.lang, '/login');
		await stranger.page.fill('#login', 'x');
		await stranger.page.fill('#password', 'x');
		await stranger.page.click('main form button');
		await judge(stranger, { path: 'refused sign-in', who: null }, way);
		for (const at of ['/show/certificate/X', '/nothing', '/do/certificate/issue', '/do/asset/history?asset=X&run=1', '/list/nothing']) {
			await goto(officer, way.lang, at);
			await judge(officer, { path: at, who: 'hbsw1' }, way);
		}
		await goto(officer, way.lang, '/do/ledger/import');
		await officer.page.setInputFiles('input[type=file]', { name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from('台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\nA-1,,乙,自主采集,否\r\n') });
		await officer.page.click('form.fill button');
		await officer.page.waitForLoadState();
		await judge(officer, { path: 'faults of a file', who: 'hbsw1' }, way);
	}
}

async function run() {
	await h.make();
	await h.serve();
	const browser = await launch();
	try {
		const start = Date.now();
		const all = (await everyPage(h)).filter((e) => !ONLY || ONLY.test(e.path));
		console.log('# ' + all.length + ' pages found in ' + ((Date.now() - start) / 1000).toFixed(0) + ' s');
		const contexts = new Map();
		for (const [k, entry] of all.entries()) {
			if (!contexts.has(entry.who))
				contexts.set(entry.who, await contextOf(browser, entry.who));
			await visit(contexts.get(entry.who), entry, k);
		}
		if (!ONLY)
			await answers(browser);
		console.log('# ' + checks + ' runs of axe in ' + (spent / 1000).toFixed(0) + ' s; heaviest ' + heaviest.at + ': ' + heaviest.bytes + ' octets; ' + ((Date.now() - start) / 1000).toFixed(0) + ' s in all');
		for (const [key, where] of found)
			await test('axe: ' + where, () => assert.fail(key.split(':')[0]));
		await test('axe-core finds nothing serious or critical on any of ' + all.length + ' pages', () => assert.strictEqual(found.size, 0));
		await test('the pages of every noun and command were there', () => assert.ok(ONLY || all.length > 250, String(all.length)));
		await test('no page is heavier than 100 kB, or takes more than 10 requests, or asks elsewhere', () => assert.deepStrictEqual(heavy.slice(0, 6), []));
		await test('no page scrolls sideways', () => assert.deepStrictEqual(wide.slice(0, 6), []));
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
