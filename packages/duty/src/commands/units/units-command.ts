import { usageFault } from '@watchbill/kit';
import { type Context, withExamples, withStatuses } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget } from '../../client/target.ts';
import type { Policy, UnitsPage, UnitView } from '../../client/views.ts';
import { type Summary, summaryOf, unitsText } from './text.ts';

interface UnitsOptions extends ClientOptions {
  readonly key: string;
  readonly chain?: string;
  readonly duty?: string;
  readonly since: string;
  readonly all?: boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const PAGE = '256';
/** A month of slots and rounds of one key, in pages of 256. */
const MAX_PAGES = 4_000;
/** Rows of the table; the JSON has all. */
const MAX_ROWS = 1_000;

/** `units`: the due units of a key, and why each missed one was missed. */
export function fillUnits(command: Command, { io, exit }: Context): void {
  command
    .requiredOption('--key <key>', 'public session key, or the end of it')
    .option('--chain <hash>', 'only on the chain with this genesis hash')
    .option('--duty <duty>', 'only this duty, for example babe')
    .option('--since <time>', 'how far back: 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z', '24h')
    .option('--all', 'list signed units too, not only the others');
  addClientOptions(command).action(async (options: UnitsOptions) => {
    const { missed, complete } = await units(io, options);
    if (missed > 0) exit(EXIT.denied);
    else if (!complete) exit(EXIT.unknown);
  });
  withExamples(command, [
    'watchbill units --key 0xd435… --since 24h',
    'watchbill units --key d27d --duty babe --all --json',
  ]);
  withStatuses(command, {
    ok: 'no unit was missed',
    denied: 'a unit was missed',
    unknown: 'no missed unit is known, but a service did not answer',
  });
}

async function units(
  io: Io,
  options: UnitsOptions,
): Promise<Pick<Summary, 'missed'> & { complete: boolean }> {
  const since = momentOf(options.since, io.clock.nowMs());
  const target = resolveTarget(io, options);
  const { policy, found, complete } = await withApi(target, async (api) => {
    const { policies } = await api.get<{ policies: Policy[] }>('/v1/policies');
    const policy = chooseKey(policies, options);
    const query = {
      key: policy.key,
      chain: policy.chain,
      duty: options.duty,
      since: String(since),
      limit: PAGE,
    };
    const found: UnitView[] = [];
    let [before, complete]: [string | undefined, boolean] = [undefined, true];
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page: UnitsPage = await api.get('/v1/units', { ...query, before });
      found.push(...page.units);
      complete &&= page.complete;
      before = page.next;
      if (before === undefined) break;
    }
    // Pages that are left out are not complete either.
    return { policy, found, complete: complete && before === undefined };
  });
  const summary = summaryOf(found);
  const shown = options.all === true ? found : found.filter(({ outcome }) => outcome !== 'signed');
  print(io, options.json, { units: shown, summary, complete }, () =>
    unitsText({
      policy,
      sinceMs: since,
      summary,
      complete,
      rows: shown.slice(0, MAX_ROWS),
      left: shown.length,
    }),
  );
  return { missed: summary.missed, complete };
}

/** Throws a usage fault for a text that is neither a span nor a moment. */
function momentOf(text: string, nowMs: number): number {
  const [, count, unit] = /^([1-9][0-9]{0,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined)
    return Math.max(0, nowMs - Number(count) * (UNIT_MS[unit] ?? 0));
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (atMs >= 0) return atMs;
  throw usageFault(
    `--since ${text} is neither a duration nor a time`,
    'write 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z',
    'flag --since',
  );
}

/** Throws a usage fault unless the end of the key fits exactly one policy. */
function chooseKey(policies: readonly Policy[], { key, chain }: UnitsOptions): Policy {
  const end = key.replace(/^0x/, '').toLowerCase();
  const found = policies.filter((each) => each.key.endsWith(end) && (chain ?? each.chain) === each.chain);
  const [policy] = found;
  if (policy !== undefined && found.length === 1) return policy;
  const listed = policies.map((each) => `${each.key} on ${each.chain}`).join('; ');
  const what = found.length === 0 ? `no key of a policy ends with ${end}` : `several keys end with ${end}`;
  throw usageFault(what, listed === '' ? 'apply a policy first' : `the keys are: ${listed}`, 'flag --key');
}
