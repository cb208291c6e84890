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
  FIT_REPORT,
  KEY,
  memoryStore,
  policyDocument,
  put,
  silentLog,
} from '../../testing/services.ts';
import { clockOf, START_MS } from '../../testing/world.ts';
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

type Taken = Parameters<Parameters<CoreModules['watches']['onTaken']>[0]>;

/** The standbys of a key; `a` is active and has slot 1 and a round, and the reports of both came here. */
async function ground(context: TestContext, around: Around = {}) {
  const clock = clockOf(context);
  const store = memoryStore(context);
  await put(store, keys.mark(CHAIN, KEY, 'babe'), OWN.headText);
  await put(store, keys.mark(CHAIN, KEY, 'grandpa'), adopted(ENTER).headText);
  let takenBy: (...taken: Taken) => void = () => assert.fail('there is no listener');
  const observed: Observation = {
    ...{ observer: 'watcher', setId: 0n, round: 1n },
    ...{ finalizedBlock: null, beefySetId: null, session: null },
  };
  const modules = {
    identity: IDENTITY,
    context: {
      parts: { clock, store, log: silentLog, ledger: { serviceId: 'service-1' } },
      options: { storeTimeoutMs: 1_000 },
    },
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
      onTaken: (listener: typeof takenBy) => {
        takenBy = listener;
      },
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
  return { standbys, follow, shadow, later, clock, taken: (...of: Taken) => takenBy(...of) };
}

const NOTHING = '0 of 0, 0 asked';

describe('a decision', () => {
  test('that grants a slot makes it due for the other node, which has ten seconds to ask', async (context) => {
    const { follow, later, shadow } = await ground(context);
    follow(SEAL, NEW);
    assert.equal(shadow(), NOTHING);
    assert.deepEqual(await later(), [NOTHING, '0 of 1, 0 asked']);
  });

  for (const [name, around, unit] of [
    ['that denies the slot to the standby is a shadow claim of it', {}, SEAL.unit],
    ['is one also if this service does not hold the mark', { markless: true }, SEAL.unit],
    ['is one also if the mark does not have the unit any more', {}, [2n]],
  ] as const)
    test(name, async (context) => {
      const { follow, later } = await ground(context, around);
      follow({ ...SEAL, ...OF_B, unit }, TAKEN);
      assert.deepEqual(await later(), [NOTHING, '1 of 1, 1 asked']);
    });

  test('that says something else makes nothing due', async (context) => {
    const { follow, later } = await ground(context);
    follow(SEAL, granted('repeat', OWN.mark, null));
    follow(SEAL, { ...NEW, outcome: 'denied' });
    follow({ ...SEAL, ...OF_B }, denied('below-floor', '', FREE.mark));
    follow({ ...SEAL, ...OF_B }, { ...TAKEN, outcome: 'unknown' });
    follow(claimWith({ dutyName: 'grandpa', parts: ['prevote'], digest: '01'.repeat(40) }), NEW);
    follow({ ...ENTER, owner: OF_B.owner }, TAKEN);
    assert.deepEqual(await later(), [NOTHING, NOTHING]);
  });

  test('about a key without a policy, or of a node that is not listed, makes nothing due', async (context) => {
    const { follow, later } = await ground(context, { hasPolicy: false });
    follow(SEAL, NEW);
    assert.deepEqual(await later(), [NOTHING, NOTHING]);
    const other = await ground(context);
    other.follow({ ...SEAL, owner: { ...OF_B.owner, node: 'stranger' } }, TAKEN);
    await other.later();
    assert.equal(other.shadow('stranger'), NOTHING);
  });
});

describe('a shadow claim', () => {
  test('for a unit of the active node is made by the service', async (context) => {
    const { follow, later } = await ground(context);
    follow(ENTER, NEW);
    assert.deepEqual(await later(), [NOTHING, '1 of 1, 0 asked']);
  });

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
    const { follow, later } = await ground(context, { broken: true });
    follow(SEAL, NEW);
    follow({ ...SEAL, ...OF_B }, TAKEN);
    assert.deepEqual(await later(), [NOTHING, NOTHING]);
    const rounds = await ground(context, { broken: true });
    rounds.follow(ENTER, NEW);
    assert.deepEqual(await rounds.later(), [NOTHING, NOTHING]);
  });
});

test('a watch that was taken is noted for its new holder', async (context) => {
  const { standbys, taken } = await ground(context);
  const last = () => standbys.views([POLICY]).map(({ lastHandover }) => lastHandover);
  taken(POLICY, 'a', { holder: null, term: '4' } as Taken[2]);
  assert.deepEqual(last(), [null, null]);
  taken(POLICY, 'a', { holder: 'b', term: '5' } as Taken[2]);
  const [ofA, ofB] = last();
  assert.equal(ofA, null);
  const { atMs = 0, ...rest } = ofB ?? {};
  assert.ok(atMs >= START_MS);
  assert.deepEqual(rest, { by: null, from: 'a', term: '5', tookMs: 0, force: null });
});

describe('the view of a standby', () => {
  test('says who is active', async (context) => {
    const { standbys } = await ground(context);
    const views = standbys.views([POLICY]).map(({ node, onWatch }) => [node, onWatch]);
    assert.deepEqual(views, [
      ['a', true],
      ['b', false],
    ]);
  });

  test('has the highest numbers that others have reported', async (context) => {
    const seen = async (...known: Partial<Observation>[]) => {
      const nothing = { setId: null, round: null, finalizedBlock: null };
      const { standbys } = await ground(context, { known: known.map((one) => ({ ...nothing, ...one })) });
      const { setId, round, finalizedBlock } = standbys.views([POLICY])[1]?.seen ?? assert.fail();
      return `${setId}/${round} ${finalizedBlock}`;
    };
    const at = (observer: string, setId: bigint | null, round: bigint | null) => ({ observer, setId, round });
    assert.equal(await seen(), 'null/null null');
    assert.equal(await seen({ ...at('b', 9n, 9n), finalizedBlock: 9n }), 'null/null null');
    assert.equal(await seen({ observer: 'a', finalizedBlock: 7n }, { observer: 'c' }), 'null/null 7');
    assert.equal(await seen({ observer: 'a', finalizedBlock: 0n }), 'null/null 0');
    const blocks = [5n, 8n, 7n].map((finalizedBlock, each) => ({ observer: `o${each}`, finalizedBlock }));
    assert.equal(await seen(...blocks), 'null/null 8');
    assert.equal(await seen(at('a', 3n, null), at('c', null, 4n)), 'null/null null');
    assert.equal(await seen(at('a', 3n, 4n), at('c', 2n, 9n)), '3/4 null');
    assert.equal(await seen(at('a', 2n, 9n), at('c', 3n, 4n)), '3/4 null');
    assert.equal(await seen(at('a', 3n, 4n), at('c', 3n, 6n), at('d', 3n, 5n)), '3/6 null');
  });
});
