import { canonicalJson } from '@watchbill/base';
import { z } from 'zod';
import { count, hash, label, publicKey, wide } from '../snapshot/shapes.ts';
import { REASONS } from './endings.ts';
import { type Intent, intentShape, LEGS, targetsShape } from './intent.ts';
import type { Ask } from './machine/effects.ts';

/** An extrinsic is far shorter; so is what anybody signs. */
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
  call: hexBytes,
  /** The calls of all flights that had this nonce, and the first height that may hold one of them: any of them may have landed. */
  calls: z.array(hexBytes).min(1).max(MOST_CALLS).readonly(),
  searchFrom: wide,
  /** The call that is announced, executed or withdrawn; null for others. */
  inner: z.strictObject({ call: hexBytes, hash }).nullable(),
  /** What is signed. */
  payload: hexBytes,
  /** The signed extrinsic; null until there is one. */
  bytes: hexBytes.nullable(),
  hash: hash.nullable(),
  /** The height at which it was last handed to a node; null for never. */
  sentAt: wide.nullable(),
  inBlock: z.strictObject({ block: hash, height: wide }).nullable(),
  /** Where a finalised block has it, until the state there was read back. */
  landed: z.strictObject({ block: hash, height: wide, hash }).nullable(),
  /** `expired`: its era is over and its nonce was free. */
  outcome: z.enum(['open', 'expired']),
  /** How often something about it could not be read. */
  looks: count,
});

const stateShape = z.strictObject({
  version: z.literal(1),
  intent: intentShape,
  stage: z.enum(['planned', 'announced', 'executable', 'ended']),
  /** Those of the intent that still pass. */
  targets: targetsShape,
  /** Ours, as the chain has it. */
  announcement: z.strictObject({ call: hexBytes, callHash: hash, relayHeight: wide }).nullable(),
  flight: flightShape.nullable(),
  flightCount: count,
  /** What follows when nothing of it is on chain or on its way any more. */
  closing: z
    .discriminatedUnion('to', [
      z.strictObject({ to: z.literal('end'), ending: endingShape }),
      z.strictObject({ to: z.literal('plan'), targets: targetsShape, why: z.string() }),
    ])
    .nullable(),
  tries: z.strictObject({ count, notBefore: wide, why: z.string() }),
  /** Why it waits for a person; null where it does not. */
  held: z.string().nullable(),
  /** What it waits for, as it was told last. */
  waiting: z.string().nullable(),
  /** The highest finalised block that it was told of. */
  seen: wide,
  /** Announcements of the signer that were told to be unknown. */
  strangers: z.array(label).max(1_024).readonly(),
  ending: endingShape.nullable(),
});

type StoredState = Readonly<z.output<typeof stateShape>>;
export type Flight = Readonly<z.output<typeof flightShape>>;
export type Closing = NonNullable<StoredState['closing']>;

/** All that is known of an intent. What is being asked is not stored: after a crash it is asked again. */
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

/** The state as people are told it. */
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

/** Whether an extrinsic of it may still land: then nobody else may use the account. */
export function isInFlight({ flight }: Pick<IntentState, 'flight'>): boolean {
  return flight !== null && flight.outcome === 'open';
}

export function encodeState({ asking, ...stored }: IntentState): string {
  return canonicalJson(stored);
}

/** Throws an Error for what `encodeState` did not write. */
export function decodeState(text: string): IntentState {
  return { ...stateShape.parse(JSON.parse(text)), asking: null };
}
