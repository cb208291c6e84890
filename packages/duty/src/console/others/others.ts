import { type Clock, within } from '@watchbill/kit';
import type { Look, OtherPage } from './other-page.ts';

/** Looks at a page. Never rejects, and ends within its own deadline. */
export type LookAt = (name: string, url: string) => Promise<Look>;

/** A page; when its last look ended, and when that or the one under way began, on the monotonic clock. */
function watched(name: string, url: string) {
  const never = Number.NEGATIVE_INFINITY;
  const none = { look: null as Look | null, looking: null as Promise<void> | null };
  return { name, url, endedMs: never, begunMs: never, ...none };
}

/** An older look is repeated. */
const FRESH_MS = 10_000;
/** An older look is not shown, because its sentence may be wrong by now. */
const STALE_MS = 30_000;
/** How long a reader waits for the first look, or for one in place of a stale one. */
const READER_MS = 1_000;

/**
 * Reads the pages of other capabilities. Each page has at most one look under way, and at most one in ten
 * seconds. A reader gets the last look at once, or waits up to a second if there is none to show.
 */
export function otherPages(
  pages: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  lookAt: LookAt,
): () => Promise<readonly OtherPage[]> {
  const all = Object.entries(pages).flatMap(([name, url]) => (url === undefined ? [] : [watched(name, url)]));
  const ageMs = ({ endedMs }: { readonly endedMs: number }) => clock.monotonicMs() - endedMs;
  const begin = (page: (typeof all)[number]): void => {
    if (page.looking !== null || clock.monotonicMs() - page.begunMs < FRESH_MS) return;
    page.begunMs = clock.monotonicMs();
    page.looking = lookAt(page.name, page.url).then((look) => {
      Object.assign(page, { look, endedMs: clock.monotonicMs(), looking: null });
    });
  };
  return async () => {
    for (const page of all) begin(page);
    const missing = all.filter((page) => ageMs(page) > STALE_MS).flatMap(({ looking }) => looking ?? []);
    const { signal } = new AbortController();
    const looks = () => Promise.all(missing);
    if (missing.length > 0) await within('the looks', READER_MS, signal, looks, clock).catch(() => null);
    return all.map((page) => ({
      ...{ name: page.name, url: page.url },
      look: ageMs(page) > STALE_MS ? null : page.look,
    }));
  };
}
