import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTikvStore } from '@watchbill/duty/store/tikv';
import { systemClock } from '@watchbill/kit';
import { startTikvCluster, type TikvCluster } from '@watchbill/testkit/tikv';
import { holdCommits, type Racer, startRacer } from './race.ts';
import { RACE_PREFIX, unitKey } from './racer.ts';

const UNITS = process.env.WATCHBILL_LONG === '1' ? 10_000 : 5_000;
const READ_AT_ONCE = 200;
/** Of many wrong units the first ones say enough. */
const SHOWN = 10;

interface Ground {
  readonly cluster: TikvCluster;
  readonly racers: readonly [Racer, Racer];
}

interface Moments {
  /** Begins the race. What takes a while is done before, so that the race is on when it is struck. */
  begin(): void;
  /** Called in the moment of the deed: the race must be on then. */
  struck(): void;
}

type Deed = (ground: Ground, moments: Moments) => Promise<void>;

const storeLeaderKilled: Deed = async ({ cluster }, { begin, struck }) => {
  const leader = await cluster.storeLeader(RACE_PREFIX);
  begin();
  await leader.kill();
  struck();
  await cluster.storeLeader(RACE_PREFIX);
  await leader.start();
};

const placementLeaderKilled: Deed = async ({ cluster }, { begin, struck }) => {
  const leader = await cluster.pdLeader();
  begin();
  await leader.kill();
  struck();
  await cluster.pdLeader();
  await leader.start();
};

/** Killed while the stores hold its commits back, which they never see; its locks stay. */
function clientKilled(which: 0 | 1): Deed {
  return async ({ cluster, racers }, { begin, struck }) => {
    await holdCommits(cluster, 2, begin);
    await racers[which].kill();
    struck();
    await cluster.faults({});
    await racers[which].restart();
  };
}

const bothKilled: Deed = async ({ racers }, { begin, struck }) => {
  begin();
  await Promise.all(racers.map((racer) => racer.kill()));
  struck();
  await Promise.all(racers.map((racer) => racer.restart()));
};

const DEEDS: readonly (readonly [string, Deed])[] = [
  ['the leader of the records is killed', storeLeaderKilled],
  ['a client is killed between prewrite and commit', clientKilled(0)],
  ['the leader of PD is killed', placementLeaderKilled],
  ['the other client is killed between prewrite and commit', clientKilled(1)],
  ['the next leader of the records is killed', storeLeaderKilled],
  ['both clients are killed', bothKilled],
  ['a client is killed between prewrite and commit again', clientKilled(0)],
  ['the leader of the records is killed once more', storeLeaderKilled],
  ['the next leader of PD is killed', placementLeaderKilled],
  ['nothing happens', async (_ground, { begin }) => begin()],
];

test(`${UNITS} races of two processes under kills: one winner each, and the record holds what it was told`, {
  timeout: 8 * 60_000,
}, async (context) => {
  const cluster = await startTikvCluster();
  context.after(() => cluster.close());
  const racers = [await startRacer(cluster, 'a'), await startRacer(cluster, 'b')] as const;
  context.after(() => Promise.all(racers.map((racer) => racer.kill())));
  const perDeed = UNITS / DEEDS.length;
  for (const [index, [name, deed]] of DEEDS.entries()) {
    const units = Array.from({ length: perDeed }, (_, unit) => index * perDeed + unit);
    const startedMs = performance.now();
    const begin = (): void => {
      for (const racer of racers) racer.race(units);
    };
    const isOn = (): boolean => units.some((unit) => racers.some(({ told }) => !told.has(unit)));
    let inTime = name === 'nothing happens';
    const struck = (): void => {
      inTime = isOn();
    };
    await deed({ cluster, racers }, { begin, struck });
    assert.ok(inTime, `${name}: the race was over before it`);
    await Promise.all(racers.map((racer) => racer.done()));
    context.diagnostic(`${name}: ${perDeed} races in ${Math.round(performance.now() - startedMs)} ms`);
  }
  await check(cluster, racers);
});

/**
 * Both racers told the same value of each unit, so one of them won it and the other knows; and the record
 * holds it.
 */
async function check(cluster: TikvCluster, [a, b]: readonly [Racer, Racer]): Promise<void> {
  const units = Array.from({ length: UNITS }, (_, unit) => unit);
  const differ = units.filter((unit) => a.told.get(unit) !== b.told.get(unit));
  assert.deepEqual(differ.slice(0, SHOWN), [], 'units of which the racers were told different winners');
  const winners = units.map((unit) => a.told.get(unit)?.split(':')[0]);
  assert.ok(winners.every((name) => name === 'a' || name === 'b'));
  assert.ok(winners.includes('a') && winners.includes('b'), 'both won some');
  const store = await openTikvStore({
    endpoints: cluster.endpoints,
    prefix: RACE_PREFIX,
    clock: systemClock(),
  });
  for (let at = 0; at < UNITS; at += READ_AT_ONCE) {
    const some = units.slice(at, at + READ_AT_ONCE);
    const held = (await store.read(some.map(unitKey))).map((value) => Buffer.from(value ?? []).toString());
    assert.deepEqual(
      held,
      some.map((unit) => a.told.get(unit)),
    );
  }
  await store.close();
}
