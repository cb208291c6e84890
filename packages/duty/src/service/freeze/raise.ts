import type { Duty, FreezeEvidence, Policy, Unit } from '../../rule/index.ts';
import type { CoreModules } from '../modules.ts';
import type { Freezer } from './freeze.ts';
import { incidentOf } from './incident.ts';
import { wasCleared } from './judge-signature.ts';

/** A signature that no service granted. */
export interface Proof {
  readonly policy: Policy;
  readonly duty: Duty;
  readonly unit: Unit;
  readonly evidence: FreezeEvidence;
  readonly reason: string;
}

/**
 * The alarm, once for each signature, and the freeze if the policy asks for it. Rejects if a key was not
 * frozen that should be.
 */
export type Raise = (proof: Proof) => Promise<void>;

/** Signatures whose alarm was logged; older ones may be logged once more. */
const MAX_ALARMS = 256;

export function createRaise(modules: CoreModules, freezer: Freezer): Raise {
  const { log, incidents } = modules.context.parts;
  const alarms = new Set<string>();
  return async (proof) => {
    const { policy, evidence, reason } = proof;
    const { chain, key } = policy;
    const name = [chain, key, evidence.duty, evidence.unit, evidence.part, evidence.digest].join();
    if (!alarms.has(name)) {
      if (alarms.size >= MAX_ALARMS) alarms.clear();
      alarms.add(name);
      const event = { event: 'unknown-signature', chain, key, ...evidence, reason };
      log.error(event, 'another machine signs with a key');
    }
    const { frozen, failed } = await freezeMachines(modules, freezer, proof);
    const [first] = frozen;
    if (first?.freeze !== undefined) {
      const incident = incidentOf([first, ...frozen.slice(1)], first.freeze);
      await incidents?.(incident).catch((error: unknown) => {
        const event = { event: 'incident-unwritten', chain, key, error: String(error) };
        log.error(event, 'an incident was not written');
      });
    }
    // The observer reports again, and then the keys that are left are frozen.
    if (failed.length > 0) throw failed[0];
  };
}

/**
 * Freezes the key, and the other keys of its machines: a copy of a machine has all of them. Each policy
 * decides by its own `unknownSignature`. A key that cannot be frozen now keeps no other one from it.
 */
async function freezeMachines(
  { policies }: CoreModules,
  freezer: Freezer,
  { policy, duty, unit, evidence, reason }: Proof,
): Promise<{ readonly frozen: readonly Policy[]; readonly failed: readonly unknown[] }> {
  const { observer: by } = evidence;
  const machines = new Set(policy.roster.map(({ name }) => name));
  const siblings = policies
    .all()
    .filter((other) => other.chain === policy.chain && other.key !== policy.key)
    .filter(({ roster }) => roster.some(({ name }) => machines.has(name)));
  const frozen: Policy[] = [];
  const failed: unknown[] = [];
  for (const each of [policy, ...siblings]) {
    const cause = { cause: 'unknown-signature', by, reason, evidence } as const;
    const unless = (now: Policy) => now.unknownSignature !== 'freeze' || wasCleared(now, duty, unit);
    try {
      const done = await freezer.freezeKey(each, cause, unless);
      if (done !== null) frozen.push(done);
    } catch (error) {
      failed.push(error);
    }
  }
  return { frozen, failed };
}
