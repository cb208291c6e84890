import { digestOf } from '@watchbill/base';
import { z } from 'zod';
import type { Fact } from '../facts/fact.ts';
import { era, label, publicKey, wide } from '../snapshot/shapes.ts';

/** More than any chain lets one nominate. */
const MOST_TARGETS = 512;

export const targetsShape = z.array(publicKey).min(1).max(MOST_TARGETS).readonly();

export const intentShape = z.strictObject({
  /** Hex; the same for the same nominator and round. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** The stash that nominates. */
  nominator: publicKey,
  /** In whose name the call is made: the stash, or a controller that it still has. */
  real: publicKey,
  /** The account that signs. */
  signer: publicKey,
  /** `direct`: the signer is `real`; `proxy`: it is a proxy of it, with the delay that the chain says. */
  way: z.enum(['direct', 'proxy']),
  era,
  /** Digest of the record of the round, or another name of it. */
  round: label,
  targets: targetsShape,
  /** The finalised block of the snapshot that it follows from, on the staking chain: nothing older counts. */
  fromHeight: wide,
  /** The relay block at which it is too late. */
  deadlineRelay: wide,
  /**
   * A nomination of the stash in this era or a later one was made after the round was decided, whoever made it; null where that cannot
   * be told. See {@link sinceEraOf}.
   */
  sinceEra: era.nullable().default(null),
  /** The first era whose election it can still reach, as the calendar said when it was made; null where an older release made it. */
  forEra: era.nullable().default(null),
});

/** One nomination of one nominator in one round: what shall be done, and until when. Never changes. */
export type Intent = Readonly<z.output<typeof intentShape>>;

/** What an intent is made of; without `sinceEra` nothing that the chain has already is taken for it. */
export type IntentParts = Omit<Intent, 'id' | 'sinceEra' | 'forEra'> &
  Partial<Pick<Intent, 'sinceEra' | 'forEra'>>;

/** The first era whose nomination cannot be the one that the stash had when the round was decided (`null`: it had none). */
export function sinceEraOf(submittedIn: Fact<number | null> | undefined): number | null {
  if (submittedIn === undefined || !submittedIn.known) return null;
  return submittedIn.value === null ? 0 : submittedIn.value + 1;
}

/** Names the intent. Throws a RangeError where the parts do not fit. */
export function makeIntent(parts: IntentParts): Intent {
  const id = digestOf({ nominator: parts.nominator, round: parts.round }).slice(0, 32);
  const { fromHeight, deadlineRelay } = parts;
  const read = intentShape.safeParse({
    ...parts,
    id,
    fromHeight: String(fromHeight),
    deadlineRelay: String(deadlineRelay),
  });
  if (!read.success)
    throw new RangeError(`${read.error.issues[0]?.path.join('.')}: ${read.error.issues[0]?.message}`);
  const { data } = read;
  if ((data.way === 'direct') !== (data.signer === data.real))
    throw new RangeError('a direct nomination is signed by the account itself, one by proxy by another');
  if (new Set(data.targets).size !== data.targets.length)
    throw new RangeError('targets: one of them is there twice');
  return data;
}

/** The four calls of an intent. */
export const LEGS = ['nominate', 'announce', 'execute', 'withdraw'] as const;
export type Leg = (typeof LEGS)[number];

/** What a call does, without its bytes: what was asked for, and what a decoder reads from bytes. Keys as hex. */
export type NominationCall =
  | { readonly call: 'nominate'; readonly targets: readonly string[] }
  | {
      readonly call: 'proxy-nominate';
      readonly real: string;
      readonly proxyType: string;
      readonly targets: readonly string[];
    }
  | { readonly call: 'announce'; readonly real: string; readonly callHash: string }
  | {
      readonly call: 'execute';
      readonly delegate: string;
      readonly real: string;
      readonly proxyType: string;
      readonly targets: readonly string[];
    }
  | { readonly call: 'withdraw'; readonly real: string; readonly callHash: string };
