import { usageFault } from '@watchbill/kit';
import type { PlanProblem } from '../../file/index.ts';
import { type Memory, unfinishedElsewhere } from '../apply/memory.ts';
import { COMMAND_JOURNAL } from './change-lock.ts';
import type { BegunSigning, FleetMemory } from './fleet-ports.ts';
import { SHORTEST_ID } from './memory-files.ts';

export interface UnfinishedSettings {
  readonly network: string;
  readonly memory: Memory | null;
  /** How ids of plans begin that a person gives up. */
  readonly abandon: readonly string[];
  readonly onAbandon: (event: PlanAbandoned) => void;
}

/** `by`: a person of another folder, where its journal is. */
type Open = BegunSigning & { readonly by?: string | undefined };

/** A person gave up a plan: the operator checks that the keys it took away sign no longer. */
export interface PlanAbandoned {
  readonly kind: 'plan-abandoned';
  readonly plan: string;
  /** Ids of the steps that were begun. */
  readonly steps: readonly string[];
}

/** Plans that began to change signers and were not seen to end each of them refuses a new plan. */
export async function unfinishedProblems(
  store: FleetMemory,
  { network, memory, abandon, onAbandon }: UnfinishedSettings,
): Promise<readonly PlanProblem[]> {
  const own = await store.unfinishedSigning(network, memory?.abandoned ?? []);
  const elsewhere = memory === null ? [] : unfinishedElsewhere(memory, await store.journalNames());
  const others = elsewhere.map(({ plan, journal, signing, by }) => ({
    plan,
    journal,
    steps: signing ?? [],
    by,
  }));
  const open: readonly Open[] = [...own, ...others];
  const isGiven = (plan: string) => abandon.some((id) => id.length >= SHORTEST_ID && plan.startsWith(id));
  for (const id of abandon)
    if (!open.some(({ plan }) => id.length >= SHORTEST_ID && plan.startsWith(id)))
      throw usageFault(
        `${id} is not a plan that began to change signers and has not ended`,
        open.length === 0
          ? 'leave --abandon out'
          : `one of ${open.map(({ plan }) => plan.slice(0, 12)).join(', ')}`,
        'flag --abandon',
      );
  const given = open.filter(({ plan }) => isGiven(plan));
  for (const { plan, steps } of given) onAbandon({ kind: 'plan-abandoned', plan, steps });
  await store.add(
    network,
    given.map(({ journal }) => ({ what: 'abandoned', journal }) as const),
  );
  return open.filter((one) => !given.includes(one)).map(problemOf);
}

function problemOf({ plan, steps, by, journal }: Open): PlanProblem {
  const id = plan.slice(0, 12);
  const isCommand = journal.startsWith(COMMAND_JOURNAL);
  const who = `${isCommand ? 'a command' : `plan ${id}`}${by === undefined ? '' : ` of ${by}`}`;
  const again = isCommand
    ? 'run that command again'
    : `continue with \`watchbill fleet apply ${id}\`${by === undefined ? '' : ` in the folder of ${by}`}`;
  return {
    code: 'unfinished',
    resourceId: steps[0] ?? plan,
    what: `${who} began ${steps.join(', ')}, and did not record its end: the earlier holder of the keys may still sign`,
    remedy: `${again}; if that cannot end, check that no process runs there with the earlier keys, and plan with --abandon ${id}`,
  };
}
