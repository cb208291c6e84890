import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { excludes, keysOf } from '../graph/key-set.ts';
import { freePorts } from '../ports/index.ts';
import { LocalFault } from './fault.ts';
import type { LocalFolder } from './folder.ts';
import type { LocalNode, LocalPorts, LocalSeat } from './layout.ts';
import { checkedProgram, insertSeed, nodeKey } from './program.ts';

/** The specification in the folder, or the name of a chain. */
export function chainOf(
  folder: string,
  chain: { readonly name: string } | { readonly text: string },
): string {
  if ('name' in chain) return chain.name;
  const file = join(folder, 'chain-spec.json');
  if (!existsSync(file)) writeFileSync(file, chain.text, { mode: 0o600 });
  return file;
}

/**
 * Folders, node keys, session keys and ports of every node: what is there stays as it is. Keys that were put into the keystore of one
 * node are never put into another's, even where the file says so later. Throws a LocalFault.
 */
export async function prepareNodes(
  folder: LocalFolder,
  nodes: readonly LocalNode[],
  chain: string,
): Promise<void> {
  refuseMovedKeys(folder, nodes);
  for (const node of nodes) {
    const program = await checkedProgram(node.name, binaryOf(folder, node));
    for (const path of [node.folder, join(node.folder, 'data'), node.keystore])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    if (node.nodeKeySource !== null && !existsSync(node.nodeKeyFile))
      copySecret(node.nodeKeySource, node.nodeKeyFile);
    const peerId = await nodeKey(program, node.nodeKeyFile, chain);
    const ports = folder.state().seats[node.name]?.ports ?? (await freeSeat());
    const seat: LocalSeat = { ports, peerId };
    await putSeeds(folder, node, program, chain);
    folder.change((state) => ({ ...state, seats: { ...state.seats, [node.name]: seat } }));
  }
}

/** The program of a roll-out, where there was one; otherwise that of the network file. */
export function binaryOf(
  folder: LocalFolder,
  { name, binary }: LocalNode,
): { readonly source: string; readonly sha256: string } {
  const rolled = folder.state().programs[name];
  return rolled === undefined ? binary : { source: rolled.path, sha256: rolled.sha256 };
}

function refuseMovedKeys(folder: LocalFolder, nodes: readonly LocalNode[]): void {
  // None of them runs yet: what the file says of a node that has the keys already goes before how it used them last.
  const uses = { ...folder.state().keySets };
  for (const { name, keySet } of nodes) {
    const had = uses[name];
    if (had !== undefined && keySet !== null && keysOf(had) === keysOf(keySet)) uses[name] = keySet;
  }
  for (const { name, keySet } of nodes) {
    const [holder] =
      Object.entries(uses).find(([other, use]) => excludes(use, keySet) && other !== name) ?? [];
    if (holder !== undefined)
      throw new LocalFault(
        'keys',
        `${name} would get the session keys that ${holder} has in its keystore: both could sign`,
        `let ${holder} keep them; or rotate to new keys on chain first`,
      );
  }
}

async function putSeeds(folder: LocalFolder, node: LocalNode, program: string, chain: string): Promise<void> {
  const { name, keySet, seeds, keystore } = node;
  if (keySet === null) {
    if (readdirSync(keystore).length > 0)
      throw new LocalFault(
        'keys',
        `${name} signs nothing, and its keystore has keys`,
        `empty ${keystore} if they are used nowhere`,
      );
    return;
  }
  const had = folder.state().keySets[name];
  if (had === keySet) return;
  if (had !== undefined && keysOf(had) === keysOf(keySet)) {
    // The keys are there; only what is done before they sign is another.
    folder.change((state) => ({ ...state, keySets: { ...state.keySets, [name]: keySet } }));
    return;
  }
  if (had !== undefined)
    throw new LocalFault(
      'keys',
      `${name} has the session keys ${had}, and the file says ${keySet}`,
      'rotate keys on chain instead of putting others into its keystore',
    );
  // Noted first: after a crash in between, the keys are this node's and nobody else's.
  folder.change((state) => ({ ...state, keySets: { ...state.keySets, [name]: keySet } }));
  try {
    for (const seed of seeds) await insertSeed(program, keystore, chain, seed);
  } catch (error) {
    // Inserting the same seed again changes nothing, so what is missing is put there at the next start.
    folder.change((state) => ({
      ...state,
      keySets: Object.fromEntries(Object.entries(state.keySets).filter(([other]) => other !== name)),
    }));
    throw error;
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
