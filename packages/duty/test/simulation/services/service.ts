import { createPermit, type MemoryView, type Permit } from '@watchbill/duty/service';
import { createSimLedger, type Life, storeOfLife } from '@watchbill/testkit/sim';
import { SESSION_TTL_MS, SET, STORE_TIMEOUT_MS } from '../names.ts';
import { chainRound } from '../nodes/chain.ts';

import type { SimService, World } from '../world/world.ts';
import { createHandler, type ServiceRequest } from './requests.ts';

const RESTART_MS = 300;
const silent = () => undefined;

/** Start the service's process. If it cannot begin, it ends and starts again, as under a supervisor. */
export function startService(world: World, service: SimService): void {
  service.permit = null;
  service.host.start(async (life) => {
    try {
      const permit = await openPermit(world, service, life);
      if (!life.alive()) return;
      service.permit = permit;
      world.network.serve(life, createHandler(world, service, permit, life));
      void watchState(world, service, permit, life);
    } catch (error) {
      world.remark(`${service.name} could not start: ${String(error)}`);
      life.crash();
      startLater(world, service, RESTART_MS);
    }
  });
}

export function startLater(world: World, service: SimService, ms: number): void {
  world.clock.after(ms, () => {
    if (service.host.state() === 'down') startService(world, service);
  });
}

function openPermit(world: World, service: SimService, life: Life): Promise<Permit> {
  const random = world.random.fork(`${service.name}/${life.number}`);
  const dice = random.fork('failpoints');
  const ledger = createSimLedger({
    life,
    disk: service.disk,
    clock: world.clock,
    random: random.fork('disk'),
    syncMs: world.mood.syncMs,
    failure: () => (world.mood.calm ? 0 : world.plan.diskFailure),
    lies: world.plan.sabotage === 'lying-disk',
  });
  ledger.subscribeForks(({ mark }) =>
    world.history.add({ kind: 'fork', atMs: world.clock.nowMs(), service: ledger.serviceId, mark }),
  );
  return createPermit(
    {
      store: storeOfLife(life, service.line),
      ledger,
      clock: life.clock,
      random: random.fork('core'),
      peers: {
        memory: async (url, secret, timeoutMs) => {
          const request: ServiceRequest = { op: 'memory', secret };
          return (await world.network.request(life, url, request, timeoutMs)) as MemoryView;
        },
      },
      nodeRpc: {
        roundState: async () => ({ setId: BigInt(SET), bestRound: chainRound(life.clock.nowMs()) }),
      },
      log: {
        info: silent,
        warn: silent,
        error: (event, message) => world.remark(`${service.name}: ${message} ${JSON.stringify(event)}`),
      },
      meter: { decision: silent, storeCall: silent, ledgerAppend: silent, batch: silent },
      failpoint: (name) => {
        if (world.mood.calm || !dice.chance(world.plan.failpoint)) return;
        world.remark(`${service.name} dies at ${name}`);
        life.crash();
        startLater(world, service, dice.int(50, 1_500));
        return new Promise(() => {});
      },
    },
    {
      name: service.name,
      url: service.name,
      sessionTtlMs: SESSION_TTL_MS,
      storeTimeoutMs: STORE_TIMEOUT_MS,
      operatorSecret: null,
      maxInFlight: 1_000,
    },
  );
}

const LOOK_MS = 100;

/** Notes each state that the service comes to, for the trace. */
async function watchState(world: World, service: SimService, permit: Permit, life: Life): Promise<void> {
  let before = '';
  while (life.alive()) {
    const { state, ready, detail } = await permit.health();
    const shown = state === 'serving' && !ready ? 'held' : state;
    if (shown !== before)
      world.history.add({
        kind: 'state',
        atMs: world.clock.nowMs(),
        service: service.name,
        state: shown,
        detail,
      });
    before = shown;
    await life.clock.sleep(LOOK_MS);
  }
}
