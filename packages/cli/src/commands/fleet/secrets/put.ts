import { type Command, Option } from 'commander';
import { lines, print } from '../../../output/print.ts';
import { type Context, withExamples } from '../../../process/context.ts';
import { EXIT } from '../../../process/exit.ts';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { NETWORK_FILE, readGraph } from '../network-file.ts';
import { type Found, neededEntry } from './find.ts';
import { changeFault, onMachine, restartLines } from './machine.ts';
import { valueBytes } from './value.ts';

interface PutFlags {
  readonly file: string;
  readonly place?: string;
  readonly from?: string;
  readonly withKey: 'auto' | 'host' | 'tpm2' | 'host+tpm2';
  readonly replace?: boolean;
  readonly development?: boolean;
  readonly sshConfig?: string;
  readonly json?: boolean;
}

export const KEY_CHOICES = ['auto', 'host', 'tpm2', 'host+tpm2'];

export function addSecretsPut(parent: Command, { io }: Context): void {
  const command = parent
    .command('put')
    .description(
      'encrypt a value on the machine that needs it. It is read from a file or from standard input, and goes over ssh; it is on no command line and in no file in plain',
    )
    .argument('<secret>', 'name of the secret, as `fleet secrets list` has it')
    .argument('<entry>', 'entry of it: token, ca, key, or a key type such as babe')
    .option('--from <file>', 'file with the value; left out: standard input')
    .option('--place <name>', 'the machine, where several need a secret of that name')
    .option('--replace', 'a value that is there is another from now on; the old one is lost')
    .addOption(
      new Option(
        '--with-key <key>',
        'what it is encrypted with: auto takes the TPM of the machine too, where it has one',
      )
        .choices(KEY_CHOICES)
        .default('auto'),
    )
    .option('--development', 'seeds that the whole world knows are meant')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .option('--ssh-config <file>', 'configuration of ssh for the machines; left out: your own')
    .option('--json', 'print JSON')
    .action((secret: string, entry: string, flags: PutFlags) => put(io, secret, entry, flags));
  withExamples(command, [
    'watchbill fleet secrets put validators-iron-0-duty token --from iron.token',
    'pass show validators/iron-0/babe | watchbill fleet secrets put validators-iron-0-keys babe',
    'watchbill fleet secrets put validators-iron-0-duty token --from new.token --replace',
  ]);
}

async function put(io: Io, secret: string, name: string, flags: PutFlags): Promise<void> {
  const { network } = await readGraph(io, flags.file);
  const found = await neededEntry(network, secret, name, flags.place);
  const { place, entry } = found;
  if (place.target !== 'machine') throw await inCluster(network, found);
  const fleet = await import('@watchbill/fleet-run/secrets');
  const { credentialName } = await import('@watchbill/fleet/secret-names');
  const bytes = await valueBytes(io, flags.from, fleet.LONGEST_VALUE_BYTES);
  const checked = fleet.checkedValue(entry, bytes, { development: flags.development === true });
  if (!checked.ok) throw usageFault(checked.what, checked.remedy, flags.from ?? 'standard input');
  const credential = credentialName(network.name, entry);
  const options = { withKey: flags.withKey, replace: flags.replace === true };
  const changed = await onMachine(io, network.name, place, flags.sshConfig, (credentials, signal) =>
    credentials.put(credential, checked.bytes, options, signal),
  );
  if (changed.outcome === 'exists')
    throw fault('secrets-exists', EXIT.denied, {
      what: `${place.name} has ${secret} ${name} already, and it is kept`,
      where: place.name,
      remedy: 'say --replace if it is to be another; the old value is lost then',
    });
  if (changed.outcome !== 'done') throw await changeFault(place.name, changed);
  const restart = changed.units.filter(({ active }) => active).map((unit) => unit.name);
  print(
    io,
    flags.json,
    { place: place.name, node: entry.node, secret, entry: name, credential, restart },
    () =>
      lines([
        `put ${secret} ${name} on ${place.name}, for ${entry.node}`,
        ...restartLines(place, changed.units),
      ]),
  );
}

/** In a cluster a secret is a Secret: all of its entries at once, by the tool that everybody has for it. */
async function inCluster(network: Parameters<typeof neededEntry>[0], { place, entry }: Found) {
  const { secretsOf } = await import('@watchbill/fleet/secret-names');
  if (place.target !== 'kubernetes') throw new TypeError('it is a machine');
  const entries = secretsOf(network)
    .filter((one) => one.place === place.name && one.secret === entry.secret)
    .map((one) => `--from-file=${one.entry}=FILE`);
  const context = place.context === null ? '' : ` --context ${place.context}`;
  return usageFault(
    `${place.name} is a cluster, where ${entry.secret} is a Secret`,
    `kubectl${context} --namespace ${place.namespace} create secret generic ${entry.secret} ${[...new Set(entries)].join(' ')}`,
    'argument SECRET',
  );
}
