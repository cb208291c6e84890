import type { FaultKind } from '@watchbill/base';
import type { LocalFault } from '@watchbill/lab/local';
import { type Fault, fault } from '../../process/fault.ts';

/** What is wrong with the network in this folder, as the command tells it. */
export function localFault(error: LocalFault, folder: string, kind: FaultKind = 'usage'): Fault {
  const { code, message: what, remedy } = error;
  return fault(`local-${code}`, kind, { what, where: folder, remedy }, error);
}
