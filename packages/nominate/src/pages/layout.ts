import { html as htmlReply, type Reply } from '../api/reply.ts';
import type { Site } from '../api/site.ts';
import { html, type Markup } from './html.ts';
import { ago, pill, short } from './words.ts';

/** Pages load their own scripts and styles only. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const LINKS = [
  ['/status', 'Overview'],
  ['/status/candidates', 'Candidates'],
  ['/status/nominators', 'Nominators'],
  ['/status/rounds', 'Rounds'],
  ['/status/jobs', 'Service'],
  ['/api', 'API'],
] as const;

export interface Page {
  readonly title: string;
  /** The address of the highlighted link. */
  readonly at: (typeof LINKS)[number][0];
  readonly content: Markup;
  readonly status?: number;
  /** Whether the page updates itself. */
  readonly isLive: boolean;
}

/** A whole page as an answer. */
export async function page(site: Site, { title, at, content, status, isLive }: Page): Promise<Reply> {
  const foot = await footOf(site);
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · ${site.title}</title>
<link rel="icon" type="image/svg+xml" href="/status/icon.svg">
<link rel="stylesheet" href="/status/page.css">
<script src="/status/page.js" defer></script>
</head>
<body>
<a class="skip" href="#main">to the content</a>
<header>
<div class="bar"><a class="home" href="/status">${site.title}</a>${site.options.isRecorded === true && pill('recorded facts, no transaction is sent', 'warn')}
<nav aria-label="Pages">${LINKS.map(([path, text]) => html`<a href="${path}"${path === at && html` aria-current="page"`}>${text}</a>`)}</nav></div>
</header>
<main id="main"${isLive && html` data-live="20"`}>
${content}
</main>
<footer>${foot}</footer>
</body>
</html>
`;
  const reply = htmlReply(markup, status);
  return reply.kind === 'text'
    ? { ...reply, headers: { ...reply.headers, 'content-security-policy': PAGE_POLICY } }
    : reply;
}

async function footOf({ reader, options }: Site): Promise<Markup> {
  const of = await reader.standingsOf().catch(() => null);
  return html`<p>${
    of !== null && html`Snapshot ${short(of.snapshot)}, ${ago(of.takenAtMs, options.clock())}. `
  }Everything here can be computed again: <a href="/status/rounds">rounds</a> come with their texts. Watchbill ${options.version}</p>`;
}
