import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { PolicyDocument, SeenOffence, SeenSignature, SeenVote } from '../../contract.ts';
import type { Incident } from '../../ports.ts';
import { CHAIN, fakeLog, policyDocument, startServing } from '../../testing/services.ts';
import { incidentText } from '../incident.ts';

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
  const policyNow = async (of = key) => (await permit.policies()).find((each) => each.key === of);
  const mode = async (of?: string) => (await policyNow(of))?.mode;
  const freeze = async () => (await policyNow())?.freeze;
  const events = () => logged.map(({ event }) => event);
  /** The incident that was kept first, as people read it. */
  const incidentShown = () => incidentText(incidents[0] ?? assert.fail('no incident'));
  /** The observer reports blocks, votes or offences of the chain. */
  const seal = (...signatures: readonly SeenSignature[]) =>
    permit.reportSignatures({ chain: CHAIN, signatures }, 'watcher');
  const votes = (...seen: readonly SeenVote[]) =>
    permit.reportVotes({ chain: CHAIN, votes: seen }, 'watcher');
  const offences = (...seen: readonly SeenOffence[]) =>
    permit.reportOffences({ chain: CHAIN, offences: seen }, 'watcher');
  const lift = () => permit.liftFreeze({ key, reason: 'the copy is destroyed' }, 'ada');
  const tell = { seal, votes, offences };
  return { ...service, incidents, incidentShown, mode, freeze, events, logged, lift, tell };
}
