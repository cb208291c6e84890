import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { secretPortsOf } from '../command-ports.ts';
import { addLockWait, lockWishes } from '../lock-text.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { untilStopped } from './machine.ts';

interface RemoveFlags {
  readonly file: string;
  readonly place?: string;
  readonly inUse?: boolean;
  readonly sshConfig?: string;
  readonly wait: number;
  readonly json?: boolean;
}

export function addSecretsRemove(parent: Command, { io }: Context): void {
  const command = parent
    .command('remove')
    .description(
      'remove an encrypted value from a machine. Refused if the file or a unit of the machine needs it; no plan ever removes one',
    )
    .argument('<secret>', 'name of the secret')
    .argument('<entry>', 'entry of it')
    .option('--place <name>', 'the machine; required if the file no longer names the secret')
    .option('--in-use', 'remove it although it is needed: the node does not start again without it')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--ssh-config <file>', 'configuration of ssh for the machines (default: yours)')
    .option('--json', 'print JSON')
    .action((secret: string, entry: string, flags: RemoveFlags) => remove(io, secret, entry, flags));
  addLockWait(command, '--wait');
  withExamples(command, ['watchbill fleet keys secrets remove validators-iron-1-duty token --place iron']);
}

async function remove(io: Io, secret: string, entry: string, flags: RemoveFlags): Promise<void> {
  const { network } = await readGraph(io, flags.file);
  const { removeSecret } = await import('../../run/operations/index.ts');
  const wanted = { network, secret, entry, place: flags.place, inUse: flags.inUse === true };
  const ports = await secretPortsOf(io, flags);
  const removed = await untilStopped(io, (signal) =>
    removeSecret(ports, { ...wanted, ...lockWishes(io, flags.wait), signal }),
  );
  const { place, credential } = removed;
  const units = removed.units.map(({ name }) => name);
  print(io, flags.json, { place: place.name, secret, entry, credential, units }, () =>
    lines([
      `removed ${secret} ${entry} from ${place.name}`,
      ...units.map((unit) => `${unit} does not start again without it`),
    ]),
  );
}
