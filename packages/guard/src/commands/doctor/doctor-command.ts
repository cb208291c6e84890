import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { whole } from '@watchbill/kit/command/numbers';
import { repeated } from '@watchbill/kit/command/repeated';
import type { Command } from 'commander';
import type { DoctorOptions } from './doctor-run.ts';

const LISTEN_SECONDS = 2;
const BLOCKS = 64;
const MOST_BLOCKS = 10_000;

/** `doctor`: a ranked report on one validator. It changes nothing. */
export function fillDoctor(command: Command, context: Context): void {
  command
    .option('--node <url>', 'RPC of the own node, for example ws://127.0.0.1:9944')
    .option(
      '--rpc <url>',
      'RPC of another node of the chain, to compare with; may be repeated',
      repeated,
      [] as readonly string[],
    )
    .option('--validator <address>', 'address of the validator (stash)')
    .option('--key <hex>', 'public session keys, as author_rotateKeys returned them')
    .option(
      '--staking <url>',
      'RPC of the chain with the stakes, if that is another one: Asset Hub on Polkadot and Kusama; needs --validator or --key',
    );
  machineOptions(command)
    .option(
      '--listen <seconds>',
      'how long to listen for votes and blocks',
      whole('--listen', 'seconds', 1, 600),
      LISTEN_SECONDS,
    )
    .option(
      '--blocks <count>',
      'how many finalised blocks to read',
      whole('--blocks', 'blocks', 1, MOST_BLOCKS),
      BLOCKS,
    )
    .option('--since <file>', 'an earlier report (--json): show what has changed')
    .option('--html <file>', 'also write the report as one HTML page')
    .option('--all', 'print each check that could not look with its reason, and long commands in full')
    .option('--json', 'print JSON')
    .action(async (options: DoctorOptions) =>
      options.inventory.length > 0
        ? (await import('./inventory-run.ts')).runInventory(context, options)
        : (await import('./doctor-run.ts')).runDoctor(context, options),
    );
  withStatuses(command, {
    ok: 'no finding; checks without their input were not looked at',
    denied: 'the worst finding has the letter D, E or F; with --inventory: there is a finding',
    unknown: 'an input was given and could not be read, so a check is unknown',
    changes: 'the worst finding has the letter C; with --inventory and --since: a key has a new holder',
  });
  withExamples(command, [
    'watchbill doctor',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom…',
    'watchbill doctor --rpc wss://polkadot.example.org --staking wss://asset-hub.example.org --validator 15qom…',
    'watchbill doctor --keystore /var/lib/polkadot/chains/polkadot/keystore --keystore validator@203.0.113.9:/var/lib/polkadot/chains/polkadot/keystore',
    'watchbill doctor --unit polkadot --unit validator@203.0.113.9:polkadot',
    'watchbill doctor --inventory hosts.ini --inventory compose.yml',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom… --json > today.json',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom… --since today.json',
  ]);
}

/** Options for the places on this machine and on others. */
function machineOptions(command: Command): Command {
  return command
    .option(
      '--keystore <folder>',
      'keystore of the node, then each other place to compare it with, also on another machine that ssh reaches: USER@HOST:/FOLDER; may be repeated',
      repeated,
      [] as readonly string[],
    )
    .option(
      '--inventory <file>',
      'a file that names machines or workloads: an ssh config, an inventory of Ansible, a compose file, manifests, values of Helm, a unit file or a list of hosts; shows which key is where; may be repeated',
      repeated,
      [] as readonly string[],
    )
    .option('--ssh-config <file>', 'configuration of ssh for the machines (default: yours)')
    .option('--sealed <folder>', 'the sealed keys of `watchbill guard`')
    .option(
      '--unit <name>',
      'systemd unit of the node, read with systemctl show; then the unit of each other machine that must not start by itself, by ssh: USER@HOST:UNIT; may be repeated',
      repeated,
      [] as readonly string[],
    )
    .option(
      '--root <folder>',
      'root folder of the machine, for its /proc, cron, keepalived and other supervisors; for a container that mounts it elsewhere',
      '/',
    )
    .option(
      '--measure-disk <folder>',
      'a folder on the same disk, outside the database: measure there how long a durable write takes, with a file of 1 MiB that is removed again',
    )
    .option('--database <folder>', 'database of the node: its age, and whether its disk is full');
}
