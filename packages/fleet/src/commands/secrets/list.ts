import { resolve } from 'node:path';
import { table } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT, type ExitCode } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { secondsFlag } from '@watchbill/kit/command/numbers';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import type { SecretList, SecretState } from '../../run/operations/index.ts';
import { addTargetOptions, credentialsOf, openerOf, type TargetFlags } from '../command-ports.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { untilStopped } from './machine.ts';

interface ListFlags extends TargetFlags {
  readonly file: string;
  readonly secrets?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

export function addSecretsList(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('list')
    .description(
      'show which secrets the file needs, their place, and whether they exist; values are never shown',
    );
  addTargetOptions(command)
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--secrets <folder>', 'folder of secrets of a network on this machine (fleet local up --local)')
    .option('--timeout <seconds>', 'longest time for all places', secondsFlag('--timeout'), 120)
    .option('--json', 'print JSON')
    .action(async (flags: ListFlags) => exit(await list(io, flags)));
  withExamples(withStatuses(command, { ok: 'all secrets exist', denied: 'a secret is missing' }), [
    'watchbill fleet keys secrets list',
    'watchbill fleet keys secrets list --secrets secrets',
  ]);
}

async function list(io: Io, flags: ListFlags): Promise<ExitCode> {
  const { network } = await readGraph(io, flags.file);
  const { listFolder, listSecrets } = await import('../../run/operations/index.ts');
  const openTargets = await openerOf(io, flags);
  const openCredentials = await credentialsOf(io, flags);
  const listed =
    flags.secrets === undefined
      ? await untilStopped(io, (stop) => {
          const signal = AbortSignal.any([stop, AbortSignal.timeout(flags.timeout * 1_000)]);
          return listSecrets({ network, openTargets, openCredentials, signal });
        })
      : listFolder(network, resolve(io.cwd, flags.secrets));
  const { entries, others, problems } = listed;
  print(io, flags.json, { entries, notNeeded: others, problems }, () => text(listed));
  if (entries.some(({ state }) => state === 'unknown')) return EXIT.unreachable;
  return entries.every(({ state }) => state === 'there') ? EXIT.ok : EXIT.denied;
}

const STATES: Readonly<Record<SecretState, string>> = {
  there: 'there',
  missing: 'MISSING',
  unreadable: 'NOT READABLE: it was encrypted for another machine or name; put it again with --replace',
  unknown: 'not known',
};

function text({ entries, others, problems }: SecretList): string {
  if (entries.length === 0 && others.length === 0 && problems.length === 0)
    return lines(['no node of the file needs a secret']);
  const rows = entries.map((one) => [one.place, one.node, one.secret, one.entry, STATES[one.state]]);
  return [
    entries.length === 0 ? '' : table(['place', 'node', 'secret', 'entry', ''], rows),
    lines([
      ...others.map((name) => `not needed by the file: ${name}`),
      ...problems.map((problem) => `not known: ${problem}`),
    ]),
  ].join('');
}
