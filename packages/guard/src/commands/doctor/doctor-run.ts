import { resolve } from 'node:path';
import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { accountOfAddress } from '@watchbill/chain/command/account';
import { openNode } from '@watchbill/chain/command/node';
import { usageFault } from '@watchbill/kit';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { replaceFile } from '@watchbill/kit/command/write-files';
import { changesSince } from '../../doctor/compare.ts';
import { examine, standingOf } from '../../doctor/examine.ts';
import { letterOfAll, type Report, reportShape } from '../../doctor/report.ts';
import { discover } from '../../inspect/discover.ts';
import { inspect, type Places } from '../../inspect/inspect.ts';
import type { DoctorOptions } from './doctor-command.ts';
import { readEarlier } from './earlier.ts';
import { reportPage } from './page.ts';
import { reportText } from './text.ts';

const [OWN_TIMEOUT_MS, RPC_TIMEOUT_MS] = [3_000, 5_000];
/** For all questions to nodes, beside the time to listen: a whole report takes less than 30 s. */
const MOST_MS = 15_000;
const tooSlow = ({ address }: NodeRpc): NodeFault =>
  new NodeFault('timeout', `${address} answers too slowly: the doctor asks for ${MOST_MS / 1_000} s in all`);
const NOTHING = 'the doctor found no node on this machine: none runs, and no unit would run one';
const ASK = 'if you are not root, run it as root; or give --node, --rpc, --keystore, --unit or --database';
const STATUS = { bad: EXIT.denied, unknown: EXIT.unknown, risk: EXIT.changes, good: EXIT.ok } as const;

/** Looks, prints the report, and sets the exit status by the worst finding. */
export async function runDoctor({ io, exit }: Context, options: DoctorOptions): Promise<void> {
  const before = readEarlier(io, options.since, reportShape, ['a doctor report', 'doctor --json']);
  const places = [options.node, options.database, ...options.rpc, ...options.keystore, ...options.unit];
  const isNamed = places.some((place) => place !== undefined);
  const found = isNamed ? null : await discover(resolve(io.cwd, options.root));
  const report = await look(io, { ...options, ...found?.flags }, found, before);
  if (found?.map.length === 0 && report.findings.length === 0) throw usageFault(NOTHING, ASK);
  const changes = before === null ? null : changesSince(before, report);
  if (options.html !== undefined) replaceFile(resolve(io.cwd, options.html), reportPage(report, changes));
  const json = {
    ...report,
    letter: letterOfAll(report),
    ...(changes === null ? {} : { changes }),
    ...(found && { map: found.map }),
  };
  print(io, options.json, json, () => reportText(report, changes, { map: found?.map, all: options.all }));
  exit(STATUS[standingOf(report)]);
}

async function look(
  io: Io,
  options: DoctorOptions,
  found: Places['found'],
  before: Report | null,
): Promise<Report> {
  const opened: NodeRpc[] = [];
  const endMs = io.clock.monotonicMs() + options.listen * 1_000 + MOST_MS;
  const isOver = (): boolean => io.clock.monotonicMs() > endMs;
  const open = async (url: string, flag: string): Promise<NodeRpc> => {
    const timeoutMs = flag === '--node' ? OWN_TIMEOUT_MS : RPC_TIMEOUT_MS;
    const node = await openNode(url, timeoutMs, `flag ${flag}`);
    opened.push(node);
    return {
      ...node,
      call: (method, params) => (isOver() ? Promise.reject(tooSlow(node)) : node.call(method, params)),
    };
  };
  const { node, staking } = options;
  const at = (path: string | undefined): string | null => (path === undefined ? null : resolve(io.cwd, path));
  try {
    const validator = validatorOf(options);
    const own = node === undefined ? null : { rpc: await open(node, '--node'), url: node };
    const others = [];
    for (const url of options.rpc) others.push(await open(url, '--rpc'));
    const places: Places = {
      ...{ found, validator, own, others, ...unitsOf(options.unit), sealed: at(options.sealed) },
      ...{ disk: at(options.database), measured: at(options.measureDisk) },
      keystores: options.keystore.map((text) => keystoreOf(io, text)),
      staking: staking === undefined ? null : await open(staking, '--staking'),
    };
    const { clock, env } = io;
    const facts = await inspect(places, {
      ...{ clock, env, listenMs: options.listen * 1_000, blocks: options.blocks },
      ...{ sshConfig: at(options.sshConfig), root: resolve(io.cwd, options.root) },
    });
    return examine(facts, before);
  } finally {
    for (const each of opened) each.close();
  }
}

/** As scp reads it: `HOST:/FOLDER`, or `HOST:UNIT`. A local folder with a colon begins with `./`. */
const REMOTE = /^(?<host>(?:[A-Za-z_][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])):(?<name>.+)$/s;

function remoteOf(text: string) {
  const { host, name } = REMOTE.exec(text)?.groups ?? {};
  return { host: host?.replace(/[[\]]/g, '') ?? null, name: name ?? text };
}

function keystoreOf(io: Io, text: string): Places['keystores'][number] {
  const { host, name: path } = remoteOf(text);
  if (host !== null && path.startsWith('/')) return { host, path };
  if (!/^[^/]*:/.test(text) || text.startsWith('.')) return { host: null, path: resolve(io.cwd, text) };
  throw usageFault(
    `${text} is neither a folder of this machine nor one of another machine`,
    'give validator@203.0.113.9:/var/lib/polkadot/keystore; for a folder here, begin with ./ or /',
    'flag --keystore',
  );
}

function validatorOf({ validator, node, rpc }: DoctorOptions): Uint8Array | null {
  if (validator === undefined) return null;
  const where = 'flag --validator';
  if (node === undefined && rpc.length === 0) {
    const remedy = 'give --node or --rpc, for example --node ws://127.0.0.1:9944';
    throw usageFault('--validator needs a node of the chain', remedy, where);
  }
  return accountOfAddress(validator, where);
}

function unitsOf(texts: readonly string[]): Pick<Places, 'unit' | 'otherUnits'> {
  const units = texts.map(remoteOf).map(({ host, name }) => ({ host, name: unitName(name) }));
  const own = units.filter(({ host }) => host === null);
  if (own.length > 1)
    throw usageFault(
      `${own.length} units of this machine are given`,
      'give one unit of this machine; for another machine: USER@HOST:polkadot.service',
      'flag --unit',
    );
  const others = units.flatMap(({ host, name }) => (host === null ? [] : [{ host, name }]));
  return { unit: own[0]?.name ?? null, otherUnits: others };
}

function unitName(text: string): string {
  if (/^[A-Za-z0-9_@.\\][\w@:.\\-]*$/.test(text)) return text;
  throw usageFault(`${text} is not a unit name`, 'give for example polkadot.service', 'flag --unit');
}
