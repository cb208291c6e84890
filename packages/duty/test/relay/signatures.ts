import type { RunningNode } from '@watchbill/testkit';

/**
 * What a relay-chain node counts: its signatures, the first three with a parachain key, and disputes. For
 * BEEFY it is the last block that it voted on, since the vote that ends a round is in no counter.
 */
const COUNTERS = {
  bitfields: 'polkadot_parachain_bitfields_signed_total',
  backing: 'polkadot_parachain_candidate_backing_signed_statements_total',
  // Others are those that it gave up, as after a start.
  approvals: 'polkadot_parachain_approvals_produced_total(?=.*status="success")',
  beefy: 'substrate_beefy_best_voted',
  disputes: 'polkadot_parachain_candidate_disputes_total',
} as const;
const EVERY_MS = 250;

export type Counted = keyof typeof COUNTERS;
export const PARACHAIN_KINDS = ['bitfields', 'backing', 'approvals'] as const;

/** Follows what several machines sign, by looks at their counters four times a second. */
export function followSignatures(machines: readonly RunningNode[]) {
  const seen: {
    readonly machine: string;
    readonly kind: Counted;
    readonly atMs: number;
    readonly count: number;
  }[] = [];
  const before = new Map<string, number>();
  const look = async ({ name: machine, metricsUrl }: RunningNode): Promise<void> => {
    // What a look finds was signed before its answer, and after the last look.
    const atMs = Date.now();
    const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(1_000) });
    const text = await answer.text();
    for (const [kind, metric] of Object.entries(COUNTERS) as [Counted, string][]) {
      const last = before.get(`${machine} ${kind}`) ?? 0;
      const lines = text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\d+)$`, 'gm'));
      const now = [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
      before.set(`${machine} ${kind}`, now);
      // A process that began anew counts from zero.
      const more = now < last ? now : now - last;
      const count = kind === 'beefy' ? Math.min(1, more) : more;
      if (count > 0) seen.push({ machine, kind, atMs, count });
    }
  };
  // A machine that is stopped or stands still does not answer.
  const timer = setInterval(() => machines.forEach((one) => void look(one).catch(() => undefined)), EVERY_MS);
  return {
    stop: () => clearInterval(timer),
    /** How many of these kinds since then, and when the first and the last were found. */
    of: (of: readonly RunningNode[], kinds: readonly Counted[], fromMs: number) => {
      const names = of.map(({ name }) => name);
      const found = seen.filter((one) => names.includes(one.machine) && kinds.includes(one.kind));
      const since = found.filter(({ atMs }) => atMs >= fromMs);
      const times = since.map(({ atMs }) => atMs);
      const count = since.reduce((sum, one) => sum + one.count, 0);
      return { count, firstMs: Math.min(...times), lastMs: Math.max(0, ...times) };
    },
  };
}
