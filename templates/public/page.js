// What the page does better with a script. All of it works without, and a browser that stumbles here goes on without.
{
  const exit = document.getElementById('exit');
  let leaving, alone, pressed, presses = 0, last = 0;

  const blank = () => { document.documentElement.className = 'gone'; };

  // Blank first, then go. Replacing leaves no entry of ours for the Back button.
  const leave = () => {
    leaving = true;
    blank();
    document.title = '';
    location.replace(exit.href);
  };

  document.getElementById('keys').hidden = false;

  addEventListener('click', e => {
    const link = e.target.closest('a');
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    if (link === exit) { e.preventDefault(); leave(); }
    // Our own links replace the entry too: Back then goes to whatever was before this site.
    else if (link.origin === location.origin) { e.preventDefault(); location.replace(link.href); }
  });

  // Esc or Shift three times, each within five seconds of the last. Shift that types a capital does not count.
  addEventListener('keydown', e => {
    // Once we are leaving, Esc must not stop the next page from loading.
    if (leaving && e.key === 'Escape') e.preventDefault();
    alone = e.key === 'Escape' || e.key === 'Shift' ? e.key : '';
    if (!alone) presses = 0;
  });
  addEventListener('keyup', e => {
    if (leaving || e.key !== alone) return;
    const now = Date.now();
    presses = e.key === pressed && now - last < 5000 ? presses + 1 : 1;
    pressed = e.key;
    last = now;
    if (presses === 3) leave();
  });

  // A form is sent beside the page, so that the history keeps one entry. When that fails, the browser sends it.
  addEventListener('submit', e => {
    const form = e.target, body = new URLSearchParams(new FormData(form));
    // Some old browsers cannot turn a form into a body: they send it themselves.
    if (!body.has(form.elements[0].name)) return;
    const sent = form.sent || fetch(form.action, { method: 'POST', body, credentials: 'omit', cache: 'no-store' });
    e.preventDefault();
    if (form.sent) return;
    form.sent = sent;
    document.getElementById('wait').hidden = false;
    sent.then(answer => answer.text()).then(text => {
      const answer = new DOMParser().parseFromString(text, 'text/html'), said = answer.querySelector('.said');
      // What has nothing to say is not of our making, and must not take the words from the screen.
      if (!said) throw 0;
      document.querySelector('main').replaceWith(said.closest('main'));
      // Another language would be another form, without the words.
      const nav = document.querySelector('nav');
      if (nav) nav.remove();
      scrollTo(0, 0);
      said.focus();
    }).catch(() => form.submit());
  });

  // Nothing typed is kept for a Back button; a page that comes back anyway is fetched again.
  addEventListener('pagehide', () => {
    for (const form of document.forms) form.reset();
  });
  addEventListener('pageshow', e => {
    if (e.persisted) { blank(); location.reload(); }
  });
}
