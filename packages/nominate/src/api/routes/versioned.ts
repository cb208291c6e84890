import { etagOf, isKnown, JSON_TYPE, jsonText, type Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import type { Site } from '../site.ts';

/**
 * An answer that depends only on its address and on `version`. A client with a current copy gets 304 before
 * any other reading, and a recent answer is reused.
 */
export async function versioned(
  { reader }: Site,
  { url, ifNoneMatch }: Pick<Call<unknown, unknown>, 'url' | 'ifNoneMatch'>,
  version: string,
  make: (etag: string) => Promise<{ readonly body: unknown } | Reply>,
): Promise<Reply> {
  const etag = etagOf(version, url);
  if (isKnown(ifNoneMatch, etag)) return { kind: 'not-modified', etag };
  const ready = reader.answers.peek(etag);
  if (ready !== undefined) return ready;
  return reader.answers.get(etag, async () => {
    const made = await make(etag);
    if ('kind' in made) return made;
    return {
      kind: 'text',
      status: 200,
      type: JSON_TYPE,
      // Bytes, which all of its readers share.
      body: Buffer.from(jsonText(made.body)),
      etag,
      headers: {},
    };
  });
}
