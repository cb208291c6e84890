import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MachineResource } from '@watchbill/fleet/graph';
import { signersOfOthers } from './other-networks.ts';

const RECORDS = '/var/lib/watchbill-fleet';
const place = { target: 'machine', name: 'iron', host: '192.0.2.7', port: 22, user: 'root' } as const;

function unitOf(network: string, keySet: string | null): MachineResource {
  const name = `watchbill-${network}-v-0.service`;
  return {
    id: `elsewhere/unit/${name}`,
    target: 'machine',
    place: 'iron',
    kind: 'unit',
    name,
    needs: [],
    afterHealthy: [],
    subject: { pool: 'v', node: 'v-0', role: 'validator', keySet },
    lifecycle: 'reconcile',
    body: { kind: 'unit', name, text: '' },
  };
}

test('a unit of another network with the same keys is seen, and no other; a damaged record leaves it unknown', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'watchbill-records-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const put = (network: string, text: string) => {
    mkdirSync(join(root, network), { recursive: true });
    writeFileSync(join(root, network, 'a.json'), text);
  };
  const record = ({ id, lifecycle, subject, body }: MachineResource) =>
    JSON.stringify({ format: 'watchbill/machine-record/1', id, lifecycle, subject, item: body });
  // The script as it is, with its folder somewhere else.
  const run = async (script: string) => {
    const { stdout, status } = spawnSync('sh', ['-c', script.replaceAll(RECORDS, root)], {
      encoding: 'utf8',
    });
    return { kind: 'ended', code: status ?? 1, out: stdout, error: '' } as never;
  };
  const seen = async (own: MachineResource) => {
    const found = await signersOfOthers({ run, place, network: 'two' }, [own], AbortSignal.timeout(60_000));
    return 'failure' in found
      ? found.failure.detail
      : found.signers.map(({ id, network }) => `${network} ${id}`);
  };
  put('one', record(unitOf('one', 'set.stash')));
  put('two', record(unitOf('two', 'set.stash')));
  put('three', record(unitOf('three', 'born.three.v-0')));
  assert.deepEqual(await seen(unitOf('two', 'set.stash')), ['one iron/unit/watchbill-one-v-0.service']);
  assert.deepEqual(await seen(unitOf('two', 'set.other')), []);
  assert.deepEqual(await seen(unitOf('two', 'born.two.v-0')), []);
  put('three', '{');
  assert.match(
    String(await seen(unitOf('two', 'set.stash'))),
    /a record of the network three cannot be read/,
  );
});
