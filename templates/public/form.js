// What a page with a form does better with a script, after page.js. Without it, the browser sends the form.
{
  const id = name => document.getElementById(name);
  let sending, held, button;

  // One of the sentences that stand ready in the form, or none.
  const show = name => {
    for (const one of ['wait', 'unsent', 'unseen', 'long']) if (id(one)) id(one).hidden = true;
    return id(name) && say(id(name));
  };

  // What is too long is said beside the field that is longest, before anything is sent.
  const shorten = form => {
    const field = [...form.querySelectorAll('textarea, input')].reduce((most, one) => one.value.length > most.value.length ? one : most);
    const said = show('long');
    if (said) {
      field.before(said);
      field.setAttribute('aria-describedby', 'long');
      field.setAttribute('aria-invalid', true);
    }
    field.focus();
  };

  // The same form in another language takes the place of this one, and of its entry in the history.
  const turn = (page, address) => {
    const root = document.documentElement;
    root.lang = page.documentElement.lang;
    root.dir = page.documentElement.dir;
    document.title = page.title;
    document.body.replaceWith(page.body);
    history.replaceState(null, '', address);
    say(id('keys'));
    scrollTo(0, 0);
    const here = document.querySelector('[aria-current]');
    if (here) here.focus();
  };

  // A receipt, or the form with what is to be mended.
  const answer = page => {
    document.querySelector('main').replaceWith(page.querySelector('main'));
    // Buttons for a form that is no longer there.
    if (!id('f')) for (const one of document.querySelectorAll('nav, [form]')) one.remove();
    const said = document.querySelector('.said');
    scrollTo(0, 0);
    if (said) said.focus();
    // What is longer than the screen is centred by that: its beginning is what comes first.
    if (said && said.getBoundingClientRect().top < 0) { said.scrollIntoView(); scrollBy(0, -99); }
  };

  // What was typed while the answer was on its way stays, and so does a code that was wrong.
  const keep = (form, page) => {
    for (const one of page.forms[0] ? form.elements : []) {
      const same = [...page.forms[0].elements].find(e => e.name && e.name === one.name && (e.id || e.value === one.value));
      if (same) { same.value = one.value; same.checked = one.checked; }
    }
  };

  // While a form is sent, nothing can be added that its receipt would not tell of.
  const hold = (form, on) => {
    held = on;
    for (const one of form.elements) one.readOnly = on;
  };

  // Who gets it is said above the first box as it is ticked below.
  addEventListener('change', e => {
    const gets = e.target.name === 'r' && document.querySelector('#gets ul');
    if (!gets) return;
    gets.textContent = '';
    for (const box of document.querySelectorAll('[name=r]:checked')) {
      const office = gets.appendChild(document.createElement('li'));
      office.append(box.parentNode.querySelector('bdi').cloneNode(true));
    }
  });

  // Not every browser says which button sent a form.
  addEventListener('click', e => {
    button = e.target.closest('button');
    if (held && e.target.form) e.preventDefault();
  });

  addEventListener('submit', e => {
    const form = e.target, body = new URLSearchParams(new FormData(form)), by = button && button.name && button;
    button = 0;
    // Some old browsers cannot turn a form into a body: they send it themselves.
    if (!body.has(form.querySelector('[name]').name)) return;
    if (sending) return e.preventDefault();
    if (by) body.append(by.name, by.value);
    const size = String(body).length;
    if (size > form.dataset.most) { e.preventDefault(); return shorten(form); }
    const online = navigator.onLine, address = by ? by.formAction : form.action;
    // A line that carries a kilobyte a second has time enough; a dead one must not keep anybody waiting for ever.
    const late = new Promise((_, give_up) => setTimeout(give_up, 60000 + size));
    const sent = post(address, body).then(reply => reply.text().then(text => [reply, text]));
    e.preventDefault();
    sending = true;
    hold(form, !by);
    show(by ? '' : 'wait');
    Promise.race([sent, late]).then(([reply, text]) => {
      // A page that does not say that it is our answer is somebody else's, or an error's: the form stays.
      if (!reply.headers.get('X-Answer')) throw reply.status > 399 && reply.status < 500;
      const page = new DOMParser().parseFromString(text, 'text/html');
      keep(form, page);
      by && by.name === 'l' ? turn(page, address) : answer(page);
    }).catch(refused => {
      // Only a refusal, or no line to begin with, leaves no doubt. Sent again, it is the same report.
      const said = show(refused === true || online === false ? 'unsent' : 'unseen') || id('unsent');
      if (said) say(said).focus();
    }).then(() => { sending = false; hold(form, false); });
  });
}
