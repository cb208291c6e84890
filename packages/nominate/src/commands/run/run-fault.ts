import { fault, PackageFault } from '@watchbill/kit';

/**
 * Why the service does not start: a wrong setting, an address that the machine does not give now, or a chain
 * that does not answer.
 */
export function startFault(error: unknown): unknown {
  if (!(error instanceof PackageFault)) return error;
  const { code, message: what, remedy } = error;
  if (code === 'chain-unreachable')
    return fault(code, 'unreachable', { what, where: 'chains', remedy }, error);
  return code.startsWith('address-')
    ? fault(code, 'fault', { what, where: 'listen', remedy }, error)
    : fault(code, 'usage', { what, remedy }, error);
}
