import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { bytesOfHex, connectNode, hexOf } from '@watchbill/chain';
import { type RoleEndpoints, roleEndpoints } from '@watchbill/chain/reading';
import { type MetadataFixture, metadataBytes, trimMetadata } from '@watchbill/chain/testing';
import { systemClock } from '@watchbill/kit';
import { type ChainReading, MOST_NOMINATORS, type RoleSet, readChains } from '@watchbill/nominate/chain';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';

type Chains = Readonly<Record<'staking' | 'relay' | 'identity', ChopsticksChain>>;

/** Reads a programme from real chains, as often as is wanted. */
export interface Reader {
  readonly roles: RoleSet;
  readonly read: () => Promise<ChainReading>;
}

export interface Whom {
  readonly candidates: readonly string[];
  readonly nominators?: readonly string[];
}

/** One chain in all roles where only one is given. */
export function readerOf(context: TestContext, chains: ChopsticksChain | Chains, whom: Whom): Reader {
  const of = 'url' in chains ? { staking: chains, relay: chains, identity: chains } : chains;
  const roles = {
    staking: role(context, of.staking),
    relay: role(context, of.relay),
    identity: role(context, of.identity),
  };
  const request = {
    candidates: whom.candidates,
    nominators: whom.nominators ?? [],
    mostNominators: MOST_NOMINATORS,
  };
  return { roles, read: () => readChains(roles, request, { nowMs: Date.now() }) };
}

/** Test machines may be very busy: a chain that is making a block does not answer. */
const PATIENT = { probeTimeoutMs: 60_000 };

function role(context: TestContext, chain: ChopsticksChain): RoleEndpoints {
  const nodes = [connectNode(chain.url, { timeoutMs: 60_000 })];
  const endpoints = roleEndpoints({ nodes, clock: systemClock(), genesis: null, limits: PATIENT });
  context.after(() => endpoints.close());
  return endpoints;
}

/** The value of a fact; fails the test with its reason where it is unknown. */
export function factValue<Value>(
  fact:
    | { readonly known: true; readonly value: Value }
    | { readonly known: false; readonly reason: string }
    | undefined,
): Value {
  assert.ok(fact !== undefined, 'the fact is there');
  assert.ok(fact.known, fact.known ? '' : fact.reason);
  return fact.value;
}

/** Prints the number of requests to each role. */
export function printCounts(context: TestContext, { roles }: ChainReading): void {
  for (const [name, { counts, runtime }] of Object.entries(roles)) {
    assert.ok(counts !== null, `${name} was read`);
    assert.ok(counts.batched <= 30, `${name}: ${counts.batched} batched calls`);
    context.diagnostic(
      `${name} on ${runtime?.specName} ${runtime?.specVersion}: ${counts.batched} batched calls for ${counts.keys} keys, ${counts.keyPages} pages of keys, ${counts.all} calls in all`,
    );
  }
}

/** A compact length before metadata, which has four bytes above 16 KiB. */
const LENGTH_BYTES = 4;

/** The metadata of the unit tests is that of this runtime, reduced to the parts that they read. */
export async function assertMetadata({ node }: ChopsticksChain, fixture: MetadataFixture): Promise<void> {
  const answer = await node.call('state_call', ['Metadata_metadata_at_version', '0x0f000000']);
  const whole = bytesOfHex(answer, 'the metadata').subarray(1 + LENGTH_BYTES);
  assert.equal(
    hexOf(trimMetadata(whole)),
    hexOf(metadataBytes(fixture)),
    `the fixture of ${fixture} is as the runtime`,
  );
}
