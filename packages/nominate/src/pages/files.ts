import { LIVE_SCRIPT } from '@watchbill/kit/html';
import { etagOf } from '../api/reply.ts';
import { type Route, route } from '../api/route.ts';
import { nothing } from '../api/shapes/parts.ts';
import { STYLE } from './style.ts';

/** The icon in the tab of the browser: a list with one line ticked. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b3d4f"/>
<path d="M14 10h11M14 16h11M14 22h11" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/>
<path d="M6 15.5l2.2 2.2L11 14" fill="none" stroke="#ffb53e" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`;

/** Files that the pages load, all from this server. */
export const FILES: readonly Route[] = [
  file('/status/page.css', 'text/css; charset=utf-8', STYLE),
  file('/status/page.js', 'text/javascript; charset=utf-8', LIVE_SCRIPT),
  file('/status/icon.svg', 'image/svg+xml', ICON),
];

function file(url: string, type: string, body: string): Route {
  const etag = etagOf(body);
  return route({
    url,
    tag: 'service',
    summary: 'A file of the pages',
    params: nothing,
    query: nothing.loose(),
    answer: { description: 'The file.', type },
    problems: [],
    handle: async () => ({ kind: 'text', status: 200, type, body, etag, headers: {} }),
  });
}
