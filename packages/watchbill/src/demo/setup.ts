import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdoptRequest, TokenRequest } from '@watchbill/duty/service';
import { fault } from '@watchbill/kit';
import type { Api } from './api.ts';
import { IDENTITIES, MEMBERS, membersOf } from './cast.ts';
import type { ChainSpec } from './chain.ts';
import { WATCH_TTL_SLOTS } from './presence.ts';
import type { ValidatorConfig } from './validator.ts';

/** A new chain whose epoch 0 begins with the slot of now, and a new key for each identity. */
export function newChain(slotMs: number, nowMs: number): ChainSpec {
  const hex = (): string => randomBytes(32).toString('hex');
  return {
    chain: `0x${hex()}`,
    slotMs,
    epochSlots: 20,
    roundSlots: 2,
    genesisSlot: Math.floor(nowMs / slotMs),
    randomness: hex(),
    authorities: IDENTITIES.map(() => `0x${hex()}`),
  };
}

const STANDBY_DELAY_SLOTS = 0.3;

/** The policy of one identity for the ledger. Every other validator of the chain observes for it. */
export function policyOf({ slotMs, chain, authorities }: ChainSpec, identity: number) {
  const others = MEMBERS.filter((member) => member.identity !== identity).map((member) => member.node);
  return {
    chain,
    key: authorities[identity] ?? '',
    name: IDENTITIES[identity],
    roster: membersOf(identity).map(({ node, rank }) => ({ name: node, rank })),
    duties: { babe: {}, grandpa: {} },
    standbyDelayMs: Math.round(slotMs * STANDBY_DELAY_SLOTS),
    watchTtlMs: Math.round(slotMs * WATCH_TTL_SLOTS),
    ceilings: { slotMs, roundStep: 8, sessionStep: 1, observers: others },
    readiness: { maxAgeMs: 3 * slotMs, minPeers: 3 },
  };
}

/** Applies the five policies and adopts their keys, which are new and have never signed. */
export async function applySetup(operator: Api, spec: ChainSpec): Promise<void> {
  for (const identity of IDENTITIES.keys()) {
    const policy = policyOf(spec, identity);
    await expectDone(operator, 'PUT', '/v1/policies', policy);
    const request: AdoptRequest = {
      chain: policy.chain,
      key: policy.key,
      floors: { babe: null, grandpa: null },
      confirmation: 'the key was made at the start of this demonstration and never signed',
    };
    await expectDone(operator, 'POST', '/v1/adoptions', request);
  }
}

/** Writes the files of every validator: its token and its configuration. */
export async function prepareValidators(
  operator: Api,
  url: string,
  spec: ChainSpec,
  directory: string,
): Promise<ReadonlyMap<string, string>> {
  const configs = new Map<string, string>();
  mkdirSync(join(directory, 'records'), { recursive: true, mode: 0o700 });
  for (const { node, identity } of MEMBERS) {
    const home = join(directory, 'validators', node);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const request: TokenRequest = { role: 'node', name: node };
    const created = (await expectDone(operator, 'POST', '/v1/tokens', request)) as { secret: string };
    const config: ValidatorConfig = {
      node,
      authority: identity,
      spec,
      url,
      tokenFile: join(home, 'token'),
      recordFile: join(directory, 'records', `${node}.jsonl`),
    };
    writeFileSync(config.tokenFile, `${created.secret}\n`, { mode: 0o600 });
    const file = join(home, 'validator.json');
    writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 });
    configs.set(node, file);
  }
  return configs;
}

async function expectDone(api: Api, method: 'POST' | 'PUT', path: string, body: unknown): Promise<unknown> {
  const answer = await api.call(method, path, body, 10_000);
  if (answer.kind === 'answer' && answer.status >= 200 && answer.status < 300) return answer.body;
  const what = answer.kind === 'lost' ? answer.why : `${answer.status} ${JSON.stringify(answer.body)}`;
  throw fault('demo-setup', 'fault', {
    what: `the permission service refused the set-up: ${what}`,
    where: `${method} ${path}`,
    remedy: 'this is a defect of the demonstration: please report it with this text',
  });
}
