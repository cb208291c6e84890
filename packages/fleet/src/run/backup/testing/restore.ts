import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext } from 'node:test';
import { systemClock } from '@watchbill/kit';
import type { Role } from '../../../file/graph/index.ts';
import { signs } from '../../../file/normalise/index.ts';
import { openArchive } from '../archive/open.ts';
import { fileTaking } from '../file-taking.ts';
import { localShell } from '../host.ts';
import type { NodeControl, RecordFile } from '../port.ts';
import type { RestoreParts } from '../restore.ts';
import type { RestoreRecord } from '../restore-state.ts';
import type { NodeFacts } from '../run-state.ts';
import { fill, testFolder } from './folder.ts';
import { DATABASE, FACTS, HASH, manifestFor } from './manifest.ts';

const NEVER = new AbortController().signal;
export const SH = localShell(process.env);
/** The database of the node before the restore. */
export const OLD = { 'data/chains/x/db/full/000001.sst': 'old', 'data/chains/x/db/full/OLD': 'old' };

export interface World {
  readonly node: string;
  readonly parts: RestoreParts;
  /** The node's answers, by the content of its folder. */
  facts: (content: string | null) => NodeFacts | null;
  running: boolean;
  keys: readonly string[];
  record: RestoreRecord | null;
  readonly calls: string[];
}

function archiveIn(folder: string, run = SH) {
  const settings = { rcloneConfig: null, repositoryFile: null, passwordFile: null, atOnce: 2 };
  return openArchive(run, { ...settings, address: `folder:${join(folder, 'archive')}` });
}

/**
 * A folder whose archive has one backup. Each test copies it, because filling one takes several processes.
 */
let filled = '';

/** Fills that archive before the tests of this suite. */
export function fillArchive(): void {
  before(async () => {
    filled = mkdtempSync(join(tmpdir(), 'watchbill-restore-'));
    mkdirSync(join(filled, 'archive'));
    fill(join(filled, 'source'), DATABASE);
    const taking = fileTaking(SH, join(filled, 'source'), archiveIn(filled));
    await taking.copy(manifestFor(), NEVER);
    await taking.publish(manifestFor(), NEVER);
  });
  after(() => rmSync(filled, { recursive: true, force: true }));
}

/** A node with a database, and an archive with one backup. Scripts run in a real shell. */
export async function world(
  context: TestContext,
  change: Partial<RestoreParts> = {},
  role: Role = 'rpc',
): Promise<World> {
  const folder = testFolder(context);
  const node = join(folder, 'node');
  fill(node, OLD);
  cpSync(join(filled, 'archive'), join(folder, 'archive'), { recursive: true });
  const own: World = {
    node,
    facts: (content) =>
      content === null ? null : { ...FACTS, finalised: { number: content === 'first' ? 10 : 3, hash: HASH } },
    running: true,
    keys: [],
    record: null,
    calls: [],
    parts: {
      control: controlOf(() => own, node, role),
      run: SH,
      folder: node,
      archiveBy: (run) => archiveIn(folder, run),
      asOwner: change.run ?? SH,
      file: recordOf(() => own),
      clock: systemClock(),
      startMs: 300,
      genesis: null,
      older: false,
      keepOld: false,
      signerWithoutKeys: false,
      tell: () => undefined,
      ...change,
    },
  };
  return own;
}

/** The record of a restore, in memory. */
function recordOf(world: () => World): RecordFile<RestoreRecord> {
  return {
    read: () => world().record,
    write: (record) => {
      world().record = record;
    },
    clear: () => {
      world().record = null;
    },
  };
}

/** A node whose answers depend on the content of its folder. */
function controlOf(world: () => World, node: string, role: Role): NodeControl {
  const content = (): string | null => {
    const file = join(node, 'data/chains/x/db/full/000001.sst');
    return existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  return {
    network: 'harbour',
    node: 'rpc-here-0',
    pool: 'rpc',
    role,
    pruning: 256,
    running: async () => (world().running ? 'yes' : 'no'),
    facts: async () => {
      const facts = world().running ? world().facts(content()) : null;
      if (facts === null) throw new Error('no answer');
      return facts;
    },
    signing: async () => ({ signs: signs(role), keys: world().keys }),
    hashOf: async () => HASH,
    stop: async () => {
      world().calls.push('stop');
      world().running = false;
    },
    start: async () => {
      world().calls.push('start');
      world().running = true;
    },
  };
}
