import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appendFileDurablySync, makeFoldersSync } from '@watchbill/base/files';
import type { Memory, MemoryLine } from '@watchbill/fleet-run/apply';
import { usageFault } from '../../process/fault.ts';

function memoryFile(folder: string, network: string): string {
  return join(folder, 'memory', `${network}.jsonl`);
}

/** What the state folder remembers of a network; null where it never heard of it. Throws where it cannot be read: a place may be missing. */
export async function loadMemory(folder: string, network: string): Promise<Memory | null> {
  const { readMemory } = await import('@watchbill/fleet-run/apply');
  const file = memoryFile(folder, network);
  if (!existsSync(file)) return null;
  const read = readMemory(readFileSync(file, 'utf8'), network);
  if (read.ok) return read.memory;
  throw usageFault(
    `${file} cannot be relied on: ${read.detail}`,
    'see which places the network has or had, remove that line, and name the places in the network file',
    file,
  );
}

/** Returns when the lines are on the disk. */
export function addToMemory(folder: string, network: string, lines: readonly MemoryLine[]): void {
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
