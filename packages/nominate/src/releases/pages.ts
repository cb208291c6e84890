import { type Clock, systemClock } from '@watchbill/kit';
import { deadline } from '../time/deadline.ts';

/** One answer of a server with a list in pages. */
export interface Page {
  readonly text: string;
  readonly size: number;
  /** Its final address: a redirect of the first page is followed. */
  readonly url: string;
  /** The header `Link`. */
  readonly link: string | null;
  readonly etag: string | null;
  /** The list still has the `etag` of the request; `text` is empty then. */
  readonly isUnchanged: boolean;
}

export interface PageRequest {
  readonly mostBytes: number;
  /** Whether a redirect is followed. */
  readonly redirects: boolean;
  /** The ETag of a known answer. */
  readonly etag?: string | null;
}

/** Fetches the answer at an address, or rejects. */
export type FetchPage = (url: string, signal: AbortSignal, request: PageRequest) => Promise<Page>;

export const PAGE_LIMITS = { pages: 200, bytes: 64 * 2 ** 20, timeoutMs: 60_000, tries: 3 } as const;

/**
 * The texts of all pages of a list: the first one, and those with `rel="next"` in the `Link` headers (RFC
 * 8288). All must have the origin of the first; pages, bytes and time are bounded. If the list changed
 * meanwhile, a candidate could be on no page or on two, so it is read again. Rejects with a text that names
 * only the host, because addresses may contain keys.
 */
export async function everyPage(
  url: string,
  fetchPage: FetchPage,
  signal: AbortSignal,
  limits: Readonly<Record<keyof typeof PAGE_LIMITS, number>> = PAGE_LIMITS,
  clock: Pick<Clock, 'sleep'> = systemClock(),
): Promise<readonly string[]> {
  const limited = deadline(clock, limits.timeoutMs, signal);
  try {
    return await settledPages(url, fetchPage, limited.signal, limits);
  } finally {
    limited.cancel();
  }
}

async function settledPages(
  url: string,
  fetchPage: FetchPage,
  signal: AbortSignal,
  limits: Readonly<Record<keyof typeof PAGE_LIMITS, number>>,
): Promise<readonly string[]> {
  for (let count = 0; count < limits.tries; count += 1) {
    const pages = await readOnce(url, fetchPage, signal, limits);
    const [first] = pages;
    if (first === undefined || pages.length === 1 || (await isStill(first, fetchPage, signal, limits)))
      return pages.map(({ text }) => text);
  }
  throw new Error(`the list of ${hostOf(url)} changed during each of ${limits.tries} readings`);
}

async function readOnce(
  url: string,
  fetchPage: FetchPage,
  signal: AbortSignal,
  limits: Readonly<Record<keyof typeof PAGE_LIMITS, number>>,
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  const seen = new Set<string>();
  let left = limits.bytes;
  for (let next: string | null = url; next !== null; ) {
    if (pages.length === limits.pages)
      throw new Error(`${hostOf(url)} has more than ${limits.pages} pages of its list`);
    seen.add(next);
    const page: Page = await fetchPage(next, signal, { mostBytes: left, redirects: pages.length === 0 });
    pages.push(page);
    left -= page.size;
    next = nextOf(pages[0] ?? page, page);
    if (next !== null && seen.has(next))
      throw new Error(`a page of the list of ${hostOf(url)} names a next page that was already read`);
  }
  return pages;
}

/** The first page shows whether the list has changed: by its `ETag`, or by its text. */
async function isStill(
  { url, etag, text }: Page,
  fetchPage: FetchPage,
  signal: AbortSignal,
  { bytes }: { readonly bytes: number },
): Promise<boolean> {
  const again = await fetchPage(url, signal, { mostBytes: bytes, redirects: false, etag });
  return again.isUnchanged || again.text === text;
}

function nextOf(first: Page, { url, link }: Page): string | null {
  const target = nextIn(link);
  if (target === null) return null;
  if (!URL.canParse(target, url)) throw new Error(`${hostOf(url)} names a next page that is not an address`);
  const next = new URL(target, url);
  if (next.origin === new URL(first.url).origin) return next.href;
  throw new Error(`${hostOf(url)} names a next page on another host, ${next.host}: it is not followed`);
}

const LINK = /<([^>]*)>([^,<"]*(?:"[^"]*"[^,<"]*)*)/g;
const PARAMETER = /;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/g;

/** The target with `rel="next"` in a `Link` header; null if there is none. */
export function nextIn(header: string | null): string | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    const rel = [...parameters.matchAll(PARAMETER)].find(([, name]) => name?.toLowerCase() === 'rel');
    const relations = (rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return target;
  }
  return null;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}
