'use strict';
// The public's pages in a real browser: verifying by number, file and picture, objecting,
// help; without script, at 360 and 1440 pixels, in both languages; no camera where the
// browser has no detector.
const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');
const { Home, assert, finish, launch, test } = require('./lib.js');

const h = new Home();
const GOOD = 'DAC-100000-202603-000001-F';
const PAGES = ['/', '/verify', '/notices', '/objections', '/check', '/help', '/help/tour', '/help/refusals', '/help/glossary', '/verify?number=' + GOOD];
let browser;

async function newPage(options) {
	const context = await browser.newContext({ locale: 'zh-CN', ...options });
	return context.newPage();
}

// a QR code as our papers carry it, by the same encoder as the papers'
function picture(text) {
	const to = path.join(h.root, 'code.png');
	const r = spawnSync('python3', ['-c', 'import sys; sys.path.insert(0, sys.argv[1]); import pictures; open(sys.argv[3], "wb").write(pictures.png(pictures.modules(sys.argv[2])))',
		path.join(__dirname, '../integration'), text, to], { encoding: 'utf8' });
	assert.strictEqual(r.status, 0, r.stderr);
	return to;
}

async function byHand(options, how) {
	const page = await newPage(options);
	await test('a number on the front page gives a verdict in plain words' + how, async () => {
		await page.goto(h.portal + '/');
		await page.fill('#c', GOOD);
		await page.click('main button:visible');
		await page.waitForSelector('.verdict.permit');
		const text = await page.innerText('main');
		for (const w of ['有效', '持有单位', '有效期', '怎么办'])
			assert.ok(text.includes(w), w);
		assert.ok(!text.includes('RFC 5280'), 'clauses are folded');
		await page.click('main details >> nth=0 >> summary');
		assert.ok((await page.innerText('main details >> nth=0')).includes('通过'));
	});
	await test('a picture of the QR code does' + how, async () => {
		await page.goto(h.portal + '/');
		await page.setInputFiles('#f', picture(h.verifier + '/v/' + GOOD));
		await page.click('main button:visible');
		await page.waitForSelector('.verdict.permit');
	});
	await test('a token as a file, with its use, does' + how, async () => {
		const t = h.token('permit');
		await page.goto(h.portal + '/verify');
		await page.setInputFiles('#f', path.join(h.d, t.file));
		await page.click('details.part > summary');
		await page.fill('#u', Object.entries(t.use).map(([k, v]) => k + '=' + v).join(','));
		await page.click('main button:visible');
		await page.waitForSelector('.verdict.permit');
	});
	await test('a picture without a code says how to take one' + how, async () => {
		const to = path.join(h.root, 'none.png');
		await page.screenshot({ path: to });
		await page.goto(h.portal + '/verify');
		await page.setInputFiles('#f', to);
		await page.click('main button:visible');
		assert.match(await page.innerText('[role=alert]'), /二维码[\s\S]*请/);
	});
	await test('help is two clicks away and the tour works' + how, async () => {
		await page.goto(h.portal + '/');
		await page.click('main a[href="/help"]');
		await page.click('main a[href="/help/tour"]');
		assert.strictEqual(await page.innerText('h1'), '十分钟导览');
		await page.click('main a[href="/verify"] >> nth=0');
		assert.ok(page.url().endsWith('/verify'));
	});
	await page.context().close();
}

async function fits() {
	for (const width of [360, 1440])
		await test('no page of the public scrolls sideways at ' + width + ' pixels, in either language and theme', async () => {
			for (const colorScheme of ['light', 'dark']) {
				const page = await newPage({ viewport: { width, height: 800 }, colorScheme });
				for (const lang of ['zh', 'en'])
					for (const a of PAGES) {
						await page.goto(h.portal + a + (a.includes('?') ? '&' : '?') + 'lang=' + lang);
						for (const d of await page.locator('details > summary').all())
							if (await d.isVisible())
								await d.click();
						const w = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
						assert.ok(w[0] <= w[1], a + ' is ' + w[0] + ' of ' + w[1]);
					}
				await page.context().close();
			}
		});
}

async function languages() {
	await test('English pages have no Chinese label', async () => {
		const page = await newPage({ locale: 'en-GB' });
		for (const a of PAGES) {
			await page.goto(h.portal + a);
			const said = (await page.locator('main h1, main h2, main h3, main dt, main label, main button, main summary, main p').allInnerTexts()).join('|').replace(/26号/g, '');
			assert.ok(!/[\u4e00-\u9fff]/.test(said), a + ': ' + said.match(/.{0,40}[\u4e00-\u9fff].{0,40}/));
		}
		await page.context().close();
	});
}

async function camera() {
	await test('without a detector in the browser no camera is offered', async () => {
		const page = await newPage();
		await page.addInitScript(() => { delete window.BarcodeDetector; });
		await page.goto(h.portal + '/verify');
		assert.strictEqual(await page.locator('[data-camera]').isVisible(), false);
		await page.context().close();
	});
	await test('with one the camera fills in what it reads, and asks nobody', async () => {
		const page = await newPage();
		await page.addInitScript(() => {
			window.BarcodeDetector = class {
				static getSupportedFormats() { return Promise.resolve(['qr_code']); }
				detect() { return Promise.resolve([{ rawValue: 'DAC-100000-202603-000001-F' }]); }
			};
			const canvas = document.createElement('canvas');
			Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: async () => {
				canvas.getContext('2d').fillRect(0, 0, 10, 10);
				return canvas.captureStream(5);
			} } });
		});
		await page.goto(h.portal + '/verify');
		await page.click('[data-camera]');
		await page.waitForFunction(() => document.getElementById('c').value !== '');
		assert.strictEqual(await page.inputValue('#c'), GOOD);
		assert.ok(page.url().endsWith('/verify'));
		await page.context().close();
	});
}

(async () => {
	try {
		await h.make();
		await h.serve();
		browser = await launch();
		await byHand({}, '');
		await byHand({ javaScriptEnabled: false }, ', without script');
		await fits();
		await languages();
		await camera();
	} finally {
		if (browser)
			await browser.close();
		await h.stop();
	}
	finish();
})();
