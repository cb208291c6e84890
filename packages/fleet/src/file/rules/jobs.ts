import type { Problem } from '../network/problem.ts';
import { problemAt, type Rule } from './context.ts';

/** Jobs have an image, and nodes or volumes in a cluster to work on. */
export const jobsFit: Rule = (context) => {
  const { network } = context;
  const { jobs } = network.file;
  if (jobs === undefined) return [];
  const problem = (path: string, code: Problem['code'], what: string, remedy: string): Problem =>
    problemAt(context, ['jobs', path], { code, what, remedy });
  const nodes = network.pools
    .flatMap((pool) => pool.nodes)
    .filter(({ place }) => network.places.get(place)?.target === 'kubernetes');
  const problems: Problem[] = [];
  if ((jobs.image ?? network.service?.settings.image ?? null) === null)
    problems.push(
      problem(
        'image',
        'software',
        'the jobs have no image, and none is published',
        'build an image of watchbill, push it, and write `image: REPOSITORY@sha256:…`',
      ),
    );
  const backups = nodes.filter(({ role }) => role === 'backup');
  if (jobs.backup !== undefined && (backups.length === 0 || backups.some(isShared)))
    problems.push(
      problem(
        'backup',
        'contradiction',
        backups.length === 0
          ? 'no node of the role backup is on a cluster'
          : 'the backup nodes share one set, so one of them cannot be stopped alone',
        backups.length === 0
          ? 'add a pool: `backup: {role: backup, count: 1}`'
          : 'write `layout: set-each` in their pool',
      ),
    );
  if (jobs.growth !== undefined && nodes.every(({ settings }) => settings.storage.grow === undefined))
    problems.push(
      problem(
        'growth',
        'contradiction',
        'no pool on a cluster has settings for growing volumes',
        'write `storage: {grow: {atUsedPercent: 80, byPercent: 25, maxGiB: 1000}}` in a pool',
      ),
    );
  return problems;
};

function isShared({ settings }: { readonly settings: { readonly layout: string } }): boolean {
  return settings.layout === 'one-set';
}
