import { finalizedHead, genesisHash, hexOf, NodeFault, type NodeRpc } from '@watchbill/chain';
import {
  type CallWriting,
  hasPallet,
  isStash,
  makeSessionKeys,
  nextSessionKeys,
  type RuntimeViews,
  setKeysCall,
} from '@watchbill/chain/extrinsics';
import { lookAtRotation } from './facts.ts';
import { RotationFault } from './fault.ts';
import { readRotation, writeRotation } from './file.ts';
import { type Rotation, type RotationNote, stepRotation } from './rotation.ts';

export interface RotationParts {
  /** The node that shall have the new keys, over loopback: keys are made through unsafe RPC. */
  readonly node: NodeRpc;
  /** As it was named, for the record. */
  readonly nodeName: string;
  readonly views: RuntimeViews;
  readonly stash: Uint8Array;
  /** Where what was done is kept. */
  readonly file: string;
}

/**
 * The rotation that the file has, or a new one: the node makes keys, and the file has them before anything else is done with them.
 * A file with an open rotation is never begun anew. Throws a RotationFault.
 */
export async function openRotation(
  parts: RotationParts,
): Promise<{ readonly rotation: Rotation; readonly isNew: boolean }> {
  const { node, stash, file, nodeName } = parts;
  const genesis = await asked(() => genesisHash(node));
  const found = readRotation(file);
  if (found !== null) {
    if (found.stash !== hexOf(stash) || found.genesis !== genesis)
      throw new RotationFault(
        'other-rotation',
        `${file} is of ${found.stash} on the chain ${found.genesis}`,
        'name another file for this stash and chain',
      );
    return { rotation: found, isNew: false };
  }
  const oldKeys = await preflight(parts);
  const { keys, proof } = await asked(() => makeSessionKeys(node, stash));
  const rotation: Rotation = {
    format: 'watchbill/rotation/1',
    genesis,
    stash: hexOf(stash),
    node: nodeName,
    oldKeys,
    stage: 'generated',
    keys: hexOf(keys),
    proof: hexOf(proof),
    queuedIn: null,
    provenBy: null,
  };
  writeRotation(file, rotation);
  return { rotation, isNew: true };
}

/** The keys that the chain has now. Nothing is made on a node that is not in step, or for an account that is no stash. */
async function preflight({ node, views, stash }: RotationParts): Promise<string | null> {
  const health = await asked(() => node.call<{ readonly isSyncing?: unknown }>('system_health', []));
  if (health.isSyncing !== false)
    throw new RotationFault('preflight', 'the node is syncing', 'wait until it is in step with the chain');
  const { hash } = await asked(() => finalizedHead(node));
  const { metadata } = await asked(() => views.at(node, hash));
  // Where there is no staking, whoever runs the chain says who validates.
  const mayValidate =
    !hasPallet(metadata, 'Staking') || (await asked(() => isStash(node, metadata, stash, hash)));
  if (!mayValidate)
    throw new RotationFault(
      'preflight',
      'the account is no stash of this chain',
      'name the account that validates, not a proxy or controller',
    );
  const keys = await asked(() => nextSessionKeys(node, metadata, stash, hash));
  return keys === null ? null : hexOf(keys);
}

async function asked<Value>(ask: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NodeFault)) throw error;
    throw new RotationFault(
      'node',
      `the node gives no answer that can be used: ${error.message}`,
      'ask it on its own machine, over loopback, with --rpc-methods auto or unsafe',
      error,
    );
  }
}

/** The call that registers the keys, for whoever signs for the stash: this program never does. */
export async function registeringCall(
  { node, views }: RotationParts,
  { keys, proof }: Rotation,
): Promise<string> {
  const { hash } = await asked(() => finalizedHead(node));
  const { metadata } = await asked(() => views.at(node, hash));
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
  const written: CallWriting = setKeysCall(metadata, bytes(keys), bytes(proof));
  if (written.result === 'bytes') return hexOf(written.bytes);
  throw new RotationFault(
    'runtime',
    `the runtime takes no such keys: ${written.detail}`,
    'on chains whose keys are set elsewhere (Asset Hub), submit keys and proof there',
  );
}

export interface FollowOptions {
  readonly pollMs: number;
  readonly tell: (note: RotationNote) => void;
  readonly signal: AbortSignal;
}

/** Follows the chain until the keys are seen to work, or something stops it. Whatever ends it, the file says how far it is. */
export async function followRotation(
  parts: RotationParts,
  first: Rotation,
  options: FollowOptions,
): Promise<Rotation> {
  const { node, views, file } = parts;
  let rotation = first;
  let seen = 0;
  let told = '';
  while (rotation.stage !== 'verified' && !options.signal.aborted) {
    const look = await lookAtRotation(node, views, rotation, seen + 1).catch(() => null);
    if (look !== null && look.height > seen) {
      seen = look.height;
      const step = stepRotation(rotation, look.facts);
      if (step.rotation !== rotation) writeRotation(file, step.rotation);
      rotation = step.rotation;
      for (const note of step.notes) {
        const text = JSON.stringify(note);
        if (text !== told) options.tell(note);
        told = text;
      }
      if (step.notes.some(({ kind }) => kind === 'stop')) return rotation;
    }
    await pause(options.pollMs, options.signal);
  }
  return rotation;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
