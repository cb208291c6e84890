import { hexOf } from '@watchbill/chain';
import {
  accountNonce,
  type CallWriting,
  type ChainMetadata,
  type ExtrinsicSearch,
  type ExtrinsicSigner,
  extrinsicSearch,
  type LandedExtrinsic,
  nextSessionKeys,
  proxiedCall,
  setKeysCall,
  signedExtrinsic,
  submitExtrinsic,
} from '@watchbill/chain/extrinsics';
import type { Receipt } from '../receipt.ts';
import { oneLine } from '../text.ts';
import { type RotateRun, type RotateView, rotateReceipt, turnEnd } from './rotate-run.ts';

/** Keys of the own node, and who sets them. */
export interface KeysToSet {
  readonly keys: Uint8Array;
  readonly proof: Uint8Array;
  readonly signer: ExtrinsicSigner;
  /** Null if the signer acts for itself. `type` null: any kind. */
  readonly proxy: { readonly real: string; readonly type: string | null } | null;
  /** As the session pallet names the validator. */
  readonly validator: Uint8Array;
}

/** A text is the reason for waiting. */
export type SettingStep =
  | string
  | { readonly result: 'set'; readonly text: string; readonly extrinsic: Receipt['extrinsic'] }
  | { readonly result: 'failed'; readonly text: string };

/** Called with one finalised block after another, until the keys are set or cannot be. */
export type KeySetting = (view: RotateView) => Promise<SettingStep>;

const LONGEST_PERIOD = 64;
/** The shortest period that a chain accepts. */
const SHORTEST_PERIOD = 4;

/**
 * How many blocks an extrinsic made at a height stays valid, a power of two, so that no block after the
 * member's turn can include it. Null if too little of the turn is left.
 */
export function mortalPeriod(height: bigint, turnEnd: bigint): number | null {
  let period = LONGEST_PERIOD;
  while (period >= SHORTEST_PERIOD && height + BigInt(period) > turnEnd) period /= 2;
  return period >= SHORTEST_PERIOD ? period : null;
}

/** The most extrinsics that are tried: each of them was lost, or another one used its nonce. */
const MAX_ATTEMPTS = 5;

interface Attempt {
  readonly search: ExtrinsicSearch;
  readonly call: Uint8Array;
  readonly end: bigint;
}

export function keySetting(run: RotateRun, wanted: KeysToSet): KeySetting {
  const { node } = run.context;
  let attempt: Attempt | null = null;
  let attempts = 0;
  let landed: LandedExtrinsic | null = null;
  return async (view) => {
    const onChain = await nextSessionKeys(node, view.metadata, wanted.validator, view.block);
    if (onChain !== null && Buffer.compare(onChain, wanted.keys) === 0)
      return set(landed ?? (await found(attempt, view)));
    const answer = await attempt?.search.upTo(view.height);
    if (answer?.result === 'finalised') {
      if (attempt !== null && isOwn(answer.landed, attempt)) {
        landed = answer.landed;
        return afterLanding(answer.landed);
      }
      attempt = null;
    }
    if (attempt !== null && view.height < attempt.end) return 'its keys are not in a finalised block yet';
    if (attempts === MAX_ATTEMPTS)
      return { result: 'failed', text: `no block included the extrinsic in ${attempts} attempts` };
    const period = mortalPeriod(view.height, turnEnd(run, run.context.seat));
    if (period === null) return 'too little of its turn is left for another extrinsic';
    attempts += 1;
    const next = await submitted(run, wanted, view, period);
    if ('result' in next) return next;
    attempt = next;
    return 'its keys are submitted';
  };
}

function isOwn(landed: LandedExtrinsic, { call }: Attempt): boolean {
  return landed.call !== null && Buffer.compare(landed.call, call) === 0;
}

async function found(attempt: Attempt | null, { height }: RotateView): Promise<LandedExtrinsic | null> {
  const answer = await attempt?.search.upTo(height);
  return answer?.result === 'finalised' ? answer.landed : null;
}

function set(landed: LandedExtrinsic | null): SettingStep {
  const extrinsic =
    landed === null ? null : { hash: landed.hash, block: landed.block, height: landed.height };
  return { result: 'set', text: 'the chain has its new keys as its next keys', extrinsic };
}

function afterLanding({ dispatch, hash }: LandedExtrinsic): SettingStep {
  if (dispatch?.result === 'failed')
    return { result: 'failed', text: `the extrinsic ${hash} is included and failed: ${dispatch.error}` };
  return {
    result: 'failed',
    text: `the extrinsic ${hash} is included, but the chain does not name the keys`,
  };
}

async function submitted(
  { context, doors }: RotateRun,
  wanted: KeysToSet,
  { height, block }: RotateView,
  period: number,
): Promise<Attempt | Extract<SettingStep, { result: 'failed' }>> {
  const { node, plan, signal } = context;
  const view = await doors.views.at(node, block);
  const call = wantedCall(view.metadata, wanted);
  if (call.result === 'refused') return { result: 'failed', text: call.detail };
  const account = wanted.signer.publicKey;
  const nonce = await accountNonce(node, account, block);
  const signed = signedExtrinsic({
    ...view,
    signer: wanted.signer,
    call: call.bytes,
    nonce,
    tip: 0n,
    era: { birth: height, period },
    birthHash: block,
    genesis: hexOf(plan.group.genesis),
  });
  if (signed.result === 'refused') return { result: 'failed', text: `${signed.code}: ${signed.detail}` };
  const answer = await submitExtrinsic(node, signed.bytes);
  const more = 'detail' in answer ? `: ${oneLine(answer.detail)}` : '';
  await context.note(
    rotateReceipt('step', `set_keys submitted at height ${height}; the node says ${answer.result}${more}`),
  );
  const search = extrinsicSearch({ node, views: doors.views, signal, account, nonce, from: height + 1n });
  return { search, call: call.bytes, end: height + BigInt(period) };
}

function wantedCall(metadata: ChainMetadata, { keys, proof, proxy }: KeysToSet): CallWriting {
  const call = setKeysCall(metadata, keys, proof);
  if (call.result === 'refused' || proxy === null) return call;
  return proxiedCall(metadata, proxy.real, proxy.type, call.bytes);
}
