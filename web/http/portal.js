// What makes the pages more comfortable where there is script; every page works without it.
'use strict';
document.documentElement.classList.add('script');

// a form is sent once
document.addEventListener('submit', (e) => {
	if (e.target.dataset.sent)
		e.preventDefault();
	else if (e.target.method === 'post')
		e.target.dataset.sent = '1';
});
addEventListener('pageshow', () => document.querySelectorAll('form[data-sent]').forEach((f) => delete f.dataset.sent));

// a form that is long to fill in is kept as a draft, a minute after something was typed
function keepDrafts(form) {
	let typed = false;
	form.addEventListener('input', () => { typed = true; });
	setInterval(async () => {
		if (!typed || form.dataset.sent || !navigator.onLine)
			return;
		typed = false;
		const body = new URLSearchParams();
		for (const [name, value] of new FormData(form))
			if (typeof value === 'string' && form.elements[name] && form.elements[name].type !== 'password')
				body.append(name, value);
		body.set('step', 'draft');
		const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } }).catch(() => null);
		if (!answer || !answer.ok) {
			typed = true;
			return;
		}
		const saved = await answer.json();
		let id = form.querySelector('input[name=draft]');
		if (!id) {
			id = form.appendChild(document.createElement('input'));
			id.type = 'hidden';
			id.name = 'draft';
		}
		id.value = saved.draft;
		let said = form.querySelector('.kept');
		if (!said) {
			said = form.appendChild(document.createElement('p'));
			said.className = 'small kept';
			said.setAttribute('role', 'status');
		}
		said.textContent = saved.said;
	}, 60000);
}
document.querySelectorAll('form[data-keep]').forEach(keepDrafts);

// figures below a form, as it is typed
document.querySelectorAll('[data-compute]').forEach((box) => {
	const form = box.closest('form');
	let wait;
	form.addEventListener('input', () => {
		clearTimeout(wait);
		wait = setTimeout(async () => {
			const body = new URLSearchParams();
			for (const [name, value] of new FormData(form))
				if (typeof value === 'string')
					body.append(name, value);
			body.set('step', 'compute');
			body.set('part', '1');
			const answer = await fetch(form.action, { method: 'POST', body }).catch(() => null);
			if (!answer || !answer.ok)
				return;
			const part = new DOMParser().parseFromString(await answer.text(), 'text/html');
			box.replaceChildren(...part.body.childNodes);
		}, 500);
	});
});
