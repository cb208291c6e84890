import { digestOf, type Json, kubectlLine } from '@watchbill/kit';
import type { Expected, Graph, Place } from '../graph/resource.ts';
import { mergedLive } from '../live/merged.ts';
import type { LiveResource, PlaceRead, Proposal } from '../live/port.ts';
import { breachesOf } from '../rules/invariants/check.ts';
import { type KeyClaims, NO_CLAIMS } from '../signers/index.ts';
import type { Plan, PlanProblem, Step } from './change.ts';
import { checkSteps } from './check.ts';
import { keptVolumes } from './kept-volumes.ts';
import { orderSteps } from './order.ts';
import { draftDelete, draftStep, planProblem } from './steps.ts';

/** The wanted state: a graph, or one without resources, which removes all objects of the network. */
export type Wanted = Pick<Graph, 'network' | 'digest' | 'resources' | 'places' | 'chains'>;

/**
 * Plans the steps that bring the places to the state of a graph. Pure. One read for each place of the graph.
 * An unreadable place refuses the whole plan, because a signer may run there. Reads of other places, where
 * the network had objects, lead to their removal; `known` are problems that were found before.
 */
export function planChanges(
  graph: Wanted,
  reads: readonly PlaceRead[],
  known: readonly PlanProblem[] = [],
  claims: KeyClaims = NO_CLAIMS,
): Plan {
  const live = mergedLive(reads.flatMap((read) => (read.ok ? [read.state.live] : [])));
  const proposals = new Map<string, Proposal>();
  const problems: PlanProblem[] = [...known, ...unsound(graph)];
  const hidden: Expected[] = [];
  for (const read of reads) {
    if (!read.ok) {
      problems.push(planProblem(read.reason, read.place, read.detail));
      continue;
    }
    for (const [id, one] of read.state.proposals) proposals.set(id, one);
    problems.push(...read.state.missing.map((one) => missing(one, graph.places)));
    hidden.push(...(read.state.unread ?? []).map(({ expected }) => expected));
  }
  problems.push(...unread(graph, reads));
  if (reads.some(({ ok }) => !ok)) return finish(graph, { steps: [], unchangedCount: 0, problems }, claims);
  const drafts = draftAll(graph, live, proposals, problems);
  problems.push(...keptVolumes(graph, live));
  // Keys in Secrets that this user may not read are unknown here. `apply` reads and compares them.
  const isAssumed = hidden.length > 0 && claims.differentKeys === false;
  const assumed: KeyClaims = isAssumed ? { differentKeys: 'unread' } : claims;
  const { steps, problems: disorder } = orderSteps(graph.network, drafts.steps, live, assumed);
  problems.push(...disorder, ...checkSteps(steps, live, assumed));
  const made = { steps, unchangedCount: drafts.sameCount, problems };
  return finish(graph, hidden.length > 0 ? { ...made, unread: hidden } : made, claims);
}

function unsound({ resources }: Wanted): PlanProblem[] {
  return breachesOf(resources).map(({ invariant, resourceId, what }) =>
    planProblem(invariant === 'two-signers' ? 'two-signers' : 'invalid', resourceId, what),
  );
}

function unread({ places }: Wanted, reads: readonly PlaceRead[]): readonly PlanProblem[] {
  const read = new Set(reads.map((one) => (one.ok ? one.state.place : one.place)));
  return places
    .filter(({ name }) => !read.has(name))
    .map(({ name }) => planProblem('unreachable', name, 'the place was not read'));
}

function draftAll(
  graph: Wanted,
  live: ReadonlyMap<string, LiveResource>,
  proposals: ReadonlyMap<string, Proposal>,
  problems: PlanProblem[],
): { readonly steps: readonly Step[]; readonly sameCount: number } {
  const steps: Step[] = [];
  let sameCount = 0;
  for (const resource of graph.resources) {
    const drafted = draftStep(graph.network, resource, live, proposals.get(resource.id));
    if (drafted.kind === 'step') steps.push(drafted.step);
    else if (drafted.kind === 'problem') problems.push(drafted.problem);
    else sameCount += 1;
  }
  const declared = new Set(graph.resources.map(({ id }) => id));
  for (const one of live.values())
    if (!declared.has(one.id) && one.network === graph.network && one.lifecycle !== 'create-once')
      steps.push(draftDelete(one));
  return { steps, sameCount };
}

function missing({ place, kind, name, entries, why }: Expected, places: readonly Place[]): PlanProblem {
  if (kind === 'credential') {
    const what = `there is no credential ${name} that this machine can decrypt: ${why}`;
    const remedy = 'store it with `watchbill fleet keys secrets put`, and plan again';
    return { ...planProblem('missing', `${place}/${kind}/${name}`, what), remedy };
  }
  const what = entries.length === 0 ? '' : ` with ${entries.join(', ')}`;
  const one = planProblem(
    'missing',
    `${place}/${kind}/${name}`,
    `there is no ${kind} ${name}${what}: ${why}`,
  );
  const cluster = places.find((at) => at.name === place);
  if (kind !== 'Secret' || cluster?.target !== 'kubernetes') return one;
  const sources = entries.map((entry) => `--from-file=${entry}=FILE`);
  const line = kubectlLine(cluster, 'create', 'secret', 'generic', name, ...sources);
  return { ...one, remedy: `make it, and plan again: ${line}` };
}

function finish(
  graph: Wanted,
  made: Pick<Plan, 'steps' | 'unchangedCount' | 'problems' | 'unread'>,
  claims: KeyClaims,
): Plan {
  const differentKeys = claims.differentKeys === true;
  const parts = {
    format: 'watchbill/plan/1' as const,
    network: graph.network,
    graphDigest: graph.digest,
    ...made,
    ...(differentKeys ? { differentKeys } : {}),
    ...(graph.chains === undefined ? {} : { chains: graph.chains }),
  };
  return { ...parts, id: digestOf(planData(parts)) };
}

/** The plan with these of its steps. It has another id. */
export function withSteps({ id: _id, ...plan }: Plan, steps: readonly Step[]): Plan {
  const parts = { ...plan, steps };
  return { ...parts, id: digestOf(planData(parts)) };
}

/** The data of a plan; resources are named only, because the digest of the graph covers them. */
function planData(plan: Omit<Plan, 'id'>): Json {
  const steps = plan.steps.map(({ resource: _resource, fields, ...step }) => ({
    ...step,
    fields: fields.map(({ before, after, ...field }) => ({
      ...field,
      before: before ?? null,
      after: after ?? null,
    })),
  }));
  return { ...plan, steps } as unknown as Json;
}
