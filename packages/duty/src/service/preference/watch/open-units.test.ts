import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DUTIES, type Duty, type Observation, type Unit } from '../../../rule/index.ts';
import type { Store } from '../../../store/index.ts';
import { adopted, claimWith, grantedIn, policyOf } from '../../claim/testing/claim.ts';
import type { HeldMark } from '../../ground/marks.ts';
import type { CoreModules } from '../../modules.ts';
import { memoryStore } from '../../testing/services.ts';
import { putMark } from '../testing/put-mark.ts';
import { openUnits } from './open-units.ts';

const enter = (unit: Unit) => claimWith({ dutyName: 'grandpa', unit });
const prevote = (unit: Unit) =>
  claimWith({ dutyName: 'grandpa', unit, parts: ['prevote'], digest: 'aa'.repeat(40), term: null });
const precommit = (unit: Unit) => ({ ...prevote(unit), parts: ['precommit'] as const });
const { duty: grandpa } = enter([0n, 1n]);

interface Around {
  readonly reports?: readonly object[];
  readonly node?: string;
  /** The duty of the mark, and the only one; all duties unless given. */
  readonly duty?: Duty;
}

/** The open units of `node` over this mark. No mark of a duty that is not entered may be read. */
async function open(context: TestContext, held: HeldMark | null, around: Around = {}) {
  const { reports = [], node = 'a', duty } = around;
  const store = memoryStore(context);
  if (held !== null) await putMark(store, held, duty ?? grandpa);
  const read: Store['read'] = (wanted, options) => {
    for (const key of wanted) assert.match(key, duty === undefined ? /\/grandpa/ : /\/beefy/);
    return store.read(wanted, options);
  };
  const modules = {
    context: { parts: { store: { ...store, read } }, options: { storeTimeoutMs: 1_000 } },
    observations: { known: () => reports as readonly Observation[] },
  };
  return openUnits(modules as unknown as CoreModules, policyOf(), node, duty === undefined ? DUTIES : [duty]);
}

const UNIT: Unit = [3n, 1_204n];
const OPEN = ['grandpa 3/1204'];
const ENTERED = grantedIn(adopted(enter(UNIT)), enter(UNIT), 'n1');
const seen = (setId: bigint | null, round: bigint | null) => ({ observer: 'watcher', setId, round });

test('a unit that the node entered and did not finish is open', async (context) => {
  const voted = grantedIn(ENTERED, prevote(UNIT), 'n2');
  assert.deepEqual(await open(context, ENTERED), OPEN);
  assert.deepEqual(await open(context, voted), OPEN);
  assert.deepEqual(await open(context, grantedIn(voted, precommit(UNIT), 'n3')), []);
  assert.deepEqual(await open(context, ENTERED, { node: 'b' }), [], 'another node');
});

test('without a mark, or before the first unit, no unit is open', async (context) => {
  for (const held of [null, adopted(enter([3n, 1n]))]) assert.deepEqual(await open(context, held), []);
});

test('a round is open until an observer saw the one after the next, or a later set', async (context) => {
  for (const [reports, isOpen] of [
    [[seen(3n, 1_205n)], true],
    [[seen(3n, 1_206n)], false],
    [[seen(4n, 1n)], false],
    [[seen(2n, 9_999n)], true],
    [[seen(null, 9_999n)], true],
    [[seen(4n, null)], true],
    [[seen(3n, 1_204n), seen(3n, 1_206n)], false],
  ] as const)
    assert.deepEqual(await open(context, ENTERED, { reports }), isOpen ? OPEN : []);
  const first = grantedIn(adopted(enter([0n, 5n])), enter([0n, 5n]), 'n1');
  const reports = [seen(null, 99n)];
  assert.deepEqual(await open(context, first, { reports }), ['grandpa 0/5'], 'in set 0 too');
});

test('a unit that is no round is open whatever rounds an observer saw', async (context) => {
  const beefy = DUTIES.find(({ name }) => name === 'beefy') ?? assert.fail();
  const claim = { ...enter([3n, 5n]), duty: { ...beefy, parts: ['enter', 'vote'] } as Duty };
  const held = grantedIn(adopted(claim), claim, 'n1');
  const around = { reports: [seen(4n, 1n)], duty: claim.duty };
  assert.deepEqual(await open(context, held, around), ['beefy 3/5']);
});
