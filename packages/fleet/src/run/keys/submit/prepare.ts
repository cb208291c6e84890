import { bestHead, hexOf } from '@watchbill/chain';
import {
  accountNonce,
  addressOfAccount,
  assembleExtrinsic,
  assetHubSetKeysCall,
  extrinsicFee,
  numberConstant,
  periodWithin,
  proxiedCall,
  setKeysCall,
  type UnsignedPayload,
  unsignedPayload,
} from '@watchbill/chain/extrinsics';
import { asked, bytesOf } from '../asked.ts';
import type { Ground } from '../ground.ts';
import { RotationFault } from '../keys-fault.ts';
import type { KeySubmission, Rotation } from '../record.ts';
import type { SubmissionWay } from '../submission-way.ts';
import { checkOwner, checkProxy, keyDeposit, spendable } from './account.ts';
import { chainHead, type SubmissionChain } from './chain.ts';

/** Hashes of blocks that every chain keeps, if its runtime has no value. */
const KEPT_HASHES = 256n;

/**
 * A submission to be signed, after every check that is possible beforehand. Throws a RotationFault.
 */
export async function prepareSubmission(
  chain: SubmissionChain,
  rotation: Rotation,
  way: SubmissionWay,
): Promise<KeySubmission> {
  const head = await chainHead(chain);
  const ground: Ground = { chain, hash: head.hash, view: head.view };
  const stash = bytesOf(rotation.stash);
  await checkOwner(ground, stash);
  await checkProxy(ground, stash, way);
  const nonce = await settledNonce(ground, way.account);
  const kept = numberConstant(head.view.metadata, 'System', 'BlockHashCount') ?? KEPT_HASHES;
  const period = periodWithin(BigInt(way.periodBlocks), kept);
  if (period === null)
    throw new RotationFault('runtime', 'the chain keeps no block hashes', 'ask another node');
  const submission: Omit<KeySubmission, 'payload'> = {
    to: chain.to,
    chain: chain.genesis,
    account: hexOf(way.account),
    scheme: way.scheme,
    nonce,
    birth: head.number,
    birthHash: head.hash,
    period,
    call: hexOf(registeringBytes(ground, rotation, way)),
    extrinsic: null,
    hash: null,
    handed: 0,
    landed: null,
  };
  const parts = payloadOf(ground, submission);
  await checkMeans(ground, stash, way, submission.scheme, parts);
  return { ...submission, payload: hexOf(parts.payload) };
}

/** The payload of a submission by the runtime of a block. Throws a RotationFault. */
export function payloadOf(
  { chain, view }: Ground,
  submission: Omit<KeySubmission, 'payload'>,
): UnsignedPayload {
  const { nonce, birth, birthHash, period, call } = submission;
  const writing = unsignedPayload(view.metadata, bytesOf(call), {
    nonce,
    tip: 0n,
    era: { birth: BigInt(birth), period },
    birthHash,
    genesis: chain.genesis,
    specVersion: view.specVersion,
    transactionVersion: view.transactionVersion,
  });
  if (writing.result === 'payload') return writing.parts;
  throw new RotationFault(
    'runtime',
    `this runtime does not allow signing: ${writing.detail}`,
    'use a newer release',
  );
}

/** The call that registers the keys, as the chain wants it. */
function registeringBytes({ chain, view }: Ground, rotation: Rotation, way: SubmissionWay): Uint8Array {
  const { metadata } = view;
  const [keys, proof] = [bytesOf(rotation.keys), bytesOf(rotation.proof)];
  const own =
    chain.to === 'asset-hub'
      ? assetHubSetKeysCall(metadata, keys, proof, way.mostFee)
      : setKeysCall(metadata, keys, proof);
  const stash = addressOfAccount(bytesOf(rotation.stash), metadata.ss58Prefix);
  const written =
    own.result === 'bytes' && way.proxyType !== null
      ? proxiedCall(metadata, stash, way.proxyType, own.bytes)
      : own;
  if (written.result === 'bytes') return written.bytes;
  throw new RotationFault(
    'runtime',
    `the runtime does not accept these keys: ${written.detail}`,
    'check that --submit names the chain on which keys are set today',
  );
}

/**
 * The next nonce of the account; refused while something of it is in a block that is not final. Throws a
 * RotationFault.
 */
async function settledNonce({ chain: { node }, hash }: Ground, account: Uint8Array): Promise<number> {
  const best = await asked(() => bestHead(node));
  const [final, newest] = await Promise.all([
    asked(() => accountNonce(node, account, hash)),
    best.hash === hash ? null : asked(() => accountNonce(node, account, best.hash)),
  ]);
  if (newest === null || final === newest) return final;
  throw new RotationFault(
    'too-early',
    'an extrinsic of the account is in a block that is not final yet',
    'wait until it is, then run again: no second extrinsic is signed meanwhile',
  );
}

/** The deposit and the fee must be there: the chain would take the fee and refuse the keys. */
async function checkMeans(
  ground: Ground,
  stash: Uint8Array,
  { account, proxyType }: SubmissionWay,
  scheme: KeySubmission['scheme'],
  parts: UnsignedPayload,
): Promise<void> {
  const { chain, hash, view } = ground;
  const unsigned = { publicKey: account, signature: new Uint8Array(64), scheme };
  const made = assembleExtrinsic(view.metadata, parts, unsigned);
  if (made.result === 'refused') throw new RotationFault('runtime', made.detail, 'use a newer release');
  const [fee, deposit] = await Promise.all([
    asked(() => extrinsicFee(chain.node, made.bytes, hash)),
    keyDeposit(ground, stash),
  ]);
  const isStash = proxyType === null;
  await checkPurse(
    ground,
    account,
    isStash ? fee + deposit : fee,
    isStash ? 'the fee and the deposit of the keys' : 'the fee',
  );
  if (!isStash) await checkPurse(ground, stash, deposit, 'the deposit of the keys');
}

async function checkPurse(ground: Ground, account: Uint8Array, needed: bigint, what: string): Promise<void> {
  const left = await spendable(ground, account);
  if (left >= needed) return;
  const address = addressOfAccount(account, ground.view.metadata.ss58Prefix);
  throw new RotationFault(
    'preflight',
    `${address} can spend ${left} planck, and ${needed} are needed for ${what}`,
    'send it more on the chain that keys are set on, then run again',
  );
}
