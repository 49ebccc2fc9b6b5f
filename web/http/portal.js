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

// a camera where the browser itself reads QR codes: what it reads is put into the box, nothing else happens
(async () => {
	const box = document.querySelector('p.camera'), video = document.querySelector('video.camera');
	if (!box || !('BarcodeDetector' in window) || !navigator.mediaDevices || !(await BarcodeDetector.getSupportedFormats()).includes('qr_code'))
		return;
	const button = box.querySelector('[data-camera]'), says = box.querySelector('[role=status]'), detector = new BarcodeDetector({ formats: ['qr_code'] });
	let stream = null;
	const stop = () => {
		if (stream)
			stream.getTracks().forEach((t) => t.stop());
		stream = null;
		video.hidden = true;
	};
	const look = async () => {
		if (!stream)
			return;
		const found = video.readyState >= 2 ? await detector.detect(video) : [];
		if (!found.length) {
			setTimeout(look, 200);
			return;
		}
		stop();
		const text = document.getElementById('c');
		text.value = found[0].rawValue;
		text.focus();
	};
	box.hidden = false;
	button.addEventListener('click', async () => {
		says.textContent = '';
		if (stream) {
			stop();
			return;
		}
		try {
			stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
			video.srcObject = stream;
			video.hidden = false;
			await video.play();
			look();
		} catch (e) {
			says.textContent = says.dataset.none;
		}
	});
})();
// a job that goes on by itself is looked at again
const running = document.querySelector('[data-refresh]');
if (running)
	setTimeout(() => location.reload(), 1000 * Number(running.dataset.refresh));
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
// the text of a credential to the clipboard, where the browser allows it
document.querySelectorAll('[data-copy]').forEach((button) => {
	const text = document.getElementById(button.dataset.copy);
	if (!text || !navigator.clipboard)
		return;
	button.hidden = false;
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(text.textContent.trim());
		button.textContent = button.dataset.done;
	});
});

// passkeys: an approval is signed with one, and a new one is made
(() => {
	if (!window.PublicKeyCredential || !navigator.credentials)
		return;
	const octets = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
	const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
	const filled = (form, values) => {
		for (const [name, value] of Object.entries(values))
			form.elements[name].value = value;
		form.submit();
	};
	const begin = (form, run) => {
		form.hidden = false;
		form.addEventListener('submit', (e) => {
			e.preventDefault();
			const alert = form.querySelector('[role=alert]');
			alert.hidden = true;
			run().catch(() => {
				alert.hidden = false;
				delete form.dataset.sent;
			});
		});
	};
	document.querySelectorAll('form[data-passkey]').forEach((form) => begin(form, async () => {
		const keys = new Map(form.dataset.credentials.split(' ').map((c) => c.split(':')));
		const got = await navigator.credentials.get({ publicKey: { challenge: octets(form.dataset.passkey), rpId: form.dataset.rp, userVerification: 'required',
			allowCredentials: [...keys.keys()].map((id) => ({ type: 'public-key', id: octets(id) })) } });
		filled(form, { key: keys.get(text(got.rawId)), signature: text(got.response.signature), authenticator_data: text(got.response.authenticatorData), client_data: text(got.response.clientDataJSON) });
	}));
	document.querySelectorAll('form[data-new-passkey]').forEach((form) => begin(form, async () => {
		const login = form.dataset.newPasskey;
		const made = await navigator.credentials.create({ publicKey: { rp: { id: location.hostname, name: document.title }, user: { id: new TextEncoder().encode(login), name: login, displayName: login },
			challenge: crypto.getRandomValues(new Uint8Array(32)), pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { userVerification: 'required' }, attestation: 'none' } });
		filled(form, { public: text(made.response.getPublicKey()), rp: location.hostname, origin: location.origin, credential: text(made.rawId) });
	}));
})();
