'use strict';
// What the browser tests share: a demo home, an appliance that serves it, Debian's
// chromium, and one line a case.  Node's own modules and playwright-core only.
const assert = require('assert');
const { spawn, spawnSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { chromium } = require('playwright-core');

const B = path.resolve(process.argv[2] || 'build');
let passed = 0, failed = 0;

// a case: its sentence, and what has to hold
async function test(sentence, fn) {
	try {
		await fn();
		passed++;
		console.log('ok - ' + sentence);
	} catch (e) {
		failed++;
		console.log('not ok - ' + sentence + '  # ' + String(e.message || e).split('\n').slice(0, 6).join(' ').slice(0, 600));
	}
}

function finish() {
	console.log(passed + ' passed, ' + failed + ' failed');
	process.exitCode = failed ? 1 : 0;
}

function freePort() {
	return new Promise((done) => {
		const s = net.createServer();
		s.listen(0, '127.0.0.1', () => {
			const port = s.address().port;
			s.close(() => done(port));
		});
	});
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// RFC 6238: SHA-1, six digits, 30 s
function totp(uri, step) {
	const secret = uri.split('secret=')[1].split('&')[0];
	let bits = '';
	for (const c of secret)
		bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
	const key = Buffer.from(bits.match(/.{8}/g).map((x) => parseInt(x, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = crypto.createHmac('sha1', key).update(counter).digest();
	const at = mac[19] & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

class Home {
	async make() {
		this.root = fs.mkdtempSync(path.join(os.tmpdir(), 'fujie-e2e-'));
		this.d = path.join(this.root, 'home');
		this.used = {};
		this.bearers = {};
		if (!this.copied())
			await this.fresh();
		this.demo = JSON.parse(fs.readFileSync(path.join(this.d, 'demo.json'), 'utf8'));
		this.portal = 'http://' + this.at[1];
		this.verifier = 'http://' + this.at[3];
	}
	// the home that this lane of tests has made already (tests/integration/lib.py), of today
	copied() {
		const kept = path.join(process.env.FUJIE_LANE || '/nonexistent', 'cases');
		if (!fs.existsSync(kept + '/kind.json'))
			return false;
		const kind = JSON.parse(fs.readFileSync(kept + '/kind.json', 'utf8')), program = fs.statSync(path.join(B, 'fujie-registry'));
		if (kind.day !== new Date(Date.now() + 8 * 3600 * 1000).toISOString().slice(0, 10) || kind.program !== program.ino + ' ' + program.size)
			return false;
		this.at = ['--portal', '127.0.0.1:' + kind.ports[0], '--verifier', '127.0.0.1:' + kind.ports[1]];
		fs.cpSync(kept + '/home', this.d, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
		return true;
	}
	async fresh() {
		this.at = ['--portal', '127.0.0.1:' + await freePort(), '--verifier', '127.0.0.1:' + await freePort()];
		const r = spawnSync(path.join(B, 'fujie'), ['demo', '--dir', this.d, '--no-serve', ...this.at], { encoding: 'utf8', timeout: 300000 });
		assert.strictEqual(r.status, 0, r.stderr);
	}
	async serve() {
		const log = fs.openSync(path.join(this.root, 'serve.log'), 'a');
		this.proc = spawn(path.join(B, 'fujie'), ['serve', '--dir', this.d, ...this.at], { stdio: ['ignore', log, log] });
		for (let i = 0; i < 200; i++) {
			try {
				if ((await fetch(this.verifier + '/healthz')).ok && (await fetch(this.portal + '/login')).ok)
					return;
			} catch (e) {
				await sleep(100);
			}
		}
		throw new Error('the appliance does not answer: ' + fs.readFileSync(path.join(this.root, 'serve.log'), 'utf8'));
	}
	async stop() {
		if (this.proc && this.proc.exitCode === null) {
			const ended = new Promise((done) => this.proc.once('exit', done));
			this.proc.kill('SIGTERM');
			await Promise.race([ended, sleep(20000)]);
			this.proc.kill('SIGKILL');
		}
		if (this.root)
			fs.rmSync(this.root, { recursive: true, force: true });
	}
	login(name) {
		return this.demo.logins.find((l) => l.login === name);
	}
	// a code that was not used yet: each works once, one step ahead is accepted
	async code(name) {
		for (;;) {
			const now = Math.floor(Date.now() / 30000);
			const step = Math.max(now, (this.used[name] || 0) + 1);
			if (step <= now + 1) {
				this.used[name] = step;
				return totp(this.login(name).totp, step);
			}
			await sleep(500);
		}
	}
	token(expect, where = () => true) {
		return this.demo.tokens.find((t) => t.expect === expect && where(t));
	}
	read(item) {
		return fs.readFileSync(path.join(this.d, item.file), 'utf8');
	}
	// "fujie=…": a session of the portal, made once
	async cookie(name) {
		this.cookies = this.cookies || {};
		if (!this.cookies[name]) {
			const form = new URLSearchParams({ login: name, password: this.login(name).password, totp: await this.code(name) });
			const r = await fetch(this.portal + '/login', { method: 'POST', body: form, redirect: 'manual' });
			assert.strictEqual(r.status, 303, name + ' does not sign in');
			this.cookies[name] = /(?:^|, )((?:__Host-)?fujie=[^;,]*)/.exec(r.headers.get('set-cookie'))[1];
		}
		return this.cookies[name];
	}
	// the API, for what the portal has no page for yet
	async session(name) {
		if (!this.bearers[name])
			this.bearers[name] = (await this.api('/api/v1/session', { login: name, password: this.login(name).password, totp: await this.code(name) })).token;
		return this.bearers[name];
	}
	async api(address, body, bearer) {
		const headers = { 'Content-Type': 'application/json' };
		if (bearer)
			headers.Authorization = 'Bearer ' + bearer;
		const r = await fetch(this.portal + address, { method: body ? 'POST' : 'GET', headers, body: body ? JSON.stringify(body) : undefined });
		const answer = await r.json();
		assert.ok(r.ok, address + ': ' + JSON.stringify(answer));
		return answer;
	}
	// one officer of each of these roles, in an organisation that has them: logins
	async hire(roles) {
		const two = async (noun, verb, body, by) => {
			const asked = await this.api('/api/v1/' + noun + '/' + verb, body, await this.session(by[0]));
			return [asked, await this.api('/api/v1/approval/approve', { id: asked.approval }, await this.session(by[1]))];
		};
		const ministry = ['mof1', 'mof2'], org = '12420000DEMA00777W', logins = [];
		await two('organisation', 'add', { usci: org, name: '角色测试单位（虚构）', kind: 'INST', level: '省', div6: '420000', finance: '11420000DEMA00013M', roles }, ministry);
		for (const role of roles) {
			const login = 'r-' + role.toLowerCase().replace('_', '-'), password = 'an invented password';
			const [asked, given] = await two('user', 'add', { login, name: login + '（虚构）', person: 'p-' + login, org, roles: [role] }, ['hb-fin1', 'hb-fin2']);
			const r = spawnSync(path.join(B, 'fujie'), ['user', 'enrol', '--dir', this.d, '--login', login, '--code', asked.code_first + '-' + given.code_second, '--json'],
				{ encoding: 'utf8', timeout: 60000, env: { ...process.env, FUJIE_NEW_PASSWORD: password } });
			assert.strictEqual(r.status, 0, r.stderr);
			this.demo.logins.push({ login, password, totp: JSON.parse(r.stdout).totp, roles: [role] });
			logins.push(login);
		}
		return logins;
	}
}

const useText = (use) => Object.entries(use).map(([k, v]) => k + '=' + v).join(',');

function launch(more = []) {
	const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more];

	if (process.getuid() === 0)
		args.push('--no-sandbox');
	return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args });
}

module.exports = { B, Home, assert, finish, launch, sleep, test, totp, useText };
