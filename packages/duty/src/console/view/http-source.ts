import type { PermitHealth, Upkeep } from '../../service/index.ts';
import type { ConsoleSource } from './facts.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
/** The body of a good answer, in the shape that the OpenAPI document of the service describes. */
type Get = <Body>(path: string, query?: Readonly<Record<string, string | undefined>>) => Promise<Body>;

/** A service that is asked over HTTP as a source of facts. */
export function httpSource(get: Get): ConsoleSource {
  const list = async <Item>(path: string, name: string): Promise<readonly Item[]> =>
    (await get<Readonly<Record<string, readonly Item[]>>>(path))[name] ?? [];
  const page = <Page>(path: string, query: Query): Promise<Page> => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    return get(path, Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
  };
  return {
    health: () => get<PermitHealth>('/v1/health'),
    services: () => list('/v1/services', 'services'),
    policies: () => list('/v1/policies', 'policies'),
    watches: () => list('/v1/watch', 'watch'),
    marks: () => list('/v1/marks', 'marks'),
    standbys: () => list('/v1/standbys', 'standbys'),
    rollbackReports: () => list('/v1/rollback-reports', 'reports'),
    upkeep: () => get<Upkeep>('/v1/upkeep'),
    decisions: (query) => page('/v1/decisions', { ...query }),
    units: (query) => page('/v1/units', { ...query }),
  };
}
