import { PackageFault } from '@watchbill/kit';

export type GuardFaultCode =
  /** A keystore file is missing, unreadable, foreign, or does not fit its name. */
  | 'keystore'
  /** A sealed file cannot be opened: damaged, or sealed for another identity. */
  | 'sealed'
  /** The folder for placed keys is not in memory, or other users can reach it. */
  | 'open-folder'
  /** The node cannot be started or stopped. */
  | 'process'
  /** A file of the guard's state cannot be read. */
  | 'state'
  /** A node is of another chain, or its chain lacks something that is looked at. */
  | 'chain'
  /** A record of the pair in the store is missing, damaged or of another program. */
  | 'store'
  /** A folder is not a node database. */
  | 'database'
  /** Another guard works with the same folders. */
  | 'locked'
  /** A clone or an own offence was seen: the guard stays stopped until a person allows it. */
  | 'stopped'
  /** Metrics cannot be served. */
  | 'metrics';

/** A problem of key custody, for people. It never contains a secret. */
export class GuardFault extends PackageFault<GuardFaultCode> {}

/** A place or a value that was given does not fit. */
export const unfit = (code: GuardFaultCode, what: string, remedy: string, cause?: unknown): GuardFault =>
  new GuardFault(code, what, remedy, cause, 'usage');
