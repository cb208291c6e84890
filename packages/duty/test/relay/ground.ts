import type { TestContext } from 'node:test';
import type { WatchState } from '@watchbill/duty/service';
import { temporaryFolder } from '@watchbill/kit/testing';
import {
  type ChainKind,
  collatorBinary,
  collatorSpecFiles,
  nodeBinary,
  relayBinary,
  relayChain,
  relaySpecFile,
  type ScenarioSetup,
  startScenarioSetup,
  untilSteady,
} from '@watchbill/testkit/scenario';

export interface RelayGround {
  readonly kind: ChainKind;
  /** The node of `substrate/`, which watches. */
  readonly binary: string;
  readonly spec: string;
}

/** Four validators of Westend's runtime; its specification goes with the test. */
export function relayGround(context: TestContext): RelayGround {
  const folder = temporaryFolder(context);
  const kind = relayChain(relayBinary());
  const binary = nodeBinary();
  return { kind, binary, spec: relaySpecFile(binary, [...kind.others, kind.identity], folder) };
}

/** A back and forth of groups within two minutes, in which one vote of a group of two backs a candidate. */
const HOST = {
  minimum_backing_votes: 1,
  scheduler_params: { num_cores: 2, group_rotation_frequency: 5, paras_availability_period: 4, lookahead: 3 },
};

/** The same validators, with a parachain of one plain collator, so that they back and approve. */
export async function startParachainSetup(context: TestContext): Promise<ScenarioSetup> {
  const folder = temporaryFolder(context);
  const kind = relayChain(relayBinary());
  const [binary, collator] = [nodeBinary(), collatorBinary()];
  const validators = [...kind.others, kind.identity];
  const specs = collatorSpecFiles({ binary, collator, validators, identity: 'Alice', host: HOST, folder });
  const setup = await startScenarioSetup({
    kind,
    binary,
    spec: specs.relay,
    store: 'sqlite',
    wire: 'claims',
  });
  context.after(() => setup.close());
  const builder = await setup.network.add({
    name: 'collator',
    keys: [{ suri: '//Alice', types: ['aura'] }],
    program: 'collator',
    binary: collator,
    parachainSpec: specs.parachain,
    args: ['--duty-off-confirmed'],
  });
  await builder.start();
  await untilSteady(setup);
  return setup;
}

/** Hands all keys of the identity over. */
export async function handOver({ services }: ScenarioSetup, to: string): Promise<void> {
  const service = services.alive();
  const { watch } = (await service.admin('GET', '/v1/watch')) as { watch: readonly WatchState[] };
  for (const { chain, key } of watch) await service.admin('POST', '/v1/watch/handover', { chain, key, to });
}
