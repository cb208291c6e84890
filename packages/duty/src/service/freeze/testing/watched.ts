import type { TestContext } from 'node:test';
import type { PolicyDocument } from '../../contract.ts';
import type { Incident } from '../../ports.ts';
import { CHAIN, fakeLog, policyDocument, startServing } from '../../testing/services.ts';

/** A service that freezes this key by itself, and everything that it logs or keeps as an incident. */
export async function watchedKey(context: TestContext, key: string, change: Partial<PolicyDocument> = {}) {
  const { log, events: logged } = fakeLog('error', 'warn');
  const incidents: Incident[] = [];
  const parts = { log, incidents: async (incident: Incident) => void incidents.push(incident) };
  const service = await startServing(context, { parts });
  const { permit } = service;
  const policy = policyDocument({ unknownSignature: 'freeze', standbyDelayMs: 0, key, ...change });
  await permit.applyPolicy(policy, 'test');
  const floors = Object.fromEntries(Object.keys(policy.duties).map((duty) => [duty, null]));
  await permit.adopt({ chain: CHAIN, key, floors, confirmation: 'a new key' }, 'test');
  await permit.observe({ chain: CHAIN, setId: '3', round: '5' }, 'watcher');
  logged.length = 0;
  const mode = async (of = key) => (await permit.policies()).find((each) => each.key === of)?.mode;
  const events = () => logged.map(({ event }) => event);
  return { ...service, incidents, mode, events, logged };
}
