import { counted } from '@watchbill/kit';
import { z } from 'zod';
import { longAge } from '../view/sentence.ts';
import type { Capability, Said } from './other-page.ts';

const round = z.object({ era: z.int(), madeAtMs: z.number(), nominatedCount: z.int().optional() });
const health = z.object({
  healthy: z.boolean(),
  nowMs: z.number(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).max(100),
  round: round.nullable(),
});
const rounds = z.object({ rows: z.array(round).max(200) });
const jobs = z.object({
  rows: z.array(z.object({ name: z.string(), nextMs: z.number().nullable() })).max(100),
});

/**
 * A nomination programme: whether it is healthy, what its newest round nominated, and when it checks if the
 * next one is due. Ages are by its own clock.
 */
export const nominate: Capability = {
  paths: ['v1/health', 'v1/rounds?limit=1', 'v1/jobs'],
  say: ([first, second, third]): Said | null => {
    const found = health.safeParse(first);
    if (!found.success) return null;
    const { healthy, checks, nowMs } = found.data;
    const newest = rounds.safeParse(second).data?.rows[0] ?? found.data.round;
    const nextMs = jobs.safeParse(third).data?.rows.find(({ name }) => name === 'round')?.nextMs ?? null;
    const when = nextMs === null || nextMs <= nowMs ? 'now' : `in ${longAge(nextMs - nowMs)}`;
    const parts = [
      ...(healthy ? [] : [troubleText(checks)]),
      roundText(newest, nowMs),
      ...(nextMs === null ? [] : [`it checks ${when} if the next round is due`]),
    ];
    return { isWell: healthy, sentence: parts.join('; ') };
  },
};

function troubleText(checks: z.output<typeof health>['checks']): string {
  const [first, ...more] = checks.filter(({ ok }) => !ok);
  if (first === undefined) return 'not healthy';
  const others = more.length === 0 ? '' : `, and ${counted(more.length, 'more check')}`;
  return `not healthy: ${first.name}: ${first.detail}${others}`;
}

function roundText(newest: z.output<typeof round> | null, nowMs: number): string {
  if (newest === null) return 'no round was decided yet';
  const { era, madeAtMs, nominatedCount: count } = newest;
  const nominated = count === undefined ? '' : ` and nominated ${counted(count, 'validator')}`;
  return `the newest round, of era ${era}, ended ${longAge(nowMs - madeAtMs)} ago${nominated}`;
}
