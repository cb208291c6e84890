import type { Clock } from '@watchbill/kit';
import type { PermitHealth, Upkeep } from '../../service/index.ts';
import type { ConsoleSource, UnitRecord } from './facts.ts';
import { unitReader } from './unit-reader.ts';

type ReadJson = (path: string, query?: Readonly<Record<string, string | undefined>>) => Promise<unknown>;

/** A service that is asked over HTTP as a source of facts. */
export function httpSource(read: ReadJson, clock: Pick<Clock, 'monotonicMs'>): ConsoleSource {
  // The service answers with the shapes that its OpenAPI document describes.
  const list = async <Item>(path: string, name: string): Promise<readonly Item[]> => {
    const body = (await read(path)) as Readonly<Record<string, readonly Item[]>>;
    return body[name] ?? [];
  };
  return {
    health: async () => (await read('/v1/health')) as PermitHealth,
    services: () => list('/v1/services', 'services'),
    policies: () => list('/v1/policies', 'policies'),
    watches: () => list('/v1/watch', 'watch'),
    marks: () => list('/v1/marks', 'marks'),
    standbys: () => list('/v1/standbys', 'standbys'),
    rollbackReports: () => list('/v1/rollback-reports', 'reports'),
    upkeep: async () => (await read('/v1/upkeep')) as Upkeep,
    decisions: async ({ limit, before, ...query }) => {
      const page = {
        ...query,
        limit: String(limit),
        before: before === undefined ? undefined : String(before),
      };
      return (await read('/v1/decisions', page)) as Awaited<ReturnType<ConsoleSource['decisions']>>;
    },
    readUnits: unitReader(async ({ limit, ...query }) => {
      const page = await read('/v1/units', { ...query, limit: String(limit) });
      return (page as { readonly units: readonly UnitRecord[] }).units;
    }, clock),
  };
}
