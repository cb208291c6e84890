import type { Problem } from '../network/problem.ts';
import {
  placesOf,
  problemAt,
  type Rule,
  type RuleContext,
  roleOf,
  settingProblem,
  settingsOwners,
} from './context.ts';

/** Backups need existing nodes and a usable archive; volumes that grow must be able to grow. */
export const backupFits: Rule = (context) => [...sectionFits(context), ...growthFits(context)];

function sectionFits(context: RuleContext): readonly Problem[] {
  const { network } = context;
  const { backup } = network.file;
  if (backup === undefined) return [];
  const problem = (path: readonly string[], what: string, remedy: string) =>
    problemAt(context, ['backup', ...path], { code: 'contradiction', what, remedy });
  const problems: Problem[] = [];
  const nodes = network.pools.filter(({ role }) => role === 'backup').flatMap((pool) => pool.nodes);
  if (nodes.length === 0)
    problems.push(
      problem(
        [],
        'backups are made of nodes of the role backup, and the file has none',
        'add a pool: `backup: {role: backup, count: 1}`',
      ),
    );
  const { archive, volumeSnapshotClass } = backup;
  if (archive !== undefined && /:\/\/[^/@]*:[^/@]*@/.test(archive.address))
    problems.push(
      problem(
        ['archive', 'address'],
        'the address has a password in it',
        'write it into a file on the machine, and name that as repositoryFile',
      ),
    );
  if (archive?.address.startsWith('restic:') === true && archive.passwordFile === undefined)
    problems.push(
      problem(
        ['archive'],
        'restic encrypts, and needs a password',
        'name the file that holds it: `passwordFile: /etc/…`',
      ),
    );
  if (archive?.address === 'restic:' && archive.repositoryFile === undefined)
    problems.push(
      problem(
        ['archive', 'address'],
        'the repository is missing',
        'write restic:REPOSITORY, or repositoryFile',
      ),
    );
  const onCluster = nodes.some(({ place }) => network.places.get(place)?.target === 'kubernetes');
  if (volumeSnapshotClass !== undefined && nodes.length > 0 && !onCluster)
    problems.push(
      problem(
        ['volumeSnapshotClass'],
        'no backup node is on a cluster, and only volumes of clusters have snapshots',
        'remove it, and name an archive',
      ),
    );
  return problems;
}

function growthFits({ network }: RuleContext): readonly Problem[] {
  return settingsOwners(network).flatMap((owner) => {
    const { grow, chainGiB } = owner.settings.storage;
    if (grow === undefined) return [];
    const problem = (what: string, remedy: string) =>
      settingProblem(owner, 'storage.grow.maxGiB', {
        code: 'contradiction',
        what: `${roleOf(owner)}: ${what}`,
        remedy,
      });
    if (placesOf(owner, network, 'kubernetes').length === 0)
      return [problem('it runs on machines, whose disks are not volumes', 'remove storage.grow')];
    if (grow.maxGiB < chainGiB)
      return [
        problem(
          `its volume has ${chainGiB} GiB, more than maxGiB allows`,
          `write maxGiB: ${chainGiB} or more`,
        ),
      ];
    return [];
  });
}
