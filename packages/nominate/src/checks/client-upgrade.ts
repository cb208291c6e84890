import { z } from 'zod';
import { evidenceOf } from '../snapshot/evidence.ts';
import { count, label } from '../snapshot/shapes.ts';
import type { Release } from '../snapshot/snapshot.ts';
import { defineCheck, fail, notKnown, pass } from './check.ts';
import { shownTime } from './show.ts';

const HOUR_MS = 3_600_000;

export const clientUpgrade = defineCheck({
  id: 'client-upgrade',
  formerly: 'CLIENT_UPGRADE',
  about:
    'Passes when the node runs at least the newest version that its own implementation released more than `graceMs` ago, or ' +
    '`forcedVersion` if it is set. Implementations in `exempt` always pass. Unknown if the version is unreadable, or without ' +
    'releases of that implementation.',
  parameters: z.strictObject({
    graceMs: count.default(48 * HOUR_MS),
    forcedVersion: label.nullable().default(null),
    exempt: z.array(label).default([]),
  }),
  run: ({ snapshot, record }, { graceMs, forcedVersion, exempt }) => {
    const { sighting } = record;
    const seen = evidenceOf(snapshot, 'sighting.version', sighting, (value) =>
      value === null ? 'never seen' : `${value.implementation} ${value.version}`,
    );
    const releases = evidenceOf(snapshot, 'releases', snapshot.releases, (list) => `${list.length} releases`);
    if (!sighting.known || sighting.value === null)
      return notKnown('the version of the node is not known', seen);
    const { implementation, version } = sighting.value;
    if (exempt.includes(implementation)) return pass(`${implementation} is exempt`, seen);
    const runs = versionOf(version);
    if (runs === null) return notKnown('the version of the node cannot be read', seen);
    if (forcedVersion === null && !snapshot.releases.known)
      return notKnown('the releases could not be read', seen, releases);
    const settled = snapshot.takenAtMs - graceMs;
    const wanted =
      forcedVersion ??
      newestOf(snapshot.releases.known ? snapshot.releases.value : [], implementation, settled);
    const least = wanted === null ? null : versionOf(wanted);
    if (wanted === null || least === null) {
      return notKnown(
        `no readable release of ${implementation} is older than ${shownTime(graceMs)}`,
        seen,
        releases,
      );
    }
    if (compareVersions(runs, least) >= 0)
      return pass(`it runs ${version}, ${wanted} is wanted`, seen, releases);
    return fail(
      `it runs ${version}, ${wanted} is wanted`,
      `upgrade the node to ${wanted} or later`,
      seen,
      releases,
    );
  },
});

type Version = readonly [number, number, number];

/**
 * The first three numbers of a version, as in `1.18.0-abc` or `v1.18.0`; null if there are none, as in
 * `stable2407`.
 */
export function versionOf(text: string): Version | null {
  const [, major, minor, patch] = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?![\d.])/.exec(text) ?? [];
  return major === undefined ? null : [Number(major), Number(minor), Number(patch)];
}

/** Negative if `a` is older. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function newestOf(releases: readonly Release[], client: string, publishedBefore: number): string | null {
  const readable = releases.flatMap((release) => {
    const version = versionOf(release.version);
    const counts = release.client === client && release.publishedAtMs <= publishedBefore;
    return counts && version !== null ? [{ text: release.version, version }] : [];
  });
  return readable.sort((a, b) => compareVersions(b.version, a.version))[0]?.text ?? null;
}
