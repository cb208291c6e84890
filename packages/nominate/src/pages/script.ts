/**
 * The script of the pages: updates a live page without losing opened parts or typed text. Without the script
 * every page works, but does not update.
 */
export const SCRIPT = `'use strict';
(() => {
  const main = document.querySelector('main');
  const seconds = Number(main?.dataset.live);
  for (const select of document.querySelectorAll('form.filter select')) {
    select.addEventListener('change', () => select.form.requestSubmit());
  }
  if (!seconds) return;
  let shown = null;
  const openKeys = () =>
    new Set([...main.querySelectorAll('details[open][data-key]')].map((one) => one.dataset.key));
  const isBusy = () => main.contains(document.activeElement) && document.activeElement.matches('input, select');
  const refresh = async () => {
    if (document.hidden || isBusy()) return;
    const answer = await fetch(location.href, { cache: 'no-cache', headers: { accept: 'text/html' } });
    const etag = answer.headers.get('etag');
    if (!answer.ok || etag === shown) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const content = fresh.querySelector('main');
    if (content === null || isBusy()) return;
    const open = openKeys();
    shown = etag;
    main.replaceChildren(...document.adoptNode(content).childNodes);
    for (const one of main.querySelectorAll('details[data-key]')) one.open = open.has(one.dataset.key);
    document.querySelector('footer').replaceChildren(...document.adoptNode(fresh.querySelector('footer')).childNodes);
    main.dataset.refreshed = String(Number(main.dataset.refreshed ?? 0) + 1);
  };
  const again = () => {
    refresh()
      .catch(() => undefined)
      .finally(() => setTimeout(again, seconds * 1000));
  };
  setTimeout(again, seconds * 1000);
  document.addEventListener('visibilitychange', () => void refresh().catch(() => undefined));
})();
`;
