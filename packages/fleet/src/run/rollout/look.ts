import { analyse, analyseBefore, type Verdict, verdictText } from './analysis.ts';
import type { Since } from './facts.ts';
import type { Ask } from './port.ts';
import type { RunSettings } from './settings.ts';
import { beginWatch, type SoakLimits, stepWatch } from './soak.ts';

/** How a wait ended. */
export type Waited =
  | { readonly end: 'passed' | 'interrupted' }
  | { readonly end: 'failed'; readonly why: string };

/** The number of unchanged nodes that are enough to show the state of the chain. */
const MOST_COMPARED = 5;

export interface Watching {
  readonly nodes: readonly string[];
  readonly version: 'new' | 'before';
  readonly since: Since | null;
  readonly heldBefore: ReadonlyMap<string, readonly string[]>;
  readonly soakMs: number;
  /** Its name in messages. */
  readonly what: string;
}

/** Looks at changed nodes until their checks have held long enough, or clearly fail. */
export async function watchNodes(watching: Watching, run: RunSettings): Promise<Waited> {
  const { settings, clock } = run;
  const limits: SoakLimits = { soakMs: watching.soakMs, deadlineMs: settings.gateSeconds * 1_000 };
  let watched = beginWatch(clock.monotonicMs());
  let told = '';
  for (;;) {
    const verdict = await lookAtChanged(watching, run);
    const step = stepWatch(watched, verdict, clock.monotonicMs(), limits);
    if (step.end === 'passed') return { end: 'passed' };
    const text = verdict.verdict === 'pass' ? 'all checks hold' : verdictText(verdict);
    if (step.end === 'failed') return { end: 'failed', why: failureText(step.why, text, limits) };
    watched = step.watched;
    if (run.signal.aborted) return { end: 'interrupted' };
    // Numbers in a text change with every look.
    const kind = text.replace(/\d+/g, '');
    if (kind !== told) run.onEvent({ state: 'waiting', what: watching.what, detail: text });
    told = kind;
    await clock.sleep(run.pollMs, run.signal);
  }
}

async function lookAtChanged(watching: Watching, { port, settings, signal }: RunSettings): Promise<Verdict> {
  const { nodes, version, since, heldBefore } = watching;
  const baseline = comparedWith(nodes, { port });
  const asked: readonly Ask[] = [
    ...nodes.map((node): Ask => ({ node, version, since })),
    ...baseline.map((node): Ask => ({ node, version: null, since: null })),
  ];
  const facts = await port.facts(asked, signal);
  return analyse({
    gates: version === 'new' ? settings.gates : { ...settings.gates, authorship: null },
    changed: facts.slice(0, nodes.length),
    baseline: facts.slice(nodes.length),
    heldBefore,
  });
}

/**
 * First the nodes that no stage changes, then those that a later stage will change or an earlier one changed.
 */
function comparedWith(nodes: readonly string[], { port }: Pick<RunSettings, 'port'>): readonly string[] {
  const all = [...port.others.map(({ node }) => node), ...port.units.flatMap((unit) => unit.nodes)];
  return all.filter((node) => !nodes.includes(node)).slice(0, MOST_COMPARED);
}

/** Waits until nodes that are not being changed are all good. */
export async function untilGood(nodes: readonly string[], what: string, run: RunSettings): Promise<Waited> {
  const { clock, settings, signal } = run;
  if (nodes.length === 0) return { end: 'passed' };
  const deadlineMs = clock.monotonicMs() + settings.gateSeconds * 1_000;
  for (;;) {
    const verdict = await goodness(nodes, run);
    if (verdict.verdict === 'pass') return { end: 'passed' };
    if (signal.aborted) return { end: 'interrupted' };
    if (clock.monotonicMs() >= deadlineMs) return { end: 'failed', why: verdictText(verdict) };
    run.onEvent({ state: 'waiting', what, detail: verdictText(verdict) });
    await clock.sleep(run.pollMs, signal);
  }
}

export async function goodness(
  nodes: readonly string[],
  { port, settings, signal }: Pick<RunSettings, 'port' | 'settings' | 'signal'>,
): Promise<Verdict> {
  const asked = nodes.map((node): Ask => ({ node, version: null, since: null }));
  const changing = new Set(port.units.flatMap((unit) => unit.nodes));
  return analyseBefore(await port.facts(asked, signal), settings.gates, changing);
}

function failureText(why: 'hopeless' | 'bad' | 'late', text: string, { deadlineMs }: SoakLimits): string {
  switch (why) {
    case 'hopeless':
      return text;
    case 'bad':
      return `it was good and is no longer: ${text}`;
    case 'late':
      return `${text}; waited ${deadlineMs / 1_000} s`;
  }
}
