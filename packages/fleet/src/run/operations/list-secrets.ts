import type { Expected, Network } from '../../file/index.ts';
import { credentialName, type SecretEntry, secretsOf } from '../../file/secret-names/index.ts';
import { tooOld } from '../machines/credentials.ts';
import { inFolder } from '../secrets/folder.ts';
import type { MachinePlace, OpenCredentials, OpenTargets } from './fleet-ports.ts';
import type { Place } from './secret-entry.ts';
import { onMachine } from './secrets.ts';

/** `unknown`: its place does not answer. */
export type SecretState = 'there' | 'missing' | 'unreadable' | 'unknown';

export interface ListedSecret extends SecretEntry {
  readonly state: SecretState;
}

/** The secrets of one place, or of several. */
export interface SecretList {
  readonly entries: readonly ListedSecret[];
  /** Credentials that the file does not need: `NETWORK.SECRET.ENTRY`. */
  readonly others: readonly string[];
  readonly problems: readonly string[];
}

export interface ListInput {
  readonly network: Network;
  readonly openTargets: OpenTargets;
  readonly openCredentials: OpenCredentials;
  readonly signal: AbortSignal;
}

/** Which secrets a network needs, where, and whether they are there. Never reads a value of a machine. */
export async function listSecrets(input: ListInput): Promise<SecretList> {
  const { network } = input;
  const needed = secretsOf(network);
  const places = await Promise.all(
    [...network.places.values()].map((place) => {
      const own = needed.filter((one) => one.place === place.name);
      if (place.target === 'machine') return ofMachine(input, place, own);
      return own.length === 0 ? NONE : ofCluster(input, place, own);
    }),
  );
  return {
    entries: places.flatMap(({ entries }) => entries),
    others: places.flatMap(({ others }) => others),
    problems: places.flatMap(({ problems }) => problems),
  };
}

/** The same for a folder of secrets of a network on this machine. */
export function listFolder(network: Network, folder: string): SecretList {
  const entries = secretsOf(network).map(
    (one): ListedSecret => ({ ...one, state: inFolder(folder, one) ? 'there' : 'missing' }),
  );
  return { ...NONE, entries };
}

const NONE: SecretList = { entries: [], others: [], problems: [] };

async function ofMachine(
  { network, openCredentials, signal }: ListInput,
  place: MachinePlace,
  own: readonly SecretEntry[],
): Promise<SecretList> {
  const names = own.map((one) => credentialName(network.name, one));
  const looked = await onMachine(openCredentials, network, place, (one) => one.look(names, signal));
  if ('failure' in looked) return notKnown(own, `${place.name}: ${looked.failure.detail}`);
  const old = own.length === 0 ? null : tooOld(looked);
  return {
    entries: own.map((one, at) => ({ ...one, state: looked.states.get(names[at] ?? '') ?? 'unknown' })),
    others: looked.all.filter((name) => !names.includes(name)).map((name) => `${place.name}: ${name}`),
    problems: old === null ? [] : [`${place.name}: ${old}`],
  };
}

async function ofCluster(
  { network, openTargets, signal }: ListInput,
  place: Place,
  own: readonly SecretEntry[],
): Promise<SecretList> {
  const expects = own.map(
    ({ secret, entry, node }): Expected => ({
      place: place.name,
      kind: 'Secret',
      name: secret,
      entries: [entry],
      why: node,
      neededBy: [],
    }),
  );
  const targets = await openTargets(network.name, [place], false);
  try {
    const read = await targets.byPlace.get(place.name)?.read(network.name, [], expects, signal);
    if (read === undefined || !read.ok) return notKnown(own, `${place.name}: ${read?.detail ?? ''}`);
    const missing = new Set(read.state.missing);
    const unread = new Map(read.state.unread?.map(({ expected, detail }) => [expected, detail]));
    const entries = own.map((one, at): ListedSecret => {
      const expected = expects[at];
      if (expected === undefined || missing.has(expected)) return { ...one, state: 'missing' };
      return { ...one, state: unread.has(expected) ? 'unknown' : 'there' };
    });
    const problems = [...new Set(unread.values())].map((detail) => `${place.name}: ${detail}`);
    return { ...NONE, entries, problems };
  } finally {
    targets.close();
  }
}

function notKnown(own: readonly SecretEntry[], problem: string): SecretList {
  return { entries: own.map((one) => ({ ...one, state: 'unknown' })), others: [], problems: [problem] };
}
