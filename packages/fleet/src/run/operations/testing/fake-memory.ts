import { usageFault } from '@watchbill/kit';
import type { Entry } from '../../apply/journal-text.ts';
import { type Memory, type MemoryLine, readMemory } from '../../apply/memory.ts';
import { journalName, type SavedPlan } from '../../apply/saved-plan.ts';
import type { RolloutEntry, RolloutHeader } from '../../rollout/journal.ts';
import type { BegunSigning, FleetMemory } from '../fleet-ports.ts';

/** A memory without a disk, which a test looks into. */
export interface FakeMemory extends FleetMemory {
  readonly plans: Map<string, SavedPlan>;
  readonly lines: MemoryLine[];
  /** By the name of the journal. */
  readonly journals: Map<string, Entry[]>;
  readonly begunSigning: BegunSigning[];
  /** A roll-out that is not ended. */
  readonly open: { rollout: RolloutHeader | null };
}

/** Lines never change, and a simulation reads them after each step. */
const texts = new WeakMap<MemoryLine, string>();

function textOf(line: MemoryLine): string {
  const known = texts.get(line) ?? JSON.stringify(line);
  texts.set(line, known);
  return known;
}

export function fakeMemory(): FakeMemory {
  const plans = new Map<string, SavedPlan>();
  const lines: MemoryLine[] = [];
  const journals = new Map<string, Entry[]>();
  const begunSigning: BegunSigning[] = [];
  const open: FakeMemory['open'] = { rollout: null };
  const remembered = (network: string): Memory | null => {
    if (lines.length === 0) return null;
    const read = readMemory(lines.map(textOf).join('\n'), network);
    if (!read.ok) throw new Error(read.detail);
    return read.memory;
  };
  return {
    ...{ plans, lines, journals, begunSigning, open, where: 'memory' },
    remembered: async (network) => remembered(network),
    add: async (_network, more) => void lines.push(...more),
    savePlan: async (saved) => {
      plans.set(saved.plan.id, saved);
      return saved.plan.id;
    },
    plan: async (id) => {
      const found = [...plans].find(([one]) => one.startsWith(id));
      if (found === undefined) throw usageFault(`there is no plan ${id}`, 'plan', 'plan');
      return found[1];
    },
    unfinishedSigning: async (_network, except) =>
      begunSigning.filter(({ journal }) => !except.includes(journal)),
    journalNames: async () => [...journals.keys()].map((name) => name.replace(/^[a-z-]+ /, '')),
    openJournal: async (saved, use) => {
      const file = `${use} ${journalName(saved)}`;
      const entries = journals.get(file) ?? [];
      journals.set(file, entries);
      const write = (entry: Entry) => void entries.push(entry);
      return { ok: true, journal: { file, earlier: [...entries], write, close: () => undefined } };
    },
    rollout: {
      where: 'rollout',
      unfinished: () => open.rollout,
      open: (header) => {
        const entries: RolloutEntry[] = [];
        const write = (entry: RolloutEntry) => void entries.push(entry);
        return {
          ok: true,
          journal: { file: 'rollout', header, entries: () => entries, write, close: () => undefined },
        };
      },
    },
  };
}
