import type { RuntimeView } from '@watchbill/chain/extrinsics';
import type { SubmissionChain } from './submit/chain.ts';

/** One block of the chain that is submitted to, with its runtime. */
export interface Ground {
  readonly chain: SubmissionChain;
  readonly hash: string;
  readonly view: RuntimeView;
}
