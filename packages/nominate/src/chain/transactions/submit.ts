import { bytesOfHex } from '@watchbill/chain';
import { type Submission, submitExtrinsic } from '@watchbill/chain/extrinsics';
import type { SubmitAnswer } from '../../transactions/index.ts';
import { type Endpoints, inOrder } from './endpoints.ts';

/** The best answer first: one accepting node is enough. */
const ORDER: readonly Submission['result'][] = ['accepted', 'known', 'occupied', 'refused', 'unknown'];

/** Sends the same bytes to every endpoint, since any of them may be partitioned from the network. */
export async function submitEverywhere(endpoints: Endpoints, bytes: string): Promise<SubmitAnswer> {
  const extrinsic = bytesOfHex(bytes, 'an extrinsic');
  const nodes = inOrder(endpoints);
  const answers = await Promise.all(
    nodes.map(async (node) => ({ node, said: await submitExtrinsic(node, extrinsic) })),
  );
  const sorted = answers.toSorted((a, b) => ORDER.indexOf(a.said.result) - ORDER.indexOf(b.said.result));
  const best = sorted[0];
  if (best === undefined) return { result: 'unknown', detail: 'no endpoint of the chain may serve' };
  const { node, said } = best;
  const detail = 'detail' in said ? `${node.address}: ${said.detail}` : node.address;
  return { result: said.result, detail };
}
