import { counted, messageOf } from '@watchbill/kit';
import type { Policy } from '../../../rule/index.ts';
import type { Drill, DrillCheck, PermitHealth } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import { openUnits } from '../watch/open-units.ts';
import { type Found, fail, ok, unclear } from './found.ts';
import type { NextSlots } from './next-slots.ts';
import { reportChecks } from './report-checks.ts';
import type { Standbys } from './standbys.ts';

export interface DrillParts {
  readonly modules: CoreModules;
  readonly standbys: Standbys;
  readonly nextSlots: NextSlots;
  readonly health: () => Promise<PermitHealth>;
}

interface Question {
  readonly name: DrillCheck['name'];
  readonly needed: boolean;
  readonly look: () => Found | Promise<Found>;
}

/**
 * The checklist of a handover: decision 0030. Reads only. Throws a PermitFault `not-listed` if the key has
 * no policy.
 */
export async function drill(
  parts: DrillParts,
  asked: { readonly chain: string; readonly key: string; readonly to: string; readonly by: string },
): Promise<Drill> {
  const { modules, standbys } = parts;
  const { chain, key, to, by } = asked;
  const { clock } = modules.context.parts;
  const startMs = clock.monotonicMs();
  const { policy } = await modules.policies.mustLoad(chain, key);
  const checks: DrillCheck[] = [];
  for (const question of questionsOf(parts, policy, to)) checks.push(await answer(modules, question));
  const shadow = standbys.shadow(policy, to);
  const state = stateOf(checks);
  const atMs = clock.nowMs();
  const from = modules.watches.holder(policy);
  // A drill of the active node proves nothing about a standby.
  if (from !== to && policy.roster.some(({ name }) => name === to))
    await standbys.noteDrill(policy, to, { atMs, by, state, due: shadow.due, granted: shadow.granted });
  return { chain, key, from, to, state, checks, shadow, tookMs: clock.monotonicMs() - startMs };
}

function questionsOf(parts: DrillParts, policy: Policy, to: string): readonly Question[] {
  const { modules, standbys } = parts;
  const { watches } = modules;
  const report = watches.lastReport(policy, to);
  const holder = watches.holder(policy);
  const active = holder === null ? null : { name: holder, report: watches.lastReport(policy, holder) };
  return [
    { name: 'service', needed: true, look: async () => serviceCheck(await parts.health()) },
    { name: 'store', needed: true, look: async () => storeCheck(await parts.health()) },
    { name: 'listed', needed: true, look: () => listedCheck(modules, policy, to) },
    { name: 'ready', needed: true, look: () => readyCheck(modules, policy, to) },
    { name: 'shadow', needed: true, look: () => shadowCheck(standbys, policy, to) },
    { name: 'units', needed: false, look: () => unitsCheck(modules, policy) },
    ...reportChecks(policy, report, active).map(([name, found]) => ({
      name,
      needed: false,
      look: () => found,
    })),
    { name: 'due', needed: false, look: () => parts.nextSlots.check(policy) },
  ];
}

/** If a check cannot be carried out, its result is unknown, never ok. */
async function answer({ context }: CoreModules, { name, needed, look }: Question): Promise<DrillCheck> {
  const { clock } = context.parts;
  const startMs = clock.monotonicMs();
  const found = await Promise.resolve()
    .then(look)
    .catch((error: unknown) => unclear(messageOf(error), 'Look at the store, then run the drill again.'));
  const { state, detail, remedy = null } = found;
  return { name, state, needed, detail, remedy, tookMs: clock.monotonicMs() - startMs };
}

function stateOf(checks: readonly DrillCheck[]): Drill['state'] {
  const needed = checks.filter((check) => check.needed);
  if (needed.some(({ state }) => state === 'fail')) return 'fail';
  return needed.some(({ state }) => state === 'unknown') ? 'unknown' : 'ok';
}

function serviceCheck({ ready, state, detail }: PermitHealth): Found {
  if (ready) return ok('the service grants');
  const remedy = 'Wait until `watchbill status` shows it as ready, or ask another service with --url.';
  return fail(`the service is ${state}: ${detail}`, remedy);
}

function storeCheck({ store: { ok: isUp, detail, quorumMargin, members } }: PermitHealth): Found {
  if (!isUp) return fail(detail, 'Bring the store back first.');
  if (quorumMargin === null && members.length === 0)
    return ok('the embedded store answers; it has no other members');
  if (quorumMargin === null) return unclear(`how many members may be lost: ${detail}`);
  if (quorumMargin > 0) return ok(`${counted(quorumMargin, 'more member')} may be lost before grants stop`);
  return fail(`one more lost member stops every grant: ${detail}`, 'Bring the lost member back first.');
}

function listedCheck({ watches }: CoreModules, policy: Policy, to: string): Found {
  if (!policy.roster.some(({ name }) => name === to)) {
    const names = policy.roster.map(({ name }) => name).join(', ');
    return fail(`${to} is not in the roster: ${names}`, 'Name a listed node.');
  }
  if (watches.holder(policy) !== to) return ok(`${to} is listed and not active`);
  return fail(`${to} is active already`, 'Name the node that should be active instead.');
}

function readyCheck({ watches }: CoreModules, policy: Policy, to: string): Found {
  const why = watches.unfit(policy, to);
  if (watches.state(policy).ready.includes(to)) return ok('its last report is fit');
  const remedy = 'Start the node, or repair what it reports; then run the drill again.';
  return fail(why ?? 'it has not reported for this key', remedy);
}

function shadowCheck(standbys: Standbys, policy: Policy, to: string): Found {
  const { due, granted, asked, recentDenied, p99Ms, why } = standbys.shadow(policy, to);
  const p99 = p99Ms === null ? '-' : Math.ceil(p99Ms);
  const text = `would have been granted ${granted} of ${due}, ${asked} asked by itself, p99 ${p99} ms`;
  if (due === 0) {
    const remedy =
      'Wait until the active node has signed a unit, then run the drill again on the same service.';
    return unclear('this service has not seen a due unit and a report of this node yet', remedy);
  }
  if (recentDenied === 0) return ok(text);
  const lately = `${recentDenied} of the newest ten would not have been`;
  const remedy = 'Look at the log of the node and of this service for that reason.';
  return fail(`${text}; ${lately}, the last for ${why}`, remedy);
}

async function unitsCheck(modules: CoreModules, policy: Policy): Promise<Found> {
  const from = modules.watches.holder(policy);
  if (from === null) return ok('no node is active');
  const open = await openUnits(modules, policy, from);
  if (open.length === 0) return ok(`${from} has no open unit`);
  return ok(`${from} has open units, which a handover waits for: ${open.join(', ')}`);
}
