import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Claim, Observation, Policy } from '../../../rule/index.ts';
import {
  adopted,
  claimWith,
  FREE,
  grantedIn,
  IDENTITY,
  OWN,
  policyOf,
  SEAL,
  startedClaim,
} from '../../claim/testing/claim.ts';
import type { SessionBase } from '../../ground/base.ts';
import { keys } from '../../ground/keys.ts';
import { denied, granted, type Verdict } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import {
  CHAIN,
  contextOf,
  FIT_REPORT,
  KEY,
  memoryStore,
  policyDocument,
  put,
} from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';
import { ASK_WITHIN_MS } from './shadow-record.ts';
import { createStandbys } from './standbys.ts';

const POLICY = policyOf({ readiness: { ...policyDocument().readiness, maxAgeMs: 60_000 } });
const READ_MS = 4;
const NEW = granted('new', OWN.mark, null);
const TAKEN = denied('unit-taken', '', OWN.mark);
const OF_B = { owner: { node: 'b', incarnation: '22'.repeat(16) }, digest: '02'.repeat(32) };
const ENTER = claimWith({ dutyName: 'grandpa' });
const ENTERED = grantedIn(adopted(ENTER), ENTER, 'enter');

interface Around {
  readonly holder?: string | null;
  readonly known?: readonly Partial<Observation>[];
  readonly hasPolicy?: boolean;
  /** The service does not hold the mark. */
  readonly markless?: boolean;
  readonly broken?: boolean;
}

/** The standbys of a key; `a` is active and has slot 1 and a round, and the reports of both came here. */
async function ground(context: TestContext, around: Around = {}) {
  const clock = clockOf(context);
  const store = memoryStore(context);
  await put(store, keys.mark(CHAIN, KEY, 'babe'), OWN.headText);
  await put(store, keys.mark(CHAIN, KEY, 'grandpa'), adopted(ENTER).headText);
  const observed: Observation = {
    ...{ observer: 'watcher', setId: 0n, round: 1n },
    ...{ finalizedBlock: null, beefySetId: null, session: null },
  };
  const modules = {
    identity: IDENTITY,
    context: contextOf(context, { store, ledger: { serviceId: 'service-1' } }),
    policies: {
      get: () => (around.hasPolicy === false ? null : { policy: POLICY, pointerText: '' }),
      load: async () => {
        await clock.sleep(READ_MS);
        if (around.broken === true) throw new Error('no answer');
        return { policy: POLICY, pointerText: '' };
      },
    },
    base: () => ({ openedMs: null, adopted: new Set() }),
    observations: {
      heard: (_policy: Policy, base: SessionBase) => ({
        ...{ base, fresh: [observed], first: [], former: [], known: [observed], arrivals: [] },
      }),
      known: () => around.known ?? [observed],
    },
    watches: {
      holder: () => (around.holder === undefined ? 'a' : around.holder),
      unfit: () => null,
      lastReport: (_policy: Policy, node: string) => (node === 'c' ? null : FIT_REPORT),
      onTaken: () => undefined,
    },
    session: { state: () => 'serving' },
    reports: { held: () => null },
    marks: { get: (of: Claim) => (around.markless ? null : of.duty.name === 'babe' ? OWN : ENTERED) },
  };
  const standbys = createStandbys(modules as unknown as CoreModules);
  const follow = (claim: Claim, verdict: Verdict) => standbys.follow(startedClaim(claim).asked, verdict);
  const shadow = (node = 'b') => {
    const { due, granted, asked } = standbys.shadow(POLICY, node);
    return `${granted} of ${due}, ${asked} asked`;
  };
  /** The figures of both nodes, once every unit that was due counts. */
  const later = async () => {
    await clock.sleep(ASK_WITHIN_MS + 1);
    return [shadow('a'), shadow('b')];
  };
  return { standbys, follow, shadow, later, clock };
}

const NOTHING = '0 of 0, 0 asked';

describe('a decision', () => {
  for (const [name, around, unit] of [
    [
      'that denies the slot is a shadow claim also if this service does not hold the mark',
      { markless: true },
      [1n],
    ],
    ['that denies the slot is one also if the mark does not have the unit any more', {}, [2n]],
  ] as const)
    test(name, async (context) => {
      const { follow, later } = await ground(context, around);
      follow({ ...SEAL, ...OF_B, unit }, TAKEN);
      assert.deepEqual(await later(), [NOTHING, '1 of 1, 1 asked']);
    });

  test('that says something else makes nothing due', async (context) => {
    const prevote = claimWith({ dutyName: 'grandpa', parts: ['prevote'], digest: '01'.repeat(40) });
    const stranger = { ...SEAL, owner: { ...OF_B.owner, node: 'stranger' } };
    const cases: readonly (readonly [Claim, Verdict, Around?])[] = [
      [SEAL, granted('repeat', OWN.mark, null)],
      [SEAL, { ...NEW, outcome: 'denied' }],
      [{ ...SEAL, ...OF_B }, denied('below-floor', '', FREE.mark)],
      [
        { ...SEAL, ...OF_B },
        { ...TAKEN, outcome: 'unknown' },
      ],
      [prevote, NEW],
      [{ ...ENTER, owner: OF_B.owner }, TAKEN],
      [SEAL, NEW, { hasPolicy: false }],
      [stranger, TAKEN],
    ];
    for (const [claim, verdict, around] of cases)
      await context.test(`${claim.duty.name} ${verdict.outcome} ${verdict.reason}`, async (inner) => {
        const { follow, later, shadow } = await ground(inner, around);
        follow(claim, verdict);
        assert.deepEqual([...(await later()), shadow('stranger')], [NOTHING, NOTHING, NOTHING]);
      });
  });
});

describe('a shadow claim', () => {
  test('is one at a time: a unit that comes meanwhile counts for nothing', async (context) => {
    const { follow, later, clock } = await ground(context);
    follow({ ...SEAL, ...OF_B, unit: [2n] }, TAKEN);
    follow({ ...SEAL, unit: [3n] }, NEW);
    follow({ ...SEAL, ...OF_B, unit: [3n] }, TAKEN);
    await clock.sleep(READ_MS + 1);
    follow({ ...SEAL, ...OF_B, unit: [4n] }, TAKEN);
    assert.deepEqual(await later(), [NOTHING, '2 of 2, 2 asked']);
  });

  test('that the store does not answer counts for nothing', async (context) => {
    for (const claims of [[ENTER], [SEAL, { ...SEAL, ...OF_B }]]) {
      const { follow, later } = await ground(context, { broken: true });
      for (const claim of claims) follow(claim, claim.owner.node === 'b' ? TAKEN : NEW);
      assert.deepEqual(await later(), [NOTHING, NOTHING]);
    }
  });
});

describe('the view of a standby', () => {
  test('has the highest numbers that others have reported', async (context) => {
    const at = (
      observer: string,
      setId: bigint | null,
      round: bigint | null,
      block: bigint | null = null,
    ) => ({
      ...{ observer, setId, round, finalizedBlock: block },
    });
    for (const [known, shown] of [
      [[], 'null/null null'],
      [[at('b', 9n, 9n, 9n)], 'null/null null'],
      [[at('a', null, null, 7n), at('c', null, null)], 'null/null 7'],
      [[at('a', null, null, 0n)], 'null/null 0'],
      [[5n, 8n, 7n].map((block) => at('a', null, null, block)), 'null/null 8'],
      [[at('a', 3n, null), at('c', null, 4n)], 'null/null null'],
      [[at('a', 3n, 4n), at('c', 2n, 9n)], '3/4 null'],
      [[at('a', 2n, 9n), at('c', 3n, 4n)], '3/4 null'],
      [[at('a', 3n, 4n), at('c', 3n, 6n), at('d', 3n, 5n)], '3/6 null'],
    ] as const) {
      const { standbys } = await ground(context, { known });
      const { setId, round, finalizedBlock } = standbys.views([POLICY])[1]?.seen ?? assert.fail();
      assert.equal(`${setId}/${round} ${finalizedBlock}`, shown);
    }
  });
});
