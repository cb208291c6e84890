import { finalizedHead, genesisHash, type NodeRpc } from '@watchbill/chain';
import { type RuntimeViews, runtimeViews } from '@watchbill/chain/extrinsics';
import { asked } from '../asked.ts';
import type { KeySubmission } from '../record.ts';

/** The chain that keys are registered on: Asset Hub, or that of the node itself. */
export interface SubmissionChain {
  readonly to: KeySubmission['to'];
  readonly node: NodeRpc;
  readonly views: RuntimeViews;
  readonly genesis: string;
}

/** Throws a RotationFault. */
export async function submissionChain(to: KeySubmission['to'], node: NodeRpc): Promise<SubmissionChain> {
  const genesis = await asked(() => genesisHash(node));
  return { to, node, views: runtimeViews(), genesis };
}

/** The newest finalised block, and its runtime. Throws a RotationFault. */
export async function chainHead({ node, views }: Pick<SubmissionChain, 'node' | 'views'>) {
  const head = await asked(() => finalizedHead(node));
  const view = await asked(() => views.at(node, head.hash));
  return { ...head, view };
}
