import {
  basisOf,
  executeRecovery,
  type Memory,
  makePlan,
  memoryOfLedger,
  missingEntries,
  type RecoveryParts,
  type RecoveryReport,
  readContextOf,
  readStore,
  type Situation,
} from '@watchbill/duty/proof/recovery';
import { compareUnits, DUTIES } from '@watchbill/duty/rule';
import type { Ledger } from '@watchbill/duty/service';
import { createSimLedger, type Life, storeOfLife } from '@watchbill/testkit/sim';
import { SESSION_TTL_MS, STORE_TIMEOUT_MS } from '../names.ts';
import type { SimService, World } from '../world/world.ts';
import { emptyDisk, stopNodes } from './acts.ts';
import { rightFloors, unitOf } from './truth.ts';

/** A service whose supervisor starts it in the middle of the recovery makes one attempt fail. */
const MOST_ATTEMPTS = 5;

/**
 * `watchbill recover`, as an operator runs it after a disaster: every node and service is stopped, a plan is
 * made from the store and every disk, and carried out. The nodes stay stopped. Answers what is wrong, or null.
 */
export async function recoverStopped(world: World): Promise<string | null> {
  stopNodes(world);
  let wrong = 'it was not tried';
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    for (const service of world.services) {
      service.host.crash();
      service.permit = null;
    }
    // Sessions are leases of the store.
    await world.clock.sleep(3 * SESSION_TTL_MS);
    const found = await recoverOnce(world);
    if (found === null) return null;
    wrong = found;
  }
  return `the recovery was not carried out: ${wrong}`;
}

/** The command, in the process of the first service. */
async function recoverOnce(world: World): Promise<string | null> {
  const [first] = world.services;
  if (first === undefined) return 'there is no service';
  return new Promise((resolve) => {
    first.host.start(async (life) => {
      const result = await carryOut(world, first, life).catch((error: unknown) => String(error));
      life.crash();
      resolve(result);
    });
  });
}

async function carryOut(world: World, first: SimService, life: Life): Promise<string | null> {
  const opened = { store: storeOfLife(life, first.line), clock: world.clock, timeoutMs: STORE_TIMEOUT_MS };
  const read = () => readStore(readContextOf(opened));
  const { services } = await read();
  for (const [index, { disk }] of world.services.entries())
    if (services.get(disk.serviceId ?? '')?.record.state === 'removed') emptyDisk(world, index);
  const [ledger, ...others] = world.services.map(({ disk }) => ledgerOf(world, disk, life));
  if (ledger === undefined) return 'there is no disk';
  const random = world.random.fork(`recovery/${life.number}`);
  const parts: RecoveryParts = { ...opened, ...{ ledger, random, name: first.name, url: first.name } };
  const store = await read();
  const present = new Set(world.services.map(({ disk }) => disk.serviceId));
  const situation: Situation = {
    store,
    own: memoryOfLedger(ledger),
    exports: others.filter((one) => one.ledgerId() !== null).map((one) => exportOf(one)),
    missing: missingEntries(ledger, store, []),
    nodes: [],
    noticed: [],
    choices: {
      floors: new Map(),
      lost: [...store.services.keys()].filter((id) => !present.has(id)),
      policies: [],
    },
    nowMs: Math.round(world.clock.nowMs()),
  };
  const basis = basisOf(store, ledger);
  const floors = chosenFloors(world, makePlan(situation, basis));
  const { plan, problems } = makePlan({ ...situation, choices: { ...situation.choices, floors } }, basis);
  if (problems.length > 0) return problems.map(({ what }) => what).join('; ');
  const startedMs = world.clock.nowMs();
  world.history.add({ kind: 'epoch', atMs: startedMs });
  await executeRecovery(parts, plan, 'every node was stopped');
  for (const { key, floors: planned } of plan.keys)
    world.history.add({
      kind: 'operator',
      atMs: world.clock.nowMs(),
      startedMs,
      act: 'adopt',
      text: `recovers ${key.slice(0, 6)}`,
      error: null,
      key,
      floors: Object.fromEntries(planned.map(({ duty, floor }) => [duty, floor])),
      released: null,
      roster: null,
    });
  return null;
}

function ledgerOf(world: World, disk: SimService['disk'], life: Life): Ledger {
  return createSimLedger({ life, disk, clock: world.clock, random: world.random.fork('recovery disk') });
}

function exportOf(ledger: Ledger): Memory {
  return { ...memoryOfLedger(ledger), name: `export of ${ledger.serviceId}` };
}

/** What nodes of the chain show, or a higher remembered unit. Slots need no floor of the operator. */
function chosenFloors(world: World, { plan }: RecoveryReport): Situation['choices']['floors'] {
  const clocked = new Set(DUTIES.filter(({ ceiling }) => ceiling === 'clock').map(({ name }) => name));
  return new Map(
    plan.keys.flatMap(({ chain, key, floors }) => {
      const shown = rightFloors(world, key);
      return floors
        .filter(({ duty }) => !clocked.has(duty))
        .map(({ duty, reasons }) => {
          const seen = unitOf(duty, shown[duty] ?? '');
          const known = reasons[0] === undefined ? seen : unitOf(duty, reasons[0].unit);
          return [`${chain}/${key}/${duty}`, compareUnits(known, seen) > 0 ? known : seen] as const;
        });
    }),
  );
}
