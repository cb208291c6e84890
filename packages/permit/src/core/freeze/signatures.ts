import { type FreezeEvidence, type Policy, parseUnit, type Unit } from '@watchbill/duty';
import type { SeenSignature, SignaturesReport } from '../../contract.ts';
import { markName } from '../keys.ts';
import type { HeldMark } from '../marks.ts';
import type { CoreModules } from '../modules.ts';
import { mayObserve, mustObserve } from '../observations.ts';
import { headOf } from '../verdict.ts';
import type { Freezer } from './freeze.ts';
import { type Incident, incidentOf } from './incident.ts';
import { judgeSeal, wasCleared } from './judge-signature.ts';

/**
 * Compares the signatures that an observer saw on the chain with the ledger, and freezes a key whose
 * signature no service granted: decision 0031.
 */
export type ReportSignatures = (report: SignaturesReport, observer: string) => Promise<void>;

/** Keeps incidents where a person finds them, for example as files. */
export type KeepIncident = (incident: Incident) => Promise<void>;

/** Blocks whose alarm was logged; older ones may be logged once more. */
const MAX_ALARMS = 256;

/** One signature to compare, with the policy that lists its observer. */
interface Case {
  readonly policy: Policy;
  readonly seen: SeenSignature;
  readonly observer: string;
}

export function createSignatureReports(modules: CoreModules, freezer: Freezer): ReportSignatures {
  const { policies } = modules;
  const alarms = new Set<string>();
  return async ({ chain, signatures }, observer) => {
    mustObserve(chain, observer, policies.all());
    for (const seen of signatures) {
      const policy = policies.get(chain, seen.key)?.policy;
      if (policy === undefined || policy.mode === 'frozen' || !mayObserve(policy, observer)) continue;
      const proof = await compare(modules, { policy, seen, observer });
      if (proof !== null) await raise(modules, freezer, alarms, proof);
    }
  };
}

interface Proof {
  readonly policy: Policy;
  readonly unit: Unit;
  readonly evidence: FreezeEvidence;
  readonly reason: string;
}

/** Null if the ledger explains the signature, or does not know. Throws a StoreFault or a LedgerFault. */
async function compare(modules: CoreModules, { policy, seen, observer }: Case): Promise<Proof | null> {
  const { context, session, reports, identity, marks } = modules;
  const { chain, key } = policy;
  const duty = context.duties.get(seen.duty);
  const parsed = duty === undefined ? null : parseUnit(duty.fields, seen.unit);
  // A service that may not know every grant accuses no machine.
  if (session.state() !== 'serving' || reports.open() !== null) return null;
  if (duty === undefined || parsed?.ok !== true) return null;
  const { ledger, clock } = context.parts;
  const own = ledger.grantsOf(markName(chain, key, duty.name), parsed.unit);
  const held = await marks.load({ chain, key, duty }, context.options.storeTimeoutMs);
  const seal = { duty, unit: parsed.unit, digest: seen.digest.slice(2) };
  const records = { epoch: identity.epoch, mark: held?.mark ?? null, own, nowMs: clock.nowMs() };
  const finding = judgeSeal(policy, seal, records);
  if (finding.kind !== 'proof' || held === null) return null;
  const { number } = seen.block;
  const reason = `block ${number} is sealed with this key for ${duty.name} unit ${seen.unit}, and ${finding.why}`;
  const { granted } = finding;
  const evidence = evidenceOf({ seen, observer, held, granted, service: ledger.serviceId });
  return { policy, unit: parsed.unit, evidence, reason };
}

function evidenceOf(from: {
  readonly seen: SeenSignature;
  readonly observer: string;
  readonly held: HeldMark;
  readonly granted: string | null;
  readonly service: string;
}): FreezeEvidence {
  const { seen, observer, held, granted, service } = from;
  const { duty, unit, digest, block } = seen;
  return { duty, unit, digest, granted, block, observer, service, head: headOf(held.mark) };
}

/** The alarm, once for each block, and the freeze if the policy asks for it. */
async function raise(
  modules: CoreModules,
  freezer: Freezer,
  alarms: Set<string>,
  proof: Proof,
): Promise<void> {
  const { log, incidents } = modules.context.parts;
  const { policy, evidence, reason } = proof;
  const { chain, key } = policy;
  if (!alarms.has(evidence.block.hash)) {
    if (alarms.size >= MAX_ALARMS) alarms.clear();
    alarms.add(evidence.block.hash);
    log.error(
      { event: 'unknown-signature', chain, key, ...evidence, reason },
      'another machine signs with a key',
    );
  }
  const frozen = await freezeMachines(modules, freezer, proof);
  const [first] = frozen;
  if (first?.freeze === undefined) return;
  const incident = incidentOf([first, ...frozen.slice(1)], first.freeze);
  await incidents?.(incident).catch((error: unknown) => {
    log.error(
      { event: 'incident-unwritten', chain, key, error: String(error) },
      'an incident was not written',
    );
  });
}

/**
 * Freezes the key, and the other keys of its machines: a copy of a machine has all of them. Each policy
 * decides by its own `unknownSignature`.
 */
async function freezeMachines(
  { policies }: CoreModules,
  freezer: Freezer,
  { policy, unit, evidence, reason }: Proof,
): Promise<readonly Policy[]> {
  const { observer: by } = evidence;
  const machines = new Set(policy.roster.map(({ name }) => name));
  const siblings = policies
    .all()
    .filter((other) => other.chain === policy.chain && other.key !== policy.key)
    .filter(({ roster }) => roster.some(({ name }) => machines.has(name)));
  const frozen: Policy[] = [];
  for (const each of [policy, ...siblings]) {
    const cause = { cause: 'unknown-signature', by, reason, evidence } as const;
    const unless = (now: Policy) => now.unknownSignature !== 'freeze' || wasCleared(now, unit);
    const done = await freezer.freezeKey(each, cause, unless);
    if (done !== null) frozen.push(done);
  }
  return frozen;
}
