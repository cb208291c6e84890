import { finalizedHead, hexOf } from '@watchbill/chain';
import { type ExtrinsicSearch, extrinsicSearch } from '@watchbill/chain/extrinsics';
import { bytesOf } from '../asked.ts';
import type { KeySubmission } from '../record.ts';
import type { SubmissionFacts } from '../submission-step.ts';
import type { SubmissionChain } from './chain.ts';

/** Looks for one submission in the finalised blocks of its chain; null if that is unreadable now. */
export interface SubmissionLook {
  readonly look: () => Promise<SubmissionFacts | null>;
}

export function submissionLook(
  chain: SubmissionChain,
  { account, nonce, birth }: KeySubmission,
  signal: AbortSignal,
): SubmissionLook {
  const { node, views } = chain;
  const search: ExtrinsicSearch = extrinsicSearch({
    node,
    views,
    signal,
    account: bytesOf(account),
    nonce,
    from: BigInt(birth) + 1n,
  });
  return {
    look: async () => {
      try {
        const { number } = await finalizedHead(node);
        return factsOf(await search.upTo(BigInt(number)));
      } catch {
        return null;
      }
    },
  };
}

function factsOf(answer: Awaited<ReturnType<ExtrinsicSearch['upTo']>>): SubmissionFacts {
  if (answer.result === 'unseen') return { search: { result: 'unseen' } };
  if (answer.result === 'not-found') return { search: { result: 'not-found', until: Number(answer.until) } };
  const { block, height, call, dispatch } = answer.landed;
  return {
    search: {
      result: 'found',
      call: call === null ? '0x' : hexOf(call),
      block,
      height: Number(height),
      isOk: dispatch === null ? null : dispatch.result === 'ok',
      error: dispatch?.result === 'failed' ? dispatch.error : '',
    },
  };
}
