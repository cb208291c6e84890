import { resolve } from 'node:path';
import { table } from '@watchbill/base';
import type { Expected, Network } from '@watchbill/fleet';
import type { SecretEntry } from '@watchbill/fleet/secret-names';
import type { Command } from 'commander';
import { lines, print } from '../../../output/print.ts';
import { type Context, withExamples, withStatuses } from '../../../process/context.ts';
import { EXIT, type ExitCode } from '../../../process/exit.ts';
import type { Io } from '../../../process/io.ts';
import { secondsFlag } from '../../numbers.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { addTargetOptions, openerOf, type TargetFlags } from '../ports.ts';
import type { Place } from './find.ts';
import { onMachine } from './machine.ts';

interface ListFlags extends TargetFlags {
  readonly file: string;
  readonly secrets?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

type State = 'there' | 'missing' | 'unreadable' | 'unknown';

interface Listed extends SecretEntry {
  readonly state: State;
}

/** What is known of one place. */
interface PlaceSecrets {
  readonly entries: readonly Listed[];
  /** Credentials that the file does not need: `NETWORK.SECRET.ENTRY`. */
  readonly others: readonly string[];
  readonly problems: readonly string[];
}

export function addSecretsList(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('list')
    .description(
      'show which secrets the file needs, where, and whether they are there; values are never shown',
    );
  addTargetOptions(command)
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--secrets <folder>', 'folder of secrets of a network on this machine (fleet up --local)')
    .option('--timeout <seconds>', 'longest time for all places', secondsFlag('--timeout'), 120)
    .option('--json', 'print JSON')
    .action(async (flags: ListFlags) => exit(await list(io, flags)));
  withExamples(withStatuses(command, { ok: 'all secrets exist', denied: 'a secret is missing' }), [
    'watchbill fleet secrets list',
    'watchbill fleet secrets list --secrets secrets',
  ]);
}

async function list(io: Io, flags: ListFlags): Promise<ExitCode> {
  const { network } = await readGraph(io, flags.file);
  const { secretsOf } = await import('@watchbill/fleet/secret-names');
  const needed = secretsOf(network);
  const places = await (flags.secrets === undefined
    ? eachPlace(io, network, needed, flags)
    : [await ofFolder(io, needed, flags.secrets)]);
  const entries = places.flatMap((place) => place.entries);
  const others = places.flatMap((place) => place.others);
  const problems = places.flatMap((place) => place.problems);
  print(io, flags.json, { entries, notNeeded: others, problems }, () => text(entries, others, problems));
  if (entries.some(({ state }) => state === 'unknown')) return EXIT.unreachable;
  return entries.every(({ state }) => state === 'there') ? EXIT.ok : EXIT.denied;
}

async function ofFolder(io: Io, needed: readonly SecretEntry[], folder: string): Promise<PlaceSecrets> {
  const { inFolder } = await import('@watchbill/fleet-run/secrets');
  const path = resolve(io.cwd, folder);
  const entries = needed.map((one): Listed => ({ ...one, state: inFolder(path, one) ? 'there' : 'missing' }));
  return { entries, others: [], problems: [] };
}

function eachPlace(
  io: Io,
  network: Network,
  needed: readonly SecretEntry[],
  flags: ListFlags,
): Promise<readonly PlaceSecrets[]> {
  const signal = AbortSignal.timeout(flags.timeout * 1_000);
  const asked = [...network.places.values()].map((place) => {
    const own = needed.filter((one) => one.place === place.name);
    if (place.target === 'machine') return ofMachine(io, network.name, place, own, flags, signal);
    return own.length === 0
      ? { entries: [], others: [], problems: [] }
      : ofCluster(io, network.name, place, own, flags, signal);
  });
  return Promise.all(asked);
}

async function ofMachine(
  io: Io,
  network: string,
  place: Place & { readonly target: 'machine' },
  own: readonly SecretEntry[],
  { sshConfig }: ListFlags,
  deadline: AbortSignal,
): Promise<PlaceSecrets> {
  const { credentialName } = await import('@watchbill/fleet/secret-names');
  const { tooOld } = await import('@watchbill/fleet-run/machines');
  const names = own.map((one) => credentialName(network, one));
  const looked = await onMachine(io, network, place, sshConfig, (credentials, signal) =>
    credentials.look(names, AbortSignal.any([signal, deadline])),
  );
  if ('failure' in looked) return notKnown(own, `${place.name}: ${looked.failure.detail}`);
  const old = own.length === 0 ? null : tooOld(looked);
  return {
    entries: own.map((one, at) => ({ ...one, state: looked.states.get(names[at] ?? '') ?? 'unknown' })),
    others: looked.all.filter((name) => !names.includes(name)).map((name) => `${place.name}: ${name}`),
    problems: old === null ? [] : [`${place.name}: ${old}`],
  };
}

async function ofCluster(
  io: Io,
  network: string,
  place: Place,
  own: readonly SecretEntry[],
  flags: ListFlags,
  signal: AbortSignal,
): Promise<PlaceSecrets> {
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
  const openTargets = await openerOf(io, flags);
  const targets = await openTargets(network, [place], false);
  try {
    const read = await targets.byPlace.get(place.name)?.read(network, [], expects, signal);
    if (read === undefined || !read.ok) return notKnown(own, `${place.name}: ${read?.detail ?? ''}`);
    const missing = new Set(read.state.missing);
    const entries = own.map((one, at): Listed => {
      const expected = expects[at];
      return { ...one, state: expected === undefined || missing.has(expected) ? 'missing' : 'there' };
    });
    return { entries, others: [], problems: [] };
  } finally {
    targets.close();
  }
}

function notKnown(own: readonly SecretEntry[], problem: string): PlaceSecrets {
  return { entries: own.map((one) => ({ ...one, state: 'unknown' })), others: [], problems: [problem] };
}

const STATES: Readonly<Record<State, string>> = {
  there: 'there',
  missing: 'MISSING',
  unreadable: 'NOT READABLE: it is of another machine or name; put it again with --replace',
  unknown: 'not known',
};

function text(entries: readonly Listed[], others: readonly string[], problems: readonly string[]): string {
  if (entries.length === 0 && others.length === 0 && problems.length === 0)
    return lines(['no node of the file takes anything from a secret']);
  const rows = entries.map((one) => [one.place, one.node, one.secret, one.entry, STATES[one.state]]);
  return [
    entries.length === 0 ? '' : table(['place', 'node', 'secret', 'entry', ''], rows),
    lines([
      ...others.map((name) => `not needed by the file: ${name}`),
      ...problems.map((problem) => `not known: ${problem}`),
    ]),
  ].join('');
}
