import type { LocalFault } from '@watchbill/lab/local';
import { EXIT, type ExitCode } from '../../process/exit.ts';
import { type CliFault, fault } from '../../process/fault.ts';

/** What is wrong with the network in this folder, as the command tells it. */
export function localFault(error: LocalFault, folder: string, exit: ExitCode = EXIT.usage): CliFault {
  const { code, message: what, remedy } = error;
  return fault(`local-${code}`, exit, { what, where: folder, remedy }, error);
}
