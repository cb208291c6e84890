import type { RotationNote, RotationStop } from './notes.ts';
import type { Rotation } from './record.ts';
import { type SubmissionFacts, stepSubmission } from './submission-step.ts';

/** The data of the chain and the node at one finalised block; null if unknown. */
export interface RotationFacts {
  /** Finalised height of the node's chain. */
  readonly height: number | null;
  readonly session: number | null;
  /** Next keys of the stash: undefined if unknown, null if it has none. */
  readonly nextKeys: string | null | undefined;
  /** Whether the keystore of the node has all new keys. */
  readonly holds: boolean | null;
  /** Whether one of the new keys is among the authorities. */
  readonly isAuthority: boolean | null;
  /** A block since the last look that one of the new keys authored. */
  readonly authored: string | null;
  /** The state of the submission; null if there is none, or if it is unknown. */
  readonly submission: SubmissionFacts | null;
}

export interface RotationLimits {
  /** Blocks of the node's chain that the keys may need from the chain that took them. */
  readonly messageBlocks: number;
}

/** Half an hour at six seconds; a normal message takes two or three blocks. */
export const ROTATION_LIMITS: RotationLimits = { messageBlocks: 300 };

/**
 * Keys that were registered in one session are used from the second one after it on (`pallet-session`:
 * queued, then active).
 */
export const SESSIONS_UNTIL_USE = 2;

export interface RotationStep {
  readonly rotation: Rotation;
  readonly notes: readonly RotationNote[];
  /** Whether the signed extrinsic of the record may be handed to a node now. */
  readonly maySend: boolean;
}

/**
 * Advances a rotation by one look at the chains. Pure. Unknown facts change no state. Without its keys in the
 * node the rotation stops: then no extrinsic is sent, but an earlier one is followed to its end.
 */
export function stepRotation(
  rotation: Rotation,
  facts: RotationFacts,
  limits: RotationLimits = ROTATION_LIMITS,
): RotationStep {
  const stop = stopOf(rotation, facts);
  if (stop !== null) return still(followed(rotation, facts, limits), { kind: 'stop', code: stop });
  switch (rotation.stage) {
    case 'generated':
    case 'submitted':
      return queued(rotation, facts) ?? stepSubmission(rotation, facts);
    case 'included':
      return queued(rotation, facts) ?? onTheWay(rotation, facts, limits);
    case 'onTheWay':
      return queued(rotation, facts) ?? late(rotation, facts);
    case 'queued':
      return active(rotation, facts);
    case 'active':
      return verified(rotation, facts);
    case 'verified':
    case 'retired':
    case 'aborted':
      return still(rotation);
  }
}

/** No change. */
function still(rotation: Rotation, ...notes: readonly RotationNote[]): RotationStep {
  return { rotation, notes, maySend: false };
}

const REGISTERED: readonly Rotation['stage'][] = ['queued', 'active'];
const OVER: readonly Rotation['stage'][] = ['verified', 'retired', 'aborted'];

function stopOf({ stage, keys, oldKeys }: Rotation, { holds, nextKeys }: RotationFacts): RotationStop | null {
  if (OVER.includes(stage)) return null;
  if (holds === false) return 'keys-lost';
  if (nextKeys === undefined || nextKeys === keys) return null;
  if (!REGISTERED.includes(stage)) return nextKeys === oldKeys ? null : 'overtaken';
  return 'withdrawn';
}

/**
 * A rotation that stopped, as the chains show it. While the outcome of its submission is unknown, a person
 * cannot abort it.
 */
function followed(rotation: Rotation, facts: RotationFacts, limits: RotationLimits): Rotation {
  const { stage, keys } = rotation;
  if (REGISTERED.includes(stage)) return rotation;
  if (facts.nextKeys === keys) return facts.session === null ? rotation : inQueue(rotation, facts.session);
  if (stage === 'included') return onTheWay(rotation, facts, limits).rotation;
  if (stage === 'onTheWay') return late(rotation, facts).rotation;
  return stepSubmission(rotation, facts).rotation;
}

function inQueue(rotation: Rotation, queuedIn: number): Rotation {
  return { ...rotation, stage: 'queued', queuedIn, lateFrom: null, isLate: false };
}

/** Once the chain shows the keys, they are registered, however they got there. Null if it does not. */
function queued(rotation: Rotation, { nextKeys, session: now, holds }: RotationFacts): RotationStep | null {
  if (nextKeys !== rotation.keys) return null;
  if (now === null || holds !== true) return still(rotation);
  return {
    rotation: inQueue(rotation, now),
    notes: [{ kind: 'queued', activeFrom: now + SESSIONS_UNTIL_USE }],
    maySend: false,
  };
}

function onTheWay(
  rotation: Rotation,
  { height }: RotationFacts,
  { messageBlocks }: RotationLimits,
): RotationStep {
  if (height === null) return still(rotation);
  const lateFrom = height + messageBlocks;
  return {
    rotation: { ...rotation, stage: 'onTheWay', lateFrom },
    notes: [{ kind: 'on-the-way', lateFrom }],
    maySend: false,
  };
}

/** The message is lost, or only late. This cannot be distinguished, so it is not sent again. */
function late(rotation: Rotation, { height, nextKeys }: RotationFacts): RotationStep {
  const { lateFrom } = rotation;
  if (height === null || nextKeys === undefined || lateFrom === null || height < lateFrom)
    return still(rotation);
  const known = rotation.isLate ? rotation : { ...rotation, isLate: true };
  return still(known, { kind: 'stop', code: 'message-late' });
}

function active(rotation: Rotation, { session: now, isAuthority }: RotationFacts): RotationStep {
  const since = rotation.queuedIn ?? Number.POSITIVE_INFINITY;
  if (now === null || now < since + SESSIONS_UNTIL_USE || isAuthority === null) return still(rotation);
  if (!isAuthority) return still(rotation, { kind: 'not-in-set' });
  return { rotation: { ...rotation, stage: 'active' }, notes: [{ kind: 'active' }], maySend: false };
}

function verified(rotation: Rotation, { authored, session }: RotationFacts): RotationStep {
  if (authored === null) return still(rotation);
  return {
    rotation: { ...rotation, stage: 'verified', provenBy: authored, verifiedIn: session },
    notes: [{ kind: 'verified', block: authored }],
    maySend: false,
  };
}
