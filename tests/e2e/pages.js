'use strict';
// Which pages there are, and who may see each: walked over HTTP by officers who between them
// have every role there is, from the first page on, as `make routes` and the command tables
// say.  One address stands for all of its kind: each list, each form, one object of each noun.
const { spawnSync } = require('child_process');
const path = require('path');
const { B } = require('./lib.js');

// nobody; an officer of each kind that the demo has, and those who have several; others are hired
const WHO = [null, 'hb-fin1', 'hbsw1', 'jc1', 'pc-dev', 'auditor', 'hbsw-sup', 'slb1', 'yj1', 'mof1'];

function routes() {
	const out = spawnSync(path.join(B, 'fujie-registry'), ['--routes'], { encoding: 'utf8' }).stdout.split('\n');
	const table = out.filter((l) => /^(GET|POST) /.test(l)).map((l) => l.split(/\s+/)).map(([method, at, access]) => ({ method, path: at, access,
		matches: new RegExp('^' + at.replace(/[.]/g, '\\.').replace(/\{\w+\*\}/g, '.+').replace(/\{\w+\}/g, '[^/]+') + '$') }));
	const commands = {};
	for (const l of out.filter((x) => /^(read|write) /.test(x))) {
		const [kind, name, roles] = l.split(/\s+/);
		commands[name] = { kind, roles: (roles || '').split(',') };
	}
	return { table, commands };
}

function kindOf(table, url) {
	const at = url.split('?')[0], row = table.find((r) => r.method === 'GET' && r.matches.test(at));
	if (!row)
		return null;
	if (/^\/(do|list)\//.test(at))
		return at;
	const noun = /^\/show\/([^/]+)\//.exec(at);
	return noun ? row.path + ' ' + noun[1] : row.path;
}

const unescape = (s) => s.replace(/&quot;/g, '"').replace(/&#39;/g, '\'').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

// [{kind, path, who, status}] of all pages; who null: nobody
async function everyPage(h) {
	const { table, commands } = routes();
	const found = new Map();
	const all = new Set(Object.values(commands).flatMap((c) => c.roles).filter((r) => /^[A-Z_]+$/.test(r)));
	for (const l of h.demo.logins)
		l.roles.forEach((r) => all.delete(r));
	for (const name of [...WHO, ...await h.hire([...all].sort())]) {
		const todo = table.filter((r) => r.method === 'GET' && !r.path.includes('{') && !r.path.startsWith('/api/') && (name || r.access === 'public')).map((r) => r.path);
		const seen = new Set();
		const cookie = name ? await h.cookie(name) : '';
		while (todo.length > 0) {
			const at = todo.shift().split('#')[0], kind = kindOf(table, at);
			if (!kind || seen.has(kind))
				continue;
			seen.add(kind);
			const r = await fetch(h.portal + at, { headers: { Accept: 'text/html', Cookie: cookie }, redirect: 'manual' });
			const type = r.headers.get('content-type') || '';
			const text = type.includes('html') ? await r.text() : '';
			if (r.headers.get('location'))
				todo.push(r.headers.get('location'));
			if (r.status !== 200 || !type.includes('html') || r.headers.get('content-disposition'))
				continue;
			// the first page is another for nobody and for each role
			const key = kind === '/' || kind === '/login' ? kind + ' ' + (name || 'nobody') : kind;
			if (!found.has(key))
				found.set(key, { kind: key, path: at, who: name });
			for (const m of text.matchAll(/ href="(\/[^"]*|\?[^"]*)"/g))
				todo.push(unescape(m[1][0] === '?' ? at.split('?')[0] + m[1] : m[1]));
		}
	}
	return [...found.values()];
}

module.exports = { everyPage };
