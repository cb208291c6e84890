/**
 * Script of the pages. It replaces `<main>` by a new copy, and keeps opened parts, the focus and typed
 * text. Title and icon follow. While a button of the mouse or a finger is down it waits, for the click.
 * `data-live="20"` fetches every 20 seconds; `data-stream="/changes"` fetches when that event stream reports
 * a change. `data-panel` around links names the element that shows the part `data-part` of the linked page.
 * While the server does not answer, `<main data-stale>` shows that. Every page works without it.
 */
export const LIVE_SCRIPT = `'use strict';
(() => {
  const main = document.querySelector('main');
  const seconds = Number(main?.dataset.live);
  const stream = main?.dataset.stream;
  for (const select of document.querySelectorAll('form.filter select')) {
    select.addEventListener('change', () => select.form.requestSubmit());
  }
  const load = async (url) => {
    const answer = await fetch(url, { cache: 'no-cache', headers: { accept: 'text/html' } });
    if (!answer.ok) return null;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    return { etag: answer.headers.get('etag'), page, content: page.querySelector('main') };
  };
  let shown = null;
  const opened = () => [...main.querySelectorAll('details[open][data-key]')].map((one) => one.dataset.key);
  let isPressed = false;
  const isBusy = () => isPressed || (main.contains(document.activeElement) && document.activeElement.matches('input, select'));
  const mark = () => {
    for (const panel of main.querySelectorAll('[data-filled]')) {
      const links = main.querySelectorAll('[data-panel="' + CSS.escape(panel.id) + '"] a');
      for (const link of links) link.setAttribute('aria-current', link.getAttribute('href') === panel.dataset.filled);
    }
  };
  const stale = (is) => main.toggleAttribute('data-stale', is);
  const refresh = async () => {
    if (document.hidden || isBusy()) return;
    const fresh = await load(location.href);
    stale(fresh === null);
    if (fresh === null || fresh.content === null || isBusy()) return;
    if (fresh.etag !== null && fresh.etag === shown) return;
    shown = fresh.etag;
    const open = new Set(opened());
    const focus = main.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    const panels = [...main.querySelectorAll('[data-filled]')];
    main.replaceChildren(...document.adoptNode(fresh.content).childNodes);
    for (const one of main.querySelectorAll('details[data-key]')) one.open = open.has(one.dataset.key);
    for (const panel of panels) document.getElementById(panel.id)?.replaceWith(panel);
    if (focus !== null) main.querySelector('a[href="' + CSS.escape(focus) + '"]')?.focus({ preventScroll: true });
    mark();
    document.title = fresh.page.title;
    document.querySelector('link[rel="icon"]')?.replaceWith(document.adoptNode(fresh.page.querySelector('link[rel="icon"]')));
    const foot = fresh.page.querySelector('footer');
    if (foot !== null) document.querySelector('footer')?.replaceChildren(...document.adoptNode(foot).childNodes);
    main.dataset.refreshed = String(Number(main.dataset.refreshed ?? 0) + 1);
  };
  const tried = () => refresh().catch(() => stale(true));
  main?.addEventListener('click', (event) => {
    const link = event.target.closest('[data-panel] a');
    const panel = link === null ? null : document.getElementById(link.closest('[data-panel]').dataset.panel);
    if (panel === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    load(link.href)
      .then((fresh) => {
        if (fresh?.content == null) return void location.assign(link.href);
        panel.replaceChildren(...document.adoptNode(fresh.content.querySelector('[data-part]') ?? fresh.content).childNodes);
        panel.dataset.filled = link.getAttribute('href');
        mark();
      })
      .catch(() => location.assign(link.href));
  });
  main?.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const cells = [...(event.target.closest('.strip')?.querySelectorAll('a') ?? [])];
    if (step === undefined || cells.length === 0) return;
    event.preventDefault();
    cells[cells.indexOf(event.target.closest('a')) + step]?.focus();
  });
  main?.addEventListener('pointerdown', () => void (isPressed = true));
  const released = () => {
    if (!isPressed) return;
    // The click comes first.
    setTimeout(() => {
      isPressed = false;
      tried();
    });
  };
  for (const end of ['pointerup', 'pointercancel', 'blur']) addEventListener(end, released);
  document.addEventListener('visibilitychange', tried);
  if (stream !== undefined) {
    const changes = new EventSource(stream);
    let next = Promise.resolve();
    changes.addEventListener('changed', () => void (next = next.then(tried)));
    // A stream that the server refuses never comes back: the session is over, or there is no place.
    changes.addEventListener('error', () => (changes.readyState === 2 ? setTimeout(() => location.reload(), 15000) : tried()));
    changes.addEventListener('open', () => main.hasAttribute('data-stale') && tried());
    return;
  }
  if (!seconds) return;
  const again = () => tried().finally(() => setTimeout(again, seconds * 1000));
  setTimeout(again, seconds * 1000);
})();
`;
