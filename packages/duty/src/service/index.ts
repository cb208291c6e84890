export { REASONS, shortestEnd } from '../rule/index.ts';
export { CERTIFICATE_DAYS, followCertificate } from './certificate.ts';
export * from './contract.ts';
export { FAULT_MEANINGS } from './fault-meanings.ts';
export { incidentText } from './freeze/incident.ts';
export type { PermitOptions, PermitParts } from './ground/options.ts';
export { DEFAULT_LIMITS, type Limits } from './http/context.ts';
export type { Caller, Identified } from './http/identity.ts';
export type { ListenAddress } from './http/listen.ts';
export { openApiDocument } from './http/openapi.ts';
export { PROBLEMS, type ProblemCode } from './http/problem.ts';
export type { MakePages, PagesHost, ServedPages } from './http/served-pages.ts';
export {
  createServer,
  type OpenServer,
  openServer,
  type RunningServer,
  type ServerOptions,
  type TlsOptions,
} from './http/server.ts';
export type { Incident } from './incident.ts';
export { type FileLedger, openLedger } from './ledger/open.ts';
export {
  type Fork,
  type GrantLine,
  type KeptWord,
  type Ledger,
  LedgerFault,
  type LedgerItem,
  type WordRelease,
} from './ledger/port.ts';
export { METRICS } from './metrics/catalogue.ts';
export { createMeter, type MeterOptions, type Metrics } from './metrics/meter.ts';
export { httpNodeRpc } from './net/node-rpc.ts';
export { httpPeers } from './net/peers.ts';
export { createPermit } from './permit.ts';
export { type PolicyParse, parsePolicy, policyDocument } from './policy/document.ts';
export { type PolicyProblem, validatePolicy } from './policy/validate.ts';
export type * from './ports.ts';
export { FAILPOINTS } from './ports.ts';
export { reasonText } from './shapes/texts.ts';
export { standbyFile } from './standby-file.ts';
export { openUnitFile, type UnitFile } from './units/file.ts';
export { UNIT_OUTCOMES } from './units/outcomes.ts';
