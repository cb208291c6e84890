import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '@watchbill/kit';
import { keysOf } from '../../file/graph/index.ts';
import type { LocalFolder } from './folder.ts';
import { keysIn } from './keystore.ts';
import type { LocalNode } from './layout.ts';
import { LocalFault } from './local-fault.ts';
import { insertSeed } from './program.ts';

/** Keys of a node that are not in its keystore yet, in a folder beside it. */
export interface KeyDraft {
  readonly node: LocalNode;
  /** Their names, as they will be in the keystore. */
  readonly keys: readonly string[];
}

/** Removes the record of keys that were about to be put into an empty keystore: no node has them. */
export function forgetUnput(folder: LocalFolder): void {
  for (const name of Object.keys(folder.state().putting))
    if (keysIn(keystoreOf(folder, name)).length === 0)
      folder.change((state) => ({
        ...state,
        keySets: without(state.keySets, name),
        putting: without(state.putting, name),
      }));
}

export function keystoreOf(folder: LocalFolder, name: string): string {
  return join(folder.path, 'nodes', name, 'keystore');
}

/**
 * Makes the keys of a node from its seeds, beside its keystore. If a seed is missing, the keystore stays
 * empty. Null if it has its keys, or needs none. Throws a LocalFault, also if the keystore has keys of
 * another set.
 */
export async function draftKeys(
  folder: LocalFolder,
  node: LocalNode,
  program: string,
  chain: string,
): Promise<KeyDraft | null> {
  const { name, keySet, seeds, keystore } = node;
  if (keySet === null && readdirSync(keystore).length > 0)
    throw new LocalFault(
      'keys',
      `${name} does not sign, but its keystore has keys`,
      `empty ${keystore} if they are used nowhere`,
    );
  if (keySet === null) return null;
  const had = folder.state().keySets[name];
  const begun = folder.state().putting[name];
  if (had !== undefined && keysOf(had) !== keysOf(keySet))
    throw begun === undefined ? hasOthers(node, had) : interrupted(node, `the file names ${keySet}`);
  if (seeds.length === 0 || (had !== undefined && begun === undefined)) return null;
  const keys = await made(node, program, chain);
  if (begun !== undefined && !sameKeys(begun, keys))
    throw interrupted(node, 'the secret now has other seeds');
  const foreign = begun === undefined && keysIn(keystore).some((key) => !keys.includes(key));
  if (foreign)
    throw new LocalFault(
      'keys',
      `the keystore of ${name} has keys that do not belong to ${keySet}, and no record says whose they are`,
      `empty ${keystore} if they are used nowhere; never put keys into it by hand`,
    );
  return { node, keys };
}

/**
 * If the process ends in between, the record still lists these keys as being put there, and the next start
 * puts the same keys.
 */
export function putKeys(folder: LocalFolder, { node, keys }: KeyDraft): void {
  const { name, keySet, keystore } = node;
  if (keySet === null) return;
  folder.change((state) => ({
    ...state,
    keySets: { ...state.keySets, [name]: keySet },
    putting: { ...state.putting, [name]: [...keys] },
  }));
  for (const key of keys) renameSync(join(draftOf(node), key), join(keystore, key));
  folder.change((state) => ({ ...state, putting: without(state.putting, name) }));
}

/** Removes the draft, because its files are seeds in plain text. */
export function dropDraft(node: LocalNode): void {
  rmSync(draftOf(node), { recursive: true, force: true });
}

function draftOf({ keystore }: LocalNode): string {
  return `${keystore}.new`;
}

async function made(node: LocalNode, program: string, chain: string): Promise<readonly string[]> {
  dropDraft(node);
  mkdirSync(draftOf(node), { mode: 0o700 });
  for (const seed of node.seeds) await insertSeed(program, draftOf(node), chain, seed);
  const keys = keysIn(draftOf(node));
  if (keys.length === node.seeds.length) return keys;
  throw new LocalFault(
    'program',
    `\`key insert\` of the node made ${counted(keys.length, 'key')} of ${counted(node.seeds.length, 'seed')} for ${node.name}`,
    'use a node of polkadot-sdk: with another kind of keystore, the owner of the keys would be unknown',
  );
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key) => other.includes(key));
}

function hasOthers({ name, keySet }: LocalNode, had: string): LocalFault {
  return new LocalFault(
    'keys',
    `${name} has the session keys ${had}, but the file names ${keySet}`,
    'rotate keys on chain instead of putting others into its keystore',
  );
}

function interrupted({ name, keystore }: LocalNode, what: string): LocalFault {
  return new LocalFault(
    'keys',
    `the keystore of ${name} has only some of the session keys that were being put into it, and ${what}`,
    `start it with the file and the seeds of that time, which adds the rest; or empty ${keystore} if those keys are used nowhere`,
  );
}

function without<Value>(record: Readonly<Record<string, Value>>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name));
}
