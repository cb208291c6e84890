import { html, htmlDocument, type Markup, PAGE_POLICY, pill } from '@watchbill/kit/html';
import { html as htmlReply, type Reply } from '../api/reply.ts';
import type { Site } from '../api/site.ts';
import { ago, short } from './words.ts';

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
  readonly at: (typeof LINKS)[number][0] | '';
  readonly content: Markup;
  readonly status?: number;
  /** Whether the page updates itself. */
  readonly isLive: boolean;
}

/** A whole page as an answer. */
export async function page(site: Site, { title, at, content, status, isLive }: Page): Promise<Reply> {
  const markup = htmlDocument({
    title: `${title} · ${site.title}`,
    icon: '/status/icon.svg',
    style: '/status/page.css',
    script: '/status/page.js',
    header: html`<a class="home" href="/status">${site.title}</a>${site.options.isRecorded === true && pill('recorded facts, no transaction is sent', 'warn')}
<nav aria-label="Pages">${LINKS.map(([path, text]) => html`<a href="${path}"${path === at && html` aria-current="page"`}>${text}</a>`)}</nav>`,
    content,
    footer: await footOf(site),
    live: isLive ? { seconds: 20 } : null,
  });
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
