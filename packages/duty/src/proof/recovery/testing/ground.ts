import type { TestContext } from 'node:test';
import type { ClaimReply, ClaimRequest, Permit, PolicyDocument } from '../../../service/contract.ts';
import type { Ledger } from '../../../service/ledger/port.ts';
import { type FakeDisk, fakeLedger, loseEntries } from '../../../service/testing/fake-ledger.ts';
import {
  adoptOther,
  CHAIN,
  claimOf,
  KEY,
  memoryStore,
  type Service,
  startAdopted,
  startServing,
  vote,
} from '../../../service/testing/services.ts';
import { until, worldOf } from '../../../service/testing/world.ts';
import type { Store } from '../../../store/index.ts';
import type { MemoryStore } from '../../../store/testing/memory-store.ts';
import { executeRecovery } from '../execute.ts';
import { makePlan, type RecoveryReport } from '../make-plan.ts';
import type { RecoveryPlan } from '../plan.ts';
import { memoryOfLedger, missingEntries } from '../read-memory.ts';
import { basisOf, readStore } from '../read-store.ts';
import { type RecoveryParts, readContextOf } from '../recovery-parts.ts';
import type { NodeView, Situation } from '../situation.ts';

/** A disaster and its recovery in virtual time, over a memory store and fake disks. */

/** Two nodes that see round 50 of set 3, block 1,000 and session 9. */
export const NODES: readonly NodeView[] = ['one', 'two'].map((name) => ({
  url: `ws://${name}`,
  peer: name,
  chain: CHAIN,
  finalizedBlock: 1_000n,
  session: 9n,
  beefySetId: 4n,
  setId: 3n,
  round: 50n,
  newestMs: null,
}));

export interface Disaster {
  readonly store: MemoryStore;
  /** The ledger file of the service; it remembers the grant that the store lost. */
  readonly disk: FakeDisk;
  /** The word that the node got with its last grant, which the store lost. */
  readonly word: string;
}

/** Round `3/40` is granted after the backup, and the store is put back to it. The service is stopped. */
export async function storeWentBack(
  context: TestContext,
  change: Partial<PolicyDocument> = {},
): Promise<Disaster> {
  const store = memoryStore(context);
  const service = await startAdopted(context, change, { store });
  await watch(service.permit);
  await voteIn(service.permit, '39', '01');
  const backup = store.snapshot();
  const reply = await voteIn(service.permit, '40', '02');
  await stop(context, service);
  store.restore(backup);
  // Sessions are leases: those of the backup end.
  await worldOf(context).clock.sleep(60_000);
  return { store, disk: service.disk, word: reply.word ?? '' };
}

/** An observer, and node a, which is active. */
export async function watch(permit: Permit): Promise<void> {
  await permit.observe(
    { chain: CHAIN, setId: '3', round: '39', finalizedBlock: '1000', session: '9' },
    'watcher',
  );
}

export function voteIn(
  permit: Permit,
  round: string,
  byte: string,
  change: Partial<ClaimRequest> = {},
): Promise<ClaimReply> {
  const claim = claimOf({
    duty: 'grandpa',
    unit: `3/${round}`,
    part: 'prevote',
    digest: vote(byte),
    ...change,
  });
  return permit.claim(claim, { node: 'a' });
}

export async function stop(context: TestContext, service: Service): Promise<void> {
  await service.stop();
  await worldOf(context).clock.sleep(60_000);
}

/**
 * The node sent its word to the service on a store that went back; another key is adopted too. The service is
 * stopped.
 */
export async function wordIsHeld(context: TestContext) {
  const disaster = await storeWentBack(context);
  loseEntries(disaster.disk);
  const service = await startServing(context, disaster);
  await adoptOther(service.permit, ['a'], `0x${'cd'.repeat(32)}`);
  const backup = disaster.store.snapshot();
  await watch(service.permit);
  await voteIn(service.permit, '39', '02', { word: disaster.word });
  await until(context, async () => (await service.permit.rollbackReports()).length === 1, 'the report');
  await stop(context, service);
  return { ...disaster, backup };
}

/** The parts of the command, on this store and disk. */
export function partsOf(
  context: TestContext,
  { store, disk, ledger }: { readonly store: Store; readonly disk: FakeDisk; readonly ledger?: Ledger },
): RecoveryParts {
  const { clock, random } = worldOf(context);
  return {
    store,
    ledger: ledger ?? fakeLedger(disk, clock),
    clock,
    random,
    timeoutMs: 2_000,
    name: 'one',
    url: null,
  };
}

/** The plan for these parts, made as the command makes it. */
export async function planOn(parts: RecoveryParts, change: Partial<Situation> = {}): Promise<RecoveryReport> {
  const store = await readStore(readContextOf(parts));
  const situation: Situation = {
    store,
    own: memoryOfLedger(parts.ledger),
    exports: [],
    missing: missingEntries(parts.ledger, store, []),
    nodes: NODES,
    noticed: [],
    choices: { floors: new Map(), lost: [], policies: [] },
    nowMs: parts.clock.nowMs(),
    ...change,
  };
  return makePlan(situation, basisOf(store, parts.ledger));
}

export async function recover(parts: RecoveryParts): Promise<RecoveryPlan> {
  const { plan, problems } = await planOn(parts);
  if (problems.length > 0) throw new Error(problems.map(({ what }) => what).join('; '));
  await executeRecovery(parts, plan, 'all signers stopped');
  return plan;
}

/** The service after the recovery. */
export async function serveAgain(
  context: TestContext,
  { store, disk }: Pick<Disaster, 'store' | 'disk'>,
): Promise<Permit> {
  const { permit } = await startServing(context, { store, disk });
  await permit.observe(
    { chain: CHAIN, setId: '3', round: '60', finalizedBlock: '1000', session: '9' },
    'watcher',
  );
  return permit;
}

export { CHAIN, KEY };
