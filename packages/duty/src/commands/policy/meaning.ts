import { namesByRank, type Policy } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/index.ts';

/** Names of nodes that may claim now and may not after the change. */
export function removedNodes(before: Policy | null, after: PolicyDocument): string[] {
  return namesOnlyIn(before?.roster ?? [], after.roster);
}

function namesOnlyIn(these: Policy['roster'], others: Policy['roster']): string[] {
  const known = new Set(others.map(({ name }) => name));
  return these.map(({ name }) => name).filter((name) => !known.has(name));
}

const STILL = {
  idle: 'The key is still idle: its claims are denied until `watchbill adopt`.',
  frozen: 'The key stays frozen: its claims are denied until `watchbill freeze lift`.',
} as const;

/** The effect of a change, in sentences for the person who makes it. */
export function meaningOf(before: Policy | null, after: PolicyDocument): string[] {
  const nodes = [
    ...removedNodes(before, after).map((name) => `${name} gets no grants as soon as this is applied.`),
    ...namesOnlyIn(after.roster, before?.roster ?? []).map(
      (name) => `${name} may claim as soon as it has an identity (watchbill token create).`,
    ),
  ];
  if (before === null)
    return ['The key is new to the ledger: its claims are denied until `watchbill adopt`.', ...nodes];
  const duties = new Set([...Object.keys(before.duties), ...Object.keys(after.duties)].sort());
  return [
    ...nodes,
    ...[...duties].flatMap((name) => [...dutyChange(name, before.duties[name], after.duties[name])]),
    ...settingChanges(before, after),
    ...(before.mode === 'enforce' ? [] : [STILL[before.mode]]),
  ];
}

type Duty = Policy['duties'][string];

function* dutyChange(name: string, old: Duty | undefined, now: Duty | undefined): Generator<string> {
  const [was, is] = [old?.enabled === true, now?.enabled === true];
  if (is && !was) yield `${name} is switched on; a mark of it must exist already; see watchbill adopt.`;
  if (was && !is) yield `${name} is switched off: every claim of it is denied.`;
  if (old === undefined || now === undefined || !was || !is) return;
  if (old.digestRequired && !now.digestRequired)
    yield `${name} is granted without a digest: the service can no longer distinguish two payloads.`;
  if (!old.digestRequired && now.digestRequired) yield `${name} without a digest is denied from now on.`;
  if (now.lastUnit !== undefined && now.lastUnit !== old.lastUnit)
    yield `${name} ends at ${now.lastUnit}: every later unit is denied, so another ledger may begin there.`;
  if (now.window < old.window)
    yield `${name} remembers fewer units: older ones that are still open are denied.`;
}

/** The changes that concern no single duty. */
function settingChanges(before: Policy, after: PolicyDocument): readonly string[] {
  const [order, orderBefore] = [after, before].map((policy) => namesByRank(policy).join(', '));
  const isOtherClock =
    before.ceilings.genesisMs !== after.ceilings.genesisMs ||
    before.ceilings.slotMs !== after.ceilings.slotMs;
  const [mustReport, hadToReport] = [after.readiness.required, before.readiness.required];
  const [wire, wireBefore] = [after.originalWire, before.originalWire];
  const changes: readonly (readonly [isSo: boolean, sentence: string])[] = [
    [order !== orderBefore, `The order of preference is now ${order}.`],
    [
      isOtherClock,
      'The clock of the chain changes, so every slot gets another number: the service refuses this without new floors (`watchbill adopt --policy`).',
    ],
    [hadToReport && !mustReport, 'Nodes need no fit report: one that is syncing may use up units.'],
    [!hadToReport && mustReport, 'Nodes without a fit report are denied from now on.'],
    [
      wire.enabled !== wireBefore.enabled,
      `Base URLs of the original wire protocol ${wire.enabled ? 'work' : 'answer false'} from now on.`,
    ],
    [
      wire.roundScope === 'unscoped' && wireBefore.roundScope !== 'unscoped',
      'Rounds of different authority sets are no longer distinguished: after a set change all nodes stop voting until the old maximum is passed.',
    ],
  ];
  return changes.flatMap(([isSo, sentence]) => (isSo ? [sentence] : []));
}
