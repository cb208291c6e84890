import { NodeFault } from '@watchbill/chain';
import {
  accountOfText,
  addressOfAccount,
  blockHashAt,
  type FreshSessionKeys,
  holdsSessionKeys,
  makeSessionKeys,
} from '@watchbill/chain/extrinsics';
import type { ActionDoors } from '../doors.ts';
import type { ExecutionContext } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import { oneLine } from '../text.ts';
import { madeKeys } from './made-keys.ts';
import { isRotated, sessionAt, validatorsOf } from './rotate-chain.ts';
import { keysDigest, type RotateContent, settingsOf } from './rotate-content.ts';
import { type RotateRun, type RotateView, rotateReceipt, turnEnd } from './rotate-run.ts';
import { type KeySetting, keySetting, type SettingStep } from './set-keys.ts';

/**
 * Waits for the members before it, or for the end of their turns. Then it has its node make keys, sets them,
 * and reports `done` once they are on chain.
 */
export async function executeRotate(
  context: ExecutionContext,
  doors: ActionDoors,
  content: RotateContent,
): Promise<Receipt> {
  const own = context.progress().find(({ seat }) => seat === context.seat);
  if (own?.status === 'done') return rotateReceipt('done', own.detail);
  if (own?.status === 'failed') return rotateReceipt('failed', own.detail);
  const run: RotateRun = { context, doors, content, validators: validatorsOf(context) };
  const turn = turnWatch(run);
  let setting: KeySetting | null = null;
  let last = 'the node has not answered yet';
  let reached = 0n;
  for await (const height of context.heights()) {
    context.signal.throwIfAborted();
    reached = height;
    if (height < context.startBlock) continue;
    if (height >= turnEnd(run, context.seat)) break;
    const step = await unlessUnread(async () => {
      const view = await viewAt(run, height);
      if (setting === null && !(await turn(view))) return null;
      setting ??= await begunSetting(run, view);
      return setting === null ? 'rotated' : setting(view);
    });
    if (step === 'rotated') return done(run, 'its keys on chain were changed before its turn');
    if (typeof step === 'string') last = step;
    else if (step !== null)
      return step.result === 'set' ? done(run, step.text, step) : failed(run, step.text);
    else last = 'it waits for its turn';
  }
  const end = turnEnd(run, context.seat);
  // The end of the process is not the end of the turn.
  if (reached + 1n < end) context.signal.throwIfAborted();
  const over = end < context.expiryBlock ? 'its turn' : 'the lease';
  return rotateReceipt('expired', `not done when ${over} was over: ${last}`);
}

/** Tries again at the next height if the node does not answer, and keeps the reason. */
async function unlessUnread(ask: () => Promise<SettingStep | null>): Promise<SettingStep | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NodeFault) return `${error.code}: ${oneLine(error.message)}`;
    throw error;
  }
}

async function viewAt({ context, doors }: RotateRun, height: bigint): Promise<RotateView> {
  const block = await blockHashAt(context.node, height);
  if (block === null) throw new NodeFault('malformed', `the node does not have block ${height}`);
  return { height, block, metadata: (await doors.views.at(context.node, block)).metadata };
}

/**
 * Whether it is this member's turn: all before it have other keys on chain or their turns are over, and the
 * session has changed since then. Only the chain counts, not the reports of members. After a restart it
 * waits for a session change again.
 */
function turnWatch(run: RotateRun): (view: RotateView) => Promise<boolean> {
  const { context, content } = run;
  const waiting = new Set(content.order.slice(0, content.order.indexOf(context.seat)));
  let seenIn: number | null = null;
  return async ({ block, height, metadata }) => {
    for (const seat of waiting)
      if (height >= turnEnd(run, seat) || (await isRotated(context.node, metadata, run, seat, block)))
        waiting.delete(seat);
    if (waiting.size > 0) return false;
    const session = await sessionAt(context.node, block);
    seenIn ??= session;
    // Also for the first: the last member of the rotation before may have changed its keys in this session.
    return session > seenIn;
  };
}

/** Null if the chain has new keys that this execution did not set before a restart. */
async function begunSetting(run: RotateRun, view: RotateView): Promise<KeySetting | null> {
  const { context, doors } = run;
  const settings = settingsOf(context.settings);
  const signer = doors.key(settings.submitKey);
  const owner = settings.proxyFor === undefined ? signer.publicKey : accountOfText(settings.proxyFor);
  const validator = run.validators[context.seat];
  if (owner === null || validator === undefined) throw new Error('rotate has no account to act for');
  const made = await ownKeys(run, view, owner);
  if (made === null) return null;
  const proxy =
    settings.proxyFor === undefined
      ? null
      : { real: addressOfAccount(owner, view.metadata.ss58Prefix), type: settings.proxyType ?? null };
  return keySetting(run, { ...made, signer, proxy, validator });
}

/** Keys of the node: those made before a restart, or new ones, which are kept before they are used. */
async function ownKeys(
  run: RotateRun,
  { block, metadata }: RotateView,
  owner: Uint8Array,
): Promise<FreshSessionKeys | null> {
  const { context, doors, content } = run;
  const { nodeUrl, keysFile } = settingsOf(context.settings);
  const kept = madeKeys(keysFile);
  const node = doors.connect(nodeUrl);
  try {
    const before = await kept.load(owner);
    // Keys that are set on chain already are not new.
    const isUnset = before !== null && keysDigest(before.keys) !== content.before[context.seat];
    if (isUnset && (await holdsSessionKeys(node, before.keys))) return before;
    if (await isRotated(context.node, metadata, run, context.seat, block)) return null;
    const made = await makeSessionKeys(node, owner);
    if (!(await holdsSessionKeys(node, made.keys)))
      throw new NodeFault('malformed', 'the node does not have the keys that it has just made');
    await kept.keep(owner, made);
    await context.report('generated', keysDigest(made.keys) ?? '');
    return made;
  } finally {
    node.close();
  }
}

async function done(run: RotateRun, text: string, step?: SettingStep): Promise<Receipt> {
  const extrinsic = typeof step === 'object' && step?.result === 'set' ? step.extrinsic : null;
  await run.context.report('done', text);
  await madeKeys(settingsOf(run.context.settings).keysFile).forget();
  return { ...rotateReceipt('done', text), extrinsic };
}

/** The next rotation makes new keys: these were refused, or their place is unknown. */
async function failed({ context }: RotateRun, why: string): Promise<Receipt> {
  const text = oneLine(why);
  await madeKeys(settingsOf(context.settings).keysFile).forget();
  await context.report('failed', text);
  return rotateReceipt('failed', text);
}
