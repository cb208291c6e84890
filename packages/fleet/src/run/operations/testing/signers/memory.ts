import type { Entry } from '../../../apply/journal-text.ts';
import type { MemoryLine } from '../../../apply/memory.ts';
import { journalName, type SavedPlan } from '../../../apply/saved-plan.ts';
import { unfinishedSigning } from '../../../apply/unfinished.ts';
import type { FleetMemory } from '../../fleet-ports.ts';
import { fakeMemory } from '../fake-memory.ts';

export interface OperatorMemory extends FleetMemory {
  /** Saved plans, the newest last. */
  readonly saved: SavedPlan[];
  readonly lines: readonly MemoryLine[];
}

/** A memory without a disk that knows unfinished plans by their journals, as a folder does. */
export function operatorMemory(): OperatorMemory {
  const inner = fakeMemory();
  const saved: SavedPlan[] = [];
  const begun = new Map<string, { readonly plan: SavedPlan; readonly entries: Entry[] }>();
  return {
    ...inner,
    saved,
    savePlan: async ({ gates: _gates, ...plan }) => {
      // Nodes of the simulated places have no RPC that a gate could ask.
      saved.push(plan);
      return inner.savePlan(plan);
    },
    unfinishedSigning: async (network, except) =>
      [...begun].flatMap(([journal, { plan, entries }]) => {
        if (except.includes(journal)) return [];
        const header = { format: 'watchbill/journal/1', plan: plan.plan.id, network, identities: {} };
        const text = [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('');
        const found = unfinishedSigning(text, network, () => plan.plan.steps);
        return found === null ? [] : [{ journal, ...found }];
      }),
    journalNames: async () => [...begun.keys()],
    openJournal: async (plan) => {
      const journal = journalName(plan);
      const entries: Entry[] = begun.get(journal)?.entries ?? [];
      begun.set(journal, { plan, entries });
      const write = (entry: Entry) => void entries.push(entry);
      return { ok: true, journal: { file: journal, earlier: [...entries], write, close: () => undefined } };
    },
  };
}
