import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { accountOfAddress } from '@watchbill/chain/command/account';
import { openNode } from '@watchbill/chain/command/node';
import { usageFault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { bootId } from '@watchbill/kit/files';
import type { Logger } from 'pino';
import { readIdentity } from '../../custody/age.ts';
import type { MetricsOf } from '../../metrics/metrics.ts';
import { folderIdentity, uptimeMs } from '../../run/memory.ts';
import type { Validator } from '../../run/parts.ts';
import { DEFAULT_RULES } from '../../run/verdict.ts';
import type { Flags } from './flags.ts';

const RPC_TIMEOUT_MS = 2_000;

/** The validator that a person named. Throws a usage fault. */
export const validatorOf = (text: string): Validator => ({
  name: text,
  account: accountOfAddress(text, 'flag --validator'),
});

/**
 * The parts that a guard and its shadow share: clients of the own node and of the independent ones, clocks,
 * rules and the database. Throws a usage fault, also if there are too few independent nodes.
 */
export async function openGround(io: Io, { rpc, witness, database }: Flags<'rpc' | 'witness' | 'database'>) {
  const urls = [...new Set(witness)];
  // Two paths of one server, and the own node, count for one: their reports have one name.
  const hosts = new Set(urls.flatMap((url) => URL.parse(url)?.host ?? url));
  hosts.delete(URL.parse(rpc)?.host ?? rpc);
  if (hosts.size < DEFAULT_RULES.votes.witnesses) {
    const what = 'one independent node is too few: a node alone could lag or lie';
    throw usageFault(what, 'name two nodes of different operators, at different hosts', 'flag --witness');
  }
  const witnesses = await Promise.all(urls.map((url) => openNode(url, RPC_TIMEOUT_MS, 'flag --witness')));
  const own = await openNode(rpc, RPC_TIMEOUT_MS, 'flag --rpc');
  const close = (): void => {
    for (const node of [own, ...witnesses]) node.close();
  };
  const folder = resolve(io.cwd, database);
  const parts = {
    ...{ own, witnesses, clock: io.clock, uptimeMs, rules: DEFAULT_RULES, boot: bootId() },
    database: () => folderIdentity(folder),
  };
  return { parts, close };
}

/** Serves metrics; null without a port: then their code is not loaded. */
export async function openMetrics(
  { metricsPort }: Flags<never, 'metricsPort'>,
  log: Logger,
  kinds: readonly string[],
  of: Partial<MetricsOf>,
) {
  if (metricsPort === undefined) return null;
  const { guardMetrics } = await import('../../metrics/metrics.ts');
  const { serveMetrics } = await import('../../metrics/http.ts');
  const metrics = guardMetrics(kinds, uptimeMs, of);
  const { url, close } = await serveMetrics(metricsPort, metrics);
  log.info({ event: 'metrics', url }, 'metrics are served');
  return { close, eventsOf: metrics.eventsOf };
}

/** The age identity in a file, which a passphrase may encrypt. */
export async function identityOf(
  { cwd }: Pick<Io, 'cwd'>,
  { identity, passphraseFile }: Flags<'identity', 'passphraseFile'>,
): Promise<string> {
  const passphrase =
    passphraseFile === undefined
      ? undefined
      : (await readFile(resolve(cwd, passphraseFile), 'utf8')).replace(/\r?\n$/, '');
  return readIdentity(await readFile(resolve(cwd, identity)), identity, passphrase);
}
