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
