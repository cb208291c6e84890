import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Rotation, RotationNote } from '@watchbill/fleet/keys';
import type { Command } from 'commander';
import { type Context, withExamples } from '../../../context.ts';
import { EXIT } from '../../../exit.ts';
import { fault, usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';
import { print } from '../../../output/print.ts';

/** `fleet keys`: session keys of a validator or collator are changed without anybody's stash key. */
export function addFleetKeys(parent: Command, context: Context): void {
  const command = parent
    .command('keys')
    .description(
      'change the session keys of a validator: made in the node, registered by you, followed until they work',
    );
  withExamples(command, [
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --record rotation.json --call set-keys.hex',
    'watchbill fleet keys status --record rotation.json',
  ]);
  addRotate(command, context);
  addStatus(command, context);
}

interface RotateFlags {
  readonly node: string;
  readonly stash: string;
  readonly record: string;
  readonly call: string;
  readonly wait: string;
  readonly json?: boolean;
}

const HELP = [
  '',
  'Also moves a validator from one machine to another without a shared key: name the new machine as --node,',
  'let the old one run on until the new keys are seen to work, and stop it then.',
  'Run again after an interruption: keys are made once, and the record says how far it is.',
  '',
].join('\n');

function addRotate(parent: Command, { io }: Context): void {
  const command = parent
    .command('rotate')
    .description(
      'make new session keys in a node, write the call that registers them, and follow until they author',
    )
    .requiredOption('--node <url>', 'the node that gets the keys, over loopback')
    .requiredOption('--stash <address>', 'account of the validator or collator')
    .option('--record <file>', 'what was done, all of it public', 'rotation.json')
    .option(
      '--call <file>',
      'the call Session.set_keys as hex, for whoever signs for the stash',
      'set-keys.hex',
    )
    .option('--wait <minutes>', 'how long to follow before it ends; run again to go on', '1440')
    .option('--json', 'print one line of JSON for each thing that happens')
    .addHelpText('after', HELP)
    .action((options: RotateFlags) => rotate(io, options));
  withExamples(command, ['watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u…']);
}

const POLL_MS = 1_000;

async function rotate(io: Io, options: RotateFlags): Promise<void> {
  const minutes = Number(options.wait);
  if (!(minutes > 0 && minutes <= 100_000))
    throw usageFault(`${options.wait} is no number of minutes`, 'for example --wait 60', 'flag --wait');
  const [keys, { connectNode }, { accountOfText, runtimeViews }] = await Promise.all([
    import('@watchbill/fleet/keys'),
    import('@watchbill/chain'),
    import('@watchbill/chain/extrinsics'),
  ]);
  const stash = accountOfText(options.stash);
  if (stash === null)
    throw usageFault(
      `${options.stash} is no account`,
      'give an SS58 address or 0x and 64 hex digits',
      'flag --stash',
    );
  const node = connectNode(options.node, { timeoutMs: 20_000 });
  const parts = {
    node,
    nodeName: node.address,
    views: runtimeViews(),
    stash,
    file: resolve(io.cwd, options.record),
  };
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  const timer = setTimeout(() => controller.abort(), minutes * 60_000);
  try {
    const { rotation, isNew } = await keys.openRotation(parts);
    const say = (line: object, text: string) =>
      io.out(options.json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
    say({ kind: isNew ? 'made' : 'resumed', ...rotation }, openingText(rotation, isNew, parts.file));
    if (rotation.stage === 'generated')
      await writeCall(io, options, await keys.registeringCall(parts, rotation), say);
    const told = (note: RotationNote) => say(note, noteText(note, keys.ROTATION_STOPS));
    const last = await keys.followRotation(parts, rotation, {
      pollMs: POLL_MS,
      tell: told,
      signal: controller.signal,
    });
    finish(last, say);
  } catch (error) {
    if (!(error instanceof keys.RotationFault)) throw error;
    throw fault(
      `keys-${error.code}`,
      EXIT.fault,
      { what: error.message, where: options.node, remedy: error.remedy },
      error,
    );
  } finally {
    clearTimeout(timer);
    forget();
    node.close();
  }
}

type Say = (line: object, text: string) => void;

function writeCall(io: Io, { call }: RotateFlags, hex: string, say: Say): void {
  const file = resolve(io.cwd, call);
  if (!existsSync(file)) writeFileSync(file, `${hex}\n`);
  say(
    { kind: 'call', file, call: hex },
    `call         ${file}: sign and submit it for the stash (wallet, multisig or a StakingOperator proxy); waiting until the chain shows it`,
  );
}

function openingText({ stage, keys, node }: Rotation, isNew: boolean, file: string): string {
  return `${isNew ? 'made' : 'goes on'.padEnd(4)}${isNew ? '         ' : '      '}keys ${keys.slice(0, 18)}… in ${node}, ${stage}; record ${file}`;
}

function noteText(note: RotationNote, stops: typeof import('@watchbill/fleet/keys').ROTATION_STOPS): string {
  switch (note.kind) {
    case 'queued':
      return `queued       the chain has them as next keys; they are used from session ${note.activeFrom} on. Let the node with the old keys run`;
    case 'active':
      return 'active       they are among the authorities; waiting for a block that they author';
    case 'verified':
      return `verified     they authored block ${note.block}`;
    case 'not-in-set':
      return 'waiting      they are registered, and the validator is not in the active set';
    case 'stop':
      return `stopped      ${stops[note.code].what}: ${stops[note.code].todo}`;
  }
}

/** Exit 0 only where the new keys were seen to work. */
function finish(rotation: Rotation, say: Say): void {
  if (rotation.stage === 'verified') {
    say(
      { kind: 'done' },
      'done         the old keys are used no more: stop the node that had them, or remove them from its keystore',
    );
    return;
  }
  throw fault('keys-open', EXIT.unknown, {
    what: `the rotation is not finished: ${rotation.stage}`,
    remedy: 'the record says how far it is: run the same command again to go on',
  });
}

interface StatusFlags {
  readonly record: string;
  readonly json?: boolean;
}

function addStatus(parent: Command, { io }: Context): void {
  const command = parent
    .command('status')
    .description('show how far a rotation is, from its record alone')
    .option('--record <file>', 'record of the rotation', 'rotation.json')
    .option('--json', 'print JSON')
    .action(async ({ record, json }: StatusFlags) => {
      const { readRotation, RotationFault } = await import('@watchbill/fleet/keys');
      try {
        const rotation = readRotation(resolve(io.cwd, record));
        if (rotation === null)
          throw usageFault(`there is no record ${record}`, 'name one with --record', record);
        const { stage, stash, node, keys, queuedIn, provenBy } = rotation;
        print(io, json, rotation, () =>
          [
            `stage     ${stage}`,
            `stash     ${stash}`,
            `node      ${node}`,
            `keys      ${keys}`,
            `queued in session ${queuedIn ?? '-'}`,
            `proven by ${provenBy ?? '-'}`,
            '',
          ].join('\n'),
        );
      } catch (error) {
        if (!(error instanceof RotationFault)) throw error;
        throw usageFault(error.message, error.remedy, record);
      }
    });
  withExamples(command, ['watchbill fleet keys status']);
}
