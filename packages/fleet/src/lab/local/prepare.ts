import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePorts } from '@watchbill/kit/ports';
import { keysOf } from '../../file/graph/index.ts';
import type { LocalChain } from './chain.ts';
import type { LocalFolder } from './folder.ts';
import { type HeldNode, holdKeys } from './key-holds.ts';
import { keysIn } from './keystore.ts';
import type { LocalNode, LocalPorts, LocalSeat } from './layout.ts';
import { LocalFault } from './local-fault.ts';
import { haveOneName, type KeyUser, refuseSharedKeys } from './one-signer.ts';
import { checkedProgram, nodeKey } from './program.ts';
import { draftKeys, dropDraft, forgetUnput, type KeyDraft, keystoreOf, putKeys } from './put-keys.ts';

/** The specification in the folder, or the name of a chain. */
export function chainOf(folder: string, chain: LocalChain): string {
  if ('name' in chain) return chain.name;
  const file = join(folder, 'chain-spec.json');
  writeFileSync(file, chain.text, { mode: 0o600 });
  return file;
}

/**
 * Prepares folders, node keys, session keys and ports of every node, and keeps existing ones. Keys in the
 * keystore of one node are never put into another's, even if the file later says so. Keys that two nodes
 * have, or that another network of this user signs with, are refused before any of them is put. Returns a
 * function that releases the keys. Throws a LocalFault.
 *
 * `notes` is the folder of the records of keys in use; null for none.
 */
export async function prepareNodes(
  folder: LocalFolder,
  nodes: readonly LocalNode[],
  chain: string,
  notes: (() => string) | null,
): Promise<() => void> {
  forgetUnput(folder);
  refuseMovedKeys(folder, nodes);
  const drafts: KeyDraft[] = [];
  try {
    for (const node of nodes) {
      const draft = await prepareNode(folder, node, chain);
      if (draft !== null) drafts.push(draft);
    }
    const signers = signersOf(nodes, drafts);
    refuseSharedKeys(signers, idleUsers(folder, nodes), new Set(drafts.map(({ node }) => node.name)));
    const release =
      notes === null || signers.length === 0
        ? () => undefined
        : await holdKeys(notes(), folder.path, signers);
    try {
      for (const draft of drafts) putKeys(folder, draft);
      noteUses(folder, signers);
    } catch (error) {
      release();
      throw error;
    }
    return release;
  } finally {
    for (const node of nodes) dropDraft(node);
  }
}

async function prepareNode(folder: LocalFolder, node: LocalNode, chain: string): Promise<KeyDraft | null> {
  const program = await checkedProgram(node.name, binaryOf(folder, node));
  for (const path of [node.folder, join(node.folder, 'data'), node.keystore])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  if (node.nodeKeySource !== null && !existsSync(node.nodeKeyFile))
    copySecret(node.nodeKeySource, node.nodeKeyFile);
  const peerId = await nodeKey(program, node.nodeKeyFile, chain);
  const ports = folder.state().seats[node.name]?.ports ?? (await freeSeat());
  const seat: LocalSeat = { ports, peerId };
  const draft = await draftKeys(folder, node, program, chain);
  folder.change((state) => ({ ...state, seats: { ...state.seats, [node.name]: seat } }));
  return draft;
}

/** Nodes that sign, with the keys that they have and those that they are about to get. */
function signersOf(nodes: readonly LocalNode[], drafts: readonly KeyDraft[]): readonly HeldNode[] {
  return nodes.flatMap(({ name, keySet, keystore }) => {
    if (keySet === null) return [];
    const drafted = drafts.find(({ node }) => node.name === name)?.keys ?? [];
    return [{ name, use: keySet, keystore, keys: [...new Set([...keysIn(keystore), ...drafted])] }];
  });
}

/** Nodes that were in the file once, and whose keys are still here. */
function idleUsers(folder: LocalFolder, nodes: readonly LocalNode[]): readonly KeyUser[] {
  return Object.entries(folder.state().keySets)
    .filter(([name]) => nodes.every((node) => node.name !== name))
    .map(([name, use]) => ({ name, use, keys: keysIn(keystoreOf(folder, name)) }));
}

/**
 * Existing keys may have another use now, with or without asking before they sign. Generated keys get a
 * record.
 */
function noteUses(folder: LocalFolder, signers: readonly KeyUser[]): void {
  const uses = Object.fromEntries(signers.map(({ name, use }) => [name, use]));
  folder.change((state) => ({ ...state, keySets: { ...state.keySets, ...uses } }));
}

/** The program of a roll-out if there was one; otherwise that of the network file. */
export function binaryOf(
  folder: LocalFolder,
  { name, binary }: LocalNode,
): { readonly source: string; readonly sha256: string } {
  const rolled = folder.state().programs[name];
  return rolled === undefined ? binary : { source: rolled.path, sha256: rolled.sha256 };
}

function refuseMovedKeys(folder: LocalFolder, nodes: readonly LocalNode[]): void {
  // None of them runs yet, so for a node that already has the keys, the file takes precedence over their last
  // use.
  const uses = { ...folder.state().keySets };
  for (const { name, keySet } of nodes) {
    const had = uses[name];
    if (had !== undefined && keySet !== null && keysOf(had) === keysOf(keySet)) uses[name] = keySet;
  }
  for (const { name, keySet } of nodes) {
    const [holder] =
      Object.entries(uses).find(
        ([other, use]) => other !== name && keySet !== null && haveOneName(use, keySet),
      ) ?? [];
    if (holder !== undefined)
      throw new LocalFault(
        'keys',
        `${name} would get session keys that are in the keystore of ${holder}: both could sign`,
        `keep the keys with ${holder}, or rotate to new keys on chain first`,
      );
  }
}

function copySecret(from: string, to: string): void {
  if (!existsSync(from))
    throw new LocalFault(
      'keys',
      `there is no node key in ${from}`,
      'put it there: the folder is the secret, the file its entry',
    );
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  copyFileSync(from, to);
  chmodSync(to, 0o600);
}

async function freeSeat(): Promise<LocalPorts> {
  const [p2p = 0, rpc = 0, metrics = 0] = await freePorts(3);
  return { p2p, rpc, metrics };
}
