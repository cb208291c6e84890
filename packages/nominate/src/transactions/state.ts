import { canonicalJson } from '@watchbill/kit';
import { z } from 'zod';
import { count, hash, label, publicKey, wide } from '../snapshot/shapes.ts';
import { REASONS } from './endings.ts';
import { type Intent, intentShape, LEGS, targetsShape } from './intent.ts';
import type { Ask } from './machine/effects.ts';

/** Any extrinsic or signed payload is far shorter. */
const hexBytes = z
  .string()
  .max(131_072)
  .regex(/^0x([0-9a-f]{2})*$/);

/** More flights with one nonce than tries and resumes make in practice. */
const MOST_CALLS = 64;

const endingShape = z.strictObject({
  result: z.enum(['finalised', 'failed', 'cancelled', 'superseded']),
  reason: z.enum(REASONS),
  detail: z.string(),
});

const flightShape = z.strictObject({
  /** Counts the flights of the intent, from 1. */
  number: z.int().min(1),
  leg: z.enum(LEGS),
  account: publicKey,
  nonce: count,
  /** The block at which its era begins, and for how many blocks it lasts. */
  birth: wide,
  birthHash: hash,
  period: z.int().min(4),
  /** Planck. */
  tip: wide,
  call: hexBytes,
  /**
   * The calls of all flights with this nonce, and the first height that may contain one of them: any of them
   * may have been included.
   */
  calls: z.array(hexBytes).min(1).max(MOST_CALLS).readonly(),
  searchFrom: wide,
  /** The announced, executed or withdrawn call; null for others. */
  inner: z.strictObject({ call: hexBytes, hash }).nullable(),
  /** The signed payload. */
  payload: hexBytes,
  /** The signed extrinsic; null until there is one. */
  bytes: hexBytes.nullable(),
  hash: hash.nullable(),
  /** The height at which it was last submitted; null for never. */
  sentAt: wide.nullable(),
  inBlock: z.strictObject({ block: hash, height: wide }).nullable(),
  /** The finalised block that contains it, until the state there was read. */
  landed: z.strictObject({ block: hash, height: wide, hash }).nullable(),
  /** `expired`: its era is over and its nonce was free. */
  outcome: z.enum(['open', 'expired']),
  /** How often its result was unreadable. */
  looks: count,
});

const stateShape = z.strictObject({
  version: z.literal(1),
  intent: intentShape,
  stage: z.enum(['planned', 'announced', 'executable', 'ended']),
  /** The targets of the intent that still pass. */
  targets: targetsShape,
  /** Our announcement on the chain. */
  announcement: z.strictObject({ call: hexBytes, callHash: hash, relayHeight: wide }).nullable(),
  flight: flightShape.nullable(),
  flightCount: count,
  /** The planned end, once it has no announcement on chain and no open transaction. */
  closing: z
    .discriminatedUnion('to', [
      z.strictObject({ to: z.literal('end'), ending: endingShape }),
      z.strictObject({ to: z.literal('plan'), targets: targetsShape, why: z.string() }),
    ])
    .nullable(),
  tries: z.strictObject({ count, notBefore: wide, why: z.string() }),
  /** Why it waits for a person; null if it does not. */
  held: z.string().nullable(),
  /** The last reported reason for waiting. */
  waiting: z.string().nullable(),
  /** The highest finalised block that it has seen. */
  seen: wide,
  /** Reported announcements of the signer that are not ours. */
  strangers: z.array(label).max(1_024).readonly(),
  ending: endingShape.nullable(),
});

type StoredState = Readonly<z.output<typeof stateShape>>;
export type Flight = Readonly<z.output<typeof flightShape>>;
export type Closing = NonNullable<StoredState['closing']>;

/** The whole state of an intent. The current request is not stored: after a crash it is repeated. */
export interface IntentState extends StoredState {
  readonly asking: Ask | null;
}

export function plannedState(intent: Intent): IntentState {
  return {
    version: 1,
    intent,
    stage: 'planned',
    targets: intent.targets,
    announcement: null,
    flight: null,
    flightCount: 0,
    closing: null,
    tries: { count: 0, notBefore: 0n, why: '' },
    held: null,
    waiting: null,
    seen: intent.fromHeight,
    strangers: [],
    ending: null,
    asking: null,
  };
}

export const SHOWN_STATES = [
  'planned',
  'signing',
  'submitted',
  'in-block',
  'announced',
  'executable',
  'finalised',
  'failed',
  'cancelled',
  'superseded',
] as const;

export type ShownState = (typeof SHOWN_STATES)[number];

/** The state for display. */
export function shownState({
  stage,
  flight,
  ending,
}: Pick<IntentState, 'stage' | 'flight' | 'ending'>): ShownState {
  if (ending !== null) return ending.result;
  if (flight === null || flight.outcome !== 'open') return stage === 'ended' ? 'failed' : stage;
  if (flight.inBlock !== null || flight.landed !== null) return 'in-block';
  return flight.bytes === null ? 'signing' : 'submitted';
}

/** Whether one of its extrinsics may still be included: then no other intent may use the account. */
export function isInFlight({ flight }: Pick<IntentState, 'flight'>): boolean {
  return flight !== null && flight.outcome === 'open';
}

export function encodeState({ asking, ...stored }: IntentState): string {
  return canonicalJson(stored);
}

/** Throws an Error for a text that `encodeState` did not write. */
export function decodeState(text: string): IntentState {
  return { ...stateShape.parse(JSON.parse(text)), asking: null };
}
