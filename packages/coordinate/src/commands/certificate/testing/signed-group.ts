import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Certificate, loadRuntime, type QuorumGroup, windowOf } from '../../../index.ts';

/** A demo group of `coordinate init --example` whose members sign with their key files. */
export type SignedGroup = Awaited<ReturnType<typeof signedGroup>>;

/** Reads the group from `FOLDER/demo-group`; its members have folders with these names, in order of seat. */
export async function signedGroup(cwd: string, names: readonly string[] = ['one', 'two', 'three', 'four']) {
  const runtime = await loadRuntime();
  const home = join(cwd, 'demo-group');
  const yaml: unknown = parse(readFileSync(join(home, 'group.yaml'), 'utf8'));
  const read = runtime.readGroupDocument(runtime.groupFileSchema.parse(yaml), () => null);
  assert.ok(read.ok);
  const { group, schedule, groupId } = read.file;
  const place = windowOf(runtime.windowSchedule(group), 6n);
  const plan = runtime.planQuorum(group, schedule, place, new Uint8Array(32), new Uint8Array(32));
  const signed = (action: string, content: Uint8Array, seats: readonly number[], rank = 0): Certificate => {
    const item = schedule[0]?.agenda.find((each) => each.action === action) ?? assert.fail(action);
    const value = {
      ...{ action, resource: group.resource, validityBlocks: item.validityBlocks },
      ...{ referenceHash: plan.referenceHash, content },
    };
    const statement = { kind: 'commit', digest: runtime.valueDigest(value) } as const;
    const commits = seats.map((seat) => {
      const key = runtime.readOperatorKey(join(home, names[seat] ?? '', 'operator.key'));
      const header = { version: 1, window: 6n, rank, seat };
      return { seat, signature: runtime.signStatement(key, runtime.domainOf(plan), header, statement) };
    });
    return runtime.certificateOf(plan, rank, value, commits);
  };
  const certificate = (content: string, seats: readonly number[], rank?: number): Certificate =>
    signed('heartbeat', Uint8Array.from(Buffer.from(content)), seats, rank);
  const written = (name: string, made: Certificate): string => {
    writeFileSync(join(cwd, name), runtime.certificateText({ groupId, certificate: made }));
    return name;
  };
  return {
    groupId,
    /** The certificate of window 6 for a heartbeat with this content, signed by these seats. */
    certificate,
    /** The same for a hand-over to a group, as a file of this name in the folder; returns the name. */
    handOver: (name: string, successor: QuorumGroup, seats: readonly number[]): string =>
      written(name, signed(runtime.HAND_OVER, runtime.handOverContent(successor), seats)),
    /** A certificate as a file of this name in the folder; returns the name. */
    made: (name: string, ...of: Parameters<typeof certificate>): string => written(name, certificate(...of)),
  };
}
