import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { file, folder, repeated, seconds, text, whole, yes } from '@watchbill/kit/command/shapes';

const BLOCKS = { of: 'blocks', least: 1, most: 10_000 };

const flags = {
  node: flag(text('url').optional(), 'RPC of the own node, for example ws://127.0.0.1:9944'),
  rpc: flag(repeated(text('url')), 'RPC of another node of the chain, to compare with; may be repeated'),
  validator: flag(text('address').optional(), 'address of the validator (stash)'),
  staking: flag(
    text('url').optional(),
    'RPC of the chain with the stakes, if that is another one: Asset Hub on Polkadot and Kusama; needs --validator',
  ),
  keystore: flag(
    repeated(folder()),
    'keystore of the node, then each other place to compare it with, also on another machine that ssh reaches: USER@HOST:/FOLDER; may be repeated',
  ),
  inventory: flag(
    repeated(file()),
    'a file that names machines or workloads: an ssh config, an inventory of Ansible, a compose file, manifests, values of Helm, a unit file or a list of hosts; shows which key is where; may be repeated',
  ),
  sshConfig: flag(file().optional(), 'configuration of ssh for the machines (default: yours)'),
  sealed: flag(folder().optional(), 'the sealed keys of `watchbill guard`'),
  unit: flag(
    repeated(text('name')),
    'systemd unit of the node, read with systemctl show; then the unit of each other machine that must not start by itself, by ssh: USER@HOST:UNIT; may be repeated',
  ),
  root: flag(
    folder().default('/'),
    'root folder of the machine, for its /proc, cron, keepalived and other supervisors; for a container that mounts it elsewhere',
  ),
  measureDisk: flag(
    folder().optional(),
    'a folder on the same disk, outside the database: measure there how long a durable write takes, with a file of 1 MiB that is removed again',
  ),
  database: flag(folder().optional(), 'database of the node: its age, and whether its disk is full'),
  listen: flag(seconds(600).default(2), 'how long to listen for votes and blocks'),
  blocks: flag(whole('count', BLOCKS).default(64), 'how many finalised blocks to read'),
  since: flag(file().optional(), 'an earlier report (--json): show what has changed'),
  html: flag(file().optional(), 'also write the report as one HTML page'),
  all: flag(yes(), 'print each check that could not look with its reason, and long commands in full'),
  json: flag(yes(), 'print JSON'),
};
export type DoctorOptions = OptionsOf<typeof flags>;

/** `doctor`: a ranked report on one validator. It changes nothing. */
export const doctor = command({
  flags,
  statuses: {
    ok: 'no finding; checks without their input were not looked at',
    denied: 'the worst finding has the letter D, E or F; with --inventory: there is a finding',
    unknown: 'an input was given and could not be read, so a check is unknown',
    changes: 'the worst finding has the letter C; with --inventory and --since: a key has a new holder',
  },
  examples: [
    'watchbill doctor',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom…',
    'watchbill doctor --rpc wss://polkadot.example.org --staking wss://asset-hub.example.org --validator 15qom…',
    'watchbill doctor --keystore /var/lib/polkadot/chains/polkadot/keystore --keystore validator@203.0.113.9:/var/lib/polkadot/chains/polkadot/keystore',
    'watchbill doctor --unit polkadot --unit validator@203.0.113.9:polkadot',
    'watchbill doctor --inventory hosts.ini --inventory compose.yml',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom… --json > today.json',
    'watchbill doctor --node ws://127.0.0.1:9944 --validator 15qom… --since today.json',
  ],
  run: async (context, options) =>
    options.inventory.length > 0
      ? (await import('./inventory-run.ts')).runInventory(context, options)
      : (await import('./doctor-run.ts')).runDoctor(context, options),
});
