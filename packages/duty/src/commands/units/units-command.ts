import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { atMostOne, needs } from '@watchbill/kit/command/rules';
import { choice, milliseconds, since, text, yes } from '@watchbill/kit/command/shapes';
import { askService } from '../../client/api.ts';
import { chainFlag, keyFlag, policyOf } from '../../client/keys.ts';
import { connection } from '../../client/target.ts';
import { DUTY_NAMES } from '../../rule/index.ts';
import type { UnitsPage, UnitView } from '../../service/index.ts';
import { clear, repeat } from '../tell.ts';
import { createTally, unitsText } from './text.ts';

const flags = {
  key: keyFlag,
  chain: chainFlag,
  duty: flag(choice('name', DUTY_NAMES).optional(), 'only this duty'),
  since: flag(
    since().prefault('24h'),
    'how far back: 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z; services keep units for 30 days',
  ),
  all: flag(yes(), 'list every unit, not only the missed ones'),
  watch: flag(yes(), 'refresh until stopped with Ctrl-C'),
  everyMs: flag(milliseconds().default(6_000), 'time between refreshes in milliseconds'),
  validator: flag(text('address').optional(), 'address of the validator (stash), to print its era points'),
  staking: flag(text('url').optional(), 'RPC of the chain with the stakes, such as Asset Hub'),
  ...connection,
};
type UnitsOptions = OptionsOf<typeof flags>;

const PAGE = '256';
const KEPT_MS = 30 * 86_400_000;
/** A month of slots and rounds of one key, in pages of 256. */
const MAX_PAGES = 4_000;
/** `units`: the due units of a key, and why each missed one was missed. */
export const units = command({
  flags,
  examples: [
    'watchbill units --key alpha --since 24h',
    'watchbill units --key 5ac67d --duty babe --all --json',
    'watchbill units --key alpha --validator 15qom… --staking wss://asset-hub.example.org',
  ],
  rules: [needs('validator', 'staking'), needs('staking', 'validator'), atMostOne('staking', 'watch')],
  statuses: {
    ok: 'no unit was missed',
    denied: 'a unit was missed',
    unknown: 'no missed unit is known, but a service did not answer',
  },
  run: async ({ io, exit }, options) => {
    if (options.watch)
      return repeat(io, options.everyMs, async () => {
        const { show } = await readUnits(io, options);
        clear(io);
        show();
      });
    const { missed, complete, show } = await readUnits(io, options);
    show();
    if (missed > 0) exit(EXIT.denied);
    else if (!complete) exit(EXIT.unknown);
  },
});

/** `show` prints them. */
async function readUnits(io: Io, options: UnitsOptions) {
  const { validator, staking } = options;
  // Loaded here and not above, so that a command without these flags starts fast.
  const reader = () => import('./era-points.ts');
  const points = validator && staking ? await (await reader()).readPoints(io, validator, staking) : undefined;
  const nowMs = io.clock.nowMs();
  const sinceMs = Math.max(options.since(nowMs), nowMs - KEPT_MS);
  const isShown = ({ missed }: UnitView) => options.all || missed;
  const tally = createTally(isShown);
  const units: UnitView[] = [];
  const { policy, complete } = await askService(io, options, async (api) => {
    const policy = await policyOf(api, options);
    const { key, chain } = policy;
    const query = { key, chain, duty: options.duty, since: String(sinceMs), limit: PAGE };
    let [before, complete]: [string | undefined, boolean] = [undefined, true];
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page: UnitsPage = await api.get('/v1/units', { ...query, before });
      for (const unit of page.units) tally.add(unit);
      if (options.json) units.push(...page.units.filter(isShown));
      complete &&= page.complete;
      before = page.next;
      if (before === undefined) break;
    }
    // Pages that are left out are not complete either.
    return { policy, complete: complete && before === undefined };
  });
  const read = tally.read();
  const value = { units, summary: read.summary, complete, points };
  const shown = { ...read, policy, sinceMs, complete, points };
  const show = () => print(io, options.json, value, () => unitsText(shown));
  return { missed: read.summary.missed, complete, show };
}
