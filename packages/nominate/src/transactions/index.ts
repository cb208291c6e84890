export { ENDINGS, type Ending, type EndingReason, type EndingResult, takesEra } from './endings.ts';
export {
  type Announcement,
  type BlockRef,
  type ChainFacts,
  hasTargets,
  type Nomination,
  nominatingProxy,
  type ProxyDefinition,
} from './facts.ts';
export {
  type Intent,
  type Leg,
  makeIntent,
  type NominationCall,
  type StakingCall,
  sinceEraOf,
} from './intent.ts';
export { NOTES, type Note, type NoteReason, type PrepareRequest } from './machine/effects.ts';
export type { Command, Dispatch, SearchAnswer, SubmitAnswer, VerdictAnswer } from './machine/events.ts';
export { MACHINE_RULES, type MachineRules } from './machine/rules.ts';
export type { PayloadReading, RuntimeFacts } from './payload-reading.ts';
export { ANSWER_LIMITS, type AnswerLimits, type AnswerParts } from './runner/answer.ts';
export { admitIntent, type Commanded, commandIntent } from './runner/manage.ts';
export { type Preview, previewIntent, previewLines, type WouldSend } from './runner/preview.ts';
export {
  type RunnerParts,
  type TransactionEvent,
  type TransactionRunner,
  transactionRunner,
} from './runner/run.ts';
export type {
  Assembled,
  Building,
  Built,
  ExtrinsicReading,
  Judge,
  TransactionChain,
  TransactionCrypto,
} from './runner/runner-ports.ts';
export { type ExternalSetting, externalSigner } from './signers/external.ts';
export { type KeyMaker, keyFileSigner, type SigningKey, secretSigner } from './signers/key-signer.ts';
export { type OfflineSetting, offlineSigner } from './signers/offline.ts';
export { type OfflineRequest, readOfflineRequest } from './signers/offline-request.ts';
export { openPolkadotJson } from './signers/polkadot-json.ts';
export type { SigningAnswer, SigningRequest, SigningScheme, TransactionSigner } from './signers/port.ts';
export { type QrModules, qrModules, qrPng, qrText } from './signers/qr-picture.ts';
export { plainSignature, type VaultFrames, vaultFrames } from './signers/vault.ts';
export { type Flight, type IntentState, plannedState, type ShownState, shownState } from './state.ts';
export { journalTransactions } from './store/journal-transactions.ts';
export type { Adding, FlightRow, IntentQueries, IntentRow, IntentStore, JournalLine } from './store/port.ts';
export { TransactionFault, type TransactionFaultCode } from './transactions-fault.ts';
