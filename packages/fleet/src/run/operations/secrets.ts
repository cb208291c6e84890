import { type Fault, fault, kubectlLine, usageFault } from '@watchbill/kit';
import type { Network } from '../../file/index.ts';
import { credentialName, type SecretEntry, secretsOf } from '../../file/secret-names/index.ts';
import type { Changed, CredentialKey, Credentials, LoadingUnit } from '../machines/credentials.ts';
import { publicKeyOfSeed } from '../secrets/public-key.ts';
import { checkedValue } from '../secrets/value.ts';
import type { Confirm, LockWishes } from './change-lock.ts';
import type { FleetPorts, MachinePlace, OpenCredentials } from './fleet-ports.ts';
import { underPlaceLock } from './place-lock.ts';
import { refuseSameSeed } from './same-seed.ts';
import { type Found, neededEntry } from './secret-entry.ts';
import { placeFault } from './targets.ts';

/** How the operations on secrets reach machines. */
export interface SecretPorts extends Omit<FleetPorts, 'memory'> {
  readonly openCredentials: OpenCredentials;
}

interface OneSecret {
  readonly network: Network;
  readonly secret: string;
  readonly entry: string;
  /** Name of the machine, if several need a secret of that name. */
  readonly place?: string | undefined;
  readonly signal: AbortSignal;
}

export interface PutInput extends OneSecret, LockWishes {
  readonly bytes: Uint8Array;
  /** The source of the value, for example a file name. */
  readonly from: string;
  readonly withKey: CredentialKey;
  /** Replaces an existing value, which is lost. */
  readonly replace: boolean;
  /** Accepts well-known development seeds. */
  readonly development: boolean;
}

export interface PutSecret {
  readonly place: MachinePlace;
  readonly node: string;
  readonly credential: string;
  /** Units that load it: they keep the old value until they are restarted. */
  readonly units: readonly LoadingUnit[];
  /** Machines that did not answer, with the cause: whether they have the same key is not known. */
  readonly notCompared: readonly string[];
}

/**
 * The machine and entry for a value. Throws for a secret that the file does not need, and for one of a
 * cluster.
 */
export function secretTarget(input: Pick<OneSecret, 'network' | 'secret' | 'entry' | 'place'>): Found {
  const found = neededEntry(input.network, input.secret, input.entry, input.place);
  if (found.place.target !== 'machine') throw inCluster(input.network, found);
  return found;
}

/**
 * Encrypts a value on the machine that needs it, after its form was checked, under the lock of the network. A
 * seed is compared with those of all machines, so the lock is held at each of them: two operators cannot put
 * one seed on two machines at once.
 */
export async function putSecret(ports: SecretPorts, input: PutInput): Promise<PutSecret> {
  const { network, secret, entry: name, signal } = input;
  const { place, entry } = secretTarget(input);
  if (place.target !== 'machine') throw new TypeError('a cluster was refused');
  const checked = checkedValue(entry, input.bytes, { development: input.development });
  if (!checked.ok) throw usageFault(checked.what, checked.remedy, input.from);
  const credential = credentialName(network.name, entry);
  const publicKey = publicKeyOf(entry, checked.bytes);
  const options = { withKey: input.withKey, replace: input.replace, publicKey };
  const put = async (confirm: Confirm) => {
    const open = ports.openCredentials;
    const notCompared =
      publicKey === null ? [] : await refuseSameSeed({ network, place, entry, publicKey, open, signal });
    const changed = await onMachine(open, network, place, async (one) => {
      await confirm(signal);
      return one.put(credential, checked.bytes, options, signal);
    });
    // The script may still run, so the change is not over.
    if (changed.outcome === 'unknown') throw changeFault(place.name, changed);
    return { changed, notCompared };
  };
  const work = `put ${secret} ${name} at ${place.name}`;
  const isSigning = publicKey !== null;
  const beside = isSigning ? [...network.places.values()].filter(({ target }) => target === 'machine') : [];
  const lock = { ...input, network: network.name, place, beside, work, isSigning };
  const { changed, notCompared } = await underPlaceLock(ports, lock, put);
  if (changed.outcome === 'exists')
    throw fault('secrets-exists', 'denied', {
      what: `${place.name} has ${secret} ${name} already, and it is kept`,
      where: place.name,
      remedy: 'add --replace to overwrite it; the old value is then lost',
    });
  if (changed.outcome !== 'done') throw changeFault(place.name, changed);
  return { place, node: entry.node, credential, units: changed.units, notCompared };
}

/** The public key of a seed; null for another value. */
function publicKeyOf({ use, scheme }: SecretEntry, bytes: Uint8Array): string | null {
  return use === 'seed' && scheme !== null ? publicKeyOfSeed(scheme, bytes) : null;
}

export interface RemoveInput extends OneSecret, LockWishes {
  /** Also if it is needed: the node does not start again without it. */
  readonly inUse: boolean;
}

export interface RemovedSecret {
  readonly place: MachinePlace;
  readonly credential: string;
  /** Units that do not start again without it. */
  readonly units: readonly LoadingUnit[];
}

/** Removes a value from a machine, under the lock of the network, unless the file or a unit needs it. */
export async function removeSecret(ports: SecretPorts, input: RemoveInput): Promise<RemovedSecret> {
  const { network, secret, entry, inUse, signal } = input;
  const place = machineOf(input);
  const credential = credentialName(network.name, { secret, entry });
  const work = `remove ${secret} ${entry} at ${place.name}`;
  const lock = { ...input, network: network.name, place, work, isSigning: false };
  const changed = await underPlaceLock(ports, lock, (confirm) =>
    onMachine(ports.openCredentials, network, place, async (one) => {
      await confirm(signal);
      return one.remove(credential, { inUse }, signal);
    }),
  );
  if (changed.outcome === 'absent')
    throw fault('usage', 'usage', {
      what: `${place.name} has no ${secret} ${entry}`,
      remedy: 'list the secrets with `watchbill fleet keys secrets list`',
    });
  if (changed.outcome === 'in-use')
    throw needed(place.name, changed.units.map(({ name }) => name).join(', '));
  if (changed.outcome !== 'done') throw changeFault(place.name, changed);
  return { place, credential, units: changed.units };
}

/** Works with the credentials of one machine. */
export async function onMachine<Result>(
  open: OpenCredentials,
  network: Network,
  place: MachinePlace,
  work: (credentials: Credentials) => Promise<Result>,
): Promise<Result> {
  const credentials = await open(place, network.name);
  try {
    return await work(credentials);
  } finally {
    credentials.close();
  }
}

/** A change that the machine did not make. */
function changeFault(place: string, changed: Changed): Fault {
  if (changed.outcome === 'unreachable' || changed.outcome === 'forbidden')
    return placeFault(place, changed.outcome, changed.detail);
  if (changed.outcome === 'unknown')
    return fault('secrets-unknown', 'unknown', {
      what: `${place}: ${changed.detail}`,
      where: place,
      remedy: 'it is not known whether it was done: see `watchbill fleet keys secrets list`',
    });
  return fault('secrets-machine', 'fault', {
    what: 'detail' in changed ? changed.detail : changed.outcome,
    where: place,
    remedy: 'no credential was changed; see the message of the machine',
  });
}

/** In a cluster a secret is a Secret: all of its entries at once, by kubectl. */
function inCluster(network: Network, { place, entry }: Found): Fault {
  if (place.target !== 'kubernetes') throw new TypeError('it is a machine');
  const entries = secretsOf(network)
    .filter((one) => one.place === place.name && one.secret === entry.secret)
    .map((one) => `--from-file=${one.entry}=FILE`);
  return usageFault(
    `${place.name} is a cluster, where ${entry.secret} is a Secret`,
    kubectlLine(place, 'create', 'secret', 'generic', entry.secret, ...new Set(entries)),
    'argument SECRET',
  );
}

/** The machine of the entry. A person names it for an entry that the file no longer needs. */
function machineOf({ network, secret, entry, place: wanted, inUse }: RemoveInput): MachinePlace {
  const named = wanted === undefined ? undefined : network.places.get(wanted);
  const isNeeded = secretsOf(network).some(
    (one) =>
      one.secret === secret && one.entry === entry && (named === undefined || one.place === named.name),
  );
  const place = isNeeded || named === undefined ? neededEntry(network, secret, entry, wanted).place : named;
  if (place.target !== 'machine')
    throw usageFault(
      `${place.name} is a cluster, where ${secret} is a Secret`,
      kubectlLine(place, 'delete', 'secret', secret),
      'argument SECRET',
    );
  if (isNeeded && !inUse) throw needed(place.name, 'the network file');
  return place;
}

function needed(place: string, by: string): Fault {
  return fault('secrets-needed', 'denied', {
    what: `it is needed by ${by}; it was not removed`,
    where: place,
    remedy: 'remove the node first; or add --in-use: then the node cannot start again',
  });
}
