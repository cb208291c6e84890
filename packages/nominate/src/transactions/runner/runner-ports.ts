import type { Fact } from '../../facts/fact.ts';
import type { BlockRef, ChainFacts } from '../facts.ts';
import type { Intent, Leg, NominationCall } from '../intent.ts';
import type { PrepareRequest } from '../machine/effects.ts';
import type { SearchAnswer, SubmitAnswer, VerdictAnswer } from '../machine/events.ts';
import type { PayloadReading, RuntimeFacts } from '../payload-reading.ts';
import type { SigningScheme } from '../signers/port.ts';
import type { Flight } from '../state.ts';

/** The result of building a request. */
export interface Built {
  readonly call: string;
  /** The announced or executed nomination, as bytes; null for others. */
  readonly innerCall: string | null;
  /** The whole payload: the call and all extensions. */
  readonly payload: string;
  /** Planck. */
  readonly fee: Fact<bigint>;
  /** The additional deposit of an announcement; 0 for other calls. */
  readonly deposit: Fact<bigint>;
}

/** The author, nonce and call of a signed extrinsic. */
export interface ExtrinsicReading {
  readonly account: string;
  readonly nonce: number;
  readonly call: string;
}

export type Assembled =
  | { readonly result: 'assembled'; readonly bytes: string; readonly hash: string }
  | { readonly result: 'refused'; readonly why: string };

export type Building =
  | { readonly result: 'built'; readonly built: Built }
  /** The runtime has no such call, or requires an unknown extension. */
  | { readonly result: 'refused'; readonly why: string };

/**
 * The chain with the nominators. Every call rejects if there is no answer. Readings of a block use the state
 * of exactly that block; missing values are unknown facts with a reason.
 */
export interface TransactionChain {
  /** At the newest finalised block. */
  readonly facts: (intent: Intent, signal: AbortSignal) => Promise<ChainFacts>;
  readonly factsAt: (intent: Intent, block: BlockRef, signal: AbortSignal) => Promise<ChainFacts>;
  readonly runtime: (block: BlockRef, signal: AbortSignal) => Promise<RuntimeFacts>;
  readonly build: (request: PrepareRequest, signal: AbortSignal) => Promise<Building>;
  /** Both null for bytes that cannot be decoded completely. By the runtime of that block. */
  readonly readPayload: (
    payload: string,
    block: BlockRef,
    signal: AbortSignal,
  ) => Promise<PayloadReading | null>;
  readonly readCall: (call: string, block: BlockRef, signal: AbortSignal) => Promise<NominationCall | null>;
  readonly assemble: (
    flight: Flight,
    signature: string,
    scheme: SigningScheme,
    signal: AbortSignal,
  ) => Promise<Assembled>;
  readonly readExtrinsic: (
    bytes: string,
    block: BlockRef,
    signal: AbortSignal,
  ) => Promise<ExtrinsicReading | null>;
  /** Resolves with the node's answer, which is never proof. */
  readonly submit: (bytes: string, signal: AbortSignal) => Promise<SubmitAnswer>;
  /**
   * Searches the extrinsic of an account and nonce: finalised blocks `from` to `to`, and the best chain above
   * for `inBlock`.
   */
  readonly search: (
    wanted: {
      readonly account: string;
      readonly nonce: number;
      readonly from: bigint;
      readonly to: BlockRef;
    },
    signal: AbortSignal,
  ) => Promise<SearchAnswer>;
}

/** Judges targets on a fresh snapshot, with `revalidate` of the core. Rejects if there is none. */
export type Judge = (
  intent: Intent,
  targets: readonly string[],
  leg: Leg,
  block: BlockRef,
  signal: AbortSignal,
) => Promise<VerdictAnswer>;

/** blake2b of 256 bits, and signatures. Node.js does not support all schemes. */
export interface TransactionCrypto {
  readonly hash256: (bytes: string) => string;
  readonly verify: (scheme: SigningScheme, account: string, message: string, signature: string) => boolean;
}
