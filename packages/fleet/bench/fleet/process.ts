// Plans a network of 1,000 nodes in a process of its own, and prints how long each part took and what it
// held.

import { readFileSync } from 'node:fs';
import {
  bodyJson,
  type Graph,
  type LiveResource,
  type PlaceRead,
  type Plan,
  planChanges,
  planLines,
  readNetwork,
} from '@watchbill/fleet/file';
import type { Json } from '@watchbill/kit';
import { networkText } from './network.ts';

export const CASES = ['create', 'same', 'image'] as const;
export type Case = (typeof CASES)[number];

/** What a plan took in a process that did nothing before. */
export interface Passed {
  readonly readMs: number;
  readonly planMs: number;
  readonly showMs: number;
  /** Processor time of the three, which the work of others does not lengthen as much. */
  readonly cpuMs: number;
  readonly resources: number;
  readonly steps: number;
  readonly lines: number;
  /** Most resident memory of the process, with what the clusters answered. */
  readonly peakMb: number;
}

const MB = 1_000_000;

function graphOf(text: string): Graph {
  const read = readNetwork(text);
  if (!read.ok) throw new Error(`the invented file is wrong: ${read.problems[0]?.what}`);
  return read.graph;
}

/** What four clusters answer: objects of their own, as parsed from their replies. */
function readsOf(living: Graph | null, wanted: Graph): readonly PlaceRead[] {
  return wanted.places.map(({ name: place }) => {
    const live = new Map<string, LiveResource>();
    for (const resource of living?.resources ?? []) {
      if (resource.place !== place) continue;
      const { id, kind, name, subject, lifecycle } = resource;
      const body = copied(bodyJson(resource));
      live.set(id, {
        id,
        place,
        kind,
        name,
        network: wanted.network,
        subject,
        lifecycle,
        body,
        fingerprint: id,
      });
    }
    const own = wanted.resources.filter((resource) => resource.place === place);
    const proposals = new Map(own.map((one) => [one.id, { ok: true as const, body: copied(bodyJson(one)) }]));
    return { ok: true, state: { place, live, proposals, missing: [] } };
  });
}

function copied(body: Json): Json {
  return JSON.parse(JSON.stringify(body)) as Json;
}

/** How many steps a case must have, so that nothing else is measured. */
const WANTED: Readonly<Record<Case, (plan: Plan) => boolean>> = {
  create: ({ steps }) => steps.length > 700 && steps.every(({ action }) => action === 'create'),
  same: ({ steps }) => steps.length === 0,
  image: ({ steps }) => steps.length > 700 && steps.every(({ action }) => action === 'update'),
};

function pass(which: Case): Passed {
  const text = networkText(which === 'image' ? 'cd' : 'ab');
  const began = performance.now();
  const idle = process.cpuUsage();
  const graph = graphOf(text);
  const readCpu = process.cpuUsage(idle);
  const wasRead = performance.now();
  const reads = readsOf(which === 'create' ? null : graphOf(networkText('ab')), graph);
  const answered = performance.now();
  const waited = process.cpuUsage();
  const plan = planChanges(graph, reads);
  const planned = performance.now();
  const lines = planLines(plan, graph.places);
  const shown = performance.now();
  const planCpu = process.cpuUsage(waited);
  if (plan.problems.length > 0 || !WANTED[which](plan))
    throw new Error('the plan is not the one that is measured');
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (peak === undefined) throw new Error('the kernel does not tell the peak of memory');
  return {
    readMs: wasRead - began,
    planMs: planned - answered,
    showMs: shown - planned,
    cpuMs: [readCpu, planCpu].reduce((sum, { user, system }) => sum + (user + system) / 1000, 0),
    resources: graph.resources.length,
    steps: plan.steps.length,
    lines: lines.length,
    peakMb: (1024 * Number(peak)) / MB,
  };
}

const which = CASES.find((one) => one === process.argv[2]);
if (which !== undefined) process.stdout.write(JSON.stringify(pass(which)));
