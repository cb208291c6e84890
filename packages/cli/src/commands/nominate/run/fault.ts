import { EXIT } from '../../../exit.ts';
import { CliFault } from '../../../fault.ts';

/** The faults of the parts say what to do; anything else is a fault of the program. */
export function startFault(error: unknown): unknown {
  const { remedy, message, code } = error as { remedy?: unknown; message?: string; code?: unknown };
  if (typeof remedy !== 'string') return error;
  const name = typeof code === 'string' ? code : 'start';
  return new CliFault(name, EXIT.usage, [{ what: message ?? 'it cannot start', where: null, remedy }], error);
}
