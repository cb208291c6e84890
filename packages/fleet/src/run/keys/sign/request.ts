import { hexOf } from '@watchbill/chain';
import { addressOfAccount, signedMessage } from '@watchbill/chain/extrinsics';
import { digestOf } from '@watchbill/kit';
import { bytesOf } from '../asked.ts';
import type { Ground } from '../ground.ts';
import { deathOf, type KeySubmission, type Rotation } from '../record.ts';
import type { SubmissionWay } from '../submission-way.ts';

/**
 * The whole request to a signer, with everything that a person needs to check it. Hex begins with `0x`. All
 * of it is public.
 */
export interface KeySigningRequest {
  /** SHA-256 of the rest: the same request has the same id, however often it is made. */
  readonly id: string;
  readonly what: string;
  /** Whose keys they are. */
  readonly stash: string;
  /** The signing account: the stash or its proxy. */
  readonly signer: string;
  readonly account: string;
  readonly scheme: KeySubmission['scheme'];
  readonly proxyType: string | null;
  readonly keys: string;
  /** The chain that it is for. */
  readonly chain: string;
  readonly nonce: number;
  /** It may land in blocks after `birth` and before `death`. */
  readonly birth: number;
  readonly birthHash: string;
  readonly death: number;
  readonly specVersion: number;
  readonly transactionVersion: number;
  /** Planck, as text. */
  readonly tip: string;
  /**
   * The bytes of the call, of everything that is signed, and of the input for the key: a hash if that is
   * long.
   */
  readonly call: string;
  readonly payload: string;
  readonly message: string;
}

/** The request of a submission; the same submission always gives the same one. */
export function signingRequest(
  { view }: Ground,
  rotation: Rotation,
  submission: KeySubmission,
  { proxyType }: Pick<SubmissionWay, 'proxyType'>,
): KeySigningRequest {
  const { account, scheme, chain, nonce, birth, birthHash, call, payload, to } = submission;
  const { ss58Prefix } = view.metadata;
  const where = to === 'asset-hub' ? 'through Asset Hub' : 'on the chain of the node';
  const request = {
    what: `register new session keys of the stash ${where}`,
    stash: addressOfAccount(bytesOf(rotation.stash), ss58Prefix),
    signer: addressOfAccount(bytesOf(account), ss58Prefix),
    account,
    scheme,
    proxyType,
    keys: rotation.keys,
    chain,
    nonce,
    birth,
    birthHash,
    death: deathOf(submission),
    specVersion: view.specVersion,
    transactionVersion: view.transactionVersion,
    tip: '0',
    call,
    payload,
    message: hexOf(signedMessage(bytesOf(payload))),
  };
  return { id: digestOf(request), ...request };
}
