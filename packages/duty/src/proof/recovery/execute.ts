import { randomHex } from '@watchbill/kit';
import { dutyNamed } from '../../rule/index.ts';
import { itemOf } from '../../service/admin/key-adoption.ts';
import { keys } from '../../service/ground/keys.ts';
import { readMark } from '../../service/ground/marks.ts';
import { compareOf, encodeRecord, type RecoveryRecord, toBytes } from '../../service/ground/records.ts';
import type { LedgerItem } from '../../service/ledger/port.ts';
import type { Write } from '../../store/index.ts';
import { RecoveryFault } from './fault.ts';
import { writeOwnWords } from './own-words.ts';
import type { RecoveryPlan } from './plan.ts';
import { planId } from './plan-file.ts';
import { basisOf, readStore } from './read-store.ts';
import { recoverKey } from './recover-key.ts';
import { commit, type RecoveryParts, readContextOf } from './recovery-parts.ts';
import type { StoreState } from './situation.ts';

/** The result of an execution. */
export interface RecoveryOutcome {
  readonly plan: string;
  readonly epoch: string;
  /** Keys that this run adopted; those of an earlier run of the same plan are not among them. */
  readonly adopted: number;
  /** `begun`: step 1 was done by this run. `resumed`: an earlier run had begun. `done`: no step was left. */
  readonly run: 'begun' | 'resumed' | 'done';
}

/** Called after each step, for a person who waits. */
export type Tell = (text: string) => void;

/**
 * Carries out exactly this plan, or the rest of it after an earlier run. Each step is one transaction, so a
 * run that stops at any moment is finished by the same call. Throws a RecoveryFault, StoreFault, LedgerFault
 * or RecordError; then no step is half written.
 *
 * @param confirmation how the operator made sure that no signer of the keys runs
 */
export async function executeRecovery(
  parts: RecoveryParts,
  plan: RecoveryPlan,
  confirmation: string,
  tell: Tell = () => undefined,
): Promise<RecoveryOutcome> {
  const id = planId(plan);
  const store = await readStore(readContextOf(parts));
  mustBeOfPlan(parts, store, plan);
  const known = store.recovery?.plan === id ? store.recovery : null;
  if (known === null || known.doneMs === null) mustBeRecent(parts, plan);
  if (known?.doneMs === null) mustHaveNoSession(store);
  let record = known ?? (await begin(parts, store, plan, confirmation));
  if (parts.ledger.ledgerId() === null) await parts.ledger.bind(plan.ledger);
  if (known === null) tell(`epoch ${record.epoch} is begun; every mark denies until its key is adopted`);
  let adopted = 0;
  if (record.doneMs === null) {
    await writeOwnWords(parts, record);
    for (const key of plan.keys) {
      if (!record.open.some((one) => one.chain === key.chain && one.key === key.key)) continue;
      record = await recoverKey(parts, record, key);
      adopted += 1;
      tell(`key ${key.key} is adopted; ${record.open.length} left`);
    }
    record = await finish(parts, record);
  }
  await learn(parts, plan);
  const run = known === null ? 'begun' : known.doneMs === null ? 'resumed' : 'done';
  return { plan: id, epoch: record.epoch, adopted, run };
}

function mustBeOfPlan({ ledger }: RecoveryParts, store: StoreState, plan: RecoveryPlan): void {
  if (store.ledger === null)
    throw new RecoveryFault(
      'store-empty',
      'the store holds no ledger',
      'restore a backup of it, and plan again',
    );
  const bound = ledger.ledgerId();
  if (store.ledger === plan.ledger && (bound === null || bound === plan.ledger)) return;
  throw new RecoveryFault(
    'other-ledger',
    `the plan is for ledger ${plan.ledger}; the store is of ${store.ledger}, the data folder of ${bound ?? 'none'}`,
    'point the configuration at the store and the data folder of the plan, or plan again',
  );
}

/** Long enough to read a plan, and to run it again after it stopped. */
export const LONGEST_PLAN_MS = 15 * 60_000;

/**
 * The hash of the state does not show that store, disks and all went back to the state of the plan after more
 * was granted. So a plan is neither begun nor resumed once it is old: its floors may lie below what was
 * granted since. Searches `assumption: no plan is older than the restore` of `spec/duty/recovery.pml`.
 */
function mustBeRecent({ clock }: RecoveryParts, { madeMs }: RecoveryPlan): void {
  const ageMs = clock.nowMs() - madeMs;
  if (Math.abs(ageMs) <= LONGEST_PLAN_MS) return;
  const minutes = Math.round(Math.abs(ageMs) / 60_000);
  throw new RecoveryFault(
    'plan-old',
    `the plan was made ${minutes} minutes ${ageMs > 0 ? 'ago' : 'in the future by this clock'}; a plan is good for ${LONGEST_PLAN_MS / 60_000} minutes`,
    'make a new plan with `watchbill recover`; it also ends a recovery that was begun',
  );
}

function mustHaveNoSession({ live, services }: StoreState): void {
  if (live.length === 0) return;
  const names = live.map((id) => services.get(id)?.record.name ?? id).join(', ');
  throw new RecoveryFault(
    'services-live',
    `services are running: ${names}`,
    'stop them, wait 30 seconds if one was killed, and run the same command again',
  );
}

/** Step 1. From this commit on every mark denies, and no service serves. */
async function begin(
  parts: RecoveryParts,
  store: StoreState,
  plan: RecoveryPlan,
  confirmation: string,
): Promise<RecoveryRecord> {
  mustHaveNoSession(store);
  const own = plan.service === null ? null : parts.ledger;
  const isOther = own === null ? parts.ledger.points().size > 0 : own.serviceId !== plan.service;
  if (isOther || basisOf(store, own) !== plan.basis) throw outdated();
  const epoch = randomHex(parts.random, 16);
  const { clock } = parts;
  const record: RecoveryRecord = {
    plan: planId(plan),
    confirmation,
    epoch,
    voided: [...plan.voided],
    atMs: clock.nowMs(),
    open: plan.keys.map(({ chain, key }) => ({ chain, key })),
    doneMs: null,
  };
  const changed = serviceRecords(parts, store, plan);
  const ids = new Set([...store.services.keys(), parts.ledger.serviceId]);
  const compares = [
    compareOf(keys.epoch, store.epochText),
    ...changed.map(({ key, before }) => compareOf(key, before)),
    ...[...ids].map((id) => ({ key: keys.session(id), value: null })),
  ];
  const writes: Write[] = [
    { key: keys.epoch, value: toBytes(encodeRecord('epoch', { epoch })) },
    ...changed.map(({ key, text }) => ({ key, value: toBytes(text) })),
  ];
  const moved = { from: store.recoveryText, to: encodeRecord('recovery', record) };
  if (await commit(parts, moved, compares, writes)) return record;
  throw outdated();
}

/** Lost services leave; this service serves, whatever its record said: it carries out the recovery. */
function serviceRecords({ ledger, name, url }: RecoveryParts, { services }: StoreState, plan: RecoveryPlan) {
  const own = services.get(ledger.serviceId) ?? null;
  const changes = plan.lost.flatMap(({ id }) => {
    const one = services.get(id);
    if (one === undefined) return [];
    const reason = `lost: recovery ${planId(plan)}`;
    const text = encodeRecord('service', { ...one.record, state: 'removed', reason });
    return [{ key: keys.service(id), before: one.text as string | null, text }];
  });
  if (own?.record.state !== 'serving')
    changes.push({
      key: keys.service(ledger.serviceId),
      before: own?.text ?? null,
      text: encodeRecord('service', {
        name,
        url,
        state: 'serving',
        vouchedBy: 'recovery',
        reason: `carried out recovery ${planId(plan)}`,
      }),
    });
  return changes;
}

function outdated(): RecoveryFault {
  return new RecoveryFault(
    'plan-outdated',
    'the store or the data folder changed since this plan was made',
    'make a new plan with `watchbill recover`, and read it',
  );
}

/** Step 3. Services may serve again. */
async function finish(parts: RecoveryParts, record: RecoveryRecord): Promise<RecoveryRecord> {
  const done: RecoveryRecord = { ...record, doneMs: parts.clock.nowMs() };
  const moved = { from: encodeRecord('recovery', record), to: encodeRecord('recovery', done) };
  if (await commit(parts, moved, [], [])) return done;
  throw outdated();
}

/** A run that stopped between a transaction and the own disk left an entry that only the store has. */
async function learn({ store, ledger, timeoutMs }: RecoveryParts, plan: RecoveryPlan): Promise<void> {
  const items: LedgerItem[] = [];
  for (const { chain, key, floors } of plan.keys)
    for (const { duty: name } of floors) {
      const duty = dutyNamed(name);
      if (duty === null) continue;
      const held = await readMark(store, { chain, key, duty }, timeoutMs);
      if (held !== null) items.push(itemOf(held));
    }
  await ledger.append(items);
}
