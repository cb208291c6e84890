import { type Ledger, LedgerFault } from '@watchbill/duty/service';
import type { SimDisk, SimWord } from './sim-disk.ts';

export type WordChange =
  | { readonly kind: 'keep'; readonly word: SimWord['word'] }
  | { readonly kind: 'release'; readonly id: string; readonly release: NonNullable<SimWord['release']> };

/** The port's limit. */
const OPEN_WORDS = 1024;
const WORD_BYTES = 4096;

export function openWords(disk: SimDisk): ReturnType<Ledger['openWords']> {
  return disk.words.filter(({ release }) => release === null).map(({ word }) => word);
}

export function applyWord(disk: SimDisk, change: WordChange): void {
  if (change.kind === 'keep') {
    const isOpen = openWords(disk).some(({ id }) => id === change.word.id);
    if (!isOpen) disk.words.push({ word: change.word, release: null });
    return;
  }
  for (const kept of disk.words) {
    if (kept.word.id === change.id && kept.release === null) kept.release = change.release;
  }
}

/** Throws if the port refuses. */
export function checkWord(disk: SimDisk, change: WordChange): void {
  const text = change.kind === 'keep' ? change.word.text : `${change.release.by}${change.release.reason}`;
  if (Buffer.byteLength(text) > WORD_BYTES)
    throw new LedgerFault(`a word or its release is longer than ${WORD_BYTES} bytes`, 'Give a shorter text.');
  if (change.kind === 'release') return;
  const open = openWords(disk);
  if (open.length >= OPEN_WORDS && open.every(({ id }) => id !== change.word.id))
    throw new LedgerFault(`${OPEN_WORDS} words are open already`, 'Release some of them.');
}
