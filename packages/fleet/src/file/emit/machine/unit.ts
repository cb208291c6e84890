import { HARDENING, quoted, variable } from '@watchbill/kit/systemd';
import type { FleetNode } from '../../normalise/network.ts';
import type { UnitCredentials } from './credentials.ts';

export interface UnitInput {
  readonly network: string;
  readonly node: FleetNode;
  /** User and group of this node alone. */
  readonly user: string;
  /** The group by which it reads the shared files of the network. */
  readonly sharedGroup: string;
  readonly executable: string;
  readonly args: readonly string[];
  /** Folders that are the node's own, the base folder first; everything else of the machine it only reads. */
  readonly folders: readonly string[];
  /** Node keys that are made at the first start, and never again. */
  readonly nodeKeys: readonly string[];
  /** In the form of the node's argument. */
  readonly chain: string;
  readonly credentials: UnitCredentials;
}

/**
 * A validator starts processes that compile and run the code of parachains, each in a sandbox that it builds
 * itself: new namespaces, another root, landlock, seccomp. Source: polkadot-sdk,
 * polkadot/scripts/packaging/polkadot.service.
 */
const SANDBOX_OF_ITS_OWN: readonly string[] = [
  'SystemCallFilter=landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp mount umount2 pivot_root',
];

/**
 * A service that systemd runs: its own user, no privileges, no other folder, and time to close its database.
 */
export function unitText(input: UnitInput): string {
  const { network, node, user, executable, args, folders, nodeKeys, credentials } = input;
  const lines = [
    '[Unit]',
    `Description=${network}: ${node.name} (${node.role})`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=simple',
    `User=${user}`,
    `Group=${user}`,
    `SupplementaryGroups=${input.sharedGroup}`,
    ...ownFolders(folders),
    ...Object.entries(node.settings.environment).map(
      ([name, value]) => `Environment=${variable(name, value)}`,
    ),
    ...nodeKeys.map(
      (file) =>
        `ExecStartPre=/bin/sh -c 'test -s "$$0" || exec "$$@"' ${quoted([file, executable, ...bearing(input.chain), file])}`,
    ),
    ...credentials.steps.map((words) => `ExecStartPre=${quoted(words)}`),
    `ExecStart=${quoted([executable, ...args])}`,
    'Restart=always',
    'RestartSec=10',
    'TimeoutStopSec=180',
    'KillSignal=SIGINT',
    'LimitNOFILE=65536',
    `MemoryHigh=${Math.round(node.settings.resources.memoryGiB * 1024)}M`,
    `CPUWeight=${Math.min(10000, Math.max(1, Math.round(node.settings.resources.cpu * 100)))}`,
    ...credentials.lines,
    '',
    '# Hardening',
    ...HARDENING,
    ...(node.role === 'validator' ? SANDBOX_OF_ITS_OWN : ['RestrictNamespaces=yes']),
    `ReadWritePaths=${folders[0]}`,
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    ...credentials.marks,
    '',
  ];
  return lines.join('\n');
}

const STATE = '/var/lib/';

/**
 * systemd creates missing folders. If another user owns one, systemd hands over its content and then the
 * folder itself, each time before the unit starts. So it never does this while the unit runs, and it
 * completes an interrupted transfer. A folder with many files takes a while.
 */
function ownFolders(folders: readonly string[]): readonly string[] {
  const names = folders.map((path) => path.slice(STATE.length));
  return [`StateDirectory=${names.join(' ')}`, 'StateDirectoryMode=0700', 'TimeoutStartSec=600'];
}

/** A binary without a built-in chain needs a chain even to generate a node key. */
function bearing(chain: string): readonly string[] {
  return ['key', 'generate-node-key', `--chain=${chain}`, '--file'];
}
