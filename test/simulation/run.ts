import { assertKept, findViolation, type Violation } from '@watchbill/testkit';
import { CHAIN, GENESIS_MS, KEY, NODES, OBSERVER, SLOT_MS, START_MS } from './names.ts';
import { runNemesis } from './nemesis.ts';
import { startNode, startObserver } from './node.ts';
import type { Plan } from './plan.ts';
import { ledgerProblem } from './proof.ts';
import { startService } from './service.ts';
import { beCalm, beRough, createWorld, type World } from './world.ts';

/** What came of one run. */
export interface Outcome {
  readonly world: World;
  readonly violation: Violation | null;
  readonly ledger: string | null;
  /** Signatures that left the gates while there were faults, and after them. */
  readonly releasesRough: number;
  readonly releasesCalm: number;
  /** Replies by outcome and reason. */
  readonly replies: ReadonlyMap<string, number>;
}

/** A whole run in virtual time: two services that adopt one key, a rough time, a calm end. The seed decides everything. */
export async function simulate(plan: Plan): Promise<Outcome> {
  const world = createWorld(plan);
  for (const service of world.services) startService(world, service);
  await prepare(world);
  for (const node of world.nodes) startNode(world, node);
  startObserver(world);
  beRough(world);
  void runNemesis(world);
  await world.clock.run(world.clock.nowMs() + plan.roughMs);
  const calmFromMs = world.clock.nowMs();
  beCalm(world);
  for (const service of world.services) if (service.host.state() === 'down') startService(world, service);
  for (const node of world.nodes) if (node.host.state() === 'down') startNode(world, node);
  await world.clock.run(calmFromMs + plan.calmMs);
  return outcomeOf(world, calmFromMs);
}

/** Both services serve, and the key is adopted as never signed. */
async function prepare(world: World): Promise<void> {
  const end = START_MS + 30_000;
  const serving = async () => {
    const states = await Promise.all(world.services.map(({ permit }) => permit?.health()));
    return states.every((health) => health?.state === 'serving');
  };
  let ready = false;
  while (!ready) {
    if (world.clock.nowMs() >= end) throw new Error('the services do not begin to serve in virtual time');
    await world.clock.run(world.clock.nowMs() + 100);
    // Health asks the simulated store, which answers in virtual time.
    void serving().then((all) => {
      ready = all;
    });
    await world.clock.run(world.clock.nowMs() + 100);
  }
  const [first] = world.services;
  let adopted = false;
  void adopt(first?.permit ?? null).then(() => {
    adopted = true;
  });
  await world.clock.run(() => adopted, { maxSteps: 10_000 });
}

async function adopt(permit: World['services'][number]['permit']): Promise<void> {
  if (permit === null) throw new Error('the first service does not run');
  const duty = (window: number, digestRequired = true) => ({ enabled: true, digestRequired, window });
  await permit.applyPolicy(
    {
      chain: CHAIN,
      key: KEY,
      roster: NODES.map((name, rank) => ({ name, rank })),
      duties: { babe: duty(1), grandpa: duty(64), 'im-online': duty(1, false) },
      standbyDelayMs: 60,
      watchTtlMs: 1_000,
      ceilings: {
        genesisMs: GENESIS_MS,
        slotMs: SLOT_MS,
        allowedSkewMs: 500,
        roundStep: 16,
        blockStep: 600,
        sessionStep: 2,
        observers: [OBSERVER],
      },
      readiness: {
        required: false,
        maxAgeMs: 10_000,
        minPeers: 1,
        maxFinalityLagBlocks: 10,
        maxClockOffsetMs: 200,
      },
      originalWire: { enabled: false, slotDuty: 'babe', roundScope: 'node-set' },
    },
    'simulation',
  );
  const floors = { babe: null, grandpa: null, 'im-online': null };
  await permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'a new key' }, 'simulation');
}

function outcomeOf(world: World, calmFromMs: number): Outcome {
  const events = world.history.events();
  const releases = events.filter((event) => event.kind === 'release');
  const replies = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'reply') continue;
    const name = `${event.reply.outcome}:${event.reply.reason}`;
    replies.set(name, (replies.get(name) ?? 0) + 1);
  }
  return {
    world,
    violation: findViolation(events),
    // After the store went back, entries of before and after bear the same numbers: evidence of just that.
    ledger: world.plan.rollback ? null : ledgerProblem(world.services.map(({ disk }) => disk)),
    releasesRough: releases.filter(({ atMs }) => atMs < calmFromMs).length,
    releasesCalm: releases.filter(({ atMs }) => atMs >= calmFromMs).length,
    replies,
  };
}

/** Throws with the seed and the events concerned where a promise was broken. */
export function assertPromises({ world, ledger }: Outcome): void {
  assertKept(world.history.events(), world.plan.seed);
  if (ledger !== null)
    throw new Error(`the ledger does not prove itself: ${ledger}\nrun again with SEED=${world.plan.seed}`);
}
