import { dutyNamed, findRecent, formatUnit, highestSeen, type Policy } from '../../../rule/index.ts';
import type { Asked } from '../../claim/asked.ts';
import type { Verdict } from '../../ground/verdict.ts';
import type { CoreModules } from '../../modules.ts';
import type { LastDrill, LastHandover, ShadowSummary, StandbyView } from '../../shapes/watch.ts';
import { askShadow } from './shadow.ts';
import { type ShadowRecord, summaryOf, withoutOpen, withShadow } from './shadow-record.ts';
import { type DrillNotes, loadNotes } from './standby-notes.ts';

/** The memory of this service about the standbys of each key: decision 0030. */
export type Standbys = ReturnType<typeof createStandbys>;

interface Shell {
  readonly modules: CoreModules;
  readonly notes: DrillNotes;
  readonly records: Map<string, ShadowRecord>;
  /** Standbys with a shadow claim under way: one each. */
  readonly asking: Set<string>;
}

export function createStandbys(modules: CoreModules) {
  const { context } = modules;
  const notes = loadNotes(context.parts.standbyFile ?? null, context.parts.log);
  const shell: Shell = { modules, notes, records: new Map(), asking: new Set() };
  const { clock } = context.parts;
  modules.watches.onTaken((policy, from, { holder, term }) => {
    if (holder === null) return;
    const handover = { atMs: clock.nowMs(), by: null, from, term, tookMs: 0, force: null };
    void notes.put(nameOf(policy, holder), { handover });
  });
  return {
    /** Looks at a decision: a unit of the active node is a shadow claim of each standby. Never waits. */
    follow: (asked: Asked, verdict: Verdict): void => follow(shell, asked, verdict),
    shadow: (policy: Policy, node: string): ShadowSummary => shadowOf(shell, policy, node),
    noteDrill: (policy: Policy, node: string, drill: LastDrill): Promise<void> =>
      notes.put(nameOf(policy, node), { drill }),
    noteHandover: (policy: Policy, node: string, handover: LastHandover): Promise<void> =>
      notes.put(nameOf(policy, node), { handover }),
    views: (policies: readonly Policy[]): readonly StandbyView[] =>
      policies.flatMap((policy) => policy.roster.map(({ name }) => viewOf(shell, policy, name))),
    upkeep: notes.upkeep,
    noteUpkeep: notes.putUpkeep,
  };
}

/** Names have no space, chains and keys are hex. */
function nameOf({ chain, key }: Pick<Policy, 'chain' | 'key'>, node: string): string {
  return `${chain} ${key} ${node}`;
}

function shadowOf({ modules, records }: Shell, policy: Policy, node: string): ShadowSummary {
  const { clock } = modules.context.parts;
  return summaryOf(records.get(nameOf(policy, node)) ?? [], clock.monotonicMs());
}

/**
 * A granted unit was due for each standby too. A slot waits for the claim of the standby itself, which is
 * denied because the unit is taken; for the units of the active node the service asks.
 */
function follow(shell: Shell, asked: Asked, verdict: Verdict): void {
  const { claim } = asked;
  const { chain, key, duty, owner } = claim;
  const policy = shell.modules.policies.get(chain, key)?.policy;
  if (policy === undefined || claim.parts[0] !== duty.parts[0]) return;
  const own = duty.claimants === 'every-ready';
  const taken = own && verdict.outcome === 'denied' && verdict.reason === 'unit-taken';
  if (taken && isStandby(shell, policy, asked)) ask(shell, policy, asked, owner.node, true);
  if (verdict.outcome !== 'granted' || verdict.reason !== 'new') return;
  for (const { name } of policy.roster) {
    // The reports of other nodes go to another service, and so do their claims.
    if (name === owner.node || shell.modules.watches.lastReport(policy, name) === null) continue;
    if (own) note(shell, policy, name, asked, { answer: null, asked: false });
    else ask(shell, policy, asked, name, false);
  }
}

/** A node that restarted asks for its own slot again and is denied: that is not a claim of a standby. */
function isStandby({ modules }: Shell, policy: Policy, { claim }: Asked): boolean {
  const { node } = claim.owner;
  if (modules.watches.holder(policy) === node) return false;
  const mark = modules.marks.get(claim)?.mark;
  const granted = mark === undefined ? undefined : findRecent(mark, claim.unit);
  return granted?.owner.node !== node && policy.roster.some(({ name }) => name === node);
}

function note(
  { modules, records }: Shell,
  policy: Policy,
  node: string,
  { claim }: Asked,
  found: Pick<ShadowRecord[number], 'answer' | 'asked'>,
): void {
  const dueMs = modules.context.parts.clock.monotonicMs();
  const id = nameOf(policy, node);
  records.set(id, withShadow(records.get(id) ?? [], { name: unitName(claim), dueMs, ...found }));
}

function forget({ records }: Shell, policy: Policy, node: string, { claim }: Asked): void {
  const id = nameOf(policy, node);
  records.set(id, withoutOpen(records.get(id) ?? [], unitName(claim)));
}

function unitName({ duty, unit }: Asked['claim']): string {
  return `${duty.name} ${formatUnit(unit)}`;
}

/** In the background, one for each standby at a time: the answer to the real claim never waits for it. */
function ask(shell: Shell, policy: Policy, asked: Asked, node: string, byNode: boolean): void {
  const { modules, asking } = shell;
  const id = nameOf(policy, node);
  // A unit that was asked for and not judged counts neither as granted nor as not asked.
  if (asking.has(id)) {
    forget(shell, policy, node, asked);
    return;
  }
  asking.add(id);
  const owner = byNode ? asked.claim.owner : { node, incarnation: '00'.repeat(16) };
  const claim = { ...asked.claim, owner, strictlyIncreasing: false };
  askShadow(modules, claim)
    .then((answer) => {
      if (answer === null) forget(shell, policy, node, asked);
      else note(shell, policy, node, asked, { answer, asked: byNode });
    })
    // A store that does not answer is reported by its own metrics and log events.
    .catch(() => forget(shell, policy, node, asked))
    .finally(() => asking.delete(id));
}

function viewOf(shell: Shell, policy: Policy, node: string): StandbyView {
  const { modules, notes } = shell;
  const { chain, key } = policy;
  const id = nameOf(policy, node);
  return {
    chain,
    key,
    node,
    onWatch: modules.watches.holder(policy) === node,
    shadow: shadowOf(shell, policy, node),
    lastDrill: notes.of(id).drill ?? null,
    lastHandover: notes.of(id).handover ?? null,
    seen: seenBy(modules, policy, node),
  };
}

/** The highest set and round, and the highest finalised block, that others than the node reported. */
function seenBy({ observations }: CoreModules, policy: Policy, node: string): StandbyView['seen'] {
  const others = observations.known(policy).filter(({ observer }) => observer !== node);
  const duty = dutyNamed('grandpa');
  const [setId = null, round = null] = (duty && highestSeen(duty, others)) ?? [];
  const blocks = others.flatMap(({ finalizedBlock }) => finalizedBlock ?? []);
  const block = blocks.reduce<bigint | null>((top, one) => (top === null || one > top ? one : top), null);
  return {
    setId: setId?.toString() ?? null,
    round: round?.toString() ?? null,
    finalizedBlock: block?.toString() ?? null,
  };
}
