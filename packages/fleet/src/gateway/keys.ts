import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Keys of callers. The file has their SHA-256, so a reader of the file cannot use the keys. */
export const keysShape = z.strictObject({
  version: z.literal(1),
  keys: z.array(
    z.strictObject({
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
      tier: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: z.iso.datetime().optional(),
      /** The time from which the key is refused. */
      expiresAt: z.iso.datetime().optional(),
    }),
  ),
});

export type KeyEntry = z.output<typeof keysShape>['keys'][number];

/** 32 random bytes: a plain hash is enough, because they cannot be guessed. */
export function newKey(random: (count: number) => Uint8Array): string {
  return `wbk_${Buffer.from(random(32)).toString('base64url')}`;
}

export function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export type KeysRead =
  | { readonly ok: true; readonly keys: readonly KeyEntry[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a file of keys. Names and hashes are unique; tiers must exist. */
export function readKeys(text: string, tiers: readonly string[]): KeysRead {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { ok: false, problems: ['the file of keys is not JSON'] };
  }
  const read = keysShape.safeParse(parsed);
  if (!read.success)
    return {
      ok: false,
      problems: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    };
  const { keys } = read.data;
  const problems = keys.flatMap(({ name, tier, sha256 }, at) => [
    ...(tiers.includes(tier) ? [] : [`keys.${at}: ${name} has the tier ${tier}, which does not exist`]),
    ...(keys.findIndex((other) => other.name === name) < at ? [`keys.${at}: ${name} stands twice`] : []),
    ...(keys.findIndex((other) => other.sha256 === sha256) < at
      ? [`keys.${at}: ${name} has the same key as another name`]
      : []),
  ]);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, keys };
}
