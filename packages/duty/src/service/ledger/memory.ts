import { compareUnits, formatUnit, type LedgerPoint, type Unit } from '../../rule/index.ts';
import { type EntryFields, linesOf } from './points.ts';
import { type GrantLine, MEMORY_ENTRIES } from './port.ts';

/** Entries in memory for all marks together: 1,280 full marks. At 270 bytes each that is about 180 MB. */
const TOTAL_ENTRIES = 640 * 1024;

/** The fields of one entry that stay in memory. */
interface Line extends Pick<EntryFields, 'seq' | 'parts' | 'digest' | 'nonce' | 'service'> {
  /** As text: a third of the memory that a tuple takes. */
  readonly unit: string | null;
}

/** The newest entries of a mark in one epoch, lowest seq first. */
interface MarkMemory {
  readonly epoch: string;
  /** Every grant of a unit above this one is in `lines`; null if every grant is. */
  readonly above: Unit | null;
  readonly lines: Line[];
}

/**
 * A bounded memory of grants. Each mark keeps its newest {@link MEMORY_ENTRIES} entries; when all marks
 * together pass the total, the mark that was used longest ago is forgotten and read again when it is next
 * asked for. `take` has an entry that was committed, where its mark stood before, and the epoch of its head
 * after it. `grantsOf` reads the disk only for a unit that was granted before the memory of its mark began.
 *
 * @param load the newest entries of a mark in an epoch up to a seq, lowest first, from the disk
 */
export function grantMemory(
  load: (mark: string, epoch: string, upTo: bigint) => readonly EntryFields[],
  totalEntries: number = TOTAL_ENTRIES,
) {
  // The order of insertion is the order of use: the first mark was used longest ago.
  const memories = new Map<string, MarkMemory>();
  // There are few services and few lists of parts: every entry shares one copy of each.
  const services = shared<string>(String);
  const partLists = shared<EntryFields['parts']>((parts) => parts.join(' '));
  let size = 0;

  function lineOf({ seq, unit, parts, digest, nonce, service }: EntryFields): Line {
    const text = unit === null ? null : formatUnit(unit);
    return { seq, unit: text, parts: partLists(parts), digest, nonce, service: services(service) };
  }

  /** The mark becomes the one used last, and the marks used longest ago leave while there is too much. */
  function keep(mark: string, memory: MarkMemory): void {
    memories.delete(mark);
    memories.set(mark, memory);
    for (const oldest of memories.keys()) {
      if (size <= totalEntries || oldest === mark) return;
      forget(oldest);
    }
  }

  function forget(mark: string): void {
    size -= memories.get(mark)?.lines.length ?? 0;
    memories.delete(mark);
  }

  return {
    take(mark: string, entry: EntryFields, before: LedgerPoint | null, epoch: string): void {
      if (entry.epoch !== epoch) return;
      let memory = memories.get(mark);
      if (memory?.epoch !== epoch) {
        forget(mark);
        // It begins now: every earlier grant lies at or below the top of its epoch.
        memory = { epoch, above: before?.epoch === epoch ? before.top : null, lines: [] };
      }
      size += insert(memory.lines, lineOf(entry));
      keep(mark, memory);
    },
    grantsOf(mark: string, head: LedgerPoint, unit: Unit): readonly GrantLine[] {
      if (head.top === null || compareUnits(unit, head.top) > 0) return [];
      let memory = memories.get(mark);
      if (memory === undefined || !covers(memory, unit)) {
        forget(mark);
        memory = { epoch: head.epoch, above: null, lines: load(mark, head.epoch, head.seq).map(lineOf) };
        size += memory.lines.length;
      }
      keep(mark, memory);
      const wanted = formatUnit(unit);
      return linesOf(memory.lines.filter((line) => line.unit === wanted));
    },
    size: (): number => size,
  };
}

/** Returns the first value that had the same name, for a bounded number of names. */
function shared<Value>(nameOf: (value: Value) => string): (value: Value) => Value {
  const known = new Map<string, Value>();
  return (value) => {
    const name = nameOf(value);
    const first = known.get(name);
    if (first !== undefined) return first;
    if (known.size < 1000) known.set(name, value);
    return value;
  };
}

/** Entries come almost always in the order of seq. Answers by how many the lines grew. */
function insert(lines: Line[], line: Line): number {
  let at = lines.length;
  while (at > 0 && (lines[at - 1]?.seq ?? 0n) > line.seq) at -= 1;
  lines.splice(at, 0, line);
  if (lines.length <= MEMORY_ENTRIES) return 1;
  lines.shift();
  return 0;
}

function covers(memory: MarkMemory, unit: Unit): boolean {
  return memory.above === null || compareUnits(unit, memory.above) > 0;
}
