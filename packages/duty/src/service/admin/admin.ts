import {
  type ChangeLink,
  clockCeiling,
  type Duty,
  dutyNamed,
  formatUnit,
  isAdopted,
  type Mark,
  meaningOf,
  type Policy,
  pointOf,
  shutAhead,
} from '../../rule/index.ts';
import { type KeyFilter, type MarkView, type Permit, PermitFault, type PolicyDocument } from '../contract.ts';
import { chainsIn } from '../ground/changes.ts';
import { listTexts } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { type MarkRef, readMark } from '../ground/marks.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import { headOf } from '../ground/verdict.ts';
import type { CoreModules } from '../modules.ts';
import { lastUnitGuards } from './last-units.ts';
import type { LedgerChanges } from './ledger-changes.ts';

/** Policies and their changes, and the marks for people. */
export function createAdmin(
  modules: CoreModules,
  changes: LedgerChanges,
): Pick<Permit, 'applyPolicy' | 'changes' | 'marks'> {
  const { context, policies } = modules;
  const { store, log, clock } = context.parts;
  const timeoutMs = context.options.storeTimeoutMs;

  async function applyPolicy(document: PolicyDocument, by: string): Promise<Policy> {
    const sessionText = changes.mustServe();
    const before = await policies.load(document.chain, document.key, timeoutMs);
    const mode = before?.policy.mode ?? 'idle';
    const next = changes.nextVersion(document, before, mode, by);
    const { policy, pointerText } = next;
    mustKeepMeaning(policy, before);
    const compares = await lastUnitGuards(modules, before?.policy, policy);
    await changes.commit({ next, before, sessionText, what: 'policy', compares });
    policies.put({ policy, pointerText });
    log.info(
      { event: 'policy-applied', chain: policy.chain, key: policy.key, version: policy.version, by },
      `version ${policy.version} of a policy is in force`,
    );
    return policy;
  }

  async function listMarks(filter: KeyFilter): Promise<readonly MarkView[]> {
    const views: MarkView[] = [];
    for (const [recordKey] of await listTexts(context, keys.marks)) {
      const [, chain = '', key = '', dutyName = ''] = recordKey.split('/');
      const duty = dutyNamed(dutyName);
      if (duty === null) continue;
      if ((filter.chain ?? chain) !== chain || (filter.key ?? key) !== key) continue;
      const held = await readMark(store, { chain, key, duty }, timeoutMs);
      if (held !== null)
        views.push(viewOf(policies.get(chain, key)?.policy, { chain, key, duty }, held.mark, clock.nowMs()));
    }
    return views;
  }

  async function listChanges({ chain, key }: KeyFilter): Promise<readonly ChangeLink[]> {
    const read = async (prefix: string) => chainsIn(await listTexts(context, prefix), () => clock.sleep(0));
    const links = [...(await read(keys.policies)), ...(await read(keys.tokenChanges))];
    return links.filter(
      ({ change: { policy } }) =>
        (chain ?? policy?.chain) === policy?.chain && (key ?? policy?.key) === policy?.key,
    );
  }

  return { applyPolicy, changes: listChanges, marks: listMarks };
}

/**
 * If the policy counted units another way, the same unit would have another name and could be granted again.
 */
function mustKeepMeaning(policy: Policy, before: HeldPolicy | null): void {
  if (before === null || !isAdopted(before.policy)) return;
  const [now, then] = [meaningOf(policy), meaningOf(before.policy)];
  if (now === then) return;
  throw new PermitFault(
    'meaning-changed',
    409,
    `the policy changes how units are counted: from "${then}" to "${now}"`,
    'Send the policy with floors for every enabled duty, counted the new way: `watchbill adopt --policy FILE`.',
  );
}

/** A mark as people see it. */
export function viewOf(
  policy: Policy | undefined,
  { chain, key, duty }: MarkRef,
  mark: Mark,
  nowMs: number,
): MarkView {
  const until = policy === undefined ? undefined : deniedUntil(policy, duty, mark, nowMs);
  return {
    ...(until === undefined ? {} : { deniedUntil: until }),
    chain,
    key,
    duty: duty.name,
    head: headOf(pointOf(mark)),
    floor: mark.floor === null ? null : formatUnit(mark.floor),
    recent: mark.recent.map((entry) => ({
      unit: formatUnit(entry.unit),
      node: entry.owner.node,
      incarnation: entry.owner.incarnation,
      parts: entry.parts.map(({ part, digest }) => ({
        part,
        digest: digest === null ? null : `0x${digest}`,
      })),
    })),
  };
}

function deniedUntil(policy: Policy, duty: Duty, mark: Mark, nowMs: number): string | undefined {
  return shutAhead(policy, mark, duty, clockCeiling(duty, policy.ceilings, nowMs))?.until;
}

/** The keys that a granted slot or a floor of the future silences, as far as this service saw their marks. */
export function silencedText({ policies, marks, context }: CoreModules): string {
  const nowMs = context.parts.clock.nowMs();
  const silenced = policies.all().flatMap((policy) =>
    Object.keys(policy.duties).flatMap((name) => {
      const { chain, key } = policy;
      const duty = dutyNamed(name);
      const mark = duty && marks.get({ chain, key, duty })?.mark;
      const until = mark && deniedUntil(policy, duty, mark, nowMs);
      return until === undefined ? [] : [`; ${name} of key …${key.slice(-6)} is denied until ${until}`];
    }),
  );
  return silenced.join('');
}
