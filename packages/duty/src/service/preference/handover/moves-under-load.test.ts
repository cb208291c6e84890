import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { VirtualClock } from '@watchbill/kit/testing';
import { type Store, StoreFault } from '../../../store/index.ts';
import type { Permit } from '../../contract.ts';
import { CHAIN, claimOf, FIT_REPORT, KEY, memoryStore, startAdopted } from '../../testing/services.ts';
import { clockOf } from '../../testing/world.ts';

/** Slots of the policy are a second long and begin an hour before the test. */
const FIRST_SLOT = 3_600;
const MOVES = 12;
/** A cast handover happens in the middle of rounds and slots, never at their edges alone. */
const STEP_MS = 730;

/** The digests that the two nodes signed, by unit and part. */
type Signed = Map<string, Set<string>>;

interface Scene {
  readonly permit: Permit;
  readonly clock: VirtualClock;
  readonly signed: Signed;
  readonly missed: string[];
  over: boolean;
}

async function claim(scene: Scene, node: string, what: object): Promise<boolean> {
  const incarnation = (node === 'a' ? '11' : '22').repeat(16);
  const reply = await scene.permit.claim(claimOf({ incarnation, ...what }), { node });
  if (reply.outcome !== 'granted' || reply.digest === null) return reply.outcome === 'granted';
  const name = `${reply.duty} ${reply.unit} ${reply.part}`;
  const known = scene.signed.get(name) ?? new Set();
  scene.signed.set(name, known.add(reply.digest));
  return true;
}

/** Every slot is due: both nodes claim it, each for a different block. */
async function slots(scene: Scene): Promise<void> {
  const startMs = scene.clock.monotonicMs();
  for (let slot = FIRST_SLOT; !scene.over; slot++) {
    const waitMs = (slot - FIRST_SLOT) * 1_000 - (scene.clock.monotonicMs() - startMs);
    if (waitMs > 0) await scene.clock.sleep(waitMs);
    const of = { duty: 'babe', unit: String(slot), part: 'seal', timeoutMs: 700 } as const;
    const answers = await Promise.all(
      ['a', 'b'].map((node) => claim(scene, node, { ...of, digest: `0x${`${node}1`.repeat(32)}` })),
    );
    if (!answers.includes(true)) scene.missed.push(`slot ${slot}`);
  }
}

/** The active node votes in round after round. Each node has its own view of the chain. */
async function rounds(scene: Scene, node: string, network: { round: number }): Promise<void> {
  while (!scene.over) {
    const [watch] = await scene.permit.watches({ key: KEY });
    const { round } = network;
    const of = { duty: 'grandpa', unit: `0/${round}`, timeoutMs: 500 };
    const digest = `0x${`${node}2`.repeat(40)}`;
    const isOn = watch?.holder === node;
    if (isOn && (await claim(scene, node, { ...of, part: 'enter', digest: null, term: watch.term }))) {
      let done = true;
      for (const part of ['prevote', 'precommit']) {
        await scene.clock.sleep(150);
        done &&= await claim(scene, node, { ...of, part, digest });
      }
      if (done) network.round = Math.max(network.round, round + 1);
    }
    await scene.clock.sleep(40);
  }
}

async function reports(scene: Scene, network: { round: number }): Promise<void> {
  while (!scene.over) {
    for (const node of ['a', 'b']) await scene.permit.reportReadiness(FIT_REPORT, node).catch(() => null);
    const round = String(network.round);
    await scene.permit.observe({ chain: CHAIN, setId: '0', round }, 'watcher').catch(() => null);
    await scene.clock.sleep(300);
  }
}

/** Both nodes at work, and `MOVES` handovers by `move`; the answer lists the signed and the missed units. */
async function underLoad(
  context: TestContext,
  seen: (inner: Store) => Store,
  move: (scene: Scene, to: string, at: number) => Promise<unknown>,
): Promise<Scene> {
  const change = { watchTtlMs: 5_000, standbyDelayMs: 100 };
  const { permit } = await startAdopted(context, change, { store: seen(memoryStore(context)) });
  const clock = clockOf(context);
  const scene: Scene = { permit, clock, signed: new Map(), missed: [], over: false };
  const network = { round: 1 };
  await scene.permit.reportReadiness(FIT_REPORT, 'a');
  await scene.permit.observe({ chain: CHAIN, setId: '0', round: '1' }, 'watcher');
  const work = [
    slots(scene),
    reports(scene, network),
    rounds(scene, 'a', network),
    rounds(scene, 'b', network),
  ];
  for (let at = 0; at < MOVES; at++) {
    await clock.sleep(STEP_MS);
    const [watch] = await scene.permit.watches({ key: KEY });
    await move(scene, watch?.holder === 'a' ? 'b' : 'a', at);
  }
  await clock.sleep(3_000);
  scene.over = true;
  await Promise.all(work);
  assert.ok(network.round > MOVES, `the identity votes on: round ${network.round}`);
  const twice = [...scene.signed].filter(([, digests]) => digests.size > 1).map(([name]) => name);
  assert.deepEqual(twice, [], 'signed twice');
  return scene;
}

test('handovers under load miss no slot and sign nothing twice', async (context) => {
  const scene = await underLoad(
    context,
    (inner) => inner,
    ({ permit }, to) => permit.handOver(CHAIN, KEY, to, { by: 'ada' }),
  );
  assert.deepEqual(scene.missed, []);
});

test('handovers that are called off, forced, or meet faults of the store sign nothing twice', async (context) => {
  let broken = 0;
  const faulty = (inner: Store): Store => ({
    ...inner,
    read: (wanted, options) => {
      if (broken === 0 || !wanted.some((key) => key.startsWith('watch/') || key.startsWith('mark/')))
        return inner.read(wanted, options);
      broken -= 1;
      return Promise.reject(new StoreFault('unavailable', 'no answer', 'nothing'));
    },
  });
  let moved = 0;
  const scene = await underLoad(context, faulty, async ({ permit, clock }, to, at) => {
    const gone = new AbortController();
    const force = at % 3 === 1 ? { force: 'a test' } : {};
    const moving = permit.handOver(CHAIN, KEY, to, { by: 'ada', signal: gone.signal, ...force });
    if (at % 3 === 2) broken = 2;
    if (at % 3 === 0) void clock.sleep(30).then(() => gone.abort());
    await moving.then(
      () => moved++,
      () => undefined,
    );
  });
  assert.ok(moved > 0 && moved < MOVES, `${moved} of ${MOVES} handovers went through`);
  const [watch] = await scene.permit.watches({ key: KEY });
  assert.equal(watch?.movingTo, null, 'no mark of a handover is left');
  assert.ok(scene.missed.length <= MOVES, scene.missed.join(', '));
});
