import { isRecord, type Json, sameJson } from '@watchbill/kit';
import { bodyJson, type Resource } from '../graph/resource.ts';
import type { LiveResource, Proposal } from '../live/port.ts';
import { liveKeyClaim, sourceOfClaim } from '../signers/index.ts';
import type { Action, FieldChange, Gate, PlanProblem, Step } from './change.ts';
import { type Difference, declaredDifferences, differences } from './diff.ts';
import { isWorkload, judgeField, judgeStep } from './risk.ts';
import { unitView } from './unit-view.ts';

/** A step before its order is known, a problem, or no change. */
export type Drafted =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'problem'; readonly problem: PlanProblem }
  | { readonly kind: 'same' };

const SAME: Drafted = { kind: 'same' };

/** Plans the step that brings a resource to its declared state. */
export function draftStep(
  network: string,
  resource: Resource,
  all: ReadonlyMap<string, LiveResource>,
  proposal: Proposal | undefined,
): Drafted {
  const live = all.get(resource.id);
  if (live !== undefined && resource.lifecycle === 'create-once') return SAME;
  if (live !== undefined && live.network !== network) return problem('not-ours', resource, ownerText(live));
  if (proposal === undefined)
    return problem('unreachable', resource, 'its place was not asked for the result of the change');
  if (!proposal.ok && proposal.reason !== 'immutable')
    return problem(proposal.reason, resource, proposal.detail);
  if (live === undefined) return created(resource, liveKeyClaim(resource, all));
  if (!proposal.ok) {
    const fields = declaredDifferences(view(live.body), view(bodyJson(resource)));
    return { kind: 'step', step: step('replace', resource, live, judgeAll(resource, live, fields)) };
  }
  const fields = differences(view(live.body), view(proposal.body));
  if (fields.length > 0)
    return { kind: 'step', step: step('update', resource, live, judgeAll(resource, live, fields)) };
  if (sameJson(live.body, proposal.body)) return SAME;
  // Texts that read the same by key but are not the same bytes.
  const whole: Difference = { path: ['text'], before: live.body, after: proposal.body };
  return { kind: 'step', step: step('update', resource, live, judgeAll(resource, live, [whole])) };
}

/** A signer begins with the keys on its volume, or in its keystore, if they are there before it. */
function created(resource: Resource, claim: LiveResource | undefined): Drafted {
  const made = step('create', resource, null, []);
  if (claim === undefined) return { kind: 'step', step: made };
  const source = sourceOfClaim(claim);
  if (source === null) {
    const where = resource.target === 'machine' ? `in the ${claim.name}` : `on the volume ${claim.name}`;
    const why = `it starts with the keys ${where}, which is there already`;
    return { kind: 'step', step: { ...made, risk: 'signing', why } };
  }
  const what = `its keys are on the volume ${claim.name}, which was filled from ${source}: whatever has the other copy may sign with them too`;
  const remedy = `remove that claim, so that the node makes its own keys: ${claim.id}`;
  return { kind: 'problem', problem: { ...planProblem('two-signers', resource.id, what), remedy } };
}

/** The removal of an object that the network no longer declares. */
export function draftDelete(live: LiveResource): Step {
  const { id, place, kind, subject, fingerprint } = live;
  const gate: Gate = isWorkload(kind) ? 'gone' : 'none';
  return {
    id: `delete ${id}`,
    action: 'delete',
    resourceId: id,
    place,
    subject,
    ...judgeStep('delete', { kind, subject }, []),
    fields: [],
    resource: null,
    basedOn: fingerprint,
    needs: [],
    gate,
    healthyFirst: [],
  };
}

function step(
  action: Action,
  resource: Resource,
  live: LiveResource | null,
  fields: readonly FieldChange[],
): Step {
  const { id, kind, place, subject } = resource;
  return {
    id: `${action} ${id}`,
    action,
    resourceId: id,
    place,
    subject,
    ...judgeStep(action, resource, fields),
    fields,
    resource,
    basedOn: live?.fingerprint ?? null,
    needs: [],
    gate: isWorkload(kind) ? 'healthy' : 'none',
    healthyFirst: [],
  };
}

/** A signer before or after is a signer. */
function judgeAll(
  resource: Resource,
  live: LiveResource,
  fields: readonly Difference[],
): readonly FieldChange[] {
  const subject = { ...resource.subject, keySet: resource.subject.keySet ?? live.subject.keySet };
  return fields.map((field) => judgeField(resource.kind, subject, field));
}

/** A unit is compared by its keys, everything else as it is. */
function view(body: Json): Json {
  if (!isRecord(body) || body.kind !== 'unit' || typeof body.text !== 'string') return body;
  return unitView(body.text);
}

function ownerText({ network }: LiveResource): string {
  return network === null ? 'it was not made by watchbill' : `it belongs to the network ${network}`;
}

const REMEDIES: Readonly<Record<PlanProblem['code'], string>> = {
  'not-ours':
    'remove it or give this network another name or namespace; objects of other owners are never changed',
  conflict: 'let the other manager give the field up, or plan with --take-over',
  invalid: 'correct the network file, or the cluster if it lacks something that the file asks for',
  forbidden:
    'give the credentials the right that is named, or use others; `watchbill fleet file render --format access` writes all rights that a plan and an apply need',
  unreachable: 'check that the place can be reached, and plan again',
  missing: 'make it, and plan again',
  'two-signers': 'make the change in two plans: first stop the one that has the keys, then start the other',
  'cloned-machine': 'decide which of the two machines stays, switch the other one off, and plan again',
  'no-memory': 'plan with the folder that has the memory of this network',
  'not-first-time': 'plan again without --first-time',
  unfinished: 'continue that plan, or abandon it, and plan again',
  'signer-replicas': 'a signer is one pod',
  'key-loss': 'existing keys must be kept',
  'volume-kept': 'put the size or the class back to the old one',
  'service-quorum':
    'replace one machine in each plan: after it, take the old service out of the ledger with `watchbill service remove`',
};

function problem(code: PlanProblem['code'], resource: Resource, what: string): Drafted {
  return { kind: 'problem', problem: planProblem(code, resource.id, what) };
}

export function planProblem(code: PlanProblem['code'], resourceId: string, what: string): PlanProblem {
  return { code, resourceId, what, remedy: REMEDIES[code] };
}
