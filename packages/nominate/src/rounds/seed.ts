/**
 * What a seed is made of: all of it public, none of it chosen by who runs the programme. The programme itself is not in it:
 * its text can be changed until a draw pleases.
 */
import { digestOf } from '@watchbill/base';
export interface SeedInputs {
  readonly network: string;
  readonly era: number;
  /** The first block of the relay chain in that era; its height as decimal text. */
  readonly block: { readonly number: string; readonly hash: string };
}

/** The seed of a round, as hex: SHA-256 over the canonical text of its inputs with a name for their use. */
export function seedOf(inputs: SeedInputs): string {
  return digestOf({ use: 'watchbill nominate round', ...inputs });
}
