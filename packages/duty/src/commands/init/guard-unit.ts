import { dirname, join } from 'node:path';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { carryOut, type PlannedFile, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { HARDENING, quoted } from '@watchbill/kit/systemd';
import type { InitOptions } from './init-command.ts';
import { MACHINE, makePublicFolders, program } from './machine.ts';
import { madeText } from './next-steps.ts';
import { unitText } from './units.ts';

const UNIT = 'watchbill-guard.service';
const STATE = '/var/lib/watchbill-guard';
const RUNTIME = '/run/watchbill-guard';
const SETTINGS = join(MACHINE.dir, 'guard.env');
const IDENTITY = join(MACHINE.dir, 'guard.identity');

/** `init --systemd --guard USER`: the unit and the settings of a guard, without the service. */
export function initGuard(io: Io, user: string, { basePath, root, json }: InitOptions): void {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user))
    throw usageFault(
      `"${user}" is not a user name`,
      'name the user of the node, for example polkadot',
      'flag --guard',
    );
  if (!/^\/[A-Za-z0-9._/-]+$/.test(basePath) || /^\/(home|root|run\/user)\//.test(basePath))
    throw usageFault(
      `the unit cannot use ${basePath}`,
      'give an absolute folder outside of home folders (ProtectHome=yes), for example /var/lib/polkadot',
      'flag --base-path',
    );
  const files: readonly PlannedFile[] = [
    { path: join('/etc/systemd/system', UNIT), text: guardUnit(user, basePath), mode: 0o644 },
    { path: SETTINGS, text: settingsText(basePath), mode: 0o644 },
  ];
  const below = files.map((file) => ({ ...file, path: join(root, file.path) }));
  refuseExisting(below.map(({ path }) => path));
  makePublicFolders(below.map(({ path }) => dirname(path)));
  carryOut({ folders: [], files: below });
  const made = files.map(({ path }) => path);
  const next = steps(user, basePath);
  print(io, json, { made, next }, () => madeText(made, next));
}

function steps(user: string, basePath: string): readonly string[] {
  return [
    `make the identity: watchbill guard identity --out ${IDENTITY}; keep a copy apart from this machine`,
    `stop the node, and seal its keys: install -d -o ${user} -m 0700 ${STATE}; setpriv --reuid ${user} --clear-groups watchbill guard seal --keystore ${basePath}/chains/CHAIN/keystore --sealed ${STATE}/sealed --recipient age1…`,
    'remove the keystore from the disk, once a copy is in your backup',
    `write the validator, two witnesses and the command of the node into ${SETTINGS}`,
    `disable the old unit of the node, and start the guard: systemctl daemon-reload && systemctl enable --now ${UNIT}`,
    'look at it: watchbill guard status',
  ];
}

function settingsText(basePath: string): string {
  return [
    `# Settings of ${UNIT}. After a change: systemctl restart watchbill-guard`,
    '',
    '# Address of the stash whose session keys these are.',
    'VALIDATOR=',
    '',
    '# RPC of two nodes that other people run, with a space between them.',
    'WITNESSES=',
    '',
    '# The command of the node. Its keystore has to be this folder in memory.',
    `NODE=/usr/bin/polkadot --validator --base-path ${basePath} --keystore-path ${RUNTIME}/keystore`,
    '',
    '# Its database, which is db or paritydb in the folder of the chain, and its RPC.',
    `DATABASE=${basePath}/chains/polkadot/db`,
    'RPC=ws://127.0.0.1:9944',
    '',
    '# On a machine of a pair: PAIR=--pair /etc/watchbill/pair.yaml',
    'PAIR=',
    '',
  ].join('\n');
}

/** systemd keeps a name in braces as one word, and splits a bare one into words. */
const oneWord = (name: string): string => `$\{${name}}`;

const FLAGS = [
  '--witness $WITNESSES',
  `--validator ${oneWord('VALIDATOR')}`,
  `--database ${oneWord('DATABASE')}`,
  `--rpc ${oneWord('RPC')}`,
  `--sealed ${STATE}/sealed`,
  '--identity %d/identity',
  '--metrics-port 9961',
  // Two words, or none.
  '$PAIR',
  '-- $NODE',
].join(' ');

function guardUnit(user: string, basePath: string): string {
  return unitText({
    about: 'Watchbill guard and its node',
    // The node gets no socket for messages. The kernel kills it together with its guard.
    watchdogSeconds: 15,
    user,
    settings: [
      'RestartPreventExitStatus=7',
      `EnvironmentFile=${SETTINGS}`,
      `LoadCredential=identity:${IDENTITY}`,
      // In memory; systemd removes it whenever the unit stops, so no key stays placed.
      `RuntimeDirectory=${RUNTIME.slice('/run/'.length)}`,
      'RuntimeDirectoryMode=0700',
      `StateDirectory=${STATE.slice('/var/lib/'.length)}`,
      'StateDirectoryMode=0700',
      `ReadWritePaths=${basePath}`,
    ],
    start: `${quoted([...program(), 'guard', 'run'])} ${FLAGS}`,
    // The node gets a minute to end by itself.
    stopSeconds: 90,
    // Neither a core file nor swap may hold a key.
    limits: ['LimitCORE=0', 'MemorySwapMax=0'],
    hardening: [
      ...HARDENING,
      // setpriv, which ties the node to the guard, calls it, and ends if it fails. There is no capability
      // to set, so the kernel answers 0 without carrying it out.
      'SystemCallFilter=~capset:0',
      'UMask=0077',
      'PrivateMounts=yes',
      // A relay-chain node changes no priority, affinity or memory policy: seen with strace, SDK line 2606.5.
      'SystemCallFilter=~@resources',
    ],
  });
}
