import { damagedFile, stateFile, wholesOf } from '../state-file.ts';

export interface Terms {
  /** The highest term that it has seen in the store: a lower one is a store that went back. */
  readonly seen: bigint;
  /** The last term in which this machine was active; 0 if it never was. */
  readonly active: bigint;
}

/** The durable terms, for example `{"active":"7","seen":"8"}` in the file `terms.json` on disk. */
export function termFile(folder: string) {
  const remedy = 'restore it; or remove it once `watchbill guard pair` shows that another machine is active';
  const parse = (value: unknown): Terms | null => wholesOf(value, ['seen', 'active']);
  const damaged = damagedFile('holds no terms of a pair', remedy);
  const { read, write } = stateFile([folder, 'terms.json'], parse, damaged);
  /** Zeros without a file. Throws if it is damaged: a guess could take an old term for a new one. */
  return { read: (): Terms => read() ?? { seen: 0n, active: 0n }, write };
}

export type TermFile = ReturnType<typeof termFile>;
