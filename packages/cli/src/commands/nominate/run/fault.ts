import { EXIT } from '../../../process/exit.ts';
import { CliFault } from '../../../process/fault.ts';

/** The faults of the parts say what to do; anything else is a fault of the program. */
export function startFault(error: unknown): unknown {
  const { remedy, message, code } = error as { remedy?: unknown; message?: string; code?: unknown };
  if (typeof remedy !== 'string') return error;
  const name = typeof code === 'string' ? code : 'start';
  // Nothing is wrong with what was given: the machine refuses it now.
  const [exitCode, where] = name.startsWith('address-') ? [EXIT.fault, 'listen'] : [EXIT.usage, null];
  return new CliFault(name, exitCode, [{ what: message ?? 'it cannot start', where, remedy }], error);
}
