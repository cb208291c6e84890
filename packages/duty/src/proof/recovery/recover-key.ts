import {
  compareUnits,
  type Duty,
  dutyNamed,
  formatUnit,
  parseUnit,
  topOf,
  type Unit,
} from '../../rule/index.ts';
import { adoptMarks, type KeyFloors } from '../../service/admin/key-adoption.ts';
import { nextPolicy, policyGuard, versionOf } from '../../service/admin/ledger-changes.ts';
import type { PolicyDocument } from '../../service/contract.ts';
import { listTexts, readText, transact } from '../../service/ground/context.ts';
import { keys, markName } from '../../service/ground/keys.ts';
import type { HeldPolicy } from '../../service/ground/policies.ts';
import {
  compareOf,
  decodePolicy,
  decodeRecord,
  encodeRecord,
  type RecoveryRecord,
} from '../../service/ground/records.ts';
import type { Ledger, LedgerItem } from '../../service/ledger/port.ts';
import { planFreeing } from '../../service/rollback-reports/freeing.ts';
import { RecoveryFault } from './fault.ts';
import type { PlannedKey } from './plan.ts';
import { commit, type RecoveryParts, readContextOf } from './recovery-parts.ts';

/** Transactions that free reports of one key before it is adopted; each frees 48. */
const MAX_TURNS = 1_000;

/**
 * Step 2 for one key: policy, marks, rollback reports and the recovery record in one transaction, and the own
 * disk before and after it. Answers the record as it is then.
 */
export async function recoverKey(
  parts: RecoveryParts,
  record: RecoveryRecord,
  planned: PlannedKey,
): Promise<RecoveryRecord> {
  const { ledger, clock } = parts;
  const { chain, key } = planned;
  const by = `recovery ${record.plan}`;
  const floors = floorsOf(planned);
  await freeCrowd(parts, record, planned, floors);
  const before = await readPolicy(parts, planned);
  const document = before?.policy ?? (JSON.parse(planned.document ?? 'null') as PolicyDocument);
  const next = nextPolicy(document, before, 'enforce');
  const { policy, writes } = versionOf(next, before, by, clock.nowMs());
  const freed = await freeing(parts, planned, floors, by);
  const adopted = await adoptMarks(
    { ...parts, identity: { ledger: ledger.ledgerId() ?? '', epoch: record.epoch } },
    { policy, floors, note: `${by}: ${record.confirmation}`, check: mustCover },
  );
  const open = record.open.filter((one) => one.chain !== chain || one.key !== key);
  const left: RecoveryRecord = { ...record, open };
  const ofOthers = adopted.learned.filter((item) => !isOfOwnEpoch(ledger, item));
  await ledger.append(adopted.learned.filter((item) => !ofOthers.includes(item)));
  const isApplied = await commit(
    parts,
    { from: encodeRecord('recovery', record), to: encodeRecord('recovery', left) },
    [policyGuard(policy, before), ...freed.compares, ...adopted.compares],
    [...writes, ...freed.writes, ...adopted.writes],
  );
  if (!isApplied) throw unfit(planned, 'its records changed while it was adopted');
  await ledger.append([...ofOthers, ...adopted.written]);
  return left;
}

/**
 * Whether the entry leaves the memory of its mark as high as it is. An entry of an epoch that the ledger
 * never had would become its head, and a plan that is made after a stop would have floors above that one
 * alone. The store of a backup from before an earlier recovery has such entries.
 */
function isOfOwnEpoch(ledger: Pick<Ledger, 'point'>, { entry }: LedgerItem): boolean {
  const head = ledger.point(markName(entry.chain, entry.key, entry.duty));
  return head === null || head.epoch === entry.epoch;
}

function floorsOf(planned: PlannedKey): readonly (readonly [Duty, Unit | null])[] {
  return planned.floors.map(({ duty: name, floor }) => {
    const duty = dutyNamed(name);
    const parsed = duty === null || floor === null ? null : parseUnit(duty.fields, floor);
    if (duty === null || parsed?.ok === false) throw unfit(planned, `${floor} is not a unit of ${name}`);
    return [duty, parsed?.unit ?? null] as const;
  });
}

async function readPolicy(parts: RecoveryParts, planned: PlannedKey): Promise<HeldPolicy | null> {
  const { chain, key, versionId } = planned;
  const pointerText = await readText(readContextOf(parts), keys.policyPointer(chain, key));
  if (pointerText === null) {
    if (planned.document !== null) return null;
    throw unfit(planned, 'its policy is gone from the store');
  }
  const found = decodeRecord('pointer', pointerText).versionId;
  const text = await readText(readContextOf(parts), keys.policyVersion(chain, key, found));
  if (found !== versionId || text === null) throw unfit(planned, 'its policy is another one');
  return { policy: decodePolicy(text, found), pointerText };
}

/** The plan has a floor above all of these; a store that changed since must not slip through. */
const mustCover: KeyFloors['check'] = (duty, held, remembered, floor) => {
  const tops = [held === null ? null : topOf(held.mark), remembered?.top ?? null];
  const above = tops.find((top) => top !== null && (floor === null || compareUnits(top, floor) > 0));
  if (above == null) return;
  throw new RecoveryFault(
    'floor-low',
    `the floor ${floor === null ? 'never' : formatUnit(floor)} of ${duty.name} is below ${formatUnit(above)}, which was granted`,
    'make a new plan with `watchbill recover`, and read it',
  );
};

async function freeing(
  parts: RecoveryParts,
  planned: PlannedKey,
  floors: readonly (readonly [Duty, Unit | null])[],
  by: string,
) {
  const { chain, key } = planned;
  const texts = await listTexts(readContextOf(parts), keys.doubts);
  const named = new Map(floors.map(([duty, floor]) => [duty.name, floor]));
  const adoption = { chain, key, floors: named, by, atMs: parts.clock.nowMs() };
  // Every held word is in the store by now, so none waits in memory.
  const plan = planFreeing([], texts, adoption);
  if (plan.ok) return plan;
  throw new RecoveryFault(
    'report-held',
    plan.why,
    'make a new plan with `watchbill recover`: its floors are above each word',
  );
}

/**
 * One transaction takes a bounded number of reports. If more are held, the first ones are freed before the
 * adoption: until the recovery is finished no service reads them.
 */
async function freeCrowd(
  parts: RecoveryParts,
  record: RecoveryRecord,
  planned: PlannedKey,
  floors: readonly (readonly [Duty, Unit | null])[],
): Promise<void> {
  const guard = compareOf(keys.recovery, encodeRecord('recovery', record));
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const plan = await freeing(parts, planned, floors, `recovery ${record.plan}`);
    if (plan.left === 0) return;
    const transaction = { compares: [guard, ...plan.compares], writes: plan.writes };
    // Without a certain answer the next turn reads the records again.
    if ((await transact(readContextOf(parts), transaction)).outcome === 'conflict')
      throw unfit(planned, 'its rollback reports changed while it was adopted');
  }
  throw unfit(planned, 'its rollback reports could not be freed');
}

function unfit({ chain, key }: PlannedKey, why: string): RecoveryFault {
  return new RecoveryFault(
    'plan-unfit',
    `key ${key} of chain ${chain} was not adopted: ${why}`,
    'run the same command again; if it fails again, make a new plan with `watchbill recover`',
  );
}
