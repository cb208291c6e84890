export { decodeEvidence, encodeEvidence } from './evidence/codec.ts';
export type {
  Evidence,
  EvidenceKind,
  EvidenceVerdict,
  Judge,
  JudgedCase,
  Judges,
} from './evidence/evidence.ts';
export { evidenceText, readEvidenceText } from './evidence/file.ts';
export {
  equivocationOf,
  forgottenLockOf,
  idlenessOf,
  impersonationOf,
  invalidContentOf,
  mistakeOf,
} from './evidence/makers.ts';
export { verifyEvidence } from './evidence/verify.ts';
