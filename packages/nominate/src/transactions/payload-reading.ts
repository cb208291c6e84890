/** The runtime of one block. */
export interface RuntimeFacts {
  /** Hash of block 0. */
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** A payload as decoded from its bytes alone. */
export interface PayloadReading {
  readonly call: string;
  readonly nonce: number;
  readonly period: number;
  readonly phase: number;
  readonly birthHash: string;
  readonly genesis: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
  readonly tip: bigint;
}
