import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import type { ExitMeanings } from '@watchbill/kit/command/exit';
import { whole } from '@watchbill/kit/command/numbers';
import type { Command } from 'commander';
import type { Flags, GuardFlags } from './flags.ts';

// These tables have readers in place of the shapes of other commands: a guard runs for months, and zod would
// be 19 of its 80 MB.

interface Flag {
  readonly form: string;
  readonly about: string;
  readonly isNeeded: boolean;
  readonly fallback?: string | number;
  readonly read?: (text: string) => number;
}

interface GuardCommand {
  readonly about: string;
  /** Form and text of an argument. */
  readonly argument?: readonly [form: string, about: string];
  readonly flags: readonly Flag[];
  readonly statuses?: ExitMeanings;
  readonly examples: readonly string[];
  /** A command takes of `flags` what its table names. `words`: the arguments. */
  readonly run: (context: Context, flags: GuardFlags, words: readonly string[]) => Promise<void>;
}

const must = (form: string, about: string): Flag => ({ form, about, isNeeded: true });
const may = (form: string, about: string, more: Pick<Flag, 'fallback' | 'read'> = {}): Flag => ({
  ...{ form, about, isNeeded: false },
  ...more,
});

const JSON_FLAG = may('--json', 'print JSON');
const KEYSTORE = must('--keystore <folder>', 'keystore of the node, for example …/chains/polkadot/keystore');
const SEALED = must('--sealed <folder>', 'the sealed keys');
const PASSPHRASE = may(
  '--passphrase-file <file>',
  'passphrase of the identity, if `age --passphrase` encrypted it',
);
const RUNTIME = { fallback: '/run/watchbill-guard' };
const STATE = { fallback: '/var/lib/watchbill-guard' };
const PORT = { read: whole('--metrics-port', 'the port', 0, 65_535) };
const PAIR = may('--pair <file>', 'the pair file of this machine', { fallback: '/etc/watchbill/pair.yaml' });
/** Of the node, and of those that are compared with it. */
const NODES = [
  must('--database <folder>', 'database of the node, for example …/chains/polkadot/db'),
  must('--rpc <url>', 'RPC of this node, for example ws://127.0.0.1:9944'),
  must('--witness <url...>', 'RPC of at least two independent nodes of the chain'),
  may('--validator <address>', 'stash whose session keys on chain these keys have to match'),
];
const WITNESSES = '--witness wss://node-1.example.org wss://node-2.example.org';

const COMMANDS: Readonly<Record<string, GuardCommand>> = {
  identity: {
    about: 'create an age identity, the secret that opens sealed keys, and print its recipient',
    flags: [must('--out <file>', 'the new identity file, readable by this user only'), JSON_FLAG],
    examples: ['watchbill guard identity --out guard.identity'],
    run: async ({ io }, flags) => (await import('./custody.ts')).createIdentity(io, flags),
  },
  seal: {
    about:
      'seal the session keys of a keystore in the age format; the keystore stays as it is without --remove',
    flags: [
      KEYSTORE,
      must('--sealed <folder>', 'folder for the sealed keys; made if it is missing'),
      may('--recipient <age1…>', 'public key of the identity that opens them'),
      may('--remove', 'remove the files of the keystore once --identity opened each sealed key'),
      may('--identity <file>', 'with --remove: the age identity, in place of --recipient'),
      ...[PASSPHRASE, JSON_FLAG],
    ],
    examples: [
      'watchbill guard seal --keystore keystore --sealed /etc/watchbill/sealed --recipient age1ql3z7…',
      'watchbill guard seal --keystore keystore --sealed /etc/watchbill/sealed --remove --identity guard.identity',
    ],
    run: async ({ io }, flags) => (await import('./custody.ts')).seal(io, flags),
  },
  unseal: {
    about: 'write sealed keys as files of a keystore, for a stock node; the sealed keys stay',
    flags: [
      SEALED,
      must('--identity <file>', 'the age identity that opens them'),
      ...[PASSPHRASE, KEYSTORE, JSON_FLAG],
    ],
    examples: [
      'watchbill guard unseal --sealed /etc/watchbill/sealed --identity guard.identity --keystore keystore',
    ],
    run: async ({ io }, flags) => (await import('./custody.ts')).unseal(io, flags),
  },
  run: {
    about: 'run a node, and place its session keys only while that is safe',
    argument: [
      '<command...>',
      'command of the node, after --; its --keystore-path is the keystore of --runtime',
    ],
    flags: [
      may('--sealed <folder>', 'the sealed keys'),
      may('--identity <file>', 'the age identity, for example a credential of systemd'),
      ...[PASSPHRASE, ...NODES],
      may('--metrics-port <port>', 'serve metrics for Prometheus at this port of 127.0.0.1', PORT),
      may('--pair <file>', 'the pair of this machine: keys are placed only while it is the active one'),
      may(
        '--spare <file>',
        'the validators of a spare, in place of sealed keys, identity, validator and pair',
      ),
      may('--runtime <folder>', 'folder in memory for placed keys', RUNTIME),
      may('--state <folder>', 'folder on disk for the marks of slots and rounds', STATE),
    ],
    statuses: { stopped: 'a clone or an own offence was seen: `guard allow` lifts it' },
    examples: [
      `watchbill guard run --sealed /etc/watchbill/sealed --identity guard.identity --database /var/lib/polkadot/chains/polkadot/db --rpc ws://127.0.0.1:9944 --validator 5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY ${WITNESSES} -- polkadot --validator --keystore-path /run/watchbill-guard/keystore`,
    ],
    run: async ({ io }, flags, node) => (await import('./guard-run.ts')).runUnderGuard(io, node, flags),
  },
  shadow: {
    about: 'say what the guard would do beside a node that runs without it; it writes no file',
    flags: [
      must('--keystore <folder>', 'keystore of the node; only the names of its files are read'),
      ...NODES,
      may('--metrics-port <port>', 'serve metrics with mode="shadow" at this port of 127.0.0.1', PORT),
      may('--seconds <count>', 'end after so long; without it: at SIGTERM', {
        read: whole('--seconds', 'seconds', 1, 86_400),
      }),
      may('--json', 'print the result as JSON'),
    ],
    examples: [
      `watchbill guard shadow --seconds 120 --keystore /var/lib/polkadot/chains/polkadot/keystore --database /var/lib/polkadot/chains/polkadot/db --rpc ws://127.0.0.1:9944 ${WITNESSES}`,
    ],
    run: async ({ io }, flags) => (await import('./shadow.ts')).shadow(io, flags),
  },
  status: {
    about: 'show for each session key whether it is placed, and the condition that it waits for',
    flags: [may('--runtime <folder>', 'folder in memory of the guard', RUNTIME), JSON_FLAG],
    examples: ['watchbill guard status', 'watchbill guard status --json'],
    run: async (context, flags) => (await import('./status.ts')).showStatus(context, flags),
  },
  allow: {
    about:
      'allow keys that vote, if the guard waits for a person, and lift a guard that stays stopped; first make sure that no other node has the keys',
    argument: ['<reason>', 'how you know that no other node votes with the keys; kept in the log'],
    flags: [
      may('--runtime <folder>', 'folder in memory of the guard', RUNTIME),
      may('--state <folder>', 'folder on disk of the guard, which has the latch', STATE),
      may('--validator <address>', 'on a spare: the stash that you mean'),
    ],
    examples: ['watchbill guard allow "the old machine is wiped; checked by Ada"'],
    run: async ({ io }, flags, [reason = '']) => (await import('./status.ts')).allow(io, reason, flags),
  },
  rotate: {
    about: 'make new session keys on the guarded node, and print them once the guard has sealed them',
    flags: [
      must('--validator <address>', 'stash that will own the keys'),
      may('--rpc <url>', 'RPC of this node, with unsafe methods', { fallback: 'ws://127.0.0.1:9944' }),
      may('--runtime <folder>', 'folder in memory of the guard', RUNTIME),
      JSON_FLAG,
    ],
    examples: ['watchbill guard rotate --validator 5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY'],
    run: async ({ io }, flags) => (await import('./rotate.ts')).rotate(io, flags),
  },
  pair: {
    about: 'show which machine of a pair is active, and how its standby is',
    flags: [PAIR, JSON_FLAG],
    examples: ['watchbill guard pair', 'watchbill guard pair --json'],
    run: async ({ io }, flags) => (await import('./pair/show.ts')).showPair(io, flags),
  },
  handover: {
    about: 'check that the standby can take over; with --execute, make it the active machine',
    flags: [
      may('--to <machine>', 'name of the standby'),
      may('--execute', 'hand over, if each check is ok'),
      may('--cancel', 'take back a handover that was asked for and is not done; the active machine stays'),
      may('--reason <text>', 'why, for the record; without it: planned, or cancelled'),
      may('--yes', 'do not ask a person to type the name'),
      // The rule of votes takes less than a minute on a network that finalises.
      may('--seconds <count>', 'with --execute: how long to wait until the keys are placed', {
        ...{ read: whole('--seconds', 'seconds', 1, 3_600), fallback: 300 },
      }),
      ...[PAIR, JSON_FLAG],
    ],
    statuses: {
      ok: 'each check is ok; with --execute: the keys are placed on the other machine',
      denied: 'a check failed',
      unknown: 'a check is unknown; with --execute: not all keys are placed yet',
    },
    examples: [
      'watchbill guard handover --to bravo',
      'watchbill guard handover --to bravo --execute --reason "kernel upgrade of alpha"',
      'watchbill guard handover --cancel',
    ],
    run: handOver,
  },
  'take-over': {
    about: 'make a machine the active one: the first of a pair, or after the active one stopped or died',
    flags: [
      must('--to <machine>', 'name of the machine that becomes active'),
      must('--reason <text>', 'how you know that the other machine is off; kept in the record'),
      may('--yes', 'do not ask a person to type the name of the machine that is off'),
      ...[PAIR, JSON_FLAG],
    ],
    statuses: {
      ok: 'the machine is active from now on',
      denied: 'the active machine runs, or a check failed',
    },
    examples: [
      'watchbill guard take-over --to alpha --reason "a new pair"',
      'watchbill guard take-over --to bravo --reason "alpha is powered off; checked by Ada"',
    ],
    run: async ({ io, exit }, flags) => (await import('./pair/take-over.ts')).takeOver(io, flags, exit),
  },
};

async function handOver(
  { io, exit }: Context,
  flags: Flags<'pair' | 'seconds', 'to' | 'cancel' | 'execute' | 'reason' | 'yes' | 'json'>,
): Promise<void> {
  const { to, cancel, execute, reason = 'planned' } = flags;
  const move = await import('./pair/handover.ts');
  if (cancel === true) {
    if (to === undefined && execute !== true) return await move.cancelHandOver(io, flags);
    throw usageFault('--cancel stands alone', 'leave --to and --execute out', 'flag --cancel');
  }
  if (to === undefined)
    throw usageFault('--to is missing', 'name the standby, for example --to bravo', 'flag --to');
  await move.handOver(io, { ...flags, to, reason }, exit);
}

/** `guard`: runs a stock node, and places its session keys only while that is safe. */
export function fillGuard(parent: Command, context: Context): void {
  for (const [name, { about, argument, flags, statuses, examples, run }] of Object.entries(COMMANDS)) {
    const command = parent.command(name).description(about);
    if (argument !== undefined) command.argument(...argument);
    for (const { form, about: text, isNeeded, fallback, read } of flags) {
      const option = command.createOption(form, text).makeOptionMandatory(isNeeded).default(fallback);
      command.addOption(read === undefined ? option : option.argParser(read));
    }
    command.action(() => run(context, command.opts<GuardFlags>(), command.args));
    withExamples(withStatuses(command, statuses ?? {}), examples);
  }
  withExamples(parent, [
    'watchbill guard identity --out guard.identity',
    'watchbill guard seal --keystore keystore --sealed sealed --recipient age1ql3z7…',
    'watchbill guard status',
  ]);
}
