import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readNetwork } from '../compile/read.ts';
import { headText, IN_PODS, ON_DISKS } from '../testing/networks.ts';

const HEAD = headText({
  places: 'clusters: {main: {}}\nmachines: {iron: {host: 192.0.2.7}}',
  software: `${IN_PODS}, ${ON_DISKS}`,
});
const POOL = 'pools: {b: {role: backup, place: main}}\n';

function problemsOf(text: string): readonly string[] {
  const read = readNetwork(HEAD + text);
  return read.ok
    ? []
    : read.problems.map(({ code, path, at, what }) => `${code} ${path} ${at.line}:${at.column} ${what}`);
}

describe('backups and growth in a network file', () => {
  test('what fits is taken', () => {
    const archive = 'archive: {address: "rclone:store:chains", rcloneConfig: /etc/rclone.conf}';
    const keep = 'keep: {last: 7, days: 30}';
    assert.deepEqual(
      problemsOf(
        `backup: {schedule: "*-*-* 03:00:00", ${archive}, ${keep}, volumeSnapshotClass: fast}\n${POOL}`,
      ),
      [],
    );
    const read = readNetwork(
      `${HEAD}pools: {b: {role: backup, place: main, storage: {grow: {atUsedPercent: 80, byGiB: 50, maxGiB: 500}}}}\n`,
    );
    assert.ok(read.ok);
    assert.deepEqual(read.network.pools[0]?.settings.storage.grow, {
      atUsedPercent: 80,
      byGiB: 50,
      maxGiB: 500,
    });
    assert.equal(read.network.file.backup, undefined);
  });

  const wrong: Readonly<Record<string, readonly [text: string, wanted: RegExp]>> = {
    'no node to make them of': [
      'backup: {keep: {last: 3}}\npools: {r: {role: rpc, place: main}}\n',
      /^contradiction backup 8:1 .*the file has none/,
    ],
    'a password in an address': [
      `backup: {archive: {address: "restic:rest:http://me:word@host/", passwordFile: /p}}\n${POOL}`,
      /^contradiction backup\.archive\.address 8:20 the address has a password in it$/,
    ],
    'restic without a password': [
      `backup: {archive: {address: "restic:/repository"}}\n${POOL}`,
      /^contradiction backup\.archive 8:10 restic encrypts/,
    ],
    'no kind of archive': [
      `backup: {archive: {address: "s3://x"}}\n${POOL}`,
      /^wrong-value backup\.archive\.address 8:29 .*expected folder:/,
    ],
    'an unknown key': [`backup: {keep: {lst: 3}}\n${POOL}`, /^unknown-key backup\.keep\.lst/],
    'snapshots of machines': [
      'backup: {volumeSnapshotClass: fast}\npools: {b: {role: backup, place: iron}}\n',
      /^contradiction backup\.volumeSnapshotClass 8:10 .*only volumes of clusters have snapshots/,
    ],
    'growth on a machine': [
      'pools: {b: {role: backup, place: iron, storage: {grow: {atUsedPercent: 80, byGiB: 50, maxGiB: 500}}}}\n',
      /^contradiction pools\.b\.storage\.grow\.maxGiB 8:\d+ .*disks are not volumes/,
    ],
    'a limit below what there is': [
      'pools: {b: {role: backup, place: main, storage: {chainGiB: 300, grow: {atUsedPercent: 80, byGiB: 50, maxGiB: 200}}}}\n',
      /^contradiction pools\.b\.storage\.grow\.maxGiB 8:\d+ .*300 GiB/,
    ],
    'growth by two measures': [
      'pools: {b: {role: backup, place: main, storage: {grow: {atUsedPercent: 80, byGiB: 50, byPercent: 5, maxGiB: 900}}}}\n',
      /^wrong-value pools\.b\.storage\.grow .*one of the two/,
    ],
  };
  for (const [name, [text, wanted]] of Object.entries(wrong))
    test(name, () => {
      const found = problemsOf(text);
      assert.ok(
        found.some((one) => wanted.test(one)),
        found.join('\n'),
      );
    });
});
