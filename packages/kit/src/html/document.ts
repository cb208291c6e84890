import { html, type Markup, type Part } from './html.ts';
import { BASE_STYLE } from './style.ts';

/** Pages load their own scripts and styles only, and no page may be shown inside another. */
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

export interface PageDocument {
  readonly title: string;
  /** Address of the style, for example `/status/page.css`. */
  readonly style: string;
  readonly script: string;
  /** Address of an SVG. */
  readonly icon: string;
  /** The bar at the top. */
  readonly header: Part;
  readonly content: Part;
  readonly footer: Part;
  /** How the page follows changes: at an interval in seconds, or by an event stream. Null: not at all. */
  readonly live: { readonly seconds: number } | { readonly stream: string } | null;
}

/** A whole HTML page: the content in `<main>`, between a bar and a footer. */
export function htmlDocument(page: PageDocument): string {
  const head = html`<link rel="icon" type="image/svg+xml" href="${page.icon}">
<link rel="stylesheet" href="${page.style}">
<script src="${page.script}" defer></script>`;
  const skip = html`<a class="skip" href="#main">Skip to the content</a>\n`;
  return documentOf(page, head, skip, liveOf(page.live));
}

/** The style is in the page, and the page loads nothing and runs no script. */
const FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A whole HTML page in one file, to keep or to send: for example a report. */
export function fileDocument(page: Texts): string {
  const style: Markup = { markup: BASE_STYLE };
  const head = html`<meta http-equiv="Content-Security-Policy" content="${FILE_POLICY}">
<style>
${style}</style>`;
  return documentOf(page, head, null, null);
}

type Texts = Pick<PageDocument, 'title' | 'header' | 'content' | 'footer'>;

function documentOf(page: Texts, head: Markup, skip: Part, live: Part): string {
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
${head}
</head>
<body>
${skip}<header>
<div class="bar">${page.header}</div>
</header>
<main id="main"${live}>
${page.content}
</main>
<footer>${page.footer}</footer>
</body>
</html>
`;
  return markup;
}

function liveOf(live: PageDocument['live']): Markup | null {
  if (live === null) return null;
  return 'stream' in live ? html` data-stream="${live.stream}"` : html` data-live="${live.seconds}"`;
}
