import { Fault } from '../../../process/fault.ts';

/** The faults of the parts say what to do; anything else is a fault of the program. */
export function startFault(error: unknown): unknown {
  const { remedy, message, code } = error as { remedy?: unknown; message?: string; code?: unknown };
  if (typeof remedy !== 'string') return error;
  const name = typeof code === 'string' ? code : 'start';
  // Nothing is wrong with what was given: the machine refuses it now.
  const [kind, where] = name.startsWith('address-') ? ['fault' as const, 'listen'] : ['usage' as const, null];
  return new Fault(name, kind, [{ what: message ?? 'it cannot start', where, remedy }], error);
}
