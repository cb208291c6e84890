import type { JsonRecord } from '@watchbill/kit';
import type { KubernetesResource, Subject } from '../../../file/graph/index.ts';
import type { FieldChange, Plan, Step } from '../../../file/plan/index.ts';
import type { SavedPlan } from '../saved-plan.ts';
import { fingerprint } from './fake-target.ts';

const NOBODY: Subject = { pool: null, node: null, role: null, keySet: null };

export function fakeResource(name: string, body: JsonRecord = {}, kind = 'ConfigMap'): KubernetesResource {
  return {
    id: `ams/${kind}/nodes/${name}`,
    target: 'kubernetes',
    place: 'ams',
    kind,
    name,
    needs: [],
    afterHealthy: [],
    subject: NOBODY,
    lifecycle: 'reconcile',
    body: { apiVersion: 'v1', kind, metadata: { name }, ...body },
  };
}

/** A step as a planner would make it: based on `before`, with `change` over it. */
export function fakeStep(
  action: Step['action'],
  resource: KubernetesResource,
  before: KubernetesResource | null = null,
  change: Partial<Step> = {},
): Step {
  return {
    id: `${action} ${resource.id}`,
    action,
    resourceId: resource.id,
    place: resource.place,
    subject: resource.subject,
    risk: 'safe',
    why: 'of a test',
    fields: [],
    resource: action === 'delete' ? null : resource,
    basedOn: before === null ? null : fingerprint(before),
    needs: [],
    healthyFirst: [],
    gate: 'none',
    ...change,
  };
}

export function fakePlan(steps: readonly Step[], change: Partial<Plan> = {}): Plan {
  return {
    format: 'watchbill/plan/1',
    id: 'plan-1',
    network: 'net',
    graphDigest: 'graph',
    steps,
    unchangedCount: 0,
    problems: [],
    ...change,
  };
}

/** A plan as it is saved, for no place unless `change` names one. */
export function fakeSaved(plan: Plan, change: Partial<SavedPlan> = {}): SavedPlan {
  const places = { places: [], identities: {}, takeOver: false };
  return { format: 'watchbill/saved-plan/1', plan, ...places, madeAtMs: 0, runs: [], ...change };
}

export function fakeField(
  path: FieldChange['path'],
  before: FieldChange['before'],
  after: FieldChange['after'],
) {
  return { path, before, after, risk: 'restart', why: 'of a test' } satisfies FieldChange;
}
