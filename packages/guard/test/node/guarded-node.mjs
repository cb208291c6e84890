// Stands in for the node's program: runs it under `watchbill guard run`, with its keystore in memory.
//
// GUARD_SETTINGS names a JSON file: {"node","cli","runtime","state","sealed","identity","witnesses"};
// "pair" is optional; "spare" is in place of "sealed" and "identity". With
// "isContainer", runc runs the guard.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { containerOf } from './container.mjs';

const settings = JSON.parse(readFileSync(process.env.GUARD_SETTINGS, 'utf8'));
const args = process.argv.slice(2);
const flagValue = (flag) => args[args.indexOf(flag) + 1];
args[args.indexOf('--keystore-path') + 1] = `${settings.runtime}/keystore`;
const guard = [
  ...['guard', 'run'],
  ...(settings.spare === undefined
    ? ['--sealed', settings.sealed, '--identity', settings.identity]
    : ['--spare', settings.spare]),
  ...['--runtime', settings.runtime, '--state', settings.state],
  ...[
    '--database',
    `${flagValue('--base-path')}/chains`,
    '--rpc',
    `ws://127.0.0.1:${flagValue('--rpc-port')}`,
  ],
  ...settings.witnesses.flatMap((url) => ['--witness', url]),
  ...(settings.pair === undefined ? [] : ['--pair', settings.pair]),
];
const command = [process.execPath, settings.cli, ...guard, '--', settings.node, ...args];
const [program, words] = !settings.isContainer
  ? [command[0], command.slice(1)]
  : containerOf(settings.folder, command, {
      runtime: settings.runtime,
      writable: [settings.folder, flagValue('--base-path')],
    });
const child = spawn(program, words, { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
