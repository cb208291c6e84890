import { join } from 'node:path';
import { z } from 'zod';
import { inTurn, keepRecord, knownRecord } from '../kept-record.ts';
import type { RuleUse } from './call-rules.ts';

const amountText = z.string().regex(/^\d+$/);

/** An amount that a signature took from a rule. */
const spent = z.strictObject({
  rule: z.string(),
  /** In planck. */
  amount: amountText,
  window: amountText,
  /** Time of the reference block in milliseconds; null on a chain without `Timestamp.Now`. */
  atMs: z.int().nullable(),
  call: z.string(),
});

const record = z.array(spent);
type Spent = z.infer<typeof spent>;
const DAY_MS = 86_400_000;
/** Bounds the file, at many times the signatures of a day. */
const MOST_ENTRIES = 5_000;

/** The content for which the amounts are taken. */
export interface Spending {
  readonly uses: readonly RuleUse[];
  readonly window: bigint;
  readonly atMs: number | null;
  readonly call: string;
}

/**
 * Takes the amounts from the rules, durably, before a signature. Returns why a rule has too little left, or
 * null. The same call is counted once in a window. In a later window it counts again, even with the same
 * nonce: an account that was emptied begins again with nonce 0. Throws if the record cannot be read or kept.
 */
export function spend(folder: string, spending: Spending): Promise<string | null> {
  return inTurn(folder, () => spendNow(join(folder, 'spent.record'), spending));
}

async function spendNow(file: string, spending: Spending): Promise<string | null> {
  const { uses, window, atMs, call } = spending;
  const kept = keptAt((await knownRecord(record, file)) ?? [], window, atMs);
  const others = kept.filter((each) => !(each.call === call && each.window === `${window}`));
  const own = uses.map(({ rule, amount }) => {
    return { rule: rule.name, amount: `${amount}`, window: `${window}`, atMs, call };
  });
  const next = [...others, ...own];
  if (next.length > MOST_ENTRIES)
    return `rules approved ${MOST_ENTRIES} calls within a day, which is the most`;
  for (const { rule } of uses) {
    const ofRule = next.filter((each) => each.rule === rule.name);
    const inWindow = sumOf(ofRule.filter((each) => each.window === `${window}`));
    if (rule.perWindow !== undefined && inWindow > rule.perWindow)
      return `${rule.name}: ${inWindow} in this window, above ${rule.perWindow}`;
    if (rule.perDay === undefined) continue;
    if (atMs === null) return `${rule.name}: the chain has no Timestamp.Now, so a day has no end`;
    const inDay = sumOf(ofRule.filter((each) => each.atMs !== null && each.atMs > atMs - DAY_MS));
    if (inDay > rule.perDay) return `${rule.name}: ${inDay} in 24 hours, above ${rule.perDay}`;
  }
  await keepRecord(file, next);
  return null;
}

/** The entries that still count: those of the window, and those of the last 24 hours. */
function keptAt(all: readonly Spent[], window: bigint, atMs: number | null): readonly Spent[] {
  return all.filter(
    (each) =>
      each.window === `${window}` || (each.atMs !== null && (atMs === null || each.atMs > atMs - DAY_MS)),
  );
}

function sumOf(entries: readonly { readonly amount: string }[]): bigint {
  return entries.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}
