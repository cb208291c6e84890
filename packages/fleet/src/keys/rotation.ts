import { z } from 'zod';

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const session = z.int().min(0);

/** What is kept of a rotation, in one file. All of it is public. */
export const rotationShape = z.strictObject({
  format: z.literal('watchbill/rotation/1'),
  genesis: hex,
  /** Account of the validator or collator. */
  stash: hex,
  /** The node whose keystore has the new keys, as it was named. */
  node: z.string(),
  /** The keys that the chain had for it when this began; null for none. */
  oldKeys: hex.nullable(),
  stage: z.enum(['generated', 'queued', 'active', 'verified']),
  keys: hex,
  /** Empty where the node makes none. */
  proof: hex,
  /** Session in which the chain first showed the new keys as the next ones. */
  queuedIn: session.nullable(),
  /** Block that the new keys authored. */
  provenBy: hex.nullable(),
});

export type Rotation = Readonly<z.output<typeof rotationShape>>;

/** What the chain and the node say at one finalised block; null where it is not known. */
export interface RotationFacts {
  readonly session: number | null;
  /** Next keys of the stash: undefined where it is not known, null where it has none. */
  readonly nextKeys: string | null | undefined;
  /** Whether the keystore of the node has all new keys. */
  readonly holds: boolean | null;
  /** Whether one of the new keys is among the authorities. */
  readonly isAuthority: boolean | null;
  /** A block since the last look that one of the new keys authored. */
  readonly authored: string | null;
}

/** What a person has to be told; `stop`: nothing of it goes on by itself. */
export type RotationNote =
  | { readonly kind: 'queued'; readonly activeFrom: number }
  | { readonly kind: 'active' }
  | { readonly kind: 'verified'; readonly block: string }
  | { readonly kind: 'not-in-set' }
  | { readonly kind: 'stop'; readonly code: RotationStop };

export const ROTATION_STOPS = {
  'keys-lost': {
    what: 'the node no longer has the keys that were made for it',
    todo: 'do not register them; if the chain has them already, register the old keys again or make new ones, before their session begins',
  },
  overtaken: {
    what: 'the chain shows other next keys than the old and the new ones',
    todo: 'somebody else has registered keys for this stash: find out who; then begin a new rotation',
  },
  withdrawn: {
    what: 'the chain showed the new keys as the next ones, and does so no longer',
    todo: 'somebody has registered other keys, or purged them: find out who; then begin a new rotation',
  },
} as const;

export type RotationStop = keyof typeof ROTATION_STOPS;

/** Keys that were registered in one session are used from the second one after it on (`pallet-session`: queued, then active). */
const SESSIONS_UNTIL_USE = 2;

export interface RotationStep {
  readonly rotation: Rotation;
  readonly notes: readonly RotationNote[];
}

/** One look at the chain. Pure. What is not known changes nothing; nothing goes on while the node has not the keys. */
export function stepRotation(rotation: Rotation, facts: RotationFacts): RotationStep {
  const stop = stopOf(rotation, facts);
  if (stop !== null) return { rotation, notes: [{ kind: 'stop', code: stop }] };
  switch (rotation.stage) {
    case 'generated':
      return queued(rotation, facts);
    case 'queued':
      return active(rotation, facts);
    case 'active':
      return verified(rotation, facts);
    case 'verified':
      return { rotation, notes: [] };
  }
}

function stopOf({ stage, keys, oldKeys }: Rotation, { holds, nextKeys }: RotationFacts): RotationStop | null {
  if (stage === 'verified') return null;
  if (holds === false) return 'keys-lost';
  if (nextKeys === undefined || nextKeys === keys) return null;
  if (stage === 'generated') return nextKeys === oldKeys ? null : 'overtaken';
  return 'withdrawn';
}

function queued(rotation: Rotation, { nextKeys, session: now, holds }: RotationFacts): RotationStep {
  if (nextKeys !== rotation.keys || now === null || holds !== true) return { rotation, notes: [] };
  return {
    rotation: { ...rotation, stage: 'queued', queuedIn: now },
    notes: [{ kind: 'queued', activeFrom: now + SESSIONS_UNTIL_USE }],
  };
}

function active(rotation: Rotation, { session: now, isAuthority }: RotationFacts): RotationStep {
  const since = rotation.queuedIn ?? Number.POSITIVE_INFINITY;
  if (now === null || now < since + SESSIONS_UNTIL_USE || isAuthority === null)
    return { rotation, notes: [] };
  if (!isAuthority) return { rotation, notes: [{ kind: 'not-in-set' }] };
  return { rotation: { ...rotation, stage: 'active' }, notes: [{ kind: 'active' }] };
}

function verified(rotation: Rotation, { authored }: RotationFacts): RotationStep {
  if (authored === null) return { rotation, notes: [] };
  return {
    rotation: { ...rotation, stage: 'verified', provenBy: authored },
    notes: [{ kind: 'verified', block: authored }],
  };
}
