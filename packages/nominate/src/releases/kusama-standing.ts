import type { CandidateRecord } from '../snapshot/record-shapes.ts';

/** Standing of a candidate in the Kusama programme; null if it is not in it. */
export type KusamaStanding = Extract<CandidateRecord['kusama'], { readonly known: true }>['value'];
