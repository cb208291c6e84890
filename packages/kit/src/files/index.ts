export { bootId } from './boot-id.ts';
export {
  appendFileDurablySync,
  createFileSync,
  replaceFile,
  replaceFileSync,
  syncFolder,
  syncFolderSync,
  type WholeFile,
} from './durable.ts';
export { makeFoldersSync } from './folders.ts';
export { readJsonOrNullSync } from './json-file.ts';
export { type LineJournal, type LineJournalOptions, openLineJournal, wholeLines } from './line-journal.ts';
