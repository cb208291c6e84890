import { canonicalJson, isAdopted, type LedgerPoint, topOf, unitOfText } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/contract.ts';
import { markName } from '../../service/ground/keys.ts';
import { type Report, reportId } from '../../service/rollback-reports/report.ts';
import { findingsOf } from './findings.ts';
import { aheadOfClock, dutiesOf, floorOf, type KnownTop } from './floors.ts';
import type { PlannedKey, PlanProblem, RecoveryPlan } from './plan.ts';
import { heldReports } from './read-memory.ts';
import type { Memory, Situation } from './situation.ts';

/** Everything that a plan shows to a person; executable only without problems. */
export type RecoveryReport = ReturnType<typeof makePlan>;

/**
 * The findings of a recovery and its plan. Pure. Throws a RecordError for a rollback report that this release
 * cannot read.
 *
 * @param basis the hash of the state that the plan is made from, see `basisOf`
 */
export function makePlan(situation: Situation, basis: string) {
  const { store, own, nowMs, choices } = situation;
  const memories = own === null ? situation.exports : [own, ...situation.exports];
  const held = heldReports(store, memories);
  const problems = [...groundProblems(situation, memories), ...aheadOfClock(situation.nodes, nowMs)];
  const keys = store.ledger === null ? [] : plannedKeys(situation, { memories, held, problems });
  const lost = lostServices(situation, problems);
  problems.push(...unusedFloors(choices, keys));
  const plan: RecoveryPlan = {
    ledger: store.ledger ?? '',
    service: own?.service ?? null,
    madeMs: nowMs,
    basis,
    voided: voidedEpochs(situation, memories, held),
    lost,
    keys,
  };
  const words = [...held].map(([recordKey, { report, source }]) => wordOf(recordKey, report, source));
  const writes = writesOf(keys, lost.length, words.length);
  return { findings: findingsOf(situation), words, writes, problems, clock: clockState(situation), plan };
}

/** Whether the clock was compared with a newest block. `no-time`: no node that was named reported one. */
function clockState({ nodes, noticed }: Situation): 'compared' | 'no-node' | 'no-time' {
  if (nodes.some(({ newestMs }) => newestMs !== null)) return 'compared';
  const isSilent = noticed.some(({ kind }) => kind === 'node-silent');
  return nodes.length === 0 && !isSilent ? 'no-node' : 'no-time';
}

type Held = ReturnType<typeof heldReports>;

interface Making {
  readonly memories: readonly Memory[];
  readonly held: Held;
  readonly problems: PlanProblem[];
}

/** Findings that no plan can be carried out with. */
function groundProblems(
  { store, own, choices }: Situation,
  memories: readonly Memory[],
): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  if (store.ledger === null)
    problems.push({ what: 'the store holds no ledger', remedy: 'restore a backup of the store first' });
  for (const { name, ledger } of memories) {
    if (store.ledger === null || ledger === store.ledger || ledger === null) continue;
    const what = `${name} is of ledger ${ledger}, the store of ledger ${store.ledger}`;
    problems.push({ what, remedy: 'name the store, the data folder and the exports of one ledger' });
  }
  if (store.live.length > 0) {
    const names = store.live.map((id) => store.services.get(id)?.record.name ?? id);
    problems.push({ what: `services are running: ${names.join(', ')}`, remedy: 'stop them and plan again' });
  }
  for (const { chain, key } of choices.policies)
    if (store.policies.some(({ policy }) => policy.chain === chain && policy.key === key))
      problems.push({
        what: `the store has a policy for key ${key}`,
        remedy: 'leave --policy out: the recovery adopts the policy of the store; change it afterwards',
      });
  if (own !== null && store.services.get(own.service)?.record.state === 'removed')
    problems.push({
      what: 'this service was removed from the ledger',
      remedy: 'run the recovery on another service, or with an empty data folder',
    });
  return problems;
}

function plannedKeys(situation: Situation, making: Making): readonly PlannedKey[] {
  const { store, choices } = situation;
  const names = rememberedKeys(making.memories, making.held);
  const policies = new Map<string, { policy: PolicyDocument; versionId: string | null; inForce: boolean }>();
  for (const { policy } of store.policies)
    policies.set(`${policy.chain}/${policy.key}`, {
      policy,
      versionId: policy.versionId,
      inForce: isAdopted(policy),
    });
  for (const policy of choices.policies) {
    const name = `${policy.chain}/${policy.key}`;
    if (!policies.has(name)) policies.set(name, { policy, versionId: null, inForce: true });
  }
  for (const name of names) {
    if (policies.has(name)) continue;
    const what = `the store has no policy for ${name}, and units of this key are remembered`;
    making.problems.push({ what, remedy: 'give its policy document with --policy FILE' });
  }
  return [...policies.entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, { policy, versionId, inForce }]) => {
      const isKnown = names.has(name) || store.marks.some((mark) => `${mark.chain}/${mark.key}` === name);
      return inForce || isKnown ? [plannedKey(situation, making, policy, versionId)] : [];
    });
}

function plannedKey(
  situation: Situation,
  { memories, held, problems }: Making,
  policy: PolicyDocument,
  versionId: string | null,
): PlannedKey {
  const { chain, key } = policy;
  const { choices, nodes, nowMs } = situation;
  const tops = topsOf(situation, memories, held, `${chain}/${key}/`);
  const floors = dutiesOf(policy, tops.keys()).map((duty) => {
    const given = choices.floors.get(markName(chain, key, duty.name));
    const known = tops.get(duty.name) ?? [];
    const answer = floorOf({ ...policy, duty, known, nodes, given, nowMs });
    problems.push(...answer.problems);
    return answer.planned;
  });
  const document = versionId === null ? canonicalJson(policy) : null;
  return { chain, key, versionId, document, floors };
}

/** Every unit that is known to be granted, by duty; a duty without units is named with none. */
function topsOf(
  { store }: Situation,
  memories: readonly Memory[],
  held: Held,
  prefix: string,
): ReadonlyMap<string, readonly KnownTop[]> {
  const found = new Map<string, KnownTop[]>();
  const add = (mark: string, from: string, unit: LedgerPoint['unit']) => {
    if (!mark.startsWith(prefix)) return;
    const duty = mark.slice(prefix.length);
    const list = found.get(duty) ?? [];
    found.set(duty, list);
    if (unit !== null) list.push({ from, unit });
  };
  for (const {
    chain,
    key,
    duty,
    held: { mark },
  } of store.marks)
    add(markName(chain, key, duty.name), 'the mark in the store', topOf(mark));
  for (const { name, points, shown } of memories) {
    for (const [mark, { top }] of points) add(mark, name, top);
    for (const [mark, top] of shown) add(mark, `the store in ${name}`, top);
  }
  for (const [recordKey, { report }] of held) {
    const { node, chain, key, duty, top } = report;
    const from = `word ${reportId(recordKey)} of node ${node}`;
    add(markName(chain, key, duty), from, unitOfText(top));
  }
  return found;
}

/** `chain/key` of everything that any memory or word knows. */
function rememberedKeys(memories: readonly Memory[], held: Held): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (mark: string) => names.add(mark.slice(0, mark.lastIndexOf('/')));
  for (const { points, shown } of memories) for (const mark of [...points.keys(), ...shown.keys()]) add(mark);
  for (const { report } of held.values()) add(markName(report.chain, report.key, report.duty));
  return names;
}

/** Epochs have no order: a recovery ends each one that it knows. */
function voidedEpochs({ store }: Situation, memories: readonly Memory[], held: Held): readonly string[] {
  const epochs = new Set<string>(store.recovery?.voided);
  if (store.epoch !== null) epochs.add(store.epoch);
  for (const {
    held: { mark },
  } of store.marks)
    epochs.add(mark.epoch);
  for (const { points } of memories) for (const { epoch } of points.values()) epochs.add(epoch);
  for (const { report } of held.values()) epochs.add(report.point.epoch);
  return [...epochs].sort();
}

function lostServices({ store, own, choices }: Situation, problems: PlanProblem[]) {
  return choices.lost.flatMap((wanted) => {
    const found = [...store.services].filter(([id, { record }]) => id === wanted || record.name === wanted);
    const [one, ...more] = found;
    if (one === undefined || more.length > 0) {
      const what =
        one === undefined ? `no service ${wanted} is listed` : `several services are named ${wanted}`;
      const names = [...store.services].map(([id, { record }]) => `${record.name} (${id})`);
      problems.push({ what, remedy: `--lost takes one of: ${names.join(', ')}` });
      return [];
    }
    const [id, { record }] = one;
    if (id !== own?.service) return [{ id, name: record.name }];
    const what = `service ${record.name} carries out this recovery, and is named as lost`;
    problems.push({ what, remedy: 'leave --lost out for it, or use an empty data folder' });
    return [];
  });
}

/** A floor for a mark that is not in the plan has a mistake in its name. */
export function unusedFloors(
  choices: Pick<Situation['choices'], 'floors'>,
  keys: readonly Pick<PlannedKey, 'chain' | 'key' | 'floors'>[],
): readonly PlanProblem[] {
  const planned = new Set(
    keys.flatMap(({ chain, key, floors }) => floors.map(({ duty }) => markName(chain, key, duty))),
  );
  return [...choices.floors.keys()]
    .filter((mark) => !planned.has(mark))
    .map((mark) => ({
      what: `--floor names ${mark}, which this ledger does not adopt`,
      remedy: 'write CHAIN/KEY/DUTY=UNIT with the names that the plan shows',
    }));
}

/** A word that the store does not explain. `source`: `store`, `own ledger` or the name of an export. */
function wordOf(recordKey: string, report: Report, source: string) {
  const { service, node, why, point, top } = report;
  return {
    id: reportId(recordKey),
    service,
    node,
    mark: markName(report.chain, report.key, report.duty),
    unit: point.unit,
    top,
    why,
    source,
  };
}

/** Records that will be written, by name. */
function writesOf(keys: readonly PlannedKey[], lost: number, words: number) {
  const writes = [
    { record: 'epoch', count: 1 },
    { record: 'recovery', count: 1 },
    { record: 'service (removed as lost)', count: lost },
    { record: 'policy (next version, mode enforce)', count: keys.length },
    { record: 'mark (new epoch and floor)', count: keys.reduce((sum, { floors }) => sum + floors.length, 0) },
    { record: 'rollback report (freed)', count: words },
  ];
  return writes.filter(({ count }) => count > 0);
}
