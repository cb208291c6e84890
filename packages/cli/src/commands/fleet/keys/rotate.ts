import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NodeRpc } from '@watchbill/chain';
import type {
  OldNode,
  Rotation,
  RotationNote,
  RotationParts,
  SubmissionChain,
} from '@watchbill/fleet-run/keys';
import type { Command } from 'commander';
import { writeNew } from '../../../output/write-files.ts';
import { type Context, withExamples } from '../../../process/context.ts';
import { EXIT } from '../../../process/exit.ts';
import { fault, usageFault } from '../../../process/fault.ts';
import type { Io } from '../../../process/io.ts';
import { decimalOf, MOST_TIMER_MINUTES, wholeOf } from '../../numbers.ts';
import { addRotateFlags, type RotateFlags } from './rotate-flags.ts';
import { type ChosenSubmission, chosenSubmission } from './submission.ts';
import { finish, noteText, openingText, type Say, sayer } from './text.ts';

export function addRotate(parent: Command, { io }: Context): void {
  const command = parent
    .command('rotate')
    .description('make new session keys in a node, have them registered, and follow until they author');
  addRotateFlags(command).action((options: RotateFlags) => rotate(io, options, null));
  withExamples(command, [
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u…',
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --asset-hub wss://asset-hub.example --proxy 13cLx… --signer-command ./sign',
    'watchbill fleet keys rotate --node ws://127.0.0.1:9944 --stash 15oF4u… --asset-hub wss://asset-hub.example --payload-out sign-me.json',
  ]);
}

/** Of a move: the node with the old keys. */
export interface Leaving {
  readonly url: string;
}

const POLL_MS = 1_000;
const NODE_TIMEOUT_MS = 20_000;

export async function rotate(io: Io, options: RotateFlags, leaving: Leaving | null): Promise<void> {
  const wait = { where: 'flag --wait', of: 'minutes', least: 0.001, most: MOST_TIMER_MINUTES };
  const minutes = decimalOf(options.wait, wait);
  const blocks = { where: 'flag --message-blocks', of: 'blocks', least: 1, most: 100_000 };
  const messageBlocks = wholeOf(options.messageBlocks, blocks);
  const [keys, { connectNode }, { accountOfText, runtimeViews }] = await Promise.all([
    import('@watchbill/fleet-run/keys'),
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
  const chosen = await chosenSubmission(io, options, stash);
  const open: NodeRpc[] = [];
  const connect = (url: string): NodeRpc => {
    const made = connectNode(url, { timeoutMs: NODE_TIMEOUT_MS });
    open.push(made);
    return made;
  };
  const controller = new AbortController();
  const forget = io.onStopSignal(() => controller.abort());
  const timer = setTimeout(() => controller.abort(), minutes * 60_000);
  const file = resolve(io.cwd, options.record);
  let unlock = (): void => undefined;
  try {
    unlock = keys.lockRecord(file);
    const node = connect(options.node);
    const parts: RotationParts = { node, nodeName: node.address, views: runtimeViews(), stash, file };
    const from = leaving === null ? null : connect(leaving.url);
    const old = from === null ? null : keys.oldNode({ from, fromName: from.address, to: node });
    const last = await run({
      io,
      options,
      parts,
      old,
      chosen,
      chain: await chainOf(keys, chosen, node, options.assetHub, connect),
      limits: { messageBlocks },
      signal: controller.signal,
      ...(from === null ? {} : { oldNodeAnswers: () => keys.nodeAnswers(from) }),
    });
    if (last !== null) finish(last, sayer(io, options.json));
  } catch (error) {
    if (!(error instanceof keys.RotationFault)) throw error;
    const where = error.code === 'journal' || error.code === 'busy' ? options.record : options.node;
    throw fault(
      `keys-${error.code}`,
      EXIT.fault,
      { what: error.message, where, remedy: error.remedy },
      error,
    );
  } finally {
    clearTimeout(timer);
    forget();
    for (const one of open) one.close();
    unlock();
  }
}

async function chainOf(
  { submissionChain }: typeof import('@watchbill/fleet-run/keys'),
  chosen: ChosenSubmission | null,
  node: NodeRpc,
  assetHub: string | undefined,
  connect: (url: string) => NodeRpc,
): Promise<SubmissionChain | null> {
  if (chosen === null) return null;
  return submissionChain(chosen.to, assetHub === undefined ? node : connect(assetHub));
}

interface Run {
  readonly io: Io;
  readonly options: RotateFlags;
  readonly parts: RotationParts;
  readonly old: OldNode | null;
  readonly chosen: ChosenSubmission | null;
  readonly chain: SubmissionChain | null;
  readonly limits: { readonly messageBlocks: number };
  readonly signal: AbortSignal;
  readonly oldNodeAnswers?: () => Promise<boolean>;
}

/** Null where it is with a person who signs. */
async function run(work: Run): Promise<Rotation | null> {
  const { io, options, parts, old, chosen, chain, limits, signal, oldNodeAnswers } = work;
  const keys = await import('@watchbill/fleet-run/keys');
  const say = sayer(io, options.json);
  const tell = (note: RotationNote): void => say(note, noteText(note, keys.ROTATION_STOPS));
  const { rotation, isNew } = await keys.openRotation(parts, old);
  say({ kind: isNew ? 'made' : 'resumed', ...rotation }, openingText(rotation, isNew, parts.file));
  const signing = chosen?.signing ?? null;
  if (rotation.stage === 'generated' && signing === null && rotation.submission === null) {
    const isAssetHub = chosen?.to === 'asset-hub' && chain !== null;
    const assetHub = isAssetHub ? { chain, mostFee: chosen.mostFee } : null;
    writeCall(io, options, await keys.registeringCall(parts, rotation, assetHub), say);
  }
  let begun = rotation;
  if (rotation.stage === 'generated' && signing !== null && chain !== null) {
    const signed = await keys.signSubmission(parts, rotation, { chain, ...signing, signal });
    for (const note of signed.notes) tell(note);
    if (signed.waiting !== null) {
      sayWaiting(signed.waiting, say);
      return null;
    }
    begun = signed.rotation;
    if (signed.notes.some(({ kind }) => kind === 'stop')) return begun;
    if (begun.stage === 'submitted')
      say(
        { kind: 'submitted', hash: begun.submission?.hash ?? null },
        `submitted    ${begun.submission?.hash} is in the record; the chain is asked, then it is sent`,
      );
  }
  return keys.followRotation(parts, begun, {
    pollMs: POLL_MS,
    tell,
    signal,
    chain,
    limits,
    ...(oldNodeAnswers === undefined ? {} : { oldNodeAnswers }),
  });
}

function sayWaiting(file: string, say: Say): void {
  say(
    { kind: 'payload', file },
    `payload      ${file}: have \`message\` signed, put {"id": …, "signature": "0x…"} into a file, and run again with --signature-in FILE`,
  );
}

function writeCall(io: Io, { call }: RotateFlags, hex: string, say: Say): void {
  const file = resolve(io.cwd, call);
  if (!existsSync(file)) writeNew([{ path: file, text: `${hex}\n`, mode: 0o644 }]);
  say(
    { kind: 'call', file, call: hex },
    `call         ${file}: sign and submit it for the stash (wallet, multisig or a StakingOperator proxy); waiting until the chain shows it`,
  );
}
