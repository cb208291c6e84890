// Two nodes with the session keys of Eve, which ask a permission service before they sign.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { devPublicKey, type Observer, startObserver } from '@watchbill/testkit';
import { startCommand } from '@watchbill/testkit/command';
import { makeToken, type ScenarioServices, setUpIdentity } from '@watchbill/testkit/scenario';

/** The policies of Eve's keys, for these nodes and an observer. */
export async function admit(
  services: ScenarioServices,
  chain: string,
  nodes: readonly string[],
): Promise<void> {
  await setUpIdentity(services.alive(), {
    chain,
    slotDuty: 'babe',
    slotKey: `0x${devPublicKey('Eve', 'babe')}`,
    grandpaKey: `0x${devPublicKey('Eve', 'gran')}`,
    slotMs: 1_000,
    roster: nodes.map((name) => ({ name })),
    observers: ['listener'],
    wire: 'claims',
    confirmation: 'development keys of a chain that was made a moment ago',
  });
}

/** Reports to the service what the chain does: without reports it grants no round. */
export async function report(
  context: TestContext,
  folder: string,
  services: ScenarioServices,
  node: string,
): Promise<void> {
  const file = join(folder, 'listener.token');
  const token = await makeToken(services.alive(), { role: 'observer', name: 'listener' });
  writeFileSync(file, token, { mode: 0o600 });
  const { url } = services.alive();
  const args = ['observe', '--node', node, '--service', url, '--token-file', file];
  const observing = startCommand(folder, args, { timeoutMs: 900_000 });
  context.after(() => observing.stop());
}

/** An observer that knows of no service; the first node writes votes and blocks into `folder`. */
export async function observe(
  context: TestContext,
  nodes: readonly { readonly name: string; readonly wsUrl: string }[],
  folder: string,
): Promise<Observer> {
  const observer = await startObserver({
    nodes: nodes.map(({ name, wsUrl }) => ({ name, wsUrl })),
    dueFrom: nodes.slice(0, 1).map(({ name }) => name),
    votesFile: join(folder, 'votes'),
    blocksFile: join(folder, 'blocks'),
  });
  context.after(() => observer.close());
  return observer;
}
