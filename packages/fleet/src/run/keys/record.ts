import { z } from 'zod';

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const session = z.int().min(0);
const height = z.int().min(0);

/**
 * An extrinsic that registers the keys: from before it is signed until the chain has it or can have it no
 * more.
 */
const submissionShape = z.strictObject({
  /** Where keys are registered: Asset Hub, or the chain of the node itself. */
  to: z.enum(['relay', 'asset-hub']),
  /** Genesis of the chain that it goes to. */
  chain: hex,
  /** The account that signs: the stash or its proxy. */
  account: hex,
  scheme: z.enum(['sr25519', 'ed25519']),
  nonce: z.int().min(0),
  /** The finalised block at which its era begins, and for how many blocks it lasts. */
  birth: height,
  birthHash: hex,
  period: z.int().min(4),
  call: hex,
  payload: hex,
  /** Signed, on the disk before any node has it; null until then. These bytes alone are ever sent. */
  extrinsic: hex.nullable(),
  hash: hex.nullable(),
  /** How often it was handed to a node. */
  handed: z.int().min(0),
  /** The finalised block that has it. */
  landed: z.strictObject({ block: hex, height }).nullable(),
});

export type KeySubmission = Readonly<z.output<typeof submissionShape>>;

export const STAGES = [
  'generated',
  'submitted',
  'included',
  'onTheWay',
  'queued',
  'active',
  'verified',
  'retired',
  'aborted',
] as const;

/** The record of a rotation, in one file. All of it is public. */
export const rotationShape = z.strictObject({
  format: z.literal('watchbill/rotation/1'),
  genesis: hex,
  /** Account of the validator or collator. */
  stash: hex,
  /** The node whose keystore has the new keys, as it was named. */
  node: z.string(),
  /** The keys that the chain had for it when this began; null for none. */
  oldKeys: hex.nullable(),
  keys: hex,
  /** Empty if the node makes none. */
  proof: hex,
  /** Session in which the chain first showed the new keys as the next ones. */
  queuedIn: session.nullable(),
  /** Block that the new keys authored. */
  provenBy: hex.nullable(),
  stage: z.enum(STAGES),
  /** Of a move: the node that has the old keys, as it was named. */
  from: z.string().nullable(),
  submission: submissionShape.nullable(),
  /** Submissions that ended without registering the keys, by the hash of the extrinsic. */
  ended: z.array(z.strictObject({ hash: hex.nullable(), nonce: z.int().min(0), why: z.string() })).max(64),
  /** The height of the node's chain from which on a message that is still on its way is late. */
  lateFrom: height.nullable(),
  isLate: z.boolean(),
  /** Session in which the new keys were seen to have authored. */
  verifiedIn: session.nullable(),
  /** Files of the old keys that were removed. */
  removed: z.array(z.string()).max(256),
});

export type Rotation = Readonly<z.output<typeof rotationShape>>;

/** A rotation whose keys were just made. */
export function begunRotation(
  facts: Pick<Rotation, 'genesis' | 'stash' | 'node' | 'from' | 'oldKeys' | 'keys' | 'proof'>,
): Rotation {
  return {
    format: 'watchbill/rotation/1',
    submission: null,
    ended: [],
    lateFrom: null,
    isLate: false,
    verifiedIn: null,
    removed: [],
    stage: 'generated',
    queuedIn: null,
    provenBy: null,
    ...facts,
  };
}

/** Whether the rotation cannot continue without a person. */
export function isOver({ stage }: Rotation): boolean {
  return stage === 'verified' || stage === 'retired' || stage === 'aborted';
}

/** The first height of a block that cannot have it any more. */
export function deathOf({ birth, period }: KeySubmission): number {
  return birth + period;
}
