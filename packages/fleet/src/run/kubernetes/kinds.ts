import { KINDS } from '../../file/graph/index.ts';

/** The API version of each kind that a network may be made of. */
export const MADE_KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { apiVersion }]) => [kind, apiVersion]),
);

/** The parts of a resource id on a cluster. */
export interface ObjectId {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

/** Reads `PLACE/KIND/NAMESPACE/NAME`; null if it is not of this place. */
export function readId(place: string, id: string): ObjectId | null {
  if (!id.startsWith(`${place}/`)) return null;
  const [kind, namespace, name, ...rest] = id.slice(place.length + 1).split('/');
  if (kind === undefined || namespace === undefined || name === undefined || rest.length > 0) return null;
  return { kind, namespace: namespace === '-' ? null : namespace, name };
}
