import type { Problem } from '../network/problem.ts';
import type { FleetNode, FleetPool } from '../normalise/network.ts';
import { type Rule, roleOf, settingProblem, settingsOwners } from './context.ts';

/** Clusters run images, machines run binaries; both are named by digest. */
export const softwareFits: Rule = ({ network }) =>
  settingsOwners(network).flatMap((owner) => {
    const targets = new Set(placesOf(owner).map((place) => network.places.get(place)?.target));
    const { image, binary } = owner.settings.software;
    const problems: Problem[] = [];
    if (targets.has('kubernetes') && image === null)
      problems.push(
        missing(owner, 'image', 'software: {image: REPOSITORY@sha256:…}', 'a cluster needs an image'),
      );
    if (targets.has('machine') && binary === null)
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

function placesOf(owner: FleetPool | FleetNode): readonly string[] {
  return 'nodes' in owner ? [...new Set(owner.nodes.map(({ place }) => place))] : [owner.place];
}

function missing(owner: FleetPool | FleetNode, key: string, example: string, why: string): Problem {
  return settingProblem(owner, `software.${key}`, {
    code: 'software',
    what: `${roleOf(owner)} has no ${key}: ${why}`,
    remedy: `write it in the pool, or in \`defaults\` for all: \`${example}\``,
  });
}
