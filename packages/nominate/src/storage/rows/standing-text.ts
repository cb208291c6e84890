import { canonicalJson } from '@watchbill/kit';
import type { Standing } from '../port.ts';

type StoredEvidence = Omit<Standing['results'][number]['evidence'][number], 'block'> & {
  readonly block: string | null;
};
type StoredResult = Omit<Standing['results'][number], 'evidence'> & {
  readonly evidence: readonly StoredEvidence[];
};

export function encodeStanding(standing: Standing): string {
  return canonicalJson(standing);
}

/** Decodes a text of `encodeStanding`, in which heights are text. */
export function decodeStanding(text: string): Standing {
  const read = JSON.parse(text) as Omit<Standing, 'results'> & { readonly results: readonly StoredResult[] };
  const results = read.results.map(({ evidence, ...result }) => ({
    ...result,
    evidence: evidence.map((one) => ({ ...one, block: one.block === null ? null : BigInt(one.block) })),
  }));
  return { ...read, results };
}
