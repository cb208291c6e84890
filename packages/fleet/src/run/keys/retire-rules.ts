import type { SessionKey } from '@watchbill/chain/keys';
import { RotationFault } from './keys-fault.ts';
import type { Rotation } from './record.ts';

/** The chain's data at one finalised block; null and undefined if unknown. */
export interface RetireFacts {
  readonly session: number | null;
  /** Next keys of the stash; null for none. */
  readonly nextKeys: string | null | undefined;
  /** Whether an old key is an authority, or in the queued set. */
  readonly isInUse: boolean | null;
}

/** Checks that old keys may be removed. Pure. Throws a RotationFault with the reason if not. */
export function checkMayRetire(rotation: Rotation, facts: RetireFacts, marginSessions: number): void {
  const { stage, keys, verifiedIn } = rotation;
  const { session, nextKeys, isInUse } = facts;
  if (stage !== 'verified' && stage !== 'retired')
    throw new RotationFault(
      'too-early',
      `the new keys were not seen to work yet: ${stage}`,
      'run watchbill fleet keys rotate until it is verified',
    );
  if (session === null || nextKeys === undefined || isInUse === null)
    throw new RotationFault(
      'node',
      'the node does not report which keys are in use',
      'check that it is in sync',
    );
  if (nextKeys !== keys)
    throw new RotationFault(
      'too-early',
      'the chain does not have the new keys as the next ones of the stash any more',
      'find out who registered others: the old keys may be needed',
    );
  const from = (verifiedIn ?? session) + marginSessions + 1;
  if (session < from)
    throw new RotationFault(
      'too-early',
      `session ${session} is within the margin: old keys may be removed from session ${from} on`,
      'wait, then run the same command again',
    );
  if (isInUse)
    throw new RotationFault(
      'too-early',
      'the chain still uses an old key, in this session or the next one',
      'wait for the next session, then run the same command again',
    );
}

export interface KeystoreFacts {
  /** As it is named in errors. */
  readonly keystore: string;
  /** Of the plain files in it. */
  readonly names: readonly string[];
}

/**
 * Files of the old keys that are not new ones; none if an earlier run removed all of them. Pure. Throws a
 * RotationFault if there never were any, or if the keystore belongs to another node: after a rotation in one
 * node it has the new keys too, after a move it has none of them.
 */
export function oldKeyFiles(
  { keystore, names }: KeystoreFacts,
  { from, node, removed = [] }: Pick<Rotation, 'from' | 'node'> & Partial<Pick<Rotation, 'removed'>>,
  old: readonly SessionKey[],
  fresh: readonly SessionKey[],
): readonly string[] {
  const kept = new Set(fresh.map(keyFile));
  const wanted = new Set(old.map(keyFile).filter((name) => !kept.has(name)));
  const files = names.filter((name) => wanted.has(name)).sort();
  const areRemoved = wanted.size > 0 && [...wanted].every((name) => removed.includes(name));
  if (files.length === 0 && !areRemoved)
    throw new RotationFault(
      'keystore',
      `${keystore} has no file of the old keys`,
      'name the keystore of the node that had them; if they are gone, they need no removal',
    );
  const hasNew = names.some((name) => kept.has(name));
  if (from === null && !hasNew)
    throw new RotationFault(
      'keystore',
      `${keystore} has the old keys and not the new ones, so it is not that of ${node}`,
      'name the keystore of the node in the record',
    );
  if (from !== null && hasNew)
    throw new RotationFault(
      'keystore',
      `${keystore} has old and new keys: a move keeps them apart, so some were copied`,
      'find out who copied them, and stop one of the two nodes now: with one key set both would sign twice',
    );
  return files;
}

/** As the keystore of a node names its files (`sc-keystore`): the type, then the public key, in hex. */
export function keyFile({ type, key }: SessionKey): string {
  return `${Buffer.from(type, 'latin1').toString('hex')}${Buffer.from(key).toString('hex')}`;
}
