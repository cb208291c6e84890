import { createSqliteStore, type SqliteFile, type Store } from '../../store/index.ts';
import type { TrimPlace, TrimView } from '../shapes/admin.ts';
import { openFile } from './database.ts';
import { entryRow } from './entries.ts';
import { toLedgerFault } from './faults.ts';
import { joinLedger, type LedgerOptions, type LedgerPart } from './part.ts';
import type { Ledger } from './port.ts';
import { recall } from './recall.ts';
import { STEP_ROWS, searchFiller } from './search.ts';
import { type LedgerSource, ledgerSource } from './source.ts';
import type { TrimBounds } from './trim.ts';
import { wordKeeper } from './words.ts';
import { workOf } from './writer.ts';

/** A ledger in an SQLite file. */
export interface FileLedger extends Required<Ledger> {
  /**
   * The ledger as of this call, for an export. Entries that come later are not in it. Its lists are read in
   * pages, between appends; they throw a LedgerFault when the disk cannot be read.
   */
  source(): LedgerSource;
  /**
   * Remove the next old rows, durably: see `trim.ts`. The view says where to go on. Rejects with a
   * LedgerFault when the disk refuses; then the step counts as not made.
   */
  trim(from: TrimPlace, bounds: TrimBounds): Promise<TrimView>;
  /** The store in this ledger's file: a grant and its entry share one commit. It ends before the ledger. */
  store(): Store;
}

/** Open the ledger of a data directory for this process alone. Throws {@link LedgerFault}. */
export async function openLedger(options: LedgerOptions): Promise<FileLedger> {
  const file = openFile(options.dir, options);
  try {
    return assemble(file, options);
  } catch (error) {
    file.close();
    throw toLedgerFault('the ledger cannot be opened', file.path, error);
  }
}

function assemble(file: SqliteFile, options: LedgerOptions): FileLedger {
  const part = joinLedger(file, options);
  const { use, last, changes, write, notes } = part;
  const filler = searchFill(part);
  let holdsStore = false;
  return {
    serviceId: last().identity.serviceId,
    ledgerId: () => last().identity.ledgerId(),
    async bind(id) {
      last().identity.check(id);
      if (last().identity.ledgerId() === null) await write(() => last().identity.bind(id));
    },
    points: () => last().entries.points,
    ...recall(part),
    async append(items) {
      const work = workOf(items);
      if (items.length > 0) await write(() => void changes().take(work), items.length);
    },
    async trouble() {
      try {
        await file.probe();
        return null;
      } catch (error) {
        const { message, remedy } = toLedgerFault('no entry can be written', file.path, error);
        return `${message}. ${remedy}`;
      }
    },
    ...wordKeeper(
      () => last().words.open(),
      (change) => write(() => void changes().take({ rows: [], decisions: [], words: [change] })),
    ),
    note: notes.add,
    decisions(query) {
      part.flush();
      filler.asked(query);
      return part.guarded('decisions cannot be read', () => use().find(query));
    },
    subscribe: part.subscribers.subscribe,
    subscribeForks: part.forks.subscribe,
    store() {
      holdsStore = true;
      return createSqliteStore(file, options);
    },
    along({ entry, hash }, decide) {
      if (!holdsStore) return null;
      const rows = [entryRow({ entry, hash })];
      return () => {
        const decision = decide();
        changes().take({ rows, decisions: decision === null ? [] : [decision], words: [] });
      };
    },
    trim: trimmer(part),
    source: () => ledgerSource(use().db, guardedBy(file.path)),
    async close() {
      filler.stop();
      part.close();
    },
  };
}

function searchFill({ clock, use, write }: LedgerPart) {
  const extend = () => write(() => use().search.extend(STEP_ROWS));
  return searchFiller(clock, () => use().search.behind(), extend);
}

/** Each step of a trim is one commit. */
function trimmer({ use, write }: Pick<LedgerPart, 'use' | 'write'>) {
  return async (from: TrimPlace, bounds: TrimBounds): Promise<TrimView> => {
    let view: TrimView = { entries: 0, decisions: 0, next: from };
    await write(() => {
      view = use().trim(from, bounds);
      return undefined;
    });
    return view;
  };
}

/** Also after the ledger was closed, in the middle of an export. */
function guardedBy(file: string) {
  return <Result>(read: () => Result): Result => {
    try {
      return read();
    } catch (error) {
      throw toLedgerFault('the ledger cannot be exported', file, error);
    }
  };
}
