export { LINE_KINDS, lineShape, type MarkLine } from '../service/ledger/lines.ts';
export { type ExportOptions, exportLedger, markLine, TRIM_DAYS, withExport } from './export.ts';
export { ExportFault } from './faults.ts';
export type { Finding, FindingKind, Weight } from './findings.ts';
export { type OpenLedgerFile, openLedgerFile } from './ledger-file.ts';
export { type ExportInput, readExport } from './read-export.ts';
export type { LedgerMark } from './show.ts';
export { type ProofReport, type ProvenMark, type ProvenWord, type Verdict, verifyExports } from './verify.ts';
