import { z } from 'zod';
import { canonicalJson } from './canonical.ts';

/**
 * Canonical, versioned text of the records that hold a mark.
 *
 * A duty that remembers one unit keeps it inside the head record. A duty with a longer window keeps each unit
 * in a separate record and lists the units in the head, so that a grant writes one unit and not the whole
 * window. The head changes with every grant (its `seq` rises), so comparing the head's value compares the
 * whole mark.
 *
 * Format 1 is that of the last release. It has no meaning, no adoption and no leftovers, and of every unit
 * only the nonce of the last `enter`. This release reads both; the ledger decides which one it writes, so
 * that a rolling upgrade works.
 */
export type MarkFormat = 1 | 2;

export const MARK_FORMATS: readonly MarkFormat[] = [1, 2];

/** A record that cannot be read: another version, another shape, or not the canonical text. */
export class RecordError extends Error {
  readonly code = 'record-unreadable';
  constructor(what: string, why: string) {
    super(`${what} cannot be read: ${why}`);
    this.name = 'RecordError';
  }
}

const part = z.enum(['enter', 'seal', 'propose', 'prevote', 'precommit', 'vote', 'heartbeat']);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const decimal = z.string().regex(/^(0|[1-9][0-9]*)$/);
const owner = z.strictObject({ node: z.string(), incarnation: z.string() });
const unitMembers = {
  unit: z.string(),
  owner,
  term: decimal.nullable(),
  parts: z.array(z.strictObject({ part, digest: hex.nullable(), nonce: z.string() })),
};
const unitShape1 = z.strictObject({ v: z.literal(1), ...unitMembers, enterNonce: z.string().nullable() });
const enter = z.strictObject({ nonce: z.string(), incarnation: z.string() });
const unitShape2 = z.strictObject({ v: z.literal(2), ...unitMembers, enters: z.array(enter) });
export const unitShape = z.discriminatedUnion('v', [unitShape1, unitShape2]);
export const entryShape = z.strictObject({
  v: z.literal(1),
  kind: z.enum(['adopt', 'grant']),
  ledger: z.string(),
  epoch: z.string(),
  chain: z.string(),
  key: z.string(),
  duty: z.string(),
  seq: decimal,
  prev: hash,
  unit: z.string().nullable(),
  parts: z.array(part),
  digest: hex.nullable(),
  owner: owner.nullable(),
  term: decimal.nullable(),
  nonce: z.string(),
  service: z.string(),
  policyVersion: z.string(),
  window: z.int().min(1),
  atMs: z.int(),
  note: z.string(),
});
const headMembers = {
  epoch: z.string(),
  floor: z.string().nullable(),
  seq: decimal,
  last: entryShape,
  hash,
  units: z.array(z.string()).nullable(),
};
export const headShape = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), ...headMembers, recent: z.array(unitShape1).nullable() }),
  z.strictObject({
    v: z.literal(2),
    ...headMembers,
    recent: z.array(unitShape2).nullable(),
    meaning: z.string().nullable(),
    adoption: hash.nullable(),
    leftovers: z.array(z.string()).nullable(),
  }),
]);

/** The shape of a record, and the versions of it that this release reads. */
interface Expected<Shape> {
  readonly shape: z.ZodType<Shape>;
  readonly versions: readonly number[];
}

/**
 * Parse a record and check its version, its shape and that its text is the canonical one. Throws {@link
 * RecordError}.
 */
export function read<Shape>(what: string, text: string, { shape, versions }: Expected<Shape>): Shape {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RecordError(what, 'it is not JSON');
  }
  const version = (value as { v?: unknown } | null)?.v;
  if (!versions.some((known) => known === version)) {
    const known = `version ${versions.join(' and ')}`;
    throw new RecordError(what, `it has version ${String(version)}, this release reads ${known}`);
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new RecordError(what, `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'wrong shape'}`);
  }
  if (canonicalJson(value) !== text) throw new RecordError(what, 'its text is not canonical');
  return parsed.data;
}
