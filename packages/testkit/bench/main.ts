import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '@watchbill/kit';
import { measureCoordinate } from '../../coordinate/bench/coordinate.ts';
import { measureFinalities } from '../../coordinate/bench/finality.ts';
import { measureQuorum, measureQuorumMemory } from '../../coordinate/bench/quorum.ts';
import { measureCapacity } from '../../duty/bench/capacity.ts';
import { measureEmbedded } from '../../duty/bench/embedded.ts';
import { measureGate } from '../../duty/bench/gate.ts';
import { measureGrants } from '../../duty/bench/grant.ts';
import { measureGrowth } from '../../duty/bench/growth.ts';
import { measureMemory } from '../../duty/bench/memory.ts';
import { measurePeers } from '../../duty/bench/peers.ts';
import { measureProfile } from '../../duty/bench/profile.ts';
import { measureStartup } from '../../duty/bench/startup.ts';
import { measureTikv } from '../../duty/bench/tikv.ts';
import { measureTrouble } from '../../duty/bench/trouble.ts';
import { measureFleet } from '../../fleet/bench/fleet.ts';
import { measureGateway } from '../../fleet/bench/gateway.ts';
import { measureGuard } from '../../guard/bench/guard.ts';
import { measureNominateApi, measureNominateReaders } from '../../nominate/bench/api.ts';
import { measureNominate } from '../../nominate/bench/plan.ts';
import { measureNominateRound } from '../../nominate/bench/round.ts';
import { measureNominateStorage } from '../../nominate/bench/storage.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { printReport } from './report.ts';
import { saveReport } from './saved.ts';
import { Interrupted, type OnceAbandoned, onStage } from './stage.ts';

const BENCHES = {
  grant: measureGrants,
  embedded: measureEmbedded,
  'embedded-memory': measureMemory,
  coordinate: measureCoordinate,
  quorum: measureQuorum,
  'quorum-memory': measureQuorumMemory,
  nominate: measureNominate,
  'nominate-api': measureNominateApi,
  'nominate-readers': measureNominateReaders,
  'nominate-round': measureNominateRound,
  'nominate-storage': measureNominateStorage,
  fleet: measureFleet,
  finality: measureFinalities,
  gate: measureGate,
  guard: measureGuard,
  gateway: measureGateway,
  'gateway-least': measureGateway,
  tikv: measureTikv,
  peers: measurePeers,
  profile: measureProfile,
  growth: measureGrowth,
  capacity: measureCapacity,
  startup: measureStartup,
  memory: measureMemory,
  trouble: measureTrouble,
} as const;
const INTERRUPTED = 130;

/** Run the bench that the arguments name; answers the exit code. */
export async function main(args: readonly string[], onceAbandoned: OnceAbandoned): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\n${HELP}\n`);
    return 2;
  }
  try {
    const { machine, report } = await onStage(async (stage) => {
      const report = await BENCHES[options.bench](stage, prepared(options));
      return { machine: stage.machine, report };
    }, onceAbandoned);
    if (options.save)
      process.stderr.write(
        `wrote ${saveReport(options.bench, machine, report)}; make the page with: npm run generate\n`,
      );
    return printReport(report, machine, options.json);
  } catch (error) {
    process.stderr.write(`bench ${options.bench}: ${messageOf(error)}\n`);
    return error instanceof Interrupted ? INTERRUPTED : 1;
  }
}

function prepared(options: Options): Options {
  if (options.profile === undefined) return options;
  const profile = resolve(options.profile);
  mkdirSync(profile, { recursive: true });
  return { ...options, profile };
}
