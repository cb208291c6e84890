import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fault, usageFault } from '@watchbill/kit';
import { appendFileDurablySync, makeFoldersSync, replaceFileSync } from '@watchbill/kit/files';
import type { Step } from '../../file/index.ts';
import { openJournal } from '../apply/journal.ts';
import { readJournal } from '../apply/journal-text.ts';
import { type Memory, type MemoryLine, readMemory } from '../apply/memory.ts';
import { decodeSavedPlan, encodeSavedPlan, journalName, type SavedPlan } from '../apply/saved-plan.ts';
import { unfinishedSigning } from '../apply/unfinished.ts';
import { openRollout, unfinishedRollout } from '../rollout/journal.ts';
import type { BegunSigning, FleetMemory, JournalUse, RolloutMemory } from './fleet-ports.ts';

/** Shorter beginnings of an id may belong to several plans. */
export const SHORTEST_ID = 8;

/**
 * The memory in a folder of this machine: `plans/ID.json`, `journals/*.journal`, `memory/NETWORK.jsonl` and
 * `rollout.journal`. Folders are made when something is written, and only their owner reads them.
 */
export function createFileMemory(folder: string): FleetMemory {
  return {
    where: folder,
    remembered: async (network) => remembered(folder, network),
    add: async (network, lines) => add(folder, network, lines),
    savePlan: async (saved) => {
      const file = join(privateFolder(folder, 'plans'), `${saved.plan.id}.json`);
      // Whole or not at all, also if a run reads it at this moment.
      replaceFileSync({ path: file, text: encodeSavedPlan(saved), mode: 0o600 });
      return file;
    },
    plan: async (id) => loadPlan(join(folder, 'plans'), id),
    unfinishedSigning: async (network, except) => unfinished(folder, network, except),
    journalNames: async () => readableJournals(join(folder, 'journals')),
    openJournal: async (saved, use) => openPlanJournal(folder, saved, use),
    rollout: createRolloutFile(join(folder, 'rollout.journal')),
  };
}

/** The journal of a roll-out in a file. */
export function createRolloutFile(file: string): RolloutMemory {
  return {
    where: file,
    unfinished: () => unfinishedRollout(file),
    open: (header) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      return openRollout(file, header);
    },
  };
}

function privateFolder(...parts: readonly [string, string]): string {
  const folder = join(...parts);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function memoryFile(folder: string, network: string): string {
  return join(folder, 'memory', `${network}.jsonl`);
}

function remembered(folder: string, network: string): Memory | null {
  const file = memoryFile(folder, network);
  if (!existsSync(file)) return null;
  const read = readMemory(readFileSync(file, 'utf8'), network);
  if (read.ok) return read.memory;
  throw fault('memory-damaged', 'fault', {
    what: `the memory in ${file} is not valid: ${read.detail}`,
    where: file,
    remedy:
      'find out which places the network has or had, remove that line, and name the places in the network file',
  });
}

function add(folder: string, network: string, lines: readonly MemoryLine[]): void {
  if (lines.length === 0) return;
  const file = memoryFile(folder, network);
  makeFoldersSync(dirname(file), 0o700);
  const head: readonly MemoryLine[] = existsSync(file)
    ? []
    : [{ what: 'memory', format: 'watchbill/memory/1', network }];
  // One write, so that the lines of two commands do not get into each other.
  const text = [...head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
  appendFileDurablySync({ path: file, text, mode: 0o600 });
}

function loadPlan(plans: string, id: string): SavedPlan {
  const found = id.length < SHORTEST_ID ? [] : namesIn(plans, '.json').filter((name) => name.startsWith(id));
  const [name, ...others] = found;
  if (name === undefined || others.length > 0)
    throw usageFault(
      others.length > 0 ? `several plans begin with ${id}` : `there is no plan ${id} in ${plans}`,
      'name the id that `watchbill fleet plan` printed: at least its first eight characters',
      'argument PLAN',
    );
  const file = join(plans, name);
  const read = decodeSavedPlan(readFileSync(file, 'utf8'));
  if (read.ok) return read.saved;
  throw usageFault(
    `${file} cannot be applied: ${read.detail}`,
    'plan again with `watchbill fleet plan`',
    file,
  );
}

function unfinished(folder: string, network: string, except: readonly string[]): readonly BegunSigning[] {
  const journals = join(folder, 'journals');
  const names = namesIn(journals, '.journal').filter((name) => !except.includes(name));
  return names.flatMap((journal) => {
    const text = readFileSync(join(journals, journal), 'utf8');
    const found = unfinishedSigning(text, network, (plan) => stepsOf(folder, plan));
    return found === null ? [] : [{ journal, ...found }];
  });
}

/** A damaged journal shows no steps, so the memory of its plan counts in its place. */
function readableJournals(journals: string): readonly string[] {
  return namesIn(journals, '.journal').filter((name) => {
    const read = readJournal(readFileSync(join(journals, name), 'utf8'));
    return read.ok && read.header !== null;
  });
}

/**
 * Steps of a saved plan. Its id is a digest over them, so an equal plan of another day has the same steps.
 */
function stepsOf(folder: string, plan: string): readonly Step[] | null {
  if (!/^[0-9a-f]+$/.test(plan)) return null;
  try {
    const text = readFileSync(join(folder, 'plans', `${plan}.json`), 'utf8');
    return (JSON.parse(text) as { readonly plan: { readonly steps: readonly Step[] } }).plan.steps;
  } catch {
    return null;
  }
}

function openPlanJournal(folder: string, saved: SavedPlan, use: JournalUse) {
  const { id, network } = saved.plan;
  const name = `${use === 'plan' ? '' : 'rollout-'}${journalName(saved)}`;
  return openJournal(join(privateFolder(folder, 'journals'), name), {
    format: 'watchbill/journal/1',
    plan: id,
    network,
    identities: saved.identities,
  });
}

function namesIn(folder: string, ending: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(ending));
  } catch {
    return [];
  }
}
