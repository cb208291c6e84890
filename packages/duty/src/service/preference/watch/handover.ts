import type { Policy } from '../../../rule/index.ts';
import { type HandoverHow, type LastHandover, type Permit, PermitFault } from '../../contract.ts';
import type { CoreModules } from '../../modules.ts';
import { openUnits } from './open-units.ts';
import { nextTerm } from './turns.ts';

const UNNAMED: HandoverHow = { by: 'an operator' };
/** The old holder finishes its open units in this time, or stays active. */
const RELIEF_TIMEOUT_MS = 30_000;
/** Between two looks at the units of the old holder, in milliseconds. */
const LOOK_MS = 50;

/** Keeps a handover for people; settles once it is on disk. */
type Note = (policy: Policy, to: string, handover: LastHandover) => Promise<void>;

/**
 * A planned handover, asked for by an operator: protocol section 5. The record names the new holder first, so
 * that the old holder enters no new unit. When its units are done, the new holder gets the watch under a
 * later term.
 */
export function createHandover(modules: CoreModules, note: Note): Permit['handOver'] {
  const { context, watches, policies } = modules;
  const { clock } = context.parts;
  return async (chain, key, to, how = UNNAMED) => {
    const { policy } = await policies.mustLoad(chain, key);
    mustBeReady(modules, policy, to);
    const startMs = clock.monotonicMs();
    const before = await watches.read(chain, key);
    const { holder: from, relief } = before.record;
    if (from === to && relief === null) return watches.state(policy);
    // A handover whose service died is called off at once by one to the old holder.
    const marked = { ...before.record, relief: from === to ? null : to };
    if (!(await watches.write(policy, before, marked))) throw changed();
    if (from === to) return watches.state(policy);
    const term = await nameSuccessor(modules, policy, from, to, how).catch(async (error: unknown) => {
      await takeMarkOff(modules, policy, to);
      throw error;
    });
    if (term === null) throw changed();
    logMoved(modules, policy, { from, to, term, ...how });
    const times = { atMs: clock.nowMs(), tookMs: clock.monotonicMs() - startMs };
    await note(policy, to, { by: how.by, from, term, force: how.force ?? null, ...times });
    return watches.state(policy);
  };
}

function mustBeReady({ watches }: CoreModules, policy: Policy, to: string): void {
  if (!policy.roster.some((node) => node.name === to))
    throw new PermitFault('not-listed', 409, `${to} is not in the roster`, 'Name a listed node.');
  if (watches.state(policy).ready.includes(to)) return;
  const why = watches.unfit(policy, to) ?? 'it has not reported for this key';
  throw new PermitFault('not-ready', 409, `${to} is not ready: ${why}`, 'Look at its readiness report.');
}

/** The new term, once the old holder's units are done; null if another handover took the mark off. */
async function nameSuccessor(
  modules: CoreModules,
  policy: Policy,
  from: string | null,
  to: string,
  how: HandoverHow,
): Promise<string | null> {
  const { watches } = modules;
  await untilDone(modules, policy, from, how);
  const before = await watches.read(policy.chain, policy.key);
  if (before.record.relief !== to) return null;
  const next = nextTerm(before.record, to);
  if (!(await watches.write(policy, before, next))) throw changed();
  return next.term;
}

/** Waits for the open units of a holder that is live, unless the handover is forced. */
async function untilDone(
  modules: CoreModules,
  policy: Policy,
  from: string | null,
  { force, signal }: HandoverHow,
): Promise<void> {
  const { watches, context } = modules;
  const { clock } = context.parts;
  const untilMs = clock.monotonicMs() + RELIEF_TIMEOUT_MS;
  for (;;) {
    if (signal?.aborted === true) {
      const message = 'the request ended before the watch moved, so the old node stays active';
      throw new PermitFault('called-off', 409, message, 'Run the handover again when you are ready.');
    }
    if (from === null || force !== undefined || !watches.holderLive(policy)) return;
    if ((await openUnits(modules, policy, from)).length === 0) return;
    if (clock.monotonicMs() > untilMs) {
      const message = `${from} did not finish its units in time`;
      throw new PermitFault('handover-late', 503, message, 'Look at the node, then ask again.');
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

/** While the record names a successor, the holder enters no unit. Another handover's mark stays. */
async function takeMarkOff({ watches }: CoreModules, policy: Policy, to: string): Promise<void> {
  const before = await watches.read(policy.chain, policy.key);
  if (before.record.relief !== to) return;
  await watches.write(policy, before, { ...before.record, relief: null });
}

/** A forced handover has its reason in the log. */
function logMoved(
  { context }: CoreModules,
  { chain, key }: Policy,
  { from, to, term, by, force }: HandoverHow & { from: string | null; to: string; term: string },
): void {
  const fields = { event: 'handed-over', chain, key, from, to, term, by };
  const text = `${to} took over from ${from ?? 'no node'}`;
  if (force === undefined) context.parts.log.info(fields, text);
  else context.parts.log.warn({ ...fields, force }, `${text} without waiting for its open units: ${force}`);
}

function changed(): PermitFault {
  return new PermitFault(
    'changed',
    409,
    'the watch moved meanwhile',
    'Look at `watchbill status` and ask again.',
  );
}
