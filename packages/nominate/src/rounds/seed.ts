/**
 * The inputs of a seed: all public, none chosen by the operator of the programme. The text of the programme
 * is not among them, because it could be changed until a draw pleases.
 */
import { digestOf } from '@watchbill/kit';
export interface SeedInputs {
  readonly network: string;
  readonly era: number;
  /** The first block of the relay chain in that era; its height as decimal text. */
  readonly block: { readonly number: string; readonly hash: string };
}

/** The seed of a round, as hex: SHA-256 over the canonical text of its inputs and a domain name. */
export function seedOf(inputs: SeedInputs): string {
  return digestOf({ use: 'watchbill nominate round', ...inputs });
}
