import type { Graph } from '../../file/index.ts';

/** The warning for a network whose nodes answer public RPC calls themselves. */
export function publishedNotes({ resources }: Pick<Graph, 'resources'>): readonly string[] {
  const routes = resources.filter(({ kind }) => kind === 'HTTPRoute');
  if (routes.length === 0) return [];
  const where = routes.map(({ place, subject }) => `${subject.pool} in ${place}`).join(', ');
  return [
    `the nodes of ${where} are published directly (exposure.rpc: gateway): every client that reaches that Gateway can call them without a key, quotas or tiers of methods. To get these, write \`exposure: {rpc: cluster}\` and put \`watchbill fleet services gateway render\` in front.`,
  ];
}
