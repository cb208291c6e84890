import { basename, resolve } from 'node:path';
import type { Clock } from '@watchbill/kit';
import {
  nameBook,
  nameResolver,
  type PlaceFinder,
  placeFinder,
  programSource,
  readOwnAddresses,
  remembering,
  tableSource,
} from '../places/index.ts';
import type { ServiceConfig } from './config.ts';
import { readText, ServiceFault } from './files.ts';

/** A program may charge for questions. Nodes rarely move, so its answers are kept for two days. */
const KEPT = { keepMs: 2 * 86_400_000, most: 20_000 } as const;

/** The configured source of places; null if there is none. */
export function placesOf({ places }: ServiceConfig, dir: string, clock: Clock): PlaceFinder | null {
  if (places === undefined) return null;
  const { table, command = [], timeoutSeconds, addresses, resolveSeconds } = places;
  const source =
    table === undefined
      ? remembering(programSource({ command, dir, timeoutMs: timeoutSeconds * 1_000, nowMs: clock.nowMs }), {
          ...KEPT,
          nowMs: clock.nowMs,
        })
      : tableSource(resolve(dir, table));
  return placeFinder({
    source,
    names: nameBook(nameResolver(resolveSeconds * 1_000), clock),
    ownAddresses: async () =>
      addresses === undefined
        ? new Map()
        : readOwnAddresses(await readText(dir, addresses), basename(addresses)),
  });
}

/** Reports an unusable source at the start, not an hour later in a job. */
export async function checkPlaces(places: PlaceFinder | null): Promise<void> {
  try {
    await places?.check();
  } catch (error) {
    if (error instanceof ServiceFault) throw error;
    throw new ServiceFault(
      error instanceof Error ? error.message : 'places cannot be looked up',
      'correct it, or name another file under `places`',
    );
  }
}
