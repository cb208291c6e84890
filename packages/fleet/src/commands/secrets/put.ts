import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import { secretPortsOf } from '../command-ports.ts';
import { addLockWait, lockWishes } from '../lock-text.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { restartLines, untilStopped } from './machine.ts';
import { valueBytes } from './value.ts';

interface PutFlags {
  readonly file: string;
  readonly place?: string;
  readonly from?: string;
  readonly withKey: 'auto' | 'host' | 'tpm2' | 'host+tpm2';
  readonly replace?: boolean;
  readonly development?: boolean;
  readonly sshConfig?: string;
  readonly wait: number;
  readonly json?: boolean;
}

export const KEY_CHOICES = ['auto', 'host', 'tpm2', 'host+tpm2'];

export function addSecretsPut(parent: Command, { io }: Context): void {
  const command = parent
    .command('put')
    .description(
      'encrypt a value on the machine that needs it. The value comes from a file or from standard input, and travels over ssh; it is never on a command line, and never in a file as plain text',
    )
    .argument('<secret>', 'name of the secret, as `fleet keys secrets list` has it')
    .argument('<entry>', 'entry of it: token, ca, key, or a key type such as babe')
    .option('--from <file>', 'file with the value (default: standard input)')
    .option('--place <name>', 'the machine, if several need a secret of that name')
    .option('--replace', 'replace an existing value; the old one is lost')
    .addOption(
      new Option('--with-key <key>', 'encryption key: auto also uses the TPM of the machine, if it has one')
        .choices(KEY_CHOICES)
        .default('auto'),
    )
    .option('--development', 'allow well-known development seeds')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--ssh-config <file>', 'configuration of ssh for the machines (default: yours)')
    .option('--json', 'print JSON')
    .action((secret: string, entry: string, flags: PutFlags) => put(io, secret, entry, flags));
  addLockWait(command, '--wait');
  withExamples(command, [
    'watchbill fleet keys secrets put validators-iron-0-duty token --from iron.token',
    'pass show validators/iron-0/babe | watchbill fleet keys secrets put validators-iron-0-keys babe',
    'watchbill fleet keys secrets put validators-iron-0-duty token --from new.token --replace',
  ]);
}

async function put(io: Io, secret: string, entry: string, flags: PutFlags): Promise<void> {
  const { network } = await readGraph(io, flags.file);
  const { putSecret, secretTarget } = await import('../../run/operations/index.ts');
  const { LONGEST_VALUE_BYTES } = await import('../../run/secrets/index.ts');
  const wanted = { network, secret, entry, place: flags.place };
  // A name that the file does not have is refused before a value is asked for.
  secretTarget(wanted);
  const limits = { longest: LONGEST_VALUE_BYTES, isSecret: entry !== 'ca' };
  const bytes = await valueBytes(io, flags.from, limits);
  const ports = await secretPortsOf(io, flags);
  const { place, node, credential, units, notCompared } = await untilStopped(io, (signal) =>
    putSecret(ports, {
      ...wanted,
      ...lockWishes(io, flags.wait),
      bytes,
      from: flags.from ?? 'standard input',
      withKey: flags.withKey,
      replace: flags.replace === true,
      development: flags.development === true,
      signal,
    }),
  );
  const restart = units.filter(({ active }) => active).map((unit) => unit.name);
  print(io, flags.json, { place: place.name, node, secret, entry, credential, restart, notCompared }, () =>
    lines([
      `put ${secret} ${entry} on ${place.name}, for ${node}`,
      ...notCompared.map((machine) => `Note: its key was not compared with those of ${machine}`),
      ...restartLines(place, units),
    ]),
  );
}
