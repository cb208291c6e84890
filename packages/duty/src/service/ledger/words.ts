import type { DatabaseSync } from 'node:sqlite';
import {
  EXPLAINED_WORDS,
  type KeptWord,
  type Ledger,
  LedgerFault,
  OPEN_WORDS,
  WORD_BYTES,
  type WordRelease,
} from './port.ts';
import { AT_OPEN } from './schema.ts';

/** One change of the words, in the order in which they were asked for. */
export type WordChange =
  | { readonly kind: 'keep'; readonly word: KeptWord }
  | { readonly kind: 'release'; readonly id: string; readonly release: WordRelease };

/** The words on disk and, in memory, the open ones. */
export function openWordTable(db: DatabaseSync, maxExplained: number = EXPLAINED_WORDS) {
  const statements = prepare(db);
  const open = new Map<string, KeptWord>();
  for (const { id, text } of db.prepare(AT_OPEN.openWords).all())
    open.set(String(id), { id: String(id), text: String(text) });
  let explained = Number(db.prepare(AT_OPEN.explainedCount).get()?.count);

  /** The changes of one group; `settle` after its commit. */
  function group() {
    const settled: (() => void)[] = [];
    let released = explained;
    return {
      apply(change: WordChange): void {
        if (change.kind === 'keep') {
          const { id, text } = change.word;
          if (statements.keep.run(id, text).changes > 0) settled.push(() => open.set(id, { id, text }));
          return;
        }
        const { how, by, reason, atMs } = change.release;
        if (statements.release.run(how, by, reason, atMs, change.id).changes === 0) return;
        if (how === 'explained') released += 1;
        settled.push(() => open.delete(change.id));
      },
      /** Let the oldest explained words leave, so that at most the allowed number stays. */
      prune(): void {
        if (released <= maxExplained) return;
        released -= Number(statements.prune.run(released - maxExplained).changes);
      },
      settle(): void {
        explained = released;
        for (const act of settled) act();
      },
    };
  }
  return { group, open: (): readonly KeptWord[] => [...open.values()] };
}

function prepare(db: DatabaseSync) {
  return {
    keep: db.prepare(
      'INSERT INTO words (id, text) VALUES (?, ?) ON CONFLICT (id) WHERE how IS NULL DO NOTHING',
    ),
    release: db.prepare(
      'UPDATE words SET how = ?, by = ?, reason = ?, atMs = ? WHERE id = ? AND how IS NULL',
    ),
    prune: db.prepare(
      "DELETE FROM words WHERE n IN (SELECT n FROM words WHERE how = 'explained' ORDER BY n LIMIT ?)",
    ),
  };
}

/** The part of the {@link Ledger} port that keeps words. `join` settles when a change is durable. */
export function wordKeeper(
  open: () => readonly KeptWord[],
  join: (change: WordChange) => Promise<void>,
): Pick<Ledger, 'keepWord' | 'releaseWord' | 'openWords'> {
  const change = async (wanted: WordChange): Promise<void> => {
    checkWord(wanted, open());
    await join(wanted);
  };
  return {
    keepWord: ({ id, text }) => change({ kind: 'keep', word: { id, text } }),
    releaseWord: (id, { how, by, reason, atMs }) =>
      change({ kind: 'release', id, release: { how, by, reason, atMs } }),
    openWords: open,
  };
}

/** Refuses a change that no disk may be asked to keep. Throws `LedgerFault`. */
export function checkWord(change: WordChange, open: readonly KeptWord[]): void {
  const [what, texts] =
    change.kind === 'keep'
      ? ['word', change.word.text]
      : ['release of a word', `${change.release.by}${change.release.reason}`];
  const bytes = Buffer.byteLength(texts);
  if (bytes > WORD_BYTES)
    throw new LedgerFault(
      `a ${what} has ${bytes} bytes, and the ledger keeps at most ${WORD_BYTES}`,
      change.kind === 'keep' ? 'Report this as a defect.' : 'Give a shorter reason.',
    );
  if (change.kind === 'release' || open.length < OPEN_WORDS) return;
  if (open.some(({ id }) => id === change.word.id)) return;
  throw new LedgerFault(
    `${OPEN_WORDS} words are open already`,
    'Adopt the keys, or release the open words: `watchbill rollback-report list`.',
  );
}
