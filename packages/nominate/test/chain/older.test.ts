// A programme that runs as a service on a relay chain of 2024 with paged exposures: points other than 0,
// payouts with amounts, ranks, and outcomes of rounds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChopsticksChain, chainOf } from '@watchbill/testkit/chopsticks';
import { type Account, ALICE, account, type Call, fund, signed, UNIT } from './accounts.ts';
import { olderHarness, rewardsOf, sudo, untilOlderEra, writePoints } from './older.ts';
import { included } from './programme.ts';
import { calendarSince } from './programme-rounds.ts';
import { backersOf, nominatedBy } from './truth.ts';

const FAIR_PERBILL = 50_000_000;
const GREEDY_PERBILL = 200_000_000;
/** Machines that test may be far too busy. */
const LIMIT_MS = 240_000;
const EVERY_MS = 250;

interface Page<Row> {
  readonly rows: readonly Row[];
}
interface RoundLine {
  readonly id: string;
  readonly era: number;
}
interface IntentLine {
  readonly era: number;
  readonly state: string;
  readonly reason: string | null;
}
interface PayoutLine {
  readonly era: number;
  readonly page: number;
  readonly state: string;
  readonly amount: string | null;
  readonly amountWhy: string | null;
}
interface Outcome {
  readonly era: number;
  readonly elected: readonly string[];
  readonly points: Readonly<Record<string, number>>;
}

interface Staker {
  readonly who: Account;
  readonly units: bigint;
  /** Of one that stands for election. */
  readonly perbill?: number;
  /** Of one that nominates. */
  readonly target?: string;
}

/** All accounts bond, and validate with session keys, or nominate, or do neither. All in one block. */
async function stand(chain: ChopsticksChain, stakers: readonly Staker[]): Promise<void> {
  await fund(
    chain,
    stakers.map(({ who }) => who),
  );
  const extrinsics = stakers.flatMap(({ who, units, perbill, target }, index) => {
    const fill = (place: number, bytes = 32) => `0x${(16 * (index + 1) + place).toString(16).repeat(bytes)}`;
    const keys = {
      ...{ grandpa: fill(1), babe: fill(2), para_validator: fill(3), para_assignment: fill(4) },
      ...{ authority_discovery: fill(5), beefy: `0x02${fill(6).slice(2)}` },
    };
    const calls: readonly Call[] = [
      ['Staking', 'bond', { value: String(units * UNIT), payee: { type: 'Stash' } }],
      ...(target === undefined
        ? []
        : ([
            ['Staking', 'nominate', { targets: [{ type: 'Id', value: target }] }],
          ] satisfies readonly Call[])),
      ...(perbill === undefined
        ? []
        : ([
            ['Staking', 'validate', { prefs: { commission: perbill, blocked: false } }],
            ['Session', 'set_keys', { keys, proof: '0x' }],
          ] satisfies readonly Call[])),
    ];
    return calls.map((call, nonce) => signed(chain, who, call, { nonce }));
  });
  await chain.newBlock(1, await Promise.all(extrinsics));
}

/** Makes blocks until the service has seen what is waited for. */
function watcher(chain: ChopsticksChain, url: string, errors: () => string) {
  const get = async <Body>(path: string): Promise<Body> => {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
    return (await answer.json()) as Body;
  };
  const until = async <Body>(
    path: string,
    fits: (body: Body) => boolean,
    { blocks = false }: { readonly blocks?: boolean } = {},
  ): Promise<Body> => {
    const endMs = Date.now() + LIMIT_MS;
    for (;;) {
      const body = await get<Body>(path).catch(() => null);
      if (body !== null && fits(body)) return body;
      if (Date.now() > endMs) {
        const jobs = await get('/v1/jobs').catch(() => null);
        assert.fail(
          `${path}: ${JSON.stringify(body)}\n${JSON.stringify(jobs, null, 1)}\n${errors().slice(-2_000)}`,
        );
      }
      if (blocks) await chain.newBlock();
      await sleep(EVERY_MS);
    }
  };
  return { get, until };
}

test('points, payouts (defect 22), ranks and outcomes over four eras', {
  timeout: 600_000,
}, async (context) => {
  const chain = await chainOf(context, 'westend-1015000');
  const names = ['newcomer', 'greedy', 'bystander', 'a stranger', 'the nominator'];
  const [newcomer, greedy, bystander, stranger, nominator] = names.map(account);
  assert.ok(newcomer && greedy && bystander && stranger && nominator);
  await stand(chain, [
    { who: newcomer, units: 40_000n, perbill: FAIR_PERBILL },
    { who: greedy, units: 50_000n, perbill: GREEDY_PERBILL },
    { who: bystander, units: 1_000n },
    { who: stranger, units: 20_000n, target: newcomer.key },
    { who: nominator, units: 30_000n },
  ]);
  // Seats for all who stand, the two of the genesis among them.
  await included(chain, ALICE, [
    sudo('Staking', { type: 'set_validator_count', value: { new: 4 } }),
    sudo('Staking', { type: 'force_new_era_always' }),
  ]);
  await untilOlderEra(chain, 1);

  const harness = await olderHarness({
    chain,
    nominator,
    candidates: { newcomer: newcomer.key, greedy: greedy.key, bystander: bystander.key },
    minimumUnits: 1n,
    mostPerbill: 100_000_000,
  });
  context.after(() => harness.remove());
  const service = await harness.run();
  const { url } = service.addresses;
  assert.ok(url !== null);
  const { get, until } = watcher(chain, url, service.errors);
  /** The outcomes of a round, once one of them fits. */
  const outcomesOf = async (round: string, fits: (outcome: Outcome) => boolean) => {
    const path = `/v1/rounds/${round}`;
    const has = ({ outcomes }: { readonly outcomes: readonly Outcome[] }) => outcomes.some(fits);
    return (await until<{ readonly outcomes: readonly Outcome[] }>(path, has)).outcomes;
  };

  // One takes more than the programme allows, one does not stand: the newcomer is nominated, really.
  await until<Page<IntentLine>>(
    '/v1/intents',
    ({ rows }) => rows.some(({ era, state }) => era === 1 && state === 'finalised'),
    { blocks: true },
  );
  assert.deepEqual(await nominatedBy(chain, nominator.key), [newcomer.key]);
  // While the era lasts: afterwards the calendar no longer says that this nomination was in time for era 3.
  await until<Page<IntentLine>>('/v1/intents', () => / verified: /.test(service.errors()));
  await calendarSince(service.errors, chain);
  const [first] = (await get<Page<RoundLine>>('/v1/rounds')).rows;
  assert.equal(first?.era, 1);
  await writePoints(chain, 1, { [newcomer.key]: 20, [greedy.key]: 60 });
  await untilOlderEra(chain, 2);

  await writePoints(chain, 2, { [greedy.key]: 50, [newcomer.key]: 100 });
  await untilOlderEra(chain, 3);

  // With an era for each session the voters of era 2 were read when era 1 began: what was nominated in it
  // counts for era 3.
  for (const [era, counts] of [
    [2, false],
    [3, true],
  ] as const)
    assert.equal(
      (await backersOf(chain, era, newcomer.key)).includes(nominator.key),
      counts,
      `in era ${era}`,
    );
  await outcomesOf(first?.id ?? '', ({ era, elected }) => era === 3 && elected.length > 0);
  await writePoints(chain, 3, { [greedy.key]: 30, [newcomer.key]: 70 });
  await untilOlderEra(chain, 4);

  const pointsOf = async (name: string) =>
    (await get<Page<{ era: number; points: number }>>(`/v1/candidates/${name}/points`)).rows.map(
      ({ era, points }) => [era, points],
    );
  const outcomes = await outcomesOf(first?.id ?? '', ({ points }) => Object.keys(points).length > 0);
  assert.deepEqual(outcomes[0], { era: 3, elected: [newcomer.key], points: { [newcomer.key]: 70 } });
  assert.deepEqual(await pointsOf('newcomer'), [
    [3, 70],
    [2, 100],
    [1, 20],
  ]);
  assert.deepEqual(await pointsOf('greedy'), [
    [3, 30],
    [2, 50],
    [1, 60],
  ]);
  assert.deepEqual(await pointsOf('bystander'), []);

  // One event per era: active gives one; nominated for it and without breach one more, which is era 3.
  const rankOf = (name: string, rank: number) =>
    until<{ readonly rank: number }>(`/v1/candidates/${name}`, (body) => body.rank === rank);
  await rankOf('newcomer', 1 + 1 + 2);
  await rankOf('greedy', 1 + 1 + 1);
  await rankOf('bystander', 0);

  // The amount of a page is known before the claim, and equals the payment of the runtime to the planck.
  const payoutOf = async (era: number, state: string) => {
    const isIt = (row: PayoutLine) => row.era === era && row.state === state && row.amount !== null;
    const path = '/v1/candidates/newcomer/payouts';
    return (await until<Page<PayoutLine>>(path, ({ rows }) => rows.some(isIt))).rows.find(isIt);
  };
  const unclaimed = await payoutOf(2, 'unclaimed');
  assert.ok(BigInt(unclaimed?.amount ?? 0) > 0n, JSON.stringify(unclaimed));
  assert.equal(unclaimed?.amountWhy, null);
  await until<Page<{ readonly key: string; readonly text: string }>>('/v1/notices', ({ rows }) =>
    rows.some(({ key, text }) => key === 'payouts-expire' && /\d WND\) expires? within 100 eras/.test(text)),
  );
  await included(chain, ALICE, [
    ['Staking', 'payout_stakers_by_page', { validator_stash: newcomer.key, era: 2, page: 0 }],
  ]);
  const paid = await rewardsOf(chain);
  assert.ok(
    paid.some(({ stash }) => stash === stranger.key),
    'who nominates it has a part',
  );
  const sum = paid.reduce((total, { amount }) => total + amount, 0n);
  assert.equal(sum, BigInt(unclaimed?.amount ?? 0), 'what was read is what was paid');
  const claimed = await payoutOf(2, 'claimed');
  assert.equal(claimed?.amount, unclaimed?.amount);

  assert.equal(await service.stop(), 0);
});
