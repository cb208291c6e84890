import { genesisHash, hexOf, type NodeRpc } from '@watchbill/chain';
import { makeSessionKeys, type RuntimeViews } from '@watchbill/chain/extrinsics';
import { asked } from './asked.ts';
import { otherOpenRotation, readRotation, writeRotation } from './file.ts';
import { RotationFault } from './keys-fault.ts';
import { checkInStep, checkLoopback, keysOnChain } from './preflight.ts';
import { begunRotation, type Rotation } from './record.ts';

export interface RotationParts {
  /** The node that gets the new keys, over loopback: keys are made through unsafe RPC. */
  readonly node: NodeRpc;
  /** As it was named, for the record. */
  readonly nodeName: string;
  readonly views: RuntimeViews;
  readonly stash: Uint8Array;
  /** File of the record. */
  readonly file: string;
}

/** A node that has the old keys and runs on until the new ones work. */
export interface OldNode {
  readonly name: string;
  /** Checks that both nodes are fit for the move, before keys are made. Throws a RotationFault. */
  readonly check: (oldKeys: string | null) => Promise<void>;
}

/**
 * The rotation that the file has, or a new one: the node makes keys, and the file has them before anything
 * else is done with them. `confirm` is called right before the node makes them.
 * A file with an open rotation is never begun anew. Throws a RotationFault.
 */
export async function openRotation(
  parts: RotationParts,
  from: OldNode | null = null,
  confirm: () => Promise<void> = async () => undefined,
): Promise<{ readonly rotation: Rotation; readonly isNew: boolean }> {
  const { node, stash, file, nodeName, views } = parts;
  checkLoopback(node);
  const genesis = await asked(() => genesisHash(node));
  const found = readRotation(file);
  if (found !== null) {
    checkSame(found, hexOf(stash), genesis, parts);
    return { rotation: found, isNew: false };
  }
  const open = otherOpenRotation(file, { stash: hexOf(stash), genesis });
  if (open !== null)
    throw new RotationFault(
      'other-rotation',
      `another rotation of this stash is open: ${open}`,
      'finish it, or end it with watchbill fleet keys abort: two rotations at once would overwrite each other',
    );
  await checkInStep(node);
  const oldKeys = await keysOnChain(node, views, stash);
  await from?.check(oldKeys);
  await confirm();
  const { keys, proof } = await asked(() => makeSessionKeys(node, stash));
  const rotation = begunRotation({
    genesis,
    stash: hexOf(stash),
    node: nodeName,
    from: from?.name ?? null,
    oldKeys,
    keys: hexOf(keys),
    proof: hexOf(proof),
  });
  writeRotation(file, rotation);
  return { rotation, isNew: true };
}

function checkSame(found: Rotation, stash: string, genesis: string, { file }: RotationParts): void {
  if (found.stash !== stash || found.genesis !== genesis)
    throw new RotationFault(
      'other-rotation',
      `${file} is of ${found.stash} on the chain ${found.genesis}`,
      'name another file for this stash and chain',
    );
  if (found.stage === 'aborted')
    throw new RotationFault(
      'other-rotation',
      `the rotation in ${file} was aborted`,
      'name another file: the keys of this one are no longer registered',
    );
}
