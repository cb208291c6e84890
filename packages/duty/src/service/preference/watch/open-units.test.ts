import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DUTIES, type Duty, encodeUnit, type Observation, type Unit } from '../../../rule/index.ts';
import type { Store } from '../../../store/index.ts';
import { adopted, claimWith, grantedIn, policyOf } from '../../claim/testing/claim.ts';
import { keys } from '../../ground/keys.ts';
import type { HeldMark } from '../../ground/marks.ts';
import type { CoreModules } from '../../modules.ts';
import { CHAIN, KEY, memoryStore, put } from '../../testing/services.ts';
import { openUnits } from './open-units.ts';

const enter = (unit: Unit) => claimWith({ dutyName: 'grandpa', unit });
const prevote = (unit: Unit) =>
  claimWith({ dutyName: 'grandpa', unit, parts: ['prevote'], digest: 'aa'.repeat(40), term: null });
const precommit = (unit: Unit) => ({ ...prevote(unit), parts: ['precommit'] as const });
const { duty } = enter([0n, 1n]);

async function write(store: Store, { mark, headText }: HeldMark): Promise<void> {
  await put(store, keys.mark(CHAIN, KEY, mark.last.duty), headText);
  for (const one of mark.recent) await put(store, keys.unit(CHAIN, KEY, duty, one.unit), encodeUnit(one));
}

/** The open units of `node` over this mark, with these reports; and the keys that were read. */
async function look(
  context: TestContext,
  held: HeldMark | null,
  reports: readonly object[] = [],
  node = 'a',
  duties: readonly Duty[] = DUTIES,
) {
  const store = memoryStore(context);
  if (held !== null) await write(store, held);
  const read: string[] = [];
  const noted: Store = {
    ...store,
    read: (wanted, options) => {
      read.push(...wanted);
      return store.read(wanted, options);
    },
  };
  const modules = {
    context: { parts: { store: noted }, options: { storeTimeoutMs: 1_000 } },
    observations: { known: () => reports as readonly Observation[] },
  };
  const open = await openUnits(modules as unknown as CoreModules, policyOf(), node, duties);
  return { open, read };
}

const ENTERED = grantedIn(adopted(enter([3n, 1_204n])), enter([3n, 1_204n]), 'n1');
const seen = (setId: bigint | null, round: bigint | null) => ({ observer: 'watcher', setId, round });

test('a unit that the node entered and did not finish is open', async (context) => {
  const unit: Unit = [3n, 1_204n];
  assert.deepEqual((await look(context, ENTERED)).open, ['grandpa 3/1204']);
  const voted = grantedIn(ENTERED, prevote(unit), 'n2');
  assert.deepEqual((await look(context, voted)).open, ['grandpa 3/1204']);
  const done = grantedIn(voted, precommit(unit), 'n3');
  assert.deepEqual((await look(context, done)).open, []);
  assert.deepEqual((await look(context, ENTERED, [], 'b')).open, [], 'another node');
});

test('without a mark, or before the first unit, no unit is open', async (context) => {
  assert.deepEqual((await look(context, null)).open, []);
  assert.deepEqual((await look(context, adopted(enter([3n, 1n])))).open, []);
});

test('marks of duties that are not entered are not read', async (context) => {
  const { read } = await look(context, ENTERED);
  const others = read.filter((key) => !key.includes('/grandpa'));
  assert.deepEqual(others, []);
});

test('a round is open until an observer saw the one after the next, or a later set', async (context) => {
  const isOpen = async (...reports: readonly object[]) =>
    (await look(context, ENTERED, reports)).open.length === 1;
  assert.equal(await isOpen(seen(3n, 1_205n)), true, 'its votes may still count');
  assert.equal(await isOpen(seen(3n, 1_206n)), false);
  assert.equal(await isOpen(seen(4n, 1n)), false);
  assert.equal(await isOpen(seen(2n, 9_999n)), true, 'an older set');
  assert.equal(await isOpen(seen(null, 9_999n)), true);
  assert.equal(await isOpen(seen(4n, null)), true);
  assert.equal(await isOpen(seen(3n, 1_204n), seen(3n, 1_206n)), false, 'one observer is enough');
  const first = grantedIn(adopted(enter([0n, 5n])), enter([0n, 5n]), 'n1');
  assert.deepEqual((await look(context, first, [seen(null, 99n)])).open, ['grandpa 0/5'], 'in set 0 too');
});

test('a unit that is no round is open whatever rounds an observer saw', async (context) => {
  const beefy = DUTIES.find(({ name }) => name === 'beefy') ?? assert.fail();
  const entered: Duty = { ...beefy, parts: ['enter', 'vote'] };
  const claim = { ...enter([3n, 5n]), duty: entered };
  const held = grantedIn(adopted(claim), claim, 'n1');
  const { open } = await look(context, held, [seen(4n, 1n)], 'a', [entered]);
  assert.deepEqual(open, ['beefy 3/5']);
});
