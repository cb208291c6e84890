import { digestOf } from '@watchbill/kit';
import { z } from 'zod';
import type { Fact } from '../facts/fact.ts';
import { era, label, publicKey, wide } from '../snapshot/shapes.ts';

/** More targets than any chain allows. */
const MOST_TARGETS = 512;

export const targetsShape = z.array(publicKey).min(1).max(MOST_TARGETS).readonly();

export const intentShape = z.strictObject({
  /** Hex; the same for the same nominator and round. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** The nominating stash. */
  nominator: publicKey,
  /** The account on whose behalf the call is made: the stash, or a controller that it still has. */
  real: publicKey,
  /** The signing account. */
  signer: publicKey,
  /** `direct`: the signer is `real`; `proxy`: the signer is its proxy, with the delay on the chain. */
  way: z.enum(['direct', 'proxy']),
  /** `nominate`: back the targets; `chill`: back none, if exactly these targets are backed. */
  call: z.enum(['nominate', 'chill']),
  era,
  /** Digest of the record of the round, or another name of it. */
  round: label,
  targets: targetsShape,
  /** The finalised block of its snapshot on the staking chain: older blocks do not count. */
  fromHeight: wide,
  /** The relay block at which it is too late. */
  deadlineRelay: wide,
  /**
   * A nomination of the stash in this era or a later one was made after the round was decided, by any signer;
   * null if that is unknown: then no existing nomination on the chain counts as this one. See {@link
   * sinceEraOf}.
   */
  sinceEra: era.nullable(),
  /** The first era that it can still reach, by the calendar at its creation. */
  forEra: era,
});

/** One nomination of one nominator in one round, with its deadline. Never changes. */
export type Intent = Readonly<z.output<typeof intentShape>>;

export type IntentParts = Omit<Intent, 'id'>;

/**
 * The first era in which the nomination differs from the one at the decision of the round (`null`: the stash
 * had none).
 */
export function sinceEraOf(submittedIn: Fact<number | null> | undefined): number | null {
  if (submittedIn === undefined || !submittedIn.known) return null;
  return submittedIn.value === null ? 0 : submittedIn.value + 1;
}

/** Computes the id of the intent. Throws a RangeError if the parts do not fit. */
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
    throw new RangeError(
      'the account itself must sign a direct nomination, and another account a nomination by proxy',
    );
  if (new Set(data.targets).size !== data.targets.length)
    throw new RangeError('targets: one of them is listed twice');
  return data;
}

/** The extrinsics of an intent: its call at once, or announced and then executed or withdrawn. */
export const LEGS = ['nominate', 'chill', 'announce', 'execute', 'withdraw'] as const;
export type Leg = (typeof LEGS)[number];

/** The call in the name of the stash. */
export type StakingCall =
  | { readonly call: 'nominate'; readonly targets: readonly string[] }
  | { readonly call: 'chill' };

export function stakingCall({ call }: Pick<Intent, 'call'>, targets: readonly string[]): StakingCall {
  return call === 'chill' ? { call } : { call, targets };
}

/** The meaning of a call, without its bytes: as requested, or as decoded from bytes. Keys as hex. */
export type NominationCall =
  | StakingCall
  | {
      readonly call: 'proxy';
      readonly real: string;
      readonly proxyType: string;
      readonly inner: StakingCall;
    }
  | { readonly call: 'announce'; readonly real: string; readonly callHash: string }
  | {
      readonly call: 'execute';
      readonly delegate: string;
      readonly real: string;
      readonly proxyType: string;
      readonly inner: StakingCall;
    }
  | { readonly call: 'withdraw'; readonly real: string; readonly callHash: string };
