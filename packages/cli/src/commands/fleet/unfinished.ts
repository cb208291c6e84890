import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlanProblem, Step } from '@watchbill/fleet';
import type { Memory } from '@watchbill/fleet-run/apply';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { addToMemory } from './memory-store.ts';

export interface UnfinishedSettings {
  readonly folder: string;
  readonly network: string;
  readonly memory: Memory | null;
  /** How ids of plans begin that a person gives up. */
  readonly abandon: readonly string[];
}

/** As much of an id as tells plans apart. */
const SHORTEST_ID = 8;

/** Plans that began to change signers and were not seen to end: nothing is planned beside them. */
export async function unfinishedProblems(
  io: Io,
  settings: UnfinishedSettings,
): Promise<readonly PlanProblem[]> {
  const open = await unfinished(settings);
  const isGiven = (plan: string) =>
    settings.abandon.some((id) => id.length >= SHORTEST_ID && plan.startsWith(id));
  for (const id of settings.abandon)
    if (!open.some(({ plan }) => id.length >= SHORTEST_ID && plan.startsWith(id)))
      throw usageFault(
        `${id} is no plan that began to change signers and has not ended`,
        open.length === 0
          ? 'leave --abandon out'
          : `one of ${open.map(({ plan }) => plan.slice(0, 12)).join(', ')}`,
        'flag --abandon',
      );
  const given = open.filter(({ plan }) => isGiven(plan));
  for (const { plan, steps } of given)
    io.err(
      `WARNING: plan ${plan.slice(0, 12)} is abandoned at ${steps.join(', ')}. See that nothing runs there with keys that it took away, before you apply another plan.\n`,
    );
  addToMemory(
    settings.folder,
    settings.network,
    given.map(({ journal }) => ({ what: 'abandoned', journal }) as const),
  );
  return open
    .filter((one) => !given.includes(one))
    .map(({ plan, steps }) => ({
      code: 'unfinished',
      resourceId: steps[0] ?? plan,
      what: `plan ${plan.slice(0, 12)} began ${steps.join(', ')}, and was not seen to end it: what had the keys before may still sign`,
      remedy: `go on with \`watchbill fleet apply ${plan.slice(0, 12)}\`; where that cannot end, see that nothing runs there with the keys of before, and plan with --abandon ${plan.slice(0, 12)}`,
    }));
}

async function unfinished({ folder, network, memory }: UnfinishedSettings) {
  const { unfinishedSigning } = await import('@watchbill/fleet-run/apply');
  const names = namesIn(join(folder, 'journals')).filter((name) => !memory?.abandoned.includes(name));
  return Promise.all(
    names.map(async (journal) => {
      const text = readFileSync(join(folder, 'journals', journal), 'utf8');
      const found = unfinishedSigning(text, network, (plan) => stepsOf(folder, plan));
      return found === null ? [] : [{ journal, ...found }];
    }),
  ).then((all) => all.flat());
}

/** Steps of a plan that was saved. Its id is a digest over them, so that of another day has the same. */
function stepsOf(folder: string, plan: string): readonly Step[] | null {
  if (!/^[0-9a-f]+$/.test(plan)) return null;
  try {
    const text = readFileSync(join(folder, 'plans', `${plan}.json`), 'utf8');
    return (JSON.parse(text) as { readonly plan: { readonly steps: readonly Step[] } }).plan.steps;
  } catch {
    return null;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.journal'));
  } catch {
    return [];
  }
}
