import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { decimalOf, MOST_TIMER_MINUTES, wholeOf } from '@watchbill/kit/command/numbers';
import { writeNew } from '@watchbill/kit/command/write-files';
import type { Command } from 'commander';
import type { RotationEvent } from '../../run/operations/index.ts';
import { keyLock } from './lock.ts';
import { addRotateFlags, type RotateFlags } from './rotate-flags.ts';
import { chosenSubmission } from './submission.ts';
import { finish, noteText, openingText, type Say, sayer } from './text.ts';

export function addRotate(parent: Command, { io }: Context): void {
  const command = parent
    .command('rotate')
    .description('make new session keys in a node, register them, and follow until they author');
  addRotateFlags(command).action((options: RotateFlags) => rotate(io, options));
  withExamples(command, [
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u…',
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --asset-hub wss://asset-hub.example --proxy 13cLx… --signer-command ./sign',
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --asset-hub wss://asset-hub.example --payload-out sign-me.json',
  ]);
}

/** `from`: of a move, the RPC of the node with the old keys. */
export async function rotate(io: Io, options: RotateFlags, from?: string): Promise<void> {
  const wait = { where: 'flag --wait', of: 'minutes', least: 0.001, most: MOST_TIMER_MINUTES };
  const minutes = decimalOf(options.wait, wait);
  const blocks = { where: 'flag --message-blocks', of: 'blocks', least: 1, most: 100_000 };
  const messageBlocks = wholeOf(options.messageBlocks, blocks);
  const [{ rotateKeys }, { ROTATION_STOPS }, { accountGiven }] = await Promise.all([
    import('../../run/operations/index.ts'),
    import('../../run/keys/index.ts'),
    import('@watchbill/chain/command/account'),
  ]);
  const stash = accountGiven(options.stash, 'flag --stash');
  const registration = await chosenSubmission(io, options, stash);
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  const timer = setTimeout(() => controller.abort(), minutes * 60_000);
  const say = sayer(io, options.json);
  const record = { file: resolve(io.cwd, options.record), name: options.record };
  try {
    const underLock = await keyLock(io, options, 'make', controller.signal);
    const last = await rotateKeys(
      {
        record,
        node: options.node,
        from,
        assetHub: options.assetHub,
        stash,
        registration,
        messageBlocks,
        onEvent: (event) => {
          if (event.kind === 'call') writeCall(io, options, event.call, say);
          else say(eventLine(event), eventText(event, record.file, ROTATION_STOPS));
        },
        signal: controller.signal,
      },
      underLock === undefined ? {} : { underLock },
    );
    if (last !== null) finish(last, say);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

type Told = Exclude<RotationEvent, { readonly kind: 'call' }>;

function eventLine(event: Told): object {
  switch (event.kind) {
    case 'opened':
      return { kind: event.isNew ? 'made' : 'resumed', ...event.rotation };
    case 'note':
      return event.note;
    default:
      return event;
  }
}

function eventText(event: Told, record: string, stops: Parameters<typeof noteText>[1]): string {
  switch (event.kind) {
    case 'opened':
      return openingText(event.rotation, event.isNew, record);
    case 'note':
      return noteText(event.note, stops);
    case 'payload':
      return `payload      ${event.file}: have \`message\` signed, put {"id": …, "signature": "0x…"} into a file, and run again with --signature-in FILE`;
    case 'submitted':
      return `submitted    ${event.hash} is in the record; it is sent after a check of the chain`;
  }
}

/** A file with another call is of another run: a person who submitted it would register other keys. */
export function writeCall(io: Io, { call }: Pick<RotateFlags, 'call'>, hex: string, say: Say): void {
  const file = resolve(io.cwd, call);
  if (!existsSync(file)) writeNew([{ path: file, text: `${hex}\n`, mode: 0o644 }]);
  else if (readFileSync(file, 'utf8').trim() !== hex)
    throw fault('keys-call', 'denied', {
      what: `${call} has another call than the one that registers these keys, perhaps that of an earlier rotation; it was not replaced`,
      where: call,
      remedy:
        'make sure that this other call is never submitted; then remove the file, or name another one with --call, and run the same command again',
    });
  say(
    { kind: 'call', file, call: hex },
    `call         ${file}: sign and submit it for the stash (wallet, multisig or a StakingOperator proxy); waiting until the chain shows it`,
  );
}
