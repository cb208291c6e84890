import type { PermitHealth, Upkeep } from '../../service/index.ts';
import type { ConsoleSource } from './facts.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
/** The body of a good answer, in the shape that the OpenAPI document of the service describes. */
type ReadJson = (path: string, query?: Readonly<Record<string, string | undefined>>) => Promise<unknown>;

/** A service that is asked over HTTP as a source of facts. */
export function httpSource(read: ReadJson): ConsoleSource {
  const list = async <Item>(path: string, name: string): Promise<readonly Item[]> =>
    ((await read(path)) as Readonly<Record<string, readonly Item[]>>)[name] ?? [];
  const page = async <Page>(path: string, query: Query): Promise<Page> => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const texts = given.map(([name, value]) => [name, String(value)]);
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
