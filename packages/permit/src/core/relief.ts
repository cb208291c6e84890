import type { Policy } from '@watchbill/duty';
import { type Permit, PermitFault } from '../contract.ts';
import { readMark } from './marks.ts';
import type { CoreModules } from './modules.ts';
import type { WatchRecord } from './records.ts';

const RELIEF_TIMEOUT_MS = 30_000;
const LOOK_MS = 50;

/**
 * A planned relief: the watch is marked as being handed over, so that the old holder enters no new unit,
 * waits until the units that it entered are done, and then names the new holder under a later term (protocol
 * section 5).
 */
export function createRelief(modules: CoreModules): Permit['relieve'] {
  const { context, watches, policies } = modules;
  const { clock, store, log } = context.parts;

  return async function relieve(chain, key, to) {
    const timeoutMs = context.options.storeTimeoutMs;
    const policy = (await policies.load(chain, key, timeoutMs))?.policy;
    if (policy === undefined)
      throw fault('not-listed', 404, 'this chain and key have no policy', 'Apply a policy first.');
    if (!policy.roster.some((node) => node.name === to)) {
      throw fault('not-listed', 409, `${to} is not in the roster`, 'Name a listed node.');
    }
    if (!watches.state(policy).ready.includes(to)) {
      const why = watches.unfit(policy, to) ?? 'it has not reported for this key';
      throw fault('not-ready', 409, `${to} is not ready: ${why}`, 'Look at its readiness report.');
    }
    const before = await watches.read(chain, key);
    if (before.record.holder === to) return watches.state(policy);
    const marked: WatchRecord = { ...before.record, relief: to };
    if (!(await watches.write(policy, before, marked))) throw changed();
    const from = before.record.holder;
    try {
      await untilDone(policy, from);
    } catch (error) {
      // Marked for relief, the holder enters nothing: whatever ended the wait must not leave it like that.
      const now = await watches.read(chain, key);
      if (now.record.relief === to) await watches.write(policy, now, { ...now.record, relief: null });
      throw error;
    }
    const ready = await watches.read(chain, key);
    if (ready.record.relief !== to) throw changed();
    const next = { holder: to, term: (BigInt(ready.record.term) + 1n).toString(), relief: null };
    if (!(await watches.write(policy, ready, next))) throw changed();
    log.info(
      { event: 'relieved', chain, key, from, to, term: next.term },
      `${to} relieved ${from ?? 'nobody'}`,
    );
    return watches.state(policy);
  };

  async function untilDone(policy: Policy, from: string | null): Promise<void> {
    const untilMs = clock.monotonicMs() + RELIEF_TIMEOUT_MS;
    while (
      from !== null &&
      watches.holderLive(policy) &&
      (await hasOpenUnit(policy.chain, policy.key, from))
    ) {
      if (clock.monotonicMs() > untilMs) {
        const message = `${from} did not finish its units in time`;
        throw fault('relief-late', 503, message, 'Look at the node, then ask again.');
      }
      await clock.sleep(LOOK_MS);
    }
  }

  /** Entered, not yet precommitted, and the newest: an older one that never finished is over. */
  async function hasOpenUnit(chain: string, key: string, node: string): Promise<boolean> {
    for (const duty of context.duties.values()) {
      if (!duty.parts.includes('enter')) continue;
      const held = await readMark(store, { chain, key, duty }, context.options.storeTimeoutMs);
      const newest = held?.mark.recent.at(-1);
      const last = duty.parts.at(-1);
      if (newest?.owner.node === node && !newest.parts.some((grant) => grant.part === last)) return true;
    }
    return false;
  }
}

function changed(): PermitFault {
  return fault('changed', 409, 'the watch moved meanwhile', 'Look at `watchbill status` and ask again.');
}

function fault(code: string, status: number, message: string, remedy: string): PermitFault {
  return new PermitFault(code, status, message, remedy);
}
