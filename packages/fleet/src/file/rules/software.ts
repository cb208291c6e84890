import type { Problem } from '../network/problem.ts';
import type { FleetNode, FleetPool } from '../normalise/network.ts';
import { placesOf, type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** Clusters run images, machines run binaries; both are named by digest. */
export const softwareFits: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const { image, binary } = owner.settings.software;
    const problems: Problem[] = [];
    if (placesOf(owner, network, 'kubernetes').length > 0 && image === null)
      problems.push(
        missing(owner, 'image', 'software: {image: REPOSITORY@sha256:…}', 'a cluster needs an image'),
      );
    if (placesOf(owner, network, 'machine').length > 0 && binary === null)
      problems.push(
        missing(
          owner,
          'binary',
          'software: {binary: {source: https://…, sha256: …}}',
          'a machine needs a binary',
        ),
      );
    return problems;
  });

function missing(owner: FleetPool | FleetNode, key: string, example: string, why: string): Problem {
  return settingProblem(owner, `software.${key}`, {
    code: 'software',
    what: `${roleOf(owner)} has no ${key}: ${why}`,
    remedy: `write it in the pool, or in \`defaults\` for all: \`${example}\``,
  });
}
