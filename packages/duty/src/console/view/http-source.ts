import type { PermitHealth, Upkeep } from '../../service/index.ts';
import type { ConsoleSource } from './facts.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
type ReadJson = (path: string, query?: Readonly<Record<string, string | undefined>>) => Promise<unknown>;

/** A service that is asked over HTTP as a source of facts. */
export function httpSource(read: ReadJson): ConsoleSource {
  // The service answers with the shapes that its OpenAPI document describes.
  const list = async <Item>(path: string, name: string): Promise<readonly Item[]> => {
    const body = (await read(path)) as Readonly<Record<string, readonly Item[]>>;
    return body[name] ?? [];
  };
  const page = async <Page>(path: string, query: Query): Promise<Page> => {
    const texts = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as const],
    );
    return (await read(path, Object.fromEntries(texts))) as Page;
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
    decisions: (query) => page('/v1/decisions', { ...query }),
    units: (query) => page('/v1/units', { ...query }),
  };
}
