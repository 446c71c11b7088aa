// What the page does better with a script. All of it works without, and a browser that stumbles here goes on without.
{
  const exit = document.getElementById('exit');
  let leaving, alone, since, pressed, presses = 0, last = 0;

  const blank = () => { document.documentElement.className = 'gone'; };

  // Blank first, then go. Replacing leaves no entry of ours for the Back button.
  const leave = () => {
    leaving = true;
    blank();
    document.title = '';
    location.replace(exit.href);
  };

  // What is true with a script only stands in an attribute: a browser for text alone shows what is hidden.
  self.say = node => {
    if (node.dataset.say) node.textContent = node.dataset.say;
    node.hidden = false;
    return node;
  };
  say(document.getElementById('keys'));

  addEventListener('click', e => {
    const link = e.target.closest('a');
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    // Our own links replace the entry too: Back then goes to whatever was before this site.
    if (link.id !== exit.id && link.origin !== location.origin) return;
    e.preventDefault();
    if (link.id === exit.id) leave(); else location.replace(link.href);
  });

  // Esc or Shift three times, each within five seconds of the last, and nothing else in between. Shift counts only
  // when it is pressed alone and for a moment: not for a capital, a click, the wheel, another keyboard's letters or
  // spoken words.
  const other = () => { alone = presses = 0; };
  addEventListener('keydown', e => {
    // Once we are leaving, Esc must not stop the next page from loading.
    if (leaving && e.key === 'Escape') e.preventDefault();
    if (e.key !== 'Escape' && (e.key !== 'Shift' || e.repeat) || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return other();
    alone = e.key;
    since = Date.now();
  });
  addEventListener('keyup', e => {
    if (leaving || e.key !== alone) return;
    const now = Date.now();
    if (alone === 'Shift' && now - since > 700) return other();
    presses = alone === pressed && now - last < 5000 ? presses + 1 : 1;
    pressed = alone;
    alone = 0;
    last = now;
    if (presses === 3) leave();
  });
  for (const type of ['mousedown', 'mouseup', 'touchstart', 'wheel', 'input']) addEventListener(type, other);

  // How form.js sends: nothing of it is kept.
  self.post = (to, body) => fetch(to, { method: 'POST', body, credentials: 'omit', cache: 'no-store' });

  // A search leaves no entry either: what comes is written over this page. Where this fails, the form is sent as usual.
  addEventListener('submit', e => {
    const form = e.target;
    if (!form.place) return;
    post(form.action, new URLSearchParams(new FormData(form))).then(e => e.text()).then(e => {
      document.write(e);
      document.close();
      location.replace('#f');
    }, () => form.submit());
    e.preventDefault();
  });

  // Paper shows what is folded away.
  addEventListener('beforeprint', () => {
    for (const more of document.querySelectorAll('details')) more.open = true;
  });

  // Nothing typed is kept for a Back button; a page that comes back anyway is fetched again.
  addEventListener('pagehide', () => {
    for (const form of document.forms) form.reset();
  });
  addEventListener('pageshow', e => {
    if (e.persisted) { blank(); location.reload(); }
  });
}
