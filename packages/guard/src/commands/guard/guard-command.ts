import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import type { IdentityOptions, SealOptions, UnsealOptions } from './custody.ts';
import type { RunOptions } from './guard-run.ts';
import type { CancelOptions } from './pair/cancel.ts';
import type { HandOverOptions } from './pair/handover.ts';
import type { PairOptions } from './pair/show.ts';
import type { TakeOverOptions } from './pair/take-over.ts';
import type { RotateOptions } from './rotate.ts';
import type { ShadowOptions } from './shadow.ts';
import type { AllowOptions, StatusOptions } from './status.ts';

const RUNTIME = '/run/watchbill-guard';
const STATE = '/var/lib/watchbill-guard';
const PORT = whole('--metrics-port', 'the port', 0, 65_535);
const PAIR = '/etc/watchbill/pair.yaml';
/** The rule of votes takes less than a minute on a network that finalises. */
const FOLLOW_SECONDS = 300;

/** `guard`: runs a stock node, and places its session keys only while that is safe. */
export function fillGuard(command: Command, context: Context): void {
  addIdentity(command, context);
  addSeal(command, context);
  addUnseal(command, context);
  addRun(command, context);
  addShadow(command, context);
  addStatus(command, context);
  addAllow(command, context);
  addRotate(command, context);
  addPair(command, context);
  addHandOver(command, context);
  addTakeOver(command, context);
  withExamples(command, [
    'watchbill guard identity --out guard.identity',
    'watchbill guard seal --keystore keystore --sealed sealed --recipient age1ql3z7…',
    'watchbill guard status',
  ]);
}

function addIdentity(parent: Command, { io }: Context): void {
  const command = parent
    .command('identity')
    .description('create an age identity, the secret that opens sealed keys, and print its recipient')
    .requiredOption('--out <file>', 'the new identity file, readable by this user only')
    .option('--json', 'print JSON')
    .action(async (options: IdentityOptions) => (await import('./custody.ts')).createIdentity(io, options));
  withExamples(command, ['watchbill guard identity --out guard.identity']);
}

function addSeal(parent: Command, { io }: Context): void {
  const command = parent
    .command('seal')
    .description(
      'seal the session keys of a keystore in the age format; the keystore stays as it is without --remove',
    )
    .requiredOption('--keystore <folder>', 'keystore of the node, for example …/chains/polkadot/keystore')
    .requiredOption('--sealed <folder>', 'folder for the sealed keys; made if it is missing')
    .option('--recipient <age1…>', 'public key of the identity that opens them')
    .option('--remove', 'remove the files of the keystore once --identity opened each sealed key')
    .option('--identity <file>', 'with --remove: the age identity, in place of --recipient')
    .option('--passphrase-file <file>', 'passphrase of the identity, if `age --passphrase` encrypted it')
    .option('--json', 'print JSON')
    .action(async (options: SealOptions) => (await import('./custody.ts')).seal(io, options));
  withExamples(command, [
    'watchbill guard seal --keystore keystore --sealed /etc/watchbill/sealed --recipient age1ql3z7…',
    'watchbill guard seal --keystore keystore --sealed /etc/watchbill/sealed --remove --identity guard.identity',
  ]);
}

function addUnseal(parent: Command, { io }: Context): void {
  const command = parent
    .command('unseal')
    .description('write sealed keys as files of a keystore, for a stock node; the sealed keys stay')
    .requiredOption('--sealed <folder>', 'the sealed keys')
    .requiredOption('--identity <file>', 'the age identity that opens them')
    .option('--passphrase-file <file>', 'passphrase of the identity, if `age --passphrase` encrypted it')
    .requiredOption('--keystore <folder>', 'keystore of the node, for example …/chains/polkadot/keystore')
    .option('--json', 'print JSON')
    .action(async (options: UnsealOptions) => (await import('./custody.ts')).unseal(io, options));
  withExamples(command, [
    'watchbill guard unseal --sealed /etc/watchbill/sealed --identity guard.identity --keystore keystore',
  ]);
}

function addRun(parent: Command, { io }: Context): void {
  const command = parent
    .command('run')
    .description('run a node, and place its session keys only while that is safe')
    .argument(
      '<command...>',
      'command of the node, after --; its --keystore-path is the keystore of --runtime',
    )
    .requiredOption('--sealed <folder>', 'the sealed keys')
    .requiredOption('--identity <file>', 'the age identity, for example a credential of systemd')
    .option('--passphrase-file <file>', 'passphrase of the identity, if `age --passphrase` encrypted it')
    .requiredOption('--database <folder>', 'database of the node, for example …/chains/polkadot/db')
    .requiredOption('--rpc <url>', 'RPC of this node, for example ws://127.0.0.1:9944')
    .requiredOption('--witness <url...>', 'RPC of at least two independent nodes of the chain')
    .option('--validator <address>', 'stash whose session keys on chain these keys have to match')
    .option('--metrics-port <port>', 'serve metrics for Prometheus at this port of 127.0.0.1', PORT)
    .option('--pair <file>', 'the pair of this machine: keys are placed only while it is the active one')
    .option('--runtime <folder>', 'folder in memory for placed keys', RUNTIME)
    .option('--state <folder>', 'folder on disk for the marks of slots and rounds', STATE)
    .action(async (node: readonly string[], options: RunOptions) =>
      (await import('./guard-run.ts')).runUnderGuard(io, node, options),
    );
  withStatuses(command, { stopped: 'a clone or an own offence was seen: `guard allow` lifts it' });
  withExamples(command, [
    'watchbill guard run --sealed /etc/watchbill/sealed --identity guard.identity --database /var/lib/polkadot/chains/polkadot/db --rpc ws://127.0.0.1:9944 --validator 5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY --witness wss://node-1.example.org wss://node-2.example.org -- polkadot --validator --keystore-path /run/watchbill-guard/keystore',
  ]);
}

function addShadow(parent: Command, { io }: Context): void {
  const command = parent
    .command('shadow')
    .description('say what the guard would do beside a node that runs without it; it writes no file')
    .requiredOption('--keystore <folder>', 'keystore of the node; only the names of its files are read')
    .requiredOption('--database <folder>', 'database of the node, for example …/chains/polkadot/db')
    .requiredOption('--rpc <url>', 'RPC of this node, for example ws://127.0.0.1:9944')
    .requiredOption('--witness <url...>', 'RPC of at least two independent nodes of the chain')
    .option('--validator <address>', 'stash whose session keys on chain these keys have to match')
    .option('--metrics-port <port>', 'serve metrics with mode="shadow" at this port of 127.0.0.1', PORT)
    .option(
      '--seconds <count>',
      'end after so long; without it: at SIGTERM',
      whole('--seconds', 'seconds', 1, 86_400),
    )
    .option('--json', 'print the result as JSON')
    .action(async (options: ShadowOptions) => (await import('./shadow.ts')).shadow(io, options));
  withExamples(command, [
    'watchbill guard shadow --seconds 120 --keystore /var/lib/polkadot/chains/polkadot/keystore --database /var/lib/polkadot/chains/polkadot/db --rpc ws://127.0.0.1:9944 --witness wss://node-1.example.org wss://node-2.example.org',
  ]);
}

function addStatus(parent: Command, context: Context): void {
  const command = parent
    .command('status')
    .description('show for each session key whether it is placed, and the condition that it waits for')
    .option('--runtime <folder>', 'folder in memory of the guard', RUNTIME)
    .option('--json', 'print JSON')
    .action(async (options: StatusOptions) => (await import('./status.ts')).showStatus(context, options));
  withExamples(command, ['watchbill guard status', 'watchbill guard status --json']);
}

function addAllow(parent: Command, { io }: Context): void {
  const command = parent
    .command('allow')
    .description(
      'allow keys that vote, if the guard waits for a person, and lift a guard that stays stopped; first make sure that no other node has the keys',
    )
    .argument('<reason>', 'how you know that no other node votes with the keys; kept in the log')
    .option('--runtime <folder>', 'folder in memory of the guard', RUNTIME)
    .option('--state <folder>', 'folder on disk of the guard, which has the latch', STATE)
    .action(async (reason: string, options: AllowOptions) =>
      (await import('./status.ts')).allow(io, reason, options),
    );
  withExamples(command, ['watchbill guard allow "the old machine is wiped; checked by Ada"']);
}

function addRotate(parent: Command, { io }: Context): void {
  const command = parent
    .command('rotate')
    .description('make new session keys on the guarded node, and print them once the guard has sealed them')
    .requiredOption('--validator <address>', 'stash that will own the keys')
    .option('--rpc <url>', 'RPC of this node, with unsafe methods', 'ws://127.0.0.1:9944')
    .option('--runtime <folder>', 'folder in memory of the guard', RUNTIME)
    .option('--json', 'print JSON')
    .action(async (options: RotateOptions) => (await import('./rotate.ts')).rotate(io, options));
  withExamples(command, [
    'watchbill guard rotate --validator 5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY',
  ]);
}

function addPair(parent: Command, { io }: Context): void {
  const command = parent
    .command('pair')
    .description('show which machine of a pair is active, and how its standby is')
    .option('--pair <file>', 'the pair file of this machine', PAIR)
    .option('--json', 'print JSON')
    .action(async (options: PairOptions) => (await import('./pair/show.ts')).showPair(io, options));
  withExamples(command, ['watchbill guard pair', 'watchbill guard pair --json']);
}

function addHandOver(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('handover')
    .description('check that the standby can take over; with --execute, make it the active machine')
    .option('--to <machine>', 'name of the standby')
    .option('--execute', 'hand over, if each check is ok')
    .option('--cancel', 'take back a handover that was asked for and is not done; the active machine stays')
    .option('--reason <text>', 'why, for the record; without it: planned, or cancelled')
    .option('--yes', 'do not ask a person to type the name')
    .option(
      '--seconds <count>',
      'with --execute: how long to wait until the keys are placed',
      whole('--seconds', 'seconds', 1, 3_600),
      FOLLOW_SECONDS,
    )
    .option('--pair <file>', 'the pair file of this machine', PAIR)
    .option('--json', 'print JSON')
    .action((options: HandOverFlags) => runHandOver(io, options, exit));
  withStatuses(command, {
    ok: 'each check is ok; with --execute: the keys are placed on the other machine',
    denied: 'a check failed',
    unknown: 'a check is unknown; with --execute: not all keys are placed yet',
  });
  withExamples(command, [
    'watchbill guard handover --to bravo',
    'watchbill guard handover --to bravo --execute --reason "kernel upgrade of alpha"',
    'watchbill guard handover --cancel',
  ]);
}

type HandOverFlags = Omit<HandOverOptions, 'to' | 'reason'> &
  CancelOptions & { readonly to?: string; readonly cancel?: boolean };

async function runHandOver(io: Io, flags: HandOverFlags, exit: Context['exit']): Promise<void> {
  const { to, cancel, execute, reason = 'planned' } = flags;
  if (cancel === true) {
    if (to === undefined && execute !== true)
      return await (await import('./pair/cancel.ts')).cancelHandOver(io, flags);
    throw usageFault('--cancel stands alone', 'leave --to and --execute out', 'flag --cancel');
  }
  if (to === undefined)
    throw usageFault('--to is missing', 'name the standby, for example --to bravo', 'flag --to');
  await (await import('./pair/handover.ts')).handOver(io, { ...flags, to, reason }, exit);
}

function addTakeOver(parent: Command, { io, exit }: Context): void {
  const command = parent
    .command('take-over')
    .description(
      'make a machine the active one: the first of a pair, or after the active one stopped or died',
    )
    .requiredOption('--to <machine>', 'name of the machine that becomes active')
    .requiredOption('--reason <text>', 'how you know that the other machine is off; kept in the record')
    .option('--yes', 'do not ask a person to type the name of the machine that is off')
    .option('--pair <file>', 'the pair file of this machine', PAIR)
    .option('--json', 'print JSON')
    .action(async (options: TakeOverOptions) =>
      (await import('./pair/take-over.ts')).takeOver(io, options, exit),
    );
  withStatuses(command, {
    ok: 'the machine is active from now on',
    denied: 'the active machine runs, or a check failed',
  });
  withExamples(command, [
    'watchbill guard take-over --to alpha --reason "a new pair"',
    'watchbill guard take-over --to bravo --reason "alpha is powered off; checked by Ada"',
  ]);
}
