import {
  type ClaimReply,
  type ClaimRequest,
  createPermit,
  type MemoryView,
  type Permit,
} from '@watchbill/permit';
import { createSimLedger, type Life, storeOfLife } from '@watchbill/testkit';
import { SESSION_TTL_MS, STORE_TIMEOUT_MS } from './names.ts';
import { isDurable } from './proof.ts';
import type { SimService, World } from './world.ts';

export type ServiceRequest =
  | { readonly op: 'claim'; readonly request: ClaimRequest }
  | { readonly op: 'observe'; readonly report: Parameters<Permit['observe']>[0] }
  | { readonly op: 'ready'; readonly report: Parameters<Permit['reportReadiness']>[0] }
  | { readonly op: 'memory'; readonly secret: string };

const silent = () => undefined;
const RESTART_MS = 300;

/** Start the service's process; where it cannot begin, it ends and is started again, as a supervisor would. */
export function startService(world: World, service: SimService): void {
  service.permit = null;
  service.host.start(async (life) => {
    try {
      const permit = await openPermit(world, service, life);
      service.permit = permit;
      world.network.serve(life, (request, from, signal) =>
        handle(world, service, permit, request as ServiceRequest, from, signal),
      );
    } catch (error) {
      world.remark(`${service.name} could not start: ${String(error)}`);
      life.crash();
      world.clock.after(RESTART_MS, () => {
        if (service.host.state() === 'down') startService(world, service);
      });
    }
  });
}

function openPermit(world: World, service: SimService, life: Life): Promise<Permit> {
  const random = world.random.fork(`${service.name}/${life.number}`);
  const ledger = createSimLedger({
    life,
    disk: service.disk,
    clock: world.clock,
    random: random.fork('disk'),
    failure: world.mood.calm ? 0 : world.plan.diskFailure,
    lies: world.plan.sabotage === 'lying-disk',
  });
  const dice = random.fork('failpoints');
  return createPermit(
    {
      store: storeOfLife(life, service.line),
      ledger,
      clock: life.clock,
      random: random.fork('core'),
      peers: {
        memory: async (url, secret, timeoutMs) =>
          (await world.network.request(life, url, { op: 'memory', secret }, timeoutMs)) as MemoryView,
      },
      nodeRpc: { roundState: () => Promise.reject(new Error('no node is simulated')) },
      log: {
        info: silent,
        warn: silent,
        error: (event) => world.remark(`${service.name}: ${JSON.stringify(event)}`),
      },
      meter: { decision: silent, storeCall: silent, ledgerAppend: silent, batch: silent },
      failpoint: (name) => {
        if (world.mood.calm || !dice.chance(world.plan.failpoint)) return;
        world.remark(`${service.name} dies at ${name}`);
        life.crash();
        world.clock.after(dice.int(50, 1_500), () => {
          if (service.host.state() === 'down') startService(world, service);
        });
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

async function handle(
  world: World,
  service: SimService,
  permit: Permit,
  request: ServiceRequest,
  from: string,
  signal: AbortSignal,
): Promise<unknown> {
  if (request.op === 'observe') return permit.observe(request.report, from);
  if (request.op === 'ready') return permit.reportReadiness(request.report, from);
  if (request.op === 'memory') {
    if (!permit.isPeer(request.secret)) throw new Error('not a service of this ledger');
    return permit.memory();
  }
  const life = service.host.life();
  const reply = await permit.claim(request.request, { node: from }, signal);
  // What a process computes after its end reaches nobody and is no answer.
  if (life?.alive() === true) record(world, service, from, reply);
  return reply;
}

function record(world: World, service: SimService, node: string, reply: ClaimReply): void {
  const durable = isDurable(world, service, reply);
  world.history.add({
    kind: 'reply',
    atMs: world.clock.nowMs(),
    service: service.name,
    node,
    reply,
    durable,
  });
}
