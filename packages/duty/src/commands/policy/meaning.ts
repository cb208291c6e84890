import type { Policy } from '../../rule/index.ts';
import type { PolicyDocument } from '../../service/index.ts';

/** Names of nodes that may claim now and may not after the change. */
export function removedNodes(before: Policy | null, after: PolicyDocument): string[] {
  return namesOnlyIn(before?.roster ?? [], after.roster);
}

function namesOnlyIn(these: Policy['roster'], others: Policy['roster']): string[] {
  const known = new Set(others.map(({ name }) => name));
  return these.map(({ name }) => name).filter((name) => !known.has(name));
}

/** The effect of a change, in sentences for the person who makes it. */
export function meaningOf(before: Policy | null, after: PolicyDocument): string[] {
  if (before === null)
    return [
      'The key is new to the ledger: its claims are denied until `watchbill adopt`.',
      ...newNodes(null, after),
    ];
  return [
    ...removedNodes(before, after).map((name) => `${name} gets no grants as soon as this is applied.`),
    ...newNodes(before, after),
    ...dutyChanges(before, after),
    ...orderChange(before, after),
    ...ceilingChange(before, after),
    ...readinessChange(before, after),
    ...wireChange(before, after),
    ...(before.mode === 'enforce' ? [] : [STILL[before.mode]]),
  ];
}

const STILL = {
  idle: 'The key is still idle: its claims are denied until `watchbill adopt`.',
  frozen: 'The key stays frozen: its claims are denied until `watchbill freeze lift`.',
} as const;

function newNodes(before: Policy | null, after: PolicyDocument): string[] {
  return namesOnlyIn(after.roster, before?.roster ?? []).map(
    (name) => `${name} may claim as soon as it has an identity (watchbill token create).`,
  );
}

function dutyChanges(before: Policy, after: PolicyDocument): string[] {
  const names = [...new Set([...Object.keys(before.duties), ...Object.keys(after.duties)])].sort();
  return names.flatMap((name) => {
    const old = before.duties[name];
    const now = after.duties[name];
    const was = old?.enabled === true;
    const is = now?.enabled === true;
    if (was !== is)
      return is
        ? [`${name} is switched on; a mark of it must exist already; see watchbill adopt.`]
        : [`${name} is switched off: every claim of it is denied.`];
    if (old === undefined || now === undefined || !is) return [];
    return [
      ...(old.digestRequired && !now.digestRequired
        ? [`${name} is granted without a digest: the service can no longer distinguish two payloads.`]
        : []),
      ...(!old.digestRequired && now.digestRequired
        ? [`${name} without a digest is denied from now on.`]
        : []),
      ...(now.lastUnit !== undefined && now.lastUnit !== old.lastUnit
        ? [`${name} ends at ${now.lastUnit}: every later unit is denied, so another ledger may begin there.`]
        : []),
      ...(now.window < old.window
        ? [`${name} remembers fewer units: older ones that are still open are denied.`]
        : []),
    ];
  });
}

function orderChange(before: Policy, after: PolicyDocument): string[] {
  const order = (roster: Policy['roster']) =>
    roster
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ name }) => name)
      .join(', ');
  const [old, now] = [order(before.roster), order(after.roster)];
  return old === now ? [] : [`The order of preference is now ${now}.`];
}

function ceilingChange(before: Policy, after: PolicyDocument): string[] {
  const { genesisMs, slotMs } = before.ceilings;
  if (genesisMs === after.ceilings.genesisMs && slotMs === after.ceilings.slotMs) return [];
  return [
    'The clock of the chain changes, so every slot gets another number: the service refuses this without new floors (`watchbill adopt --policy`).',
  ];
}

function readinessChange(before: Policy, after: PolicyDocument): string[] {
  if (before.readiness.required === after.readiness.required) return [];
  return after.readiness.required
    ? ['Nodes without a fit report are denied from now on.']
    : ['Nodes need no fit report: one that is syncing may use up units.'];
}

function wireChange(before: Policy, after: PolicyDocument): string[] {
  const sentences: string[] = [];
  if (before.originalWire.enabled !== after.originalWire.enabled)
    sentences.push(
      `Base URLs of the original wire protocol ${after.originalWire.enabled ? 'work' : 'answer false'} from now on.`,
    );
  if (before.originalWire.roundScope !== 'unscoped' && after.originalWire.roundScope === 'unscoped')
    sentences.push(
      'Rounds of different authority sets are no longer distinguished: after a set change all nodes stop voting until the old maximum is passed.',
    );
  return sentences;
}
