import { type ClaimRequest, createPermit, type Permit } from '@watchbill/duty/service';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { createVirtualClock, type VirtualClock } from '@watchbill/kit/testing';
import {
  createHost,
  createSeededRandom,
  createSimDisk,
  createSimLedger,
  type SimDisk,
} from '@watchbill/testkit/sim';
import { CHAIN, KEY, OBSERVERS, SET, SLOT_MS, START_MS } from '../names.ts';
import { chainRound, chainSession } from '../nodes/chain.ts';
import { firstDocument } from '../operator/documents.ts';
import { drawPlan } from '../plan/draw.ts';
import { createWorld } from '../world/world.ts';
import { createGate, type Gate, gatedLedger, gatedStore } from './gate.ts';

/** Two services over one store, without faults, whose steps a test puts in order. */
export interface Setting {
  readonly clock: VirtualClock;
  readonly gate: Gate;
  readonly permits: readonly Permit[];
  readonly disks: readonly SimDisk[];
  /** Goes on to the next slot and round, and reports the round. */
  nextUnits(): Promise<void>;
  /** Both services grant and repeat this claim, so that every order begins with the same memories. */
  sameMemory(request: ClaimRequest): Promise<void>;
}

const silent = () => undefined;
const SESSION_TTL_MS = 9_000;
const START_LIMIT_MS = 20_000;
/** After the opening of its session a service grants no unit from before it. */
const SETTLE_MS = 12_000;

export async function createSetting(): Promise<Setting> {
  const clock = createVirtualClock({ startMs: START_MS });
  const random = createSeededRandom('interleavings');
  const store = createMemoryStore({ clock });
  const gate = createGate();
  const permits: Permit[] = [];
  const disks = [createSimDisk(), createSimDisk()];
  // Its disk answers at once, so that only the gate decides when a write ends.
  const instant: VirtualClock = { ...clock, sleep: async () => {} };
  const wait = async <Result>(work: Promise<Result>): Promise<Result> => {
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    work.then(end, end);
    await clock.run(() => ended);
    return work;
  };
  for (const [index, disk] of disks.entries()) {
    const name = `s${index + 1}`;
    const life = createHost(clock, name).start(() => {});
    const ledger = createSimLedger({ life, disk, clock: instant, random: random.fork(`disk/${name}`) });
    const parts = {
      store: gatedStore(store, gate, name),
      ledger: gatedLedger(ledger, gate, name),
      clock,
      random: random.fork(`core/${name}`),
      peers: { memory: (url: string) => memoryOf(permits, url) },
      nodeRpc: { roundState: async () => ({ setId: BigInt(SET), bestRound: chainRound(clock.nowMs()) }) },
      log: { info: silent, warn: silent, error: silent },
      meter: { decision: silent, storeCall: silent, ledgerAppend: silent, batch: silent },
    };
    const times = { sessionTtlMs: SESSION_TTL_MS, storeTimeoutMs: 5_000, maxInFlight: 100 };
    permits.push(await wait(createPermit(parts, { name, url: name, operatorSecret: null, ...times })));
    await untilServing(clock, wait, permits[index]);
  }
  await adoptKey(permits[0], wait);
  const setting: Setting = {
    clock,
    gate,
    permits,
    disks,
    nextUnits: () => nextUnits(clock, permits),
    async sameMemory(request) {
      for (const permit of permits) {
        const { outcome, reason } = await wait(permit.claim(request, { node: 'a' }));
        if (outcome !== 'granted') throw new Error(`the setting is not ready: ${outcome} ${reason}`);
      }
    },
  };
  for (let passedMs = 0; passedMs < SETTLE_MS; passedMs += SLOT_MS) await setting.nextUnits();
  return setting;
}

type Wait = <Result>(work: Promise<Result>) => Promise<Result>;

async function memoryOf(permits: readonly Permit[], url: string): ReturnType<Permit['memory']> {
  const permit = permits[Number(url.slice(1)) - 1];
  if (permit === undefined) throw new Error(`${url} does not run`);
  return permit.memory();
}

async function untilServing(clock: VirtualClock, wait: Wait, permit: Permit | undefined): Promise<void> {
  const endMs = clock.nowMs() + START_LIMIT_MS;
  while (permit !== undefined && (await wait(permit.health())).state !== 'serving') {
    if (clock.nowMs() > endMs) throw new Error('the service does not begin to serve');
    await clock.advance(100);
  }
}

async function adoptKey(permit: Permit | undefined, wait: Wait): Promise<void> {
  if (permit === undefined) throw new Error('there is no service');
  const world = createWorld(drawPlan('interleavings', { features: [] }));
  await wait(permit.applyPolicy({ ...firstDocument(world, KEY), standbyDelayMs: 0 }, 'test'));
  const floors = { babe: null, grandpa: null, beefy: null, 'im-online': null };
  await wait(permit.adopt({ chain: CHAIN, key: KEY, floors, confirmation: 'a new key' }, 'test'));
}

async function nextUnits(clock: VirtualClock, permits: readonly Permit[]): Promise<void> {
  const [observer] = OBSERVERS;
  const round = String(chainRound(clock.nowMs() + SLOT_MS));
  const report = { chain: CHAIN, setId: String(SET), round, session: String(chainSession(clock.nowMs())) };
  for (const permit of permits) void permit.observe(report, observer).catch(() => undefined);
  await clock.advance(SLOT_MS);
}
