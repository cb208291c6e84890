import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finalizedHead, genesisHash, hexOf, type NodeRpc } from '@watchbill/chain';
import { type RuntimeViews, splitSessionKeys, storedBytes } from '@watchbill/chain/extrinsics';
import type { SessionKey } from '@watchbill/chain/keys';
import { asked, bytesOf } from './asked.ts';
import { lookAtRotation } from './facts.ts';
import { writeRotation } from './file.ts';
import { RotationFault } from './keys-fault.ts';
import type { Rotation } from './record.ts';
import { checkMayRetire, keyFile, oldKeyFiles, type RetireFacts } from './retire-rules.ts';

export interface RetireParts {
  /** A node of the chain. */
  readonly node: NodeRpc;
  readonly views: RuntimeViews;
  readonly file: string;
  /** Folder of the keystore that has the old keys. */
  readonly keystore: string;
  /** Whole sessions after the one in which the new keys were seen to work. */
  readonly marginSessions: number;
}

export interface Retirement {
  /** Files of old keys, by name; all other files stay unchanged. */
  readonly files: readonly string[];
  /** How many other files stay. */
  readonly kept: number;
}

/**
 * The files of a keystore that hold old keys of a rotation, once they may be removed: the new keys worked, a
 * margin passed, and the chain no longer uses the old ones. Removes no file. Throws a RotationFault.
 */
export async function retirement(parts: RetireParts, rotation: Rotation): Promise<Retirement> {
  const { node, keystore, file, marginSessions } = parts;
  const { hash } = await asked(() => finalizedHead(node));
  if ((await asked(() => genesisHash(node))) !== rotation.genesis)
    throw new RotationFault(
      'other-rotation',
      'the node is of another chain than the record',
      'name a node of that chain',
    );
  if (rotation.oldKeys === null)
    throw new RotationFault('keystore', 'there were no keys before these', 'no action is needed');
  const [old, fresh] = [await split(node, rotation.oldKeys, hash), await split(node, rotation.keys, hash)];
  const facts = await factsOf(parts, rotation, unused(old, fresh), hash);
  // A record of version 1 has no start time: the margin begins now.
  if (rotation.stage === 'verified' && rotation.verifiedIn === null && facts.session !== null)
    writeRotation(file, { ...rotation, verifiedIn: facts.session });
  checkMayRetire(rotation, facts, marginSessions);
  const names = filesIn(keystore);
  const files = oldKeyFiles({ keystore, names }, rotation, old, fresh);
  return { files, kept: names.length - files.length };
}

/** Removes the files, and writes it into the record, which has their names before. */
export function retire({ keystore, file }: RetireParts, rotation: Rotation, { files }: Retirement): Rotation {
  const removed = [...new Set([...rotation.removed, ...files])];
  writeRotation(file, { ...rotation, removed });
  for (const name of files) rmSync(join(keystore, name), { force: true });
  const retired: Rotation = { ...rotation, stage: 'retired', removed };
  writeRotation(file, retired);
  return retired;
}

function unused(old: readonly SessionKey[], fresh: readonly SessionKey[]): readonly SessionKey[] {
  const kept = new Set(fresh.map(keyFile));
  return old.filter((key) => !kept.has(keyFile(key)));
}

async function factsOf(
  { node, views }: RetireParts,
  rotation: Rotation,
  old: readonly SessionKey[],
  block: string,
): Promise<RetireFacts> {
  const { metadata } = await asked(() => views.at(node, block));
  const keys = hexOf(Buffer.concat(old.map(({ key }) => key)));
  // Only the next keys and the authorities are read, not the blocks.
  const never = Number.MAX_SAFE_INTEGER;
  const [now, before, queued] = await Promise.all([
    lookAtRotation(node, views, rotation, never).catch(() => null),
    lookAtRotation(node, views, { stash: '0x', keys, stage: 'active' }, never).catch(() => null),
    asked(() => storedBytes(node, metadata, ['Session', 'QueuedKeys'], [], block)),
  ]);
  const isAuthority = before?.facts.isAuthority ?? null;
  const text = queued === null ? null : Buffer.from(queued).toString('hex');
  const isQueued =
    text === null ? null : old.some(({ key }) => text.includes(Buffer.from(key).toString('hex')));
  return {
    session: now?.facts.session ?? null,
    nextKeys: now?.facts.nextKeys,
    isInUse: isAuthority === null || isQueued === null ? null : isAuthority || isQueued,
  };
}

async function split(node: NodeRpc, keys: string, block: string): Promise<readonly SessionKey[]> {
  const found = await asked(() => splitSessionKeys(node, bytesOf(keys), block));
  if (found !== null) return found;
  throw new RotationFault(
    'runtime',
    'the runtime cannot split the keys: its session keys have another shape now',
    'remove the files of the old keys by hand, by their public keys',
  );
}

/** Names of the plain files in the folder, without links. */
function filesIn(keystore: string): readonly string[] {
  try {
    if (!lstatSync(keystore).isDirectory()) throw new Error('it is not a folder');
    return readdirSync(keystore, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    throw new RotationFault(
      'keystore',
      `the keystore ${keystore} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
      'name the folder on this machine that holds the key files of the node',
      error,
    );
  }
}
