// The machines of a reader of recover: folders and processes of services, one key, two nodes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMMAND } from '../command.ts';
import { leaveNothing } from '../leave-nothing.ts';
import { waitFor } from '../nodes/wait.ts';
import { CHAIN, keyOf } from '../service/ledger-setup.ts';
import { type ClaimingClient, claimOnce } from '../service/race.ts';
import { freePort } from '../service/service-process.ts';
import { ROOT } from './page-run.ts';

const run = promisify(execFile);

export const KEY = keyOf(0x77);
/** An action on a unit of the control port, for example `start etcd@m1`. */
export type Unit = Readonly<Record<'start' | 'stop', () => Promise<void>>>;

export interface WorldSetup {
  /** Names of the folders of services. The first one makes the ledger. */
  readonly boxes: readonly string[];
  /** The `store:` block of every service; default: SQLite in the data folder. */
  readonly store?: Readonly<Record<string, unknown>>;
  /** `allowedSkewMs` of the key: how far ahead of the clock it may claim. Default 500. */
  readonly skewMs?: number;
  /** `return` of the key; default `deny`. */
  readonly returns?: 'trust';
  /** `session.ttlMs` of every service; default 5000. */
  readonly sessionTtlMs?: number;
  /** Units of other programs. */
  readonly units?: Readonly<Record<string, Unit>>;
  /** Called before the first service starts, with the folder of the reader. */
  readonly prepare?: (folder: string) => void;
}

export interface Grant {
  readonly unit: number;
  readonly payload: string;
}

/** Where a page is followed: the commands of the reader, without any service yet. */
export interface Machine {
  /** The folder of the reader, with one folder for each box. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** The ports of the services, by folder. */
  readonly ports: Map<string, number>;
  /** Words before the shell, where the reader works on another machine: `ssh`, its flags, and the address. */
  readonly over?: readonly string[];
  /** Runs a line of shell in the folder of the reader, for 90 s unless given; settles to its output. */
  shell(commands: string, timeoutMs?: number): Promise<string>;
}

export interface World extends Machine {
  readonly granted: readonly Grant[];
  /** Waits until the service answers /readyz with 200. */
  ready(box: string): Promise<void>;
  /** Claims the slot of the clock, or one ahead of it, as alpha until this box grants it. */
  grant(box: string, ahead?: number): Promise<Grant>;
  /** The answer to one claim of alpha for the slot of the clock, `outcome:reason`. */
  claim(box: string): Promise<string>;
  /** Both nodes take the tokens that the page made, `alpha.token` and `bravo.token`. */
  newTokens(): void;
  /** Asks for each granted unit with another payload, by both nodes: none may be granted. */
  neverTwice(boxes?: readonly string[]): Promise<void>;
}

const OPERATOR = 'operator-secret-of-a-test-0123456789abcdef';
const SLOT_MS = 1_000;
const PATIENCE_MS = 90_000;
/** The service gives a claim half a second by default, and it may grant a claim that is late. */
const CLAIM_TIMEOUT_MS = 20_000;

/** A folder with the command and the stand-in for systemctl in PATH. Everything ends with the process. */
export async function machine(name: string, units: Readonly<Record<string, Unit>>): Promise<Machine> {
  const folder = leaveNothing(name);
  const env = environment(folder, await controlOf(units));
  const shell = async (commands: string, timeoutMs = PATIENCE_MS): Promise<string> => {
    const { stdout } = await run('bash', ['-c', commands], {
      cwd: folder,
      env: { ...process.env, ...env },
      timeout: timeoutMs,
    });
    return stdout;
  };
  return { folder, env, shell, ports: new Map() };
}

/** Services that serve, with a policy for one key that is adopted. */
export async function startWorld(name: string, setup: WorldSetup): Promise<World> {
  const { folder, env, shell, ports } = await machine(name, setup.units ?? {});
  for (const box of setup.boxes) ports.set(box, await freePort());
  for (const box of setup.boxes) writeBox(folder, box, ports.get(box) ?? 0, setup);
  setup.prepare?.(folder);
  const urlOf = (box: string): string => `http://127.0.0.1:${ports.get(box)}`;
  const ready = (box: string): Promise<void> =>
    until(`${box} is ready`, async () => {
      const answer = await fetch(`${urlOf(box)}/readyz`).catch(() => null);
      if (answer?.ok === true) return true;
      const log = readFileSync(join(folder, `.watchbill@${box}.log`), 'utf8');
      throw new Error(`${await answer?.text()}; the end of its log:\n${log.slice(-2_000)}`);
    });
  for (const box of setup.boxes) {
    await shell(`systemctl start watchbill@${box}`);
    await ready(box);
  }
  const [first = ''] = setup.boxes;
  const nodes = await makeKey(urlOf(first), setup);
  const secretOf = (name: string): string => readFileSync(join(folder, `${name}.token`), 'utf8').trim();
  return {
    folder,
    env,
    ports,
    shell,
    ready,
    newTokens: () => {
      nodes.alpha = { ...nodes.alpha, secret: secretOf('alpha') };
      nodes.bravo = { ...nodes.bravo, secret: secretOf('bravo') };
    },
    ...claims(nodes, urlOf, setup.boxes),
  };
}

function writeBox(folder: string, box: string, port: number, setup: WorldSetup): void {
  const dir = join(folder, box);
  mkdirSync(join(dir, 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, 'data/new-ledger'), '');
  mkdirSync(join(dir, 'secrets'), { mode: 0o700 });
  writeFileSync(join(dir, 'secrets/operator.token'), OPERATOR, { mode: 0o600 });
  const configuration = {
    service: {
      name: box,
      listen: { host: '127.0.0.1', port },
      url: `http://127.0.0.1:${port}`,
      dataDir: 'data',
    },
    store: setup.store ?? { kind: 'sqlite' },
    session: { ttlMs: setup.sessionTtlMs ?? 5_000 },
    operator: { tokenFile: 'secrets/operator.token' },
  };
  // YAML reads JSON.
  writeFileSync(join(dir, 'watchbill.yaml'), JSON.stringify(configuration, null, 2));
}

/** The command and the stand-in for systemctl, first in PATH. */
function environment(folder: string, control: string): Record<string, string> {
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'watchbill'), `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  chmodSync(join(bin, 'watchbill'), 0o755);
  copyFileSync(join(ROOT, 'packages/duty/test/support/disasters/systemctl.sh'), join(bin, 'systemctl'));
  return { PATH: `${bin}:${process.env.PATH}`, READER: folder, HOME: folder, CONTROL: control };
}

/** Where the stand-in for systemctl asks for units that the test starts and stops by itself. */
async function controlOf(units: Readonly<Record<string, Unit>>): Promise<string> {
  const server = createServer((request, response) => {
    const [, verb = '', name = ''] = (request.url ?? '').split('/');
    const unit = units[name];
    const act =
      unit !== undefined && (verb === 'start' || verb === 'stop') ? unit[verb]() : Promise.reject(name);
    act.then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function makeKey(url: string, { skewMs, returns }: WorldSetup): Promise<Nodes> {
  const ask = (method: string, path: string, body: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const admin = async (method: string, path: string, body: unknown): Promise<Record<string, string>> => {
    let text = '';
    // On a busy machine a session may have to be renewed first: 503, `not-serving`.
    await until(`${method} ${path}`, async () => {
      const answer = await ask(method, path, body);
      text = await answer.text();
      if (!answer.ok) throw new Error(text);
      return true;
    });
    return text === '' ? {} : (JSON.parse(text) as Record<string, string>);
  };
  await admin('PUT', '/v1/policies', {
    chain: CHAIN,
    key: KEY,
    roster: ['alpha', 'bravo'].map((name, rank) => ({ name, rank })),
    duties: { babe: {} },
    standbyDelayMs: 0,
    ceilings: { slotMs: SLOT_MS, ...(skewMs === undefined ? {} : { allowedSkewMs: skewMs }) },
    ...(returns === undefined ? {} : { return: returns }),
    readiness: { required: false },
  });
  const confirmation = 'the key was made for this test';
  await admin('POST', '/v1/adoptions', { chain: CHAIN, key: KEY, floors: { babe: null }, confirmation });
  const node = async (name: string, payload: string): Promise<ClaimingClient> => {
    const { secret = '' } = await admin('POST', '/v1/tokens', { role: 'node', name });
    const incarnation = payload.repeat(16);
    return { urls: [], secret, key: KEY, incarnation, payload, timeoutMs: CLAIM_TIMEOUT_MS };
  };
  return { alpha: await node('alpha', 'aa'), bravo: await node('bravo', 'bb') };
}

/** The two machines of the key; their tokens may change. */
interface Nodes {
  alpha: ClaimingClient;
  bravo: ClaimingClient;
}

function claims(
  nodes: Nodes,
  urlOf: (box: string) => string,
  boxes: readonly string[],
): Pick<World, 'granted' | 'grant' | 'claim' | 'neverTwice'> {
  const granted: Grant[] = [];
  const claimNow = async (box: string, ahead: number) => {
    const unit = Math.floor(Date.now() / SLOT_MS) + ahead;
    const answer = await claimOnce(urlOf(box), nodes.alpha, unit);
    if (answer.outcome === 'granted') granted.push({ unit, payload: nodes.alpha.payload });
    return { unit, ...answer };
  };
  return {
    granted,
    async grant(box, ahead = 0) {
      // Always a new unit, so pages show the same numbers of entries.
      const last = granted.at(-1)?.unit ?? 0;
      await until('the next slot', async () => Math.floor(Date.now() / SLOT_MS) + ahead > last);
      await until(`${box} grants`, async () => {
        const { outcome, reason } = await claimNow(box, ahead);
        if (outcome !== 'granted') throw new Error(`${outcome}:${reason}`);
        return true;
      });
      const grant = granted.at(-1);
      assert.ok(grant !== undefined);
      return grant;
    },
    async claim(box) {
      const { outcome, reason } = await claimNow(box, 0);
      return `${outcome}:${reason}`;
    },
    async neverTwice(asked = boxes) {
      assert.ok(granted.length > 0);
      const { alpha, bravo } = nodes;
      const restarted = { ...alpha, payload: 'cc', incarnation: 'cc'.repeat(16) };
      for (const box of asked)
        for (const { unit } of granted)
          for (const node of [bravo, restarted, { ...alpha, payload: 'dd' }]) {
            const { outcome, reason } = await claimOnce(urlOf(box), node, unit);
            assert.notEqual(outcome, 'granted', `${box} granted unit ${unit} twice: ${reason}`);
          }
    },
  };
}

/** Asks until it holds; rejects after the time. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  await waitFor(what, holds, { timeoutMs });
}
