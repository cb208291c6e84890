import type { Command } from 'commander';
import { lines, print } from '../../../output/print.ts';
import { type Context, withExamples } from '../../../process/context.ts';
import { EXIT } from '../../../process/exit.ts';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { neededEntry, type Place } from './find.ts';
import { changeFault, onMachine } from './machine.ts';

interface RemoveFlags {
  readonly file: string;
  readonly place?: string;
  readonly inUse?: boolean;
  readonly sshConfig?: string;
  readonly json?: boolean;
}

type Machine = Place & { readonly target: 'machine' };

export function addSecretsRemove(parent: Command, { io }: Context): void {
  const command = parent
    .command('remove')
    .description(
      'remove an encrypted value from a machine. Refused where the file or a unit of the machine needs it; no plan ever removes one',
    )
    .argument('<secret>', 'name of the secret')
    .argument('<entry>', 'entry of it')
    .option('--place <name>', 'the machine; needed for what the file does not name any more')
    .option('--in-use', 'also where it is needed: the node does not start again without it')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--ssh-config <file>', 'configuration of ssh for the machines; left out: your own')
    .option('--json', 'print JSON')
    .action((secret: string, entry: string, flags: RemoveFlags) => remove(io, secret, entry, flags));
  withExamples(command, ['watchbill fleet secrets remove validators-iron-1-duty token --place iron']);
}

async function remove(io: Io, secret: string, entry: string, flags: RemoveFlags): Promise<void> {
  const { network } = await readGraph(io, flags.file);
  const place = await machineOf(network, secret, entry, flags);
  const { credentialName } = await import('@watchbill/fleet/secret-names');
  const credential = credentialName(network.name, { secret, entry });
  const inUse = flags.inUse === true;
  const changed = await onMachine(io, network.name, place, flags.sshConfig, (credentials, signal) =>
    credentials.remove(credential, { inUse }, signal),
  );
  if (changed.outcome === 'absent')
    throw usageFault(`${place.name} has no ${secret} ${entry}`, 'see `watchbill fleet secrets list`');
  if (changed.outcome === 'in-use')
    throw needed(place.name, changed.units.map(({ name }) => name).join(', '));
  if (changed.outcome !== 'done') throw await changeFault(place.name, changed);
  const units = changed.units.map(({ name }) => name);
  print(io, flags.json, { place: place.name, secret, entry, credential, units }, () =>
    lines([
      `removed ${secret} ${entry} from ${place.name}`,
      ...units.map((unit) => `${unit} does not start again without it`),
    ]),
  );
}

/** What the file does not need any more has no place there: then the place is named. */
async function machineOf(
  network: Parameters<typeof neededEntry>[0],
  secret: string,
  entry: string,
  flags: RemoveFlags,
): Promise<Machine> {
  const { secretsOf } = await import('@watchbill/fleet/secret-names');
  const named = flags.place === undefined ? undefined : network.places.get(flags.place);
  const isNeeded = secretsOf(network).some(
    (one) =>
      one.secret === secret && one.entry === entry && (named === undefined || one.place === named.name),
  );
  const place =
    isNeeded || named === undefined ? (await neededEntry(network, secret, entry, flags.place)).place : named;
  if (place.target !== 'machine')
    throw usageFault(
      `${place.name} is a cluster, where ${secret} is a Secret`,
      `kubectl --namespace ${place.namespace} delete secret ${secret}`,
      'argument SECRET',
    );
  if (isNeeded && flags.inUse !== true) throw needed(place.name, 'the network file');
  return place;
}

function needed(place: string, by: string) {
  return fault('secrets-needed', EXIT.denied, {
    what: `it is needed by ${by}; nothing was removed`,
    where: place,
    remedy: 'take the node away first; or say --in-use, and the node does not start again without it',
  });
}
