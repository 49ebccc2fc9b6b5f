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

// a job that goes on by itself is looked at again
const running = document.querySelector('[data-refresh]');
if (running)
	setTimeout(() => location.reload(), 1000 * Number(running.dataset.refresh));
