// What the page does better with a script. Everything works without it.
(function () {
  var root = document.documentElement, exit = document.getElementById('exit'), leaving = false;
  var alone = '', pressed = '', presses = 0, last = 0;

  // Blank first, then go. Replacing leaves no entry of ours for the Back button.
  function leave() {
    leaving = true;
    root.className = 'gone';
    document.title = '';
    location.replace(exit.href);
  }

  document.getElementById('keys').hidden = false;

  document.addEventListener('click', function (event) {
    var link = event.target.closest && event.target.closest('a');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link === exit) { event.preventDefault(); leave(); }
    // Our own links replace the entry too: Back then goes to whatever was before this site.
    else if (link.origin === location.origin) { event.preventDefault(); location.replace(link.href); }
  });

  // Esc or Shift three times, each within five seconds of the last. Shift that types a capital does not count.
  addEventListener('keydown', function (event) {
    // Once we are leaving, Esc must not stop the next page from loading.
    if (leaving && event.key === 'Escape') event.preventDefault();
    alone = event.key === 'Escape' || event.key === 'Shift' ? event.key : '';
    if (!alone) presses = 0;
  });
  addEventListener('keyup', function (event) {
    if (leaving || event.key !== alone) return;
    var now = Date.now();
    presses = event.key === pressed && now - last < 5000 ? presses + 1 : 1;
    pressed = event.key;
    last = now;
    if (presses === 3) leave();
  });

  // A form is sent beside the page, so that the history keeps one entry. When that fails, the browser sends it.
  document.addEventListener('submit', function (event) {
    var form = event.target, wait = document.getElementById('wait');
    if (!window.fetch || !window.URLSearchParams || !window.DOMParser) return;
    event.preventDefault();
    if (form.busy) return;
    form.busy = true;
    wait.hidden = false;
    fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'omit', cache: 'no-store' })
      .then(function (answer) { return answer.text(); })
      .then(function (text) {
        var main = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
        var said = main.querySelector('.said');
        document.querySelector('main').replaceWith(main);
        scrollTo(0, 0);
        if (said) said.focus();
      })
      .catch(function () { form.submit(); });
  });

  // Nothing typed is kept for a Back button; a page that comes back anyway is fetched again.
  addEventListener('pagehide', function () {
    for (var form of document.forms) form.reset();
  });
  addEventListener('pageshow', function (event) {
    if (event.persisted) { root.className = 'gone'; location.reload(); }
  });
})();
