import type { Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

/**
 * Units of one machine run as users and groups that differ, and none as root. The group that they read shared
 * files by is another one.
 */
export function usersAreApart(resources: readonly Resource[]): readonly Breach[] {
  const first = new Map<string, string>();
  return resources.flatMap((resource): readonly Breach[] => {
    if (resource.target !== 'machine' || resource.body.kind !== 'unit') return [];
    const { text } = resource.body;
    return ['User', 'Group'].flatMap((key): readonly Breach[] => {
      const name = lastOf(text, key);
      const breach = (what: string): Breach => ({ invariant: 'user-shared', resourceId: resource.id, what });
      if (/^(|root|0)$/.test(name)) return [breach(`${key}= names only root`)];
      const where = `${resource.place}/${key}/${name}`;
      const before = first.get(where);
      first.set(where, resource.id);
      return before === undefined ? [] : [breach(`${key}=${name} is that of ${before} too`)];
    });
  });
}

/** Of lines with one key the last counts. */
function lastOf(text: string, key: string): string {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1]?.trim() ?? '';
}
