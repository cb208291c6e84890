import type { NominationCall, StakingCall } from '../intent.ts';

/** The request to a signer, with all data that a person needs to check it. Hex begins with `0x`. */
export interface SigningRequest {
  /** SHA-256 of the rest: repeated requests have the same id. */
  readonly id: string;
  readonly account: string;
  /** The meaning of the extrinsic. */
  readonly asked: NominationCall;
  /** The call that is announced or executed; null for others. */
  readonly inner: StakingCall | null;
  readonly nominator: string;
  readonly round: string;
  readonly era: number;
  readonly nonce: number;
  /** The extrinsic can be included in blocks after `birth` and before `death`. */
  readonly birth: string;
  readonly birthHash: string;
  readonly death: string;
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
  /** Planck, as text. */
  readonly tip: string;
  /**
   * The bytes of the call, of the whole payload, and of the signed message, which is a hash if the payload is
   * long.
   */
  readonly call: string;
  readonly payload: string;
  readonly message: string;
}

export type SigningAnswer =
  /** 64 bytes as hex. */
  | { readonly result: 'signature'; readonly signature: string }
  | { readonly result: 'waiting'; readonly why: string }
  | { readonly result: 'refused'; readonly why: string }
  | { readonly result: 'unavailable'; readonly why: string };

export type SigningScheme = 'sr25519' | 'ed25519';

/** A signer of one account. Its secret, if it has one, never leaves it. */
export interface TransactionSigner {
  /** Public key, `0x` and 64 digits. */
  readonly account: string;
  readonly scheme: SigningScheme;
  readonly sign: (request: SigningRequest, signal: AbortSignal) => Promise<SigningAnswer>;
}

export const SIGNATURE = /^0x[0-9a-f]{128}$/;
