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
  return [...sentencesOf(before, after)];
}

const STILL = {
  idle: 'The key is still idle: its claims are denied until `watchbill adopt`.',
  frozen: 'The key stays frozen: its claims are denied until `watchbill freeze lift`.',
} as const;

function* sentencesOf(before: Policy | null, after: PolicyDocument): Generator<string> {
  if (before === null) yield 'The key is new to the ledger: its claims are denied until `watchbill adopt`.';
  for (const name of removedNodes(before, after)) yield `${name} gets no grants as soon as this is applied.`;
  for (const name of namesOnlyIn(after.roster, before?.roster ?? []))
    yield `${name} may claim as soon as it has an identity (watchbill token create).`;
  if (before === null) return;
  for (const name of new Set([...Object.keys(before.duties), ...Object.keys(after.duties)].sort()))
    yield* dutyChange(name, before.duties[name], after.duties[name]);
  yield* orderChange(before, after);
  yield* ceilingChange(before, after);
  yield* readinessChange(before, after);
  yield* wireChange(before, after);
  if (before.mode !== 'enforce') yield STILL[before.mode];
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

function* orderChange(before: Policy, after: PolicyDocument): Generator<string> {
  const order = (roster: Policy['roster']) =>
    roster
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ name }) => name)
      .join(', ');
  if (order(before.roster) !== order(after.roster))
    yield `The order of preference is now ${order(after.roster)}.`;
}

function* ceilingChange({ ceilings }: Policy, after: PolicyDocument): Generator<string> {
  const { genesisMs, slotMs } = after.ceilings;
  if (ceilings.genesisMs !== genesisMs || ceilings.slotMs !== slotMs)
    yield 'The clock of the chain changes, so every slot gets another number: the service refuses this without new floors (`watchbill adopt --policy`).';
}

function* readinessChange({ readiness }: Policy, after: PolicyDocument): Generator<string> {
  if (readiness.required && !after.readiness.required)
    yield 'Nodes need no fit report: one that is syncing may use up units.';
  if (!readiness.required && after.readiness.required)
    yield 'Nodes without a fit report are denied from now on.';
}

function* wireChange(
  { originalWire: old }: Policy,
  { originalWire: now }: PolicyDocument,
): Generator<string> {
  if (old.enabled !== now.enabled)
    yield `Base URLs of the original wire protocol ${now.enabled ? 'work' : 'answer false'} from now on.`;
  if (old.roundScope !== 'unscoped' && now.roundScope === 'unscoped')
    yield 'Rounds of different authority sets are no longer distinguished: after a set change all nodes stop voting until the old maximum is passed.';
}
