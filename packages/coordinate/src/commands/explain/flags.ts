/** Flags of `coordinate explain`; the profile decides which of them are required. */
export interface ExplainFlags {
  readonly profile: string;
  readonly window?: string;
  readonly chain?: string;
  readonly block?: string;
  readonly blockHash?: string;
  readonly wallet?: string;
  readonly operators?: string;
  readonly era?: string;
  readonly group?: string;
  readonly seedInput?: string;
  readonly referenceHash?: string;
  readonly json?: boolean;
}

/** A flag that is needed here. */
export function given(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw usageFault(`${flag} is missing`, 'give it, or see --help', `flag ${flag}`);
}

import { usageFault } from '@watchbill/kit';
