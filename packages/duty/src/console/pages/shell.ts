import { html, htmlDocument, type Markup } from '@watchbill/kit/html';

export interface ShellPage {
  readonly title: string;
  readonly content: Markup;
  /** Address of the icon; that of the service without it. */
  readonly icon?: string;
  /** The reader, for example `operator ada`; null on an open page. */
  readonly reader: string | null;
  /** Whether the page follows the changes of the service. */
  readonly isLive: boolean;
  /** A page for a browser without access has no footer. */
  readonly isPlain?: boolean;
}

/** A page of the console as HTML. */
export function shell({ title, content, reader, isLive, isPlain, icon = '/icon.svg' }: ShellPage): string {
  return htmlDocument({
    title: `${title} · Watchbill`,
    icon,
    style: '/console/page.css',
    script: '/console/page.js',
    header: html`<a class="home" href="/">Watchbill</a>
<nav aria-label="Pages"><a href="/">Console</a><a href="/help/">Help</a><a href="/docs">API</a><a href="/metrics">Metrics</a><a href="/readyz">Ready</a></nav>`,
    content,
    footer:
      isPlain === true
        ? null
        : reader === null
          ? html`<p>This page is open for reading on this machine. <a href="/console/login">Sign in</a> with an operator token to rehearse a handover.</p>`
          : html`<p>Signed in as ${reader}. <a href="/console/login">Use another token</a></p>`,
    live: isLive ? { stream: '/console/live' } : null,
  });
}
