import { etagOf, isKnown, JSON_TYPE, jsonText, type Reply } from '../reply.ts';
import type { Call } from '../route.ts';
import type { Site } from '../site.ts';

/**
 * An answer that depends on its address and on what `version` names, and on nothing else. Whoever has it is told so before
 * anything is read, and one that was made lately is not made again.
 */
export async function versioned(
  { reader }: Site,
  { url, ifNoneMatch }: Pick<Call<unknown, unknown>, 'url' | 'ifNoneMatch'>,
  version: string,
  make: () => Promise<
    { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> } | Reply
  >,
): Promise<Reply> {
  const etag = etagOf(version, url);
  if (isKnown(ifNoneMatch, etag)) return { kind: 'not-modified', etag };
  const ready = reader.answers.peek(etag);
  if (ready !== undefined) return ready;
  return reader.answers.get(etag, async () => {
    const made = await make();
    if ('kind' in made) return made;
    return {
      kind: 'text',
      status: 200,
      type: JSON_TYPE,
      body: jsonText(made.body),
      etag,
      headers: made.headers ?? {},
    };
  });
}
