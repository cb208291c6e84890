import { z } from 'zod';
import type { Release } from '../snapshot/snapshot.ts';
import { versionOfTag } from './tags.ts';

/** The fields that are read from a list of releases in the format of GitHub. */
const releasesShape = z.array(
  z.object({
    tag_name: z.string().max(256),
    published_at: z.iso.datetime({ offset: true }).nullable(),
    prerelease: z.boolean().default(false),
    draft: z.boolean().default(false),
  }),
);

export interface ReleaseSource {
  /** The name of the implementation in telemetry, for example `Parity Polkadot`. */
  readonly client: string;
  readonly url: string;
}

/** Fetches the text at an address, or rejects. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>;

/** The releases in the text of a feed. Throws if the text is not a feed. */
export function releasesIn(client: string, text: string): readonly Release[] {
  const found = new Map<string, Release>();
  for (const { tag_name: tag, published_at: at, prerelease, draft } of releasesShape.parse(
    JSON.parse(text),
  )) {
    const version = versionOfTag(tag);
    if (version === null || at === null || prerelease || draft) continue;
    const publishedAtMs = Date.parse(at);
    const before = found.get(version);
    if (before === undefined || publishedAtMs < before.publishedAtMs)
      found.set(version, { client, version, publishedAtMs });
  }
  return [...found.values()];
}

/** Reads every feed. A failing feed does not affect the others; if all fail, it rejects. */
export function releaseFeed(sources: readonly ReleaseSource[], fetchText: FetchText) {
  return async (signal: AbortSignal): Promise<readonly Release[]> => {
    const reads = await Promise.allSettled(
      sources.map(async ({ client, url }) => releasesIn(client, await fetchText(url, signal))),
    );
    const good = reads.flatMap((read) => (read.status === 'fulfilled' ? [read.value] : []));
    const [failed] = reads.flatMap((read, at) => (read.status === 'rejected' ? [sources[at]?.client] : []));
    if (good.length === 0 && failed !== undefined)
      throw new Error(`no feed of releases could be read, that of ${failed} among them`);
    return good.flat();
  };
}
