import { Fault, fault } from '../fault/fault.ts';
import { causeOf } from './cause.ts';

type Details = Readonly<Record<string, unknown>>;

/**
 * The fault for an error of Node's file, network or TLS calls: a sentence and a remedy in place of `EISDIR`
 * or an OpenSSL text. For example `out.json: it is a folder, not a file`. Null for all other errors, and for
 * a program that could not be started.
 *
 * @param named The file or address as the user gave it. By default the one in the error.
 */
export function systemFault(error: unknown, named?: string): Fault | null {
  if (!(error instanceof Error) || error instanceof Fault) return null;
  const { code: name, syscall, path, hostname, address, port } = error as Error & Details;
  const isCall = typeof name === 'string' && !String(syscall).startsWith('spawn');
  const known = isCall ? causeOf(error) : null;
  if (known === null) return null;
  const [text, code, kind, remedy] = known;
  const host = [hostname ?? address, port].filter((part) => part !== undefined).join(':');
  const where = named ?? (typeof path === 'string' ? path : host === '' ? undefined : host);
  return fault(code, kind, { what: where === undefined ? text : `${where}: ${text}`, where, remedy }, error);
}
