import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, loadRuntime, windowOf } from '@watchbill/coordinate';
import { parse } from 'yaml';

/** A demo group of `coordinate init --example` whose members sign with their key files. */
export interface SignedGroup {
  readonly groupId: Uint8Array;
  /** The certificate of window 6 for a heartbeat with this content, signed by these seats. */
  certificate(content: string, seats: readonly number[], rank?: number): Certificate;
  /** The same as a file of this name in the folder; returns the name. */
  made(name: string, content: string, seats: readonly number[], rank?: number): string;
}

/** Reads the group from `FOLDER/demo-group`; its members have folders with these names, in order of seat. */
export async function signedGroup(
  cwd: string,
  names: readonly string[] = ['one', 'two', 'three', 'four'],
): Promise<SignedGroup> {
  const runtime = await loadRuntime();
  const home = join(cwd, 'demo-group');
  const yaml: unknown = parse(readFileSync(join(home, 'group.yaml'), 'utf8'));
  const read = runtime.readGroupDocument(runtime.groupFileSchema.parse(yaml), () => null);
  assert.ok(read.ok);
  const { group, schedule, groupId } = read.file;
  const place = windowOf(runtime.windowSchedule(group), 6n);
  const plan = runtime.planQuorum(group, schedule, place, new Uint8Array(32), new Uint8Array(32));
  const validityBlocks = schedule[0]?.agenda[0]?.validityBlocks ?? assert.fail('no agenda');
  const certificate: SignedGroup['certificate'] = (content, seats, rank = 0) => {
    const value = {
      ...{ action: 'heartbeat', resource: group.resource, validityBlocks },
      ...{ referenceHash: plan.referenceHash, content: Uint8Array.from(Buffer.from(content)) },
    };
    const statement = { kind: 'commit', digest: runtime.valueDigest(value) } as const;
    const commits = seats.map((seat) => {
      const key = runtime.readOperatorKey(join(home, names[seat] ?? '', 'operator.key'));
      const header = { version: 1, window: 6n, rank, seat };
      return { seat, signature: runtime.signStatement(key, runtime.domainOf(plan), header, statement) };
    });
    return runtime.certificateOf(plan, rank, value, commits);
  };
  return {
    groupId,
    certificate,
    made: (name, ...of) => {
      writeFileSync(join(cwd, name), runtime.certificateText({ groupId, certificate: certificate(...of) }));
      return name;
    },
  };
}
