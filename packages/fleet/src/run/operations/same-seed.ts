import { fault } from '@watchbill/kit';
import { unitName } from '../../file/emit/index.ts';
import type { Network } from '../../file/index.ts';
import { type FleetNode, keySetOf } from '../../file/normalise/index.ts';
import { credentialName, type SecretEntry, secretsOfNode } from '../../file/secret-names/index.ts';
import { type KeyHolder, maySignTwice } from '../../file/signers/index.ts';
import type { MachineKeys } from '../machines/session-keys.ts';
import type { MachinePlace, OpenCredentials } from './fleet-ports.ts';

export interface SameSeedInput {
  readonly network: Network;
  readonly place: MachinePlace;
  readonly entry: SecretEntry;
  /** Of the seed that is to be put. */
  readonly publicKey: string;
  readonly open: OpenCredentials;
  readonly signal: AbortSignal;
}

/**
 * Refuses a seed whose public key another node has, on any machine of the network: as a note of `secrets
 * put`, or in the keystore of a unit. Two nodes may have it if both ask the same permission services, or if
 * the file gives their keys one name (`set`): the plan lets one end before the other begins. Returns the
 * machines that did not answer, each with the cause. Throws an Fault.
 */
export async function refuseSameSeed(input: SameSeedInput): Promise<readonly string[]> {
  const machines = [...input.network.places.values()].filter((one) => one.target === 'machine');
  const looked = await Promise.all(machines.map((place) => keysAt(input, place)));
  for (const { place, keys } of looked) {
    const other = keys === null ? null : holderOn(input, place, keys);
    if (other !== null) throw sameSeed(input, other);
  }
  return looked.flatMap(({ place, detail }) => (detail === null ? [] : [`${place.name}: ${detail}`]));
}

interface Looked {
  readonly place: MachinePlace;
  readonly keys: MachineKeys | null;
  /** Why it is not known. */
  readonly detail: string | null;
}

async function keysAt({ network, open, signal }: SameSeedInput, place: MachinePlace): Promise<Looked> {
  const credentials = await open(place, network.name);
  try {
    const found = await credentials.publicKeys(signal);
    if ('failure' in found) return { place, keys: null, detail: found.failure.detail };
    return { place, keys: found, detail: null };
  } finally {
    credentials.close();
  }
}

/** The holder of the key there, in words; null if no other node may sign with it. */
function holderOn(
  input: SameSeedInput,
  place: MachinePlace,
  { notes, keystores }: MachineKeys,
): string | null {
  const { network, entry, publicKey } = input;
  const own = credentialName(network.name, entry);
  for (const [credential, key] of notes) {
    const isOwn = credential === own && place.name === input.place.name;
    if (key === publicKey && !isOwn && !mayShare(input, place, credential))
      return `the credential ${credential} of ${place.name}`;
  }
  for (const [unit, keys] of keystores) {
    const isOwn = place.name === input.place.name && unit === unitName(network.name, entry.node);
    if (keys.includes(publicKey) && !isOwn && !hasSet(nodeOf(network, entry.node)))
      return `the keystore of ${unit} on ${place.name}`;
  }
  return null;
}

/** Whether the rules let both nodes have the key, or one name in the file shows that the key moves. */
function mayShare(
  { network, entry, publicKey }: SameSeedInput,
  place: MachinePlace,
  credential: string,
): boolean {
  const node = nodeOf(network, entry.node);
  const other = nodes(network).find(
    (one) =>
      one.place === place.name &&
      secretsOfNode(one).some((needed) => credentialName(network.name, needed) === credential),
  );
  // A node that the file does not have any more gave its keys away, if the file gives them a name.
  if (other === undefined || other.name === node?.name) return hasSet(node);
  const verdict = maySignTwice(holder(network, node, publicKey), holder(network, other, publicKey));
  return verdict.answer === 'no';
}

function holder(network: Network, node: FleetNode | undefined, key: string): KeyHolder {
  const use = node === undefined ? null : keySetOf(node, network.name);
  return { id: node?.name ?? '', use: use ?? '', seen: { keys: [key], isComplete: true } };
}

function hasSet(node: FleetNode | undefined): boolean {
  return node !== undefined && node.settings.keys.session.set !== null;
}

function nodeOf(network: Network, name: string): FleetNode | undefined {
  return nodes(network).find((one) => one.name === name);
}

function nodes({ pools }: Network): readonly FleetNode[] {
  return pools.flatMap((pool) => pool.nodes);
}

function sameSeed({ entry, place, publicKey }: SameSeedInput, other: string) {
  return fault('secrets-same-key', 'denied', {
    what: `${other} has the same key ${publicKey}: ${entry.node} would sign beside it`,
    where: place.name,
    remedy:
      'put a seed of this node alone; or name the keys in the file, if they move or if both nodes ask a permission service: `keys: {session: {set: NAME}}`, see "Share one set of keys" in `watchbill docs session-keys`',
  });
}
