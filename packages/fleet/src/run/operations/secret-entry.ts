import { type Fault, nearest, usageFault } from '@watchbill/kit';
import type { Network } from '../../file/index.ts';
import { type SecretEntry, secretsOf } from '../../file/secret-names/index.ts';

export type Place = Network['places'] extends ReadonlyMap<string, infer One> ? One : never;

/** An entry of the file, and where it belongs. */
export interface Found {
  readonly entry: SecretEntry;
  readonly place: Place;
}

/** The entry that a file needs under these names. Throws a usage fault that names the nearest. */
export function neededEntry(
  network: Network,
  secret: string,
  entry: string,
  wantedPlace: string | undefined,
): Found {
  const all = secretsOf(network);
  const ofSecret = all.filter((one) => one.secret === secret);
  if (ofSecret.length === 0)
    throw noSuch(
      'no node of the file takes anything from a secret',
      secret,
      all.map((one) => one.secret),
      'argument SECRET',
    );
  const ofEntry = ofSecret.filter((one) => one.entry === entry);
  if (ofEntry.length === 0)
    throw noSuch(
      `no node takes an entry of that name from the secret ${secret}`,
      entry,
      ofSecret.map((one) => one.entry),
      'argument ENTRY',
    );
  const at = ofEntry.filter((one) => wantedPlace === undefined || one.place === wantedPlace);
  const [found, another] = at;
  const places = ofEntry.map((one) => one.place);
  if (found === undefined)
    throw noSuch(
      `the secret ${secret} is not needed at that place`,
      wantedPlace ?? '',
      places,
      'flag --place',
    );
  if (another !== undefined)
    throw usageFault(
      `the secret ${secret} is needed at ${places.join(' and ')}`,
      `name one with --place: ${places.join(', ')}`,
      'flag --place',
    );
  const place = network.places.get(found.place);
  if (place === undefined) throw new Error(`${found.place} is no place`);
  return { entry: found, place };
}

function noSuch(what: string, word: string, known: readonly string[], where: string): Fault {
  const names = [...new Set(known)];
  const near = nearest(word, names);
  const some = `one of: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' …' : ''}`;
  const remedy =
    names.length === 0
      ? 'name secrets in the network file first; see "Keep secrets on machines" in `watchbill docs session-keys`'
      : near === null
        ? some
        : `did you mean ${near}?`;
  return usageFault(names.length === 0 ? what : `${word}: ${what}`, remedy, where);
}
